"""The command on systems that lack names or calls of this one, which a child interpreter takes away first."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.terminals import PYTHON, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Pty

TIMEOUT = 60.0  # seconds

WITHOUT_UNIX = """
import _socket, os, select, signal, sys
for name in ("fcntl", "termios", "tty", "pty", "resource"):
    sys.modules[name] = None
names = "fork register_at_fork geteuid getuid getpgrp killpg tcgetpgrp set_blocking pread pwrite ttyname splice waitid"
names += " openpty posix_spawn uname O_NOCTTY O_CLOEXEC O_NONBLOCK SEEK_DATA memfd_create"
signals = "SIGWINCH SIGHUP SIGQUIT SIGTSTP SIGCONT SIGCHLD SIGALRM SIGPIPE SIGTTIN SIGTTOU setitimer pthread_sigmask"
for module, missing in ((os, names), (select, "poll epoll"), (signal, signals), (_socket, "AF_UNIX SO_PEERCRED")):
    for name in missing.split():
        if hasattr(module, name):
            delattr(module, name)
from reflowlog.cli import main
main(sys.argv[1:])
"""
"""A system without what Windows lacks. Its own names are not there, either."""

LIKE_MACOS = """
import os, select, socket, sys
real = select.poll
class Poll:
    def __init__(self):
        self.poller, self.terminals = real(), {}
    def register(self, descriptor, events=0):
        if os.isatty(descriptor):
            self.terminals[descriptor] = select.POLLNVAL
        else:
            self.poller.register(descriptor, events)
    def poll(self, timeout=None):
        return list(self.terminals.items()) or self.poller.poll(timeout)
select.poll = Poll
for module, missing in ((os, "splice memfd_create O_TMPFILE"), (select, "epoll"), (socket, "SO_PEERCRED")):
    for name in missing.split():
        if hasattr(module, name):
            delattr(module, name)
import subprocess, tempfile  # before they see another system
sys.platform = "darwin"
from reflowlog.cli import main
main(sys.argv[1:])
"""
"""A system whose `poll` refuses terminals."""

LINES = b"2026-01-01 10:00:00 INFO a\n2026-01-01 11:00:00 ERROR b\n2026-01-01 12:00:00 INFO c\n"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="takes names of Unix away")


@pytest.mark.slow
@pytest.mark.parametrize("system", [WITHOUT_UNIX, LIKE_MACOS], ids=["windows", "macos"])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], LINES),
        (["FILE"], LINES),
        (["-g", "ERROR"], LINES.splitlines(keepends=True)[1]),
        (["-l", "error", "FILE"], LINES.splitlines(keepends=True)[1]),
        (["--since", "2026-01-01T11:30", "FILE"], LINES.splitlines(keepends=True)[2]),
        (["-o", "COPY", "FILE"], LINES),
        (["--raw", "--width", "80"], LINES),
        (["FILE", "FILE2"], LINES + b"2026-01-01 13:00:00 INFO d\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_pipes_files_and_filters_need_no_names_of_this_system(
    system: str, arguments: list[str], expected: bytes, tmp_path: Path
) -> None:
    """Off a terminal."""
    (tmp_path / "FILE").write_bytes(LINES)
    (tmp_path / "FILE2").write_bytes(b"2026-01-01 13:00:00 INFO d\n")
    done = subprocess.run(
        [PYTHON, "-c", system, *arguments],
        input=LINES,
        capture_output=True,
        cwd=tmp_path,
        env=environment(),
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", expected)
    assert "-o" not in arguments or (tmp_path / "COPY").read_bytes() == LINES


def test_without_pseudo_terminals_a_command_is_refused_in_one_line() -> None:
    """With the usage status."""
    done = subprocess.run(
        [PYTHON, "-c", WITHOUT_UNIX, "-e", "true"], capture_output=True, env=environment(), timeout=TIMEOUT, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"reflowlog: --exec needs pseudo-terminals")
    assert done.stderr.count(b"\n") == 1


def test_a_log_is_followed_on_a_terminal_that_cannot_be_polled(open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """`poll` reports a terminal as closed on macOS; the command goes on all the same."""
    log = tmp_path / "log"
    log.write_bytes(b"first\n")
    terminal = open_pty([PYTHON, "-c", LIKE_MACOS, "--plain", "-f", str(log)])
    terminal.wait_until(lambda: b"first" in terminal.output())
    with log.open("ab") as file:
        file.write(b"second\n")
    terminal.wait_until(lambda: b"second" in terminal.output())
