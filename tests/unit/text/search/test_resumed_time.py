"""Time in which the records of services that are resumed are filtered."""

from __future__ import annotations

import sys

from reflowlog.text.search.pattern import compile_pattern
from reflowlog.text.search.record_filter import RecordFilter
from reflowlog.text.search.record_tests import RecordTest


def _calls_to_filter(services: int) -> int:
    """Return the number of calls in which records of services, of many lines each, are resumed and excluded."""
    lines = [f"web-{number:05d}  |   File 'a.py', line 1" for number in range(services)] * 120
    ends = [f"web-{number:05d}  |   needle" for number in range(services)]
    calls = 0

    def count(_frame: object, event: str, _value: object) -> None:
        nonlocal calls
        calls += event == "call"

    record_filter = RecordFilter([RecordTest(compile_pattern("needle"), True)])
    sys.setprofile(count)
    try:
        for part in (lines, ends):
            record_filter.feed("".join(f"{line}\n" for line in part).encode())
        record_filter.rest()
    finally:
        sys.setprofile(None)
    return calls


def test_resumed_records_of_many_services_take_linear_time() -> None:
    """Twice as many services take about twice as many calls."""
    assert _calls_to_filter(60) < 3 * _calls_to_filter(30)
