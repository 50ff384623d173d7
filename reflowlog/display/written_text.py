"""Text that a program prints, as lines on a display: unterminated lines, and lines that are redrawn.

Invariants:
- Each writer, a thread on a stream, has an unterminated line of its own: texts of several threads never mix in a line.
- What writers redraw is live (`redraw.py`). Spinners and progress displays are often drawn by several threads, so a
  text of another one on the same stream may belong to the frame.
- Only on a terminal are lines redrawn: off it a text stays as it was written.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from reflowlog.core.events import LineEnded, TextWritten
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.display.live_rows import MAX_OVERWRITTEN_CHARS, drop_overwritten, fills_row
from reflowlog.display.redraw import RedrawFilter
from reflowlog.text.clean.live_lines import MAX_LIVE_LINES
from reflowlog.text.clean.sanitize import (
    ERASE_LINE,
    ESC,
    continues_redraw,
    count_lines_above,
    is_begun_anew,
    is_erased,
    is_invisible,
    redraw_start,
    strip_titles,
)

if TYPE_CHECKING:
    from reflowlog.display.base import Display

__all__ = ["WrittenText"]

MAX_FRAME_CHARS = 1 << 16  # characters of a first frame of a display that is recognized later


class _PrintedLines(NamedTuple):
    """Whole lines that were printed at once: their stream, the number of the first one, and their texts."""

    stream: int
    first: int
    lines: list[str]


class WrittenText:
    """Splits text of any number of writers into lines of a display. Printer thread only.

    Args:
        display: keeps the lines.
        on_terminal: whether the display is a terminal: lines may be redrawn, and titles are removed.
    """

    def __init__(self, display: Display, *, on_terminal: bool) -> None:
        self._display = display
        self._on_terminal = on_terminal
        self._unfinished: dict[int, str] = {}  # unterminated text by writer
        self._outdated: set[int] = set()  # writers whose unterminated line was drawn for another width
        self._question: int | None = None  # writer of the unterminated line that is the latest question
        self._redraws: dict[int, RedrawFilter] = {}  # by writer; only of writers that redraw lines
        self._redrawing: dict[int, int] = {}  # by stream, the first of its writers in there
        self._drawing: dict[int, int] = {}  # by such a first writer, the one whose frame is in its last line
        self._overwriting: dict[int, int] = {}  # by stream, the last writer that has begun its line anew
        self._printed: deque[_PrintedLines] = deque(maxlen=MAX_LIVE_LINES)  # see `_lines_above`

    def live(self) -> list[str]:
        """Return the lines that are redrawn, and the unterminated ones."""
        redrawn = [line for redraws in self._redraws.values() for line in redraws.live()]
        return [*redrawn, *self._unfinished.values()]

    def note_new_width(self, columns: int) -> None:
        """Take over that the terminal has another width than the unterminated lines were drawn for."""
        self._outdated = {writer for writer, text in self._unfinished.items() if fills_row(text, columns)}

    def end_lines(self) -> None:
        """Complete the lines of all writers."""
        for writer in [*self._redraws, *self._unfinished]:
            self.end_line(LineEnded(writer))

    # -- questions ----------------------------------------------------------------------------------------------

    def note_question(self) -> None:
        """Take over that a program reads an answer: the latest unterminated line, if any, is its question."""
        self._question = next(reversed(self._unfinished), None)

    @property
    def has_question(self) -> bool:
        """Whether the last program that read an answer had asked a question."""
        return self._question is not None

    def drop_question(self) -> None:
        """Drop the question, which the terminal shows with its answer. No-op if there is none."""
        if self._question is not None:
            self._unfinished.pop(self._question, None)

    # -- text ---------------------------------------------------------------------------------------------------

    def write(self, written: TextWritten) -> None:
        """Keep the complete lines of a text on the display, and the rest as an unterminated line."""
        text, writer, stream, printed = written
        if stream and writer not in self._redraws and (self._redraws or self._overwriting):
            writer = self._line_owner(text, writer, stream)
        if self._redraws:
            if printed and stream in self._redrawing and text[-1:] == "\n" and redraw_start(text) is None:
                self.settle_above()
                for line in text[:-1].split("\n"):
                    self._display.line(line)
                return
            if writer not in self._redraws:
                self.settle_above()
        if self._on_terminal:  # a program that writes to a terminal sets its title
            text = strip_titles(text)
        if writer in self._redraws or (self._on_terminal and redraw_start(text) is not None):
            text = self._redraw(text, writer, stream)
        elif text == "\n" and self._on_terminal and "\r" in self._unfinished.get(writer, ""):
            self._new_redraws(writer, stream).hold(self._unfinished.pop(writer) + text)
            return
        before = self._unfinished.pop(writer, "")
        *lines, rest = text.split("\n")
        if writer in self._outdated:
            is_anew = is_begun_anew(before, text)
            if is_anew or lines or not before:
                self._outdated.discard(writer)
            before += ERASE_LINE * is_anew
        if lines:
            lines[0] = before + lines[0]
            records = self._display.retractable
            start = 0 if records is None else records.end
            for line in lines:
                self._display.line(line)
            if stream and records is not None and records.end == start + len(lines):  # each line is a record
                self._remember(lines, stream, records.end)
        else:
            rest = before + rest
        if rest:
            self._keep_unfinished(rest, writer, stream)

    def _remember(self, lines: list[str], stream: int, end: int) -> None:
        """Remember the last lines of a text, which may be the first frame of a display; `end` is their end.

        Nothing is remembered over large ones: no frame is that large, and the scrollback may have dropped them.
        """
        last = lines[-MAX_LIVE_LINES:]
        if sum(map(len, last)) > MAX_FRAME_CHARS:
            self._printed.clear()
        else:
            self._printed.append(_PrintedLines(stream, end - len(last), last))

    def end_line(self, end: LineEnded) -> None:
        """Complete the lines that a writer redraws, and its unterminated one, unless that shows nothing."""
        if (redraws := self._redraws.get(end.writer)) is not None:
            self._forget_redraws(end.writer)
            self.write(TextWritten(redraws.flush(), end.writer))
        rest = self._unfinished.pop(end.writer, "")
        data = rest.encode("utf-8", "replace")
        if rest and (not self._on_terminal or ESC not in data or not is_invisible(data)):
            self._display.line(rest)

    def _line_owner(self, text: str, writer: int, stream: int) -> int:
        """Return the writer whose lines a text draws over: that of another thread on the same stream, or its own."""
        if not continues_redraw(text) and ("\b" not in text or text.strip(" \b")):  # nor erases a spinner's character
            return self._frame_owner(text, writer, stream)
        if stream in self._redrawing:
            self._drawing[self._redrawing[stream]] = writer
            return self._redrawing[stream]
        owner = self._overwriting.get(stream, writer)
        return writer if owner not in self._unfinished or writer in self._unfinished or text[:2] == "\r\n" else owner

    def _frame_owner(self, text: str, writer: int, stream: int) -> int:
        """Return the writer whose frame a text begins or continues, in pieces where the stream is not buffered."""
        owner = self._redrawing.get(stream, writer)
        if owner not in self._redraws or (text[-1:] in ("", "\n") and text != "\n"):
            return writer
        if self._drawing.get(owner) != writer and (text == "\n" or not self._redraws[owner].awaits_frame):
            return writer
        self._drawing[owner] = writer
        return owner

    def _keep_unfinished(self, rest: str, writer: int, stream: int) -> None:
        """Keep an unterminated line, unless it was erased, with the cursor at its start: then there is no line."""
        if "\r" in rest or "\b" in rest:
            if is_erased(rest):
                return
            self._overwriting[stream] = writer
        self._unfinished[writer] = rest if len(rest) < MAX_OVERWRITTEN_CHARS else drop_overwritten(rest, "\r")

    def settle_above(self) -> None:
        """Show the settled lines of all writers that redraw, because other text comes after them."""
        for writer, redraws in list(self._redraws.items()):
            settled = redraws.settle_above()
            if not redraws.is_active:
                self._forget_redraws(writer)
                self.write(TextWritten(settled, writer))
            else:
                for line in settled.split("\n")[:-1]:
                    self._display.line(line)

    def _forget_redraws(self, writer: int) -> None:
        del self._redraws[writer]
        self._drawing.pop(writer, None)
        self._redrawing = {stream: owner for stream, owner in self._redrawing.items() if owner != writer}

    def _redraw(self, text: str, writer: int, stream: int) -> str:
        """Return the settled part of a text by a writer that redraws its last lines.

        Another thread may draw over them on the same stream: spinners and progress displays do.
        """
        redraws = self._redraws.get(writer)
        if redraws is None:
            redraws = self._new_redraws(writer, stream)
        text = redraws.feed(text)
        if not redraws.is_active:
            self._forget_redraws(writer)
        return text

    def _take_above(self, text: str, writer: int, stream: int) -> str:
        """Remove and return the lines that a text goes back to: of its stream, and its writer's unterminated one."""
        above = "".join([f"{line}\n" for line in self._lines_above(text, stream)])
        return above + self._unfinished.pop(writer, "")

    def _lines_above(self, text: str, stream: int) -> list[str]:
        """Take back the last lines of a stream that a text goes back to, as far as nothing came after them."""
        records = self._display.retractable
        if records is None:
            return []
        count = count_lines_above(text)
        end = records.end
        above: list[str] = []
        while self._printed and len(above) < count:
            printed = self._printed.pop()
            if printed.stream != stream or printed.first + len(printed.lines) != end:
                break
            above[:0] = printed.lines[-(count - len(above)) :]
            end = printed.first
        self._printed.clear()
        return above if above and records.take_back(records.end - len(above)) else []

    def _new_redraws(self, writer: int, stream: int) -> RedrawFilter:
        redraws = self._redraws[writer] = RedrawFilter(lambda text: self._take_above(text, writer, stream))
        self._redrawing.setdefault(stream, writer)
        return redraws
