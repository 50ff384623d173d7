"""The theme suits the terminal's background, which is asked for once; no answer is left for the shell."""

from __future__ import annotations

import os
import re
import select
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import PYTHON, Feed, Pty, Tmux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUESTION = b"\x1b]11;?\x1b\\"
LIGHT, DARK = b"rgb:ffff/fafa/f0f0", b"rgb:1e1e/1e1e/1e1e"
LINE = "2026-01-02 10:00:00 ERROR broken 17 GET /x 404"
_QUERY = re.compile(rb"\x1b\]11;\?\x1b\\|\x1b\[6n|\x1b\[>q|\x1b\[c")


class AnsweringTerminal(Pty):
    """Terminal that answers, late if asked to, in the order of the queries.

    Args:
        command: program and arguments.
        background: the colour to answer; None: that query is ignored.
        delay: seconds between a query and its answer.
    """

    def __init__(self, command: list[str], *, background: bytes | None, delay: float = 0.0, **options: Any) -> None:
        self._answers = {
            QUESTION: b"" if background is None else b"\x1b]11;" + background + b"\x1b\\",
            b"\x1b[6n": b"\x1b[1;1R",
            b"\x1b[>q": b"\x1bP>|scripted(1)\x1b\\",
            b"\x1b[c": b"\x1b[?62c",
        }
        self._delay = delay
        self._due: list[tuple[float, bytes]] = []
        super().__init__(command, **options)

    def _feed(self, data: bytes) -> None:
        now = time.monotonic()
        self._due += [(now + self._delay, self._answers[query]) for query in _QUERY.findall(data)]

    def pump(self) -> bool:
        had_any = super().pump()
        while self._due and self._due[0][0] <= time.monotonic():
            self._reply(self._due.pop(0)[1])
        return had_any

    def unread_input(self) -> bytes:
        """Return what a shell would read now."""
        os.set_blocking(self._slave, False)
        found = b""
        while select.select([self._slave], [], [], 0)[0]:
            found += os.read(self._slave, 4096)
        return found


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., AnsweringTerminal]]:
    """Start `reflowlog` with some options on a terminal that answers."""
    opened: list[AnsweringTerminal] = []

    def start(options: str = "", source: str = "cat feed |", **more: Any) -> AnsweringTerminal:
        changes = {"TERM": "xterm-256color", "COLORTERM": None} | more.pop("changes", {})
        command = ["sh", "-c", f'{source} "$PYTHON" -m reflowlog {options}']
        opened.append(AnsweringTerminal(command, home=tmp_path, changes=changes, **more))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def styled(terminal: Pty, text: str = "broken") -> list[bytes]:
    """Return the lines that hold a text, with their styles."""
    return [line.rpartition(b"\x1b[?2026h")[2] for line in terminal.output().split(b"\r\n") if text.encode() in line]


def shown(line: bytes) -> bytes:
    """Return a line without queries and the writes before it."""
    return re.sub(rb"^.*(?=\x1b\[[0-9;]*m2026|2026-)", b"", _QUERY.sub(b"", line)).rstrip(b"\r")


@pytest.fixture
def expected(open_terminal: Callable[..., AnsweringTerminal]) -> Callable[[str], bytes]:
    """Return the line as a theme draws it."""

    def draw(theme: str) -> bytes:
        terminal = open_terminal(f"--theme {theme}", source=f"echo '{LINE}' |", background=None)
        assert terminal.wait() == 0
        assert QUESTION not in terminal.output()
        return shown(styled(terminal)[0])

    return draw


@pytest.mark.slow
@pytest.mark.parametrize(
    ("background", "variable", "theme"),
    [(LIGHT, None, "light"), (DARK, "0;15", "dark"), (None, "0;15", "light"), (None, None, "dark")],
)
def test_the_first_line_suits_the_background(
    open_terminal: Callable[..., AnsweringTerminal],
    expected: Callable[[str], bytes],
    feed: Feed,
    background: bytes | None,
    variable: str | None,
    theme: str,
) -> None:
    """The terminal's answer counts, then COLORFGBG, else it is dark."""
    terminal = open_terminal(background=background, changes={"COLORFGBG": variable})
    feed.write(f"{LINE}\n")
    terminal.wait_until(lambda: styled(terminal))
    first = styled(terminal)[0]
    terminal.settle()
    feed.write(f"{LINE}\n")
    terminal.wait_until(lambda: len(styled(terminal)) > 1)
    assert shown(styled(terminal)[-1]) == expected(theme)
    if background is None:
        assert shown(first) == expected(theme)
    feed.close()
    assert terminal.wait() == 0
    assert terminal.output().count(QUESTION) == 1
    assert terminal.unread_input() == b""
    assert terminal.settings_now() == terminal.settings


