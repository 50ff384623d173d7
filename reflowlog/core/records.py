"""Lines, log records and styles: immutable values, free of any width.

Invariants:
- Everything here is immutable and cheap to make; nothing here imports anything of the package.
- Offsets are indices into a line's text (code points); widths are terminal cells.
- No string here holds an escape character: escapes are read in `text/clean/sanitize.py` and written in `terminal/`
  and `render/ansi.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PLAIN", "Anchor", "Item", "LogRecord", "Span", "Spans", "Style", "StyledLine"]


class Style(NamedTuple):
    """Style of a run of text, complete in itself: nothing is inherited from the run before.

    Attributes:
        sgr: parameters of the single SGR sequence that selects this style from the reset state, such as ``"1;31"``
            (bold red); empty for the terminal's default style.
        link: parameters and URI of an OSC 8 hyperlink, ``"id=ID;URI"``, always with an id, so that the parts of a link
            that is broken over rows remain one link; empty for no link.
    """

    sgr: str = ""
    link: str = ""


PLAIN = Style()

Span = tuple[int, int, Style]
"""``(start, end, style)``: ``style`` applies to the characters ``text[start:end]``."""

Spans = tuple[Span, ...]
"""Spans in ascending order, disjoint, none empty, none `PLAIN`; text that no span covers is plain."""


class StyledLine(NamedTuple):
    """One sanitized logical line, independent of any width and never wrapped.

    Attributes:
        text: one line, without newline, carriage return, escape or any other control character, no tab.
        spans: styles of parts of it.
        column: offset at which its message starts; None: `text/parse/header.py` finds it in the text.
        aside: a short note, such as ``file.py:12``, drawn at the right edge of the first row where there is room.
        redraw: draws its lines again at a width in cells, for a finished progress bar; each is truncated at the width.
            It is a pure function of the width. None: the text is wrapped.
    """

    text: str
    spans: Spans = ()
    column: int | None = None
    aside: str = ""
    redraw: Callable[[int], list[tuple[str, Spans]]] | None = None


class LogRecord(NamedTuple):
    """A log record with fields, independent of any width: from a logging handler or from a structured line.

    Attributes:
        time: seconds since the epoch; None: it has none.
        level: as a number of `logging` (10 is DEBUG); 0: it has none.
        level_name: the program's name of the level; may be empty.
        logger: its dotted name; may be empty.
        message: the rendered message; may hold newlines.
        extras: further fields as (name, text) pairs, in the order given.
        source: file and line of the logging call, ``file.py:12``; may be empty.
        trace: a traceback or a stack, with newlines; may be empty.
        columns: names of the columns to show, and of the fields that are columns; None for all but these.
        hidden: further fields that are not shown but can be filtered by: the metadata of systemd's journal, and what
            the user hides.
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

    def selected(self, columns: tuple[str, ...] | None, hidden: tuple[str, ...] = ()) -> LogRecord:
        """Return the record with other columns, and with the fields of some names hidden."""
        if not hidden:
            return self._replace(columns=columns)
        gone = tuple([extra for extra in self.extras if extra[0] in hidden])
        shown = tuple([extra for extra in self.extras if extra[0] not in hidden]) if gone else self.extras
        return self._replace(columns=columns, extras=shown, hidden=self.hidden + gone)


Item = StyledLine | LogRecord
"""An entry of the scrollback of a program's console."""


class Anchor(NamedTuple):
    """Position in a document, independent of the width: the offset of a line and an offset in its text."""

    line: int
    offset: int
