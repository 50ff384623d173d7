"""`v` in the viewer on a real terminal: the editor has the terminal, and gives it back; job control, failures."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import Tmux, script, wait_for
from support.viewing import View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Feed

pytestmark = pytest.mark.terminal

LOG = """12:00:00 INFO app: start
12:00:01 ERROR app: failed
Traceback (most recent call last):
  File "main.py", line 3, in <module>
KeyError: 'x'
12:00:02 INFO app: on
"""
EDITOR = """
stty -a > "$HOME/settings"
printf '%s\\n' "$@" > "$HOME/arguments"
echo "the editor has the terminal"
read answer
echo "$answer" > "$HOME/answer"
exit "$(cat "$HOME/status" 2>/dev/null || echo 0)"
"""
"""An editor that shows its arguments, and ends with a line."""


@pytest.fixture
def open_viewer(open_tmux: Callable[..., Tmux], tmp_path: Path) -> Callable[..., View]:
    """Run a command line in a shell in tmux, with an editor of its own in EDITOR."""
    (tmp_path / "app.log").write_text(LOG)
    (tmp_path / "main.py").write_text("one\ntwo\nthree\n")
    script(tmp_path / "edit", EDITOR)

    def start(command: str = "reflowlog app.log", editor: str | None = None, **changes: Any) -> View:
        script(tmp_path / "log", f'reflowlog() {{ "$PYTHON" -m reflowlog "$@"; }}; {command}')
        changes = {"EDITOR": editor or str(tmp_path / "edit"), "VISUAL": None, "HOME": str(tmp_path), **changes}
        terminal = open_tmux(80, 12, **changes)
        terminal.send("./log\n")
        return View(terminal)

    return start


def has_editor(terminal: Tmux) -> None:
    """Wait until the editor has the terminal."""
    terminal.wait_screen(lambda rows: any("the editor has the terminal" in row for row in rows))


def test_the_editor_has_the_terminal_and_gives_it_back(open_viewer: Callable[..., View], tmp_path: Path) -> None:
    """On the normal screen, with the settings that were found; after it the viewer is as it was."""
    view = open_viewer()
    terminal = view.terminal
    assert isinstance(terminal, Tmux)
    view.says("of 6")
    view.type("/failed\n")
    view.says("/failed: 1 of 1")
    before = view.rows
    view.type("v")
    has_editor(terminal)
    assert terminal.run("display-message", "-p", "#{alternate_on} #{cursor_flag}").split() == ["0", "1"]
    settings = (tmp_path / "settings").read_text().split()
    assert "icanon" in settings
    assert "echo" in settings
    assert (tmp_path / "arguments").read_text().split("\n")[:2] == ["+3", str(tmp_path / "main.py")]
    terminal.resize(60, 10)
    terminal.send("jGq\n")  # keys of the viewer, which they are not here
    view.says("edited main.py:3")
    assert (tmp_path / "answer").read_text() == "jGq\n"
    view.wait(lambda rows, _: rows == before[:9])
    view.type("Q")
    terminal.wait_screen(Tmux.at_prompt)
    view.check_left()


def test_a_pipe_goes_on_meanwhile(open_viewer: Callable[..., View], feed: Feed, tmp_path: Path) -> None:
    """Input is taken in while the editor has the terminal, and is in the log after it; `q` goes back to inline mode."""
    view = open_viewer("{ cat app.log; cat feed; } | reflowlog")
    terminal = view.terminal
    assert isinstance(terminal, Tmux)
    terminal.wait_screen(lambda rows: any("on" in row for row in rows))
    view.type("v")
    has_editor(terminal)
    shown = terminal.screen()
    feed.write("12:00:03 INFO app: more\n" * 20_000)  # more than a pipe holds: it has been read once this returns
    assert terminal.screen() == shown
    terminal.send("\n")
    view.says("edited")
    view.says("of 20,006")
    view.type("q")
    feed.close()
    terminal.wait_screen(Tmux.at_prompt)
    view.check_left()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("editor", "message"),
    [
        ("no-such-editor -x", "cannot run no-such-editor: No such file or directory"),
        ("false", "false failed: exit status 1"),
        ("vi 'x", 'the editor "vi \'x" cannot be split into words'),
    ],
)
def test_an_editor_that_fails_says_so(open_viewer: Callable[..., View], editor: str, message: str) -> None:
    """In the status row; the viewer goes on."""
    view = open_viewer(editor=editor)
    view.says("of 6")
    view.type("v")
    view.says(message)
    view.type("j")
    view.says("2-6 of 6" if view.terminal.rows < 7 else "of 6")
    view.type("Q")
    assert isinstance(view.terminal, Tmux)
    view.terminal.wait_screen(Tmux.at_prompt)
    view.check_left()


def test_ctrl_z_in_the_editor_stops_both(open_viewer: Callable[..., View], tmp_path: Path) -> None:
    """The shell is back; `fg` continues the editor, and its end the viewer."""
    view = open_viewer()
    terminal = view.terminal
    assert isinstance(terminal, Tmux)
    view.says("of 6")
    view.type("v")
    has_editor(terminal)
    terminal.run("send-keys", "C-z")
    terminal.wait_screen(lambda rows: any("Stopped" in row or "stopped" in row.lower() for row in rows))
    terminal.send("fg\n")
    terminal.wait_screen(lambda rows: any(row.endswith("fg") or row.startswith("./log") for row in rows))
    terminal.send("done\n")
    view.says("edited app.log:1")
    assert (tmp_path / "answer").read_text() == "done\n"
    view.type("Q")
    terminal.wait_screen(Tmux.at_prompt)
    view.check_left()


@pytest.mark.skipif(not shutil.which("vi"), reason="needs vi")
def test_a_real_editor(open_viewer: Callable[..., View]) -> None:
    """Vi shows the line; after it everything is as it was."""
    view = open_viewer(editor="vi")
    terminal = view.terminal
    assert isinstance(terminal, Tmux)
    view.says("of 6")
    view.type("/failed\n")
    view.says("1 of 1")
    view.type("v")
    terminal.wait_screen(lambda rows: rows[:3] == ["one", "two", "three"])
    assert terminal.run("display-message", "-p", "#{cursor_y}").strip() == "2"
    terminal.send(":q!\n")
    view.says("edited main.py:3")
    view.type("Q")
    terminal.wait_screen(Tmux.at_prompt)
    view.check_left()


PROGRAM = """
import logging, os, time, reflowlog
def helper():
    pass
