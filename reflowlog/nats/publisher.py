"""JetStream publisher: a worker that publishes lines and keeps them until a server acknowledges them.

Invariants:
- A message holds all lines that wait for its subject, up to `LARGE` bytes. Of each subject one message is in flight at
  a time, so that order is kept whatever is lost. It carries its id (``Nats-Msg-Id``), by which JetStream deduplicates:
  an unacknowledged message is sent again with the same id. A stream forgets ids after a while (usually two minutes), so
  it is queried for such a message before that is sent again.
- An unreachable server causes one warning, and one line when it is back. The queue is bounded by `WorkerThread`;
  senders wait for room until the publisher is `hopeless`.
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
from reflowlog.nats.connection import ENDING, NatsConnection, NatsConnectionError, api, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.client import Client

    from reflowlog.core.inbox import Inbox
    from reflowlog.nats.url import NatsUrl

__all__ = ["PublishRequest", "Publisher", "host"]

LARGE = 1 << 18  # approximate bytes of a message; a longer line is sent alone
GATHER = 0.02  # seconds to wait for more records for the same message
ACKNOWLEDGED = 4.0  # seconds for a server to acknowledge a message
AT_ONCE = 64  # messages in flight, each of another subject
PAUSES = (0.05, 0.1, 0.3, 1.0, 2.0)  # seconds between two attempts
LOOK = 0.1  # seconds of one wait
ENVELOPE = 4096  # bytes that a message may have besides its lines
REACH = 15.0  # seconds to connect to any of the servers
LEAST = 0.5  # seconds of the last attempt, even if no time is left
WARN = 1.0  # seconds without an acknowledgement before a warning
STREAM_BYTES = 1 << 30  # limit of a stream that is created here: it keeps the newest messages
TOO_LARGE = {10054}  # code: the message is larger than this stream takes
LOOKS = 1000  # stored messages that are compared to find one that may have been stored
_NOBODY, _LATE = 1, 2  # error codes of this module: no stream takes the message, no answer in time


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
    name: str
    data: bytes
    records: int


class Publisher:
    """Worker of a `WorkerThread` that publishes `PublishRequest`s, and a note for each `DroppedMarker`.

    Args:
        inbox: the queue of events.
        address: of the servers.
        tell: called with one line for the user.
        timeout: seconds left for delivery at the end; and seconds without a server after which it is `hopeless`.
        ending: returns True once the worker is to end.
        create: whether to create a stream where none holds a subject.
        gap: creates a request that reports a number of missing records.

    Attributes:
        lost: number of records that were given up.
        threads: identities of the publisher's own threads, whose log records must not be published.
    """

    threaded = True

    def __init__(
        self,
        inbox: Inbox,
        address: NatsUrl,
        tell: Callable[[str], None],
        *,
        timeout: float,
        ending: Callable[[], bool],
        create: bool = True,
        gap: Callable[[int], PublishRequest] | None = None,
    ) -> None:
        self._inbox = inbox
        self._address = address
        self._tell = tell
        self._timeout = timeout
        self._ending = ending
        self._create = create
        self._gap = gap
        self._link = NatsConnection(address, "reflowlog")
        with contextlib.suppress(NatsConnectionError):  # at the end of a program no thread can be started
            self._link.begin()
        self._made = f"{host()}-{os.getpid()}-{os.urandom(4).hex()}"
        self._count = 0
        self._hurried = threading.Event()
        self._failing: float | None = None  # since when nothing is acknowledged
        self._known = False  # whether anything was ever acknowledged
        self._away = False  # whether the warning was written
        self._doubtful: set[str] = set()  # ids of messages that were sent without an answer
        self._acknowledged: dict[str, int] = {}  # by subject: sequence of the last acknowledged message
        self._created: set[str] = set()  # streams that were created since the last acknowledged message
        self._deadline: float | None = None
        self._stopped = False
        self._why = ""  # reason for which the last records were lost
        self._told: set[str] = set()  # reasons that were reported
        self._told_lost = 0  # lost records that were reported
        self.lost = 0
        self.threads: set[int | None] = set()

    @property
    def hopeless(self) -> bool:
        """True once a server has been unreachable for longer than the timeout: callers stop waiting. Any thread."""
        failing = self._failing
        return failing is not None and time.monotonic() - failing > self._timeout

    # -- the protocol of a worker ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Work on events until the sentinel. The thread's target."""
        self.threads.add(threading.get_ident())
        while not self._stopped:
            events = self._inbox.take(None)
            if not self._ending():
                self._hurried.wait(GATHER)
            self._hurried.clear()
            self.work(events + self._inbox.take(0))
        if threading.main_thread().is_alive():
            self._link.close()
        else:  # later records of other exit hooks need the loop's thread, which could not be started again
            self._link.drop()

    def work(self, events: list[Any]) -> None:
        """Publish the events' records; on return each is acknowledged or given up."""
        subject_queues: dict[str, _SubjectQueue] = {}
        flushes: list[Flush] = []
        for event in events:
            if isinstance(event, PublishRequest):
                self._put(subject_queues, event)
            elif isinstance(event, DroppedMarker):
                if self._gap is not None and (missing := event.close()):
                    self._put(subject_queues, self._gap(missing))
            elif isinstance(event, Flush):
                flushes.append(event)
            elif event is STOP:
                self._stopped = True
        self._deliver([message for subject_queue in subject_queues.values() for message in subject_queue.messages()])
        if self._stopped:
            self._tell_of_losses()
        for each in flushes:
            each.done()

    def wake_now(self) -> None:
        """Stop waiting for more records: a caller waits for delivery. Any thread."""
        self._hurried.set()

    # -- messages ----------------------------------------------------------------------------------------------------

    def _put(self, subject_queues: dict[str, _SubjectQueue], request: PublishRequest) -> None:
        try:
            subject, data = request.encode(request.payload)
        except Exception as error:  # a record that cannot be encoded must not cost the records after it
            self._lose(request.records, f"they cannot be written: {type(error).__name__}")
            return
        subject_queues.setdefault(subject, _SubjectQueue(subject, self._name)).add(data, request.records)

    def _name(self) -> str:
        """Return a unique message id."""
        self._count += 1
        return f"{self._made}-{self._count}"

    def _lose(self, records: int, why: str) -> None:
        self.lost += records
        self._why = why
        if not self._ending() and why not in self._told:
            self._told.add(why)
            self._tell(f"a record cannot be delivered to {self._address.name}: {why}")

    def _tell_of_losses(self) -> None:
        """Report the lost records, if there are any that were not reported yet."""
        if self.lost > self._told_lost:
            self._told_lost = self.lost
            what = "record was" if self.lost == 1 else "records were"
            self._tell(f"{self.lost} {what} not delivered to {self._address.name}: {self._why}")

    # -- delivery ----------------------------------------------------------------------------------------------------

    def _deliver(self, messages: list[_PendingMessage]) -> None:
        """Send messages until all are acknowledged or no time is left."""
        attempt = 0
        while messages:
            why = ""
            try:
                if not self._link.up:
                    self._link.connect(max(min(REACH, self._time_left()), LEAST))
                    self.threads.add(self._link.thread)
                messages = self._sent(self._fit(messages))
            except NatsConnectionError as error:
                why = str(error)
                if why == ENDING:
                    self._deadline = 0.0
                if error.code in (0, _LATE):
                    self._link.drop(elsewhere=True)
            if not why:
                attempt = 0
                self._is_back()
                continue
            self._is_away(why)
            if self._time_left() <= 0:
                self._lose(sum(each.records for each in messages), why)
                return
            self._pause(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    def _fit(self, messages: list[_PendingMessage]) -> list[_PendingMessage]:
        """Return the messages, split where they are larger than the server accepts."""
        most = self._link.most - ENVELOPE
        if all(len(each.data) <= most for each in messages):
            return messages
        return [part for each in messages for part in _cut(each, most)]

    def _sent(self, messages: list[_PendingMessage]) -> list[_PendingMessage]:
        """Send the first message of each subject, and return the messages that are left to be sent.

        Raises:
            NatsConnectionError: nothing was acknowledged; the reason.
        """
        heads: dict[str, _PendingMessage] = {}
        for message in messages:
            heads.setdefault(message.subject, message)
            if len(heads) == AT_ONCE:
                break
        timeout = max(min(ACKNOWLEDGED, self._time_left()), LEAST)
        answers = self._link.run(self._publish(list(heads.values()), timeout), 2 * timeout + 1)
        done: dict[str, list[_PendingMessage]] = {}  # by message id: the messages that replace it
        failure: NatsConnectionError | None = None
        for message, answer in zip(heads.values(), answers):
            if answer is None:
                done[message.name] = []
            elif answer.code not in TOO_LARGE:
                failure = answer
            elif message.data.count(b"\n") > 1:
                done[message.name] = _cut(message, len(message.data) - 1)
            else:
                done[message.name] = []
                self._lose(message.records, str(answer))
        if done:
            self._created.clear()
        elif failure is not None:
            if failure.code not in (_NOBODY, _LATE):
                raise failure
            self._link.run(self._find_or_make(next(iter(heads)), failure), None)
        return [each for message in messages for each in done.get(message.name, [message])]

    async def _publish(self, messages: list[_PendingMessage], timeout: float) -> list[NatsConnectionError | None]:
        """Send messages concurrently, and return for each its failure, or None."""
        client, closed = self._link.client, self._link.closed
        if client is None or closed is None:
            raise NatsConnectionError("the connection is gone")
        tasks = [asyncio.ensure_future(self._send(client, each, timeout)) for each in messages]
        everything: asyncio.Future[Any] = asyncio.gather(*tasks, return_exceptions=True)
        awaited: set[asyncio.Future[Any]] = {everything, closed}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        if not everything.done():
            for each in tasks:
                each.cancel()
            await everything
        gone = NatsConnectionError("the connection is gone")
        return [gone if each.cancelled() else each.result() for each in tasks]

    async def _send(self, client: Client, message: _PendingMessage, timeout: float) -> NatsConnectionError | None:
        """Send a message, unless it is stored already, and wait for the acknowledgement; return the failure or None."""
        from nats.errors import Error, NoRespondersError

        subject, name, data, _ = message
        if name in self._doubtful and await self._is_there(client, message, timeout):
            return None
        self._doubtful.add(name)
        headers = {"Nats-Msg-Id": name}
        if self._address.stream:
            headers["Nats-Expected-Stream"] = self._address.stream
        try:
            reply = json.loads((await client.request(subject, data, timeout=timeout, headers=headers)).data)
            check(reply)
            self._acknowledged[subject] = int(reply["seq"])
        except NoRespondersError:
            return NatsConnectionError("no stream takes it", _NOBODY)
        except (asyncio.TimeoutError, Error, ValueError, AttributeError, KeyError):
            return NatsConnectionError("it does not answer", _LATE)
        except OSError as error:
            return NatsConnectionError(error.strerror or "the connection is gone")
        except NatsConnectionError as error:
            self._doubtful.discard(name)
            return error
        self._doubtful.discard(name)
        return None

    async def _is_there(self, client: Client, message: _PendingMessage, timeout: float) -> bool:
        """Return True if a stream is known to hold a message, False if that is unknown."""
        try:
            return await asyncio.wait_for(self._is_stored(client, message), timeout)
        except (NatsConnectionError, asyncio.TimeoutError, KeyError, ValueError):
            return False

    async def _is_stored(self, client: Client, message: _PendingMessage) -> bool:
        """Search the stored messages of its subject: the last one, then those after the last acknowledged one.

        Raises:
            NatsConnectionError: it is not there, or the request failed.
        """
        subject = message.subject
        names = (await api(client, "STREAM.NAMES", {"subject": subject})).get("streams") or [""]
        asked: dict[str, Any] = {"last_by_subj": subject}
        number = self._acknowledged.get(subject, 0)
        for _ in range(LOOKS):
            found = (await api(client, f"STREAM.MSG.GET.{names[0]}", asked))["message"]
            if f"Nats-Msg-Id: {message.name}\r\n".encode() in b64decode(found.get("hdrs") or ""):
                self._acknowledged[subject] = int(found["seq"])
                return True
            number = int(found["seq"]) if "seq" in asked else number
            asked = {"next_by_subj": subject, "seq": number + 1}
        return False

    async def _find_or_make(self, subject: str, failure: NatsConnectionError) -> None:
        """Create a stream for a subject that no stream acknowledged, unless there is one.

        Raises:
            NatsConnectionError: there is one, which does not answer; or none, and `create` is False.
        """
        client = self._link.client
        if client is None:
            raise failure
        found = (await api(client, "STREAM.NAMES", {"subject": subject})).get("streams")
        if found:
            raise NatsConnectionError(f"the stream {found[0]} does not answer", failure.code)
        if not self._create:
            raise NatsConnectionError(f"no stream holds {subject}", _NOBODY)
        first, dot, _ = subject.partition(".")
        name = self._address.stream or first
        if name in self._created:
            raise NatsConnectionError(f"the stream {name} does not take it", _NOBODY)
        wanted: dict[str, Any] = {"name": name, "subjects": [f"{first}.>" if dot else subject]}
        wanted |= {"max_bytes": STREAM_BYTES, "discard": "old", "storage": "file", "retention": "limits"}
        wanted |= {"num_replicas": 1, "duplicate_window": 120 * 10**9}
        await api(client, f"STREAM.CREATE.{name}", wanted)
        self._created.add(name)

    def _is_back(self) -> None:
        self._failing, self._known = None, True
        if self._away:
            self._away = False
            self._tell(f"{self._address.name} is back")

    def _is_away(self, why: str) -> None:
        now = time.monotonic()
        if self._failing is None:
            self._failing = now
        if not self._away and (not self._known or now - self._failing > WARN):
            self._away = True
            self._tell(f"{self._address.name} takes nothing: {why}; what is logged waits for it")

    def _time_left(self) -> float:
        """Return the seconds that are left for delivery; infinite until the worker is to end."""
        if sys.is_finalizing():
            return 0.0
        if self._deadline is None and (self._ending() or self._stopped):
            self._deadline = time.monotonic() + (LEAST if self.hopeless else self._timeout)
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def _pause(self, seconds: float) -> None:
        """Sleep before the next attempt, at most the time that is left."""
        time.sleep(max(0.0, min(seconds, self._time_left())))


class _SubjectQueue:
    """Packs the waiting lines of one subject into messages."""

    def __init__(self, subject: str, name: Callable[[], str]) -> None:
        self._subject = subject
        self._name = name
        self._messages: list[_PendingMessage] = []
        self._parts: list[bytes] = []
        self._size = self._records = 0

    def add(self, data: bytes, records: int) -> None:
        """Append whole lines."""
        if self._size and self._size + len(data) > LARGE:
            self._end()
        self._parts.append(data)
        self._size += len(data)
        self._records += records

    def messages(self) -> list[_PendingMessage]:
        """Return all messages."""
        if self._parts:
            self._end()
        return self._messages

    def _end(self) -> None:
        self._messages.append(_PendingMessage(self._subject, self._name(), b"".join(self._parts), self._records))
        self._parts, self._size, self._records = [], 0, 0


def _cut(message: _PendingMessage, most: int) -> list[_PendingMessage]:
    """Split a message into parts of about equal size and at most `most` bytes, between lines where possible."""
    subject, name, data, records = message
    if len(data) <= most:
        return [message]
    half = len(data) // 2
    end = data.rfind(b"\n", 0, half) + 1 or data.find(b"\n", half) + 1
    if not 0 < end < len(data):
        end = half
    before = min(data.count(b"\n", 0, end), records)
    first = _PendingMessage(subject, f"{name}-1", data[:end], before)
    second = _PendingMessage(subject, f"{name}-2", data[end:], records - before)
    return [*_cut(first, most), *_cut(second, most)]


def host() -> str:
    """Return this machine's host name."""
    import socket

    return socket.gethostname() or "localhost"
