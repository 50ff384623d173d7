"""File watch: changes made by logrotate, editors and users are distinguished."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from reflowlog.system.file_watch import Change, FileWatch
from reflowlog.system.files import open_to_read, read_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

opened: list[int] = []
keeps_names = pytest.mark.skipif(sys.platform == "win32", reason="a deleted file may keep its name while it is open")


@pytest.fixture(autouse=True)
def close_all() -> Iterator[None]:
    """Close every descriptor that a test has opened."""
    yield
    while opened:
        os.close(opened.pop())


def watch(path: Path, content: bytes = b"one\ntwo\n") -> FileWatch:
    """Write a file, open it, and watch it."""
    path.write_bytes(content)
    opened.append(open_to_read(str(path)))
    return FileWatch(opened[-1], str(path))


def append(path: Path, content: bytes) -> None:
    """Write at the end of a file."""
    with path.open("ab") as file:
        file.write(content)


def test_nothing_happens(tmp_path: Path) -> None:
    """A file that is left alone is whole, however often it is looked at."""
    watched = watch(tmp_path / "log")
    for position in (0, 4, 8, 8):
        assert watched.poll(position) == Change(8, truncated=False, replaced=False, gone=False)


def test_growth_is_only_growth(tmp_path: Path) -> None:
    """Appending changes the size and nothing else, however much was read."""
    watched = watch(tmp_path / "log", b"")
    for number in range(1, 40):
        append(tmp_path / "log", b"seven..")
        assert watched.poll(7 * number - number % 7) == Change(7 * number, False, False, False)


@pytest.mark.parametrize("left", [0, 3, 7])
def test_truncated(tmp_path: Path, left: int) -> None:
    """A file shorter than the read position counts as truncated, until the reader seeks to its start."""
    watched = watch(tmp_path / "log")
    watched.poll(8)
    os.truncate(tmp_path / "log", left)
    assert watched.poll(8) == Change(left, True, False, False)
    assert watched.poll(8).truncated
    assert watched.poll(0) == Change(left, False, False, False)


@pytest.mark.parametrize("size", [8, 9, 64, 5000])
def test_truncated_and_grown_again(tmp_path: Path, size: int) -> None:
    """A file that is at least as long as before, with other bytes where the last ones were read, was truncated."""
    watched = watch(tmp_path / "log")
    assert not watched.poll(8).truncated
    (tmp_path / "log").write_bytes(b"x" * size)
    os.utime(tmp_path / "log", ns=(1, 1))
    assert watched.poll(8).truncated
    assert not watched.poll(0).truncated
    assert not watched.poll(size).truncated


def test_truncated_between_a_read_and_the_look_after_it(tmp_path: Path) -> None:
    """The bytes before the position of the last look tell, even when more was read since."""
    watched = watch(tmp_path / "log", b"a" * 100)
    watched.poll(100)
    (tmp_path / "log").write_bytes(b"b" * 200)
    assert watched.poll(200).truncated


@pytest.mark.parametrize("sizes", [(100,), (10, 90), (10, 10), (70, 3)])
def test_truncated_and_grown_again_before_the_next_poll(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    """Changed bytes at the position of the last ones read are noticed, equal ones are not."""
    data, position = os.urandom(sum(sizes)), 0
    watched = watch(tmp_path / "log", data)
    watched.poll(0)
    for size in sizes:
        assert watched.read_next(size, position) == data[position : position + size]
        position += size
    append(tmp_path / "log", b"more")
    assert not watched.poll(position).truncated
    assert watched.read_next(99, position) == b"more"
    (tmp_path / "copy").write_bytes(data + b"more, and more")
    (tmp_path / "log").write_bytes(b"b" * 200)
    assert watched.read_next(99, position + 4) == b""
    assert watched.poll(position + 4).truncated
    opened.append(open_to_read(str(tmp_path / "copy")))
    assert watched.is_copy(opened[-1])
    opened.append(open_to_read(str(tmp_path / "log")))
    assert not watched.is_copy(opened[-1])


def test_a_reader_that_has_begun_anew(tmp_path: Path) -> None:
    """A truncation is over once it was told: the reader may be beyond its old place before it looks again."""
    watched = watch(tmp_path / "log", b"a" * 100)
    watched.poll(100)
    (tmp_path / "log").write_bytes(b"b" * 200)
    assert watched.poll(100).truncated
    assert watched.poll(200) == Change(200, False, False, False)
    (tmp_path / "log").write_bytes(b"c" * 200)
    os.utime(tmp_path / "log", ns=(1, 1))
    assert watched.poll(200).truncated


def test_unread_bytes_may_change(tmp_path: Path) -> None:
    """Changed bytes after the read position are no truncation."""
    watched = watch(tmp_path / "log", b"one\ntwo\n")
    watched.poll(4)
    (tmp_path / "log").write_bytes(b"one\nTWO\nthree\n")
    assert watched.poll(4) == Change(14, False, False, False)


def test_a_hole_where_the_text_was(tmp_path: Path) -> None:
    """A writer that goes on at its old place after a truncation leaves a hole: that is told as a truncation."""
    watched = watch(tmp_path / "log")
    watched.poll(8)
    with (tmp_path / "log").open("r+b") as file:
        file.truncate(0)
        file.seek(8)
        file.write(b"three\n")
    assert watched.poll(8).truncated


@keeps_names
def test_deleted_and_made_again(tmp_path: Path) -> None:
    """A deleted file is gone, and replaced once there is another; the old one keeps its size meanwhile."""
    watched = watch(tmp_path / "log")
    (tmp_path / "log").unlink()
    assert watched.poll(8) == Change(8, False, False, True)
    with pytest.raises(FileNotFoundError):
        watched.reopen()
    (tmp_path / "log").write_bytes(b"new")
    assert watched.poll(8) == Change(8, False, True, False)


def test_rotation(tmp_path: Path) -> None:
    """Renamed away with another in its place: replaced; reopened, the new one is watched and can be read."""
    watched = watch(tmp_path / "log")
    (tmp_path / "log").rename(tmp_path / "log.1")
    (tmp_path / "log").write_bytes(b"new one\n")
    append(tmp_path / "log.1", b"last\n")
    assert watched.poll(8) == Change(13, False, True, False)
    opened.append(watched.reopen())
    assert not os.get_inheritable(opened[-1])
    assert read_at(opened[-1], 100, 0) == b"new one\n"
    assert watched.poll(0) == Change(8, False, False, False)
    append(tmp_path / "log.1", b"nobody hears\n")
    assert watched.poll(8) == Change(8, False, False, False)


def test_the_same_file_again(tmp_path: Path) -> None:
    """A file renamed away and back is the same file."""
    watched = watch(tmp_path / "log")
    (tmp_path / "log").rename(tmp_path / "other")
    assert watched.poll(8).gone
    (tmp_path / "other").rename(tmp_path / "log")
    assert watched.poll(8) == Change(8, False, False, False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no FIFOs")
@pytest.mark.parametrize("make", [os.mkdir, getattr(os, "mkfifo", None)], ids=["directory", "fifo"])
def test_something_else_has_the_path(tmp_path: Path, make) -> None:
    """A directory or a FIFO in its place is no file to go on with, and is not waited for."""
    watched = watch(tmp_path / "log")
    (tmp_path / "log").unlink()
    make(tmp_path / "log")
    assert watched.poll(8) == Change(8, False, False, True)
    with pytest.raises(OSError, match="not a regular file"):
        watched.reopen()
    assert watched.poll(8).size == 8


@keeps_names
def test_a_directory_that_went_away(tmp_path: Path) -> None:
    """Where not even its directory is left, the file is gone."""
    (tmp_path / "logs").mkdir()
    watched = watch(tmp_path / "logs" / "log")
    (tmp_path / "logs" / "log").unlink()
    (tmp_path / "logs").rmdir()
    assert watched.poll(0).gone
    (tmp_path / "logs").write_bytes(b"a file now")
    assert watched.poll(0).gone


def test_reads_that_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the bytes cannot be compared, nothing is claimed, and nothing is raised."""

    def pread(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    watched = watch(tmp_path / "log")
    watched.poll(8)
    append(tmp_path / "log", b"more")
    monkeypatch.setattr(os, "pread", pread, raising=False)
    assert watched.poll(8) == Change(12, False, False, False)
    monkeypatch.undo()
    assert watched.poll(12) == Change(12, False, False, False)


def test_a_descriptor_that_was_closed(tmp_path: Path) -> None:
    """A descriptor that no longer answers has the size it had."""
    watched = watch(tmp_path / "log")
    os.close(opened.pop())
    assert watched.poll(8) == Change(8, False, False, False)


def test_the_position_stays(tmp_path: Path) -> None:
    """A look does not move the place where the descriptor's owner reads on."""
    watched = watch(tmp_path / "log")
    os.read(opened[-1], 3)
    watched.poll(3)
    watched.poll(8)
    assert os.read(opened[-1], 100) == b"\ntwo\n"
