"""Other writers to the terminal of a process that writes there by its session only, such as the command. Linux.

Invariants:
- The session writes to the terminal as ``/dev/tty``, which is a file of its own for inotify. So each report of the
  terminal itself is a write of another process, or of this one past its session, also during an own write.
- Where the terminal is not the controlling one, or cannot be watched, other writers are not known of. Others that write
  to it as ``/dev/tty`` are not known of either, such as a prompt for a password.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflowlog.system.write_watch import TerminalReports

__all__ = ["WatchedTerminal"]


class WatchedTerminal:
    """A terminal that is written to as ``/dev/tty``, with knowledge of others that write to it. Printer thread only.

    Args:
        descriptor: of the terminal.
        path: the controlling terminal.

    Attributes:
        descriptor: where to write to the terminal; the given one if it cannot be watched.
    """

    def __init__(self, descriptor: int, path: str = "/dev/tty") -> None:
        self.descriptor = descriptor
        self._reports: TerminalReports | None = None
        with contextlib.suppress(OSError, AttributeError):
            self._open(descriptor, path)

    def _open(self, descriptor: int, path: str) -> None:
        """Watch the terminal, and write to it by the path from now on. Raises OSError where that is not possible."""
        if not os.path.exists("/proc/self/fd"):
            return
        from reflowlog.system.write_watch import TerminalReports, open_shared  # start-up cost: only on Linux

        own = open_shared(descriptor, path)
        try:
            self._reports = TerminalReports(descriptor)
        except OSError:
            os.close(own)
            raise
        self.descriptor = own

    def have_written(self) -> bool:
        """Return whether others have written since the last call."""
        return self._reports is not None and self._reports.has_foreign()

    def may_write_unnoticed(self) -> bool:
        """Return False: other writers are not expected where they cannot be noticed."""
        return False

    def close(self) -> None:
        """Stop watching. The descriptor stays: messages may follow."""
        if self._reports is not None:
            self._reports.close()
            self._reports = None
