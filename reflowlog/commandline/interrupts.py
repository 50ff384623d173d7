"""What Ctrl-C means, and how a signal ends us."""

from __future__ import annotations

import time

__all__ = ["Interrupts", "Quit"]

SECOND = 2.0  # seconds within which a second Ctrl-C quits


class Quit(SystemExit):
    """A signal ends us, wherever we are."""


class Interrupts:
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
            raise Quit(130)

    def quits(self) -> bool:
        """One more: whether it is the one that quits. Any thread."""
        last, self._last = self._last, time.monotonic()
        return not self._polite or (last is not None and self._last - last < SECOND)

    def waiting(self) -> float | None:
        """Seconds since one that has not ended the input, while another one would quit; else None."""
        passed = None if self._last is None else time.monotonic() - self._last
        return passed if passed is not None and passed < SECOND else None
