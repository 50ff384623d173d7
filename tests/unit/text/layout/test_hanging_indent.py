"""Layout of a line: start of the further rows, and text at the right edge."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.strategies import clean, plain, widths

from reflowlog.core.frames import Row
from reflowlog.core.records import StyledLine
from reflowlog.text.clean.cells import cells
from reflowlog.text.layout.hanging_indent import Indent, aside_gap, hang, lay_out

LINE = "12:00:00 INFO the message"


@pytest.mark.parametrize(
    ("text", "width", "column", "indent", "expected"),
    [
        (LINE, 80, None, "auto", 14),
        (LINE, 35, None, "auto", 14),  # 40 % of 35
        (LINE, 34, None, "auto", 2),
        (LINE, 20, None, "auto", 2),
        (LINE, 19, None, "auto", 0),
        ("no header at all", 80, None, "auto", 2),
        ("    at some.place", 80, None, "auto", 6),
        (" " * 68 + "deep", 80, None, "auto", 70),
        (" " * 69 + "deep", 80, None, "auto", 0),
        ("", 80, None, "auto", 2),
        (LINE, 80, 9, "auto", 9),
        (LINE, 80, 0, "auto", 2),
        (LINE, 80, 33, "auto", 2),
        ("  x: " + LINE, 80, 0, "auto", 4),
        ("日本語: message", 80, 5, "auto", 8),
        ("日本語: message", 20, 5, "auto", 8),
        ("日本語日: message", 20, 6, "auto", 2),
        ("e\u0301e\u0301: x", 80, 6, "auto", 4),
        (LINE, 80, None, 5, 5),
        (LINE, 80, None, 0, 0),
        (LINE, 10, None, 5, 5),
        (LINE, 10, None, 6, 0),
    ],
)
def test_the_hanging_indent(text: str, width: int, column: int | None, indent: Indent, expected: int) -> None:
    """Rule 4, case by case."""
    assert hang(text, width, column, indent) == expected


@settings(deadline=None, max_examples=300)
@given(st.one_of(clean, plain), widths, st.one_of(st.none(), st.integers(0, 60)))
def test_the_indent_leaves_room(text: str, width: int, column: int | None) -> None:
    """Whatever the line, the rows after the first have 10 cells or no indent, and all rows fit."""
    found = hang(text, width, column)
    assert found == 0 or (width >= 20 and width - found >= 10)
    for number, row in enumerate(lay_out(StyledLine(text, (), column), width)):
        assert row.indent in ((0,) if number == 0 else (found,))
        assert row.indent + row.cells <= width


def test_a_record_is_laid_out_under_its_message() -> None:
    """The rows after the first start where the message does."""
    rows = lay_out(StyledLine("12:00:00 INFO one two three four five six seven eight"), 36)
    assert [" " * row.indent + row.text for row in rows] == [
        "12:00:00 INFO one two three four",
        "              five six seven eight",
    ]
    assert [row.start for row in rows] == [0, 33]


def test_a_records_own_column_goes_before_the_texts() -> None:
    """The column of the record has precedence over the column found in its text."""
    rows = lay_out(StyledLine("12:00:00 INFO one two three four five", (), 9), 30)
    assert [row.indent for row in rows] == [0, 9]


def test_other_modes_and_indents_are_handed_on() -> None:
    """`lay_out` is `rows` with the indent found."""
    record = StyledLine("one two three four five six")
    assert [row.text for row in lay_out(record, 20, 4, "char")] == ["one two three four f", "ive six"]
    assert [row.indent for row in lay_out(record, 20, 4, "char")] == [0, 4]
    assert [row.text for row in lay_out(record, 20, 4, "none")] == ["one two three four f"]


@pytest.mark.parametrize(
    ("used", "width", "aside", "gap"),
    [(10, 100, "a.py:1", 84), (92, 100, "a.py:1", 2), (93, 100, "a.py:1", 0), (10, 99, "a.py:1", 0), (10, 100, "", 0)],
)
def test_an_aside_takes_only_what_is_empty(used: int, width: int, aside: str, gap: int) -> None:
    """It ends at the right edge, two blanks or more after the first row's text, on wide screens only."""
    record = StyledLine("x" * used, (), None, aside)
    first = lay_out(record, width)[0]
    assert aside_gap(record, first, width) == gap
    assert not gap or used + gap + cells(aside) == width


def test_an_aside_is_measured_in_cells() -> None:
    """Wide characters take two."""
    assert aside_gap(StyledLine("x", (), None, "日本"), Row(0, 1, 0, 1, "x"), 100) == 95


FRAMED = [
    "╭──── Traceback ────╮",
    "│ ❱ 10 try: f(0)           │",
    "│                          │",
    "╰──────────────────────────╯",
]


def drawn(text: str, width: int) -> list[str]:
    """Return the rows of a line as they are drawn."""
    return [" " * row.indent + row.text for row in lay_out(StyledLine(text), width)]


def test_the_right_edge_of_a_frame_that_is_too_wide_is_cut_off() -> None:
    """As structlog and rich draw around tracebacks: each row stays one row while its content fits."""
    assert [drawn(text, 20) for text in FRAMED] == [
        ["╭──── Traceback ────"],
        ["│ ❱ 10 try: f(0)"],
        ["│"],
        ["╰" + "─" * 19],
    ]
    assert [drawn(text, 30) for text in FRAMED] == [[text] for text in FRAMED]


def test_the_content_of_a_frame_hangs_within_it() -> None:
    """Behind the left edges, also of nested frames."""
    text = "│ │   path = '/usr/lib/python3/site-packages', more  │ │"
    assert drawn(text, 30) == ["│ │   path = '/usr/lib/", "      python3/site-packages',", "      more"]


@pytest.mark.parametrize("text", ["a │ b │ and some more text │", "├── one two three four five six", "│" + "x" * 30])
def test_other_lines_with_such_characters_are_lines_of_text(text: str) -> None:
    """A frame has two edges: no character of other lines is dropped."""
    assert "".join(drawn(text, 20)).replace(" ", "") == text.replace(" ", "")


@given(st.text("│─╭ ab日", max_size=60), widths)
def test_no_character_but_of_the_right_edge_is_ever_dropped(text: str, width: int) -> None:
    """And no row is too wide."""
    rows = lay_out(StyledLine(text), width)
    assert all(row.indent + row.cells <= width for row in rows)
    if width > 2:
        shown = "".join(row.text for row in rows).replace(" ", "")
        assert text.replace(" ", "").startswith(shown)
        assert not text.replace(" ", "")[len(shown) :].strip("│─╭")
