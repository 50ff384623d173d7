"""Time, level and logger of a plain line, from its header."""

from __future__ import annotations

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse import levels
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.timestamps import has_clock, has_date, iso, moment

__all__ = ["LineFacts", "level_in", "plain_facts", "time_in", "time_span"]


class LineFacts(NamedTuple):
    """Time, level and logger of a plain line.

    Attributes:
        time: seconds since the epoch; None if the line has none.
        level: as a number of `logging`; None if the line has none.
        logger: the name of its component; may be empty.
    """

    time: float | None
    level: int | None
    logger: str


def plain_facts(text: str, now: float | None = None) -> LineFacts:
    """Return time, level and logger of a plain line. About 10 us.

    Args:
        text: one line, without control characters.
        now: seconds since the epoch, for times without a year or a date; None: the clock.

    Examples:
        >>> plain_facts("2023-11-14 22:13:20,500Z app.db WARNING: slow")
        LineFacts(time=1700000000.5, level=30, logger='app.db')
    """
    found = parts(text)
    return LineFacts(time_in(text, found.time, now), level_in(text, found.level), text[slice(*found.logger)])


def time_in(text: str, span: tuple[int, int], now: float | None) -> float | None:
    """Return the time that a span belongs to; None if a part of it cannot be read. See `time_span`."""
    start, end = time_span(text, span)
    return moment(text[start:end], now) if start < end else None


def time_span(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Return the span of a whole time: the part of a span that can be read, joined with the date or clock beside it.

    A level or a number may follow the time within its brackets. Date and clock may be two columns, in any order.

    Args:
        text: one line, without control characters.
        span: the time that the header's grammar has found.

    Returns:
        The span; empty if there is no time, or if a date beside the clock cannot be read.

    Examples:
        >>> time_span("15-Mär-2019 00:05:42 up", (12, 20)), time_span("15-Xyz-2019 00:05:42 up", (12, 20))
        ((0, 20), (12, 12))
    """
    start, end = span
    if start == end:
        return span
    if text[start : start + 1] == "[":
        levelled = _level_first.match(text, start, end)
        if levelled is not None and levels.severity(levelled[1]) is not None:
            start = levelled.end()
    for _ in range(_MAX_TRAILING_WORDS):
        if start >= end or moment(text[start:end], _ANY_TIME) is not None:
            break
        shorter = max(start, text.rfind(" ", start, end), text.rfind("|", start, end))
        shorter = start + len(text[start:shorter].rstrip())
        if _has_clock_digits.search(text, shorter, end) or _unread_zone.match(text, shorter, end):
            return start, start  # a clock or a zone that cannot be read: no time without it
        end = shorter
    else:
        return start, start
    if start >= end:
        return _joined(text, start, span[1], start)
    words = text[start:end]
    if iso(words) is not None or _is_number(words):
        return start, end
    has_own_date, has_own_clock = has_date(words), has_clock(words)
    if has_own_date and has_own_clock:
        year = None if _has_year.search(words) else _year_behind.match(text, end)
        return start, end if year is None else year.end(1)
    if has_own_clock:
        return _joined(text, start, end, start)
    found = _clock_behind.match(text, end)
    if found is not None and moment(text[start : found.end()], _ANY_TIME) is not None:
        return start, found.end()
    return start, start if _unread_clock.match(text, end) else end


_ANY_TIME = 1.8e9  # reference of checks in which only readability counts
_MAX_TRAILING_WORDS = 10  # words behind a time within its brackets
_MAX_DATE_CHARS = 32  # before a clock
_MAX_DATE_WORDS = 5


def _joined(text: str, start: int, end: int, unknown: int) -> tuple[int, int]:
    """Return the span of a clock joined with the date before or behind it.

    It is empty, at `unknown`, where a date beside it cannot be read.
    """
    before = text[max(start - _MAX_DATE_CHARS, 0) : start]
    offset = start - len(before)
    starts = [found.start() + offset for found in _words.finditer(before)][-_MAX_DATE_WORDS:]
    for first in starts:
        if (
            text[first:start].strip().isdecimal()
            and start - first == _MONTH_DAY_CHARS
            and (first or _number_behind.match(text, end) is None)
        ):
            continue  # a number like others, no month and day
        if moment(text[first:end], _ANY_TIME) is not None and has_date(text[first:end]):
            return first, end
    behind = _date_behind.match(text, end)
    if behind is not None and moment(text[start : behind.end()], _ANY_TIME) is not None:
        return start, behind.end()
    if starts and _date_like.fullmatch(text[starts[-1] : start].strip("[](){} |;,")):
        return unknown, unknown
    return (start, end) if moment(text[start:end], _ANY_TIME) is not None else (unknown, unknown)


def _is_number(words: str) -> bool:
    """Return whether a time is a number: seconds since the epoch."""
    return words[:2] == "@4" or words.strip("[](): ,@").replace(".", "", 1).isdigit()


_MONTH_DAY_CHARS = 5  # of a month and day of two digits each, with a blank
_number_behind = lazy_pattern(r" +(?:\d+|[A-Z]) ")  # what stands behind the time in glog's header


_words = lazy_pattern(r"[^\s|;,\[\](){}]+")  # a word before a clock; brackets and pipes separate words


_level_first = lazy_pattern(r"\[([A-Za-z]+) +(?:[-|] +)?(?=\d)")  # a level before a time within its brackets


_has_clock_digits = lazy_pattern(r"(?<![\d.])\d\d?:\d\d(?!\d)")  # a part of a clock


_unread_zone = lazy_pattern(r" *(?:[A-Z][a-z]+)/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?\]?$")


_has_year = lazy_pattern(r"\d{4}")  # four digits, which are a year or a fraction


_year_behind = lazy_pattern(  # a year behind a date and a clock: ``Jan 15 08:30:12 UTC 2024:``
    r" +((?:19[7-9]|20\d)\d)(?=[:,\])]? |[:\])]?$)"
)


_clock_behind = lazy_pattern(  # a clock behind a date in another column
    r"[\s\]\[|;,:-]{1,4}\d\d?[:.]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?(?:\s?[AaPp][Mm]\b)?\s?(?:Z|\+\d\d(?::?\d\d)?|-\d\d(?::?\d\d)?(?![\w-]))?(?![\w:+])"
)


_unread_clock = lazy_pattern(  # a clock behind a date that cannot be read, so that the date alone would be wrong
    r"[\s\]\[|;,:-]{1,4}\d\d?:\d\d:\d\d"
)


_date_behind = lazy_pattern(  # a date behind a clock
    r"[\s\]\[|;,]{1,4}(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{2,4})(?![\w:.-])"
)


_date_like = lazy_pattern(  # words that are a date in an unknown form: digits, and a month or digits between marks
    r"\d{1,4}[-/.](?:[^\W\d]{3,10}\.?|\d{1,2})[-/.]\d{1,4}"
)


def level_in(text: str, place: tuple[int, int]) -> int | None:
    """Return the level at a span as a number of `logging`; None for an empty span, or a single small letter."""
    name = text[slice(*place)]
    if name in levels.MARKED:
        return levels.MARKED[name]
    if name[:1] == "<":
        return levels.PRIORITIES[int(name[1 : name.index(">")]) & 7]
    if name[:1] == "-":  # Cisco's severity, a digit of syslog
        return levels.PRIORITIES[int(name[1]) & 7]
    return levels.severity(name) if name and (len(name) > 1 or not name.islower()) else None
