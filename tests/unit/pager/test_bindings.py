"""Key bindings, as far as a screen does not show them: prompts, messages, pending operations, leaving."""

from __future__ import annotations

from typing import Any

import pytest
from support.texts import Memory, SmallBlocks, Ticks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.core.records import Anchor
from reflowlog.pager.bindings import advance, handle_key, interrupt, is_opening_key
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.match_index import Budget, NotReady
from reflowlog.pager.state import Goto, PagerState, Save, Seek

NUMBERS = b"".join(b"line %d\n" % number for number in range(1, 101))


def desk_of(data: bytes, size: tuple[int, int] = (40, 6), budget: Budget | None = None, **options: Any) -> PagerContext:
    """A desk with a text on it."""
    return PagerContext(SmallBlocks(Memory(data)), Size(*size), PagerOptions(), budget or patient(), **options)


def typed(context: PagerContext, *keys: str, viewer: PagerState | None = None) -> PagerState:
    """The viewer after keys; one that is longer than a character and no name is typed letter by letter."""
    viewer = viewer or PagerState()
    for key in keys:
        for name in [key] if len(key) == 1 or key[0].isupper() else key:
            viewer = handle_key(viewer, Key(name), context)
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
    context = desk_of(NUMBERS)
    assert typed(context, "q", viewer=PagerState(pending=Goto(7))) == PagerState(leave="back")
    assert typed(context, "Q").leave == "quit"
    assert typed(context, "Ctrl-L").redraw


def test_the_help() -> None:
    """Any key leaves the help and does nothing else; q leaves no more than the help, Q quits."""
    context = desk_of(NUMBERS)
    assert typed(context, "h").helping
    assert typed(context, "F1", "j") == PagerState()
    assert typed(context, "h", "q") == PagerState()
    assert typed(context, "h", "Q").leave == "quit"


def test_a_search_goes_round() -> None:
    """From the last hit on to the first one, and back, each time with a word about it."""
    context = desk_of(NUMBERS)
    viewer = typed(context, "/", "line 5$", "Enter")
    assert (viewer.hit, viewer.message) == (Anchor(28, 0), "")
    assert typed(context, "n", viewer=viewer).message == "went round: from the start"
    assert typed(context, "N", viewer=viewer).message == "went round: from the end"
    assert typed(context, "n", "j", viewer=viewer).message == ""


def test_a_search_without_a_match() -> None:
    """A message names the missing text, and the position stays."""
    context = desk_of(NUMBERS)
    here = typed(context, "d")
    for keys, message in (
        (("/", "nowhere", "Enter"), "no match"),
        (("e",), "no error"),
        (("W",), "no warning"),
        (("n",), "nothing to search for: / searches"),
        (("/", "Enter"), "nothing to search for: / searches"),
        (("'", "x"), "there is no mark x"),
        (("l", "loud", "Enter"), "'loud' is no level: debug, info, warning, error, critical, or a number"),
        ((":", "x", "Enter"), "'x' is no line number"),
        (("/", "(", "Enter"), "a ( without its ), at character 1"),
        (("&", "![", "Enter"), "a [ without its ], at character 1"),
        (("Right",), "lines are wrapped: S shows them unwrapped"),
    ):
        viewer = typed(context, *keys, viewer=here)
        assert (viewer.message, viewer.top, viewer.pending) == (message, here.top, None)
    filtered = typed(context, "&", "1", "Enter", "/", "nowhere", "Enter")
    assert filtered.message == "no match among what is shown"


def test_a_bad_pattern_changes_no_search() -> None:
    """An invalid pattern leaves the current search in place."""
    context = desk_of(NUMBERS)
    viewer = typed(context, "/", "line 5$", "Enter", "/", "(", "Enter")
    assert viewer.search is not None
    assert viewer.search.source == "line 5$"


def test_an_empty_search_repeats_the_last_one_in_its_direction() -> None:
    """/ and Enter is the next hit downward, ? and Enter the next upward, as n is from then on."""
    context = desk_of(b"hit\n" * 9)
    viewer = typed(context, "/", "hit", "Enter", "n", "/", "Enter")
    assert viewer.hit == Anchor(8, 0)
    viewer = typed(context, "?", "Enter", viewer=viewer)
    assert viewer.hit == Anchor(4, 0)
    assert typed(context, "n", viewer=viewer).hit == Anchor(0, 0)


