"""What Ctrl-C means, how a signal ends us, and what is finished before that."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.tee import Tee

__all__ = ["LAST_WORDS", "InterruptCounter", "QuitSignal", "finish", "quit_by_signals"]

LAST_WORDS = 1.0  # seconds for what is still to be published when a signal ends us
SECOND = 2.0  # seconds within which a second Ctrl-C quits


class QuitSignal(SystemExit):
    """A signal ends us, wherever we are."""


class InterruptCounter:
    """Counts them.

    Args:
        polite: whether the first one waits for the input to end, as in a pipe; else it quits at once.
    """

    def __init__(self, *, polite: bool) -> None:
        self._polite = polite
        self._last: float | None = None

    def handle(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        """Handle SIGINT, on the main thread."""
        if self.quits():
            raise QuitSignal(130)

    def quits(self) -> bool:
        """One more: whether it is the one that quits. Any thread."""
        last, self._last = self._last, time.monotonic()
        return not self._polite or (last is not None and self._last - last < SECOND)

    def waiting(self) -> float | None:
        """Seconds since one that has not ended the input, while another one would quit; else None."""
        passed = None if self._last is None else time.monotonic() - self._last
        return passed if passed is not None and passed < SECOND else None


def quit_by_signals() -> None:
    """Have the signals that end a process end us by `QuitSignal` from now on, for there is something to finish first."""

    def quit_(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
        raise QuitSignal(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, quit_)


def finish(tee: Tee | None, warn: Callable[[str], None], timeout: float | None = None) -> bool:
    """Have a copy finished, at most within so many seconds; a signal leaves it `LAST_WORDS`. On the main thread.

    All is read by now: Ctrl-C is for nobody but us.

    Returns:
        Whether something is missing in it.
    """
    if tee is None:
        return False
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, InterruptCounter(polite=False).handle)
    tee.warn = warn
    try:
        tee.close(timeout)
    except QuitSignal:
        tee.close(LAST_WORDS)
        raise
    return tee.failed
