"""Prompts: editing a string at a position; the row fits the screen and contains the cursor."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reflowlog.core.events import Key
from reflowlog.pager.prompts import LABELS, Kind, Prompt, handle_key, open_prompt, show
from reflowlog.text.clean.cells import cells

KEYS = [
    *("a", "b", " ", "日", "e\u0301", "Backspace", "Delete", "Left", "Right", "Home", "End", "Up", "Down"),
    *("Ctrl-A", "Ctrl-E", "Ctrl-U", "Ctrl-K", "Ctrl-W", "Ctrl-D", "Ctrl-H", "F1", "PageUp", "Tab", "Alt-x", "Enter"),
]
names = st.lists(st.sampled_from(KEYS), max_size=40)
pasts = st.lists(st.text("ab ", max_size=5), max_size=3).map(tuple)
kinds = st.sampled_from(get_args(Kind))


def typed(prompt: Prompt, *keys: str) -> Prompt:
    """The prompt after some keys."""
    for key in keys:
        prompt = handle_key(prompt, Key(key))
    return prompt


@given(names, pasts)
@example([" ", "a", "Ctrl-W"], ())
def test_keys_edit_as_in_a_slow_editor(keys: list[str], past: tuple[str, ...]) -> None:
    """Each editing key has the effect that it has in a naive editor of two lists."""
    prompt = open_prompt("/", past)
    before, after = "", ""
    for key in keys:
        prompt = typed(prompt, key)
        if key in ("Up", "Down"):
            pass
        elif len(key) == 1 or not key.isascii():
            before += key
        elif key in ("Backspace", "Ctrl-H"):
            before = before[:-1]
        elif key in ("Delete", "Ctrl-D"):
            after = after[1:]
        elif key == "Left":
            before, after = before[:-1], before[-1:] + after
        elif key == "Right":
            before, after = before + after[:1], after[1:]
        elif key in ("Home", "Ctrl-A"):
            before, after = "", before + after
        elif key in ("End", "Ctrl-E"):
            before, after = before + after, ""
        elif key == "Ctrl-U":
            before = ""
        elif key == "Ctrl-K":
            after = ""
        elif key == "Ctrl-W":
            before = before.rstrip()
            before = before[: before.rfind(" ") + 1]
        if key not in ("Up", "Down"):
            assert (prompt.text[: prompt.cursor], prompt.text[prompt.cursor :]) == (before, after)
        before, after = prompt.text[: prompt.cursor], prompt.text[prompt.cursor :]


def test_history() -> None:
    """Up recalls earlier input, Down returns to the current input."""
    prompt = typed(open_prompt("/", ("one", "two")), "n", "e", "w", "Up")
    assert prompt.text == "two"
    assert typed(prompt, "Up").text == "one"
    assert typed(prompt, "Up", "Up").text == "one"
    assert typed(prompt, "Up", "Down", "Down").text == "new"
    assert typed(prompt, "Down", "Down").text == "new"
    assert typed(prompt, "s", "Down").text == "twos"
    assert typed(prompt, "s", "Up").text == "two"
    assert typed(open_prompt("/", ()), "Up", "Down") == open_prompt("/", ())


@given(kinds, names, st.integers(1, 60))
def test_the_row_fits_and_holds_the_cursor(kind: Kind, keys: list[str], width: int) -> None:
    """The row is no wider than the screen and contains the cursor, which the text before it ends at."""
    prompt = typed(open_prompt(kind, ()), *keys)
    row, column = show(prompt, width)
    assert cells(row) <= width
    assert 0 <= column < width
    if width > 40 and cells(prompt.text) < 10:
        assert row == LABELS[kind][0] + prompt.text
        assert column == cells(LABELS[kind][0] + prompt.text[: prompt.cursor])


@pytest.mark.parametrize("width", [1, 2, 5, 20])
def test_a_narrow_row_has_its_key_as_label(width: int) -> None:
    """A label takes at most half of the row: there is a shorter one, then only the key, and at last nothing."""
    row, _ = show(Prompt("l", "error", 5), width)
    assert row == {1: "", 2: "l", 5: "lror", 20: "level: error"}[width]


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("two words", "ab two words cd"),
        ("first\rsecond\rq", "ab first cd"),
        ("\r\n \nline\n", "ab line cd"),
        ("a\tb\x1b[31m\x03", "ab ab[31m cd"),
        ("\n\n", "ab  cd"),
    ],
)
def test_of_a_pasted_text_the_first_line_is_inserted(pasted: str, text: str) -> None:
    """At the cursor, without controls; none of it is a key."""
    prompt = handle_key(Prompt("/", "ab  cd", 3), Key("Paste", pasted))
    assert prompt.text == text
    assert text[prompt.cursor :] == " cd"
