"""Texts of lines of JSON and logfmt as they are shown, for searches. Pure.

Invariants:
- The texts of a line are those that `shown_texts` returns for its records. Lines of the usual kind are not read as
  objects for that: a test holds both ways to each other.
- The usual kind: a line of printable ASCII that one of the latest patterns matches, with deciding values that a line
  has had before (`text/parse/line_patterns.py`), and a time that exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.layout.column_plan import MAX_LOGGER_CHARS, field_columns
from reflowlog.text.layout.columns import key_text, quote, source_text, time_text
from reflowlog.text.layout.line_times import LineTimes
from reflowlog.text.layout.shown_texts import head_forms, shown_texts
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.line_patterns import KnownLines, LinePatterns

if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.parse.line_patterns import LinePattern

__all__ = ["LineTexts"]


class _KnownLine(NamedTuple):
    """Parts of the texts of lines with the same deciding values.

    Attributes:
        forms: see `head_forms`.
        keys: number of the group of each shown field, and its name as it is shown.
        source: text of the place of the call; empty for none.
        columns: all that the forms and the source show but the time, with blanks between.
    """

    forms: tuple[tuple[str, int, str], ...]
    keys: tuple[tuple[int, str], ...]
    source: str
    columns: str


class LineTexts:
    """Makes the texts of lines. Any thread may use it.

    Args:
        names: roles of field names.
        columns: names of the columns that are shown.
        hidden: names of the fields that are not shown.
        utc: show times in UTC; else in local time.
    """

    def __init__(self, names: FieldNames, columns: tuple[str, ...] | None, hidden: tuple[str, ...], utc: bool) -> None:
        self._names = names
        self._columns = columns
        self._hidden = hidden
        self._utc = utc
        self._times = LineTimes(utc)
        self._known: KnownLines[_KnownLine] = KnownLines(LinePatterns(names))
        self._can_read = columns is None or not field_columns(columns)

    @property
    def shows_level(self) -> bool:
        """Whether the level has a column."""
        return any(
            "ERROR" in before or "ERROR" in after for before, _, after in head_forms("ERROR", "", self._columns, False)
        )

    def texts(
        self, line: bytes, reach: int | None = None, time: str = "", *, heads_only: bool = False
    ) -> list[tuple[str, int]]:
        """Return the texts of a line's records, and where the body begins in each; none for a line without fields.

        Args:
            line: without its newline.
            reach: see `shown_texts`.
            time: only of records that have this in their time or source, as they are shown; empty: of all.
            heads_only: what is searched has no blank and is in the line, if it is in a body: the columns before the
                message are enough, joined in one text.
        """
        text = line.decode("utf-8", "replace")
        known = self._known.find(text)
        usual = None if known is None else self._texts_of(*known, reach, time, heads_only)
        if usual is not None:
            return usual
        records = read_records(text, self._names)
        if len(records) == 1:
            self._learn(text, records[0])
        if time:
            records = [
                record
                for record in records
                if time in record.source or (record.time is not None and time in time_text(record.time, 23, self._utc))
            ]
        selected = [record.selected(self._columns, self._hidden) for record in records]
        return [shown for record in selected for shown in shown_texts(record, self._utc, reach)]

    def _texts_of(
        self,
        pattern: LinePattern,
        groups: tuple[str | Any, ...],
        known: _KnownLine,
        reach: int | None = None,
        time: str = "",
        heads_only: bool = False,
    ) -> list[tuple[str, int]] | None:
        """Return the texts of a line of the usual kind; None where the message is empty, or the time does not exist."""
        message = groups[pattern.message]
        if not message:
            return None
        full = ""
        if pattern.time >= 0:
            full = self._times.text(pattern, groups)
            if not full:
                return None
        forms, keys, source, columns = known
        if time and time not in full and time not in source:
            return []
        if heads_only:
            return [(f"{full} {columns}", 0)]
        times = {23: full, 12: full[-12:], 8: full[-12:-4], 0: ""}
        body = "  ".join([message, *[key + quote(groups[place]) for place, key in keys]])
        rest = body if reach is None else body[:reach]
        texts: list[tuple[str, int]] = []
        for before, size, after in forms:
            head = f"{before}{times[size]}{after}"
            shown = rest if texts else body
            texts.append((f"{head} {shown}", len(head) + 1) if head else (shown, 0))
        if source:
            texts.append((source, 0))
            return list(dict.fromkeys(texts))
        return texts

    def _learn(self, line: str, record: LogRecord) -> None:
        """Take in a line that was not of the usual kind, and its record, with all fields."""

        def make(
            pattern: LinePattern, groups: tuple[str | Any, ...], extras: tuple[tuple[int, str], ...]
        ) -> _KnownLine | None:
            logger = record.logger[-MAX_LOGGER_CHARS:]
            forms = head_forms(record.level_name, logger, self._columns, record.time is not None)
            keys = tuple([(place, key_text(name)) for place, name in extras if name not in self._hidden])
            has_source = bool(record.source) and (self._columns is None or "source" in self._columns)
            source = source_text(record.source) if has_source else ""
            parts = [part for before, _, after in forms for part in (before, after)]
            known = _KnownLine(forms, keys, source, " ".join(dict.fromkeys([*parts, source])))
            expected = shown_texts(record.selected(self._columns, self._hidden), self._utc)
            return known if self._texts_of(pattern, groups, known) == expected else None

        if self._can_read and line.isascii():
            self._known.learn(line, record, make)
