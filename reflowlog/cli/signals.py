"""Ctrl-C and the signals that end the program."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from reflowlog.system import unix

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["SHUTDOWN_TIMEOUT", "InterruptCounter", "QuitSignal", "handle_unless_ignored", "quit_by_signals"]

SHUTDOWN_TIMEOUT = 1.0  # seconds for what is still to be published or painted when a signal ends the program
SECOND_PRESS_TIME = 2.0  # seconds within which a second Ctrl-C quits


class QuitSignal(SystemExit):
    """A signal ends the program; raised by signal handlers, wherever the main thread is."""


class InterruptCounter:
    """Counts Ctrl-C presses and decides which one quits.

    Args:
        waits_for_input: whether the first press waits for the input to end, as in a pipe; else it quits at once.
    """

    def __init__(self, *, waits_for_input: bool) -> None:
        self._waits_for_input = waits_for_input
        self._pressed_at: float | None = None

    def handle(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        """Handle SIGINT, on the main thread.

        Raises:
            QuitSignal: it is the press that quits.
        """
        if self.count_press():
            raise QuitSignal(130)

    def count_press(self) -> bool:
        """Count a press; return whether it quits. Any thread."""
        last, self._pressed_at = self._pressed_at, time.monotonic()
        return not self._waits_for_input or (last is not None and self._pressed_at - last < SECOND_PRESS_TIME)

    def seconds_since_press(self) -> float | None:
        """Return the seconds since a press, as long as another one would quit; else None."""
        passed = None if self._pressed_at is None else time.monotonic() - self._pressed_at
        return passed if passed is not None and passed < SECOND_PRESS_TIME else None


def handle_unless_ignored(number: int, handler: Callable[[int, FrameType | None], object]) -> None:
    """Handle a signal on the main thread, unless it is ignored: SIGINT in a shell's background job, SIGHUP by nohup."""
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, handler)


def quit_by_signals() -> None:
    """Raise `QuitSignal` for SIGTERM, SIGHUP and SIGBREAK from now on, because there is something to finish first."""

    def quit_(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
        raise QuitSignal(128 + number)

    for number in unix.signals("SIGTERM", "SIGHUP", "SIGBREAK"):
        handle_unless_ignored(number, quit_)
