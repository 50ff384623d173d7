"""The history against a plain list: same lines, same numbers, whatever is evicted, spilled or lost.

Rules of this file: blocks, chunks and files are tiny, so that each case crosses every boundary.
"""

from __future__ import annotations

import errno
import os
from typing import IO, TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reflowlog.store.line_index import LineIndex
from reflowlog.store.spool import Evicted, Spool

if TYPE_CHECKING:
    from collections.abc import Iterator

made: list[Spool] = []


@pytest.fixture(autouse=True)
def close_all() -> Iterator[None]:
    """Close every spool that a test has made."""
    yield
    while made:
        made.pop().close()


class TinySpool(Spool):
    """A spool whose boundaries are close together."""

    CHUNK_BYTES = 8
    MIN_FILE_BYTES = 16
    broken = False

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        made.append(self)

    def _open(self) -> IO[bytes]:
        if self.broken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super()._open()

    def _write(self, chunk: memoryview, start: int) -> None:
        if self.broken:  # else a file that was cut off would grow again, with zeros in the gap
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super()._write(chunk, start)


class TinyHistory(LineIndex):
    """A history whose blocks are 24 bytes."""

    GROUP_BYTES = 24


def tiny(limit: int | None = None, budget: int = 24) -> TinyHistory:
    """A history in which everything is small."""
    return TinyHistory(TinySpool(budget), limit)


def numbered(start: int, stop: int) -> bytes:
    """Lines that say their number."""
    return b"".join(b"line %d\n" % number for number in range(start, stop))


LINES = st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=12)


class Model(RuleBasedStateMachine):
    """Whatever is done to a history, it agrees with a list of lines and the number of the first that is held."""

    @initialize(limit=st.one_of(st.none(), st.integers(0, 30)), budget=st.sampled_from([0, 16, 48, 4000]))
    def begin(self, limit: int | None, budget: int) -> None:
        self.said: list[str] = []
        self.spool = TinySpool(budget, on_trouble=self.said.append)
        self.history = TinyHistory(self.spool, limit)
        self.limit = limit
        self.all: list[bytes] = []
        self.broken = False

    def teardown(self) -> None:
        self.history.close()

    @rule(lines=LINES)
    def extend(self, lines: list[bytes]) -> None:
        assert self.history.extend(b"".join(line + b"\n" for line in lines)) == len(lines)
        self.all += lines

    @rule(line=st.binary(max_size=100).map(lambda line: line.replace(b"\n", b"")))
    def append(self, line: bytes) -> None:
        assert self.history.append(line) == len(self.all)
        self.all.append(line)

    @rule(line=st.integers(0, 200))
    def one_long_line(self, line: int) -> None:
        self.append(b"x" * line)

    @rule(lines=LINES, before=st.binary(max_size=30), after=st.binary(max_size=30))
    def extend_with_a_part(self, lines: list[bytes], before: bytes, after: bytes) -> None:
        data = b"".join(line + b"\n" for line in lines)
        self.history.extend(before + data + after, len(before), len(before) + len(data))
        self.all += lines

    @rule()
    def by_offset(self) -> None:
        """Check offsets of lines, and lines of offsets, against the list; dropped ones are None."""
        history = self.history
        start = history.start_offset
        try:
            found = history.read(start, history.end_offset)
        except Evicted:  # it broke just now
            assert self.broken
            assert history.start_offset > start
            return
        lines = [line + b"\n" for line in self.all]
        assert found == b"".join(lines[history.first :])
        assert (start, history.end_offset) == (sum(map(len, lines[: history.first])), sum(map(len, lines)))
        offset = start
        for number in range(history.first, history.end):
            assert history.offset_of(number) == offset
            assert history.number_at(offset) == history.number_at(offset + len(lines[number]) - 1) == number
            offset += len(lines[number])
        assert history.number_at(start - 1) is history.number_at(history.end_offset) is None
        assert history.offset_of(history.first - 1) is history.offset_of(history.end) is None

    @rule(data=st.data())
    def by_offset_while_it_breaks(self, data: st.DataObject) -> None:
        """A place or a number that is given is right, also when the disk fails while it is looked up."""
        number = data.draw(st.integers(0, len(self.all)))
        offset = sum(len(line) + 1 for line in self.all[:number])
        assert self.history.offset_of(number) in (offset, None)
        assert self.history.number_at(offset) in (number, None)

    @precondition(lambda self: not self.broken)
    @rule()
    def disk_breaks(self) -> None:
        """From now on no file can be made, and those that are there cannot be read."""
        self.broken = True
        self.spool.broken = True
        for segment in self.spool._files:
            os.ftruncate(segment.file.fileno(), 0)

    @rule(start=st.integers(-5, 60), count=st.integers(-2, 60))
    def read_range(self, start: int, count: int) -> None:
        start += self.history.first
        found = self.history.lines(start, start + count)
        assert found == self.all[max(start, self.history.first) : max(0, start + count)]

    @rule(data=st.data())
    def read_line(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(-3, len(self.all) + 3))
        try:
            found = self.history.line(number)
        except IndexError:
            assert not self.history.first <= number < len(self.all)
        else:
            assert found == self.all[number]

    @rule()
    def read_blocks(self) -> None:
        """Block by block, forward, gives all that is held."""
        found: list[bytes] = []
        number = start = self.history.first
        while number < self.history.end:
            try:
                first, group = self.history.group(number)
            except IndexError:  # it broke just now
                assert self.broken
                assert number < self.history.first
                number = start = self.history.first
                found = []
                continue
            assert first == number
            found += group.split(b"\n")[:-1]
            number += group.count(b"\n")
        assert found == self.all[start:]

    @invariant()
    def agrees(self) -> None:
        history = self.history
        assert history.end == len(self.all)
        assert len(history) == history.end - history.first
        if self.limit is not None:
            assert len(history) <= self.limit
        if not self.broken:
            assert history.first == (0 if self.limit is None else max(0, len(self.all) - self.limit))
            assert history.lost == 0
        assert len(self.said) <= 1
        assert bool(self.spool.lost) <= bool(self.said)


