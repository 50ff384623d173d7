"""Gaps in time between the records of a log: a record that is logged long after the record before it.

Invariants:
- Unknown means unknown: a gap is between two records whose times are known, one right after the other. Lines without a
  time that continue a record (`text/parse/multiline.py`) have its time; another record without a time hides a gap.
- A time that goes backward makes no gap.
- A gap depends on at most `MAX_UNTIMED_LINES` lines without a time before it, so that it is the same in a stream
  (`GapFinder`) and at any place of a document (`gap_between`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_times import SequentialClock
from reflowlog.text.parse.multiline import continues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["MAX_LINE_BYTES", "MAX_UNTIMED_LINES", "GapFinder", "gap_between"]

MAX_UNTIMED_LINES = 500
"""Lines without a time in a row, after which the time is unknown."""

MAX_LINE_BYTES = 1024
"""Bytes of a line that are held, to decide whether it continues a record."""


class GapFinder:
    """Finds the gaps in a stream of lines. For one thread.

    Args:
        least: seconds of the shortest gap.
        names: meanings of field names.

    >>> finder = GapFinder(60)
    >>> finder.feed([b"2026-01-02 12:00:00 up", b"2026-01-02 12:02:05 and running", b"2026-01-02 12:02:06 done"])
    {1: 125.0}
    """

    def __init__(self, least: float, names: FieldNames = USUAL) -> None:
        self._least = least
        self._clock = SequentialClock(names)
        self._time: float | None = None  # of the last line that has one; None: unknown
        self._lines: list[bytes] = []  # that line, and those after it

    def restart(self) -> None:
        """Forget all lines: the next one follows nothing."""
        self._time = None
        self._lines.clear()

    def feed(self, lines: Sequence[bytes]) -> dict[int, float]:
        """Take lines in, without their newlines; return the seconds of each gap by the index of the line after it."""
        found: dict[int, float] = {}
        for index, time in enumerate(self._clock.times(lines)):
            if time is None:
                if self._time is not None:
                    if len(self._lines) > MAX_UNTIMED_LINES:
                        self.restart()
                    else:
                        self._lines.append(lines[index][:MAX_LINE_BYTES])
                continue
            if self._time is not None and time - self._time >= self._least:
                gap = gap_between(self._time, time, [*self._lines, lines[index][:MAX_LINE_BYTES]])
                if gap is not None:
                    found[index] = gap
            self._time, self._lines = time, [lines[index][:MAX_LINE_BYTES]]
        return found


def gap_between(before: float, after: float, lines: Sequence[bytes]) -> float | None:
    """Return the seconds between two records, or None if a record of unknown time is between them.

    Args:
        before: time of the first line.
        after: time of the last line.
        lines: all lines from the first to the last.
    """
    if after < before or (len(lines) > 2 and not all(continues(list(lines))[0][1:-1])):
        return None
    return after - before
