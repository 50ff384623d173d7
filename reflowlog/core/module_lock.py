"""Lock of a module's registries, which a fork cannot leave locked."""

from __future__ import annotations

import threading

from reflowlog.core import lifecycle

__all__ = ["ModuleLock"]


class ModuleLock:
    """Re-entrant lock that is a new one in the child of a fork: there the thread that holds it may not exist.

    A call returns the lock of this process.

    >>> lock = ModuleLock()
    >>> with lock(), lock():
    ...     pass
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        lifecycle.after_fork_in_child(lifecycle.FORK_LOCKS, self._renew)

    def __call__(self) -> threading.RLock:
        """Return the lock."""
        return self._lock

    def _renew(self) -> None:
        self._lock = threading.RLock()
