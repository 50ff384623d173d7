"""Capture: what a program prints goes through the console, in order with its log.

Rules of this file:
- `sys.stdout` and `sys.stderr` become stand-ins, `warnings.showwarning` makes records, a tap takes the descriptors.
- Each is given back as it was found. Where somebody has put something else there meanwhile, that stays; what we had put
  there, which others may hold, passes on to what it stood for. So captures may end in any order.
- The console goes on writing to what it found.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import sys
import time
import warnings as warnings_module
from typing import TYPE_CHECKING, Any, cast

from reflowlog.console.console import Console
from reflowlog.console.shared import acquire, release
from reflowlog.console.stream_proxy import StreamProxy, beneath, found_now
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
    """What `capture` gives: a context manager, which may be used again, and within itself."""

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
        atexit.register(entered.close)  # for a capture that nobody ends
        entered.callback(atexit.unregister, entered.close)
        self._entered.append(entered)
        return console

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered.pop().close()

    def _start(self, stack: contextlib.ExitStack) -> Console:
        """Take over one thing after another; the stack gives them back, the last first."""
        console = self._console
        if console is None:
            console = acquire(sys.stdout if beneath(sys.stderr) is None else None, {})
            stack.callback(release, console)
        elif console.closed:
            raise ValueError("I/O operation on closed console")
        for stream in (sys.stdout, sys.stderr):
            drain_stream(cast("IO[str]", beneath(stream)))  # it was printed before
        found = beneath(sys.stderr)
        console.found.append(found)
        stack.callback(console.found.remove, found)
        stack.callback(console.flush)  # what is printed next is printed past it
        if self._fd and self._streams:
            from reflowlog.console.fd_capture import FDCapture

            stack.callback(FDCapture(tuple(number for number, _ in self._streams), console).close)
        for _, name in self._streams:
            _make_proxy(name, console, stack)
        if self._warnings and warnings_module.showwarning is not getattr(logging, "_showwarning", None):
            _take_warnings(console, stack)
        return console


def capture(
    console: Console | None = None,
    *,
    stdout: bool = True,
    stderr: bool = True,
    warnings: bool = True,
    fd: bool = False,
) -> Capture:
    r"""Have what the program prints go through a console, in order with its log, until the ``with`` block ends.

    Lines are joined from the pieces that they are printed in, for each stream and each thread by itself. The last one
    is shown, and ended, also if it was not. ``flush``, or ``print(..., flush=True)``, shows the piece that is there and
    waits until it is shown; a program that flushes all the time spends a quarter of its time on that at most, and with
    ``overflow="drop"`` none. Whoever asks for the stream's ``fileno``, as `input` does, waits in any case.

    Args:
        console: where it goes; the one on standard error that `install` and the handlers share, if not given, or on
            standard output where there is no standard error.
        stdout: take `sys.stdout`, also if it is a file or a pipe: leave it out where the program prints data.
        stderr: take `sys.stderr`.
        warnings: make records of what the `warnings` module shows, of level WARNING and logger ``py.warnings``; where
            `logging.captureWarnings` does that already, it is left to it.
        fd: take descriptors 1 and 2 as well (of those streams that are taken): what C code and child processes write.
            For those the terminal is a pipe meanwhile. A child that lives on after the block keeps it: its lines go on
            to the console, then to where they would have gone, until this program ends. `os._exit`, or a crash, loses
            what is not shown yet. `input` has no line editing meanwhile. POSIX only.

    Returns:
        A context manager, which gives the console on entry. It restores what it found; what somebody else has put there
        meanwhile stays.

    Raises:
        TypeError: it is not a console.
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


def _make_proxy(name: str, console: Console, stack: contextlib.ExitStack) -> None:
    stand_in = StreamProxy(getattr(sys, name), console)

    def give_back() -> None:
        stand_in.end()
        if getattr(sys, name) is stand_in:
            setattr(sys, name, found_now(stand_in))

    setattr(sys, name, stand_in)
    stack.callback(give_back)


class _ShowWarning:
    """Takes the place of `warnings.showwarning`.

    Attributes:
        beneath: what it has taken the place of.
        live: whether it is still in force.
    """

    def __init__(self, found: Callable[..., None], console: Console) -> None:
        self.beneath = found
        self.live = True
        self._console = console

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        """Show a warning, as a record or, where a file was asked for, there."""
        if self.live and file is None:
            text = f"{category.__name__}: {message}"
            source = f"{filename.replace(chr(92), '/').rpartition('/')[2]}:{lineno}"
            fields = LogRecord(time.time(), logging.WARNING, "WARNING", "py.warnings", text, source=source)
            try:
                self._console.submit(DeferredRecords(fields, _in_a_list), len(text))
                return
            except ValueError:
                if not self._console.closed:
                    raise
        self.beneath(message, category, filename, lineno, file, line)


def _in_a_list(fields: LogRecord) -> list[Item]:
    return [fields]


def _take_warnings(console: Console, stack: contextlib.ExitStack) -> None:
    show = _ShowWarning(warnings_module.showwarning, console)

    def give_back() -> None:
        show.live = False
        if warnings_module.showwarning is show:
            warnings_module.showwarning = found_now(show)

    warnings_module.showwarning = show
    stack.callback(give_back)
