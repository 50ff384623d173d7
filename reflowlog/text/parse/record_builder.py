"""Builder of a log record from the fields of one object, JSON or logfmt, whatever its dialect.

Invariants:
- **Nothing is lost.** A field that is not time, level, logger, message, source or trace is an extra, in the order of
  the line; so is every field that lost against a surer one, or whose value does not fit its name.
- Where a name is ambiguous, its value decides, or the fields beside it: a level of 30 is pino's INFO, but WARNING
  beside fields that only Python writes.
- Fields that a journal adds to each record (``_BOOT_ID``...) are hidden. A field that repeats another one (``levelno``
  beside ``levelname``) is left out.
- Nested values are compact JSON, numbers are shown as written: a fraction never becomes a float and back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.records import LogRecord
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse import levels
from reflowlog.text.parse.field_names import (
    FILE,
    JOURNAL_TIME,
    LEVEL,
    LINE,
    LOGGER,
    MESSAGE,
    MESSAGE_COPIES,
    PYTHON_FIELDS,
    SOURCE,
    SURE,
    TRACE,
)
from reflowlog.text.parse.json_values import Number, Object, compact_json, is_object, text_of
from reflowlog.text.parse.otel import objects_in
from reflowlog.text.parse.timestamps import epoch, has_clock, has_date, iso, moment

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

__all__ = ["TRACEBACK", "RecordBuilder", "is_quantity", "time_of"]

SAME_TIME_SECONDS = 0.001
"""Seconds: a second time of a record within this distance of the first is a repetition."""

MAX_HALF_TIME_CHARS = 18
"""Characters of a date, or of a clock with its fraction."""

MAX_FILLING_CHARS = 65_536
"""Characters that fill the holes of a message template at most; further holes stay."""

TRACEBACK = "Traceback (most recent call last):"
"""First line of Python's traceback."""

_SCHEMES: dict[str, Callable[[int], int | None]] = {
    "severitynumber": levels.otel,
    "severity_number": levels.otel,
    "levelno": levels.python,
    "level.no": levels.python,
    "level_number": levels.python,
    "priority": levels.syslog,
    "syslog_severity": levels.syslog,
}
_NAMED_ONLY = {"s", "l", "L", "at", "priority", "status", "Status", "STATUS"}  # fields whose numbers are no levels
_NODE_FIELDS = {"hostname", "pid", "v"}
_CAUSED = "The above exception was the direct cause of the following exception:"
_MEANWHILE = "During handling of the above exception, another exception occurred:"
_NOT_HIDDEN = {"_PID", "_HOSTNAME"}


