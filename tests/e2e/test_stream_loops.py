"""A standard error that leads back to the console which writes there: nothing is lost, doubled or without end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.programs import run_in_pipes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Pty, PyteTerminal

# The usual way to have a logging handler show what a program prints; Celery and others do it.
PROGRAM = """
import io, logging, sys
import reflowlog

class StreamToLogger(io.TextIOBase):
    def __init__(self, name):
        self.logger = logging.getLogger(name)

    def write(self, text):
        for line in text.rstrip().splitlines():
            self.logger.warning("%s", line)
        return len(text)

{setup}
logging.warning("<1> before")
sys.stdout, sys.stderr = StreamToLogger("out"), StreamToLogger("err")
print("<2> printed")
logging.warning("<3> logged")
sys.stderr.write("<4> written\\n")
"""
SETUPS = {
    "handler": "logging.basicConfig(handlers=[reflowlog.ReflowHandler()])",
    "thread": "logging.basicConfig(handlers=[reflowlog.ReflowHandler(threaded=True)])",
    "formatter": "logging.basicConfig(handlers=[reflowlog.ReflowHandler()], format='%(name)s %(message)s')",
    "install": "reflowlog.install(capture=False)",
}


IGNORES = """
        if self.busy:
            return 0
        self.busy = True
        try:
            for line in text.rstrip().splitlines():
                self.logger.warning("%s", line)
        finally:
            self.busy = False
"""


@pytest.mark.parametrize("ignores", [False, True])
@pytest.mark.parametrize("setup", SETUPS)
def test_a_stream_that_logs(setup: str, ignores: bool, tmp_path: Path) -> None:
    """A stream that logs gets each text once; records are written past it, also if it ignores its own text."""
    text = PROGRAM.format(setup=SETUPS[setup])
    if ignores:
        begin = text.index("        for line")
        end = text.index("        return len")
        text = text[:begin] + IGNORES.lstrip("\n") + text[end:]
        text = text.replace(
            "class StreamToLogger(io.TextIOBase):", "class StreamToLogger(io.TextIOBase):\n    busy = False"
        )
        text = text.replace('= StreamToLogger("out"), StreamToLogger("err")', '= [StreamToLogger("out")] * 2')
    done = run_in_pipes(text, tmp_path)
    lines = [line[line.index("<") :] for line in done.stderr.splitlines()]
    assert lines == ["<1> before", "<2> printed", "<3> logged", "<4> written"]
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_stream_that_logs_on_a_terminal(start_on_pty: Callable[..., Pty]) -> None:
    """The terminal is found again beneath it."""
    terminal = start_on_pty(PROGRAM.format(setup=SETUPS["handler"]))
    assert terminal.wait() == 0
    assert [part[0] for part in terminal.text.split("<")[1:]] == ["1", "2", "3", "4"]


def test_rich_draws_on_a_console(tmp_path: Path) -> None:
    """Records reach the terminal though Rich replaces standard error by a stream that prints through our console."""
    pytest.importorskip("rich")
    done = run_in_pipes(
        "import reflowlog\n"
        "from rich.console import Console\n"
        "from rich.progress import Progress\n"
        "with reflowlog.Console() as console:\n"
        "    rich = Console(file=console, force_terminal=True, width=60)\n"
        "    with Progress(console=rich, auto_refresh=False) as progress:\n"
        "        task = progress.add_task('copying', total=2)\n"
        "        progress.advance(task, 2)\n"
        "    console.print('done')\n",
        tmp_path,
    )
    assert done.returncode == 0
    assert "100%" in done.stderr
    assert done.stderr.endswith("done\n")


def test_rich_draws_on_a_console_on_a_terminal(start_on_pyte: Callable[..., PyteTerminal]) -> None:
    """Lines that the console prints meanwhile stand above the live display, of which one frame is left."""
    pytest.importorskip("rich")
    terminal = start_on_pyte(
        "import reflowlog\n"
        "from rich.console import Console\n"
        "from rich.live import Live\n"
        "from rich.text import Text\n"
        "with reflowlog.Console() as console:\n"
        "    rich = Console(file=console, force_terminal=True, width=60)\n"
        "    with Live(Text('first 0\\nsecond'), console=rich) as live:\n"
        "        for number in range(5):\n"
        "            console.print('printed', number)\n"
        "            live.update(Text(f'first {number}\\nsecond'), refresh=True)\n"
        "    console.print('done')\n"
    )
    assert terminal.wait() == 0
    rows = [f"printed {number}" for number in range(5)]
    assert terminal.screen() == [*rows, "first 4", "second", "done"]
