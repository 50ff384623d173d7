"""Reading: an input -> pieces of bytes, or events.

Rules of this file:
- A source owns the descriptors that it reads, nothing else. A `Reader` has a thread of its own, which waits while the
  inbox is full, so whoever writes into the pipe waits too.
- All bytes of the input come out, in their order, as they come. Several inputs are `many`'s.
- One that fails is told in one line.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from reflowlog.core.events import Chunk, EndOfInput
from reflowlog.sources.decompress import unpack
from reflowlog.sources.follow import FollowedFile
from reflowlog.sources.inputs import can_grow
from reflowlog.sources.sinks import pour
from reflowlog.system.fds import enlarge_pipe, read_some, wait_readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reflowlog.sources.inputs import Input
    from reflowlog.sources.sinks import Sink

__all__ = ["LOOK", "PIECE", "InputStream", "Reader"]

PIECE = 1 << 18  # bytes in one event: small enough that a new width never waits long behind it
LOOK = 0.1  # seconds between two looks at a file that is followed
SOON = 0.02  # seconds between two looks while it grows,
LIVELY = 1.0  # and for so many seconds after that


class InputStream:
    """An input as an iterator of pieces, each of at most `PIECE` bytes; for one thread.

    Besides bytes it gives ``None`` where the input ends, or a followed file begins anew: what comes next belongs to no
    line before it; and ``b""`` where nothing has come for `pause` seconds, once.

    Args:
        source: what to read.
        complain: told in one line that it could not be read, and what has become of a file that is followed.
        follow: whether to go on, for ever, with what is written to it if it is a regular file.
        pause: seconds; None gives no pauses.
        watched: a descriptor to which the pieces are written; while nothing comes it is noticed when nobody reads that
            any more.

    Raises:
        OutputClosed: that is so.

    Attributes:
        failed: whether it could not be read.
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
        """Read."""
        source = self._source
        try:
            if self._follow and can_grow(source):
                yield from self._growing(FollowedFile(source, 0.0, self._warn, PIECE))
            elif source.pieces is not None:
                yield from source.pieces(self._pause, self._watched)
            elif source.packing:
                yield from unpack(source.descriptor, source.packing, PIECE)
            else:
                yield from self._read(source.descriptor)
        except OSError as error:
            self.failed = True
            self._warn(f"cannot read {source.name}: {error.strerror or error}")
        yield None

    def _read(self, descriptor: int) -> Iterator[bytes]:
        """What is there, as it comes, until it ends."""
        enlarge_pipe(descriptor)
        quiet = True
        while True:
            if self._pause is not None and not quiet and not wait_readable((descriptor,), self._pause, self._watched):
                yield b""
            if self._watched is not None:
                wait_readable((descriptor,), None, self._watched)
            data = read_some(descriptor, PIECE)
            if not data:
                return
            quiet = False
            yield data

    def _growing(self, followed: FollowedFile) -> Iterator[bytes | None]:
        """What has been written to a file, and is; for ever."""
        quiet, since = True, 0.0  # whether a pause has been told since then
        while True:
            for data in followed.news():
                if data is not None:
                    quiet, since = False, time.monotonic()
                yield data
            passed = time.monotonic() - since
            if self._pause is not None and not quiet and passed >= self._pause:
                quiet = True
                yield b""
            wait_readable((), SOON if passed < LIVELY else LOOK, self._watched)


class _EventSink:
    """A sink that sends events."""

    def __init__(self, send: Callable[[object, int], None]) -> None:
        self._send = send

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):  # no larger than what is read, whatever was held back
            piece = data[start : start + PIECE] if len(data) > PIECE else data
            self._send(Chunk(piece), len(piece))

    def pause(self) -> None:
        """Time is nobody's event."""

    def end(self) -> None:
        self._send(EndOfInput(), 0)


class Reader(threading.Thread):
    """Reads an input on a thread of its own and sends what it holds; a line that ends with it does so by `EndOfInput`.

    Args:
        source: what to read.
        send: takes each event, with its bytes; it may wait.
        tee: called with each piece first.
        complain: told in one line that it could not be read.
        finished: called at the very end, whatever happened.
        follow: whether to go on, for ever, with what is written to a file.
        through: makes the sink that all goes through from one that sends it.
        pause: seconds without input after which that sink is told of a pause.
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
        """Whether it could not be read; any thread may ask."""
        return self._stream.failed

    def run(self) -> None:
        """Read it."""
        try:
            pour(self._stream, self._sink, self._tee)
        finally:
            self._finished()
