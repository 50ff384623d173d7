"""The wire: what a child says, as bytes and back.

Rules of this file:
- Data only, and none of it is trusted: what comes in is a frame or `ProtocolError`, a record or one line that says it was
  none. Nothing here can run code, and no text gets past it that could act on a terminal.
- A frame is one thing said, whole: a record with all its lines, or a piece of printed text. It has a head of fixed
  size with its length, which is bounded.
- Splitting is apart from decoding, for they are done by two threads: the listener splits, the printer decodes.
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
"""The kinds of frames: records; records that are never dropped; printed text."""

MOST = 1 << 29  # bytes of a frame
LONGEST = 1 << 26  # characters of a text that is sent whole if the frame would be too long otherwise

_MARK = 0xB1  # what every frame begins with; another version of this file has another one
_HEAD = Struct("!BBII")
_FIELDS, _RECORD = 10, 4  # how many of what makes up each is sent; further parts mean nothing elsewhere
_SURROGATES = "surrogatepass"  # a text may hold what no encoding has


class ProtocolError(ValueError):
    """What came is no frame."""


class Message(NamedTuple):
    """One thing a child said.

    Attributes:
        kind: `ITEMS`, `IMPORTANT` or `TEXT`.
        speaker: of printed text.
        data: what `encode` made; or the text, encoded.
    """

    kind: int
    writer: int
    data: bytes

    @property
    def is_text(self) -> bool:
        """Whether it is printed text; else it is records."""
        return self.kind == TEXT

    @property
    def is_important(self) -> bool:
        """Whether it is never dropped."""
        return self.kind == IMPORTANT

    @property
    def text(self) -> str:
        """What was printed."""
        try:
            return self.data.decode("utf-8", _SURROGATES)
        except UnicodeDecodeError:
            return self.data.decode("utf-8", "replace")

    @property
    def entry(self) -> DeferredRecords:
        """The records, which are decoded where they are shown."""
        return DeferredRecords(self.data, decode, self.is_important)


def encode_text(text: str) -> bytes:
    """Printed text as a frame's data."""
    return text.encode("utf-8", _SURROGATES)


def pack(kind: int, data: bytes, writer: int = 0) -> bytes:
    """A frame's bytes. The data may have `MOST` bytes."""
    return _HEAD.pack(_MARK, kind, writer & 0xFFFFFFFF, len(data)) + data


class MessageSplitter:
    """Cuts one child's bytes into frames, however they come."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes, frames: deque[Message]) -> None:
        """Add to ``frames`` all that are whole with these bytes.

        Raises:
            Garbage: this is no frame; those before it were added.
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
    """Records as bytes, at most `MOST` of them: beyond that their longest texts are cut, and say so."""
    values = [item[:_FIELDS] if isinstance(item, LogRecord) else item[:_RECORD] for item in items]
    data = _to_json(values)
    longest = LONGEST
    while len(data) > MOST and longest:
        data = _to_json(_cut(values, longest))
        longest //= 4
    return data


def decode(data: bytes) -> list[Item]:
    """What `encode` was given; of anything else one line that says so."""
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


_json: Callable[[object], str] | None = None  # made when it is first needed: a program without children never is


def _cut(value: Any, longest: int) -> Any:
    """The same, with texts that are all at most so long."""
    if isinstance(value, str) and len(value) > longest:
        return f"{value[:longest]} (reflowlog: {len(value) - longest} more characters were not sent)"
    return [_cut(each, longest) for each in value] if isinstance(value, (tuple, list)) else value


# -- what is believed of what came ---------------------------------------------------------------------------------


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
    """A record, for which its child has cleaned the text; where that is not so its spans are not believed either."""
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
