"""Hanging indent: lays out a line as rows, with the indent of the rows after the first, and the gap before the aside.

Invariants:
- Every result is a pure function of the line and the width; no state is kept from one width to the next.
- The choice between the message's column and the line's own indentation may be that of the whole source: a
  `SourceIndent`, see `text/layout/source_indent.py`.
- `column` is an offset in characters, everything else here is in cells; for text that is not ASCII they differ.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.cells import cells
from reflowlog.text.clean.joined_emoji import JOINED, Joins
from reflowlog.text.clean.wrap import Mode, rows
from reflowlog.text.parse.header import message_column
from reflowlog.text.parse.header_shapes import Shapes, settled_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.frames import Row
    from reflowlog.core.records import StyledLine

__all__ = [
    "MAX_LIMIT_CHARS",
    "Indent",
    "SourceIndent",
    "aside_gap",
    "hang",
    "indent_limit",
    "lay_out",
    "plain_hang",
    "source_column",
]

MAX_LIMIT_CHARS = 160
"""Characters of a line in which a header is searched that is longer than the limit of the width."""


class SourceIndent(NamedTuple):
    """The hanging indent of a whole source.

    Attributes:
        column: cells, where a line hangs whose header is too long; 0: all lines hang by their own indentation.
        shapes: settled shapes of its headers, which shorten the header of a line whose message looks like a field; and
            of prefixes, which are headers of lines that have none of their own.
    """

    column: int
    shapes: Shapes = frozenset()


Indent = int | Literal["auto"] | SourceIndent
"""A hanging indent: cells; or found from the line alone, or from the line and its source."""

_FRAME = "".join(map(chr, range(0x2500, 0x2580)))  # box drawing, by which rich and structlog frame tracebacks
_MIN_INDENT_CELLS = 20  # of a width that has a hanging indent
_MIN_ROOM_CELLS = 10  # that an indent derived from the line's own indentation must leave, else it is 0
_MIN_ASIDE_CELLS = 100  # of a width that has asides
_MIN_GAP_CELLS = 2  # blanks before an aside


def hang(text: str, width: int, column: int | None = None, indent: Indent = "auto") -> int:
    """Return the hanging indent of a line: blanks before its rows after the first.

    Args:
        text: sanitized text.
        width: cells, 1 or more.
        column: offset of the message, 0 for none; None: searched in the text.
        indent: ``"auto"``; or a number of cells, which is used where it leaves half of the width or more; or the indent
            of the source.

    Returns:
        Cells. With ``"auto"``: the message's column if that is at most 40 % of the width; else the line's own
        indentation plus 2, if that leaves 10 cells or more; else 0. It is 0 below 20 cells.

    Examples:
        >>> hang("12:00:00 INFO started", 80), hang("  plain", 80), hang("12:00:00 INFO started", 19)
        (14, 4, 0)
    """
    if isinstance(indent, int):
        return indent if 0 < indent <= width // 2 else 0
    if width < _MIN_INDENT_CELLS:
        return 0
    limit = indent_limit(width)
    if indent != "auto" and not indent.column:
        return _own_hang(text, width)
    if column is None:
        column = message_column(text, limit)
        if indent != "auto":
            column = source_column(text, column or message_column(text, MAX_LIMIT_CHARS), indent)
    if column and not text.isascii():
        column = cells(text[:column])
    if 0 < column <= limit:
        return column
    return indent.column if column and indent != "auto" else _own_hang(text, width)


def source_column(text: str, column: int, indent: Indent) -> int:
    """Return the column of a line's message by the headers of its source, see `text/parse/header_shapes.py`.

    Args:
        text: sanitized text.
        column: as the line alone has it; 0 for none.
        indent: the hanging indent.
    """
    if isinstance(indent, SourceIndent) and indent.shapes:
        return settled_start(text, column, indent.shapes)
    return column


def indent_limit(width: int) -> int:
    """Return the most cells of a hanging indent: 40 % of the width."""
    return 2 * width // 5


def _own_hang(text: str, width: int) -> int:
    """Return the hanging indent by the line's own indentation."""
    if text[:1] != " ":
        return 2
    own = len(text) - len(text.lstrip(" ")) + 2
    return own if width - own >= _MIN_ROOM_CELLS else 0


