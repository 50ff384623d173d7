"""The levels of lines as numbers, for filters and jumps. Pure; any thread may call it.

The rules:
- A line's level is what `text/parse.py` finds in its text as it is shown, as a number of `logging`: TRACE is 5, NOTICE
  25, all that is worse than ERROR 50. Names of syslog, Java, glog, logcat, nginx and MySQL are known, single letters,
  syslog priorities (``<30>``), and the numbers of pino and bunyan (``"level":30`` is INFO).
- A single letter is a level only as a capital.
- Where a level stands depends on the first characters of a line in which every digit is 0, so it is remembered by
  them, as `text/parse.py` does it; only where they do not tell, the whole line is asked.
- `may_have` looks for names anywhere in a piece, without lines: its False is a promise, its True is not.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.text.parse import _END, _FOLD, REMEMBERED, _grammar, header
from reflowlog.text.sanitize import is_plain_bytes, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["level_of", "may_have", "parse_level"]

TRACE, DEBUG, INFO, NOTICE, WARNING, ERROR, CRITICAL = 5, 10, 20, 25, 30, 40, 50

_NAMES = {
    TRACE: "trace trc verbose vrb finest finer t v",
    DEBUG: "debug debug0 debug1 debug2 debug3 debug4 debug5 dbg fine d",
    INFO: "info information inf log statement detail hint context system ii i",
    NOTICE: "notice note n",
    WARNING: "warn warning wrn ww w",
    ERROR: "error err failure severe ee e",
    CRITICAL: "critical crit fatal ftl panic alert emerg emergency c f a",
}
_NUMBERS = {name: number for number, names in _NAMES.items() for name in names.split()}
_PRIORITIES = (CRITICAL, CRITICAL, CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG)  # by the last three bits
_COUNTED = {
    b"1": TRACE,
    b"2": DEBUG,
    b"3": INFO,
    b"4": WARNING,
    b"5": ERROR,
    b"6": CRITICAL,
}  # tens, of pino and bunyan

HEAD = 96
"""Characters of a line by which the place of its level is remembered."""

_UNSURE = (-1, -1)
_places: dict[bytes, tuple[int, int]] = {}  # head -> where its level is; a cache of a pure function
_counted = re.compile(rb'"level"\s*:\s*([1-6])0\b')
_priority = re.compile(rb"<(\d{1,3})>")
_colours = re.compile(rb"\x1b\[[0-9;:]*m")
_doubles = {  # with what is to be found first, so that it is sought as a word
    WARNING: re.compile(rb"ww(?<![a-z]ww)(?![a-z])").search,
    ERROR: re.compile(rb"ee(?<![a-z]ee)(?![a-z])").search,
}
_ESC = bytes((0x1B,))


def level_of(line: bytes) -> int | None:
    """The level of a line as a number of `logging`; None where it has none. About 1 us where its head is known.

    Args:
        line: without newline, as it came.

    Examples:
        >>> level_of(b"12:00:00 WARN low on disk"), level_of(b"<27>Jun 14 15:16:01 host x[1]: y"), level_of(b"plain")
        (30, 40, None)
    """
    text = line
    if not is_plain_bytes(line):
        text = sanitize(line.decode("utf-8", "replace"))[0].encode("ascii", "replace")
    head = text[:HEAD].translate(_FOLD)
    if len(text) <= HEAD:
        head += _END
    place = _places.get(head)
    if place is None:
        place = _remember(head)
    start, end = place
    if start < end:
        name = text[start:end].decode()
    elif place == _UNSURE or b"level" in text or b"lvl" in text or b"severity" in text:
        name = header(text.decode()).level
        if not name:
            counted = _counted.search(text) if text[:1] == b"{" else None
            return _COUNTED[counted[1]] if counted else None
    else:
        return None
    return _number(name)


def parse_level(name: str) -> int | None:
    """The level that a user means: a name, a letter, or a number of `logging`; None for anything else.

    Examples:
        >>> parse_level("warn"), parse_level("E"), parse_level("30"), parse_level("loud")
        (30, 40, 30, None)
    """
    name = name.strip()
    if name.isascii() and name.isdigit() and len(name) <= 3:
        return int(name)
    return _NUMBERS.get(name.lower())


def may_have(data: bytes, least: int) -> bool:
    """Whether any line of a piece could have at least some level.

    Args:
        data: lines with their newlines.
        least: a number of `logging`.

    Returns:
        False only if `level_of` is None or less for each line.
    """
    if least <= NOTICE:
        return True
    if _ESC in data:
        data = _colours.sub(b"", data)
    if _ESC in data or b"\b" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return True  # what is shown may be made from parts
    low = data.lower()
    return (
        any(name in low for name in _words_from(least))
        or any(number >= least and search(low) for number, search in _doubles.items())
        or (b'"level"' in data and any(_COUNTED[tens] >= least for tens in _counted.findall(data)))
        or (b"<" in data and any(_PRIORITIES[int(number) & 7] >= least for number in _priority.findall(data)))
        or b" E " in b" %s " % data.translate(_letters_from(least))
    )


def _remember(head: bytes) -> tuple[int, int]:
    """Where a head has its level, from the grammar; remembered."""
    column, start, end = _grammar().scan(head)
    place = (start, end) if column <= HEAD else _UNSURE
    if len(_places) >= REMEMBERED:
        _places.clear()
    _places[head] = place
    return place


@cache
def _number(name: str) -> int | None:
    """The number of a level as a line has it."""
    if name[0] == "<":
        return _PRIORITIES[int(name[1 : name.index(">")]) & 7]
    return None if len(name) == 1 and name.islower() else _NUMBERS.get(name.lower())


def _names_from(least: int) -> Iterable[str]:
    return (name for name, number in _NUMBERS.items() if number >= least)


@cache
def _words_from(least: int) -> list[bytes]:
    """Parts of words of which one is in each name of these levels that has three letters or more."""
    names = [name for name in _names_from(least) if len(name) > 2]
    return [name.encode() for name in names if not any(other in name and other != name for other in names)]


@cache
def _letters_from(least: int) -> bytes:
    """A table that makes each letter of these levels E, every other letter x, and all else a blank."""
    letters = {ord(name.upper()) for name in _names_from(least) if len(name) == 1}
    return bytes(
        0x45 if code in letters else 0x78 if code >= 0x80 or chr(code).isalpha() or chr(code) in "_-.'" else 0x20
        for code in range(256)
    )
