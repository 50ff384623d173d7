"""Columns: the layout depends on the width alone, and the text of a record is complete at every width.

``tests/data/columns`` holds pictures: one set of records at several widths, as a reader sees them, times in UTC.
``python tests/unit/text/layout/test_columns.py`` draws them anew.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import DATA_DIR

from reflowlog.core.records import PLAIN, LogRecord, Style, StyledLine
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.text.clean.cells import cells
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.highlight.themes import NAMES, make_theme
from reflowlog.text.layout.columns import abbreviate, columns, sheet
from reflowlog.text.layout.hanging_indent import aside_gap, lay_out
from reflowlog.text.parse.json_records import read_records

NOON = 1_700_000_000.25
WIDTHS = range(20, 201)
_NAMES = st.text("abcxyz", min_size=1, max_size=9)
_WORDS = st.text(st.sampled_from("abc .=\"'é日🙂\t\x07"), max_size=30)
_FIELDS = st.builds(
    LogRecord,
    time=st.none() | st.floats(0, 4e9),
    level=st.integers(0, 60),
    level_name=st.sampled_from(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "NOTICE", "Level 25", "x", ""]),
    logger=st.lists(_NAMES, max_size=5).map(".".join),
    message=st.lists(_WORDS, min_size=1, max_size=3).map("\n".join),
    extras=st.lists(st.tuples(_NAMES, _WORDS), max_size=3).map(tuple),
    source=st.sampled_from(["", "file.py:12"]),
    trace=st.sampled_from(["", "Traceback (most recent call last):\n  File\nValueError: odd"]),
    columns=st.none(),
)


def fields(message: str = "message", **others: Any) -> LogRecord:
    """A record of noon."""
    return LogRecord(NOON, 20, "INFO", "app.db.pool", message, source="file.py:12")._replace(**others)


def message_starts(record: LogRecord, width: int) -> tuple[int, int]:
    """The line and the column in which the message starts."""
    lines = columns(record, width)
    row = len(lines) - len([*record.message.split("\n"), *record.trace.splitlines()])
    return row, lines[row].column or 0


@given(_FIELDS, _FIELDS, st.sampled_from(WIDTHS))
def test_columns_do_not_depend_on_the_record(one: LogRecord, other: LogRecord, width: int) -> None:
    """At one width all messages start in one column: columns stand still."""
    assert message_starts(one, width)[1] == message_starts(other, width)[1]


@pytest.mark.parametrize("wanted", [None, ("time",), ("level", "message"), ("logger", "message"), ("message",), ()])
def test_the_message_has_half_of_the_width(wanted: tuple[str, ...] | None) -> None:
    """At every width, whatever columns are asked for."""
    for width in range(1, 161):
        _, start = message_starts(fields(columns=wanted), width)
        assert width - start >= width / 2


@given(_FIELDS, st.sampled_from(WIDTHS))
def test_no_text_is_lost(record: LogRecord, width: int) -> None:
    """Every word of the message, of the extras and of the traceback is in the rows."""
    text = LineRenderer(width, RenderOptions(colour=False, own_colour=False)).item(record)
    shown = squeezed(text)
    place = 0
    for line in (*record.message.split("\n"), *(value for _, value in record.extras), *record.trace.split("\n")):
        found = shown.find(squeezed(sanitize(line)[0]), place)
        assert found >= 0, line
        place = found


def squeezed(text: str) -> str:
    """Without blanks: wherever it was broken."""
    return re.sub(r"\s+", "", text)


@given(_FIELDS, st.one_of(st.none(), st.sampled_from(WIDTHS)))
def test_lines_are_whole_records(record: LogRecord, width: int | None) -> None:
    """No line holds a control character, and styles lie within the text, in order."""
    for line in columns(record, width):
        assert not re.search(r"[\x00-\x1f\x7f]", line.text)
        ends = [0]
        for start, end, style in line.spans:
            assert ends[-1] <= start < end <= len(line.text)
            assert style.sgr
            ends.append(end)


@given(_FIELDS, st.sampled_from(WIDTHS), st.sampled_from(WIDTHS))
def test_wider_and_back_is_the_identity(record: LogRecord, width: int, other: int) -> None:
    """Rows are a pure function of the record and the width."""
    renderer = LineRenderer(width)
    before = renderer.item(record)
    renderer.at(other)
    renderer.item(record)
    renderer.at(width)
    assert renderer.item(record) == before


@given(_FIELDS, st.sampled_from(WIDTHS))
def test_no_row_is_too_wide(record: LogRecord, width: int) -> None:
    """No row is wider than the width or ends in blanks."""
    from reflowlog.text.clean.cells import cells

    for row in LineRenderer(width, RenderOptions(colour=False, own_colour=False)).item(record).split("\n"):
        assert cells(row) <= width
        assert row == row.rstrip(" ")


@pytest.mark.parametrize(
    ("width", "pattern"),
    [
        (200, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.250 INFO     app\.db\.pool          message"),
        (132, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.250 INFO     app\.db\.pool          message"),
        (110, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.250 INFO     app\.db\.pool        message"),
        (96, r"\d\d:\d\d:\d\d\.250 INFO     app\.db\.pool        message"),
        (84, r"\d\d:\d\d:\d\d INFO     app\.db\.pool        message"),
        (72, r"\d\d:\d\d:\d\d INFO     app\.db\.pool  message"),
        (60, r"\d\d:\d\d:\d\d I app\.db\.pool  message"),
        (59, r"\d\d:\d\d:\d\d I a\.d\.pool message"),
        (52, r"\d\d:\d\d:\d\d I a\.d\.pool message"),
        (50, r"\d\d:\d\d:\d\d I message"),
    ],
)
def test_what_goes_as_it_narrows(width: int, pattern: str) -> None:
    """Source, date, milliseconds, the logger's length, the level's letters, the logger."""
    (line,) = columns(fields(), width)
    assert re.fullmatch(pattern, line.text)
    assert (line.aside == "file.py:12") == (width >= 132)


def test_a_level_without_a_name_has_the_letter_of_the_one_below() -> None:
    """The name that `logging` invents begins with the same letter for all such levels."""
    letters = [columns(fields(level_name=f"Level {number}"), 60)[0].text[9] for number in (1, 15, 25, 35, 101)]
    assert letters == ["T", "D", "N", "W", "L"]


def test_a_narrow_record_is_a_head_line_and_its_message() -> None:
    """Below 50 columns the message stands under the rest, indented."""
    head, message = columns(fields(), 40)
    assert re.fullmatch(r"\d\d:\d\d:\d\d I app\.db\.pool", head.text)
    assert message == StyledLine("  message", (), 2)


def test_a_narrow_record_without_columns_has_no_head_line() -> None:
    """Where only the message is asked for, it is all there is."""
    assert [line.text for line in columns(fields(columns=("message",)), 40)] == ["message"]


def test_further_lines_stand_under_the_message() -> None:
    """Of the message and of the traceback; the fields come after the message's last line."""
    record = fields("one\ntwo", extras=(("user", "ann"), ("note", "two words")), trace="Traceback\nValueError: odd")
    first, *rest = columns(record, 100)
    start = first.column
    assert start is not None
    assert [line.text for line in rest] == [
        " " * start + text for text in ('two  user=ann  note="two words"', "Traceback", "ValueError: odd")
    ]
    assert all(line.column == start for line in rest)


