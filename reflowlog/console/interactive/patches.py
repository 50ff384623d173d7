"""Monkeypatched standard library functions that release the keyboard while the program reads input itself."""

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

from reflowlog.console.excepthook import marked
from reflowlog.console.replacements import Replacements
from reflowlog.core.module_lock import ModuleLock

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.console.interactive.keys import InteractiveConsole


__all__ = ["close_patches", "open_patches"]


_PATCHED: tuple[tuple[Any, str], ...] = (
    (builtins, "input"),
    (getpass, "getpass"),
    (sys, "excepthook"),
    (threading, "excepthook"),
    (os, "_exit"),
)
_consoles: weakref.WeakSet[InteractiveConsole] = weakref.WeakSet()
_replacements = Replacements()
_patch_lock = ModuleLock()


def open_patches(interactive: InteractiveConsole) -> None:
    """Register an interactive console; the first one installs the patches."""
    with _patch_lock():
        _consoles.add(interactive)
        weakref.finalize(interactive, _restore_if_last).atexit = False
        if not _replacements:
            for module, name in _PATCHED:
                _replacements.make(module, name, _releasing_keyboard)


def close_patches(interactive: InteractiveConsole) -> None:
    """Unregister an interactive console; the last one removes the patches. Idempotent."""
    with _patch_lock():
        _consoles.discard(interactive)
    _restore_if_last()


def _restore_if_last() -> None:
    """Remove the patches without consoles; a function that other code has replaced since stays as it is."""
    with _patch_lock():
        if not _consoles:
            _replacements.restore()


def _releasing_keyboard(original: Callable[..., Any]) -> Any:
    """Wrap a function so that all interactive consoles release the keyboard while it runs."""
    call = marked(original)

    @functools.wraps(original)
    def ours(*arguments: Any, **named: Any) -> Any:
        with contextlib.ExitStack() as lent:
            for each in list(_consoles):
                lent.enter_context(each.lend())
            return call(*arguments, **named)

    return ours
