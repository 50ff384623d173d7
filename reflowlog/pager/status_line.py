"""Layout of the status row: the wider the terminal, the more parts it shows, and the longer they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.cells import cells, clip
from reflowlog.text.clean.sanitize import mark_controls
from reflowlog.text.clean.wrap import rows as wrap_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["StatusPart", "percent", "status", "status_rows"]

_GAP = "  "
_HINT = "h help "

SHORTENED_WEIGHT = 15
"""Weight that a part gains when it is shortened: a few of the weightier ones are shortened before it is dropped."""

MAX_SHORTENED_WEIGHT = 94
"""It never outweighs messages and prompts."""


class StatusPart(NamedTuple):
    """A part of the status row.

    Attributes:
        text: text to show.
        weight: parts with the lowest weight are shortened, or dropped, first if there is no room.
        short: shorter text for a narrow terminal; empty: the part is dropped as a whole.
    """

    text: str
    weight: int
    short: str = ""


def status(parts: Sequence[StatusPart], width: int, hint: str = _HINT) -> str:
    """Return one row exactly as wide as the terminal. Control characters in names and patterns are shown as marks.

    >>> status([StatusPart("app.log", 1), StatusPart("1-40 of 1,000", 3), StatusPart("following", 2)], 30)
    ' 1-40 of 1,000  following     '
    >>> status([StatusPart("app.log", 1), StatusPart("1-40 of 1,000", 3)], 40)
    ' app.log  1-40 of 1,000          h help '
    """
    text = clip(" " + _GAP.join(part.text for part in _fitting(parts, width)), width)
    room = width - cells(text)
    if room >= len(_GAP) + len(hint):
        return text + " " * (room - len(hint)) + hint
    return text + " " * room


def status_rows(parts: Sequence[StatusPart], width: int, height: int, hint: str = _HINT) -> list[str]:
    """Return the status row; more than one row, each as wide as the terminal, if its weightiest part takes them.

    Args:
        parts: the parts, in order.
        width: in cells.
        height: number of rows at most.
        hint: text at the right edge, if there is room.

    >>> status_rows([StatusPart("no match: capitals count", 2), StatusPart("1-9 of 12", 1)], 16, 5)
    [' no match:      ', ' capitals count ']
    """
    fitting = _fitting(parts, width)
    if _width(fitting) <= width or height < 2:
        return [status(parts, width, hint)]
    rows = [" " * row.indent + row.text for row in wrap_rows(fitting[0].text, max(width - 1, 1), 0)]
    return [status([StatusPart(row, 1)], width, "") for row in rows[:height]]


def _fitting(parts: Sequence[StatusPart], width: int) -> list[StatusPart]:
    """Return the parts that fit into a width, without control characters; the weightiest stays in any case."""
    kept = [StatusPart(mark_controls(part.text), part.weight, mark_controls(part.short)) for part in parts if part.text]
    while _width(kept) > width:
        lightest = min(
            (part for part in kept if part.short or len(kept) > 1), key=lambda part: part.weight, default=None
        )
        if lightest is None:
            break
        place = kept.index(lightest)
        short = StatusPart(lightest.short, min(lightest.weight + SHORTENED_WEIGHT, MAX_SHORTENED_WEIGHT))
        kept[place : place + 1] = [short] if lightest.short else []
    return kept


def _width(parts: Sequence[StatusPart]) -> int:
    return 1 + sum(cells(part.text) for part in parts) + len(_GAP) * (len(parts) - 1)


def percent(share: float) -> str:
    """Format a share so that 100 % means all and 0 % means none: never rounded to either.

    >>> percent(0.0), percent(0.004), percent(0.5), percent(0.9999), percent(1.0)
    ('0%', '<1%', '50%', '99%', '100%')
    """
    if 0 < share < 0.01:
        return "<1%"
    return f"{int(share * 100)}%"
