"""Regex worker: linear patterns match at once, all others on another thread, and never without a time limit."""

from __future__ import annotations

import threading
from itertools import zip_longest
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflowlog.pager import regex_worker
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.regex_worker import RegexWorker
from reflowlog.system.interruptible import CallTimeout
from reflowlog.text.search.pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeGuard:
    """Runner that calls at once; a line of too many x times out."""

    def __init__(self) -> None:
        self.calls: list[bytes | str] = []
        self.budgets: list[float] = []

    def call(self, budget: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call, as the main thread would."""
        self.calls.append(arguments[0])
        self.budgets.append(budget)
        if ("x" * 40 if isinstance(arguments[0], str) else b"x" * 40) in arguments[0]:
            raise CallTimeout
        return function(*arguments)


class Asking:
    """Matcher, and the number of its wake-ups."""

    def __init__(self) -> None:
        self.guard = FakeGuard()
        self.woken: SimpleQueue[None] = SimpleQueue()
        self.matcher = RegexWorker(self.guard, lambda: self.woken.put(None))  # type: ignore[arg-type]

    def matching(self, pattern: Any, data: bytes) -> list[int]:
        """The answer, however often it has to be asked for."""
        return self._until(lambda: self.matcher.matching(pattern, data))

    def spans(self, pattern: Any, text: str) -> list[tuple[int, int]]:
        """Return the matches in one text."""
        return self._until(lambda: self.matcher.spans(pattern, text))

    def _until(self, ask: Callable[[], Any]) -> Any:
        while True:
            try:
                return ask()
            except NotReady:
                self.woken.get(timeout=10)


RUNAWAY = compile_pattern("(x+)+$", re2=False)


def test_a_word_is_matched_at_once() -> None:
    """A word needs no other thread and no guard."""
    asking = Asking()
    assert asking.matcher.matching(compile_pattern("two"), b"one\ntwo\n") == [4]
    assert asking.matcher.spans(compile_pattern("two"), "a two") == [(2, 5)]
    assert not asking.guard.calls
    assert not asking.matcher.waiting


def test_an_expression_is_answered_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow match raises `NotReady`, then wakes the caller, and is cached."""
    monkeypatch.setattr(regex_worker, "ANSWER_TIMEOUT", 1e-9)
    asking = Asking()
    gate = threading.Event()
    real = asking.guard.call

    def call(*arguments: Any) -> Any:
        gate.wait(10)
        return real(*arguments)

    asking.guard.call = call  # type: ignore[method-assign]
    with pytest.raises(NotReady):
        asking.matcher.matching(RUNAWAY, b"one\nxx\n")
    gate.set()
    asking.woken.get(timeout=10)
    assert asking.matcher.matching(RUNAWAY, b"one\nxx\n") == [4]
    assert not asking.matcher.waiting
    assert len(asking.guard.calls) == 1


def test_most_expressions_are_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is awaited for a moment, so that a growing text gets one that is still valid."""
    monkeypatch.setattr(regex_worker, "ANSWER_TIMEOUT", 10)
    asking = Asking()
    assert asking.matcher.matching(RUNAWAY, b"one\nxx\n") == [4]
    assert not asking.matcher.waiting
    assert asking.spans(RUNAWAY, "one xx") == [(4, 6)]


def test_a_question_is_put_once() -> None:
    """A repeated query is not queued a second time."""
    asking = Asking()
    gate = threading.Event()
    real = asking.guard.call

    def call(*arguments: Any) -> Any:
        gate.wait(10)
        return real(*arguments)

    asking.guard.call = call  # type: ignore[method-assign]
    for _ in range(5):
        with pytest.raises(NotReady):
            asking.matcher.matching(RUNAWAY, b"xx\n")
        assert asking.matcher.waiting
    gate.set()
    assert asking.matching(RUNAWAY, b"xx\n") == [0]
    assert len(asking.guard.calls) == 1


def test_lines_that_take_too_long_do_not_match() -> None:
    """They are given up one by one and counted; those around them are still found."""
    asking = Asking()
    data = b"xx\n" + b"x" * 50 + b"!\nno\nxxx\n"
    assert asking.matching(RUNAWAY, data) == [0, len(data) - 4]
    assert asking.matcher.given_up(RUNAWAY) == 1
    assert asking.spans(RUNAWAY, "x" * 50) == []


def test_a_hopeless_pattern_is_matched_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many lines that took too long the rest costs no more time."""
    monkeypatch.setattr(regex_worker, "MAX_GIVEN_UP_LINES", 3)
    asking = Asking()
    line = b"x" * 50 + b"!\n"
    assert asking.matching(RUNAWAY, line * 50) == []
    assert asking.matcher.given_up(RUNAWAY) == 3
    calls = len(asking.guard.calls)
    assert asking.matching(RUNAWAY, b"xx\n" * 5) == []
    assert len(asking.guard.calls) == calls


def test_a_pattern_that_fails_matches_nothing() -> None:
    """An exception of a pattern, such as MemoryError, ends neither the matching nor its thread."""
    asking = Asking()
    real = asking.guard.call

    def call(*arguments: Any) -> Any:
        raise MemoryError

    asking.guard.call = call  # type: ignore[method-assign]
    assert asking.matching(RUNAWAY, b"xx\n") == []
    asking.guard.call = real  # type: ignore[method-assign]
    assert asking.matching(RUNAWAY, b"xxx\n") == [0]


def test_long_data_is_matched_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call holds up the others for more than a part, cut at newlines; a line longer than that is one part."""
    monkeypatch.setattr(regex_worker, "PART_BYTES", 20)
    asking = Asking()
    lines = [b"xx", b"y" * 50, b"", b"1 xx", b"z" * 19, b"xx"]
    data = b"\n".join(lines)
    expected = [at for at, line in zip(_starts(lines), lines) if line.endswith(b"x")]
    assert asking.matching(RUNAWAY, data) == expected
    assert b"".join(bytes(call) for call in asking.guard.calls if isinstance(call, bytes)) == data
    assert len(asking.guard.calls) > 2


@pytest.mark.parametrize(("patience", "factors"), [(1, [1, 1]), (20, [20, 80])])
def test_a_long_line_has_more_time_where_no_screen_waits(patience: int, factors: list[int]) -> None:
    """A line of megabytes needs a while on a busy machine; keys are held up for no longer than by a short one."""
    guard = FakeGuard()
    worker = RegexWorker(guard, lambda: None, patience=patience)
    assert worker.match_in_parts(RUNAWAY, b"xx\n") == [0]
    assert worker.match_in_parts(RUNAWAY, b"y" * (4 << 20) + b"\n") == []
    assert guard.budgets == [factor * regex_worker.PART_TIMEOUT for factor in factors]


def test_of_what_grows_only_the_new_lines_are_matched() -> None:
    """A text that grows while it is matched is answered for all the same; its last line may go on."""
    asking = Asking()
    data = b""
    for number in range(50):
        data += b"one xx\ntwo\nx%d" % number
        assert asking.matching(RUNAWAY, data) == _ending_in_x(data)
        data += b" and x\n"
    assert max(map(len, asking.guard.calls)) < 40


@given(st.lists(st.text("ax\n", max_size=6), max_size=12), st.lists(st.booleans(), max_size=12))
@settings(deadline=None, max_examples=200)
def test_whatever_is_known_answers_are_right(pieces: list[str], asked: list[bool]) -> None:
    """Answers are independent of the order in which parts of a text, and all of it, are queried."""
    asking = Asking()
    data = b""
    for piece, alone in zip_longest(pieces, asked[: len(pieces)], fillvalue=False):
        data += str(piece).encode()
        for each in [str(piece).encode(), data] if alone else [data]:
            assert asking.matching(RUNAWAY, each) == _ending_in_x(each)


def _ending_in_x(data: bytes) -> list[int]:
    lines = data.split(b"\n")
    return [at for at, line in zip(_starts(lines), lines) if line.endswith(b"x") and at < len(data)]


def _starts(lines: list[bytes]) -> list[int]:
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    return starts
