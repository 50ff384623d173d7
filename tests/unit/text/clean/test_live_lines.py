"""Live lines: the settled part, and the rest at the end, are what a terminal shows."""

from __future__ import annotations

from itertools import accumulate, pairwise
from pathlib import Path

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflowlog.core.records import Style
from reflowlog.text.clean.live_lines import LiveLines

WORDS = st.sampled_from(["build", "a 10%", "done", "x" * 30, "", "  in", "\x1b[32mok\x1b[m", "⠋ load"])
FRAMES = st.lists(WORDS, min_size=1, max_size=5)


def in_place(before: list[str], frame: list[str]) -> str:
    """Return the next frame as Rich and docker draw it: up, then each line erased and written."""
    up = f"\x1b[{len(before) - 1}A" if len(before) > 1 else ""
    erased = "".join("\r\x1b[2K\x1b[1A" for _ in range(len(before) - 1))
    return f"\r{erased if len(before) % 2 else up}" + "".join(f"\r\x1b[2K{line}\n" for line in frame)[:-1] + "\x1b[J"


def erased(before: list[str], frame: list[str]) -> str:
    """The next frame as log-update and listr2 draw it: all lines erased upward, then written, each with a newline."""
    return "\x1b[2K\x1b[1A" * len(before) + "\x1b[2K\x1b[G" + "".join(f"{line}\n" for line in frame)


def with_previous_line(before: list[str], frame: list[str]) -> str:
    """The next frame as some other programs draw it: CSI F, then all below is erased."""
    return f"\x1b[{len(before)}F\x1b[J" + "".join(f"{line}\n" for line in frame)


DISPLAYS = {in_place: "", erased: "\n", with_previous_line: "\n"}


@st.composite
def outputs(draw: st.DrawFn) -> str:
    """The output of a program that draws frames, and writes lines of a log between some of them."""
    display = draw(st.sampled_from(list(DISPLAYS)))
    frames = draw(st.lists(FRAMES, min_size=1, max_size=8))
    parts = [draw(st.sampled_from(["", "before\n"])), draw(st.sampled_from(["", "\x1b[?25l"]))]
    before = frames[0]
    parts.append("\n".join(before) + DISPLAYS[display])
    for frame in frames[1:]:
        log = draw(st.lists(st.sampled_from(["INFO a line", "WARN another"]), max_size=3))
        shown = [*log, *frame]
        parts.append(display(before, shown))
        before = frame if display is not in_place or len(log) + len(frame) > 0 else before
    parts.append(draw(st.sampled_from(["", "\x1b[?25h", "\nafter\n", "\n\x1b[?25hafter\n"])))
    return "".join(parts)


def shown_by_terminal(output: str) -> list[str]:
    """The rows of a terminal that is large enough for all of it."""
    screen = pyte.Screen(200, 200)
    pyte.Stream(screen).feed(output.replace("\n", "\r\n"))
    rows = [row.rstrip() for row in screen.display]
    return rows[: max((number for number, row in enumerate(rows, 1) if row), default=0)]


@settings(deadline=None, max_examples=300)
@given(outputs(), st.lists(st.integers(1, 40), max_size=20))
def test_what_is_settled_and_what_is_live_is_what_a_terminal_shows(output: str, sizes: list[int]) -> None:
    """However the output is cut into chunks."""
    lines = LiveLines()
    settled: list[str] = []
    cuts = [0, *accumulate(sizes), len(output)]
    for start, end in pairwise(cuts):
        settled += [text for text, _ in lines.feed(output[start:end])]
    settled += [text for text, _ in lines.close()]
    rows = [text.rstrip() for text in settled]
    while rows and not rows[-1]:
        rows.pop()
    assert rows == shown_by_terminal(output)


def test_log_lines_above_a_display_settle_with_the_next_frame() -> None:
    """They go into the history once, while the display goes on."""
    lines = LiveLines()
    lines.feed("\x1b[?25lone 0%\ntwo 0%")
    settled = []
    for number in range(5):
        frame = f"\r\x1b[2K\x1b[1A\x1b[2Klog {number}\none {number}%\ntwo {number}%"
        settled += [text for text, _ in lines.feed(frame)]
    assert settled == ["log 0", "log 1", "log 2", "log 3"]
    assert [text for text, _ in lines.live()] == ["log 4", "one 4%", "two 4%"]
    assert not lines.is_over
    lines.feed("\n\x1b[?25h")
    assert not lines.is_over
    lines.feed("after\n")
    assert lines.is_over


