"""Keyboard thread: the only reader of the terminal. Turns input into key events and answers to cursor queries.

Invariants:
- The terminal is released after the answers to all queries have come, or after a timeout, which is longer for a
  terminal that has answered slowly: none is typed into the shell's prompt.
- Only a complete sequence becomes a key. An unknown sequence (a late answer of the terminal, a paste mark, a focus
  report) is discarded to its end: no part of it is ever decoded as typed text.
- In the background the terminal is neither read nor changed; that would stop this process, or disturb the shell. The
  thread checks a few times a second whether it is in the foreground again.
- `stop` and `suspend` restore the settings that were found, without a flush: typed-ahead input belongs to the shell.
- In a library the terminal is shared: while another program (an editor that the program has started) has changed its
  settings, nothing is read, until they are as before. And Ctrl-Z is a key: no handler here could restore the settings
  before the program is stopped.
- Where a child process receives the input (`taker`), it gets the bytes as they came, all of a key at once, and the
  terminal driver interprets nothing: neither signals nor lines.
- Key names come from blessed's database, which takes 0.1 seconds to load: it is loaded at the first key that requires
  it, or once no key was typed for a moment.
- `Decoder` is pure. All methods of `Keyboard` may be called from any thread; its lock is never held while an event is
  sent or waited for.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from reflowlog.core.events import BackgroundReported, Key
from reflowlog.system import unix
from reflowlog.system.fds import OutputClosed
from reflowlog.system.tty import in_foreground
from reflowlog.terminal import control
from reflowlog.terminal.background import shade_of
from reflowlog.terminal.key_decoder import ESCAPE, CursorPosition, Decoder, StringAnswer
from reflowlog.terminal.key_names import key_names
from reflowlog.terminal.tty_mode import block_sigttin, open_terminal, raw_settings, readable, without_sigttou

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.terminal.background import Shade
    from reflowlog.terminal.key_decoder import Decoded

__all__ = ["Keyboard", "make_keyboard"]

ESCAPE_TIMEOUT = 0.05  # seconds without another byte, after which a lone ESC is the Escape key
SEQUENCE_TIMEOUT = 1.0  # seconds without another byte, after which an incomplete sequence is discarded
POLL_INTERVAL = 0.25  # seconds between two checks whether this process is in the foreground
NAMES_DELAY = 2.0  # seconds without a key, after which key names are loaded: the first seconds have other work
PROMPT_ANSWER_TIMEOUT = 0.01  # seconds that the first frame waits for the terminal's background
LAST_ANSWER_TIMEOUT = 0.5  # seconds after a query, for which the release of the terminal waits for its answers,
LAST_REMOTE_ANSWER_TIMEOUT = 1.5  # and over ssh;
LAST_ANSWER_FACTOR = 2  # at least this multiple of the longest time that an answer has taken so far
LATE_ANSWER_TIMEOUT = 5.0  # seconds for which the reports of a query that timed out may still come
STOP_TIMEOUT = 0.5  # seconds that `stop` waits for the thread
MAX_EMPTY_READS = 3  # empty reads since the last key, after which the terminal counts as closed


class Keyboard:
    """Reads the controlling terminal on a thread of its own.

    Args:
        send: called with each key, on the reading thread.
        path: the controlling terminal. If it cannot be opened, the terminal of standard error, output or input is
            used.
        interrupt: called on the reading thread when Ctrl-C arrives as a key (see `capture_ctrl_c`), before the key is
            sent, so that long work can be cancelled.
        gone: called on the reading thread when the terminal is closed.
        shared: whether the program, which is not the command line, changes the terminal's settings at times.
        taker: called on the reading thread with the typed bytes, and the key if they are exactly one, except while
            every key is captured (see `capture_ctrl_c`). If it returns False the key is sent as usual.
        on_background: called on the reading thread with a late answer to `query_background`.
    """

    def __init__(
        self,
        send: Callable[[Key], object],
        *,
        path: str = "/dev/tty",
        interrupt: Callable[[], object] | None = None,
        gone: Callable[[], object] = lambda: None,
        shared: bool = False,
        taker: Callable[[bytes, Key | None], bool] | None = None,
        on_background: Callable[[BackgroundReported], object] = lambda _: None,
    ) -> None:
        self._send = send
        self._on_background = on_background
        self._taker = taker
        self._pending_bytes = bytearray()  # bytes of the incomplete key
        self._path = path
        self._interrupt = interrupt
        self._gone = gone
        self._shared = shared
        self._lock = threading.RLock()  # re-entrant: a signal handler may call `stop` or `suspend`
        self._tty = self._wake_read = self._wake_write = -1
        self._thread: threading.Thread | None = None
        self._process = 0
        self._stopped = False
        self._suspended = False
        self._captures_ctrl_c = False
        self._saved: list[Any] | None = None  # settings to restore
        self._applied: list[Any] | None = None  # settings in force; None while another program has the terminal
        self._last_applied: list[Any] | None = None  # the last settings in force
        self._empty_reads = 0  # failed or empty reads since the last key
        self._names: dict[str, str] | None = None
        self._decoder = Decoder(self._load_names)
        self._answers: SimpleQueue[CursorPosition] = SimpleQueue()
        self._late_reports = 0  # outstanding reports of queries that timed out
        self._late_until = 0.0
        self._asked_at = 0.0  # time of the last query
        self._slowest_answer = 0.0  # seconds, of a terminal that answers slowly
        self._all_answered = threading.Event()
        self._all_answered.set()
        self._announced: Callable[[int], contextlib.AbstractContextManager[None]] = lambda _: contextlib.nullcontext()
        self._has_asked_background = False
        self._sends_background = False  # whether the answer is sent, because it is late
        self._background: Shade | None = None

    # -- life cycle ---------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Start reading and return whether there is a terminal. In the background, reading waits for the foreground."""
        with self._lock:
            if self._thread is not None or self._stopped:
                return self._thread is not None and not self._stopped
            if not self._open():
                return False
            self._process = os.getpid()
            self._acquire()
            self._thread = threading.Thread(target=self._run, name="reflowlog-keyboard", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no more threads
                self._thread = None
                self._release()
                self._close()
                return False
        return True

    def _open(self) -> bool:
        """Open the terminal and return whether there is one."""
        self._tty = open_terminal(self._path)
        if self._tty < 0:
            return False
        self._wake_read, self._wake_write = os.pipe()
        unix.set_blocking(self._wake_read, False)
        unix.set_blocking(self._wake_write, False)
        return True

    def stop(self) -> None:
        """Restore the settings and end the thread. Idempotent; in a forked child it changes no settings."""
        self._await_answers()
        with self._lock:
            if self._stopped or self._thread is None or os.getpid() != self._process:
                self._stopped = True
                return
            self._stopped = True
            self._release()
            self._wake()
        if self._thread is not threading.current_thread():
            self._thread.join(STOP_TIMEOUT)

    def suspend(self) -> None:
        """Restore the settings and stop reading until `resume`. For use before this process is stopped (SIGTSTP)."""
        self._await_answers()
        with self._lock:
            self._suspended = True
            self._decoder.drop()
            self._release()

    def resume(self) -> None:
        """Save the present settings and read again; in the background, once in the foreground."""
        with self._lock:
            self._suspended = False
            self._applied = None  # after SIGSTOP, without `suspend`, the settings have to be applied again
            self._acquire()
            self._wake()

    def capture_ctrl_c(self, on: bool) -> None:
        """Deliver Ctrl-C, and the other keys that the driver interprets, as keys; Ctrl-Z remains a signal."""
        with self._lock:
            self._captures_ctrl_c = on
            self._pending_bytes.clear()
            if self._applied is not None and in_foreground(self._tty):
                self._apply()

    def applied_settings(self) -> list[Any] | None:
        """Return the terminal's settings as they were applied last; None if they were not. Any thread."""
        return self._last_applied

    def terminal_version(self) -> str:
        """Return the terminal's last answer to XTVERSION; empty if there is none. Any thread."""
        return self._decoder.version

    # -- cursor queries -----------------------------------------------------------------------------------------

    def query_cursor(self, question: str, count: int, within: float) -> list[tuple[int, int]] | None:
        """Query the terminal for its cursor. Not on the reading thread, and one query at a time.

        Keys typed meanwhile stay keys. A late report becomes neither a key nor the answer to another query.

        Args:
            question: sequences to write; each requested position is answered by one report.
            count: number of reports that `question` requests.
            within: seconds to wait for them.

        Returns:
            The (row, column) pairs, from 1, that came in time; None if no query is possible: the thread does not run,
            or not in the foreground.
        """
        deadline = time.monotonic() + within
        with self._lock:
            if self._thread is None or not self._acquire():
                return None
            self._forget_late()
            try:
                self._write_question(question.encode())
            except (OSError, OutputClosed):  # also EAGAIN where output is stopped (Ctrl-S), which is not waited for
                return None
            self._decoder.expecting = self._late_reports + count
            self._asked_at = time.monotonic()
            self._all_answered.clear()
        found: list[tuple[int, int]] = []
        with contextlib.suppress(Empty):
            while len(found) < count:
                row, column = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
                found.append((row, column))
        with self._lock:
            while len(found) < count and not self._answers.empty():  # arrived just after the timeout
                row, column = self._answers.get()
                found.append((row, column))
            self._late_reports = self._decoder.expecting
            self._late_until = time.monotonic() + LATE_ANSWER_TIMEOUT
        return found

    def _write_question(self, question: bytes) -> None:
        """Write to the terminal without blocking. Raises OSError."""
        with self._announced(len(question)):
            os.write(self._tty, question)

    def announce_by(self, own_write: Callable[[int], contextlib.AbstractContextManager[None]]) -> None:
        """Announce each query, with its size in bytes, by a function such as `WriteWatch.own_write`."""
        self._announced = own_write

    def query_background(self, *, with_report: bool = True) -> Shade | None:
        """Query the terminal, once, for the shade of its background, and wait some milliseconds for the answer.

        A late answer is passed to `on_background`.

        Args:
            with_report: whether to request a report of the cursor behind it, which every terminal sends: so the end of
                the answers is known, and a program that ends at once waits for it.

        Returns:
            None if there is no answer yet.
        """
        if not self._has_asked_background:
            self._has_asked_background = True
            if with_report:
                question = control.REQUEST_BACKGROUND + control.REQUEST_POSITION
                self.query_cursor(question, 1, PROMPT_ANSWER_TIMEOUT)
            else:
                self._query_background_alone()
        with self._lock:
            self._sends_background = self._background is None
            return self._background

    def _query_background_alone(self) -> None:
        with self._lock:
            if self._thread is None or not self._acquire():
                return
            with contextlib.suppress(OSError):
                os.write(self._tty, control.REQUEST_BACKGROUND.encode())
            self._decoder.expects_string = True
            self._asked_at = time.monotonic()
            self._all_answered.clear()
        self._all_answered.wait(PROMPT_ANSWER_TIMEOUT)

    def _await_answers(self) -> None:
        """Wait for the outstanding answers, some time from the query on. Without the lock."""
        if self._all_answered.is_set() or self._stopped or os.getpid() != self._process:
            return
        if self._thread in (None, threading.current_thread()):
            return
        self._all_answered.wait(max(0.0, self._asked_at + self._last_answer_timeout() - time.monotonic()))

    def _last_answer_timeout(self) -> float:
        """Return the seconds after a query for which the release of the terminal waits for its answers."""
        is_remote = bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))
        least = LAST_REMOTE_ANSWER_TIMEOUT if is_remote else LAST_ANSWER_TIMEOUT
        return max(least, min(LAST_ANSWER_FACTOR * self._slowest_answer, LATE_ANSWER_TIMEOUT))

    def _forget_late(self) -> None:
        if self._late_reports and time.monotonic() > self._late_until:
            self._decoder.expecting = max(0, self._decoder.expecting - self._late_reports)
            self._late_reports = 0
            self._all_answered.set()

    def _answer(self, answer: CursorPosition | StringAnswer) -> BackgroundReported | None:
        """Take an answer of the terminal; return the event to send, if any. The lock is held."""
        self._slowest_answer = max(self._slowest_answer, time.monotonic() - self._asked_at)
        if isinstance(answer, StringAnswer):
            if not answer.text.startswith("]11;"):
                return None
            self._background = shade_of(answer.text[4:])
            self._decoder.expects_string = False
            if not self._decoder.expecting:
                self._all_answered.set()
            return BackgroundReported(self._background) if self._background and self._sends_background else None
        if self._late_reports:
            self._late_reports -= 1
        else:
            self._answers.put(answer)
        if not self._decoder.expecting:
            self._all_answered.set()
        return None

    # -- settings; the lock is held -----------------------------------------------------------------------------

    def _acquire(self) -> bool:
        """Apply the settings if this process is in the foreground: return whether the terminal may be read."""
        if self._tty < 0 or self._suspended or self._stopped or not in_foreground(self._tty):
            return False
        if self._applied is not None and self._shared:
            if self._is_foreign():
                return False
            self._apply()  # the settings found at first may be in force again
        if self._applied is None:
            from reflowlog.system.unix import termios

            try:
                found = termios.tcgetattr(self._tty)
            except (OSError, termios.error):  # the terminal is closed
                self._empty_reads += 1
                return False
            if found != self._last_applied:  # a shell may restore the settings that a job had applied
                self._saved = found
            self._apply()
        return self._applied is not None

    def _is_foreign(self) -> bool:
        """Return whether another program has changed the settings of the shared terminal."""
        if not self._shared or self._applied is None:
            return False
        from reflowlog.system.unix import termios

        try:
            return termios.tcgetattr(self._tty) not in (self._applied, self._saved)
        except (OSError, termios.error):
            return False

    def _apply(self) -> None:
        from reflowlog.system.unix import termios

        if self._saved is None:
            return
        pass_through = self._taker is not None and not self._captures_ctrl_c
        ours = raw_settings(
            self._saved,
            self._tty,
            capture_ctrl_c=self._captures_ctrl_c,
            suspends=not self._shared,
            pass_through=pass_through,
        )
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self._tty, termios.TCSANOW, ours)
            self._applied = self._last_applied = termios.tcgetattr(self._tty)

    def _release(self) -> None:
        """Restore the settings; in the background only if those applied here are in force, for a shell sets its own.

        A shell that waits for another process of this job takes the terminal while this process is still exiting.
        """
        from reflowlog.system.unix import termios

        if self._applied is not None and self._saved is not None:
            with contextlib.suppress(OSError, termios.error), without_sigttou():
                if in_foreground(self._tty) or termios.tcgetattr(self._tty) == self._applied:
                    termios.tcsetattr(self._tty, termios.TCSANOW, self._saved)
        self._applied = None

    def _wake(self) -> None:
        if self._wake_write >= 0:
            with contextlib.suppress(OSError):  # a full pipe wakes the reader, too
                os.write(self._wake_write, b"\0")

    # -- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        block_sigttin()
        try:
            while not self._stopped and self._empty_reads < MAX_EMPTY_READS:
                data = self._read()
                if data:
                    self._empty_reads = 0
                    self._decode(data)
        finally:
            with self._lock:
                self._release()
                self._close()
            if not self._stopped:
                self._gone()

    def _read(self) -> bytes:
        """Wait for typed bytes and return them; empty if the state has to be checked again."""
        with self._lock:
            ours = self._acquire()
        ready = readable(
            [self._tty, self._wake_read] if ours else [self._wake_read], self._read_timeout() if ours else POLL_INTERVAL
        )
        if self._wake_read in ready:
            with contextlib.suppress(OSError):
                os.read(self._wake_read, 4096)
        elif ready:
            return self._read_bytes()
        elif ours:
            self._handle_timeout()
        return b""

    def _read_bytes(self) -> bytes:
        with self._lock:
            if self._suspended or self._stopped or self._is_foreign():
                return b""
            data = b""
            if in_foreground(self._tty):
                try:
                    data = os.read(self._tty, 4096)
                except BlockingIOError:
                    return b""
                except OSError:  # in the background since a moment ago, or the terminal is closed
                    self._empty_reads += in_foreground(self._tty)
                else:  # empty: it is closed, or another program has set canonical mode
                    self._empty_reads += not data
            if not data:
                self._applied = None  # another program may have changed the settings
            return data

    def _read_timeout(self) -> float | None:
        """Return the seconds to wait for the next byte; None: without limit."""
        if self._decoder.is_incomplete:
            return ESCAPE_TIMEOUT if self._decoder.is_lone_escape else SEQUENCE_TIMEOUT
        return NAMES_DELAY if self._names is None else None

    def _handle_timeout(self) -> None:
        """Handle a timeout: finish the incomplete sequence, or load the key names."""
        with self._lock:
            keys = self._decoder.flush()
            self._decoder.drop()
        if self._pending_bytes:
            self._offer(keys)
        else:
            self._deliver(keys)
        if not keys:
            self._load_names()

    def _decode(self, data: bytes) -> None:
        if ESCAPE in data and not (self._decoder.expecting or self._decoder.expects_string):
            self._load_names()  # without the lock
        step = len(data) if self._taker is None else 1  # with a taker byte by byte, to know the bytes of each key
        for start in range(0, len(data), step):
            chunk = data[start : start + step]
            with self._lock:
                self._forget_late()
                found = self._decoder.feed(chunk)
                answered = [self._answer(each) for each in found if not isinstance(each, Key)]
            for event in answered:
                if event is not None:
                    self._on_background(event)
            if self._taker is None or self._captures_ctrl_c:
                self._deliver(found)
            else:
                self._pending_bytes += chunk
                if not self._decoder.is_incomplete:
                    self._offer(found)

    def _offer(self, found: list[Decoded]) -> None:
        """Offer the typed bytes to the taker; deliver the keys that it refuses."""
        data = bytes(self._pending_bytes)
        self._pending_bytes.clear()
        keys = [each for each in found if isinstance(each, Key)]
        if self._taker is not None and (keys or not found):
            taken = self._taker(data, keys[0] if len(keys) == 1 else None)
            self._deliver([] if taken else found)

    def _deliver(self, found: list[Decoded]) -> None:
        for each in found:
            if isinstance(each, Key):
                if each.name == "Ctrl-C" and self._interrupt is not None:
                    self._interrupt()
                self._send(each)

    def _load_names(self) -> dict[str, str]:
        if self._names is None:
            try:
                self._names = key_names(os.environ.get("TERM", ""))
            except Exception:  # letters stay keys, whatever error the database raises
                self._names = {}
        return self._names

    def _close(self) -> None:
        descriptors = self._tty, self._wake_read, self._wake_write
        self._tty = self._wake_read = self._wake_write = -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)


def make_keyboard(send: Callable[[Key], object], **options: Any) -> Keyboard:
    """Return the keyboard of this system; see `Keyboard` for the arguments."""
    kind = Keyboard
    if sys.platform == "win32":
        from reflowlog.terminal.console_keyboard import ConsoleKeyboard  # this system only

        kind = ConsoleKeyboard
    return kind(send, **options)
