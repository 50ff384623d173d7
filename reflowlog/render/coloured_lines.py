r"""Draws lines of printable ASCII that bring their own colours, from their sequences, without spans or rows.

Invariants:
- The rows equal those of `sanitize`, `lay_out` and `draw_rows` (tests/unit/render/test_coloured_lines.py). A line that
  is not of the usual kind gives None, and is drawn in full.
- The usual kind: no controls but colours, no blank at the end, and breaks at single blanks between words of one style.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.core.records import PLAIN
from reflowlog.render.ansi import paint_run
from reflowlog.text.clean.sanitize import split_by_style
from reflowlog.text.clean.wrap import fold_plain
from reflowlog.text.layout.hanging_indent import hang

if TYPE_CHECKING:
    from reflowlog.core.records import Style
    from reflowlog.text.layout.hanging_indent import Indent

__all__ = ["draw_coloured"]


def draw_coloured(line: str, width: int, indent: Indent) -> str | None:
    r"""Return the rows of a line with colours of its own; None if it is not of the usual kind.

    Args:
        line: as it came.
        width: cells.
        indent: the hanging indent.

    Examples:
        >>> draw_coloured("an \x1b[1m\x1b[31merror here\x1b[m again", 10, 2)
        'an \x1b[1;31merror\x1b[0m\n  \x1b[1;31mhere\x1b[0m\n  again'
    """
    if line[-1] == " " or (split := split_by_style(line)) is None:
        return None
    texts, styles = split
    text = "".join(texts)
    if text[-1:] in ("", " ") or (len(text) > width and not _break_rows(text, width, indent, texts, styles)):
        return None
    return "".join(map(paint_run, texts, styles))


def _break_rows(text: str, width: int, indent: Indent, texts: list[str], styles: list[Style]) -> bool:
    """Put the breaks of rows into the parts of a text; return whether all are at blanks within a part or before it.

    A part with a style is closed at the break and opened again behind it.
    """
    cells = hang(text, width, None, indent)
    joint = "\n" + " " * cells
    folded = fold_plain(text, width, cells)
    if folded.replace(joint, " ") != text:
        return False
    ends = list(accumulate(map(len, texts)))
    at = len(text)
    for row in folded.split(joint)[:0:-1]:
        at -= len(row) + 1
        number = bisect_right(ends, at)
        part = texts[number]
        place = at - (ends[number - 1] if number else 0)
        before, after = part[:place], part[place + 1 :]
        if styles[number] is PLAIN:
            texts[number] = before + joint + after
        elif before and after:
            opening, closing = paint_run("\n", styles[number]).split("\n")
            texts[number] = before + closing + joint + opening + after
        else:
            return False
    return True
