"""Text of a pipe: the history of whole lines, and the unterminated line after it.

Invariants:
- Chunks may be split at any byte. Whole lines are appended to the history at once, in chunks as large as possible; the
  remainder is held here.
- The unterminated line is read by slices, so that the cost depends on the bytes read, not on its length.
- Lines have the numbers of the history: dropped lines are counted.
- One thread owns it, the thread that owns the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflowlog.store.line_index import LineIndex

__all__ = ["PipeText"]


class PipeText:
    r"""Text that grows as a pipe is read; implements `store.document.TextStore`.

    Args:
        history: receives the whole lines. Nothing else appends to it while a line is unterminated.

    Example:
        >>> from reflowlog.store.line_index import LineIndex
        >>> from reflowlog.store.spool import Spool
        >>> text = PipeText(LineIndex(Spool()))
        >>> text.grow(b"one\ntw")
        >>> text.end, text.count, text.tail, text.read(2, 6)
        (6, 2, True, b'e\ntw')
    """

    def __init__(self, history: LineIndex) -> None:
        self._history = history
        self._partial = bytearray()

    @property
    def start(self) -> int:
        """Offset of the oldest byte held; a line starts there."""
        return self._history.start_offset

    @property
    def end(self) -> int:
        """Offset after the newest byte."""
        return self._history.end_offset + len(self._partial)

    @property
    def count(self) -> int:
        """Number of lines ever held, the unterminated one included."""
        return self._history.end + bool(self._partial)

    @property
    def tail(self) -> bool:
        """Whether the last line is unterminated."""
        return bool(self._partial)

    def grow(self, data: bytes) -> None:
        """Append bytes, split anywhere; in amortised constant time per byte.

        Raises:
            ValueError: the history is closed.
        """
        stop = data.rfind(b"\n") + 1
        if not stop:
            self._partial += data
            return
        start = 0
        if self._partial:
            start = data.find(b"\n") + 1
            line, self._partial = self._partial, bytearray()
            line += memoryview(data)[:start]
            self._history.extend(line)
        if start < stop:
            self._history.extend(data, start, stop)
        if stop < len(data):
            self._partial += memoryview(data)[stop:]

    def take_partial(self) -> bytes:
        """Remove and return the unterminated line."""
        rest, self._partial = bytes(self._partial), bytearray()
        return rest

    def finish(self) -> None:
        """Terminate the last line at the end of the input."""
        if self._partial:
            self.grow(b"\n")

    def read(self, start: int, end: int) -> bytes:
        """Read the available bytes of a range of offsets.

        Raises:
            Evicted: some of the bytes are no longer held.
        """
        border = self._history.end_offset
        if end <= border:
            return self._history.read(start, end)
        older = self._history.read(start, border) if start < border else b""
        with memoryview(self._partial) as rest:
            newer = bytes(rest[max(0, start - border) : end - border])
        return older + newer if older else newer

    def number_at(self, offset: int) -> int | None:
        """Return the number, from 0, of the line that contains a byte; None if there is no such byte."""
        if offset < self._history.end_offset:
            return self._history.number_at(offset)
        return self._history.end if offset < self.end else None

    def offset_of(self, number: int) -> int | None:
        """Return the offset of a line's first byte; None if the line is not held."""
        if number == self._history.end and self._partial:
            return self._history.end_offset
        return self._history.offset_of(number)
