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

REMEMBERED = 16  # cells whose keys are kept
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
        self.renew(seconds)

    def renew(self, seconds: float | None) -> None:
        """So many seconds from now on."""
        self._deadline = float("inf") if seconds is None else self._clock() + seconds

    @property
    def over(self) -> bool:
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
        self, document: Document, evaluate: Callable[[int], list[int]], budget: Budget, *, ahead: int = 0
    ) -> None:
        self._document = document
        self._evaluate = evaluate
        self._ahead = ahead
        self._reach = ahead + 4 * document.UNIT  # after a cell; what is further away changes nothing in it
        self._budget = budget
        self._known = bytearray()  # of each cell: unknown, no keys, some
        self._counts = array("L")
        self._known_total = 0
        self._recent: dict[int, tuple[int, list[int]]] = {}  # the keys of some cells, and the text's end at that time
        self._background = 0  # all cells before this one are known
        self._stopped = False

    # -- cells --------------------------------------------------------------------------------------------------

    def _first(self) -> int:
        return self._document.text.start // self._document.CELL

    def _last(self) -> int:
        """The cell of the last byte; -1 where there is none."""
        text = self._document.text
        return (text.end - 1) // self._document.CELL if text.end > text.start else -1

    def _is_final(self, index: int) -> bool:
        """Whether the answer stays: the cell's last piece has ended, and what it may depend on is there."""
        document = self._document
        limit, end = (index + 1) * document.CELL, document.text.end
        if limit + self._reach <= end:
            return True
        if limit + self._ahead > end:
            return False
        if not self._ahead:
            return document.is_settled(index)
        stop = document.after(document.at(limit - 1))
        return stop is not None and stop + self._ahead <= end

    def keys(self, index: int) -> list[int]:
        """The keys of one cell that count, ascending."""
        end = self._document.text.end
        found = self._recent.pop(index, None)
        if found is None or (found[0] != end and not self._is_known(index)):
            found = end, self._evaluate(index)
            if self._is_final(index):
                self._remember(index, len(found[1]))
        self._recent[index] = found
        if len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]
        keys = found[1]
        start = self._document.text.start
        return keys if not keys or keys[0] >= start else keys[bisect_left(keys, start) :]

    def _is_known(self, index: int) -> bool:
        return index < len(self._known) and self._known[index] != _UNKNOWN

    def _remember(self, index: int, count: int) -> None:
        missing = index + 1 - len(self._known)
        if missing > 0:
            self._known.extend(bytes(missing))
            self._counts.extend([0] * missing)
        if self._known[index] == _UNKNOWN:
            self._known[index] = _SOME if count else _NONE
            self._counts[index] = count
            self._known_total += count

    def _look(self, index: int) -> list[int]:
        """The keys of a cell, if there is time for it, or none is needed."""
        if not self._is_known(index):
            found = self._recent.get(index)
            if (found is None or found[0] != self._document.text.end) and self._budget.over:
                raise NotReady
        return self.keys(index)

    # -- where is the next one ----------------------------------------------------------------------------------

    def after(self, key: int) -> int | None:
        """The first key after one, or after any offset; None if there is none.

        Raises:
            Later: it takes longer to find it.
        """
        index = max(key // self._document.CELL, self._first())
        last = self._last()
        while index <= last:
            keys = self._look(index)
            at = bisect_right(keys, key)
            if at < len(keys):
                return keys[at]
            index = self._skip(index + 1)
        return None

    def before(self, key: int) -> int | None:
        """The last key before one, or before any offset; None if there is none.

        Raises:
            Later: it takes longer to find it.
        """
        index = min(key // self._document.CELL, self._last())
        first = self._first()
        while index >= first:
            keys = self._look(index)
            at = bisect_left(keys, key)
            if at:
                return keys[at - 1]
            index = self._skip_back(index - 1)
        return None

    def _skip(self, index: int) -> int:
        """The first cell from one on that is not known to be empty."""
        known = self._known
        while index < len(known) and known[index] == _NONE:
            some, unknown = known.find(_SOME, index), known.find(_UNKNOWN, index)
            index = min(each for each in (some, unknown, len(known)) if each >= 0)
        return index

    def _skip_back(self, index: int) -> int:
        known = self._known
        if index < len(known) and known[index : index + 1] == bytes([_NONE]):
            index = max(known.rfind(_SOME, 0, index), known.rfind(_UNKNOWN, 0, index))
        return index

    # -- how many -----------------------------------------------------------------------------------------------

    def step(self, cells: int | None = None) -> bool:
        """Count on in the background, as long as the budget lasts; whether there is more to count now.

        Args:
            cells: how many to count at most; None for any number.
        """
        if self._stopped:
            return False
        index = max(self._background, self._first())
        last = self._last()
        while index <= last and self._is_final(index):
            if not self._is_known(index):
                if self._budget.over or cells == 0:
                    break
                self.keys(index)
                cells = None if cells is None else cells - 1
            index += 1
        self._background = index
        return index <= last and self._is_final(index)

    def stop(self) -> None:
        """Count no further in the background."""
        self._stopped = True

    @property
    def stopped(self) -> bool:
        """Whether the background counting was stopped before its end."""
        return self._stopped

    @property
    def reached(self) -> int:
        """The number of the cell that is counted next in the background."""
        return max(self._background, self._first())

    @property
    def complete(self) -> bool:
        """Whether all that there is has been counted, the part that still changes aside."""
        index = max(self._background, self._first())
        return index > self._last() or not self._is_final(index)

    @property
    def progress(self) -> float:
        """How much of the document has been counted, from 0 to 1."""
        first, last = self._first(), self._last()
        cells = last - first + 1
        if self.complete or cells <= 0:
            return 1.0
        counted = min(len(self._known), last + 1) - first
        return max(counted - self._known.count(_UNKNOWN, first, last + 1), 0) / cells

    def total(self) -> int:
        """How many keys count, as far as is known. The cells that still change are looked at."""
        total = self._known_total
        first = self._first()
        changing = range(max(first, (self._document.text.end - self._reach) // self._document.CELL), self._last() + 1)
        if self._document.text.start:  # what has gone counts no more
            total -= sum(self._counts[:first])
            if self._is_known(first):
                total += len(self.keys(first)) - self._counts[first]
        return total + sum(len(self.keys(index)) for index in changing if not self._is_known(index))

    def rank(self, key: int) -> int | None:
        """How many keys that count come before one; None where not all before it is counted yet."""
        index = max(key, self._document.text.start) // self._document.CELL
        first = self._first()
        counted = max(self._background, first)
        if index > counted and not self.complete:
            return None
        changing = [each for each in range(max(counted, first + 1), index) if not self._is_known(each)]
        return (
            sum(self._counts[first + 1 : index])
            + (len(self.keys(first)) if index > first else 0)
            + sum(len(self.keys(each)) for each in changing)
            + bisect_left(self.keys(index), key)
        )
