"""Which columns are chosen, in which order, and how often fields occur."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.core.records import LogRecord
from reflowlog.text.layout.column_choice import ColumnChoice, field_shares
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

NAMES = st.sampled_from([*STANDARD_COLUMNS, "user", "pid", "user.id"])


def test_columns_on_and_off() -> None:
    """A field before the message, a usual column where it usually is; the message stays."""
    choice = ColumnChoice(("time", "message"))
    assert choice.toggled("user").columns == ("time", "user", "message")
    assert choice.toggled("level").columns == ("time", "level", "message")
    assert choice.toggled("source").columns == ("time", "message", "source")
    assert choice.toggled("time").columns == ("message",)
    assert choice.toggled("message") == choice.with_hidden("message") == choice


def test_hidden_fields() -> None:
    """A column that is hidden is none any more, and the other way round."""
    choice = ColumnChoice(("time", "user", "message")).with_hidden("user")
    assert choice == ColumnChoice(("time", "message"), ("user",))
    assert choice.with_hidden("user") == ColumnChoice(("time", "message"))
    assert choice.toggled("user") == ColumnChoice(("time", "user", "message"))
    assert choice.with_hidden("time") == ColumnChoice(("message",), ("user",))


def test_order() -> None:
    """One place further, not beyond the ends."""
    choice = ColumnChoice(("time", "user", "message"))
    assert choice.moved("user", -1).columns == ("user", "time", "message")
    assert choice.moved("user", 1).columns == ("time", "message", "user")
    assert choice.moved("time", -1) == choice
    assert choice.moved("pid", 1) == choice


@given(st.lists(st.tuples(st.sampled_from(["toggled", "with_hidden", "left", "right"]), NAMES), max_size=20))
def test_a_name_is_in_one_place_only(steps: list[tuple[str, str]]) -> None:
    """After any steps the message is a column, and no name is there twice."""
    choice = ColumnChoice()
    for what, name in steps:
        if what == "toggled":
            choice = choice.toggled(name)
        elif what == "with_hidden":
            choice = choice.with_hidden(name)
        else:
            choice = choice.moved(name, 1 if what == "right" else -1)
        names = [*choice.columns, *choice.hidden]
        assert len(names) == len(set(names))
        assert "message" in choice.columns


def test_shares() -> None:
    """Of all records; the usual columns first, then the most frequent fields, with an example."""
    records = [
        LogRecord(1.0, 20, "INFO", "app", "m", (("pid", "7"), ("user", "ada"))),
        LogRecord(2.0, 20, "INFO", "", "m", (("user", "bob"), ("user", "bob"))),
        LogRecord(None, 0, "", "", "m", (("user", ""),), hidden=(("_BOOT", "x" * 100),)),
        LogRecord(None, 0, "", "", "", ()),
    ]
    assert [(each.name, each.share, each.example) for each in field_shares(records, utc=True)] == [
        ("time", 0.5, "1970-01-01 00:00:01.000"),
        ("level", 0.5, "INFO"),
        ("logger", 0.25, "app"),
        ("message", 0.75, "m"),
        ("source", 0.0, ""),
        ("user", 0.75, "ada"),
        ("pid", 0.25, "7"),
        ("_BOOT", 0.25, "x" * 60),
    ]
