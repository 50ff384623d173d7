"""Reader: every byte of an input becomes an event, in order, and errors are reported."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from support.readers import data_of, read

from reflowlog.core.events import Chunk, EndOfInput
from reflowlog.sources.inputs import Input, open_input
from reflowlog.sources.reader import InputStream, Reader
from reflowlog.system.fds import OutputClosed

if TYPE_CHECKING:
    from pathlib import Path

    from reflowlog.sources.sinks import Sink


def test_all_goes_through_a_sink() -> None:
    """The sink's output is sent in chunks of limited size, and its rest before the end."""

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
    assert events == [Chunk(b"some bytes"), EndOfInput()]


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_every_byte_is_read(size: int, tmp_path: Path) -> None:
    """Whatever they are, in pieces that are cut anywhere; the end is told once."""
    data = os.urandom(size)
    (tmp_path / "log").write_bytes(data)
    seen: list[bytes] = []
    events, complaints, reader = read(open_input(str(tmp_path / "log")), tee=seen.append)
    assert data_of(events) == b"".join(seen) == data
    assert [event for event in events if not isinstance(event, Chunk)] == [EndOfInput()]
    assert events[-1] == EndOfInput()
    assert (complaints, reader.failed) == ([], False)


def test_what_cannot_be_read_is_told() -> None:
    """In one line, with the name; it ends as others do."""
    closed, writer = os.pipe()
    os.close(closed)
    os.close(writer)
    events, complaints, reader = read(Input("gone", closed))
    assert events == [EndOfInput()]
    assert complaints == ["cannot read gone: Bad file descriptor"]
    assert reader.failed


def test_a_pipe_is_read_as_it_comes() -> None:
    """Available input is sent before more is waited for."""
    source, feed = os.pipe()
    arrived: list[object] = []
    there = threading.Semaphore(0)

    def send(event: object, weight: int) -> None:
        arrived.append(event)
        there.release()

    reader = Reader(Input("pipe", source), send, None, print, lambda: None)
    reader.start()
    for chunk in (b"a", b"b\n"):
        os.write(feed, chunk)
        assert there.acquire(timeout=10)
        assert arrived[-1] == Chunk(chunk)
    os.close(feed)
    reader.join(10)
    os.close(source)
    assert arrived[-1] == EndOfInput()


def test_a_pause_is_reported_once() -> None:
    """Without input one pause is reported, and a closed output is noticed meanwhile."""
    source, feed = os.pipe()
    reader, writer = os.pipe()
    stream = iter(InputStream(Input("pipe", source), pytest.fail, pause=0.01, watched=writer))
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
