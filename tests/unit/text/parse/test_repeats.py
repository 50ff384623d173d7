"""Repeated records: the decision about many at once is that about one line after another."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from reflowlog.text.parse.repeats import find_repeated_records, repeats_line

LINES = st.sampled_from([b"", b"a 1", b"a 2", b" a1", b"---", b"12 13", b"b", b"a b", b" a", b"x\vy", b"5f3a9c77 b"])
RECORDS = st.lists(st.lists(LINES, min_size=1, max_size=3), max_size=6)


@given(RECORDS)
@example([[b"a b", b""], [b" a", b"b"]])
@example([[b"--- 1", b"a"], [b"--- 2", b"a"]])
def test_many_records_are_decided_as_line_by_line(records: list[list[bytes]]) -> None:
    """As many lines, each equal, the first with a letter."""
    found = find_repeated_records(records) if records else []
    for number, is_repeat in enumerate(found):
        before = records[number - 1] if number else []
        lines = records[number]
        is_equal = all(repeats_line(before, place, line) for place, line in enumerate(lines))
        assert is_repeat == (is_equal and len(lines) == len(before))
