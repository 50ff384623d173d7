"""Rows of lines with colours of their own are those that their spans have."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reflowlog.core.records import StyledLine
from reflowlog.render.ansi import draw_rows
from reflowlog.render.coloured_lines import draw_coloured
from reflowlog.render.public_wrap import wrap
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.hanging_indent import lay_out
from reflowlog.text.layout.source_indent import SourceIndent

SEQUENCES = [
    *("\x1b[31m", "\x1b[1;32m", "\x1b[32;1m", "\x1b[38;5;37m", "\x1b[48:2::1:2:3m", "\x1b[m", "\x1b[0m", "\x1b[0m"),
    *(
        "\x1b[39m",
        "\x1b[22m",
        "\x1b[01;31m\x1b[K",
        "\x1b[m\x1b[K",
        "\x1b[K",
        "\x1b(B\x1b[m",
        "\x1b[1m\x1b[31m",
        "\x1b[8m",
    ),
    *("\x1b[0;31m", "\x1b[999m", "\x1b[2J", "\x1b[?25l", "\x1b]8;;http://a\x1b\\", "\x1b", "\r", "\b", "\t"),
]
WORDS = [
    *("2024-05-01 10:00:00 ", "INFO", "app: ", "the pool", " is full", " ", "  ", "   ~~~^^", "x" * 25, "a", "system"),
    *("é", "日本"),
]
coloured = st.lists(st.one_of(st.sampled_from(SEQUENCES), st.sampled_from(WORDS)), max_size=14).map("".join)
pairs = st.lists(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(SEQUENCES[:8]),
        st.sampled_from(WORDS),
        st.sampled_from(["\x1b[0m", "\x1b[m", "\x1b[39m", "\x1b[22;39m", "\x1b[m\x1b[K"]),
        st.sampled_from(["", *WORDS[:9]]),
    ),
    max_size=8,
).map("".join)
indents = st.sampled_from(["auto", 0, 4, SourceIndent(12), SourceIndent(0)])


def drawn_in_full(line: str, width: int, indent: object) -> str:
    """The rows by way of spans."""
    text, spans = sanitize(line)
    return "\n".join(draw_rows(text, spans, lay_out(StyledLine(text, spans), width, indent)))  # type: ignore[arg-type]


@given(st.one_of(coloured, pairs, pairs), st.sampled_from([1, 2, 5, 12, 24, 40, 80, 200]), indents)
@example("\x1b[31mone two \x1b[0mthree four", 8, 0)
@example("\x1b[31mone\x1b[0m\x1b[31m two\x1b[0m three four", 8, 0)
@example("one\x1b[31m two\x1b[0m three four", 4, 2)
def test_coloured_lines_look_the_same(line: str, width: int, indent: object) -> None:
    """Whatever their sequences, and wherever they break; or they are left to the general way."""
    if "\x1b" in line:
        assert draw_coloured(line, width, indent) in (None, drawn_in_full(line, width, indent))  # type: ignore[arg-type]


@given(pairs, st.sampled_from([1, 5, 24, 80]), st.sampled_from(["auto", 0, 4]))
def test_wrapped_text_with_colours_has_the_same_rows(text: str, width: int, indent: object) -> None:
    """`reflowlog.wrap` takes the short cut as well."""
    assert wrap(text, width, indent) == drawn_in_full(text, width, indent).split("\n")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "is_usual"),
    [
        ("\x1b[2m10:00:00\x1b[0m \x1b[1;32mINFO   \x1b[0m the \x1b[38;5;9mpool is\x1b[0m full", True),
        ("\x1b[1m\x1b[32m   Compiling\x1b[0m reflowlog v1.0", True),
        ("\x1b[32minfo\x1b[39m: \x1b[1mdone\x1b[22m", True),
        ("a.c:1: \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kit failed", True),
        ("\x1b[31mthe pool \x1b[1mis full\x1b[0m", True),
        ("\x1b[31mit is not ended", True),
        ("\x1b[31merror\x1b[0m größer", False),
        ("\x1b[31merror\x1b[0m and blanks  ", False),
        ("50%\r\x1b[31merror\x1b[0m", False),
        ("\x1b[0mno colour\x1b[0m", True),
        ("\x1b[1m\x1b[0mno colour\x1b[K", True),
        ("\x1b[2J", False),
    ],
)
def test_usual_coloured_lines(line: str, is_usual: bool) -> None:
    """The short cut is taken for the forms that most programs write."""
    assert (draw_coloured(line, 20, "auto") is not None) == is_usual
