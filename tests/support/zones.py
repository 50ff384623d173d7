"""The time zone of the process, which not every system can change."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_tzset: Callable[[], None] | None = getattr(time, "tzset", None)  # not on Windows


def set_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """Set the local time zone until `reset_zone`; skip the test where that is not possible."""
    if _tzset is not None:
        monkeypatch.setenv("TZ", zone)
        _tzset()
    elif zone != "UTC" or time.timezone != 0 or time.daylight:
        pytest.skip("this system cannot change a process's time zone")


def reset_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo all patches, and take the zone of the environment."""
    monkeypatch.undo()
    if _tzset is not None:
        _tzset()
