r"""Shapes of the headers of one source, by which a message that looks like a field is told from one. Any thread.

``INFO items: 3`` may have a component or not: the line does not tell, but its source does. Where other lines begin
their messages of several plain words right behind ``INFO``, this one does, too.

Invariants:
- A shape is the sequence of kinds of a header's tokens (`text/parse/message_start.py`), names of all kinds alike.
- A shape is *settled* if `MIN_LINES` lines of the source have it before several plain words, and nearly all lines with
  such words whose header begins so.
- Settled shapes only ever shorten a header, never before its time or level, and never that of a line whose own words
  settle where it ends.
- A result depends on the beginning of the line and on the settled shapes, which are a value.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo
from reflowlog.text.parse.grammar import END, FOLD_DIGITS, HEADER_CHARS, MAX_MEMO_ENTRIES
from reflowlog.text.parse.local_names import ascii_head

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HeaderShapes", "Shapes", "settled_end", "settled_start"]

MIN_LINES = 3
"""Lines before whose messages of plain words a shape has to stand."""

MIN_SHARE = 0.9
"""Share of such lines, of all lines with plain words whose header begins with the shape."""

Shapes = frozenset[str]
"""Settled shapes of a source."""

_NAME_KINDS = frozenset(
    (
        *("qualified", "dotted", "file", "compound", "camel", "method", "word", "title", "capitals", "thread"),
        *("process", "error", "small", "verb"),
    )
)
_COLON_KINDS = frozenset(
    ("name colon", "word colon", "title colon", "process colon", "place colon", "number colon", "span")
)
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
        self._headers: list[bytes] = []  # before plain words, not yet counted
        self._known: set[bytes] = set()  # all of these so far
        self._doubtful: set[bytes] = set()  # of other lines
        self._ends: Counter[str] = Counter()
        self._begins: Counter[str] = Counter()

    def add(self, text: str, column: int) -> None:
        """Take in a line: sanitized text and the column of its message, 1 or more."""
        head = _head(text)
        header = head[:column]
        if _is_settled(head, column):
            self._headers.append(header)
            self._known.add(header)
        else:
            self._doubtful.add(header)
        is_needed = bool(self._begins) or (len(self._headers) >= MIN_LINES and not self._doubtful <= self._known)
        if is_needed and self._headers:
            self._count()

    def _count(self) -> None:
        """Count the shapes of the headers that wait for it; not before a line needs them, as that loads the grammar."""
        for header in self._headers:
            *shorter, whole = [shape for _, _, shape in _shapes(header)] or [""]
            self._ends[whole] += 1
            self._begins.update({*shorter, whole})
        self._headers.clear()
        self.settled = frozenset(
            shape for shape, lines in self._ends.items() if MIN_LINES <= lines >= MIN_SHARE * self._begins[shape]
        )


def settled_start(text: str, column: int, shapes: Shapes) -> int:
    """Return the column of the message of a line by the settled shapes of its source. About 0.5 us.

    Args:
        text: sanitized text.
        column: as the line alone has it, 1 or more.
        shapes: the settled shapes.

    Examples:
        >>> found = HeaderShapes()
        >>> for message, column in (("it is up", 14), ("going to sleep", 14), ("no more work", 14), ("items: 3", 21)):
        ...     found.add(f"10:00:00 INFO {message}", column)
        >>> settled_start("10:00:00 INFO items: 3", 21, found.settled)
        14
    """
    start = _starts[ascii_head(text[:column]).translate(FOLD_DIGITS), shapes]
    return column if start == column or _is_settled(_head(text), column) else start


def settled_end(header: bytes, shapes: Shapes) -> int:
    """Return where a header ends by the settled shapes if the words behind it do not settle it; else its size.

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
    return start


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
