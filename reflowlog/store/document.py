"""A text split into segments (lines, and parts of lines too long to be read whole), found by offset or by block.

Invariants:
- A segment is identified by the offset of its first byte, which never changes and never becomes another segment's.
- A line is one segment unless it is a giant line. A giant line is cut near each multiple M of the page size (64 KiB)
  that has a whole page without a newline on both sides. So the 128 KiB around M decide whether there is a cut, in
  whichever direction it is found; text appended at the end adds cuts and moves none; no segment exceeds three pages.
- The cut is not at M but before it if a better position is near: after a blank, before a character that M would split,
  before an escape sequence.
- Blocks are aligned 256 KiB ranges of offsets; a segment belongs to the block it starts in.
- Bytes are read by the page, and the last few pages are cached. No call reads more than a few of them.
- Nothing here raises because bytes are gone: an offset before the start is treated as the start, a segment that is gone
  is empty.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.store.spool import Evicted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Document", "TextStore"]

NEWLINE = 10
_BLANK, _ESCAPE, _BACKSLASH = 32, 27, 92


class TextStore(Protocol):
    """Bytes in an unbounded offset space: appended at the end, dropped at the start, immutable in between."""

    @property
    def start(self) -> int:
        """Offset of the oldest byte held; a line starts there."""

    @property
    def end(self) -> int:
        """Offset after the newest byte; the last line may have no newline yet."""

    @property
    def count(self) -> int | None:
        """Number of lines ever held, an unterminated last one included; None while not all are counted."""

    def read(self, start: int, end: int) -> bytes:
        """Read the bytes of a range that lies between start and end.

        Raises:
            Evicted: some of the bytes are no longer held.
        """

    def number_at(self, offset: int) -> int | None:
        """Return the number, from 0, of the line that contains a byte; None if it is not counted yet."""

    def offset_of(self, number: int) -> int | None:
        """Return the offset of a line's first byte; None if the line is not counted yet or does not exist."""


class _Page(NamedTuple):
    """Cached bytes: a whole page of the text, or the part of it that is held."""

    start: int
    data: bytes

    @property
    def end(self) -> int:
        """Offset after the last byte."""
        return self.start + len(self.data)


