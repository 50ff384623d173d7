"""Filters the output of programs that redraw their last lines, such as progress displays of several lines.

Invariants:
- Output passes unchanged until a program hides the cursor or moves it up. From then on its last lines are live: they
  are shown, but kept in the history only once they are settled, with the text that a terminal shows.
- The redrawing is over when the cursor is shown again, or when many lines came without a move upward.
- Nothing is lost: at the end of the output the live lines are kept.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import TYPE_CHECKING

from reflowlog.render.ansi import draw
from reflowlog.text.clean.live_lines import MAX_LIVE_LINES, LiveLines
from reflowlog.text.clean.sanitize import ESC, continues_redraw, incomplete_control, redraw_start, strip_titles
from reflowlog.text.clean.wrap import whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import Spans

__all__ = ["BytesRedrawFilter", "RedrawFilter"]

_MAX_HELD_BYTES = 1_100  # of a sequence that is cut off at the end of a chunk


class RedrawFilter:
    """Passes the text of one writer, and holds back its live lines.

    Args:
        take_above: removes and returns what a text goes back to: whole lines, which may be the first frame of a display
            that nothing told from other lines, and the writer's unterminated line.
    """

    def __init__(self, take_above: Callable[[str], str]) -> None:
        self._take_above = take_above
        self._lines: LiveLines | None = None

    def hold(self, line: str) -> None:
        """Hold back a line that was drawn over, and its newline, as long as the next ones are: tqdm goes back to it."""
        self._lines = LiveLines()
        self._lines.feed(line)

    @property
    def is_active(self) -> bool:
        """Whether there are live lines."""
        return self._lines is not None

    @property
    def awaits_frame(self) -> bool:
        """Whether the first frame of a display comes next, from whatever thread."""
        return self._lines is not None and self._lines.awaits_frame

    def live(self) -> list[str]:
        """Return the live lines with their colours, without an empty last one."""
        lines = [] if self._lines is None else [_drawn(*line) for line in self._lines.live()]
        return lines[:-1] if lines and not lines[-1] else lines

    def feed(self, text: str) -> str:
        """Take in output, split at any character, and return the settled part of it."""
        settled = ""
        if self._lines is None:
            control = redraw_start(text)
            if control is None:
                return text
            start = _start_of_lines_before(text, control.start())
            settled, text = text[:start], text[start:]
            if not settled:
                text = self._take_above(text) + text
            self._lines = LiveLines()
        elif not self._lines.has_moved_up and text == "\n":  # what stands above has not been gone back to
            settled, _, line = self.flush().rpartition("\n")
            self.hold(line + text)
            return settled and settled + "\n"
        elif self._is_left_by(self._lines, text):
            return self.flush() + text
        settled += "".join([f"{_drawn(*line)}\n" for line in self._lines.feed(text)])
        return settled + self.flush() if self._lines.is_over else settled

    @staticmethod
    def _is_left_by(lines: LiveLines, text: str) -> bool:
        """Return whether a text is other output, or so long that nothing above is redrawn any more."""
        if not lines.has_moved_up:
            return not continues_redraw(text)
        return text.count("\n") > MAX_LIVE_LINES and redraw_start(text) is None and lines.is_cursor_in_last_line

    def settle_above(self) -> str:
        """Settle and return the lines above which text of other writers comes next; whole lines while it is active."""
        if self._lines is None:
            return ""
        if self._lines.has_ended or not self._lines.has_moved_up:
            return self.flush()
        return "".join([f"{_drawn(*line)}\n" for line in self._lines.settle_above()])

    def flush(self) -> str:
        """Settle the live lines, and return them; the last one is unterminated."""
        lines, self._lines = self._lines, None
        drawn = [] if lines is None else [_drawn(*line) for line in lines.close()]
        if drawn and not drawn[-1].strip(" "):  # a row that was written over with blanks is no line
            drawn[-1] = ""
        return "\n".join(drawn)


class BytesRedrawFilter:
    """A `RedrawFilter` for the bytes of the input.

    Args:
        take_above: removes and returns what a text goes back to, see `RedrawFilter`.
        drops_titles: remove window titles and directories, because the program believes that it writes to a terminal.
    """

    def __init__(self, take_above: Callable[[str], bytes], *, drops_titles: bool = False) -> None:
        self._filter = RedrawFilter(lambda text: take_above(text).decode("utf-8", "surrogateescape"))
        self._drops_titles = drops_titles
        self._held = b""  # a sequence that is cut off
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")

    def live(self) -> list[str]:
        """Return the live lines with their colours, without an empty last one."""
        return self._filter.live()

    def feed(self, data: bytes) -> bytes:
        """Take in output, split at any byte, and return the settled part of it."""
        if self._held:
            data, self._held = self._held + data, b""
        if ESC in data:
            tail = data[-_MAX_HELD_BYTES:].decode("latin-1")
            cut = len(data) - len(tail) + incomplete_control(tail)
            data, self._held = data[:cut], data[cut:]
            if self._drops_titles:
                data = strip_titles(data)
        elif not self._filter.is_active:
            return data
        settled = self._filter.feed(self._decoder.decode(data)).encode("utf-8", "surrogateescape")
        return settled if self._filter.is_active else settled + self._undecoded()

    def flush(self) -> bytes:
        """Settle the live lines, and return them; the last one is unterminated."""
        settled = self._filter.flush().encode("utf-8", "surrogateescape") + self._undecoded()
        held, self._held = self._held, b""
        return settled + held

    def _undecoded(self) -> bytes:
        """Remove and return the bytes of a character that is cut off."""
        data, _ = self._decoder.getstate()
        self._decoder.reset()
        return data


def _drawn(text: str, spans: Spans) -> str:
    return draw(text, spans, whole(text))


def _start_of_lines_before(text: str, end: int) -> int:
    """Return the start of the last `MAX_LIVE_LINES` lines before an offset; 0 if there are fewer."""
    start = end
    for _ in range(MAX_LIVE_LINES):
        start = text.rfind("\n", 0, start)
        if start < 0:
            return 0
    return start + 1
