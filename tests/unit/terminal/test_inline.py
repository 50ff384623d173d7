"""Inline painter on simulated terminals: the screen is the tail of the layout, and no record is lost.

The simulated terminals are small and strict: they execute the sequences that the painter writes and refuse all others.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reflowlog.core.frames import Frame, RenderedRecord, Size
from reflowlog.render.public_wrap import wrap as wrap_once
from reflowlog.render.renderer import rows_when_cut
from reflowlog.terminal.inline import InlinePainter
from reflowlog.terminal.inline_screen import CursorReport
from reflowlog.terminal.reflow_models import UNKNOWN, TerminalModel, model_by_environment, model_by_version
from reflowlog.text.clean.cells import cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
wrap = lru_cache(10_000)(wrap_once)
_TOKEN = re.compile(r"\x1b(?:\[(\??[\d;]*\+?)([A-Za-z])|([78]))|[\r\n]|[^\x00-\x1f\x7f]")


class Line:
    """One row of cells; `wrapped`: the terminal has broken it, so the next row belongs to it; `written`: it was."""

    def __init__(self, content: Iterable[str] = (), wrapped: bool = False) -> None:
        self.cells = list(content)
        self.wrapped = wrapped
        self.written = False

    @property
    def text(self) -> str:
        return "".join(self.cells).rstrip()


class Terminal:
    """Terminal with a scrollback that reflows at each new width, as VTE, kitty and tmux do.

    Args:
        columns: cells of a row.
        rows: of the screen.
        pulls: whether rows come back from the scrollback where the screen has room for them, as in tmux.
    """

    reflows = True
    keeps_wrap_marks = False
    keeps_written_marks = False
    unscrolls = False

    def __init__(self, columns: int, rows: int, *, pulls: bool = False) -> None:
        self.columns, self.rows, self.pulls = columns, rows, pulls
        self.lines = [Line() for _ in range(rows)]
        self.scrolled: list[Line] = []
        self.y = self.x = 0
        self._saved = (0, 0)
        self._synchronized = False
        self._wraps = True
        self.sent = ""

    def write(self, text: str) -> None:
        """Execute the painter's output."""
        self.sent += text
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            assert found, f"not a sequence the painter is known to write: {text[at : at + 12]!r}"
            at = found.end()
            argument, command, single = found.groups()
            if command:
                self._control(argument, command)
            elif single == "7":
                self._saved = (self.y, self.x)
            elif single == "8":
                self.y, self.x = self._saved
            elif found.group() == "\r":
                self.x = 0
            elif found.group() == "\n":
                self.lines[self.y].written = True
                self._down()
            else:
                self._put(found.group())
        assert not self._synchronized, "an update that never ends"
        assert self._wraps, "wrapping is left off"

    def _control(self, argument: str, command: str) -> None:
        if argument == "?2026":
            assert (command == "h") != self._synchronized
            self._synchronized = command == "h"
        elif argument == "?7":
            self._wraps = command == "h"
        elif command == "A":
            self.y = max(0, self.y - int(argument or 1))
        elif command == "B":
            self.y = min(self.rows - 1, self.y + int(argument or 1))
        elif command == "H" and not argument:
            self.y = self.x = 0
        elif command == "K" and not argument:
            line = self.lines[self.y]
            del line.cells[self.x :]
            line.wrapped = line.wrapped and self.keeps_wrap_marks
        elif command == "J" and not argument and self.keeps_written_marks:
            del self.lines[self.y].cells[self.x :]
            del self.lines[-1].cells[:]
            self.lines[self.y + 1 : -1] = [Line() for _ in self.lines[self.y + 1 : -1]]
        elif command == "L" and not argument:
            self.lines.pop()
            self.lines.insert(self.y, Line())
        elif command == "M" and not argument:
            assert self.y, "a row that is deleted at the top goes into the scrollback of GNU screen"
            del self.lines[self.y]
            self.lines.append(Line())
        elif command == "J" and argument == "2":
            self.scrolled += self.lines
            self.lines = [Line() for _ in range(self.rows)]
        elif command == "J" and argument == "3":
            self.scrolled.clear()
        elif command == "T" and argument.endswith("+") and self.unscrolls:
            for _ in range(int(argument[:-1])):
                assert self.scrolled, "more rows than the scrollback has"
                self.lines.pop()
                self.lines.insert(0, self.scrolled.pop())
        elif command != "m":
            raise AssertionError(f"the painter is not known to write CSI {argument} {command}")

    def _put(self, character: str) -> None:
        width = cells(character)
        if self.x + width > self.columns:
            if not self._wraps:
                return
            self.lines[self.y].wrapped = True
            self.lines[self.y].written = False
            self.x = 0
            self._down()
        self.lines[self.y].written = True
        content = self.lines[self.y].cells
        content += " " * (self.x - len(content))
        content[self.x : self.x + width] = [character, *[""] * (width - 1)]
        self.x += width

    def _down(self) -> None:
        if self.y < self.rows - 1:
            self.y += 1
        else:
            self.scrolled.append(self.lines.pop(0))
            self.lines.append(Line())

    def drain(self) -> None:
        """No-op: output is shown at once."""

    def place(self) -> CursorReport:
        """Return the answer to a cursor query."""
        return CursorReport(self.y + 1, self.columns, self.rows)

    def position(self) -> CursorReport:
        """Return the answer to a query before a frame."""
        return CursorReport(self.y + 1, self.columns, self.rows, min(self.x, self.columns - 1) + 1)

    def resize(self, columns: int, rows: int) -> None:
        """Another size: every line is cut anew, the cursor stays with its character."""
        if (columns, rows) == (self.columns, self.rows):
            return
        above = len(self.scrolled)
        top, cursor = above, above + self.y
        cut: list[Line] = []
        line: list[str] = []
        y = x = new_top = 0
        for number, row in enumerate([*self.scrolled, *self.lines[: self._used()]]):
            if number == top:
                new_top = len(cut) + len(line) // columns
            if number == cursor:
                offset = len(line) + self.x
                at_end = offset == len(line) + len(row.cells) and not row.wrapped
                y = len(cut) + max(0, offset - at_end) // columns
                x = offset - (y - len(cut)) * columns
            line += row.cells
            if not row.wrapped:
                cut += _cut(line, columns)
                line = []
        cut += _cut(line, columns) if line else []
        lowest = max(0, y - rows + 1)
        first = max(lowest, 0 if self.pulls else min(new_top, y))
        if self.pulls:
            first = max(lowest, min(new_top, len(cut) - rows))
        if self.unscrolls:  # what is below the cursor moves the text up under the cursor
            top = min(new_top, y)
            first = max(top, len(cut) - rows)
            y = first + min(rows - 1, y - top)
        self.columns, self.rows = columns, rows
        self.scrolled, self.lines = cut[:first], cut[first : first + rows]
        self.lines += [Line() for _ in range(rows - len(self.lines))]
        self.y, self.x = y - first, x

    def _used(self) -> int:
        """Rows of the screen down to the last that holds something, or the cursor."""
        used = [number for number, line in enumerate(self.lines) if line.cells]
        return max([self.y, *used]) + 1

    def screen(self) -> list[str]:
        """The rows on the screen, without the blank ones at its end."""
        return [line.text for line in self.lines[: self._used()]]

    def everything(self) -> list[str]:
        """Scrollback and screen."""
        return [line.text for line in [*self.scrolled, *self.lines]]


