"""The nouns: values that every room may hold. They know nothing of each other's rooms and do no work.

Rules of this file:
- Everything here is immutable and cheap to make; nothing here imports anything of ours.
- Offsets are indices into a record's text (code points); widths are terminal cells; sizes are (columns, rows).
- No string here holds an escape character. Escapes are read in `text/sanitize.py` and written in `paint/`.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PLAIN", "Anchor", "Record", "Row", "Size", "Span", "Spans", "Style"]


class Size(NamedTuple):
    """A terminal's size, in cells; both are at least 1."""

    columns: int
    rows: int


class Style(NamedTuple):
    """How a run of text looks, complete in itself: nothing is inherited from the run before.

    Attributes:
        sgr: parameters of the one SGR sequence that selects this look from the reset state, such as
            ``"1;31"`` (bold red); empty for the terminal's own look.
        link: what an OSC 8 hyperlink holds between its number and its end, ``"id=ID;URI"``, always with an
            id, so that the parts of a link that is broken over rows still are one; empty for no link.
    """

    sgr: str = ""
    link: str = ""


PLAIN = Style()

Span = tuple[int, int, Style]
"""``(start, end, style)``: the characters ``text[start:end]`` look like ``style``."""

Spans = tuple[Span, ...]
"""In ascending order, not overlapping, none empty, none `PLAIN`: what is not covered is plain."""


class Record(NamedTuple):
    """One logical line, free of any width: what was said, never how it was wrapped.

    Attributes:
        text: one line, without newline, carriage return, escape or any other control character, no tab.
        spans: how parts of it look.
        column: where its message starts (an offset); None: `text/parse.py` is to find it in the text.
        aside: a short note, such as ``file.py:12``, drawn at the right edge of the first row where there is room.
    """

    text: str
    spans: Spans = ()
    column: int | None = None
    aside: str = ""


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


class Anchor(NamedTuple):
    """A place in the history that no change of width moves: a record's number and an offset in its text."""

    record: int
    offset: int
