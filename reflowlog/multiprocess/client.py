"""The relay: what stands in the printer's place in a child. It sends what is said to the parent's console.

Rules of this file:
- There is no thread and nothing is put off: when `emit` or `print` returns, the record is the system's, which brings
  it to the parent whatever becomes of this process. Whoever sends first sends for all; who interrupts it (a signal
  handler, a finalizer) leaves its record to it. That order is the press's.
- A frame is sent whole or its connection is given up: the parent drops what it has of it.
- Where the parent is gone, or its console closed, the same things are said in plain lines by a printer of this
  process, once the parent's has shown what it took; the first of them is the one that could not be sent.
- What needs the parent's screen (pins) is left out; what a pin leaves is sent.
"""

from __future__ import annotations

import contextlib
import select
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any

from reflowlog.core.events import DeferredRecords, Flush, PinUpdate, Suspend, TextWritten
from reflowlog.core.inbox import DroppedMarker, StopType
from reflowlog.core.records import StyledLine
from reflowlog.display.pins import render_pin
from reflowlog.multiprocess import protocol, rendezvous
from reflowlog.render.renderer import USUAL_WIDTH

if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable
    from typing import Protocol

    from reflowlog.core.records import Item

    class PlainWriter(Protocol):
        """What it asks of the printer that takes over."""

        def work(self, events: list[Any]) -> None:
            """Show what the events say."""


__all__ = ["ConsoleClient"]

HANDOVER = 2.0  # seconds that it is waited for that the parent's last words are shown
PATIENCE = 50  # milliseconds that a record which may be dropped waits, the first time that there is no room


class ConsoleClient:
    """Sends events to another process's console.

    Args:
        address: where that is.
        connection: to it.
        fall_back: makes a printer for when it is gone.
        dropped: told how many records were dropped where there is no room for them; None: room is waited for.
    """

    threaded = False

    def __init__(
        self,
        address: str,
        connection: _socket.socket,
        fall_back: Callable[[], PlainWriter],
        dropped: Callable[[int], None] | None = None,
    ) -> None:
        self._address = address
        self._connection: _socket.socket | None = connection
        self._fall_back = fall_back
        self._dropped = dropped
        self._missing = 0  # records dropped since the last that was sent
        self._plain: PlainWriter | None = None
        self._events: deque[Any] = deque()  # what an interrupted call of `work` has left is here

    def run(self) -> None:
        """There is no thread."""

    def wake_now(self) -> None:
        """Nothing is ever put off."""

    def work(self, events: list[Any]) -> None:
        """Send what the events say. One thread at a time."""
        self._events.extend(events)
        while self._events:
            event = self._events.popleft()
            if self._plain is None:
                self._send(event)
            else:
                self._say(event)

    def let_go(self) -> None:
        """Close the connection; in the child of a fork, which has a copy of it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _send(self, event: Any) -> None:
        kind = type(event)
        if kind is DeferredRecords:
            self._send_frame(event, protocol.IMPORTANT if event.important else protocol.ITEMS, _rendered(event))
        elif kind is TextWritten:
            self._send_text(event)
        elif kind is DroppedMarker:
            if count := event.close():
                self._send_note(count)
        elif kind is PinUpdate:
            self._send_last(event)
        elif kind is Flush:
            event.done()
        elif kind is Suspend:
            event.parked()
            event.wait()
        elif kind is StopType:
            self.let_go()

    def _send_text(self, encode_text: TextWritten) -> None:
        for start in range(0, len(encode_text.text), protocol.LONGEST):
            piece = encode_text._replace(text=encode_text.text[start : start + protocol.LONGEST])
            if self._plain is None:
                self._send_frame(piece, protocol.TEXT, protocol.encode_text(piece.text), piece.writer)
            else:
                self._say(piece)

    def _send_last(self, change: PinUpdate) -> None:
        """What a pin leaves in the log."""
        render = change.last or (change.pin.render if change.pin.leave else None)
        if change.removed and render is not None:
            items: list[Item] = [StyledLine(text, spans) for text, spans in render_pin(render, USUAL_WIDTH)]
            self._send_frame(change, protocol.ITEMS, protocol.encode(items))

    def _send_frame(self, event: Any, kind: int, data: bytes, writer: int = 0) -> None:
        if self._dropped is not None and kind != protocol.IMPORTANT and not self._has_room():
            count = event.text.count("\n") if kind == protocol.TEXT else 1
            self._missing += count
            self._dropped(count)
            return
        if self._missing:
            missing, self._missing = self._missing, 0
            self._send_note(missing)
        if not self._sent(protocol.pack(kind, data, writer)):
            self._plain = self._fall_back()
            self._say(event)

    def _send_note(self, count: int) -> None:
        text = f"reflowlog: dropped {count} record{'s' if count > 1 else ''}"
        self._sent(protocol.pack(protocol.IMPORTANT, protocol.encode([StyledLine(text)])))

    def _has_room(self) -> bool:
        """Whether something can be sent without waiting; the first time that it cannot, it has a moment."""
        if self._connection is None:
            return True
        poll = select.poll()
        poll.register(self._connection.fileno(), select.POLLOUT)
        return bool(poll.poll(0 if self._missing else PATIENCE))

    def _sent(self, frame: bytes) -> bool:
        """Send a frame; where the console is gone, to one that has come in its place. Whether that was possible."""
        for _ in range(2):
            if self._connection is None:
                self._connection = rendezvous.connect(self._address)
            if self._connection is None:
                return False
            try:
                self._connection.sendall(frame)
            except OSError:
                self._await_end()
                self.let_go()
            except BaseException:  # raised by a signal handler: who knows how much of it was sent
                self.let_go()
                raise
            else:
                return True
        return False

    def _await_end(self) -> None:
        """The console takes no more: it hangs up when all that it took is shown, so that ours comes after it."""
        assert self._connection is not None
        self._connection.settimeout(HANDOVER)
        with contextlib.suppress(OSError):
            self._connection.recv(1)

    def _say(self, event: Any) -> None:
        """In plain lines, and at once: nobody may come to flush it."""
        assert self._plain is not None
        unfinished = type(event) is TextWritten and not event.text.endswith("\n")
        self._plain.work([event, Flush(_nothing)] if unfinished else [event])


def _rendered(entry: DeferredRecords) -> bytes:
    try:
        return protocol.encode(entry.render(entry.payload))
    except Exception as error:  # one that cannot be shown is not to take others with it
        told = traceback.format_exception(type(error), error, error.__traceback__)
        return protocol.encode([StyledLine(line) for line in "".join(told).splitlines()])


def _nothing() -> None:
    pass
