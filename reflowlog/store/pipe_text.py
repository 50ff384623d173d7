"""A pipe's bytes as a text: the history of whole lines, and the unfinished line after it.

Rules of this file:
- Bytes come cut anywhere. Whole lines go to the history at once, in as large pieces as possible; the rest waits here.
- The unfinished line is read by slices, so that one of any length costs only what is looked at.
- Lines have the history's numbers: those that are gone have been counted.
- One thread owns it, the one that owns the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflowlog.store.line_index import LineIndex

__all__ = ["PipeText"]


class PipeText:
    r"""A text that grows as a pipe is read; see `store.document.Text`.

    Args:
        history: takes the whole lines. Nobody else adds to it while a line is unfinished.

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
        """The offset of the oldest byte held, at which a line starts."""
        return self._history.start_offset

    @property
    def end(self) -> int:
        """The offset after the newest byte."""
        return self._history.end_offset + len(self._partial)

    @property
    def count(self) -> int:
        """How many lines there ever were, the unfinished one included."""
        return self._history.end + bool(self._partial)

    @property
    def tail(self) -> bool:
        """Whether there is an unfinished line."""
        return bool(self._partial)

    def grow(self, data: bytes) -> None:
        """Take bytes, cut anywhere; in amortised constant time per byte.

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
        """The unfinished line, which is no longer kept here."""
        rest, self._partial = bytes(self._partial), bytearray()
        return rest

    def finish(self) -> None:
        """The input has ended: an unfinished line gets its newline."""
        if self._partial:
            self.grow(b"\n")

    def read(self, start: int, end: int) -> bytes:
        """The bytes from one offset up to another, as far as there are any.

        Raises:
            Evicted: some of them are no longer held.
        """
        border = self._history.end_offset
        if end <= border:
            return self._history.read(start, end)
        older = self._history.read(start, border) if start < border else b""
        with memoryview(self._partial) as rest:
            newer = bytes(rest[max(0, start - border) : end - border])
        return older + newer if older else newer

    def number_at(self, offset: int) -> int | None:
        """The number, from 0, of the line that a byte is in; None if there is no such byte."""
        if offset < self._history.end_offset:
            return self._history.number_at(offset)
        return self._history.end if offset < self.end else None

    def offset_of(self, number: int) -> int | None:
        """Where a line starts; None if it is not held."""
        if number == self._history.end and self._partial:
            return self._history.end_offset
        return self._history.offset_of(number)
