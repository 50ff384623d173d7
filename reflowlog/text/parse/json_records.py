"""Parser of lines with fields: JSON, JSON after a plain prefix, logfmt -> log records. Pure.

Invariants:
- A line is a record with fields if it is one JSON object, or one after a prefix (``service | {...}``), or logfmt to
  its end, alone or after a header. Every other line is plain text, broken JSON too.
- Dialects are not detected. `text/parse/field_names.py` maps a field's name to a role and a rank: of several fields
  that could be the message, the surest wins. Where a name is ambiguous, its value decides, or the fields beside it: a
  level of 30 is pino's INFO, but WARNING beside fields that only Python writes.
- **Nothing is lost.** A field that is not time, level, logger, message, source or trace is an extra, in the order of
  the line; so is every field that lost against a surer one, or whose value does not fit its name. Nested values are
  compact JSON. Fields that a journal adds to each record (``_BOOT_ID``...) are hidden. A field that repeats another
  one (``levelno`` beside ``levelname``) is left out.
- Values are as untrusted as the line: `text/layout/columns.py` sanitizes all that it shows.
- Numbers are shown as written: a fraction never becomes a float and back.
- A result depends on its line only; only names are memoized.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from reflowlog.core.memo import Memo
from reflowlog.core.records import LogRecord
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse import levels
from reflowlog.text.parse.field_names import (
    FILE,
    FLATTENED,
    LEVEL,
    LINE,
    LOGGER,
    MESSAGE,
    RANKS,
    SOURCE,
    SURE,
    TIME,
    TRACE,
    USUAL,
    VALUES,
    FieldNames,
)
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.json_values import (
    Number,
    Object,
    Pair,
    compact_json,
    is_object,
    object_at,
    objects_at,
    text_of,
)
from reflowlog.text.parse.line_facts import level_in, plain_facts, time_in
from reflowlog.text.parse.logfmt import MAX_PREFIX_CHARS, logfmt_pairs
from reflowlog.text.parse.otel import TIME_KEYS, attribute_pairs, batch_records, by_unit, objects_in, plain_value
from reflowlog.text.parse.timestamps import epoch, has_clock, has_date, iso, moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.text.parse.field_names import ObjectShape

__all__ = [
    "PYTHON_FIELDS",
    "UNUSUAL_NAMES",
    "may_have_fields",
    "read_fields",
    "read_records",
]

_Extras = tuple[tuple[str, str], ...]

SAME_TIME_SECONDS = 0.001
"""Seconds: a second time of a record within this distance of the first is a repetition."""

WRAPPER_TIME_SECONDS = 2.0
"""Seconds: the distance for a time that a wrapper adds to the record, such as a container's runtime or a collector."""

MAX_HALF_TIME_CHARS = 18
"""Characters of a date, or of a clock with its fraction."""

MAX_FILLING_CHARS = 65_536
"""Characters that fill the holes of a message template at most; further holes stay."""

MAX_FLATTEN_PASSES = 8
"""Passes at most that flatten the nested objects of an object."""

MAX_LEVELS = 64
"""Values of the level's field that are remembered for each shape of objects."""

MAX_BRACES = 3
"""Opening braces tried as the start of an object: ``span{id=1}: {...}``."""


def read_fields(line: str, names: FieldNames = USUAL) -> LogRecord | None:
    """Return the first record of a line; None if it is plain text.

    Args:
        line: raw text without newline, decoded with ``errors="replace"``.
        names: roles of field names.

    Examples:
        >>> found = read_fields('{"level":"warn","msg":"low","free":"3 %"}')
        >>> found.level, found.level_name, found.message, found.extras
        (30, 'WARNING', 'low', (('free', '3 %'),))
        >>> read_fields("plain text")
    """
    found = read_records(line, names)
    return found[0] if found else None


