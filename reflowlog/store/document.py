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
        >>> document.pieces(document.at(5), 10)
        [(4, b'two'), (8, b'thr')]
    """

    UNIT = 64 << 10
    """Bytes between two places where a giant line may be cut; also what is read at once."""
    CELL = 256 << 10
    """Bytes between the starts of two cells."""
    LONG = 4 << 10
    """Bytes read beyond a cell, for its last line."""
    REMEMBERED = 16
    """How many units are remembered."""
    BLANK_REACH = 256
    """How far before its place a cut may go for a blank, in bytes; much less than a unit."""
    ESCAPE_REACH = 32
    """How far before that it may go for the start of an escape sequence, in bytes."""

    def __init__(self, text: TextStore) -> None:
        self._text = text
        self._units: dict[int, _Page] = {}  # by number, least lately read first

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

    def after(self, key: int) -> int | None:
        """The key of the piece after this one; None if it is the last."""
        stop = self._stop_of(max(key, self._text.start))
        return stop if stop < self._text.end else None

    def before(self, key: int) -> int | None:
        """The key of the piece before this one; None if it is the first that is held."""
        return self.at(key - 1) if key > self._text.start else None

    def piece(self, key: int) -> bytes:
        """A piece without its newline; empty if it is gone."""
        if key < self._text.start:
            return b""
        return self._line(key, self._stop_of(key))

    def pieces(self, key: int, count: int) -> list[tuple[int, bytes]]:
        """So many pieces from this one on, fewer at the end, each as its key and its bytes without the newline."""
        found: list[tuple[int, bytes]] = []
        key = max(key, self._text.start)
        end = self._text.end
        while len(found) < count and key < end:
            base, data = self._unit(key // self.UNIT)
            at = key - base
            while at >= 0 and len(found) < count:  # lines that end in the unit they start in: nearly all
                stop = data.find(b"\n", at)
                if stop < 0:
                    break
                found.append((base + at, data[at:stop]))
                at = stop + 1
            key = max(key, base + at)
            if len(found) < count and key < end:
                stop = self._stop_of(key)
                found.append((key, self._line(key, stop)))
                key = stop
        return found

    def pieces_before(self, key: int, count: int) -> list[tuple[int, bytes]]:
        """So many pieces before this one, fewer at the start, in ascending order."""
        found: list[tuple[int, bytes]] = []
        stop = min(key, self._text.end)
        while len(found) < count and stop > self._text.start:
            start = self._start_of(stop - 1)
            found.append((start, self._line(start, stop)))
            stop = start
            base, data = self._unit(max(stop - 1, 0) // self.UNIT)
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

    def starts_line(self, key: int) -> bool:
        """Whether a piece is a line or the first part of one; False for the later parts of a giant line."""
        if key <= self._text.start or key > self._text.end:
            return True
        unit = self._unit((key - 1) // self.UNIT)
        return not unit.start < key <= unit.end or unit.data[key - 1 - unit.start] == NEWLINE

    # -- cells --

    def cell(self, index: int) -> tuple[int, bytes]:
        """All pieces that start in the bytes from ``index * CELL`` up to ``(index + 1) * CELL``, with their newlines.

        Returns:
            The key of the first of them, and their bytes; where none starts there, nothing.
        """
        found = self._cell_of_lines(index)
        if found is not None:
            return found
        first = self._first_from(index * self.CELL)
        limit = (index + 1) * self.CELL
        return (first, self.bytes_of(first, self._first_from(limit))) if first < limit else (first, b"")

    def _cell_of_lines(self, index: int) -> tuple[int, bytes] | None:
        """A cell of lines of the usual length, which takes one read; None where there may be a cut, or bytes are gone.

        There is no cut where every stretch of a unit holds a newline, those around both ends of the cell included.
        """
        low, limit = index * self.CELL, (index + 1) * self.CELL
        text, unit = self._text, self.UNIT
        begin, stop = max(low - 1, text.start), min(limit + min(self.LONG, unit // 2), text.end)
        if begin >= min(limit, stop):
            return None
        start, data = self._read(begin, stop)
        if start != begin or any(data.find(b"\n", at, at + unit) < 0 for at in range(0, limit - begin, unit)):
            return None
        first = begin if low <= text.start else begin + data.find(b"\n") + 1
        last = data.find(b"\n", limit - 1 - begin) + 1
        if not last:
            if stop < text.end:
                return None
            last = len(data)
        return first, data[first - begin : last]

    def is_settled(self, index: int) -> bool:
        """Whether what a cell holds stays as it is, whatever the text gets at its end."""
        limit, end = (index + 1) * self.CELL, self._text.end
        if limit > end:
            return False
        return self._first_from(limit) < end or self.bytes_of(end - 1, end) == b"\n"

    def keys_in(self, start: int, data: bytes) -> list[int]:
        """The keys of the pieces in what `cell` has returned."""
        if not data:
            return []
        lines = data.split(b"\n")
        if not lines[-1]:
            del lines[-1]
        keys = list(accumulate([len(line) + 1 for line in lines[:-1]], initial=start))
        cuts = list(self._cuts_in(start, data))
        return sorted({*keys, *cuts}) if cuts else keys

    def whole_lines(self, start: int, data: bytes) -> bool:
        """Whether newlines alone tell the pieces apart in what `cell` has returned, as in all but giant lines."""
        return next(self._cuts_in(start, data), None) is None

    def _first_from(self, offset: int) -> int:
        """Where the first piece starts that starts at an offset or after it; the end if there is none."""
        if offset <= self._text.start:
            return self._text.start
        if offset >= self._text.end:
            return self._text.end
        return self._stop_of(self._start_of(offset - 1))

    def _cuts_in(self, start: int, data: bytes) -> Iterator[int]:
        """The places after the start at which giant lines are cut in these bytes."""
        unit = self.UNIT
        reach = 2 * self.BLANK_REACH + self.ESCAPE_REACH
        for number in range(start // unit + 1, (start + len(data) + reach) // unit + 1):
            place = number * unit - start
            if data.find(b"\n", max(0, place - unit), place + unit) < 0:
                cut = self._cut(number)
                if cut is not None and start < cut < start + len(data):
                    yield cut

    # -- where pieces begin and end --

    def _start_of(self, offset: int) -> int:
        """Where the piece starts that holds the byte at an offset, which lies between the text's start and end."""
        number = offset // self.UNIT
        unit = self._unit(number)
        newline = unit.data.rfind(b"\n", 0, max(0, offset - unit.start))
        if newline < 0:
            cut = self._cut(number + 1)
            if cut is not None and cut <= offset:
                return cut
        # A unit with a newline has no cut at either end, so the first newline or cut on the way back is the start.
        while newline < 0:
            if unit.start <= self._text.start or not number:
                return self._text.start
            cut = self._cut(number)
            if cut is not None:
                return cut
            number -= 1
            unit = self._unit(number)
            newline = unit.data.rfind(b"\n")
        return max(unit.start + newline + 1, self._text.start)

    def _stop_of(self, start: int) -> int:
        """Where the piece ends, its newline included, that starts at an offset."""
        end = self._text.end
        number = start // self.UNIT
        while number * self.UNIT < end:
            unit = self._unit(number)
            newline = unit.data.find(b"\n", max(0, start - unit.start))
            if newline >= 0:
                return unit.start + newline + 1
            number += 1
            cut = self._cut(number)
            if cut is not None and cut > start:
                return cut
        return max(start, end)

    def _cut(self, number: int) -> int | None:
        """Where the text is cut near ``number * UNIT``; None where it is not."""
        place = number * self.UNIT
        if place - self.UNIT < self._text.start or place + self.UNIT > self._text.end:
            return None
        left, right = self._unit(number - 1), self._unit(number)
        if len(left.data) < self.UNIT or len(right.data) < self.UNIT or b"\n" in right.data or b"\n" in left.data:
            return None
        return left.start + self._nice(left.data, right.data[0])

    def _nice(self, data: bytes, following: int) -> int:
        """Where to cut at the end of some bytes, or a little before it."""
        cut = len(data)
        blank = data.rfind(_BLANK, max(0, cut - self.BLANK_REACH))
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
        escape = data.rfind(_ESCAPE, max(0, cut - self.ESCAPE_REACH), cut)
        if escape > 0 and data[escape + 1 : escape + 2] == bytes((_BACKSLASH,)):  # it ends a longer sequence
            opening = data.rfind(_ESCAPE, max(0, escape - self.BLANK_REACH), escape)
            escape = opening if opening > 0 else escape
        return escape if escape > 0 else cut

    # -- bytes --

    def _unit(self, number: int) -> _Page:
        """A unit of the text, or what is there of it; it may hold bytes that are gone since."""
        text = self._text
        low = number * self.UNIT
        stop = min(low + self.UNIT, text.end)
        unit = self._units.pop(number, None)
        if unit is None or unit.end != stop:
            unit = _Page(*self._read(low, stop))
            if len(self._units) >= self.REMEMBERED:
                del self._units[next(iter(self._units))]
        self._units[number] = unit
        return unit

    def _line(self, start: int, stop: int) -> bytes:
        """The bytes of a piece, without its newline."""
        first, last = start // self.UNIT, (stop - 1) // self.UNIT
        unit = self._unit(first)
        if first == last and unit.start <= start:
            data = unit.data[start - unit.start : stop - unit.start]
        else:
            data = self.bytes_of(start, stop)
        return data[:-1] if data.endswith(b"\n") else data

    def bytes_of(self, start: int, stop: int) -> bytes:
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
