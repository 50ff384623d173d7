r"""Headers whose time or level stands behind other fields: ``command  21-Jun-2025 10:00:00``, ``a.py:12 INFO: x``.

Invariants:
- A time counts if it has a clock with seconds. All tokens before it are fields: marks, names, numbers, brackets.
- A level without a time counts in capitals, in brackets or before a colon. The stronger the fields before it are, the
  plainer it may be: a thread or a place in the source before ``ERROR``, any field before ``ERROR:``.
- Two words of prose, a pair, a quoted text or a request before the time or the level settle that there is no header; so
  does a clock without seconds, as ``ps`` has it before the CPU time, and a time in parentheses before a level, as
  ``git blame`` has it before a line of code.
- What begins with the time or the level is read as a header of its own; a result depends on the head alone, as in
  `text/parse/header.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.grammar import END, grammar
from reflowlog.text.parse.message_start import read_tokens

if TYPE_CHECKING:
    from reflowlog.text.parse.message_start import HeadTokens

__all__ = ["UNKNOWN", "LateHeader", "late_header"]

MAX_FIELDS = 6
"""Tokens before the time or the level at most."""

_NO_SPAN = (0, 0)
_LEVELS = ("level", "level colon")
_STRONG = frozenset(
    (
        *("place", "qualified", "dotted", "file", "process", "thread", "uptime"),
        *("[number", "[word", "[words", "[dotted", "[place", "(place", "(number"),
    )
)
_PLAIN = frozenset(
    ("number", "address", "compound", "camel", "method", "capitals", "call", "separator", "marks", "role")
)
_FIELDS = _STRONG | _PLAIN | {"letter", "(word", "(dotted", "bracket colon", "number colon"}
_NAMES = frozenset(("name colon", "word colon", "place colon"))
_MARKS = frozenset(("marks", "role"))
_COLUMNS = frozenset(("word", "title"))
_PROSE_LEVELS = frozenset(
    b"ERROR WARNING FATAL CRITICAL ALERT PANIC SEVERE FAILURE FINE FINER FINEST EMERGENCY FAIL SUCCESS".split()
)
_DIFF = frozenset((b"---", b"+++", b"***"))  # before the names and times of the files of a diff
_NO_LEVELS = frozenset(  # results of tests, and words of comments
    b"FAIL FAILURE SUCCESS Fail Failure Success fail failure success NOTE Note note LOG HINT DETAIL CONTEXT".split()
)
_ITEMS = frozenset((b"-", b"*", b"+", b"#", b"|", b">", b"->"))  # before an item of a list, a row of a table, a comment
_clock = lazy_pattern(rb"(?<![0.:])0?0:00:00")
_minutes = lazy_pattern(rb"0?0:00")
_uptime = lazy_pattern(rb"0+\.0{3,}")
_date = lazy_pattern(rb"0{5,8}\Z")


class LateHeader(NamedTuple):
    """Header of its own behind other fields.

    Attributes:
        offset: where it begins, in the head; 0 where a cut head may go on with fields.
        column: end of its first time or level.
        level: span of a level before it, or its own one; (0, 0) for none.
        is_timed: whether it begins with a time.
    """

    offset: int
    column: int
    level: tuple[int, int]
    is_timed: bool


UNKNOWN = LateHeader(0, 0, _NO_SPAN, is_timed=False)
"""Result for a head that may end inside its fields."""


def late_header(head: bytes) -> LateHeader | None:
    r"""Return where a header begins whose time or level stands behind other fields; None if there is none.

    Args:
        head: see `text/parse/header.py`. The grammar has found no time in it.

    Examples:
        >>> late_header(b"a.py:00 INFO: started\n")
        LateHeader(offset=8, column=14, level=(8, 12), is_timed=False)
    """
    line = read_tokens(head)
    words, kinds = line.words, line.kinds
    level = -1
    columns = number = 0
    for number, kind in enumerate(kinds[: MAX_FIELDS + 1]):
        if kind == "time":
            return _timed(head, line, number, level)
        if kind in _LEVELS:
            if level >= 0:
                break
            level = number
        elif kind in _COLUMNS and (columns == 0 or _is_column(line, number)):
            columns += 1
        elif kind not in _FIELDS and not (number == 0 and kind in _NAMES and _begins_header(line, 1)):
            break
    if number >= len(words) - 2 and head[-1:] != END:
        return UNKNOWN
    if level > 0 and _is_level(line, level):
        start = line.starts[level]
        return LateHeader(start, line.starts[level + 1], _level_span(line, level), is_timed=False)
    return _behind_uptime(line)


def _timed(head: bytes, line: HeadTokens, number: int, level: int) -> LateHeader | None:
    """Return the header that begins with the time at a token; None if it is not surely a time."""
    last = number + 1
    while last in line.joined:
        last += 1
    if last >= len(line.words) and head[-1:] != END:
        return UNKNOWN
    start, end = line.starts[number], line.starts[last - 1] + len(line.words[last - 1])
    if (
        not number
        or line.words[0] in _DIFF
        or _clock.search(head, start, end) is None
        or any(_minutes.fullmatch(word) is not None for word in line.words[:number])
        or not _may_precede(line, number)
    ):
        return None
    if _date.match(line.words[number - 1]) is not None and line.words[number][:1] == b"0" and last == number + 1:
        return None  # 24015 10:00:00, a date that is not known
    return LateHeader(start, line.starts[last], _level_span(line, level) if level >= 0 else _NO_SPAN, is_timed=True)


def _behind_uptime(line: HeadTokens) -> LateHeader | None:
    """Return the header of brackets behind an uptime: ``[   1.234][i][core]``, ``     1.2345 [init]``."""
    kinds = line.kinds
    if kinds[0] == "uptime":
        last = 3
    elif line.starts[0] and _uptime.fullmatch(line.words[0]) is not None:
        last = 2
    else:
        return None
    if len(kinds) <= last or not all(kind[:1] == "[" for kind in kinds[1:last]):
        return None
    return LateHeader(line.starts[1], line.starts[last], _NO_SPAN, is_timed=False)


def _begins_header(line: HeadTokens, number: int) -> bool:
    """Return whether a token is a part in brackets, a level or a time."""
    kind = line.kinds[number] if number < len(line.kinds) else ""
    return kind[:1] in ("[", "(") or kind in (*_LEVELS, "time", "bracket colon")


def _is_column(line: HeadTokens, number: int) -> bool:
    """Return whether a word stands between two separators."""
    return line.kinds[number - 1 : number + 2 : 2] == ["separator", "separator"]


def _may_precede(line: HeadTokens, number: int) -> bool:
    """Return whether the tokens before a time may be fields: a word among them is a column of its own."""
    return all(
        line.kinds[each] not in _COLUMNS
        or (each == 0 and len(line.words[each]) == 1)
        or line.is_padded(each)
        or line.kinds[each + 1] == "separator"
        or line.words[each + 1][:1] == b"["
        for each in range(number)
    )


def _is_level(line: HeadTokens, number: int) -> bool:
    """Return whether a level behind fields, without a time, is surely one."""
    kinds, word = line.kinds, line.words[number]
    before = kinds[:number]
    if word.strip(b"[](){}<>*:") in _NO_LEVELS or line.words[number + 1 : number + 2] in ([], [b"()"]):
        return False
    if any(each[:1] == b"(" and _clock.search(each) is not None for each in line.words[:number]):
        return False
    if not _COLUMNS.isdisjoint(before):
        if all(kind not in _COLUMNS or kinds[at + 1] == "separator" for at, kind in enumerate(before)):
            return before[-1] == "separator" and word.strip(b"[](){}<>:").isupper()
        if before[0] in _COLUMNS and before[1:] and all(kind[:1] in "[(" or kind[:3] == "bra" for kind in before[1:]):
            return word[:1] in b"[(<{" or word[-1:] == b":"
        return (
            number == 1
            and not line.starts[0]
            and word.isupper()
            and word not in _PROSE_LEVELS
            and kinds[number] == "level"
            and kinds[number + 1 : number + 2] not in ([], ["small"], ["verb"])
        )
    if number == 1 and line.words[0] in _ITEMS:
        return False
    is_strong = not _STRONG.isdisjoint(before)
    if kinds[number] == "level colon":
        return is_strong or word.isupper() or _MARKS.issuperset(before)
    if word[:1] in b"[(<{*":
        return True
    if not word.rstrip(b"!").isupper():
        return False
    if line.starts[0] and number == 1 and kinds[0] == "number":  #    812 INFO [main]
        return line.words[number + 1][:1] in (b"[", b"<")
    return is_strong or (word not in _PROSE_LEVELS and not line.starts[0] and not _MARKS.issuperset(before))


def _level_span(line: HeadTokens, number: int) -> tuple[int, int]:
    """Return the span of the level in a token."""
    first, last = grammar().level_span_of(line.words[number])
    start = line.starts[number]
    return start + first, start + last
