"""Names of levels that are not ASCII, in the heads of lines. Pure; any thread.

Invariants:
- A head is ASCII: a character that is not is ``?``, but for the name of a level in the first `NAMES_CHARS`, each of
  whose characters is `STAND_IN`. So a head is as long as its text, and the grammar reads one stand-in for all names.
- One ``?`` between blanks may be a separator. A picture or a letter that stands alone is ``x`` instead, but at the
  start of a line, where it may be the icon of a level.
- A name counts in capitals, or in a script without case, as a word of its own; in any case where a colon follows. An
  icon that stands for a level counts behind a time.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.levels import ICONS, LOCAL_NAMES

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

__all__ = ["STAND_IN", "ascii_head", "spellings"]

STAND_IN = b"\x01"
"""Byte of a head for a character of a level's name; no text has it, because it is a control character."""


BAR = b"\x02"
"""Byte of a head for the bar behind a name at the start of a line: ``web │``."""

_LETTER = ord("x")
_bar = lazy_pattern(r" *[\w./@-]+ +(?=│ )")
_alone = lazy_pattern(rb"\?(?<= \?)(?= )")
_words = lazy_pattern(  # no punctuation, arrow, box, block or mark of a prompt
    "[^\0-\u00bf\u00d7\u2010-\u206f\u2190-\u23ff\u2500-\u25ff\u2758-\u27bf\u2900-\u2bff\u3000-\u303f"
    "\ufe30-\ufe4f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
)

NAMES_CHARS = 160
"""Characters of a text in which names are found."""


def ascii_head(text: str) -> bytes:
    r"""Return a text in ASCII, of the same length.

    Examples:
        >>> ascii_head("10:00 [错误] größer"), ascii_head("10:00 ERROR x")
        (b'10:00 [\x01\x01] gr??er', b'10:00 ERROR x')
        >>> ascii_head("app ✅ done"), ascii_head("app → done")
        (b'app x done', b'app ? done')
    """
    if text.isascii():
        return text.encode("ascii")
    may_have_name, replace_names = _patterns()
    if may_have_name(text, 0, NAMES_CHARS) is not None:
        text = replace_names(_stand_ins, text[:NAMES_CHARS]) + text[NAMES_CHARS:]
    head = text.encode("ascii", "replace")
    if "│" in text:
        bar = _bar.match(text)
        if bar is not None:
            head = head[: bar.end()] + BAR + head[bar.end() + 1 :]
    return _with_words(head, text) if b" ? " in head else head


def _with_words(head: bytes, text: str) -> bytes:
    """Return a head in which a character that stands alone, and separates nothing, is a letter: a picture, a glyph."""
    words = bytearray(head)
    for found in _alone.finditer(head):
        at = found.start()
        if _words.match(text, at) is not None and not head[:at].isspace():
            words[at] = _LETTER
    return bytes(words)


def spellings(name: str) -> set[str]:
    """Return the spellings of a level's name in another language: capitals, small letters, and a capital first."""
    return {name, name.lower(), name.capitalize()}


def _stand_ins(found: re.Match[str]) -> str:
    if found[1]:
        return STAND_IN.decode() * len(found[1])
    if found[4]:
        return STAND_IN.decode() + " " * (len(found[4]) - 1)
    return STAND_IN.decode() * len(found[2]) + found[3].replace("：", ":")  # the colon of Chinese


@cache
def _patterns() -> tuple[Callable[[str, int, int], object], Callable[[Callable[[re.Match[str]], str], str], str]]:
    """Return a search for names, whatever is around them, and their replacer; compiled with the first such text."""
    import re  # start-up cost: with the first such text

    every = [name for names in LOCAL_NAMES.values() for name in names.split() if not name.isascii()]
    in_any_case = sorted({each for name in every for each in spellings(name)}, key=len, reverse=True)
    capitals = "|".join(sorted(every, key=len, reverse=True))
    rests: dict[str, set[str]] = {}  # the first character of a name that is not ASCII: what follows
    for name in in_any_case:
        at = next(at for at, each in enumerate(name) if not each.isascii())
        rests.setdefault(name[at], set()).add(name[at + 1 :])
    # Each alternative begins with a character, so that the search passes over all else in C.
    starts = [f"{first}(?:{'|'.join(sorted(rest))})" for first, rest in rests.items()]
    starts += [rf"{icon}(?<=[\dZ\]] {icon})" for icon in ICONS]
    names = rf"(?<!\w)(?:({capitals})(?![\w:：])|({'|'.join(in_any_case)})( ?[:：]))"
    icons = rf"(?:(?<=\d )|(?<=\dZ )|(?<=\d\] ))([{''.join(ICONS)}]\ufe0f?)(?= +(?![A-Z]{{3,9}}\b))"
    return re.compile("|".join(starts)).search, re.compile(f"{names}|{icons}").sub
