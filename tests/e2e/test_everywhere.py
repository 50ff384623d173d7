"""Behaviour on every system: pipes, files, filters, following, handlers and child processes, off a terminal.

No test needs anything but Python: they run on Linux, macOS and Windows.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from queue import Empty, Queue
from typing import IO, TYPE_CHECKING

import pytest
from support.terminals import PYTHON, REFLOWLOG, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMEOUT = 60.0  # seconds that end a hang: a start of Python takes seconds under emulation
LINES = b"2026-01-01 10:00:00 INFO a\n2026-01-01 11:00:00 ERROR b\n2026-01-01 12:00:00 INFO c\n"


def run(*arguments: object, data: bytes = b"", status: int = 0) -> bytes:
    """Run the command with input from a pipe, and return what it wrote to standard output and error."""
    command = [*REFLOWLOG, *map(str, arguments)]
    done = subprocess.run(
        command, input=data, stdout=-1, stderr=subprocess.STDOUT, env=environment(), timeout=TIMEOUT, check=False
    )
    assert done.returncode == status, done.stdout
    return done.stdout


class Following:
    """A run of the command whose output is read as it comes."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [*REFLOWLOG, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=-1, stderr=-2, env=environment()
        )
        self._lines: Queue[bytes] = Queue()
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._lines.put(line)

    def line(self) -> bytes:
        """Return the next line that is no message of the command."""
        while True:
            try:
                line = self._lines.get(timeout=TIMEOUT)
            except Empty:
                raise AssertionError(f"no line, status {self.process.poll()}") from None
            if not line.startswith(b"reflowlog: "):
                return line.rstrip(b"\r\n")

    def close(self) -> None:
        self.process.kill()
        self.process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of three records, an hour apart."""
    path = tmp_path / "app.log"
    path.write_bytes(LINES)
    return path


@pytest.fixture
def following(log: Path) -> Iterator[Following]:
    """A run that follows the log, from its last record on."""
    found = Following("-f", "--tail", 1, log)
    assert found.line() == b"2026-01-01 12:00:00 INFO c"
    yield found
    found.close()


def test_a_pipe_passes_bytes_unchanged() -> None:
    """No newline is converted, and nothing ends the input before its end."""
    data = b"a\r\nb\x1a\n\x00c\xff" + b"x" * 100_000
    assert run(data=data) == data


def test_a_copy_of_the_input_is_the_same_bytes(tmp_path: Path) -> None:
    """`-o` writes what came."""
    data = b"a\r\nb\x1a\nc\n"
    assert run("-o", tmp_path / "copy", data=data) == data
    assert (tmp_path / "copy").read_bytes() == data


def test_files_are_printed_filtered_and_merged(log: Path, tmp_path: Path) -> None:
    """With a pattern, a level, a time, and another file between whose lines they belong."""
    other = tmp_path / "other.log"
    other.write_bytes(b"2026-01-01 11:30:00 WARNING d\n")
    first, second, third = LINES.splitlines(keepends=True)
    assert run(log) == LINES
    assert run("-g", "ERROR", log) == second
    assert run("-l", "error", log) == second
    assert run("--since", "2026-01-01T11:00", log) == second + third
    assert run(log, other) == first + second + other.read_bytes() + third


def test_rows_are_laid_out_for_a_width() -> None:
    """With a hanging indent."""
    found = run("--width", 30, "--color", "never", data=b"2026-01-01 10:00:00 INFO one two three four\n")
    rows = found.decode().splitlines()
    assert len(rows) > 1
    assert all(len(row) <= 30 for row in rows)
    assert " ".join(row.strip() for row in rows).endswith("one two three four")


def test_a_file_that_is_missing_is_reported_in_one_line(tmp_path: Path) -> None:
    """With its name, and status 1."""
    found = run(tmp_path / "no such.log", status=1)
    assert found.startswith(b"reflowlog: cannot read ")
    assert found.count(b"\n") == 1


def test_a_reader_that_has_gone_ends_the_command() -> None:
    """The command ends without an error once nothing reads its output."""
    process = subprocess.Popen(
        list(REFLOWLOG), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(b"first\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"first\n"
    process.stdout.close()
    with pytest.raises(OSError, match=r".*"):  # EPIPE, or EINVAL on Windows
        _write_without_end(process.stdin)
    with contextlib.suppress(OSError):
        process.stdin.close()
    assert process.wait(TIMEOUT) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def _write_without_end(stream: IO[bytes]) -> None:
    while True:
        stream.write(b"more\n" * 10_000)
        stream.flush()


def test_a_log_that_grows_is_followed(following: Following, log: Path) -> None:
    """Line by line."""
    for text in (b"first", b"second"):
        with log.open("ab") as file:
            file.write(text + b"\n")
        assert following.line() == text


def test_a_log_can_be_rotated_by_its_writer_and_deleted_while_it_is_followed(following: Following, log: Path) -> None:
    """Nothing keeps the writer from it, and no line is lost."""
    with log.open("ab") as file:
        file.write(b"last of the old\n")
    log.rename(log.with_suffix(".log.1"))
    log.write_bytes(b"first of the new\n")
    assert [following.line() for _ in range(2)] == [b"last of the old", b"first of the new"]
    log.unlink()
    log.write_bytes(b"made again\n")
    assert following.line() == b"made again"


def test_a_log_that_is_truncated_is_read_from_its_start(following: Following, log: Path) -> None:
    """As `tail -F` does."""
    log.write_bytes(b"new\n")
    assert following.line() == b"new"


_HANDLER = """
import logging, multiprocessing, sys
import reflowlog

