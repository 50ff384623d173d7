"""Lines, log records and styles: immutable values, free of any width.

Invariants:
- Everything here is immutable and cheap to make; nothing here imports anything of the package.
- Offsets are indices into a line's text (code points); widths are terminal cells.
- No string here holds an escape character: escapes are read in `text/clean/sanitize.py` and written in `terminal/`
  and `render/ansi.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PLAIN", "Anchor", "Item", "LogRecord", "Span", "Spans", "Style", "StyledLine"]


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


class StyledLine(NamedTuple):
    """One logical line, free of any width: what was said, never how it was wrapped.

    Attributes:
        text: one line, without newline, carriage return, escape or any other control character, no tab.
        spans: how parts of it look.
        column: where its message starts (an offset); None: `text/parse/header.py` is to find it in the text.
        aside: a short note, such as ``file.py:12``, drawn at the right edge of the first row where there is room.
        redraw: draws its lines anew at a width in cells, as a finished progress bar wants it; each is cut at the
            width. It says the same whenever it is asked. None: the text is wrapped.
    """

    text: str
    spans: Spans = ()
    column: int | None = None
    aside: str = ""
    redraw: Callable[[int], list[tuple[str, Spans]]] | None = None


class LogRecord(NamedTuple):
    """A record with fields, free of any width: what a logging handler is given, or what a line of JSON says.

    Attributes:
        time: seconds since the epoch; None: it has none.
        level: as a number of `logging` (10 is DEBUG); 0: it has none.
        level_name: as the program names it; may be empty.
        logger: its dotted name; may be empty.
        message: rendered; may hold newlines.
        extras: further fields as (name, text) pairs, in the order given.
        source: where it was logged, ``file.py:12``; may be empty.
        trace: a traceback or a stack, with newlines; may be empty.
        columns: the names of the columns to show; None for all.
        hidden: further fields that are not shown, for filters: what a journal notes about each of its records.
    """

    time: float | None
    level: int
    level_name: str
    logger: str
    message: str
    extras: tuple[tuple[str, str], ...] = ()
    source: str = ""
    trace: str = ""
    columns: tuple[str, ...] | None = None
    hidden: tuple[tuple[str, str], ...] = ()


Item = StyledLine | LogRecord
"""What the history of a program's own console holds."""


class Anchor(NamedTuple):
    """A place in a document that no change of width moves: a piece's key and an offset in its text."""

    record: int
    offset: int
