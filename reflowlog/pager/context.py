"""The desk: what a viewer is held over, and what was found out about it so far.

All of that can be found out again: it may be thrown away at any time. It belongs to one thread.
"""

from __future__ import annotations

from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.pager.filter import FilterCriteria, FilteredDocument, make_filter_index
from reflowlog.pager.level_counts import LevelCounts
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.search import SevereLines, find_levels, find_pattern
from reflowlog.pager.viewport import LayoutOptions, Viewport
from reflowlog.render.options import RenderOptions
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.levels import ERROR, WARNING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reflowlog.core.frames import Size
    from reflowlog.core.records import LogRecord
    from reflowlog.pager.filter import Match
    from reflowlog.pager.match_index import Budget, MatchIndex
    from reflowlog.pager.state import PagerState
    from reflowlog.pager.viewport import LaidOutLine, VisibleRow
    from reflowlog.store.document import Document
    from reflowlog.text.layout.source_labels import SourceLabels
    from reflowlog.text.search.pattern import Matcher

__all__ = ["ERRORS", "WARNINGS", "PagerContext", "PagerOptions"]

ERRORS, WARNINGS = (ERROR, 1 << 30), (WARNING, ERROR - 1)
"""Ranges of levels, as numbers of `logging`."""


class PagerOptions(NamedTuple):
    """What does not change while a viewer runs.

    Attributes:
        render: how lines are rendered; ``raw`` and whether they are broken at all are the viewer's to choose.
        keys: what the user's own keys mean: the name of another key, or nothing.
        read: the records with fields of a line, with columns of their own; None: as of any log.
        labels: of the sources, where there are several.
        owner: the source of the line at a key.
    """

    render: RenderOptions = RenderOptions()
    keys: Mapping[str, str] = MappingProxyType({})
    read: Callable[[str], list[LogRecord]] | None = None
    labels: SourceLabels | None = None
    owner: Callable[[int], int | None] = lambda key: None  # noqa: ARG005


