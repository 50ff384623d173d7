"""Unhandled exceptions: Python tells of them on standard error, past any console; what was logged before comes before.

Rules of this file:
- The hooks that are there (`sys.excepthook`, `threading.excepthook`) do what they always do. Ours are put before them:
  they only have consoles show what they have, and wait for that for a moment at most.
- They are given back with the last console; where somebody has put others over them, ours are mere windows to what they
  have found.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.console.stream_proxy import found_now

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["give_back", "take"]

PATIENCE = 1.0  # seconds that an exception waits for the log before it


class ExceptionReceiver(Protocol):
    """What this needs of a console."""

    def flush(self, timeout: float | None = None) -> bool:
        """Return once all is shown, or after so many seconds."""


def take(console: ExceptionReceiver) -> None:
    """Have what a console was given shown before an unhandled exception is told. Any thread."""
    _consoles.add(console)
    if not _hooks:
        _hooks.extend((module, _ExceptionHook(module.excepthook)) for module in _MODULES)
        for module, hook in _hooks:
            module.excepthook = hook


def give_back(console: ExceptionReceiver) -> None:
    """It needs that no longer; the last one leaves the hooks as they were found. Any thread; harmless if repeated."""
    _consoles.discard(console)
    while _hooks and not _consoles:
        module, hook = _hooks.pop()
        hook.live = False
        if module.excepthook is hook:
            module.excepthook = found_now(hook)


class _ExceptionHook:
    """Takes a hook's place.

    Attributes:
        beneath: what it has taken the place of.
        live: whether it is still in force.
    """

    def __init__(self, beneath: Callable[..., Any]) -> None:
        self.beneath = beneath
        self.live = True

    def __call__(self, *told: Any) -> None:
        """Tell of an exception, as whatever is beneath does."""
        if self.live:
            with contextlib.suppress(BaseException):  # a second Ctrl-C ends the wait; the first is what is told
                _show_all()
        self.beneath(*told)


def _show_all() -> None:
    deadline = time.monotonic() + PATIENCE
    for console in list(_consoles):
        console.flush(max(0.0, deadline - time.monotonic()))


_MODULES: tuple[Any, Any] = sys, threading
_consoles: weakref.WeakSet[ExceptionReceiver] = weakref.WeakSet()
_hooks: list[tuple[Any, _ExceptionHook]] = []  # ours, while they are in force, and where
