"""Renders log records of printable ASCII as one line of unlimited width and without styles, from memoized parts.

Invariants:
- The line equals that of `LineRenderer.item` without a width and a theme (tests/unit/render/test_record_text.py).
  Records that are not of the usual kind give None, and are rendered the general way.
- The usual kind: a message of printable ASCII, which has one line, and values of the types that `logging` sets.
- Any thread: a memo is replaced as a whole, and a race costs a computation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import LogRecord
from reflowlog.text.clean.sanitize import is_plain
from reflowlog.text.layout.column_plan import MAX_LOGGER_CHARS, column_plan, field_columns
from reflowlog.text.layout.columns import clean_value, key_text, level_column, logger_column, time_text

if TYPE_CHECKING:
    from reflowlog.text.layout.column_plan import ColumnTracker, SeenColumns

__all__ = ["RecordText"]

_MAX_MEMO_CHARS = 64  # of a logger's name; longer ones hardly repeat
_MAX_KEY_CHARS = 256  # of an extra's name
_USUAL_ORDER = ("time", "level", "logger")


class _Plan(NamedTuple):
    """Cells of the columns, and the columns of level and logger by their texts, as seen so far."""

    seen: SeenColumns
    time: int
    level: int
    logger: int
    heads: Memo[tuple[str, str], str]


class RecordText:
    """Renders records with one choice of columns.

    Args:
        columns: names of the columns to show; None for all.
        utc: show times in UTC.
        tracker: columns that the records have had so far.
    """

    def __init__(self, columns: tuple[str, ...] | None, utc: bool, tracker: ColumnTracker) -> None:
        self._columns = columns
        self._utc = utc
        self._tracker = tracker
        self._plan = self._make_plan()
        self._second: tuple[int | None, str] = None, ""  # the latest second, and its text

    @staticmethod
    def can_render(columns: tuple[str, ...] | None) -> bool:
        """Return whether records with a choice of columns may be rendered from parts: no fields, the usual order."""
        chosen = tuple([name for name in columns or _USUAL_ORDER if name in _USUAL_ORDER])
        return not field_columns(columns) and chosen == tuple([name for name in _USUAL_ORDER if name in chosen])

    def line(
        self,
        created: object,
        level_name: object,
        logger: object,
        message: str,
        extras: tuple[tuple[str, str], ...],
    ) -> str | None:
        """Return the line of a record without a traceback; None if it is not of the usual kind.

        Args:
            created: seconds since the epoch.
            level_name: the program's name of the level.
            logger: its dotted name.
            message: the rendered message.
            extras: further fields as (name, text) pairs.
        """
        if type(created) is not float or type(level_name) is not str or type(logger) is not str:
            return None
        if not message or not is_plain(message):
            return None
        plan = self._plan
        head = plan.heads.get((level_name, logger)) if plan.seen is self._tracker.seen else None
        if head is None:
            record = LogRecord(created, 0, level_name, logger, "", columns=self._columns)
            self._tracker.add(record)
            while plan.seen is not self._tracker.seen:
                self._plan = plan = self._make_plan()
                self._tracker.add(record)  # another thread may have undone it
            head = self._head(plan, level_name, logger)
        try:
            line = f"{self._time(created, plan.time)}{head}{message}" if plan.time else head + message
        except (OverflowError, ValueError):
            return None
        for name, value in extras:
            if len(name) > _MAX_KEY_CHARS:
                return None
            line = f"{line}  {key_text(name)}{clean_value(value)}"
        return line

    def _make_plan(self) -> _Plan:
        seen = self._tracker.seen
        sizes = dict(column_plan(None, self._columns, seen).before)
        time, level, logger = [sizes.get(name, 0) for name in _USUAL_ORDER]
        return _Plan(seen, time, level, logger, Memo(limit=1024))

    def _time(self, created: float, size: int) -> str:
        """Return the column of the time, with the blank after it."""
        second = int(created // 1)
        known = self._second
        if known[0] != second:
            self._second = known = second, time_text(float(second), size, self._utc)[:-3]
        return "%s%03d " % (known[1], min(int((created - second) * 1000 + 0.0005), 999))  # noqa: UP031 - faster

    @staticmethod
    def _head(plan: _Plan, level_name: str, logger: str) -> str:
        """Return the columns of level and logger, each with the blank after it."""
        level = level_column(level_name, plan.level)[1] if plan.level else ""
        name = logger_column(logger[-MAX_LOGGER_CHARS:], plan.logger)[1] if plan.logger else ""
        head = level + name
        if len(level_name) + len(logger) > _MAX_MEMO_CHARS:
            return head
        return plan.heads.remember((level_name, logger), head)
