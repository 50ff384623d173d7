"""Values that are made on first use, once, whichever threads request them."""

from __future__ import annotations

import threading
from functools import update_wrapper
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Once"]

MAX_WAIT = 1.0  # seconds; a thread that a fork has left behind in the parent never releases the lock

_Made = TypeVar("_Made")


class Once(Generic[_Made]):
    """Decorator of a function without parameters: a thread waits while another one makes the value.

    Under `functools.cache` alone both would make it, which takes twice as long under the interpreter's lock; put
    `cache` around it, which costs less a call. Any thread may call it.

    Args:
        make: makes the value.

    Examples:
        >>> @Once
        ... def table():
        ...     print("made")
        ...     return {1: "one"}
        >>> table() is table()
        made
        True
    """

    def __init__(self, make: Callable[[], _Made]) -> None:
        self._make = make
        self._made: list[_Made] = []
        self._lock = threading.Lock()
        update_wrapper(self, make)

    def __call__(self) -> _Made:
        """Return the value."""
        if not self._made:
            is_locked = self._lock.acquire(timeout=MAX_WAIT)
            try:
                if not self._made:
                    self._made.append(self._make())
            finally:
                if is_locked:
                    self._lock.release()
        return self._made[0]
