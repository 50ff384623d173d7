"""Records of JSON and logfmt: samples of all dialects by table, and properties of any line.

A table beside each sample log says what its records are; times are in UTC, and it is the end of 2024.
``python tests/text/test_fields.py`` writes the tables anew, for a reader to compare.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import DATA_DIR
from support.first_record import first_record
from support.strategies import nasty
from support.zones import reset_zone, set_zone

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.columns import columns
from reflowlog.text.parse import timestamps
from reflowlog.text.parse.field_names import FieldNames
from reflowlog.text.parse.header import header
from reflowlog.text.parse.json_records import may_have_fields, read_records
from reflowlog.text.parse.json_values import MAX_DEPTH
from reflowlog.text.parse.line_facts import plain_facts
from reflowlog.text.parse.line_levels import level_of, may_have

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reflowlog.core.records import LogRecord

DATA = DATA_DIR
LOGS = sorted(path.stem for path in (DATA / "fields").glob("*.log"))
FACTS = sorted(path.stem for path in (DATA / "facts").glob("*.log"))
THEN = 1_735_689_599.0  # the last second of 2024
HEAD = "line\ttime\tlevel\tlevel name\tlogger\tsource\tmessage\textras\thidden\ttrace"


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the time to the end of 2024, in UTC."""
    monkeypatch.setattr(timestamps, "_now", lambda: THEN)
    set_zone(monkeypatch, "UTC")
    timestamps.clear_memos()
    yield
    reset_zone(monkeypatch)
    timestamps.clear_memos()


def lines_of(path: Path) -> list[str]:
    """The lines of a log, decoded as the console does it."""
    return path.read_bytes().decode("utf-8", "replace").removesuffix("\n").split("\n")


def stamp(moment: float | None) -> str:
    """A time as the tables have it; empty for none."""
    if moment is None:
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 1)) + f"{moment % 1:.6f}"[1:]


def table(name: str) -> list[str]:
    """Return the records of a sample log, a row each."""
    rows = []
    for number, line in enumerate(lines_of(DATA / "fields" / f"{name}.log"), 1):
        for found in read_records(line):
            told = (found.level_name, found.logger, found.source, found.message)
            more = (dict_text(found.extras), " ".join(key for key, _ in found.hidden), found.trace)
            shown = [escaped(text) for text in (*told, *more)]
            rows.append("\t".join((str(number), stamp(found.time), str(found.level), *shown)))
    return rows


def dict_text(extras: tuple[tuple[str, str], ...]) -> str:
    """Extras as the tables have them."""
    return "  ".join(f"{name}={value}" for name, value in extras)


def escaped(text: str) -> str:
    """A text on one line, where it is not."""
    return text.encode("unicode_escape").decode() if any(ord(char) < 32 for char in text) else text


@pytest.mark.parametrize("name", LOGS)
def test_samples(name: str) -> None:
    """Each line of each sample log is the record that the table beside it says."""
    truth = (DATA / "fields" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    assert [HEAD, *table(name)] == truth


@pytest.mark.parametrize("name", FACTS)
def test_facts(name: str) -> None:
    """Time, level and logger of plain lines are those of the table beside them."""
    truth = (DATA / "facts" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    assert ["time\tlevel\tlogger", *facts(name)] == truth


def facts(name: str) -> list[str]:
    """Return time, level and logger of plain lines, a row each."""
    found = [plain_facts(sanitize(line)[0]) for line in lines_of(DATA / "facts" / f"{name}.log")]
    return ["\t".join((stamp(each.time), str(each.level or ""), each.logger)) for each in found]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "[]",
        "{",
        '{"a":1',
        '{"a":1}}',
        '{"a":1} and more',
        '{"a":01}',
        "{a:1}",
        '["level"]',
        '"text"',
        "12",
        "null",
        "plain {words}",
        'Received request: {"a":1}',
        "12:00:00 INFO app: got {}",
        "a=b",
        "a = b",
        "level=info and some words",
        'level=info ts=1709892937.5 retry fatal msg="two flags in a row are words"',
        "level=info msg=two words",
        "level=info done",
        "12:00:00 level=info a=1 done",
        "export PATH=/a level=info x",
        "x=1 y=2",
        "level=info",
        "12:00:00 INFO hello count=3",
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"a":' + "[" * 500 + "]" * 500 + "}",
        '{"n":' + "9" * 10_000 + "}",
    ],
    ids=lambda line: line[:24] or "empty",
)
def test_plain_text(line: str) -> None:
    """Text that is neither a JSON object nor logfmt is plain, broken JSON too."""
    assert read_records(line) == []
    assert first_record(line) is None


