"""Screens of six real logs are the stored ones, in four widths and four themes."""

from __future__ import annotations

import pytest
from support import screens
from support.zones import set_zone


@pytest.mark.parametrize("theme", screens.THEMES)
def test_screens_are_the_stored_ones(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An intended change is stored by `python tests/support/screens.py --write`, which shows it as a diff."""
    set_zone(monkeypatch, "UTC")
    difference = screens.compare(theme, screens.screens(theme))
    assert not difference, difference
