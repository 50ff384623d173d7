"""Copies of the input: they are complete, and an error is reported once and ends only the copy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reflowlog.cli.tee import FileTee

if TYPE_CHECKING:
    from pathlib import Path


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
    """It is reported once, however much is written afterwards."""
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    told: list[str] = []
    tee = FileTee("/dev/full", told.append)
    tee.begin()
    for _ in range(3):
        tee(b"a")
    assert told == ["cannot write /dev/full: No space left on device; continuing without it"]
    assert tee.failed
