"""Rows of unterminated lines at the end of the log, which are rewritten with each frame until the lines are complete.

Invariants:
- Rows that stand above other programs' output are given up: they are not painted again before their text changes.
- A line of more than `MAX_LIVE_CHARS` characters is not shown before it is complete.
- Of a line that is drawn over itself only what is visible is kept (`drop_overwritten`), so memory stays bounded.
- A line that is too wide for a new width is erased before it is drawn over itself: most progress bars fill the width
  that they know, and leave it to the next frame to cover the last one. Of a shorter line, such as a spinner before a
  text, a program may draw only a part again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reflowlog.text.clean.cells import cells
from reflowlog.text.clean.sanitize import ERASE_LINE, is_begun_anew, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.frames import Size
    from reflowlog.render.renderer import LineRenderer

__all__ = ["MAX_OVERWRITTEN_CHARS", "LiveRows", "drop_overwritten", "fills_row"]

TextOrBytes = TypeVar("TextOrBytes", str, bytes)

MAX_LIVE_CHARS = 1 << 16  # characters of an unterminated line up to which it is shown
MAX_OVERWRITTEN_CHARS = 1 << 12  # characters of an unterminated line from which on overwritten parts are dropped


class LiveRows:
    """Unterminated lines of the input and of a program's writers, as rows. Printer thread only.

    Args:
        renderer: lays them out.
        pending_rows: returns the rows of lines that are complete, but not settled.

    Attributes:
        written: texts of the unterminated lines of a program's writers.
        is_shown: whether the rows could be a part of the last frame.
    """

    def __init__(self, renderer: LineRenderer, pending_rows: Callable[[], list[str]]) -> None:
        self.written: Sequence[str] = ()
        self.is_shown = True
        self._renderer = renderer
        self._pending_rows = pending_rows
        self._chunks: list[bytes] = []  # of the input's unterminated last line
        self._is_outdated = False  # that line was drawn for another width
        self._given_up: list[str] = []

    # -- the input's last line ----------------------------------------------------------------------------------

    def feed(self, data: bytes) -> bytes:
        """Take in a chunk of the input, split at any byte, and return the whole lines that it completes."""
        if self._is_outdated and self._chunks and is_begun_anew(self._chunks[-1], data):
            self._is_outdated = False
            self._chunks.append(ERASE_LINE.encode())
        end = data.rfind(b"\n") + 1
        if not end:
            self._chunks.append(data)
            if b"\r" in data and sum(map(len, self._chunks)) > MAX_OVERWRITTEN_CHARS:
                self._chunks = [drop_overwritten(b"".join(self._chunks), b"\r")]
            return b""
        whole = b"".join([*self._chunks, data[:end]])
        self._chunks = [data[end:]] if end < len(data) else []
        self._is_outdated = False
        return whole

    def note_new_width(self, columns: int) -> None:
        """Take over that the terminal has another width than the unterminated line was drawn for."""
        is_short = bool(self._chunks) and sum(map(len, self._chunks)) <= MAX_LIVE_CHARS
        self._is_outdated = is_short and fills_row(b"".join(self._chunks).decode("utf-8", "replace"), columns)

    @property
    def has_partial(self) -> bool:
        """Whether the input's last line is unterminated."""
        return bool(self._chunks)

    def take_partial(self) -> bytes:
        """Remove and return the input's unterminated last line."""
        partial, self._chunks = b"".join(self._chunks), []
        return partial

    def restore_partial(self, partial: bytes) -> None:
        """Continue with an unterminated line from `take_partial`."""
        self._chunks = [partial] if partial else []

    # -- rows ---------------------------------------------------------------------------------------------------

    def rows(self, size: Size, written: Sequence[str] | None = None) -> list[str]:
        """Return the rows, at most the lowest screenful; with `written` those of these texts of writers."""
        texts = list(self.written if written is None else written)
        if self._chunks and sum(map(len, self._chunks)) <= MAX_LIVE_CHARS:
            texts.append(b"".join(self._chunks).decode("utf-8", "replace"))
        rows = [row for text in texts if len(text) <= MAX_LIVE_CHARS for row in self._renderer.live_rows(text)]
        if rows and texts[-1].endswith(" "):  # a question, behind whose blank the answer is typed
            shown = sanitize(rows[-1])[0]
            missing = _count_last_blanks(texts[-1]) - _count_last_blanks(shown)
            rows[-1] += " " * max(0, min(missing, size.columns - 1 - cells(shown)))
        return [*self._pending_rows(), *rows][-size.rows :]

    def frame_rows(self, size: Size, *, can_be_counted: bool) -> list[str]:
        """Return the rows for the next frame: none while they are given up, or are several that cannot be counted.

        Args:
            size: the terminal's.
            can_be_counted: whether it is known how many rows of the terminal those on the screen take.
        """
        rows = self.rows(size)
        if rows != self._given_up:
            self._given_up = []
        self.is_shown = len(rows) <= 1 or can_be_counted
        return [] if self._given_up or not self.is_shown else rows

    @property
    def are_given_up(self) -> bool:
        """Whether the rows on the screen are given up."""
        return bool(self._given_up)

    def give_up(self, size: Size, written: Sequence[str] | None = None) -> None:
        """Give up the rows, or those of other texts of writers: they stand above other programs' output."""
        self._given_up = self.rows(size, written)

    def paint_again(self) -> None:
        """Paint the rows in the next frame: they are not on the screen."""
        self._given_up = []


def _count_last_blanks(text: str) -> int:
    return len(text) - len(text.rstrip(" "))


def drop_overwritten(line: TextOrBytes, carriage_return: TextOrBytes) -> TextOrBytes:
    """Remove the parts of a line that a later part, after a carriage return and at least as long, has overwritten."""
    visible: list[TextOrBytes] = []
    longest = -1
    for part in reversed(line.split(carriage_return)):
        if len(part) > longest:
            visible.append(part)
            longest = len(part) if part.isascii() else longest
    return carriage_return.join(reversed(visible))


def fills_row(line: str, columns: int) -> bool:
    """Return whether an unterminated line is at least as wide as a progress bar that fills a row."""
    return len(line) <= MAX_LIVE_CHARS and cells(sanitize(line)[0]) >= columns - 1
