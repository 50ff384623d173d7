"""Calls with a time budget: runaway matches end, without effect on other code."""

from __future__ import annotations

import functools
import os
import re
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from reflowlog.system import interruptible as module
from reflowlog.system.interruptible import CallTimeout, MainThreadRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.skipif(module._set_alarm is None, reason="needs alarms"),
    pytest.mark.timeout(method="thread"),  # the alarm is the subject of these tests
]

RUNAWAYS = [(r"(a+)+$", "a" * 60 + "b"), (r"(.*,)*x", "a," * 40 + "y"), (r"(?:\w+\s?)+:$", "word " * 30 + "!")]
needs_sigusr1 = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs SIGUSR1")
LONG = 60.0  # seconds; nothing here takes that long


class Caller(threading.Thread):
    """A thread that calls through a guard, and wakes the main thread when it has ended."""

    def __init__(self, guard: MainThreadRunner, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.guard = guard
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:
            self.error = error
        self.guard.wake()


def served(guard: MainThreadRunner, work: Callable[[], Any]) -> Caller:
    """Let another thread work while the main thread serves."""
    caller = Caller(guard, work)
    guard.serve(LONG)
    caller.join(LONG)
    assert not caller.is_alive()
    return caller


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After each test the handler of alarms is the one that was there, and no clock runs."""
    before = signal.getsignal(module._ALARM_SIGNAL)
    yield
    assert signal.getsignal(module._ALARM_SIGNAL) is before
    if hasattr(signal, "getitimer"):
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(("source", "text"), RUNAWAYS)
def test_a_runaway_match_ends(source: str, text: str) -> None:
    """It would take ages; its caller is told that the time is over."""
    guard = MainThreadRunner()
    caller = served(guard, lambda: guard.call(0.05, re.compile(source).search, text))
    assert isinstance(caller.error, CallTimeout)


def test_results_and_errors_come_back() -> None:
    """The caller gets the call's result, or its exception."""
    guard = MainThreadRunner()
    assert served(guard, lambda: guard.call(LONG, divmod, 7, 2)).result == (3, 1)
    assert isinstance(served(guard, lambda: guard.call(LONG, divmod, 7, 0)).error, ZeroDivisionError)


def test_calls_run_on_the_main_thread() -> None:
    """Also those of the main thread itself, which are run at once."""
    guard = MainThreadRunner()
    assert served(guard, lambda: guard.call(LONG, threading.current_thread)).result is threading.main_thread()
    assert guard.call(LONG, threading.current_thread) is threading.main_thread()
    with pytest.raises(CallTimeout):
        guard.call(0.01, re.compile("(a+)+$").search, "a" * 60 + "b")


def test_without_a_server_the_call_times_out() -> None:
    """While the main thread does something else the call times out, and is dropped."""
    guard = MainThreadRunner()
    ran: list[int] = []
    caller = Caller(guard, lambda: guard.call(0.01, ran.append, 1))
    caller.join(LONG)
    assert isinstance(caller.error, CallTimeout)
    guard.serve(0)
    assert not ran


def test_many_jobs_with_tiny_budgets_leak_no_alarm() -> None:
    """However close the alarm comes to the job's end, it is felt by that job or by none."""
    guard = MainThreadRunner()
    outcomes: list[bool] = []

    def spin(seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pass
        return True

    def work() -> None:
        for number in range(600):
            try:
                outcomes.append(guard.call(0.0002, spin, 0.0001 + number % 20 * 0.00001))
            except CallTimeout:
                outcomes.append(False)
            assert guard.call(LONG, sum, (1, 2)) == 3

    caller = served(guard, work)
    assert caller.error is None
    assert len(outcomes) == 600


def test_a_stale_alarm_is_not_the_next_jobs() -> None:
    """An alarm before a job's time is over does not end it; its own still does."""
    guard = MainThreadRunner()

    def alarmed() -> str:
        signal.raise_signal(module._ALARM_SIGNAL)
        return "done"

    assert served(guard, lambda: guard.call(LONG, alarmed)).result == "done"

    def alarmed_runaway() -> None:
        signal.raise_signal(module._ALARM_SIGNAL)
        re.search("(a+)+$", "a" * 60 + "b")

    assert isinstance(served(guard, lambda: guard.call(0.05, alarmed_runaway)).error, CallTimeout)


class Hangup(SystemExit):
    """Exception of another signal's handler."""


def check_hangup(guard: MainThreadRunner, budget: float, work: Callable[[], Any]) -> None:
    """Check that the exception of a handler leaves `serve`, and that the waiting caller gets a timeout."""
    caller = Caller(guard, lambda: guard.call(budget, work))
    with pytest.raises(Hangup):
        guard.serve(LONG)
    caller.join(LONG)
    assert isinstance(caller.error, CallTimeout)
    guard.serve(0)


@needs_sigusr1
def test_other_signals_go_through() -> None:
    """Exceptions of their handlers leave `serve`, and the waiting caller gets a timeout."""

    def hang_up(*_: object) -> None:
        raise Hangup

    guard = MainThreadRunner()
    before = signal.signal(signal.SIGUSR1, hang_up)
    try:
        check_hangup(guard, LONG, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    finally:
        signal.signal(signal.SIGUSR1, before)


@needs_sigusr1
def test_a_handler_of_another_signal_is_not_interrupted() -> None:
    """If the time is over during the handler, it completes, and then the call ends."""
    guard = MainThreadRunner()
    ended: list[float] = []

    def handle(*_: object) -> None:
        with guard.without_alarm():
            until = time.monotonic() + 0.2
            while time.monotonic() < until:
                pass
            ended.append(time.monotonic())

    def stopped_runaway() -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        re.search("(a+)+$", "a" * 60 + "b")

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        assert isinstance(served(guard, lambda: guard.call(0.05, stopped_runaway)).error, CallTimeout)
        assert len(ended) == 1
    finally:
        signal.signal(signal.SIGUSR1, before)


@needs_sigusr1
@pytest.mark.parametrize("kind", ["function", "partial", "object"])
def test_no_alarm_ends_the_handler_of_another_signal(kind: str) -> None:
    """The budget is spent while the handler runs, or as its exception propagates: that is raised all the same."""

    class Handler:
        def __call__(self, *_: object) -> None:
            until = time.monotonic() + 0.05
            while time.monotonic() < until:
                pass
            raise Hangup

    handler = Handler()

    def handle(*_: object) -> None:
        handler()

    def signalled() -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        re.search("(a+)+$", "a" * 60 + "b")

    guard = MainThreadRunner()
    handlers = {"function": handle, "partial": functools.partial(handle, 1), "object": handler}
    before = signal.signal(signal.SIGUSR1, handlers[kind])
    try:
        for budget in (0.01, 0.0499, 0.0501):
            check_hangup(guard, budget, signalled)
    finally:
        signal.signal(signal.SIGUSR1, before)


@needs_sigusr1
def test_an_alarm_while_the_exception_of_a_handler_propagates_is_dropped() -> None:
    """A job that cleans up on its way out may meet its alarm there."""

    def hang_up(*_: object) -> None:
        raise Hangup

    def signalled() -> None:
        try:
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(LONG)
        finally:
            re.search("(a+)+$", "a" * 60 + "b")

    guard = MainThreadRunner()
    before = signal.signal(signal.SIGUSR1, hang_up)
    try:
        check_hangup(guard, 0.05, signalled)
    finally:
        signal.signal(signal.SIGUSR1, before)


@needs_sigusr1
def test_serve_ends() -> None:
    """When its time is over, and when it is woken, also by a signal handler or before it began."""
    guard = MainThreadRunner()
    guard.serve(0.001)
    guard.wake()
    guard.serve(LONG)
    before = signal.signal(signal.SIGUSR1, lambda *_: guard.wake())
    try:
        threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGUSR1)).start()
        guard.serve(LONG)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_the_handler_that_was_there_is_put_back() -> None:
    """The program's own handler of alarms is restored."""
    rung: list[int] = []
    before = signal.signal(module._ALARM_SIGNAL, lambda number, _: rung.append(number))
    try:
        guard = MainThreadRunner()
        assert served(guard, lambda: guard.call(LONG, len, "abc")).result == 3
        signal.raise_signal(module._ALARM_SIGNAL)
        assert rung == [module._ALARM_SIGNAL]
    finally:
        signal.signal(module._ALARM_SIGNAL, before)


def test_without_clocks_calls_are_not_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has none, they just run."""
    monkeypatch.setattr(module, "_set_alarm", None)
    guard = MainThreadRunner()
    assert served(guard, lambda: guard.call(1.0, len, "abc")).result == 3
