"""The part of a source that ``--since``, ``--until`` and ``--tail`` select. Thread-unaware.

Invariants:
- A line without a time goes with the line before it, of its service where lines have prefixes of services; lines
  before the first time of a source go with that. Both bounds are inclusive. A source without a time in its first
  `MAX_UNTIMED_BYTES` bytes is taken whole.
- The last N records are those before ``until``. They are records, not lines: a traceback counts once
  (`text/parse/multiline.py`).
- In a regular file the bounds are found by bisection, because a log is in the order of its times, and `tail` backward
  from the end. A few hundred KiB are read, whatever the file's size; holes are skipped. Where a clock was set back
  inside a file, which breaks the order, the range lies between two offsets at which the bound is crossed.
- Everything else (pipes, compressed files) passes a `RangeFilter` line by line, each by its own time. It holds the last
  N records and no more, beyond a few MiB on the disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections import deque
from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.system.files import modification_time, read_at
from reflowlog.text.clean.sanitize import strip_colours
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_times import (
    COMPLETE,
    MAX_BACKWARD_SECONDS,
    NO_YEAR,
    LineClock,
    SequentialClock,
    has_field_time,
    time_of_boot,
)
from reflowlog.text.parse.multiline import NOTHING, continues, has_prefix, prefix_of, service_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.text.parse.field_names import FieldNames

__all__ = [
    "MAX_UNTIMED_BYTES",
    "RangeFilter",
    "Selection",
    "around_services",
    "find",
    "sequential_clock",
    "times_of_file",
]

MAX_UNTIMED_BYTES = 1 << 20  # bytes without any time, after which none is looked for
MAX_SERVICES = 4096  # services whose last times are known
MAX_SCANNED_BYTES = 256 << 20  # bytes of a file that is read through, to count its midnights
_LEAP_SECONDS = 5 * 86_400  # by which years differ from their number of days, at most
_PROBE_SIZE = 8 << 10  # bytes read at once during the search for an offset
_MAX_LINE_BYTES = 64 << 10  # bytes of a line that are examined
_SCAN_BYTES = 64 << 10  # bytes that are read through rather than halved
_STRIDE_BYTES = 256 << 10  # bytes read at once on the way back from the end,
_MARGIN_BYTES = 32 << 10  # with these before them, in which a record may have begun,
_MAX_MARGIN_BYTES = 2 << 20  # and never more than this before them,
_LOOKAHEAD_BYTES = 4 << 10  # and with these after them: the kind of a line may depend on the next one


class Selection(NamedTuple):
    """The part of a source to read.

    Attributes:
        since: lower bound, in seconds since the epoch, inclusive; None: from the start.
        until: upper bound, in seconds since the epoch, inclusive; None: to the end.
        tail: number of records at the end of that range; None: all.
        written: the bounds for a source whose times are shown as they were written, where those of others are shown,
            and so were typed, in another zone; None: the same.
    """

    since: float | None = None
    until: float | None = None
    tail: int | None = None
    written: tuple[float | None, float | None] | None = None

    def of_source(self, line: bytes, names: FieldNames = USUAL) -> Selection:
        """Return the selection for a source, given its first line that has a time."""
        if self.written is None or has_field_time(line, names):
            return self
        return Selection(*self.written, self.tail)

    @property
    def is_all(self) -> bool:
        """Return whether the whole source is selected."""
        return self.since is self.until is self.tail is None


# -- a file ------------------------------------------------------------------------------------------------------------


class _FileBytes:
    """Random access to the bytes of a file.

    Args:
        descriptor: open for reading; its own offset is neither used nor kept.
        size: number of bytes that count.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self.size = size

    def read(self, start: int, size: int) -> bytes:
        """Read bytes at an offset, fewer at the end."""
        return read_at(self._descriptor, min(size, self.size - start), start) if start < self.size else b""

    def after_hole(self, offset: int) -> int:
        """Return the next offset that is not inside a hole of the file."""
        if hasattr(os, "SEEK_DATA"):
            try:
                return os.lseek(self._descriptor, offset, os.SEEK_DATA)
            except OSError as error:
                return self.size if error.errno == errno.ENXIO else offset  # nothing but a hole
        return offset


