"""A file that is read as it grows, whatever becomes of it: the rules of ``tail -F``.

Rules of this file:
- What becomes of the file is `filewatch`'s to know; what it means is told in one line.
- A new file is read once something is written to it; until then who writes may still have the old one open, and that is
  read to its end first.
- With `patience` each piece is whole lines: who looks while a line is being written sees half of it.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from reflowlog.sources.filewatch import FileWatch, read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.sources.inputs import Input

__all__ = ["Followed"]


class Followed:
    """A file, for as long as it is followed.

    Args:
        source: the file; its descriptor is closed once another file has its name.
        patience: seconds for which half a line is kept back; 0: it comes as it is written.
        complain: told what has become of the file.
        piece: bytes that are read at once, at most.
        position: bytes of it that are passed over.
    """

    def __init__(
        self,
        source: Input,
        patience: float,
        complain: Callable[[str], None],
        piece: int,
        position: int = 0,
    ) -> None:
        self.name = source.name
        self.position = position
        self._piece = piece
        self._descriptor = source.descriptor
        self._watch = FileWatch(source.descriptor, source.name)
        self._patience = patience
        self._complain = complain
        self._half: list[bytes] = []  # a line that has not ended
        self._since = 0.0  # when it last grew
        self._gone = False  # whether that was told

    def news(self) -> Iterator[bytes | None]:
        """What has been written since the last call: whole lines, and half ones that have waited; None: a new file.

        Raises:
            OSError: it cannot be read any more.
        """
        change = self._watch.look(self.position)
        if change.truncated:
            self._complain(f"{self.name} was truncated: going on from its start")
            yield from self._begin()
        yield from self._grown()
        if change.gone and not self._gone:
            self._complain(f"{self.name} is gone: waiting for another one")
        self._gone = change.gone
        if change.replaced and self._is_taken_over() and (descriptor := self._reopen()) is not None:
            yield from self._grown()
            os.close(self._descriptor)
            self._descriptor = descriptor
            self._complain(f"{self.name} was replaced: going on with the new one")
            yield from self._begin()
            yield from self._grown()
        if self._half and time.monotonic() - self._since >= self._patience:
            yield self._take_half()

    def _grown(self) -> Iterator[bytes]:
        """What there is of the open file beyond what was read, in whole lines."""
        while data := read_at(self._descriptor, self._piece, self.position):
            self.position += len(data)
            self._since = time.monotonic()
            end = data.rfind(b"\n") + 1 if self._patience else len(data)
            if end:
                yield self._take_half() + data[:end]
            if end < len(data):
                self._half.append(data[end:])

    def _begin(self) -> Iterator[bytes | None]:
        """Start over with another file, or another content."""
        if self._half:
            yield self._take_half()
        self.position = 0
        yield None

    def _take_half(self) -> bytes:
        half, self._half = b"".join(self._half), []
        return half

    def _is_taken_over(self) -> bool:
        """Whether the new file is written to: until then who writes may still have the old one open."""
        try:
            return os.stat(self.name).st_size > 0
        except OSError:
            return False

    def _reopen(self) -> int | None:
        """The new file, or None as long as it cannot be opened."""
        try:
            return self._watch.reopen()
        except OSError:
            return None
