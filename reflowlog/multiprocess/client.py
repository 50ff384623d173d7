"""Client of the parent's console: the worker that replaces the printer in a child process.

Invariants:
- Sending is synchronous, without a thread: when `emit` or `print` returns, the record is in the kernel's socket buffer
  and reaches the parent even if this process dies. Senders are serialized by `WorkerThread`: the first one sends for
  all, and a caller that interrupts it (a signal handler, a finalizer) leaves its record in the queue to it.
- A message is sent completely or its connection is closed; the parent discards an incomplete message.
- Once the parent is gone or its console closed, a printer of this process writes plain lines instead, after the parent
  has shown what it received; the first of them is the record that could not be sent.
- Pins need the parent's screen and are omitted; the line that a pin leaves behind is sent.
"""

from __future__ import annotations

import contextlib
import select
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any

from reflowlog.core.events import DeferredRecords, Flush, LineEnded, PinUpdate, Suspend, TextWritten
from reflowlog.core.inbox import DroppedMarker, StopType
from reflowlog.core.records import StyledLine
from reflowlog.display.pins import render_pin
from reflowlog.multiprocess import protocol, rendezvous
from reflowlog.render.renderer import USUAL_WIDTH
from reflowlog.system import unix

if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable
    from typing import Protocol

    from reflowlog.core.records import Item

    class PlainWriter(Protocol):
        """Protocol of the printer that takes over when the parent is gone."""

        def work(self, events: list[Any]) -> None:
            """Write the events."""


__all__ = ["ConsoleClient"]

HANDOVER_TIMEOUT = 2.0  # seconds to wait until the parent has shown what it received
ROOM_TIMEOUT_MS = 50  # milliseconds that a record which may be dropped waits, the first time that there is no room


class ConsoleClient:
    """Sends events to another process's console.

    Args:
        address: path of that console's socket.
        connection: to it.
        make_printer: creates the printer to use once the console is gone.
        count_dropped: called with a number of records dropped for want of room; None: block until there is room.
    """

    threaded = False

    def __init__(
        self,
        address: str,
        connection: _socket.socket,
        make_printer: Callable[[], PlainWriter],
        count_dropped: Callable[[int], None] | None = None,
    ) -> None:
        self._address = address
        self._connection: _socket.socket | None = connection
        self._make_printer = make_printer
        self._count_dropped = count_dropped
        self._missing = 0  # records dropped since the last one that was sent
        self._printer: PlainWriter | None = None
        self._events: deque[Any] = deque()  # includes the events that an interrupted call of `work` left behind

    def run(self) -> None:
        """No-op: `threaded` is False, so there is no thread to run."""

    def wake_now(self) -> None:
        """No-op: nothing is ever deferred."""

    def work(self, events: list[Any]) -> None:
        """Send the events. One thread at a time."""
        self._events.extend(events)
        while self._events:
            event = self._events.popleft()
            if self._printer is None:
                self._send(event)
            else:
                self._write_plain(event)

    def disconnect(self) -> None:
        """Close this process's copy of the connection. Idempotent; also for the child of a fork."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def await_shown(self, timeout: float) -> None:
        """Wait until the console has shown all messages, at most ``timeout`` seconds. The next event reconnects."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(1)  # for writing: the console hangs up once all of it is shown
                self._await_hang_up(timeout)
            self.disconnect()

    def _send(self, event: Any) -> None:
        kind = type(event)
        if kind is DeferredRecords:
            self._send_message(event, protocol.IMPORTANT if event.important else protocol.ITEMS, _render(event))
        elif kind is TextWritten:
            self._send_text(event)
        elif kind is LineEnded:
            self._end_line(event)
        elif kind is DroppedMarker:
            if count := event.close():
                self._send_note(count)
        elif kind is PinUpdate:
            self._send_pin_lines(event)
        elif kind is Flush:
            event.done()
        elif kind is Suspend:
            event.parked()
            event.wait()
        elif kind is StopType:
            self.disconnect()

    def _send_text(self, event: TextWritten) -> None:
        for start in range(0, len(event.text), protocol.MAX_TEXT_CHARS):
            chunk = event._replace(text=event.text[start : start + protocol.MAX_TEXT_CHARS])
            if self._printer is None:
                self._send_message(chunk, protocol.TEXT, protocol.encode_text(chunk.text), chunk.writer)
            else:
                self._write_plain(chunk)

    def _end_line(self, end: LineEnded) -> None:
        if self._printer is None:
            self._send_text(TextWritten("\n", end.writer))
        else:
            self._write_plain(end)

    def _send_pin_lines(self, change: PinUpdate) -> None:
        """Send the lines that a removed pin leaves in the log."""
        render = change.last or (change.pin.render if change.pin.leave else None)
        if change.removed and render is not None:
            items: list[Item] = [StyledLine(text, spans) for text, spans in render_pin(render, USUAL_WIDTH)]
            self._send_message(change, protocol.ITEMS, protocol.encode(items))

    def _send_message(self, event: Any, kind: int, data: bytes, writer: int = 0) -> None:
        if self._count_dropped is not None and kind != protocol.IMPORTANT and not self._has_room():
            count = event.text.count("\n") if kind == protocol.TEXT else 1
            self._missing += count
            self._count_dropped(count)
            return
        if self._missing:
            missing, self._missing = self._missing, 0
            self._send_note(missing)
        if not self._transmit(protocol.pack(kind, data, writer)):
            self._printer = self._make_printer()
            self._write_plain(event)

    def _send_note(self, count: int) -> None:
        text = f"reflowlog: dropped {count} record{'s' if count > 1 else ''}"
        self._transmit(protocol.pack(protocol.IMPORTANT, protocol.encode([StyledLine(text)])))

    def _has_room(self) -> bool:
        """Return True if the socket takes data now; the first time it does not, wait `ROOM_TIMEOUT_MS` for it."""
        if self._connection is None:
            return True
        timeout = 0 if self._missing else ROOM_TIMEOUT_MS
        if not hasattr(select, "poll"):  # removed by eventlet
            return bool(select.select([], [self._connection], [], timeout / 1000)[1])
        poll = unix.poll()
        poll.register(self._connection.fileno(), unix.POLLOUT)
        return bool(poll.poll(timeout))

    def _transmit(self, data: bytes) -> bool:
        """Send a message, over a new connection if the first one is broken; return False if no console takes it."""
        for _ in range(2):
            if self._connection is None:
                self._connection = rendezvous.connect(self._address)
            if self._connection is None:
                return False
            try:
                self._connection.sendall(data)
            except OSError:
                self._await_hang_up()
                self.disconnect()
            except BaseException:  # raised by a signal handler: unknown how much of the message was sent
                self.disconnect()
                raise
            else:
                return True
        return False

    def _await_hang_up(self, timeout: float = HANDOVER_TIMEOUT) -> None:
        """Wait for the console to hang up, which it does once all received records are shown, to keep the order."""
        assert self._connection is not None
        self._connection.settimeout(timeout)
        with contextlib.suppress(OSError):
            self._connection.recv(1)

    def _write_plain(self, event: Any) -> None:
        """Write an event in plain lines, flushed at once because no later flush is certain."""
        assert self._printer is not None
        is_partial = type(event) is TextWritten and not event.text.endswith("\n")
        self._printer.work([event, Flush(_no_op)] if is_partial else [event])


def _render(deferred: DeferredRecords) -> bytes:
    try:
        return protocol.encode(deferred.render(deferred.payload))
    except Exception as error:  # a record that cannot be rendered must not cost the records after it
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        return protocol.encode([StyledLine(line) for line in "".join(lines).splitlines()])


def _no_op() -> None:
    pass
