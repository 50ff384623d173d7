"""Wrapping: the rules hold for any text, and the fast paths agree with a slow and obvious one."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import pytest
import wcwidth
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.strategies import clean, hangs, plain, widths

from reflowlog.core.frames import Row
from reflowlog.text.clean import cells as cell_module
from reflowlog.text.clean import wrap
from reflowlog.text.clean.cells import cells, clip, split
from reflowlog.text.clean.wrap import rows, whole, wrap_plain

ANY = st.one_of(clean, plain)


def reference(text: str, width: int, hang: int) -> list[Row]:
    """The rules of wrapping, cluster by cluster: slow and obvious."""
    if width - hang < 2:
        hang = 0
    text = text.rstrip(" ")
    clusters, sizes = split(text)
    starts = [0]
    for cluster in clusters:
        starts.append(starts[-1] + len(cluster))
    found: list[Row] = []

    def add(first: int, last: int) -> None:
        shown = "".join(clusters[first:last]).rstrip(" ")
        size = sum(sizes[first:last]) - (starts[last] - starts[first] - len(shown))
        found.append(Row(starts[first], starts[first] + len(shown), hang if found else 0, size, shown))

    at, count = 0, len(clusters)
    if re.fullmatch(" +[~^]+", text) and len(text) > width:
        first = text.index(text.strip(" "))
        begin = 0 if first < width else min(first, len(text) - width)
        return [Row(begin, begin + width, 0, width, text[begin : begin + width])]
    while True:
        room = width - hang if found else width
        fit, used = at, 0
        while fit < count and used + sizes[fit] <= room:
            used += sizes[fit]
            fit += 1
        if fit == count:
            if at < count or not found:
                add(at, count)
            return found
        if clusters[fit] == " ":
            add(at, fit)
            at = fit
        else:
            word = fit
            while word > at and clusters[word - 1] != " ":
                word -= 1
            end = fit
            while end < count and clusters[end] != " ":
                end += 1
            if word > at and (sum(sizes[word:end]) <= width - hang or fit == word):
                add(at, word)
                at = word
            elif fit > at:
                room = width - hang if found else width
                parts = [
                    cut
                    for cut in range(max(word, at) + 1, fit + 1)
                    if sum(sizes[at:cut]) >= room - room // 3 and ends_part(text, starts[cut])
                ]
                cut = max(parts, default=fit)
                name = re.match(r'"?[A-Za-z_][A-Za-z0-9_.@-]{0,39}"?[=:]', text[starts[word] :])
                is_name = name and starts[cut] - starts[word] <= name.end() < width - hang
                if is_name and "".join(clusters[at:word]).strip(" "):
                    cut = word
                add(at, cut)
                at = cut
                continue
            else:
                found.append(Row(starts[at], starts[at + 1], hang if found else 0, 1, "?"))
                at += 1
        if at < count and clusters[at] == " ":
            while at < count and clusters[at] == " ":
                at += 1
            if at == count:
                return found


def ends_part(text: str, at: int) -> bool:
    """Rule 2: after the last of these signs, or before the first of those."""
    before, after = text[at - 1], text[at : at + 1]
    return (before in ",;&?/|}])" and after not in ",;&?/|}])") or (after in tuple("{[(") and before not in "{[(")


LONG_WORDS = st.lists(
    st.sampled_from(
        [*",;&?/|}])([{", "ab", "key", "key=", '"k":', "日本", "1234567", "e\u0301", " ", "\u0301", "x" * 30]
    ),
    max_size=60,
).map("".join)


@settings(deadline=None, max_examples=400)
@given(LONG_WORDS, widths, hangs, st.sampled_from([4, 4096]))
def test_long_words_break_where_a_part_of_them_ends(text: str, width: int, hang: int, block: int) -> None:
    """In the last third of the row, for ASCII and clusters alike, also in a word that is split into blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wrap, "BLOCK", block)
        assert rows(text, width, hang) == reference(text, width, hang)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ('{"a":1,"bb":22,"ccc":333}', 10, ['{"a":1,', '"bb":22,', '"ccc":333}']),
        ("GET /api/v2/orders/items?page=2", 14, ["GET /api/v2/", "orders/items?", "page=2"]),
        ("https://a.b", 8, ["https://", "a.b"]),
        ("https://a.b", 7, ["https:/", "/a.b"]),
        ("took payload={1234567}", 9, ["took", "payload=", "{1234567}"]),
        ("took payload={1234567}", 14, ["took", "payload={12345", "67}"]),
        ("took payload={1234567890}", 16, ["took", "payload={1234567", "890}"]),
        ("took a=é1234567890", 7, ["took", "a=é1234", "567890"]),
        ("took a=1234567890", 9, ["took a=12", "34567890"]),
        (" payload=1234567890", 9, [" payload=", "123456789", "0"]),
        ("f([{1:2}])", 6, ["f([{1:", "2}])"]),
        ("xxxxf([{1:2}])", 6, ["xxxxf", "([{1:2", "}])"]),
        ("a,bcdefghijkl", 6, ["a,bcde", "fghijk", "l"]),
        ("日本/日本日本", 8, ["日本/日", "本日本"]),
        ("日本/日本日本", 7, ["日本/", "日本日", "本"]),
        ("日本語/日本", 8, ["日本語/", "日本"]),
    ],
)
def test_long_words_by_example(text: str, width: int, expected: list[str]) -> None:
    """As a person would break them, if that leaves the row two thirds full."""
    assert [row.text for row in rows(text, width, 0)] == expected


