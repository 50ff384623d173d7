"""Record filter of `--grep`, `--invert`, `--context` and `--level` off a terminal: keeps lines byte for byte.

Invariants:
- Which records are kept is decided by `text/search/record_selector.py`, as in the viewer, from as much as has arrived.
  `pause` decides about a record that an excluding pattern may still match. The earlier lines of a record that is
  resumed behind lines of other services come out late where an including pattern matches the later ones only, and with
  context not at all. Where an excluding pattern may still match them, they are held, with all that follows them, until
  their service begins another record, or up to `pause` or `MAX_WAITING_BYTES`.
- Whether a line continues a record may depend on the line after it (`text/parse/multiline.py`). In large chunks the
  last lines wait for the next ones, or for `pause`; lines that arrive one by one are decided by themselves.
- Of large chunks only the parts near a match are searched for records, and those with the earlier lines of a record
  that a matching line resumes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.sanitize import ESC, strip_colours
from reflowlog.text.parse.multiline import (
    grouped,
    has_prefix,
    is_plain_start,
    may_continue,
    prefix_of,
)
from reflowlog.text.search.record_heads import line_at
from reflowlog.text.search.record_selector import Postponed, RecordSelector
from reflowlog.text.search.record_tests import RecordTest, RecordTests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher
    from reflowlog.text.search.record_selector import Found

__all__ = ["RecordFilter"]

NEAR_BYTES = 4096  # between two matches on average, up to which the records of all lines of a chunk are found at once
MARGIN = 32 * 1024  # bytes parsed before a match, so that the start of its record is usually found
MAX_FOUND_BYTES = 1024  # of a text that is found across the parts of a giant line
BULK_BYTES = 16 * 1024  # a chunk of this size is bulk input, not a line that is waited for
MAX_WAITING_BYTES = 1 << 20  # of decided lines that are held behind undecided ones
MAX_UNDECIDED_AGE = 0.03  # seconds for which a live line is held while others arrive; with a timeout less than 0.1
MAX_HELD_LINES = 8  # undecided lines at the end of a chunk of bulk input
MAX_EARLIER_LINES = 32  # lines before a match that are looked at for the beginning of the record that it resumes
MAX_HEADLESS_LINES = 6  # of these, lines of its service without indentation, after which a header is hardly found

_settled = lazy_pattern(
    rb"[^A-Za-z_$\s" + ESC + rb"]|[ \t]+\S"
)  # the start of a line whose role does not depend on the lines after it


def _matching(pattern: Matcher, data: bytes) -> list[int]:
    return pattern.matching(data)


class RecordFilter(RecordSelector[bytes]):
    r"""Streaming filter of a log's records.

    Args:
        tests: filters that a record must pass.
        context: number of records to keep before and after each selected one.
        level: the lowest level to keep, a number of `logging`; None: any, also records without a level.
        names: meanings of field names; None: the usual ones.

    Examples:
        >>> from reflowlog.text.search.pattern import compile_pattern
        >>> RecordFilter([RecordTest(compile_pattern("boom"), False)]).feed(b"one\nboom\n  at line 7\ntwo\n")
        b'boom\n  at line 7\n'
    """

    def __init__(
        self,
        tests: Sequence[RecordTest] = (),
        context: int = 0,
        level: int | None = None,
        names: FieldNames | None = None,
    ) -> None:
        super().__init__(RecordTests(tests), context, level, names)
        self._queue: deque[tuple[int, Postponed[bytes]]] = deque()  # bytes, lines to output from undecided ones on

    def _begin(self) -> None:
        """Reset the state to that before the first record."""
        super()._begin()
        self._goes_on = False  # the last line is fed in parts, and the first one is the last so far
        self._part_end = b""  # end of the last part of a line that goes on
        self._waiting = b""  # lines whose role is undecided
        self._waiting_since = 0.0  # when they arrived
        self._passed = b""  # lines without a match, before them, that are only looked at if the next ones need it
        self._last: tuple[bytes, list[Found]] | None = None  # records of one line each that the next data may resume
        self._last_since = 0.0  # when they arrived

    def _piece(self, data: bytes, start: int, end: int) -> bytes:
        return data[start:end]

    def _line_pieces(self, data: bytes, starts: Sequence[int]) -> list[bytes]:
        index = data.index
        return [data[start : index(b"\n", start) + 1] for start in starts]

    @property
    def pending(self) -> bytes:
        """The first held lines that may still be output; empty if there are none."""
        self._look_at_last()
        self._look_at_passed()
        queued = chain.from_iterable(lines.pieces for _, lines in self._queue)  # the first ones may be none
        return next(chain(queued, *(each.pieces for each in self._before), self._held), self._waiting)

    @property
    def undecided_since(self) -> float | None:
        """When the first lines arrived that `pause` would output, see `feed`; None if there are none."""
        if self._queue:
            return self._queue[0][1].since
        if self._last is not None:
            return self._last_since
        if self._waiting:
            return self._waiting_since
        return self._since if self._is_open and self._held and self._tests.may_exclude and self._able else None

    @property
    def has_found_level(self) -> bool:
        """Whether any line had a level so far; lines that cannot have the minimum level may be passed over."""
        return self._level is not None and self._level.last is not None

    def feed(self, data: bytes, now: float = 0.0, *, goes_on: bool = False) -> bytes:
        """Filter more lines.

        Args:
            data: whole lines; only the last line of the input may lack its newline.
            now: when they arrived, seconds.
            goes_on: the last line is not whole: `feed_part` takes its other parts. It may have got a newline here.

        Returns:
            The lines that are known to be kept.
        """
        if not self._tests and self._level is None:
            return data
        self._now = now
        self._goes_on = goes_on
        if goes_on:
            self._part_end = _end_of_part(data[data.rfind(b"\n", 0, len(data) - 1) + 1 :])
        if self._waiting:
            data, self._waiting = self._waiting + data, b""
        if len(data) >= BULK_BYTES:
            end = _settled_end(data)
            data, self._waiting, self._waiting_since = data[:end], data[end:], now
        self._take(data)
        return self._given()

    def feed_part(self, data: bytes, now: float = 0.0, *, goes_on: bool = True) -> bytes:
        """Filter more of the last line, of which only a part was fed because it is too long to be held.

        What is searched for is found in each part, and across their ends if it is short. Takes time and memory for the
        part only.

        Args:
            data: a part of the line.
            now: when it arrived, seconds.
            goes_on: further parts may follow; if not, it ends with the newline of the line.

        Returns:
            The lines and parts that are known to be kept.
        """
        if not self._tests and self._level is None:
            return data
        self._now = now
        self._take_waiting()
        self._look_at_passed()
        self._goes_on = False
        self._add_part(data, goes_on=goes_on)
        return self._given()

    def _add_part(self, data: bytes, *, goes_on: bool) -> None:
        """Add a part of a line to the open record; it is empty at the end of the input."""
        text = b"\0" + self._part_end + data  # no match at the beginning of the line,
        if goes_on:
            text = text.removesuffix(b"\n") + b"\0"  # or at its end, where it has none
        self._part_end = _end_of_part(data) if goes_on else b""
        self._header = None
        if self._level is not None:
            self._level.begin_part(data)
        self._more(data, 0, len(data), self._tests.mask_of_part(text, _matching))

    def pause(self) -> bytes:
        """Decide the undecided lines as they are, because no input has come for a while; return those to keep."""
        self._take_waiting()
        self._settle_services()
        if self._is_open and not self._wanted:
            if self._able and self._tests.may_exclude and self._keeps:
                self._show()
            else:
                self._show_as_context()
        return self._given()

    def pause_if_old(self, now: float) -> bytes:
        """Decide as `pause` if lines are held for `MAX_UNDECIDED_AGE` although others arrive; return those to keep."""
        since = self.undecided_since
        return self.pause() if since is not None and now - since >= MAX_UNDECIDED_AGE else b""

    def rest(self) -> bytes:
        """Decide the undecided lines at the end of the input, reset, and return those to keep."""
        if self._last is not None and not (self._waiting or self._part_end):  # nothing resumes these records
            self._decide_lines(*self._last, len(self._last[0]))
            self._last = None
        self._take_waiting()
        if self._part_end:
            self._look_at_passed()
            self._add_part(b"", goes_on=False)
        self._close()
        self._settle_services()
        self._begin()
        return self._given()

    def _take_waiting(self) -> None:
        self._look_at_last()
        data, self._waiting = self._waiting, b""
        self._take(data)

    def _take(self, data: bytes) -> None:
        if not data:
            return
        self._look_at_last()
        is_part = self._goes_on and not self._waiting
        text = data.removesuffix(b"\n") + b"\0" if is_part else data  # no match at the end of a part
        found = self._tests.found(text, _matching)
        if self._context or len(data) < 2 * MARGIN:
            self._look_at_passed()
            self._look_at(data, found)
        else:
            self._look_where_needed(data, found)

    def _look_where_needed(self, data: bytes, found: Sequence[Found]) -> None:
        """Filter large data; parts far from any match are kept or dropped whole, without finding their records."""
        is_dense = len(found) * NEAR_BYTES > len(data)
        if self._simple and is_dense:
            self._look_at_passed()
            if self._lines.has_single(data):
                self._single_lines(data, found)
                return
        keep = self._tests.only_excludes and self._level is None
        resumed = _resumed_records(data, () if is_dense else found)
        start = first = 0
        passed: tuple[bytes, list[Found]] | None = (self._passed, []) if self._passed else None
        self._passed = b""
        while start < len(data):
            end = _cut(data, start)
            last = bisect_left(found, (end,))
            part = data[start:end], [(each - start, mask) for each, mask in found[first:last]]
            is_resumed = resumed.has_line(start, end)
            if self._shown or is_resumed or self._matters(*part):
                if passed is not None:
                    self._look_at(*passed)
                    passed = None
                if is_resumed:
                    self._look_at_last()
                    self._records(*part, self._heads(part[0]))
                else:
                    self._look_at(*part)
            else:
                self._forget(resumed.services)
                if passed is not None and keep:
                    self._out.append(passed[0])
                passed = part
            start, first = end, last
        if passed is not None and self._simple and not self._tests.only_excludes:
            self._passed = passed[0]
        elif passed is not None:
            self._look_at(*passed)

    def _look_at(self, data: bytes, found: Sequence[Found]) -> None:
        self._look_at_last()
        super()._look_at(data, found)

    def _last_records(self, data: bytes, found: Sequence[Found], at: int) -> None:
        """Filter the lines from `at` on once more data comes, of bulk input, or none for a while; see `rest`.

        Finding their records loads the grammar of headers, which takes 50 ms.
        """
        if len(data) < BULK_BYTES or not data.endswith(b"\n"):
            super()._last_records(data, found, at)
        else:
            self._last = data[at:], [(start - at, mask) for start, mask in found]
            self._last_since = self._now

    def _look_at_last(self) -> None:
        """Find the records of the last lines of bulk input."""
        if self._last is not None:
            (data, found), self._last = self._last, None
            self._records(data, found, self._heads(data))

    def _look_at_passed(self) -> None:
        """Find the last record of the lines without a match that were passed over."""
        if self._passed:
            data, self._passed = self._passed, b""
            self._look_at(data, [])

    def _matters(self, data: bytes, found: Sequence[Found]) -> bool:
        """Return whether these lines may hold part of a record that is not treated like most records."""
        if found or (self._is_open and self._mask):
            if self._tests.only_excludes and self._level is None:
                return True
        elif self._tests and not (self._tests.only_excludes and self._level is not None):
            return any(each.mask for each in self._services.values())  # a record that matches may be resumed
        if self._level is None or not self._level.is_low:
            return True
        if self._services:  # a record above the level may be resumed
            return True
        return self._level.may_have(data)

    def _forget(self, resumed: frozenset[bytes]) -> None:
        """End the open record; the next lines do not follow it directly, but may resume records of some services."""
        self._look_at_last()
        self._close()
        self._settle_services(resumed)
        self._lines.forget(resumed)

    def _given(self) -> bytes:
        if self._places or self._queue:
            return self._given_in_order()
        out = b"".join(self._out)
        self._out.clear()
        return out

    def _given_in_order(self) -> bytes:
        """Return the decided lines up to the first undecided ones, and queue the rest."""
        decided: list[bytes] = []
        position = 0
        for index, lines in self._places:
            decided += self._out[position:index]
            position = index
            if lines.is_open:
                self._enqueue(decided)
                self._queue.append((sum(map(len, lines.pieces)), lines))
                decided = []
            else:
                decided += lines.pieces
        self._enqueue([*decided, *self._out[position:]])
        self._out.clear()
        self._places.clear()
        if sum(size for size, _ in self._queue) > MAX_WAITING_BYTES:
            self._settle_services()
        pieces: list[bytes] = []
        while self._queue and not self._queue[0][1].is_open:
            pieces += self._queue.popleft()[1].pieces
        return b"".join(pieces)

    def _enqueue(self, pieces: Sequence[bytes]) -> None:
        if pieces:
            data = b"".join(pieces)
            self._queue.append((len(data), Postponed([data], self._now, is_open=False)))


class _Resumed(NamedTuple):
    """Records of services that matching lines of a chunk resume, behind lines of other services.

    Attributes:
        starts: of their lines in the chunk, and of the matching ones, ascending.
        services: the services.
    """

    starts: Sequence[int]
    services: frozenset[bytes]

    def has_line(self, start: int, end: int) -> bool:
        """Return whether such a line starts between two offsets."""
        number = bisect_left(self.starts, start)
        return number < len(self.starts) and self.starts[number] < end


def _resumed_records(data: bytes, found: Sequence[Found]) -> _Resumed:
    """Return the records that the matching lines resume; `found` has the starts and masks of these."""
    starts: set[int] = set()
    services: set[bytes] = set()
    for start, _ in found if has_prefix(data) else ():
        line = line_at(data, start)
        prefix = prefix_of(strip_colours(line))
        may_resume = bool(prefix.service) and not is_plain_start(prefix.body)
        earlier = list(_earlier_lines(data, start, prefix.service)) if may_resume else []
        lines = [*(line_at(data, at) for at in reversed(earlier)), line]
        if earlier and may_continue(b"\n".join([*lines, b""])) and grouped(lines)[0][-1].goes_on:
            starts.update(earlier, (start,))
            services.add(prefix.service)
    return _Resumed(sorted(starts), frozenset(services))


def _earlier_lines(data: bytes, at: int, service: bytes) -> Iterator[int]:
    """Yield the starts of a service's lines before an offset, descending, back to one that begins a record."""
    left = MAX_HEADLESS_LINES
    for _ in range(MAX_EARLIER_LINES):
        at = data.rfind(service, 0, at)
        if at < 0:
            return
        at = data.rfind(b"\n", 0, at) + 1
        prefix = prefix_of(strip_colours(line_at(data, at)))
        if prefix.service == service:
            yield at
            left -= prefix.body[:1] not in (b" ", b"\t")
            if not left or is_plain_start(prefix.body):
                return


def _end_of_part(data: bytes) -> bytes:
    """Return the end of a part of a giant line, behind which the next one is searched."""
    return data[-MAX_FOUND_BYTES:].removesuffix(b"\n")


def _cut(data: bytes, start: int) -> int:
    """Return the end of a part of the data from `start` that is about `MARGIN` bytes long."""
    if start + MARGIN >= len(data):
        return len(data)
    end = data.rfind(b"\n", start, start + MARGIN) + 1 or data.find(b"\n", start) + 1 or len(data)
    return start + _settled_end(data[start:end])


def _settled_end(data: bytes) -> int:
    """Return the end of a line near the end of the data whose role is decided; otherwise the end of the data."""
    end = len(data)
    for _ in range(MAX_HELD_LINES):
        start = data.rfind(b"\n", 0, end - 1) + 1
        if _settled.match(data, start):
            return end
        if not start:
            break
        end = start
    return len(data)
