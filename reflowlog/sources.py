"""Sources: what reads, and turns what it reads into events. Each stops at the end of what it reads.

A source has a thread of its own and owns the descriptors that it reads, nothing else. It waits while the inbox is full,
so whoever writes into the pipe waits too.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.descriptors import read_some, widen, write_all
from reflowlog.model import Chunk, Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Input", "Reader", "Tee", "open_input"]

PIECE = 1 << 18  # bytes in one event: small enough that a new width never waits long behind it


class Input(NamedTuple):
    """Something to read: its name for messages, and its descriptor."""

    name: str
    descriptor: int


def open_input(name: str) -> Input:
    """A file by its name; ``-`` is standard input.

    Raises:
        OSError: it cannot be opened, or is a directory.
    """
    if name == "-":
        return Input("standard input", 0)
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.read(descriptor, 0)
    except OSError:
        os.close(descriptor)
        raise
    return Input(name, descriptor)


class Tee:
    """Writes what was read into a file as well, byte for byte; a failure is told once and ends only that.

    Args:
        path: of the file; it is emptied first.
        complain: told in one line what went wrong.
    """

    def __init__(self, path: str, complain: Callable[[str], None]) -> None:
        self._path = path
        self.complain = complain
        self._descriptor: int | None = None
        self.failed = False
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        except OSError as error:
            self._fail(error)

    def __call__(self, data: bytes) -> None:
        """Write; any failure ends the copy, not the caller."""
        if self._descriptor is None:
            return
        try:
            write_all(self._descriptor, data)
        except Exception as error:  # whatever it is, the log itself goes on
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else str(error)
        self.failed = True
        self.close()
        self.complain(f"cannot write {self._path}: {why}; going on without it")

    def close(self) -> None:
        """Close the file; harmless twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Reader(threading.Thread):
    """Reads descriptors one after another and sends what they hold.

    Args:
        inputs: what to read, in this order.
        send: takes each event, with its bytes; it may wait.
        tee: called with each piece first.
        complain: told in one line what could not be read.
        finished: called at the very end, whatever happened.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        send: Callable[[object, int], None],
        tee: Callable[[bytes], None] | None,
        complain: Callable[[str], None],
        finished: Callable[[], object],
    ) -> None:
        super().__init__(name="reflowlog-reader", daemon=True)
        self._inputs = inputs
        self._send_event = send
        self._tee = tee
        self._complain = complain
        self._finished = finished
        self.failed = False

    def run(self) -> None:
        """Read everything."""
        try:
            for source in self._inputs:
                try:
                    self._read(source)
                except OSError as error:
                    self.failed = True
                    self._complain(f"cannot read {source.name}: {error.strerror}")
                self._send_event(Ended(), 0)
        finally:
            self._finished()

    def _read(self, source: Input) -> None:
        widen(source.descriptor)
        while data := read_some(source.descriptor):
            if self._tee is not None:
                self._tee(data)
            for start in range(0, len(data), PIECE):
                piece = data[start : start + PIECE]
                self._send_event(Chunk(piece), len(piece))