@settings(deadline=None, max_examples=400)
@given(ANY, widths, hangs)
def test_rows_are_those_of_the_reference(text: str, width: int, hang: int) -> None:
    """Measured words and slices give the rows that the rules give cluster by cluster."""
    assert rows(text, width, hang) == reference(text, width, hang)


@settings(deadline=None, max_examples=300)
@given(plain, widths, hangs)
def test_plain_text_has_the_same_rows(text: str, width: int, hang: int) -> None:
    """The fast way for printable ASCII gives the rows of the general way, with their indents."""
    assert wrap_plain(text, width, hang) == [" " * row.indent + row.text for row in rows(text, width, hang)]


@settings(deadline=None, max_examples=200)
@given(ANY, widths, hangs, st.sampled_from(["word", "char", "none"]))
def test_no_row_is_too_wide_or_ends_in_blanks(text: str, width: int, hang: int, mode: wrap.Mode) -> None:
    """Rule 1, as wcwidth measures; the number of cells of each row is correct."""
    for row in rows(text, width, hang, mode):
        assert row.indent + row.cells <= width
        assert wcwidth.width(row.text) <= row.cells == cells(row.text)
        assert not row.text.endswith(" ")


@settings(deadline=None, max_examples=200)
@given(ANY, widths, hangs, st.sampled_from(["word", "char"]))
def test_nothing_is_lost_but_blanks(text: str, width: int, hang: int, mode: wrap.Mode) -> None:
    """Rule 3: rows in order, each a part of the text or a mark for one; only blanks lie between them."""
    at = 0
    assume(mode == "char" or not re.fullmatch(" +[~^]+ *", text))
    for row in rows(text, width, hang, mode):
        assert at <= row.start <= row.end
        assert not text[at : row.start].strip(" ")
        if row.text != text[row.start : row.end]:
            assert row.text == "?"
            assert cells(text[row.start : row.end]) > width - row.indent
        at = row.end
    assert not text[at:].strip(" ")


@settings(deadline=None, max_examples=200)
@given(clean, widths, hangs, st.sampled_from(["word", "char"]))
def test_clusters_are_never_split(text: str, width: int, hang: int, mode: wrap.Mode) -> None:
    """Rule 2: a row starts and ends where a cluster does, or where one has nothing but a blank left."""
    borders = {0}
    for cluster in split(text)[0]:
        start = max(borders)
        borders |= {start + len(cluster.rstrip(" ")), start + len(cluster)}
    for row in rows(text, width, hang, mode):
        assert {row.start, row.end} <= borders


