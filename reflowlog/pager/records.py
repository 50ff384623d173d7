"""Whole records of a document: the lines that belong together, around a position.

Invariants:
- A record is read up to `MAX_RECORD_BYTES`; of a longer one the start. Its first line is searched `MAX_LINES_BEFORE`
  lines and `MAX_BYTES_BEFORE` bytes back.
- The parts of a giant line belong to one record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.multiline import continues

if TYPE_CHECKING:
    from reflowlog.store.document import Document

__all__ = ["MAX_RECORD_BYTES", "DocumentRecord", "record_at"]

MAX_RECORD_BYTES = 1 << 20
"""Bytes of a record that are read at most."""

MAX_LINES_BEFORE = 400
MAX_BYTES_BEFORE = 256 << 10
LINES_AT_ONCE = 200  # lines that are read first from the position on; four times as many if the record has not ended


class DocumentRecord(NamedTuple):
    """A record as it came.

    Attributes:
        offset: of its first segment.
        last: offset of its last segment.
        data: its bytes, without the newline at the end.
        is_whole: whether all of it was read.
    """

    offset: int
    last: int
    data: bytes
    is_whole: bool = True

    @property
    def lines(self) -> list[str]:
        """Its lines, decoded; at least one."""
        return self.data.decode("utf-8", "replace").split("\n")


def record_at(document: Document, offset: int) -> DocumentRecord | None:
    """Return the record that a byte belongs to; None in an empty document."""
    text = document.text
    if text.start >= text.end:
        return None
    here = document.at(offset)
    before = document.segments_before(here, MAX_LINES_BEFORE)
    while before and here - before[0][0] > MAX_BYTES_BEFORE:
        del before[0]
    near, count = len(before), LINES_AT_ONCE
    while True:
        segments = before + document.segments(here, count)
        heads = _find_heads(document, segments)
        first = max(number for number in range(near + 1) if heads[number])
        stop = next((number for number in range(near + 1, len(segments)) if heads[number]), None)
        start = segments[first][0]
        if stop is not None or len(segments) < near + count or segments[-1][0] - start > MAX_RECORD_BYTES:
            break
        count *= 4
    last = segments[-1 if stop is None else stop - 1][0]
    end = document.after(last) or text.end
    data = document.read_available(start, min(end, start + MAX_RECORD_BYTES))
    return DocumentRecord(start, last, data.removesuffix(b"\n"), end - start <= MAX_RECORD_BYTES)


def _find_heads(document: Document, segments: list[tuple[int, bytes]]) -> list[bool]:
    """Return for each segment whether it begins a record; the first one does."""
    further, _ = continues([segment for _, segment in segments])
    heads = [
        not goes_on and document.is_line_start(offset) for goes_on, (offset, _) in zip(further, segments, strict=True)
    ]
    heads[:1] = [True]
    return heads
