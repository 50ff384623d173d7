"""Protocols of displays, and of the painters, the keyboard and the document source that they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.events import BackgroundReported, Key, PinUpdate, Runs, TerminalChanged
    from reflowlog.core.frames import Frame, ScreenFrame, Size
    from reflowlog.core.records import Item
    from reflowlog.store.document import TextStore
    from reflowlog.terminal.background import Shade
    from reflowlog.text.highlight.appearance import Appearance

__all__ = [
    "FRAME_INTERVAL",
    "AppearanceOn",
    "Display",
    "DocumentSource",
    "KeyboardControl",
    "NoOtherWriters",
    "NullPainter",
    "OtherWriters",
    "Painter",
    "RetractableRecords",
    "ScreenPainter",
]

FRAME_INTERVAL = 1 / 60  # seconds between two frames

AppearanceOn = Callable[["Shade"], "Appearance"]
"""Returns the appearance that suits a background."""


class Display(Protocol):
    """Protocol of a display: keeps the log and shows it. Printer thread only."""

    def item(self, item: Item) -> None:
        """Keep a log record or a styled line."""

    def line(self, text: str) -> None:
        """Keep one line of text, without its newline."""

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a chunk of the input, split at any byte; with `runs`, which name the sources, whole lines."""

    def end_of_input(self) -> None:
        """Complete the last line at the end of an input."""

    def take_partial(self) -> bytes:
        """Remove and return the input's unterminated last line."""

    @property
    def retractable(self) -> RetractableRecords | None:
        """The records, if the newest of them can be taken back; None if they are only appended to."""

    def all_ended(self) -> None:
        """Handle the end of all inputs."""

    def pin(self, change: PinUpdate) -> None:
        """Add, refresh or remove a pin."""

    def key(self, key: Key) -> None:
        """Handle a typed key."""

    def wake(self, wake: TerminalChanged) -> None:
        """Handle a change of the terminal, see `TerminalChanged`."""

    def set_background(self, background: BackgroundReported) -> None:
        """Take over the shade of the terminal's background: the next rows have the styles that suit it."""

    def suspend(self) -> None:
        """Release the terminal to other programs."""

    def resume(self) -> None:
        """Take the terminal back; its content is unknown."""

    def note_foreign_text(self, *, is_question: bool) -> None:
        """Give up the rows on the screen, because another writer may have written to the terminal.

        Args:
            is_question: whether the program waits for an answer, which the terminal echoes.
        """

    def resize(self, size: Size) -> None:
        """Take over the terminal's present size. Called before each frame; no-op if nothing has changed."""

    def work(self) -> None:
        """Continue long work for some milliseconds."""

    @property
    def poll_timeout(self) -> float | None:
        """Seconds after which `work` or `paint` is due without an event; None: never."""

    @property
    def batches_frames(self) -> bool:
        """Whether events are to be collected until the next frame is due; else each is handled at once."""

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Paint new records and the texts of unterminated lines.

        Args:
            unfinished: the texts of unterminated lines.
            flush_requested: whether a thread waits for this frame.
        """

    def drain(self) -> None:
        """Return once every painted frame is written."""

    def finish(self) -> None:
        """Prepare the last frame."""

    def close(self) -> None:
        """Restore the terminal, after the last frame."""

    def replace(self, painter: Painter | None) -> None:
        """Continue with another painter, or with none, because the output has failed."""


class RetractableRecords(Protocol):
    """Protocol of records on a display, the newest of which can be taken back. Printer thread only."""

    @property
    def end(self) -> int:
        """Number that the next record gets."""

    def take_back(self, first: int) -> bool:
        """Remove the newest records, from a number on; return False if that is not possible, and nothing is removed."""

    def stored_lines(self, first: int) -> list[bytes]:
        """Return the newest lines of the input as they came, from a number on; empty if records are kept instead."""


class OtherWriters(Protocol):
    """Protocol of the knowledge of other writers to the terminal. Printer thread only."""

    def have_written(self) -> bool:
        """Return whether others have written since the last call, as far as that is noticed."""

    def may_write_unnoticed(self) -> bool:
        """Return whether others may have written without being noticed."""

    def close(self) -> None:
        """Release descriptors, after the last frame."""


class NoOtherWriters:
    """Knowledge that this process is the only writer."""

    def have_written(self) -> bool:
        """Return False."""
        return False

    def may_write_unnoticed(self) -> bool:
        """Return False."""
        return False

    def close(self) -> None:
        """No-op."""


class Painter(Protocol):
    """Protocol of a painter of rows. Printer thread only."""

    @property
    def columns(self) -> int:
        """The terminal's width in cells, as last reported to the painter; 0 if it follows no terminal."""

    @property
    def size_lag(self) -> float:
        """Seconds without a new size, after which a burst of resizes has come to rest; 0: repaint at once."""

    @property
    def can_locate(self) -> bool:
        """Whether the cursor can be located, so that `resize` is exact even while a burst of resizes lasts."""

    def note_size(self, size: Size) -> None:
        """Take over a size while a burst of resizes lasts; `resize` follows once it has come to rest."""

    def resize(self, size: Size, held: int = 0) -> int | None:
        """Take over a size at rest; return the number of the first record to lay out again, from `held` on, or None."""

    def take_back(self, first: int) -> bool:
        """Write the next frame over the newest records, from a number on, and return whether that is possible."""

    def drop_repaint(self) -> None:
        """Give up the repaint that `resize` has prepared, because the size has changed since."""

    def paint(self, frame: Frame) -> None:
        """Write a frame."""

    def drain(self) -> None:
        """Return once every frame is written."""

    def resume(self) -> None:
        """Give up the rows above the cursor: another program has used the terminal."""

    def forget_rows(self) -> None:
        """Give up the rows above the cursor, because another writer may have written to the terminal."""

    def mark_cursor_row_dirty(self) -> None:
        """Mark the cursor's row as dirty: the terminal has echoed input into it."""

    def prepare_hiding(self) -> None:
        """Prepare for a new size while the alternate screen is shown."""

    def close(self) -> None:
        """Restore the terminal."""


