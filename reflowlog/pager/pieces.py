"""Joined lines of the pager: pieces that a container runtime has cut are one line, at the offset of the first.

Invariants:
- Which lines are pieces is decided by `text/parse/pieces.py`. The further pieces of a line have no rows of their own;
  an anchor in one of them is shown as the line that it belongs to.
- Pieces are found block by block, with `MARGIN_BYTES` bytes on each side. A line of pieces across the end of a block is
  whole if it has a piece in the margin before that end, and its last one in the margin behind it; else it is cut at the
  end of the block, in which way ever that is reached. So neither time nor memory depend on the length of a line.
- What is copied, saved and shown in detail is made of the lines as they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.multiline import prefix_of
from reflowlog.text.parse.piece_marks import has_pieces
from reflowlog.text.parse.pieces import PieceChain, join_line

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from reflowlog.pager.filter import ShownSegments
    from reflowlog.store.document import Document

__all__ = ["MARGIN_BYTES", "JoinedDocument", "PieceIndex"]

MARGIN_BYTES = 64 << 10  # read before and after a block
MAX_CACHED_BLOCKS = 8
MAX_FIRST_BYTES = 1 << 18  # at the start of a document of several sources, of which the same is searched
MAX_FIRST_LINES = 8  # at the start of a document, of which one shows whether a container runtime has written it

_STREAMS = (b"stdout", b"stderr", b"json-file stdout", b"json-file stderr")


class _Block(NamedTuple):
    """Pieces in a block.

    Attributes:
        lines: offsets of all pieces of a line, by the first, which is in the block.
        firsts: the first piece, by the offset of each further one in the block.
    """

    lines: Mapping[int, Sequence[int]]
    firsts: Mapping[int, int]


_NOTHING = _Block({}, {})


class PieceIndex:
    """Pieces of lines in a document.

    Args:
        document: the document.
        source_of: returns the source of the segment at an offset, if there are several.
    """

    def __init__(self, document: Document, source_of: Callable[[int], Hashable] | None = None) -> None:
        self._document = document
        self._source_of = source_of
        self._has_pieces: bool | None = None
        self._searched = document.text.start  # offset up to which lines of several sources were searched
        self._blocks: dict[int, tuple[int, _Block]] = {}  # by number, with the end of what they depend on

    @property
    def has_pieces(self) -> bool:
        """Whether a container runtime has written the document, or one of several sources, by their first lines.

        False while it is empty. Where there are several sources, the first lines are those of the first bytes.
        """
        if self._has_pieces is None:
            text = self._document.text
            if text.start >= text.end:
                return False
            if self._source_of is not None:
                return self._has_pieces_of_sources()
            lines = [line for _, line in self._document.segments(text.start, MAX_FIRST_LINES)]
            self._has_pieces = any(prefix_of(line).service in _STREAMS for line in lines)
        return self._has_pieces

    def _has_pieces_of_sources(self) -> bool:
        text = self._document.text
        stop = min(text.start + MAX_FIRST_BYTES, text.end)
        if text.start <= self._searched < stop:
            data = self._document.read_available(self._searched, stop)
            end = data.rfind(b"\n") + 1 or len(data)
            self._searched += end
            if any(prefix_of(line).service in _STREAMS for line in data[:end].split(b"\n")):
                self._has_pieces = True
        if self._searched >= text.start + MAX_FIRST_BYTES - 1 and self._has_pieces is None:
            self._has_pieces = False
        return bool(self._has_pieces)

    def first_of(self, offset: int) -> int | None:
        """Return the first piece of the line of which a segment is a further piece; None if it is none."""
        return self._block(offset // self._document.BLOCK_BYTES).firsts.get(offset)

    def line(self, offset: int) -> tuple[bytes, int] | None:
        """Return a line of pieces, without newline, and the end of the bytes it depends on; None for any other line.

        Args:
            offset: of its first piece.
        """
        index = offset // self._document.BLOCK_BYTES
        offsets = self._block(index).lines.get(offset)
        if offsets is None:
            return None
        return join_line([self._document.segment(each) for each in offsets]), self._blocks[index][0]

    def lines_in(self, index: int) -> tuple[list[int], bytes] | None:
        """Return the offsets of the lines that are shown of a block, and the lines; None if it has no pieces."""
        found = self._block(index)
        if not (found.lines or found.firsts):
            return None
        first, data = self._document.block(index)
        shown = [offset for offset in self._document.offsets_in(first, data) if offset not in found.firsts]
        lines = [(self.line(offset) or (self._document.segment(offset),))[0] for offset in shown]
        return shown, b"\n".join([*lines, b""])

    def _block(self, index: int) -> _Block:
        high = (index + 1) * self._document.BLOCK_BYTES
        depends = min(self._document.text.end, high + MARGIN_BYTES)
        known = self._blocks.get(index)
        if known is None or known[0] != depends:
            known = depends, self._load(high - self._document.BLOCK_BYTES, high)
            self._blocks.pop(index, None)
            self._blocks[index] = known
            if len(self._blocks) > MAX_CACHED_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
        return known[1]

    def _load(self, low: int, high: int) -> _Block:
        document, text = self._document, self._document.text
        begin = max(low - MARGIN_BYTES, text.start)
        start = document.at(begin)
        start = start if start >= begin else document.after(start) or begin
        stop = min(high + MARGIN_BYTES, text.end)
        data = document.read_available(start, stop)
        if not has_pieces(data) or not document.has_whole_lines(start, data):
            return _NOTHING
        chain: PieceChain[int] = PieceChain()
        found: dict[int, list[int]] = {}
        ends: dict[int, int] = {}
        for offset, line in zip(document.offsets_in(start, data), data.split(b"\n")):
            if offset + len(line) >= stop and stop < text.end:
                break  # the margin has cut it
            first = chain.first_of(line, offset, None if self._source_of is None else self._source_of(offset))
            if first is not None:
                found.setdefault(first, [first]).append(offset)
                ends[offset] = offset + len(line) + 1
        is_open = set(chain.begun.values())
        reached = text.end if stop == text.end else None
        lines: dict[int, Sequence[int]] = {}
        for first, offsets in found.items():
            complete = reached if first in is_open else ends[offsets[-1]]
            for part in _parts(offsets, low, high, complete):
                lines[part[0]] = part
        firsts = {offset: first for first, part in lines.items() for offset in part[1:] if low <= offset < high}
        return _Block({first: part for first, part in lines.items() if low <= first < high}, firsts)


def _parts(offsets: Sequence[int], low: int, high: int, complete: int | None) -> list[Sequence[int]]:
    """Return the pieces of a line, cut at the ends of a block where they are far from there; see the invariants.

    Args:
        offsets: of the pieces, ascending.
        low: offset of the block,
        high: and of the next one.
        complete: end of the last piece, or of a document that ends before it; None: it is further on.
    """
    parts: list[Sequence[int]] = []
    rest = list(offsets)
    for end in (low, high):
        before = [offset for offset in rest if offset < end]
        behind = rest[len(before) :]
        if not before or not behind:
            continue
        if before[-1] < end - MARGIN_BYTES or complete is None or complete > end + MARGIN_BYTES:
            parts.append(before)
            rest = behind
    return [part for part in [*parts, rest] if len(part) > 1]


class JoinedDocument:
    """Steps over a document along the visible segments, without the further pieces of lines.

    Args:
        visible: the visible segments, pieces included.
        pieces: finds the pieces.
    """

    def __init__(self, visible: ShownSegments, pieces: PieceIndex) -> None:
        self._visible = visible
        self._pieces = pieces

    def after(self, offset: int) -> int | None:
        """Return the next visible segment after an offset, or None. Raises `NotReady`."""
        found = self._visible.after(offset)
        while found is not None and self._first_of(found) is not None:
            found = self._visible.after(found)
        return found

    def before(self, offset: int) -> int | None:
        """Return the last visible segment before an offset, or None. Raises `NotReady`."""
        found = self._visible.before(offset)
        while found is not None and self._first_of(found) is not None:
            found = self._visible.before(found)
        return found

    def at(self, offset: int) -> int | None:
        """Return the visible segment at an offset, or that of its line; else one near it. Raises `NotReady`."""
        found = self._visible.at(offset)
        if found is None:
            return None
        first = self._first_of(found)
        return found if first is None else first

    def last(self) -> int | None:
        """Return the last visible segment, or None. Raises `NotReady`."""
        found = self._visible.last()
        return found if found is None or self._first_of(found) is None else self.before(found)

    def _first_of(self, offset: int) -> int | None:
        """Return the first piece of a line, if it is visible, of which a segment is a further piece."""
        first = self._pieces.first_of(offset)
        return first if first is not None and self._visible.at(first) == first else None
