"""Pins: text kept under the log, such as a progress bar. Any thread may own one; only the printer thread draws it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reflowlog.core.events import PinUpdate

if TYPE_CHECKING:
    from types import TracebackType

    from reflowlog.console.core import ConsoleCore

__all__ = ["REMOVAL_TIMEOUT", "Leave", "Pin"]

REMOVAL_TIMEOUT = 1.0  # seconds that `Pin.drain` waits until the terminal shows a removed pin's absence

Leave = bool | Callable[[], Callable[[int], str]]
"""Whether a pin leaves its last text; or a callable that returns, on removal, the function that then draws it."""


class Pin:
    """Text kept under the log, returned by `Console.pin`. A context manager that removes it on exit.

    Attributes:
        render: the function from a width in cells to text, of one row or several.
        leave: whether its last text stays in the log when it is removed or the console closed; or a callable that
            returns, then, the function that draws it from then on.
        order: its position among the pins, from low to high.
        pending: whether an update is queued for the printer.
        removed: whether it was removed, or its removal is queued.
    """

    def __init__(
        self,
        core: ConsoleCore,
        render: Callable[[int], str],
        *,
        leave: Leave = False,
        order: int = 0,
        removal_timeout: float = REMOVAL_TIMEOUT,
    ) -> None:
        if not callable(render):
            raise TypeError(f"render is {render!r}; it has to be callable, from a width to text")
        self.render = render
        self.leave = leave
        self.order = order
        self.pending = False
        self._core = core
        self._removal_timeout = removal_timeout
        self.removed = False

    def update(self) -> None:
        """Call ``render`` again and repaint. Any thread; returns at once; cheap to call often; no-op once removed."""
        if not (self.pending or self.removed or self._core.closed):
            self.pending = True
            self._core.put(PinUpdate(self))

    def remove(self, last: Callable[[int], str] | None = None) -> None:
        """Remove the pin from the screen. Idempotent; no-op after the console is closed.

        Args:
            last: draws the text that it leaves in the log, in its place. It is called again at each later width, as
                long as the console exists, and so has to be a pure function of the width. None: with ``leave`` the
                text that ``render`` returns now, which is wrapped like any other; else nothing.
        """
        was_removed, self.removed = self.removed, True
        if not (was_removed or self._core.closed):
            if last is None and callable(self.leave):
                last = self.leave()
            self._core.put(PinUpdate(self, removed=True, last=last))

    def drain(self) -> None:
        """Wait until the terminal shows the last update or removal, since the program may print past the console next.

        At most 1 s; on the printer thread and with ``overflow="drop"`` not at all.
        """
        if self._removal_timeout and not self._core.closed:
            self._core.flush(self._removal_timeout)

    def __enter__(self) -> Pin:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()
        self.drain()
