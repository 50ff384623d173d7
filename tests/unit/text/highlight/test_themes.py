"""Themes: styles in words, and the colours that a terminal supports."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.core.records import PLAIN
from reflowlog.text.highlight import themes
from reflowlog.text.highlight.themes import NAMES, ThemeError, depth_of, level_name, make_theme, parse_style

TRUE = 16777216
DEPTHS = (0, 16, 256, TRUE)


@pytest.mark.parametrize(
    ("words", "sgr"),
    [
        ("", ""),
        ("none", ""),
        ("bold", "1"),
        ("Bold  RED", "1;31"),
        ("dim italic underline reverse strike", "2;3;4;7;9"),
        ("bright-blue on white", "94;47"),
        ("on bright-black", "100"),
        ("gray", "90"),
        ("color9 on color1", "91;41"),
        ("colour208", "38;5;208"),
        ("#ff8800 on #000000", "38;2;255;136;0;48;2;0;0;0"),
    ],
)
def test_words_become_a_sequence(words: str, sgr: str) -> None:
    """Every kind of word has its parameters; a colour after ``on`` is the background."""
    assert parse_style(words, TRUE).sgr == sgr


@pytest.mark.parametrize(
    "words", ["rad", "#ff88", "#gggggg", "color256", "color", "red green", "on red on blue", "1;31"]
)
def test_what_is_no_style_is_told(words: str) -> None:
    """A word that means nothing, or a second colour, is an error at every depth."""
    for depth in DEPTHS:
        with pytest.raises(ThemeError, match=r"did you mean|not a colour or attribute|two colours"):
            parse_style(words, depth)


@pytest.mark.parametrize(
    ("colour", "of_256", "of_16"),
    [
        ("#ff0000", "38;5;196", "91"),
        ("#5f87af", "38;5;67", "90"),
        ("#080808", "38;5;232", "30"),
        ("color28", "38;5;28", "32"),
    ],
)
def test_colours_become_the_nearest_that_there_are(colour: str, of_256: str, of_16: str) -> None:
    """True colours become one of 256 or of 16, and those of 256 one of 16."""
    assert (parse_style(colour, 256).sgr, parse_style(colour, 16).sgr) == (of_256, of_16)


@given(st.integers(0, 0xFFFFFF), st.sampled_from(DEPTHS), st.booleans())
def test_nothing_is_sent_that_a_terminal_has_not(colour: int, depth: themes.Depth, behind: bool) -> None:
    """Whatever the colour, only parameters of the terminal's depth come out; without colours none do."""
    sgr = parse_style(f"bold {'on ' * behind}#{colour:06x}", depth).sgr
    shapes = {
        0: "1",
        16: r"1;(?:[349]|10)[0-7]",
        256: r"1;[34]8;5;\d{1,3}",
        TRUE: r"1;[34]8;2(?:;\d{1,3}){3}",
    }
    assert re.fullmatch(shapes[depth], sgr)


@given(st.integers(16, 255))
def test_each_of_the_256_is_nearest_to_itself(number: int) -> None:
    """A colour that the terminal has exactly stays as it is."""
    red, green, blue = themes._rgb(number)
    found = themes._nearest_of_256(red, green, blue)
    assert themes._rgb(found) == (red, green, blue)


@given(st.integers(0, 255), st.tuples(*[st.integers(-255, 255)] * 3), st.integers(1, 64))
def test_no_colour_of_the_256_is_nearer_than_the_one_found(grey: int, shifts: tuple[int, ...], part: int) -> None:
    """A search of all colours finds the same one, for greys, colours next to them, and others."""
    colour = red, green, blue = tuple(min(255, max(0, grey + shift // part)) for shift in shifts)
    assert themes._nearest_of_256(red, green, blue) == min(
        range(16, 256), key=lambda number: themes._distance(themes._rgb(number), colour)
    )


def test_a_theme_has_a_style_for_every_name() -> None:
    """A missing name has the style of the part before its dot, or none."""
    theme = make_theme("mine", {"http": "cyan", "http.5xx": "bold", "level.error": "none", "level": "red"}, 16)
    assert set(theme.styles) == set(NAMES)
    assert theme.styles["http.2xx"].sgr == "36"
    assert theme.styles["http.5xx"].sgr == "1"
    assert theme.styles["level.error"] is PLAIN
    assert theme.level(35).sgr == "31"
    assert theme.styles["number"] is PLAIN


def test_a_wrong_name_or_style_says_which() -> None:
    """The error has the name as the theme has it, and a better one."""
    with pytest.raises(ThemeError, match="'nubmer' is not a name in a theme, did you mean 'number'") as caught:
        make_theme("mine", {"nubmer": "bold"}, 16)
    assert caught.value.name == "nubmer"
    with pytest.raises(ThemeError, match="'rde' is not a colour or attribute, did you mean 'red'") as caught:
        make_theme("mine", {"ip": "rde"}, 16)
    assert caught.value.name == "ip"


def test_every_level_has_a_name() -> None:
    """Numbers between the standard ones belong to the one below."""
    assert [level_name(number) for number in (-3, 5, 10, 20, 25, 29, 30, 40, 45, 50, 70)] == (
        ["trace", "trace", "debug", "info", "notice", "notice", "warning", "error", "error", "critical", "critical"]
    )


@pytest.mark.parametrize(
    ("environ", "depth"),
    [
        ({}, 16),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, 0),
        ({"TERM": "vt220"}, 0),
        ({"TERM": "linux"}, 16),
        ({"TERM": "xterm"}, 16),
        ({"TERM": "xterm-256color"}, 256),
        ({"TERM": "tmux-256color"}, 256),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, TRUE),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit"}, TRUE),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor"}, 256),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "/tmp/x,1,0"}, TRUE),
        ({"TERM": "xterm-direct"}, TRUE),
        ({"TERM": "xterm-kitty"}, TRUE),
        ({"WT_SESSION": "1"}, TRUE),
    ],
)
def test_depth_is_what_the_terminal_says(environ: dict[str, str], depth: int) -> None:
    """COLORTERM and TERM tell how many colours there are; GNU screen has no true colour though COLORTERM leaks in."""
    assert depth_of(environ) == depth
