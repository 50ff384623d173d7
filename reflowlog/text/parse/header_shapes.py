r"""Shapes of the headers of one source, by which a message that looks like a field is told from one. Any thread.

``INFO items: 3`` may have a component or not: the line does not tell, but its source does. Where other lines begin
their messages of several plain words right behind ``INFO``, this one does, too.

Invariants:
- A shape is the sequence of kinds of a header's tokens (`text/parse/message_start.py`), names of all kinds alike.
- A shape is *settled* if `MIN_LINES` lines of the source have it as their header, and most lines whose header begins so
  (`MIN_SHARE`). Where plain words follow, fewer lines with other words do not count.
- Settled shapes shorten a header, never before its time or level; or lengthen it by names with a colon, names that are
  no words, and brackets, where most lines with the same header have the same of these behind it (`MIN_LONGER_LINES`).
- A line without a header has the longest settled prefix of `text/parse/line_prefixes.py`.
- A result depends on the beginning of the line and on the settled shapes, which are a value.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.text.parse.grammar import END, FOLD_DIGITS, HEADER_CHARS, MAX_MEMO_ENTRIES
from reflowlog.text.parse.line_prefixes import mark_shape, prefix_end
from reflowlog.text.parse.local_names import ascii_head

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NO_SHAPES", "HeaderShapes", "Shapes", "settled_end", "settled_start"]

MIN_LINES = 3
"""Lines whose header has to have a shape."""

MIN_SHARE = 0.8
"""Share of such lines, of all lines whose header begins with the shape."""

MIN_LONGER_LINES = 4
"""Lines of one header behind which the same further field has to stand."""

MAX_LONGER = 3
"""Further fields at most."""

MAX_CHARS_BEHIND = 120
"""Characters behind a header in which these are looked for."""

MIN_PLAIN_SHARE = 0.9
"""Share that is enough of the lines with several plain words behind their header alone."""

Shapes = frozenset[str]
"""Settled shapes of a source; with a ``+`` before them those with further fields, and those that these begin with; with
a ``=`` the prefixes of lines without a header."""

NO_SHAPES: Shapes = frozenset()

_NAME_KINDS = frozenset(
    (
        "call",
        *("qualified", "dotted", "file", "compound", "camel", "method", "word", "title", "capitals", "thread"),
        *("process", "error", "small", "verb"),
    )
)
_COLON_KINDS = frozenset(
    ("name colon", "word colon", "title colon", "process colon", "place colon", "number colon", "span")
)
_FIELD_KINDS = _COLON_KINDS | {
    *("bracket colon", "qualified", "dotted", "compound", "camel", "thread", "process", "place"),
    *("[number", "[word", "[words", "[dotted", "[place", "[pairs", "(word", "(dotted", "(place"),
}
_MARKED_KINDS = ("other", "open", "priority", "marks")
_words = lazy_pattern(rb"(\[[^][\n]*\]:?|\([^()\n]*\):?|[^ \n]+) *")
_LAST_KINDS = frozenset(  # of tokens that are no part of a message
    ("time", "level", "letter", "level colon", "uptime", "last place", "priority", "span", "[place", "(place")
)


class HeaderShapes:
    """Collects the shapes of a source's headers.

    Attributes:
        settled: the settled ones so far; empty as long as no line needs them.
    """

    def __init__(self) -> None:
        self.settled: Shapes = frozenset()
        self._headers: list[tuple[bytes, bool, bytes]] = []  # not yet counted; whether plain words follow, and the text
        self._known: set[bytes] = set()  # those before plain words so far
        self._doubtful: set[bytes] = set()  # of other lines
        self._ends: tuple[Counter[str], Counter[str]] = Counter(), Counter()  # of all lines, of those with plain words
        self._begins: tuple[Counter[str], Counter[str]] = Counter(), Counter()
        self._longer: Counter[tuple[str, str]] = Counter()  # shapes of headers, and of these with fields behind them

    def add(self, text: str, column: int) -> None:
        """Take in a line: sanitized text and the column of its message, 1 or more."""
        head = _head(text)
        header = head[:column]
        is_plain = _is_settled(head, column)
        self._headers.append((header, is_plain, head[column : column + MAX_CHARS_BEHIND]))
        (self._known if is_plain else self._doubtful).add(header)
        if self._begins[0] or (len(self._headers) >= MIN_LINES and not self._doubtful <= self._known):
            self._count()

    def _count(self) -> None:
        """Count the shapes of the headers that wait for it; not before a line needs them, as that loads the grammar."""
        for header, is_plain, behind in self._headers:
            shapes = _shapes_of[header]
            whole = shapes[-1]
            self._longer.update((whole, longer) for _, longer in _longer_shapes(whole, behind))
            for ends, begins in zip(self._ends[: 1 + is_plain], self._begins):
                ends[shapes[-1]] += 1
                begins.update(shapes)
        self._headers.clear()
        self.settled = frozenset(
            shape
            for ends, begins, share in zip(self._ends, self._begins, (MIN_SHARE, MIN_PLAIN_SHARE))
            for shape, lines in ends.items()
            if MIN_LINES <= lines >= share * begins[shape]
        )
        pairs = [pair for pair, lines in self._longer.items() if self._is_field(*pair, lines)]
        if pairs:
            self.settled |= {f"+{shape}" for pair in pairs for shape in pair}

    def _is_field(self, shape: str, longer: str, lines: int) -> bool:
        """Return whether the field behind a header is one, which so many lines have; others have it in their header."""
        so_read = self._begins[0][longer]
        return MIN_LONGER_LINES <= lines + so_read >= MIN_SHARE * (self._ends[0][shape] + so_read)


def settled_start(text: str, column: int, shapes: Shapes) -> int:
    """Return the column of the message of a line by the settled shapes of its source. About 0.5 us.

    Args:
        text: sanitized text.
        column: as the line alone has it; 0 for none.
        shapes: the settled shapes and prefixes.

    Examples:
        >>> found = HeaderShapes()
        >>> for message, column in (("it is up", 14), ("going to sleep", 14), ("no more work", 14), ("items: 3", 21)):
        ...     found.add(f"10:00:00 INFO {message}", column)
        >>> settled_start("10:00:00 INFO items: 3", 21, found.settled)
        14
    """
    if not column:
        return prefix_end(text, shapes)
    header = ascii_head(text[:column]).translate(FOLD_DIGITS)
    end = settled_end(header, shapes)
    if end >= 0:
        return end
    start = -1 - end
    return start + _settled_size(_shapes_of[header[:start]][-1], _head(text)[start : start + MAX_CHARS_BEHIND], shapes)


def _settled_size(shape: str, behind: bytes, shapes: Shapes) -> int:
    """Return the size of the settled fields behind a header."""
    return max([end for end, longer in _longer_shapes(shape, behind) if f"+{longer}" in shapes], default=0)


def settled_end(header: bytes, shapes: Shapes) -> int:
    """Return where a header ends by the settled shapes of its source; -1 - that where fields may follow.

    Args:
        header: in ASCII, with zeros for digits.
        shapes: the settled shapes of its source.
    """
    return _starts[header, shapes]


def _start(key: tuple[bytes, Shapes]) -> int:
    """Return the end of the shortest settled part of a header; its own end for none."""
    header, shapes = key
    start = len(header)
    for end, kind, shape in reversed(list(_shapes(header))):
        if shape in shapes:
            start = end
        if kind in _LAST_KINDS:
            break
    return -1 - start if f"+{_shapes_of[header[:start]][-1]}" in shapes else start


_starts = Memo(_start, limit=MAX_MEMO_ENTRIES)


def _shapes(header: bytes) -> Iterator[tuple[int, str, str]]:
    """Yield the ends of a header's tokens, their kinds, and the shape of the header up to there."""
    from reflowlog.text.parse.message_start import read_tokens  # start-up cost: it loads the grammar

    line = read_tokens(header + END)
    shape = ""
    for number, (word, kind) in enumerate(zip(line.words, line.kinds)):
        if number not in line.joined:
            shape += f"{_part(kind, word)} "
        yield line.starts[number + 1], kind, shape


