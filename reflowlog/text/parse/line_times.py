"""Times of the lines of one source, for merging sources and for searching a time in one.

Invariants:
- The time of a line is that of its header or its fields, as `plain_facts` and `read_records` return it. Everything here
  is a faster way to the same result, because a log has few shapes of lines and writes its times in one way.
- A line whose head equals that of an earlier line, but for its digits, has its time at the same span. A time is split
  into a minute, which is memoized because it repeats, and seconds.
- In JSON and logfmt the time is searched by its name. The shortcut is used only as long as it agrees with the parser:
  on all of the first `CHECKED_FIRST_LINES` lines, and on one of `CHECK_INTERVAL_LINES` later on.
"""

from __future__ import annotations

import re
import time
from codecs import BOM_UTF8
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.text.clean.digits import DIGITS_TO_ZERO
from reflowlog.text.clean.sanitize import is_plain_bytes, sanitize
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.line_facts import time_span
from reflowlog.text.parse.timestamps import AHEAD_SECONDS, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.text.parse.field_names import FieldNames

__all__ = [
    "COMPLETE",
    "MAX_BACKWARD_SECONDS",
    "NO_DATE",
    "NO_YEAR",
    "LineClock",
    "SequentialClock",
    "has_field_time",
    "time_of_boot",
]

HEAD_BYTES = 32
"""Bytes of a line by which the span of its time is memoized, if the time ends within them."""

MAX_HEADER_BYTES = 512
"""Bytes of a line that are searched for a header at most."""

MAX_MEMO_ENTRIES = 4096
CHECKED_FIRST_LINES = 32  # lines with fields on which the shortcut must agree with the parser before it is used
CHECK_INTERVAL_LINES = 256  # lines with fields: one of them is checked again

COMPLETE, NO_DATE, NO_YEAR = 0, 1, 2
"""Codes of the part that a time lacks."""

CHECKED_DATED_LINES = 64
"""Lines in a row with date and year, after which no line is expected to lack them."""

MAX_BACKWARD_SECONDS = 3600
"""Seconds by which a clock without a date may go back within a day; one that goes back farther has passed midnight."""

_MAX_FORWARD_SECONDS = 86_400 - MAX_BACKWARD_SECONDS
_HALF_YEAR_SECONDS = 180 * 86_400
_ANY_TIME = 1.8e9  # reference of checks

_SecondsSpan = tuple[int, int, int, float]
"""Offsets of the seconds, of the start and the end of their fraction, and the unit of its digits in seconds."""