class Document:
    r"""Segments of a text, found by offset.

    Args:
        text: may grow and lose its start between calls, on the same thread.

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
    """Size of a page in bytes: the distance of possible cuts of a giant line, and the amount read at once."""
    BLOCK_BYTES = 256 << 10
    """Size of a block in bytes."""
    LOOKAHEAD_BYTES = 4 << 10
    """Bytes read beyond a block, to complete its last line."""
    MAX_CACHED_PAGES = 16
    """Number of cached pages."""
    BLANK_REACH_BYTES = 256
    """Largest distance in bytes a cut moves back to reach a blank; much less than a page."""
    ESCAPE_REACH_BYTES = 32
    """Largest further distance in bytes a cut moves back to reach the start of an escape sequence."""

    def __init__(self, text: TextStore) -> None:
        self.text = text  # the text that is split; read often, so no property
        self._pages: dict[int, _Page] = {}  # by number, least recently used first

    @property
    def written_at(self) -> float | None:
        """Reference of times without date or year, in seconds since the epoch; None: now. See `FileText.written_at`."""
        return getattr(self.text, "written_at", None)  # only files have it

    # -- segments --

    def at(self, offset: int) -> int:
        """Return the offset of the segment that contains a byte, or of the nearest one; the start of an empty text."""
        start, end = self.text.start, self.text.end
        if start >= end:
            return start
        return self._start_of(min(max(offset, start), end - 1))

    def after(self, offset: int) -> int | None:
        """Return the offset of the next segment, or None after the last."""
        page = self._pages.get(offset // self.PAGE_BYTES)
        if page is not None and offset >= page.start and offset >= self.text.start:  # the usual case, in little time
            newline = page.data.find(b"\n", offset - page.start)
            if 0 <= newline < len(page.data) - 1:
                return page.start + newline + 1
        stop = self._stop_of(max(offset, self.text.start))
        return stop if stop < self.text.end else None

    def before(self, offset: int) -> int | None:
        """Return the offset of the previous segment, or None before the first that is held."""
        return self.at(offset - 1) if offset > self.text.start else None

    def segment(self, offset: int) -> bytes:
        """Return a segment without its newline; empty if it is gone."""
        if offset < self.text.start:
            return b""
        return self._without_newline(offset, self._stop_of(offset))

    def segments(self, offset: int, count: int) -> list[tuple[int, bytes]]:
        """Return up to `count` segments from an offset on, each as its offset and its bytes without the newline."""
        segments: list[tuple[int, bytes]] = []
        offset = max(offset, self.text.start)
        end = self.text.end
        while len(segments) < count and offset < end:
            base, data = self._page(offset // self.PAGE_BYTES)
            at = offset - base
            while at >= 0 and len(segments) < count:  # lines that end in the page they start in: nearly all
                stop = data.find(b"\n", at)
                if stop < 0:
                    break
                segments.append((base + at, data[at:stop]))
                at = stop + 1
            offset = max(offset, base + at)
            if len(segments) < count and offset < end:
                stop = self._stop_of(offset)
                segments.append((offset, self._without_newline(offset, stop)))
                offset = stop
        return segments

    def segments_before(self, offset: int, count: int) -> list[tuple[int, bytes]]:
        """Return up to `count` segments before an offset, in ascending order."""
        segments: list[tuple[int, bytes]] = []
        stop = min(offset, self.text.end)
        while len(segments) < count and stop > self.text.start:
            start = self._start_of(stop - 1)
            segments.append((start, self._without_newline(start, stop)))
            stop = start
            base, data = self._page(max(stop - 1, 0) // self.PAGE_BYTES)
            at = stop - base
            while at > 0 and len(segments) < count:  # lines that end in the page they start in: nearly all
                newline = data.rfind(b"\n", 0, at - 1)
                if newline < 0 or base + newline < self.text.start:
                    break
                segments.append((base + newline + 1, data[newline + 1 : at - 1]))
                at = newline + 1
            stop = min(stop, base + at)
        segments.reverse()
        return segments

    def is_line_start(self, offset: int) -> bool:
        """Whether a segment is a line or the first part of one; False for the later parts of a giant line."""
        if offset <= self.text.start or offset > self.text.end:
            return True
        page = self._page((offset - 1) // self.PAGE_BYTES)
        return not page.start < offset <= page.end or page.data[offset - 1 - page.start] == NEWLINE

    # -- blocks --

    def block(self, index: int) -> tuple[int, bytes]:
        """Read all segments that start in block `index`, with their newlines.

        Returns:
            The offset of the first of them, and their bytes; no bytes if no segment starts in the block.
        """
        found = self._read_plain_block(index)
        if found is not None:
            return found
        first = self._first_start_from(index * self.BLOCK_BYTES)
        limit = (index + 1) * self.BLOCK_BYTES
        return (first, self.read_available(first, self._first_start_from(limit))) if first < limit else (first, b"")

    def _read_plain_block(self, index: int) -> tuple[int, bytes] | None:
        """Read a block of lines of usual length with one read; None if a giant line may be cut in it or bytes are gone.

        There is no cut where every stretch of a page holds a newline, those around both ends of the block included.
        """
        low, limit = index * self.BLOCK_BYTES, (index + 1) * self.BLOCK_BYTES
        text, page = self.text, self.PAGE_BYTES
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
        """Whether a block's content cannot change any more, whatever is appended to the text."""
        limit, end = (index + 1) * self.BLOCK_BYTES, self.text.end
        if limit > end:
            return False
        return self._first_start_from(limit) < end or self.read_available(end - 1, end) == b"\n"

    def offsets_in(self, start: int, data: bytes) -> list[int]:
        """Return the offsets of the segments in the bytes that `block` has returned."""
        if not data:
            return []
        lines = data.split(b"\n")
        if not lines[-1]:
            del lines[-1]
        offsets = list(accumulate([len(line) + 1 for line in lines[:-1]], initial=start))
        cuts = list(self._cuts_in(start, data))
        return sorted({*offsets, *cuts}) if cuts else offsets

    def has_whole_lines(self, start: int, data: bytes) -> bool:
        """Whether newlines alone separate the segments in the bytes that `block` has returned."""
        return next(self._cuts_in(start, data), None) is None

    def _first_start_from(self, offset: int) -> int:
        """Return the offset of the first segment that starts at an offset or after it; the end if there is none."""
        if offset <= self.text.start:
            return self.text.start
        if offset >= self.text.end:
            return self.text.end
        return self._stop_of(self._start_of(offset - 1))

    def _cuts_in(self, start: int, data: bytes) -> Iterator[int]:
        """Yield the offsets after the start at which giant lines are cut in these bytes."""
        page = self.PAGE_BYTES
        reach = 2 * self.BLANK_REACH_BYTES + self.ESCAPE_REACH_BYTES
        for number in range(start // page + 1, (start + len(data) + reach) // page + 1):
            place = number * page - start
            if data.find(b"\n", max(0, place - page), place + page) < 0:
                cut = self._cut_near(number)
                if cut is not None and start < cut < start + len(data):
                    yield cut

    # -- boundaries of segments --

    def _start_of(self, offset: int) -> int:
        """Return the start of the segment that contains the byte at an offset between the text's start and end."""
        number = offset // self.PAGE_BYTES
        page = self._page(number)
        newline = page.data.rfind(b"\n", 0, max(0, offset - page.start))
        if newline < 0:
            cut = self._cut_near(number + 1)
            if cut is not None and cut <= offset:
                return cut
        # A page with a newline has no cut at either end, so the first newline or cut found backward is the start.
        while newline < 0:
            if page.start <= self.text.start or not number:
                return self.text.start
            cut = self._cut_near(number)
            if cut is not None:
                return cut
            number -= 1
            page = self._page(number)
            newline = page.data.rfind(b"\n")
        return max(page.start + newline + 1, self.text.start)

    def _stop_of(self, start: int) -> int:
        """Return the end of the segment that starts at an offset, its newline included."""
        end = self.text.end
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
        """Return the offset at which the text is cut near page `number`, or None if it is not cut there."""
        place = number * self.PAGE_BYTES
        if place - self.PAGE_BYTES < self.text.start or place + self.PAGE_BYTES > self.text.end:
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
        """Return the position to cut at: the end of some bytes, or a better one shortly before it."""
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
                if following & 0xC0 == 0x80:  # more continuation bytes than any character has
                    cut = len(data)
        escape = data.rfind(_ESCAPE, max(0, cut - self.ESCAPE_REACH_BYTES), cut)
        if escape > 0 and data[escape + 1 : escape + 2] == bytes(
            (_BACKSLASH,)
        ):  # a string terminator: it ends a longer sequence
            opening = data.rfind(_ESCAPE, max(0, escape - self.BLANK_REACH_BYTES), escape)
            escape = opening if opening > 0 else escape
        return escape if escape > 0 else cut

    # -- bytes --

    def _page(self, number: int) -> _Page:
        """Return a page of the text, or the part of it that is held; it may contain bytes that were dropped since."""
        text = self.text
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
        """Return the bytes of a segment without its newline."""
        first, last = start // self.PAGE_BYTES, (stop - 1) // self.PAGE_BYTES
        page = self._page(first)
        if first == last and page.start <= start:
            data = page.data[start - page.start : stop - page.start]
        else:
            data = self.read_available(start, stop)
        return data[:-1] if data.endswith(b"\n") else data

    def read_available(self, start: int, stop: int) -> bytes:
        """Read the bytes of a range; empty if its start is gone."""
        begin, data = self._read(start, stop)
        return data if begin == start else b""

    def _read(self, start: int, stop: int) -> tuple[int, bytes]:
        """Read the bytes of a range that are still held, and return the offset they start at."""
        for _ in range(3):  # if the disk fails during the read, the start moves, and the remaining bytes are in memory
            start = max(start, self.text.start)
            if start >= stop:
                break
            try:
                return start, self.text.read(start, stop)
            except Evicted:
                continue
        return max(start, stop), b""
