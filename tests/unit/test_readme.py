"""README: its commands, options and links."""

from __future__ import annotations

import re
import subprocess

import pytest
from support import PROJECT
from support.terminals import REFLOWLOG, environment

README = PROJECT / "README.md"


def readme() -> str:
    """Return the text of the README; skip the test if it has no commands yet."""
    text = README.read_text(encoding="utf-8")
    if "<!-- test-command -->" not in text:
        pytest.skip("README.md has no <!-- test-command --> yet")
    return text


def shell_blocks(text: str) -> list[str]:
    """Return the README's blocks of shell commands."""
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("marker", ["install-command", "test-command"])
def test_readme_has_the_command(marker: str) -> None:
    """Each marker stands right before a block of shell commands, which CI runs."""
    assert re.search(rf"<!-- {marker} -->\s*```sh\n.+?\n```", readme(), re.DOTALL)


def test_readme_commands_are_shell() -> None:
    """Every block of commands has the syntax of a shell."""
    for block in shell_blocks(readme()):
        done = subprocess.run(["/bin/sh", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_readme_knows_the_options() -> None:
    """README and `--help` name the same options."""
    text = readme()
    usage = subprocess.run([*REFLOWLOG, "--help"], capture_output=True, text=True, env=environment(), check=True).stdout
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", usage))
    table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    of_reflowlog = "\n".join(
        line for block in shell_blocks(text) for line in block.splitlines() if "reflowlog -" in line
    )
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", table + of_reflowlog)) <= options
    assert options <= set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def test_readme_files_exist() -> None:
    """Every file that the README links to or runs exists."""
    text = readme()
    linked = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text) + re.findall(r"python3? ([\w./]+\.py)", text)
    assert linked
    for name in linked:
        assert (PROJECT / name).exists(), name
