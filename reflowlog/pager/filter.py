"""Record filter of the pager: the segments of a document that are shown, block by block, and the steps between them.

Invariants:
- Which records are kept is decided by `text/search/record_selector.py`, as for a stream. Here all lines of a record are
  known, so what a service writes on behind lines of other services decides about the beginning of its record, too.
- What the text that is typed after ``&`` asks for is up to `text/search/query.py`.
- All parts of a giant line have the level of its beginning, unless that is more than `MAX_GIANT_BYTES` before them.
- A block is evaluated with `MARGIN_BYTES` bytes on each side: a record, or the context of a match, that extends further
  than that is cut there. But of services, the lines of records are found as far as in a stream (`pager/far_lines.py`).
- Most blocks of most logs hold single-line records only (`may_continue`); then a filter is the lines that match.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.pager.far_lines import BlockCache, FarLines
from reflowlog.pager.match_index import LineResults, MatchIndex, NotReady
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.multiline import has_prefix, may_continue, whole_lines
from reflowlog.text.search.least_level import LevelReader
from reflowlog.text.search.passed_lines import MAX_PASSED_BYTES, may_reach
from reflowlog.text.search.record_selector import RecordSelector
from reflowlog.text.search.record_tests import RecordTest, RecordTests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reflowlog.pager.far_lines import FarText
    from reflowlog.pager.match_index import Budget
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames
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

MAX_GIANT_BYTES = 64 << 20  # between a part of a giant line and its beginning, which has its level
MAX_TRACED_MATCHES = 64  # in a block, of which it is looked how far their records reach
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
        document, _BlockFilter(document, criteria, match, names, budget).block, budget, lookahead_bytes=MARGIN_BYTES
    )


class _OffsetSelector(RecordSelector["tuple[int, int]"]):
    """Selects the records of a part of a document that is given at once; the pieces are start and end of their lines.

    Args:
        criteria: context and level.
        tests: the patterns, compiled to masks.
        names: meanings of field names.
        base: offset of the part in the document.
        data: the part.
    """

    _sees_all = True

    def __init__(self, criteria: FilterCriteria, tests: RecordTests, names: FieldNames, base: int, data: bytes) -> None:
        super().__init__(tests, criteria.context, criteria.level, names)
        self._base = base
        self._data = data

    def _piece(self, data: bytes, start: int, end: int) -> tuple[int, int]:  # noqa: ARG002 - data of the base class
        return self._base + start, self._base + end

    def _line_pieces(self, data: bytes, starts: Sequence[int]) -> list[tuple[int, int]]:
        base, index = self._base, data.index
        return [(base + start, base + index(b"\n", start) + 1) for start in starts]

    def lines(self, masks: Mapping[int, int]) -> list[tuple[int, int]]:
        """Return the kept pieces, ascending, where each line is a record; `masks` are by offset in the part."""
        found = sorted(masks.items())
        if self._level is None:
            self._single_lines(self._data, found)
        else:
            self._single_lines_of_level(self._data, found, self._level)
        return self._pieces()

    def records(
        self, masks: Mapping[int, int], document: Document | None = None, head: bytes | None = None
    ) -> list[tuple[int, int]]:
        """Return the kept pieces, ascending.

        Args:
            masks: those of the segments, by offset in the part.
            document: given where giant lines are cut in the part.
            head: beginning of the giant line of which the first segment is a later part; None: it is none.
        """
        data, self._line_head = self._data, head
        if document is None:
            heads = self._heads(data)
        else:
            offsets = document.offsets_in(self._base, data)
            starts = [offset - self._base for offset in offsets]
            lines = [data[start:end].rstrip(b"\n") for start, end in pairwise([*starts, len(data)])]
            parts = frozenset(at for at, offset in zip(starts, offsets) if not document.is_line_start(offset))
            heads = self._lines.heads_of(lines, starts, parts, is_open=False, has_services=False)
        self._records(data, sorted(masks.items()), heads)
        return self._pieces()

    def _pieces(self) -> list[tuple[int, int]]:
        self._close()
        return sorted([*self._out, *(piece for _, lines in self._places for piece in lines.pieces)])


class _BlockMatches(NamedTuple):
    """The lines of a block that patterns match.

    Attributes:
        is_found: whether there are some.
        reaches_back: the record of one of them may begin before the block.
        reaches_on: the record of one of them may go on behind it.
    """

    is_found: bool
    reaches_back: bool
    reaches_on: bool


class _BlockFilter:
    """Evaluates the criteria for one block at a time."""

    def __init__(
        self, document: Document, criteria: FilterCriteria, match: Match, names: FieldNames, budget: Budget
    ) -> None:
        self._document = document
        self._budget = budget
        self._results: LineResults[int] = LineResults(budget)
        self._far = FarLines(document, self._check)
        self._matches = BlockCache(document, self._check, self._matches_in, None)
        self._have_level = BlockCache(document, self._check, self._may_have_level, None)
        self._far_ends: dict[int, int] = {}  # by block, see `_far_end`
        self._names = names
        self._criteria = criteria
        self._tests = RecordTests(criteria.tests)
        self._match = match
        self._levels = LevelReader(names)
        self._giant = 0, 0, b""  # start of the last giant line, an offset up to which it reaches, and its first segment

    def block(self, index: int) -> list[int]:
        """Return the offsets of the shown segments in a block, ascending."""
        document, level, tests = self._document, self._criteria.level, self._tests
        first, data = document.block(index)
        if not data:
            return []
        stop = first + len(data)
        text = document.text
        before = document.read_available(max(first - MARGIN_BYTES, text.start), first)
        after = document.read_available(stop, min(stop + MARGIN_BYTES, text.end))
        around = before + data + after
        start = first - len(before)
        head = None if level is None or b"\n" in before else self._head_of_giant(start)
        own = None if head is None else self._levels.of_header([head])
        is_high = level is not None and own is not None and own >= level
        if head is not None and not is_high and b"\n" not in data:
            return []
        if has_prefix(data) and document.has_whole_lines(start, around) and document.is_line_start(first):
            if self._is_far_from_all(index):
                return []
            if self._far.may_matter(index):
                return self._block_with_far_lines(index, first, stop, start, around)
        if level is not None and not is_high and not self._levels.may_have(around, level):
            return []
        has_giants = not document.has_whole_lines(start, around)
        masks = None
        if tests and not tests.only_excludes and not has_giants:
            masks = self._masks(start, around)
            if not masks:
                return []
        begin = self._first_segment(start)
        whole = whole_lines(around, has_begun=start > text.start, is_cut=stop + len(after) < text.end)
        if not self._criteria.context and self._has_only_lines(first, data) and not may_continue(whole):
            if level is None or self._levels.of_header([data[: data.find(b"\n")]]) is not None:
                part, begin = data, first  # no line before it matters
            else:
                part = around[begin - start : stop - start]
            if level is None or not has_giants:
                masks = self._masks(begin, part) if masks is None else _shift(masks, begin - start, len(part))
                return self._offsets(self._selector(begin, part).lines(masks), begin, part, first, stop, False)
        part = around[begin - start :]
        if masks is None:
            masks = self._masks_of_segments(begin, part) if has_giants else self._masks(begin, part)
        else:
            masks = _shift(masks, begin - start, len(part))
        pieces = self._selector(begin, part).records(masks, document if has_giants else None, head)
        return self._offsets(pieces, begin, part, first, stop, has_giants)

    def _block_with_far_lines(self, index: int, first: int, stop: int, start: int, around: bytes) -> list[int]:
        """Return the offsets of the shown lines in a block of a log of services, whose records may be far apart.

        Args:
            index: of the block.
            first: its first offset.
            stop: its end.
            start: of what is read around it.
            around: that, without giant lines.
        """
        level, document = self._criteria.level, self._document
        begin = self._first_segment(start)
        end = start + (around.rfind(b"\n") + 1 or len(around)) if stop < document.text.end else start + len(around)
        part = around[begin - start : end - start]
        before, after = self._far.find(index, begin, end, self._far_end(index))
        data = before.data + part + (b"\n" if after.data and not part.endswith(b"\n") else b"") + after.data
        if level is not None and not self._levels.may_have(data, level):
            return []
        size = len(before.data)
        masks = {size + at: mask for at, mask in self._masks(begin, part).items()}
        masks.update(self._masks_of_far_lines(before, 0))
        masks.update(self._masks_of_far_lines(after, len(data) - len(after.data)))
        pieces = self._selector(begin - size, data).records(masks)
        return self._offsets(pieces, begin, part, first, stop, False)

    def _masks_of_far_lines(self, text: FarText, at: int) -> dict[int, int]:
        """Return the masks of lines that are far from each other, by their offsets in a text that has them at `at`."""
        if not self._tests or not text.data:
            return {}
        masks = self._tests.masks(text.data, self._match)
        of_offsets: dict[int, int] = {}
        self._tests.add_masks_of_offsets(of_offsets, 0, lambda: text.offsets)
        for offset, start in zip(text.offsets, text.starts):
            if offset in of_offsets:
                masks[start] = masks.get(start, 0) | of_offsets[offset]
        return {at + start: mask for start, mask in masks.items()}

    def _is_far_from_all(self, index: int) -> bool:
        """Return whether no line of a block can be shown, because nothing in reach is selected. Raises `NotReady`."""
        if self._tests and not self._tests.only_excludes and not self._may_have_match(index):
            return True
        return self._criteria.level is not None and not any(map(self._have_level.get, self._far.blocks(index)))

    def _may_have_match(self, index: int) -> bool:
        """Return whether a pattern matches a record of which a line may be in a block. Raises `NotReady`."""
        reach = self._far.blocks(index)
        near = range(max(index - 1, reach.start), min(index + 2, reach.stop))
        if any(self._matches.get(each).is_found for each in near):
            return True
        before, after = range(reach.start, near.start), range(near.stop, reach.stop)
        return any(self._matches.get(each).reaches_on for each in before) or any(
            self._matches.get(each).reaches_back for each in after
        )

    def _matches_in(self, first: int, data: bytes) -> _BlockMatches:
        starts = list(self._masks(first, data))
        if len(starts) > MAX_TRACED_MATCHES:
            return _BlockMatches(True, True, True)
        back, on = (any(may_reach(data, start, back=each) for start in starts) for each in (True, False))
        return _BlockMatches(bool(starts), back, on)

    def _may_have_level(self, _: int, data: bytes) -> bool:
        return self._levels.may_have(data, self._criteria.level or 0)

    def _far_end(self, index: int) -> int:
        """Return the end of the text in which lines far behind a block count: once it is final, that of then.

        So what is appended later changes the result of no block that was counted.
        """
        end, limit = self._document.text.end, (index + 1) * self._document.BLOCK_BYTES
        if limit + MARGIN_BYTES > end:
            return end
        if index not in self._far_ends and limit + MAX_PASSED_BYTES > end:
            self._far_ends[index] = end
        return self._far_ends.get(index, end)

    def _check(self) -> None:
        """Raise `NotReady` if the budget is over within an evaluation that may be continued."""
        if self._budget.interrupts:
            raise NotReady

    def _head_of_giant(self, start: int) -> bytes | None:
        """Return the first segment of the line of which the segment from an offset on is a later part.

        None if it is the first part of a line; empty if that is too far before it.
        """
        document, text = self._document, self._document.text
        begin = self._first_segment(start)
        if document.is_line_start(begin):
            return None
        known, reached, head = self._giant
        at, line = begin, -1
        while line < 0:
            if head and known <= at <= reached:
                line = known
            elif at <= text.start:
                line = text.start
            elif begin - at > MAX_GIANT_BYTES:
                return b""
            else:
                low = max(at - document.BLOCK_BYTES, text.start)
                newline = document.read_available(low, at).rfind(b"\n")
                at, line = low, low + newline + 1 if newline >= 0 else -1
        self._giant = line, begin, head if head and line == known else document.segment(line)
        return self._giant[2]

    def _selector(self, begin: int, part: bytes) -> _OffsetSelector:
        return _OffsetSelector(self._criteria, self._tests, self._names, begin, part)

    def _first_segment(self, start: int) -> int:
        """Return the first segment from an offset on that is not cut there."""
        begin = self._document.at(start)
        return begin if begin >= start else self._document.after(begin) or start

    def _has_only_lines(self, first: int, data: bytes) -> bool:
        """Return whether a block holds no part of a giant line."""
        document, stop = self._document, first + len(data)
        whole = document.is_line_start(first) and document.has_whole_lines(first, data)
        return whole and (stop >= document.text.end or document.is_line_start(stop))

    def _masks(self, begin: int, part: bytes) -> dict[int, int]:
        """Return the masks of the lines of a part without giant lines, by their offsets in it."""
        if not self._tests:
            return {}
        masks = self._tests.masks(part, lambda pattern, data: self._matching(pattern, begin, data))
        self._tests.add_masks_of_offsets(masks, begin, lambda: self._document.offsets_in(begin, part))
        return masks

    def _matching(self, pattern: Matcher, begin: int, part: bytes) -> list[int]:
        """Return the places of the lines of a part that match. Raises `NotReady`."""
        if not pattern.linear:  # it does not run on this thread
            return self._match(pattern, part)
        return self._results.find(
            pattern, begin, part, lambda at, lines: [at + each for each in self._match(pattern, lines)]
        )

    def _masks_of_segments(self, begin: int, part: bytes) -> dict[int, int]:
        """Return the masks of a part with giant lines, which match by their segments."""
        offsets = self._document.offsets_in(begin, part)
        masks: dict[int, int] = {}
        for at, end in pairwise([offset - begin for offset in [*offsets, begin + len(part)]]):
            for mask in self._tests.masks(part[at:end], self._match).values():
                masks[at] = masks.get(at, 0) | mask
        self._tests.add_masks_of_offsets(masks, begin, lambda: offsets)
        return masks

    def _offsets(
        self, pieces: list[tuple[int, int]], begin: int, part: bytes, first: int, stop: int, has_giants: bool
    ) -> list[int]:
        """Return the segments in some pieces that start in a block, ascending; `begin` is the offset of the part."""
        found: list[int] = []
        for start, end in pieces:
            low, high = max(start, first), min(end, stop)
            if low >= high:
                continue
            if not has_giants and part.find(b"\n", low - begin, high - begin - 1) < 0:
                found.append(low)
            else:
                found += self._document.offsets_in(low, part[low - begin : high - begin])
        return found


def _shift(masks: dict[int, int], by: int, size: int) -> dict[int, int]:
    """Return the masks of a part of the data that begins `by` bytes later."""
    if not by:
        return masks if max(masks, default=0) < size else {at: mask for at, mask in masks.items() if at < size}
    return {at - by: mask for at, mask in masks.items() if by <= at < by + size}


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
