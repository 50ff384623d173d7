"""Model of the last lines of a terminal, which a program may still redraw: progress displays of several lines.

Invariants:
- The model is pure: text in, settled lines out. A line is settled once, with the text that a terminal shows for it.
- Moves up and down stay within the live lines; text beyond them was settled and cannot change.
- Live are the lines from the top of the last frame on, that is from the line that the last moves upward reached, and at
  least as many as any frame had. At most `max_lines` lines are live.
- A sequence that is cut off at the end of a chunk waits for the next one.
- Lines above the row in which a frame is drawn over the one before are settled on request, and so are lines that were
  printed above it in one go with the frame (Rich), if the rows under them look like the frame before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.core.records import Style
from reflowlog.text.clean.cursor_line import CursorLine
from reflowlog.text.clean.sanitize import (
    LIVE_GROUPS,
    LinkNames,
    edit_line,
    incomplete_control,
    live_controls,
    mark_controls,
    sgr_reset_state,
)

if TYPE_CHECKING:
    from reflowlog.core.records import Spans

__all__ = ["MAX_LIVE_LINES", "LiveLines"]

MAX_LIVE_LINES = 100
"""Lines; programs redraw no more than a screenful."""


class LiveLines:
    r"""The last lines of an output, under a cursor.

    Args:
        max_lines: lines that may be live; older ones are settled.

    Attributes:
        is_cursor_hidden: whether the program has hidden the cursor, as it does while it draws progress.

    Examples:
        >>> lines = LiveLines()
        >>> lines.feed("a 1%\nb 1%\n\x1b[2Aa 2%\nb 2%\n")
        []
        >>> [text for text, spans in lines.live()]
        ['a 2%', 'b 2%', '']
        >>> [text for text, spans in lines.feed("done\nmore\n\x1b[1A\n")]
        ['a 2%', 'b 2%']
    """

    def __init__(self, max_lines: int = MAX_LIVE_LINES) -> None:
        self._max_lines = max_lines
        self._lines = [CursorLine()]
        self._row = 0  # of the cursor, an index of `_lines`
        self._frame_top = 0  # the first row of the last frame
        self._reached: int | None = None  # the row that the present moves upward have reached; None: there are none
        self._max_reach = 0  # rows from the last line up to the highest row that a move reached
        self._lines_since_move = 0  # lines begun since the last move upward
        self._is_drawing = False  # text was written since the last frame was left
        self._drawn_from = 0  # the row in which the present frame begins
        self._last_frame: list[str] = []  # texts of the frame before, from that row on
        self._left_rows: list[str] = []  # texts of all rows when that frame was left
        self._is_beyond = False  # a move led beyond the live lines
        self._has_moved_up = False
        self._may_begin_anew = False  # a display has ended, and the cursor is hidden again
        self._was_above = False  # the cursor was above the last line at the end of a text
        self._waiting = ""  # a sequence that was cut off
        self._sgr = sgr_reset_state
        self._link = ""
        self._links = LinkNames("")
        self.is_cursor_hidden = False
        self._was_shown = False

    @property
    def is_cursor_in_last_line(self) -> bool:
        """Whether new text continues the last line."""
        return self._row == len(self._lines) - 1

    @property
    def is_over(self) -> bool:
        """Whether the redrawing has ended: a line came after the cursor was shown again, or many without a move upward.

        With the cursor alone it has not: some displays are erased right after that.
        """
        if not self.is_cursor_in_last_line or self._waiting:
            return False
        return self._lines_since_move > (0 if self._was_shown and not self.is_cursor_hidden else self._max_lines)

    @property
    def has_moved_up(self) -> bool:
        """Whether the cursor was moved up, or hidden: until then nothing but carriage returns was drawn over."""
        return self._has_moved_up or self.is_cursor_hidden or self._was_shown

    @property
    def awaits_frame(self) -> bool:
        """Whether the cursor is hidden in an empty last line: the next text there is the first frame."""
        return self.is_cursor_hidden and self.is_cursor_in_last_line and not self._lines[-1].result()[0]

    @property
    def has_ended(self) -> bool:
        """Whether nothing is left to draw: the cursor, shown again or above before, is in an empty last line.

        Some displays are erased right after that, so it counts only once other text comes.
        """
        is_left = self._was_above if not self._was_shown else not self.is_cursor_hidden
        return is_left and self.is_cursor_in_last_line and not (self._waiting or self._lines[-1].result()[0].strip(" "))

    def feed(self, text: str) -> list[tuple[str, Spans]]:
        """Take in more output, split at any character.

        Returns:
            The lines that are settled by it, in order, with their styles.
        """
        text = self._waiting + text
        cut = incomplete_control(text)
        text, self._waiting = text[:cut], text[cut:]
        settled: list[tuple[str, Spans]] = []
        parts = live_controls.split(text)
        for index in range(0, len(parts), LIVE_GROUPS + 1):
            if parts[index]:
                if not self._is_drawing:
                    self._begin_frame()
                self._lines[self._row].write(mark_controls(parts[index]))
                self._links.touching = bool(self._link)
            if index + 1 < len(parts):
                self._apply(parts[index + 1 : index + 1 + LIVE_GROUPS])
            if len(self._lines) > 2 * self._max_lines:
                settled += self._settle()
        self._was_above = self._was_above or not self.is_cursor_in_last_line
        return settled + self._settle()

    def _apply(self, groups: list[Any]) -> None:
        """Apply one control to the cursor, the style or the lines."""
        sgr, parameters, address, visibility, count, final, control = groups
        if control == "\n":
            self._move_to_row(self._row + 1, 0)
        elif sgr is not None:
            self._sgr = self._sgr[sgr]
        elif address is not None:
            self._link = self._links.opened(parameters, address)
        elif visibility is not None:
            self._may_begin_anew = visibility == "l" and self.has_ended
            self.is_cursor_hidden = visibility == "l"
            self._was_shown = self._was_shown or visibility == "h"
            self._lines_since_move = 0
        elif final is not None and final in "ABEF":
            self._leave_frame()
            number = int(count or "1") or 1
            row = self._row + (number if final in "BE" else -number)
            self._may_begin_anew = False
            self._is_beyond = self._is_beyond or row < 0
            self._has_moved_up = self._has_moved_up or row < self._row
            self._move_to_row(max(0, min(row, len(self._lines) - 1)), 0 if final in "EF" else None)
        elif final is not None:
            if final in "JK":
                self._leave_frame()
            edit_line(self._lines[self._row], count, final)
            if final == "J" and count in ("", "0"):
                del self._lines[self._row + 1 :]
        elif control == "\r":
            self._lines[self._row].home()
        elif control == "\b":
            self._lines[self._row].back()
        elif control == "\t":
            self._lines[self._row].tab()
        self._lines[self._row].style = Style(self._sgr.style.sgr, self._link)

    def _move_to_row(self, row: int, column: int | None) -> None:
        """Move the cursor to a row, which may be a new one below the last; column None: to the same column."""
        column = self._lines[self._row].column if column is None else column
        if row < self._row:
            self._reached = row
            self._lines_since_move = 0
        elif row > self._row and self._reached is not None:  # only now are all moves up to the frame's top known
            self._frame_top = self._reached
            self._max_reach = max(self._max_reach, len(self._lines) - 1 - self._reached)
            self._reached = None
        self._row = row
        if row == len(self._lines):
            self._lines.append(CursorLine())
            self._lines_since_move += 1
        self._lines[row].move_to(column)

    def _leave_frame(self) -> None:
        """Remember the rows before they are drawn over."""
        if self._is_drawing:
            self._is_drawing = False
            self._left_rows = [line.result()[0] for line in self._lines]

    def _begin_frame(self) -> None:
        """Remember the start of a frame, and the text that was there."""
        self._is_drawing = True
        if self._may_begin_anew:  # what stands above is of the display before, or was printed since
            self._may_begin_anew, self._frame_top, self._max_reach = False, self._row, 0
        self._drawn_from = self._row
        self._last_frame = _without_empty_end(self._left_rows[self._row :])

    def settle_above(self) -> list[tuple[str, Spans]]:
        """Remove and return the lines above the present frame, because other text comes after them."""
        if self._may_begin_anew:
            return self._remove(self._row)
        rows = _without_empty_end([line.result()[0] for line in self._lines[self._drawn_from :]])
        before = self._last_frame
        if not (before and rows) or not self._is_drawing:
            return []
        count, added = self._drawn_from, len(rows) - len(before)
        if added > 0 and not self._is_beyond and _likeness(before[0], rows[added]) > _likeness(before[0], rows[0]):
            count += added
        return self._remove(min(count, len(self._lines) - 1 - self._max_reach, self._row))

    def _settle(self) -> list[tuple[str, Spans]]:
        """Remove and return the lines that are not live any more."""
        last = len(self._lines) - 1
        count = max(min(last - self._max_reach, self._frame_top), last + 1 - self._max_lines)
        return self._remove(min(count, self._row))

    def _remove(self, count: int) -> list[tuple[str, Spans]]:
        if count <= 0:
            return []
        settled = [line.result() for line in self._lines[:count]]
        del self._lines[:count]
        self._row -= count
        self._frame_top = max(self._frame_top - count, 0)
        self._drawn_from = max(self._drawn_from - count, 0)
        del self._left_rows[:count]
        self._reached = None if self._reached is None else max(self._reached - count, 0)
        return settled

    def live(self) -> list[tuple[str, Spans]]:
        """Return the live lines with their styles; the last one is unterminated, and may be empty."""
        return [line.result() for line in self._lines]

    def close(self) -> list[tuple[str, Spans]]:
        """Return all live lines, as at the end of the output; a sequence that was cut off becomes marks.

        Empty lines below the cursor are none: what is written next goes over them.
        """
        if self._waiting:
            self._lines[self._row].write(mark_controls(self._waiting))
            self._waiting = ""
        while not self.is_cursor_in_last_line and not self._lines[-1].result()[0]:
            del self._lines[-1]
        return self.live()


def _without_empty_end(rows: list[str]) -> list[str]:
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _likeness(one: str, other: str) -> int:
    """Return the number of words that two rows share."""
    return len({*one.split()} & {*other.split()})