@lru_cache(256)
def plain_hang(width: int, indent: Indent = "auto") -> Callable[[str], int]:
    """Return `hang` as a function of the line alone, for printable ASCII lines that are longer than the width."""
    if isinstance(indent, int) or width < _MIN_INDENT_CELLS:
        cells = hang("", width, 0, indent)
        return lambda _: cells
    limit = indent_limit(width)
    if indent != "auto" and not indent.column:
        return lambda text: 2 if text[0] != " " else _own_hang(text, width)

    def find(text: str) -> int:
        column = message_column(text, limit)
        if column:
            return column if indent == "auto" or not indent.shapes else settled_start(text, column, indent.shapes)
        if indent != "auto":
            return hang(text, width, None, indent)
        return 2 if text[0] != " " else _own_hang(text, width)

    return find


def lay_out(
    line: StyledLine, width: int, indent: Indent = "auto", mode: Mode = "word", joins: Joins = JOINED
) -> list[Row]:
    """Lay out a line as rows.

    Args:
        line: a line whose text is sanitized.
        width: cells, 1 or more.
        indent: the hanging indent, see `hang`.
        mode: how rows break, see `reflowlog.text.clean.wrap.rows`.
        joins: emoji that the terminal draws as one cluster.

    Returns:
        One row or more. ``start`` and ``end`` are offsets in the record's text, so an anchor ``(record, offset)`` is
        on the last row whose start is at most the offset; blanks at a break are on no row and belong to the one
        before, as does the right edge of a frame that is wider than the terminal. The aside is not in the rows;
        `aside_gap` says where it goes.

    Examples:
        >>> from reflowlog.core.records import StyledLine
        >>> [row.text for row in lay_out(StyledLine("one two three"), 9)]
        ['one two', 'three']
    """
    text = line.text
    hanging = 0
    if mode != "none" and len(text) > width // 2:
        column = line.column
        hanging = hang(text, width, None if column is None else source_column(text, column, indent), indent)
    laid = rows(text, width, hanging, mode, joins)
    if len(laid) > 1 and mode == "word" and text[-1] in _FRAME:
        return _framed(text, width, joins) or laid
    return laid


def _framed(text: str, width: int, joins: Joins) -> list[Row]:
    """Lay out a row of a frame drawn for a wider terminal: its right edge is cut off, its content hangs within it.

    Returns:
        One row or more; none if the line is no row of a frame.
    """
    start = len(text) - len(text.lstrip(_FRAME + " "))
    if not text.lstrip(" ")[:1] or text.lstrip(" ")[0] not in _FRAME:
        return []
    content = text.rstrip(_FRAME + " ")
    if cells(content) <= width:  # also a row without content
        return rows(text, width, 0, "none", joins)
    left = cells(text[:start])
    return rows(content, width, left if width - left >= _MIN_ROOM_CELLS else 0, "word", joins)


def aside_gap(line: StyledLine, first: Row, width: int) -> int:
    """Return the blanks between a line's first row and its aside, which ends at the right edge of that row.

    Args:
        line: with or without an aside.
        first: its first row at this width.
        width: cells.

    Returns:
        Cells, 2 or more; 0 if there is no aside to draw: it has none, the width is less than 100 cells, or the row
        leaves no room. Rows break the same with and without an aside, so it uses only blank cells.
    """
    return gap_before(line.aside, first.indent + first.cells, width) if line.aside else 0


def gap_before(aside: str, used: int, width: int) -> int:
    """Return the blanks before an aside in a row that has some cells already; 0 if it is not drawn, see `aside_gap`."""
    gap = width - used - cells(aside)
    return gap if gap >= _MIN_GAP_CELLS and width >= _MIN_ASIDE_CELLS else 0
