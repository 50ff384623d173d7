r"""Parser of printed lines: returns the fields of a line that is a log record without doubt. Pure; any thread.

Invariants:
- A pipe shows any JSON in columns, because its user asked for that. A program prints all kinds of text on its own
  console: so a record here has a message, and a level or a time. All other text is unchanged.
- Besides JSON and logfmt (`text/parse/json_records.py`) the output of structlog's ConsoleRenderer is read, with or
  without colours: ``2026-11-22 21:16:20 [info     ] message      [logger] key=value``. Its level is padded, which no
  other format does; its message is padded to 30 characters, if anything follows. The output of its KeyValueRenderer is
  read, if there is a level.
"""

from __future__ import annotations

import re

from reflowlog.core.records import LogRecord
from reflowlog.text.clean.sanitize import strip_forward_sequences
from reflowlog.text.parse.json_records import is_record, read_records
from reflowlog.text.parse.levels import STANDARD, severity
from reflowlog.text.parse.timestamps import moment

__all__ = ["read_printed"]

MESSAGE_PAD_CHARS = 30
"""Characters to which structlog pads a message."""

MAX_FIELD_STARTS = 8
"""Offsets of a longer message tried as the start of its fields, at most."""

_head = re.compile(r"(?:([^\[\]]{4,40}) )?\[([a-z]{3,12} *)\] (?=\S)").match
_after = re.compile(r" (?=\[[\w.]+\](?: |$)|[A-Za-z_][\w.-]*=)")
_logger = re.compile(r"\[([^\]]+)\](?: |$)").match
_pair = re.compile(
    r"""([A-Za-z_][\w.-]*) = ( '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | \S* | .*? )
    (?: \ (?=[A-Za-z_][\w.-]*=) | \ *$ )""",
    re.VERBOSE,
).match


def read_printed(line: str) -> list[LogRecord]:
    """Return the records of a printed line; none if it is plain text. Most text costs less than 1 us.

    Args:
        line: raw text without newline.

    Examples:
        >>> (found,) = read_printed("2026-11-22 21:16:20 [warning  ] low                            free='3 %'")
        >>> found.level_name, found.message, found.extras
        ('WARNING', 'low', (('free', '3 %'),))
        >>> read_printed('{"result": [1, 2, 3]}')
        []
    """
    if "=" not in line and "}" not in line and "] " not in line:
        return []
    if not line.isprintable():
        line = strip_forward_sequences(line)
    if "] " in line and (found := _structlog(line)) is not None:
        return [found]
    records = read_records(line)
    if not records and line[:1].islower() and (found := _key_values(line)) is not None:
        return [found]
    return records if records and all(map(is_record, records)) else []


def _structlog(line: str) -> LogRecord | None:
    """Return the record of a line of structlog's ConsoleRenderer; None for any other line."""
    head = _head(line)
    if head is None or len(head[2]) < len("critical"):
        return None
    level = severity(head[2].rstrip())
    time = moment(head[1]) if head[1] else None
    if level is None or (head[1] and time is None):
        return None
    message, logger, extras = _parts(line[head.end() :].rstrip())
    return LogRecord(time, level, STANDARD[level], logger, message, extras)


def _parts(rest: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Return message, logger and fields of the text after the level."""
    for number, found in enumerate(_after.finditer(rest, MESSAGE_PAD_CHARS)):
        if number == MAX_FIELD_STARTS:
            break
        place = found.end()
        logger = _logger(rest, place)
        pairs = _pairs(rest, logger.end() if logger else place)
        if pairs is not None:
            return rest[: found.start()].rstrip(), logger[1] if logger else "", pairs
    return rest, "", ()


def _key_values(line: str) -> LogRecord | None:
    """Return the record of a line of structlog's KeyValueRenderer, with Python literals as values; else None."""
    pairs = _pairs(line, 0) or ()
    found = dict(pairs)
    level = severity(found.get("level", ""))
    if level is None or "event" not in found or len(found) < len(pairs):
        return None
    time = moment(found["timestamp"]) if "timestamp" in found else None
    used = {"event", "level", "logger", *(["timestamp"] if time is not None else [])}
    extras = tuple([pair for pair in pairs if pair[0] not in used])
    return LogRecord(time, level, STANDARD[level], found.get("logger", ""), found["event"], extras)


def _pairs(text: str, place: int) -> tuple[tuple[str, str], ...] | None:
    """Return the fields from an offset to the end; None if the text holds anything else."""
    pairs: list[tuple[str, str]] = []
    while place < len(text):
        found = _pair(text, place)
        if found is None:
            return None
        name, value = found.groups()
        if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
            value = value[1:-1]
        pairs.append((name, value))
        place = found.end()
    return tuple(pairs)
