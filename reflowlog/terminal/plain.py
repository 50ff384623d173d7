"""Plain output without cursor movement: every line is written once.

`PlainPainter` writes laid-out rows to a file or a pipe; `pump` copies bytes unchanged, at the speed of the pipe.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from reflowlog.system.fds import CHUNK_BYTES, OutputClosed, enlarge_pipe, read_some, write_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.frames import Frame, Size
    from reflowlog.terminal.output import Output

__all__ = ["PlainPainter", "UnreadableError", "pump"]

_CANNOT_SPLICE = {errno.EINVAL, errno.ENOSYS, errno.EAGAIN, errno.EBADF}


class UnreadableError(OSError):
    """The source cannot be read; an error of the target is an `OSError` of another type."""


class PlainPainter:
    """Appends rows in order of arrival. Pins need a screen, and are left out.

    An unterminated line, maybe a prompt, is written at a flush. If another line arrives before its end, it is written
    again as a whole.
    """

    columns = 0
    size_lag = 0.0
    can_locate = False

    def __init__(self, output: Output) -> None:
        self._output = output
        self._partial = ""  # the part of an unterminated line that is written already

    def note_size(self, size: Size) -> None:
        """No-op: written rows stay as they are."""

    def take_back(self, first: int) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: written rows stay as they are."""
        return False

    def drop_repaint(self) -> None:
        """No-op: there is none."""

    def resize(self, size: Size, held: int = 0) -> int | None:  # noqa: ARG002 - the protocol's
        """No-op: written rows stay as they are."""
        return None

    def paint(self, frame: Frame) -> None:
        """Write the new rows. Raises `OutputClosed`."""
        text = "\n".join([text for _, text in frame.blocks]) + "\n" if frame.blocks else ""
        if text and self._partial:
            text = text[len(self._partial) :] if text.startswith(self._partial) else "\n" + text
            self._partial = ""
        live = frame.live[0] if frame.flush_requested and len(frame.live) == 1 else ""
        if live and live.startswith(self._partial):
            text += live[len(self._partial) :]
            self._partial = live
        if text:
            self._output.write(text)

    def write_line(self, line: str) -> None:
        """Write a line of the console's own. Raises `OutputClosed`."""
        self._output.write(line + "\n")

    def drain(self) -> None:
        """Return once all frames are written."""
        self._output.drain()

    def resume(self) -> None:
        """No-op: rows are never repainted."""

    def forget_rows(self) -> None:
        """No-op: rows are never repainted."""

    def prepare_hiding(self) -> None:
        """No-op: there is no alternate screen."""

    def mark_cursor_row_dirty(self) -> None:
        """No-op: echoed characters stay."""

    def close(self) -> None:
        """No-op: no mode was changed."""


def pump(source: int, target: int, tee: Callable[[bytes], None] | None = None) -> None:
    """Copy bytes until EOF, each chunk as soon as it arrives.

    Without a tee the bytes do not pass through this process where the system can splice (Linux, one of the two a
    pipe): as fast as the pipe, and without a buffer here.

    Args:
        source: descriptor to read.
        target: descriptor to write.
        tee: called with every chunk before it is written.

    Raises:
        OutputClosed: the target has no reader any more.
        UnreadableError: reading failed.
        OSError: writing failed otherwise.
    """
    enlarge_pipe(source)
    enlarge_pipe(target)
    if tee is None and hasattr(os, "splice") and _splice(source, target):
        return
    while True:
        try:
            data = read_some(source)
        except OSError as error:
            raise UnreadableError(error.errno, error.strerror) from error
        if not data:
            return
        if tee is not None:
            tee(data)
        write_all(target, data)


def _splice(source: int, target: int) -> bool:
    """Splice until EOF; return False as soon as these two descriptors turn out to be unsupported."""
    while True:
        try:
            if os.splice(source, target, CHUNK_BYTES) == 0:  # type: ignore[attr-defined, unused-ignore]
                return True
        except BrokenPipeError as error:
            raise OutputClosed(str(error)) from error
        except OSError as error:
            if error.errno in _CANNOT_SPLICE:
                return False
            raise
