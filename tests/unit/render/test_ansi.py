"""Drawn rows: complete in themselves, as wide as the text, and with the escapes that the spans ask for."""

from __future__ import annotations

import re
from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from reflowlog.core.frames import Row
from reflowlog.core.records import Spans, Style
from reflowlog.render.ansi import draw, paint_run

ESCAPES = re.compile(r"\x1b\[[0-9;:]*m|\x1b\]8;[^\x1b]*\x1b\\")
STYLES = [Style("31"), Style("1;44"), Style("", "id=a;http://a"), Style("7", "id=b;http://b")]

pieces = st.lists(
    st.tuples(st.text("ab 日", min_size=1, max_size=6), st.sampled_from([None, *STYLES])), min_size=1, max_size=8
)


def joined(parts: list[tuple[str, Style | None]]) -> tuple[str, Spans]:
    """Text and spans of pieces in order."""
    ends = list(accumulate(len(text) for text, _ in parts))
    spans = tuple((end - len(text), end, style) for end, (text, style) in zip(ends, parts) if style)
    return "".join(text for text, _ in parts), spans


@settings(deadline=None, max_examples=300)
@given(pieces, st.data())
def test_a_row_is_its_text_with_the_looks_of_its_spans(
    parts: list[tuple[str, Style | None]], data: st.DataObject
) -> None:
    """Without its escapes a row is indent and text; each character is drawn in its own span's style, and no other."""
    text, spans = joined(parts)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    drawn = draw(text, spans, Row(start, end, 2, 0, text[start:end]))
    assert ESCAPES.sub("", drawn) == "  " + text[start:end]
    appearance = [Style() for _ in text]
    for begin, stop, style in spans:
        appearance[begin:stop] = [style] * (stop - begin)
    sgr = link = ""
    found = []
    for escape, character in re.findall(r"(\x1b\[[0-9;:]*m|\x1b\]8;[^\x1b]*\x1b\\)|(.)", drawn):
        if character:
            found.append(Style(sgr, link))
        elif escape.startswith("\x1b["):
            sgr = "" if escape == "\x1b[0m" else escape[2:-1]
        else:
            link = escape[4:-2].removeprefix(";")
    assert found == [Style(), Style(), *appearance[start:end]]
    assert (sgr, link) == ("", "")


def test_plain_rows_are_just_strings() -> None:
    """Where no span touches a row, it is indent and text."""
    spans = ((0, 2, STYLES[0]), (8, 9, STYLES[1]))
    assert draw("abcdefghi", spans, Row(2, 8, 0, 6, "cdefgh")) == "cdefgh"
    assert draw("abc", (), Row(0, 3, 3, 3, "abc")) == "   abc"
    assert draw("", (), Row(0, 0, 0, 0, "")) == ""


def test_a_mark_looks_like_what_it_stands_for() -> None:
    """A cluster that is wider than the row is drawn as a mark, in its style."""
    assert draw("a日", ((1, 2, Style("31")),), Row(1, 2, 0, 1, "?")) == "\x1b[31m?\x1b[0m"
    assert draw("a日", ((0, 1, Style("31")),), Row(1, 2, 0, 1, "?")) == "?"


def test_parts_of_a_link_share_its_id() -> None:
    """A link that is broken over rows is opened and closed in each, with the same id."""
    spans = ((0, 6, Style("4", "id=x;http://a")),)
    first, second = (draw("ab cde", spans, row) for row in (Row(0, 2, 0, 2, "ab"), Row(3, 6, 1, 3, "cde")))
    assert first == "\x1b]8;id=x;http://a\x1b\\\x1b[4mab\x1b[0m\x1b]8;;\x1b\\"
    assert second == " \x1b]8;id=x;http://a\x1b\\\x1b[4mcde\x1b[0m\x1b]8;;\x1b\\"


def test_a_run_without_style_is_its_text() -> None:
    """Nothing is sent for the terminal's own look."""
    assert paint_run("x", Style()) == "x"
