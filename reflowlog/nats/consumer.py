"""JetStream consumer: writes the messages of a stream, stored and new, as bytes into a pipe.

Invariants:
- Only the stream sequence of a message is relied on: whatever fails (a connection, a server, the server's consumer),
  reading resumes at the sequence after the last one. So there are no gaps and no duplicates.
- A stream that was deleted and created again is read from its start; so is one that has lost its messages, as streams
  in memory do when their server restarts.
- Backpressure: a pull request asks for a bounded batch, and the next one is sent once that batch is in the pipe. A slow
  reader is sent at most `MAX_BATCH_BYTES` bytes ahead.
- The data of a message is taken as lines, unchanged; only a missing newline at its end is added.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import threading
import time
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from reflowlog.core.byte_runs import ByteRuns
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.nats.connection import NatsConnection, NatsConnectionError, api
from reflowlog.nats.last_records import LastRecords
from reflowlog.nats.url import NatsUrlError, covers, parse, subject_label
from reflowlog.system.fds import OutputClosed, enlarge_pipe, write_all
from reflowlog.text.layout.source_labels import MAX_LABEL_CELLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

__all__ = ["StreamConsumer"]

MAX_BATCH_BYTES = 8 << 20  # bytes of one pull request; a larger message is requested alone
MAX_BATCH_MESSAGES = 5000  # of one pull request
PULL_EXPIRY = 30  # seconds after which a server forgets a pull request
HEARTBEAT_INTERVAL = 3  # seconds between a server's heartbeats while a pull request is open
SILENCE_TIMEOUT = 10.0  # seconds without a sign of life after which the connection counts as broken
START_TIMEOUT = 10.0  # seconds of retries at the start, for a cluster that is electing a leader
LAG_TIMEOUT = 5.0  # seconds after which a stream with a lower sequence than was read has lost it: a new leader may lag
RETRY_PAUSES = (0.1, 0.3, 1.0, 2.0)  # seconds between two attempts
POLL_INTERVAL = 0.5  # seconds of one wait
SPARE_MESSAGES = 100  # messages that are read before those that are expected to hold the last records

_NO_STREAM = 1  # error code of this module


class _PullConsumer:
    """The server's consumer and its outstanding pull request."""

    def __init__(self, name: str, inbox: str) -> None:
        self.pull_subject = name  # subject for pull requests
        self.inbox = inbox
        self.sequence = 0  # consumer sequence of the last message
        self.outstanding = 0  # requested messages that have not arrived
        self.arrived = 0  # requested messages that have arrived


class _StreamPosition(NamedTuple):
    """The last message that was read, and the stream it came from."""

    stream: str = ""
    created: str = ""
    last_sequence: int = 0  # stream sequence of the message; 0: none was read
    time: int = 0  # when the server stored it, in nanoseconds since the epoch


