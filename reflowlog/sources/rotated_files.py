"""The rotated files beside a followed log, and which of them hold lines that were not read from the log.

Invariants:
- A file holds nothing unread if it was beside the log while the log was still the file that is read, or if it was read
  since. It is recognized by device and inode and by the last bytes that it had then: names and times of files decide
  nothing, because names move on and a late line changes a time.
- Files are listed before the log is polled, and count only if that poll finds neither truncation nor replacement: a
  file that was the log in between is never taken for one that was beside it.
- An inode that is used again by a file with other content, and a file that is overwritten, are unread.
- Numbers may rise or fall from one rotation to the next. Which is newer follows from the number that the file has now
  that was read before; without such a file, from the times at which the files were last written.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.sources.expand_paths import age_order, older_of
from reflowlog.system.file_watch import FINGERPRINT_BYTES
from reflowlog.system.files import open_to_read, read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["RotatedFile", "RotatedFiles"]

LIST_INTERVAL = 1.0  # seconds between two checks whether the directory has changed
MAX_GONE = 100  # files that are remembered though they are not in the set any more
_MAX_LISTINGS = 5  # attempts to list the set while no name changes


class RotatedFile(NamedTuple):
    """A rotated file as it was when it was listed.

    Attributes:
        path: its name at that time.
        identity: its device and inode.
        size: its bytes.
        modified: when it was last written, in nanoseconds since the epoch.
        fingerprint: its last bytes.
        descriptor: open for reading while the list is in use; -1: it has not changed since it was read.
    """

    path: str
    identity: tuple[int, int]
    size: int
    modified: int
    fingerprint: bytes
    descriptor: int


class RotatedFiles:
    """The rotated set of one followed log, and the part of it that was read.

    Args:
        path: of the log. What is beside it now is taken as read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._listed_at = float("-inf")  # monotonic time
        self._listed_state = -1  # time of modification of the directory at the last listing, in nanoseconds,
        self._remembered_state = -1  # and at the last one that was remembered
        self._is_settled = False  # whether it was the same at two of these, so that no change in one tick was missed
        self._read: dict[tuple[int, int], RotatedFile] = {}  # files without unread lines, by identity
        self.remember(self.list_changed())

    def list_changed(self) -> list[RotatedFile] | None:
        """List the set if the directory may have changed since the last list that was remembered; else return None."""
        now = time.monotonic()
        if now - self._listed_at < LIST_INTERVAL:
            return None
        self._listed_at = now
        try:
            self._listed_state = os.stat(os.path.dirname(self._path) or os.curdir).st_mtime_ns
        except OSError:
            return None
        if self._listed_state == self._remembered_state and self._is_settled:
            return None
        with contextlib.ExitStack() as stack:
            return self._list(stack)

    def remember(self, listed: list[RotatedFile] | None) -> None:
        """Take the files of a list, if there is one, as read."""
        if listed is not None:
            self._is_settled = self._listed_state == self._remembered_state
            self._remembered_state = self._listed_state
            self._add(listed)

    def open_since_truncation(
        self, log: int, is_copy: Callable[[int], bool], stack: contextlib.ExitStack
    ) -> list[RotatedFile]:
        """Return the copy that was made of the log before its truncation, and the unread files since, oldest first.

        They count as read from then on. Empty if there is no such copy.

        Args:
            log: descriptor of the log.
            is_copy: returns whether an open file holds what was read of the log.
            stack: closes the descriptors of the files.
        """
        files = self._list_consistently(stack)
        identity = _identity_of(os.fstat(log))
        unread = [each for each in files if each.identity != identity and not self._has_read(each)]
        copies = [each for each in unread if is_copy(each.descriptor)]
        if not copies:
            return []
        since = max(copies, key=lambda each: each.size)
        new = [each for each in unread if each not in copies]
        of_log = [each for each in new if _begins(each, log)]  # a copy for the next truncation
        return [since, *self._take(files, [each for each in new if each not in of_log], of_log, since, identity)]

    def open_since_replacement(self, old: int, log: int, stack: contextlib.ExitStack) -> list[RotatedFile]:
        """Return the unread files that had the name of the log after the old one and before the new one, oldest first.

        They count as read from then on. Empty if the old one was moved elsewhere.

        Args:
            old: descriptor of the file that was read.
            log: descriptor of the file that has the name of the log now.
            stack: closes the descriptors of the files.
        """
        before = os.fstat(old)
        files = self._list_consistently(stack)
        since = next((each for each in files if each.identity == _identity_of(before)), None)
        if since is None and before.st_nlink:
            return []
        identity = _identity_of(os.fstat(log))
        new = [each for each in files if each is not since and each.identity != identity and not self._has_read(each)]
        if since is None:
            new = [each for each in new if not _begins(each, old)]
        return self._take(files, new, (), since, identity)

    def _take(
        self,
        found: list[RotatedFile],
        new: list[RotatedFile],
        left: Collection[RotatedFile],
        since: RotatedFile | None,
        log: tuple[int, int],
    ) -> list[RotatedFile]:
        """Return new files, oldest first, and take all files that were found as read, besides those left for later.

        What is newer than the log, because that has been rotated as well by now, is left for later.
        """
        candidates = _sort_newer([each for each in found if each in new or each.identity == log], since)
        end = next((index for index, each in enumerate(candidates) if each.identity == log), len(candidates))
        later = [*candidates[end:], *left]
        self._add([each for each in found if each not in later])
        return candidates[:end]

    def _add(self, files: list[RotatedFile]) -> None:
        """Take files as read; others stay known, because a file can be missed in a list while names are shifted."""
        added = {each.identity: each for each in files}
        if len(self._read) > len(added) + MAX_GONE:
            self._read.clear()
        self._read.update(added)

    def _list_consistently(self, stack: contextlib.ExitStack) -> list[RotatedFile]:
        """Return the files of the set under the names that they had at one time, as far as these come to rest."""
        self._is_settled = False
        found = self._list(stack)
        for _ in range(_MAX_LISTINGS - 1):
            before, found = found, self._list(stack)
            if [each[:2] for each in before] == [each[:2] for each in found]:
                break
        return found

    def _list(self, stack: contextlib.ExitStack) -> list[RotatedFile]:
        """Return the regular files of the set, each once, and open those that are not known to be unchanged."""
        files: dict[tuple[int, int], RotatedFile] = {}
        for path in older_of(self._path):
            with contextlib.suppress(OSError):
                state = os.stat(path)
                known = self._read.get(_identity_of(state))
                if known is not None and (known.size, known.modified) == (state.st_size, state.st_mtime_ns):
                    files[known.identity] = known._replace(path=path, descriptor=-1)
                elif stat.S_ISREG(state.st_mode):
                    descriptor = open_to_read(path, blocks=False)
                    stack.callback(os.close, descriptor)
                    state = os.fstat(descriptor)
                    fingerprint = _bytes_before(descriptor, state.st_size)
                    identity = _identity_of(state)
                    files[identity] = RotatedFile(
                        path, identity, state.st_size, state.st_mtime_ns, fingerprint, descriptor
                    )
        return list(files.values())

    def _has_read(self, file: RotatedFile) -> bool:
        """Return whether a file is one that has no unread lines, unchanged or with late lines."""
        known = self._read.get(file.identity)
        if known is None or file.size < known.size:
            return False
        if file.descriptor < 0 or file.size == 0:
            return True
        return bool(known.size) and _bytes_before(file.descriptor, known.size) == known.fingerprint


def _identity_of(state: os.stat_result) -> tuple[int, int]:
    return state.st_dev, state.st_ino


def _bytes_before(descriptor: int, position: int) -> bytes:
    """Return the bytes of a file before a position."""
    start = max(0, position - FINGERPRINT_BYTES)
    return read_at(descriptor, position - start, start)


def _begins(file: RotatedFile, descriptor: int) -> bool:
    """Return whether an open file begins with the content of another one, by the last bytes of that."""
    return bool(file.fingerprint) and _bytes_before(descriptor, file.size) == file.fingerprint


def _sort_newer(files: list[RotatedFile], since: RotatedFile | None) -> list[RotatedFile]:
    """Sort files that are all newer than another one, oldest first."""
    in_order = sorted(files, key=_order)
    if since is not None and files:
        order = _order(since)
        if order < _order(in_order[0]):
            return in_order
        if order > _order(in_order[-1]) and order[1] == _order(in_order[0])[1] == 1:
            return in_order[::-1]  # numbers that rise; see `age_order`
    return sorted(in_order, key=lambda each: each.modified)


def _order(file: RotatedFile) -> tuple[str, int, int, str]:
    return age_order(file.path, has_live=True)
