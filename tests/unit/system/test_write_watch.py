"""Writes of others to a terminal are noticed, own ones and those to other files are not."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reflowlog.system import write_watch
from reflowlog.system.write_watch import TerminalReports, WriteWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs Linux's count of written bytes")


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a watch of Linux")


@pytest.fixture
def terminal() -> Iterator[int]:
    """A pseudo-terminal's descriptor."""
    import pty

    master, slave = pty.openpty()
    yield slave
    os.close(slave)
    os.close(master)


@pytest.fixture
def watch(terminal: int) -> Iterator[WriteWatch]:
    """The watch of the terminal."""
    found = WriteWatch(terminal)
    yield found
    found.close()


def has_inotify(watch: WriteWatch) -> bool:
    """Whether writes to this terminal and to other files can be told apart."""
    return watch._events is not None


def test_own_writes_are_not_of_others(watch: WriteWatch, terminal: int) -> None:
    """However many there are."""
    for _ in range(3):
        with watch.own_write(4):
            os.write(terminal, b"own\n")
    assert not watch.take()


def test_a_write_of_others_is_noticed_once(watch: WriteWatch, terminal: int) -> None:
    """By `os.write`, before and after own writes."""
    os.write(terminal, b"foreign\n")
    assert watch.take()
    assert not watch.take()
    with watch.own_write(4):
        os.write(terminal, b"own\n")
    os.write(terminal, b"foreign\n")
    with watch.own_write(4):
        os.write(terminal, b"own\n")
    assert watch.take()


def test_a_write_of_c_code_is_noticed(watch: WriteWatch, terminal: int) -> None:
    """It passes all that Python knows."""
    ctypes.CDLL(None).dprintf(terminal, b"foreign\n")
    assert watch.take()


def test_a_write_of_another_process_is_noticed(watch: WriteWatch, terminal: int) -> None:
    """A child that inherits the terminal."""
    if not has_inotify(watch):
        pytest.skip("there is no inotify for terminals here")
    subprocess.run(["/bin/sh", "-c", "echo foreign"], stdout=terminal, check=True)
    assert watch.take()


def test_a_write_during_an_own_one_is_noticed(watch: WriteWatch, terminal: int) -> None:
    """The reports of both are merged, the counted bytes are not."""
    with watch.own_write(4):
        os.write(terminal, b"own\n")
        os.write(terminal, b"foreign\n")
    assert watch.take()


def test_a_write_to_another_file_is_not_of_others(watch: WriteWatch, tmp_path: Path) -> None:
    """A log file beside the console."""
    if not has_inotify(watch):
        pytest.skip("there is no inotify for terminals here")
    (tmp_path / "app.log").write_text("a line\n")
    assert not watch.take()


_ADOPT = "import fcntl, sys, termios; fcntl.ioctl(int(sys.argv[1]), termios.TIOCSCTTY, 0)\n"
_OTHER = """
with open("/dev/tty", "w") as file:
    for line in sys.stdin:
        print(file.write(line), file=file, flush=True)
        print("written", flush=True)
"""
_PROGRAM = """
from pathlib import Path
from reflowlog.system.write_watch import WriteWatch

watch = WriteWatch(int(sys.argv[1]))
log = Path(sys.argv[2]).open("w", buffering=1)

def report():
    print("a line", file=log)
    print("alarm" if watch.take() else "none", flush=True)
    input()

for _ in range(6):
    report()
with open("/dev/tty", "w") as file:
    file.write("foreign")
report()
kept = open("/dev/tty", "w")
print("foreign", file=kept, flush=True)
report()
print("foreign", file=kept, flush=True)
report()
kept.close()
for _ in range(6):
    report()
"""


def _start_session(code: str, descriptor: int, *arguments: str) -> subprocess.Popen[str]:
    """Start Python code as a session of its own on a terminal."""
    command = [sys.executable, "-c", _ADOPT + code, str(descriptor), *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, bufsize=1, start_new_session=True, pass_fds=[descriptor]
    )


