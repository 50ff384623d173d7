"""Merge reader with the smallest chunks: its output is the merge of each input's filtered records."""

from __future__ import annotations

import heapq
import os
import tempfile
import time
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.zones import set_zone

from reflowlog.sources import merge_input_maker, merge_reader
from reflowlog.sources.inputs import open_input
from reflowlog.text.search.pattern import compile_pattern
from reflowlog.text.search.record_filter import RecordFilter
from reflowlog.text.search.record_tests import RecordTest

START = 1_700_000_000


def iso(second: int) -> str:
    """A time that can be compared as it is written."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(START + second)) + ",000"


def syslog(second: int) -> str:
    """One that cannot."""
    return time.strftime("[%d/%b/%Y:%H:%M:%S +0000]", time.gmtime(START + second))


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times without a zone are UTC."""
    set_zone(monkeypatch, "UTC")


records = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(("said", "wanted")), st.integers(0, 2)), max_size=40)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(records, st.sampled_from((iso, syslog))), min_size=2, max_size=4),
    st.booleans(),
    st.integers(0, 2),
    st.booleans(),
)
def test_the_merge_of_what_filters_keep(
    logs: list[tuple[list[tuple[int, str, int]], object]], invert: bool, context: int, copied: bool
) -> None:
    """With context and without, whatever is passed by; the copy holds all of it, in order too."""

    def keep() -> RecordFilter:
        return RecordFilter([RecordTest(compile_pattern("wanted"), invert)], context)

    everything, expected, copy = [], [], bytearray()
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(merge_input_maker, "MIN_READ_SIZE", 100)
        patch.setattr(merge_input_maker, "TOTAL_READ_SIZE", 100)
        inputs = []
        for number, (log, write) in enumerate(logs):
            at, made = 0, []
            for step, text, further in log:
                at += step
                lines = f"{write(at)} {text} {number}.{len(made)}\n" + "    more\n" * further  # type: ignore[operator]
                made.append((at, lines.encode()))
            data = b"".join(lines for _, lines in made)
            own = keep()
            kept = own.feed(data) + own.rest()
            everything.append(made)
            expected.append([record for record in made if record[1] in kept])
            path = Path(directory) / f"{number}.log"
            path.write_bytes(data)
            inputs.append(open_input(str(path)))
        options = merge_input_maker.MergeOptions(make_filter=keep)
        tee = copy.extend if copied else None
        complaints: list[str] = []
        read = list(
            merge_reader.MergedInputs(
                inputs,
                complaints.append,
                options=options,
                tee=tee,
                source_names=list("abcd")[: len(inputs)],
            )
        )
        for each in inputs:
            os.close(each.descriptor)

    def merged(logs: list[list[tuple[int, bytes]]]) -> bytes:
        return b"".join(lines for _, lines in heapq.merge(*logs, key=lambda record: record[0]))

    assert not complaints
    assert b"".join(each.data for each in read) == merged(expected)
    assert not copied or bytes(copy) == merged(everything)
    runs = list(chain.from_iterable(each.runs for each in read))
    assert [sum(size for owner, size in runs if owner == at) for at in range(len(logs))] == [
        sum(len(lines) for _, lines in log) for log in expected
    ]
