"""Copying from the pager: into the terminal's clipboard, or by the user's command; and the text of all that is shown.

Invariants:
- The status message names what was copied, and how much: nothing else is.
- A text is at most `max_copied_bytes` long; of a longer one its start is copied, and the message says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.pager.match_index import NotReady
from reflowlog.pager.state import Copy
from reflowlog.system.background import BackgroundCommand
from reflowlog.terminal.clipboard import MAX_COPIED_BYTES, TMUX_COMMAND, clipboard_sequence, max_copied_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.match_index import Budget
    from reflowlog.pager.state import CopyShown

__all__ = ["Clipboard", "ShownText"]

COMMAND_SECONDS = 5.0  # seconds for the user's command
CLOSING_SECONDS = 1.0  # seconds for it at the end of the program


class Clipboard:
    """Takes the texts that are copied. Printer thread only.

    Args:
        environ: the environment, which tells what the terminal is.
        command: program and arguments that take a text on standard input, in place of the terminal; empty for none.
    """

    def __init__(self, environ: Mapping[str, str], command: Sequence[str] = ()) -> None:
        self._environ = environ
        self._command = tuple(command)
        self._running: tuple[BackgroundCommand, str] | None = None  # and the message for its success
        self.limit = MAX_COPIED_BYTES if command else max_copied_bytes(environ)

    def copy(self, request: Copy, write: Callable[[str], None]) -> str:
        """Copy a text, and return the message for the user; empty while a command takes it.

        Args:
            request: the text and its name.
            write: writes a control sequence to the terminal.
        """
        if not request.data:
            return f"nothing to copy: {request.what} is empty"
        data = _cut(request.data, self.limit)
        message = _success(request, len(data))
        self._end_running()
        if not self._command:
            write(clipboard_sequence(data, self._environ))
            if not self._environ.get("TMUX"):
                return message
        try:
            running = BackgroundCommand(self._command or TMUX_COMMAND, data, COMMAND_SECONDS)
        except OSError as error:
            return message if not self._command else f"cannot copy: {self._command[0]}: {error.strerror or error}"
        self._running = running, message
        return ""

    @property
    def is_busy(self) -> bool:
        """Whether a command is running."""
        return self._running is not None

    def poll(self) -> str:
        """Return the message for the user once the command has ended; else empty."""
        if self._running is None:
            return ""
        running, message = self._running
        failure = running.poll()
        if failure is None:
            return ""
        self._running = None
        if failure and self._command:
            return f"cannot copy: {failure}"
        return message  # where tmux's own command fails, the sequence may still have had its effect

    def _end_running(self, seconds: float = 0.0) -> None:
        if self._running is not None:
            self._running[0].close(seconds)
            self._running = None

    def close(self) -> None:
        """Wait a moment for a command that still runs, then end it. Idempotent."""
        self._end_running(CLOSING_SECONDS)


def _success(request: Copy, copied: int) -> str:
    """Return the message for a text of which so many bytes are copied; the size of all of it only if it is known."""
    total = len(request.data)
    if request.is_whole and copied == total:
        return f"copied {request.what}: {_size(total)}"
    size = f"{copied:,} of {_size(total)}" if request.is_whole else _size(copied)
    return f"copied the start of {request.what}: {size}"


def _size(count: int) -> str:
    """Return a size for a message: its exact number of bytes."""
    return f"{count:,} byte{'s' * (count != 1)}"


def _count(lines: int) -> str:
    """Return a number of lines for a message."""
    return f"{lines:,} line{'s' * (lines != 1)}"


def _cut(data: bytes, limit: int) -> bytes:
    """Return a text of at most `limit` bytes, its start if it is longer, cut between two characters of UTF-8."""
    while 0 < limit < len(data) and data[limit] & 0xC0 == 0x80:
        limit -= 1
    return data[:limit]


class ShownText:
    """Collects the lines that a pager shows, as they came, in slices. Printer thread only.

    Args:
        context: the pager's context, with the document and the lines that are shown of it.
        budget: the time budget of a slice.
        limit: bytes that are collected at most, in whole lines; of a first line that is longer its start.
    """

    def __init__(self, context: PagerContext, budget: Budget, limit: int) -> None:
        self._context = context
        self._budget = budget
        self._limit = limit
        self._lines: list[bytes] = []  # segments, with the newlines of those that end a line
        self._size = 0
        self._whole = 0  # number of segments up to the end of the last whole line

    def take_slice(self, copying: CopyShown) -> tuple[CopyShown | None, Copy | None]:
        """Collect lines for one slice.

        Args:
            copying: how far they are collected.

        Returns:
            The new progress, None once all are collected; and then the request to copy them.
        """
        if not copying.lines and copying.offset is None:
            self.clear()
        shown, document = self._context.filtered, self._context.document
        offset = copying.offset
        lines = copying.lines
        try:
            if offset is None:
                offset = shown.at(document.text.start)
            while offset is not None:
                if self._budget.is_over:
                    return copying._replace(offset=offset, lines=lines), None
                following = shown.after(offset)  # first: NotReady must leave this line to the next slice
                ends = document.after(offset)
                ends_line = ends is None or document.is_line_start(ends)
                line = self._context.settings.original(document.segment(offset)) + (b"\n" if ends_line else b"")
                if self._size + len(line) > self._limit:
                    return None, self._make_cut_request(line, lines)
                self._lines.append(line)
                self._size += len(line)
                if ends_line:
                    lines, self._whole = lines + 1, len(self._lines)
                offset = following
        except NotReady:
            return copying._replace(offset=offset, lines=lines), None
        request = Copy(b"".join(self._lines), _count(lines) if lines else "what is shown")
        self.clear()
        return None, request

    def _make_cut_request(self, segment: bytes, lines: int) -> Copy:
        """Return the request to copy the collected lines, the last one whole; without any, the start of the first.

        Args:
            segment: is too much.
            lines: number of whole lines collected.
        """
        if lines:
            what = "the first line" if lines == 1 else f"the first {_count(lines)}"
            request = Copy(b"".join(self._lines[: self._whole]), what)
        else:
            request = Copy(_cut(b"".join([*self._lines, segment]), self._limit), "the first line", is_whole=False)
        self.clear()
        return request

    def clear(self) -> None:
        """Forget the collected lines."""
        self._lines, self._size, self._whole = [], 0, 0
