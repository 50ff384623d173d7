"""The time zone of the process, which not every system can change."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from reflowlog.text.layout import columns
from reflowlog.text.parse import timestamps

if TYPE_CHECKING:
    from collections.abc import Callable

_tzset: Callable[[], None] | None = getattr(time, "tzset", None)  # not on Windows
_is_changed = False


def clear_memos() -> None:
    """Clear what the package remembers of times in the local zone."""
    timestamps.clear_memos()
    columns.clear_memos()


def set_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """Set the local time zone until the end of the test; skip the test where that is not possible."""
    global _is_changed
    if _tzset is not None:
        monkeypatch.setenv("TZ", zone)
        _tzset()
        _is_changed = True
    elif zone != "UTC" or time.timezone != 0 or time.daylight:
        pytest.skip("this system cannot change a process's time zone")
    clear_memos()


def reset_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo all patches, and take the zone of the environment."""
    monkeypatch.undo()
    take_zone_of_environment()


def take_zone_of_environment() -> None:
    """Undo `set_zone`, once the environment is as it was. Idempotent."""
    global _is_changed
    if _tzset is not None and _is_changed:
        _tzset()
        clear_memos()
        _is_changed = False
