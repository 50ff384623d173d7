"""Inline display inside a program, where an application may take the terminal.

Invariants:
- While an application has taken the terminal nothing is painted: records wait in the scrollback, which bounds them, and
  are painted once the application has left. The end of the console does not wait for that.
- An application may restore the terminal's settings before it leaves the alternate screen, where rows would be lost. So
  it counts as gone once the terminal was free for `FREE_INTERVAL`.
- A prompt of this process gives turns instead (`console/prompt_turns.py`), and is gone as soon as it has ended.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from reflowlog.display.inline import InlineDisplay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ProgramDisplay"]

TAKEN_POLL_INTERVAL = 0.05  # seconds between two checks whether an application has left the terminal
FREE_INTERVAL = 0.05  # seconds for which the terminal is free before rows are painted again


class ProgramDisplay(InlineDisplay):
    """Inline display that yields to applications.

    Args:
        arguments: of `InlineDisplay`.
        is_taken: returns whether an application has taken the terminal.
        request_turn: returns whether a prompt has taken it, and requests a turn from that if its argument is True.
        clock: returns monotonic seconds.
        options: of `InlineDisplay`.
    """

    def __init__(
        self,
        *arguments: Any,
        is_taken: Callable[[], bool],
        request_turn: Callable[[bool], bool] = lambda _: False,
        clock: Callable[[], float] = time.monotonic,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, clock=clock, **options)
        self._is_taken = is_taken
        self._request_turn = request_turn
        self._clock = clock
        self._is_waiting = False
        self._waits_for_prompt = False
        self._shown_unfinished: list[str] = []  # unterminated lines that were painted last
        self._free_at = 0.0  # time from which on the terminal counts as free

    @property
    def poll_timeout(self) -> float | None:
        """Seconds until a burst of resizes has come to rest, or until the next check of a taken terminal."""
        return TAKEN_POLL_INTERVAL if self._is_waiting else super().poll_timeout

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Paint new rows, unless an application has taken the terminal."""
        is_taken = not self._finished and self._is_taken()
        if is_taken:
            self._free_at = 0.0
            has_rows = self._first_unpainted < self.scrollback.end or list(unfinished) != self._shown_unfinished
            self._waits_for_prompt = self._request_turn(has_rows)
        if is_taken or (not self._finished and self._was_taken_just_now()):
            self._wait()
            self._live.written = unfinished
            return
        if self._is_waiting:
            self._return_to_screen()
        self._shown_unfinished = list(unfinished)
        super().paint(unfinished, flush_requested)

    def _wait(self) -> None:
        """Lay out again, once the application has left, all that was not painted."""
        self._is_waiting = True
        self._new_blocks, self._is_repaint = [], False
        self._first_unpainted = min(self._first_unpainted, self._painted)

    def _repaint(self) -> None:
        """Lay out for the present size; while an application has the terminal, only take that size over."""
        if self._is_waiting or (not self._finished and self._is_taken()):
            self._burst.end()
            self._set_width(self._size.columns)
            self._wait()
        else:
            super()._repaint()

    def _was_taken_just_now(self) -> bool:
        """Return whether the terminal, which is free now, was taken a moment ago by another than a prompt."""
        if self._waits_for_prompt:
            return False
        if self._is_waiting and not self._free_at:
            self._free_at = self._clock() + FREE_INTERVAL
        return self._is_waiting and self._clock() < self._free_at

    def _return_to_screen(self) -> None:
        """Paint everything that waited, under the application's last output."""
        self._is_waiting, self._free_at = False, 0.0
        self._painter.resume()
        if self._waits_for_prompt:  # what stood above the prompt still does
            self._live.give_up(self._size, self._shown_unfinished)
        self._waits_for_prompt = False
        self._new_blocks, self._is_repaint = [], False
        missing = self.scrollback.first - self._first_unpainted
        if missing > 0:
            self.line(f"reflowlog: {missing} record{'s' if missing > 1 else ''} came while the terminal was in use")
        self.catch_up()
