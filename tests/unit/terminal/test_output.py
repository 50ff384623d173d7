"""Outputs: writes are complete and in order, and one exception reports a closed reader."""

from __future__ import annotations

import io
import os
import threading
from typing import IO

import pytest

from reflowlog.system.fds import OutputClosed
from reflowlog.terminal.output import BackgroundOutput, FileOutput, StreamOutput, drain_stream

BOTH = pytest.mark.parametrize("kind", [FileOutput, BackgroundOutput])


class Drained:
    """A pipe and a thread that reads it."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        self._got: list[bytes] = []
        self._thread = threading.Thread(target=self._drain)
        self._thread.start()

    def _drain(self) -> None:
        with open(self._reader, "rb") as file:
            self._got.append(file.read())

    def finish(self) -> bytes:
        """Close the writing end: all that was written."""
        os.close(self.writer)
        self._thread.join()
        return self._got[0]


@BOTH
def test_all_is_written_in_order(kind: type[FileOutput | BackgroundOutput]) -> None:
    """Small pieces and large ones, and after `drain` nothing is on its way."""
    pipe = Drained()
    output = kind(pipe.writer)
    texts = [f"{number}:" + "x" * size for number, size in enumerate((3, 200_000, 5, 70_000, 70_000, 1))]
    for text in texts:
        output.write(text)
    output.drain()
    assert pipe.finish() == "".join(texts).encode()


@BOTH
def test_a_slow_reader_of_a_pipe_that_does_not_block_is_waited_for(kind: type[FileOutput | BackgroundOutput]) -> None:
    """Its owner made it so; a write is whole all the same."""
    pipe = Drained()
    os.set_blocking(pipe.writer, False)
    output = kind(pipe.writer)
    output.write("x" * 1_000_000)
    output.drain()
    assert len(pipe.finish()) == 1_000_000


@BOTH
@pytest.mark.parametrize("size", [1, 200_000])
def test_a_reader_that_is_gone(kind: type[FileOutput | BackgroundOutput], size: int) -> None:
    """A closed reader is reported by the write, or by `drain` at the latest."""
    reader, writer = os.pipe()
    os.close(reader)
    output = kind(writer)

    def write() -> None:
        output.write("x" * size)
        output.drain()

    with pytest.raises(OutputClosed):
        write()
    os.close(writer)


def test_a_full_disk_is_no_closed_output() -> None:
    """A full disk raises OSError, which a user can act on."""
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    descriptor = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError, match="No space left"):
        FileOutput(descriptor).write("x")
    os.close(descriptor)


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", "é…?".encode()), ("latin-1", b"\xe9??"), ("ascii", b"???")]
)
def test_characters_that_the_encoding_lacks(encoding: str, expected: bytes) -> None:
    """They become question marks: a log is never an error."""
    pipe = Drained()
    FileOutput(pipe.writer, encoding).write("é…\ud800")
    assert pipe.finish() == expected


def test_a_stream_is_looked_up_at_each_write() -> None:
    """Tests and IDEs put another in its place."""
    streams = [io.StringIO(), io.StringIO()]
    output = StreamOutput(lambda: streams[0])
    output.write("one")
    first = streams.pop(0)
    output.write("two")
    output.drain()
    assert (first.getvalue(), streams[0].getvalue()) == ("one", "two")


def test_a_stream_that_is_closed_or_not_there() -> None:
    """Output to a missing or closed stream is dropped, because it may be replaced soon."""
    closed, new = io.StringIO(), io.StringIO()
    closed.close()
    streams = [None, closed, new]
    output = StreamOutput(lambda: streams[0])
    for text in ("lost", "lost too", "shown"):
        output.write(text)
        del streams[0]
    assert new.getvalue() == "shown"


def test_a_stream_whose_encoding_lacks_a_character() -> None:
    """Characters that the encoding has are written."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    StreamOutput(lambda: stream).write("a é …\n")
    stream.flush()
    assert raw.getvalue() == b"a ? ?\n"


def test_what_a_streams_buffer_holds_goes_first() -> None:
    """Before its descriptor is written past it; a closed stream is no error."""
    pipe = Drained()
    stream: IO[str] = open(pipe.writer, "w", closefd=False)  # noqa: SIM115 - it is closed below
    stream.write("first ")
    drain_stream(stream)
    FileOutput(pipe.writer).write("second")
    stream.close()
    drain_stream(stream)
    assert pipe.finish() == b"first second"
