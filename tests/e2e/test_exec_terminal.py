"""A command under us in tmux, at the prompt of a shell that has jobs: Ctrl-Z, fg, bg, and a pager next to us."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import Tmux, script, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.terminal


@pytest.fixture
def shell(open_tmux: Callable[..., Tmux], tmp_path: Path) -> Tmux:
    """A shell with jobs, `./log` that runs us, and `./count` that counts in a file, ten times a second.

    It sleeps in a subshell, which is forked: a dash that uses vfork stops nevermore, in any terminal, if Ctrl-Z comes
    before its child is another program.
    """
    script(tmp_path / "log", 'exec "$PYTHON" -m reflowlog "$@"')
    script(tmp_path / "count", "n=0; while echo $n > n; do n=$((n+1)); [ $n = 3 ] && echo three; (sleep 0.05); done")
    terminal = open_tmux(60, 12, PS1="$ ")
    terminal.send("set -m\n")
    clear(terminal)
    return terminal


def clear(shell: Tmux) -> None:
    """Wait until the shell has done what was typed, and has an empty screen: its first prompt is one, too."""
    shell.send("echo do''ne\n")
    shell.wait_screen(lambda rows: any("done" in row for row in rows))  # behind a prompt, if it was typed ahead of that
    shell.send("clear\n")
    shell.wait_screen(lambda rows: rows == ["$"])


def counts(shell: Tmux) -> bool:
    """Whether the counter is at work: looked at until it has moved, or for half a second."""
    file = shell.home / "n"
    before = file.read_text()
    try:
        wait_for(lambda: file.read_text() not in (before, ""), 0.5)
    except AssertionError:
        return False
    return True


def stopped(rows: list[str]) -> Any:
    """The shell says so, and has its prompt."""
    return any("Stopped" in row for row in rows) and rows[-1] == "$"


def viewing(rows: list[str]) -> bool:
    """Whether the viewer is up."""
    return any("following" in row for row in rows)


@pytest.mark.parametrize("viewer", [False, True], ids=["log", "viewer"])
def test_ctrl_z_stops_both_and_fg_continues_them(viewer: bool, shell: Tmux) -> None:
    """From the normal screen and from the viewer; the terminal is the shell's meanwhile."""
    shell.send("./log -e ./count\n")
    shell.wait_screen(lambda rows: "three" in rows)
    if viewer:
        shell.run("send-keys", "PPage")
        shell.wait_screen(viewing)
    shell.send("\x1a")
    shell.wait_screen(stopped)
    assert not counts(shell)
    assert shell.settings_now() == shell.settings
    shell.send("fg\n")
    wait_for(lambda: counts(shell))
    if viewer:
        shell.wait_screen(viewing)
        shell.send("q")
        shell.wait_screen(lambda rows: not viewing(rows))
    shell.send("\x03")
    shell.wait_screen(Tmux.at_prompt)
    shell.send("s=$?; clear; echo $s\n")
    shell.wait_screen(lambda rows: rows == ["130", "$"])


def test_bg_continues_it_in_the_background(shell: Tmux) -> None:
    """It goes on, the keys are the shell's, nothing is said again at its prompt, and fg gives them back."""
    shell.send("./log -e ./count\n")
    shell.wait_screen(lambda rows: "three" in rows)
    shell.send("\x1a")
    shell.wait_screen(stopped)
    shell.send("bg; echo mine\n")
    shell.wait_screen(lambda rows: "mine" in rows)
    wait_for(lambda: counts(shell))
    shell.send("fg\n")
    shell.wait_screen(lambda rows: "$ fg" in rows)
    wait_for(lambda: shell.settings_now() != shell.settings)
    shell.send("\x03")
    shell.wait_screen(lambda rows: rows[-1] == "$")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_shell_that_sends_no_sigcont(shell: Tmux) -> None:
    """Bash sends no SIGCONT to a running job: the shell's rows are not repainted when the width changes."""
    script(shell.home / "says", "for word; do while [ ! -e $word ]; do (sleep 0.02); done; echo $word; done")
    for start in ("exec bash --norc\n", "PS1='$ '; bind 'set enable-bracketed-paste off'\n"):
        shell.send(start)
    clear(shell)
    shell.send("./log -e ./says one two three\n")
    (shell.home / "one").touch()
    shell.wait_screen(lambda rows: "one" in rows)
    shell.send("\x1a")
    shell.wait_screen(stopped)
    shell.send("bg\n")
    shell.wait_screen(lambda rows: rows[-2].endswith("&"))
    (shell.home / "two").touch()
    shell.wait_screen(lambda rows: any(row.endswith("two") for row in rows))
    shell.resize(50)
    shell.send("fg\n")
    shell.wait_screen(lambda rows: rows[-1] == "./log -e ./says one two three")
    (shell.home / "three").touch()
    shell.wait_screen(Tmux.at_prompt)
    assert shell.screen()[-3:-1] == ["./log -e ./says one two three", "three"]


