r"""A command in a pseudo-terminal, as our side has it: what it says, what is typed for it, its size, its end.

There are two ways, for what a terminal is to it:
- On a screen we are its terminal: it has a session of its own, which the pty controls. What is typed goes into the pty,
  whose line discipline echoes it and makes signals of Ctrl-C, Ctrl-Z and Ctrl-\, as any terminal's does.
- Off a screen only its output is a terminal. It stays in our session and our process group: the user's own terminal, if
  there is one, goes on being its: for passwords, for Ctrl-C and Ctrl-Z, and next to a pager that reads keys itself.
In both, a standard input that is no terminal is handed on as it is: nothing is echoed, cut or taken for a control
character on the way, and its end is its end.

Rules of this file:
- The bytes are the command's own: the pty adds no carriage return to a newline (no output processing), expands no tab.
- All that the command has said comes out. A program that it left behind may go on saying something for `LINGER` seconds
  of silence at a time; once `LINGER_AT_MOST` have passed, the first moment without output is the end.
- A signal that ends us is passed on first; the command then has `GRACE` seconds. If we leave before it, it is hung up.
- One thread reads (`pieces`); all else may be called from any thread, and from signal handlers.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from reflowlog.sources.pty.supervisor import Launch, open_pipe, start
from reflowlog.system.fds import OutputClosed, is_tty, move_above_stdio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reflowlog.core.frames import Size

__all__ = ["GRACE", "LINGER", "LINGER_AT_MOST", "PtyChild"]

PIECE = 1 << 18  # bytes given at once
BITE = 1 << 16  # bytes read at once; Linux gives no more than 4096 of a pty
LINGER = 0.25  # seconds of silence after the command's end, while others keep its terminal open,
LINGER_AT_MOST = 2.0  # and seconds after which there need not be any
BACKLOG = 1 << 20  # bytes: more than any pty holds, so all that came before the end is among them
ECHO = 0.02  # seconds that a terminal has to echo the key that stopped its program: it does so after the signal
GRACE = 5.0  # seconds for the command, after a signal was passed on that ends us
LAST_WORDS = 1.0  # seconds for the command, after it was hung up
TYPED_AT_MOST = 1 << 20  # bytes that may wait for a command that does not read them
_KILLED = 128 + 9
_TYPED = {signal.SIGINT, getattr(signal, "SIGQUIT", 0), getattr(signal, "SIGTSTP", 0)}


class PtyChild:
    """A command that runs; a context manager, which closes it.

    Args:
        command: its name and its arguments.
        size: of its terminal.
        session: whether we are its terminal; see above.
        apart: whether its standard error is a pipe, not its terminal.
        environ: its environment; what it says of a terminal's size is left out.

    Raises:
        OSError: it cannot be run.

    Attributes:
        name: of the command.
        status: of its exit as shells have it, 128 + N after signal N; None while it runs.
        on_stop: called on the reading thread when it was stopped, by Ctrl-Z mostly.
        on_error: called on the reading thread with what it wrote to a standard error that is kept apart.
    """

    def __init__(
        self, command: Sequence[str], size: Size, *, session: bool, apart: bool, environ: Mapping[str, str]
    ) -> None:
        self.name = command[0]
        self.status: int | None = None
        self.on_stop: Callable[[], object] = lambda: None
        self.on_error: Callable[[bytes], object] = lambda _: None
        self._session = session
        self._size = size
        self._passed_on = 0  # the signal that is to end it, and us
        self._deadline = self._ended = float("inf")
        self._stop_due = float("inf")  # when it is to be told that it was stopped
        self._last = 0.0  # when it said something, or ended
        self._after = 0  # bytes that came after its end
        self._heard = b""  # of what the monitor says, the line that has not ended
        self._owes = False  # whether something else than what it says is to be looked at first
        self._typed = bytearray()  # that waits for room
        self._typing = threading.RLock()
        self._turning = threading.Lock()
        self._leaving = False
        self._stopped, self._asked_to_stop = threading.Event(), False
        self._bell, self._ring = open_pipe()
        os.set_blocking(self._ring, False)
        os.set_blocking(self._bell, False)
        self._master, self._errors = -1, -1
        self._start(command, {k: v for k, v in environ.items() if k not in ("COLUMNS", "LINES")}, apart=apart)
        self._open = {each for each in (self._master, self._errors) if each >= 0}

    def _start(self, command: Sequence[str], environ: Mapping[str, str], *, apart: bool) -> None:
        self._master, terminal = map(move_above_stdio, os.openpty())
        ours = [self._master, self._bell, self._ring]
        theirs = [terminal]
        try:
            _set_up(terminal)
            self._set_size()
            error = terminal
            if apart:
                self._errors, error = open_pipe()
                ours.append(self._errors)
                theirs.append(error)
            given = 0
            if not is_tty(0):
                given = _copy_of_input()
                theirs.append(given)
            elif self._session:
                given = terminal
            launch = Launch(tuple(command), environ, (given, terminal, error), terminal, self._session, tuple(ours))
            self._monitor = start(launch)
            self._pid = self._monitor.command
        except OSError:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        if not is_tty(0):
            _let_go_of_input()
        for descriptor in (self._master, self._errors):
            if descriptor >= 0:
                os.set_blocking(descriptor, False)

    def __enter__(self) -> PtyChild:
        """Nothing more: it runs."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it."""
        self.close()

    # -- what it says -------------------------------------------------------------------------------------------

    def pieces(self, pause: float | None = None, watched: int | None = None) -> Iterator[bytes]:
        """What it says, to its end. On one thread.

        Args:
            pause: seconds without anything, after which an empty piece is given, once.
            watched: a descriptor; if nobody reads that any more, there is nobody to say it to.

        Raises:
            OutputClosed: that is so.
        """
        told = True
        while not self._leaving:
            patience = self._patience()
            pausing = not told and pause is not None and (patience is None or pause < patience)
            with self._turning:
                data, slept = self._turn(pause if pausing else patience, watched)
            if data:
                told = False
                yield data
            elif pausing and slept:
                told = True
                yield b""
            if time.monotonic() >= self._stop_due:
                self._stop_due = float("inf")
                self.on_stop()
            if self._is_over(silent=slept):
                return

    def _patience(self) -> float | None:
        """How long to wait for what it says."""
        until = min(self._deadline, self._stop_due)
        if self.status is not None:
            until = min(until, self._last + LINGER, max(self._last, self._ended + LINGER_AT_MOST))
        return None if until == float("inf") else max(0.0, until - time.monotonic())

    def _is_over(self, *, silent: bool) -> bool:
        """Whether nothing more is to be waited for; ``silent``: there was nothing to take just now."""
        now = time.monotonic()
        if now >= self._deadline:
            return True
        if self.status is None or not self._open:
            return self.status is not None
        if silent:
            return now >= min(self._last + LINGER, self._ended + LINGER_AT_MOST)
        return now >= self._ended + LINGER_AT_MOST and self._after >= BACKLOG

    def _turn(self, patience: float | None, watched: int | None = None) -> tuple[bytes, bool]:
        """Wait until something happens, and do it: what came, and whether nothing did for all that time."""
        reports = self._monitor.reports if self.status is None else -1
        reads = [each for each in (*self._open, reports, self._bell) if each >= 0]
        ready = _ready(reads, [self._master] if self._typed else [], watched, patience)
        if watched in ready:
            raise OutputClosed("nobody reads")
        if self._bell in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._bell, 4096)
        if self._typed and self._master in ready:
            self.type(b"")
        said = self._take(self._master) if self._master in ready and not self._owes else b""
        others = ready & {reports, self._errors}
        self._owes = bool(said and others)  # first what it said, then what became of it; and in turns
        if others and not said:
            self._attend(others)
        return said, not ready

    def _attend(self, others: set[int]) -> None:
        """Take in what is said elsewhere than in its terminal."""
        if self._errors in others and (said := self._take(self._errors)):
            self.on_error(said)
        if self._monitor.reports in others:
            self._hear()

    def _take(self, descriptor: int) -> bytes:
        """What is there by now."""
        pieces: list[bytes] = []
        size = 0
        while size < PIECE and descriptor in self._open:
            try:
                data = os.read(descriptor, BITE)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.EIO:  # as Linux says that nobody has the terminal any more
                    raise
                data = b""
            if not data:
                self._open.discard(descriptor)
            pieces.append(data)
            size += len(data)
        if size:
            self._last = time.monotonic()
            self._after += size if self.status is not None else 0
        return b"".join(pieces)

    def _hear(self) -> None:
        """What the monitor says."""
        try:
            data = os.read(self._monitor.reports, 4096)
        except BlockingIOError:
            return
        if not data:  # somebody has killed it
            data = f"\nexited {_KILLED}\n".encode()
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            what, _, number = line.partition(b" ")
            if what == b"exited":
                self.status = int(number)
                self._ended = self._last = time.monotonic()
            elif what == b"continued":
                self._stopped.clear()
                self._stop_due = float("inf")
            elif what == b"stopped":
                self._stopped.set()
                if not self._asked_to_stop:
                    self._stop_due = time.monotonic() + ECHO

    # -- what it is told ----------------------------------------------------------------------------------------

    def type(self, data: bytes) -> None:
        """Type at its terminal; what it has no room for waits."""
        with self._typing:
            waited = bool(self._typed)
            self._typed += data[: max(0, TYPED_AT_MOST - len(self._typed))]
            try:
                del self._typed[: os.write(self._master, self._typed)]
            except BlockingIOError:
                pass
            except OSError:
                self._typed.clear()
            if self._typed and not waited:
                self._wake()

    @property
    def reads_lines(self) -> bool:
        """Whether its terminal gives it whole lines, and not each key at once."""
        import termios

        try:
            return bool(termios.tcgetattr(self._master)[3] & termios.ICANON)
        except (OSError, ValueError, termios.error):  # it is closed
            return True

    def resize(self, size: Size) -> None:
        """Its terminal has another size."""
        if size != self._size:
            self._size = size
            with contextlib.suppress(OSError, ValueError):  # it is closed
                self._set_size()
            if not self._session:  # it is not controlled by that terminal, which therefore tells it nothing
                self.signal(signal.SIGWINCH)

    def _set_size(self) -> None:
        import fcntl
        import struct
        import termios

        columns, rows = (min(each, 0xFFFF) for each in self._size)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, number: int) -> None:
        """Send it a signal: one that is typed to what is in the foreground of its terminal, others to it as well."""
        if self.status is not None:
            return
        if not self._session:
            with contextlib.suppress(OSError):
                os.kill(self._pid, number)
            return
        groups = set() if number in _TYPED else {self._pid}
        with contextlib.suppress(OSError):
            groups.add(os.tcgetpgrp(self._master))
        for group in (groups or {self._pid}) - {0, os.getpgrp()}:
            with contextlib.suppress(OSError):
                os.killpg(group, number)

    def pass_on(self, number: int) -> bool:
        """A signal that ends us: the command gets it, and has `GRACE` seconds. False if it has had them.

        A second signal ends that, but not SIGHUP: when a window is closed, both the kernel and the shell send it.
        """
        if self.status is not None:
            return False
        if self._passed_on and number != signal.SIGHUP:
            self._deadline = 0.0
            return False
        if self._passed_on:
            return True
        self._passed_on = number
        self.signal(number)
        self.signal(signal.SIGCONT)
        self._deadline = time.monotonic() + GRACE
        self._wake()
        return True

    def stop(self, within: float) -> None:
        """Stop it as Ctrl-Z does, and wait so many seconds for that; nothing if it is stopped."""
        if not self._stopped.is_set():
            self._asked_to_stop = True
            self.signal(signal.SIGTSTP)
            self._stopped.wait(within)

    def go_on(self) -> None:
        """Continue it."""
        self._asked_to_stop = False
        self._stopped.clear()
        self.signal(signal.SIGCONT)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._ring, b"\0")

    # -- its end ------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Leave it; if it still runs it is hung up, and has `LAST_WORDS` seconds, unless it has been told already."""
        self._leaving = True
        self._wake()
        with self._turning:
            if self._master < 0:
                return
            self.on_stop = lambda: None
            self.on_error = lambda _: None
            if not self._passed_on:
                self._deadline = time.monotonic() + LAST_WORDS
                if self._open:
                    self.signal(signal.SIGHUP)
                    self.signal(signal.SIGCONT)
            while self.status is None and (left := self._deadline - time.monotonic()) > 0:
                self._turn(left)
            if self.status is None:
                self.status = 128 + (self._passed_on or signal.SIGHUP)
            ours = self._master, self._errors, self._bell, self._ring, self._monitor.reports, self._monitor.lifeline
            self._master = self._errors = self._ring = -1
            for descriptor in ours:
                if descriptor >= 0:
                    os.close(descriptor)
        with contextlib.suppress(OSError):
            os.waitpid(self._monitor.pid, 0)


