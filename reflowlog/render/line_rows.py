"""Draws lines of JSON and logfmt from memoized parts, without records as objects.

Invariants:
- The rows equal those of the record of the line (tests/unit/render/test_line_rows.py). A line that is not of the usual
  kind gives None, and is read and drawn the general way.
- The usual kind: a line of printable ASCII that one of the latest patterns matches, with deciding values that a line
  has had before (`text/parse/line_patterns.py`), and a time that exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.core.memo import Memo
from reflowlog.text.layout.columns import time_text
from reflowlog.text.parse.timestamps import epoch, iso

if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord
    from reflowlog.render.message_words import MessageWords
    from reflowlog.render.record_rows import RecordRows
    from reflowlog.text.parse.line_patterns import LinePattern, LinePatterns

__all__ = ["LineRows"]

_TRACEBACK = "Traceback (most"
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
        self._patterns = patterns
        self._columns = columns
        self._hidden = hidden
        self._utc = utc
        self._plan = plan = rows.plan(columns)
        columns_before = plan.before if plan is not None else ()
        self._has_time = bool(columns_before) and columns_before[0][0] == "time"
        cells = columns_before[0][1] if self._has_time else 0
        self._has_date, self._has_fraction = cells == 23, cells > 8
        self._heads: Memo[tuple[LinePattern, object], _Head] = Memo(limit=1024)
        self._starts: Memo[tuple[str, str | None], str] = Memo(self._start, limit=1024)

    def draw(self, line: str) -> str | None:
        """Return the rows of a line; None if it is not of the usual kind."""
        found = self._patterns.find(line)
        if found is None:
            return None
        pattern, match = found
        groups = match.groups()
        head = self._heads.get((pattern, pattern.key(groups)))
        if head is None or _TRACEBACK in line:
            return None
        text, drawn_head, words, source, fields = head
        if pattern.time >= 0:
            time = self._time_text(pattern, groups)
            if not time:
                return None
            if self._has_time:
                text, drawn_head = self._rows.with_time(time, text, drawn_head)
        extras = drawn_extras = ""
        for place, field in fields:
            shown = field[groups[place]]
            if shown is None:
                return None
            extras += shown[0]
            drawn_extras += shown[1]
        return self._rows.rows(text, drawn_head, words, groups[pattern.message], extras, drawn_extras, source)

    def learn(self, line: str, record: LogRecord) -> None:
        """Take in a line that was not of the usual kind, and its record, with all fields."""
        if self._plan is None:
            return
        found = self._patterns.find(line)
        if found is None:
            self._patterns.learn(line)
            return
        pattern, match = found
        groups = match.groups()
        extras = pattern.extras(groups, record)
        if extras is not None:
            columns = self._rows.head(record.selected(self._columns), with_time=pattern.time < 0)
            shown = tuple([(place, self._rows.field(name)) for place, name in extras if name not in self._hidden])
            source = record.source if self._plan.source else ""
            head = (*columns, self._rows.words(record.level), source, shown)
            self._heads.remember((pattern, pattern.key(groups)), head)

    def _time_text(self, pattern: LinePattern, groups: tuple[str | Any, ...]) -> str:
        """Return the text of the column of the time; empty for a time that does not exist."""
        place = pattern.time
        if pattern.is_iso:
            minute, second, fraction, zone = groups[place : place + 4]
            start = self._starts[minute, zone]
            if not start:
                return ""
            return f"{start}{second}.{fraction or '000'}" if self._has_fraction else start + second
        second, fraction = groups[place : place + 2]
        start = self._starts[second, None]
        if not start:
            return ""
        return f"{start}.{fraction or '000'}" if self._has_fraction else start

    def _start(self, key: tuple[str, str | None]) -> str:
        """Return the text of a second since the epoch, or of an ISO minute and its zone without the seconds.

        Empty for one that does not exist, or that begins within a minute of local time.
        """
        first, zone = key
        if first.isdigit():
            moment = epoch(int(first))
            return "" if moment is None else self._second_text(moment)
        moment = iso(f"{first}:00{zone or ''}")
        if moment is None:
            return ""
        start, end = self._second_text(moment), self._second_text(moment + 59)
        return start[:-2] if start[:-2] == end[:-2] else ""

    def _second_text(self, moment: float) -> str:
        """Return the text of a whole second; empty if this machine cannot represent it."""
        text = time_text(moment, 23, self._utc)[: -len(".000")]
        return "" if text[-1] == "-" else text if self._has_date else text[-8:]
