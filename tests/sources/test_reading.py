"""Sources: every byte of every input becomes an event, in order, and what cannot be read is told."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import importlib
import lzma
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminals import REFLOWLOG, TIMEOUT, environment, wait_for

from reflowlog.descriptors import OutputClosed
from reflowlog.model import Chunk, Ended
from reflowlog.sources.copies import FileTee
from reflowlog.sources.inputs import Input, is_viewable, open_input
from reflowlog.sources.reading import PIECE, Reader, Stream
from reflowlog.sources.sinks import LineCutter, Marked, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def read(source: Input, tee: Callable[[bytes], None] | None = None) -> tuple[list[object], list[str], Reader]:
    """Read an input to its end: the events, the complaints, and the reader."""
    events: list[object] = []
    weights: list[int] = []
    complaints: list[str] = []
    finished = threading.Event()

    def send(event: object, weight: int) -> None:
        events.append(event)
        weights.append(weight)

    reader = Reader(source, send, tee, complaints.append, finished.set)
    reader.start()
    assert finished.wait(10)
    reader.join()
    assert weights == [len(event.data) if isinstance(event, Chunk) else 0 for event in events]
    return events, complaints, reader


def test_all_goes_through_a_sink() -> None:
    """What it keeps is sent, at most a piece at a time; what it held at the end comes before the end."""

    class Held:
        def __init__(self, sink: Sink) -> None:
            self.sink, self.held = sink, b""

        def write(self, data: bytes) -> None:
            self.held += data

        def pause(self) -> None:
            """Nothing is decided."""

        def end(self) -> None:
            self.sink.write(self.held)
            self.sink.end()

    out, into = os.pipe()
    os.write(into, b"some bytes")
    os.close(into)
    events: list[object] = []
    finished = threading.Event()

    def send(event: object, _: int) -> None:
        events.append(event)

    reader = Reader(Input("pipe", out), send, None, print, finished.set, through=Held, pause=0.01)
    reader.start()
    assert finished.wait(10)
    reader.join()
    os.close(out)
    assert events == [Chunk(b"some bytes"), Ended()]


def data_of(events: list[object]) -> bytes:
    """What all chunks hold."""
    return b"".join(event.data for event in events if isinstance(event, Chunk))


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_every_byte_is_read(size: int, tmp_path: Path) -> None:
    """Whatever they are, in pieces that are cut anywhere; the end is told once."""
    data = os.urandom(size)
    (tmp_path / "log").write_bytes(data)
    seen: list[bytes] = []
    events, complaints, reader = read(open_input(str(tmp_path / "log")), tee=seen.append)
    assert data_of(events) == b"".join(seen) == data
    assert [event for event in events if not isinstance(event, Chunk)] == [Ended()]
    assert events[-1] == Ended()
    assert (complaints, reader.failed) == ([], False)


def test_what_cannot_be_read_is_told() -> None:
    """In one line, with the name; it ends as others do."""
    closed, writer = os.pipe()
    os.close(closed)
    os.close(writer)
    events, complaints, reader = read(Input("gone", closed))
    assert events == [Ended()]
    assert complaints == ["cannot read gone: Bad file descriptor"]
    assert reader.failed


def test_a_pipe_is_read_as_it_comes() -> None:
    """What is there is sent before more is waited for."""
    source, feed = os.pipe()
    arrived: list[object] = []
    there = threading.Semaphore(0)

    def send(event: object, weight: int) -> None:
        arrived.append(event)
        there.release()

    reader = Reader(Input("pipe", source), send, None, print, lambda: None)
    reader.start()
    for piece in (b"a", b"b\n"):
        os.write(feed, piece)
        assert there.acquire(timeout=10)
        assert arrived[-1] == Chunk(piece)
    os.close(feed)
    reader.join(10)
    os.close(source)
    assert arrived[-1] == Ended()


def test_opening(tmp_path: Path) -> None:
    """Standard input is a dash; a directory and a missing file are refused when they are opened."""
    assert open_input("-") == Input("standard input", 0)
    with pytest.raises(IsADirectoryError):
        open_input(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        open_input(str(tmp_path / "none"))


def test_a_tee_copies_every_byte(tmp_path: Path) -> None:
    """Into a file that is emptied first; closing twice is harmless."""
    path = tmp_path / "copy"
    path.write_text("what was there")
    tee = FileTee(str(path), pytest.fail)
    tee.begin()
    tee(b"a\x00")
    tee(b"\xff\n")
    tee.close()
    tee.close()
    assert path.read_bytes() == b"a\x00\xff\n"
    assert not tee.failed


def test_a_tee_that_cannot_be_opened_is_told_once(tmp_path: Path) -> None:
    """The log itself goes on."""
    told: list[str] = []
    tee = FileTee(str(tmp_path / "none" / "copy"), told.append)
    tee.begin()
    tee(b"a")
    tee(b"b")
    assert len(told) == 1
    assert "No such file or directory" in told[0]
    assert tee.failed


def test_a_full_disk_ends_the_copy_only() -> None:
    """It is told once, whatever is written after it."""
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    told: list[str] = []
    tee = FileTee("/dev/full", told.append)
    tee.begin()
    for _ in range(3):
        tee(b"a")
    assert told == ["cannot write /dev/full: No space left on device; going on without it"]
    assert tee.failed


@given(st.lists(st.text("a\n", max_size=5).map(str.encode)))
def test_lines_are_made_whole(pieces: list[bytes]) -> None:
    """Whatever is cut where: whole lines come out, all of them, and the rest at the end."""
    cutter = LineCutter()
    lines = [cutter.feed(piece) for piece in pieces]
    assert all(each.endswith(b"\n") for each in lines if each)
    rest = cutter.rest()
    assert b"\n" not in rest
    assert b"".join(lines) + rest == b"".join(pieces)
    assert cutter.rest() == b""


# -- compressed files --------------------------------------------------------------------------------------------------


def zstd(data: bytes) -> bytes:
    """Compress with a checksum, as the command does, where something here can."""
    with contextlib.suppress(ImportError):
        library = importlib.import_module("compression.zstd")
        return library.compress(data, options={library.CompressionParameter.checksum_flag: 1})  # type: ignore[no-any-return]
    library = pytest.importorskip("zstandard")
    return library.ZstdCompressor(write_checksum=True).compress(data)  # type: ignore[no-any-return]


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}
LINES = b"".join(b"%d: the same words again and again\n" % number for number in range(40_000))


@pytest.fixture(params=PACKERS)
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., str]:
    """Write what is given, compressed, into a file: its name. The format is the fixture's parameter."""

    def make(*parts: bytes, keep: slice = slice(None), behind: bytes = b"") -> str:
        data = b"".join(map(PACKERS[request.param], parts)) + behind
        path = tmp_path / f"log.{request.param}"
        path.write_bytes(data[keep])
        return str(path)

    return make


