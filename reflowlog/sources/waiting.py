"""Clock of the time for which an input was waited for, which depends on the input's writer only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WaitingClock"]


class WaitingClock:
    """Clock that stands still between `start_work` and `stop_work`. For one thread.

    Args:
        clock: returns seconds.
        counts_work: it does not stand still, because somebody looks at a screen meanwhile.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, counts_work: bool = False) -> None:
        self._clock = clock
        self._counts_work = counts_work
        self._stopped_at = clock()
        self._seconds = 0.0

    def start_work(self) -> float:
        """Stop the clock because input has arrived, and return its time, seconds."""
        now = self._clock()
        self._seconds += now - self._stopped_at
        self._stopped_at = now
        return self._seconds

    def stop_work(self) -> None:
        """Start the clock again: the next input is waited for."""
        if not self._counts_work:
            self._stopped_at = self._clock()
