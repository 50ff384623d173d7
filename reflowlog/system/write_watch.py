"""Watches of a terminal for writes of others: other code of this process, its children, any other process. Linux.

The kernel has no counter of what was written to a terminal. It reports to inotify that something was written to a file,
a terminal too, and counts the bytes that this process has written to any file (``wchar`` of ``/proc/self/io``).

Invariants:
- Own writes are announced (`own_write`). A report outside of them is a write of another.
- ``/dev/tty`` is a file of its own, the same for all sessions. Where it leads to the terminal, own writes go there:
  each report of the terminal itself is then a write of another, also during an own write.
- Elsewhere the reports of both are merged. So during an own write the bytes that this process has written anywhere are
  compared: where they are more than its own, another part of the process may have written to the terminal.
- A report of ``/dev/tty`` counts only if this process has written bytes of which nothing else is known, and may have
  had that file open to write, by another descriptor than the own ones. Other sessions that use it do not disturb a
  program that writes to a log file.
- After each own write as ``/dev/tty`` the times of the terminal's own file are set. That is reported to the watches of
  other processes, which take it for a write.
- A program may close all descriptors, and open other files under their numbers: ours are used only while they are ours.
- Without inotify any other write of this process counts, also one to a file.
- A false alarm is possible, a missed write only of another process, within the microseconds of an own write.
- A process that writes to its terminal as ``/dev/tty`` only, as the command does, needs `TerminalReports` alone.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import struct
import threading
from typing import TYPE_CHECKING, Any

from reflowlog.system import unix
from reflowlog.system.fds import identity_of, move_above_stdio
from reflowlog.system.files import open_to_read
from reflowlog.system.tty import device_of, terminal_device

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TerminalReports", "WriteWatch", "announce_descriptor", "open_shared", "withdraw_descriptor"]

_IN_MODIFY = 2
_IN_ATTRIB = 4
_IN_CLOSE_WRITE = 8
_IN_OPEN = 32
_IN_Q_OVERFLOW = 0x4000  # of no watch: events were dropped
_EVENT_BYTES = 16  # of an inotify event without a name
_READ_BYTES = 4096  # read at once; equal events in a row are merged, so there are seldom many
_SHARED_TERMINAL = "/dev/tty"

_announced: set[int] = set()  # descriptors of /dev/tty of this package; a forked child inherits them


def announce_descriptor(descriptor: int) -> None:
    """Take a descriptor of ``/dev/tty`` as one whose writes are all announced. Any thread."""
    _announced.add(descriptor)


def withdraw_descriptor(descriptor: int) -> None:
    """Undo `announce_descriptor`, before the descriptor is closed. Idempotent; any thread."""
    _announced.discard(descriptor)


def open_shared(descriptor: int, path: str = _SHARED_TERMINAL) -> int:
    """Open a terminal once more, by the path of the controlling terminal, which is a file of its own for inotify.

    Raises:
        OSError: there is no controlling terminal, it is another one, or the descriptor has been opened by that path.
    """
    own = move_above_stdio(os.open(path, os.O_WRONLY | unix.O_NOCTTY | unix.O_CLOEXEC))
    if terminal_device(own) == terminal_device(descriptor) and identity_of(own) != identity_of(descriptor):
        return own
    os.close(own)
    raise OSError(errno.ENOTTY, "another terminal, or the same file")


class TerminalReports:
    """Reports of inotify that a terminal was written to, by the paths of its own or as ``/dev/tty``.

    Args:
        descriptor: of the terminal, or of another open file, in tests.

    Attributes:
        shared: number of the watch of ``/dev/tty``; -1: there is none.
        was_touched: whether, by the last reading, a process has set the times of the terminal's file.
        shared_was_opened: whether a process has opened ``/dev/tty`` since this was last set to False.
        shared_was_closed: whether, by the last reading, a process has closed it that had it open to write.

    Raises:
        OSError: the terminal cannot be watched.
    """

    was_touched = False
    shared_was_opened = True
    shared_was_closed = False

    def __init__(self, descriptor: int) -> None:
        try:
            import ctypes  # start-up cost: with the first record on a terminal

            library: Any = ctypes.CDLL(None, use_errno=True)
            inotify = library.inotify_init1(unix.O_NONBLOCK | unix.O_CLOEXEC)
        except (ImportError, AttributeError) as error:
            raise OSError(errno.ENOSYS, "inotify_init1") from error
        if inotify < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        shared_mask = _IN_MODIFY | _IN_OPEN | _IN_CLOSE_WRITE
        own_mask = _IN_MODIFY | _IN_ATTRIB
        masks = {path: shared_mask if path == _SHARED_TERMINAL else own_mask for path in _paths(descriptor)}
        numbers = {path: library.inotify_add_watch(inotify, path.encode(), mask) for path, mask in masks.items()}
        if numbers.get(f"/proc/self/fd/{descriptor}", -1) < 0:
            os.close(inotify)
            raise OSError(errno.EINVAL, "inotify_add_watch")
        self.shared: int = numbers.get(_SHARED_TERMINAL, -1)
        self._file = io.FileIO(inotify, closefd=False)  # not `os.read`, which eventlet makes wait for an event

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._file.fileno()

    def read(self) -> set[int]:
        """Return the numbers of the watches that have reported a write since the last call. Never blocks."""
        data = chunk = self._file.read(_READ_BYTES) or b""
        while len(chunk) == _READ_BYTES:
            data += (chunk := self._file.read(_READ_BYTES) or b"")
        events = [struct.unpack_from("=iI", data, start) for start in range(0, len(data), _EVENT_BYTES)]
        self.was_touched = any(mask & _IN_ATTRIB for _, mask in events)
        self.shared_was_opened = self.shared_was_opened or any(mask & _IN_OPEN for _, mask in events)
        self.shared_was_closed = any(mask & _IN_CLOSE_WRITE for _, mask in events)
        return {number for number, mask in events if mask & (_IN_MODIFY | _IN_Q_OVERFLOW)}

    def has_foreign(self) -> bool:
        """Return whether others have written since the last call: consoles, or not by ``/dev/tty``."""
        return bool(self.read() - {self.shared}) or self.was_touched

    def close(self) -> None:
        """Release the descriptor. Once."""
        os.close(self._file.fileno())


class WriteWatch:
    """Watches a terminal to which all of a program may write.

    Args:
        descriptor: of the terminal, or of another open file, in tests.

    Raises:
        OSError: this system has no count of the bytes that a process writes.
    """

    def __init__(self, descriptor: int) -> None:
        self._counter = open_to_read("/proc/self/io")
        self._events: TerminalReports | None = None
        self._lock = threading.RLock()  # held during an own write; re-entrant: a signal handler may write
        self._has_foreign = False
        self._has_shared = False  # this process has ``/dev/tty`` open to write, as last looked
        self._is_broken = False  # the program has closed our descriptors; their numbers may be those of other files
        self._own = -1  # the terminal as ``/dev/tty``
        self._identities: list[tuple[int, int] | None] | None = None
        try:
            self._known_bytes = self._count()
            with contextlib.suppress(OSError):
                self._own = _open_own(descriptor)
            with contextlib.suppress(OSError):
                self._events = TerminalReports(descriptor)
            self._device = terminal_device(descriptor)
            self._identities = self._identify()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Release the descriptors. Idempotent; afterwards no write is noticed."""
        if self._counter < 0 or (self._identities is not None and not self._is_usable()):
            return
        if self._events is not None:
            self._events.close()
            self._events = None
        for descriptor in (self._own, self._counter):
            if descriptor >= 0:
                withdraw_descriptor(descriptor)
                os.close(descriptor)
        self._own = self._counter = -1

    @contextlib.contextmanager
    def own_write(self, size: int, descriptor: int = -1) -> Iterator[int]:
        """Announce that `size` bytes are written within the block, and yield the descriptor to write them to.

        Args:
            size: bytes.
            descriptor: of the terminal; if it leads elsewhere by now, it is yielded itself. -1: the block writes to the
                terminal by a descriptor of its own.
        """
        with self._lock:
            if self._counter < 0 or not self._is_usable():
                yield descriptor
                return
            before = self._note()
            is_own = self._own >= 0 and descriptor >= 0 and terminal_device(descriptor) == self._device
            try:
                yield self._own if is_own else descriptor
            except BaseException:  # how much of it was written is not known
                self._has_foreign = True
                raise
            if is_own:
                with contextlib.suppress(OSError):
                    os.utime(descriptor)
            events = self._read_events()
            self._known_bytes = self._count()
            has_more = self._known_bytes - before != size
            if self._events is not None:
                may_have_shared = self._may_have_shared(self._events)
                if is_own:
                    has_more = bool(events - {self._events.shared}) or (has_more and may_have_shared)
            self._has_foreign = self._has_foreign or has_more

    def take(self) -> bool:
        """Return whether others may have written since the last call. Never blocks."""
        if not self._lock.acquire(blocking=False):  # during an own write: it is noted at its end
            return False
        try:
            if self._counter >= 0 and self._is_usable():
                self._note()
            found, self._has_foreign = self._has_foreign, self._is_broken
            return found
        finally:
            self._lock.release()

    def _is_usable(self) -> bool:
        """Return whether the descriptors are still open; once they are not, `take` always returns True."""
        if not self._is_broken and self._identify() != self._identities:
            self._is_broken = self._has_foreign = True
            self._events = None
            withdraw_descriptor(self._own)
        return not self._is_broken

    def _identify(self) -> list[tuple[int, int] | None]:
        """Return the files that the descriptors lead to."""
        return [identity_of(self._counter), identity_of(self._own)]

    def _note(self) -> int:
        """Note writes of others since the last own one, and return the bytes that this process has written so far."""
        count = self._count()  # before the events, so that no write is later than the one and earlier than the other
        has_written = count != self._known_bytes
        events = self._read_events()
        if self._events is None:
            self._has_foreign = self._has_foreign or has_written
        else:
            may_have_shared = self._may_have_shared(self._events)
            is_written = bool(events - {self._events.shared}) or self._events.was_touched
            self._has_foreign |= is_written or (bool(events) and has_written and may_have_shared)
        self._known_bytes = count
        return count

    def _may_have_shared(self, events: TerminalReports) -> bool:
        """Return whether this process may have had ``/dev/tty`` open to write when the last reports were read.

        A process that closed it is this one only if it has opened it since the reports before. To be called after each
        reading.
        """
        had = self._has_shared
        opened, closed = events.shared_was_opened, events.shared_was_closed
        events.shared_was_opened = False
        if opened or (had and closed):
            self._has_shared = _has_open_to_write(_SHARED_TERMINAL)
        return self._has_shared or (closed and (had or opened))

    def _count(self) -> int:
        """Return the bytes that this process has written to any file."""
        _, _, _, written, _ = unix.pread(self._counter, 256, 0).split(None, 4)
        return int(written)

    def _read_events(self) -> set[int]:
        """Return the numbers of the watches that have reported a write."""
        return set() if self._events is None else self._events.read()


def _open_own(descriptor: int) -> int:
    """Open a terminal as `open_shared` does, and announce that. Raises OSError, also where its times may not be set."""
    own = open_shared(descriptor)
    try:
        os.utime(descriptor)
    except OSError:
        os.close(own)
        raise
    announce_descriptor(own)
    return own


def _has_open_to_write(path: str) -> bool:
    """Return whether this process has a device open to write, by a descriptor that is not announced.

    True where that cannot be found out.
    """
    try:
        device = unix.stat(path).st_rdev
        numbers = {int(name) for name in os.listdir("/proc/self/fd")} - _announced
    except OSError:
        return True
    writing = os.O_WRONLY | os.O_RDWR
    for number in numbers:
        with contextlib.suppress(OSError):  # the descriptor of the listing itself is closed
            if unix.fstat(number).st_rdev == device and unix.fcntl.fcntl(number, unix.fcntl.F_GETFL) & writing:
                return True
    return False


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