def work(handler, number):
    logger = logging.getLogger(f"child{number}")
    logger.addHandler(handler)
    logger.setLevel("INFO")
    for count in range(20):
        logger.info("message %d of %d", count, number)

if __name__ == "__main__":
    handler = reflowlog.ReflowHandler()
    logging.basicConfig(handlers=[handler], level="INFO")
    logging.info("begin")
    with reflowlog.Console() as console, reflowlog.capture():
        console.print("printed")
        print("captured")
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=work, args=(handler, number)) for number in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    logging.error("end")
"""


def test_a_program_and_its_spawned_children_log_whole_records_in_order(tmp_path: Path) -> None:
    """All of them, each child's in its order, before what the program logs once they have ended."""
    script = tmp_path / "program.py"
    script.write_text(_HANDLER)
    done = subprocess.run(
        [PYTHON, str(script)], stdin=subprocess.DEVNULL, capture_output=True, env=environment(), timeout=120, check=True
    )
    lines = [line.decode().split(None, 4) for line in done.stderr.splitlines()]
    assert done.stdout == b""
    texts = [fields[-1] for fields in lines]
    assert texts[0] == "begin"
    assert texts[1:3] == ["printed", "captured"]
    assert texts[-1] == "end"
    for number in range(2):
        expected = [f"message {count} of {number}" for count in range(20)]
        assert [text for text in texts if text.endswith(f"of {number}")] == expected
    assert len(texts) == 44


@pytest.mark.skipif(hasattr(os, "openpty"), reason="a system with pseudo-terminals")
def test_what_a_system_cannot_do_is_refused_in_one_line() -> None:
    """Commands in pseudo-terminals, and captured descriptors."""
    found = run("-e", "cmd", status=2)
    assert b"--exec needs pseudo-terminals" in found
    assert found.count(b"\n") == 1
    code = "import reflowlog\nwith reflowlog.capture(fd=True): pass"
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, env=environment(), timeout=TIMEOUT, check=False)
    assert done.stderr.splitlines()[-1].startswith(b"OSError: descriptors can be captured on POSIX systems only")


def test_the_version_names_the_system() -> None:
    """For bug reports."""
    assert sys.version.split()[0].encode() in run("--version")
