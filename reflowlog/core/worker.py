"""Runs a worker on a daemon thread: lazy start, flush, close, exit and fork handling. Any thread may call all of it.

Invariants:
- The thread starts with the first event and is a daemon; only the sentinel ends it. Accepted events are processed
  before `close` returns, and, by an exit hook, before the interpreter ends.
- After the thread has ended, events that still arrive (from other exit hooks, finalizers, daemon threads) are processed
  *late*: on the sender's thread, one thread at a time. A sender checks for that after it has put its event, so that no
  event is lost between the thread's end and the first late processing.
- After a fork the child has a new inbox and no thread: it processes late, with a worker of its own. So does every
  process whose worker needs no thread: it writes to a file or a pipe, or forwards all events to another process's
  console.
- While the interpreter ends its daemon threads go on. They cannot delay its end: from then on they wait for room in a
  short queue, and a sender processes no more events late than were queued when it began.
- The thread takes no lock that a sender holds. `_working`, which is held while the thread lives, is a latch for its
  end.
- A worker that follows others processes nothing before their threads have ended (`follow`). Its own thread waits for
  them, however long; a sender that has to process its event itself waits `PREDECESSOR_TIMEOUT`, because it may hold
  what their threads wait for.
"""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.core import lifecycle
from reflowlog.core.events import Flush, TerminalChanged
from reflowlog.core.inbox import STOP, Inbox
from reflowlog.core.loaded_modules import loaded_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Worker", "WorkerThread"]

WAIT_INTERVAL = 0.25  # longest single wait, in seconds: a signal is handled only between two waits
EXIT_ITEMS = 1024  # greatest count of queued events while the interpreter, or the thread, ends
POLL_INTERVAL = 0.01  # seconds between two polls of a coroutine for the end of the thread
PREDECESSOR_TIMEOUT = 1.0  # seconds that a sender waits for the end of the workers before it


class Worker(Protocol):
    """Consumer of the events of a worker thread, usually a printer."""

    @property
    def threaded(self) -> bool:
        """Whether it needs a thread of its own; else events are processed on the senders' threads, one at a time."""

    def run(self) -> None:
        """Process events until the sentinel. Body of the thread."""

    def work(self, events: list[Any]) -> None:
        """Process a batch of events."""

    def wake_now(self) -> None:
        """Process queued events without waiting for the next frame, because a thread waits for them. Any thread."""


