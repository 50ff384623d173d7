"""Supervisor: a small process between this program and a command that starts it, waits for it and reports its state.

Reasons for a process of its own:
- A terminal stops only processes whose parent is in their session (POSIX: others are orphaned, and could not be
  continued). This program is in the session of the user's terminal; the command's pty has its own session, with the
  supervisor in it.
- When the leader of a session ends, its foreground processes get SIGHUP. The supervisor ends last, once all output of
  the command was read, and is in the foreground by then: background processes live on, as under a shell.

Invariants:
- It is forked before there is any thread. Both processes run the code in this file, then end by `os._exit`.
- The supervisor touches neither the input nor the screen. It reports in lines: ``stopped N``, ``continued``,
  ``exited N``. It ends when the other end of its lifeline is closed, and sends SIGHUP to a command that is still alive.
- Signals are blocked from before a fork until each side is ready for them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
from typing import TYPE_CHECKING, NoReturn

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.system import unix
from reflowlog.system.fds import move_above_stdio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Launch", "ReportReader", "Supervisor", "open_pipe", "start"]

_NOT_FOUND = 127
_KILLED = 128 + 9


class Launch(NamedTuple):
    """Description of a command to start.

    Attributes:
        command: its name and its arguments.
        environ: its environment; the name is looked up in the PATH there.
        streams: descriptors of its standard input, output and error.
        terminal: the descriptor of its terminal.
        session: whether that terminal controls it, in a session of its own; else it stays in the caller's session.
        private: descriptors of the caller, closed in the supervisor.
    """

    command: tuple[str, ...]
    environ: Mapping[str, str]
    streams: tuple[int, int, int]
    terminal: int
    session: bool
    private: tuple[int, ...] = ()


class Supervisor(NamedTuple):
    """A supervisor that has started its command.

    Attributes:
        pid: its own process id.
        command: the command's process id.
        reports: non-blocking descriptor of its reports.
        lifeline: descriptor at whose closing it ends.
    """

    pid: int
    command: int
    reports: int
    lifeline: int


def start(launch: Launch) -> Supervisor:
    """Start a command under a supervisor. Only while there are no other threads.

    Raises:
        OSError: the command cannot be run; ENOENT: there is none of that name.
    """
    reports, reports_out = open_pipe()
    lifeline_in, lifeline = open_pipe()
    launch_in, launch_out = open_pipe()
    with _signals_blocked() as blocked:
        pid = unix.fork()
        if not pid:
            _run_supervisor(
                launch._replace(private=(*launch.private, reports, lifeline, launch_in)),
                reports_out,
                lifeline_in,
                launch_out,
                blocked,
            )
    for descriptor in (reports_out, lifeline_in, launch_out):
        os.close(descriptor)
    with os.fdopen(launch_in, "rb") as file:
        launched = dict(line.split() for line in file)  # EOF comes where the command begins
    if b"error" in launched or b"pid" not in launched:
        os.close(lifeline)
        os.close(reports)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        number = int(launched.get(b"error", errno.ECHILD))
        raise OSError(number, os.strerror(number))
    unix.set_blocking(reports, False)
    return Supervisor(pid, int(launched[b"pid"]), reports, lifeline)


class ReportReader:
    """Reads the reports of a supervisor.

    Args:
        descriptor: non-blocking descriptor of the reports.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._partial_line = b""

    def read(self) -> list[tuple[str, int]]:
        """Return the new reports, each with its number; a supervisor that was killed has reported that it exited."""
        try:
            data = os.read(self._descriptor, 4096)
        except BlockingIOError:
            return []
        if not data:
            data = f"\nexited {_KILLED}\n".encode()
        *lines, self._partial_line = (self._partial_line + data).split(b"\n")
        reports = [line.decode().partition(" ") for line in lines if line]
        return [(what, int(number or 0)) for what, _, number in reports]


def open_pipe() -> tuple[int, int]:
    """Return a pipe whose ends are not among the first three descriptors."""
    reader, writer = os.pipe()
    return move_above_stdio(reader), move_above_stdio(writer)


@contextlib.contextmanager
def _signals_blocked() -> Iterator[set[int]]:
    """Block signals in the context; yields those that were blocked before."""
    numbers = {signal.SIGINT, unix.SIGQUIT, signal.SIGTERM, unix.SIGHUP, unix.SIGTSTP, unix.SIGTTOU}
    blocked = unix.pthread_sigmask(unix.SIG_BLOCK, numbers | {unix.SIGCHLD, unix.SIGWINCH})
    try:
        yield {int(number) for number in blocked}
    finally:
        unix.pthread_sigmask(unix.SIG_SETMASK, blocked)


# -- in the supervisor -------------------------------------------------------------------------------------------------


