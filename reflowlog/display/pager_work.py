"""Work of a pager between two keys, in slices: polling, counting, and pending operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.display.input_rate import InputRate
from reflowlog.pager.seeking import advance
from reflowlog.pager.state import Seek
from reflowlog.pager.status_parts import StatusFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.display.base import DocumentSource
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.match_index import Budget
    from reflowlog.pager.regex_worker import RegexWorker
    from reflowlog.pager.state import PagerState

__all__ = ["POLL_INTERVAL", "WORK_SECONDS", "PagerWork"]

WORK_SECONDS = 0.003  # seconds of long work between two drains of the inbox
POLL_INTERVAL = 0.2  # seconds between two polls of the file and of the progress of long work
IDLE_SECONDS = 0.25  # seconds after a key or a new size before errors and warnings are counted on
COUNT_BYTES = 2 << 20  # bytes whose lines are counted at once


class PagerWork:
    """Work on the document of a pager, and the time at which it is due. Printer thread only.

    Lines are counted and pending operations continued at once; errors and warnings are counted only while there is
    nothing else to do, the user is idle, and the input does not come fast.

    Args:
        source: source of the document.
        context: the pager's context.
        budget: the time budget of a slice.
        matcher: runs regular expressions that may take long.
        clock: returns monotonic seconds.
    """

    def __init__(
        self,
        source: DocumentSource,
        context: PagerContext,
        budget: Budget,
        matcher: RegexWorker,
        clock: Callable[[], float],
    ) -> None:
        self._source = source
        self._context = context
        self._budget = budget
        self._matcher = matcher
        self._clock = clock
        self._rate = InputRate(clock)
        self._next_poll = 0.0
        self._idle_from = 0.0  # time from which on work is done that nothing on the screen waits for
        self._reported_timeouts = 0  # lines that took too long to match, as reported

    def note_activity(self) -> None:
        """Take over that the user has pressed a key, or changed the size."""
        self._idle_from = self._clock() + IDLE_SECONDS

    def due(self, state: PagerState, *, is_shown: bool) -> float:
        """Return the time at which the next slice is due, 0 for at once; while no screen is shown only polls are."""
        if is_shown and not self._matcher.waiting:
            if self.remains(state):
                return 0.0
            if self._has_levels_to_count(state):
                return min(self._next_poll, self._idle_from)
        return self._next_poll

    def remains(self, state: PagerState) -> bool:
        """Return whether long work is unfinished, other than counting errors and warnings."""
        context = self._context
        return state.is_working or context.incomplete or self._source.counted < 1 or bool(context.indexes.unfinished())

    # -- polling ------------------------------------------------------------------------------------------------

    @property
    def is_poll_due(self) -> bool:
        """Whether the source is to be polled."""
        return self._clock() >= self._next_poll

    def poll(self) -> tuple[list[str], bool]:
        """Poll the source; return its notices, one line each, and whether the text or its rate has changed."""
        text = self._context.document.text
        end = text.end
        notices = self._source.poll()
        self._next_poll = self._clock() + POLL_INTERVAL
        rate_changed = self._rate.poll(text)
        return notices, rate_changed or text.end != end

    @property
    def facts(self) -> StatusFacts:
        """Facts about the source for the status row."""
        rate, source = self._rate, self._source
        return StatusFacts(source.name, source.live, rate.lines_per_second, source.counted, rate.growing_fast)

    def timeout_message(self, state: PagerState) -> str:
        """Return a message once more lines took too long to match than were reported; else empty."""
        patterns = [test.pattern for test in state.criteria.tests]
        if state.search is not None:
            patterns.append(state.search)
        count = sum(map(self._matcher.given_up, patterns))
        reported, self._reported_timeouts = self._reported_timeouts, count
        if count <= reported:
            return ""
        return f"{count} line{'s' * (count != 1)} took too long to match, and count as not matching"

    # -- slices -------------------------------------------------------------------------------------------------

    def advance(self, state: PagerState) -> PagerState:
        """Return the state after a slice of counting lines, of its pending operation, and of indexes."""
        self._count_lines(state)
        return advance(state, self._context)

    def _count_lines(self, state: PagerState) -> None:
        """Count lines for a slice; for half of it if something else was asked for, which gets the other half.

        A line that is gone to has to be counted first. All else can be found without, and would wait for minutes.
        """
        has_request = isinstance(state.pending, Seek) or state.saving is not None or state.copying is not None
        is_shared = self._source.counted < 1 and (has_request or self._context.incomplete)
        if is_shared:
            self._budget.restart(WORK_SECONDS / 2)
        while self._source.count_on(COUNT_BYTES) and not self._budget.is_over:
            pass
        if is_shared:
            self._budget.restart(WORK_SECONDS / 2)

    def _has_levels_to_count(self, state: PagerState) -> bool:
        """Return whether errors and warnings remain to be counted, and there is no other work."""
        counts = self._context.levels.counts
        return not self._rate.growing_fast and not self.remains(state) and not counts.is_complete

    def can_count_levels(self, state: PagerState) -> bool:
        """Return whether errors and warnings are to be counted now, while no key is typed and the width rests."""
        return self._has_levels_to_count(state) and self._clock() >= self._idle_from

    def count_levels(self) -> bool:
        """Count errors and warnings for a slice, and return whether all are counted."""
        counts = self._context.levels.counts
        counts.step()
        return counts.is_complete
