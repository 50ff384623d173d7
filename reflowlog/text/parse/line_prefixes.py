r"""Prefixes that most lines of a source have and no line alone shows: ``==4711== x``, ``a:b:12:100: x``. Any thread.

``==4711== searching`` may be a line of any text; where nearly all lines of a source begin so, and go on with text of
all kinds, the message starts behind it.

Invariants:
- A prefix is a run of whole tokens. It ends with one that has marks: a place in the source, a name with a colon, a part
  in brackets, a level behind a name, a number between two equal marks.
- Words of prose in it, and a name with a colon at its start, are the same in all lines. There are no two such words
  in a row, but for one in capitals, and no time, path, pair or quoted text, as in tables and stack traces.
- It is settled if `MIN_LINES` lines and `MIN_SHARE` of all lines have it, but for those that have nothing behind it.
  What follows it has plain words in most lines, and not the same number of words in all, as in tables.
- Indented lines have no prefix; they count as lines without one.
- A result depends on the beginning of the line and on the settled prefixes, which are a value.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.grammar import FOLD_DIGITS, MAX_MEMO_ENTRIES
from reflowlog.text.parse.local_names import ascii_head

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ANY_PREFIX", "LinePrefixes", "mark_shape", "prefix_end"]

MIN_LINES = 4
"""Lines that have to have a prefix."""

MIN_SHARE = 0.8
"""Share of such lines, of all lines of the source that are not blank."""

MAX_LINES = 200
"""Lines by which the prefixes are decided."""

MAX_FIRST_WORDS = 8
"""Different words with which the lines begin, where these are words of prose."""

MAX_TOKENS = 8
"""Tokens of a prefix at most."""

MAX_ENDS = 4
"""Ends at which known prefixes are looked for."""

MAX_CHARS = 160
"""Characters of a line in which its prefix is read."""

ANY_PREFIX = "="
"""Element of the settled shapes where there are settled prefixes, each of which is one with this before it."""

_MIRRORED = bytes.maketrans(b"([{<>}])", b")]}><{[(")
_PROSE = frozenset(("word", "title", "capitals", "method", "error"))
_NAMES = frozenset(
    ("compound", "camel", "dotted", "qualified", "file", "call", "process", "thread", "letter", "address", "(number")
)
_STRONG_COLONS = frozenset(("process colon", "place colon", "bracket colon", "span", "level colon"))
_COLONS = frozenset(("name colon", "word colon", "title colon", "number colon"))
_PARTS = frozenset(("(word", "(dotted", "(place"))
_tokens = lazy_pattern(rb"(\[[^][\n]*\]:?|\([^()\n]*\):?|<[^<>\n]{1,60}>(?![^ \n])|[^ \n]+) *")
_WEAK = "?"  # before the last part of a prefix that has no marks but a separator, or a number in a column
_LAST_SEPARATORS = frozenset((b">", b">>", b"=>", b"::"))
_no_marks = lazy_pattern(rb"[\"'].|[,;]|//|\A/|\w=\w|[\\^]")
_tagged = lazy_pattern(rb"[A-Za-z][\w.-]*[>|]")
_names = lazy_pattern(rb"[\w.$/?\\-]+")
_zeros = lazy_pattern("0+")  # job7: and job12: are alike
_MARKS = b"=|<>[](){}#@~*!$:/-"
_two_words = lazy_pattern(rb"(?:\A|[ (])[A-Za-z]{2,}[,:]? [A-Za-z]{2,}")
_clock = lazy_pattern(rb"(?<![0:.])0?0:00(?!0)")
_bracketed = lazy_pattern(rb"\[[^\"']+\]|<[^\"'=/]+>")


_MESSAGE = b" x"  # makes a prefix of what a line ends with

_Behind = tuple[bytes, bytes, bool]  # a prefix, what follows it, and whether that is the whole rest of the line


class LinePrefixes:
    """Collects the prefixes of a source's lines, at most `MAX_LINES`.

    Attributes:
        settled: shapes of the settled prefixes so far, with `ANY_PREFIX` before each, and that itself; or empty.
    """

    def __init__(self) -> None:
        self.settled: frozenset[str] = frozenset()
        self._lines = 0
        self._marked = 0  # lines that begin with a word that has marks or digits
        self._words: Counter[str] = Counter()  # with which the others begin
        self._without = 0  # lines without a header
        self._heads: list[tuple[str, int]] = []  # of lines whose prefixes are not yet counted, and their columns
        self._behind: dict[str, list[_Behind]] = {}  # shape of a prefix -> what follows it in each line
        self._bare: Counter[str] = Counter()  # lines that are nothing but a prefix, by its shape

    @property
    def is_full(self) -> bool:
        """Whether further lines change nothing."""
        return self._lines >= MAX_LINES

    def add(self, text: str, column: int) -> None:
        """Take in a line: sanitized text, and the column of its message as the line alone has it."""
        if self.is_full or not text:
            return
        self._lines += 1
        first = text.lstrip(" ").partition(" ")[0].rstrip(":")
        if first.isalpha():
            self._words[first] += 1
        else:
            self._marked += 1
        self._without += not column
        self._heads.append((text[:MAX_CHARS], column))

    def settle(self) -> None:
        """Decide anew by the lines so far. Where no prefix can be one of most lines, the grammar is not loaded."""
        least = max(MIN_LINES, MIN_SHARE * self._lines)
        alike = self._marked + sum(count for _, count in self._words.most_common(MAX_FIRST_WORDS))
        if alike < least or self._without < (1 - MIN_SHARE) * self._lines:
            self.settled = frozenset()
            return
        for text, column in self._heads:
            head = ascii_head(text).translate(FOLD_DIGITS)
            for end, shape in _prefixes(head + _MESSAGE):
                if end > len(head):
                    self._bare[shape] += 1
                elif not column or end == column:
                    self._behind.setdefault(shape, []).append((head[:end], head[end:], len(head) < MAX_CHARS))
        self._heads.clear()
        found = [
            shape
            for shape, lines in self._behind.items()
            if len(lines) >= max(MIN_LINES, MIN_SHARE * (self._lines - self._bare[shape]))
            and _are_messages(lines, is_weak=_WEAK in shape)
        ]
        self.settled = frozenset([ANY_PREFIX, *[ANY_PREFIX + shape for shape in found]] if found else ())


def prefix_end(text: str, settled: frozenset[str]) -> int:
    """Return where the longest settled prefix of a line without a header ends; 0 for none.

    Args:
        text: sanitized text.
        settled: see `LinePrefixes.settled`; may hold other shapes.

    Examples:
        >>> found = LinePrefixes()
        >>> for message in ("Waiting for a lock", "ready", "job 3 is done", "no lock was found here"):
        ...     found.add(f"==4711== {message}", 0)
        >>> found.settle()
        >>> prefix_end("==4712== LEAK SUMMARY", found.settled), prefix_end("LEAK SUMMARY", found.settled)
        (9, 0)
    """
    if ANY_PREFIX not in settled:
        return 0
    head = ascii_head(text[:MAX_CHARS]).translate(FOLD_DIGITS)
    ends = _last_ends.get(settled, ())
    for end in ends:
        if (settled, head[:end]) in _known and head[end : end + 1] not in _NO_STARTS:
            return end
    found = max([(end, shape) for end, shape in _prefixes(head) if ANY_PREFIX + shape in settled], default=(0, ""))
    end, shape = found
    if end and shape.count(" ") >= max(other.count(" ") for other in settled if other[:1] == ANY_PREFIX):
        _known.remember((settled, head[:end]), True)  # no longer one can follow
        if end not in ends:
            _last_ends.remember(settled, (end, *ends[: MAX_ENDS - 1]))
    return end


_last_ends: Memo[frozenset[str], tuple[int, ...]] = Memo(limit=64)  # of the longest prefixes, the latest first
_known: Memo[tuple[frozenset[str], bytes], bool] = Memo(limit=MAX_MEMO_ENTRIES)
_NO_STARTS = (b"", b" ")


def mark_shape(word: bytes) -> str:
    """Return the shape of a token by its marks: ``==0==``, ``[``, ``%a|a|``; empty for one that is no field.

    >>> mark_shape(b"==0000=="), mark_shape(b"[ts=00us, level=0]"), mark_shape(b"0000:0:(a.c:00:f())")
    ('==0==', '[', 'a:a:(a:a:a())')
    >>> mark_shape(b"it's"), mark_shape(b"f(0)"), mark_shape(b"/srv/a:0")
    ('', '', '')
    """
    if _bracketed.fullmatch(word) is not None:
        return word[:1].decode()
    inner = word.strip(_MARKS)
    if not inner or _no_marks.search(word) is not None:
        return ""
    before, _, after = word.partition(inner)
    if not inner.strip(b"0"):
        if before and before[::-1].translate(_MIRRORED) == after:
            return f"{before.decode('ascii', 'replace')}0{after.decode('ascii', 'replace')}"
        return ""
    if _tagged.fullmatch(word) is not None:
        return "a>"
    shape = _names.sub(b"a", word)
    marks = set(shape) - set(b"a)]}")
    return shape.decode("ascii", "replace") if len(marks) > 1 and b"0" in word else ""


def _prefixes(head: bytes) -> Iterator[tuple[int, str]]:
    """Yield the ends of the prefixes that a line may have, and their shapes."""
    from reflowlog.text.parse.message_start import kind_of  # start-up cost: it loads the grammar

    shape = left = ""
    is_marked = False
    indent = len(head) - len(head.lstrip(b" "))
    for number, found in enumerate(islice(_tokens.finditer(head, indent), MAX_TOKENS)):
        word = found[1]
        if indent and not number:  # the first column is aligned to the right
            shape = f"{found.end(1)} "
        kind = kind_of(word)
        if _clock.search(word) is not None or (kind in _PROSE and left in _PROSE and left != "capitals"):
            return
        token = _field(kind, word, is_first=not number)
        if not token.part:
            return
        if kind in _PROSE and not number and found[0][-2:] == b"  ":
            token = _Field("column", "", has_marks=False)
            left = "column"
        elif kind == "number" and left == "column" and found[0][-1:] == b" ":
            yield found.end(), f"{shape}{_WEAK}{found.end()} "
            left = kind
        else:
            left = kind
        is_marked = is_marked or token.has_marks
        if token.last and is_marked and (number or not indent) and found[0][-1:] == b" " and found.end() < len(head):
            yield found.end(), f"{shape}{token.last} "
        shape += f"{token.part} "


class _Field(NamedTuple):
    """A token of a prefix.

    Attributes:
        part: the token as shapes have it; empty for one that is in no prefix.
        last: the same where a prefix ends with it; empty where none does.
        has_marks: whether it has what tells a field from a word: brackets, a place in the source, a level.
    """

    part: str
    last: str
    has_marks: bool


_NO_FIELD = _Field("", "", has_marks=False)


def _field(kind: str, word: bytes, *, is_first: bool) -> _Field:
    """Return a token of a prefix."""
    text = word.decode("ascii", "replace")
    if kind == "capitals" or (kind == "request" and is_first):
        return _Field("name", "", has_marks=False)
    if kind in _PROSE:
        return _Field(text, "", has_marks=False)
    if kind in _COLONS:
        if is_first:
            return _NO_FIELD if kind == "number colon" else _Field("name:", _zeros.sub("0", text), has_marks=True)
        return _Field("name:", "name:", has_marks=kind == "number colon")
    if kind == "exception" and is_first:
        return _Field("name:", "", has_marks=True)
    if kind in _STRONG_COLONS:
        return _Field("name:", "name:", has_marks=True)
    if kind in _PARTS or (kind[:1] == "[" and kind != "[number"):
        return _Field(kind[0], "" if is_first else kind[0], has_marks=True)
    if kind in ("place", "level") or (kind == "call" and b":0" in word):
        return _Field(kind, "" if is_first else kind, has_marks=True)
    if kind in _NAMES:
        return _Field("name", "", has_marks=False)
    if kind == "number" or kind == "[number":
        is_process = word[:4] in (b"pid:", b"tid:")
        return _Field(kind, kind if is_process else "", has_marks=is_process)
    if kind == "separator":
        is_last = word in _LAST_SEPARATORS
        return _NO_FIELD if is_first else _Field(text, _WEAK + text if is_last else "", has_marks=is_last)
    shape = mark_shape(word) if kind in ("other", "open", "priority", "marks") else ""
    return _Field(shape, "" if is_first and shape[:1] in ("[", "<") else shape, has_marks=True)


def _are_messages(lines: list[_Behind], *, is_weak: bool) -> bool:
    """Return whether the texts behind a prefix are messages, not the further columns of a table.

    A weak prefix repeats, and no time follows it.
    """
    if is_weak:
        if 2 * len({prefix for prefix, _, _ in lines}) > len(lines):
            return False
        if 2 * sum(_clock.search(text) is not None for _, text, _ in lines) > len(lines):
            return False
    sizes = Counter([len(text.split()) for _, text, is_whole in lines if is_whole])
    worded = sum(_two_words.search(text) is not None for _, text, _ in lines)
    are_sized = max(sizes.values(), default=0) >= MIN_SHARE * len(lines)
    return not are_sized and len({text for _, text, _ in lines}) >= MIN_LINES - 1 and 2 * worded >= len(lines)
