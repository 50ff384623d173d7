"""README and the pages of the documentation: commands, options, examples and links."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from support import PROJECT
from support.terminals import REFLOWLOG, environment

if TYPE_CHECKING:
    from pathlib import Path

README = PROJECT / "README.md"
PAGES = [README, *sorted((PROJECT / ".github").rglob("*.md"))]
MAX_WORDS = 1500


def all_text() -> str:
    """Return the text of all pages."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def blocks(text: str, language: str) -> list[str]:
    """Return the blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("marker", ["install-command", "test-command"])
def test_readme_has_the_command(marker: str) -> None:
    """Each marker stands right before a block of shell commands, which CI runs."""
    assert re.search(rf"<!-- {marker} -->\s*```sh\n.+?\n```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_readme_is_short() -> None:
    """What is longer has a page of its own."""
    assert len(README.read_text(encoding="utf-8").split()) <= MAX_WORDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_commands_are_shell(page: Path) -> None:
    """Every block of commands has the syntax of a shell."""
    for block in blocks(page.read_text(encoding="utf-8"), "sh"):
        done = subprocess.run(["/bin/sh", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_programs_are_python(page: Path) -> None:
    """Every block of Python has the syntax of Python; `tests/e2e/test_documentation.py` runs them."""
    for block in blocks(page.read_text(encoding="utf-8"), "python"):
        compile(block, page.name, "exec")


def test_options_are_documented() -> None:
    """The documentation and `--help` name the same options."""
    text = all_text()
    usage = subprocess.run([*REFLOWLOG, "--help"], capture_output=True, text=True, env=environment(), check=True).stdout
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", usage))
    table = "\n".join(
        line
        for page in (README, PROJECT / ".github/docs/options.md")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    )
    of_reflowlog = "\n".join(
        line for block in blocks(text, "sh") for line in block.splitlines() if "reflowlog -" in line
    )
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", table + of_reflowlog)) <= options
    assert options <= set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_files_exist(page: Path) -> None:
    """Every file that a page links to or runs exists."""
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        assert (page.parent / name).exists(), name
    for name in re.findall(r"python3? ([\w./]+\.py)", text):
        assert (PROJECT / name).exists() or name == "tests/bench/NAME.py", name
