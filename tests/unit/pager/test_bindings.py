"""Key bindings, as far as a screen does not show them: prompts, messages, pending operations, leaving."""

from __future__ import annotations

from typing import Any

import pytest
from support.texts import Memory, SmallBlocks, Ticks, patient
from support.zones import set_zone

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.core.records import Anchor
from reflowlog.pager.bindings import is_opening_key
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.help import help_rows
from reflowlog.pager.match_index import Budget, NotReady
from reflowlog.pager.screen import compose
from reflowlog.pager.seeking import advance
from reflowlog.pager.state import Goto, PagerState, Save, Seek
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import interrupt, update
from reflowlog.render.options import RenderOptions
from reflowlog.text.highlight.appearance import Appearance

NUMBERS = b"".join(b"line %d\n" % number for number in range(1, 101))


def context_of(
    data: bytes, size: tuple[int, int] = (40, 6), budget: Budget | None = None, **options: Any
) -> PagerContext:
    """A context over a text."""
    return PagerContext(SmallBlocks(Memory(data)), Size(*size), PagerOptions(), budget or patient(), **options)


def typed(context: PagerContext, *keys: str, viewer: PagerState | None = None) -> PagerState:
    """The viewer after keys; one that is longer than a character and no name is typed letter by letter."""
    viewer = viewer or PagerState()
    for key in keys:
        for name in [key] if len(key) == 1 or key[0].isupper() else key:
            viewer, _ = update(viewer, Key(name), context)
    return viewer


def tops(context: PagerContext, viewer: PagerState) -> str:
    """Return the text of the first row."""
    context.sync(viewer)
    place = context.visible_rows_of(viewer)[0]
    return place.line.rows[place.number].text


def test_keys_that_open_it() -> None:
    """Any of its keys opens the viewer, but those that would leave it at once."""
    assert all(is_opening_key(Key(name)) for name in ("j", "/", "G", "h", "PageUp", "="))
    assert not any(is_opening_key(Key(name)) for name in ("q", "Q", "Ctrl-L", "x", "Ctrl-X", "Escape"))


def test_how_it_is_left() -> None:
    """`q` returns to inline mode, `Q` exits; both cancel pending work."""
    context = context_of(NUMBERS)
    assert update(PagerState(pending=Goto(7)), Key("q"), context) == (PagerState(), "back")
    assert update(PagerState(), Key("Q"), context) == (PagerState(), "quit")
    assert update(PagerState(), Key("Ctrl-L"), context) == (PagerState(), "redraw")


def test_keys_of_less_and_vim() -> None:
    """Keys of less with an equal action do it; for some others the message names the key that does."""
    context = context_of(NUMBERS)
    for key, same in ((">", "G"), ("<", "g"), ("Ctrl-N", "j"), ("Ctrl-V", "f"), ("Ctrl-G", "="), ("H", "h")):
        assert typed(context, key) == typed(context, same)
    assert typed(context, "5", "0", "p") == typed(context, "5", "0", "%")
    assert typed(context, ":", "$", "Enter") == typed(context, ":", "100", "Enter")._replace(past={":": ("$",)})
    for text, effect in (("q", "back"), ("q!", "back"), ("Q", "quit")):
        assert update(typed(context, ":", *text), Key("Enter"), context)[1] == effect
    assert typed(context, "-").message == "- does nothing here: S wraps lines; options are given at the start"


def test_keys_without_an_effect_say_so() -> None:
    """A mark that is no letter, no jump to go back from, the left edge, the most context."""
    context = context_of(NUMBERS)
    for keys, message in (
        (["m", "Up"], "Up is not a letter: a mark is one character"),
        (["'", "F5"], "F5 is not a letter: a mark is one character"),
        (["'", "'"], "there is no jump to go back from yet"),
        (["S", "Left"], "this is the left edge"),
        (["&", "1", "Enter", "]", *"999", "]", "]"], "999 records are the most"),
    ):
        assert typed(context, *keys).message == message
    assert typed(context, "m", "Escape") == PagerState()


