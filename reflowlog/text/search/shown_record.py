"""Search in records with fields (JSON, logfmt) as they are shown in columns, besides their lines as they came. Pure.

Invariants:
- A line matches if the pattern matches it as it came, or the text of one of its records at any width: the time in the
  zone that is shown, the level's name and letter, the logger in full and abbreviated, message and ``key=value``. So the
  result depends neither on the width nor on how wide the columns have become: there is one blank between two columns,
  and several blanks in the pattern match it.
- The line as it came is searched first. The records of other lines are only parsed if the pattern could match a text
  that is shown and not in the line: a time, a level, an abbreviated logger, a joint of two fields.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.levels import STANDARD, UNNAMED_PREFIX
from reflowlog.text.search.pattern import TWINS
from reflowlog.text.search.pattern_source import required_literals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.text.layout.line_texts import LineTexts
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Pattern

__all__ = ["ShownPattern", "ShownRecords"]

_LEVEL_TEXT = " ".join([*STANDARD.values(), UNNAMED_PREFIX]).lower()  # any other name that is shown is in the line
_joint = lazy_pattern(
    rb"[\s.=\"'\xe2\\{}\[\],]+"
)  # where a shown text may differ from the line; 0xE2 begins an ellipsis
_STRUCTURED_TRACE = b'"exc_type"'  # structlog's list of exceptions, which is shown as Python's traceback
_TRACE_TEXT = (  # what the shown traceback may have besides the values of the line
    b"traceback (most recent call last): file , line , in during handling of the above exception, another exception "
    b"occurred: the above exception was the direct cause of the following exception: true false null none nan infinity"
)
_message_of_bytes = lazy_pattern(rb'"MESSAGE"\s*:\s*\[')  # a journal's, of numbers
_plain_word = lazy_pattern(rb"[a-z_]+")
_time_of_day = lazy_pattern(rb"\d{1,2}(?::\d\d){1,2}")
_MADE_NAMES = (  # names of fields, and the value of a flag of logfmt, that are shown and need not be in the line
    *(b"prefix", b"logger", b"source"),
    b"true",
)
_letter_or_number = lazy_pattern(rb"[a-z\x80-\xff]|\d{5}")


class ShownRecords:
    """Texts of a line's records as they are shown, at all widths.

    Args:
        columns: names of the columns that are shown; None: records are shown as plain lines.
        hidden: names of the fields that are not shown.
        utc: whether times are shown in UTC.
        names: roles of field names.
    """

    def __init__(
        self,
        columns: tuple[str, ...] | None,
        hidden: tuple[str, ...] = (),
        *,
        utc: bool = False,
        names: FieldNames | None = None,
    ) -> None:
        self._columns = columns
        self._hidden = hidden
        self.utc = utc
        self._reader: LineTexts | None = None
        self.has_columns = columns is not None
        self.names = names or USUAL

    def may_have_texts(self, data: bytes) -> bool:
        """Return whether any of these lines may have records with fields that are shown in columns."""
        if not self.has_columns or (b"{" not in data and b"=" not in data):
            return False
        from reflowlog.text.parse.json_records import may_have_fields  # start-up cost: most words need no fields

        return may_have_fields(data, self.names)

    @property
    def shows_level(self) -> bool:
        """Whether the level has a column."""
        return self.has_columns and self.reader().shows_level

    def texts(self, line: bytes) -> list[tuple[str, int]]:
        """Return the texts of a line's records, and where the body begins in each; none for a line without fields.

        Args:
            line: without its newline.
        """
        return self.reader().texts(line) if self.may_have_texts(line) else []

    def reader(self) -> LineTexts:
        """Return the reader of lines that may have texts."""
        if self._reader is None:
            from reflowlog.text.layout.line_texts import LineTexts  # start-up cost: only for lines with fields

            self._reader = LineTexts(self.names, self._columns, self._hidden, self.utc)
        return self._reader


class ShownPattern:
    """A pattern that is searched in lines as they came and in their records as they are shown.

    Args:
        pattern: the pattern.
        records: makes the texts of records.
        loose: the pattern with any number of blanks for several; None where it has no several blanks.

    Attributes:
        source: as the user typed it.
        linear: whether its time is linear in the text.
        of_fields: False: it searches texts.
        unknown: empty.
    """

    of_fields = False
    unknown = ""

    def __init__(self, pattern: Pattern, records: ShownRecords, loose: Pattern | None = None) -> None:
        self.source = pattern.source
        self.linear = pattern.linear and (loose is None or loose.linear)
        self._pattern = pattern
        self._loose = loose
        self._records = records
        words = [word.lower() for word in pattern.words]
        certain = [_certain_part(word) for word in words]
        self._has_capitals = any(map(str.isupper, re.split(r"[^A-Za-z]+", pattern.source)))  # as levels are shown
        is_certain = bool(words) and certain == words and not any(map(_may_be_level, words))
        self._decided_by_line = is_certain and not self._has_capitals
        self._is_in_no_trace = all(_plain_word.fullmatch(word) and word not in _TRACE_TEXT for word in words)
        self._is_level_only = bool(words) and certain == words and all(map(_may_be_level, words))
        self._is_expression = not words
        literals = _literals(pattern.source) if self._is_expression else words
        parts = [_certain_part(literal, _is_no_level) for literal in literals]
        if self._is_expression:
            self._required = [part for part in parts if part]  # all of these; of words, one
        else:
            self._required = parts if all(parts) else []
        self._level_parts: list[
            list[str]
        ] = []  # one of each is in the line, or in a name of its level, if a text matches
        if self._is_expression or len(words) == 1:
            names = [_certain_part(literal, _may_be_level).decode("utf-8", "replace") for literal in literals]
            self._level_parts = [[name] for name in names if len(name) > 1]
        elif self._is_level_only:
            self._level_parts = [[word.decode("utf-8", "replace") for word in words]]
        is_time = len(words) == 1 and _time_of_day.fullmatch(words[0]) is not None
        self._time = words[0].decode() if is_time else ""  # nothing else is shown so that is not in the line
        self._reach = max(map(len, words)) if words and loose is None else None
        # what a body has of these words is in the line
        self._is_in_heads_only = bool(words) and not any(
            _joint.search(word) or not word.isascii() or any(word in name for name in _MADE_NAMES) for word in words
        )
        self._words = [word.decode("utf-8", "replace") for word in words]
        self._shown_levels: frozenset[int] = frozenset()  # those of which a shown record matches by their names alone
        if self._is_level_only and records.shows_level:
            self._shown_levels = frozenset(
                level for level, name in STANDARD.items() if pattern.matching(name.encode() + b"\n")
            )

    def __repr__(self) -> str:
        return f"ShownPattern({self.source!r})"

    @property
    def words(self) -> tuple[bytes, ...]:
        """Empty: a line may match without any of the pattern's words in it."""
        return ()

    def matching(self, data: bytes) -> list[int]:
        """Find the lines that match.

        Args:
            data: lines with a newline after each; the last may lack its own.

        Returns:
            The offset in `data` of each matching line's first byte, ascending.
        """
        hits = self._pattern.matching(data)
        is_decided = self._decided_by_line and (
            b"{" not in data
            or (not _has_message_of_bytes(data) and (self._is_in_no_trace or _STRUCTURED_TRACE not in data))
        )
        if is_decided or not self._records.may_have_texts(data):
            return hits
        known = set(hits)
        texts, reach = self._records.reader().texts, self._reach
        is_rewritten = self._is_rewritten(data)
        others: frozenset[int] = frozenset()
        if self._level_parts and not is_rewritten:
            matching, others = self._by_usual_level(data)
            known.update(matching)
        time, heads_only = ("", False) if is_rewritten else (self._time, self._is_in_heads_only)
        found = [
            (start, *text)
            for start, line in self._undecided(data, known | others, is_rewritten)
            for text in texts(line, reach, time, heads_only=heads_only)
        ]
        shown = [text.encode("utf-8", "replace") + b"\n" for _, text, _ in found]
        owners = dict(zip(accumulate(map(len, shown), initial=0), found))
        data = b"".join(shown)
        known.update([owners[at][0] for at in self._pattern.matching(data)])
        if self._loose is not None:
            candidates = [owners[at] for at in self._loose.matching(data)]
            known.update([start for start, text, body in candidates if self._matches_head(self._loose, text, body)])
        return sorted(known)

    @staticmethod
    def _matches_head(loose: Pattern, text: str, body: int) -> bool:
        """Return whether a match begins in the columns: in the body blanks count as they are."""
        return any(start < body for start, _ in loose.spans(text))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the spans of the matches in one shown text."""
        return self._pattern.spans(text)

    def _undecided(self, data: bytes, decided: set[int], is_rewritten: bool) -> Iterator[tuple[int, bytes]]:
        """Yield offset and bytes of each line that is not decided and whose shown records could have a match."""
        if self._required and not is_rewritten and not self._has_required(data.lower()):
            return
        lines = data.split(b"\n")
        starts = accumulate([len(line) + 1 for line in lines], initial=0)
        for start, line in zip(starts, lines):
            if start not in decided and self._records.may_have_texts(line) and self._may_match(line, is_rewritten):
                yield start, line

    def _by_usual_level(self, data: bytes) -> tuple[list[int], frozenset[int]]:
        """Return the starts of usual lines that a name of a level decides: those that match, and those that do not.

        A line matches if a word is in the name that is shown of its level. It does not where a name of a level that a
        match requires is neither in the line nor shown.
        """
        from reflowlog.text.parse.usual_levels import usual_levels  # start-up cost: only for names of levels

        names = self._records.names
        found = usual_levels(data, names)
        matching: list[int] = []
        if self._shown_levels and (data[:2] == b'{"' or names.may_be_logfmt(data)):  # lines with fields
            matching = [at for at, _, level in found if level in self._shown_levels]
        low = data.lower()
        starts: set[int] = set()
        for each in self._level_parts:
            others = {level for level in {level for _, _, level in found} if not _may_be_named(level, each)}
            parts = [name.encode() for name in each]
            starts.update(
                [
                    at
                    for at, end, level in found
                    if level in others and not any(low.find(part, at, end) >= 0 for part in parts)
                ]
            )
        return matching, frozenset(starts)

    def _has_required(self, low: bytes) -> bool:
        """Return whether a text in lower case has the parts without which nothing matches."""
        return (all if self._is_expression else any)(part in low for part in self._required)

    def _is_rewritten(self, data: bytes) -> bool:
        """Return whether shown texts may have words that the lines do not have: by escapes, or in a traceback."""
        if b"\\" in data or _has_other_text(data):
            return True
        return self._is_expression and any(twin in data for twin, _ in TWINS)

    def _may_match(self, line: bytes, is_rewritten: bool) -> bool:
        """Return whether a line's records could match, by cheap tests alone; `is_rewritten`: that of its chunk."""
        if self._required:
            return self._has_required(line.lower()) or (is_rewritten and self._is_rewritten(line))
        if self._is_level_only:
            from reflowlog.text.parse.line_levels import level_of  # start-up cost: only for names of levels

            level = level_of(line, self._records.names)
            if level is None:
                return self._has_capitals or _has_other_text(line)
            return _may_be_named(level, self._words) or _has_other_text(line)
        return True


