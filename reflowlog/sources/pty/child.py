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
from typing import TYPE_CHECKING

from reflowlog.sources.pty.supervisor import ReportReader, open_pipe
from reflowlog.sources.pty.terminal import reads_lines, set_size, start_command
from reflowlog.system import unix
from reflowlog.system.fds import POLLS_TERMINALS, OutputClosed

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
_TYPED_SIGNALS = {signal.SIGINT, getattr(signal, "SIGQUIT", 0), getattr(signal, "SIGTSTP", 0)}


class PtyChild:
    """A running command in a pseudo-terminal; a context manager that closes it.

    It polls five descriptors: the pty, the pipe of a separate standard error, the supervisor's reports, a pipe that
    ends the poll, and the descriptor whose reader is watched. The classes below hold when reading is over, whether the
    command is stopped, and input that waits.

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
        self._end = _OutputEnd()
        self._stop = _StopState()
        self._has_pending_control = False  # whether reports and standard error come before more output
        self._poll_lock = threading.Lock()
        self._is_closing = False
        self._wake = _WakePipe()
        environ = {name: value for name, value in environ.items() if name not in ("COLUMNS", "LINES")}
        try:
            started = start_command(
                command,
                environ,
                size,
                session=session,
                separate_stderr=separate_stderr,
                private=(self._wake.reader, self._wake.writer),
            )
        except OSError:
            self._wake.close()
            raise
        self._master, self._errors, self._supervisor = started
        self._open = {descriptor for descriptor in (self._master, self._errors) if descriptor >= 0}
        self._reports = ReportReader(self._supervisor.reports)
        self._typed = _TypedInput(self._master)

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
        while not self._is_closing:
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
            if self._stop.take_due():
                self.on_stop()
            if self._end.is_reached(is_silent=timed_out, is_open=bool(self._open)):
                return

    def _poll_timeout(self) -> float | None:
        """Return the seconds to wait for output; None: without limit."""
        due = min(self._stop.due, self._end.due())
        return None if due == float("inf") else max(0.0, due - time.monotonic())

    def _poll(self, timeout: float | None, watched: int | None = None) -> tuple[bytes, bool]:
        """Poll once and handle the ready descriptors; return the output, and whether the poll timed out."""
        reports = self._supervisor.reports if self.status is None else -1
        reads = [descriptor for descriptor in (*self._open, reports, self._wake.reader) if descriptor >= 0]
        ready = _poll_descriptors(reads, [self._master] if self._typed.waits else [], watched, timeout)
        if watched in ready:
            raise OutputClosed("nobody reads")
        if self._wake.reader in ready:
            self._wake.clear()
        if self._typed.waits and self._master in ready:
            self._typed.write()
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
            self._end.note_output(size)
        return b"".join(chunks)

    def _read_reports(self) -> None:
        """Read and apply the supervisor's reports."""
        for what, number in self._reports.read():
            if what == "exited":
                self.status = number
                self._end.note_end()
            elif what == "continued":
                self._stop.note_continued()
            elif what == "stopped":
                self._stop.note_stopped()

    # -- input, size and signals --------------------------------------------------------------------------------

    def type(self, data: bytes) -> None:
        """Write input to its terminal; bytes for which it has no room are queued."""
        if self._typed.write(data):
            self._wake.wake()

    @property
    def reads_lines(self) -> bool:
        """Whether its terminal is in canonical mode: it reads whole lines rather than keys."""
        return reads_lines(self._master)

    def resize(self, size: Size) -> None:
        """Set the size of its terminal."""
        if size != self._size:
            self._size = size
            with contextlib.suppress(OSError, ValueError):  # it is closed
                set_size(self._master, size)
            if not self._session:  # the pty does not control it, and so sends it no SIGWINCH
                self.signal(unix.SIGWINCH)

    def signal(self, number: int) -> None:
        """Send it a signal: one that keys make to its terminal's foreground job, any other to the command as well."""
        if self.status is not None:
            return
        if not self._session:
            with contextlib.suppress(OSError):
                os.kill(self._supervisor.command, number)
            return
        command = self._supervisor.command
        groups = set() if number in _TYPED_SIGNALS else {command}
        with contextlib.suppress(OSError):
            groups.add(unix.tcgetpgrp(self._master))
        for group in (groups or {command}) - {0, unix.getpgrp()}:
            with contextlib.suppress(OSError):
                unix.killpg(group, number)

    def pass_on(self, number: int) -> bool:
        """Pass a signal that ends this process on to the command, once; return False if this process ends now.

        The command has `GRACE_PERIOD` seconds. A second signal ends the waiting, except SIGHUP: when a window is
        closed, both the kernel and the shell send it.
        """
        if self._ending_signal and number == unix.SIGHUP:
            return True  # also when the command has ended since: its status is that of this program
        if self.status is not None:
            return False
        if self._ending_signal:
            self._end.deadline = 0.0
            return False
        self._ending_signal = number
        self.signal(number)
        self.signal(unix.SIGCONT)
        self._end.deadline = time.monotonic() + GRACE_PERIOD
        self._wake.wake()
        return True

    def stop(self, within: float) -> None:
        """Stop it as Ctrl-Z does, and wait for that at most `within` seconds. Idempotent."""
        if not self._stop.is_stopped.is_set():
            self._stop.is_requested = True
            self.signal(unix.SIGTSTP)
            self._stop.is_stopped.wait(within)

    def resume(self) -> None:
        """Continue it."""
        self._stop.is_requested = False
        self._stop.is_stopped.clear()
        self.signal(unix.SIGCONT)

    # -- its end ------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close it. If it runs it gets SIGHUP and `HANGUP_TIMEOUT` seconds, unless a signal was passed on before."""
        self._is_closing = True
        self._wake.wake()
        with self._poll_lock:
            if self._master < 0:
                return
            self.on_stop = lambda: None
            self.on_error = lambda _: None
            if not self._ending_signal:
                self._end.deadline = time.monotonic() + HANGUP_TIMEOUT
                if self._open:
                    self.signal(unix.SIGHUP)
                    self.signal(unix.SIGCONT)
            while self.status is None and (left := self._end.deadline - time.monotonic()) > 0:
                self._poll(left)
            if self.status is None:
                self.status = 128 + (self._ending_signal or unix.SIGHUP)
            descriptors = self._master, self._errors, self._supervisor.reports, self._supervisor.lifeline
            self._master = self._errors = self._typed.descriptor = -1
            self._wake.close()
            for descriptor in descriptors:
                if descriptor >= 0:
                    os.close(descriptor)
        with contextlib.suppress(OSError):
            os.waitpid(self._supervisor.pid, 0)


