"""Sinks for the chunks of an input: decoding, bounding the length of lines, prefixing each line with a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reflowlog.sources.decode import TextDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "MAX_LINE_BYTES",
    "DecodingSink",
    "LineBound",
    "LineBoundSink",
    "LongLines",
    "PrefixSink",
    "Sink",
    "copy_stream",
]

MAX_LINE_BYTES = 4 << 20  # bytes of a line that are held in memory; a longer one is handled in parts


class Sink(Protocol):
    """Consumer of the chunks of inputs, which may be split at any byte."""

    def write(self, data: bytes) -> None:
        """Take a chunk."""

    def pause(self) -> None:
        """Note that no input has arrived for a while."""

    def end(self) -> None:
        """Note the end of an input: the next chunk belongs to another one."""


def copy_stream(stream: Iterable[bytes | None], sink: Sink, tee: Callable[[bytes], None] | None) -> None:
    """Write all chunks of a stream to a sink, and a copy of them to a tee.

    ``None`` in the stream is the end of an input, ``b""`` a pause.
    """
    for data in stream:
        if data is None:
            sink.end()
        elif data:
            if tee is not None:
                tee(data)
            sink.write(data)
        else:
            sink.pause()


class DecodingSink:
    """Sink decorator that converts UTF-16 with a byte order mark to UTF-8 (`sources/decode.py`).

    Args:
        sink: takes the converted chunks.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._decoder = TextDecoder()

    def write(self, data: bytes) -> None:
        """Convert and write a chunk."""
        if text := self._decoder.feed(data):
            self._sink.write(text)

    def pause(self) -> None:
        """Pass on the pause."""
        self._sink.pause()

    def end(self) -> None:
        """Write the undecoded rest; the next chunk is that of a new source."""
        if rest := self._decoder.flush():
            self._sink.write(rest)
        self._sink.end()


class LongLines:
    """Rule of which lines are too long to be held, and are handled in parts; shared by the sinks of an input.

    Args:
        warn: takes one line about the first of them.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._has_warned = False

    def must_cut(self, size: int) -> bool:
        """Return whether a line is to be cut behind so many bytes, and warn of the first one."""
        if size < MAX_LINE_BYTES:
            return False
        if not self._has_warned:
            self._has_warned = True
            self._warn(f"a line has more than {MAX_LINE_BYTES:,} bytes: it is handled in parts")
        return True


class LineBound:
    """Splits lines that are too long by inserting newlines, so that memory stays bounded.

    Args:
        long_lines: decides which lines these are.
    """

    def __init__(self, long_lines: LongLines) -> None:
        self._long_lines = long_lines
        self._size = 0  # bytes of the unterminated line

    def feed(self, data: bytes) -> bytes:
        """Return a chunk, with a newline before it if the line that it continues is too long."""
        if not data.startswith(b"\n") and self._long_lines.must_cut(self._size):
            data = b"\n" + data
        end = data.rfind(b"\n") + 1
        self._size = len(data) - end if end else self._size + len(data)
        return data

    def reset(self) -> None:
        """Note that the line has ended."""
        self._size = 0


class LineBoundSink:
    """Sink decorator that bounds the length of lines; see `LineBound`.

    Args:
        sink: takes the chunks.
        long_lines: decides which lines are split.
    """

    def __init__(self, sink: Sink, long_lines: LongLines) -> None:
        self._sink = sink
        self._bound = LineBound(long_lines)

    def write(self, data: bytes) -> None:
        """Write a chunk, maybe after a newline."""
        self._sink.write(self._bound.feed(data))

    def pause(self) -> None:
        """Pass on the pause."""
        self._sink.pause()

    def end(self) -> None:
        """Pass on the end, which ends the line as well."""
        self._bound.reset()
        self._sink.end()


class PrefixSink:
    """Sink that writes each line with a mark before it, as Compose does with the names of services.

    It is a writer of its own: lines of other writers may come between two of its lines, and are never joined to one.

    Args:
        mark: prefix of each line.
        write_text: takes text, split at any character.
    """

    def __init__(self, mark: str, write_text: Callable[[str], None]) -> None:
        from codecs import getincrementaldecoder

        self._mark = mark
        self._write = write_text
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._is_open = False  # whether the last line is unterminated

    def write(self, data: bytes) -> None:
        """Decode and write a chunk."""
        self._take(self._decode(data))

    def _take(self, text: str) -> None:
        if text:
            before = "" if self._is_open else self._mark
            self._is_open = not text.endswith("\n")
            inner = text if self._is_open else text[:-1]
            self._write(before + inner.replace("\n", f"\n{self._mark}") + text[len(inner) :])

    def pause(self) -> None:
        """Ignored: nothing is held back here."""

    def end(self) -> None:
        """Terminate the last line."""
        self._take(self._decode(b"", True))
        if self._is_open:
            self._is_open = False
            self._write("\n")
