"""Descriptor capture: a pipe replaces descriptors 1 and 2, and a thread reads it for a console.

All output written there, by the program, its C libraries and its children, is joined into lines. One pipe takes both
descriptors, so that the order of writing is kept.

Invariants:
- The holder of the pipe's lock waits for nothing: a thread waits for room in the console's queue before it takes the
  lock. The printer, and a signal handler that interrupts the holder, do not wait for the lock.
- Bytes that this process has written precede everything it sends to the console afterwards: each sender first drains
  the pipe (`drain`), and continues only when bytes read by another thread have been sent.
- The reader leaves bytes in the pipe while the queue is full, as backpressure on the writers. If nothing moves, because
  the printer itself may be the writer, it continues for `MAX_FORCED_READS` reads.
- On close the pipe is drained. A child process that outlives the capture keeps the pipe, which is read as long as this
  process lives: for the console, or, once that is closed, for the original target of the descriptor.
- Captures may be nested and closed in any order: one passes the descriptors it found on to the next one above.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import select
import sys
import threading
from array import array
from typing import TYPE_CHECKING, Protocol

from reflowlog.console import libc_stdio
from reflowlog.console.stream_proxy import Writer, beneath
from reflowlog.core import lifecycle
from reflowlog.system import fd_redirect, unix
from reflowlog.system.fds import OutputClosed, is_open, move_above_stdio, write_all
from reflowlog.terminal.output import drain_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FDCapture"]

PIPE_BYTES = 1 << 16  # capacity of a pipe, unless a child has enlarged it
ROOM_TIMEOUT = 1.0  # seconds after which the reader continues although the console's queue is full
MAX_FORCED_READS = 16  # in a row without room


class CaptureReceiver(Protocol):
    """The part of a console that a descriptor capture uses."""

    @property
    def is_printing(self) -> bool:
        """Whether the calling thread is the one that prints."""

    def write_as(self, text: str, writer: Writer, *, at_once: bool = False) -> None:
        """Accept text of a writer. Raises ValueError if the console is closed."""

    def is_echo(self, data: bytes) -> bool:
        """Return whether the bytes are the console's own output."""

    def add_hook(self, hook: Callable[[bool], None]) -> None:
        """Call a hook before each send, with whether it may wait for room."""

    def remove_hook(self, hook: Callable[[bool], None]) -> None:
        """Forget a hook. No-op in the child of a fork, which has none."""

    def wait_for_room(self, timeout: float | None = None) -> bool:
        """Wait for room in the queue, at most ``timeout`` seconds, and return whether there is."""


