"""Document, options and derived caches that a pager state is rendered against.

All of it can be computed again and may be dropped at any time. It belongs to one thread.
"""

from __future__ import annotations

import re
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.pager.filter import FilteredDocument, RecordTest
from reflowlog.pager.folds import Folds
from reflowlog.pager.level_indexes import LevelIndexes
from reflowlog.pager.match_highlight import MatchHighlight
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.match_indexes import MatchIndexes
from reflowlog.pager.pieces import JoinedDocument, PieceIndex
from reflowlog.pager.record_details import RecordDetails
from reflowlog.pager.shown_folds import ShownFolds
from reflowlog.pager.timeline import ElapsedTest, TimeDisplay, Timeline, may_match_elapsed
from reflowlog.pager.viewport import LayoutOptions, Viewport
from reflowlog.render.options import RenderOptions
from reflowlog.text.layout.column_choice import ColumnChoice
from reflowlog.text.layout.column_names import STANDARD_COLUMNS
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.search.pattern_source import PatternError
from reflowlog.text.search.query import compile_query
from reflowlog.text.search.shown_record import ShownRecords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reflowlog.core.frames import Size
    from reflowlog.core.records import LogRecord
    from reflowlog.pager.detail import Detail, DetailView
    from reflowlog.pager.filter import FilterCriteria, Match, ShownSegments
    from reflowlog.pager.match_index import Budget
    from reflowlog.pager.state import PagerState
    from reflowlog.pager.viewport import LaidOutLine, VisibleRow
    from reflowlog.store.document import Document
    from reflowlog.text.highlight.appearance import Appearance
    from reflowlog.text.layout.column_plan import ColumnTracker
    from reflowlog.text.layout.source_labels import SourceLabels
    from reflowlog.text.search.pattern import Matcher

__all__ = ["PagerContext", "PagerOptions"]


class PagerOptions(NamedTuple):
    """Options that do not change while a pager runs, but for the appearance.

    Attributes:
        render: rendering options; ``raw`` and whether lines are broken at all are chosen in the pager.
        keys: the user's bindings: for a typed key, the name of the default key that it stands for, or nothing.
        read: parses the log records of a line, with columns of their own; None: the parser for any log.
        labels: labels of the sources, if there are several.
        owner: returns the source of the line at an offset.
        ignore_case: case never counts in patterns.
        gaps: seconds without a record from which on a rule is shown; None: there are no rules.
        has_loggers: whether the log is that of the program itself, whose loggers' levels can be changed.
        original: returns the text as it came of a stored record, without the newline at its end.
        tracker: columns that the source has had so far, shared with inline mode; None: nothing is known.
        empty: what the status row says of a document without any text.
        awaited: the same while more input may come; empty: no other.
    """

    render: RenderOptions = RenderOptions()
    keys: Mapping[str, str] = MappingProxyType({})
    read: Callable[[str], list[LogRecord]] | None = None
    labels: SourceLabels | None = None
    owner: Callable[[int], int | None] = lambda _: None
    ignore_case: bool = False
    gaps: float | None = None
    has_loggers: bool = False
    original: Callable[[bytes], bytes] = lambda data: data
    tracker: ColumnTracker | None = None
    empty: str = "empty"
    awaited: str = ""


