"""The spool: bytes come back as they went in, wherever they lie, and a failing disk never raises out of `append`.

Rules of this file: sizes are tiny, so that each case crosses every boundary; disks fail by injection, once for real.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.store import spool as spool_module
from reflowlog.store.spool import Evicted, Spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Tiny(Spool):
    """A spool whose boundaries are close together: chunks of 8 bytes, files of 16."""

    CHUNK_BYTES = 8
    MIN_FILE_BYTES = 16

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        made.append(self)


made: list[Spool] = []


@pytest.fixture(autouse=True)
def close_all() -> Iterator[None]:
    """Close every spool that a test has made."""
    yield
    while made:
        made.pop().close()


def pattern(size: int, start: int = 0) -> bytes:
    """Bytes that tell where they lie."""
    return bytes((start + index) % 251 for index in range(size))


def full_disk(monkeypatch: pytest.MonkeyPatch, room: int = 0, code: int = errno.ENOSPC) -> None:
    """Let the file take `room` bytes more, and then fail as a full disk does: with a short write first."""
    left = [room]
    real = os.pwrite

    def pwrite(fd: int, data: memoryview, position: int) -> int:
        if not left[0]:
            raise OSError(code, os.strerror(code))
        written = real(fd, data[: left[0]], position)
        left[0] -= written
        return written

    monkeypatch.setattr(os, "pwrite", pwrite)


@given(
    pieces=st.lists(st.integers(0, 50), max_size=20),
    budget=st.sampled_from([0, 8, 16, 24, 40, 1000]),
    data=st.data(),
)
def test_every_range_comes_back(pieces: list[int], budget: int, data: st.DataObject) -> None:
    """Any range that is read equals the appended bytes, in memory, in files, and across both."""
    spool = Tiny(budget)
    whole = b""
    for size in pieces:
        assert spool.append(pattern(size, len(whole))) == len(whole)
        whole += pattern(size, len(whole))
    assert (spool.start, spool.end) == (0, len(whole))
    for _ in range(20):
        end = data.draw(st.integers(0, len(whole)))
        start = data.draw(st.integers(0, end))
        assert spool.read(start, end) == whole[start:end]
    before = data.draw(st.integers(-1, len(whole) + 5))
    spool.discard(before)
    assert spool.start == min(max(before, 0), len(whole))
    assert spool.read(spool.start, spool.end) == whole[spool.start :]
    spool.append(b"after")
    assert spool.read(spool.start, spool.end) == whole[spool.start :] + b"after"
    spool.close()


def test_all_ranges_over_all_boundaries() -> None:
    """Every range of 100 bytes that lie in several files, several chunks and an unfinished one."""
    spool = Tiny(24)
    whole = pattern(100)
    for at in range(0, 100, 7):
        spool.append(whole[at : at + 7])
    for start in range(101):
        for end in range(start, 101):
            assert spool.read(start, end) == whole[start:end]


def test_memory_alone_needs_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the budget no temporary file is made."""
    monkeypatch.setattr(Spool, "_open", lambda _: pytest.fail("a file was made"))
    spool = Tiny(800)
    spool.append(pattern(799))
    assert spool.read(0, 799) == pattern(799)


def test_what_was_read_stays_when_memory_is_used_again() -> None:
    """Bytes that were read or appended are copies: later appends do not change them."""
    spool = Tiny(16)
    given = bytearray(pattern(20))
    spool.append(memoryview(given))
    read = [spool.read(start, start + 4) for start in range(17)]
    given[:] = b"x" * 20
    spool.append(pattern(500, 20))
    assert read == [pattern(4, start) for start in range(17)]
    assert spool.read(0, 520) == pattern(520)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes it when it is closed")
def test_the_file_is_private_and_has_no_name(tmp_path: Path) -> None:
    """The file has mode 0600 and no directory entry."""
    spool = Tiny(0, str(tmp_path))
    spool.append(pattern(20))
    found = os.fstat(spool._files[0].file.fileno())
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert found.st_nlink == 0
    assert list(tmp_path.iterdir()) == []
    assert not os.get_inheritable(spool._files[0].file.fileno())


