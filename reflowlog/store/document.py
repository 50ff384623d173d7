"""A text as pieces: lines, and parts of lines too long to be taken whole; by key, forward, backward, in cells.

Rules of this file:
- A piece is known by its key, the offset of its first byte. A key never changes and never becomes another piece's.
- A line is a piece, unless it is a giant: one is cut near each place M, a multiple of the unit (64 KiB), that has a
  whole unit without a newline on both sides. So 128 KiB around a place decide whether there is a cut, from whichever
  side it is found; what the text gets at its end adds cuts and moves none; no piece is longer than three units.
- The cut is not at M but before it where something nicer is near: after a blank, before a character that M would split,
  before an escape sequence.
- Cells are a fixed grid over the offsets: each piece belongs to the one that it starts in.
- Bytes are read by the unit, and the last few are remembered. No step reads more than a few of them.
- Nothing here raises because bytes are gone: a key before the start is taken for the start, a piece that is gone is
  empty.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, Protocol

from reflowlog.store.spool import Evicted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Document", "TextStore"]

NEWLINE = 10
_BLANK, _ESCAPE, _BACKSLASH = 32, 27, 92


class TextStore(Protocol):
    """Bytes in an endless offset space: they grow at the end, go at the start, and never change in between."""

    @property
    def start(self) -> int:
        """The offset of the oldest byte held; a line starts there."""

    @property
    def end(self) -> int:
        """The offset after the newest byte; the last line may have no newline yet."""

    @property
    def count(self) -> int | None:
        """How many lines there are or were, an unfinished last one included; None while not yet counted."""

    def read(self, start: int, end: int) -> bytes:
        """The bytes of a range that lies between start and end, as many as that.

        Raises:
            Evicted: some of it is no longer held.
        """

    def number_at(self, offset: int) -> int | None:
        """The number, from 0, of the line that a byte is in; None where not counted so far."""

    def offset_of(self, number: int) -> int | None:
        """Where a line starts; None if it is not counted so far, or there is none."""


class _Page(NamedTuple):
    """Bytes that were read: a whole unit of the text, or what there was of it."""

    start: int
    data: bytes

    @property
    def end(self) -> int:
        """The offset after the last one."""
        return self.start + len(self.data)


class Document:
    r"""The pieces of a text.

    Args:
        text: it may grow and lose its start between calls, on the same thread.

    Example:
        >>> from reflowlog.store.line_index import LineIndex
        >>> from reflowlog.store.pipe_text import PipeText
        >>> from reflowlog.store.spool import Spool
        >>> text = PipeText(LineIndex(Spool()))
        >>> text.grow(b"one\ntwo\nthr")
        >>> document = Document(text)
        >>> document.segments(document.at(5), 10)
        [(4, b'two'), (8, b'thr')]
    """

    PAGE_BYTES = 64 << 10
    """Bytes between two places where a giant line may be cut; also what is read at once."""
    BLOCK_BYTES = 256 << 10
    """Bytes between the starts of two cells."""
    LOOKAHEAD_BYTES = 4 << 10
    """Bytes read beyond a cell, for its last line."""
    MAX_CACHED_PAGES = 16
    """How many units are remembered."""
    BLANK_REACH_BYTES = 256
    """How far before its place a cut may go for a blank, in bytes; much less than a unit."""
    ESCAPE_REACH_BYTES = 32
    """How far before that it may go for the start of an escape sequence, in bytes."""

    def __init__(self, text: TextStore) -> None:
        self._text = text
        self._pages: dict[int, _Page] = {}  # by number, least lately read first

    @property
    def text(self) -> TextStore:
        """What this is a view of."""
        return self._text

    # -- pieces --

    def at(self, offset: int) -> int:
        """The key of the piece that holds a byte; the nearest one's where there is none; the start, if it is empty."""
        start, end = self._text.start, self._text.end
        if start >= end:
            return start
        return self._start_of(min(max(offset, start), end - 1))

    def after(self, offset: int) -> int | None:
        """The key of the piece after this one; None if it is the last."""
        stop = self._stop_of(max(offset, self._text.start))
        return stop if stop < self._text.end else None

    def before(self, offset: int) -> int | None:
        """The key of the piece before this one; None if it is the first that is held."""
        return self.at(offset - 1) if offset > self._text.start else None

    def segment(self, offset: int) -> bytes:
        """A piece without its newline; empty if it is gone."""
        if offset < self._text.start:
            return b""
        return self._without_newline(offset, self._stop_of(offset))

    def segments(self, offset: int, count: int) -> list[tuple[int, bytes]]:
        """So many pieces from this one on, fewer at the end, each as its key and its bytes without the newline."""
        found: list[tuple[int, bytes]] = []
        offset = max(offset, self._text.start)
        end = self._text.end
        while len(found) < count and offset < end:
            base, data = self._page(offset // self.PAGE_BYTES)
            at = offset - base
            while at >= 0 and len(found) < count:  # lines that end in the unit they start in: nearly all
                stop = data.find(b"\n", at)
                if stop < 0:
                    break
                found.append((base + at, data[at:stop]))
                at = stop + 1
            offset = max(offset, base + at)
            if len(found) < count and offset < end:
                stop = self._stop_of(offset)
                found.append((offset, self._without_newline(offset, stop)))
                offset = stop
        return found

    def segments_before(self, offset: int, count: int) -> list[tuple[int, bytes]]:
        """So many pieces before this one, fewer at the start, in ascending order."""
        found: list[tuple[int, bytes]] = []
        stop = min(offset, self._text.end)
        while len(found) < count and stop > self._text.start:
            start = self._start_of(stop - 1)
            found.append((start, self._without_newline(start, stop)))
            stop = start
            base, data = self._page(max(stop - 1, 0) // self.PAGE_BYTES)
            at = stop - base
            while at > 0 and len(found) < count:  # lines that end in the unit they start in: nearly all
                newline = data.rfind(b"\n", 0, at - 1)
                if newline < 0 or base + newline < self._text.start:
                    break
                found.append((base + newline + 1, data[newline + 1 : at - 1]))
                at = newline + 1
            stop = min(stop, base + at)
        found.reverse()
        return found

    def is_line_start(self, offset: int) -> bool:
        """Whether a piece is a line or the first part of one; False for the later parts of a giant line."""
        if offset <= self._text.start or offset > self._text.end:
            return True
        page = self._page((offset - 1) // self.PAGE_BYTES)
        return not page.start < offset <= page.end or page.data[offset - 1 - page.start] == NEWLINE

    # -- cells --

    def block(self, index: int) -> tuple[int, bytes]:
        """All pieces that start in the bytes from ``index * BLOCK_BYTES`` up to ``(index + 1) * BLOCK_BYTES``, with their newlines.

        Returns:
            The key of the first of them, and their bytes; where none starts there, nothing.
        """
        found = self._read_plain_block(index)
        if found is not None:
            return found
        first = self._first_start_from(index * self.BLOCK_BYTES)
        limit = (index + 1) * self.BLOCK_BYTES
        return (first, self.read_available(first, self._first_start_from(limit))) if first < limit else (first, b"")

    def _read_plain_block(self, index: int) -> tuple[int, bytes] | None:
        """A cell of lines of the usual length, which takes one read; None where there may be a cut, or bytes are gone.

        There is no cut where every stretch of a unit holds a newline, those around both ends of the cell included.
        """
        low, limit = index * self.BLOCK_BYTES, (index + 1) * self.BLOCK_BYTES
        text, page = self._text, self.PAGE_BYTES
        begin, stop = max(low - 1, text.start), min(limit + min(self.LOOKAHEAD_BYTES, page // 2), text.end)
        if begin >= min(limit, stop):
            return None
        start, data = self._read(begin, stop)
        if start != begin or any(data.find(b"\n", at, at + page) < 0 for at in range(0, limit - begin, page)):
            return None
        first = begin if low <= text.start else begin + data.find(b"\n") + 1
        last = data.find(b"\n", limit - 1 - begin) + 1
        if not last:
            if stop < text.end:
                return None
            last = len(data)
        return first, data[first - begin : last]

    def is_block_final(self, index: int) -> bool:
        """Whether what a cell holds stays as it is, whatever the text gets at its end."""
        limit, end = (index + 1) * self.BLOCK_BYTES, self._text.end
        if limit > end:
            return False
        return self._first_start_from(limit) < end or self.read_available(end - 1, end) == b"\n"

    def offsets_in(self, start: int, data: bytes) -> list[int]:
        """The keys of the pieces in what `block` has returned."""
        if not data:
            return []
        lines = data.split(b"\n")
        if not lines[-1]:
            del lines[-1]
        offsets = list(accumulate([len(line) + 1 for line in lines[:-1]], initial=start))
        cuts = list(self._cuts_in(start, data))
        return sorted({*offsets, *cuts}) if cuts else offsets

    def has_whole_lines(self, start: int, data: bytes) -> bool:
        """Whether newlines alone tell the pieces apart in what `block` has returned, as in all but giant lines."""
        return next(self._cuts_in(start, data), None) is None

    def _first_start_from(self, offset: int) -> int:
        """Where the first piece starts that starts at an offset or after it; the end if there is none."""
        if offset <= self._text.start:
            return self._text.start
        if offset >= self._text.end:
            return self._text.end
        return self._stop_of(self._start_of(offset - 1))

    def _cuts_in(self, start: int, data: bytes) -> Iterator[int]:
        """The places after the start at which giant lines are cut in these bytes."""
        page = self.PAGE_BYTES
        reach = 2 * self.BLANK_REACH_BYTES + self.ESCAPE_REACH_BYTES
        for number in range(start // page + 1, (start + len(data) + reach) // page + 1):
            place = number * page - start
            if data.find(b"\n", max(0, place - page), place + page) < 0:
                cut = self._cut_near(number)
                if cut is not None and start < cut < start + len(data):
                    yield cut

    # -- where pieces begin and end --

    def _start_of(self, offset: int) -> int:
        """Where the piece starts that holds the byte at an offset, which lies between the text's start and end."""
        number = offset // self.PAGE_BYTES
        page = self._page(number)
        newline = page.data.rfind(b"\n", 0, max(0, offset - page.start))
        if newline < 0:
            cut = self._cut_near(number + 1)
            if cut is not None and cut <= offset:
                return cut
        # A unit with a newline has no cut at either end, so the first newline or cut on the way back is the start.
        while newline < 0:
            if page.start <= self._text.start or not number:
                return self._text.start
            cut = self._cut_near(number)
            if cut is not None:
                return cut
            number -= 1
            page = self._page(number)
            newline = page.data.rfind(b"\n")
        return max(page.start + newline + 1, self._text.start)

    def _stop_of(self, start: int) -> int:
        """Where the piece ends, its newline included, that starts at an offset."""
        end = self._text.end
        number = start // self.PAGE_BYTES
        while number * self.PAGE_BYTES < end:
            page = self._page(number)
            newline = page.data.find(b"\n", max(0, start - page.start))
            if newline >= 0:
                return page.start + newline + 1
            number += 1
            cut = self._cut_near(number)
            if cut is not None and cut > start:
                return cut
        return max(start, end)

    def _cut_near(self, number: int) -> int | None:
        """Where the text is cut near ``number * PAGE_BYTES``; None where it is not."""
        place = number * self.PAGE_BYTES
        if place - self.PAGE_BYTES < self._text.start or place + self.PAGE_BYTES > self._text.end:
            return None
        left, right = self._page(number - 1), self._page(number)
        if (
            len(left.data) < self.PAGE_BYTES
            or len(right.data) < self.PAGE_BYTES
            or b"\n" in right.data
            or b"\n" in left.data
        ):
            return None
        return left.start + self._choose_cut(left.data, right.data[0])

    def _choose_cut(self, data: bytes, following: int) -> int:
        """Where to cut at the end of some bytes, or a little before it."""
        cut = len(data)
        blank = data.rfind(_BLANK, max(0, cut - self.BLANK_REACH_BYTES))
        if blank >= 0:
            cut = blank + 1
        else:
            for _ in range(3):  # a character has at most three bytes after its first
                if following & 0xC0 != 0x80:
                    break
                cut -= 1
                following = data[cut]
            else:
                if following & 0xC0 == 0x80:  # so many are no character
                    cut = len(data)
        escape = data.rfind(_ESCAPE, max(0, cut - self.ESCAPE_REACH_BYTES), cut)
        if escape > 0 and data[escape + 1 : escape + 2] == bytes((_BACKSLASH,)):  # it ends a longer sequence
            opening = data.rfind(_ESCAPE, max(0, escape - self.BLANK_REACH_BYTES), escape)
            escape = opening if opening > 0 else escape
        return escape if escape > 0 else cut

    # -- bytes --

    def _page(self, number: int) -> _Page:
        """A unit of the text, or what is there of it; it may hold bytes that are gone since."""
        text = self._text
        low = number * self.PAGE_BYTES
        stop = min(low + self.PAGE_BYTES, text.end)
        page = self._pages.pop(number, None)
        if page is None or page.end != stop:
            page = _Page(*self._read(low, stop))
            if len(self._pages) >= self.MAX_CACHED_PAGES:
                del self._pages[next(iter(self._pages))]
        self._pages[number] = page
        return page

    def _without_newline(self, start: int, stop: int) -> bytes:
        """The bytes of a piece, without its newline."""
        first, last = start // self.PAGE_BYTES, (stop - 1) // self.PAGE_BYTES
        page = self._page(first)
        if first == last and page.start <= start:
            data = page.data[start - page.start : stop - page.start]
        else:
            data = self.read_available(start, stop)
        return data[:-1] if data.endswith(b"\n") else data

    def read_available(self, start: int, stop: int) -> bytes:
        """The bytes of a range, or nothing, where its start is gone."""
        begin, data = self._read(start, stop)
        return data if begin == start else b""

    def _read(self, start: int, stop: int) -> tuple[int, bytes]:
        """The bytes of a range, and where those start that are still held."""
        for _ in range(3):  # a disk may fail while it is read: then the start moves, and the rest is in memory
            start = max(start, self._text.start)
            if start >= stop:
                break
            try:
                return start, self._text.read(start, stop)
            except Evicted:
                continue
        return max(start, stop), b""
