"""The last N records of a stream."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.nats.last_records import LastRecords

_lines = st.lists(st.sampled_from([b"record\n", b"  goes on\n", b"with \r in it\n", b"Traceback\n"]), min_size=1)


@given(st.lists(st.tuples(st.sampled_from("ab"), _lines)), st.integers(0, 6))
def test_records_are_counted_in_each_subject(messages: list[tuple[str, list[bytes]]], wanted: int) -> None:
    """The output begins with the first of the last records, and is complete after it."""
    tail = LastRecords(wanted)
    lines: list[tuple[str, bytes]] = []
    begins: list[int] = []
    known: set[str] = set()
    for subject, own in messages:
        tail.add(subject, b"".join(own))
        for line in own:
            if subject not in known or not line.startswith(b" "):
                begins.append(len(lines))
                known.add(subject)
            lines.append((subject, line))
    first = len(lines) if not wanted else begins[-wanted] if len(begins) >= wanted else 0
    found = [(name, line + b"\n") for name, data in tail.take() for line in data.split(b"\n")[:-1]]
    assert found == lines[first:]


def test_a_traceback_counts_once() -> None:
    """A traceback counts once, also if it is spread over messages with other subjects between."""
    tail = LastRecords(1)
    for subject, data in (
        ("a", b"10:00 ERROR it failed\nTraceback (most recent call last):\n"),
        ("b", b"10:01 INFO fine\n"),
        ("a", b'  File "a.py", line 1\nKeyError: 1\n'),
    ):
        tail.add(subject, data)
    assert tail.take() == [("b", b"10:01 INFO fine\n"), ("a", b'  File "a.py", line 1\nKeyError: 1\n')]
