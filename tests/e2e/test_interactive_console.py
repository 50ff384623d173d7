"""The viewer over a program's own log: its user has the keys, and the program has them whenever it wants them."""

from __future__ import annotations

import builtins
import getpass
import io
import os
import random
import re
import select
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import PYTHON, modes_left_on, wait_for

from reflowlog import Console
from reflowlog.console.interactive.history import StoredHistory
from reflowlog.core.records import LogRecord, Style, StyledLine
from reflowlog.display.scrollback import RecordScrollback
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Pty, PyteTerminal, Tmux

pytest.importorskip("termios")
from reflowlog.store.line_index import LineIndex
from reflowlog.store.spool import Spool

BEGIN = """
import logging, os, signal, subprocess, sys, threading, time
import reflowlog
console = reflowlog.Console(keys=True)
log = logging.getLogger("app")
log.addHandler(reflowlog.ReflowHandler(console=console))
log.setLevel("INFO")
def say(*numbers):
    for number in numbers:
        log.warning("record %d", number, extra={"user": number})
def wait_for_key():
    os.read(int(os.environ["GATE"]), 1)
"""


class Program:
    """A program with keys on a terminal in memory; `gate` lets it go on where it waits for that."""

    def __init__(self, open_pyte: Callable[..., PyteTerminal], text: str, size: tuple[int, int] = (70, 12)) -> None:
        self._gate, self._ring = os.pipe()
        os.set_inheritable(self._gate, True)
        self.terminal = open_pyte(
            [PYTHON, "-c", BEGIN + text], size, changes={"GATE": str(self._gate)}, pass_fds=[self._gate]
        )

    def go(self) -> None:
        """Let it go on."""
        os.write(self._ring, b"x")

    def shows(self, text: str) -> list[str]:
        """The screen, once it shows a text."""
        return self.terminal.wait_screen(lambda rows: any(text in row for row in rows))

    def view(self) -> list[str]:
        """Open the viewer."""
        self.terminal.send(b"k")
        self.terminal.wait_until(lambda: self.terminal.alternate)
        return self.terminal.wait_screen(lambda rows: len(rows) == self.terminal.rows)

    def end(self, status: int = 0) -> str:
        """All that is on the terminal after its end, which is as it was found."""
        assert self.terminal.wait() == status
        os.close(self._ring)
        os.close(self._gate)
        assert self.terminal.settings_now() == self.terminal.settings
        assert not modes_left_on(self.terminal.output())
        assert not self.terminal.alternate
        return "\n".join(self.terminal.scrollback())


@pytest.fixture
def start(open_pyte: Callable[..., PyteTerminal]) -> Callable[..., Program]:
    """Start a program with `start(text)`."""

    def program(text: str, *arguments: Any) -> Program:
        return Program(open_pyte, text, *arguments)

    return program


@pytest.mark.slow
def test_a_key_opens_the_viewer_over_the_whole_log(start: Callable[..., Program]) -> None:
    """The viewer shows the whole log, live; later records are on the normal screen afterwards, once."""
    program = start('say(*range(12_000)); wait_for_key(); say("last"); wait_for_key()'.replace('"last"', "12_000"))
    program.shows("record 11999")
    program.view()
    program.terminal.send(b"g")
    program.shows("record 0  user=0")
    program.terminal.send(b"G")
    program.shows("record 11999")
    program.go()
    program.shows("record 12000")
    program.terminal.send(b"q")
    program.terminal.wait_until(lambda: not program.terminal.alternate)
    program.shows("record 12000")
    program.go()
    rows = program.end().split("\n")
    assert [sum(f"record {number} " in row for row in rows) for number in (0, 11_999, 12_000)] == [1, 1, 1]


def test_what_is_shown_is_searched_and_filtered(start: Callable[..., Program]) -> None:
    """Across columns and without quotes; a pattern without an end holds up neither the keys nor the program."""
    program = start(
        "say(*range(40)); log.error('a \"b\"'); log.info('a' * 40 + 'b'); console.flush(); wait_for_key(); "
        "say(41); console.flush(); wait_for_key()"
    )
    program.shows("aaaa")
    program.view()
    program.terminal.send(b'/app +a "b"\r')
    program.shows("1 of 1")
    program.terminal.send(rb"&^.*(a+)+\1c$|user=1\d" + b"\r")
    rows = program.shows("user=19")
    assert not any("user=20" in row for row in rows)
    program.go()
    program.terminal.send(b"&\rG")
    program.shows("record 41")
    program.go()
    program.end()


def test_fields_are_compared(start: Callable[..., Program]) -> None:
    """Fields of records are compared by their values."""
    program = start("say(*range(40)); console.flush(); wait_for_key()")
    program.shows("record 39")
    program.view()
    program.terminal.send(b"&user>=37\r")
    program.terminal.wait_screen(
        lambda rows: [row.split("  ")[-1] for row in rows if "record" in row] == ["user=37", "user=38", "user=39"]
    )
    program.go()
    program.end()


