"""Documents against a naive model that knows the whole text: the same pieces, from whichever side they are found.

Rules of this file: units and cells are tiny, so that nearly every line is a giant and every boundary is crossed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflowlog.store.document import Document
from reflowlog.store.line_index import LineIndex
from reflowlog.store.pipe_text import PipeText
from reflowlog.store.spool import Evicted, Spool

ESC = bytes((27,))
PAGE_BYTES, BLOCK_BYTES, BLANK, ESCAPE = 32, 80, 8, 4


class Tiny(Document):
    """A document whose units are 32 bytes."""

    PAGE_BYTES = PAGE_BYTES
    BLOCK_BYTES = BLOCK_BYTES
    MAX_CACHED_PAGES = 4
    BLANK_REACH_BYTES = BLANK
    ESCAPE_REACH_BYTES = ESCAPE


class Whole:
    """Text in memory that counts the bytes read of it."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.start = 0
        self.largest = 0
        self.total = 0
        self.fails_at: int | None = None  # what is read before it is found to be gone, and is from then on
        self.count: int | None = None

    @property
    def end(self) -> int:
        return len(self.data)

    def read(self, start: int, end: int) -> bytes:
        assert start <= end <= self.end
        if self.fails_at is not None and start < self.fails_at:
            self.start, self.fails_at = self.fails_at, None
        if start < self.start:
            raise Evicted
        self.largest = max(self.largest, end - start)
        self.total += end - start
        return self.data[start:end]

    def number_at(self, offset: int) -> int | None:
        return None

    def offset_of(self, number: int) -> int | None:
        return None


def nice(data: bytes, place: int) -> int:
    """Where a giant line is cut near a place: the rules, naively."""
    cut = place
    blank = data.rfind(b" ", place - BLANK, place)
    if blank >= 0:
        cut = blank + 1
    else:
        while data[cut] & 0xC0 == 0x80 and place - cut < 4:
            cut -= 1
        if place - cut == 4:
            cut = place
    escape = data.rfind(ESC, max(place - PAGE_BYTES + 1, cut - ESCAPE), cut)
    if escape >= 0 and data[escape + 1 : escape + 2] == b"\\" and escape + 1 < place:
        before = data.rfind(ESC, max(place - PAGE_BYTES + 1, escape - BLANK), escape)
        escape = before if before >= 0 else escape
    return escape if escape >= 0 else cut


def starts(text: Whole) -> list[int]:
    """Where all pieces start that a text has."""
    data, start = text.data, text.start
    if start == len(data):
        return []
    found = {start} | {at + 1 for at in range(start, len(data) - 1) if data[at] == 10}
    for place in range(PAGE_BYTES, len(data) - PAGE_BYTES + 1, PAGE_BYTES):
        if place - PAGE_BYTES >= start and b"\n" not in data[place - PAGE_BYTES : place + PAGE_BYTES]:
            found.add(nice(data, place))
    return sorted(found)