@pytest.mark.parametrize(
    ("line", "level", "name"),
    [
        ('{"level":30}', 20, "INFO"),
        ('{"level":30,"event":"x"}', 30, "WARNING"),
        ('{"level":30,"event":"x","pid":1,"hostname":"h"}', 20, "INFO"),
        ('{"level":35,"v":0}', 20, "INFO"),
        ('{"level":3}', 40, "ERROR"),
        ('{"level":300}', 30, "WARNING"),
        ('{"level":"30"}', 20, "INFO"),
        ('{"level":"Warn"}', 30, "WARNING"),
        ('{"level":"alert"}', 50, "CRITICAL"),
        ('{"level":"E"}', 40, "ERROR"),
        ('{"level":"ERROR+2"}', 45, "ERROR+2"),
        ('{"level":"audit"}', 0, "AUDIT"),
        ('{"level":"audit","levelno":35}', 30, "AUDIT"),
        ('{"level":"audit","lvl":"debug"}', 0, "AUDIT"),
        ('{"level":"Level 45"}', 40, "ERROR"),
        ('{"level":"Level\\u002045"}', 40, "ERROR"),
        ('{"level":"level of it"}', 0, ""),
        ('{"Status":"error"}', 40, "ERROR"),
        ('{"status":"error","level":"info"}', 20, "INFO"),
        ('{"status":3}', 0, ""),
        ('{"level":{"name":"warn"},"logger":{"name":"a"}}', 30, "WARNING"),
        ('{"@level":"error"}', 40, "ERROR"),
        ('{"level":30,"event":"x","of":{"pid":1}}', 30, "WARNING"),
        ('{"level":30,"pid":1,"of":{"event":"x"}}', 20, "INFO"),
        ('{"of":{"level":"error"},"a":1}', 0, ""),
        ('{"a":{"b":1},"levelname":"error"}', 40, "ERROR"),
        ('{"@l":"error","level":"info"}', 40, "ERROR"),
        ('{"level":"debug","message":{"PRIORITY":1,"msg":"x"}}', 50, "CRITICAL"),
        ('{"l\\u0065vel":"error","severity":"info"}', 40, "ERROR"),
        ('{"level":"info","msg":"{\\"lvl\\":\\"error\\"}"}', 40, "ERROR"),
        ('{"level":"words of it"}', 0, ""),
        ('{"level":true}', 0, ""),
        ('{"level":null,"severity":"error"}', 40, "ERROR"),
        ('{"severityNumber":13}', 30, "WARNING"),
        ('{"PRIORITY":"2"}', 50, "CRITICAL"),
        ('{"priority":2}', 0, ""),
        ('{"lvl":"dbug","level":"debug"}', 10, "DEBUG"),
        ('{"levelno":25,"m":1}', 25, "NOTICE"),
        ('{"level_value":40000,"level":"ERROR"}', 40, "ERROR"),
    ],
)
def test_levels(line: str, level: int, name: str) -> None:
    """Names in any case and numbers of all dialects are levels; other values stay fields."""
    found = first_record(line)
    assert found is not None
    assert (found.level, found.level_name) == (level, name)
    assert level_of(line.encode()) == (level or None)


def test_the_surer_field_is_it_and_the_other_one_stays() -> None:
    """Whatever their order, and the same name twice."""
    for pairs in (['"event":"other"', '"msg":"it"'], ['"msg":"it"', '"event":"other"']):
        found = first_record("{" + ",".join(pairs) + "}")
        assert found is not None
        assert (found.message, found.extras) == ("it", (("event", "other"),))
    found = first_record('{"msg":"one","msg":"two","a":1,"a":2}')
    assert found is not None
    assert (found.message, found.extras) == ("one", (("msg", "two"), ("a", "1"), ("a", "2")))


def test_data_is_no_log_record() -> None:
    """A name beside no time, level or message is a field like any other."""
    found = first_record('{"name":"Ann","age":7}')
    assert found is not None
    assert (found.logger, found.extras) == ("", (("name", "Ann"), ("age", "7")))


def test_numbers_stay_as_they_are_written() -> None:
    """No fraction is rounded, no large number becomes infinite."""
    found = first_record('{"msg":"x","a":1.10,"b":1e400,"c":12345678901234567890123,"d":[0.30,-0]}')
    assert found is not None
    assert found.extras == (("a", "1.10"), ("b", "1e400"), ("c", "12345678901234567890123"), ("d", "[0.30,0]"))


