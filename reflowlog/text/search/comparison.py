r"""Comparisons of a field, as a user types them: ``status>=500``. Pure; any thread may call it.

Invariants:
- It is ``NAME OPERATOR VALUE`` and nothing else. A name is an identifier, with dots or hyphens between its words. The
  operators are ``=`` (also ``==``), ``!=``, ``>``, ``>=``, ``<``, ``<=``, ``~`` (also ``=~``: a regular expression) and
  ``!~``. A value holds no blanks and none of ``\ ( ) [ ] { } | * ^ $``, unless it stands in quotes; so what looks
  like a regular expression (``path=/api/.*``) is one. Blanks may stand around the operator.
- The types of both sides decide how they are compared: numbers as numbers, numbers with the same unit too, durations
  (``250ms``, ``1m30s``) and sizes (``4KiB``) with any unit of theirs, levels as levels, times as times, all else as
  text. A value that is no number is never above or below one.
- A time stands for the whole day, minute or second that it names: ``time=2026-01-02`` is any time of that day. A time
  of day alone is that of any day: ``time>=09:00``. Both are in local time, or in UTC where records are shown in it.
- **Smart case**: a value, or a name, without upper-case letters of ASCII is compared without regard to case.
- ``logger=app.db`` also holds for the loggers below it: ``app.db.pool``.
- ``!=`` and ``!~`` hold where the field exists and ``=`` or ``~`` does not hold. Without the field nothing holds.
"""

from __future__ import annotations

import operator
import re
import time
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.field_names import LEVEL, LOGGER, MESSAGE, RANKS, SOURCE, SURE, TIME, TRACE, USUAL
from reflowlog.text.parse.levels import STANDARD, parse_level, severity, suggest_level
from reflowlog.text.parse.timestamps import epoch, has_clock, has_date, moment
from reflowlog.text.search.pattern import compile_pattern
from reflowlog.text.search.pattern_source import PatternError

if TYPE_CHECKING:
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Pattern

__all__ = ["Comparison", "is_name", "lower", "moment_of", "read_comparison", "standard_name"]

_OPERATORS = {"=": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
_PLAIN = {"==": "=", "=~": "~"}
_ROLES = {TIME: "time", LEVEL: "level", LOGGER: "logger", MESSAGE: "message", SOURCE: "source", TRACE: "trace"}

_NAME = r"@?[^\W\d][\w@]*(?:[.-][\w@]+)*"
_name = lazy_pattern(_NAME)
_parts = lazy_pattern(rf"\s*({_NAME})\s*([!<>=]=|=~|!~|[=<>~])\s*(.*?)\s*", re.DOTALL)
_quoted = lazy_pattern(r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)')""", re.DOTALL)
_bare = lazy_pattern(r"""[^\s"'=<>!~\\()\[\]{}|*^$][^\s"\\()\[\]{}|*^$]*""")
_regular = lazy_pattern(r"\.[.+?]")  # a regular expression that has no bracket, star or bar
_number_like = lazy_pattern(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,2})?", re.ASCII)
_quantity = lazy_pattern(r"([+-]?\d+(?:\.\d+)?) ?([^\W\d_]{1,10}|[µμ]s|%)", re.ASCII)
_like_level = lazy_pattern(r"level|lvl|severity|^@l$", re.IGNORECASE)
_month = lazy_pattern(r"((?:19|20|21)\d\d)-(0[1-9]|1[0-2])(Z)?", re.ASCII)
_like_time = lazy_pattern(r"\d{4}-\d\d-\d\d|\d\d?:\d\d", re.ASCII)
_time_of_day = lazy_pattern(r"(\d\d?):(\d\d)(?::(\d\d(?:[.,]\d{1,9})?))?", re.ASCII)
_clock = lazy_pattern(r"\d:\d\d(:\d\d(?:[.,](\d{1,9}))?)?", re.ASCII)
_duration = lazy_pattern(r"(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|μs|ns)){2,6}", re.ASCII)  # as Go writes it
_duration_part = lazy_pattern(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|μs|ns)", re.ASCII)
_DURATIONS = {
    unit: seconds
    for seconds, units in (
        *((1e-9, "ns"), (1e-6, "us µs μs usec"), (1e-3, "ms msec millis"), (1.0, "s sec secs second seconds")),
        *((60.0, "m min mins minutes"), (3600.0, "h hours"), (86_400.0, "d days")),
    )
    for unit in units.split()
}
_SIZES = dict.fromkeys(("b", "byte", "bytes"), 1) | {
    f"{letter}{ending}": base**power
    for power, letter in enumerate("kmgt", 1)
    for ending, base in (("b", 1000), ("ib", 1024))
}
_capitals = {code: code + 32 for code in range(65, 91)}

LONGEST_NUMBER = 64
"""Characters of the longest text that is read as a number."""