def test_the_help() -> None:
    """Only q, Esc and h leave the help, and nothing else; Q quits; other keys scroll it or do nothing."""
    context = context_of(NUMBERS)
    assert typed(context, "h").help_row == 0
    for key in ("q", "Escape", "h", "F1"):
        assert update(typed(context, "F1"), Key(key), context) == (PagerState(), None)
    assert interrupt(typed(context, "h"), context) == PagerState()
    assert update(typed(context, "h"), Key("Q"), context)[1] == "quit"
    for key in ("x", "/", "&", "3", "n", "Ctrl-X"):
        message = f"{key} does nothing here: q leaves the help"
        assert typed(context, "h", key) == PagerState(help_row=0, message=message)


def test_the_help_scrolls() -> None:
    """As the document does, to its last row and no further."""
    context = context_of(NUMBERS, (40, 6))
    last = len(help_rows(40, 5)) - 5
    assert last > 10
    for keys, row in (("j", 1), ("jjk", 1), (" ", 5), ("G", last), ("Gk", last - 1), ("Gg", 0), ("Gj", last), ("k", 0)):
        assert typed(context, "h", *keys).help_row == row
    assert typed(context_of(NUMBERS, (80, 40)), "h", "j").help_row == 0


def test_control_keys_move_as_in_less_and_vim() -> None:
    """Each does what the letter does."""
    context = context_of(NUMBERS)
    start = typed(context, "5", "0", "G")
    for control, letter in (("F", "f"), ("B", "b"), ("D", "d"), ("U", "u"), ("E", "j"), ("Y", "k")):
        assert typed(context, f"Ctrl-{control}", viewer=start) == typed(context, letter, viewer=start)


def test_a_number_before_a_key() -> None:
    """It repeats a movement and a search, and names a line and a share of the document."""
    context = context_of(NUMBERS)
    assert tops(context, typed(context, "5", "j")) == "line 6"
    assert tops(context, typed(context, "1", "0", "j", "3", "k")) == "line 8"
    assert tops(context, typed(context, "2", "f")) == "line 11"
    assert tops(context, typed(context, "5", "0", "G")) == "line 50"
    assert tops(context, typed(context, "7", "g")) == "line 7"
    assert not typed(context, "5", "0", "G").following
    assert tops(context, typed(context, "5", "0", "%")) == "line 51"
    assert tops(context, typed(context, "1", "0", "0", "%")) == "line 96"
    assert typed(context, "%").message == "a number before % goes there: 50%"
    assert typed(context, "1", "0", "1", "%").message == "101% is more than 100%"
    assert typed(context, "/", "line .5$", "Enter", "3", "n").hit == typed(context, "/", "line 45", "Enter").hit
    assert typed(context, "5", "Escape", "j") == typed(context, "j")
    assert typed(context, "5", "q", viewer=PagerState()) == PagerState()
    assert interrupt(typed(context, "5"), context) == PagerState()
    far = typed(context, *("9" * 20), "j")
    assert tops(context, far) == "line 96"
    assert far.message == "moved by 5,000 rows, the most at once"


def test_a_letter_for_a_mark_may_be_a_digit() -> None:
    """It is no number then."""
    context = context_of(NUMBERS)
    assert typed(context, "m", "1").marks == {"1": Anchor(0, 0)}


