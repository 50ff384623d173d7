"""Release of the terminal while the job is stopped, and its return when the job is continued.

Invariants:
- While the terminal is released nothing is painted and no key is read; its settings are restored.
- The printer waits until the terminal is taken back, however the release ends.
- A stop that was not announced (SIGSTOP) is followed by a repaint.
- The stop itself is elsewhere: `cli/suspension.py` for the command, `console/interactive/keys.py` in a program, and
  `sources/pty/child.py` for the child of ``-e``.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from reflowlog.core.events import Suspend, TerminalChanged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from reflowlog.core.worker import WorkerThread
    from reflowlog.terminal.keyboard import Keyboard

__all__ = ["JobControl"]


class JobControl:
    """Releases a terminal and takes it back.

    Args:
        worker: the printer's thread.
        keyboard: reads the terminal; None where the program reads it itself.
        timeout: seconds for the printer to release the terminal, which may be a slow one.

    Attributes:
        is_stopping: whether the terminal is released, and the job was not continued since.
    """

    def __init__(self, worker: WorkerThread, keyboard: Keyboard | None, timeout: float) -> None:
        self._worker = worker
        self._keyboard = keyboard
        self._timeout = timeout
        self.is_stopping = False

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Release the terminal within the block, in which the job is to be stopped. Any thread but the printer's.

        If the job is continued before it was stopped, `is_stopping` is False: a stop would then be for ever.
        """
        parked, resumed = threading.Event(), threading.Event()
        here = threading.get_ident()

        def wait() -> None:
            if threading.get_ident() != here:  # else the worker has ended, and this thread processes its events
                resumed.wait()

        self.is_stopping = True
        if self._keyboard is not None:  # at once: a shell that waits for other processes only is prompting already
            self._keyboard.suspend()
        self._worker.put(Suspend(parked.set, wait))
        try:
            self._worker.wake_now()
            parked.wait(self._timeout)
            yield
        finally:  # also where a signal ends the program meanwhile: the printer waits for this
            self.is_stopping = False
            resumed.set()

    def handle_continue(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's signature
        """Repaint after a stop that was not announced."""
        if not self.is_stopping:
            self._worker.inbox.put(TerminalChanged(resumed=True))
        self.is_stopping = False
