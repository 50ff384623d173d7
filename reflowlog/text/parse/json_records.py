"""Parser of lines with fields: JSON, JSON after a plain prefix, logfmt -> log records. Pure.

Invariants:
- A line is a record with fields if it is one JSON object, or one after a prefix (``service | {...}``), or logfmt to
  its end, alone or after a header. Every other line is plain text, broken JSON too.
- Dialects are not detected. `text/parse/field_names.py` maps a field's name to a role and a rank: of several fields
  that could be the message, the surest wins. `text/parse/record_builder.py` decides where the value matters.
- **Nothing is lost.** A field that is not time, level, logger, message, source or trace is an extra, or hidden.
- Values are as untrusted as the line: `text/layout/columns.py` sanitizes all that it shows.
- A result depends on its line and the names of fields; a time without a year or a zone on the clock and zone of this
  machine, too. Names, shapes of objects and values of levels are memoized.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.records import LogRecord
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse import levels
from reflowlog.text.parse.field_names import LEVEL, LOGGER, MESSAGE, RANKS, TIME, USUAL, FieldNames
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.json_values import CONTAINERS, object_at, objects_at, text_of
from reflowlog.text.parse.line_facts import level_in, plain_facts, time_in
from reflowlog.text.parse.logfmt import MAX_PREFIX_CHARS, logfmt_pairs
from reflowlog.text.parse.nested_objects import flatten
from reflowlog.text.parse.otel import batch_records
from reflowlog.text.parse.record_builder import RecordBuilder
from reflowlog.text.parse.record_merge import merge_prefix, merge_records
from reflowlog.text.parse.usual_objects import usual_object_reader

if TYPE_CHECKING:
    from reflowlog.text.parse.json_values import Object

__all__ = ["is_record", "may_have_fields", "read_records"]

MAX_FLATTEN_PASSES = 8
"""Passes at most that flatten the nested objects of an object."""

MAX_BRACES = 3
"""Opening braces tried as the start of an object: ``span{id=1}: {...}``."""


def read_records(line: str, names: FieldNames = USUAL) -> list[LogRecord]:
    """Return the records of a line: one; more for a batch of OpenTelemetry; none if it is plain text.

    Args:
        line: raw text without newline, decoded with ``errors="replace"``.
        names: roles of field names.

    Examples:
        >>> found = read_records('{"level":"warn","msg":"low","free":"3 %"}')[0]
        >>> found.level, found.level_name, found.message, found.extras
        (30, 'WARNING', 'low', (('free', '3 %'),))
        >>> read_records("plain text")
        []
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
    if b"}" in data and _closing_brace.search(data) is not None:
        return True
    return b"=" in data and names.may_be_logfmt(data) is not None


_closing_brace = lazy_pattern(  # a line that ends with a brace, the marks of an array, and optional blanks of any kind
    rb"\}[\s,\]\x1c-\x1f\x80-\xff]*(?:\n|\Z)"
)


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
    try:
        reader = names.usual[keys]
    except KeyError:
        reader = names.remember_usual(keys, usual_object_reader(keys, shape))
    if reader is not None:
        record = reader.read(pairs)
        if record is not None:
            return record
    for _ in range(MAX_FLATTEN_PASSES):
        if not shape.openable or not any(pairs[index][1].__class__ in CONTAINERS for index in shape.openable):
            break
        opened = flatten(pairs, names)
        if opened is None:
            break
        pairs = opened
        shape = names.shape(tuple([name for name, _ in pairs]))
    builder = RecordBuilder(pairs)
    return _read_message(builder.read(shape.marked), builder.message_name, pairs, names)


def _read_message(record: LogRecord, field: str, pairs: Object, names: FieldNames) -> LogRecord:
    """Return a record merged with the record in its message, or with the level in the line of a container.

    Args:
        record: the record of an object.
        field: name of the message's field.
        pairs: the object's fields.
        names: roles of field names.
    """
    message = record.message
    if message[:1] == "{" and message[-1:] == "}":
        return _unwrap(record, pairs, names)
    if field == "log" and not record.level_name:
        level = plain_facts(sanitize(message.partition("\n")[0])[0]).level
        if level is not None:
            return record._replace(level=level, level_name=levels.STANDARD[level])
    return record


def _unwrap(record: LogRecord, pairs: Object, names: FieldNames) -> LogRecord:
    """Return the record in the message of a record, merged with it, as in the logs of containers."""
    inside = read_records(record.message, names)
    if len(inside) != 1 or not (inside[0].message or inside[0].level_name):
        return record
    shown: dict[int, tuple[str, str]] = {}
    for name, value in pairs:
        role = names.roles[name]
        if 0 <= role < LOGGER:
            shown.setdefault(role // RANKS * RANKS, (name, text_of(value)))
    return merge_records(inside[0], record, shown.get(TIME), shown.get(LEVEL))


def _prefixed_record(before: str, pairs: Object, names: FieldNames) -> list[LogRecord]:
    """Return the records of an object after a prefix; none if the prefix is no header and the object no record."""
    text = sanitize(before)[0].strip()
    records = _records(pairs, names)
    if not text:
        return records
    found = parts(text + " x")
    if found.column <= len(text) and not (
        found.column == 0 and len(records) == 1 and is_record(records[0]) and len(text.split()) <= 4
    ):
        return []
    time = time_in(text, found.time, None)
    level = level_in(text, found.level)
    name = text[slice(*found.logger)]
    if found.column == 0 and not name:
        name = text.rstrip(" |:>").lstrip("[").rstrip("]")
        found = found._replace(logger=(0, len(text)))
    outer = LogRecord(time, level or 0, levels.STANDARD[level] if level else "", name, "")
    return [merge_prefix(text, outer, (found.time, found.level, found.logger), each) for each in records]


def is_record(record: LogRecord) -> bool:
    """Return whether a record is one without doubt: it has a message, and a level or a time."""
    return bool(record.message) and (bool(record.level_name) or record.time is not None)


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
