"""The bounded queue between sending threads and one reader, and the sentinel that ends it.

Invariants:
- An event for which `Inbox.put` returned, or `Inbox.send` returned True, is delivered to the single reader in the order
  in which each thread sent its events, before any `STOP` that was put later.
- `put` takes no Python lock, so it is safe in signal handlers, finalizers and during garbage collection:
  `queue.SimpleQueue` is re-entrant, `queue.Queue` deadlocks there.
- The bound is by count, and by weight (characters or bytes) for heavy events only: weighing every small event would
  cost each caller a lock. Small events may exceed it by the number of threads that send at that moment.
- Waits have timeouts to survive a missed wake-up, and to notice that the reader has ended.
"""

from __future__ import annotations

import contextlib
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STOP", "DroppedMarker", "Inbox", "QueueGap", "StopType"]

MIN_WEIGHED_CHARS = 1024  # events from this many characters on count against the bound by weight
_MISSED_WAKE_UP_TIMEOUT = 0.1  # seconds


class StopType:
    """Type of the sentinel `STOP`, its only instance."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "STOP"

    def __reduce__(self) -> str:
        return "STOP"


STOP: Final = StopType()
"""Sentinel that ends a console once everything put into its queue before it is shown."""


class _WeighedEvent(NamedTuple):
    event: object
    weight: int


class Inbox:
    """A bounded queue with many senders and one reader.

    Args:
        items: greatest count of queued events.
        weight: greatest sum of the characters or bytes of queued heavy events.
    """

    def __init__(self, items: int = 65_536, weight: int = 64 << 20) -> None:
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._items = items
        self._max_weight = weight
        self._weight_in = 0  # written by senders, which hold the lock
        self._weight_out = 0  # written by the single reader, without a lock
        self._weighing = threading.RLock()  # reentrant: a signal handler may log while its thread is in here
        self._room: SimpleQueue[None] = SimpleQueue()  # wake-ups; not an Event, which has a Python lock
        self._waiters: set[int] = set()

    def put(self, event: object) -> None:
        """Append an event regardless of the bound. Any thread, also a signal handler or a finalizer."""
        self._queue.put(event)

    def send(self, event: object, weight: int = 0) -> bool:
        """Append an event if the bound allows it, and return whether it was accepted. Any thread; never waits."""
        if self._queue.qsize() >= self._items or self._weight_in - self._weight_out >= self._max_weight:
            return False
        if weight < MIN_WEIGHED_CHARS:
            self._queue.put(event)
        else:
            with self._weighing:
                self._weight_in += weight
            self._queue.put(_WeighedEvent(event, weight))
        return True

    def limit(self, items: int) -> None:
        """Lower the greatest count of queued events. What is queued already stays. Any thread."""
        self._items = min(self._items, items)

    def send_wait(self, event: object, weight: int = 0, give_up: Callable[[], bool] = lambda: False) -> bool:
        """Append an event, waiting for room if the queue is full. Any thread except the reader.

        A signal handler or a finalizer that interrupts such a wait of its own thread does not wait: its event is
        accepted at once.

        Args:
            event: the event to send.
            weight: its characters or bytes.
            give_up: polled while waiting; once it returns True nothing is sent.

        Returns:
            Whether the event was accepted.
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
                if self.send(event, weight):  # room may have appeared before this thread was registered as a waiter
                    return True
                with contextlib.suppress(Empty):
                    self._room.get(timeout=_MISSED_WAKE_UP_TIMEOUT)
            return False
        finally:
            self._waiters.discard(me)

    def take(self, timeout: float | None, most: int = 8192, heaviest: int = 1 << 18) -> list[Any]:
        """Remove and return queued events, oldest first. Reader thread only.

        Args:
            timeout: seconds to wait for the first event; None waits for ever, 0 does not wait.
            most: greatest count of events to take.
            heaviest: stop once the weight taken reaches this many characters or bytes.

        Returns:
            The events; empty if none arrived in time.
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
            if type(event) is _WeighedEvent:
                weight += event.weight
                event = event.event
            taken.append(event)
            if left <= 0 or weight >= heaviest:
                break
            left -= 1
            event = get()  # there is no other reader: the events that qsize counted are still queued
        self._weight_out += weight
        if self._waiters and self._queue.qsize() <= self._items // 2:
            for _ in range(len(self._waiters)):
                self._room.put(None)
        return taken

    def await_room(self, timeout: float) -> None:
        """Wait for room, at most ``timeout`` seconds; may return early. Any thread except the reader."""
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
        """Count of queued events."""
        return self._queue.qsize()


class DroppedMarker:
    """Marks a gap in the queue and counts the records dropped there until the reader reaches it."""

    def __init__(self) -> None:
        self._count = 0
        self._closed = False
        self._lock = threading.RLock()  # re-entrant, and held for a few instructions only

    def add(self, records: int) -> bool:
        """Count dropped records. Return False if the reader has passed this gap: they belong to a new one."""
        with self._lock:
            if not self._closed:
                self._count += records
            return not self._closed

    def close(self) -> int:
        """Return the final count, and accept no more."""
        with self._lock:
            self._closed = True
            return self._count


class QueueGap:
    """The place in a queue at which records are being dropped, until one is accepted again. Any thread.

    Args:
        put: appends the marker of a gap, regardless of the bound.

    Attributes:
        marker: that of the present gap; None if an event was accepted since.
    """

    def __init__(self, put: Callable[[DroppedMarker], object]) -> None:
        self.marker: DroppedMarker | None = None
        self._put = put
        self._lock = threading.RLock()

    def count(self, records: int) -> None:
        """Count dropped records in the marker of the gap."""
        with self._lock:
            marker = self.marker  # other threads end the gap at any time, when there is room again
            if marker is None or not marker.add(records):
                self.marker = marker = DroppedMarker()
                marker.add(records)
                self._put(marker)

    def end(self) -> None:
        """Note that an event was accepted: what is dropped from now on is missing at another place."""
        self.marker = None