def agree(text: Whole, document: Document) -> None:
    """Check that every method of the document agrees with the model."""
    offsets = starts(text)
    stops = [*offsets[1:], text.end]
    segments = [(offset, text.data[offset:stop].removesuffix(b"\n")) for offset, stop in zip(offsets, stops)]
    assert document.segments(0, 10_000) == segments
    assert document.segments_before(text.end, 10_000) == segments
    for index, (offset, data) in enumerate(segments):
        assert document.segment(offset) == data
        assert document.after(offset) == (offsets[index + 1] if index + 1 < len(offsets) else None)
        assert document.before(offset) == (offsets[index - 1] if index else None)
        assert document.is_line_start(offset) == (offset == text.start or text.data[offset - 1] == 10)
        assert document.segments(offset, 2) == segments[index : index + 2]
        assert document.segments_before(offset, 2) == segments[max(0, index - 2) : index]
    for offset in range(text.start, text.end):
        assert document.at(offset) == offsets[bisect_right(offsets, offset) - 1]
    assert document.at(text.end) == document.at(text.end + 99) == (offsets[-1] if offsets else text.start)
    assert document.at(-5) == text.start
    for index in range(text.end // BLOCK_BYTES + 2):
        low, high = bisect_left(offsets, index * BLOCK_BYTES), bisect_left(offsets, (index + 1) * BLOCK_BYTES)
        offset, data = document.block(index)
        assert document.offsets_in(offset, data) == offsets[low:high]
        assert document.has_whole_lines(offset, data) == (
            not any(text.data[offset - 1] != 10 for offset in offsets[low + 1 : high])
        )
        assert data == (text.data[offsets[low] : stops[high - 1]] if low < high else b"")
        assert low == high or offset == offsets[low]


RUN = st.one_of(
    st.integers(0, 150).map(lambda size: b"a" * size),
    st.integers(1, 60).map(lambda size: "é€😀".encode() * size),
    st.integers(1, 30).map(lambda size: (ESC + b"[1m") * size),
    st.integers(1, 9).map(lambda size: ESC + b"]8;;" + b"u" * size + ESC + b"\\"),
    st.binary(max_size=40),
    st.sampled_from([b" ", b"\n", b"\n\n", b"word ", b"line\n", b"\x80" * 70]),
)
TEXT = st.lists(RUN, max_size=25).map(b"".join)


@settings(max_examples=150, deadline=None)
@given(data=TEXT)
def test_pieces_are_the_same_from_every_side(data: bytes) -> None:
    """Forward, backward, at any offset and by cells, the pieces are those of the model, and cells part them."""
    text = Whole(data)
    agree(text, Tiny(text))
    assert text.largest <= BLOCK_BYTES + 3 * PAGE_BYTES


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(TEXT, min_size=1, max_size=6), goes=st.lists(st.integers(0, 10), min_size=6, max_size=6))
def test_growth_and_loss(parts: list[bytes], goes: list[int]) -> None:
    """While the text grows and lines are dropped at its start, caches are never wrong and offsets stay valid."""
    text = Whole()
    document = Tiny(text)
    before: list[int] = []
    settled: dict[int, tuple[int, bytes, list[int]]] = {}
    for part, lines in zip(parts, goes):
        text.data += part
        for _ in range(lines):
            text.start = text.data.find(b"\n", text.start) + 1 or text.start
        agree(text, document)
        offsets = starts(text)
        assert {offset for offset in before if offset >= text.start} <= set(offsets)
        before = offsets
        for index in range(text.start // BLOCK_BYTES + 1, text.end // BLOCK_BYTES + 1):
            offset, segment = document.block(index)
            if index in settled:
                assert document.is_block_final(index)
                assert (
                    settled[index] == (offset, segment, document.offsets_in(offset, segment))
                    or settled[index][0] < text.start
                )
            if document.is_block_final(index):
                settled[index] = offset, segment, document.offsets_in(offset, segment)
            assert document.is_block_final(index) or (index + 1) * BLOCK_BYTES + 3 * PAGE_BYTES > text.end


@settings(max_examples=100, deadline=None)
@given(data=TEXT, lines=st.integers(1, 20), offset=st.integers(0, 2000), call=st.integers(0, 7))
def test_a_loss_found_out_by_reading(data: bytes, lines: int, offset: int, call: int) -> None:
    """Whatever is asked when bytes are found to be gone, it does not raise, and all is well afterwards."""
    text = Whole(data)
    text.fails_at = 0
    for _ in range(lines):
        text.fails_at = data.find(b"\n", text.fails_at) + 1 or text.fails_at
    document = Tiny(text)
    calls = [
        lambda: document.at(offset),
        lambda: document.after(offset),
        lambda: document.before(offset),
        lambda: document.segment(offset),
        lambda: document.segments(offset, 5),
        lambda: document.segments_before(offset, 5),
        lambda: document.is_line_start(offset),
        lambda: document.block(offset // BLOCK_BYTES),
    ]
    calls[call]()
    text.start, text.fails_at = max(text.start, text.fails_at or 0), None  # where it had no need to read
    agree(text, document)


def test_empty() -> None:
    """An empty text has no pieces, and one key that can be asked for."""
    document = Tiny(Whole())
    assert (document.at(7), document.after(0), document.before(0), document.segment(0)) == (0, None, None, b"")
    assert (document.segments(0, 5), document.segments_before(0, 5), document.block(0)) == ([], [], (0, b""))
    assert document.offsets_in(0, b"") == []
    assert document.is_line_start(0)


def test_what_is_gone() -> None:
    """A key before the start is taken for the start; its piece is empty."""
    text = Whole(b"one\ntwo\nthree\n")
    text.start = 4
    document = Tiny(text)
    assert (document.at(0), document.after(0), document.before(2)) == (4, 8, None)
    assert document.segment(0) == b""
    assert document.segments(0, 1) == [(4, b"two")]
    assert document.block(0) == (4, b"two\nthree\n")


def test_a_giant_line_at_real_sizes() -> None:
    """Of a line of 30 MB each step reads little, and no piece is longer than 192 KiB."""
    text = Whole(b"short\n" + b"giant " * 5_000_000 + b"\nlast")
    document = Document(text)
    for inside in (10, 15_000_000, 29_999_999):
        text.total = 0
        offset = document.at(inside)
        segments = document.segments(offset, 3)
        assert document.segments_before(document.after(segments[-1][0]) or text.end, len(segments)) == segments
        assert text.total < 1 << 20
        assert all(data.startswith(b"giant ") and data.endswith(b" ") for _, data in segments if data != b"last")
    offset, size = 0, 0
    while offset is not None:
        segment = document.segment(offset)
        assert len(segment) <= 192 << 10
        size += len(segment)
        offset = document.after(offset)
    assert size == text.end - 2
    assert text.largest <= 192 << 10


def test_a_screen_reads_little() -> None:
    """A screenful anywhere in common text reads a few units, and the next one nothing."""
    text = Whole(b"x" * 99 + b"\n" + (b"y" * 99 + b"\n") * 100_000)
    document = Document(text)
    document.segments(document.at(5_000_000), 60)
    assert text.total <= 2 * Document.PAGE_BYTES
    text.total = 0
    document.segments(document.at(5_000_100), 60)
    assert text.total == 0


@pytest.mark.parametrize("limit", [None, 5])
def test_over_a_pipe(limit: int | None) -> None:
    """Over a real pipe's text, with lines going at the start, pieces are the lines that are held."""
    text = PipeText(LineIndex(Spool(), limit))
    document = Document(text)
    lines: list[bytes] = []
    for number in range(200):
        text.grow(b"line %d\nthe rest " % number)
        lines += [b"line 0" if not number else b"the rest line %d" % number]
        held = lines[-limit:] if limit else lines
        assert [data for _, data in document.segments(0, 1000)] == [*held, b"the rest "]
        assert [data for _, data in document.segments_before(text.end, 3)] == [*held, b"the rest "][-3:]
    text.finish()
    assert document.segment(document.at(text.end)) == b"the rest "