def _cut(line: list[str], columns: int) -> list[Line]:
    """A hard line at a width; never between the two cells of a wide character."""
    cut = []
    while len(line) > columns:
        end = columns - 1 if line[columns] == "" and columns > 1 else columns
        cut.append(Line(line[:end], wrapped=True))
        line = line[end:]
    return [*cut, Line(line)]


class Sticky(Terminal):
    """A terminal whose erased rows keep the mark that they continue in the next one, as GNU screen's do."""

    keeps_wrap_marks = True


class Unscrolling(Terminal):
    """A terminal that keeps the first row of its screen, and returns rows from its scrollback, as kitty does."""

    unscrolls = True


class Tmux(Terminal):
    """tmux: `screen_resize_y`, then `screen_reflow` in its screen.c; all rows count from the end of its grid."""

    def resize(self, columns: int, rows: int) -> None:
        for _ in range(min(self.rows - rows, self.rows - 1 - self.y)):
            self.lines.pop()
        while len(self.lines) > rows:
            self.scrolled.append(self.lines.pop(0))
            self.y -= 1
        while len(self.lines) < rows and self.scrolled:
            self.lines.insert(0, self.scrolled.pop())
            self.y += 1
        self.lines += [Line() for _ in range(rows - len(self.lines))]
        cut: list[Line] = []
        line: list[str] = []
        cursor = len(self.scrolled) + self.y
        x, is_behind = self.x, self.x >= len(self.lines[self.y].cells)
        y = start = 0
        lines = [*self.scrolled, *self.lines]
        lines[-1].wrapped = False  # the rows that it continued in are gone
        for number, row in enumerate(lines):
            if number == cursor:
                start, x = len(cut), len(line) + self.x
                y = -1  # found at the end of its line
            line += row.cells
            if row.wrapped:
                continue
            parts = _cut(line, columns)
            if y == -1:
                at = len(parts) - 1 if is_behind else min(len(parts) - 1, x // columns)
                y, x = start + at, len(parts[at].cells) if is_behind else x - at * columns
            cut += parts
            line = []
        cut += [Line() for _ in range(rows - len(cut))]
        first = len(cut) - rows
        self.columns, self.rows = columns, rows
        self.scrolled, self.lines = cut[:first], cut[first:]
        self.y, self.x = (y - first, x) if y >= first else (0, 0)


class Vte(Terminal):
    """VTE with a full screen: `screen_set_size` in its vte.cc drops rows below the cursor's paragraph alone."""

    def resize(self, columns: int, rows: int) -> None:
        if (columns, rows) == (self.columns, self.rows):
            return
        cut: list[Line] = []
        line: list[str] = []
        y = end = 0
        cursor = len(self.scrolled) + self.y
        for number, row in enumerate([*self.scrolled, *self.lines[: self._used()]]):
            if number == cursor:
                y, end = len(cut) + len(line) // columns, -1
            line += row.cells
            if not row.wrapped:
                cut += _cut(line, columns)
                line = []
                end = len(cut) if end == -1 else end
        drop = max(0, min(self.rows - rows, len(cut) - end))
        cut = cut[: len(cut) - drop]
        first = max(0, len(cut) - rows)
        self.columns, self.rows = columns, rows
        self.scrolled, self.lines = cut[:first], cut[first:]
        self.lines += [Line() for _ in range(rows - len(self.lines))]
        self.y = max(0, y - first)


class Foot(Terminal):
    """foot: `grid_resize_and_reflow` in its grid.c. ASCII only."""

    keeps_written_marks = True

    def resize(self, columns: int, rows: int) -> None:
        if (columns, rows) == (self.columns, self.rows):
            return
        points = [(self.y, self.x), self._saved]  # where the cursor is, and where it was saved, count as written
        found = [(0, 0), (0, 0)]
        cut: list[Line] = []
        line: list[str] = []
        for number, row in enumerate([*self.scrolled, *self.lines], -len(self.scrolled)):
            content = row.cells[:]
            while content and not content[-1]:
                content.pop()
            if content and not row.written:
                content += [""] * (self.columns - len(content))
            for index, (y, x) in enumerate(points):
                if number == y:
                    content += [""] * (x + 1 - len(content))
                    found[index] = len(cut) + (len(line) + x) // columns, (len(line) + x) % columns
            line += content
            if row.written:
                cut += _cut(line, columns)
                cut[-1].written = True
                line = []
        if line or not self.lines[-1].written:
            cut += _cut(line, columns)
        first = max(0, len(cut) - rows)
        self.columns, self.rows = columns, rows
        self.scrolled, self.lines = cut[:first], cut[first:]
        self.lines += [Line() for _ in range(rows - len(self.lines))]
        # A row that is out of the screen is taken for the lowest one.
        points = [(y - first if 0 <= y - first < rows else rows - 1, x) for y, x in found]
        (self.y, self.x), self._saved = points


class Urxvt(Terminal):
    """urxvt 9.30, measured: while its scrollback is empty it cuts off what has no room; else all counts from below."""

    dropped: frozenset[str] = frozenset()

    def resize(self, columns: int, rows: int) -> None:
        if (columns, rows) == (self.columns, self.rows):
            return
        self.columns, self.rows, before = columns, rows, self.rows
        if not self.scrolled:
            for row in self.lines:
                row.wrapped = row.wrapped and len(row.cells) <= columns
                del row.cells[columns:]
            self.dropped |= {row.text for row in self.lines[rows:]}
            self.lines = self.lines[:rows] + [Line() for _ in range(rows - before)]
            self.y, self.x = min(self.y, rows - 1), min(self.x, columns - 1)
            return
        cut: list[Line] = []
        line: list[str] = []
        y = 0
        for number, row in enumerate([*self.scrolled, *self.lines]):
            if number == len(self.scrolled) + self.y:
                y = len(cut)
            line += row.cells
            if not row.wrapped:
                cut += _cut(line, columns)
                line = []
        missing = max(0, rows - len(cut))
        cut, y = [*(Line() for _ in range(missing)), *cut], y + missing
        first = len(cut) - rows
        self.scrolled, self.lines = cut[:first], cut[first:]
        self.y, self.x = max(0, y - first), min(self.x, columns - 1)


class Rigid(Terminal):
    """A terminal that keeps its rows at a new width, cut at the edge, as xterm does."""

    reflows = False

    def resize(self, columns: int, rows: int) -> None:
        self.columns = columns
        for line in self.lines:
            del line.cells[columns:]
        self.x = min(self.x, columns - 1)
        for _ in range(rows - self.rows):
            self.lines.append(Line())
        while len(self.lines) > rows:
            if self.y < len(self.lines) - 1:
                self.lines.pop()
            else:
                self.scrolled.append(self.lines.pop(0))
                self.y -= 1
        self.rows = rows


SHELL = ["$ echo before the log", "before the log", "$ ./log"]
SHORT_SHELL = ["$ echo one", "one", "$ ./log"]  # no new width cuts these


class Log:
    """Painter on a terminal, and its records; plays the printer."""

    def __init__(
        self,
        terminal: Terminal,
        *,
        asks: bool = True,
        rewrap_all: bool = False,
        history: int | None = None,
        wraps_lines: bool = False,
        reports_position: bool = False,
        model: TerminalModel | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.terminal = terminal
        self.shell = SHELL if terminal.reflows and not isinstance(terminal, Urxvt) else SHORT_SHELL
        terminal.write("".join(f"{line}\r\n" for line in self.shell))
        terminal.sent = ""
        self.records: list[str] = []
        self.least = 0  # records that a new width has left on the screen
        self.history = history
        self.live = ""
        self.pins: list[str] = []
        simulated = TerminalModel(
            "simulated",
            keeps_row="top" if terminal.unscrolls else "never",
            on_growth="pull" if terminal.pulls else "stay",
            size_lag=0,
            keeps_wrap_marks=terminal.keeps_wrap_marks,
            unscrolls=terminal.unscrolls,
        )
        self.painter = InlinePainter(
            terminal,
            Size(terminal.columns, terminal.rows),
            recut=rows_when_cut,
            model=model or simulated if terminal.reflows else UNKNOWN,
            locate=terminal.place if asks else None,
            rewrap_all=rewrap_all,
            wraps_lines=wraps_lines,
            position=terminal.position if reports_position else None,
            clock=clock or count(step=10.0).__next__,  # each size comes long after the repaint before it
        )

    def volatile(self) -> tuple[list[str], list[str]]:
        """Rows of the live line, and of the pins, which are cut at the edge."""
        width = self.terminal.columns
        live = wrap(self.live, width)[-self.terminal.rows :] if self.live else []
        return live, [pin[:width] for pin in self.pins]

    def rows(self, start: int = 0) -> list[str]:
        """The rows of the records from a number on."""
        return [row for text in self.records[start:] for row in wrap(text, self.terminal.columns)]

    def blocks(self, start: int) -> list[RenderedRecord]:
        """The records from a number on, as they are handed to the painter."""
        width = self.terminal.columns
        return [(n, "\n".join(wrap(text, width))) for n, text in enumerate(self.records[start:], start)]

    def paint(self, first: int | None = None, *, again: bool = False) -> None:
        live, pins = self.volatile()
        self.painter.paint(Frame(self.blocks(len(self.records) if first is None else first), again, live, pins))

    def say(self, *texts: str) -> None:
        """Records that arrive together."""
        first = len(self.records)
        self.records += texts
        self.paint(first)

    def show(self, live: str = "", pins: Sequence[str] = ()) -> None:
        """Another live line, other pins."""
        self.live, self.pins = live, list(pins)
        self.paint()

    def resize(self, columns: int, rows: int | None = None, *, exact: bool = True) -> None:
        """The terminal gets another size; the painter hears of it afterwards, and the screen is looked at."""
        self.terminal.resize(columns, rows or self.terminal.rows)
        kept = squeezed(self.terminal.screen())
        self.least = len({*re.findall(r"<(\d{4})", kept)} & {*re.findall(r"(\d{4})>", kept)})
        held = 0 if self.history is None else max(0, len(self.records) - self.history)
        first = self.painter.resize(Size(self.terminal.columns, self.terminal.rows), held)
        assert first is None or first >= held
        self.paint(first, again=first is not None)
        if exact:
            self.check_screen()
        self.least = 0

    def lowest(self) -> list[str]:
        """The volatile rows that a screen of this height shows: a row of the log stays above them."""
        live, pins = self.volatile()
        return [*live, *pins][-max(1, self.terminal.rows - 1) :]

    def laid_out(self) -> list[str]:
        """All of it at the present width, as rows of a screen."""
        volatile = self.lowest()
        rows = [row.rstrip() for row in self.rows()]
        return [*rows, *volatile] if volatile else [*rows, ""]

    def check_screen(self) -> None:
        """Check that the screen is the tail of the layout, with only the shell's output above it."""
        screen, expected = self.terminal.screen(), self.laid_out()
        count = min(len(screen), len(expected))
        assert screen[len(screen) - count :] == expected[len(expected) - count :]
        assert squeezed(self.shell).endswith(squeezed(screen[: len(screen) - count]))
        rows = self.rows(len(self.records) - self.least)
        assert count >= min(len(rows), self.terminal.rows - 1), "rows that had room are not shown"

    def check_complete(self, *, volatile: bool = False) -> None:
        """Check that every record is in scrollback and screen, whole and in order, under the shell's output.

        Args:
            volatile: whether volatile rows may have been pushed in between.
        """
        text = squeezed(self.terminal.everything())
        if volatile:
            text = re.sub(r"~[^<]*", "", text)
        assert text.startswith(squeezed(self.shell))
        place = 0
        for record in self.records:
            found = text.find(squeezed([record]), place)
            assert found >= 0, f"lost, or not in order: {record!r}"
            place = found + 1

    def copies(self) -> tuple[Counter[str], Counter[str]]:
        """How often each record's start, and each one's end, is in scrollback and screen."""
        text = squeezed(self.terminal.everything())
        return Counter(re.findall(r"<(\d{4})", text)), Counter(re.findall(r"(\d{4})>", text))


def squeezed(rows: Iterable[str]) -> str:
    """Return all characters that are not blank: independent of how the rows are cut."""
    return re.sub(r"\s+", "", "\n".join(rows))


def record(number: int, words: Sequence[str]) -> str:
    """A record that can be counted where it was cut: `<0007 ... 0007>`."""
    return " ".join([f"<{number:04}", *words, f"{number:04}>"])


class UnbrokenLog(Log):
    """Log whose lines the terminal wraps."""

    def __init__(self, terminal: Terminal, *, asks: bool = True) -> None:
        super().__init__(terminal, asks=asks, history=0, wraps_lines=True)

    def rows(self, start: int = 0) -> list[str]:
        width = self.terminal.columns
        return [row for text in self.records[start:] for row in wrap(text, width, 0, mode="char")]

    def blocks(self, start: int) -> list[RenderedRecord]:
        return list(enumerate(self.records[start:], start))


class Say(NamedTuple):
    records: list[list[str]]


class Show(NamedTuple):
    live: str
    pins: list[str]


class Resize(NamedTuple):
    columns: int
    rows: int | None


_WORDS = st.sampled_from(["the", "pool", "connection", "closed", "x" * 25, "日本語", "in=5ms", "🙂"])
_ASCII_WORDS = st.sampled_from(["the", "pool", "connection", "closed", "x" * 25, "in=5ms"])
_ASCII_RECORDS = st.lists(st.lists(_ASCII_WORDS, max_size=25), min_size=1, max_size=8)
_RECORDS = st.lists(st.lists(_WORDS, max_size=25), min_size=1, max_size=8)
_SAY = st.builds(Say, _RECORDS)
_SHOW = st.builds(
    Show,
    st.sampled_from(["", "~live", "~ live line of text"]),
    st.lists(st.sampled_from(["~pin", "~ 50 % " + "#" * 12]), max_size=2),
)


def _resize(least: int, heights: st.SearchStrategy[int | None]) -> st.SearchStrategy[Resize]:
    return st.builds(Resize, st.integers(least, 60), heights)


def take(log: Log, step: Say | Show | Resize, *, exact: bool = True) -> None:
    """Take a step."""
    if isinstance(step, Say):
        log.say(*(record(len(log.records) + n, words) for n, words in enumerate(step.records)))
    elif isinstance(step, Show):
        log.show(step.live, step.pins)
    else:
        log.resize(step.columns, step.rows, exact=exact)


def run(log: Log, steps: Sequence[Say | Show | Resize], *, copies: int = 1) -> None:
    """Take the steps, and look at the terminal after each."""
    for step in steps:
        before = log.copies()
        take(log, step)
        if isinstance(step, Resize):
            for earlier, later in zip(before, log.copies(), strict=True):
                assert sum((later - earlier).values()) <= copies
        log.check_screen()
        log.check_complete()
        assert squeezed(log.terminal.everything()).count("~") == squeezed(log.lowest()).count("~")
    assert "\x1b[3J" not in log.terminal.sent


_WIDTHS_ALONE = st.lists(st.one_of(_SAY, _SHOW, _resize(12, st.none())), min_size=2, max_size=14)
_ALL_SIZES = st.lists(st.one_of(_SAY, _SHOW, _resize(12, st.integers(12, 24))), min_size=2, max_size=14)


@settings(max_examples=100, deadline=None)
@given(_ALL_SIZES)
def test_a_terminal_that_keeps_the_marks_of_erased_rows(steps: list[Say | Show | Resize]) -> None:
    """No row is joined to another that has taken the place of its continuation."""
    run(Log(Sticky(40, 14)), steps)


@settings(max_examples=150, deadline=None)
@given(st.booleans(), _ALL_SIZES)
def test_after_each_step_a_reflowing_terminal_shows_the_tail(pulls: bool, steps: list[Say | Show | Resize]) -> None:
    """Whatever is said, shown and resized: the tail is on the screen, nothing is lost, one record at most is copied."""
    run(Log(Terminal(40, 14, pulls=pulls)), steps)


_FEW_SIZES = st.builds(Resize, st.sampled_from([20, 33, 40]), st.integers(8, 24))


@settings(max_examples=150, deadline=None)
@given(st.booleans(), st.lists(st.one_of(_SAY, _SHOW, _FEW_SIZES), min_size=4, max_size=14))
@example(False, [Say([[]]), Show("", ["~pin", "~ 50 % ############"]), Say([["the"] * 4 + ["x" * 25]]), Resize(12, 8)])
def test_rows_that_a_greater_height_brings_back_are_laid_out(asks: bool, steps: list[Say | Show | Resize]) -> None:
    """In tmux, with the cursor reported and with its row followed: they were laid out for an earlier width."""
    log = Log(Tmux(40, 14), asks=asks, model=model_by_version("tmux 3.3a"))
    log.say(*lines(20))
    run(log, steps)


@settings(max_examples=150, deadline=None)
@given(st.booleans(), st.integers(0, 20), st.lists(st.one_of(_SAY, _FEW_SIZES), min_size=2, max_size=14))
def test_a_terminal_that_cuts_off_while_nothing_has_scrolled(
    asks: bool, filled: int, steps: list[Say | Resize]
) -> None:
    """urxvt: nothing of others is overwritten, and no record is lost."""
    terminal = Urxvt(40, 14)
    log = Log(terminal, asks=asks, model=model_by_environment({"TERM": "rxvt-unicode"}))
    log.say(*lines(filled))
    for step in steps:
        take(log, step, exact=False)
        log.shell = [row for row in log.shell if row not in terminal.dropped]
        log.check_complete()


_BAR = st.builds(Show, st.just(""), st.lists(st.just("~" + "#" * 59), max_size=1))
_FOOT_STEPS = st.lists(st.one_of(st.builds(Say, _ASCII_RECORDS), _BAR, _FEW_SIZES), min_size=4, max_size=14)


@settings(max_examples=150, deadline=None)
@given(st.booleans(), _FOOT_STEPS)
@example(False, [Show("", ["~" + "#" * 59]), Say([[]]), Resize(33, 12), Say([[], []]), Show("", []), Resize(20, 14)])
def test_a_terminal_that_moves_the_last_row_to_the_bottom(asks: bool, steps: list[Say | Show | Resize]) -> None:
    """foot, with the cursor reported and with its row followed: erased rows do not count as written."""
    log = Log(Foot(40, 14), asks=asks, model=model_by_version("foot(1.13.1)"))
    log.say(*lines(20))
    run(log, steps)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(st.builds(Say, _ASCII_RECORDS), _SHOW, _resize(12, st.integers(12, 24))), min_size=2, max_size=14
    )
)
@example([Say([[], [], []]), Say([[]] * 8), Resize(12, 12), Show("", ["~pin", "~pin"]), Show("", []), Resize(12, 12)])
@example([Say([[], ["closed", "closed"]]), Say([[]] * 8), Resize(12, 12)])
@example([Show("~ live line of text", []), Say([[]] * 9), Resize(12, 12), Say([[], []]), Resize(19, 12)])
def test_a_terminal_that_returns_rows_is_filled_and_holds_no_copy(steps: list[Say | Show | Resize]) -> None:
    """The line that the top edge cuts comes back, and lines above it, until the screen is full or shows all."""
    log = Log(Unscrolling(40, 14))
    for step in steps:
        before = log.painter.columns, log.terminal.rows
        run(log, [step], copies=0)
        is_new = isinstance(step, Resize) and before != (step.columns, step.rows)
        if is_new and log.painter.columns != 40:
            assert len(log.terminal.screen()) >= min(log.terminal.rows, len(log.laid_out()))


