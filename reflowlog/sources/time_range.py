"""Excerpts: the part of a source that ``--since``, ``--until`` and ``--tail`` ask for. Knows no threads.

Rules of this file:
- A line without a time goes with the one before it; what comes before the first time of a source goes with that. Both
  moments belong to the excerpt. A source in whose first `BLIND` bytes no line has a time is taken whole.
- The last N records are those before ``until``: records, so that a traceback counts once (`text/parse/multiline.py`).
- Of a file the ends are *found*: by bisection, for a log is in the order of its times, and from its end backward. Some
  hundred KiB are read, however large it is; holes in it are passed over. Where a clock was set back inside a file,
  which breaks the order, the excerpt is what lies between two places at which the moment is crossed.
- All else (pipes, compressed files) is read through by a `RangeFilter`, line by line, each by its own time. What it holds
  is the last N records and no more.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.system.file_watch import read_at
from reflowlog.text.parse.line_times import LineClock
from reflowlog.text.parse.multiline import NOTHING, continues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["BLIND", "RangeFilter", "Selection", "find"]

BLIND = 1 << 20  # bytes without any time, after which none is looked for
_PROBE = 8 << 10  # bytes read at once while a place is looked for
_LONGEST = 64 << 10  # bytes of a line that are looked at
_NEAR = 64 << 10  # bytes that are read through rather than halved
_STRIDE = 256 << 10  # bytes that are read at once on the way back from the end,
_MARGIN = 32 << 10  # with so many before them, in which a record may have begun
_WIDEST = 2 << 20  # and no more than that
_AFTER = 4 << 10  # and after them: what a line is may depend on the next one


class Selection(NamedTuple):
    """What is asked for.

    Attributes:
        since: seconds since the epoch; None: from the start.
        until: the same; None: to the end.
        tail: so many records at the end of that; None: all.
    """

    since: float | None = None
    until: float | None = None
    tail: int | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self == (None, None, None)


# -- a file ------------------------------------------------------------------------------------------------------------


class _FileBytes:
    """A file's bytes by their offsets.

    Args:
        descriptor: open for reading; its own position is of no matter, and may change.
        size: bytes of it that count.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self.size = size

    def read(self, start: int, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        return read_at(self._descriptor, min(size, self.size - start), start) if start < self.size else b""

    def after_hole(self, offset: int) -> int:
        """The next place from there on that is no hole in the file."""
        if hasattr(os, "SEEK_DATA"):
            try:
                return os.lseek(self._descriptor, offset, os.SEEK_DATA)
            except OSError as error:
                return self.size if error.errno == errno.ENXIO else offset  # nothing but a hole
        return offset


def find(descriptor: int, size: int, wanted: Selection, names: FieldNames | None = None) -> tuple[int, int]:
    """Where the wanted part of a file begins and ends, as offsets.

    Args:
        descriptor: a regular file, open for reading, whose own position may change.
        size: bytes of it that count.
        wanted: see there.
        names: what the names of fields mean; None: what they usually do.

    Raises:
        OSError: it cannot be read.
    """
    data = _FileBytes(descriptor, size)
    clock = LineClock() if names is None else LineClock(names)
    start, stop = 0, size
    if (wanted.since is not None or wanted.until is not None) and _has_times(data, clock):
        if wanted.since is not None:
            since = wanted.since
            start = _first(data, clock, lambda time: time >= since)
        if wanted.until is not None:
            until = wanted.until
            stop = max(_first(data, clock, lambda time: time > until), start)
    if wanted.tail is not None:
        start = _tail(data, start, stop, wanted.tail)
    return start, stop


def _has_times(data: _FileBytes, clock: LineClock) -> bool:
    return next(_times(data, clock, 0, min(BLIND, data.size)), None) is not None


def _times(data: _FileBytes, clock: LineClock, offset: int, limit: int) -> Iterator[tuple[int, float]]:
    """The offsets and times of lines that have one, of those that start from an offset on and before a limit.

    Args:
        data: the file.
        clock: tells the times.
        offset: where a line starts.
        limit: see above.
    """
    line = b""  # that began at the offset
    at = offset  # up to which bytes were read
    while offset < limit:
        piece = data.read(at, _PROBE)
        if not piece:
            if line and (time := clock.time_of(line)) is not None:
                yield offset, time
            return
        if not (line.strip(b"\0") or piece.strip(b"\0")) and (beyond := data.after_hole(at)) > at + len(piece):
            at = offset = beyond
            line = b""
            continue
        more, *others = piece.split(b"\n")
        line = line + more if len(line) < _LONGEST else line
        start = at + len(more) + 1
        at += len(piece)
        for each in others:
            time = clock.time_of(line.lstrip(b"\0"))
            if time is not None:
                yield offset, time
            line, offset = each, start
            start += len(each) + 1
            if offset >= limit:
                return


def _line_after(data: _FileBytes, offset: int) -> int:
    """The start of the first line that starts after an offset; the end if there is none."""
    begun = offset
    while offset < data.size:
        piece = data.read(offset, _PROBE)
        if not piece or offset - begun > BLIND:
            break
        end = piece.find(b"\n") + 1
        if end:
            return offset + end
        beyond = data.after_hole(offset) if not piece.strip(b"\0") else offset
        if beyond > offset + len(piece):
            begun = offset = beyond
        else:
            offset += len(piece)
    return data.size


def _first(data: _FileBytes, clock: LineClock, is_late: Callable[[float], bool]) -> int:
    """The offset of the first line that is late enough, in a log in the order of its times; the end if none is."""
    low, high = 0, data.size  # the line at `low` is not late, unless that is 0
    while high - low > _NEAR:
        middle = (low + high) // 2
        start = _line_after(data, middle)
        seen = next(_times(data, clock, start, min(start + BLIND, high)), None) if start < high else None
        if seen is None or is_late(seen[1]):
            high = middle
        else:
            low = seen[0]
    found = False
    for offset, time in _times(data, clock, low, data.size):
        if is_late(time):
            return offset if found or low else 0
        found = True
    return data.size


def _tail(data: _FileBytes, start: int, stop: int, count: int) -> int:
    """Where the last records begin, of those between two offsets at which lines start."""
    if not count:
        return stop
    end = stop
    while end > start:
        begin = max(end - _STRIDE, start)
        heads = _heads_in(data, begin, end, start, stop)
        if len(heads) >= count:
            return heads[-count]
        count -= len(heads)
        end = begin
    return start


def _heads_in(data: _FileBytes, begin: int, end: int, start: int, stop: int) -> list[int]:
    """The offsets of lines that begin a record between two offsets, of those between two others.

    What a line is may depend on all of its record, so some bytes before are read as well, and more of them as long as
    no record begins in these.
    """
    margin = _MARGIN
    while True:
        first = max(begin - margin, start)
        size = min(end + _AFTER, stop) - first
        piece = data.read(first, size)
        if first > start:  # without the line that is cut
            whole = piece.find(b"\n") + 1 or len(piece)
            first, piece = first + whole, piece[whole:]
        heads = [first + at for at in _heads(piece, first == start)]
        if begin - margin <= start or margin >= _WIDEST or (heads and heads[0] < begin):
            return [head for head in heads if begin <= head < end]
        margin *= 4


def _heads(data: bytes, at_start: bool) -> list[int]:
    """The offsets of lines that begin a record."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    further = continues(lines)[0]
    if at_start and further:
        further[0] = False
    return [at for at, goes_on in zip(accumulate([len(line) + 1 for line in lines], initial=0), further) if not goes_on]


# -- all else ----------------------------------------------------------------------------------------------------------


class RangeFilter:
    r"""Lets through what is wanted of a source that is read from its start to its end.

    Args:
        wanted: see there.
        names: what the names of fields mean; None: what they usually do.

    >>> trimmer = RangeFilter(Selection(since=1700000000.0, tail=1))
    >>> trimmer.feed(b"2023-11-14T22:13:19Z a\n2023-11-14T22:13:20Z b\n  more\n"), trimmer.rest()
    (b'', b'2023-11-14T22:13:20Z b\n  more\n')
    """

    def __init__(self, wanted: Selection, names: FieldNames | None = None) -> None:
        self._wanted = wanted
        self._timed = wanted.since is not None or wanted.until is not None
        self._last = _LastLines(wanted.tail) if wanted.tail is not None else None
        self._clock = LineClock() if names is None else LineClock(names)
        self._held: list[bytes] = []  # what came before the first time,
        self._size = 0  # and how many bytes that is
        self._in: bool | None = None  # whether the last line was wanted; None: there was no time so far

    @property
    def holds(self) -> bool:
        """Whether nothing comes out before the end."""
        return self._last is not None

    def feed(self, data: bytes) -> bytes:
        """Take lines in; what is known to be wanted.

        Args:
            data: whole lines; only the last of all may lack its newline.
        """
        if self._timed and data:
            data = self._trimmed(data)
        return data if self._last is None else self._last.feed(data)

    def pause(self) -> bytes:
        """Nothing has come for a while: what is held without a time comes out."""
        held = self._take_held()
        return held if self._last is None else self._last.feed(held)

    def rest(self) -> bytes:
        """The source has ended: what is wanted and was held."""
        held = self.pause()
        return held if self._last is None else self._last.rest()

    def _trimmed(self, data: bytes) -> bytes:
        lines = data.splitlines(keepends=True) if b"\r" not in data else _split(data)
        since, until = self._wanted[:2]
        kept: list[bytes] = []
        inside = self._in
        for line, time in zip(lines, self._clock.times([line.rstrip(b"\n") for line in lines])):
            if time is not None:
                now = (since is None or time >= since) and (until is None or time <= until)
                if inside is None:  # what came before goes with it
                    kept = [self._take_held(), *kept] if now else []
                inside = now
            if inside is not False:
                kept.append(line)
        self._in = inside
        if inside is None:
            self._held += kept
            self._size += len(data)
            if self._size < BLIND:
                return b""
            self._in = True
            return self._take_held()
        self._held.clear()
        return b"".join(kept)

    def _take_held(self) -> bytes:
        held = b"".join(self._held)
        self._held.clear()
        self._size = 0
        return held


def _split(data: bytes) -> list[bytes]:
    """Lines with their newlines, and nothing else that Python takes for the end of a line."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


class _LastLines:
    """The last records of what is fed."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pieces: deque[tuple[bytes, list[int]]] = deque()  # lines, and where records begin in them
        self._heads = 0  # in all pieces
        self._waiting = b""  # the last line: what it is may depend on the next
        self._inside = NOTHING
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        """Take lines in; nothing comes out."""
        data = self._waiting + data
        end = data.rfind(b"\n", 0, len(data) - 1) + 1
        self._take(data, end)
        self._waiting = data[end:]
        return b""

    def rest(self) -> bytes:
        """The last records."""
        data, self._waiting = self._waiting, b""
        self._take(data, len(data))
        out = []
        beyond = self._heads - self._count  # records that are left out, with the lines that continue them
        cutting = beyond > 0
        for piece, heads in self._pieces:
            if cutting and beyond >= len(heads):
                beyond -= len(heads)
                continue
            out.append(piece[heads[beyond] :] if cutting else piece)
            cutting = False
        self._pieces.clear()
        self._heads = 0
        return b"".join(out)

    def _take(self, data: bytes, end: int) -> None:
        """Take lines up to an offset; what follows is only looked at."""
        if not end:
            return
        lines = data[:end].split(b"\n")
        if not lines[-1]:
            lines.pop()
        if end < len(data):
            lines.append(data[end:].rstrip(b"\n"))
        further, state = continues(lines, self._inside)
        if end < len(data):
            state = continues(lines[:-1], self._inside)[1]
            lines.pop()
            further.pop()
        self._inside = state
        if not self._begun:
            further[0] = False
            self._begun = True
        heads = [
            at for at, goes_on in zip(accumulate([len(line) + 1 for line in lines], initial=0), further) if not goes_on
        ]
        self._pieces.append((data[:end], heads))
        self._heads += len(heads)
        while len(self._pieces) > 1 and self._heads - len(self._pieces[0][1]) > self._count:
            self._heads -= len(self._pieces.popleft()[1])