def _step(process: subprocess.Popen[str]) -> str:
    """Let a session go on, and return its next line."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("text\n")
    return process.stdout.readline().strip()


def test_another_session_is_no_other_writer(watch: WriteWatch, terminal: int, tmp_path: Path) -> None:
    """The file /dev/tty is that of all sessions. A program that writes to it is told from one that writes elsewhere."""
    if not has_inotify(watch):
        pytest.skip("there is no inotify for terminals here")

    master, slave = os.openpty()
    found = []
    log = str(tmp_path / "app.log")
    with _start_session(_OTHER, slave) as other, _start_session(_PROGRAM, terminal, log) as program:
        assert _step(other) == "written"
        assert program.stdout
        program.stdout.readline()  # before the first reports
        for writes in [*[True] * 5, *[False] * 4, *[True] * 5]:
            assert not writes or _step(other) == "written"
            found.append(_step(program))
        _step(program)
        assert other.stdin
        other.stdin.close()
    os.close(master)
    os.close(slave)
    assert "none" in found[:5]  # once at least: a process of another test may close the file at that time
    assert found[5:8] == ["alarm"] * 3
    assert "none" in found[9:]


_OWN_WRITES = """
import os
from reflowlog.system.write_watch import WriteWatch

terminal, log = int(sys.argv[1]), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
kept = os.open("/dev/tty", os.O_WRONLY) if sys.argv[3] == "shared" else -1
watch = WriteWatch(terminal)
target = {"log": log, "terminal": terminal, "shared": kept}[sys.argv[3]]
with watch.own_write(4, terminal) as own:
    os.write(own, b"own\\n")
    os.write(target, b"a line\\n")
print("alarm" if watch.take() else "none", flush=True)
os.dup2(log, terminal)
with watch.own_write(5, terminal) as own:
    os.write(own, b"moved")
"""


@pytest.mark.parametrize(("target", "found"), [("log", "none"), ("terminal", "alarm"), ("shared", "alarm")])
def test_a_log_file_that_is_written_during_an_own_write_is_no_other_writer(
    watch: WriteWatch, terminal: int, tmp_path: Path, target: str, found: str
) -> None:
    """Own writes go to the terminal by a file of their own, unless the program has put another file there."""
    if not has_inotify(watch):
        pytest.skip("there is no inotify for terminals here")
    command = [sys.executable, "-c", _ADOPT + _OWN_WRITES, str(terminal), str(tmp_path / "app.log"), target]
    run = subprocess.run(command, stdout=-1, text=True, check=True, start_new_session=True, pass_fds=[terminal])
    assert run.stdout.strip() == found
    assert (tmp_path / "app.log").read_text().endswith("moved")


_TWO_CONSOLES = """
import os
from reflowlog.system.write_watch import TerminalReports, WriteWatch

terminal = int(sys.argv[1])
watch, reports = WriteWatch(terminal), TerminalReports(terminal)
with watch.own_write(4, terminal) as own:
    os.write(own, b"own\\n")
print(watch.take(), flush=True)
reports.has_foreign()
if not (child := os.fork()):
    with WriteWatch(terminal).own_write(4, terminal) as own:
        os.write(own, b"own\\n")
    os._exit(0)
os.waitpid(child, 0)
print(watch.take(), reports.has_foreign(), watch.take(), reports.has_foreign())
"""


def test_frames_of_another_process_are_noticed(watch: WriteWatch, terminal: int) -> None:
    """By a program's watch and by the command's, though both write to a file that all sessions share."""
    if not has_inotify(watch):
        pytest.skip("there is no inotify for terminals here")
    command = [sys.executable, "-c", _ADOPT + _TWO_CONSOLES, str(terminal)]
    run = subprocess.run(command, stdout=-1, text=True, check=True, start_new_session=True, pass_fds=[terminal])
    assert run.stdout.split() == ["False", "True", "True", "False", "False"]


_CLOSED_ELSEWHERE = """
from reflowlog.system.write_watch import WriteWatch

