"""The finder: which of the shown pieces a search hits, or have a certain level; both are a census of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reflowlog.pager.match_index import MatchIndex
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.levels import WARNING
from reflowlog.text.parse.line_levels import level_of, may_have

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.pager.filter import Match
    from reflowlog.pager.match_index import Budget
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher

__all__ = ["SevereLines", "find_levels", "find_pattern"]

MAX_CACHED_BLOCKS = 4
"""Cells whose levels are remembered."""


def find_pattern(
    document: Document, filter_index: MatchIndex | None, pattern: Matcher, match: Match, budget: Budget
) -> MatchIndex:
    """The shown pieces that match a pattern."""

    def block(index: int) -> list[int]:
        first, data = document.block(index)
        if document.has_whole_lines(first, data):
            return [first + at for at in match(pattern, data)] if data else []
        offsets = document.offsets_in(first, data)
        ends = [*offsets[1:], first + len(data)]
        return [offset for offset, end in zip(offsets, ends) if match(pattern, data[offset - first : end - first])]

    return _make_index(document, filter_index, block, budget)


class SevereLines:
    """The pieces of a document that have a level of their own of at least WARNING.

    The last cells that were looked at are remembered, because they are asked for each range of levels; and in a cell
    that grows, only the lines that are new are looked at.

    Args:
        document: what is looked at.
        names: what the names of fields mean.
    """

    def __init__(self, document: Document, names: FieldNames = USUAL) -> None:
        self._document = document
        self._names = names
        self._blocks: dict[int, _BlockLevels] = {}

    def block(self, index: int, least: int) -> list[tuple[int, int]]:
        """Keys in a cell with their levels: all that are at least ``least``, and maybe milder ones."""
        document = self._document
        first, data = document.block(index)
        known = self._blocks.pop(index, None)
        if known is None or known.first != first or not data.startswith(known.data):
            if not data or not may_have(data, least, self._names):
                return []
            known = _BlockLevels(first, b"", [])
        done, found = len(known.data), known.found
        if done and not document.has_whole_lines(first, data):  # where a giant line is cut depends on what follows
            done, found = 0, []
        found = found + self._levels(first + done, data[done:])
        whole = data.rfind(b"\n") + 1
        self._blocks[index] = _BlockLevels(first, data[:whole], [pair for pair in found if pair[0] < first + whole])
        if len(self._blocks) > MAX_CACHED_BLOCKS:
            del self._blocks[next(iter(self._blocks))]
        return found

    def _levels(self, first: int, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        if not data or not may_have(data, WARNING, self._names):
            return found
        for offset in self._document.offsets_in(first, data):
            end = data.find(b"\n", offset - first)
            level = level_of(data[offset - first : end if end >= 0 else len(data)], self._names)
            if level is not None and level >= WARNING and self._document.is_line_start(offset):
                found.append((offset, level))
        return found


class _BlockLevels(NamedTuple):
    """What is remembered of a cell.

    Attributes:
        first: where it starts.
        data: the whole lines that were looked at.
        found: keys and levels in them.
    """

    first: int
    data: bytes
    found: list[tuple[int, int]]


def find_levels(
    document: Document,
    filter_index: MatchIndex | None,
    severe_lines: SevereLines,
    least: int,
    most: int,
    budget: Budget,
) -> MatchIndex:
    """The shown pieces that have a level of their own from ``least``, at least WARNING, to ``most``."""

    def block(index: int) -> list[int]:
        return [offset for offset, level in severe_lines.block(index, least) if least <= level <= most]

    return _make_index(document, filter_index, block, budget)


def _make_index(
    document: Document, filter_index: MatchIndex | None, block: Callable[[int], list[int]], budget: Budget
) -> MatchIndex:
    """A census of the keys in cells, those that the sieve shows."""
    if filter_index is None:
        return MatchIndex(document, block, budget)

    def shown(index: int) -> list[int]:
        found = block(index)
        return sorted(set(found).intersection(filter_index.offsets(index))) if found else []

    from reflowlog.pager.filter import MARGIN_BYTES

    return MatchIndex(document, shown, budget, lookahead_bytes=MARGIN_BYTES)
