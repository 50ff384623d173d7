"""Naive viewer that lays out the whole document for each query: the model the pager is compared with.

Invariants:
- It holds all lines and all rows, and has no match index, no viewport and no pending operations.
- A position is the number of a row in the list of all rows, found again from a character (offset of its line, offset
  in the line) after each change.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.core.records import StyledLine
from reflowlog.text.clean import cells as cell_module
from reflowlog.text.clean import wrap
from reflowlog.text.clean.sanitize import mark_controls, sanitize
from reflowlog.text.layout.hanging_indent import lay_out
from reflowlog.text.layout.source_indent import HeaderColumns
from reflowlog.text.parse.levels import parse_level
from reflowlog.text.parse.line_levels import level_of, level_of_header, level_of_record
from reflowlog.text.parse.multiline import continues

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.frames import Size
    from support.texts import Memory

CodeLocation = tuple[int, int]
"""Offset of a line, and an offset in its text."""


class Drawn(NamedTuple):
    """One row of the document."""

    key: int
    offset: int
    text: str


class SlowViewer:
    """The documented effect of each key, implemented without any optimization."""

    def __init__(self, text: Memory, size: Size) -> None:
        self.text = text
        self.size = size
        self.top: CodeLocation = (0, 0)
        self.following = False
        self.wrapped = True
        self.raw = False
        self.shift = 0
        self.marks: dict[str, CodeLocation] = {}
        self.back: CodeLocation | None = None
        self.filter: tuple[str, ...] = ()
        self.level: int | None = None
        self.search = ""
        self.upward = False
        self.hit: int | None = None
        self.hit_offset = 0
        self.went_round = self.found = False
        self._headers = HeaderColumns()
        self._learnt = 0  # offset up to which the headers of lines were taken in
        self._asked: tuple[object, ...] = ()
        self._rows: list[Drawn] = []

    # -- rows --

    @property
    def height(self) -> int:
        return max(self.size.rows - 1, 1)

    def shown(self) -> list[tuple[int, bytes]]:
        """Return the lines that the filter and the level let through."""
        lines = self.text.lines()
        if (not self.filter and self.level is None) or not lines:
            return lines
        goes_on = continues([line for _, line in lines])[0]
        records: list[list[tuple[int, bytes]]] = []
        for line, more in zip(lines, goes_on):
            if more and records:
                records[-1].append(line)
            else:
                records.append([line])
        kept, level = [], None
        for record in records:
            whole = [line for _, line in record]
            own, named = level_of_record(whole), level_of_header(whole)
            level = level if named is None else named
            least = self.level or 0
            matches = all(
                any(word.lstrip("!") in self.plain(line).lower() for _, line in record) != word.startswith("!")
                for word in self.filter
            )
            if matches and (self.level is None or (level is not None and level >= least) or (own or 0) >= least):
                kept += record
        return kept

    @staticmethod
    def plain(line: bytes) -> str:
        return sanitize(line.decode("utf-8", "replace"))[0]

    def rows(self) -> list[Drawn]:
        """Return all rows of all shown lines; cached until anything changes."""
        text = self.text
        self._learn()
        asked = (text.start, text.end, self.filter, self.level, self.size.columns, self.wrapped, self.raw, self.shift)
        if asked != self._asked:
            self._asked = asked
            self._rows = [Drawn(key, offset, row) for key, line in self.shown() for offset, row in self._laid(line)]
        return self._rows

    def _learn(self) -> None:
        """Take in the headers of the lines that are new and whole: they decide how all lines hang."""
        at = max(self._learnt, self.text.start)
        data = self.text.read(at, self.text.end)
        end = data.rfind(b"\n") + 1
        self._headers.add(data[:end].decode("utf-8", "replace").split("\n")[:-1])
        self._learnt = at + end

    def _laid(self, line: bytes) -> list[tuple[int, str]]:
        width = self.size.columns
        decoded = line.decode("utf-8", "replace")
        text = mark_controls(decoded.removesuffix("\r")) if self.raw else sanitize(decoded)[0]
        if not self.wrapped:
            return [(0, self._part(text))]
        laid = wrap.rows(text, width, 0) if self.raw else lay_out(StyledLine(text), width, self._headers.indent(width))
        return [(row.start if number else 0, " " * row.indent + row.text) for number, row in enumerate(laid)]

    def _part(self, text: str) -> str:
        """Return the cells of a line from `shift` on; a cluster cut by an edge is blank, or a mark if it is alone."""
        left, right = self.shift, self.shift + self.size.columns
        part, at, fresh = "", 0, True
        for cluster, cells in zip(*cell_module.split(text)):
            if left <= at and at + cells <= right:
                part, fresh = part + cluster, False
            elif at < left < at + cells:
                part = " " * (min(at + cells, right) - left)
            elif left <= at < right:
                return part + "?" * fresh
            at += cells
        return part

    def place(self, rows: list[Drawn], top: CodeLocation) -> int:
        """Return the number of a character's row, else of the next shown line's row, else of the previous one's."""
        keys = [row.key for row in rows]
        key = max(top[0], self.text.start)
        if key in keys:
            first = keys.index(key)
            offset = top[1] if key == top[0] else 0
            return first + bisect_right([row.offset for row in rows if row.key == key], offset) - 1
        after = bisect_left(keys, key)
        return after if after < len(rows) else keys.index(keys[-1]) if keys else 0

    def screen(self) -> list[Drawn]:
        rows = self.rows()
        if self.following:
            return rows[-self.height :]
        at = self.place(rows, self.top)
        return rows[at : at + self.height]

    # -- keys --

    def sideways(self, sign: int) -> None:
        if not self.wrapped:
            self.shift = max(self.shift + sign * max(self.size.columns // 2, 1), 0)

    def toggle_wrap(self) -> None:
        self.wrapped, self.shift = not self.wrapped, 0

    def here(self) -> CodeLocation:
        if not self.following:
            return self.top
        screen = self.screen()
        return screen[0][:2] if screen else self.top

    def move(self, count: int) -> None:
        rows = self.rows()
        if count > 0:
            if not self.following:
                at = self.place(rows, self.top)
                to = min(at + count, len(rows) - self.height)
                if to > at:
                    self.top = rows[to][:2]
            return
        if self.following:
            if not rows:
                return
            self.top = rows[-min(self.height, len(rows))][:2]
            if len(rows) < self.height:  # it goes on following, but this is what was looked at
                return
        at = self.place(rows, self.top)
        self.following = False
        if rows and at:
            self.top = rows[max(at + count, 0)][:2]

    def fill(self) -> None:
        rows = self.rows()
        at = self.place(rows, self.top)
        to = max(len(rows) - self.height, 0)
        if not self.following and rows and at > to:
            self.top = rows[to][:2]

    def jump(self, place: CodeLocation) -> None:
        self.back, self.top, self.following = self.here(), place, False
        self.fill()

    def end(self) -> None:
        if not self.following:
            self.back, self.following = self.here(), True

    def want(self, word: str | None = None, level: str | None = None) -> None:
        was_seen = not self.following and self.hit in [row.key for row in self.screen()]
        if word is not None:
            self.filter = (*self.filter, word) if word.strip("!") else ()
            self.level = self.level if self.filter else None
        if level is not None:
            self.level = parse_level(level) if level else None
        self.fill()
        keys = [row.key for row in self.screen()]
        if was_seen and self.hit not in keys and self.hit in [row.key for row in self.rows()]:
            self.see(self.hit_offset)

    def number(self, number: int) -> None:
        lines = self.text.lines()
        before = self.text.data.count(b"\n", 0, self.text.start)
        self.jump((lines[min(max(number - 1 - before, 0), len(lines) - 1)][0] if lines else self.text.start, 0))

    def find(self, counts: Callable[[bytes], bool], upward: bool) -> None:
        self.find_keys([key for key, line in self.shown() if counts(line)], upward)

    def find_keys(self, hits: list[int], upward: bool) -> None:
        keys = [row.key for row in self.screen()]
        self.went_round, self.found = False, bool(hits)
        if not hits:
            return
        if self.hit is not None and self.hit in keys:
            beyond = [hit for hit in hits if (hit < self.hit if upward else hit > self.hit)]
        else:
            beyond = [hit for hit in hits if (hit <= keys[-1] if upward else hit >= keys[0])]
        self.went_round = not beyond
        self.hit = (beyond or hits)[-1 if upward else 0]

    def see(self, offset: int) -> None:
        """Scroll so that the hit is a third below the top, unless it is visible."""
        assert self.hit is not None
        self.hit_offset = offset
        rows = self.rows()
        at = self.place(rows, (self.hit, offset))
        if rows[at] in self.screen():
            if self.following:  # else what comes next would take it away
                self.top, self.following = self.here(), False
            return
        self.back = self.here()
        self.top, self.following = rows[max(at - self.height // 3, 0)][:2], False
        self.fill()

    def next(self, upward: bool) -> None:
        word = self.search
        if word:
            self.find(lambda line: word in self.plain(line).lower(), upward)
            if self.found and self.hit is not None:
                line = dict(self.text.lines())[self.hit].decode("utf-8", "replace")
                text = mark_controls(line.removesuffix("\r")) if self.raw else sanitize(line)[0]
                if not self.wrapped:
                    self.shift_to(text, word)
                self.see(max(text.lower().find(word), 0))

    def shift_to(self, text: str, word: str) -> None:
        """Shift sideways to the first occurrence of a word, unless a part of one is on the screen."""
        measure, width = cell_module.cells, self.size.columns
        places = [
            (measure(text[: found.start()]), measure(text[: found.end()]))
            for found in re.finditer(re.escape(word), text.lower())
        ]
        if places and not any(first < self.shift + width and last > self.shift for first, last in places):
            first, last = places[0]
            self.shift = 0 if last <= width else max(first - width // 3, 0)

    def _tracebacks(self) -> set[int]:
        """Return the first traceback of each record that names no error."""
        lines, found = self.text.lines(), set()
        is_error = False
        for (key, line), more in zip(lines, continues([line for _, line in lines])[0]):
            if not more:
                is_error = (level_of_header([line]) or 0) >= 40
            if line.startswith(b"Traceback (most recent call last)") and not is_error:
                found.add(key)
                is_error = True
        return found

    def severe(self, least: int, most: int, upward: bool) -> None:
        raising = self._tracebacks()
        self.find_keys(
            [key for key, line in self.shown() if least <= (level_of(line) or 40 * (key in raising)) <= most], upward
        )
        if self.found:
            self.see(0)


def without_styles(row: str) -> str:
    """Return a row's visible text."""
    return re.sub(r"\x1b\[[0-9;:]*m", "", row)
