"""Exception hooks that flush consoles before Python writes an unhandled exception to standard error.

Invariants:
- The existing hooks (`sys.excepthook`, `threading.excepthook`) are always called. Ours run before them: they only flush
  the consoles, for at most 1 s in all.
- They are restored with the last console; where other code has replaced them meanwhile, ours pass calls through to the
  hooks they replaced.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.console.stream_proxy import skip_ended

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["register", "unregister"]

FLUSH_TIMEOUT = 1.0  # seconds that an exception waits for earlier records, over all consoles


class ExceptionReceiver(Protocol):
    """The part of a console that the hooks use."""

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all accepted records are shown, at most ``timeout`` seconds."""


def register(console: ExceptionReceiver) -> None:
    """Flush this console before an unhandled exception is written. Any thread."""
    _consoles.add(console)
    if not _hooks:
        _hooks.extend((module, _ExceptionHook(module.excepthook)) for module in _MODULES)
        for module, hook in _hooks:
            module.excepthook = hook


def unregister(console: ExceptionReceiver) -> None:
    """Unregister a console; the last one restores the hooks as they were found. Idempotent; any thread."""
    _consoles.discard(console)
    while _hooks and not _consoles:
        module, hook = _hooks.pop()
        hook.live = False
        if module.excepthook is hook:
            module.excepthook = skip_ended(hook)


class _ExceptionHook:
    """Replacement of an exception hook.

    Attributes:
        beneath: the replaced hook.
        live: whether it is still installed.
    """

    def __init__(self, beneath: Callable[..., Any]) -> None:
        self.beneath = beneath
        self.live = True

    def __call__(self, *arguments: Any) -> None:
        """Flush the consoles, then call the replaced hook."""
        if self.live:
            with contextlib.suppress(BaseException):  # a second Ctrl-C ends the wait; the first one is reported
                _flush_all()
        self.beneath(*arguments)


def _flush_all() -> None:
    deadline = time.monotonic() + FLUSH_TIMEOUT
    for console in list(_consoles):
        console.flush(max(0.0, deadline - time.monotonic()))


_MODULES: tuple[Any, Any] = sys, threading
_consoles: weakref.WeakSet[ExceptionReceiver] = weakref.WeakSet()
_hooks: list[tuple[Any, _ExceptionHook]] = []  # our installed hooks, with their modules
