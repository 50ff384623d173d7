"""Printed text: log records in it are recognized, and everything else is unchanged."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.text.parse.printed_records import read_printed


@pytest.mark.parametrize(
    "line",
    [
        "",
        "plain text",
        "a = b",
        '{"result": [1, 2, 3]}',
        '{"message": "data with a message, and no more"}',
        "x=1 y=2",
        "[info] no padding",
        "[info     ]",
        "[loud     ] no level",
        "at noon sharp [info     ] no time",
        "level=info",
        "event='no level' n=3",
        "array[3] = {1: 2}",
    ],
)
def test_what_is_no_log_record_is_text(line: str) -> None:
    """Beyond doubt: a message, and a level or a time."""
    assert read_printed(line) == []


@pytest.mark.parametrize(
    ("line", "level", "logger", "message", "extras"),
    [
        ("[info     ] plain message", 20, "", "plain message", {}),
        ("2026-11-22 21:16:20 [warning  ] a=b", 30, "", "a=b", {}),
        ("2026-11-22T21:16:20.5Z [error    ] failed                         a=1", 40, "", "failed", {"a": "1"}),
        (
            "[critical ] " + "long " * 8 + "[app.db] path='/a b' obj={'a': 1} none=None empty= quote='a \"b\"'",
            50,
            "app.db",
            ("long " * 8).strip(),
            {"path": "/a b", "obj": "{'a': 1}", "none": "None", "empty": "", "quote": 'a "b"'},
        ),
        ("[debug    ] logged                         [app]", 10, "app", "logged", {}),
        ("\x1b[2m21:16\x1b[0m [\x1b[32m\x1b[1minfo     \x1b[0m] \x1b[1mcoloured\x1b[0m", 20, "", "coloured", {}),
        ("[\x1b[32m\x1b[1minfo     \x1b[0m] \x1b[1mcoloured\x1b[0m", 20, "", "coloured", {}),
        ('{"event": "json", "level": "info", "n": 3}', 20, "", "json", {"n": "3"}),
        ("level=warn msg=low free=3", 30, "", "low", {"free": "3"}),
        (
            "user='ann lee' obj={'a': 1} event='values' level='info'",
            20,
            "",
            "values",
            {"user": "ann lee", "obj": "{'a': 1}"},
        ),
    ],
)
def test_log_records_are_found(line: str, level: int, logger: str, message: str, extras: dict[str, str]) -> None:
    """In the words of their fields."""
    (fields,) = read_printed(line)
    assert (fields.level, fields.logger, fields.message) == (level, logger, message)
    assert dict(fields.extras) == extras


def test_times_are_read() -> None:
    """Where they stand before the level."""
    (found,) = read_printed("2023-11-14T22:13:20.500000Z [info     ] with a time")
    assert found.time == 1700000000.5


_WORDS = st.text(st.sampled_from("ab1=[]{}'\".,- "), max_size=60)


@given(_WORDS)
def test_nothing_is_lost(text: str) -> None:
    """Whatever is logged: the record says all characters of its line but blanks, and the quotes of its values."""
    (found,) = read_printed("[info     ] x" + text)
    told = found.message + "".join([f"{name}={value}" for name, value in found.extras])
    if found.logger:
        told = told.replace(found.message, f"{found.message}[{found.logger}]", 1)
    assert sorted(_bare(told)) == sorted(_bare("x" + text))


def _bare(text: str) -> str:
    return re.sub("""[ '"]""", "", text)


@pytest.mark.parametrize(
    "line", ["[info     ] " + "a=b c " * 20_000, "[info     ] " + "x" * 31 + " a=" + "b " * 50_000 + "=", "a=" * 50_000]
)
def test_long_lines_are_read_in_time(line: str) -> None:
    """A line of 100,000 characters is no trap: it is read, or it is text."""
    assert len(read_printed(line)) <= 1
