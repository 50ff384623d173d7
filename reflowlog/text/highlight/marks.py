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
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from reflowlog.core.records import PLAIN, Span, Spans, Style
from reflowlog.text.highlight.themes import level_name
from reflowlog.text.parse.header import END, FOLD, REMEMBERED, grammar
from reflowlog.text.parse.header import HEAD as FAR

if TYPE_CHECKING:
    from reflowlog.text.highlight.themes import Theme

__all__ = [
    "LONGEST",
    "Marks",
    "crosses",
    "digits_that_matter",
    "fold",
    "highlight",
    "highlighted",
    "is_mere",
    "linked",
    "marks",
    "marks_of_line",
    "may_cross",
    "message_start",
    "overlaid",
    "parts_of",
    "ruled",
]

LONGEST = 4096
"""Characters of a text that are looked at."""

HEAD = 80
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
    links = _links(text, parts, host) if host is not None else None
    if links:
        spans = [(begin, end, _linked(styles[name], links.get(begin))) for begin, end, name in parts]
        spans = [span for span in spans if span[2] is not PLAIN]
    else:
        spans = [(begin, end, styles[name]) for begin, end, name in parts if styles[name] is not PLAIN]
    if tint is not PLAIN:
        spans = _tinted(spans, start, len(text), tint)
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
        parts = _parts(text, column) if column else _parts_of_message(text)
        level = None
    else:
        column, start, end = header or message_start(text)
        level = _level(text[start:end]) if start < end else None
        parts = _parts(text, 0)
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
    if len(text) > _LONGEST_KNOWN:
        return marks(text)
    shape = text.encode("utf-8", "surrogatepass").translate(_SAME_DIGITS)
    found = _lines.get(shape)
    if found is None:
        found = marks(text)
        if not digits_that_matter(text):
            if len(_lines) >= REMEMBERED:
                _lines.clear()
            _lines[shape] = found
    return found


_OF_HEADERS = {"date", "ip"}
_LONGEST_KNOWN = 512  # characters
_SAME_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_lines: dict[bytes, Marks] = {}  # a cache of a pure function; nobody changes what is in it


def message_start(text: str) -> tuple[int, int, int]:
    """Where the message of a line that came starts, and where its level is; remembered by its first characters."""
    head = text[:HEAD].encode("ascii", "replace").translate(FOLD)
    if len(text) <= HEAD:
        head += END
    found = _heads.get(head)
    if found is None:
        found = grammar().scan(head)
        if len(_heads) >= REMEMBERED:
            _heads.clear()
        _heads[head] = found
    column, start, end = found
    if column > HEAD:  # it ends further on
        column, start, end = _far_header(text)
    if start == end and ("level" in text or "lvl" in text or "severity" in text):
        pair = _level_pair.search(text, 0, LONGEST)
        if pair is not None:
            start, end = pair.span(1)
    return column, start, end


def _far_header(text: str) -> tuple[int, int, int]:
    """The same by as many characters as a header has at most, and by what is the same in all identifiers."""
    head = text[:FAR].encode("ascii", "replace").translate(FOLD)
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


# --- what is in a message ---

_METHODS = "GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS|CONNECT|TRACE"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?"
_HEX = "[0-9a-fA-F]"
_UNITS = (  # right after the number
    "[num\u00b5\u03bc]?s|m|h|d|w|%|[kKMGTP]?i?B|[kKMGTP]i?|[kKMGT]?Hz|[kKMG]?bps|[kKMGT]?i?B/s|px|x"
)
_SPACED = "[num\u00b5\u03bc]?s|secs?|seconds?|min|minutes?|hours?|days?|[kKMGTP]?i?B|bytes|%"  # after a blank
_FILES = (
    "py[xi]?|c|cc|cpp|cxx|h|hpp|go|rs|java|kt|scala|clj|[mc]?[jt]sx?|rb|php|cs|fs|swift|mm?|exs?|erl|hs|mli?|lua|p[lm]|"
    "sh|sql|ya?ml|toml|json|xml|html?|s?css|vue|md|txt|log|conf|cfg|ini|proto|zig|dart|jl|nim|[rR]"
)

