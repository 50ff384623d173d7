"""Lines by number, over a spool of bytes.

Rules of this file:
- One thread owns a history. A line's number is how many came before it, and never changes.
- Lines are indexed by the block, about 32 KiB of whole lines, not one by one: taking lines in is counting newlines, and
  the index costs 16 bytes a block. Where a line lies in its block is found when it is read, which costs microseconds.
- Lines are kept as the bytes that they are, without their newline. Nothing here decodes or understands them.
- Only the oldest lines go: those beyond the limit, and those that the spool has lost. The rest has no gap.
- Bytes have offsets that never change either, newlines included: which line a byte is in costs reading a block.
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
    r"""The newest lines, each with its number for life.

    Args:
        spool: where the bytes go; it belongs to this history from now on.
        limit: how many lines to hold; None for all.

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
    """Bytes in a block, at most, unless a single line is longer: then it is a block by itself."""

    def __init__(self, spool: Spool, limit: int | None = None) -> None:
        if limit is not None and limit < 0:
            raise ValueError(f"the limit is negative: {limit}")
        self._spool = spool
        self._limit = limit
        self._first = 0
        self._end = 0
        self._lost = 0
        # Of each block: the number of its first line, and that line's offset. Those before `_head` are gone.
        self._numbers = array("Q")
        self._offsets = array("Q")
        self._head = 0
        self._first_at = (0, 0)  # the number that was the first when it was last looked up, and where that line starts
        self._split_at = (0, 0)  # the range of the spool that was split into lines last
        self._split: list[bytes] = []

    @property
    def first(self) -> int:
        """The number of the oldest line still held; equal to `end` when there is none."""
        return self._first

    @property
    def end(self) -> int:
        """The number that the next line will get: how many there ever were."""
        return self._end

    @property
    def limit(self) -> int | None:
        """How many lines are held at most, or None."""
        return self._limit

    @property
    def lost(self) -> int:
        """How many lines went because the disk failed, rather than because of the limit."""
        return self._lost

    @property
    def start_offset(self) -> int:
        """The offset of the first byte of the oldest line held; equal to `end_offset` when there is none."""
        while self._first_at[0] != self._first < self._end:
            number = self._first
            offset = self.offset_of(number)
            if offset is not None:  # else the disk was found broken, and another line is the first now
                self._first_at = number, offset
        return self._first_at[1] if self._first < self._end else self._spool.end

    @property
    def end_offset(self) -> int:
        """The offset after the newest line: how many bytes there ever were."""
        return self._spool.end

    def __len__(self) -> int:
        return self._end - self._first

    def append(self, line: bytes) -> int:
        """Keep one line, given without its newline.

        Returns:
            Its number.

        Raises:
            ValueError: there is a newline in it, or the history is closed.
        """
        if b"\n" in line:
            raise ValueError("one line has no newline in it; see extend()")
        number = self._end
        self.extend(line + b"\n")
        return number

    def extend(self, data: bytes | bytearray, start: int = 0, stop: int | None = None) -> int:
        """Keep whole lines, as many as there are; the larger the piece, the faster.

        Args:
            data: lines, each with its newline; copied.
            start: where in the data the first line starts.
            stop: where in it the last line ends; None: at the end.

        Returns:
            How many lines that was.

        Raises:
            ValueError: the last line has no newline, or the history is closed.
        """
        if self._spool.closed:
            raise ValueError("the history is closed")
        stop = len(data) if stop is None else stop
        if start >= stop:
            return 0
        if data[stop - 1] != 10:
            raise ValueError("the last line has no newline")
        before = self._end
        # The index goes first: then a spool that reports trouble from inside `append` finds it in order.
        self._index(data, start, stop)
        count = self._end - before
        self._spool.append(data if stop - start == len(data) else memoryview(data)[start:stop])
        self._sync()
        return count

    def line(self, number: int) -> bytes:
        """One line, without its newline.

        Raises:
            IndexError: it is no longer held, or not there yet.
        """
        found = self.lines(number, number + 1)
        if not found:
            raise IndexError(f"line {number} is not among those held, {self._first} to {self._end - 1}")
        return found[0]

    def lines(self, start: int, stop: int) -> list[bytes]:
        """The lines from the number `start` up to, not including, `stop`, without their newlines, in one read.

        Returns:
            Those of them that are held: fewer where `start` lies before `first` or `stop` after `end`.
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
        r"""The whole block in which a line lies, for a scan in bounded steps that searches many lines at once.

        The next block is the one of ``first + data.count(b"\n")``, the one before is that of ``first - 1``.

        Returns:
            The number of the block's first line, and its lines as they came, newlines included.

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
                skip = self._first - self._numbers[group]  # lines of the oldest block that are beyond the limit
                return (self._first, data.split(b"\n", skip)[skip]) if skip > 0 else (self._numbers[group], data)
        raise IndexError(f"line {number} is not among those held, {self._first} to {self._end - 1}")

    # -- by offset --

    def read(self, start: int, end: int) -> bytes:
        """The bytes of a range of offsets, newlines included.

        Raises:
            Evicted: some of them are no longer held. `start_offset` says from where on they are.
            ValueError: there is no such range, or the history is closed.
        """
        try:
            return self._spool.read(start, end)
        except Evicted:
            self._sync()
            raise

    def number_at(self, offset: int) -> int | None:
        """The number of the line that a byte is in; None if it is not held."""
        if not self.start_offset <= offset < self._spool.end:
            return None
        group = bisect_right(self._offsets, offset, self._head) - 1
        number = self._numbers[group]
        if self._stop_of(group) - number == 1:  # it may be a giant
            return number
        try:
            return number + self.read(self._offsets[group], offset).count(b"\n")
        except Evicted:
            return None

    def offset_of(self, number: int) -> int | None:
        """The offset of the first byte of a line; None if it is not held."""
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
        """Let go of everything; a second time does nothing."""
        self._spool.close()
        self._first = self._end
        self._drop_groups(len(self._numbers))
        self._split_at, self._split = (0, 0), []

    # -- the index --

    def _index(self, data: bytes | bytearray, begin: int, end: int) -> None:
        """Count lines that are about to be appended to the spool, and begin blocks for them."""
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
        """Let go of what the spool has lost, and of what is beyond the limit."""
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
        if 2 * head >= len(self._numbers):  # so that each entry is moved once on average, not once for each block
            del self._numbers[:head]
            del self._offsets[:head]
            self._head = 0
