"""The alternate screen as the pager uses it, with the keyboard; and the times of its frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.frames import ScreenFrame, Size
from reflowlog.display.base import FRAME_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.display.base import KeyboardControl, ScreenPainter
    from reflowlog.terminal.background import Shade

__all__ = ["FrameSchedule", "PagerScreen"]

FLOOD_BYTES = 1 << 20  # bytes since the last frame, from which on frames are too fast to be read
FLOOD_FRAME_INTERVAL = 1 / 15  # seconds between two frames then, which leaves more time to the input


class PagerScreen:
    """The alternate screen and the keyboard of a pager. Printer thread only.

    Ctrl-C is a key exactly while the alternate screen is active.

    Args:
        painter: writes the frames.
        keys: the keyboard.
        size: the terminal's present size.
        is_ours: returns whether this process may take the terminal.
        keeps_rows: whether `finish` leaves the last rows, without the status row, on the main screen.

    Attributes:
        size: the terminal's present size.
        is_entered: whether the alternate screen is active.
        is_lost: whether nothing is written any more: the output has failed, or the pager has finished.
        is_ours: returns whether this process may take the terminal.
        has_keyboard: whether there is a keyboard; True until `start_keyboard` finds none.
    """

    def __init__(
        self,
        painter: ScreenPainter,
        keys: KeyboardControl,
        size: Size,
        *,
        is_ours: Callable[[], bool] = lambda: True,
        keeps_rows: bool = False,
    ) -> None:
        self.size = size
        self.is_entered = False
        self.is_lost = False
        self.is_ours = is_ours
        self.has_keyboard = True
        self._painter = painter
        self._keys = keys
        self._keeps_rows = keeps_rows
        self._frame = ScreenFrame(())  # the last one
        self._frame_subject: object = None  # the size and the selection that it is for

    def start_keyboard(self) -> None:
        """Start reading keys, Ctrl-C included. Idempotent."""
        self.has_keyboard = self._keys.start()
        self._keys.capture_ctrl_c(True)

    def query_background(self) -> Shade | None:
        """Query the terminal for the shade of its background; None if there is no answer in time."""
        return self._keys.query_background(with_report=False)

    def enter(self) -> None:
        """Switch to the alternate screen."""
        self.is_entered = True
        self._painter.enter(self.size)

    def leave(self, keep: Sequence[str] = ()) -> None:
        """Restore the main screen, and write some rows there. Idempotent."""
        if self.is_entered:
            self.is_entered = False
            self._keys.capture_ctrl_c(False)  # first: keys typed after the switch belong to the normal screen
            if not self.is_lost:
                self._painter.leave(keep)

    def suspend(self) -> None:
        """Release the terminal to other programs."""
        self.leave()
        self.drain()
        self._keys.suspend()

    def resume(self) -> None:
        """Take the keyboard back; the main screen is shown until `enter`."""
        self._keys.resume()
        self.leave()  # still entered after SIGSTOP

    def paint(self, frame: ScreenFrame, selection: object, *, is_complete: bool) -> None:
        """Write a frame.

        Args:
            frame: the frame.
            selection: what its rows are selected by. While the first of them are still searched for, the rows of the
                last frame stay, if it was for the same selection and size.
            is_complete: whether all rows are found.
        """
        subject = self.size, selection
        if not is_complete and not any(frame.rows[:-1]) and self._frame_subject == subject:
            frame = frame._replace(rows=[*self._frame.rows[:-1], *frame.rows[-1:]])
        self._frame, self._frame_subject = frame, subject
        self._painter.paint(frame, self.size)

    def redraw(self) -> None:
        """Have the next frame written completely."""
        if not self.is_lost:
            self._painter.redraw()

    def write_sequence(self, sequence: str) -> None:
        """Write a control sequence that changes nothing on the screen."""
        if not self.is_lost:
            self._painter.write_sequence(sequence)

    def drain(self) -> None:
        """Return once every frame is written."""
        if not self.is_lost:
            self._painter.drain()

    def finish(self) -> None:
        """Restore the main screen for good; with `keeps_rows` the rows of the last frame stay on it."""
        rows = list(self._frame.rows[: -self._frame.status_rows]) if self._keeps_rows else []
        while rows and not rows[-1]:
            rows.pop()
        self.leave(rows)
        self.is_lost = True


class FrameSchedule:
    """Times of frames: at most 60 a second while something changes, fewer in a flood of input. Printer thread only.

    Args:
        clock: returns monotonic seconds.

    Attributes:
        is_requested: whether something has changed since the last frame.
        due: time from which on the next frame may be painted, if it is requested.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.is_requested = True
        self.due = 0.0
        self._clock = clock
        self._document_end = 0  # in the last frame

    def request(self) -> None:
        """Request a frame, because something has changed."""
        self.is_requested = True

    def request_now(self) -> None:
        """Request a frame that is due at once, because a key or a new size waits for it."""
        self.is_requested = True
        self.due = 0.0

    def postpone(self, seconds: float) -> None:
        """Let no frame be due for some seconds from now on."""
        self.due = self._clock() + seconds

    @property
    def is_due(self) -> bool:
        """Whether the next frame may be painted, if it is requested."""
        return self._clock() >= self.due

    def start_frame(self) -> None:
        """Begin a frame; later changes request another."""
        self.is_requested = False

    def end_frame(self, document_end: int) -> None:
        """Take over that a frame was painted, of a document that ends at an offset."""
        is_flood = document_end - self._document_end > FLOOD_BYTES
        self.postpone(FLOOD_FRAME_INTERVAL if is_flood else FRAME_INTERVAL)
        self._document_end = document_end
