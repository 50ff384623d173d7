"""Opened inputs: a file, standard input, a NATS stream, or a network address.

Invariants:
- The kind of a file is recognized by its content, never by its name.
- A source that can be read only once is one input, however often it is named: two readers would tear its lines apart.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.sources.decode import is_utf16
from reflowlog.sources.decompress import compression_of, decompressor_for
from reflowlog.system import unix
from reflowlog.system.files import open_to_read, read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

__all__ = [
    "STANDARD_INPUT",
    "Input",
    "begin",
    "can_grow",
    "comes_by_itself",
    "has_sources",
    "is_address",
    "is_output",
    "is_shared",
    "is_stream",
    "is_viewable",
    "may_lack_writer",
    "open_input",
    "open_missing",
    "output_files",
]

STANDARD_INPUT = "standard input"
_POLLS_UNOPENED_FIFOS: bool = sys.platform == "linux"  # elsewhere a FIFO without a writer may be reported as ended


class Input(NamedTuple):
    """One thing to read.

    Attributes:
        name: for messages; a file's path.
        descriptor: open for reading.
        compression: its compression: ``gzip``, ``bzip2``, ``xz``, ``zstd``; empty if it has none.
        chunks: iterates the content in a way of its own, as `PtyChild.chunks` does; None: the descriptor is read to its
            end.
        begin: starts the thread that writes into the descriptor, and gives it a function for one-line reports; that
            thread was asked for the selected part only, and never ends. None for everything else.
        missing: whether it is a file that does not exist yet; the descriptor is that of an empty file.
        runs: tells the source names of the next N bytes as (name, byte count); None: all are of one source.
        head: what was read of the descriptor already, and comes first.
    """

    name: str
    descriptor: int
    compression: str = ""
    chunks: Callable[[float | None, int | None], Iterator[bytes]] | None = None
    begin: Callable[[Callable[[str], None]], None] | None = None
    runs: Callable[[int], list[tuple[str, int]]] | None = None
    missing: bool = False
    head: bytes = b""


def open_input(name: str, since: float | None = None, tail: int | None = None, *, waits: bool = True) -> Input:
    """Open a file by its name, standard input (``-``, never decompressed), a stream by its URL, or a listener.

    Args:
        name: the name, or the URL.
        since: of a stream, the time of the oldest message to read, in seconds since the epoch; None: all.
        tail: of a stream, the number of records to read at the end of its content; None: all.
        waits: whether to block until a FIFO has a writer. If not, the FIFO becomes readable once it has one; on systems
            other than Linux, where poll may report EOF before that, opening blocks all the same.

    Raises:
        OSError: it cannot be opened, is a directory, or has a compression that cannot be read here.
    """
    if name == "-":
        os.fstat(0)
        return Input(STANDARD_INPUT, 0)
    if is_stream(name):
        from reflowlog.nats.consumer import StreamConsumer

        consumer = StreamConsumer(name, since, tail)
        runs = consumer.runs if consumer.has_many else None
        return Input(consumer.name, consumer.descriptor, begin=consumer.begin, runs=runs)
    if is_address(name):
        from reflowlog.sources.network.server import listen  # start-up cost: only for a listener

        return Input(name, listen(name), begin=lambda _: None)
    descriptor = _open_file(name, waits)
    try:
        os.read(descriptor, 0)
        compression = compression_of(descriptor)
        if compression:
            decompressor_for(compression)
    except OSError:
        os.close(descriptor)
        raise
    return Input(name, descriptor, compression)


def open_missing(name: str) -> Input:
    """Return an input for a file that does not exist yet, to be followed until it does.

    Raises:
        OSError: there is no directory for it, or no temporary file can be made.
    """
    directory = os.path.dirname(name) or os.curdir
    if not os.path.isdir(directory):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    import tempfile  # start-up cost: only for a missing file

    with tempfile.TemporaryFile() as file:
        return Input(name, os.dup(file.fileno()), missing=True)


def _open_file(name: str, waits: bool) -> int:
    """Open a file for reading; see `open_input` for `waits`."""
    if waits or not _POLLS_UNOPENED_FIFOS or not stat.S_ISFIFO(os.stat(name).st_mode):
        return open_to_read(name)
    descriptor = open_to_read(name, blocks=False)
    unix.set_blocking(descriptor, True)
    return descriptor


def may_lack_writer(source: Input) -> bool:
    """Return whether an input may be a FIFO that no program has opened to write to yet; poll waits for one."""
    if not _POLLS_UNOPENED_FIFOS or source.descriptor == 0 or source.chunks is not None:
        return False
    return stat.S_ISFIFO(os.fstat(source.descriptor).st_mode)


def is_shared(source: Input, others: Iterable[Input]) -> bool:
    """Return whether an input reads the bytes of another one: standard input twice, or one pipe by two names."""
    pipe = _pipe_of(source)
    return any(source.descriptor == other.descriptor or (pipe and pipe == _pipe_of(other)) for other in others)


def output_files(path: str | None) -> set[tuple[int, int]]:
    """Return the device and inode of standard output, and of the file at `path`: of those that are regular files.

    What is written there must not be read: it would be its own input, without end.
    """
    found: set[tuple[int, int]] = set()
    for output in (1, path):
        if output is not None:
            with contextlib.suppress(OSError):
                status = os.stat(output)
                if stat.S_ISREG(status.st_mode):
                    found.add((status.st_dev, status.st_ino))
    return found


def is_output(source: Input, outputs: Collection[tuple[int, int]]) -> bool:
    """Return whether an input is one of these outputs, whatever its name."""
    if not outputs:
        return False
    status = os.fstat(source.descriptor)
    return (status.st_dev, status.st_ino) in outputs


def _pipe_of(source: Input) -> tuple[int, int] | None:
    """Return the device and inode of a pipe or FIFO; None for everything else."""
    try:
        found = os.fstat(source.descriptor)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISFIFO(found.st_mode) else None


def begin(inputs: Iterable[Input], warn: Callable[[str], None]) -> None:
    """Start the inputs that have a thread of their own; `warn` takes their one-line reports."""
    for each in inputs:
        if each.begin is not None:
            each.begin(warn)


def has_sources(inputs: Sequence[Input]) -> bool:
    """Return whether the lines may be of several sources."""
    return len(inputs) > 1 or any(each.runs is not None for each in inputs)


def is_address(name: str) -> bool:
    """Return whether a FILE argument is an address to listen at."""
    return name.startswith(("syslog://", "socket://"))


def is_stream(name: str) -> bool:
    """Return whether a FILE argument is the URL of a NATS stream."""
    return name.startswith(("nats://", "tls://"))


def is_viewable(name: str) -> bool:
    """Return whether a file can be read at any offset: regular, not compressed, not UTF-16, as long as its size says.

    False also if it cannot be opened; `open_input` raises the reason.
    """
    try:
        if name == "-" or not stat.S_ISREG(os.stat(name).st_mode):  # opening a FIFO would block until it has a writer
            return False
        descriptor = open_to_read(name)
    except OSError:
        return False
    try:
        return _has_its_size(descriptor) and not compression_of(descriptor) and not is_utf16(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def can_grow(source: Input) -> bool:
    """Return whether an input is a regular file that can be followed."""
    if source.name == STANDARD_INPUT or source.compression or source.chunks is not None:
        return False
    try:
        return _has_its_size(source.descriptor)
    except OSError:
        return False


def comes_by_itself(descriptor: int) -> bool:
    """Return whether a descriptor is waited for rather than read on demand: it is no regular file."""
    return not stat.S_ISREG(os.fstat(descriptor).st_mode)


def _has_its_size(descriptor: int) -> bool:
    """Return whether a regular file's size is that of its content; not so in /proc (size 0) and /sys (a whole page)."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        return False
    last = read_at(descriptor, 1, max(found.st_size - 1, 0))
    return bool(last) == (found.st_size > 0)
