"""Header of a plain log line: column of the message, spans of time, level and logger. Pure; one call per wrapped line.

Invariants:
- A line is a run of header fields, then its message. A field is recognized by its shape and its position, not by the
  system that wrote it. The message starts after the last field; in doubt the header is the shorter one.
- **Digits do not matter**: every digit is read as ``0``, every character that is not ASCII as ``?``. An answer depends
  only on the first characters of the line folded in this way (the *head*), so answers are memoized by head.
- **Two steps**: a head is split into *tokens* at blanks and pipes (a bracketed part is one token), and each token gets
  a *class*, one letter (`grammar.TOKEN_CLASSES`). Then `_HEADER`, a regular expression over those letters, is the
  grammar of headers.
- **A header has an anchor**: a time, or at the start of a line a level, ``name[pid]:``, ``file:line:``, bracketed
  parts, a syslog priority or ``service |``. Around a time there may be more times, numbers, bracketed parts,
  separators, a host, a level, and one component or logger (``name:``, ``name -``, ``a.b.c``, ``name[pid]:``).
- A component ends the header, so ``error:`` after ``sshd[1]:`` is message. So does a level after a facility (``RAS
  KERNEL INFO``) or after a logger, and a level with a colon. ``[key: value]`` and ``[client address]`` describe the
  subject of the message and belong to it; ``[main]``, ``[req-1 - -]``, ``[pid 7]`` are header.
- Without a time, ``ERROR: x``, ``error: x``, ``[INFO] x`` and ``INFO x`` are headers, and so is ``gcc: error: x``.
  Prose is not: the column of ``Note: this``, ``foo: bar`` and ``error while reading`` is 0, so that their rows hang
  by the line's own indentation. ``src/a.c:12:5: warning: unused`` starts after ``warning:``.
- In an access log the message is the request: ``10.0.0.7 - - [time] "GET / HTTP/1.1" 200`` starts at its quote.
- JSON and logfmt have no header here: column 0.
- `parts` also returns the spans of time and logger: the first run of tokens that is a time, and the last component;
  the name before a pipe where there is no component.
- An icon of consola, signale or Next.js at the start of a line, or behind one blank, is its level, where nothing else
  is its header.
- The level is given as written: ``INFO``, ``notice``, ``W``, the ``I`` of glog's ``I0610``, ``<30>`` for a syslog
  priority where nothing better follows, the value of ``level=`` where there is no level in the header.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from reflowlog.core.loaded_modules import loaded_module
from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.grammar import (
    END,
    FOLD_DIGITS,
    HEADER_CHARS,
    LOOKAHEAD_CHARS,
    MAX_MEMO_ENTRIES,
    HeaderParts,
    level_pair,
)
from reflowlog.text.parse.levels import ICONS
from reflowlog.text.parse.local_names import ascii_head
from reflowlog.text.parse.usual_header import usual_header

if TYPE_CHECKING:
    from reflowlog.text.parse.recognizer import Recognizer

__all__ = ["PARTS_HEAD_CHARS", "Header", "head_parts", "header", "icon_span", "message_column", "parts", "read_head"]


class Header(NamedTuple):
    """Column of the message and level of a line, as `header` returns them.

    Attributes:
        column: offset of the message in the text, in characters; 0 when the line has no header.
        level: the level as the line has it, ``""`` when none.
    """

    column: int
    level: str


PARTS_HEAD_CHARS = 96
"""Characters of a line by which the parts of its header are remembered."""

_RECOGNIZER = "reflowlog.text.parse.recognizer"
_parts_by_head: Memo[bytes, HeaderParts] = Memo(limit=MAX_MEMO_ENTRIES)  # head -> its parts
_columns_by_head: Memo[bytes, int] = Memo(limit=MAX_MEMO_ENTRIES)  # head -> its message column


def message_column(text: str, limit: int) -> int:
    """Return the column of the message if it is at most `limit`. The hot path: about 0.2 us when the head is memoized.

    Args:
        text: one line, without control characters.
        limit: the largest column to return, in characters.

    Returns:
        The message's column if it is in 1..limit, else 0. Any thread may call it.

    >>> message_column("12:00:00 INFO started", 32)
    14
    >>> message_column("12:00:00 INFO started", 10)
    0
    """
    size = limit + LOOKAHEAD_CHARS
    head = ascii_head(text[:size]).translate(FOLD_DIGITS)
    if len(text) <= size:
        head += END
    column = _columns_by_head.get(head)
    if column is None:
        column = _column_of(text, head)
    if HEADER_CHARS < column <= HEADER_CHARS + 1 + limit and len(text) > size:  # more of the line tells
        head = _head_of(text)
        column = _columns_by_head.get(head)
        if column is None:
            column = _memoize_column(head)
    if not column and limit and (head[:1] == b"?" or head[:2] == b" ?"):
        column = icon_column(text)
    return column if column <= limit else 0


def icon_column(text: str) -> int:
    """Return the offset of the message behind an icon that stands for a level; 0 for any other text.

    >>> icon_column("✖ it failed"), icon_column("✖ "), icon_column("it failed ✖")
    (2, 0, 0)
    """
    icon = icon_span(text)
    if icon is None:
        return 0
    rest = text[icon[1] :].removeprefix("\ufe0f")  # the selector of the colourful form
    message = rest.lstrip(" ")
    return len(text) - len(message) if message and len(message) < len(rest) else 0


def icon_span(text: str) -> tuple[int, int] | None:
    """Return the span of an icon that stands for a level at the start of a text, or behind one blank; None for none."""
    start = 1 if text[:1] == " " else 0
    return (start, start + 1) if text[start : start + 1] in ICONS else None


def header(text: str) -> Header:
    """Return the column of the message and the level of a line.

    Args:
        text: one line, without control characters; its first `HEADER_CHARS` characters are read.

    Returns:
        The message's column, 0 when there is no header, and the level as written. Any thread may call it.

    >>> header("Jun 14 15:16:01 combo sshd(pam_unix)[19939]: check pass; user unknown")
    Header(column=45, level='')
    >>> header("2024-01-01 12:00:00,123 - app - WARNING - low on disk")
    Header(column=42, level='WARNING')
    """
    column, start, end = _recognizer().scan(_head_of(text))
    if not column and (text[:1] > "~" or (text[:1] == " " and text[1:2] > "~")) and (icon := icon_column(text)):
        return Header(icon, text[:icon].strip()[:1])
    if start == end:
        pair = level_pair().search(text, 0, HEADER_CHARS)
        if pair is not None:
            start, end = pair.span(1)
    return Header(min(column, len(text)), text[start:end])


def parts(text: str) -> HeaderParts:
    """Return the spans of the parts of a line's header. About 1 us where its head is memoized.

    Args:
        text: one line, without control characters; its first `HEADER_CHARS` characters are read.

    Returns:
        Spans in the text. Any thread may call it.

    >>> found = parts("2024-01-01 12:00:00,123 - app - WARNING - low on disk")
    >>> found.column, found.level, found.time, found.logger
    (42, (32, 39), (0, 23), (26, 29))
    """
    head = ascii_head(text[:PARTS_HEAD_CHARS]).translate(FOLD_DIGITS)
    if len(text) <= PARTS_HEAD_CHARS:
        head += END
    found = head_parts(head)
    if found.column > HEADER_CHARS:
        found = _recognizer().parts(_head_of(text))
    if not found.column and head[:2].lstrip(b" ")[:1] == b"?" and (icon := icon_column(text)):
        return HeaderParts(icon, icon_span(text) or (0, 0), (0, 0), (0, 0))
    return found if found.column <= len(text) else found._replace(column=len(text))


def head_parts(head: bytes) -> HeaderParts:
    """Return the spans of the parts in a head of `PARTS_HEAD_CHARS`, from the memo where they are known."""
    found = _parts_by_head.get(head)
    return _parts_by_head.remember(head, read_head(head)) if found is None else found


def read_head(head: bytes) -> HeaderParts:
    """Return the spans of the parts in a head that is not memoized, as `Recognizer.parts` does.

    A head of a usual form does not load the recognizer, which takes longer than drawing the first lines.
    """
    found = None if loaded_module(_RECOGNIZER) is not None else usual_header(head)
    return _recognizer().parts(head) if found is None else found


def _head_of(text: str) -> bytes:
    """Return the longest head of a line."""
    return ascii_head(text[:HEADER_CHARS]).translate(FOLD_DIGITS) + END


def _column_of(text: str, head: bytes) -> int:
    """Return the grammar's column for a head that is not memoized; words behind the head may settle it."""
    if loaded_module(_RECOGNIZER) is None:  # as in `read_head`
        usual = usual_header(head)
        if usual is not None:
            return _columns_by_head.remember(head, usual.column)
    recognizer = _recognizer()
    whole = _head_of(text)
    known = recognizer.known.find(whole)
    if known is not None:
        return known.column
    parts = recognizer.parts(head)
    if parts.column <= HEADER_CHARS:
        recognizer.known.learn(whole, parts)
    return _columns_by_head.remember(head, parts.column)


def _memoize_column(head: bytes) -> int:
    """Memoize and return the grammar's column for a head."""
    column = _recognizer().scan(head)[0]
    return _columns_by_head.remember(head, column)


@cache
def _recognizer() -> Recognizer:
    from reflowlog.text.parse.recognizer import recognizer  # start-up cost: it loads the table of formats

    return recognizer()
