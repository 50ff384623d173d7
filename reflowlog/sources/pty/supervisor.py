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
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from reflowlog.system.fds import move_above_stdio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Launch", "Supervisor", "open_pipe", "start"]

_NOT_FOUND = 127


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
    reports, tell = open_pipe()
    ears, lifeline = open_pipe()
    news, tell_news = open_pipe()
    with _held() as before:
        pid = os.fork()
        if not pid:
            _watch(launch._replace(private=(*launch.private, reports, lifeline, news)), tell, ears, tell_news, before)
    for descriptor in (tell, ears, tell_news):
        os.close(descriptor)
    with os.fdopen(news, "rb") as file:
        told = dict(line.split() for line in file)  # EOF comes where the command begins
    if b"error" in told or b"pid" not in told:
        os.close(lifeline)
        os.close(reports)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        number = int(told.get(b"error", errno.ECHILD))
        raise OSError(number, os.strerror(number))
    os.set_blocking(reports, False)
    return Supervisor(pid, int(told[b"pid"]), reports, lifeline)


def open_pipe() -> tuple[int, int]:
    """Return a pipe whose ends are not among the first three descriptors."""
    reader, writer = os.pipe()
    return move_above_stdio(reader), move_above_stdio(writer)


@contextlib.contextmanager
def _held() -> Iterator[set[int]]:
    """Block signals in the context; yields those that were blocked before."""
    numbers = {signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGTTOU}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers | {signal.SIGCHLD, signal.SIGWINCH})
    try:
        yield {int(number) for number in before}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- in the supervisor -------------------------------------------------------------------------------------------------


def _watch(launch: Launch, tell: int, ears: int, tell_news: int, before: set[int]) -> NoReturn:
    """Run the supervisor process; never returns. Called with signals blocked.

    Args:
        launch: what to start.
        tell: descriptor for the reports.
        ears: the reading end of the lifeline.
        tell_news: descriptor for ``pid N`` of the command, and for ``error N`` if it cannot run; closed once it runs.
        before: signals to block in the command.
    """
    try:
        for descriptor in launch.private:
            os.close(descriptor)
        if launch.session:
            _lead(launch.terminal)
        children = signal.getsignal(signal.SIGCHLD)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored, waitpid gets no exit status
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, children)
            _become(launch, tell_news, before)
        _say(tell_news, f"pid {pid}")
        os.close(tell_news)
        _keep_watch(launch, pid, tell, ears)
    except OSError as error:
        _say(tell_news, f"error {error.errno}")
    finally:
        os._exit(0)


def _lead(terminal: int) -> None:
    """Become the leader of a session that the terminal controls."""
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def _keep_watch(launch: Launch, pid: int, tell: int, ears: int) -> None:
    """Report state changes of the command until the lifeline is closed."""
    wake, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGTTOU})
    _let_go_of(launch)
    alive = True
    while True:
        ready, _, _ = select.select([ears, wake], [], [])
        if ears in ready:
            break
        os.read(wake, 512)
        if alive and _tell_changes(pid, tell, stops=launch.session):
            alive = False
            if launch.session:
                os.tcsetpgrp(launch.terminal, os.getpgrp())
            os.close(launch.terminal)
    if alive:
        for number in (signal.SIGHUP, signal.SIGCONT):
            with contextlib.suppress(OSError):
                (os.killpg if launch.session else os.kill)(pid, number)


def _let_go_of(launch: Launch) -> None:
    """Close the streams of the command and of the caller, so that their readers get EOF without the supervisor."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    for descriptor in {*launch.streams, nothing} - {0, 1, 2, launch.terminal}:
        os.close(descriptor)


def _tell_changes(pid: int, tell: int, *, stops: bool) -> bool:
    """Report pending state changes of the command; return whether it has ended."""
    flags = os.WNOHANG | (os.WUNTRACED | os.WCONTINUED if stops else 0)
    while True:
        changed, status = os.waitpid(pid, flags)
        if not changed:
            return False
        if os.WIFSTOPPED(status):
            _say(tell, f"stopped {os.WSTOPSIG(status)}")
        elif os.WIFCONTINUED(status):
            _say(tell, "continued")
        else:
            code = os.waitstatus_to_exitcode(status)
            _say(tell, f"exited {code if code >= 0 else 128 - code}")
            return True


def _say(tell: int, line: str) -> None:
    with contextlib.suppress(OSError):
        os.write(tell, f"{line}\n".encode())


# -- in the command's process ------------------------------------------------------------------------------------------


def _become(launch: Launch, tell_news: int, before: set[int]) -> NoReturn:
    """Set up terminal, streams and signals, and execute the command; never returns."""
    try:
        if launch.session:
            os.setpgid(0, 0)
            os.tcsetpgrp(launch.terminal, os.getpid())
        for number, copy in enumerate([move_above_stdio(os.dup(each)) for each in launch.streams]):
            os.dup2(copy, number)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these
            signal.signal(number, signal.SIG_DFL)
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _execute(launch.command, launch.environ)
    except OSError as error:
        _say(tell_news, f"error {error.errno or errno.EINVAL}")
    finally:
        os._exit(_NOT_FOUND)


def _execute(command: tuple[str, ...], environ: Mapping[str, str]) -> None:
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
