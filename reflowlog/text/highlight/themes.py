"""Themes: the names of the parts of a log -> styles for a terminal's colour depth. Pure.

Invariants:
- A theme is a table of words: a name such as ``level.error`` or ``http.5xx``, and its style in words such as
  ``"bold red"``. Styles use only the colours that a terminal has: 16, 256, all of them, or attributes alone.
- A name that is missing from a theme has the style of the part before its last dot (``http.5xx`` that of ``http``), or
  none.
- The names of the 16 colours are the terminal's own, which its user has chosen.

A style is words: ``bold dim italic underline reverse strike``; one colour for the text, and one after ``on`` for the
background. A colour is ``red`` (``black red green yellow blue magenta cyan white``, each also ``bright-``),
``color208`` (one of 256) or ``#ff8800``. ``none``, or nothing, is the terminal's default style. The style after ``|``
is for terminals of 16 colours; without one these have the nearest colours.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal, Protocol

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import PLAIN, Style

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["NAMES", "Depth", "Theme", "ThemeError", "depth_of", "make_theme", "nearest", "parse_style"]

Depth = Literal[0, 16, 256, 16777216]
"""The number of colours of a terminal; 0 is none, attributes only."""

NAMES = (
    *("level.trace", "level.debug", "level.info", "level.notice", "level.warning", "level.error", "level.critical"),
    *("message.trace", "message.debug", "message.info", "message.notice"),
    *("message.warning", "message.error", "message.critical"),
    *("time", "date", "logger", "source", "number", "ip", "uuid", "url", "path", "string", "key", "keyword"),
    *("http.method", "http.1xx", "http.2xx", "http.3xx", "http.4xx", "http.5xx"),
    *("extra.key", "extra.value", "trace", "exception", "hit", "hit-current", "status", "status-note", "dropped"),
)
"""The names of everything that can have a style. ``time`` is the time of the line, ``date`` one within a message."""

SIXTEEN = 16  # colours of a terminal for which a style may have an alternative
_PARENTS = {name.rpartition(".")[0] for name in NAMES} - {""}
_ATTRIBUTES = {"bold": "1", "dim": "2", "italic": "3", "underline": "4", "reverse": "7", "strike": "9"}
_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_SIXTEEN = {
    **{name: number for number, name in enumerate(_COLOURS)},
    **{f"bright-{name}": number + 8 for number, name in enumerate(_COLOURS)},
    **dict.fromkeys(("gray", "grey", "bright-black"), 8),
}
_WORDS = (*_ATTRIBUTES, *_SIXTEEN, "on", "none")


class ThemeError(ValueError):
    """A name or a style of a theme is invalid; the text names the fault, with a suggestion.

    Attributes:
        name: the style's name in the theme; empty where the error concerns none.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class RulePattern(Protocol):
    """Compiled regular expression of a user's rule; one that may backtrack for long limits its time itself."""

    @property
    def pattern(self) -> str:
        """Its source."""

    def finditer(self, string: str, pos: int, endpos: int, /) -> Iterator[re.Match[str]]:
        """Return the matches in a range of a text."""


class Theme(NamedTuple):
    """Styles of all parts for one terminal.

    Attributes:
        name: of the theme.
        styles: one for each of `NAMES`; `PLAIN` for the parts without a style.
        rules: the user's own, in order: each match of the regular expression has the style, over any other.
    """

    name: str
    styles: Mapping[str, Style]
    rules: tuple[tuple[RulePattern, Style], ...] = ()

    def level(self, level: int) -> Style:
        """Return the style of a level's name, for a number of `logging`."""
        return self.styles["level." + level_name(level)]

    def message(self, level: int) -> Style:
        """Return the style of the unstyled text in a message of a level; 0 is a message without a level."""
        return self.styles["message." + level_name(level)] if level > 0 else PLAIN


@lru_cache(256)
def level_name(level: int) -> str:
    """Return the name that themes use for a level, for any number of `logging`.

    >>> level_name(30), level_name(35), level_name(99), level_name(0)
    ('warning', 'warning', 'critical', 'trace')
    """
    return next(name for least, name in _LEVELS if level >= least or not least)


_LEVELS = ((50, "critical"), (40, "error"), (30, "warning"), (25, "notice"), (20, "info"), (10, "debug"), (0, "trace"))


def make_theme(name: str, table: Mapping[str, str], depth: Depth) -> Theme:
    """Make a theme for a terminal.

    Args:
        name: of the theme.
        table: a style in words for each name, or for the part of names before a dot.
        depth: the terminal's number of colours.

    Raises:
        ThemeError: a name is none of `NAMES`, or a style is wrong.

    >>> make_theme("mine", {"level": "bold", "level.error": "bold red"}, 16).level(40)
    Style(sgr='1;31', link='')
    """
    for key, words in table.items():
        if key not in NAMES and key not in _PARENTS:
            raise ThemeError(f"{key!r} is not a name in a theme{nearest(key, (*NAMES, *_PARENTS))}", key)
        try:
            parse_style(words, depth)
        except ThemeError as error:
            raise ThemeError(str(error), key) from None
    return Theme(name, {each: parse_style(_words_for(each, table), depth) for each in NAMES})


def _words_for(name: str, table: Mapping[str, str]) -> str:
    words = table.get(name)
    return table.get(name.rpartition(".")[0], "") if words is None else words


