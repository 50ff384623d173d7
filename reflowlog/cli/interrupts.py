"""Ctrl-C in the screen modes: in inline mode, in the viewer, and for a command."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

from reflowlog.cli.question import NotePin
from reflowlog.cli.signals import InterruptCounter
from reflowlog.core.events import Key, PinUpdate, TerminalChanged
from reflowlog.system import tty

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.worker import WorkerThread
    from reflowlog.sources.pty.child import PtyChild

__all__ = ["InterruptHandler"]

HINT_DELAY = 0.5  # seconds after a Ctrl-C that has not ended the input
_HINT = "the input goes on; Ctrl-C again quits"


class InterruptHandler:
    """Handles SIGINT, and Ctrl-C as a key of the viewer.

    Args:
        worker: the printer's thread.
        child: the command whose terminal this program is; it gets the signal.
        finish: ends the program with a status.
        wake: wakes the main thread.
        is_full: returns whether the viewer is up.
        is_pipe: whether another program writes the input; it gets the signal as well, and ends the input.
    """

    def __init__(
        self,
        worker: WorkerThread,
        child: PtyChild | None,
        finish: Callable[[int], None],
        wake: Callable[[], None],
        is_full: Callable[[], bool],
        *,
        is_pipe: bool,
    ) -> None:
        self._worker = worker
        self._child = child
        self._finish = finish
        self._wake = wake
        self._is_full = is_full
        self._is_pipe = is_pipe
        self._counter = InterruptCounter(waits_for_input=is_pipe)
        self._viewer_counter = InterruptCounter(waits_for_input=True)  # in the viewer, whatever it shows
        self._signal_counter = InterruptCounter(waits_for_input=True)  # SIGINT in the viewer, not typed as a key
        self._must_forward = False
        self._is_hint_shown = False
        self._note = NotePin(f"reflowlog: {_HINT}")

    def handle(self, number: int, frame: object) -> None:
        """Handle SIGINT, which all processes in the foreground have got. On the main thread.

        Raises:
            QuitSignal: it is the press that quits.
        """
        if self._is_full():
            if self._signal_counter.count_press():  # the first one may only have ended a search
                self._finish(130)
            self._worker.inbox.put(Key("Interrupt"))
            return
        if self._child is not None:
            self._child.signal(number)
            return
        self._counter.handle(number, frame)
        self._worker.inbox.put(TerminalChanged(cursor_row_dirty=True))

    def handle_in_viewer(self, typed: bool) -> str:
        """Handle Ctrl-C in a viewer with nothing to interrupt; return the status message. On the printer's thread."""
        if self._viewer_counter.count_press():
            self._finish(130)
            return ""
        self._must_forward = typed and self._is_pipe  # as a key it has reached no other process
        self._wake()
        return _HINT if self._is_pipe else "Ctrl-C again quits, and so does q"

    def forward(self) -> None:
        """Send SIGINT to the other foreground processes, for a Ctrl-C that arrived as a key. On the main thread."""
        if self._must_forward and self._child is not None:
            self._must_forward = False
            self._child.signal(signal.SIGINT)
        if self._must_forward:
            self._must_forward = False
            with contextlib.suppress(OSError):
                handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
                tty.interrupt_job()
                signal.signal(signal.SIGINT, handler)

    def update_hint(self) -> None:
        """Show under the log how to quit, after a Ctrl-C that has not ended the input. On the main thread."""
        passed = self._counter.seconds_since_press()
        due = passed is not None and passed >= HINT_DELAY and not self._is_full()
        if due != self._is_hint_shown:
            self._is_hint_shown = due
            self._worker.put(PinUpdate(self._note, removed=not due))
