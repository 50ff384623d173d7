"""The printer: drains the inbox, keeps what it holds, and paints. All of it runs on one thread, the printer thread.

Rules of this file:
- One owner: the journal, the composer, the pins, the painter and all that is here belong to the printer thread. There
  is no lock. What others want they say in an event. (Once that thread has ended, whoever holds the console's own lock
  may call `work` in its place.)
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
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from reflowlog.descriptors import OutputClosed
from reflowlog.model import Chunk, Ended, Entry, Flush, Frame, PinChange, Said, Size, Suspend, Wake
from reflowlog.threads import Gap, StopType
from reflowlog.view.pins import Pins

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.compose import Composer
    from reflowlog.journal import Journal
    from reflowlog.model import Block
    from reflowlog.threads import Inbox

__all__ = ["Painter", "Printer"]

_Text = TypeVar("_Text", str, bytes)

FRAME = 1 / 60  # seconds
SETTLE = 0.02  # seconds without a further change, after which a burst of resizes is over
SETTLE_AT_MOST = 1.0  # seconds
SLICE = 4  # events between two offers of the interpreter while others log
SLICE_AT_MOST = 256  # and while nobody does: an offer costs 60 microseconds
FLOOD = 64  # events that came while the interpreter was on offer: somebody logs as fast as it can,
STAND_BACK = 0.008  # seconds to leave it alone, for what it waits for us each time is one call in a thousand
SLICE_IN_FLOOD = 32
LIVE_AT_MOST = 1 << 16  # characters of an unfinished line that is shown before it ends
OVERWRITTEN = 1 << 12  # characters of an unfinished line, after which what its carriage returns overwrote is let go
REDO = 4096  # records laid out again in one frame


class Painter(Protocol):
    """What the printer asks of a painter."""

    @property
    def columns(self) -> int:
        """The terminal's width as the painter knows it; 0 where it follows none."""

    def resize(self, size: Size, held: int = 0) -> int | None:
        """Take note of a size; the number of the first record to lay out again, of those held, or None."""

    def paint(self, frame: Frame) -> None:
        """Write a frame."""

    def settle(self) -> None:
        """Return once all frames are written."""

    def resume(self) -> None:
        """Others have used the terminal meanwhile."""

    def smudged(self) -> None:
        """The terminal has echoed something into the cursor's row."""

    def close(self) -> None:
        """Leave the terminal as it was found."""


