"""What keys do that a screen does not show: prompts, messages, errands, and how the viewer is left."""

from __future__ import annotations

from typing import Any

import pytest
from texts import Memory, SmallCells, Ticks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.core.records import Anchor
from reflowlog.pager.bindings import advance, interrupt, opens, press
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.match_index import Budget, NotReady
from reflowlog.pager.state import Goto, PagerState, Save, Seek

NUMBERS = b"".join(b"line %d\n" % number for number in range(1, 101))


def desk_of(data: bytes, size: tuple[int, int] = (40, 6), budget: Budget | None = None, **options: Any) -> PagerContext:
    """A desk with a text on it."""
    return PagerContext(SmallCells(Memory(data)), Size(*size), PagerOptions(), budget or patient(), **options)


def typed(desk: PagerContext, *keys: str, viewer: PagerState | None = None) -> PagerState:
    """The viewer after keys; one that is longer than a character and no name is typed letter by letter."""
    viewer = viewer or PagerState()
    for key in keys:
        for name in [key] if len(key) == 1 or key[0].isupper() else key:
            viewer = press(viewer, Key(name), desk)
    return viewer


def tops(desk: PagerContext, viewer: PagerState) -> str:
    """What the first row says."""
    desk.follow(viewer)
    place = desk.view(viewer)[0]
    return place.laid.rows[place.number].text


def test_keys_that_open_it() -> None:
    """Any of its keys opens the viewer, but those that would leave it at once."""
    assert all(opens(Key(name)) for name in ("j", "/", "G", "h", "PageUp", "="))
    assert not any(opens(Key(name)) for name in ("q", "Q", "Ctrl-L", "x", "Ctrl-X", "Escape"))


def test_how_it_is_left() -> None:
    """Q goes back, Q quits; both end what takes longer."""
    desk = desk_of(NUMBERS)
    assert typed(desk, "q", viewer=PagerState(errand=Goto(7))) == PagerState(leave="back")
    assert typed(desk, "Q").leave == "quit"
    assert typed(desk, "Ctrl-L").redraw


def test_the_help() -> None:
    """Any key leaves the help and does nothing else; q leaves no more than the help, Q quits."""
    desk = desk_of(NUMBERS)
    assert typed(desk, "h").helping
    assert typed(desk, "F1", "j") == PagerState()
    assert typed(desk, "h", "q") == PagerState()
    assert typed(desk, "h", "Q").leave == "quit"


def test_a_search_goes_round() -> None:
    """From the last hit on to the first one, and back, each time with a word about it."""
    desk = desk_of(NUMBERS)
    viewer = typed(desk, "/", "line 5$", "Enter")
    assert (viewer.hit, viewer.message) == (Anchor(28, 0), "")
    assert typed(desk, "n", viewer=viewer).message == "went round: from the start"
    assert typed(desk, "N", viewer=viewer).message == "went round: from the end"
    assert typed(desk, "n", "j", viewer=viewer).message == ""


def test_what_is_not_found() -> None:
    """A message says what is not there, and the viewer stays where it is."""
    desk = desk_of(NUMBERS)
    here = typed(desk, "d")
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
        viewer = typed(desk, *keys, viewer=here)
        assert (viewer.message, viewer.top, viewer.errand) == (message, here.top, None)
    filtered = typed(desk, "&", "1", "Enter", "/", "nowhere", "Enter")
    assert filtered.message == "no match among what is shown"


def test_a_bad_pattern_changes_no_search() -> None:
    """What was searched for before stays."""
    desk = desk_of(NUMBERS)
    viewer = typed(desk, "/", "line 5$", "Enter", "/", "(", "Enter")
    assert viewer.search is not None
    assert viewer.search.source == "line 5$"


def test_an_empty_search_repeats_the_last_one_in_its_direction() -> None:
    """/ and Enter is the next hit downward, ? and Enter the next upward, as n is from then on."""
    desk = desk_of(b"hit\n" * 9)
    viewer = typed(desk, "/", "hit", "Enter", "n", "/", "Enter")
    assert viewer.hit == Anchor(8, 0)
    viewer = typed(desk, "?", "Enter", viewer=viewer)
    assert viewer.hit == Anchor(4, 0)
    assert typed(desk, "n", viewer=viewer).hit == Anchor(0, 0)


def test_prompts_remember() -> None:
    """What was typed at a prompt is there again with Up, once, and only there."""
    desk = desk_of(NUMBERS)
    viewer = typed(desk, "/", "one", "Enter", "/", "one", "Enter", "/", "two", "Enter", "&", "x", "Enter")
    assert dict(viewer.past) == {"/": ("one", "two"), "&": ("x",)}
    up = typed(desk, "/", "Up", "Up", viewer=viewer)
    assert up.prompt is not None
    assert up.prompt.text == "one"


@pytest.mark.parametrize("key", ["Escape", "Ctrl-C", "Ctrl-G", "Backspace"])
def test_prompts_are_left(key: str) -> None:
    """Nothing has changed then."""
    desk = desk_of(NUMBERS)
    assert typed(desk, "&", key) == PagerState()
    typing = typed(desk, "&", "x")
    assert interrupt(typing, desk) == PagerState()


