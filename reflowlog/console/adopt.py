"""Adoption: existing stream handlers are replaced by handlers of the console.

Invariants:
- Replaced are plain `logging.StreamHandler` objects that write to standard output or error, or to a terminal that one
  of these is on, and the handler of last resort. A subclass may behave differently, and another stream has another
  reader: both are left alone.
- The records of a replaced handler go to the same stream as before, through the console for that stream.
- Restored is the same object, at the current position of its replacement, with the settings made on that meanwhile.
  Where the replacement was removed, nothing is restored.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from reflowlog.console.console import Console, check_console
from reflowlog.console.core import ConsoleCore, core_of
from reflowlog.console.formatting import is_default_format
from reflowlog.console.handler import ReflowHandler
from reflowlog.console.shared import key_of
from reflowlog.console.stream_proxy import StreamProxy

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Adoption", "adopt"]


def adopt(logger: logging.Logger | str | Console | None = None, *, console: Console | None = None) -> Adoption:
    r"""Replace existing stream handlers by handlers that show on the console, so that they overwrite nothing on screen.

    Each plain `logging.StreamHandler` that writes to standard output or error, or to the same terminal, is replaced by
    a `ReflowHandler` with its position, level, filters, name and formatter. (Without a formatter, and with the default
    format of `logging.basicConfig`, records are shown in columns.) The stream stays the same: a handler for a standard
    output that is a file continues to write to the file. File handlers, subclasses, handlers for other streams and
    handlers added later are left alone. Idempotent.

    Args:
        logger: a logger or its name, to replace its handlers; None replaces those of all loggers, and
            `logging.lastResort`, which shows the warnings of a program without any handler. A console in its place is
            taken as `console`.
        console: the console to show on; by default the shared one for each handler's stream.

    Returns:
        The adoption, which restores the handlers: a context manager, or `Adoption.give_back`.

    Example:
        >>> import io, logging, sys
        >>> from reflowlog import Console
        >>> out, logger = io.StringIO(), logging.Logger("app")
        >>> logger.addHandler(logging.StreamHandler(sys.stdout))
        >>> logger.handlers[0].setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        >>> with Console(out) as console, adopt(logger, console=console):
        ...     logger.warning("disk full")
        >>> out.getvalue(), type(logger.handlers[0]).__name__
        ('WARNING disk full\n', 'StreamHandler')
    """
    if isinstance(logger, Console):
        logger, console = None, logger
    check_console(console)
    if logger is None:
        loggers = [logging.getLogger()]
        loggers += [each for each in list(loggers[0].manager.loggerDict.values()) if isinstance(each, logging.Logger)]
    else:
        loggers = [logging.getLogger(logger) if isinstance(logger, str) else logger]
    return Adoption(loggers, console, last_resort=logger is None)


class Adoption:
    """Set of replaced handlers, returned by `adopt`. A context manager that restores them on exit. Any thread."""

    def __init__(self, loggers: list[logging.Logger], console: Console | None, *, last_resort: bool) -> None:
        self._loggers = loggers
        self._console = console
        self._swaps: dict[logging.Handler, _HandlerSwap] = {}
        self._last: _HandlerSwap | None = None
        self._streams = {key_of(each) for each in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__) if each}
        if console is not None:
            self._streams.add(key_of(core_of(console).target.target()))
        with _logging_lock:
            for logger in loggers:
                logger.handlers[:] = [self._adopt(handler) for handler in logger.handlers]
            last = logging.lastResort
            if last_resort and last is not None and not isinstance(last, ReflowHandler):
                self._last = _HandlerSwap(last, ReflowHandler(console=console))
                logging.lastResort = self._last.replacement

    def _adopt(self, handler: logging.Handler) -> logging.Handler:
        """Return the replacement of a handler, or the handler itself if it is to stay."""
        if type(handler) is not logging.StreamHandler or key_of(handler.stream) not in self._streams:
            return handler
        if handler not in self._swaps:
            stream, console = handler.stream, self._console
            if (
                console is None
                and isinstance(stream, StreamProxy)
                and stream.live
                and isinstance(stream.receiver, ConsoleCore)
            ):
                console = stream.receiver.console
            made = ReflowHandler(stream=stream) if console is None else ReflowHandler(console=console)
            self._swaps[handler] = _HandlerSwap(handler, made)
        return self._swaps[handler].replacement

    def give_back(self) -> None:
        """Restore the handlers at the positions of their replacements. Idempotent."""
        swaps, self._swaps = list(self._swaps.values()), {}
        with _logging_lock:
            for logger in self._loggers:
                logger.handlers[:] = _restored_handlers(logger.handlers, swaps)
            if self._last is not None:
                if logging.lastResort is self._last.replacement:
                    logging.lastResort = self._last.original
                swaps.append(self._last)
                self._last = None
            for swap in swaps:
                swap.undo()
        for swap in swaps:
            swap.replacement.close()  # outside the lock: it may wait for a thread that logs

    def __enter__(self) -> Adoption:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()


class _HandlerSwap:
    """A handler and its replacement."""

    def __init__(self, original: logging.Handler, replacement: ReflowHandler) -> None:
        self.original = original
        self.replacement = replacement
        self._level = original.level
        self._formatter = original.formatter
        replacement.setLevel(original.level)
        replacement.filters = original.filters  # the same list: a filter that is added to either counts
        replacement.setFormatter(None if is_default_format(original.formatter) else original.formatter)
        self._first_formatter = replacement.formatter
        replacement.set_name(original.get_name())

    def undo(self) -> None:
        """Copy level, formatter and name that were set on the replacement meanwhile back to the original."""
        if self.replacement.level != self._level:
            self.original.setLevel(self.replacement.level)
        if self.replacement.formatter is not self._first_formatter:
            self.original.setFormatter(self.replacement.formatter)
        name = self.replacement.get_name()
        self.replacement.set_name("")
        if name is not None:
            self.original.set_name(name)


def _restored_handlers(handlers: list[logging.Handler], swaps: list[_HandlerSwap]) -> list[logging.Handler]:
    """Return a logger's handlers with replacements turned back into originals, each original once."""
    originals: dict[logging.Handler, logging.Handler] = {swap.replacement: swap.original for swap in swaps}
    return [
        originals.get(handler, handler)
        for handler in handlers
        if handler not in originals or originals[handler] not in handlers
    ]


_logging_lock = logging._lock  # type: ignore[attr-defined]
