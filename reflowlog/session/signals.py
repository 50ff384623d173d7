"""Handlers of signals whose action is the default, in a process that may have handlers of its own."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from reflowlog.system import unix

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    Handler = Callable[[int, FrameType | None], object]

__all__ = ["SignalHandlers"]


class SignalHandlers:
    """Handlers that are installed where the action was the default, and removed again.

    Signals can be handled on the main thread only: on another one everything here is a no-op. A handler that other code
    has replaced meanwhile is left alone.
    """

    def __init__(self) -> None:
        self._installed: dict[int, Handler] = {}

    def install(self, name: str, handler: Handler) -> bool:
        """Handle a signal if its action is the default, and return whether that is done.

        Args:
            name: such as "SIGTERM"; a signal that this system lacks is not handled.
            handler: called on the main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            return False
        for number in unix.signals(name):
            if signal.getsignal(number) is signal.SIG_DFL and not _is_caught(number):
                self._installed[number] = handler
                signal.signal(number, handler)
                return True
        return False

    def restore(self) -> None:
        """Give signals that are still handled here their default action. Idempotent."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number, handler in self._installed.items():
            if signal.getsignal(number) == handler:
                signal.signal(number, signal.SIG_DFL)
        self._installed.clear()


def _is_caught(number: int) -> bool:
    """Return whether a signal has a handler, such as one in C that Python does not know; False where that is unknown.

    `faulthandler.register` installs such handlers.
    """
    try:
        with open("/proc/self/status", "rb") as file:
            mask = next(line for line in file if line.startswith(b"SigCgt:"))
        return bool(int(mask.split()[1], 16) >> (number - 1) & 1)
    except (OSError, StopIteration, ValueError, IndexError):
        return False
