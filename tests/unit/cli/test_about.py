"""Texts about the program are made from the table of options."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from reflowlog import __version__
from reflowlog.cli.about import text_about
from reflowlog.cli.option_table import OPTIONS, usage
from reflowlog.cli.options import CliOptions
from reflowlog.pager.help import KEYS

if TYPE_CHECKING:
    from pathlib import Path


def text(show: str) -> str:
    """The text that an option asks for."""
    return text_about(CliOptions(show=show))


@pytest.mark.parametrize("show", ["help", "man", "bash", "zsh", "fish"])
def test_every_option_is_named(show: str) -> None:
    """In the help, the man page and each shell's completions."""
    written = text(show).replace("\\-", "-")
    for option in OPTIONS:
        flag = option.flags[-1]
        name = flag if show != "fish" else f"-s {flag[1:]}" if len(flag) == 2 else f"-l {flag[2:]}"
        assert name in written or (show == "help" and option.flags[0] in written)


@pytest.mark.parametrize("width", [1, 20, 24, 40, 60, 79])
def test_the_help_fits_into_a_narrow_terminal(width: int) -> None:
    """All words of the wide one are in it, in another order of rows at most; what is longer than a row is cut."""
    wide, narrow = usage(80), usage(width)
    assert max(map(len, narrow.splitlines())) <= max(width, 20)
    assert not re.search(r" $", narrow, re.MULTILINE)
    if width >= 40:
        assert narrow.split() == wide.split()
    assert usage(120) == wide


def test_the_version_is_what_a_bug_report_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's own first, then Python, the system, the terminal and the libraries."""
    monkeypatch.setenv("TERM", "xterm-256color")
    first, *others = text("version").splitlines()
    assert first == f"reflowlog {__version__}"
    for word in ("Python 3", "TERM=xterm-256color", "wcwidth"):
        assert any(word in line for line in others)


def test_the_configuration_is_valid_once_its_signs_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its options is one that a configuration may hold."""
    from reflowlog.config.file import parse

    lines = [line.removeprefix("# ") for line in text("config").splitlines()]
    keys = [line for line in lines if "=" in line or line.startswith("[")]
    assert parse("\n".join(keys)).options
    assert parse(text("config")).options == ()


def test_each_theme_is_shown() -> None:
    """On the same lines."""
    from reflowlog.config.themes import SHIPPED

    parts = text_about(CliOptions(show="themes", width=200, color="never")).split("\n\n")
    assert [part.splitlines()[0] for part in parts] == list(SHIPPED)
    assert len({part.partition("\n")[2].strip() for part in parts}) == 1


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_options_and_values(tmp_path: Path) -> None:
    """In the real shell."""
    path = tmp_path / "reflowlog.bash"
    path.write_text(text("bash"))
    script = f"""source {path}
complete_() {{ COMP_WORDS=(reflowlog "$@"); COMP_CWORD=$#; _reflowlog; echo "${{COMPREPLY[@]}}"; }}
complete_ --wr; complete_ --wrap w; complete_ --level e; complete_ --fold r"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["--wrap", "word", "error", "repeats"]


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff")
def test_the_man_page_is_valid() -> None:
    """Groff has nothing to warn about."""
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8"], input=text("man"), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    shown = re.sub(".\b", "", done.stdout)
    assert "quit-if-one-screen" in shown
    assert re.search(r"^ +FILE: +a", shown, re.MULTILINE)  # a paragraph of its own


def test_the_man_page_keeps_words_that_are_to_be_typed() -> None:
    """A clause becomes a sentence, but there is no column `Time`, and no shell `Bash`; the keys are in it."""
    written = text("man").replace("\\-", "-").splitlines()
    assert "time,level,logger,message,source or any field." in written
    assert "bash, zsh or fish: completions, to standard output." in written
    assert "Versions, for bug reports." in written
    assert "Go on as files grow or are rotated." in written
    for _, keys in KEYS:
        for _, meaning in keys:
            assert any(line == f"{meaning}." for line in written)
