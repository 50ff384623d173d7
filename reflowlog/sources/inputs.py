"""Inputs: what there is to read, opened; a file, standard input, a stream of NATS, what is sent to an address.

What a file is, is known by what it holds, never by its name. Bytes that can be read but once are one input, however
often they are named: two readers would tear their lines apart.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.sources.decompress import packing_of, unpacker
from reflowlog.sources.network.server import is_address, listen
from reflowlog.system.file_watch import read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "STANDARD_INPUT",
    "Input",
    "begin",
    "can_grow",
    "has_sources",
    "is_shared",
    "is_stream",
    "is_viewable",
    "open_input",
]

STANDARD_INPUT = "standard input"


class Input(NamedTuple):
    """Something to read.

    Attributes:
        name: for messages; a file's path.
        descriptor: open for reading.
        packing: how it is compressed: ``gzip``, ``bzip2``, ``xz``, ``zstd``; empty if it is not.
        pieces: reads it in its own way, as `PtyChild.pieces` does; None for a descriptor that is read to its end.
        begin: starts what writes into the descriptor, and has it tell in one line what becomes of it: that is asked for
            the wanted part alone, and goes on for ever. None for all else.
    """

    name: str
    descriptor: int
    packing: str = ""
    pieces: Callable[[float | None, int | None], Iterator[bytes]] | None = None
    begin: Callable[[Callable[[str], None]], None] | None = None
    runs: Callable[[int], list[tuple[str, int]]] | None = None


def open_input(name: str, since: float | None = None, tail: int | None = None, *, waits: bool = True) -> Input:
    """A file by its name; ``-`` is standard input, never unpacked; a stream by its URL; what is sent to an address.

    Args:
        name: the name, or the URL.
        since: of a stream, seconds since the epoch of the oldest message that is wanted; None: all.
        tail: of a stream, how many records at the end of what it holds are wanted; None: all.
        waits: whether to wait until somebody opens a FIFO to write into it. Else it is ready to be read then, and only
            then; where a system may say otherwise (all but Linux) it is waited for all the same.

    Raises:
        OSError: it cannot be opened, is a directory, or is compressed in a way that cannot be read here.
    """
    if name == "-":
        return Input(STANDARD_INPUT, 0)
    if is_stream(name):
        from reflowlog.nats.consumer import StreamConsumer

        intake = StreamConsumer(name, since, tail)
        runs = intake.runs if intake.has_many else None
        return Input(intake.name, intake.descriptor, begin=intake.begin, runs=runs)
    if is_address(name):
        return Input(name, listen(name), begin=lambda _: None)
    descriptor = _open_file(name, waits)
    try:
        os.read(descriptor, 0)
        packing = packing_of(descriptor)
        if packing:
            unpacker(packing)
    except OSError:
        os.close(descriptor)
        raise
    return Input(name, descriptor, packing)


def _open_file(name: str, waits: bool) -> int:
    """A file, open for reading; see `open_input`."""
    flags = os.O_RDONLY | os.O_CLOEXEC
    if waits or sys.platform != "linux" or not stat.S_ISFIFO(os.stat(name).st_mode):
        return os.open(name, flags)
    descriptor = os.open(name, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor


def is_shared(source: Input, others: Iterable[Input]) -> bool:
    """Whether what one input reads is gone for one of some others: standard input twice, or a pipe by two names."""
    pipe = _pipe_of(source)
    return any(source.descriptor == other.descriptor or (pipe and pipe == _pipe_of(other)) for other in others)


def _pipe_of(source: Input) -> tuple[int, int] | None:
    """What tells a pipe, or a FIFO, from others."""
    try:
        found = os.fstat(source.descriptor)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISFIFO(found.st_mode) else None


def begin(inputs: Iterable[Input], warn: Callable[[str], None]) -> None:
    """Start what has to be started before they are read; it tells in one line what becomes of it."""
    for each in inputs:
        if each.begin is not None:
            each.begin(warn)


def has_sources(inputs: Sequence[Input]) -> bool:
    """Whether lines may be of several sources."""
    return len(inputs) > 1 or any(each.runs is not None for each in inputs)


def is_stream(name: str) -> bool:
    """Whether what stands for a file is the URL of a stream."""
    return name.startswith(("nats://", "tls://"))


def is_viewable(name: str) -> bool:
    """Whether a file can be read at any place of it: it is regular, not compressed, and its size is what it holds.

    False also for what cannot be opened; `open_input` tells why.
    """
    try:
        if name == "-" or not stat.S_ISREG(os.stat(name).st_mode):  # to open a FIFO would wait for its writer
            return False
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _has_its_size(descriptor) and not packing_of(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def can_grow(source: Input) -> bool:
    """Whether an input is a file that can be followed."""
    if source.name == STANDARD_INPUT or source.packing or source.pieces is not None:
        return False
    try:
        return _has_its_size(source.descriptor)
    except OSError:
        return False


def _has_its_size(descriptor: int) -> bool:
    """Whether a descriptor is a regular file, other than those of /proc, of size 0, and of /sys, of a whole page."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        return False
    last = read_at(descriptor, 1, max(found.st_size - 1, 0))
    return bool(last) == (found.st_size > 0)
