"""Applications that take the terminal of a program: it stays theirs, and records come out after them, in order."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from support.terminals import PYTHON, PyteTerminal, wait_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")

START = """
import logging, os, subprocess, sys, threading, time
import reflowlog

def wait_for_file(name):
    while not os.path.exists(name):
        time.sleep(0.01)

def log_meanwhile(count=40, after=None):
    def work():
        if after:
            wait_for_file(after)
        for number in range(1, 1 + count):
            logging.info("R%03d meanwhile", number)
        open("logged", "w").close()
    thread = threading.Thread(target=work)
    thread.start()
    return thread

handler = reflowlog.install(**eval(sys.argv[1]))
logging.info("R000 before")
handler.flush()
"""

TEXTUAL = (
    START
    + """
from textual.app import App
from textual.widgets import Label

class Application(App):
    def compose(self):
        yield Label("APPLICATION BODY")

    def on_mount(self):
        log_meanwhile()

    def on_key(self, event):
        self.exit()

Application().run()
logging.info("R999 after")
"""
)

CURSES = (
    START
    + """
import curses

def run(screen):
    screen.addstr(0, 0, "APPLICATION BODY")
    screen.refresh()
    log_meanwhile().join()
    screen.getch()

curses.wrapper(run)
logging.info("R999 after")
"""
)

URWID = (
    START
    + """
import urwid

def leave(key):
    raise urwid.ExitMainLoop

loop = urwid.MainLoop(urwid.Filler(urwid.Text("APPLICATION BODY")), unhandled_input=leave)
loop.set_alarm_in(0, lambda *_: log_meanwhile())
loop.run()
logging.info("R999 after")
"""
)

EDITOR = (
    START
    + """
thread = log_meanwhile(after="up")
subprocess.run([sys.executable, "editor.py"])
thread.join()
logging.info("R999 after")
"""
)

EDITOR_PROGRAM = """
import curses

def run(screen):
    curses.raw()
    screen.addstr(0, 0, "APPLICATION BODY")
    screen.refresh()
    open("up", "w").close()
    screen.getch()

curses.wrapper(run)
"""

AT_KEYS = (
    START.replace("wait_for_file(after)", "wait_for_keys()")
    + """
def wait_for_keys():
    import termios
    while termios.tcgetattr(0)[3] & termios.ICANON:
        time.sleep(0.01)

"""
)

PAGER = (
    AT_KEYS
    + """
thread = log_meanwhile(after="keys")
subprocess.run(["less", "-X", "text"], env=os.environ | {"LESS": ""})
thread.join()
logging.info("R999 after")
"""
)

PRINTED = (
    START
    + """
print("\\x1b[?1049h\\x1b[2J", end="")
print("\\x1b[3;5HAPPLICATION BODY", flush=True)
log_meanwhile().join()
sys.stdin.readline()
print("\\x1b[?1049lpRINTED after", flush=True)
logging.info("R999 after")
"""
)

WRITTEN_BENEATH = (
    START
    + """
sys.__stdout__.write("\\x1b[?1049h\\x1b[2J")
print("\\x1b[3;5HAPPLICATION BODY", flush=True)
log_meanwhile().join()
sys.stdin.readline()
sys.__stdout__.write("\\x1b[?1049l")
print("pRINTED after", flush=True)
logging.info("R999 after")
"""
)

RICH = (
    START
    + """
from rich.live import Live

with Live("APPLICATION BODY", screen=True):
    log_meanwhile().join()
    sys.stdin.readline()
print("pRINTED after")
logging.info("R999 after")
"""
)

FIRST_RECORD_MEANWHILE = TEXTUAL.replace('logging.info("R000 before")\nhandler.flush()\n', "")

PROGRAMS = {"textual": TEXTUAL, "curses": CURSES, "urwid": URWID, "editor": EDITOR}

INPUT = (
    AT_KEYS
    + """
import readline
child = subprocess.Popen(["sleep", "60"])
thread = log_meanwhile(after="keys")
print("answer", input("QUESTION "))
child.kill()
thread.join()
"""
)


PROMPT = (
    START.replace("wait_for_file(after)", "wait_for_answer()")
    + """
def wait_for_answer():
    wait_for_file("typed")
    while sys._current_frames()[threading.main_thread().ident].f_code.co_name != "ours":  # which calls into C
        time.sleep(0.01)

thread = log_meanwhile(2, after="typed")
print("QUESTION ", end="", flush=True)
print("answer", ANSWER.strip())
thread.join()
logging.info("R999 after")
"""
)


def needs_module(name: str) -> None:
    """Skip a test, with the reason, where a module is missing."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the program that stands for an editor."""
    (tmp_path / "editor.py").write_text(EDITOR_PROGRAM)
    return tmp_path


