"""Keyboard thread: the only reader of the terminal. Turns input into key events and answers to cursor queries.

Invariants:
- The terminal is released after the answers to all queries have come, or after a timeout; see
  `terminal/query_answers.py`.
- Only a complete sequence becomes a key. An unknown sequence (a late answer of the terminal, a paste mark, a focus
  report) is discarded to its end: no part of it is ever decoded as typed text.
- Where the terminal may not be read, in the background for one (`terminal/keyboard_device.py`), the thread checks a few
  times a second whether it may again.
- Where a child process receives the input (`taker`), it gets the bytes as they came, all of a key at once, and the
  terminal driver interprets nothing: neither signals nor lines.
- Key names come from blessed's database, which takes 0.1 seconds to load: it is loaded at the first key that requires
  it, or once no key was typed for a moment in which the process had little work.
- `Decoder` is pure. All methods of `Keyboard` may be called from any thread; its lock is never held while an event is
  sent or waited for.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from reflowlog.core.events import BackgroundReported, Key
from reflowlog.system.fds import OutputClosed
from reflowlog.terminal import control
from reflowlog.terminal.key_decoder import ESCAPE, Decoder
from reflowlog.terminal.key_names import key_names
from reflowlog.terminal.keyboard_device import KeyboardDevice, TtyDevice
from reflowlog.terminal.query_answers import QueryAnswers
from reflowlog.terminal.tty_mode import block_sigttin

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.terminal.background import Shade
    from reflowlog.terminal.key_decoder import Decoded

__all__ = ["Keyboard", "make_keyboard"]

ESCAPE_TIMEOUT = 0.05  # seconds without another byte, after which a lone ESC is the Escape key
SEQUENCE_TIMEOUT = 1.0  # seconds without another byte, after which an incomplete sequence is discarded
PASTE_TIMEOUT = 5.0  # seconds without another byte, after which a paste is discarded: its rest acts as keys
POLL_INTERVAL = 0.25  # seconds between two checks whether the terminal may be read
NAMES_DELAY = 2.0  # seconds without a key, after which key names are loaded: the first seconds have other work
BUSY_TIME = 0.5  # seconds of processor time since the last such delay, after which the process has other work still
PROMPT_ANSWER_TIMEOUT = 0.01  # seconds that the first frame waits for the terminal's background
STOP_TIMEOUT = 0.5  # seconds that `stop` waits for the thread


class Keyboard:
    """Reads a terminal on a thread of its own.

    Its attributes are the parts that it was given, and one state under one lock, which the reading thread shares with
    those that start, suspend and query it.

    Args:
        send: called with each key, on the reading thread.
        device: the terminal; None: the controlling one.
        interrupt: called on the reading thread when Ctrl-C arrives as a key (see `capture_ctrl_c`), before the key is
            sent, so that long work can be cancelled.
        gone: called on the reading thread when the terminal is closed.
        taker: called on the reading thread with the typed bytes, and the key if they are exactly one, except while
            every key is captured (see `capture_ctrl_c`). If it returns False the key is sent as usual.
        on_background: called on the reading thread with a late answer to `query_background`.
    """

    def __init__(
        self,
        send: Callable[[Key], object],
        *,
        device: KeyboardDevice | None = None,
        interrupt: Callable[[], object] | None = None,
        gone: Callable[[], object] = lambda: None,
        taker: Callable[[bytes, Key | None], bool] | None = None,
        on_background: Callable[[BackgroundReported], object] = lambda _: None,
    ) -> None:
        self._send = send
        self._device = device or TtyDevice()
        self._interrupt = interrupt
        self._gone = gone
        self._taker = taker
        self._on_background = on_background
        self._lock = threading.RLock()  # re-entrant: a signal handler may call `stop` or `suspend`
        self._thread: threading.Thread | None = None
        self._process = 0
        self._stopped = False
        self._suspended = False
        self._captures_ctrl_c = False
        self._pending_bytes = bytearray()  # bytes of the incomplete key
        self._names: dict[str, str] | None = None
        self._used_time = 0.0  # seconds of processor time of this process until it was last asked whether it is busy
        self._decoder = Decoder(self._load_names)
        self._answers = QueryAnswers(self._decoder)
        self._announced: Callable[[int], contextlib.AbstractContextManager[object]] = lambda _: contextlib.nullcontext()
        self._has_asked_background = False

    # -- life cycle ---------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Start reading and return whether there is a terminal. In the background, reading waits for the foreground."""
        with self._lock:
            if self._thread is not None or self._stopped:
                return self._thread is not None and not self._stopped
            if not self._device.open():
                return False
            self._configure()
            self._process = os.getpid()
            self._acquire()
            self._thread = threading.Thread(target=self._run, name="reflowlog-keyboard", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no more threads
                self._thread = None
                self._device.release()
                self._device.close()
                return False
        return True

    def stop(self) -> None:
        """Restore the settings and end the thread. Idempotent; in the child of a fork it changes no settings."""
        if self._process not in (0, os.getpid()):  # the lock may be held by a thread that does not exist there
            self._stopped = True
            return
        self._await_answers()
        with self._lock:
            if self._stopped or self._thread is None:
                self._stopped = True
                return
            self._stopped = True
            self._device.release()
            self._device.wake()
        if self._thread is not threading.current_thread():
            self._thread.join(STOP_TIMEOUT)

    def suspend(self) -> None:
        """Restore the settings and stop reading until `resume`. For use before this process is stopped (SIGTSTP)."""
        self._await_answers()
        with self._lock:
            self._suspended = True
            self._decoder.drop()
            self._device.release()

    def resume(self) -> None:
        """Save the present settings and read again; in the background, once in the foreground."""
        with self._lock:
            self._suspended = False
            self._device.forget()
            self._acquire()
            self._device.wake()

    def capture_ctrl_c(self, on: bool) -> None:
        """Deliver Ctrl-C, the other keys that the driver interprets, and a paste as keys; Ctrl-Z remains a signal."""
        with self._lock:
            self._captures_ctrl_c = self._decoder.takes_pastes = on
            self._pending_bytes.clear()
            self._configure()

    def _configure(self) -> None:
        """Choose the settings of the terminal. The lock is held."""
        pass_through = self._taker is not None and not self._captures_ctrl_c
        self._device.configure(capture_ctrl_c=self._captures_ctrl_c, pass_through=pass_through)

    def _acquire(self) -> bool:
        """Apply the settings if the terminal may be read, and return whether it may. The lock is held."""
        return not self._suspended and not self._stopped and self._device.acquire()

    def applied_settings(self) -> list[Any] | None:
        """Return the terminal's settings as they were applied last; None if they were not. Any thread."""
        return self._device.settings

    def terminal_version(self) -> str:
        """Return the terminal's last answer to XTVERSION; empty if there is none. Any thread."""
        return self._decoder.version

    # -- queries ------------------------------------------------------------------------------------------------

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
            self._answers.forget_late()
            if not self._write_question(question):
                return None
            self._answers.expect_reports(count)
        positions = self._answers.collect(count, deadline)
        with self._lock:
            return positions + self._answers.end_query(count - len(positions))

    def _write_question(self, question: str) -> bool:
        """Write to the terminal without blocking; return False if that fails. The lock is held."""
        data = question.encode()
        try:
            with self._announced(len(data)):
                self._device.write(data)
        except (OSError, OutputClosed):  # also EAGAIN where output is stopped (Ctrl-S), which is not waited for
            return False
        return True

    def announce_by(self, own_write: Callable[[int], contextlib.AbstractContextManager[object]]) -> None:
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
            return self._answers.background()

    def _query_background_alone(self) -> None:
        with self._lock:
            if self._thread is None or not self._acquire() or not self._write_question(control.REQUEST_BACKGROUND):
                return
            self._answers.expect_background()
        self._answers.await_all(PROMPT_ANSWER_TIMEOUT)

    def _await_answers(self) -> None:
        """Wait for the outstanding answers, some time from the query on. Without the lock."""
        if self._answers.are_complete or self._stopped or os.getpid() != self._process:
            return
        if self._thread not in (None, threading.current_thread()):
            self._answers.await_all()

    # -- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        block_sigttin()
        try:
            while not self._stopped and not self._device.is_gone:
                data = self._read()
                if data:
                    self._decode(data)
        finally:
            with self._lock:
                self._device.release()
                self._device.close()
            if not self._stopped:
                self._gone()

    def _read(self) -> bytes:
        """Wait for typed bytes and return them; empty if the state has to be checked again."""
        with self._lock:
            may_read = self._acquire()
        ready = self._device.wait(self._read_timeout() if may_read else POLL_INTERVAL, for_keys=may_read)
        if ready:
            with self._lock:
                return b"" if self._suspended or self._stopped else self._device.read()
        if ready is None and may_read:
            self._handle_timeout()
        return b""

    def _read_timeout(self) -> float | None:
        """Return the seconds to wait for the next byte; None: without limit."""
        if self._decoder.is_incomplete:
            if self._decoder.is_lone_escape:
                return ESCAPE_TIMEOUT
            return PASTE_TIMEOUT if self._decoder.is_in_paste else SEQUENCE_TIMEOUT
        return NAMES_DELAY if self._names is None else None

    def _handle_timeout(self) -> None:
        """Handle a timeout: finish the incomplete sequence, or load the key names unless the process is busy."""
        with self._lock:
            keys = self._decoder.flush()
            self._decoder.drop()
        if self._pending_bytes:
            self._offer(keys)
        else:
            self._deliver(keys)
        if not keys and not self._is_busy():
            self._load_names()

    def _is_busy(self) -> bool:
        """Return whether the process has used much processor time since the last call."""
        before, self._used_time = self._used_time, time.process_time()
        return self._used_time - before > BUSY_TIME

    def _decode(self, data: bytes) -> None:
        if ESCAPE in data and not (self._decoder.expecting or self._decoder.expects_string):
            self._load_names()  # without the lock
        step = len(data) if self._taker is None else 1  # with a taker byte by byte, to know the bytes of each key
        for start in range(0, len(data), step):
            chunk = data[start : start + step]
            with self._lock:
                self._answers.forget_late()
                decoded = self._decoder.feed(chunk)
                events = [self._answers.take(each) for each in decoded if not isinstance(each, Key)]
            for event in events:
                if event is not None:
                    self._on_background(event)
            if self._taker is None or self._captures_ctrl_c:
                self._deliver(decoded)
            else:
                self._pending_bytes += chunk
                if not self._decoder.is_incomplete:
                    self._offer(decoded)

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


def make_keyboard(send: Callable[[Key], object], **options: Any) -> Keyboard:
    """Return the keyboard of this system's terminal; see `Keyboard` for the arguments."""
    device: KeyboardDevice = TtyDevice()
    if sys.platform == "win32":
        from reflowlog.terminal.console_device import ConsoleDevice  # this system only

        device = ConsoleDevice()
    return Keyboard(send, device=device, **options)
