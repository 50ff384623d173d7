"""Level of a line as a number, for filters and jumps. Pure; any thread may call it.

Invariants:
- The level of a plain line is the one that `text/parse/header.py` finds in its shown text, as a number of `logging`:
  TRACE is 5, NOTICE 25, every level above ERROR 50. `text/parse/levels.py` maps names and numbers; syslog priorities
  (``<30>``) are levels, too.
- A single letter is a level only as a capital, outside of JSON.
- A record that begins with an exception that was not logged is an ERROR where it names no level
  (`text/parse/crashes.py`); a line within a record has no such level.
- A line of JSON, JSON after a prefix, and logfmt have the level that `text/parse/json_records.py` finds; of several
  records in a line the worst. A pattern finds it where it is unambiguous, which is fifteen times as fast.
- The span of a level depends on the head of a line, in which every digit is 0, so it is memoized by head, as in
  `text/parse/header.py`; the whole line is read only where the head is ambiguous.
- `may_have` searches a chunk for names anywhere, without splitting lines: its False is exact, its True is not.
  `lines_that_may_have` does so line by line: only the lines it returns have to be parsed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.text.clean.sanitize import ESC, is_plain_bytes, sanitize, strip_colours
from reflowlog.text.parse.crashes import TRACEBACKS, crash_offsets, has_mark, is_crash, is_ruby_error
from reflowlog.text.parse.field_names import PYTHON_FIELDS, USUAL, FieldNames
from reflowlog.text.parse.grammar import END, FOLD_DIGITS, MAX_MEMO_ENTRIES
from reflowlog.text.parse.header import PARTS_HEAD_CHARS, head_parts, header, icon_span, parts
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.levels import (
    ERROR,
    ICONS,
    MARKED,
    NOTICE,
    NUMBERS,
    PRIORITIES,
    TENS,
    UNNAMED_PREFIX,
    WARNING,
    numeric,
    otel,
    syslog,
)
from reflowlog.text.parse.levels import python as of_python
from reflowlog.text.parse.local_names import ascii_head, spellings
from reflowlog.text.parse.multiline import body_of, has_traceback

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "begins_crash",
    "begins_own_crash",
    "has_longer_header",
    "level_of",
    "level_of_header",
    "level_of_record",
    "lines_that_may_have",
    "may_begin_crash",
    "may_have",
]

HEAD_CHARS = PARTS_HEAD_CHARS
"""Characters of a line by which the span of its level is memoized."""

_UNKNOWN_SPAN = (-1, -1)
_spans: Memo[bytes, tuple[int, int]] = Memo(limit=MAX_MEMO_ENTRIES)  # head -> span of its level
_ARRAY_MARKS = b" \t\r\n\v\f,]"  # may follow an object that is an element of an array
_named_level = lazy_pattern(  # the surest names, and values that mean the same in each dialect
    rb'"(?:level|levelname|log[._]level|severity|severity_text|severityText)"\s*:\s*"([A-Za-z]{2,12})"'
    rb'|"level"\s*:\s*([1-6]0)\b',
)
_LEVEL_HINTS = (
    *(b"evel", b"EVEL", b"lvl", b"LVL", b"Lvl", b"everity", b"EVERITY", b"riority", b"PRIORITY"),
    *(b'"s"', b'"S"', b'"l"', b'"L"', b'"at"', b'"@', b'"log"', b"tatus", b"TATUS", b"\\u"),
)
_OBJECT_STARTS = (b'{"', b'{ "', b'{\t"')  # first characters of an object
_has_record = lazy_pattern(rb'(?:essage|ESSAGE|msg|MSG|Msg|@m|@M|ody|ODY)"\s*:\s*\{')  # an object as message
_otel_level = lazy_pattern(
    rb'(?:level|lvl|severity|priority|@l|status)[\w.]*\\*"\s*,\s*\\*"value',
)  # OpenTelemetry
_AMBIGUOUS_HINTS = (b"EVERITY", b"EVEL", b'"@l"', b'"@L"', b'"{', b"\\u00")
_NUMBER_FIELDS = (
    b"level",
    b"lvl",
    b"severity",
    b"priority",
    b"@l",
)  # fields whose numbers may be levels, in lower case
_numbers = {key: lazy_pattern(key + rb'([\w.]*)\\*"?\s*[:=]\s*\\*["\']?(-?\d{1,8})') for key in _NUMBER_FIELDS}
_numbers[b'"no'] = lazy_pattern(rb'"(no)\\*"\s*:\s*(-?\d{1,8})')  # loguru's, beside a name
_PYTHON_HINTS = [form % name.lower().encode() for name in sorted(PYTHON_FIELDS) for form in (b'"%s"', b"%s=")]
_escaped = lazy_pattern(rb"\\u00(?:20|3\d|[4-7][0-9a-fA-F])")
_UNNAMED = UNNAMED_PREFIX.encode()
_unnamed = lazy_pattern(_UNNAMED + rb"(\d{1,8})")
_priority = lazy_pattern(rb"<(\d{1,3})>")
_marked = [  # parts of the headers of these levels
    (number, name.encode() + (b" file:///" if name[-1] == ":" else b"")) for name, number in MARKED.items()
]
_marked += [(number, b"%%%d|" % severity) for severity, number in enumerate(PRIORITIES)]  # of librdkafka
_double_letters = {  # the literal comes first in the pattern, so that `re` searches for it as a string
    WARNING: lazy_pattern(rb"ww(?<![a-z]ww)(?![a-z])"),
    ERROR: lazy_pattern(rb"ee(?<![a-z]ee)(?![a-z])"),
}
_cisco = lazy_pattern(rb"-([0-7])-[A-Z\d_]+: ")  # severity, a digit of syslog, behind a facility
_SLOG_OFFSETS = (b"DEBUG+", b"INFO+", b"WARN+", b"ERROR+")  # slog's


def level_of(line: bytes, names: FieldNames = USUAL) -> int | None:
    """Return the level of a line as a number of `logging`; None if it has none. About 1 us if its head is memoized.

    Args:
        line: raw bytes without newline.
        names: roles of field names.

    Examples:
        >>> level_of(b"12:00:00 WARN low on disk"), level_of(b"<27>Jun 14 15:16:01 host x[1]: y"), level_of(b"plain")
        (30, 40, None)
    """
    if b"{" in line and line.rstrip(_ARRAY_MARKS)[-1:] == b"}":
        known, level = _object_level(line, names)
        if known:
            return level
    text, shown = line, ""
    if not is_plain_bytes(line):
        shown = sanitize(line.decode("utf-8", "replace"))[0]
        icon = icon_span(shown)
        if icon is not None and parts(shown).level == icon:
            return ICONS[shown[slice(*icon)]]
        text = ascii_head(shown)
    if b"=" in line and names.may_be_logfmt(line):
        records = read_records(line.decode("utf-8", "replace"), names)
        if records:
            return records[0].level or None
    head = text[:HEAD_CHARS].translate(FOLD_DIGITS)
    if len(text) <= HEAD_CHARS:
        head += END
    place = _spans.get(head)
    if place is None:
        place = _memoize_span(head)
    start, end = place
    if start < end:
        name = shown[start:end] or text[start:end].decode()
    elif place == _UNKNOWN_SPAN or b"level" in text or b"lvl" in text or b"severity" in text:
        name = header(shown or text.decode()).level
        if not name:
            return None
    else:
        return None
    return _number(name)


def level_of_record(lines: Sequence[bytes], names: FieldNames = USUAL) -> int | None:
    """Return the level of a record: that of its header; an exception that was not logged is at least an ERROR.

    Args:
        lines: the lines of the record without newlines.
        names: roles of field names.

    Examples:
        >>> level_of_record([b"10:00:00 WARN slow"]), level_of_record([b"Traceback (most recent call last):"])
        (30, 40)
    """
    level = level_of_header(lines, names)
    if (level is None and begins_crash(lines[0])) or ((level or 0) < ERROR and any(map(has_traceback, lines[1:]))):
        return ERROR
    return level


def level_of_header(lines: Sequence[bytes], names: FieldNames = USUAL) -> int | None:
    """Return the level that a record names: in its first line, or else in the rest of a header of several lines.

    Records without one that follow have it, too.

    Args:
        lines: the lines of the record without newlines; the first is enough unless `has_longer_header`.
        names: roles of field names.
    """
    level = level_of(lines[0], names)
    if level is not None or len(lines) < 2 or not has_longer_header(lines[0]):
        return level
    if lines[0].strip()[:1] not in (b"{", b"["):  # java.util.logging
        return level_of(lines[1], names)
    records = read_records(b" ".join(lines).decode("utf-8", "replace"), names)
    return max((record.level for record in records), default=0) or None


def begins_crash(line: bytes) -> bool:
    """Return whether a line that begins a record begins an exception that was not logged, behind a prefix, too."""
    line = strip_colours(line)
    return is_crash(line) or (has_mark(line) and is_crash(body_of(line)))


def may_begin_crash(data: bytes) -> bool:
    r"""Return whether `begins_crash` may be True for a line of a chunk. About 4 ms per MB.

    >>> may_begin_crash(b"one\npanic: x\n"), may_begin_crash(b"one\ntwo\n")
    (True, False)
    """
    return any(True for _ in crash_offsets(strip_colours(data)))


def begins_own_crash(line: bytes) -> bool:
    """Return whether a line begins an exception that was not logged and is no part of a record before it.

    >>> begins_own_crash(b"thread 'main' panicked at a.rs:1:2:")
    True
    >>> begins_own_crash(b"Traceback (most recent call last):")
    False
    """
    if not begins_crash(line):
        return False
    body = body_of(strip_colours(line))
    return not (body.startswith(TRACEBACKS) or is_ruby_error(body))


def has_longer_header(line: bytes) -> bool:
    """Return whether the level of a record may stand in a later line than its first one.

    That is a record of JSON over several lines, and the header of java.util.logging, which has two.
    """
    return line.strip() in (b"{", b"[{", _BOX_START) or _two_line_header.match(line) is not None


_BOX_START = "╷".encode()  # Terraform

_two_line_header = lazy_pattern(
    rb"[^\n]{0,40}\d\d?:\d\d:\d\d(?:[^\n]{0,12} [\w$]+(?:\.[\w$]+)+| [AP]M [A-Z][\w$]*) [\w$<>]+\r?$"
    rb"|[^\n]{0,24}\d\d:\d\d:\d\d \[[^\]\n]+\] [\w$]+(?:\.[\w$<>]+)+\(\)\r?$"
    rb"|[^\n]{0,24}\d\d?:\d\d:\d\d [AP]M [\w$]+(?:\.[\w$]+){2,}\r?$"
)


def _object_level(line: bytes, names: FieldNames) -> tuple[bool, int | None]:
    """Return whether a line is one or more records of JSON, and their worst level."""
    own = names.mentions_own
    if line.startswith(_OBJECT_STARTS) and not (own and own(line)):
        if line.count(b"{") == 1 and not any(word in line for word in _LEVEL_HINTS):
            return True, None
        level = _single_field_level(line)
        if level is not None:
            return True, level
    records = read_records(line.decode("utf-8", "replace"), names)
    return bool(records), max((record.level for record in records), default=0) or None


def _single_field_level(line: bytes) -> int | None:
    """Return the level of an object where exactly one of its own fields can hold it; None where it must be parsed."""
    if line.count(b"evel") + line.count(b"everity") != 1 or any(word in line for word in _AMBIGUOUS_HINTS):
        return None
    own = line[: line.find(b"{", 1)]  # the part outside of nested objects
    found = _named_level.search(own)
    if found is None or (len(own) < len(line) - 1 and _has_record.search(line)):
        return None
    if found[1]:
        return NUMBERS.get(found[1].decode().lower())
    return TENS[int(found[2]) // 10] if b'"pid"' in own or b'"hostname"' in own or b'"v"' in own else None


def has_level(line: bytes, following: bytes, names: FieldNames = USUAL) -> bool:
    """Return whether a line has a level, alone or with the line that follows it.

    A line that only opens a record of JSON counts as one that has: its level is on a later line.
    """
    return (
        line.strip() in (b"{", b"[{", _BOX_START)
        or level_of(line, names) is not None
        or level_of_record((line, following), names) is not None
    )


def may_have(data: bytes, least: int, names: FieldNames = USUAL) -> bool:
    """Return whether any line of a chunk could have a level of at least `least`.

    Args:
        data: lines with their newlines.
        least: a number of `logging`.
        names: roles of field names.

    Returns:
        False only if `level_of` is None or less for each line.
    """
    if least <= NOTICE:
        return True
    data = strip_colours(data)
    if ESC in data or b"\b" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return True  # the shown text may be composed of separate parts
    low = data.lower()
    return (
        any(name in low for name in _words_from(least))
        or (not low.isascii() and any(name in low for name in _foreign_words_from(least)))
        or any(number >= least and pattern.search(low) for number, pattern in _double_letters.items())
        or (b"<" in data and any(PRIORITIES[int(number) & 7] >= least for number in _priority.findall(data)))
        or _may_have_number(low, least)
        or any(number >= least and mark in data for number, mark in _marked)
        or (least <= ERROR and any(True for _ in crash_offsets(data)))
        or (b"intvalue" in low and _otel_level.search(low) is not None)
        or (_UNNAMED in low and any((of_python(int(number)) or 0) >= least for number in _unnamed.findall(low)))
        or (b"\\u00" in data and _escaped.search(data) is not None)
        or any(word in data for word in _SLOG_OFFSETS)
        or any(True for _ in _severities(data, least))
        or (names.mentions_level is not None and names.mentions_level(data) is not None)
        or b" E " in b" %s " % data.translate(_letters_from(least))
    )


def lines_that_may_have(
    data: bytes, least: int, names: FieldNames = USUAL, *, may_crash: bool = True
) -> list[int] | None:
    r"""Return the starts of the lines of a chunk that could have a level of at least `least`, ascending.

    Args:
        data: lines with their newlines.
        least: a number of `logging`.
        names: roles of field names.
        may_crash: False: `may_begin_crash` is known to be False.

    Returns:
        Offsets; `level_of` is None or less for each other line. None where all lines have to be parsed.

    Examples:
        >>> lines_that_may_have(b"10:00:00 INFO one\n10:00:01 ERROR two\n10:00:02 no error\n", 40)
        [18, 37]
    """
    if least <= NOTICE or ESC in data or b"\b" in data:
        return None
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    low = data.lower()
    if (
        (b"intvalue" in low and _otel_level.search(low) is not None)
        or (b"\\u00" in data and _escaped.search(data) is not None)
        or any(word in data for word in _SLOG_OFFSETS)
        or (names.mentions_level is not None and names.mentions_level(data) is not None)
    ):
        return None
    starts: set[int] = set()
    for name in _words_from(least):
        _add_lines(starts, low, name, 0)
    if not low.isascii():
        for name in _foreign_words_from(least):
            _add_lines(starts, low, name, 0)
    if least <= ERROR and may_crash:
        starts.update(data.rfind(b"\n", 0, at) + 1 for at in crash_offsets(data))
    for number, mark in _marked:
        if number >= least:
            _add_lines(starts, data, mark, 0)
    for number, pattern in _double_letters.items():
        if number >= least:
            starts.update(low.rfind(b"\n", 0, found.start()) + 1 for found in pattern.finditer(low))
    places = [found.start() for found in _priority.finditer(data) if PRIORITIES[int(found[1]) & 7] >= least]
    places += _severities(data, least)
    if _may_have_number(low, least):
        places += _places_of_numbers(low, least)
    if _UNNAMED in low:
        places += [found.start() for found in _unnamed.finditer(low) if (of_python(int(found[1])) or 0) >= least]
    starts.update(low.rfind(b"\n", 0, place) + 1 for place in places)
    _add_lines(starts, b" %s " % data.translate(_letters_from(least)), b" E ", 1, low)
    return sorted(starts)


def _severities(data: bytes, least: int) -> Iterator[int]:
    """Yield the offsets of Cisco's severities of at least `least`, and of letters between dashes."""
    if b"%" in data:
        yield from (found.start() for found in _cisco.finditer(data) if PRIORITIES[int(found[1])] >= least)
    for mark in _dashed_letters_from(least) if b"--" in data else ():
        at = data.find(mark)
        while at >= 0:
            yield at
            at = data.find(mark, at + 1)


