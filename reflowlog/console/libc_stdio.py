"""Flushes the C library's stdout, which buffers the output of C code.

Invariants:
- Nothing here fails: without such a library, or without ctypes, every function is a no-op.
- Other C streams are never flushed: flushing all would wait for a thread that reads one of them, as `input` does.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["flush", "flush_by_lines"]

_FULLY, _BY_LINES = 0, 1  # buffering modes of setvbuf(3)


class _LibcStream(NamedTuple):
    library: Any
    stream: Any


@functools.cache
def _output() -> _LibcStream | None:
    try:
        import ctypes

        library = ctypes.CDLL(None)
    except (ImportError, OSError, TypeError):
        return None
    for name in ("stdout", "__stdoutp"):  # Linux; macOS
        try:
            return _LibcStream(library, ctypes.c_void_p.in_dll(library, name))
        except ValueError:
            continue
    return None


def flush() -> None:
    """Flush C stdout. Waits for a thread that is printing to it."""
    if (output := _output()) is not None:
        output.library.fflush(output.stream)


def flush_by_lines() -> Callable[[], None]:
    """Switch C stdout to line buffering, as on a terminal, and return a function that undoes that."""
    output = _output()
    if output is None:
        return lambda: None
    was_by_lines = bool(output.library.__flbf(output.stream)) if hasattr(output.library, "__flbf") else False
    _set_buffering(output, _BY_LINES)

    def undo() -> None:
        if not (was_by_lines or os.isatty(1)):  # line buffering is the default on a terminal
            _set_buffering(output, _FULLY)

    return undo


def _set_buffering(output: _LibcStream, mode: int) -> None:
    output.library.setvbuf(output.stream, None, mode, 0)
