"""The finder: which of the shown pieces a search hits, or have a certain level; both are a census of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.levels import level_of, may_have
from reflowlog.view.census import Census

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.store.document import Document
    from reflowlog.text.pattern import Pattern
    from reflowlog.view.census import Budget
    from reflowlog.view.sieve import Match

__all__ = ["find_levels", "find_pattern"]


def find_pattern(document: Document, sieve: Census | None, pattern: Pattern, match: Match, budget: Budget) -> Census:
    """The shown pieces that match a pattern."""

    def cell(index: int) -> list[int]:
        first, data = document.cell(index)
        if document.whole_lines(first, data):
            return [first + at for at in match(pattern, data)] if data else []
        keys = document.keys_in(first, data)
        ends = [*keys[1:], first + len(data)]
        return [key for key, end in zip(keys, ends) if match(pattern, data[key - first : end - first])]

    return _among(document, sieve, cell, budget)


def find_levels(document: Document, sieve: Census | None, least: int, most: int, budget: Budget) -> Census:
    """The shown pieces that have a level of their own from ``least`` to ``most``, numbers of `logging`."""

    def cell(index: int) -> list[int]:
        first, data = document.cell(index)
        if not data or not may_have(data, least):
            return []
        found = []
        for key in document.keys_in(first, data):
            end = data.find(b"\n", key - first)
            level = level_of(data[key - first : end if end >= 0 else len(data)])
            if level is not None and least <= level <= most and document.starts_line(key):
                found.append(key)
        return found

    return _among(document, sieve, cell, budget)


def _among(document: Document, sieve: Census | None, cell: Callable[[int], list[int]], budget: Budget) -> Census:
    """A census of the keys in cells, those that the sieve shows."""
    if sieve is None:
        return Census(document, cell, budget)

    def shown(index: int) -> list[int]:
        found = cell(index)
        return sorted(set(found).intersection(sieve.keys(index))) if found else []

    from reflowlog.view.sieve import MARGIN

    return Census(document, shown, budget, ahead=MARGIN)
