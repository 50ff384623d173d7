"""StoppableThread: a thread with a stop event."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

__all__ = ["StoppableThread"]


_Thread = TypeVar("_Thread", bound="StoppableThread")


class StoppableThread(threading.Thread):
    """A thread with a stop button: its loop asks `stopped`, or sleeps in `wait_stopped`.

    The target, or a `run` of your own, is to return soon after `stop`. As a context manager it is started on entry,
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
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """Ask the thread to end. Any thread, any number of times, also before it is started; returns at once."""
        self._stop_asked.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called; the thread itself may still be about to end."""
        return self._stop_asked.is_set()

    def wait_stopped(self, seconds: float | None = None) -> bool:
        """Sleep until `stop` is called, or that many seconds: whether it was called."""
        return self._stop_asked.wait(seconds)

    def stop_and_join(self, timeout: float | None = None) -> None:
        """`stop`, then wait for the end, at most ``timeout`` seconds (see `is_alive`); never waits for itself."""
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
