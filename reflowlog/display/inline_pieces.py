"""Joined lines of inline mode: pieces that a container runtime has cut are shown as one line. Knows no terminal.

Invariants:
- Which lines are pieces is decided by `text/parse/pieces.py`. The history keeps them as they came.
- A text that is not complete is shown as volatile rows, with the lines behind it, and settled with its last piece. It
  is held up to the bounds of `PieceJoiner`.
- What was joined is remembered, so that a new width joins the same lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.parse.pieces import JoinedLine, PieceJoiner, join_line

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from reflowlog.store.line_index import LineIndex

__all__ = ["InlinePieces"]

MAX_JOINED_LINES = 4096  # joined lines that are remembered, with at most 256 KiB of pieces each


class InlinePieces:
    """Joins the lines of a history as they are added to it. For one thread.

    Args:
        history: keeps the lines.
    """

    def __init__(self, history: LineIndex) -> None:
        self._history = history
        self._joiner = PieceJoiner()
        self._joined: dict[int, Sequence[int]] = {}  # numbers of the further pieces by that of the first, ascending
        self._pieces: set[int] = set()  # these further ones

    @property
    def is_open(self) -> bool:
        """Whether lines are pending, or may be."""
        return self._joiner.settled < self._joiner.end

    @property
    def settled(self) -> int:
        """Number of the first line that is pending; behind the last line that was fed if none is."""
        return self._joiner.settled

    def feed(self, number: int, lines: Sequence[bytes], sources: Sequence[Hashable] = ()) -> list[JoinedLine]:
        """Take lines, the first of which has a number, and return those that are settled."""
        if not self.is_open:
            self._joiner.end = number
        return self._remembered(self._joiner.feed(lines, sources))

    def flush(self) -> list[JoinedLine]:
        """Settle the pending lines: nothing continues them."""
        return self._remembered(self._joiner.flush())

    def pending(self) -> list[JoinedLine]:
        """Return the pending lines, for now."""
        return self._joiner.pending()

    def parts(self, start: int, stop: int) -> list[range | JoinedLine]:
        """Return the settled lines from `start` to below `stop`: ranges of whole lines, and joined ones."""
        stop = min(stop, self.settled) if self.is_open else stop
        found: list[range | JoinedLine] = []
        at = start
        for number in range(start, stop):
            pieces = self._joined.get(number, ())
            if not pieces and number not in self._pieces:
                continue
            if at < number:
                found.append(range(at, number))
            at = number + 1
            lines = [line for each in (number, *pieces) for line in self._history.lines(each, each + 1)]
            if pieces and len(lines) > len(pieces):  # all are held
                found.append(JoinedLine(number, join_line(lines), pieces))
        if at < stop:
            found.append(range(at, stop))
        return found

    def lines(self, start: int, stop: int) -> list[JoinedLine]:
        """Return the same lines, one by one."""
        found: list[JoinedLine] = []
        for part in self.parts(start, stop):
            if isinstance(part, range):
                found += map(JoinedLine, part, self._history.lines(part.start, part.stop))
            else:
                found.append(part)
        return found

    def _remembered(self, settled: list[JoinedLine]) -> list[JoinedLine]:
        for number, _, pieces in settled:
            if pieces:
                self._joined[number] = pieces
                self._pieces.update(pieces)
        while len(self._joined) > MAX_JOINED_LINES:
            self._pieces.difference_update(self._joined.pop(next(iter(self._joined))))
        return settled
