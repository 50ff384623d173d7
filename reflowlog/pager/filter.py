"""The sieve: which pieces of a document a filter shows, cell by cell; and the way from one shown piece to the next.

Rules of this file:
- What is filtered are records: a traceback or indented lines belong to the record before them, and come or go with it.
  A record matches if any of its lines does. Records without a level go with the one before them.
- One cell is answered for with what stands around it, `MARGIN_BYTES` bytes on each side: a record, or the context of a match,
  that reaches further than that is cut there.
- Most cells of most logs hold single lines only (`may_continue`), and then a filter is the lines that match.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.pager.match_index import MatchIndex
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_levels import level_of, may_have
from reflowlog.text.parse.multiline import continues, may_continue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.pager.match_index import Budget
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher

__all__ = ["MARGIN_BYTES", "FilterCriteria", "FilteredDocument", "Match", "make_filter_index"]

MARGIN_BYTES = 32 * 1024

Match = Callable[["Matcher", bytes], "list[int]"]
"""Starts of the lines of a piece of data that match; guarded against patterns that never come to an end."""


class FilterCriteria(NamedTuple):
    """What is to be shown.

    Attributes:
        pattern: of the records to show; None: any.
        invert: show those that do not match.
        context: records around each that matches.
        level: the least level, a number of `logging`; None: any, also none.
    """

    pattern: Matcher | None = None
    invert: bool = False
    context: int = 0
    level: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything is shown."""
        return self.pattern is None and self.level is None


def make_filter_index(
    document: Document, criteria: FilterCriteria, match: Match, budget: Budget, names: FieldNames = USUAL
) -> MatchIndex | None:
    """The pieces that a filter shows; None if it shows everything. Names of fields tell levels."""
    if criteria.is_empty:
        return None
    return MatchIndex(
        document, _BlockFilter(document, criteria, match, names).block, budget, lookahead_bytes=MARGIN_BYTES
    )


class _BlockFilter:
    def __init__(self, document: Document, criteria: FilterCriteria, match: Match, names: FieldNames) -> None:
        self._document = document
        self._names = names
        self._criteria = criteria
        self._match = match

    def block(self, index: int) -> list[int]:
        """The keys of the pieces in a cell that are shown, ascending."""
        document, criteria = self._document, self._criteria
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
        found = None
        if criteria.pattern is not None and not criteria.invert and document.has_whole_lines(start, around):
            found = self._match(criteria.pattern, around)
            if not found:
                return []
        simple = criteria.context == 0 and criteria.level is None and self._has_only_lines(first, data)
        if simple and not may_continue(around):
            if found is None:
                return self._filter_lines(first, data)
            return [start + at for at in found if first <= start + at < stop]
        return self._filter_records(start, around, first, stop)

    def _has_only_lines(self, first: int, data: bytes) -> bool:
        """Whether a cell holds no part of a giant line."""
        document, stop = self._document, first + len(data)
        whole = document.is_line_start(first) and document.has_whole_lines(first, data)
        return whole and (stop >= document.text.end or document.is_line_start(stop))

    def _filter_lines(self, first: int, data: bytes) -> list[int]:
        """Where each line is a record."""
        pattern = self._criteria.pattern
        assert pattern is not None
        found = self._match(pattern, data)
        if not self._criteria.invert:
            return [first + at for at in found]
        return sorted(set(self._document.offsets_in(first, data)).difference(first + at for at in found))

    def _filter_records(self, start: int, data: bytes, first: int, stop: int) -> list[int]:
        """Keys from ``first`` to ``stop`` among segments that belong to records; ``start`` is the offset of the data."""
        begin = self._document.at(start)
        if begin < start:  # the piece that the margin cuts
            begin = self._document.after(begin) or start
            data = data[begin - start :]
        offsets = self._document.offsets_in(begin, data)
        segments = [data[a - begin : b - begin] for a, b in zip(offsets, [*offsets[1:], begin + len(data)])]
        heads = [not each for each in continues([segment.rstrip(b"\n") for segment in segments])[0]]
        if not heads:
            return []
        heads[0] = True
        if not self._document.has_whole_lines(begin, data):
            heads = [head and self._document.is_line_start(offset) for head, offset in zip(heads, offsets)]
            heads[0] = True
        bounds = [number for number, head in enumerate(heads) if head] + [len(offsets)]
        kept = self._find_kept(offsets, segments, bounds, begin, data)
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
        self, offsets: list[int], segments: list[bytes], bounds: list[int], begin: int, data: bytes
    ) -> list[bool]:
        """Of each record, whether it is wanted for its own sake."""
        pattern, invert, _, level = self._criteria
        count = len(bounds) - 1
        kept = [True] * count
        if pattern is not None:
            matched = {bisect_left(offsets, begin + at + 1) - 1 for at in self._match(pattern, data)}
            if not self._document.has_whole_lines(begin, data):  # a giant line matches by its pieces
                matched = {number for number, segment in enumerate(segments) if self._match(pattern, segment)}
            kept = [any(number in matched for number in range(a, b)) != invert for a, b in pairwise(bounds)]
        if level is not None:
            last = None
            for number, at in enumerate(bounds[:-1]):
                own = level_of(segments[at].rstrip(b"\n"), self._names)
                last = last if own is None else own
                kept[number] = kept[number] and last is not None and last >= level
        return kept


def _add_context(kept: Sequence[bool], context: int) -> list[bool]:
    """Those that are good, and so many around each."""
    spread = [False] * len(kept)
    for number, is_kept in enumerate(kept):
        if is_kept:
            for near in range(max(number - context, 0), min(number + context + 1, len(kept))):
                spread[near] = True
    return spread


class FilteredDocument:
    """The way over a document, along the pieces that are shown.

    Args:
        document: what is shown.
        sieve: which of it; None: all.
    """

    def __init__(self, document: Document, filter_index: MatchIndex | None) -> None:
        self._document = document
        self._filter_index = filter_index

    def after(self, offset: int) -> int | None:
        """The next shown piece after one. Raises `Later`."""
        return self._document.after(offset) if self._filter_index is None else self._filter_index.after(offset)

    def before(self, offset: int) -> int | None:
        """The shown piece before one. Raises `Later`."""
        return self._document.before(offset) if self._filter_index is None else self._filter_index.before(offset)

    def at(self, offset: int) -> int | None:
        """The shown piece that an offset is in, or else the next one, or else the one before. Raises `Later`."""
        text = self._document.text
        if text.start >= text.end:
            return None
        offset = self._document.at(offset)
        if self._filter_index is None:
            return offset
        found = self._filter_index.after(offset - 1)
        return found if found is not None else self._filter_index.before(offset)

    def last(self) -> int | None:
        """The last shown piece. Raises `Later`."""
        text = self._document.text
        if text.start >= text.end:
            return None
        return self._document.at(text.end) if self._filter_index is None else self._filter_index.before(text.end)
