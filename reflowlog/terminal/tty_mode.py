"""Terminal device: opening it, its line settings, and job-control signals in the background."""

from __future__ import annotations

import contextlib
import os
import select
from typing import TYPE_CHECKING, Any

from reflowlog.system import unix

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["block_sigttin", "open_terminal", "raw_settings", "readable", "without_sigttou"]


def open_terminal(path: str) -> int:
    """Open the terminal at `path`, non-blocking, and return the descriptor; -1 if none has settings."""
    try:
        from reflowlog.system.unix import termios
    except ImportError:
        return -1
    names = [path]
    if path == "/dev/tty":
        for standard in (2, 1, 0):
            with contextlib.suppress(OSError):
                names.append(unix.ttyname(standard))
    for name in names:
        try:
            descriptor = os.open(name, os.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC | unix.O_NONBLOCK)
        except OSError:
            continue
        try:
            termios.tcgetattr(descriptor)
        except (OSError, termios.error):
            os.close(descriptor)
        else:
            return descriptor
    return -1


def raw_settings(
    saved: list[Any], descriptor: int, *, capture_ctrl_c: bool, suspends: bool = True, pass_through: bool = False
) -> list[Any]:
    """Return settings that deliver each key at once and without echo.

    Args:
        saved: the present settings (termios).
        descriptor: the terminal.
        capture_ctrl_c: Ctrl-C and the IEXTEN characters are keys; else Ctrl-C is a signal.
        suspends: Ctrl-Z is a signal; else it is a key.
        pass_through: the driver interprets no input at all, for input that is passed on to a child process.
    """
    from reflowlog.system.unix import termios

    settings = [*saved[:6], list(saved[6])]
    settings[3] &= ~(termios.ICANON | termios.ECHO)
    settings[6][termios.VMIN] = 1
    settings[6][termios.VTIME] = 0
    none = bytes([unix.fpathconf(descriptor, "PC_VDISABLE") & 0xFF])
    if capture_ctrl_c:
        settings[3] &= ~termios.IEXTEN  # ^V, ^O, ^Y and ^R
        settings[6][termios.VINTR] = none
    if not suspends:
        settings[6][termios.VSUSP] = none
    if pass_through:
        settings[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP | termios.IXON | termios.BRKINT)
        settings[3] &= ~(termios.ISIG | termios.IEXTEN)
    return settings


def readable(descriptors: list[int], timeout: float | None) -> list[int]:
    """Return the readable descriptors. macOS cannot `poll` terminals; `select` takes no number beyond 1023."""
    if max(descriptors) < 1024:
        return select.select(descriptors, [], [], timeout)[0]
    poll = unix.poll()
    for descriptor in descriptors:
        poll.register(descriptor, unix.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(None if timeout is None else timeout * 1000)]


def block_sigttin() -> None:
    """Block SIGTTIN for the calling thread: a read in the background then fails and does not stop the process."""
    import signal

    if hasattr(signal, "pthread_sigmask"):
        unix.pthread_sigmask(unix.SIG_BLOCK, {unix.SIGTTIN})


@contextlib.contextmanager
def without_sigttou() -> Iterator[None]:
    """Block SIGTTOU meanwhile: changing settings from the background then does not stop the process."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = unix.pthread_sigmask(unix.SIG_BLOCK, {unix.SIGTTOU})
    try:
        yield
    finally:
        unix.pthread_sigmask(unix.SIG_SETMASK, before)
