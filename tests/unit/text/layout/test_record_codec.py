"""A program's own records as lines: there and back, and apart from everything else."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from reflowlog.core.records import LogRecord
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.record_codec import line_of, line_of_text, read_entry, shown_lines
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.line_levels import level_of

ANY = st.text(st.characters(), max_size=20)  # surrogates, controls and newlines as well
NAMES = st.sampled_from(["time", "level", "message", "source", "reflowlog", "extra", "a", "@t", "exception"])
PAIRS = st.lists(st.tuples(NAMES | ANY, ANY), max_size=4).map(tuple)
RECORDS = st.builds(
    LogRecord,
    time=st.none() | st.floats(allow_nan=False),
    level=st.integers(-5, 120) | st.sampled_from([10, 20, 30, 40, 50]),
    level_name=st.sampled_from(["INFO", "WARNING", "", "LOUD"]) | ANY,
    logger=ANY,
    message=ANY,
    extras=PAIRS,
    source=ANY,
    trace=ANY,
    columns=st.none() | st.lists(st.sampled_from(["time", "level", "message"])).map(tuple),
    hidden=PAIRS,
)


@given(RECORDS)
@example(LogRecord(1.5, 20, "INFO", "", '{"message":"inside"}', (("reflowlog", "1"), ("time", "2"))))
@example(LogRecord(float("inf"), 20, "INFO", "", "\udc80"))
def test_there_and_back_is_the_identity(fields: LogRecord) -> None:
    """Whatever a record holds, its line is one, and gives it back."""
    line = line_of(fields)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert read_entry(line[:-1].decode()) == fields


@given(
    st.text(st.characters(blacklist_characters="\n"), max_size=30) | RECORDS.map(lambda each: line_of(each).decode())
)
def test_text_is_never_a_record(text: str) -> None:
    """Also text that is a record's own line; and it is shown as it would be."""
    text = text.rstrip("\n")
    kept = line_of_text(text)[:-1].decode()
    assert read_entry(kept) is None
    assert sanitize(kept) == sanitize(text.encode("utf-8", "replace").decode())


def test_the_json_reader_reads_it() -> None:
    """The reader of JSON knows its names: a saved record is a log line."""
    fields = LogRecord(1700000000.25, 40, "ERROR", "app.db", "slow\nquery", (("ms", "12"),), "db.py:7", "Trace: x\n  y")
    line = line_of(fields)[:-1]
    assert read_records(line.decode()) == [fields]
    assert level_of(line) == 40
    assert level_of(line_of(fields._replace(level=35, level_name="LOUD"))[:-1]) == 30


def test_what_is_shown_is_searched() -> None:
    """Line for line, without the names and the quotes of JSON."""
    record = LogRecord(0.0, 20, "INFO", "app", 'say "hi"\nagain', (("user", "me"),))
    data = b"text\n" + line_of(record) + line_of_text("{\t1}")
    one, two, three, rest = shown_lines(data).decode().split("\n")
    assert (one, rest) == ("text", "")
    assert "INFO" in two
    assert 'say "hi" again' in two
    assert "user=me" in two
    assert "message" not in two
    assert three.endswith("{\t1}")


@given(st.binary(max_size=40))
def test_broken_lines_are_text(data: bytes) -> None:
    """A part of a record is none."""
    assert read_entry("{\t" + data.decode("utf-8", "replace")) is None
    assert shown_lines(b"{\t" + data).count(b"\n") == data.count(b"\n")
