"""Screen: highlighted matches, status row, cursor position."""

from __future__ import annotations

import re
from typing import Any

import pytest
from support.slow_viewer import without_styles
from support.texts import Memory, SmallBlocks, Ticks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import ScreenFrame, Size
from reflowlog.pager import filter
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.folds import Folds
from reflowlog.pager.help import help_rows
from reflowlog.pager.match_index import Budget, NotReady
from reflowlog.pager.screen import compose
from reflowlog.pager.seeking import advance
from reflowlog.pager.state import Goto, PagerState, Save
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import update
from reflowlog.render.options import RenderOptions
from reflowlog.text.clean.cells import cells
from reflowlog.text.parse.tracebacks import OPEN, WHOLE

NUMBERS = b"".join(b"line %d\n" % number for number in range(1, 101))


class Shown:
    """A viewer over a context."""

    def __init__(
        self,
        data: bytes,
        size: tuple[int, int] = (70, 6),
        settings: PagerOptions | None = None,
        budget: Budget | None = None,
        **options: Any,
    ) -> None:
        self.text = Memory(data)
        self.context = PagerContext(
            SmallBlocks(self.text), Size(*size), settings or PagerOptions(), budget or patient(), **options
        )
        self.viewer = PagerState()

    def handle_key(self, *keys: str) -> Shown:
        """Keys; one that is longer than a character and no name is typed letter by letter."""
        for key in keys:
            for name in [key] if len(key) == 1 or key[0].isupper() else key:
                self.viewer, _ = update(self.viewer, Key(name), self.context)
        return self

    def screen(self, facts: StatusFacts | None = None) -> ScreenFrame:
        return compose(self.viewer, self.context, facts or StatusFacts())

    def status(self, facts: StatusFacts | None = None) -> list[str]:
        """Return the parts of the status row."""
        row = without_styles(self.screen(facts).rows[-1])
        assert cells(row) == self.context.size.columns
        return [part.strip() for part in row.split("  ") if part.strip() and part.strip() != "h help"]


def test_where_one_is() -> None:
    """The lines on the screen, all lines, and how far that is."""
    shown = Shown(NUMBERS)
    assert shown.status(StatusFacts("app.log")) == ["app.log", "1-5 of 100", "4%"]
    assert shown.handle_key("d").status() == ["3-7 of 100", "6%"]
    assert shown.handle_key(":", "100", "Enter").status() == ["96-100 of 100", "end"]
    assert shown.handle_key("G").status() == ["96-100 of 100", "following"]
    assert Shown(b"").status() == ["empty"]
    assert Shown(b"one").status() == ["1 of 1", "end"]


def test_what_is_filtered_and_searched() -> None:
    """The patterns, how many there are, and which of them one is at."""
    shown = Shown(NUMBERS)
    shown.handle_key("&", "5", "Enter")
    assert shown.status() == ["5-45 of 100", "44%", "&5: 19"]
    shown.handle_key("/", "55|65", "Enter")
    assert shown.status()[2:] == ["&5: 19", "/55|65: 1 of 2"]
    shown.handle_key("?", "5$", "Enter")
    assert shown.status()[3].startswith("?5$: ")
    shown.handle_key("U", "&", "!5", "Enter", "l", "error", "Enter")
    assert shown.status() == ["no record has a level", "nothing to show", "!5 level error+: 0", "?5$: 0"]


@pytest.mark.parametrize(
    ("folds", "expected"),
    [
        (Folds(), []),
        (Folds(OPEN, True), ["folded: repeats"]),
        (Folds(WHOLE), ["folded: tracebacks"]),
        (Folds(WHOLE, True), ["folded: tracebacks repeats"]),
    ],
)
def test_what_is_folded_everywhere(folds: Folds, expected: list[str]) -> None:
    """The kinds are in one part of the status row."""
    shown = Shown(b"one")
    shown.viewer = shown.viewer._replace(folds=folds)
    assert shown.status()[2:] == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"one\ntwo\n", ["no record has a level"]),
        (b"one\ntwo", ["no record has a level"]),
        (b"one\nINFO two\n", []),
        (b'{\n "level": "info"\n}\n', []),
        (b"one\n" * 2000, ["none of the first 1,000 lines has a level"]),
        (b"one " * 20_000 + b"\ntwo\n", ["its first line has no level"]),
    ],
)
def test_a_log_without_levels_is_told_of(data: bytes, expected: list[str]) -> None:
    """A minimum level that removes everything may be one that no record has; as far as was looked."""
    shown = Shown(data, (120, 6)).handle_key("l", "error", "Enter")
    assert shown.status() == [*expected, "nothing to show", "level error+: 0"]


def test_why_a_document_is_empty() -> None:
    """The caller may know a reason."""
    assert Shown(b"", settings=PagerOptions(empty="nothing since 12:00")).status() == ["nothing since 12:00"]
    awaited = Shown(b"", settings=PagerOptions(awaited="no input yet"))
    assert awaited.status() == ["no input yet"]
    assert awaited.status(StatusFacts(live=False)) == ["empty", "input ended"]


