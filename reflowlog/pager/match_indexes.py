"""Indexes that a pager needs: of the segments that its filters show, and of those that its search pattern matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.pager.filter import FilterCriteria, make_filter_index
from reflowlog.pager.search import find_elapsed, find_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.pager.filter import Match
    from reflowlog.pager.match_index import Budget, MatchIndex
    from reflowlog.pager.pieces import PieceIndex
    from reflowlog.pager.timeline import ElapsedTest
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher

__all__ = ["MatchIndexes"]


class MatchIndexes:
    """Indexes of the segments that the filters show, and of the hits among them; for one thread.

    Each is made when it is asked for. Those of the lower filters of a stack are kept, so that dropping one is fast.

    Args:
        document: the document.
        match: returns the starts of the lines in some data that match a pattern; may raise `NotReady`.
        budget: time limit of one step.
        names: meanings of field names.
        elapsed_test: returns the test of a pattern in the elapsed times that are shown; None if it is no such time.

    Attributes:
        filter_index: index of the segments that are shown; None: all are.
    """

    def __init__(
        self,
        document: Document,
        match: Match,
        budget: Budget,
        names: FieldNames,
        elapsed_test: Callable[[Matcher], ElapsedTest | None],
    ) -> None:
        self.filter_index: MatchIndex | None = None
        self._document = document
        self._match = match
        self._budget = budget
        self._names = names
        self._elapsed_test = elapsed_test
        self._criteria = FilterCriteria()
        self._by_criteria: dict[FilterCriteria, MatchIndex] = {}  # of the stack of filters and its lower parts
        self._search: Matcher | None = None
        self._hits: MatchIndex | None = None
        self._pieces: PieceIndex | None = None

    def filter(self, criteria: FilterCriteria) -> bool:
        """Take over the selection of the records that are shown; return whether it is another one."""
        if criteria == self._criteria:
            return False
        self._criteria = criteria
        self._by_criteria = {
            part: match_index for part, match_index in self._by_criteria.items() if _is_part(part, criteria)
        }
        self.filter_index = self.index_of(criteria)
        self._hits = None
        return True

    def search(self, pattern: Matcher | None) -> None:
        """Take over the search pattern."""
        if pattern is not self._search:
            self._search = pattern
            self._hits = None

    def join(self, pieces: PieceIndex) -> None:
        """Search lines of pieces as one from now on."""
        self._pieces = pieces
        self._hits = None

    def drop_hits(self) -> None:
        """Search again, because other elapsed times are shown."""
        self._hits = None

    def index_of(self, criteria: FilterCriteria) -> MatchIndex | None:
        """Return the index of the segments that criteria show; None if they show all."""
        if criteria not in self._by_criteria:
            match_index = make_filter_index(self._document, criteria, self._match, self._budget, self._names)
            if match_index is None:
                return None
            self._by_criteria[criteria] = match_index
        return self._by_criteria[criteria]

    @property
    def hits(self) -> MatchIndex | None:
        """Index of the shown segments that the search pattern matches; None: nothing is searched."""
        if self._hits is None and self._search is not None:
            self._hits = find_pattern(
                self._document, self.filter_index, self._search, self._match, self._budget, self._pieces
            )
            elapsed = self._elapsed_test(self._search)
            if elapsed is not None:
                self._hits = find_elapsed(self._document, self.filter_index, self._hits, elapsed, self._budget)
        return self._hits

    def in_background(self) -> list[MatchIndex]:
        """Return the indexes that are built in the background, the most urgent first."""
        lower = [match_index for match_index in self._by_criteria.values() if match_index is not self.filter_index]
        return [match_index for match_index in (self.filter_index, self._hits, *lower) if match_index is not None]

    def unfinished(self) -> list[MatchIndex]:
        """Return those of them that are neither complete nor stopped."""
        return [index for index in self.in_background() if not index.is_complete and not index.is_stopped]


def _is_part(part: FilterCriteria, whole: FilterCriteria) -> bool:
    """Return whether criteria are those of a stack without its newest filters, with its context or without."""
    is_alike = part.level == whole.level and part.context in (0, whole.context)
    return is_alike and part.tests == whole.tests[: len(part.tests)]