def test_a_file_has_no_width_and_no_indents() -> None:
    """Further lines begin in the first column, as tools that read them expect."""
    first, *rest = columns(fields("one\ntwo", trace="Traceback\n  File"), None)
    assert first.text.endswith("one")
    assert [line.text for line in rest] == ["two", "Traceback", "  File"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("ann", "ann"), ("two words", '"two words"'), ("", '""'), ("a\nb", "a\\nb"), (1, "1"), ("\x1b[2J", None)],
)
def test_extras(value: object, shown: str | None) -> None:
    """A field is one word, or quoted, and on one line; no control gets through."""
    (line,) = columns(fields(extras=(("key", str(value)),)), None)
    assert "\x1b" not in line.text
    assert shown is None or line.text.endswith(f"message  key={shown}")


@given(st.text("ab.", max_size=40), st.integers(1, 25))
def test_a_logger_is_abbreviated_to_its_column(name: str, cells: int) -> None:
    """It fits and keeps its last letter, and names that fit are unchanged."""
    short = abbreviate(name, cells)
    assert len(short) <= cells
    assert short[-1:] == name[-1:] or cells == 1
    assert len(name) > cells or short == name


def test_milliseconds_are_those_of_the_time() -> None:
    """Cut, not rounded: no record is from the next second."""
    for moment, expected in ((0.0, "000"), (0.25, "250"), (0.9999, "999"), (-0.5, "500")):
        (line,) = columns(fields(time=moment), 96)
        assert line.text[8:12] == f".{expected}"


