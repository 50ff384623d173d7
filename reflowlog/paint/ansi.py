"""Rows and the few control sequences painters need, as strings. One of the two homes of the escape character.

Rules of this file:
- It imports the nouns only. What a screen should show is decided elsewhere; here it gets its bytes.
- A drawn row is complete in itself: each styled run starts from the reset state and ends in it, a link is opened and
  closed within the run. So rows may be printed in any order, cut off after any row, and mixed with other output.
- All sequences are of ECMA-48 or understood, or ignored, by every terminal that is in use.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from reflowlog.model import Style

if TYPE_CHECKING:
    from reflowlog.model import Row, Spans

__all__ = [
    "CLEAR_BELOW",
    "CLEAR_EOL",
    "CLEAR_SCREEN",
    "CLEAR_SCROLLBACK",
    "CURSOR_POSITION_REPORT",
    "HOME",
    "RESET",
    "SYNC_BEGIN",
    "SYNC_END",
    "cursor_down",
    "cursor_right",
    "cursor_up",
    "draw",
    "move_to",
    "paint_run",
]

RESET = "\x1b[0m"
"""SGR 0: the terminal's own look."""
CLEAR_EOL = "\x1b[K"
"""EL: erase from the cursor to the end of its row."""
CLEAR_BELOW = "\x1b[J"
"""ED: erase from the cursor to the end of the screen. At the top left corner of tmux this fills its scrollback."""
CLEAR_SCREEN = "\x1b[2J"
"""ED 2: erase the screen; the cursor stays."""
CLEAR_SCROLLBACK = "\x1b[3J"
"""Erase what has scrolled off the screen. Only ever at the user's wish."""
HOME = "\x1b[H"
"""CUP: to the top left corner."""
CURSOR_POSITION_REPORT = "\x1b[6n"
"""DSR 6: asks where the cursor is; the terminal answers ``ESC [ row ; column R`` on its input."""
SYNC_BEGIN = "\x1b[?2026h"
"""The terminal draws nothing from here ..."""
SYNC_END = "\x1b[?2026l"
"""... to here, then all at once; terminals that do not know it ignore it."""


def cursor_up(rows: int) -> str:
    """CUU: up by a number of rows; nothing for 0 or less."""
    return f"\x1b[{rows}A" if rows > 0 else ""


def cursor_down(rows: int) -> str:
    """CUD: down by a number of rows, never scrolling; nothing for 0 or less."""
    return f"\x1b[{rows}B" if rows > 0 else ""


def cursor_right(cells: int) -> str:
    """CUF: right by a number of cells; nothing for 0 or less."""
    return f"\x1b[{cells}C" if cells > 0 else ""


def move_to(row: int, column: int) -> str:
    """CUP: to a row and a column, both counted from 0."""
    return f"\x1b[{row + 1};{column + 1}H"


def paint_run(text: str, style: Style) -> str:
    r"""A piece of text in a style, ending with everything reset.

    Examples:
        >>> from reflowlog.model import Style
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
        >>> from reflowlog.model import Row, Style
        >>> draw("an error here", ((3, 8, Style("31")),), Row(3, 13, 2, 10, "error here"))
        '  \x1b[31merror\x1b[0m here'
    """
    start, end, indent, _, shown = row
    blanks = " " * indent
    if not (spans and colour and shown):
        return blanks + shown
    first = bisect_right(spans, (start + 1,))  # the first span that starts after the row does; a tuple sorts before
    if first and spans[first - 1][1] > start:  # longer ones, so `start + 1` alone finds those that start at `start`
        first -= 1
    inner = list(spans[first : bisect_left(spans, (end,), first)])
    if not inner:
        return blanks + shown
    if shown != text[start:end]:
        return blanks + paint_run(shown, inner[0][2])  # a mark: it looks like the start of its cluster
    if inner[0][0] < start:
        inner[0] = (start, *inner[0][1:])
    if inner[-1][1] > end:
        inner[-1] = (inner[-1][0], end, inner[-1][2])
    parts = [blanks]
    at = start
    for begin, stop, (sgr, link) in inner:
        if link:
            parts.append(text[at:begin])
            parts.append(paint_run(text[begin:stop], Style(sgr, link)))
        else:
            parts.append(f"{text[at:begin]}\x1b[{sgr}m{text[begin:stop]}\x1b[0m")
        at = stop
    parts.append(text[at:end])
    return "".join(parts)
