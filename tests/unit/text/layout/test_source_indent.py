"""The hanging indent of a source: one choice for all its lines, the same wherever they are shown."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.terminals import REFLOWLOG, TIMEOUT, environment

from reflowlog.config.themes import load_theme
from reflowlog.pager.timeline import TimeDisplay, Timeline
from reflowlog.pager.viewport import LayoutOptions, Viewport
from reflowlog.render.renderer import LineRenderer, RenderOptions
from reflowlog.store.document import Document
from reflowlog.store.line_index import LineIndex
from reflowlog.store.pipe_text import PipeText
from reflowlog.store.spool import Spool
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.layout.hanging_indent import SourceIndent, hang, indent_limit, plain_hang
from reflowlog.text.layout.source_indent import MAX_HEADERS, HeaderColumns, source_indent

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "the quick brown fox jumps over the lazy dog and goes home again to sleep until noon or later than that"
SHORT, LONG = "2024-05-01 10:00:00,123 INFO a: ", "2024-05-01 10:00:00,123 CRITICAL some.logger: "
widths = st.integers(20, 200)
sgr = re.compile("\x1b\\[[0-9;:]*m")
columns = st.lists(st.integers(1, 120), max_size=40)


@given(columns, widths)
def test_one_choice_for_a_source(found: list[int], width: int) -> None:
    """Either all headers count, or none: the indent of a line with a header is of one kind in a source."""
    indent = source_indent(found, width)
    if not isinstance(indent, SourceIndent):
        assert not found
        return
    hangs = [hang("x" * 130, width, column, indent) for column in found]
    if indent.column:
        assert all(each == column for each, column in zip(hangs, found) if column <= indent_limit(width))
        assert all(each == indent.column for each, column in zip(hangs, found) if column > indent_limit(width))
    else:
        assert set(hangs) == {2}


@given(st.sampled_from([SHORT, LONG, "  ", ""]), widths, st.integers(0, 60))
def test_plain_lines_hang_alike(start: str, width: int, column: int) -> None:
    """The faster function for printable ASCII agrees with `hang`."""
    text = start + WORDS
    indent = SourceIndent(min(column, indent_limit(width)))
    assert plain_hang(width, indent)(text) == hang(text, width, None, indent)


def test_lines_without_a_header_hang_by_their_own_indentation() -> None:
    """The choice concerns headers; a traceback hangs as ever."""
    for indent in (SourceIndent(0), SourceIndent(30), "auto"):
        assert hang("    at a.b.C.f(C.java:12)" + WORDS, 100, None, indent) == 6  # type: ignore[arg-type]


def test_only_the_first_headers_count() -> None:
    """Later headers do not change the choice, so what was shown once stays as it is."""
    headers = HeaderColumns()
    headers.add([SHORT + WORDS] * MAX_HEADERS)
    before = headers.indent(80)
    headers.add([LONG + WORDS] * MAX_HEADERS)
    assert headers.is_full
    assert headers.indent(80) == before == SourceIndent(len(SHORT))


@pytest.mark.parametrize("prefix", ["==4711== ", "G4WT471 > "])
def test_any_chunks_give_one_indent(prefix: str) -> None:
    """Prefixes that are settled by the first lines count alike, whether later headers come with them or after them."""
    words = WORDS.split()
    lines = [prefix + " ".join(words[number % 5 : 8 + number % 9]) for number in range(200)]
    lines += [LONG + " ".join(words[number % 5 :]) for number in range(300)]
    indents = set()
    for size in (1, 7, 150, 250, len(lines)):
        headers = HeaderColumns()
        for start in range(0, len(lines), size):
            headers.add(lines[start : start + size])
        indents.add(headers.indent(80))
    assert [indent.column for indent in indents if isinstance(indent, SourceIndent)] == [len(prefix)]


def hangs_of(rows: str) -> set[int]:
    """Return the indents of the further rows of a line."""
    return {len(row) - len(row.lstrip(" ")) for row in rows.split("\n")[1:] if row[:1] == " "}


LIKE_FIELDS = [
    f"2024-05-01 10:00:00 INFO {each}{WORDS}"
    for each in [*("going to sleep " for _ in range(4)), "items: 3 ", "[cache] 12 ", "- 3 "]
]


OF_ITS_SOURCE = [
    f"a:b:{number}:12: {each}{WORDS} {WORDS}"
    for number, each in enumerate(["going to ", "items: 3 ", "", "two words "] * 3)
]
"""Lines without a header of their own."""


@pytest.mark.parametrize("width", [60, 70, 80, 90, 120])
@pytest.mark.parametrize("has_theme", [False, True])
@pytest.mark.parametrize(
    "lines", [[f"{start}{WORDS}" for start in [SHORT, LONG, SHORT, LONG, SHORT]], LIKE_FIELDS, OF_ITS_SOURCE]
)
def test_pipe_and_viewer_agree(lines: list[str], has_theme: bool, width: int) -> None:
    """Each line has the same rows in a pipe, inline and in the viewer, also after scrolling back."""
    data = "".join(f"{line}\n" for line in lines).encode()
    options = RenderOptions(appearance=Appearance(theme=load_theme("dark", {}, 256) if has_theme else None))
    renderer = LineRenderer(width, options)
    renderer.learn(data)
    rows = [sgr.sub("", each) for each in renderer.lines(data)]
    text = PipeText(LineIndex(Spool()))
    text.grow(data)
    viewport = Viewport(Document(text), LayoutOptions(width, options))
    offsets = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    for offset, line in [*zip(offsets, rows)][::-1]:
        shown = [" " * row.indent + row.text for row in viewport.line(offset).rows]
        assert "\n".join(shown) == line
    kinds = {hangs <= {2} for hangs in map(hangs_of, rows)}
    assert len(kinds) == 1


def test_messages_like_fields_do_not_make_headers_too_long() -> None:
    """A header is as long as the lines of its source tell, also for the limit of the width."""
    headers = HeaderColumns()
    headers.add(LIKE_FIELDS)
    found = headers.indent(70)
    assert isinstance(found, SourceIndent)
    assert found.column == len("2024-05-01 10:00:00 INFO ")


@pytest.mark.parametrize("colour", [True, False])
def test_lines_without_a_header_of_their_own(colour: bool) -> None:
    """They hang where the message starts by their source, coloured and plain, however often a line is met."""
    theme = load_theme("dark", {}, 256) if colour else None
    renderer = LineRenderer(90, RenderOptions(colour=colour, appearance=Appearance(theme=theme)))
    data = "".join(f"{line}\n" for line in OF_ITS_SOURCE * 4).encode()
    renderer.learn(data)
    for line, rows in zip(OF_ITS_SOURCE * 4, renderer.lines(data)):
        assert hangs_of(sgr.sub("", rows)) == {line.index("12: ") + 4}


@pytest.mark.parametrize("colour", [True, False])
def test_messages_like_fields_hang_with_the_others(colour: bool) -> None:
    """All lines of a source hang alike, where one of them alone would have a component; coloured and plain."""
    theme = load_theme("dark", {}, 256) if colour else None
    renderer = LineRenderer(90, RenderOptions(colour=colour, appearance=Appearance(theme=theme)))
    data = "".join(f"{line}\n" for line in LIKE_FIELDS).encode()
    assert plain_hang(90)(LIKE_FIELDS[-3]) == 32
    renderer.learn(data)
    assert [hangs_of(sgr.sub("", rows)) for rows in renderer.lines(data)] == [{25}] * len(LIKE_FIELDS)


def test_elapsed_times_hang_alike() -> None:
    """In place of a time its distance to the one before changes no indent."""
    text = PipeText(LineIndex(Spool()))
    text.grow("".join(f"{line}\n" for line in LIKE_FIELDS).encode())
    document = Document(text)
    times = LayoutOptions(90, times=TimeDisplay("before"))
    shown = [Viewport(document, layout, timeline=Timeline(document)) for layout in (LayoutOptions(90), times)]
    offset = 0
    for line in LIKE_FIELDS:
        rows, other = ([row.indent for row in viewport.line(offset).rows] for viewport in shown)
        assert rows == other
        assert set(rows[1:]) == {25}
        offset += len(line) + 1
    later = len(LIKE_FIELDS[0]) + 1
    assert shown[0].line(later).rows[0].text != shown[1].line(later).rows[0].text  # the time was replaced


@pytest.mark.parametrize("width", [30, 60, 70])
def test_elapsed_times_are_no_indentation(width: int) -> None:
    """Blanks before an elapsed time change no indent, where lines hang by their own indentation."""
    lines = [f"{LONG}{WORDS}", f"{LONG.replace(':00,', ':01,')}{WORDS}", f"10:00:02 {LONG[24:]}{WORDS}"]
    text = PipeText(LineIndex(Spool()))
    text.grow("".join(f"{line}\n" for line in lines).encode())
    document = Document(text)
    times = LayoutOptions(width, times=TimeDisplay("before"))
    shown = [Viewport(document, layout, timeline=Timeline(document)) for layout in (LayoutOptions(width), times)]
    second = len(lines[0]) + 1
    for offset in (0, second, second + len(lines[1]) + 1):
        rows, other = ([row.indent for row in viewport.line(offset).rows] for viewport in shown)
        assert rows == other
    assert shown[1].line(second).rows[0].text.startswith("  ")


def test_inline_and_resized_alike() -> None:
    """At another width the choice is made anew, by the same headers; the first width again gives the first rows."""
    data = f"{SHORT}{WORDS}\n{LONG}{WORDS}\n".encode()
    renderer = LineRenderer(120)
    renderer.learn(data)
    before = renderer.lines(data)
    renderer.at(80)
    assert [hangs_of(sgr.sub("", rows)) for rows in renderer.lines(data)] == [{2}, {2}]
    renderer.at(120)
    assert renderer.lines(data) == before
    assert [hangs_of(rows) for rows in before] == [{len(SHORT)}, {len(LONG)}]


def test_command_with_a_width(tmp_path: Path) -> None:
    """With --width all records of a file hang in one way, with colours and without."""
    log = tmp_path / "app.log"
    log.write_text("".join(f"{start}{WORDS}\n" for start in [SHORT, LONG] * 3))
    for colour in ("always", "never"):
        command = [*REFLOWLOG, "--width", "80", "--color", colour, str(log)]
        shown = subprocess.run(command, capture_output=True, env=environment(), timeout=TIMEOUT, check=True).stdout
        assert b"\n  " in shown
        assert b"\n   " not in shown