def test_started_in_the_background(shell: Tmux) -> None:
    """A background job shows its command's output and reads no keys."""
    shell.send("./log -e sh -c 'echo one; echo two' &\n")
    shell.wait_screen(lambda rows: "two" in [row.removeprefix("$ ") for row in rows])
    shell.send("clear; echo mine\n")
    shell.wait_screen(lambda rows: rows[:1] == ["mine"])


def test_a_pager_has_its_keys(shell: Tmux) -> None:
    """Into `less` it is a terminal for the command alone; we read none of the keys."""
    if shutil.which("less") is None:
        pytest.skip("less is not installed")
    shell.send("./log -e seq 200 | less\n")
    shell.wait_screen(lambda rows: rows[-1:] == [":"])
    for _ in range(5):
        shell.send("j")
    shell.wait_screen(lambda rows: rows[0] == "6")
    shell.send("q")
    shell.wait_screen(Tmux.at_prompt)


def test_off_a_screen_the_terminal_is_the_commands(shell: Tmux) -> None:
    """It reads the user's terminal itself, and Ctrl-C tells it once."""
    trap = "trap 'echo caught; n=x$n' INT"
    script(shell.home / "asks", f"{trap}; echo on; read a; echo got $a; while [ ! $n ]; do sleep 0.02; done; echo $n")
    out = shell.home / "out"
    shell.send("./log -e ./asks > out; echo $?\n")
    wait_for(lambda: out.exists() and out.read_text() == "on\n")
    shell.send("this\n")
    wait_for(lambda: out.read_text() == "on\ngot this\n")
    shell.send("\x03")
    shell.wait_screen(lambda rows: rows[-1] == "$" and rows[-2].endswith("0"))
    assert out.read_text() == "on\ngot this\ncaught\nx\n"


DISPLAY = r"""
import sys, time
def frame(number, up):
    sys.stdout.write("\x1b[2K\x1b[1A" * up + "\x1b[2K\x1b[G" + "".join(f"task {each} {number}%\n" for each in "ab"))
    sys.stdout.flush()
    time.sleep(0.02)
sys.stdout.write("before\n\x1b[?25l\x1b]0;title\x07")
frame(0, 0)
for number in range(10, 101, 10):
    frame(number, 2)
sys.stdout.write("\x1b[?25hafter\n")
"""


def test_a_progress_display_ends_as_without_us(shell: Tmux) -> None:
    """Its lines are redrawn while it runs; the screen and the scrollback hold them once, as the terminal's own."""
    (shell.home / "display.py").write_text(DISPLAY)
    shell.send('"$PYTHON" display.py; echo end\n')
    shell.wait_screen(lambda rows: "end" in rows)
    alone = shell.screen()[1:-1]
    shell.send("clear\n")
    shell.wait_screen(lambda rows: rows == ["$"])
    shell.send('./log -e "$PYTHON" display.py; echo end\n')
    shell.wait_screen(lambda rows: "end" in rows)
    assert shell.screen()[1:-1] == alone == ["before", "task a 100%", "task b 100%", "after", "end"]
