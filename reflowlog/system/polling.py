"""Waiting for several sockets, on systems with `select.poll` and on Windows, which has `select` for sockets only."""

from __future__ import annotations

import errno
import os
import select
import sys
import time
from typing import Any, Final, Protocol

from reflowlog.system import unix
from reflowlog.system.fds import close_own, identity_of

__all__ = ["Poller", "WakeSignal", "make_poller"]

IS_SELECTING: Final[bool] = sys.platform == "win32"
ERROR_PAUSE = 0.01  # seconds after a socket was closed by another thread
WAKE_BYTES = 4096  # bytes that are read at once


class Poller(Protocol):
    """The part of `select.poll` that is used."""

    def register(self, descriptor: int, events: int = ..., /) -> None:
        """Add a descriptor, or change its events."""

    def unregister(self, descriptor: int, /) -> None:
        """Remove a descriptor. Raises KeyError."""

    def poll(self, milliseconds: float | None = ..., /) -> list[tuple[int, int]]:
        """Wait, and return the ready descriptors with their events."""


def make_poller(*, selects: bool = IS_SELECTING) -> Poller:
    """Return a poller.

    Args:
        selects: whether it uses `select`.

    Raises:
        OSError: `select.poll` is missing where it should not be: eventlet removes it, because a thread that polls would
            hold its green threads up.
    """
    if selects:
        return _SelectPoller()
    if not unix.has("poll"):
        raise OSError("no select.poll")
    poller: Poller = unix.poll()
    return poller


class _SelectPoller:
    """Poller that reports descriptors that can be read, are at EOF or were closed by their peer.

    A descriptor that is registered for no event is reported when there is something to read, too: `select` has no event
    of its own for a peer that is gone.
    """

    def __init__(self) -> None:
        self._registered: dict[int, int] = {}

    def register(self, descriptor: int, events: int = 1, /) -> None:
        """Add a descriptor; the events it is registered for are ignored."""
        self._registered[descriptor] = events

    def unregister(self, descriptor: int, /) -> None:
        """Remove a descriptor. Raises KeyError."""
        del self._registered[descriptor]

    def poll(self, milliseconds: float | None = None, /) -> list[tuple[int, int]]:
        """Return the ready descriptors; none if one is closed meanwhile, which its owner removes then."""
        seconds = None if milliseconds is None or milliseconds < 0 else milliseconds / 1000
        try:
            return [(descriptor, 1) for descriptor in select.select(list(self._registered), [], [], seconds)[0]]
        except (OSError, ValueError):
            time.sleep(ERROR_PAUSE)
            return []


class WakeSignal:
    """Wakes a thread that polls: a pipe, or a pair of sockets where only sockets can be polled.

    Args:
        selects: whether the poller uses `select`.

    Raises:
        OSError: it cannot be created.
    """

    def __init__(self, *, selects: bool = IS_SELECTING) -> None:
        self._sockets: tuple[Any, ...] = ()
        if selects:
            from socket import socketpair  # start-up cost: only where there are no pipes to poll

            self._sockets = socketpair()
            self._reader, self._writer = (each.fileno() for each in self._sockets)
        else:
            self._reader, self._writer = os.pipe()
        self._identities = self._identify()

    @property
    def is_open(self) -> bool:
        """Whether its descriptors are still open: a program may close all, and open other files under their numbers."""
        return self._identify() == self._identities

    def fileno(self) -> int:
        """Return the descriptor to poll."""
        return self._reader

    def wake(self) -> None:
        """Make it readable. Any thread. Raises OSError once it is not open."""
        if self._sockets:
            self._sockets[1].send(b"!")
        else:
            self._check_open()
            os.write(self._writer, b"!")

    def clear(self) -> None:
        """Read the bytes that `wake` has written, once it is readable. Raises OSError once it is not open."""
        if self._sockets:
            self._sockets[0].recv(WAKE_BYTES)
        else:
            self._check_open()
            os.read(self._reader, WAKE_BYTES)

    def close(self) -> None:
        """Close both ends. Idempotent."""
        for each in self._sockets:
            each.close()
        for descriptor, identity in zip((self._reader, self._writer), self._identities):
            close_own(descriptor, identity)
        self._reader = self._writer = -1

    def _check_open(self) -> None:
        if not self.is_open:
            raise OSError(errno.EBADF, "the descriptors were closed")

    def _identify(self) -> list[tuple[int, int] | None]:
        """Return the files that the descriptors lead to; with sockets, which close themselves, none."""
        return [] if self._sockets else [identity_of(each) for each in (self._reader, self._writer)]