class WorkerThread:
    """Runs a worker, usually a printer, from its first event on.

    Its attributes are one state, which any thread may change: the phase of the thread's life, the thread that works in
    its place afterwards, and the locks of both.

    Args:
        make: creates the worker for an inbox; its second argument is whether this process is the child of a fork.
        items: greatest count of queued events.
        name: of the thread.
        weight: greatest sum of queued characters or bytes.
        at_fork: called in the child of a fork.
        drain_children: puts everything that child processes have sent into the queue, until a time of
            `time.monotonic`; returns whether it finished.
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
        _all.add(self)

    def _reset(self) -> None:
        self.inbox = Inbox(self._items, self._weight)
        self.running = False  # whether the thread runs and processes what is sent
        self._starting = False
        self._stopping = False
        self._stalled = False  # a close has timed out: later waits without a timeout of their own do not wait
        self._late = self._in_child
        self._late_worker: int | None = None
        self._was_reentered = False  # by a signal handler during late processing
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None
        self._working = threading.Lock()  # held from before the thread's start until its end,
        self._ended = False  # which sets this
        self._predecessors: tuple[WorkerThread, ...] = ()
        # Reentrant: a signal handler or a finalizer may log while its thread holds one of them.
        self._lock = threading.RLock()
        self._late_lock = threading.RLock()

    @property
    def ending(self) -> bool:
        """Whether the sentinel was put, or the thread has ended. Any thread."""
        return self._stopping or self._late

    @property
    def is_made(self) -> bool:
        """Whether the worker was created: by the first event, or, if that failed, by the first one after that."""
        return self._worker is not None

    @property
    def is_done(self) -> bool:
        """Whether no thread of its own works, or ever will, and nothing is queued. Any thread."""
        return self._late and not self._alive and not self.inbox.waiting

    def follow(self, predecessors: Iterable[WorkerThread]) -> None:
        """Process nothing before the threads of other workers, which are being closed, have ended.

        To be called before the first event.
        """
        self._predecessors = tuple(predecessors)

    def _finish_predecessors(self, timeout: float) -> None:
        """End the workers before this one, waiting at most ``timeout`` seconds, once. Their threads do not wait."""
        if any(each.is_at_work() for each in self._predecessors):
            return
        deadline = time.monotonic() + timeout
        for each in self._predecessors:
            each.finish(max(0.0, deadline - time.monotonic()))
        self._predecessors = ()

    # -- sending ------------------------------------------------------------------------------------------------

    def put(self, event: object) -> None:
        """Append an event regardless of the bound. Safe in signal handlers and finalizers once the thread runs."""
        if not self.running and not self._late:
            self._start()
        self.inbox.put(event)
        if self._stopping and not self._late and not self.is_at_work():
            self._await_end()
        if self._late:
            self._work_late(is_sender=True)

    def _await_end(self) -> None:
        """Apply backpressure while the thread processes events before the sentinel, so that memory stays bounded."""
        while self._alive and not self._stalled and self.inbox.waiting > min(self._items, EXIT_ITEMS):
            self._wait_for_end(WAIT_INTERVAL)

    def send(self, event: object, weight: int = 0) -> bool:
        """Append an event if the bound allows it, and return whether it was accepted. Never waits."""
        if not self.running:
            self.put(event)
            return True
        return self._accepted(self.inbox.send(event, weight))

    def enqueue(self, event: object, weight: int = 0, *, has_bound: bool = True) -> bool:
        """Append an event if the bound allows it, without processing it here: `process_queued` is to follow."""
        if not self.running and not self._late:
            self._start()
        if has_bound:
            return self.inbox.send(event, weight)
        self.inbox.put(event)
        return True

    def process_queued(self) -> None:
        """Process queued events on this thread where there is no worker thread; else no-op."""
        if self._late:
            self._work_late(is_sender=True)

    def send_wait(self, event: object, weight: int = 0) -> None:
        """Append an event, waiting for room, except on the worker's own thread and where there is no thread."""
        waits = self.running and threading.current_thread() is not self._thread
        if not waits or not self._accepted(self.inbox.send_wait(event, weight, lambda: not self.running)):
            self.put(event)

    def wait_for_room(self, timeout: float | None = None) -> bool:
        """Wait for room, at most ``timeout`` seconds, and return whether there is. True where it may not wait."""
        if not self.running or self.is_at_work():
            return True
        deadline = _deadline(timeout)
        return (  # an event that changes nothing is accepted once there is room
            self.inbox.send_wait(TerminalChanged(), 0, lambda: not self.running or _step(deadline) <= 0)
            or not self.running
        )

    def _accepted(self, accepted: bool) -> bool:
        if accepted and self._late:
            self._work_late(is_sender=True)
        return accepted

    # -- waiting, ending ----------------------------------------------------------------------------------------

    def wake_now(self) -> None:
        """Have queued events painted without waiting for the next frame. Any thread."""
        if self._worker is not None:
            self._worker.wake_now()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all accepted events are painted, at most ``timeout`` seconds, and return whether they are.

        On the worker's own thread it returns False at once, because that thread cannot wait for itself.
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
        """Wait as `flush` does, without blocking the event loop and without a helper thread.

        After the end, and in the child of a fork, there is no worker thread: queued events are then processed here.
        """
        import asyncio

        deadline = _deadline(0 if self._stalled and timeout is None else timeout)
        while not (self.is_at_work() or self._drain_children(0.0)):
            if _step(deadline) <= 0:
                return False
            await asyncio.sleep(min(POLL_INTERVAL, _step(deadline)))
        known = self._flushed_already()
        if known is not None:
            return known
        while self._is_ending():
            if _step(deadline) <= 0:
                return False
            await asyncio.sleep(min(POLL_INTERVAL, _step(deadline)))
        loop = asyncio.get_running_loop()
        awaited = loop.create_future()
        painted = threading.Event()

        def wake() -> None:
            if not awaited.done():
                awaited.set_result(None)

        def done() -> None:
            painted.set()
            with contextlib.suppress(RuntimeError):  # the loop is closed: no coroutine waits any more
                loop.call_soon_threadsafe(wake)

        self.put(Flush(done))
        self.wake_now()
        while not painted.is_set() and (step := _step(deadline)) > 0:
            await asyncio.wait((awaited,), timeout=step)
            if self._late:  # the thread has ended meanwhile
                self._work_late()
        return painted.is_set()

    def _flushed_already(self) -> bool | None:
        """Return True if nothing is left to flush, False if this thread cannot wait, None if it has to wait."""
        with self._lock:
            if self._starting:  # re-entrant: this thread is starting the worker, and was interrupted
                return False
            if self._worker is None and not self.inbox.waiting:
                return True
        return False if self.is_at_work() else None

    def _is_ending(self) -> bool:
        """Return whether the thread is processing the events before the sentinel."""
        with self._lock:
            return self._thread is not None and not self.running and not self._late

    def stop(self) -> None:
        """Put the sentinel and return at once. Idempotent."""
        self.closed = True
        self._put_sentinel()

    def close(self, timeout: float | None = None) -> bool:
        """Paint all accepted events, end the thread, and return whether it finished in time. Idempotent.

        After a close that timed out, callers without a timeout of their own, such as the exit hook, do not wait for
        this worker again.
        """
        self.closed = True
        done = self.finish(timeout)
        if not done and timeout is not None:
            self._stalled = True
            _unfinished.discard(self)
        return done

    def finish(self, timeout: float | None = None) -> bool:
        """End the thread, and return whether it ended in time; later events are processed on their senders' threads."""
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
        """Whether the thread has started and not yet ended."""
        return self._thread is not None and self._thread.ident is not None and not self._ended

    def _wait_for_end(self, seconds: float) -> None:
        """Wait for the thread's end, at most ``seconds`` seconds.

        Not by `join`: in Python 3.10 to 3.12 an interrupted join, mostly by Ctrl-C, marks the thread as ended.
        """
        if self._working.acquire(timeout=seconds):
            self._working.release()

    def _put_sentinel(self) -> None:
        with self._lock:
            if self._stopping:
                return
            if self._worker is None and not self.inbox.waiting:  # no event was ever sent
                self._late = True
                return
            self.inbox.put(STOP)
            self._stopping = True
            self.running = False

    def is_at_work(self) -> bool:
        """Return whether the calling thread is the one that processes events, and so cannot wait for them."""
        return threading.current_thread() is self._thread or self._late_worker == threading.get_ident()

    # -- the thread, and what comes after it --------------------------------------------------------------------

    def _start(self) -> None:
        with self._lock:
            if self._starting or self._thread is not None or self._late:
                return
            if _exiting:  # a daemon thread started now would be killed before it paints
                self._late = True
                return
            self._starting = True
            try:
                self._worker = self._make(self.inbox, False)
                if not self._worker.threaded:
                    self._late = True
                    _unfinished.add(self)
                    return
                self._thread = threading.Thread(target=self._run, args=(self._worker,), name=self._name, daemon=True)
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

    def _run(self, worker: Worker) -> None:
        """Run the worker; however it ends, later events are processed on their senders' threads."""
        try:
            if self._predecessors:
                self._finish_predecessors(float("inf"))
            worker.run()
        finally:
            self.running = False
            self._late = True
            self._ended = True
            self._working.release()

    def _work_late(self, *, is_sender: bool = False) -> None:
        """Process queued events on the caller's thread. Serialized between threads; a re-entrant call returns at once.

        No more events than are queued now: others are processed by their senders, which may be daemon threads without
        end. The queue is checked once more afterwards if a signal handler has put an event meanwhile.

        Args:
            is_sender: whether the caller has put an event, so that it waits for a thread that has taken it.
        """
        if self.is_at_work():
            self._was_reentered = True
            return
        if self._predecessors:
            self._finish_predecessors(PREDECESSOR_TIMEOUT)
        left = self.inbox.waiting
        is_taken = is_sender and not left
        while left > 0 or is_taken or self._was_reentered:
            with self._late_lock:
                is_taken = False
                self._late_worker = threading.get_ident()
                self._was_reentered = False
                try:
                    left = min(left, self.inbox.waiting)
                    while left > 0 or self._was_reentered:
                        self._was_reentered = False
                        if self._worker is None:
                            self._worker = self._make(self.inbox, self._in_child)
                        events = self.inbox.take(0)
                        left -= len(events)
                        self._worker.work(events)
                finally:
                    self._late_worker = None

    def run_on_caller(self, write: Callable[[Any], None], argument: Any) -> bool:
        """Call a function on this thread in place of the worker, serialized with its late processing.

        Returns:
            Whether it was called: not by a re-entrant caller, nor while events are queued, nor while a worker before
            this one may be at work.
        """
        me = threading.get_ident()
        if self._late_worker == me or self.inbox.waiting or self._predecessors or not self._late:
            return False
        with self._late_lock:
            self._late_worker = me
            try:
                write(argument)
            finally:
                self._late_worker = None
        if self.inbox.waiting or self._was_reentered:  # a signal handler has put an event meanwhile
            self._work_late()
        return True

    def limit(self) -> None:
        """Let senders wait for a short queue from now on, because the interpreter is ending. Any thread."""
        self._items = min(self._items, EXIT_ITEMS)
        self.inbox.limit(EXIT_ITEMS)

    def after_fork_in_child(self) -> None:
        """Reset all state in the child of a fork, where the parent's thread and queue do not exist."""
        self._in_child = True
        self._reset()
        self._at_fork()


