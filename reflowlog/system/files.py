"""Opening of files, and reading and writing at an offset, on every system.

Invariants:
- A file that is read may be renamed, replaced and deleted by its writer meanwhile: on Windows it is opened with full
  sharing, which `os.open` does not ask for.
- Bytes are bytes: no newline is converted, and 0x1A does not end a file.
- No descriptor is inherited by a child process.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import Final

__all__ = ["modification_time", "open_to_overwrite", "open_to_read", "read_at", "write_at"]

_FLAGS: Final[int] = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOINHERIT", "O_BINARY", "O_NOCTTY"))
_NONBLOCK: Final[int] = getattr(os, "O_NONBLOCK", 0)


if sys.platform == "win32":
    from reflowlog.system.windows import open_shared as _open_shared
else:

    def _open_shared(path: str, flags: int) -> int:
        return os.open(path, os.O_RDONLY | _FLAGS | flags)


def open_to_read(path: str, *, blocks: bool = True) -> int:
    """Open a file for reading and return its descriptor.

    Args:
        path: of the file.
        blocks: whether to block until a FIFO has a writer. If not, the descriptor is non-blocking.

    Raises:
        OSError: it cannot be opened; a directory can, except on Windows.
    """
    return _open_shared(path, 0 if blocks else _NONBLOCK)


def open_to_overwrite(path: str) -> int:
    """Open a file for writing, created or truncated, and return its descriptor.

    Raises:
        OSError: it cannot be opened.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _FLAGS, 0o666)


def modification_time(file: int | str) -> float | None:
    """Return when a regular file was last written, in seconds since the epoch; None for anything else.

    It is the reference of its times without date or year: a log of last year is not of this one.

    Args:
        file: its descriptor, or its path.
    """
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime if stat.S_ISREG(status.st_mode) else None


def read_at(descriptor: int, size: int, position: int) -> bytes:
    """Return up to `size` bytes of a file from a position on; the descriptor's own position stays.

    Raises:
        OSError: the file cannot be read.
    """
    if hasattr(os, "pread"):
        data: bytes = os.pread(descriptor, size, position)
        return data
    before = os.lseek(descriptor, 0, os.SEEK_CUR)
    try:
        os.lseek(descriptor, position, os.SEEK_SET)
        return os.read(descriptor, size)
    finally:
        os.lseek(descriptor, before, os.SEEK_SET)


def write_at(descriptor: int, data: memoryview, position: int) -> int:
    """Write to a file at a position and return the number of bytes written.

    Raises:
        OSError: the file cannot be written.
    """
    if hasattr(os, "pwrite"):
        written: int = os.pwrite(descriptor, data, position)
        return written
    os.lseek(descriptor, position, os.SEEK_SET)
    return os.write(descriptor, data)
