"""Ctrl-Z in the screen modes: suspend and continue, together with a command."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from reflowlog.core.events import Suspend, TerminalChanged
from reflowlog.system import unix

if TYPE_CHECKING:
    from reflowlog.cli.child_terminal import ChildTerminal
    from reflowlog.core.worker import WorkerThread
    from reflowlog.system.interruptible import MainThreadRunner
    from reflowlog.terminal.keyboard import Keyboard

__all__ = ["PARK_TIMEOUT", "Suspension"]

PARK_TIMEOUT = 0.3  # seconds for the printer to release the terminal, which may be a slow one


class Suspension:
    """Handlers of SIGTSTP and SIGCONT. On the main thread.

    Args:
        worker: the printer's thread.
        keyboard: releases the terminal while the program is stopped.
        runner: its alarm is off while the program is stopped.
        child: the command, which is stopped and continued as well.
    """

    def __init__(
        self, worker: WorkerThread, keyboard: Keyboard, runner: MainThreadRunner, child: ChildTerminal | None
    ) -> None:
        self._worker = worker
        self._keyboard = keyboard
        self._runner = runner
        self._child = child
        self._is_stopping = False

    def handle_stop(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        """Stop: nothing is painted from here on until the shell has put the program back into the foreground."""
        with self._runner.without_alarm():  # this may interrupt a match
            self._stop()

    def _stop(self) -> None:
        parked, resumed = threading.Event(), threading.Event()
        self._is_stopping = True
        if self._child is not None:
            self._child.stop(PARK_TIMEOUT)
        self._keyboard.suspend()  # at once: a shell that waits only for other processes of the job is prompting already
        self._worker.put(Suspend(parked.set, resumed.wait))
        try:
            self._worker.wake_now()
            parked.wait(PARK_TIMEOUT)
            if self._is_stopping:  # else the shell has continued the job already: stopping now would be for ever
                signal.signal(unix.SIGTSTP, signal.SIG_DFL)
                signal.raise_signal(unix.SIGTSTP)  # returns when the program is continued
                signal.signal(unix.SIGTSTP, self.handle_stop)
        finally:  # also where a signal ends the program meanwhile: the printer waits for this
            self._is_stopping = False
            resumed.set()
            if self._child is not None:
                self._child.resize()
                self._child.resume()

    def handle_continue(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        """Repaint after a stop that was not announced (SIGSTOP)."""
        if not self._is_stopping:
            self._worker.inbox.put(TerminalChanged(resumed=True))
        self._is_stopping = False
