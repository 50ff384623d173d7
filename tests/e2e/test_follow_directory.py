"""A followed directory: files that appear in it are read too, whole and once, and merged by time."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from support.terminals import REFLOWLOG, TIMEOUT, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Followed:
    """The command, following a directory, with its output."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*REFLOWLOG, "-f", *options, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
        )

    def write(self, name: str, text: str) -> None:
        """Append to a file in the directory."""
        with (self.folder / name).open("a") as file:
            file.write(text)

    def line(self) -> str:
        """Wait for the next line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def report(self) -> str:
        """Wait for the next line on standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.readline().rstrip("\n")

    def end(self) -> tuple[str, str]:
        """End the command, and return what it has written besides."""
        self.process.terminate()
        return self.process.communicate(timeout=TIMEOUT)


@pytest.fixture
def followed(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Followed]:
    """Follow a directory with the files and options of the test."""
    files, options = getattr(request, "param", ({}, ()))
    folder = tmp_path / "logs"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    found = Followed(folder, *options)
    yield found
    if found.process.poll() is None:
        found.end()


ONE = {"a.log": "2026-01-02 10:00:00 a 1\n"}


@pytest.mark.parametrize("followed", [({}, ()), ({}, ("-g", "1|2")), ({}, ("--width", "80"))], indirect=True)
def test_an_empty_directory_is_waited_for(followed: Followed) -> None:
    """Until a first file appears, and then another one."""
    assert "there are no logs in" in followed.report()
    followed.write("a.log", "2026-01-02 10:00:00 a 1\n")
    assert followed.line().endswith("2026-01-02 10:00:00 a 1")
    followed.write("b.log", "2026-01-02 10:00:01 b 1\n")
    assert followed.line().endswith("2026-01-02 10:00:01 b 1")
    followed.write("a.log", "2026-01-02 10:00:02 a 2\n")
    assert followed.line().endswith("2026-01-02 10:00:02 a 2")


@pytest.mark.parametrize("followed", [(ONE, ())], indirect=True)
def test_a_rotated_file_is_no_new_one(followed: Followed) -> None:
    """Rotated, renamed, binary and hidden files are not taken in as new ones; no line comes twice."""
    assert followed.line() == "2026-01-02 10:00:00 a 1"
    (followed.folder / "a.log").rename(followed.folder / "a.log.1")
    followed.write("a.log", "2026-01-02 10:00:01 a 2\n")
    assert followed.line() == "2026-01-02 10:00:01 a 2"
    (followed.folder / "link.log").hardlink_to(followed.folder / "a.log")
    followed.write(".hidden", "hidden\n")
    (followed.folder / "core").write_bytes(b"\0\1")
    followed.write("b.log", "2026-01-02 10:00:02 b 1\n")
    assert followed.line() == "2026-01-02 10:00:02 b 1"
    assert followed.end()[0] == ""


@pytest.mark.parametrize("followed", [(ONE, ("--tail", "1"))], indirect=True)
def test_a_file_that_cannot_be_read_is_reported_once(followed: Followed) -> None:
    """And the others go on."""
    assert followed.line() == "2026-01-02 10:00:00 a 1"
    (followed.folder / "b.log.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff")
    assert followed.report().endswith("b.log.gz is there: reading it, too")
    assert "cannot read" in followed.report()
    followed.write("c.log", "2026-01-02 10:00:01 c 1\n")
    assert followed.line() == "2026-01-02 10:00:01 c 1"
    assert "cannot read" not in followed.end()[1]


def test_a_copy_beside_the_logs_is_no_input(tmp_path: Path) -> None:
    """The file that --output creates in the followed directory is not read, which would feed it without end."""
    (tmp_path / "a.log").write_text(ONE["a.log"])
    followed = Followed(tmp_path, "-o", str(tmp_path / "copy.log"))
    try:
        assert followed.line() == "2026-01-02 10:00:00 a 1"
        followed.write("b.log", "2026-01-02 10:00:02 b 1\n")
        assert followed.line() == "2026-01-02 10:00:02 b 1"
        assert followed.report().endswith("b.log is there: reading it, too")
    finally:
        out, errors = followed.end()
    assert (out, errors) == ("", "")
