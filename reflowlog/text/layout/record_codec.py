r"""Codec of a program's own records: encodes them as lines where a log is stored and viewed as lines. Pure.

Invariants:
- **A round trip is the identity**: `read_entry` decodes the line of `line_of` to equal fields, whatever they hold; and
  no other line is a record: printed text that looks like one is escaped (`line_of_text`).
- A record's line is JSON in the names of `text/parse/json_records.py`, so that code without knowledge of this module
  finds levels in it, and a file saved from a viewer is an ordinary log.
- Searches run over the text of a record as shown at unlimited width, never over its JSON (`shown_lines`).
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from reflowlog.core.records import LogRecord
from reflowlog.text.layout.columns import columns
from reflowlog.text.parse import levels
from reflowlog.text.parse.json_values import json_encoder

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["line_of", "line_of_text", "read_entry", "shown_lines"]

_MARK: Final = "{\t"
_BYTES_MARK: Final = _MARK.encode()
_ESCAPE: Final = "\r"
"""Written before text that begins like a record: a carriage return at column 0 has no effect on a terminal."""

_NAMES = ("time", "level", "logger", "message", "source", "exception")
_OTHER_PARTS = "reflowlog"  # holds the other parts: number and name of the level, columns, hidden fields


def line_of(record: LogRecord) -> bytes:
    r"""Return a record as a line, with its newline.

    Examples:
        >>> line_of(LogRecord(1700000000.5, 30, "WARNING", "app", "low", (("free", "3 %"),), "a.py:1"))[:61]
        b'{\t"time":1700000000.5,"level":"WARNING","logger":"app","messa'
    """
    time, level, level_name, logger, message, extras, source, trace, selected, hidden = record
    standard = levels.python(min(level, 100))
    name = levels.STANDARD[standard] if standard else None
    pairs: list[tuple[str, Any]] = list(zip(_NAMES, (time, name, logger, message, source, trace)))
    usual = name == level_name and standard == level and selected is None and not hidden
    if not usual or (extras and extras[0][0] == _OTHER_PARTS):
        pairs.append((_OTHER_PARTS, (level, level_name, selected, hidden)))
    encode = json_encoder()
    line = _MARK + ",".join([f"{encode(key)}:{encode(value)}" for key, value in (*pairs, *extras)]) + "}\n"
    return line.encode("utf-8", "backslashreplace")  # JSON writes a lone surrogate in this way, too


def line_of_text(text: str) -> bytes:
    """Return a line of plain text with its newline, escaped if it begins like a record."""
    if text.startswith(_MARK):
        text = _ESCAPE + text
    return text.encode("utf-8", "replace") + b"\n"


def read_entry(line: str) -> LogRecord | None:
    """Return the record of a line; None for a line of text."""
    if not line.startswith(_MARK):
        return None
    try:
        pairs = _decoder()(line)
        (_, time), (_, name), (_, logger), (_, message), (_, source), (_, trace), *remaining = pairs
        other_parts: list[Any] = [levels.NUMBERS[name.lower()] if name else 0, name or "", None, []]
        if remaining and remaining[0][0] == _OTHER_PARTS:
            other_parts = remaining.pop(0)[1]
        level, level_name, selected, hidden_pairs = other_parts
        selected = None if selected is None else tuple(selected)
        hidden = tuple([(key, value) for key, value in hidden_pairs])
        extras = tuple([(key, value) for key, value in remaining])
        return LogRecord(time, level, level_name, logger, message, extras, source, trace, selected, hidden)
    except (ValueError, TypeError, RecursionError):  # a segment of a record: giant lines are viewed in segments
        return None


@lru_cache(8)
def shown_lines(data: bytes) -> bytes:
    """Return lines as they are shown, one for one. About 40 us a record.

    Args:
        data: lines with their newlines; the last may lack its own.
    """
    if _BYTES_MARK not in data:
        return data
    return b"\n".join([_shown_line(line) if line.startswith(_BYTES_MARK) else line for line in data.split(b"\n")])


def _shown_line(line: bytes) -> bytes:
    record = read_entry(line.decode("utf-8", "replace"))
    if record is None:
        return line
    return " ".join([each.text for each in columns(record._replace(columns=None), None)]).encode("utf-8", "replace")


@cache
def _decoder() -> Callable[[str], Any]:
    from json import JSONDecoder

    return JSONDecoder(object_pairs_hook=tuple).decode
