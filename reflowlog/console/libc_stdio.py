"""The C library's standard output, where it can be reached: what C code prints is held in a buffer of its own.

Nothing here fails: where there is no such library, or no ctypes, nothing is done. (The other streams of C are left
alone: to flush all would wait for a thread that is reading one of them, such as `input` does.)
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["flush", "flush_by_lines"]

_FULLY, _BY_LINES = 0, 1  # how a stream is buffered, as setvbuf(3) has it


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
    """Write out what C code has printed. Waits for whoever is printing."""
    if (output := _output()) is not None:
        output.library.fflush(output.stream)


def flush_by_lines() -> Callable[[], None]:
    """Have what C code prints written line by line, as on a terminal; what is returned undoes that."""
    output = _output()
    if output is None:
        return lambda: None
    was_by_lines = bool(output.library.__flbf(output.stream)) if hasattr(output.library, "__flbf") else False
    _set(output, _BY_LINES)

    def undo() -> None:
        if not (was_by_lines or os.isatty(1)):  # there it is the custom
            _set(output, _FULLY)

    return undo


def _set(output: _LibcStream, way: int) -> None:
    output.library.setvbuf(output.stream, None, way, 0)
