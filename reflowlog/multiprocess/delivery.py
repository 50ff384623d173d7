"""Delivery of the messages of child processes to a console, as events under its overflow policy.

Invariants:
- A child's writer of printed text gets a number of this process for as long as its line is partial.
- Text after a dropped chunk does not continue the line before it.
- The partial lines of a child, and the warnings about children, are bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.events import LineEnded, TextWritten

if TYPE_CHECKING:
    from typing import Protocol

    from reflowlog.multiprocess.protocol import Message

    class EventReceiver(Protocol):
        """Protocol of the console, as far as events are delivered to it."""

        def receive(self, event: object, weight: int, *, important: bool, records: int) -> bool | None:
            """Apply the overflow policy: True if accepted, False if dropped, None if there is no room: retry later."""

        def put(self, event: object) -> None:
            """Accept an event regardless of the queue's bound."""

        def writer(self) -> int:
            """Return a new number for a writer of printed text."""


__all__ = ["MessageDelivery"]

MAX_PARTIAL_LINES = 4096  # partial lines of one child
MAX_WARNINGS = 10  # lines about children that a server writes


class MessageDelivery:
    """Passes messages on to a console. One thread at a time.

    Args:
        receiver: the console.

    Attributes:
        may_block: whether a message waits while the console's queue is full; else the bound does not count.
    """

    def __init__(self, receiver: EventReceiver) -> None:
        self.may_block = True
        self._receiver = receiver
        self._warnings = 0

    def pass_on(self, message: Message, writers: dict[int, int]) -> bool:
        """Pass a message to the console; return False if there is no room for it yet.

        Args:
            message: of a child.
            writers: that child's writers of partial lines, which are updated: its own number -> the console's.
        """
        if message.is_text:
            return self._pass_text(message, writers)
        accepted = self._receive(message.deferred_records, len(message.data), important=message.is_important, records=1)
        return accepted is not None

    def _receive(self, event: object, weight: int, *, important: bool, records: int) -> bool | None:
        if self.may_block:
            return self._receiver.receive(event, weight, important=important, records=records)
        self._receiver.put(event)
        return True

    def _pass_text(self, message: Message, writers: dict[int, int]) -> bool:
        text = message.text
        known_writer = writers.pop(message.writer, None)
        writer = self._receiver.writer() if known_writer is None else known_writer
        accepted = self._receive(TextWritten(text, writer), len(text), important=False, records=text.count("\n"))
        if accepted is False and known_writer is not None:
            self._receiver.put(LineEnded(writer))
        is_partial = accepted and not text.endswith("\n")
        if is_partial or (accepted is None and known_writer is not None):
            writers[message.writer] = writer
        if len(writers) > MAX_PARTIAL_LINES:
            self._receiver.put(LineEnded(writers.pop(next(iter(writers)))))
        return accepted is not None

    def end_partial_lines(self, writers: dict[int, int]) -> None:
        """End the partial lines of a child that is gone."""
        for writer in writers.values():
            self._receiver.put(LineEnded(writer))
        writers.clear()

    def warn(self, text: str) -> None:
        """Show one line about a child, unless there were `MAX_WARNINGS`."""
        self._warnings += 1
        if self._warnings <= MAX_WARNINGS:
            self._receiver.put(TextWritten(f"reflowlog: {text}\n", self._receiver.writer()))
