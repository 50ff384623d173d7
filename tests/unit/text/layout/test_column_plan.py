"""Columns stand still, take no room until a record has them, and are as wide as needed: in pipe, inline and viewer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.texts import Memory

from reflowlog.core.records import Anchor, LogRecord
from reflowlog.pager.filter import FilteredDocument
from reflowlog.pager.viewport import LayoutOptions, Viewport
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.store.document import Document
from reflowlog.text.clean.cells import cells
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.layout.column_names import STANDARD_COLUMNS
from reflowlog.text.layout.column_plan import ColumnTracker, SeenColumns, column_plan, misspelt_column
from reflowlog.text.layout.columns import columns, sheet

CHOICES = st.sampled_from(
    [
        None,
        STANDARD_COLUMNS,
        ("level", "user", "message"),
        ("user", "time", "n", "logger"),
        ("n", "user", "req.id", "a", "b"),
        (),
    ]
)
RECORDS = st.builds(
    LogRecord,
    st.sampled_from([None, 1.7e9]),
    st.just(20),
    st.sampled_from(["", "INFO", "CRITICAL"]),
    st.sampled_from(["", "app", "app.db.pool", "日本", "a.very.long.name.of.a.logger"]),
    st.sampled_from(["message", "two\nlines"]),
    st.lists(
        st.tuples(
            st.sampled_from(["user", "n", "a", "b"]), st.sampled_from(["", "7", "ann", "日本語", "x" * 30, "a\tb"])
        ),
        max_size=4,
        unique_by=lambda pair: pair[0],
    ).map(tuple),
    st.sampled_from(["", "file.py:12"]),
)
WIDTHS = st.integers(1, 200)
OPTIONS = RenderOptions(colour=False, own_colour=False, appearance=Appearance(STANDARD_COLUMNS, utc=True))


def seen_of(records: list[LogRecord]) -> SeenColumns:
    """Return the columns of some records."""
    tracker = ColumnTracker()
    for record in records:
        tracker.add(record)
    return tracker.seen


@given(st.lists(RECORDS, max_size=6), CHOICES, WIDTHS)
def test_columns_stand_still(records: list[LogRecord], choice: tuple[str, ...] | None, width: int) -> None:
    """All messages of a source start in one column, which leaves the message half of the width."""
    chosen = [record._replace(columns=choice) for record in records]
    seen = seen_of(chosen)
    starts = set()
    for record in chosen:
        lines = sheet(record, width, utc=True, seen=seen)
        start = next(cells(line.styled.text[: line.body]) for line in lines if line.body < len(line.styled.text))
        starts.add(start)
        assert width - start >= width / 2
    assert len(starts) <= 1


@given(st.lists(RECORDS, max_size=6), CHOICES, st.one_of(st.none(), WIDTHS))
def test_a_column_that_no_record_has_takes_no_room(
    records: list[LogRecord], choice: tuple[str, ...] | None, width: int | None
) -> None:
    """And none is wider than its longest text, but for the time's and the level's."""
    chosen = [record._replace(columns=choice) for record in records]
    plan = column_plan(width, choice, seen_of(chosen))
    for name, size in plan.before:
        if name == "time":
            assert any(record.time is not None for record in chosen)
        elif name == "level":
            assert any(record.level_name for record in chosen)
        elif name == "logger":
            assert size <= max(cells(record.logger) for record in chosen)
        else:
            assert any(key == name and value for each in chosen for key, value in (*each.extras, *each.hidden))


@given(st.lists(RECORDS, max_size=6), RECORDS, CHOICES, st.one_of(st.none(), WIDTHS))
def test_what_was_seen_only_grows(
    records: list[LogRecord], last: LogRecord, choice: tuple[str, ...] | None, width: int | None
) -> None:
    """In any order of the records it is the same in the end; columns of the standard names never shrink."""
    chosen = [record._replace(columns=choice) for record in [*records, last]]
    before, after = seen_of(chosen[:-1]), seen_of(chosen)
    backward = seen_of(chosen[::-1])
    assert (after[:3], sorted(after.fields)) == (backward[:3], sorted(backward.fields))
    assert (before.time, before.level, before.logger) <= (after.time, after.level, after.logger)
    sizes = dict(column_plan(width, choice, after).before)
    for name, size in column_plan(width, choice, before).before:
        if name in STANDARD_COLUMNS:
            assert sizes[name] >= size


@given(RECORDS, CHOICES, WIDTHS)
def test_a_field_that_is_a_column_is_not_repeated(record: LogRecord, choice: tuple[str, ...], width: int) -> None:
    """Its name stands nowhere, at any width; the other fields stand behind the message."""
    chosen = record._replace(columns=choice)
    shown = "\n".join(line.text for line in columns(chosen, width, utc=True, seen=seen_of([chosen])))
    for name, _ in record.extras:
        assert (f"{name}=" in shown) == (choice is None or name not in choice)


@given(st.lists(RECORDS, min_size=1, max_size=6), CHOICES, st.integers(1, 49))
def test_no_field_is_left_out_of_a_head_line(
    records: list[LogRecord], choice: tuple[str, ...] | None, width: int
) -> None:
    """However narrow: a head line may take several rows."""
    chosen = [record._replace(columns=choice) for record in records]
    seen = seen_of(chosen)
    shown = dict(column_plan(width, choice, seen).before)
    assert all(shown.get(name) for name, size in seen.fields if size)


@pytest.mark.parametrize("width", [52, 55, 59])
def test_a_field_as_a_column_takes_the_room_of_the_logger(width: int) -> None:
    """Between the widths at which both fit, and a head line."""
    assert [name for name, _ in column_plan(width, None).before] == ["time", "level", "logger"]
    choice = ("time", "level", "logger", "user", "message")
    assert [name for name, _ in column_plan(width, choice).before] == ["time", "level", "user"]


def lines_of(data: list[dict[str, Any]]) -> bytes:
    """Return objects as lines of JSON."""
    return "".join(json.dumps(each) + "\n" for each in data).encode()


WITHOUT = {"time": "2026-01-02T10:00:00Z", "level": "info", "msg": "without"}
LOG = [WITHOUT, WITHOUT, {**WITHOUT, "logger": "app.db", "msg": "with"}, WITHOUT]


def drawn(viewport: Viewport, document: Document) -> list[str]:
    """Return the texts of all rows of a viewport."""
    return [row.row.text.rstrip() for row in viewport.below(FilteredDocument(document, None), Anchor(0, 0))]


def test_the_first_record_with_a_logger_makes_room_for_it() -> None:
    """Rows before it have none; then it stays, also for records without."""
    renderer = LineRenderer(100, OPTIONS)
    assert renderer.lines(lines_of(LOG)) == [
        "10:00:00.000 INFO     without",
        "10:00:00.000 INFO     without",
        "10:00:00.000 INFO     app.db with",
        "10:00:00.000 INFO            without",
    ]


def test_after_a_resize_all_rows_have_the_columns_so_far() -> None:
    """Widths change nothing about what a source has shown."""
    renderer = LineRenderer(100, OPTIONS)
    renderer.lines(lines_of(LOG))
    again = renderer.lines(lines_of(LOG))
    assert again[0] == again[3] == "10:00:00.000 INFO            without"
    for width in (60, 40, 132):
        renderer.at(width)
        renderer.lines(lines_of(LOG))
    renderer.at(100)
    assert renderer.lines(lines_of(LOG)) == again


def test_the_viewer_has_the_columns_of_inline_mode() -> None:
    """Shared between both, whichever has shown a record first; the first lines of a file are known at once."""
    renderer = LineRenderer(100, OPTIONS)
    settled = [renderer.lines(lines_of(LOG)), renderer.lines(lines_of(LOG))][1]
    document = Document(Memory(lines_of([WITHOUT])))
    shared = Viewport(document, LayoutOptions(100, OPTIONS), tracker=renderer.tracker)
    assert drawn(shared, document) == settled[:1]
    document = Document(Memory(lines_of(LOG)))
    alone = Viewport(document, LayoutOptions(100, OPTIONS))
    assert drawn(alone, document) == settled


@given(st.lists(st.sampled_from([WITHOUT, *LOG, {"msg": "bare"}, {**WITHOUT, "user": "ann"}]), max_size=12), WIDTHS)
def test_pipe_inline_and_viewer_settle_in_the_same_rows(data: list[dict[str, Any]], width: int) -> None:
    """For any log and width, once all has been seen."""
    appearance = Appearance(("user", *STANDARD_COLUMNS), utc=True)
    options = RenderOptions(colour=False, own_colour=False, appearance=appearance)
    renderer = LineRenderer(width, options)
    renderer.lines(lines_of(data))
    rows = [row.strip() for rows in renderer.lines(lines_of(data)) for row in rows.split("\n")]
    document = Document(Memory(lines_of(data)))
    assert [row.strip() for row in drawn(Viewport(document, LayoutOptions(width, options)), document)] == rows


@pytest.mark.parametrize("name", ["levl", "mesage", "loger", "sourc", "tme"])
def test_a_misspelt_column_is_recognized(name: str) -> None:
    """So that a typing mistake is no silent field."""
    assert misspelt_column(name) in STANDARD_COLUMNS


@pytest.mark.parametrize("name", ["time", "user", "messages", "resource", "level_no", "pid", "tile", "a.b"])
def test_names_of_fields_are_no_mistakes(name: str) -> None:
    """Nor are those of columns."""
    assert misspelt_column(name) == ""


def test_a_member_of_an_object_is_a_column() -> None:
    """By its path, also of a hidden field; numbers as they are written."""
    appearance = Appearance(("req.id", "req.user.name", "message"), utc=True, hidden=("req",))
    renderer = LineRenderer(100, RenderOptions(colour=False, own_colour=False, appearance=appearance))
    data = lines_of([{"msg": "done", "req": {"id": 1.50, "user": {"name": "ann"}}, "level": "info"}])
    assert renderer.lines(data.replace(b"1.5", b"1.50")) == ["1.50 ann done"]


def test_a_record_that_is_added_within_another_one_takes_nothing_back() -> None:
    """A signal handler that logs, or another thread, between any two steps."""
    tracker = ColumnTracker()
    record = LogRecord(1.0, 20, "INFO", "app.db", "")

    class Interrupted:
        """Record in the middle of which the other one is added."""

        time, logger, columns, extras = 1.0, "app.db", None, ()

        @property
        def level_name(self) -> str:
            tracker.add(record)
            return ""

    tracker.add(Interrupted())  # type: ignore[arg-type]
    tracker.add(record)
    assert (tracker.seen.time, tracker.seen.level, tracker.seen.logger) == (True, True, 6)
