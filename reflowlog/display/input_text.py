"""Text of the input, as lines on a display, with the lines that the program redraws.

Invariants:
- Off a terminal, and of several sources, bytes pass unchanged. On a terminal what the program redraws is live
  (`redraw.py`), and the first frame of a display, which nothing told from other lines, is taken back once the next one
  goes up to it, as far as nothing came after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.display.redraw import BytesRedrawFilter
from reflowlog.display.written_text import MAX_FRAME_CHARS
from reflowlog.text.clean.live_lines import MAX_LIVE_LINES
from reflowlog.text.clean.sanitize import ESC, count_lines_above, is_invisible

if TYPE_CHECKING:
    from reflowlog.core.events import Chunk
    from reflowlog.display.base import Display

__all__ = ["InputText"]


class InputText:
    """Passes the chunks of the input to a display. Printer thread only.

    Args:
        display: keeps the lines.
        on_terminal: whether the display is a terminal: lines may be redrawn.
        drops_titles: remove window titles, because the program believes that it writes to a terminal.
    """

    def __init__(self, display: Display, *, on_terminal: bool, drops_titles: bool) -> None:
        self._display = display
        self._on_terminal = on_terminal
        self._filter = BytesRedrawFilter(self._take_above, drops_titles=drops_titles)
        self._lines = range(0)  # numbers of the newest lines of the input, after which nothing came

    def live(self) -> list[str]:
        """Return the lines that are redrawn."""
        return self._filter.live()

    def chunk(self, chunk: Chunk) -> None:
        """Keep a chunk."""
        data, runs = chunk
        if runs or not self._on_terminal:  # lines of several sources are complete
            self._display.chunk(data, runs)
        else:
            self._keep(self._filter.feed(data))

    def end(self) -> None:
        """Complete the last line at the end of an input, unless it shows nothing, as where only the cursor is shown."""
        self._keep(self._filter.flush())
        if self._on_terminal:
            partial = self._display.take_partial()
            if not (ESC in partial and is_invisible(partial)):
                self._keep(partial)
        self._display.end_of_input()

    def end_all(self) -> None:
        """Handle the end of all inputs."""
        self._keep(self._filter.flush())
        self._display.all_ended()

    def _keep(self, data: bytes) -> None:
        """Pass bytes to the display, and remember which lines are the input's."""
        if not data:
            return
        records = self._display.retractable
        start = 0 if records is None else records.end
        self._display.chunk(data)
        first = self._lines.start if start == self._lines.stop else start
        self._lines = range(0) if records is None else range(first, records.end)

    def _take_above(self, text: str) -> bytes:
        """Remove and return the lines that a text goes back to, and the unterminated one."""
        return b"".join([line + b"\n" for line in self._lines_above(text)]) + self._display.take_partial()

    def _lines_above(self, text: str) -> list[bytes]:
        """Take back the last lines that a text goes back to, as far as nothing came after them."""
        records = self._display.retractable
        count = min(count_lines_above(text), MAX_LIVE_LINES)
        if records is None or not count or records.end != self._lines.stop:
            return []
        first = max(self._lines.start, records.end - count)
        above = records.stored_lines(first)
        if not above or sum(map(len, above)) > MAX_FRAME_CHARS or not records.take_back(first):
            return []
        self._lines = range(self._lines.start, first)
        return above
