"""Files that are followed: whatever becomes of them, every line comes out once."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import REFLOWLOG, TIMEOUT, environment, wait_for

from reflowlog.sources.follow import FollowedFile
from reflowlog.sources.inputs import open_input, open_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


class Watched:
    """File that is followed in this process, and the bytes read from it."""

    def __init__(self, path: Path, *, rotated: bool = False, poll_timeout: float = 9.0) -> None:
        self.read: list[bytes | None] = []
        self.told: list[str] = []
        self._followed = FollowedFile(open_input(str(path)), poll_timeout, self.told.append, 64, rotated=rotated)

    def reading(self) -> Iterator[bytes | None]:
        """One more look, chunk by chunk."""
        for chunk in self._followed.read_new():
            self.read.append(chunk)
            yield chunk

    def look(self) -> bytes:
        """All that was read so far, after one more look."""
        self.read += self._followed.read_new()
        return b"".join(each for each in self.read if each is not None)


def numbered(first: int, stop: int) -> bytes:
    """Lines that tell where they are from."""
    return b"".join(b"line %d\n" % number for number in range(first, stop))


def test_copy_and_truncate(tmp_path: Path) -> None:
    """Unread bytes are read from the copy, and a partial line continues."""
    log = tmp_path / "app.log"
    log.write_bytes(numbered(0, 10) + b"line ")
    watched = Watched(log)
    watched.look()
    append(log, b"10\n" + numbered(11, 20))
    shutil.copy(log, tmp_path / "app.log.1")
    os.truncate(log, 0)
    append(log, numbered(20, 22))
    assert watched.look() == numbered(0, 22)
    assert watched.look() == numbered(0, 22)


@pytest.mark.parametrize(
    ("older", "name"),
    [
        ("app.log.2", "app.log.1"),
        ("app.log-20260101", "app.log-20260102"),
        ("app.log.2026-01-01_10-15-29", "app.log.2026-01-01_10-15-30"),
    ],
)
def test_copied_twice_between_two_polls(older: str, name: str, tmp_path: Path) -> None:
    """The copy is recognized by its content; newer files of the set are read completely."""
    log = tmp_path / "app.log"
    for other in ("app.log.7", "app.log-19990101", "app.log.bak"):
        (tmp_path / other).write_bytes(b"years ago\n")
        os.utime(tmp_path / other, (0, 0))
    log.write_bytes(numbered(0, 10))
    watched = Watched(log)
    watched.look()
    append(log, numbered(10, 15))
    shutil.copy(log, tmp_path / older)
    log.write_bytes(numbered(15, 20))
    shutil.copy(log, tmp_path / name)
    log.write_bytes(numbered(20, 21))
    assert watched.look() == numbered(0, 21)


def test_renamed_twice_between_two_polls(tmp_path: Path) -> None:
    """The file that had the name in between is read, in order."""
    log = tmp_path / "app.log"
    (tmp_path / "app.log.3").write_bytes(b"read by nobody\n")
    log.write_bytes(numbered(0, 10))
    watched = Watched(log)
    watched.look()
    append(log, numbered(10, 12))
    log.rename(tmp_path / "app.log.2")
    (tmp_path / "app.log.1").write_bytes(numbered(12, 14))
    log.write_bytes(numbered(14, 16))
    assert watched.look() == numbered(0, 16)
    assert watched.read.count(None) == 2


@pytest.mark.parametrize("count", [1, 1000])
def test_a_writer_that_goes_on_at_its_old_place(count: int, tmp_path: Path) -> None:
    """The hole that it leaves in a file that was truncated is no part of its next line; other zeros are as they are."""
    log = tmp_path / "app.log"
    with log.open("wb", buffering=0) as file:
        file.write(b"\0 is text here\n" * count)
        watched = Watched(log)
        watched.look()
        os.truncate(log, 0)
        watched.look()
        file.write(b"next\0\n")
        assert watched.look() == b"\0 is text here\n" * count + b"next\0\n"
        file.write(b"\0last\n")
        assert watched.look() == b"\0 is text here\n" * count + b"next\0\n\0last\n"


@pytest.mark.parametrize("cut", [True, False])
def test_others_of_its_name_are_not_read(cut: bool, tmp_path: Path) -> None:
    """Files of the set are not read if the followed one is not found among them."""
    log = tmp_path / "app.log"
    log.write_bytes(numbered(0, 10))
    (tmp_path / "app.log.1").write_bytes(b"a worker's own\n" * 100)
    watched = Watched(log)
    watched.look()
    append(tmp_path / "app.log.1", b"more\n")
    if not cut:
        log.unlink()
    log.write_bytes(numbered(10, 11))
    assert watched.look() == numbered(0, 11)


def test_a_rotated_file_beside_the_one_that_is_written(tmp_path: Path) -> None:
    """A file that is renamed into the set was read already, or is a copy; appended lines are read."""
    log = tmp_path / "app.log.1"
    log.write_bytes(numbered(0, 3))
    watched = Watched(log, rotated=True)
    watched.look()
    append(log, numbered(3, 4))
    assert watched.look() == numbered(0, 4)
    log.rename(tmp_path / "app.log.2")
    log.write_bytes(numbered(7, 9))
    append(tmp_path / "app.log.2", numbered(4, 5))
    assert watched.look() == numbered(0, 5)
    (tmp_path / "app.log.2").write_bytes(numbered(7, 99))
    assert watched.look() == numbered(0, 5)
    assert watched.told == []


class Rotated:
    """Log of numbered lines that is rotated in any way, and followed in this process."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "app.log"
        self.count = 0
        self.log.touch()
        self.watched = Watched(self.log)
        self.write(3)
        self.watched.look()

    def write(self, count: int) -> None:
        """Write further lines to the live file."""
        append(self.log, numbered(self.count, self.count + count))
        self.count += count

    def old(self, suffix: object) -> Path:
        """The file of the set with a suffix."""
        return self.log.with_name(f"app.log.{suffix}")

    def rename(self, suffix: object) -> None:
        """Rotate by renaming, over what has the name."""
        self.log.replace(self.old(suffix))

    def copy(self, suffix: object) -> None:
        """Rotate by copying and truncating."""
        shutil.copy(self.log, self.old(suffix))
        os.truncate(self.log, 0)

    def assert_once(self) -> None:
        """All lines so far come out once, in order, after one more look and after another one."""
        assert self.watched.look().splitlines() == numbered(0, self.count).splitlines()
        assert self.watched.look().splitlines() == numbered(0, self.count).splitlines()


