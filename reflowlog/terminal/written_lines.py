"""Lines that an inline painter has written, as far as a screen may show them. Pure.

Invariants:
- A *line* is the text written between two newlines: never wider than the width it was laid out for. Lines are split
  from their records when a new width requires it, so that appending a record stays cheap.
- A screen of fewer rows than `MAX_LINES` shows no line that is not remembered: each takes at least one row.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reflowlog.core.frames import RenderedRecord

__all__ = ["MAX_LINES", "Line", "WrittenLines"]

MAX_LINES = 1024  # lines; each takes at least one row, so no screen of fewer rows shows more
_LARGE_RECORD_CHARS = 16_384  # characters of a record from which on its rows are remembered one by one

Line = tuple[int, str]
"""The record's number, and the text that was written: a line, or before `WrittenLines.split` several."""


class WrittenLines:
    """The newest written lines, oldest first.

    Attributes:
        stale: number of lines, the first ones, that were laid out for other widths.
    """

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=MAX_LINES)
        self.stale = 0

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> Line:
        return self._lines[index]

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)

    def __reversed__(self) -> Iterator[Line]:
        return reversed(self._lines)

    def append(self, records: Sequence[RenderedRecord]) -> None:
        """Remember records that were written for the present width."""
        lines: Sequence[Line] = records[-MAX_LINES:]
        if max((len(text) for _, text in lines), default=0) >= _LARGE_RECORD_CHARS:
            lines = [line for record in lines for line in _newest_rows(record)]
        self.stale = max(0, self.stale - max(0, len(self._lines) + len(lines) - MAX_LINES))
        self._lines.extend(lines)

    def renumber(self, number: int) -> None:
        """Give the newest lines, those with a record number above one, that number."""
        for index in range(len(self._lines) - 1, -1, -1):
            if self._lines[index][0] <= number:
                break
            self._lines[index] = number, self._lines[index][1]

    def append_blank_rows(self, count: int) -> None:
        """Remember rows that the terminal has left blank under the last line; no record is laid out again for them."""
        if self._lines:
            self._lines.extend([(self._lines[-1][0] + 1, "")] * count)

    def split(self) -> None:
        """Split the texts into lines."""
        self._lines = deque(
            [(number, line) for number, text in self._lines for line in text.split("\n")], maxlen=MAX_LINES
        )

    def mark_stale(self) -> None:
        """Note that all lines were laid out for another width."""
        self.stale = len(self._lines)

    def truncate(self, kept: int) -> None:
        """Forget all lines but the first `kept`."""
        while len(self._lines) > kept:
            self._lines.pop()
        self.stale = min(self.stale, len(self._lines))

    def keep_from(self, number: int, rows: int) -> None:
        """Forget all lines above those of a record that was written with so many rows."""
        self.split()
        kept = 0
        for line_number, _ in reversed(self._lines):
            if line_number < number or (line_number == number and not rows):
                break
            rows -= line_number == number
            kept += 1
        for _ in range(len(self._lines) - kept):
            self._lines.popleft()
            self.stale = max(0, self.stale - 1)

    def clear(self) -> None:
        """Forget all lines."""
        self.truncate(0)

    def are_more_than(self, rows: int) -> bool:
        """Return whether there are more lines than a number of rows."""
        for _, text in reversed(self._lines):
            rows -= text.count("\n") + 1
            if rows < 0:
                return True
        return False


def _newest_rows(record: RenderedRecord) -> list[Line]:
    """Return a record as it is remembered: of a large one, no more rows than a screen may show."""
    number, text = record
    if len(text) < _LARGE_RECORD_CHARS:
        return [record]
    return [(number, row) for row in text.rsplit("\n", MAX_LINES)[-MAX_LINES:]]