class LineClock:
    """Clock of one source: returns the times of its lines. For one thread.

    Args:
        names: roles of field names.
        now: seconds since the epoch, for times without a year or a date; None: the system's clock.

    >>> clock = LineClock()
    >>> clock.time_of(b"2023-11-14T22:13:20.5Z INFO up"), clock.time_of(b'{"msg": "x", "ts": 1700000000}')
    (1700000000.5, 1700000000.0)
    >>> clock.time_of(b"  at line 7") is None
    True
    """

    def __init__(self, names: FieldNames = USUAL, now: float | None = None) -> None:
        self._names = names
        self._now = now
        self._spans: Memo[bytes, tuple[int, int]] = Memo(limit=MAX_MEMO_ENTRIES)
        self._seconds_spans: dict[bytes, _SecondsSpan | None] = {}
        self._minutes: Memo[bytes, float | None] = Memo(limit=MAX_MEMO_ENTRIES)
        self._today: tuple[int, ...] = ()
        self._field_lines = 0  # lines with fields so far; negative once the shortcut was wrong

    def times(self, lines: Sequence[bytes]) -> list[float | None]:
        """Return the time of each line, in seconds since the epoch; None for one that has none. About 1 us a line."""
        today = time.localtime(self._now)[:3]
        if today != self._today:  # a time without a date has a new meaning
            self._minutes.clear()
            self._today = today
        return list(map(self.time_of, lines))

    def time_of(self, line: bytes) -> float | None:
        """Return the time of a line, given without its newline, in seconds since the epoch; None if it has none."""
        if line[:1] == b"{" and not line[1:2].isalnum():
            return self._field_time(line)
        place = self._spans.get(line[:HEAD_BYTES].translate(DIGITS_TO_ZERO))
        if place is not None:
            return self._parse_time(line[place[0] : place[1]])
        if line.startswith(BOM_UTF8):
            return self.time_of(line[len(BOM_UTF8) :])
        if b"=" in line or b"{" in line:
            found = self._field_time(line)
            if found is not None:
                return found
        return self._header_time(line)

    def _header_time(self, line: bytes) -> float | None:
        """Return the time of a header; memoize its span by the head, if the time ends within the head."""
        data = line[:MAX_HEADER_BYTES]
        if not is_plain_bytes(data):
            text = sanitize(data.decode("utf-8", "replace"))[0]
            start, end = time_span(text, parts(text).time)
            return self._time_of_text(text[start:end]) if start < end else None
        text = data.decode()
        start, end = time_span(text, parts(text).time)
        if start == end:
            return self._time_since_boot(data)
        found = self._parse_time(data[start:end])
        if found is not None and end <= HEAD_BYTES:
            self._spans.remember(line[:HEAD_BYTES].translate(DIGITS_TO_ZERO), (start, end))
        return found

    def _time_of_text(self, text: str) -> float | None:
        """Return the seconds since the epoch of a time that may hold any characters; None if it is none."""
        return moment(text, self._now)

    def _time_since_boot(self, line: bytes) -> float | None:  # noqa: ARG002
        """Return the time of a line of the kernel that has only its uptime; None: the boot's time is unknown."""
        return None

    # -- a time -------------------------------------------------------------------------------------------------

    def _parse_time(self, text: bytes) -> float | None:
        """Return the seconds since the epoch of a time as written; None if it is none."""
        shape = text.translate(DIGITS_TO_ZERO)
        try:
            cut = self._seconds_spans[shape]
        except KeyError:
            cut = self._seconds_spans[shape] = _seconds_span(shape)
        if cut is None:
            return moment(text.decode("ascii", "replace"), self._now)
        second, fraction, end, unit = cut
        around = text[:second] + b"00" + text[end:]
        try:
            minute = self._minutes[around]
        except KeyError:
            minute = self._minute(around)
        if minute is None:
            return None
        seconds = minute + int(text[second : second + 2])
        return seconds + int(text[fraction:end]) * unit if fraction < end else seconds

    def _minute(self, text: bytes) -> float | None:
        """Memoize and return the start of a minute."""
        return self._minutes.remember(text, moment(text.decode("ascii", "replace"), self._now))

    # -- fields -------------------------------------------------------------------------------------------------

    def _field_time(self, line: bytes) -> float | None:
        """Return the time of a record with fields: by its name while that is reliable, else by the parser."""
        if self._field_lines < 0:
            return self._record_time(line)
        self._field_lines += 1
        found = _named_time.search(line)
        guess = self._parse_time(found[1]) if found is not None else None
        if guess is not None and self._field_lines > CHECKED_FIRST_LINES and self._field_lines % CHECK_INTERVAL_LINES:
            return guess
        truth = self._record_time(line)
        if guess is not None and guess != truth:
            self._field_lines = -1
        return truth

    def _record_time(self, line: bytes) -> float | None:
        """Return the time of a record by the parser."""
        records = read_records(line.decode("utf-8", "replace"), self._names)
        return records[0].time if records else None


