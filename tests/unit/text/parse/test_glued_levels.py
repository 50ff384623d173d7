"""Levels in one token with other fields."""

from __future__ import annotations

import pytest

from reflowlog.text.parse.header import header

LEVELLED = [
    ("I/elog     [2025-06-21 14:05:07 pid:4711 tid:main] (demo.c:0 main)text", "I"),
    ("E/TC:0 1 check_ta_store:104 no such store", "E"),
    ("2025-06-21 14:05:07: error:c:\\src\\nscp\\Check.cpp:100: it failed", "error"),
    ("2025-06-21 14:05:07 warn:src/a.c:100: it failed", "warn"),
    ("warn:legacy.osl:4711:4712:sal/osl/unx/file.cxx:100: it failed", "warn"),
    ("UVM_ERROR my_scoreboard.sv(81) @ 8120: uvm_test_top [SB] mismatch", "ERROR"),
    ("20250621 14:05:13 info general: it is up", "info"),
    ("10:00:00  error text of a message", "error"),
    ("libfabric:4711:1741528927:core:fi_getinfo():100<info> it is up", "info"),
    ("[2025-03-09 14:02:07.123456] bdev.c: 112:spdk_bdev_open: *NOTICE*: it is up", "NOTICE"),
    ("2025-03-09 14:02:16.246 [RTPS_TRANSPORT Error] it failed", "Error"),
    ("[2025-Mar-09 14:02:07] [freepbx.INFO]: it is up", "INFO"),
    ("2025 Mar 09 14:02:07:123 GMT +0000 BW.Shop-Order Warn [BW_Core] BWENGINE-300001 it is up", "Warn"),
    ("10:00:00   info text of a message", "info"),
]
PLAIN = [
    "I/O error on device sda",
    "I/O  error on device sda",
    "error:no such file: a.c",
    "warn:x is gone",
    "debug:12 items",
    "a note: warn:a.b:12: is what it wrote",
    "MY_ERROR is a name",
    "MY_ERROR (12) is a name",
    "10:00:00 I/O error",
    "a:b:12<x> is no level",
    "10:00:00 See Error [12] of the list",
    "10:00:00 [the Error] of it",
    "10:00:00 went to a.ERROR] or so",
    "2025-06-21 14:05:11 | controller | warning threshold reached: 85 > 80",
    "2025-06-21 14:05:07        error threshold reached",
    "NO_ERROR a.c:12 it is up",
    "2025-06-21 14:05:11 [NO Error] it is up",
]


@pytest.mark.parametrize(("line", "level"), LEVELLED)
def test_levels(line: str, level: str) -> None:
    """A level is read from the first token of a line, or of what is behind the time."""
    assert header(line).level == level


@pytest.mark.parametrize("line", PLAIN)
def test_words(line: str) -> None:
    """Words with a slash, a colon or an underscore, and a level that is a word of a sentence, are no level."""
    assert header(line).level == ""


def test_path_behind_a_level() -> None:
    """It belongs to the header."""
    line = "2025-06-21 14:05:07: error:c:\\src\\nscp\\Check.cpp:100: it failed"
    assert header(line).column == line.index("it failed")
