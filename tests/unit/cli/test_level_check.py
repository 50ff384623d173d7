"""The check that some record had a level samples the lines behind the first ones."""

from __future__ import annotations

import pytest

from reflowlog.cli.level_check import MAX_LINES, LevelCheckedFilter, LevelWatch

WORDS = b"words that have no level\n"


@pytest.mark.parametrize(
    ("lines", "has_level"),
    [
        ([b"10:00:00 INFO one\n"], True),
        ([WORDS] * MAX_LINES, False),
        ([*[WORDS] * (MAX_LINES - 1), b"10:00:00 INFO one\n"], True),
        ([WORDS] * 3 * MAX_LINES, False),
        ([*[WORDS] * 3 * MAX_LINES, b"10:00:00 ERROR one\n", WORDS], True),
    ],
    ids=["first", "few", "last of few", "many", "last of many"],
)
def test_a_level_is_found(lines: list[bytes], has_level: bool) -> None:
    """Any one among the first lines, and one of the minimum level anywhere."""
    watch = LevelWatch(None)
    tested = LevelCheckedFilter(watch, (), 0, 40, None)
    for start in range(0, len(lines), 500):
        tested.feed(b"".join(lines[start : start + 500]))
    tested.rest()
    assert (watch.complaint == "") == has_level


@pytest.mark.parametrize(("count", "said"), [(10, "no record had a level"), (3000, "lines looked at had a level")])
def test_the_complaint_says_no_more_than_was_looked_at(count: int, said: str) -> None:
    """Of many lines some are not looked at."""
    watch = LevelWatch(None)
    for _ in range(count // 10):
        watch.check(WORDS * 10)
    assert said in watch.complaint
