"""Headers whose time or level stands behind other fields."""

from __future__ import annotations

import pytest

from reflowlog.text.parse.header import header, message_column, parts
from reflowlog.text.parse.line_facts import plain_facts

NOW = 1_780_000_000.0


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("|10:00:00.123 [go] §it is up", ""),
        ("== 2025-06-21 14:05:07,511 build_log.py:267 INFO §it is up", "INFO"),
        ("INFO main [21/06 14:05:07] §it is up", "INFO"),
        ("[0:motion] [12] [Oct 21 04:05:06] motion_startup: §it is up", ""),
        ("M 06/21/25 14:05:15 12 ports: §it is up", ""),
    ],
)
def test_time_behind_fields(line: str, level: str) -> None:
    """The line gets that time, and its header is read behind it as any other."""
    text = line.replace("§", "")
    assert header(text) == (line.index("§"), level)
    assert plain_facts(text, NOW).time is not None


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("cart.py:100 INFO: §it is up", "INFO"),
        ("   812 MainThread INFO §it is up", "INFO"),
        ("    812 DEBUG [main] §it is up", "DEBUG"),
        ("1741528927123 [140000000] INFO §it is up", "INFO"),
        ("  1812 Thread-1 (run) WARNING §it is up", "WARNING"),
        ("# ** Error: §it failed", "Error"),
        ("lerna WARN §it is odd", "WARN"),
        ("lerna ERR! §it failed", "ERR"),
        ("pulp [None]: pulpcore.tasking.entrypoint:INFO: §it is up", "INFO"),
        ("[    100.793059] [ 0] [  INFO] nsh_main: §it is up", "INFO"),
        ("[   0.668][i][cplayer] §it is up", ""),
        ("     1.1384 [dev_pixelpipe] §it is up", ""),
    ],
)
def test_level_behind_fields(line: str, level: str) -> None:
    """The line gets that level, and its message starts behind the level and the fields that follow."""
    text = line.replace("§", "")
    assert header(text) == (line.index("§"), level)


@pytest.mark.parametrize(
    "line",
    [
        "see 2024-05-01 10:00:00 for more",
        "Received ERROR from the server",
        "    3 ERROR (12) lines were found",
        "    3 ERROR lines were found",
        "--- a.txt   2005-01-26 23:30:50",
        "the last INFO line at 10:00:00 was odd",
        "- WARNING: an item of a list",
        "| ERROR | a row of a table |",
        "    # NOTE: a comment",
        "root         1     0  0 03:33 ?        00:00:32 /usr/sbin/init --quiet",
        " 4210       20:44 00:00:00 bash --norc",
        "df11d0c6 a/b.py (Ann Lee 2026-11-29 08:15:38 +0000  97)     trace: int = UNKNOWN",
        "df11d0c6 (Ann Lee 2026-11-29 08:15:38 +0000  97) # ERROR: a comment",
        "sub DEBUG () { 0 }",
        "    return DEBUG if number else None",
        "    -INF + INF",
        "--- FAIL: TestA (0.81s)",
        'x = "10:00:00 ERROR"',
        "user=alice 2024-05-01 10:00:00 it is up",
    ],
)
def test_prose_and_code(line: str) -> None:
    """Words of prose, pairs and code before a time or level are no fields: there is no header."""
    assert header(line).column == 0


def test_date_of_an_unknown_form_before_a_clock() -> None:
    """The clock alone would be dated wrongly: the time is unknown."""
    assert plain_facts("N 0000000 H1   24015 08:30:12.12 STC04711 it is up", NOW).time is None


@pytest.mark.parametrize("limit", range(1, 80))
def test_column_of_a_cut_line(limit: int) -> None:
    """A cut line has the column of the whole one, or none where that is beyond the limit."""
    for line in (
        "== 2025-06-21 14:05:07,511 build_log.py:267 INFO it is up again, and more words",
        "a.py:1 INFO: it is up",
    ):
        column = header(line).column
        assert message_column(line, limit) == (column if column <= limit else 0)


def test_spans() -> None:
    """The spans of level and time are those in the line."""
    text = "INFO main [21/06 14:05:07] it is up"
    found = parts(text)
    assert (text[slice(*found.level)], text[slice(*found.time)]) == ("INFO", "[21/06 14:05:07]")


def test_seconds_before_a_level_are_no_uptime() -> None:
    """Ten digits are seconds since the epoch, whatever the name of the level."""
    assert [plain_facts(f"1750514715 {level} shop.db : it is up", NOW).time for level in ("INFO", "WARN")] == [
        1_750_514_715.0,
        1_750_514_715.0,
    ]
