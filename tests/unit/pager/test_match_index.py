"""Censuses against a list of all keys: asked in any order and any pieces of time, while the text grows and goes."""

from __future__ import annotations

import contextlib
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.texts import Memory, SmallBlocks, Ticks, Tiny, patient

from reflowlog.pager.match_index import Budget, MatchIndex, NotReady

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.store.document import Document


class Counting:
    """Counts the pieces that hold an x, and all of a cell if a y stands in the bytes after it."""

    def __init__(self, document: Document, lookahead_bytes: int) -> None:
        self.document = document
        self.lookahead_bytes = lookahead_bytes
        self.ticks = Ticks()

    def __call__(self, index: int) -> list[int]:
        self.ticks.tick()
        document, text = self.document, self.document.text
        first, data = document.block(index)
        stop = first + len(data)
        all_of_it = self.lookahead_bytes and b"y" in text.read(stop, min(stop + self.lookahead_bytes, text.end))
        offsets = document.offsets_in(first, data)
        return [
            key
            for key, end in zip(offsets, [*offsets[1:], stop])
            if all_of_it or b"x" in data[key - first : end - first]
        ]

    def naive(self) -> list[int]:
        """The answer for the document as it is now."""
        document = type(self.document)(self.document.text)
        fresh = Counting(document, self.lookahead_bytes)
        return [key for index in range(document.text.end // document.BLOCK_BYTES + 1) for key in fresh(index)]


def asked(budget: Budget, question: Callable[[], Any]) -> Any:
    """The answer, however often it has to be asked for, with time for one cell each time."""
    for _ in range(10_000):
        budget.restart(1)
        try:
            return question()
        except NotReady:
            continue
    raise AssertionError("it gets no further")


def is_complete(match_index: MatchIndex, budget: Budget) -> None:
    """Count to the end, one cell at a time."""
    for _ in range(10_000):
        budget.restart(1)
        if not match_index.step():
            return
    raise AssertionError("it gets no further")


texts = st.lists(
    st.sampled_from([b"x", b"y", b"\n", b"a b", b"." * 9, b"." * 50, b"." * 170 + b"\n"]), max_size=25
).map(b"".join)
questions = st.one_of(
    st.tuples(st.just("grow"), texts),
    st.tuples(st.just("drop"), st.integers(1, 4)),
    st.tuples(st.sampled_from(["after", "before", "rank"]), st.integers(-2, 2500)),
    st.tuples(st.sampled_from(["step", "is_complete", "total", "all"]), st.none()),
)


@settings(max_examples=300)
@given(st.sampled_from([Tiny, SmallBlocks]), st.sampled_from([0, 7, 100]), texts, st.lists(questions, max_size=12))
@example(SmallBlocks, 0, b"." * 85, [("is_complete", None), ("grow", b"x\n"), ("all", None)])
@example(SmallBlocks, 7, b"." * 88, [("is_complete", None), ("grow", b"\ny"), ("all", None)])
@example(Tiny, 0, b"." * 85, [("after", 0), ("grow", b"." * 30 + b"x"), ("all", None)])
def test_answers_are_those_of_the_whole_list(
    tiny: type[Document], lookahead_bytes: int, data: bytes, script: list[tuple[str, Any]]
) -> None:
    """Answers are independent of the order of queries, and of blocks counted before a change."""
    text = Memory(data)
    document = tiny(text)
    background_indexes = Counting(document, lookahead_bytes)
    budget = Budget(background_indexes.ticks)
    match_index = MatchIndex(document, background_indexes, budget, lookahead_bytes=lookahead_bytes)
    for what, value in [*script, ("all", None)]:
        if what == "grow":
            text.data += value
        elif what == "drop":
            text.drop(value)
        offsets = background_indexes.naive()
        if what == "after":
            at = bisect_right(offsets, value)
            assert asked(budget, lambda: match_index.after(value)) == (offsets[at] if at < len(offsets) else None)  # noqa: B023
        elif what == "before":
            at = bisect_left(offsets, value)
            assert asked(budget, lambda: match_index.before(value)) == (offsets[at - 1] if at else None)  # noqa: B023
        elif what == "rank":
            rank = match_index.rank(value) if value < text.end else None
            assert rank is None or rank == bisect_left(offsets, value)
        elif what == "step":
            budget.restart(1)
            match_index.step()
        elif what in ("is_complete", "all"):
            is_complete(match_index, budget)
            assert match_index.is_complete
            assert match_index.progress == 1.0
            assert match_index.total() == len(offsets)
            assert all(match_index.rank(key) == number for number, key in enumerate(offsets))
        if what == "all":
            found = [key for index in range(text.end // document.BLOCK_BYTES + 1) for key in match_index.offsets(index)]
            assert found == offsets
        assert 0.0 <= match_index.progress <= 1.0


@given(texts, texts)
def test_what_goes_forward_comes_back(one: bytes, two: bytes) -> None:
    """From the start on by `after` one meets the keys that one meets from the end by `before`."""
    text = Memory(one)
    document = Tiny(text)
    background_indexes = Counting(document, 0)
    match_index = MatchIndex(document, background_indexes, patient())
    for _ in range(2):
        forward, key = [], match_index.after(-1)
        while key is not None:
            forward.append(key)
            key = match_index.after(key)
        backward, key = [], match_index.before(text.end)
        while key is not None:
            backward.append(key)
            key = match_index.before(key)
        assert forward == backward[::-1] == background_indexes.naive()
        text.data += two


def test_a_step_takes_its_budget_and_one_block_at_most() -> None:
    """No block is evaluated after the budget is over, and none twice."""
    document = SmallBlocks(Memory(b"." * 39 + b"\n" + b"a\n" * 400))
    background_indexes = Counting(document, 0)
    budget = Budget(background_indexes.ticks)
    match_index = MatchIndex(document, background_indexes, budget)
    for done in range(1, 9):
        budget.restart(1)
        with contextlib.suppress(NotReady):
            assert match_index.after(-1) is None
        assert background_indexes.ticks.now == done
    before = background_indexes.ticks.now
    is_complete(match_index, budget)
    assert asked(budget, lambda: match_index.before(document.text.end)) is None
    assert background_indexes.ticks.now <= before + 3  # the last cells, which may still change


def test_empty_cells_are_skipped() -> None:
    """Once all is counted, the way from one hit to the next far away looks at a few cells only."""
    document = SmallBlocks(Memory(b"x\n" + b".\n" * 4000 + b"x\n"))
    background_indexes = Counting(document, 0)
    match_index = MatchIndex(document, background_indexes, patient())
    match_index.step()
    before = background_indexes.ticks.now
    assert match_index.after(0) == 8002
    assert match_index.before(8002) == 0
    assert background_indexes.ticks.now - before <= 6


def test_seeking_is_progress() -> None:
    """Cells that a search has looked at count as counted, though the background has not come there."""
    document = SmallBlocks(Memory(b".\n" * 400))
    background_indexes = Counting(document, 0)
    budget = Budget(background_indexes.ticks)
    match_index = MatchIndex(document, background_indexes, budget)
    assert match_index.progress == 0.0
    budget.restart(3)
    with contextlib.suppress(NotReady):
        match_index.before(800)
    assert 0.0 < match_index.progress < 1.0


def test_a_stopped_index_answers_queries() -> None:
    """Background counting can be stopped; queries are answered all the same."""
    document = SmallBlocks(Memory(b".\n" * 400 + b"x\n"))
    background_indexes = Counting(document, 0)
    match_index = MatchIndex(document, background_indexes, patient())
    assert not match_index.is_stopped
    match_index.stop()
    assert match_index.is_stopped
    assert not match_index.step()
    assert not match_index.is_complete
    assert match_index.after(0) == 800


def test_nothing_has_no_keys() -> None:
    """An empty document is counted at once."""
    match_index = MatchIndex(Tiny(Memory()), Counting(Tiny(Memory()), 0), patient())
    assert match_index.after(-1) is None
    assert match_index.before(5) is None
    assert match_index.total() == 0
    assert match_index.is_complete
    assert not match_index.step()
    assert match_index.progress == 1.0
