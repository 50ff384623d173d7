"""Debouncing of resizes: a burst of new sizes is handled once, after it has come to rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ResizeBurst"]


class ResizeBurst:
    """Tells when no new size has come for a while. Printer thread only.

    Args:
        clock: returns monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: float | None = None  # time of the last new size of a burst; None: there is no burst
        self._start = 0.0  # time of its first new size

    def add(self) -> None:
        """Start or continue a burst: a new size was reported just now."""
        now = self._clock()
        if self._since is None:
            self._start = now
        self._since = now

    def end(self) -> None:
        """End the burst, whether it has come to rest or not."""
        self._since = None

    @property
    def age(self) -> float:
        """Seconds since the first new size of the burst; infinite if there is no burst."""
        return math.inf if self._since is None else self._clock() - self._start

    def time_left(self, quiet: float) -> float | None:
        """Return the seconds until the burst has been quiet for `quiet` seconds; None if there is no burst."""
        if self._since is None:
            return None
        return max(0.0, self._since + quiet - self._clock())
