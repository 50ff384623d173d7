"""Renders log records of printable ASCII as one line of unlimited width and without styles, from memoized parts.

Invariants:
- The line equals that of `LineRenderer.item` without a width and a theme (tests/unit/render/test_record_text.py).
  Records that are not of the usual kind give None, and are rendered the general way.
- The usual kind: a message of printable ASCII, which has one line, and values of the types that `logging` sets.
- Any thread: a memo is replaced as a whole, and a race costs a computation.
"""

from __future__ import annotations

from reflowlog.core.memo import Memo
from reflowlog.text.clean.sanitize import is_plain
from reflowlog.text.layout.columns import (
    MAX_LOGGER_CHARS,
    clean_value,
    column_plan,
    key_text,
    level_column,
    logger_column,
    time_text,
)

__all__ = ["RecordText"]

_MAX_MEMO_CHARS = 64  # of a logger's name; longer ones hardly repeat
_MAX_KEY_CHARS = 256  # of an extra's name


class RecordText:
    """Renders records with one choice of columns.

    Args:
        columns: names of the columns to show; None for all.
        utc: show times in UTC.
    """

    def __init__(self, columns: tuple[str, ...] | None, utc: bool) -> None:
        self._plan = column_plan(None, columns)
        self._utc = utc
        self._heads: Memo[tuple[str, str], str] = Memo(limit=1024)
        self._second: tuple[int | None, str] = None, ""  # the latest second, and its text

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
        head = self._heads.get((level_name, logger))
        if head is None:
            head = self._head(level_name, logger)
        try:
            line = f"{self._time(created)}{head}{message}" if self._plan.time else head + message
        except (OverflowError, ValueError):
            return None
        for name, value in extras:
            if len(name) > _MAX_KEY_CHARS:
                return None
            line = f"{line}  {key_text(name)}{clean_value(value)}"
        return line

    def _time(self, created: float) -> str:
        """Return the column of the time, with the blank after it."""
        second = int(created // 1)
        known = self._second
        if known[0] != second:
            self._second = known = second, time_text(float(second), self._plan.time, self._utc)[:-3]
        return "%s%03d " % (known[1], min(int((created - second) * 1000 + 0.0005), 999))  # noqa: UP031 - faster

    def _head(self, level_name: str, logger: str) -> str:
        """Return the columns of level and logger, each with the blank after it."""
        level = level_column(level_name, self._plan.level)[1] if self._plan.level else ""
        name = logger_column(logger[-MAX_LOGGER_CHARS:], self._plan.logger)[1] if self._plan.logger else ""
        head = level + name
        if len(level_name) + len(logger) > _MAX_MEMO_CHARS:
            return head
        return self._heads.remember((level_name, logger), head)
