"""Matching in a process of our own: the same answers, and no pattern runs for ever."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from reflowlog.console.interactive.regex_process import RegexProcess
from reflowlog.pager.regex_worker import RegexWorker
from reflowlog.system.interruptible import CallTimeout
from reflowlog.text.search.pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs pipes that can be polled")

ENDLESS = compile_pattern(r"^(a+)+\1$", re2=False)
BAIT = b"a" * 40 + b"b\n"


@pytest.fixture
def guard() -> Iterator[RegexProcess]:
    """One whose process ends with the test."""
    made = RegexProcess()
    yield made
    made.close()


def test_it_answers_as_the_pattern_itself(guard: RegexProcess) -> None:
    """Starts of lines, and parts of a text."""
    pattern = compile_pattern("b+|ü")
    data = "one\nabb\nü\n".encode() * 20_000
    assert guard.call(10, pattern.matching, data) == pattern.matching(data)
    assert guard.call(10, pattern.spans, "abb ü") == [(1, 3), (4, 5)]


def test_a_slow_match_times_out(guard: RegexProcess) -> None:
    """The next call is answered by the same process."""
    with pytest.raises(CallTimeout):
        guard.call(0.05, ENDLESS.matching, BAIT)
    process = guard._process
    assert guard.call(10, ENDLESS.matching, b"aa\n") == [0]
    assert guard._process is process


def test_a_process_that_is_gone_is_replaced(guard: RegexProcess) -> None:
    """One call is lost at most."""
    assert guard.call(10, ENDLESS.matching, b"aa\n") == [0]
    assert guard._process is not None
    os.kill(guard._process.pid, signal.SIGSTOP)
    with pytest.raises(CallTimeout):
        guard.call(0.05, ENDLESS.matching, b"aa\n")
    assert guard.call(10, ENDLESS.matching, b"aa\n") == [0]


def test_a_frozen_program_is_not_run_again(guard: RegexProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its executable is no interpreter."""
    monkeypatch.setattr("sys.frozen", True, raising=False)
    with pytest.raises(CallTimeout):
        guard.call(10, ENDLESS.matching, b"aa\n")


def test_the_matcher_gives_up_lines_one_by_one(guard: RegexProcess) -> None:
    """The others count."""
    import threading

    from reflowlog.pager.match_index import NotReady

    woken = threading.Event()
    matcher = RegexWorker(guard, woken.set)
    for _ in range(100):
        try:
            found = matcher.matching(ENDLESS, b"aa\n" + BAIT + b"aaaa\n")
            break
        except NotReady:
            assert woken.wait(20)
            woken.clear()
    assert found == [0, 3 + len(BAIT)]
    assert matcher.given_up(ENDLESS) == 1
