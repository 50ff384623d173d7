"""Both record filters (plain mode, viewer) keep the same records; inline mode and viewer draw the same rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import DATA_DIR, strategies
from support.texts import Memory, patient

from reflowlog.config.themes import load_theme
from reflowlog.core.records import Style
from reflowlog.pager.filter import FilterCriteria, RecordTest, make_filter_index
from reflowlog.pager.viewport import LayoutOptions, Viewport, VisibleRow, draw_row
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.store.document import Document
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.parse.multiline import grouped
from reflowlog.text.search.query import compile_query
from reflowlog.text.search.record_filter import RecordFilter

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = sorted(DATA_DIR.rglob("*.log"))
SAMPLE_LINES = [
    line for path in SAMPLES for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if line
]
LIT = Style("7")


class Criteria(NamedTuple):
    """A filter as it is typed."""

    expression: str | None
    invert: bool
    context: int
    level: int | None


record_lines = st.one_of(
    st.sampled_from(
        [
            "",
            "10:00:00 INFO one",
            "10:00:01 ERROR red",
            "10:00:02 DEBUG red\r",
            "  indented",
            "\tat a.b.C(D.java:1)",
            "Traceback (most recent call last):",
            '  File "red.py", line 1, in f',
            "ValueError: boom",
            "Caused by: red",
            '{"level": "error", "msg": "red", "status": 500}',
            "time=2026-01-02T10:00:00Z level=warning msg=boom status=404",
            "\x1b[31mred\x1b[0m",
            "plain text",
        ]
    ),
    st.sampled_from(SAMPLE_LINES),
)
criteria = st.builds(
    Criteria,
    st.sampled_from([None, "red", "boom|one", "r.d", "level>=warning", "status>=500", "status!=404", "no such thing"]),
    st.booleans(),
    st.sampled_from([0, 0, 1, 2]),
    st.sampled_from([None, None, 10, 20, 30, 40]),
)


def record_tests(wanted: Criteria) -> tuple[RecordTest, ...]:
    """Return the tests of the expression, if there is one."""
    return () if wanted.expression is None else (RecordTest(compile_query(wanted.expression), wanted.invert),)


def kept_by_record_filter(data: bytes, wanted: Criteria) -> bytes:
    """The lines that the plain mode keeps, where all come at once."""
    tested = RecordFilter(record_tests(wanted), wanted.context, wanted.level)
    return tested.feed(data) + tested.rest()


def kept_by_viewer(data: bytes, wanted: Criteria) -> bytes:
    """The lines that the viewer shows."""
    document = Document(Memory(data))
    shown = FilterCriteria(record_tests(wanted), wanted.context, wanted.level)
    index = make_filter_index(document, shown, lambda matcher, text: matcher.matching(text), patient())
    if index is None:
        return data
    kept = []
    offset = index.after(-1)
    while offset is not None:
        kept.append(document.segment(offset) + b"\n")
        offset = index.after(offset)
    return b"".join(kept)


@given(st.lists(record_lines, max_size=15), criteria)
@example(["10:00:01 ERROR red", "web-1  | * Serving", "  indented"], Criteria("red", False, 0, None))
@example(["", "web-1  | 10:00:02 red", "  red"], Criteria("red", False, 0, None))
def test_both_record_filters_keep_the_same_lines(lines: list[str], wanted: Criteria) -> None:
    """For any lines and criteria, and in their order unless a line resumes a record behind lines of another service.

    A stream gives the earlier lines of such a record out late, and with context not at all.
    """
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")
    kept = kept_by_record_filter(data, wanted), kept_by_viewer(data, wanted)
    if any(line.resumes for line in grouped(data.split(b"\n")[:-1])[0]):
        streamed, seen = (Counter(each.split(b"\n")) for each in kept)
        assert streamed == seen or (wanted.context and streamed <= seen) or wanted.invert
        return
    assert kept[0] == kept[1]


service_lines = st.builds(
    "{}-1 | {}".format,
    st.sampled_from(["web", "db"]),
    st.sampled_from(["10:00:00 INFO one", "10:00:01 ERROR red", "  at line 7", "  red", "boom"]),
)


@given(
    st.lists(service_lines, max_size=15),
    st.sampled_from([None, "red", "boom|one", "line"]),
    st.sampled_from([None, 20, 40]),
)
def test_both_record_filters_keep_the_records_that_services_resume(
    lines: list[str], expression: str | None, level: int | None
) -> None:
    """Lines that others have interrupted belong together; a stream gives them out once they are decided."""
    data = "".join(f"{line}\n" for line in lines).encode()
    wanted = Criteria(expression, False, 0, level)
    kept = [sorted(each(data, wanted).splitlines()) for each in (kept_by_record_filter, kept_by_viewer)]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.relative_to(DATA_DIR).as_posix())
def test_both_record_filters_keep_the_same_lines_of_a_sample(path: Path) -> None:
    """For each sample log, by level, by pattern and by a comparison, with context and inverted."""
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        data += b"\n"
    for wanted in (
        Criteria(None, False, 0, 30),
        Criteria("error|fail", False, 1, None),
        Criteria("info", True, 0, None),
        Criteria("level>=warning", False, 2, None),
        Criteria("e", False, 0, 40),
    ):
        assert kept_by_record_filter(data, wanted) == kept_by_viewer(data, wanted), wanted


render_options = st.builds(
    RenderOptions,
    wrap=st.sampled_from(["word", "word", "char", "none"]),
    indent=st.sampled_from(["auto", "auto", 0, 3]),
    colour=st.just(True),
    appearance=st.builds(
        Appearance,
        columns=st.sampled_from([None, ("time", "level", "logger", "message", "source"), ("level", "message")]),
        utc=st.booleans(),
        theme=st.sampled_from([None, load_theme("dark", {}, 256), load_theme("light", {}, 16)]),
        host=st.sampled_from([None, "here"]),
    ),
)


def drawn_inline(line: str, width: int, options: RenderOptions) -> list[str]:
    """The rows of a line as inline mode draws them."""
    data = line.encode("utf-8", "surrogatepass") + b"\n"
    (rows,) = LineRenderer(width, options).lines(data)
    return rows.split("\n")


def drawn_by_viewer(line: str, width: int, options: RenderOptions) -> list[str]:
    """The rows of a line as the viewer draws them."""
    document = Document(Memory(line.encode("utf-8", "surrogatepass") + b"\n"))
    laid = Viewport(document, LayoutOptions(width, options)).line(0)
    aside = options.appearance.aside_style
    return [draw_row(VisibleRow(laid, number), (), LIT, width, aside) for number in range(len(laid.rows))]


@given(
    st.one_of(record_lines, strategies.clean, strategies.nasty.filter(lambda text: len(text) < 2000)),
    strategies.widths,
    render_options,
)
def test_inline_and_viewer_draw_the_same_rows(line: str, width: int, options: RenderOptions) -> None:
    """For any line, width and choice of how lines look."""
    assert drawn_inline(line, width, options) == drawn_by_viewer(line, width, options)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.relative_to(DATA_DIR).as_posix())
def test_inline_and_viewer_draw_the_same_rows_of_a_sample(path: Path) -> None:
    """For each sample log, in columns and in colour, narrow and wide."""
    appearance = Appearance(("time", "level", "logger", "message", "source"), True, load_theme("dark", {}, 256))
    options = RenderOptions(appearance=appearance)
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        for width in (24, 61, 100):
            assert drawn_inline(line, width, options) == drawn_by_viewer(line, width, options)