# -- records that lack something, and untrusted ones -------------------------------------------------------------------


def bare(message: str = "message", **others: Any) -> LogRecord:
    """A record that is nothing but a message."""
    return LogRecord(None, 0, "", "", message)._replace(**others)


@pytest.mark.parametrize("width", [132, 110, 96, 84, 72, 60, 50])
def test_what_a_record_lacks_is_blank(width: int) -> None:
    """Its columns stay where they are."""
    (full,), (line,) = columns(fields(), width), columns(bare(), width)
    assert line.column == full.column
    assert line.text == " " * (full.column or 0) + "message"


def test_a_head_line_of_nothing_is_left_out() -> None:
    """A narrow record that is nothing but a message is that message."""
    assert columns(bare(), 40) == [StyledLine("  message", (), 2)]


def test_extras_without_a_message_stand_in_its_place() -> None:
    """Without blanks before the first."""
    (line,) = columns(bare("", extras=(("a", "1"), ("b", '{"c": 2}'))), 80)
    assert line.text[line.column or 0 :] == 'a=1  b={"c": 2}'


def test_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time as it is in UTC; a time that no calendar has is dashes."""
    (line,) = columns(fields(), 132, utc=True)
    assert line.text.startswith("2023-11-14 22:13:20.250 ")
    (line,) = columns(fields(time=1e300), 132, utc=True)
    assert line.text.startswith("---------- --:--:--.")


def test_decimal_fractions_are_those_that_were_written() -> None:
    """A fraction that no float holds exactly is not shown a millisecond short."""
    for number in range(1000):
        (line,) = columns(fields(time=1_679_667_976 + number / 1000), 96, utc=True)
        assert line.text[8:12] == f".{number:03}"


@pytest.mark.parametrize(
    "evil", ["\x1b[2J\x1b]0;t\x07", "over\rwritten", "back\b\b\bspace", "\u202eright", "two\nlines", "\x9b1m"]
)
def test_nothing_acts_in_a_column(evil: str) -> None:
    """No name, value, logger, level or source overwrites, moves, colours or breaks a line."""
    record = bare("m", logger=evil, level_name=evil, source=evil, extras=((evil, evil),), time=0.0)
    for width in (None, 140, 60, 40):
        lines = columns(record, width)
        assert len(lines) == (2 if width == 40 else 1)
        text = "".join(line.text + line.aside for line in lines)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", text)
        for word in re.findall(r"[a-z]{4,}", evil):
            assert text.count(word) >= 2


def test_long_names_are_cut_soon() -> None:
    """However long a logger or a source is, its end is shown, and that takes no time."""
    for name in ("a." * 200_000 + "end", "é" * 200_000 + "end"):
        (line,) = columns(bare(logger=name, source=name), 140)
        assert line.text.split()[0].endswith("end")
        assert line.aside.endswith("end")
        assert cells(line.aside) <= 32
    many = tuple((f"name{number}", "value") for number in range(20_000))
    assert len(columns(bare(extras=many), 80)) == 1


@given(_FIELDS, st.sampled_from(WIDTHS), st.one_of(st.none(), st.sampled_from(WIDTHS)))
def test_the_body_is_the_same_at_every_width(record: LogRecord, width: int, other: int | None) -> None:
    """So an offset in it is a place that no change of width moves."""
    assert body(record, width) == body(record, other)


def body(record: LogRecord, width: int | None) -> str:
    """Message, extras and trace, as the lines of a width have them."""
    found = ""
    for line in sheet(record, width):
        if line.body < len(line.styled.text) or not line.styled.text:
            assert line.start == len(found) + (1 if found else 0) or line.start >= len(found)
        found = found.ljust(line.start, "\n") + line.styled.text[line.body :]
    return found.rstrip("\n")


# -- themes ------------------------------------------------------------------------------------------------------------

THEME = make_theme("all", {name: f"color{number + 20}" for number, name in enumerate(NAMES)}, 256)


def appearance(line: StyledLine) -> list[str]:
    """Each part of a line that has a style, after the name that a theme has for it."""
    names = {style.sgr: name for name, style in THEME.styles.items()}
    return [f"{names[style.sgr]} {line.text[start:end]}" for start, end, style in line.spans]


def test_columns_have_the_looks_of_a_theme() -> None:
    """Time, level, logger and extras look as the theme says; the message is looked into, and has its level's tint."""
    record = fields("took 5 ms", level=40, level_name="ERROR", extras=(("user", "ann"),), trace="Trace\n  x", time=0.0)
    first, *trace = columns(record, 132, utc=True, theme=THEME)
    assert appearance(first) == [
        *("time 1970-01-01 00:00:00.000", "level.error ERROR", "logger app.db.pool"),
        *("message.error took ", "number 5 ms", "extra.key user=", "extra.value ann"),
    ]
    assert [appearance(line) for line in trace] == [["trace Trace"], ["trace   x"]]
    drawn = LineRenderer(132, RenderOptions(appearance=Appearance(theme=THEME))).item(record)
    assert f"\x1b[{THEME.styles['source'].sgr}mfile.py:12\x1b[0m" in drawn


