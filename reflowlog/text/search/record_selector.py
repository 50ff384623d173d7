"""Record selector: decides which records of a text are kept, for the filter of a stream and that of the viewer. Pure.

Invariants:
- Whole records are kept or dropped: a traceback or indented lines belong to the record before them. A record matches a
  pattern if any of its lines does. Their levels are decided by `text/search/least_level.py`.
- A line that resumes a record of its service, after lines of other services, belongs to that record (`_Interrupted`):
  the record's level and matches count for it, and lines of it that were held back are kept with it.
- What is kept is given out as pieces of the text, in the form that a subclass chooses: bytes, or offsets.
- A decision is given out at once: a matching line, with the held lines of its record and the context before it, then
  the further lines of that record as they arrive. Only undecided lines are held: the last record while not all
  including patterns have matched, or while an excluding pattern may still match.
- Where an excluding pattern may match, lines of a record that another service interrupts are *postponed*: they keep
  their place before the lines after them, and are dropped if the record is resumed and matches (`Postponed`).
- A record that is hidden (`RecordTest.is_hidden`) is no context: the context is what it were without such records.
- Most logs have single-line records only (`may_continue`); then a chunk costs one search, and a match one piece.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left, bisect_right
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from reflowlog.text.parse.multiline import (
    MAX_SERVICES,
    has_prefix,
    has_traceback,
)
from reflowlog.text.search.least_level import LeastLevel
from reflowlog.text.search.record_heads import RecordHeads, last_lines, line_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.record_tests import RecordTests

__all__ = ["Found", "Postponed", "RecordSelector"]

MAX_HELD_BYTES = 4 << 20  # bytes of an undecided record that are held; of a longer one the start is dropped
MAX_INTERRUPTED_BYTES = 64 << 10  # bytes of the record of a service that are held while other services write
MAX_HEADER_LINES = 256  # first lines of a record in which its level may stand

Found = tuple[int, int]
"""Start of a line, and its mask, see `RecordTests`."""

_Piece = TypeVar("_Piece")


class Postponed(Generic[_Piece]):
    """Lines of an interrupted record that are given out, unless an excluding pattern matches a later part of it.

    Args:
        pieces: the lines.
        since: time at which they arrived.
        is_open: whether they may still be dropped.

    Attributes:
        is_given: they were given out; of a record that is no context so far, they are not.
    """

    __slots__ = ("is_given", "is_open", "pieces", "since")

    def __init__(self, pieces: list[_Piece], since: float, *, is_open: bool) -> None:
        self.pieces = pieces
        self.since = since
        self.is_open = is_open
        self.is_given = False

    def drop(self) -> None:
        """Drop the lines, because the record is excluded; no-op if they were given out."""
        if self.is_open:
            self.pieces, self.is_open = [], False


class _Interrupted(NamedTuple, Generic[_Piece]):
    """The last record of a service.

    Attributes:
        held: its lines that were not given out; none where they are too many.
        size: bytes in `held`.
        header: its first lines while its level may stand in the next one; None: it does not.
        mask: the patterns that matched its lines.
        level: its level, or that of the record before it.
        level_line: the line that named it.
        able: its level is at least the lowest one to keep.
        shown: its lines were given out, or postponed.
        postponed: its lines that may still be dropped.
        possible: its lines that were not given out and may be context of others; none where they are too many.
        possible_size: bytes in those.
    """

    held: list[_Piece]
    size: int
    header: list[bytes] | None
    mask: int
    level: int | None
    level_line: bytes
    able: bool
    shown: bool
    postponed: list[Postponed[_Piece]]
    possible: list[Postponed[_Piece]]
    possible_size: int


class RecordSelector(Generic[_Piece]):
    """Selects records line by line. Its state is that of the open record, as the records of services need it.

    A subclass brings the lines, and calls `_look_at`, or `_records` where it knows the heads of records; at the end
    `_close`. The pieces are in `_out`, but for those that are postponed, of which `_places` has the indexes in `_out`.

    Args:
        tests: filters that a record must pass.
        context: number of records to keep before and after each selected one.
        level: the lowest level to keep, a number of `logging`; None: any, also records without a level.
        names: meanings of field names; None: the usual ones.
    """

    _line_head: bytes | None = None  # beginning of the line of which the first one is a later part; None: it is whole
    _sees_all = False  # all lines that count come at once, so that later lines of a record decide about its first ones

    def __init__(self, tests: RecordTests, context: int, level: int | None, names: FieldNames | None) -> None:
        self._tests = tests
        self._context = context
        self._level = None if level is None else LeastLevel(level, names)
        self._simple = not context and level is None
        self._out: list[_Piece] = []
        self._places: list[tuple[int, Postponed[_Piece]]] = []  # lines to give out before the piece at an index
        self._now = 0.0  # when the present lines arrived, seconds
        self._before: deque[Postponed[_Piece]] = deque(maxlen=context)  # newest dropped records, as possible context
        self._lines = RecordHeads()
        self._begin()

    def _begin(self) -> None:
        """Reset the state to that before the first record."""
        self._lines.reset()
        if self._level is not None:
            self._level.reset()
        self._before.clear()
        self._after = 0  # records still to give out as context
        self._is_open = False  # the last record is open, and more of its lines may come. Of that record:
        self._header: list[bytes] | None = None  # its first lines while its level may stand in the next one
        self._held: list[_Piece] = []  # its lines that were not given out
        self._size = 0  # bytes in `_held`
        self._mask = 0  # the patterns that matched its lines, see `RecordTests`
        self._able = True  # its level is at least the lowest one to keep
        self._wanted = False  # it is selected, not only context
        self._shown = False  # its lines are given out as they arrive
        self._is_ended = False  # its service is known to begin another record
        self._since = 0.0  # when its first lines, or those that resume it, arrived
        self._postponed: list[Postponed[_Piece]] = []  # its lines, up to an interruption, that may still be dropped
        self._possible: list[Postponed[_Piece]] = []  # those that were not given out and may be context of others
        self._possible_size = 0  # bytes in those
        self._service: bytes | None = None  # prefix of a transport before its lines, if lines have such prefixes
        self._services: dict[bytes, _Interrupted[_Piece]] = {}  # the last records of the services that were interrupted

    @abstractmethod
    def _piece(self, data: bytes, start: int, end: int) -> _Piece:
        """Return a part of the data as a piece."""

    @abstractmethod
    def _line_pieces(self, data: bytes, starts: Sequence[int]) -> list[_Piece]:
        """Return the lines that start at some offsets of the data as pieces."""

    @property
    def _unites(self) -> bool:
        """Whether later lines of a record decide about its first ones; with context, as far as they do in a stream."""
        return self._sees_all and not self._context

    @property
    def _keeps(self) -> bool:
        return self._tests.keeps(self._mask)

    def _look_at(self, data: bytes, found: Sequence[Found]) -> None:
        """Filter lines, given the starts of those that a pattern matches, with their masks."""
        if self._level is not None:
            self._level.begin_chunk(data)
        if self._context or not self._lines.has_single(data):
            self._records(data, found, self._heads(data))
        elif self._level is None:
            self._single_lines(data, found)
        else:
            self._single_lines_of_level(data, found, self._level)

    # -- many records at once ------------------------------------------------------------------------------------------

    def _single_lines(self, data: bytes, found: Sequence[Found]) -> None:
        """Filter lines each of which is a record; no context, no level."""
        self._close()
        last = data.rfind(b"\n", 0, len(data) - 1) + 1  # the last record may continue in the next data
        has_services = not self._sees_all and (has_prefix(data[last:]) or has_prefix(data))
        end = last_lines(data) if has_services else last
        if has_services:
            self._lines.forget(has_services=True)
        self._decide_lines(data, found[: bisect_left(found, (end,))], end)
        if not has_services:
            self._open(data, last, len(data), found[-1][1] if found and found[-1][0] == last else 0)
            self._lines.end_with(data[last:])
            return
        if end:
            self._lines.end_with(data[data.rfind(b"\n", 0, end - 1) + 1 : end])
        self._last_records(data, found[bisect_left(found, (end,)) :], end)

    def _decide_lines(self, data: bytes, found: Sequence[Found], end: int) -> None:
        """Keep or drop the lines up to an offset, each of which is a record."""
        starts = self._tests.outliers(found)
        if self._tests.only_excludes:
            position = 0  # the lines before it are decided
            for start in starts:
                self._keep(data, position, start, start)
                position = data.index(b"\n", start) + 1
            self._keep(data, position, end, end)
        else:
            self._out += self._line_pieces(data, starts)

    def _give_lines(self, data: bytes, bounds: Sequence[tuple[int, int]]) -> None:
        """Give out lines, by start and end, of some whose records are not looked for."""
        self._out += [self._piece(data, start, end) for start, end in bounds]

    def _last_records(self, data: bytes, found: Sequence[Found], at: int) -> None:
        """Filter the lines from `at` on, each of which is a record that its service may resume in the next data."""
        self._records(data, found, self._heads(data, at), at)

    def _single_lines_of_level(self, data: bytes, found: Sequence[Found], level: LeastLevel) -> None:
        """Filter lines each of which is a record, of a minimum level; no context."""
        self._close()
        last = len(data) if self._sees_all else last_lines(data)
        kept, last = level.lines(data[:last])
        if not self._sees_all and has_prefix(data):
            self._lines.forget(has_services=True)
        if self._tests:
            masks, keeps = dict(found), self._tests.keeps
            kept = [bounds for bounds in kept if keeps(masks.get(bounds[0], 0))]
        self._give_lines(data[:last], kept)
        if last:
            self._lines.end_with(data[data.rfind(b"\n", 0, last - 1) + 1 : last])
        if last < len(data):
            self._records(data, found[bisect_left(found, (last,)) :], self._heads(data, last), last)

    def _keep(self, data: bytes, position: int, start: int, end: int) -> None:
        """Keep the record at (start, end), or if it is excluded the lines between `position` and it."""
        if not self._tests.only_excludes:
            self._out.append(self._piece(data, start, end))
        elif position < start:
            self._out.append(self._piece(data, position, start))

    def _records(self, data: bytes, found: Sequence[Found], heads: list[int], at: int = 0) -> None:
        """Filter the lines from `at` on, given the starts of records; those before the first belong to the open one."""
        if self._level is not None:
            self._level.begin_chunk(data)
        masks: dict[int, int] = {}
        for start, mask in found:
            number = bisect_right(heads, start)
            masks[number] = masks.get(number, 0) | mask
        first = heads[0] if heads else len(data)
        if first > at:
            self._more(data, at, first, masks.get(0, 0))
        if not heads:
            return
        if self._lines.owners and self._unites:
            masks = self._lines.united(masks)
        if self._lines.owners and not (self._sees_all and self._simple):
            self._records_of_services(data, heads, masks)
        elif self._simple:
            self._close()
            last, position = heads[-1], first
            for number in self._tests.outliers(sorted(masks.items())):
                if 0 < number < len(heads):
                    self._keep(data, position, heads[number - 1], heads[number])
                    position = heads[number]
            self._keep(data, position, last, last)
            self._open(data, last, len(data), masks.get(len(heads), 0))
        else:
            self._by_level(data, heads, masks)

    def _records_of_services(self, data: bytes, heads: list[int], masks: dict[int, int]) -> None:
        """Filter records one by one; the levels of those that cannot have the lowest one are not read."""
        first, last = heads[0], heads[-1]
        able = self._lines_that_may_have_level(data[first:])
        following = 0
        ended = self._lines.ended() if self._tests.may_exclude and not self._unites else ()
        for number, ((start, end), owner) in enumerate(zip(pairwise([*heads, len(data)]), self._lines.owners), 1):
            is_low = False
            if able is not None and start < last:
                following = bisect_left(able, start - first, following)
                is_low = following == len(able) or able[following] >= end - first
            self._close()
            self._open_of_service(data, start, end, masks.get(number, 0), *owner, is_low=is_low)
            self._is_ended = number in ended

    def _lines_that_may_have_level(self, data: bytes) -> list[int] | None:
        """Return the starts of the lines that may have the lowest level to keep; None: any may, or there is none."""
        if self._level is None or self._line_head is not None:
            return None
        return self._level.lines_that_may_have(data)

    def _by_level(self, data: bytes, heads: list[int], masks: dict[int, int]) -> None:
        """Filter records one by one, but for those that cannot have the level and follow one that has not."""
        level, first = self._level, heads[0]
        able = None if self._context else self._lines_that_may_have_level(data[first:])
        bounds = [*heads, len(data)]
        number = 0
        while number < len(heads):
            if able is not None and level is not None and level.is_low:
                following = bisect_left(able, heads[number] - first)
                at = able[following] + first if following < len(able) else heads[-1]
                number = max(number, bisect_right(heads, at) - 1)
            self._close()
            self._open(data, heads[number], bounds[number + 1], masks.get(number + 1, 0))
            number += 1

    def _heads(self, data: bytes, at: int = 0) -> list[int]:
        """Return the offsets of the lines from `at` on that begin a record."""
        return self._lines.heads(data, at, is_open=self._is_open, has_services=bool(self._services))

    # -- the last record -----------------------------------------------------------------------------------------------

    def _open(self, data: bytes, start: int, end: int, mask: int, *, is_low: bool = False) -> None:
        """Begin a record; more of its lines may come. `is_low`: it has no level of its own that is to be kept."""
        level = self._level
        if level is not None and is_low and level.is_low:
            self._able, self._header = False, None
        elif level is not None:
            first = line_at(data, start) if start or self._line_head is None else self._line_head
            self._header = [] if level.has_longer_header(first) else None
            if self._header is None:
                self._able = level.take([first], may_be_longer=False) is True
            else:
                self._able = False  # until the rest of the header is known
        self._is_open, self._wanted, self._mask = True, False, 0
        self._shown, self._since = self._is_context, self._now
        self._more(data, start, end, mask)

    def _open_of_service(
        self, data: bytes, start: int, end: int, mask: int, service: bytes, resumes: bool, *, is_low: bool
    ) -> None:
        """Begin a record of a service, or resume its last one, which lines of other services have interrupted."""
        before = self._services.pop(service, None)
        if before is None or not resumes:
            if before is not None and before.postponed:
                _settle(before.postponed)
            self._open(data, start, end, mask, is_low=is_low)
        else:
            self._since, self._postponed = self._now, before.postponed
            self._possible, self._possible_size = before.possible, before.possible_size
            self._is_open, self._wanted = True, False
            self._shown = self._is_context and not self._possible  # else its earlier lines might come after these
            self._held, self._size, self._header, self._mask = before.held, before.size, before.header, before.mask
            self._able = before.able
            if self._level is not None:
                self._level.last, self._level.line = before.level, before.level_line
            self._more(data, start, end, mask)
            if before.shown and not self._postponed and not self._tests.excludes(self._mask):
                self._show()
        self._service = service

    def _take_level(self, lines: Sequence[bytes]) -> None:
        """Decide by the level of the open record's first lines, of an earlier chunk too, whether it may be kept."""
        able = self._level.take(lines, may_be_longer=True, is_old=True) if self._level is not None else True
        if able is not None:
            self._able = able

    def _more(self, data: bytes, start: int, end: int, mask: int) -> None:
        """Add lines to the open record."""
        if self._header is not None and len(self._header) < MAX_HEADER_LINES:
            self._header += data[start:end].rstrip(b"\n").split(b"\n")
            self._take_level(self._header)
        if not self._able and self._level is not None and self._level.has_crash:
            self._able = has_traceback(data[start:end])
        self._held.append(self._piece(data, start, end))
        self._size += end - start
        self._mask |= mask
        if self._tests.excludes(self._mask):
            if self._postponed:
                self._drop_postponed()
            if self._wanted:  # decided too early: what was given out is not taken back
                self._shown = self._is_context
            elif self._tests.hides(self._mask):
                self._shown = False
        elif self._keeps and self._able and not self._tests.may_exclude:
            self._show()
        if self._shown:
            self._give_held()
        elif self._size > MAX_HELD_BYTES:
            if self._tests.may_exclude and self._able and self._keeps:
                self._show()
            elif not self._show_as_context():
                del self._held[:-1]
                self._size = end - start

    def _show(self) -> None:
        """Select the open record: give it out with the context before it."""
        if self._postponed:
            _settle(self._postponed)
        if self._before or self._possible:
            self._select()
        self._wanted = self._shown = True
        self._give_held()

    def _select(self) -> None:
        """Note that the open record is selected, and give out the context before it, and its earlier lines."""
        self._wanted = True
        for record in (*self._before, *self._possible):
            self._give(record)
        self._before.clear()
        self._possible = []

    def _give(self, lines: Postponed[_Piece]) -> None:
        if lines.is_given:
            return
        lines.is_given = True
        if lines.is_open:
            self._places.append((len(self._out), lines))
        else:
            self._out += lines.pieces

    def _postpone(self) -> Postponed[_Piece]:
        """Take the held lines of the open record, which may be dropped if a service may resume it."""
        lines = Postponed(self._held, self._since, is_open=self._may_be_resumed)
        if lines.is_open:
            self._postponed.append(lines)
        self._held = []
        self._size = 0
        return lines

    @property
    def _may_be_resumed(self) -> bool:
        """Whether the open record ends undecided: an excluding pattern may match when its service resumes it."""
        return self._service is not None and not self._is_ended and self._tests.may_exclude and not self._unites

    def _drop_postponed(self) -> None:
        """Drop the postponed lines of the open record, because it is excluded."""
        for lines in self._postponed:
            lines.drop()
        self._postponed = []

    def _settle_services(self) -> None:
        """Give out all that is postponed."""
        _settle(self._postponed)
        for record in self._services.values():
            _settle(record.postponed)

    @property
    def _is_context(self) -> bool:
        """Whether the next record is context after a match, whatever its lines are."""
        return self._after > 0 and not self._tests.may_hide

    def _show_as_context(self) -> bool:
        """Give the open record out if it is context after a match and not hidden so far; return whether it is."""
        if self._after > 0 and not self._shown and not self._tests.hides(self._mask):
            self._shown = True
            self._give_held()
        return self._shown

    def _give_held(self) -> None:
        self._out += self._held
        self._held = []
        self._size = 0

    def _close(self) -> None:
        """End the open record."""
        if not self._is_open:
            return
        tests = self._tests
        if tests.may_exclude and self._keeps and self._able and not self._wanted:
            if self._may_be_resumed:
                self._select()
                self._give(self._postpone())
            else:
                self._show()
        if self._wanted:
            self._after = self._context
        elif self._after > 0 and (self._shown or not tests.hides(self._mask)):
            self._give(self._postpone())
            self._after -= 1
        elif self._context and not tests.hides(self._mask):
            size = self._size
            self._before.append(self._postpone())
            self._possible_size += size
            if self._possible_size <= MAX_INTERRUPTED_BYTES:
                self._possible.append(self._before[-1])
            else:
                self._possible = []
        if self._service is not None:
            self._interrupt(self._service)
        self._held = []
        self._size = 0
        self._is_open = self._shown = False
        self._postponed, self._possible, self._possible_size = [], [], 0  # the others are of the interrupted record

    def _interrupt(self, service: bytes) -> None:
        """Remember the open record as the last one of its service."""
        is_held = not self._context and self._size <= MAX_INTERRUPTED_BYTES
        held, size = (self._held, self._size) if is_held else ([], 0)
        if len(self._services) >= MAX_SERVICES:
            _settle(self._services.pop(next(iter(self._services))).postponed)
        self._services[service] = _Interrupted(
            held,
            size,
            self._header,
            self._mask,
            None if self._level is None else self._level.last,
            b"" if self._level is None else self._level.line,
            self._able,
            self._wanted,
            self._postponed,
            self._possible,
            self._possible_size,
        )
        self._service = None


def _settle(postponed: list[Postponed[_Piece]]) -> None:
    """Give out the postponed lines of a record: they are not dropped any more."""
    for lines in postponed:
        lines.is_open = False
    postponed.clear()
