"""Runs programs that log in processes of their own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from support.terminals import PYTHON, TIMEOUT, environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ABORTED = ("Fatal Python error", "could not acquire lock", "core dumped")


def program(source: str, home: Path, *arguments: str, options: Sequence[str] = ()) -> list[str]:
    """Write a script, and return the command that runs it, with options of Python before it and arguments after it."""
    path = home / "program.py"
    path.write_text(source)
    return [PYTHON, *options, str(path), *arguments]


def run_in_pipes(
    source: str, home: Path, *arguments: str, options: Sequence[str] = (), stdin: str = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script whose standard streams are pipes, and return its exit status and what it has written."""
    return subprocess.run(
        program(source, home, *arguments, options=options),
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(),
        timeout=TIMEOUT,
        check=False,
    )


def run(source: str, home: Path, *arguments: str, timeout: float = TIMEOUT * 2) -> tuple[int, str]:
    """Run a script with standard error in a file, and return its exit status and the file's text.

    Standard output is not a terminal and must stay empty.
    """
    path = home / "script.py"
    path.write_text(source)
    shown = home / "stderr"
    with shown.open("wb") as file:
        done = subprocess.run(
            [PYTHON, "-X", "faulthandler", "-W", "error", str(path), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            cwd=home,
            env=environment(),
            timeout=timeout,
            check=False,
        )
    assert done.stdout == b""
    return done.returncode, shown.read_text()
