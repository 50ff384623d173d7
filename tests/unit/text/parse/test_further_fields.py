"""Further fields of headers: levels among fields are read, words of a message are not."""

from __future__ import annotations

import string
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.formats import cases

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse.further_fields import FurtherFields
from reflowlog.text.parse.header import header, message_column
from reflowlog.text.parse.line_levels import level_of

PROSE = """
10:00:00 the last error: none
2024-05-01 10:00:00 we have seen an ERROR in the report, fix it
2024-05-01 10:00:00 user said "ERROR" and left
2024-05-01 10:00:00 status=ERROR count=3
2024-05-01 10:00:00 all of the warnings) are gone
2024-05-01 10:00:00 see the docs [warning] for more
The server was restarted on 2024-05-01 10:00:00 because of an error.
| 2024-05-01 | ERROR | 12    |
if (level == ERROR) { return -1; }
    raise ValueError("ERROR: no such table")
log.info("started on port 8080")
$ grep ERROR app.log | wc -l
100%|##########| 10/10 [00:01<00:00,  9.85it/s]
-rw-r--r-- 1 root root 1234 May  1 10:00 error.log
web-1     Pod     ERROR    10m
+  INFO: this line was added
tests/test_a.py::test_x FAILED [ 50%]
E       ValueError: x
Total 3 ERROR 2 WARN 1
- [ ] Fix the [ERROR] label in the toolbar
L (still) think so
 29942  9.0.0623  error for modifying a const is not detected
[comment ANY]         # an error of old
see [warning]s and [error]s below
I am here
C> dir
✔
done ✔ and ✖
   ✖ indented
app ERROR
3 ERROR lines were found
12 / 30 tests in ERROR
CPU:0: the temperature is high
EXT4:sda1: mounted
"""


@pytest.mark.parametrize("line", PROSE.strip("\n").split("\n"))
def test_prose_has_no_level(line: str) -> None:
    """Words and tables that hold a level's name have no level."""
    assert level_of(line.encode()) is None


@pytest.mark.parametrize(
    ("line", "level", "column"),
    [
        ("2024-05-01 10:00:00 :: INFO :: app.db :: up", "INFO", 41),
        ("2024-05-01T10:00:00+0000 [app.db#error] it failed", "error", 40),
        ("2024-05-01 10:00:00,123-app.db-WARNING-slow", "WARNING", 39),
        ("[2024-05-01 10:00:00] p81 {/srv/a.py:45} ERROR - it failed", "ERROR", 49),
        ("2024-05-01 10:00:00.123 [12] main/103/init.lua E> it failed", "E", 50),
        ("2024-05-01 10:00:00 INFO  org.apache.Foo [] - up", "INFO", 46),
        ("2024-05-01 10:00:00,123 ERROR in app: it failed", "ERROR", 38),
        ("10:00:00,123 ERROR [org.jboss.as] (Boot Thread) WFLYCTL0013: it failed", "ERROR", 48),
        ("[ERROR] KeyError: 'x'", "ERROR", 8),
        ("✖ it failed", "✖", 2),
        ("111 INFO: wrote /srv/h.spec", "INFO", 10),
        ("Warning (10036): it is odd", "Warning", 17),
        ("Oct 21 2025 04:05:08 GMT: CRITICAL (config): (cfg.c:43) it failed", "CRITICAL", 56),
        ("+0000 2025-10-21 04:05:06 ERROR it failed", "ERROR", 32),
        ("2025-10-21 04:05:06,812 / INFO     / shop.cart / it is up", "INFO", 49),
        ("03-17 16:13:47.091  2227  2227 V AudioManager: playSound   volume: 0", "V", 47),
        ("⚠️  it is slow", "⚠", 4),
        ("2024-05-01T10:00:00Z app[3d8d] ams [error]could not listen", "error", 42),
        ("2024-05-01T10:00:00Z DEBUG my-worker ThreadId(02) a::net: src/net.rs:12: got it", "DEBUG", 73),
        ("Nov 02 09:14:11 n1 kubelet[4711]: E1102 09:14:11.123456    4711 pod.go:1300] it failed", "E", 77),
        ("Nov 02 09:14:14 imap(alice)<4711><abc>: Error: it failed", "Error", 47),
    ],
)
def test_levels_among_fields(line: str, level: str, column: int) -> None:
    """A level in marks or between separators is read among fields, and the message starts behind them."""
    assert header(line) == (column, level)


@cache
def whole_columns() -> dict[str, int]:
    """Return the column of the message of each line of the corpus that begins a record."""
    texts = (sanitize(line.text)[0] for case in cases() for line in case.lines if line.begins)
    return {text: header(text).column for text in texts}


@pytest.mark.parametrize("limit", [32, *[pytest.param(limit, marks=pytest.mark.slow) for limit in (52, 80)]])
def test_short_heads_agree_with_whole_lines(limit: int) -> None:
    """The column within a limit is that of the whole line, for nearly all lines of the corpus."""
    columns = whole_columns()
    wrong = []
    for text, column in columns.items():
        if message_column(text, limit) != (column if column <= limit else 0):
            wrong.append(text)
    assert len(wrong) <= len(columns) // 125, wrong


@given(st.text(string.ascii_letters, min_size=1))
def test_a_word_alone_is_no_field(word: str) -> None:
    """So the patterns of fields need not be compiled for a message of one word."""
    fields = FurtherFields()
    for pattern in (fields._sure, fields._behind_time, fields._behind_time_alone):
        assert pattern.match(f"{word}\n".encode()) is None
