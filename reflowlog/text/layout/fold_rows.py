"""Texts of the rows that stand for folded lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import StyledLine
from reflowlog.text.layout.columns import time_text
from reflowlog.text.parse.tracebacks import FRAMES_OF_LIBRARIES, hidden_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.text.layout.columns import ColumnLine

__all__ = ["FoldedLines", "fold_lines", "fold_sheet", "lines_label", "repeats_label"]

_MAX_INDENT = 8  # cells


def lines_label(count: int, first: bytes = b"", *, is_library: bool = False) -> str:
    """Return the row for folded lines of a traceback.

    Args:
        count: number of lines.
        first: the first of them, whose indentation it has.
        is_library: whether they are frames of libraries.

    >>> lines_label(23), lines_label(4, b"  at x", is_library=True)
    ('... 23 lines', '  ... 4 lines of libraries')
    """
    indent = min(len(first) - len(first.lstrip(b" \t")), _MAX_INDENT)
    return f"{' ' * indent}... {count:,} lines{' of libraries' if is_library else ''}"


class FoldedLines(NamedTuple):
    """Run of a record's lines that a fold hides.

    Attributes:
        start: number of the first one.
        stop: number of the line after them.
        label: the row in their place.
    """

    start: int
    stop: int
    label: str


def fold_lines(lines: Sequence[bytes], level: int) -> list[FoldedLines]:
    """Return the lines of a record that a fold hides, and the rows in their place.

    Args:
        lines: without newlines.
        level: what is folded, see `text/parse/tracebacks.py`.
    """
    is_library = level == FRAMES_OF_LIBRARIES
    return [
        FoldedLines(start, stop, lines_label(stop - start, lines[start], is_library=is_library))
        for start, stop in hidden_lines(lines, level)
    ]


def fold_sheet(lines: list[ColumnLine], level: int) -> list[ColumnLine]:
    """Return the lines of a record with fields, a count in place of those of its traceback that a fold hides.

    Args:
        lines: as `sheet` returns them.
        level: what is folded, see `text/parse/tracebacks.py`.
    """
    heads = [line.body == len(line.styled.text) > 0 for line in lines[:1]].count(True)
    texts = [line.styled.text[line.body :].encode("utf-8", "replace") for line in lines[heads:]]
    folded = list(lines)
    for start, end, label in reversed(fold_lines(texts, level)):
        first = lines[heads + start]
        line = StyledLine(first.styled.text[: first.body] + label, (), first.body)
        folded[heads + start : heads + end] = [first._replace(styled=line)]
    return folded


def repeats_label(
    count: int, first: float | None, last: float | None, *, is_complete: bool = True, utc: bool = False
) -> str:
    """Return the row for records that are equal to the one before them.

    Args:
        count: number of equal records, the first one included.
        first: time of the first one, in seconds since the epoch; None: unknown.
        last: time of the last one.
        is_complete: whether all are counted.
        utc: show times in UTC.

    >>> repeats_label(2396, 1_700_000_000, 1_700_000_201, utc=True)
    '× 2,396  22:13:20–22:16:41'
    """
    text = f"× {count:,}{'' if is_complete else '+'}"
    if first is None or last is None:
        return text
    return f"{text}  {time_text(first, 8, utc)}–{time_text(last, 8, utc)}"
