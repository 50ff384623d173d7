"""The tap: a pipe in the place of descriptors 1 and 2, and a thread that reads it for a console.

Whatever writes there, the program itself, its C libraries, its children, is joined into lines. One pipe takes both, so
that all comes out in the order in which it was written.

Rules of this file:
- Who has the pipe waits for nothing: for room in the console's queue one waits before. The printer, and a signal
  handler that interrupts whoever has it, do not wait for the pipe.
- What this process has written comes before what it sends to the console afterwards: each sender first takes in what
  is in the pipe (`drain`), and gets that far only when what somebody else has read is sent.
- The reader leaves bytes in the pipe while the queue is full, so that the writers wait. Should nothing move, for the
  printer itself may be the writer, it goes on for a while.
- When a tap is closed, all that is in the pipe is taken in. A process that was started meanwhile and lives on keeps the
  pipe, and we go on reading it for as long as this process lives: for the console, or, if that is closed by then, for
  what the descriptor led to.
- Taps may lie on one another and be closed in any order: one hands down what it has found to the next one above.
"""

from __future__ import annotations

import atexit
import codecs
import contextlib
import os
import select
import sys
import threading
from array import array
from typing import TYPE_CHECKING, Protocol

from reflowlog.console import libc_stdio
from reflowlog.console.stream_proxy import Writer, beneath
from reflowlog.system import fd_redirect
from reflowlog.system.fds import OutputClosed, above, write_all
from reflowlog.terminal.output import drain_stream

try:
    import fcntl
    import termios
except ImportError:  # Windows
    fcntl = termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FDCapture"]

PIPE = 1 << 16  # bytes that a pipe holds, unless a child has made it larger
LOOK = 1.0  # seconds after which the reader goes on though the console's queue is full and nothing moves,
SPARE = 16  # and how often it does


class CaptureReceiver(Protocol):
    """What a tap needs of a console."""

    before_each: list[Callable[[bool], None]]

    @property
    def is_printing(self) -> bool:
        """Whether this thread is the one that prints."""

    def say(self, text: str, writer: Writer, *, at_once: bool = False) -> None:
        """Take text in; ValueError if it is closed."""

    def is_echo(self, data: bytes) -> bool:
        """Whether that is what the console has written itself."""

    def wait_for_room(self, timeout: float | None = None) -> bool:
        """Wait until more is taken in; whether it is."""