def test_levels_are_found(start: Callable[..., Program]) -> None:
    """The least level, and the jump to an error."""
    program = start("say(1, 2); log.error('bad'); log.log(35, 'odd'); say(3); console.flush(); wait_for_key()")
    program.shows("record 3")
    program.view()
    program.terminal.send(b"lerror\r")
    program.shows("bad")
    program.terminal.wait_screen(lambda rows: not any("record" in row for row in rows))
    program.go()
    program.end()


@pytest.mark.parametrize("viewing", [False, True], ids=["on the normal screen", "in the viewer"])
@pytest.mark.parametrize("asks", ["input", "__import__('getpass').getpass"])
def test_input_gets_the_keys(asks: str, viewing: bool, start: Callable[..., Program]) -> None:
    """`input()` prompts on the normal screen with the terminal restored; afterwards the viewer's keys work again."""
    program = start(f"say(1); wait_for_key(); name = {asks}('name? '); log.info('I am %s', name); wait_for_key()")
    program.shows("record 1")
    if viewing:
        program.view()
    program.go()
    rows = program.shows("name?")
    assert not program.terminal.alternate
    assert any("record 1" in row for row in rows)
    program.terminal.send(b"jq/k\n")
    program.shows("I am jq/k")
    assert any(row == "name? jq/k" for row in program.terminal.screen()) == (asks == "input")
    program.view()
    program.go()
    assert program.end().count("I am jq/k") == 1


def test_a_program_that_is_started_gets_the_keys(start: Callable[..., Program]) -> None:
    """One that sets the terminal up for itself, as editors do."""
    inner = "import sys, tty; tty.setraw(0); print('inner:', end='', flush=True); print(repr(sys.stdin.read(3)))"
    program = start(
        "say(1); console.flush(); import termios; before = termios.tcgetattr(0)\n"
        f"subprocess.run([sys.executable, '-c', {inner!r}]); termios.tcsetattr(0, termios.TCSANOW, before)\n"
        "say(2); wait_for_key()"
    )
    program.shows("inner:")
    program.terminal.send(b"jkG")
    program.shows("'jkG'")
    program.shows("record 2")
    program.view()
    program.go()
    program.end()


@pytest.mark.parametrize("viewing", [False, True], ids=["on the normal screen", "in the viewer"])
def test_ctrl_c_interrupts_the_program(viewing: bool, start: Callable[..., Program]) -> None:
    """Its traceback is on the normal screen, under its log."""
    program = start("say(1)\nwhile True: time.sleep(0.01)")
    program.shows("record 1")
    if viewing:
        program.view()
    program.terminal.send(b"\x03")
    said = program.end(-signal.SIGINT)
    assert said.index("record 1") < said.index("KeyboardInterrupt")


@pytest.mark.parametrize(
    ("ending", "status", "says"),
    [
        ("sys.exit(3)", 3, ""),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", -signal.SIGTERM, ""),
        ("os.kill(os.getpid(), signal.SIGHUP); time.sleep(60)", -signal.SIGHUP, ""),
        ("os._exit(5)", 5, ""),
        ("console.close(); os._exit(0)", 0, ""),
        ("console.put(reflowlog.STOP); console.join(); os._exit(0)", 0, ""),
    ],
)
def test_however_it_ends(ending: str, status: int, says: str, start: Callable[..., Program]) -> None:
    """From within the viewer: the terminal is as it was, and nothing is missing."""
    program = start(f"say(1); wait_for_key(); say(2); {ending}")
    program.shows("record 1")
    program.view()
    program.go()
    said = program.end(status)
    assert "record 2" in said
    assert says in said


def test_a_child_leaves_the_terminal_alone(start: Callable[..., Program]) -> None:
    """Whatever it asks and however it ends; the parent's viewer goes on."""
    program = start(
        """
say(1); wait_for_key()
import warnings; warnings.simplefilter("ignore")
child = os.fork()
if child == 0:
    sys.stdin = open(os.devnull)
    try: input()
    except EOFError: pass
    console.close()
    sys.exit()
os.waitpid(child, 0); say(2); wait_for_key()
"""
    )
    program.shows("record 1")
    program.view()
    before = program.terminal.settings_now()
    program.go()
    program.shows("record 2")
    assert program.terminal.settings_now() == before
    assert program.terminal.alternate
    program.go()
    program.end()


