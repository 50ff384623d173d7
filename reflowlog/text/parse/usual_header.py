r"""Headers of the usual form, read with one pattern: time, level, a logger or none, and a message that begins in words.

Invariants:
- A header that is read here is the one that `Recognizer` finds in the general way, which takes ten times as long; a
  test holds both to each other, for all samples of the format table and for random lines.
- The tokens of the pattern have one class each in `text/parse/grammar.py`, the two words of the message settle the
  header (`settled_end`), and no format of the table matches such a line.
"""

from __future__ import annotations

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.grammar import HeaderParts, fixed_words

__all__ = ["usual_header"]

_NO_SPAN = (0, 0)
_usual = lazy_pattern(
    rb"(0000-00-00[ T]00:00:00(?:[.,]0+)?Z?) +"
    rb"(?:- ([a-z]+(?:\.[a-z]+)*) - (TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL) - "
    rb"|(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL) +"
    rb"(?:([a-z]+(?:\.[a-z]+)*)  +|([a-z]+\.[a-z]+(?:\.[a-z]+)+) |([a-z]+(?:\.[a-z]+)*): +)?)"
    rb"([A-Za-z]?[a-z]+) ([A-Za-z]?[a-z]+|[a-z_]+=[\w./:-]{1,100})(?: (?! )|\n)"
)  # groups: time, then name and level, or level and one of three forms of a name, and two words
_NAMES = (2, 5, 6, 7)  # groups of the logger
_NOT_WORDS = frozenset((b"in", b"Main"))  # the first word of a further field, see `FurtherFields`


def usual_header(head: bytes) -> HeaderParts | None:
    """Return the header of a head of the usual form; None for any other. About 1 us.

    Args:
        head: see `text/parse/header.py`.

    Examples:
        >>> usual_header(b"0000-00-00 00:00:00,000 INFO     app.db   the pool is full")
        HeaderParts(column=42, level=(24, 28), time=(0, 23), logger=(33, 39))
    """
    found = _usual.match(head)
    if found is None:
        return None
    words = fixed_words()
    first = found[8]
    if first in words or first in _NOT_WORDS or found[9] in words:
        return None
    name = next((number for number in _NAMES if found[number]), 0)
    if name and (found[name] in words or found[name] + b":" in words):
        return None
    level = found.span(3 if found[3] else 4)
    return HeaderParts(found.start(8), level, found.span(1), found.span(name) if name else _NO_SPAN)
