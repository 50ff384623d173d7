"""Queue of lines that are kept behind others that may still be dropped: it gives them out in their order. Pure."""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import TYPE_CHECKING

from reflowlog.text.search.record_selector import Postponed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["MAX_WAITING_BYTES", "OutputQueue"]

MAX_WAITING_BYTES = 4 << 20
"""Bytes of lines that are held behind undecided ones."""


class OutputQueue:
    """Lines to give out, from the first undecided ones on. For one thread."""

    def __init__(self) -> None:
        self._lines: deque[tuple[int, Postponed[bytes]]] = deque()  # with their bytes
        self._size = 0

    def __bool__(self) -> bool:
        return bool(self._lines)

    @property
    def since(self) -> float:
        """When the first of the lines arrived, see `Postponed`; there must be one."""
        return self._lines[0][1].since

    def pieces(self) -> Iterator[bytes]:
        """Iterate the lines."""
        return chain.from_iterable(lines.pieces for _, lines in self._lines)

    def feed(self, out: Sequence[bytes], places: Sequence[tuple[int, Postponed[bytes]]], now: float) -> bytes:
        """Add lines, and return those before the first undecided ones.

        Args:
            out: decided lines.
            places: lines that were postponed, each with the index in `out` of those that follow them; ascending.
            now: when they are given out.
        """
        decided: list[bytes] = []
        position = 0
        for index, lines in places:
            decided += out[position:index]
            position = index
            if lines.is_open:
                self._add_decided(decided, now)
                self._add(lines)
                decided = []
            else:
                decided += lines.pieces
        self._add_decided([*decided, *out[position:]], now)
        return b"".join(self._take())

    def _take(self) -> Iterator[bytes]:
        """Take the lines before the first undecided ones, which count as decided where too many are behind them."""
        while self._lines and (not self._lines[0][1].is_open or self._size > MAX_WAITING_BYTES):
            size, lines = self._lines.popleft()
            lines.is_open = False
            self._size -= size
            yield from lines.pieces

    def _add_decided(self, pieces: Sequence[bytes], now: float) -> None:
        if pieces:
            self._add(Postponed([b"".join(pieces)], now, is_open=False))

    def _add(self, lines: Postponed[bytes]) -> None:
        size = sum(map(len, lines.pieces))
        self._lines.append((size, lines))
        self._size += size
