"""Results of lines in portions are those of all lines at once, however interrupted, and however data grows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.pager import match_index
from reflowlog.pager.match_index import Budget, LineResults, NotReady

LINES = st.lists(
    st.sampled_from([b"a\n", b"needle\n", b"\n", b"x" * 30 + b"\n", b"a needle " * 5 + b"\n"]), max_size=60
)


class Clock:
    """A clock that goes on by some seconds with each look at it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        self.now += 0.001
        return self.now


def places(at: int, data: bytes) -> list[int]:
    """Return the starts of the lines with a needle."""
    found, start = [], 0
    for line in data.splitlines(keepends=True):
        if b"needle" in line:
            found.append(at + start)
        start += len(line)
    return found


@given(LINES, LINES, st.booleans(), st.floats(0, 0.02))
def test_interruptions_and_growth_change_nothing(
    one: list[bytes], two: list[bytes], ended: bool, seconds: float
) -> None:
    """Each call goes on at least by a portion, and raises once the time is over only where that is allowed."""
    budget = Budget(Clock())
    results: LineResults[int] = LineResults(budget)
    first = b"".join(one)[: None if ended else -1]
    for data in (first, b"".join([*one, *two]), b"".join(two)):
        for _ in range(len(data) + 1):
            budget.restart(seconds)
            try:
                with budget.interruptible():
                    found = results.find("needle", 7, data, places)
            except NotReady:
                continue
            break
        assert found == places(0, data)
    budget.restart(0.0)
    assert results.find("other", 0, first * 50, places) == places(0, first * 50)


def test_a_long_evaluation_is_interrupted_and_goes_on() -> None:
    """Nothing is evaluated twice."""
    clock = Clock()
    budget = Budget(clock)
    results: LineResults[int] = LineResults(budget)
    data = b"needle in a line\n" * 4096
    sizes: list[int] = []

    def slow(at: int, part: bytes) -> list[int]:
        sizes.append(len(part))
        clock.now += len(part) / match_index.MIN_PORTION_BYTES * match_index.PORTION_SECONDS
        return places(at, part)

    calls = 0
    found: list[int] = []
    while not found:
        calls += 1
        budget.restart(0.003)
        try:
            with budget.interruptible():
                found = results.find("needle", 0, data, slow)
        except NotReady:
            continue
    assert found == places(0, data)
    assert calls > 3
    assert sum(sizes) == len(data)
    assert max(sizes) <= match_index.MIN_PORTION_BYTES
