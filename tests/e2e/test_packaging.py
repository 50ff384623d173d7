"""The recipes of the packaging page make packages that hold all that belongs to them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import PROJECT
from support.terminals import environment

if TYPE_CHECKING:
    from pathlib import Path

PAGE = PROJECT / ".github/docs/packaging.md"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_the_debian_package_holds_the_command_its_page_and_its_completions(tmp_path: Path) -> None:
    """It runs with what is in it alone."""
    found = re.search(r"<!-- debian-package -->\n```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found
    clone = tmp_path / "clone"
    shutil.copytree(PROJECT, clone, ignore=shutil.ignore_patterns(".git", ".venv", "tests", "build", "*.egg-info"))
    path = f"{tmp_path / 'bin'}:{environment()['PATH']}"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tmp_path / "bin/python3").chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", found[1]],
        cwd=clone,
        env={**environment(), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if "No matching distribution" in done.stderr or "Could not find a version" in done.stderr:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stdout + done.stderr
    (package,) = clone.glob("reflowlog_*.deb")
    subprocess.run(["dpkg-deb", "-x", str(package), str(tmp_path / "root")], check=True)
    usr = tmp_path / "root/usr"
    held = {str(file.relative_to(usr)) for file in usr.rglob("*") if file.is_file()}
    assert held >= {
        "bin/reflowlog",
        "lib/reflowlog/reflowlog/__init__.py",
        "share/man/man1/reflowlog.1.gz",
        "share/bash-completion/completions/reflowlog",
        "share/zsh/vendor-completions/_reflowlog",
        "share/fish/vendor_completions.d/reflowlog.fish",
    }
    command = (usr / "bin/reflowlog").read_text().replace("/usr/lib", str(usr / "lib"))
    shown = subprocess.run(
        [sys.executable, "-I", "-S", "-c", command.split("\n", 1)[1]],
        input="a line\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "a line\n"
