"""Inline display: appends records to the normal screen, a pipe or a file.

Invariants:
- A display, with everything that it refers to, belongs to the printer thread. There is no lock.
- A record is laid out when it is kept; it is painted with the next frame, and laid out again on a new width, unless
  another writer may have written to the terminal since it was painted.
- While a burst of resizes lasts, live rows are not painted where they are several: the terminal has cut those on the
  screen, by an unknown width, so each frame would leave a copy of them.
- Nothing here logs, and nothing takes a lock of `logging`.
"""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING

from reflowlog.core.frames import Frame, Size
from reflowlog.core.records import StyledLine
from reflowlog.display.base import NoOtherWriters, NullPainter, OtherWriters, Painter
from reflowlog.display.live_rows import LiveRows
from reflowlog.display.pins import Pins, render_pin
from reflowlog.display.resize_burst import ResizeBurst
from reflowlog.render.renderer import USUAL_WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.events import BackgroundReported, Key, PinUpdate, Runs, TerminalChanged
    from reflowlog.core.frames import RenderedRecord
    from reflowlog.core.records import Item
    from reflowlog.display.base import AppearanceOn, RetractableRecords
    from reflowlog.display.scrollback import Scrollback
    from reflowlog.render.renderer import LineRenderer

__all__ = ["InlineDisplay"]

MAX_HOLD = 1.0  # seconds of a burst of resizes for which new records are held back
MAX_HELD_RECORDS = 1024  # records that are held back at most
MAX_FRAME_RECORDS = 4096  # records laid out again in one frame


