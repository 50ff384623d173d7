"""Inline: the normal screen, where everything stays in the user's scrollback; repainted when the width changes.

Rules of this file:
- Nothing above our first row is ours. Nothing is erased but rows that we wrote, and those only to write their records
  again. The scrollback is erased (CSI 3 J) under ``rewrap="all"`` alone.
- A *line* here is what we wrote between two newlines: never wider than the width it was laid out for. A terminal that
  reflows re-cuts each line by itself when its width changes: a line of n cells then takes ceil(n / width) rows, and
  the cursor moves with it. One that does not reflow keeps it one row. We hear of it afterwards.
- So on a new width: know the cursor's row (asked, or else assumed), count upward through our lines, re-cut, to the top
  of the screen, and lay out again exactly the records that begin there. If the top edge cuts a line, what is left of
  that line is scrolled out first: a terminal keeps a mark that the cut row goes on below, and would join whatever
  we wrote there to it the next time it reflows.
- Rows are erased one by one (EL) before any is written, never downward (ED): tmux copies what ED erases from the
  top-left corner into its scrollback.
- The volatile rows, live lines and pins, lie under the log and are rewritten with each frame that changes anything.
  Between frames the cursor is at the end of the last live row (a prompt waits there); if no line is live, in the
  first column under the log, where the first pin is. So a screen that becomes lower loses pins at its bottom, and
  does not push them into the scrollback; and what others write comes right under the log.
- One frame is one write, between the marks of a synchronized update if it rewrites anything.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.core.frames import Size
from reflowlog.terminal import control

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.frames import Frame
    from reflowlog.terminal.output import Output

__all__ = ["CursorReport", "InlinePainter"]

_NEXT = "\r\n"  # whatever the terminal's driver makes of a newline alone
_LONG = 16_384  # characters of a record whose rows are remembered one by one
_REMEMBERED = 1024  # lines: each takes a row at least, so no screen of fewer rows shows more


class CursorReport(NamedTuple):
    """What a terminal answered: its cursor's row, from 1, and its own idea of its size."""

    row: int
    columns: int
    rows: int


_Line = tuple[int, str]  # the number of the record it belongs to, and what was written, a line or several


class _RepaintRegion(NamedTuple):
    """How the region that is laid out again lies on the screen."""

    scroll: int  # rows to push out at the top first
    up: int  # rows from the cursor to its first row
    kept: int  # of our lines, how many stay as they are
    erase_all: bool = False


