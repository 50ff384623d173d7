"""Where a copy of the input goes besides the screen: into a file, into a stream, or both."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from reflowlog.system.fds import move_above_stdio, write_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.options import CliOptions

__all__ = ["FileTee", "Tee", "make_tee"]


class Tee(Protocol):
    """Takes a copy of what was read.

    Attributes:
        complain: told in one line what goes wrong.
    """

    warn: Callable[[str], None]

    def begin(self) -> None:
        """There is something to copy: what is there already may be replaced now."""

    def __call__(self, data: bytes) -> None:
        """One more piece, after `begin`; it raises nothing."""

    def close(self, timeout: float | None = None) -> None:
        """That was all: finish, at most within so many seconds; harmless twice."""

    @property
    def failed(self) -> bool:
        """Whether something is missing in the copy."""


class FileTee:
    """Writes what was read into a file as well, byte for byte; a failure is told once and ends only that.

    Args:
        path: of the file; it is emptied by `begin`.
        complain: told in one line what went wrong.
    """

    def __init__(self, path: str, warn: Callable[[str], None]) -> None:
        self._path = path
        self.warn = warn
        self._descriptor: int | None = None
        self.failed = False

    def begin(self) -> None:
        """Open the file, and empty it."""
        try:
            self._descriptor = move_above_stdio(
                os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
            )
        except OSError as error:
            self._fail(error)

    def __call__(self, data: bytes) -> None:
        """Write; any failure ends the copy, not the caller."""
        if self._descriptor is None:
            return
        try:
            write_all(self._descriptor, data)
        except Exception as error:  # whatever it is, the log itself goes on
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else str(error)
        self.failed = True
        self.close()
        self.warn(f"cannot write {self._path}: {why}; going on without it")

    def close(self, timeout: float | None = None) -> None:  # noqa: ARG002 - every tee is asked
        """Close the file; harmless twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def make_tee(options: CliOptions, warn: Callable[[str], None]) -> Tee | None:
    """What takes a copy of the input; None if nothing does.

    Raises:
        ValueError: the URL of a stream makes no sense.
        ImportError: what is needed for a stream is missing; the text says what helps.
    """
    tees: list[Tee] = []
    if options.publish is not None:
        from reflowlog.nats.tee import PublishTee

        tees.append(PublishTee(options.publish, warn))
    if options.output is not None:
        tees.append(FileTee(options.output, warn))
    return _TeePair(tees) if len(tees) > 1 else next(iter(tees), None)


class _TeePair:
    """Several tees as one."""

    def __init__(self, tees: list[Tee]) -> None:
        self._tees = tees

    def begin(self) -> None:
        for each in self._tees:
            each.begin()

    def __call__(self, data: bytes) -> None:
        for each in self._tees:
            each(data)

    @property
    def warn(self) -> Callable[[str], None]:
        return self._tees[0].warn

    @warn.setter
    def warn(self, warn: Callable[[str], None]) -> None:
        for each in self._tees:
            each.warn = warn

    @property
    def failed(self) -> bool:
        return any(each.failed for each in self._tees)

    def close(self, timeout: float | None = None) -> None:
        for each in self._tees:
            each.close(timeout)