def read_records(line: str, names: FieldNames = USUAL) -> list[LogRecord]:
    """Return the records of a line: one; more for a batch of OpenTelemetry; none if it is plain text.

    Args:
        line: raw text without newline, decoded with ``errors="replace"``.
        names: roles of field names.

    Examples:
        >>> read_records('{"level":"warn","note":"low"}', FieldNames({"message": ["note"]}))[0].message
        'low'
    """
    try:
        place = line.find("{")
        if place >= 0 and line[-1] != "}" and (element := _element(line)) is not None:
            line, place = element, 0
        if place >= 0 and (line[-1] == "}" or line.rstrip()[-1:] == "}"):
            before = line[:place].strip(" \t\ufeff") if place else ""
            if not before:
                found = object_at(line, place)
                if found:
                    return _records(found, names)
                return [each for pairs in objects_at(line, place) for each in _records(pairs, names)]
            for _ in range(MAX_BRACES):
                found = object_at(line, place) if 0 <= place <= MAX_PREFIX_CHARS else None
                if found:
                    return _prefixed_record(line[:place].strip(" \t\ufeff"), found, names)
                place = line.find("{", place + 1)
        if "=" in line:
            return _logfmt_records(line, names)
    except RecursionError:
        pass
    return []


def _element(line: str) -> str | None:
    """Return the object of a line that is an element of an array, one a line; None for any other line."""
    text = line.strip(" \t\ufeff\r")
    if text[:1] not in "[{" or text[-1:] not in ",]":
        return None
    text = text.removesuffix(",").rstrip().removesuffix("]").rstrip().removeprefix("[").lstrip()
    return text if text[:1] == "{" and text[-1:] == "}" else None


def may_have_fields(data: bytes, names: FieldNames = USUAL) -> bool:
    """Return whether any line of a chunk could be a record with fields. About 1 ms per MB.

    Args:
        data: lines with their newlines.
        names: roles of field names.

    Returns:
        False only if `read_records` finds none in each line; its True is no promise.
    """
    if b"}" in data and _closing_brace()(data) is not None:
        return True
    return b"=" in data and names.may_be_logfmt(data) is not None


@cache
def _closing_brace() -> Callable[[bytes], re.Match[bytes] | None]:
    """Return a search for a line that ends with a brace, the marks of an array, and optional blanks of any kind."""
    return re.compile(rb"\}[\s,\]\x1c-\x1f\x80-\xff]*(?:\n|\Z)").search


# -- records of objects ------------------------------------------------------------------------------------------------

_CONTAINERS = (tuple, list)

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
PYTHON_FIELDS = {"event", "levelname", "levelno", "logger_name", "lineno", "funcName", "func_name", "exc_info"}
_NODE_FIELDS = {"hostname", "pid", "v"}
_MESSAGE_COPIES = {"log.original", "err.message", "error.message", "exception.message"}  # that may repeat the message
_TRACEBACK = "Traceback (most recent call last):"
_SHORT = len(_TRACEBACK)
_CAUSED = "The above exception was the direct cause of the following exception:"
_MEANWHILE = "During handling of the above exception, another exception occurred:"
_JOURNAL_TIME = "__REALTIME_TIMESTAMP"
_NOT_HIDDEN = {"_PID", "_HOSTNAME"}
UNUSUAL_NAMES = {_JOURNAL_TIME, "level.icon", "@t", "log", *_MESSAGE_COPIES}
"""Names of fields with a meaning beside their role."""


def _records(pairs: Object, names: FieldNames) -> list[LogRecord]:
    """Return the records of an object: several for a batch of OpenTelemetry, else one."""
    if pairs[0][0] == "resourceLogs":
        found = [_record_of(each, names) for each in batch_records(pairs)]
        if found:
            return found
    return [_record_of(pairs, names)]


