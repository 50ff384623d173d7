"""Incremental index of the lines that satisfy a predicate, built block by block within a time budget.

Filters and searches need the same of a document: which of its segments match, how many match, where the next one is.
A document may be of any length, so the index evaluates one block (256 KiB) at a time, in any order: first the blocks
that are needed for the screen, the others in the background.

Invariants:
- Of a block only the number of its matches is stored. Their offsets are computed again when they are requested. So ten
  million matches need as much memory as none.
- The result of a block that may still change, because the document grows there, is never stored for good.
- No call takes longer than its budget and one more portion of a block: a request that would take longer raises
  `NotReady`. An evaluation in which each line is decided by itself is interrupted within a block (`LineResults`).
"""

from __future__ import annotations

import contextlib
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.store.document import Document

__all__ = ["Budget", "LineResults", "MatchIndex", "NotReady"]

PORTION_SECONDS = 0.002  # seconds that a portion of a block is to take
MIN_PORTION_BYTES = 8 << 10
MAX_PORTION_BYTES = 1 << 20
MAX_KNOWN_RESULTS = 8  # data whose results are cached

MAX_CACHED_BLOCKS = 16  # blocks whose offsets are cached
_UNKNOWN, _NONE, _SOME = range(3)
_Result = TypeVar("_Result")


class NotReady(Exception):
    """The time budget is used up before the result is known: call again, the search continues from there."""


class Budget:
    """Time limit of one step of work.

    Args:
        clock: returns seconds.
        seconds: duration from now on; None: unlimited.
    """

    def __init__(self, clock: Callable[[], float], seconds: float | None = None) -> None:
        self.clock = clock
        self._may_interrupt = False
        self.restart(seconds)

    def restart(self, seconds: float | None) -> None:
        """Restart the budget: `seconds` from now on, or unlimited."""
        self._deadline = float("inf") if seconds is None else self.clock() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self.clock() >= self._deadline

    @property
    def interrupts(self) -> bool:
        """Whether the time is used up within an evaluation that may be continued later."""
        return self._may_interrupt and self.is_over

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let an evaluation raise `NotReady` once the time is used up."""
        before, self._may_interrupt = self._may_interrupt, True
        try:
            yield
        finally:
            self._may_interrupt = before


class LineResults(Generic[_Result]):
    """Results of a function of lines, for data of which each line is evaluated by itself. For one thread.

    What was evaluated is cached for a few data: an evaluation that was interrupted goes on from there, and of data that
    has grown only the new lines are evaluated.

    Args:
        budget: time limit; None: an evaluation is never interrupted.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget
        self._known: dict[object, tuple[bytes, list[_Result]]] = {}  # whole lines from the start of the data
        self._sizes: dict[object, int] = {}  # bytes that are evaluated at once, by function

    def find(
        self, function: object, first: int, data: bytes, evaluate: Callable[[int, bytes], list[_Result]]
    ) -> list[_Result]:
        """Return the results of all lines.

        Args:
            function: identifies the function.
            first: offset of the data, which identifies it.
            data: lines; the last may lack its newline.
            evaluate: returns the results of some lines, given their place in the data.

        Raises:
            NotReady: the budget is over, and some lines are left.
        """
        key = function, first
        seen, starts = self._known.pop(key, (b"", []))
        if not data.startswith(seen):
            seen, starts = b"", []
        evaluated, whole = len(seen), data.rfind(b"\n") + 1
        try:
            is_first = True
            while evaluated < whole:
                if self._budget is not None and self._budget.interrupts and not is_first:
                    raise NotReady
                is_first = False
                stop = self._stop(function, data, evaluated, whole)
                starts = starts + self._timed(function, evaluate, evaluated, data[evaluated:stop])
                evaluated = stop
        finally:
            if len(self._known) >= MAX_KNOWN_RESULTS:
                del self._known[next(iter(self._known))]
            self._known[key] = data[:evaluated], starts
        return starts + evaluate(whole, data[whole:]) if whole < len(data) else starts

    def has(self, function: object, first: int, data: bytes) -> bool:
        """Return whether results of some of the lines are cached."""
        known = self._known.get((function, first))
        return known is not None and bool(known[0]) and data.startswith(known[0])

    def _stop(self, function: object, data: bytes, start: int, whole: int) -> int:
        """Return the end of the lines that are evaluated at once."""
        limit = start + self._sizes.get(function, MIN_PORTION_BYTES)
        return whole if limit >= whole else data.rfind(b"\n", start, limit) + 1 or data.find(b"\n", limit) + 1

    def _timed(
        self, function: object, evaluate: Callable[[int, bytes], list[_Result]], at: int, data: bytes
    ) -> list[_Result]:
        """Return the results of some lines, and adapt the number of bytes that are evaluated at once."""
        if self._budget is None:
            return evaluate(at, data)
        start = self._budget.clock()
        found = evaluate(at, data)
        seconds = self._budget.clock() - start
        size = MAX_PORTION_BYTES if seconds <= 0 else int(len(data) * PORTION_SECONDS / seconds)
        if len(self._sizes) >= MAX_KNOWN_RESULTS:
            self._sizes.clear()
        self._sizes[function] = min(max(size, MIN_PORTION_BYTES), MAX_PORTION_BYTES)
        return found


