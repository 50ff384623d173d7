"""Protocols of displays and painters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.events import Key, PinUpdate, Runs, TerminalChanged
    from reflowlog.core.frames import Frame, Size
    from reflowlog.core.records import Item

__all__ = ["Display", "NullPainter", "Painter", "TextOrBytes"]

TextOrBytes = TypeVar("TextOrBytes", str, bytes)


class Display(Protocol):
    """What the printer asks of a stage."""

    def item(self, item: Item) -> None:
        """Keep a record."""

    def line(self, text: str) -> None:
        """Keep one line of text, without its newline."""

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a piece of the input, cut anywhere; whole lines where it is told of which source they are."""

    def ended(self) -> None:
        """An input has ended: its last line is complete."""

    def over(self) -> None:
        """All inputs have ended."""

    def pin(self, change: PinUpdate) -> None:
        """A pin was added, has changed or was removed."""

    def key(self, key: Key) -> None:
        """A key was typed."""

    def wake(self, wake: TerminalChanged) -> None:
        """Something happened to the terminal."""

    def suspend(self) -> None:
        """Others get the terminal."""

    def resume(self) -> None:
        """The terminal is ours again, and may hold anything."""

    def resize(self, size: Size) -> Size:
        """Lay out for another size of the terminal; the size it has by then."""

    def work(self) -> None:
        """Go on with long work for some milliseconds."""

    @property
    def poll_timeout(self) -> float | None:
        """Seconds after which it has something to do although nothing happens; None: never."""

    @property
    def batches_frames(self) -> bool:
        """Whether events are to be collected until the next frame is due; else they are taken at once."""

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Show all that there is, with the texts of lines that have not ended; awaited: somebody waits for it."""

    def drain(self) -> None:
        """Return once all that was painted is on the screen."""

    def finish(self) -> None:
        """All is said: what comes next is the last frame."""

    def close(self) -> None:
        """All is over, and painted: leave the terminal as it was found."""

    def replace(self, painter: Painter | None) -> None:
        """The output has failed: go on with another painter, or with none."""


class Painter(Protocol):
    """What the printer asks of a painter."""

    @property
    def columns(self) -> int:
        """The terminal's width as the painter knows it; 0 where it follows none."""

    def resize(self, size: Size, held: int = 0) -> int | None:
        """Take note of a size; the number of the first record to lay out again, of those held, or None."""

    def paint(self, frame: Frame) -> None:
        """Write a frame."""

    def drain(self) -> None:
        """Return once all frames are written."""

    def resume(self) -> None:
        """Others have used the terminal meanwhile."""

    def cursor_row_dirty(self) -> None:
        """The terminal has echoed something into the cursor's row."""

    def close(self) -> None:
        """Leave the terminal as it was found."""


class NullPainter:
    """Nobody reads: nothing is written."""

    columns = 0

    def resize(self, size: Size, held: int = 0) -> int | None:  # noqa: ARG002 - every painter is asked
        return None

    def paint(self, frame: Frame) -> None:
        pass

    def drain(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def cursor_row_dirty(self) -> None:
        pass

    def close(self) -> None:
        pass
