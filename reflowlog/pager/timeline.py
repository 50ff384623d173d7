"""Times of the segments of a document, each seen from the record before it: for gaps and for relative times.

Invariants:
- What is asked depends on at most `MAX_UNTIMED_LINES` segments before a position: nothing scans the document.
- Unknown means unknown, see `text/parse/gaps.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.pager.filter import FilteredDocument
from reflowlog.text.layout.gap_rule import elapsed_text
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.gaps import MAX_LINE_BYTES, MAX_UNTIMED_LINES, gap_between
from reflowlog.text.parse.line_times import MAX_BACKWARD_SECONDS, LineClock, SequentialClock

if TYPE_CHECKING:
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher

__all__ = ["ELAPSED_WIDTHS", "ElapsedTest", "TimeDisplay", "Timeline", "may_match_elapsed"]

ELAPSED_WIDTHS = (23, 12, 8, 6)
"""Widths in cells of the columns and headers in which elapsed times are shown."""

_of_elapsed = lazy_pattern(r"(?=.*[0-9])[-+0-9:.dhms\\\[\](){}?*|^$, ]+")  # has no letters but of units and `\d`, `\s`

_MAX_CACHED_TIMES = 4096


class TimeDisplay(NamedTuple):
    """How the times of records are shown.

    Attributes:
        since: as they are, as the seconds since the record before, or since a moment.
        origin: that moment, in seconds since the epoch; None: unknown, times are shown as they are.
    """

    since: Literal["", "before", "mark"] = ""
    origin: float | None = None


class Timeline:
    """Times of segments.

    Args:
        document: the document.
        names: meanings of field names.

    Attributes:
        shown: the segments that are shown, among which the record before is found.
    """

    def __init__(self, document: Document, names: FieldNames = USUAL) -> None:
        self._document = document
        self._names = names
        self._reference = document.written_at
        self._clock = LineClock(names, self._reference)
        self._times: Memo[int, float | None] = Memo(limit=_MAX_CACHED_TIMES)  # of segments that do not change any more
        self.shown = FilteredDocument(document, None)

    def time_of(self, offset: int) -> float | None:
        """Return the time of a segment in seconds since the epoch; None if it has none of its own."""
        if offset in self._times:
            return self._times[offset]
        segment = self._document.segment(offset)
        reference = self._document.written_at
        if reference != self._reference:  # the file has grown
            self._reference, self._clock = reference, LineClock(self._names, reference)
        found = self._clock.time_of(segment) if self._document.is_line_start(offset) else None
        return self._times.remember(offset, found) if offset + len(segment) < self._document.text.end else found

    def record_time(self, offset: int) -> float | None:
        """Return the time of a segment, else of the nearest one before it that has one; None if none near has one.

        Raises:
            NotReady: the filter has not found the segments before it yet.
        """
        for _ in range(MAX_UNTIMED_LINES):
            found = self.time_of(offset)
            before = None if found is not None else self.shown.before(offset)
            if before is None:
                return found
            offset = before
        return None

    def elapsed(self, offset: int, display: TimeDisplay) -> float | None:
        """Return the seconds that are shown in place of a segment's time; None: the time itself is shown.

        Raises:
            NotReady: the filter has not found the record before yet.
        """
        if not display.since:
            return None
        if display.since == "before":
            return self.since_before(offset)
        time = self.time_of(offset)
        return None if time is None or display.origin is None else time - display.origin

    def since_before(self, offset: int) -> float | None:
        """Return the seconds from the record before to the record that begins with a segment; None if unknown.

        They are negative where the times go backward.

        Raises:
            NotReady: the filter has not found the record before yet.
        """
        time = self.time_of(offset)
        if time is None:
            return None
        between = [self._document.segment(offset)[:MAX_LINE_BYTES]]
        before = self.shown.before(offset)
        while before is not None and len(between) <= MAX_UNTIMED_LINES + 1:
            earlier = self.time_of(before)
            between.append(self._document.segment(before)[:MAX_LINE_BYTES])
            if earlier is not None:
                if gap_between(0, 0, between[::-1]) is None:
                    return None
                if time - earlier < -MAX_BACKWARD_SECONDS:  # over midnight, if they have no date
                    clock = SequentialClock(self._names, self._reference)
                    times = [clock.time_of(line) for line in (between[-1], between[0])]
                    earlier, time = (
                        (earlier if times[0] is None else times[0]),
                        (time if times[1] is None else times[1]),
                    )
                return time - earlier
            before = self.shown.before(before)
        return None


def may_match_elapsed(pattern: Matcher, display: TimeDisplay) -> bool:
    """Return whether a pattern is searched in the elapsed times that are shown."""
    return bool(display.since) and _of_elapsed.fullmatch(pattern.source) is not None


class ElapsedTest:
    """Test of the elapsed times of segments, as they are shown.

    Args:
        pattern: is searched in them.
        timeline: the times, with the records among which the record before is found.
        display: how they are shown.
    """

    def __init__(self, pattern: Matcher, timeline: Timeline, display: TimeDisplay) -> None:
        self._pattern = pattern
        self.timeline = timeline
        self._display = display

    def __call__(self, offset: int) -> bool:
        """Return whether the elapsed time of a segment matches, at any width. Raises `NotReady`."""
        elapsed = self.timeline.elapsed(offset, self._display)
        if elapsed is None:
            return False
        texts = dict.fromkeys(elapsed_text(elapsed, width).strip() for width in ELAPSED_WIDTHS)
        return any(self._pattern.spans(text) for text in texts)