_KNOWN = """
    time ts level msg message event logger name caller err error stack exc_info log fields record attributes body file
    lineno filename source t s @t @mt @l Properties PRIORITY MESSAGE __REALTIME_TIMESTAMP severityNumber user a b.c
    timestamp lvl service resourceLogs full_message short_message instant at status @level @fields text @r levelno scope
    log.original err.message context logLevel
"""
_NAMES = st.sampled_from(_KNOWN.split()) | st.text(max_size=5)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 80),
    st.sampled_from(
        [1_700_000_000, 1_700_000_000_123, "2024-03-08T10:15:30Z", "2024-03-08 10:15:30,5", 10**30, 0.5, 1e9]
    ),
    st.sampled_from(
        ["info", "WARN", "error", "E", "e", "a.py:12", "one\ntwo", '{"level":"error","msg":"x"}', "x {a} {b.c}"]
    ),
    st.text(max_size=12),
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)
_OBJECTS = st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=7)
_PREFIXES = st.sampled_from(["", "web-1 | ", "Mar  8 10:15:30 h app[1]: ", "2024-03-08T10:15:30Z stdout F ", "x y z: "])


def as_line(found: dict[str, Any], ascii_only: bool) -> str:
    """An object as JSON."""
    return json.dumps(found, ensure_ascii=ascii_only)