def test_an_error_that_is_no_hit_has_no_number() -> None:
    """After a jump to an error the search says how many hits there are, not that this is one."""
    shown = Shown(b"foo\nERROR bar\nfoo\n").handle_key("/", "foo", "Enter")
    assert "/foo: 1 of 2" in shown.status()
    assert "/foo: 2" in shown.handle_key("e").status()


def test_an_error_that_was_jumped_to_is_lit() -> None:
    """Its first row, and nothing else, also where it was on the screen already; until one jumps elsewhere."""
    shown = Shown(b"a foo\nERROR bar\n  foo\nWARNING baz\n").handle_key("/", "foo", "Enter", "e")
    assert shown.screen().rows[:4] == [
        "a \x1b[7mfoo\x1b[0m",
        "\x1b[30;43mERROR bar\x1b[0m",
        "  \x1b[7mfoo\x1b[0m",
        "WARNING baz",
    ]
    assert "\x1b[30;43mWARNING baz\x1b[0m" in shown.handle_key("w").screen().rows
    assert "WARNING baz" in shown.handle_key("n").screen().rows


def test_what_else_there_is_to_say() -> None:
    """Modes, rates, counting, pending operations and messages."""
    shown = Shown(NUMBERS, (100, 6))
    shown.handle_key("S", "Right", "r", "=")
    assert shown.status(StatusFacts(rate=1234.5, counted=0.25)) == [
        "line 1 of 100, byte 0 of 792",
        "1-5 of 100",
        "4%",
        "unwrapped +50",
        "raw",
        "1,234 lines/s",
        "counting 25%",
    ]
    shown.viewer = PagerState(pending=Goto(41))
    assert "going to line 42" in shown.status()
    shown.viewer = PagerState(saving=Save("x", written=7))
    assert "saved 7 lines" in shown.status()
    shown.viewer = PagerState()
    assert shown.handle_key("m").status() == ["mark: a letter"]
    assert shown.handle_key("a", "'").status() == ["go to the mark: a letter"]
    count = len(help_rows(100, 5))
    assert shown.handle_key("a", "h").status() == [f"help 1-5 of {count}: j k scroll", "q leaves the help"]


def test_hits_are_lit() -> None:
    """All hits on the screen are lit, those in the line that was gone to brightly; filters light, too."""
    shown = Shown(b"a foo b foo\nfoo\nbar\n").handle_key("/", "foo", "Enter")
    rows = shown.screen().rows
    assert rows[0] == "a \x1b[30;43mfoo\x1b[0m b \x1b[30;43mfoo\x1b[0m"
    assert rows[1] == "\x1b[7mfoo\x1b[0m"
    assert rows[2] == "bar"
    assert Shown(b"bar foo\n").handle_key("&", "foo", "Enter").screen().rows[0] == "bar \x1b[7mfoo\x1b[0m"
    assert Shown(b"bar\n").handle_key("&", "!foo", "Enter").screen().rows[0] == "bar"


def test_a_line_that_grows_is_lit_anew() -> None:
    """Matches in text appended to the last line are highlighted."""
    shown = Shown(b"a foo b").handle_key("/", "foo", "Enter")
    shown.screen()
    shown.text.data += b" foo"
    assert shown.screen().rows[0].count("foo\x1b[0m") == 2
    shown.text.data += b" foo\n"
    assert shown.screen().rows[0].count("foo\x1b[0m") == 3


def test_lights_that_come_later() -> None:
    """While matches are unknown, the text is shown without them."""

    def spans(pattern: Any, text: str) -> list[tuple[int, int]]:
        raise NotReady

    shown = Shown(b"foo\n", spans=spans).handle_key("/", "foo", "Enter")
    assert shown.screen().rows[0] == "foo"
    assert shown.viewer.hit is not None


def test_a_prompt_takes_the_status_row() -> None:
    """The cursor stands where the next letter goes; on a screen of one row there is the prompt alone."""
    shown = Shown(NUMBERS).handle_key("/", "x", "y", "Left")
    screen = shown.screen()
    assert (screen.rows[-1], screen.cursor, len(screen.rows)) == ("/xy", (2, 5), 6)
    assert Shown(NUMBERS).screen().cursor is None
    shown.context.size = Size(70, 1)
    assert shown.screen() == ScreenFrame(["/xy"], (2, 0))


def test_the_help_takes_the_screen() -> None:
    """As many rows as the screen has, at any size."""
    for size in ((80, 24), (20, 5), (1, 1), (3, 2)):
        shown = Shown(NUMBERS, size).handle_key("h")
        rows = shown.screen().rows
        assert len(rows) == size[1]
        assert all(cells(without_styles(row)) <= size[0] for row in rows)
    assert "one row" in Shown(NUMBERS, (80, 24)).handle_key("h").screen().rows[0]


