"""One record in the viewer, on real terminals: its detail, copying, the exact bytes of OSC 52, programs' consoles."""

from __future__ import annotations

import base64
import json
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support import viewing
from support.terminals import PYTHON, Tmux, script
from support.viewing import View

from reflowlog.terminal.clipboard import clipboard_sequence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import PyteTerminal

pytestmark = pytest.mark.terminal

RECORDS = [
    {"time": f"2026-01-31T12:00:{number:02}Z", "level": level, "msg": f"request {number} " + "word " * 30, "user": user}
    for number, (level, user) in enumerate([("info", {"id": 1}), ("error", {"id": 2, "name": "Ada \x1b[2J\x07"})] * 20)
]
LINES = [json.dumps(record) for record in RECORDS]


@pytest.fixture
def open_viewer(open_tmux: Callable[..., Tmux], tmp_path: Path) -> Callable[..., View]:
    """Run the viewer of a JSON log at the prompt of a shell in tmux."""

    def start(options: str = "app.log", columns: int = 100, rows: int = 24, **changes: Any) -> View:
        text = "".join(f"{line}\n" for line in LINES)
        return viewing.open_viewer(open_tmux, tmp_path, options, text, (columns, rows), TZ="UTC", **changes)

    return start


def copied(data: bytes) -> list[bytes]:
    """Return the texts of all OSC 52 sequences in some output that are not wrapped."""
    return [base64.b64decode(each) for each in re.findall(rb"(?<!\x1b)\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", data)]


def test_detail_of_a_record(open_viewer: Callable[..., View]) -> None:
    """Every field, at three widths; a field filters; the log is there again after it."""
    view = open_viewer()
    view.type("o")
    view.wait(lambda rows, _: rows[0] == "> time     2026-01-31 12:00:00.000+00:00")
    assert view.rows[1] == "  level    INFO"
    assert [row.strip() for row in view.rows[4:7]] == ["user     {", '"id": 1', "}"]
    assert view.rows[7].startswith('  line     {"time": "2026-01-31T12:00:00Z"')
    for columns in (40, 20, 100):
        view.terminal.resize(columns, 24)
        view.wait(lambda rows, _: any("INFO" in row for row in rows) and rows[0].startswith("> time"))
    view.key("Right")
    view.says("line 2 of 40")
    view.wait(lambda rows, _: any("Ada \N{SYMBOL FOR ESCAPE}" in row or "Ada \\u001b" in row for row in rows))
    for _ in range(4):
        view.key("Down")
    view.says("user.id")
    view.type("f")
    view.says("only: user.id=2")
    view.type("q")
    view.says("&user.id=2: 20")
    view.type("Q")
    view.terminal.wait_screen(Tmux.at_prompt)
    view.check_left()


@pytest.mark.parametrize("setting", ["on", "external", "off"])
def test_copies_in_tmux(open_viewer: Callable[..., View], setting: str) -> None:
    """The record as it came is in tmux's buffer if it takes the sequence, or by its own command; never if it is off."""
    view = open_viewer()
    terminal = view.terminal
    assert isinstance(terminal, Tmux)
    terminal.run("set-option", "-s", "set-clipboard", setting)
    view.type("/Ada\n")
    view.says("/Ada: 1 of 20")
    view.type("y")
    view.says(f"copied the record: {len(LINES[1])} bytes")
    buffers = terminal.run("list-buffers", "-F", "#{buffer_size}").split()
    assert buffers == ([] if setting == "off" else [str(len(LINES[1]))])
    if buffers:
        assert terminal.run("show-buffer") == LINES[1]
    terminal.settle()
    assert copied(terminal.output()) == [LINES[1].encode()]
    view.type("Q")


def test_copies_by_a_command(open_viewer: Callable[..., View], tmp_path: Path) -> None:
    """It has the text on its standard input, and the terminal gets no sequence; a failure is reported."""
    target = tmp_path / "copied text"
    save = shlex.join([sys.executable, "-c", "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())", str(target)])
    view = open_viewer(f"--copy-command {shlex.quote(save)} app.log")
    view.type("Y")
    view.says(f"copied 40 lines: {sum(len(line) + 1 for line in LINES):,} bytes")
    assert target.read_text() == "".join(f"{line}\n" for line in LINES)
    assert b"]52;" not in view.terminal.output()
    view.type("Q")
    view.terminal.wait_screen(Tmux.at_prompt)
    view.check_left()


