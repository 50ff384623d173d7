"""Work in the child of a fork, and its exit status."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_child", "needs_fork"]

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
CHILD_TIMEOUT = 10  # seconds after which a child that hangs is ended


def in_child(work: Callable[[], object]) -> int:
    """Fork, and work in the child: its exit status, 0 unless the work has raised."""
    child = os.fork()
    if not child:
        signal.alarm(CHILD_TIMEOUT)
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