class Comparison(NamedTuple):
    """A parsed comparison.

    Attributes:
        source: as it was typed.
        name: of the field.
        operator: one of ``= > >= < <= ~``.
        negated: whether the operator was ``!=`` or ``!~``, which select the fields that do not match.
        value: the text to compare with.
        role: the standard field that the name also stands for: time, level, logger, message, source, trace; or empty.
        pattern: the value, where it is a regular expression.
        level: the value as a number of `logging`, where the name may be that of a level.
        number: the value as a number.
        unit: the text after the number.
        span: the value as a time, from and to, in seconds since the epoch.
        utc_span: the same for records that are shown in UTC, where the value has no zone of its own.
        clock: the value as a time of day alone, from and to, in seconds since midnight.
    """

    source: str
    name: str
    operator: str
    negated: bool
    value: str
    role: str = ""
    pattern: Pattern | None = None
    level: int | None = None
    number: float | None = None
    unit: str = ""
    span: tuple[float, float] | None = None
    utc_span: tuple[float, float] | None = None
    clock: tuple[float, float] | None = None

    @property
    def is_text(self) -> bool:
        """True if the comparison holds only for texts that contain the value."""
        plain = self.number is None and self.level is None and self.span is None
        return plain and self.operator == "=" and not self.negated

    def holds(self, text: str) -> bool:
        """Return whether a field's text satisfies the comparison, without regard to `negated`."""
        if self.pattern is not None:
            return bool(self.pattern.matching(text.encode("utf-8", "replace") + b"\n"))
        if self.level is not None and self.number is None:
            own = severity(text)
            if own is not None:
                return self.holds_for_level(own)
        if self.span is not None:
            when = moment_of(text)
            if when is not None:
                return self.holds_for_time(when)
        if self.number is not None:
            number, unit = _quantity_of(text)
            if number is not None and unit == self.unit:
                return bool(_OPERATORS[self.operator](number, self.number))
            if number is not None and unit and self.unit and _kind_of(unit) == _kind_of(self.unit) != "":
                return bool(_OPERATORS[self.operator](_in_base(number, unit), _in_base(self.number, self.unit)))
        own_text, value = (text, self.value) if self.value != lower(self.value) else (lower(text), self.value)
        if self.operator == "=":
            return own_text == value or (self.role == "logger" and _is_below(own_text, value))
        if self.number is not None or self.span is not None or self.level is not None:
            return False
        return bool(_OPERATORS[self.operator](own_text, value))

    def holds_for_level(self, level: int) -> bool:
        """Return whether a level, as a number of `logging`, satisfies the comparison, without regard to `negated`."""
        if self.pattern is not None or self.level is None:
            return self.holds(STANDARD.get(level, str(level)))
        return bool(_OPERATORS[self.operator](level, self.level))

    def holds_for_time(self, when: float, *, utc: bool = False) -> bool:
        """Return whether a time satisfies the comparison, without regard to `negated`.

        Args:
            when: seconds since the epoch.
            utc: whether the time is shown in UTC.
        """
        span = self.utc_span if utc and self.utc_span is not None else self.span
        if span is None:
            number = None if self.number is None else epoch(self.number)
            return number is not None and bool(_OPERATORS[self.operator](when, number))
        if self.clock is not None:
            when, span = _seconds_of_day(when, utc=utc), self.clock
        start, end = span
        if self.operator == "=":
            return start <= when < end
        if self.operator in (">=", "<"):
            return (when >= start) == (self.operator == ">=")
        return (when >= end) == (self.operator == ">")


def read_comparison(source: str, names: FieldNames = USUAL, *, ignore_case: bool = False) -> Comparison | None:
    """Parse a comparison; None if the text is none, and so a regular expression.

    Args:
        source: as it was typed.
        names: meanings of field names.
        ignore_case: case does not count, even if name or value have capitals.

    Raises:
        PatternError: the text is a comparison that makes no sense.

    Examples:
        >>> found = read_comparison("http.status >= 500")
        >>> found.name, found.operator, found.number
        ('http.status', '>=', 500)
        >>> read_comparison("connection (reset|refused)"), read_comparison("path=/api/.*")
        (None, None)
        >>> read_comparison("level>=loud")
        Traceback (most recent call last):
        reflowlog.text.search.pattern_source.PatternError: 'loud' is not a level, such as info, warning or error
    """
    parts = _parts.fullmatch(source)
    if parts is None:
        return None
    name, sign, typed = parts.groups()
    negated = sign in ("!=", "!~")
    sign = _PLAIN.get(sign, sign[1:] if negated else sign)
    if not typed:
        if len(parts[2]) > 1 and parts[2] != "==":
            raise PatternError(f"nothing to compare with after {parts[2]}")
        return None
    value = _value(typed, is_pattern=sign == "~")
    if value is None:
        return None
    role = standard_name(name, names)
    compared = Comparison(source.strip(), name, sign, negated, value, role)
    if ignore_case:
        compared = compared._replace(name=lower(name), value=lower(value))
    if sign == "~":
        return compared._replace(pattern=compile_pattern(value, ignore_case=ignore_case))
    number, unit = _quantity_of(value)
    level = parse_level(value) if role == "level" or _like_level.search(name) else None
    is_time = number is None and (role == "time" or _like_time.match(value) is not None)
    span = _span(value) if is_time else None
    if sign != "=":
        if role == "level" and level is None:
            meant = suggest_level(value)
            hint = f"; did you mean {meant}?" if meant else ""
            raise PatternError(f"{value!r} is not a level, such as info, warning or error{hint}")
        if role == "time" and span is None and (number is None or epoch(number) is None):
            raise PatternError(f"{value!r} is not a time, such as 2026-01-02 or 10:15:30")
    if span is not None:
        is_month = _month.fullmatch(value) is not None
        has_day = is_month or has_date(value)
        utc_span = _span(f"{value}Z" if is_month or has_clock(value) else f"{value} 00:00:00Z")
        compared = compared._replace(utc_span=utc_span, clock=None if has_day else _clock_of(value))
    return compared._replace(level=level, number=number, unit=unit, span=span)


