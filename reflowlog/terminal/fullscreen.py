"""Full: the alternate screen, of which only what has changed is written again.

Rules of this file:
- What is on the screen is remembered, not asked for: a frame is compared with the one before, and what differs is
  written, in one write. Where nothing differs nothing is written.
- Rows are erased one by one (EL) and before their text: while a wrap is pending, after a row as wide as the screen,
  erasing would take its last cell away in xterm.
- A frame that is the one before moved up or down is moved by the terminal itself, which over a slow line is the
  difference between one row and all of them. Line feed and reverse index do that in every terminal that has a scrolling
  region; the region is the whole screen again at the end of the same write.
- Rows are drawn already and are trusted to be at most as wide as the screen. A terminal that takes a character for
  wider than we do is kept from running over into the next row, or from scrolling in the last one.
- Between `enter` and `leave` the screen is ours; outside of that nothing is written.
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

FEW = 3  # changed rows for which it is not worth looking whether the frame has moved


class FullscreenPainter:
    """Draws screens on the alternate screen. All methods are for the printer thread; all raise `OutputClosed`.

    Args:
        output: where to write.
        mouse: whether the terminal is to report its mouse's buttons and wheel. Selecting text is then up to us, which
            is why it has to be asked for.
    """

    def __init__(self, output: Output, *, mouse: bool = False) -> None:
        self._output = output
        self._mouse = mouse
        self._size: Size | None = None  # None: the screen is not ours
        self._resized = False  # since it was entered
        self._shown: list[str] | None = None  # the rows that are there; None: it may hold anything
        self._cursor: tuple[int, int] | None = None  # where it shows

    @property
    def entered(self) -> bool:
        """Whether the screen is ours."""
        return self._size is not None

    def enter(self, size: Size) -> None:
        """Take the alternate screen and blank it. It asks the terminal nothing. Once entered, it does nothing."""
        if self.entered:
            return
        self._size = size
        self._resized = False
        self._shown = [""] * size.rows
        self._cursor = None
        mouse = control.MOUSE_ON if self._mouse else ""
        self._output.write(control.ENTER_SCREEN + RESET + control.CLEAR_SCREEN + control.HIDE_CURSOR + mouse)

    def leave(self) -> None:
        """Give the main screen back as it was, the cursor shown, the mouse the terminal's own. Twice is harmless."""
        if self._size is None:
            return
        rows = self._size.rows
        self._size = self._shown = None
        # A terminal without an alternate screen goes on below what it showed; others put their cursor back.
        below = control.WHOLE_REGION + control.cursor_to(rows) + control.CLEAR_ROW
        if self._resized:  # tmux then leaves of its rows what is wider than it was before, in the scrollback
            below = control.WHOLE_REGION + control.CLEAR_SCREEN
        mouse = control.MOUSE_OFF if self._mouse else ""
        self._output.write(RESET + below + mouse + control.LEAVE_SCREEN + control.SHOW_CURSOR)

    def redraw(self) -> None:
        """Forget what is on the screen: the next frame is written whole."""
        self._shown = None

    def drain(self) -> None:
        """Return once all frames are written."""
        self._output.drain()

    def paint(self, screen: ScreenFrame, size: Size) -> None:
        """Show a frame on a screen of that size.

        Args:
            screen: what to show.
            size: the terminal's; after a new one everything is written, for the terminal has cut or moved what it had.
        """
        if self._size is None:
            return
        rows = [*screen.rows[: size.rows], *[""] * (size.rows - len(screen.rows))]
        cursor = screen.cursor and (min(screen.cursor[0], size.columns - 1), min(screen.cursor[1], size.rows - 1))
        if self._shown is None or size != self._size:
            text = RESET + control.WHOLE_REGION + _rewritten(rows, range(size.rows))
        else:
            text = _changes(self._shown, rows)
        if text or cursor != self._cursor:
            text += self._set_cursor(cursor)
        self._resized = self._resized or size != self._size
        self._shown, self._size, self._cursor = rows, size, cursor  # before it is written: that may fail half-way
        if text:
            self._output.write(text)

    def _set_cursor(self, cursor: tuple[int, int] | None) -> str:
        """Put the cursor where it belongs; whatever was written has moved it."""
        if cursor is None:
            return control.HIDE_CURSOR if self._cursor is not None or self._shown is None else ""
        column, row = cursor
        shows = self._cursor is not None and self._shown is not None
        return control.cursor_to(row + 1, column + 1) + ("" if shows else control.SHOW_CURSOR)


def _changes(old: list[str], new: list[str]) -> str:
    """What turns the rows that are there into others, as many."""
    changed = _differing(old, new)
    if len(changed) <= FEW:
        return _rewritten(new, changed)
    shift = _shift(old[:-1], new[:-1], len(changed))
    if not shift:
        return _rewritten(new, changed)
    region = len(old) - 1
    blank = [""] * min(abs(shift), region)
    moved = [*old[shift:region], *blank] if shift > 0 else [*blank, *old[: region + shift]]
    return _rewritten(new, _differing([*moved, old[-1]], new), control.scroll_region(1, region, shift))


def _differing(old: list[str], new: list[str]) -> Sequence[int]:
    return [number for number, differs in enumerate(map(ne, old, new)) if differs]


def _shift(old: list[str], new: list[str], changed: int) -> int:
    """By how many rows the old ones have moved up (negative: down) to become the new ones; 0 if that saves little.

    The smallest move of those that leave most rows in their place.
    """
    rows = len(old)
    best, shift = max(rows - changed, rows // 2), 0  # rows that are right without it; and most of them have to be
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


def _rewritten(rows: list[str], numbers: Sequence[int], before: str = "") -> str:
    """Write the rows of those numbers anew, all shown at once."""
    if not numbers and not before:
        return ""
    text = before + "".join([control.cursor_to(number + 1) + control.CLEAR_ROW + rows[number] for number in numbers])
    if not text.isascii():
        text = control.WRAP_OFF + text + control.WRAP_ON
    return control.SYNC_BEGIN + text + control.SYNC_END if len(numbers) > 1 or before else text