def _add_lines(starts: set[int], text: bytes, word: bytes, margin: int, lines: bytes | None = None) -> None:
    """Add the starts of the lines that hold a word; `margin` bytes of the text come before those of the lines."""
    lines = text if lines is None else lines
    place = text.find(word)
    while place >= 0:
        at = max(place + 1 - margin, 0) if margin else place  # the letter between two blanks
        starts.add(lines.rfind(b"\n", 0, at) + 1)
        end = lines.find(b"\n", at)
        if end < 0:
            return
        place = text.find(word, end)


def _places_of_numbers(low: bytes, least: int) -> list[int]:
    """Return the offsets of the numeric levels in a lower-case chunk that could be at least `least`."""
    is_python = any(name in low for name in _PYTHON_HINTS)
    places: list[int] = []
    for key, pattern in _numbers.items():
        if key in low:
            for found in pattern.finditer(low):
                more, number = found.groups()
                usual = not is_python and key != b"priority" and more in (b"", b"name", b"_name")
                if ((numeric(int(number)) or 0) if usual else _worst(int(number))) >= least:
                    places.append(found.start())
    return places


def _may_have_number(low: bytes, least: int) -> bool:
    """Return whether any numeric level in a lower-case chunk could be at least `least`."""
    found = [
        (key != b"priority" and more in (b"", b"name", b"_name"), int(number))
        for key, pattern in _numbers.items()
        if key in low
        for more, number in set(pattern.findall(low))
    ]
    if not found:
        return False
    if any(name in low for name in _PYTHON_HINTS):
        return any(_worst(number) >= least for _, number in found)
    return any(((numeric(number) or 0) if usual else _worst(number)) >= least for usual, number in found)


