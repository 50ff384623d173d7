"""Layout of the status row: the wider the terminal, the more parts it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reflowlog.text.clean.cells import cells, clip
from reflowlog.text.clean.sanitize import mark_controls

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["StatusPart", "percent", "status"]

_GAP = "  "
_HINT = "h help "


class StatusPart(NamedTuple):
    """A part of the status row.

    Attributes:
        text: text to show.
        weight: parts with the lowest weight are dropped first if there is no room.
    """

    text: str
    weight: int


def status(parts: Sequence[StatusPart], width: int, hint: str = _HINT) -> str:
    """Return one row exactly as wide as the terminal. Control characters in names and patterns are shown as marks.

    >>> status([StatusPart("app.log", 1), StatusPart("1-40 of 1,000", 3), StatusPart("following", 2)], 30)
    ' 1-40 of 1,000  following     '
    >>> status([StatusPart("app.log", 1), StatusPart("1-40 of 1,000", 3)], 40)
    ' app.log  1-40 of 1,000          h help '
    """
    kept = [part._replace(text=mark_controls(part.text)) for part in parts if part.text]
    while len(kept) > 1 and _width(kept) > width:
        kept.remove(min(kept, key=lambda part: part.weight))
    text = " " + _GAP.join(part.text for part in kept)
    text = clip(text, width)
    room = width - cells(text)
    if room >= len(_GAP) + len(hint):
        return text + " " * (room - len(hint)) + hint
    return text + " " * room


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
