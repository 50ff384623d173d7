"""Text of a user's file, read in place while other processes append to it, truncate, rotate or delete it.

Invariants:
- Bytes are read by position, never mapped: a mapped file that is truncated kills the process.
- Offsets are unbounded and run through *parts*, one for each file that has had the path. When the file is replaced, a
  new part begins; the old file stays open, so that its bytes can still be read. The oldest parts are closed.
- A part's last line always ends there: if the file has no final newline, readers get one.
- A truncated file has lost its bytes: all offsets before are gone, and a new part begins, with line number 0.
- A read never fails: newlines stand for bytes that are missing until the next poll.
- Only `poll` moves the end, so nothing changes between two polls. Lines are counted on request, in slices.
"""

from __future__ import annotations

import os
import time
from array import array
from bisect import bisect_left

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.store.spool import Evicted
from reflowlog.system.file_watch import FileWatch
from reflowlog.system.files import read_at

__all__ = ["FileText"]

RECENT_SECONDS = 3600
"""Seconds since a file was written within which it counts as one that grows: its times are read as of now."""


class _FilePart(NamedTuple):
    """One file: offset of its first byte, its size, and whether a newline was added at its end (`closed`)."""

    base: int
    descriptor: int
    size: int
    closed: bool = False

    @property
    def end(self) -> int:
        return self.base + self.size + self.closed


class _LineCount:
    """Number of lines up to the offset that is counted, from the start of the line with number 0."""

    def __init__(self, origin: int) -> None:
        self.origin = origin
        self.counted = origin
        self.first = origin, 0  # offset and number of the oldest line held
        self.marks = array("Q", [0])  # newlines before the origin, before one step after it, two steps...
        self.newlines = 0
        self.at_line_start = True

    def take(self, data: bytes, step: int) -> None:
        """Count the newlines of the following bytes, with a mark at each step."""
        at = 0
        while at < len(data):
            stop = at + step - (self.counted + at - self.origin) % step
            self.newlines += data.count(b"\n", at, stop)
            at = stop
            if at <= len(data):
                self.marks.append(self.newlines)
        self.counted += len(data)
        self.at_line_start = data.endswith(b"\n")


