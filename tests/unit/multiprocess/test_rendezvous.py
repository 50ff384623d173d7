"""Directories of sockets: those of killed programs are removed, all others stay."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reflowlog.multiprocess import rendezvous

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")

OLD = (1_000_000.0, 1_000_000.0)  # seconds since the epoch


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's runtime directory."""
    folder = Path("/tmp") / f"rl{os.getpid()}"  # short, as a socket's path has to be
    folder.mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setattr(rendezvous, "_directory", None)
    del tmp_path
    return folder


@pytest.fixture(autouse=True)
def _remove(base: Path) -> Iterator[None]:
    yield
    for path in sorted(base.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    base.rmdir()


def directory(base: Path, name: str, *, listening: bool | None) -> tuple[Path, socket.socket | None]:
    """Create an old directory with a socket: listening, dead, or none of it (None)."""
    folder = base / name
    folder.mkdir(0o700)
    made = None
    if listening is not None:
        made = socket.socket(socket.AF_UNIX)
        made.bind(str(folder / "1-2-3"))
        if listening:
            made.listen()
        else:
            made.close()
    os.utime(folder, OLD)
    return folder, made


def test_directories_of_killed_programs_are_removed(base: Path) -> None:
    """A dead socket or an old empty directory is; one with a listening socket, whatever its process id, is not."""
    dead, _ = directory(base, "reflowlog-123-0123456789ab", listening=False)
    empty, _ = directory(base, "reflowlog-124-0123456789ab", listening=None)
    living, made = directory(base, "reflowlog-99999999-0123456789ab", listening=True)
    new = base / "reflowlog-125-0123456789ab"
    new.mkdir(0o700)
    rendezvous.sweep()
    assert not dead.exists()
    assert not empty.exists()
    assert living.exists()
    assert (living / "1-2-3").exists()
    assert new.exists()
    assert made is not None
    made.close()


def test_nothing_else_is_removed(base: Path) -> None:
    """Other names, other files in such a directory, and links stay."""
    other, _ = directory(base, "other-123-0123456789ab", listening=False)
    kept, _ = directory(base, "reflowlog-123-0123456789ab", listening=False)
    (kept / "file").write_text("x")
    os.utime(kept, OLD)
    (base / "reflowlog-124-0123456789ab").symlink_to(other)
    rendezvous.sweep()
    assert other.exists()
    assert (kept / "file").exists()
    assert (base / "reflowlog-124-0123456789ab").is_symlink()


def test_a_base_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It raises nothing."""
    monkeypatch.setattr(rendezvous, "_base", lambda: "/nowhere")
    rendezvous.sweep()


def test_an_own_directory_that_was_swept_is_made_anew(base: Path) -> None:
    """While a program has no console its directory is empty, and another program takes it for that of a killed one."""
    first = rendezvous.listen("1-2-3")
    assert first is not None
    first[0].close()
    os.unlink(first[1])
    folder = Path(first[1]).parent
    os.utime(folder, OLD)
    rendezvous.sweep()
    assert not folder.exists()
    second = rendezvous.listen("1-2-3")
    assert second is not None
    second[0].close()
    assert Path(second[1]).parent.parent == base
