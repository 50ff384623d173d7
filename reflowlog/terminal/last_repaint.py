"""The last repaint of an inline painter, and the records it may have overwritten at another width. Pure.

A terminal has its new size before the program can know it. A repaint that is on its way at that moment was counted for
another width: in a wider terminal the lines that it writes over take fewer rows, so it begins further up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.terminal.written_lines import Line

__all__ = ["LastRepaint"]


class LastRepaint(NamedTuple):
    """A region of the screen that was laid out again, as it was counted before.

    Attributes:
        extent: rows above the cursor that were written over, with those taken back from the scrollback.
        above: the remembered lines above the region, oldest first.
        erased: the lines that were in the region, live ones above the cursor too.
        first: number of the first record in the region now.
        rows: rows that this record takes now.
    """

    extent: int
    above: Sequence[Line]
    erased: Sequence[str]
    first: int
    rows: int

    def numbers_above(self, rows: int, rows_of: Callable[[str], int]) -> list[int]:
        """Return the numbers of the records that have lines in so many rows right above the region, newest first.

        Args:
            rows: rows of the screen.
            rows_of: returns the number of rows that a line takes.
        """
        numbers: list[int] = []
        for number, text in reversed(self.above):
            if rows <= 0:
                break
            numbers.append(number)
            rows -= rows_of(text)
        return numbers
