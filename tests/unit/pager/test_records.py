"""Whole records around a position, against the record filter's idea of a record."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.texts import Memory, Tiny

from reflowlog.pager.records import MAX_RECORD_BYTES, record_at
from reflowlog.store.document import Document
from reflowlog.text.parse.multiline import continues

LINES = st.sampled_from(
    [
        b"12:00:00 INFO one",
        b"12:00:01 ERROR it failed",
        b"Traceback (most recent call last):",
        b'  File "a.py", line 3, in f',
        b"    call()",
        b"KeyError: 'x'",
        b'{"level":"info","msg":"m"}',
        b"  indented",
        b"",
        b"prose",
    ]
)


@given(st.lists(LINES, min_size=1, max_size=12), st.booleans(), st.data())
def test_a_record_is_the_lines_that_belong_together(lines: list[bytes], ended: bool, data: st.DataObject) -> None:
    """From any line of it, the record is the same: its first line, and those that continue it."""
    text = b"\n".join(lines) + (b"\n" if ended else b"")
    if not text:
        return
    document = Document(Memory(text))
    whole = text.removesuffix(b"\n").split(b"\n") if ended else text.split(b"\n")
    if not ended and not whole[-1]:
        whole.pop()
    heads = [not each for each in continues(whole)[0]]
    heads[0] = True
    at = data.draw(st.integers(0, len(whole) - 1))
    first = max(number for number in range(at + 1) if heads[number])
    stop = next((number for number in range(at + 1, len(whole)) if heads[number]), len(whole))
    offset = sum(len(line) + 1 for line in whole[:at])
    found = record_at(document, offset)
    assert found is not None
    assert found.offset == sum(len(line) + 1 for line in whole[:first])
    assert found.last == sum(len(line) + 1 for line in whole[: stop - 1])
    assert found.data == b"\n".join(whole[first:stop])
    assert found.is_whole


def test_an_empty_document_has_no_record() -> None:
    """Nothing is held."""
    assert record_at(Document(Memory(b"")), 0) is None


def test_the_parts_of_a_giant_line_are_one_record() -> None:
    """Wherever the position is in it."""
    line = b"12:00:01 " + b"x" * 1_000
    document = Tiny(Memory(b"12:00:00 a\n" + line + b"\n12:00:02 b\n"))
    for offset in (11, 500, 1_000):
        found = record_at(document, offset)
        assert found is not None
        assert (found.offset, found.data) == (11, line)


def test_a_record_too_long_is_cut_at_its_end() -> None:
    """Its start is read, and it is known not to be whole."""
    text = b"12:00:00 ERROR x\n" + b"  more and more\n" * 100_000
    found = record_at(Document(Memory(text)), 5)
    assert found is not None
    assert not found.is_whole
    assert text.startswith(found.data)
    assert len(found.data) == MAX_RECORD_BYTES or len(found.data) == MAX_RECORD_BYTES - 1
