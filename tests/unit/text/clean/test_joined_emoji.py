"""Rows for terminals that draw the parts of joined emoji side by side."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.text.clean.cells import cells
from reflowlog.text.clean.joined_emoji import APART, JOINED, SEPARATOR, Joins, as_drawn, has_joints, separate
from reflowlog.text.clean.wrap import Mode, rows

FAMILY, THUMB, HEART = (
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f44d\U0001f3fd",
    "\u2764\ufe0f",
)
FLAG, KEYCAP, RAINBOW = "\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3", "\U0001f3f3\ufe0f\u200d\U0001f308"
CODER = "\U0001f469\U0001f3fd\u200d\U0001f4bb"
TMUX = Joins(sequences=True, modifiers=False, presentation=False)

_TEXT = st.lists(
    st.sampled_from(
        [*"abc ", "word", " ", "日本", "🙂", FAMILY, THUMB, HEART, FLAG, KEYCAP, RAINBOW, CODER, "क\u094d\u200dष"]
    ),
    max_size=30,
).map("".join)
_JOINS = st.builds(Joins, st.booleans(), st.booleans(), st.booleans())
_MODES = st.sampled_from(["word", "char", "none", "terminal"])


@pytest.mark.parametrize(
    ("joins", "widths"), [(APART, [8, 4, 1, 2, 1, 3, 6]), (TMUX, [2, 4, 1, 2, 1, 1, 4]), (JOINED, [2] * 7)]
)
def test_widths_are_those_that_terminals_report(joins: Joins, widths: list[int]) -> None:
    """As measured by cursor reports in VTE 0.70, xterm.js 6.0, alacritty 0.11 and urxvt 9.30, and in tmux 3.3a."""
    samples = [FAMILY, THUMB, HEART, FLAG, KEYCAP, RAINBOW, CODER]
    assert [cells(as_drawn(sample, joins)) for sample in samples] == widths


@given(_TEXT, st.integers(10, 60), st.integers(0, 4), _MODES, _JOINS)
def test_no_row_is_wider_than_the_terminal_draws(text: str, width: int, hang: int, mode: Mode, joins: Joins) -> None:
    """Nor is anything added or lost, but for blanks at a break."""
    laid = rows(text, width, hang, mode, joins)
    assert all(row.indent + cells(as_drawn(row.text, joins)) <= width for row in laid)
    assert all(SEPARATOR not in row.text for row in laid)
    assert all(row.text == text[row.start : row.end] for row in laid)
    if mode != "none":
        assert "".join(row.text for row in laid).replace(" ", "") == text.replace(" ", "")


@given(_TEXT, st.integers(1, 60), st.integers(0, 4), _MODES, _JOINS)
def test_rows_break_as_those_of_the_separated_text(text: str, width: int, hang: int, mode: Mode, joins: Joins) -> None:
    """Whether words are measured with their separators, or the whole text is laid out with them."""
    parted = rows(separate(text, joins), width, hang, mode)
    laid = rows(text, width, hang, mode, joins)
    assert [(row.cells, row.indent, row.text) for row in laid] == [
        (row.cells, row.indent, row.text.replace(SEPARATOR, "")) for row in parted
    ]


@given(_TEXT, st.integers(1, 60), st.integers(0, 4), _MODES)
def test_the_default_is_what_the_width_library_says(text: str, width: int, hang: int, mode: Mode) -> None:
    """Every emoji is one cluster of two cells."""
    assert rows(text, width, hang, mode, JOINED) == rows(text, width, hang, mode)
    assert separate(text, JOINED) == text


@given(_TEXT)
def test_only_emoji_are_parted(text: str) -> None:
    """A joiner in other scripts is left alone."""
    assert separate(text, APART).replace(SEPARATOR, "") == text
    assert has_joints(text) == (SEPARATOR in separate(text, APART))
    assert not has_joints("क\u094d\u200dष plain 日本 🙂")


@pytest.mark.parametrize("text", ["\u65e5\ufff0\u672c", "\u65e5\ufff0\u672c" * 9, "ab\ufff0" * 9])
@pytest.mark.parametrize("width", [1, 2, 5])
def test_a_separator_in_a_text_is_a_character_like_any_other(text: str, width: int) -> None:
    """No row repeats a part of the text, and none is wider than the width."""
    laid = rows(text, width, 0)
    assert all(cells(row.text) <= width for row in laid)
    assert all(before.end <= after.start for before, after in pairwise(laid))
