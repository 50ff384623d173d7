"""Painter of the normal screen, where everything stays in the user's scrollback; repaints when the width changes.

Invariants:
- Rows above the first row that this painter wrote are never touched. Only rows that it wrote are erased, and only to
  write their records again. The scrollback is erased (CSI 3 J) under ``rewrap="all"`` alone.
- The painter learns of a new width afterwards. Where its rows are then is followed by `terminal/inline_screen.py`.
- Rows are erased one by one (EL) before any is written, not downward (ED): tmux copies the rows that ED erases from
  the top-left corner into its scrollback. In GNU screen they are replaced by new rows, because EL keeps the mark that
  they continue; in foot they are erased downward, because EL keeps the mark that they were written.
- The volatile rows, live lines and pins, lie under the log and are rewritten with each frame that changes anything.
  Between frames the cursor is at the end of the last live row (a prompt waits there); if no line is live, in the
  first column under the log, where the first pin is. So a screen that becomes lower loses pins at its bottom, and
  does not push them into the scrollback; and text of other writers comes right under the log.
- One frame is one write, between the marks of a synchronized update if it rewrites anything.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from reflowlog.terminal import control
from reflowlog.terminal.inline_screen import InlineScreen, RepaintRegion
from reflowlog.terminal.reflow_models import UNKNOWN, TerminalModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.frames import Frame, RenderedRecord, Size
    from reflowlog.terminal.inline_screen import CursorReport
    from reflowlog.terminal.output import Output

__all__ = ["InlinePainter"]

_NEWLINE = "\r\n"  # does not depend on the terminal driver's translation of newlines (ONLCR)
_REPORT_LAG = 0.1  # seconds in which a size that a terminal has taken over is known, if none was on its way
_BURST_INTERVAL = 0.1  # seconds between two sizes of one burst at most: a window that is being dragged changes faster


class InlinePainter:
    """Appends rows to the normal screen, and repaints the visible ones on a new width. Printer thread only.

    Args:
        output: where to write.
        size: the terminal's present size.
        recut: returns the number of rows that a line takes in a terminal of the given columns that reflows.
        model: the terminal's behaviour on a new size; the answer to XTVERSION replaces it.
        locate: queries the terminal for its cursor, and returns None if there is no answer. None where the answer
            must not be read. The cursor's row is then followed from the moment in which the written rows have filled
            the screen; until then the cursor is assumed to be in the lowest row: rows above the screen are then shown
            twice.
        rewrap_all: whether a new width lays out everything since the start, which erases the scrollback.
        wraps_lines: whether lines may be wider than the terminal, which wraps them.
        position: queries the terminal for its cursor alone, as it is now; None where the answer must not be read.
        clock: returns monotonic seconds.
    """

    def __init__(
        self,
        output: Output,
        size: Size,
        *,
        recut: Callable[[str, int], int],
        model: TerminalModel = UNKNOWN,
        locate: Callable[[], CursorReport | None] | None = None,
        rewrap_all: bool = False,
        wraps_lines: bool = False,
        position: Callable[[], CursorReport | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._output = output
        self._screen = InlineScreen(size, recut, model)
        self._locate = locate
        self._position = position
        self._rewrap_all = rewrap_all
        self._wraps_lines = wraps_lines
        self._clock = clock
        self._repaint: RepaintRegion | None = None
        self._repainted_at = -math.inf  # seconds
        self._cursor_row_dirty = False
        self._may_be_in_foreign_row = False  # the cursor may be behind text of another writer

    @property
    def columns(self) -> int:
        """The terminal's width in cells, as last reported."""
        return self._screen.size.columns

    @property
    def size_lag(self) -> float:
        """Seconds without a new size, after which the terminal is taken to have the size that the kernel reports.

        A terminal that can be queried reports its own size, so a burst has only to be waited for.
        """
        lag = self._screen.model.size_lag
        return lag if self._locate is None else min(_BURST_INTERVAL, lag)

    @property
    def can_locate(self) -> bool:
        """Whether the terminal can be queried for its cursor and its size."""
        return self._locate is not None

    def note_size(self, size: Size) -> None:
        """Take over a size that may change again at once."""
        self._doubt_repaint(size.columns)
        self._screen.note_size(size)

    def _doubt_repaint(self, columns: int) -> None:
        """Take over a width, which the terminal may have had already when the last repaint reached it.

        A terminal that is queried has reported its own width just before the repaint.
        """
        if not self.can_locate and self._clock() - self._repainted_at < _REPORT_LAG:
            self._screen.doubt_region(columns)

    def resize(self, size: Size, held: int = 0) -> int | None:
        """Take over a size at rest and find the records to repaint.

        Args:
            size: the size that the kernel reports.
            held: number of the oldest record that can be laid out again; older ones stay as they are.

        Returns:
            The number of the first record to lay out again, for the next frame, which has to be ``again``; None if
            nothing needs it or no written row is on the screen.
        """
        screen = self._screen
        if size != screen.size:
            self.note_size(size)
        change = screen.end_burst(can_locate=self.can_locate)
        if change is None:
            return None
        if self._rewrap_all:
            self._repaint = RepaintRegion(0, 0, 0, erase_all=True)
            return 0
        self._output.drain()  # the report has to count everything that was written
        is_given_up = self._may_be_in_foreign_row and not screen.lines  # another program may read the answer
        report = self._locate() if self._locate and not is_given_up else None
        region = screen.find_region(change, report, held)
        if region is None:
            return None
        self._repaint = region
        first = screen.first_record(region)
        return None if first is None else max(first, held)

    def take_back(self, first: int) -> bool:
        """Write the next frame over the newest records, from a number on, and return whether that is possible.

        In a burst of resizes they stay until its end, when that is written over which is still on the screen.
        """
        is_elsewhere = self._may_be_in_foreign_row or self._rewrap_all or self._wraps_lines
        if self._repaint is not None or is_elsewhere:
            return False
        if self._screen.in_burst:
            self._screen.disown(first)
            return True
        self._repaint = self._screen.find_newest(first)
        return self._repaint is not None

    def drop_repaint(self) -> None:
        """Give up the repaint that `resize` has prepared, because the size has changed since; the next one finds it."""
        self._repaint = None
        self._screen.drop_region()

    def paint(self, frame: Frame) -> None:
        """Write a frame. Raises `OutputClosed`, and OSError if writing fails."""
        screen = self._screen
        volatile = screen.clipped([*frame.live, *frame.pins])
        live = max(0, len(volatile) - len(frame.pins))
        changed = volatile != screen.volatile or (self._may_be_in_foreign_row and bool(volatile))
        changed = changed or (screen.may_have_lost_rows and len(screen.volatile) > max(1, screen.live))
        if not frame.blocks and not changed and self._repaint is None:
            return
        out: list[str] = []
        is_repaint = self._repaint is not None
        stale, up = self._go_to_first_row(out, frame.blocks)
        self._write_rows(out, [text for _, text in frame.blocks], volatile, live, stale)
        screen.remember(frame.blocks)
        wrapped = screen.count_wrapped_rows(frame.blocks) if self._wraps_lines else 0
        back = screen.follow(volatile, live, up, out[-1].count("\n") + wrapped)
        if len(volatile) > live:
            out.append(control.cursor_up(back) + "\r")
            out += volatile[live - 1 : live]  # once more, so that the cursor is at its end
        if screen.model.keeps_written_marks:  # a position that was saved in a row below makes that row count as written
            out.append(control.SAVE_CURSOR)
        text = "".join(out)
        self._output.write(control.SYNC_BEGIN + text + control.SYNC_END if stale else text)
        if is_repaint:
            self._repainted_at = self._clock()

    def drain(self) -> None:
        """Return once all frames are written."""
        self._output.drain()

    def resume(self) -> None:
        """Give up all rows above the cursor: another program has used the terminal."""
        self._screen.forget(keeps_pins=False)
        self._repaint = None
        self._may_be_in_foreign_row = self._screen.continues_foreign_row = False

    def forget_rows(self) -> None:
        """Give up all rows above the cursor: another writer may have written to the terminal.

        Pins under the cursor are kept. The next frame starts in a row of its own, wherever the cursor was left. If the
        terminal does not report where that is, its first record is given up, too: a terminal that reflows may join it
        to the other writer's text.
        """
        self._screen.forget(keeps_pins=True)
        self._repaint = None
        self._may_be_in_foreign_row = True

    def mark_cursor_row_dirty(self) -> None:
        """Note that the terminal has echoed something into the cursor's row, which the next frame blanks."""
        self._cursor_row_dirty = True

    def prepare_hiding(self) -> None:
        """Prepare for a new size while the alternate screen is shown.

        kitty then moves the cursor with the text only if its row is not empty, so a blank is written there.
        """
        if self._screen.model.keeps_row == "top" and not self._screen.volatile:
            self._output.write(" \r")

    def close(self) -> None:
        """Leave the cursor in the first column of a row of its own, under all that is there."""
        screen = self._screen
        if screen.volatile:
            down = len(screen.volatile) - max(0, screen.live - 1)
            screen.volatile, screen.live = [], 0
            self._output.write(_NEWLINE * down)
        elif self._cursor_row_dirty:
            self._output.write("\r" + control.CLEAR_ROW)
        self._cursor_row_dirty = False

    # -- what is written ----------------------------------------------------------------------------------------

    def _go_to_first_row(self, out: list[str], blocks: Sequence[RenderedRecord]) -> tuple[int, int]:
        """Move to the first row to write: return the number of stale rows from there on, and of rows moved up."""
        screen = self._screen
        repaint, self._repaint = self._repaint, None
        cursor_row_dirty, self._cursor_row_dirty = self._cursor_row_dirty, False
        if self._may_be_in_foreign_row:
            self._may_be_in_foreign_row = False
            out.append(self._leave_foreign_row())
            return screen.volatile_from_cursor(), 0
        if repaint is None:
            if not screen.volatile:
                out.append("\r" if cursor_row_dirty else "")
                return int(cursor_row_dirty), 0
            above = screen.volatile_above()
            out.append("\r" + control.cursor_up(above))
            return above + screen.volatile_from_cursor(), above
        if repaint.erase_all:
            screen.restart()
            out.append(control.CLEAR_ALL)
            return 1, 0
        screen.begin_region(repaint, blocks)
        if repaint.leaves_row:
            out.append(_NEWLINE)
            screen.leave_row()
        out.append("\r")
        if repaint.unscroll:
            out.append(control.unscroll(repaint.unscroll) + control.cursor_up(repaint.up))
            return screen.size.rows, repaint.up
        if repaint.scroll:
            out.append(control.scroll_out(repaint.scroll))
        up = repaint.up + repaint.scroll
        out.append(control.cursor_up(up))
        return repaint.up + screen.volatile_from_cursor(), up

    def _leave_foreign_row(self) -> str:
        """Return the text that moves to the first column of a row without text of another writer."""
        report = self._position() if self._position else None
        if report is None:
            self._screen.continues_foreign_row = True
            # In a burst the terminal may be wider than is known: blanks that do not wrap would erase the other text.
            return _NEWLINE if self._screen.in_burst else control.next_free_row(self._screen.size.columns)
        self._screen.continues_foreign_row = False
        is_in_text = report.column > 1
        self._screen.place_cursor(report.row + is_in_text)
        return _NEWLINE if is_in_text else ""

    def _write_rows(self, out: list[str], texts: list[str], volatile: list[str], live: int, stale: int) -> None:
        """Erase the stale rows, then write the new ones over them."""
        rows = [*texts, *volatile[:live]]
        text = "\n".join(rows)
        if rows and (len(volatile) > live or not volatile):
            text += "\n"
        if len(volatile) > live:
            text += control.WRAP_OFF + "\n".join(volatile[live:]) + control.WRAP_ON
        out += [self._erased(stale), text.replace("\n", _NEWLINE)]

    def _erased(self, rows: int) -> str:
        """Return the sequence that erases rows downward from the cursor, and the terminal's marks of them."""
        if self._screen.model.keeps_wrap_marks:
            return control.replace_rows(rows)
        return control.CLEAR_DOWN if rows and self._screen.model.keeps_written_marks else control.clear_rows(rows)