@pytest.mark.parametrize("data", [b"", b"one line\n", LINES, b"\0" * 3_000_000, os.urandom(300_000)])
def test_a_compressed_file_is_read_straight_through(packed: Callable[..., str], data: bytes) -> None:
    """Every byte of what it holds, in pieces that are never large."""
    events, complaints, reader = read(open_input(packed(data)))
    assert data_of(events) == data
    assert (complaints, reader.failed) == ([], False)
    assert all(len(event.data) <= PIECE for event in events if isinstance(event, Chunk))


def test_members_are_one_file(packed: Callable[..., str]) -> None:
    """Compressed files one after another, as loggers write them that append; also with zeros behind, as tapes have."""
    events, complaints, _ = read(open_input(packed(b"one\n", LINES, b"", b"two\n", behind=b"\0" * 512)))
    assert data_of(events) == b"one\n" + LINES + b"two\n"
    assert complaints == []


def test_of_a_cut_off_file_all_is_shown_that_can_be_had(packed: Callable[..., str]) -> None:
    """Then one line says so."""
    data = os.urandom(1_200_000)  # two blocks of bzip2
    events, complaints, reader = read(open_input(packed(data, keep=slice(-100))))
    shown = data_of(events)
    assert len(shown) > 800_000
    assert data.startswith(shown)
    assert len(complaints) == 1
    assert complaints[0].endswith(": its end is missing")
    assert reader.failed


def test_of_a_damaged_file_all_is_shown_that_can_be_had(packed: Callable[..., str]) -> None:
    """What stands behind the last member is no log."""
    events, complaints, reader = read(open_input(packed(LINES, behind=b"and then something else")))
    assert data_of(events) == LINES
    assert len(complaints) == 1
    assert complaints[0].endswith(": it is damaged")
    assert reader.failed


def test_damage_in_the_middle_is_told(packed: Callable[..., str], tmp_path: Path) -> None:
    """Whatever comes out before it is found; nothing hangs."""
    name = packed(os.urandom(1_200_000))
    with open(name, "r+b") as file:
        file.seek(1_100_000)
        file.write(b"damage" * 100)
    events, complaints, reader = read(open_input(name))
    assert len(data_of(events)) <= 1_200_000
    assert len(complaints) == 1
    assert complaints[0].startswith(f"cannot read {name}: it")
    assert reader.failed


