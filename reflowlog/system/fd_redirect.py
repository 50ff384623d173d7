"""Detours: where descriptors 1 and 2 lead to while a capture has their numbers.

A capture of descriptors puts a pipe in the place of the program's standard output and error. The console is to go on
writing to what was there, which lives on under other numbers meanwhile.

Rules of this file:
- Who writes to a descriptor that may be one of these, or asks how wide it is, does it by way of here, each time.
- A write and a change exclude each other. A question is asked again if the answer is overtaken by a change.
- A forked child writes into the pipe as any other child does: it knows of no detour.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ask", "changing", "is_captured", "lifted", "redirect", "writing"]

_Answer = TypeVar("_Answer")

_real: dict[int, int] = {}  # from a captured number to the descriptor of what was there
_gates: dict[int, threading.RLock] = {}  # held while one is written to


def ask(descriptor: int, question: Callable[[int], _Answer]) -> _Answer:
    """The answer of what a descriptor really leads to. Any thread; waits for nobody.

    >>> ask(7, lambda number: number)
    7
    """
    while True:
        real = _real.get(descriptor, descriptor)
        answer = question(real)
        if _real.get(descriptor, descriptor) == real:
            return answer


@contextlib.contextmanager
def writing(descriptor: int) -> Iterator[int]:
    """The number under which to write to what a descriptor really leads to, for so long as it is held."""
    gate = _gates.get(descriptor)
    if gate is None:
        yield descriptor
        return
    with gate:
        yield _real.get(descriptor, descriptor)


@contextlib.contextmanager
def changing(descriptor: int) -> Iterator[None]:
    """Nobody writes to it meanwhile."""
    with _gates[descriptor]:
        yield


def redirect(descriptor: int, real: int | None) -> None:
    """From now on it leads to `real`; None: to itself. Within `changing`."""
    if real is None:
        _real.pop(descriptor, None)
    else:
        _real[descriptor] = real


def is_captured(descriptor: int) -> bool:
    """Whether it leads into the pipe of a capture."""
    return descriptor in _real


@contextlib.contextmanager
def lifted() -> Iterator[None]:
    """Have all numbers lead to where they did, for what is written through objects that know nothing of detours.

    What others write meanwhile goes there, too.
    """
    with contextlib.ExitStack() as stack:
        for number in list(_real):
            stack.enter_context(_gates[number])
            if number in _real:
                pipe = os.dup(number)
                stack.callback(os.close, pipe)
                stack.callback(os.dup2, pipe, number)
                os.dup2(_real[number], number)
        yield


def _renew() -> None:
    _real.clear()
    for number in (1, 2):
        _gates[number] = threading.RLock()


_renew()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
