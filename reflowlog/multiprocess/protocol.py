"""Wire protocol between a child process and its parent's console: log records and printed text as bytes, and back.

Invariants:
- Received data is untrusted and is data only: it is either a message or a `ProtocolError`; the payload of a message is
  either records or one line that reports it was not. Decoding runs no code, and no decoded text can act on a terminal.
- A message is complete in itself: a record with all its lines, or one chunk of printed text. Its header has a fixed
  size and holds the length of the payload, which is bounded.
- Every part has a bound: a longer style or link is left out, and its text stays.
- Splitting is separate from decoding because two threads do them: the server splits, the printer decodes.
"""

from __future__ import annotations

import math
from struct import Struct
from typing import TYPE_CHECKING, Any

from reflowlog.core.events import DeferredRecords
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import PLAIN, LogRecord, Style, StyledLine
from reflowlog.text.clean.sanitize import is_plain, sanitize

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Sequence

    from reflowlog.core.records import Item, Spans

__all__ = [
    "IMPORTANT",
    "ITEMS",
    "MAX_PAYLOAD_BYTES",
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

MAX_PAYLOAD_BYTES = 1 << 27  # bytes of a message's payload
MAX_TEXT_CHARS = 1 << 24  # characters of a text that is sent uncut where the payload would exceed `MAX_PAYLOAD_BYTES`

_MAGIC = 0xB1  # first byte of every message; a new version of the protocol takes a new one
_HEADER = Struct("!BBII")
_LOG_RECORD_ITEMS, _STYLED_LINE_ITEMS = 10, 4  # leading items that are sent; the rest is local
_MAX_SGR_CHARS = 256  # of a style; all that SGR can set at once takes fewer
_MAX_LINK_CHARS = 4096  # of a link with its parameters; terminals take about 2,000
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
    def deferred_records(self) -> DeferredRecords:
        """The records as an event for the printer, which decodes them when it shows them."""
        return DeferredRecords(self.data, decode, self.is_important)


def encode_text(text: str) -> bytes:
    """Return the payload of a message of printed text."""
    return text.encode("utf-8", _SURROGATES)


def pack(kind: int, data: bytes, writer: int = 0) -> bytes:
    """Return the bytes of a message with the payload `data`, of at most `MAX_PAYLOAD_BYTES` bytes."""
    return _HEADER.pack(_MAGIC, kind, writer & 0xFFFFFFFF, len(data)) + data


class MessageSplitter:
    """Splits the bytes of one child into messages, however they are chunked."""

    def __init__(self) -> None:
        self._partial = bytearray()

    @property
    def partial_bytes(self) -> int:
        """Bytes of the incomplete message that are held."""
        return len(self._partial)

    def feed(self, data: bytes, messages: deque[Message]) -> None:
        """Append to `messages` the messages that `data` completes.

        Raises:
            ProtocolError: the bytes do not begin a message; the messages before them have been appended.
        """
        buffered: bytes | bytearray = data
        if self._partial:
            self._partial += data
            buffered = self._partial
        start, end = 0, len(buffered)
        while end - start >= _HEADER.size:
            magic, kind, writer, length = _HEADER.unpack_from(buffered, start)
            if magic != _MAGIC or kind > TEXT or length > MAX_PAYLOAD_BYTES:
                raise ProtocolError
            stop = start + _HEADER.size + length
            if stop > end:
                break
            messages.append(Message(kind, writer, bytes(buffered[start + _HEADER.size : stop])))
            start = stop
        if buffered is self._partial:
            del self._partial[:start]
        else:
            self._partial += data[start:]


def encode(items: Sequence[Item]) -> bytes:
    """Return records as a payload of at most `MAX_PAYLOAD_BYTES`; longest texts are cut if necessary, with a note."""
    values = [item[:_LOG_RECORD_ITEMS] if isinstance(item, LogRecord) else item[:_STYLED_LINE_ITEMS] for item in items]
    data = _to_json(values)
    max_chars = MAX_TEXT_CHARS
    while len(data) > MAX_PAYLOAD_BYTES and max_chars:
        data = _to_json(_truncate(values, max_chars))
        max_chars //= 4
    return data


def decode(data: bytes) -> list[Item]:
    """Return the records that `encode` was called with, or one line that reports data which is not records."""
    import json

    try:
        values = json.loads(data.decode("utf-8", _SURROGATES))
        return [_log_record(*value) if len(value) == _LOG_RECORD_ITEMS else _styled_line(*value) for value in values]
    except (ValueError, TypeError, RecursionError):
        return [StyledLine(f"reflowlog: a child sent {len(data)} bytes that are not a record")]


def _to_json(values: object) -> bytes:
    global _json
    if _json is None:
        import json

        _json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, default=str).encode
    return _json(values).encode("utf-8", _SURROGATES)


_json: Callable[[object], str] | None = None  # created on first use: a program without children never imports json


def _truncate(value: Any, max_chars: int) -> Any:
    """Return `value` with every text in it cut to `max_chars` characters and a note about the rest."""
    if isinstance(value, str) and len(value) > max_chars:
        return f"{value[:max_chars]} (reflowlog: {len(value) - max_chars} more characters were not sent)"
    return [_truncate(each, max_chars) for each in value] if isinstance(value, (tuple, list)) else value


# -- validation of received values ---------------------------------------------------------------------------------


def _log_record(
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
    valid_time = time if isinstance(time, (int, float)) and math.isfinite(time) else None
    valid_level = level if isinstance(level, int) and abs(level) < 1 << 31 else 0
    names = None if columns is None else tuple(map(_as_text, _as_list(columns)))
    texts = _as_text(level_name), _as_text(logger), _as_text(message)
    return LogRecord(
        valid_time, valid_level, *texts, _as_pairs(extras), _as_text(source), _as_text(trace), names, _as_pairs(hidden)
    )


def _styled_line(text: object, spans: object, column: object, side_note: object) -> StyledLine:
    """Return a styled line. Spans of a text that its child has not sanitized are discarded with it."""
    received = _as_text(text)
    clean, found = (received, ()) if is_plain(received) else sanitize(received, overwrites=False)
    own = _as_spans(spans, len(clean)) if clean == received else found
    message_column = column if isinstance(column, int) and 0 <= column <= len(clean) else None
    return StyledLine(clean, own, message_column, _clean(_as_text(side_note)))


def _as_spans(spans: object, length: int) -> Spans:
    valid = []
    previous_end = 0
    for start, end, (sgr, link) in _as_list(spans):
        if not (isinstance(start, int) and isinstance(end, int) and previous_end <= start < end <= length):
            raise ValueError
        if _as_text(sgr).strip("0123456789;:") or _clean(_as_text(link)) != link:
            raise ValueError
        style = Style(sgr if len(sgr) <= _MAX_SGR_CHARS else "", link if len(link) <= _MAX_LINK_CHARS else "")
        if style != PLAIN:
            valid.append((start, end, style))
        previous_end = end
    return tuple(valid)


def _clean(text: str) -> str:
    return text if is_plain(text) else sanitize(text, overwrites=False)[0]


def _as_pairs(pairs: object) -> tuple[tuple[str, str], ...]:
    return tuple((_as_text(name), _as_text(value)) for name, value in _as_list(pairs))


def _as_list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
