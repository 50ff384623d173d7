"""Answers of terminals that say what their background is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.terminal.background import can_report_background, shade_of

_PART = st.integers(0, 255)


@given(_PART, _PART, _PART)
def test_all_forms_of_a_colour_are_the_same(red: int, green: int, blue: int) -> None:
    """With 2 or 4 digits, with an opacity, in capitals, and as X11 writes it."""
    parts = red, green, blue
    shades = {
        shade_of("rgb:" + "/".join(f"{part:02x}" for part in parts)),
        shade_of("rgb:" + "/".join(f"{part:02X}{part:02X}" for part in parts)),
        shade_of("rgba:" + "/".join(f"{part:02x}{part:02x}" for part in parts) + "/cccc"),
        shade_of("#" + "".join(f"{part:02x}" for part in parts)),
        shade_of("#" + "".join(f"{part:02x}{part:02x}" for part in parts)),
    }
    assert len(shades) == 1
    assert shades <= {"light", "dark"}


@pytest.mark.parametrize("colour", ["ffffff", "eee8d5", "fdf6e3", "d0d0d0", "ffffd7"])
def test_backgrounds_of_light_themes(colour: str) -> None:
    """Solarized light and others."""
    assert shade_of(f"#{colour}") == "light"


@pytest.mark.parametrize("colour", ["000000", "002b36", "1e1e2e", "282c34", "300a24", "0000aa", "404040"])
def test_backgrounds_of_dark_themes(colour: str) -> None:
    """Solarized dark, Ubuntu's aubergine and others."""
    assert shade_of(f"#{colour}") == "dark"


@given(st.text(max_size=20))
def test_anything_else_is_no_colour(text: str) -> None:
    """And no error."""
    assert shade_of(text) in ("light", "dark", None)


@pytest.mark.parametrize("term", ["", "dumb", "linux", "screen.xterm-256color", "eterm-color", "vt220", "cons25"])
def test_terminals_that_are_not_asked(term: str) -> None:
    """They may show the query as text; tmux, which calls itself screen too, does not."""
    assert not can_report_background({"TERM": term})
    assert can_report_background({"TERM": term, "TMUX": "/tmp/x,1,0"})
