"""The clock of a source: the times that the rules find, only faster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import DATA_DIR
from support.zones import set_zone

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse.field_names import FieldNames
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.line_facts import plain_facts
from reflowlog.text.parse.line_times import LineClock, SequentialClock

if TYPE_CHECKING:
    from pathlib import Path

DATA = DATA_DIR
NOW = 1_790_000_000.0


def by_the_rules(line: bytes) -> float | None:
    """The time of a line, without anything remembered."""
    text = line.decode("utf-8", "replace")
    records = read_records(text)
    return records[0].time if records else plain_facts(sanitize(text)[0], NOW).time


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.log")), ids=lambda path: path.stem)
def test_every_sample(path: Path) -> None:
    """Times of a line are those of the rules, at its first occurrence and with a cached shape."""
    lines = [line for line in path.read_bytes().split(b"\n") if b"\r" not in line]
    clock = LineClock(now=NOW)
    expected = [by_the_rules(line) for line in lines]
    for _ in range(3):
        assert clock.times(lines) == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.tuples(st.integers(10**9, 2 * 10**9), st.integers(0, 999), st.integers(0, 3)), min_size=1))
def test_times_as_they_are_written(moments: list[tuple[int, int, int]]) -> None:
    """Lines of several shapes, in any order, have the times that were written into them."""
    clock = LineClock(now=NOW)
    for second, millisecond, kind in moments:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        line = (
            f"{at}.{millisecond:03}Z INFO up",
            f'{{"level":"info","msg":"m {second}","time":"{at}.{millisecond:03}Z"}}',
            f"{at},{millisecond:03}+00:00 [main] INFO app - up",
            f"time={at}.{millisecond:03}Z level=info msg=up",
        )[kind]
        assert clock.time_of(line.encode()) == pytest.approx(second + millisecond / 1000, abs=1e-6)


@given(st.integers(10**8, 9 * 10**9), st.integers(1, 9), st.data())
def test_numbers_with_fractions(second: int, size: int, data: st.DataObject) -> None:
    """Seconds since the epoch with a fraction of any length are no hours, minutes and seconds."""
    fraction = f"{data.draw(st.integers(0, 10**size - 1)):0{size}}"
    line = f"{second:010}.{fraction} up".encode()
    clock = LineClock(now=NOW)
    assert clock.time_of(line) == by_the_rules(line)
    assert clock.time_of(line) == by_the_rules(line)


@pytest.mark.parametrize(
    "line",
    [
        b"[2023-11-14 22:13:20 UTC] up",
        b"11/14/2023 10:13:20 PM UTC up",
        b"Nov 14 2023 22:13:20 UTC up",
        b'{"ts": 1700000000, "msg": "up"}',
        b"ts=1700000000 msg=up",
        b"1700000000 up",
    ],
)
def test_a_mark_of_the_encoding(line: bytes) -> None:
    """The first line of a file that begins with one has the time that it has without."""
    assert LineClock(now=NOW).time_of(b"\xef\xbb\xbf" + line) == LineClock(now=NOW).time_of(line) == 1_700_000_000


def test_a_new_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times without a date are of the day on which they are read."""
    now = NOW
    monkeypatch.setattr(time, "localtime", lambda at=None, real=time.localtime: real(now if at is None else at))
    monkeypatch.setattr("reflowlog.text.parse.timestamps._now", lambda: now)
    clock = LineClock()
    (first,) = clock.times([b"10:15:30 up"])
    now += 86_400
    (second,) = clock.times([b"10:15:30 up"])
    assert first is not None
    assert second == first + 86_400


def test_a_name_that_lies_is_not_trusted() -> None:
    """Where the first value under a usual name is not the record's time, the full rules are applied every time."""
    clock = LineClock()
    for number in range(600):
        second = 1_700_000_000 + number
        line = f'{{"request":{{"time":"2001-01-01T00:00:00Z"}},"msg":"x","time":{second},"level":"info"}}'
        assert clock.time_of(line.encode()) == second


def test_names_of_ones_own() -> None:
    """A user's own name of the time counts."""
    line = b'{"time":"2001-01-01T00:00:00Z","heard":1700000000,"msg":"x"}'
    assert LineClock(FieldNames({"time": ["heard"]})).time_of(line) == 1_700_000_000


HOUR, DAY = 3600.0, 86_400.0
MIDNIGHT = 1_790_035_200.0  # of a day in UTC


@pytest.mark.parametrize("tail", [b"it is up", "läuft".encode()])
def test_clocks_without_a_date_go_on_over_midnights(tail: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes back is that of the next day; one that goes back by a little is not."""
    set_zone(monkeypatch, "UTC")
    clock = SequentialClock(now=MIDNIGHT + 20 * HOUR)
    hours = [10, 9.5, 23, 1, 0.5, 22, 23.5, 3, 12]
    lines = [b"%02d:%02d:00 %b" % (int(hour), hour % 1 * 60, tail) for hour in hours]
    days = [0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert clock.times(lines) == [MIDNIGHT + hour * HOUR + day * DAY for hour, day in zip(hours, days)]


def test_a_date_sets_the_day_of_clocks_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times without a date follow a line with a date."""
    set_zone(monkeypatch, "UTC")
    clock = SequentialClock(now=MIDNIGHT)
    lines = [b"2024-05-01 23:00:00 opened", b"23:30:00 a", b"00:10:00 b"]
    start = clock.time_of(lines[0])
    assert start is not None
    assert [clock.time_of(line) for line in lines[1:]] == [start + HOUR / 2, start + 70 * 60]


def test_dates_without_a_year_go_on_over_new_year(monkeypatch: pytest.MonkeyPatch) -> None:
    """A date without a year that is far from the one before it is that of another year."""
    set_zone(monkeypatch, "UTC")
    clock = SequentialClock(now=1_705_104_000.0)  # 13 January 2024
    dates = [b"Jan 10", b"Jan 20", b"Jun 01", b"Nov 01", b"Dec 31", b"Jan 01", b"Mar 01"]
    times = clock.times([date + b" 10:00:00 h a[1]: x" for date in dates])
    assert [time and round((time - 1_704_880_800) / DAY) for time in times] == [0, 10, 143, 296, 356, 357, 416]


def test_uptimes_are_dated_once_the_kernel_has_set_its_clock() -> None:
    """Uptimes of the kernel have a time behind the line in which it sets its clock, and none before."""
    lines = [
        b"[    0.500000] Linux version 6.8.0",
        b"[    1.500000] rtc_cmos 00:00: setting system clock to 2024-05-01T10:00:00 UTC (1714557600)",
        b"[   12.250000] usb 1-1: new device",
        b"plain",
    ]
    assert SequentialClock().times(lines) == [None, 1_714_557_600, 1_714_557_610.75, None]
    assert SequentialClock(booted=1_714_557_598.5).time_of(lines[0]) == 1_714_557_599
    assert LineClock().times(lines) == [None] * 4
