"""Highlighting of text without colours of its own: levels, times, numbers, addresses, paths and the like. Pure.

Invariants:
- The text is unchanged; spans give the style of its parts. The caller checks that a text has no colours of its own.
- **Restraint**: the level stands out, the line's own time is dimmed, and in the message only the parts that readers
  search for have a colour. Ordinary words keep the terminal's default style.
- In the header only the level, the time and addresses are styled. The header is given by the caller, or found by
  `text/parse/header.py`.
- **Digits do not matter**: each digit is read as ``0``, and so are hexadecimal identifiers (`fold`). Two lines that
  are equal after that have the same spans, but for the first digit of an HTTP status; `digits_that_matter` returns
  the offsets of those. So a caller that draws many lines may cache how one line of a shape is drawn.
- **Most words stand alone**: in a message, the parts found in a word do not depend on the words around it, unless
  `may_cross` returns true. A new pattern that contains a blank, or looks behind one, must be added to `may_cross` and
  `crosses`.
- No text takes more than linear time: only `LONGEST` characters are searched, patterns for parts begin at boundaries
  only, and none has a repetition within a repetition.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import PLAIN, Spans, Style
from reflowlog.text.clean.digits import DIGITS_TO_ZERO, TEXT_DIGITS_TO_ZERO
from reflowlog.text.highlight.links import link_styles, with_link
from reflowlog.text.highlight.patterns import LONGEST, LONGEST_KNOWN, parts_after
from reflowlog.text.highlight.shapes import digits_that_matter, fold
from reflowlog.text.highlight.spans import fill_gaps, overlay
from reflowlog.text.highlight.themes import level_name
from reflowlog.text.highlight.user_rules import rule_spans
from reflowlog.text.parse.grammar import END, FOLD_DIGITS, MAX_MEMO_ENTRIES
from reflowlog.text.parse.grammar import HEADER_CHARS as FAR
from reflowlog.text.parse.header import read_head
from reflowlog.text.parse.levels import ICONS, parse_level
from reflowlog.text.parse.local_names import ascii_head

if TYPE_CHECKING:
    from reflowlog.text.highlight.themes import Theme

__all__ = [
    "Marks",
    "find_marks",
    "highlight",
    "highlight_marks",
    "marks_of_line",
    "message_start",
]

HEADER_CHARS = 80
"""Characters at the start of a text that are the cache key of its header."""


class Marks(NamedTuple):
    """The parts of a text that have a style of their own, its message column and its level.

    Attributes:
        parts: ``(start, end, name)``, ascending, not overlapping, none empty; the names are those of themes.
        column: offset at which the message starts.
        level: as a number of `logging`; None where the line does not name one.
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
    """Return the style spans of a text. Takes about 10 us for a line of 100 characters.

    Args:
        text: sanitized, and without colours of its own.
        theme: styles of the parts.
        column: offset at which the message starts, if the text before it was made by the caller and is not to be
            searched; None: the text is a line of the input, and its header is parsed.
        tint: style of everything in the message that has no other style, where ``column`` is given; otherwise the
            line's level decides it.
        host: this machine's name: addresses (URLs) become links, and so do absolute paths that look like files;
            None makes no links.
        rules: whether to apply the user's own highlight rules.

    Returns:
        Spans within the text.

    Examples:
        >>> from reflowlog.text.highlight.themes import make_theme
        >>> theme = make_theme("mine", {"level": "bold", "number": "cyan"}, 16)
        >>> [(start, end, style.sgr) for start, end, style in highlight("12:00:00 INFO took 37 ms", theme)]
        [(9, 13, '1'), (19, 24, '36')]
    """
    return highlight_marks(text, theme, find_marks(text, column), tint, host, rules)


def highlight_marks(
    text: str, theme: Theme, found: Marks, tint: Style = PLAIN, host: str | None = None, rules: bool = True
) -> Spans:
    """Return the style spans of a text whose marks the caller has computed; see `highlight`."""
    parts, start, level = found
    if level is not None:
        tint = theme.message(level)
    styles = theme.styles
    links = link_styles(text, parts, host) if host is not None else None
    if links:
        spans = [(begin, end, with_link(styles[name], links.get(begin))) for begin, end, name in parts]
        spans = [span for span in spans if span[2] is not PLAIN]
    else:
        spans = [(begin, end, styles[name]) for begin, end, name in parts if styles[name] is not PLAIN]
    if tint is not PLAIN:
        spans = fill_gaps(spans, start, len(text), tint)
    return overlay(tuple(spans), rule_spans(text, theme)) if rules and theme.rules else tuple(spans)


