"""Merger: lines of several sources to one stream, in the order of their times. Knows no files and no threads.

Invariants:
- The output is a stable k-way merge, as that of `heapq.merge`: lines of one source keep their order, and at equal
  times the source that was named first comes first.
- A line without a time belongs to the line before it in its source, and stays with it. Lines before the first time of
  a source go with that time. While a clock has jumped back, its last time counts.
- A record is released once no earlier one can follow: when the watermark of every source that is waited for is beyond
  it. A watermark is also advanced by lines that were filtered out and never fed.
  A source that has nothing for now (a followed file) is not waited for: it `rests`.
- Growing sources are polled one after another, so new lines of one may be later than lines of another that were not
  seen yet. They are held back until all sources were polled once more (`mark`).
- Memory is what was fed and cannot be released yet; `starved` returns the sources to feed next, so that it stays at a
  chunk or two of each source.
- A single source has nothing to be merged with: it passes unchanged.
- Most sets of logs begin all their records alike, with a date and a time that can be compared as text. As long as that
  holds no time is parsed at all, which is several times as fast; the first record that differs ends it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache, partial
from itertools import accumulate, chain, compress, pairwise
from math import inf
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.digits import DIGITS_TO_ZERO
from reflowlog.text.parse.grammar import ZONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reflowlog.text.parse.line_times import LineClock

__all__ = ["Merged", "Merger"]


class Merged(NamedTuple):
    """Lines in the merged order.

    Attributes:
        data: whole lines.
        runs: their sources, as runs of (source number, byte count).
    """

    data: bytes
    runs: Sequence[tuple[int, int]]


NO_LINES = Merged(b"", ())
MAX_UNTIMED_BYTES = 1 << 20  # bytes without any time, after which none is waited for


class _MergeSource:
    """Records of one source that were fed and not released yet.

    Attributes:
        records: whole records, or lines of them, without the last newline.
        keys: their sort keys, ascending: times, or the text of the time.
        watermark: the last sort key, or that of a line that was passed by; None: there was none.
        is_open: whether it is waited for.
    """

    def __init__(self, clock: LineClock) -> None:
        self._clock = clock
        self.records: list[bytes] = []
        self.keys: list[Any] = []
        self.watermark: Any = None
        self.is_open = True
        self._untimed: list[bytes] = []  # lines before the first time
        self._untimed_size = 0

    def feed_text(self, data: bytes, shape: bytes) -> bool:
        """Add whole lines whose times have a shape and are compared as text; return False if they have not."""
        key_of = itemgetter(slice(len(shape)))
        records = data.split(b"\n")
        keys = list(map(key_of, records))
        if _has_time_suffix(records[:: len(records) // _SAMPLE_LINES + 1], len(shape)):
            return False
        if b"".join(keys).translate(DIGITS_TO_ZERO) != shape * len(keys):  # some lines continue a record
            if self._has_other_times(records, shape):
                return False
            records = _record_splitter(shape)(data)
            keys = list(map(key_of, records))
        if keys[0].translate(DIGITS_TO_ZERO) != shape:  # it continues the record fed before, if there is one
            if self.watermark is None or self._clock.time_of(records[0].partition(b"\n")[0]) is not None:
                return False
            keys[0] = self.watermark
        last = keys[0] if self.watermark is None else self.watermark
        if keys[0] < last or keys != sorted(keys):  # the clock has jumped back
            keys = list(accumulate(keys, max, initial=last))[1:]
            if self._clock.time_of(keys[-1]) is None:  # or the text was no time
                return False
        self._add(records, keys)
        return True

    def _has_other_times(self, lines: list[bytes], shape: bytes) -> bool:
        """Return whether some lines have a time of another shape."""
        size = len(shape)
        others = [line for line in lines if line[:size].translate(DIGITS_TO_ZERO) != shape]
        return any(time is not None for time in self._clock.times(others))

    def feed_whole(self, data: bytes) -> None:
        """Add whole lines of the only source; their times are not needed."""
        self._add([data], [0])

    def feed_times(self, data: bytes) -> None:
        """Add whole lines and parse their times. Until there is one they are held, up to `MAX_UNTIMED_BYTES` bytes."""
        lines = data.split(b"\n")
        times = self._clock.times(lines)
        last = self.watermark
        if last is None:
            last = next((time for time in times if time is not None), None)
            if last is None:
                self._untimed += lines
                self._untimed_size += len(data)
                if self._untimed_size >= MAX_UNTIMED_BYTES:
                    self.flush_untimed()
                return
            self.flush_untimed(last)
        keys = accumulate(times, lambda last, time: last if time is None or time < last else time, initial=last)
        next(keys)
        self._add(lines, list(keys))

    def flush_untimed(self, time: float = -inf) -> None:
        """Release the lines that were held without a time, with this one as their sort key."""
        if self._untimed:
            self._add(self._untimed, [time] * len(self._untimed))
            self._untimed = []

    def _add(self, records: list[bytes], keys: list[Any]) -> None:
        self.records += records
        self.keys += keys
        self.watermark = keys[-1]

    def advance(self, key: Any) -> None:
        """Advance this source's watermark past a line that was filtered out."""
        self.flush_untimed(key)
        if self.watermark is None or key > self.watermark:
            self.watermark = key

    def read_times(self) -> None:
        """Replace the sort keys that are text by parsed times."""
        if self.watermark is not None:
            self.watermark = self._clock.time_of(self.keys[0] if self.keys else self.watermark)
        if self.records:
            data = b"\n".join(self.records)
            self.records, self.keys = [], []
            self.feed_times(data)

    def time_of(self, line: bytes) -> float | None:
        """Return the time of a line, in seconds since the epoch; None without one."""
        return self._clock.time_of(line)

    def take(self, count: int) -> tuple[list[bytes], list[Any]]:
        """Remove and return the first records and their sort keys."""
        if count == len(self.keys):
            found = self.records, self.keys
            self.records, self.keys = [], []
            return found
        found = self.records[:count], self.keys[:count]
        del self.records[:count], self.keys[:count]
        return found


