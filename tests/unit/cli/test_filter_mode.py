"""The filter off a terminal: what it keeps is a function of the input's bytes, not of their cuts or times."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.cli.criteria import RecordCriteria
from reflowlog.cli.filter_mode import STREAM_TIMEOUT, SelectingSink
from reflowlog.cli.options import CliOptions
from reflowlog.sources.sinks import LongLines
from reflowlog.text.search.record_filter import MAX_STREAM_AGE

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIXES = {
    "none": [b""],
    "compose": [b"web-1  | ", b"db-1   | ", b"job-1  | "],
    "syslog": [b"Jun 14 15:16:01 host cron[7]: ", b"Jun 14 15:16:02 host su: "],
    "containers": [b"2024-05-01T10:00:00Z stdout F ", b"2024-05-01T10:00:00Z stderr F "],
}
BODIES = [
    *(b"10:00:00 INFO one", b"10:00:01 ERROR red", b"  indented", b"  red, indented", b"plain text", b"", b"red"),
    *(b"Traceback (most recent call last):", b'  File "a.py", line 1, in f', b"ValueError: red", b"TypeError: two"),
    *(b"    at f (a.js:1:2)", b"main.main()", b"\t/x/y.go:12 +0x1d", b"panic: red", b"goroutine 1 [running]:"),
    *(
        b'{"level":"error","msg":"red"}',
        b"level=info msg=x a=1",
        b"{",
        b"}",
        b"a.b.CError: red",
        b"\tat a.b.C(D.java:5)",
    ),
]
OPTIONS = [
    *({"grep": ("red",)}, {"exclude": ("red",)}, {"grep": ("red",), "invert": True}, {"level": "error"}),
    *({"grep": ("one",), "exclude": ("red",)}, {"grep": ("red",), "context": 1}, {"level": "error", "exclude": ("f",)}),
]
logs = st.sampled_from(list(PREFIXES.values())).flatmap(
    lambda prefixes: st.lists(st.tuples(st.sampled_from(prefixes), st.sampled_from(BODIES)).map(b"".join), max_size=14)
)


class Kept:
    """Sink that keeps what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def pause(self) -> None:
        pass

    def end(self) -> None:
        pass


def kept(data: bytes, options: dict[str, object], cuts: Sequence[int] = (), wait: float = 0.0) -> bytes:
    """Return what is kept of some data that comes in parts, with a wait before each."""
    now, sink = [0.0], Kept()
    criteria = RecordCriteria(CliOptions(**options))  # type: ignore[arg-type]
    tested = SelectingSink(criteria, sink, LongLines(lambda _: None), is_live=True, clock=lambda: now[0])
    for start, end in pairwise([0, *sorted({*cuts, len(data)})]):
        now[0] += wait
        tested.write(data[start:end])
    tested.end()
    return sink.data


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(
    "lines",
    [
        [b"web-1  | 10:00:00 INFO red", b"web-1  | ", b"db-1   | ", b"db-1   | x", b"web-1  | more"],
        [b"10:00:00 ERROR one", b"", b"", b"red, it is"],
        [
            b"2024-05-01T10:00:00Z stdout P it is r",
            b"2024-05-01T10:00:00Z stderr F x",
            b"2024-05-01T10:00:00Z stdout F ed",
        ],
    ],
)
def test_lines_that_depend_on_the_next_one_may_come_one_by_one(lines: list[bytes], options: dict[str, object]) -> None:
    """Also several of them, and pieces of a text."""
    text = b"\n".join([*lines, b""])
    cuts = [at + 1 for at, byte in enumerate(text) if byte == ord("\n")]
    assert kept(text, options, cuts, wait=0.1) == kept(text, options)


@given(logs, st.booleans(), st.sampled_from(OPTIONS), st.data())
def test_what_is_kept_depends_on_the_bytes_only(
    lines: list[bytes], is_ended: bool, options: dict[str, object], data: st.DataObject
) -> None:
    """However they are cut, and with pauses between that make less than a second."""
    text = b"\n".join(lines) + b"\n" * is_ended
    cuts = data.draw(st.lists(st.integers(1, max(len(text), 1)), max_size=8))
    assert kept(text, options, cuts, wait=0.1) == kept(text, options)


@pytest.mark.parametrize("size", [700, 20_000, 1 << 16, 1 << 17])
@pytest.mark.parametrize("lines", [30, 400])
@pytest.mark.parametrize(
    "options", [{"grep": (" x$",)}, {"exclude": (" x$",)}, {"grep": (" x$",), "level": "error"}], ids=str
)
def test_records_of_services_that_take_turns(options: dict[str, object], lines: int, size: int) -> None:
    """Records of many lines, each of them between lines of all other services, are kept or dropped as a whole."""
    services = 12_000 // lines // 2
    text = b"".join(
        b"web-%03d  | %s\n" % (service, b"10:00:00 ERROR it failed" if line == 0 else b"  line %d" % line)
        if line < lines - 1
        else b"web-%03d  |   end %s\n" % (service, b"x" if (service + record) % 2 else b"y")
        for record in range(2)
        for line in range(lines)
        for service in range(services)
    )
    found = kept(text, options, range(size, len(text), size))
    assert found.count(b"\n") == lines * services
    assert (found.count(b"end x"), found.count(b"end y")) == ((0, services) if "exclude" in options else (services, 0))


def test_undecided_lines_are_not_held_for_ever() -> None:
    """They come out after a second of waiting, though lines of other services come all the time."""
    now, sink = [0.0], Kept()
    criteria = RecordCriteria(CliOptions(exclude=("red",)))
    tested = SelectingSink(criteria, sink, LongLines(lambda _: None), is_live=True, clock=lambda: now[0])
    tested.write(b"web-1  | 10:00:00 INFO one\n")
    for _ in range(9):
        now[0] += 0.1
        tested.write(b"db-1   | 10:00:00 INFO two\n")
        assert sink.data == b""
    now[0] += 0.2
    tested.write(b"db-1   | 10:00:00 INFO two\n")
    assert sink.data.startswith(b"web-1  | 10:00:00 INFO one\ndb-1")
    assert STREAM_TIMEOUT == MAX_STREAM_AGE


def test_lines_that_are_decided_come_out_at_once() -> None:
    """No next line changes what they are."""
    for line in (b"10:00:00 ERROR red\n", b'{"level":"error","msg":"red"}\n', b"it is red\n", b"web-1 | it is red\n"):
        sink = Kept()
        criteria = RecordCriteria(CliOptions(grep=("red",)))
        SelectingSink(criteria, sink, LongLines(lambda _: None), is_live=True, clock=lambda: 0.0).write(line)
        assert sink.data == line