def test_prompts_remember() -> None:
    """Up recalls earlier input of the same prompt, without duplicates."""
    context = desk_of(NUMBERS)
    viewer = typed(context, "/", "one", "Enter", "/", "one", "Enter", "/", "two", "Enter", "&", "x", "Enter")
    assert dict(viewer.past) == {"/": ("one", "two"), "&": ("x",)}
    up = typed(context, "/", "Up", "Up", viewer=viewer)
    assert up.prompt is not None
    assert up.prompt.text == "one"


@pytest.mark.parametrize("key", ["Escape", "Ctrl-C", "Ctrl-G", "Backspace"])
def test_prompts_are_left(key: str) -> None:
    """Nothing has changed then."""
    context = desk_of(NUMBERS)
    assert typed(context, "&", key) == PagerState()
    typing = typed(context, "&", "x")
    assert interrupt(typing, context) == PagerState()


def test_marks() -> None:
    """A mark is a character; '' goes to and fro."""
    context = desk_of(NUMBERS)
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
    context = desk_of(NUMBERS)
    assert typed(context, "d", "=").message == "line 3 of 100, byte 14 of 792"
    assert typed(context, "m", "b", "m", "a", "=").message == "line 1 of 100, byte 0 of 792, marks ab"
    assert typed(desk_of(b""), "=").message == "byte 0 of 0"


def test_line_numbers() -> None:
    """A number jumps to its line, or to the end, or to the first line that is left; commas are ignored."""
    context = desk_of(b"x\n" * 1500)
    assert tops(context, typed(context, ":", "12", "Enter")) == "x"
    assert typed(context, ":", "12", "Enter").top == Anchor(22, 0)
    assert typed(context, ":", "1,200", "Enter").top == Anchor(2398, 0)
    assert typed(context, ":", "0", "Enter").top == Anchor(0, 0)
    assert typed(context, ":", "Enter") == PagerState()
    last = typed(context, ":", "9999", "Enter")
    assert (last.top, last.message) == (Anchor(2990, 0), "the last line is 1,500")
    assert typed(desk_of(b""), ":", "3", "Enter").message == "there are no lines"
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

    context = desk_of(NUMBERS, budget=Budget(ticks), match=match)
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
    assert context.document.segment(viewer.hit.record) == b"line 77"


def test_answers_that_come_later() -> None:
    """A pattern that is matched elsewhere leaves an errand, and the keys go on."""
    ready: list[bool] = []

    def match(pattern: Any, data: bytes) -> list[int]:
        if not ready:
            raise NotReady
        found: list[int] = pattern.matching(data)
        return found

    context = desk_of(NUMBERS, match=match)
    viewer = advance(typed(context, "/", "line 3", "Enter"), context)
    assert isinstance(viewer.pending, Seek)
    assert tops(context, typed(context, "j", viewer=viewer)) == "line 2"
    ready.append(True)
    viewer = advance(viewer, context)
    assert viewer.hit == Anchor(14, 0)


def test_saving_is_an_errand_of_the_stage() -> None:
    """The viewer says where to, and no more; no name is no errand."""
    context = desk_of(NUMBERS)
    assert typed(context, "s", "x", "Enter").saving == Save("x")
    assert typed(context, "s", " ", "Enter").saving is None


def test_a_filter_and_back() -> None:
    """Without the filter one is again where one was, as long as one has not moved."""
    context = desk_of(NUMBERS)
    here = typed(context, "d", "d", "d")
    filtered = typed(context, "&", "0", "Enter", viewer=here)
    assert tops(context, filtered) == "line 10"
    again = typed(context, "&", "Enter", viewer=filtered)
    assert (again.top, again.criteria.is_empty) == (here.top, True)


def test_following() -> None:
    """`G` follows the end; moving away from it ends that, moving down does not."""
    context = desk_of(NUMBERS)
    for keys, follows in ((("G",), True), (("End", "j"), True), (("F", "k"), False), (("G", "g"), False)):
        assert typed(context, *keys).following == follows
    assert typed(desk_of(b"short\n"), "G", "k").following
