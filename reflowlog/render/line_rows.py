"""Draws lines of JSON and logfmt from memoized parts, without records as objects.

Invariants:
- The rows equal those of the record of the line (tests/unit/render/test_line_rows.py). A line that is not of the usual
  kind gives None, and is read and drawn the general way.
- The usual kind: a line of printable ASCII that one of the latest patterns matches, with deciding values that a line
  has had before (`text/parse/line_patterns.py`), and a time that exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.text.layout.line_times import LineTimes
from reflowlog.text.parse.line_patterns import KnownLines

if TYPE_CHECKING:
    from reflowlog.core.memo import Memo
    from reflowlog.core.records import LogRecord
    from reflowlog.render.message_words import MessageWords
    from reflowlog.render.record_rows import RecordRows
    from reflowlog.text.parse.line_patterns import LinePattern, LinePatterns

__all__ = ["LineRows"]

_Head = tuple[str, str, "MessageWords", str, tuple[tuple[int, "Memo[str, tuple[str, str] | None]"], ...]]
"""Parts of lines with the same deciding values: the columns after the time, the same drawn, the words of the message,
the source to show, and group and memo of each shown field."""


class LineRows:
    """Draws lines of one source at one width.

    Args:
        rows: draws records; see there.
        patterns: of the lines of the source.
        columns: names of the columns to show; None for all.
        hidden: names of the fields that are not shown.
        utc: show times in UTC.
    """

    def __init__(
        self,
        rows: RecordRows,
        patterns: LinePatterns,
        columns: tuple[str, ...] | None,
        hidden: tuple[str, ...],
        utc: bool,
    ) -> None:
        self._rows = rows
        self._columns = columns
        self._hidden = hidden
        self._times = LineTimes(utc)
        self._plan = plan = rows.plan(columns)
        columns_before = plan.before if plan is not None else ()
        self._has_time = bool(columns_before) and columns_before[0][0] == "time"
        cells = columns_before[0][1] if self._has_time else 0
        self._shown_time = slice(23 - max(cells, 12), 23 if cells > 8 else -4)  # with date, or without milliseconds
        self._known: KnownLines[_Head] = KnownLines(patterns)

    def draw(self, line: str) -> str | None:
        """Return the rows of a line; None if it is not of the usual kind."""
        found = self._known.find(line)
        if found is None:
            return None
        pattern, groups, head = found
        text, drawn_head, words, source, fields = head
        if pattern.time >= 0:
            time = self._times.text(pattern, groups)
            if not time:
                return None
            if self._has_time:
                text, drawn_head = self._rows.with_time(time[self._shown_time], text, drawn_head)
        extras = drawn_extras = ""
        for place, field in fields:  # as in `RecordRows.draw`: a call for both takes 4 % of the time of a line
            shown = field[groups[place]]
            if shown is None:
                return None
            extras += shown[0]
            drawn_extras += shown[1]
        return self._rows.rows(text, drawn_head, words, groups[pattern.message], extras, drawn_extras, source)

    def learn(self, line: str, record: LogRecord) -> None:
        """Take in a line that was not of the usual kind, and its record, with all fields."""
        plan = self._plan
        if plan is None:
            return

        def make(pattern: LinePattern, _: tuple[str | Any, ...], extras: tuple[tuple[int, str], ...]) -> _Head:
            columns = self._rows.head(record.selected(self._columns), with_time=pattern.time < 0)
            shown = tuple([(place, self._rows.field(name)) for place, name in extras if name not in self._hidden])
            return (*columns, self._rows.words(record.level), record.source if plan.source else "", shown)

        self._known.learn(line, record, make)
