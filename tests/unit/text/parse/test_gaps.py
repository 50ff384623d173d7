"""Gaps in time: between two known times only, the same in a stream as at any place."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.text.parse.gaps import MAX_UNTIMED_LINES, GapFinder


def at(second: int) -> bytes:
    """Return a line logged in a second of a day."""
    return b"2026-01-02 %02d:%02d:%02d INFO x" % (second // 3600, second // 60 % 60, second % 60)


def test_a_traceback_has_the_time_of_its_record() -> None:
    """The gap after it is found."""
    lines = [at(0), b"Traceback (most recent call last):", b'  File "a.py", line 1, in f', b"KeyError: 1", at(300)]
    assert GapFinder(60).feed(lines) == {4: 300.0}


def test_a_record_of_unknown_time_hides_a_gap() -> None:
    """Something was logged between: when is not known."""
    assert GapFinder(60).feed([at(0), b"INFO: no time here", at(300)]) == {}
    assert GapFinder(60).feed([at(0), b"2026-99-99 00:00:00 INFO x", at(300)]) == {}


def test_times_that_go_backward_make_no_gap() -> None:
    """Nor does the return to the later time hide that it is later."""
    assert GapFinder(60).feed([at(500), at(0), at(10), at(500)]) == {3: 490.0}


def test_after_many_lines_without_a_time_it_is_unknown() -> None:
    """The bound of lines counts, in a stream as elsewhere."""
    between = [b"  more"] * MAX_UNTIMED_LINES
    assert GapFinder(60).feed([at(0), *between, at(300)]) == {MAX_UNTIMED_LINES + 1: 300.0}
    assert GapFinder(60).feed([at(0), *between, b"  more", at(300)]) == {}


def test_json_and_plain_lines_have_one_time() -> None:
    """Merged sources: times of any kind are compared."""
    lines = [at(0), b'{"time": "2026-01-02T12:00:00Z", "msg": "x"}', b'{"time": "2026-01-02T12:10:00Z", "msg": "y"}']
    assert GapFinder(60).feed(lines)[2] == 600.0


@given(st.lists(st.one_of(st.integers(0, 80_000), st.sampled_from([b"  more", b"INFO: x", b"text"])), max_size=30))
def test_gaps_do_not_depend_on_chunks(items: list[int | bytes]) -> None:
    """Fed line by line or at once; each is the difference of two times that is long enough."""
    lines = [at(item) if isinstance(item, int) else item for item in items]
    finder = GapFinder(60)
    single = {index: gap for index, line in enumerate(lines) for gap in finder.feed([line]).values()}
    assert single == GapFinder(60).feed(lines)
    assert all(gap >= 60 for gap in single.values())
    for (_, first), (index, second) in itertools.pairwise(enumerate(items)):
        if isinstance(first, int) and isinstance(second, int):
            assert (index in single) == (second - first >= 60)
