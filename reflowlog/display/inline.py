"""A stage: where records are shown, and what of them. The printer brings it what arrives; it keeps and shows that.

Rules of this file:
- A stage belongs to the printer thread, with all that it holds. There is no lock.
- What is kept is laid out at once (`InlineDisplay`): it is painted with the next frame, and laid out again on a new width.
- Nothing here logs, and nothing takes a lock of `logging`.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from reflowlog.core.frames import Frame, Size
from reflowlog.core.records import StyledLine
from reflowlog.display.base import NullPainter, Painter, TextOrBytes
from reflowlog.display.pins import Pins, ask
from reflowlog.render.renderer import USUAL_WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.events import Key, PinUpdate, Runs, TerminalChanged
    from reflowlog.core.frames import RenderedRecord
    from reflowlog.core.records import Item
    from reflowlog.display.scrollback import Scrollback
    from reflowlog.render.renderer import LineRenderer

__all__ = ["InlineDisplay", "uncovered"]

SETTLE = 0.02  # seconds without a further change, after which a burst of resizes is over
SETTLE_AT_MOST = 1.0  # seconds
LIVE_AT_MOST = 1 << 16  # characters of an unfinished line that is shown before it ends
OVERWRITTEN = 1 << 12  # characters of an unfinished line, after which what its carriage returns overwrote is let go
REDO = 4096  # records laid out again in one frame


class InlineDisplay:
    """Shows records as they come, one under the other: a terminal's normal screen, a pipe, a file.

    Args:
        journal: keeps what is said.
        composer: lays it out; shared with the journal.
        painter: shows it.
        size: the terminal's, now.
        measure: the terminal's size, asked again while it changes.
        fixed_width: lay out for the composer's width, whatever the size.
        read: the records that a line of text is, for lines that are shown in columns; None: all are text.
        is_ours: whether we have the terminal; others, such as a shell, may write to it before we have it again.
    """

    def __init__(
        self,
        scrollback: Scrollback,
        composer: LineRenderer,
        painter: Painter,
        *,
        size: Size,
        measure: Callable[[], Size] | None = None,
        fixed_width: bool = False,
        read: Callable[[str], Sequence[Item]] | None = None,
        is_ours: Callable[[], bool] = lambda: True,
    ) -> None:
        self._read = read
        self._is_ours = is_ours
        self.scrollback = scrollback
        self._composer = composer
        self._painter = painter
        self._size = size
        self._measure = measure or (lambda: self._size)
        self._fixed_width = fixed_width
        self._pins = Pins()
        self._finished = False
        self._tail: list[bytes] = []  # pieces of the input's last line
        self._fresh: list[RenderedRecord] = []
        self._again = False
        self._unfinished: Sequence[str] = ()
        self._left: list[str] = []  # live rows that stand above what others have written since
        self._painted = scrollback.end  # the number of the first record that was never painted

    @property
    def size(self) -> Size:
        """The terminal's, as far as it is known here."""
        return self._size

    # -- what is kept -------------------------------------------------------------------------------------------

    def item(self, item: Item) -> None:
        """Keep a record."""
        self._fresh += self.scrollback.keep(item)

    def line(self, text: str) -> None:
        """Keep one line of text, without its newline."""
        records = self._read(text) if self._read is not None else ()
        for record in records:
            self.item(record)
        if not records:
            self._fresh += self.scrollback.keep_text(text)

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a piece of the input, cut anywhere; whole lines where it is told of which source they are."""
        if runs:
            self.ended()
        end = data.rfind(b"\n") + 1
        if not end:
            self._tail.append(data)
            if b"\r" in data and sum(map(len, self._tail)) > OVERWRITTEN:
                self._tail = [uncovered(b"".join(self._tail), b"\r")]
            return
        whole = b"".join([*self._tail, data[:end]])
        self._tail = [data[end:]] if end < len(data) else []
        self._fresh += self.scrollback.keep_lines(whole, runs)

    def ended(self) -> None:
        """The input has ended: its last line is complete."""
        if self._tail:
            self.chunk(b"\n")

    def over(self) -> None:
        """All inputs have ended."""

    def take_rest(self) -> bytes:
        """The input's last line, which has not ended: it is shown elsewhere for a while."""
        rest, self._tail = b"".join(self._tail), []
        return rest

    def give_rest(self, rest: bytes) -> None:
        """Go on with a line that has not ended."""
        self._tail = [rest] if rest else []

    def show(self) -> None:
        """Paint what is laid out already: it is not to wait until this screen is seen again."""
        if self._fresh or self._again:
            self.paint(self._unfinished, False)

    def catch_up(self) -> None:
        """Paint what others have added to the journal; for another width, if it has changed meanwhile."""
        size = self._measure()
        if size != self._size:
            self.resize(size)
        if self._painted < self.scrollback.end:
            self._lay_out_from(self._painted)

    def pin(self, change: PinUpdate) -> None:
        """A pin was added, has changed or was removed."""
        pin = change.pin
        if change.removed:
            self._pins.remove(pin)
            if change.last is not None:
                self._leave(change.last, again=True)
            elif pin.leave:
                self._leave(pin.render)
        elif not (pin.removed or self._finished):  # if it is removed, that is on its way
            self._pins.refresh(pin, pin.render, pin.order)

    def _leave(self, render: Callable[[int], str], *, again: bool = False) -> None:
        """What a pin says last becomes a part of the log; ``again``: it is drawn anew at each width."""
        redraw = partial(ask, render)
        lines = redraw(self._composer.width or USUAL_WIDTH)
        if again and lines:
            self.item(StyledLine("  ".join([text for text, _ in lines]), redraw=redraw))
        else:
            for text, spans in lines:
                self.item(StyledLine(text, spans))

    def key(self, key: Key) -> None:
        """No key means anything here."""

    # -- the terminal -------------------------------------------------------------------------------------------

    def wake(self, wake: TerminalChanged) -> None:
        """Something happened to the terminal."""
        if wake.cursor_row_dirty:
            self._painter.cursor_row_dirty()

    def suspend(self) -> None:
        """Let others have the terminal, without pins. What came before is painted after that, which loses nothing."""
        if self._pins:
            self._painter.paint(Frame([], live=self._live(self._unfinished)))
        self._painter.drain()
        self._painter.resume()

    def resume(self) -> None:
        """The terminal may hold anything. Where it is not ours, a line is not said again before it goes on."""
        self._painter.resume()
        self._left = [] if self._is_ours() else self._live(self._unfinished)

    def resize(self, size: Size) -> Size:
        """Lay out anew for another size; a burst of changes is followed once, at its end."""
        if size.columns != self._size.columns:
            deadline = time.monotonic() + SETTLE_AT_MOST
            before = None
            while size != before and time.monotonic() < deadline:
                time.sleep(SETTLE)
                before, size = size, self._measure()
        first = self._painter.resize(size, self.scrollback.first)
        self._size = self._measure()  # the painter may have waited for it to come to rest
        if self._size.columns != size.columns == self._painter.columns:
            self._size = size  # it has changed since: the next frame follows that
        if not self._fixed_width:
            self._composer.at(self._size.columns)
        if first is not None:
            self._again = True
            self._lay_out_from(first)
        return self._size

    def work(self) -> None:
        """There is no long work here."""

    @property
    def poll_timeout(self) -> float | None:
        """Nothing happens here by itself."""
        return None

    @property
    def batches_frames(self) -> bool:
        """One frame for all that comes within its time."""
        return True

    # -- painting -----------------------------------------------------------------------------------------------

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Show what is new, and what may still change under it."""
        self._unfinished = unfinished
        pins = self._composer.clipped(self._pins.lines(self._composer.width or USUAL_WIDTH)) if self._pins else []
        live = self._live(unfinished)
        if live != self._left:
            self._left = []
        self._painter.paint(Frame(self._fresh, self._again, [] if self._left else live, pins, flush_requested))
        self._fresh, self._again = [], False
        self._painted = self.scrollback.end

    def drain(self) -> None:
        """Return once all that was painted is on the screen."""
        self._painter.drain()

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self._painter.close()

    def finish(self) -> None:
        """All is said: no pin is shown any more, save what it leaves."""
        self._finished = True
        pins, self._pins = self._pins, Pins()
        for pin in pins.all():
            if pin.leave:
                self._leave(pin.render)

    def replace(self, painter: Painter | None) -> None:
        """Go on with another painter, or with none."""
        self._painter = painter or NullPainter()
        self._again = False

    def _lay_out_from(self, first: int) -> None:
        """All records from a number on; very many of them in several frames, for the sake of memory."""
        end = self._painted = self.scrollback.end
        start = max(first, self.scrollback.first)
        while start < end:
            stop = min(start + REDO, end)
            self._fresh = self.scrollback.blocks(start, stop)
            start = stop
            if start < end:
                self.paint(self._unfinished, False)

    def _live(self, unfinished: Sequence[str]) -> list[str]:
        """Rows of the lines that have not ended; the lowest of them, as many as the screen has."""
        texts = list(unfinished)
        if self._tail and sum(map(len, self._tail)) <= LIVE_AT_MOST:
            texts.append(b"".join(self._tail).decode("utf-8", "replace"))
        rows = [row for text in texts if len(text) <= LIVE_AT_MOST for row in self._composer.line(text).split("\n")]
        return rows[-self._size.rows :]


def uncovered(line: TextOrBytes, carriage_return: TextOrBytes) -> TextOrBytes:
    """A line without the parts between its carriage returns that a later one, which is as long, has overwritten."""
    kept: list[TextOrBytes] = []
    longest = -1
    for part in reversed(line.split(carriage_return)):
        if len(part) > longest:
            kept.append(part)
            longest = len(part) if part.isascii() else longest
    return carriage_return.join(reversed(kept))
