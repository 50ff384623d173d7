"""Values that are made once, whichever threads request them."""

from __future__ import annotations

import threading

import pytest

from reflowlog.core import once
from reflowlog.core.once import Once


def test_a_thread_that_asks_meanwhile_waits_for_the_value() -> None:
    """The second thread starts while the first makes the value, and both get the same."""
    started, may_end = threading.Event(), threading.Event()
    made: list[int] = []

    @Once
    def value() -> int:
        started.set()
        assert may_end.wait(10)
        made.append(1)
        return len(made)

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(value())) for _ in range(2)]
    threads[0].start()
    assert started.wait(10)
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join(10)
    assert (found, made) == ([1, 1], [1])


def test_a_value_is_made_although_another_thread_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the child of a fork, where the thread that was making the value does not exist."""
    monkeypatch.setattr(once, "MAX_WAIT", 0.01)
    value = Once(lambda: 7)
    assert value._lock.acquire()
    assert value() == 7


def test_an_error_is_raised_and_the_next_call_tries_again() -> None:
    """An error is not stored as the value."""
    results = iter([ValueError("not yet"), 3])

    @Once
    def value() -> int:
        found = next(results)
        if isinstance(found, Exception):
            raise found
        return found

    with pytest.raises(ValueError, match="not yet"):
        value()
    assert value() == 3
