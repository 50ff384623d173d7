"""When: a moment as a user types it, for ``--since`` and ``--until``. Pure but for the zone of this machine.

The rules:
- A number with a unit is so long ago: ``90s 10m 2h 3d 1w``, also several, as in ``1h30m``, and ``10 minutes ago``.
- ``now``, ``today`` and ``yesterday``: the days begin at midnight, where this machine is. A time of day after them is
  of that day: ``yesterday 14:00``.
- All else is what a line of a log may say, such as ISO times, ``Mar 8 10:15`` or seconds since the epoch; a date alone
  is its midnight, a time alone is today's. Without a zone it is local time.
"""

from __future__ import annotations

import re
import time

from reflowlog.text.parse.timestamps import moment

__all__ = ["parse_when"]

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_UNIT = r"(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?"
_part = re.compile(rf"(\d+(?:\.\d+)?)\s*{_UNIT}(?![a-z])\s*")
_DAYS = {"today": 0, "yesterday": 1}


def parse_when(text: str, now: float) -> float | None:
    """A moment, in seconds since the epoch; None if it is none.

    Args:
        text: as it was typed.
        now: seconds since the epoch.

    >>> now = 1_700_000_000.0
    >>> parse_when("10m", now) - now, parse_when("1h 30min ago", now) - now, parse_when("2023-11-14T22:13:20Z", now)
    (-600.0, -5400.0, 1700000000.0)
    >>> parse_when("soon", now) is None
    True
    """
    text = text.strip()
    low = text.lower()
    if low == "now":
        return now
    ago = _ago(low.removesuffix("ago").rstrip())
    if ago is not None:
        return now - ago
    day, _, rest = low.partition(" ")
    if day in _DAYS:
        return _day(now, _DAYS[day], rest.strip())
    if re.fullmatch(r"\d\d?:\d\d(:\d\d(\.\d+)?)?", text):
        return _day(now, 0, text)
    found = moment(text, now)
    return moment(f"{text} 00:00:00", now) if found is None and text and ":" not in text else found


def _ago(text: str) -> float | None:
    """So many seconds; None if it is no duration."""
    seconds, at = 0.0, 0
    for found in _part.finditer(text):
        if found.start() != at:
            return None
        seconds += float(found[1]) * _SECONDS[found[2]]
        at = found.end()
    return seconds if 0 < at == len(text) else None


def _day(now: float, back: int, clock: str) -> float | None:
    """A time of a day that lies so many days back; its start, if no time is told."""
    today = time.localtime(now)
    noon = time.mktime((today.tm_year, today.tm_mon, today.tm_mday - back, 12, 0, 0, 0, 0, -1))
    return moment(f"{time.strftime('%Y-%m-%d', time.localtime(noon))} {clock or '00:00:00'}", now)
