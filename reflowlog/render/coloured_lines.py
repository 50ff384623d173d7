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

__all__ = ["draw_coloured", "find_changes"]

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
    parts = _split(line)
    if parts is None:
        return None
    drawn = _keep_sequences(parts) or _draw_styles(parts)
    breaks = _find_breaks(drawn, width, indent)
    if breaks is None:
        return None
    for number, place, between in breaks:
        part = drawn[number]
        drawn[number] = part[:place] + between + part[place + 1 :]
    return "".join(drawn)


def find_changes(
    line: str, sequences: list[tuple[int, int]], width: int, indent: Indent
) -> list[tuple[int, int, str]] | None:
    r"""Return the replacements that lay a coloured line out; None if a style of it is opened by several sequences.

    Args:
        line: as it came.
        sequences: where its SGR sequences are, see `sgr_sequences`.
        width: cells.
        indent: the hanging indent.

    Returns:
        The spans of the blanks at which rows end, and of sequences that are written otherwise, in ascending order, each
        with the text that stands there instead.

    Examples:
        >>> find_changes("an \x1b[31merror here\x1b[m again", [(3, 8), (18, 21)], 10, 2)
        [(13, 14, '\x1b[0m\n  \x1b[31m'), (18, 21, '\x1b[0m'), (21, 22, '\n  ')]
    """
    parts = _split(line)
    if parts is None:
        return None
    drawn = _keep_sequences(parts)
    breaks = _find_breaks(drawn, width, indent) if drawn else None
    if breaks is None or len(sequences) != len(drawn) // 2:
        return None
    starts = [0, *[end for _, end in sequences]]  # of the texts
    changes = [(at := starts[number // 2] + place, at + 1, between) for number, place, between in breaks]
    changes += [
        (start, end, sequence) for (start, end), sequence in zip(sequences, drawn[1::2]) if line[start:end] != sequence
    ]
    return sorted(changes)


def _split(line: str) -> list[str] | None:
    """Return a line split at its sequences; None if it has other controls or characters, or a blank at its end."""
    if line[-1] == " ":
        return None
    parts = split_at_sequences(line)
    text = "".join(parts[::2])
    return None if text[-1:] in ("", " ") or not is_plain(text) else parts


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


def _find_breaks(drawn: list[str], width: int, indent: Indent) -> list[tuple[int, int, str]] | None:
    """Return where the rows of a drawn line end; None unless all breaks are at blanks within a part.

    A part with a style is closed at the break and opened again behind it.

    Returns:
        From the last break to the first: the number of the part, the offset of the blank in it, and the text that
        stands there instead.
    """
    texts = drawn[::2]
    text = "".join(texts)
    if len(text) <= width:
        return []
    cells = hang(text, width, None, indent)
    joint = "\n" + " " * cells
    folded = fold_plain(text, width, cells)
    if folded.replace(joint, " ") != text:
        return None
    ends = list(accumulate(map(len, texts)))
    at = len(text)
    breaks = []
    for row in folded.split(joint)[:0:-1]:
        at -= len(row) + 1
        number = bisect_right(ends, at)
        place = at - (ends[number - 1] if number else 0)
        if number % 2 == 0:
            breaks.append((2 * number, place, joint))
        elif 0 < place < len(texts[number]) - 1:
            breaks.append((2 * number, place, RESET + joint + drawn[2 * number - 1]))
        else:
            return None
    return breaks
