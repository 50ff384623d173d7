"""Draws rows as strings with SGR and OSC 8 sequences. Escapes are written here and in `terminal/control.py` only.

Invariants:
- It imports `core` only, and draws the rows it is given.
- A drawn row is complete in itself: each styled run starts from the reset state and ends in it, and a link is opened
  and closed within the run. So rows may be printed in any order, cut off after any row, and mixed with other output.
- All sequences are in ECMA-48, or are understood or ignored by every terminal in use.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from reflowlog.core.records import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reflowlog.core.frames import Row
    from reflowlog.core.records import Span, Spans, Style

__all__ = ["RESET", "draw", "draw_rows", "has_styles", "paint_run"]

RESET = "\x1b[0m"
"""SGR 0: the terminal's default style."""


def paint_run(text: str, style: Style) -> str:
    r"""Return a text in a style, ending in the reset state.

    Examples:
        >>> from reflowlog.core.records import Style
        >>> paint_run("error", Style("1;31"))
        '\x1b[1;31merror\x1b[0m'
    """
    sgr, link = style
    if sgr:
        text = f"\x1b[{sgr}m{text}\x1b[0m"
    return f"\x1b]8;{link}\x1b\\{text}\x1b]8;;\x1b\\" if link else text


def has_styles(drawn: str) -> bool:
    """Return whether any part of drawn text has a style."""
    return "\x1b" in drawn


def draw(text: str, spans: Spans, row: Row) -> str:
    r"""Draw a row: its indent, its text, and the sequences of its styles.

    Args:
        text: the whole text the row was cut from.
        spans: styles of that text.
        row: the row to draw.

    Returns:
        One row without newline, complete in itself; as wide as the row, whatever its styles.

    Examples:
        >>> from reflowlog.core.frames import Row
        >>> from reflowlog.core.records import Style
        >>> draw("an error here", ((3, 8, Style("31")),), Row(3, 13, 2, 10, "error here"))
        '  \x1b[31merror\x1b[0m here'
    """
    if not spans:
        return " " * row.indent + row.text
    first = bisect_right(spans, (row.start + 1,))  # of the spans that start after the row does
    last = bisect_left(spans, (row.end,), first)
    return draw_rows(text, spans[max(first - 1, 0) : last], (row,))[0]


def draw_rows(text: str, spans: Spans, rows: Iterable[Row]) -> list[str]:
    """Draw all rows of a text in one pass; the result equals `draw` of each row.

    Args:
        text: the whole text.
        spans: its styles.
        rows: in order.

    Returns:
        One string a row.
    """
    if not spans:
        return [" " * indent + shown for _, _, indent, _, shown in rows]
    drawn: list[str] = []
    waiting = iter(spans)
    begin, stop, style = next(waiting)
    for start, end, indent, _, shown in rows:
        while stop <= start:
            begin, stop, style = next(waiting, _NO_MORE)
        if begin >= end:
            drawn.append(" " * indent + shown)
            continue
        if shown == "?" and text[start:end] != "?":  # a replacement mark: it has the style of its cluster's start
            drawn.append(" " * indent + paint_run(shown, style))
            continue
        parts = [" " * indent]
        at = start
        while begin < end:
            if begin < start:
                begin = start
            run = text[begin:stop] if stop <= end else text[begin:end]
            sgr, link = style
            if link:
                parts.append(text[at:begin] + paint_run(run, style))
            else:
                parts.append(f"{text[at:begin]}\x1b[{sgr}m{run}\x1b[0m")
            if stop > end:  # the span continues in the next row
                at = end
                break
            at = stop
            begin, stop, style = next(waiting, _NO_MORE)
        if at < end:
            parts.append(text[at:end])
        drawn.append("".join(parts))
    return drawn


_NO_MORE: Span = (sys.maxsize, sys.maxsize, PLAIN)  # sentinel after the last span
