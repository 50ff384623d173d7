"""Time in which the records of services that are resumed are filtered."""

from __future__ import annotations

import sys

from reflowlog.text.search.passed_lines import GivenLine, GivenLines, PassedLines
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


def _lines_executed_to_drop(count: int) -> int:
    """Return the number of lines of code, of comprehensions too, to drop every second line of some that were given."""
    data = b"".join(b"web | line %04d\n" % number for number in range(count))
    size = len(data) // count
    bounds = [(at, at + size) for at in range(0, len(data), size)]
    executed = 0

    def trace(_frame: object, event: str, _value: object) -> object:
        nonlocal executed
        executed += event == "line"
        return trace

    passed = PassedLines()
    lines = GivenLines(data, bounds, 0.0)
    passed.add(data, bounds, lines)
    earlier, _ = passed.look_at(b"web")
    earlier += [each._replace(start=start, end=end) for each in earlier[:1] for start, end in bounds[: -len(earlier)]]
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        for each in sorted(earlier)[::2]:
            GivenLine(each).drop()
        kept = lines.pieces
    finally:
        sys.settrace(None)
    assert kept == [data[start:end] for start, end in bounds[1::2]]
    return executed


def test_lines_that_were_given_out_are_dropped_in_linear_time() -> None:
    """Not all others are copied for each of them."""
    assert _lines_executed_to_drop(800) < 3 * _lines_executed_to_drop(400)


def test_lines_are_dropped_out_of_longer_parts() -> None:
    """A part that was given out is split at the lines that are dropped, also after the others were read."""
    data = b"web | 1\nweb | 2\nweb | 3\nweb | 4\n"
    lines = GivenLines(data, [(0, 24), (24, 32)], 0.0)
    lines.drop_line(8, 16)
    assert lines.pieces == [b"web | 1\n", b"web | 3\n", b"web | 4\n"]
    lines.drop_line(0, 8)
    lines.drop_line(24, 32)
    assert lines.pieces == [b"web | 3\n"]
