"""Texts in memory and documents over them with tiny pages and blocks, for tests of the pager and the store."""

from __future__ import annotations

from itertools import accumulate

from reflowlog.pager.match_index import Budget
from reflowlog.store.document import Document
from reflowlog.store.spool import Evicted


class Memory:
    """Text that grows at its end, by any bytes, and is dropped at its start, by whole lines."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.start = 0
        self.fails_at: int | None = None  # a read before this offset raises `Evicted` and drops the text up to it

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
        """Return offset and text of each line, without newlines, including an unterminated last one."""
        *lines, rest = self.data[self.start :].split(b"\n")
        starts = accumulate((len(line) + 1 for line in lines), initial=self.start)
        return list(zip(starts, [*lines, rest] if rest else lines))

    def drop(self, lines: int) -> None:
        """Drop a number of whole lines at the start."""
        for _ in range(lines):
            self.start = self.data.find(b"\n", self.start) + 1 or self.start


class Tiny(Document):
    """A document whose units are 32 bytes, so that nearly every line is a giant."""

    PAGE_BYTES = 32
    BLOCK_BYTES = 80
    MAX_CACHED_PAGES = 4
    BLANK_REACH_BYTES = 8
    ESCAPE_REACH_BYTES = 4


class SmallBlocks(Document):
    """Document of many small blocks without giant lines."""

    BLOCK_BYTES = 80


class Ticks:
    """Clock that advances by one second for each call of `tick`."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def tick(self) -> None:
        self.now += 1


def patient() -> Budget:
    """Return a budget that is never over."""
    return Budget(lambda: 0.0)


def offsets_of(document: Document) -> list[int]:
    """Return the offsets of all lines, or parts of giant lines, of a document."""
    offsets: list[int] = []
    offset: int | None = document.text.start if document.text.end > document.text.start else None
    while offset is not None:
        offsets.append(offset)
        offset = document.after(offset)
    return offsets
