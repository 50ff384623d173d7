"""A command's question, shown as a pin while a filter holds its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.events import PinUpdate

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.sources.sinks import Sink

__all__ = ["NotePin", "QuestionSink"]

MAX_QUESTION_BYTES = 4096  # bytes of a line that may be a question


class QuestionSink:
    """Sink decorator: shows an unterminated line, probably a prompt, as a pin while the filter waits for its newline.

    Args:
        sink: the sink of a filter, which passes whole lines.
        put: takes the updates of a pin.
    """

    def __init__(self, sink: Sink, put: Callable[[PinUpdate], object]) -> None:
        self._sink = sink
        self._put = put
        self._line = bytearray()  # the unterminated line
        self._note = NotePin("")
        self._is_shown = False

    def write(self, data: bytes) -> None:
        """Pass on a chunk; a newline removes the pin, and a shown line is updated with the typed text."""
        _, newline, rest = data.rpartition(b"\n")
        if newline:
            self._line.clear()
            self._show(on=False)
        self._line += rest[: MAX_QUESTION_BYTES - len(self._line)]
        if self._is_shown:
            self._show(on=True)
        self._sink.write(data)

    def pause(self) -> None:
        """Show the unterminated line, because no input has arrived for a while."""
        if self._line and not self._is_shown:
            self._show(on=True)
        self._sink.pause()

    def end(self) -> None:
        """Remove the pin at the end of the input."""
        self._show(on=False)
        self._sink.end()

    def _show(self, *, on: bool) -> None:
        if on:
            self._note.text = self._line.decode("utf-8", "replace")
        if on or self._is_shown:
            self._is_shown = on
            self._put(PinUpdate(self._note, removed=not on))


class NotePin:
    """Temporary pin with a text of this program, cut to the width; it leaves nothing behind."""

    pending = removed = leave = False
    order = 0

    def __init__(self, text: str) -> None:
        self.text = text

    def render(self, width: int) -> str:  # noqa: ARG002 - the protocol's signature
        """Return the text."""
        return self.text