class ScreenPainter(Protocol):
    """Protocol of a painter of whole screens. Printer thread only."""

    def enter(self, size: Size) -> None:
        """Switch to the alternate screen."""

    def paint(self, screen: ScreenFrame, size: Size) -> None:
        """Write a frame."""

    def redraw(self) -> None:
        """Have the next frame written completely."""

    def write_sequence(self, sequence: str) -> None:
        """Write a control sequence that changes nothing on the screen."""

    def leave(self, keep: Sequence[str] = ()) -> None:
        """Restore the main screen, and write some rows there. Idempotent."""

    def drain(self) -> None:
        """Return once every frame is written."""


class KeyboardControl(Protocol):
    """Protocol of the keyboard, as far as displays use it."""

    def start(self) -> bool:
        """Start reading keys, and return whether there is a keyboard. Idempotent."""

    def suspend(self) -> None:
        """Release the terminal to other programs."""

    def resume(self) -> None:
        """Take the terminal back."""

    def capture_ctrl_c(self, on: bool) -> None:
        """Deliver Ctrl-C as a key instead of SIGINT."""

    def query_background(self, *, with_report: bool = True) -> Shade | None:
        """Query the terminal once for the shade of its background; a late answer is sent as `BackgroundReported`."""


class DocumentSource(Protocol):
    """Protocol of the source of the pager's document."""

    @property
    def text(self) -> TextStore:
        """The text read so far."""

    @property
    def name(self) -> str:
        """The name in the status row."""

    @property
    def live(self) -> bool:
        """Whether the text may still grow."""

    @property
    def counted(self) -> float:
        """The part of the text whose lines are counted, from 0 to 1."""

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a chunk of the input, split at any byte; with `runs`, which name the sources, whole lines."""

    def line(self, text: str) -> bool:
        """Keep a line of the console's own; return False if it cannot be kept."""

    def end_of_input(self) -> None:
        """Complete the last line at the end of an input."""

    def all_ended(self) -> None:
        """Handle the end of all inputs."""

    def take_partial(self) -> bytes:
        """Remove and return the unterminated line, for display elsewhere."""

    def file_line(self, offset: int) -> tuple[str, int] | None:
        """Return the path of the file that holds a byte, and the number of its line from 1; None if unknown."""

    def poll(self) -> list[str]:
        """Poll for new text, and return notices of other changes of the file, one line each."""

    def count_on(self, size: int) -> bool:
        """Count the lines of `size` more bytes; return whether bytes remain to be counted."""


class NullPainter:
    """Painter that writes nothing, for an output without a reader."""

    columns = 0
    size_lag = 0.0
    can_locate = False

    def note_size(self, size: Size) -> None:
        """No-op."""

    def resize(self, size: Size, held: int = 0) -> int | None:  # noqa: ARG002 - the protocol's
        """No-op: there is nothing to lay out again."""
        return None

    def take_back(self, first: int) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: nothing was written."""
        return False

    def drop_repaint(self) -> None:
        """No-op."""

    def paint(self, frame: Frame) -> None:
        """No-op."""

    def drain(self) -> None:
        """No-op."""

    def resume(self) -> None:
        """No-op."""

    def forget_rows(self) -> None:
        """No-op."""

    def prepare_hiding(self) -> None:
        """No-op."""

    def mark_cursor_row_dirty(self) -> None:
        """No-op."""

    def close(self) -> None:
        """No-op."""
