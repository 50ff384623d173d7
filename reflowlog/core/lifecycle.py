"""Registry of the hooks that run at a fork and at the end of the process, in an order that is written down here.

Invariants:
- No other module calls `os.register_at_fork`, `atexit` or `multiprocessing.util.Finalize`.
- Hooks run by ascending order; of one order, fork hooks as they were registered, exit hooks the last one first. The
  order of imports has no influence.
- In the child of a fork locks are renewed first, because every later step may take one; then descriptors lead to their
  files again, then captures forget the parent's pipe, and then workers start with an empty queue.
- At exit queues become short at first, because daemon threads may log without pause. Then captures end, so that their
  text reaches a running printer; then workers finish; then the servers for child processes close; then terminals get
  their modes back; what concerns the exit status comes last, when no thread of ours imports anything any more. A hook
  that raises does not keep the next ones from running.
- A child process of `multiprocessing` runs finalizers only; a worker is registered there too.
"""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING, Any, Final

from reflowlog.core.loaded_modules import loaded_module

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "EXIT_CAPTURES",
    "EXIT_SERVERS",
    "EXIT_START",
    "EXIT_STATUS",
    "EXIT_TERMINALS",
    "EXIT_WORKERS",
    "FINALIZE_SERVERS",
    "FINALIZE_WORKERS",
    "FORK_CAPTURES",
    "FORK_DESCRIPTORS",
    "FORK_LOCKS",
    "FORK_WORKERS",
    "add_exit_hook",
    "add_finalizer",
    "after_fork_in_child",
    "before_fork",
    "is_exiting",
    "remove_exit_hook",
]

# Order of the hooks in the child of a fork
FORK_LOCKS: Final = 10
FORK_DESCRIPTORS: Final = 20
FORK_CAPTURES: Final = 30
FORK_WORKERS: Final = 40

# Order of the hooks at exit
EXIT_START: Final = 0
EXIT_CAPTURES: Final = 10
EXIT_WORKERS: Final = 20
EXIT_SERVERS: Final = 30
EXIT_TERMINALS: Final = 40
EXIT_STATUS: Final = 50

# Priorities of multiprocessing's finalizers: greater ones run first
FINALIZE_WORKERS: Final = -1
FINALIZE_SERVERS: Final = -100  # after the finalizers of all others, which may still log

_before_fork: list[Callable[[], object]] = []
_in_child: list[tuple[int, Callable[[], object]]] = []
_at_exit: list[tuple[int, Callable[[], object]]] = []
_exiting = False


def before_fork(hook: Callable[[], object]) -> None:
    """Run a hook in the parent before each fork, on the thread that forks."""
    _before_fork.append(hook)


def after_fork_in_child(order: int, hook: Callable[[], object]) -> None:
    """Run a hook in the child of each fork."""
    _in_child.append((order, hook))
    _in_child.sort(key=_order_of)


def add_exit_hook(order: int, hook: Callable[[], object]) -> None:
    """Run a hook once when the interpreter ends, on its main thread. Any thread."""
    _at_exit.insert(0, (order, hook))
    _at_exit.sort(key=_order_of)


def remove_exit_hook(hook: Callable[[], object]) -> None:
    """Forget an exit hook. No-op if it is not registered; any thread."""
    _at_exit[:] = [entry for entry in _at_exit if entry[1] != hook]


def is_exiting() -> bool:
    """Return whether the exit hooks are running or have run."""
    return _exiting


def add_finalizer(priority: int, hook: Callable[[], object]) -> Any:
    """Register a hook with multiprocessing, which runs it before it ends a process; None if that is not in use.

    Returns:
        The `multiprocessing.util.Finalize`; None if that module is not loaded, or is running its finalizers already.
    """
    util = loaded_module("multiprocessing.util")
    if util is None or util.is_exiting():
        return None
    return util.Finalize(None, hook, exitpriority=priority)


def _order_of(entry: tuple[int, Callable[[], object]]) -> int:
    return entry[0]


def _run_before_fork() -> None:
    for hook in _before_fork:
        hook()


def _run_in_child() -> None:
    for _, hook in _in_child:
        hook()


def _run_at_exit() -> None:
    global _exiting
    _exiting = True
    error: BaseException | None = None
    while _at_exit:  # a hook may remove others, or add some
        _, hook = _at_exit.pop(0)
        try:
            hook()
        except BaseException as raised:
            error = error or raised
    if error is not None:
        raise error


atexit.register(_run_at_exit)
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_run_before_fork, after_in_child=_run_in_child)
