"""Watch of a terminal for writes of others: other code of this process, its children, any other process. Linux.

The kernel has no counter of what was written to a terminal. It reports to inotify that something was written to a file,
a terminal too, and counts the bytes that this process has written to any file (``wchar`` of ``/proc/self/io``).

Invariants:
- Own writes are announced (`own_write`). A report outside of them is a write of another.
- Reports that were not read yet are merged. So during an own write the bytes that this process has written anywhere are
  compared: where they are more than its own, another part of the process may have written to the terminal.
- ``/dev/tty`` is a file of its own, the same for all sessions. A report of it counts only if this process has written
  bytes of which nothing else is known.
- Without inotify any other write of this process counts, also one to a file.
- A false alarm is possible, a missed write only of another process, within the microseconds of an own write.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from typing import TYPE_CHECKING, Any

from reflowlog.system import unix
from reflowlog.system.files import open_to_read
from reflowlog.system.tty import device_of, terminal_device

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["WriteWatch"]

_IN_MODIFY = 2
_EVENT_BYTES = 16  # of an inotify event without a name
_SHARED_TERMINAL = "/dev/tty"


class WriteWatch:
    """Watches a terminal.

    Args:
        descriptor: of the terminal, or of another open file, in tests.

    Raises:
        OSError: this system has no count of the bytes that a process writes.
    """

    def __init__(self, descriptor: int) -> None:
        self._counter = open_to_read("/proc/self/io")
        self._inotify = -1
        self._shared = -1  # watch number of /dev/tty
        self._lock = threading.RLock()  # held during an own write; re-entrant: a signal handler may write
        self._has_foreign = False
        try:
            self._known_bytes = self._count()
            with contextlib.suppress(OSError, ImportError, AttributeError):
                self._open_inotify(descriptor)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Release the descriptors. Idempotent; afterwards no write is noticed."""
        for descriptor in {self._counter, self._inotify} - {-1}:
            os.close(descriptor)
        self._counter = self._inotify = -1

    @contextlib.contextmanager
    def own_write(self, size: int) -> Iterator[None]:
        """Announce that `size` bytes are written within the block."""
        with self._lock:
            if self._counter < 0:
                yield
                return
            before = self._note()
            yield
            self._read_events()
            after = self._count()
            if after - before != size:
                self._has_foreign = True
            self._known_bytes = after

    def take(self) -> bool:
        """Return whether others may have written since the last call. Never blocks."""
        if not self._lock.acquire(blocking=False):  # during an own write: it is noted at its end
            return False
        try:
            if self._counter >= 0:
                self._note()
            found, self._has_foreign = self._has_foreign, False
            return found
        finally:
            self._lock.release()

    def _note(self) -> int:
        """Note writes of others since the last own one, and return the bytes that this process has written so far."""
        count = self._count()  # before the events, so that no write is later than the one and earlier than the other
        has_written = count != self._known_bytes
        events = self._read_events()
        if self._inotify < 0:
            self._has_foreign = self._has_foreign or has_written
        elif events - {self._shared} or (events and has_written):
            self._has_foreign = True
        self._known_bytes = count
        return count

    def _count(self) -> int:
        """Return the bytes that this process has written to any file."""
        _, _, _, written, _ = unix.pread(self._counter, 256, 0).split(None, 4)
        return int(written)

    def _read_events(self) -> set[int]:
        """Return the numbers of the watches that have reported a write."""
        if self._inotify < 0:
            return set()
        try:
            data = os.read(self._inotify, 4096)
        except BlockingIOError:
            return set()
        starts = range(0, len(data), _EVENT_BYTES)
        return {int.from_bytes(data[start : start + 4], "little", signed=True) for start in starts}

    def _open_inotify(self, descriptor: int) -> None:
        """Watch all files by which the terminal can be written to. Raises OSError where that is not possible."""
        import ctypes  # start-up cost: with the first record on a terminal

        library: Any = ctypes.CDLL(None, use_errno=True)
        inotify = library.inotify_init1(unix.O_NONBLOCK | unix.O_CLOEXEC)
        if inotify < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        numbers = {path: library.inotify_add_watch(inotify, path.encode(), _IN_MODIFY) for path in _paths(descriptor)}
        if numbers.get(f"/proc/self/fd/{descriptor}", -1) < 0:
            os.close(inotify)
            raise OSError(errno.EINVAL, "inotify_add_watch")
        self._inotify = inotify
        self._shared = numbers.get(_SHARED_TERMINAL, -1)


def _paths(descriptor: int) -> list[str]:
    """Return paths of all files that are the terminal of a descriptor, its own first."""
    paths = [f"/proc/self/fd/{descriptor}"]
    device = terminal_device(descriptor)
    if device is None:
        return paths
    paths += [f"/proc/self/fd/{number}" for number in (0, 1, 2) if terminal_device(number) == device]
    paths.append(f"/dev/pts/{unix.minor(device)}")
    return [path for path in paths if _leads_to(path, device)] + [_SHARED_TERMINAL]


def _leads_to(path: str, device: int) -> bool:
    """Return whether a path is a terminal, by its own number or as the terminal of this session."""
    try:
        found, shared = (device_of(os.stat(each)) for each in (path, _SHARED_TERMINAL))
    except OSError:
        return False
    return found in (device, shared)
