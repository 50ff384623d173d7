"""Other writers to the terminal of a process that writes there by its session only, such as the command."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflowlog.system.write_watch import WriteWatch

__all__ = ["NoticedWriters", "open_watch"]


def open_watch(descriptor: int, *, sole: bool = False) -> WriteWatch | None:
    """Watch a terminal for writes of others; None where that is not possible.

    Args:
        descriptor: of the terminal; not one that is captured.
        sole: see `WriteWatch`.
    """
    if not os.path.exists("/proc/self/io"):
        return None
    from reflowlog.system.write_watch import WriteWatch  # start-up cost: only on a terminal, and on Linux

    try:
        return WriteWatch(descriptor, sole=sole)
    except OSError:
        return None


class NoticedWriters:
    """Knowledge of other writers by a watch. Printer thread only.

    Args:
        watch: of the terminal; None where it cannot be watched: then other writers are not known of.
    """

    def __init__(self, watch: WriteWatch | None) -> None:
        self._watch = watch

    def have_written(self) -> bool:
        """Return whether others have written since the last call."""
        return self._watch is not None and self._watch.take()

    def may_write_unnoticed(self) -> bool:
        """Return False: the writers of a pipe are not expected to write to the terminal."""
        return False

    def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.close()
