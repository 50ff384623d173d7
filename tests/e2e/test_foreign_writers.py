"""Other writers to a program's terminal: nothing that they wrote is overwritten; an application keeps the terminal."""

from __future__ import annotations

import importlib.util
import os
import re
from typing import TYPE_CHECKING

import pytest
from support.terminals import PYTHON, Pty, PyteTerminal, Tmux, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")

START = """
import getpass, logging, os, subprocess, sys, threading, time
import reflowlog

def wait_for_file(name):
    while not os.path.exists(name):
        time.sleep(0.01)
"""

PRINTED = (
    START
    + """
reflowlog.install()
for number in range(6):
    logging.info("L%02d logged with some more words that make it longer than sixty cells", number)
    print("P%02d printed with some more words that make it longer than sixty cells" % number, flush=True)
open("ready", "w").close()
wait_for_file("resized")
logging.info("L99 the last one")
"""
)

CHILD = (
    START
    + """
handler = reflowlog.ReflowHandler()
logging.basicConfig(level="INFO", handlers=[handler])
for number in range(6):
    logging.info("L%02d logged with some more words that make it longer than sixty cells", number)
    handler.flush()
    if sys.argv[1] == "system":
        os.system("echo P%02d printed by a child" % number)
    else:
        subprocess.run(["echo", "P%02d printed by a child" % number])
open("ready", "w").close()
wait_for_file("resized")
logging.info("L99 the last one")
"""
)


def run_through_resizes(terminal: Tmux, folder: Path, source: str, arguments: str = "") -> str:
    """The scrollback after the program was resized twice."""
    (folder / "program.py").write_text(source)
    terminal.send(f'"$PYTHON" program.py {arguments}\n')
    wait_for((folder / "ready").exists)
    for columns in (60, 90):
        before = terminal.size_of_output()
        terminal.resize(columns)
        terminal.settle()
        assert terminal.size_of_output() >= before
    (folder / "resized").touch()
    terminal.wait_screen(Tmux.at_prompt)
    return "\n".join(terminal.scrollback())