def test_a_message_with_colours_of_its_own_keeps_them() -> None:
    """Nothing is looked for in it, and it has no tint."""
    (line,) = columns(bare("\x1b[35mown\x1b[0m 12 ms", level=40), 80, theme=THEME)
    assert [(line.text[start:end], style.sgr) for start, end, style in line.spans] == [("own", "35")]


def test_a_message_without_a_level_has_no_tint() -> None:
    """Also where a theme tints the lowest level."""
    assert appearance(columns(bare("words"), 80, theme=THEME)[0]) == []


def test_a_users_rule_counts_in_the_body() -> None:
    """It applies to message, extras and traceback, over their styles, and not to the columns before them."""
    theme = THEME._replace(rules=((re.compile(r"INFO|user=ann|took 5|KeyError"), Style("9")),))
    lines = columns(fields("it took 5 ms", extras=(("user", "ann"),), trace="KeyError"), 132, theme=theme)
    struck = [line.text[start:end] for line in lines for start, end, style in line.spans if style.sgr == "9"]
    assert struck == ["took 5", "user=ann", "KeyError"]


@given(_FIELDS, st.one_of(st.none(), st.sampled_from(WIDTHS)), st.sampled_from([None, "host"]))
def test_a_theme_changes_no_text(record: LogRecord, width: int | None, host: str | None) -> None:
    """Lines are the same but for their spans, which ascend, do not overlap, and are never empty or plain."""
    bare_lines, lines = columns(record, width), columns(record, width, theme=THEME, host=host)
    assert [line._replace(spans=()) for line in lines] == [line._replace(spans=()) for line in bare_lines]
    for line in lines:
        ends = [0]
        for start, end, style in line.spans:
            assert ends[-1] <= start < end <= len(line.text)
            assert style != PLAIN
            ends.append(end)


