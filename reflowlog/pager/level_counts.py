"""The tally: how many errors and warnings there are among what is shown, for the status row.

Rules of this file:
- It is counted in slices, cell by cell, while nothing else is to be done: whoever drives it says when. What `e` and `w`
  have found on their way is known already, and the other way round.
- Both are counted side by side: the lines of a cell are looked at once (`finder.Severe`).
- While much comes in, what was counted last stands, as incomplete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.pager.match_index import NotReady

if TYPE_CHECKING:
    from reflowlog.pager.match_index import Budget, MatchIndex

__all__ = ["LevelCounts"]


class LevelCounts:
    """Counts errors and warnings.

    Args:
        errors: the pieces that are errors.
        warnings: the pieces that are warnings.
        budget: how long one step may take.
    """

    def __init__(self, errors: MatchIndex, warnings: MatchIndex, budget: Budget) -> None:
        self._errors = errors
        self._warnings = warnings
        self._budget = budget
        self._counted = (0, 0)

    @property
    def is_complete(self) -> bool:
        """Whether all that there is has been counted, the part that still changes aside."""
        return self._errors.is_complete and self._warnings.is_complete

    def step(self) -> None:
        """Count on for as long as the budget lasts."""
        try:
            while not self.is_complete and not self._budget.is_over:
                behind = self._errors if self._errors.reached < self._warnings.reached else self._warnings
                behind.step(1)
        except NotReady:
            pass  # what is shown is not known yet

    def text(self, *, growing: bool = False) -> str:
        """What the status row says, such as ``12 errors  340 warnings``; nothing where there are none.

        Args:
            growing: whether so much comes in that nothing is counted meanwhile.
        """
        is_complete = self.is_complete and not growing
        if not growing:
            try:
                self._counted = self._errors.total(), self._warnings.total()
            except NotReady:
                is_complete = False
        said = [
            f"{count:,} {name}{'s' * (count != 1)}" for count, name in zip(self._counted, ("error", "warning")) if count
        ]
        return "  ".join(said) + ("…" if said and not is_complete else "")