# A part begins after one of these, or where the text does; the pattern begins with it, so that the search passes over
# all other characters in C. No part takes the boundary after it, which may be the one before the next.
_BOUNDARY = r"""[ (\[{=:,<>"'|;@]"""


def _numerals() -> list[tuple[str, str]]:
    """Names of parts that begin with a digit, and patterns of what follows it; the first that fits counts."""
    return [
        ("date", r"(?<=\A .)[0-9]{5} [0-9]{6}(?= )"),
        ("date", rf"[0-9]{{3}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}(?:[T :_-]{_CLOCK})?(?!\w)"),
        ("date", rf"[0-9][-/][0-9]{{2}}(?:[-/][0-9]{{2,4}}(?: {_CLOCK})?| {_CLOCK})(?![\w/])"),
        ("date", rf"[0-9]?/(?:{_MONTHS})/[0-9]{{4}}(?::{_CLOCK})?(?!\w)"),
        ("date", rf"{_CLOCK_AFTER_DIGIT}(?![\w:])"),
        ("ip", rf"[0-9]{{0,2}}{_QUADS}(?:/[0-9]{{1,2}})?(?!\w|\.[0-9])"),
        ("status", rf"[0-9][0-9](?![\w.])(?:{_AFTER_STATUS})"),
        ("uuid", _UUID),
        ("uuid", r"(?=[0-9]{0,63}[a-f])[0-9a-f]{7,63}(?![\w-])"),
        ("ip", rf"{_IP6}{{7}}(?![\w:])"),
        ("ip", rf"(?=[0-9a-fA-F]{{0,3}}:){_IP6}{{0,5}}::{_IP6_TAIL}"),
        ("number", rf"{_NUMBER}(?:(?:{_UNITS}){_NO_MORE}| (?:{_SPACED}){_NO_MORE}(?!=))?{_NO_MORE}"),
        ("number", rf"x{_HEX}+{_NO_MORE}"),  # after any digit, as digits do not matter; 3x4 is a number, too
    ]


def _signs() -> list[tuple[str, str]]:
    """The same for parts that begin with another sign; each pattern begins with it."""
    return [
        ("ip", rf"/[0-9]{{1,3}}{_QUADS}(?!\w|\.[0-9])"),
        ("ip", rf":(?=:[a-fA-F:]{{0,39}}[0-9]):{_IP6_TAIL}"),
        ("number", rf"[+-][0-9]{_NUMBER}(?:{_UNITS})?{_NO_MORE}"),
        ("key", r'"[\w.@$/-]{1,64}"(?= ?:)'),
        ("string", rf'"(?!/|[a-z]{{1,15}}://|(?:{_METHODS}) )[^"]{{0,400}}"'),
        ("string", r"'(?!/|[a-z]{1,15}://)[^']{0,400}'(?!\w)"),
        ("path", rf"/{_PATH}"),
        ("path", rf"~/{_PATH}"),
        ("path", rf"\.\.?/{_PATH}"),
    ]


def _names() -> list[tuple[str, str]]:
    """The same for what may be a mere word; each begins with its letter, or a class of capitals."""
    return [
        *(("http.method", each + r"(?= (?:[/*]|[a-z]{2,8}://))") for each in _by_letter(_METHODS)),
        *(("keyword", each + r"(?![\w=]|[.:/-]\w)") for each in _by_letter(_KEYWORDS)),
        ("date", rf"[FMSTW][a-z]{{2}}(?<={_DAYS}),? (?:{_MONTHS}){_DAY}"),  # spelt so that the rest is compiled once
        ("date", rf"[ADFJMNOS][a-z]{{2}}(?<={_MONTHS}){_DAY}"),
    ]