class RecordBuilder:
    """Builder of a record: assigns each field of an object to a role, or to the extras.

    It has 17 attributes, one for each part of the record and each hint at a dialect.

    Args:
        pairs: the object's fields.
    """

    __slots__ = (
        *("file", "half_time", "hidden", "journal", "level", "level_name", "line", "logger", "message"),
        *("message_name", "pairs", "python", "source", "time", "traces", "unsure", "used"),
    )

    def __init__(self, pairs: Object) -> None:
        self.pairs = pairs
        self.used: set[int] = set()
        self.time: float | None = None
        self.level = 0
        self.level_name = self.logger = self.source = ""
        self.message: str | None = None
        self.message_name = ""  # of its field
        self.file = self.line = self.unsure = -1
        self.journal = False
        self.half_time = ""  # a date or a clock whose other half may be in another field
        self.python: bool | None = None  # True: its level numbers are those of `logging`; None: undecided
        self.traces: list[str] = []
        self.hidden: list[tuple[str, str]] = []  # hidden fields: repetitions, or shown in another form

    def read(self, marked: tuple[tuple[int, int], ...]) -> LogRecord:
        """Return the record, given role and index of the fields that have a role, the surest first."""
        pairs, used = self.pairs, self.used
        for role, index in marked:
            name, value = pairs[index]
            if role < LEVEL:
                if self.take_time(name, value):
                    used.add(index)
            elif role < LOGGER:
                if self.take_level(name, value, role):
                    used.add(index)
            elif role < MESSAGE:
                if not self.logger and value.__class__ is str and value and not is_quantity(value):
                    self.logger = value
                    self.unsure = index if role > LOGGER + SURE else -1
                    used.add(index)
            elif role < SOURCE:
                if self.message is None and self.take_message(name, value, role):
                    used.add(index)
            elif role < TRACE:
                self.take_source(value, role, index)
            elif self.take_trace(name, value):
                used.add(index)
        return self.build()

    def take_time(self, name: str, value: Any) -> bool:
        """Take the time from a field; return True if it is one, or repeats it. Date and clock may be two fields."""
        found = time_of(value)
        if value.__class__ is str and len(value) <= MAX_HALF_TIME_CHARS and value.isascii():
            other, self.half_time = self.half_time, value
            for both in (f"{other} {value}", f"{value} {other}") if other else ():
                joined = moment(both)
                if joined is not None and has_date(both) and has_clock(both):
                    self.time = joined
                    return True
        if found is None:
            return False
        if self.time is None:
            self.time = found
            self.journal = name == JOURNAL_TIME
            return True
        return abs(found - self.time) < SAME_TIME_SECONDS

    def level_of(self, name: str, value: Any, role: int) -> tuple[int, str] | None:
        """Return number and name of the level that a field tells, by its value and the names of all; None for none."""
        if value.__class__ is str:
            number = levels.severity(value)
            if number is not None and (len(value) > 1 or value.isupper()):
                slog = "+" in value or "-" in value
                return number, value if slog else levels.STANDARD[number]
            if value.isascii() and value.isdigit() and len(value) < 9:
                return self.numeric_level(name, int(value))
            if role <= LEVEL + SURE and 0 < len(value) <= 8 and value.isalnum():
                return 0, value.upper()
        elif value.__class__ is int:
            return self.numeric_level(name, value)
        return None

    def take_level(self, name: str, value: Any, role: int) -> bool:
        """Take the level from a field; return True if it is one, or repeats it."""
        if value.__class__ is str and not value.isprintable():  # winston's colorize
            value = sanitize(value)[0]
        found = self.level_of(name, value, role)
        if found is None:
            return False
        if not self.level_name:
            self.level, self.level_name = found
            return True
        if not self.level and not (value.__class__ is str and not value.isdigit()):
            self.level = found[0]  # of a name of the program's own
            return role > LEVEL + SURE
        return found[0] == self.level != 0 and (role > LEVEL + SURE or found[1] == self.level_name)

    def numeric_level(self, name: str, number: int) -> tuple[int, str] | None:
        """Return number and name of a numeric level; None if the field's scheme has no such number."""
        if name in _NAMED_ONLY:
            return None
        scheme = _SCHEMES.get(name.lower(), levels.numeric)
        if name == "Level" and any(each == "LevelDisplayName" for each, _ in self.pairs):
            scheme = levels.windows
        if scheme is levels.numeric and 10 <= number <= 50:
            if self.python is None:
                names = {each for each, _ in self.pairs}
                self.python = bool(names & PYTHON_FIELDS) and not names & _NODE_FIELDS
            if self.python:
                scheme = levels.python
        level = scheme(number)
        return None if level is None else (level, levels.STANDARD[level])

    def take_message(self, name: str, value: Any, role: int) -> bool:
        """Take the message from a field; return False if its value is no message."""
        kind = value.__class__
        if kind is str:
            if role == MESSAGE + 4:
                value = self.render_template(value)
        elif (role > MESSAGE + SURE and name != "body") or value is None:
            return False
        elif kind is list and name == "MESSAGE":
            try:
                value = bytes(value).decode("utf-8", "replace")
            except (TypeError, ValueError):
                value = compact_json(value)
        else:
            value = text_of(value)
        self.message = value.rstrip("\r\n")
        self.message_name = name
        return True

    def render_template(self, template: str) -> str:
        """Return a message template with its holes filled; fields shown in it without a format are no extras."""
        places = {name: index for index, (name, _) in enumerate(self.pairs)}
        formatted = self.pairs[places["@r"]][1] if "@r" in places else None  # texts of holes with a format, in order
        ready = iter(formatted if formatted.__class__ is list else ())
        left = MAX_FILLING_CHARS

        def fill(hole: re.Match[str]) -> str:
            nonlocal left
            index = places.get(hole[1] or "", -1)
            if index < 0:
                return hole[0][0] if hole[0] in ("{{", "}}") else hole[0]
            text = text_of(next(ready, self.pairs[index][1]) if ":" in hole[2] else self.pairs[index][1])
            left -= len(text)
            if left < 0:
                return hole[0]
            if not hole[2]:
                self.used.add(index)
            return text

        return _hole.sub(fill, template)

    def take_source(self, value: Any, role: int, index: int) -> None:
        """Take the place in the program where the record was logged from a field, if it is one."""
        if role < FILE:
            if not self.source and value.__class__ is str and _source_like.fullmatch(value):
                self.source = value
                self.used.add(index)
        elif role < LINE:
            if self.file < 0 and value.__class__ is str and value:
                self.file = index
        elif self.line < 0 and (value.__class__ is int or (value.__class__ is str and value.isdigit())):
            self.line = index
            if not self.source and self.file >= 0:
                self.source = f"{self.pairs[self.file][1]}:{value}"
                self.used |= {self.file, index}

    def take_trace(self, name: str, value: Any) -> bool:
        """Take a traceback: a text, a list of lines, or structlog's list of exceptions; return False for any other."""
        if value.__class__ is list and value and all(each.__class__ is str for each in value):
            value = "\n".join([each.rstrip("\n") for each in value])
        elif value.__class__ is list and value and all(map(is_object, value)):
            trace = _python_trace(value)
            if trace:
                self.traces.append(trace)
                self.hidden.append((name, text_of(value)))
            return bool(trace)
        if value.__class__ is not str:
            return False
        value = value.strip("\r\n")
        if value and value != self.message and not (":" in value or " " in value or "\n" in value):
            return False
        if value not in ("", self.message, *self.traces):
            self.traces.append(value)
        return True

    def build(self) -> LogRecord:
        """Return the record, after all fields with roles have been assigned."""
        used = self.used
        if self.unsure >= 0 and self.message is None and not self.level_name and self.time is None:
            self.logger = ""  # data, not a log record: its name is no logger
            used.discard(self.unsure)
        message = self.message or ""
        extras = [
            (name, value if value.__class__ is str else text_of(value))
            for index, (name, value) in enumerate(self.pairs)
            if index not in used and not (value == message and name in MESSAGE_COPIES)
        ]
        if self.journal:
            self.hidden += [pair for pair in extras if _is_hidden(pair[0])]
            extras = [pair for pair in extras if not _is_hidden(pair[0])]
        if [text for _, text in extras if len(text) > len(TRACEBACK) and TRACEBACK in text]:
            extras = [pair for pair in extras if not self.take_trace_extra(*pair)]
        if extras and extras[0][0] == "text" and message in extras[0][1] and any(n == "level.icon" for n, _ in extras):
            self.hidden.append(extras.pop(0))  # loguru's
        if not self.level_name and any(name == "@t" for name, _ in self.pairs):
            self.level, self.level_name = 20, "INFO"  # CLEF omits the level of INFO
        trace = "\n".join(self.traces) if self.traces else ""
        return LogRecord(
            self.time,
            self.level,
            self.level_name,
            self.logger,
            message,
            tuple(extras),
            self.source,
            trace,
            None,
            tuple(self.hidden),
        )

    def take_trace_extra(self, name: str, text: str) -> bool:
        """Take the traceback from an extra that is one, or repeats the record before it (loguru); else return False."""
        before, found, trace = text.partition(TRACEBACK)
        if not found or (before and not (name == "text" and self.message and self.message in before)):
            return False
        if before:
            self.hidden.append((name, text))
        self.traces.append(found + trace.rstrip("\n"))
        return True