class Merger:
    r"""Merger of the lines of several sources by their times.

    Args:
        clocks: readers of the times of lines, one for each source.
        with_runs: whether `take` returns the sources of lines.
        grows: whether further sources may be added; then a single one is read as if there were several.
        is_only: there is one source, whose bytes are passed on unchanged, whole lines or not.

    >>> from reflowlog.text.parse.line_times import LineClock
    >>> merger = Merger([LineClock(), LineClock()])
    >>> merger.feed(0, b"2026-01-01 10:00:00 a\n2026-01-01 10:00:05 b\n")
    >>> merger.feed(1, b"2026-01-01 10:00:02 c\n  and more\n")
    >>> merger.take().data
    b'2026-01-01 10:00:00 a\n2026-01-01 10:00:02 c\n  and more\n'
    >>> merger.starved()
    [1]
    >>> merger.set_idle(1)
    >>> merger.take()
    Merged(data=b'2026-01-01 10:00:05 b\n', runs=[(0, 22)])
    """

    def __init__(
        self, clocks: Sequence[LineClock], *, with_runs: bool = True, grows: bool = False, is_only: bool = False
    ) -> None:
        self._sources = [_MergeSource(clock) for clock in clocks]
        self._shape: bytes | None = None  # common start of all records with digits folded; empty: they differ
        self._with_runs = with_runs
        self._grows = grows
        self._is_only = is_only
        self._mark: Any = None

    def add_source(self, clock: LineClock) -> None:
        """Add a source after the others, which is not waited for until it is fed."""
        source = _MergeSource(clock)
        source.is_open = False
        self._sources.append(source)

    def feed(self, number: int, data: bytes) -> None:
        """Add whole lines of a source, of which the very last may lack its newline. The source is waited for again."""
        source = self._sources[number]
        source.is_open = True
        if not data:
            return
        if self._is_only:
            source.feed_whole(data)
            return
        data = data[:-1] if data.endswith(b"\n") else data
        if len(self._sources) == 1 and not self._grows:
            source.feed_whole(data)
            return
        if self._shape is None:
            self._shape = _shape_of(data)
        if self._shape:
            if source.feed_text(data, self._shape):
                return
            self._read_times(source)
        source.feed_times(data)

    def _read_times(self, source: _MergeSource) -> None:
        """Parse times from here on, because a source writes them in another form."""
        self._shape = b""
        if self._mark is not None:
            self._mark = source.time_of(self._mark)
        for each in self._sources:
            each.read_times()

    def set_idle(self, number: int) -> None:
        """Stop waiting for a source, which has nothing for now or for ever, until it is fed again."""
        self._sources[number].is_open = False
        self._sources[number].flush_untimed()

    def advance(self, number: int, lines: Iterable[bytes]) -> None:
        """Advance a source's watermark to the first of some lines that has a time: nothing earlier will be fed."""
        source = self._sources[number]
        for line in lines if len(self._sources) > 1 or self._grows else ():
            if self._shape is None:
                self._shape = _shape_of(line)
            if self._shape and _is_shaped(line, self._shape):
                source.advance(line[: len(self._shape)])
                return
            time = source.time_of(line)
            if time is not None:
                if self._shape:
                    self._read_times(source)
                source.advance(time)
                return

    def starved(self) -> list[int]:
        """Return the numbers of the sources that must be fed, or rest, before anything more is released."""
        found = {number for number, source in enumerate(self._sources) if source.is_open and not source.keys}
        watermarks = self._watermarks()
        if watermarks and watermarks[0][0] is not None:
            found.add(min(watermarks)[1])
        return sorted(found)

    def _watermarks(self) -> list[tuple[Any, int]]:
        """Return (watermark, number) of each source that is waited for; only one without a watermark if any."""
        watermarks = [(source.watermark, number) for number, source in enumerate(self._sources) if source.is_open]
        return next(([each] for each in watermarks if each[0] is None), watermarks)

    def mark(self) -> None:
        """Store the latest watermark of all sources, as the limit of `take(marked=True)`."""
        self._mark = max((source.watermark for source in self._sources if source.watermark is not None), default=None)

    def take(self, *, marked: bool = False) -> Merged:
        """Remove and return all that can be released; ``marked``: nothing later than the mark."""
        watermarks = self._watermarks()
        if watermarks and watermarks[0][0] is None:
            return NO_LINES
        # up to this time; at this very time only sources up to this one
        limit, last = min(watermarks, default=(None, 0))
        if marked and self._mark is not None and (limit is None or self._mark < limit):
            limit, last = self._mark, len(self._sources)
        records: list[bytes] = []
        keys: list[Any] = []
        counts = []
        for number, source in enumerate(self._sources):
            count = len(source.keys)
            if limit is not None:
                count = (bisect_right if number <= last else bisect_left)(source.keys, limit)
            counts.append(count)
            if count:
                taken, more = source.take(count)
                records += taken
                keys += more
        return self._merge_records(records, keys, counts) if records else NO_LINES

    def _merge_records(self, records: list[bytes], keys: list[Any], counts: list[int]) -> Merged:
        """Sort records that are grouped by source."""
        if self._is_only:
            return Merged(b"".join(records), ())
        numbers = [number for number, count in enumerate(counts) if count]
        if len(numbers) == 1:
            data = b"\n".join(records) + b"\n"
            return Merged(data, [(numbers[0], len(data))])
        _sort(records, keys)
        data = b"\n".join(records) + b"\n"
        if not self._with_runs:
            return Merged(data, ())
        sources = list(chain.from_iterable([number] * counts[number] for number in numbers))
        _sort(sources, keys)
        return Merged(data, _runs(sources, records))