def standard_name(name: str, names: FieldNames = USUAL) -> str:
    """Return the standard field that a name certainly stands for; empty if none."""
    role = names.roles[name]
    if role >= 0 and role % RANKS <= SURE:
        return _ROLES.get(role // RANKS * RANKS, "")
    return "trace" if lower(name) == "trace" else ""


def _value(typed: str, *, is_pattern: bool) -> str | None:
    """Return the value without its quotes; None if the text is no value."""
    quoted = _quoted.fullmatch(typed)
    if quoted is not None:
        return quoted[2] if quoted[1] is None else re.sub(r'\\(["\\])', r"\1", quoted[1])
    if is_pattern:
        return None if re.search(r"\s", typed) else typed
    return typed if _bare.fullmatch(typed) and not _regular.search(typed) else None


def is_name(text: str) -> bool:
    """Return whether a text can be the name of a field in a comparison."""
    return _name.fullmatch(text) is not None


def lower(text: str) -> str:
    """Return a text with the upper-case letters of ASCII in lower case."""
    return text.lower() if text.isascii() else text.translate(_capitals)


def _is_below(logger: str, above: str) -> bool:
    return logger.startswith(above) and logger[len(above)] in ".:/"


def _quantity_of(text: str) -> tuple[float | None, str]:
    """Return a text as a number and its unit; (None, "") if it is no number."""
    if not text or len(text) > LONGEST_NUMBER or text[-1:].isspace():
        return None, ""
    found = _number_like.fullmatch(text)
    if found is not None:
        return (int(text) if found[1] is found[2] is None else float(text)), ""
    found = _quantity.fullmatch(text)
    if found is not None:
        return float(found[1]), lower(found[2])
    if _duration.fullmatch(text):
        return sum(_in_base(float(each[1]), each[2]) for each in _duration_part.finditer(text)), "s"
    return None, ""


def _kind_of(unit: str) -> str:
    """Return "duration" or "size" for a unit in small letters; empty for any other one."""
    return "duration" if unit in _DURATIONS else "size" if unit in _SIZES else ""


def _in_base(number: float, unit: str) -> float:
    """Return a duration in seconds, a size in bytes, without the error of a binary fraction."""
    return float(f"{number * (_DURATIONS.get(unit) or _SIZES[unit]):.12g}")


def _span(text: str) -> tuple[float, float] | None:
    """Return the period that a text names, from and to, in seconds since the epoch; None if it names no time."""
    month = _month.fullmatch(text)
    if month is not None:
        year, number, zone = int(month[1]), int(month[2]), month[3] or ""
        following = f"{year + number // 12}-{number % 12 + 1:02}"
        first, last = (moment(f"{each}-01 00:00:00{zone}") for each in (f"{year}-{number:02}", following))
        return None if first is None or last is None else (first, last)
    start = moment(text)
    if start is None:
        return None
    found = _clock.search(text)
    return start, start + (86_400 if found is None else _length_of(found))


def _length_of(clock: re.Match[str]) -> float:
    """Return the seconds for which a clock stands: a minute, a second or a part of one."""
    if clock[1] is None:
        return 60
    return 10.0 ** -len(clock[2]) if clock[2] else 1


def _clock_of(text: str) -> tuple[float, float] | None:
    """Return the period of a time of day without a zone, in seconds since midnight; None for any other text."""
    found = _time_of_day.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = int(found[1]), int(found[2]), float((found[3] or "0").replace(",", "."))
    start = hours * 3600 + minutes * 60 + seconds
    clock = _clock.search(text)
    return None if clock is None else (start, start + _length_of(clock))


def _seconds_of_day(when: float, *, utc: bool) -> float:
    """Return the seconds since midnight of a time in seconds since the epoch."""
    try:
        day = time.gmtime(when) if utc else time.localtime(when)
    except (OverflowError, ValueError, OSError):
        return -1
    return day.tm_hour * 3600 + day.tm_min * 60 + day.tm_sec + round(when % 1, 9)


def moment_of(text: str) -> float | None:
    """Return a field's text as a time in seconds since the epoch; None if it is no time."""
    if not 8 <= len(text) <= 48 or not text.isascii():
        return None
    number = text.partition(".")[0]
    return epoch(float(text)) if number.isdigit() and _number_like.fullmatch(text) else moment(text)