class FDCapture:
    """Everything that is written to some descriptors goes to a console, until `close`.

    Args:
        descriptors: those of 1 and 2 that are wanted; one that is closed already is left alone.
        listener: gets the text.

    Raises:
        OSError: there are no more descriptors, or this is no POSIX system.
        RuntimeError: no thread can be started any more.
    """

    def __init__(self, descriptors: tuple[int, ...], receiver: CaptureReceiver) -> None:
        if fcntl is None:
            raise OSError("descriptors can be captured on POSIX systems only")
        self._receiver = receiver
        self._writer = Writer()
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._found: dict[int, int] = {}  # by number, a copy of what it led to
        self._home = -1  # one of them, for what comes when the console is closed
        self._renew()
        _flush()
        descriptors = tuple(number for number in descriptors if _is_open(number))
        self._pipe, end = map(above, os.pipe())
        try:
            status = os.fstat(end)
            self._node = (status.st_dev, status.st_ino)
            os.set_blocking(self._pipe, False)
            for number in descriptors:
                self._take_over(number, end)
            self._reader = threading.Thread(target=self._read, name="reflowlog-tap", daemon=True)
            _captures.append(self)
            self._reader.start()
        except BaseException:
            with contextlib.suppress(ValueError):
                _captures.remove(self)
            self._give_all_back()
            self._close_pipe()
            raise
        finally:
            os.close(end)
        self._undo_lines = libc_stdio.flush_by_lines() if 1 in self._found else lambda: None
        receiver.before_each.append(self.drain)

    def _renew(self) -> None:
        self._lock = threading.RLock()
        self._taken = False  # whether somebody has the pipe

    def close(self) -> None:
        """Take in all that was written, and give the descriptors back. Once; any thread."""
        try:
            _flush()
            self.drain()
        finally:  # also when Ctrl-C ends the wait for room
            self._give_all_back()
            self._undo_lines()
            with contextlib.suppress(ValueError):  # in the child of a fork it is forgotten already
                self._receiver.before_each.remove(self.drain)
        self.drain()
        over = self._take()
        if self._writer.unfinished:
            self._pass_on(b"\n")
        if over:
            self._reader.join()
        else:
            atexit.register(self.drain)

    # -- the descriptors ----------------------------------------------------------------------------------------

    def _take_over(self, number: int, end: int) -> None:
        with fd_redirect.changing(number):
            found = self._found[number] = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3)
            stack = _stacks.setdefault(number, [])
            stack.append(self)
            if len(stack) == 1:
                _lead(number, found)
            os.dup2(end, number)
        if self._home < 0 or number == 2:
            home, self._home = self._home, os.dup(found)
            _close(home)

    def _give_all_back(self) -> None:
        for number in list(self._found):
            self._give_back(number)

    def _give_back(self, number: int) -> None:
        with fd_redirect.changing(number):
            found = self._found.pop(number)
            stack = _stacks.get(number, [])
            above = stack[stack.index(self) + 1 :] if self in stack else []
            if self in stack:
                stack.remove(self)
            if above:
                found, above[0]._found[number] = above[0]._found[number], found
            elif self._is_ours(number):  # else somebody has put something else there: it stays
                os.dup2(found, number)
            if not stack:
                _lead(number, None)
            _close(found)

    def _is_ours(self, number: int) -> bool:
        with contextlib.suppress(OSError):
            status = os.fstat(number)
            return (status.st_dev, status.st_ino) == self._node
        return False

    # -- the pipe -----------------------------------------------------------------------------------------------

    def drain(self, may_wait: bool = True) -> None:
        """Take in what is there by now, waiting for room for it unless told not to. Any thread."""
        with self._turn() as ours:
            if not (ours and self._waiting()):
                return
        if may_wait:
            self._receiver.wait_for_room()
        self._take()

    def _read(self) -> None:
        """The reader's thread."""
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        spare = SPARE
        while True:
            poll.poll()
            if self._receiver.wait_for_room(LOOK):
                spare = SPARE
            elif spare:
                spare -= 1
            else:
                continue
            if self._take():
                break
        with self._turn():
            self._close_pipe()
        _captures.remove(self)
        atexit.unregister(self.drain)

    def _take(self) -> bool:
        """Take in what is there now; whether nothing more can come."""
        with self._turn() as ours:
            if self._pipe < 0 or not ours:
                return self._pipe < 0
            try:
                data = os.read(self._pipe, max(PIPE, self._waiting()))
            except BlockingIOError:
                return False
            if data:
                self._pass_on(data)
            return not data

    @contextlib.contextmanager
    def _turn(self) -> Iterator[bool]:
        """Have the pipe; False for who may not wait for it, and for who has it already."""
        if not self._lock.acquire(blocking=False):
            if self._receiver.is_printing:
                yield False
                return
            self._lock.acquire()
        ours, self._taken = not self._taken, True
        try:
            yield ours
        finally:
            if ours:
                self._taken = False
            self._lock.release()

    def _waiting(self) -> int:
        """How many bytes are in the pipe."""
        if self._pipe < 0:
            return 0
        count = array("i", [0])
        fcntl.ioctl(self._pipe, termios.FIONREAD, count)
        return count[0]

    def _pass_on(self, data: bytes) -> None:
        if not self._receiver.is_echo(data):
            try:
                self._receiver.say(self._decode(data), self._writer, at_once=True)
                return
            except ValueError:  # the console is closed
                pass
        with contextlib.suppress(OutputClosed, OSError):
            write_all(self._home, data)

    def _close_pipe(self) -> None:
        _close(self._pipe)
        _close(self._home)
        self._pipe = self._home = -1

    def forked(self) -> None:
        """In the child of a fork: the pipe is the parent's to read; the descriptors can still be given back."""
        self._renew()
        self._close_pipe()


_captures: list[FDCapture] = []  # whose pipe is read
_stacks: dict[int, list[FDCapture]] = {}  # by number, those that have taken it, the first at the bottom


def _flush() -> None:
    """Write out what is held in buffers above the descriptors."""
    for stream in {beneath(each) for each in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)}:
        if stream is not None:
            drain_stream(stream)
    libc_stdio.flush()


def _lead(number: int, real: int | None) -> None:
    """Tell all that write past the pipe where a number leads to now."""
    fd_redirect.redirect(number, real)
    options = "faulthandler" in sys._xoptions or sys.flags.dev_mode or os.environ.get("PYTHONFAULTHANDLER")
    if number == 2 and options:
        import faulthandler

        if faulthandler.is_enabled():  # a crash is told where somebody sees it: nobody will read the pipe any more
            faulthandler.enable(2 if real is None else real)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


def _fork() -> None:
    _stacks.clear()
    for capture in _captures:
        capture.forked()
    _captures.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fork)
