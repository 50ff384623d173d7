"""Full-screen painter: the terminal shows the frame, whatever it showed before, with few bytes written."""

from __future__ import annotations

import io
import random
import re
from typing import TYPE_CHECKING, Any

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.terminals import modes_left_on, picture, without_blank_end

from reflowlog.core.frames import ScreenFrame, Size
from reflowlog.system.fds import OutputClosed
from reflowlog.terminal.fullscreen import FullscreenPainter
from reflowlog.terminal.output import StreamOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from support.terminals import Tmux


class Glass:
    """A terminal in memory that keeps each write."""

    def __init__(self, size: Size) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.Stream(self.screen)
        self.writes: list[str] = []

    def write(self, text: str) -> None:
        self.writes.append(text)
        self.stream.feed(text)

    def drain(self) -> None:
        pass

    def resize(self, size: Size) -> None:
        self.screen.resize(size.rows, size.columns)

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]


def entered(size: Size, *, mouse: bool = False) -> tuple[Glass, FullscreenPainter]:
    """A painter on a terminal that it has entered."""
    glass = Glass(size)
    painter = FullscreenPainter(glass, mouse=mouse)
    painter.enter(size)
    return glass, painter


def shown(rows: Sequence[str], size: Size) -> list[str]:
    """Return the content of a terminal that shows drawn rows."""
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", row).rstrip() for row in rows[: size.rows]]
    return plain + [""] * (size.rows - len(plain))


def log_screen(first: int, size: Size) -> ScreenFrame:
    """Return a frame of log lines from a number on, each as wide as the screen, and a status row."""
    words = "the quick brown fox jumps over the lazy dog " * 9
    lines = [f"{number:06} {words[number % 40 :]}"[: size.columns] for number in range(first, first + size.rows - 1)]
    return ScreenFrame([*lines, f"lines {first}-{first + size.rows - 1}".ljust(size.columns)])


ROWS = st.text("ab ", max_size=8) | st.sampled_from(["\x1b[7mab\x1b[0m", "12345678", "\x1b[41m12345678\x1b[0m", "é"])
SIZES = st.builds(Size, st.integers(8, 12), st.integers(1, 12))
STEPS = st.one_of(
    st.tuples(st.just("rows"), st.lists(ROWS, max_size=14)),
    st.tuples(st.just("move"), st.integers(-8, 8)),
    st.tuples(st.just("row"), st.tuples(st.integers(0, 11), ROWS)),
    st.tuples(st.just("size"), SIZES),
    st.tuples(st.just("cursor"), st.none() | st.tuples(st.integers(0, 12), st.integers(0, 12))),
    st.tuples(st.just("redraw"), st.none()),
)


@settings(max_examples=150, deadline=None)
@given(SIZES, st.lists(STEPS, max_size=12), st.integers(0, 1000))
def test_the_screen_is_the_frame(size: Size, steps: list[tuple[str, Any]], first: int) -> None:
    """Whatever frames, moves, sizes and cursors come, each paint ends with the terminal showing its frame."""
    glass, painter = entered(size)
    rows = [f"row {number}" for number in range(first, first + size.rows)]
    cursor: tuple[int, int] | None = None
    for what, value in [("paint", None), *steps]:
        if what == "rows":
            rows = list(value)
        elif what == "move":
            rows = [*rows[value:], f"new {value}"] if value > 0 else ["up"] * -value + rows
        elif what == "row":
            number, row = value
            rows[number : number + 1] = [row]
        elif what == "size":
            size = value
            glass.resize(size)
        elif what == "cursor":
            cursor = value
        elif what == "redraw":
            glass.stream.feed("\x1b[2;3Hnoise\x1b[?25h")
            painter.redraw()
        painter.paint(ScreenFrame(rows, cursor), size)
        assert glass.rows == shown(rows, size)
        assert glass.screen.margins is None
        assert glass.screen.cursor.hidden == (cursor is None)
        if cursor:
            at = min(cursor[0], size.columns - 1), min(cursor[1], size.rows - 1)
            assert (glass.screen.cursor.x, glass.screen.cursor.y) == at
    painter.leave()
    assert modes_left_on("".join(glass.writes).encode()) == set()


