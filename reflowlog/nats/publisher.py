"""What is published, and kept until a server has it: the worker of a press, for one stream.

Rules of this file:
- A message holds all lines that wait for its subject, up to `LARGE` bytes. Of one subject one message is on its way at
  a time, so that order is kept whatever is lost; with it goes its name (``Nats-Msg-Id``), by which JetStream knows one
  that it has already: what is not acknowledged is sent again, under the same name. A stream forgets names after a
  while (two minutes, mostly), so it is asked for such a message before that is sent again.
- A server that is away is one warning, and one line when it is back. What waits is bounded by the press; who sends
  waits for room while there is hope (`hopeless`).
- Once the end is asked for there are so many seconds left. What is not acknowledged then was `lost`: its records are
  counted, and told in one line.
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

LARGE = 1 << 18  # bytes of a message, about; a longer line goes alone
GATHER = 0.02  # seconds for which more may come that goes into the same message
ACKNOWLEDGED = 4.0  # seconds for a server to say that it has a message
AT_ONCE = 64  # messages, each of another subject
PAUSES = (0.05, 0.1, 0.3, 1.0, 2.0)  # seconds between two attempts
LOOK = 0.1  # seconds of one wait
ENVELOPE = 4096  # bytes that a message may have besides its lines
REACH = 15.0  # seconds to find a server that is there
LEAST = 0.5  # seconds for what is tried after all
WARN = 1.0  # seconds without an acknowledgement that are worth a warning
STREAM_BYTES = 1 << 30  # of the newest messages: so much a stream keeps that is made here
TOO_LARGE = {10054}  # code: more than this stream takes
LOOKS = 1000  # messages that are looked at for one that may be there
_NOBODY, _LATE = 1, 2  # codes of our own


class PublishRequest(NamedTuple):
    """Records for a subject.

    Attributes:
        payload: for `encode`.
        encode: makes the subject and whole lines of it, on the publisher's thread.
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
    """A worker for `worker.Press`: it takes `PublishRequest`, and `DroppedMarker` where some are missing.

    Args:
        inbox: what waits.
        address: of the servers.
        tell: takes one line, for people.
        timeout: seconds that are left once the end is asked for; and for which it is hoped that a server comes back.
        ending: whether the end is asked for.
        create: whether a stream is made where none holds a subject.
        gap: makes a letter of so many records that are missing.

    Attributes:
        lost: records that were given up.
        threads: the identities of the threads that do all this: what they log themselves is not for here.
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
        with contextlib.suppress(
            NatsConnectionError
        ):  # the end of a program may be near, where no thread can be started
            self._link.begin()
        self._made = f"{host()}-{os.getpid()}-{os.urandom(4).hex()}"
        self._count = 0
        self._hurried = threading.Event()
        self._failing: float | None = None  # since when nothing is acknowledged
        self._known = False  # whether anything ever was
        self._away = False  # whether people were told
        self._doubtful: set[str] = set()  # names of messages that were sent, and of which nothing was heard
        self._acknowledged: dict[str, int] = {}  # by subject: the number of the last message that was
        self._created: set[str] = set()  # streams, since the last message that one took
        self._deadline: float | None = None
        self._stopped = False
        self._why = ""  # the last records were lost,
        self._told: set[str] = set()  # and what was told of that
        self._told_lost = 0
        self.lost = 0
        self.threads: set[int | None] = set()

    @property
    def hopeless(self) -> bool:
        """Whether a server has been away for so long that nobody is to wait for it. Any thread."""
        failing = self._failing
        return failing is not None and time.monotonic() - failing > self._timeout

    # -- a worker's duties -------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until the sentinel."""
        self.threads.add(threading.get_ident())
        while not self._stopped:
            events = self._inbox.take(None)
            if not self._ending():
                self._hurried.wait(GATHER)
            self._hurried.clear()
            self.work(events + self._inbox.take(0))
        if threading.main_thread().is_alive():
            self._link.close()
        else:  # others may have a last word, and cannot start a thread for it
            self._link.drop()

    def work(self, events: list[Any]) -> None:
        """Publish; it is acknowledged, or given up, when this returns."""
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
        """Somebody waits."""
        self._hurried.set()

    # -- messages ----------------------------------------------------------------------------------------------------

    def _put(self, subject_queues: dict[str, _SubjectQueue], request: PublishRequest) -> None:
        try:
            subject, data = request.encode(request.payload)
        except Exception as error:  # a record that nobody can read is no reason to lose those after it
            self._lose(request.records, f"they cannot be written: {type(error).__name__}")
            return
        subject_queues.setdefault(subject, _SubjectQueue(subject, self._name)).add(data, request.records)

    def _name(self) -> str:
        """A name that no other message has."""
        self._count += 1
        return f"{self._made}-{self._count}"

    def _lose(self, records: int, why: str) -> None:
        self.lost += records
        self._why = why
        if not self._ending() and why not in self._told:
            self._told.add(why)
            self._tell(f"a record cannot be delivered to {self._address.name}: {why}")

    def _tell_of_losses(self) -> None:
        """The last words."""
        if self.lost > self._told_lost:
            self._told_lost = self.lost
            what = "record was" if self.lost == 1 else "records were"
            self._tell(f"{self.lost} {what} not delivered to {self._address.name}: {self._why}")

    # -- delivery ----------------------------------------------------------------------------------------------------

    def _deliver(self, messages: list[_PendingMessage]) -> None:
        """Send until all are acknowledged, or the time is over."""
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
        """None larger than what the server takes."""
        most = self._link.most - ENVELOPE
        if all(len(each.data) <= most for each in messages):
            return messages
        return [part for each in messages for part in _cut(each, most)]

    def _sent(self, messages: list[_PendingMessage]) -> list[_PendingMessage]:
        """Send the first one for each subject: what is left to be sent.

        Raises:
            LinkError: nothing was acknowledged; why that is.
        """
        heads: dict[str, _PendingMessage] = {}
        for message in messages:
            heads.setdefault(message.subject, message)
            if len(heads) == AT_ONCE:
                break
        timeout = max(min(ACKNOWLEDGED, self._time_left()), LEAST)
        answers = self._link.run(self._publish(list(heads.values()), timeout), 2 * timeout + 1)
        done: dict[str, list[_PendingMessage]] = {}  # by name: what is to be sent in its place
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
        """Send messages: for each what has gone wrong, or None."""
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
        """Send a message, unless a stream has it already, and wait until one has: what has gone wrong."""
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
        """Whether a stream has a message, as far as can be known."""
        try:
            return await asyncio.wait_for(self._is_stored(client, message), timeout)
        except (NatsConnectionError, asyncio.TimeoutError, KeyError, ValueError):
            return False

    async def _is_stored(self, client: Client, message: _PendingMessage) -> bool:
        """Look for it among those of its subject: at the last one, then from the last one of ours on.

        Raises:
            LinkError: it is not there, or one cannot ask.
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
        """Nobody takes a subject: make a stream for it, if there is none.

        Raises:
            LinkError: there is one, which does not answer; or none, and none is to be made.
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
        """Seconds; for ever, as long as the end is not asked for."""
        if sys.is_finalizing():
            return 0.0
        if self._deadline is None and (self._ending() or self._stopped):
            self._deadline = time.monotonic() + (LEAST if self.hopeless else self._timeout)
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def _pause(self, seconds: float) -> None:
        """Wait before the next attempt."""
        time.sleep(max(0.0, min(seconds, self._time_left())))


class _SubjectQueue:
    """What waits for a subject, as messages."""

    def __init__(self, subject: str, name: Callable[[], str]) -> None:
        self._subject = subject
        self._name = name
        self._messages: list[_PendingMessage] = []
        self._parts: list[bytes] = []
        self._size = self._records = 0

    def add(self, data: bytes, records: int) -> None:
        """Lines more."""
        if self._size and self._size + len(data) > LARGE:
            self._end()
        self._parts.append(data)
        self._size += len(data)
        self._records += records

    def messages(self) -> list[_PendingMessage]:
        """All of them."""
        if self._parts:
            self._end()
        return self._messages

    def _end(self) -> None:
        self._messages.append(_PendingMessage(self._subject, self._name(), b"".join(self._parts), self._records))
        self._parts, self._size, self._records = [], 0, 0


def _cut(message: _PendingMessage, most: int) -> list[_PendingMessage]:
    """A message in parts of the same size about, none larger than that; between lines, where that can be."""
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
    """This machine's name."""
    import socket

    return socket.gethostname() or "localhost"
