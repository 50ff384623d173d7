"""Streaming decompression of gzip, bzip2, xz and zstd files.

Invariants:
- The format is recognized by the first bytes, never by the file's name.
- Memory is bounded whatever the compression ratio: input is read in small chunks, and output is limited per step.
- Of a damaged or truncated file, all that can be decompressed is yielded before the error is raised.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, Protocol

from reflowlog.system.fds import read_some
from reflowlog.system.files import read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["compression_of", "decompress_chunks", "decompressor_for"]

_READ_SIZE = 1 << 16  # compressed bytes read at once
_MAX_OUTPUT_SIZE = 1 << 14  # bytes decompressed at once: no more than these can be lost before damage
_ZSTD_INPUT_SIZE = 1 << 10  # compressed bytes for a library whose output cannot be limited


class _Decompressor(Protocol):
    """Decompressor of one member of a compressed file, with the interface of `bz2.BZ2Decompressor`."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def compression_of(descriptor: int) -> str:
    """Return the compression of a regular file: ``gzip``, ``bzip2``, ``xz`` or ``zstd``; empty if it has none."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return ""
    head = read_at(descriptor, 10, 0)
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    if head.startswith(b"BZh") and head[4:] in (b"1AY&SY", b"\x17rE8P\x90"):  # "BZh" alone may begin a text
        return "bzip2"
    return ""


def decompressor_for(compression: str) -> Callable[[], _Decompressor]:
    """Return the factory of decompressors for a compression; each decompressor reads one member.

    Raises:
        OSError: the library is missing; the text names the package to install.
    """
    try:
        if compression == "gzip":
            return _GzipDecompressor
        if compression == "bzip2":
            from bz2 import BZ2Decompressor

            return BZ2Decompressor
        if compression == "xz":
            from lzma import LZMADecompressor

            return LZMADecompressor
    except ImportError:
        raise OSError(
            errno.ENOTSUP, f"it is compressed with {compression}, which this Python was built without"
        ) from None
    with contextlib.suppress(ImportError):
        from compression.zstd import ZstdDecompressor  # type: ignore[import-not-found, unused-ignore]

        return ZstdDecompressor  # type: ignore[no-any-return, unused-ignore]
    try:
        import zstandard  # type: ignore[import-not-found, unused-ignore] # noqa: F401 - only whether it is there
    except ImportError:
        raise OSError(errno.ENOTSUP, "it is compressed with zstd; pip install 'reflowlog[zstd]' reads it") from None
    return _ZstdDecompressor


class _GzipDecompressor:
    """Adapter of `zlib` to `_Decompressor`."""

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
    """Adapter of `zstandard` to `_Decompressor`. It has no output limit, so it is given little input at a time."""

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
        part, self._left = self._left[:_ZSTD_INPUT_SIZE], self._left[_ZSTD_INPUT_SIZE:]
        return bytes(self._object.decompress(part))


def decompress_chunks(descriptor: int, compression: str, chunk_size: int) -> Iterator[bytes]:
    """Yield the decompressed content of a file in chunks of at most `chunk_size` bytes.

    Args:
        descriptor: open for reading, at the file's start.
        compression: see `compression_of`.
        chunk_size: bytes of a chunk.

    Raises:
        OSError: the file cannot be read, is damaged or truncated; all that can be decompressed was yielded before.
    """
    chunks: list[bytes] = []
    size = 0
    failure: OSError | None = None
    try:
        for data in _iter_members(descriptor, decompressor_for(compression)):
            chunks.append(data)
            size += len(data)
            if size >= chunk_size:
                whole = b"".join(chunks)
                chunks, size = [], 0
                for start in range(0, len(whole), chunk_size):
                    yield whole[start : start + chunk_size]
    except EOFError:
        failure = OSError(errno.EIO, "its end is missing")
    except Exception as error:  # each library has its own
        cannot_be_read = isinstance(error, OSError) and error.errno is not None
        failure = error if cannot_be_read else OSError(errno.EIO, "it is damaged")  # type: ignore[assignment]
    if chunks:
        yield b"".join(chunks)
    if failure is not None:
        raise failure


def _iter_members(descriptor: int, make: Callable[[], _Decompressor]) -> Iterator[bytes]:
    """Yield the content of each member of a compressed file in order; zeros between and after them are skipped.

    Raises:
        EOFError: the last member is truncated.
    """
    data = read_some(descriptor, _READ_SIZE)
    while data:
        member = make()
        while not member.eof:
            if not data and member.needs_input:
                data = read_some(descriptor, _READ_SIZE)
                if not data:
                    raise EOFError
            yield member.decompress(data, _MAX_OUTPUT_SIZE)
            data = b""
        data = member.unused_data.lstrip(b"\0")
        while not data and (more := read_some(descriptor, _READ_SIZE)):
            data = more.lstrip(b"\0")
