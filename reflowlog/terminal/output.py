"""Where painters write: a descriptor, or a Python stream that has none.

Rules of this file:
- A descriptor is written with `os.write`, past the stream's own buffer and lock: an interpreter that is ending aborts
  when a daemon thread holds those (CPython issue 129536). What the stream's buffer still holds is flushed first.
  While a capture has its number, what was there is written to (`system/fd_redirect.py`).
- A write is whole when it returns. A reader that is gone is `OutputClosed`, once for all kinds of it.
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

__all__ = ["BackgroundOutput", "FileOutput", "Output", "StreamOutput", "drain_stream"]


class Output(Protocol):
    """What a painter writes to."""

    def write(self, text: str) -> None:
        """Write all of it, now or soon, in order; raises `OutputClosed`."""

    def drain(self) -> None:
        """Return once all is written; raises what that failed with."""


class FileOutput:
    """A descriptor.

    Args:
        descriptor: where to write.
        encoding: of what is written; characters it lacks become ``?``.
        is_open: asked before each write: a number whose stream was closed may be another file's by now.
    """

    def __init__(self, descriptor: int, encoding: str = "utf-8", is_open: Callable[[], bool] = lambda: True) -> None:
        self.descriptor = descriptor
        self._encode = codecs.getincrementalencoder(encoding)("replace").encode  # one byte order mark, not one a frame
        self._is_open = is_open

    def write(self, text: str) -> None:
        """Write all of it."""
        if not self._is_open():
            raise OutputClosed("the stream is closed")
        with writing(self.descriptor) as number:
            write_all(number, self._encode(text))

    def drain(self) -> None:
        """All is written."""


class BackgroundOutput:
    """A descriptor that is written behind the caller's back: what is large goes out while the next is laid out.

    At most one piece is on its way: `write` waits for it first, so all arrives in order. What it failed with is raised
    by the next `write` or `drain`. All methods are for one thread, the printer's.
    """

    BEHIND = 1 << 15
    """Characters from which on a piece is written behind."""

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        self._output = FileOutput(descriptor, encoding)
        self._pieces: SimpleQueue[str] = SimpleQueue()
        self._free = threading.Semaphore(1)  # held while a piece is on its way
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> None:
        """Write all of it, small pieces at once, large ones soon."""
        self.drain()
        if len(text) < self.BEHIND:
            self._output.write(text)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="reflowlog-writer", daemon=True)
            self._thread.start()
        self._free.acquire()
        self._pieces.put(text)

    def drain(self) -> None:
        """Wait for the piece that is on its way."""
        with self._free:
            error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        while True:
            text = self._pieces.get()
            try:
                self._output.write(text)
            except Exception as error:  # it is raised where the next piece comes from
                self._error = error
            del text
            self._free.release()


class StreamOutput:
    """A Python stream without a descriptor of its own, looked up at each write: tests and IDEs put others in its place.

    What comes while it is closed is dropped, for there may be another one soon.

    It may yet be one that writes to a descriptor in the end, such as a "tee" of the program's own. If a capture has
    taken that, what we write would come to us again and again. So that is looked for (`is_echo`), and from then on the
    descriptors lead to where they did while we write.
    """

    def __init__(self, stream: Callable[[], IO[str] | None]) -> None:
        self._stream = stream
        self._last = b""
        self._echoes = False

    def is_echo(self, data: bytes) -> bool:
        """Whether that is what was written last, found in the pipe of a capture. Any thread."""
        if not self._last or self._last not in data or isinstance(self._stream(), _IN_MEMORY):
            return False
        self._echoes = True
        return True

    def write(self, text: str) -> None:
        """Write and flush."""
        stream = self._stream()
        if stream is None or getattr(stream, "closed", False):
            return
        self._last = text.encode("utf-8", "replace").strip()
        with lifted() if self._echoes or _is_captured(stream) else contextlib.nullcontext():
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
        """All is written."""


_IN_MEMORY = (io.StringIO, io.TextIOWrapper)  # or it has a descriptor


def _is_captured(stream: IO[str]) -> bool:
    try:
        return is_captured(stream.fileno())
    except (AttributeError, OSError, TypeError, ValueError):
        return False


def drain_stream(stream: IO[str]) -> None:
    """Write out what a stream's own buffer holds, before its descriptor is written past it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        stream.flush()