class MatchIndex:
    """Finds and counts the segments of a document that match.

    Args:
        document: the document.
        evaluate: returns the matching offsets of a block, ascending; depends on nothing but the document.
        budget: time limit of a call.
        lookahead_bytes: number of bytes after a block on which its result may depend.
    """

    def __init__(
        self, document: Document, evaluate: Callable[[int], list[int]], budget: Budget, *, lookahead_bytes: int = 0
    ) -> None:
        self._document = document
        self._evaluate = evaluate
        self._lookahead_bytes = lookahead_bytes
        # after a block; bytes beyond change nothing in it
        self._reach_bytes = lookahead_bytes + 4 * document.PAGE_BYTES
        self._budget = budget
        self._states = bytearray()  # of each block: unknown, no matches, some
        self._counts = array("L")
        self._counted_total = 0
        self._cache: dict[
            int, tuple[int, list[int]]
        ] = {}  # offsets of some blocks, and the end of the text at that time
        self._counted_to = 0  # all blocks before this one are evaluated
        self._is_stopped = False

    # -- blocks -------------------------------------------------------------------------------------------------

    def _first_block(self) -> int:
        return self._document.text.start // self._document.BLOCK_BYTES

    def _last_block(self) -> int:
        """Return the number of the block of the last byte; -1 for an empty document."""
        text = self._document.text
        return (text.end - 1) // self._document.BLOCK_BYTES if text.end > text.start else -1

    def _is_final(self, index: int) -> bool:
        """Whether a block's result cannot change: its last segment has ended, and all bytes it may depend on exist."""
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
        """Return the matching offsets of one block, ascending."""
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

    def is_empty_block(self, index: int) -> bool:
        """Return whether a block is known to be without matches, whatever is appended."""
        return index < len(self._states) and self._states[index] == _NONE

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

    def offsets_in_time(self, index: int) -> list[int]:
        """Return the matches of a block; raise `NotReady` if it must be evaluated and the budget is over."""
        if not self._is_known(index):
            found = self._cache.get(index)
            if (found is None or found[0] != self._document.text.end) and self._budget.is_over:
                raise NotReady
            with self._budget.interruptible():
                return self.offsets(index)
        return self.offsets(index)

    # -- next and previous ----------------------------------------------------------------------------------

    def after(self, offset: int) -> int | None:
        """Return the first match after an offset, or None.

        Raises:
            NotReady: the search takes longer than the budget.
        """
        index = max(offset // self._document.BLOCK_BYTES, self._first_block())
        last = self._last_block()
        while index <= last:
            offsets = self.offsets_in_time(index)
            at = bisect_right(offsets, offset)
            if at < len(offsets):
                return offsets[at]
            index = self._next_unless_empty(index + 1)
        return None

    def before(self, offset: int) -> int | None:
        """Return the last match before an offset, or None.

        Raises:
            NotReady: the search takes longer than the budget.
        """
        index = min(offset // self._document.BLOCK_BYTES, self._last_block())
        first = self._first_block()
        while index >= first:
            offsets = self.offsets_in_time(index)
            at = bisect_left(offsets, offset)
            if at:
                return offsets[at - 1]
            index = self._previous_unless_empty(index - 1)
        return None

    def _next_unless_empty(self, index: int) -> int:
        """Return the first block from `index` on that is not known to be without matches."""
        states = self._states
        while index < len(states) and states[index] == _NONE:
            some, unknown = states.find(_SOME, index), states.find(_UNKNOWN, index)
            index = min(each for each in (some, unknown, len(states)) if each >= 0)
        return index

    def _previous_unless_empty(self, index: int) -> int:
        """Return the last block up to `index` that is not known to be without matches."""
        states = self._states
        if index < len(states) and states[index : index + 1] == bytes([_NONE]):
            index = max(states.rfind(_SOME, 0, index), states.rfind(_UNKNOWN, 0, index))
        return index

    # -- counts -----------------------------------------------------------------------------------------------

    def step(self, blocks: int | None = None) -> bool:
        """Evaluate blocks in the background until the budget is over; return whether more can be evaluated now.

        Args:
            blocks: largest number of blocks to evaluate; None: any number.

        Raises:
            NotReady: the evaluation of a block was interrupted, or waits for another.
        """
        if self._is_stopped:
            return False
        index = max(self._counted_to, self._first_block())
        last = self._last_block()
        while index <= last and self._is_final(index):
            if not self._is_known(index):
                if self._budget.is_over or blocks == 0:
                    break
                with self._budget.interruptible():
                    self.offsets(index)
                blocks = None if blocks is None else blocks - 1
            index += 1
        self._counted_to = index
        return index <= last and self._is_final(index)

    def stop(self) -> None:
        """Stop the evaluation in the background."""
        self._is_stopped = True

    @property
    def is_stopped(self) -> bool:
        """Whether the evaluation in the background was stopped before its end."""
        return self._is_stopped

    @property
    def reached(self) -> int:
        """Number of the block that is evaluated next in the background."""
        return max(self._counted_to, self._first_block())

    @property
    def is_complete(self) -> bool:
        """Whether all blocks are evaluated, except for the last ones, which still change."""
        index = max(self._counted_to, self._first_block())
        return index > self._last_block() or not self._is_final(index)

    @property
    def progress(self) -> float:
        """Share of the document that is evaluated, from 0 to 1."""
        first, last = self._first_block(), self._last_block()
        blocks = last - first + 1
        if self.is_complete or blocks <= 0:
            return 1.0
        counted = min(len(self._states), last + 1) - first
        return max(counted - self._states.count(_UNKNOWN, first, last + 1), 0) / blocks

    def total(self) -> int:
        """Return the number of matches known so far. The blocks that still change are evaluated again."""
        total = self._counted_total
        first = self._first_block()
        changing = range(
            max(first, (self._document.text.end - self._reach_bytes) // self._document.BLOCK_BYTES),
            self._last_block() + 1,
        )
        if self._document.text.start:  # dropped blocks do not count
            total -= sum(self._counts[:first])
            if self._is_known(first):
                total += len(self.offsets(first)) - self._counts[first]
        return total + sum(len(self.offsets(index)) for index in changing if not self._is_known(index))

    def rank(self, offset: int) -> int | None:
        """Return the number of matches before an offset; None while not all blocks before it are evaluated."""
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
