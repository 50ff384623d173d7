"""A terminal that is written to as /dev/tty, so that the writes of others can be told from own ones."""

from __future__ import annotations

import os
import sys

import pytest

from reflowlog.session.foreign_writers import WatchedTerminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a watch of Linux")


@pytest.mark.parametrize("path", [os.devnull, "/nowhere/tty", ""], ids=["another file", "none", "the same file"])
def test_a_terminal_that_is_not_the_controlling_one_is_written_to_as_it_was_given(path: str) -> None:
    """There no writes of others are noticed, as on other systems."""
    import pty

    master, slave = pty.openpty()
    terminal = WatchedTerminal(slave, path or os.ttyname(slave))
    assert terminal.descriptor == slave
    os.write(slave, b"foreign\n")
    assert not terminal.have_written()
    assert not terminal.may_write_unnoticed()
    terminal.close()
    os.close(master)
    os.close(slave)


CHILD = """
import fcntl, os, sys, termios
os.setsid()
slave = int(sys.argv[1])
fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
from reflowlog.session.foreign_writers import WatchedTerminal
terminal = WatchedTerminal(slave)
found = [terminal.have_written()]
os.write(terminal.descriptor, b"own\\n")
found.append(terminal.have_written())
os.write(terminal.descriptor, b"own\\n")
os.write(slave, b"foreign\\n")
os.write(terminal.descriptor, b"own\\n")
found += [terminal.have_written(), terminal.have_written()]
terminal.close()
found.append(terminal.have_written())
os.write(terminal.descriptor, b"a message\\n")
print(terminal.descriptor != slave, found)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a watch of Linux")
def test_writes_of_others_are_told_from_own_ones_at_any_time() -> None:
    """Own writes before, after or during them make no difference."""
    import pty
    import subprocess

    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(slave)], pass_fds=[slave], capture_output=True, text=True, check=True
    )
    os.close(slave)
    os.close(master)
    assert done.stdout in ("True [False, False, True, False, False]\n", "False [False, False, False, False, False]\n")
