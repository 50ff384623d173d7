"""Logfmt: lines that are ``key=value`` pairs from end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.field_names import MESSAGE, RANKS, FieldNames
from reflowlog.text.parse.json_values import Object, Pair, value_scanner

if TYPE_CHECKING:
    import re

__all__ = ["MAX_PREFIX_CHARS", "logfmt_pairs"]

MAX_PREFIX_CHARS = 200
"""Characters before a JSON object, or before the first pair of logfmt."""


_next_pair = lazy_pattern(  # one pair, the blanks after it, and an optional flag: a name alone before the next pair
    r"""([^\s="'{}\[\](),;]+)="""
    r"""(?:("[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')(?!\S)|([^\s"]?\S*))\s*"""
    r"(?:(?<=\s)([A-Za-z_][\w.-]*)(?:\s+(?=[^\s=]+=)|$))?",
)


_first_pair = lazy_pattern(r"(?<!\S)[A-Za-z_@][\w.@-]*=(?=\S)")


def logfmt_pairs(line: str, names: FieldNames) -> tuple[str, Object] | None:
    """Return the header and the pairs of a line that is logfmt to its end; None for any other line."""
    if names.is_logfmt(line) is None:
        return None
    start = _first_pair.search(line, 0, MAX_PREFIX_CHARS)
    if start is None:
        return None
    before = line[: start.start()].strip()
    pairs: list[Pair] = []
    flags = 0
    at, end = start.start(), len(line)
    match = _next_pair.match
    while at < end:
        found = match(line, at)
        if found is None:
            return None
        name, quoted, bare, flag = found.groups()
        pairs.append((name, bare if quoted is None else _unquote(quoted)))
        if flag:
            if before or (quoted is None and names.roles[name] // RANKS * RANKS == MESSAGE):
                return None  # words
            flags += 1
            pairs.append((flag, "true"))
        at = found.end()
    if len(pairs) - flags < 2:
        return None
    return before, tuple(pairs)


def _unquote(text: str) -> str:
    """Return the text of a quoted value; single quotes are read as a Python literal."""
    if "\\" not in text:
        return text[1:-1]
    if text[0] == "'":
        return _escape.sub(_unescape, text[1:-1])
    try:
        found, end = value_scanner()(text, 0)
    except (ValueError, StopIteration):
        return text[1:-1]
    return found if end == len(text) and found.__class__ is str else text[1:-1]


_escape = lazy_pattern(  # an escape sequence in a Python literal
    r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U(000[0-9a-f]{5}|0010[0-9a-f]{4})|([nrt'\"\\]))"
)


def _unescape(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    return chr(int(digits, 16)) if digits else {"n": "\n", "r": "\r", "t": "\t"}.get(found[4], found[4])