def _set_up(terminal: int) -> None:
    """Settings as those of the user's own terminal, in its usual mode; only that output is left as it is."""
    import termios

    found: list[Any] = termios.tcgetattr(terminal)
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError, termios.error):
            found = termios.tcgetattr(descriptor)
            break
    found[0] |= termios.BRKINT | termios.ICRNL | termios.IXON | getattr(termios, "IUTF8", 0x4000)
    found[0] &= ~(termios.IGNCR | termios.INLCR | termios.ISTRIP | termios.IGNBRK)
    found[1] &= ~termios.OPOST
    found[3] |= termios.ICANON | termios.ISIG | termios.ECHO | termios.ECHOE | termios.ECHOK | termios.IEXTEN
    termios.tcsetattr(terminal, termios.TCSANOW, found)


def _copy_of_input() -> int:
    """Our standard input once more; nothing, if it is closed."""
    try:
        return move_above_stdio(os.dup(0))
    except OSError:
        return move_above_stdio(os.open(os.devnull, os.O_RDONLY))


def _let_go_of_input() -> None:
    """The command's input is the command's: who writes into it is to know when nobody reads any more."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    if nothing:
        os.dup2(nothing, 0, inheritable=False)
        os.close(nothing)


def _ready(reads: list[int], writes: list[int], watched: int | None, patience: float | None) -> set[int]:
    """Those that can be used, and the watched one if it has failed; `poll` knows no terminals on macOS."""
    if sys.platform == "darwin":
        found = select.select(reads, writes, [], patience)
        return {*found[0], *found[1]}
    wanted = dict.fromkeys(reads, select.POLLIN)
    for descriptor in writes:
        wanted[descriptor] = wanted.get(descriptor, 0) | select.POLLOUT
    if watched is not None:
        wanted[watched] = 0  # errors alone
    poll = select.poll()
    for descriptor, events in wanted.items():
        poll.register(descriptor, events)
    return {descriptor for descriptor, _ in poll.poll(None if patience is None else -(-patience * 1000 // 1))}
