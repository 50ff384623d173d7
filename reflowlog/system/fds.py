"""Reading and writing of inherited descriptors.

They may be pipes, files, terminals or sockets, non-blocking, or closed already.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import sys
import time
from typing import TYPE_CHECKING, Final

from reflowlog.system import unix

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "CHUNK_BYTES",
    "POLLS_TERMINALS",
    "RAW_FILES",
    "OutputClosed",
    "close_own",
    "enlarge_pipe",
    "identity_of",
    "is_gone",
    "is_open",
    "is_tty",
    "move_above_stdio",
    "occupy_closed_stdio",
    "raise_file_limit",
    "read_some",
    "reuse_large_blocks",
    "wait_readable",
    "write_all",
]

CHUNK_BYTES = 1 << 20  # bytes read or spliced at once; also the pipe size asked for
RESERVED_DESCRIPTORS = 64  # descriptors that this process requires besides its inputs
RAW_FILES: Final[tuple[type, ...]] = tuple({io.FileIO, getattr(io, "_WindowsConsoleIO", io.FileIO)})
"""Types of streams whose descriptor may be written to in their place."""

POLLS_TERMINALS: Final[bool] = sys.platform != "darwin"
"""Whether `poll` supports terminals; on macOS only `select` does."""

FREED_BLOCK_BYTES = 16 << 20  # bytes of a block that is freed at once; none of its pages is ever touched
_GONE = {errno.EPIPE, errno.EBADF, errno.ENXIO, errno.ECONNRESET}
if sys.platform == "win32":
    from reflowlog.system.windows import wait_readable as _wait_without_poll
    from reflowlog.system.windows import write as _write

    _GONE.add(errno.EINVAL)  # of a pipe without a reader
else:

    def _wait_without_poll(descriptors: Collection[int], seconds: float | None) -> list[int]:
        if not descriptors and seconds is not None:
            time.sleep(seconds)
        return list(descriptors)

    def _write(descriptor: int, data: bytes | memoryview) -> int:
        return os.write(descriptor, data)


class OutputClosed(Exception):
    """The output has no reader any more: a closed pipe, a terminal that hung up, a closed stream."""


def is_gone(error: OSError, descriptor: int = -1) -> bool:
    """Return whether a write error means that the reader is gone; EIO does so for a terminal, not for a disk."""
    return error.errno in _GONE or (error.errno == errno.EIO and _is_device(descriptor))


def _is_device(descriptor: int) -> bool:
    """Return whether it is a terminal, including one that hung up, for which `isatty` is False."""
    try:
        return stat.S_ISCHR(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def identity_of(file: int | str) -> tuple[int, int] | None:
    """Return device and inode of an open file, or of the one that has a name now; None if there is none."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def close_own(descriptor: int, identity: tuple[int, int] | None) -> None:
    """Close a descriptor if it still leads to a file: a program may close all, and open others under their numbers."""
    if descriptor >= 0 and identity is not None and identity_of(descriptor) == identity:
        os.close(descriptor)


def is_open(descriptor: int) -> bool:
    """Return whether a descriptor is that of an open file."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def move_above_stdio(descriptor: int) -> int:
    """Move an open file to a descriptor of 3 or more, closing the old one, and return it.

    A program may be started with some of the first three closed. A file must not take their numbers: standard output
    would be written into it.
    """
    if descriptor > 2:
        return descriptor
    from reflowlog.system.unix import fcntl

    moved: int = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(descriptor)
    return moved


def occupy_closed_stdio() -> None:
    """Occupy each of the first three descriptors that is closed, so that no file that is opened later gets it.

    Such a file would be standard output, say. Reading from standard input, and writing to the others, fails as before.
    """
    for descriptor in range(3):
        if not is_open(descriptor):
            try:
                os.open(os.devnull, os.O_RDONLY if descriptor else os.O_WRONLY)  # takes the lowest number that is free
            except OSError:  # there is no such device here
                return


def is_tty(descriptor: int) -> bool:
    """Return whether a descriptor is a terminal; False for a closed one."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _wait(descriptor: int, *, to_write: bool) -> None:
    """Wait until a non-blocking descriptor is ready; `select.select` takes no number beyond 1023."""
    if unix.has("poll") and (POLLS_TERMINALS or not is_tty(descriptor)):
        poll = unix.poll()
        poll.register(descriptor, unix.POLLOUT if to_write else unix.POLLIN)
        poll.poll()
    else:
        select.select([] if to_write else [descriptor], [descriptor] if to_write else [], [])


