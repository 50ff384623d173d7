"""Model of one terminal line with a cursor: overwriting, moving and erasing within the line.

Invariants:
- A step costs as much as it writes or passes, never as much as the line is long.
- The cursor moves right of the text to `MAX_COLUMN` at most, as it stops at the edge of a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.records import PLAIN, Span, Spans, Style
from reflowlog.text.clean.cells import cells, split

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MAX_COLUMN", "CursorLine"]

MAX_COLUMN = 512
"""Cells; no cursor movement leads further to the right, because the width of the terminal is unknown here."""


class CursorLine:
    """Model of a terminal line with a cursor.

    The cells left of the cursor are a list of runs; the cells from the cursor on are a stack of single clusters whose
    top is at the cursor. A run or cluster is ``(text, cells, style)``; text None is blanks. So each step costs as much
    as it writes or passes, never as much as the line is long.
    """

    __slots__ = ("before", "column", "halfway", "rest", "style")

    def __init__(self) -> None:
        self.before: list[tuple[str | None, int, Style]] = []
        self.rest: list[tuple[str | None, int, Style]] = []
        self.column = 0  # column of the cursor, in cells
        self.halfway = False  # the cursor is on the second cell of the top cluster
        self.style = PLAIN

    def write(self, text: str) -> None:
        """Write text at the cursor, over the cells that are there."""
        self._settle()
        width = cells(text)
        self.before.append((text, width, self.style))
        self.column += width
        left = width
        while self.rest and (
            left > 0 or (width and not self.rest[-1][1])
        ):  # zero-width marks go with the cluster they stand on
            left -= self.rest.pop()[1]
        if left < 0:
            self.rest.append((None, -left, PLAIN))

    def tab(self) -> None:
        """Move to the next multiple of 8 cells; cells beyond the end become blanks."""
        self._settle()
        stop = self.column // 8 * 8 + 8
        while self.column < stop and self.rest:
            run = text, width, _ = self.rest.pop()
            if text is None and self.column + width > stop:
                self.rest.append((None, self.column + width - stop, PLAIN))
                run = (None, stop - self.column, PLAIN)
            self.before.append(run)
            self.column += run[1]
        if self.column < stop:
            self.before.append((" " * (stop - self.column), stop - self.column, PLAIN))
            self.column = stop

    def back(self) -> None:
        """Move one cell to the left."""
        if self.halfway:
            self.halfway = False
            self.column -= 1
            return
        while self.before and self.column:
            text, width, style = self.before.pop()
            if text is None:
                if width > 1:
                    self.before.append((None, width - 1, PLAIN))
                self.rest.append((None, 1, PLAIN))
                self.column -= 1
                return
            clusters, widths = split(text)
            while clusters:
                cluster, wide = clusters.pop(), widths.pop()
                self.rest.append((cluster, wide, style))
                if wide:
                    self._push(clusters, widths, style)
                    self.column -= 1
                    if wide > 1:
                        self.halfway = True
                    return

    def _push(self, clusters: list[str], widths: list[int], style: Style) -> None:
        self.before.extend((cluster, wide, style) for cluster, wide in zip(clusters, widths))

    def move_to(self, column: int) -> None:
        """Move to a column, in cells from 0; right of it to `MAX_COLUMN` at most."""
        if column <= 0:
            self.home()
            return
        while self.column > column:
            self.back()
        column = min(column, max(MAX_COLUMN, self.column))
        while self.column < column and self.rest:
            run = text, width, _ = self.rest.pop()
            if self.halfway:
                self.halfway = False
                width -= 1
            elif text is None and self.column + width > column:
                self.rest.append((None, self.column + width - column, PLAIN))
                run, width = (None, column - self.column, PLAIN), column - self.column
            elif self.column + width > column:
                self.rest.append(run)
                self.halfway = True
                self.column = column
                return
            self.before.append(run)
            self.column += width
        while self.rest and not self.rest[-1][1]:  # zero-width marks go with the cluster they stand on
            self.before.append(self.rest.pop())
        if self.column < column:
            self.before.append((None, column - self.column, PLAIN))
            self.column = column

    def erase_cells(self, count: int) -> None:
        """Erase cells from the cursor on; the cursor stays."""
        self._settle()
        erased = self._pop_cells(count)
        if erased:
            self.rest.append((None, erased, PLAIN))

    def delete_cells(self, count: int) -> None:
        """Delete cells from the cursor on; the text to the right moves left."""
        self._settle()
        excess = self._pop_cells(count) - count
        if excess > 0:
            self.rest.append((None, excess, PLAIN))

    def _pop_cells(self, count: int) -> int:
        """Remove whole clusters from the cursor on, and return their cells: `count`, one more, or all there are."""
        popped = 0
        while self.rest and (popped < count or not self.rest[-1][1]):
            text, width, _ = self.rest.pop()
            if text is None and popped + width > count:
                self.rest.append((None, popped + width - count, PLAIN))
                width = count - popped
            popped += width
        return popped

    def home(self) -> None:
        """Move to the first cell."""
        for text, width, style in reversed(self.before):
            if text is None:
                self.rest.append((None, width, PLAIN))
            else:
                clusters, widths = split(text)
                self.rest.extend((cluster, wide, style) for cluster, wide in zip(clusters[::-1], widths[::-1]))
        self.before.clear()
        self.column = 0
        self.halfway = False

    def erase(self, what: str) -> None:
        """Erase from the cursor to the end (``""`` or ``"0"``), up to the cursor (``"1"``), or all (``"2"``)."""
        self._settle()
        if what in ("1", "2"):
            self.before = [(None, self.column, PLAIN)] if self.column else []
        if what == "1":
            if self.rest:
                self.rest.append((None, self.rest.pop()[1], PLAIN))
        else:
            self.rest.clear()

    def _settle(self) -> None:
        """Replace a wide cluster by blanks if the cursor is on its second cell, before something is written there."""
        if self.halfway:
            _, width, _ = self.rest.pop()
            self.before.append((None, 1, PLAIN))
            self.rest.append((None, width - 1, PLAIN))
            self.halfway = False

    def result(self) -> tuple[str, Spans]:
        """Return the line's text and spans, without erased cells at its end."""
        runs = [*self.before, *reversed(self.rest)]
        while runs and runs[-1][0] is None:
            runs.pop()
        return _joined((" " * width if text is None else text, style) for text, width, style in runs)


def _joined(runs: Iterable[tuple[str, Style]]) -> tuple[str, Spans]:
    """Return the text and spans of runs in order; neighbours of equal style become one span."""
    texts: list[str] = []
    spans: list[Span] = []
    at = start = 0
    last = PLAIN
    for text, style in runs:
        if style != last:
            if last != PLAIN and at > start:
                spans.append((start, at, last))
            start, last = at, style
        texts.append(text)
        at += len(text)
    if last != PLAIN and at > start:
        spans.append((start, at, last))
    return "".join(texts), tuple(spans)