def test_a_display_may_be_erased_after_the_cursor_is_shown() -> None:
    """As Rich erases a status."""
    lines = LiveLines()
    assert lines.feed("log\n\x1b[?25lworking\r\x1b[2Kworking\n\x1b[?25h") == []
    assert not lines.is_over
    settled = lines.feed("\r\x1b[1A\x1b[2Kafter\n")
    assert [text for text, _ in settled + lines.live()] == ["log", "after", ""]


RECORDINGS = sorted((Path(__file__).parents[3] / "data" / "redraw").glob("*.raw"))


@pytest.mark.parametrize("size", [1, 7, 100, 65_536])
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_recordings_of_real_programs_end_as_on_a_terminal(path: Path, size: int) -> None:
    """Recorded on a terminal of 80 columns; programs are named by the files, some imitate others (``-like``)."""
    output = path.read_bytes().decode().replace("\r\n", "\n")
    lines = LiveLines()
    settled = [text for at in range(0, len(output), size) for text, _ in lines.feed(output[at : at + size])]
    settled += [text for text, _ in lines.close()]
    rows = [row.rstrip() for text in settled for row in (text[at : at + 80] for at in range(0, len(text) or 1, 80))]
    while rows and not rows[-1]:
        rows.pop()
    screen = pyte.Screen(80, 200)
    pyte.Stream(screen).feed(output.replace("\n", "\r\n"))
    shown = [row.rstrip() for row in screen.display]
    assert rows == shown[: max(number for number, row in enumerate(shown, 1) if row)]


def test_empty_lines_below_the_cursor_are_dropped_at_the_end() -> None:
    """A display of several lines was erased, and its program wrote less text over it."""
    lines = LiveLines()
    lines.feed("a\nb\nc\n\x1b[3A\x1b[Kdone\n\x1b[K\n\x1b[K\n\x1b[2A")
    assert [text for text, _ in lines.close()] == ["done", ""]


def test_a_display_that_grows_stays_whole() -> None:
    """Lines that a larger frame has added are redrawn as well."""
    lines = LiveLines()
    assert lines.feed("a\nb\n\x1b[2A\x1b[Ja\nb\nc\nd\n\x1b[4A\x1b[JA\nB\nC\nD\n") == []
    assert [text for text, _ in lines.live()] == ["A", "B", "C", "D", ""]


def test_the_number_of_live_lines_is_bounded() -> None:
    """Many lines without a move upward are settled, and the display is over."""
    lines = LiveLines(max_lines=10)
    settled = lines.feed("\x1b[?25l" + "".join(f"{number}\n" for number in range(50)))
    assert [text for text, _ in settled + lines.live()] == [*map(str, range(50)), ""]
    assert len(lines.live()) == 10
    assert lines.is_over


def test_moves_beyond_the_live_lines_are_ignored() -> None:
    """The text above has been settled."""
    lines = LiveLines()
    lines.feed("one\ntwo\n\x1b[99Athree\n\x1b[99Bend")
    assert [text for text, _ in lines.live()] == ["three", "two", "end"]


def test_styles_are_kept() -> None:
    """A line is settled with its colours."""
    lines = LiveLines()
    lines.feed("\x1b[31mred\x1b[m plain")
    assert lines.live() == [("red plain", ((0, 3, Style("31")),))]


def test_a_sequence_in_two_chunks_acts() -> None:
    """A split sequence is not shown in between; an incomplete one is a mark at the end."""
    lines = LiveLines()
    lines.feed("one\ntwo\x1b")
    lines.feed("[1")
    assert [text for text, _ in lines.live()] == ["one", "two"]
    lines.feed("Ax")
    assert [text for text, _ in lines.live()] == ["onex", "two"]
    lines.feed("\x1b[3")
    assert [text for text, _ in lines.close()] == ["onex␛[3", "two"]
