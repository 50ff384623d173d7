"""JetStream publisher: a worker that publishes lines and keeps them until a server acknowledges them.

Invariants:
- A message holds all lines that wait for its subject, up to `MESSAGE_BYTES`. It is sent until it is acknowledged, see
  `message_sender.py`.
- An unreachable server causes one warning, and one line when it is back. The queue is bounded by `WorkerThread`;
  senders wait for room until the publisher is `is_hopeless`.
- At the end `timeout` seconds are left. Records that are not acknowledged by then are counted as `lost` and reported in
  one line.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from reflowlog.core.events import Flush
from reflowlog.core.inbox import STOP, DroppedMarker
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.nats.connection import ENDING_TEXT, NatsConnection, NatsConnectionError
from reflowlog.nats.message_sender import MIN_TIMEOUT, NO_ANSWER, MessageSender, PendingMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.inbox import Inbox
    from reflowlog.nats.url import NatsUrl

__all__ = ["PublishRequest", "Publisher", "host"]

MESSAGE_BYTES = 1 << 18  # approximate bytes of a message; a longer line is sent alone
BATCH_DELAY = 0.02  # seconds to wait for more records for the same message
RETRY_PAUSES = (0.05, 0.1, 0.3, 1.0, 2.0)  # seconds between two attempts
CONNECT_TIMEOUT = 15.0  # seconds to connect to any of the servers
WARN_AFTER = 1.0  # seconds without an acknowledgement before a warning


class PublishRequest(NamedTuple):
    """Records to publish.

    Attributes:
        payload: argument of `encode`.
        encode: returns their subject and whole lines; runs on the publisher's thread.
        records: how many they are.
    """

    payload: Any
    encode: Callable[[Any], tuple[str, bytes]]
    records: int = 1


class Publisher:
    """Worker of a `WorkerThread` that publishes `PublishRequest`s, and a note for each `DroppedMarker`.

    Args:
        inbox: the queue of events.
        address: of the servers.
        warn: called with one line for the user.
        timeout: seconds left for delivery at the end; and seconds without a server after which it is `is_hopeless`.
        ending: returns True once the worker is to end.
        create: whether to create a stream where none holds a subject.
        note_missing: creates a request that reports a number of missing records.

    Attributes:
        threads: identities of the publisher's own threads, whose log records must not be published.
    """

    threaded = True

    def __init__(
        self,
        inbox: Inbox,
        address: NatsUrl,
        warn: Callable[[str], None],
        *,
        timeout: float,
        ending: Callable[[], bool],
        create: bool = True,
        note_missing: Callable[[int], PublishRequest] | None = None,
    ) -> None:
        self._inbox = inbox
        self._timeout = timeout
        self._ending = ending
        self._note_missing = note_missing
        self._connection = NatsConnection(address)
        with contextlib.suppress(NatsConnectionError):  # at the end of a program no thread can be started
            self._connection.start()
        self._sender = MessageSender(
            self._connection, address, create=create, refused=lambda message, why: self._lose(message.records, why)
        )
        self._next_id = _MessageIds()
        self._wake = threading.Event()
        self._outage = _Outage(address.name, warn)
        self._losses = _Losses(address.name, warn)
        self._deadline: float | None = None
        self._stopped = False
        self.threads: set[int | None] = set()

    @property
    def lost(self) -> int:
        """Number of records that were given up. Any thread."""
        return self._losses.count

    @property
    def is_hopeless(self) -> bool:
        """True once a server has been unreachable for longer than the timeout: callers stop waiting. Any thread."""
        return self._outage.seconds > self._timeout

    # -- the protocol of a worker ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Work on events until the sentinel. The thread's target."""
        self.threads.add(threading.get_ident())
        while not self._stopped:
            events = self._inbox.take(None)
            if not self._ending():
                self._wake.wait(BATCH_DELAY)
            self._wake.clear()
            self.work(events + self._inbox.take(0))
        if threading.main_thread().is_alive():
            self._connection.close()
        else:  # later records of other exit hooks need the loop's thread, which could not be started again
            self._connection.disconnect()

    def work(self, events: list[Any]) -> None:
        """Publish the events' records; on return each is acknowledged or given up."""
        subject_queues: dict[str, _SubjectQueue] = {}
        flushes: list[Flush] = []
        for event in events:
            if isinstance(event, PublishRequest):
                self._add_request(subject_queues, event)
            elif isinstance(event, DroppedMarker):
                if self._note_missing is not None and (missing := event.close()):
                    self._add_request(subject_queues, self._note_missing(missing))
            elif isinstance(event, Flush):
                flushes.append(event)
            elif event is STOP:
                self._stopped = True
        self._deliver([message for subject_queue in subject_queues.values() for message in subject_queue.messages()])
        if self._stopped:
            self._losses.report()
        for flush in flushes:
            flush.done()

    def wake_now(self) -> None:
        """Stop waiting for more records: a caller waits for delivery. Any thread."""
        self._wake.set()

    # -- messages ----------------------------------------------------------------------------------------------------

    def _add_request(self, subject_queues: dict[str, _SubjectQueue], request: PublishRequest) -> None:
        try:
            subject, data = request.encode(request.payload)
        except Exception as error:  # a record that cannot be encoded must not cost the records after it
            self._lose(request.records, f"they cannot be written: {type(error).__name__}")
            return
        subject_queues.setdefault(subject, _SubjectQueue(subject, self._next_id)).add(data, request.records)

    def _lose(self, records: int, reason: str) -> None:
        self._losses.add(records, reason, warns=not self._ending())

    # -- delivery ----------------------------------------------------------------------------------------------------

    def _deliver(self, messages: list[PendingMessage]) -> None:
        """Send messages until all are acknowledged or no time is left."""
        attempt = 0
        while messages:
            reason = ""
            try:
                if not self._connection.is_connected:
                    self._connection.connect(max(min(CONNECT_TIMEOUT, self._time_left()), MIN_TIMEOUT))
                    self.threads.add(self._connection.thread)
                messages = self._sender.send(messages, self._time_left())
            except NatsConnectionError as error:
                reason = str(error)
                if reason == ENDING_TEXT:
                    self._deadline = 0.0
                if error.code in (0, NO_ANSWER):
                    self._connection.disconnect(elsewhere=True)
            if not reason:
                attempt = 0
                self._outage.end()
                continue
            self._outage.note_failure(reason)
            if self._time_left() <= 0:
                self._lose(sum(message.records for message in messages), reason)
                return
            self._pause(RETRY_PAUSES[min(attempt, len(RETRY_PAUSES) - 1)])
            attempt += 1

    def _time_left(self) -> float:
        """Return the seconds that are left for delivery; infinite until the worker is to end."""
        if sys.is_finalizing():
            return 0.0
        if self._deadline is None and (self._ending() or self._stopped):
            self._deadline = time.monotonic() + (MIN_TIMEOUT if self.is_hopeless else self._timeout)
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def _pause(self, seconds: float) -> None:
        """Sleep before the next attempt, at most the time that is left."""
        time.sleep(max(0.0, min(seconds, self._time_left())))