@settings(max_examples=100, deadline=None)
@given(_ALL_SIZES)
def test_characters_that_terminals_count_differently_are_not_taken_back(steps: list[Say | Show | Resize]) -> None:
    """One record at most is there twice, and nothing is lost."""
    run(Log(Unscrolling(40, 14)), steps)


@settings(max_examples=100, deadline=None)
@given(_ALL_SIZES)
def test_the_row_follows_from_the_rows_above_where_the_first_row_stays(steps: list[Say | Resize]) -> None:
    """In a program, once the log has filled the screen: it is right at each size, and one record at most is copied."""
    log = Log(Unscrolling(40, 14), asks=False)
    log.say(*lines(20))
    run(log, steps)


@settings(max_examples=100, deadline=None)
@given(st.booleans(), _ALL_SIZES)
def test_lines_that_the_terminal_wraps(pulls: bool, steps: list[Say | Show | Resize]) -> None:
    """They are never written twice: the terminal has wrapped them again; live lines and pins are."""
    log = UnbrokenLog(Terminal(40, 14, pulls=pulls))
    run(log, steps, copies=0)


@pytest.mark.parametrize("height", [6, 14])
def test_the_row_is_followed_through_lines_that_the_terminal_wraps(height: int) -> None:
    """Where the terminal is not asked, pins are found again, and nothing above them is touched."""
    log = UnbrokenLog(Terminal(40, height), asks=False)
    for number in range(8):
        log.say(record(number, ["the pool"] * 12))
        log.show("", ["~ 50 %"])
    log.resize(25)
    log.check_complete()
    assert squeezed(log.terminal.everything()).count("~") == 1