TURNS = [b"k", b"q", b"G", b"g", b"/<1\r", b"&<2\r", b"&\r", b"j", b"h", b"S", b"r", b"lerror\r", b"l\r", b"\x1b[A"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_random_turns_lose_nothing(seed: int, open_pyte: Callable[..., PyteTerminal]) -> None:
    """Whatever is typed while threads log and the width changes: in the end all is on the normal screen."""
    text = """
def work(thread):
    for number in range(600):
        log.info("<%d:%d>", thread, number)
        if number % 20 == 0: time.sleep(0.02)
threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
for each in threads: each.start()
for each in threads: each.join()
"""
    chance = random.Random(seed)
    terminal = open_pyte([PYTHON, "-c", BEGIN + text], (60, 15), changes={"XTERM_VERSION": "XTerm(379)"})
    while terminal.process.poll() is None:
        terminal.send(chance.choice(TURNS))
        if chance.random() < 0.1:
            terminal.resize(chance.randrange(40, 90), chance.randrange(5, 20))
        for _ in range(chance.randrange(20)):
            select.select([], [], [], 0.003)  # as long as a hand needs, or a window
            terminal.pump()
    assert terminal.wait() == 0
    found = set(re.findall(r"<(\d):(\d+)>", "\n".join(terminal.scrollback())))
    assert found == {(str(thread), str(number)) for thread in range(3) for number in range(600)}
    assert terminal.settings_now() == terminal.settings


@pytest.mark.terminal
def test_ctrl_z_and_back(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """The shell finds the terminal restored; back in the foreground, the keys work again."""
    (tmp_path / "program.py").write_text(
        BEGIN + "say(1); console.flush()\nwhile not os.path.exists('go'): time.sleep(0.01)\nsay(2)\n"
    )
    tmux = open_tmux(70, 12)
    tmux.send('"$PYTHON" program.py\n')
    tmux.wait_screen(lambda rows: any("record 1" in row for row in rows))
    for _ in range(2):
        tmux.send("k")
        tmux.wait_screen(lambda rows: "help" in "".join(rows[-1:]))
        tmux.send("\x1a")
        tmux.wait_screen(lambda rows: tmux.at_prompt(rows) and any("topped" in row for row in rows))
        assert tmux.settings_now()[3] == tmux.settings[3]
        tmux.send("fg\n")
        tmux.wait_screen(lambda rows: "help" in "".join(rows[-1:]))
    tmux.send("q")
    tmux.wait_screen(lambda rows: any("fg" in row for row in rows))
    tmux.send("\x1a")
    tmux.wait_screen(tmux.at_prompt)
    tmux.send("touch go\n")
    tmux.wait_screen(tmux.at_prompt)
    tmux.send("fg\n")
    tmux.wait_screen(lambda rows: tmux.at_prompt(rows) and any("record 2" in row for row in rows))
    assert tmux.settings_now() == tmux.settings


def test_elsewhere_keys_mean_nothing(tmp_path: Path, open_pty: Callable[..., Pty]) -> None:
    """A file, or a terminal that standard input is not: nothing is read, and nothing else is shown than without."""
    shown = []
    for keys in (False, True):
        stream = io.StringIO()
        with Console(stream, keys=keys) as console:
            console.print("one")
        shown.append(stream.getvalue())
    assert shown == ["one\n", "one\n"]
    text = "import reflowlog; c = reflowlog.Console(keys=True); c.print('one'); c.flush(); print(input())"
    reader = open_pty([PYTHON, "-c", text], adopt=False, stdin=subprocess.PIPE)
    assert reader.process.stdin is not None
    wait_for(lambda: reader.pump() or b"one" in reader.output())
    assert reader.settings_now() == reader.settings
    reader.process.stdin.write(b"two\n")
    reader.process.stdin.close()
    assert reader.wait() == 0
    assert b"two" in reader.output()


def test_patched_functions_are_restored() -> None:
    """The last console with keys restores patched functions, in any order of closing; later patches stay."""
    places: list[tuple[Any, str]] = [(builtins, "input"), (getpass, "getpass"), (sys, "excepthook")]
    places += [(threading, "excepthook"), (os, "_exit")]
    before = [getattr(place, name) for place, name in places]
    one, two = Console(io.StringIO(), keys=True), Console(io.StringIO(), keys=True)
    assert all(getattr(place, name) is not was for (place, name), was in zip(places, before))
    assert input.__name__ == "input"
    one.close()
    one.close()
    assert builtins.input is not before[0]
    two.close()
    assert [getattr(place, name) for place, name in places] == before
    three = Console(io.StringIO(), keys=True)
    theirs = lambda *_: ""  # noqa: E731
    builtins.input = theirs
    try:
        three.close()
        assert builtins.input is theirs
    finally:
        builtins.input = before[0]
    assert [getattr(place, name) for place, name in places] == before


def test_it_looks_as_without_keys() -> None:
    """Records and lines are laid out as if they had never been bytes; and again at another width."""
    items: list[Any] = [
        LogRecord(1700000000.5, 35, "LOUD", "a.b", "one\ntwo \x1b[31mred", (("k", "v w"),), "f.py:1", "Trace:\n  x"),
        LogRecord(None, 0, "", "", "", columns=("level", "message")),
        StyledLine("plain and long enough to be broken at forty cells"),
        StyledLine("styled", ((0, 3, Style("31")), (4, 6, Style("1", "id=1;http://x")))),
    ]
    renderer = LineRenderer(40, RenderOptions())
    plain, interactive = RecordScrollback(renderer, None), StoredHistory(renderer, LineIndex(Spool()), 3)
    for item in items:
        assert plain.keep(item) == interactive.keep(item)
    for text in ("a\tb\x1b[2J", '{"level":"error"}', '{\t"time":1}', "level=error msg=x", ""):
        assert plain.keep_text(text) == interactive.keep_text(text)
    renderer.at(61)
    assert plain.blocks(0, 99) == interactive.blocks(0, 99)
    assert interactive.first == interactive.end - 3
