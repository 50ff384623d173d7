"""The press: a printer's thread and its life. Everything here may be called from any thread.

Rules of this file:
- The thread starts with the first event and is a daemon; the sentinel alone ends it. What was accepted is painted
  before `close` returns, and, by an exit hook, before the interpreter ends.
- After the thread has ended, events that still arrive (from other exit hooks, finalizers, daemon threads) are worked
  on by whoever sends them: *late*, one at a time. A sender looks for that after it has put its event, so that none
  falls between the thread's end and the first late worker.
- After a fork the child has a new inbox and no thread: it works as if late, with a printer of its own.
- The locks are never held while an event is worked on by the thread, and the thread takes none of them.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING

from reflowlog.model import Flush
from reflowlog.threads import STOP, Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.printer import Printer

__all__ = ["Press"]

LOOK = 0.25  # seconds of one wait


class Press:
    """Runs a printer, from its first event on.

    Args:
        make: makes the printer for an inbox; told whether this process is the child of a fork.
        items: how many events may wait.
        name: of the thread.
        weight: how many characters or bytes may wait in all.
    """

    def __init__(
        self,
        make: Callable[[Inbox, bool], Printer],
        items: int = 65_536,
        name: str = "reflowlog",
        weight: int = 64 << 20,
    ) -> None:
        self._make = make
        self._items = items
        self._weight = weight
        self._name = name
        self._in_child = False
        self._reset()
        _watch_exit_and_fork()
        _all.add(self)

    def _reset(self) -> None:
        self.inbox = Inbox(self._items, self._weight)
        self.running = False  # whether the thread is there and takes what is sent
        self.closed = False
        self._late = self._in_child
        self._printer: Printer | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.RLock()
        self._late_lock = threading.Lock()

    def put(self, event: object) -> None:
        """Accept an event, whatever the bound. Safe in signal handlers and finalizers once the thread runs."""
        if not self.running and not self._late:
            self._start()
        self.inbox.put(event)
        if self._late:
            self._work_late()

    def send(self, event: object, weight: int = 0) -> bool:
        """Accept an event if there is room for it; never waits."""
        if not self.running:
            self.put(event)
            return True
        return self._accepted(self.inbox.send(event, weight))

    def send_wait(self, event: object, weight: int = 0) -> None:
        """Accept an event, waiting for room; never on the printer's own thread, nor when there is no thread."""
        waits = self.running and threading.current_thread() is not self._thread
        if not waits or not self._accepted(self.inbox.send_wait(event, weight, lambda: not self.running)):
            self.put(event)

    def _accepted(self, accepted: bool) -> bool:
        if accepted and self._late:
            self._work_late()
        return accepted

    def hurry(self) -> None:
        """Have what was sent so far painted without waiting for the next frame's time."""
        if self._printer is not None:
            self._printer.hurry()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait, at most that many seconds, until all that was accepted is painted; whether it is."""
        if self._printer is None and not self.inbox.waiting:
            return True
        if threading.current_thread() is self._thread:
            return False
        if self._thread is not None and not self.running:  # the sentinel is in the queue, or the thread has ended
            return self.finish(timeout)
        done = threading.Event()
        self.put(Flush(done.set))
        self.hurry()
        deadline = _deadline(timeout)
        while not done.wait(_step(deadline)):
            if _step(deadline) <= 0:
                return False
            if self._thread is not None and not self._thread.is_alive() and not self._late:
                return self.finish(timeout)
        return True

    def close(self, timeout: float | None = None) -> bool:
        """Paint all that was accepted and end the thread; whether that is done. Harmless any number of times."""
        with self._lock:
            self.closed = True
        return self.finish(timeout)

    def finish(self, timeout: float | None = None) -> bool:
        """End the thread; later events are worked on by their senders."""
        with self._lock:
            thread, printer = self._thread, self._printer
            self.running = False
            if thread is not None and not self._late:
                self.inbox.put(STOP)
        if thread is None or printer is None:
            self._late = True
            return True
        if thread is not threading.current_thread():
            printer.hurry()
            deadline = _deadline(timeout)
            while thread.is_alive() and (step := _step(deadline)) > 0:
                thread.join(step)
        if thread.is_alive():
            return False
        self._late = True
        self._work_late()
        _unfinished.discard(self)
        return True

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None or self._late:
                return
            if _exiting:
                self._late = True
                return
            printer = self._printer = self._make(self.inbox, False)
            self._thread = threading.Thread(target=printer.run, name=self._name, daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # the interpreter is ending, and starts no more threads
                self._thread = None
                self._late = True
                return
            _unfinished.add(self)
            self.running = True

    def _work_late(self) -> None:
        """Work on what waits, unless somebody does already: then they find it."""
        while self.inbox.waiting and self._late_lock.acquire(blocking=False):
            try:
                if self._printer is None:
                    self._printer = self._make(self.inbox, self._in_child)
                self._printer.work(self.inbox.take(0))
            finally:
                self._late_lock.release()

    def forked(self) -> None:
        """In the child of a fork: nothing of the parent's is left but the promise."""
        closed = self.closed
        self._in_child = True
        self._reset()
        self.closed = closed


def _deadline(timeout: float | None) -> float:
    return float("inf") if timeout is None else time.monotonic() + timeout


def _step(deadline: float) -> float:
    """How long to wait at once: a signal that comes just before a wait is seen only after it."""
    return min(LOOK, max(0.0, deadline - time.monotonic()))


_all: weakref.WeakSet[Press] = weakref.WeakSet()  # what a fork has to tell
_unfinished: set[Press] = set()  # those whose thread has to end before the process does
_watching = False
_exiting = False


def _watch_exit_and_fork() -> None:
    global _watching
    if not _watching:
        _watching = True
        atexit.register(_finish_all)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_fork_all)


def _finish_all() -> None:
    global _exiting
    _exiting = True  # a thread that starts now would not live to paint
    for press in list(_unfinished):
        press.finish()


def _fork_all() -> None:
    _unfinished.clear()
    for press in list(_all):
        press.forked()
