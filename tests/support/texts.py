"""Texts in memory and documents over them, for the tests of the view's rooms."""

from __future__ import annotations

from itertools import accumulate

from reflowlog.pager.match_index import Budget
from reflowlog.store.document import Document
from reflowlog.store.spool import Evicted


class Memory:
    """A text that grows at its end and goes at its start, by whole lines."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.start = 0
        self.fails_at: int | None = None  # what is read before it is found to be gone, and is from then on

    @property
    def end(self) -> int:
        return len(self.data)

    @property
    def count(self) -> int:
        return self.data.count(b"\n") + (not self.data.endswith(b"\n") and self.data != b"")

    def read(self, start: int, end: int) -> bytes:
        assert start <= end <= self.end
        if self.fails_at is not None and start < self.fails_at:
            self.start, self.fails_at = self.fails_at, None
        if start < self.start:
            raise Evicted
        return self.data[start:end]

    def number_at(self, offset: int) -> int | None:
        return self.data.count(b"\n", 0, offset) if self.start <= offset < self.end else None

    def offset_of(self, number: int) -> int | None:
        starts = [start for start, _ in self.lines()]
        number -= self.data.count(b"\n", 0, self.start)
        return starts[number] if 0 <= number < len(starts) else None

    def lines(self) -> list[tuple[int, bytes]]:
        """Offsets and lines, without their newlines, an unfinished last one included."""
        *lines, rest = self.data[self.start :].split(b"\n")
        starts = accumulate((len(line) + 1 for line in lines), initial=self.start)
        return list(zip(starts, [*lines, rest] if rest else lines))

    def drop(self, lines: int) -> None:
        """So many whole lines less at the start."""
        for _ in range(lines):
            self.start = self.data.find(b"\n", self.start) + 1 or self.start


class Tiny(Document):
    """A document whose units are 32 bytes, so that nearly every line is a giant."""

    UNIT = 32
    CELL = 80
    REMEMBERED = 4
    BLANK_REACH = 8
    ESCAPE_REACH = 4


class SmallCells(Document):
    """A document of many cells without giant lines."""

    CELL = 80


class Ticks:
    """A clock that goes on by one with each piece of work that is told to it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def tick(self) -> None:
        self.now += 1


def patient() -> Budget:
    """A budget that is never over."""
    return Budget(lambda: 0.0)


def keys_of(document: Document) -> list[int]:
    """The keys of all pieces."""
    keys: list[int] = []
    key: int | None = document.text.start if document.text.end > document.text.start else None
    while key is not None:
        keys.append(key)
        key = document.after(key)
    return keys
