"""Index of lines by number, over a spool of bytes.

Invariants:
- One thread owns an index. A line's number is the number of lines before it, and never changes.
- Lines are indexed in groups of about 32 KiB of whole lines, not one by one: appending lines costs counting newlines,
  and the index costs 16 bytes a group. A line's position in its group is found when it is read, in microseconds.
- Lines are kept as their bytes, without the newline. Nothing here decodes or parses them.
- The oldest lines are dropped: those beyond the limit, and those that the spool has lost. The others have no gap. The
  newest may be taken back, before anything else refers to them.
- Offsets of bytes never change either, newlines included; finding the line that contains a byte costs reading a group.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from reflowlog.store.spool import Evicted

if TYPE_CHECKING:
    from reflowlog.store.spool import Spool

__all__ = ["LineIndex"]


class LineIndex:
    r"""The newest lines, each with a permanent number.

    Args:
        spool: holds the bytes; owned by this index.
        limit: number of lines to hold; None for all.

    Raises:
        ValueError: the limit is negative.

    Example:
        >>> from reflowlog.store.spool import Spool
        >>> history = LineIndex(Spool(), limit=2)
        >>> history.extend(b"one\ntwo\nthree\n")
        3
        >>> history.first, history.end, history.lines(0, 3)
        (1, 3, [b'two', b'three'])
    """

    GROUP_BYTES = 32 * 1024
    """Largest size of a group in bytes, unless a single line is longer: then it is a group by itself."""

    def __init__(self, spool: Spool, limit: int | None = None) -> None:
        if limit is not None and limit < 0:
            raise ValueError(f"the limit is negative: {limit}")
        self._spool = spool
        self._limit = limit
        self._first = 0
        self._end = 0
        self._lost = 0
        # Of each group: the number of its first line, and that line's offset. Groups before `_head` are dropped.
        self._numbers = array("Q")
        self._offsets = array("Q")
        self._head = 0
        self._first_at = (0, 0)  # number of the first line at the last lookup, and its offset
        self._split_at = (0, 0)  # range of the spool that was split into lines last
        self._split: list[bytes] = []

    @property
    def first(self) -> int:
        """Number of the oldest line held; equal to `end` if there is none."""
        return self._first

    @property
    def end(self) -> int:
        """Number of the next line: the count of all lines ever appended."""
        return self._end

    @property
    def limit(self) -> int | None:
        """Largest number of lines held, or None."""
        return self._limit

    @property
    def lost(self) -> int:
        """Number of lines dropped because the disk failed, rather than because of the limit."""
        return self._lost

    @property
    def start_offset(self) -> int:
        """Offset of the first byte of the oldest line held; equal to `end_offset` if there is none."""
        while self._first_at[0] != self._first < self._end:
            number = self._first
            offset = self.offset_of(number)
            if offset is not None:  # None: the disk has failed, and another line is the first now
                self._first_at = number, offset
        return self._first_at[1] if self._first < self._end else self._spool.end

    @property
    def end_offset(self) -> int:
        """Offset after the newest line: the count of all bytes ever appended."""
        return self._spool.end

    def __len__(self) -> int:
        return self._end - self._first

    def append(self, line: bytes) -> int:
        """Append one line, given without its newline.

        Returns:
            Its number.

        Raises:
            ValueError: the line contains a newline, or the index is closed.
        """
        if b"\n" in line:
            raise ValueError("one line has no newline in it; see extend()")
        number = self._end
        self.extend(line + b"\n")
        return number

    def extend(self, data: bytes | bytearray, start: int = 0, stop: int | None = None) -> int:
        """Append whole lines; the larger the chunk, the faster.

        Args:
            data: lines, each with its newline; copied.
            start: offset in the data at which the first line starts.
            stop: offset in it at which the last line ends; None: at the end.

        Returns:
            The number of lines appended.

        Raises:
            ValueError: the last line has no newline, or the index is closed.
        """
        if self._spool.closed:
            raise ValueError("the history is closed")
        stop = len(data) if stop is None else stop
        if start >= stop:
            return 0
        if data[stop - 1] != 10:
            raise ValueError("the last line has no newline")
        before = self._end
        # The index is updated first: a spool that reports trouble from inside `append` finds it consistent.
        self._index(data, start, stop)
        count = self._end - before
        self._spool.append(data if stop - start == len(data) else memoryview(data)[start:stop])
        self._sync()
        return count

    def can_take_back(self, first: int) -> bool:
        """Return whether the newest lines, from a number on, can be removed."""
        offset = self.offset_of(first)
        return offset is not None and self._spool.can_take_back(offset)

    def take_back(self, first: int) -> bool:
        """Remove the newest lines, from a number on; return False, and remove none, if that is not possible."""
        offset = self.offset_of(first)
        if offset is None or not self._spool.take_back(offset):
            return False
        while len(self._offsets) > self._head and self._offsets[-1] >= offset:
            self._numbers.pop()
            self._offsets.pop()
        self._end = first
        self._split_at, self._split = (0, 0), []
        return True

    def line(self, number: int) -> bytes:
        """Return one line, without its newline.

        Raises:
            IndexError: the line is no longer held, or not there yet.
        """
        found = self.lines(number, number + 1)
        if not found:
            raise IndexError(f"line {number} is not among those held, {self._first} to {self._end - 1}")
        return found[0]

    def lines(self, start: int, stop: int) -> list[bytes]:
        """Return the lines from number `start` up to, not including, `stop`, without their newlines, in one read.

        Returns:
            The lines that are held: fewer if `start` lies before `first` or `stop` after `end`.
        """
        while True:
            start = max(start, self._first)
            stop = min(stop, self._end)
            if start >= stop:
                return []
            group = self._group_of(start)
            last = group if stop <= self._stop_of(group) else self._group_of(stop - 1)
            byte_range = self._offsets[group], self._offset_after(last)
            if byte_range != self._split_at:
                try:
                    data = self._spool.read(*byte_range)
                except Evicted:
                    self._sync()
                    continue
                self._split = data.split(b"\n")
                self._split_at = byte_range
            skip = self._numbers[group]
            return self._split[start - skip : stop - skip]

    def group(self, number: int) -> tuple[int, bytes]:
        r"""Return the whole group of a line, for a scan in bounded steps that searches many lines at once.

        The next group is that of line ``first + data.count(b"\n")``, the previous one that of ``first - 1``.

        Returns:
            The number of the group's first line, and its bytes as they came, newlines included.

        Raises:
            IndexError: the line is no longer held, or not there yet.
        """
        if self._first <= number < self._end:
            group = self._group_of(number)
            try:
                data = self._spool.read(self._offsets[group], self._offset_after(group))
            except Evicted:
                self._sync()
            else:
                skip = self._first - self._numbers[group]  # lines of the oldest group that are beyond the limit
                return (self._first, data.split(b"\n", skip)[skip]) if skip > 0 else (self._numbers[group], data)
        raise IndexError(f"line {number} is not among those held, {self._first} to {self._end - 1}")

    # -- by offset --

    def read(self, start: int, end: int) -> bytes:
        """Read the bytes of a range of offsets, newlines included.

        Raises:
            Evicted: some of the bytes are no longer held; those from `start_offset` on are.
            ValueError: the range does not exist, or the index is closed.
        """
        try:
            return self._spool.read(start, end)
        except Evicted:
            self._sync()
            raise

    def number_at(self, offset: int) -> int | None:
        """Return the number of the line that contains a byte; None if it is not held."""
        if not self.start_offset <= offset < self._spool.end:
            return None
        group = bisect_right(self._offsets, offset, self._head) - 1
        number = self._numbers[group]
        if self._stop_of(group) - number == 1:  # may be a giant line
            return number
        try:
            return number + self.read(self._offsets[group], offset).count(b"\n")
        except Evicted:
            return None

    def offset_of(self, number: int) -> int | None:
        """Return the offset of a line's first byte; None if the line is not held."""
        if not self._first <= number < self._end:
            return None
        group = self._group_of(number)
        offset = self._offsets[group]
        skip = number - self._numbers[group]
        if not skip:
            return offset
        try:
            data = self.read(offset, self._offset_after(group))
        except Evicted:
            return self.offset_of(number)
        return offset + len(data) - len(data.split(b"\n", skip)[skip])

    def close(self) -> None:
        """Release everything. Idempotent."""
        self._spool.close()
        self._first = self._end
        self._drop_groups(len(self._numbers))
        self._split_at, self._split = (0, 0), []

    # -- the index --

    def _index(self, data: bytes | bytearray, begin: int, end: int) -> None:
        """Count lines that are about to be appended to the spool, and begin groups for them."""
        shift = self._spool.end - begin
        if self._head < len(self._offsets) and shift + end - self._offsets[-1] <= self.GROUP_BYTES:
            self._end += data.count(b"\n", begin, end)
            return
        while begin < end:
            self._numbers.append(self._end)
            self._offsets.append(shift + begin)
            stop = min(begin + self.GROUP_BYTES, end)
            if stop < end:
                stop = data.rfind(b"\n", begin, stop) + 1 or data.find(b"\n", stop) + 1
            self._end += data.count(b"\n", begin, stop) if stop - begin <= self.GROUP_BYTES else 1
            begin = stop

    def _group_of(self, number: int) -> int:
        return bisect_right(self._numbers, number, self._head) - 1

    def _stop_of(self, group: int) -> int:
        return self._numbers[group + 1] if group + 1 < len(self._numbers) else self._end

    def _offset_after(self, group: int) -> int:
        return self._offsets[group + 1] if group + 1 < len(self._offsets) else self._spool.end

    # -- eviction --

    def _sync(self) -> None:
        """Drop the lines that the spool has lost and those beyond the limit."""
        head = self._head
        count = len(self._numbers)
        while head < count and self._offsets[head] < self._spool.start:
            head += 1
        if head > self._head:
            kept = self._numbers[head] if head < count else self._end
            self._lost += max(0, kept - self._first)
            self._first = max(self._first, kept)
        if self._limit is not None and self._end - self._limit > self._first:
            self._first = self._end - self._limit
        while head < count and self._stop_of(head) <= self._first:
            head += 1
        if head > self._head:
            self._drop_groups(head)

    def _drop_groups(self, head: int) -> None:
        self._head = head
        self._spool.discard(self._offsets[head] if head < len(self._offsets) else self._spool.end)
        if 2 * head >= len(self._numbers):  # so that each entry is moved once on average, not once for each group
            del self._numbers[:head]
            del self._offsets[:head]
            self._head = 0