def _record_of(pairs: Object, names: FieldNames) -> LogRecord:
    """Return the record of one object, after its nested objects are flattened."""
    keys = tuple([name for name, _ in pairs])
    shape = names.shape(keys)
    usual = names.usual.get(keys, names)
    if usual is names:
        usual = _usual_shape(keys, shape, names)
        names.remember_usual(keys, usual)
    if usual is not None:
        record: LogRecord | None = usual.read(pairs)
        if record is not None:
            return record
    for _ in range(MAX_FLATTEN_PASSES):
        if not shape.openable or not any(pairs[index][1].__class__ in _CONTAINERS for index in shape.openable):
            break
        opened = _flatten(pairs, names)
        if opened is None:
            break
        pairs = opened
        shape = names.shape(tuple([name for name, _ in pairs]))
    return _RecordBuilder(pairs, names).read(shape.marked)


class _UsualShape:
    """Objects whose fields have each at most one role, of time, level, logger and message: read without a builder.

    Invariants:
    - The record is that of `_RecordBuilder` (a test holds both to each other), or None where the values are not usual.
    - The level depends on the names and its own value only, and is remembered.

    Args:
        time: place of the field; -1 for none, as for the others.
        level: place of the level.
        role: role of the level.
        logger: place of the logger.
        message: place of the message.
        count: number of fields.
        openable: places of fields that are flattened if they are objects.
        names: roles of field names.
    """

    __slots__ = ("extras", "level", "levels", "logger", "message", "names", "openable", "role", "time")

    def __init__(
        self,
        time: int,
        level: int,
        role: int,
        logger: int,
        message: int,
        count: int,
        openable: tuple[int, ...],
        names: FieldNames,
    ) -> None:
        self.time, self.level, self.role, self.logger, self.message = time, level, role, logger, message
        self.openable, self.names = openable, names
        self.extras = [place for place in range(count) if place not in (time, level, logger, message)]
        self.levels: Memo[tuple[type, Any], tuple[int, str] | None] = Memo(limit=MAX_LEVELS)

    def read(self, pairs: Object) -> LogRecord | None:
        """Return the record of an object of this shape; None if it has to be read the general way."""
        message, time, logger, level = pairs[self.message][1], None, "", (0, "")
        if message.__class__ is not str or not message or message[0] == "{":
            return None
        if self.time >= 0:
            time = _time_of(pairs[self.time][1])
            if time is None:
                return None
        if self.logger >= 0:
            logger = pairs[self.logger][1]
            if logger.__class__ is not str or not logger or _is_quantity(logger):
                return None
        if self.level >= 0:
            value = pairs[self.level][1]
            if value.__class__ is str:
                if not value.isprintable():
                    return None
            elif value.__class__ is not int:
                return None
            key = value.__class__, value
            found = self.levels.get(key)
            if found is None:
                found = _RecordBuilder(pairs, self.names).level_of(pairs[self.level][0], value, self.role)
                if found is None:
                    return None
                self.levels.remember(key, found)
            level = found
        extras = []
        for place in self.extras:
            name, value = pairs[place]
            if value.__class__ is not str:
                if value.__class__ in _CONTAINERS and place in self.openable:
                    return None
                value = text_of(value)
            if len(value) > _SHORT and _TRACEBACK in value:
                return None
            extras.append((name, value))
        return LogRecord(time, *level, logger, message.rstrip("\r\n"), tuple(extras), "", "", None, ())


