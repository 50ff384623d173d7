"""Delivery of children's messages: writers of partial lines, and the overflow policy."""

from __future__ import annotations

from itertools import count

from reflowlog.core.events import LineEnded, TextWritten
from reflowlog.multiprocess import delivery, protocol
from reflowlog.multiprocess.delivery import MessageDelivery


class Receiver:
    """Console's part: answers as told, and keeps what it has accepted."""

    def __init__(self) -> None:
        self.answer: bool | None = True
        self.events: list[object] = []
        self._numbers = count(100)

    def receive(self, event: object, weight: int, *, important: bool, records: int) -> bool | None:
        """Accept an event if so told."""
        if self.answer:
            self.events.append(event)
        return self.answer

    def put(self, event: object) -> None:
        """Accept an event."""
        self.events.append(event)

    def writer(self) -> int:
        """Return a new number."""
        return next(self._numbers)


def text(content: str, writer: int = 1) -> protocol.Message:
    """Return a message of printed text."""
    return protocol.Message(protocol.TEXT, writer, content.encode())


def test_a_partial_line_is_continued_by_its_writer_only() -> None:
    """A whole line gives the number up."""
    receiver, writers = Receiver(), dict[int, int]()
    tested = MessageDelivery(receiver)
    for message in (text("a", 1), text("b", 2), text("c\n", 1), text("d", 1)):
        assert tested.pass_on(message, writers)
    assert receiver.events == [
        TextWritten("a", 100),
        TextWritten("b", 101),
        TextWritten("c\n", 100),
        TextWritten("d", 102),
    ]
    tested.end_partial_lines(writers)
    assert receiver.events[4:] == [LineEnded(101), LineEnded(102)]
    assert writers == {}


def test_text_behind_a_dropped_chunk_is_a_line_of_its_own() -> None:
    """The line before the gap ends there."""
    receiver, writers = Receiver(), dict[int, int]()
    tested = MessageDelivery(receiver)
    tested.pass_on(text("before"), writers)
    receiver.answer = False
    assert tested.pass_on(text("dropped"), writers)
    receiver.answer = True
    tested.pass_on(text("after\n"), writers)
    assert receiver.events == [TextWritten("before", 100), LineEnded(100), TextWritten("after\n", 101)]


def test_a_message_without_room_is_passed_again() -> None:
    """Nothing of it counts until then; without the bound it is accepted at once."""
    receiver, writers = Receiver(), dict[int, int]()
    tested = MessageDelivery(receiver)
    tested.pass_on(text("a"), writers)
    receiver.answer = None
    assert not tested.pass_on(text("b\n"), writers)
    assert writers == {1: 100}
    tested.may_block = False
    assert tested.pass_on(text("b\n"), writers)
    assert receiver.events == [TextWritten("a", 100), TextWritten("b\n", 100)]


def test_partial_lines_and_warnings_are_bounded() -> None:
    """The oldest partial line ends; further warnings are left out."""
    receiver, writers = Receiver(), dict[int, int]()
    tested = MessageDelivery(receiver)
    for number in range(delivery.MAX_PARTIAL_LINES + 1):
        tested.pass_on(text("part", number), writers)
    assert len(writers) == delivery.MAX_PARTIAL_LINES
    assert receiver.events[-1] == LineEnded(100)
    del receiver.events[:]
    for _ in range(delivery.MAX_WARNINGS + 5):
        tested.warn("a child is odd")
    assert len(receiver.events) == delivery.MAX_WARNINGS
