"""Timestamps of logs -> seconds since the epoch. Pure but for the zone of this machine; any thread may call it.

Invariants:
- A time without a zone, or with an unknown one, is local time. A time without a date is today's; a time without a year
  is this year's, or last year's where it would lie more than a day ahead. Now is an argument, by default the clock.
- The unit of a number is derived from its size: seconds, milliseconds, microseconds or nanoseconds since the epoch,
  between 1973 and 5138. Any other number is no time, and None.
- `iso` is the hot path, for one shape; `moment` reads all shapes that `text/parse/header.py` recognizes as times.
- Only the starts of minutes are memoized, which are a pure function of their digits and the zone.
"""

from __future__ import annotations

import re
import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["clear_memos", "epoch", "iso", "moment"]

_MIN_SECONDS, _MAX_SECONDS = 1e8, 1e11  # seconds: smaller numbers are durations, larger ones milliseconds
_MAX_MEMO_ENTRIES = 4096

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {  # hours east of UTC; an ambiguous name has the zone that is most common in logs
    zone: hours
    for hours, zones in (
        *((0, "Z UTC GMT WET"), (1, "BST CET"), (2, "CEST EET"), (3, "EEST MSK"), (5.5, "IST"), (9, "JST KST")),
        *((10, "AEST"), (11, "AEDT"), (-5, "EST CDT"), (-4, "EDT"), (-6, "CST MDT"), (-7, "MST PDT"), (-8, "PST")),
    )
    for zone in zones.split()
}
_now = time.time
_minutes: Memo[tuple[str, str | None], float | None] = Memo(limit=_MAX_MEMO_ENTRIES)


def clear_memos() -> None:
    """Clear the memos, after the zone of this process has changed."""
    _minutes.clear()
    _local.cache_clear()


def epoch(number: float) -> float | None:
    """Return the seconds since the epoch of a number in s, ms, us or ns; None if it is too small or too large.

    Examples:
        >>> epoch(1700000000), epoch(1700000000250), epoch(1700000000000000000), epoch(12.5)
        (1700000000.0, 1700000000.25, 1700000000.0, None)
    """
    if not number >= _MIN_SECONDS:
        return None
    if number < _MAX_SECONDS:
        return float(number)
    for unit in (1e3, 1e6, 1e9):
        if number < _MAX_SECONDS * unit:
            return number / unit
    return None


def iso(text: str) -> float | None:
    """Return the seconds since the epoch of a date and time with seconds in the form of ISO 8601 or RFC 3339.

    Args:
        text: ``2024-03-08T10:15:30.123Z``; with a blank for the T, a comma for the point, ``+0100`` or ``+01:00``.

    Returns:
        Seconds since the epoch; None for any other text. About 1.5 us.

    Examples:
        >>> iso("2023-11-14T22:13:20.5Z"), iso("2023-11-14 23:13:20,500 +0100"), iso("2023-13-14T22:13:20Z")
        (1700000000.5, 1700000000.5, None)
    """
    found = _iso()(text)
    if found is None:
        return None
    minute, second, fraction, zone = found.groups()
    start = _minutes.get((minute, zone), -1.0)
    if start == -1.0:
        start = _minute(minute, zone)
    if start is None or second > "60":
        return None
    return start + int(second) if fraction is None else start + int(second) + float(fraction.replace(",", "."))


@cache
def _iso() -> Callable[[str], re.Match[str] | None]:
    """Return the matcher of `iso`; compiled on first use."""
    return re.compile(
        r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d):(\d\d)([.,]\d{1,12})?\ ?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?", re.ASCII
    ).fullmatch


def _minute(minute: str, zone: str | None) -> float | None:
    """Memoize and return the start of a minute, ``2024-03-08T10:15``; None for a day that does not exist."""
    year, month, day, hour, minutes = map(int, (minute[:4], minute[5:7], minute[8:10], minute[11:13], minute[14:16]))
    start = _seconds(year, month, day, hour, minutes, _offset(zone))
    return _minutes.remember((minute, zone), start)


def _offset(zone: str | None) -> int | None:
    """Return the seconds that a zone is ahead of UTC; None for no zone or an unknown one."""
    if zone is None:
        return None
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        ahead = int(digits[:2]) * 3600 + int(digits[2:] or "0") * 60
        return -ahead if zone[0] == "-" else ahead
    hours = _ZONES.get(zone.upper())
    return None if hours is None else int(hours * 3600)


def _seconds(year: int, month: int, day: int, hour: int, minute: int, offset: int | None) -> float | None:
    """Return the seconds since the epoch of a minute; None for a day that does not exist. `offset` None: local time."""
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 24 and minute <= 59 and year >= 1):
        return None
    if offset is None:
        return _local(year, month, day, hour, minute)
    years, months = (year, month) if month > 2 else (year - 1, month + 12)  # a year begins in March
    days = 365 * years + years // 4 - years // 100 + years // 400 + (153 * (months - 3) + 2) // 5 + day - 719_469
    return float(days * 86_400 + hour * 3600 + minute * 60 - offset)


@lru_cache(_MAX_MEMO_ENTRIES)
def _local(year: int, month: int, day: int, hour: int, minute: int) -> float | None:
    try:
        return time.mktime((year, month, day, hour, minute, 0, 0, 0, -1))
    except (OverflowError, ValueError):
        return None


# -- all other shapes --------------------------------------------------------------------------------------------------

