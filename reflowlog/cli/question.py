"""A command's question, shown while a filter holds its line; and the pin that holds a text of ours for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.events import PinUpdate

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.sources.sinks import Sink

__all__ = ["NotePin", "QuestionSink"]

QUESTION = 4096  # bytes of a line that may be one


class QuestionSink:
    """A sink before one that lets whole lines through: what may be a question is shown at once, while it waits there.

    Args:
        sink: that one.
        put: takes the changes of a pin.
    """

    def __init__(self, sink: Sink, put: Callable[[PinUpdate], object]) -> None:
        self._sink = sink
        self._put = put
        self._line = bytearray()  # that has not ended
        self._note = NotePin("")
        self._asks = False

    def write(self, data: bytes) -> None:
        """One more piece; a line that ends is none that asks, one that asks shows what is typed."""
        _, newline, rest = data.rpartition(b"\n")
        if newline:
            self._line.clear()
            self._show(asks=False)
        self._line += rest[: QUESTION - len(self._line)]
        if self._asks:
            self._show(asks=True)
        self._sink.write(data)

    def pause(self) -> None:
        """Nothing has come for a while: a line that has not ended may ask something."""
        if self._line and not self._asks:
            self._show(asks=True)
        self._sink.pause()

    def end(self) -> None:
        """No line goes on."""
        self._show(asks=False)
        self._sink.end()

    def _show(self, *, asks: bool) -> None:
        if asks:
            self._note.text = self._line.decode("utf-8", "replace")
        if asks or self._asks:
            self._asks = asks
            self._put(PinUpdate(self._note, removed=not asks))


class NotePin:
    """A pin that holds a text of ours for a while, and leaves nothing behind; it is cut to the width."""

    pending = removed = leave = False
    order = 0

    def __init__(self, text: str) -> None:
        self.text = text

    def render(self, width: int) -> str:  # noqa: ARG002 - every pin is asked for one
        """The text."""
        return self.text