@pytest.mark.parametrize("name", ["log.gz", "log.bz2", "log.xz", "log.zst"])
@pytest.mark.parametrize("data", [b"", b"plain words\n", b"BZh9 is how bzip2 begins\n", b"\x1f\x8b"])
def test_a_name_makes_no_format(name: str, data: bytes, tmp_path: Path) -> None:
    """A file that is only called so is shown as it is."""
    (tmp_path / name).write_bytes(data)
    events, complaints, _ = read(open_input(str(tmp_path / name)))
    assert data_of(events) == data
    assert complaints == []


def test_zstd_without_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what is missing and what helps."""
    (tmp_path / "log.zst").write_bytes(b"\x28\xb5\x2f\xfd...")
    for module in ("zstandard", "compression.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(OSError, match="zstd") as caught:
        open_input(str(tmp_path / "log.zst"))
    assert caught.value.strerror == "it is compressed with zstd; pip install 'reflowlog[zstd]' reads it"


def test_a_compressed_file_in_a_pipeline(packed: Callable[..., str]) -> None:
    """A reader that leaves after the first line ends it silently."""
    command = '"$PYTHON" -m reflowlog "$0" | head -1'
    done = subprocess.run(
        ["/bin/sh", "-c", command, packed(LINES * 10)],
        capture_output=True,
        env=environment(),
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, LINES.partition(b"\n")[0] + b"\n", b"")


def test_which_files_can_be_viewed(packed: Callable[..., str], tmp_path: Path) -> None:
    """Regular ones that hold as much as they say and are not compressed."""
    for name, data in (("empty", b""), ("log", b"x\n"), ("log.gz", b"x\n")):
        (tmp_path / name).write_bytes(data)
        assert is_viewable(str(tmp_path / name))
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", "none", ""):
        assert not is_viewable(str(tmp_path / name))
    assert not is_viewable("-")
    assert not is_viewable(packed(b"x\n"))
    if os.path.exists("/proc/version"):
        assert not is_viewable("/proc/version")
    if os.path.exists("/sys/kernel/mm/transparent_hugepage/enabled"):
        assert not is_viewable("/sys/kernel/mm/transparent_hugepage/enabled")


# -- files that are followed -------------------------------------------------------------------------------------------


class Tail:
    """A process that follows files: what it has written, and what it has complained about."""

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
        """All that has been written, once that ends in what is wanted."""

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
    log = tmp_path / "log"
    log.write_bytes(LINES + b"half")
    process = tail("log")
    process.wait(LINES + b"half")
    append(log, b" a line")
    process.wait(b"half a line")
    append(log, b"\n\xff\0next\n")
    assert process.wait(b"next\n") == LINES + b"half a line\n\xff\0next\n"
    process.process.send_signal(signal.SIGINT)
    assert process.process.wait(TIMEOUT) == 130


def test_a_rotated_file(tail: Callable[..., Tail], tmp_path: Path) -> None:
    """The old one is read to its end, also what is written after it was renamed, before the new one."""
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
    """It is read again from its start, which is told; so does copytruncate."""
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\nhalf")
    process = tail("log")
    process.wait(b"half")
    os.truncate(log, 0)
    assert process.complaint() == b"reflowlog: log was truncated: going on from its start\n"
    append(log, b"three\n")
    assert process.wait(b"three\n") == b"one\ntwo\nhalf\nthree\n"


def test_a_deleted_file(tail: Callable[..., Tail], tmp_path: Path) -> None:
    """Whoever has it open may still write to it; another one is waited for."""
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


def test_pauses_are_told_once() -> None:
    """While nothing comes; what is watched is noticed too."""
    source, feed = os.pipe()
    reader, writer = os.pipe()
    stream = iter(Stream(Input("pipe", source), pytest.fail, pause=0.01, watched=writer))
    os.write(feed, b"a")
    assert next(stream) == b"a"
    assert next(stream) == b""
    os.write(feed, b"b")
    assert next(stream) == b"b"
    assert next(stream) == b""
    os.close(reader)
    with pytest.raises(OutputClosed):
        next(stream)
    for descriptor in (source, feed, writer):
        os.close(descriptor)


@given(st.lists(st.binary(max_size=6), max_size=12))
def test_marked_lines(pieces: list[bytes]) -> None:
    """Each line has the mark before it, once, wherever the pieces are cut; the last one ends."""
    said: list[str] = []
    sink = Marked("m ", said.append)
    for piece in pieces:
        sink.write(piece)
    sink.end()
    lines = b"".join(pieces).decode("utf-8", "replace").split("\n")
    assert "".join(said) == "".join([f"m {line}\n" for line in lines[:-1] + [each for each in lines[-1:] if each]])
