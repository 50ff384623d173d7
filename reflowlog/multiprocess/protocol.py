"""Wire protocol between a child process and its parent's console: log records and printed text as bytes, and back.

Invariants:
- Received data is untrusted and is data only: it is either a message or a `ProtocolError`; the payload of a message is
  either records or one line that reports it was not. Decoding runs no code, and no decoded text can act on a terminal.
- A message is complete in itself: a record with all its lines, or one chunk of printed text. Its header has a fixed
  size and holds the length of the payload, which is bounded.
- Splitting is separate from decoding because two threads do them: the server splits, the printer decodes.
"""

from __future__ import annotations

import math
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from reflowlog.core.events import DeferredRecords
from reflowlog.core.records import LogRecord, Style, StyledLine
from reflowlog.text.clean.sanitize import is_plain, sanitize

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Sequence

    from reflowlog.core.records import Item, Spans

__all__ = [
    "IMPORTANT",
    "ITEMS",
    "MOST",
    "TEXT",
    "Message",
    "MessageSplitter",
    "ProtocolError",
    "decode",
    "encode",
    "encode_text",
    "pack",
]

ITEMS, IMPORTANT, TEXT = range(3)
"""Kinds of messages: records; records that are never dropped; printed text."""

MOST = 1 << 29  # bytes of a message's payload
LONGEST = 1 << 26  # characters of a text that is sent uncut where the payload would exceed `MOST`

_MARK = 0xB1  # first byte of every message; a new version of the protocol takes a new one
_HEAD = Struct("!BBII")
_FIELDS, _RECORD = 10, 4  # leading items of a LogRecord and of a StyledLine that are sent; the rest is local
_SURROGATES = "surrogatepass"  # a text may hold lone surrogates, which no encoding has


class ProtocolError(ValueError):
    """Received bytes do not begin a message."""


class Message(NamedTuple):
    """One message of a child.

    Attributes:
        kind: `ITEMS`, `IMPORTANT` or `TEXT`.
        writer: number of the writer of printed text; 0 for records.
        data: the payload: records as `encode` returns them, or text as `encode_text` does.
    """

    kind: int
    writer: int
    data: bytes

    @property
    def is_text(self) -> bool:
        """True for printed text, False for records."""
        return self.kind == TEXT

    @property
    def is_important(self) -> bool:
        """True for records that are never dropped."""
        return self.kind == IMPORTANT

    @property
    def text(self) -> str:
        """The printed text; invalid bytes become replacement characters."""
        try:
            return self.data.decode("utf-8", _SURROGATES)
        except UnicodeDecodeError:
            return self.data.decode("utf-8", "replace")

    @property
    def entry(self) -> DeferredRecords:
        """The records as an event for the printer, which decodes them when it shows them."""
        return DeferredRecords(self.data, decode, self.is_important)


def encode_text(text: str) -> bytes:
    """Return the payload of a message of printed text."""
    return text.encode("utf-8", _SURROGATES)


def pack(kind: int, data: bytes, writer: int = 0) -> bytes:
    """Return the bytes of a message with the payload `data`, of at most `MOST` bytes."""
    return _HEAD.pack(_MARK, kind, writer & 0xFFFFFFFF, len(data)) + data


class MessageSplitter:
    """Splits the bytes of one child into messages, however they are chunked."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes, frames: deque[Message]) -> None:
        """Append to `frames` the messages that `data` completes.

        Raises:
            ProtocolError: the bytes do not begin a message; the messages before them have been appended.
        """
        whole: bytes | bytearray = data
        if self._rest:
            self._rest += data
            whole = self._rest
        start, end = 0, len(whole)
        while end - start >= _HEAD.size:
            mark, kind, writer, length = _HEAD.unpack_from(whole, start)
            if mark != _MARK or kind > TEXT or length > MOST:
                raise ProtocolError
            stop = start + _HEAD.size + length
            if stop > end:
                break
            frames.append(Message(kind, writer, bytes(whole[start + _HEAD.size : stop])))
            start = stop
        if whole is self._rest:
            del self._rest[:start]
        else:
            self._rest += data[start:]


def encode(items: Sequence[Item]) -> bytes:
    """Return records as a payload of at most `MOST` bytes; beyond that their longest texts are cut, with a note."""
    values = [item[:_FIELDS] if isinstance(item, LogRecord) else item[:_RECORD] for item in items]
    data = _to_json(values)
    longest = LONGEST
    while len(data) > MOST and longest:
        data = _to_json(_cut(values, longest))
        longest //= 4
    return data


def decode(data: bytes) -> list[Item]:
    """Return the records that `encode` was called with, or one line that reports data which is not records."""
    import json

    try:
        made = json.loads(data.decode("utf-8", _SURROGATES))
        return [_fields(*one) if len(one) == _FIELDS else _record(*one) for one in made]
    except (ValueError, TypeError, RecursionError):
        return [StyledLine(f"reflowlog: a child sent {len(data)} bytes that are no record")]


def _to_json(values: object) -> bytes:
    global _json
    if _json is None:
        import json

        _json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, default=str).encode
    return _json(values).encode("utf-8", _SURROGATES)


_json: Callable[[object], str] | None = None  # created on first use: a program without children never imports json


def _cut(value: Any, longest: int) -> Any:
    """Return `value` with every text in it cut to `longest` characters and a note about the rest."""
    if isinstance(value, str) and len(value) > longest:
        return f"{value[:longest]} (reflowlog: {len(value) - longest} more characters were not sent)"
    return [_cut(each, longest) for each in value] if isinstance(value, (tuple, list)) else value


# -- validation of received values ---------------------------------------------------------------------------------


def _fields(
    time: object,
    level: object,
    level_name: object,
    logger: object,
    message: object,
    extras: object,
    source: object,
    trace: object,
    columns: object,
    hidden: object,
) -> LogRecord:
    good_time = time if isinstance(time, (int, float)) and math.isfinite(time) else None
    good_level = level if isinstance(level, int) and abs(level) < 1 << 31 else 0
    names = None if columns is None else tuple(map(_text, _list(columns)))
    texts = _text(level_name), _text(logger), _text(message)
    return LogRecord(good_time, good_level, *texts, _pairs(extras), _text(source), _text(trace), names, _pairs(hidden))


def _record(text: object, spans: object, column: object, aside: object) -> StyledLine:
    """Return a styled line. Spans of a text that its child has not sanitized are discarded with it."""
    given = _text(text)
    clean, found = (given, ()) if is_plain(given) else sanitize(given)
    own = _spans(spans, len(clean)) if clean == given else found
    place = column if isinstance(column, int) and 0 <= column <= len(clean) else None
    return StyledLine(clean, own, place, _clean(_text(aside)))


def _spans(spans: object, length: int) -> Spans:
    good = []
    at = 0
    for start, end, (sgr, link) in _list(spans):
        if not (isinstance(start, int) and isinstance(end, int) and at <= start < end <= length):
            raise ValueError
        if _text(sgr).strip("0123456789;:") or _clean(_text(link)) != link:
            raise ValueError
        good.append((start, end, Style(sgr, link)))
        at = end
    return tuple(good)


def _clean(text: str) -> str:
    return text if is_plain(text) else sanitize(text)[0]


def _pairs(pairs: object) -> tuple[tuple[str, str], ...]:
    return tuple((_text(name), _text(value)) for name, value in _list(pairs))


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
