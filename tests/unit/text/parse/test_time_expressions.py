"""Moments as users type them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.zones import set_zone

from reflowlog.text.parse.time_expressions import parse_when
from reflowlog.text.parse.timestamps import clear_memos

NOW = 1_772_964_930.0  # 2026-03-08 10:15:30 UTC


@pytest.fixture(autouse=True, params=["UTC", "America/New_York", "Asia/Kolkata"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Here, there (it is the day on which summer time begins), and where hours are no whole ones."""
    set_zone(monkeypatch, request.param)
    clear_memos()
    return str(request.param)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        *(("90s", 90), ("10m", 600), ("2h", 7200), ("3d", 259_200), ("1w", 604_800), ("1.5h", 5400), ("now", 0)),
        *(("1h30m", 5400), ("10 minutes ago", 600), ("2 hours", 7200), ("1 day ago", 86_400), ("5 min", 300)),
        *(("-10m", 600), ("-1h30m", 5400), ("-2 hours", 7200)),
        *(("30sec", 30), ("2hrs", 7200), (" 10m ", 600), ("10M", 600), ("1h 30 min ago", 5400)),
    ],
)
def test_so_long_ago(text: str, ago: float) -> None:
    """Durations count back from now."""
    assert parse_when(text, NOW) == NOW - ago


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("today", "2026-03-08 00:00:00"),
        ("yesterday", "2026-03-07 00:00:00"),
        ("Yesterday 14:30", "2026-03-07 14:30:00"),
        ("today 09:15:01", "2026-03-08 09:15:01"),
        ("04:05", "2026-03-08 04:05:00"),
        ("2026-01-02", "2026-01-02 00:00:00"),
        ("2026-01-02 03:04", "2026-01-02 03:04:00"),
        ("2026-01-02T03:04:05", "2026-01-02 03:04:05"),
        ("Mar 7 10:15:00", "2026-03-07 10:15:00"),
        ("2026/01/02 03:04:05", "2026-01-02 03:04:05"),
        ("2026-02", "2026-02-01 00:00:00"),
        ("2025/12", "2025-12-01 00:00:00"),
    ],
)
def test_local_moments(text: str, local: str) -> None:
    """Without a zone they are local; a day without a time is its midnight."""
    found = parse_when(text, NOW)
    assert found is not None
    assert time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(found)) == local


def test_moments_with_a_zone() -> None:
    """Times with a zone, and numbers since the epoch, are exact."""
    assert parse_when("2023-11-14T22:13:20Z", NOW) == parse_when("1700000000", NOW) == 1_700_000_000
    assert parse_when("2023-11-14T23:13:20+01:00", NOW) == 1_700_000_000


@pytest.mark.parametrize(
    "text", ["", "soon", "10", "10 parsecs", "2026-13-01", "yesterday noon", "m10", "1h-", "ago", "2026"]
)
def test_no_moments(text: str) -> None:
    """Everything else is None."""
    assert parse_when(text, NOW) is None


@given(st.text(max_size=20))
def test_any_text(text: str) -> None:
    """Nothing that is typed is more than None."""
    found = parse_when(text, NOW)
    assert found is None or isinstance(found, float)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("10:15:30", NOW), ("today", NOW - 36_930), ("yesterday 10:15:30", NOW - 86_400), ("10:15", NOW - 30)),
        *(("2026-03-08 10:15:30", NOW), ("2026-03-08T10:15:30Z", NOW), ("2026-03-08 12:15:30+02:00", NOW)),
        *(("Mar 8 10:15:30", NOW), ("2026-03-08", NOW - 36_930), ("2026-03", NOW - 7 * 86_400 - 36_930)),
        *(("20260308", NOW - 36_930), ("Sun Mar  8 10:15:30 2026", NOW), ("Sun Mar  8 10:15:30 UTC 2026", NOW)),
        *(("1772964930", NOW), ("10m", NOW - 600), ("2026-03-08 10:15:30 AM", NOW)),
    ],
)
def test_times_where_they_are_shown_in_utc(text: str, expected: float) -> None:
    """A time without a zone, and a day, are those of UTC, whatever the local zone; one with a zone has that."""
    assert parse_when(text, NOW, utc=True) == expected
