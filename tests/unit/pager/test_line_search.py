"""Lines found by their time, and times of segments, in a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.zones import reset_zone, set_zone

from reflowlog.pager.line_search import find_line_at, time_near
from reflowlog.pager.timeline import Timeline
from reflowlog.store.document import Document
from reflowlog.store.file_text import FileText
from reflowlog.text.parse.line_times import LineClock
from reflowlog.text.parse.timestamps import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITTEN = 1_705_795_200  # 21 January 2024
DATES = (b"Nov 20", b"Dec 31", b"Jan 01", b"Jan 20")
DAYS = (-62, -21, -20, -1)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A log without years that was written in January 2024; local time is UTC."""
    set_zone(monkeypatch, "UTC")
    path = tmp_path / "messages"
    path.write_bytes(b"".join(date + b" 00:00:00 h a[1]: x\n" for date in DATES))
    os.utime(path, (WRITTEN, WRITTEN))
    yield path
    reset_zone(monkeypatch)


def document_of(path: Path) -> Document:
    """Open a document over a file."""
    return Document(FileText(str(path), os.open(path, os.O_RDONLY)))


def test_dates_without_a_year_are_of_the_file(path: Path) -> None:
    """A date without a year belongs to the year before the file was written, not to the one before now."""
    document = document_of(path)
    times = [WRITTEN + day * 86_400 for day in DAYS]
    offsets = [number * 26 for number in range(4)]
    assert [Timeline(document).time_of(offset) for offset in offsets] == times
    assert [time_near(document, offset) for offset in offsets] == times
    assert [find_line_at(document, time) for time in times] == offsets


def test_clocks_pass_midnight_more_than_once(path: Path) -> None:
    """Lines with a clock alone are of the days before the file was written, counted back over each midnight."""
    clocks = (b"22:00:00", b"23:59:50", b"00:00:10", b"12:00:00", b"23:59:59", b"00:30:00")
    path.write_bytes(b"".join(clock + b" x\n" for clock in clocks))
    written = WRITTEN + 3600  # an hour past midnight
    os.utime(path, (written, written))
    document = document_of(path)
    times = [WRITTEN + each for each in (-93_600, -86_410, -86_390, -43_200, -1, 1800)]
    offsets = [number * 11 for number in range(6)]
    assert [time_near(document, offset) for offset in offsets] == times
    assert [find_line_at(document, time) for time in times] == offsets
    assert find_line_at(document, WRITTEN + 7200) is None
    timeline = Timeline(document)
    assert [timeline.since_before(offset) for offset in offsets[1:]] == [7190, 20, 43_190, 43_199, 1801]


def test_a_file_that_grows_is_of_now(path: Path) -> None:
    """Once the file has grown, its times are read as of now, also by a timeline that is there already."""
    document = document_of(path)
    timeline = Timeline(document)
    assert timeline.time_of(26) == WRITTEN - 21 * 86_400
    os.utime(path)
    assert document.written_at is None
    assert timeline.time_of(0) == LineClock().time_of(b"Nov 20 00:00:00 h a[1]: x") == moment("Nov 20 00:00:00")
