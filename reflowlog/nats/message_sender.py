"""Sends messages to JetStream, each exactly once as far as a server can know it.

Invariants:
- Of each subject one message is in flight at a time, so that order is kept whatever is lost.
- A message carries its id (``Nats-Msg-Id``), by which JetStream deduplicates: an unacknowledged message is sent again
  with the same id. A stream forgets ids after a while (usually two minutes), so it is queried for such a message before
  that is sent again.
- Where no stream holds a subject, one is created at most, if that is allowed.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.nats.connection import NatsConnectionError, api, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.client import Client

    from reflowlog.nats.connection import NatsConnection
    from reflowlog.nats.url import NatsUrl

__all__ = ["MIN_TIMEOUT", "NO_ANSWER", "MessageSender", "PendingMessage"]

ACK_TIMEOUT = 4.0  # seconds for a server to acknowledge a message
MIN_TIMEOUT = 0.5  # seconds of the last attempt, even if no time is left
MAX_IN_FLIGHT = 64  # messages in flight, each of another subject
ENVELOPE_BYTES = 4096  # bytes that a message may have besides its lines
STREAM_BYTES = 1 << 30  # limit of a stream that is created here: it keeps the newest messages
TOO_LARGE_CODES = {10054}  # code: the message is larger than this stream takes
MAX_COMPARED = 1000  # stored messages that are compared to find one that may have been stored
NO_STREAM, NO_ANSWER = 1, 2  # error codes of this module: no stream takes the message, no answer in time


class PendingMessage(NamedTuple):
    """A message that is not acknowledged yet.

    Attributes:
        subject: its subject.
        message_id: unique, and the same whenever it is sent.
        data: whole lines.
        records: how many they are.
    """

    subject: str
    message_id: str
    data: bytes
    records: int


class MessageSender:
    """Sends messages on a connection. For one thread.

    Args:
        connection: to a server.
        address: of the servers.
        create: whether to create a stream where none holds a subject.
        refused: called with a message that no stream takes because it is too large, and the reason.
    """

    def __init__(
        self,
        connection: NatsConnection,
        address: NatsUrl,
        *,
        create: bool,
        refused: Callable[[PendingMessage, str], None],
    ) -> None:
        self._connection = connection
        self._address = address
        self._create = create
        self._refused = refused
        self._unanswered: set[str] = set()  # ids of messages that were sent without an answer
        self._acknowledged: dict[str, int] = {}  # by subject: sequence of the last acknowledged message
        self._created: set[str] = set()  # streams that were created since the last acknowledged message

    def _fit(self, messages: list[PendingMessage]) -> list[PendingMessage]:
        """Return the messages, split where they are larger than the server accepts."""
        max_bytes = self._connection.max_payload - ENVELOPE_BYTES
        if all(len(each.data) <= max_bytes for each in messages):
            return messages
        return [part for each in messages for part in _split(each, max_bytes)]

    def send(self, messages: list[PendingMessage], time_left: float) -> list[PendingMessage]:
        """Send the first message of each subject, and return the messages that are left to be sent.

        Args:
            messages: in order; those larger than the server accepts are split.
            time_left: seconds; the attempt takes at least `MIN_TIMEOUT`.

        Raises:
            NatsConnectionError: nothing was acknowledged; the reason.
        """
        messages = self._fit(messages)
        heads: dict[str, PendingMessage] = {}
        for message in messages:
            heads.setdefault(message.subject, message)
            if len(heads) == MAX_IN_FLIGHT:
                break
        timeout = max(min(ACK_TIMEOUT, time_left), MIN_TIMEOUT)
        answers = self._connection.run(self._publish(list(heads.values()), timeout), 2 * timeout + 1)
        replacements: dict[str, list[PendingMessage]] = {}  # by message id: the messages that replace it
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
                self._refused(message, str(answer))
        if replacements:
            self._created.clear()
        elif failure is not None:
            if failure.code not in (NO_STREAM, NO_ANSWER):
                raise failure
            self._connection.run(self._create_stream(next(iter(heads)), failure), None)
        return [each for message in messages for each in replacements.get(message.message_id, [message])]

    async def _publish(self, messages: list[PendingMessage], timeout: float) -> list[NatsConnectionError | None]:
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

    async def _send(self, client: Client, message: PendingMessage, timeout: float) -> NatsConnectionError | None:
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
            return NatsConnectionError("no stream takes it", NO_STREAM)
        except (asyncio.TimeoutError, Error, ValueError, AttributeError, KeyError):
            return NatsConnectionError("it does not answer", NO_ANSWER)
        except OSError as error:
            return NatsConnectionError(error.strerror or "the connection is gone")
        except NatsConnectionError as error:
            self._unanswered.discard(message_id)
            return error
        self._unanswered.discard(message_id)
        return None

    async def _is_stored(self, client: Client, message: PendingMessage, timeout: float) -> bool:
        """Return True if a stream is known to hold a message, False if that is unknown."""
        try:
            return await asyncio.wait_for(self._find_stored(client, message), timeout)
        except (NatsConnectionError, asyncio.TimeoutError, KeyError, ValueError):
            return False

    async def _find_stored(self, client: Client, message: PendingMessage) -> bool:
        """Search the stored messages of its subject: the last one, then those after the last acknowledged one.

        Raises:
            NatsConnectionError: it is not there, or the request failed.
        """
        subject = message.subject
        names = (await api(client, "STREAM.NAMES", {"subject": subject})).get("streams") or [""]
        request: dict[str, Any] = {"last_by_subj": subject}
        sequence = self._acknowledged.get(subject, 0)
        for _ in range(MAX_COMPARED):
            stored = (await api(client, f"STREAM.MSG.GET.{names[0]}", request))["message"]
            if f"Nats-Msg-Id: {message.message_id}\r\n".encode() in b64decode(stored.get("hdrs") or ""):
                self._acknowledged[subject] = int(stored["seq"])
                return True
            sequence = int(stored["seq"]) if "seq" in request else sequence
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
        streams = (await api(client, "STREAM.NAMES", {"subject": subject})).get("streams")
        if streams:
            raise NatsConnectionError(f"the stream {streams[0]} does not answer", failure.code)
        if not self._create:
            raise NatsConnectionError(f"no stream holds {subject}", NO_STREAM)
        first, dot, _ = subject.partition(".")
        name = self._address.stream or first
        if name in self._created:
            raise NatsConnectionError(f"the stream {name} does not take it", NO_STREAM)
        config: dict[str, Any] = {"name": name, "subjects": [f"{first}.>" if dot else subject]}
        config |= {"max_bytes": STREAM_BYTES, "discard": "old", "storage": "file", "retention": "limits"}
        config |= {"num_replicas": 1, "duplicate_window": 120 * 10**9}
        await api(client, f"STREAM.CREATE.{name}", config)
        self._created.add(name)


def _split(message: PendingMessage, max_bytes: int) -> list[PendingMessage]:
    """Split a message into parts of about equal size and at most `max_bytes` bytes, between lines where possible."""
    subject, message_id, data, records = message
    if len(data) <= max_bytes:
        return [message]
    half = len(data) // 2
    end = data.rfind(b"\n", 0, half) + 1 or data.find(b"\n", half) + 1
    if not 0 < end < len(data):
        end = half
    before = min(data.count(b"\n", 0, end), records)
    first = PendingMessage(subject, f"{message_id}-1", data[:end], before)
    second = PendingMessage(subject, f"{message_id}-2", data[end:], records - before)
    return [*_split(first, max_bytes), *_split(second, max_bytes)]
