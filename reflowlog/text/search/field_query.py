r"""Comparison of a field that is tested against many lines. Pure; see `text/search/query.py`.

Invariants:
- ``level>=warning``, ``logger=app.db``, ``user_id=42``, ``http.status!=200``, ``time>=2026-01-02``, ``msg~"timed out"``
  are comparisons, as defined in `text/search/comparison.py`. Everything else is a regular expression.
- A line has a field if it is JSON (the field's name is its path through nested objects), or if ``name=value`` is a word
  in it: so plain lines have fields. ``time``, ``level``, ``logger``, ``message``, ``source`` and ``trace`` also match
  the fields that `text/parse/json_records.py` or the header of a plain line reads as such, whatever their names.
- **Nothing that grep would find is hidden**: a line that holds the comparison itself, as it was typed, also matches.
- Continuation lines of a record have no header, and so no time and no level of their own.
- **Most lines are not parsed.** A matching line holds the value, where that is text; otherwise the field's name, and
  the value after it is tested as it is written. Only where that is not conclusive (nested or escaped) is the line
  parsed. Any letter may be escaped in JSON, so lines with such escapes are always parsed.
- A query notes whether it has met its field (`text/search/field_presence.py`). It has no other mutable state but
  caches.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.text.clean.sanitize import is_plain_bytes, sanitize
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.line_facts import plain_facts
from reflowlog.text.parse.line_levels import level_of, may_have
from reflowlog.text.parse.multiline import BEFORE, continues
from reflowlog.text.parse.pairs import BEFORE_PAIR, PAIR_VALUE, unquoted
from reflowlog.text.search.comparison import Comparison, lower, moment_of
from reflowlog.text.search.field_presence import FieldPresence
from reflowlog.text.search.json_paths import object_in, parse_value, texts_of, values_at
from reflowlog.text.search.shown_text import shown_text, translate_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["Query"]

MAX_MEMO_ENTRIES = 4096
"""Values whose result is cached."""

MAX_VALUE_BYTES = 64
"""Bytes of the longest value whose result is cached."""

_odd = lazy_pattern(rb"[\x00-\x08\x0b-\x1f\x7f]")  # controls that may change the shown text
_escape = lazy_pattern(rb"\\u00[2-7][0-9a-fA-F]")  # a character of ASCII
_any_escape = lazy_pattern(rb"\\u")
_safe = lazy_pattern(r"[a-z0-9_.:-]+")  # characters that JSON writes unescaped, unless as \u
_BEHIND = (  # after a name: a string, number or word of JSON, or text up to a blank or a comma; or an unclear value
    rb'(?:(?:"\s*:\s*|=)("[^"\\\n]*"(?=[\s,}\]]|\Z)|[^\s",:;{}\[\]()\\]+(?=[\s,}\]]|\Z)|)|["\\])'
)


class Query:
    """A comparison that is tested against many lines. Made by `query.compile_query`; for one thread at a time.

    Attributes:
        source: as the user typed it.
        linear: its running time is linear in any text; otherwise it must run where it can be interrupted.
        of_fields: True: it compares fields of lines as they are written.
    """

    of_fields = True

    def __init__(
        self, comparison: Comparison, names: FieldNames = USUAL, now: float | None = None, *, utc: bool = False
    ) -> None:
        self._now = now
        self._utc = utc
        self.source = comparison.source
        self.linear = comparison.pattern is None or comparison.pattern.linear
        self._wanted = comparison
        self._names = names
        name = comparison.name
        self._folds = name == lower(name)
        last = name.rpartition(".")[2]
        case = re.ASCII | (re.IGNORECASE if self._folds else 0)
        as_typed = re.escape(self.source)
        ending = r"(?!\w)" if self.source[-1].isalnum() else ""
        self._as_typed = re.compile(rf"(?<!\w){as_typed}{ending}", case)
        self._pairs = re.compile(rf"{BEFORE_PAIR}{re.escape(name)}=({PAIR_VALUE})", case)
        self._written = re.compile(
            rf'(?<![\w@-]){re.escape(last)}(?:"\s*:\s*|=)("(?:[^"\\]|\\.)*"|[^\s,;{{}}\[\]()"]*)', case
        )
        self._name = lower(last).encode()
        self._low_source = lower(self.source).encode()
        self._escape = _escape if name.isascii() else _any_escape
        self._needles = _needles_of(comparison)
        self._behind = re.compile(re.escape(self._name) + _BEHIND)
        self._value_folds = comparison.value == lower(comparison.value)
        self._holding: Memo[bytes, bool] = Memo(limit=MAX_MEMO_ENTRIES, max_key_length=MAX_VALUE_BYTES)
        self._presence = FieldPresence(name, names, is_met=bool(comparison.role))

    def __repr__(self) -> str:
        return f"Query({self.source!r})"

    @property
    def unknown(self) -> str:
        """After a complete search: a line that names the field, if no record has it; otherwise empty."""
        return self._presence.report()

    # -- lines ---------------------------------------------------------------------------------------------------------

    def matching(self, data: bytes) -> list[int]:
        """Find the lines that match.

        Args:
            data: lines with a newline after each; the last may lack its own.

        Returns:
            The offset in `data` of each such line's first byte, ascending.
        """
        if not data:
            return []
        self._presence.sample(data)
        starts = []
        for start in self._candidates(data):
            end = data.find(b"\n", start)
            if self._matches(data[start : end if end >= 0 else len(data)]):
                starts.append(start)
        return starts

    def _candidates(self, data: bytes) -> list[int]:
        """Return the starts of the lines that may match, ascending."""
        wanted = self._wanted
        if wanted.role and (not self._needles or (wanted.pattern is not None and not data.isascii())):
            least = _least_level(wanted)
            if least is not None and not may_have(data, least, self._names) and self._low_source not in data.lower():
                return []
            *lengths, _ = map(len, (data if data.endswith(b"\n") else data + b"\n").split(b"\n"))
            return list(accumulate([size + 1 for size in lengths[:-1]], initial=0))
        starts = self._starts(data)
        if _odd.search(data):
            text = shown_text(data)[0]
            if text is not data:
                starts.update(translate_lines(data, text, sorted(self._starts(text))))
        return sorted(starts)

    def _starts(self, data: bytes) -> set[int]:
        """Return the starts of the lines that hold a word that every matching line holds."""
        low = data.lower()
        if self._presence.is_in_doubt:
            starts = _starts_of(low, (self._name, *self._needles))
        elif self._needles and (self._wanted.pattern is None or data.isascii()):
            starts = _starts_of(low, self._needles)
        else:
            starts = self._with_value(data, low) | _starts_of(low, (self._low_source,))
        if b"\\u" in low:
            starts.update(data.rfind(b"\n", 0, found.start()) + 1 for found in self._escape.finditer(data))
        return starts

    def _with_value(self, data: bytes, low: bytes) -> set[int]:
        """Return the starts of the lines with a satisfying value, or an unclear one, after the field's name."""
        negated = self._wanted.negated
        if self._value_folds and all(
            value and self._holds_bytes(value) == negated for value in set(self._behind.findall(low))
        ):
            return set()
        starts = set()
        for found in self._behind.finditer(low):
            start, end = found.span(1)
            if start == end or self._holds_bytes(data[start:end]) != negated:
                starts.add(low.rfind(b"\n", 0, found.start()) + 1)
        return starts

    def _matches(self, line: bytes) -> bool:
        """Return whether a line, without its newline, matches."""
        holds = self._holds(line)
        self._presence.note(is_met=holds is not None)
        if holds is not None and holds != self._wanted.negated:
            return True
        found = self._low_source in line.lower() and self._as_typed.search(_shown_line(line)) is not None
        if found:  # the field is not missing
            self._presence.note(is_met=True)
        return found

    def _holds_bytes(self, value: bytes) -> bool:
        """Return whether a value as it is written satisfies the comparison; cached."""
        holds = self._holding.get(value)
        if holds is None:
            holds = self._wanted.holds(unquoted(value.decode("utf-8", "replace")))
            self._holding.remember(value, holds)
        return holds

    # -- fields --------------------------------------------------------------------------------------------------------

    def _holds(self, line: bytes) -> bool | None:
        """Return whether any value of the field in a line satisfies the comparison; None without such a field."""
        wanted = self._wanted
        text = line.decode("utf-8", "replace").removesuffix("\r")
        if wanted.role == "level" and wanted.level is not None and wanted.number is None:
            own = None if _continues(line, text) else level_of(line, self._names)
            if own is not None:
                return wanted.holds_for_level(own)
        values = list(self._values(text))
        if wanted.role == "level":
            return self._level_holds(line, text, values)
        if wanted.role == "time" and wanted.pattern is None:
            return self._time_holds(line, text, values)
        if wanted.role and not values:
            values = [value for value in self._roles_of(line, text, wanted.role) if value]
        return any(map(wanted.holds, values)) if values else None

    def _level_holds(self, line: bytes, text: str, values: list[str]) -> bool | None:
        """Return `_holds` for a level compared as a number, on the line's own scale if it has one, or as text."""
        wanted = self._wanted
        if wanted.number is not None:
            values = [value for value in values if value.isdigit()]
        elif wanted.level is None:
            values += [name for name in self._roles_of(line, text, "level_name") if name]
        if not values:
            own = None if _continues(line, text) else level_of(line, self._names)
            return None if own is None else wanted.holds_for_level(own)
        return any(map(wanted.holds, values))

    def _time_holds(self, line: bytes, text: str, values: list[str]) -> bool | None:
        """Return `_holds` for a time; those of plain lines are shown as they came, and so are not in UTC."""
        utc = self._utc
        times = [when for when in map(moment_of, values) if when is not None]
        if not times:
            times = [each.time for each in read_records(text, self._names) if each.time is not None]
        if not times and not _continues(line, text):
            own = plain_facts(_shown_line(line), self._now).time
            times, utc = [] if own is None else [own], False
        if not utc:
            return any(map(self._wanted.holds_for_time, times)) if times else None
        return any(self._wanted.holds_for_time(when, utc=True) for when in times) if times else None

    def _values(self, text: str) -> Iterator[str]:
        """Yield all values of the field in a line."""
        name = self._wanted.name
        found = object_in(text)
        if found is not None:
            values = list(values_at(found, name, self._folds))
            if not values and not self._wanted.role:
                for record in read_records(text, self._names):
                    for key, value in record.extras + record.hidden:
                        values += values_at({key: parse_value(value) if "." in name else value}, name, self._folds)
            for value in values:
                yield from texts_of(value)
            return
        for pair in self._pairs.finditer(sanitize(text)[0]):
            yield unquoted(pair[1])

    def _roles_of(self, line: bytes, text: str, role: str) -> list[str]:
        """Return a line's logger, message, source or trace as parsed; of a plain line also its time."""
        records = read_records(text, self._names)
        if records:
            return [value for value in (getattr(record, role) for record in records) if isinstance(value, str)]
        if role not in ("time", "logger", "message") or _continues(line, text):
            return []
        plain = _shown_line(line)
        found = parts(plain)
        return [plain[found.column :] if role == "message" else plain[slice(*getattr(found, role))]]

    # -- matches -------------------------------------------------------------------------------------------------------

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the (start, end) of each satisfying value in one sanitized text."""
        wanted = self._wanted
        matches = [each.span() for each in self._as_typed.finditer(text)]
        for written in self._written.finditer(text):
            start, end = written.span(1)
            quotes = 1 if end - start > 1 and text[start] == '"' else 0
            value = unquoted(written[1])
            if value and wanted.holds(value) != wanted.negated:
                inner = [] if wanted.pattern is None or wanted.negated else wanted.pattern.spans(text[start:end])
                matches += [(start + a, start + b) for a, b in inner] or [(start + quotes, end - quotes)]
        if wanted.role in ("level", "time", "logger") and not matches:
            place = getattr(parts(text), wanted.role)
            if place[0] < place[1] and self._holds(text.encode("utf-8", "replace")) not in (None, wanted.negated):
                matches.append(place)
        if wanted.role == "message" and wanted.pattern is not None and not wanted.negated and not matches:
            column = parts(text).column
            matches += [(column + a, column + b) for a, b in wanted.pattern.spans(text[column:])]
        return _apart(matches)


def _needles_of(wanted: Comparison) -> tuple[bytes, ...]:
    """Return words, in lower case, of which every matching line holds at least one; empty where none are known."""
    if wanted.is_text and wanted.value:
        words = [lower(wanted.value)]
    elif wanted.pattern is not None and not wanted.negated:
        words = [word.decode() for word in wanted.pattern.words]
    else:
        return ()
    needles = [max(_safe.findall(word), key=len, default="") for word in words]
    return tuple(needle.encode() for needle in needles) if needles and all(needles) else ()


def _least_level(wanted: Comparison) -> int | None:
    """Return the lowest level that satisfies the comparison; None where there is no lower bound."""
    if wanted.role != "level" or wanted.level is None or wanted.number is not None or wanted.negated:
        return None
    return wanted.level if wanted.operator in ("=", ">=", ">") else None


def _starts_of(low: bytes, needles: tuple[bytes, ...]) -> set[int]:
    """Return the starts of the lines that hold one of the words."""
    starts = set()
    for needle in needles:
        at = low.find(needle)
        while at >= 0:
            starts.add(low.rfind(b"\n", 0, at) + 1)
            end = low.find(b"\n", at)
            at = low.find(needle, end) if end >= 0 else -1
    return starts


def _shown_line(line: bytes) -> str:
    """Return a line's text as it is shown."""
    return line.decode() if is_plain_bytes(line) else sanitize(line.decode("utf-8", "replace"))[0]


def _continues(line: bytes, text: str) -> bool:
    """Return whether a line, by its form alone, continues a record and so has no header; JSON never does."""
    return text[:1] in (" ", "\t") and text.lstrip()[:1] != "{" and continues([line], BEFORE)[0][0]


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in ascending order, without those that overlap an earlier one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if end > start and (not found or start >= found[-1][1]):
            found.append((start, end))
    return found