class _ReceivedMessages:
    """Messages on their way from the event loop to the thread that writes them, and the state of their connection.

    `take` is for that thread, and `mark_broken` for any; all else runs on the loop.

    Attributes:
        is_broken: whether no more messages will come until `begin`.
    """

    def __init__(self) -> None:
        self.is_broken = False
        self._condition = threading.Condition()  # guards all but the time
        self._messages: list[tuple[str, bytes]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._batch_taken: asyncio.Event | None = None  # set when the thread has taken the messages
        self._last_sign = 0.0  # monotonic time at which the server last sent anything

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Expect messages of a new subscription."""
        with self._condition:
            self.is_broken, self._batch_taken, self._loop = False, None, loop
        self.note_sign()

    def note_sign(self) -> None:
        """Take over that the server has sent something."""
        self._last_sign = time.monotonic()

    def add(self, messages: list[tuple[str, bytes]]) -> None:
        """Append messages, each with its subject."""
        with self._condition:
            self._messages += messages
            self._condition.notify()

    def take(self) -> list[tuple[str, bytes]] | None:
        """Wait for messages and return them; None if the connection is broken, or silent for `SILENCE_TIMEOUT`."""
        begun = time.monotonic()
        with self._condition:
            while not self._messages and not self.is_broken:
                if time.monotonic() - max(self._last_sign, begun) > SILENCE_TIMEOUT:
                    self.is_broken = True
                else:
                    self._condition.wait(POLL_INTERVAL)
            messages, self._messages = self._messages, []
            loop, batch_taken = self._loop, self._batch_taken
        if loop is not None and batch_taken is not None:
            loop.call_soon_threadsafe(batch_taken.set)
        return messages or None

    async def wait_taken(self) -> None:
        """Return once the thread has taken the messages that have arrived."""
        with self._condition:
            batch_taken = self._batch_taken = asyncio.Event() if self._messages else None
        if batch_taken is not None:
            await batch_taken.wait()

    def mark_broken(self) -> None:
        """Have the thread reattach."""
        with self._condition:
            self.is_broken = True
            self._condition.notify()


class StreamConsumer:
    """Reads a stream without end, on threads of its own.

    Its attributes are what is read, the position in it, and the consumer on the server with its way to the pipe.

    Args:
        url: with the subject to read; without one, all subjects.
        since: seconds since the epoch of the oldest message; None: from the first one on.
        tail: how many of the newest stored records to begin with; None: all.

    Attributes:
        name: the URL without secrets.
        descriptor: of the pipe, open for reading.
        has_many: whether the messages may have several subjects; only then `runs` reports their sources.

    Raises:
        OSError: the URL is invalid, or there is no such server or stream; the text is the reason.
    """

    def __init__(self, url: str, since: float | None = None, tail: int | None = None) -> None:
        try:
            self._address = address = parse(url, os.environ)
        except NatsUrlError as error:
            raise OSError(errno.EINVAL, str(error)) from None
        self.name = address.name
        self._subject = address.subject or ">"
        self.has_many = "*" in self._subject or self._subject.endswith(">")
        self._since = since
        self._tail = None if tail is None else LastRecords(tail)
        self._connection = NatsConnection(address)
        self._position = _StreamPosition()
        self._lagging_since: float | None = None  # since when the stream's last sequence is lower than was read
        self._warn: Callable[[str], None] = lambda _: None
        self._received = _ReceivedMessages()
        self._is_empty = False  # the stream holds nothing, which has not been reported yet
        self._subscription: Subscription | None = None
        self._consumer = _PullConsumer("", "")
        logging.getLogger("asyncio").addHandler(logging.NullHandler())  # asyncio logs closed TLS connections: useless
        try:
            self._attach_first()
        except NatsConnectionError as error:
            self._connection.close()
            raise OSError(errno.EIO, str(error)) from None
        self.descriptor, self._pipe = os.pipe()
        enlarge_pipe(self._pipe)
        self._thread = threading.Thread(target=self._work, name="reflowlog-intake", daemon=True)
        self._runs: ByteRuns[str] = ByteRuns()  # sources of the bytes that are in the pipe, or will be

    def begin(self, warn: Callable[[str], None]) -> None:
        """Start reading; `warn` is called with one line about each change of the stream's state."""
        self._warn = warn
        self._thread.start()

    def runs(self, size: int) -> list[tuple[str, int]]:
        """Return the sources of the next `size` bytes read, which end with a line. For the thread that reads."""
        return self._runs.take(size)

    # -- the thread that writes ------------------------------------------------------------------------------------

    def _attach_first(self) -> None:
        """Connect and attach; retry for `START_TIMEOUT` seconds while a cluster is electing a leader."""
        deadline = time.monotonic() + START_TIMEOUT
        self._connection.connect()
        while True:
            try:
                return self._attach()
            except NatsConnectionError as error:
                if not error.is_temporary or time.monotonic() > deadline:
                    raise
            time.sleep(RETRY_PAUSES[1])

    def _work(self) -> None:
        """Write arriving messages into the pipe, and reattach after failures. The thread's target."""
        try:
            while True:
                if self._is_empty:
                    self._is_empty = False
                    self._warn(f"nothing in {self.name} so far: waiting")
                messages = self._received.take()
                if messages is None:
                    self._reattach()
                else:
                    for start in range(0, len(messages), 256):
                        self._write(messages[start : start + 256])
        except (OutputClosed, OSError):  # the pipe's reader is gone
            self._connection.close()
        finally:
            os.close(self._pipe)

    def _write(self, messages: list[tuple[str, bytes]]) -> None:
        """Record the sources of messages, then write their data into the pipe."""
        for subject, own in groupby(messages if self.has_many else (), itemgetter(0)):
            name = subject_label(subject, self._subject, MAX_LABEL_CELLS)
            self._runs.put(name, sum(len(data) for _, data in own))
        write_all(self._pipe, b"".join([data for _, data in messages]))

    def _reattach(self) -> None:
        """Reattach, with as many attempts as necessary; warn if the first one fails."""
        is_away = False
        attempt = 0
        while True:
            try:
                if not self._connection.is_connected:
                    self._connection.connect()
                self._attach()
            except NatsConnectionError as error:
                if not is_away and attempt:
                    is_away = True
                    self._warn(f"{self.name} cannot be reached: {error}; waiting for it")
                if not error.code:
                    self._connection.disconnect(elsewhere=True)
                time.sleep(RETRY_PAUSES[min(attempt, len(RETRY_PAUSES) - 1)])
                attempt += 1
            else:
                if is_away:
                    self._warn(f"{self.name} is back")
                return

    def _attach(self) -> None:
        """Create a consumer that begins after the last message."""
        self._connection.run(self._begin(), None)

    # -- on the loop -----------------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        client = self._connection.client
        if client is None:
            raise NatsConnectionError("the connection is gone")
        if self._subscription is not None:
            with contextlib.suppress(Exception):  # it ended with its connection
                await self._subscription.unsubscribe()
            self._subscription = None
        stream = self._address.stream or await self._find_stream()
        info = await api(client, f"STREAM.INFO.{stream}")
        if info["config"].get("retention") == "workqueue":
            raise NatsConnectionError(
                f"{stream} is a work queue: what is read there is taken away from its workers", _NO_STREAM
            )
        position = self._position
        if (position.stream, position.created) != (stream, info["created"]) or await self._has_lost_messages(
            client, info["state"]["last_seq"]
        ):
            if position.stream:
                self._warn(f"the stream {stream} was created anew: continuing from its start")
            position = _StreamPosition(stream, info["created"])
        config = self._consumer_config(position.last_sequence, info["state"], info["config"].get("subjects") or [])
        consumer = await api(client, f"CONSUMER.CREATE.{stream}", {"stream_name": stream, "config": config})
        is_empty = not consumer.get("num_pending", 1)
        self._is_empty = is_empty and not self._position.stream and self._tail is None
        self._position = position
        self._consumer = _PullConsumer(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer['name']}", client.new_inbox())
        self._subscription = await client.subscribe(
            self._consumer.inbox, cb=self._receive, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        self._received.begin(asyncio.get_running_loop())
        if self._connection.closed is not None:
            self._connection.closed.add_done_callback(lambda _: self._received.mark_broken())
        if is_empty:
            self._flush_tail()
        await self._pull(MAX_BATCH_BYTES)

    async def _has_lost_messages(self, client: Client, last_stored: int) -> bool:
        """Return True if a stream has lost its messages: the last message that was read is missing or another one.

        Raises:
            NatsConnectionError: undecided so far, because a new leader may lag.
        """
        position = self._position
        if last_stored >= position.last_sequence:
            self._lagging_since = None
            return position.last_sequence > 0 and await self._is_replaced(client, position)
        now = time.monotonic()
        self._lagging_since = self._lagging_since or now
        if now - self._lagging_since < LAG_TIMEOUT:
            raise NatsConnectionError(f"the stream {position.stream} has lost what was read last", _NO_STREAM)
        self._lagging_since = None
        return True

    async def _is_replaced(self, client: Client, position: _StreamPosition) -> bool:
        """Return True if the stream holds a message of that sequence that was stored at another time."""
        try:
            answer = await api(client, f"STREAM.MSG.GET.{position.stream}", {"seq": position.last_sequence})
        except NatsConnectionError:  # it has been discarded as old messages are, or the request is not permitted
            return False
        return _nanoseconds(answer["message"]["time"]) != position.time

    async def _find_stream(self) -> str:
        """Return the name of the stream that holds the subject."""
        client = self._connection.client
        assert client is not None
        answer = await api(client, "STREAM.NAMES", {"subject": self._subject})
        names = answer.get("streams") or []
        if not names:
            raise NatsConnectionError(f"no stream holds {self._subject}", _NO_STREAM)
        if len(names) > 1:
            raise NatsConnectionError(
                f"several streams hold {self._subject}: add ?stream=, {' or '.join(names[:9])}", _NO_STREAM
            )
        return str(names[0])

    def _consumer_config(self, last_sequence: int, state: dict[str, Any], subjects: list[str]) -> dict[str, Any]:
        """Return the configuration of an ephemeral consumer without acknowledgements, which the server expires."""
        config: dict[str, Any] = {
            "deliver_policy": "all",
            "ack_policy": "none",
            "replay_policy": "instant",
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": 2 * PULL_EXPIRY * 10**9,
        }
        if last_sequence:
            config |= {"deliver_policy": "by_start_sequence", "opt_start_seq": last_sequence + 1}
        elif self._since is not None:
            config |= {"deliver_policy": "by_start_time", "opt_start_time": _format_time(self._since)}
        if not subjects or not all(covers(self._subject, each) for each in subjects):
            config["filter_subject"] = self._subject
        elif self._tail is not None and not last_sequence and self._since is None:
            # Some messages hold only continuation lines.
            count = SPARE_MESSAGES + 4 * self._tail.limit + state.get("num_deleted", 0)
            first = max(state["last_seq"] - count + 1, 1)
            config |= {"deliver_policy": "by_start_sequence", "opt_start_seq": first}
        return config

    async def _pull(self, max_bytes: int) -> None:
        """Send a pull request for messages of `max_bytes` bytes in all; 0: for one message of any size."""
        client, consumer = self._connection.client, self._consumer
        if client is None:
            return
        request: dict[str, Any] = {"batch": MAX_BATCH_MESSAGES if max_bytes else 1, "expires": PULL_EXPIRY * 10**9}
        request["idle_heartbeat"] = HEARTBEAT_INTERVAL * 10**9
        if max_bytes:
            request["max_bytes"] = max_bytes
        consumer.outstanding, consumer.arrived = request["batch"], 0
        await client.publish(consumer.pull_subject, json.dumps(request).encode(), reply=consumer.inbox)

    async def _receive(self, message: Msg) -> None:
        """Receive a message, or the server's status of a pull request."""
        consumer = self._consumer
        self._received.note_sign()
        if not message.reply.startswith("$JS.ACK."):
            await self._handle_status(message)
            return
        sequence, consumer_sequence, at, pending = _parse_ack_subject(message.reply)
        if consumer_sequence != consumer.sequence + 1:  # a message is missing
            self._received.mark_broken()
            return
        consumer.sequence = consumer_sequence
        consumer.outstanding -= 1
        consumer.arrived += 1
        if sequence > self._position.last_sequence:
            self._position = self._position._replace(last_sequence=sequence, time=at)
            data = message.data if message.data.endswith(b"\n") else message.data + b"\n"
            if self._tail is None:
                self._received.add([(message.subject, data)])
            else:
                self._tail.add(message.subject, data)
                if not pending:
                    self._flush_tail()
        if not consumer.outstanding:
            await self._pull_next(MAX_BATCH_BYTES)

    def _flush_tail(self) -> None:
        """Pass on the last of the stored records; from now on every message is passed on."""
        if self._tail is not None:
            self._received.add(self._tail.take())
            self._tail = None

    async def _handle_status(self, message: Msg) -> None:
        headers = message.headers or {}
        status, text = headers.get("Status", ""), headers.get("Description", "").lower()
        if status == "100":
            return
        if status in ("404", "408") or "batch completed" in text:
            await self._pull_next(MAX_BATCH_BYTES)
        elif "maxbytes" in text or "max bytes" in text:
            await self._pull_next(MAX_BATCH_BYTES if self._consumer.arrived else 0)
        else:  # the consumer was deleted, or its server is shutting down
            self._received.mark_broken()

    async def _pull_next(self, max_bytes: int) -> None:
        """Send the next pull request once the thread has taken the messages that have arrived."""
        await self._received.wait_taken()
        if not self._received.is_broken:
            await self._pull(max_bytes)


def _parse_ack_subject(reply: str) -> tuple[int, int, int, int]:
    """Parse a message's acknowledge subject: stream sequence, consumer sequence, nanoseconds, pending messages."""
    parts = reply.split(".")
    at = 5 if len(parts) < 11 else 7  # after a domain and an account
    return int(parts[at]), int(parts[at + 1]), int(parts[at + 2]), int(parts[at + 3])


def _nanoseconds(text: str) -> int:
    """Parse a time as JetStream writes it, in UTC, to nanoseconds since the epoch.

    >>> _nanoseconds("2026-01-31T12:30:00.5Z"), _nanoseconds("1970-01-01T00:00:01Z")
    (1769862600500000000, 1000000000)
    """
    from datetime import datetime, timezone

    whole, _, fraction = text.removesuffix("Z").partition(".")
    second = int(datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp())
    return second * 10**9 + int(fraction.ljust(9, "0") or 0)


def _format_time(seconds: float) -> str:
    """Format seconds since the epoch as a time that JetStream reads."""
    from datetime import datetime, timezone

    return datetime.fromtimestamp(seconds, timezone.utc).isoformat().replace("+00:00", "Z")
