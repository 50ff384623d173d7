"""Run-length map from the bytes of a text to the sources they came from. Kept beside the text, never in it.

Invariants:
- An entry is the offset at which a run begins and the number of its source: 12 bytes in two spools, which have a memory
  budget and then temporary files. So memory is bounded however many lines alternate. A run is found by bisection.
- Bytes that were never added have no source: they are lines of the console's own.
- One thread owns it, the thread that owns the text.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.store.spool import MIB, Evicted, Spool

if TYPE_CHECKING:
    from reflowlog.core.events import Runs

__all__ = ["SourceRuns"]

NO_SOURCE = 0xFFFFFFFF
ENTRIES_PER_READ = 1024  # entries read at once


class SourceRuns:
    """Sources of the bytes of a text, by offset.

    >>> sources = SourceRuns()
    >>> sources.add(0, [(0, 10), (1, 5)])
    >>> sources.at(9), sources.at(10), sources.at(15)
    (0, 1, None)
    """

    def __init__(self) -> None:
        self._starts = Spool(4 * MIB)
        self._numbers = Spool(2 * MIB)
        self._end = 0  # offset after the last byte added
        # number of the first entry read last, and the offsets read
        self._entries: tuple[int, array[int]] = (0, array("Q"))

    @property
    def _count(self) -> int:
        return self._starts.end // 8

    def add(self, offset: int, runs: Runs) -> None:
        """Append runs, one after another; the first begins at an offset not before any byte added earlier."""
        if not runs:
            return
        if offset > self._end:
            self._append([self._end], [NO_SOURCE])
        starts = list(accumulate([size for _, size in runs], initial=offset))
        self._end = starts.pop()
        self._append(starts, [source for source, _ in runs])

    def _append(self, starts: list[int], sources: list[int]) -> None:
        self._starts.append(array("Q", starts).tobytes())
        self._numbers.append(array("I", sources).tobytes())

    def at(self, offset: int) -> int | None:
        """Return the source of a byte; None if it has none or the entry is no longer held."""
        if not 0 <= offset < self._end:
            return None
        try:
            index = self._index(offset)
            if index < 0:
                return None
            source = array("I", self._numbers.read(index * 4, index * 4 + 4))[0]
        except Evicted:
            return None
        return None if source == NO_SOURCE else source

    def _index(self, offset: int) -> int:
        """Return the number of the entry that covers a byte; negative if it is no longer held."""
        first, starts = self._entries
        if not (starts and starts[0] <= offset < starts[-1]):
            low, high = -(-self._starts.start // 8), self._count
            while high - low > ENTRIES_PER_READ:
                middle = (low + high) // 2
                if self._start(middle) <= offset:
                    low = middle
                else:
                    high = middle
            high = min(high + 1, self._count)
            first, starts = self._entries = low, array("Q", self._starts.read(low * 8, high * 8))
        found = bisect_right(starts, offset) - 1
        return found if found < 0 else first + found

    def _start(self, index: int) -> int:
        return array("Q", self._starts.read(index * 8, index * 8 + 8))[0]

    def forget(self, before: int) -> None:
        """Drop the entries that only concern bytes before an offset."""
        if before < self._end and (index := self._index(before)) > 0:
            self._starts.discard(index * 8)
            self._numbers.discard(index * 4)

    def close(self) -> None:
        """Release the memory and the files."""
        self._starts.close()
        self._numbers.close()