class InlineDisplay:
    """Appends records in order of arrival to a terminal's normal screen, a pipe or a file.

    Its attributes are the parts that it was given, the rows that wait for the next frame, and the numbers of the
    records that are painted. `ResizeBurst` and `LiveRows` hold the rest.

    Args:
        scrollback: keeps the records.
        renderer: lays records out; shared with the scrollback.
        painter: writes the rows.
        size: the terminal's present size.
        measure: returns the terminal's size.
        fixed_width: lay out for the renderer's width, independent of the size.
        read: parses a line of text into records, for lines that are shown in columns; None: every line is text.
        others: knowledge of other writers to the terminal; None: there are none.
        is_ours: returns whether this process has the terminal; else another program, such as a shell, may write to it.
        appearance_on: returns the appearance for a background; None: it is the same on all.
        clock: returns monotonic seconds.
    """

    def __init__(
        self,
        scrollback: Scrollback,
        renderer: LineRenderer,
        painter: Painter,
        *,
        size: Size,
        measure: Callable[[], Size] | None = None,
        fixed_width: bool = False,
        read: Callable[[str], Sequence[Item]] | None = None,
        others: OtherWriters | None = None,
        is_ours: Callable[[], bool] = lambda: True,
        appearance_on: AppearanceOn | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._others = others or NoOtherWriters()
        self._is_ours = is_ours
        self._appearance_on = appearance_on
        self.scrollback = scrollback
        self._renderer = renderer
        self._painter = painter
        self._size = size
        self._measure = measure or (lambda: self._size)
        self._fixed_width = fixed_width
        self._burst = ResizeBurst(clock)
        self._pins = Pins()
        self._finished = False
        self._new_blocks: list[RenderedRecord] = []
        self._is_repaint = False
        self._live = LiveRows(renderer, scrollback.pending_rows)
        self._is_asking = False  # the terminal echoes what is typed as an answer
        self._first_unpainted = scrollback.settled  # number of the first record that was never laid out for a frame
        self._painted = scrollback.end  # number of the first record that was never painted

    @property
    def size(self) -> Size:
        """The terminal's size, as last reported."""
        return self._size

    # -- input --------------------------------------------------------------------------------------------------

    def item(self, item: Item) -> None:
        """Keep a log record or a styled line, and lay it out."""
        self._new_blocks += self.scrollback.keep(item)

    def line(self, text: str) -> None:
        """Keep one line of text, without its newline."""
        records = self._read(text) if self._read is not None else ()
        for record in records:
            self.item(record)
        if not records:
            self._new_blocks += self.scrollback.keep_text(text)

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a chunk of the input, split at any byte; with `runs`, which name the sources, whole lines."""
        if runs:
            self.end_of_input()
        lines = self._live.feed(data)
        if lines:
            self._new_blocks += self.scrollback.keep_lines(lines, runs)

    def end_of_input(self) -> None:
        """Complete the last line at the end of the input."""
        if self._live.has_partial:
            self.chunk(b"\n")

    def all_ended(self) -> None:
        """No-op: the end of all inputs changes no row."""

    @property
    def retractable(self) -> RetractableRecords:
        """This display."""
        return self

    @property
    def end(self) -> int:
        """Number that the next record gets."""
        return self.scrollback.end

    def take_back(self, first: int) -> bool:
        """Remove the newest records, from a number on, if the next frame can be written over them."""
        if self._is_repaint or not self.scrollback.can_take_back(first):
            return False
        if self._others.have_written() or self._others.may_write_unnoticed():
            self.forget_rows()
            return False
        is_painted = first < self._painted
        in_burst = self._burst.age < math.inf
        if is_painted and (self._live.are_given_up or not self._painter.take_back(first)):
            return False
        self.scrollback.take_back(first)  # only now: the painter, which has consented, cannot be asked first
        self._is_repaint = is_painted and not in_burst  # in a burst they are written over at its end
        self._new_blocks = [block for block in self._new_blocks if block[0] < first]
        self._painted = min(self._painted, first)
        self._first_unpainted = min(self._first_unpainted, first)
        return True

    def stored_lines(self, first: int) -> list[bytes]:
        """Return the newest lines of the input as they came, from a number on; empty if records are kept instead."""
        return self.scrollback.stored_lines(first)

    def take_partial(self) -> bytes:
        """Remove and return the input's unterminated last line, for display elsewhere."""
        return self._live.take_partial()

    def restore_partial(self, partial: bytes) -> None:
        """Continue with an unterminated line from `take_partial`."""
        self._live.restore_partial(partial)

    def paint_pending(self) -> None:
        """Paint pending rows before this screen is hidden."""
        if self._new_blocks or self._is_repaint:
            self._paint()
        self._painter.prepare_hiding()

    def catch_up(self) -> None:
        """Paint records that were added to the scrollback elsewhere, for the present width."""
        self.resize(self._measure())
        if self._first_unpainted < self.scrollback.end:
            self._lay_out_from(self._first_unpainted)

    def pin(self, change: PinUpdate) -> None:
        """Add, refresh or remove a pin; a removed one may leave its last text as a record."""
        pin = change.pin
        if change.removed:
            self._pins.remove(pin)
            if change.last is not None:
                self._append_pin_text(change.last, again=True)
            elif pin.leave:
                self._append_pin_text(pin.render)
        elif not (pin.removed or self._finished):  # the event of its removal will follow
            self._pins.refresh(pin, pin.render, pin.order)

    def _append_pin_text(self, render: Callable[[int], str], *, again: bool = False) -> None:
        """Append a pin's last text to the log; ``again``: as a record that is rendered anew at each width."""
        redraw = partial(render_pin, render)
        lines = redraw(self._renderer.width or USUAL_WIDTH)
        if again and lines:
            self.item(StyledLine("  ".join([text for text, _ in lines]), redraw=redraw))
        else:
            for text, spans in lines:
                self.item(StyledLine(text, spans))

    def key(self, key: Key) -> None:
        """No-op: there are no key bindings."""

    def mark(self) -> None:
        """Draw a mark with the present time under the newest record, as wide as the terminal."""
        self._new_blocks += self.scrollback.mark(self._renderer.clock_text(time.time()))

    # -- the terminal -------------------------------------------------------------------------------------------

    def wake(self, wake: TerminalChanged) -> None:
        """Handle a change of the terminal: an echoed key makes the cursor's row dirty."""
        if wake.cursor_row_dirty:
            self._painter.mark_cursor_row_dirty()

    def set_background(self, background: BackgroundReported) -> None:
        """Lay out in the styles for a background from now on. Painted rows stay: among them others may have written."""
        if self._appearance_on is not None:
            self._renderer.restyle(self._appearance_on(background.shade))
            if self._new_blocks and not self._is_repaint:
                self._new_blocks = []
                self._lay_out_from(self._first_unpainted)

    def suspend(self) -> None:
        """Release the terminal, without pins. Pending records are painted after `resume`, so none is lost."""
        if self._pins:
            self._painter.paint(Frame([], live=self._live.rows(self._size)))
        self._painter.drain()
        self._painter.resume()

    def resume(self) -> None:
        """Take the terminal back; its content is unknown.

        If another process still has it, an unterminated line is not painted again before it continues.
        """
        self._painter.resume()
        if self._is_ours():
            self._live.paint_again()
        else:
            self._live.give_up(self._size)

    def note_foreign_text(self, *, is_question: bool) -> None:
        """Give up the painted rows, because another writer may have written to the terminal, maybe a question."""
        self._is_asking = is_question
        self.forget_rows()

    def forget_rows(self) -> None:
        """Give up the painted rows; an unterminated line is not painted again before it continues."""
        self._painter.forget_rows()
        if self._live.is_shown:
            self._live.give_up(self._size)
        else:
            self._live.paint_again()
        if self._is_repaint:  # records that are on the screen are not written a second time
            self._is_repaint = False
            self._new_blocks = [block for block in self._new_blocks if block[0] >= self._painted]

    def resize(self, size: Size) -> None:
        """Take over the terminal's present size, and repaint once a burst of resizes has come to rest.

        While it lasts, rows that are painted already are left to the terminal: its true width may be another one by
        now, so rows cannot be counted. New records are held back for a while, then laid out for the latest size.
        """
        if size != self._size:
            if size.columns != self._size.columns:
                self._live.note_new_width(size.columns)
            self._size = size
            self._set_width(size.columns)
            self._painter.note_size(size)
            self._burst.add()
        if self._burst.time_left(self._painter.size_lag) == 0:
            self._repaint()

    def _repaint(self) -> None:
        """Lay out again the records on the screen, except where another writer may have written among them."""
        self._burst.end()
        if self._others.have_written() or self._others.may_write_unnoticed():
            self.forget_rows()
        size = self._size
        # Lines that the terminal wraps it has wrapped again by itself: none is laid out again.
        first = self._painter.resize(size, self.scrollback.end if self._renderer.unbroken else self.scrollback.first)
        self._size = self._measure()  # the painter may have waited for a stable size
        if self._size != size and size.columns == self._painter.columns:
            self._size = size  # changed since: the next frame handles it
        self._set_width(self._size.columns)
        self._is_repaint = first is not None
        self._lay_out_from(self._first_unpainted if first is None else first)

    def _repaint_at_end(self) -> None:
        """Repaint for the last time, within a burst of resizes too: once it rests, or the cursor can be located."""
        left = self._burst.time_left(self._painter.size_lag)
        if left and not self._painter.can_locate:
            time.sleep(left)
        if left is not None and self._measure() == self._size:
            self._repaint()

    def _set_width(self, columns: int) -> None:
        if not self._fixed_width:
            self._renderer.at(columns)

    def work(self) -> None:
        """No-op: there is no long work."""

    @property
    def poll_timeout(self) -> float | None:
        """Seconds until a burst of resizes has come to rest; None: nothing is due without an event."""
        return self._burst.time_left(self._painter.size_lag)

    @property
    def batches_frames(self) -> bool:
        """True: events are collected into frames."""
        return True

    # -- painting -----------------------------------------------------------------------------------------------

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Paint new rows, and the live lines and pins under them; a burst of resizes holds them back for a while."""
        self._live.written = unfinished
        is_held = self._burst.age < MAX_HOLD and len(self._new_blocks) < MAX_HELD_RECORDS
        if not is_held or flush_requested or self._finished:
            self._paint(flush_requested)

    def _paint(self, flush_requested: bool = False) -> None:
        if self._is_repaint and (size := self._measure()) != self._size:
            self._drop_repaint(size)
        is_answered = self._is_asking and bool(self._new_blocks) and not self._pins  # as far as it was typed
        if self._others.have_written() or is_answered:
            self.forget_rows()
        pins = self._renderer.clipped(self._pins.lines(self._renderer.width or USUAL_WIDTH)) if self._pins else []
        # Rows that are drawn over cannot be counted while a burst of resizes lasts: each frame would leave a copy.
        live = self._live.frame_rows(self._size, can_be_counted=self._finished or self._burst.age == math.inf)
        self._painter.paint(Frame(self._new_blocks, self._is_repaint, live, pins, flush_requested))
        self._new_blocks, self._is_repaint = [], False
        self._first_unpainted = self._painted = self.scrollback.settled

    def _drop_repaint(self, size: Size) -> None:
        """Give up a prepared repaint: the size has changed since, so where its rows are is not known any more."""
        self._is_repaint = False
        self._new_blocks = [block for block in self._new_blocks if block[0] >= self._painted]
        self._painter.drop_repaint()
        self.resize(size)

    def drain(self) -> None:
        """Return once every painted frame is written."""
        self._painter.drain()

    def close(self) -> None:
        """Restore the terminal."""
        self._painter.close()
        self._others.close()

    def finish(self) -> None:
        """Remove all pins; the last text of those with ``leave`` becomes a record."""
        if not self._finished:  # once: events may follow, such as further sizes, and each calls this again
            self._finished = True
            self._new_blocks += self.scrollback.settle()
            self._repaint_at_end()
        pins, self._pins = self._pins, Pins()
        for pin in pins.all():
            if pin.leave:
                self._append_pin_text(pin.render)

    def replace(self, painter: Painter | None) -> None:
        """Continue with another painter, or with none."""
        self._painter = painter or NullPainter()
        self._is_repaint = False

    def _lay_out_from(self, first: int) -> None:
        """Lay out all records from a number on, in frames of `MAX_FRAME_RECORDS` records to bound the memory."""
        end = self.scrollback.end
        start = max(first, self.scrollback.first)
        while start < end:
            stop = min(start + MAX_FRAME_RECORDS, end)
            pending = [block for block in self._new_blocks if block[0] < start]
            self._new_blocks = pending + self.scrollback.blocks(start, stop)
            start = stop
            if start < end:
                self._paint()
        self._first_unpainted = self.scrollback.settled
