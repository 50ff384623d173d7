"""Run-length queue of (owner, byte count): maps the next bytes of a merged text to their sources. Stores no bytes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ByteRuns"]

_Owner = TypeVar("_Owner")


class ByteRuns(Generic[_Owner]):
    """FIFO of byte runs: appended whole, removed by any count of bytes.

    One thread may put and another take, provided that the bytes taken have been put before.

    >>> runs = ByteRuns([("a", 5), ("b", 2)])
    >>> runs.take(3), runs.take(4), runs.take(1)
    ([('a', 3)], [('a', 2), ('b', 2)], [])
    """

    def __init__(self, runs: Iterable[tuple[_Owner, int]] = ()) -> None:
        self._runs = deque(runs)

    def put(self, owner: _Owner, size: int) -> None:
        """Append a run of ``size`` bytes for ``owner``."""
        self._runs.append((owner, size))

    def take(self, size: int) -> list[tuple[_Owner, int]]:
        """Remove and return the runs of the next ``size`` bytes, as far as they are known."""
        found = []
        while size and self._runs:
            owner, count = self._runs.popleft()
            if count > size:
                self._runs.appendleft((owner, count - size))
                count = size
            found.append((owner, count))
            size -= count
        return found
