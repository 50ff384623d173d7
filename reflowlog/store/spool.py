"""Byte store that grows at its end: the newest bytes in memory, older ones in a private temporary file.

Invariants:
- One thread owns a spool; there are no locks. Bytes are identified by their absolute offset, which never changes.
- Only the newest bytes can be taken back, and only while the chunk that is being filled holds them all: nothing else
  has seen them yet, no file and no writer.
- The file is written asynchronously by a thread that is given a file, a full chunk and a position, and reports when it
  is done. Until then the chunk stays in memory, and all reads of it are served from there.
- Memory holds the newest bytes, up to the budget, in chunks of one size; the file holds the older ones, without a gap.
  A byte is copied once, into its chunk, and the chunk's memory is reused.
- The file has no name (or loses it at once), is accessible to its owner only, and is written and read by position. A
  forked child may go on reading the inherited files; its first write drops them and makes files of its own.
- "The file" is a sequence of files, because a file cannot be shortened at its front: one that holds only discarded
  bytes is closed. A new one begins when the newest holds a third of all bytes: there are few files, and at most a third
  of the space is waste.
- `append` never raises because of the disk. The first error is reported once; then all files are closed, which frees
  their space on a full disk, and the spool continues with the newest bytes in memory.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.system.files import read_at, write_at

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Evicted", "Spool"]

MIB = 1 << 20


class Evicted(LookupError):
    """The requested bytes are no longer held: the disk failed, or they were discarded."""


class _SpoolFile(NamedTuple):
    """A temporary file and the absolute offset of its first byte."""

    start: int
    file: IO[bytes]


class Spool:
    """Bytes that are appended at one end, read anywhere, and discarded at the other end.

    Its attributes describe one sequence of bytes: the files with the oldest, the chunks in memory, and how many of
    these are on their way into a file. Their bounds move together.

    Args:
        budget: bytes to hold in memory, in whole chunks, at least one; about 1 MiB more is in use.
        directory: of the temporary files; None: that of `tempfile`, which honours TMPDIR.
        on_trouble: called once with a one-line message when the disk fails, inside `append` or `read`, in a consistent
            state of the spool; so it may itself append.

    Example:
        >>> spool = Spool()
        >>> spool.append(b"one two")
        0
        >>> spool.read(4, 7)
        b'two'
        >>> spool.close()
    """

    CHUNK_BYTES = MIB
    """Size of a chunk in bytes: the amount written to the file at a time."""
    MIN_FILE_BYTES = 64 * MIB
    """Smallest size in bytes of a temporary file before another one is begun."""
    MAX_UNWRITTEN_CHUNKS = 2
    """Largest number of chunks with a pending write; with a budget of few chunks each is written synchronously."""

    def __init__(
        self, budget: int = 4 * MIB, directory: str | None = None, *, on_trouble: Callable[[str], None] | None = None
    ) -> None:
        self._max_chunks = max(1, budget // self.CHUNK_BYTES)  # chunks, the unfinished one included
        self._max_unwritten = self.MAX_UNWRITTEN_CHUNKS if self._max_chunks >= 2 * self.MAX_UNWRITTEN_CHUNKS else 0
        self._handed_over = 0  # number of the oldest chunks handed to the writer,
        self._written = 0  # and number of these that are written
        self._writer: _ChunkWriter | None = None
        self._directory = directory
        self._on_trouble = on_trouble
        self._pid = os.getpid()
        self._start = 0  # the oldest byte held
        self._low = 0  # the oldest byte in memory; a chunk begins here
        self.end = 0  # offset after the newest byte: the count of all bytes ever appended; read often, so no property
        self._chunks: deque[memoryview] = deque()  # full ones
        self._tail: memoryview | None = None  # the chunk that is being filled
        self._used = 0  # bytes in it
        self._spare: memoryview | None = None  # a dropped chunk, reused: memory that is mapped already is cheap to fill
        self._files: list[_SpoolFile] = []
        self._disk_works = True  # False once it has failed
        self._notice = ""  # message that is not reported yet
        self._lost = 0
        self._closed = False

    @property
    def start(self) -> int:
        """Offset of the oldest byte still held."""
        return self._start

    @property
    def lost(self) -> int:
        """Number of bytes lost by disk errors; discarded ones do not count."""
        return self._lost

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def append(self, data: bytes | bytearray | memoryview) -> int:
        """Append bytes; in amortised constant time per byte.

        Args:
            data: any number of bytes; they are copied.

        Returns:
            The offset of the first of them.

        Raises:
            ValueError: the spool is closed.
        """
        if self._closed:
            raise ValueError("the spool is closed")
        at = self.end
        size = len(data)
        self.end = at + size
        used = self._used
        if self._tail is not None and used + size < self.CHUNK_BYTES:
            self._tail[used : used + size] = data
            self._used = used + size
            return at
        rest = memoryview(data)
        while rest:
            if self._tail is None:
                self._tail, self._spare = self._spare or memoryview(bytearray(self.CHUNK_BYTES)), None
            used = self._used
            some = rest[: self.CHUNK_BYTES - used]
            rest = rest[len(some) :]
            self._used = used + len(some)
            self._tail[used : self._used] = some
            if self._used == self.CHUNK_BYTES:
                self._chunks.append(self._tail)
                self._tail, self._used = None, 0
                self._spill()
        self._report()
        return at

    def read(self, start: int, end: int) -> bytes:
        """Read the bytes from the offset `start` up to, not including, the offset `end`.

        Raises:
            Evicted: some of the bytes are no longer held; those from `Spool.start` on are.
            ValueError: `end` lies before `start` or after all bytes, or the spool is closed.
        """
        if self._closed:
            raise ValueError("the spool is closed")
        if start > end or end > self.end:
            raise ValueError(f"no such range: {start} to {end} of {self.end} bytes")
        if start < self._start:
            raise Evicted(f"bytes before {self._start} are gone")
        if start >= self._low:
            return self._read_memory(start, end)
        older = self._read_files(start, min(end, self._low))
        return older if end <= self._low else older + self._read_memory(self._low, end)

    def can_take_back(self, end: int) -> bool:
        """Return whether the newest bytes, from an offset on, can be removed."""
        return not self._closed and max(self._start, self.end - self._used) <= end <= self.end

    def take_back(self, end: int) -> bool:
        """Remove the newest bytes, from an offset on; return False, and remove nothing, if that is not possible."""
        if not self.can_take_back(end):
            return False
        self._used -= self.end - end
        self.end = end
        return True

    def discard(self, before: int) -> None:
        """Drop the bytes before an offset. Memory and files are freed as soon as a whole chunk or file is unused."""
        self._start = max(self._start, min(before, self.end))
        while self._chunks and self._low + self.CHUNK_BYTES <= self._start:
            self._drop_oldest_chunk()
        while self._files and self._file_end(0) <= self._start:
            _close_quietly(self._files.pop(0))

    def close(self) -> None:
        """Release memory and files. Idempotent."""
        self._closed = True
        self._drain()
        self._close_files()
        self._chunks.clear()
        self._tail = self._spare = None
        self._used = 0

    # -- memory --

    def _read_memory(self, start: int, end: int) -> bytes:
        first, skip = divmod(start - self._low, self.CHUNK_BYTES)
        size = end - start
        if not size:
            return b""
        part = self._chunk(first)[skip : skip + size]
        if len(part) == size:
            return bytes(part)
        parts = [part]
        size -= len(part)
        while size:
            first += 1
            parts.append(self._chunk(first)[:size])
            size -= len(parts[-1])
        return b"".join(parts)

    def _chunk(self, index: int) -> memoryview:
        if index < len(self._chunks):
            return self._chunks[index]
        assert self._tail is not None  # all that was appended is in these
        return self._tail

    def _drop_oldest_chunk(self) -> None:
        """Drop the oldest chunk from memory, after its write has finished if one is pending."""
        while self._handed_over and not self._written:
            self._take_result()
        if self._handed_over:
            self._handed_over -= 1
            self._written -= 1
        self._spare = self._chunks.popleft()
        self._low += self.CHUNK_BYTES

    def _spill(self) -> None:
        """Keep memory within the budget: a chunk that leaves it is in the file by then, or lost if there is no file."""
        if self._disk_works and (self._files or len(self._chunks) >= self._max_chunks):
            self._hand_over()
        while len(self._chunks) >= self._max_chunks:
            self._drop_oldest_chunk()
            if not self._disk_works:
                self._evict(self._low)

    # -- the file --

    def _hand_over(self) -> None:
        """Start writing all full chunks: the newest is still in the processor's cache, which halves the cost."""
        if self._pid != os.getpid():  # a forked child: files and thread are its parent's
            self._writer, self._handed_over, self._written = None, 0, 0
            self._close_files()
            self._evict(self._low)
            self._pid = os.getpid()
        try:
            while self._disk_works and self._handed_over < len(self._chunks):
                self._write(self._chunks[self._handed_over], self._low + self._handed_over * self.CHUNK_BYTES)
        except OSError as error:
            self._give_up(error)

    def _write(self, chunk: memoryview, start: int) -> None:
        """Write a chunk, synchronously or by the writer thread."""
        size = start - self._files[-1].start if self._files else 0
        if not self._files or (size >= self.MIN_FILE_BYTES and 3 * size >= start - self._files[0].start):
            self._files.append(_SpoolFile(start, self._open()))
            size = 0
        descriptor = self._files[-1].file.fileno()
        if self._max_unwritten:
            while self._handed_over - self._written >= self._max_unwritten or (
                self._writer and self._writer.has_done()
            ):
                self._take_result()
                if not self._disk_works:
                    return
            self._writer = self._writer or _ChunkWriter()
            self._writer.write(descriptor, chunk, size)
        else:
            _write_all_at(descriptor, chunk, size)
            self._written += 1
        self._handed_over += 1

    def _take_result(self) -> None:
        """Wait until one more chunk is written."""
        assert self._writer is not None
        error = self._writer.result()
        self._written += 1
        if error is not None and self._disk_works:
            self._give_up(error)

    def _drain(self) -> None:
        """Wait until no write is pending, before the files are closed."""
        if self._writer is not None and self._pid == os.getpid():
            for _ in range(self._handed_over - self._written):
                self._writer.result()
            self._writer.stop()
        self._writer, self._handed_over, self._written = None, 0, 0

    def _open(self) -> IO[bytes]:
        import tempfile  # start-up cost: most spools never need a file

        self._directory = self._directory or tempfile.gettempdir()
        return tempfile.TemporaryFile(prefix="reflowlog-", dir=self._directory, buffering=0)

    def _read_files(self, start: int, end: int) -> bytes:
        parts = []
        for index, (base, file) in enumerate(self._files):
            stop = min(end, self._file_end(index))
            while start < stop:
                try:
                    part = read_at(file.fileno(), stop - start, start - base)
                    if not part:
                        raise OSError("the file has become shorter")
                except OSError as error:
                    self._give_up(error)
                    self._evict(self._low)
                    self._report()
                    raise Evicted(f"bytes before {self._start} cannot be read: {error}") from error
                start += len(part)
                parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _file_end(self, index: int) -> int:
        if index + 1 < len(self._files):
            return self._files[index + 1].start
        return self._low + self._handed_over * self.CHUNK_BYTES

    def _close_files(self) -> None:
        while self._files:
            _close_quietly(self._files.pop())

    # -- trouble --

    def _give_up(self, error: OSError) -> None:
        self._disk_works = False
        self._drain()
        self._close_files()
        where = f" in {self._directory}" if self._directory else ""
        kept = self._max_chunks * self.CHUNK_BYTES
        size = f"{kept // MIB} MiB" if kept >= MIB else f"{kept} bytes"
        self._notice = (
            f"cannot keep older lines in a temporary file{where} ({error.strerror or error}): "
            f"from now on only the newest {size} are held, in memory"
        )

    def _evict(self, before: int) -> None:
        self._lost += max(0, before - self._start)
        self._start = max(self._start, before)

    def _report(self) -> None:
        notice, self._notice = self._notice, ""
        if notice and self._on_trouble is not None:
            self._on_trouble(notice)


