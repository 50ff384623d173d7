"""Descriptors: read some, write all, whatever their owner has done to them.

These descriptors are inherited: they may be pipes, files, terminals or sockets, may not block, or be closed already.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "PIECE",
    "OutputClosed",
    "above",
    "allow_files",
    "is_gone",
    "is_tty",
    "keep_memory",
    "read_some",
    "wait_readable",
    "widen",
    "write_all",
]

PIECE = 1 << 20  # bytes read or spliced at once; also the pipe size asked for
SPARE = 64  # descriptors that we have besides
KEPT = 16 << 20  # bytes of a block that is let go at once; no page of it is ever touched
_GONE = {errno.EPIPE, errno.EBADF, errno.ENXIO, errno.ECONNRESET}


class OutputClosed(Exception):
    """Nobody reads what is written any more: a closed pipe, a terminal that hung up, a closed stream."""


def is_gone(error: OSError, descriptor: int = -1) -> bool:
    """Whether an error of a write says that nobody reads it any more; EIO does of a terminal, not of a disk."""
    return error.errno in _GONE or (error.errno == errno.EIO and _is_device(descriptor))


def _is_device(descriptor: int) -> bool:
    """Whether it is a terminal, also one that hung up: that does not say so any more."""
    try:
        return stat.S_ISCHR(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def above(descriptor: int) -> int:
    """The same file under a number of 3 or more; the old one is closed then.

    Of the first three some may be closed, and are nobody's to take: what is written to standard output does not belong
    into a file that happens to have its number.
    """
    if descriptor > 2:
        return descriptor
    import fcntl

    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(descriptor)
    return moved


def is_tty(descriptor: int) -> bool:
    """Whether a descriptor is a terminal; one that is closed is none."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _wait(descriptor: int, *, to_write: bool) -> None:
    """Wait until a descriptor that does not block can be used; `select.select` takes none beyond 1023."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT if to_write else select.POLLIN)
        poll.poll()
    else:
        select.select([] if to_write else [descriptor], [descriptor] if to_write else [], [])


def read_some(descriptor: int, size: int = PIECE) -> bytes:
    """What is there, at most ``size`` bytes, waiting for the first; empty at the end.

    Raises:
        OSError: it cannot be read.
    """
    while True:
        try:
            return os.read(descriptor, size)
        except BlockingIOError:
            _wait(descriptor, to_write=False)
        except OSError as error:
            if error.errno == errno.EIO:  # a terminal whose other side is gone
                return b""
            raise


def wait_readable(descriptors: Collection[int], seconds: float | None, watched: int | None = None) -> list[int]:
    """Wait until some descriptors can be read: which of them can; where that cannot be asked, all.

    Args:
        descriptors: them.
        seconds: how long, at most; None: for ever.
        watched: a descriptor that is written to: it is noticed meanwhile when nobody reads that.

    Raises:
        OutputClosed: that is so.
    """
    if not hasattr(select, "poll"):
        if not descriptors and seconds is not None:
            time.sleep(seconds)
        return list(descriptors)
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    if watched is not None:
        poll.register(watched, 0)  # which tells errors only
    ready = [descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)]
    if watched in ready and watched not in descriptors:
        raise OutputClosed("nobody reads")
    return ready


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
            _wait(descriptor, to_write=True)
        except OSError as error:
            if is_gone(error, descriptor):
                raise OutputClosed(str(error)) from error
            raise


def keep_memory() -> None:
    """Have the memory of large pieces used again, where the C library would give each back to the system.

    glibc maps blocks from 128 KiB on one by one, so that each of their pages is a fault and is cleared, every
    time, which takes longer than a search in it.
    Once a block of another size was freed, it keeps all that are smaller (mallopt(3), "dynamic mmap threshold").
    """
    bytes(KEPT)


def allow_files(count: int) -> None:
    """Ask for so many open files, besides those of our own, where fewer are allowed; as many as there can be."""
    wanted = count + SPARE
    try:
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (ImportError, OSError, ValueError):
        return


def widen(descriptor: int) -> None:
    """Ask for a large pipe where the descriptor is a pipe; a small one is no error."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIECE)  # type: ignore[attr-defined, unused-ignore]
    except (ImportError, AttributeError, OSError):
        pass
