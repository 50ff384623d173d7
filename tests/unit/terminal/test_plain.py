"""Plain: rows go out once, and a pump's bytes are those that came in."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from reflowlog.core.frames import Frame, Size
from reflowlog.system.fds import OutputClosed
from reflowlog.terminal.plain import PlainPainter, pump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Written:
    """An output that notes its writes."""

    def __init__(self) -> None:
        self.writes: list[str] = []

    def write(self, text: str) -> None:
        self.writes.append(text)

    def drain(self) -> None:
        """All is written."""


def test_new_rows_are_written_in_one_go() -> None:
    """Each with a newline; live rows and pins need a screen."""
    output = Written()
    painter = PlainPainter(output)
    painter.paint(Frame([(0, "one\n  two"), (1, "three")], live=["live"], pins=["pin"]))
    painter.paint(Frame([], live=["live more"]))
    assert output.writes == ["one\n  two\nthree\n"]


def test_nothing_moves_and_nothing_is_laid_out_again() -> None:
    """A new size, a resumed terminal and the end write nothing."""
    output = Written()
    painter = PlainPainter(output)
    assert painter.resize(Size(7, 7)) is None
    painter.resume()
    painter.mark_cursor_row_dirty()
    painter.drain()
    painter.close()
    assert output.writes == []


def test_a_line_of_its_own() -> None:
    """A plain painter can write a line of its own, such as the reason for a change of the output."""
    output = Written()
    PlainPainter(output).write_line("reflowlog: the disk is full")
    assert output.writes == ["reflowlog: the disk is full\n"]


def from_pipe(data: bytes) -> int:
    """A descriptor from which the data can be read; a thread feeds it."""
    reader, writer = os.pipe()

    def feed() -> None:
        with open(writer, "wb") as file:
            file.write(data)

    threading.Thread(target=feed).start()
    return reader


DATA = bytes(range(256)) * 3000


@pytest.mark.parametrize("target", ["file", "pipe"])
@pytest.mark.parametrize("source", ["file", "pipe"])
@pytest.mark.parametrize("copied", [False, True])
def test_bytes_in_are_bytes_out(source: str, target: str, copied: bool, tmp_path: Path) -> None:
    """From pipes and files into pipes and files, with a copy or without, every byte as it was."""
    (tmp_path / "in").write_bytes(DATA)
    reader = from_pipe(DATA) if source == "pipe" else os.open(tmp_path / "in", os.O_RDONLY)
    seen: list[bytes] = []
    got: list[bytes] = []
    if target == "file":
        writer = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
        pump(reader, writer, seen.append if copied else None)
        os.close(writer)
        got.append((tmp_path / "out").read_bytes())
    else:
        other, writer = os.pipe()

        def drain() -> None:
            with open(other, "rb") as file:
                got.append(file.read())

        drainer = threading.Thread(target=drain)
        drainer.start()
        pump(reader, writer, seen.append if copied else None)
        os.close(writer)
        drainer.join()
    os.close(reader)
    assert b"".join(got) == DATA
    assert b"".join(seen) == (DATA if copied else b"")


def test_pieces_arrive_as_they_come() -> None:
    """Input is written before more of it is waited for."""
    reader, feed = os.pipe()
    got, writer = os.pipe()
    pumping = threading.Thread(target=pump, args=(reader, writer))
    pumping.start()
    for piece in (b"a", b"bc", b"\n"):
        os.write(feed, piece)
        assert os.read(got, 99) == piece
    os.close(feed)
    pumping.join()
    for descriptor in (reader, got, writer):
        os.close(descriptor)


@pytest.mark.parametrize("tee", [None, len])
def test_a_reader_that_is_gone_is_told(tee: Callable[[bytes], int] | None) -> None:
    """As the one exception for that, however the bytes go."""
    reader = from_pipe(b"x" * 10)
    other, writer = os.pipe()
    os.close(other)
    with pytest.raises(OutputClosed):
        pump(reader, writer, tee)  # type: ignore[arg-type]
    os.close(reader)
    os.close(writer)
