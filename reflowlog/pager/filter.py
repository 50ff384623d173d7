"""Record filter of the pager: the segments of a document that are shown, block by block, and the steps between them.

Invariants:
- Whole records are kept or dropped: a traceback or indented lines belong to the record before them, and what a service
  writes on behind lines of other services to its last record. A record matches a pattern if any of its lines does.
  Records without a level have the level of the one before them.
- What the text that is typed after ``&`` asks for is up to `text/search/query.py`.
- A block is evaluated with `MARGIN_BYTES` bytes on each side: a record, or the context of a match, that extends further
  than that is cut there.
- Most blocks of most logs hold single-line records only (`may_continue`); then a filter is the lines that match.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

from reflowlog.pager.match_index import MatchIndex
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_levels import level_of_record, may_have
from reflowlog.text.parse.multiline import grouped, may_continue, whole_lines
from reflowlog.text.parse.usual_levels import usual_levels
from reflowlog.text.search.record_tests import RecordTest, RecordTests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.pager.match_index import Budget
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.parse.multiline import LineGroup
    from reflowlog.text.search.pattern import Matcher

__all__ = [
    "MARGIN_BYTES",
    "FilterCriteria",
    "FilteredDocument",
    "Match",
    "RecordTest",
    "ShownSegments",
    "make_filter_index",
]

MARGIN_BYTES = 32 * 1024  # read before and after a block, so that records at its borders are whole

Match = Callable[["Matcher", bytes], "list[int]"]
"""Returns the starts of the lines in some data that match; with a timeout for patterns that backtrack without end."""


class FilterCriteria(NamedTuple):
    """Selection of the records that are shown.

    Attributes:
        tests: filters that a record must pass, oldest first.
        context: number of records to show before and after each that is selected.
        level: the lowest level, a number of `logging`; None: any, also records without a level.
    """

    tests: tuple[RecordTest, ...] = ()
    context: int = 0
    level: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything is shown."""
        return not self.tests and self.level is None


def make_filter_index(
    document: Document, criteria: FilterCriteria, match: Match, budget: Budget, names: FieldNames = USUAL
) -> MatchIndex | None:
    """Return the index of the segments that are shown; None if all are. `names` are the meanings of field names."""
    if criteria.is_empty:
        return None
    return MatchIndex(
        document, _BlockFilter(document, criteria, match, names).block, budget, lookahead_bytes=MARGIN_BYTES
    )


class _BlockFilter:
    """Evaluates the criteria for one block at a time."""

    def __init__(self, document: Document, criteria: FilterCriteria, match: Match, names: FieldNames) -> None:
        self._document = document
        self._names = names
        self._criteria = criteria
        self._tests = RecordTests(criteria.tests)
        self._match = match

    def block(self, index: int) -> list[int]:
        """Return the offsets of the shown segments in a block, ascending."""
        document, criteria, tests = self._document, self._criteria, self._tests
        first, data = document.block(index)
        if not data:
            return []
        stop = first + len(data)
        text = document.text
        before = document.read_available(max(first - MARGIN_BYTES, text.start), first)
        after = document.read_available(stop, min(stop + MARGIN_BYTES, text.end))
        around = before + data + after
        start = first - len(before)
        if criteria.level is not None and not may_have(around, criteria.level, self._names):
            return []
        masks = None
        if tests and not tests.only_excludes and document.has_whole_lines(start, around):
            masks = tests.masks(around, self._match)
            if not masks:
                return []
        is_simple = criteria.context == 0 and self._has_only_lines(first, data)
        whole = whole_lines(around, has_begun=start > text.start, is_cut=stop + len(after) < text.end)
        if is_simple and not may_continue(whole):
            high = None if criteria.level is None else self._lines_of_level(first, data, criteria.level)
            if criteria.level is None or high is not None:
                if masks is None:
                    masks, start = tests.masks(data, self._match), first
                kept = self._filter_lines(masks, start, first, data) if tests else high or []
                return kept if high is None else sorted(set(kept).intersection(high))
        return self._filter_records(start, around, first, stop)

    def _lines_of_level(self, first: int, data: bytes, level: int) -> list[int] | None:
        """Return the lines of a block that have a minimum level; None unless each line has one that is read at once."""
        levels = usual_levels(data, self._names)
        if sum(end - start for start, end, _ in levels) < len(data):
            return None
        return [first + start for start, _, own in levels if own >= level]

    def _has_only_lines(self, first: int, data: bytes) -> bool:
        """Return whether a block holds no part of a giant line."""
        document, stop = self._document, first + len(data)
        whole = document.is_line_start(first) and document.has_whole_lines(first, data)
        return whole and (stop >= document.text.end or document.is_line_start(stop))

    def _filter_lines(self, masks: dict[int, int], start: int, first: int, data: bytes) -> list[int]:
        """Filter a block in which each line is a record; `start` is the offset of the data that the masks are of."""
        tests = self._tests
        if tests.only_excludes:
            return sorted(set(self._document.offsets_in(first, data)).difference(start + at for at in masks))
        stop = first + len(data)
        return sorted(start + at for at, mask in masks.items() if tests.keeps(mask) and first <= start + at < stop)

    def _filter_records(self, start: int, data: bytes, first: int, stop: int) -> list[int]:
        """Return the shown segments from ``first`` to ``stop``; ``start`` is the offset of the data."""
        begin = self._document.at(start)
        if begin < start:  # the segment that the margin cuts
            begin = self._document.after(begin) or start
            data = data[begin - start :]
        offsets = self._document.offsets_in(begin, data)
        segments = [data[a - begin : b - begin] for a, b in zip(offsets, [*offsets[1:], begin + len(data)])]
        groups = grouped([segment.rstrip(b"\n") for segment in segments])[0]
        heads = [not each.goes_on for each in groups]
        if not heads:
            return []
        heads[0] = True
        if not self._document.has_whole_lines(begin, data):
            heads = [head and self._document.is_line_start(offset) for head, offset in zip(heads, offsets)]
            heads[0] = True
        bounds = [number for number, head in enumerate(heads) if head] + [len(offsets)]
        firsts = _first_parts([groups[number] for number in bounds[:-1]])
        kept = self._find_kept(offsets, segments, bounds, firsts, begin, data)
        if self._criteria.context:
            kept = _add_context(kept, self._criteria.context)
        return [
            offset
            for is_kept, a, b in zip(kept, bounds, bounds[1:])
            if is_kept
            for offset in offsets[a:b]
            if first <= offset < stop
        ]

    def _find_kept(
        self,
        offsets: list[int],
        segments: list[bytes],
        bounds: list[int],
        firsts: list[int],
        begin: int,
        data: bytes,
    ) -> list[bool]:
        """Return for each record whether it is selected itself, not only as context.

        Args:
            offsets: of the segments.
            segments: the lines, or parts of giant lines.
            bounds: numbers of the segments that begin a record, and the number of all.
            firsts: for each record the number of the one that it resumes, see `_first_parts`.
            begin: offset of the data.
            data: all segments.
        """
        tests, level = self._tests, self._criteria.level
        kept = [True] * (len(bounds) - 1)
        if tests:
            masks = [0] * len(segments)
            if self._document.has_whole_lines(begin, data):
                for at, mask in tests.masks(data, self._match).items():
                    masks[bisect_left(offsets, begin + at + 1) - 1] |= mask
            else:  # a giant line matches by its segments
                for number, segment in enumerate(segments):
                    for mask in tests.masks(segment, self._match).values():
                        masks[number] |= mask
            unions = [0] * len(firsts)
            for first, (a, b) in zip(firsts, pairwise(bounds)):
                unions[first] |= _union(masks[a:b])
            kept = [tests.keeps(unions[first]) for first in firsts]
        if level is not None:
            last = None
            levels: list[int | None] = []
            for number, (at, end) in enumerate(pairwise(bounds)):
                own = level_of_record([segment.rstrip(b"\n") for segment in segments[at:end]], self._names)
                if firsts[number] < number:
                    own = levels[firsts[number]]
                last = last if own is None else own
                levels.append(last)
                kept[number] = kept[number] and last is not None and last >= level
        return kept