def find_marks(text: str, column: int | None = None, header: tuple[int, int, int] | None = None) -> Marks:
    """Find the parts, the message column and the level of a text, without styles.

    Args:
        text: as for `highlight`.
        column: as for `highlight`.
        header: the result of `message_start`, if the caller has it.

    Examples:
        >>> find_marks("12:00:00 ERROR /etc/hosts:7 size=3kB").parts
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
    if len(text) > LONGEST and parts and parts[-1][1] >= LONGEST:  # the last part may be cut off
        del parts[-1]
    return Marks(parts, column, level)


def marks_of_line(text: str) -> Marks:
    """Return `find_marks` of a line of the input, cached by its shape. For callers without templates."""
    if len(text) > LONGEST_KNOWN:
        return find_marks(text)
    shape = text.encode("utf-8", "surrogatepass").translate(DIGITS_TO_ZERO)
    found = _lines.get(shape)
    if found is None:
        found = find_marks(text)
        if not digits_that_matter(text):
            _lines.remember(shape, found)
    return found


_OF_HEADERS = {"date", "ip"}
_lines: Memo[bytes, Marks] = Memo(limit=MAX_MEMO_ENTRIES)  # a cache of a pure function; its values are never modified


def message_start(text: str) -> tuple[int, int, int]:
    """Return the message column and the span of the level of a line of the input, cached by its first characters."""
    head = ascii_head(text[:HEADER_CHARS]).translate(FOLD_DIGITS)
    if len(text) <= HEADER_CHARS:
        head += END
    scanned = _heads.get(head)
    if scanned is None:
        scanned = _scan(head)
        _heads.remember(head, scanned)
    column, start, end = scanned
    if column > HEADER_CHARS:  # the header is longer than the cache key
        column, start, end = _far_header(text)
    if start == end and ("level" in text or "lvl" in text or "severity" in text):
        pair = _level_pair.search(text, 0, LONGEST)
        if pair is not None:
            start, end = pair.span(1)
    return column, start, end


def _scan(head: bytes) -> tuple[int, int, int]:
    found = read_head(head)
    return found.column, *found.level


def _far_header(text: str) -> tuple[int, int, int]:
    """Return `message_start` for a long header: keyed by the longest prefix a header has, with identifiers folded."""
    head = ascii_head(text[:FAR]).translate(FOLD_DIGITS)
    head = fold(head)[0] + END
    found = _heads.get(head)
    if found is None:
        column, start, end = _scan(head)
        found = _heads.remember(head, (min(column, len(text)), start, end))
    return found


_heads: Memo[bytes, tuple[int, int, int]] = Memo(limit=MAX_MEMO_ENTRIES)  # a cache of a pure function
_level_pair = lazy_pattern(r"(?:^|[\s{,\"])(?:level|lvl|severity)\"?[=:]\s*\"?([A-Za-z]{1,16})")


@cache
def _level(name: str) -> int | None:
    """Return the number of a level that a line names in letters; None if the word is no level."""
    if name in ICONS:
        return ICONS[name]
    if not name.isalnum() or name.isdigit() or (len(name) == 1 and name.islower()):
        return None
    return parse_level(name)


# --- tints and links ---


_messages: Memo[str, list[tuple[int, int, str]]] = Memo(limit=MAX_MEMO_ENTRIES)  # its values are never modified


def _parts_of_message(text: str) -> list[tuple[int, int, str]]:
    """Return the parts of a text that is all message, cached by its shape, because a program's messages repeat."""
    if len(text) > LONGEST_KNOWN:
        return parts_after(text, 0)
    shape = text.translate(TEXT_DIGITS_TO_ZERO)
    parts = _messages.get(shape)
    if parts is None:
        parts = parts_after(text, 0)
        if not digits_that_matter(text):
            _messages.remember(shape, parts)
    return parts