def find(descriptor: int, size: int, selection: Selection, names: FieldNames | None = None) -> tuple[int, int]:
    """Return the offsets at which the selected part of a file begins and ends.

    Args:
        descriptor: a regular file, open for reading; its own offset may change.
        size: number of bytes that count.
        selection: the part to read.
        names: the meaning of field names; None: the usual one.

    Raises:
        OSError: the file cannot be read.
    """
    data = _FileBytes(descriptor, size)
    modified = modification_time(descriptor)
    known = names or USUAL
    clock = LineClock(known, modified)
    start, stop = 0, size
    is_bounded = selection.since is not None or selection.until is not None
    begin = _first_time(data, clock) if is_bounded else None
    is_timed = begin is not None
    if begin is not None and selection.written is not None:
        line = data.read(begin[0], _MAX_LINE_BYTES).partition(b"\n")[0]
        selection = selection.of_source(line, known)
    booted = _time_of_boot(data) if is_bounded and not is_timed else None
    if is_timed or booted is not None:
        first = _reference_of_first(data, known, modified)

        def first_offset(is_late: Callable[[float], bool]) -> int:
            if first is None and booted is None:
                return _first_offset(data, clock, is_late)
            times = _times(data, SequentialClock(known, first, booted), 0, size)
            return next((offset for offset, time in times if is_late(time)), size)

        if selection.since is not None:
            since = selection.since
            start = first_offset(lambda time: time >= since)
        if selection.until is not None:
            until = selection.until
            stop = max(first_offset(lambda time: time > until), start)
    if selection.tail is not None:
        start = _tail_offset(data, start, stop, selection.tail)
    return start, stop


def around_services(descriptor: int, start: int, stop: int, names: FieldNames) -> tuple[int, int] | None:
    """Return the part of a file to pass through a `RangeFilter`, as lines of services go with those before them.

    None where its lines have no prefixes without times, or no complete times: the offsets that `find` returns decide.

    Args:
        descriptor: the file; its own offset stays.
        start: offset at which the selected part begins,
        stop: and ends.
        names: the meaning of field names.

    Raises:
        OSError: the file cannot be read.
    """
    first = read_at(descriptor, _MAX_LINE_BYTES, 0).partition(b"\n")[0]
    prefix = prefix_of(strip_colours(first))
    if not prefix.service or prefix.is_timed:
        return None
    clock = SequentialClock(names, modification_time(descriptor))
    lines = read_at(descriptor, _PROBE_SIZE, start).split(b"\n")
    if not any(clock.time_of(line) is not None for line in lines) or clock.lacks != COMPLETE:
        return None
    begin = max(start - _STRIDE_BYTES, 0)
    if begin:
        begin += read_at(descriptor, start - begin, begin).find(b"\n") + 1
    return begin, stop + _STRIDE_BYTES


def times_of_file(descriptor: int, names: FieldNames | None = None) -> tuple[float, float] | None:
    """Return the first and the last time of a regular file, in seconds since the epoch; None where none is known.

    Times without a date, or a year, are of the last day, or year, before the file was written.

    Raises:
        OSError: the file cannot be read.
    """
    modified = modification_time(descriptor)
    if modified is None:
        return None
    data = _FileBytes(descriptor, os.fstat(descriptor).st_size)
    clock = LineClock(names or USUAL, modified)
    first = _first_time(data, clock)
    if first is None:
        return None
    start = 0 if data.size <= _SCAN_BYTES else _line_after(data, data.size - _SCAN_BYTES)
    last = deque(_times(data, clock, start, data.size), maxlen=1)
    return first[1], last[0][1] if last else first[1]


def sequential_clock(descriptor: int, names: FieldNames = USUAL) -> SequentialClock:
    """Return the clock of an input that is read from start to end.

    Times without date or year in a regular file are dated back from its modification time, over each midnight and each
    new year in it, and uptimes of the kernel from the line in which it sets its clock. Elsewhere the reference is the
    system's clock.

    Args:
        descriptor: open for reading; its own offset stays.
        names: the meaning of field names.
    """
    modified = modification_time(descriptor)
    if modified is None:
        return SequentialClock(names)
    first = booted = None
    with contextlib.suppress(OSError):
        data = _FileBytes(descriptor, os.fstat(descriptor).st_size)
        booted = _time_of_boot(data)
        first = _reference_of_first(data, names, modified)
    return SequentialClock(names, modified if first is None else first, booted)


