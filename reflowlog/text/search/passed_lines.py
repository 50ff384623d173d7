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

__all__ = ["EarlierLine", "GivenLine", "PassedLines", "has_line_of"]

MAX_PASSED_BYTES = 4 << 20  # of lines that are kept
MAX_EARLIER_LINES = 256  # lines that are looked at for the beginning of the record that a service resumes
MAX_HEADLESS_LINES = 6  # of these, lines of its service without indentation, after which a header is hardly found
MAX_SERVICES = 4096  # of which it is known how far their lines were looked at
ONLY_SERVICE = b"time"  # name of the service whose lines have a time and no name before them

Bounds = tuple[int, int]


def has_line_of(service: bytes, data: bytes) -> bool:
    """Return whether a line of a service may be in some data."""
    return service == ONLY_SERVICE or text_of_service(service) in data


def text_of_service(service: bytes) -> bytes:
    """Return the text that stands in the lines of a service."""
    return service.removeprefix(b"json-file ")


class _Chunk:
    """Lines that were passed over.

    Args:
        data: the lines.
        given: start and end of those that were given out, ascending.
        lines: these, if they may still be dropped; else None.
        number: of the chunk.
    """

    def __init__(self, data: bytes, given: Sequence[Bounds], lines: Postponed[bytes] | None, number: int) -> None:
        self.data = data
        self.given = list(given)
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
        return self._find_given(start) is not None

    def drop(self, start: int, end: int) -> None:
        """Drop a line that was given out, if that is possible."""
        at = self._find_given(start)
        if self.lines is None or not self.lines.is_open or at is None:
            return
        low, high = self.given[at]
        self.given[at : at + 1] = [each for each in ((low, start), (end, high)) if each[0] < each[1]]
        self.lines.pieces = [self.data[low:high] for low, high in self.given]

    def _find_given(self, start: int) -> int | None:
        """Return the index, in `given`, of the lines among which a line was given out; None if it was not."""
        at = bisect_right(self.given, (start, len(self.data))) - 1
        return at if at >= 0 and start < self.given[at][1] else None


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

    def add(self, data: bytes, given: Sequence[Bounds], lines: Postponed[bytes] | None) -> None:
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
            for start, body in _lines_of(chunk.data, service):
                end = chunk.data.find(b"\n", start) + 1 or len(chunk.data)
                found.append(EarlierLine(chunk.number, start, end, service, chunk))
                left -= body[:1] not in (b" ", b"\t")
                if not left or is_plain_start(body) or len(found) == MAX_EARLIER_LINES:
                    return found[::-1], False
        return found[::-1], True


def _lines_of(data: bytes, service: bytes) -> Iterator[tuple[int, bytes]]:
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
