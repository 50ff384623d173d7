"""Adoption: the stream handlers that a program has already show on the console, as if they had been made for it.

Rules of this file:
- Taken are plain `logging.StreamHandler` objects that write to standard output or error, or to a terminal that one of
  these is on, and the handler of last resort. A subclass has a mind of its own, and another stream its own reader.
- What one wrote to is where its records still go: by way of the console for that stream.
- Given back is the very object, in the place that its replacement has by then, with what was set on that meanwhile.
  Where the replacement was taken away, nothing is put back.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from reflowlog.console.console import Console
from reflowlog.console.formatting import is_default_format
from reflowlog.console.handler import ReflowHandler
from reflowlog.console.shared import key_of
from reflowlog.console.stream_proxy import StreamProxy

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Adoption", "adopt"]


def adopt(logger: logging.Logger | str | None = None, *, console: Console | None = None) -> Adoption:
    r"""Have the stream handlers that are there already show on the console, so that they tear nothing on the screen.

    Each plain `logging.StreamHandler` that writes to standard output or error, or to the same terminal, is replaced by
    a `ReflowHandler`, which has its place, level, filters, name and formatter. (Without a formatter, and with the one
    that `logging.basicConfig` gives if not told otherwise, records are shown in columns.) Where its records go stays
    the same: a handler for a standard output that is a file goes on writing to the file. Others are left alone: file
    handlers, subclasses, handlers for other streams, and those that are added later. Called again, it finds nothing
    left to do.

    Args:
        logger: whose handlers, by itself or by its name; None: those of the root logger and of all that there are, and
            `logging.lastResort`, which shows the warnings of a program that has no handler at all.
        console: show them there; the shared one for their stream, if not given.

    Returns:
        What gives them back: a context manager, or `Adoption.give_back`.

    Example:
        >>> import io, logging, sys
        >>> out, logger = io.StringIO(), logging.Logger("app")
        >>> logger.addHandler(logging.StreamHandler(sys.stdout))
        >>> logger.handlers[0].setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        >>> with Console(out) as console, adopt(logger, console=console):
        ...     logger.warning("disk full")
        >>> out.getvalue(), type(logger.handlers[0]).__name__
        ('WARNING disk full\n', 'StreamHandler')
    """
    if logger is None:
        loggers = [logging.getLogger()]
        loggers += [each for each in list(loggers[0].manager.loggerDict.values()) if isinstance(each, logging.Logger)]
    else:
        loggers = [logging.getLogger(logger) if isinstance(logger, str) else logger]
    return Adoption(loggers, console, last_resort=logger is None)


class Adoption:
    """What `adopt` has done. A context manager: on exit all is given back. Any thread."""

    def __init__(self, loggers: list[logging.Logger], console: Console | None, *, last_resort: bool) -> None:
        self._loggers = loggers
        self._console = console
        self._exchanges: dict[logging.Handler, _HandlerSwap] = {}
        self._last: _HandlerSwap | None = None
        self._streams = {key_of(each) for each in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__) if each}
        if console is not None:
            self._streams.add(key_of(console.stream))
        with _lock_of_logging:
            for logger in loggers:
                logger.handlers[:] = [self._adopt(handler) for handler in logger.handlers]
            last = logging.lastResort
            if last_resort and last is not None and not isinstance(last, ReflowHandler):
                self._last = _HandlerSwap(last, ReflowHandler(console=console))
                logging.lastResort = self._last.replacement

    def _adopt(self, handler: logging.Handler) -> logging.Handler:
        """The handler to be in its place."""
        if type(handler) is not logging.StreamHandler or key_of(handler.stream) not in self._streams:
            return handler
        if handler not in self._exchanges:
            stream, console = handler.stream, self._console
            if (
                console is None
                and isinstance(stream, StreamProxy)
                and stream.live
                and isinstance(stream.receiver, Console)
            ):
                console = stream.receiver
            made = ReflowHandler(stream=stream) if console is None else ReflowHandler(console=console)
            self._exchanges[handler] = _HandlerSwap(handler, made)
        return self._exchanges[handler].replacement

    def give_back(self) -> None:
        """Put the handlers back into the places that their replacements have; the second time nothing is done."""
        exchanges, self._exchanges = list(self._exchanges.values()), {}
        with _lock_of_logging:
            for logger in self._loggers:
                logger.handlers[:] = _given_back(logger.handlers, exchanges)
            if self._last is not None:
                if logging.lastResort is self._last.replacement:
                    logging.lastResort = self._last.original
                exchanges.append(self._last)
                self._last = None
            for exchange in exchanges:
                exchange.undo()
        for exchange in exchanges:
            exchange.replacement.close()  # which may wait for a thread that logs

    def __enter__(self) -> Adoption:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()


class _HandlerSwap:
    """A handler and what has taken its place."""

    def __init__(self, original: logging.Handler, replacement: ReflowHandler) -> None:
        self.original = original
        self.replacement = replacement
        self._level = original.level
        self._formatter = original.formatter
        replacement.setLevel(original.level)
        replacement.filters = original.filters  # the same list: a filter that is added to either counts
        replacement.setFormatter(None if is_default_format(original.formatter) else original.formatter)
        self._shown_by = replacement.formatter
        replacement.set_name(original.get_name())

    def undo(self) -> None:
        """Have the original say again what it said, and what its replacement was told meanwhile."""
        if self.replacement.level != self._level:
            self.original.setLevel(self.replacement.level)
        if self.replacement.formatter is not self._shown_by:
            self.original.setFormatter(self.replacement.formatter)
        name = self.replacement.get_name()
        self.replacement.set_name("")
        if name is not None:
            self.original.set_name(name)


def _given_back(handlers: list[logging.Handler], exchanges: list[_HandlerSwap]) -> list[logging.Handler]:
    """A logger's handlers with the originals in their places; one that somebody has put back already only there."""
    originals: dict[logging.Handler, logging.Handler] = {
        exchange.replacement: exchange.original for exchange in exchanges
    }
    return [
        originals.get(handler, handler)
        for handler in handlers
        if handler not in originals or originals[handler] not in handlers
    ]


_lock_of_logging = logging._lock  # type: ignore[attr-defined]
