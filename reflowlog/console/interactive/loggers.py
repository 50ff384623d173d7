"""Levels of the program's own loggers, changed from the viewer and given back at the end.

Invariants:
- The printer thread never takes a lock of `logging`: a level is changed on a thread of its own, which is waited for
  a moment only.
- What the program itself changes meanwhile is left alone when the levels are given back.
"""

from __future__ import annotations

import logging
import threading
from difflib import get_close_matches
from typing import TYPE_CHECKING

from reflowlog.console.handler_base import ConsoleHandler

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.pager.state import LoggerLevel

__all__ = ["LoggerLevels"]

WAIT_SECONDS = 0.2  # seconds to wait for a change of levels

_Target = logging.Logger | logging.Handler


class LoggerLevels:
    """Changes the levels of loggers, with those of the handlers that show their records, and gives them back."""

    def __init__(self) -> None:
        self._before: dict[_Target, tuple[int, int]] = {}  # level before, and the one that was set

    def change(self, request: LoggerLevel) -> str:
        """Change the levels that are asked for, and return the message for the user. Printer thread."""
        if request.level is None:
            count = len(self._before)
            self.restore()
            return f"{count} level{'s' * (count != 1)} given back" if count else "no logger's level was changed"
        name, level = logging.getLevelName(request.level), request.level
        if request.logger is None:
            self._run(lambda: self._lower_all(level))
            return f"all loggers log from {name} on; 'reset' at l gives their levels back"
        known = [*logging.Logger.manager.loggerDict]
        if request.logger and request.logger != "root" and request.logger not in known:
            near = get_close_matches(request.logger, known, 1)
            return f"no logger {request.logger!r}{f', did you mean {near[0]!r}?' if near else ''}"
        self._run(lambda: self._set_logger(request.logger or "", level))
        return f"{request.logger or 'root'} logs from {name} on; 'reset' at l gives its level back"

    def restore(self) -> None:
        """Give all levels back. Idempotent; any thread."""
        if self._before:
            self._run(self._restore)

    # -- on a thread of its own ---------------------------------------------------------------------------------------

    @staticmethod
    def _run(change: Callable[[], None]) -> None:
        thread = threading.Thread(target=change, name="reflowlog-levels", daemon=True)
        thread.start()
        thread.join(WAIT_SECONDS)

    def _set_logger(self, name: str, level: int) -> None:
        logger = logging.getLogger(name)
        self._set(logger, level)
        self._lower_handlers(logger, level)

    def _lower_all(self, level: int) -> None:
        """Set the root logger, and lower all others that have a higher level of their own."""
        root = logging.getLogger()
        loggers = [
            each for each in list(logging.Logger.manager.loggerDict.values()) if isinstance(each, logging.Logger)
        ]
        self._set(root, level)
        for logger in loggers:
            if logger.level > level:
                self._set(logger, level)
        for logger in (root, *loggers):
            self._lower_handlers(logger, level)

    def _lower_handlers(self, logger: logging.Logger | None, level: int) -> None:
        """Lower the handlers of consoles that a logger's records reach; files and others keep their levels."""
        while logger is not None:
            for handler in logger.handlers:
                if handler.level > level and isinstance(handler, ConsoleHandler):
                    self._set(handler, level)
            logger = logger.parent if logger.propagate else None

    def _set(self, target: _Target, level: int) -> None:
        before, _ = self._before.get(target, (target.level, level))
        self._before[target] = before, level
        target.setLevel(level)

    def _restore(self) -> None:
        while self._before:
            target, (before, level) = self._before.popitem()
            if target.level == level:
                target.setLevel(before)
