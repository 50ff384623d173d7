"""Printer: drains the inbox, passes events to the display, and paints, all on the printer thread.

Invariants:
- The display with everything that it refers to, and the state here, belong to the printer thread. There is no lock.
  Other threads communicate by events. (Once the thread has ended, the holder of the console's own lock may call `work`
  in its place.)
- The display decides what is kept and how it is shown (`display/inline.py`); the printer decides when.
- Frames are paced: all pending events are composed once and written once, at most 60 times a second, the first frame
  at once. While there is a backlog there is no pause.
- Nothing here logs, and nothing takes a lock of `logging`: its holder may be waiting for this thread.
- Between two slices of work the thread yields the interpreter lock: a caller of `emit` that meets the printer at work
  is delayed by one slice, not by a whole switch interval of 5 ms.
- An error is reported once, as a line of the log, and the remaining events are handled: without a reader of the output
  events are still drained, so that no flush blocks for ever.
"""

from __future__ import annotations

import contextlib
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from reflowlog.core.events import (
    AllInputsEnded,
    BackgroundReported,
    Chunk,
    DeferredRecords,
    EndOfInput,
    Flush,
    ForeignText,
    Key,
    LineEnded,
    PinUpdate,
    Suspend,
    TerminalChanged,
    TextWritten,
)
from reflowlog.core.inbox import DroppedMarker, StopType
from reflowlog.display.base import FRAME_INTERVAL
from reflowlog.display.input_text import InputText
from reflowlog.display.written_text import WrittenText
from reflowlog.system.fds import OutputClosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.frames import Size
    from reflowlog.core.inbox import Inbox
    from reflowlog.display.base import Display, Painter

__all__ = ["Printer", "describe_error"]

MIN_SLICE = 4  # events between two yields of the interpreter lock while other threads log
MAX_SLICE = 256  # events, while no thread logs: a yield takes 60 microseconds
FLOOD_EVENTS = 64  # events that arrive during one yield: a thread logs as fast as it can
FLOOD_SLEEP = 0.008  # seconds to sleep then, so that it is held up in one call of a thousand
FLOOD_SLICE = 32  # events between two yields in a flood


