"""Viewer on a terminal, compared with a model that lays out the whole document.

Invariants:
- The model (`Model`) is simple and slow: all rows of all lines, and the character at the top. It implements the help
  text, and shares no code of the pager.
- A screen is compared as a whole: all rows of the document, in order, down to the status row.
"""

from __future__ import annotations

import itertools
import random
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from reflowlog.core.records import StyledLine
from reflowlog.text.layout.hanging_indent import lay_out
from support.terminals import TIMEOUT, Tmux, modes_left_on, picture, script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from support.terminals import PyteTerminal

_WORDS = ["connection", "closed", "by", "peer", "while", "reading", "the", "response", "of", "upstream", "worker", "x"]


def log_lines(count: int, *, seed: int = 1, longest: int = 40, first: int = 0) -> list[str]:
    """Return lines of many lengths, each with a mark at its start and at its end: ``<0017 ... 0017>``."""
    chance = random.Random(seed)
    lines = []
    for number in range(first, first + count):
        words = chance.choices(_WORDS, k=chance.randint(0, longest))
        if chance.random() < 0.1:
            words.insert(len(words) // 2, f"https://example.org/{'/'.join(chance.choices(_WORDS, k=8))}")
        lines.append(" ".join([f"<{number:04}", *words, f"{number:04}>"]))
    return lines


def text_of(lines: Sequence[str]) -> str:
    """Return lines as the text of a file."""
    return "".join(f"{line}\n" for line in lines)


class Row(NamedTuple):
    """Row of the model: number of its line, offset of its first character, text."""

    line: int
    start: int
    text: str


def rows_of(lines: Sequence[str], width: int, *, wrapped: bool = True) -> list[Row]:
    """Return all rows of all lines; the lines hold no control characters."""
    if not wrapped:
        return [Row(number, 0, line[:width].rstrip()) for number, line in enumerate(lines)]
    return [
        Row(number, row.start, (" " * row.indent + row.text).rstrip())
        for number, line in enumerate(lines)
        for row in lay_out(StyledLine(line), width)
    ]


class Model:
    """All rows of a document, and the position among them.

    Attributes:
        top: line and character at the top; None while the end is followed.
    """

    def __init__(self, lines: Sequence[str], columns: int, rows: int) -> None:
        self.lines = list(lines)
        self.top: tuple[int, int] | None = (0, 0)
        self.marks: dict[str, tuple[int, int]] = {}
        self.wrapped = True
        self.columns = self.height = 0
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Lay out for another size; the character at the top stays there."""
        self.columns, self.height = columns, max(rows - 1, 1)
        self._lay_out()

    def _lay_out(self) -> None:
        self.rows = rows_of(self.lines, self.columns, wrapped=self.wrapped)

    @property
    def last(self) -> int:
        """Number of the last row that may be at the top without blank rows at the bottom."""
        return max(len(self.rows) - self.height, 0)

    @property
    def first(self) -> int:
        """Number of the row at the top."""
        if self.top is None:
            return self.last
        return bisect_right(self.rows, (*self.top, "\U0010ffff")) - 1

    @property
    def screen(self) -> list[str]:
        """Rows that are shown, down to the status row."""
        shown = [row.text for row in self.rows[self.first : self.first + self.height]]
        return shown + [""] * (self.height - len(shown))

    def _at(self, number: int) -> None:
        row = self.rows[number]
        self.top = (row.line, row.start)

    def handle_key(self, key: str) -> None:
        """Handle a key, or a sequence that belongs together (``ma``, ``:17`` and Enter)."""
        page, half = self.height, max(self.height // 2, 1)
        steps = {"j": 1, "k": -1, "f": page, " ": page, "b": -page, "d": half, "u": -half}
        if key in steps:
            self._move(steps[key])
        elif key == "g":
            self._at(0)
        elif key in ("G", "F"):
            self.top = None
        elif key == "S":
            self.wrapped = not self.wrapped
            self._lay_out()
        elif key[0] == "m":
            self.marks[key[1]] = self.top or self.rows[self.first][:2]
        elif key[0] == "'" and key[1] in self.marks:
            self._jump(self.marks[key[1]])
        elif key[0] == ":":
            self._jump((min(max(int(key[1:]) - 1, 0), len(self.lines) - 1), 0))

    def _move(self, rows: int) -> None:
        if rows > 0 and self.top is not None:
            target = min(self.first + rows, self.last)
            if target > self.first:
                self._at(target)
        elif rows < 0 and not (self.top is None and len(self.rows) < self.height):
            self._at(max(self.first + rows, 0))

    def _jump(self, top: tuple[int, int]) -> None:
        self.top = top
        if self.first > self.last:
            self._at(self.last)


class View:
    """Viewer in a terminal: types keys and compares rows.

    Args:
        terminal: the terminal it runs in.
    """

    NAMED = {
        "Down": "\x1b[B",
        "Up": "\x1b[A",
        "Left": "\x1b[D",
        "Right": "\x1b[C",
        "Home": "\x1b[H",
        "End": "\x1b[F",
    } | {
        "NPage": "\x1b[6~",
        "PPage": "\x1b[5~",
        "F1": "\x1bOP",
        "Enter": "\r",
        "Escape": "\x1b",
        "C-c": "\x03",
        "C-l": "\x0c",
        "C-z": "\x1a",
    }

    def __init__(self, terminal: Tmux | PyteTerminal) -> None:
        self.terminal = terminal
        self._questions = itertools.count(100)

    def done(self) -> None:
        """Wait until every typed key has had its effect; needs 10 columns and 2 rows.

        Types a number at a prompt, waits until it is shown, and leaves the prompt.
        """
        text = str(next(self._questions))
        self.type(f":{text}")
        self.wait(lambda _, status: status.endswith(text))
        self.type("\x7f" * 4)

    def type(self, text: str) -> None:
        """Type characters; a newline is the Enter key."""
        if isinstance(self.terminal, Tmux):
            self.terminal.send(text)
        else:
            self.terminal.send(text.replace("\n", "\r").encode())

    def key(self, name: str) -> None:
        """Press a key by its name in tmux's notation."""
        if isinstance(self.terminal, Tmux):
            self.terminal.run("send-keys", name)
        else:
            self.terminal.send(self.NAMED[name].encode())

    def _parts(self, rows: list[str]) -> tuple[list[str], str]:
        height = self.terminal.rows
        rows = rows + [""] * (height - len(rows))
        return (rows[: height - 1], rows[height - 1]) if height > 1 else (rows, "")

    @property
    def rows(self) -> list[str]:
        """Rows of the document that are shown now."""
        return self._parts(self.terminal.screen())[0]

    @property
    def status(self) -> str:
        """Status row that is shown now."""
        return self._parts(self.terminal.screen())[1]

    def wait(self, predicate: Callable[[list[str], str], Any], timeout: float = TIMEOUT) -> list[str]:
        """Wait until the predicate holds for the rows of the document and the status row, and return the rows."""
        return self._parts(self.terminal.wait_screen(lambda rows: predicate(*self._parts(rows)), timeout))[0]

    def shows(self, expected: Sequence[str], what: object = "", timeout: float = 10) -> None:
        """Wait until exactly these rows of the document are shown, padded with blank rows at the end."""
        wanted = [*expected, *[""] * (max(self.terminal.rows - 1, 1) - len(expected))]
        try:
            self.wait(lambda rows, _: rows == wanted, timeout)
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}\nexpected\n{picture(wanted)}") from None

    def says(self, text: str, timeout: float = TIMEOUT) -> str:
        """Wait until the status row contains a text, and return the row."""
        self.wait(lambda _, status: text in status, timeout)
        return self.status

    def check_left(self) -> None:
        """Check that the terminal is restored: settings, private modes, scroll region."""
        terminal = self.terminal
        terminal.settle()
        assert terminal.settings_now() == terminal.settings
        assert modes_left_on(terminal.output()) == set()
        regions = re.findall(rb"\x1b\[([0-9;]*)r", terminal.output())
        assert not regions or regions[-1] == b"", regions


def open_viewer(
    open_tmux: Callable[..., Tmux],
    folder: Path,
    options: str,
    text: str,
    size: tuple[int, int] = (80, 24),
    **changes: Any,
) -> View:
    """Open the viewer in tmux on `app.log` in the home folder, and wait until the status row counts its lines.

    Args:
        open_tmux: the fixture.
        folder: the home folder, in which `app.log` is written.
        options: words of the command line, the file among them.
        text: the log.
        size: columns and rows.
        changes: changes of the environment.
    """
    (folder / "app.log").write_text(text)
    script(folder / "log", f'exec "$PYTHON" -m reflowlog {options}')
    terminal = open_tmux(*size, **changes)
    terminal.send("./log\n")
    view = View(terminal)
    view.wait(lambda _, status: " of " in status)
    return view
