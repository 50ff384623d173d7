"""Choice of columns and hidden fields, and how often each field occurs. Pure.

Invariants:
- The message is always shown: it is neither hidden nor taken from the columns.
- A name is a column or hidden, never both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.layout.column_names import STANDARD_COLUMNS
from reflowlog.text.layout.columns import time_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reflowlog.core.records import LogRecord

__all__ = ["ColumnChoice", "FieldShare", "field_shares"]

TIME_CELLS = 23
"""Cells of an example of a time: with date and milliseconds, see `time_text`."""

MAX_EXAMPLE_CHARS = 60
"""Characters of an example of a field's value."""


class ColumnChoice(NamedTuple):
    """Names of columns, in order, and of fields that are not shown; immutable.

    Examples:
        >>> choice = ColumnChoice(("time", "message"))
        >>> choice.toggled("user").columns, choice.with_hidden("pid").hidden
        (('time', 'user', 'message'), ('pid',))
    """

    columns: tuple[str, ...] = STANDARD_COLUMNS
    hidden: tuple[str, ...] = ()

    def toggled(self, name: str) -> ColumnChoice:
        """Return the choice with a column more, before the message, or without it."""
        if name == "message":
            return self
        if name in self.columns:
            return self._replace(columns=tuple([each for each in self.columns if each != name]))
        later = STANDARD_COLUMNS[STANDARD_COLUMNS.index(name) + 1 :] if name in STANDARD_COLUMNS else ("message",)
        at = next((place for place, each in enumerate(self.columns) if each in later), len(self.columns))
        columns = (*self.columns[:at], name, *self.columns[at:])
        return ColumnChoice(columns, tuple([each for each in self.hidden if each != name]))

    def with_hidden(self, name: str) -> ColumnChoice:
        """Return the choice with a field hidden, or shown again: behind the message, or as the usual column."""
        if name == "message":
            return self
        if name in STANDARD_COLUMNS:
            return self.toggled(name)
        if name in self.hidden:
            return self._replace(hidden=tuple([each for each in self.hidden if each != name]))
        return ColumnChoice(tuple([each for each in self.columns if each != name]), (*self.hidden, name))

    def moved(self, name: str, step: int) -> ColumnChoice:
        """Return the choice with a column further left (-1) or right (1)."""
        if name not in self.columns:
            return self
        columns = [each for each in self.columns if each != name]
        at = min(max(self.columns.index(name) + step, 0), len(columns))
        columns.insert(at, name)
        return self._replace(columns=tuple(columns))


class FieldShare(NamedTuple):
    """A field of a log.

    Attributes:
        name: its name; dotted for a member of a nested one.
        share: part of the records that have it, from 0 to 1.
        example: a value, cut.
    """

    name: str
    share: float
    example: str


def field_shares(records: Iterable[LogRecord], *, utc: bool = False) -> list[FieldShare]:
    """Return the fields that records have: the standard columns first, then all others, the most frequent first.

    The message is among the standard ones. Names of fields are in the order of the records where shares are equal.

    Args:
        records: a sample.
        utc: whether the example of the time is in UTC.
    """
    count = 0
    counts: dict[str, list[str | int]] = {name: [0, ""] for name in STANDARD_COLUMNS}
    for record in records:
        count += 1
        parts = (
            ("time", "" if record.time is None else "yes"),
            *(("level", record.level_name), ("logger", record.logger), ("message", record.message)),
            ("source", record.source),
        )
        seen: set[str] = set()
        for name, value in (*parts, *record.extras, *record.hidden):
            if name in seen or (not value and name in STANDARD_COLUMNS):
                continue
            seen.add(name)
            entry = counts.setdefault(name, [0, ""])
            entry[0] = int(entry[0]) + 1
            if not entry[1]:
                is_time = name == "time" and record.time is not None
                entry[1] = time_text(record.time or 0.0, TIME_CELLS, utc) if is_time else value[:MAX_EXAMPLE_CHARS]
    shares = [FieldShare(name, int(number) / max(count, 1), str(text)) for name, (number, text) in counts.items()]
    standard, others = shares[: len(STANDARD_COLUMNS)], shares[len(STANDARD_COLUMNS) :]
    return [*standard, *sorted(others, key=lambda each: -each.share)]