def _words() -> list[tuple[str, str]]:
    """The same for what else begins with a letter, which is left out; mere words have been left already."""
    return [
        ("uuid", rf"(?<=[a-fA-F]){_UUID}"),
        ("uuid", r"(?<=[a-f])(?=[a-f]{0,63}[0-9])[0-9a-f]{7,63}(?![\w-])"),
        ("ip", rf"(?<=[a-fA-F]){_IP6}{{7}}(?![\w:])"),
        ("ip", rf"(?<=[a-fA-F])(?=[a-fA-F:]{{0,39}}[0-9])(?=[0-9a-fA-F]{{0,3}}:){_IP6}{{0,5}}::{_IP6_TAIL}"),
        ("url", r"""(?<=[a-z])[a-z0-9+.-]{1,15}://[^\s"'<>`{}|\\]+(?<![.,;:!?)\]])"""),
        ("key", r"[\w.-]*(?==(?![=>~]))"),
        ("path", rf"[\w./@+-]*\.(?:{_FILES}):[0-9]+(?::[0-9]+)?(?!\w)"),
        ("uuid", rf"(?<=[a-z])[a-z]{{0,9}}-{_HEX}{_UUID}"),
        ("path", r""":\\[^\s"'<>|:*?]+(?<![.,;)\]])"""),
    ]


_MERE_WORD = r"[A-Za-z]{0,31}(?:[ ,;)]|: )"  # after its first letter
_NO_MORE = r"(?![.-]?\w)"  # no further part of a name or a version
_UUID = rf"{_HEX}{{7}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}(?![\w-])"  # after its first digit
_QUADS = r"(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?"
_IP6 = rf"{_HEX}{{0,3}}(?::{_HEX}{{1,4}})"  # after its first digit
_IP6_TAIL = rf"(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,5}})?(?:/[0-9]{{1,3}})?(?![\w:])"
_NUMBER = r"[0-9]*(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?"
_CLOCK_AFTER_DIGIT = "[0-9]?" + _CLOCK.removeprefix("[0-9]{1,2}")
_DAY = rf" [ 0-9]?[0-9](?: {_CLOCK}(?: [0-9]{{4}})?)?(?![\w:])"
_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_KEYWORDS = "true|false|null|nil|None|True|False|NULL|undefined|NaN"
_PATH = r"""[\w.@%+~-][\w.@%+~,/:-]*(?<=[\w/])(?:\?[^\s"'<>]*)?"""
_AFTER_STATUS = "|".join(
    f"(?<={before}...)"
    for before in (
        *(r'HTTP/[0-9]\.[0-9]" ', r"HTTP/[0-9]\.[0-9] ", 'HTTP/[0-9]" '),
        *("status[=:]", "status[=: ] ", "status ", 'status":', 'status": ', "code="),
    )
)


def _by_letter(words: str) -> list[str]:
    """One pattern for all words of the same first letter."""
    rests: dict[str, list[str]] = {}
    for word in words.split("|"):
        rests.setdefault(word[0], []).append(word[1:])
    return [f"{letter}(?:{'|'.join(ends)})" for letter, ends in rests.items()]


class _Finder:
    """The one pattern, made with the first text, as that takes milliseconds. An empty group tells which part it was.

    A part's first character says which patterns are tried at all; that most words are mere ones in small letters is
    known soonest.
    """

    def __init__(self) -> None:
        self.names = [""]
        capital = [each for each in _names() if re.match(r"\[?[A-Z]", each[1])]
        small = [each for each in _names() if each not in capital]
        branches = [  # in the order of their groups
            self._any(small),
            f"[a-z](?!{_MERE_WORD})(?:{self._any(_words())})",
            f"[0-9](?:{self._any(_numerals())})",
            self._any(_signs()),
            self._any(capital),
            f"[A-Z_](?!{_MERE_WORD})(?:{self._any(_words())})",
        ]
        self.all = re.compile(f"{_BOUNDARY}(?:{'|'.join(branches)})", re.ASCII).finditer

    def _any(self, named: list[tuple[str, str]]) -> str:
        """Alternatives, each with a group that tells its name."""
        self.names += [name for name, _ in named]
        return "|".join([f"{each}()" for _, each in named])


@cache
def _finder() -> _Finder:
    return _Finder()


def _parts(text: str, start: int) -> list[tuple[int, int, str]]:
    """What is in a text from an offset on, looking no further than `LONGEST` characters."""
    if start:
        text = text[start:]
    finder = _finder()
    names = finder.names
    parts: list[tuple[int, int, str]] = []
    before = start - 1  # the boundary before the text
    for found in finder.all(" " + text[:LONGEST]):
        name = names[found.lastindex or 0]
        begin, end = found.span()
        if name == "status":
            digit = text[begin]
            name = f"http.{digit}xx" if digit in "12345" else "number"
        elif name == "key" and text[begin] != '"':
            end += 1  # with its sign
        parts.append((begin + start, end + before, name))
    return parts