class _OutputEnd:
    """Times that decide when reading is over: see the invariants of this file.

    Attributes:
        deadline: monotonic time at which it is over in any case.
    """

    def __init__(self) -> None:
        self.deadline = float("inf")
        self._ended_at = float("inf")  # monotonic time of the command's end
        self._active_at = 0.0  # monotonic time of its last output, or of its end
        self._bytes_after_end = 0  # bytes of output after its end

    @property
    def _has_ended(self) -> bool:
        """Whether the command has."""
        return self._ended_at < float("inf")

    def note_output(self, size: int) -> None:
        """Take over that bytes were read."""
        self._active_at = time.monotonic()
        self._bytes_after_end += size if self._has_ended else 0

    def note_end(self) -> None:
        """Take over that the command has ended."""
        self._ended_at = self._active_at = time.monotonic()

    def due(self) -> float:
        """Return the monotonic time at which reading is over, if there is no output until then."""
        if not self._has_ended:
            return self.deadline
        without_silence = max(self._active_at, self._ended_at + MAX_LINGER_TIME)
        return min(self.deadline, self._active_at + LINGER_TIME, without_silence)

    def is_reached(self, *, is_silent: bool, is_open: bool) -> bool:
        """Return whether reading is over.

        Args:
            is_silent: whether the last poll timed out.
            is_open: whether a process may still write.
        """
        now = time.monotonic()
        if now >= self.deadline:
            return True
        if not self._has_ended or not is_open:
            return self._has_ended
        if is_silent:
            return now >= min(self._active_at + LINGER_TIME, self._ended_at + MAX_LINGER_TIME)
        return now >= self._ended_at + MAX_LINGER_TIME and self._bytes_after_end >= MAX_BACKLOG_BYTES


class _StopState:
    """Whether the command is stopped, and by whom.

    Attributes:
        is_stopped: set while it is. Any thread.
        is_requested: whether this program stops it, which needs no call of `on_stop`.
        due: monotonic time at which `on_stop` is to be called.
    """

    def __init__(self) -> None:
        self.is_stopped = threading.Event()
        self.is_requested = False
        self.due = float("inf")

    def note_stopped(self) -> None:
        """Take over that it was stopped."""
        self.is_stopped.set()
        if not self.is_requested:
            self.due = time.monotonic() + ECHO_TIME

    def note_continued(self) -> None:
        """Take over that it was continued."""
        self.is_stopped.clear()
        self.due = float("inf")

    def take_due(self) -> bool:
        """Return whether `on_stop` is to be called now; once for each time that it was stopped."""
        is_due = time.monotonic() >= self.due
        if is_due:
            self.due = float("inf")
        return is_due


class _TypedInput:
    """Input that is written to a pseudo-terminal, and waits where that has no room. Any thread, and signal handlers.

    Args:
        descriptor: of this side of the pseudo-terminal.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._bytes = bytearray()
        self._lock = threading.RLock()

    @property
    def waits(self) -> bool:
        """Whether there is input for which the terminal has had no room."""
        return bool(self._bytes)

    def write(self, data: bytes = b"") -> bool:
        """Write waiting input, then `data`; return whether input begins to wait."""
        with self._lock:
            has_waited = self.waits
            self._bytes += data[: max(0, MAX_TYPED_BYTES - len(self._bytes))]
            try:
                del self._bytes[: os.write(self.descriptor, self._bytes)]
            except BlockingIOError:
                pass
            except OSError:  # it is closed
                self._bytes.clear()
            return self.waits and not has_waited


class _WakePipe:
    """Pipe by which any thread, or a signal handler, ends a poll."""

    def __init__(self) -> None:
        self.reader, self.writer = open_pipe()
        unix.set_blocking(self.reader, False)
        unix.set_blocking(self.writer, False)

    def wake(self) -> None:
        """End the poll that waits now, or the next one."""
        with contextlib.suppress(OSError):
            os.write(self.writer, b"\0")

    def clear(self) -> None:
        """Let the next poll wait again."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.reader, 4096)

    def close(self) -> None:
        """Close both ends."""
        writer, self.writer = self.writer, -1
        os.close(self.reader)
        os.close(writer)


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
