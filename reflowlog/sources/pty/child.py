r"""Parent side of a command in a pseudo-terminal: its output, its input, its size, its signals and its end.

There are two modes, by the role of the pty:
- On a screen, this program is the command's terminal. The command has a session of its own, controlled by the pty. Keys
  are written into the pty, whose line discipline echoes them and turns Ctrl-C, Ctrl-Z and Ctrl-\ into signals.
- Off a screen, only the command's output is a terminal. It stays in this session and process group: the user's own
  terminal, if there is one, goes on controlling it: for passwords, for Ctrl-C and Ctrl-Z, and next to a pager reading
  keys itself.
In both modes standard input that is no terminal is inherited unchanged: nothing is echoed, split or taken as a control
character on the way, and its EOF is the command's EOF.

Invariants:
- The bytes are the command's own: the pty adds no carriage return to a newline (no output processing) and expands no
  tab.
- All output of the command is passed on. A process that it left behind may go on writing, with at most `LINGER_TIME`
  seconds between two writes; once `MAX_LINGER_TIME` seconds have passed, the first moment without output is the end.
- A signal that ends this process is passed on first; the command then has `GRACE_PERIOD` seconds. A command still alive
  when it is left gets SIGHUP.
- One thread reads (`chunks`); everything else may be called from any thread, and from signal handlers.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

from reflowlog.sources.pty.supervisor import Launch, open_pipe, start
from reflowlog.system import unix
from reflowlog.system.fds import POLLS_TERMINALS, OutputClosed, is_tty, move_above_stdio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reflowlog.core.frames import Size

__all__ = ["GRACE_PERIOD", "LINGER_TIME", "MAX_LINGER_TIME", "PtyChild"]

CHUNK_BYTES = 1 << 18  # bytes yielded at once
READ_SIZE = 1 << 16  # bytes read at once; Linux returns at most 4096 from a pty
LINGER_TIME = 0.25  # seconds of silence after the command's end, while other processes keep its terminal open,
MAX_LINGER_TIME = 2.0  # and seconds after which no silence is required
MAX_BACKLOG_BYTES = 1 << 20  # bytes: more than any pty buffers, so all output from before the end is among them
ECHO_TIME = 0.02  # seconds that a terminal has to echo the key that stopped its program: the echo follows the signal
GRACE_PERIOD = 5.0  # seconds for the command, after a signal that ends this process was passed on
HANGUP_TIMEOUT = 1.0  # seconds for the command after SIGHUP
MAX_TYPED_BYTES = 1 << 20  # bytes of input that may wait for a command that does not read them
_KILLED = 128 + 9
_TYPED_SIGNALS = {signal.SIGINT, getattr(signal, "SIGQUIT", 0), getattr(signal, "SIGTSTP", 0)}


class PtyChild:
    """A running command in a pseudo-terminal; a context manager that closes it.

    Args:
        command: its name and its arguments.
        size: of its terminal.
        session: whether this program is its terminal, in a session of its own; see above.
        separate_stderr: whether its standard error is a pipe rather than its terminal.
        environ: its environment, from which COLUMNS and LINES are removed.

    Raises:
        OSError: the command cannot be run.

    Attributes:
        name: the command's name.
        status: its exit status in the shell's convention, 128 + N after signal N; None while it runs.
        on_stop: called on the reading thread when it was stopped, usually by Ctrl-Z.
        on_error: called on the reading thread with the bytes of a separate standard error.
    """

    def __init__(
        self, command: Sequence[str], size: Size, *, session: bool, separate_stderr: bool, environ: Mapping[str, str]
    ) -> None:
        self.name = command[0]
        self.status: int | None = None
        self.on_stop: Callable[[], object] = lambda: None
        self.on_error: Callable[[bytes], object] = lambda _: None
        self._session = session
        self._size = size
        self._ending_signal = 0  # the ending signal that was passed on
        self._deadline = self._ended_at = float("inf")
        self._stop_due = float("inf")  # monotonic time at which `on_stop` is called
        self._active_at = 0.0  # monotonic time of its last output, or of its end
        self._bytes_after_end = 0  # bytes of output after its end
        self._partial_report = b""  # unfinished line of the supervisor's reports
        self._has_pending_control = False  # whether reports and standard error come before more output
        self._typed = bytearray()  # input that waits for room in the pty
        self._typed_lock = threading.RLock()
        self._poll_lock = threading.Lock()
        self._leaving = False
        self._stopped, self._stop_requested = threading.Event(), False
        self._wake_reader, self._wake_writer = open_pipe()
        unix.set_blocking(self._wake_writer, False)
        unix.set_blocking(self._wake_reader, False)
        self._master, self._errors = -1, -1
        self._start(
            command,
            {k: v for k, v in environ.items() if k not in ("COLUMNS", "LINES")},
            separate_stderr=separate_stderr,
        )
        self._open = {each for each in (self._master, self._errors) if each >= 0}

    def _start(self, command: Sequence[str], environ: Mapping[str, str], *, separate_stderr: bool) -> None:
        self._master, terminal = map(move_above_stdio, unix.openpty())
        private = [self._master, self._wake_reader, self._wake_writer]
        for_child = [terminal]
        try:
            _set_up(terminal)
            self._set_size()
            error = terminal
            if separate_stderr:
                self._errors, error = open_pipe()
                private.append(self._errors)
                for_child.append(error)
            given = 0
            if not is_tty(0):
                given = _copy_of_input()
                for_child.append(given)
            elif self._session:
                given = terminal
            launch = Launch(tuple(command), environ, (given, terminal, error), terminal, self._session, tuple(private))
            self._supervisor = start(launch)
            self._pid = self._supervisor.command
        except OSError:
            for descriptor in private:
                os.close(descriptor)
            raise
        finally:
            for descriptor in for_child:
                os.close(descriptor)
        if not is_tty(0):
            _release_input()
        for descriptor in (self._master, self._errors):
            if descriptor >= 0:
                unix.set_blocking(descriptor, False)

    def __enter__(self) -> PtyChild:
        """Return the command, which runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    # -- output -------------------------------------------------------------------------------------------------

    def chunks(self, pause: float | None = None, watched: int | None = None) -> Iterator[bytes]:
        """Yield its output to its end. On one thread.

        Args:
            pause: seconds without output after which ``b""`` is yielded, once.
            watched: the descriptor that the output is written to; the end of its reader is detected.

        Raises:
            OutputClosed: the reader of `watched` is gone.
        """
        is_pause_reported = True
        while not self._leaving:
            timeout = self._poll_timeout()
            pausing = not is_pause_reported and pause is not None and (timeout is None or pause < timeout)
            with self._poll_lock:
                data, timed_out = self._poll(pause if pausing else timeout, watched)
            if data:
                is_pause_reported = False
                yield data
            elif pausing and timed_out:
                is_pause_reported = True
                yield b""
            if time.monotonic() >= self._stop_due:
                self._stop_due = float("inf")
                self.on_stop()
            if self._is_over(silent=timed_out):
                return

    def _poll_timeout(self) -> float | None:
        """Return the seconds to wait for output; None: without limit."""
        until = min(self._deadline, self._stop_due)
        if self.status is not None:
            until = min(until, self._active_at + LINGER_TIME, max(self._active_at, self._ended_at + MAX_LINGER_TIME))
        return None if until == float("inf") else max(0.0, until - time.monotonic())

    def _is_over(self, *, silent: bool) -> bool:
        """Return whether reading is over; ``silent``: the last poll timed out."""
        now = time.monotonic()
        if now >= self._deadline:
            return True
        if self.status is None or not self._open:
            return self.status is not None
        if silent:
            return now >= min(self._active_at + LINGER_TIME, self._ended_at + MAX_LINGER_TIME)
        return now >= self._ended_at + MAX_LINGER_TIME and self._bytes_after_end >= MAX_BACKLOG_BYTES

    def _poll(self, timeout: float | None, watched: int | None = None) -> tuple[bytes, bool]:
        """Poll once and handle the ready descriptors; return the output, and whether the poll timed out."""
        reports = self._supervisor.reports if self.status is None else -1
        reads = [each for each in (*self._open, reports, self._wake_reader) if each >= 0]
        ready = _poll_descriptors(reads, [self._master] if self._typed else [], watched, timeout)
        if watched in ready:
            raise OutputClosed("nobody reads")
        if self._wake_reader in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_reader, 4096)
        if self._typed and self._master in ready:
            self.type(b"")
        output = self._take(self._master) if self._master in ready and not self._has_pending_control else b""
        others = ready & {reports, self._errors}
        self._has_pending_control = bool(output and others)  # output first, then reports and standard error, by turns
        if others and not output:
            self._handle_control(others)
        return output, not ready

    def _handle_control(self, others: set[int]) -> None:
        """Handle its standard error and the supervisor's reports."""
        if self._errors in others and (output := self._take(self._errors)):
            self.on_error(output)
        if self._supervisor.reports in others:
            self._read_reports()

    def _take(self, descriptor: int) -> bytes:
        """Read the available bytes of a descriptor, up to `CHUNK_BYTES` bytes."""
        chunks: list[bytes] = []
        size = 0
        while size < CHUNK_BYTES and descriptor in self._open:
            try:
                data = os.read(descriptor, READ_SIZE)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.EIO:  # on Linux: no process has the terminal open any more
                    raise
                data = b""
            if not data:
                self._open.discard(descriptor)
            chunks.append(data)
            size += len(data)
        if size:
            self._active_at = time.monotonic()
            self._bytes_after_end += size if self.status is not None else 0
        return b"".join(chunks)

    def _read_reports(self) -> None:
        """Read and apply the supervisor's reports."""
        try:
            data = os.read(self._supervisor.reports, 4096)
        except BlockingIOError:
            return
        if not data:  # it was killed
            data = f"\nexited {_KILLED}\n".encode()
        *lines, self._partial_report = (self._partial_report + data).split(b"\n")
        for line in lines:
            what, _, number = line.partition(b" ")
            if what == b"exited":
                self.status = int(number)
                self._ended_at = self._active_at = time.monotonic()
            elif what == b"continued":
                self._stopped.clear()
                self._stop_due = float("inf")
            elif what == b"stopped":
                self._stopped.set()
                if not self._stop_requested:
                    self._stop_due = time.monotonic() + ECHO_TIME

    # -- input, size and signals --------------------------------------------------------------------------------

    def type(self, data: bytes) -> None:
        """Write input to its terminal; bytes for which it has no room are queued."""
        with self._typed_lock:
            waited = bool(self._typed)
            self._typed += data[: max(0, MAX_TYPED_BYTES - len(self._typed))]
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
        """Return whether its terminal is in canonical mode: it reads whole lines rather than keys."""
        from reflowlog.system.unix import termios

        try:
            return bool(termios.tcgetattr(self._master)[3] & termios.ICANON)
        except (OSError, ValueError, termios.error):  # it is closed
            return True

    def resize(self, size: Size) -> None:
        """Set the size of its terminal."""
        if size != self._size:
            self._size = size
            with contextlib.suppress(OSError, ValueError):  # it is closed
                self._set_size()
            if not self._session:  # the pty does not control it, and so sends it no SIGWINCH
                self.signal(unix.SIGWINCH)

    def _set_size(self) -> None:
        import struct

        from reflowlog.system.unix import fcntl, termios

        columns, rows = (min(each, 0xFFFF) for each in self._size)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, number: int) -> None:
        """Send it a signal: one that keys make to its terminal's foreground job, any other to the command as well."""
        if self.status is not None:
            return
        if not self._session:
            with contextlib.suppress(OSError):
                os.kill(self._pid, number)
            return
        groups = set() if number in _TYPED_SIGNALS else {self._pid}
        with contextlib.suppress(OSError):
            groups.add(unix.tcgetpgrp(self._master))
        for group in (groups or {self._pid}) - {0, unix.getpgrp()}:
            with contextlib.suppress(OSError):
                unix.killpg(group, number)

    def pass_on(self, number: int) -> bool:
        """Pass a signal that ends this process on to the command; return False if its `GRACE_PERIOD` seconds are over.

        A second signal ends the waiting, except SIGHUP: when a window is closed, both the kernel and the shell send it.
        """
        if self.status is not None:
            return False
        if self._ending_signal and number != unix.SIGHUP:
            self._deadline = 0.0
            return False
        if self._ending_signal:
            return True
        self._ending_signal = number
        self.signal(number)
        self.signal(unix.SIGCONT)
        self._deadline = time.monotonic() + GRACE_PERIOD
        self._wake()
        return True

    def stop(self, within: float) -> None:
        """Stop it as Ctrl-Z does, and wait for that at most `within` seconds. Idempotent."""
        if not self._stopped.is_set():
            self._stop_requested = True
            self.signal(unix.SIGTSTP)
            self._stopped.wait(within)

    def resume(self) -> None:
        """Continue it."""
        self._stop_requested = False
        self._stopped.clear()
        self.signal(unix.SIGCONT)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake_writer, b"\0")

    # -- its end ------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close it. If it runs it gets SIGHUP and `HANGUP_TIMEOUT` seconds, unless a signal was passed on before."""
        self._leaving = True
        self._wake()
        with self._poll_lock:
            if self._master < 0:
                return
            self.on_stop = lambda: None
            self.on_error = lambda _: None
            if not self._ending_signal:
                self._deadline = time.monotonic() + HANGUP_TIMEOUT
                if self._open:
                    self.signal(unix.SIGHUP)
                    self.signal(unix.SIGCONT)
            while self.status is None and (left := self._deadline - time.monotonic()) > 0:
                self._poll(left)
            if self.status is None:
                self.status = 128 + (self._ending_signal or unix.SIGHUP)
            private = (
                self._master,
                self._errors,
                self._wake_reader,
                self._wake_writer,
                self._supervisor.reports,
                self._supervisor.lifeline,
            )
            self._master = self._errors = self._wake_writer = -1
            for descriptor in private:
                if descriptor >= 0:
                    os.close(descriptor)
        with contextlib.suppress(OSError):
            os.waitpid(self._supervisor.pid, 0)