def _first_parts(heads: Sequence[LineGroup]) -> list[int]:
    """Return for each record the number of the one whose lines it resumes behind those of other services, or its own.

    Args:
        heads: the groups of the lines that begin the records.
    """
    firsts: list[int] = []
    latest: dict[bytes, int] = {}  # service: number of its last record
    for number, head in enumerate(heads):
        first = firsts[latest[head.service]] if head.resumes and head.service in latest else number
        latest[head.service] = number
        firsts.append(first)
    return firsts


def _union(masks: Sequence[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _add_context(kept: Sequence[bool], context: int) -> list[bool]:
    """Return the selection with `context` records more on each side of the selected ones."""
    spread = [False] * len(kept)
    for number, is_kept in enumerate(kept):
        if is_kept:
            for near in range(max(number - context, 0), min(number + context + 1, len(kept))):
                spread[near] = True
    return spread


class ShownSegments(Protocol):
    """Protocol of the steps over a document along some of its segments. All may raise `NotReady`."""

    def after(self, offset: int) -> int | None:
        """Return the next segment after an offset, or None."""

    def before(self, offset: int) -> int | None:
        """Return the last segment before an offset, or None."""

    def at(self, offset: int) -> int | None:
        """Return the segment at an offset, else another one near it; None if there is none."""

    def last(self) -> int | None:
        """Return the last segment, or None."""


class FilteredDocument:
    """Steps over a document along the segments that are shown.

    Args:
        document: the document.
        filter_index: index of the shown segments; None: all are shown.
    """

    def __init__(self, document: Document, filter_index: MatchIndex | None) -> None:
        self._document = document
        self._filter_index = filter_index

    @property
    def is_whole(self) -> bool:
        """Whether all segments are shown."""
        return self._filter_index is None

    def has(self, offset: int) -> bool:
        """Return whether a segment is shown. Raises `NotReady`."""
        return self._filter_index is None or self._filter_index.after(offset - 1) == offset

    def after(self, offset: int) -> int | None:
        """Return the next shown segment after an offset, or None. Raises `NotReady`."""
        return self._document.after(offset) if self._filter_index is None else self._filter_index.after(offset)

    def before(self, offset: int) -> int | None:
        """Return the last shown segment before an offset, or None. Raises `NotReady`."""
        return self._document.before(offset) if self._filter_index is None else self._filter_index.before(offset)

    def at(self, offset: int) -> int | None:
        """Return the shown segment at an offset, else the next one, else the one before. Raises `NotReady`."""
        text = self._document.text
        if text.start >= text.end:
            return None
        start = self._document.at(offset)
        if self._filter_index is None:
            return start
        found = self._filter_index.after(start - 1)
        return found if found is not None else self._filter_index.before(start)

    def last(self) -> int | None:
        """Return the last shown segment, or None. Raises `NotReady`."""
        text = self._document.text
        if text.start >= text.end:
            return None
        return self._document.at(text.end) if self._filter_index is None else self._filter_index.before(text.end)
