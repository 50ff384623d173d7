"""Sinks for the chunks of an input, and a sink that prefixes each line with a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["PrefixSink", "Sink", "copy_stream"]


class Sink(Protocol):
    """Consumer of the chunks of inputs, which may be split at any byte."""

    def write(self, data: bytes) -> None:
        """Take a chunk."""

    def pause(self) -> None:
        """Note that no input has arrived for a while."""

    def end(self) -> None:
        """Note the end of an input: what comes next belongs to another one."""


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


class PrefixSink:
    """Sink that writes each line with a mark before it, as Compose does with the names of services.

    It is a writer of its own: lines of other writers may come between two of its lines, and are never joined to one.

    Args:
        mark: prefix of each line.
        say: takes text, split at any character.
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
