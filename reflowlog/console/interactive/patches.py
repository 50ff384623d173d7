"""Functions of the standard library that lend the keys to who asks for input."""

from __future__ import annotations

import builtins
import contextlib
import functools
import getpass
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.console.interactive.keys import InteractiveConsole


__all__ = ["close_patches", "open_patches", "renew_lock"]


# -- functions of others in whose places ours stand --------------------------------------------------------------------

_doors: tuple[tuple[Any, str], ...] = (
    (builtins, "input"),
    (getpass, "getpass"),
    (sys, "excepthook"),
    (threading, "excepthook"),
    (os, "_exit"),
)
_opened: weakref.WeakSet[InteractiveConsole] = weakref.WeakSet()
_standing: list[tuple[Any, str, Any, Any]] = []  # where, its name, ours, theirs
_opening = threading.RLock()


def open_patches(interactive: InteractiveConsole) -> None:
    """One more console has keys: the first has the doors changed."""
    with _opening:
        _opened.add(interactive)
        weakref.finalize(interactive, _restore_if_last).atexit = False
        if not _standing:
            for place, name in _doors:
                theirs = getattr(place, name)
                ours = _lending(theirs)
                _standing.append((place, name, ours, theirs))
                setattr(place, name, ours)


def close_patches(interactive: InteractiveConsole) -> None:
    with _opening:
        _opened.discard(interactive)
    _restore_if_last()


def _restore_if_last() -> None:
    """What somebody else has changed since stays as it is: ours then does nothing but call theirs."""
    with _opening:
        if not _opened:
            for place, name, ours, theirs in _standing:
                if getattr(place, name) is ours:
                    setattr(place, name, theirs)
            _standing.clear()


def _lending(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, for which all consoles lend their keys."""

    @functools.wraps(theirs)
    def ours(*arguments: Any, **named: Any) -> Any:
        with contextlib.ExitStack() as lent:
            for each in list(_opened):
                lent.enter_context(each.lend())
            return theirs(*arguments, **named)

    return ours


def renew_lock() -> None:
    global _opening
    _opening = threading.RLock()
