"""Records as JSON lines, for saving. Pure.

Invariants:
- One record is one line: a record with fields has its fields, under one set of names; a plain one is its time, its
  level, its logger and its message, the lines of its traceback included.
- Nothing is lost: what a plain header holds besides is the field ``header``, such as a thread or a host.
- Unknown means unknown: a time or a level that a record does not have, or that cannot be read, is null.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.levels import STANDARD, python
from reflowlog.text.parse.line_facts import level_in, time_in, time_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.records import LogRecord

__all__ = ["iso_time", "plain_json", "record_json"]

_EMPTY_BRACKETS = re.compile(r"\[ *\]|\( *\)|\{ *\}|< *>")
_SEPARATORS = " -:|,;."


def iso_time(moment: float | None, utc: bool) -> str | None:
    """Return a moment in the form of ISO 8601, with its zone; None if there is none, or it cannot be written.

    >>> iso_time(1_700_000_000.25, True)
    '2023-11-14T22:13:20.250Z'
    """
    if moment is None:
        return None
    try:
        date = datetime.fromtimestamp(round(moment, 6), timezone.utc)
        date = date if utc else date.astimezone()
    except (OverflowError, OSError, ValueError):
        return None
    is_exact = date.microsecond % 1000 == 0
    return date.isoformat(timespec="milliseconds" if is_exact else "microseconds").replace("+00:00", "Z")


def plain_json(lines: Sequence[str], utc: bool) -> str:
    r"""Return a plain record as a line of JSON.

    Args:
        lines: its lines.
        utc: write the time in UTC; else in local time with its offset.

    >>> plain_json(["2023-11-14T22:13:20Z ERROR app.db: lost", "  at f"], True)
    '{"time":"2023-11-14T22:13:20.000Z","level":"ERROR","logger":"app.db","message":"lost\\n  at f"}'
    >>> plain_json(["2023-11-14T22:13:20Z [main] ERROR app.db - lost"], True)
    '{"time":"2023-11-14T22:13:20.000Z","level":"ERROR","logger":"app.db","header":"[main]","message":"lost"}'
    """
    first, *further = [sanitize(line.removesuffix("\r"))[0] for line in lines]
    header_parts = parts(first)
    level = level_in(first, header_parts.level)
    values: dict[str, Any] = {
        "time": iso_time(time_in(first, header_parts.time, None), utc),
        "level": None if level is None else STANDARD.get(python(level) or 0),
    }
    logger = first[slice(*header_parts.logger)]
    if logger:
        values["logger"] = logger
    known = [time_span(first, header_parts.time)] if values["time"] is not None else []
    known += [header_parts.level] if values["level"] is not None else []
    known += [header_parts.logger]
    if header := _header_besides(first[: header_parts.column], known):
        values["header"] = header
    values["message"] = "\n".join(
        [first[header_parts.column :].lstrip(" ") if header_parts.column else first, *further]
    )
    return _line(values)


def _header_besides(header: str, known: Sequence[tuple[int, int]]) -> str:
    """Return the text of a header without the spans that are known, and without separators around the rest."""
    rest = "".join([" " if any(start <= at < end for start, end in known) else char for at, char in enumerate(header)])
    before = ""
    while rest != before:
        before, rest = rest, _EMPTY_BRACKETS.sub(" ", rest)
    return " ".join(rest.split()).strip(_SEPARATORS)


def record_json(record: LogRecord, line: str, utc: bool) -> str:
    """Return a record with fields as a line of JSON.

    Args:
        record: the record.
        line: its line, from which values that are no texts have their types.
        utc: write the time in UTC; else in local time with its offset.

    >>> from reflowlog.core.records import LogRecord
    >>> record_json(LogRecord(None, 20, "INFO", "", "up", (("port", "80"),)), '{"msg": "up", "port": 80}', True)
    '{"time":null,"level":"INFO","message":"up","port":80}'
    """
    values: dict[str, Any] = {"time": iso_time(record.time, utc), "level": record.level_name or None}
    if record.logger:
        values["logger"] = record.logger
    values["message"] = sanitize(record.message)[0] if "\n" not in record.message else record.message
    typed = _typed(line)
    for name, value in (*record.extras, *record.hidden):
        values.setdefault(name, typed.get(name, value))
    if record.source:
        values.setdefault("source", record.source)
    if record.trace:
        values.setdefault("exception", record.trace)
    return _line(values)


def _typed(line: str) -> dict[str, Any]:
    """Return the values of a JSON object that are no texts, by name."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return {name: each for name, each in found.items() if not isinstance(each, str)} if isinstance(found, dict) else {}


def _line(values: dict[str, Any]) -> str:
    try:
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:  # not a number, or infinite: JSON has no such value
        shown = {name: value if isinstance(value, (str, type(None))) else str(value) for name, value in values.items()}
        text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace").decode()
