"""Records that are drawn from parts have the rows of the general way: one contract for all ways."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflowlog.config.themes import load_theme
from reflowlog.core.records import PLAIN, LogRecord, StyledLine
from reflowlog.render.ansi import draw_rows, paint_run
from reflowlog.render.options import RenderOptions
from reflowlog.render.record_rows import RecordRows
from reflowlog.render.renderer import LineRenderer
from reflowlog.text.clean.cells import cells
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.highlight.themes import Theme, make_theme
from reflowlog.text.layout.column_plan import ColumnTracker, SeenColumns
from reflowlog.text.layout.columns import columns
from reflowlog.text.layout.hanging_indent import aside_gap, lay_out
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.json_records import read_records

DATA = Path(__file__).parents[2] / "data"
THEMES = [
    make_theme(
        "tinted", {"message.error": "red", "message": "dim", "number": "cyan", "extra.key": "dim", "level": "bold"}, 16
    ),
    make_theme("plain", {}, 16),
    make_theme(
        "all",
        {"time": "dim", "logger": "blue", "path": "green", "url": "underline", "uuid": "yellow", "http.5xx": "red"},
        256,
    ),
]
PARTS = st.sampled_from(
    [
        *(
            "request",
            "took",
            "37",
            "ms",
            "took 37 ms",
            "status=404",
            '"GET / HTTP/1.1" 200',
            "/srv/a.py:7",
            "https://a.b/c",
        ),
        *(
            "x" * 50,
            "0fe1c2d3",
            "true",
            "12:00:00",
            "'quoted text'",
            "a  b",
            "peer=10.0.0.7",
            "é",
            "tab\t",
            "日本",
            "",
            "\x1b[1mx",
        ),
        *("Jan 2", "-", "{", '{"a":[1,2,3],"b":"ccccccccccccccccccc"}', "POST /x", "ms", "37,5"),
    ]
)
TEXTS = st.lists(PARTS, max_size=12).map(" ".join)
NAMES = st.sampled_from(["key", "a b", "ms", "é", "k" * 70, "status", "http.code"])
VALUES = st.sampled_from(["503", "7", "12.5", "0fe1c2d30fe1", "01234567-89ab-cdef-0123-456789abcdef", "1.2.3", "12ms"])
RECORDS = st.builds(
    LogRecord,
    st.sampled_from([None, 0.0, 1.7e9, 1.7e9 + 0.1234, -5.0, 1e18]),
    st.sampled_from([0, 10, 20, 30, 40, 50, 35]),
    st.sampled_from(["", "INFO", "ERROR", "warn", "Level 35", "é"]),
    st.sampled_from(["", "app", "app.db.pool.of.many", "a b"]),
    TEXTS,
    st.lists(st.tuples(NAMES, TEXTS | VALUES), max_size=4).map(tuple),
    st.sampled_from(["", "file.py:12"]),
    st.sampled_from(["", "", "Traceback\n  x"]),
    st.sampled_from([None, ("time", "level", "logger", "source"), ("level",), (), ("level", "time"), ("key", "time")]),
)
SEEN = st.sampled_from([None, SeenColumns(True, True, 11, ()), SeenColumns(True, False, 0, ()), SeenColumns()])


@cache
def rows_of(width: int, theme: int, host: str | None, seen: SeenColumns | None = None) -> RecordRows:
    """The one that has seen the records before."""
    return RecordRows(width, THEMES[theme], host, utc=True, seen=seen)


def general(record: LogRecord, width: int, theme: Theme, host: str | None, seen: SeenColumns | None = None) -> str:
    """The rows by `columns`, `lay_out`, `draw_rows` and `aside_gap`."""
    drawn = []
    for line in columns(record, width, True, theme, host, seen):
        rows = lay_out(StyledLine(line.text, line.spans, line.column), width, cells(line.text[: line.column]))
        painted = draw_rows(line.text, line.spans, rows)
        gap = aside_gap(line, rows[0], width)
        if gap:
            painted[0] += " " * gap + paint_run(line.aside, theme.styles["source"] if line.spans else PLAIN)
        drawn += painted
    return "\n".join(drawn)


@settings(deadline=None, max_examples=1500)
@given(RECORDS, st.integers(50, 160), st.integers(0, 2), st.sampled_from([None, "box"]), SEEN)
def test_a_record_has_the_rows_of_the_general_way(
    record: LogRecord, width: int, theme: int, host: str | None, seen: SeenColumns | None
) -> None:
    """Whatever its message, fields, width, theme and columns so far; or it is left to that way."""
    for rows in (rows_of(width, theme, host, seen), RecordRows(width, THEMES[theme], host, utc=True, seen=seen)):
        drawn = rows.draw(record)
        assert drawn is None or drawn == general(record, width, THEMES[theme], host, seen)


@pytest.mark.parametrize("theme", ["dark", "light", "mono"])
@pytest.mark.parametrize("width", [50, 72, 100, 140])
def test_records_of_real_logs_have_the_rows_of_the_general_way(width: int, theme: str) -> None:
    """JSON and logfmt; most of them are drawn from parts."""
    looks = load_theme(theme, {}, 256)
    rows, drawn, count = RecordRows(width, looks, "box", utc=True), 0, 0
    for path in sorted([*(DATA / "fields").glob("*.log"), *(DATA / "columns").glob("*.log")]):
        for line in path.read_text("utf-8", "replace").splitlines():
            for record in read_records(line, USUAL):
                result = rows.draw(record)
                count += 1
                if result is not None:
                    drawn += 1
                    assert result == general(record, width, looks, "box")
    assert drawn > count // 4


def test_the_renderer_draws_a_usual_record_from_parts() -> None:
    """In the pipe and for a program's own records."""
    options = RenderOptions(appearance=Appearance(columns=None, theme=THEMES[0], utc=True))
    record = LogRecord(1.7e9, 40, "ERROR", "app.db", "took 37ms", (("user", "42"),))
    tracker = ColumnTracker()
    tracker.add(record)
    rows = RecordRows(100, THEMES[0], None, True, tracker.seen)
    assert LineRenderer(100, options).item(record) == rows.draw(record)
    assert rows.draw(record) == general(record, 100, THEMES[0], None, tracker.seen)


def test_milliseconds_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thousand numbers of three digits are remembered, as durations and sizes repeat."""
    rows = rows_of(120, 0, None)
    records = [LogRecord(0.0, 20, "INFO", "app", "done", extras=(("ms", str(ms)),)) for ms in range(1_000)]
    drawn = [rows.draw(record) for record in records]
    assert None not in drawn
    monkeypatch.setattr("reflowlog.render.record_rows.SIMPLE_VALUE", lambda _: pytest.fail("drawn again"))
    assert [rows.draw(record) for record in records] == drawn
