"""Writing on the caller's thread, past the queue and the printer: how a logging handler writes off a terminal.

Invariants:
- A stream with a descriptor is written with `os.write`, past its buffer, which is flushed first.
- The result equals that of the printer, in the bytes and in their order (tests/unit/console/test_caller_writes.py).
"""

from __future__ import annotations

import codecs
import io
import sys
import threading
from types import FrameType, FunctionType
from typing import IO, TYPE_CHECKING

from reflowlog.core.memo import Memo
from reflowlog.system import fd_redirect
from reflowlog.system.fds import RAW_FILES, OutputClosed
from reflowlog.terminal.output import StreamOutput, drain_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reflowlog.core.records import LogRecord
    from reflowlog.render.record_text import RecordText
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.terminal.output import Output

__all__ = ["DirectWriter", "FollowingOutput", "LoopDetector", "descriptor_of"]


_WRITING = frozenset({"write", "writelines", "flush"})
MAX_NESTED_WRITES = 100  # writes in a row that send something, from which on a stream is taken to lead back


class DirectWriter:
    """Writes lines of plain text and records. Its caller serializes the calls.

    Args:
        output: where to write.
        renderer: renders records; without a width.

    Attributes:
        texts: renderers of usual records, by the names of the columns; None where there are none.
    """

    def __init__(self, output: Output, renderer: LineRenderer) -> None:
        self._write = output.write
        self._render = renderer.item
        self.texts: Memo[tuple[str, ...] | None, RecordText | None] = Memo(renderer.record_text)

    def write_line(self, text: str) -> None:
        """Write a line, without its newline. Raises as `FollowingOutput.write`."""
        self._write(text + "\n")

    def write_record(self, record: LogRecord) -> None:
        """Write a record in columns. Raises as `FollowingOutput.write`."""
        self._write(self._render(record) + "\n")


class LoopDetector:
    """Detects streams that lead back to the console which writes to them.

    A program may log what is written to its standard error, or print it through Rich, which writes to this console.
    What is sent within a write is the same text again if it contains it. Other text is that of a signal handler, or of
    a stream that logs something besides: it is shown, unless such writes follow each other without end.

    Attributes:
        thread: the thread that is writing to a stream; 0: none.
        stream: the last stream that has led back: it is not to be written to.
        send_again: sends text to the console, which writes it to another stream.
    """

    def __init__(self) -> None:
        self.send_again: Callable[[str], object] = str
        self.thread = 0
        self.stream: IO[str] | None = None
        self._text = ""  # what is being written
        self._has_come_back = self._has_sent = False
        self._writes = 0  # writes one after the other within each of which something was sent

    def write(self, stream: IO[str] | None, text: str, write: Callable[[str], None]) -> None:
        """Write to a stream; if it leads back, send the text again.

        It does so if what is written comes from its own `write`. It may know that, and ignore the text: Celery's does.
        """
        if stream is not self.stream and _is_writing(stream):
            self.stream = stream
            self.send_again(text)
            return
        self._text, self._has_come_back, self._has_sent = text.strip(), False, False
        self.thread = threading.get_ident()
        try:
            write(text)
        finally:
            self.thread = 0
        self._writes = self._writes + 1 if self._has_sent else 0
        if self._writes > MAX_NESTED_WRITES:
            self.stream = stream
        if self._has_come_back and stream is not self.stream:
            self.stream = stream
            self.send_again(text)

    def is_own(self, parts: Iterable[object]) -> bool:
        """Note that the calling thread sends text, and return whether it is the text that it is writing, led back.

        Args:
            parts: the parts of what it sends.
        """
        if self.thread != threading.get_ident():
            return False
        self._has_sent = True
        if not self._text or not any(isinstance(part, str) and self._text in part for part in parts):
            return False
        self._has_come_back = True
        return True


def _is_writing(stream: IO[str] | None) -> bool:
    """Return whether a method of a stream by which text is written to it is running on this thread."""
    if not isinstance(getattr(type(stream), "write", None), FunctionType):  # C code calls nothing
        return False
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        code = frame.f_code
        if code.co_name in _WRITING and code.co_argcount and frame.f_locals.get(code.co_varnames[0]) is stream:
            return True
        frame = frame.f_back
    return False


class FollowingOutput:
    """Writes to the stream of the time of each write; to its descriptor, past its buffer, where it has one.

    Args:
        stream: returns the stream of now.
        flushes: whether the stream's buffer is flushed before each write, so that the order of writing is kept. Not on
            the printer thread: a daemon thread must not hold a stream's lock when the interpreter ends (CPython
            129536), so there the buffer is flushed once, when the stream is met first.
        is_lasting: returns whether the stream cannot be another one later; else what is written to a closed one is
            dropped, because the program may set another.
        loop: detects a stream that leads back to the console.
    """

    def __init__(
        self,
        stream: Callable[[], IO[str] | None],
        *,
        flushes: bool,
        is_lasting: Callable[[], bool] = lambda: False,
        loop: LoopDetector,
    ) -> None:
        self._stream = stream
        self._is_lasting = is_lasting
        self._flushes = flushes
        self._loop = loop
        self._current: IO[str] | None = None
        self._descriptor: int | None = None  # of the current stream
        self._encode: Callable[[str], bytes] = str.encode
        self._through = StreamOutput(stream)
        self.is_echo = self._through.is_echo

    def write(self, text: str) -> None:
        """Write the whole text. Raises `OutputClosed` when the reader is gone, OSError if writing fails otherwise."""
        stream = self._stream()
        if stream is not self._current:
            self._open(stream)
        if self._descriptor is None or stream is None:
            self._loop.write(stream, text, self._through.write)
            return
        if self._flushes:
            try:  # noqa: SIM105 - half a microsecond less than `suppress`
                stream.flush()
            except (OSError, ValueError):
                pass
        if not stream.closed:
            fd_redirect.write(self._descriptor, self._encode(text))
        elif self._is_lasting():
            raise OutputClosed("the stream is closed")

    def _open(self, stream: IO[str] | None) -> None:
        self._current = stream
        self._descriptor = descriptor_of(stream)
        if stream is not None and self._descriptor is not None:
            drain_stream(stream)
            encoding = getattr(stream, "encoding", None) or "utf-8"
            if codecs.lookup(encoding).name == "utf-8":
                self._encode = _encode_utf_8
            else:  # one byte order mark, not one for each write
                self._encode = codecs.getincrementalencoder(encoding)("replace").encode

    def drain(self) -> None:
        """Return at once: every write is complete when it returns."""


def _encode_utf_8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def descriptor_of(stream: IO[str] | None) -> int | None:
    """Return a stream's descriptor if writing to it is equivalent to writing to the stream, else None.

    It is not where the stream compresses, copies or sends text: such streams have a `fileno` too.
    """
    if type(stream) is not io.TextIOWrapper:
        return None
    try:
        raw = getattr(stream.buffer, "raw", stream.buffer)
        return stream.fileno() if isinstance(raw, RAW_FILES) else None
    except (AttributeError, OSError, ValueError):  # closed or detached
        return None
