"""Outputs of painters: a descriptor, or a Python stream that has none.

Invariants:
- A descriptor is written with `os.write`, past the stream's own buffer and lock: an interpreter that is ending aborts
  when a daemon thread holds those (CPython issue 129536). The stream's buffer is flushed first. While a capture has
  redirected the descriptor, its original target is written to (`system/fd_redirect.py`).
- A write is complete when it returns. Every kind of vanished reader is raised as `OutputClosed`.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import threading
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Protocol

from reflowlog.system.fd_redirect import is_captured, lifted, writing
from reflowlog.system.fds import OutputClosed, is_gone, write_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.system.write_watch import WriteWatch

__all__ = ["BackgroundOutput", "FileOutput", "Output", "StreamOutput", "drain_stream"]


class Output(Protocol):
    """Protocol of a painter's output."""

    def write(self, text: str) -> None:
        """Write `text`, now or soon, in order. Raises `OutputClosed`."""

    def drain(self) -> None:
        """Return once everything is written. Raises the error of a deferred write."""


class FileOutput:
    """Writes to a descriptor.

    Args:
        descriptor: where to write.
        encoding: of the text; characters it lacks become ``?``.
        is_open: checked before each write: the number of a closed stream may belong to another file by now.
        watch: watches the terminal for writes of others; each write here is announced to it, and goes where it says.
    """

    def __init__(
        self,
        descriptor: int,
        encoding: str = "utf-8",
        is_open: Callable[[], bool] = lambda: True,
        watch: WriteWatch | None = None,
    ) -> None:
        self.descriptor = descriptor
        # incremental: one byte order mark, not one per frame
        self._encode = codecs.getincrementalencoder(encoding)("replace").encode
        self._is_open = is_open
        self._watch = watch

    def write(self, text: str) -> None:
        """Write `text` before returning. Raises `OutputClosed`."""
        if not self._is_open():
            raise OutputClosed("the stream is closed")
        data = self._encode(text)
        with writing(self.descriptor) as number:
            if self._watch is None:
                write_all(number, data)
            else:
                with self._watch.own_write(len(data), number) as own:
                    write_all(own, data)

    def drain(self) -> None:
        """No-op: every write is complete when it returns."""


class BackgroundOutput:
    """Writes large texts to a descriptor on a thread of its own, while the next frame is laid out.

    At most one text is in flight: `write` waits for it first, so the order is kept. Its error is raised by the next
    `write` or `drain`. Printer thread only.
    """

    MIN_BACKGROUND_CHARS = 1 << 15
    """Characters from which on a text is written on the writer thread."""

    def __init__(self, descriptor: int) -> None:
        self._output = FileOutput(descriptor)
        self._texts: SimpleQueue[str] = SimpleQueue()
        self._idle = threading.Semaphore(1)  # held while a text is in flight
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> None:
        """Write `text`: a small one before returning, a large one on the writer thread. Raises `OutputClosed`."""
        self.drain()
        if len(text) < self.MIN_BACKGROUND_CHARS:
            self._output.write(text)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="reflowlog-writer", daemon=True)
            self._thread.start()
        self._idle.acquire()
        self._texts.put(text)

    def drain(self) -> None:
        """Wait for the text in flight, and raise its error."""
        with self._idle:
            error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        while True:
            text = self._texts.get()
            try:
                self._output.write(text)
            except Exception as error:  # raised by the next `write` or `drain`
                self._error = error
            del text
            self._idle.release()


class StreamOutput:
    """Writes to a Python stream without a descriptor, looked up at each write because tests and IDEs replace it.

    Text that is written while the stream is closed is dropped: another stream may replace it soon.

    The stream may write to a descriptor in the end, such as a "tee" of the program's own. If a capture has redirected
    that descriptor, every write would come back to the console without end. `is_echo` detects this, and from then on
    the redirections are lifted during each write.
    """

    def __init__(self, stream: Callable[[], IO[str] | None]) -> None:
        self._stream = stream
        self._last = b""
        self._loops_back = False

    def is_echo(self, data: bytes) -> bool:
        """Return whether `data`, read from the pipe of a capture, contains the last write. Any thread."""
        if not self._last or self._last not in data or isinstance(self._stream(), _IN_MEMORY):
            return False
        self._loops_back = True
        return True

    def write(self, text: str) -> None:
        """Write `text` and flush the stream. Raises `OutputClosed`."""
        stream = self._stream()
        if stream is None or getattr(stream, "closed", False):
            return
        self._last = text.encode("utf-8", "replace").strip()
        with lifted() if self._loops_back or _is_captured(stream) else contextlib.nullcontext():
            self._write(stream, text)

    def _write(self, stream: IO[str], text: str) -> None:
        try:
            try:
                stream.write(text)
            except UnicodeEncodeError:
                encoding = getattr(stream, "encoding", None) or "ascii"
                stream.write(text.encode(encoding, "replace").decode(encoding))
            drain_stream(stream)
        except OSError as error:
            if is_gone(error):
                raise OutputClosed(str(error)) from error
            raise

    def drain(self) -> None:
        """No-op: every write is complete when it returns."""


_IN_MEMORY = (io.StringIO, io.TextIOWrapper)  # a TextIOWrapper of files has a descriptor


def _is_captured(stream: IO[str]) -> bool:
    try:
        return is_captured(stream.fileno())
    except (AttributeError, OSError, TypeError, ValueError):
        return False


def drain_stream(stream: IO[str]) -> None:
    """Flush a stream's own buffer, before its descriptor is written to directly. Never raises."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        stream.flush()
