"""The parts of a record: nothing is lost, nothing acts, nested JSON comes back as it was."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.strategies import nasty
from support.zones import set_zone

from reflowlog.core.records import LogRecord
from reflowlog.text.clean.sanitize import mark_controls
from reflowlog.text.highlight.themes import make_theme
from reflowlog.text.layout.record_detail import DetailField, detail_line, full_time, record_detail


def pairs(*lines: str, **options: Any) -> list[tuple[str, str]]:
    """Name and value of each part but the last, which is the line as it came."""
    *found, last = record_detail(lines, **options)
    assert (last.name, last.value, last.path) == ("line", "\n".join(lines), "")
    return [(field.name or field.path, field.value) for field in found]


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zone that is not UTC."""
    set_zone(monkeypatch, "Asia/Kolkata")


def test_a_json_record() -> None:
    """Time with its zone, level, logger, message, source, then all fields in their order; nested values by path."""
    line = (
        '{"ts":"2026-01-31T12:30:05.25Z","lvl":"warn","logger":"app.db","msg":"low","caller":"db.go:12","pid":7,'
        '"user":{"id":42,"roles":["a","b"],"at":{"x":null}},"ok":true,"rate":0.10}'
    )
    assert pairs(line) == [
        ("time", "2026-01-31 18:00:05.250+05:30"),
        ("level", "WARNING"),
        ("logger", "app.db"),
        ("message", "low"),
        ("source", "db.go:12"),
        ("pid", "7"),
        ("user", '{"id":42,"roles":["a","b"],"at":{"x":null}}'),
        ("user.id", "42"),
        ("user.roles", '["a","b"]'),
        ("user.at", '{"x":null}'),
        ("user.at.x", "null"),
        ("ok", "true"),
        ("rate", "0.10"),
        ("ts", "2026-01-31T12:30:05.25Z"),
        ("lvl", "warn"),
    ]
    assert pairs(line, utc=True)[0] == ("time", "2026-01-31 12:30:05.250+00:00")


def test_nested_json_is_indented() -> None:
    """One line a value, as deep as it is; a closing bracket belongs to the value above it."""
    fields = record_detail(['{"level":"info","msg":"m","user":{"id":1,"at":[{"x":2},{}]}}'])
    lines = [line for field in fields[2:-1] for line in field.lines]
    assert lines == [
        "{",
        '  "id": 1,',
        '  "at": [',
        "    {",
        '      "x": 2',
        "    },",
        "    {}",
        "  ]",
        "}",
    ]
    assert [field.path for field in fields[2:-1]] == ["user", "user.id", "user.at", "user.at", "user.at.x", "user.at"]


def test_a_traceback_and_hidden_fields() -> None:
    """A traceback is the part before the line; what is hidden in columns is shown here."""
    line = '{"level":"error","message":"m","exc_info":"Traceback (most recent call last):\\n  File \\"a.py\\"\\nE: x"}'
    (*_, (name, trace)) = pairs(line)
    assert (name, trace.split("\n")) == ("trace", ["Traceback (most recent call last):", '  File "a.py"', "E: x"])
    journal = '{"MESSAGE":"m","PRIORITY":"3","__REALTIME_TIMESTAMP":"1700000000000000","_BOOT_ID":"abc","_PID":"1"}'
    assert ("_BOOT_ID", "abc") in pairs(journal)
    assert ("_PID", "1") in pairs(journal)


def test_a_plain_record() -> None:
    """What its header says, the message, pairs in it; then the lines that continue it."""
    assert pairs('2026-01-31 12:30:05,123 WARNING app.db: slow took=3ms user="Ada L" at /x?y=1', "  more") == [
        ("time", "2026-01-31 12:30:05.123+05:30"),
        ("level", "WARNING"),
        ("logger", "app.db"),
        ("message", 'slow took=3ms user="Ada L" at /x?y=1'),
        ("took", "3ms"),
        ("user", "Ada L"),
        ("trace", "  more"),
    ]
    assert pairs("hello") == [("message", "hello")]
    assert pairs("") == []


def test_a_record_of_a_program() -> None:
    """The caller's record is taken in place of the stored line, and its text as it came is the caller's, too."""
    record = LogRecord(None, 30, "WARNING", "app", "two\nlines", (("n", "1"),), trace="T\n  x\n")
    fields = record_detail(["stored"], records=[record], original=["as shown"])
    assert [(field.name, field.lines) for field in fields] == [
        ("level", ("WARNING",)),
        ("logger", ("app",)),
        ("message", ("two", "lines")),
        ("n", ("1",)),
        ("trace", ("T", "  x")),
        ("line", ("as shown",)),
    ]


def test_times_that_no_calendar_has() -> None:
    """A time far away has no date, and raises nothing."""
    assert "--" in full_time(1e20)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcxyz", min_size=1, max_size=5), values, min_size=1, max_size=5))
def test_nothing_is_lost(data: dict[str, Any]) -> None:
    """Each extra has its name, and its lines are its value: as text, or as JSON that reads as the value."""
    data = {f"own_{name}": value for name, value in data.items()}
    line = json.dumps({"level": "info", "message": "m", **data}, ensure_ascii=False)
    fields = record_detail([line])
    assert [field.name for field in fields if field.name.startswith("own_")] == list(data)
    for number, field in enumerate(fields):
        if field.name not in data:
            continue
        own = [field, *fields[number + 1 :]]
        own = own[: next((at for at, each in enumerate(own) if at and each.name), len(own))]
        text = "\n".join(line for each in own for line in each.lines)
        value = data[field.name]
        if isinstance(value, str):
            assert field.value == value
        else:
            assert json.loads(text) == value
            assert json.loads(field.value) == value
    assert fields[-1].value == line


@given(st.lists(nasty, min_size=1, max_size=4), st.booleans())
@example(['{"level":"info","msg":"\x1b[2Jx\\u001b]52;c;eA==\\u0007","a\\u001b[31m":"\\r\\u0008"}'], True)
@example(['{"a":' * 70 + "1" + "}" * 70], True)
def test_any_text_is_shown_whole_and_acts_on_nothing(lines: list[str], coloured: bool) -> None:
    """Every part has lines, the last is the record as it came, and no shown text holds a control character."""
    lines = [line.replace("\n", " ") for line in lines]
    fields = record_detail(lines)
    assert fields[-1].lines == tuple(lines)
    theme = make_theme("mine", {"level": "bold", "number": "cyan", "trace": "dim", "time": "dim"}, 16)
    for field in fields:
        assert field.lines
        for line in field.lines:
            shown = detail_line(field, line, theme if coloured else None, level=30)
            assert not any(unicodedata.category(each) in ("Cc", "Cs") for each in shown.text)
            assert all(0 <= start < end <= len(shown.text) for start, end, _ in shown.spans)
            if field.kind == "line":
                assert shown.text == mark_controls(line)


def test_a_long_value_stays_text() -> None:
    """A value too long to be indented is one line, and complete."""
    value = json.dumps(list(range(40_000)), separators=(",", ":"))
    fields = record_detail([f'{{"level":"info","msg":"m","big":{value}}}'])
    assert fields[2] == DetailField("big", value, (value,), "value", "big")
