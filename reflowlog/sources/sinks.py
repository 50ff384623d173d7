"""Sinks: where the pieces of an input go; what cuts them into lines, and what says them with a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["PrefixSink", "Sink", "pour"]


class Sink(Protocol):
    """Where pieces of inputs go, cut anywhere."""

    def write(self, data: bytes) -> None:
        """One more piece."""

    def pause(self) -> None:
        """Nothing has come for a while."""

    def end(self) -> None:
        """An input has ended: what comes next belongs to another."""


def pour(stream: Iterable[bytes | None], sink: Sink, tee: Callable[[bytes], None] | None) -> None:
    """All that a stream brings goes into a sink, and a copy of it into a tee."""
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
    """A sink that says each line with a mark before it, as Compose does with the names of services.

    It is a speaker of its own: lines of others may come between two of its, and none is ever joined to one.

    Args:
        mark: what stands before each line.
        say: takes text, cut anywhere.
    """

    def __init__(self, mark: str, say: Callable[[str], None]) -> None:
        from codecs import getincrementaldecoder

        self._mark = mark
        self._say = say
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._is_open = False  # whether a line has not ended

    def write(self, data: bytes) -> None:
        """One more piece."""
        self._take(self._decode(data))

    def _take(self, text: str) -> None:
        if text:
            before = "" if self._is_open else self._mark
            self._is_open = not text.endswith("\n")
            inner = text if self._is_open else text[:-1]
            self._say(before + inner.replace("\n", f"\n{self._mark}") + text[len(inner) :])

    def pause(self) -> None:
        """Time is nobody's event."""

    def end(self) -> None:
        """No line goes on."""
        self._take(self._decode(b"", True))
        if self._is_open:
            self._is_open = False
            self._say("\n")
