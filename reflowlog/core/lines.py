"""Shares: whose the next bytes of a text are, where several put theirs into it. Knows no bytes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ByteRuns"]

_Owner = TypeVar("_Owner")


class ByteRuns(Generic[_Owner]):
    """Runs of bytes in their order, put in at one end and taken by any count at the other.

    One thread may put and another take, if what is taken has been put.

    >>> shares = ByteRuns([("a", 5), ("b", 2)])
    >>> shares.take(3), shares.take(4), shares.take(1)
    ([('a', 3)], [('a', 2), ('b', 2)], [])
    """

    def __init__(self, runs: Iterable[tuple[_Owner, int]] = ()) -> None:
        self._runs = deque(runs)

    def put(self, owner: _Owner, size: int) -> None:
        """So many more bytes are somebody's."""
        self._runs.append((owner, size))

    def take(self, size: int) -> list[tuple[_Owner, int]]:
        """Whose the next so many bytes are, as far as that was said."""
        found = []
        while size and self._runs:
            owner, count = self._runs.popleft()
            if count > size:
                self._runs.appendleft((owner, count - size))
                count = size
            found.append((owner, count))
            size -= count
        return found
