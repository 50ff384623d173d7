"""Folds of the pager: tracebacks and repeats, of which one row stands for the segments that are hidden.

Invariants:
- A fold is decided from the records around it, in units of `UNIT_BYTES` with `MARGIN_BYTES` on each side; nothing scans
  the document for the screen. Records are those of the filter (`pager/filter.py`), among the segments that it shows.
- Of each run of hidden segments the first one stands for all: it keeps its offset and shows the count in place of its
  text. So a position is an anchor as everywhere, whatever is folded and unfolded, and a position within what is folded
  is that of its first segment.
- Which record is a repeat is decided by `text/parse/repeats.py`, as in inline mode, from it and the record before it. A
  run of repeats may be of any length; its end is found block by block, within the budget, and of each block only
  numbers are stored.
- Nothing is hidden from searches, counts, filters and what is saved.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.pager.match_index import MatchIndex, NotReady
from reflowlog.text.layout.fold_rows import fold_lines, repeats_label
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.multiline import continues
from reflowlog.text.parse.repeats import find_repeated_records
from reflowlog.text.parse.tracebacks import OPEN, WHOLE, has_frames, hidden_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reflowlog.pager.filter import FilteredDocument
    from reflowlog.pager.match_index import Budget
    from reflowlog.pager.timeline import Timeline
    from reflowlog.store.document import Document

__all__ = ["FoldIndex", "FoldedDocument", "Folds"]

MARGIN_BYTES = 16 * 1024  # read before and after a range, so that records at its borders are whole
UNIT_BYTES = 32 * 1024  # range that is evaluated for the screen, aligned; blocks would take too long for a key
MAX_NEAR_UNITS = 4  # units in which the end of a run is looked for before whole blocks are evaluated
MAX_CACHED_UNITS = 32
MAX_HEADER_BYTES = 200  # of a line in which a time is looked for


class Folds(NamedTuple):
    """Folded tracebacks and runs of repeats.

    Attributes:
        tracebacks: what of tracebacks is folded everywhere: a level of `text/parse/tracebacks.py`.
        repeats: whether repeats are folded everywhere.
        records: levels of single records, by the offset of each.
        runs: whether single runs of repeats are folded, by the offset of the first repeat of each.
    """

    tracebacks: int = OPEN
    repeats: bool = False
    records: Mapping[int, int] = MappingProxyType({})
    runs: Mapping[int, bool] = MappingProxyType({})

    @property
    def is_empty(self) -> bool:
        """Whether nothing is folded."""
        return not (self.tracebacks or self.repeats or any(self.records.values()) or any(self.runs.values()))

    def level(self, record: int) -> int:
        """Return the folded part of a record's traceback, by the record's offset."""
        return self.records.get(record, self.tracebacks)

    def with_record(self, record: int, level: int) -> Folds:
        """Return folds with another level of one record."""
        return self._replace(records=MappingProxyType({**self.records, record: level}))

    def with_run(self, run: int, is_folded: bool) -> Folds:
        """Return folds with one run of repeats folded or not."""
        return self._replace(runs=MappingProxyType({**self.runs, run: is_folded}))


class FoldRecord(NamedTuple):
    """A record of several segments, or of one.

    Attributes:
        offsets: of its segments, ascending.
        lines: their bytes.
        is_repeat: whether it is equal to the shown record before it.
    """

    offsets: Sequence[int]
    lines: Sequence[bytes]
    is_repeat: bool = False

    @property
    def start(self) -> int:
        """Offset of its first segment."""
        return self.offsets[0]


class FoldIndex:
    """Records of a document, and the runs of repeats among those that are shown.

    Args:
        document: the document.
        shown: the segments that are shown; whole records.
        budget: time limit of a call that has to read many blocks.
    """

    def __init__(self, document: Document, shown: FilteredDocument, budget: Budget) -> None:
        self._document = document
        self._shown = shown
        self._units: dict[int, tuple[int, list[FoldRecord]]] = {}  # by number, with the end of what they depend on
        self._repeats = array("L")  # number of repeats that start in each block
        self._searched: int | None = None  # run whose end is not found yet
        self._visible = MatchIndex(document, self._visible_in, budget, lookahead_bytes=MARGIN_BYTES)

    # -- records --------------------------------------------------------------------------------------------------

    def record(self, offset: int) -> FoldRecord:
        """Return the record that contains a shown segment. May raise `NotReady`, as all methods here."""
        records, number = self._place(offset)
        return records[number] if number >= 0 else FoldRecord([offset], [self._document.segment(offset)])

    def _place(self, offset: int) -> tuple[list[FoldRecord], int]:
        """Return the records of a unit, and the number of the one that contains a segment; -1: none does."""
        records = self._unit(offset // UNIT_BYTES)
        number = bisect_right(records, offset, key=lambda record: record.start) - 1
        return records, number if number >= 0 and offset in records[number].offsets else -1

    def _unit(self, number: int) -> list[FoldRecord]:
        """Return the shown records with a segment in a unit."""
        low, high = number * UNIT_BYTES, (number + 1) * UNIT_BYTES
        depends = min(self._document.text.end, high + MARGIN_BYTES + 4 * self._document.PAGE_BYTES)
        found = self._units.get(number)
        if found is None or found[0] != depends:
            found = depends, self._load(low, high)
            self._units[number] = found
            if len(self._units) > MAX_CACHED_UNITS:
                del self._units[next(iter(self._units))]
        return found[1]

    def _load(self, low: int, high: int) -> list[FoldRecord]:
        """Return the shown records with a segment in a range of offsets, each with whether it is a repeat."""
        records = self._read(low, high)
        if not self._shown.is_whole:
            records = [record for record in records if self._shown.has(record.start)]
        first = next((number for number, record in enumerate(records) if record.offsets[-1] >= low), len(records))
        if first == len(records):
            return []
        if not first or not _begins_with_time(records[first - 1]):  # the margin may have cut it into several
            before = self._shown.before(records[first].start)
            earlier = [] if before is None else self._read(before, before + 1)
            chosen = [record for record in earlier if before in record.offsets]
            records = chosen + records[first:]
            first = len(chosen)
        flags = find_repeated_records([each.lines for each in records])
        return [
            FoldRecord(record.offsets, record.lines, True) if flag else record  # in less time than `_replace`
            for record, flag in zip(records[first:], flags[first:])
        ]

    def _read(self, low: int, high: int) -> list[FoldRecord]:
        """Return the records with a segment in a range or in the margin before it, whatever is shown."""
        document, text = self._document, self._document.text
        if low >= text.end or high <= text.start:
            return []
        start = document.at(max(low - MARGIN_BYTES, text.start))
        stop = min(high + MARGIN_BYTES, text.end)
        data = document.read_available(start, stop)
        offsets = document.offsets_in(start, data)
        ends = [*offsets[1:], start + len(data)]
        lines = [data[at - start : end - start].rstrip(b"\n") for at, end in zip(offsets, ends)]
        is_simple = document.has_whole_lines(start, data)
        heads = [not each for each in continues(lines)[0]]
        if not is_simple:
            heads = [head and document.is_line_start(offset) for head, offset in zip(heads, offsets)]
        bounds = [number for number, head in enumerate(heads) if head or not number] + [len(offsets)]
        records = [FoldRecord(offsets[at:end], lines[at:end]) for at, end in pairwise(bounds) if offsets[at] < high]
        if start > text.start and records and records[0].offsets[-1] < low:
            del records[0]  # the margin may have cut it
        return records

    # -- runs of repeats ------------------------------------------------------------------------------------------

    def _visible_in(self, index: int) -> list[int]:
        """Return the segments of a block that are visible if all repeats are folded; stores the number of repeats."""
        low = index * self._document.BLOCK_BYTES
        limit = low + self._document.BLOCK_BYTES
        if index >= len(self._repeats):
            self._repeats.extend([0] * (index + 1 - len(self._repeats)))
        found: list[int] = []
        count = 0
        records = self._load(low, limit)
        for number, record in enumerate(records):
            if not record.is_repeat:
                found += [offset for offset in record.offsets if low <= offset < limit]
            elif record.start >= low:
                count += 1
                earlier = records[number - 1] if number else self._before(record)
                if earlier is None or not earlier.is_repeat:
                    found.append(record.start)
        self._repeats[index] = count
        return found

    def _before(self, record: FoldRecord) -> FoldRecord | None:
        before = self._shown.before(record.start)
        return None if before is None else self.record(before)

    def run_of(self, offset: int) -> int:
        """Return the run of the repeat that contains a segment: the offset of its first repeat."""
        records, number = self._place(offset)
        start, near = offset, None
        if number >= 0:
            start = records[number].start
            while number >= 0 and records[number].is_repeat:  # most runs begin near by
                number -= 1
            near = records[number + 1].start if number >= 0 else self._near_start(records[0].start)
        if near is None:
            near = self._visible.before(start + 1)
        return start if near is None else near

    def _near_start(self, first: int) -> int | None:
        """Return the first repeat of a run that begins before the unit of one of its repeats; None if not near by."""
        unit = first // UNIT_BYTES
        for earlier in range(unit, max(unit - MAX_NEAR_UNITS, 0) - 1, -1):
            for record in reversed(self._unit(earlier)):
                if record.start < first:
                    if not record.is_repeat:
                        return first
                    first = record.start
        return None

    def end_of(self, run: int) -> int | None:
        """Return the first shown segment after a run of repeats; None if it goes on to the end."""
        near = self._near_end(run)
        if near is not None:
            return near[0]
        self._searched = run
        found = self._visible.after(run)
        self._searched = None
        return found

    def step(self) -> None:
        """Continue the search for the end of a run that was not found in time, until the budget is over."""
        if self._searched is not None:
            try:
                self.end_of(self._searched)
            except NotReady:
                return

    def _near_end(self, run: int) -> tuple[int, int, int] | None:
        """Return the end of a run, the number of its repeats and the last of them, if it ends near by."""
        count, last = 0, run
        for unit in range(run // UNIT_BYTES, run // UNIT_BYTES + MAX_NEAR_UNITS):
            for record in self._unit(unit):
                if record.start < run or (record.is_repeat and record.start <= last and count):
                    continue
                if not record.is_repeat:
                    if record.start > run:
                        return record.start, count, last
                    continue
                count, last = count + 1, record.start
        return None

    def count(self, run: int) -> tuple[int, int, bool]:
        """Return the number of equal records in a run, the offset of the last one, and whether all are counted.

        The record before the first repeat counts too.
        """
        near = self._near_end(run)
        if near is not None:
            return near[1] + 1, near[2], True
        block_bytes = self._document.BLOCK_BYTES
        first = index = run // block_bytes
        total, last = 1, run
        try:
            while index <= (self._document.text.end - 1) // block_bytes:
                visible = [] if self._visible.is_empty_block(index) else self._visible.offsets_in_time(index)
                if index > first and self._visible.is_empty_block(index):
                    total += self._repeats[index]
                    last = -index if self._repeats[index] else last
                else:
                    at = bisect_right(visible, run)
                    stop = visible[at] if at < len(visible) else None
                    starts = self._repeats_between(max(run, index * block_bytes), stop, index)
                    total += len(starts)
                    last = starts[-1] if starts else last
                    if stop is not None:
                        return total, self._last_in(last), True
                index += 1
        except NotReady:
            return total, self._last_in(last), False
        return total, self._last_in(last), True

    def _repeats_between(self, start: int, stop: int | None, index: int) -> list[int]:
        """Return the repeats that start in a block, from an offset on, before another."""
        high = min((index + 1) * self._document.BLOCK_BYTES, self._document.text.end, stop or self._document.text.end)
        found: list[int] = []
        for unit in range(start // UNIT_BYTES, (high - 1) // UNIT_BYTES + 1):
            low = max(start, unit * UNIT_BYTES)
            found += [each.start for each in self._unit(unit) if each.is_repeat and low <= each.start < high]
        return list(dict.fromkeys(found))

    def _last_in(self, last: int) -> int:
        """Return an offset; of a negative number, the last repeat in the block of that number."""
        if last >= 0:
            return last
        low = -last * self._document.BLOCK_BYTES
        return self._repeats_between(low, None, -last)[-1]


def _begins_with_time(record: FoldRecord) -> bool:
    """Return whether a record has a header with a time, which never continues the record before it."""
    start, end = parts(record.lines[0][:MAX_HEADER_BYTES].decode("utf-8", "replace")).time
    return start < end


class FoldedDocument:
    """Steps over a document along the segments that are visible: those that are shown, without the folded ones.

    Args:
        shown: the segments that are shown.
        index: records and repeats among them.
        folds: what is folded.
        timeline: times of segments, for the labels of repeats.
        utc: whether these are in UTC.
    """

    def __init__(
        self, shown: FilteredDocument, index: FoldIndex, folds: Folds, timeline: Timeline, *, utc: bool = False
    ) -> None:
        self._shown = shown
        self._index = index
        self._folds = folds
        self._timeline = timeline
        self._utc = utc
        self._folds_repeats = folds.repeats or any(folds.runs.values())
        self._folds_tracebacks = bool(folds.tracebacks) or any(folds.records.values())

    # -- steps ------------------------------------------------------------------------------------------------------

    def after(self, offset: int) -> int | None:
        """Return the next visible segment after an offset, or None. Raises `NotReady`."""
        found = self._shown.after(offset)
        if found is not None and self._is_folded_repeat(found):
            run = self._index.run_of(found)
            found = run if run > offset else self._index.end_of(run)
            if found is not None and found <= offset:  # a record longer than the margin: each step goes on
                found = self._shown.after(offset)
        if found is None:
            return None
        start = self._traceback_start(found)
        if start > offset:
            return start
        hidden = self._hidden(found)
        return found if hidden is None else hidden[1]

    def before(self, offset: int) -> int | None:
        """Return the last visible segment before an offset, or None. Raises `NotReady`."""
        found = self._shown.before(offset)
        return None if found is None else self._visible_offset(found)

    def at(self, offset: int) -> int | None:
        """Return the visible segment at an offset, else the one that stands for it. Raises `NotReady`."""
        found = self._shown.at(offset)
        return None if found is None else self._visible_offset(found)

    def last(self) -> int | None:
        """Return the last visible segment, or None. Raises `NotReady`."""
        found = self._shown.last()
        return None if found is None else self._visible_offset(found)

    def _visible_offset(self, offset: int) -> int:
        """Return the visible segment that stands for a shown one: itself, unless it is folded."""
        return self._index.run_of(offset) if self._is_folded_repeat(offset) else self._traceback_start(offset)

    def _is_folded_repeat(self, offset: int) -> bool:
        if not self._folds_repeats or not self._index.record(offset).is_repeat:
            return False
        return not self._folds.runs or self._folds.runs.get(self._index.run_of(offset), self._folds.repeats)

    def _hidden(self, offset: int) -> tuple[int, int, str] | None:
        """Return the run of folded lines of a traceback that a segment is in.

        Returns:
            The offset of its first segment, of the segment after it, and the row in their place.
        """
        if not self._folds_tracebacks:
            return None
        record = self._index.record(offset)
        if len(record.offsets) < 2:
            return None
        number = bisect_left(record.offsets, offset)
        for start, stop, label in fold_lines(record.lines, self._folds.level(record.start)):
            if start <= number < stop:
                return record.offsets[start], record.offsets[stop], label
        return None

    def _traceback_start(self, offset: int) -> int:
        hidden = self._hidden(offset)
        return offset if hidden is None else hidden[0]

    # -- rows -------------------------------------------------------------------------------------------------------

    def label(self, offset: int) -> str | None:
        """Return the text in place of a visible segment that stands for folded ones; None: its own text is shown."""
        try:
            if self._is_folded_repeat(offset):
                return self._repeats_label(offset)
            hidden = self._hidden(offset)
        except NotReady:
            return None
        return None if hidden is None or hidden[0] != offset else hidden[2]

    def _repeats_label(self, run: int) -> str:
        count, last, is_complete = self._index.count(run)
        before = self._shown.before(run)
        first = None if before is None else self._timeline.record_time(before)
        return repeats_label(count, first, self._timeline.record_time(last), is_complete=is_complete, utc=self._utc)

    # -- what is here ---------------------------------------------------------------------------------------------

    def toggled(self, offset: int) -> Folds | None:
        """Return the folds with the fold at a segment toggled; None if there is nothing to fold.

        A traceback is folded whole; unfolding it leaves the frames of libraries folded first, where there are others.
        """
        return toggled(self._shown, self._index, self._folds, offset)

    def opened(self, offset: int) -> Folds:
        """Return the folds with everything unfolded that hides a segment."""
        folds = self._folds
        if self._is_folded_repeat(offset):
            folds = folds.with_run(self._index.run_of(offset), False)
        if self._hidden(offset) is not None:
            folds = folds.with_record(self._index.record(offset).start, OPEN)
        return folds


def toggled(shown: FilteredDocument, index: FoldIndex, folds: Folds, offset: int) -> Folds | None:
    """Return the folds with the fold at a segment toggled, see `FoldedDocument.toggled`."""
    record = index.record(offset)
    run = index.run_of(offset) if record.is_repeat else None
    if run is not None and folds.runs.get(run, folds.repeats):
        return folds.with_run(run, False)
    if has_frames(record.lines) and hidden_lines(record.lines, WHOLE):
        level = folds.level(record.start)
        libraries = hidden_lines(record.lines, WHOLE - 1)
        if level == WHOLE and libraries and libraries != hidden_lines(record.lines, WHOLE):
            return folds.with_record(record.start, WHOLE - 1)
        return folds.with_record(record.start, WHOLE if level == OPEN else OPEN)
    if run is None:
        following = shown.after(record.offsets[-1])
        if following is None or not index.record(following).is_repeat:
            return None
        run = following
    return folds.with_run(run, not folds.runs.get(run, folds.repeats))
