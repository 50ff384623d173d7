"""The viewer against one that wraps everything: random keys, sizes and growth; and the rules that people notice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.slow_viewer import SlowViewer, without_styles
from support.texts import Memory, SmallBlocks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.pager import filter, search
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.match_index import Budget
from reflowlog.pager.screen import compose
from reflowlog.pager.seeking import advance
from reflowlog.pager.state import PagerState
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import update
from reflowlog.text.clean.cells import cells

KEYS = {
    **dict.fromkeys(("j", "Down", "Enter"), lambda slow: slow.move(1)),
    **dict.fromkeys(("k", "Up"), lambda slow: slow.move(-1)),
    **dict.fromkeys((" ", "f", "PageDown"), lambda slow: slow.move(slow.height)),
    **dict.fromkeys(("b", "PageUp"), lambda slow: slow.move(-slow.height)),
    "d": lambda slow: slow.move(max(slow.height // 2, 1)),
    "u": lambda slow: slow.move(-max(slow.height // 2, 1)),
    "WheelDown": lambda slow: slow.move(3),
    "WheelUp": lambda slow: slow.move(-3),
    **dict.fromkeys(("g", "Home"), lambda slow: slow.jump((slow.text.start, 0))),
    **dict.fromkeys(("G", "End", "F"), lambda slow: slow.end()),
    "n": lambda slow: slow.next(slow.upward),
    "N": lambda slow: slow.next(not slow.upward),
    "e": lambda slow: slow.severe(40, 1 << 30, False),
    "E": lambda slow: slow.severe(40, 1 << 30, True),
    "w": lambda slow: slow.severe(30, 39, False),
    "W": lambda slow: slow.severe(30, 39, True),
    "Left": lambda slow: slow.sideways(-1),
    "Right": lambda slow: slow.sideways(1),
    "S": lambda slow: slow.toggle_wrap(),
    "r": lambda slow: setattr(slow, "raw", not slow.raw),
}
"""What each key does to the slow viewer."""


class Both:
    """The viewer and the slow one, with the same keys."""

    def __init__(self, data: bytes, size: tuple[int, int], budget: Budget | None = None) -> None:
        self.text = Memory(data)
        self.context = PagerContext(SmallBlocks(self.text), Size(*size), PagerOptions(), budget or patient())
        self.viewer = PagerState()
        self.slow = SlowViewer(self.text, Size(*size))

    def do(self, what: str, value: Any) -> None:
        """One step of a script, of both."""
        slow = self.slow
        if what == "key":
            self.handle_key(value)
            KEYS[value](slow)
        elif what == "size":
            self.context.size = slow.size = Size(*value)
        elif what == "grow":
            self.text.data += value
        elif what == "drop":
            if not slow.filter and slow.level is None:
                self.text.drop(value)
        elif what in ("/", "?"):
            self.typed(what, value)
            slow.upward = what == "?"
            slow.search, slow.hit = value, None
            slow.next(slow.upward)
        elif what == "&":
            self.typed(what, value)
            slow.want(word=value)
        elif what == "l":
            self.typed(what, value)
            slow.want(level=value)
        elif what == ":":
            self.typed(what, str(value))
            slow.number(value)
        elif what == "m":
            self.handle_key("m", value)
            slow.marks[value] = slow.here()
        elif what == "'":
            self.handle_key("'", value)
            if value == "'" and slow.back is not None:
                slow.jump(slow.back)
            elif value in slow.marks:
                slow.jump(slow.marks[value])

    def handle_key(self, *names: str) -> None:
        for name in names:
            self.viewer, _ = update(self.viewer, Key(name), self.context)

    def typed(self, prompt: str, text: str) -> None:
        self.handle_key(prompt, *text, "Enter")

    def rows(self) -> list[str]:
        """The screen's rows, without the status row, and without a message, which may take more of them."""
        screen = compose(self.viewer._replace(message=""), self.context, StatusFacts())
        rows, size = [without_styles(row) for row in screen.rows], self.context.size
        assert len(rows) == size.rows
        assert all(cells(row) <= size.columns for row in rows)
        if size.rows > 1:
            assert cells(rows.pop()) == size.columns
        return [row.rstrip() for row in rows]

    def compare(self) -> None:
        """They show the same."""
        expected = [row.text.rstrip() for row in self.slow.screen()]
        assert self.rows() == expected + [""] * (self.context.height - len(expected))
        assert self.viewer.following == self.slow.following


