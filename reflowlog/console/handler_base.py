"""Bases of the package's handlers."""

from __future__ import annotations

import logging
from typing import Any

from reflowlog.console.formatting import StdRecord

__all__ = ["ConsoleHandler", "UnlockedHandler"]


class UnlockedHandler(logging.Handler):
    """Base of handlers without a lock: a queue orders the records, and `emit` runs on several threads at once."""

    def createLock(self) -> None:  # noqa: N802 - logging's name
        """Set no lock."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> Any:
        """Filter and emit, without the lock that `logging.Handler.handle` takes."""
        kept: Any = self.filter(record) if self.filters else True
        if kept:
            self.emit(kept if isinstance(kept, StdRecord) else record)
        return kept


class ConsoleHandler(UnlockedHandler):
    """Base of handlers whose records a console shows; its viewer may change their levels."""
