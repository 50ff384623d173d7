"""File objects that replace `sys.stdout` and `sys.stderr` and forward written text to a console.

Invariants:
- A complete line is forwarded as one event, in however many writes it was printed. Each thread has a line of its own. A
  partial line is forwarded when it is flushed, and when the proxy ends; lines that are drawn over others are forwarded
  together.
- Buffered text is removed from the buffer before it is forwarded: a signal handler that prints in between repeats
  nothing.
- A program that switches to the alternate screen has the terminal until it switches back: its text passes through,
  and nothing else is written there meanwhile.
- After its end, or once the console is closed, a proxy passes everything through to the stream it replaced, because
  other code may still hold a reference to it.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import itertools
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any, Protocol

from reflowlog.terminal.output import drain_stream
from reflowlog.text.clean.sanitize import ESC, find_screen_switch, redraw_start

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["StreamProxy", "Writer", "Writers", "beneath", "stream_number"]

MAX_HELD_CHARS = 4096  # characters of a partial line that are buffered at most
FLUSH_TIMEOUT = 1.0  # seconds; bounded, because the caller may hold a lock that a pin needs
_ESCAPE = ESC.decode()
PAUSE_FACTOR = 3  # after a flush that waited, further ones do not wait for this multiple of its duration

_numbers = itertools.count(1)


class Writer:
    """Identity of a source of printed text: a partial line is continued only by the writer that began it.

    Attributes:
        number: unique in this process.
        stream: number of the stream that it writes to together with the writers of other threads; 0 for none.
        unfinished: whether its last line is partial and was accepted by the console.
        dropped: whether its last line is partial and was dropped.
    """

    def __init__(self, stream: int = 0) -> None:
        self.number = next(_numbers)
        self.stream = stream
        self.unfinished = False
        self.dropped = False


class TextReceiver(Protocol):
    """The part of a console that a stream proxy uses."""

    @property
    def closed(self) -> bool:
        """Whether it accepts no more text."""

    @property
    def overflow(self) -> str:
        """``"block"`` if a full queue may make a printing thread wait."""

    def write_as(self, text: str, writer: Writer) -> None:
        """Accept text of a writer. Raises ValueError if the console is closed."""

    def end_line(self, writer: Writer) -> None:
        """Complete the unterminated line of a writer. Raises ValueError if the console is closed."""

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all accepted text is shown, at most ``timeout`` seconds."""

    def isatty(self) -> bool:
        """Return whether the text is shown on a terminal."""

    def is_terminal_of(self, stream: IO[str] | None) -> bool:
        """Return whether a stream leads to the console's terminal, past the console."""

    def hold_screen(self, owner: object, *, on: bool) -> None:
        """Write nothing to the terminal while any owner has its alternate screen. Idempotent."""


def stream_number() -> int:
    """Return a number for a stream, unique in this process."""
    return next(_numbers)


class Writers(threading.local):
    """One `Writer` for each thread.

    Args:
        stream: number of the stream that they write to, see `stream_number`.
    """

    def __init__(self, stream: int) -> None:
        self.own = Writer(stream)


