"""Functions, constants and modules that only Unix has, by the names of the standard library.

`unix.killpg` is `os.killpg`, `unix.SIGHUP` is `signal.SIGHUP`, `unix.poll` is `select.poll`, `unix.termios` is that
module. Code that may run on Windows asks `has` first, or does not reach the name.

Invariants:
- Importing this module succeeds on every system. A name is looked up at each use: programs (gevent, eventlet, tests)
  replace and remove names, and `fcntl` and `termios` are loaded by their first use.
- No other module names what Windows lacks: a type checker that checks for Windows reports it.
"""

from __future__ import annotations

import os
import select as _select
import signal as _signal
import sys
from typing import TYPE_CHECKING, Any

__all__ = ["has", "signals"]

_MODULES = ("fcntl", "resource", "termios")
_NAMESPACES = (os, _signal, _select)


def has(name: str) -> bool:
    """Return whether this system has a name of `os`, `signal` or `select`, or one of the modules."""
    if name in _MODULES:
        try:
            __import__(name)
        except ImportError:
            return False
        return True
    return any(hasattr(each, name) for each in _NAMESPACES)


def signals(*names: str) -> list[_signal.Signals]:
    """Return the signals of these names that this system has.

    >>> signals("SIGTERM", "SIGNONE") == [_signal.SIGTERM]
    True
    """
    return [getattr(_signal, name) for name in names if hasattr(_signal, name)]


if TYPE_CHECKING and sys.platform == "linux":
    import fcntl as fcntl
    import resource as resource
    import termios as termios
    from os import *  # noqa: F403
    from select import *  # noqa: F403
    from signal import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            try:
                return __import__(name)
            except ImportError:
                raise AttributeError(f"this system has no {name}") from None
        for namespace in _NAMESPACES:
            if hasattr(namespace, name):
                return getattr(namespace, name)
        raise AttributeError(f"this system has no {name}")