@settings(deadline=None, max_examples=200)
@given(ANY, widths, hangs)
def test_char_rows_are_as_full_as_can_be(text: str, width: int, hang: int) -> None:
    """Where rows break at the edge, nothing of the next row would have fitted."""
    laid = rows(text, width, hang, "char")
    for row, after in pairwise(laid):
        room = width - row.indent
        if row.text != "?" and text[row.start : after.start].strip(" "):
            first = split(text[after.start :])[0][0]
            assert cells(text[row.start : after.start]) + cells(first) > room


@settings(deadline=None, max_examples=150)
@given(ANY, widths)
def test_mode_none_is_one_row(text: str, width: int) -> None:
    """Without wrapping there is one row: as much of the text as fits."""
    (row,) = rows(text, width, 4, "none")
    assert row.start == row.indent == 0
    assert row.text == "?" or text.startswith(row.text)
    assert row.text == "?" or row.text == clip(text.rstrip(" "), width).rstrip(" ")


@settings(deadline=None, max_examples=150)
@given(ANY, st.integers(0, 60))
def test_clip_is_the_longest_start_that_fits(text: str, width: int) -> None:
    """Clipping cuts between clusters, and one more would not fit."""
    shown = clip(text, width)
    assert text.startswith(shown)
    assert cells(shown) <= width
    rest = split(text[len(shown) :])
    assert not rest[0] or cells(shown + rest[0][0]) > width


@settings(deadline=None, max_examples=200)
@given(ANY)
def test_clusters_join_to_the_text(text: str) -> None:
    """Splitting loses nothing, and a text is as wide as its clusters together and at least as wide as wcwidth says."""
    clusters, sizes = split(text)
    assert "".join(clusters) == text
    assert sum(sizes) == cells(text) >= wcwidth.width(text)


@settings(deadline=None, max_examples=200)
@given(st.lists(ANY, max_size=4).map(" ".join), widths, hangs, st.sampled_from(["word", "char"]))
def test_long_lines_are_laid_out_in_parts(text: str, width: int, hang: int, mode: wrap.Mode) -> None:
    """Taking a long line apart a little at a time gives the same rows."""
    expected = rows(text, width, hang, mode)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wrap, "_WINDOW", 8)
        patch.setattr(cell_module, "BLOCK", 2)
        assert rows(text, width, hang, mode) == expected


@settings(deadline=None, max_examples=100)
@given(clean, st.lists(widths, min_size=2, max_size=5), hangs)
def test_widening_and_narrowing_back_is_the_identity(text: str, some: list[int], hang: int) -> None:
    """Rule 7: rows depend on text and width, not on an earlier layout."""
    before = [rows(text, width, hang) for width in some]
    assert [rows(text, width, hang) for width in reversed(some)] == before[::-1]


