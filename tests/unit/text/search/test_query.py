"""Comparisons of fields against lines of all kinds, and against a way to do it that looks at every line."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import DATA_DIR
from support.zones import set_zone

from reflowlog.text.parse.field_names import FieldNames
from reflowlog.text.parse.line_levels import level_of
from reflowlog.text.search.field_query import Query
from reflowlog.text.search.pattern import Pattern
from reflowlog.text.search.pattern_source import PatternError
from reflowlog.text.search.query import compile_query
from reflowlog.text.search.shown_record import ShownRecords

if TYPE_CHECKING:
    from pathlib import Path

DATA = DATA_DIR

LINES = [
    b'{"level":30,"time":1767340800000,"pid":1,"hostname":"h","user_id":42,"msg":"pino"}',
    b'{"level":50,"time":1767340800000,"pid":1,"hostname":"h","user_id":421,"msg":"pino is ill"}',
    b'{"level":"warn","ts":"2026-01-02T10:00:00Z","http":{"status":500,"url":"/a"},"logger":"app.db.pool","msg":"zap"}',
    b'{"severity":"ERROR","http.status":404,"tags":["db","slow"],"msg":"saw user_id=42"}',
    b'ts=2026-01-02T11:00:00Z level=warn logger=app.db msg="timed out" user_id=42 status=404',
    b"2026-01-02T12:00:00Z ERROR app.dbx: failed user_id=42, status=502",
    b"2026-01-01T12:00:00Z INFO app.db: user_id=421.",
    b"  at user_id=42 ERROR",
    b'{"log":"{\\"level\\":\\"error\\",\\"msg\\":\\"inner\\",\\"order\\":7}\\n","stream":"stderr"}',
    b'{"user":"z\\u006fe","msg":"esc\\u0061ped"}',
    b"plain words, and no more",
    b"2026-01-02T12:00:01Z INFO a: \x1b[32mstatus=\x1b[1m200\x1b[0m",
    b"",
]
TEXT = b"".join(line + b"\n" for line in LINES)


def found(source: str, lines: list[bytes] | None = None) -> list[int]:
    """The numbers of the lines that match."""
    lines = LINES if lines is None else lines
    data = b"".join(line + b"\n" for line in lines)
    return [data.count(b"\n", 0, start) for start in compile_query(source).matching(data)]


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("user_id=42", [0, 3, 4, 5, 7]),
        ("user_id>42", [1, 6]),
        ("user_id!=42", [1, 6]),
        ("level>=warning", [1, 2, 3, 4, 5, 8]),
        ("level=error", [1, 3, 5, 8]),
        ("level=30", [0, 4, 2]),
        ("level<warn", [0, 6, 11]),
        ("logger=app.db", [2, 4, 6]),
        ("http.status>=400", [2, 3]),
        ("http.status!=404", [2]),
        ("http.url=/a", [2]),
        ("status>=500", [5]),
        ("status=200", [11]),
        ("tags=slow", [3]),
        ("time>=2026-01-02T10:30Z", [4, 5, 11]),
        ("msg~pino", [0, 1]),
        ('msg="timed out"', [4]),
        ("message~fail", [5]),
        ("order=7", [8]),
        ("user=zoe", [9]),
        ("msg=escaped", [9]),
        ("stream=stderr", [8]),
        ("nothing=1", []),
    ],
)
def test_what_matches(source: str, numbers: list[int]) -> None:
    """JSON, also nested, escaped and in JSON; logfmt; plain lines by their headers and their pairs."""
    assert isinstance(compile_query(source), Query)
    assert found(source) == sorted(numbers)


def test_what_grep_finds_is_not_hidden() -> None:
    """The comparison itself, as it was typed, matches as a word."""
    lines = [
        b"assert status>=500 failed",
        b"xstatus>=500",
        b"status>=5000",
        b'{"msg":"say status>=500"}',
        b"Map<String,Object>",
    ]
    assert found("status>=500", lines) == [0, 3]
    assert found("Map<String,Object>", lines) == [4]
    assert found("page=2", [b'"GET /a?page=2&b=1 HTTP/1.1" 200']) == [0]
    assert found("page>=2", [b'"GET /a?page=2&b=1 HTTP/1.1" 200', b"a: (page=3)"]) == [1]
    assert found("id = 5", [b"id = 5, id = 6", b"id = 55"]) == [0]


def test_what_is_no_comparison_is_a_regular_expression() -> None:
    """As it always was."""
    assert isinstance(compile_query("user_id=4."), Query)
    assert isinstance(compile_query("user_id=.*"), Pattern)
    assert found("user_id=[24]+1") == [6]


@pytest.mark.parametrize("log", sorted(DATA.glob("**/*.log")), ids=lambda path: path.stem)
def test_levels_of_real_logs(log: Path) -> None:
    """``level>=warning`` finds the lines that have such a level; ``level<warning`` those that have a milder one."""
    lines = [line for line in log.read_bytes().split(b"\n") if line[:1] not in (b" ", b"\t")]
    levels = list(enumerate(map(level_of, lines)))
    assert found("level>=warning", lines) == [number for number, level in levels if level is not None and level >= 30]
    assert found("level<warning", lines) == [number for number, level in levels if level is not None and level < 30]


# -- against looking at every line -------------------------------------------------------------------------------------

names = st.sampled_from(
    ["user_id", "status", "http.status", "user", "Level", "level", "logger", "msg", "time", "größe"]
)
scalars: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [42, 42.0, 421, "42", "bob", "Bob", "app.db", "app.db.x", "error", "WARN", True, None, "a b", '"x"']
    ),
    st.sampled_from(["2026-01-02T10:00:00Z", "2026-01-03", 1767340800, "user_id=42", "x\tstatus=42", "\u212aob", ""]),
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2))


def escaped(text: str) -> str:
    """JSON in which some letters are escapes."""
    return text.replace("user", "u\\u0073er").replace("bob", "b\\u006fb")


objects = st.dictionaries(names, values, min_size=1, max_size=4)
json_lines = st.builds(
    lambda found, ascii_only, escape, before: (
        before + (escaped if escape else str)(json.dumps(found, ensure_ascii=ascii_only))
    ),
    objects,
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "", " ", "svc | ", "2026-01-02 10:00:00 INFO app.db: ", "odd "]),
)
pairs = st.builds(
    lambda name, value, end: f"{name}={value}{end}",
    names,
    st.sampled_from(
        ["42", '"42"', "bob", "'bob'", "app.db", '"a b"', "42.", "4\x1b[1m2\x1b[0m", "421", "", "error", "4\b42"]
    ),
    st.sampled_from(["", ",", ";", ")", ".", "}", '"']),
)
words = st.sampled_from(
    ["ERROR", "12:00:00", "2026-01-02 10:00:00,123", "app.db:", "status>=42", "user = bob", "x", "\t"]
)
plain_lines = st.lists(pairs | words, max_size=5).map(" ".join)
nested = json_lines.map(lambda line: json.dumps({"log": line + "\n", "stream": "x"}))
lines = st.lists(st.one_of(json_lines, plain_lines, nested), max_size=8)
sources = st.builds(
    "{}{}{}".format,
    names,
    st.sampled_from(["=", "!=", ">=", ">", "<", "=", "!=", " = ", "=="]),
    st.sampled_from(["42", "bob", "Bob", "app.db", "error", "2026-01-02", '"a b"', "é", "true", "W"]),
) | st.builds("{}{}{}".format, names, st.sampled_from(["~", "!~"]), st.sampled_from(["bob", "4", "Bob|app", r"^\d+$"]))


@given(lines, sources, st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_a_piece_matches_where_its_lines_do(some: list[str], source: str, ending: bytes, met: bool) -> None:
    """Whatever is left out at first sight, all lines that match are found; in any order of pieces."""
    try:
        query = compile_query(source)
    except ValueError:
        return
    assert isinstance(query, Query)
    data = b"".join(line.encode() + ending for line in some)
    wanted, start = [], 0
    for line in data.split(b"\n")[:-1]:
        if compile_query(source)._matches(line):
            wanted.append(start)
        start += len(line) + 1
    if met:
        for line in some:
            query.matching(line.encode() + ending)
    assert query.matching(data) == wanted
    assert query.matching(data) == wanted


@given(lines, sources)
def test_lights_are_in_the_text(some: list[str], source: str) -> None:
    """They do not overlap, and none is empty."""
    try:
        query = compile_query(source)
    except ValueError:
        return
    for line in some:
        spans = query.spans(line)
        assert all(0 <= start < end <= len(line) for start, end in spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize(
    ("source", "text", "lit"),
    [
        ("user_id=42", '{"a":1,"user_id":42}', ["42"]),
        ("user_id=42", "failed user_id=42, user_id=43", ["user_id=42"]),
        ("status>=500", "a status=200 status=502", ["502"]),
        ('user="a b"', '{"user": "a b"}', ["a b"]),
        ("level>=warning", "2026-01-02 12:00:00 ERROR app.db: failed", ["ERROR"]),
        ("level>=warning", "2026-01-02 12:00:00 INFO app.db: failed", []),
        ("logger=app", "2026-01-02 12:00:00 ERROR app.db: failed", ["app.db"]),
        ("msg~fail", '{"msg":"it failed"}', ["fail"]),
        ("message~fail", "2026-01-02 12:00:00 ERROR app.db: failed", ["fail"]),
        ("http.status!=200", '{"http":{"status":404}}', ["404"]),
    ],
)
def test_what_is_lit_up(source: str, text: str, lit: list[str]) -> None:
    """The value, where it stands in the text."""
    assert [text[start:end] for start, end in compile_query(source).spans(text)] == lit


# -- names that are not there ------------------------------------------------------------------------------------------


def test_an_unknown_name_says_so() -> None:
    """Once something was looked at, with a name that is like it; not where it is there, whatever its value."""
    query = compile_query("usr_id=42")
    assert query.unknown == ""
    assert query.matching(TEXT) == []
    assert query.unknown == "no record has a field 'usr_id' (did you mean 'user_id'?)"
    query = compile_query("http.sttus=1")
    assert query.matching(TEXT) == []
    assert query.unknown == "no record has a field 'http.sttus' (did you mean 'http.status'?)"
    for source in ("user_id=7", "user=nobody", "http.status=1", "level=crit", "order>7", "tags=x", "error"):
        query = compile_query(source)
        query.matching(TEXT)
        assert query.unknown == "", source


def test_a_name_in_the_text_is_no_field() -> None:
    """A word that is like it, or a field of that name elsewhere, is not it."""
    query = compile_query("req.status=1")
    assert query.matching(TEXT) == []
    assert query.unknown.startswith("no record has a field 'req.status'")


def test_what_is_suggested_is_harmless() -> None:
    """A name out of a log acts on no terminal."""
    query = compile_query("usr_id=42")
    query.matching(b'{"usr_id\\u001b[31m":1,"usrid\x1b":2}\n')
    assert query.unknown.isprintable()


def test_a_comparison_that_is_found_as_text_is_not_unknown() -> None:
    """Something was found."""
    query = compile_query("frobs>=5")
    assert query.matching(b"frobs>=5\n") == [0]
    assert query.unknown == ""


def test_broken_and_deep_records_break_nothing() -> None:
    """A broken or deeply nested record is plain text."""
    lines = [
        b'{"user_id":42',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"user_id":' + b"9" * 9000 + b"}",
        b'{"user_id":"\\ud800"}',
    ]
    lines += [b"\xff\xfe user_id=42 \xc3", b'{"user_id":"\xff42"}', b"user_id=" + b"x" * 100_000]
    assert found("user_id=42", lines) == [4]
    assert found("user_id>=43", lines) == []
    assert found("user_id~^9", lines) == [2]
    assert found("user_id!=42", lines) == [2, 3, 5, 6]


def test_a_users_names_of_fields_count() -> None:
    """The configured field of the level has its level."""
    query = compile_query("level>=warn", FieldNames({"level": ["sev"]}))
    assert query.matching(b'{"sev":"info"}\n{"sev":"error"}\n') == [15]


def test_times_without_a_year_count_from_the_reference() -> None:
    """A log of January 2024 that is read later is not of this year."""
    data = b"Jan 10 10:00:00 web app[1]: one\nJan 10 11:00:00 web app[1]: two\n"
    written = datetime(2024, 1, 10, 12).timestamp()
    assert compile_query("time>=2024-01-10T10:30", now=written).matching(data) == [32]
    assert compile_query("time<2024-01-10T10:30", now=written).matching(data) == [0]


def test_a_time_of_day_is_that_of_any_day() -> None:
    """A log of another day is searched by the times that it shows; plain lines, JSON and logfmt alike."""
    lines = [
        b"2019-03-01 09:39:59,900 INFO a",
        b"2019-03-01 09:40:00,000 INFO b",
        b'{"time":"2020-03-01T09:39:00","level":"info","msg":"c"}',
        b'{"time":"2020-03-01T17:00:00","level":"info","msg":"d"}',
        b"time=2021-03-01T09:40:59 level=info msg=e",
        b"09:40:30 INFO f",
    ]
    assert found("time>=09:40", lines) == [1, 3, 4, 5]
    assert found("time=09:40", lines) == [1, 4, 5]
    assert found("time>=09:30 and time<09:40", lines) == [0, 2]


def test_times_are_asked_for_as_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """In UTC, where records with fields are shown in it; plain lines keep their times, and a typed zone counts."""
    set_zone(monkeypatch, "Europe/Berlin")
    lines = [
        b'{"time":"2026-03-01T10:17:00Z","level":"info","msg":"a"}',
        b'{"time":"2026-03-01T09:17:00Z","level":"info","msg":"b"}',
        b"2026-03-01 10:17:00 INFO c",
        b"2026-03-01 09:17:00 INFO d",
    ]
    data = b"".join(line + b"\n" for line in lines)

    def numbers(source: str, *, utc: bool) -> list[int]:
        query = compile_query(source, records=ShownRecords(("time", "level", "message"), utc=utc))
        return [data.count(b"\n", 0, start) for start in query.matching(data)]

    assert numbers("time=10:17", utc=True) == numbers("time=2026-03-01T10:17", utc=True) == [0, 2]
    assert numbers("time=10:17", utc=False) == numbers("time=2026-03-01T10:17", utc=False) == [1, 2]
    assert numbers("time=2026-03-01T10:17Z", utc=True) == numbers("time=2026-03-01T10:17Z", utc=False) == [0]
    assert numbers("time<2026-03-01", utc=True) == []


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("status=500 && user=ann", "write 'and' in place of '&&'"),
        ("status=500&&user=ann", "write 'and' in place of '&&'"),
        ("status=500 & user=ann", "write 'and' in place of '&'"),
        ("status>=500 || user='ann lee'", r"write 'or' in place of '\|\|'"),
        ("!status=500", "write 'not status=500'"),
        ("status=500 && !user=ann", "write 'and' in place of '&&'"),
    ],
)
def test_signs_that_join_in_other_languages(source: str, meant: str) -> None:
    """Are no regular expression that matches nothing, or with ``||`` everything."""
    with pytest.raises(PatternError, match=meant):
        compile_query(source)


@pytest.mark.parametrize("source", ["a && b", "make x=1 && run tests", "!important", "a=1&b=2", "x || y", "!a=(1|2)"])
def test_signs_in_other_texts(source: str) -> None:
    """Are a part of the regular expression, as in a shell's line or a query of a URL."""
    assert not compile_query(source).of_fields or source == "a=1&b=2"
