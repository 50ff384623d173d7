"""Indexes of the shown segments that a search pattern matches."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.pager import pieces as pieces_module
from reflowlog.pager.filter import MARGIN_BYTES
from reflowlog.pager.match_index import LineResults, MatchIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.pager.filter import Match
    from reflowlog.pager.match_index import Budget
    from reflowlog.pager.pieces import PieceIndex
    from reflowlog.store.document import Document
    from reflowlog.text.search.pattern import Matcher

__all__ = ["find_elapsed", "find_pattern", "shown_index"]


def find_pattern(
    document: Document,
    filter_index: MatchIndex | None,
    pattern: Matcher,
    match: Match,
    budget: Budget,
    pieces: PieceIndex | None = None,
) -> MatchIndex:
    """Return the index of the shown segments that match a pattern; with `pieces`, lines of them are one."""
    results: LineResults[int] = LineResults(budget)

    def places(first: int, data: bytes) -> list[int]:
        """Return the starts of the lines that match, in data at an offset."""
        if not pattern.linear:  # it does not run on this thread
            return match(pattern, data) if data else []
        return results.find(pattern, first, data, lambda at, part: [at + each for each in match(pattern, part)])

    def block(index: int) -> list[int]:
        first, data = document.block(index)
        joined = pieces.lines_in(index) if pieces is not None else None
        if joined is not None:
            offsets, lines = joined
            ends = list(accumulate(len(line) + 1 for line in lines.split(b"\n")))
            return [offsets[bisect_right(ends, at)] for at in places(first, lines)]
        if document.has_whole_lines(first, data):
            return [first + at for at in places(first, data)]
        offsets = document.offsets_in(first, data)
        ends = [*offsets[1:], first + len(data)]
        return [offset for offset, end in zip(offsets, ends) if match(pattern, data[offset - first : end - first])]

    return shown_index(document, filter_index, block, budget, pieces_module.MARGIN_BYTES if pieces is not None else 0)


def find_elapsed(
    document: Document,
    filter_index: MatchIndex | None,
    pattern_index: MatchIndex,
    is_match: Callable[[int], bool],
    budget: Budget,
) -> MatchIndex:
    """Return the index of the shown segments that match a pattern, by their text or their elapsed time.

    Args:
        document: the document.
        filter_index: the segments that are shown; None: all.
        pattern_index: those that match the pattern.
        is_match: returns whether the elapsed time of a segment does, by its offset.
        budget: time limit of one step.
    """

    def block(index: int) -> list[int]:
        first, data = document.block(index)
        shown = document.offsets_in(first, data) if filter_index is None else filter_index.offsets(index)
        matches = set(pattern_index.offsets(index))
        return [offset for offset in shown if offset in matches or is_match(offset)]

    return shown_index(document, filter_index, block, budget)


def shown_index(
    document: Document,
    filter_index: MatchIndex | None,
    block: Callable[[int], list[int]],
    budget: Budget,
    lookahead_bytes: int = 0,
) -> MatchIndex:
    """Make an index of the segments in blocks, restricted to those that the filter shows.

    A block depends on the bytes behind it, `lookahead_bytes` of them, or more with a filter.
    """
    if filter_index is None:
        return MatchIndex(document, block, budget, lookahead_bytes=lookahead_bytes)

    def shown(index: int) -> list[int]:
        found = block(index)
        return sorted(set(found).intersection(filter_index.offsets(index))) if found else []

    return MatchIndex(document, shown, budget, lookahead_bytes=max(MARGIN_BYTES, lookahead_bytes))
