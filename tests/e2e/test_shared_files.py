"""Man page and completions that the wheel installs: they are what the command writes."""

from __future__ import annotations

import subprocess

import pytest
from support import PROJECT
from support.terminals import REFLOWLOG, TIMEOUT, environment

SHARE = PROJECT / ".github" / "share"
WRITTEN_BY = {
    "reflowlog.1": ["--man"],
    "reflowlog": ["--completions", "bash"],
    "_reflowlog": ["--completions", "zsh"],
    "reflowlog.fish": ["--completions", "fish"],
}


@pytest.mark.parametrize("name", WRITTEN_BY)
def test_a_shared_file_is_current(name: str) -> None:
    """After a change of an option: `python -m reflowlog --man > .github/share/reflowlog.1`, completions alike."""
    done = subprocess.run(
        [*REFLOWLOG, *WRITTEN_BY[name]], capture_output=True, env=environment(), timeout=TIMEOUT, check=True
    )
    assert done.stdout.decode() == (SHARE / name).read_text(encoding="utf-8")


def test_every_shared_file_is_installed() -> None:
    """Each file in the folder is one of these, and is named in pyproject.toml."""
    assert {path.name for path in SHARE.iterdir()} == set(WRITTEN_BY)
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f'".github/share/{name}"' in text for name in WRITTEN_BY)