def _time_of_boot(data: _FileBytes) -> float | None:
    """Return the time of the boot of which a file has the kernel's lines, if one says so; None for any other file."""
    if data.read(0, 16).lstrip(b"<0123456789>")[:1] != b"[":
        return None
    return time_of_boot(data.read(0, MAX_UNTIMED_BYTES))


def _reference_of_first(data: _FileBytes, names: FieldNames, modified: float | None) -> float | None:
    """Return the reference of the first time of a file whose times lack date or year and span more than a day or year.

    None for any other file: its times can be read in any order. The file is read through, if it is no larger than
    `MAX_SCANNED_BYTES`.
    """
    clock = SequentialClock(names, modified)
    begin = _first_time(data, clock)
    lacks = clock.lacks
    if begin is None or lacks == COMPLETE or data.size > MAX_SCANNED_BYTES:
        return None
    clock = SequentialClock(names, modified)
    offset, end = deque(_times(data, clock, 0, data.size), maxlen=1)[0]
    line = data.read(offset, _MAX_LINE_BYTES).partition(b"\n")[0]
    dated = LineClock(names, modified).time_of(line)
    if dated is None or end - dated < MAX_BACKWARD_SECONDS:
        return None
    return begin[1] - (end - dated) + (_LEAP_SECONDS if lacks == NO_YEAR else 0)


def _first_time(data: _FileBytes, clock: LineClock) -> tuple[int, float] | None:
    """Return the offset and time of the first line that has a time; None if there is none near the start."""
    return next(_times(data, clock, 0, min(MAX_UNTIMED_BYTES, data.size)), None)


def _times(data: _FileBytes, clock: LineClock, offset: int, limit: int) -> Iterator[tuple[int, float]]:
    """Yield the offset and time of each line that has a time and starts between two offsets.

    Args:
        data: the file.
        clock: reads the times.
        offset: start of the first line.
        limit: lines that start at or after this offset are left out.
    """
    line = b""  # the line that begins at the offset
    at = offset  # end of the bytes read so far
    while offset < limit:
        chunk = data.read(at, _PROBE_SIZE)
        if not chunk:
            if line and (time := clock.time_of(line)) is not None:
                yield offset, time
            return
        if not (line.strip(b"\0") or chunk.strip(b"\0")) and (beyond := data.after_hole(at)) > at + len(chunk):
            at = offset = beyond
            line = b""
            continue
        more, *others = chunk.split(b"\n")
        line = line + more if len(line) < _MAX_LINE_BYTES else line
        start = at + len(more) + 1
        at += len(chunk)
        for each in others:
            time = clock.time_of(line.lstrip(b"\0"))
            if time is not None:
                yield offset, time
            line, offset = each, start
            start += len(each) + 1
            if offset >= limit:
                return


def _line_after(data: _FileBytes, offset: int) -> int:
    """Return the start of the first line after an offset; the file's size if there is none."""
    begun = offset
    while offset < data.size:
        chunk = data.read(offset, _PROBE_SIZE)
        if not chunk or offset - begun > MAX_UNTIMED_BYTES:
            break
        end = chunk.find(b"\n") + 1
        if end:
            return offset + end
        beyond = data.after_hole(offset) if not chunk.strip(b"\0") else offset
        if beyond > offset + len(chunk):
            begun = offset = beyond
        else:
            offset += len(chunk)
    return data.size


def _first_offset(data: _FileBytes, clock: LineClock, is_late: Callable[[float], bool]) -> int:
    """Return the offset of the first line that is late enough, in a log in order of time; the size if none is."""
    low, high = 0, data.size  # invariant: the line at `low` is not late, unless `low` is 0
    while high - low > _SCAN_BYTES:
        middle = (low + high) // 2
        start = _line_after(data, middle)
        seen = next(_times(data, clock, start, min(start + MAX_UNTIMED_BYTES, high)), None) if start < high else None
        if seen is None or is_late(seen[1]):
            high = middle
        else:
            low = seen[0]
    is_found = False
    for offset, time in _times(data, clock, low, data.size):
        if is_late(time):
            return offset if is_found or low else 0
        is_found = True
    return data.size


