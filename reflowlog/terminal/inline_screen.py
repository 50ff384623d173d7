"""Where an inline painter's rows are on the screen, and which of them a new size requires to be laid out again. Pure.

Invariants:
- A terminal that reflows re-cuts each line by itself when its width changes: a line of n cells then takes
  ceil(n / width) rows, and the cursor moves with it. A terminal that does not reflow keeps the line in one row.
- On a new width: determine the cursor's row (reported, followed from the writes, or else assumed to be the lowest),
  count upward through the written lines, re-cut, to the top of the screen, and lay out again exactly the records that
  begin there. If the top edge cuts a line, its visible rows are scrolled out first: a terminal keeps a mark that the
  cut row continues below, and would join whatever is written there to it at its next reflow.
- On a greater height a terminal brings rows back from its scrollback, in foot on any other size; in others, which fill
  their screen, on a smaller one too where rows under the cursor were free. If lines among them were laid out for
  another width (`WrittenLines.stale`), the screen is laid out again as on a new width, unless the cursor's row is
  unknown.
- A terminal that can take rows back from its scrollback (`TerminalModel.unscrolls`) is filled: the line that the top
  edge cuts, and the lines above it, come back and are laid out again, so none is there twice. Only where the cursor's
  row is reported, and over lines of ASCII, whose rows are counted exactly.
- Counting upward never reaches above the log: a line that may have been left as it was (in a terminal that may not
  reflow, or the cursor's line where its re-cutting is not confirmed) counts as one row. What is counted too low leaves
  a copy behind, what would be counted too high would be overwritten.
- urxvt cuts off what has no room while its scrollback is empty. Lines that may have been cut off count as one row each,
  and rows that it may have dropped as none.
- While a burst of resizes lasts (`note_size`), the terminal's true width is unknown: tmux resizes its panes' ttys only
  every 250 ms. So rows are counted as one a line until `end_burst`, and none is laid out again.
- A size that is reported right after a repaint may have been the terminal's when the repaint reached it. If that is
  wider, the repaint may have overwritten records above its region: they are laid out again with the next one, and no
  row above that region is touched any more (`terminal/last_repaint.py`). Not where the terminal reports its own size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.frames import Size
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.terminal.last_repaint import LastRepaint
from reflowlog.terminal.reflow_models import UNKNOWN, TerminalModel, model_by_version
from reflowlog.terminal.written_lines import WrittenLines
from reflowlog.text.clean.cells import cells
from reflowlog.text.clean.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.frames import RenderedRecord

__all__ = ["CursorReport", "InlineScreen", "RepaintRegion", "SizeChange"]

_UNNOTICED_NARROWING = 4  # times by which a terminal may have become narrower before its new size is reported


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


class RepaintRegion(NamedTuple):
    """The part of the screen that is laid out again."""

    scroll: int  # rows to scroll into the scrollback first
    up: int  # rows from the cursor up to the first row of the region
    kept: int  # number of remembered lines above the region, which stay as they are
    erase_all: bool = False
    leaves_row: bool = False  # the cursor may be in a row of another writer, and has to leave it first
    unscroll: int = 0  # rows to take back from the scrollback first; the region is then the whole screen

    @property
    def oldest(self) -> int:
        """Number of lines above the first one to lay out again, which may be the one that the top edge cuts."""
        return self.kept - (self.scroll > 0)


class SizeChange(NamedTuple):
    """Reasons to look for rows to lay out again, since the last look."""

    is_new_width: bool  # lines are cut otherwise
    may_refill: bool  # rows of the scrollback can be taken back


class InlineScreen:
    """Follows the rows of an inline painter. Printer thread only.

    Its many attributes are what a size changes together; all that is known of the lines is in `WrittenLines`.

    Args:
        size: the terminal's present size.
        recut: returns the number of rows that a line takes in a terminal of the given columns that reflows.
        model: the terminal's behaviour on a new size; the answer to XTVERSION replaces it.

    Attributes:
        size: the terminal's size, as last reported.
        model: the terminal's behaviour.
        lines: the lines that were written.
        volatile: the rows of live lines and pins, under the log.
        live: number of volatile rows that are live; the cursor is in the last of them.
        may_have_lost_rows: whether the screen may have lost the lowest volatile rows.
        in_burst: whether the size may change again at once, between `note_size` and `end_burst`.
        continues_foreign_row: whether the next record may be joined to another writer's text when the terminal reflows.
    """

    def __init__(self, size: Size, recut: Callable[[str, int], int], model: TerminalModel) -> None:
        self.size = size
        self.model = model
        self.lines = WrittenLines()
        self.volatile: list[str] = []
        self.live = 0
        self.may_have_lost_rows = False
        self.continues_foreign_row = False
        self._recut = recut
        self._width_changed = False  # since the screen was laid out
        self._has_grown = False  # in height, or rows have moved down: rows of the scrollback are back, or can be taken
        self._has_shrunk = False  # in height: rows of the scrollback may be back where rows under the cursor were free
        self._may_be_cut_off = False  # the terminal may have cut lines off, for a size since the last look
        self._rows_cut_off = 0  # rows above the cursor that it may have dropped with that
        self._was_written = False  # something is or was in the lowest volatile row, or else in the cursor's row
        self.in_burst = False
        self._below = 0  # rows of pins under the cursor's row, as the terminal has cut them
        self._shift = 0  # rows by which the text has moved up under the cursor, see `_row_under_top`
        self._cut_off_before = False, 0  # both before the region was found
        self._last_repaint: LastRepaint | None = None  # of rows above which no other writer has written since
        self._first_doubtful: int | None = None  # number of the first record that it may have overwritten
        self._row: int | None = None  # the cursor's row, from 1, where it is known without a query
        self._written = 0  # rows written, until the cursor's row is known

    # -- sizes --------------------------------------------------------------------------------------------------

    def note_size(self, size: Size) -> None:
        """Take over a size that may change again at once: until `end_burst`, rows are counted as one a line."""
        is_new_width = size.columns != self.size.columns
        below, self._below = self._below, self._rows_below_cursor(size.columns)
        if self.model.keeps_unscrolled or self.lines.are_more_than((self._row or self.size.rows) - 1):
            self._row = self._row_after(size, below)
        else:  # there may be nothing in the scrollback
            self._cut_off(size)
        self._has_grown = self._has_grown or size.rows > self.size.rows or self.model.keeps_row == "bottom"
        self._has_shrunk = self._has_shrunk or size.rows < self.size.rows
        if is_new_width:
            self._width_changed = True
            self._written = self._written if self.model.keeps_row == "always" else 0
        self.may_have_lost_rows = self.may_have_lost_rows or size.rows < self.size.rows
        self.size = size
        self.in_burst = True

    def end_burst(self, *, can_locate: bool) -> SizeChange | None:
        """Return why rows may have to be laid out again for the present size, which is at rest; None: they need not."""
        self.in_burst = False
        has_grown, self._has_grown = self._has_grown, False
        has_shrunk, self._has_shrunk = self._has_shrunk, False
        is_new_width, self._width_changed = self._width_changed or self._may_be_cut_off, False
        may_refill = has_grown and self.model.unscrolls and can_locate
        may_be_back = has_grown or has_shrunk if can_locate else has_grown and self._row is not None
        may_show_stale = self.lines.stale > 0 and may_be_back
        return SizeChange(is_new_width, may_refill) if is_new_width or may_refill or may_show_stale else None

    def find_region(self, change: SizeChange, report: CursorReport | None, held: int) -> RepaintRegion | None:
        """Return the region to lay out again; None if all visible lines are laid out for this width.

        Args:
            change: why it is looked for.
            report: the terminal's answer after all that was written; None if there is none.
            held: number of the oldest record that can be laid out again; older ones stay as they are.
        """
        if report is not None:
            self.size = Size(report.columns, report.rows)  # the terminal's own, which may be newer than the kernel's
            self.model = model_by_version(report.version) or self.model
            if self.model.keeps_row == "top" and self._row != report.row:
                self._shift = max(0, report.row + self._rows_below_cursor(self.size.columns) - self.size.rows)
            elif self._row != report.row:
                self._shift = 0
            self._row = report.row
        else:
            self._row = self._followed_row()
        self.lines.split()
        if change.is_new_width:
            self.lines.mark_stale()
        column = report.column if report else 0
        region = self._region_on_screen(self._row, held, column)
        if report is not None and self.model.unscrolls:
            region = self._refilled(region, self._row, held, column)
        self._cut_off_before = self._may_be_cut_off, self._rows_cut_off
        self._may_be_cut_off, self._rows_cut_off = False, 0
        is_needed = change.is_new_width or change.may_refill or region.oldest < self.lines.stale
        return region if is_needed else None

    def find_newest(self, first: int) -> RepaintRegion | None:
        """Return the region of the newest records, from a number on; None if not all their rows are on the screen."""
        if self.in_burst or self.continues_foreign_row or self._may_be_cut_off:
            return None
        self.lines.split()
        kept = len(self.lines)
        up = self.volatile_above()
        while kept and self.lines[kept - 1][0] >= first:
            kept -= 1
            up += 1  # they were laid out for this width
        if kept < self.lines.stale or kept == len(self.lines) or self.lines[kept][0] != first:
            return None
        return RepaintRegion(0, up, kept) if up < (self._row or self.size.rows) else None

    def disown(self, first: int) -> None:
        """Take over that the newest records, from a number on, are to be written over at the end of the burst.

        Their rows belong to the record that gets that number next, so that it is laid out again with what follows it.
        """
        self.lines.renumber(first)
        self._width_changed = True

    def begin_region(self, region: RepaintRegion, blocks: Sequence[RenderedRecord]) -> None:
        """Forget the lines of a region that is written now, beginning with `blocks`, the records to lay out again."""
        lines = list(self.lines)
        erased = [text for _, text in lines[region.kept :]] + self.volatile[: max(0, self.live - 1)]
        first, text = blocks[0] if blocks else (self._next_number(), "")
        rows = text.count("\n") + 1 if blocks else 0
        self._last_repaint = LastRepaint(region.up + region.unscroll, lines[: region.kept], erased, first, rows)
        self._first_doubtful = None
        self.lines.truncate(region.kept)

    def doubt_region(self, columns: int) -> None:
        """Take over that the terminal may have had another width when the last region was laid out again.

        If rows above that region may have been overwritten, none of them is taken for this painter's any more, and
        their records are laid out again with the next region.
        """
        repaint = self._last_repaint
        if repaint is None or not self.model.reflows:
            return

        def rows_of(text: str) -> int:
            return self._recut(text, columns)

        overwritten = repaint.extent - sum(map(rows_of, repaint.erased))
        if overwritten > 0:
            self.lines.keep_from(repaint.first, repaint.rows)
            numbers = repaint.numbers_above(overwritten, rows_of)
            doubtful = repaint.first if self._first_doubtful is None else self._first_doubtful
            self._first_doubtful = min([*numbers, doubtful])

    def first_record(self, region: RepaintRegion) -> int | None:
        """Return the number of the first record to lay out again in a region; None: no remembered one is in it.

        If records above it may have been overwritten, they come again too, with those that are on the screen if they
        have not, and with those that were written since, up to two screenfuls.
        """
        if self._first_doubtful is not None and self._last_repaint and region.oldest <= 2 * self.size.rows:
            room = (self._row or self.size.rows) - 1 - region.up
            return min([self._first_doubtful, *self._last_repaint.numbers_above(room, self._rows_of)])
        numbers = [number for number, _ in list(self.lines)[region.oldest :]]
        return min(numbers, default=None)  # not that of the first line, if records came once more before others

    def _next_number(self) -> int:
        return self.lines[-1][0] + 1 if self.lines else 0

    def drop_region(self) -> None:
        """Take over that the last region was not laid out: it is looked for again at the end of the next burst."""
        self._width_changed = True
        self._may_be_cut_off, self._rows_cut_off = self._cut_off_before

    def _row_after(self, size: Size, below: int) -> int | None:
        """Return the cursor's row after a new size, with `below` rows of pins under it before; None if unknown.

        If it is scrolled out, the cursor stays in the first row, and the text has moved up under it (`_shift`).
        """
        row = self.model.row_after(self._row, self.size, size)
        if row is None:
            return self._row_under_top(size) if self.model.keeps_row == "top" else None
        if self.model.keeps_row == "bottom":
            is_lowest = self._row is None or self._row + below >= self.size.rows
            return max(1, row - self._below - (self._was_written and not is_lowest))
        old_shift, self._shift = self._shift, 0
        shift = self._shift_after(old_shift, size.columns)
        below, now = below - old_shift, self._below - shift
        if self.model.on_shrinkage == "clip below line" and size.rows < self.size.rows and self._row is not None:
            row = min(self._row + below - now, size.rows - self._rows_of_pin_below_cursor(size.columns, shift))
        elif below <= size.rows - row or self.model.on_shrinkage in ("scroll", "scroll all"):
            row += below - now  # the lowest row stays the lowest, and pins above it may take more rows now
        elif self.model.reflows:
            self._clip_pins(size.rows - row + shift)  # at their old width
            self._below = self._rows_below_cursor(size.columns)
            row = size.rows - self._below + shift
        if row < 1 and self.model.on_shrinkage == "scroll all" and not self.live:
            self.lines.append_blank_rows(1 - row)
        elif row < 1 and self.model.on_shrinkage == "clip below line":  # which row of the pins that is now is unknown
            self.lines.clear()
        else:
            self._shift = shift + max(0, 1 - row)
        return max(1, row)

    def _shift_after(self, shift: int, columns: int) -> int:
        """Return the rows by which the text is above the cursor at a new width, if it was by so many at the old one."""
        left, rows = shift - bool(self.live), int(bool(shift and self.live))
        for pin in self.volatile[self.live :]:
            count = self._recut(pin, self.size.columns)
            if left < count:
                return rows + max(0, left) * self.size.columns // columns
            left -= count
            rows += self._recut(pin, columns)
        return rows

    def _cut_off(self, size: Size) -> None:
        """Take over a size for which a terminal may have cut lines off, and whole rows at the bottom."""
        self._may_be_cut_off = self._may_be_cut_off or size.columns != self.size.columns or size.rows < self.size.rows
        row = self._row or self.size.rows
        self._rows_cut_off += max(0, row - size.rows)
        if self._row is not None:  # the lowest that it may be in
            self._row = min(row + max(0, size.rows - self.size.rows), size.rows)

    # -- writes -------------------------------------------------------------------------------------------------

    def clipped(self, volatile: list[str]) -> list[str]:
        """Return the lowest volatile rows that leave at least one row of the log visible."""
        return volatile[-max(1, self.size.rows - 1) :]

    def remember(self, records: Sequence[RenderedRecord]) -> None:
        """Remember records that were written, except one that may be joined to another writer's text."""
        if self.continues_foreign_row and records:
            self.continues_foreign_row = False
            records = records[1:]
        self.lines.append(records)

    def follow(self, volatile: list[str], live: int, up: int, down: int) -> int:
        """Take over the volatile rows of a frame that moved the cursor up and then, with scrolling, down.

        Returns:
            The number of rows from there up to the cursor's place between frames, above pins.
        """
        self.volatile, self.live, self.may_have_lost_rows = volatile, live, False
        self._shift = 0
        self._was_written = bool(volatile) or (self._was_written and not down)
        self._below = back = len(volatile) - max(1, live) if volatile else 0
        if self._row is None:
            self._written += down - up
            if self._written >= self.size.rows:
                self._row = self.size.rows - back
            self._written -= back
        else:
            self._row = max(1, min(self.size.rows, max(1, self._row - up) + down) - back)
        return back

    def place_cursor(self, row: int) -> None:
        """Take over the cursor's row where it is known, at most the lowest."""
        self._row = min(row, self.size.rows)

    def leave_row(self) -> None:
        """Take over that the cursor has moved to the next row, where its row is known."""
        if self._row is not None:
            self.place_cursor(self._row + 1)

    def restart(self) -> None:
        """Take over that the screen was erased, and the cursor is in its first row."""
        self.lines.clear()
        self._last_repaint = self._first_doubtful = None
        self._row = 1
        self._may_be_cut_off, self._rows_cut_off = False, 0

    def forget(self, *, keeps_pins: bool) -> None:
        """Give up all rows, or all but the pins under the cursor."""
        self.volatile, self.live, self._shift = self.volatile[self.live :] if keeps_pins else [], 0, 0
        self._below = self._below if keeps_pins else 0
        self.lines.clear()
        self._last_repaint = self._first_doubtful = None
        self._row = None
        self._written = 0

    def count_wrapped_rows(self, records: Sequence[RenderedRecord]) -> int:
        """Count the rows by which the terminal's wrapping of new lines moves the cursor, at most a screenful."""
        lines = [line for _, text in records[-self.size.rows :] for line in text.split("\n")]
        return sum(self._recut(line, self.size.columns) - 1 for line in lines[-self.size.rows :])

    # -- where things are ---------------------------------------------------------------------------------------

    def volatile_above(self, column: int = 0) -> int:
        """Count the volatile rows above the cursor's row; `column` is the cursor's, 0 if it is not known."""
        if not self.live:
            return self._shift
        if self.in_burst or self.continues_foreign_row:
            return self.live - 1
        rows = sum(map(self._rows_of, self.volatile[: self.live - 1]))
        return rows + self._rows_of_cursor_line(self.volatile[self.live - 1], column) - 1 + self._shift

    def volatile_from_cursor(self) -> int:
        """Count the rows from the cursor's row downward that may hold text of this painter, at least as many as do.

        The terminal may have become narrower since its size was reported, and have cut pins into more rows.
        """
        if not self.model.reflows and self.model is not UNKNOWN:
            return max(1, len(self.volatile) - max(0, self.live - 1))
        columns = max(1, self.size.columns // _UNNOTICED_NARROWING)
        first = self.live - 1 if self.live and self.model.moves_to_line_start else self.live
        below = sum(self._recut(text, columns) for text in self.volatile[first:])
        return min(self.size.rows, below + 1 if self.live and first == self.live else max(1, below))

    def _rows_of(self, text: str) -> int:
        """Count the rows of a line, at most as many as it takes."""
        is_recut = self.model.reflows and not self.in_burst and not self._may_be_cut_off
        return self._recut(text, self.size.columns) if is_recut else 1

    def _rows_of_cursor_line(self, text: str, column: int) -> int:
        """Count the rows of the line that the cursor is at the end of, at most as many as it takes.

        Where the cursor is tells whether the line was re-cut, unless that is the last column: it is there in a line
        that was cut off at the edge, too. Then, and if the column is not known, the terminal's model decides.
        """
        width = self.size.columns
        rows = self._rows_of(text)
        if rows == 1 or self.model.moves_to_line_start:
            return 1
        expected = cells(sanitize(text)[0]) % width + 1
        if column and expected != width:
            return rows if column == expected else 1
        return rows if self.model.reflows_cursor_line else 1

    def _rows_below_cursor(self, columns: int) -> int:
        """Count the rows of pins under the cursor's row at a width, at most as many as there are."""
        pins = self.volatile[self.live :]
        if not self.model.reflows:
            return len(pins) - (not self.live and bool(pins))
        rows = [self._recut(pin, columns) for pin in pins]
        if self.live and self.model.moves_to_line_start:
            return sum(rows) + self._recut(self.volatile[self.live - 1], columns) - 1
        if self.live or not pins:
            return sum(rows)
        return sum(rows) - (1 if self.model.reflows_cursor_line else rows[0])

    def _rows_of_pin_below_cursor(self, columns: int, shift: int) -> int:
        """Count the rows below the cursor's row that its line takes at a width, if that is a pin.

        Args:
            columns: the width.
            shift: rows by which the text is above the cursor.
        """
        left = shift - bool(self.live)
        for pin in self.volatile[self.live :] if self.model.reflows and left >= 0 else ():
            count = self._recut(pin, columns)
            if left < count:
                return count - 1 - left
            left -= count
        return 0

    def _clip_pins(self, rows: int) -> None:
        """Take over that no more rows than these are left below the cursor's, of pins at the present width."""
        left = rows + (not self.live)
        pins: list[str] = []
        for pin in self.volatile[self.live :]:
            count = self._recut(pin, self.size.columns)
            if left > 0:
                pins.append(pin if count <= left else sanitize(pin)[0][: left * self.size.columns])
            left -= count
        self.volatile[self.live :] = pins

    def _row_under_top(self, size: Size) -> int | None:
        """Return the cursor's row after a new size that leaves the first row of the screen in its place.

        If rows of pins under the cursor have no room, all text moves up under the cursor, which stays.

        Returns:
            None if it is unknown: another writer's rows are above it.
        """
        shift, self._shift = self._shift, 0
        if self._row is None:
            return None
        self.lines.split()
        old, new = self.size.columns, size.columns
        live = self.volatile[: self.live]
        left = self._row - 1 - shift
        shift = shift * old // new
        rows = 1 + shift
        if live and self.model.reflows_cursor_line:
            left -= self._recut(live[-1], old) - 1
            rows += self._recut(live[-1], new) - 1
        above = [text for _, text in self.lines] + live[:-1]
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
        return self.size.rows if self.may_have_lost_rows else max(1, self.size.rows - self._below)

    def _region_on_screen(self, row: int, held: int, column: int) -> RepaintRegion:
        """Find the written lines that are on the screen, counting upward from the cursor in row `row`, from 1."""
        below = self.volatile_above(column)
        room = row - 1 - below
        kept = len(self.lines)
        if room <= 0 and not self._rows_cut_off:  # the volatile rows alone reach over the top
            return RepaintRegion(0, row - 1, kept)
        room = max(0, room)
        up = -self._rows_cut_off
        while kept and up < room and self.lines[kept - 1][0] >= held:
            up += self._rows_of(self.lines[kept - 1][1])
            kept -= 1
        if up <= room:
            return RepaintRegion(0, max(0, below + up), kept, leaves_row=below + up < 0)
        cut = self._rows_of(self.lines[kept][1]) - (up - room)  # visible rows of the cut line
        return RepaintRegion(cut, below + room - cut, kept + 1)

    def _refilled(self, region: RepaintRegion, row: int, held: int, column: int) -> RepaintRegion:
        """Extend a region that reaches the top of the screen by records of the scrollback, until they fill the screen.

        The rows of a line are counted exactly only if its characters have the same width in all terminals: no further
        line is taken back, which might be another writer's.
        """
        above = self.volatile_above(column)
        room = row - 1 - above
        # Of what is under the log a pin takes one row at any width, and a live line one or more.
        wanted = self.size.rows - max(1, len(self.volatile) - max(0, self.live - 1))
        up, index = 0, len(self.lines)
        filled = characters = 0  # rows of whole records, and characters of the record at hand, at least
        while index and self.lines[index - 1][0] >= held:
            number, text = self.lines[index - 1]
            is_begun = index < len(self.lines) and number == self.lines[index][0]
            if not is_begun and characters:  # at each break one blank may be left out
                filled, characters = filled + -(-(characters + 1) // (self.size.columns + 1)), 0
            is_enough = up >= room and filled >= wanted
            plain = sanitize(text)[0]
            if (is_enough and not (is_begun and up < 2 * self.size.rows)) or not plain.isascii():
                break
            characters += max(1, len(" ".join(plain.split())))
            up += self._rows_of(text)
            index -= 1
        if room <= 0 or up <= room:
            return region
        return RepaintRegion(0, row - 1, index, unscroll=up - room)
