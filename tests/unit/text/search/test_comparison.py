"""Comparisons of a field: syntax, and the values that satisfy them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.text.parse.field_names import FieldNames
from reflowlog.text.search.comparison import read_comparison
from reflowlog.text.search.pattern_source import PatternError


@pytest.mark.parametrize(
    ("text", "name", "operator", "negated", "value"),
    [
        ("user_id=42", "user_id", "=", False, "42"),
        ("user_id==42", "user_id", "=", False, "42"),
        ("http.status != 200", "http.status", "=", True, "200"),
        ("status>=500", "status", ">=", False, "500"),
        ("@t<2026-01-02", "@t", "<", False, "2026-01-02"),
        ("_PID=7", "_PID", "=", False, "7"),
        ("x-request-id=a-b", "x-request-id", "=", False, "a-b"),
        ("größe>3", "größe", ">", False, "3"),
        ('msg="timed out"', "msg", "=", False, "timed out"),
        ("msg='a (b) \"c\"'", "msg", "=", False, 'a (b) "c"'),
        (r'msg="a \"b\""', "msg", "=", False, 'a "b"'),
        ('msg=""', "msg", "=", False, ""),
        (r"msg~time.?out\d", "msg", "~", False, r"time.?out\d"),
        ("msg=~x|y", "msg", "~", False, "x|y"),
        ("msg!~x", "msg", "~", True, "x"),
        ("url=/a?b=c", "url", "=", False, "/a?b=c"),
        ("version=1.2.3+4", "version", "=", False, "1.2.3+4"),
        ("time=2026-01-02T10:00:00+01:00", "time", "=", False, "2026-01-02T10:00:00+01:00"),
    ],
)
def test_what_is_a_comparison(text: str, name: str, operator: str, negated: bool, value: str) -> None:
    """A name, an operator and a value, from end to end."""
    found = read_comparison(text)
    assert found is not None
    assert (found.name, found.operator, found.negated, found.value) == (name, operator, negated, value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "error", "a b", "=", "=5", "5=5", "a.=5", "^level=error", "level=(warn|error)", "path=/api/.*"),
        *("user_id=", "status>", "msg=user logged in", "x=>y", "a->b", "ptr->next", "status=5..", "id=4.+", "a=[0-9]"),
        *(r"id=\d", 'msg="open', "error: a=b", "http://host/?q=1", "a<b> c", "a=b$", "x~a b", "k=a=b\\"),
    ],
)
def test_all_else_is_a_regular_expression(text: str) -> None:
    """So is text without a value, or with a regular expression after the operator."""
    assert read_comparison(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("level>=loud", "'loud' is not a level"),
        ("severity<x1", "'x1' is not a level"),
        ("time>=soon", "'soon' is not a time"),
        ("ts<12", "'12' is not a time"),
        ("status>=", "nothing to compare with after >="),
        ("status != ", "nothing to compare with after !="),
        ("msg~(", r"a \( without a \)"),
    ],
)
def test_comparisons_that_make_no_sense(text: str, reason: str) -> None:
    """Are mistakes that are told."""
    with pytest.raises(PatternError, match=reason):
        read_comparison(text)


@pytest.mark.parametrize(
    ("text", "holds", "not_"),
    [
        ("n=42", ["42", "42.0", "042", "4.2e1"], ["421", "4", "", "x42", "42 ms"]),
        ("n>=100", ["100", "1e3", "99999999999999999999999"], ["99", "n/a", "", "100ms", "-100"]),
        ("n=12345678901234567890", ["12345678901234567890"], ["12345678901234567891"]),
        ("n<-1.5", ["-2", "-1.51"], ["-1.5", "0"]),
        ("took>=250ms", ["250ms", "1000ms", "300.5 MS", "1s", "0.25s", "1m30s"], ["99ms", "249999us", "250", "1kb"]),
        ("took<1s", ["999ms", "12.5µs", "0ns"], ["1000ms", "1m0s", "1", "0.5"]),
        ("took=1m30.5s", ["90.5s", "90500ms", "1m30.5s"], ["90s", "1m", "90.5"]),
        ("size>=1MiB", ["1 MiB", "2mb", "1048576b"], ["1MB", "1048576", "1s"]),
        ("load>50%", ["51%"], ["50%", "51", "51 s"]),
        ("user=bob", ["bob", "BOB"], ["bobby", "", "böb"]),
        ("user=Bob", ["Bob"], ["bob"]),
        ("user=É", ["É"], ["é"]),
        ("user>m", ["n", "Zoe"], ["a", "m"]),
        ("logger=app.db", ["app.db", "app.db.pool", "App.DB", "app.db::x", "app.db/x"], ["app.dbx", "app", "x.app.db"]),
        ("name=app.db", ["app.db"], ["app.db.pool"]),
        ("severity=warn", ["warn", "WARNING", "W"], ["error", "30"]),
        ("log_level>=warn", ["ERROR", "crit", "wrn"], ["info", "loud", ""]),
        ("created=2026-01-02", ["2026-01-02T23:59:59.9", "2026-01-02 00:00:00"], ["2026-01-03T00:00:00", "2026-01-1"]),
        ("created>2026-01-02T10:00", ["2026-01-02T10:01:00"], ["2026-01-02T10:00:59", "2026-01-02T09:00:00"]),
        ("created<=2026-01-02T10:00Z", ["2026-01-02T10:00:59Z", "2026-01-02T11:00:59+01:00"], ["2026-01-02T10:01:00Z"]),
        ("created>=09:30", ["2026-01-02T09:30:00", "2019-12-31 23:59:59"], ["2026-01-02T09:29:59", "9", ""]),
        ("created=10:15", ["2026-01-02T10:15:00", "2026-01-03 10:15:59.9"], ["2026-01-02T10:16:00"]),
        ("created<10:15:30,5", ["2026-01-02 10:15:30.4"], ["2026-01-02 10:15:30.5"]),
        (
            "time=2026-02",
            ["2026-02-01T00:00:00", "2026-02-28 23:59:59"],
            ["2026-03-01T00:00:00", "2026-01-31 23:59:59"],
        ),
        ("time>2025-12", ["2026-01-01T00:00:00"], ["2025-12-31T23:59:59"]),
        ("period>2026-02", ["2026-03", "2026-10"], ["2026-02", "2026-01"]),
        ("msg~time.?out", ["a timeout", "TIME OUT\nb"], ["time", ""]),
        ("cached=true", ["true"], ["false", "1"]),
    ],
)
def test_values(text: str, holds: list[str], not_: list[str]) -> None:
    """Numbers are compared as numbers, levels as levels, times as times, all else as text."""
    found = read_comparison(text)
    assert found is not None
    assert [value for value in [*holds, *not_] if found.holds(value)] == holds


@given(st.text(max_size=12), st.text(max_size=80))
def test_any_value_of_any_record_may_be_asked(typed: str, value: str) -> None:
    """No record raises an error, and a quoted value is found."""
    for sign in ("=", ">=", "<"):
        found = read_comparison(f"name{sign}'{typed.replace(chr(39), '')}'")
        assert found is not None
        found.holds(value)
        found.holds(value + "9" * 5000)
        assert sign == "<" or found.holds(found.value) or found.value == ""


def test_a_users_names_have_their_roles() -> None:
    """The configured field of the level is compared as a level."""
    found = read_comparison("sev>=warn", FieldNames({"level": ["sev"]}))
    assert found is not None
    assert found.role == "level"
    assert found.holds_for_level(40)
    assert not found.holds_for_level(20)
