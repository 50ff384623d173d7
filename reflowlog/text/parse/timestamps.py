"""Timestamps of logs -> seconds since the epoch. Pure but for the zone of this machine; any thread may call it.

Invariants:
- **Unknown means unknown**: a text with a part that cannot be read (a month, a zone, a day that does not exist) is no
  time, and None; it never becomes today or midnight.
- A time without a zone is local time. A time without a date belongs to the last 24 hours, a time without a year to the
  last 12 months, both counted back from a reference (`AHEAD_SECONDS`, a day): the mtime of a file, by default now.
- Months are names of many languages (`text/parse/months.py`), zones are offsets, common abbreviations, or names of the
  IANA database (``Europe/Berlin``), read by `zoneinfo`.
- Of three numbers the one with four digits is the year. Three numbers of two digits are read in the order that gives
  the latest year which is not ahead of the reference: ``17/06/09`` is of 2017, ``05/14/24`` of 2024.
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
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.months import month_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    _Match = Callable[..., "re.Match[str] | None"]

__all__ = ["AHEAD_SECONDS", "clear_memos", "epoch", "has_clock", "has_date", "iso", "moment"]

AHEAD_SECONDS = 3600
"""Seconds that a time without a date may lie ahead of the reference; one farther ahead is of the day before."""

_MIN_SECONDS, _MAX_SECONDS = 1e8, 1e11  # seconds: smaller numbers are durations, larger ones milliseconds
_MIN_YEAR, _MAX_YEAR = 1900, 2199
"""Years of a log, but for ISO 8601; a number outside is no year, as in ``8.2.5043``."""

_UPTIME_DIGITS = 6
"""Digits of a fraction behind ``0:12:34`` without a date, by which it is the time since a start."""

_MAX_MEMO_ENTRIES = 4096

_ZONES = {  # hours east of UTC; an ambiguous name has the zone that is most common in logs
    zone: hours
    for hours, zones in (
        *((0, "Z UTC GMT WET UCT"), (1, "BST CET MEZ WEST"), (2, "CEST EET SAST MESZ"), (3, "EEST MSK"), (5, "PKT")),
        *((5.5, "IST"), (7, "WIB ICT"), (8, "SGT HKT PHT AWST"), (9, "JST KST"), (9.5, "ACST"), (10.5, "ACDT")),
        *((10, "AEST"), (11, "AEDT"), (12, "NZST"), (13, "NZDT"), (-3, "BRT"), (-3.5, "NST"), (-2.5, "NDT")),
        *((-5, "EST CDT"), (-4, "EDT"), (-6, "CST MDT"), (-7, "MST PDT"), (-8, "PST AKDT"), (-9, "AKST"), (-10, "HST")),
    )
    for zone in zones.split()
}
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
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
        r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d):(\d\d)([.,]\d{1,12})?\ ?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
        re.ASCII,
    ).fullmatch


def _minute(minute: str, zone: str | None) -> float | None:
    """Memoize and return the start of a minute, ``2024-03-08T10:15``; None for a day that does not exist."""
    year, month, day, hour, minutes = map(int, (minute[:4], minute[5:7], minute[8:10], minute[11:13], minute[14:16]))
    start = _seconds(year, month, day, hour, minutes, _offset(zone))
    return _minutes.remember((minute, zone), start)


def _offset(zone: str | None) -> int | None:
    """Return the seconds that a zone of `iso` is ahead of UTC; None for no zone."""
    if zone is None:
        return None
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        ahead = int(digits[:2]) * 3600 + int(digits[2:] or "0") * 60
        return -ahead if zone[0] == "-" else ahead
    return int(_ZONES[zone.upper()] * 3600)


def _seconds(year: int, month: int, day: int, hour: int, minute: int, offset: int | None) -> float | None:
    """Return the seconds since the epoch of a minute; None for a day that does not exist. `offset` None: local time."""
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and hour <= 24 and minute <= 59 and year >= 1):
        return None
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
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

MAX_CHARS = 80
"""Characters of a time at most."""

_NAME = r"[^\W\d_][^\W\d]{1,11}\.?"  # of a month or a day of the week
_DATE_FORMS = (  # tried in this order; groups: Y year, M month, B its name, D day; P Q R three numbers of unknown order
    r"(?P<Y>\d{4}) \s?[-/.년年]\s? (?P<M>\d\d?) \s?[-/.月월]\s? (?P<D>\d\d?) (?!\d) (?: \s?[日일] | \. )?",
    rf"(?P<Y>\d{{4}}) [-/.\ ]+ (?P<B>{_NAME}) [-/.\ ]+ (?P<D>\d\d?) (?!\d)",
    (
        rf"(?P<D>\d\d?) \.? (?: \ de\ | [-/\ .] )* (?P<B>{_NAME})"
        r" (?: (?: \ de\ | ,?[-/\ .:] )* (?P<Y>\d{4}|\d\d(?![:.\d])) )?"
    ),
    rf"(?P<B>{_NAME}) [-/\ ]+ (?P<D>\d\d?) (?!\d) (?: th|st|nd|rd )? (?: ,?[-/\ ]+ (?P<Y>\d{{4}}) (?![:\d]) )?",
    r"(?P<M>\d\d?) [月월] \s* (?P<D>\d\d?) (?!\d) [日일]?",
    r"(?P<P>\d\d?) (?P<S>[-/.]) (?P<Q>\d\d?) [-/.] (?P<Y>\d{4}) (?!\d)",
    r"(?P<D>\d\d) \ (?P<M>\d\d) \ (?P<Y>\d{4}) (?=\ \d\d:)",
    r"(?P<P>\d\d?) (?P<S>[-/.]) (?P<Q>\d\d?) (?P=S) (?P<R>\d\d?) (?![:\d])",
    r"(?P<M>0?[1-9]|1[0-2]) [-/.] (?P<D>\d\d?) (?![:\d])",
    r"(?P<D>1[3-9]|2\d|3[01]) [-/.] (?P<M>\d\d?) (?![:\d])",
    r"(?P<M>\d\d) (?P<D>\d\d) (?=/\d{6}|\ \d\d:\d\d:\d\d)",
    r"(?P<Y>\d{4}) (?P<M>\d\d) (?P<D>\d\d) (?!\d)",
    r"(?P<Y>\d\d) (?P<M>\d\d) (?P<D>\d\d) (?!\d)",
)
_CLOCK_FORMS = (  # h hour, m minute, s second, f fraction, g the rest of one
    (
        r"(?P<h>\d\d?) : (?P<m>\d\d) (?: : (?P<s>\d\d) (?: [.,:] (?P<f>\d{1,12}) (?: [.] (?P<g>\d{3}) (?!\d) )? )? )?"
        r" (?![:\d])"
    ),
    r"(?P<h>\d\d) [.] (?P<m>\d\d) [.] (?P<s>\d\d) (?: [.,:] (?P<f>\d{1,12}) )?",
    r"(?P<h>\d\d) : (?P<m>\d\d) [.] (?P<s>\d\d) [.] (?P<f>\d{3}) (?!\d)",
    r"(?<=\d[T_\ ]) (?P<h>\d\d) - (?P<m>\d\d) - (?P<s>\d\d) (?: [.,] (?P<f>\d{1,12}) )? (?!\d)",
    r"(?P<h>\d\d?) \s?[时時点點시h]\s? (?P<m>\d\d?) \s?[分분m]\s? (?: (?P<s>\d\d?) \s?[秒초s] )?",
    r"(?P<h>\d\d) (?P<m>\d\d) (?P<s>\d\d)? (?: [.,] (?P<f>\d{1,12}) )? (?!\d)",
)
_GLOG_FORM = r"[VDIWEFC] (?P<Y>\d{4}|\d{2})? (?P<M>\d\d) (?P<D>\d\d) \s+"
_BETWEEN = r"(?: ,?\s (?: at | um | à | às | a\ las | в | om | kl\.? | @ ) \s | ,?[Tt_\s:|;,>/-]+ (?: -\s+ )? )"
_MERIDIEM = r"\s? (?: (?P<pm>[AaPp])\.?[Mm]\b\.? | (?P<word>上午|下午|午前|午後|오전|오후) )"
_ZONE = r"""
    [,\s]* \(? (?: (?:UTC|GMT)? (?P<sign>[+-]) (?P<h>\d\d?):?(?P<m>\d\d)? (?::?00)? (?: \s [A-Z]{2,5} \b )?
    | (?P<iana>[A-Z][A-Za-z_]+(?:/[A-Za-z_+-]+[0-9]*){1,2})
    | (?P<name>[A-Za-z]{1,5}) (?![a-zA-Z]) ) \)? (?: \s? \([^()]*\) )?
