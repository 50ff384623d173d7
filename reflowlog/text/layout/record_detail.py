"""Detail of a record: every field under its name, nested JSON indented, the traceback, the line as it came. Pure.

Invariants:
- Nothing is lost: each field of a JSON or logfmt line is in the result, hidden ones too, and the line itself is the
  last part. A value is complete, whatever its length.
- Nothing depends on a width: `pager/detail.py` lays the lines out.
- Texts are as untrusted as the record. `detail_line` sanitizes what is shown; controls are shown and never act.
"""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import PLAIN, StyledLine
from reflowlog.text.clean.sanitize import mark_controls, sanitize
from reflowlog.text.layout.columns import time_text
from reflowlog.text.parse.field_names import FILE, LEVEL, LINE, LOGGER, RANKS, TIME, USUAL
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.json_values import (
    MAX_DEPTH,
    Number,
    compact_json,
    is_object,
    object_at,
    text_of,
    value_scanner,
)
from reflowlog.text.parse.levels import STANDARD
from reflowlog.text.parse.line_facts import plain_facts
from reflowlog.text.parse.logfmt import logfmt_pairs
from reflowlog.text.parse.pairs import pairs_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reflowlog.core.records import LogRecord
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.parse.json_values import Object

__all__ = ["DetailField", "Kind", "detail_line", "full_time", "record_detail"]

MAX_NESTED_CHARS = 65_536
"""Characters of a value that is indented as JSON; a longer one stays one line."""

MAX_NESTED_LINES = 5_000
"""Lines of a value that is indented as JSON."""

MAX_PAIRS = 500
"""Pairs ``name=value`` that are found in a plain line."""

MAX_LIST_CHARS = 60
"""Characters of a list of plain values that stays on one line."""

Kind = Literal["time", "level", "logger", "message", "source", "value", "trace", "line"]
"""Kinds of parts of a record; the kind decides the style."""

_SHOWN_AS_ROLES = (TIME, LEVEL, LOGGER, FILE, LINE)
"""Roles of fields whose own name and text are shown besides the part that was made of them."""


class DetailField(NamedTuple):
    """A part of a record.

    Attributes:
        name: shown before its first line; empty for a value inside a nested one, whose line has its name.
        value: its whole text.
        lines: the lines to show, in order; at least one.
        kind: what it is.
        path: the name by which filters and columns know it, dotted for a nested value; empty for no field.
        is_nested: whether it is a JSON object or array.
    """

    name: str
    value: str
    lines: tuple[str, ...]
    kind: Kind = "value"
    path: str = ""
    is_nested: bool = False


def record_detail(
    lines: Sequence[str],
    names: FieldNames = USUAL,
    *,
    utc: bool = False,
    records: Sequence[LogRecord] | None = None,
    original: Sequence[str] | None = None,
) -> tuple[DetailField, ...]:
    """Return the parts of a record, in the order in which they are shown.

    Args:
        lines: all its lines, decoded and without newlines: the first one, and what continues it.
        names: roles of field names.
        utc: show its time in UTC; else in local time, with its offset.
        records: the log records of the first line, if the caller has parsed them.
        original: the lines as they came, if they are not `lines`.

    Examples:
        >>> [(field.name, field.value) for field in record_detail(['{"level":"warn","msg":"low","free":"3 %"}'])][:3]
        [('level', 'WARNING'), ('message', 'low'), ('free', '3 %')]
        >>> [field.name for field in record_detail(["12:00:00 INFO took=3ms", "  more"])]
        ['time', 'level', 'message', 'took', 'trace', 'line']
    """
    first, further = lines[0], tuple(lines[1:])
    log_records = read_records(first, names) if records is None else records
    fields: list[DetailField] = []
    for record in log_records:
        fields += _record_fields(record, utc)
    if log_records:
        fields += _unshown(first, names, {field.path for field in fields}, {field.value for field in fields})
    else:
        fields += _plain_fields(first, utc)
    traces = [record.trace.rstrip("\n") for record in log_records if record.trace]
    if further:
        traces.append("\n".join(further))
    if traces:
        trace = "\n".join(traces)
        fields.append(DetailField("trace", trace, tuple(trace.split("\n")), "trace", "trace"))
    came = tuple(lines if original is None else original)
    fields.append(DetailField("line", "\n".join(came), came, "line"))
    return tuple(fields)


