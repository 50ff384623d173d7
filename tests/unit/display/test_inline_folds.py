"""Folds of a stream: the same whatever the chunks, every line shown or counted, equal to the viewer's folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from support.texts import Memory, patient

from reflowlog.display.inline_folds import FoldOptions, InlineFolder, ShownLine
from reflowlog.pager.filter import FilteredDocument
from reflowlog.pager.folds import FoldedDocument, FoldIndex, Folds
from reflowlog.pager.timeline import Timeline
from reflowlog.store.document import Document
from reflowlog.text.parse.line_times import LineClock
from reflowlog.text.parse.tracebacks import OPEN, WHOLE

if TYPE_CHECKING:
    import pytest

TRACE = [b"Traceback (most recent call last):", b'  File "/app/a.py", line 1, in f', b"    g()", b"KeyError: 'x'"]
RECORDS = [
    [b"2026-01-02 12:00:0%d INFO tick %d"],
    [b"2026-01-02 12:00:0%d WARN low %d"],
    [b"2026-01-02 12:00:0%d ERROR x %d", *TRACE],
    [b"2026-01-02 12:00:0%d INFO more %d", b"  and more"],
    [b"12:00:0%d %d", b"  without a letter above"],
    [b"12:00:0%d %d", b"  without", b"letters"],
]
LOGS = st.lists(st.tuples(st.sampled_from(RECORDS), st.integers(0, 9), st.integers(0, 3)), max_size=25).map(
    lambda found: [
        line % (second, number) if at == 0 else line for each, second, number in found for at, line in enumerate(each)
    ]
)


def fold(lines: list[bytes], options: FoldOptions, sizes: list[int] | None = None) -> list[ShownLine]:
    """Return what is shown of lines that are fed in chunks, once all is settled."""
    folder = InlineFolder(options)
    shown: list[ShownLine] = []
    at = 0
    for size in sizes or [len(lines)]:
        shown += folder.feed(lines[at : at + size])
        at += size
        folder.pending()
    return shown + folder.feed(lines[at:]) + folder.flush()


@given(LOGS, st.integers(OPEN, WHOLE), st.booleans())
def test_it_is_what_the_viewer_shows(lines: list[bytes], level: int, repeats: bool) -> None:
    """The same lines, the same counts."""
    shown = fold(lines, FoldOptions(level, repeats, utc=True))
    offsets = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    document = Document(Memory(b"".join(line + b"\n" for line in lines)))
    filtered = FilteredDocument(document, None)
    folds = Folds(level, repeats)
    viewer = FoldedDocument(filtered, FoldIndex(document, filtered, patient()), folds, Timeline(document), utc=True)
    expected = []
    offset = viewer.at(0)
    while offset is not None:
        expected.append(ShownLine(offsets.index(offset), viewer.label(offset)))
        offset = viewer.after(offset)
    assert shown == expected


@given(LOGS, st.lists(st.integers(1, 4), max_size=10), st.integers(OPEN, WHOLE), st.booleans())
def test_chunks_change_nothing(lines: list[bytes], sizes: list[int], level: int, repeats: bool) -> None:
    """Line by line, in chunks, or at once; and at each time settled and pending lines follow one another."""
    options = FoldOptions(level, repeats)
    assert fold(lines, options, sizes) == fold(lines, options)
    folder = InlineFolder(options)
    settled: list[ShownLine] = []
    for line in lines:
        settled += folder.feed([line])
        numbers = [each.number for each in settled + folder.pending()]
        assert numbers == sorted(set(numbers))
        assert all(each.number < folder.settled for each in settled)
        assert all(each.number >= folder.settled for each in folder.pending())
        assert numbers
    assert settled + folder.flush() == fold(lines, options)


RUNS = st.lists(
    st.tuples(st.sampled_from([*RECORDS, [b"no time here %d %d"], [b"id 5f3a9c7%d of %d"]]), st.integers(1, 30)),
    max_size=6,
).map(
    lambda runs: [
        line % (number % 10, number) if at == 0 else line
        for each, count in runs
        for number in range(count)
        for at, line in enumerate(each)
    ]
)


@given(RUNS, RUNS, st.integers(OPEN, WHOLE), st.booleans())
def test_runs_that_are_counted_at_once(first: list[bytes], second: list[bytes], level: int, repeats: bool) -> None:
    """Whole chunks of equal lines give what their lines give one by one."""
    options = FoldOptions(level, repeats)
    one_by_one = fold(first + second, options, [1] * len(first + second))
    assert fold(first + second, options, [len(first)]) == one_by_one
    assert fold(first + second, options) == one_by_one


def test_many_equal_lines_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run takes time for its first and last line, besides one pass."""
    read: list[bytes] = []
    original = LineClock.time_of
    monkeypatch.setattr(LineClock, "time_of", lambda clock, line: read.append(line) or original(clock, line))
    lines = [b"2026-01-02 12:00:00 INFO tick %d" % number for number in range(1000)]
    shown = fold(lines, FoldOptions(repeats=True, utc=True))
    assert [each.number for each in shown] == [0, 1]
    assert len(read) < 10


def test_a_long_record_without_frames_is_not_held_back() -> None:
    """After some lines all are shown as they come."""
    folder = InlineFolder(FoldOptions(WHOLE, False))
    lines = [b"2026-01-02 12:00:00 INFO query", *[b"  line %d" % at for at in range(100)]]
    assert len(folder.feed(lines)) == len(lines)
    assert folder.settled == len(lines)