def _tail_offset(data: _FileBytes, start: int, stop: int, count: int) -> int:
    """Return the offset at which the last `count` records begin between two line starts."""
    if not count:
        return stop
    end = stop
    while end > start:
        begin = max(end - _STRIDE_BYTES, start)
        heads = _heads_in(data, begin, end, start, stop)
        if len(heads) >= count:
            return heads[-count]
        count -= len(heads)
        end = begin
    return start


def _heads_in(data: _FileBytes, begin: int, end: int, start: int, stop: int) -> list[int]:
    """Return the offsets between `begin` and `end` at which records begin, in the range from `start` to `stop`.

    The kind of a line may depend on its whole record, so a margin before `begin` is read as well, and enlarged as long
    as no record begins in it.
    """
    margin = _MARGIN_BYTES
    while True:
        first = max(begin - margin, start)
        size = min(end + _LOOKAHEAD_BYTES, stop) - first
        chunk = data.read(first, size)
        if first > start:  # drop the partial line
            whole = chunk.find(b"\n") + 1 or len(chunk)
            first, chunk = first + whole, chunk[whole:]
        heads = [first + at for at in _heads(chunk, first == start)]
        if begin - margin <= start or margin >= _MAX_MARGIN_BYTES or (heads and heads[0] < begin):
            return [head for head in heads if begin <= head < end]
        margin *= 4


def _heads(data: bytes, at_start: bool) -> list[int]:
    """Return the offsets of lines that begin a record."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    continued = continues(lines)[0]
    if at_start and continued:
        continued[0] = False
    return [
        at for at, goes_on in zip(accumulate([len(line) + 1 for line in lines], initial=0), continued) if not goes_on
    ]


# -- sources that are read through -------------------------------------------------------------------------------------


class RangeFilter:
    r"""Filter that passes the selected part of a source that is read from start to end.

    Args:
        selection: the part to read.
        names: the meaning of field names; None: the usual one.
        now: reference of times without date or year, in seconds since the epoch; None: the system's clock.
        warn: takes one line if the last records cannot be held.

    >>> range_filter = RangeFilter(Selection(since=1700000000.0, tail=1))
    >>> range_filter.feed(b"2023-11-14T22:13:19Z a\n2023-11-14T22:13:20Z b\n  more\n"), range_filter.flush()
    (b'', b'2023-11-14T22:13:20Z b\n  more\n')
    """

    def __init__(
        self,
        selection: Selection,
        names: FieldNames | None = None,
        now: float | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._selection = selection
        self._timed = selection.since is not None or selection.until is not None
        self._last = _RecordTail(selection.tail, warn) if selection.tail is not None else None
        self._names = names or USUAL
        self._clock = SequentialClock(self._names, now)
        self._held: list[bytes] = []  # lines before the first time,
        self._size = 0  # and their bytes
        self._inside_range: bool | None = None  # whether the last time was in the range; None: no time so far
        self._is_last_wanted: bool | None = None  # whether the last line is
        self._services: dict[bytes, bool] = {}  # prefix of a transport: whether the last time behind it was

    @property
    def holds(self) -> bool:
        """Return whether nothing is released before the end."""
        return self._last is not None

    def feed(self, data: bytes) -> bytes:
        """Add whole lines, of which only the last of all may lack its newline; return those known to be selected."""
        if self._timed and data:
            data = self._filter_by_time(data)
        return self._held_back(data)

    def feed_part(self, data: bytes) -> bytes:
        """Add a later part of the last line; return it if it is known to be selected."""
        if self._timed and self._is_last_wanted is False:
            return b""
        if self._last is None:
            return data
        self._last.feed_part(data)
        return b""

    def pause(self) -> bytes:
        """Release the lines held without a time, because no input has arrived for a while."""
        return self._held_back(self._take_held())

    def flush(self) -> bytes:
        """Release the held lines that are selected, at the source's end."""
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """Release the same in chunks, split at any byte."""
        if held := self.pause():
            yield held
        if self._last is not None:
            yield from self._last.chunks()

    def _held_back(self, data: bytes) -> bytes:
        """Return lines, or keep them if only the last ones are selected."""
        if self._last is None:
            return data
        if data:
            self._last.feed(data)
        return b""

    def _filter_by_time(self, data: bytes) -> bytes:
        lines = data.splitlines(keepends=True) if b"\r" not in data else _split_lines(data)
        since, until = self._selection[:2]
        selected: list[bytes] = []
        inside = is_wanted = self._inside_range
        services = self._services if has_prefix(data) else None
        for line, time in zip(lines, self._clock.times([line.rstrip(b"\n") for line in lines])):
            if time is not None:
                if inside is None and self._selection.written is not None:
                    self._selection = self._selection.of_source(line, self._names)
                    since, until = self._selection[:2]
                now = (since is None or time >= since) and (until is None or time <= until)
                if inside is None:  # the lines before go with it
                    selected = [self._take_held(), *selected] if now else []
                inside = now
            is_wanted = inside if services is None else self._is_wanted(line, time, inside)
            if is_wanted is not False:
                selected.append(line)
        self._inside_range, self._is_last_wanted = inside, is_wanted
        if inside is None:
            self._held += selected
            self._size += len(data)
            if self._size < MAX_UNTIMED_BYTES:
                return b""
            self._inside_range = True
            return self._take_held()
        self._held.clear()
        return b"".join(selected)

    def _is_wanted(self, line: bytes, time: float | None, inside: bool | None) -> bool | None:
        """Return whether a line is in the range; without a time it goes with the last line of its service."""
        service = service_of(line)
        if time is None or inside is None or not service:
            return self._services.get(service, inside)
        if len(self._services) >= MAX_SERVICES:
            self._services.clear()
        self._services[service] = inside
        return inside

    def _take_held(self) -> bytes:
        held = b"".join(self._held)
        self._held.clear()
        self._size = 0
        return held