@pytest.mark.parametrize("by", [1, -1, 3, -3, 24])
def test_a_moved_frame_is_moved_by_the_terminal(by: int) -> None:
    """Only the rows that are new are written, and the status row."""
    size = Size(120, 50)
    glass, painter = entered(size)
    painter.paint(log_screen(1000, size), size)
    before = len(glass.writes)
    painter.paint(log_screen(1000 + by, size), size)
    assert glass.rows == shown(log_screen(1000 + by, size).rows, size)
    assert len(glass.writes) == before + 1
    assert len(glass.writes[-1]) < 600 + (abs(by) - 1) * 140


def test_the_margins_are_reset_before_any_row_is_written() -> None:
    """The scroll margins are reset first, and the unchanged status row is not written."""
    size = Size(20, 10)
    glass, painter = entered(size)
    rows = [f"row {number}" for number in range(40)]
    painter.paint(ScreenFrame([*rows[:9], "status"]), size)
    painter.paint(ScreenFrame([*rows[2:11], "status"]), size)
    assert glass.writes[-1].index("\x1b[r") < glass.writes[-1].index("row 9")
    assert "status" not in glass.writes[-1]
    assert glass.rows == [*rows[2:11], "status"]


def test_what_has_not_changed_is_not_written() -> None:
    """Nothing for the same frame; one row for one that differs, without the bracket of a synchronized update."""
    size = Size(40, 10)
    glass, painter = entered(size)
    frame = log_screen(1, size)
    painter.paint(frame, size)
    count = len(glass.writes)
    painter.paint(ScreenFrame(list(frame.rows)), size)
    assert len(glass.writes) == count
    painter.paint(ScreenFrame([*frame.rows[:-1], "new status"]), size)
    assert glass.writes[count:] == ["\x1b[10H\x1b[Knew status"]
    painter.paint(ScreenFrame(["a", "b", *frame.rows[2:-1], "new status"]), size)
    assert glass.writes[-1].startswith("\x1b[?2026h")
    assert glass.writes[-1].endswith("\x1b[?2026l")
    assert len(glass.writes) == count + 2


def test_a_new_size_and_a_redraw_write_everything_once() -> None:
    """In one write each, and without erasing the whole screen."""
    size = Size(40, 10)
    glass, painter = entered(size)
    painter.paint(log_screen(1, size), size)
    for case in ("size", "redraw"):
        count = len(glass.writes)
        if case == "size":
            size = Size(30, 12)
            glass.resize(size)
        else:
            painter.redraw()
        painter.paint(log_screen(1, size), size)
        assert len(glass.writes) == count + 1
        assert all(row in glass.writes[-1] for row in log_screen(1, size).rows)
        assert "\x1b[2J" not in glass.writes[-1]
        assert glass.rows == shown(log_screen(1, size).rows, size)


def test_rows_are_erased_before_their_text() -> None:
    """After a row as wide as the screen a wrap is pending, and erasing would take the last cell in xterm."""
    size = Size(8, 3)
    glass, painter = entered(size)
    painter.paint(ScreenFrame(["12345678", "abcdefgh", "ABCDEFGH"]), size)
    assert not re.search(r"[^H]\x1b\[K", glass.writes[-1])
    assert glass.rows == ["12345678", "abcdefgh", "ABCDEFGH"]


def test_a_character_wider_than_thought_does_not_scroll_the_screen() -> None:
    """Text beyond ASCII is written without autowrap, which is on again after it."""
    size = Size(4, 2)
    glass, painter = entered(size)
    painter.paint(ScreenFrame(["top", "日本é"]), size)  # 5 cells: one more than trusted
    assert glass.rows[0] == "top"
    assert modes_left_on(glass.writes[-1].encode()) == set()


