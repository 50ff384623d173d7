"""Opening files, and reading and writing at offsets, on every system."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reflowlog.system.files import open_to_overwrite, open_to_read, read_at, write_at

if TYPE_CHECKING:
    from pathlib import Path

BYTES = b"a\r\nb\nc\x1ad\r"


def test_bytes_are_read_and_written_unchanged(tmp_path: Path) -> None:
    """No newline is converted, and 0x1A does not end the file."""
    path = str(tmp_path / "log")
    for data in (b"longer than what replaces it", BYTES):
        descriptor = open_to_overwrite(path)
        os.write(descriptor, data)
        os.close(descriptor)
    descriptor = open_to_read(path)
    try:
        assert os.read(descriptor, 100) == BYTES
        assert os.fstat(descriptor).st_size == len(BYTES)
    finally:
        os.close(descriptor)


def test_a_file_that_is_read_can_be_renamed_replaced_and_deleted(tmp_path: Path) -> None:
    """The writer of a log rotates it while it is followed."""
    log, old = tmp_path / "log", tmp_path / "log.1"
    log.write_bytes(b"first\n")
    descriptor = open_to_read(str(log))
    try:
        log.rename(old)
        log.write_bytes(b"second\n")
        with old.open("ab") as file:
            file.write(b"more\n")
        old.unlink()
        assert os.read(descriptor, 100) == b"first\nmore\n"
        assert log.read_bytes() == b"second\n"
    finally:
        os.close(descriptor)


def test_a_missing_file_is_reported_with_its_path(tmp_path: Path) -> None:
    """The error is that of `open`."""
    path = str(tmp_path / "no such")
    with pytest.raises(FileNotFoundError) as caught:
        open_to_read(path)
    assert caught.value.filename == path
    assert caught.value.strerror


def test_reading_at_an_offset_keeps_the_position(tmp_path: Path) -> None:
    """So that a reader of the whole file is not disturbed."""
    path = tmp_path / "log"
    path.write_bytes(b"0123456789")
    descriptor = open_to_read(str(path))
    try:
        os.read(descriptor, 2)
        assert read_at(descriptor, 3, 5) == b"567"
        assert read_at(descriptor, 3, 20) == b""
        assert os.read(descriptor, 2) == b"23"
    finally:
        os.close(descriptor)


def test_bytes_are_written_at_an_offset(tmp_path: Path) -> None:
    """Other bytes stay."""
    path = tmp_path / "spool"
    descriptor = open_to_overwrite(str(path))
    try:
        os.write(descriptor, b"0123456789")
        assert write_at(descriptor, memoryview(b"ab"), 4) == 2
    finally:
        os.close(descriptor)
    assert path.read_bytes() == b"0123ab6789"


def test_no_descriptor_is_inherited(tmp_path: Path) -> None:
    """A child process does not keep a log file open."""
    path = str(tmp_path / "log")
    for descriptor in (open_to_overwrite(path), open_to_read(path)):
        assert not os.get_inheritable(descriptor)
        os.close(descriptor)