@pytest.mark.terminal
def test_prints_survive_any_resize(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """With `install()` they go through the console: all are there, in the order of the calls."""
    text = run_through_resizes(open_tmux(100, 30), tmp_path, PRINTED)
    found = re.findall(r"\b([LP]\d\d) (?:logged|printed|the last)", text)
    assert list(dict.fromkeys(found)) == [f"{kind}{number:02}" for number in range(6) for kind in "LP"] + ["L99"]


@pytest.mark.terminal
@pytest.mark.parametrize("kind", ["system", "run"])
def test_what_a_child_has_written_survives_any_resize(
    kind: str, open_tmux: Callable[..., Tmux], tmp_path: Path
) -> None:
    """It inherits the terminal: the rows above are not laid out again."""
    text = run_through_resizes(open_tmux(100, 30), tmp_path, CHILD, kind)
    assert re.findall(r"^P(\d\d) printed by a child", text, re.M) == [f"{number:02}" for number in range(6)]
    assert set(re.findall(r"\b(L\d\d) ", text)) == {*(f"L{number:02}" for number in range(6)), "L99"}


STARTS = (
    START
    + """
reflowlog.install(capture=False)
for number in range(10):
    logging.info("L%02d before a child", number)
    if sys.argv[1] == "system":
        os.system("echo P%02d by a child >&2" % number)
    elif sys.argv[1] == "spawn":
        os.waitpid(os.posix_spawnp("echo", ["echo", "P%02d by a child" % number], os.environ), 0)
    else:
        subprocess.run(["echo", "P%02d by a child" % number])
"""
)


@pytest.mark.parametrize("kind", ["system", "spawn", "run"])
def test_the_output_of_a_child_follows_the_records_before_it(kind: str, tmp_path: Path) -> None:
    """A process that may write to the terminal starts once the records logged before are painted."""
    (tmp_path / "program.py").write_text(STARTS)
    terminal = Pty([PYTHON, str(tmp_path / "program.py"), kind], (100, 30))
    try:
        assert terminal.wait() == 0
        found = re.findall(r"\b([LP]\d\d)\b", terminal.text)
        assert found == [f"{name}{number:02}" for number in range(10) for name in "LP"]
    finally:
        terminal.close()


RAW = (
    START
    + """
import termios, tty
reflowlog.install()
logging.info("L00 before")
logging.getLogger().handlers[-1].flush()
settings = termios.tcgetattr(0)
tty.setraw(0)
os.write(1, b"\\x1b[?1049h\\x1b[2J\\x1b[Happlication")
thread = threading.Thread(target=lambda: [logging.info("L%02d meanwhile", n) for n in range(1, 4)])
thread.start()
thread.join()
logging.getLogger().handlers[-1].flush()
open("ready", "w").close()
wait_for_file("leave")
os.write(1, b"\\x1b[?1049l")
termios.tcsetattr(0, termios.TCSADRAIN, settings)
logging.info("L04 after")
"""
)


def test_an_application_keeps_the_terminal(tmp_path: Path) -> None:
    """Records wait while it is in raw mode, and come out after it, in their order."""
    (tmp_path / "program.py").write_text(RAW)
    terminal = PyteTerminal([PYTHON, "program.py"], (80, 24), home=tmp_path)
    try:
        terminal.wait_until((tmp_path / "ready").exists)
        terminal.settle()
        assert terminal.screen()[0].strip() == "application"
        assert not any("meanwhile" in row for row in terminal.screen())
        (tmp_path / "leave").touch()
        assert terminal.wait() == 0
        assert re.findall(r"L\d\d", "\n".join(terminal.screen())) == ["L00", "L01", "L02", "L03", "L04"]
    finally:
        terminal.close()


PROMPT = (
    START
    + """
from prompt_toolkit import prompt
reflowlog.install()
logging.info("L00 before the question")
def work():
    wait_for_file("asked")
    for number in range(1, 4):
        logging.info("L%02d while the question waits", number)
    open("logged", "w").close()
threading.Thread(target=work).start()
answer = prompt("question> ")
logging.info("L04 answer %s", answer)
"""
)


@pytest.mark.skipif(importlib.util.find_spec("prompt_toolkit") is None, reason="prompt_toolkit is not installed")
def test_a_prompt_of_prompt_toolkit_stays_whole(tmp_path: Path) -> None:
    """What was logged before it stands above it, what is logged meanwhile under it."""
    (tmp_path / "program.py").write_text(PROMPT)
    terminal = PyteTerminal([PYTHON, "program.py"], (80, 24), home=tmp_path)
    try:
        terminal.wait_screen(lambda rows: any("question>" in row for row in rows))
        (tmp_path / "asked").touch()
        terminal.wait_until((tmp_path / "logged").exists)
        terminal.send(b"yes")
        terminal.wait_screen(lambda rows: any("question> yes" in row for row in rows))
        assert not any("while the question" in row for row in terminal.screen())
        terminal.send(b"\r")
        assert terminal.wait() == 0
        text = "\n".join(terminal.screen())
        assert re.findall(r"L\d\d|question>", text) == ["L00", "question>", "L01", "L02", "L03", "L04"]
    finally:
        terminal.close()


QUESTION = (
    START
    + """
reflowlog.install(**({"keys": True} if sys.argv[1] == "keys" else {}))
logging.info("L00 one question follows")
ask = getpass.getpass if sys.argv[2] == "getpass" else input
answer = ask("question> ")
logging.info("L01 answer %s", answer)
"""
)


@pytest.mark.parametrize("ask", ["input", "getpass"])
@pytest.mark.parametrize("keys", ["keys", "none"])
def test_a_question_stands_after_the_record_before_it(keys: str, ask: str, tmp_path: Path) -> None:
    """The order is that of the calls."""
    (tmp_path / "program.py").write_text(QUESTION)
    terminal = PyteTerminal([PYTHON, "program.py", keys, ask], (80, 24), home=tmp_path)
    try:
        terminal.wait_screen(lambda rows: any("question>" in row for row in rows))
        terminal.send(b"yes\r")
        assert terminal.wait() == 0
        text = "\n".join(terminal.screen())
        assert re.findall(r"L\d\d|question>", text) == ["L00", "question>", "L01"]
        assert "answer yes" in text
    finally:
        terminal.close()


TWO = (
    START
    + """
if sys.argv[1] == "install first":
    reflowlog.install()
    logging.info("M00000 starting")
    console = reflowlog.Console()
else:
    console = reflowlog.Console()
    console.print("M00000 starting")
    reflowlog.install()
done = 0
with console, console.pin(lambda width: f"===== {done} of 30 ".ljust(width, "=")) as pin:
    for done in range(1, 31):
        if done % 2:
            console.print("M%05d printed with some more words that make it longer than fifty" % done)
        else:
            logging.info("M%05d logged with some more words", done)
        pin.update()
        if done == 15:
            open("ready", "w").close()
            wait_for_file("resized")
logging.info("M00031 end")
"""
)


@pytest.mark.terminal
@pytest.mark.parametrize("first", ["install first", "console first"])
def test_a_terminal_has_one_printer(first: str, open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """Two consoles, a handler and a pin share it, whichever came first."""
    text = run_through_resizes(open_tmux(70, 40), tmp_path, TWO, f'"{first}"')
    found = [int(number) for number in re.findall(r"M(\d{5})", text)]
    assert sorted(set(found)) == list(range(32))
    assert "=====" not in text


def test_a_process_whose_output_is_captured_writes_to_no_terminal(tmp_path: Path) -> None:
    """So the rows are not given up for it, in the middle of a progress bar."""
    (tmp_path / "program.py").write_text(
        "import logging, os, reflowlog\n"
        "from reflowlog.console.foreign_writers import count_process_starts\n"
        "reflowlog.install()\n"
        "logging.info('a record')\n"
        "before = count_process_starts()\n"
        "with reflowlog.capture(fd=True):\n"
        "    os.system('echo from a child')\n"
        "inside = count_process_starts()\n"
        "os.system('true')\n"
        "print(inside - before, count_process_starts() - inside, file=open('counts', 'w'))\n"
    )
    terminal = Pty([PYTHON, str(tmp_path / "program.py")], (80, 24), home=tmp_path)
    try:
        assert terminal.wait() == 0
        assert (tmp_path / "counts").read_text() == "0 1\n"
        assert "from a child" in terminal.text
    finally:
        terminal.close()