def _deadline(timeout: float | None) -> float:
    return float("inf") if timeout is None else time.monotonic() + timeout


def _step(deadline: float) -> float:
    """Return the seconds of the next single wait: a signal that arrives just before a wait is handled after it."""
    return min(WAIT_INTERVAL, max(0.0, deadline - time.monotonic()))


_all: weakref.WeakSet[WorkerThread] = weakref.WeakSet()  # reset in the child of a fork
_unfinished: set[WorkerThread] = set()  # workers whose thread has to end before the process does
_exiting = False


def _finish_with_multiprocessing() -> None:
    """Register the exit hook with multiprocessing too: its child processes run finalizers, but no atexit hooks."""
    process = loaded_module("multiprocessing.process")
    if process is not None and process.parent_process() is not None and not _exiting:
        lifecycle.add_finalizer(lifecycle.FINALIZE_WORKERS, _finish_all)


def _limit_all() -> None:
    for worker in list(_unfinished):
        worker.limit()


def _finish_all() -> None:
    global _exiting
    _exiting = True
    _limit_all()
    for worker in list(_unfinished):
        worker.finish()


def _reset_all() -> None:
    _unfinished.clear()
    for worker in list(_all):
        worker.after_fork_in_child()


lifecycle.add_exit_hook(lifecycle.EXIT_START, _limit_all)
lifecycle.add_exit_hook(lifecycle.EXIT_WORKERS, _finish_all)
lifecycle.after_fork_in_child(lifecycle.FORK_WORKERS, _reset_all)
