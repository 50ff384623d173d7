"""Shapes of texts: cache keys under which texts that repeat have the same marks."""

from __future__ import annotations

import re
from functools import cache

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.highlight.patterns import KEYWORDS, LONGEST, METHODS, MONTHS, SPACED

__all__ = ["crosses", "digits_that_matter", "fold", "is_mere", "may_cross"]


# --- shapes ---

_statuses = lazy_pattern(
    r"(?:HTTP/[0-9](?:\.[0-9]\"?|\")[ ]|status(?:[=: ] ?|\": ?)|code=)([0-9]{3})(?![\w.])", re.ASCII
)
_identifiers = lazy_pattern(  # with the boundary before each, so that the search passes over all else in C
    rb"[^0-9A-Za-z_][0a-f](?:(?<=0)x[0a-f]+|[0a-f]{7}(?:-[0a-f]{4}){3}-[0a-f]{12}|[0a-f]{7,63})(?![0-9A-Za-z_])"
)


def fold(line: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    r"""Replace the hexadecimal identifiers of a line by fixed ones of the same length.

    Args:
        line: ASCII, in which every digit is 0.

    Returns:
        The folded line, as long as the line, and the spans of the identifiers. Two lines that fold to the same have
        the same spans and the same message column.

    Examples:
        >>> fold(b"commit 0fe00cd0 by 0xfe, 00000000")
        (b'commit 0a000000 by 0x00, 00000000', [(7, 15), (19, 23)])
    """
    places: list[tuple[int, int]] = []
    if _eight not in line.translate(_HEXADECIMAL) and b"0x" not in line:
        return line, places

    def same(found: re.Match[bytes]) -> bytes:
        before, name = found[0][:1], found[0][1:]
        size = len(name)
        if name[1] == 0x78:
            folded = b"0x" + b"0" * (size - 2)
        elif size == 36 and name[8] == 0x2D:
            folded = _UUID_OF_LETTER if name[0] > 0x39 else _UUID_OF_DIGIT
        elif b"0" in name and name.translate(None, b"0"):
            folded = b"a" + b"0" * (size - 1) if name[0] > 0x39 else b"0a" + b"0" * (size - 2)
        else:  # a number, or a word
            return before + name
        start, end = found.span()
        places.append((start, end - 1))
        return before + folded

    return _identifiers.sub(same, b" " + line)[1:], places


_HEXADECIMAL = bytes.maketrans(b"abcdef", b"000000")
_eight = b"0" * 8  # the length of the shortest identifier
_UUID_OF_LETTER = b"a0000000-0000-0000-0000-000000000000"
_UUID_OF_DIGIT = b"0a000000-0000-0000-0000-000000000000"


def digits_that_matter(text: str) -> tuple[int, ...]:
    """Return the offsets of the digits that the spans of a text depend on: the first ones of HTTP statuses.

    Examples:
        >>> digits_that_matter('"GET / HTTP/1.1" 404 12')
        (17,)
    """
    if not ("status" in text or "HTTP/" in text or "code=" in text):  # a quick check first
        return ()
    return tuple(found.start(1) for found in _statuses.finditer(text, 0, LONGEST))


# --- words ---


def is_mere(word: str) -> bool:
    """Return whether a word of a message is plain letters without parts and cannot join a part of another word. Fast.

    Examples:
        >>> [word for word in ("took,", "ms", "x=", "true", "Handled", "7") if is_mere(word)]
        ['took,', 'Handled']
    """
    return _crossing().mere(word) is not None


def may_cross(word: str) -> bool:
    """Return whether a part in a word of a message may extend into, or depend on, a word beside it.

    Examples:
        >>> [word for word in ("took", "37", "ms", "on", "Jan", "peer=10.0.0.7") if may_cross(word)]
        ['ms', 'Jan']
    """
    return _crossing().word(word) is not None


def crosses(message: str) -> bool:
    """Return whether a part extends over a blank of a message, given that `may_cross` is true for one of its words.

    Examples:
        >>> crosses("took 37 ms"), crosses("ms took 37")
        (True, False)
    """
    return '"' in message or "'" in message or _crossing().blank(message) is not None


class _Crossing:
    """The compiled patterns for words."""

    def __init__(self) -> None:
        clock, names = "[0-9]{1,2}:[0-9]{2}:", rf"{MONTHS}|{METHODS}|status|HTTP/[0-9]\.[0-9]"
        self.mere = re.compile(rf"(?!(?:{SPACED}|{KEYWORDS}|{MONTHS}|status)\b)[A-Z]?[a-z]+[,.;:]?\Z").match
        self.word = re.compile(
            rf"""["']|\A(?:(?:{SPACED})(?![\w=])|{clock}|[+-][0-9]{{2}}|[0-9]{{6}}\Z)|(?:{names}|status:)\Z""", re.ASCII
        ).search
        behind = "|".join(f"(?<={name} )" for name in (*names.split("|"), "status:"))
        self.blank = re.compile(
            rf" (?:(?<=[0-9] )(?:(?:{SPACED})(?![\w=])|{clock}|[+-][0-9]{{2}}|[0-9]{{6}} )"
            rf"|(?= ?[0-9]|[/*]|[a-z]{{2,8}}://)(?:{behind}))",
            re.ASCII,
        ).search


@cache
def _crossing() -> _Crossing:
    return _Crossing()
