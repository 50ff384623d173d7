"""The renderer: text and a width to finished rows, by the settings, and how a terminal would re-cut them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import DATA_DIR

import reflowlog
from reflowlog.core.records import LogRecord, Style, StyledLine
from reflowlog.render.renderer import LineRenderer, RenderOptions, rows_when_cut
from reflowlog.text.clean.cells import cells
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.highlight.themes import make_theme

if TYPE_CHECKING:
    from pathlib import Path

RED = "\x1b[31mred\x1b[0m"
_PIECES = [*"ab c", " ", "日", "é", "🙂", "\t", "\x1b[31m", "\x1b[0m", "\x1b[2J", "\r", "\x00"]
_TEXT = st.lists(st.sampled_from(_PIECES), max_size=60).map("".join)


@given(_TEXT, st.integers(1, 60))
def test_a_line_is_wrapped_as_the_public_wrap_does(text: str, width: int) -> None:
    """One specification, two doors."""
    assert LineRenderer(width).line(text).split("\n") == reflowlog.wrap(text, width)


@given(st.lists(_TEXT.map(lambda text: text.replace("\r", "")), max_size=6), st.integers(1, 60))
def test_lines_are_the_lines_one_by_one(texts: list[str], width: int) -> None:
    """A piece of input is laid out line by line, however many come together."""
    data = "".join(f"{text}\n" for text in texts).encode()
    renderer = LineRenderer(width)
    assert renderer.lines(data) == [renderer.line(text) for text in texts]


@given(_TEXT, st.integers(1, 60))
def test_a_record_is_laid_out_as_its_line(text: str, width: int) -> None:
    """Whether it came as text or as a record."""
    renderer = LineRenderer(width)
    assert renderer.item(StyledLine(*sanitize(text))) == renderer.line(text)


@given(_TEXT, st.integers(1, 60))
def test_without_colour_there_is_no_escape(text: str, width: int) -> None:
    """Nothing but text goes into a file, and it is the text that colour would be in."""
    plain = LineRenderer(width, RenderOptions(colour=False, own_colour=False)).line(text)
    assert "\x1b" not in plain
    assert plain == re.sub(r"\x1b\[[\d;]*m", "", LineRenderer(width).line(text))


def test_without_a_width_a_line_is_one_row() -> None:
    """However long it is."""
    renderer = LineRenderer(None)
    assert renderer.line("word " * 100 + "end") == "word " * 100 + "end"
    assert renderer.line(RED) == RED
    assert renderer.item(StyledLine("x" * 500)) == "x" * 500
    assert renderer.lines(b"one\r\ntwo\n") == ["one", "two"]


@given(_TEXT, st.integers(1, 60), st.booleans())
def test_lines_that_the_terminal_wraps_are_unbroken(text: str, width: int, has_theme: bool) -> None:
    """Whatever the width, but for its trailing blanks; an unterminated line has rows of that width, without a hang."""
    theme = make_theme("mine", {"level": "bold", "number": "green"}, 16) if has_theme else None
    options = RenderOptions(wrap="terminal", unbroken=True, appearance=Appearance(theme=theme))
    renderer = LineRenderer(width, options)
    whole = LineRenderer(None, options)
    assert renderer.width == width
    assert sanitize(renderer.line(text))[0] == sanitize(whole.line(text))[0].rstrip(" ")
    assert renderer.lines(text.replace("\r", "").encode() + b"\n") == [renderer.line(text.replace("\r", ""))]
    broken = [sanitize(row)[0] for row in renderer.live_rows(text)]
    assert broken == reflowlog.wrap(sanitize(text)[0], width, 0, mode="char")


def test_a_record_that_the_terminal_wraps_has_no_indent_and_no_aside() -> None:
    """The message is one row, at every width; so is each line of the traceback."""
    record = LogRecord(0.0, 20, "INFO", "app", "word " * 40 + "end", trace="Traceback:\n  File x", source="app.py:3")
    renderer = LineRenderer(120, RenderOptions(wrap="terminal", unbroken=True))
    first, *more = renderer.item(record).split("\n")
    assert first.endswith("end")
    assert more == ["Traceback:", "  File x"]
    renderer.at(40)
    assert renderer.item(record).split("\n") == [first, *more]


@pytest.mark.parametrize("mode", ["word", "char", "none"])
def test_the_mode_is_heeded_by_every_door(mode: str) -> None:
    """Words, cells, or one row that is cut."""
    renderer = LineRenderer(10, RenderOptions(wrap=mode, indent=0))  # type: ignore[arg-type]
    text = "one two three four"
    expected = "\n".join(reflowlog.wrap(text, 10, 0, mode=mode))  # type: ignore[arg-type]
    assert renderer.line(text) == expected
    assert renderer.lines(text.encode() + b"\n") == [expected]
    assert renderer.item(StyledLine(text)) == expected


def test_every_method_uses_a_given_indent() -> None:
    """A number of cells replaces the automatic indent."""
    renderer = LineRenderer(12, RenderOptions(indent=3))
    expected = "one two\n   three\n   four"
    assert renderer.line("one two three four") == expected
    assert renderer.lines(b"one two three four\n") == [expected]
    assert renderer.item(StyledLine("one two three four")) == expected


def test_an_aside_stands_at_the_right_edge() -> None:
    """Where there is room, and dim where the record has colours."""
    record = StyledLine("message", ((0, 7, Style("1")),), 0, "file.py:12")
    shown = LineRenderer(100).item(record)
    assert sanitize(shown)[0] == "message" + " " * 83 + "file.py:12"
    assert shown.endswith("\x1b[2mfile.py:12\x1b[0m")
    assert LineRenderer(60).item(record) == "\x1b[1mmessage\x1b[0m"


def test_pins_are_cut_at_the_edge() -> None:
    """One row a line; none without a width."""
    renderer = LineRenderer(8)
    lines = [sanitize("0123456789"), sanitize(f"a {RED} one"), sanitize("")]
    assert renderer.clipped(lines) == ["01234567", f"a {RED} on", ""]
    renderer.at(None)
    assert renderer.clipped(lines) == []


def test_the_consoles_own_colours_are_asked_for() -> None:
    """Columns are coloured only where the console may add colour."""
    fields = LogRecord(0.0, 40, "ERROR", "app", "message")
    themed = RenderOptions(appearance=Appearance(theme=make_theme("mine", {"level.error": "red"}, 16)))
    assert "\x1b[31mERROR\x1b[0m" in LineRenderer(100, themed).item(fields)
    assert "\x1b" not in LineRenderer(100, themed._replace(own_colour=False)).item(fields)


@given(_TEXT, st.integers(2, 60), st.integers(2, 60))
def test_rows_when_cut_is_what_a_terminal_makes_of_it(text: str, before: int, after: int) -> None:
    """A row that was drawn is re-cut cell by cell, never between the two halves of a wide character."""
    for row in LineRenderer(before).line(text).split("\n"):
        count, used = 1, 0
        for character in sanitize(row)[0]:
            width = cells(character)
            if used + width > after:
                count, used = count + 1, 0
            used += width
        assert rows_when_cut(row, after) == count


@pytest.mark.parametrize(
    ("row", "columns", "rows"),
    [
        ("", 40, 1),
        ("x" * 40, 40, 1),
        ("x" * 41, 40, 2),
        ("a" + " " * 79 + "b", 40, 3),
        (f"{RED}" + " " * 78 + "b", 40, 3),
        ("日" * 3, 3, 3),
        ("abc", 1, 3),
    ],
)
def test_rows_when_cut(row: str, columns: int, rows: int) -> None:
    """Blanks are cells like others, and escapes are none."""
    assert rows_when_cut(row, columns) == rows


def test_records_with_fields_are_shown_in_the_columns_asked_for() -> None:
    """JSON and logfmt in one piece with plain lines; without columns, or raw, all are lines as they came."""
    data = (
        b'{"time":"2024-05-01T12:00:00Z","level":"warn","msg":"low","disk":"sda"}\n'
        b"plain text\n"
        b'level=error msg="it is full" n=3\n'
    )
    settings = RenderOptions(
        colour=False, own_colour=False, appearance=Appearance(columns=("time", "level", "message"), utc=True)
    )
    assert LineRenderer(80, settings).lines(data) == [
        "12:00:00 WARNING  low  disk=sda",
        "plain text",
        "         ERROR    it is full  n=3",
    ]
    as_came = data.decode().splitlines()
    assert LineRenderer(80, settings._replace(appearance=Appearance())).lines(data) == as_came
    assert LineRenderer(80, settings._replace(raw=True)).lines(data) == as_came


def test_a_theme_changes_no_text() -> None:
    """Without escapes, lines are those without a theme; lines with their own colours keep them."""
    data = (DATA_DIR / "facts" / "plain.log").read_bytes()
    own = "\x1b[35mown 12 ms\x1b[0m ERROR é"
    theme = make_theme("mine", {"level": "bold", "number": "cyan", "time": "dim"}, 16)
    for width in (20, 80):
        bare = LineRenderer(width, RenderOptions())
        lit = LineRenderer(width, RenderOptions(appearance=Appearance(theme=theme)))
        rows = lit.lines(data)
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", row).split() for row in rows]
        assert lines == [row.split() for row in bare.lines(data)]
        assert any("\x1b[" in row for row in rows)
        assert lit.line(own) == bare.line(own)


@pytest.mark.parametrize("path", sorted((DATA_DIR).glob("*.log")), ids=lambda path: path.stem)
def test_colour_changes_no_row(path: Path) -> None:
    """A theme adds only colours to plain lines: rows break at the same positions."""
    theme = make_theme("mine", {"level": "bold", "number": "cyan", "time": "dim", "path": "magenta"}, 16)
    data = b"".join(line + b"\n" for line in path.read_bytes().split(b"\n") if b"\x1b" not in line)
    for width in (40, 80, 120, 160):
        bare = LineRenderer(width, RenderOptions(colour=False, own_colour=False)).lines(data)
        lit = LineRenderer(width, RenderOptions(appearance=Appearance(theme=theme))).lines(data)
        assert [re.sub(r"\x1b\[[0-9;]*m", "", row) for row in lit] == bare


@pytest.mark.parametrize("line", ["\x1b[0m12:00:00 INFO took 5 ms", "12:00:00 INFO \x1b[mtook\x1b[0m 5 ms\x1b[K"])
def test_sequences_without_a_style_hide_no_highlights(line: str) -> None:
    """A line of which no part has a style is highlighted as without its sequences, from the first line to the last."""
    theme = make_theme("all", {"time": "red", "number": "blue"}, 256)
    renderer = LineRenderer(40, RenderOptions(appearance=Appearance(theme=theme)))
    plain = renderer.line(sanitize(line)[0])
    assert "\x1b" in plain
    assert [renderer.lines(f"{line}\n".encode()) for _ in range(40)] == [[plain]] * 40
