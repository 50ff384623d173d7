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

REMEMBERED = 4
"""Cells whose levels are remembered."""


def find_pattern(
    document: Document, filter_index: MatchIndex | None, pattern: Matcher, match: Match, budget: Budget
) -> MatchIndex:
    """The shown pieces that match a pattern."""

    def cell(index: int) -> list[int]:
        first, data = document.cell(index)
        if document.whole_lines(first, data):
            return [first + at for at in match(pattern, data)] if data else []
        keys = document.keys_in(first, data)
        ends = [*keys[1:], first + len(data)]
        return [key for key, end in zip(keys, ends) if match(pattern, data[key - first : end - first])]

    return _among(document, filter_index, cell, budget)


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
        self._cells: dict[int, _BlockLevels] = {}

    def cell(self, index: int, least: int) -> list[tuple[int, int]]:
        """Keys in a cell with their levels: all that are at least ``least``, and maybe milder ones."""
        document = self._document
        first, data = document.cell(index)
        known = self._cells.pop(index, None)
        if known is None or known.first != first or not data.startswith(known.data):
            if not data or not may_have(data, least, self._names):
                return []
            known = _BlockLevels(first, b"", [])
        done, found = len(known.data), known.found
        if done and not document.whole_lines(first, data):  # where a giant line is cut depends on what follows
            done, found = 0, []
        found = found + self._levels(first + done, data[done:])
        whole = data.rfind(b"\n") + 1
        self._cells[index] = _BlockLevels(first, data[:whole], [pair for pair in found if pair[0] < first + whole])
        if len(self._cells) > REMEMBERED:
            del self._cells[next(iter(self._cells))]
        return found

    def _levels(self, first: int, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        if not data or not may_have(data, WARNING, self._names):
            return found
        for key in self._document.keys_in(first, data):
            end = data.find(b"\n", key - first)
            level = level_of(data[key - first : end if end >= 0 else len(data)], self._names)
            if level is not None and level >= WARNING and self._document.starts_line(key):
                found.append((key, level))
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
    document: Document, filter_index: MatchIndex | None, severe: SevereLines, least: int, most: int, budget: Budget
) -> MatchIndex:
    """The shown pieces that have a level of their own from ``least``, at least WARNING, to ``most``."""

    def cell(index: int) -> list[int]:
        return [key for key, level in severe.cell(index, least) if least <= level <= most]

    return _among(document, filter_index, cell, budget)


def _among(
    document: Document, filter_index: MatchIndex | None, cell: Callable[[int], list[int]], budget: Budget
) -> MatchIndex:
    """A census of the keys in cells, those that the sieve shows."""
    if filter_index is None:
        return MatchIndex(document, cell, budget)

    def shown(index: int) -> list[int]:
        found = cell(index)
        return sorted(set(found).intersection(filter_index.keys(index))) if found else []

    from reflowlog.pager.filter import MARGIN

    return MatchIndex(document, shown, budget, ahead=MARGIN)