class _NoPainter:
    """Nobody reads: nothing is written."""

    columns = 0

    def resize(self, size: Size, held: int = 0) -> int | None:  # noqa: ARG002 - every painter is asked
        return None

    def paint(self, frame: Frame) -> None:
        pass

    def settle(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def smudged(self) -> None:
        pass

    def close(self) -> None:
        pass


class Printer:
    """Everything behind the inbox.

    Args:
        inbox: where events come from; this is its one reader.
        journal: keeps what is said.
        composer: lays it out; shared with the journal.
        painter: shows it.
        measure: the size to lay out for, asked before each frame; None where there is none to follow.
        idle: seconds after which the size is looked at although nothing happens; None: somebody sends `Wake`.
        fixed_width: lay out for this width, whatever the size.
        lost: told when the output fails, with the error, on the printer thread; it may give a painter to go on with.
    """

    def __init__(
        self,
        inbox: Inbox,
        journal: Journal,
        composer: Composer,
        painter: Painter,
        *,
        measure: Callable[[], Size] | None = None,
        idle: float | None = None,
        fixed_width: bool = False,
        lost: Callable[[BaseException], Painter | None] = lambda _: None,
    ) -> None:
        self._inbox = inbox
        self._journal = journal
        self._composer = composer
        self._painter = painter
        self._measure = measure
        self._idle = idle
        self._fixed_width = fixed_width
        self._lost = lost
        self._size = measure() if measure else Size(composer.width or 80, 24)
        self._pins = Pins()
        self._unfinished: dict[int, str] = {}  # text by speaker
        self._tail: list[bytes] = []  # pieces of the input's last line
        self._fresh: list[Block] = []
        self._again = False
        self._flushes: list[Callable[[], object]] = []
        self._next_frame = 0.0
        self._broken = False
        self._slice = SLICE
        self._bell: SimpleQueue[None] = SimpleQueue()  # rung by who waits for a frame; an Event has a lock of its own
        self._tasks: dict[type, Callable[[Any], None]] = {
            Entry: self._on_entry,
            Said: self._on_said,
            Chunk: self._on_chunk,
            Ended: self._on_ended,
            Gap: self._on_gap,
            PinChange: self._on_pin,
            Flush: self._on_flush,
            Suspend: lambda _: None,  # done before all else
            Wake: self._on_wake,
            StopType: self._on_stop,
        }
        self.stopped = False

    def hurry(self) -> None:
        """Paint the next frame without waiting for its time: somebody waits for it. Any thread."""
        self._bell.put(None)

    def run(self) -> None:
        """The body of the printer thread: until the sentinel."""
        while not self.stopped:
            events = self._inbox.take(self._idle)
            wait = self._next_frame - time.monotonic()
            if events and wait > 0:
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
                elif type(event) is Wake and event.resumed:
                    self._painter.resume()
            self._follow_size()
        except Exception as error:
            self._give_up(error)
        self._do(events)
        if self.stopped:  # after the sentinel a line is complete with what was said of it
            self._end_lines()
        try:
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

    def _on_entry(self, entry: Entry) -> None:
        for item in entry.render(entry.payload):
            self._fresh += self._journal.keep(item)

    def _on_said(self, said: Said) -> None:
        text, speaker = said
        before = self._unfinished.pop(speaker, "")
        *lines, rest = text.split("\n")
        if lines:
            lines[0] = before + lines[0]
            for line in lines:
                self._fresh += self._journal.keep_text(line)
        else:
            rest = before + rest
        if rest:
            self._unfinished[speaker] = rest if len(rest) < OVERWRITTEN else _uncovered(rest, "\r")

    def _on_chunk(self, chunk: Chunk) -> None:
        end = chunk.data.rfind(b"\n") + 1
        if not end:
            self._tail.append(chunk.data)
            if b"\r" in chunk.data and sum(map(len, self._tail)) > OVERWRITTEN:
                self._tail = [_uncovered(b"".join(self._tail), b"\r")]
            return
        whole = b"".join([*self._tail, chunk.data[:end]])
        self._tail = [chunk.data[end:]] if end < len(chunk.data) else []
        self._fresh += self._journal.keep_lines(whole)

    def _on_ended(self, _: Ended) -> None:
        if self._tail:
            self._on_chunk(Chunk(b"\n"))

    def _on_gap(self, gap: Gap) -> None:
        count = gap.close()
        if count:
            self._fresh += self._journal.keep_text(f"reflowlog: dropped {count} record{'s' if count > 1 else ''}")

    def _on_pin(self, change: PinChange) -> None:
        change.pin.pending = False  # what changes from here on is told again
        if change.removed or change.pin.removed:
            self._pins.remove(change.pin)
        else:
            self._pins.refresh(change.pin, change.pin.render)

    def _on_flush(self, flush: Flush) -> None:
        self._flushes.append(flush.done)

    def _suspend(self, suspend: Suspend) -> None:
        """Let others have the terminal. What came before is painted after that, which loses nothing."""
        self._painter.settle()
        self._painter.resume()
        suspend.parked()
        suspend.wait()

    def _on_wake(self, wake: Wake) -> None:
        if wake.smudged:
            self._painter.smudged()

    def _on_stop(self, _: StopType) -> None:
        self.stopped = True  # first of all: whatever fails below, the thread ends

    def _end_lines(self) -> None:
        self._on_ended(Ended())
        for speaker in list(self._unfinished):
            self._on_said(Said("\n", speaker))
        self._pins = Pins()

    # -- painting -----------------------------------------------------------------------------------------------

    def _follow_size(self) -> None:
        """Lay out anew if the size has changed; a burst of changes is followed once, at its end."""
        if self._measure is None:
            return
        size = self._measure()
        if size == self._size:
            return
        if size.columns != self._size.columns:
            deadline = time.monotonic() + SETTLE_AT_MOST
            before = None
            while size != before and time.monotonic() < deadline:
                time.sleep(SETTLE)
                before, size = size, self._measure()
        first = self._painter.resize(size, self._journal.first)
        self._size = self._measure()  # the painter may have waited for it to come to rest
        if self._size.columns != size.columns == self._painter.columns:
            self._size = size  # it has changed since: the next frame follows that
        if not self._fixed_width:
            self._composer.at(self._size.columns)
        if first is not None:
            self._lay_out_again(first)

    def _lay_out_again(self, first: int) -> None:
        """All records from a number on; very many of them in several frames, for the sake of memory."""
        end = self._journal.end
        start = max(first, self._journal.first)
        self._again = True
        while start < end:
            stop = min(start + REDO, end)
            self._fresh = self._journal.blocks(start, stop)
            start = stop
            if start < end:
                self._paint()

    def _paint(self) -> None:
        live = self._live()
        pins = self._composer.clipped(self._pins.lines(self._composer.width or 80)) if self._pins else []
        self._painter.paint(Frame(self._fresh, self._again, live, pins, bool(self._flushes)))
        self._fresh, self._again = [], False
        if self.stopped:
            self._painter.close()
        if self.stopped or self._flushes:
            self._painter.settle()
        if not self._inbox.waiting:
            self._next_frame = time.monotonic() + FRAME

    def _live(self) -> list[str]:
        """Rows of the lines that have not ended; the lowest of them, as many as the screen has."""
        texts = list(self._unfinished.values())
        if self._tail and sum(map(len, self._tail)) <= LIVE_AT_MOST:
            texts.append(b"".join(self._tail).decode("utf-8", "replace"))
        rows = [row for text in texts if len(text) <= LIVE_AT_MOST for row in self._composer.line(text).split("\n")]
        return rows[-self._size.rows :]

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
                self._fresh += self._journal.keep_text(line)
        except Exception:
            if not self._broken:  # once is enough: it would be told for each record
                self._broken = True
                self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        """The output cannot be written, or we have a fault: another painter goes on, or none; events are drained."""
        if not isinstance(error, OutputClosed):
            with contextlib.suppress(Exception):
                self._painter.close()
        self._painter = _NoPainter()
        self._painter = self._lost(error) or self._painter
        self._again = False
        with contextlib.suppress(Exception):  # what was laid out already; if even that fails, nothing can be shown
            self._paint()


def _uncovered(line: _Text, carriage_return: _Text) -> _Text:
    """A line without the parts between its carriage returns that a later one, which is as long, has overwritten."""
    kept: list[_Text] = []
    longest = -1
    for part in reversed(line.split(carriage_return)):
        if len(part) > longest:
            kept.append(part)
            longest = len(part) if part.isascii() else longest
    return carriage_return.join(reversed(kept))


def describe(error: BaseException) -> str:
    """One line for what the output's reader would do something about; a traceback for what we would."""
    if isinstance(error, OSError):
        return f"reflowlog: cannot write: {error.strerror or error}"
    return "reflowlog: a fault in the printer, please report it:\n" + "".join(
        traceback.format_exception(type(error), error, error.__traceback__)
    )
