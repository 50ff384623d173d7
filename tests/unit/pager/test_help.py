"""The help: all keys on one screen of 80 x 24, and never more than there is room for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.pager.bindings import _ACTIONS
from reflowlog.pager.help import KEYS, help_rows
from reflowlog.text.clean.cells import cells

SPOKEN = {"Space": " ", "PgDn": "PageDown", "PgUp": "PageUp"}


def names() -> set[str]:
    """All keys that the help names."""
    words = [word.rstrip(",") for _, keys in KEYS for each, _ in keys for word in each.split()]
    return {SPOKEN.get(word, word) for word in words} | {"m", "'"}


@pytest.mark.parametrize("width", [64, 80, 200])
def test_it_is_one_screen(width: int) -> None:
    """In 24 rows, one of which is the status row, each key is there with its meaning."""
    rows = help_rows(width, 23)
    text = "\n".join(rows)
    for _, keys in KEYS:
        for each, meaning in keys:
            assert f" {each} " in text
            assert meaning in text or width < 80


@given(st.integers(1, 100), st.integers(1, 40))
def test_it_never_exceeds_the_screen(width: int, height: int) -> None:
    """No row is too wide, and there are not too many."""
    rows = help_rows(width, height)
    assert 0 < len(rows) <= height
    assert all(cells(row) <= width for row in rows)


def test_it_names_the_keys_that_there_are() -> None:
    """Each key that does something is named, and none that does nothing."""
    beside = {"Ctrl-C", "Ctrl-Z", "m'"}  # the stage's
    assert set(_ACTIONS) - names() == {"WheelDown", "WheelUp"}
    assert names() - set(_ACTIONS) - beside == set()