def _is_hidden(name: str) -> bool:
    """Return whether a field of a journal is one that the journal adds to every record."""
    return (name[:1] == "_" and name not in _NOT_HIDDEN) or name == "SYSLOG_FACILITY"


def time_of(value: Any) -> float | None:
    """Return the seconds since the epoch of a JSON value; None if it is no time."""
    kind = value.__class__
    if kind is str:
        found = iso(value)
        if found is not None or len(value) < 8:
            return found
        return moment(value) if len(value) <= 48 and value.isascii() and (value[0].isdigit() or ":" in value) else None
    if kind is int:
        return epoch(value) if value < 1 << 63 else None
    if kind is Number:
        return epoch(float(value))
    return None


def _python_trace(exceptions: list[Object]) -> str:
    """Return Python's traceback for structlog's list of exceptions (the last one first); "" for any other list."""
    texts: list[str] = []
    for each in map(dict, reversed(exceptions)):
        frames, kind = each.get("frames"), each.get("exc_type")
        if frames.__class__ is not list or kind.__class__ is not str:
            return ""
        lines = [TRACEBACK]
        for frame in map(dict, objects_in(frames)):
            at, line, function = (text_of(frame.get(key)) for key in ("filename", "lineno", "name"))
            lines.append(f'  File "{at}", line {line}, in {function}')
        lines.append(f"{kind}: {text_of(each.get('exc_value', ''))}")
        texts += ["\n".join(lines), _CAUSED if each.get("is_cause") else _MEANWHILE]
    return "\n\n".join(texts[:-1])


_quantity = lazy_pattern(r"[\d.]+(?: ?[a-zµ%]{1,2})?")  # numbers with an optional unit


def is_quantity(text: str) -> bool:
    """Return whether a text is a number with an optional unit (``18ms``), and so no name."""
    return text[0].isdecimal() and _quantity.fullmatch(text) is not None


_hole = lazy_pattern(  # a hole in a message template: its name and its format
    r"\{\{|\}\}|\{[@$]?(\w+)((?:,-?\d+)?(?::[^{}]*)?)\}"
)


_source_like = lazy_pattern(  # texts that are places in a program, ``file.py:12``
    r"[^\s:]?[^:\n]{0,300}[./\w]:\d+(?::\d+)?\)?|[^\s:=]*/?[\w.-]+\.[A-Za-z]{1,5}"
)
