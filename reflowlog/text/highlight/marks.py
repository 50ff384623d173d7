"""Spans over text that brings no colours of its own: levels, times, numbers, addresses, paths and the like. Pure.

Rules of this file:
- The text stays as it is; spans say how its parts look. Whether a text has colours of its own is the caller's to know.
- **Colour that helps**: the level stands out, the line's own time steps back, and in the message only what the eye
  looks for has a colour. Words are the terminal's own.
- In the header only the level, the time and addresses are styled. The header is the caller's, or found by
  `text/parse/header.py`.
- **Digits do not matter**: each digit is read as ``0``, and so are identifiers in hexadecimal (`fold`). Two lines that
  are the same then have the same spans; only the first digit of an HTTP status has a say, and `digits_that_matter`
  tells where those are. So whoever draws many lines may remember how one of a shape is drawn.
- **Most words stand alone**: in a message, what is found in a word does not depend on the words around it, unless
  `may_cross` says so. Whoever adds a pattern that has a blank, or looks behind one, tells `may_cross` and `crosses`.
- No text takes more than linear time: `LONGEST` characters are looked at, patterns for parts begin at boundaries only,
  and none has a repetition within a repetition.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.core.records import PLAIN, Spans, Style
from reflowlog.text.highlight.links import link_styles, linked_span
from reflowlog.text.highlight.patterns import LONGEST, LONGEST_KNOWN, parts_after
from reflowlog.text.highlight.shapes import digits_that_matter, fold
from reflowlog.text.highlight.spans import overlaid, tinted
from reflowlog.text.highlight.themes import level_name
from reflowlog.text.highlight.user_rules import ruled
from reflowlog.text.parse.grammar import END, FOLD_DIGITS, MAX_MEMO_ENTRIES, grammar
from reflowlog.text.parse.grammar import HEADER_CHARS as FAR

if TYPE_CHECKING:
    from reflowlog.text.highlight.themes import Theme

__all__ = [
    "Marks",
    "highlight",
    "highlighted",
    "marks",
    "marks_of_line",
    "message_start",
]

HEADER_CHARS = 80
"""Characters of a text by which its header is remembered."""


class Marks(NamedTuple):
    """What is in a text.

    Attributes:
        parts: ``(start, end, name)``, ascending, not overlapping, none empty; the names are those of themes.
        column: where the message starts.
        level: a number of `logging`; None where the line does not name one.
    """

    parts: list[tuple[int, int, str]]
    column: int
    level: int | None


def highlight(
    text: str,
    theme: Theme,
    *,
    column: int | None = None,
    tint: Style = PLAIN,
    host: str | None = None,
    rules: bool = True,
) -> Spans:
    """How a text looks. About 10 us for a line of 100 characters.

    Args:
        text: sanitized, and without colours of its own.
        theme: how what is found looks.
        column: where the message starts, if what stands before it is the caller's and not to be looked at; None: the
            line is one that came, and its header is found.
        tint: of all of the message that has no other style, where ``column`` is given; else the line's level says it.
        host: this machine's name: addresses (URLs) become links, and so do absolute paths that look like files;
            None makes no links.
        rules: whether those of the user count here.

    Returns:
        Spans within the text.

    Examples:
        >>> from reflowlog.text.highlight.themes import make_theme
        >>> theme = make_theme("mine", {"level": "bold", "number": "cyan"}, 16)
        >>> [(start, end, style.sgr) for start, end, style in highlight("12:00:00 INFO took 37 ms", theme)]
        [(9, 13, '1'), (19, 24, '36')]
    """
    return highlighted(text, theme, marks(text, column), tint, host, rules)


def highlighted(
    text: str, theme: Theme, found: Marks, tint: Style = PLAIN, host: str | None = None, rules: bool = True
) -> Spans:
    """`highlight`, for who needs to know what is in the text, too."""
    parts, start, level = found
    if level is not None:
        tint = theme.message(level)
    styles = theme.styles
    links = link_styles(text, parts, host) if host is not None else None
    if links:
        spans = [(begin, end, linked_span(styles[name], links.get(begin))) for begin, end, name in parts]
        spans = [span for span in spans if span[2] is not PLAIN]
    else:
        spans = [(begin, end, styles[name]) for begin, end, name in parts if styles[name] is not PLAIN]
    if tint is not PLAIN:
        spans = tinted(spans, start, len(text), tint)
    return overlaid(tuple(spans), ruled(text, theme)) if rules and theme.rules else tuple(spans)


def marks(text: str, column: int | None = None, header: tuple[int, int, int] | None = None) -> Marks:
    """What is in a text, without how it looks; see `highlight` for the arguments.

    Args:
        text: see there.
        column: see there.
        header: what `message_start` gives, for who has it.

    Examples:
        >>> marks("12:00:00 ERROR /etc/hosts:7 size=3kB").parts
        [(0, 8, 'time'), (9, 14, 'level.error'), (15, 27, 'path'), (28, 33, 'key'), (33, 36, 'number')]
    """
    if column is not None:
        parts = parts_after(text, column) if column else _parts_of_message(text)
        level = None
    else:
        column, start, end = header or message_start(text)
        level = _level(text[start:end]) if start < end else None
        parts = parts_after(text, 0)
        if column:
            count = 0
            for part in parts:
                if part[0] >= column:
                    break
                count += 1
            parts[:count] = [
                (begin, stop, "time" if name == "date" else name)
                for begin, stop, name in parts[:count]
                if name in _OF_HEADERS
            ]
        if level is not None:
            place = 0
            while place < len(parts) and parts[place][1] <= start:
                place += 1
            after = place
            while after < len(parts) and parts[after][0] < end:
                after += 1
            parts[place:after] = [(start, end, "level." + level_name(level))]
    if len(text) > LONGEST and parts and parts[-1][1] >= LONGEST:  # it may be cut
        del parts[-1]
    return Marks(parts, column, level)


def marks_of_line(text: str) -> Marks:
    """`marks` of a line that came, remembered by its shape: logs repeat. For who has no stencils."""
    if len(text) > LONGEST_KNOWN:
        return marks(text)
    shape = text.encode("utf-8", "surrogatepass").translate(_SAME_DIGITS)
    found = _lines.get(shape)
    if found is None:
        found = marks(text)
        if not digits_that_matter(text):
            if len(_lines) >= MAX_MEMO_ENTRIES:
                _lines.clear()
            _lines[shape] = found
    return found


_OF_HEADERS = {"date", "ip"}
_SAME_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_lines: dict[bytes, Marks] = {}  # a cache of a pure function; nobody changes what is in it


def message_start(text: str) -> tuple[int, int, int]:
    """Where the message of a line that came starts, and where its level is; remembered by its first characters."""
    head = text[:HEADER_CHARS].encode("ascii", "replace").translate(FOLD_DIGITS)
    if len(text) <= HEADER_CHARS:
        head += END
    found = _heads.get(head)
    if found is None:
        found = grammar().scan(head)
        if len(_heads) >= MAX_MEMO_ENTRIES:
            _heads.clear()
        _heads[head] = found
    column, start, end = found
    if column > HEADER_CHARS:  # it ends further on
        column, start, end = _far_header(text)
    if start == end and ("level" in text or "lvl" in text or "severity" in text):
        pair = _level_pair.search(text, 0, LONGEST)
        if pair is not None:
            start, end = pair.span(1)
    return column, start, end


def _far_header(text: str) -> tuple[int, int, int]:
    """The same by as many characters as a header has at most, and by what is the same in all identifiers."""
    head = text[:FAR].encode("ascii", "replace").translate(FOLD_DIGITS)
    head = fold(head)[0] + END
    found = _heads.get(head)
    if found is None:
        column, start, end = grammar().scan(head)
        found = _heads[head] = min(column, len(text)), start, end
    return found


_heads: dict[bytes, tuple[int, int, int]] = {}  # a cache of a pure function
_level_pair = re.compile(r"(?:^|[\s{,\"])(?:level|lvl|severity)\"?[=:]\s*\"?([A-Za-z]{1,16})")


@cache
def _level(name: str) -> int | None:
    """The number of a level that a line names in letters."""
    if not name.isalnum() or name.isdigit() or (len(name) == 1 and name.islower()):
        return None
    from reflowlog.text.parse.line_levels import (
        parse_level,  # records of a program have a number, and need none of that
    )

    return parse_level(name)


# --- tints and links ---


_ZEROS = str.maketrans("123456789", "000000000")
_messages: dict[str, list[tuple[int, int, str]]] = {}  # a cache of a pure function; nobody changes what is in it


def _parts_of_message(text: str) -> list[tuple[int, int, str]]:
    """The parts of a text that is all message, remembered by its shape: records of a program say few things."""
    if len(text) > LONGEST_KNOWN:
        return parts_after(text, 0)
    shape = text.translate(_ZEROS)
    parts = _messages.get(shape)
    if parts is None:
        parts = parts_after(text, 0)
        if not digits_that_matter(text):
            if len(_messages) >= MAX_MEMO_ENTRIES:
                _messages.clear()
            _messages[shape] = parts
    return parts
