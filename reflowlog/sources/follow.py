"""Following of a growing file through truncation, rotation and replacement, as ``tail -F`` does.

Invariants:
- `system/file_watch.py` detects what happened to the file; this module reports its meaning in one line.
- A replacement file is read once it is not empty. Until then the writer may still have the old file open, which is
  read to its end first.
- Data that was written and rotated away between two polls is found beside the file, and nothing else of the set is
  read: `sources/rotated_files.py` knows what was beside it before.
- A writer without O_APPEND continues at its old offset in a truncated file; the zeros before that offset are no text.
- A file that is `rotated` itself, and followed beside its live file, is read as long as it grows: whatever overwrites
  it, or takes its name later, has been read as the live file by then.
- With `poll_timeout` each chunk consists of whole lines, because a poll during a write would see half a line; for that
  UTF-16 is decoded here. A line longer than `MAX_LINE_BYTES` is yielded in parts.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from reflowlog.sources.decode import TextDecoder
from reflowlog.sources.rotated_files import RotatedFiles
from reflowlog.sources.sinks import MAX_LINE_BYTES
from reflowlog.system.file_watch import FileWatch
from reflowlog.system.files import read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.sources.inputs import Input
    from reflowlog.system.file_watch import Change

__all__ = ["FollowedFile"]


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
        self._lines = _GrowingLines(poll_timeout)
        self._rotated_files = None if rotated else RotatedFiles(source.name)
        self._is_ended = False  # whether reading has stopped for good
        self._warn = warn
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
        listed = self._rotated_files.list_changed() if self._rotated_files is not None else None
        change = self._watch.poll(self.position)
        if self._rotated_files is None:
            self._is_ended = self._is_ended or change.truncated
            if not self._is_ended:
                yield from self._read_watched()
        else:
            if not (change.truncated or change.replaced or change.gone):
                self._rotated_files.remember(listed)
            yield from self._read_changes(self._rotated_files, change)
        if overdue := self._lines.take_overdue():
            yield overdue

    def _read_changes(self, rotated_files: RotatedFiles, change: Change) -> Iterator[bytes | None]:
        """Yield the bytes written to the file that has the name, across truncation and replacement."""
        if change.truncated:
            self._warn(f"{self.name} was truncated: continuing from its start")
            yield from self._read_since_truncation(rotated_files)
            yield from self._start_over()
            self._lines.expect_hole()
        yield from self._read_watched()
        if change.gone and not self._is_removal_reported:
            self._warn(f"{self.name} is gone: waiting for another one")
        self._is_removal_reported = change.gone
        if change.replaced and self._has_content() and (descriptor := self._reopen()) is not None:
            yield from self._read_from(self._descriptor)
            old, self._descriptor = self._descriptor, descriptor
            self._warn(
                f"{self.name} is there" if self._is_awaited else f"{self.name} was replaced: going on with the new one"
            )
            self._is_awaited = False
            yield from self._read_since_replacement(rotated_files, old)
            os.close(old)  # until here no other file can have the same inode
            yield from self._start_over()
            yield from self._read_watched()

    def _read_watched(self) -> Iterator[bytes]:
        """Yield the unread content of the watched file."""
        return self._read_with(self._watch.read_next)

    def _read_from(self, descriptor: int) -> Iterator[bytes]:
        """Yield the content of another open file from the current offset on."""
        return self._read_with(lambda size, position: read_at(descriptor, size, position))

    def _read_with(self, read: Callable[[int, int], bytes]) -> Iterator[bytes]:
        """Yield the chunks of a size from the current offset on, in whole lines if there is a timeout."""
        while data := read(self._chunk_size, self.position):
            self.position += len(data)
            yield from self._lines.feed(data)

    def _read_since_truncation(self, rotated_files: RotatedFiles) -> Iterator[bytes | None]:
        """Yield the bytes written before the truncation, out of the copy that was made, and those copied since."""
        with contextlib.ExitStack() as stack:
            missed = rotated_files.open_since_truncation(self._descriptor, self._watch.is_copy, stack)
            for number, file in enumerate(missed):
                if number:
                    yield from self._start_over()
                    self._lines.expect_hole()
                yield from self._read_from(file.descriptor)

    def _read_since_replacement(self, rotated_files: RotatedFiles, old: int) -> Iterator[bytes | None]:
        """Yield the content of the files that had the name between an old one and the present one."""
        with contextlib.ExitStack() as stack:  # an open descriptor keeps its data readable after a rename or removal
            for file in rotated_files.open_since_replacement(old, self._descriptor, stack):
                yield from self._start_over()
                yield from self._read_from(file.descriptor)

    def _start_over(self) -> Iterator[bytes | None]:
        """Reset the offset for another file or new content, and yield None."""
        if partial := self._lines.flush():
            yield partial
        self.position = 0
        yield None

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


class _GrowingLines:
    """Makes whole lines of the bytes of a growing file, and releases a partial one after a timeout.

    Args:
        timeout: seconds for which an unterminated line is held back; 0: bytes pass as they come.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._partial: list[bytes] = []  # the unterminated line,
        self._partial_size = 0  # and its bytes
        self._decoder = TextDecoder() if timeout else None  # else the reader of the chunks decodes them
        self._in_hole = False  # whether only zeros were read since `expect_hole`
        self._grown_at = 0.0  # monotonic time of the last growth

    def expect_hole(self) -> None:
        """Drop the zeros that come next, which a writer without O_APPEND leaves in a truncated file."""
        self._in_hole = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take in bytes; yield whole lines, and the parts of a line longer than `MAX_LINE_BYTES`."""
        self._grown_at = time.monotonic()
        if self._in_hole:
            data = data.lstrip(b"\0")
            self._in_hole = not data
        if self._decoder is not None:
            data = self._decoder.feed(data)
        end = data.rfind(b"\n") + 1 if self._timeout else len(data)
        if end:
            yield self._take_partial() + data[:end]
        if end < len(data):
            self._partial.append(data[end:])
            self._partial_size += len(data) - end
            if self._partial_size >= MAX_LINE_BYTES:
                yield self._take_partial()

    def take_overdue(self) -> bytes:
        """Remove and return the partial line if it has been held back for the timeout; else empty."""
        return self._take_partial() if time.monotonic() - self._grown_at >= self._timeout else b""

    def flush(self) -> bytes:
        """Remove and return the partial line, because other content follows."""
        if self._decoder is not None:
            self._decoder.flush()
        self._in_hole = False
        return self._take_partial()

    def _take_partial(self) -> bytes:
        partial, self._partial, self._partial_size = b"".join(self._partial), [], 0
        return partial