def _usual_shape(keys: tuple[str, ...], shape: ObjectShape, names: FieldNames) -> _UsualShape | None:
    """Return the reader of a shape; None if its fields do not have one role each."""
    places = {role // RANKS * RANKS: (place, role) for role, place in shape.marked}
    message, role = places.get(MESSAGE, (-1, 0))
    is_plain = len(places) == len(shape.marked) and places.keys() <= {TIME, LEVEL, LOGGER, MESSAGE}
    if not is_plain or message < 0 or role == MESSAGE + 4 or not UNUSUAL_NAMES.isdisjoint(keys):
        return None
    level, role = places.get(LEVEL, (-1, 0))
    time, logger = places.get(TIME, (-1, 0))[0], places.get(LOGGER, (-1, 0))[0]
    return _UsualShape(time, level, role, logger, message, len(keys), shape.openable, names)


class _RecordBuilder:
    """Builder of a record: assigns each field of an object to a role, or to the extras.

    It has 18 attributes, one for each part of the record and each hint at a dialect.

    Args:
        pairs: the object's fields.
        names: roles of field names.
    """

    __slots__ = (
        *("file", "half_time", "journal", "level", "level_name", "line", "logger", "message", "named", "names"),
        *("pairs", "python", "rest", "source", "time", "traces", "unsure", "used"),
    )

    def __init__(self, pairs: Object, names: FieldNames) -> None:
        self.pairs = pairs
        self.names = names
        self.used: set[int] = set()
        self.time: float | None = None
        self.level = 0
        self.level_name = self.logger = self.source = ""
        self.message: str | None = None
        self.named = ""  # the message's field
        self.file = self.line = self.unsure = -1
        self.journal = False
        self.half_time = ""  # a date or a clock whose other half may be in another field
        self.python: bool | None = None  # True: its level numbers are those of `logging`; None: undecided
        self.traces: list[str] = []
        self.rest: list[tuple[str, str]] = []  # hidden fields: repetitions, or shown in another form

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
                if not self.logger and value.__class__ is str and value and not _is_quantity(value):
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
        found = _time_of(value)
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
            self.journal = name == _JOURNAL_TIME
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
        self.named = name
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

        return _hole().sub(fill, template)

    def take_source(self, value: Any, role: int, index: int) -> None:
        """Take the place in the program where the record was logged from a field, if it is one."""
        if role < FILE:
            if not self.source and value.__class__ is str and _source_like()(value):
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
                self.rest.append((name, text_of(value)))
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
            if index not in used and not (value == message and name in _MESSAGE_COPIES)
        ]
        if self.journal:
            self.rest += [pair for pair in extras if _is_hidden(pair[0])]
            extras = [pair for pair in extras if not _is_hidden(pair[0])]
        if [text for _, text in extras if len(text) > _SHORT and _TRACEBACK in text]:
            extras = [pair for pair in extras if not self.take_trace_extra(*pair)]
        if extras and extras[0][0] == "text" and message in extras[0][1] and any(n == "level.icon" for n, _ in extras):
            self.rest.append(extras.pop(0))  # loguru's
        if not self.level_name and any(name == "@t" for name, _ in self.pairs):
            self.level, self.level_name = 20, "INFO"  # CLEF omits the level of INFO
        trace = "\n".join(self.traces) if self.traces else ""
        fields = LogRecord(
            self.time,
            self.level,
            self.level_name,
            self.logger,
            message,
            tuple(extras),
            self.source,
            trace,
            None,
            tuple(self.rest),
        )
        if message[:1] == "{" and message[-1:] == "}":
            return self.unwrap(fields)
        if self.named == "log" and not self.level_name:
            level = plain_facts(sanitize(message.partition("\n")[0])[0]).level
            if level is not None:
                return fields._replace(level=level, level_name=levels.STANDARD[level])
        return fields

    def take_trace_extra(self, name: str, text: str) -> bool:
        """Take the traceback from an extra that is one, or repeats the record before it (loguru); else return False."""
        before, found, trace = text.partition(_TRACEBACK)
        if not found or (before and not (name == "text" and self.message and self.message in before)):
            return False
        if before:
            self.rest.append((name, text))
        self.traces.append(found + trace.rstrip("\n"))
        return True

    def unwrap(self, fields: LogRecord) -> LogRecord:
        """Return the record in the message of a record, merged with it, as in the logs of containers."""
        inside = read_records(fields.message, self.names)
        if len(inside) != 1 or not (inside[0].message or inside[0].level_name):
            return fields
        shown: dict[int, tuple[str, str]] = {}
        for name, value in self.pairs:
            role = self.names.roles[name]
            if 0 <= role < LOGGER:
                shown.setdefault(role // RANKS * RANKS, (name, text_of(value)))
        return _merge(inside[0], fields, shown.get(TIME), shown.get(LEVEL))


def _merge(
    inner: LogRecord,
    outer: LogRecord,
    time: tuple[str, str] | None,
    level: tuple[str, str] | None,
) -> LogRecord:
    """Merge a record with the one that wraps it: absent parts come from the wrapper, conflicting ones become extras.

    Args:
        inner: the wrapped record.
        outer: the record around it.
        time: name and text of the outer time.
        level: name and text of the outer level.
    """
    extras = [*inner.extras, *outer.extras]
    if (
        time
        and inner.time is not None
        and outer.time is not None
        and abs(inner.time - outer.time) > WRAPPER_TIME_SECONDS
    ):
        extras.append(time)
    if level and inner.level_name and outer.level_name not in ("", inner.level_name):
        extras.append(level)
    if inner.logger and outer.logger not in ("", inner.logger):
        extras.append(("logger", outer.logger))
    if inner.source and outer.source:
        extras.append(("source", outer.source))
    return inner._replace(
        time=outer.time if inner.time is None else inner.time,
        level=inner.level if inner.level_name else outer.level,
        level_name=inner.level_name or outer.level_name,
        logger=inner.logger or outer.logger,
        extras=tuple(extras),
        source=inner.source or outer.source,
        trace="\n".join(filter(None, (inner.trace, outer.trace))),
        hidden=inner.hidden + outer.hidden,
    )


def _is_hidden(name: str) -> bool:
    """Return whether a field of a journal is one that the journal adds to every record."""
    return (name[:1] == "_" and name not in _NOT_HIDDEN) or name == "SYSLOG_FACILITY"


def _time_of(value: Any) -> float | None:
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
        lines = [_TRACEBACK]
        for frame in map(dict, objects_in(frames)):
            at, line, function = (text_of(frame.get(key)) for key in ("filename", "lineno", "name"))
            lines.append(f'  File "{at}", line {line}, in {function}')
        lines.append(f"{kind}: {text_of(each.get('exc_value', ''))}")
        texts += ["\n".join(lines), _CAUSED if each.get("is_cause") else _MEANWHILE]
    return "\n\n".join(texts[:-1])


@cache
def _quantity() -> Callable[[str], re.Match[str] | None]:
    return re.compile(r"[\d.]+(?: ?[a-zµ%]{1,2})?").fullmatch


def _is_quantity(text: str) -> bool:
    """Return whether a text is a number with an optional unit (``18ms``), and so no name."""
    return text[0].isdecimal() and _quantity()(text) is not None


@cache
def _hole() -> re.Pattern[str]:
    """Return the pattern of a hole in a message template: its name and its format."""
    return re.compile(r"\{\{|\}\}|\{[@$]?(\w+)((?:,-?\d+)?(?::[^{}]*)?)\}")


@cache
def _source_like() -> Callable[[str], re.Match[str] | None]:
    """Return a matcher of texts that are places in a program, ``file.py:12``."""
    return re.compile(r"[^\s:]?[^:\n]{0,300}[./\w]:\d+(?::\d+)?\)?|[^\s:=]*/?[\w.-]+\.[A-Za-z]{1,5}").fullmatch


# -- objects in objects ------------------------------------------------------------------------------------------------


def _flatten(pairs: Object, names: FieldNames) -> Object | None:
    """Return the fields with nested objects flattened once; None if there is none to flatten."""
    found: list[Pair] = []
    for name, value in pairs:
        inner = _inner_fields(name, value, names)
        if inner is None:
            found.append((name, value))
        else:
            found += inner
    return None if len(found) == len(pairs) and all(map(_is_same_value, found, pairs)) else tuple(found)


def _is_same_value(one: Pair, other: Pair) -> bool:
    return one[1] is other[1]


def _inner_fields(name: str, value: Any, names: FieldNames) -> list[Pair] | None:
    """Return the fields that replace one whose value is an object or OpenTelemetry's list; None if it stays nested."""
    if value.__class__ is list:
        return attribute_pairs(value) if name == "attributes" else None
    if value.__class__ is not tuple or not value or name not in names.openable:
        return None
    keys = {key for key, _ in value}
    if name == "body" and len(value) == 1:
        text = plain_value(value)
        return None if text is value else [(name, text)]
    if keys in TIME_KEYS and len(value) == 2 and all(each.__class__ is int for _, each in value):
        seconds, nanoseconds = (each for _, each in sorted(value, key=by_unit))
        return [(name, seconds * 10**9 + nanoseconds)]
    for own in VALUES.get(name, ()):
        if own in keys:
            return [(name if key == own else f"{name}.{key}", each) for key, each in value]
    if name in FLATTENED and (keys & FLATTENED[name] or name == "Properties"):
        return list(value)
    if name in names.nests and keys & names.nests[name]:
        return [(f"{name}.{key}", each) for key, each in value]
    return None


# -- objects after a prefix --------------------------------------------------------------------------------------------


def _prefixed_record(before: str, pairs: Object, names: FieldNames) -> list[LogRecord]:
    """Return the records of an object after a prefix; none if the prefix is no header and the object no record."""
    text = sanitize(before)[0].strip()
    records = _records(pairs, names)
    if not text:
        return records
    found = parts(text + " x")
    if found.column <= len(text) and not (
        found.column == 0 and len(records) == 1 and _is_record(records[0]) and len(text.split()) <= 4
    ):
        return []
    time = time_in(text, found.time, None)
    level = level_in(text, found.level)
    name = text[slice(*found.logger)]
    if found.column == 0 and not name:
        name = text.rstrip(" |:>").lstrip("[").rstrip("]")
        found = found._replace(logger=(0, len(text)))
    outer = LogRecord(time, level or 0, levels.STANDARD[level] if level else "", name, "")
    return [_merge_prefix(text, outer, (found.time, found.level, found.logger), each) for each in records]


def _is_record(fields: LogRecord) -> bool:
    """Return whether fields are those of a log record without doubt: a message, and a level or a time."""
    return bool(fields.message) and (bool(fields.level_name) or fields.time is not None)


def _merge_prefix(text: str, outer: LogRecord, places: tuple[tuple[int, int], ...], inner: LogRecord) -> LogRecord:
    """Merge a record with the header before it; the words that fit no column become the extra ``prefix``."""
    (time, level, logger), rest = places, list(text)
    if outer.time is not None and (inner.time is None or abs(inner.time - outer.time) <= WRAPPER_TIME_SECONDS):
        rest[slice(*time)] = " " * (time[1] - time[0])
    if outer.level_name and inner.level_name in ("", outer.level_name):
        rest[slice(*level)] = " " * (level[1] - level[0])
    if outer.logger and inner.logger in ("", outer.logger):
        rest[slice(*logger)] = " " * (logger[1] - logger[0])
    left = " ".join(word for word in "".join(rest).split() if any(map(str.isalnum, word)))
    left = left.strip("|:- ")
    found = _merge(inner, outer, None, None)
    extras = inner.extras + outer.extras
    return found._replace(extras=(*extras, ("prefix", left)) if left else extras)


# -- logfmt ------------------------------------------------------------------------------------------------------------


def _logfmt_records(line: str, names: FieldNames) -> list[LogRecord]:
    """Return the record of a line that is logfmt to its end, alone or after a header; none for any other line."""
    found = logfmt_pairs(line, names)
    if found is None:
        return []
    before, pairs = found
    if not before:
        record = _record_of(pairs, names)
        return [record] if record.level_name or (record.time is not None and record.message) else []
    if not any(names.roles[name] // RANKS * RANKS in (LEVEL, MESSAGE) for name, _ in pairs):
        return []
    return _prefixed_record(before, pairs, names)