def test_links_in_records() -> None:
    """Addresses and files in messages, extras and traces are links, and say where they lead."""
    record = fields(
        "see https://a.b/c", extras=(("file", "/etc/x.py:7"), ("n", "1/2")), trace='File "/usr/lib/x.py", line 3'
    )
    lines = columns(record, 132, theme=THEME, host="box")
    links = [(line.text[start:end], style) for line in lines for start, end, style in line.spans if style.link]
    assert [(text, style.link.split(";", 1)[1]) for text, style in links] == [
        ("https://a.b/c", "https://a.b/c"),
        ("/etc/x.py:7", "file://box/etc/x.py#7"),
        ("/usr/lib/x.py", "file://box/usr/lib/x.py"),
    ]
    assert not any(style.link for line in columns(record, 132, theme=THEME) for *_, style in line.spans)


# -- pictures ----------------------------------------------------------------------------------------------------------

PICTURES = DATA_DIR / "columns"


def picture(width: int) -> str:
    """The records as a terminal of a width shows them, without colours."""
    text = (PICTURES / "records.log").read_text(encoding="utf-8")
    rows = []
    for line in text.splitlines():
        for record in (each for found in read_records(line) for each in columns(found, width, utc=True)):
            laid = lay_out(record, width, cells(record.text[: record.column]))
            drawn = [" " * row.indent + row.text for row in laid]
            gap = aside_gap(record, laid[0], width)
            if gap:
                drawn[0] += " " * gap + record.aside
            rows += drawn
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("width", [160, 120, 100, 80, 60, 45, 30])
def test_pictures(width: int) -> None:
    """The records look as in the picture of that width, and no row is wider."""
    drawn = picture(width)
    assert drawn == (PICTURES / f"{width}.txt").read_text(encoding="utf-8")
    assert all(cells(row) <= width for row in drawn.splitlines())


def test_every_field_is_in_the_pictures() -> None:
    """Each message, extra and trace at every width; time, level, logger and source where there is room."""
    records = [
        each
        for line in (PICTURES / "records.log").read_text(encoding="utf-8").splitlines()
        for each in read_records(line)
    ]
    assert len(records) >= 24
    for width in (160, 30):
        shown = squeezed(picture(width))
        for record in records:
            for text in (
                *record.message.split("\n"),
                *record.trace.split("\n"),
                *(name + "=" for name, _ in record.extras),
            ):
                assert squeezed(sanitize(text)[0]) in shown
            assert width < 160 or (record.level_name in shown and record.logger[-2:] in shown)
            assert width < 160 or record.source[-8:] in shown or len(record.message) + len(record.extras) > 9


if __name__ == "__main__":
    for each in (160, 120, 100, 80, 60, 45, 30):
        (PICTURES / f"{each}.txt").write_text(picture(each), encoding="utf-8")


def test_in_the_message_of_a_record_nothing_overwrites() -> None:
    """Carriage returns, backspaces and moves are marks, in extras too."""
    (line,) = columns(bare("secret\rok\x1b[1G\b", extras=(("key", "a\bb"),)), 120)
    assert "secret␍ok␛[1G␈" in line.text
    assert "a␈b" in line.text


@pytest.mark.parametrize(
    ("words", "sgr"),
    [
        ("bold yellow", "1;33;7"),
        ("", "7"),
        ("bold color47", "1;38;5;47;7"),
        ("bold reverse", "1;7"),
        ("white on red", "37;41"),
        ("white on #af0000", "37;48;5;124"),
    ],
)
def test_one_letter_of_a_warning_is_a_mark(words: str, sgr: str) -> None:
    """Where a level is one letter, that of a warning or of more is reversed, unless it stands out already."""
    theme = make_theme("mine", {"level.warning": words, "level.info": "green"}, 256)
    record = LogRecord(None, 30, "WARNING", "", "m")
    narrow, wide = (columns(record, width, theme=theme)[0].spans for width in (60, 160))
    assert [style.sgr for _, _, style in narrow] == [sgr]
    assert [style for _, _, style in wide] == ([theme.styles["level.warning"]] if words else [])
    quiet = columns(record._replace(level=20, level_name="INFO"), 60, theme=theme)[0].spans
    assert [style.sgr for _, _, style in quiet] == ["32"]