def test_a_command_that_is_not_there(open_viewer: Callable[..., View]) -> None:
    """The status row has the reason."""
    view = open_viewer("--copy-command no-such-command app.log")
    view.type("y")
    view.says("cannot copy: no-such-command: No such file")
    view.type("Q")


def test_bytes_on_a_plain_terminal(open_pyte: Callable[..., PyteTerminal], tmp_path: Path) -> None:
    """Exactly one sequence a copy: the record, a field, all that is shown; and no byte of the record acts."""
    (tmp_path / "app.log").write_text("".join(f"{line}\n" for line in LINES))
    command = [PYTHON, "-m", "reflowlog", "app.log"]
    terminal = open_pyte(command, (100, 24), home=tmp_path, changes={"TZ": "UTC"})
    view = View(terminal)
    view.says("of 40")
    view.type("y")
    view.says(f"copied the record: {len(LINES[0])} bytes")
    view.type("o")
    view.says("time 1 of")
    view.key("Right")
    view.says("line 2 of 40")
    for _ in range(5):
        view.key("Down")
    view.says("user.name")
    view.type("y")
    view.says("copied user.name: 9 bytes")
    view.type("q")
    view.type("&user.id=1\n")
    view.says("&user.id=1: 20")
    view.type("Y")
    view.says("copied 20 lines")
    view.type("Q")
    terminal.wait()
    shown = "".join(f"{line}\n" for line in LINES[::2]).encode()
    texts = [LINES[0].encode(), b"Ada \x1b[2J\x07", shown]
    assert copied(terminal.output()) == texts
    for text in texts:
        assert clipboard_sequence(text, {}).encode() in terminal.output()
    assert b"\x1b[2J\x07" not in terminal.output()


PROGRAM = """
import logging, os, time, reflowlog
console = reflowlog.Console(keys=True)
logging.basicConfig(handlers=[reflowlog.ReflowHandler(console=console)], level="INFO")
logging.getLogger("app.db").warning("slow", extra={"took": "3 ms", "query": {"table": "orders"}})
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("app").exception("failed")
console.print("{\\ttext")
console.flush()
while not os.path.exists("stop"):
    time.sleep(0.01)
console.close()
"""


