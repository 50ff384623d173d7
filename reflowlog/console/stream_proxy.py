"""Stand-ins: files in the place of `sys.stdout` and `sys.stderr` that give what is written to them to a console.

Rules of this file:
- A line is given when it is complete: one event a line, whoever prints it in how many pieces. Each thread has a line of
  its own. What is there of a line is given when it is flushed, and when the stand-in ends.
- A held piece is taken out of its place before it is given: a signal handler that prints in between repeats nothing.
- Once it has ended, or the console is closed, it is a mere window to the stream that it stood for. Others may hold it.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import itertools
import threading
import time
from typing import IO, TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["StreamProxy", "Writer", "Writers", "beneath", "found_now"]

HELD = 4096  # characters of a line that are held back until it ends
PATIENCE = 1.0  # seconds that a flush waits at most: who holds a lock that a pin wants is not to wait for ever
PAUSE = 3  # times as long as a flush has waited, the next ones do not

_numbers = itertools.count()


class Writer:
    """Who says something to a console: what one leaves unfinished only it continues.

    Attributes:
        number: one that no other ever has.
        unfinished: whether it is in the middle of a line that the console has accepted so far.
        dropped: whether it is in the middle of a line that was dropped so far.
    """

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.unfinished = False
        self.dropped = False


class TextReceiver(Protocol):
    """What a stand-in needs of a console."""

    @property
    def closed(self) -> bool:
        """Whether it takes nothing any more."""

    @property
    def overflow(self) -> str:
        """``"block"`` if those who print may be made to wait."""

    def say(self, text: str, writer: Writer) -> None:
        """Take text in; ValueError if it is closed."""

    def flush(self, timeout: float | None = None) -> bool:
        """Return once all is shown."""

    def isatty(self) -> bool:
        """Whether it is shown on a terminal."""


class Writers(threading.local):
    """A speaker for each thread."""

    def __init__(self) -> None:
        self.own = Writer()


class StreamProxy(io.TextIOBase):
    """A file that stands for a stream of the program.

    Args:
        beneath: the stream, which may be anything; None where there is none.
        listener: gets what is written.

    Attributes:
        beneath: the same.
        listener: the same.
        live: whether it is still in force.
    """

    mode = "w"
    newlines = None
    line_buffering = True
    _closed = False

    def __init__(self, beneath: IO[str] | None, receiver: TextReceiver) -> None:
        super().__init__()
        self.beneath = beneath
        self.live = True
        self.buffer = _BinaryProxy(self)
        self.write_through = bool(getattr(beneath, "write_through", False))
        self.receiver = receiver
        self._encoding = str(getattr(beneath, "encoding", None) or "utf-8")
        self._errors = str(getattr(beneath, "errors", None) or "strict")
        self._writers = Writers()
        self._held: dict[Writer, str] = {}  # whose line has not ended, and what of it was not given yet
        self._cut: dict[Writer, codecs.IncrementalDecoder] = {}  # who has written a character's first bytes only
        self._next_wait = 0.0

    # -- writing ------------------------------------------------------------------------------------------------

    def write(self, text: str, /) -> int:
        """Write text: how many characters that was. Any thread.

        Raises:
            TypeError: it is no text.
            ValueError: it was closed.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._closed:
            raise ValueError("I/O operation on closed file")
        if not self.live:
            self._write_beneath(text)
            return len(text)
        writer = self._writers.own
        held = self._held
        end = text.rfind("\n") + 1
        if end:
            self._give(held.pop(writer, "") + text[:end], writer)
        if end < len(text):
            held[writer] = begun = held.pop(writer, "") + text[end:]
            if len(begun) > HELD or self.write_through:
                self._give_held(writer)
        return len(text)

    def _give_held(self, writer: Writer) -> None:
        """Give what there is of a line; its place stays, for the line goes on."""
        text = self._held.pop(writer, None)
        if text is not None:
            self._held[writer] = ""
            if text:
                self._give(text, writer)

    def _give(self, text: str, writer: Writer) -> None:
        if not self.receiver.closed:
            try:
                self.receiver.say(text, writer)
                return
            except ValueError:
                if not self.receiver.closed:
                    raise
        self._write_beneath(text)

    def _write_beneath(self, text: str) -> None:
        stream = self.beneath
        if stream is not None:
            stream.write(text)

    def write_bytes(self, data: Any) -> int:
        """Write bytes, cut anywhere, in the stream's encoding: how many. Any thread; what `buffer` does."""
        given = bytes(memoryview(data).cast("B"))
        writer = self._writers.own
        decoder = self._cut.pop(writer, None) or codecs.getincrementaldecoder(self._encoding)("replace")
        self.write(decoder.decode(given))
        if decoder.getstate()[0]:
            self._cut[writer] = decoder
        return len(given)

    def flush(self) -> None:
        """Have this thread's line shown as far as it is there, and wait until it is; see the class for how long."""
        if self._closed:
            raise ValueError("I/O operation on closed file")
        if not self.live or self.receiver.closed:
            flush = getattr(self.beneath, "flush", None)
            if flush is not None:
                flush()
            return
        self._give_held(self._writers.own)
        started = time.monotonic()
        if started >= self._next_wait:
            self._await_shown()
            ended = time.monotonic()
            self._next_wait = ended + PAUSE * (ended - started)

    def _await_shown(self) -> None:
        if self.receiver.overflow == "block":
            self.receiver.flush(PATIENCE)

    def end(self) -> None:
        """Complete the lines that have not ended, and be a window to the stream from now on. Any thread."""
        self.live = False
        for writer in [*self._held, *self._cut]:
            decoder = self._cut.pop(writer, None)
            text = self._held.pop(writer, None)
            if decoder is not None:
                text = (text or "") + decoder.decode(b"", final=True)
            if text is not None:
                with contextlib.suppress(ValueError):  # the console is closed: it has completed them itself
                    self.receiver.say(text + "\n", writer)

    def close(self) -> None:
        """Take nothing any more. The stream that it stands for stays open."""
        self._closed = True

    # -- what a file is asked -----------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def isatty(self) -> bool:
        """Whether what is written is shown on a terminal."""
        if self.live and not self.receiver.closed:
            return self.receiver.isatty()
        ask: Callable[[], bool] | None = getattr(self.beneath, "isatty", None)
        return ask is not None and ask()

    def fileno(self) -> int:
        """The stream's descriptor. Who asks may be about to write to it himself: what was said so far is shown first.

        Raises:
            OSError: it has none.
        """
        if self.live and not self._closed and not self.receiver.closed:
            self._give_held(self._writers.own)
            self._await_shown()
        ask: Callable[[], int] | None = getattr(self.beneath, "fileno", None)
        if ask is None:
            raise io.UnsupportedOperation("fileno")
        return ask()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The stream's, or UTF-8."""
        return self._encoding

    @property
    def errors(self) -> str:  # type: ignore[override]
        """The stream's way with what its encoding lacks. A console shows ``?`` there."""
        return self._errors

    def reconfigure(self, *, encoding: str | None = None, errors: str | None = None, **options: Any) -> None:
        """Take note of what a program wishes of its stream; where it ends up has not changed."""
        if encoding is not None:
            codecs.lookup(encoding)
            self._encoding = encoding
        if errors is not None:
            self._errors = errors
        if options.get("write_through") is not None:
            self.write_through = bool(options["write_through"])

    def __getattr__(self, name: str) -> Any:
        """What only the stream knows, such as its `name`."""
        if "beneath" not in self.__dict__:  # it is still being made
            raise AttributeError(name)
        return getattr(self.beneath, name)


class _BinaryProxy(io.BufferedIOBase):
    """The bytes' door of a stand-in."""

    def __init__(self, owner: StreamProxy) -> None:
        super().__init__()
        self._owner = owner

    def write(self, data: Any, /) -> int:
        return self._owner.write_bytes(data)

    def flush(self) -> None:
        if not self._owner.closed:
            self._owner.flush()

    def close(self) -> None:
        self._owner.close()

    @property
    def closed(self) -> bool:
        return self._owner.closed

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._owner.isatty()

    def fileno(self) -> int:
        return self._owner.fileno()


def beneath(stream: IO[str] | None) -> IO[str] | None:
    """The stream at the ground, under all stand-ins."""
    found: Any = stream
    while isinstance(found, StreamProxy):
        found = found.beneath
    return found  # type: ignore[no-any-return]


def found_now(stream: Any) -> Any:
    """What somebody had found in its place by now: under stand-ins (of streams, or of functions) that have ended."""
    while getattr(stream, "live", None) is False and hasattr(stream, "beneath"):
        stream = stream.beneath
    return stream
