"""Configuration file of the command: valid settings apply, and mistakes are reported."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import REFLOWLOG, TIMEOUT, Pty, environment

if TYPE_CHECKING:
    from collections.abc import Callable

RECORD = {"time": "2026-01-02T03:04:05Z", "level": "warning", "logger": "app.db", "message": "order 17 is late"}


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Write a configuration file, and return the environment that makes it the user's."""

    def write(text: str) -> dict[str, str]:
        folder = tmp_path / "config" / "reflowlog"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(text)
        return {"XDG_CONFIG_HOME": str(tmp_path / "config")}

    return write


def run(*arguments: str, stdin: str = "", **changes: str) -> subprocess.CompletedProcess[str]:
    """Run reflowlog with pipes for all its streams until it ends."""
    return subprocess.run(
        [*REFLOWLOG, *arguments],
        input=stdin,
        capture_output=True,
        env=environment(TZ="Asia/Tokyo", **changes),
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_columns_and_times(configured: Callable[[str], Any]) -> None:
    """Columns and time zone can be configured; the command line overrides them."""
    own = configured('columns = ["time", "message"]\nutc = true\nwidth = 100\n')
    line = json.dumps(RECORD)
    assert run(stdin=line, **own).stdout == "03:04:05.000 order 17 is late\n"
    typed = run("--columns", "level,message", stdin=line, **own).stdout
    assert typed == "WARNING  order 17 is late\n"
    assert run("--raw", "--width", "999", stdin=line, **own).stdout == line + "\n"
    assert run("--width", "100", stdin=line).stdout.startswith("12:04:05.000 WARNING  app.db ")


def test_the_order_of_precedence(configured: Callable[[str], Any]) -> None:
    """The file, then REFLOWLOG, then the command line: the last one wins."""
    own = configured("width = 10")
    words = "aaaa bbbb cccc dddd"
    assert run(stdin=words, **own).stdout == "aaaa bbbb\ncccc dddd\n"
    assert run(stdin=words, REFLOWLOG="--width 14", **own).stdout == "aaaa bbbb cccc\ndddd\n"
    assert run("--width", "40", stdin=words, REFLOWLOG="--width 14", **own).stdout == words + "\n"


def test_rules_and_themes(configured: Callable[[str], Any]) -> None:
    """Matches of a highlight rule have its style, in plain lines and in messages, in a theme of the user."""
    own = configured("theme = 'mine'\n[[highlight]]\nmatch = 'order \\d+'\nstyle = 'bold magenta'\n")
    assert "there is no theme 'mine'" in run("--width", "99", stdin="x", **own).stderr
    folder = Path(own["XDG_CONFIG_HOME"], "reflowlog", "themes")
    folder.mkdir()
    (folder / "mine.toml").write_text('base = "mono"\ntime = "italic"\n')
    for line in ("order 17 is late", json.dumps(RECORD)):
        shown = run("--width", "99", "--color", "always", stdin=line, **own)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "\x1b[1;35morder 17\x1b[0m is late" in shown.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n\nthene = 1\n", "config.toml:3: 'thene' is not a setting, did you mean 'theme'?"),
        ("[keys]\nquit = 7\n", 'config.toml:2: keys.quit must be a list of names, such as ["x"]'),
        ("utc = true\ntheme = 'dusk'\n", "config.toml:2: there is no theme 'dusk': dark, light, mono"),
        ("[[highlight]]\nmatch = '('\nstyle = 'red'\n", "config.toml:2: '(' is not a regular expression"),
        ("= 3", "config.toml:1: invalid statement"),
    ],
)
def test_a_mistake_is_one_clear_line(text: str, told: str, configured: Callable[[str], Any]) -> None:
    """With the file and the line, and status 2; help and version are there all the same."""
    own = configured(text)
    wrong = run(stdin="x", **own)
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    assert wrong.stderr.startswith("reflowlog: ")
    assert told in wrong.stderr
    assert run("--help", **own).returncode == run("--version", **own).returncode == 0


def test_a_configuration_that_cannot_be_read(configured: Callable[[str], Any]) -> None:
    """A folder in its place, or bytes that are no text, are told."""
    own = configured("")
    path = Path(own["XDG_CONFIG_HOME"], "reflowlog", "config.toml")
    path.write_bytes(b"\xff")
    assert run(stdin="x", **own).stderr == f"reflowlog: {path}:1: this is not UTF-8\n"
    path.unlink()
    path.mkdir()
    assert run(stdin="x", **own).stderr == f"reflowlog: {path}: Is a directory\n"


def test_keys_of_ones_own(configured: Callable[[str], Any], open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """Configured keys act in the viewer, open it and are in the help; the keys they replace do nothing."""
    own = configured('[keys]\nquit = "x"\nhelp = "Ctrl-X"\nsearch = "S"\n')
    log = tmp_path / "app.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    terminal = open_pty([*REFLOWLOG, str(log)], changes=own)
    terminal.wait_until(lambda: b"of 100" in terminal.output())
    terminal.send(b"Q")
    terminal.send(b"\x18")
    terminal.wait_until(lambda: b"what is Q below" in terminal.output())
    assert b"no longer" in terminal.output()
    terminal.send(b"\x18")
    terminal.send(b"Sline 77\r")
    terminal.wait_until(lambda: b"/line 77" in terminal.output())
    terminal.send(b"/")
    terminal.send(b"x")
    assert terminal.wait() == 0


def test_names_of_fields(configured: Callable[[str], Any]) -> None:
    """Configured names of fields have their configured meaning."""
    line = json.dumps({"note": "order 17", "sev": "error", "amount": 3})
    assert run("--width", "70", stdin=line).stdout.split() == ['note="order', '17"', "sev=error", "amount=3"]
    own = configured('[fields]\nmessage = ["note"]\nlevel = "sev"\n')
    assert "fields.level must be a list of names" in run("--width", "70", stdin=line, **own).stderr
    own = configured('[fields]\nmessage = ["note"]\nlevel = ["sev"]\n')
    assert run("--width", "70", stdin=line, **own).stdout.split() == ["E", "order", "17", "amount=3"]


@pytest.mark.slow
@pytest.mark.parametrize("viewed", [False, True])
@pytest.mark.parametrize("kind", ["see https://a.b/c now", '{"level":"info","msg":"see https://a.b/c now"}'])
def test_links_where_the_terminal_has_them(
    open_pty: Callable[..., Pty], tmp_path: Path, kind: str, viewed: bool
) -> None:
    """Addresses are links in a terminal that is known to have them, on both screens; not in others."""
    log = tmp_path / "app.log"
    log.write_text(f"{kind}\n")
    command = [*REFLOWLOG, str(log)] if viewed else ["sh", "-c", f"cat '{log}' | {shlex.join(REFLOWLOG)}"]
    for term, linked in (("xterm-kitty", True), ("xterm-256color", False)):
        terminal = open_pty(command, changes={"TERM": term})
        terminal.wait_until(lambda terminal=terminal: b" now" in terminal.output())
        found = re.findall(rb"\x1b]8;id=\w+\.1;https://a\.b/c\x1b\\.*?https://a\.b/c.*?\x1b]8;;\x1b", terminal.output())
        assert bool(found) == linked