def _set_up(terminal: int) -> None:
    """Copy the settings of the user's terminal, in its usual mode, with output processing switched off."""
    from reflowlog.system.unix import termios

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
    """Return a duplicate of standard input; of the null device if it is closed (`occupy_closed_stdio`)."""
    from reflowlog.system.unix import fcntl

    with contextlib.suppress(OSError):
        if fcntl.fcntl(0, fcntl.F_GETFL) & unix.O_ACCMODE != os.O_WRONLY:
            return move_above_stdio(os.dup(0))
    return move_above_stdio(os.open(os.devnull, os.O_RDONLY))


def _release_input() -> None:
    """Close this process's copy of standard input, so that its writer gets EPIPE once the command stops reading."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    if nothing:
        os.dup2(nothing, 0, inheritable=False)
        os.close(nothing)


def _poll_descriptors(reads: list[int], writes: list[int], watched: int | None, timeout: float | None) -> set[int]:
    """Return the ready descriptors, and the watched one if it has failed; macOS cannot poll terminals."""
    if not POLLS_TERMINALS:
        found = select.select(reads, writes, [], timeout)
        return {*found[0], *found[1]}
    events = dict.fromkeys(reads, unix.POLLIN)
    for descriptor in writes:
        events[descriptor] = events.get(descriptor, 0) | unix.POLLOUT
    if watched is not None:
        events[watched] = 0  # errors alone
    poll = unix.poll()
    for descriptor, mask in events.items():
        poll.register(descriptor, mask)
    return {descriptor for descriptor, _ in poll.poll(None if timeout is None else -(-timeout * 1000 // 1))}