def test_memos_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many words, widths and clusters come, the memos stay small and the rows right."""
    cell_module.word_cells.clear()
    cell_module._cluster_cells.clear()
    monkeypatch.setattr(cell_module.word_cells, "limit", 8)
    monkeypatch.setattr(cell_module._cluster_cells, "limit", 8)
    for number in range(300):
        assert rows(f"日{number} x", 300 - number, 0)[0].text[0] == ("日" if number < 299 else "?")
        assert wrap_plain(f"{number:06} y", number + 7, 0) == (
            [f"{number:06}", "y"] if number < 1 else [f"{number:06} y"]
        )
    assert len(cell_module.word_cells) <= 8
    assert len(cell_module._cluster_cells) <= 8
    assert len(wrap._cutters) <= 256


@pytest.mark.parametrize(
    ("text", "width", "hang", "expected"),
    [
        ("", 5, 0, [""]),
        ("     ", 3, 0, [""]),
        ("one two three", 9, 0, ["one two", "three"]),
        ("one two", 7, 0, ["one two"]),
        ("one  two   three", 8, 0, ["one  two", "three"]),
        ("one two", 5, 2, ["one", "  two"]),
        ("a bbbbbbbbbb c", 6, 2, ["a bbbb", "  bbbb", "  bb c"]),
        ("a bbbb", 5, 0, ["a", "bbbb"]),
        ("  a b", 4, 0, ["  a", "b"]),
        ("    long", 5, 0, ["", "long"]),
        ("    longer", 5, 0, ["    l", "onger"]),
        ("abc" + " " * 50, 80, 0, ["abc"]),
        ("日本 語", 4, 0, ["日本", "語"]),
        ("日本語", 5, 0, ["日本", "語"]),
        ("a日本", 1, 0, ["a", "?", "?"]),
        ("x 🇯🇵🇯🇵🇯🇵", 4, 0, ["x 🇯🇵", "🇯🇵🇯🇵"]),
        ("no\u00a0break here", 9, 0, ["no\u00a0break", "here"]),
        ("a \u0301b", 2, 0, ["a \u0301", "b"]),
        ("ab\u0600 cd", 4, 0, ["ab\u0600", "cd"]),
        ("\u0600  GET", 3, 0, ["\u0600", "GET"]),
        ("one two", 5, 4, ["one", "two"]),
    ],
)
def test_rows_by_example(text: str, width: int, hang: int, expected: list[str]) -> None:
    """The rules, case by case."""
    assert [" " * row.indent + row.text for row in rows(text, width, hang)] == expected


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("    ^^^^", 8, "    ^^^^"),
        ("    ~~^^", 7, "    ~~^"),
        ("    ^^^^", 5, "    ^"),
        ("     ^^", 5, "   ^^"),
        ("         ^^^^  ", 5, " ^^^^"),
        ("      ~~~~^^^^", 5, "~~~~^"),
        ("   ^", 1, "^"),
    ],
)
@pytest.mark.parametrize("hang", [0, 2, 6])
def test_a_line_of_markers_is_one_row(text: str, width: int, hang: int, expected: str) -> None:
    """It is cut at the edge, or moved to it: a blank row, and the markers at the left, would point at nothing."""
    (row,) = rows(text, width, hang)
    assert (row.indent, row.cells, row.text) == (0, len(expected), expected)
    assert text[row.start : row.end] == expected
    assert wrap_plain(text, width, hang) == wrap.fold_lines([text], width, lambda _: hang) == [expected]


@pytest.mark.parametrize("text", ["    ^^^^ here", "^^^^^^^^^", "    ^^^^ ^^^^", "    ^^|^^"])
def test_other_lines_with_markers_are_wrapped(text: str) -> None:
    """A text with markers loses nothing."""
    assert "".join(row.text.strip() for row in rows(text, 6, 0)) == text.replace(" ", "")


def test_char_mode_keeps_blanks_inside() -> None:
    """Broken at the edge, a row may begin with blanks; those at a row's end are not drawn."""
    assert [row.text for row in rows("ab   cd", 3, 0, "char")] == ["ab", "  c", "d"]
    assert [row.text for row in rows("日本   x", 5, 0, "char")] == ["日本", "  x"]


def test_whole_is_the_text_to_the_letter() -> None:
    """Without a width a line is one row."""
    assert whole("  日本  ") == Row(0, 6, 0, 0, "  日本  ")


def test_ascii_does_not_load_wcwidth() -> None:
    """Its import takes longer than all else at the start; ASCII does not need it."""
    code = (
        "import sys; from reflowlog.render.public_wrap import wrap;"
        "wrap('\\x1b[1mplain\\x1b[m text \\t of \\r some words', 7);"
        "assert 'wcwidth' not in sys.modules; wrap('日本', 7); assert 'wcwidth' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("unit", ["x", "x ", "日", "日本 ", "e\u0301", "👨‍👩‍👧‍👦", " \u0301", "a" * 70 + " "])
def test_a_long_line_takes_linear_time(unit: str) -> None:
    """A line of a megabyte is laid out in a moment; were any step quadratic, this would not end."""
    text = unit * (1_000_000 // len(unit))
    laid = rows(text, 80, 4)
    assert sum(row.cells for row in laid) <= cells(text)
    assert all(row.indent + row.cells <= 80 for row in laid)
