r"""Conversion of UTF-16 with a byte order mark to UTF-8; everything else passes unchanged.

Invariants:
- Only the first two bytes of a source decide; a source without a byte order mark costs one comparison per chunk.
- Chunks may be split at any byte, also inside a character. Invalid sequences become U+FFFD.
"""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from typing import TYPE_CHECKING

from reflowlog.system.files import read_at

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TextDecoder", "is_utf16"]

_CODECS = {BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}
_FIRST_BYTES = tuple(mark[:1] for mark in _CODECS)


def is_utf16(descriptor: int) -> bool:
    """Return whether a regular file begins with a byte order mark of UTF-16.

    Raises:
        OSError: the file cannot be read.
    """
    return read_at(descriptor, 2, 0) in _CODECS


class TextDecoder:
    r"""Incremental decoder of one source.

    >>> decoder = TextDecoder()
    >>> [decoder.feed(chunk) for chunk in (b"\xff", b"\xfea", b"\0\n\0")], TextDecoder().feed(b"as it came")
    ([b'', b'', b'a\n'], b'as it came')
    """

    def __init__(self) -> None:
        self._head: bytes | None = b""  # bytes of an unfinished byte order mark; None: it is decided
        self._decode: Callable[[bytes, bool], str] | None = None

    def feed(self, data: bytes) -> bytes:
        """Add bytes; return the text that is complete, in UTF-8."""
        if self._head is not None:
            if not self._head and not data.startswith(_FIRST_BYTES):
                self._head = None if data else self._head
                return data
            data = self._head + data
            if len(data) < 2:
                self._head = data
                return b""
            self._head = None
            codec = _CODECS.get(data[:2])
            if codec is not None:
                self._decode = getincrementaldecoder(codec)("replace").decode
                data = data[2:]
        return data if self._decode is None else self._decode(data, False).encode()

    def flush(self) -> bytes:
        """Return the rest of the source's text at its end, and decode the next bytes as those of a new source."""
        rest = self._head or b""
        if self._decode is not None:
            rest += self._decode(b"", True).encode()
        self._head, self._decode = b"", None
        return rest
