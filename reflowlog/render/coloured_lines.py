r"""Draws lines of printable ASCII that bring their own colours, from their sequences, without spans or rows.

Invariants:
- The rows equal those of `sanitize`, `lay_out` and `draw_rows` (tests/unit/render/test_coloured_lines.py). A line that
  is not of the usual kind gives None, and is drawn in full.
- The usual kind: no controls but colours, no blank at the end, and breaks at single blanks between words of one style.
- Most programs open each style by one sequence and close it by a reset: such a line keeps its sequences, and no style
  is computed but once for each sequence.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo
from reflowlog.render.ansi import RESET, paint_run
from reflowlog.text.clean.sanitize import is_plain, join_by_style, sgr_reset_state, split_at_sequences
from reflowlog.text.clean.wrap import fold_plain
from reflowlog.text.layout.hanging_indent import hang

if TYPE_CHECKING:
    from reflowlog.core.records import Style
    from reflowlog.text.layout.hanging_indent import Indent

__all__ = ["draw_coloured"]

_RESETS = frozenset(("", "0"))  # parameters of SGR 0


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
    if line[-1] == " ":
        return None
    parts = split_at_sequences(line)
    text = "".join(parts[::2])
    if text[-1:] in ("", " ") or not is_plain(text):
        return None
    drawn = _keep_sequences(parts) or _draw_styles(parts)
    if len(text) > width and not _break_rows(text, width, indent, drawn):
        return None
    return "".join(drawn)


# The parts of a drawn line take turns: plain text, opening sequence, text in that style, reset, plain text...


def _keep_sequences(parts: list[str]) -> list[str]:
    """Return the parts of a drawn line; none unless each style is opened by one sequence and closed by a reset."""
    if len(parts) % 4 != 1 or not _RESETS.issuperset(parts[3::4]) or "" in parts[2:-2:2]:
        return []
    openings = list(map(_openings.__getitem__, parts[1::4]))
    if "" in openings:
        return []
    drawn = parts.copy()
    drawn[1::4] = openings
    drawn[3::4] = [RESET] * len(openings)
    return drawn


def _draw_styles(parts: list[str]) -> list[str]:
    """Return the parts of a drawn line whose styles depend on several sequences each."""
    drawn = [""]
    for text, style in zip(*join_by_style(parts)):
        opening = _opening(style)
        if opening:
            drawn += [opening, text, RESET, ""]
        else:
            drawn[-1] = text
    return drawn


def _opening(style: Style) -> str:
    """Return the sequence that opens a style; empty for plain text."""
    return paint_run("\n", style).partition("\n")[0]


_openings: Memo[str, str] = Memo(lambda parameters: _opening(sgr_reset_state[parameters].style), limit=4_096)
"""The opening sequence of the style that the parameters of a sequence select from the reset state."""


def _break_rows(text: str, width: int, indent: Indent, drawn: list[str]) -> bool:
    """Put the breaks of rows into the parts of a drawn line; return whether all are at blanks within a part.

    A part with a style is closed at the break and opened again behind it.
    """
    cells = hang(text, width, None, indent)
    joint = "\n" + " " * cells
    folded = fold_plain(text, width, cells)
    if folded.replace(joint, " ") != text:
        return False
    texts = drawn[::2]
    ends = list(accumulate(map(len, texts)))
    at = len(text)
    for row in folded.split(joint)[:0:-1]:
        at -= len(row) + 1
        number = bisect_right(ends, at)
        part = drawn[2 * number]
        place = at - (ends[number - 1] if number else 0)
        before, after = part[:place], part[place + 1 :]
        if number % 2 == 0:
            drawn[2 * number] = before + joint + after
        elif before and after:
            drawn[2 * number] = before + RESET + joint + drawn[2 * number - 1] + after
        else:
            return False
    return True