def _record_fields(record: LogRecord, utc: bool) -> Iterator[DetailField]:
    """Yield the parts of a record with fields, but for its traceback."""
    if record.time is not None:
        yield _text_field("time", full_time(record.time, utc), "time")
    if record.level_name:
        yield _text_field("level", record.level_name, "level")
    if record.logger:
        yield _text_field("logger", record.logger, "logger")
    if record.message:
        yield _text_field("message", record.message, "message")
    if record.source:
        yield _text_field("source", record.source, "source")
    for name, value in (*record.extras, *record.hidden):
        yield from _value_fields(name, value)


def _plain_fields(line: str, utc: bool) -> Iterator[DetailField]:
    """Yield the parts of a plain line: its header's, the message, and the pairs in it."""
    text = sanitize(line)[0]
    facts = plain_facts(text)
    if facts.time is not None:
        yield _text_field("time", full_time(facts.time, utc), "time")
    if facts.level is not None:
        yield _text_field("level", STANDARD.get(facts.level, str(facts.level)), "level")
    if facts.logger:
        yield _text_field("logger", facts.logger, "logger")
    message = text[parts(text).column :]
    if message:
        yield _text_field("message", message, "message")
    for name, value in pairs_in(text, MAX_PAIRS):
        yield _text_field(name, value, "value")


def _text_field(name: str, value: str, kind: Kind) -> DetailField:
    """Return a field without nested values."""
    return DetailField(name, value, tuple(value.split("\n")), kind, name)


def _unshown(line: str, names: FieldNames, known: set[str], texts: set[str]) -> Iterator[DetailField]:
    """Yield the fields that a part was made of, where their name or text differs from it."""
    for name, value in _pairs_of(line, names):
        role = names.roles[name]
        text = "" if isinstance(value, (tuple, list)) else text_of(value)
        if role >= 0 and role // RANKS * RANKS in _SHOWN_AS_ROLES and name not in known and text and text not in texts:
            yield _text_field(name, text, "value")


def _pairs_of(line: str, names: FieldNames) -> Object:
    """Return the fields of a line's object, or its logfmt pairs; none where it has several objects."""
    place = line.find("{")
    if place >= 0:
        found = object_at(line, place)
        return found if found and is_object(found) else ()
    pairs = logfmt_pairs(line, names)
    return () if pairs is None else pairs[1]


# -- nested values -----------------------------------------------------------------------------------------------------


def _value_fields(name: str, text: str) -> list[DetailField]:
    """Return the field of a value, and one for each value inside it if it is a JSON object or array."""
    if text[:1] in ("{", "[") and text[-1:] in ("}", "]") and len(text) <= MAX_NESTED_CHARS:
        try:
            value, end = value_scanner()(text, 0)
            if end == len(text) and isinstance(value, (tuple, list)):
                return _nested_fields(name, value, text)
        except (ValueError, StopIteration, RecursionError):
            pass
    return [_text_field(name, text, "value")]


def _nested_fields(name: str, value: Any, text: str) -> list[DetailField]:
    """Return the fields of an object or array."""
    lines = list(islice(_json_lines(value, "", name, "", 0), MAX_NESTED_LINES + 1))
    if len(lines) == 1 or len(lines) > MAX_NESTED_LINES:
        return [DetailField(name, text, (text,), "value", name, is_nested=True)]
    fields = [DetailField(name, text, (lines[0].text,), "value", name, is_nested=True)]
    for path, shown, inner in lines[1:]:
        if inner is None:  # a closing bracket
            fields[-1] = fields[-1]._replace(lines=(*fields[-1].lines, shown))
        else:
            is_nested = isinstance(inner, (tuple, list))
            fields.append(DetailField("", text_of(inner), (shown,), "value", path, is_nested))
    return fields


