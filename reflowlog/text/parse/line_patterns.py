"""Patterns of lines of JSON and logfmt: one compiled expression for all lines with the same keys and kinds of values.

Invariants:
- A line that a pattern matches is one flat object, or logfmt from end to end, of printable ASCII and without escapes.
  So each value is a slice of the line.
- Two lines of a pattern with the same deciding values (`LinePattern.key`) have the same level, logger and source, and
  the same fields are extras, under conditions that the caller has to check: the time exists (a month may be 13), and
  no value holds a traceback.
- Compiling a pattern takes as long as reading ten lines, so it is done once `_SIGHTINGS` lines of its kind were met.
"""

from __future__ import annotations

import re
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.field_names import (
    FILE,
    LEVEL,
    LINE,
    LOGGER,
    MESSAGE,
    RANKS,
    SOURCE,
    TIME,
    TRACE,
    UNUSUAL_NAMES,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import LogRecord
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["KnownLines", "LinePattern", "LinePatterns"]

MAX_PATTERNS = 24
"""Patterns that are tried on a line, the latest that matched first."""

MAX_LINE_CHARS = 4_096
"""Characters of the longest line that a pattern is made of."""

MAX_KNOWN = 1_024
"""Combinations of a pattern and deciding values whose values are remembered."""

_MAX_FIELDS = 40
_TRACEBACK = "Traceback (most"
_SIGHTINGS = 3  # lines of a kind, after which it gets a pattern
_MAX_MISSES = 512  # lines looked at since the latest pattern, after which no further ones are
_MAX_COMPILED = 64  # patterns that are compiled for a source

_STRING = r"[ !#-\[\]-~]"  # a character of a string without escapes
_BARE = r"[!#-&(-~][!-~]*"  # a value of logfmt without quotes
_JSON_WORD = (
    r"(?:-?(?:0|[1-9][0-9]*)\.[0-9]+|0|-?[1-9][0-9]*|true|false|null)"  # a number that is shown as it is written
)
_ISO = (
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}):([0-5][0-9])"
    r"(?:[.,]([0-9]{3})(?:[0-9]{1,3}|(?!999)[0-9]{4,9})?)?(\ ?(?:Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_is_iso = re.compile(_ISO).fullmatch
_EPOCHS = {  # digits of a number: its pattern, with groups for the whole seconds and the milliseconds
    10: "([1-9][0-9]{9})()",
    13: "([1-9][0-9]{9})([0-9]{3})",
    16: "([1-9][0-9]{9})([0-9]{3})[0-9]{3}",
    19: "([1-9][0-9]{9})([0-9]{3})(?!999)[0-9]{6}",
}
_EPOCH_FRACTION = r"([1-9][0-9]{9})\.([0-9]{3})(?:[0-9]{1,3}|(?!999)[0-9]{4,9})?"


class LinePattern:
    """The pattern of lines with the same keys and kinds of values; groups are numbered from 0. Equal to itself only.

    Attributes:
        match: matches a whole line; its groups are the values, and the parts of the time.
        time: number of the first group of the time; -1: there is none.
        is_iso: whether the time has the groups minute, second, milliseconds and zone; else whole seconds since the
            epoch and milliseconds. The groups of milliseconds and zone may be None, and the former empty.
        message: number of the group of the message.
        logger: number of the group of the logger; -1: there is none.
        key: returns the values that decide how a line is read, given its groups.
        fields: number of the group and name of each field but time, message and logger.
    """

    __slots__ = ("fields", "is_iso", "key", "logger", "match", "message", "time")

    def __init__(self, expression: str, groups: list[int], names: tuple[str, ...], is_iso: bool, at: _Places) -> None:
        self.match = re.compile(expression).fullmatch
        self.is_iso = is_iso
        self.time, self.message, self.logger = [-1 if place < 0 else groups[place] for place in at[:3]]
        deciding = [groups[place] for place in at.deciding]
        self.key: Callable[[tuple[str | Any, ...]], object] = itemgetter(*deciding) if deciding else _nothing
        self.fields = tuple([(groups[place], name) for place, name in enumerate(names) if place not in at[:3]])

    def extras(self, groups: tuple[str | Any, ...], record: LogRecord) -> tuple[tuple[int, str], ...] | None:
        """Return number and name of the groups that are extras of a record; None if it is no usual one.

        Args:
            groups: of the line of the record.
            record: read the general way.
        """
        logger = groups[self.logger] if self.logger >= 0 else ""
        is_usual = record.message == groups[self.message] and record.logger == logger and not record.trace
        if not is_usual or (record.time is None) != (self.time < 0) or record.hidden:
            return None
        left = iter([*record.extras, None])
        extra = next(left)
        found: list[tuple[int, str]] = []
        for number, name in self.fields:
            if extra == (name, groups[number]):
                found.append((number, name))
                extra = next(left)
        return tuple(found) if extra is None else None