def _has_other_text(data: bytes) -> bool:
    """Return whether records may be shown with words that no line has as it came, but for escapes."""
    return _STRUCTURED_TRACE in data or _has_message_of_bytes(data)


def _has_message_of_bytes(data: bytes) -> bool:
    return b'"MESSAGE"' in data and _message_of_bytes.search(data) is not None


def _may_be_named(level: int, words: list[str]) -> bool:
    """Return whether a level may be shown by a name that has one of some words and is not in the line."""
    name = STANDARD.get(level)
    return name is None or any(word in name.lower() for word in words)


def _literals(source: str) -> list[bytes]:
    """Return texts, in lower case, each of which a text has that matches an expression."""
    return [literal.lower().encode("utf-8", "replace") for literal in required_literals(source)]


def _certain_part(word: bytes, is_meant: Callable[[bytes], bool] = lambda _: True) -> bytes:
    """Return the longest part of a word that is in the line as it came if it is in the shown text, levels apart.

    Such a part has a letter or a number of five digits, so it is in no time, no character where two fields may be
    joined, and is in no name of a field that the parser gives. Numbers are shown as they are written.

    Args:
        word: in lower case.
        is_meant: a further condition of the part.

    Returns:
        The part; empty where there is none.
    """
    parts = [part for part in _joint.split(word) if _letter_or_number.search(part) and part.isascii()]
    parts = [part for part in parts if not any(part in name for name in _MADE_NAMES) and is_meant(part)]
    return max(parts, key=len, default=b"")


def _is_no_level(part: bytes) -> bool:
    return len(part) > 1 and not _may_be_level(part)


def _may_be_level(part: bytes) -> bool:
    """Return whether a part may be in the name of a level, which may differ from the one in the line."""
    return part.decode("utf-8", "replace") in _LEVEL_TEXT