def leaves(value: Any) -> Iterator[str]:
    """The texts in a JSON value, names too, as they are shown."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(_OBJECTS, _PREFIXES, st.booleans())
def test_any_object_is_a_record(found: dict[str, Any], prefix: str, ascii_only: bool) -> None:
    """Of the right types, and its lines hold no control character; its level is the one that filters see."""
    line = prefix + as_line(found, ascii_only)
    records = read_records(line)
    assert records or prefix
    for record in records:
        check(record)
    if records:
        level = max(record.level for record in records)
        assert level_of(line.encode("utf-8", "surrogatepass")) == (level or None)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(_OBJECTS.map(lambda found: as_line(found, ascii_only=True)), min_size=1, max_size=2),
    st.sampled_from([30, 40, 50]),
)
def test_what_a_piece_denies_none_of_its_objects_has(lines: list[str], least: int) -> None:
    """False is a promise."""
    data = "\n".join(lines).encode()
    if not may_have(data, least):
        assert all((level_of(line.encode()) or 0) < least for line in lines)


class NoReaders(dict[tuple[str, ...], Any]):
    """Memo of the readers of usual objects that has none for any."""

    def __getitem__(self, key: tuple[str, ...]) -> None:
        return None


_USUAL_OBJECTS = st.fixed_dictionaries(
    {"msg": st.sampled_from(["x", "two\r\n", "", "{}", 7, None])},
    optional={
        "ts": st.sampled_from(["2024-03-08T10:15:30Z", "10:15", 1_700_000_000_123, "odd", None]),
        "level": st.sampled_from(["info", "WARN", "E", "e", "30", "odd", 30, 40, 7, True, None, {"name": "info"}]),
        "logger": st.sampled_from(["app.db", "", 7, {"name": "x"}]),
        "pid": st.integers(0, 9),
        "note": st.sampled_from(["a", 0.5, [1], {"b": 1}, "x Traceback (most recent call last):\n  File"]),
        "err": st.sampled_from(["a", {"stack": "x"}]),
        "log": st.sampled_from(["a", {"level": "info"}]),
    },
)


@given(st.lists(st.one_of(_USUAL_OBJECTS, _OBJECTS), min_size=1, max_size=4))
def test_usual_objects_are_read_as_in_the_general_way(objects: list[dict[str, Any]]) -> None:
    """Each object by itself, and with what is remembered of others with the same fields."""
    names, general = FieldNames({}), FieldNames({})
    general.usual = NoReaders()
    for found in objects:
        line = as_line(found, ascii_only=True)
        assert read_records(line, names) == read_records(line, general)


def check(record: LogRecord) -> None:
    """A record is one, and can be shown."""
    assert record.time is None or isinstance(record.time, float)
    assert isinstance(record.level, int)
    texts = (record.level_name, record.logger, record.message, record.source, record.trace)
    assert all(type(text) is str for text in texts)
    assert all(isinstance(text, str) for pair in (*record.extras, *record.hidden) for text in pair)
    for width in (None, 40, 140):
        for line in columns(record, width, utc=True):
            assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in line.text + line.aside)
            assert all(0 <= start < end <= len(line.text) for start, end, _ in line.spans)


@settings(deadline=None, max_examples=300)
@given(st.one_of(nasty, st.text(max_size=60), st.text('{}"=: \\,[]ab1\x1b', max_size=30)))
def test_any_line_is_read(line: str) -> None:
    """No line is too odd."""
    records = read_records(line.replace("\n", ""))
    for record in records:
        check(record)
    assert not records or may_have_fields(line.replace("\n", "").encode("utf-8", "surrogatepass") + b"\n")
    found = plain_facts(sanitize(line)[0], THEN)
    assert found.time is None or isinstance(found.time, float)
    assert found.logger in line or found.logger in sanitize(line)[0]


WORDS = st.text("abcdefgh", min_size=4, max_size=8)


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(
        _NAMES,
        st.recursive(
            WORDS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2), max_leaves=4
        ),
        min_size=1,
        max_size=6,
    ),
    _PREFIXES,
)
def test_nothing_is_lost(found: dict[str, Any], prefix: str) -> None:
    """Every word of an object is somewhere in its record."""
    for record in read_records(prefix + as_line(found, ascii_only=False)):
        told = (record.level_name, record.logger, record.message, record.source, record.trace)
        shown = "\n".join((*told, *(text for pair in (*record.extras, *record.hidden) for text in pair))).lower()
        for value in found.values():
            for word in leaves(value):
                assert word in shown


def test_the_shown_level_is_that_of_the_header() -> None:
    """Plain lines have the level that the parser finds in them."""
    for path in sorted(DATA.glob("*.log")):
        for line in lines_of(path):
            text = sanitize(line)[0]
            if first_record(line) is None and len(header(text).level) > 1:
                assert plain_facts(text).level == level_of(line.encode())


def test_pieces_without_fields_are_known() -> None:
    """All samples may have fields, line by line; plain logs have none."""
    for name in LOGS:
        for line in lines_of(DATA / "fields" / f"{name}.log"):
            assert may_have_fields(line.encode())
            assert may_have_fields(line.encode() + b" \r\n")
    assert not may_have_fields(b"12:00:00 INFO app: {} and a=b\n" * 100)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ('{"seconds":1700000000,"nanos":5}', 1_700_000_000.0),
        ('{"nanos":500000000,"seconds":1700000000}', 1_700_000_000.5),
        ('{"seconds":1700000000,"seconds":2,"nanos":5}', None),
        ('{"seconds":1700000000,"nanos":"5"}', None),
        ('{"seconds":1' + "0" * 400 + ',"nanos":5}', None),
        ("[1700000000]", None),
    ],
)
def test_a_time_in_two_numbers(value: str, moment: float | None) -> None:
    """In any order; anything else is no time, and stays."""
    found = first_record('{"timestamp":' + value + ',"msg":"x"}')
    assert found is not None
    assert found.time == moment
    assert bool(found.extras) is (moment is None)


@pytest.mark.parametrize(
    "exception",
    [
        '[{"exc_type":"E","frames":7}]',
        '[{"exc_type":1,"frames":[]}]',
        '[{"frames":[]},{"exc_type":"E"}]',
        '[{"exc_type":"E","exc_value":{"a":1},"frames":[{"lineno":[1]},7]}]',
        "[7]",
        "[]",
        "[{}]",
    ],
)
def test_lists_that_are_no_exceptions(exception: str) -> None:
    """Whatever they hold, nothing is lost, and nothing breaks."""
    found = first_record('{"msg":"x","exception":' + exception + "}")
    assert found is not None
    assert exception in [text for _, text in found.extras + found.hidden]
    check(found)


@pytest.mark.parametrize(
    "line",
    [
        "level=info " + "a='x " * 20_000,
        "level=info " + "a='\\' " * 20_000,
        "level=info a=1" + " " * 100_000 + "b",
        "level=info a=1 " + "b" * 100_000,
        "level=info a=1 " + "b.-" * 30_000 + " c",
        "level=info " + "a=1 b " * 20_000 + "c d",
        "level=info " + 'a="' * 20_000,
        "=level=" * 20_000,
    ],
    ids=range(8),
)
def test_hostile_pairs_cost_linear_time(line: str) -> None:
    """Quadratic time would be minutes."""
    begun = time.process_time()
    may_have_fields(line.encode())
    read_records(line)
    level_of(line.encode())
    assert time.process_time() - begun < 3


def test_a_template_does_not_grow_without_end() -> None:
    """A value that fills thousands of holes does so until that is enough."""
    found = first_record('{"@mt":"' + "{a}" * 10_000 + '","a":"' + "x" * 1000 + '"}')
    assert found is not None
    assert len(found.message) < 200_000
    assert found.message.startswith("xxx")
    assert found.message.endswith("{a}")


def test_depth_has_a_bound() -> None:
    """Values are shown as deep as the bound says."""
    for depth, read in ((MAX_DEPTH - 2, True), (MAX_DEPTH + 2, False)):
        assert bool(read_records('{"msg":"x","a":' + "[" * depth + "]" * depth + "}")) is read


def write() -> None:
    """Writes the tables."""
    timestamps._now = lambda: THEN  # type: ignore[assignment]
    for name in LOGS:
        (DATA / "fields" / f"{name}.tsv").write_text("\n".join([HEAD, *table(name)]) + "\n", encoding="utf-8")
    for name in FACTS:
        (DATA / "facts" / f"{name}.tsv").write_text(
            "\n".join(["time\tlevel\tlogger", *facts(name)]) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    write()