class StreamProxy(io.TextIOBase):
    """A text file that replaces a stream of the program.

    Args:
        beneath: the replaced stream, of any type; None where there is none.
        receiver: gets the text that is written.

    Attributes:
        beneath: the replaced stream.
        receiver: the console.
        live: whether the capture is still active.
        buffer: the binary layer.
        write_through: whether each write is forwarded at once.
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
        self._writers = Writers(stream_number())
        self._held: dict[Writer, str] = {}  # by writer with a partial line, its text not forwarded yet
        self._cut: dict[Writer, codecs.IncrementalDecoder] = {}  # by writer of an incomplete multi-byte character
        self._next_wait = 0.0
        self._has_screen = False  # the program has switched to the alternate screen by this stream

    # -- writing ------------------------------------------------------------------------------------------------

    def write(self, text: str, /) -> int:
        """Write text, and return the count of characters. Any thread.

        Raises:
            TypeError: the argument is no str.
            ValueError: the file was closed.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._closed:
            raise ValueError("I/O operation on closed file")
        if not self.live:
            self._write_beneath(text)
            return len(text)
        if _is_screen_library_writing():
            self.flush()
            self._write_beneath(text)
            return len(text)
        has_escape = _ESCAPE in text
        if self._has_screen or (has_escape and find_screen_switch(text, on=True) and self._is_on_terminal()):
            self._write_screen(text)
            return len(text)
        writer = self._writers.own
        held = self._held
        end = text.rfind("\n") + 1
        if end and has_escape and redraw_start(text):  # whole, because another thread may be the next to draw
            self._give(held.pop(writer, "") + text, writer)
            if end < len(text):
                held[writer] = ""
            return len(text)
        if end:
            self._give(held.pop(writer, "") + text[:end], writer)
        if end < len(text):
            held[writer] = begun = held.pop(writer, "") + text[end:]
            if len(begun) > MAX_HELD_CHARS or self.write_through:
                self._give_held(writer)
        return len(text)

    def _is_on_terminal(self) -> bool:
        """Return whether the replaced stream leads to the console's terminal."""
        return not self.receiver.closed and self.receiver.is_terminal_of(self.beneath)

    def _write_screen(self, text: str) -> None:
        """Write text of which some is for the alternate screen, past the console."""
        if not self._has_screen:
            start, _ = find_screen_switch(text, on=True) or (0, 0)
            if start:
                self.write(text[:start])
            self._take_screen()
            text = text[start:]
        found = find_screen_switch(text, on=False)
        end = len(text) if found is None else found[1]
        self._write_beneath(text[:end])
        if found is not None:
            self._leave_screen()
            if end < len(text):
                self.write(text[end:])

    def watching(self, write: Callable[[str], int]) -> Callable[[str], int]:
        """Wrap `write` of the replaced stream: other code, which has it as `sys.__stdout__`, may take the screen.

        What is printed goes to that screen then, too. Blessed does so.
        """

        def ours(text: str, /) -> int:
            is_escape = self.live and isinstance(text, str) and _ESCAPE in text
            if is_escape and not self._has_screen and find_screen_switch(text, on=True) and self._is_on_terminal():
                self._take_screen()
            count = write(text)
            if is_escape and self._has_screen and find_screen_switch(text, on=False):
                self._leave_screen()
            return count

        return ours

    def _take_screen(self) -> None:
        """Show the text written so far, and keep the console from writing until `_leave_screen`."""
        self._give_held(self._writers.own)
        self.receiver.flush(FLUSH_TIMEOUT)
        self.receiver.hold_screen(self, on=True)
        self._has_screen = True
        self.receiver.flush(FLUSH_TIMEOUT)  # a frame that was being written is complete now

    def _leave_screen(self) -> None:
        """Let the console write again. Idempotent."""
        if self._has_screen:
            self._has_screen = False
            if self.beneath is not None:
                drain_stream(self.beneath)
            self.receiver.hold_screen(self, on=False)

    def _give_held(self, writer: Writer) -> None:
        """Forward the buffered part of a line; its entry stays, because the line continues."""
        text = self._held.pop(writer, None)
        if text is not None:
            self._held[writer] = ""
            if text:
                self._give(text, writer)

    def _give(self, text: str, writer: Writer) -> None:
        if not self.receiver.closed:
            try:
                self.receiver.write_as(text, writer)
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
        """Write bytes in the stream's encoding, split at any offset, and return their count. Any thread."""
        given = bytes(memoryview(data).cast("B"))
        writer = self._writers.own
        decoder = self._cut.pop(writer, None) or codecs.getincrementaldecoder(self._encoding)("replace")
        self.write(decoder.decode(given))
        if decoder.getstate()[0]:
            self._cut[writer] = decoder
        return len(given)

    def flush(self) -> None:
        """Show this thread's partial line, and wait for that at most 1 s, and at most a quarter of the time in all.

        An interactive interpreter flushes before it writes its prompt past the console: that waits in any case.
        """
        if self._closed:
            raise ValueError("I/O operation on closed file")
        if not self.live or self.receiver.closed or self._has_screen:
            flush = getattr(self.beneath, "flush", None)
            if flush is not None:
                flush()
            return
        self._give_held(self._writers.own)
        started = time.monotonic()
        if started >= self._next_wait or _is_interpreter_flushing():
            self._await_shown()
            ended = time.monotonic()
            self._next_wait = ended + PAUSE_FACTOR * (ended - started)

    def _await_shown(self) -> None:
        if self.receiver.overflow == "block":
            self.receiver.flush(FLUSH_TIMEOUT)

    def end(self) -> None:
        """Complete all partial lines, and pass writes through to the stream from now on. Any thread."""
        self.live = False
        self._leave_screen()
        for writer in [*self._held, *self._cut]:
            decoder = self._cut.pop(writer, None)
            text = self._held.pop(writer, None)
            if decoder is not None:
                text = (text or "") + decoder.decode(b"", final=True)
            with contextlib.suppress(ValueError):  # the console is closed and has completed them itself
                if text:
                    self.receiver.write_as(text + "\n", writer)
                elif text is not None:
                    self.receiver.end_line(writer)

    def close(self) -> None:
        """Refuse further writes. The replaced stream stays open."""
        self._closed = True

    # -- the file protocol --------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def writable(self) -> bool:
        """Return True: a proxy is a file for writing."""
        return True

    def isatty(self) -> bool:
        """Return whether written text is shown on a terminal."""
        if self.live and not self.receiver.closed:
            return self.receiver.isatty()
        ask: Callable[[], bool] | None = getattr(self.beneath, "isatty", None)
        return ask is not None and ask()

    def fileno(self) -> int:
        """Return the stream's descriptor, after all text is shown: the caller may be about to write to it directly.

        Raises:
            OSError: the stream has no descriptor.
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
        """The stream's encoding, or UTF-8."""
        return self._encoding

    @property
    def errors(self) -> str:  # type: ignore[override]
        """The stream's error handler. A console shows ``?`` for characters that its encoding lacks."""
        return self._errors

    def reconfigure(self, *, encoding: str | None = None, errors: str | None = None, **options: Any) -> None:
        """Change encoding, errors or write_through of this proxy; the console's stream is not changed."""
        if encoding is not None:
            codecs.lookup(encoding)
            self._encoding = encoding
        if errors is not None:
            self._errors = errors
        if options.get("write_through") is not None:
            self.write_through = bool(options["write_through"])

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the replaced stream, such as its `name`."""
        if "beneath" not in self.__dict__:  # called during construction, by copy or pickle
            raise AttributeError(name)
        return getattr(self.beneath, name)


def _is_screen_library_writing() -> bool:
    """Return whether a proxy's method is called by a library that draws by control sequences of its own."""
    try:
        frame = sys._getframe(2)
    except ValueError:  # called by the interpreter itself, which writes an unhandled exception
        return False
    return frame.f_globals.get("__name__", "").partition(".")[0] in _SCREEN_LIBRARIES


def _is_interpreter_flushing() -> bool:
    """Return whether a proxy's method is called by an interactive interpreter, which flushes before its prompt."""
    try:
        frame = sys._getframe(2)
    except ValueError:  # called by the interpreter itself
        return True
    module: str = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] == "_pyrepl"


_SCREEN_LIBRARIES = frozenset({"prompt_toolkit", "urwid"})


class _BinaryProxy(io.BufferedIOBase):
    """Binary layer (`buffer`) of a stream proxy."""

    def __init__(self, owner: StreamProxy) -> None:
        super().__init__()
        self._owner = owner

    def write(self, data: Any, /) -> int:
        if _is_screen_library_writing() and (buffer := getattr(self._owner.beneath, "buffer", None)) is not None:
            self._owner.flush()
            buffer.write(data)
            buffer.flush()
            return len(data)
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
    """Return the stream beneath all proxies."""
    found: Any = stream
    while isinstance(found, StreamProxy):
        found = found.beneath
    return found  # type: ignore[no-any-return]
