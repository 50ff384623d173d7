"""Timestamps in logs: every format by table, and properties of any text."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.zones import reset_zone, set_zone

from reflowlog.text.parse import timestamps
from reflowlog.text.parse.timestamps import epoch, iso, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_720_000_000.0  # 2024-07-03 09:46:40 UTC


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is two hours ahead in July, one in March before the change."""
    set_zone(monkeypatch, "CET-1CEST,M3.5.0,M10.5.0/3")
    timestamps.clear_memos()
    yield
    reset_zone(monkeypatch)
    timestamps.clear_memos()


def utc(text: str) -> float:
    """The moment that an ISO time in UTC is."""
    return datetime.datetime.fromisoformat(text + "+00:00").timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-08T10:15:30Z", "2024-03-08T10:15:30"),
        ("2024-03-08T10:15:30.123456789Z", "2024-03-08T10:15:30.123457"),
        ("2024-03-08 10:15:30,123+0100", "2024-03-08T09:15:30.123000"),
        ("2024-03-08T10:15:30-05:30", "2024-03-08T15:45:30"),
        ("2024-03-08T10:15:30+01", "2024-03-08T09:15:30"),
        ("2024-03-08 10:15:30 UTC", "2024-03-08T10:15:30"),
        ("2024-03-08 10:15:30", "2024-03-08T09:15:30"),
        ("2024-07-08 10:15:30", "2024-07-08T08:15:30"),
        ("2024-03-08T10:15Z", "2024-03-08T10:15:00"),
        ("20240308T101530Z", "2024-03-08T10:15:30"),
        ("2024-03-08", "2024-03-07T23:00:00"),
        ("2024/03/08 10:15:30", "2024-03-08T09:15:30"),
        ("2024.03.08-10:15:30", "2024-03-08T09:15:30"),
        ("2005-06-03-15.42.50.363779", "2005-06-03T13:42:50.363779"),
        ("2024-03-08 10:15:30 CET", "2024-03-08T09:15:30"),
        ("2024-03-08 10:15:30 EST", "2024-03-08T15:15:30"),
        ("[10/Oct/2000:13:55:36 -0700]", "2000-10-10T20:55:36"),
        ("[Sun Dec 04 04:47:44 2005]", "2005-12-04T03:47:44"),
        ("[Fri Mar 08 10:15:30.123456 2024]", "2024-03-08T09:15:30.123456"),
        ("Tue Nov 14 22:13:20 UTC 2023", "2023-11-14T22:13:20"),
        ("Fri, 08 Mar 2024 10:15:30 GMT", "2024-03-08T10:15:30"),
        ("08 Mar 2024 10:15:30.123", "2024-03-08T09:15:30.123000"),
        ("Mar 08, 2024 10:15:30 PM", "2024-03-08T21:15:30"),
        ("03/08/2024 12:15:30 AM", "2024-03-07T23:15:30"),
        ("08.03.2024 10:15:30", "2024-03-08T09:15:30"),
        ("25/03/2024 10:15:30", "2024-03-25T09:15:30"),
        ("17/06/09 20:10:40", "2017-06-09T18:10:40"),
        ("081109 203615", "2008-11-09T19:36:15"),
        ("20171223-22:15:29:606", "2017-12-23T21:15:29.606000"),
        ("I0308 10:15:30.123456", "2024-03-08T09:15:30.123456"),
        ("03-17 16:13:38.811", "2024-03-17T15:13:38.811000"),
        ("[10.30 16:49:06]", "2023-10-30T15:49:06"),
        ("Mar  8 06:25:01", "2024-03-08T05:25:01"),
        ("Jul  4 00:00:00", "2024-07-03T22:00:00"),
        ("Jul  6 00:00:00", "2023-07-05T22:00:00"),
        ("Dec 31 23:59:59", "2023-12-31T22:59:59"),
        ("12:00:00,5", "2024-07-03T10:00:00.500000"),
        ("12:00", "2024-07-03T10:00:00"),
        ("1700000000", "2023-11-14T22:13:20"),
        ("1700000000.25", "2023-11-14T22:13:20.250000"),
        ("1700000000250", "2023-11-14T22:13:20.250000"),
        ("1700000000250000", "2023-11-14T22:13:20.250000"),
        ("1700000000250000000", "2023-11-14T22:13:20.250000"),
    ],
)
def test_shapes(text: str, expected: str) -> None:
    """Each shape is read; without a zone it is local, without a year of the last twelve months."""
    found = moment(text, NOW)
    assert found is not None
    assert found == pytest.approx(utc(expected), abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "soon",
        "12",
        "Mar",
        "Mar 8",
        "Foo  8 10:15:30",
        "2024-13-08T10:15:30Z",
        "2024-03-08T25:15:30Z",
        "2024-03-08T10:61:30Z",
        "2024-03-08T10:15:61Z",
        "1234567",
        "1e9",
        "12.5",
        "٠" * 10,
    ],
)
def test_no_times(text: str) -> None:
    """All else is none."""
    assert moment(text, NOW) is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1_700_000_000, 1.7e9),
        (1_700_000_000.5, 1_700_000_000.5),
        (1_700_000_000_500, 1_700_000_000.5),
        (10**30, None),
        (12, None),
        (0, None),
        (-1_700_000_000, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_numbers(number: float, expected: float | None) -> None:
    """Told by their size; a duration is no time."""
    assert epoch(number) == expected


@given(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2900, 1, 1)), st.integers(-720, 840))
def test_as_python_has_it(when: datetime.datetime, minutes: int) -> None:
    """Any moment in any zone is the one that the standard library reads."""
    aware = when.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=minutes)))
    text = aware.isoformat()
    assert iso(text) == pytest.approx(aware.timestamp(), abs=1e-5)
    assert moment(text) == iso(text)


@given(st.one_of(st.text(max_size=70), st.text("0123456789-:., TZ+[]/JanFebMonPM", max_size=40)))
@example("e+0")
@example("\u00b2e+1")
@example("1.e+9")
def test_any_text(text: str) -> None:
    """No text is too odd."""
    for found in (moment(text, NOW), iso(text)):
        assert found is None or isinstance(found, float)


def test_memory_is_bounded() -> None:
    """Minutes are forgotten when there are too many."""
    for minute in range(timestamps._MAX_MEMO_ENTRIES + 10):
        iso(f"2024-{minute // 40_320 + 1:02}-{minute // 1440 % 28 + 1:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z")
    assert len(timestamps._minutes) <= timestamps._MAX_MEMO_ENTRIES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("07 03 2025 06:07:08.812", 1741327628.812),  # log4js and Karma: no clock of today
        ("2025-03-07 06-07-11.5", 1741327631.5),  # AixLog: no midnight
        ("250307-06:07:08,812", 1741327628.812),  # nipype
        ("30.11.2026 20:06.24.858", 1796069184.858),  # console-stamp
    ],
)
def test_dates_and_clocks_with_other_separators(monkeypatch: pytest.MonkeyPatch, text: str, expected: float) -> None:
    """A date by blanks or of six digits, and a clock by hyphens or points, are read."""
    set_zone(monkeypatch, "UTC")
    found = moment(text, 1800000000.0)
    assert found is not None
    assert abs(found - expected) < 1e-5
