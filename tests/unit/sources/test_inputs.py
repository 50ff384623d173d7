"""Inputs: which names can be opened, and which can be viewed."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest

from reflowlog.sources.inputs import Input, is_viewable, open_input

if TYPE_CHECKING:
    from pathlib import Path


def test_opening(tmp_path: Path) -> None:
    """Standard input is a dash; a directory and a missing file are refused when they are opened."""
    assert open_input("-") == Input("standard input", 0)
    with pytest.raises(IsADirectoryError):
        open_input(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        open_input(str(tmp_path / "none"))


def test_which_files_can_be_viewed(tmp_path: Path) -> None:
    """Regular ones that hold as much as they say and are not compressed."""
    for name, data in (("empty", b""), ("log", b"x\n"), ("log.gz", b"x\n")):
        (tmp_path / name).write_bytes(data)
        assert is_viewable(str(tmp_path / name))
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", "none", ""):
        assert not is_viewable(str(tmp_path / name))
    assert not is_viewable("-")
    (tmp_path / "log").write_bytes(gzip.compress(b"x\n"))
    assert not is_viewable(str(tmp_path / "log"))
    if os.path.exists("/proc/version"):
        assert not is_viewable("/proc/version")
    if os.path.exists("/sys/kernel/mm/transparent_hugepage/enabled"):
        assert not is_viewable("/sys/kernel/mm/transparent_hugepage/enabled")
