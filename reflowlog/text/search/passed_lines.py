"""Lines of a stream whose records were not looked for, kept for a while because later lines may resume one. Pure.

Invariants:
- They are the newest `MAX_PASSED_BYTES` bytes. Of each service, those are returned once that were not looked at yet.
- Lines that are given out, but that an excluding pattern may drop later, are `Postponed`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.sanitize import strip_colours
from reflowlog.text.parse.multiline import is_plain_start, prefix_of
from reflowlog.text.search.record_heads import line_at
from reflowlog.text.search.record_selector import Postponed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "MAX_HEADLESS_LINES",
    "MAX_PASSED_BYTES",
    "EarlierLine",
    "GivenLine",
    "GivenLines",
    "PassedLines",
    "has_line_of",
    "may_reach",
]

MAX_PASSED_BYTES = 4 << 20  # of lines that are kept
MAX_HEADLESS_LINES = 6  # lines of a service without indentation, before which a header is hardly found
MAX_SERVICES = 4096  # of which it is known how far their lines were looked at
ONLY_SERVICE = b"time"  # name of the service whose lines have a time and no name before them

Bounds = tuple[int, int]


def has_line_of(service: bytes, data: bytes) -> bool:
    """Return whether a line of a service may be in some data."""
    return service == ONLY_SERVICE or text_of_service(service) in data


def text_of_service(service: bytes) -> bytes:
    """Return the text that stands in the lines of a service."""
    return service.removeprefix(b"json-file ")


class GivenLines(Postponed[bytes]):
    """Lines that were given out, each of which may still be dropped.

    Args:
        data: a text.
        bounds: start and end of the lines in it, ascending.
        since: time at which they arrived.
    """

    __slots__ = ("_bounds", "_data", "_dropped", "_pieces")

    def __init__(self, data: bytes, bounds: Sequence[Bounds], since: float) -> None:
        self._data = data
        self._bounds = list(bounds)
        self._dropped: list[Bounds] = []  # not yet taken out of the lines
        super().__init__([data[start:end] for start, end in bounds], since, is_open=True)

    @property
    def pieces(self) -> list[bytes]:
        """The lines but for those that were dropped."""
        if self._dropped:
            self._bounds = _without(self._bounds, sorted(self._dropped))
            self._pieces = [self._data[start:end] for start, end in self._bounds]
            self._dropped = []
        return self._pieces

    @pieces.setter
    def pieces(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def drop_line(self, start: int, end: int) -> None:
        """Drop one of the lines; no-op if they were given out. All that are dropped are taken out at once."""
        if self.is_open:
            self._dropped.append((start, end))


def _without(bounds: Sequence[Bounds], dropped: Sequence[Bounds]) -> list[Bounds]:
    """Return parts of a text without some parts of them; all ascending."""
    left: list[Bounds] = []
    number = 0
    for start, end in bounds:
        low = start
        while number < len(dropped) and dropped[number][0] < end:
            if low < dropped[number][0]:
                left.append((low, dropped[number][0]))
            low = dropped[number][1]
            number += 1
        if low < end:
            left.append((low, end))
    return left


class _Chunk:
    """Lines that were passed over.

    Args:
        data: the lines.
        given: start and end of those that were given out, ascending.
        lines: these, if they may still be dropped; else None.
        number: of the chunk.
    """

    def __init__(self, data: bytes, given: Sequence[Bounds], lines: GivenLines | None, number: int) -> None:
        self.data = data
        self.given = given
        self.lines = lines
        self.number = number

    @property
    def is_open(self) -> bool:
        """Whether lines may still be dropped."""
        return self.lines is not None and self.lines.is_open

    def settle(self) -> None:
        """Give the lines out: they are not dropped any more."""
        if self.lines is not None:
            self.lines.is_open = False

    def is_given(self, start: int) -> bool:
        """Return whether a line was given out."""
        at = bisect_right(self.given, (start, len(self.data))) - 1
        return at >= 0 and start < self.given[at][1]

    def drop(self, start: int, end: int) -> None:
        """Drop a line if it was given out, and that is possible. Once for each line."""
        if self.lines is not None and self.is_given(start):
            self.lines.drop_line(start, end)


class EarlierLine(NamedTuple):
    """Line of a service that was passed over. They are in the order of the input.

    Attributes:
        number: of its chunk.
        start: of the line in it,
        end: and its end.
        service: whose line it is.
        chunk: the lines among which it is.
    """

    number: int
    start: int
    end: int
    service: bytes
    chunk: _Chunk

    @property
    def text(self) -> bytes:
        """The line with its newline."""
        return self.chunk.data[self.start : self.end]

    @property
    def is_given(self) -> bool:
        """Whether it was given out."""
        return self.chunk.is_given(self.start)


class GivenLine(Postponed[bytes]):
    """Line that was given out among others, and may still be dropped."""

    __slots__ = ("_line",)

    def __init__(self, line: EarlierLine) -> None:
        super().__init__([], 0.0, is_open=line.chunk.is_open)
        self._line = line

    def drop(self) -> None:
        """Drop the line, because its record is excluded; no-op if it was given out."""
        if self.is_open:
            self.is_open = False
            self._line.chunk.drop(self._line.start, self._line.end)


class PassedLines:
    """Keeps the newest lines that were passed over. For one thread."""

    def __init__(self) -> None:
        self._chunks: deque[_Chunk] = deque()
        self._size = 0
        self._end = 0  # number of the next chunk
        self._looked_at: dict[bytes, int] = {}  # service: number of the first chunk in which its lines were not

    def __bool__(self) -> bool:
        return bool(self._chunks)

    def clear(self) -> None:
        """Forget all lines."""
        self.settle_all()
        self._chunks.clear()
        self._looked_at.clear()
        self._size = 0

    def add(self, data: bytes, given: Sequence[Bounds], lines: GivenLines | None) -> None:
        """Add lines; see `_Chunk` for the arguments."""
        self._chunks.append(_Chunk(data, given, lines, self._end))
        self._end += 1
        self._size += len(data)
        while self._size > MAX_PASSED_BYTES:
            oldest = self._chunks.popleft()
            self._size -= len(oldest.data)
            oldest.settle()

    def settle_all(self) -> None:
        """Give out all lines: they are not dropped any more."""
        for chunk in self._chunks:
            chunk.settle()

    def look_at(self, service: bytes, *, is_new: bool = False) -> tuple[list[EarlierLine], bool]:
        """Return the lines of a service that were not looked at, oldest first, from the last that begins a record on.

        The second value is whether they may continue what was looked at before: none of them is known to begin one.

        Args:
            service: its name.
            is_new: it begins a record next, so that none of the lines matters.
        """
        looked_at = self._looked_at.get(service)
        if len(self._looked_at) >= MAX_SERVICES:
            self.clear()
        self._looked_at[service] = self._end
        if is_new:
            return [], False
        found: list[EarlierLine] = []
        left = MAX_HEADLESS_LINES
        for chunk in reversed(self._chunks):
            if looked_at is not None and chunk.number < looked_at:
                break
            for start, body in lines_of(chunk.data, service):
                end = chunk.data.find(b"\n", start) + 1 or len(chunk.data)
                found.append(EarlierLine(chunk.number, start, end, service, chunk))
                left -= body[:1] not in (b" ", b"\t")
                if not left or is_plain_start(body):
                    return found[::-1], False
        return found[::-1], True


def may_reach(data: bytes, start: int, *, back: bool) -> bool:
    """Return whether the record of a line may begin before some data, or go on behind them.

    Args:
        data: lines.
        start: of the line.
        back: whether it may begin before them; else, go on behind them.
    """
    prefix = prefix_of(strip_colours(line_at(data, start)))
    if not prefix.service or (back and is_plain_start(prefix.body)):
        return not prefix.service
    lines = lines_of(data[:start], prefix.service) if back else _further_lines_of(data, prefix.service, start)
    left = MAX_HEADLESS_LINES
    for _, body in lines:
        left -= body[:1] not in (b" ", b"\t")
        if not left or is_plain_start(body):
            return False
    return True


def _further_lines_of(data: bytes, service: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield start and text of the lines of a service behind the line at an offset, ascending."""
    mark = b"" if service == ONLY_SERVICE else text_of_service(service)
    start = data.find(b"\n", start) + 1
    while start and (at := data.find(mark, start)) >= 0 and at < len(data):
        start = data.rfind(b"\n", 0, at) + 1
        prefix = prefix_of(strip_colours(line_at(data, start)))
        if prefix.service == service:
            yield start, prefix.body
        start = data.find(b"\n", start) + 1


def lines_of(data: bytes, service: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield start and text of the lines of a service, descending."""
    mark = b"\n" if service == ONLY_SERVICE else text_of_service(service)
    at = len(data)
    while True:
        at = data.rfind(mark, 0, at)
        if at < 0 and mark != b"\n":
            return
        start = data.rfind(b"\n", 0, at) + 1 if at > 0 else 0
        if start < len(data):
            prefix = prefix_of(strip_colours(line_at(data, start)))
            if prefix.service == service:
                yield start, prefix.body
        at = start
        if at <= 0:
            return
