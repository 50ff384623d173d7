"""Indexes of the shown segments that a search pattern matches or that have a level, and the counts of levels.

Invariants:
- Errors and warnings are counted in slices, block by block, in idle time; the caller decides when. Both are counted in
  step, so that the lines of a block are parsed once (`SevereLines`), and they share their results with `e` and `w`.
- During heavy input the last counts stand, marked as incomplete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.pager.filter import MARGIN_BYTES
from reflowlog.pager.match_index import LineResults, MatchIndex, NotReady
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.levels import ERROR, WARNING
from reflowlog.text.parse.line_levels import (
    begins_crash,
    begins_own_crash,
    has_level,
    level_of,
    level_of_header,
    lines_that_may_have,
    may_have,
)
from reflowlog.text.parse.multiline import grouped
from reflowlog.text.parse.usual_levels import usual_levels

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.pager.filter import Match
    from reflowlog.pager.match_index import Budget
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher

__all__ = ["LevelCounts", "SevereLines", "find_elapsed", "find_levels", "find_pattern", "report_no_level"]

MAX_LINES_BEFORE = 64
"""Lines before a traceback in which its record begins."""

MAX_SAMPLE_BYTES = 65_536
MAX_SAMPLE_LINES = 1_000
"""First bytes and lines of a document in which a level is looked for."""


def report_no_level(document: Document, names: FieldNames) -> str:
    """Return the message that the first lines of a document have no level; empty if one has, or there are no lines."""
    text = document.text
    data = document.read_available(text.start, min(text.end, text.start + MAX_SAMPLE_BYTES))
    lines = data.split(b"\n", MAX_SAMPLE_LINES)
    rest = lines.pop() if data.endswith(b"\n") or len(lines) > MAX_SAMPLE_LINES else b""
    if any(has_level(line, following, names) for line, following in zip(lines, [*lines[1:], b""])) or not data:
        return ""
    if not rest and len(data) == text.end - text.start:
        return "no record has a level"
    if len(lines) == 1:
        return "its first line has no level"
    return f"none of the first {len(lines):,} lines has a level"


def find_pattern(
    document: Document, filter_index: MatchIndex | None, pattern: Matcher, match: Match, budget: Budget
) -> MatchIndex:
    """Return the index of the shown segments that match a pattern."""
    results: LineResults[int] = LineResults(budget)

    def block(index: int) -> list[int]:
        first, data = document.block(index)
        if document.has_whole_lines(first, data):
            if not pattern.linear:  # it does not run on this thread
                return [first + at for at in match(pattern, data)] if data else []
            return results.find(
                pattern, first, data, lambda at, part: [first + at + each for each in match(pattern, part)]
            )
        offsets = document.offsets_in(first, data)
        ends = [*offsets[1:], first + len(data)]
        return [offset for offset, end in zip(offsets, ends) if match(pattern, data[offset - first : end - first])]

    return _make_index(document, filter_index, block, budget)


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
        found = set(pattern_index.offsets(index))
        return [offset for offset in shown if offset in found or is_match(offset)]

    return _make_index(document, filter_index, block, budget)


class SevereLines:
    """Segments of a document that have a level of their own of at least WARNING, or make their record an error.

    The latter begin an uncaught exception, or the first traceback of a record below ERROR, as for a filter of errors.

    The last blocks are cached, because each range of levels needs them; in a block that grows only the new lines are
    parsed.

    Args:
        document: the document.
        names: meanings of field names.
        budget: time limit of a call; None: none.
    """

    def __init__(self, document: Document, names: FieldNames = USUAL, budget: Budget | None = None) -> None:
        self._document = document
        self._names = names
        self._results: LineResults[tuple[int, int]] = LineResults(budget)

    def block(self, index: int, least: int) -> list[tuple[int, int]]:
        """Return offset and level of the lines in a block: all of at least ``least``, and possibly lower ones.

        Raises:
            NotReady: the budget is over.
        """
        first, data = self._document.block(index)
        if not data or (not self._results.has(0, first, data) and not may_have(data, least, self._names)):
            return []
        if not self._document.has_whole_lines(first, data):  # the cuts of a giant line depend on the bytes after it
            return self._levels(first, data)
        return self._results.find(0, first, data, lambda at, part: self._levels(first + at, part))

    def _levels(self, first: int, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        if not data or not may_have(data, WARNING, self._names):
            return found
        usual = usual_levels(data, self._names)
        known = {start: level for start, _, level in usual}
        if sum(end - start for start, end, _ in usual) >= len(data):
            starts: list[int] | None = [start for start, level in known.items() if level >= WARNING]
        else:
            starts = lines_that_may_have(data, WARNING, self._names)
        offsets = self._document.offsets_in(first, data) if starts is None else [first + start for start in starts]
        for offset in offsets:
            level = known.get(offset - first)
            if level is None:
                end = data.find(b"\n", offset - first)
                line = data[offset - first : end if end >= 0 else len(data)]
                level = level_of(line, self._names)
                if level is None and begins_crash(line) and (begins_own_crash(line) or self._raises(offset)):
                    level = ERROR
            if level is not None and level >= WARNING and self._document.is_line_start(offset):
                found.append((offset, level))
        return found

    def _raises(self, offset: int) -> bool:
        """Return whether a traceback makes the record that it begins or continues an error."""
        segments = [*self._document.segments_before(offset, MAX_LINES_BEFORE), *self._document.segments(offset, 1)]
        lines = [line for _, line in segments]
        groups = grouped(lines)[0]
        own = [index for index, group in enumerate(groups) if group.service == groups[-1].service]
        head = next((index for index in reversed(own) if not groups[index].goes_on and not groups[index].resumes), None)
        if head is None or (head == 0 and segments[0][0] > self._document.text.start):
            return False  # the record may begin before these lines
        record = [lines[index] for index in own if index >= head]
        if (level_of_header(record, self._names) or 0) >= ERROR:
            return False
        return not any(map(begins_crash, record[:-1]))


def find_levels(
    document: Document,
    filter_index: MatchIndex | None,
    severe_lines: SevereLines,
    least: int,
    most: int,
    budget: Budget,
) -> MatchIndex:
    """Return the index of the shown segments whose own level is from ``least`` (at least WARNING) to ``most``."""

    def block(index: int) -> list[int]:
        return [offset for offset, level in severe_lines.block(index, least) if least <= level <= most]

    return _make_index(document, filter_index, block, budget)


def _make_index(
    document: Document, filter_index: MatchIndex | None, block: Callable[[int], list[int]], budget: Budget
) -> MatchIndex:
    """Make an index of the segments in blocks, restricted to those that the filter shows."""
    if filter_index is None:
        return MatchIndex(document, block, budget)

    def shown(index: int) -> list[int]:
        found = block(index)
        return sorted(set(found).intersection(filter_index.offsets(index))) if found else []

    return MatchIndex(document, shown, budget, lookahead_bytes=MARGIN_BYTES)


class LevelCounts:
    """Counts the errors and warnings among the shown segments.

    Args:
        errors: index of the errors.
        warnings: index of the warnings.
        budget: time limit of one step.
    """

    def __init__(self, errors: MatchIndex, warnings: MatchIndex, budget: Budget) -> None:
        self._errors = errors
        self._warnings = warnings
        self._budget = budget
        self._counted = (0, 0)

    @property
    def is_complete(self) -> bool:
        """Whether all blocks are counted, except for the last ones, which still change."""
        return self._errors.is_complete and self._warnings.is_complete

    def step(self) -> None:
        """Count until the budget is over."""
        try:
            while not self.is_complete and not self._budget.is_over:
                behind = self._errors if self._errors.reached < self._warnings.reached else self._warnings
                behind.step(1)
        except NotReady:
            pass  # the filter has not evaluated the block yet

    def text(self, *, growing: bool = False) -> str:
        """Return the text for the status row, such as ``12 errors  340 warnings``; empty if there are none.

        Args:
            growing: whether input comes so fast that counting is suspended.
        """
        is_complete = self.is_complete and not growing
        if not growing:
            try:
                self._counted = self._errors.total(), self._warnings.total()
            except NotReady:
                is_complete = False
        parts = [
            f"{count:,} {name}{'s' * (count != 1)}" for count, name in zip(self._counted, ("error", "warning")) if count
        ]
        return "  ".join(parts) + ("…" if parts and not is_complete else "")
