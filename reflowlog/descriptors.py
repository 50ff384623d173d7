"""Descriptors: read some, write all, whatever their owner has done to them.

These descriptors are inherited: they may be pipes, files, terminals or sockets, may not block, or be closed already.
"""

from __future__ import annotations

import errno
import os
import select

__all__ = ["PIECE", "OutputClosed", "read_some", "widen", "write_all"]

PIECE = 1 << 20  # bytes read or spliced at once; also the pipe size asked for
_GONE = {errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO, errno.ECONNRESET}


class OutputClosed(Exception):
    """Nobody reads what is written any more: a closed pipe, a terminal that hung up, a closed stream."""


def is_gone(error: OSError) -> bool:
    """Whether an error of a write says that nobody reads it any more."""
    return error.errno in _GONE


def read_some(descriptor: int, size: int = PIECE) -> bytes:
    """What is there, at most ``size`` bytes, waiting for the first; empty at the end.

    Raises:
        OSError: it cannot be read.
    """
    while True:
        try:
            return os.read(descriptor, size)
        except BlockingIOError:
            select.select([descriptor], [], [])
        except OSError as error:
            if error.errno == errno.EIO:  # a terminal whose other side is gone
                return b""
            raise


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, waiting for a slow reader.

    Raises:
        OutputClosed: nobody reads it any more.
        OSError: anything else, such as a full disk.
    """
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
        except OSError as error:
            if is_gone(error):
                raise OutputClosed(str(error)) from error
            raise


def widen(descriptor: int) -> None:
    """Ask for a large pipe where the descriptor is a pipe; a small one is no error."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIECE)  # type: ignore[attr-defined, unused-ignore]
    except (ImportError, AttributeError, OSError):
        pass
