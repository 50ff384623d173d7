"""Program that has the terminal, such as an editor, while this one goes on without it. No shell is involved."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ForegroundProgram"]


class ForegroundProgram:
    """A program that runs on the controlling terminal, polled for its end.

    Args:
        arguments: program and arguments.

    Raises:
        OSError: it cannot be started, or there is no terminal.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        import subprocess  # start-up cost: only once an editor is opened

        self.name = os.path.basename(arguments[0])
        terminal = os.open("/dev/tty", os.O_RDWR) if os.name == "posix" else None
        try:
            self._process = subprocess.Popen(arguments, stdin=terminal, stdout=terminal, stderr=terminal)
        finally:
            if terminal is not None:
                os.close(terminal)

    def poll(self) -> str | None:
        """Return None while it runs, empty once it has succeeded, else one line about its failure."""
        status = self._process.poll()
        if status is None:
            return None
        if status < 0:
            return f"{self.name} was ended by signal {-status}"
        return f"{self.name} failed: exit status {status}" if status else ""

    def wait(self) -> None:
        """Wait for its end."""
        self._process.wait()
