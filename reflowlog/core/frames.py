"""Sizes, rows and frames: values that exist only for one width.

Invariants:
- Everything here is immutable and cheap to make.
- Widths are terminal cells; sizes are (columns, rows).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Frame", "RenderedRecord", "Row", "ScreenFrame", "Size"]


class Size(NamedTuple):
    """A terminal's size, in cells; both are at least 1."""

    columns: int
    rows: int


class Row(NamedTuple):
    """One row of a laid-out line; exists only while it is being drawn.

    Attributes:
        start: offset of its first character in the line's text.
        end: offset after its last character; blanks dropped at a break lie between two rows.
        indent: blank cells drawn before it (the hanging indent).
        cells: width of its text in cells, without the indent; ``indent + cells`` is at most the width.
        text: the text drawn: ``line.text[start:end]``, or ``"?"`` where one grapheme cluster is wider than the whole
            width.
    """

    start: int
    end: int
    indent: int
    cells: int
    text: str


RenderedRecord = tuple[int, str]
"""A record drawn at one width: (number in the scrollback, rows joined by newlines).

Each row is ready for a terminal of that width and complete in itself. (A plain tuple with one string, because a pipe
may bring a million lines, and most rows are written once and never read again.)
"""


class Frame(NamedTuple):
    """Complete input of an inline painter for one repaint.

    Attributes:
        blocks: records new since the last frame; after a new width, all records that the painter requested.
        again: whether the blocks replace those on the screen.
        live: rows of partial lines; they may change, and are removed when their line ends.
        pins: rows of the pins, below everything else.
        flush_requested: whether a thread waits until this frame is written.
    """

    blocks: Sequence[RenderedRecord]
    again: bool = False
    live: Sequence[str] = ()
    pins: Sequence[str] = ()
    flush_requested: bool = False


class ScreenFrame(NamedTuple):
    """Complete input of a full-screen painter for one repaint.

    Attributes:
        rows: from the top, one for each row of the screen (a painter pads with blank rows, or truncates). Each is at
            most as wide as the screen, ready for a terminal, and complete in itself.
        cursor: column and row of the visible cursor, from 0; None hides it.
        status_rows: number of the rows at the bottom that are not of the document: the status row, or a long message.
    """

    rows: Sequence[str]
    cursor: tuple[int, int] | None = None
    status_rows: int = 1
