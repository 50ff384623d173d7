"""Compressed files -> what they hold, read straight through.

Rules of this file:
- What a file is, is known by its first bytes, never by its name.
- The memory is bounded, whatever it unpacks to: it is read in bites, and unpacked in steps.
- Of a damaged file, or one that is cut off, all that can be had comes out before the complaint.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, Protocol

from reflowlog.system.fds import read_some
from reflowlog.system.file_watch import read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["packing_of", "unpack", "unpacker"]

_BITE = 1 << 16  # compressed bytes that are read at once
_STEP = 1 << 14  # bytes that are unpacked at once: no more can be lost before damage
_SMALL_BITE = 1 << 10  # compressed bytes, for a library that cannot be told how much to unpack


class _Decompressor(Protocol):
    """What unpacks one member of a compressed file, as `bz2.BZ2Decompressor` does."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def packing_of(descriptor: int) -> str:
    """How a regular file is compressed: ``gzip``, ``bzip2``, ``xz``, ``zstd``; empty if it is not."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return ""
    head = read_at(descriptor, 10, 0)
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    if head.startswith(b"BZh") and head[4:] in (b"1AY&SY", b"\x17rE8P\x90"):  # three letters alone may be a text's
        return "bzip2"
    return ""


def unpacker(packing: str) -> Callable[[], _Decompressor]:
    """What makes an unpacker for each member of a file.

    Raises:
        OSError: there is none; the text says what helps.
    """
    try:
        if packing == "gzip":
            return _GzipDecompressor
        if packing == "bzip2":
            from bz2 import BZ2Decompressor

            return BZ2Decompressor
        if packing == "xz":
            from lzma import LZMADecompressor

            return LZMADecompressor
    except ImportError:
        raise OSError(errno.ENOTSUP, f"it is compressed with {packing}, which this Python was built without") from None
    with contextlib.suppress(ImportError):
        from compression.zstd import ZstdDecompressor  # type: ignore[import-not-found, unused-ignore]

        return ZstdDecompressor  # type: ignore[no-any-return, unused-ignore]
    try:
        import zstandard  # type: ignore[import-not-found, unused-ignore] # noqa: F401 - only whether it is there
    except ImportError:
        raise OSError(errno.ENOTSUP, "it is compressed with zstd; pip install 'reflowlog[zstd]' reads it") from None
    return _ZstdDecompressor


class _GzipDecompressor:
    """`zlib`, as one of `_Decompressor`."""

    def __init__(self) -> None:
        import zlib

        self._object = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._object.decompress(self._object.unconsumed_tail + data, max_length)
        self.needs_input = not self._object.unconsumed_tail and len(out) < max_length
        return out


class _ZstdDecompressor:
    """`zstandard`, as one of `_Decompressor`; it unpacks all that it is given, so it is given little."""

    def __init__(self) -> None:
        import zstandard

        self._object = zstandard.ZstdDecompressor().decompressobj()
        self._left = memoryview(b"")

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def needs_input(self) -> bool:
        return not self._left

    @property
    def unused_data(self) -> bytes:
        return bytes(self._object.unused_data) + bytes(self._left)

    def decompress(self, data: bytes, max_length: int) -> bytes:  # noqa: ARG002 - see above
        if data:
            self._left = memoryview(bytes(self._left) + data)
        bite, self._left = self._left[:_SMALL_BITE], self._left[_SMALL_BITE:]
        return bytes(self._object.decompress(bite))


def unpack(descriptor: int, packing: str, piece: int) -> Iterator[bytes]:
    """What a compressed file holds, in pieces of so many bytes.

    Args:
        descriptor: open for reading, at its start.
        packing: see `packing_of`.
        piece: bytes.

    Raises:
        OSError: it cannot be read, is damaged or cut off; all that can be had has come out before.
    """
    gathered: list[bytes] = []
    size = 0
    failure: OSError | None = None
    try:
        for data in _members(descriptor, unpacker(packing)):
            gathered.append(data)
            size += len(data)
            if size >= piece:
                whole = b"".join(gathered)
                gathered, size = [], 0
                for start in range(0, len(whole), piece):
                    yield whole[start : start + piece]
    except EOFError:
        failure = OSError(errno.EIO, "its end is missing")
    except Exception as error:  # each library has its own
        cannot_be_read = isinstance(error, OSError) and error.errno is not None
        failure = error if cannot_be_read else OSError(errno.EIO, "it is damaged")  # type: ignore[assignment]
    if gathered:
        yield b"".join(gathered)
    if failure is not None:
        raise failure


def _members(descriptor: int, make: Callable[[], _Decompressor]) -> Iterator[bytes]:
    """What the members of a compressed file hold, one after another; zeros may stand between and after them.

    Raises:
        EOFError: the last one is cut off.
    """
    data = read_some(descriptor, _BITE)
    while data:
        member = make()
        while not member.eof:
            if not data and member.needs_input:
                data = read_some(descriptor, _BITE)
                if not data:
                    raise EOFError
            yield member.decompress(data, _STEP)
            data = b""
        data = member.unused_data.lstrip(b"\0")
        while not data and (more := read_some(descriptor, _BITE)):
            data = more.lstrip(b"\0")