watch = WriteWatch(int(sys.argv[1]))
log = open(sys.argv[2], "w", buffering=1)
for _ in range(12):
    print("a line", file=log)
    print("alarm" if watch.take() else "none", flush=True)
    input()
"""


def test_a_terminal_that_another_session_closes_is_no_other_writer(
    watch: WriteWatch, terminal: int, tmp_path: Path
) -> None:
    """It was open before, so it was not this process that wrote and closed it."""
    if not has_inotify(watch):
        pytest.skip("there is no inotify for terminals here")
    master, slave = os.openpty()
    found = []
    with _start_session(_CLOSED_ELSEWHERE, terminal, str(tmp_path / "app.log")) as program:
        assert program.stdout
        program.stdout.readline()  # before the first reports
        for _ in range(5):
            with _start_session(_OTHER, slave) as other:
                assert _step(other) == "written"
                _step(program)  # it is known to be open elsewhere
                assert _step(other) == "written"
                assert other.stdin
                other.stdin.close()
                other.wait()
            found.append(_step(program))
        program.kill()
    os.close(master)
    os.close(slave)
    assert "none" in found  # once at least: a process of another test may open the file at that time


def test_without_inotify_any_write_counts(terminal: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A false alarm costs a lay-out, a missed write a line."""

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(write_watch, "TerminalReports", refuse)
    watch = WriteWatch(terminal)
    (tmp_path / "app.log").write_text("a line\n")
    assert watch.take()
    with watch.own_write(4):
        os.write(terminal, b"own\n")
    assert not watch.take()
    watch.close()


def test_an_own_write_that_fails_counts_as_one_of_others(watch: WriteWatch, terminal: int) -> None:
    """How much of it was written is not known."""

    def fail() -> None:
        with watch.own_write(4):
            os.write(terminal, b"ow")
            raise BlockingIOError

    with pytest.raises(BlockingIOError):
        fail()
    assert watch.take()


def test_a_closed_watch_notices_nothing(watch: WriteWatch, terminal: int) -> None:
    """Records may follow after the end of the console."""
    watch.close()
    with watch.own_write(4):
        os.write(terminal, b"own\n")
    os.write(terminal, b"foreign\n")
    assert not watch.take()
    watch.close()


def test_reports_are_of_the_terminal_itself(terminal: int, tmp_path: Path) -> None:
    """Of a process that writes to its terminal as /dev/tty only, which is a file of its own."""
    try:
        reports = TerminalReports(terminal)
    except OSError:
        pytest.skip("there is no inotify for terminals here")
    (tmp_path / "copy.log").write_text("a line\n")
    assert not reports.has_foreign()
    os.write(terminal, b"foreign\n")
    assert reports.has_foreign()
    assert not reports.has_foreign()
    reports.close()


def test_descriptors_that_the_program_has_closed_are_not_read(terminal: int, tmp_path: Path) -> None:
    """As programs do that close all they have inherited: other files get their numbers."""
    watch = WriteWatch(terminal)
    numbers = [watch._counter, *([] if watch._events is None else [watch._events.fileno()])]
    (tmp_path / "data").write_text("of the program")
    for number in numbers:
        os.close(number)
    files = [os.open(tmp_path / "data", os.O_RDONLY) for _ in numbers]
    try:
        assert watch.take()
        assert watch.take()
        with watch.own_write(4):
            os.write(terminal, b"own\n")
        watch.close()
        assert [os.read(number, 100) for number in files] == [b"of the program"] * len(files)
    finally:
        for number in files:
            os.close(number)


def test_descriptors_that_the_program_has_closed_are_not_closed(terminal: int, tmp_path: Path) -> None:
    """Also where nothing was written since."""
    watch = WriteWatch(terminal)
    numbers = [watch._counter, *([] if watch._events is None else [watch._events.fileno()])]
    file = os.open(tmp_path / "data", os.O_RDWR | os.O_CREAT)
    for number in numbers:
        os.dup2(file, number)
    watch.close()
    assert {os.fstat(number).st_ino for number in numbers} == {os.fstat(file).st_ino}
    for number in (file, *numbers):
        os.close(number)
