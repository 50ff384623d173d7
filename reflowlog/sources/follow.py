"""A file that is read as it grows, whatever becomes of it: the rules of ``tail -F``.

Rules of this file:
- What becomes of the file is `filewatch`'s to know; what it means is told in one line.
- A new file is read once something is written to it; until then who writes may still have the old one open, and that is
  read to its end first.
- What was written, and rotated away, between two looks is found beside the file: in what it was copied to before it was
  truncated, and in files that are newer in its set than that, or than the one that was read.
- Who writes without O_APPEND goes on at the old place of a file that was truncated; the zeros before that are no text.
- A file that is `rotated` itself, followed beside the one that is written to, is read for as long as it grows: what is
  written over it, or gets its name later, has been read by then.
- With `poll_timeout` each piece is whole lines: who looks while a line is being written sees half of it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import TYPE_CHECKING

from reflowlog.sources.expand_paths import older_of
from reflowlog.system.file_watch import OPEN_FLAGS, FileWatch, read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.sources.inputs import Input
    from reflowlog.system.file_watch import Change

__all__ = ["FollowedFile"]

GRAIN = 1.0  # seconds by which the times of files may differ from the clock


class FollowedFile:
    """A file, for as long as it is followed.

    Args:
        source: the file; its descriptor is closed once another file has its name.
        patience: seconds for which half a line is kept back; 0: it comes as it is written.
        complain: told what has become of the file.
        piece: bytes that are read at once, at most.
        position: bytes of it that are passed over.
        rotated: whether it is one of a set of which the one that is written to is followed as well.
    """

    def __init__(
        self,
        source: Input,
        poll_timeout: float,
        warn: Callable[[str], None],
        piece: int,
        position: int = 0,
        *,
        rotated: bool = False,
    ) -> None:
        self.name = source.name
        self.position = position
        self._piece = piece
        self._descriptor = source.descriptor
        self._watch = FileWatch(source.descriptor, source.name)
        self._patience = poll_timeout
        self._rotated = rotated
        self._over = False  # whether it is not read any more
        self._looked = time.time()
        self._warn = warn
        self._half: list[bytes] = []  # a line that has not ended
        self._in_hole = False  # whether nothing but zeros was read of a file that was truncated
        self._since = 0.0  # when it last grew
        self._gone = False  # whether that was told

    def news(self) -> Iterator[bytes | None]:
        """What has been written since the last call: whole lines, and half ones that have waited; None: a new file.

        Raises:
            OSError: it cannot be read any more.
        """
        change = self._watch.poll(self.position)
        looked, self._looked = self._looked, time.time()
        if self._rotated:
            self._over = self._over or change.truncated
            if not self._over:
                yield from self._news_of_file()
        else:
            yield from self._changed(change, looked)
        if self._half and time.monotonic() - self._since >= self._patience:
            yield self._take_half()

    def _changed(self, change: Change, looked: float) -> Iterator[bytes | None]:
        """What has been written to whatever has the name."""
        if change.truncated:
            self._warn(f"{self.name} was truncated: going on from its start")
            yield from self._between(self._watch.identity, looked)
            yield from self._begin()
            self._in_hole = True
        yield from self._news_of_file()
        if change.gone and not self._gone:
            self._warn(f"{self.name} is gone: waiting for another one")
        self._gone = change.gone
        before = self._watch.identity
        if change.replaced and self._is_taken_over() and (descriptor := self._reopen()) is not None:
            yield from self._grown(self._descriptor)
            old, self._descriptor = self._descriptor, descriptor
            self._warn(f"{self.name} was replaced: going on with the new one")
            yield from self._between(before, looked)
            os.close(old)  # until here no other file can have its identity
            yield from self._begin()
            yield from self._news_of_file()

    def _news_of_file(self) -> Iterator[bytes]:
        """What there is of the file that is watched."""
        return self._grown(self._descriptor, self._watch.remember_read)

    def _grown(self, descriptor: int, note: Callable[[int, bytes], None] | None = None) -> Iterator[bytes]:
        """What there is of an open file beyond what was read, in whole lines."""
        while data := read_at(descriptor, self._piece, self.position):
            self.position += len(data)
            if note is not None:
                note(self.position, data)
            self._since = time.monotonic()
            if self._in_hole:
                data = data.lstrip(b"\0")
                self._in_hole = not data
            end = data.rfind(b"\n") + 1 if self._patience else len(data)
            if end:
                yield self._take_half() + data[:end]
            if end < len(data):
                self._half.append(data[end:])

    def _between(self, before: tuple[int, int], looked: float) -> Iterator[bytes | None]:
        """What was written after the file that was read, and before the one that has its name now.

        Args:
            before: the identity of the file that was read.
            looked: when it was looked at before, in seconds since the epoch.
        """
        with contextlib.ExitStack() as stack:  # what is open keeps its bytes, whatever becomes of its name
            for descriptor, is_copy in self._unread(before, looked, stack):
                if not is_copy:
                    yield from self._begin()
                    self._in_hole = before == self._watch.identity
                yield from self._grown(descriptor)

    def _unread(self, before: tuple[int, int], looked: float, stack: contextlib.ExitStack) -> list[tuple[int, bool]]:
        """Files of the set, oldest first, and whether it is the copy of what was read; none where that is not found."""
        now = self._watch.identity
        unread: list[tuple[int, bool]] = []
        for path in reversed(older_of(self.name)):
            with contextlib.suppress(OSError):
                descriptor = os.open(path, OPEN_FLAGS)
                stack.callback(os.close, descriptor)
                found = os.fstat(descriptor)
                identity = found.st_dev, found.st_ino
                if identity == before:
                    return unread[::-1]
                if before == now and found.st_ctime > looked - GRAIN and self._watch.is_copy(descriptor):
                    return [(descriptor, True), *unread[::-1]]
                is_new = found.st_mtime > looked - GRAIN and identity != now
                if is_new and stat.S_ISREG(found.st_mode):
                    unread.append((descriptor, False))
        return []

    def _begin(self) -> Iterator[bytes | None]:
        """Start over with another file, or another content."""
        if self._half:
            yield self._take_half()
        self.position = 0
        self._in_hole = False
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
