"""The keyboard: the one reader of the terminal's keys. They become events, and reports become answers.

Rules of this file:
- Only what is complete becomes a key. A sequence that nobody knows (a terminal's late answer, a paste mark, a focus
  report) is swallowed to its end: no part of it is ever taken for something that was typed.
- In the background the terminal is neither read nor changed; that would stop us, or disturb the shell. The thread looks
  a few times a second whether it is in the foreground again.
- The settings that were found are put back by whoever lets go of the terminal (`stop`, `suspend`), without a flush:
  what was typed ahead is the shell's.
- In a program that is not ours the terminal is shared: while anybody else (an editor that the program has started) has
  set it up for itself nothing is read, until it is as it was before. And Ctrl-Z is a key: there is no handler of ours
  that could put the settings back before the program is stopped.
- Where a program under us is to have what is typed (`taker`), it gets the bytes as they came, all of a key at once, and
  the terminal makes nothing of them itself: neither signals nor lines.
- Names of keys come from blessed's database, which costs a tenth of a second: it is asked when the first key comes that
  needs it, or when nothing has been typed for a moment.
- `Decoder` is pure. All methods of `Keyboard` may be called from any thread; its lock is never held while something is
  sent or waited for.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from reflowlog.core.events import Key
from reflowlog.system.tty import in_foreground
from reflowlog.terminal.key_decoder import ESCAPE, CursorPosition, Decoder
from reflowlog.terminal.key_names import key_names
from reflowlog.terminal.tty_mode import block_sigttin, open_terminal, raw_settings, readable, without_sigttou

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Keyboard"]

ESCAPE_ALONE = 0.05  # seconds without another byte, after which it was the key
SEQUENCE_AT_MOST = 1.0  # seconds without another byte, after which the rest of a sequence does not come any more
LOOK = 0.25  # seconds between two looks whether we are in the foreground
QUIET = 2.0  # seconds without a key, after which the names are loaded: the first seconds have other work
LATE = 5.0  # seconds for which the answers to a question that is over may still come
STOP_WITHIN = 0.5  # seconds that `stop` waits for the thread
EMPTY_READS = 3  # since the last key, after which the terminal is taken to be gone


class Keyboard:
    """Reads the terminal that controls this process, on a thread of its own.

    Args:
        send: told each key, on the reading thread.
        path: of the controlling terminal. Where there is none of that name, the terminal of standard error, output or
            input is taken.
        interrupt: called on the reading thread when Ctrl-C comes as a key (see `whole`), before the key is sent: who
            is in the middle of long work may give that up.
        gone: called on the reading thread when the terminal is gone.
        shared: whether others, in a program that is not ours, set the terminal up for themselves at times.
        taker: offered what was typed, as bytes and as the key that they are, if they are one, save while everything is
            to be a key of ours (see `whole`); False: it is one nevertheless. On the reading thread.
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
    ) -> None:
        self._send = send
        self._taker = taker
        self._untaken = bytearray()  # what the decoder has begun with
        self._path = path
        self._interrupt = interrupt
        self._gone = gone
        self._shared = shared
        self._lock = threading.RLock()  # reentrant: a signal handler may stop or suspend us
        self._tty = self._bell = self._ring = -1
        self._thread: threading.Thread | None = None
        self._process = 0
        self._stopped = False
        self._suspended = False
        self._whole = False
        self._found: list[Any] | None = None  # settings to put back
        self._ours: list[Any] | None = None  # settings that we have set; None: not while the terminal is others'
        self._last: list[Any] | None = None  # the last that we have set
        self._empty = 0  # how often, since the last key, the terminal seemed to be gone
        self._names: dict[str, str] | None = None
        self._decoder = Decoder(self._load_names)
        self._answers: SimpleQueue[CursorPosition] = SimpleQueue()
        self._stale = 0  # reports that are owed to questions that are over
        self._late_until = 0.0

    # -- its life -----------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Begin to read; whether there is a terminal to read. In the background it begins once in the foreground."""
        with self._lock:
            if self._thread is not None or self._stopped:
                return self._thread is not None and not self._stopped
            self._tty = open_terminal(self._path)
            if self._tty < 0:
                return False
            self._bell, self._ring = os.pipe()
            os.set_blocking(self._bell, False)
            os.set_blocking(self._ring, False)
            self._process = os.getpid()
            self._take()
            self._thread = threading.Thread(target=self._run, name="reflowlog-keyboard", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no more threads
                self._thread = None
                self._let_go()
                self._close()
                return False
        return True

    def stop(self) -> None:
        """Put the settings back and end. Harmless any number of times, and in the child of a fork."""
        with self._lock:
            if self._stopped or self._thread is None or os.getpid() != self._process:
                self._stopped = True
                return
            self._stopped = True
            self._let_go()
            self._wake()
        if self._thread is not threading.current_thread():
            self._thread.join(STOP_WITHIN)

    def suspend(self) -> None:
        """Put the settings back and read nothing, until `resume`: before this process is stopped."""
        with self._lock:
            self._suspended = True
            self._decoder.drop()
            self._let_go()

    def resume(self) -> None:
        """Take note of the settings found now, and read again; in the background, once in the foreground."""
        with self._lock:
            self._suspended = False
            self._ours = None  # whoever was stopped without `suspend` has it to do again
            self._take()
            self._wake()

    def whole(self, on: bool) -> None:
        """Whether Ctrl-C, and what else the terminal takes for itself, is a key; ^Z goes on being a signal."""
        with self._lock:
            self._whole = on
            self._untaken.clear()
            if self._ours is not None and in_foreground(self._tty):
                self._set()

    # -- questions ----------------------------------------------------------------------------------------------

    def reports(self, question: str, count: int, within: float) -> list[tuple[int, int]] | None:
        """Ask the terminal for its cursor. Not on the reading thread, and one question at a time.

        Keys that are typed meanwhile stay keys. What comes too late becomes neither a key nor another's answer.

        Args:
            question: what to write; each place asked for is answered by a report.
            count: how many reports are to come.
            within: seconds to wait for them.

        Returns:
            (row, column) pairs, from 1, those that came in time; None where this keyboard cannot ask: it does not
            run, or not in the foreground.
        """
        deadline = time.monotonic() + within
        with self._lock:
            if self._thread is None or not self._take():
                return None
            self._forget_late()
            try:
                os.write(self._tty, question.encode())
            except OSError:  # also where its output is held up: nobody waits for that
                return None
            self._decoder.expecting = self._stale + count
        found: list[tuple[int, int]] = []
        with contextlib.suppress(Empty):
            while len(found) < count:
                row, column = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
                found.append((row, column))
        with self._lock:
            while len(found) < count and not self._answers.empty():  # it came while we gave up
                row, column = self._answers.get()
                found.append((row, column))
            self._stale = self._decoder.expecting
            self._late_until = time.monotonic() + LATE
        return found

    def _forget_late(self) -> None:
        if self._stale and time.monotonic() > self._late_until:
            self._decoder.expecting = max(0, self._decoder.expecting - self._stale)
            self._stale = 0

    def _answer(self, report: CursorPosition) -> None:
        if self._stale:
            self._stale -= 1
        else:
            self._answers.put(report)

    # -- settings; the lock is held -----------------------------------------------------------------------------

    def _take(self) -> bool:
        """Make the terminal ours, in the foreground; whether it is."""
        if self._tty < 0 or self._suspended or self._stopped or not in_foreground(self._tty):
            return False
        if self._ours is not None and self._shared:
            if self._is_others():
                return False
            self._set()  # it may be as it was before us
        if self._ours is None:
            import termios

            try:
                found = termios.tcgetattr(self._tty)
            except (OSError, termios.error):  # it is gone
                self._empty += 1
                return False
            if found != self._last:  # a shell may put back what a job had set
                self._found = found
            self._set()
        return self._ours is not None

    def _is_others(self) -> bool:
        """Whether somebody else has set up the terminal that we share."""
        if not self._shared or self._ours is None:
            return False
        import termios

        try:
            return termios.tcgetattr(self._tty) not in (self._ours, self._found)
        except (OSError, termios.error):
            return False

    def _set(self) -> None:
        import termios

        if self._found is None:
            return
        passing = self._taker is not None and not self._whole
        ours = raw_settings(self._found, self._tty, whole=self._whole, stops=not self._shared, passing=passing)
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self._tty, termios.TCSANOW, ours)
            self._ours = self._last = termios.tcgetattr(self._tty)

    def _let_go(self) -> None:
        """Put the settings back; in the background only ours: a shell that sets its own has done so, or is about to.

        A shell that waits for another process of our job has taken the terminal while we are still on our way out.
        """
        import termios

        if self._ours is not None and self._found is not None:
            with contextlib.suppress(OSError, termios.error), without_sigttou():
                if in_foreground(self._tty) or termios.tcgetattr(self._tty) == self._ours:
                    termios.tcsetattr(self._tty, termios.TCSANOW, self._found)
        self._ours = None

    def _wake(self) -> None:
        if self._ring >= 0:
            with contextlib.suppress(OSError):  # a full pipe wakes as well
                os.write(self._ring, b"\0")

    # -- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        block_sigttin()
        try:
            while not self._stopped and self._empty < EMPTY_READS:
                data = self._read()
                if data:
                    self._empty = 0
                    self._decode(data)
        finally:
            with self._lock:
                self._let_go()
                self._close()
            if not self._stopped:
                self._gone()

    def _read(self) -> bytes:
        """What was typed, once there is some; nothing: look again."""
        with self._lock:
            ours = self._take()
        ready = readable([self._tty, self._bell] if ours else [self._bell], self._patience() if ours else LOOK)
        if self._bell in ready:
            with contextlib.suppress(OSError):
                os.read(self._bell, 4096)
        elif ready:
            return self._take_in()
        elif ours:
            self._rest()
        return b""

    def _take_in(self) -> bytes:
        with self._lock:
            if self._suspended or self._stopped or self._is_others():
                return b""
            data = b""
            if in_foreground(self._tty):
                try:
                    data = os.read(self._tty, 4096)
                except BlockingIOError:
                    return b""
                except OSError:  # in the background since a moment ago, or the terminal is gone
                    self._empty += in_foreground(self._tty)
                else:  # empty: it is gone, or others have made it wait for whole lines
                    self._empty += not data
            if not data:
                self._ours = None  # others may have changed the settings
            return data

    def _patience(self) -> float | None:
        """How long to wait for the next byte before something is to be done without it."""
        if self._decoder.waits:
            return ESCAPE_ALONE if self._decoder.escape_alone else SEQUENCE_AT_MOST
        return QUIET if self._names is None else None

    def _rest(self) -> None:
        """Nothing came for that long."""
        with self._lock:
            keys = self._decoder.flush()
            self._decoder.drop()
        if self._untaken:
            self._offer(keys)
        else:
            self._deliver(keys)
        if not keys:
            self._load_names()

    def _decode(self, data: bytes) -> None:
        if ESCAPE in data and not self._decoder.expecting:
            self._load_names()  # not with the lock held
        step = len(data) if self._taker is None else 1  # for the sake of the bytes of each key
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            with self._lock:
                self._forget_late()
                found = self._decoder.feed(piece)
                for each in found:
                    if isinstance(each, CursorPosition):
                        self._answer(each)
            if self._taker is None or self._whole:
                self._deliver(found)
            else:
                self._untaken += piece
                if not self._decoder.waits:
                    self._offer(found)

    def _offer(self, found: list[Key | CursorPosition]) -> None:
        """What was typed is a program's under us, but for what that leaves us, and the terminal's reports."""
        data = bytes(self._untaken)
        self._untaken.clear()
        keys = [each for each in found if isinstance(each, Key)]
        if self._taker is not None and (keys or not found):
            taken = self._taker(data, keys[0] if len(keys) == 1 else None)
            self._deliver([] if taken else found)

    def _deliver(self, found: list[Key | CursorPosition]) -> None:
        for each in found:
            if isinstance(each, Key):
                if each.name == "Ctrl-C" and self._interrupt is not None:
                    self._interrupt()
                self._send(each)

    def _load_names(self) -> dict[str, str]:
        if self._names is None:
            try:
                self._names = key_names(os.environ.get("TERM", ""))
            except Exception:  # letters go on being keys, whatever is wrong with the database
                self._names = {}
        return self._names

    def _close(self) -> None:
        descriptors = self._tty, self._bell, self._ring
        self._tty = self._bell = self._ring = -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)
