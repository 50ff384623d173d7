"""Time ranges: found in a file or filtered from a stream, they are those of a naive model; little of a file is read."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.zones import reset_zone, set_zone

from reflowlog.sources import time_range
from reflowlog.sources.time_range import MAX_UNTIMED_BYTES, RangeFilter, Selection, find, sequential_clock
from reflowlog.text.parse.multiline import continues

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = 1_700_000_000


def stamp(second: float) -> bytes:
    """A time as it stands in a log."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + second)).encode()


def model(data: bytes, wanted: Selection) -> bytes:
    """Return the selected lines, computed line by line."""
    lines = data.splitlines(keepends=True)
    times = [
        time.mktime(time.strptime(line[:20].decode(), "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        if line.startswith(b"20")
        else None
        for line in lines
    ]
    known = [each for each in times if each is not None]
    if known and wanted[:2] != (None, None):
        now, kept = known[0], []
        for line, at in zip(lines, times):
            now = now if at is None else at
            if (wanted.since is None or now >= wanted.since) and (wanted.until is None or now <= wanted.until):
                kept.append(line)
        lines = kept
    if wanted.tail is None:
        return b"".join(lines)
    heads = [
        n for n, further in enumerate(continues([line.rstrip(b"\n") for line in lines])[0]) if not further or not n
    ]
    return b"".join(lines[heads[-wanted.tail] :] if 0 < wanted.tail <= len(heads) else lines * (wanted.tail > 0))


@contextlib.contextmanager
def file_of(data: bytes) -> Iterator[int]:
    """A file that holds these bytes, open."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        yield file.fileno()


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    set_zone(monkeypatch, "UTC")


steps = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 120)), max_size=40)
moments = st.none() | st.integers(-2, 60).map(lambda second: float(START + second))
excerpts = st.builds(Selection, moments, moments, st.none() | st.integers(0, 12), st.none())


def log_of(found: list[tuple[int, int, int]], banner: int) -> bytes:
    """Lines in the order of their times: each a step, the number of lines that go with it, and how long it is."""
    data, second = b"banner\n" * banner, 0
    for step, further, size in found:
        second += step
        data += stamp(second) + b" " + b"x" * size + b"\n" + b"  further\n" * further
    return data


@given(steps, st.integers(0, 3), excerpts, st.booleans())
def test_found_and_cut_as_the_model_says(
    found: list[tuple[int, int, int]], banner: int, wanted: Selection, ended: bool
) -> None:
    """In a file, with small chunks, and in a stream that is split anywhere."""
    data = log_of(found, banner)
    data = data if ended else data[:-1]
    with pytest.MonkeyPatch.context() as patch, file_of(data) as descriptor:
        patch.setattr(time_range, "_PROBE_SIZE", 64)
        patch.setattr(time_range, "_SCAN_BYTES", 128)
        patch.setattr(time_range, "_STRIDE_BYTES", 256)
        start, stop = find(descriptor, len(data), wanted)
    assert data[start:stop] == model(data, wanted)
    range_filter = RangeFilter(wanted)
    lines = data.splitlines(keepends=True)
    out = (
        b"".join(range_filter.feed(b"".join(lines[at : at + 3])) for at in range(0, len(lines), 3))
        + range_filter.flush()
    )
    assert out == model(data, wanted)


@pytest.mark.slow
def test_a_traceback_is_one_record() -> None:
    """The last record is complete, even if it is longer than a chunk."""
    trace = b"Traceback (most recent call last):\n" + b'  File "x", line 1\n' * 30_000 + b"KeyError: 1\n"
    data = stamp(1) + b" one\n" + stamp(2) + b" two\n" + trace
    with file_of(data) as descriptor:
        start, stop = find(descriptor, len(data), Selection(tail=1))
        assert data[start:stop] == stamp(2) + b" two\n" + trace
    range_filter = RangeFilter(Selection(tail=1))
    chunks = [data[at : at + 50_000] for at in range(0, len(data), 50_000)]
    cut = [b"".join(chunks).split(b"\n")]
    for line in cut[0][:-1]:
        assert range_filter.feed(line + b"\n") == b""
    assert range_filter.flush() == stamp(2) + b" two\n" + trace


@pytest.mark.slow
def test_no_times_at_all() -> None:
    """A log without times is selected completely, in a stream as soon as that is known."""
    data = b"no time\n" * (2 * MAX_UNTIMED_BYTES // 8)
    with file_of(data) as descriptor:
        assert find(descriptor, len(data), Selection(since=float(START))) == (0, len(data))
    range_filter = RangeFilter(Selection(since=float(START)))
    assert range_filter.feed(b"who knows\n") == b""
    assert range_filter.pause() == b"who knows\n"
    assert range_filter.feed(data) == data


def test_the_tail_of_a_stream_is_all_that_is_held() -> None:
    """However much goes through, and in however small pieces."""
    range_filter = RangeFilter(Selection(tail=10))
    tracemalloc.start()
    for number in range(4_000):
        range_filter.feed(b"%d %s\n" % (number, b"x" * 5000))
    assert tracemalloc.get_traced_memory()[1] < 7 << 20
    tracemalloc.stop()
    assert range_filter.flush() == b"".join(b"%d %s\n" % (number, b"x" * 5000) for number in range(3_990, 4_000))


@pytest.mark.parametrize("size", [1, 2, 99])
def test_a_line_without_a_time_goes_with_the_last_one_of_its_service(size: int) -> None:
    """Behind the prefix of a transport; also where that is far behind, in another chunk."""
    early = [b"web-1 | " + stamp(1) + b" ERROR boom\n", b"db-1 | " + stamp(2) + b" INFO up\n", b"cron-1 | start\n"]
    late = [b"db-1 | " + stamp(5) + b" INFO x\n", b"web-1 |   at line 7\n", b"db-1 |   more\n"]
    last = [b"cron-1 | new\n", b"web-1 | " + stamp(6) + b" ERROR two\n", b"web-1 |   at line 8\n"]
    lines = [*early, *late, *last]
    for selection, expected in (
        (Selection(since=START + 4), [late[0], late[2], *last]),
        (Selection(until=START + 4), [*early, late[1]]),
    ):
        range_filter = RangeFilter(selection)
        found = [range_filter.feed(b"".join(lines[at : at + size])) for at in range(0, len(lines), size)]
        assert b"".join(found) + range_filter.flush() == b"".join(expected)


@pytest.mark.parametrize("newline", [b"", b"\n"])
@pytest.mark.parametrize("tail", [0, 1, 2, 3, 9])
def test_the_parts_of_a_giant_line_are_one_line(tail: int, newline: bytes) -> None:
    """As they came; beyond a few MiB on the disk."""
    range_filter = RangeFilter(Selection(tail=tail))
    lines = [b"one\n", b"two\n", b"x" * (24 << 20) + b"\n", b"last" + newline]
    giant = lines[2]
    tracemalloc.start()
    range_filter.feed(lines[0] + lines[1] + giant[: 4 << 20])
    for at in range(4 << 20, len(giant), 1 << 20):
        range_filter.feed_part(giant[at : at + (1 << 20)])
    range_filter.feed(lines[3])
    assert tracemalloc.get_traced_memory()[1] < 21 << 20
    tracemalloc.stop()
    assert b"".join(range_filter.chunks()) == b"".join(lines[max(0, len(lines) - tail) :])


class Counted:
    """File text that counts the bytes read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        read_at = time_range.read_at

        def read(descriptor: int, size: int, position: int) -> bytes:
            data = read_at(descriptor, size, position)
            self.bytes += len(data)
            return data

        monkeypatch.setattr(time_range, "read_at", read)


@pytest.mark.skipif(not hasattr(os, "SEEK_DATA"), reason="holes are not told here")
def test_ten_gigabytes_are_hardly_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of a sparse file in which a block is written here and there less than a megabyte is read."""
    size, blocks = 10 << 30, 64
    path = tmp_path / "large"
    offsets = {}
    with path.open("wb") as file:
        for block in range(blocks):
            file.seek(block * (size // blocks) // 4096 * 4096)
            for line in range(1000):
                second = block * 1000 + line
                offsets[second] = file.tell()
                file.write(stamp(second) + b" a line of some length that is like others\n")
        file.truncate(size)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        for second in (0, 1, 999, 1000, 31_500, 63_999):
            counted = Counted(monkeypatch)
            start, stop = find(descriptor, size, Selection(since=float(START + second)))
            found = os.pread(descriptor, 200_000, start).lstrip(b"\0")
            assert found.startswith(stamp(second)), second
            assert stop == size
            assert counted.bytes < 1 << 20
            counted = Counted(monkeypatch)
            _, stop = find(descriptor, size, Selection(until=float(START + second - 1)))
            assert stop <= offsets[second] or second == 0
            assert counted.bytes < 1 << 20
            monkeypatch.undo()
    finally:
        os.close(descriptor)


def test_a_large_file_is_hardly_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one without holes neither; nor for its last records."""
    data = b"".join(
        stamp(number // 10) + b" a line of some length that is like many others\n" for number in range(200_000)
    )
    with file_of(data) as descriptor:
        counted = Counted(monkeypatch)
        start, stop = find(descriptor, len(data), Selection(float(START + 12_345), float(START + 12_350), 7))
        assert counted.bytes < 1 << 20
    assert data[start:stop].count(b"\n") == 7
    assert data[start:stop].startswith(stamp(12_350))


@pytest.mark.parametrize("has_fields", [True, False])
def test_bounds_in_utc_are_those_of_records_that_are_shown_in_it(has_fields: bool) -> None:
    """Lines that are shown as they were written have bounds of their own, in a file and in a stream."""
    form = '{"ts": "%s", "msg": "x"}\n' if has_fields else "%s INFO x\n"
    times = [START + 60 * number for number in range(10)]
    lines = [(form % time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(each))).encode() for each in times]
    selection = Selection(float(times[2]), float(times[4]), None, (float(times[5]), float(times[5])))
    data = b"no time\n" + b"".join(lines)
    expected = b"".join(lines[2:5] if has_fields else lines[5:6])
    with file_of(data) as descriptor:
        start, stop = find(descriptor, len(data), selection)
    assert data[start:stop] == expected
    range_filter = RangeFilter(selection)
    assert b"".join([*map(range_filter.feed, data.splitlines(True)), range_filter.flush()]) == expected


def test_times_without_a_year_are_dated_from_the_mtime() -> None:
    """A log of another year is not of this one: its year is that of the file's last change, or the one before."""
    data = b"Dec 31 23:59:58 h app[1]: one\nJan  1 00:00:01 h app[1]: two\nJan  1 00:00:03 h app[1]: three\n"
    written = 1704067205.0  # 2024-01-01 00:00:05 UTC
    with file_of(data) as descriptor:
        os.utime(descriptor, (written, written))
        start, stop = find(descriptor, len(data), Selection(since=written - 6))
    assert data[start:stop] == data[data.index(b"Jan") :]


def test_times_without_a_date_are_dated_from_the_mtime() -> None:
    """A clock that is ahead of the file's last change is of the day before."""
    data = b"23:59:58.100 before\n00:00:00.200 after\n00:00:01.000 later\n"
    written = 1714608003.0  # 2024-05-02 00:00:03 UTC
    with file_of(data) as descriptor:
        os.utime(descriptor, (written, written))
        start, stop = find(descriptor, len(data), Selection(until=written - 3))
    assert data[start:stop] == b"23:59:58.100 before\n"


THREE_DAYS = b"23:00:00 one\n01:00:00 two\n23:30:00 three\n00:30:00 four\n  more\n11:00:00 five\n"
NOON = 1_714_737_600  # 3 May 2024, 12:00


@pytest.fixture
def three_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Descriptor of a file whose clocks pass two midnights, last written at noon of the third day."""
    set_zone(monkeypatch, "UTC")
    path = tmp_path / "clocks.log"
    path.write_bytes(THREE_DAYS)
    os.utime(path, (NOON, NOON))
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)
    reset_zone(monkeypatch)


def test_clocks_of_several_days_are_dated_back_over_each_midnight(three_days: int) -> None:
    """The last time of a file is the one before its modification time; each midnight in it is one day before that."""
    clock = sequential_clock(three_days)
    times = [clock.time_of(line) for line in THREE_DAYS.split(b"\n")]
    hours = [-37, -35, -12.5, -11.5, None, -1, None]
    assert times == [None if hour is None else NOON + hour * 3600 for hour in hours]


@pytest.mark.parametrize(("since", "until", "wanted"), [(-13, None, 23), (None, -13, -1), (-36, -12, 0)])
def test_ranges_of_clocks_of_several_days(three_days: int, since: int | None, until: int | None, wanted: int) -> None:
    """A range is found by the day of a clock, also where the same clock occurs on several days."""
    selection = Selection(*(None if hour is None else NOON + hour * 3600 for hour in (since, until)))
    begin, end = find(three_days, len(THREE_DAYS), selection)
    lines = [line for line in THREE_DAYS[begin:end].split(b"\n") if line]
    expected = {23: [b"23:30:00 three", b"00:30:00 four", b"  more", b"11:00:00 five"]}
    expected |= {-1: [b"23:00:00 one", b"01:00:00 two"], 0: [b"01:00:00 two", b"23:30:00 three"]}
    assert lines == expected[wanted]


def test_dates_without_a_year_are_dated_back_over_each_new_year(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log of 14 months without years begins in the year before the last one."""
    set_zone(monkeypatch, "UTC")
    path = tmp_path / "messages"
    dates = [b"Mar 01", b"Jul 01", b"Nov 01", b"Mar 01", b"May 01"]
    path.write_bytes(b"".join(date + b" 12:00:00 h a[1]: x\n" for date in dates))
    os.utime(path, (NOON, NOON))
    with path.open("rb") as file:
        clock = sequential_clock(file.fileno())
    times = [clock.time_of(line) for line in path.read_bytes().splitlines()]
    reset_zone(monkeypatch)
    days = [-429, -307, -184, -63, -2]
    assert times == [NOON + day * 86_400 for day in days]


def test_a_range_of_the_kernels_uptimes(tmp_path: Path) -> None:
    """Uptimes are dated by the line in which the kernel sets its clock, also those before it."""
    path = tmp_path / "dmesg"
    lines = [
        b"[    0.500000] Linux version 6.8.0\n",
        b"[    1.500000] rtc_cmos 00:00: setting system clock to 2024-05-01T10:00:00 UTC (1714557600)\n",
        b"[   12.250000] usb 1-1: new device\n",
    ]
    path.write_bytes(b"".join(lines))
    with path.open("rb") as file:
        size = path.stat().st_size
        assert find(file.fileno(), size, Selection(since=1_714_557_599.5)) == (len(lines[0]), size)
        assert find(file.fileno(), size, Selection(until=1_714_557_599.5)) == (0, len(lines[0]))
        assert sequential_clock(file.fileno()).time_of(lines[0]) == 1_714_557_599
