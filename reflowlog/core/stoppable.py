"""A thread with a stop event, for a program's own loops."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

__all__ = ["StoppableThread"]


_Thread = TypeVar("_Thread", bound="StoppableThread")


class StoppableThread(threading.Thread):
    """A thread with a stop event: its loop polls `stopped`, or sleeps in `wait_stopped`.

    The target, or an overridden `run`, returns soon after `stop`. As a context manager the thread is started on entry,
    and stopped and joined on exit.

    Example:
        >>> ticks = []
        >>> def tick(thread):
        ...     while not thread.wait_stopped(0.001):
        ...         ticks.append("tick")
        >>> thread = StoppableThread(target=lambda: tick(thread))
        >>> with thread:
        ...     while not ticks:
        ...         pass
        >>> thread.is_alive(), thread.stopped
        (False, True)
    """

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        super().__init__(group, target, name, args, kwargs, daemon=daemon)
        self._stop_event = threading.Event()

    def stop(self) -> None:
        """Request the thread to end, and return at once. Idempotent; any thread, also before the start."""
        self._stop_event.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called; the thread itself may still run."""
        return self._stop_event.is_set()

    def wait_stopped(self, seconds: float | None = None) -> bool:
        """Sleep until `stop` is called, at most ``seconds`` seconds, and return whether it was called."""
        return self._stop_event.wait(seconds)

    def stop_and_join(self, timeout: float | None = None) -> None:
        """Call `stop`, then join for at most ``timeout`` seconds (see `is_alive`). A thread never joins itself."""
        self.stop()
        if self.ident is not None and self is not threading.current_thread():
            self.join(timeout)

    def __enter__(self: _Thread) -> _Thread:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_and_join()
