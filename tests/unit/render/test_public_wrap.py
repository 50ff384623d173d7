"""The public `wrap`: untrusted text in, finished rows out."""

from __future__ import annotations

import re

import pyte
import pytest
import wcwidth
from hypothesis import given, settings
from hypothesis import strategies as st
from support.strategies import clean, nasty, plain, widths

from reflowlog.render.public_wrap import wrap
from reflowlog.text.clean.sanitize import sanitize

OURS = re.compile(r"\x1b\[[0-9;:]+m|\x1b\]8;[^\x00-\x1f]*\x1b\\")
ANY = st.one_of(nasty, clean, plain)


@settings(deadline=None, max_examples=300)
@given(st.lists(ANY, min_size=1, max_size=3).map("\n".join), widths, st.one_of(st.just("auto"), st.integers(0, 30)))
def test_rows_are_harmless_and_fit(text: str, width: int, indent: int) -> None:
    """No row is too wide, ends in blanks, or holds any control but colours and links; each ends with all reset."""
    for row in wrap(text, width, indent):
        bare = OURS.sub("", row)
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", bare)
        assert wcwidth.width(bare) <= width
        assert not bare.endswith(" ")
        if bare != row:
            colours = re.findall(r"\x1b\[([0-9;:]+)m", row)
            assert colours[1::2] == ["0"] * (len(colours) // 2)
            links = re.findall(r"\x1b\]8;([^\x1b]*)\x1b", row)
            assert links[1::2] == [";"] * (len(links) // 2)


@settings(deadline=None, max_examples=300)
@given(ANY, widths)
def test_joined_rows_give_the_line_back(line: str, width: int) -> None:
    """Rule 3: nothing is lost but blanks, save where one row is too narrow for one cluster."""
    rows = [OURS.sub("", row) for row in wrap(line, width)]
    if width > 8:
        assert "".join(rows).replace(" ", "") == sanitize(line)[0].replace(" ", "")


@settings(deadline=None, max_examples=100)
@given(st.lists(ANY, max_size=4), widths)
def test_each_line_is_wrapped_by_itself(lines: list[str], width: int) -> None:
    """Several lines give the rows of each, in order; no style goes over a newline."""
    assert wrap("\n".join(lines), width) == [row for line in lines or [""] for row in wrap(line, width)]


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "1", "31", "0", "7;44", "38;5;99", "22;39"]), st.sampled_from(["ab", " ", "cde f"])
        ),
        max_size=12,
    ),
    st.integers(1, 30),
)
def test_a_terminal_shows_the_same_looks(parts: list[tuple[str, str]], width: int) -> None:
    """Rule 5: each character of the rows looks on a terminal as it does in the line."""
    line = "".join(f"\x1b[{parameters}m{text}" for parameters, text in parts)
    wide, narrow = pyte.Screen(200, 1), pyte.Screen(width, 100)
    pyte.Stream(wide).feed(line)
    pyte.Stream(narrow).feed("\r\n".join(wrap(line, width)))

    def letters(screen: pyte.Screen) -> list[object]:
        cells = (screen.buffer[row][column] for row in range(screen.lines) for column in range(screen.columns))
        return [cell for cell in cells if cell.data != " "]

    assert letters(narrow) == letters(wide)


@settings(deadline=None, max_examples=100)
@given(ANY, widths)
def test_other_modes(line: str, width: int) -> None:
    """Mode "none" gives one row; "char" leaves no room that the next row could have used."""
    assert len(wrap(line, width, mode="none")) == 1
    assert len(wrap(line, width, 0, mode="char")) <= 2 * wcwidth.width(sanitize(line)[0]) // width + 2 or width < 10


def test_the_empty_text_is_one_empty_row() -> None:
    """A line is at least one row."""
    assert wrap("", 40) == [""]
    assert wrap("\n", 40) == ["", ""]
    assert wrap("   ", 2) == [""]


def test_a_link_is_one_link_on_all_its_rows() -> None:
    """Rule 5: the parts of one link share one id."""
    rows = wrap("see \x1b]8;;http://a/b\x1b\\a link of many words\x1b]8;;\x1b\\ here", 8)
    parts = [re.findall(r"\x1b\]8;(id=[^;]*);http://a/b\x1b", row) for row in rows]
    assert [len(part) for part in parts] == [1, 1, 1, 1, 0]
    assert len({part[0] for part in parts[:4]}) == 1
    assert [OURS.sub("", row) for row in rows] == ["see a", "link of", "many", "words", "here"]


def test_progress_bars_leave_their_last_state() -> None:
    """Rule 6, through the public door."""
    assert wrap("10%\r50%\rdone", 40) == ["done"]
    assert wrap("a\tb\nlong line\rab", 40) == ["a       b", "abng line"]


def test_an_indent_may_be_given() -> None:
    """It applies while it leaves half of the width."""
    assert wrap("one two three", 8, 4) == ["one two", "    thre", "    e"]
    assert wrap("one two three", 8, 0) == ["one two", "three"]
    assert wrap("one two three", 8, 5) == ["one two", "three"]


@pytest.mark.parametrize("text", ["", "text", "日本", "long enough to wrap at ten"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"width": 0}, "width must be 1 or more cells, not 0"),
        ({"width": -3}, "width must be 1 or more cells, not -3"),
        ({"width": 10, "indent": -1}, "indent must be 'auto' or 0 or more cells, not -1"),
        ({"width": 10, "mode": "letter"}, "mode must be 'word', 'char' or 'none', not 'letter'"),
    ],
)
def test_wrong_arguments_are_refused(text: str, arguments: dict[str, object], said: str) -> None:
    """For any text, with a message that names the valid values."""
    with pytest.raises(ValueError, match=re.escape(said)):
        wrap(text, **arguments)  # type: ignore[arg-type]
