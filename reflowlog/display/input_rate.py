"""Rate at which a pager's text grows: lines per second, and whether it grows fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.store.document import TextStore

__all__ = ["RATE_WINDOW", "InputRate"]

QUIET_BYTES = 1 << 18  # bytes between two polls; while more come in, errors and warnings are not counted
RATE_WINDOW = 1.0  # seconds over which the rate of lines is measured


class InputRate:
    """Measures the growth of a text between polls. Printer thread only.

    Args:
        clock: returns monotonic seconds.

    Attributes:
        growing_fast: whether more than `QUIET_BYTES` came in between the last two polls; True before the first.
        lines_per_second: over the last `RATE_WINDOW`; 0 while the lines are not counted.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.growing_fast = True
        self.lines_per_second = 0.0
        self._clock = clock
        self._since = clock()
        self._count: int | None = None  # lines at that time
        self._end = 0  # end of the text at the last poll

    def poll(self, text: TextStore) -> bool:
        """Take over the size of the text; return whether the rounded rate has changed, or the growth has slowed."""
        rate_changed = self._count_lines(text.count)
        grown, self._end = text.end - self._end, text.end
        was_fast, self.growing_fast = self.growing_fast, grown > QUIET_BYTES
        return rate_changed or (was_fast and not self.growing_fast)

    def _count_lines(self, count: int | None) -> bool:
        passed = self._clock() - self._since
        if count is None or passed < RATE_WINDOW:
            return False
        before = self.lines_per_second
        self.lines_per_second = 0.0 if self._count is None else max(count - self._count, 0) / passed
        self._since += passed
        self._count = count
        return round(before) != round(self.lines_per_second)
