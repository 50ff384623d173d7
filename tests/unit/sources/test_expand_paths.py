"""Names of rotated files: sets, and the order of their files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reflowlog.sources.expand_paths import expand_paths, is_rotated, new_logs_in, older_of

if TYPE_CHECKING:
    from pathlib import Path

SETS = [
    ["app.log-20260101", "app.log.10.gz", "app.log.2", "app.log"],
    ["app-2026-01-01.log", "app-2026-01-02.log", "app.log"],
    ["app.2026-01-01.0.log.gz", "app.2026-01-01.1.log", "app.2026-01-01.10.log", "app.log"],
    ["app-3.log", "app-2.log", "app-1.log", "app.log"],
    ["app20.2.log", "app20.1.log", "app20.log"],
    ["app_20260101.txt", "app_20260102.txt", "app.txt"],
]


def names_in(paths: list[str]) -> list[str]:
    """The names of files without their directory."""
    return [os.path.basename(path) for path in paths]


@pytest.mark.parametrize("names", SETS)
def test_the_oldest_file_of_a_set_comes_first(names: list[str], tmp_path: Path) -> None:
    """In a directory, a glob and one by one the files of a set have the order in which they were written."""
    for name in reversed(names):
        (tmp_path / name).write_bytes(b"\x1f\x8b\x08" if name.endswith(".gz") else b"x\n")
    assert names_in(expand_paths([str(tmp_path)])) == names
    assert names_in(expand_paths([f"{tmp_path}/*"])) == names
    live = str(tmp_path / names[-1])
    assert names_in(older_of(live)) == [name for name in names[:-1] if not name.endswith(".gz")]
    assert [is_rotated(str(tmp_path / name), {live}) for name in names] == [True] * (len(names) - 1) + [False]
    assert names_in(new_logs_in(str(tmp_path), {live})) == []


def test_numbers_are_of_a_set_beside_its_live_file_only(tmp_path: Path) -> None:
    """Numbered files are logs of their own without a live file, and so are names that only look alike."""
    names = ["worker-1.log", "worker-2.log", "worker-10.log"]
    for name in names:
        (tmp_path / name).write_bytes(b"x\n")
    assert names_in(expand_paths([str(tmp_path)])) == sorted(names)
    assert names_in(expand_paths([str(tmp_path / name) for name in names])) == names
    assert not is_rotated(str(tmp_path / "worker-1.log"), {str(tmp_path / "app.log")})
    assert older_of(str(tmp_path / "app.log")) == []
