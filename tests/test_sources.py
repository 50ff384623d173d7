"""Sources: every byte of every input becomes an event, in order, and what cannot be read is told."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from reflowlog.model import Chunk, Ended
from reflowlog.sources import Input, Reader, Tee, open_input

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read(*inputs: Input, tee: Callable[[bytes], None] | None = None) -> tuple[list[object], list[str], Reader]:
    """Read inputs to their ends: the events, the complaints, and the reader."""
    events: list[object] = []
    weights: list[int] = []
    complaints: list[str] = []
    finished = threading.Event()

    def send(event: object, weight: int) -> None:
        events.append(event)
        weights.append(weight)

    reader = Reader(inputs, send, tee, complaints.append, finished.set)
    reader.start()
    assert finished.wait(10)
    reader.join()
    assert weights == [len(event.data) if isinstance(event, Chunk) else 0 for event in events]
    return events, complaints, reader


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


def test_inputs_are_read_one_after_another(tmp_path: Path) -> None:
    """Each ends by itself: a last line without a newline is not joined to the next input's first."""
    for name in "ab":
        (tmp_path / name).write_text(name)
    events, _, _ = read(*(open_input(str(tmp_path / name)) for name in "ab"))
    assert events == [Chunk(b"a"), Ended(), Chunk(b"b"), Ended()]


def test_what_cannot_be_read_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    """One line each, with the name."""
    (tmp_path / "log").write_text("x")
    log = open_input(str(tmp_path / "log"))
    closed, writer = os.pipe()
    os.close(closed)
    os.close(writer)
    events, complaints, reader = read(Input("gone", closed), log)
    assert data_of(events) == b"x"
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

    reader = Reader([Input("pipe", source)], send, None, print, lambda: None)
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
    tee = Tee(str(path), pytest.fail)
    tee(b"a\x00")
    tee(b"\xff\n")
    tee.close()
    tee.close()
    assert path.read_bytes() == b"a\x00\xff\n"
    assert not tee.failed


def test_a_tee_that_cannot_be_opened_is_told_once(tmp_path: Path) -> None:
    """The log itself goes on."""
    told: list[str] = []
    tee = Tee(str(tmp_path / "none" / "copy"), told.append)
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
    tee = Tee("/dev/full", told.append)
    for _ in range(3):
        tee(b"a")
    assert told == ["cannot write /dev/full: No space left on device; going on without it"]
    assert tee.failed
