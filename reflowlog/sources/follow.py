"""Following of a growing file through truncation, rotation and replacement, as ``tail -F`` does.

Invariants:
- `system/file_watch.py` detects what happened to the file; this module reports its meaning in one line.
- A replacement file is read once it is not empty. Until then the writer may still have the old file open, which is
  read to its end first.
- Data that was written and rotated away between two polls is found beside the file: in the copy that was made before a
  truncation, and in files of the set that are newer than that copy, or than the file that was read.
- A writer without O_APPEND continues at its old offset in a truncated file; the zeros before that offset are no text.
- A file that is `rotated` itself, and followed beside its live file, is read as long as it grows: whatever overwrites
  it, or takes its name later, has been read as the live file by then.
- With `poll_timeout` each chunk consists of whole lines, because a poll during a write would see half a line; for that
  UTF-16 is decoded here. A line longer than `MAX_LINE_BYTES` is yielded in parts.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import TYPE_CHECKING

from reflowlog.sources.decode import TextDecoder
from reflowlog.sources.expand_paths import older_of
from reflowlog.sources.sinks import MAX_LINE_BYTES
from reflowlog.system.file_watch import FileWatch
from reflowlog.system.files import open_to_read, read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.sources.inputs import Input
    from reflowlog.system.file_watch import Change

__all__ = ["FollowedFile"]

CLOCK_TOLERANCE = 1.0  # seconds by which file timestamps may differ from the clock


class FollowedFile:
    """Reader of one followed file.

    Args:
        source: the file; its descriptor is closed once another file has its name.
        poll_timeout: seconds for which an unterminated line is held back; 0 yields it as it is written.
        warn: takes one line about truncation, replacement or removal of the file.
        chunk_size: most bytes read at once.
        position: offset at which to start.
        rotated: whether it is a rotated file whose live file is followed as well.
    """

    def __init__(
        self,
        source: Input,
        poll_timeout: float,
        warn: Callable[[str], None],
        chunk_size: int,
        position: int = 0,
        *,
        rotated: bool = False,
    ) -> None:
        self.name = source.name
        self.position = position
        self._chunk_size = chunk_size
        self._descriptor = source.descriptor
        self._watch = FileWatch(source.descriptor, source.name)
        self._poll_timeout = poll_timeout
        self._rotated = rotated
        self._is_ended = False  # whether reading has stopped for good
        self._polled_at = time.time()
        self._warn = warn
        self._partial: list[bytes] = []  # the unterminated line,
        self._partial_size = 0  # and its bytes
        self._decoder = TextDecoder() if poll_timeout else None  # else the reader of the chunks decodes them
        self._in_hole = False  # whether only zeros were read since a truncation
        self._grown_at = 0.0  # monotonic time of the last growth
        self._is_removal_reported = source.missing  # whether the absence of the file was reported
        self._is_awaited = source.missing  # whether there was no file of the name so far

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode of the file that is read."""
        return self._watch.identity

    def read_new(self) -> Iterator[bytes | None]:
        """Yield the bytes written since the last call: whole lines, and partial ones after the timeout; None: new file.

        Raises:
            OSError: the file cannot be read any more.
        """
        change = self._watch.poll(self.position)
        polled_at, self._polled_at = self._polled_at, time.time()
        if self._rotated:
            self._is_ended = self._is_ended or change.truncated
            if not self._is_ended:
                yield from self._read_watched()
        else:
            yield from self._read_changes(change, polled_at)
        if self._partial and time.monotonic() - self._grown_at >= self._poll_timeout:
            yield self._take_partial()

    def _read_changes(self, change: Change, polled_at: float) -> Iterator[bytes | None]:
        """Yield the bytes written to the file that has the name, across truncation and replacement."""
        if change.truncated:
            self._warn(f"{self.name} was truncated: going on from its start")
            yield from self._read_missed(self._watch.identity, polled_at)
            yield from self._start_over()
            self._in_hole = True
        yield from self._read_watched()
        if change.gone and not self._is_removal_reported:
            self._warn(f"{self.name} is gone: waiting for another one")
        self._is_removal_reported = change.gone
        before = self._watch.identity
        if change.replaced and self._has_content() and (descriptor := self._reopen()) is not None:
            yield from self._read_from(self._descriptor)
            old, self._descriptor = self._descriptor, descriptor
            self._warn(
                f"{self.name} is there" if self._is_awaited else f"{self.name} was replaced: going on with the new one"
            )
            self._is_awaited = False
            yield from self._read_missed(before, polled_at)
            os.close(old)  # until here no other file can have the same inode
            yield from self._start_over()
            yield from self._read_watched()

    def _read_watched(self) -> Iterator[bytes]:
        """Yield the unread content of the watched file."""
        return self._read_from(self._descriptor, self._watch.remember_read)

    def _read_from(self, descriptor: int, note: Callable[[int, bytes], None] | None = None) -> Iterator[bytes]:
        """Yield the content of an open file from the current offset on, in whole lines if there is a timeout."""
        while data := read_at(descriptor, self._chunk_size, self.position):
            self.position += len(data)
            if note is not None:
                note(self.position, data)
            self._grown_at = time.monotonic()
            if self._in_hole:
                data = data.lstrip(b"\0")
                self._in_hole = not data
            if self._decoder is not None:
                data = self._decoder.feed(data)
            end = data.rfind(b"\n") + 1 if self._poll_timeout else len(data)
            if end:
                yield self._take_partial() + data[:end]
            if end < len(data):
                self._partial.append(data[end:])
                self._partial_size = len(data) - end if end else self._partial_size + len(data)
                if self._poll_timeout and self._partial_size >= MAX_LINE_BYTES:
                    yield self._take_partial()

    def _read_missed(self, before: tuple[int, int], polled_at: float) -> Iterator[bytes | None]:
        """Yield the bytes of files between the one that was read and the one that has its name now.

        Args:
            before: the identity of the file that was read.
            polled_at: when it was polled before, in seconds since the epoch.
        """
        with contextlib.ExitStack() as stack:  # an open descriptor keeps its data readable after a rename or removal
            for descriptor, is_copy in self._find_missed(before, polled_at, stack):
                if not is_copy:
                    yield from self._start_over()
                    self._in_hole = before == self._watch.identity
                yield from self._read_from(descriptor)

    def _find_missed(
        self, before: tuple[int, int], polled_at: float, stack: contextlib.ExitStack
    ) -> list[tuple[int, bool]]:
        """Return the unread files of the set, oldest first, each with whether it is a copy of the file that was read.

        Empty if the file that was read is not found in the set.
        """
        now = self._watch.identity
        unread: list[tuple[int, bool]] = []
        for path in reversed(older_of(self.name)):
            with contextlib.suppress(OSError):
                descriptor = open_to_read(path, blocks=False)
                stack.callback(os.close, descriptor)
                found = os.fstat(descriptor)
                identity = found.st_dev, found.st_ino
                if identity == before:
                    return unread[::-1]
                if before == now and found.st_ctime > polled_at - CLOCK_TOLERANCE and self._watch.is_copy(descriptor):
                    return [(descriptor, True), *unread[::-1]]
                is_new = found.st_mtime > polled_at - CLOCK_TOLERANCE and identity != now
                if is_new and stat.S_ISREG(found.st_mode):
                    unread.append((descriptor, False))
        return []

    def _start_over(self) -> Iterator[bytes | None]:
        """Reset the offset for another file or new content, and yield None."""
        if self._partial:
            yield self._take_partial()
        if self._decoder is not None:
            self._decoder.flush()
        self.position = 0
        self._in_hole = False
        yield None

    def _take_partial(self) -> bytes:
        partial, self._partial, self._partial_size = b"".join(self._partial), [], 0
        return partial

    def _has_content(self) -> bool:
        """Return whether the new file has content: until then the writer may still have the old one open."""
        try:
            return os.stat(self.name).st_size > 0
        except OSError:
            return False

    def _reopen(self) -> int | None:
        """Return a descriptor of the new file, or None as long as it cannot be opened."""
        try:
            return self._watch.reopen()
        except OSError:
            return None