def _longer_shapes(shape: str, behind: bytes) -> Iterator[tuple[int, str]]:
    """Yield the ends of the fields behind a header, and its shape up to there."""
    from reflowlog.text.parse.message_start import kind_of  # start-up cost: it loads the grammar

    for found in islice(_words.finditer(behind), MAX_LONGER):
        kind = kind_of(found[1])
        is_known = kind in _FIELD_KINDS or kind == "number" or (kind == "call" and found[1][-2:] == b"0)")
        part = _part(kind, found[1]) if is_known else mark_shape(found[1]) if kind in _MARKED_KINDS else ""
        if not part:
            return
        shape += f"{part} "
        if kind != "number" and found[0][-1:] == b" ":
            yield found.end(), shape


def _read_shapes(header: bytes) -> tuple[str, ...]:
    """Return the shapes of the beginnings of a header, that of the whole last."""
    return tuple(dict.fromkeys(shape for _, _, shape in _shapes(header))) or ("",)


_shapes_of = Memo(_read_shapes, limit=MAX_MEMO_ENTRIES)


def _part(kind: str, word: bytes) -> str:
    """Return a kind as shapes have it."""
    if kind in _NAME_KINDS:
        return "name"
    if kind in _COLON_KINDS:
        return "name:"
    if kind == "separator":
        return word.decode("ascii", "replace")
    if kind in ("level", "level colon", "letter"):
        return ("[" if word[:1] in b"[(<*" else "") + "level" + (":" if word[-1:] == b":" else "")
    return word[:1].decode("ascii", "replace") if kind[:1] in "[(" else kind


def _head(text: str) -> bytes:
    return ascii_head(text[:HEADER_CHARS]).translate(FOLD_DIGITS) + END


def _is_settled(head: bytes, column: int) -> bool:
    from reflowlog.text.parse.known_prefixes import begins_with_words  # start-up cost: its patterns

    return begins_with_words(head, column)
