"""A census: which keys of a document count, cell by cell, as time allows.

Filters and searches ask the same of a document: which of its pieces count, how many there are, where is the next one.
A document may be of any length, so that is answered for one cell (256 KiB) at a time, in any order: where somebody
looks first, all others in the background.

Rules of this file:
- What is remembered of a cell is one number: how many keys count in it. Which ones is found again when they are asked
  for. So ten million hits cost as much memory as none.
- A cell whose answer may still change, because the document grows there, is never remembered for good.
- Nothing here takes longer than its budget and one cell more: who asks for a key that would take longer gets `NotReady`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.store.document import Document

__all__ = ["Budget", "MatchIndex", "NotReady"]

MAX_CACHED_BLOCKS = 16  # cells whose keys are kept
_UNKNOWN, _NONE, _SOME = range(3)


class NotReady(Exception):
    """The time is over before the answer was found: ask again, it goes on from there."""


class Budget:
    """How long work may take.

    Args:
        clock: seconds.
        seconds: from now on; None for as long as it takes.
    """

    def __init__(self, clock: Callable[[], float], seconds: float | None = None) -> None:
        self._clock = clock
        self.restart(seconds)

    def restart(self, seconds: float | None) -> None:
        """So many seconds from now on."""
        self._deadline = float("inf") if seconds is None else self._clock() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return self._clock() >= self._deadline


class MatchIndex:
    """Counts the keys of a document that count.

    Args:
        document: what is looked at.
        evaluate: the keys that count in a cell, ascending, by its number; depends on nothing but the document.
        ahead: bytes after a cell on which its answer may depend.
        budget: how long a call may take.
    """

    def __init__(
        self, document: Document, evaluate: Callable[[int], list[int]], budget: Budget, *, lookahead_bytes: int = 0
    ) -> None:
        self._document = document
        self._evaluate = evaluate
        self._lookahead_bytes = lookahead_bytes
        self._reach_bytes = (
            lookahead_bytes + 4 * document.PAGE_BYTES
        )  # after a cell; what is further away changes nothing in it
        self._budget = budget
        self._states = bytearray()  # of each cell: unknown, no keys, some
        self._counts = array("L")
        self._counted_total = 0
        self._cache: dict[int, tuple[int, list[int]]] = {}  # the keys of some cells, and the text's end at that time
        self._counted_to = 0  # all cells before this one are known
        self._is_stopped = False

    # -- cells --------------------------------------------------------------------------------------------------

    def _first_block(self) -> int:
        return self._document.text.start // self._document.BLOCK_BYTES

    def _last_block(self) -> int:
        """The cell of the last byte; -1 where there is none."""
        text = self._document.text
        return (text.end - 1) // self._document.BLOCK_BYTES if text.end > text.start else -1

    def _is_final(self, index: int) -> bool:
        """Whether the answer stays: the cell's last piece has ended, and what it may depend on is there."""
        document = self._document
        limit, end = (index + 1) * document.BLOCK_BYTES, document.text.end
        if limit + self._reach_bytes <= end:
            return True
        if limit + self._lookahead_bytes > end:
            return False
        if not self._lookahead_bytes:
            return document.is_block_final(index)
        stop = document.after(document.at(limit - 1))
        return stop is not None and stop + self._lookahead_bytes <= end

    def offsets(self, index: int) -> list[int]:
        """The keys of one cell that count, ascending."""
        end = self._document.text.end
        found = self._cache.pop(index, None)
        if found is None or (found[0] != end and not self._is_known(index)):
            found = end, self._evaluate(index)
            if self._is_final(index):
                self._store_count(index, len(found[1]))
        self._cache[index] = found
        if len(self._cache) > MAX_CACHED_BLOCKS:
            del self._cache[next(iter(self._cache))]
        offsets = found[1]
        start = self._document.text.start
        return offsets if not offsets or offsets[0] >= start else offsets[bisect_left(offsets, start) :]

    def _is_known(self, index: int) -> bool:
        return index < len(self._states) and self._states[index] != _UNKNOWN

    def _store_count(self, index: int, count: int) -> None:
        missing = index + 1 - len(self._states)
        if missing > 0:
            self._states.extend(bytes(missing))
            self._counts.extend([0] * missing)
        if self._states[index] == _UNKNOWN:
            self._states[index] = _SOME if count else _NONE
            self._counts[index] = count
            self._counted_total += count

    def _offsets_in_time(self, index: int) -> list[int]:
        """The keys of a cell, if there is time for it, or none is needed."""
        if not self._is_known(index):
            found = self._cache.get(index)
            if (found is None or found[0] != self._document.text.end) and self._budget.is_over:
                raise NotReady
        return self.offsets(index)

    # -- where is the next one ----------------------------------------------------------------------------------

    def after(self, offset: int) -> int | None:
        """The first key after one, or after any offset; None if there is none.

        Raises:
            Later: it takes longer to find it.
        """
        index = max(offset // self._document.BLOCK_BYTES, self._first_block())
        last = self._last_block()
        while index <= last:
            offsets = self._offsets_in_time(index)
            at = bisect_right(offsets, offset)
            if at < len(offsets):
                return offsets[at]
            index = self._next_unless_empty(index + 1)
        return None

    def before(self, offset: int) -> int | None:
        """The last key before one, or before any offset; None if there is none.

        Raises:
            Later: it takes longer to find it.
        """
        index = min(offset // self._document.BLOCK_BYTES, self._last_block())
        first = self._first_block()
        while index >= first:
            offsets = self._offsets_in_time(index)
            at = bisect_left(offsets, offset)
            if at:
                return offsets[at - 1]
            index = self._previous_unless_empty(index - 1)
        return None

    def _next_unless_empty(self, index: int) -> int:
        """The first cell from one on that is not known to be empty."""
        states = self._states
        while index < len(states) and states[index] == _NONE:
            some, unknown = states.find(_SOME, index), states.find(_UNKNOWN, index)
            index = min(each for each in (some, unknown, len(states)) if each >= 0)
        return index

    def _previous_unless_empty(self, index: int) -> int:
        states = self._states
        if index < len(states) and states[index : index + 1] == bytes([_NONE]):
            index = max(states.rfind(_SOME, 0, index), states.rfind(_UNKNOWN, 0, index))
        return index

    # -- how many -----------------------------------------------------------------------------------------------

    def step(self, blocks: int | None = None) -> bool:
        """Count on in the background, as long as the budget lasts; whether there is more to count now.

        Args:
            cells: how many to count at most; None for any number.
        """
        if self._is_stopped:
            return False
        index = max(self._counted_to, self._first_block())
        last = self._last_block()
        while index <= last and self._is_final(index):
            if not self._is_known(index):
                if self._budget.is_over or blocks == 0:
                    break
                self.offsets(index)
                blocks = None if blocks is None else blocks - 1
            index += 1
        self._counted_to = index
        return index <= last and self._is_final(index)

    def stop(self) -> None:
        """Count no further in the background."""
        self._is_stopped = True

    @property
    def is_stopped(self) -> bool:
        """Whether the background counting was stopped before its end."""
        return self._is_stopped

    @property
    def reached(self) -> int:
        """The number of the cell that is counted next in the background."""
        return max(self._counted_to, self._first_block())

    @property
    def is_complete(self) -> bool:
        """Whether all that there is has been counted, the part that still changes aside."""
        index = max(self._counted_to, self._first_block())
        return index > self._last_block() or not self._is_final(index)

    @property
    def progress(self) -> float:
        """How much of the document has been counted, from 0 to 1."""
        first, last = self._first_block(), self._last_block()
        blocks = last - first + 1
        if self.is_complete or blocks <= 0:
            return 1.0
        counted = min(len(self._states), last + 1) - first
        return max(counted - self._states.count(_UNKNOWN, first, last + 1), 0) / blocks

    def total(self) -> int:
        """How many keys count, as far as is known. The cells that still change are looked at."""
        total = self._counted_total
        first = self._first_block()
        changing = range(
            max(first, (self._document.text.end - self._reach_bytes) // self._document.BLOCK_BYTES),
            self._last_block() + 1,
        )
        if self._document.text.start:  # what has gone counts no more
            total -= sum(self._counts[:first])
            if self._is_known(first):
                total += len(self.offsets(first)) - self._counts[first]
        return total + sum(len(self.offsets(index)) for index in changing if not self._is_known(index))

    def rank(self, offset: int) -> int | None:
        """How many keys that count come before one; None where not all before it is counted yet."""
        index = max(offset, self._document.text.start) // self._document.BLOCK_BYTES
        first = self._first_block()
        counted = max(self._counted_to, first)
        if index > counted and not self.is_complete:
            return None
        changing = [each for each in range(max(counted, first + 1), index) if not self._is_known(each)]
        return (
            sum(self._counts[first + 1 : index])
            + (len(self.offsets(first)) if index > first else 0)
            + sum(len(self.offsets(each)) for each in changing)
            + bisect_left(self.offsets(index), offset)
        )
