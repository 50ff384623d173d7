"""Reader of one input: an iterator of chunks, and a thread that sends them as events.

Invariants:
- A source owns the descriptors that it reads, and nothing else. A `Reader` has a thread of its own, which blocks while
  the inbox is full, so backpressure reaches the writer of the pipe.
- All bytes of the input are passed on in order, as they arrive. Several inputs are read by `sources/merge_reader.py`.
- A failed input is reported in one line.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from reflowlog.core.events import Chunk, EndOfInput
from reflowlog.sources.decompress import decompress_chunks
from reflowlog.sources.inputs import can_grow, may_lack_writer
from reflowlog.sources.sinks import copy_stream
from reflowlog.system.fds import enlarge_pipe, read_some, wait_readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.sources.follow import FollowedFile
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.sinks import Sink

__all__ = ["CHUNK_BYTES", "POLL_INTERVAL", "InputStream", "Reader"]

CHUNK_BYTES = 1 << 18  # bytes in one event: small enough that a new width never waits long behind it
POLL_INTERVAL = 0.1  # seconds between two polls of a followed file
FAST_POLL_INTERVAL = 0.02  # seconds between two polls while it grows,
FAST_POLL_PERIOD = 1.0  # and for this many seconds after that


class InputStream:
    """Iterator over the chunks of an input, each of at most `CHUNK_BYTES` bytes. For one thread.

    Besides bytes it yields ``None`` where the input ends or a followed file starts over (what comes next continues no
    line), and ``b""`` once after `pause` seconds without input.

    Args:
        source: what to read.
        warn: takes one line if the input cannot be read, and about truncation or rotation of a followed file.
        follow: whether to keep reading as a regular file grows, without end.
        pause: seconds; None yields no pauses.
        watched: the descriptor that the chunks are written to; while no input arrives, its reader's end is noticed.

    Raises:
        OutputClosed: the reader of `watched` is gone.

    Attributes:
        failed: whether the input could not be read.
    """

    def __init__(
        self,
        source: Input,
        warn: Callable[[str], None],
        *,
        follow: bool = False,
        pause: float | None = None,
        watched: int | None = None,
    ) -> None:
        self._source = source
        self._warn = warn
        self._follow = follow
        self._pause = pause
        self._watched = watched
        self.failed = False

    def __iter__(self) -> Iterator[bytes | None]:
        """Read the input to its end."""
        source = self._source
        try:
            if self._follow and can_grow(source):
                from reflowlog.sources.follow import FollowedFile  # start-up cost: only with --follow

                yield from self._follow_file(FollowedFile(source, 0.0, self._warn, CHUNK_BYTES))
            elif source.chunks is not None:
                yield from source.chunks(self._pause, self._watched)
            elif source.compression:
                yield from decompress_chunks(source.descriptor, source.compression, CHUNK_BYTES)
            else:
                yield from self._read(source.descriptor)
        except OSError as error:
            self.failed = True
            self._warn(f"cannot read {source.name}: {error.strerror or error}")
        yield None

    def _read(self, descriptor: int) -> Iterator[bytes]:
        """Yield the content of a descriptor as it arrives, to EOF."""
        enlarge_pipe(descriptor)
        if may_lack_writer(self._source):  # reading would report its end
            wait_readable((descriptor,), None, self._watched)
        if self._source.head:
            yield self._source.head
        quiet = True
        while True:
            if self._pause is not None and not quiet and not wait_readable((descriptor,), self._pause, self._watched):
                yield b""
            if self._watched is not None:
                wait_readable((descriptor,), None, self._watched)
            data = read_some(descriptor, CHUNK_BYTES)
            if not data:
                return
            quiet = False
            yield data

    def _follow_file(self, followed: FollowedFile) -> Iterator[bytes | None]:
        """Yield the content of a followed file and all that is written to it, without end."""
        quiet, since = True, 0.0  # whether a pause was yielded since the last growth, and the time of that
        while True:
            for data in followed.read_new():
                if data is not None:
                    quiet, since = False, time.monotonic()
                yield data
            passed = time.monotonic() - since
            if self._pause is not None and not quiet and passed >= self._pause:
                quiet = True
                yield b""
            wait_readable((), FAST_POLL_INTERVAL if passed < FAST_POLL_PERIOD else POLL_INTERVAL, self._watched)


class _EventSink:
    """Sink that sends events."""

    def __init__(self, send: Callable[[object, int], None]) -> None:
        self._send = send

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), CHUNK_BYTES):  # a sink before this one may have held back more than one chunk
            chunk = data[start : start + CHUNK_BYTES] if len(data) > CHUNK_BYTES else data
            self._send(Chunk(chunk), len(chunk))

    def pause(self) -> None:
        """Ignored: nothing is held back here."""

    def end(self) -> None:
        self._send(EndOfInput(), 0)


class Reader(threading.Thread):
    """Thread that reads an input and sends it as events; an unterminated last line is ended by `EndOfInput`.

    Args:
        source: what to read.
        send: takes each event with its number of bytes; may block.
        tee: called with each chunk first.
        warn: takes one line if the input cannot be read.
        finished: called last, whatever happened.
        follow: whether to keep reading as a file grows, without end.
        through: wraps the sink that sends the events, for example with a filter.
        pause: seconds without input after which the sink's `pause` is called.
    """

    def __init__(
        self,
        source: Input,
        send: Callable[[object, int], None],
        tee: Callable[[bytes], None] | None,
        warn: Callable[[str], None],
        finished: Callable[[], object],
        *,
        follow: bool = False,
        through: Callable[[Sink], Sink] = lambda sink: sink,
        pause: float | None = None,
    ) -> None:
        super().__init__(name="reflowlog-reader", daemon=True)
        self._stream = InputStream(source, warn, follow=follow, pause=pause)
        self._sink = through(_EventSink(send))
        self._tee = tee
        self._finished = finished

    @property
    def failed(self) -> bool:
        """Return whether the input could not be read. Any thread."""
        return self._stream.failed

    def run(self) -> None:
        """Read the input to its end."""
        try:
            copy_stream(self._stream, self._sink, self._tee)
        finally:
            self._finished()