@cache
def parse_style(words: str, depth: Depth) -> Style:
    """Parse a style in words into the one SGR sequence that selects it.

    Args:
        words: as described in the module's docstring.
        depth: the terminal's number of colours; others become the nearest one that it has.

    Raises:
        ThemeError: a word is no attribute or colour.

    >>> [parse_style("bold #ff8800", depth).sgr for depth in (16777216, 256, 16, 0)]
    ['1;38;2;255;136;0', '1;38;5;208', '1;33', '1']

    >>> [parse_style("#9e9e9e | none", depth).sgr for depth in (256, 16)]
    ['38;5;247', '']
    """
    usual, bar, of_sixteen = words.partition("|")
    if bar:
        styles = parse_style(usual, depth), parse_style(of_sixteen, depth)
        return styles[depth == SIXTEEN]
    attributes: list[str] = []
    colours = {38: "", 48: ""}
    target = 38
    for word in words.lower().split():
        if word == "on":
            target = 48
        elif word in _ATTRIBUTES:
            attributes.append(_ATTRIBUTES[word])
        elif word != "none":
            colour = _colour(word, target, depth)
            if colours[target]:
                raise ThemeError(f"two colours in {words!r}: what is behind the text comes after 'on'")
            colours[target] = colour
            target = 38
    sgr = ";".join(filter(None, (*attributes, *(colours.values() if depth else ()))))
    return Style(sgr) if sgr else PLAIN


def _colour(word: str, target: int, depth: Depth) -> str:
    """Return the SGR parameters for a colour; the target is 38 for the text, 48 for the background."""
    if word in _SIXTEEN:
        return _of_sixteen(_SIXTEEN[word], target)
    digits = word.removeprefix("color").removeprefix("colour")
    if word.startswith("colo") and digits.isdecimal() and digits.isascii() and int(digits) < 256:
        number = int(digits)
        if number < 16:
            return _of_sixteen(number, target)
        return f"{target};5;{number}" if depth >= 256 else _of_sixteen(_nearest_of_16(_rgb(number)), target)
    if word[0] == "#" and len(word) == 7 and all(digit in "0123456789abcdef" for digit in word[1:]):
        red, green, blue = (int(word[at : at + 2], 16) for at in (1, 3, 5))
        if depth > 256:
            return f"{target};2;{red};{green};{blue}"
        if depth == 256:
            return f"{target};5;{_nearest_of_256(red, green, blue)}"
        return _of_sixteen(_nearest_of_16((red, green, blue)), target)
    raise ThemeError(
        f"{word!r} is not a colour or attribute{nearest(word, _WORDS) or ', such as bold, red or #ff8800'}"
    )


def _of_sixteen(number: int, target: int) -> str:
    return str(target - 8 + number if number < 8 else target + 44 + number)  # 30-37 40-47, 90-97 100-107


MIN_SATURATION = 128  # difference of the largest and the smallest part of a colour that is no grey
_STEPS = (0, 95, 135, 175, 215, 255)  # of red, green and blue in the cube of 216 colours
_XTERM = (  # the 16 colours in xterm; other terminals are near enough to find the nearest
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0)),
    *((92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)),
)


def _rgb(number: int) -> tuple[int, int, int]:
    """Return red, green and blue of one of the colours from 16 to 255."""
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    number -= 16
    return _STEPS[number // 36], _STEPS[number // 6 % 6], _STEPS[number % 6]


def _nearest_of_256(red: int, green: int, blue: int) -> int:
    """Return the nearest of the colours from 16 to 255: the one of the cube, or a grey next to the weighted mean."""
    steps = [min(range(6), key=lambda step: abs(_STEPS[step] - part)) for part in (red, green, blue)]
    grey = 232 + ((2 * red + 4 * green + 3 * blue) // 9 - 8) // 10
    candidates: list[int] = [16 + 36 * steps[0] + 6 * steps[1] + steps[2], *range(max(grey, 232), min(grey + 2, 256))]
    return min(candidates, key=lambda number: _distance(_rgb(number), (red, green, blue)))


def _nearest_of_16(colour: tuple[int, int, int]) -> int:
    """Return the nearest of the 16 colours; of those that are no grey for a colour that is none."""
    is_grey = max(colour) - min(colour) < MIN_SATURATION
    candidates = [number for number in range(16) if is_grey or number % 8 not in (0, 7)]
    return min(candidates, key=lambda number: _distance(_XTERM[number], colour))


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    """Return a rough measure of how different two colours look; the eye is most sensitive to green."""
    red, green, blue = (abs(first - second) for first, second in zip(one, other))
    return 2 * red * red + 4 * green * green + 3 * blue * blue


def depth_of(environ: Mapping[str, str]) -> Depth:
    """Return a terminal's number of colours by its environment variables. NO_COLOR and options are not considered here.

    >>> depth_of({"TERM": "xterm-256color"}), depth_of({"TERM": "linux"}), depth_of({"COLORTERM": "truecolor"})
    (256, 16, 16777216)
    """
    term = environ.get("TERM", "")
    if term == "dumb":
        return 0
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith(("-direct", "-truecolor")):
        return 256 if term.startswith("screen") and "TMUX" not in environ else 16777216
    if any(each in term for each in ("kitty", "alacritty", "foot", "ghostty", "wezterm")):
        return 16777216
    if "256" in term or "WT_SESSION" in environ:
        return 16777216 if "WT_SESSION" in environ else 256
    if term.startswith(("vt1", "vt2", "vt3", "vt5")) or term.endswith(("-m", "-mono")):
        return 0
    return 16


def nearest(word: str, words: Iterable[str]) -> str:
    """Return ``", did you mean 'x'?"`` if a known word is similar; else an empty string."""
    from difflib import get_close_matches

    by_small = {each.lower(): each for each in words}
    found = get_close_matches(word.lower(), by_small, 1, 0.6)
    return f", did you mean {by_small[found[0]]!r}?" if found else ""