@settings(max_examples=60, deadline=None)
@given(st.booleans(), st.lists(st.one_of(_SAY, _SHOW, _resize(2, st.integers(2, 24))), min_size=2, max_size=12))
def test_volatile_rows_higher_than_the_screen(pulls: bool, steps: list[Say | Show | Resize]) -> None:
    """A live line and pins that a new width makes higher than the screen lose nothing of the log."""
    log = Log(Terminal(40, 14, pulls=pulls))
    for step in steps:
        take(log, step, exact=False)
        log.check_complete(volatile=True)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.lists(st.one_of(_SAY, _resize(12, st.none())), min_size=2, max_size=12))
def test_a_history_smaller_than_the_screen(history: int, steps: list[Say | Resize]) -> None:
    """Records that cannot be laid out again stay on the screen."""
    log = Log(Terminal(40, 14), history=history)
    for step in steps:
        take(log, step, exact=False)
        log.check_complete()


@settings(max_examples=60, deadline=None)
@given(st.booleans(), st.lists(st.one_of(_SAY, _resize(2, st.integers(2, 30))), min_size=2, max_size=12))
@example(True, [Say([[]]), Resize(2, 2), Resize(3, 7), Resize(3, 6)])
@example(True, [Say([[], []]), Resize(2, 2), Resize(3, 7), Resize(3, 6)])
def test_tiny_terminals(pulls: bool, steps: list[Say | Resize]) -> None:
    """Down to two columns and two rows."""
    run(Log(Terminal(40, 14, pulls=pulls)), steps)


