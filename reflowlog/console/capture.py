"""Capture: printed text goes through the console, in order with the log.

Invariants:
- `sys.stdout` and `sys.stderr` become stream proxies, `warnings.showwarning` creates records, an `FDCapture` redirects
  the descriptors.
- Each is restored as it was found. If other code has replaced it meanwhile, that replacement stays, and our object,
  which other code may hold, passes everything through to the object it replaced. So captures may end in any order.
- The console continues to write to the stream that it found; once that is closed, or leads to another file than the
  terminal, to the standard output that the capture found, so that closing standard error loses no printed line.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
import warnings as warnings_module
from typing import TYPE_CHECKING, Any, cast

from reflowlog.console import excepthook
from reflowlog.console.console import Console
from reflowlog.console.core import core_of
from reflowlog.console.replacements import Replacements
from reflowlog.console.shared import acquire, release
from reflowlog.console.stream_proxy import StreamProxy, beneath
from reflowlog.core import lifecycle
from reflowlog.core.events import DeferredRecords
from reflowlog.core.records import LogRecord
from reflowlog.terminal.output import drain_stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import IO

    from reflowlog.core.records import Item

__all__ = ["Capture", "capture"]


class Capture:
    """Context manager returned by `capture`: re-usable and re-entrant."""

    def __init__(
        self, console: Console | None, streams: tuple[tuple[int, str], ...], *, warnings: bool, fd: bool
    ) -> None:
        self._console = console
        self._streams = streams
        self._warnings = warnings
        self._fd = fd
        self._entered: list[contextlib.ExitStack] = []

    def __enter__(self) -> Console:
        with contextlib.ExitStack() as stack:
            console = self._start(stack)
            entered = stack.pop_all()
        lifecycle.add_exit_hook(lifecycle.EXIT_CAPTURES, entered.close)  # for a capture that is never exited
        entered.callback(lifecycle.remove_exit_hook, entered.close)
        self._entered.append(entered)
        return console

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered.pop().close()
        if isinstance(error, Exception):
            excepthook.keep()

    def _start(self, stack: contextlib.ExitStack) -> Console:
        """Replace the streams, descriptors and hooks; the stack restores them in reverse order."""
        console = self._console
        if console is None:
            console = acquire(sys.stdout if beneath(sys.stderr) is None else None, {})
            stack.callback(release, console)
        elif console.closed:
            raise ValueError("I/O operation on closed console")
        for stream in (sys.stdout, sys.stderr):
            drain_stream(cast("IO[str]", beneath(stream)))  # that text was printed before
        found = beneath(sys.stderr)
        core = core_of(console)
        core.target.original_stderr.append(found)
        stack.callback(core.target.original_stderr.remove, found)
        if any(name == "stdout" for _, name in self._streams):
            printed = beneath(sys.stdout)
            core.target.original_stdout.append(printed)
            stack.callback(core.target.original_stdout.remove, printed)
        stack.callback(console.flush)  # text printed after the capture does not go through the console
        if self._fd and self._streams:
            from reflowlog.console.fd_capture import FDCapture

            stack.callback(FDCapture(tuple(number for number, _ in self._streams), core).close)
        for _, name in self._streams:
            _make_proxy(name, console, stack)
        if self._warnings and warnings_module.showwarning is not getattr(logging, "_showwarning", None):
            _capture_warnings(console, stack)
        return console


def capture(
    console: Console | None = None,
    *,
    stdout: bool = True,
    stderr: bool = True,
    warnings: bool = True,
    fd: bool = False,
) -> Capture:
    r"""Send all printed text through a console, in order with the log, until the ``with`` block ends.

    Writes are joined into lines, separately for each stream and each thread. A last line without a newline is shown and
    ended. ``flush``, or ``print(..., flush=True)``, shows the partial line and waits until it is shown; a program that
    flushes all the time spends at most a quarter of its time on that, and with ``overflow="drop"`` none. A call of the
    stream's ``fileno``, as `input` makes, waits in any case.

    Args:
        console: target console; by default the one on standard error that `install` and the handlers share, or the one
            on standard output where there is no standard error.
        stdout: capture `sys.stdout`, also if it is a file or a pipe: switch it off where the program prints data.
        stderr: capture `sys.stderr`.
        warnings: turn warnings of the `warnings` module into records of level WARNING and logger ``py.warnings``, with
            the text of `warnings.formatwarning`; no-op where `logging.captureWarnings` does that already.
        fd: capture descriptors 1 and 2 as well (of the streams that are captured): output of C code and child
            processes, to which the terminal is a pipe meanwhile. A child that outlives the block keeps the pipe: its
            lines go to the console, and after its end to the original descriptor, until this program ends. `os._exit`
            or a crash loses output that is not shown yet. `input` has no line editing meanwhile. POSIX only.

    Returns:
        A context manager that returns the console on entry. It restores everything it replaced, except where other code
        has replaced it meanwhile.

    Raises:
        TypeError: ``console`` is not a console.
        ValueError: on entry, the console is closed.
        OSError: on entry, descriptors cannot be taken.

    Example:
        >>> import io, sys
        >>> out = io.StringIO()
        >>> with Console(out) as console, capture(console):
        ...     print("one", end=" ")
        ...     print("line")
        >>> out.getvalue()
        'one line\n'
    """
    if console is not None and not isinstance(console, Console):
        raise TypeError(f"a Console, not {type(console).__name__}")
    streams = (*(((1, "stdout"),) if stdout else ()), *(((2, "stderr"),) if stderr else ()))
    return Capture(console, streams, warnings=warnings, fd=fd)


def _replace(module: Any, name: str, wrap: Callable[[Any], Any], stack: contextlib.ExitStack) -> Any:
    """Replace an attribute of a module, register the restoration on the stack, and return the replacement."""
    replacements = Replacements()
    stack.callback(replacements.restore)
    return replacements.make(module, name, wrap)


def _make_proxy(name: str, console: Console, stack: contextlib.ExitStack) -> None:
    """Replace `sys.stdout` or `sys.stderr` by a proxy, and register the restoration on the stack."""
    proxy = _replace(sys, name, lambda stream: StreamProxy(stream, core_of(console)), stack)
    stack.callback(proxy.end)
    if core_of(console).is_terminal_of(proxy.beneath):
        _replace(proxy.beneath, "write", proxy.watching, stack)


class _ShowWarning:
    """Replacement of `warnings.showwarning` that sends warnings to a console as records.

    Attributes:
        beneath: the replaced function.
        live: whether the capture is still active.
    """

    def __init__(self, beneath: Callable[..., None], console: Console) -> None:
        self.beneath = beneath
        self.live = True
        self._core = core_of(console)

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        """Show a warning as a record, or write it to ``file`` if one is given.

        Its text is that of `logging.captureWarnings`, with file, line and source line: few widths have a source column.
        """
        if self.live and file is None:
            text = warnings_module.formatwarning(message, category, filename, lineno, line).rstrip("\n")
            source = f"{filename.replace(chr(92), '/').rpartition('/')[2]}:{lineno}"
            record = LogRecord(time.time(), logging.WARNING, "WARNING", "py.warnings", text, source=source)
            try:
                self._core.submit(DeferredRecords(record, _in_a_list), len(text))
                return
            except ValueError:
                if not self._core.closed:
                    raise
        self.beneath(message, category, filename, lineno, file, line)


def _in_a_list(record: LogRecord) -> list[Item]:
    return [record]


def _capture_warnings(console: Console, stack: contextlib.ExitStack) -> None:
    """Replace `warnings.showwarning`, and register the restoration on the stack."""
    _replace(warnings_module, "showwarning", lambda show: _ShowWarning(show, console), stack)