def test_the_line_prompt_takes_a_share_and_a_time() -> None:
    """50%, a time of day on the day at the top, an ISO time, and a duration back from the last line."""
    lines = b"".join(
        b"2024-05-01T%02d:%02d:00Z INFO at %02d:%02d\n" % (at // 60, at % 60, at // 60, at % 60) for at in range(1440)
    )
    context = context_of(lines, (60, 6))

    def top(text: str, *before: str) -> str:
        return tops(context, typed(context, *before, ":", text, "Enter")).rpartition(" ")[2]

    assert top("50%") == "12:00"
    assert top("2024-05-01T07:30:00Z") == "07:30"
    assert top("-10m") == "23:49"
    assert top("-1h", "g") == "22:59"
    assert typed(context, ":", "2025-01-01", "Enter").message == "all lines are before that time"
    assert typed(context_of(NUMBERS), ":", "12:30", "Enter").message == "no line near here has a time"
    local = b"".join(b"2024-05-%02d %02d:30:00 INFO at\n" % (day, hour) for day in (1, 2) for hour in range(24))
    context = context_of(local, (60, 6))
    assert tops(context, typed(context, ":", "12:30", "Enter")).startswith("2024-05-01 12:30")
    assert tops(context, typed(context, "3", "0", "G", ":", "12:15", "Enter")).startswith("2024-05-02 12:30")


@pytest.mark.parametrize(("utc", "shown"), [(True, "12:30"), (False, "10:30")])
def test_a_typed_time_is_in_the_zone_that_is_shown(monkeypatch: pytest.MonkeyPatch, utc: bool, shown: str) -> None:
    """With --utc the times of records with fields are shown in UTC; those of other lines stay as they came."""
    set_zone(monkeypatch, "Europe/Berlin")
    clocks = [(hour, minute) for hour in range(24) for minute in (0, 30)]
    options = PagerOptions(RenderOptions(appearance=Appearance(utc=utc)))
    for form, at in (
        (b'{"ts": "2024-05-01T%02d:%02d:00Z", "msg": "x"}\n', shown),
        (b"2024-05-01 %02d:%02d INFO x\n", "12:30"),
    ):
        lines = b"".join(form % clock for clock in clocks)
        context = PagerContext(SmallBlocks(Memory(lines)), Size(60, 6), options, patient())
        top = typed(context, ":", "12:30", "Enter").top.line
        assert at.encode() in lines[top:].partition(b"\n")[0]


def test_escape_clears_the_search() -> None:
    """Nothing is highlighted or counted any more, and nothing moves."""
    context = context_of(NUMBERS)
    searched = typed(context, "/", "line 50", "Enter")
    cleared = typed(context, "Escape", viewer=searched)
    assert (cleared.search, cleared.hit, cleared.top) == (None, None, searched.top)
    assert typed(context, "n", viewer=cleared).message == "nothing to search for: / searches"


def test_a_key_without_a_meaning_says_so() -> None:
    """And changes nothing else."""
    context = context_of(NUMBERS)
    assert typed(context, "x") == PagerState(message="x does nothing here: h shows the keys")
    assert typed(context, "Ctrl-X").message == "Ctrl-X does nothing here: h shows the keys"
    own = PagerContext(SmallBlocks(Memory(NUMBERS)), Size(40, 6), PagerOptions(keys={"f": "", "x": "j"}), patient())
    assert typed(own, "f").message == "f does nothing here: h shows the keys"
    assert tops(own, typed(own, "x")) == "line 2"


def test_filters_are_a_stack() -> None:
    """& adds one, ! excludes, U drops the last, empty clears all."""
    context = context_of(NUMBERS)

    def count(state: PagerState) -> int:
        context.sync(state)
        return context.indexes.filter_index.total() if context.indexes.filter_index else 100

    one = typed(context, "&", "5", "Enter")
    two = typed(context, "&", "!1|2", "Enter", viewer=one)
    three = typed(context, "&", "6|7|8", "Enter", viewer=two)
    assert [count(each) for each in (one, two, three)] == [19, 15, 6]
    assert [test.exclude for test in three.criteria.tests] == [False, True, False]
    assert count(typed(context, "U", viewer=three)) == 15
    assert count(typed(context, "2", "U", viewer=three)) == 19
    assert typed(context, "&", "Enter", viewer=three).criteria.is_empty
    assert typed(context, "U").message == "there is no filter: & adds one"


def test_context_around_what_a_filter_shows() -> None:
    """] and [ change it by whole records."""
    context = context_of(b"one\n  more of one\ntwo\nthree\n  more of three\nfour\n", (40, 10))

    def rows(state: PagerState) -> list[str]:
        context.sync(state)
        return [each.row.text for each in context.visible_rows_of(state)]

    filtered = typed(context, "&", "two", "Enter")
    assert rows(filtered) == ["two"]
    around = typed(context, "]", viewer=filtered)
    assert rows(around) == ["one", "  more of one", "two", "three", "  more of three"]
    assert around.message == "1 record around each"
    assert rows(typed(context, "[", viewer=around)) == ["two"]
    assert typed(context, "[", viewer=filtered).message == "no context is shown: ] shows more"
    assert typed(context, "]").message == "there is no filter: & adds one"


def test_a_pattern_with_capitals_that_finds_nothing_gets_a_hint() -> None:
    """As the case may be why; letters of escapes are no capitals."""
    context = context_of(NUMBERS)
    hint = "no match: capitals count, small letters match both"
    assert typed(context, "/", "liNe", "Enter").message == hint
    assert typed(context, "/", r"\S+x", "Enter").message == "no match"
    assert typed(context, "/", *"line and x", "Enter").message == "no match: a|b is or, two filters are and"
    assert "two filters are and" in compose(typed(context, "&", *"x or liNe", "Enter"), context, StatusFacts()).rows[-1]
    context.settings = context.settings._replace(ignore_case=True)
    assert typed(context, "/", "liXe", "Enter").message == "no match"


def test_a_search_goes_round() -> None:
    """From the last hit on to the first one, and back, each time with a word about it."""
    context = context_of(NUMBERS)
    viewer = typed(context, "/", "line 5$", "Enter")
    assert (viewer.hit, viewer.message) == (Anchor(28, 0), "")
    assert typed(context, "n", viewer=viewer).message == "went round: from the start"
    assert typed(context, "N", viewer=viewer).message == "went round: from the end"
    assert typed(context, "n", "j", viewer=viewer).message == ""


def test_a_number_of_matches_that_there_are_not() -> None:
    """The search goes round once, and stops at the match that it came to last."""
    context = context_of(NUMBERS)
    viewer = typed(context, "/", "line .5$", "Enter")
    for keys, last in (("999n", "line 95"), ("999N", "line 15")):
        found = typed(context, *keys, viewer=viewer)
        assert found.hit == typed(context, "/", last, "Enter").hit
        assert found.message == "there are fewer matches than that"
    assert typed(context, *"10n", viewer=viewer).message == "went round: from the start"
    assert typed(context, "/", "nothing", "Enter", *"9n").message == "no match"


def test_a_search_without_a_match() -> None:
    """A message names the missing text, and the position stays."""
    context = context_of(NUMBERS)
    here = typed(context, "d")
    for keys, message in (
        (("/", "nowhere", "Enter"), "no match"),
        (("e",), "no error"),
        (("W",), "no warning"),
        (("n",), "nothing to search for: / searches"),
        (("/", "Enter"), "nothing to search for: / searches"),
        (("'", "x"), "there is no mark x"),
        (("l", "loud", "Enter"), "'loud' is not a level: debug, info, warning, error, critical, or a number"),
        ((":", "x", "Enter"), "'x' is not a line number, a percentage or a time, such as 120, 50%, 12:30 or -10m"),
        ((":", "w", "Enter"), ":w does nothing here: s saves what is shown"),
        (
            (":", *"filter-in x", "Enter"),
            ":filter-in x does nothing here: & adds a filter; one that begins with ! excludes",
        ),
        (("/", "(", "Enter"), "a ( without a ), at character 1"),
        (("&", "![", "Enter"), "a [ without its ], at character 1"),
        (("Right",), "lines are wrapped: S shows them unwrapped"),
    ):
        viewer = typed(context, *keys, viewer=here)
        assert (viewer.message, viewer.top, viewer.pending) == (message, here.top, None)
    filtered = typed(context, "&", "1", "Enter", "/", "nowhere", "Enter")
    assert filtered.message == "no match among what is shown"


def test_a_bad_pattern_changes_no_search() -> None:
    """An invalid pattern leaves the current search in place."""
    context = context_of(NUMBERS)
    viewer = typed(context, "/", "line 5$", "Enter", "/", "(", "Enter")
    assert viewer.search is not None
    assert viewer.search.source == "line 5$"


def test_an_empty_search_repeats_the_last_one_in_its_direction() -> None:
    """/ and Enter is the next hit downward, ? and Enter the next upward, as n is from then on."""
    context = context_of(b"hit\n" * 9)
    viewer = typed(context, "/", "hit", "Enter", "n", "/", "Enter")
    assert viewer.hit == Anchor(8, 0)
    viewer = typed(context, "?", "Enter", viewer=viewer)
    assert viewer.hit == Anchor(4, 0)
    assert typed(context, "n", viewer=viewer).hit == Anchor(0, 0)


def test_prompts_remember() -> None:
    """Up recalls earlier input of the same prompt, without duplicates."""
    context = context_of(NUMBERS)
    viewer = typed(context, "/", "one", "Enter", "/", "one", "Enter", "/", "two", "Enter", "&", "x", "Enter")
    assert dict(viewer.past) == {"/": ("one", "two"), "&": ("x",)}
    up = typed(context, "/", "Up", "Up", viewer=viewer)
    assert up.prompt is not None
    assert up.prompt.text == "one"


@pytest.mark.parametrize("key", ["Escape", "Ctrl-C", "Ctrl-G", "Backspace"])
def test_prompts_are_left(key: str) -> None:
    """Nothing has changed then."""
    context = context_of(NUMBERS)
    assert typed(context, "&", key) == PagerState()
    typing = typed(context, "&", "x")
    assert interrupt(typing, context) == PagerState()


def test_marks() -> None:
    """A mark is a character; '' goes to and fro."""
    context = context_of(NUMBERS)
    viewer = typed(context, "d", "m", "a")
    assert viewer.message == "mark a is set"
    assert tops(context, viewer) == "line 3"
    away = typed(context, "G", "k", viewer=viewer)
    back = typed(context, "'", "a", viewer=away)
    assert tops(context, back) == "line 3"
    assert tops(context, typed(context, "'", "'", viewer=back)) == "line 95"
    assert tops(context, typed(context, "'", "'", "'", "'", viewer=back)) == "line 3"
    assert typed(context, "m", "Escape", viewer=viewer)._replace(message="") == viewer._replace(message="")
    assert typed(context, "'", "'").top == Anchor(0, 0)


def test_where_one_is() -> None:
    """Lines, bytes and marks."""
    context = context_of(NUMBERS)
    assert typed(context, "d", "=").message == "line 3 of 100, byte 14 of 792"
    assert typed(context, "m", "b", "m", "a", "=").message == "line 1 of 100, byte 0 of 792, marks ab"
    assert typed(context_of(b""), "=").message == "byte 0 of 0"


def test_line_numbers() -> None:
    """A number jumps to its line, or to the end, or to the first line that is left; commas are ignored."""
    context = context_of(b"x\n" * 1500)
    assert tops(context, typed(context, ":", "12", "Enter")) == "x"
    assert typed(context, ":", "12", "Enter").top == Anchor(22, 0)
    assert typed(context, ":", "1,200", "Enter").top == Anchor(2398, 0)
    assert typed(context, ":", "0", "Enter").top == Anchor(0, 0)
    assert typed(context, ":", "Enter") == PagerState()
    last = typed(context, ":", "9999", "Enter")
    assert (last.top, last.message) == (Anchor(2990, 0), "the last line is 1,500")
    assert typed(context_of(b""), ":", "3", "Enter").message == "there are no lines"
    text = context.document.text
    assert isinstance(text, Memory)
    text.drop(100)
    gone = typed(context, ":", "7", "Enter")
    assert (gone.top, gone.message) == (Anchor(200, 0), "line 7 is no longer held")


class Uncounted(Memory):
    """A text whose lines are not counted yet."""

    counted = False

    @property
    def count(self) -> int | None:  # type: ignore[override]
        return super().count if self.counted else None

    def offset_of(self, number: int) -> int | None:
        return super().offset_of(number) if self.counted else None


def test_a_number_that_is_not_counted_yet() -> None:
    """The jump is pending until the line is counted; another movement cancels it."""
    text = Uncounted(NUMBERS)
    context = PagerContext(SmallBlocks(text), Size(40, 6), PagerOptions(), patient())
    viewer = typed(context, ":", "50", "Enter")
    assert viewer.pending == Goto(49)
    assert advance(viewer, context).pending == Goto(49)
    assert typed(context, "G", viewer=viewer).pending is None
    text.counted = True
    arrived = advance(viewer, context)
    assert arrived.pending is None
    assert tops(context, arrived) == "line 50"


def test_a_search_that_takes_longer() -> None:
    """It goes on in pieces, can be interrupted, and ends where it would have ended at once."""
    ticks = Ticks()

    def match(pattern: Any, data: bytes) -> list[int]:
        ticks.tick()
        found: list[int] = pattern.matching(data)
        return found

    context = context_of(NUMBERS, budget=Budget(ticks), match=match)
    context.budget.restart(1)
    viewer = typed(context, "/", "line 77", "Enter")
    assert isinstance(viewer.pending, Seek)
    is_stopped = interrupt(viewer, context)
    assert is_stopped is not None
    assert (is_stopped.pending, is_stopped.message) == (None, "interrupted")
    assert interrupt(is_stopped, context) is None
    rounds = 0
    while viewer.pending is not None:
        context.budget.restart(1)
        viewer = advance(viewer, context)
        rounds += 1
    assert 3 < rounds < 12
    assert viewer.hit is not None
    assert context.document.segment(viewer.hit.line) == b"line 77"


def test_answers_that_come_later() -> None:
    """A pattern that is matched elsewhere leaves a pending operation, and the keys go on."""
    ready: list[bool] = []

    def match(pattern: Any, data: bytes) -> list[int]:
        if not ready:
            raise NotReady
        found: list[int] = pattern.matching(data)
        return found

    context = context_of(NUMBERS, match=match)
    viewer = advance(typed(context, "/", "line 3", "Enter"), context)
    assert isinstance(viewer.pending, Seek)
    assert tops(context, typed(context, "j", viewer=viewer)) == "line 2"
    ready.append(True)
    viewer = advance(viewer, context)
    assert viewer.hit == Anchor(14, 0)


def test_saving_is_left_to_the_display() -> None:
    """The viewer says where to, and no more; no name is no effect."""
    context = context_of(NUMBERS)
    assert typed(context, "s", "x", "Enter").saving == Save("x")
    assert typed(context, "s", " ", "Enter").saving is None


def test_a_filter_and_back() -> None:
    """Without the filter one is again where one was, as long as one has not moved."""
    context = context_of(NUMBERS)
    here = typed(context, "d", "d", "d")
    filtered = typed(context, "&", "0", "Enter", viewer=here)
    assert tops(context, filtered) == "line 10"
    again = typed(context, "&", "Enter", viewer=filtered)
    assert (again.top, again.criteria.is_empty) == (here.top, True)


def test_following() -> None:
    """`G` follows the end; moving away from it ends that, moving down does not."""
    context = context_of(NUMBERS)
    for keys, follows in ((("G",), True), (("End", "j"), True), (("F", "k"), False), (("G", "g"), False)):
        assert typed(context, *keys).following == follows
    assert typed(context_of(b"short\n"), "G", "k").following


def test_a_match_beside_the_screen_is_shifted_into_it() -> None:
    """Where lines are not wrapped: to the right as far as needed, and back; one that is there moves nothing."""
    data = f"first\n{'.' * 100} needle {'.' * 100}\nneedle in front\n{'日' * 40} needle\n".encode()
    context = context_of(data, (40, 6))
    viewer = typed(context, "S", "/", "needle", "Enter")
    assert viewer.shift <= 101
    assert viewer.shift + 40 >= 107
    shown = compose(viewer, context, StatusFacts()).rows
    assert any("needle" in row for row in shown)
    again = typed(context, "n", viewer=viewer)
    assert again.shift == 0
    wide = typed(context, "n", viewer=again)
    assert wide.shift <= 81
    assert wide.shift + 40 >= 87
    assert typed(context, "n", "N", viewer=wide).shift == wide.shift
    assert typed(context, "/", "e in", "Enter", viewer=again._replace(shift=1)).shift == 1


def test_the_level_is_a_filter_too() -> None:
    """An empty `&` shows everything again; `U` drops the level once there is nothing else to drop."""
    context = context_of(b"INFO one\nERROR two\nERROR three\n")
    both = typed(context, "l", "error", "Enter", "&", "two", "Enter")
    assert typed(context, "&", "Enter", viewer=both).criteria.is_empty
    assert typed(context, "&", "!", "Enter", viewer=both).criteria.is_empty
    level = typed(context, "U", viewer=both)
    assert (level.criteria.tests, level.criteria.level) == ((), 40)
    assert typed(context, "U", viewer=level).criteria.is_empty
    assert typed(context, "U", "U", viewer=level).message == "there is no filter: & adds one"


def test_a_hit_stays_on_the_screen_when_filters_change() -> None:
    """A record that a filter has found is seen among its neighbours without the filter; elsewhere nothing moves."""
    context = context_of(NUMBERS)
    filtered = typed(context, "&", "0", "Enter", "/", "70", "Enter")
    assert tops(context, filtered) == "line 60"
    around = typed(context, "&", "Enter", viewer=filtered)
    shown = compose(around, context, StatusFacts()).rows
    assert any("70" in row for row in shown[:-1])
    assert around.top != filtered.top
    back = typed(context, "'", "'", viewer=around)
    assert tops(context, back) == tops(context, filtered._replace(criteria=back.criteria))
    away = typed(context, "g", viewer=around)
    assert tops(context, typed(context, "&", "1", "Enter", "U", viewer=away)) == "line 1"
