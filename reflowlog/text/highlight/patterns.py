"""The regular expression that finds numbers, addresses, paths and keywords in a text, and the names of these parts."""

from __future__ import annotations

import re
from functools import cache

from reflowlog.core.once import Once

__all__ = ["KEYWORDS", "LONGEST", "LONGEST_KNOWN", "METHODS", "MONTHS", "SPACED", "parts_after", "parts_of"]

LONGEST = 4096
"""Characters of a text that are searched."""

LONGEST_KNOWN = 512  # characters of the longest text whose parts are cached


# --- parts of a message ---

METHODS = "GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS|CONNECT|TRACE"
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?"
_HEX = "[0-9a-fA-F]"
_UNITS = (  # right after the number
    "[num\u00b5\u03bc]?s|m|h|d|w|%|[kKMGTP]?i?B|[kKMGTP]i?|[kKMGT]?Hz|[kKMG]?bps|[kKMGT]?i?B/s|px|x"
)
SPACED = "[num\u00b5\u03bc]?s|secs?|seconds?|min|minutes?|hours?|days?|[kKMGTP]?i?B|bytes|%"  # after a blank
_FILES = (
    "py[xi]?|c|cc|cpp|cxx|h|hpp|go|rs|java|kt|scala|clj|[mc]?[jt]sx?|rb|php|cs|fs|swift|mm?|exs?|erl|hs|mli?|lua|p[lm]|"
    "sh|sql|ya?ml|toml|json|xml|html?|s?css|vue|md|txt|log|conf|cfg|ini|proto|zig|dart|jl|nim|[rR]"
)

# A part begins after one of these, or where the text does; the pattern begins with it, so that the search passes over
# all other characters in C. No part takes the boundary after it, which may be the one before the next.
_BOUNDARY = r"""[ (\[{=:,<>"'|;@]"""


def _numerals() -> list[tuple[str, str]]:
    """Return names of parts that begin with a digit, and patterns for the text after it; the first match counts."""
    return [
        ("date", r"(?<=\A .)[0-9]{5} [0-9]{6}(?= )"),
        ("date", rf"[0-9]{{3}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}(?:[T :_-]{_CLOCK})?(?!\w)"),
        ("date", rf"[0-9][-/][0-9]{{2}}(?:[-/][0-9]{{2,4}}(?: {_CLOCK})?| {_CLOCK})(?![\w/])"),
        ("date", rf"[0-9]?/(?:{MONTHS})/[0-9]{{4}}(?::{_CLOCK})?(?!\w)"),
        ("date", rf"{_CLOCK_AFTER_DIGIT}(?![\w:])"),
        ("ip", rf"[0-9]{{0,2}}{_QUADS}(?:/[0-9]{{1,2}})?(?!\w|\.[0-9])"),
        ("status", rf"[0-9][0-9](?![\w.])(?:{_AFTER_STATUS})"),
        ("uuid", _UUID),
        ("uuid", r"(?=[0-9]{0,63}[a-f])[0-9a-f]{7,63}(?![\w-])"),
        ("ip", rf"{_IP6}{{7}}(?![\w:])"),
        ("ip", rf"(?=[0-9a-fA-F]{{0,3}}:){_IP6}{{0,5}}::{_IP6_TAIL}"),
        ("number", rf"{_NUMBER}(?:(?:{_UNITS}){_NO_MORE}| (?:{SPACED}){_NO_MORE}(?!=))?{_NO_MORE}"),
        ("number", rf"x{_HEX}+{_NO_MORE}"),  # after any digit, as digits do not matter; 3x4 is a number too
    ]


def _signs() -> list[tuple[str, str]]:
    """Return names and patterns of parts that begin with a sign; each pattern includes the sign."""
    return [
        ("ip", rf"/[0-9]{{1,3}}{_QUADS}(?!\w|\.[0-9])"),
        ("ip", rf":(?=:[a-fA-F:]{{0,39}}[0-9]):{_IP6_TAIL}"),
        ("number", rf"[+-][0-9]{_NUMBER}(?:{_UNITS})?{_NO_MORE}"),
        ("key", r'"[\w.@$/-]{1,64}"(?= ?:)'),
        ("string", rf'"(?!/|[a-z]{{1,15}}://|(?:{METHODS}) )[^"]{{0,400}}"'),
        ("string", r"'(?!/|[a-z]{1,15}://)[^']{0,400}'(?!\w)"),
        ("path", rf"/{_PATH}"),
        ("path", rf"~/{_PATH}"),
        ("path", rf"\.\.?/{_PATH}"),
    ]


