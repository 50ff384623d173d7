"""Redirections of descriptors 1 and 2 while a capture has replaced them by pipes.

A capture replaces the program's standard output and error by a pipe. The console goes on writing to the original
files, which are kept under other numbers meanwhile.

Invariants:
- Every write to a descriptor that may be redirected, and every question about it (such as its width), goes through this
  module, each time.
- A write and a change of a redirection exclude each other. `ask` repeats a question if a change has overtaken it.
- A forked child starts without redirections: it writes into the pipe, as any other child does.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, TypeVar

from reflowlog.core import lifecycle
from reflowlog.system.fds import write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ask", "changing", "is_captured", "lifted", "redirect", "write", "writing"]

_Answer = TypeVar("_Answer")

_originals: dict[int, int] = {}  # from a captured descriptor to the one that keeps its original file
_locks: dict[int, threading.RLock] = {}  # by descriptor; held during a write


def ask(descriptor: int, question: Callable[[int], _Answer]) -> _Answer:
    """Apply `question` to the original of a descriptor and return its answer. Any thread; never blocks.

    >>> ask(7, lambda number: number)
    7
    """
    while True:
        real = _originals.get(descriptor, descriptor)
        answer = question(real)
        if _originals.get(descriptor, descriptor) == real:
            return answer


@contextlib.contextmanager
def writing(descriptor: int) -> Iterator[int]:
    """Hold the redirection of a descriptor and yield the number to write to."""
    gate = _locks.get(descriptor)
    if gate is None:
        yield descriptor
        return
    with gate:
        yield _originals.get(descriptor, descriptor)


def write(descriptor: int, data: bytes) -> None:
    """Write every byte to the original of a descriptor. Raises as `write_all`."""
    lock = _locks.get(descriptor)
    if lock is None:
        write_all(descriptor, data)
    else:
        with lock:
            write_all(_originals.get(descriptor, descriptor), data)


@contextlib.contextmanager
def changing(descriptor: int) -> Iterator[None]:
    """Exclude writes to a descriptor meanwhile."""
    with _locks[descriptor]:
        yield


def redirect(descriptor: int, real: int | None) -> None:
    """Redirect a descriptor to `real`; None: remove its redirection. Call it within `changing`."""
    if real is None:
        _originals.pop(descriptor, None)
    else:
        _originals[descriptor] = real


def is_captured(descriptor: int) -> bool:
    """Return whether a descriptor is the pipe of a capture."""
    return descriptor in _originals


@contextlib.contextmanager
def lifted() -> Iterator[None]:
    """Undo all redirections meanwhile, for writes through objects that bypass this module.

    Writes of other threads during that time reach the original files, too.
    """
    with contextlib.ExitStack() as stack:
        for number in list(_originals):
            stack.enter_context(_locks[number])
            if number in _originals:
                pipe = os.dup(number)
                stack.callback(os.close, pipe)
                stack.callback(os.dup2, pipe, number)
                os.dup2(_originals[number], number)
        yield


def _reset_after_fork() -> None:
    _originals.clear()
    for number in (1, 2):
        _locks[number] = threading.RLock()


_reset_after_fork()
lifecycle.after_fork_in_child(lifecycle.FORK_DESCRIPTORS, _reset_after_fork)
