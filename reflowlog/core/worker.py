"""The press: a printer's thread and its life. Everything here may be called from any thread.

Rules of this file:
- The thread starts with the first event and is a daemon; the sentinel alone ends it. What was accepted is painted
  before `close` returns, and, by an exit hook, before the interpreter ends.
- After the thread has ended, events that still arrive (from other exit hooks, finalizers, daemon threads) are worked
  on by whoever sends them: *late*, one at a time. A sender looks for that after it has put its event, so that none
  falls between the thread's end and the first late worker.
- After a fork the child has a new inbox and no thread: it works as if late, with a worker of its own. So does every
  process whose worker needs no thread: one that sends all on to another process's console.
- The locks are never held while an event is worked on by the thread, and the thread takes none of them.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.core.events import Flush, TerminalChanged
from reflowlog.core.inbox import STOP, Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Worker", "WorkerThread"]

LOOK = 0.25  # seconds of one wait
LOOK_AGAIN = 0.01  # seconds between two looks of a coroutine whether the thread has ended


class Worker(Protocol):
    """What a press runs: a printer, mostly."""

    @property
    def threaded(self) -> bool:
        """Whether it works on a thread of its own; else on those of the senders, one at a time."""

    def run(self) -> None:
        """The body of the thread: until the sentinel."""

    def work(self, events: list[Any]) -> None:
        """Do what the events say."""

    def wake_now(self) -> None:
        """Put nothing off: somebody waits. Any thread."""


class WorkerThread:
    """Runs a printer, or another worker, from its first event on.

    Args:
        make: makes the worker for an inbox; told whether this process is the child of a fork.
        items: how many events may wait.
        name: of the thread.
        weight: how many characters or bytes may wait in all.
        at_fork: called in the child of a fork.
        gather: has what others sent on behalf of this press put into it, until a time of `time.monotonic`; whether
            that is done.
    """

    def __init__(
        self,
        make: Callable[[Inbox, bool], Worker],
        items: int = 65_536,
        name: str = "reflowlog",
        *,
        weight: int = 64 << 20,
        at_fork: Callable[[], None] = lambda: None,
        drain_children: Callable[[float], bool] = lambda _: True,
    ) -> None:
        self._make = make
        self._items = items
        self._weight = weight
        self._name = name
        self._at_fork = at_fork
        self._drain_children = drain_children
        self._in_child = False
        self.closed = False
        self._reset()
        _watch_exit_and_fork()
        _all.add(self)

    def _reset(self) -> None:
        self.inbox = Inbox(self._items, self._weight)
        self.running = False  # whether the thread is there and takes what is sent
        self._starting = False
        self._stopping = False
        self._stalled = False  # the thread is to end, and was not waited for any longer
        self._late = self._in_child
        self._late_worker: int | None = None
        self._printer: Worker | None = None
        self._thread: threading.Thread | None = None
        self._working = threading.Lock()  # the thread's, from before its start to its end,
        self._ended = False  # which this tells
        # Reentrant: a signal handler or a finalizer may log while its thread holds one of them.
        self._lock = threading.RLock()
        self._late_lock = threading.RLock()

    @property
    def ending(self) -> bool:
        """Whether the thread is to end, or has ended. Any thread."""
        return self._stopping or self._late

    # -- sending ------------------------------------------------------------------------------------------------

    def put(self, event: object) -> None:
        """Accept an event, whatever the bound. Safe in signal handlers and finalizers once the thread runs."""
        if not self.running and not self._late:
            self._start()
        self.inbox.put(event)
        if self._stopping and not self._late and not self.is_at_work():
            self._await_end()
        if self._late:
            self._work_late()

    def _await_end(self) -> None:
        """While the thread works off what is before the sentinel, who goes on logging may not fill up the memory."""
        while self._alive and not self._stalled and self.inbox.waiting > self._items:
            self._wait_for_end(LOOK)

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

    def wait_for_room(self, timeout: float | None = None) -> bool:
        """Wait, at most that many seconds, until the queue takes more; whether it does. Where nobody may wait: True."""
        if not self.running or self.is_at_work():
            return True
        deadline = _deadline(timeout)
        return (
            self.inbox.send_wait(TerminalChanged(), 0, lambda: not self.running or _step(deadline) <= 0)
            or not self.running
        )

    def _accepted(self, accepted: bool) -> bool:
        if accepted and self._late:
            self._work_late()
        return accepted

    # -- waiting, ending ----------------------------------------------------------------------------------------

    def wake_now(self) -> None:
        """Have what was sent so far painted without waiting for the next frame's time."""
        if self._printer is not None:
            self._printer.wake_now()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait, at most that many seconds, until all that was accepted is painted; whether it is.

        On the printer's own thread nothing can be waited for: False.
        """
        deadline = _deadline(0 if self._stalled and timeout is None else timeout)
        if not self.is_at_work():
            self._drain_children(deadline)
        known = self._flushed_already()
        if known is not None:
            return known
        if self._is_ending():
            return self.finish(timeout)
        done = threading.Event()
        self.put(Flush(done.set))
        self.wake_now()
        while not done.wait(_step(deadline)):
            if _step(deadline) <= 0:
                return False
            if self._late:  # the thread has ended meanwhile
                self._work_late()
        return True

    async def aflush(self, timeout: float | None = None) -> bool:
        """As `flush`, in a coroutine: the event loop goes on meanwhile. No thread is made for it.

        After the end, and in the child of a fork, there is no thread of ours: what waits is then painted in here.
        """
        import asyncio

        deadline = _deadline(0 if self._stalled and timeout is None else timeout)
        while not (self.is_at_work() or self._drain_children(0.0)):
            if _step(deadline) <= 0:
                return False
            await asyncio.sleep(min(LOOK_AGAIN, _step(deadline)))
        known = self._flushed_already()
        if known is not None:
            return known
        while self._is_ending():
            if _step(deadline) <= 0:
                return False
            await asyncio.sleep(min(LOOK_AGAIN, _step(deadline)))
        loop = asyncio.get_running_loop()
        awaited = loop.create_future()
        painted = threading.Event()

        def wake() -> None:
            if not awaited.done():
                awaited.set_result(None)

        def done() -> None:
            painted.set()
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(wake)

        self.put(Flush(done))
        self.wake_now()
        while not painted.is_set() and (step := _step(deadline)) > 0:
            await asyncio.wait((awaited,), timeout=step)
            if self._late:  # the thread has ended meanwhile
                self._work_late()
        return painted.is_set()

    def _flushed_already(self) -> bool | None:
        """What a flush says that need not wait (True), or may not (False); else None."""
        with self._lock:
            if self._starting:  # this very thread is at it, and was interrupted
                return False
            if self._printer is None and not self.inbox.waiting:
                return True
        return False if self.is_at_work() else None

    def _is_ending(self) -> bool:
        """Whether the thread works off what is before the sentinel."""
        with self._lock:
            return self._thread is not None and not self.running and not self._late

    def stop(self) -> None:
        """Put the sentinel, and wait for nothing. Harmless any number of times."""
        self.closed = True
        self._put_sentinel()

    def close(self, timeout: float | None = None) -> bool:
        """Paint all that was accepted and end the thread; whether that is done. Harmless any number of times.

        A close that runs out of time is the last: who gives no time of its own, such as the end of the process, does
        not wait for this press again.
        """
        self.closed = True
        done = self.finish(timeout)
        if not done and timeout is not None:
            self._stalled = True
            _unfinished.discard(self)
        return done

    def finish(self, timeout: float | None = None) -> bool:
        """End the thread; later events are worked on by their senders."""
        deadline = _deadline(0 if self._stalled and timeout is None else timeout)
        if not self.is_at_work():
            self._drain_children(deadline)
        self._put_sentinel()
        thread = self._thread
        if thread is not None and not self.is_at_work():
            self.wake_now()
            while self._alive and (step := _step(deadline)) > 0:
                self._wait_for_end(step)
            if self._ended:
                thread.join()  # its last steps
        if self._alive:
            return False
        self._late = True
        self._work_late()
        _unfinished.discard(self)
        return True

    @property
    def _alive(self) -> bool:
        """Whether the thread has begun, and has not ended."""
        return self._thread is not None and self._thread.ident is not None and not self._ended

    def _wait_for_end(self, seconds: float) -> None:
        """Wait for the thread's end, at most so long.

        Not by `join`: in Python 3.10 to 3.12 one that is interrupted, by Ctrl-C mostly, takes the thread for ended.
        """
        if self._working.acquire(timeout=seconds):
            self._working.release()

    def _put_sentinel(self) -> None:
        with self._lock:
            if self._stopping:
                return
            if self._printer is None and not self.inbox.waiting:  # nothing was ever said
                self._late = True
                return
            self.inbox.put(STOP)
            self._stopping = True
            self.running = False

    def is_at_work(self) -> bool:
        """Whether this very thread is the one that paints: it can wait for nothing here."""
        return threading.current_thread() is self._thread or self._late_worker == threading.get_ident()

    # -- the thread, and what comes after it --------------------------------------------------------------------

    def _start(self) -> None:
        with self._lock:
            if self._starting or self._thread is not None or self._late:
                return
            if _exiting:  # a thread that starts now would not live to paint
                self._late = True
                return
            self._starting = True
            try:
                self._printer = self._make(self.inbox, False)
                if not self._printer.threaded:
                    self._late = True
                    _unfinished.add(self)
                    return
                self._thread = threading.Thread(target=self._run, args=(self._printer,), name=self._name, daemon=True)
                self._working.acquire()
                self._thread.start()
            except RuntimeError:  # the interpreter is ending, and starts no more threads
                self._thread = None
                self._late = True
                return
            finally:
                self._starting = False
            _unfinished.add(self)
            _finish_with_multiprocessing()
            self.running = not self._stopping

    def _run(self, printer: Worker) -> None:
        """The thread: however it ends, what is sent afterwards is worked on by its sender."""
        try:
            printer.run()
        finally:
            self.running = False
            self._late = True
            self._ended = True
            self._working.release()

    def _work_late(self) -> None:
        """Work on what waits; others that come meanwhile wait for that. Within such work nothing is to be done.

        It is looked for once more after the work: who interrupted its very end has left its event behind.
        """
        while self.inbox.waiting and not self.is_at_work():
            with self._late_lock:
                self._late_worker = threading.get_ident()
                try:
                    while self.inbox.waiting:
                        if self._printer is None:
                            self._printer = self._make(self.inbox, self._in_child)
                        self._printer.work(self.inbox.take(0))
                finally:
                    self._late_worker = None

    def forked(self) -> None:
        """In the child of a fork: nothing of the parent's is left but the promise."""
        self._in_child = True
        self._reset()
        self._at_fork()


def _deadline(timeout: float | None) -> float:
    return float("inf") if timeout is None else time.monotonic() + timeout


def _step(deadline: float) -> float:
    """How long to wait at once: a signal that comes just before a wait is seen only after it."""
    return min(LOOK, max(0.0, deadline - time.monotonic()))


_all: weakref.WeakSet[WorkerThread] = weakref.WeakSet()  # what a fork has to tell
_unfinished: set[WorkerThread] = set()  # those whose thread has to end before the process does
_watching = False
_exiting = False


def _watch_exit_and_fork() -> None:
    global _watching
    if not _watching:
        _watching = True
        atexit.register(_finish_all)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_fork_all)


def _finish_with_multiprocessing() -> None:
    """Its children run no exit hooks, only those that it knows."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None and not _exiting:
        from multiprocessing.util import Finalize

        Finalize(None, _finish_all, exitpriority=-1)


def _finish_all() -> None:
    global _exiting
    _exiting = True
    for worker in list(_unfinished):
        worker.finish()


def _fork_all() -> None:
    _unfinished.clear()
    for worker in list(_all):
        worker.forked()
