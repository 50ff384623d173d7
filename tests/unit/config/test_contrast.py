"""Colours of the shipped themes can be read on the background that the theme is for."""

from __future__ import annotations

import re

import pytest

from reflowlog.config.shipped_themes import SHIPPED_THEMES
from reflowlog.config.themes import background_theme, load_theme
from reflowlog.text.highlight.themes import _XTERM, _rgb

BACKGROUNDS = {"dark": (0, 0, 0), "light": (255, 255, 255)}
FOREGROUNDS = {"dark": (229, 229, 229), "light": (0, 0, 0)}
LEAST_CONTRAST = 4.5  # WCAG AA


def luminance(colour: tuple[int, int, int]) -> float:
    """Return the relative luminance by WCAG."""
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (each / 255 for each in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Return the contrast of two colours by WCAG, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colours(sgr: str, theme: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return the colour of the text and of what is behind it, with xterm's palette."""
    found = {38: FOREGROUNDS[theme], 48: BACKGROUNDS[theme]}
    for target, rest in re.findall(r"(?:^|;)([34]8);(5;\d+|2;\d+;\d+;\d+)", sgr):
        numbers = [int(each) for each in rest.split(";")]
        found[int(target)] = _rgb(numbers[1]) if numbers[0] == 5 else (numbers[1], numbers[2], numbers[3])
    plain = re.sub(r"(?:^|;)[34]8;(?:5;\d+|2;\d+;\d+;\d+)", "", sgr)
    for each in filter(None, plain.split(";")):
        number = int(each)
        for first, target, bright in ((30, 38, 0), (40, 48, 0), (90, 38, 8), (100, 48, 8)):
            if first <= number < first + 8:
                found[target] = _XTERM[number - first + bright]
    return found[38], found[48]


@pytest.mark.parametrize("depth", [256, 16777216])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_colour_can_be_read(theme: str, depth: int) -> None:
    """Its contrast is 4.5 or more."""
    styles = load_theme(theme, {}, depth).styles  # type: ignore[arg-type]
    for name, style in styles.items():
        text, behind = colours(style.sgr, theme)
        assert contrast(text, behind) >= LEAST_CONTRAST, (name, style.sgr, contrast(text, behind))


@pytest.mark.parametrize("theme", ["dark", "light", "mono"])
def test_errors_and_warnings_are_found_without_colour(theme: str) -> None:
    """An error differs from a line of information by an attribute, in `mono` a warning does, too."""
    styles = load_theme(theme, {}, 0).styles
    assert styles["level.error"].sgr != styles["level.info"].sgr
    assert styles["level.critical"].sgr != styles["level.info"].sgr
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