def test_a_late_answer_counts_from_the_next_line_on(
    open_terminal: Callable[..., AnsweringTerminal], expected: Callable[[str], bytes], feed: Feed
) -> None:
    """As over ssh: the first line does not wait for it."""
    terminal = open_terminal(background=LIGHT, delay=0.3)
    feed.write(f"{LINE}\n")
    terminal.wait_until(lambda: styled(terminal))
    terminal.wait_until(lambda: not terminal._due)
    terminal.settle()
    feed.write(f"{LINE}\n")
    terminal.wait_until(lambda: len(styled(terminal)) > 1)
    assert [shown(line) for line in styled(terminal)] == [expected("dark"), expected("light")]
    feed.close()
    assert terminal.wait() == 0
    assert terminal.unread_input() == b""


@pytest.mark.parametrize(("delay", "remote"), [(0.3, None), (0.9, "10.0.0.1 1 10.0.0.2 22")])
def test_no_answer_is_left_for_the_shell(
    open_terminal: Callable[..., AnsweringTerminal], delay: float, remote: str | None
) -> None:
    """A program that ends at once waits for the answer, over ssh longer."""
    changes = {"SSH_CONNECTION": remote}
    terminal = open_terminal(source=f"echo '{LINE}' |", background=LIGHT, delay=delay, changes=changes)
    assert terminal.wait() == 0
    assert not terminal._due
    assert terminal.unread_input() == b""
    assert terminal.settings_now() == terminal.settings


def test_a_terminal_that_answers_nothing_does_not_keep_it(open_terminal: Callable[..., AnsweringTerminal]) -> None:
    """The line is shown, and the program ends."""
    terminal = open_terminal(source=f"echo '{LINE}' |", background=LIGHT, answers=False)
    terminal.wait_until(lambda: styled(terminal))
    assert terminal.wait() == 0
    assert terminal.settings_now() == terminal.settings


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ("--theme dark", {}),
        ("--raw", {}),
        ("--color never", {}),
        ("", {"NO_COLOR": "1"}),
        ("", {"TERM": "linux"}),
        ("", {"STY": "1.a", "TERM": "screen"}),
    ],
)
def test_it_is_not_asked_for_where_it_does_not_matter_or_would_be_shown(
    open_terminal: Callable[..., AnsweringTerminal], options: str, changes: dict[str, str]
) -> None:
    """A theme by name, no colours, and terminals that show such a query as text."""
    terminal = open_terminal(options, source=f"echo '{LINE}' |", background=LIGHT, changes=changes)
    assert terminal.wait() == 0
    assert "broken" in terminal.text
    assert QUESTION not in terminal.output()


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_the_viewer_suits_the_background(
    open_terminal: Callable[..., AnsweringTerminal], expected: Callable[[str], bytes], tmp_path: Path, delay: float
) -> None:
    """A late answer redraws it."""
    (tmp_path / "app.log").write_text(f"{LINE}\n")
    terminal = open_terminal("app.log", source="", background=LIGHT, delay=delay)
    light = expected("light")
    terminal.wait_until(lambda: light in terminal.output())
    terminal.send(b"q")
    assert terminal.wait() == 0
    assert terminal.unread_input() == b""


def test_a_command_does_not_get_the_answer(open_terminal: Callable[..., AnsweringTerminal]) -> None:
    """The terminal's answer is not passed to the program behind `-e` as typed input."""
    program = "import sys; print('ready'); print('got', ascii(sys.stdin.readline()))"
    terminal = open_terminal(f'-e "$PYTHON" -u -c "{program}"', source="", background=LIGHT, delay=0.1)
    terminal.wait_until(lambda: b"ready" in terminal.output())
    terminal.wait_until(lambda: not terminal._due)
    terminal.settle()
    terminal.send(b"typed\r")
    terminal.wait_until(lambda: "got 'typed" in terminal.text)
    assert terminal.wait() == 0


@pytest.mark.slow
@pytest.mark.terminal
@pytest.mark.parametrize(("style", "theme"), [("#fafafa", "light"), ("#101010", "dark")])
def test_through_tmux(open_tmux: Callable[..., Tmux], feed: Feed, style: str, theme: str) -> None:
    """With the colour of its pane."""
    rows = []
    for options in ("", f"--theme {theme}"):
        terminal = open_tmux(80, 24)
        terminal.run("set", "-g", "window-style", f"bg={style}")
        terminal.send(f"clear; cat feed | {PYTHON} -m reflowlog {options}\n")
        for count in (1, 2):  # the first line may be earlier than the answer of a busy machine, the second is not
            feed.write(f"{LINE}\n")
            terminal.wait_screen(lambda rows, count=count: sum("broken" in row for row in rows) == count)
            terminal.settle()
        rows.append([row for row in terminal.run("capture-pane", "-pe").split("\n") if "broken" in row][-1])
        terminal.close()
    assert rows[0] == rows[1]
