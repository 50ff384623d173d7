"""Indexes of the shown segments that have a level, and the counts of levels.

Invariants:
- Errors and warnings are counted in slices, block by block, in idle time; the caller decides when. Both are counted in
  step, so that the lines of a block are parsed once (`SevereLines`), and they share their results with `e` and `w`.
- During heavy input the last counts stand, marked as incomplete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.pager.match_index import LineResults, NotReady
from reflowlog.pager.search import shown_index
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
    from reflowlog.pager.match_index import Budget, MatchIndex
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["ERRORS", "WARNINGS", "LevelCounts", "LevelIndexes", "SevereLines", "report_no_level"]

ERRORS, WARNINGS = (ERROR, 1 << 30), (WARNING, ERROR - 1)
"""Ranges of levels: the lowest and the highest, numbers of `logging`."""

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


class LevelIndexes:
    """Indexes of the shown segments by their own levels; each is made when it is asked for.

    Args:
        document: the document.
        names: meanings of field names.
        budget: time limit of a call.
    """

    def __init__(self, document: Document, names: FieldNames, budget: Budget) -> None:
        self._document = document
        self._names = names
        self._budget = budget
        self._severe_lines = SevereLines(document, names, budget)
        self._filter_index: MatchIndex | None = None
        self._indexes: dict[tuple[int, int], MatchIndex] = {}
        self._counts: LevelCounts | None = None
        self._no_level = ((-1, -1), "")  # by the bounds of what was looked at

    def restrict(self, filter_index: MatchIndex | None) -> None:
        """Index only the lines that a filter shows from now on; None: all lines."""
        self._filter_index = filter_index
        self._indexes.clear()
        self._counts = None

    def between(self, least: int, most: int) -> MatchIndex:
        """Return the index of a range of levels, from at least WARNING: `ERRORS` or `WARNINGS`."""

        def block(index: int) -> list[int]:
            return [offset for offset, level in self._severe_lines.block(index, least) if least <= level <= most]

        if (least, most) not in self._indexes:
            self._indexes[least, most] = shown_index(self._document, self._filter_index, block, self._budget)
        return self._indexes[least, most]

    @property
    def counts(self) -> LevelCounts:
        """Counts of the errors and warnings that are shown."""
        if self._counts is None:
            self._counts = LevelCounts(self.between(*ERRORS), self.between(*WARNINGS), self._budget)
        return self._counts

    @property
    def no_level_report(self) -> str:
        """The message that no record has a level; empty if one has, as far as the first records tell."""
        text = self._document.text
        bounds = text.start, min(text.end, text.start + MAX_SAMPLE_BYTES + 1)
        if self._no_level[0] != bounds:
            self._no_level = bounds, report_no_level(self._document, self._names)
        return self._no_level[1]


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
        levels: list[tuple[int, int]] = []
        if not data or not may_have(data, WARNING, self._names):
            return levels
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
                levels.append((offset, level))
        return levels

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