class SequentialClock(LineClock):
    """Clock of one source whose lines are read in their order: times without a date or year go on from line to line.

    A clock that goes back by more than `MAX_BACKWARD_SECONDS` is that of the next day, so a log may hold any number of
    midnights; a date without a year that is far from the one before it is that of the next year, or of the year before.
    A time with a date sets the day of those that follow. Once `CHECKED_DATED_LINES` lines had a date and a year, the
    rest is read as by `LineClock`. Uptimes of the kernel (``[   12.345678]``) are dated once the boot's time is known:
    from the line on in which it sets its clock.

    Args:
        names: roles of field names.
        now: reference for the first line, see `LineClock`; None: the system's clock, also for lines that follow.
        booted: time of the boot, in seconds since the epoch; None: unknown.

    Attributes:
        lacks: what the last time lacked: `COMPLETE`, `NO_DATE` or `NO_YEAR`.

    >>> clock = SequentialClock(now=1700000000.0)
    >>> lines = [b"23:00:00 a", b"01:00:00 b", b"22:59:00 c", b"00:30:00 d"]
    >>> [round((time - 1700002800) / 3600) for time in map(clock.time_of, lines)]
    [0, 2, 24, 26]
    """

    def __init__(self, names: FieldNames = USUAL, now: float | None = None, booted: float | None = None) -> None:
        super().__init__(names, now)
        self._booted = booted
        self._is_live = now is None
        self.lacks = COMPLETE
        self._last: float | None = None
        self._unchecked = CHECKED_DATED_LINES
        self._gaps: dict[bytes, int] = {}  # shape of a time: what it lacks

    def _time_of_text(self, text: str) -> float | None:
        return self._in_order(super()._time_of_text(text), text)

    def _parse_time(self, text: bytes) -> float | None:
        found = super()._parse_time(text)
        return self._in_order(found, text.decode("ascii", "replace")) if self._unchecked else found

    def _time_since_boot(self, line: bytes) -> float | None:
        found = _uptime.match(line)
        if found is None:
            return None
        booted = time_of_boot(line)
        self._booted = self._booted if booted is None else booted
        return None if self._booted is None else self._booted + float(found[1])

    def _in_order(self, found: float | None, text: str) -> float | None:
        """Return a time with its date and year, in the order of the lines."""
        if found is None or not self._unchecked:
            return found
        shape = text.encode("utf-8").translate(DIGITS_TO_ZERO)
        lacks = self._gaps.get(shape)
        if lacks is None:
            lacks = self._gaps[shape] = _missing_part(text)
        self.lacks = lacks
        if not lacks:
            self._unchecked -= 1
            if not self._unchecked:
                self.__dict__["_parse_time"] = super()._parse_time  # from here on at no cost
        elif self._last is not None:
            self._unchecked = CHECKED_DATED_LINES
            found = self._nearest(found, text, lacks, self._last)
        self._last = found
        return found

    def _nearest(self, found: float, text: str, lacks: int, last: float) -> float:
        """Return the time that goes on from the last one; a new reference is kept for the lines that follow."""
        if lacks == NO_DATE:
            is_far = found < last - MAX_BACKWARD_SECONDS or (found > last + _MAX_FORWARD_SECONDS and not self._is_live)
            reference = last + _MAX_FORWARD_SECONDS - AHEAD_SECONDS
        else:
            is_far = abs(found - last) > _HALF_YEAR_SECONDS
            reference = last + _HALF_YEAR_SECONDS
        if not is_far:
            return found
        nearest = moment(text, reference)
        if nearest is None or nearest == found:
            return found
        self._now = reference
        self._minutes.clear()
        return nearest


def has_field_time(line: bytes, names: FieldNames = USUAL) -> bool:
    """Return whether a line's time is that of a field, which is shown in a zone of choice, and not as it was written.

    >>> has_field_time(b'{"ts": 1700000000, "msg": "x"}'), has_field_time(b"2023-11-14 22:13:20 INFO up")
    (True, False)
    """
    if b"=" not in line and b"{" not in line:
        return False
    records = read_records(line.decode("utf-8", "replace"), names)
    return bool(records) and records[0].time is not None


def time_of_boot(lines: bytes) -> float | None:
    """Return the time of the boot by the line in which the kernel sets its clock, in seconds since the epoch.

    None if no line does.

    >>> time_of_boot(b"[    1.500000] rtc_cmos 00:00: setting system clock to 2024-05-01T10:00:00 UTC (1714557600)")
    1714557598.5
    """
    found = _clock_setting.search(lines)
    return None if found is None else float(found[2]) - float(found[1])


_uptime = lazy_pattern(rb"(?:<\d{1,3}>)?\[ *(\d{1,9}\.\d{3,9})\]")  # the uptime in front of a line of the kernel


_clock_setting = lazy_pattern(  # a line in which the kernel sets its clock: its uptime and its time
    rb"(?m)^(?:<\d{1,3}>)?\[ *(\d{1,9}\.\d{3,9})\] .{0,80}setting system clock to .{0,40}\((\d{9,11})\)"
)


def _missing_part(text: str) -> int:
    """Return `COMPLETE`, `NO_DATE` or `NO_YEAR` for the part that a time lacks, found by moving the reference."""
    latest, days, years = (moment(text, _ANY_TIME - back) for back in (0.0, 3 * 86_400.0, 800 * 86_400.0))
    if latest is None or days is None or years is None or latest - years < 300 * 86_400:
        return COMPLETE
    return NO_DATE if latest - days > 2 * 86_400 else NO_YEAR


_named_time = lazy_pattern(
    rb"""(?:^|[\s{,])"?(?:@timestamp|timestamp|asctime|time|ts|@t)"?\s*[:=]\s*"?([0-9][0-9T:.,+Z /-]*[0-9Z])""",
)


def _seconds_span(shape: bytes) -> _SecondsSpan | None:
    """Return where the seconds are in a time whose digits are zeros; None if it has none, as a number."""
    found = re.search(rb"(?<![0:])0?0:00:(00)(?:[.,](0{1,9}))?(?![.,:]?0)|(?<![0.,])0000(00)$", shape)
    if found is None:
        return None
    start, end = found.span(2) if found[2] else (found.end(), found.end())
    return found.start(1 if found[1] else 3), start, end, 10.0 ** -(end - start)