def _split_lines(data: bytes) -> list[bytes]:
    """Split at newlines only, and keep them; `bytes.splitlines` splits at carriage returns as well."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


class _RecordTail:
    """The last records fed, in a spool.

    Args:
        count: number of records.
        warn: takes one line if some are lost, because they neither fit into memory nor on the disk.
    """

    def __init__(self, count: int, warn: Callable[[str], None] | None) -> None:
        from reflowlog.store.spool import Spool  # start-up cost: only with --tail

        self._spool = Spool(on_trouble=warn)
        self._heads: deque[int] = deque(maxlen=count)  # offsets at which the last records begin
        self._is_full = not count  # earlier records were dropped
        self._waiting = b""  # the last line: its kind may depend on the next one
        self._inside = NOTHING
        self._has_begun = False

    def feed(self, data: bytes) -> None:
        """Add whole lines, of which the last one may go on."""
        data = self._waiting + data
        end = data.rfind(b"\n", 0, len(data) - 1) + 1
        self._take(data, end)
        self._waiting = data[end:]

    def feed_part(self, data: bytes) -> None:
        """Add a later part of the last line."""
        waiting, self._waiting = self._waiting, b""
        self._take(waiting, len(waiting))
        self._spool.append(data)

    def chunks(self) -> Iterator[bytes]:
        """Remove and yield the last records, in chunks split at any byte."""
        waiting, self._waiting = self._waiting, b""
        self._take(waiting, len(waiting))
        at = self._spool.end if self._heads.maxlen == 0 else self._heads[0] if self._is_full else 0
        while at < self._spool.end:
            at = max(at, self._spool.start)  # the disk may have failed
            end = min(at + _STRIDE_BYTES, self._spool.end)
            yield self._spool.read(at, end)
            at = end
        self._spool.close()

    def _take(self, data: bytes, end: int) -> None:
        """Add the lines up to an offset; the lines after it are only a lookahead."""
        if not end:
            return
        lines = data[:end].split(b"\n")
        if not lines[-1]:
            lines.pop()
        behind = data[end:].rstrip(b"\n") if end < len(data) else None
        continued, self._inside = continues(lines, self._inside, behind)
        if not self._has_begun:
            continued[0] = False
            self._has_begun = True
        starts = accumulate([len(line) + 1 for line in lines], initial=self._spool.end)
        heads = [at for at, goes_on in zip(starts, continued) if not goes_on]
        self._is_full = self._is_full or len(self._heads) + len(heads) > (self._heads.maxlen or 0)
        self._heads.extend(heads)
        self._spool.append(data[:end])
        if self._is_full:
            self._spool.discard(self._heads[0] if self._heads else self._spool.end)
