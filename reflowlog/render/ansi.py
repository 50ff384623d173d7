"""Rows as strings, with their styles. Where escapes are written, beside `moves`.

Rules of this file:
- It imports the nouns only. What a screen should show is decided elsewhere; here it gets its bytes.
- A drawn row is complete in itself: each styled run starts from the reset state and ends in it, a link is opened and
  closed within the run. So rows may be printed in any order, cut off after any row, and mixed with other output.
- All sequences are of ECMA-48 or understood, or ignored, by every terminal that is in use.
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

__all__ = ["RESET", "draw", "draw_rows", "paint_run"]

RESET = "\x1b[0m"
"""SGR 0: the terminal's own look."""


def paint_run(text: str, style: Style) -> str:
    r"""A piece of text in a style, ending with everything reset.

    Examples:
        >>> from reflowlog.core.records import Style
        >>> paint_run("error", Style("1;31"))
        '\x1b[1;31merror\x1b[0m'
    """
    sgr, link = style
    if sgr:
        text = f"\x1b[{sgr}m{text}\x1b[0m"
    return f"\x1b]8;{link}\x1b\\{text}\x1b]8;;\x1b\\" if link else text


def draw(text: str, spans: Spans, row: Row, colour: bool = True) -> str:
    r"""A row as a string: indent, text, and the sequences of its styles.

    Args:
        text: the whole text the row was cut from.
        spans: how parts of that text look.
        row: what to draw.
        colour: False draws no escape at all, so no links either: who wants no colour sends the rows to a file.

    Returns:
        One row without newline, complete in itself; as wide as the row, whatever its styles.

    Examples:
        >>> from reflowlog.core.frames import Row
        >>> from reflowlog.core.records import Style
        >>> draw("an error here", ((3, 8, Style("31")),), Row(3, 13, 2, 10, "error here"))
        '  \x1b[31merror\x1b[0m here'
    """
    if not (spans and colour):
        return " " * row.indent + row.text
    first = bisect_right(spans, (row.start + 1,))  # of the spans that start after the row does
    last = bisect_left(spans, (row.end,), first)
    return draw_rows(text, spans[max(first - 1, 0) : last], (row,))[0]


def draw_rows(text: str, spans: Spans, rows: Iterable[Row], colour: bool = True) -> list[str]:
    """All rows of a text as strings, in one go: what `draw` gives for each.

    Args:
        text: the whole text.
        spans: how parts of it look.
        rows: in order.
        colour: see `draw`.

    Returns:
        One string a row.
    """
    if not (spans and colour):
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
        if shown == "?" and text[start:end] != "?":  # a mark: it looks like the start of its cluster
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
            if stop > end:  # it goes on in the next row
                at = end
                break
            at = stop
            begin, stop, style = next(waiting, _NO_MORE)
        if at < end:
            parts.append(text[at:end])
        drawn.append("".join(parts))
    return drawn


_NO_MORE: Span = (sys.maxsize, sys.maxsize, PLAIN)  # stands after the last span
