"""Viewport: rows upward are rows downward reversed, and both are all rows; drawing keeps the text."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st
from support.texts import Memory, SmallBlocks, Tiny, offsets_of

from reflowlog.core.frames import Row
from reflowlog.core.records import Anchor, Style, StyledLine
from reflowlog.pager.filter import FilteredDocument
from reflowlog.pager.viewport import LaidOutLine, LayoutOptions, Viewport, VisibleRow, draw_row
from reflowlog.render.options import RenderOptions
from reflowlog.text.clean import cells as cell_module
from reflowlog.text.clean import wrap
from reflowlog.text.clean.sanitize import mark_controls, sanitize
from reflowlog.text.layout.hanging_indent import lay_out

if TYPE_CHECKING:
    import pytest

    from reflowlog.store.document import Document

RESET = "\x1b[0m"
LIT = Style("7")

lines = st.one_of(
    st.sampled_from(
        [
            "",
            "12:00:00 INFO the message of a line that wraps",
            "\x1b[31mred and\x1b[1;44m more\x1b[0m plain",
            "\x1b]8;;http://a/b\x07a link\x1b]8;;\x07 here",
            "日本語 の テキスト です",
            "👩‍💻 e\u0301 x",
            "a\tb\rc",
            "    indented " + "x" * 70,
            "\x1b[2J\x07",
        ]
    ),
    st.text("ab 日\x1b", max_size=60),
)
documents = st.lists(lines, max_size=12).map("\n".join).map(str.encode)
layouts = st.builds(
    LayoutOptions,
    st.one_of(st.integers(1, 10), st.integers(1, 60)),
    st.builds(
        RenderOptions,
        wrap=st.sampled_from(["word", "char", "none"]),
        indent=st.sampled_from(["auto", 0, 3]),
        raw=st.booleans(),
        colour=st.booleans(),
    ),
    st.sampled_from([0, 1, 3, 20]),
)
kinds = st.sampled_from([Tiny, SmallBlocks])


def all_rows(viewport: Viewport, document: Document) -> list[tuple[int, int]]:
    """Each row of each piece."""
    return [(key, number) for key in offsets_of(document) for number in range(len(viewport.line(key).rows))]


def seen(places: object) -> list[tuple[int, int]]:
    """Keys and numbers of rows."""
    return [(place.line.offset, place.number) for place in places]  # type: ignore[attr-defined]


@given(kinds, documents, layouts, st.integers(0, 30))
def test_above_and_below_are_all_rows(kind: type[Document], data: bytes, layout: LayoutOptions, number: int) -> None:
    """From any row, the rows above it, and it with the rows below it, are all rows, once each."""
    document = kind(Memory(data))
    viewport, shown = Viewport(document, layout), FilteredDocument(document, None)
    rows = all_rows(viewport, document)
    assert seen(viewport.above(shown, None)) == rows[::-1]
    if not rows:
        assert list(viewport.below(shown, Anchor(0, 0))) == list(viewport.above(shown, Anchor(0, 0))) == []
        return
    assert seen(viewport.below(shown, Anchor(0, 0))) == rows
    for place in islice(viewport.below(shown, Anchor(0, 0)), number, number + 3):
        at = rows.index((place.line.offset, place.number))
        assert seen(viewport.below(shown, place.anchor)) == rows[at:]
        assert seen(viewport.above(shown, place.anchor)) == rows[:at][::-1]


@given(documents, layouts)
def test_rows_are_those_of_the_layout(data: bytes, layout: LayoutOptions) -> None:
    """Each line is laid out by itself, and no row is wider than the screen."""
    text = Memory(data)
    viewport = Viewport(SmallBlocks(text), layout)
    for key, line in text.lines():
        rows = viewport.line(key).rows
        assert all(row.indent + row.cells <= layout.width for row in rows)
        assert all(cell_module.cells(row.text) == row.cells for row in rows)
        decoded = line.decode()
        shown = mark_controls(decoded.removesuffix("\r")) if layout.render.raw else sanitize(decoded)[0]
        assert viewport.line(key).styled[0].text == shown
        if layout.render.wrap != "none":
            whole = lay_out(StyledLine(shown), layout.width, layout.render.indent, layout.render.wrap)
            raw = wrap.rows(shown, layout.width, 0, layout.render.wrap)
            assert rows == (raw if layout.render.raw else whole)


@given(
    st.lists(st.sampled_from(["a", "b", " ", "日", "e\u0301"]), max_size=30).map("".join),
    st.integers(1, 12),
    st.integers(0, 20),
)
@example("日", 1, 1)
@example("a日b", 2, 2)
def test_sideways_shows_the_cells_in_between(line: str, width: int, shift: int) -> None:
    """Unwrapped, a row has the clusters that lie wholly in the window, each in its place."""
    viewport = Viewport(
        SmallBlocks(Memory(line.encode() + b"\n")), LayoutOptions(width, RenderOptions(wrap="none"), shift)
    )
    (row,) = viewport.line(0).rows
    assert row.indent + row.cells <= width
    at, expected = 0, [""] * width
    for cluster, cells in zip(*cell_module.split(viewport.line(0).styled[0].text)):
        if shift <= at and at + cells <= shift + width:
            expected[at - shift : at - shift + cells] = [cluster] + [""] * (cells - 1)
        at += cells
    if row.text != "?":
        assert (" " * row.indent + row.text).split() == _filled(expected).split()


def _filled(cells: list[str]) -> str:
    """A row of cells as text: a cell that no cluster takes is a blank."""
    text, skip = "", 0
    for cell in cells:
        if cell:
            text, skip = text + cell, cell_module.cells(cell) - 1
        elif skip:
            skip -= 1
        else:
            text += " "
    return text


@given(documents, layouts, st.lists(st.integers(0, 80), max_size=8))
def test_drawing_changes_no_text(data: bytes, layout: LayoutOptions, borders: list[int]) -> None:
    """With matches or without, a drawn row has its text, starts and ends without style, and highlights only matches."""
    text = Memory(data)
    viewport = Viewport(SmallBlocks(text), layout)
    borders = sorted(set(borders))
    match_spans = [(start, end) for start, end in zip(borders[::2], borders[1::2])]
    for key, _ in text.lines():
        laid = viewport.line(key)
        for number, row in enumerate(laid.rows):
            found = draw_row(VisibleRow(laid, number), match_spans, LIT, layout.width)
            bare = re.sub(r"\x1b\[[0-9;:]*m|\x1b\]8;[^\x1b]*\x1b\\", "", found)
            assert bare == " " * row.indent + row.text
            sequences = re.findall(r"\x1b\[[0-9;:]*m", found)
            assert all((each == RESET) == bool(at % 2) for at, each in enumerate(sequences))
            assert not sequences or sequences[-1] == RESET
            links = re.findall(r"\x1b\]8;([^\x1b]*)\x1b\\", found)
            assert all((each == ";") == bool(at % 2) for at, each in enumerate(links))
            lit = (
                "".join(re.findall(r"\x1b\[7m([^\x1b]*)", found))
                if row.text != "?" and not laid.styled[0].spans
                else ""
            )
            if lit:
                marked = {at for start, end in match_spans for at in range(max(start, row.start), min(end, row.end))}
                assert lit == "".join(laid.styled[0].text[at] for at in sorted(marked))


@given(st.sampled_from([Tiny, SmallBlocks]), st.text("ab 日", min_size=50, max_size=400), st.integers(1, 20))
def test_giant_lines_are_shown_whole(kind: type[Document], line: str, width: int) -> None:
    """All words of a line are on its rows, in whatever pieces it is taken."""
    document = kind(Memory(line.encode()))
    viewport, shown = (
        Viewport(document, LayoutOptions(width, RenderOptions(wrap="char"))),
        FilteredDocument(document, None),
    )
    text = "".join(place.line.rows[place.number].text for place in viewport.below(shown, Anchor(0, 0)))
    if width > 1:
        assert text.replace(" ", "") == line.replace(" ", "")


def test_a_line_that_grows_is_laid_out_again() -> None:
    """An unterminated line is not cached."""
    text = Memory(b"one")
    viewport = Viewport(SmallBlocks(text), LayoutOptions(20))
    assert viewport.line(0).styled[0].text == "one"
    text.data += b" two\nthr"
    assert viewport.line(0).styled[0].text == "one two"
    assert viewport.line(0) is viewport.line(0)
    assert viewport.line(8).styled[0].text == "thr"


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """After many rows the viewport begins to remember anew; another layout forgets all."""
    monkeypatch.setattr("reflowlog.pager.viewport.MAX_CACHED_ROWS", 10)
    viewport = Viewport(SmallBlocks(Memory(b"x\n" * 100)), LayoutOptions(20))
    first = viewport.line(0)
    for key in range(0, 200, 2):
        viewport.line(key)
    assert viewport.line(0) is not first
    again = viewport.line(0)
    viewport.set_layout(LayoutOptions(20))
    assert viewport.line(0) is again
    viewport.set_layout(LayoutOptions(21))
    assert viewport.line(0) is not again


def test_rows_of_an_anchor() -> None:
    """A character is on the last row that starts at it or before it, else on the first."""
    rows = [Row(2, 4, 0, 2, "ab"), Row(5, 7, 0, 2, "cd")]
    laid = LaidOutLine(7, StyledLine("  ab cd"), rows, [2, 5])
    assert [laid.row_of(offset) for offset in (0, 2, 4, 5, 99)] == [0, 0, 0, 1, 1]
    assert [VisibleRow(laid, number).anchor for number in (0, 1)] == [Anchor(7, 0), Anchor(7, 5)]