TestModel = Model.TestCase


def test_empty() -> None:
    """An empty history has no first line, and gives none."""
    history = tiny()
    assert (history.first, history.end, len(history), history.limit) == (0, 0, 0, None)
    assert history.lines(0, 10) == []
    assert history.extend(b"") == 0
    with pytest.raises(IndexError, match="line 0 "):
        history.line(0)
    with pytest.raises(IndexError, match="line 0 "):
        history.group(0)


def test_what_is_no_line() -> None:
    """A piece without its last newline, a line with one in it, and a negative limit are mistakes."""
    history = tiny()
    with pytest.raises(ValueError, match="no newline"):
        history.extend(b"one\ntwo")
    with pytest.raises(ValueError, match="newline in it"):
        history.append(b"one\ntwo")
    with pytest.raises(ValueError, match="negative"):
        tiny(-1)
    assert history.end == 0


def test_a_part_that_is_no_line() -> None:
    """The part of a piece that is to be kept must end with a newline as well; an empty part is no mistake."""
    history = tiny()
    with pytest.raises(ValueError, match="no newline"):
        history.extend(b"one\ntwo\n", 0, 3)
    assert history.extend(b"one\ntwo", 4, 4) == 0
    assert history.extend(b"one\ntwo", 0, 4) == 1
    assert history.lines(0, 9) == [b"one"]