"""
_YEAR_BEHIND = r"\s+ (?P<Y>\d{4}) (?![:\d])"
_PM = frozenset("Pp下午後오후") - frozenset("午오")


class _Date(NamedTuple):
    """A date as far as it is written; None for an absent part."""

    year: int | None
    month: int | None
    day: int | None


_NO_DATE = _Date(None, None, None)


class _Matchers(NamedTuple):
    """Compiled patterns of the parts of a time."""

    dates: tuple[_Match, ...]
    clocks: tuple[_Match, ...]
    glog: _Match
    between: _Match
    meridiem: _Match
    zone: _Match
    year_behind: _Match
    weekday: _Match


@cache
def _matchers() -> _Matchers:
    """Return the patterns of `moment`; compiled on first use."""

    def match(pattern: str) -> _Match:
        return re.compile(pattern, re.VERBOSE).match

    return _Matchers(
        tuple(map(match, _DATE_FORMS)),
        tuple(map(match, _CLOCK_FORMS)),
        *map(match, (_GLOG_FORM, _BETWEEN, _MERIDIEM, _ZONE, _YEAR_BEHIND, rf"{_NAME} (?:,?\s+|,) (?=\w)")),
    )


class _Written(NamedTuple):
    """Parts of a time as written; absent parts are missing from the mappings.

    Attributes:
        date: groups of a form of `_DATE_FORMS`.
        clock: groups of a form of `_CLOCK_FORMS`.
        is_pm: of a 12-hour clock; None for a 24-hour clock.
        zone: groups of `_ZONE`.
    """

    date: Mapping[str, str]
    clock: Mapping[str, str]
    is_pm: bool | None
    zone: Mapping[str, str]


def moment(text: str, now: float | None = None) -> float | None:
    """Return the seconds since the epoch of a time in any shape that logs use.

    Args:
        text: the time alone, with or without brackets around it.
        now: reference in seconds since the epoch, for a time without year or date; None: the clock.

    Returns:
        Seconds since the epoch; None if the text is no time, or a part of it cannot be read.

    Examples:
        >>> moment("[10/Oct/2000:13:55:36 -0700]"), moment("Tue Nov 14 22:13:20 UTC 2023"), moment("soon")
        (971211336.0, 1700000000.0, None)
    """
    text = text.strip()
    found = iso(text)
    if found is not None:
        return found
    number = text.strip("[](): ,@")
    if number[:2] == "@4" or text[:2] == "@4":
        return _tai64(text.strip("[]: "))
    if "e+" in number and _exponential(number) is not None:
        return epoch(float(number))
    whole = number.partition(".")[0]
    if number.replace(".", "", 1).isdigit() and number.isascii() and 10 <= len(whole) <= 19:
        return _compact(whole) if len(whole) in (14, 17) and whole[:2] in ("19", "20") else epoch(float(number))
    if text[-4:-3] in ("+", "-") and text[10:11] == "-" and text[-3:].isdecimal():  # Db2 writes its zone in minutes
        start = moment(text[:-4] + "Z", now)
        return None if start is None else start - int(text[-4:]) * 60
    written = _read_parts(text)
    return None if written is None else _seconds_of_parts(written, _now() if now is None else now)


_exponential = re.compile(r"[0-9](?:\.[0-9]{1,20})?e\+[0-9]{1,2}").fullmatch  # zap's epoch: 1.7e+09


def _tai64(text: str) -> float | None:
    """Return the time of a TAI64N label of daemontools: ``@`` and 24 hexadecimal digits; None if it is none."""
    if re.fullmatch(r"@4[0-9a-f]{23}", text) is None:
        return None
    return int(text[1:17], 16) - (1 << 62) - _TAI_SECONDS + int(text[17:], 16) / 1e9


_TAI_SECONDS = 10  # that TAI64 labels of daemontools are ahead of Unix time; leap seconds are not counted


def has_date(text: str) -> bool:
    """Return whether a text is a time with a date, with or without a year."""
    written = _read_parts(text.strip())
    return written is not None and bool(written.date)


def has_clock(text: str) -> bool:
    """Return whether a text is a time with a clock."""
    written = _read_parts(text.strip())
    return written is not None and bool(written.clock)


def _read_parts(text: str) -> _Written | None:
    """Split a time into its parts; None for a text that is none, or holds anything else."""
    text = text.strip("[](){}<>\"'|,;:=_*#@ \t")
    if len(text) > MAX_CHARS or not any(map(str.isdecimal, text)):
        return None
    if "[" in text:  # date and clock in brackets of their own
        text = re.sub(r"\]?\s?\[", " ", text)
    matchers = _matchers()
    at = 0
    glog = matchers.glog(text)
    if glog is not None:
        clock = matchers.clocks[0](text, glog.end())
        if clock is not None and clock.end() == len(text):
            return _Written(_groups(glog), _groups(clock), None, {})
    for start in (at, _end(matchers.weekday(text), at)):
        written = _date_and_clock(text, start) or _clock_and_date(text, start)
        if written is not None:
            return written
    return None


def _date_and_clock(text: str, at: int) -> _Written | None:
    """Read a date, and a clock after it if the text goes on."""
    matchers = _matchers()
    for match in matchers.dates:
        date = match(text, at)
        if date is None:
            continue
        if date.end() == len(text):
            return _Written(_groups(date), {}, None, {})
        start = _end(matchers.between(text, date.end()), date.end())
        meridiem = matchers.meridiem(text, start)
        if meridiem is not None:
            start = _end(re.compile(r"\s*").match(text, meridiem.end()), meridiem.end())
        for written, end in _clocks(text, start):
            if end == len(text):
                groups = {**_groups(date), **written.date}
                is_pm = written.is_pm if meridiem is None else _is_pm(meridiem)
                return written._replace(date=groups, is_pm=is_pm)
    return None


def _clock_and_date(text: str, at: int) -> _Written | None:
    """Read a clock, and a date after it if the text goes on."""
    matchers = _matchers()
    for written, end in _clocks(text, at):
        if end == len(text):
            return None if written.date else written
        start = _end(matchers.between(text, end), end)
        if start == end or written.date:
            continue
        for match in matchers.dates:
            date = match(text, start)
            if date is not None and date.end() == len(text):
                return written._replace(date=_groups(date))
    return None


def _clocks(text: str, at: int) -> Iterator[tuple[_Written, int]]:
    """Yield the clocks at an offset and their ends: with zone and year after them, with a zone, and alone."""
    matchers = _matchers()
    for match in matchers.clocks:
        clock = match(text, at)
        if clock is None:
            continue
        meridiem = matchers.meridiem(text, clock.end())
        is_pm = None if meridiem is None else _is_pm(meridiem)
        end = _end(meridiem, clock.end())
        zone = matchers.zone(text, end)
        if zone is not None:
            year = matchers.year_behind(text, zone.end())
            if year is not None:
                yield _Written(_groups(year), _groups(clock), is_pm, _groups(zone)), year.end()
            yield _Written({}, _groups(clock), is_pm, _groups(zone)), zone.end()
        year = matchers.year_behind(text, end)
        if year is not None:
            yield _Written(_groups(year), _groups(clock), is_pm, {}), year.end()
        yield _Written({}, _groups(clock), is_pm, {}), end


def _end(found: re.Match[str] | None, start: int) -> int:
    """Return the end of an optional match, or the offset where it was tried."""
    return start if found is None else found.end()


def _groups(found: re.Match[str]) -> dict[str, str]:
    """Return the groups of a match that took part."""
    return {name: value for name, value in found.groupdict().items() if value is not None}


def _is_pm(found: re.Match[str]) -> bool:
    """Return whether a mark of a 12-hour clock means the afternoon."""
    return bool(_PM.intersection(found["pm"] or found["word"]))


def _seconds_of_parts(written: _Written, now: float) -> float | None:
    """Return the seconds since the epoch of the parts of a time; None if one cannot be read."""
    date = _date(written.date, now)
    clock = written.clock
    if date is None or (not clock and (date.year is None or date.day is None)) or (date.year and not date.month):
        return None
    if date.year is not None and not _MIN_YEAR <= date.year <= _MAX_YEAR:
        return None
    hour, minute, second = (int(clock.get(name, 0)) for name in ("h", "m", "s"))
    if (
        not written.date
        and written.is_pm is None
        and len(clock["h"]) == 1
        and len(clock.get("f", "")) >= _UPTIME_DIGITS
    ):
        return None
    if written.is_pm is not None:
        if not 1 <= hour <= 12:
            return None if hour > 12 and not written.is_pm else _seconds_of_parts(written._replace(is_pm=None), now)
        hour = hour % 12 + (12 if written.is_pm else 0)
    try:
        offset = _zone_offset(written.zone, date, hour, minute, now)
    except LookupError:
        return None
    start = _complete_date(date, hour, minute, offset, now)
    return (
        None
        if start is None or second > 60
        else start + second + float("0." + clock.get("f", "0") + clock.get("g", ""))
    )


def _date(groups: Mapping[str, str], now: float) -> _Date | None:
    """Return the date of the groups of a form; None for an unknown month."""
    if not groups:
        return _NO_DATE
    year = int(groups["Y"]) if "Y" in groups else None
    if year is not None and len(groups["Y"]) == 2:
        year += 2000
    if "B" in groups:
        month = month_of(groups["B"])
        return None if month is None else _Date(year, month, int(groups["D"]))
    if "R" in groups:
        return _latest_order(groups, now)
    if "P" in groups:
        first, second = int(groups["P"]), int(groups["Q"])
        is_day_first = first > 12 or (groups["S"] != "/" and second <= 12)
        return _Date(year, second, first) if is_day_first else _Date(year, first, second)
    return _Date(year, int(groups["M"]), int(groups["D"])) if "M" in groups else _Date(year, None, None)


def _latest_order(groups: Mapping[str, str], now: float) -> _Date | None:
    """Return the date of three numbers of two digits: the order with the latest year that is not ahead of `now`."""
    first, second, third = (int(groups[name]) for name in ("P", "Q", "R"))
    year_first, month_first, day_first = (first, second, third), (third, first, second), (third, second, first)
    orders = {".": (day_first, year_first), "-": (year_first, month_first, day_first)}
    this_year = time.gmtime(now).tm_year - 2000
    valid = [
        order
        for order in orders.get(groups["S"], (year_first, month_first, day_first))
        if order[0] <= this_year and 1 <= order[1] <= 12 and 1 <= order[2] <= 31
    ]
    if not valid:
        return None
    year, month, day = max(valid, key=lambda order: order[0])
    return _Date(2000 + year, month, day)


def _zone_offset(zone: Mapping[str, str], date: _Date, hour: int, minute: int, now: float) -> int | None:
    """Return the seconds that a zone is ahead of UTC; None for no zone.

    Raises:
        LookupError: the zone is not known.
    """
    if not zone:
        return None
    if "sign" in zone:
        ahead = int(zone["h"]) * 3600 + int(zone.get("m", 0)) * 60
        return -ahead if zone["sign"] == "-" else ahead
    if "name" in zone:
        return int(_ZONES[zone["name"].upper()] * 3600)
    from datetime import datetime  # start-up cost, as below: few logs name zones of the IANA database
    from zoneinfo import ZoneInfo

    today = time.gmtime(now)
    year, month, day = date.year or today.tm_year, date.month or today.tm_mon, date.day or today.tm_mday
    try:
        offset = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone["iana"])).utcoffset()
    except (ValueError, OSError, OverflowError) as error:
        raise LookupError(zone["iana"]) from error
    if offset is None:
        raise LookupError(zone["iana"])
    return int(offset.total_seconds())


def _complete_date(date: _Date, hour: int, minute: int, offset: int | None, now: float) -> float | None:
    """Return the seconds since the epoch of a minute; absent parts of its date are derived from `now`."""
    year, month, day = date
    today = time.gmtime(now + offset) if offset is not None else time.localtime(now)
    if month is None or day is None:
        found = _seconds(today.tm_year, today.tm_mon, today.tm_mday, hour, minute, offset)
        if found is not None and found > now + AHEAD_SECONDS:
            noon = time.gmtime(_noon(today) - 86_400)
            return _seconds(noon.tm_year, noon.tm_mon, noon.tm_mday, hour, minute, offset)
        return found
    if year is not None:
        return _seconds(year, month, day, hour, minute, offset)
    found = _seconds(today.tm_year, month, day, hour, minute, offset)
    if found is not None and found > now + 86_400:
        return _seconds(today.tm_year - 1, month, day, hour, minute, offset)
    return found


def _noon(day: time.struct_time) -> float:
    """Return noon in UTC of a calendar day, in seconds since the epoch."""
    return _seconds(day.tm_year, day.tm_mon, day.tm_mday, 12, 0, 0) or 0.0


def _compact(digits: str) -> float | None:
    """Return the time of 14 or 17 digits: year, month, day, hour, minute, second, milliseconds; None if it is none."""
    year, month, day, hour, minute, second = (int(digits[a:b]) for a, b in _COMPACT_FIELDS)
    start = _seconds(year, month, day, hour, minute, None)
    return None if start is None or second > 60 else start + second + float("0." + (digits[14:] or "0"))


_COMPACT_FIELDS = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