@settings(max_examples=60, deadline=None)
@given(st.booleans(), st.lists(st.one_of(_SAY, _resize(12, st.integers(5, 24))), min_size=2, max_size=12))
def test_where_the_row_of_the_cursor_is_unknown_nothing_is_lost(pulls: bool, steps: list[Say | Resize]) -> None:
    """Without an answer the lowest row is assumed: the screen may keep old rows, the records are all there."""
    log = Log(Terminal(40, 14, pulls=pulls), asks=False)
    for step in steps:
        take(log, step, exact=False)
        log.check_complete()


@settings(max_examples=100, deadline=None)
@given(_WIDTHS_ALONE)
def test_after_each_step_a_rigid_terminal_shows_the_tail(steps: list[Say | Show | Resize]) -> None:
    """A terminal that does not reflow shows the tail of the layout after each step."""
    run(Log(Rigid(40, 14)), steps)


def lines(count: int, words: int = 4) -> list[str]:
    """Records of a fixed length."""
    return [record(number, ["connection"] * words) for number in range(count)]


def test_appending_writes_the_new_rows_and_nothing_else() -> None:
    """Without anything volatile a frame is rows, carriage returns and newlines: no escape at all."""
    log = Log(Terminal(40, 14))
    log.say("one", "two")
    assert log.terminal.sent == "one\r\ntwo\r\n"


def test_a_frame_without_news_writes_nothing() -> None:
    """A frame with an unchanged live line and unchanged pins writes no byte."""
    log = Log(Terminal(40, 14))
    log.show("~live", ["~pin"])
    log.terminal.sent = ""
    log.paint()
    assert log.terminal.sent == ""


def test_the_same_width_repaints_nothing() -> None:
    """A height alone changes nothing while all rows are laid out for the present width."""
    log = Log(Terminal(40, 14))
    log.say(*lines(4))
    log.terminal.sent = ""
    log.resize(40, 20)
    assert log.terminal.sent == ""


def test_there_and_back_is_the_same_picture() -> None:
    """Rows that never left the screen are the same after narrowing and widening again."""
    log = Log(Terminal(60, 20))
    log.say(*lines(6))
    before = log.terminal.screen()
    log.resize(38)
    log.resize(60)
    assert log.terminal.screen()[-7:] == before[-7:]


def test_what_is_rewritten_is_one_synchronized_update() -> None:
    """A repaint is shown at once: between the two marks, in one write."""
    log = Log(Terminal(40, 14))
    log.say(*lines(3))
    log.terminal.sent = ""
    log.resize(30)
    assert log.terminal.sent.startswith("\x1b[?2026h")
    assert log.terminal.sent.endswith("\x1b[?2026l")
    assert log.terminal.sent.count("\x1b[?2026") == 2


def test_nothing_is_erased_downward() -> None:
    """ED fills tmux's scrollback with copies: rows are erased one by one."""
    log = Log(Terminal(40, 14))
    log.say(*lines(20))
    log.show("~live", ["~pin"])
    for width in (20, 50, 33):
        log.resize(width)
    assert not re.search(r"\x1b\[\d*J", log.terminal.sent)


def test_pins_go_without_a_trace() -> None:
    """Once the last pin is removed its rows are blank, and the log goes on where they were."""
    log = Log(Terminal(40, 14))
    log.say("one")
    log.show(pins=["~pin one", "~pin two"])
    log.say("two")
    log.show()
    log.say("three")
    assert log.terminal.screen() == [*SHELL, "one", "two", "three", ""]


def test_pins_higher_than_the_screen_are_cut_from_above() -> None:
    """The lowest ones stay, and a row of the log above them."""
    log = Log(Terminal(40, 5))
    log.say("one")
    log.show(pins=[f"~{number}" for number in range(9)])
    assert log.terminal.screen() == ["one", "~5", "~6", "~7", "~8"]
    log.say("two")
    assert log.terminal.screen() == ["two", "~5", "~6", "~7", "~8"]
    log.check_complete()