def _names() -> list[tuple[str, str]]:
    """Return names and patterns of parts that may look like ordinary words; each pattern includes its first letter."""
    return [
        ("exception", rf"[A-Z]{_EXCEPTION}"),
        *(("http.method", each + r"(?= (?:[/*]|[a-z]{2,8}://))") for each in _by_letter(METHODS)),
        *(("keyword", each + r"(?![\w=]|[.:/-]\w)") for each in _by_letter(KEYWORDS)),
        (
            "date",
            rf"[FMSTW][a-z]{{2}}(?<={_DAYS}),? (?:{MONTHS}){_DAY}",
        ),  # spelt so that the remainder is compiled once
        ("date", rf"[ADFJMNOS][a-z]{{2}}(?<={MONTHS}){_DAY}"),
    ]


def _words() -> list[tuple[str, str]]:
    """Return names and patterns, without the first letter, of the other parts that begin with a letter.

    Ordinary words have been excluded before these are tried.
    """
    return [
        ("exception", rf"(?<=[a-z]){_EXCEPTION}"),
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
_EXCEPTION = (  # after its first letter: the class of an exception of Python, Java, JavaScript or .NET
    rf"[\w.$]{{2,80}}(?:(?<=[a-z0-9]Error)|(?<=[a-z0-9]Exception)|(?<=KeyboardInterrupt)|(?<=SystemExit)){_NO_MORE}"
)
_QUADS = r"(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?"
_IP6 = rf"{_HEX}{{0,3}}(?::{_HEX}{{1,4}})"  # after its first digit
_IP6_TAIL = rf"(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,5}})?(?:/[0-9]{{1,3}})?(?![\w:])"
_NUMBER = r"[0-9]*(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?"
_CLOCK_AFTER_DIGIT = "[0-9]?" + _CLOCK.removeprefix("[0-9]{1,2}")
_DAY = rf" [ 0-9]?[0-9](?: {_CLOCK}(?: [0-9]{{4}})?)?(?![\w:])"
_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
KEYWORDS = "true|false|null|nil|None|True|False|NULL|undefined|NaN"
_PATH = r"""[\w.@%+~-][\w.@%+~,/:-]*(?<=[\w/])(?:\?[^\s"'<>]*)?"""
_AFTER_STATUS = "|".join(
    f"(?<={before}...)"
    for before in (
        *(r'HTTP/[0-9]\.[0-9]" ', r"HTTP/[0-9]\.[0-9] ", 'HTTP/[0-9]" '),
        *("status[=:]", "status[=: ] ", "status ", 'status":', 'status": ', "code="),
    )
)


def _by_letter(words: str) -> list[str]:
    """Return one pattern for each first letter, matching all words that begin with it."""
    rests: dict[str, list[str]] = {}
    for word in words.split("|"):
        rests.setdefault(word[0], []).append(word[1:])
    return [f"{letter}(?:{'|'.join(ends)})" for letter, ends in rests.items()]


class _PatternTable:
    """The compiled pattern of all parts; an empty group after each alternative identifies the part.

    It is compiled at the first text, as that takes milliseconds. A part's first character decides which patterns are
    tried at all; ordinary words in lower case, the most frequent case, are excluded first.
    """

    def __init__(self) -> None:
        self.names = [""]
        branches = [  # in the order of their groups
            self._any(_names()),
            f"[A-Za-z_](?!{_MERE_WORD})(?:{self._any(_words())})",
            f"[0-9](?:{self._any(_numerals())})",
            self._any(_signs()),
        ]
        self.all = re.compile(f"{_BOUNDARY}(?:{'|'.join(branches)})", re.ASCII).finditer

    def _any(self, named: list[tuple[str, str]]) -> str:
        """Return the patterns as alternatives, each with a group that identifies its name."""
        self.names += [name for name, _ in named]
        return "|".join([f"{each}()" for _, each in named])


@cache
@Once
def _finder() -> _PatternTable:
    return _PatternTable()


def parts_after(text: str, start: int) -> list[tuple[int, int, str]]:
    """Return the parts of a text from an offset on as (start, end, name), searching at most `LONGEST` characters."""
    if start:
        text = text[start:]
    finder = _finder()
    names = finder.names
    parts: list[tuple[int, int, str]] = []
    before = start - 1  # the boundary before the text
    for match in finder.all(" " + text[:LONGEST]):
        name = names[match.lastindex or 0]
        begin, end = match.span()
        if name == "status":
            digit = text[begin]
            name = f"http.{digit}xx" if digit in "12345" else "number"
        elif name == "key" and text[begin] != '"':
            end += 1  # with its equals sign
        parts.append((begin + start, end + before, name))
    return parts


def parts_of(word: str) -> list[tuple[int, int, str]]:
    """Return the parts of one word of a message, as `Marks.parts`."""
    return parts_after(word, 0)
