"""A pipe's text against one string of bytes: wherever the input is cut, the text is the input."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflowlog.store.line_index import LineIndex
from reflowlog.store.pipe_text import PipeText
from reflowlog.store.spool import Evicted, Spool

if TYPE_CHECKING:
    from collections.abc import Iterator


made: list[Spool] = []


class TinySpool(Spool):
    CHUNK_BYTES = 8
    MIN_FILE_BYTES = 16

    def __init__(self, budget: int) -> None:
        super().__init__(budget)
        made.append(self)


@pytest.fixture(autouse=True)
def close_all() -> Iterator[None]:
    """Close every spool that a test has made."""
    yield
    while made:
        made.pop().close()


class TinyHistory(LineIndex):
    GROUP_BYTES = 24


PARTS = st.lists(
    st.one_of(st.binary(max_size=20), st.sampled_from([b"\n", b"line\n", b"a\nb", b"z" * 50])), max_size=20
)


@settings(max_examples=100, deadline=None)
@given(parts=PARTS, limit=st.one_of(st.none(), st.integers(0, 10)), data=st.data())
def test_the_text_is_the_input(parts: list[bytes], limit: int | None, data: st.DataObject) -> None:
    """After each part: start, end, count, any range, and the number and place of each line are the input's."""
    history = TinyHistory(TinySpool(16), limit)
    text = PipeText(history)
    whole = b""
    for part in [*parts, None]:
        if part is None:
            text.finish()
            whole += b"" if not whole or whole.endswith(b"\n") else b"\n"
        else:
            text.grow(part)
            whole += part
        lines = re.findall(rb"[^\n]*\n|[^\n]+", whole)
        complete = whole.count(b"\n")
        first = 0 if limit is None else max(0, complete - limit)
        assert text.tail == (len(lines) > complete)
        assert (text.count, text.end) == (len(lines), len(whole))
        assert text.start == sum(map(len, lines[:first]))
        end = data.draw(st.integers(text.start, text.end))
        start = data.draw(st.integers(text.start, end))
        assert text.read(start, end) == whole[start:end]
        offset = 0
        for number, line in enumerate(lines):
            held = number >= first
            assert text.offset_of(number) == (offset if held else None)
            assert text.number_at(offset) == (number if held else None)
            assert text.number_at(offset + len(line) - 1) == (number if held else None)
            offset += len(line)
        assert text.offset_of(len(lines)) is None
        assert text.offset_of(-1) is None
        assert text.number_at(text.end) is None
    history.close()


def test_a_giant_line_byte_by_byte() -> None:
    """An unfinished line is read while it grows, and is one line when it ends."""
    text = PipeText(LineIndex(Spool(64 << 20)))
    text.grow(b"first\n")
    for _ in range(300):
        text.grow(b"x" * 100_000)
    assert (text.count, text.tail, text.read(text.end - 3, text.end)) == (2, True, b"xxx")
    assert text.read(4, 8) == b"t\nxx"
    assert text.number_at(20_000_000) == 1
    text.grow(b"end\nnext")
    assert text.read(30_000_000, text.end) == b"xxxxxxend\nnext"
    assert (text.count, text.offset_of(2), text.number_at(20_000_000)) == (3, 30_000_010, 1)
    text.finish()
    text.finish()
    assert (text.count, text.tail, text.end) == (3, False, 30_000_015)


def test_dropped_bytes() -> None:
    """Reading bytes that the limit has dropped raises `Evicted`."""
    text = PipeText(TinyHistory(TinySpool(16), 2))
    for number in range(50):
        text.grow(b"a line %d\n" % number)
    with pytest.raises(Evicted):
        text.read(0, 10)
    assert text.read(text.start, text.end) == b"a line 48\na line 49\n"


def test_nothing_but_an_unfinished_line() -> None:
    """Before the first newline the text is that line."""
    text = PipeText(LineIndex(Spool()))
    assert (text.start, text.end, text.count, text.tail, text.read(0, 0)) == (0, 0, 0, False, b"")
    text.grow(b"")
    text.grow(b"abc")
    assert (text.start, text.end, text.count, text.number_at(0), text.offset_of(0)) == (0, 3, 1, 0, 0)


def test_history_that_cannot_be_looked_up_any_more() -> None:
    """When the disk loses lines, their places are unknown, and the start moves to the first that is whole."""
    spool = TinySpool(200)
    text = PipeText(TinyHistory(spool))
    text.grow(b"".join(b"line %d\n" % number for number in range(60)))
    for segment in spool._files:
        os.ftruncate(segment.file.fileno(), 0)
    assert text.number_at(10) is None
    assert text.offset_of(1) is None
    start = text.start
    assert start > 0
    number = text.number_at(start)
    assert number is not None
    assert text.read(start, start + 7) == b"line %d" % number
    assert text.offset_of(number) == start
