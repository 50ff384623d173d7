"""Pseudo-terminal of a command: its settings, its size, and the start of the command in it."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.sources.pty.supervisor import Launch, Supervisor, open_pipe, start
from reflowlog.system import unix
from reflowlog.system.fds import is_tty, move_above_stdio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reflowlog.core.frames import Size

__all__ = ["StartedCommand", "reads_lines", "set_size", "start_command"]


class StartedCommand(NamedTuple):
    """A command that runs in a pseudo-terminal.

    Attributes:
        master: non-blocking descriptor of this side of the pseudo-terminal.
        errors: non-blocking descriptor of its separate standard error; -1: that is its terminal.
        supervisor: the process between.
    """

    master: int
    errors: int
    supervisor: Supervisor


def start_command(
    command: Sequence[str],
    environ: Mapping[str, str],
    size: Size,
    *,
    session: bool,
    separate_stderr: bool,
    private: Sequence[int],
) -> StartedCommand:
    """Start a command in a new pseudo-terminal. Only while there are no other threads.

    Args:
        command: its name and its arguments.
        environ: its environment.
        size: of its terminal.
        session: whether that terminal controls it, in a session of its own.
        separate_stderr: whether its standard error is a pipe rather than its terminal.
        private: further descriptors of this process that are closed in the command.

    Raises:
        OSError: the command cannot be run.
    """
    master, terminal = map(move_above_stdio, unix.openpty())
    ours, for_child = [master], [terminal]
    errors = -1
    try:
        _set_up(terminal)
        set_size(master, size)
        stderr = terminal
        if separate_stderr:
            errors, stderr = open_pipe()
            ours.append(errors)
            for_child.append(stderr)
        stdin = 0
        if not is_tty(0):
            stdin = _copy_of_input()
            for_child.append(stdin)
        elif session:
            stdin = terminal
        supervisor = start(
            Launch(tuple(command), environ, (stdin, terminal, stderr), terminal, session, (*ours, *private))
        )
    except OSError:
        for descriptor in ours:
            os.close(descriptor)
        raise
    finally:
        for descriptor in for_child:
            os.close(descriptor)
    if not is_tty(0):
        _release_input()
    for descriptor in ours:
        unix.set_blocking(descriptor, False)
    return StartedCommand(master, errors, supervisor)


def set_size(descriptor: int, size: Size) -> None:
    """Set the size of a terminal.

    Raises:
        OSError, ValueError: it is closed.
    """
    import struct

    from reflowlog.system.unix import fcntl, termios

    columns, rows = (min(cells, 0xFFFF) for cells in size)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def reads_lines(descriptor: int) -> bool:
    """Return whether a terminal is in canonical mode, in which whole lines are read rather than keys; or is closed."""
    from reflowlog.system.unix import termios

    try:
        return bool(termios.tcgetattr(descriptor)[3] & termios.ICANON)
    except (OSError, ValueError, termios.error):  # it is closed
        return True


def _set_up(terminal: int) -> None:
    """Copy the settings of the user's terminal, in its usual mode, with output processing switched off."""
    from reflowlog.system.unix import termios

    settings: list[Any] = termios.tcgetattr(terminal)
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError, termios.error):
            settings = termios.tcgetattr(descriptor)
            break
    settings[0] |= termios.BRKINT | termios.ICRNL | termios.IXON | getattr(termios, "IUTF8", 0x4000)
    settings[0] &= ~(termios.IGNCR | termios.INLCR | termios.ISTRIP | termios.IGNBRK)
    settings[1] &= ~termios.OPOST
    settings[3] |= termios.ICANON | termios.ISIG | termios.ECHO | termios.ECHOE | termios.ECHOK | termios.IEXTEN
    termios.tcsetattr(terminal, termios.TCSANOW, settings)


def _copy_of_input() -> int:
    """Return a duplicate of standard input; of the null device if it is closed (`occupy_closed_stdio`)."""
    from reflowlog.system.unix import fcntl

    with contextlib.suppress(OSError):
        if fcntl.fcntl(0, fcntl.F_GETFL) & unix.O_ACCMODE != os.O_WRONLY:
            return move_above_stdio(os.dup(0))
    return move_above_stdio(os.open(os.devnull, os.O_RDONLY))


def _release_input() -> None:
    """Close this process's copy of standard input, so that its writer gets EPIPE once the command stops reading."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    if nothing:
        os.dup2(nothing, 0, inheritable=False)
        os.close(nothing)
