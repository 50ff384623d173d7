"""JetStream publisher: a worker that publishes lines and keeps them until a server acknowledges them.

Invariants:
- A message holds all lines that wait for its subject, up to `MESSAGE_BYTES`. Of each subject one message is in flight
  at a time, so that order is kept whatever is lost. It carries its id (``Nats-Msg-Id``), by which JetStream
  deduplicates: an unacknowledged message is sent again with the same id. A stream forgets ids after a while (usually
  two minutes), so it is queried for such a message before that is sent again.
- An unreachable server causes one warning, and one line when it is back. The queue is bounded by `WorkerThread`;
  senders wait for room until the publisher is `is_hopeless`.
- At the end `timeout` seconds are left. Records that are not acknowledged by then are counted as `lost` and reported in
  one line.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
import time
from base64 import b64decode
from typing import TYPE_CHECKING, Any, NamedTuple

from reflowlog.core.events import Flush
from reflowlog.core.inbox import STOP, DroppedMarker
from reflowlog.nats.connection import ENDING_TEXT, NatsConnection, NatsConnectionError, api, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.client import Client

    from reflowlog.core.inbox import Inbox
    from reflowlog.nats.url import NatsUrl

__all__ = ["PublishRequest", "Publisher", "host"]

MESSAGE_BYTES = 1 << 18  # approximate bytes of a message; a longer line is sent alone
BATCH_DELAY = 0.02  # seconds to wait for more records for the same message
ACK_TIMEOUT = 4.0  # seconds for a server to acknowledge a message
MAX_IN_FLIGHT = 64  # messages in flight, each of another subject
RETRY_PAUSES = (0.05, 0.1, 0.3, 1.0, 2.0)  # seconds between two attempts
ENVELOPE_BYTES = 4096  # bytes that a message may have besides its lines
CONNECT_TIMEOUT = 15.0  # seconds to connect to any of the servers
MIN_TIMEOUT = 0.5  # seconds of the last attempt, even if no time is left
WARN_AFTER = 1.0  # seconds without an acknowledgement before a warning
STREAM_BYTES = 1 << 30  # limit of a stream that is created here: it keeps the newest messages
TOO_LARGE_CODES = {10054}  # code: the message is larger than this stream takes
MAX_COMPARED = 1000  # stored messages that are compared to find one that may have been stored
_NO_STREAM, _NO_ANSWER = 1, 2  # error codes of this module: no stream takes the message, no answer in time


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


class _PendingMessage(NamedTuple):
    subject: str
    message_id: str
    data: bytes
    records: int


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
        lost: number of records that were given up.
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
        self._address = address
        self._warn = warn
        self._timeout = timeout
        self._ending = ending
        self._create = create
        self._note_missing = note_missing
        self._connection = NatsConnection(address)
        with contextlib.suppress(NatsConnectionError):  # at the end of a program no thread can be started
            self._connection.start()
        self._id_prefix = f"{host()}-{os.getpid()}-{os.urandom(4).hex()}"
        self._count = 0
        self._wake = threading.Event()
        self._failing_since: float | None = None  # since when nothing is acknowledged
        self._has_succeeded = False  # whether anything was ever acknowledged
        self._is_warned = False  # whether the warning was written
        self._unanswered: set[str] = set()  # ids of messages that were sent without an answer
        self._acknowledged: dict[str, int] = {}  # by subject: sequence of the last acknowledged message
        self._created: set[str] = set()  # streams that were created since the last acknowledged message
        self._deadline: float | None = None
        self._stopped = False
        self._loss_reason = ""  # reason for which the last records were lost
        self._reported_reasons: set[str] = set()  # reasons that were reported
        self._reported_lost = 0  # lost records that were reported
        self.lost = 0
        self.threads: set[int | None] = set()

    @property
    def is_hopeless(self) -> bool:
        """True once a server has been unreachable for longer than the timeout: callers stop waiting. Any thread."""
        failing_since = self._failing_since
        return failing_since is not None and time.monotonic() - failing_since > self._timeout

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
            self._report_losses()
        for each in flushes:
            each.done()

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

    def _next_id(self) -> str:
        """Return a unique message id."""
        self._count += 1
        return f"{self._id_prefix}-{self._count}"

    def _lose(self, records: int, reason: str) -> None:
        self.lost += records
        self._loss_reason = reason
        if not self._ending() and reason not in self._reported_reasons:
            self._reported_reasons.add(reason)
            self._warn(f"a record cannot be delivered to {self._address.name}: {reason}")

    def _report_losses(self) -> None:
        """Report the lost records, if there are any that were not reported yet."""
        if self.lost > self._reported_lost:
            self._reported_lost = self.lost
            what = "record was" if self.lost == 1 else "records were"
            self._warn(f"{self.lost} {what} not delivered to {self._address.name}: {self._loss_reason}")

    # -- delivery ----------------------------------------------------------------------------------------------------

    def _deliver(self, messages: list[_PendingMessage]) -> None:
        """Send messages until all are acknowledged or no time is left."""
        attempt = 0
        while messages:
            reason = ""
            try:
                if not self._connection.is_connected:
                    self._connection.connect(max(min(CONNECT_TIMEOUT, self._time_left()), MIN_TIMEOUT))
                    self.threads.add(self._connection.thread)
                messages = self._send_heads(self._fit(messages))
            except NatsConnectionError as error:
                reason = str(error)
                if reason == ENDING_TEXT:
                    self._deadline = 0.0
                if error.code in (0, _NO_ANSWER):
                    self._connection.disconnect(elsewhere=True)
            if not reason:
                attempt = 0
                self._note_success()
                continue
            self._note_failure(reason)
            if self._time_left() <= 0:
                self._lose(sum(each.records for each in messages), reason)
                return
            self._pause(RETRY_PAUSES[min(attempt, len(RETRY_PAUSES) - 1)])
            attempt += 1

    def _fit(self, messages: list[_PendingMessage]) -> list[_PendingMessage]:
        """Return the messages, split where they are larger than the server accepts."""
        max_bytes = self._connection.max_payload - ENVELOPE_BYTES
        if all(len(each.data) <= max_bytes for each in messages):
            return messages
        return [part for each in messages for part in _split(each, max_bytes)]

    def _send_heads(self, messages: list[_PendingMessage]) -> list[_PendingMessage]:
        """Send the first message of each subject, and return the messages that are left to be sent.

        Raises:
            NatsConnectionError: nothing was acknowledged; the reason.
        """
        heads: dict[str, _PendingMessage] = {}
        for message in messages:
            heads.setdefault(message.subject, message)
            if len(heads) == MAX_IN_FLIGHT:
                break
        timeout = max(min(ACK_TIMEOUT, self._time_left()), MIN_TIMEOUT)
        answers = self._connection.run(self._publish(list(heads.values()), timeout), 2 * timeout + 1)
        replacements: dict[str, list[_PendingMessage]] = {}  # by message id: the messages that replace it
        failure: NatsConnectionError | None = None
        for message, answer in zip(heads.values(), answers):
            if answer is None:
                replacements[message.message_id] = []
            elif answer.code not in TOO_LARGE_CODES:
                failure = answer
            elif message.data.count(b"\n") > 1:
                replacements[message.message_id] = _split(message, len(message.data) - 1)
            else:
                replacements[message.message_id] = []
                self._lose(message.records, str(answer))
        if replacements:
            self._created.clear()
        elif failure is not None:
            if failure.code not in (_NO_STREAM, _NO_ANSWER):
                raise failure
            self._connection.run(self._create_stream(next(iter(heads)), failure), None)
        return [each for message in messages for each in replacements.get(message.message_id, [message])]

    async def _publish(self, messages: list[_PendingMessage], timeout: float) -> list[NatsConnectionError | None]:
        """Send messages concurrently, and return for each its failure, or None."""
        client, closed = self._connection.client, self._connection.closed
        if client is None or closed is None:
            raise NatsConnectionError("the connection is gone")
        tasks = [asyncio.ensure_future(self._send(client, each, timeout)) for each in messages]
        all_tasks: asyncio.Future[Any] = asyncio.gather(*tasks, return_exceptions=True)
        awaited: set[asyncio.Future[Any]] = {all_tasks, closed}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        if not all_tasks.done():
            for each in tasks:
                each.cancel()
            await all_tasks
        gone = NatsConnectionError("the connection is gone")
        return [gone if each.cancelled() else each.result() for each in tasks]

    async def _send(self, client: Client, message: _PendingMessage, timeout: float) -> NatsConnectionError | None:
        """Send a message, unless it is stored already, and wait for the acknowledgement; return the failure or None."""
        from nats.errors import Error, NoRespondersError

        subject, message_id, data, _ = message
        if message_id in self._unanswered and await self._is_stored(client, message, timeout):
            return None
        self._unanswered.add(message_id)
        headers = {"Nats-Msg-Id": message_id}
        if self._address.stream:
            headers["Nats-Expected-Stream"] = self._address.stream
        try:
            reply = json.loads((await client.request(subject, data, timeout=timeout, headers=headers)).data)
            check(reply)
            self._acknowledged[subject] = int(reply["seq"])
        except NoRespondersError:
            return NatsConnectionError("no stream takes it", _NO_STREAM)
        except (asyncio.TimeoutError, Error, ValueError, AttributeError, KeyError):
            return NatsConnectionError("it does not answer", _NO_ANSWER)
        except OSError as error:
            return NatsConnectionError(error.strerror or "the connection is gone")
        except NatsConnectionError as error:
            self._unanswered.discard(message_id)
            return error
        self._unanswered.discard(message_id)
        return None

    async def _is_stored(self, client: Client, message: _PendingMessage, timeout: float) -> bool:
        """Return True if a stream is known to hold a message, False if that is unknown."""
        try:
            return await asyncio.wait_for(self._find_stored(client, message), timeout)
        except (NatsConnectionError, asyncio.TimeoutError, KeyError, ValueError):
            return False

    async def _find_stored(self, client: Client, message: _PendingMessage) -> bool:
        """Search the stored messages of its subject: the last one, then those after the last acknowledged one.

        Raises:
            NatsConnectionError: it is not there, or the request failed.
        """
        subject = message.subject
        names = (await api(client, "STREAM.NAMES", {"subject": subject})).get("streams") or [""]
        request: dict[str, Any] = {"last_by_subj": subject}
        sequence = self._acknowledged.get(subject, 0)
        for _ in range(MAX_COMPARED):
            found = (await api(client, f"STREAM.MSG.GET.{names[0]}", request))["message"]
            if f"Nats-Msg-Id: {message.message_id}\r\n".encode() in b64decode(found.get("hdrs") or ""):
                self._acknowledged[subject] = int(found["seq"])
                return True
            sequence = int(found["seq"]) if "seq" in request else sequence
            request = {"next_by_subj": subject, "seq": sequence + 1}
        return False

    async def _create_stream(self, subject: str, failure: NatsConnectionError) -> None:
        """Create a stream for a subject that no stream acknowledged, unless there is one.

        Raises:
            NatsConnectionError: there is one, which does not answer; or none, and `create` is False.
        """
        client = self._connection.client
        if client is None:
            raise failure
        found = (await api(client, "STREAM.NAMES", {"subject": subject})).get("streams")
        if found:
            raise NatsConnectionError(f"the stream {found[0]} does not answer", failure.code)
        if not self._create:
            raise NatsConnectionError(f"no stream holds {subject}", _NO_STREAM)
        first, dot, _ = subject.partition(".")
        name = self._address.stream or first
        if name in self._created:
            raise NatsConnectionError(f"the stream {name} does not take it", _NO_STREAM)
        config: dict[str, Any] = {"name": name, "subjects": [f"{first}.>" if dot else subject]}
        config |= {"max_bytes": STREAM_BYTES, "discard": "old", "storage": "file", "retention": "limits"}
        config |= {"num_replicas": 1, "duplicate_window": 120 * 10**9}
        await api(client, f"STREAM.CREATE.{name}", config)
        self._created.add(name)

    def _note_success(self) -> None:
        self._failing_since, self._has_succeeded = None, True
        if self._is_warned:
            self._is_warned = False
            self._warn(f"{self._address.name} is back")

    def _note_failure(self, reason: str) -> None:
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        if not self._is_warned and (not self._has_succeeded or now - self._failing_since > WARN_AFTER):
            self._is_warned = True
            self._warn(f"{self._address.name} accepts nothing: {reason}; records wait for it")

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


class _SubjectQueue:
    """Packs the waiting lines of one subject into messages."""

    def __init__(self, subject: str, next_id: Callable[[], str]) -> None:
        self._subject = subject
        self._next_id = next_id
        self._messages: list[_PendingMessage] = []
        self._parts: list[bytes] = []
        self._size = self._records = 0

    def add(self, data: bytes, records: int) -> None:
        """Append whole lines."""
        if self._size and self._size + len(data) > MESSAGE_BYTES:
            self._finish_message()
        self._parts.append(data)
        self._size += len(data)
        self._records += records

    def messages(self) -> list[_PendingMessage]:
        """Return all messages."""
        if self._parts:
            self._finish_message()
        return self._messages

    def _finish_message(self) -> None:
        self._messages.append(_PendingMessage(self._subject, self._next_id(), b"".join(self._parts), self._records))
        self._parts, self._size, self._records = [], 0, 0


def _split(message: _PendingMessage, max_bytes: int) -> list[_PendingMessage]:
    """Split a message into parts of about equal size and at most `max_bytes` bytes, between lines where possible."""
    subject, message_id, data, records = message
    if len(data) <= max_bytes:
        return [message]
    half = len(data) // 2
    end = data.rfind(b"\n", 0, half) + 1 or data.find(b"\n", half) + 1
    if not 0 < end < len(data):
        end = half
    before = min(data.count(b"\n", 0, end), records)
    first = _PendingMessage(subject, f"{message_id}-1", data[:end], before)
    second = _PendingMessage(subject, f"{message_id}-2", data[end:], records - before)
    return [*_split(first, max_bytes), *_split(second, max_bytes)]


def host() -> str:
    """Return this machine's host name."""
    import socket

    return socket.gethostname() or "localhost"
