"""Pins: text that stays under the log, such as a progress bar. Any thread may hold one; only the printer draws them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reflowlog.core.events import PinUpdate

if TYPE_CHECKING:
    from types import TracebackType

    from reflowlog.core.worker import WorkerThread

__all__ = ["PATIENCE", "Leave", "Pin"]

PATIENCE = 1.0  # seconds that a pin's program waits for its end

Leave = bool | Callable[[], Callable[[int], str]]
"""Whether a pin leaves its last text, or what gives, then, what draws it from then on."""


class Pin:
    """Text that stays under the log, as `Console.pin` gives it. A context manager: on exit it is removed, and gone.

    Attributes:
        render: what it was made with: a width in cells to text, of one row or several.
        leave: whether its last text stays in the log when it is removed, or the console closed; or what gives, then,
            what draws it from then on.
        order: where it stands among the pins.
        pending: whether an update is on its way to the printer.
        removed: whether it is gone, or about to go.
    """

    def __init__(
        self,
        worker: WorkerThread,
        render: Callable[[int], str],
        *,
        leave: Leave = False,
        order: int = 0,
        patience: float = PATIENCE,
    ) -> None:
        self.render = render
        self.leave = leave
        self.order = order
        self.pending = False
        self._worker = worker
        self._patience = patience
        self.removed = False

    def update(self) -> None:
        """Ask ``render`` again and repaint. Any thread; returns at once; cheap to call often; harmless when gone."""
        if not (self.pending or self.removed or self._worker.closed):
            self.pending = True
            self._worker.put(PinUpdate(self))

    def remove(self, last: Callable[[int], str] | None = None) -> None:
        """Take it off the screen; harmless any number of times, and after the console is closed.

        Args:
            last: what it leaves in the log, in its place. It is drawn anew at each later width, for as long as the
                console is there, and so has to say the same whenever it is asked. None: with ``leave`` the text that
                ``render`` gives now, which is wrapped like any other; else nothing.
        """
        told, self.removed = self.removed, True
        if not (told or self._worker.closed):
            if last is None and callable(self.leave):
                last = self.leave()
            self._worker.put(PinUpdate(self, removed=True, last=last))

    def drain(self) -> None:
        """Wait until the terminal shows what it was told, or the lack of it: the program may print past the console.

        A moment at most, on the printer's own thread and with ``overflow="drop"`` not at all.
        """
        if self._patience and not self._worker.closed:
            self._worker.flush(self._patience)

    def __enter__(self) -> Pin:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()
        self.drain()