@pytest.mark.parametrize("columns", [1, 2, 5, 30, 40, 70])
def test_another_width_than_the_terminals(columns: int) -> None:
    """Rows laid out for more columns than the terminal has are cut at the edge, with styles and matches."""
    data = b"\x1b[31mthe red words and\x1b[0m some more of them in a line\n" + "日本語 ".encode() * 20 + b"\n"
    shown = Shown(data, (columns, 12), PagerOptions(RenderOptions(width=40))).handle_key("/", "red", "Enter", "G")
    rows = shown.screen().rows[:-1]
    assert all(cells(without_styles(row)) <= columns for row in rows)
    wide = [
        without_styles(row)
        for row in Shown(data, (200, 12), PagerOptions(RenderOptions(width=40))).handle_key("G").screen().rows[:-1]
    ]
    assert all(whole.startswith(without_styles(row)) for row, whole in zip(rows, wide))


def test_a_search_in_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status row shows the progress of a filter; at the end of the document the rows stay."""
    monkeypatch.setattr(filter, "MARGIN_BYTES", 100)
    ticks = Ticks()

    def match(pattern: Any, data: bytes) -> list[int]:
        ticks.tick()
        found: list[int] = pattern.matching(data)
        return found

    shown = Shown(b"foo\n" + b"x\n" * 400 + b"foo\n", budget=Budget(ticks), match=match)
    shown.context.budget.restart(1)
    shown.handle_key("G", "&", "foo", "Enter")
    rows = [without_styles(row) for row in shown.screen().rows]
    assert rows[:5] == ["", "", "", "", "foo"]
    assert shown.context.incomplete
    assert re.fullmatch(r"&foo: \d\+ \(\d+%\)", shown.status()[-1])
    shown.context.budget.restart(1000)
    assert shown.screen().rows[:3] == ["\x1b[7mfoo\x1b[0m", "\x1b[7mfoo\x1b[0m", ""]
    assert not shown.context.incomplete


@pytest.mark.parametrize("size", [(40, 10), (20, 5), (12, 8), (40, 2)])
def test_messages_are_whole_on_narrow_screens(size: tuple[int, int]) -> None:
    """A message that is wider than the screen takes rows from the log until the next key."""
    shown = Shown(NUMBERS, size).handle_key("/", "nosuchPattern", "Enter")
    rows = [without_styles(row) for row in shown.screen().rows]
    assert len(rows) == size[1]
    note = [row for row in rows if not row.startswith("line ")]
    assert " ".join(" ".join(note).split()) == "no match: capitals count, small letters match both"
    assert rows[: size[1] - len(note)] == [f"line {number}" for number in range(1, size[1] - len(note) + 1)]
    assert len(shown.handle_key("k").screen().rows) == size[1]
    assert without_styles(shown.screen().rows[-2]) == f"line {size[1] - 1}"


def test_a_screen_of_one_row_shows_messages() -> None:
    """In place of the log, until the next key."""
    shown = Shown(NUMBERS, (30, 1)).handle_key("X")
    assert [without_styles(row).strip() for row in shown.screen().rows] == ["X does nothing here: h shows"]
    assert shown.handle_key("j").screen().rows == ["line 2"]


def test_filters_stay_in_a_narrow_status_row() -> None:
    """The number of filters and of shown lines, where their text does not fit; the file without its folder."""
    shown = Shown(NUMBERS, (38, 6)).handle_key("&", "line", "Enter", "&", "!99999", "Enter", "/", "line 5", "Enter")
    assert shown.status()[-2:] == ["&2: 100", "/: 1 of 11"]
    facts = StatusFacts("/var/log/some/where/app.log")
    assert Shown(NUMBERS, (38, 6)).status(facts) == ["app.log", "1-5 of 100", "4%"]


def test_a_narrow_help_says_how_it_scrolls() -> None:
    """At 40 columns there is no room for the position in it."""
    assert Shown(NUMBERS, (40, 10)).handle_key("h").status() == ["j k scroll", "q leaves the help"]
    assert Shown(NUMBERS, (20, 10)).handle_key("h").status() == ["q leaves the help"]
    assert " ".join(Shown(NUMBERS, (20, 10)).handle_key("h", "x").status()) == "help"
    assert Shown(NUMBERS, (60, 10)).handle_key("h", "x").status()[0] == "x does nothing here: q leaves the help"


def test_counts_of_filters_are_those_of_matches() -> None:
    """Records shown as context around matches do not count, at any width."""
    for width, count in ((60, "&line 5: 11 context 2"), (22, "&1: 11")):
        shown = Shown(NUMBERS, (width, 6)).handle_key("&", "line 5", "Enter", "]", "]", "Escape")
        shown.screen()
        shown.viewer = advance(shown.viewer, shown.context)._replace(message="")
        assert count in shown.screen().rows[-1]
