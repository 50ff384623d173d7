"""Detail of a record: rows at every width, moving in it, and what its keys do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.slow_viewer import without_styles
from support.strategies import nasty
from support.texts import Memory, SmallBlocks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.core.records import Anchor, Style
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.detail import Detail, DetailState, DetailView
from reflowlog.pager.detail_keys import comparison_with
from reflowlog.pager.records import MAX_RECORD_BYTES, DocumentRecord
from reflowlog.pager.screen import compose
from reflowlog.pager.state import Copy, LoggerLevel, PagerState
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import interrupt, update
from reflowlog.render.options import RenderOptions
from reflowlog.text.clean.cells import cells
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.layout.record_detail import DetailField, record_detail

RECORD = (
    '{"time":"2026-01-31T12:30:05Z","level":"error","msg":"it failed for the third time in a row","pid":7,'
    '"user":{"id":42,"name":"Ada Lovelace of Marylebone"},"a_name_that_is_much_longer_than_most":"x"}'
)


class Shown:
    """Viewer of a log without a terminal."""

    def __init__(self, data: bytes | str, size: tuple[int, int] = (80, 24)) -> None:
        self.text = Memory(data.encode() if isinstance(data, str) else data)
        options = PagerOptions(RenderOptions(appearance=Appearance(utc=True)))
        self.context = PagerContext(SmallBlocks(self.text), Size(*size), options, patient())
        self.state = PagerState()
        self.effects: list[Any] = []

    def press(self, *names: str) -> Shown:
        for name in names:
            self.state, effect = update(self.state, Key(name), self.context)
            if effect is not None:
                self.effects.append(effect)
        return self

    def resize(self, columns: int, rows: int) -> Shown:
        self.context.size = Size(columns, rows)
        return self

    @property
    def screen(self) -> list[str]:
        rows = [without_styles(row).rstrip() for row in compose(self.state, self.context, StatusFacts()).rows]
        assert len(rows) == self.context.size.rows
        return rows

    @property
    def rows(self) -> list[str]:
        """The rows above the status row, without blank ones at the end."""
        rows = self.screen[:-1]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def field(self) -> str:
        """Path, or name, of the chosen field."""
        assert self.state.detail is not None
        view = self.context.detail_view(self.state.detail.offset)
        assert view is not None
        field = view.field_of(self.state.detail)
        return field.path or field.name


def view_of(lines: list[str], width: int) -> DetailView:
    """Return the view of a record at a width."""
    fields = record_detail(lines, utc=True)
    return DetailView(Detail(DocumentRecord(0, 0, b""), fields), width, Appearance())


def drawn(view: DetailView, rows: Any, chosen: int = -1) -> list[str]:
    """Return rows as text, without styles."""
    return [without_styles(view.draw(row, chosen, Style("2"), Style("7"))) for row in rows]


# -- rows --------------------------------------------------------------------------------------------------------------


def test_wide_values_stand_beside_their_names() -> None:
    """Values hang under themselves; a name too long for the column stands above its value."""
    view = view_of([RECORD], 60)
    assert drawn(view, view.below(Anchor(0, 0)), 0)[:15] == [
        "> time     2026-01-31 12:30:05.000+00:00",
        "  level    ERROR",
        "  message  it failed for the third time in a row",
        "  pid      7",
        "  user     {",
        '             "id": 42,',
        '             "name": "Ada Lovelace of Marylebone"',
        "           }",
        "  a_name_that_is_much_longer_than_most",
        "           x",
        '  line     {"time":"2026-01-31T12:30:05Z","level":"error",',
        '           "msg":"it failed for the third time in a',
        '           row","pid":7,"user":{"id":42,"name":"Ada Lovelace',
        '           of Marylebone"},"a_name_that_is_much_longer_than_',
        '           most":"x"}',
    ]


def test_narrow_names_stand_above_their_values() -> None:
    """Below 44 columns, where 24 are not left to values beside them; values are indented under their names."""
    wide = view_of([RECORD], 36)
    assert "  level    ERROR" in drawn(wide, wide.below(Anchor(0, 0)), 2)
    view = view_of([RECORD], 30)
    assert drawn(view, view.below(Anchor(0, 0)), 2)[:13] == [
        "  time",
        "    2026-01-31",
        "    12:30:05.000+00:00",
        "  level",
        "    ERROR",
        "> message",
        "    it failed for the third",
        "    time in a row",
        "  pid",
        "    7",
        "  user",
        "    {",
        '      "id": 42,',
    ]


lines = st.one_of(
    nasty.map(lambda text: text.replace("\n", " ")),
    st.dictionaries(st.text("ab.c", min_size=1, max_size=40), st.one_of(nasty, st.integers(), st.none())).map(
        lambda data: json.dumps({"level": "info", "message": "m", **data}, ensure_ascii=False)
    ),
)


@given(st.lists(lines, min_size=1, max_size=3), st.integers(1, 120))
@example([RECORD], 1)
def test_rows_fit_every_width_and_lose_nothing(texts: list[str], width: int) -> None:
    """No row is wider than the screen, and the rows of a line hold all of its text."""
    view = view_of(texts, width)
    rows = list(view.below(Anchor(0, 0)))
    for row in rows:
        shown = without_styles(view.draw(row, row.field, Style("2"), Style("7")))
        assert cells(re.sub("\x1b]8;.*?\x1b\\\\", "", shown)) <= width
    assert [row.anchor for row in rows] == sorted({row.anchor for row in rows})
    for row in rows:
        assert next(view.below(row.anchor)) == row
    for number, row in enumerate(rows[1:], 1):
        assert next(view.above(row.anchor)) == rows[number - 1]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("step"), st.sampled_from([1, -1])),
        st.tuples(st.just("scroll"), st.integers(-30, 30)),
        st.tuples(st.just("choose"), st.integers(-1, 30)),
        st.tuples(st.just("size"), st.tuples(st.integers(1, 100), st.integers(1, 20))),
    ),
    max_size=15,
)


@given(st.lists(lines, min_size=1, max_size=2), steps)
@settings(max_examples=60)
def test_the_chosen_field_is_on_the_screen(texts: list[str], steps: list[tuple[str, Any]]) -> None:
    """After any keys and sizes; the screen is full if there are rows to fill it."""
    width, height = 60, 10
    state = DetailState(0)
    for what, value in [*steps, ("step", 1)]:
        view = view_of(texts, width)
        if what == "size":
            width, height = value
            view = view_of(texts, width)
        elif what == "choose":
            state = view.choose(state, value, height)
        elif what == "scroll" and value:
            state = view.scroll(state, value, height)
        elif what == "step":
            state = view.step(state, value, height)
        shown = view.window(state, height)
        assert 0 <= state.field < len(view.detail.fields)
        assert any(row.field == view.field_number(state) for row in shown)
        total = len(list(view.below(Anchor(0, 0))))
        assert len(shown) == min(height, total)


def test_every_row_is_reached_with_one_key() -> None:
    """Down shows every row, also of values taller than the screen; Up goes back to the start."""
    text = json.dumps({"level": "info", "message": "word " * 100, "b": "x" * 300, "c": {"d": "y" * 200}})
    view = view_of([text], 50)
    total = list(view.below(Anchor(0, 0)))
    seen: set[Any] = set()
    state = DetailState(0)
    for _ in range(200):
        seen |= {row.anchor for row in view.window(state, 4)}
        state = view.step(state, 1, 4)
    assert seen == {row.anchor for row in total}
    assert state.field == len(view.detail.fields) - 1
    for _ in range(200):
        state = view.step(state, -1, 4)
    assert (state.field, view.window(state, 4)[0].anchor) == (0, total[0].anchor)


def test_a_resize_keeps_the_position() -> None:
    """The character at the top stays there, and back at the first width everything is as it was."""
    shown = Shown(RECORD + "\n", (60, 8)).press("o", "G", "PageUp", "PageUp", "PageDown")
    before = shown.rows
    for size in ((30, 8), (100, 4), (20, 20), (1, 2)):
        shown.resize(*size)
        assert shown.screen
    assert shown.resize(60, 8).rows == before


# -- keys --------------------------------------------------------------------------------------------------------------

LOG = (
    "\n".join(
        [
            "2026-01-31 12:00:00 INFO app: start",
            '{"time":"2026-01-31T12:00:01Z","level":"info","msg":"got","status":200,"user":{"id":1}}',
            '{"time":"2026-01-31T12:00:02Z","level":"error","msg":"lost","status":500,"user":{"id":2}}',
            "2026-01-31 12:00:03 ERROR app: boom",
            "Traceback (most recent call last):",
            '  File "a.py", line 3, in f',
            "KeyError: 'x'",
            '{"time":"2026-01-31T12:00:04Z","level":"info","msg":"got","status":200,"user":{"id":2}}',
        ]
    )
    + "\n"
)


def test_it_opens_the_record_at_the_top_or_of_the_hit() -> None:
    """The hit counts if it is on the screen; a line of a traceback means its record."""
    assert Shown(LOG).press("o").rows[2].split() == ["logger", "app"]
    shown = Shown(LOG).press("/", *"KeyError", "Enter", "o")
    assert "KeyError: 'x'" in "\n".join(shown.rows)
    assert "boom" in shown.rows[3]
    assert Shown("").press("o").screen[-1].startswith(" there is no record to open")


@pytest.mark.parametrize("key", ["o", "q", "Escape"])
def test_it_is_left(key: str) -> None:
    """Back to the log as it was."""
    shown = Shown(LOG, (80, 6)).press("j")
    before = shown.rows
    assert shown.press("o").rows != before
    assert shown.press(key).rows == before
    assert shown.effects == []


def test_ctrl_c_leaves_it_and_q_quits() -> None:
    """As the help."""
    shown = Shown(LOG).press("o")
    after = interrupt(shown.state, shown.context)
    assert after is not None
    assert after.detail is None
    assert Shown(LOG).press("o", "Q").effects == ["quit"]


def test_filters_by_a_field() -> None:
    """`f` shows only records with the value, `x` those with another; U takes it back; the detail stays."""
    shown = Shown(LOG, (100, 5)).press("j", "o", "Down", "Down", "Down")
    assert shown.field == "status"
    shown.press("f")
    assert "only: status=200; U undoes it" in shown.screen[-1]
    assert shown.field == "status"
    shown.press("q")
    assert shown.rows == [row for row in LOG.split("\n") if "200" in row]
    shown.press("U", "g", "j", "o", "Down", "Down", "Down", "Down", "Down")
    assert shown.field == "user.id"
    shown.press("x")
    assert "not shown: user.id=1" in shown.screen[-1]
    shown.press("U", "q")
    assert shown.rows == LOG.split("\n")[1:5]


@pytest.mark.parametrize(
    ("record", "downs", "expected"),
    [
        ('{"time":"2024-03-08T10:15:30.123456789Z","msg":"m"}', 0, 'time="2024-03-08 10:15:30.123+00:00"'),
        ('{"level":"info","msg":"m","filename":"a.py","lineno":3}', 2, None),
        ('{"level":"info","msg":"m","a":{"b":[1]}}', 2, None),
    ],
)
def test_a_filter_by_a_field_shows_its_record(record: str, downs: int, expected: str | None) -> None:
    """What cannot be compared so that it holds for this record is not filtered by, and the message says so."""
    shown = Shown(f"{record}\n", (120, 8)).press("o", *["Down"] * downs, "f")
    tests = shown.state.criteria.tests
    assert [test.pattern.source for test in tests] == ([] if expected is None else [expected])
    if expected is None:
        assert "cannot be compared" in shown.screen[-1]
    assert shown.press("q").rows == [record]


def test_copies_a_field_or_the_record() -> None:
    """`y` the value as it is, `Y` and the line itself the record as it came."""
    shown = Shown(LOG).press("/", *"boom", "Enter", "o")
    shown.press("y", "Y", "End", "y")
    record = "\n".join(LOG.split("\n")[3:7]).encode()
    time = shown.press("g").rows[0].split(maxsplit=2)[2]
    assert shown.effects == [Copy(time.encode(), "time"), Copy(record, "the record"), Copy(record, "the record")]
    shown = Shown(LOG).press("y", "/", *"boom", "Enter", "y")
    first = LOG.split("\n")[0].encode()
    assert shown.effects == [Copy(first, "the record"), Copy(record, "the record")]


def test_the_start_of_a_record_is_copied_as_one() -> None:
    """Of a record that is longer than is read: it, its line, and the value that the cut goes through; not others."""
    shown = Shown(f"2026-01-02 12:00:00 INFO app: {'x' * MAX_RECORD_BYTES}\n", (80, 6)).press("y", "o", "y", "Y")
    shown.press("End", "y", "Up", "y")
    copies = [effect for effect in shown.effects if isinstance(effect, Copy)]
    assert [(copy.what, copy.is_whole) for copy in copies] == [
        ("the record", False),
        ("time", True),
        ("the record", False),
        ("the record", False),
        ("message", False),
    ]


def test_other_records_from_within() -> None:
    """Right and Left: the next and previous record that is shown, at the same field; it is on the screen after that."""
    shown = Shown(LOG, (80, 6)).press("j", "o", "End", "Up", "Right")
    assert shown.field == "user.id"
    assert "lost" in "\n".join(shown.press("g").rows)
    shown.press("Right", "Right")
    assert "this is the last record" in shown.press("Right").screen[-1]
    assert "record at line 8 of 8" in shown.press("j").screen[-1]
    shown.press("4", "Left")
    assert "record at line 1 of 8" in shown.screen[-1]
    assert "this is the first record" in shown.press("Left").screen[-1]
    shown.press("9", "Right", "q")
    assert "12:00:04" in "\n".join(shown.rows)


def test_hits_from_within() -> None:
    """n, N, e and E show the record of the hit; a search may be typed, too."""
    shown = Shown(LOG).press("o", "e")
    assert "record at line 3" in shown.screen[-1]
    shown.press("e")
    assert "record at line 4" in shown.screen[-1]
    shown.press("/", *"user", "Enter")
    assert "record at line 8" in shown.screen[-1]
    shown.press("N")
    assert "record at line 3" in shown.screen[-1]


def test_a_hit_from_within_is_on_the_screen() -> None:
    """Its field is chosen, and where that is long the line of the match is shown; `e` begins at the first field."""
    frames = "".join(f"\n  at frame {number}" for number in range(30))
    records = [
        {"time": "2026-01-31T12:00:00Z", "level": level, "msg": f"m{number}", "user": {"id": number}, "stack": stack}
        for number, (level, stack) in enumerate((("info", "none"), ("info", "Boom" + frames), ("error", "none")))
    ]
    shown = Shown("".join(json.dumps(record) + "\n" for record in records), (60, 8))
    shown.press("o", "/", *"frame 27", "Enter")
    assert shown.field in ("stack", "trace")
    assert any("at frame 27" in row for row in shown.rows)
    shown.press("q", "g", "o", "/", *"m1", "Enter")
    assert shown.field == "message"
    shown.press("e")
    assert shown.field == "time"
    long = Shown(json.dumps({"msg": " ".join(f"word{number}" for number in range(900))}) + "\n", (60, 8))
    long.press("o", "/", *"word555", "Enter")
    assert any("word555" in row for row in long.rows)


def test_it_survives_a_filter_that_hides_its_record() -> None:
    """The record stays; outside, what is shown after it is at the top."""
    shown = Shown(LOG, (100, 5)).press("j", "o", "Down", "Down", "Down", "x")
    assert "> status   200" in shown.rows
    assert "lost" in shown.press("q").rows[1]


def test_a_record_that_grows() -> None:
    """A traceback that arrives later is shown."""
    shown = Shown("12:00:00 ERROR boom\n").press("o")
    assert "trace" not in "\n".join(shown.rows)
    shown.text.data += b"Traceback (most recent call last):\n  File 1\nKeyError: 3\n"
    assert "KeyError: 3" in "\n".join(shown.rows)


def test_other_keys_say_that_they_do_nothing() -> None:
    """As outside; F1 shows the help, which goes back to the detail."""
    shown = Shown(LOG).press("o")
    before = shown.rows
    assert shown.screen[-1].endswith(" F1 help")
    assert "m does nothing here" in shown.press("m").screen[-1]
    assert shown.press("F1").rows != before
    assert shown.press("q").rows == before


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("status", "500", "status=500"),
        ("user", "Ada L", 'user="Ada L"'),
        ("m", 'a"b\\c', 'm="a\\"b\\\\c"'),
        ("path", "/api/.*", 'path="/api/.*"'),
        ("empty", "", 'empty=""'),
        ("time", "2026-01-31 12:00:00.000+00:00", 'time="2026-01-31 12:00:00.000+00:00"'),
        ("level", "ERROR", "level=ERROR"),
        ("a b", "x", None),
        ("", "x", None),
        ("long", "x" * 2000, None),
        ("half", "\ud800", None),
    ],
)
def test_comparisons(path: str, value: str, expected: str | None) -> None:
    """A comparison of the field with its value, or none where it cannot be typed."""
    assert comparison_with(DetailField(path, value, (value,), "value", path)) == expected


simple = st.one_of(st.integers(), st.booleans(), nasty, st.sampled_from(["a b", 'q"q', "\\", "500", "250ms", "=x", ""]))


@given(
    st.dictionaries(st.sampled_from(["user", "status", "http.code", "x-id"]), simple, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["id", "name"]), simple, max_size=2),
)
@settings(max_examples=80)
def test_a_comparison_holds_for_its_record(data: dict[str, Any], nested: dict[str, Any]) -> None:
    """Whatever the value is: `f` never hides the record that it was made of."""
    record = json.dumps({"level": "info", "message": "m", **data, "deep": nested})
    shown = Shown(record + "\n")
    detail = shown.context.detail_at(0)
    assert detail is not None
    for field in detail.fields:
        source = comparison_with(field)
        if source is not None and field.kind == "value" and not isinstance(nested.get(field.path), dict):
            assert shown.context.compile(source).matching(record.encode()) == [0], source


# -- levels of a program's loggers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("debug all", LoggerLevel(10, None)),
        ("debug app.db", LoggerLevel(10, "app.db")),
        ("15 root", LoggerLevel(15, "root")),
        ("debug this", LoggerLevel(10, "app")),
        ("reset", LoggerLevel(None)),
    ],
)
def test_l_in_a_program_also_changes_its_loggers(typed: str, expected: LoggerLevel) -> None:
    """A level and a logger; nothing is filtered by that. Elsewhere it is not a level."""
    shown = Shown(LOG)
    shown.context.settings = shown.context.settings._replace(has_loggers=True)
    shown.press("l", *typed, "Enter")
    assert shown.effects == [expected]
    assert shown.state.criteria.level is None
    elsewhere = Shown(LOG).press("l", *typed, "Enter")
    assert elsewhere.effects == []
    assert any("is not a level" in row for row in elsewhere.screen)


def test_l_in_a_program_is_the_least_level() -> None:
    """As elsewhere, with a hint where loggers may keep such records back."""
    shown = Shown(LOG, (120, 8))
    shown.context.settings = shown.context.settings._replace(has_loggers=True)
    shown.press("l", *"error", "Enter")
    assert (shown.effects, shown.state.criteria.level, shown.state.message) == ([], 40, "")
    shown.press("l", *"debug", "Enter")
    assert (shown.effects, shown.state.criteria.level) == ([], 10)
    assert "'debug all' or 'debug LOGGER' makes loggers log it" in shown.screen[-1]
    shown.press("l", *"nothing at all", "Enter")
    assert "is not a level" in shown.screen[-1]