class PagerContext:
    """Document, options and derived caches of a pager; for one thread.

    Its attributes are what it was given, and one part for each kind of derived knowledge, which `sync` keeps in step.

    Args:
        document: the document.
        size: the terminal's.
        settings: the options.
        budget: time limit of one step.
        match: returns the starts of the lines in some data that match a pattern; may raise `NotReady`.
        spans: returns the spans of a text that match a pattern; may raise `NotReady`.
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
        self.names = settings.render.appearance.names or USUAL
        self._match = match
        self._find_spans = spans
        self.indexes = MatchIndexes(document, match, budget, self.names, self._elapsed_test)
        self.filtered = FilteredDocument(document, None)  # the shown segments, those that are folded included
        self.levels = LevelIndexes(document, self.names, budget)
        layout = LayoutOptions(settings.render.width or size.columns, settings.render, gaps=settings.gaps)
        self.timeline = Timeline(document, self.names)
        self.viewport = Viewport(document, layout, settings.read, self.timeline, settings.tracker)
        self.folds = ShownFolds(
            document, self.filtered, budget, self.timeline, self.viewport, utc=settings.render.appearance.utc
        )
        self._typed: tuple[str, Matcher | None] = ("", None)  # the pattern in the prompt, and its source
        self.highlight = MatchHighlight(self._matches, spans)
        self.drawn_rows: dict[tuple[int, int], tuple[LaidOutLine, str]] = {}  # of lines without marks, see `compose`
        self._details = RecordDetails(document, self.names, settings.read, settings.original)
        self._choice: ColumnChoice | None = None
        self._may_have_pieces = settings.read is None
        self._pieces = PieceIndex(document, None if settings.labels is None else settings.owner)
        self._joins = False  # lines of pieces are shown as one
        self.incomplete = False  # the screen is not complete yet
        self.label_room = 0  # cells of the labels before the lines

    @property
    def height(self) -> int:
        """Number of rows for the document: all but the status row."""
        return max(self.size.rows - 1, 1)

    def compile(self, source: str) -> Matcher:
        """Compile a typed pattern, to be searched in lines as they came and as they are shown.

        A plus at its start, which repeats nothing, is that of an elapsed time: ``+2:05``.

        Raises:
            PatternError: the source is invalid.
        """
        if re.match(r"\+[0-9]", source):
            source = f"\\{source}"
        appearance = self.settings.render.appearance
        records = None
        if self.settings.read is None and not self.settings.render.raw:
            columns, hidden = self._choice or (appearance.columns, appearance.hidden)
            records = ShownRecords(columns, hidden, utc=appearance.utc, names=appearance.names)
        return compile_query(source, self.names, ignore_case=self.settings.ignore_case, records=records)

    def column_choice(self, state: PagerState) -> ColumnChoice | None:
        """Return the columns and hidden fields in force; None if lines are shown as they came."""
        appearance = self.settings.render.appearance
        if appearance.columns is None or state.raw:
            return None
        if state.choice is not None:
            return state.choice
        return ColumnChoice(appearance.columns or STANDARD_COLUMNS, appearance.hidden)

    def restyle(self, appearance: Appearance) -> None:
        """Lay out in another appearance from now on."""
        self.settings = self.settings._replace(render=self.settings.render._replace(appearance=appearance))
        layout = self.viewport.layout
        self.viewport.set_layout(layout._replace(render=layout.render._replace(appearance=appearance)))
        self.highlight.forget()
        self.drawn_rows.clear()

    def sync(self, state: PagerState) -> None:
        """Adapt filter, search and layout to a state; costs little if it is the one before."""
        if self.indexes.filter(state.criteria):
            self.filtered = FilteredDocument(self.document, self.indexes.filter_index)
            # elapsed times stay what a filter has found
            elapsed_tests = _elapsed_tests(state.criteria)
            self.timeline.shown = next((test.timeline.shown for test in elapsed_tests), self.filtered)
            self.folds.filter(self.filtered)
            self.levels.restrict(self.indexes.filter_index)
        if not self._joins and self._may_have_pieces and self._pieces.has_pieces:
            self._joins = True
            self.viewport.join(self._pieces)
            self.indexes.join(self._pieces)
        self.indexes.search(state.search)
        self._sync_layout(state)
        self.folds.fold(Folds() if state.raw else state.folds)
        self._highlight(state)

    def _sync_layout(self, state: PagerState) -> None:
        """Adapt width, shift, wrapping, times and columns to a state."""
        options = self.settings.render
        mode = (options.wrap if options.wrap != "none" else "word") if state.wrapped else "none"
        width = options.width or self.size.columns
        labels = self.settings.labels
        self.label_room = 0 if labels is None or state.raw else labels.room(min(width, self.size.columns))
        width -= self.label_room
        layout = self.viewport.layout
        times = TimeDisplay(state.times, state.origin)
        chosen = width, state.shift, mode, state.raw, times, state.choice
        if chosen != (layout.width, layout.shift, layout.render.wrap, layout.render.raw, layout.times, layout.choice):
            render = options._replace(wrap=mode, raw=state.raw)
            self._choice = state.choice
            if times != layout.times:
                self.indexes.drop_hits()
            self.viewport.set_layout(LayoutOptions(width, render, state.shift, self.settings.gaps, times, state.choice))

    @property
    def shown(self) -> ShownSegments:
        """The visible segments: those that the filters show, without folded ones and further pieces of lines."""
        return JoinedDocument(self.folds.shown, self._pieces) if self._joins else self.folds.shown

    def opened_folds(self, state: PagerState, offset: int) -> Folds:
        """Return the folds with everything unfolded that hides a segment, or the match of the search in it."""
        search = state.search

        def is_match_folded(offset: int) -> bool:
            texts = {styled.text for styled in self.viewport.line(offset).styled}
            return search is not None and not any(self._find_spans(search, text) for text in texts)

        return self.folds.opened(offset, is_match_folded)

    def _highlight(self, state: PagerState) -> None:
        """Choose the patterns that are highlighted: that in the prompt, else the search, else the filters."""
        search = self._typed_pattern(state) or state.search
        if search is not None:
            patterns: tuple[Matcher, ...] = (search,)
        else:
            patterns = tuple([test.pattern for test in state.criteria.tests if not test.exclude])
        self.highlight.choose(patterns, marks_lines=search is not None)

    def _typed_pattern(self, state: PagerState) -> Matcher | None:
        """Return the search pattern that is being typed; None if there is none, or it is not valid yet."""
        if state.prompt is None or state.prompt.kind not in "/?" or not state.prompt.text:
            return None
        if self._typed[0] != state.prompt.text:
            try:
                self._typed = state.prompt.text, self.compile(state.prompt.text)
            except PatternError:
                self._typed = state.prompt.text, None
        return self._typed[1]

    def _elapsed_test(self, pattern: Matcher, timeline: Timeline | None = None) -> ElapsedTest | None:
        """Return the test of a pattern that is searched in the elapsed times that are shown; None if it is not."""
        display = self.viewport.layout.times
        return ElapsedTest(pattern, timeline or self.timeline, display) if may_match_elapsed(pattern, display) else None

    def _matches(self, pattern: Matcher, offset: int) -> bool:
        """Return whether a pattern matches a segment, as it came or as it is shown. Raises `NotReady`."""
        if self._match(pattern, self.viewport.segment(offset)):
            return True
        elapsed = self._elapsed_test(pattern)
        return elapsed is not None and elapsed(offset)

    def make_test(self, source: str, *, exclude: bool) -> RecordTest:
        """Return a filter that is added to those in force.

        It tests elapsed times as they are shown when it is typed, among the records that are shown then.

        Raises:
            PatternError: the source is invalid.
        """
        pattern = self.compile(source)
        timeline = Timeline(self.document, self.names)
        timeline.shown = self.timeline.shown
        return RecordTest(pattern, exclude, self._elapsed_test(pattern, timeline), is_hidden=exclude)

    # -- the record in detail -------------------------------------------------------------------------------------

    def detail_at(self, offset: int) -> Detail | None:
        """Return the detail of the record at an offset; None if nothing is held."""
        return self._details.at(offset, utc=self.settings.render.appearance.utc)

    def detail_view(self, offset: int) -> DetailView | None:
        """Return the rows of the detail at the present width; None if nothing is held."""
        options = self.settings.render
        return self._details.view(offset, min(options.width or self.size.columns, self.size.columns), options)

    # -- rows -----------------------------------------------------------------------------------------------------

    def visible_rows_of(self, state: PagerState) -> list[VisibleRow]:
        """Return the rows on the screen, from the top: fewer than its height if there are no more, or none in time."""
        while True:
            seen = self.viewport.seen
            visible_rows = self._take_visible_rows(state)
            if self.viewport.seen is seen:
                return visible_rows  # all laid out in the same columns

    def _take_visible_rows(self, state: PagerState) -> list[VisibleRow]:
        if state.following:
            visible_rows, _ = self.take_rows(self.viewport.above(self.shown, None), self.height)
            visible_rows.reverse()
        else:
            visible_rows, _ = self.take_rows(self.viewport.below(self.shown, state.top), self.height)
        return visible_rows

    def take_rows(self, visible_rows: Iterator[VisibleRow], count: int) -> tuple[list[VisibleRow], bool]:
        """Return up to `count` rows, as far as they are found in time, and whether there may be more."""
        taken: list[VisibleRow] = []
        try:
            for visible_row in islice(visible_rows, count):
                taken.append(visible_row)  # noqa: PERF402 - the rows before a `NotReady` are needed
        except NotReady:
            self.incomplete = True
            return taken, True
        return taken, False


def _elapsed_tests(criteria: FilterCriteria) -> list[ElapsedTest]:
    """Return the tests of elapsed times, the newest first."""
    tests = [test.of_offset for test in criteria.tests[::-1]]
    return [test for test in tests if isinstance(test, ElapsedTest)]
