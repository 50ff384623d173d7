"""Inline display inside a program, where an application may take the terminal.

Invariants:
- While an application has taken the terminal nothing is painted: records wait in the scrollback, which bounds them, and
  are painted once the application has left. The end of the console does not wait for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.display.inline import InlineDisplay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ProgramDisplay"]

TAKEN_POLL_INTERVAL = 0.05  # seconds between two checks whether an application has left the terminal


class ProgramDisplay(InlineDisplay):
    """Inline display that yields to applications.

    Args:
        is_taken: returns whether an application has taken the terminal.
        arguments: of `InlineDisplay`.
    """

    def __init__(self, *arguments: Any, is_taken: Callable[[], bool], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_taken = is_taken
        self._is_waiting = False

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