_PINS = st.builds(Show, st.just(""), st.lists(st.sampled_from(["~pin", "~ 50 % " + "#" * 12]), max_size=12))
_HEIGHTS = st.builds(Resize, st.just(40), st.integers(2, 24))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([Terminal, Rigid]),
    st.booleans(),
    st.lists(st.one_of(_SAY, _PINS, _HEIGHTS), min_size=2, max_size=14),
)
@example(
    Terminal,
    False,
    [
        Say([[], []]),
        Show("", ["~pin", "~pin", "~pin", "~ 50 % ############", "~pin"]),
        Resize(40, 2),
        Resize(40, 7),
        Resize(40, 5),
    ],
)
def test_a_lower_screen_pushes_no_pin_into_the_scrollback(
    kind: type[Terminal], pulls: bool, steps: list[Say | Show | Resize]
) -> None:
    """However many there are, and however low it is."""
    log = Log(kind(40, 14, pulls=pulls), asks=False)
    for step in steps:
        if isinstance(step, Say):
            log.say(*(record(len(log.records) + n, words) for n, words in enumerate(step.records)))
        elif isinstance(step, Show):
            log.show(step.live, step.pins)
        else:
            log.resize(step.columns, step.rows)
        log.check_screen()
        log.check_complete()
        assert "~" not in squeezed([line.text for line in log.terminal.scrolled])
        assert squeezed(log.terminal.screen()).count("~") == squeezed(log.lowest()).count("~")


@settings(max_examples=100, deadline=None)
@given(st.booleans(), st.integers(12, 60), st.integers(1, 5), st.integers(0, 30))
def test_a_frame_that_the_terminal_reads_at_another_width(pulls: bool, columns: int, pins: int, records: int) -> None:
    """It became narrower or wider just before: the way back up from the pins is the same."""
    log = Log(Terminal(40, 14, pulls=pulls))
    log.say(*lines(records))
    log.show(pins=["~" + "#" * 39] * pins)
    frame = Frame([(records, "<late late>")], pins=["~" + "=" * 39] * pins)
    log.records.append("<late late>")
    log.terminal.resize(columns, 14)
    log.painter.paint(frame)
    first = log.painter.resize(Size(columns, 14))
    log.paint(first, again=first is not None)
    assert squeezed(log.terminal.everything()).count("~") == pins
    log.check_complete()


@settings(max_examples=100, deadline=None)
@given(st.integers(10, 60), st.integers(1, 3))
def test_records_over_pins_that_the_terminal_has_cut_meanwhile(columns: int, pins: int) -> None:
    """It became narrower just before: all rows of the pins are erased, so that no rest of one is beside a record."""
    log = Log(Tmux(40, 14), model=model_by_version("tmux 3.3a"))
    log.say(*lines(30))
    log.show(pins=["~" + "#" * 39] * pins)
    log.terminal.resize(columns, 14)
    log.pins = ["~" + "=" * 39] * pins
    log.say(*(f"<late{number}>" for number in range(30)))
    assert "#" not in squeezed(log.terminal.everything())


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([(Vte, "VTE(7006)"), (Tmux, "tmux 3.3a")]),
    st.just(""),
    st.integers(1, 3),
    st.lists(st.lists(st.tuples(st.integers(12, 60), st.integers(6, 24)), min_size=1, max_size=6), max_size=4),
)
@example((Vte, "VTE(7006)"), "", 1, [[(39, 13), (37, 12), (24, 10)]])
@example((Tmux, "tmux 3.3a"), "", 1, [[(39, 13), (37, 12), (24, 10)], [(24, 20)]])
@example((Vte, "VTE(7006)"), "", 2, [[(55, 6)], [(12, 6), (12, 11)]])
@example((Vte, "VTE(7006)"), "", 3, [[(38, 11)], [(12, 6), (12, 8)]])
@example((Tmux, "tmux 3.3a"), "~live", 3, [[(58, 13)], [(18, 10), (50, 14)]])
def test_no_copy_is_damaged_where_pins_are_cut_in_a_burst(
    kind: tuple[type[Terminal], str], live: str, pins: int, bursts: list[list[tuple[int, int]]]
) -> None:
    """The cursor is in the first of several rows of a pin; its row is followed, and never taken for a lower one.

    So also where that row has been scrolled out: the cursor is then in another row of the pins.
    """
    log = Log(kind[0](40, 14), asks=False, model=model_by_version(kind[1]))
    log.say(*lines(60))
    log.show(live, pins=["~" + "#" * 38] * pins)
    for burst in bursts:
        for columns, rows in burst:
            log.terminal.resize(columns, rows)
            log.painter.note_size(Size(columns, rows))
        log.resize(*burst[-1], exact=False)
        log.check_complete()
        every = squeezed([*log.shell, *log.records])
        for line in _logical_lines(log.terminal):
            assert "~" in line or squeezed([line]) in every


def _logical_lines(terminal: Terminal) -> list[str]:
    """Return the lines of the scrollback and the screen, without the terminal's own breaks."""
    whole = [""]
    for row in [*terminal.scrolled, *terminal.lines]:
        whole[-1] += "".join(row.cells)
        if not row.wrapped:
            whole.append("")
    return whole


def test_closing_with_pins_left_leaves_them_alone() -> None:
    """After a fault pins stay, and later output is below them."""
    terminal = Terminal(40, 14)
    log = Log(terminal)
    log.show("~live", ["~pin one", "~pin two"])
    log.painter.close()
    assert (terminal.y, terminal.x) == (6, 0)


def test_the_cursor_waits_at_the_end_of_a_live_line() -> None:
    """The cursor is at the end of an unterminated prompt, also above a pin; else in the first column."""
    terminal = Terminal(40, 14)
    log = Log(terminal)
    log.show("Password: ")
    assert (terminal.y, terminal.x) == (3, 9)  # no row ends in blanks
    log.show("Password: ", ["~pin", "~another"])
    assert (terminal.y, terminal.x) == (3, 9)
    log.show("", ["~pin", "~another"])
    assert (terminal.y, terminal.x) == (3, 0)


def test_what_the_terminal_echoed_is_blanked() -> None:
    """`^C` in the cursor's row goes with the next frame."""
    log = Log(Terminal(40, 14))
    log.say("one")
    log.terminal.write("^C")
    log.painter.mark_cursor_row_dirty()
    log.say("x")
    assert log.terminal.screen() == [*SHELL, "one", "x", ""]


def test_after_others_had_the_terminal_nothing_above_is_repainted() -> None:
    """Output of a shell, and rows above it, are never repainted."""
    log = Log(Terminal(40, 14))
    log.say(*lines(2, words=1))
    log.painter.resume()
    log.terminal.write("$ fg\r\n")
    log.records.clear()
    log.terminal.resize(20, 14)
    assert log.painter.resize(Size(20, 14)) is None
    log.say("after")
    assert log.terminal.screen()[-3:] == ["$ fg", "after", ""]


