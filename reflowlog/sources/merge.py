"""The merger: lines of several sources -> one stream, in the order of their times. Knows no files and no threads.

Rules of this file:
- What comes out is a k-way merge, as `heapq.merge` makes it: stable, so that lines of one source keep their order, and
  at the same time the source that was named first comes first.
- A line without a time belongs to the one before it in its source, and stays with it. What comes before the first time
  of a source goes with that. A clock that jumps back stands still meanwhile.
- A record comes out once no earlier one can follow: when all sources that have not ended are known beyond it, be it by
  lines that are not wanted and are only passed by. A source
  that waits for more (a file that is followed) is not waited for: it `rests`.
- Sources that grow are looked at one after another, so what is new in one of them may be later than what is not seen
  yet of another. It is held back until all were looked at once more (`mark`).
- The memory is what was fed and cannot come out yet; `hungry` says who is to be fed next, so that it stays a piece or
  two of each source.
- A single source has nothing to be merged with: it comes out as it came.
- Most sets of logs begin all their records alike, with a date and a time that can be compared as they are written. As
  long as that is so no time is read at all, which is several times as fast; the first record that differs ends it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache, partial
from itertools import accumulate, chain, compress, pairwise
from math import inf
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from reflowlog.text.parse.grammar import ZONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reflowlog.text.parse.line_times import LineClock

__all__ = ["Merged", "Merger"]


class Merged(NamedTuple):
    """Lines in order.

    Attributes:
        data: whole lines.
        runs: which source they are of: its number, and how many bytes, one after another.
    """

    data: bytes
    runs: Sequence[tuple[int, int]]


NOTHING = Merged(b"", ())
EARLY = 1 << 20  # bytes without any time, after which none is waited for


class _MergeSource:
    """What was fed of a source, and has not come out.

    Attributes:
        records: whole records, or lines of them, without the last newline.
        keys: when each is to come out, ascending: times, or what is written there.
        last: up to which key it is known: the last one, or that of a line which was passed by; None: there was none.
        open: whether it is waited for.
    """

    def __init__(self, clock: LineClock) -> None:
        self._clock = clock
        self.records: list[bytes] = []
        self.keys: list[Any] = []
        self.last: Any = None
        self.open = True
        self._early: list[bytes] = []  # lines before the first time
        self._early_size = 0

    def feed_text(self, data: bytes, shape: bytes) -> bool:
        """More whole lines, with times of a shape, compared as they are written: whether they are so."""
        key_of = itemgetter(slice(len(shape)))
        records = data.split(b"\n")
        keys = list(map(key_of, records))
        if _goes_on(records[:: len(records) // _ASKED + 1], len(shape)):
            return False
        if b"".join(keys).translate(_FOLD) != shape * len(keys):  # some lines are further lines of others
            if self._has_other_times(records, shape):
                return False
            records = _split(shape)(data)
            keys = list(map(key_of, records))
        if keys[0].translate(_FOLD) != shape:  # it belongs to what was before, if that is known and it has no time
            if self.last is None or self._clock.time_of(records[0].partition(b"\n")[0]) is not None:
                return False
            keys[0] = self.last
        last = keys[0] if self.last is None else self.last
        if keys[0] < last or keys != sorted(keys):  # its clock has jumped back
            keys = list(accumulate(keys, max, initial=last))[1:]
            if self._clock.time_of(keys[-1]) is None:  # or what stood there was no time
                return False
        self._add(records, keys)
        return True

    def _has_other_times(self, lines: list[bytes], shape: bytes) -> bool:
        """Whether some lines have a time that is written otherwise."""
        size = len(shape)
        others = [line for line in lines if line[:size].translate(_FOLD) != shape]
        return any(time is not None for time in self._clock.times(others))

    def feed_whole(self, data: bytes) -> None:
        """More whole lines, of the only source there is: their times are of no use."""
        self._add([data], [0])

    def feed_times(self, data: bytes) -> None:
        """More whole lines; their times are read. As long as there is none they are held, up to `EARLY` bytes."""
        lines = data.split(b"\n")
        times = self._clock.times(lines)
        last = self.last
        if last is None:
            last = next((time for time in times if time is not None), None)
            if last is None:
                self._early += lines
                self._early_size += len(data)
                if self._early_size >= EARLY:
                    self.give_early()
                return
            self.give_early(last)
        keys = accumulate(times, lambda last, time: last if time is None or time < last else time, initial=last)
        next(keys)
        self._add(lines, list(keys))

    def give_early(self, time: float = -inf) -> None:
        """What was held goes with a time."""
        if self._early:
            self._add(self._early, [time] * len(self._early))
            self._early = []

    def _add(self, records: list[bytes], keys: list[Any]) -> None:
        self.records += records
        self.keys += keys
        self.last = keys[-1]

    def pass_by(self, key: Any) -> None:
        """It is known up to a line that is not fed."""
        self.give_early(key)
        if self.last is None or key > self.last:
            self.last = key

    def read_times(self) -> None:
        """Read the times of what was compared as it is written."""
        if self.last is not None:
            self.last = self._clock.time_of(self.keys[0] if self.keys else self.last)
        if self.records:
            data = b"\n".join(self.records)
            self.records, self.keys = [], []
            self.feed_times(data)

    def time_of(self, line: bytes) -> float | None:
        """The time that is written there."""
        return self._clock.time_of(line)

    def take(self, count: int) -> tuple[list[bytes], list[Any]]:
        """The first records, and their keys."""
        if count == len(self.keys):
            found = self.records, self.keys
            self.records, self.keys = [], []
            return found
        found = self.records[:count], self.keys[:count]
        del self.records[:count], self.keys[:count]
        return found


class Merger:
    r"""Merges lines by their times.

    Args:
        clocks: what tells the times of lines, one for each source.
        named: whether it is asked which source lines are of.

    >>> from reflowlog.text.parse.line_times import LineClock
    >>> merger = Merger([LineClock(), LineClock()])
    >>> merger.feed(0, b"2026-01-01 10:00:00 a\n2026-01-01 10:00:05 b\n")
    >>> merger.feed(1, b"2026-01-01 10:00:02 c\n  and more\n")
    >>> merger.take().data
    b'2026-01-01 10:00:00 a\n2026-01-01 10:00:02 c\n  and more\n'
    >>> merger.hungry()
    [1]
    >>> merger.rest(1)
    >>> merger.take()
    Merged(data=b'2026-01-01 10:00:05 b\n', runs=[(0, 22)])
    """

    def __init__(self, clocks: Sequence[LineClock], named: bool = True) -> None:
        self._sources = [_MergeSource(clock) for clock in clocks]
        self._shape: bytes | None = None  # how all records begin, but for digits; empty: not all do
        self._named = named
        self._mark: Any = None

    def feed(self, number: int, data: bytes) -> None:
        """More whole lines of a source; the very last one may lack its newline. It is waited for again."""
        source = self._sources[number]
        source.open = True
        if not data:
            return
        data = data[:-1] if data.endswith(b"\n") else data
        if len(self._sources) == 1:
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
        """From here on times are read, for a source writes one in another way."""
        self._shape = b""
        if self._mark is not None:
            self._mark = source.time_of(self._mark)
        for each in self._sources:
            each.read_times()

    def rest(self, number: int) -> None:
        """Nothing more is there, for now or for ever: the source is not waited for until it is fed again."""
        self._sources[number].open = False
        self._sources[number].give_early()

    def pass_by(self, number: int, lines: Iterable[bytes]) -> None:
        """Nothing earlier than one of some lines will be fed any more: the first of them that has a time."""
        source = self._sources[number]
        for line in lines if len(self._sources) > 1 else ():
            if self._shape is None:
                self._shape = _shape_of(line)
            if self._shape and _is_shaped(line, self._shape):
                source.pass_by(line[: len(self._shape)])
                return
            time = source.time_of(line)
            if time is not None:
                if self._shape:
                    self._read_times(source)
                source.pass_by(time)
                return

    def hungry(self) -> list[int]:
        """Sources that must be fed, or rest, before anything more comes out."""
        found = {number for number, source in enumerate(self._sources) if source.open and not source.keys}
        waited = self._waited()
        if waited and waited[0][0] is not None:
            found.add(min(waited)[1])
        return sorted(found)

    def _waited(self) -> list[tuple[Any, int]]:
        """Up to when each source that is waited for is known; only one of which nothing is known, if there is any."""
        waited = [(source.last, number) for number, source in enumerate(self._sources) if source.open]
        return next(([each] for each in waited if each[0] is None), waited)

    def mark(self) -> None:
        """Remember how late it is by all that was fed so far."""
        self._mark = max((source.last for source in self._sources if source.last is not None), default=None)

    def take(self, marked: bool = False) -> Merged:
        """All that can come out; ``marked``: nothing that is later than the mark."""
        waited = self._waited()
        if waited and waited[0][0] is None:
            return NOTHING
        limit, last = min(waited, default=(None, 0))  # up to this time; at that very time only sources up to this one
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
        return self._merged(records, keys, counts) if records else NOTHING

    def _merged(self, records: list[bytes], keys: list[Any], counts: list[int]) -> Merged:
        """Records that stand source by source, in order."""
        givers = [number for number, count in enumerate(counts) if count]
        if len(givers) == 1:
            data = b"\n".join(records) + b"\n"
            return Merged(data, [(givers[0], len(data))])
        _sort(records, keys)
        data = b"\n".join(records) + b"\n"
        if not self._named:
            return Merged(data, ())
        owners = list(chain.from_iterable([number] * counts[number] for number in givers))
        _sort(owners, keys)
        return Merged(data, _runs(owners, records))


def _sort(values: list[Any], keys: list[Any]) -> None:
    """Sort values by keys that stand beside them: `sort` asks for the key of each value once, from the first on."""
    values.sort(key=partial(next, iter(keys)))


def _runs(owners: list[int], records: list[bytes]) -> list[tuple[int, int]]:
    """Which source records are of, as numbers and bytes."""
    ends = list(accumulate(map(len, records)))
    last = [one != other for one, other in pairwise(owners)] + [True]
    runs, before = [], 0
    for at in compress(range(len(owners)), last):
        end = ends[at] + at + 1  # with the newlines
        runs.append((owners[at], end - before))
        before = end
    return runs


# -- times as they are written ---------------------------------------------------------------------------------------

_FOLD = bytes.maketrans(b"123456789", b"000000000")
_ZONE = 5  # bytes by which a zone is known: its name and what ends that
_ASKED = 64  # lines of a piece that are looked at for one: who writes zones does so in all lines


@cache
def _split(shape: bytes) -> Callable[[bytes], list[bytes]]:
    """Splits where a line begins with a time of a shape."""
    return re.compile(rb"\n(?=" + re.escape(shape).replace(b"0", rb"\d") + rb")").split


def _shape_of(data: bytes) -> bytes:
    """How a piece begins, where that is a time that can be compared as it is written; with what ends it."""
    found = re.match(rb"\[?\d{4}([-/])\d\d\1\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?Z?[\] \t|]", data)
    return found[0].translate(_FOLD) if found is not None else b""


def _is_shaped(line: bytes, shape: bytes) -> bool:
    """Whether a line begins with a time of a shape."""
    return line[: len(shape)].translate(_FOLD) == shape and not _goes_on([line], len(shape))


def _goes_on(lines: list[bytes], size: int) -> bool:
    """Whether what follows so many bytes of some line is a part of its time: a zone, or a half of the day."""
    beyond = set(map(itemgetter(slice(size, size + _ZONE)), lines))
    return _zone()(b"\n".join([b"", *beyond])) is not None


@cache
def _zone() -> Callable[[bytes], re.Match[bytes] | None]:
    return re.compile(rb"\n(?:[+-]\d|(?:" + "|".join(ZONES.split()).encode() + rb")(?:$|\W))", re.MULTILINE).search
