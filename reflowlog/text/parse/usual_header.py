r"""Headers of usual forms, each read with one pattern: those that most programs write, before a message of words.

Invariants:
- A header that is read here is the one that `Recognizer` finds in the general way, which takes ten times as long; a
  test holds both to each other, for all samples of the format table and for random lines.
- The tokens of a pattern have one class each in `text/parse/grammar.py`, the words of the message settle the header
  (`settled_end`), and no format of the table matches such a line.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.grammar import NO_HEADER, HeaderParts, fixed_words

if TYPE_CHECKING:
    import re

__all__ = ["barred_words", "starts_with_pairs", "starts_with_words", "usual_header"]

_NO_SPAN = (0, 0)
_DATE_TIME = rb"0000-00-00[ T]00:00:00(?:[.,]0+)?Z?"
_LEVEL = rb"(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)"
_NAME = rb"[a-z]+(?:\.[a-z]+)*"
# "in" begins a further field where it is the first word of a message, not where it is the second one.
_WORDS = rb"([A-Za-z]?[a-z]+) (?:in|([A-Za-z]?[a-z]+|[a-z_]+=[\w./:-]{1,100}))(?: (?! )|\n)"
_ANY_WORD = rb"[A-Za-z]?[a-z]+|[A-Z]?[a-z]*\?[a-z?]+|[A-Z]?[a-z]+\?"  # a character that is not ASCII is a "?"
_MESSAGE = (  # behind a level; "in" behind a word of other letters is left to the general way
    rb"(?![A-Za-z]*[?][a-z?]* in )("
    + _ANY_WORD
    + rb") (?:in|("
    + _ANY_WORD
    + rb"|[a-z_]+=[\w?./:-]{1,100}))(?: (?! )|\n)"
)
_PAIR = rb"(?!(?:level|lvl|severity|time|timestamp|ts|msg|message|event)=)[a-z_]+=[\w./:-]{1,100}"
_PAIRS = rb"(" + _PAIR + rb")(?: " + _PAIR + rb"){0,3} ([A-Za-z]?[a-z]+)(?: (?! )|\n)"
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"


class _Form(NamedTuple):
    """A form of headers.

    Attributes:
        pattern: of the header and the words behind it; its first group is the time.
        level: numbers of the groups of the level.
        logger: numbers of the groups of the logger.
        words: numbers of the groups of words and names that must not be words of the grammar.
        message: number of the group where the message starts; 0 for lines without a header.
    """

    pattern: re.Pattern[bytes]
    level: tuple[int, ...]
    logger: tuple[int, ...]
    words: tuple[int, ...]
    message: int


_TIME_FIRST = (
    _Form(  # 2024-05-01 10:00:00 INFO app: started    2024-05-01 10:00:00,123 - app.db - INFO - started
        lazy_pattern(
            rb"(" + _DATE_TIME + rb") +(?:- (" + _NAME + rb") - " + _LEVEL + rb" - |" + _LEVEL + rb" +"
            rb"(?:(" + _NAME + rb")  +|([a-z]+\.[a-z]+(?:\.[a-z]+)+) |(" + _NAME + rb"): +)?)" + _MESSAGE
        ),
        (3, 4),
        (2, 5, 6, 7),
        (8, 9, 2, 5, 6, 7),
        8,
    ),
    _Form(  # 2024-05-01 10:00:00,123 INFO     app.db.pool   size=20 user=bob
        lazy_pattern(rb"(" + _DATE_TIME + rb") +" + _LEVEL + rb" +([a-z]+(?:\.[a-z]+)+)  +" + _PAIRS),
        (2,),
        (3,),
        (3, 5),
        4,
    ),
    _Form(  # 2024-05-01 10:00:00,123 [main] INFO  a.b.C - started
        lazy_pattern(
            rb"(" + _DATE_TIME + rb") \[([a-z]{2,}(?:-(?:[a-z]+|0+))*)\] " + _LEVEL + rb" +"
            rb"([a-z]+(?:\.[A-Za-z]+)+) - " + _MESSAGE
        ),
        (3,),
        (4,),
        (2, 4, 5, 6),
        5,
    ),
    _Form(  # 10.0.0.7 - - [01/May/2024:10:00:00 +0000] "GET /a HTTP/1.1" 200
        lazy_pattern(
            rb"0+\.0+\.0+\.0+ - - (\[00/" + _MONTH + rb'/0000:00:00:00 [+-]0000\]) ("[A-Z]+ /)[^ "]* HTTP/0[.0]*" 0+ 0'
        ),
        (),
        (),
        (),
        2,
    ),
)
_FORMS = {
    ord("0"): _TIME_FIRST,
    ord("["): (
        _Form(  # [10:00:00] [main/INFO]: started
            lazy_pattern(rb"(\[00:00:00\]) \[(?:([A-Za-z][a-z]+) )?([a-z]{2,})(?:-0+)?/" + _LEVEL + rb"\]: " + _WORDS),
            (4,),
            (),
            (2, 3, 5, 6),
            5,
        ),
    ),
}
_SYSLOG = (
    _Form(  # May  1 10:00:00 host sshd[1]: started
        lazy_pattern(
            rb"(" + _MONTH + rb" [ 0]0 00:00:00) ([a-z]{2,}(?:-?0+)?) "
            rb"([a-z]{2,}(?:-[a-z]+)*|[a-z]{2,}\([a-z]+_[a-z]+\)(?=\[))(?:\[0+\])?: " + _WORDS
        ),
        (),
        (3,),
        (2, 3, 4, 5),
        4,
    ),
)
_PROSE = (
    _Form(  # words only, which settle that there is no header
        lazy_pattern(rb"([A-Za-z]?[a-z]+) ([a-z]+) ([a-z]+) ([a-z]+) ([a-z]+)(?: (?! )|\n)"),
        (),
        (),
        (1, 2, 3, 4, 5),
        0,
    ),
    _Form(  # fewer words, to the end of the line
        lazy_pattern(rb"([A-Za-z]?[a-z]+)(?: ([a-z]+)(?: ([a-z]+)(?: ([a-z]+))?)?)?\n"),
        (),
        (),
        (1, 2, 3, 4),
        0,
    ),
)
_FORMS.update(dict.fromkeys(range(ord("A"), ord("Z") + 1), _PROSE))
_FORMS.update(dict.fromkeys(range(ord("a"), ord("z") + 1), _PROSE))
_FORMS.update(dict.fromkeys(b"JFMASOND", (*_SYSLOG, *_PROSE)))
_NO_NAMES = frozenset(  # words of further fields, see `FurtherFields`, and of levels in brackets
    (b"in", b"Main", b"note", b"system", b"ii", b"ww", b"ee", b"log", b"statement", b"detail", b"hint", b"context")
)


def usual_header(head: bytes) -> HeaderParts | None:
    """Return the header of a head of a usual form; None for any other. About 2 us.

    Args:
        head: see `text/parse/header.py`.

    Examples:
        >>> usual_header(b"0000-00-00 00:00:00,000 INFO     app.db   the pool is full")
        HeaderParts(column=42, level=(24, 28), time=(0, 23), logger=(33, 39))
    """
    for form in _FORMS.get(head[0], ()) if head else ():
        found = form.pattern.match(head)
        if found is not None:
            break
    else:
        return None
    if not barred_words().isdisjoint(found.group(*form.words)):
        return None
    if not form.message:
        return NO_HEADER
    spans = found.regs
    level = max([spans[number] for number in form.level]) if form.level else _NO_SPAN
    logger = max([spans[number] for number in form.logger]) if form.logger else _NO_SPAN
    return HeaderParts(spans[form.message][0], level, spans[1], logger if logger[0] >= 0 else _NO_SPAN)


_words_at = lazy_pattern(_WORDS)
_pairs_at = lazy_pattern(_PAIRS)


def starts_with_words(head: bytes, column: int) -> bool:
    """Return whether a text has words at an offset that settle that a header of a usual form with a level ends there.

    If it ends there in one line, it does in each line that begins with the same header and has such words after it.

    Examples:
        >>> head = b"0000-00-00 00:00:00,000 INFO     app.db   the pool is full"
        >>> starts_with_words(head, 42), starts_with_words(head, 33)
        (True, False)
    """
    found = _words_at.match(head, column)
    return found is not None and barred_words().isdisjoint(found.groups())


def starts_with_pairs(head: bytes, column: int) -> bool:
    """Return whether a text has pairs at an offset, and a word behind them, that settle that a header ends there.

    If a header with a logger of a usual form ends there in one such line, it does in each that begins with it.

    Examples:
        >>> head = b"0000-00-00 00:00:00,000 INFO     app.db   size=00 user=bob the pool is full"
        >>> starts_with_pairs(head, 42), starts_with_pairs(head, 58)
        (True, False)
    """
    found = _pairs_at.match(head, column)
    return found is not None and found[2] not in barred_words()


@cache
def barred_words() -> frozenset[bytes]:
    """Return the words and names that are not just words to the grammar, behind a level or at the start of a line.

    Months in other scripts, which are question marks, are words there.
    """
    fixed = {word for word in fixed_words() if word.strip(b"?")}
    return frozenset(fixed) | {word[:-1] for word in fixed if word.endswith(b":")} | _NO_NAMES
