"""Text written past a console, by `print`, `os.write` and C code, survives any resize, however the program logs."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from support.terminals import Tmux, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal"), pytest.mark.terminal]

LINES = 30
WIDTHS = ((60, 100), (45, 120), (90, 50))

SETUPS = {
    "Console": "log = reflowlog.Console().print",
    "Console with keys": "log = reflowlog.Console(keys=True).print",
    "basicConfig": "logging.basicConfig(level='INFO', handlers=[reflowlog.ReflowHandler()]); log = logging.info",
    "dictConfig": (
        "import logging.config; logging.config.dictConfig({'version': 1, 'root': {'level': 'INFO', 'handlers': ['h']},"
        " 'handlers': {'h': {'class': 'reflowlog.ReflowHandler'}}}); log = logging.info"
    ),
    "install without capture": "reflowlog.install(capture=False); log = logging.info",
    "install": "reflowlog.install(); log = logging.info",
    "install with keys": "reflowlog.install(keys=True); log = logging.info",
}

PROGRAM = """
import ctypes, logging, os, sys, time
import reflowlog

library = ctypes.CDLL(None)
SETUP

def print_text(text):
    print(text, flush=True)

def write_output(text):
    os.write(1, text.encode() + b"\\n")

def write_errors(text):
    sys.__stderr__.write(text + "\\n")

def write_in_c(text):
    library.dprintf(2, text.encode() + b"\\n")

writers = [print_text, write_output, write_errors, write_in_c]
tail = "with some more words that make it longer than sixty cells"
for number in range(30):
    log("L%02d logged " % number + tail)
    if number % 3 == 0:
        time.sleep(0.03)  # the frame is painted before, or after what follows
    writers[number % 4]("P%02d printed " % number + tail)
    if number % 10 == 9:
        log("L%02d logged after it " % (30 + number) + tail)
        open("ready%d" % (number // 10), "w").close()
        while not os.path.exists("go%d" % (number // 10)):
            time.sleep(0.01)
log("L99 logged at last")
"""


@pytest.mark.slow
@pytest.mark.parametrize("setup", SETUPS)
def test_what_is_written_past_the_console_survives_any_resize(
    setup: str, open_tmux: Callable[..., Tmux], tmp_path: Path
) -> None:
    """Each line once; records are all there, those on the screen at most once more a resize."""
    terminal = open_tmux(100, 30)
    (tmp_path / "program.py").write_text(PROGRAM.replace("SETUP", SETUPS[setup]))
    terminal.send('"$PYTHON" program.py\n')
    for phase, widths in enumerate(WIDTHS):
        wait_for((tmp_path / f"ready{phase}").exists)
        for columns in widths:
            terminal.resize(columns)
            terminal.settle()
        (tmp_path / f"go{phase}").touch()
    terminal.wait_screen(Tmux.at_prompt)
    text = "\n".join(terminal.scrollback())
    printed = re.findall(r"\bP(\d\d)\b", text)
    assert sorted(printed) == [f"{number:02}" for number in range(LINES)]
    logged = Counter(re.findall(r"\bL(\d\d)\b", text))
    assert set(logged) == {f"{number:02}" for number in (*range(LINES), 39, 49, 59, 99)}


PIPE = """
import os, time
def write(descriptor, text):
    os.write(descriptor, text.encode() + b"\\n")  # a line at once: text of others would come into an unfinished one
write(1, "L98 starting")
while not os.path.exists("started"):
    time.sleep(0.01)
tail = "with some more words that make it longer than sixty cells"
for number in range(30):
    write(1, "L%02d piped " % number + tail)
    if number % 3 == 0:
        time.sleep(0.03)
    write(2, "P%02d printed " % number + tail)
    if number % 10 == 9:
        open("ready%d" % (number // 10), "w").close()
        while not os.path.exists("go%d" % (number // 10)):
            time.sleep(0.01)
write(1, "L99 piped at last")
"""


def test_what_the_programs_of_a_pipe_write_past_it_survives_any_resize(
    open_tmux: Callable[..., Tmux], tmp_path: Path
) -> None:
    """Their standard error is the terminal: each line once, and the lines of the pipe are all there."""
    terminal = open_tmux(100, 30)
    (tmp_path / "program.py").write_text(PIPE)
    terminal.send('"$PYTHON" program.py | "$PYTHON" -m reflowlog\n')
    terminal.wait_screen(lambda rows: any("L98" in row for row in rows))
    (tmp_path / "started").touch()
    for phase, widths in enumerate(WIDTHS):
        wait_for((tmp_path / f"ready{phase}").exists)
        terminal.settle()
        for columns in widths:
            start = terminal.size_of_output()
            terminal.resize(columns)
            wait_for(lambda start=start: b"\x1b[6n" in terminal.output(start))  # it asks for the cursor, then paints
            terminal.settle()
        (tmp_path / f"go{phase}").touch()
    terminal.wait_screen(Tmux.at_prompt)
    text = "\n".join(terminal.scrollback())
    assert sorted(re.findall(r"\bP(\d\d)\b", text)) == [f"{number:02}" for number in range(LINES)]
    assert set(re.findall(r"\bL(\d\d)\b", text)) == {f"{number:02}" for number in (*range(LINES), 98, 99)}