@pytest.mark.parametrize(("columns", "expected"), [(30, 30), (61, 61)])
def test_rewrap_all_leaves_all_history_and_nothing_else(columns: int, expected: int) -> None:
    """Scrollback and screen are the lay-out of everything since the start at the new width."""
    log = Log(Terminal(40, 14), rewrap_all=True)
    log.say(*lines(30))
    log.resize(columns, 14, exact=False)
    rows = log.terminal.everything()
    assert rows[: len(log.rows())] == [row.rstrip() for row in log.rows()]
    assert not any(rows[len(log.rows()) :])
    assert max(map(len, rows)) <= expected


def test_rewrap_all_lays_out_once_for_each_size() -> None:
    """Also in a terminal that may have cut off what was there."""
    log = Log(Urxvt(40, 14), rewrap_all=True, model=model_by_environment({"TERM": "rxvt-unicode"}))
    log.say(*lines(3))
    log.resize(30, 14, exact=False)
    assert log.painter.resize(Size(30, 14)) is None


def test_closing_leaves_the_cursor_in_a_row_of_its_own() -> None:
    """The shell's prompt comes under the last row, in the first column."""
    terminal = Terminal(40, 14)
    log = Log(terminal)
    log.show("~live")
    log.painter.close()
    assert (terminal.y, terminal.x) == (4, 0)
    log.painter.close()
    assert (terminal.y, terminal.x) == (4, 0)


def test_the_simulated_terminal_refuses_what_it_does_not_know() -> None:
    """A model that let unknown sequences pass would prove nothing."""
    for unknown in ("\x1b[2K", "\x1b[5;5H", "\x1b]0;title\x07", "\t", "\x1bM"):
        with pytest.raises(AssertionError):
            Terminal(10, 3).write(unknown)


def test_the_simulated_terminal_reflows() -> None:
    """It re-cuts a line it has broken itself, keeps the cursor with its character, and keeps hard ends."""
    terminal = Terminal(6, 3)
    terminal.write("abcdefghi\r\nx")
    assert terminal.screen() == ["abcdef", "ghi", "x"]
    terminal.resize(4, 3)
    assert terminal.everything() == ["abcd", "efgh", "i", "x"]
    assert (terminal.y, terminal.x) == (2, 1)
    terminal.resize(20, 3)
    assert terminal.everything()[:2] == ["abcdefghi", "x"]


def test_a_pin_whose_end_is_below_the_screen_stays() -> None:
    """The last row is not erased as a row below the screen."""
    log = Log(Terminal(40, 14))
    log.say(*(record(number, []) for number in range(5)))
    log.show("", ["~pin", "~ 50 % ############"])
    log.resize(12, 12)


@pytest.mark.parametrize("end", ["\r\n", ""], ids=["whole line", "partial line"])
@pytest.mark.parametrize("pins", [[], ["~pin one", "~pin two"]], ids=["no pins", "pins"])
@pytest.mark.parametrize("reports", [False, True], ids=["unknown", "reported"])
def test_rows_of_another_writer_are_never_overwritten(end: str, pins: list[str], reports: bool) -> None:
    """After `forget_rows` records are appended under the other text, and no new width repaints above it."""
    log = Log(Terminal(40, 12), reports_position=reports)
    log.show(pins=pins)
    for number in range(4):
        log.say(f"<{number:04} record that is somewhat longer than half a row {number:04}>")
        log.terminal.write(f"printed-{number}{end}")
        log.painter.forget_rows()
    log.say("<0004 last 0004>")
    for columns in (30, 57, 21, 40):
        log.resize(columns, exact=False)
        text = squeezed(log.terminal.everything())
        assert [text.count(f"printed-{number}") for number in range(4)] == [1, 1, 1, 1]
        assert all(squeezed([record]) in text for record in log.records)
        assert log.lowest() == ([row.strip() for row in log.terminal.screen()[-len(pins) :]] if pins else [])


@given(
    lengths=st.lists(st.integers(0, 90), min_size=1, max_size=30),
    taken=st.integers(1, 30),
    sizes=st.lists(st.tuples(st.integers(20, 90), st.integers(4, 20)), max_size=2),
    shown=st.lists(st.sampled_from(["~live", "~" * 50]), max_size=1),
    asks=st.booleans(),
)
@settings(deadline=None)
def test_records_that_are_taken_back_are_written_over_and_no_others(
    lengths: list[int], taken: int, sizes: list[tuple[int, int]], shown: list[str], asks: bool
) -> None:
    """Refused where not all of them are on the screen; in any case nothing else is lost."""
    log = Log(Terminal(40, 12), asks=asks)
    for number, length in enumerate(lengths):
        log.say(f"<{number:04} {'w ' * (length // 2)}{number:04}>")
    for size in sizes:
        log.resize(*size, exact=False)
    log.show("".join(shown))
    first = max(0, len(log.records) - taken)
    if log.painter.take_back(first):
        del log.records[first:]
        log.say("<9999 instead 9999>")
        if not sizes:
            log.check_screen()
    log.check_complete(volatile=True)


@pytest.mark.parametrize("cells", [1, 2, 38, 39, 40, 41])
def test_text_of_another_writer_stays_whatever_its_width(cells: int) -> None:
    """One dot of a progress display, a row but for one cell, a full row, a row and one cell."""
    log = Log(Terminal(40, 12))
    log.say("<0000 before 0000>")
    log.terminal.write("~" * cells)
    log.painter.forget_rows()
    log.say("<0001 after 0001>")
    assert "".join(log.terminal.everything()).count("~") == cells
    log.check_complete(volatile=False)


@pytest.mark.parametrize("other", ["~", "~~~", "~" * 39])
def test_text_of_another_writer_stays_in_a_burst_of_resizes(other: str) -> None:
    """The terminal may be wider than was reported, so blanks may not reach its edge."""
    log = Log(Terminal(40, 12))
    log.say("<0000 before 0000>")
    log.terminal.write(other)
    log.terminal.resize(70, 12)
    log.painter.note_size(Size(60, 12))
    log.painter.forget_rows()
    log.say("<0001 after 0001>")
    assert "".join(log.terminal.everything()).count("~") == len(other)


@pytest.mark.parametrize("reports", [False, True], ids=["unknown", "reported"])
def test_forgetting_rows_that_nothing_was_written_under_leaves_no_blank_row(reports: bool) -> None:
    """With the cursor in the first column the next record starts in its row, over the pins if there are any."""
    log = Log(Terminal(40, 12), reports_position=reports)
    for pins in ([], ["~pin"], []):
        log.show(pins=pins)
        log.painter.forget_rows()
        log.say("<0000 text 0000>")
    assert "" not in log.terminal.screen()[:-1]
    log.check_complete()


