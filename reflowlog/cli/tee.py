"""Copies of the input besides the screen: into a file, into a stream, or both."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Protocol

from reflowlog.cli.signals import SHUTDOWN_TIMEOUT, InterruptCounter, QuitSignal, handle_unless_ignored
from reflowlog.system.fds import move_above_stdio, write_all
from reflowlog.system.files import open_to_overwrite

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.options import CliOptions

__all__ = ["FileTee", "Tee", "TeeSession", "make_tee"]


class Tee(Protocol):
    """Consumer of a copy of the input.

    Attributes:
        warn: takes one line about a failure.
    """

    warn: Callable[[str], None]

    def begin(self) -> None:
        """Open the target, which may replace existing content. Called once there is an input."""

    def __call__(self, data: bytes) -> None:
        """Take a chunk, after `begin`. Never raises."""

    def close(self, timeout: float | None = None) -> None:
        """Finish within `timeout` seconds. Idempotent."""

    @property
    def failed(self) -> bool:
        """Return whether the copy is incomplete."""


class FileTee:
    """Tee into a file, byte for byte; a failure is reported once and ends only the copy.

    Args:
        path: of the file, which `begin` truncates.
        warn: takes one line about a failure.
    """

    def __init__(self, path: str, warn: Callable[[str], None]) -> None:
        self._path = path
        self.warn = warn
        self._descriptor: int | None = None
        self.failed = False

    def begin(self) -> None:
        """Open and truncate the file."""
        try:
            self._descriptor = move_above_stdio(open_to_overwrite(self._path))
        except OSError as error:
            self._fail(error)

    def __call__(self, data: bytes) -> None:
        """Write a chunk; any failure ends the copy, not the caller."""
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
        self.warn(f"cannot write {self._path}: {why}; continuing without it")

    def close(self, timeout: float | None = None) -> None:  # noqa: ARG002 - the protocol's signature
        """Close the file. Idempotent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def make_tee(options: CliOptions, warn: Callable[[str], None]) -> Tee | None:
    """Return the tee that the options ask for; None without one.

    Raises:
        ValueError: the URL of a stream is invalid.
        ImportError: a library for streams is missing; the text names what to install.
    """
    tees: list[Tee] = []
    if options.publish is not None:
        from reflowlog.nats.tee import PublishTee  # optional dependency

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


class TeeSession:
    """Context in which a tee runs: begun on entry; finished on exit, also after a signal. On the main thread.

    Args:
        tee: the tee; None: nothing is copied.
        warn: takes one line about a failure while it is finished.

    Attributes:
        failed: after the exit, whether the copy is incomplete.
    """

    def __init__(self, tee: Tee | None, warn: Callable[[str], None]) -> None:
        self._tee = tee
        self._warn = warn
        self.failed = False

    def __enter__(self) -> TeeSession:
        """Begin the tee."""
        if self._tee is not None:
            self._tee.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Finish the tee without limit, or within `SHUTDOWN_TIMEOUT` if a signal ends the program."""
        if kind is None:
            self._finish(None)
        elif issubclass(kind, QuitSignal):
            self._finish(SHUTDOWN_TIMEOUT)

    def _finish(self, timeout: float | None) -> None:
        """Close the tee; all input is read by now, so one Ctrl-C quits."""
        tee = self._tee
        if tee is None:
            return
        handle_unless_ignored(signal.SIGINT, InterruptCounter(waits_for_input=False).handle)
        tee.warn = self._warn
        try:
            tee.close(timeout)
        except QuitSignal:
            tee.close(SHUTDOWN_TIMEOUT)
            raise
        self.failed = tee.failed
