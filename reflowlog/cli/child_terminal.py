"""This program as the terminal of a command: keys, standard error, size, stop.

The command gets every key on the normal screen except those that open the viewer; in the viewer all keys are the
viewer's. When Ctrl-Z stops the command it stops this program as well, and both are continued together.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reflowlog.cli.suspension import PARK_TIMEOUT
from reflowlog.core.events import Key, TerminalChanged, TextWritten
from reflowlog.sources.sinks import PrefixSink
from reflowlog.system import tty, unix

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.options import CliOptions
    from reflowlog.cli.tee import Tee
    from reflowlog.core.worker import WorkerThread
    from reflowlog.sources.pty.child import PtyChild
    from reflowlog.sources.sinks import Sink
    from reflowlog.terminal.keyboard import Keyboard

__all__ = ["STDERR_MARK", "ChildTerminal"]

STDERR_MARK = "stderr | "
_STDERR_WRITER = -2  # id of the command's standard error as a writer
_OPENING_KEYS = {"PageUp", "F1"}  # keys that open the viewer, and do not reach the command,
_OPENING_KEYS_OF_LINES = {"Up", "Down", "Left", "Right", "PageDown", "Home", "End"}  # and these if it reads lines


class ChildTerminal:
    """A command's terminal.

    Args:
        child: the command.
        options: for the width.
        worker: the printer's thread.
        tee: takes a copy of a separate standard error.
        opens: whether the viewer is opened at once.
    """

    def __init__(
        self, child: PtyChild, options: CliOptions, worker: WorkerThread, tee: Tee | None, *, opens: bool
    ) -> None:
        self._child = child
        self._options = options
        self._worker = worker
        self._tee = tee
        self._opens = opens
        self._errors: Sink | None = None  # takes a separate standard error

    def start(self, keyboard: Keyboard, through: Callable[[Sink], Sink]) -> None:
        """Connect the keyboard before the command has written anything; `through` wraps the sink of its errors."""

        def write_text(text: str) -> None:
            self._worker.send_wait(TextWritten(text, _STDERR_WRITER), len(text))

        errors = self._errors = through(PrefixSink(STDERR_MARK, write_text))

        def on_error(data: bytes) -> None:
            if self._tee is not None:
                self._tee(data)
            errors.write(data)
            errors.pause()  # shown at once: no timer watches this stream

        self._child.on_error = on_error
        self._child.on_stop = self._on_stop
        self._worker.put(Key("End") if self._opens else TerminalChanged())
        self.resize()  # the size may have changed since the command was started
        keyboard.start()

    def end_errors(self) -> None:
        """Terminate the last line of standard error."""
        if self._errors is not None:
            self._errors.end()

    def _on_stop(self) -> None:
        """Stop this program and its job with the command. On the reader's thread."""
        self._worker.flush(PARK_TIMEOUT)  # the echo of Ctrl-Z
        os.kill(0, unix.SIGTSTP)

    def type(self, data: bytes, key: Key | None) -> bool:
        """Pass a key of the normal screen to the command; return False for a key that opens the viewer."""
        if key is not None and (
            key.name in _OPENING_KEYS or (key.name in _OPENING_KEYS_OF_LINES and self._child.reads_lines)
        ):
            return False
        self._child.type(data)
        return True

    def resize(self) -> None:
        """Set the command's terminal to the width that is shown; no-op in the background."""
        if tty.in_foreground(1):
            self._child.resize(self._options.size_to_lay_out(tty.size_of(1, os.environ)))

    def pass_on(self, number: int) -> bool:
        """Pass on a signal that ends this program; return whether to wait for the command."""
        return self._child.pass_on(number)

    def stop(self, within: float) -> None:
        """Stop the command and wait for that at most `within` seconds."""
        self._child.stop(within)

    def resume(self) -> None:
        """Continue the command."""
        self._child.resume()