@pytest.mark.parametrize("other", ["printed\r\n", "printed", "\x1b[H\x1b[2J"], ids=["line", "partial", "cleared"])
def test_the_first_record_after_another_writer_is_laid_out_again_where_the_cursor_was_reported(other: str) -> None:
    """It is not joined to the other text, so a new width lays it out like all others, and leaves no copy."""
    log = Log(Terminal(40, 12), reports_position=True)
    log.say("<0000 before 0000>")
    log.terminal.write(other)
    log.painter.forget_rows()
    log.say(record(1, ["some", "words", "of", "which", "each", "width", "has", "another", "number"]))
    log.say("<0002 after 0002>")
    shown = len(log.terminal.everything())
    for columns in (30, 57, 21, 40):
        log.resize(columns, exact=False)
        below = log.terminal.screen()[: -1 if not log.terminal.screen()[-1] else None]
        assert below[-len(log.rows(1)) :] == log.rows(1)
    assert len(log.terminal.everything()) == shown


def test_a_stale_width_leaves_no_blank_row_where_the_cursor_is_reported() -> None:
    """As after `fg` in a window that another size was given meanwhile."""
    log = Log(Terminal(40, 12), reports_position=True)
    log.painter.forget_rows()
    log.terminal.resize(30, 12)
    log.say("<0000 text 0000>")
    assert log.terminal.screen()[-2:] == ["<0000 text 0000>", ""]
    assert log.terminal.screen()[-3] == log.shell[-1]


class KeepsCursorLine(Terminal):
    """A terminal that re-cuts all lines but the one that the cursor is in, as xterm.js does."""

    def resize(self, columns: int, rows: int) -> None:
        line, self.lines[self.y] = self.lines[self.y], Line()
        x, self.x = self.x, 0
        super().resize(columns, rows)
        self.lines[self.y] = Line(line.cells[:columns])
        self.x = min(x, columns - 1)

    def place(self) -> CursorReport:
        return CursorReport(self.y + 1, self.columns, self.rows, self.x + 1)


@pytest.mark.parametrize("length", [5, 39, 40, 41, 60, 75, 79])
@pytest.mark.parametrize("asks", [True, False])
def test_the_cursors_line_counts_as_recut_only_where_that_is_confirmed(length: int, asks: bool) -> None:
    """An unfinished line in a terminal that leaves the cursor's line as it is: no row above ours is touched."""
    log = Log(KeepsCursorLine(80, 12), asks=asks, model=model_by_version("xterm.js("))
    log.show("~" * length)
    log.terminal.resize(40, 12)
    log.painter.resize(Size(40, 12))
    log.paint()
    text = squeezed(log.terminal.everything())
    assert text.startswith(squeezed(log.shell))
    assert text.removeprefix(squeezed(log.shell)).strip("~") == ""


@given(
    before=st.integers(20, 100),
    true=st.integers(20, 160),
    reported=st.integers(20, 160),
    after=st.integers(20, 160),
    live=st.integers(0, 90),
    asks=st.booleans(),
)
@settings(deadline=None)
def test_a_burst_whose_sizes_are_reported_late_loses_nothing(
    before: int, true: int, reported: int, after: int, live: int, asks: bool
) -> None:
    """Records and live lines that are written while the terminal has another width than is known are all there."""
    log = Log(Terminal(before, 12), asks=asks)
    for number in range(20):
        log.say(f"<{number:04} {'word ' * (number * 7 % 30)}{number:04}>")
    log.show("~" * live)
    log.terminal.resize(true, 12)
    log.painter.note_size(Size(reported, 12))
    for number in range(20, 30):
        log.records.append(f"<{number:04} {'word ' * (number * 7 % 30)}{number:04}>")
        block = number, "\n".join(wrap(log.records[-1], reported))
        rows = wrap("~" * (live + number), reported)[-12:]
        log.painter.paint(Frame([block], False, rows, []))
    log.terminal.resize(after, 12)
    log.painter.note_size(Size(after, 12))
    log.live = "~" * live
    log.paint(log.painter.resize(Size(after, 12)), again=True)
    log.check_complete(volatile=True)


@given(
    before=st.integers(20, 100),
    known=st.integers(20, 160),
    true=st.tuples(st.integers(20, 160), st.integers(8, 16)),
    after=st.integers(20, 160),
    live=st.integers(0, 90),
    further=st.integers(0, 2),
    is_met=st.booleans(),
    pulls=st.booleans(),
)
@settings(deadline=None)
def test_a_repaint_that_may_have_met_another_width_loses_nothing(
    before: int,
    known: int,
    true: tuple[int, int],
    after: int,
    live: int,
    further: int,
    is_met: bool,
    pulls: bool,
) -> None:
    """The terminal gets a new size while the repaint is on its way, or just after it: it looks alike to the program."""
    model = TerminalModel("simulated", keeps_row="never", size_lag=0.15)
    now = 0.0
    log = Log(Terminal(before, 12, pulls=pulls), asks=False, model=model, clock=lambda: now)
    for number in range(20):
        log.say(f"<{number:04} {'word ' * (number * 7 % 30)}{number:04}>")
    log.show("~" * live)
    log.terminal.resize(known, 12)
    first = log.painter.resize(Size(known, 12))
    frame = Frame(log.blocks(20 if first is None else first), first is not None, *log.volatile())
    if is_met:
        log.terminal.resize(*true)
    log.painter.paint(frame)
    log.terminal.resize(*true)
    log.painter.note_size(Size(*true))
    for number in range(20, 20 + further):
        log.say(f"<{number:04} word {number:04}>")
    for size in (Size(*true), Size(after, 12)):
        log.terminal.resize(*size)
        log.paint(log.painter.resize(size), again=True)
        log.check_complete(volatile=True)
        now += 1.0


@given(
    dropped=st.tuples(st.integers(20, 120), st.integers(4, 20)),
    after=st.tuples(st.integers(20, 120), st.integers(4, 20)),
    pulls=st.booleans(),
    asks=st.booleans(),
)
@settings(deadline=None)
def test_after_a_repaint_that_was_given_up_the_next_one_is_right(
    dropped: tuple[int, int], after: tuple[int, int], pulls: bool, asks: bool
) -> None:
    """Also if only the height has changed since, or nothing has."""
    log = Log(Terminal(80, 12, pulls=pulls), asks=asks)
    for number in range(20):
        log.say(f"<{number:04} {'word ' * (number * 7 % 30)}{number:04}>")
    log.terminal.resize(*dropped)
    log.painter.resize(Size(*dropped))
    log.painter.drop_repaint()
    log.resize(*after, exact=asks)
    log.check_complete()


@pytest.mark.parametrize(("version", "written"), [("kitty(0.26.5)", " \r"), ("VTE(7006)", "")])
def test_before_the_alternate_screen_the_cursors_row_is_filled_where_kitty_would_lose_it(
    version: str, written: str
) -> None:
    """It moves the cursor with the text of a hidden screen only if there is text in its row."""
    terminal = Terminal(40, 14)
    model = model_by_version(version)
    assert model is not None
    painter = InlinePainter(terminal, Size(40, 14), recut=rows_when_cut, model=model)
    painter.prepare_hiding()
    assert terminal.sent == written
