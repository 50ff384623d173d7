"""Completions, as the shells themselves complete with them, on a terminal."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import PyteTerminal

SHARE = PROJECT / ".github" / "share"
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f"source '{SHARE}/reflowlog'"),
    "zsh": (["zsh", "-f", "-i"], f"fpath=('{SHARE}' $fpath); autoload -U compinit; compinit -u -D"),
    "fish": (["fish", "--no-config", "--interactive"], f"source '{SHARE}/reflowlog.fish'"),
}
TYPED = {
    "an option": ("--gre", "--grep"),
    "a level": ("-l warn", "-l warning"),
    "a theme": ("--theme au", "--theme auto"),
    "a file with a blank": ("a\\ lo", "a\\ log.txt"),
    "a second expression": ("-g a --gre", "-g a --grep"),
    "the command's own name": ("-e unam", "-e uname"),
}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("what", TYPED)
def test_tab_completes(shell: str, what: str, open_pyte: Callable[..., PyteTerminal], tmp_path: Path) -> None:
    """Each shell completes options, values, file names and commands after the command's name."""
    command, set_up = SHELLS[shell]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "a log.txt").touch()
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "PS1": "> "}
    terminal = open_pyte(command, (200, 24), home=tmp_path, changes=environ)
    terminal.send(f"{set_up}; echo set-up-is-done\r".encode())
    terminal.wait_screen(lambda rows: any(row.endswith("set-up-is-done") and "echo" not in row for row in rows))
    before, after = TYPED[what]
    terminal.send(f"reflowlog {before}\t".encode())
    terminal.wait_screen(lambda rows: any(f"reflowlog {after}" in row for row in rows))


def test_the_man_page_is_without_warnings() -> None:
    """As `man` sets it, for 80 columns."""
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    done = subprocess.run(
        ["man", "--warnings", "-l", str(SHARE / "reflowlog.1")],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
        check=True,
    )
    assert done.stderr == ""
    assert "--grep" in done.stdout
