"""UTF-16 with a byte order mark becomes UTF-8; everything else stays as it is."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.sources.decode import TextDecoder, is_utf16
from reflowlog.sources.sinks import MAX_LINE_BYTES, DecodingSink, LineBoundSink, LongLines
from tests.support.sinks import RecordingSink

if TYPE_CHECKING:
    from pathlib import Path

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def chunks_of(data: bytes, cuts: list[int]) -> list[bytes]:
    """Split bytes at some offsets."""
    bounds = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(bounds)]


@given(texts, st.lists(st.integers(0, 200), max_size=6), st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_utf16_is_decoded_wherever_chunks_are_split(text: str, cuts: list[int], codec: str) -> None:
    """Also inside a character and inside the byte order mark."""
    mark = BOM_UTF16_LE if codec == "utf-16-le" else BOM_UTF16_BE
    decoder = TextDecoder()
    out = b"".join(decoder.feed(chunk) for chunk in chunks_of(mark + text.encode(codec), cuts))
    assert (out + decoder.flush()).decode() == text


@given(st.binary(max_size=20), st.lists(st.integers(0, 200), max_size=6))
def test_everything_else_stays_as_it_is(data: bytes, cuts: list[int]) -> None:
    """Invalid UTF-8 too, and a single byte of a mark."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        data = b" " + data
    decoder = TextDecoder()
    assert b"".join(decoder.feed(chunk) for chunk in chunks_of(data, cuts)) + decoder.flush() == data


def test_each_source_is_decoded_by_its_own_mark() -> None:
    """What follows the end of an input is another source."""
    sink = RecordingSink()
    decoding = DecodingSink(sink)
    decoding.write(BOM_UTF16_LE + "ä\n".encode("utf-16-le"))
    decoding.end()
    decoding.write(b"b\n")
    decoding.end()
    assert sink.events == ["ä\n".encode(), "end", b"b\n", "end"]


@pytest.mark.parametrize(
    ("data", "expected"), [(BOM_UTF16_LE, True), (BOM_UTF16_BE, True), (b"x", False), (b"", False)]
)
def test_files_in_utf16_are_recognized(data: bytes, expected: bool, tmp_path: Path) -> None:
    """By their first two bytes."""
    path = tmp_path / "a.log"
    path.write_bytes(data)
    with path.open("rb") as file:
        assert is_utf16(file.fileno()) is expected


def test_a_line_without_an_end_is_split() -> None:
    """Once it is too long, with one warning; a newline that comes just then adds no empty line."""
    sink, warnings = RecordingSink(), []
    bound = LineBoundSink(sink, LongLines(warnings.append))
    chunk = b"x" * (MAX_LINE_BYTES // 2)
    for data in (chunk, chunk, b"\n", chunk, chunk, b"y", chunk, chunk, b"z\n", b"end\n"):
        bound.write(data)
    assert [each if isinstance(each, str) else each[:2] for each in sink.events] == [
        *(b"xx", b"xx", b"\n", b"xx", b"xx", b"\ny", b"xx", b"xx", b"\nz", b"en")
    ]
    assert len(warnings) == 1
    assert f"{MAX_LINE_BYTES:,} bytes" in warnings[0]