def test_in_a_program(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """`o` and `y` have the record as it is shown, whatever it is stored as."""
    (tmp_path / "program.py").write_text(PROGRAM)
    script(tmp_path / "log", 'exec "$PYTHON" program.py')
    terminal = open_tmux(100, 30, TZ="UTC")
    terminal.run("set-option", "-s", "set-clipboard", "on")
    terminal.send("./log\n")
    terminal.wait_screen(lambda rows: any("ZeroDivisionError" in row for row in rows))
    view = View(terminal)
    view.type("/slow\n")
    view.says("/slow: 1 of 1")
    view.type("o")
    view.wait(lambda rows, _: any(row.split() == ["took", "3", "ms"] for row in rows))
    view.wait(lambda rows, _: any(row.split() == ["logger", "app.db"] for row in rows))
    view.type("q")
    view.type("y")
    view.says("copied the record")
    assert re.fullmatch(
        r'\S+ \S+ WARNING  app.db +slow  took="3 ms"  query=.*orders.*', terminal.run("show-buffer").strip()
    )
    view.type("/failed\n")
    view.says("/failed: 1 of 1")
    view.type("y")
    view.says("copied the record")
    text = terminal.run("show-buffer")
    assert "failed\nTraceback (most recent call last):\n" in text
    assert text.endswith("ZeroDivisionError: division by zero")
    view.type("/text\n")
    view.says("/text: 1 of 1")
    view.type("y")
    view.says("copied the record: 6 bytes")
    assert terminal.run("show-buffer") == "{\ttext"
    view.type("Y")
    view.says("copied 3 lines")
    view.type("sas it came\n")
    view.says("saved 3 lines to as it came")
    assert (tmp_path / "as it came").read_text() == terminal.run("show-buffer")
    view.type("q")
    (tmp_path / "stop").touch()
    terminal.wait_screen(Tmux.at_prompt)


LEVELS = """
import logging, os, time, reflowlog
console = reflowlog.Console(keys=True)
logging.basicConfig(handlers=[reflowlog.ReflowHandler(console=console)], level="INFO")
db, web = logging.getLogger("app.db"), logging.getLogger("app.web")
number = 0
db.warning("up")
while not os.path.exists("stop"):
    time.sleep(0.05)
    number += 1
    db.debug("query %d", number)
    web.debug("request %d", number)
console.close()
print("levels", logging.getLogger().level, db.level, web.level)
"""


def test_levels_of_a_program(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """`l` has a logger log more, then all, and its end gives their levels back."""
    (tmp_path / "program.py").write_text(LEVELS)
    script(tmp_path / "log", 'exec "$PYTHON" program.py')
    terminal = open_tmux(100, 30)
    terminal.send("./log\n")
    terminal.wait_screen(lambda rows: any("up" in row for row in rows))
    view = View(terminal)
    view.type("ldebug this\n")
    view.says("app.db logs from DEBUG on")
    view.wait(lambda rows, _: any("query" in row for row in rows))
    assert not any("request" in row for row in view.rows)
    view.type("ldebug all\n")
    view.says("all loggers log from DEBUG on")
    view.wait(lambda rows, _: any("request" in row for row in rows))
    view.type("lreset\n")
    view.says("2 levels given back")
    view.type("ldebug app.web\n")
    view.says("app.web logs from DEBUG on")
    view.type("q")
    (tmp_path / "stop").touch()
    terminal.wait_screen(lambda rows: any("levels 20 0 0" in row for row in rows))


def test_columns_are_chosen_and_written(open_viewer: Callable[..., View], tmp_path: Path) -> None:
    """The list stands under the log, which has the column at once and at each width; `s` writes the configuration."""
    view = open_viewer(HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    view.type("c")
    view.wait(lambda rows, _: any(row.startswith("> [1] time") and "100%" in row for row in rows))
    view.key("End")
    view.says("Space column")
    view.wait(lambda rows, _: any(row.startswith("> [ ] user") for row in rows))
    view.type("h")
    view.wait(lambda rows, _: any(row.startswith("> [-] user") for row in rows) and "user=" not in rows[1])
    view.type("s")
    view.wait(lambda rows, status: any("written into" in row for row in (*rows, status)))  # a long path takes rows
    config = (tmp_path / "reflowlog" / "config.toml").read_text()
    assert config == 'columns = ["time", "level", "logger", "message", "source"]\nhide = ["user"]\n'
    view.type("q")
    view.type("o")
    for _ in range(4):
        view.key("Down")
    view.says("user.id")
    view.type("c")
    view.says("user.id is a column")
    view.type("q")
    for columns in (60, 100):
        view.terminal.resize(columns, 24)
        view.wait(lambda rows, _: "1 request 0" in rows[0])
    view.type("Q")
    view.terminal.wait_screen(Tmux.at_prompt)
    view.check_left()


@pytest.mark.skipif(not shutil.which("screen"), reason="needs GNU screen")
def test_copies_in_gnu_screen(open_pyte: Callable[..., PyteTerminal], tmp_path: Path) -> None:
    """GNU screen passes on what is in its parts: the terminal around it gets one sequence, and the record by it."""
    (tmp_path / "app.log").write_text("".join(f"{line}\n" for line in LINES))
    (tmp_path / "screenrc").write_text("startup_message off\n")
    folder = tmp_path / "sockets"
    folder.mkdir(mode=0o700)
    command = ["screen", "-c", str(tmp_path / "screenrc"), PYTHON, "-m", "reflowlog", "app.log"]
    terminal = open_pyte(command, (100, 24), home=tmp_path, changes={"TZ": "UTC", "SCREENDIR": str(folder)})
    view = View(terminal)
    view.says("of 40")
    view.type("Y")
    view.says("copied 40 lines")
    shown = "".join(f"{line}\n" for line in LINES).encode()
    terminal.wait_until(lambda: copied(terminal.output()))
    assert copied(terminal.output()) == [shown]
    view.type("Q")
    terminal.wait()