class _ChunkWriter:
    """A thread that writes chunks in order."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[tuple[int, memoryview, int] | None] = SimpleQueue()
        self._results: SimpleQueue[OSError | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def write(self, descriptor: int, chunk: memoryview, position: int) -> None:
        """Queue a chunk for writing; it must not change until its result is available."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="reflowlog-spool", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # at interpreter exit no thread can start
                self._results.put(_error_of(descriptor, chunk, position))
                return
            self._thread = thread
        self._tasks.put((descriptor, chunk, position))

    def has_done(self) -> bool:
        """Whether a result is available."""
        return not self._results.empty()

    def result(self) -> OSError | None:
        """Wait for the result of the oldest chunk: its error, or None."""
        while True:
            try:
                return self._results.get(timeout=1.0)
            except Empty:
                if self._thread is None or not self._thread.is_alive():
                    return OSError("the thread that writes is gone")

    def stop(self) -> None:
        """End the thread after all queued chunks are written."""
        self._tasks.put(None)

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._results.put(_error_of(*task))


def _error_of(descriptor: int, chunk: memoryview, position: int) -> OSError | None:
    try:
        _write_all_at(descriptor, chunk, position)
    except OSError as error:
        return error
    return None


def _write_all_at(descriptor: int, data: memoryview, position: int) -> None:
    while data:
        written = write_at(descriptor, data, position)
        position += written
        data = data[written:]


def _close_quietly(spool_file: _SpoolFile) -> None:
    with contextlib.suppress(OSError):  # unwritten bytes are discarded anyway
        spool_file.file.close()
