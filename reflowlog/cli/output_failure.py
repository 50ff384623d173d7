"""Exit status of a mode whose output fails. Cheap to import: both ways to start a mode need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.system.fds import OutputClosed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["status_of"]


def status_of(show: Callable[[], int], warn: Callable[[str], None]) -> int:
    """Run a mode and return its exit status: 0 if the reader of the output is gone, 1 if it cannot be written.

    Args:
        show: runs the mode, and returns its exit status.
        warn: takes one line about the failure.
    """
    try:
        return show()
    except OutputClosed:
        return 0
    except OSError as error:
        warn(f"cannot write: {error.strerror}")
    except RuntimeError as error:
        if "start new thread" not in str(error):
            raise
        warn("cannot start a thread: the limit of processes is reached")
    return 1