def run_through(
    folder: Path, source: str, options: str = "{}", *, key: bytes = b"x", is_alternate: bool = False
) -> str:
    """Run a program, look at its application while records arrive, leave it by a key; return the text at its end.

    Args:
        folder: where it runs.
        source: of the program.
        options: of its console, as a dictionary's literal.
        key: by which it is left.
        is_alternate: whether it is looked at that the application is on the alternate screen.
    """
    (folder / "program.py").write_text(source)
    terminal = PyteTerminal([PYTHON, "program.py", options], (80, 60), home=folder)
    try:
        terminal.wait_screen(lambda rows: any("APPLICATION BODY" in row for row in rows))
        wait_for((folder / "logged").exists)
        terminal.settle()
        assert any("APPLICATION BODY" in row for row in terminal.screen())
        assert not any("meanwhile" in row for row in terminal.screen())
        assert terminal.alternate or not is_alternate
        terminal.send(key)
        assert terminal.wait() == 0
        assert not (terminal.alternate and is_alternate)
        return "\n".join(terminal.scrollback())
    finally:
        terminal.close()


@pytest.mark.slow
@pytest.mark.parametrize("options", ["{}", "{'capture': False}", "{'keys': True}"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_records_wait_while_an_application_has_the_terminal(name: str, options: str, folder: Path) -> None:
    """None is painted over it; all come out after it, once and in order."""
    if name in ("textual", "urwid"):
        needs_module(name)
    text = run_through(folder, PROGRAMS[name], options)
    found = re.findall(r"R(\d{3}) (?:before|meanwhile|after)", text)
    assert found == ["000", *(f"{number:03}" for number in range(1, 41)), "999"]


def test_records_wait_while_a_pager_has_the_terminal(folder: Path) -> None:
    """It keeps Ctrl-C a signal, other than an editor."""
    if shutil.which("less") is None:
        pytest.skip("less is not installed")
    (folder / "text").write_text("APPLICATION BODY\n" + "line\n" * 100)
    text = run_through(folder, PAGER, key=b"q")
    found = re.findall(r"R(\d{3}) (?:before|meanwhile|after)", text)
    assert found == ["000", *(f"{number:03}" for number in range(1, 41)), "999"]


@pytest.mark.parametrize("source", [PRINTED, WRITTEN_BENEATH, RICH], ids=["printed", "__stdout__", "Rich"])
@pytest.mark.parametrize("options", ["{}", "{'keys': True}"])
def test_records_wait_while_the_program_has_switched_to_the_alternate_screen(
    source: str, options: str, folder: Path
) -> None:
    """By sequences that it prints, without raw mode: rows that are written there are gone with it."""
    if source is RICH:
        needs_module("rich")
    text = run_through(folder, source, options, key=b"\n", is_alternate=True)
    assert "BODY" not in text
    found = re.findall(r"[Rp](\d{3}|RINTED) (?:before|meanwhile|after)", text)
    assert found == ["000", *(f"{number:03}" for number in range(1, 41)), "RINTED", "999"]


def test_a_question_of_the_program_holds_no_records(folder: Path) -> None:
    """Readline delivers keys at once, too, here beside a child that lives."""
    (folder / "program.py").write_text(INPUT)
    terminal = PyteTerminal([PYTHON, "program.py", "{}"], (80, 60), home=folder)
    try:
        terminal.wait_screen(lambda rows: any("R040 meanwhile" in row for row in rows))
        terminal.send(b"yes\r")
        terminal.wait_screen(lambda rows: any("answer yes" in row for row in rows))
        assert terminal.wait() == 0
    finally:
        terminal.close()


@pytest.mark.parametrize("answer", ["sys.stdin.readline()", "input()"])
def test_a_printed_question_is_not_repeated(answer: str, folder: Path) -> None:
    """Enter ends its line; records that come meanwhile stand in rows of their own, under what was typed so far."""
    (folder / "program.py").write_text(PROMPT.replace("ANSWER", answer))
    terminal = PyteTerminal([PYTHON, "program.py", "{}"], (80, 24), home=folder)
    try:
        terminal.wait_screen(lambda rows: rows[-1:] == ["QUESTION"])
        terminal.send(b"ye")
        terminal.wait_screen(lambda rows: rows[-1:] == ["QUESTION ye"])
        (folder / "typed").touch()
        terminal.wait_screen(lambda rows: any("R002 meanwhile" in row for row in rows))
        terminal.send(b"s\r")
        assert terminal.wait() == 0
        rows = terminal.scrollback()
        start = rows.index("QUESTION ye")
        assert [re.sub(r".*(R\d{3}.*)", r"\1", row) for row in rows[start:] if row] == [
            *("QUESTION ye", "R001 meanwhile", "R002 meanwhile", "s", "answer yes", "R999 after")
        ]
    finally:
        terminal.close()


def test_the_first_record_may_come_while_an_application_has_the_terminal(folder: Path) -> None:
    """Then nothing is known of the terminal as it was before."""
    needs_module("textual")
    text = run_through(folder, FIRST_RECORD_MEANWHILE)
    assert re.findall(r"R(\d{3}) (?:meanwhile|after)", text) == [*(f"{number:03}" for number in range(1, 41)), "999"]


def test_records_that_wait_are_bounded_by_the_history(folder: Path) -> None:
    """A row says how many are missing."""
    source = CURSES.replace("log_meanwhile()", "log_meanwhile(200)")
    text = run_through(folder, source, "{'history': 20}")
    found = re.findall(r"R(\d{3}) meanwhile", text)
    assert found == [f"{number:03}" for number in range(200 - len(found) + 1, 201)]
    assert 15 <= len(found) <= 20
    assert re.search(r"1[78]\d records came while the terminal was in use", text)