def rotate_rising(rotated: Rotated, number: int) -> None:
    """Rename to the next higher number, as log4j2 does."""
    rotated.rename(number)


def rotate_shifting(rotated: Rotated, number: int) -> None:
    """Rename to the next higher number, up to 3: from there on all others are lowered, as log4j2 does."""
    if number <= 3:
        rotated.rename(number)
        return
    rotated.old(1).unlink()
    for age in (2, 3):
        rotated.old(age).rename(rotated.old(age - 1))
    rotated.rename(3)


def rotate_falling(rotated: Rotated, number: int) -> None:
    """Rename to .1, after all others were raised, as logrotate does."""
    for age in range(number - 1, 0, -1):
        rotated.old(age).rename(rotated.old(age + 1))
    rotated.rename(1)


def rotate_dated(rotated: Rotated, number: int) -> None:
    """Rename to a later date."""
    rotated.rename(f"2026-01-{number:02d}")


def rotate_single(rotated: Rotated, number: int) -> None:
    """Rename over the only older file."""
    del number
    rotated.rename(1)


def copy_rising(rotated: Rotated, number: int) -> None:
    """Copy to the next higher number, and truncate."""
    rotated.copy(number)


def copy_falling(rotated: Rotated, number: int) -> None:
    """Copy to .1 after all others were raised, and truncate."""
    for age in range(number - 1, 0, -1):
        rotated.old(age).rename(rotated.old(age + 1))
    rotated.copy(1)


def copy_single(rotated: Rotated, number: int) -> None:
    """Copy into the only older file, and truncate."""
    del number
    rotated.copy(1)


RENAMES = [rotate_rising, rotate_shifting, rotate_falling, rotate_dated, rotate_single]
COPIES = [copy_rising, copy_falling, copy_single]


