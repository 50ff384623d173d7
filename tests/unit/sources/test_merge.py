"""Merger: its output is that of `heapq.merge` over all records, however the input is split."""

from __future__ import annotations

import heapq
import time
from itertools import chain, groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.zones import set_zone

from reflowlog.sources.merge import Merger
from reflowlog.text.parse.line_times import LineClock

if TYPE_CHECKING:
    from collections.abc import Callable

START = 1_700_000_000


def iso(second: int) -> str:
    """A time that can be compared as it is written."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(START + second)) + ",000"


def syslog(second: int) -> str:
    """One that cannot."""
    return time.strftime("[%d/%b/%Y:%H:%M:%S +0000]", time.gmtime(START + second))


def epoch(second: int) -> str:
    """A number."""
    return str(START + second)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times without a zone are UTC."""
    set_zone(monkeypatch, "UTC")


Record = tuple[int, int]  # its second, and how many lines it has beyond the first
STYLES = (iso, syslog, lambda second: iso(second)[:-4] + "Z")
records = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), max_size=12)
sources = st.lists(st.tuples(records, st.sampled_from(STYLES), st.integers(0, 2)), min_size=1, max_size=4)


def test_a_source_that_writes_its_times_in_two_ways() -> None:
    """A line with a time begins a record, although it does not begin as the first lines do."""
    merger = Merger([LineClock(), LineClock()])
    first, other = f"{iso(0)} a\n".encode(), f"{iso(1)} b\n".encode()
    merger.feed(0, first + f"{syslog(5)} c\n".encode())
    merger.feed(1, other)
    merger.set_idle(0)
    merger.set_idle(1)
    assert merger.take().data == first + other + f"{syslog(5)} c\n".encode()


@pytest.mark.parametrize(
    ("written", "second"), [("02:00:03 +0200", 3), ("06:00:03 CST", 3 + 12 * 3600), ("12:00:03 AM", 3)]
)
def test_a_zone_after_the_time(written: str, second: int) -> None:
    """A time that goes on after a blank is another one than its digits say; also where the line is only passed by."""
    lines = {at: f"2026-01-01 {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02} INFO\n".encode() for at in (0, 5, 50_000)}
    zoned = f"2026-01-01 {written} INFO\n".encode()
    for first in (0, 1):
        merger = Merger([LineClock(), LineClock()])
        merger.feed(first, lines[0] + lines[5] + lines[50_000])
        merger.feed(1 - first, zoned)
        merger.set_idle(0)
        merger.set_idle(1)
        expected = sorted([*lines.items(), (second, zoned)])
        assert merger.take().data == b"".join(line for _, line in expected)
    merger = Merger([LineClock(), LineClock()])
    merger.feed(0, b"".join(lines.values()))
    merger.set_idle(0)
    merger.advance(1, [zoned])
    assert merger.take().data == b"".join(line for at, line in sorted(lines.items()) if at < second)


def test_what_only_looks_like_a_time() -> None:
    """A clock that jumps back stands still; it is not held where nothing stood that is a time."""
    lines = [f"{when} x\n".encode() for when in (iso(1), "9999-99-99 99:99:99,000", iso(3), iso(2), iso(6))]
    merger = Merger([LineClock(), LineClock()])
    merger.feed(0, b"".join(lines))
    other = f"{iso(4)} y\n{iso(5)} y\n".encode()
    merger.feed(1, other)
    merger.set_idle(0)
    merger.set_idle(1)
    assert merger.take().data == b"".join(lines[:4]) + other + lines[4]


def test_what_comes_before_the_first_time() -> None:
    """It goes with that, also where it was fed before; it is not waited for if there is no time, or only much later."""
    early, first = b"starting up\n", f"{iso(5)} a\n".encode()
    other = f"{iso(1)} b\n".encode()
    for far in (False, True):
        merger = Merger([LineClock(), LineClock()])
        merger.feed(0, early)
        merger.feed(1, other)
        assert merger.take().data == b""
        assert merger.starved() == [0]
        if far:
            early = early * (1 << 17)
            merger.feed(0, early)
            early = b"starting up\n" + early
        merger.feed(0, first)
        merger.set_idle(0)
        merger.set_idle(1)
        assert merger.take().data == (early + other + first if far else other + early + first)
    merger = Merger([LineClock(), LineClock()])
    merger.feed(0, other)
    merger.feed(1, b"starting up\n")
    merger.advance(1, [first.rstrip()])  # the first line with a time is not wanted
    merger.feed(1, first)
    merger.set_idle(0)
    merger.set_idle(1)
    assert merger.take().data == other + b"starting up\n" + first
    merger = Merger([LineClock(), LineClock()])
    merger.feed(0, other)
    merger.feed(1, b"starting up\n")
    merger.set_idle(1)
    merger.set_idle(0)
    assert merger.take().data == b"starting up\n" + other


def test_a_mark_delays_newer_records() -> None:
    """Records after the mark come out only if they are older than those before it."""
    merger = Merger([LineClock(), LineClock()])
    one, two, three = (f"{iso(second)} x\n".encode() for second in (1, 2, 3))
    merger.feed(0, two)
    merger.mark()
    merger.feed(1, one + three)
    merger.set_idle(0)
    merger.set_idle(1)
    assert merger.take(marked=True).data == one + two
    merger.mark()
    assert merger.take(marked=True).data == three


