"""Names of fields: those of a user beside those of the dialects."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.first_record import first_record

from reflowlog.text.parse.field_names import MAX_MEMO_ENTRIES, USUAL, FieldNames
from reflowlog.text.parse.json_records import may_have_fields, read_records
from reflowlog.text.parse.line_levels import level_of, may_have

OWN = FieldNames(
    {
        "time": ["when-it-was"],
        "level": ["Wichtigkeit", "grad"],
        "logger": ["von"],
        "message": ["note", "payload.text", "größe"],
        "source": ["wo"],
        "trace": ["spur"],
    }
)


def test_further_names_of_each_field() -> None:
    """Each field is found by its configured names, and other fields stay."""
    line = (
        '{"when_it_was":1700000000,"grad":"warn","von":"a.b","note":"low","wo":"a.py:12",'
        '"spur":"Traceback: x","free":"3 %"}'
    )
    found = first_record(line, OWN)
    assert found is not None
    assert (found.time, found.level, found.level_name) == (1_700_000_000.0, 30, "WARNING")
    assert (found.logger, found.message, found.source, found.trace) == ("a.b", "low", "a.py:12", "Traceback: x")
    assert found.extras == (("free", "3 %"),)
    usual = first_record(line)
    assert usual is not None
    assert (usual.level, usual.message) == (0, "")


@pytest.mark.parametrize(
    ("line", "message", "extras"),
    [
        ('{"msg":"one","note":"two"}', "two", (("msg", "one"),)),
        ('{"NOTE":"two"}', "two", ()),
        ('{"note":7}', "7", ()),
        ('{"note":null,"msg":"one"}', "one", (("note", "null"),)),
        ('{"payload":{"text":"two","a":1},"b":2}', "two", (("payload.a", "1"), ("b", "2"))),
        ('{"payload.text":"two"}', "two", ()),
        ('{"payload":{"a":1}}', "", (("payload", '{"a":1}'),)),
        ('{"GRÖSSE":"one","größe":"two"}', "two", (("GRÖSSE", "one"),)),
        ('web-1 | {"note":"two","grad":"info"}', "two", ()),
        ('{"log":"{\\"note\\":\\"two\\"}\\n"}', "two", ()),
        ('grad=warn note="two"', "two", ()),
    ],
)
def test_they_are_the_surest(line: str, message: str, extras: tuple[tuple[str, str], ...]) -> None:
    """In any case, nested, in logfmt, and in records within records; no field is lost to them."""
    found = first_record(line, OWN)
    assert found is not None
    assert (found.message, found.extras) == (message, extras)
    assert may_have_fields(line.encode(), OWN)


def test_a_configured_name_replaces_its_usual_meaning() -> None:
    """A usual name has the meaning that the user gives it."""
    names = FieldNames({"message": ["level"], "logger": ["msg"]})
    found = first_record('{"level":"error","msg":"app"}', names)
    assert found is not None
    assert (found.level, found.message, found.logger) == (0, "error", "app")
    assert level_of(b'{"level":"error","msg":"app"}', names) is None
    assert level_of(b'{"level":"error","msg":"app"}') == 40


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (b'{"grad":"error"}', 40),
        (b'{"grad":50,"level":"info"}', 40),
        (b'{"WICHTIGKEIT":"FATAL"}', 50),
        (b'{"gr\\u0061d":"error"}', 40),
        (b"grad=error a=1", 40),
        (b"12:00:00 grad=error a=1", 40),
        (b'{"level":"warn"}', 30),
    ],
)
def test_filters_heed_them(line: bytes, level: int) -> None:
    """The level of a line and the promise about a piece know them."""
    assert level_of(line, OWN) == level
    assert may_have(line, level, OWN)


WORDS = st.sampled_from(["note", "grad", "level", "msg", "Wichtigkeit", "größe", "a", "when-it-was", "payload", "log"])
VALUES = st.sampled_from(["error", "warn", 50, 3, "x", '{"grad":"error"}', {"text": "x", "level": "error"}, None])


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(WORDS, VALUES, min_size=1), st.booleans(), st.sampled_from(["", "web-1 | ", "12:00:00 app: "]))
def test_reader_and_filter_agree(found: dict[str, object], ascii_only: bool, prefix: str) -> None:
    """Fields that are read are those that filters see, and `may_have_fields` never denies one."""
    line = prefix + json.dumps(found, ensure_ascii=ascii_only)
    pairs = " ".join(f"{name}={json.dumps(value)}" for name, value in found.items() if isinstance(value, (str, int)))
    for each in (line, pairs):
        records = read_records(each, OWN)
        raw = each.encode()
        assert not records or may_have_fields(raw, OWN)
        if records:
            level = max(record.level for record in records)
            assert level_of(raw, OWN) == (level or None)
            assert level < 30 or may_have(raw, level, OWN)


def test_names_are_values() -> None:
    """Instances with the same names in any order are equal, and without names equal the usual ones."""
    assert FieldNames({"message": ["a", "b"]}) == FieldNames({"message": ["b", "a", "a"], "time": ()})
    assert hash(FieldNames({"message": ["a", "b"]})) == hash(FieldNames({"message": ["b", "a"]}))
    assert FieldNames({}) == USUAL
    assert FieldNames({"message": ["a"]}) != FieldNames({"logger": ["a"]})
    with pytest.raises(KeyError):
        FieldNames({"colour": ["a"]})


def test_memory_is_bounded() -> None:
    """Roles of names are forgotten when there are too many, and long names are never kept."""
    names = FieldNames({})
    for number in range(MAX_MEMO_ENTRIES + 10):
        assert names.roles[f"name{number}"] < 0
    assert len(names.roles) <= MAX_MEMO_ENTRIES
    assert names.roles["x" * 1000] < 0
    assert "x" * 1000 not in names.roles