@pytest.mark.parametrize("at_once", [1, 2], ids=["each", "two"])
@pytest.mark.parametrize("rotate", RENAMES + COPIES, ids=lambda rotate: rotate.__name__)
def test_rotated_again_and_again(rotate: Callable[[Rotated, int], None], at_once: int, tmp_path: Path) -> None:
    """Each line comes out once, whichever way the numbers go, with one or two rotations between two looks."""
    rotated = Rotated(tmp_path)
    for number in range(1, 13):
        rotated.write(4)
        rotate(rotated, number)
        rotated.write(2)
        if number % at_once == 0 or rotate is copy_single:  # of two copies under one name the first is lost
            rotated.assert_once()


@pytest.mark.parametrize("names", [(1, 2, 3), (3, 2, 1), ("2026-01-01", "2026-01-02", "2026-01-03")], ids=str)
def test_late_lines_and_a_copy(names: Sequence[object], tmp_path: Path) -> None:
    """A renamed file that has grown late is not read again when the next one is copied and truncated."""
    rotated = Rotated(tmp_path)
    rotated.write(4)
    rotated.rename(names[0])
    append(rotated.old(names[0]), numbered(rotated.count, rotated.count + 1))
    rotated.count += 1
    rotated.write(1)
    rotated.assert_once()
    append(rotated.old(names[0]), b"too late\n")
    rotated.write(2)
    rotated.copy(names[1])
    rotated.write(3)
    rotated.assert_once()
    rotated.write(1)
    rotated.copy(names[2])
    rotated.write(1)
    rotated.assert_once()


def test_a_truncation_between_two_reads(tmp_path: Path) -> None:
    """What has been written at the same offset since is not taken for what follows there."""
    rotated = Rotated(tmp_path)
    rotated.write(40)
    reading = rotated.watched.reading()
    next(reading)  # the first chunk of several
    rotated.copy(1)
    rotated.write(60)
    assert list(reading) == []
    rotated.assert_once()


def test_a_copy_before_a_replacement(tmp_path: Path) -> None:
    """A copy of the file that was read is not read, also where the file itself is deleted."""
    rotated = Rotated(tmp_path)
    rotated.write(4)
    shutil.copy(rotated.log, rotated.old(1))
    (tmp_path / "new").write_bytes(numbered(7, 9))
    (tmp_path / "new").replace(rotated.log)
    rotated.count += 2
    rotated.assert_once()


