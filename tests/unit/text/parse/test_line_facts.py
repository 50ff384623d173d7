"""Time, level and logger of a plain line: what cannot be read is unknown, never a plausible value."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from support.zones import set_zone

from reflowlog.text.parse.line_facts import plain_facts
from reflowlog.text.parse.line_levels import level_of

NOW = datetime(2024, 5, 2, tzinfo=timezone.utc).timestamp()


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local time is UTC."""
    set_zone(monkeypatch, "UTC")


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("[11/2/23, 9:14:11:123 UTC] 0000001a Server up", "2023-11-02T09:14:11.123"),
        ("2023-11-02 09:14:11+01 web Installer[4711]: opened", "2023-11-02T08:14:11"),
        ("2023-11-02T09:14:11-05 up", "2023-11-02T14:14:11"),
        ("[2023/11/02 09:14:12.5,  3, pid=4711, real(0, 0)] ../lib/access.c:365(allow)", "2023-11-02T09:14:12.500"),
        ("[Info  - 9:14:12 AM] Starting server", "2024-05-01T09:14:12"),
        ("(09:14:11) INFO: Analyzed target", "2024-05-01T09:14:11"),
        ('[httpd] 10.1.2.3 - admin [14/Feb/2024:10:06:10 +0000] "POST /write"', "2024-02-14T10:06:10"),
        ("[Jan 15 08:30:12] NOTICE[4711] chan_sip.c: Registration failed", "2024-01-15T08:30:12"),
        ("Mon Jan 15 08:30:12 UTC 2023: started", "2023-01-15T08:30:12"),
        ("Jan 15 08:30:12 2023 (4711) Mailman starting", "2023-01-15T08:30:12"),
        ("Jan 15 08:30:12 web1 app[1]: 2023 rows", "2024-01-15T08:30:12"),
        ("2024-01-15_08-30-12 started", "2024-01-15T08:30:12"),
        ("15-Jan 08:30 bareos-dir JobId 12: Start", "2024-01-15T08:30:00"),
        ("build\tRun tests\t2023-11-02T09:14:12.1234567Z PASS src/a.test.js", "2023-11-02T09:14:12.123456"),
    ],
)
def test_times_among_fields(line: str, time: str) -> None:
    """A time is read with its clock and its zone, whatever stands around it within its brackets."""
    found = plain_facts(line.expandtabs(), NOW).time
    assert found == pytest.approx(datetime.fromisoformat(time).replace(tzinfo=timezone.utc).timestamp(), abs=1e-5)


@pytest.mark.parametrize(
    "line",
    [
        "[11/2/23, 9:74:11:123 UTC] Server up",
        "[2024-06-12 14:22:31,045]::[app]::up",
        "8.2.5043: a command-line window opens",
        "The server was restarted on 2024-05-01 10:00:00 because of an error",
    ],
)
def test_times_that_are_unknown(line: str) -> None:
    """A date whose clock cannot be read is no midnight, a number of five thousand no year, and prose no header."""
    assert plain_facts(line, NOW).time is None


def test_an_address_in_angle_brackets_is_no_priority() -> None:
    """Digits and text in angle brackets are no syslog priority, and reading the level of such a line does not fail."""
    assert level_of(b"<517#build-backend-interface>`, not only the ones") is None


@pytest.mark.parametrize("line", ["Sun Nov 29 15:41:53 UTC 2026 INFO it works", "12:00:01 | INFO | started"])
def test_neither_a_weekday_nor_a_level_is_a_logger(line: str) -> None:
    """Though a name may stand there in other formats."""
    facts = plain_facts(line, NOW)
    assert (facts.level, facts.logger) == (20, "")


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("1130 23:53:12.728 397 I shop/add] 81 items", 1_764_546_792.728),
        ("1130 23:53:12 W it is up", 1_764_546_792.0),
        ("4711 23:53:12 397 I it is up", 1_767_225_192.0),  # no month 47: a number, and the clock of the day before
        ("1130 23:53:12 INFO it is up", 1_767_225_192.0),
    ],
)
def test_month_and_day_of_four_digits(line: str, time: float) -> None:
    """Before a clock they are a date where a number or a letter stands behind it, as in glog's headers."""
    assert plain_facts(line, 1_767_225_600.0).time == time


def test_a_zone_that_is_not_known() -> None:
    """A time with it is not known either; local time would be wrong."""
    assert plain_facts("2024-05-01 10:00:00 Europe/Atlantis INFO it is up").time is None
