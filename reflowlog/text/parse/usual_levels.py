r"""Levels of the lines of usual forms in a chunk, found with one pattern. Pure; any thread may call it.

Invariants:
- The level of a line found here is that of `level_of`, which takes ten times as long; a test holds both to each other.
- A plain line of the usual form is printable, without braces, and begins with a time and a level in capitals. JSON is
  of the usual form where each line of the chunk is one object without others in it and with one field that can be its
  level; logfmt, where a line is pairs in ASCII from end to end, without braces and escapes, and ``level`` is the only
  field that can be it. All other lines are left to the caller.
"""

from __future__ import annotations

from functools import cache

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.clean.sanitize import ESC, strip_colours
from reflowlog.text.parse.field_names import USUAL, FieldNames
from reflowlog.text.parse.levels import NUMBERS, TENS

__all__ = ["usual_levels"]

_NAMES = ("TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL")
_LEVELS = {name.encode(): NUMBERS[name.lower()] for name in _NAMES}
_DATE = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_plain = lazy_pattern(
    rb"(?m)^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?Z? +("
    + b"|".join(_LEVELS)
    + rb") +(?![VDIWEFA]/|"
    + _DATE
    + rb")(?:[A-Za-z_][ -z|~\x80-\xff]*|\[[\w.-]*\] [A-Za-z_][ -.0-z|~\x80-\xff]*)\r?$"
)  # neither I/Tag: nor a second time, which may have a level of their own
_object = lazy_pattern(
    rb'(?m)^\{[^{\n\\]*?"level(?:name)?": ?'
    rb'(?:"([A-Za-z]{2,12})"|([1-6]0)\b(?=[^{\n]*"(?:pid|hostname|v)"))[^{\n]*\}\r?$'
)
_PAIR = rb'[A-Za-z_@][\w.@-]*=(?:"[ !#-\[\]-z|~]*"(?=\s)|[!#-&(-\[\]-z|~]+)'
_line_of_pairs = lazy_pattern(
    rb"(?m)((?:" + _PAIR + rb' +)*?)level=("?)([A-Za-z]{2,12})\2((?: +' + _PAIR + rb")*) *\r?$"
)
_OTHER_LEVELS = (b"lvl", b"LVL", b"Lvl", b"everity", b"EVERITY", b"EVEL", b"riority", b"PRIORITY", b"@l")
_AMBIGUOUS = (b"everity", b"EVERITY", b"EVEL", b'"@l"', b'"@L"', b"\\u00")


def usual_levels(data: bytes, names: FieldNames = USUAL) -> list[tuple[int, int, int]]:
    r"""Return start, end and level of the lines of usual forms in a chunk, ascending. About 6 ms per MB.

    Args:
        data: lines with their newlines; they may be coloured.
        names: roles of field names.

    Examples:
        >>> usual_levels(b"2024-05-01 10:00:00 ERROR it failed\nno level here\n")
        [(0, 36, 40)]
    """
    if data[:2] == b'{"':
        return _levels_of_objects(data, names)
    if names.may_be_logfmt(data):
        return _levels_of_pairs(data, names)
    levels = _LEVELS
    if ESC not in data:
        return [(found.start(), found.end() + 1, levels[found[1]]) for found in _plain.finditer(data)]
    result: list[tuple[int, int, int]] = []
    start = 0
    for line, shown in zip(data.split(b"\n"), strip_colours(data).split(b"\n")):
        end = start + len(line) + 1
        found = _plain.match(shown)
        if found is not None:
            result.append((start, end, levels[found[1]]))
        start = end
    return result


def _levels_of_objects(data: bytes, names: FieldNames) -> list[tuple[int, int, int]]:
    """Return the result for a chunk whose first line is an object."""
    count = data.count(b"\n")
    if data.count(b"evel") != count or data.count(b"{") != count or any(word in data for word in _AMBIGUOUS):
        return []
    if names.mentions_own and names.mentions_own(data):
        return []
    found = [(each.start(), each.end() + 1, _level_of_field(*each.groups())) for each in _object.finditer(data)]
    return found if len(found) == count and all(level for _, _, level in found) else []


def _levels_of_pairs(data: bytes, names: FieldNames) -> list[tuple[int, int, int]]:
    """Return the result for a chunk with lines of logfmt."""
    if any(word in data for word in _OTHER_LEVELS) or (names.mentions_own and names.mentions_own(data)):
        return []
    found = []
    at = data.find(b"level=")
    while at >= 0:
        start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1 or len(data) + 1
        pairs = _line_of_pairs.match(data, start)
        if pairs is not None and (pairs[1] or pairs[4]) and data.count(b"evel", start, end) == 1:
            level = _level_of_field(pairs[3], None)
            if level:
                found.append((start, end, level))
        at = data.find(b"level=", end)
    return found


@cache
def _level_of_field(name: bytes | None, number: bytes | None) -> int:
    """Return the level of a field with a name or a number of pino's; 0 if it has none."""
    return NUMBERS.get(name.decode().lower(), 0) if name else TENS[int(number or b"0") // 10]
