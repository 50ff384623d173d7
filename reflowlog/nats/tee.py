"""Tee that publishes the input to a NATS stream while it is shown.

Invariants:
- The display never waits for a server that has been unreachable for longer than `TIMEOUT`: records that there is no
  room for are dropped and reported.
- A line is published once it is complete or longer than `MAX_LINE_BYTES`; at the end, the partial line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reflowlog.core.line_splitter import LineSplitter
from reflowlog.core.worker import WorkerThread
from reflowlog.nats.connection import MISSING_TEXT
from reflowlog.nats.publisher import Publisher, PublishRequest
from reflowlog.nats.url import NatsUrlError, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.inbox import Inbox

__all__ = ["PublishTee"]

TIMEOUT = 15.0  # seconds that the end waits for acknowledgements
MAX_WAITING_BYTES = 64 << 20  # bytes that may wait
MAX_LINE_BYTES = 1 << 20  # bytes of a line that are held until its newline


class PublishTee:
    """Publishes the data that it is called with; implements the protocol `Tee` of `cli.tee`.

    Args:
        url: with the subject.
        warn: called with one line about each problem.

    Attributes:
        failed: once it is closed, whether anything was not delivered.

    Raises:
        NatsUrlError: the URL is invalid.
        ImportError: nats-py is missing; the text holds the command that installs it.
    """

    def __init__(self, url: str, warn: Callable[[str], None]) -> None:
        self._address = parse(url, os.environ)
        subject = self._address.subject
        if not subject or subject.startswith("$") or not set("*>").isdisjoint(subject):
            raise NatsUrlError("what is published needs one subject, such as logs.web1.api")
        try:
            import nats  # noqa: F401 - an optional dependency: where it is missing, the constructor fails
        except ImportError:
            raise ImportError(MISSING_TEXT) from None
        self.warn = warn
        self.failed = False
        self._splitter = LineSplitter()
        self._publisher: Publisher | None = None
        self._dropped = 0  # records that were dropped for want of room
        self._worker = WorkerThread(self._make_publisher, 1 << 30, "reflowlog-publisher", weight=MAX_WAITING_BYTES)

    def begin(self) -> None:
        """No-op: the messages that a stream holds already stay there."""

    def _make_publisher(self, inbox: Inbox, in_child: bool) -> Publisher:  # noqa: ARG002 - the command line does not fork
        def warn(line: str) -> None:
            self.warn(line)  # looked up at each call: `warn` may be replaced

        worker = self._worker
        publisher = Publisher(inbox, self._address, warn, timeout=TIMEOUT, ending=lambda: worker.ending)
        self._publisher = publisher
        return publisher

    def __call__(self, data: bytes) -> None:
        """Publish data; block while there is no room, unless the server has been unreachable for too long."""
        lines = self._splitter.feed(data)
        if self._splitter.partial_bytes > MAX_LINE_BYTES:
            lines += self._splitter.flush_partial()
        if lines:
            self._send(lines)

    def _send(self, lines: bytes) -> None:
        records = max(lines.count(b"\n"), 1)
        worker = self._worker
        request = PublishRequest(lines, self._encode, records)
        if not worker.running:
            worker.put(request)
        elif not worker.inbox.send_wait(request, len(lines), self._should_give_up):
            self._dropped += records

    def _encode(self, lines: bytes) -> tuple[str, bytes]:
        return self._address.subject, lines

    def _should_give_up(self) -> bool:
        return not self._worker.running or (self._publisher is not None and self._publisher.is_hopeless)

    def close(self, timeout: float | None = None) -> None:
        """Wait until all is delivered, at most `timeout` or `TIMEOUT` seconds, and report the rest. Idempotent."""
        if partial := self._splitter.flush_partial():
            self._send(partial)
        if not self._worker.close(timeout):
            self.failed = True
            self.warn(f"not everything was delivered to {self._address.name}")
        if self._dropped:
            self.failed = True
            self.warn(f"{self._dropped} records were not sent to {self._address.name}: out of reach for too long")
            self._dropped = 0
        if self._publisher is not None and self._publisher.lost:
            self.failed = True
