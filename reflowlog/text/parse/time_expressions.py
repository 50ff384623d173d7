"""Time expressions as a user types them, for ``--since`` and ``--until``. Pure but for the zone of this machine.

Invariants:
- A number with a unit is a distance back from now: ``90s 10m 2h 3d 1w``, also several, as in ``1h30m``, with a sign,
  as in ``-10m``, and ``10 minutes ago``.
- ``now``, ``today`` and ``yesterday``: days begin at midnight. A time of day after them belongs to that day:
  ``yesterday 14:00``.
- Everything else is a time as in a log line, such as ISO times, ``Mar 8 10:15`` or seconds since the epoch; a date
  alone is its midnight, a month (``2026-03``) its first one, a time alone is today's.
- Without a zone it is local time, or UTC where times are shown in UTC; so are days.
- A year alone is no time: ``2026`` may as well be 20:26.
"""

from __future__ import annotations

import re
import time

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.timestamps import moment

__all__ = ["parse_when"]

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_UNIT = r"(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?"
_part = lazy_pattern(rf"(\d+(?:\.\d+)?)\s*{_UNIT}(?![a-z])\s*")
_year = lazy_pattern(r"(?:19|20|21)\d\d", re.ASCII)
_month = lazy_pattern(r"(?:19|20|21)\d\d[-/.](?:0[1-9]|1[0-2])", re.ASCII)
_last_year = lazy_pattern(r"(:\d\d)( \d{4})$", re.ASCII)
_DATE_DIGITS = 8  # of a date such as 20260131; fewer or more are seconds since the epoch
_DAYS = {"today": 0, "yesterday": 1}


def parse_when(text: str, now: float, *, utc: bool = False) -> float | None:
    """Return the seconds since the epoch of a time expression; None if it is none.

    Args:
        text: the user's input.
        now: seconds since the epoch.
        utc: read a time without a zone as UTC instead of local time.

    >>> now = 1_700_000_000.0
    >>> parse_when("10m", now) - now, parse_when("1h 30min ago", now) - now, parse_when("2023-11-14T22:13:20Z", now)
    (-600.0, -5400.0, 1700000000.0)
    >>> parse_when("soon", now) is None, parse_when("22:13:20", now, utc=True) - now
    (True, 0.0)
    """
    text = text.strip()
    low = text.lower()
    if low == "now":
        return now
    if _year.fullmatch(text):
        return None
    if _month.fullmatch(text):
        return _moment(f"{text}-01 00:00:00", now, utc)
    ago = _ago(low.removeprefix("-").removesuffix("ago").rstrip())
    if ago is not None:
        return now - ago
    day, _, rest = low.partition(" ")
    if day in _DAYS:
        return _day(now, _DAYS[day], rest.strip(), utc)
    if re.fullmatch(r"\d\d?:\d\d(:\d\d(\.\d+)?)?", text):
        return _day(now, 0, text, utc)
    found = _moment(text, now, utc)
    return _moment(f"{text} 00:00:00", now, utc) if found is None and text and ":" not in text else found


def _ago(text: str) -> float | None:
    """Return the seconds of a duration; None if it is none."""
    seconds, at = 0.0, 0
    for found in _part.finditer(text):
        if found.start() != at:
            return None
        seconds += float(found[1]) * _SECONDS[found[2]]
        at = found.end()
    return seconds if 0 < at == len(text) else None


def _moment(text: str, now: float, utc: bool) -> float | None:
    """Return the seconds since the epoch of a time as in a log line; None if it is none."""
    forms = [text]
    if utc and (len(text) == _DATE_DIGITS or not text.replace(".", "").isdigit()):
        # no form with another zone behind its own is a time; in some forms the year comes behind the zone
        forms = [f"{text}Z", f"{text} UTC", *([f"{text} 00:00:00Z"] if ":" not in text else [])]
        forms.append(_last_year.sub(r"\1 UTC\2", text))
    return next((found for found in (moment(form, now) for form in forms) if found is not None), None)


def _day(now: float, back: int, clock: str, utc: bool) -> float | None:
    """Return the time of day `clock` on the day `back` days ago; its midnight, if the clock is empty."""
    if utc:
        date = time.strftime("%Y-%m-%d", time.gmtime(now - back * 86_400))
    else:
        today = time.localtime(now)
        noon = time.mktime((today.tm_year, today.tm_mon, today.tm_mday - back, 12, 0, 0, 0, 0, -1))
        date = time.strftime("%Y-%m-%d", time.localtime(noon))
    return _moment(f"{date} {clock or '00:00:00'}", now, utc)
