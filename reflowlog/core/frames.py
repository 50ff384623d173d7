"""Sizes, rows and frames: what is drawn at one width.

Invariants:
- Everything here is immutable and cheap to make.
- Widths are terminal cells; sizes are (columns, rows).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Frame", "RenderedRecord", "Row", "ScreenFrame", "Size"]


class Size(NamedTuple):
    """A terminal's size, in cells; both are at least 1."""

    columns: int
    rows: int


class Row(NamedTuple):
    """One row of a laid-out record; exists only while it is being drawn.

    Attributes:
        start: offset of its first character in the record's text.
        end: offset after its last character; blanks dropped at a break lie between two rows.
        indent: blank cells drawn before it (the hanging indent).
        cells: cells that its text takes, without the indent; ``indent + cells`` is at most the width.
        text: what is drawn. It is ``record.text[start:end]``, save where one grapheme cluster is wider than the
            whole width: then it is ``"?"``.
    """

    start: int
    end: int
    indent: int
    cells: int
    text: str


RenderedRecord = tuple[int, str]
"""A record as it is drawn at one width: its number in the history, and its rows with a newline between them.

Each row is ready for a terminal of that width and complete in itself. (A tuple, and not a row by itself, for the sake
of a pipe that brings a million lines: most rows are written, and never looked at again.)
"""


class Frame(NamedTuple):
    """All that a painter may know of what is to be seen.

    Attributes:
        blocks: records new since the last frame; or, after a new width, all that the painter asked for.
        again: whether the blocks take the place of those that are on the screen.
        live: rows of lines that have not ended yet; they may change, and go when their line ends.
        pins: rows of the pins, under all else.
        awaited: whether somebody waits until this is written.
    """

    blocks: Sequence[RenderedRecord]
    again: bool = False
    live: Sequence[str] = ()
    pins: Sequence[str] = ()
    flush_requested: bool = False


class ScreenFrame(NamedTuple):
    """All that a full-screen painter may know of what is to be seen.

    Attributes:
        rows: from the top, as many as the screen has (a painter adds blank ones, or cuts). Each is at most as wide as
            the screen, ready for a terminal, and complete in itself.
        cursor: column and row, from 0, where the cursor shows; None: it is hidden.
    """

    rows: Sequence[str]
    cursor: tuple[int, int] | None = None
