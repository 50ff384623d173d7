r"""Header formats as data: patterns of formats that the grammar of `text/parse/grammar.py` does not read by itself.

**To add a format**: put a `Format` with three sample lines into the file of its family, and run
``pytest tests/unit/text/parse/test_formats.py``; the samples are its tests. A pattern describes the part *after* a time
at the start of the line, or after the prefix of a transport (syslog, docker, CI), which are read without it.

A pattern is a regular expression in verbose mode (``\ `` is a blank) with placeholders:

- ``{level}`` a name of a level in any case, ``{LEVEL}`` in capitals, ``{letter}`` a single capital: ``E``
- ``{logger}`` the name of a component: ``app.db``, ``a::b``, ``sshd``
- ``{time}`` a time inside the header: ``2024-05-01 10:00:00.123``, ``10:00:00``, ``1714557600.123``

The message starts where the pattern ends, or behind fields that follow (`text/parse/message_start.py`) unless the format has
``is_exact=True``. A format with ``carries=True`` is a transport: the header of the application may follow, and is read
behind it.

Invariants:
- Patterns see digits as ``0`` and characters that are not ASCII as ``?``; ``\d`` in a pattern is written as that.
- A pattern that begins with ``\A`` is read only at the start of a line, or of what a transport carries.
- Every pattern is anchored, and cannot match an empty text. It is compiled when a line first holds one of its `needs`,
  and looks like it but for the level (`_loosened`).
- The first format in the order of `FAMILIES` that matches counts. A second group of one kind in a pattern is named
  ``level2``, ``logger2``; a repeated placeholder is named so by itself.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.once import Once
from reflowlog.text.parse.formats import build, cluster, generic, nodejs, runtimes, servers, system
from reflowlog.text.parse.formats.format import Format
from reflowlog.text.parse.levels import NUMBERS
from reflowlog.text.parse.local_names import STAND_IN

if TYPE_CHECKING:
    from collections.abc import Callable

    _Matcher = Callable[[bytes, int], re.Match[bytes] | None]

__all__ = ["FAMILIES", "Format", "FormatMatch", "FormatTable", "format_table"]

FAMILIES = (build, nodejs, runtimes, servers, system, cluster, generic)

NEEDS_BEFORE = 3
"""Characters before a header in which one of `Format.needs` may begin."""

NEEDS_WITHIN = 120
"""Characters from the start of a header in which one of `Format.needs` ends."""

_FIRST = r"\A"
_LEVEL = "|".join(sorted((re.escape(name) for name in NUMBERS if len(name) > 2), key=len, reverse=True))
_CLOCK = r"0?0[:.]00(?:[:.]00(?:[.,:]0+)?)?(?:\ ?[AaPp]\.?[Mm]\b)?"
_DATE = r"""(?: 0{4}[-/.]0?0[-/.]0?0 | 0?0[-/.\ ][A-Za-z?]{2,9}\.?[-/.\ ]0{4} | 0?0[-/.]0?0[-/.]0{2,4} | 0{6}(?:00)?
    | 0?0-0?0 | (?:[A-Z][a-z]{2},?\ )?[A-Z][a-z]{2}\ +0?0(?:,?\ 0{4})? )"""
_ZONE = r"(?:\ ?(?:Z|[+-]0?0:?(?:00)?|UTC|GMT|[A-Z]{2,4}T))?"
_PLACEHOLDERS = {
    "level": rf"(?P<level>(?i:{_LEVEL})) (?![A-Za-z])",
    "LEVEL": rf"(?P<level>{_LEVEL.upper()}|{STAND_IN.decode()}+) (?![A-Za-z])",
    "letter": r"(?P<level>[TVDINWECFA])",
    "logger": r"(?P<logger>[\w?$./@+~\#*-](?:[\w?$./@+~\#*-]|:(?=[\w?])|::)*)",
    "time": rf"(?P<time>(?:{_DATE}(?:,?[T_\ ]|[-|:])+)?{_CLOCK}{_ZONE}(?:\ 0{{4}}(?![0:]))?|0{{10}}(?:[.]0+)?)",
}


class FormatMatch(NamedTuple):
    """Spans of a header in a head; (0, 0) for an absent part.

    Attributes:
        format: the format that matched.
        column: where the message starts.
        level: span of the level.
        time: span of the time.
        logger: span of the component's name.
    """

    format: Format
    column: int
    level: tuple[int, int]
    time: tuple[int, int]
    logger: tuple[int, int]


class FormatTable:
    """All formats, each compiled when a line may be of it; created with the first line of no usual form."""

    def __init__(self) -> None:
        self._formats = [each for family in FAMILIES for each in family.FORMATS]
        # behind a time, at the start of a head, first byte: need -> numbers of formats
        self._by_start: Memo[tuple[bool, bool, int], dict[str, list[int]]] = Memo(self._index)
        self._matchers: dict[int, _Matcher] = {}
        self._loose_matchers: dict[int, _Matcher] = {}  # of formats that no line was of yet

    def _index(self, start: tuple[bool, bool, int]) -> dict[str, list[int]]:
        """Return the numbers of the formats that a header may have, by each of their needs."""
        is_behind, is_first, code = start
        first = bytes([code])
        signs = {chr(code), "a" if first.islower() else "A" if first.isupper() else ""}
        by_need: dict[str, list[int]] = {}
        for number, each in enumerate(self._formats):
            if each.behind_time > is_behind or each.pattern.startswith(_FIRST) > is_first:
                continue
            if not signs.isdisjoint(each.starts):
                for need in each.needs:
                    by_need.setdefault(need, []).append(number)
        return by_need

    def _compile_if_likely(self, number: int, head: bytes, offset: int) -> _Matcher | None:
        """Return the matcher of a format that no head was of yet; None if this one does not look like it either."""
        pattern = self._formats[number].pattern
        loose = self._loose_matchers.get(number)
        if loose is None:
            loose = self._loose_matchers[number] = re.compile(_expand(_loosened(pattern)), re.VERBOSE).match
        if loose(head, offset) is None:
            return None
        matcher = self._matchers[number] = re.compile(_expand(pattern), re.VERBOSE).match
        return matcher

    def match(self, head: bytes, offset: int, *, is_behind: bool) -> FormatMatch | None:
        """Return the format of the text at an offset of a head; None for none. About 0.5 us where there is none.

        Args:
            head: see `text/parse/header.py`.
            offset: where the header begins.
            is_behind: a time or another header stands before it.
        """
        candidates = self._by_start[is_behind, offset == 0, head[offset]] if offset < len(head) else None
        if not candidates:
            return None
        # a test for a text is several times as fast as one for bytes
        text = head[max(offset - NEEDS_BEFORE, 0) : offset + NEEDS_WITHIN].decode("latin-1")
        numbers = [number for need in candidates if need in text for number in candidates[need]]
        for number in sorted(set(numbers)) if len(numbers) > 1 else numbers:
            each = self._formats[number]
            matcher = self._matchers.get(number) or self._compile_if_likely(number, head, offset)
            found = None if matcher is None else matcher(head, offset)
            if found is not None:
                groups = found.re.groupindex
                spans = {name.rstrip("0123456789"): span for name in groups if (span := found.span(name))[0] >= 0}
                level, time, logger = (spans.get(name, (0, 0)) for name in ("level", "time", "logger"))
                return FormatMatch(each, found.end(), level, time, logger)
        return None


def _loosened(pattern: str) -> str:
    """Return a pattern that matches where the pattern does, and is compiled in a fifth of the time if it has levels.

    Any text stands for the names of levels, of which there are a hundred.
    """
    return pattern if _excludes_placeholder.search(pattern) else _level_placeholder.sub(_ANY_LEVEL, pattern)


_ANY_LEVEL = r"[^\\n]{1,160}?"
_level_placeholder = lazy_pattern(r"\{(?:level|LEVEL)\}")
_excludes_placeholder = lazy_pattern(r"\(\?<?!\s*\{")


def _expand(pattern: str) -> bytes:
    """Return a pattern over heads: with its placeholders filled, and digits as zeros."""
    seen: dict[str, int] = {}

    def fill(found: re.Match[str]) -> str:
        filled = _PLACEHOLDERS[found[1]]
        name = filled[filled.index("<") + 1 : filled.index(">")]
        seen[name] = seen.get(name, 0) + 1
        return filled if seen[name] == 1 else filled.replace(f"<{name}>", f"<{name}{seen[name]}>")

    return re.sub(r"\{(\w*[a-zA-Z]\w*)\}", fill, pattern).replace(r"\d", "0").encode()


@cache
@Once
def format_table() -> FormatTable:
    """Return the shared table; created on first use."""
    return FormatTable()