_CLOCK = r"(?P<h>\d\d?):(?P<mi>\d\d)(?::(?P<s>\d\d)(?:[.,:](?P<f>\d{1,12}))?)?"
_DATES = r"""
    (?P<Y>\d{4})[-/.](?P<M>\d\d?)[-/.](?P<D>\d\d?)
  | (?P<D2>\d\d?)[-/\ ](?P<B2>[A-Za-z]{3})[a-z]{0,6}[-/\ ](?P<Y2>\d{4})
  | (?P<B3>[A-Za-z]{3})[a-z]{0,6}\ +(?P<D3>\d\d?) (?: ,?\ +(?P<Y3>\d{4}) )?
  | (?P<P4>\d\d?)(?P<S4>[-/.])(?P<Q4>\d\d?)[-/.](?P<Y4>\d{4})
  | (?P<Y5>\d\d)/(?P<M5>\d\d)/(?P<D5>\d\d)
  | (?P<M6>\d\d)[-/.](?P<D6>\d\d)
  | (?P<C7>\d{8}) | (?P<C8>\d{6})
"""
_SHAPE = rf"""
    \W* (?: (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\ + )?
    (?: [IWEF](?P<M9>\d\d)(?P<D9>\d\d)\ +{_CLOCK.replace("P<", "P<g")}
      | (?: (?: {_DATES} ) (?: ,?[T_\ :-]+ (?:-\ +)? | (?=$) ) )?
        (?: {_CLOCK} | (?P<c>\d{{6}}) | (?P<h2>\d\d)[.](?P<mi2>\d\d)[.](?P<s2>\d\d)(?:[.](?P<f2>\d{{1,12}}))? )?
        ,?(?:\ ?(?P<pm>[AP]M))?
        (?: ,?\ ?(?P<z>[A-Z]{{1,4}}|[+-]\d\d:?\d\d) )? (?: \ +(?P<Y10>\d{{4}}) )?
    ) [\]:,\s]*
"""


@cache
def _shape() -> re.Pattern[str]:
    """Return the pattern of `moment`; compiled on first use."""
    return re.compile(_SHAPE, re.VERBOSE | re.ASCII)


def moment(text: str, now: float | None = None) -> float | None:
    """Return the seconds since the epoch of a time in any shape that logs use.

    Args:
        text: the time alone, with or without brackets around it.
        now: seconds since the epoch, for a time without year or date; None: the clock.

    Returns:
        Seconds since the epoch; None if the text is no time.

    Examples:
        >>> moment("[10/Oct/2000:13:55:36 -0700]"), moment("Tue Nov 14 22:13:20 UTC 2023"), moment("soon")
        (971211336.0, 1700000000.0, None)
    """
    text = text.strip()
    found = iso(text)
    if found is not None:
        return found
    number = text.strip("[]:, ")
    if number.replace(".", "", 1).isdigit() and number.isascii() and 10 <= len(number.partition(".")[0]) <= 19:
        return epoch(float(number))
    shape = _shape().fullmatch(text[:64])
    return None if shape is None else _seconds_of_parts(shape.groupdict(), now)


def _seconds_of_parts(part: dict[str, str | None], now: float | None) -> float | None:
    """Return the seconds since the epoch of the matched parts of a time; None if they are none."""

    def first(*names: str) -> str | None:
        return next((value for name in names if (value := part[name]) is not None), None)

    clock = first("h", "gh", "h2"), first("mi", "gmi", "mi2"), first("s", "gs", "s2")
    if part["c"]:
        clock = part["c"][:2], part["c"][2:4], part["c"][4:]
    date = _date(part)
    if date is None or (clock[0] is None and (date[2] is None or date[0] is None)):
        return None
    hour, minute, second = (int(value or 0) for value in clock)
    if part["pm"]:
        hour = hour % 12 + (12 if part["pm"] == "PM" else 0)
    fraction = first("f", "gf", "f2")
    rest = second + (float("." + fraction) if fraction else 0.0)
    offset = _offset(part["z"])
    found = _complete_date(date, hour, minute, offset, _now() if now is None else now)
    return None if found is None or second > 60 else found + rest


_Date = tuple["int | None", "int | None", "int | None"]


def _date(part: dict[str, str | None]) -> _Date | None:
    """Return year, month and day, each None where absent; None for an unknown month name."""
    name = part["B2"] or part["B3"]
    if name:
        if name.lower() not in _MONTHS:
            return None
        year = part["Y2"] or part["Y3"] or part["Y10"]
        return (int(year) if year else None), _MONTHS.index(name.lower()) + 1, int(part["D2"] or part["D3"] or 0)
    if part["Y4"]:
        one, other = int(part["P4"] or 0), int(part["Q4"] or 0)
        day_first = one > 12 or (part["S4"] != "/" and other <= 12)
        return int(part["Y4"]), (other if day_first else one), (one if day_first else other)
    compact = part["C7"] or (part["C8"] and "20" + part["C8"])
    if compact:
        return int(compact[:4]), int(compact[4:6]), int(compact[6:])
    for year, month, day in (("Y", "M", "D"), ("Y5", "M5", "D5"), ("", "M6", "D6"), ("", "M9", "D9")):
        if part[day]:
            number = int(part[year] or 0) if year else None
            if year == "Y5" and number is not None:
                number += 2000
            return number, int(part[month] or 0), int(part[day] or 0)
    return None, None, None


def _complete_date(date: _Date, hour: int, minute: int, offset: int | None, now: float) -> float | None:
    """Return the seconds since the epoch of a minute; absent parts of its date are taken from `now`."""
    year, month, day = date
    today = time.gmtime(now + offset) if offset is not None else time.localtime(now)
    if month is None or day is None:
        return _seconds(today.tm_year, today.tm_mon, today.tm_mday, hour, minute, offset)
    if year is not None:
        return _seconds(year, month, day, hour, minute, offset)
    found = _seconds(today.tm_year, month, day, hour, minute, offset)
    if found is not None and found > now + 86_400:
        return _seconds(today.tm_year - 1, month, day, hour, minute, offset)
    return found