class _JsonLine(NamedTuple):
    """Line of an indented value.

    Attributes:
        path: of the value that begins in it.
        text: the line.
        value: the value; None for a closing bracket (a JSON null is `_NULL`).
    """

    path: str
    text: str
    value: Any


_NULL = Number("null")


def _json_lines(value: Any, key: str, path: str, comma: str, depth: int) -> Iterator[_JsonLine]:
    """Yield the lines of an indented value.

    Raises:
        RecursionError: it is nested deeper than `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise RecursionError
    pad = "  " * depth
    if isinstance(value, tuple) and value:
        yield _JsonLine(path, f"{pad}{key}{{", value)
        for number, (name, inner) in enumerate(value, 1):
            mark = "" if number == len(value) else ","
            yield from _json_lines(inner, f"{compact_json(name)}: ", f"{path}.{name}", mark, depth + 1)
        yield _JsonLine("", f"{pad}}}{comma}", None)
    elif isinstance(value, list) and not _is_short(value):
        yield _JsonLine(path, f"{pad}{key}[", value)
        for number, inner in enumerate(value, 1):
            yield from _json_lines(inner, "", path, "" if number == len(value) else ",", depth + 1)
        yield _JsonLine("", f"{pad}]{comma}", None)
    else:
        yield _JsonLine(path, f"{pad}{key}{compact_json(value)}{comma}", _NULL if value is None else value)


def _is_short(values: list[Any]) -> bool:
    """Return whether a list holds few plain values only."""
    return not any(isinstance(each, (tuple, list)) for each in values) and len(compact_json(values)) <= MAX_LIST_CHARS


# -- texts -------------------------------------------------------------------------------------------------------------


def full_time(moment: float, utc: bool = False) -> str:
    """Return a time with its date, at least milliseconds, and the offset from UTC.

    >>> full_time(1700000000.5, utc=True), full_time(1700000000.123456, utc=True)
    ('2023-11-14 22:13:20.500+00:00', '2023-11-14 22:13:20.123456+00:00')
    """
    text = time_text(moment, 23, utc)
    second = int(moment // 1)
    micros = int((moment - second) * 1_000_000 + 0.5)
    if micros % 1000 and micros < 1_000_000 and abs(micros - 1000 * int(text[-3:])) > 1:  # beyond the float's own error
        text = f"{text[:-4]}.{micros:06d}"
    try:
        offset = 0 if utc else time.localtime(second).tm_gmtoff
    except (OSError, OverflowError, ValueError):
        return text
    sign, offset = ("-", -offset) if offset < 0 else ("+", offset)
    return f"{text}{sign}{offset // 3600:02d}:{offset % 3600 // 60:02d}"


def detail_line(
    field: DetailField, text: str, theme: Theme | None = None, host: str | None = None, level: int = 0
) -> StyledLine:
    """Return one line of a field, sanitized and in the field's style.

    Args:
        field: the field.
        text: one of its lines.
        theme: styles; None: plain.
        host: this machine's name, for links, see `highlight`.
        level: the record's level, as a number of `logging`.
    """
    if field.kind == "line":
        return StyledLine(mark_controls(text), column=0)
    clean, spans = sanitize(text, overwrites=False)
    if theme is None or spans or not clean:
        return StyledLine(clean, spans, 0)
    style = PLAIN
    if field.kind == "level":
        style = theme.level(level)
    elif field.kind in ("time", "logger", "source"):
        style = theme.styles[field.kind]
    if style is not PLAIN:
        return StyledLine(clean, ((0, len(clean), style),), 0)
    from reflowlog.text.highlight.field_values import value_spans  # start-up cost: a viewer without a theme
    from reflowlog.text.highlight.marks import highlight

    if field.kind == "value":
        return StyledLine(clean, value_spans(field.path, clean, theme, host), 0)
    tint = (
        theme.styles["trace"] if field.kind == "trace" else theme.message(level) if field.kind == "message" else PLAIN
    )
    return StyledLine(clean, highlight(clean, theme, column=0, tint=tint, host=host), 0)
