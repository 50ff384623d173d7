"""Times of lines of JSON and logfmt as their column shows them, from the groups of a pattern. Pure.

Invariants:
- The text is that of `time_text` for the time of the line's record; a test holds both to each other.
- Lines of one second, or of one minute where it is written, have the same start, which is memoized.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.core.memo import Memo
from reflowlog.text.layout.columns import time_text
from reflowlog.text.parse.timestamps import epoch, iso

if TYPE_CHECKING:
    from reflowlog.text.parse.line_patterns import LinePattern

__all__ = ["LineTimes"]


class LineTimes:
    """Times of lines that patterns match. Any thread may use it.

    Args:
        utc: show times in UTC; else in local time.
    """

    def __init__(self, utc: bool) -> None:
        self._utc = utc
        self._starts: Memo[tuple[str, str | None], str] = Memo(self._start, limit=1024)

    def text(self, pattern: LinePattern, groups: tuple[str | Any, ...]) -> str:
        """Return the time of a line in 23 characters; empty for a time that does not exist.

        Args:
            pattern: of the line; it has a time.
            groups: of the line.
        """
        place = pattern.time
        if pattern.is_iso:
            minute, second, fraction, zone = groups[place : place + 4]
            start = self._starts[minute, zone]
            return f"{start}{second}.{fraction or '000'}" if start else ""
        second, fraction = groups[place : place + 2]
        start = self._starts[second, None]
        return f"{start}.{fraction or '000'}" if start else ""

    def _start(self, key: tuple[str, str | None]) -> str:
        """Return the text of a second since the epoch, or of an ISO minute and its zone without the seconds.

        Empty for one that does not exist, or that begins within a minute of local time.
        """
        first, zone = key
        if first.isdigit():
            moment = epoch(int(first))
            return "" if moment is None else self._second_text(moment)
        moment = iso(f"{first}:00{zone or ''}")
        if moment is None:
            return ""
        start, end = self._second_text(moment), self._second_text(moment + 59)
        return start[:-2] if start[:-2] == end[:-2] else ""

    def _second_text(self, moment: float) -> str:
        """Return the text of a whole second; empty if this machine cannot represent it."""
        text = time_text(moment, 23, self._utc)[: -len(".000")]
        return "" if text[-1] == "-" else text