class Printer:
    """The printer thread's loop. The only reader of the inbox.

    Its attributes are the parts that it was given, and when the next frame is due and for whom.

    Args:
        inbox: the queue of events.
        display: keeps and shows the content of the events.
        measure: returns the size to lay out for, before each frame; None if there is no terminal to follow.
        idle: seconds after which the size is polled without an event; None if `TerminalChanged` events are sent.
        drops_titles: remove window titles from the input, the output of a program on a pseudo-terminal.
        lost: called with the error when the output fails, on the printer thread; may return a painter to continue with.
    """

    threaded = True

    def __init__(
        self,
        inbox: Inbox,
        display: Display,
        *,
        measure: Callable[[], Size] | None = None,
        idle: float | None = None,
        drops_titles: bool = False,
        lost: Callable[[BaseException], Painter | None] = lambda _: None,
    ) -> None:
        self._inbox = inbox
        self._display = display
        self._measure = measure
        self._columns = 0  # as last measured
        self._idle = idle
        self._lost = lost
        self._input = InputText(display, on_terminal=measure is not None, drops_titles=drops_titles)
        self._text = WrittenText(display, on_terminal=measure is not None)
        self._flushes: list[Callable[[], object]] = []
        self._next_frame = 0.0
        self._output_failed = False
        self._slice = MIN_SLICE
        # put by threads that wait for a frame; an Event would add a lock
        self._frame_wanted: SimpleQueue[None] = SimpleQueue()
        self._tasks: dict[type, Callable[[Any], None]] = {
            DeferredRecords: self._on_records,
            TextWritten: self._text.write,
            LineEnded: self._text.end_line,
            Chunk: self._input.chunk,
            EndOfInput: self._on_end_of_input,
            AllInputsEnded: self._on_all_ended,
            DroppedMarker: self._on_dropped,
            PinUpdate: self._on_pin,
            Flush: self._on_flush,
            Key: self._display.key,
            Suspend: lambda _: None,  # these two are handled first, in `work`
            ForeignText: lambda _: None,
            TerminalChanged: self._display.wake,
            BackgroundReported: self._display.set_background,
            StopType: self._on_stop,
        }
        self.stopped = False

    def wake_now(self) -> None:
        """Paint the next frame without waiting until it is due, because a thread waits for it. Any thread."""
        self._frame_wanted.put(None)

    def _poll_timeout(self) -> float | None:
        """Return the seconds to wait for the next event; None: without limit."""
        waits = [seconds for seconds in (self._idle, self._display.poll_timeout) if seconds is not None]
        return min(waits) if waits else None

    def run(self) -> None:
        """Handle events until the sentinel. Body of the printer thread."""
        while not self.stopped:
            events = self._inbox.take(self._poll_timeout())
            wait = self._next_frame - time.monotonic()
            if events and wait > 0 and self._display.batches_frames:
                with contextlib.suppress(Empty):
                    self._frame_wanted.get(timeout=wait)
                events += self._inbox.take(0)
            self.work(events)

    def work(self, events: list[Any]) -> None:
        """Handle events, then paint a frame."""
        try:
            for event in events:  # before anything is computed from the screen's content
                if type(event) is Suspend:
                    self._suspend(event)
                elif type(event) is ForeignText:
                    self._note_foreign_text(event)
                elif type(event) is TerminalChanged and event.resumed:
                    self._display.resume()
            self._follow_size()
        except Exception as error:
            self._replace_output(error)
        self._handle(events)
        if self.stopped:  # after the sentinel every unterminated line is complete
            self._end_lines()
        try:
            self._display.work()
            self._paint()
        except Exception as error:
            self._replace_output(error)
        finally:
            self._answer_flushes()

    def _note_foreign_text(self, event: ForeignText) -> None:
        """Give up the rows on the screen, unless the program only reads a line and has asked nothing."""
        if event.is_question:
            self._text.note_question()
        if event.if_unterminated and not self._text.has_question:
            return
        self._display.note_foreign_text(is_question=event.is_question)
        if event.line_ended:  # it is on the screen with its answer
            self._text.drop_question()

    def _handle(self, events: list[Any]) -> None:
        pause = self._slice
        for number, event in enumerate(events, 1):
            try:
                self._tasks[type(event)](event)
            except Exception as error:  # an event that cannot be shown must not affect the next
                self._report(error)
            except BaseException as error:  # such as SystemExit in a program's own code
                # after the thread's end work is done on the caller's: Ctrl-C is raised there
                if threading.current_thread() is threading.main_thread():
                    raise
                self._report(error)
            if number == pause:
                self._yield_interpreter()
                pause += self._slice

    def _yield_interpreter(self) -> None:
        """Yield the interpreter lock to logging threads, and adapt the slice to the events that arrived meanwhile."""
        waiting = self._inbox.waiting
        time.sleep(0)
        more = self._inbox.waiting - waiting
        if more >= FLOOD_EVENTS:
            time.sleep(FLOOD_SLEEP)
            self._slice = FLOOD_SLICE
        elif more > 0:
            self._slice = MIN_SLICE
        else:
            self._slice = min(2 * self._slice, MAX_SLICE)

    # -- events -------------------------------------------------------------------------------------------------

    def _on_records(self, records: DeferredRecords) -> None:
        self._text.settle_above()
        for item in records.render(records.payload):
            self._display.item(item)

    def _on_end_of_input(self, _: EndOfInput) -> None:
        self._input.end()

    def _on_all_ended(self, _: AllInputsEnded) -> None:
        self._input.end_all()

    def _on_dropped(self, marker: DroppedMarker) -> None:
        count = marker.close()
        if count:
            self._display.line(f"reflowlog: dropped {count} record{'s' if count > 1 else ''}")

    def _on_pin(self, change: PinUpdate) -> None:
        change.pin.pending = False  # a later change is sent as a new event
        self._display.pin(change)

    def _on_flush(self, flush: Flush) -> None:
        self._flushes.append(flush.done)

    def _suspend(self, suspend: Suspend) -> None:
        """Release the terminal until the suspension ends. Pending records are painted after it, so none is lost."""
        self._display.suspend()
        suspend.parked()
        suspend.wait()
        self._display.resume()

    def _on_stop(self, _: StopType) -> None:
        self.stopped = True  # first: the thread ends whatever fails below

    def _end_lines(self) -> None:
        self._input.end()
        self._text.end_lines()
        self._display.finish()

    # -- painting -----------------------------------------------------------------------------------------------

    def _follow_size(self) -> None:
        if self._measure is None:
            return
        size = self._measure()
        if size.columns != self._columns:
            self._columns = size.columns
            self._text.note_new_width(size.columns)
        self._display.resize(size)

    def _paint(self) -> None:
        self._display.paint([*self._input.live(), *self._text.live()], bool(self._flushes))
        if self.stopped:
            self._display.close()
        if self.stopped or self._flushes:
            self._display.drain()
        if not self._inbox.waiting:
            self._next_frame = time.monotonic() + FRAME_INTERVAL

    def _answer_flushes(self) -> None:
        flushes, self._flushes = self._flushes, []
        while not self._frame_wanted.empty():
            self._frame_wanted.get()
        for done in flushes:
            done()

    def _report(self, error: BaseException) -> None:
        """Show an error as a line of the log; if that fails too, replace the painter."""
        try:
            for line in describe_error(error).splitlines():
                self._display.line(line)
        except Exception:
            if not self._output_failed:  # once: the error would be repeated for each record
                self._output_failed = True
                self._replace_output(error)

    def _replace_output(self, error: BaseException) -> None:
        """Continue with another painter, or none, after an error of the output or a bug; events are still drained."""
        if not isinstance(error, OutputClosed):
            with contextlib.suppress(Exception):
                self._display.close()
        self._display.replace(None)
        self._display.replace(self._lost(error))
        with contextlib.suppress(Exception):  # paint pending rows; if that fails too, nothing can be shown
            self._paint()


def describe_error(error: BaseException) -> str:
    """Return one line for an error that the user can act on (OSError), and a traceback for a bug."""
    if isinstance(error, OSError):
        return f"reflowlog: cannot write: {error.strerror or error}"
    import traceback  # start-up cost: it loads a tokenizer

    return "reflowlog: a fault in the printer, please report it:\n" + "".join(
        traceback.format_exception(type(error), error, error.__traceback__)
    )
