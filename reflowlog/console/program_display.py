"""Inline display inside a program, which is not the only writer to its terminal.

Invariants:
- Rows are laid out again on a new width only if nothing else can have written since they were painted.
- While an application has taken the terminal nothing is painted: records wait in the scrollback, which bounds them, and
  are painted once the application has left. The end of the console does not wait for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.console.foreign_writers import count_process_starts, has_children
from reflowlog.display.inline import InlineDisplay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ProgramDisplay"]

TAKEN_POLL_INTERVAL = 0.05  # seconds between two checks whether an application has left the terminal


class ProgramDisplay(InlineDisplay):
    """Inline display that yields to other writers.

    Args:
        is_taken: returns whether an application has taken the terminal.
        is_exclusive: whether printed text goes through the console; else rows are never laid out again.
        arguments: of `InlineDisplay`.
    """

    def __init__(
        self, *arguments: Any, is_taken: Callable[[], bool], is_exclusive: Callable[[], bool], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._is_taken = is_taken
        self._is_exclusive = is_exclusive
        self._seen_starts = count_process_starts()
        self._is_waiting = False

    def _repaint(self) -> None:
        """Lay out again the records on the screen, except where another process may have written among them."""
        if self._seen_starts != count_process_starts() or not self._is_exclusive():
            self.forget_rows()
        super()._repaint()

    @property
    def poll_timeout(self) -> float | None:
        """Seconds until a burst of resizes has come to rest, or until the next check of a taken terminal."""
        return TAKEN_POLL_INTERVAL if self._is_waiting else super().poll_timeout

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Paint new rows, unless an application has taken the terminal."""
        if not self._finished and self._is_taken():
            self._is_waiting = True
            self._unfinished = unfinished
            self._new_blocks = []  # they are laid out again from the scrollback
            return
        if self._is_waiting:
            self._return_to_screen()
        starts = count_process_starts()
        if self._seen_starts != starts and not has_children():
            self.forget_rows()
            self._seen_starts = starts
        super().paint(unfinished, flush_requested)

    def _return_to_screen(self) -> None:
        """Paint everything that waited, under the application's last output."""
        self._is_waiting = False
        self._painter.resume()
        self._new_blocks, self._is_repaint = [], False
        missing = self.scrollback.first - self._first_unpainted
        if missing > 0:
            self.line(f"reflowlog: {missing} record{'s' if missing > 1 else ''} came while the terminal was in use")
        self.catch_up()