def _sort(values: list[Any], keys: list[Any]) -> None:
    """Sort values by a parallel list of keys; `sort` asks for the key of each value once, from the first on."""
    values.sort(key=partial(next, iter(keys)))


def _runs(sources: list[int], records: list[bytes]) -> list[tuple[int, int]]:
    """Return the sources of records as runs of (number, bytes)."""
    ends = list(accumulate(map(len, records)))
    last = [one != other for one, other in pairwise(sources)] + [True]
    runs, before = [], 0
    for at in compress(range(len(sources)), last):
        end = ends[at] + at + 1  # with the newlines
        runs.append((sources[at], end - before))
        before = end
    return runs


# -- times compared as text ------------------------------------------------------------------------------------------

_ZONE_SIZE = 5  # bytes by which a zone is recognized: its name and the character after it
_SAMPLE_LINES = 64  # lines of a chunk that are checked for a zone: a program that writes zones does so in all lines


@cache
def _record_splitter(shape: bytes) -> Callable[[bytes], list[bytes]]:
    """Return the function that splits data where a line begins with a time of a shape."""
    return re.compile(rb"\n(?=" + re.escape(shape).replace(b"0", rb"\d") + rb")").split


def _shape_of(data: bytes) -> bytes:
    """Return the folded start of a chunk with its delimiter, if it is a time comparable as text; else empty."""
    found = re.match(rb"\[?\d{4}([-/])\d\d\1\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?Z?[\] \t|]", data)
    return found[0].translate(DIGITS_TO_ZERO) if found is not None else b""


def _is_shaped(line: bytes, shape: bytes) -> bool:
    """Return whether a line begins with a time of a shape."""
    return line[: len(shape)].translate(DIGITS_TO_ZERO) == shape and not _has_time_suffix([line], len(shape))


def _has_time_suffix(lines: list[bytes], size: int) -> bool:
    """Return whether in some line the time goes on after `size` bytes: with a zone or a half of the day."""
    beyond = set(map(itemgetter(slice(size, size + _ZONE_SIZE)), lines))
    return _zone()(b"\n".join([b"", *beyond])) is not None


@cache
def _zone() -> Callable[[bytes], re.Match[bytes] | None]:
    return re.compile(rb"\n(?:[+-]\d|(?:" + "|".join(ZONES.split()).encode() + rb")(?:$|\W))", re.MULTILINE).search
