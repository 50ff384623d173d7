"""Where painters write: a descriptor, or a Python stream that has none.

Rules of this file:
- A descriptor is written with `os.write`, past the stream's own buffer and lock: an interpreter that is ending aborts
  when a daemon thread holds those (CPython issue 129536). What the stream's buffer still holds is flushed first.
- A write is whole when it returns. A reader that is gone is `OutputClosed`, once for all kinds of it.
"""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING, Protocol

from reflowlog.descriptors import OutputClosed, is_gone, write_all

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FileOutput", "Output", "StreamOutput", "drain_stream"]


class Output(Protocol):
    """What a painter writes to."""

    def write(self, text: str) -> None:
        """Write all of it, at once; raises `OutputClosed`."""


class FileOutput:
    """A descriptor."""

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        self.descriptor = descriptor
        self._encoding = encoding

    def write(self, text: str) -> None:
        """Write all of it; characters the encoding lacks become ``?``."""
        write_all(self.descriptor, text.encode(self._encoding, "replace"))


class StreamOutput:
    """A Python stream without a descriptor, looked up at each write: tests and IDEs put others in its place."""

    def __init__(self, stream: Callable[[], IO[str] | None]) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write and flush."""
        stream = self._stream()
        if stream is None:  # pythonw, or a daemon without streams
            raise OutputClosed("there is no such stream")
        try:
            stream.write(text)
            stream.flush()
        except UnicodeEncodeError:
            encoding = getattr(stream, "encoding", None) or "ascii"
            stream.write(text.encode(encoding, "replace").decode(encoding))
        except ValueError as error:  # closed
            raise OutputClosed(str(error)) from error
        except OSError as error:
            if is_gone(error):
                raise OutputClosed(str(error)) from error
            raise


def drain_stream(stream: IO[str]) -> None:
    """Write out what a stream's own buffer holds, before its descriptor is written past it."""
    with contextlib.suppress(OSError, ValueError):
        stream.flush()
