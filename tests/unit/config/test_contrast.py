"""Colours of the shipped themes can be read on the background that the theme is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from reflowlog.config.shipped_themes import SHIPPED_THEMES
from reflowlog.config.themes import background_theme, load_theme
from reflowlog.text.highlight.themes import _rgb

if TYPE_CHECKING:
    from reflowlog.text.highlight.themes import Depth

LEAST_CONTRAST = 4.5  # WCAG AA

RGB = tuple[int, int, int]


def rgb(digits: str) -> RGB:
    """Return a colour of six hexadecimal digits."""
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


class Palette(NamedTuple):
    """Colours of a terminal: the 16 named ones, its text and its background."""

    named: str
    text: str
    background: str

    def colours(self, sgr: str) -> tuple[RGB, RGB]:
        """Return the colours of the text and of its background in a style."""
        named = [rgb(each) for each in self.named.split()]
        found = {38: rgb(self.text), 48: rgb(self.background)}
        for target, rest in re.findall(r"(?:^|;)([34]8);(5;\d+|2;\d+;\d+;\d+)", sgr):
            numbers = [int(each) for each in rest.split(";")]
            found[int(target)] = _rgb(numbers[1]) if numbers[0] == 5 else (numbers[1], numbers[2], numbers[3])
        plain = re.sub(r"(?:^|;)[34]8;(?:5;\d+|2;\d+;\d+;\d+)", "", sgr)
        for each in filter(None, plain.split(";")):
            number = int(each)
            for first, target, bright in ((30, 38, 0), (40, 48, 0), (90, 38, 8), (100, 48, 8)):
                if first <= number < first + 8:
                    found[target] = named[number - first + bright]
        return found[38], found[48]


XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
TANGO = (
    "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf 555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec"
)
PALETTES = {
    "dark": {
        "xterm": Palette(XTERM, "e5e5e5", "000000"),
        "VTE": Palette(TANGO, "d3d7cf", "000000"),
        "VS Code": Palette(
            "000000 cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd e5e5e5 "
            "666666 f14c4c 23d18b f5f543 3b8eea d670d6 29b8db e5e5e5",
            "cccccc",
            "1e1e1e",
        ),
    },
    "light": {
        "xterm": Palette(XTERM, "000000", "ffffff"),
        "VTE": Palette(TANGO, "2e3436", "ffffff"),
        "VS Code": Palette(
            "000000 cd3131 107c10 949800 0451a5 bc05bc 0598bc 555555 "
            "666666 cd3131 14ce14 b5ba00 0451a5 bc05bc 0598bc a5a5a5",
            "3b3b3b",
            "ffffff",
        ),
    },
}
"""Usual palettes by theme. Solarized is none of them: it has greys in place of bright colours, and its own text has a
contrast of 4.1 on its background."""


def luminance(colour: RGB) -> float:
    """Return the relative luminance by WCAG."""
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (each / 255 for each in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """Return the contrast of two colours by WCAG, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def attributes_of(sgr: str) -> set[str]:
    """Return the parameters of a style that are no colours."""
    return {each for each in re.sub(r"[34]8;(5;\d+|2;\d+;\d+;\d+)", "", sgr).split(";") if len(each) == 1}


@pytest.mark.parametrize("depth", [16, 256, 16777216])
@pytest.mark.parametrize(("theme", "terminal"), [(theme, name) for theme in PALETTES for name in PALETTES[theme]])
def test_every_colour_can_be_read(theme: str, terminal: str, depth: Depth) -> None:
    """Its contrast is 4.5 or more; nothing is dim, which terminals draw with a contrast of 2.5 to 5."""
    palette = PALETTES[theme][terminal]
    for name, style in load_theme(theme, {}, depth).styles.items():
        text, behind = palette.colours(style.sgr)
        assert contrast(text, behind) >= LEAST_CONTRAST, (name, style.sgr, contrast(text, behind))
        assert "2" not in attributes_of(style.sgr)


@pytest.mark.parametrize("depth", [0, 16, 256])
@pytest.mark.parametrize("theme", ["dark", "light", "mono"])
def test_errors_and_warnings_are_found_without_colour(theme: str, depth: Depth) -> None:
    """They differ from information, and an error from a warning, by attributes of the level or the message."""

    def attributes(level: str) -> list[set[str]]:
        names = (f"level.{level}", f"message.{level}")
        return [attributes_of(styles[name].sgr) for name in names]

    styles = load_theme(theme, {}, depth).styles
    assert attributes("info") == [set(), set()]
    assert attributes("warning") != attributes("info")
    assert attributes("error") not in (attributes("info"), attributes("warning"))
    assert attributes("critical") not in (attributes("info"), attributes("warning"))
    if theme == "mono":
        assert len({styles[f"level.{name}"].sgr for name in ("info", "warning", "error", "critical")}) == 4
        assert not any(word.startswith("#") for words in SHIPPED_THEMES["mono"].values() for word in words.split())


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"COLORFGBG": "0;15"}, "light"),
        ({"COLORFGBG": "0;default;15"}, "light"),
        ({"COLORFGBG": "0;7"}, "light"),
        ({"COLORFGBG": "15;0"}, "dark"),
        ({"COLORFGBG": "default;default"}, "dark"),
        ({}, "dark"),
    ],
)
def test_the_theme_suits_the_background(variables: dict[str, str], name: str) -> None:
    """As far as COLORFGBG gives it; `auto` and no name are the same."""
    assert background_theme(variables) == name
    for typed in ("", "auto"):
        assert load_theme(typed, variables, 256).styles == load_theme(name, {}, 256).styles
