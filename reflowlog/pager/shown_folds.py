"""Folds of a pager over the segments that its filters show: those left visible, and the fold that a key toggles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.pager.folds import FoldedDocument, FoldIndex, Folds, toggled
from reflowlog.pager.match_index import NotReady
from reflowlog.text.parse.tracebacks import OPEN, WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.pager.filter import FilteredDocument, ShownSegments
    from reflowlog.pager.match_index import Budget
    from reflowlog.pager.timeline import Timeline
    from reflowlog.pager.viewport import Viewport
    from reflowlog.store.document import Document

__all__ = ["ShownFolds"]


class ShownFolds:
    """The folds in force, and the document that they leave; for one thread.

    Args:
        document: the document.
        filtered: the segments that the filters show.
        budget: time limit of one step.
        timeline: times of the records, for the labels.
        viewport: lays out the labels in place of what is folded.
        utc: whether the labels show times in UTC.

    Attributes:
        shown: the visible segments.
    """

    def __init__(
        self,
        document: Document,
        filtered: FilteredDocument,
        budget: Budget,
        timeline: Timeline,
        viewport: Viewport,
        *,
        utc: bool,
    ) -> None:
        self.shown: ShownSegments = filtered
        self._document = document
        self._filtered = filtered
        self._budget = budget
        self._timeline = timeline
        self._viewport = viewport
        self._utc = utc
        self._folds = Folds()
        self._made_index: FoldIndex | None = None

    def filter(self, filtered: FilteredDocument) -> None:
        """Fold other segments in the same way."""
        self._filtered = filtered
        self._made_index = None
        self._apply()

    def fold(self, folds: Folds) -> None:
        """Take over the folds."""
        if folds is not self._folds and folds != self._folds:
            self._folds = folds
            self._apply()

    def _apply(self) -> None:
        if self._folds.is_empty:
            self.shown = self._filtered
            self._viewport.set_folds(self._folds, lambda _: None)
            return
        folded = FoldedDocument(self._filtered, self._index, self._folds, self._timeline, utc=self._utc)
        self.shown = folded
        self._viewport.set_folds(self._folds, folded.label)

    def step(self) -> None:
        """Continue the search for the end of a run of repeats, until the budget is over."""
        if self._made_index is not None:
            self._made_index.step()

    @property
    def _index(self) -> FoldIndex:
        """Records and repeats among the filtered segments."""
        if self._made_index is None:
            self._made_index = FoldIndex(self._document, self._filtered, self._budget)
        return self._made_index

    def toggled(self, offset: int) -> Folds | None:
        """Return the folds with the fold at a segment toggled; None if there is nothing to fold.

        Raises:
            NotReady: it is not known in time.
        """
        if self._viewport.has_frames(offset):
            return self._folds.with_record(offset, OPEN if self._folds.level(offset) else WHOLE)
        return toggled(self._filtered, self._index, self._folds, offset)

    def opened(self, offset: int, is_match_folded: Callable[[int], bool]) -> Folds:
        """Return the folds with everything unfolded that hides a segment, or the match in it.

        Args:
            offset: of the segment.
            is_match_folded: returns whether nothing in the rows of a segment matches; may raise `NotReady`.
        """
        folds = self._folds
        try:
            if isinstance(self.shown, FoldedDocument):
                folds = self.shown.opened(offset)
            if folds.level(offset) and self._viewport.has_frames(offset) and is_match_folded(offset):
                folds = folds.with_record(offset, OPEN)
        except NotReady:
            pass
        return folds