def test_the_file_goes_where_tmpdir_says(tmp_path: Path) -> None:
    """Without a directory of its own the spool takes the one that TMPDIR names."""
    script = (
        "from reflowlog.store.spool import Spool; s = Spool(0); s.append(bytes(1 << 20)); print(s._directory, end='')"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, check=True)
    assert os.fsdecode(done.stdout) == str(tmp_path)


def test_discarded_files_are_closed() -> None:
    """With a bounded history the files do not grow without bound, and there are few of them."""
    spool = Tiny(8)
    most = 0
    for at in range(0, 20_000, 10):
        spool.append(pattern(10, at))
        spool.discard(spool.end - 200)
        most = max(most, spool._low - spool._files[0].start if spool._files else 0)
        assert len(spool._files) <= 8
    assert most <= 350
    assert spool.read(spool.start, spool.end) == pattern(200, 19_800)


def test_files_of_an_unbounded_spool_are_few() -> None:
    """The number of files grows as the logarithm of the size, so descriptors do not run out."""
    spool = Tiny(8)
    spool.append(pattern(100_000))
    assert len(spool._files) <= 25
    assert spool.read(0, 100_000) == pattern(100_000)


def test_discarding_all_and_going_on() -> None:
    """After everything was discarded, from memory and files, appending goes on at the next offset."""
    spool = Tiny(16)
    spool.append(pattern(50))
    spool.discard(50)
    assert (spool.start, spool.end, spool._files) == (50, 50, [])
    assert spool.read(50, 50) == b""
    spool.append(pattern(50, 50))
    assert spool.read(50, 100) == pattern(50, 50)
    assert spool.lost == 0


def test_reading_what_is_gone_or_not_there() -> None:
    """Dropped bytes raise Evicted; a range outside the spool, or reversed, is a ValueError."""
    spool = Tiny(16)
    spool.append(pattern(50))
    spool.discard(10)
    with pytest.raises(Evicted, match="before 10 "):
        spool.read(9, 20)
    with pytest.raises(ValueError, match="no such range"):
        spool.read(20, 51)
    with pytest.raises(ValueError, match="no such range"):
        spool.read(20, 19)


def test_closed() -> None:
    """Closing twice is harmless; a closed spool neither takes nor gives."""
    spool = Tiny(8)
    spool.append(pattern(50))
    spool.close()
    spool.close()
    assert spool.closed
    with pytest.raises(ValueError, match="closed"):
        spool.append(b"x")
    with pytest.raises(ValueError, match="closed"):
        spool.read(0, 1)


# -- a disk that fails --


@pytest.mark.skipif(sys.platform == "win32", reason="injects into os.pwrite")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EMFILE])
@pytest.mark.parametrize("room", [0, 3, 8, 21, 60])
def test_full_disk(monkeypatch: pytest.MonkeyPatch, code: int, room: int) -> None:
    """It says so once, gives the disk its room back, and goes on with the newest bytes in memory."""
    full_disk(monkeypatch, room, code)
    said: list[str] = []
    spool = Tiny(24, on_trouble=said.append)
    for at in range(0, 500, 5):
        spool.append(pattern(5, at))
        assert spool.read(spool.start, spool.end) == pattern(spool.end - spool.start, spool.start)
    assert len(said) == 1
    assert os.strerror(code) in said[0]
    assert tempfile.gettempdir() in said[0]
    assert "newest 24 bytes" in said[0]
    assert "\n" not in said[0]
    assert 16 <= spool.end - spool.start <= 24
    assert spool.lost == spool.start
    assert spool._files == []


@pytest.mark.skipif(sys.platform == "win32", reason="injects into os.pread")
@pytest.mark.parametrize("answer", [OSError(errno.EIO, "Input/output error"), b""])
def test_unreadable_disk(monkeypatch: pytest.MonkeyPatch, answer: OSError | bytes) -> None:
    """Unreadable bytes count as dropped, with one warning, and bytes in memory stay."""

    def pread(fd: int, size: int, position: int) -> bytes:
        if isinstance(answer, OSError):
            raise answer
        return answer

    said: list[str] = []
    spool = Tiny(16, on_trouble=said.append)
    spool.append(pattern(100))
    monkeypatch.setattr(os, "pread", pread)
    with pytest.raises(Evicted):
        spool.read(0, 100)
    assert len(said) == 1
    assert spool.lost == spool.start > 0
    assert spool.read(spool.start, 100) == pattern(100)[spool.start :]
    spool.append(pattern(100))
    assert len(said) == 1