def _run_supervisor(launch: Launch, reports_out: int, lifeline_in: int, launch_out: int, blocked: set[int]) -> NoReturn:
    """Run the supervisor process; never returns. Called with signals blocked.

    Args:
        launch: what to start.
        reports_out: descriptor for the reports.
        lifeline_in: the reading end of the lifeline.
        launch_out: descriptor for ``pid N`` of the command, and for ``error N`` if it cannot run; closed once it runs.
        blocked: signals to block in the command.
    """
    try:
        for descriptor in launch.private:
            os.close(descriptor)
        if launch.session:
            _lead_session(launch.terminal)
        children = signal.getsignal(unix.SIGCHLD)
        signal.signal(unix.SIGCHLD, signal.SIG_DFL)  # where it is ignored, waitpid gets no exit status
        pid = unix.fork()
        if not pid:
            signal.signal(unix.SIGCHLD, children)
            _run_child(launch, launch_out, blocked)
        _write_line(launch_out, f"pid {pid}")
        os.close(launch_out)
        _watch_command(launch, pid, reports_out, lifeline_in)
    except OSError as error:
        _write_line(launch_out, f"error {error.errno}")
    finally:
        os._exit(0)


def _lead_session(terminal: int) -> None:
    """Become the leader of a session that the terminal controls."""
    from reflowlog.system.unix import fcntl, termios

    unix.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def _watch_command(launch: Launch, pid: int, reports_out: int, lifeline_in: int) -> None:
    """Report state changes of the command until the lifeline is closed."""
    wake_reader, wake_writer = os.pipe()
    unix.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    signal.signal(unix.SIGCHLD, lambda *_: None)
    for number in (signal.SIGINT, unix.SIGQUIT, signal.SIGTERM, unix.SIGHUP, unix.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    unix.pthread_sigmask(unix.SIG_SETMASK, {unix.SIGTTOU})
    _release_streams(launch)
    alive = True
    while True:
        ready, _, _ = select.select([lifeline_in, wake_reader], [], [])
        if lifeline_in in ready:
            break
        os.read(wake_reader, 512)
        if alive and _report_changes(pid, reports_out, stops=launch.session):
            alive = False
            if launch.session:
                unix.tcsetpgrp(launch.terminal, unix.getpgrp())
            os.close(launch.terminal)
    if alive:
        for number in (unix.SIGHUP, unix.SIGCONT):
            with contextlib.suppress(OSError):
                (unix.killpg if launch.session else os.kill)(pid, number)


def _release_streams(launch: Launch) -> None:
    """Close the streams of the command and of the caller, so that their readers get EOF without the supervisor."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    for descriptor in {*launch.streams, nothing} - {0, 1, 2, launch.terminal}:
        os.close(descriptor)


def _report_changes(pid: int, reports_out: int, *, stops: bool) -> bool:
    """Report pending state changes of the command; return whether it has ended."""
    flags = unix.WNOHANG | (unix.WUNTRACED | unix.WCONTINUED if stops else 0)
    while True:
        changed, status = os.waitpid(pid, flags)
        if not changed:
            return False
        if unix.WIFSTOPPED(status):
            _write_line(reports_out, f"stopped {unix.WSTOPSIG(status)}")
        elif unix.WIFCONTINUED(status):
            _write_line(reports_out, "continued")
        else:
            code = os.waitstatus_to_exitcode(status)
            _write_line(reports_out, f"exited {code if code >= 0 else 128 - code}")
            return True


def _write_line(reports_out: int, line: str) -> None:
    with contextlib.suppress(OSError):
        os.write(reports_out, f"{line}\n".encode())


# -- in the command's process ------------------------------------------------------------------------------------------


def _run_child(launch: Launch, launch_out: int, blocked: set[int]) -> NoReturn:
    """Set up terminal, streams and signals, and execute the command; never returns."""
    try:
        if launch.session:
            unix.setpgid(0, 0)
            unix.tcsetpgrp(launch.terminal, os.getpid())
        for number, copy in enumerate([move_above_stdio(os.dup(each)) for each in launch.streams]):
            os.dup2(copy, number)
        for number in (unix.SIGPIPE, unix.SIGXFSZ):  # Python ignores these
            signal.signal(number, signal.SIG_DFL)
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        unix.pthread_sigmask(unix.SIG_SETMASK, blocked)
        _exec(launch.command, launch.environ)
    except OSError as error:
        _write_line(launch_out, f"error {error.errno or errno.EINVAL}")
    finally:
        os._exit(_NOT_FOUND)


def _exec(command: tuple[str, ...], environ: Mapping[str, str]) -> None:
    """Replace this process by the command; an executable without a header is run by the shell, as in other programs."""
    if not command[0]:  # for which Python raises ValueError
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    try:
        os.execvpe(command[0], command, environ)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        import shutil

        found = shutil.which(command[0], path=environ.get("PATH")) or command[0]
        os.execve("/bin/sh", ["/bin/sh", found, *command[1:]], environ)
