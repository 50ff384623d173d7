r"""A program's own records as lines: what its log holds where it is kept, and viewed, as lines. Pure.

The rules:
- **There and back is the identity**: of what `line_of` writes `read_entry` makes the very same fields, whatever they
  hold; and nothing else is a record: printed text that looks like one is kept apart (`line_of_text`).
- A record's line is JSON in the names that `text/parse/json_records.py` knows, so that levels are found in it by those who know
  nothing of this room, and what is saved from a viewer is a log like others.
- What is searched is what is shown of a record on a screen without an edge, never its JSON (`shown_lines`).
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from reflowlog.core.records import LogRecord
from reflowlog.text.layout.columns import columns
from reflowlog.text.parse import levels

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["line_of", "line_of_text", "read_entry", "shown_lines"]

_MARK: Final = "{\t"
_BYTES_MARK: Final = _MARK.encode()
_APART: Final = "\r"
"""Before text that begins like a record: the cursor goes where it is already."""

_NAMES = ("time", "level", "logger", "message", "source", "exception")
_MORE = "reflowlog"  # what the names above do not hold: number and name of the level, columns, hidden fields


def line_of(fields: LogRecord) -> bytes:
    r"""A record as a line, with its newline.

    Examples:
        >>> line_of(LogRecord(1700000000.5, 30, "WARNING", "app", "low", (("free", "3 %"),), "a.py:1"))[:61]
        b'{\t"time":1700000000.5,"level":"WARNING","logger":"app","messa'
    """
    time, level, level_name, logger, message, extras, source, trace, wanted, hidden = fields
    standard = levels.python(min(level, 100))
    name = levels.STANDARD[standard] if standard else None
    pairs: list[tuple[str, Any]] = list(zip(_NAMES, (time, name, logger, message, source, trace)))
    usual = name == level_name and standard == level and wanted is None and not hidden
    if not usual or (extras and extras[0][0] == _MORE):
        pairs.append((_MORE, (level, level_name, wanted, hidden)))
    encode = _encoder()
    line = _MARK + ",".join([f"{encode(key)}:{encode(value)}" for key, value in (*pairs, *extras)]) + "}\n"
    return line.encode("utf-8", "backslashreplace")  # as JSON has it, too: half of a pair of surrogates


def line_of_text(text: str) -> bytes:
    """A line of text, which is no record, as it is; with its newline."""
    if text.startswith(_MARK):
        text = _APART + text
    return text.encode("utf-8", "replace") + b"\n"


def read_entry(line: str) -> LogRecord | None:
    """The record that a line is; None for one of text."""
    if not line.startswith(_MARK):
        return None
    try:
        pairs = _decoder()(line)
        (_, time), (_, name), (_, logger), (_, message), (_, source), (_, trace), *rest = pairs
        more: list[Any] = [levels.NUMBERS[name.lower()] if name else 0, name or "", None, []]
        if rest and rest[0][0] == _MORE:
            more = rest.pop(0)[1]
        level, level_name, wanted, secret = more
        wanted = None if wanted is None else tuple(wanted)
        hidden = tuple([(key, value) for key, value in secret])
        extras = tuple([(key, value) for key, value in rest])
        return LogRecord(time, level, level_name, logger, message, extras, source, trace, wanted, hidden)
    except (ValueError, TypeError, RecursionError):  # a part of one: a giant line is viewed in pieces
        return None


@lru_cache(8)
def shown_lines(data: bytes) -> bytes:
    """Lines as they are shown: the same number of them. About 40 us a record.

    Args:
        data: lines with their newlines; the last may lack its own.
    """
    if _BYTES_MARK not in data:
        return data
    return b"\n".join([_shown(line) if line.startswith(_BYTES_MARK) else line for line in data.split(b"\n")])


def _shown(line: bytes) -> bytes:
    fields = read_entry(line.decode("utf-8", "replace"))
    if fields is None:
        return line
    return " ".join([record.text for record in columns(fields._replace(columns=None), None)]).encode("utf-8", "replace")


@cache
def _encoder() -> Callable[[Any], str]:
    from json import JSONEncoder  # costs milliseconds

    return JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@cache
def _decoder() -> Callable[[str], Any]:
    from json import JSONDecoder

    return JSONDecoder(object_pairs_hook=tuple).decode