console = reflowlog.Console(keys=True)
logging.basicConfig(handlers=[reflowlog.ReflowHandler(console=console)], level="INFO")
logging.getLogger("app").warning("first")
console.flush()
number = 0
while not os.path.exists("stop"):
    time.sleep(0.01)
    if os.path.exists("more"):
        os.unlink("more")
        for number in range(50):
            logging.getLogger("app").warning("record %d", number)
        open("logged", "w").close()
console.close()
"""


def test_in_a_program(open_viewer: Callable[..., View], tmp_path: Path) -> None:
    """The program goes on while its console's editor has the terminal; records' places are found in its modules."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "program.py").write_text(PROGRAM)
    view = open_viewer('"$PYTHON" elsewhere/program.py')
    terminal = view.terminal
    assert isinstance(terminal, Tmux)
    terminal.wait_screen(lambda rows: any("first" in row for row in rows))
    view.type("v")
    has_editor(terminal)
    line = PROGRAM.split("\n").index('logging.getLogger("app").warning("first")') + 1
    expected = [f"+{line}", str(tmp_path / "elsewhere" / "program.py")]
    assert (tmp_path / "arguments").read_text().split("\n")[:2] == expected
    (tmp_path / "more").touch()
    wait_for((tmp_path / "logged").exists)
    assert not any("record" in row for row in terminal.screen())
    terminal.send("\n")
    view.says("edited")
    view.wait(lambda rows, _: any("record 49" in row for row in rows))
    view.type("q")
    (tmp_path / "stop").touch()
    terminal.wait_screen(Tmux.at_prompt)
    view.check_left()