class _Places(NamedTuple):
    """Places of the fields of a line that have a role; -1 for none.

    Attributes:
        time: place of the time.
        message: place of the surest message.
        logger: place of the surest logger.
        deciding: places of the fields whose values decide about the roles of others: the logger, all that may be a
            level, and all that may be the place of the call. A further message or logger is an extra.
    """

    time: int
    message: int
    logger: int
    deciding: tuple[int, ...]


def _find_roles(names: tuple[str, ...], known: FieldNames) -> _Places | None:
    """Return the roles of fields; None where more than the names and the deciding values would decide about them."""
    places: dict[int, list[int]] = {}
    for role, place in known.shape(names).marked:
        places.setdefault(role // RANKS * RANKS, []).append(place)
    times, messages, loggers = (places.get(role, [-1]) for role in (TIME, MESSAGE, LOGGER))
    is_template = messages[0] >= 0 and known.roles[names[messages[0]]] == MESSAGE + 4
    if len(set(names)) < len(names) or messages[0] < 0 or len(times) > 1 or TRACE in places or is_template:
        return None
    if names[0] == "resourceLogs" or not UNUSUAL_NAMES.isdisjoint(names):
        return None
    further = [place for role in (LEVEL, SOURCE, FILE, LINE) for place in places.get(role, ())]
    return _Places(times[0], messages[0], loggers[0], tuple([place for place in (loggers[0], *further) if place >= 0]))


def _nothing(_: tuple[str | Any, ...]) -> tuple[()]:
    """Return no values, for a pattern whose lines are all read alike."""
    return ()


class LinePatterns:
    """Patterns of the lines of a source. Any thread may use them: `latest` is replaced, never changed in place.

    Args:
        names: roles of field names.

    Attributes:
        latest: the patterns, at most `MAX_PATTERNS`, the latest that matched first.
    """

    def __init__(self, names: FieldNames) -> None:
        self._names = names
        self.latest: list[LinePattern] = []
        self._sightings: Memo[tuple[str, ...], int] = Memo(limit=1024)
        self._misses = 0
        self._compiled = 0

    def find(self, line: str) -> tuple[LinePattern, re.Match[str]] | None:
        """Return the pattern that matches a line, and the match; None if none does. It is tried first from now on."""
        latest = self.latest
        for pattern in latest:
            found = pattern.match(line)
            if found is not None:
                if pattern is not latest[0]:
                    self.latest = [pattern, *[other for other in latest if other is not pattern]]
                return pattern, found
        return None

    def learn(self, line: str) -> None:
        """Take in a line with a record that no pattern matches; make a pattern if its kind is frequent."""
        if self._misses >= _MAX_MISSES or self._compiled >= _MAX_COMPILED or len(line) > MAX_LINE_CHARS:
            return
        self._misses += 1
        values = _flat_values(line)
        if values is None:
            return
        kind = _kind(line, values)
        count = self._sightings.get(kind, 0) + 1
        self._sightings.remember(kind, count)
        if count != _SIGHTINGS:
            return
        pattern = _make_pattern(line, values, self._names)
        if pattern is not None and pattern.match(line):
            self._misses = 0
            self._compiled += 1
            self.latest = [pattern, *self.latest[: MAX_PATTERNS - 1]]


_Known = TypeVar("_Known")


class KnownLines(Generic[_Known]):
    """Values that lines with the same pattern and deciding values have in common. Any thread may use them.

    Args:
        patterns: of the lines of the source.
    """

    def __init__(self, patterns: LinePatterns) -> None:
        self._patterns = patterns
        self._known: Memo[tuple[LinePattern, object], _Known] = Memo(limit=MAX_KNOWN)

    def find(self, line: str) -> tuple[LinePattern, tuple[str | Any, ...], _Known] | None:
        """Return pattern, groups and value of a line; None for a line of no known kind, or with a traceback."""
        found = self._patterns.find(line)
        if found is None:
            return None
        pattern, match = found
        groups = match.groups()
        known = self._known.get((pattern, pattern.key(groups)))
        return None if known is None or _TRACEBACK in line else (pattern, groups, known)

    def learn(
        self,
        line: str,
        record: LogRecord,
        make: Callable[[LinePattern, tuple[str | Any, ...], tuple[tuple[int, str], ...]], _Known | None],
    ) -> None:
        """Take in a line that `find` did not know, and its record, read the general way.

        Args:
            line: the line.
            record: its record, with all fields.
            make: returns the value for a pattern, the groups of the line, and number and name of those that are extras;
                None for no value.
        """
        found = self._patterns.find(line)
        if found is None:
            self._patterns.learn(line)
            return
        pattern, match = found
        groups = match.groups()
        extras = pattern.extras(groups, record)
        known = None if extras is None else make(pattern, groups, extras)
        if known is not None:
            self._known.remember((pattern, pattern.key(groups)), known)


class _Value(NamedTuple):
    """A value in a line.

    Attributes:
        name: of its field.
        start: offset of its first character, after a quote.
        end: offset after its last character.
        pattern: matches the values of its kind; that of a bare word of logfmt, a string, or a number or word of JSON.
    """

    name: str
    start: int
    end: int
    pattern: str


def _flat_values(line: str) -> list[_Value] | None:
    """Return the values of a line that is a flat object or logfmt, in order; None for any other line."""
    is_json = line[0] == "{"
    match = _json_field() if is_json else _logfmt_field()
    values: list[_Value] = []
    at, end = 0, len(line) - is_json
    while at < end:
        found = match(line, at)
        if found is None or len(values) >= _MAX_FIELDS:
            return None
        group = 2 if found[3] is None else 3
        bare = _JSON_WORD if is_json else _BARE
        values.append(_Value(found[1], *found.span(group), f"{_STRING}*" if group == 2 else bare))
        at = found.end()
    return values if values and line[at:] == "}" * is_json else None


@cache
def _json_field() -> Callable[[str, int], re.Match[str] | None]:
    """Return a matcher of a field of an object, with the brace or comma before it and the blanks after it."""
    return re.compile(rf'[{{,] *"({_STRING}*)" *: *(?:"({_STRING}*)"|({_JSON_WORD})) *').match


@cache
def _logfmt_field() -> Callable[[str, int], re.Match[str] | None]:
    """Return a matcher of a pair of logfmt, and the blanks after it."""
    return re.compile(rf"""([^\s="'{{}}\[\](),;]+)=(?:"({_STRING}*)"(?= |\Z)|({_BARE})) *""").match


def _kind(line: str, values: list[_Value]) -> tuple[str, ...]:
    """Return the common parts of the lines of one pattern: the text between the values, and the kinds of these."""
    return (*_literals(line, values), *[value.pattern for value in values])


def _literals(line: str, values: list[_Value]) -> list[str]:
    """Return the parts of a line before, between and after its values."""
    ends = [0, *[value.end for value in values]]
    starts = [*[value.start for value in values], len(line)]
    return [line[end:start] for end, start in zip(ends, starts)]


def _make_pattern(line: str, values: list[_Value], known: FieldNames) -> LinePattern | None:
    """Return the pattern of lines like one; None if the roles are not certain, or the time has a rare form."""
    names = tuple([value.name for value in values])
    roles = _find_roles(names, known)
    if roles is None:
        return None
    first, *literals = _literals(line, values)
    pieces = [re.escape(first)]
    groups: list[int] = []  # the first one of each value
    is_iso, count = True, 0
    for place, (value, literal) in enumerate(zip(values, literals)):
        groups.append(count)
        group = f"({value.pattern})"
        if place == roles.time:
            text = line[value.start : value.end]
            is_iso = _is_iso(text) is not None
            group = _ISO if is_iso else _epoch_pattern(text) if value.pattern is _JSON_WORD else ""
            if not group:
                return None
            count += 3 if is_iso else 1
        elif place == roles.message:
            if value.pattern is _JSON_WORD:
                return None
            group = f"((?![{{]){value.pattern})"
        count += 1
        pieces += [group, re.escape(literal)]
    if line[0] != "{":
        pieces.append(r"(?<!\})")  # else an object may be in the line, or after a header
    return LinePattern("".join(pieces), groups, names, is_iso, roles)


def _epoch_pattern(text: str) -> str:
    """Return the pattern of times like a number of seconds since the epoch, or of a thousandth; empty for others."""
    whole, _, fraction = text.partition(".")
    if fraction:
        return _EPOCH_FRACTION if len(whole) == 10 and len(fraction) >= 3 else ""
    return _EPOCHS.get(len(whole), "") if whole.isdigit() else ""
