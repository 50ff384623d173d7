"""Hanging indent of a whole source: decided by the headers seen so far, so that it does not alternate between lines.

Invariants:
- A `SourceIndent` is a value, and a pure function of the columns of the first `MAX_HEADERS` headers and of the width.
  Later headers do not change it, so a source looks the same in a pipe, inline and in the viewer.
- Where more than one header in `TOO_LONG_SHARE` is longer than the limit of `hang`, all lines hang by their own
  indentation. Else a line with a longer header hangs where most messages begin.
- Lines without a header hang by their own indentation, but for those with a prefix of most lines of the source
  (`text/parse/line_prefixes.py`), which counts as a header.
- A line hangs where the other lines of the source tell that its message starts, if that looks like a field.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reflowlog.text.clean.cells import cells
from reflowlog.text.clean.sanitize import is_plain, sanitize
from reflowlog.text.layout.hanging_indent import MAX_LIMIT_CHARS, SourceIndent, indent_limit
from reflowlog.text.parse.header import message_column
from reflowlog.text.parse.header_shapes import NO_SHAPES, HeaderShapes, settled_start
from reflowlog.text.parse.line_prefixes import LinePrefixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reflowlog.text.layout.hanging_indent import Indent
    from reflowlog.text.parse.header_shapes import Shapes

__all__ = ["MAX_HEADERS", "HeaderColumns", "source_indent"]

MAX_HEADERS = 200
"""Headers by which a source's indent is decided."""

MAX_LINES = 2_000
"""Lines that are searched for them at most: a source without headers has none."""

TOO_LONG_SHARE = 8


def source_indent(columns: Sequence[int], width: int) -> Indent:
    """Return the hanging indent of a source at a width.

    Args:
        columns: message columns of its headers so far, in cells, each 1 or more.
        width: cells.

    Examples:
        >>> source_indent([28, 30, 29], 80) == SourceIndent(30), source_indent([28, 35, 28], 80) == SourceIndent(0)
        (True, True)
        >>> source_indent([], 80)
        'auto'
    """
    if not columns:
        return "auto"
    limit = indent_limit(width)
    fitting = [column for column in columns if column <= limit]
    if (len(columns) - len(fitting)) * TOO_LONG_SHARE > len(columns):
        return SourceIndent(0)
    counts = Counter(fitting)
    return SourceIndent(max(counts, key=lambda column: (counts[column], column)))


class HeaderColumns:
    """Collects the message columns of a source's first headers, at most `MAX_HEADERS`."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, int]] = []  # and the message's column as each alone has it, 0 for none
        self._headers = 0  # lines with a column
        self._columns: list[int] = []  # of the messages, in cells
        self._counted = 0  # lines whose columns these are
        self._columns_by = NO_SHAPES  # the settled shapes by which they are
        self._left = MAX_LINES
        self._shapes = HeaderShapes()
        self._prefixes = LinePrefixes()
        self._settled = NO_SHAPES

    @property
    def is_full(self) -> bool:
        """Whether further lines change nothing."""
        headers = len(self._lines) if self._prefixes.settled else self._headers
        return headers >= MAX_HEADERS or self._left <= 0

    @property
    def shapes(self) -> Shapes:
        """The settled shapes of the headers and prefixes so far."""
        found = self._shapes.settled
        if self._prefixes.settled:
            found = found | self._prefixes.settled
        if found != self._settled:
            self._settled = found
        return self._settled

    def add(self, lines: Iterable[str]) -> None:
        """Take in further lines of the source."""
        for line in lines:
            if self.is_full:
                break
            self._left -= 1
            if line[:1] == "{" and line[-1:] == "}":  # an object has no header
                continue
            text = line[:MAX_LIMIT_CHARS] if is_plain(line) else sanitize(line)[0]
            column = message_column(text, MAX_LIMIT_CHARS)
            if len(text) <= column:
                continue
            if column:
                self._headers += 1
                self._shapes.add(text, column)
            was_full = self._prefixes.is_full
            if column or not was_full:
                self._lines.append((text, column))
            self._prefixes.add(text, column)
            if self._prefixes.is_full and not was_full:  # now, as that decides whether further lines count
                self._prefixes.settle()
        if not self._prefixes.is_full:
            self._prefixes.settle()

    def columns(self) -> list[int]:
        """Return the columns of the messages by the headers so far, in cells."""
        shapes = self.shapes
        if self._columns_by is not shapes:
            self._columns, self._columns_by, self._counted = [], shapes, 0
        for text, column in self._lines[self._counted :]:
            start = settled_start(text, column, shapes) if shapes else column
            if start:
                header = text[:start]
                self._columns.append(start if header.isascii() else cells(header))
        self._counted = len(self._lines)
        return self._columns

    def indent(self, width: int) -> Indent:
        """Return the hanging indent at a width, see `source_indent`."""
        found = source_indent(self.columns(), width)
        shapes = self.shapes
        return found._replace(shapes=shapes) if shapes and isinstance(found, SourceIndent) and found.column else found