def test_short_reads_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that gives less than was asked for is gone on with."""
    read_at = spool_module.read_at
    spool = Tiny(8)
    spool.append(pattern(100))
    monkeypatch.setattr(spool_module, "read_at", lambda fd, size, position: read_at(fd, min(size, 3), position))
    assert spool.read(1, 99) == pattern(98, 1)


def test_no_directory(tmp_path: Path) -> None:
    """A directory that is not there is the same trouble as a full disk."""
    said: list[str] = []
    spool = Tiny(8, f"{tmp_path}/none", on_trouble=said.append)
    spool.append(pattern(100))
    assert f"{tmp_path}/none" in said[0]
    assert spool.read(spool.start, 100) == pattern(100)[spool.start :]


def test_no_usable_directory_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no temporary directory can be written to at all, memory is used, and nothing raises."""

    def gettempdir() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/var/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", gettempdir)
    said: list[str] = []
    spool = Tiny(8, on_trouble=said.append)
    spool.append(pattern(100))
    assert "No usable temporary directory" in said[0]


def test_trouble_without_a_listener(tmp_path: Path) -> None:
    """Without anybody to tell, the spool goes on all the same."""
    spool = Tiny(8, f"{tmp_path}/none")
    spool.append(pattern(100))
    assert spool.lost > 0


def test_the_listener_may_append(tmp_path: Path) -> None:
    """A listener that appends its line to this very spool finds it in order."""
    spool = Tiny(8, f"{tmp_path}/none", on_trouble=lambda _: told.append(spool.append(b"told")))
    told: list[int] = []
    spool.append(pattern(100))
    assert told == [100]
    assert spool.read(spool.start, 104) == (pattern(100) + b"told")[spool.start :]


CHILD_WITH_A_FILE_LIMIT = """
import resource
from reflowlog.store.spool import Spool
resource.setrlimit(resource.RLIMIT_FSIZE, (5 << 20, 5 << 20))
spool = Spool(4 << 20, on_trouble=print)
for number in range(200):
    spool.append(bytes([number]) * 100_000)
assert spool.end == 20_000_000
kept = spool.end - spool.start
assert 3 << 20 <= kept <= 4 << 20, kept
assert spool.lost == spool.start
assert spool.read(spool.end - 200_000, spool.end) == bytes([198]) * 100_000 + bytes([199]) * 100_000
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no RLIMIT_FSIZE")
def test_a_real_limit_on_files() -> None:
    """A process whose files may not grow past 5 MiB (EFBIG, for real) goes on and says so once."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD_WITH_A_FILE_LIMIT], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert "File too large" in done.stdout
    assert "newest 4 MiB" in done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="has no fork")
def test_a_forked_child_corrupts_nothing() -> None:
    """A child reads inherited bytes, and writes to a file of its own."""
    spool = Tiny(8)
    spool.append(pattern(100))
    child = os.fork()
    if not child:
        status = 1
        try:
            intact = spool.read(0, 100) == pattern(100)
            spool.append(b"c" * 100)
            own = spool.read(spool.start, 200) == (pattern(100) + b"c" * 100)[spool.start :]
            status = 0 if intact and own and spool.lost == spool.start > 0 else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    spool.append(b"p" * 100)
    assert spool.read(0, 200) == pattern(100) + b"p" * 100


def test_default_sizes_with_real_megabytes() -> None:
    """At its real sizes: a budget of 2 MiB, 200 MB through it, and reads on both sides of the border."""
    spool = Spool(2 << 20)
    piece = os.urandom(1_000_000)
    for _ in range(200):
        spool.append(piece)
    for number in (0, 63, 66, 120, 197, 199):
        assert spool.read(number * 1_000_000, (number + 1) * 1_000_000) == piece
    assert len(spool._files) >= 2
    spool.close()


def test_memory_is_bounded_by_default() -> None:
    """Of a large text the newest 16 MiB are in memory, so that 100 MB in the viewer take less than 60 MB."""
    spool = Spool()
    for _ in range(40):
        spool.append(bytes(1 << 20))
    assert sum(map(len, spool._chunks)) <= 16 << 20
    assert spool.read(0, 3) == bytes(3)
    spool.close()