def test_a_mark_holds_when_times_are_written_in_another_way() -> None:
    """The first record that begins otherwise makes all times be read; that of the mark is as well."""
    merger = Merger([LineClock(), LineClock()])
    merger.feed(0, f"{iso(0)} a\n".encode())
    merger.feed(1, b"")
    merger.mark()
    later, earlier = f"{syslog(9)} b\n".encode(), f"{syslog(8)} c\n".encode()
    merger.feed(0, later)
    merger.set_idle(0)
    merger.set_idle(1)
    assert merger.take(marked=True).data == f"{iso(0)} a\n".encode()
    merger.mark()
    merger.feed(1, earlier)
    merger.set_idle(1)
    assert merger.take(marked=True).data == earlier + later


def lines_of(number: int, found: list[Record], write: Callable[[int], str]) -> list[tuple[int, list[bytes]]]:
    """Each record's key and lines; a clock that jumps back stands still."""
    made, latest = [], -1
    for at, (second, more) in enumerate(found):
        latest = max(latest, second)
        lines = [f"{write(second)} INFO source {number} record {at}".encode()]
        made.append((latest, lines + [b"    and more"] * more))
    return made


@given(sources, st.randoms(use_true_random=False))
def test_it_is_the_merge(found: list[tuple[list[Record], Callable[[int], str], int]], random: object) -> None:
    """Any number of sources, any styles of times, fed in any pieces: all lines, in the order of the model."""
    made = [lines_of(number, records, write) for number, (records, write, _) in enumerate(found)]
    merged = heapq.merge(*made, key=lambda record: record[0])
    expected = b"".join(line + b"\n" for _, lines in merged for line in lines)
    fed = [list(chain.from_iterable(lines for _, lines in records)) for records in made]
    merger = Merger([LineClock() for _ in fed])
    out, runs, open_sources = b"", [], set(range(len(fed)))
    while open_sources:
        for number in merger.starved():
            if not fed[number]:
                merger.set_idle(number)
                open_sources.discard(number)
                continue
            count = random.randint(1, 4)  # type: ignore[attr-defined]
            chunk, fed[number] = fed[number][:count], fed[number][count:]
            merger.feed(number, b"".join(line + b"\n" for line in chunk))
        taken = merger.take()
        out += taken.data
        runs += taken.runs
    assert out == expected
    sources = [
        line.split()[line.split().index(b"source") + 1] if b"source" in line else b"" for line in out.split(b"\n")
    ]
    at = 0
    for owner, size in runs:
        told = {line.split(b"source ")[1][:1] for line in out[at : at + size].split(b"\n") if b"source" in line}
        assert told <= {b"%d" % owner}
        at += size
    assert at == len(out)
    assert len(sources) == out.count(b"\n") + 1


def test_what_comes_before_the_first_time_goes_with_it() -> None:
    """A banner stands before the first record of its own source."""
    merger = Merger([LineClock(), LineClock()])
    merger.feed(0, f"banner\n{iso(5)} a\n".encode())
    merger.feed(1, f"{iso(3)} b\n{iso(7)} c\n".encode())
    merger.set_idle(0)
    merger.set_idle(1)
    assert merger.take().data == f"{iso(3)} b\nbanner\n{iso(5)} a\n{iso(7)} c\n".encode()


def test_sources_without_times_come_one_after_another() -> None:
    """Without times the order is that of the sources."""
    merger = Merger([LineClock(), LineClock()])
    merger.feed(0, b"one\ntwo\n")
    merger.feed(1, b"three\n")
    merger.set_idle(0)
    merger.set_idle(1)
    assert merger.take().data == b"one\ntwo\nthree\n"


def test_an_idle_source_is_not_waited_for() -> None:
    """Records come out while a followed file has no new lines; its later lines come out then."""
    merger = Merger([LineClock(), LineClock()])
    merger.feed(0, f"{iso(5)} a\n".encode())
    merger.set_idle(0)
    assert merger.take().data == b""
    merger.set_idle(1)
    assert merger.take().data == f"{iso(5)} a\n".encode()
    assert merger.starved() == []
    merger.feed(1, f"{iso(1)} late\n".encode())
    merger.set_idle(1)
    assert merger.take().data == f"{iso(1)} late\n".encode()


def test_runs_cover_the_lines_of_each_source() -> None:
    """Neighbours of one source are one run."""
    merger = Merger([LineClock(), LineClock()])
    merger.feed(0, "".join(f"{iso(second)} a\n" for second in (0, 1, 4)).encode())
    merger.feed(1, "".join(f"{iso(second)} b\n" for second in (2, 3, 5)).encode())
    merger.set_idle(0)
    merger.set_idle(1)
    data, runs = merger.take()
    size = len(iso(0)) + 3
    assert runs == [(0, 2 * size), (1, 2 * size), (0, size), (1, size)]
    assert [letter for letter, _ in groupby(line[-1:] for line in data.split())] != []


def test_a_source_that_is_added_is_merged() -> None:
    """It is not waited for before it is fed; records of the first one are compared by their times."""
    merger = Merger([LineClock()], grows=True)
    merger.feed(0, b"2026-01-01 10:00:00 a\n2026-01-01 10:00:05 b\n")
    merger.add_source(LineClock())
    merger.feed(1, b"2026-01-01 10:00:02 c\n")
    merger.set_idle(0)
    merger.set_idle(1)
    assert merger.take().data == b"2026-01-01 10:00:00 a\n2026-01-01 10:00:02 c\n2026-01-01 10:00:05 b\n"
