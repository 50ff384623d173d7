"""Painter of the normal screen, where everything stays in the user's scrollback; repaints when the width changes.

Invariants:
- Rows above the first row that this painter wrote are never touched. Only rows that it wrote are erased, and only to
  write their records again. The scrollback is erased (CSI 3 J) under ``rewrap="all"`` alone.
- A *line* here is the text written between two newlines: never wider than the width it was laid out for. A terminal
  that reflows re-cuts each line by itself when its width changes: a line of n cells then takes ceil(n / width) rows,
  and the cursor moves with it. A terminal that does not reflow keeps the line in one row. The painter learns of the
  new width afterwards.
- On a new width: determine the cursor's row (queried, followed from the writes, or else assumed to be the lowest),
  count upward through the written lines, re-cut, to the top of the screen, and lay out again exactly the records that
  begin there. If the top edge cuts a line, its visible rows are scrolled out first: a terminal keeps a mark that the
  cut row continues below, and would join whatever is written there to it at its next reflow.
- On a greater height a terminal brings rows back from its scrollback, in foot on any other size. If lines among them
  were laid out for another width (`_stale_lines`), the screen is laid out again as on a new width, unless the cursor's
  row is unknown.
- urxvt cuts off what has no room while its scrollback is empty. Lines that may have been cut off count as one row each,
  and rows that it may have dropped as none, so that counting upward never reaches above the log.
- A terminal that can take rows back from its scrollback (`TerminalModel.unscrolls`) is filled: the line that the top
  edge cuts, and the lines above it, come back and are laid out again, so none is there twice. Only where the cursor's
  row is reported, and over lines of ASCII, whose rows are counted exactly.
- Counting upward never reaches above the log: a line that may have been left as it was (in a terminal that may not
  reflow, or the cursor's line where its re-cutting is not confirmed) counts as one row. What is counted too low leaves
  a copy behind, what would be counted too high would be overwritten.
- While a burst of resizes lasts (`note_size`), the terminal's true width is unknown: tmux resizes its panes' ttys only
  every 250 ms. So rows are counted as one a line until `resize`, and none is laid out again.
- Rows are erased one by one (EL) before any is written, not downward (ED): tmux copies the rows that ED erases from
  the top-left corner into its scrollback. In GNU screen they are replaced by new rows, because EL keeps the mark that
  they continue; in foot they are erased downward, because EL keeps the mark that they have ended.
- The volatile rows, live lines and pins, lie under the log and are rewritten with each frame that changes anything.
  Between frames the cursor is at the end of the last live row (a prompt waits there); if no line is live, in the
  first column under the log, where the first pin is. So a screen that becomes lower loses pins at its bottom, and
  does not push them into the scrollback; and text of other writers comes right under the log.
- One frame is one write, between the marks of a synchronized update if it rewrites anything.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.core.frames import Size
from reflowlog.terminal import control
from reflowlog.terminal.reflow_models import UNKNOWN, TerminalModel, model_by_version
from reflowlog.text.clean.cells import cells
from reflowlog.text.clean.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.frames import Frame
    from reflowlog.terminal.output import Output

__all__ = ["CursorReport", "InlinePainter"]

_NEWLINE = "\r\n"  # does not depend on the terminal driver's translation of newlines (ONLCR)
_LARGE_RECORD_CHARS = 16_384  # characters of a record from which on its rows are remembered one by one
_BURST_INTERVAL = 0.1  # seconds between two sizes of one burst at most: a window that is being dragged changes faster
_MAX_LINES = 1024  # lines; each takes at least one row, so no screen of fewer rows shows more


class CursorReport(NamedTuple):
    """A terminal's answer: the position of its cursor, from 1, and its size by its own account, in cells.

    Attributes:
        row: the cursor's row.
        columns: the terminal's width.
        rows: the terminal's height.
        column: the cursor's column; 0: not reported.
        version: the answer to XTVERSION; empty: none.
    """

    row: int
    columns: int
    rows: int
    column: int = 0
    version: str = ""


_Line = tuple[int, str]  # the record's number, and the text that was written: a line or several


class _RepaintRegion(NamedTuple):
    """The part of the screen that is laid out again."""

    scroll: int  # rows to scroll into the scrollback first
    up: int  # rows from the cursor up to the first row of the region
    kept: int  # number of remembered lines above the region, which stay as they are
    erase_all: bool = False
    leaves_row: bool = False  # the cursor may be in a row of another writer, and has to leave it first
    unscroll: int = 0  # rows to take back from the scrollback first; the region is then the whole screen


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
    ) -> None:
        self._output = output
        self._size = size
        self._recut = recut
        self._model = model
        self._locate = locate
        self._position = position
        self._rewrap_all = rewrap_all
        self._wraps_lines = wraps_lines
        self._lines: deque[_Line] = deque(maxlen=_MAX_LINES)
        self._volatile: list[str] = []
        self._may_have_lost_rows = False  # the screen may have lost the lowest volatile rows
        self._live = 0  # number of volatile rows that are live; the cursor is in the last of them
        self._repaint: _RepaintRegion | None = None
        self._cursor_row_dirty = False
        self._may_be_in_foreign_row = False  # the cursor may be behind text of another writer
        self._continues_foreign_row = False  # so the next record may be joined to that text when the terminal reflows
        self._width_changed = False  # since the screen was laid out
        self._has_grown = False  # in height, or rows have moved down: rows of the scrollback are back, or can be taken
        self._stale_lines = 0  # number of remembered lines, the first ones, that were laid out for other widths
        self._may_be_cut_off = False  # the terminal may have cut lines off, for a size since `resize`
        self._rows_cut_off = 0  # rows above the cursor that it may have dropped with that
        self._in_burst = False  # between `note_size` and `resize`
        self._below = 0  # rows of pins under the cursor's row, as the terminal has cut them
        self._shift = 0  # rows by which the text has moved up under the cursor, see `_row_under_top`
        self._row: int | None = None  # the cursor's row, from 1, where it is known without a query
        self._written = 0  # rows written, until the cursor's row is known

    @property
    def columns(self) -> int:
        """The terminal's width in cells, as last reported."""
        return self._size.columns

    @property
    def size_lag(self) -> float:
        """Seconds without a new size, after which the terminal is taken to have the size that the kernel reports.

        A terminal that can be queried reports its own size, so a burst has only to be waited for.
        """
        return self._model.size_lag if self._locate is None else min(_BURST_INTERVAL, self._model.size_lag)

    @property
    def can_locate(self) -> bool:
        """Whether the terminal can be queried for its cursor and its size."""
        return self._locate is not None

    def note_size(self, size: Size) -> None:
        """Take over a size that may change again at once: until `resize`, rows are counted as one a line."""
        is_new_width = size.columns != self._size.columns
        below, self._below = self._below, self._rows_below_cursor(size.columns)
        if not (self._model.keeps_unscrolled or self._has_scrolled()):
            self._cut_off(size)
        else:
            self._row = self._row_after(size, below)
        self._has_grown = self._has_grown or size.rows > self._size.rows or self._model.keeps_row == "bottom"
        if is_new_width:
            self._width_changed = True
            self._written = self._written if self._model.keeps_row == "always" else 0
        self._may_have_lost_rows = self._may_have_lost_rows or size.rows < self._size.rows
        self._size = size
        self._in_burst = True

    def _row_after(self, size: Size, below: int) -> int | None:
        """Return the cursor's row after a new size, with `below` rows of pins under it before; None if unknown."""
        row = self._model.row_after(self._row, self._size, size)
        if row is None:
            return self._row_under_top(size) if self._model.keeps_row == "top" else None
        if self._model.keeps_row == "bottom":
            return max(1, row - self._below)
        if below <= size.rows - row or self._model.on_shrinkage != "clip":
            row += below - self._below  # the lowest row stays the lowest, and pins above it may take more rows now
        if row < 1 and self._model.on_shrinkage == "scroll all" and self._lines and not self._live:
            self._lines.extend([(self._lines[-1][0] + 1, "")] * (1 - row))  # blank rows are above the cursor
        return max(1, row)

    def _cut_off(self, size: Size) -> None:
        """Take over a size for which a terminal may have cut lines off, and whole rows at the bottom."""
        self._may_be_cut_off = self._may_be_cut_off or size.columns != self._size.columns or size.rows < self._size.rows
        row = self._row or self._size.rows
        self._rows_cut_off += max(0, row - size.rows)
        if self._row is not None:  # the lowest that it may be in
            self._row = min(row + max(0, size.rows - self._size.rows), size.rows)

    def resize(self, size: Size, held: int = 0) -> int | None:
        """Take over a size at rest and find the records to repaint.

        Args:
            size: the size that the kernel reports.
            held: number of the oldest record that can be laid out again; older ones stay as they are.

        Returns:
            The number of the first record to lay out again, for the next frame, which has to be ``again``; None if
            nothing needs it or no written row is on the screen.
        """
        if size != self._size:
            self.note_size(size)
        self._in_burst = False
        has_grown, self._has_grown = self._has_grown, False
        is_new_width, self._width_changed = self._width_changed or self._may_be_cut_off, False
        may_refill = has_grown and self._model.unscrolls and self._locate is not None
        may_show_stale = has_grown and self._stale_lines > 0 and (self._locate is not None or self._row is not None)
        if not (is_new_width or may_refill or may_show_stale):
            return None
        if self._rewrap_all:
            self._repaint = _RepaintRegion(0, 0, 0, erase_all=True)
            return 0
        self._output.drain()  # the report has to count everything that was written
        is_given_up = self._may_be_in_foreign_row and not self._lines  # another program may read the answer
        report = self._locate() if self._locate and not is_given_up else None
        if report is not None:
            self._size = Size(report.columns, report.rows)  # the terminal's own, which may be newer than the kernel's
            self._model = model_by_version(report.version) or self._model
            if self._model.keeps_row == "top" and self._row != report.row:
                self._shift = max(0, report.row + self._rows_below_cursor(self._size.columns) - self._size.rows)
            self._row = report.row
        else:
            self._row = self._followed_row()
        self._split_lines()
        if is_new_width:
            self._stale_lines = len(self._lines)
        column = report.column if report else 0
        region = self._find_region(self._row, held, column)
        if report is not None and self._model.unscrolls:
            region = self._refilled(region, self._row, held, column)
        oldest = region.kept - (region.scroll > 0)  # includes the record that the top edge cuts
        self._may_be_cut_off, self._rows_cut_off = False, 0
        if not (is_new_width or may_refill) and oldest >= self._stale_lines:
            return None
        self._repaint = region
        return self._lines[oldest][0] if oldest < len(self._lines) else None

    def paint(self, frame: Frame) -> None:
        """Write a frame. Raises `OutputClosed`, and OSError if writing fails."""
        volatile = self._clip([*frame.live, *frame.pins])
        live = max(0, len(volatile) - len(frame.pins))
        changed = volatile != self._volatile or (self._may_be_in_foreign_row and bool(volatile))
        changed = changed or (self._may_have_lost_rows and len(self._volatile) > max(1, self._live))
        if not frame.blocks and not changed and self._repaint is None:
            return
        out: list[str] = []
        stale, up = self._go_to_first_row(out)
        self._write_rows(out, [text for _, text in frame.blocks], volatile, live, stale)
        self._remember(frame)
        self._volatile, self._live, self._may_have_lost_rows = volatile, live, False
        self._shift = 0
        self._below = back = len(volatile) - max(1, live) if volatile else 0
        self._follow_row(up, out[-1].count("\n") + self._wrapped_rows(frame), back)
        if len(volatile) > live:
            out.append(control.cursor_up(back) + "\r")
            out += volatile[live - 1 : live]  # once more, so that the cursor is at its end
        text = "".join(out)
        self._output.write(control.SYNC_BEGIN + text + control.SYNC_END if stale else text)

    def drain(self) -> None:
        """Return once all frames are written."""
        self._output.drain()

    def resume(self) -> None:
        """Give up all rows above the cursor: another program has used the terminal."""
        self._forget_lines()
        self._volatile, self._live, self._below, self._shift = [], 0, 0, 0
        self._repaint = None
        self._row = None
        self._written = 0
        self._may_be_in_foreign_row = self._continues_foreign_row = False

    def forget_rows(self) -> None:
        """Give up all rows above the cursor: another writer may have written to the terminal.

        Pins under the cursor are kept. The next frame starts in a row of its own, wherever the cursor was left. If the
        terminal does not report where that is, its first record is given up, too: a terminal that reflows may join it
        to the other writer's text.
        """
        self._volatile, self._live, self._shift = self._volatile[self._live :], 0, 0
        self._forget_lines()
        self._repaint = None
        self._row = None
        self._written = 0
        self._may_be_in_foreign_row = True

    def mark_cursor_row_dirty(self) -> None:
        """Note that the terminal has echoed something into the cursor's row, which the next frame blanks."""
        self._cursor_row_dirty = True

    def prepare_hiding(self) -> None:
        """Prepare for a new size while the alternate screen is shown.

        kitty then moves the cursor with the text only if its row is not empty, so a blank is written there.
        """
        if self._model.keeps_row == "top" and not self._volatile:
            self._output.write(" \r")

    def close(self) -> None:
        """Leave the cursor in the first column of a row of its own, under all that is there."""
        if self._volatile:
            down = len(self._volatile) - max(0, self._live - 1)
            self._volatile, self._live = [], 0
            self._output.write(_NEWLINE * down)
        elif self._cursor_row_dirty:
            self._output.write("\r" + control.CLEAR_ROW)
        self._cursor_row_dirty = False

    # -- where things are ---------------------------------------------------------------------------------------

    def _rows_of(self, text: str) -> int:
        """Count the rows of a line, at most as many as it takes."""
        is_recut = self._model.reflows and not self._in_burst and not self._may_be_cut_off
        return self._recut(text, self._size.columns) if is_recut else 1

    def _has_scrolled(self) -> bool:
        """Return whether rows are known to be in the scrollback: there are more lines than rows above the cursor."""
        room = (self._row or self._size.rows) - 1
        for _, text in reversed(self._lines):
            room -= text.count("\n") + 1
            if room < 0:
                return True
        return False

    def _volatile_above(self, column: int = 0) -> int:
        """Count the volatile rows above the cursor's row; `column` is the cursor's, 0 if it is not known."""
        if not self._live:
            return self._shift
        if self._in_burst or self._continues_foreign_row:
            return self._live - 1
        rows = sum(map(self._rows_of, self._volatile[: self._live - 1]))
        return rows + self._rows_of_cursor_line(self._volatile[self._live - 1], column) - 1 + self._shift

    def _rows_of_cursor_line(self, text: str, column: int) -> int:
        """Count the rows of the line that the cursor is at the end of, at most as many as it takes.

        Where the cursor is tells whether the line was re-cut, unless that is the last column: it is there in a line
        that was cut off at the edge, too. Then, and if the column is not known, the terminal's model decides.
        """
        width = self._size.columns
        rows = self._rows_of(text)
        if rows == 1 or self._model.moves_to_line_start:
            return 1
        expected = cells(sanitize(text)[0]) % width + 1
        if column and expected != width:
            return rows if column == expected else 1
        return rows if self._model.reflows_cursor_line else 1

    def _volatile_from_cursor(self) -> int:
        """Count the rows from the cursor's row downward that may hold text of this painter, at least as many as do."""
        if not self._model.reflows and self._model is not UNKNOWN:
            return max(1, len(self._volatile) - max(0, self._live - 1))
        first = self._live - 1 if self._live and self._model.moves_to_line_start else self._live
        below = sum(self._recut(text, self._size.columns) for text in self._volatile[first:])
        return below + 1 if self._live and first == self._live else max(1, below)

    def _rows_below_cursor(self, columns: int) -> int:
        """Count the rows of pins under the cursor's row at a width, at most as many as there are."""
        pins = self._volatile[self._live :]
        if not self._model.reflows:
            return len(pins) - (not self._live and bool(pins))
        rows = [self._recut(pin, columns) for pin in pins]
        if self._live and self._model.moves_to_line_start:
            return sum(rows) + self._recut(self._volatile[self._live - 1], columns) - 1
        if self._live or not pins:
            return sum(rows)
        return sum(rows) - (1 if self._model.reflows_cursor_line else rows[0])

    def _row_under_top(self, size: Size) -> int | None:
        """Return the cursor's row after a new size that leaves the first row of the screen in its place.

        If rows of pins under the cursor have no room, all text moves up under the cursor, which stays.

        Returns:
            None if it is unknown: another writer's rows are above it.
        """
        shift, self._shift = self._shift, 0
        if self._row is None:
            return None
        self._split_lines()
        old, new = self._size.columns, size.columns
        live = self._volatile[: self._live]
        left = self._row - 1 - shift
        shift = shift * old // new
        rows = 1 + shift
        if live and self._model.reflows_cursor_line:
            left -= self._recut(live[-1], old) - 1
            rows += self._recut(live[-1], new) - 1
        above = [text for _, text in self._lines] + live[:-1]
        while above and left > 0:
            text = above.pop()
            count = self._recut(text, old)
            if count <= left:
                rows += self._recut(text, new)
            else:  # the top edge cuts it
                rows += -(-max(1, cells(sanitize(text)[0]) - (count - left) * old) // new)
            left -= count
        if left > 0:
            return None
        row = min(rows, size.rows)
        self._shift = shift + max(0, row - shift + self._rows_below_cursor(new) - size.rows)
        return row

    def _followed_row(self) -> int:
        """Return the cursor's row without a report; if it is unknown the lowest that it may be in."""
        if self._row is not None:
            return self._row
        return self._size.rows if self._may_have_lost_rows else max(1, self._size.rows - self._below)

    def _find_region(self, row: int, held: int, column: int) -> _RepaintRegion:
        """Find the written lines that are on the screen, counting upward from the cursor in row `row`, from 1."""
        below = self._volatile_above(column)
        room = row - 1 - below
        kept = len(self._lines)
        if room <= 0:  # the volatile rows alone reach over the top
            return _RepaintRegion(0, row - 1, kept)
        up = -self._rows_cut_off
        while kept and up < room and self._lines[kept - 1][0] >= held:
            up += self._rows_of(self._lines[kept - 1][1])
            kept -= 1
        if up <= room:
            return _RepaintRegion(0, max(0, below + up), kept, leaves_row=below + up < 0)
        cut = self._rows_of(self._lines[kept][1]) - (up - room)  # visible rows of the cut line
        return _RepaintRegion(cut, below + room - cut, kept + 1)

    def _refilled(self, region: _RepaintRegion, row: int, held: int, column: int) -> _RepaintRegion:
        """Extend a region that reaches the top of the screen by records of the scrollback, until they fill the screen.

        The rows of a line are counted exactly only if its characters have the same width in all terminals: no further
        line is taken back, which might be another writer's.
        """
        above = self._volatile_above(column)
        room = row - 1 - above
        wanted = self._size.rows - 1 - above - self._below
        up, kept = 0, len(self._lines)
        filled = characters = 0  # rows of whole records, and characters of the record at hand, at least
        while kept and self._lines[kept - 1][0] >= held:
            number, text = self._lines[kept - 1]
            is_begun = kept < len(self._lines) and number == self._lines[kept][0]
            if not is_begun:
                filled, characters = filled + -(-characters // self._size.columns), 0
            is_enough = up >= room and filled >= wanted
            plain = sanitize(text)[0]
            if (is_enough and not (is_begun and up < 2 * self._size.rows)) or not plain.isascii():
                break
            characters += max(1, len(plain.lstrip()))
            up += self._rows_of(text)
            kept -= 1
        if room <= 0 or up <= room:
            return region
        return _RepaintRegion(0, row - 1, kept, unscroll=up - room)

    # -- what is written ----------------------------------------------------------------------------------------

    def _follow_row(self, up: int, down: int, back: int) -> None:
        """Track the cursor through `up` rows up, `down` rows down with scrolling, and `back` rows up."""
        if self._row is None:
            self._written += down - up
            if self._written >= self._size.rows:
                self._row = self._size.rows - back
            self._written -= back
        else:
            self._row = max(1, min(self._size.rows, max(1, self._row - up) + down) - back)

    def _wrapped_rows(self, frame: Frame) -> int:
        """Count the rows by which the terminal's wrapping of new lines moves the cursor, at most a screenful."""
        if not self._wraps_lines:
            return 0
        lines = [line for _, text in frame.blocks[-self._size.rows :] for line in text.split("\n")]
        return sum(self._recut(line, self._size.columns) - 1 for line in lines[-self._size.rows :])

    def _go_to_first_row(self, out: list[str]) -> tuple[int, int]:
        """Move to the first row to write: return the number of stale rows from there on, and of rows moved up."""
        repaint, self._repaint = self._repaint, None
        cursor_row_dirty, self._cursor_row_dirty = self._cursor_row_dirty, False
        if self._may_be_in_foreign_row:
            self._may_be_in_foreign_row = False
            out.append(self._leave_foreign_row())
            return self._volatile_from_cursor(), 0
        if repaint is None:
            if not self._volatile:
                out.append("\r" if cursor_row_dirty else "")
                return int(cursor_row_dirty), 0
            above = self._volatile_above()
            out.append("\r" + control.cursor_up(above))
            return above + self._volatile_from_cursor(), above
        if repaint.erase_all:
            self._forget_lines()
            out.append(control.CLEAR_ALL)
            self._row = 1
            return 1, 0
        while len(self._lines) > repaint.kept:
            self._lines.pop()
        self._stale_lines = min(self._stale_lines, len(self._lines))
        if repaint.leaves_row:
            out.append(_NEWLINE)
            self._row = None if self._row is None else min(self._size.rows, self._row + 1)
        out.append("\r")
        if repaint.unscroll:
            out.append(control.unscroll(repaint.unscroll) + control.cursor_up(repaint.up))
            return self._size.rows, repaint.up
        if repaint.scroll:
            out.append(control.scroll_out(repaint.scroll))
        up = repaint.up + repaint.scroll
        out.append(control.cursor_up(up))
        return repaint.up + self._volatile_from_cursor(), up

    def _leave_foreign_row(self) -> str:
        """Return the text that moves to the first column of a row without text of another writer."""
        report = self._position() if self._position else None
        if report is None:
            self._continues_foreign_row = True
            return control.next_free_row(self._size.columns)
        self._continues_foreign_row = False
        is_in_text = report.column > 1
        self._row = min(report.row + is_in_text, self._size.rows)
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
        """Return the sequence that erases rows downward from the cursor, with what marks they have."""
        if self._model.keeps_wrap_marks:
            return control.replace_rows(rows)
        return control.CLEAR_DOWN if rows and self._model.keeps_end_marks else control.clear_rows(rows)

    def _remember(self, frame: Frame) -> None:
        blocks = frame.blocks[-_MAX_LINES:]
        if self._continues_foreign_row and blocks:
            self._continues_foreign_row = False
            blocks = blocks[1:]
        before = len(self._lines)
        added = 0
        for block in blocks:
            lines = [block]
            if len(block[1]) >= _LARGE_RECORD_CHARS:  # of a huge record no more rows than a screen may show
                lines = [(block[0], row) for row in block[1].rsplit("\n", _MAX_LINES)[-_MAX_LINES:]]
            self._lines.extend(lines)
            added += len(lines)
        self._stale_lines = max(0, self._stale_lines - max(0, before + added - _MAX_LINES))

    def _forget_lines(self) -> None:
        self._lines.clear()
        self._stale_lines = 0

    def _split_lines(self) -> None:
        """Split the remembered texts into lines; deferred until a new width requires it."""
        self._lines = deque(
            [(number, line) for number, text in self._lines for line in text.split("\n")], maxlen=_MAX_LINES
        )

    def _clip(self, volatile: list[str]) -> list[str]:
        """Return the lowest volatile rows that leave at least one row of the log visible."""
        return volatile[-max(1, self._size.rows - 1) :]
