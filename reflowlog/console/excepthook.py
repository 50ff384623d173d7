"""Exception hooks that flush consoles before an unhandled exception is written, and keep its text from acting.

Invariants:
- The existing hooks (`sys.excepthook`, `threading.excepthook`) are called after the consoles are flushed, for at most
  1 s in all. `sys.unraisablehook` is called at once: it runs in finalizers, which must not wait.
- Only where an existing hook is Python's own, and the text it would write holds a control, that text is written here
  instead, in one piece, with each control as a mark.
- They stay while an exception leaves the block of a console or a capture, though it is the last one.
- The text of a KeyboardInterrupt begins a row of its own: the terminal may have echoed the key.
- After an unhandled KeyboardInterrupt the process ends by SIGINT, as without this package.
- They are restored with the last console; where other code has replaced them meanwhile, ours pass calls through to the
  hooks they replaced.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import time
import traceback
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.console import flush_points
from reflowlog.console.replacements import Replacements
from reflowlog.core import lifecycle
from reflowlog.text.clean.sanitize import sanitize

if TYPE_CHECKING:
    import types
    from collections.abc import Callable

__all__ = ["keep", "marked", "register", "unregister"]

FLUSH_TIMEOUT = 1.0  # seconds that an exception waits for earlier records, over all consoles


class ExceptionReceiver(Protocol):
    """The part of a console that the hooks use."""

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all accepted records are shown, at most ``timeout`` seconds."""


def register(console: ExceptionReceiver) -> None:
    """Flush this console before an unhandled exception is written. Any thread."""
    _consoles.add(console)
    keep()


def keep() -> None:
    """Install the hooks, if they are not: an exception that leaves a console's block is probably unhandled."""
    if not _replacements:
        for module in (sys, threading):
            _replacements.make(module, "excepthook", _ExceptionHook)
        _replacements.make(sys, "unraisablehook", functools.partial(_ExceptionHook, waits=False))


def unregister(console: ExceptionReceiver) -> None:
    """Unregister a console; the last one restores the hooks as they were found. Idempotent; any thread."""
    _consoles.discard(console)
    if not _consoles:
        _replacements.restore()


def marked(hook: Callable[..., Any]) -> Callable[..., Any]:
    """Return Python's own exception hook so that no text of an exception acts, any other hook as it is."""
    if hook not in _PYTHONS_OWN:
        return hook

    @functools.wraps(hook)
    def write(*arguments: Any) -> None:
        with contextlib.suppress(Exception):  # the hook writes what this cannot
            if _write_marked(arguments):
                return
        hook(*arguments)

    return write


class _ExceptionHook:
    """Replacement of an exception hook.

    Args:
        beneath: the replaced hook.
        waits: whether it may wait for the consoles.

    Attributes:
        beneath: the replaced hook.
        live: whether it is still installed.
    """

    def __init__(self, beneath: Callable[..., Any], *, waits: bool = True) -> None:
        self.beneath = beneath
        self.live = True
        self._waits = waits
        self._write = marked(beneath)

    def __call__(self, *arguments: Any) -> None:
        """Flush the consoles, then write the exception without effect, or call the replaced hook."""
        if self.live and self._waits:
            if arguments[0] is KeyboardInterrupt:
                flush_points.begin_row()
            with contextlib.suppress(BaseException):  # a second Ctrl-C ends the wait; the first one is reported
                _flush_all()
        if self._waits and len(arguments) == 3 and _is_unhandled_interrupt(*arguments):  # not those of a thread
            lifecycle.add_exit_hook(lifecycle.EXIT_STATUS, _end_by_interrupt)
        self._write(*arguments)


def _is_unhandled_interrupt(kind: object, _error: object, trace: types.TracebackType | None) -> bool:
    """Return whether an exception is a Ctrl-C that ends the program: the code that it comes from has ended."""
    if kind is not KeyboardInterrupt:
        return False
    outermost = None if trace is None else trace.tb_frame
    frame: types.FrameType | None = sys._getframe()
    while frame is not None and frame is not outermost:  # an interpreter in the program still runs that code
        frame = frame.f_back
    return frame is None and not hasattr(sys, "ps1")


def _end_by_interrupt() -> None:
    """Remind Python that the process is to end by SIGINT: shells stop a loop only then.

    It keeps that in a flag, which it clears whenever a source text runs: a `NamedTuple` made by an import is one.
    """
    with contextlib.suppress(KeyboardInterrupt):
        exec("raise KeyboardInterrupt")  # noqa: S102 - a constant


def _flush_all() -> None:
    deadline = time.monotonic() + FLUSH_TIMEOUT
    for console in list(_consoles):
        console.flush(max(0.0, deadline - time.monotonic()))


def _write_marked(arguments: tuple[Any, ...]) -> bool:
    """Write an exception with a mark for each control; return False if it has none, or there is no stream."""
    stream = sys.stderr
    if stream is None:
        return False
    begin = ""
    if len(arguments) == 1:
        (details,) = arguments
        begin = _first_line(details)
        if not begin:
            return False
        arguments = details[:3]
    lines = (begin + "".join(traceback.format_exception(*arguments))).split("\n")
    marked = [sanitize(line, overwrites=False)[0] for line in lines]
    if marked == lines:
        return False
    stream.write("\n".join(marked))
    stream.flush()
    return True


def _first_line(details: Any) -> str:
    """Return the line before the traceback, with its newline; empty where no text is written.

    Args:
        details: `threading.ExceptHookArgs` or `sys.UnraisableHookArgs`.
    """
    if isinstance(details, threading.ExceptHookArgs):
        if details.exc_type is SystemExit:
            return ""
        name = threading.get_ident() if details.thread is None else details.thread.name
        return f"Exception in thread {name}:\n"
    if details.object is None:
        return f"{details.err_msg}:\n" if details.err_msg else ""
    return f"{details.err_msg or 'Exception ignored in'}: {details.object!r}\n"


_PYTHONS_OWN: tuple[Any, ...] = sys.__excepthook__, threading.__excepthook__, sys.__unraisablehook__
_consoles: weakref.WeakSet[ExceptionReceiver] = weakref.WeakSet()
_replacements = Replacements()
