"""Lines of pieces in the viewer: one line each, whatever their length, from whichever side they are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.texts import Memory, patient

from reflowlog.pager.filter import FilteredDocument
from reflowlog.pager.pieces import JoinedDocument, PieceIndex
from reflowlog.pager.search import find_pattern
from reflowlog.store.document import Document
from reflowlog.text.search.pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

STAMP = b"2024-05-01T10:00:00Z "


class _Small(Document):
    PAGE_BYTES = 1 << 12
    BLOCK_BYTES = 1 << 13


def document_of(data: bytes, kind: type[Document] = Document) -> Document:
    """Return a document of a text in memory."""
    return kind(Memory(data))


def shown(document: Document) -> tuple[list[int], PieceIndex, JoinedDocument]:
    """Return the visible segments from the start on, what finds the pieces, and the steps."""
    pieces = PieceIndex(document)
    joined = JoinedDocument(FilteredDocument(document, None), pieces)
    offsets, at = [], joined.at(document.text.start)
    while at is not None:
        offsets.append(at)
        at = joined.after(at)
    return offsets, pieces, joined


def line_at(document: Document, pieces: PieceIndex, offset: int) -> bytes:
    """Return a line as it is shown."""
    return (pieces.line(offset) or (document.segment(offset),))[0]


LINES = st.lists(st.tuples(st.sampled_from("oeoex"), st.booleans(), st.sampled_from([1, 80, 900, 3000])), max_size=40)


@pytest.mark.parametrize("margin", [1 << 11, 1 << 16])
@given(kinds=LINES)
def test_steps_in_both_directions_and_searches_agree(kinds: Sequence[tuple[str, bool, int]], margin: int) -> None:
    """Each line is in exactly one visible one, also where a line is cut at the end of a block."""
    data = STAMP + b"stdout F first\n"
    for number, (stream, goes_on, size) in enumerate(kinds):
        name = {"o": b"stdout", "e": b"stderr", "x": b""}[stream]
        head = STAMP + name + (b" P " if goes_on else b" F ") if name else b""
        data += head + b"<%d>" % number + b"y" * size + b"\n"
    document = document_of(data, _Small)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reflowlog.pager.pieces.MARGIN_BYTES", margin)
        offsets, pieces, joined = shown(document)
        assert offsets == sorted(set(offsets))
        backward, at = [], joined.last()
        while at is not None:
            backward.append(at)
            at = joined.before(at)
        assert backward[::-1] == offsets
        assert all(joined.at(offset) == offset for offset in offsets)
        text = [line_at(document, pieces, offset) for offset in offsets]
        marks = [b"<%d>" % number for number in range(len(kinds))]
        assert all(sum(mark in line for line in text) == 1 for mark in marks)
        for mark in marks[::5]:
            hits = find_pattern(
                document, None, compile_pattern(mark.decode()), lambda p, lines: p.matching(lines), patient(), pieces
            )
            assert hits.after(-1) == next(offset for offset, line in zip(offsets, text) if mark in line)
            assert hits.after(hits.after(-1) or 0) is None


def test_a_word_is_found_that_the_cut_went_through() -> None:
    """In the line that is shown of both pieces, once; what only looks like an end at the cut is not found."""
    document = document_of(
        STAMP + b"stdout P it fai\n" + STAMP + b"stderr F x\n" + STAMP + b"stdout F led\n" + STAMP + b"stdout F end\n"
    )
    offsets, pieces, _ = shown(document)
    assert [line_at(document, pieces, offset).removeprefix(STAMP) for offset in offsets] == [
        *(b"stdout P it failed", b"stderr F x", b"stdout F end")
    ]
    for source, expected in (("failed", [0]), ("fai$", []), ("led", [0]), ("end", [offsets[2]]), ("F led", [])):
        hits = find_pattern(
            document, None, compile_pattern(source), lambda p, lines: p.matching(lines), patient(), pieces
        )
        assert hits.offsets(0) == expected


def test_a_line_of_100_mb_in_pieces_is_read_in_parts() -> None:
    """Here a fourth of that: no visible line is longer than a block and its margins."""
    piece = STAMP + b"stdout P " + b"x" * (16 << 10) + b"\n"
    document = document_of(piece * ((25 << 20) // len(piece)) + STAMP + b"stdout F end\n")
    pieces = PieceIndex(document)
    joined = JoinedDocument(FilteredDocument(document, None), pieces)
    last = joined.last()
    assert last is not None
    assert line_at(document, pieces, last).endswith(b"xend")
    middle = joined.at(document.text.end // 2)
    assert middle is not None
    assert len(line_at(document, pieces, middle)) <= Document.BLOCK_BYTES + (128 << 10)
    following = joined.after(middle)
    assert following is not None
    assert joined.before(following) == middle


def test_a_text_grows() -> None:
    """The pieces that come later belong to the line that is shown already."""
    text = Memory()
    document = Document(text)
    pieces = PieceIndex(document)
    assert not pieces.has_pieces
    text.data += STAMP + b"stdout P it fai\n"
    assert pieces.has_pieces
    assert pieces.line(0) is None
    text.data += STAMP + b"stdout F led\n"
    assert pieces.line(0) == (STAMP + b"stdout P it failed", text.end)
    assert not PieceIndex(document_of(b"10:00:00 INFO x\n")).has_pieces


def test_pieces_of_several_sources_are_joined_with_those_of_their_own() -> None:
    """However they are merged; also where a container runtime has written one source only, whose lines come late."""
    lines = [
        b"10:00:00 first",
        b"stdout P it ",
        b"stdout P he ",
        b"10:00:01 more",
        b"stdout F fails",
        b"stdout F works",
    ]
    data = b"".join([(STAMP if line[:1] == b"s" else b"") + line + b"\n" for line in lines * 40])
    document = document_of(data)
    offsets = document.offsets_in(0, data)
    sources = dict(zip(offsets, [0, 1, 2, 0, 2, 1] * 40))
    pieces = PieceIndex(document, sources.__getitem__)
    assert pieces.has_pieces
    joined = JoinedDocument(FilteredDocument(document, None), pieces)
    shown_offsets, at = [], joined.at(0)
    while at is not None:
        shown_offsets.append(at)
        at = joined.after(at)
    expected = [b"10:00:00 first", STAMP + b"stdout P it works", STAMP + b"stdout P he fails", b"10:00:01 more"]
    assert [line_at(document, pieces, offset) for offset in shown_offsets] == expected * 40


def test_the_first_bytes_of_several_sources_are_searched_as_they_come() -> None:
    """And once."""
    memory = Memory(b"")
    document = Document(memory)
    pieces = PieceIndex(document, lambda _: 0)
    assert not pieces.has_pieces
    memory.data += b"10:00:00 first\n" * 100
    assert not pieces.has_pieces
    memory.data += STAMP + b"stdout P it\n"
    assert pieces.has_pieces
