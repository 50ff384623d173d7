"""Output target of a console: the stream it writes to, and its properties.

Invariants:
- Nothing is opened: the program owns the stream. It is looked up whenever it is needed, and may change.
- During a descriptor capture properties are read through `system/fd_redirect.py`, because the descriptors are
  redirected.
"""

from __future__ import annotations

import os
import sys
from typing import IO, TYPE_CHECKING, Any, Literal

from reflowlog.console.direct_output import LoopDetector, descriptor_of
from reflowlog.console.stream_proxy import beneath
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.system import fd_redirect, tty
from reflowlog.system.fds import is_tty
from reflowlog.system.tty import terminal_device

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.frames import Size

__all__ = ["ConsoleOptions", "Mode", "OutputTarget", "Rewrap", "is_terminal", "size_of"]

Mode = Literal["auto", "inline", "plain"]
Rewrap = Literal["screen", "all"]


class ConsoleOptions(NamedTuple):
    """Options of a console's output; see the arguments of `Console`."""

    mode: Mode
    width: int | None
    history: int | None
    rewrap: Rewrap
    color: tty.ColourChoice
    columns: bool | None
    threaded: bool | None = None
    extras: tuple[str, ...] | None = None


class OutputTarget:
    """The stream a console writes to, looked up at each use.

    Args:
        stream: the console's argument; None: standard error at the time of use.
        options: of the output.
        loops_back: returns True if writing to a stream would come back to this console.

    Attributes:
        original_stderr: the streams that active captures found as `sys.stderr`; the first one is written to meanwhile.
        original_stdout: those that they found as `sys.stdout`; the first one is written to once the stream is closed.
        stream: the console's argument.
        options: of the output.
        loop: detects a stream that leads back to this console.
    """

    def __init__(
        self,
        stream: IO[str] | None,
        options: ConsoleOptions,
        loops_back: Callable[[object], bool],
    ) -> None:
        self.stream = stream
        self.original_stderr: list[IO[str] | None] = []
        self.original_stdout: list[IO[str] | None] = []
        self.options = options
        self._loops_back = loops_back
        self.loop = LoopDetector()
        self._known_stderr: object = self  # the `sys.stderr` for which the target is known
        self._known_target: IO[str] | None = None

    def target(self) -> IO[str] | None:
        """Return the stream to write to, never one that leads back to this console."""
        if self.stream is not None:
            found = beneath(self.stream)
        elif self.original_stderr:
            found = self._find_target(self.original_stderr[0])
        else:
            stderr = sys.stderr
            if stderr is not self._known_stderr:
                self._known_target = self._find_target(stderr)
                self._known_stderr = stderr
            found = self._known_target
        return sys.__stderr__ if found is not None and found is self.loop.stream else found

    def _find_target(self, stream: IO[str] | None) -> IO[str] | None:
        """Return the stream beneath a standard error; never one that leads back to this console."""
        if type(stream).__module__ == "textual.app":  # its capture discards text: records wait for the terminal
            return sys.__stderr__
        redirected: Any = stream  # by Rich's live display, which may draw on a console
        if self._loops_back(getattr(getattr(redirected, "_FileProxy__console", None), "file", None)):
            stream = redirected.rich_proxied_file
        return sys.__stderr__ if self._loops_back(stream) else beneath(stream)

    @property
    def descriptor(self) -> int | None:
        """Descriptor of the stream, see `descriptor_of`."""
        return descriptor_of(self.target())

    @property
    def encoding(self) -> str:
        """Encoding of the stream; UTF-8 where it has none."""
        return getattr(self.target(), "encoding", None) or "utf-8"

    def terminal(self) -> int | None:
        """Return the device number of the terminal that the stream is; None if it is none."""
        descriptor = self.descriptor
        return None if descriptor is None else fd_redirect.ask(descriptor, terminal_device)

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return is_terminal(self.descriptor)

    @property
    def width(self) -> int | None:
        """Current layout width in cells; None where lines are not wrapped."""
        if self.options.width is not None:
            return self.options.width
        descriptor = self.descriptor
        return size_of(descriptor).columns if self.is_inline(descriptor) else None

    def is_inline(self, descriptor: int | None) -> bool:
        """Return whether rows are laid out in the normal screen of a descriptor's terminal."""
        if self.options.mode == "auto":
            if descriptor is None or not is_terminal(descriptor):
                return False
            return fd_redirect.ask(descriptor, tty.has_sequences) and not tty.is_dumb(os.environ)
        return self.options.mode == "inline"


def is_terminal(descriptor: int | None) -> bool:
    """Return whether a descriptor, or its original during a capture, is a terminal."""
    return descriptor is not None and fd_redirect.ask(descriptor, is_tty)


def size_of(descriptor: int | None) -> Size:
    """Return the size of a descriptor's terminal, of the original during a capture; None is standard error."""
    return fd_redirect.ask(2 if descriptor is None else descriptor, lambda number: tty.size_of(number, os.environ))
