"""Logfmt: lines that are ``key=value`` pairs from end to end."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.text.parse.field_names import (
    LEVEL,
    MESSAGE,
    RANKS,
    Names,
)
from reflowlog.text.parse.json_records import LONGEST_PREFIX, Pair, next_pair, prefixed_record, record_of
from reflowlog.text.parse.json_values import value_scanner

if TYPE_CHECKING:
    from reflowlog.core.records import Fields


__all__ = ["read_logfmt"]


@cache
def _first_pair() -> re.Pattern[str]:
    return re.compile(r"(?<!\S)[A-Za-z_@][\w.@-]*=(?=\S)")


def read_logfmt(line: str, names: Names) -> list[Fields]:
    """The record of a line that is pairs of logfmt from end to end, maybe after a header."""
    if names.is_logfmt(line) is None:
        return []
    start = _first_pair().search(line, 0, LONGEST_PREFIX)
    if start is None:
        return []
    before = line[: start.start()].strip()
    pairs: list[Pair] = []
    flags = 0
    at, end = start.start(), len(line)
    match = next_pair().match
    while at < end:
        found = match(line, at)
        if found is None:
            return []
        name, quoted, bare, flag = found.groups()
        pairs.append((name, bare if quoted is None else _unquoted(quoted)))
        if flag:
            if before or (quoted is None and names.roles[name] // RANKS * RANKS == MESSAGE):
                return []  # words
            flags += 1
            pairs.append((flag, "true"))
        at = found.end()
    if len(pairs) - flags < 2:
        return []
    if not before:
        record = record_of(tuple(pairs), names)
        return [record] if record.level_name or (record.time is not None and record.message) else []
    if not any(names.roles[name] // RANKS * RANKS in (LEVEL, MESSAGE) for name, _ in pairs):
        return []
    return prefixed_record(before, tuple(pairs), names)


def _unquoted(text: str) -> str:
    """A quoted value; in single quotes, as Python writes it."""
    if "\\" not in text:
        return text[1:-1]
    if text[0] == "'":
        return _escape().sub(_unescaped, text[1:-1])
    try:
        found, end = value_scanner()(text, 0)
    except (ValueError, StopIteration):
        return text[1:-1]
    return found if end == len(text) and found.__class__ is str else text[1:-1]


@cache
def _escape() -> re.Pattern[str]:
    """What a backslash in a literal of Python stands for."""
    return re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U(000[0-9a-f]{5}|0010[0-9a-f]{4})|([nrt'\"\\]))")


def _unescaped(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    return chr(int(digits, 16)) if digits else {"n": "\n", "r": "\r", "t": "\t"}.get(found[4], found[4])
