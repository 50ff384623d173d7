"""The help: all keys on one screen of 80 x 24, and rows that are never too wide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.texts import Memory, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.pager.bindings import ACTIONS
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.help import KEYS, PLACE_KEYS, help_rows
from reflowlog.pager.screen import compose
from reflowlog.pager.state import PagerState
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import update
from reflowlog.render.options import RenderOptions
from reflowlog.store.document import Document
from reflowlog.text.clean.cells import cells
from reflowlog.text.highlight.appearance import Appearance

SPOKEN = {"Space": " ", "PgDn": "PageDown", "PgUp": "PageUp", "Esc": "Escape"}
SYNONYMS = {f"Ctrl-{letter}" for letter in "EYFBDUNPVGR"} | {"Alt-v", "<", ">", "H", "p"}
"""Keys that are named in the meaning of others."""


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
def test_no_row_is_too_wide(width: int, height: int) -> None:
    """At any width; where not all fit, no row is blank."""
    rows = help_rows(width, height)
    assert 0 < len(rows) <= height or all(rows)
    assert all(cells(row) <= width for row in rows)


@pytest.mark.parametrize("width", [24, 40, 63, 64, 70, 79, 80])
def test_nothing_is_cut(width: int) -> None:
    """Each meaning is whole; where it is too long for a row, it goes on under itself."""
    shown = " ".join(" ".join(help_rows(width, 200)).split())
    for _, keys in KEYS:
        for _, meaning in keys:
            assert meaning in shown


def test_it_names_the_keys_that_there_are() -> None:
    """Each key that does something is named, and none that does nothing."""
    beside = {"Ctrl-C", "Ctrl-Z", "m'", "5j", "120G", "50%"}  # the display's, and examples
    keys = {key for keys in ACTIONS.values() for key in keys}
    assert keys - names() == {"WheelDown", "WheelUp", *SYNONYMS}
    assert names() - keys - beside == set()
    meanings = " ".join(meaning for _, keys in KEYS for _, meaning in keys)
    assert all(key in meanings for key in SYNONYMS)


@pytest.mark.parametrize(("opening", "place"), [("o", "detail"), ("c", "columns")])
def test_the_keys_of_a_place_come_first(opening: str, place: str) -> None:
    """F1 in a record and in the list of fields shows what keys do there; those that it names do not do nothing."""
    line = b'{"time":"2026-01-02T10:00:00Z","level":"info","msg":"m","user":{"id":1}}\n' * 3
    options = PagerOptions(RenderOptions(appearance=Appearance(("time", "level", "logger", "message"))))
    context = PagerContext(Document(Memory(line)), Size(80, 24), options, patient())
    state, _ = update(PagerState(), Key(opening), context)
    assert state.place == place
    rows = compose(update(state, Key("F1"), context)[0], context, StatusFacts()).rows
    title, keys = PLACE_KEYS[place]
    for row, (names, meaning) in zip(rows, keys):
        assert row.split() == [*([title] if row is rows[0] else []), *names.split(), *meaning.split()]
        for name in names.split():
            after, effect = update(state, Key(SPOKEN.get(name, name)), context)
            assert effect is not None or "does nothing" not in after.message
