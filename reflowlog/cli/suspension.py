"""Ctrl-Z in the screen modes: the job is stopped and continued together with a command."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from reflowlog.session.job_control import JobControl
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
        self._job = JobControl(worker, keyboard, PARK_TIMEOUT)
        self._runner = runner
        self._child = child
        self.handle_continue = self._job.handle_continue

    def handle_stop(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        """Stop: nothing is painted from here on until the shell has put the program back into the foreground."""
        with self._runner.without_alarm():  # this may interrupt a match; SIGTSTP has no handler meanwhile
            self._stop()

    def _stop(self) -> None:
        self._job.is_stopping = True  # from here on: the shell may continue the job while the command is being stopped
        if self._child is not None:
            self._child.stop(PARK_TIMEOUT)
        try:
            with self._job.released():
                if self._job.is_stopping:
                    signal.signal(unix.SIGTSTP, signal.SIG_DFL)
                    signal.raise_signal(unix.SIGTSTP)  # returns when the program is continued
                    signal.signal(unix.SIGTSTP, self.handle_stop)
        finally:
            if self._child is not None:
                self._child.resize()
                self._child.resume()
