"""Compressed files: their content comes out, and as much as possible of damaged ones."""

from __future__ import annotations

import bz2
import contextlib
import functools
import gzip
import importlib
import lzma
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.readers import data_of, read
from support.terminals import TIMEOUT, environment

from reflowlog.core.events import Chunk
from reflowlog.sources.inputs import open_input
from reflowlog.sources.reader import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
    "xz": functools.partial(lzma.compress, preset=0),
    "zst": zstd,
}


LINES = b"".join(b"%d: the same words again and again\n" % number for number in range(40_000))


@pytest.fixture(params=PACKERS)
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., str]:
    """Write data, compressed in the format of the fixture's parameter, into a file, and return its name."""

    def make(*parts: bytes, keep: slice = slice(None), behind: bytes = b"") -> str:
        data = b"".join(map(PACKERS[request.param], parts)) + behind
        path = tmp_path / f"log.{request.param}"
        path.write_bytes(data[keep])
        return str(path)

    return make


@pytest.mark.parametrize("data", [b"", b"one line\n", LINES, b"\0" * 3_000_000, os.urandom(300_000)])
def test_a_compressed_file_is_read_straight_through(packed: Callable[..., str], data: bytes) -> None:
    """Every byte of the content comes out, in chunks of limited size."""
    events, complaints, reader = read(open_input(packed(data)))
    assert data_of(events) == data
    assert (complaints, reader.failed) == ([], False)
    assert all(len(event.data) <= CHUNK_BYTES for event in events if isinstance(event, Chunk))


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
    """The content before the damage is shown, and bytes after the last member are not."""
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
    """One line names the missing package and the remedy."""
    (tmp_path / "log.zst").write_bytes(b"\x28\xb5\x2f\xfd...")
    for module in ("zstandard", "compression.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(OSError, match="zstd") as caught:
        open_input(str(tmp_path / "log.zst"))
    assert caught.value.strerror == "it is compressed with zstd; pip install 'reflowlog[zstd]' reads it"


@pytest.mark.slow
def test_a_compressed_file_in_a_pipeline(packed: Callable[..., str]) -> None:
    """A reader that leaves after the first line ends it silently."""
    command = '"$PYTHON" -m reflowlog "$0" | head -1'
    done = subprocess.run(
        ["/bin/sh", "-c", command, packed(LINES, LINES)],
        capture_output=True,
        env=environment(),
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, LINES.partition(b"\n")[0] + b"\n", b"")
