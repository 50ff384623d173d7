"""Notice of each Ctrl-C, which the terminal echoes as ``^C``: the next row begins in a row of its own.

Invariants:
- Whatever handler the program has for SIGINT is called as before, after the notice. `signal.getsignal` and
  `signal.signal` return the program's own handler: asyncio compares it with the default one.
- The default handler gets no frame of this package: the traceback of a KeyboardInterrupt is that of the program.
- Wrapped are the C functions that these two call, so that a program which has taken them before, by
  ``from signal import signal``, uses the wrappers, too. They stay once they are made, because other code may hold a
  handler that they know.
"""

from __future__ import annotations

import contextlib
import functools
import operator
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["notice_interrupts", "stop_noticing"]

_in_c: Any = sys.modules.get("_signal", signal)
_set_handler = _in_c.signal
_get_handler = _in_c.getsignal
_default = signal.default_int_handler
_note: Callable[[], None] | None = None


class _NoticingHandler:
    """Calls a handler of SIGINT after the notice.

    Attributes:
        handler: that of the program.
    """

    def __init__(self, handler: Callable[[int, Any], Any]) -> None:
        self.handler = handler

    def __call__(self, number: int, frame: Any) -> Any:
        _notice()
        return self.handler(number, frame)


def notice_interrupts(note: Callable[[], None]) -> None:
    """Call a function at each Ctrl-C that a Python handler handles, on the main thread, before the handler. Idempotent.

    On another thread than the main one the handler of now is left as it is; those that follow are noticed.
    """
    global _note
    _note = note
    _in_c.signal, _in_c.getsignal = _set, _get
    if threading.current_thread() is threading.main_thread():
        _exchange(_noticing)


def stop_noticing() -> None:
    """Call no function any more, and give the program its handler back if this is the main thread. Idempotent."""
    global _note
    if _note is not None:
        _note = None
        if threading.current_thread() is threading.main_thread():
            _exchange(_own)


def _exchange(change: Callable[[Any], Any]) -> None:
    found = _get_handler(signal.SIGINT)
    changed = change(found)
    if changed is not found:
        with contextlib.suppress(ValueError):  # a thread of a subinterpreter
            _set_handler(signal.SIGINT, changed)


def _notice() -> None:
    if _note is not None:
        _note()


# A callable without a frame: `max` calls one after the other, and the second one raises.
_noticing_default = functools.partial(
    max, _notice, functools.partial(_default, signal.SIGINT, None), key=operator.methodcaller("__call__")
)


def _noticing(handler: Any) -> Any:
    """Return a handler of SIGINT wrapped in the notice; unchanged if it is an action, such as SIG_IGN."""
    if handler is _default:
        return _noticing_default
    is_plain = callable(handler) and not isinstance(handler, (int, _NoticingHandler)) and handler != _noticing_default
    return _NoticingHandler(handler) if is_plain else handler


def _own(handler: Any) -> Any:
    """Return the program's handler."""
    if handler is _noticing_default:
        return _default
    return handler.handler if isinstance(handler, _NoticingHandler) else handler


@functools.wraps(_set_handler)
def _set(signalnum: Any, handler: Any) -> Any:
    if signalnum == signal.SIGINT and _note is not None:
        handler = _noticing(handler)
    return _own(_set_handler(signalnum, handler))


@functools.wraps(_get_handler)
def _get(signalnum: Any) -> Any:
    return _own(_get_handler(signalnum))