class FDCapture:
    """Redirects output written to descriptors to a console, until `close`.

    Args:
        descriptors: 1, 2 or both; a descriptor that is closed already is left alone.
        receiver: gets the text.

    Raises:
        OSError: there are no more descriptors, or this is no POSIX system.
        RuntimeError: no thread can be started any more.
    """

    def __init__(self, descriptors: tuple[int, ...], receiver: CaptureReceiver) -> None:
        if not unix.has("fcntl"):
            raise OSError("descriptors can be captured on POSIX systems only")
        self._receiver = receiver
        self._writer = Writer()
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._found: dict[int, int] = {}  # by descriptor, a duplicate of its original target
        self._fallback = -1  # a duplicate of one of them, for output that arrives after the console is closed
        self._renew()
        _flush()
        descriptors = tuple(number for number in descriptors if is_open(number))
        self._pipe, end = map(move_above_stdio, os.pipe())
        try:
            status = os.fstat(end)
            self._node = (status.st_dev, status.st_ino)
            unix.set_blocking(self._pipe, False)
            for number in descriptors:
                self._redirect(number, end)
            self._reader = threading.Thread(target=self._read, name="reflowlog-capture", daemon=True)
            _captures.append(self)
            self._reader.start()
        except BaseException:
            with contextlib.suppress(ValueError):
                _captures.remove(self)
            self._restore_all()
            self._close_pipe()
            raise
        finally:
            os.close(end)
        self._undo_lines = libc_stdio.flush_by_lines() if 1 in self._found else lambda: None
        receiver.add_hook(self.drain)

    def _renew(self) -> None:
        self._lock = threading.RLock()
        self._held = False  # whether a thread holds the pipe

    def close(self) -> None:
        """Drain the pipe and restore the descriptors. To be called once, on any thread."""
        try:
            _flush()
            self.drain()
        finally:  # also if Ctrl-C ends the wait for room
            self._restore_all()
            self._undo_lines()
            self._receiver.remove_hook(self.drain)
        self.drain()
        at_end = self._read_available()
        if self._writer.unfinished:
            self._pass_on(b"\n")
        if at_end:
            self._reader.join()
        else:
            lifecycle.add_exit_hook(lifecycle.EXIT_CAPTURES, self.drain)

    # -- the descriptors ----------------------------------------------------------------------------------------

    def _redirect(self, number: int, end: int) -> None:
        with fd_redirect.changing(number):
            found = self._found[number] = unix.fcntl.fcntl(number, unix.fcntl.F_DUPFD_CLOEXEC, 3)
            stack = _stacks.setdefault(number, [])
            stack.append(self)
            if len(stack) == 1:
                _set_target(number, found)
            os.dup2(end, number)
        if self._fallback < 0 or number == 2:
            fallback, self._fallback = self._fallback, os.dup(found)
            _close(fallback)

    def _restore_all(self) -> None:
        for number in list(self._found):
            self._restore(number)

    def _restore(self, number: int) -> None:
        with fd_redirect.changing(number):
            found = self._found.pop(number)
            stack = _stacks.get(number, [])
            above = stack[stack.index(self) + 1 :] if self in stack else []
            if self in stack:
                stack.remove(self)
            if above:
                found, above[0]._found[number] = above[0]._found[number], found
            elif self._is_our_pipe(number):  # else other code has replaced it: that stays
                os.dup2(found, number)
            if not stack:
                _set_target(number, None)
            _close(found)

    def _is_our_pipe(self, number: int) -> bool:
        with contextlib.suppress(OSError):
            status = os.fstat(number)
            return (status.st_dev, status.st_ino) == self._node
        return False

    # -- the pipe -----------------------------------------------------------------------------------------------

    def drain(self, may_wait: bool = True) -> None:
        """Read the bytes that are in the pipe now, after waiting for room unless ``may_wait`` is False. Any thread."""
        with self._hold_pipe() as ours:
            if not (ours and self._waiting()):
                return
        if may_wait:
            self._receiver.wait_for_room()
        self._read_available()

    def _read(self) -> None:
        """Read the pipe until all writers have closed it. Body of the reader thread."""
        forced = 0
        while True:
            _wait_for_input(self._pipe)
            if self._receiver.wait_for_room(ROOM_TIMEOUT):
                forced = 0
            elif forced < MAX_FORCED_READS:
                forced += 1
            else:
                continue
            if self._read_available():
                break
        with self._hold_pipe():
            self._close_pipe()
        _captures.remove(self)
        lifecycle.remove_exit_hook(self.drain)

    def _read_available(self) -> bool:
        """Read the bytes that are in the pipe now, and return whether it is at end of file."""
        with self._hold_pipe() as ours:
            if self._pipe < 0 or not ours:
                return self._pipe < 0
            # Not `os.read`: eventlet makes that wait for input, with the lock held.
            data = io.FileIO(self._pipe, closefd=False).read(max(PIPE_BYTES, self._waiting()))
            if data is None:
                return False
            if data:
                self._pass_on(data)
            return not data

    @contextlib.contextmanager
    def _hold_pipe(self) -> Iterator[bool]:
        """Take the pipe's lock; yields False to the printer, which may not wait for it, and to a re-entrant call."""
        if not self._lock.acquire(blocking=False):
            if self._receiver.is_printing:
                yield False
                return
            self._lock.acquire()
        ours, self._held = not self._held, True
        try:
            yield ours
        finally:
            if ours:
                self._held = False
            self._lock.release()

    def _waiting(self) -> int:
        """Return the count of bytes in the pipe."""
        if self._pipe < 0:
            return 0
        count = array("i", [0])
        unix.fcntl.ioctl(self._pipe, unix.termios.FIONREAD, count)
        return count[0]

    def _pass_on(self, data: bytes) -> None:
        if not self._receiver.is_echo(data):
            try:
                self._receiver.write_as(self._decode(data), self._writer, at_once=True)
                return
            except ValueError:  # the console is closed
                pass
        with contextlib.suppress(OutputClosed, OSError):
            write_all(self._fallback, data)

    def _close_pipe(self) -> None:
        _close(self._pipe)
        _close(self._fallback)
        self._pipe = self._fallback = -1

    def after_fork_in_child(self) -> None:
        """Stop reading in the child of a fork: the parent reads the pipe; the descriptors can still be restored."""
        self._renew()
        self._close_pipe()


_captures: list[FDCapture] = []  # with an open pipe
_stacks: dict[int, list[FDCapture]] = {}  # by descriptor, its active captures, the first at the bottom


def _flush() -> None:
    """Flush the buffers of Python and C streams above the descriptors."""
    for stream in {beneath(each) for each in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)}:
        if stream is not None:
            drain_stream(stream)
    libc_stdio.flush()


def _wait_for_input(descriptor: int) -> None:
    """Wait until a descriptor can be read, or has no writer any more."""
    if unix.has("poll"):
        poll = unix.poll()
        poll.register(descriptor, unix.POLLIN)
        poll.poll()
    else:  # removed by eventlet, whose `select` lets its green threads run meanwhile
        select.select([descriptor], [], [])


def _set_target(number: int, real: int | None) -> None:
    """Record the original target of a descriptor for writers that bypass the pipe, faulthandler included."""
    fd_redirect.redirect(number, real)
    options = "faulthandler" in sys._xoptions or sys.flags.dev_mode or os.environ.get("PYTHONFAULTHANDLER")
    if number == 2 and options:
        import faulthandler

        if faulthandler.is_enabled():  # the report of a crash bypasses the pipe, which has no reader by then
            faulthandler.enable(2 if real is None else real)


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


def _after_fork_in_child() -> None:
    _stacks.clear()
    for capture in _captures:
        capture.after_fork_in_child()
    _captures.clear()


lifecycle.after_fork_in_child(lifecycle.FORK_CAPTURES, _after_fork_in_child)
