"""The printer: drains the inbox, keeps what it holds, and paints. All of it runs on one thread, the printer thread.

Rules of this file:
- One owner: the stage with all that it holds, and all that is here, belong to the printer thread. There is no lock.
  What others want they say in an event. (Once that thread has ended, whoever holds the console's own lock may call
  `work` in its place.)
- What is kept, and how it is shown, is the stage's business (`display/inline.py`); this is when.
- Frames are paced: all there is, composed once, written once, at most 60 times a second, the first at once. While
  there is a backlog there is no pause.
- Nothing here logs, and nothing here takes a lock of `logging`: what it holds may be waiting for this thread.
- Between two slices of work the interpreter is offered to whoever waits for it: a caller of `emit` that meets the
  printer at work is held up for one slice, not for a whole switch interval of 5 ms.
- What fails here is told once, in plain words, and the rest goes on: with nobody to read the output events are still
  drained, so that no flush waits for ever.
"""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from reflowlog.core.events import (
    AllInputsEnded,
    Chunk,
    DeferredRecords,
    EndOfInput,
    Flush,
    Key,
    PinUpdate,
    Suspend,
    TerminalChanged,
    TextWritten,
)
from reflowlog.core.frames import Size
from reflowlog.core.inbox import DroppedMarker, StopType
from reflowlog.display.inline import OVERWRITTEN, uncovered
from reflowlog.system.fds import OutputClosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.inbox import Inbox
    from reflowlog.display.base import Display, Painter

__all__ = ["Printer", "describe"]

FRAME = 1 / 60  # seconds
SLICE = 4  # events between two offers of the interpreter while others log
SLICE_AT_MOST = 256  # and while nobody does: an offer costs 60 microseconds
FLOOD = 64  # events that came while the interpreter was on offer: somebody logs as fast as it can,
STAND_BACK = 0.008  # seconds to leave it alone, for what it waits for us each time is one call in a thousand
SLICE_IN_FLOOD = 32