lines = st.one_of(
    st.sampled_from(
        [
            b"",
            b"plain",
            b"ERROR it is bad",
            b"WARN it may be",
            b"2024-01-02 10:00:00 INFO started with a longer message that wraps",
            b"  indented one two three four",
            b"Traceback (most recent call last):",
            b"KeyError: 1",
            "日本語 の 行 です".encode(),
            b"\x1b[31mred and\x1b[0m plain",
            b"x" * 45,
            b"tab\there\rover",
        ]
    ),
    st.lists(st.sampled_from(["foo", "bar", "日", "a", " ", "x" * 12, "q"]), max_size=9).map(
        lambda w: " ".join(w).encode()
    ),
)
texts = st.lists(lines, min_size=12, max_size=40).map(lambda some: b"".join(line + b"\n" for line in some))
growths = st.one_of(
    st.lists(lines, max_size=5).map(lambda some: b"".join(line + b"\n" for line in some)),
    st.sampled_from([b"foo", b"\n", b" x", b"ERROR", b"bar baz foo\n"]),
)
sizes = st.one_of(
    st.tuples(st.integers(1, 50), st.integers(1, 14)), st.sampled_from([(1, 1), (2, 1), (1, 5), (3, 2), (80, 24)])
)
words = st.sampled_from(["foo", "bar", "x", "日", "a", "q", "nowhere"])
steps = st.one_of(
    st.tuples(st.just("key"), st.sampled_from(sorted(KEYS))),
    st.tuples(st.just("key"), st.sampled_from("jkdufb")),
    st.tuples(st.just("size"), sizes),
    st.tuples(st.just("grow"), growths),
    st.tuples(st.just("drop"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["/", "?"]), words),
    st.tuples(st.just("&"), st.one_of(words, words.map("!".__add__), st.sampled_from(["", "!"]))),
    st.tuples(st.just("l"), st.sampled_from(["", "error", "w", "20"])),
    st.tuples(st.just(":"), st.integers(0, 40)),
    st.tuples(st.just("m"), st.sampled_from("ab")),
    st.tuples(st.just("'"), st.sampled_from("ab'")),
)


@settings(max_examples=40, deadline=None)
@given(texts, sizes, st.lists(steps, min_size=40, max_size=200))
@example(b"over\nbar x\n", (10, 1), [("/", "bar")])
@example("日本\n".encode(), (3, 2), [("key", "S"), ("key", "Right"), ("size", (1, 5))])
@example(
    b"\n" * 11 + b"ERROR it is bad\n",
    (80, 24),
    [("key", "End"), ("l", "error"), ("key", "k"), ("&", "foo"), ("m", "a"), ("'", "a"), ("size", (1, 1)), ("&", "")],
)
def test_it_is_the_slow_viewer(data: bytes, size: tuple[int, int], script: list[tuple[str, Any]]) -> None:
    """Random keys, prompts, sizes and growth: each screen is that of a viewer that wraps everything."""
    both = Both(data, size)
    both.compare()
    for step in script:
        both.do(*step)
        both.compare()


@settings(max_examples=30, deadline=None)
@given(texts, sizes, st.lists(steps, min_size=5, max_size=40), st.lists(sizes, min_size=1, max_size=5))
def test_sizes_come_and_go(
    data: bytes, size: tuple[int, int], script: list[tuple[str, Any]], others: list[tuple[int, int]]
) -> None:
    """Whatever sizes come in between, the same size shows the same screen."""
    both = Both(data, size)
    for step in script:
        both.do(*step)
    before, both_size = both.rows(), both.context.size
    for other in others:
        both.do("size", other)
        both.compare()
    both.do("size", both_size)
    assert both.rows() == before


class Impatient:
    """The time of a viewer that gets a piece of it now and then: it is over after so many looks at it."""

    def __init__(self) -> None:
        self.appearance = 0.0

    def __call__(self) -> float:
        self.appearance += 1
        return self.appearance


@settings(max_examples=30, deadline=None)
@given(texts, st.lists(steps, min_size=10, max_size=40), st.integers(0, 4))
@example(b"\n" * 11 + b"2024-01-02 10:00:00 INFO started\n", [("key", " "), ("/", "foo"), *[("&", "foo")] * 5], 0)
def test_any_time_is_enough(data: bytes, script: list[tuple[str, Any]], patience: int) -> None:
    """With hardly any time for anything the screens are in order; and once it has time it is where it is then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filter, "MARGIN_BYTES", 100)  # or no cell would ever be known for good
        patch.setattr(search, "MARGIN_BYTES", 100)
        budget = Budget(Impatient())
        both = Both(data * 3, (20, 6), budget)
        for step in script:
            budget.restart(patience)
            both.do(*step)
            assert isinstance(both.rows(), list)
            budget.restart(patience)
            both.viewer = advance(both.viewer, both.context)
        for _ in range(500):
            budget.restart(patience + 6)
            both.viewer = advance(both.viewer, both.context)
            budget.restart(patience + 6)
            rows = both.rows()
            if (
                both.viewer.pending is None
                and not both.context.incomplete
                and all(c.is_complete for c in both.context.indexes.in_background())
            ):
                break
        else:
            raise AssertionError("it never gets ready")
        both.context = PagerContext(SmallBlocks(both.text), both.context.size, PagerOptions(), patient())
        assert both.rows() == rows