def parts_of(word: str) -> list[tuple[int, int, str]]:
    """What is in a word of a message, as `Marks.parts`."""
    return _parts(word, 0)


def _parts_of_message(text: str) -> list[tuple[int, int, str]]:
    """The parts of a text that is all message, remembered by its shape: records of a program say few things."""
    if len(text) > _LONGEST_KNOWN:
        return _parts(text, 0)
    shape = text.translate(_ZEROS)
    parts = _messages.get(shape)
    if parts is None:
        parts = _parts(text, 0)
        if not digits_that_matter(text):
            if len(_messages) >= REMEMBERED:
                _messages.clear()
            _messages[shape] = parts
    return parts


_ZEROS = str.maketrans("123456789", "000000000")
_messages: dict[str, list[tuple[int, int, str]]] = {}  # a cache of a pure function; nobody changes what is in it


# --- shapes ---

_statuses = re.compile(r"(?:HTTP/[0-9](?:\.[0-9]\"?|\")[ ]|status(?:[=: ] ?|\": ?)|code=)([0-9]{3})(?![\w.])", re.ASCII)
_identifiers = re.compile(  # with the boundary before each, so that the search passes over all else in C
    rb"[^0-9A-Za-z_][0a-f](?:(?<=0)x[0a-f]+|[0a-f]{7}(?:-[0a-f]{4}){3}-[0a-f]{12}|[0a-f]{7,63})(?![0-9A-Za-z_])"
)


