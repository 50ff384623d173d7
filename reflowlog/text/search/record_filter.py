"""Record filter of `--grep`, `--invert`, `--context` and `--level` off a terminal: keeps lines byte for byte.

Invariants:
- The filter keeps or drops whole records: a traceback or indented lines belong to the record before them. A record
  matches if any of its lines does. Records without a level have the level of the one before them.
- A decision is output at once: a matching line, with the held lines of its record and the context before it, then the
  further lines of that record as they arrive. Only undecided lines are held: the last record while not all including
  patterns have matched, or while an excluding pattern may still match. `pause` decides that.
- Whether a line continues a record may depend on the line after it (`text/parse/multiline.py`). In large chunks the
  last lines wait for the next ones, or for `pause`; lines that arrive one by one are decided by themselves.
- A line that resumes a record of its service, after lines of other services, belongs to that record (`_Interrupted`):
  the record's level and matches count for it, and lines of it that were held back come out with it if it is kept.
- Most logs have single-line records only (`may_continue`); then a block costs one search, and a match one slice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.clean.sanitize import ESC
from reflowlog.text.parse.multiline import (
    BEFORE,
    MAX_SERVICES,
    NOTHING,
    continues,
    grouped,
    has_prefix,
    is_plain_start,
    may_continue,
)
from reflowlog.text.search.record_tests import RecordTest, RecordTests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.parse.multiline import GroupState
    from reflowlog.text.search.pattern import Matcher

__all__ = ["RecordFilter"]

NEAR_BYTES = 4096  # between two matches on average, up to which the records of all lines of a chunk are found at once
MARGIN = 32 * 1024  # bytes parsed before a match, so that the start of its record is usually found
MAX_HELD_BYTES = 4 << 20  # bytes of an undecided record that are held; of a longer one the start is dropped
BULK_BYTES = 16 * 1024  # a chunk of this size is bulk input, not a line that is waited for
MAX_INTERRUPTED_BYTES = 64 << 10  # bytes of the record of a service that are held while other services write
MAX_HEADER_LINES = 256  # first lines of a record in which its level may stand
LAST_LINES = 32  # lines at the end of a chunk whose services are remembered, as further lines may resume their records
MIN_SCANNED_BYTES = 1024  # of lines that are searched for names of levels before their levels are read
MAX_HELD_LINES = 8  # undecided lines at the end of a chunk of bulk input

_settled = lazy_pattern(
    rb"[^A-Za-z_$\s" + ESC + rb"]|[ \t]+\S"
)  # the start of a line whose role does not depend on the lines after it


_Found = tuple[int, int]
"""Start of a line, and its mask, see `RecordTests`."""


class _Interrupted(NamedTuple):
    """The last record of a service.

    Attributes:
        held: its lines that were not output; empty where they are too many.
        mask: the patterns that matched its lines.
        level: its level, or that of the record before it.
        shown: its lines were output.
    """

    held: bytes
    mask: int
    level: int | None
    shown: bool


def _matching(pattern: Matcher, data: bytes) -> list[int]:
    return pattern.matching(data)


class RecordFilter:
    r"""Streaming filter of a log's records.

    Args:
        pattern: keep records with a matching line; None: any record.
        invert: keep the records that do not match.
        tests: filters that a record must pass, instead of `pattern` and `invert`.
        context: number of records to keep before and after each selected one.
        level: the lowest level to keep, a number of `logging`; None: any, also records without a level.
        names: meanings of field names; None: the usual ones.

    Examples:
        >>> from reflowlog.text.search.pattern import compile_pattern
        >>> RecordFilter(compile_pattern("boom")).feed(b"one\nboom\n  at line 7\ntwo\n")
        b'boom\n  at line 7\n'
    """

    def __init__(
        self,
        pattern: Matcher | None = None,
        invert: bool = False,
        context: int = 0,
        level: int | None = None,
        names: FieldNames | None = None,
        *,
        tests: Sequence[RecordTest] = (),
    ) -> None:
        self._tests = RecordTests(tests if pattern is None else [RecordTest(pattern, invert)])
        self._context = context
        self._level = level
        self._level_of: Callable[[Sequence[bytes]], int | None]
        self._may_have: Callable[[bytes, int], bool]
        self._lines_that_may_have: Callable[[bytes, int], list[int] | None]
        self._usual_levels: Callable[[bytes], list[tuple[int, int, int]]]
        if level is not None:
            from reflowlog.text.parse.field_names import USUAL
            from reflowlog.text.parse.line_levels import (
                has_longer_header,
                level_of_record,
                lines_that_may_have,
                may_have,
            )
            from reflowlog.text.parse.usual_levels import usual_levels

            known = names or USUAL
            self._level_of = lambda lines: level_of_record(lines, known)
            self._has_longer_header = has_longer_header
            self._may_have = lambda data, least: may_have(data, least, known)
            self._lines_that_may_have = lambda data, least: lines_that_may_have(data, least, known)
            self._usual_levels = lambda data: usual_levels(data, known)
        self._simple = not context and level is None
        self._out: list[bytes] = []  # output of the current call
        self._before: deque[bytes] = deque(maxlen=context)  # the newest dropped records, as possible context
        self._begin()

    def _begin(self) -> None:
        """Reset the state to that before the first record."""
        self._waiting = b""  # lines whose role is undecided
        self._passed = b""  # lines without a match, before them, that are only looked at if the next ones need it
        self._inside = NOTHING  # the state of `continues` after the lines so far, but for the next one
        self._last_line: bytes | None = None  # a record of one line, the last line so far, if its state is not known
        self._last_level: int | None = None
        self._before.clear()
        self._after = 0  # records still to output as context
        self._header: list[bytes] = []  # first lines of the open record while its level may stand in the next one
        self._is_open = False  # the last record is open, and more of its lines may come. Of that record:
        self._held: list[bytes] = []  # its lines that were not output
        self._size = 0  # bytes in `_held`
        self._mask = 0  # the patterns that matched its lines, see `RecordTests`
        self._able = True  # its level is at least the lowest one to keep
        self._wanted = False  # it is selected, not only context
        self._shown = False  # its lines are output as they arrive
        self._service = b""  # prefix of a transport before its lines
        self._services: dict[bytes, _Interrupted] = {}  # the last records of the services that others interrupted
        self._owners: list[tuple[bytes, bool]] = []  # of the records of the present lines: service, and whether resumed

    @property
    def pending(self) -> bytes:
        """The first held lines that may still be output; empty if there are none."""
        self._look_at_passed()
        return next(chain(self._before, self._held), self._waiting)

    @property
    def has_found_level(self) -> bool:
        """Whether any line had a level so far; lines that cannot have the minimum level may be passed over."""
        return self._last_level is not None

    def feed(self, data: bytes) -> bytes:
        """Filter more lines.

        Args:
            data: whole lines; only the last line of the input may lack its newline.

        Returns:
            The lines that are known to be kept.
        """
        if not self._tests and self._level is None:
            return data
        if self._waiting:
            data, self._waiting = self._waiting + data, b""
        if len(data) >= BULK_BYTES:
            end = _settled_end(data)
            data, self._waiting = data[:end], data[end:]
        self._take(data)
        return self._given()

    def pause(self) -> bytes:
        """Decide the undecided lines as they are, because no input has come for a while; return those to keep."""
        self._take_waiting()
        if self._is_open and not self._wanted and self._able and self._tests.may_exclude and self._keeps:
            self._show()
        return self._given()

    @property
    def _keeps(self) -> bool:
        return self._tests.keeps(self._mask)

    def rest(self) -> bytes:
        """Decide the undecided lines at the end of the input, reset, and return those to keep."""
        self._take_waiting()
        self._close()
        self._begin()
        return self._given()

    def _take_waiting(self) -> None:
        data, self._waiting = self._waiting, b""
        self._take(data)

    def _take(self, data: bytes) -> None:
        if not data:
            return
        found = self._tests.found(data, _matching)
        if self._context or len(data) < 2 * MARGIN:
            self._look_at_passed()
            self._look_at(data, found)
        else:
            self._look_where_needed(data, found)

    def _look_where_needed(self, data: bytes, found: Sequence[_Found]) -> None:
        """Filter large data; parts far from any match are kept or dropped whole, without finding their records."""
        if self._simple and len(found) * NEAR_BYTES > len(data):
            self._look_at_passed()
            if self._has_single_lines(data):
                self._single_lines(data, found)
                return
        keep = self._tests.only_excludes and self._level is None
        start = first = 0
        passed: tuple[bytes, list[_Found]] | None = (self._passed, []) if self._passed else None
        self._passed = b""
        while start < len(data):
            end = _cut(data, start)
            last = bisect_left(found, (end,))
            part = data[start:end], [(each - start, mask) for each, mask in found[first:last]]
            if self._shown or self._matters(*part):
                if passed is not None:
                    self._look_at(*passed)
                    passed = None
                self._look_at(*part)
            else:
                self._forget()
                if passed is not None and keep:
                    self._out.append(passed[0])
                passed = part
            start, first = end, last
        if passed is not None and self._simple and not self._tests.only_excludes:
            self._passed = passed[0]
        elif passed is not None:
            self._look_at(*passed)

    def _look_at_passed(self) -> None:
        """Find the last record of the lines without a match that were passed over."""
        if self._passed:
            data, self._passed = self._passed, b""
            self._look_at(data, [])

    def _matters(self, data: bytes, found: Sequence[_Found]) -> bool:
        """Return whether these lines may hold part of a record that is not treated like most records."""
        if found or (self._is_open and self._mask):
            if self._tests.only_excludes and self._level is None:
                return True
        elif self._tests and not (self._tests.only_excludes and self._level is not None):
            return any(each.mask for each in self._services.values())  # a record that matches may be resumed
        if self._level is None or (self._last_level is not None and self._last_level >= self._level):
            return True
        if self._services:  # a record above the level may be resumed
            return True
        return self._may_have(data, self._level)

    def _forget(self) -> None:
        """End the open record; the next lines do not follow it directly."""
        self._close()
        self._inside, self._last_line = NOTHING, None

    def _look_at(self, data: bytes, found: Sequence[_Found]) -> None:
        """Filter lines, given the starts of those that a pattern matches, with their masks."""
        if self._context or not self._has_single_lines(data):
            self._records(data, found, self._heads(data))
        elif self._level is None:
            self._single_lines(data, found)
        else:
            self._single_lines_of_level(data, found, self._level)

    def _has_single_lines(self, data: bytes) -> bool:
        """Return whether no line of a chunk continues the one before it."""
        if self._last_line is None and self._inside == NOTHING:
            return not may_continue(data)
        if self._last_line is not None and is_plain_start(_first_line(data)):
            return not may_continue(data)
        inside = self._state()
        return _is_idle(inside) and not may_continue(data) and not continues([_first_line(data)], inside)[0][0]

    def _state(self) -> GroupState:
        """Return the state of `continues` after the lines so far."""
        if self._last_line is not None:
            self._inside, self._last_line = _state_behind(self._last_line), None
        return self._inside

    def _given(self) -> bytes:
        out = b"".join(self._out)
        self._out.clear()
        return out

    # -- many records at once ------------------------------------------------------------------------------------------

    def _single_lines(self, data: bytes, found: Sequence[_Found]) -> None:
        """Filter lines each of which is a record; no context, no level."""
        self._close()
        last = data.rfind(b"\n", 0, len(data) - 1) + 1  # the last record may continue in the next data
        own = found[-1][1] if found and found[-1][0] == last else 0
        index, starts = data.index, self._tests.outliers(found)
        if starts and starts[-1] == last:
            starts.pop()
        if self._tests.only_excludes:
            position = 0  # the lines before it are decided
            for start in starts:
                self._keep(data, position, start, start)
                position = index(b"\n", start) + 1
            self._keep(data, position, last, last)
        else:
            self._out += [data[start : index(b"\n", start) + 1] for start in starts]
        self._open(data[last:], own)
        self._last_line = data[last:]

    def _single_lines_of_level(self, data: bytes, found: Sequence[_Found], level: int) -> None:
        """Filter lines each of which is a record, of a minimum level; no context."""
        self._close()
        last = _last_lines(data)
        kept, last = self._lines_of_level(data[:last], level)
        if self._tests:
            masks, keeps = dict(found), self._tests.keeps
            kept = [bounds for bounds in kept if keeps(masks.get(bounds[0], 0))]
        self._out += [data[start:end] for start, end in kept]
        if last:
            self._last_line = data[data.rfind(b"\n", 0, last - 1) + 1 : last]
        rest = data[last:]
        self._records(rest, [(start - last, mask) for start, mask in found if start >= last], self._heads(rest))

    def _lines_of_level(self, data: bytes, level: int) -> tuple[list[tuple[int, int]], int]:
        """Return start and end of the lines of a minimum level, and where the lines end that are records by themselves.

        Lines without a level have that of the line before, as in `_by_level`.
        """
        kept: list[tuple[int, int]] = []
        at = 0
        for start, end, own in self._usual_levels(data):
            if at < start:
                at = self._add_lines_of_level(kept, data, at, start, level)
                if at < start:
                    return kept, at
            if own >= level:
                kept.append((start, end))
            self._last_level = own
            at = end
        return kept, self._add_lines_of_level(kept, data, at, len(data), level)

    def _add_lines_of_level(self, kept: list[tuple[int, int]], data: bytes, at: int, stop: int, level: int) -> int:
        """Add start and end of the lines of a minimum level, and return where the lines end; see `_lines_of_level`."""
        starts = self._lines_that_may_have(data[at:stop], level) if stop - at > MIN_SCANNED_BYTES else None
        first, number = at, 0
        last, level_of = self._last_level, self._level_of
        is_high = last is not None and last >= level
        while at < stop:
            if starts is not None and not is_high:
                number = bisect_left(starts, at - first, number)
                if number == len(starts):
                    break
                at = first + starts[number]
            end = data.find(b"\n", at) + 1 or stop
            line = data[at : end - 1]
            own = level_of((line,))
            if own is not None:
                last, is_high = own, own >= level
            elif self._has_longer_header(line):
                stop = at
                break
            if is_high:
                kept.append((at, end))
            at = end
        self._last_level = last
        return stop

    def _keep(self, data: bytes, position: int, start: int, end: int) -> None:
        """Output the record at (start, end), or if it is excluded the lines between `position` and it."""
        if not self._tests.only_excludes:
            self._out.append(data[start:end])
        elif position < start:
            self._out.append(data[position:start])

    def _records(self, data: bytes, found: Sequence[_Found], heads: list[int]) -> None:
        """Filter lines, given the starts of records; lines before the first of them belong to the open record."""
        masks: dict[int, int] = {}
        for start, mask in found:
            number = bisect_right(heads, start)
            masks[number] = masks.get(number, 0) | mask
        first = heads[0] if heads else len(data)
        if first:
            self._more(data[:first], masks.get(0, 0))
        if not heads:
            return
        if self._owners:
            bounds = zip(heads, [*heads[1:], len(data)])
            for number, ((start, end), owner) in enumerate(zip(bounds, self._owners), 1):
                self._close()
                self._open_of_service(data[start:end], masks.get(number, 0), *owner)
            return
        if self._simple:
            self._close()
            last, position = heads[-1], first
            for number in self._tests.outliers(sorted(masks.items())):
                if 0 < number < len(heads):
                    self._keep(data, position, heads[number - 1], heads[number])
                    position = heads[number]
            self._keep(data, position, last, last)
            self._open(data[last:], masks.get(len(heads), 0))
            return
        self._by_level(data, heads, masks)

    def _by_level(self, data: bytes, heads: list[int], masks: dict[int, int]) -> None:
        """Filter records one by one, but for those that cannot have the level and follow one that has not."""
        level = self._level
        able = None if self._context or level is None else self._lines_that_may_have(data, level)
        bounds = [*heads, len(data)]
        number = 0
        while number < len(heads):
            if able is not None and (self._last_level is None or (level is not None and self._last_level < level)):
                following = bisect_left(able, heads[number])
                at = able[following] if following < len(able) else heads[-1]
                number = max(number, bisect_right(heads, at) - 1)
            self._close()
            self._open(data[heads[number] : bounds[number + 1]], masks.get(number + 1, 0))
            number += 1

    def _heads(self, data: bytes) -> list[int]:
        """Return the offsets of the lines that begin a record."""
        lines = data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        further, self._inside = grouped(lines, self._state())
        offsets = accumulate([len(line) + 1 for line in lines], initial=0)
        found = [(offset, line.service, line.resumes) for offset, line in zip(offsets, further) if not line.goes_on]
        if not self._is_open and (not found or found[0][0]):
            found.insert(0, (0, further[0].service if further else b"", False))
        has_services = bool(self._services or self._inside.service or self._inside.services)
        self._owners = [(service, resumes) for _, service, resumes in found] if has_services else []
        return [offset for offset, _, _ in found]

    # -- the last record -----------------------------------------------------------------------------------------------

    def _open(self, data: bytes, mask: int) -> None:
        """Begin a record; more of its lines may come."""
        if self._level is not None:
            first = _first_line(data)
            self._header = [first] if self._has_longer_header(first) else []
            if self._header:
                self._able = False  # until the rest of the header is known
            else:
                self._take_level([first])
        self._is_open, self._wanted, self._mask = True, False, 0
        self._shown = self._after > 0
        self._more(data, mask)

    def _open_of_service(self, data: bytes, mask: int, service: bytes, resumes: bool) -> None:
        """Begin a record of a service, or resume its last one, which lines of other services have interrupted."""
        before = self._services.pop(service, None)
        if before is None or not resumes:
            self._open(data, mask)
        else:
            self._open(before.held + data, mask | before.mask)
            if not before.held and self._level is not None:
                self._last_level = before.level
                self._able = before.level is not None and before.level >= self._level
            is_kept = before.shown or (self._keeps and self._able and not self._tests.may_exclude)
            if is_kept and not self._tests.excludes(self._mask):
                self._show()
        self._service = service

    def _take_level(self, lines: Sequence[bytes]) -> None:
        """Decide by the level of the open record's first lines whether it may come out."""
        own = self._level_of(lines)
        if own is None and self._header:
            return
        self._last_level = self._last_level if own is None else own
        self._able = self._last_level is not None and self._level is not None and self._last_level >= self._level

    def _more(self, data: bytes, mask: int) -> None:
        """Add lines to the open record."""
        if self._header and len(self._header) < MAX_HEADER_LINES:
            lines = data.rstrip(b"\n").split(b"\n")
            self._header += lines if self._held or self._shown else lines[1:]
            self._take_level(self._header)
        self._held.append(data)
        self._size += len(data)
        self._mask |= mask
        if self._tests.excludes(self._mask):
            if self._wanted:  # `pause` decided too early: output is not taken back
                self._shown = self._after > 0
        elif self._keeps and self._able and not self._tests.may_exclude:
            self._show()
        if self._shown:
            self._give_held()
        elif self._size > MAX_HELD_BYTES:
            if self._tests.may_exclude and self._able and self._keeps:
                self._show()
            else:
                self._held = [data]
                self._size = len(data)

    def _show(self) -> None:
        """Select the open record: output it with the context before it."""
        self._wanted = self._shown = True
        self._out += self._before
        self._before.clear()
        self._give_held()

    def _give_held(self) -> None:
        self._out += self._held
        self._held.clear()
        self._size = 0

    def _close(self) -> None:
        """End the open record."""
        if not self._is_open:
            return
        if self._tests.may_exclude and self._keeps and self._able and not self._wanted:
            self._show()
        if self._wanted:
            self._after = self._context
        elif self._shown:
            self._after -= 1
        elif self._context:
            self._before.append(b"".join(self._held))
        if self._service:
            held = b"" if self._context or self._size > MAX_INTERRUPTED_BYTES else b"".join(self._held)
            if len(self._services) >= MAX_SERVICES:
                self._services.clear()
            self._services[self._service] = _Interrupted(held, self._mask, self._last_level, self._wanted)
            self._service = b""
        self._held.clear()
        self._size = 0
        self._is_open = self._shown = False


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


def _state_behind(line: bytes) -> GroupState:
    """Return the state behind a record of one line.

    Without a header of its own the line would continue another: so it tells whether the lines have headers.
    """
    return continues([line.rstrip(b"\n")], BEFORE)[1] if line.strip() else NOTHING


def _is_idle(state: GroupState) -> bool:
    """Return whether only lines that `may_continue` notices can continue a record before them."""
    return state.is_idle and not any(each.is_headed or not each.is_idle for each in state.services.values())


def _last_lines(data: bytes) -> int:
    """Return the start of the lines that may be continued after the data: the last one, or some behind a prefix."""
    start = data.rfind(b"\n", 0, len(data) - 1) + 1
    if not has_prefix(data[start:]) and not has_prefix(data):
        return start
    for _ in range(LAST_LINES):
        start = data.rfind(b"\n", 0, max(start - 1, 0)) + 1
    return start


def _first_line(data: bytes) -> bytes:
    """Return the first line without its newline."""
    end = data.find(b"\n")
    return data if end < 0 else data[:end]
