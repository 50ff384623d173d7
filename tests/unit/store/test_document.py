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
UNIT, CELL, BLANK, ESCAPE = 32, 80, 8, 4


class Tiny(Document):
    """A document whose units are 32 bytes."""

    UNIT = UNIT
    CELL = CELL
    REMEMBERED = 4
    BLANK_REACH = BLANK
    ESCAPE_REACH = ESCAPE


class Whole:
    """A text in memory, which counts what is read of it."""

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
    escape = data.rfind(ESC, max(place - UNIT + 1, cut - ESCAPE), cut)
    if escape >= 0 and data[escape + 1 : escape + 2] == b"\\" and escape + 1 < place:
        before = data.rfind(ESC, max(place - UNIT + 1, escape - BLANK), escape)
        escape = before if before >= 0 else escape
    return escape if escape >= 0 else cut


def starts(text: Whole) -> list[int]:
    """Where all pieces start that a text has."""
    data, start = text.data, text.start
    if start == len(data):
        return []
    found = {start} | {at + 1 for at in range(start, len(data) - 1) if data[at] == 10}
    for place in range(UNIT, len(data) - UNIT + 1, UNIT):
        if place - UNIT >= start and b"\n" not in data[place - UNIT : place + UNIT]:
            found.add(nice(data, place))
    return sorted(found)


def agree(text: Whole, document: Document) -> None:
    """Whatever is asked, the document gives what the model says."""
    keys = starts(text)
    stops = [*keys[1:], text.end]
    pieces = [(key, text.data[key:stop].removesuffix(b"\n")) for key, stop in zip(keys, stops)]
    assert document.pieces(0, 10_000) == pieces
    assert document.pieces_before(text.end, 10_000) == pieces
    for index, (key, data) in enumerate(pieces):
        assert document.piece(key) == data
        assert document.after(key) == (keys[index + 1] if index + 1 < len(keys) else None)
        assert document.before(key) == (keys[index - 1] if index else None)
        assert document.starts_line(key) == (key == text.start or text.data[key - 1] == 10)
        assert document.pieces(key, 2) == pieces[index : index + 2]
        assert document.pieces_before(key, 2) == pieces[max(0, index - 2) : index]
    for offset in range(text.start, text.end):
        assert document.at(offset) == keys[bisect_right(keys, offset) - 1]
    assert document.at(text.end) == document.at(text.end + 99) == (keys[-1] if keys else text.start)
    assert document.at(-5) == text.start
    for index in range(text.end // CELL + 2):
        low, high = bisect_left(keys, index * CELL), bisect_left(keys, (index + 1) * CELL)
        key, data = document.cell(index)
        assert document.keys_in(key, data) == keys[low:high]
        assert document.whole_lines(key, data) == (not any(text.data[key - 1] != 10 for key in keys[low + 1 : high]))
        assert data == (text.data[keys[low] : stops[high - 1]] if low < high else b"")
        assert low == high or key == keys[low]


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
    assert text.largest <= CELL + 3 * UNIT


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(TEXT, min_size=1, max_size=6), goes=st.lists(st.integers(0, 10), min_size=6, max_size=6))
def test_growth_and_loss(parts: list[bytes], goes: list[int]) -> None:
    """While the text grows and lines go at its start, what is remembered is never wrong, and keys stay."""
    text = Whole()
    document = Tiny(text)
    before: list[int] = []
    settled: dict[int, tuple[int, bytes, list[int]]] = {}
    for part, lines in zip(parts, goes):
        text.data += part
        for _ in range(lines):
            text.start = text.data.find(b"\n", text.start) + 1 or text.start
        agree(text, document)
        keys = starts(text)
        assert {key for key in before if key >= text.start} <= set(keys)
        before = keys
        for index in range(text.start // CELL + 1, text.end // CELL + 1):
            key, piece = document.cell(index)
            if index in settled:
                assert document.is_settled(index)
                assert settled[index] == (key, piece, document.keys_in(key, piece)) or settled[index][0] < text.start
            if document.is_settled(index):
                settled[index] = key, piece, document.keys_in(key, piece)
            assert document.is_settled(index) or (index + 1) * CELL + 3 * UNIT > text.end


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
        lambda: document.piece(offset),
        lambda: document.pieces(offset, 5),
        lambda: document.pieces_before(offset, 5),
        lambda: document.starts_line(offset),
        lambda: document.cell(offset // CELL),
    ]
    calls[call]()
    text.start, text.fails_at = max(text.start, text.fails_at or 0), None  # where it had no need to read
    agree(text, document)


def test_empty() -> None:
    """An empty text has no pieces, and one key that can be asked for."""
    document = Tiny(Whole())
    assert (document.at(7), document.after(0), document.before(0), document.piece(0)) == (0, None, None, b"")
    assert (document.pieces(0, 5), document.pieces_before(0, 5), document.cell(0)) == ([], [], (0, b""))
    assert document.keys_in(0, b"") == []
    assert document.starts_line(0)


def test_what_is_gone() -> None:
    """A key before the start is taken for the start; its piece is empty."""
    text = Whole(b"one\ntwo\nthree\n")
    text.start = 4
    document = Tiny(text)
    assert (document.at(0), document.after(0), document.before(2)) == (4, 8, None)
    assert document.piece(0) == b""
    assert document.pieces(0, 1) == [(4, b"two")]
    assert document.cell(0) == (4, b"two\nthree\n")


def test_a_giant_line_at_real_sizes() -> None:
    """Of a line of 30 MB each step reads little, and no piece is longer than 192 KiB."""
    text = Whole(b"short\n" + b"giant " * 5_000_000 + b"\nlast")
    document = Document(text)
    for offset in (10, 15_000_000, 29_999_999):
        text.total = 0
        key = document.at(offset)
        pieces = document.pieces(key, 3)
        assert document.pieces_before(document.after(pieces[-1][0]) or text.end, len(pieces)) == pieces
        assert text.total < 1 << 20
        assert all(data.startswith(b"giant ") and data.endswith(b" ") for _, data in pieces if data != b"last")
    key, size = 0, 0
    while key is not None:
        piece = document.piece(key)
        assert len(piece) <= 192 << 10
        size += len(piece)
        key = document.after(key)
    assert size == text.end - 2
    assert text.largest <= 192 << 10


def test_a_screen_reads_little() -> None:
    """A screenful anywhere in common text reads a few units, and the next one nothing."""
    text = Whole(b"x" * 99 + b"\n" + (b"y" * 99 + b"\n") * 100_000)
    document = Document(text)
    document.pieces(document.at(5_000_000), 60)
    assert text.total <= 2 * Document.UNIT
    text.total = 0
    document.pieces(document.at(5_000_100), 60)
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
        assert [data for _, data in document.pieces(0, 1000)] == [*held, b"the rest "]
        assert [data for _, data in document.pieces_before(text.end, 3)] == [*held, b"the rest "][-3:]
    text.finish()
    assert document.piece(document.at(text.end)) == b"the rest "