class FileText:
    """Text of a regular file; implements `store.document.TextStore`.

    Args:
        path: where it was opened, and where its replacement is looked for.
        descriptor: open for reading; owned by this object.
        start: offset in the file at which the text begins.
        stop: offset at which it ends for good; None: it grows as the file does.

    Raises:
        OSError: the descriptor is not open.
    """

    MAX_OLD_FILES = 16
    """Number of replaced files that stay open."""
    COUNT_STEP_BYTES = 256 << 10
    """Bytes between two stored line counts."""
    READ_BYTES = 1 << 20
    """Bytes read at once while counting."""

    def __init__(self, path: str, descriptor: int, start: int = 0, stop: int | None = None) -> None:
        self._name = os.path.basename(path) or path
        self._path = os.path.abspath(path)
        self._watch = FileWatch(descriptor, path)
        size = self._watch.poll(0).size
        self._parts = [_FilePart(0, descriptor, size if stop is None else min(size, stop))]
        self._first_offset = start
        self._is_fixed = stop is not None
        self._path_notices: set[str] = set()  # notices about the path that are reported and still hold
        self._read_notices: set[str] = set()  # reported notices about failed reads
        self._trouble = ""  # notice about a failed read, not yet reported
        self._closed = False
        self._lines = _LineCount(start)

    @property
    def start(self) -> int:
        """Offset of the oldest byte that can be read; a line starts there."""
        return max(self._parts[0].base, self._first_offset)

    @property
    def end(self) -> int:
        """Offset after the newest byte found by the last poll."""
        return self._parts[-1].end

    @property
    def written_at(self) -> float | None:
        """When the file was last written, in seconds since the epoch; None if that is recent: now is as good."""
        try:
            written = os.fstat(self._parts[-1].descriptor).st_mtime
        except OSError:
            return None
        return written if time.time() - written > RECENT_SECONDS else None

    def close(self) -> None:
        """Close all files and forget their bytes. Idempotent."""
        if not self._closed:
            self._closed = True
            end = self.end
            for part in self._parts:
                os.close(part.descriptor)
            self._parts = [_FilePart(end, -1, 0)]
            self._lines = _LineCount(end)

    # -- reading --

    def read(self, start: int, end: int) -> bytes:
        """Read the available bytes of a range of offsets.

        Raises:
            Evicted: some of the bytes are no longer held.
        """
        if start < self.start:
            raise Evicted(f"bytes before {self.start} are gone")
        chunks = [
            self._read_part(part, max(start, part.base), min(end, part.end))
            for part in self._parts
            if part.base < end and start < part.end
        ]
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _read_part(self, part: _FilePart, start: int, end: int) -> bytes:
        """Read a range of one file; newlines stand for bytes that cannot be read."""
        position = start - part.base
        wanted = end - start
        data = b""
        try:
            data = read_at(part.descriptor, min(wanted, part.size - position), position)
            while len(data) < min(wanted, part.size - position):
                more = read_at(part.descriptor, wanted - len(data), position + len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            self._trouble = f"{self._name} cannot be read: {error.strerror or error}"
        return data[:wanted].ljust(wanted, b"\n")

    # -- changes of the file --

    def poll(self) -> list[str]:
        """Check the file for growth, truncation, replacement and deletion, in a few system calls.

        Returns:
            Notices for the reader, one line each, each returned once.
        """
        if self._closed:
            return []
        if self._is_fixed:
            trouble, self._trouble = self._trouble, ""
            return _new_notice(trouble, self._read_notices) if trouble else []
        notices = []
        live = self._parts[-1]
        change = self._watch.poll(live.size)
        if change.truncated:
            notices.append(f"{self._name} was truncated: continuing from its start")
            change = self._watch.poll(0)
            self._restart(change.size)
        elif change.size > live.size:
            self._parts[-1] = live._replace(size=change.size)
        if change.replaced:
            notices += self._switch_file()
        if change.gone:
            notices += _new_notice(f"{self._name} was deleted; what it held can still be read", self._path_notices)
        elif not change.replaced:
            self._path_notices.clear()
        if self._trouble:
            notices += _new_notice(self._trouble, self._read_notices)
            self._trouble = ""
        return notices

    def _restart(self, size: int) -> None:
        """Begin a new part after a truncation: only the file's present bytes can be read."""
        live = self._parts[-1]
        for part in self._parts[:-1]:
            os.close(part.descriptor)
        # One offset is left out, so that the old last line cannot be taken for the start of the new first one.
        self._parts = [_FilePart(live.end + 1, live.descriptor, size)]
        self._lines = _LineCount(live.end + 1)

    def _switch_file(self) -> list[str]:
        """Continue in the file that has the path now, and return the notices."""
        live = self._parts[-1]
        size = max(live.size, self._watch.poll(live.size).size)  # includes bytes written until the path was replaced
        try:
            descriptor = self._watch.reopen()
        except OSError as error:
            why = error.strerror or error
            return _new_notice(f"{self._name} was replaced by one that cannot be opened: {why}", self._path_notices)
        live = live._replace(size=size)
        if size:
            self._parts[-1] = live._replace(closed=self._read_part(live, live.end - 1, live.end) != b"\n")
        else:
            os.close(live.descriptor)
            del self._parts[-1]
        end = self._parts[-1].end if self._parts else live.base
        self._parts.append(_FilePart(end, descriptor, self._watch.poll(0).size))
        while len(self._parts) > self.MAX_OLD_FILES + 1:
            self._close_oldest()
        self._path_notices.clear()
        return [f"{self._name} was replaced: going on with the new file"]

    def _close_oldest(self) -> None:
        """Close the oldest file."""
        start = self._parts[1].base
        number = 0 if start == self._lines.origin else self._number_before(start)
        os.close(self._parts.pop(0).descriptor)
        if number is None:
            self._lines = _LineCount(start)
        else:
            self._lines.first = start, number

    # -- counting --

    @property
    def counted(self) -> int:
        """Offset up to which lines are counted."""
        return self._lines.counted

    @property
    def count(self) -> int | None:
        """Number of lines ever held, an unterminated last one included; None while not all are counted."""
        if self._lines.counted < self.end:
            return None
        return self._lines.newlines + (not self._lines.at_line_start)

    def count_on(self, limit: int) -> bool:
        """Count the lines in up to `limit` more bytes; a mebibyte takes a third of a millisecond.

        Returns:
            Whether more remain to be counted.
        """
        stop = min(self._lines.counted + limit, self.end)
        while self._lines.counted < stop:
            base = self._lines.counted
            self._lines.take(self.read(base, min(base + self.READ_BYTES, stop)), self.COUNT_STEP_BYTES)
        return self._lines.counted < self.end

    def number_at(self, offset: int) -> int | None:
        """Return the number, from 0, of the line that contains a byte; None if it is not counted yet or not held."""
        return self._number_before(offset) if self.start <= offset < self._lines.counted else None

    def offset_of(self, number: int) -> int | None:
        """Return the offset of a line's first byte; None if it is not counted yet, not held, or does not exist."""
        start, first = self._lines.first
        if number <= first:
            return start if number == first and start < self._lines.counted else None
        if number > self._lines.newlines:
            return None
        step = bisect_left(self._lines.marks, number) - 1  # the newline before the line is in this step
        offset, before = max(
            (self._lines.origin + step * self.COUNT_STEP_BYTES, self._lines.marks[step]), self._lines.first
        )
        data = self.read(offset, min(self._lines.origin + (step + 1) * self.COUNT_STEP_BYTES, self._lines.counted))
        parts = data.split(b"\n", number - before)
        if len(parts) <= number - before:  # the counted bytes have changed since
            return None
        offset += len(data) - len(parts[-1])
        return offset if offset < self.end else None

    def file_line(self, offset: int) -> tuple[str, int] | None:
        """Return the file that has the path now, and the number, from 1, of the line in it that contains a byte.

        None if the byte is not in that file, or the lines before it are not counted yet.
        """
        part = self._parts[-1]
        number = self.number_at(offset)
        if number is None or offset < part.base:
            return None
        begin = max(part.base, self.start)
        before = 0 if begin == self._lines.origin else self._number_before(begin)
        if before is None:
            return None
        return self._path, number - before + self._count_unread(part, begin - part.base) + 1

    def _count_unread(self, part: _FilePart, stop: int) -> int:
        """Return the number of newlines in the start of a file that is not shown."""
        count = 0
        for at in range(0, stop, self.READ_BYTES):
            count += self._read_part(part, part.base + at, part.base + min(at + self.READ_BYTES, stop)).count(b"\n")
        return count

    def _number_before(self, offset: int) -> int | None:
        """Return the number of newlines before an offset; None if they are not counted yet."""
        if offset > self._lines.counted:
            return None
        step = (offset - self._lines.origin) // self.COUNT_STEP_BYTES
        base, number = max(
            (self._lines.origin + step * self.COUNT_STEP_BYTES, self._lines.marks[step]), self._lines.first
        )
        return number + self.read(base, offset).count(b"\n")


def _new_notice(notice: str, reported: set[str]) -> list[str]:
    """Return the notice in a list, or an empty list if it was reported before."""
    if notice in reported:
        return []
    reported.add(notice)
    return [notice]