class Printer:
    """Everything behind the inbox.

    Args:
        inbox: where events come from; this is its one reader.
        stage: keeps what they bring and shows it.
        measure: the size to lay out for, asked before each frame; None where there is none to follow.
        idle: seconds after which the size is looked at although nothing happens; None: somebody sends `TerminalChanged`.
        lost: told when the output fails, with the error, on the printer thread; it may give a painter to go on with.
    """

    threaded = True

    def __init__(
        self,
        inbox: Inbox,
        display: Display,
        *,
        measure: Callable[[], Size] | None = None,
        idle: float | None = None,
        lost: Callable[[BaseException], Painter | None] = lambda _: None,
    ) -> None:
        self._inbox = inbox
        self._display = display
        self._measure = measure
        self._idle = idle
        self._lost = lost
        self._size = measure() if measure else Size(80, 24)
        self._unfinished: dict[int, str] = {}  # text by speaker
        self._flushes: list[Callable[[], object]] = []
        self._next_frame = 0.0
        self._broken = False
        self._slice = SLICE
        self._bell: SimpleQueue[None] = SimpleQueue()  # rung by who waits for a frame; an Event has a lock of its own
        self._tasks: dict[type, Callable[[Any], None]] = {
            DeferredRecords: self._on_entry,
            TextWritten: self._on_text,
            Chunk: lambda chunk: self._display.chunk(*chunk),
            EndOfInput: lambda _: self._display.ended(),
            AllInputsEnded: lambda _: self._display.over(),
            DroppedMarker: self._on_gap,
            PinUpdate: self._on_pin,
            Flush: self._on_flush,
            Key: self._display.key,
            Suspend: lambda _: None,  # done before all else
            TerminalChanged: self._display.wake,
            StopType: self._on_stop,
        }
        self.stopped = False

    def wake_now(self) -> None:
        """Paint the next frame without waiting for its time: somebody waits for it. Any thread."""
        self._bell.put(None)

    def _patience(self) -> float | None:
        """How long to wait for the next event."""
        waits = [seconds for seconds in (self._idle, self._display.poll_timeout) if seconds is not None]
        return min(waits) if waits else None

    def run(self) -> None:
        """The body of the printer thread: until the sentinel."""
        while not self.stopped:
            events = self._inbox.take(self._patience())
            wait = self._next_frame - time.monotonic()
            if events and wait > 0 and self._display.batches_frames:
                with contextlib.suppress(Empty):
                    self._bell.get(timeout=wait)
                events += self._inbox.take(0)
            self.work(events)

    def work(self, events: list[Any]) -> None:
        """Do what the events say, then paint."""
        try:
            for event in events:  # before anything is worked out from what was on the screen
                if type(event) is Suspend:
                    self._suspend(event)
                elif type(event) is TerminalChanged and event.resumed:
                    self._display.resume()
            self._follow_size()
        except Exception as error:
            self._give_up(error)
        self._do(events)
        if self.stopped:  # after the sentinel a line is complete with what was said of it
            self._end_lines()
        try:
            self._display.work()
            self._paint()
        except Exception as error:
            self._give_up(error)
        finally:
            self._answer_flushes()

    def _do(self, events: list[Any]) -> None:
        pause = self._slice
        for number, event in enumerate(events, 1):
            try:
                self._tasks[type(event)](event)
            except Exception as error:  # one event that cannot be shown is not to take others with it
                self._tell(error)
            except BaseException as error:  # such as sys.exit() in a program's own code
                if threading.current_thread() is threading.main_thread():  # late work: Ctrl-C is its caller's
                    raise
                self._tell(error)
            if number == pause:
                self._offer()
                pause += self._slice

    def _offer(self) -> None:
        """Offer the interpreter to those who log; how soon again depends on how much they made of it."""
        waiting = self._inbox.waiting
        time.sleep(0)
        more = self._inbox.waiting - waiting
        if more >= FLOOD:
            time.sleep(STAND_BACK)
            self._slice = SLICE_IN_FLOOD
        elif more > 0:
            self._slice = SLICE
        else:
            self._slice = min(2 * self._slice, SLICE_AT_MOST)

    # -- what the events do -------------------------------------------------------------------------------------

    def _on_entry(self, entry: DeferredRecords) -> None:
        for item in entry.render(entry.payload):
            self._display.item(item)

    def _on_text(self, said: TextWritten) -> None:
        text, writer = said
        before = self._unfinished.pop(writer, "")
        *lines, rest = text.split("\n")
        if lines:
            lines[0] = before + lines[0]
            for line in lines:
                self._display.line(line)
        else:
            rest = before + rest
        if rest:
            self._unfinished[writer] = rest if len(rest) < OVERWRITTEN else uncovered(rest, "\r")

    def _on_gap(self, gap: DroppedMarker) -> None:
        count = gap.close()
        if count:
            self._display.line(f"reflowlog: dropped {count} record{'s' if count > 1 else ''}")

    def _on_pin(self, change: PinUpdate) -> None:
        change.pin.pending = False  # what changes from here on is told again
        self._display.pin(change)

    def _on_flush(self, flush: Flush) -> None:
        self._flushes.append(flush.done)

    def _suspend(self, suspend: Suspend) -> None:
        """Let others have the terminal. What came before is painted after that, which loses nothing."""
        self._display.suspend()
        suspend.parked()
        suspend.wait()
        self._display.resume()

    def _on_stop(self, _: StopType) -> None:
        self.stopped = True  # first of all: whatever fails below, the thread ends

    def _end_lines(self) -> None:
        self._display.ended()
        for writer in list(self._unfinished):
            self._on_text(TextWritten("\n", writer))
        self._display.finish()

    # -- painting -----------------------------------------------------------------------------------------------

    def _follow_size(self) -> None:
        """Lay out anew if the size has changed."""
        if self._measure is None:
            return
        size = self._measure()
        if size != self._size:
            self._size = self._display.resize(size)

    def _paint(self) -> None:
        self._display.paint(list(self._unfinished.values()), bool(self._flushes))
        if self.stopped:
            self._display.close()
        if self.stopped or self._flushes:
            self._display.drain()
        if not self._inbox.waiting:
            self._next_frame = time.monotonic() + FRAME

    def _answer_flushes(self) -> None:
        flushes, self._flushes = self._flushes, []
        while not self._bell.empty():
            self._bell.get()
        for done in flushes:
            done()

    def _tell(self, error: BaseException) -> None:
        """Show an error among the records; if that fails too, the fault is in how records are shown."""
        try:
            for line in describe(error).splitlines():
                self._display.line(line)
        except Exception:
            if not self._broken:  # once is enough: it would be told for each record
                self._broken = True
                self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        """The output cannot be written, or we have a fault: another painter goes on, or none; events are drained."""
        if not isinstance(error, OutputClosed):
            with contextlib.suppress(Exception):
                self._display.close()
        self._display.replace(None)
        self._display.replace(self._lost(error))
        with contextlib.suppress(Exception):  # what was laid out already; if even that fails, nothing can be shown
            self._paint()


def describe(error: BaseException) -> str:
    """One line for what the output's reader would do something about; a traceback for what we would."""
    if isinstance(error, OSError):
        return f"reflowlog: cannot write: {error.strerror or error}"
    return "reflowlog: a fault in the printer, please report it:\n" + "".join(
        traceback.format_exception(type(error), error, error.__traceback__)
    )
