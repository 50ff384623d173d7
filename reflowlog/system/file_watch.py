"""What has become of an open file: grown, truncated, replaced by another one, deleted; the rules of ``tail -F``.

Rules of this file:
- A file is known by device and inode, never by its name; the open descriptor keeps both from being given out again.
- Nothing is waited for and nothing is told twice that the caller has not seen: a look says what is so now.
- A file that was truncated and has grown again is no shorter, so the last bytes that were read are compared as well.
- What cannot be found out, because a system call fails, counts as gone when it is the path, as unchanged when it is
  the descriptor. A look never raises.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import NamedTuple

__all__ = ["READING", "Change", "FileWatch", "read_at"]

_FINGERPRINT = 64  # bytes before the position that are remembered
READING = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO that has the path now must not be waited for
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


class Change(NamedTuple):
    """What a look has found.

    Attributes:
        size: bytes in the open file, whatever has its path now.
        truncated: it no longer holds what was read of it.
        replaced: another regular file has the path now.
        gone: no regular file has the path.
    """

    size: int
    truncated: bool
    replaced: bool
    gone: bool


class FileWatch:
    """Watches a regular file that is open, and the path under which it was found.

    Args:
        descriptor: open for reading; stays the caller's, who closes it.
        path: where it was opened.

    Raises:
        OSError: the descriptor is not open.
    """

    def __init__(self, descriptor: int, path: str) -> None:
        self._path = path
        self._size = 0
        self._position = 0  # the fingerprint is what lay before it
        self._fingerprint = b""
        self._was = (0, b"")  # both, before it was truncated
        self._watch(descriptor)

    @property
    def path(self) -> str:
        """The path that is watched."""
        return self._path

    @property
    def identity(self) -> tuple[int, int]:
        """What tells the open file from all others: its device and inode."""
        return self._identity

    def look(self, position: int) -> Change:
        """What is so now; costs two or three system calls.

        Args:
            position: how many bytes of the file were read; after it was truncated, counted anew from its start.
        """
        try:
            held = os.fstat(self._descriptor)
        except OSError:  # such as a network's file that its server no longer knows
            return Change(self._size, False, *self._at_path())
        truncated = held.st_size < position or self._differs(held, position)
        self._size = held.st_size
        if truncated:  # what was there is of no use any more: the reader begins anew
            self._was = self._position, self._fingerprint
            self._position, self._fingerprint = 0, b""
        else:
            self._remember(held, position)
        return Change(held.st_size, truncated, *self._at_path())

    def note(self, position: int, data: bytes) -> None:
        """Remember what was read up to a position, so that also what becomes of the file before the next look shows."""
        if position - len(data) == self._position:
            data = self._fingerprint + data
        if len(data) >= min(position, _FINGERPRINT):
            self._position, self._fingerprint = position, data[-_FINGERPRINT:]

    def is_copy(self, descriptor: int) -> bool:
        """Whether a file holds, at the same place, what was last seen of this one before it was truncated.

        Raises:
            OSError: it cannot be read.
        """
        position, fingerprint = self._was
        return bool(fingerprint) and read_at(descriptor, len(fingerprint), position - len(fingerprint)) == fingerprint

    def reopen(self) -> int:
        """Open what has the path now, and watch that from now on.

        Returns:
            A new descriptor; the old one stays open, and closing it is the caller's.

        Raises:
            OSError: it cannot be opened, or is no regular file. The old one stays watched.
        """
        descriptor = os.open(self._path, READING)
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
        self._seen = (-1, -1)  # size and time of change when the fingerprint was last compared
        self._position, self._fingerprint = 0, b""

    def _at_path(self) -> tuple[bool, bool]:
        """Whether the file was replaced, and whether it is gone."""
        try:
            found = os.stat(self._path)
        except (OSError, ValueError):
            return False, True
        if (found.st_dev, found.st_ino) == self._identity:
            return False, False
        regular = stat.S_ISREG(found.st_mode)
        return regular, not regular

    def _differs(self, held: os.stat_result, position: int) -> bool:
        """Whether other bytes are where the fingerprint was taken."""
        if not self._fingerprint or position < self._position or (held.st_size, held.st_mtime_ns) == self._seen:
            return False
        found = self._before(self._position)
        return found is not None and found != self._fingerprint

    def _remember(self, held: os.stat_result, position: int) -> None:
        if position != self._position:
            found = self._before(position)
            self._fingerprint = found if found is not None and len(found) == min(position, _FINGERPRINT) else b""
            self._position = position
        self._seen = held.st_size, held.st_mtime_ns

    def _before(self, position: int) -> bytes | None:
        """The bytes before a position; None if they cannot be read."""
        start = max(0, position - _FINGERPRINT)
        try:
            return read_at(self._descriptor, position - start, start)
        except OSError:
            return None


def read_at(descriptor: int, size: int, position: int) -> bytes:
    """Bytes of a file from a position on, fewer at its end; the descriptor's own position stays.

    Raises:
        OSError: it cannot be read.
    """
    if sys.platform == "win32":
        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            os.lseek(descriptor, position, os.SEEK_SET)
            return os.read(descriptor, size)
        finally:
            os.lseek(descriptor, before, os.SEEK_SET)
    return os.pread(descriptor, size, position)