def read_some(descriptor: int, size: int = CHUNK_BYTES) -> bytes:
    """Wait for data and return at most ``size`` bytes; empty at EOF.

    Raises:
        OSError: the descriptor cannot be read.
    """
    while True:
        try:
            return os.read(descriptor, size)
        except BlockingIOError:
            _wait(descriptor, to_write=False)
        except OSError as error:
            if error.errno == errno.EIO:  # a pseudo-terminal whose other side is closed
                return b""
            raise


def wait_readable(descriptors: Collection[int], seconds: float | None, watched: int | None = None) -> list[int]:
    """Wait until some descriptors are readable, and return these; all where that cannot be known.

    Args:
        descriptors: the descriptors to wait for.
        seconds: timeout; None: none.
        watched: a descriptor that is written to, whose reader is watched meanwhile.

    Raises:
        OutputClosed: the reader of `watched` is gone.
    """
    if not unix.has("poll"):
        return _wait_without_poll(descriptors, seconds)
    if not POLLS_TERMINALS and any(is_tty(each) for each in (*descriptors, *([] if watched is None else [watched]))):
        return _select_readable(descriptors, seconds)
    poll = unix.poll()
    for descriptor in descriptors:
        poll.register(descriptor, unix.POLLIN)
    if watched is not None:
        poll.register(watched, 0)  # errors only
    ready = [descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)]
    if watched in ready and watched not in descriptors:
        raise OutputClosed("nobody reads")
    return ready


def _select_readable(descriptors: Collection[int], seconds: float | None) -> list[int]:
    """Wait until some descriptors are readable, and return these; a write reports whether its reader is gone."""
    return select.select(list(descriptors), [], [], seconds)[0]


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, waiting for a slow reader.

    Raises:
        OutputClosed: the reader is gone.
        OSError: any other error, such as a full disk.
    """
    try:
        written = _write(descriptor, data)  # nearly always all of it
    except OSError:  # handled below, where it happens again
        written = 0
    if written == len(data):
        return
    view = memoryview(data)[written:]
    while view:
        try:
            view = view[_write(descriptor, view) :]
        except BlockingIOError:
            _wait(descriptor, to_write=True)
        except OSError as error:
            if is_gone(error, descriptor):
                raise OutputClosed(str(error)) from error
            raise


def reuse_large_blocks() -> None:
    """Make the C library reuse the memory of large chunks instead of returning each to the system.

    glibc maps each block from 128 KiB on separately, so that each of its pages faults and is cleared every time, which
    takes longer than a search in it. Once a mapped block was freed, glibc reuses the memory of all smaller ones
    (mallopt(3), "dynamic mmap threshold").
    """
    bytes(FREED_BLOCK_BYTES)


def raise_file_limit(count: int) -> None:
    """Raise the limit of open files to `count` and a reserve, as far as the hard limit allows. Never raises."""
    wanted = count + RESERVED_DESCRIPTORS
    try:
        from reflowlog.system.unix import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (ImportError, OSError, ValueError):
        return


def enlarge_pipe(descriptor: int) -> None:
    """Enlarge the buffer of a pipe; no-op for other descriptors, and where it is refused."""
    try:
        from reflowlog.system.unix import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, CHUNK_BYTES)  # type: ignore[attr-defined, unused-ignore]
    except (ImportError, AttributeError, OSError):
        pass
