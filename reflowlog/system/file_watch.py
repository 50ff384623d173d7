"""Watch of an open file by the rules of ``tail -F``: growth, truncation, replacement, deletion.

Invariants:
- A file is identified by device and inode, never by its name; the open descriptor keeps both from being reused.
- A poll never blocks and keeps no queue of changes: it reports the state of the moment.
- A file that was truncated and has grown again is no shorter, so the last bytes that were read are compared as well:
  by each poll, and by each read, because a poll may be long ago when the next chunk is read.
- If a system call fails, the path counts as gone, the descriptor as unchanged. A poll never raises.
"""

from __future__ import annotations

import errno
import os
import stat

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.system.files import open_to_read, read_at

__all__ = ["FINGERPRINT_BYTES", "Change", "FileWatch"]

FINGERPRINT_BYTES = 1024
"""Bytes before the position that are remembered: more than one line, whose end may be that of all."""


class Change(NamedTuple):
    """Result of a poll.

    Attributes:
        size: bytes in the open file, whatever file has its path now.
        truncated: the bytes read from the file are no longer in it.
        replaced: another regular file has the path now.
        gone: no regular file has the path.
    """

    size: int
    truncated: bool
    replaced: bool
    gone: bool


class FileWatch:
    """Watches an open regular file and the path under which it was opened.

    Args:
        descriptor: open for reading; the caller closes it.
        path: where it was opened.

    Raises:
        OSError: the descriptor is not open.
    """

    def __init__(self, descriptor: int, path: str) -> None:
        self._path = path
        self._size = 0
        self._position = 0  # offset of the end of the fingerprint
        self._fingerprint = b""
        self._before_truncation = (0, b"")  # position and fingerprint before the truncation
        self._watch(descriptor)

    @property
    def path(self) -> str:
        """The path that is watched."""
        return self._path

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode of the open file."""
        return self._identity

    def poll(self, position: int) -> Change:
        """Report the file's present state, in two or three system calls.

        Args:
            position: number of bytes read from the file; after a truncation, counted anew from its start.
        """
        try:
            held = os.fstat(self._descriptor)
        except OSError:  # such as ESTALE of a network file system
            return Change(self._size, False, *self._path_state())
        truncated = held.st_size < position or self._has_changed_bytes(held, position)
        self._size = held.st_size
        if truncated:  # the reader starts again at offset 0
            self._before_truncation = self._position, self._fingerprint
            self._position, self._fingerprint = 0, b""
        else:
            self._take_fingerprint(held, position)
        return Change(held.st_size, truncated, *self._path_state())

    def read_next(self, size: int, position: int) -> bytes:
        """Return up to `size` bytes from a position on; empty at EOF, or if the bytes before them are others by now.

        The file may be truncated and grow between a poll and a read; the next poll reports that.

        Raises:
            OSError: the file cannot be read.
        """
        before = self._fingerprint if position == self._position else b""
        data = read_at(self._descriptor, len(before) + size, position - len(before))
        if len(data) <= len(before) or not data.startswith(before):
            return b""
        end = position + len(data) - len(before)
        if len(data) >= min(end, FINGERPRINT_BYTES):
            self._position, self._fingerprint = end, data[-FINGERPRINT_BYTES:]
        return data[len(before) :]

    def is_copy(self, descriptor: int) -> bool:
        """Return whether a file holds the fingerprint from before the truncation at the same offset.

        Raises:
            OSError: the file cannot be read.
        """
        position, fingerprint = self._before_truncation
        return bool(fingerprint) and read_at(descriptor, len(fingerprint), position - len(fingerprint)) == fingerprint

    def reopen(self) -> int:
        """Open the file that has the path now, and watch it from now on.

        Returns:
            A new descriptor; the old one stays open until the caller closes it.

        Raises:
            OSError: the path cannot be opened, or is no regular file. The old file stays watched.
        """
        descriptor = open_to_read(self._path, blocks=False)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", self._path)
            self._watch(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _watch(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        self._descriptor = descriptor
        self._identity = found.st_dev, found.st_ino
        self._size = found.st_size
        self._compared_state = (-1, -1)  # size and mtime when the fingerprint was last compared
        self._position, self._fingerprint = 0, b""

    def _path_state(self) -> tuple[bool, bool]:
        """Return whether the file was replaced, and whether it is gone."""
        try:
            found = os.stat(self._path)
        except (OSError, ValueError):
            return False, True
        if (found.st_dev, found.st_ino) == self._identity:
            return False, False
        regular = stat.S_ISREG(found.st_mode)
        return regular, not regular

    def _has_changed_bytes(self, held: os.stat_result, position: int) -> bool:
        """Return whether the bytes at the fingerprint's offset have changed."""
        if (
            not self._fingerprint
            or position < self._position
            or (held.st_size, held.st_mtime_ns) == self._compared_state
        ):
            return False
        found = self._bytes_before(self._position)
        return found is not None and found != self._fingerprint

    def _take_fingerprint(self, held: os.stat_result, position: int) -> None:
        if position != self._position:
            found = self._bytes_before(position)
            self._fingerprint = found if found is not None and len(found) == min(position, FINGERPRINT_BYTES) else b""
            self._position = position
        self._compared_state = held.st_size, held.st_mtime_ns

    def _bytes_before(self, position: int) -> bytes | None:
        """Return the bytes before a position; None if they cannot be read."""
        start = max(0, position - FINGERPRINT_BYTES)
        try:
            return read_at(self._descriptor, position - start, start)
        except OSError:
            return None
