"""Between threads: the inbox every message goes through, the sentinel that ends it, and threads that can be stopped.

Rules of this file:
- One sentence of guarantee: an event for which `Inbox.put` returned, or `Inbox.send` said True, is handed to the one
  reader, in the order in which each thread sent its own, before any `STOP` that was put later.
- `put` takes no lock of Python's, so it is safe in signal handlers, finalizers and while memory is being collected:
  `queue.SimpleQueue` allows that, `queue.Queue` hangs there.
- The bound is by count, and by weight (characters or bytes) for heavy events alone: to weigh every small one would cost
  each caller a lock. So it may be passed by as many small events as there are threads sending at that moment.
- Nobody waits here on a timer to be told something: waits have time-outs only to survive a wake-up that was missed.
"""

from __future__ import annotations

import contextlib
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STOP", "DroppedMarker", "Inbox", "StopType"]

HEAVY = 1024  # events of this many characters are weighed one by one
_MISSED_WAKE_UP = 0.1  # seconds


class StopType:
    """The type of `STOP`, the sentinel. There is one of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "STOP"

    def __reduce__(self) -> str:
        return "STOP"


STOP: Final = StopType()
"""Put into a console's queue, it ends the console once all that was put before it is shown."""


class _Heavy(NamedTuple):
    event: object
    weight: int


class Inbox:
    """A bounded queue with many senders and one reader.

    Args:
        items: how many events may wait.
        weight: how many characters or bytes may wait in all heavy events together.
    """

    def __init__(self, items: int = 65_536, weight: int = 64 << 20) -> None:
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._items = items
        self._max_weight = weight
        self._weight_in = 0  # written by senders, who hold the lock
        self._weight_out = 0  # written by the reader, who needs none
        self._weighing = threading.RLock()  # reentrant: a signal handler may log while its thread is in here
        self._room: SimpleQueue[None] = SimpleQueue()  # a bell: an Event has a lock of its own
        self._waiters: set[int] = set()

    def put(self, event: object) -> None:
        """Accept an event whatever the bound. Any thread, also a signal handler or a finalizer."""
        self._queue.put(event)

    def send(self, event: object, weight: int = 0) -> bool:
        """Accept an event if there is room for it: False if not. Any thread; never waits."""
        if self._queue.qsize() >= self._items or self._weight_in - self._weight_out >= self._max_weight:
            return False
        if weight < HEAVY:
            self._queue.put(event)
        else:
            with self._weighing:
                self._weight_in += weight
            self._queue.put(_Heavy(event, weight))
        return True

    def send_wait(self, event: object, weight: int = 0, give_up: Callable[[], bool] = lambda: False) -> bool:
        """Accept an event, waiting for room if there is none. Any thread but the reader's.

        A signal handler or a finalizer that interrupts such a wait of its own thread does not wait: its event is
        accepted at once.

        Args:
            event: what to send.
            weight: its characters or bytes.
            give_up: asked again and again while waiting; once True nothing is sent.

        Returns:
            Whether it was accepted.
        """
        if self.send(event, weight):
            return True
        me = threading.get_ident()
        if me in self._waiters:
            self.put(event)
            return True
        self._waiters.add(me)
        try:
            while not give_up():
                if self.send(event, weight):  # there may be room since this thread was counted among the waiting
                    return True
                with contextlib.suppress(Empty):
                    self._room.get(timeout=_MISSED_WAKE_UP)
            return False
        finally:
            self._waiters.discard(me)

    def take(self, timeout: float | None, most: int = 8192, heaviest: int = 1 << 19) -> list[Any]:
        """Events that wait, oldest first. The reader only.

        Args:
            timeout: seconds to wait for the first one; None waits for ever, 0 not at all.
            most: how many to take at most.
            heaviest: no more are taken once their weight reaches this.

        Returns:
            An empty list if none came in time.
        """
        try:
            event = self._queue.get(timeout=timeout) if timeout != 0 else self._queue.get_nowait()
        except Empty:
            return []
        taken: list[Any] = []
        weight = 0
        get = self._queue.get_nowait
        left = min(self._queue.qsize(), most - 1)
        while True:
            if type(event) is _Heavy:
                weight += event.weight
                event = event.event
            taken.append(event)
            if left <= 0 or weight >= heaviest:
                break
            left -= 1
            event = get()  # the only reader: what qsize counted is there
        self._weight_out += weight
        if self._waiters and self._queue.qsize() <= self._items // 2:
            for _ in range(len(self._waiters)):
                self._room.put(None)
        return taken

    def await_room(self, timeout: float) -> None:
        """Return when there is room, or after that many seconds, or earlier. Any thread but the reader's."""
        me = threading.get_ident()
        if me in self._waiters or self._queue.qsize() < self._items // 2:
            return
        self._waiters.add(me)
        try:
            with contextlib.suppress(Empty):
                self._room.get(timeout=timeout)
        finally:
            self._waiters.discard(me)

    @property
    def waiting(self) -> int:
        """How many events wait now."""
        return self._queue.qsize()


class DroppedMarker:
    """So many records were dropped at this place for want of room; it counts until the reader gets there."""

    def __init__(self) -> None:
        self._count = 0
        self._closed = False
        self._lock = threading.RLock()  # held for no longer than a line here takes

    def add(self, records: int) -> bool:
        """Count more; False if the reader has been here, and they belong to another gap."""
        with self._lock:
            if not self._closed:
                self._count += records
            return not self._closed

    def close(self) -> int:
        """How many there are, for good."""
        with self._lock:
            self._closed = True
            return self._count