def fold(line: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    r"""A line with its hexadecimal identifiers all the same, and where these are.

    Args:
        line: ASCII, in which every digit is 0.

    Returns:
        As long as the line: two lines that fold to the same have the same spans, and the same message column.

    Examples:
        >>> fold(b"commit 0fe00cd0 by 0xfe, 00000000")
        (b'commit 0a000000 by 0x00, 00000000', [(7, 15), (19, 23)])
    """
    places: list[tuple[int, int]] = []
    if _eight not in line.translate(_HEXADECIMAL) and b"0x" not in line:
        return line, places

    def same(found: re.Match[bytes]) -> bytes:
        before, name = found[0][:1], found[0][1:]
        size = len(name)
        if name[1] == 0x78:
            folded = b"0x" + b"0" * (size - 2)
        elif size == 36 and name[8] == 0x2D:
            folded = _UUID_OF_LETTER if name[0] > 0x39 else _UUID_OF_DIGIT
        elif b"0" in name and name.translate(None, b"0"):
            folded = b"a" + b"0" * (size - 1) if name[0] > 0x39 else b"0a" + b"0" * (size - 2)
        else:  # a number, or a word
            return before + name
        start, end = found.span()
        places.append((start, end - 1))
        return before + folded

    return _identifiers.sub(same, b" " + line)[1:], places


_HEXADECIMAL = bytes.maketrans(b"abcdef", b"000000")
_eight = b"0" * 8  # as long as identifiers are at least
_UUID_OF_LETTER = b"a0000000-0000-0000-0000-000000000000"
_UUID_OF_DIGIT = b"0a000000-0000-0000-0000-000000000000"


def digits_that_matter(text: str) -> tuple[int, ...]:
    """Where the digits are on which the spans of a text depend: the first ones of HTTP statuses.

    Examples:
        >>> digits_that_matter('"GET / HTTP/1.1" 404 12')
        (17,)
    """
    if not ("status" in text or "HTTP/" in text or "code=" in text):  # soon told
        return ()
    return tuple(found.start(1) for found in _statuses.finditer(text, 0, LONGEST))


# --- words ---


def is_mere(word: str) -> bool:
    """Whether a word of a message is letters in which nothing is found, and nothing crosses; soon told.

    Examples:
        >>> [word for word in ("took,", "ms", "x=", "true", "Handled", "7") if is_mere(word)]
        ['took,', 'Handled']
    """
    return _crossing().mere(word) is not None


def may_cross(word: str) -> bool:
    """Whether something that begins or ends in a word of a message may go on, or be decided, in a word beside it.

    Examples:
        >>> [word for word in ("took", "37", "ms", "on", "Jan", "peer=10.0.0.7") if may_cross(word)]
        ['ms', 'Jan']
    """
    return _crossing().word(word) is not None


def crosses(message: str) -> bool:
    """Whether that is so somewhere in a message one of whose words says it may be.

    Examples:
        >>> crosses("took 37 ms"), crosses("ms took 37")
        (True, False)
    """
    return '"' in message or "'" in message or _crossing().blank(message) is not None


class _Crossing:
    """The patterns for words, made when first asked for."""

    def __init__(self) -> None:
        clock, names = "[0-9]{1,2}:[0-9]{2}:", rf"{_MONTHS}|{_METHODS}|status|HTTP/[0-9]\.[0-9]"
        self.mere = re.compile(rf"(?!(?:{_SPACED}|{_KEYWORDS}|{_MONTHS}|status)\b)[A-Z]?[a-z]+[,.;:]?\Z").match
        self.word = re.compile(
            rf"""["']|\A(?:(?:{_SPACED})(?!\w)|{clock}|[+-][0-9]{{2}}|[0-9]{{6}}\Z)|(?:{names}|status:)\Z""", re.ASCII
        ).search
        behind = "|".join(f"(?<={name} )" for name in (*names.split("|"), "status:"))
        self.blank = re.compile(
            rf" (?:(?<=[0-9] )(?:(?:{_SPACED})(?!\w)|{clock}|[+-][0-9]{{2}}|[0-9]{{6}} )"
            rf"|(?= ?[0-9]|[/*]|[a-z]{{2,8}}://)(?:{behind}))",
            re.ASCII,
        ).search


@cache
def _crossing() -> _Crossing:
    return _Crossing()


# --- a user's rules ---


def ruled(text: str, theme: Theme) -> Spans:
    """What a user's rules have a style for; where two of them meet, the later rule counts.

    A rule is a regular expression of the user's own: how long it takes is up to that.
    """
    spans: Spans = ()
    for pattern, style in theme.rules:
        found = [found.span() for found in pattern.finditer(text, 0, LONGEST)]
        spans = overlaid(spans, tuple((start, end, style) for start, end in found if start < end))
    return spans


def overlaid(below: Spans, above: Spans) -> Spans:
    """Spans with others laid over them; links below stay where those above have none.

    Examples:
        >>> bold, dim = Style("1"), Style("2")
        >>> [(start, end, style.sgr) for start, end, style in overlaid(((0, 9, dim),), ((3, 5, bold),))]
        [(0, 3, '2'), (3, 5, '1'), (5, 9, '2')]
    """
    if not (below and above):
        return below or above
    edges = sorted({edge for spans in (below, above) for start, end, _ in spans for edge in (start, end)})
    found: list[Span] = []
    lower, upper = iter(below), iter(above)
    under, over = next(lower, None), next(upper, None)
    for start, end in pairwise(edges):
        while under and under[1] <= start:
            under = next(lower, None)
        while over and over[1] <= start:
            over = next(upper, None)
        first = under[2] if under and under[0] <= start else PLAIN
        style = over[2] if over and over[0] <= start else first
        if first.link and not style.link:
            style = Style(style.sgr, first.link)
        if style == PLAIN:
            continue
        if found and found[-1][1] == start and found[-1][2] == style:
            found[-1] = (found[-1][0], end, style)
        else:
            found.append((start, end, style))
    return tuple(found)


# --- tints and links ---


def _tinted(spans: list[Span], start: int, end: int, tint: Style) -> list[Span]:
    """Spans with a style of its own for all of the message that has none."""
    found: list[Span] = []
    at = start
    for begin, stop, style in spans:
        if begin > at:
            found.append((at, begin, tint))
        found.append((begin, stop, style if style.sgr else Style(tint.sgr, style.link)))
        at = max(at, stop)
    if at < end:
        found.append((at, end, tint))
    return found


_file = re.compile(  # a path that is no route of a web server, even where neither an ending nor a line number tells
    "/(?:usr|var|home|etc|opt|tmp|root|srv|mnt|media|proc|sys|dev|run|lib|bin|sbin|boot|nix|snap"
    "|Users|Library|Applications|private|Volumes)/"
)
_place = re.compile(r"(/.*?)(?::([0-9]+)(?::[0-9]+)?)?", re.DOTALL)
_ending = re.compile(r"\.\w{1,8}\Z", re.ASCII)
_LONGEST_ADDRESS = 2_000  # characters; terminals take no longer ones
_unsafe = re.compile(rb"[^!-~]")
_unsafe_in_paths = re.compile(rb"[^A-Za-z0-9/._~+@,=:-]")


class Target(NamedTuple):
    """Where a link leads: an address that is made of parts of the text.

    Attributes:
        before: what the address begins with.
        path: where the text has what follows, which may need escapes.
        line: where it has a line's number; (0, 0) for none.
        unsafe: what is to be escaped.
    """

    before: str
    path: tuple[int, int]
    line: tuple[int, int]
    unsafe: re.Pattern[bytes]

    def address(self, text: str) -> str:
        """The address; empty where it is too long for a link."""
        start, end = self.line
        address = self.before + _escaped(self.unsafe, text[slice(*self.path)]) + (f"#{text[start:end]}" if end else "")
        return address if len(address) <= _LONGEST_ADDRESS else ""


def link_id(text: str) -> str:
    """What the ids of a text's links begin with: made from the text, so that equal lines are equal."""
    return f"{crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def targets(text: str, parts: list[tuple[int, int, str]], host: str) -> dict[int, Target]:
    """Where links lead, by the start of each: addresses, and absolute paths that look like files.

    What a method asks for is no file of this machine.
    """
    found: dict[int, Target] = {}
    asked = -1
    for start, end, name in parts:
        target = None
        if name == "url":
            if text.startswith(("http://", "https://"), start):
                target = Target("", (start, end), (0, 0), _unsafe)
            elif text.startswith("file:///", start):
                target = _file_target(text, start + 7, end, host)
        elif name == "path":
            if start != asked:
                target = _file_target(text, start, end, host)
        elif name == "http.method":
            asked = end + 1
        if target is not None:
            found[start] = target
    return found


def _file_target(text: str, start: int, end: int, host: str) -> Target | None:
    """A file; None for what may as well be a route of a web server."""
    place = _place.fullmatch(text, start, end)
    if place is None or "?" in place[0]:
        return None
    line = place.span(2) if place[2] else (0, 0)
    if not (place[2] or _file.match(place[1]) or _ending.search(place[1])):
        return None
    return Target(f"file://{host}", place.span(1), line, _unsafe_in_paths)


def _links(text: str, parts: list[tuple[int, int, str]], host: str) -> dict[int, str]:
    """`Style.link` by the start of what is one."""
    found = targets(text, parts, host)
    if not found:
        return {}
    name = f"id={link_id(text)}"
    addresses = [(start, target.address(text)) for start, target in found.items()]
    return {start: f"{name}.{number};{each}" for number, (start, each) in enumerate(addresses, 1) if each}


def _linked(style: Style, link: str | None) -> Style:
    return Style(style.sgr, link) if link else style


def linked(text: str, host: str, style: Style = PLAIN) -> Spans:
    """A text all in one style, whose addresses and files are links, see `highlight`.

    Examples:
        >>> linked("see https://a.b", "box")
        ((4, 15, Style(sgr='', link='id=f5c4f09a.1;https://a.b')),)
    """
    links = _links(text, parts := _parts(text, 0), host)
    spans = [(start, end, Style(style.sgr, links[start])) for start, end, _ in parts if start in links]
    return tuple(_tinted(spans, 0, len(text), style) if style is not PLAIN and text else spans)


def _escaped(unsafe: re.Pattern[bytes], text: str) -> str:
    """Text with what has no place in an address as ``%XX``."""
    return unsafe.sub(lambda found: b"%%%02X" % found[0][0], text.encode("utf-8", "replace")).decode("ascii")