def test_leaving_puts_back_what_entering_changed() -> None:
    """Twice is harmless, entering twice too; the mouse is asked for only where it is wanted."""
    size = Size(20, 5)
    for mouse in (False, True):
        glass, painter = entered(size, mouse=mouse)
        painter.enter(size)
        assert len(glass.writes) == 1
        modes = {"1049", "25", "2004"} | ({"1000", "1006"} if mouse else set())
        assert modes_left_on(glass.writes[0].encode()) == modes
        painter.paint(ScreenFrame(["text"], (2, 0)), size)
        painter.leave()
        painter.leave()
        assert not painter.entered
        assert modes_left_on("".join(glass.writes).encode()) == set()
        assert not glass.screen.cursor.hidden
        count = len(glass.writes)
        painter.paint(ScreenFrame(["not ours"]), size)
        assert len(glass.writes) == count


def test_the_entry_asks_the_terminal_nothing() -> None:
    """A terminal that does not answer costs no time."""
    glass, painter = entered(Size(20, 5), mouse=True)
    painter.paint(ScreenFrame(["text"], (0, 0)), Size(20, 5))
    painter.leave()
    assert not re.search(r"\x1b\[[?>=]?[0-9;]*[cnpqtu$]", "".join(glass.writes))


def test_a_closed_output_is_told_once() -> None:
    """After that, leaving raises the same and is over."""

    class Closed(StreamOutput):
        def write(self, text: str) -> None:
            raise OutputClosed

    painter = FullscreenPainter(Closed(io.StringIO))
    with pytest.raises(OutputClosed):
        painter.enter(Size(10, 3))
    assert painter.entered
    with pytest.raises(OutputClosed):
        painter.leave()
    painter.leave()


class Pane:
    """A tmux pane as an output."""

    def __init__(self, tmux: Tmux) -> None:
        self._tmux = tmux

    def write(self, text: str) -> None:
        self._tmux.write(text)

    def drain(self) -> None:
        pass


@pytest.mark.terminal
def test_tmux_shows_the_frames(open_tmux: Callable[..., Tmux]) -> None:
    """Random frames, moves and sizes; at the end the main screen, the cursor and the modes are as they were."""
    tmux = open_tmux(60, 16)
    tmux.send("echo before\n")
    tmux.wait_screen(lambda rows: "before" in rows and tmux.at_prompt(rows))
    before, cursor = tmux.scrollback(), tmux.cursor()
    painter = FullscreenPainter(Pane(tmux), mouse=True)
    size = Size(60, 16)
    painter.enter(size)
    choose = random.Random(3)
    first = 500
    for number in range(40):
        first += choose.choice([1, -1, 2, -5, 8, 100])
        if number % 10 == 9:
            size = Size(choose.randint(20, 90), choose.randint(4, 30))
            tmux.resize(*size)
        screen = log_screen(first, size)
        if number % 3 == 2:
            screen = ScreenFrame([f"\x1b[7m日本 {number}\x1b[0m", *screen.rows[1:]], (3, 2))
        painter.paint(screen, size)
        expected = without_blank_end(shown(screen.rows, size))
        tmux.wait_screen(lambda rows, expected=expected: rows == expected)
        assert tmux.run("display-message", "-p", "#{alternate_on} #{scroll_region_upper}").split() == ["1", "0"]
        if screen.cursor:
            assert tmux.cursor() == screen.cursor
    tmux.resize(60, 16)
    painter.leave()
    tmux.wait_screen(tmux.at_prompt)
    assert tmux.scrollback() == before, picture(tmux.scrollback())
    assert tmux.cursor() == cursor
    flags = "#{alternate_on} #{mouse_any_flag} #{mouse_sgr_flag} #{cursor_flag} #{wrap_flag} #{scroll_region_lower}"
    assert tmux.run("display-message", "-p", flags).split() == ["0", "0", "0", "1", "1", "15"]