def test_a_file_of_its_name_from_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that appeared beside the log while it was written were never the log, whoever writes to them."""
    monkeypatch.setattr("reflowlog.sources.rotated_files.LIST_INTERVAL", 0.0)
    rotated = Rotated(tmp_path)
    rotated.old(7).write_bytes(b"a worker's own\n")
    rotated.write(1)
    rotated.assert_once()
    append(rotated.old(7), b"more of it\n")
    rotated.rename(1)
    rotated.write(1)
    rotated.assert_once()
    append(rotated.old(7), b"more of it\n")
    rotated.copy(2)
    rotated.write(1)
    rotated.assert_once()


def test_an_inode_that_is_used_again(tmp_path: Path) -> None:
    """A file is not taken for one that was read before because it has the inode of that."""
    rotated = Rotated(tmp_path)
    rotated.write(1)
    rotated.rename(1)
    rotated.write(1)
    rotated.assert_once()
    used = rotated.old(1)
    used.rename(tmp_path / "aside")
    rotated.write(1)
    rotated.rename(2)
    (tmp_path / "aside").write_bytes(numbered(rotated.count, rotated.count + 4))  # the inode of .1, as the live file
    (tmp_path / "aside").rename(rotated.old(3))
    rotated.count += 4
    rotated.write(1)
    rotated.assert_once()


def test_lines_of_one_length_and_end(tmp_path: Path) -> None:
    """A log whose lines differ in their first bytes only is known from another one of the same length."""
    lines = [b"%04d %s\n" % (number, b"the same words" * 10) for number in range(99)]
    log = tmp_path / "app.log"
    log.write_bytes(b"".join(lines[:20]))
    watched = Watched(log)
    watched.look()
    shutil.copy(log, tmp_path / "app.log.1")
    log.write_bytes(b"".join(lines[20:50]))
    assert watched.look().splitlines(keepends=True) == lines[:50]
    log.rename(tmp_path / "app.log.2")
    (tmp_path / "app.log.3").write_bytes(b"".join(lines[50:75]))
    (tmp_path / "app.log.1").write_bytes(b"".join(lines[75:98]))  # an inode that was known
    (tmp_path / "app.log.1").rename(tmp_path / "app.log.4")
    log.write_bytes(lines[98])
    assert watched.look().splitlines(keepends=True) == lines


def test_a_file_that_is_rotated_before_it_was_seen(tmp_path: Path) -> None:
    """A file that is waited for is read from the set as well."""
    log = tmp_path / "app.log"
    (tmp_path / "app.log.1").write_bytes(b"from before\n")
    source = open_missing(str(log))
    followed = FollowedFile(source, 9.0, [].append, 64)
    assert not list(followed.read_new())
    (tmp_path / "app.log.2").write_bytes(numbered(0, 3))
    log.write_bytes(numbered(3, 5))
    assert b"".join(filter(None, followed.read_new())) == numbered(0, 5)


class Tail:
    """Process that follows files, with its output and its messages."""

    def __init__(self, home: Path, *arguments: str, stdin: Any = subprocess.DEVNULL) -> None:
        self.process = subprocess.Popen(
            [*REFLOWLOG, "-f", *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            cwd=home,
        )
        self.said = {"stdout": b"", "stderr": b""}
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)

    def wait(self, wanted: bytes, stream: str = "stdout") -> bytes:
        """Wait until the output ends with a text, and return all of it."""

        def there() -> bool:
            with contextlib.suppress(BlockingIOError):
                self.said[stream] += os.read(getattr(self.process, stream).fileno(), 1 << 20)
            return self.said[stream].endswith(wanted)

        wait_for(there, describe=lambda: repr(self.said))
        return self.said[stream]

    def complaint(self) -> bytes:
        """All complaints, once there is one that has not been seen."""
        self.said["stderr"] = b""
        return self.wait(b"\n", "stderr")


@pytest.fixture
def tail(tmp_path: Path) -> Iterator[Callable[..., Tail]]:
    """Follow files of `tmp_path` with `tail(name, ...)`."""
    started: list[Tail] = []

    def start(*arguments: str, **options: Any) -> Tail:
        started.append(Tail(tmp_path, *arguments, **options))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


def append(path: Path, data: bytes) -> None:
    """Write at the end of a file, in one write."""
    with path.open("ab", buffering=0) as file:
        file.write(data)


def test_a_file_is_followed(tail: Callable[..., Tail], tmp_path: Path) -> None:
    """Byte for byte, also in the middle of a line; Ctrl-C ends it."""
    log, lines = tmp_path / "log", b"the same words again and again\n" * 40_000
    log.write_bytes(lines + b"half")
    process = tail("log")
    process.wait(lines + b"half")
    append(log, b" a line")
    process.wait(b"half a line")
    append(log, b"\n\xff\0next\n")
    assert process.wait(b"next\n") == lines + b"half a line\n\xff\0next\n"
    process.process.send_signal(signal.SIGINT)
    assert process.process.wait(TIMEOUT) == 130


def test_a_rotated_file(tail: Callable[..., Tail], tmp_path: Path) -> None:
    """The old file is read to its end, with lines written after the rename, before the new one."""
    log = tmp_path / "log"
    log.write_bytes(b"one\n")
    process = tail("log")
    process.wait(b"one\n")
    with log.open("ab", buffering=0) as old:
        log.rename(tmp_path / "log.1")
        assert process.complaint() == b"reflowlog: log is gone: waiting for another one\n"
        log.touch()
        old.write(b"two\nthe last words")
        process.wait(b"words")
    append(log, b"three\n")
    assert process.complaint() == b"reflowlog: log was replaced: going on with the new one\n"
    append(log, b"four\n")
    assert process.wait(b"four\n") == b"one\ntwo\nthe last words\nthree\nfour\n"


def test_a_file_that_is_rotated_at_once(tail: Callable[..., Tail], tmp_path: Path) -> None:
    """A file that takes the name with all its content is read from its start, whatever its size."""
    log, new = tmp_path / "log", tmp_path / "new"
    log.write_bytes(b"one\n" * 100)
    process = tail("log")
    process.wait(b"one\n" * 100)
    new.write_bytes(b"two\n" * 1000)
    new.rename(log)
    assert process.wait(b"two\n" * 1000) == b"one\n" * 100 + b"two\n" * 1000


def test_a_truncated_file(tail: Callable[..., Tail], tmp_path: Path) -> None:
    """A truncated file is reported and read again from its start; so is copytruncate."""
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\nhalf")
    process = tail("log")
    process.wait(b"half")
    os.truncate(log, 0)
    assert process.complaint() == b"reflowlog: log was truncated: continuing from its start\n"
    append(log, b"three\n")
    assert process.wait(b"three\n") == b"one\ntwo\nhalf\nthree\n"


def test_a_deleted_file(tail: Callable[..., Tail], tmp_path: Path) -> None:
    """A deleted file is read while it is written to, and a new one is waited for."""
    log = tmp_path / "log"
    log.write_bytes(b"one\n")
    process = tail("log")
    process.wait(b"one\n")
    with log.open("ab", buffering=0) as old:
        log.unlink()
        old.write(b"two\n")
        process.wait(b"two\n")
    assert process.complaint() == b"reflowlog: log is gone: waiting for another one\n"
    log.write_bytes(b"three\n")
    assert process.wait(b"three\n") == b"one\ntwo\nthree\n"


@pytest.mark.slow
def test_lines_of_two_files_never_mix(tail: Callable[..., Tail], tmp_path: Path) -> None:
    """All are read to their ends first; then half a line of one does not get into one of another."""
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"a1\na2")
    b.write_bytes(b"b1\n")
    process = tail("a", "b")
    process.wait(b"b1\n")
    append(b, b"b2\n")
    process.wait(b"b2\n")
    append(a, b", further\na3\n")
    process.wait(b"a3\n")
    append(b, b"b3, which never ends")
    said = process.wait(b"never ends\n").splitlines()  # after `PATIENCE`
    assert sorted(said) in (
        [b"a1", b"a2, further", b"a3", b"b1", b"b2", b"b3, which never ends"],
        [b", further", b"a1", b"a2", b"a3", b"b1", b"b2", b"b3, which never ends"],  # it took more than `PATIENCE`
    )


def test_standard_input_ends_and_the_files_go_on(tail: Callable[..., Tail], tmp_path: Path) -> None:
    """As do those that cannot grow, such as compressed ones; none of them waits for one that is quiet."""
    (tmp_path / "log").write_bytes(b"log\n")
    (tmp_path / "old.gz").write_bytes(gzip.compress(b"old\n"))
    process = tail("old.gz", "-", "log", stdin=subprocess.PIPE)
    process.wait(b"old\nlog\n")
    process.process.stdin.write(b"typed")  # type: ignore[union-attr]
    process.process.stdin.close()  # type: ignore[union-attr]
    process.process.stdin = None
    process.wait(b"typed\n")
    append(tmp_path / "log", b"more\n")
    assert process.wait(b"more\n") == b"old\nlog\ntyped\nmore\n"


def test_nothing_to_follow_ends(tail: Callable[..., Tail]) -> None:
    """Where only standard input is read, its end is the end."""
    process = tail()
    assert process.process.wait(TIMEOUT) == 0


@pytest.mark.parametrize("arguments", [(), ("-g", "x"), ("-w", "40")], ids=" ".join)
def test_a_reader_that_leaves_ends_it(tail: Callable[..., Tail], tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Silently, also while nothing is being written."""
    (tmp_path / "log").write_bytes(b"x\n")
    process = tail(*arguments, "log")
    process.wait(b"x\n")
    process.process.stdout.close()  # type: ignore[union-attr]
    assert process.process.wait(TIMEOUT) == 0
    assert not process.process.stderr.read()  # type: ignore[union-attr]
    process.process.stdout = None