def test_marks() -> None:
    """A mark is a character; '' goes to and fro."""
    desk = desk_of(NUMBERS)
    viewer = typed(desk, "d", "m", "a")
    assert viewer.message == "mark a is set"
    assert tops(desk, viewer) == "line 3"
    away = typed(desk, "G", "k", viewer=viewer)
    back = typed(desk, "'", "a", viewer=away)
    assert tops(desk, back) == "line 3"
    assert tops(desk, typed(desk, "'", "'", viewer=back)) == "line 95"
    assert tops(desk, typed(desk, "'", "'", "'", "'", viewer=back)) == "line 3"
    assert typed(desk, "m", "Escape", viewer=viewer)._replace(message="") == viewer._replace(message="")
    assert typed(desk, "'", "'").top == Anchor(0, 0)


def test_where_one_is() -> None:
    """Lines, bytes and marks."""
    desk = desk_of(NUMBERS)
    assert typed(desk, "d", "=").message == "line 3 of 100, byte 14 of 792"
    assert typed(desk, "m", "b", "m", "a", "=").message == "line 1 of 100, byte 0 of 792, marks ab"
    assert typed(desk_of(b""), "=").message == "byte 0 of 0"


def test_line_numbers() -> None:
    """A number goes there; beyond the end is the end; what is gone is the start; commas do not matter."""
    desk = desk_of(b"x\n" * 1500)
    assert tops(desk, typed(desk, ":", "12", "Enter")) == "x"
    assert typed(desk, ":", "12", "Enter").top == Anchor(22, 0)
    assert typed(desk, ":", "1,200", "Enter").top == Anchor(2398, 0)
    assert typed(desk, ":", "0", "Enter").top == Anchor(0, 0)
    assert typed(desk, ":", "Enter") == PagerState()
    last = typed(desk, ":", "9999", "Enter")
    assert (last.top, last.message) == (Anchor(2990, 0), "the last line is 1,500")
    assert typed(desk_of(b""), ":", "3", "Enter").message == "there are no lines"
    text = desk.document.text
    assert isinstance(text, Memory)
    text.drop(100)
    gone = typed(desk, ":", "7", "Enter")
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
    """It is an errand until the line is counted; going elsewhere gives it up."""
    text = Uncounted(NUMBERS)
    desk = PagerContext(SmallCells(text), Size(40, 6), PagerOptions(), patient())
    viewer = typed(desk, ":", "50", "Enter")
    assert viewer.errand == Goto(49)
    assert advance(viewer, desk).errand == Goto(49)
    assert typed(desk, "G", viewer=viewer).errand is None
    text.counted = True
    arrived = advance(viewer, desk)
    assert arrived.errand is None
    assert tops(desk, arrived) == "line 50"


def test_a_search_that_takes_longer() -> None:
    """It goes on in pieces, can be interrupted, and ends where it would have ended at once."""
    ticks = Ticks()

    def match(pattern: Any, data: bytes) -> list[int]:
        ticks.tick()
        found: list[int] = pattern.matching(data)
        return found

    desk = desk_of(NUMBERS, budget=Budget(ticks), match=match)
    desk.budget.renew(1)
    viewer = typed(desk, "/", "line 77", "Enter")
    assert isinstance(viewer.errand, Seek)
    stopped = interrupt(viewer, desk)
    assert stopped is not None
    assert (stopped.errand, stopped.message) == (None, "interrupted")
    assert interrupt(stopped, desk) is None
    rounds = 0
    while viewer.errand is not None:
        desk.budget.renew(1)
        viewer = advance(viewer, desk)
        rounds += 1
    assert 3 < rounds < 12
    assert viewer.hit is not None
    assert desk.document.piece(viewer.hit.record) == b"line 77"


def test_answers_that_come_later() -> None:
    """A pattern that is matched elsewhere leaves an errand, and the keys go on."""
    ready: list[bool] = []

    def match(pattern: Any, data: bytes) -> list[int]:
        if not ready:
            raise NotReady
        found: list[int] = pattern.matching(data)
        return found

    desk = desk_of(NUMBERS, match=match)
    viewer = advance(typed(desk, "/", "line 3", "Enter"), desk)
    assert isinstance(viewer.errand, Seek)
    assert tops(desk, typed(desk, "j", viewer=viewer)) == "line 2"
    ready.append(True)
    viewer = advance(viewer, desk)
    assert viewer.hit == Anchor(14, 0)


def test_saving_is_an_errand_of_the_stage() -> None:
    """The viewer says where to, and no more; no name is no errand."""
    desk = desk_of(NUMBERS)
    assert typed(desk, "s", "x", "Enter").saving == Save("x")
    assert typed(desk, "s", " ", "Enter").saving is None


def test_a_filter_and_back() -> None:
    """Without the filter one is again where one was, as long as one has not moved."""
    desk = desk_of(NUMBERS)
    here = typed(desk, "d", "d", "d")
    filtered = typed(desk, "&", "0", "Enter", viewer=here)
    assert tops(desk, filtered) == "line 10"
    again = typed(desk, "&", "Enter", viewer=filtered)
    assert (again.top, again.wanted.is_empty) == (here.top, True)


def test_following() -> None:
    """G follows; what leads away from the end ends that; going down does not."""
    desk = desk_of(NUMBERS)
    for keys, follows in ((("G",), True), (("End", "j"), True), (("F", "k"), False), (("G", "g"), False)):
        assert typed(desk, *keys).following == follows
    assert typed(desk_of(b"short\n"), "G", "k").following