class InlinePainter:
    """Appends to the normal screen, and lays out again what is still on it.

    All methods are for the printer thread.

    Args:
        output: where to write.
        size: the terminal's, now.
        recut: how many rows a line takes in a terminal of so many columns that reflows.
        reflows: whether the terminal re-cuts its lines when its width changes.
        locate: asks the terminal for its cursor; None where its answers are not ours to read. It may answer None.
        rewrap_all: whether a new width lays out everything since the start, which erases the scrollback.
        keeps_row: whether the terminal leaves the cursor in its row when its width changes. Without `locate` the row
            is then followed from the moment on in which what is written has filled the screen; else, and until
            then, the cursor is taken to be in the lowest row: what is above the screen is then shown twice.
    """

    def __init__(
        self,
        output: Output,
        size: Size,
        *,
        recut: Callable[[str, int], int],
        reflows: bool = True,
        locate: Callable[[], CursorReport | None] | None = None,
        rewrap_all: bool = False,
        keeps_row: bool = False,
    ) -> None:
        self._output = output
        self._size = size
        self._recut = recut if reflows else lambda _text, _columns: 1
        self._locate = locate
        self._rewrap_all = rewrap_all
        self._lines: deque[_Line] = deque(maxlen=_REMEMBERED)
        self._volatile: list[str] = []
        self._lost = False  # whether the screen may have lost the lowest of them
        self._live = 0  # how many of the volatile rows are live; the cursor is in the last of them
        self._redo: _RepaintRegion | None = None
        self._cursor_row_dirty = False
        self._keeps_row = keeps_row
        self._row: int | None = None  # the cursor's, from 1, where it is known without asking
        self._written = 0  # rows, until the row is known

    @property
    def columns(self) -> int:
        """The terminal's width, as far as it is known."""
        return self._size.columns

    def resize(self, size: Size, held: int = 0) -> int | None:
        """Take note of a new size.

        Args:
            size: as the kernel has it.
            held: the number of the oldest record that can be laid out again; what is older stays as it is.

        Returns:
            The number of the first record to lay out again, for the next frame, which has to be ``again``; None if
            the width is the same or nothing of ours is on the screen.
        """
        same_width = size.columns == self._size.columns
        if size.rows != self._size.rows or not self._keeps_row:
            self._row = None
        self._lost = self._lost or size.rows < self._size.rows
        self._size = size
        if same_width:
            return None
        was_below = len(self._volatile) - max(1, self._live) if self._volatile else 0
        if self._rewrap_all:
            self._redo = _RepaintRegion(0, 0, 0, erase_all=True)
            return 0
        self._output.drain()  # the terminal is to answer for what it has been sent
        place = self._locate() if self._locate else None
        if place is not None:
            self._size = Size(place.columns, place.rows)  # as the terminal itself has it
        self._split_lines()
        if place is not None:
            self._row = place.row
        else:  # the lowest row stays the lowest, and the rows between it and the cursor may be more now, or fewer
            below = self._volatile_from_cursor() - 1
            if self._row is None:  # after a lower screen has lost what is below: rather a copy than a row cut for ever
                self._row = self._size.rows if self._lost else max(1, self._size.rows - below)
            else:
                self._row = max(1, self._row + was_below - below)
        self._redo = self._find_region(self._row, held)
        oldest = self._redo.kept - (self._redo.scroll > 0)  # the record that the top edge cuts is still on the screen
        return self._lines[oldest][0] if oldest < len(self._lines) else None

    def paint(self, frame: Frame) -> None:
        """Write a frame. Raises `OutputClosed`, and OSError as writing does."""
        volatile = self._clip([*frame.live, *frame.pins])
        live = max(0, len(volatile) - len(frame.pins))
        changed = volatile != self._volatile or (self._lost and len(self._volatile) > max(1, self._live))
        if not frame.blocks and not changed and self._redo is None:
            return
        out: list[str] = []
        stale, up = self._go_to_first_row(out)
        self._write_rows(out, [text for _, text in frame.blocks], volatile, live, stale)
        self._remember(frame)
        self._volatile, self._live, self._lost = volatile, live, False
        back = len(volatile) - max(1, live) if volatile else 0
        self._follow_row(up, out[-1].count("\n"), back)
        if len(volatile) > live:
            out.append(control.cursor_up(back) + "\r")
            out += volatile[live - 1 : live]  # once more, so that the cursor is at its end
        text = "".join(out)
        self._output.write(control.SYNC_BEGIN + text + control.SYNC_END if stale else text)

    def drain(self) -> None:
        """Return once all frames are written."""
        self._output.drain()

    def resume(self) -> None:
        """Others have used the terminal: nothing above the cursor is ours any more."""
        self._lines.clear()
        self._volatile, self._live = [], 0
        self._redo = None
        self._row = None
        self._written = 0

    def cursor_row_dirty(self) -> None:
        """The terminal has echoed something into the cursor's row: it is blanked with the next frame."""
        self._cursor_row_dirty = True

    def close(self) -> None:
        """Leave the cursor in the first column of a row of its own, under all that is there."""
        if self._volatile:
            down = len(self._volatile) - max(0, self._live - 1)
            self._volatile, self._live = [], 0
            self._output.write(_NEXT * down)
        elif self._cursor_row_dirty:
            self._output.write("\r" + control.CLEAR_ROW)
        self._cursor_row_dirty = False

    # -- where things are ---------------------------------------------------------------------------------------

    def _rows_of(self, text: str) -> int:
        return self._recut(text, self._size.columns)

    def _volatile_above(self) -> int:
        """Rows of the volatile part above the cursor's own."""
        return sum(map(self._rows_of, self._volatile[: self._live])) - 1 if self._live else 0

    def _volatile_from_cursor(self) -> int:
        """Rows from the cursor's own on that may hold something of ours."""
        below = sum(map(self._rows_of, self._volatile[self._live :]))
        return below + 1 if self._live else max(1, below)

    def _find_region(self, row: int, held: int) -> _RepaintRegion:
        """Which of our lines are on the screen, counted upward from the cursor, which is in that row, from 1."""
        below = self._volatile_above()
        room = row - 1 - below
        kept = len(self._lines)
        if room <= 0:  # the volatile rows alone reach over the top
            return _RepaintRegion(0, row - 1, kept)
        up = 0
        while kept and up < room and self._lines[kept - 1][0] >= held:
            up += self._rows_of(self._lines[kept - 1][1])
            kept -= 1
        if up <= room:
            return _RepaintRegion(0, below + up, kept)
        cut = self._rows_of(self._lines[kept][1]) - (up - room)  # rows of the cut line that are still in sight
        return _RepaintRegion(cut, below + room - cut, kept + 1)

    # -- what is written ----------------------------------------------------------------------------------------

    def _follow_row(self, up: int, down: int, back: int) -> None:
        """The cursor has gone so many rows up, then down, scrolling at the lowest, and back up again."""
        if self._row is None:
            self._written += down - up
            if self._written >= self._size.rows:
                self._row = self._size.rows - back
            self._written -= back
        else:
            self._row = max(1, min(self._size.rows, max(1, self._row - up) + down) - back)

    def _go_to_first_row(self, out: list[str]) -> tuple[int, int]:
        """Move to where new rows go: how many rows from there on hold something of ours, and how far up that is."""
        redo, self._redo = self._redo, None
        cursor_row_dirty, self._cursor_row_dirty = self._cursor_row_dirty, False
        if redo is None:
            if not self._volatile:
                out.append("\r" if cursor_row_dirty else "")
                return int(cursor_row_dirty), 0
            above = self._volatile_above()
            out.append("\r" + control.cursor_up(above))
            return above + self._volatile_from_cursor(), above
        if redo.erase_all:
            self._lines.clear()
            out.append(control.CLEAR_ALL)
            self._row = 1
            return 1, 0
        while len(self._lines) > redo.kept:
            self._lines.pop()
        out.append("\r")
        if redo.scroll:
            out.append(control.scroll_out(redo.scroll))
        up = redo.up + redo.scroll
        out.append(control.cursor_up(up))
        return redo.up + self._volatile_from_cursor(), up

    def _write_rows(self, out: list[str], texts: list[str], volatile: list[str], live: int, stale: int) -> None:
        """Blank what is left of the old rows, then write the new ones over them."""
        rows = [*texts, *volatile[:live]]
        text = "\n".join(rows)
        if rows and (len(volatile) > live or not volatile):
            text += "\n"
        if len(volatile) > live:
            text += control.WRAP_OFF + "\n".join(volatile[live:]) + control.WRAP_ON
        out.append(control.clear_rows(stale))
        out.append(text.replace("\n", _NEXT))

    def _remember(self, frame: Frame) -> None:
        for block in frame.blocks[-_REMEMBERED:]:
            if len(block[1]) < _LONG:
                self._lines.append(block)
            else:  # of a giant no more than may be on a screen
                self._lines.extend([(block[0], row) for row in block[1].rsplit("\n", _REMEMBERED)[-_REMEMBERED:]])

    def _split_lines(self) -> None:
        """Take what is remembered apart into lines; that is put off until a new width asks for it."""
        self._lines = deque(
            [(number, line) for number, text in self._lines for line in text.split("\n")], maxlen=_REMEMBERED
        )

    def _clip(self, volatile: list[str]) -> list[str]:
        """The lowest volatile rows, so many that a row of the log still shows above them."""
        return volatile[-max(1, self._size.rows - 1) :]
