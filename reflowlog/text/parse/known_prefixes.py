r"""Headers that lines had before, found again by the prefix of a line. Any thread may use them.

Invariants:
- The header of a line that is found here is the one that `Recognizer.read` finds in ten to fifty times the time; a test
  holds both to each other, for all samples of formats with messages of all kinds of words.
- A header ends with a blank, and has a time or a level. It is learned from a line, and found in a line, whose message
  begins with a word and a few plain tokens: they settle where the header ends, whatever is behind them. Tokens in
  which a level or a further field might be read settle it only behind a level.
- All spans of a header lie in its prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.prefix_memo import PrefixMemo
from reflowlog.text.parse.usual_header import barred_words

if TYPE_CHECKING:
    import re

    from reflowlog.text.parse.grammar import HeaderParts

__all__ = ["KnownPrefixes", "begins_with_words"]

_WORD = rb"[A-Za-z]?[a-z]+"
_MIXED = rb"[A-Z][a-z]+[A-Z][A-Za-z]*"  # KeyError
_FIRST = rb"(?:(" + _WORD + rb"),?|(" + _MIXED + rb")(?! \2 ))"  # a name twice is that of a thread and a logger
_ANY_WORD = rb"(" + _WORD + rb"|[A-Z]{2,})"
_PLAIN = rb"(?:" + _ANY_WORD + rb"[,.]?|" + _MIXED + rb"|[a-z_]+=[\w./:-]{1,100}|\"[^\"\s]{0,80}\"|'[^'\s]{0,80}')"
_NO_DOTTED_NAME = rb"(?![A-Za-z_]\w*(?:\.|::)\w|[A-Z]+\b|Thread-|\"[A-Z]+ )[\w\"'/][^\s|:(\[{]{0,100}"
_ANY = rb"(?:in|" + _ANY_WORD + rb"[,.]?|" + _NO_DOTTED_NAME + rb")"
_END = rb"(?: (?! )|\n)"
_behind_level = lazy_pattern(rb"(?:\*0+ )?" + _FIRST + (rb" " + _ANY) * 2 + _END)
_behind_time = lazy_pattern(_FIRST + (rb" " + _PLAIN) * 3 + _END)
_BLANK = ord(" ")
_MIN_UNTIMED = 5  # characters of a header without a time: "E: " and "success " are also how a message begins
_NO_FIRST_WORDS = frozenset(  # behind which a name may be the subject of a message
    b"is was are has have had must should cannot can will not does did on from in at by for to of".split()
)


class KnownPrefixes:
    """Headers of lines, by the shape of the lines' beginnings."""

    def __init__(self) -> None:
        self._known: PrefixMemo[HeaderParts] = PrefixMemo()

    def find(self, head: bytes) -> HeaderParts | None:
        """Return the header of a head; None if it is not known. About 1 us.

        Args:
            head: see `text/parse/header.py`.
        """
        found = self._known.find(head)
        return found[1] if found is not None and settles(head, found[1]) else None

    def learn(self, head: bytes, parts: HeaderParts) -> None:
        """Take in the header that a head has."""
        column = parts.column
        if not 0 < column < len(head) or head[column - 1] != _BLANK or not settles(head, parts):
            return
        prefix = head[:column]
        if prefix.split()[-1] in _NO_FIRST_WORDS:  # 10:00 was: read so for lack of more words
            return
        if parts.time[1] or (parts.level[1] and column >= _MIN_UNTIMED and not prefix.rstrip().isalpha()):
            self._known.remember(prefix, parts)


def settles(head: bytes, parts: HeaderParts) -> bool:
    """Return whether the words behind a header settle where it ends."""
    return _are_settled((_behind_level if parts.level[1] else _behind_time).match(head, parts.column))


def begins_with_words(head: bytes, column: int) -> bool:
    """Return whether plain words from a column on settle that a message starts there, as they do behind a level."""
    return _are_settled(_behind_level.match(head, column))


def _are_settled(found: re.Match[bytes] | None) -> bool:
    """Return whether words settle the end of a header: none is a level, a name or a verb without subject."""
    if found is None:
        return False
    words = {word.lower() for word in found.groups() if word}
    return (found[1] is None or found[1].lower() not in _NO_FIRST_WORDS) and barred_words().isdisjoint(words)