def test_the_place_in_a_giant_line_needs_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which line a byte is in is known without a read where the line is a block by itself."""
    history = LineIndex(Spool())
    history.extend(b"first\n" + b"g" * 3_000_000 + b"\nlast\n")
    monkeypatch.setattr(Spool, "read", lambda *_: pytest.fail("it was read"))
    assert history.number_at(2_000_000) == 1
    assert history.offset_of(1) == 6
    assert history.offset_of(2) == 3_000_007
    monkeypatch.undo()
    history.close()


def test_empty_lines_and_odd_bytes() -> None:
    """Only the newline ends a line: carriage returns, nulls and bad UTF-8 belong to it."""
    history = tiny()
    lines = [b"", b"", b"a\rb\r", b"\0\xff\xfe", b"\x0b\x0c\x1c\x85", "\u2028".encode(), b""]
    history.extend(b"\n".join(lines) + b"\n")
    assert history.lines(0, 99) == lines


def test_each_limit_at_each_length() -> None:
    """The newest lines are exactly those within the limit, and their numbers stay."""
    for limit in range(8):
        history = tiny(limit)
        for number in range(40):
            history.append(b"line %d" % number)
            assert history.first == max(0, number + 1 - limit)
            assert history.lines(0, 99) == numbered(history.first, number + 1).splitlines()


def test_a_negative_number_is_no_index_from_the_end() -> None:
    """Numbers are names of lines, so -1 is none of them."""
    history = tiny()
    history.extend(numbered(0, 5))
    with pytest.raises(IndexError):
        history.line(-1)


def test_the_limit_keeps_memory_flat() -> None:
    """Index, memory and files of a bounded history stop growing."""
    history = tiny(limit=50)
    sizes = set()
    for number in range(20_000):
        history.append(b"line %d" % number)
        if number > 1000:
            spool = history._spool
            sizes.add((len(history._numbers), spool.end - spool.start, len(spool._files)))
    assert max(index for index, _, _ in sizes) < 150
    assert max(held for _, held, _ in sizes) < 1000
    assert history.lines(history.first, history.end) == numbered(19_950, 20_000).splitlines()


def test_a_chunk_larger_than_the_limit() -> None:
    """Of one chunk with more lines than the limit the newest stay."""
    history = tiny(limit=3)
    assert history.extend(numbered(0, 1000)) == 1000
    assert history.lines(0, 2000) == numbered(997, 1000).splitlines()


def test_a_huge_line_among_small_ones() -> None:
    """A line of 20 MB costs its neighbours nothing: it is a block by itself."""
    history = LineIndex(Spool(4 << 20))
    huge = b"h" * 20_000_000
    history.extend(numbered(0, 10) + huge + b"\n" + numbered(11, 20))
    history.append(huge)
    history.append(b"last")
    assert history.line(9) == b"line 9"
    assert history.line(10) == huge
    assert history.lines(11, 20) == numbered(11, 20).splitlines()
    assert history.line(20) == huge
    assert history.line(21) == b"last"
    assert [len(history.group(number)[1]) for number in (0, 10, 11)] == [70, 20_000_001, 81 - 9]
    history.close()


def test_blocks_backward() -> None:
    """A scan can go backward, block by block, to the oldest line within the limit."""
    history = tiny(limit=100)
    history.extend(numbered(0, 250))
    found = b""
    number = history.end - 1
    while number >= history.first:
        first, group = history.group(number)
        found = group + found
        number = first - 1
    assert found == numbered(150, 250)


def test_closed() -> None:
    """A closed history is empty, keeps its numbers, and takes nothing more."""
    history = tiny()
    history.extend(numbered(0, 30))
    history.close()
    history.close()
    assert (history.first, history.end, history.lines(0, 99)) == (30, 30, [])
    with pytest.raises(ValueError, match="closed"):
        history.append(b"late")
    assert history.end == 30


def test_a_failing_disk_is_counted_in_lines() -> None:
    """With the disk failing, the newest whole lines that fit in memory stay, with their numbers."""
    said: list[str] = []
    spool = TinySpool(48, on_trouble=said.append)
    spool.broken = True
    history = TinyHistory(spool)
    for number in range(100):
        history.append(b"line %d" % number)
        assert history.lines(0, 200) == numbered(history.first, number + 1).splitlines()
    assert len(said) == 1
    assert history.lost == history.first
    assert 2 <= len(history) <= 6


def test_trouble_may_be_told_into_the_history_itself() -> None:
    """The line that tells of trouble can go straight into the history that has it."""
    spool = TinySpool(80, on_trouble=lambda _: told.append(history.append(b"note")))
    spool.broken = True
    history = TinyHistory(spool)
    told: list[int] = []
    assert history.extend(numbered(0, 30)) == 30
    assert told == [30]
    assert history.line(30) == b"note"
    history.extend(b"line 31\n")
    assert history.lines(29, 32) == [b"line 29", b"note", b"line 31"]


def test_reading_does_not_copy_the_whole_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screenful from the middle of a large history is one read, of a few blocks."""
    history = LineIndex(Spool(1 << 20))
    history.extend(numbered(0, 400_000))
    reads: list[int] = []
    real = Spool.read

    def read(self: Spool, start: int, end: int) -> bytes:
        reads.append(end - start)
        return real(self, start, end)

    monkeypatch.setattr(Spool, "read", read)
    assert history.lines(200_000, 200_050) == numbered(200_000, 200_050).splitlines()
    assert len(reads) == 1
    assert reads[0] <= 2 * LineIndex.GROUP_BYTES
    for number in range(200_000, 200_050):
        history.line(number)
    assert len(reads) <= 4
    history.close()


def test_the_index_is_small() -> None:
    """A million lines cost a few kilobytes of index, not megabytes."""
    spool = Spool(128 << 20)
    history = LineIndex(spool)
    history.extend(b"x" * 50 + b"\n")
    for _ in range(1000):
        history.extend((b"y" * 50 + b"\n") * 1000)
    assert len(history) == 1_000_001
    assert history._numbers.itemsize * len(history._numbers) * 2 < 100_000
    assert history.line(777_777) == b"y" * 50


@given(st.lists(st.one_of(st.integers(1, 40), st.integers(-6, -1)), max_size=40), st.integers(1, 4))
def test_the_newest_lines_are_taken_back_or_all_stay(steps: list[int], chunks: int) -> None:
    """Positive steps append lines, negative ones take lines back: numbers, texts and offsets are those of what is left.

    Refused is what a full chunk of the spool holds.
    """
    history = TinyHistory(TinySpool(chunks * TinySpool.CHUNK_BYTES))
    lines: list[bytes] = []
    for step in steps:
        if step > 0:
            added = [b"%d" % (len(lines) + number) * (1 + number % 3) for number in range(step)]
            history.extend(b"".join([line + b"\n" for line in added]))
            lines += added
        elif history.take_back(max(0, len(lines) + step)):
            del lines[step:]
        assert history.end == len(lines)
        assert history.lines(history.first, history.end) == lines[history.first :]
        assert history.end_offset == sum(len(line) + 1 for line in lines)
        if lines:
            assert history.number_at(history.end_offset - 1) == len(lines) - 1
    history.close()