class _MessageIds:
    """Makes message ids that are unique among all publishers."""

    def __init__(self) -> None:
        self._prefix = f"{host()}-{os.getpid()}-{os.urandom(4).hex()}"
        self._count = 0

    def __call__(self) -> str:
        """Return the next id."""
        self._count += 1
        return f"{self._prefix}-{self._count}"


class _Outage:
    """Time for which nothing has been acknowledged, with one warning for it, and one line at its end.

    Args:
        name: of the servers.
        warn: called with one line for the user.
    """

    def __init__(self, name: str, warn: Callable[[str], None]) -> None:
        self._name = name
        self._warn = warn
        self._since: float | None = None
        self._has_succeeded = False  # whether anything was ever acknowledged
        self._is_warned = False

    @property
    def seconds(self) -> float:
        """Seconds since its start; 0 while messages are acknowledged. Any thread."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def note_failure(self, reason: str) -> None:
        """Take over that nothing was acknowledged; warn once, at once if nothing ever was."""
        if self._since is None:
            self._since = time.monotonic()
        if not self._is_warned and (not self._has_succeeded or self.seconds > WARN_AFTER):
            self._is_warned = True
            self._warn(f"{self._name} accepts nothing: {reason}; records wait for it")

    def end(self) -> None:
        """Take over that a message was acknowledged."""
        self._since, self._has_succeeded = None, True
        if self._is_warned:
            self._is_warned = False
            self._warn(f"{self._name} is back")


class _Losses:
    """Records that were given up, and their report.

    Args:
        name: of the servers.
        warn: called with one line for the user.

    Attributes:
        count: number of the records.
    """

    def __init__(self, name: str, warn: Callable[[str], None]) -> None:
        self.count = 0
        self._name = name
        self._warn = warn
        self._last_reason = ""
        self._warned_reasons: set[str] = set()
        self._reported = 0

    def add(self, records: int, reason: str, *, warns: bool) -> None:
        """Count lost records; with `warns` warn of each reason once."""
        self.count += records
        self._last_reason = reason
        if warns and reason not in self._warned_reasons:
            self._warned_reasons.add(reason)
            self._warn(f"a record cannot be delivered to {self._name}: {reason}")

    def report(self) -> None:
        """Report the lost records in one line, if there are any that were not reported yet."""
        if self.count > self._reported:
            self._reported = self.count
            what = "record was" if self.count == 1 else "records were"
            self._warn(f"{self.count} {what} not delivered to {self._name}: {self._last_reason}")


class _SubjectQueue:
    """Packs the waiting lines of one subject into messages."""

    def __init__(self, subject: str, next_id: Callable[[], str]) -> None:
        self._subject = subject
        self._next_id = next_id
        self._messages: list[PendingMessage] = []
        self._parts: list[bytes] = []
        self._size = self._records = 0

    def add(self, data: bytes, records: int) -> None:
        """Append whole lines."""
        if self._size and self._size + len(data) > MESSAGE_BYTES:
            self._finish_message()
        self._parts.append(data)
        self._size += len(data)
        self._records += records

    def messages(self) -> list[PendingMessage]:
        """Return all messages."""
        if self._parts:
            self._finish_message()
        return self._messages

    def _finish_message(self) -> None:
        self._messages.append(PendingMessage(self._subject, self._next_id(), b"".join(self._parts), self._records))
        self._parts, self._size, self._records = [], 0, 0


def host() -> str:
    """Return this machine's host name."""
    import socket

    return socket.gethostname() or "localhost"