class PagerContext:
    """What viewers are held over; it belongs to one thread.

    Args:
        document: what is viewed.
        size: the terminal's.
        settings: see there.
        budget: how long one step may take.
        match: starts of the lines of a piece of data that match a pattern; may raise `NotReady`.
        light: the parts of a text that match a pattern; may raise `NotReady`.
    """

    def __init__(
        self,
        document: Document,
        size: Size,
        settings: PagerOptions,
        budget: Budget,
        *,
        match: Match = lambda pattern, data: pattern.matching(data),
        spans: Callable[[Matcher, str], Sequence[tuple[int, int]]] = lambda pattern, text: pattern.spans(text),
    ) -> None:
        self.document = document
        self.size = size
        self.settings = settings
        self.budget = budget
        self._match = match
        self._find_spans = spans
        self._criteria = FilterCriteria()
        self.filter_index: MatchIndex | None = None
        self.shown = FilteredDocument(document, None)
        self._search: Matcher | None = None
        self._hits: MatchIndex | None = None
        self._severe_lines = SevereLines(document, settings.render.appearance.names or USUAL)
        self._levels: dict[tuple[int, int], MatchIndex] = {}
        self._level_counts: LevelCounts | None = None
        layout = LayoutOptions(settings.render.width or size.columns, settings.render)
        self.viewport = Viewport(document, layout, settings.read)
        self._span_cache: dict[str, Sequence[tuple[int, int]]] = {}  # by the text that was looked at
        self._span_pattern: tuple[Matcher | None, bool] = (None, False)
        self.incomplete = False  # the screen is not complete yet
        self.label_room = 0  # cells of the labels before the lines

    @property
    def height(self) -> int:
        """Rows for the document: all but the status row."""
        return max(self.size.rows - 1, 1)

    def sync(self, state: PagerState) -> None:
        """Hold another viewer over it."""
        if state.criteria != self._criteria:
            self._criteria = state.criteria
            self.filter_index = make_filter_index(
                self.document, state.criteria, self._match, self.budget, self.settings.render.appearance.names or USUAL
            )
            self.shown = FilteredDocument(self.document, self.filter_index)
            self._hits = None
            self._levels.clear()
            self._level_counts = None
        if state.search is not self._search:
            self._search = state.search
            self._hits = None
        options = self.settings.render
        mode = (options.wrap if options.wrap != "none" else "word") if state.wrapped else "none"
        width = options.width or self.size.columns
        labels = self.settings.labels
        self.label_room = 0 if labels is None or state.raw else labels.room(min(width, self.size.columns))
        width -= self.label_room
        options = options._replace(wrap=mode, raw=state.raw)
        self.viewport.set_layout(LayoutOptions(width, options, state.shift))
        pattern_key = state.search or (None if state.criteria.invert else state.criteria.pattern), state.raw
        if pattern_key != self._span_pattern:
            self._span_pattern = pattern_key
            self._span_cache.clear()

    @property
    def hits(self) -> MatchIndex | None:
        """Where the search hits."""
        if self._hits is None and self._search is not None:
            self._hits = find_pattern(self.document, self.filter_index, self._search, self._match, self.budget)
        return self._hits

    def levels(self, least: int, most: int) -> MatchIndex:
        """Where levels are: `ERRORS` or `WARNINGS`."""
        if (least, most) not in self._levels:
            self._levels[least, most] = find_levels(
                self.document, self.filter_index, self._severe_lines, least, most, self.budget
            )
        return self._levels[least, most]

    @property
    def level_counts(self) -> LevelCounts:
        """How many errors and warnings are shown."""
        if self._level_counts is None:
            self._level_counts = LevelCounts(self.levels(*ERRORS), self.levels(*WARNINGS), self.budget)
        return self._level_counts

    def background_indexes(self) -> list[MatchIndex]:
        """What is counted in the background, the more urgent first."""
        return [each for each in (self.filter_index, self._hits) if each is not None]

    def match_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """The parts of a shown text that are lit up. Raises `NotReady`."""
        pattern = self._span_pattern[0]
        if pattern is None:
            return ()
        found = self._span_cache.get(text)
        if found is None:
            found = self._find_spans(pattern, text)
            if len(self._span_cache) > 4 * self.height:
                self._span_cache.clear()
            self._span_cache[text] = found
        return found

    def first_match_offset(self, line: LaidOutLine) -> int:
        """The offset of the first part of a piece that is lit up; 0 where there is none. Raises `NotReady`."""
        for number, record in enumerate(line.records):
            if number and record is line.records[number - 1]:
                continue
            match_spans = self.match_spans(record.text)
            if match_spans:
                at = match_spans[0][0]
                last = number
                while (
                    last + 1 < len(line.rows) and line.records[last + 1] is record and line.rows[last + 1].start <= at
                ):
                    last += 1
                return line.starts[last] + max(at - line.rows[last].start, 0)
        return 0

    def visible_rows_of(self, state: PagerState) -> list[VisibleRow]:
        """What is on the screen, from the top: fewer rows than it has, where there are no more or not all is found."""
        if state.following:
            visible_rows, _ = self.take_rows(self.viewport.above(self.shown, None), self.height)
            visible_rows.reverse()
        else:
            visible_rows, _ = self.take_rows(self.viewport.below(self.shown, state.top), self.height)
        return visible_rows

    def take_rows(self, visible_rows: Iterator[VisibleRow], count: int) -> tuple[list[VisibleRow], bool]:
        """So many rows, or those that are found in time; and whether there may be more."""
        taken: list[VisibleRow] = []
        try:
            for visible_row in islice(visible_rows, count):
                taken.append(visible_row)  # noqa: PERF402 - those before a `NotReady` are wanted
        except NotReady:
            self.incomplete = True
            return taken, True
        return taken, False
