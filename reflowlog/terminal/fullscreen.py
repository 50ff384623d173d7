"""Painter of the alternate screen, which writes only the rows that differ from the previous frame.

Invariants:
- The screen's content is remembered, not queried: a frame is compared with the previous one, and the differing rows
  are written in one write. Equal frames write nothing.
- Rows are erased one by one (EL) and before their text: while a wrap is pending, after a row as wide as the screen,
  erasing would take its last cell away in xterm.
- A frame that equals the previous one moved up or down is scrolled by the terminal itself, which over a slow line is
  the difference between one row and all of them. Line feed and reverse index do that in every terminal that has a
  scrolling region; the region is the whole screen again at the end of the same write.
- Rows arrive rendered and are trusted to be at most as wide as the screen. A terminal that draws a character wider than
  it was counted cannot overflow into the next row, nor scroll at the last one: automatic wrap is off meanwhile.
- Nothing is written before `enter` or after `leave`.
"""

from __future__ import annotations

from operator import eq, ne
from typing import TYPE_CHECKING

from reflowlog.render.ansi import RESET
from reflowlog.terminal import control

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.frames import ScreenFrame, Size
    from reflowlog.terminal.output import Output

__all__ = ["FullscreenPainter"]

MAX_DIRECT_ROWS = 3  # changed rows up to which no scrolled frame is searched for


class FullscreenPainter:
    """Draws frames on the alternate screen. Printer thread only; all methods raise `OutputClosed`.

    Args:
        output: where to write.
        mouse: whether the terminal is to report mouse buttons and wheel. It then no longer selects text by itself,
            which is why this is an option.
    """

    def __init__(self, output: Output, *, mouse: bool = False) -> None:
        self._output = output
        self._mouse = mouse
        self._size: Size | None = None  # None: the alternate screen is not entered
        self._was_resized = False  # the size has changed since `enter`
        self._shown: list[str] | None = None  # the rows on the screen; None: unknown
        self._cursor: tuple[int, int] | None = None  # column and row of the visible cursor, from 0

    @property
    def entered(self) -> bool:
        """Whether the alternate screen is active."""
        return self._size is not None

    def enter(self, size: Size) -> None:
        """Switch to the alternate screen and erase it, without a query to the terminal. Idempotent."""
        if self.entered:
            return
        self._size = size
        self._was_resized = False
        self._shown = [""] * size.rows
        self._cursor = None
        modes = control.PASTE_MARKS_ON + (control.MOUSE_ON if self._mouse else "")
        self._output.write(control.ENTER_SCREEN + RESET + control.CLEAR_SCREEN + control.HIDE_CURSOR + modes)

    def leave(self, keep: Sequence[str] = ()) -> None:
        """Restore the main screen, the cursor and the modes. Idempotent.

        Args:
            keep: rows to write there.
        """
        if self._size is None:
            return
        rows = self._size.rows
        self._size = self._shown = None
        # A terminal without an alternate screen continues below its last row; all other terminals restore their cursor.
        below = control.RESET_REGION + control.cursor_to(rows) + control.CLEAR_ROW
        if self._was_resized:  # tmux then leaves the parts of rows beyond the old width in the scrollback
            below = control.RESET_REGION + control.CLEAR_SCREEN
        modes = (control.MOUSE_OFF if self._mouse else "") + control.PASTE_MARKS_OFF
        lines = "".join([f"{row}\r\n" for row in keep])
        self._output.write(RESET + below + modes + control.LEAVE_SCREEN + control.SHOW_CURSOR + lines)

    def redraw(self) -> None:
        """Forget the screen's content, so that the next frame is written completely."""
        self._shown = None

    def write_sequence(self, sequence: str) -> None:
        """Write a control sequence that changes nothing on the screen. No-op before `enter`."""
        if self.entered:
            self._output.write(sequence)

    def drain(self) -> None:
        """Return once all frames are written."""
        self._output.drain()

    def paint(self, screen: ScreenFrame, size: Size) -> None:
        """Write the rows of a frame that differ from the screen's content. No-op before `enter`.

        Args:
            screen: the frame.
            size: the terminal's size; a new one writes every row, because the terminal has cut or moved its content.
        """
        if self._size is None:
            return
        rows = [*screen.rows[: size.rows], *[""] * (size.rows - len(screen.rows))]
        cursor = screen.cursor and (min(screen.cursor[0], size.columns - 1), min(screen.cursor[1], size.rows - 1))
        if self._shown is None or size != self._size:
            text = RESET + control.RESET_REGION + _rewrite_rows(rows, range(size.rows))
        else:
            text = _changes(self._shown, rows)
        if text or cursor != self._cursor:
            text += self._set_cursor(cursor)
        self._was_resized = self._was_resized or size != self._size
        self._shown, self._size, self._cursor = rows, size, cursor  # before the write, which may fail half-way
        if text:
            self._output.write(text)

    def _set_cursor(self, cursor: tuple[int, int] | None) -> str:
        """Return the sequence that shows the cursor at its position, from which writing rows has moved it."""
        if cursor is None:
            return control.HIDE_CURSOR if self._cursor is not None or self._shown is None else ""
        column, row = cursor
        shows = self._cursor is not None and self._shown is not None
        return control.cursor_to(row + 1, column + 1) + ("" if shows else control.SHOW_CURSOR)


def _changes(old: list[str], new: list[str]) -> str:
    """Return the sequence that turns the rows `old` into `new`, which are equally many."""
    changed = _differing_rows(old, new)
    if len(changed) <= MAX_DIRECT_ROWS:
        return _rewrite_rows(new, changed)
    shift = _find_shift(old[:-1], new[:-1], len(changed))
    if not shift:
        return _rewrite_rows(new, changed)
    region = len(old) - 1
    blank = [""] * min(abs(shift), region)
    moved = [*old[shift:region], *blank] if shift > 0 else [*blank, *old[: region + shift]]
    return _rewrite_rows(new, _differing_rows([*moved, old[-1]], new), control.scroll_region(1, region, shift))


def _differing_rows(old: list[str], new: list[str]) -> Sequence[int]:
    return [number for number, differs in enumerate(map(ne, old, new)) if differs]


def _find_shift(old: list[str], new: list[str], changed: int) -> int:
    """Return the number of rows to scroll up by (negative: down) to turn `old` into `new`; 0 if that saves little.

    Of the shifts that leave most rows unchanged, the smallest.
    """
    rows = len(old)
    best = max(rows - changed, rows // 2)  # rows that are right without scrolling; at least half have to be with it
    shift = 0
    for by in range(1, rows // 2 + 1):
        if rows - by <= best:
            break
        up = sum(map(eq, new, old[by:]))
        if up > best:
            best, shift = up, by
        down = sum(map(eq, new[by:], old))
        if down > best:
            best, shift = down, -by
    return shift


def _rewrite_rows(rows: list[str], numbers: Sequence[int], before: str = "") -> str:
    """Return the sequence that writes the rows with these numbers, in one synchronized update."""
    if not numbers and not before:
        return ""
    text = before + "".join([control.cursor_to(number + 1) + control.CLEAR_ROW + rows[number] for number in numbers])
    if not text.isascii():
        text = control.WRAP_OFF + text + control.WRAP_ON
    return control.SYNC_BEGIN + text + control.SYNC_END if len(numbers) > 1 or before else text
