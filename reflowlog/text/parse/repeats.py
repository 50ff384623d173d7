"""Equality of lines but for digits and ids, for folding repeats. Pure.

Invariants:
- Two lines are equal if they have the same characters between their words (letters and digits), and each pair of words
  is equal but for its digits, or each is a number or an id: a hexadecimal word, a UUID, a long word in which letters
  follow digits.
  Words keep their letters: ``int8`` is not ``utf8``.
- It is an equivalence: what is equal to the line before is equal to all lines of its run.
- A text without any letter repeats nothing: blank lines, rules and tables of numbers are no messages.
- A record repeats the one before it if it has as many lines, each of which is equal, and its first line has a letter.
  `repeats_line` decides that line by line, for a stream; `find_repeated_records` for many records at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.clean.digits import DIGITS_TO_ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["are_equal", "find_repeated_records", "find_repeats", "repeats_line"]

_LETTERS = bytes(range(0x41, 0x5B)) + bytes(range(0x61, 0x7B))
_DIGITS = b"0123456789"
_ALNUM = _LETTERS + _DIGITS
_WORDS = bytes(
    code if bytes((code,)) in _LETTERS else 0x30 if bytes((code,)) in _DIGITS else 0x20 for code in range(256)
)
_uuid = lazy_pattern(rb"(?<![0-9A-Za-z])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9A-Za-z])")
_zeros = lazy_pattern(rb"00+")
_is_id = lazy_pattern(  # of a word in which every digit is 0
    rb"""0x[0a-fA-F]+ | (?=0*[a-fA-F])(?=[a-fA-F]*0)[0a-fA-F]{6,} | [0a-fA-F]{12,}
    | (?=[A-Za-z]*0+[A-Za-z])[0A-Za-z]{8,}""",
    re.VERBOSE,
)


def find_repeats(lines: Sequence[bytes]) -> list[bool]:
    """Return for each line whether it is equal to the line before it, but for digits and ids; False for the first.

    About 0.5 us a line where few are candidates, 5 us where all are equal but for ids.

    >>> find_repeats([b"12:00:01 order 4711 of 5f3a9c77 failed", b"12:00:02 order 8 of 77aa01ff failed", b"", b""])
    [False, True, False, False]
    >>> find_repeats([b"int8 overflow", b"utf8 overflow"]), find_repeats([b"--- 1 ---", b"--- 2 ---"])
    ([False, False], [False, False])
    """
    data = b"\n".join(lines)
    digits, marks = data.translate(DIGITS_TO_ZERO).split(b"\n"), data.translate(None, _ALNUM).split(b"\n")
    found = [False] * len(lines)
    last = -1  # line whose words are known
    words: list[bytes] = []
    for number in range(1, len(lines)):
        before = number - 1
        if marks[number] != marks[before]:
            continue
        if digits[number] == digits[before]:
            found[number] = found[before] or _has_letter(digits[number])
            continue
        if last != before:
            words = _words(lines[before])
        own = _words(lines[number])
        if len(own) == len(words) and all(_are_same(*pair) for pair in zip(own, words) if pair[0] != pair[1]):
            found[number] = _has_letter(digits[number])
        last, words = number, own
    return found


def find_repeated_records(records: Sequence[Sequence[bytes]]) -> list[bool]:
    """Return for each record whether it repeats the record before it; False for the first. See `repeats_line`.

    >>> find_repeated_records([[b"a 1", b"  at 7"], [b"a 2", b"  at 8"], [b"a 3"]])
    [False, True, False]
    """
    found = find_repeats([lines[0] if len(lines) == 1 else b"\v".join(lines) for lines in records])
    for number, is_candidate in enumerate(found):
        if is_candidate and len(records[number]) + len(records[number - 1]) > 2:
            lines, before = records[number], records[number - 1]
            found[number] = len(lines) == len(before) and all(
                repeats_line(before, place, line) for place, line in enumerate(lines)
            )
    return found


def repeats_line(before: Sequence[bytes], place: int, line: bytes) -> bool:
    """Return whether a record may still repeat another one, by one more of its lines.

    Args:
        before: the lines of the record that is repeated.
        place: number of the line in its own record.
        line: without its newline.
    """
    return place < len(before) and are_equal(line, before[place]) and (place > 0 or _has_letter(line))


def are_equal(line: bytes, other: bytes) -> bool:
    """Return whether two lines are equal but for digits and ids, with or without letters.

    >>> are_equal(b"    ^^^^", b"    ^^^^"), are_equal(b"at 12", b"at x")
    (True, False)
    """
    if line.translate(DIGITS_TO_ZERO) == other.translate(DIGITS_TO_ZERO):
        return True
    if line.translate(None, _ALNUM) != other.translate(None, _ALNUM):
        return False
    words, others = _words(line), _words(other)
    return len(words) == len(others) and all(_are_same(*pair) for pair in zip(words, others) if pair[0] != pair[1])


def _words(line: bytes) -> list[bytes]:
    """Return the words of a line, with every digit as ``0`` and a UUID as a number."""
    if line.count(b"-") >= 4:
        line = _uuid.sub(b"0", line)
    return line.translate(_WORDS).split()


def _are_same(word: bytes, other: bytes) -> bool:
    """Return whether two words are equal but for digits, or both are ids or numbers."""
    if _is_id_or_number(word):
        return _is_id_or_number(other)
    return not _is_id_or_number(other) and _zeros.sub(b"0", word) == _zeros.sub(b"0", other)


def _is_id_or_number(word: bytes) -> bool:
    return word.isdigit() or _is_id.fullmatch(word) is not None


def _has_letter(line: bytes) -> bool:
    return len(line.translate(None, _LETTERS)) < len(line) or not line.isascii()