@cache
def _worst(number: int) -> int:
    """Return the worst level that a number has in any dialect."""
    return max(level or 0 for level in (numeric(number), of_python(number), syslog(number), otel(number)))


def _memoize_span(head: bytes) -> tuple[int, int]:
    """Memoize and return the span of the level in a head, from the grammar."""
    column, place = head_parts(head)[:2]
    if column > HEAD_CHARS:
        place = _UNKNOWN_SPAN
    return _spans.remember(head, place)


@cache
def _number(name: str) -> int | None:
    """Return the number of a level as written in a line."""
    if name in MARKED:
        return MARKED[name]
    if name[0] == "<":
        return PRIORITIES[int(name[1 : name.index(">")]) & 7]
    if name[0] == "-" or name[0] == "%":  # severities of Cisco and librdkafka, digits of syslog
        return PRIORITIES[int(name[1]) & 7]
    return None if len(name) == 1 and name.islower() else NUMBERS.get(name.lower())


def _names_from(least: int) -> Iterable[str]:
    return (name for name, number in NUMBERS.items() if number >= least)


@cache
def _words_from(least: int) -> list[bytes]:
    """Return substrings such that each name of three letters or more, of a level of at least `least`, has one."""
    names = [name for name in _names_from(least) if len(name) > 2 and name.isascii()]
    return [name.encode() for name in names if not any(other in name and other != name for other in names)]


@cache
def _foreign_words_from(least: int) -> list[bytes]:
    """Return the names that are not ASCII of levels of at least `least`, with their ASCII letters small."""
    names = [name for name in _names_from(least) if not name.isascii()]
    return [spelling.encode().lower() for name in names for spelling in sorted(spellings(name.upper()))]


@cache
def _dashed_letters_from(least: int) -> list[bytes]:
    """Return the letters of these levels as columns filled up with dashes have them: ``[---E---]``."""
    return [b"-%s-" % name.upper().encode() for name in _names_from(least) if len(name) == 1 and name.isascii()]


@cache
def _letters_from(least: int) -> bytes:
    """Return a translation table: single letters of these levels to E, every other letter to x, the rest to a blank."""
    letters = {ord(name.upper()) for name in _names_from(least) if len(name) == 1}
    return bytes(
        0x45 if code in letters else 0x78 if code >= 0x80 or chr(code).isalpha() or chr(code) in "_-." else 0x20
        for code in range(256)
    )
