"""Prompts of prompt_toolkit on the terminal of a program that logs: IPython's, and a program's own."""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.terminals import Tmux

pytestmark = pytest.mark.terminal

PROMPT = """
import logging, threading, time
from prompt_toolkit import prompt
from prompt_toolkit.patch_stdout import patch_stdout
import reflowlog

reflowlog.install()
logging.info("R000 before")

def work():
    for number in range(1, 21):
        logging.info("R%03d meanwhile", number)
        time.sleep(0.02)

thread = threading.Thread(target=work)
thread.start()
with patch_stdout():
    answer = prompt("your name> ")
thread.join()
logging.info("R021 hello %s", answer)
"""


def needs(module: str) -> pytest.MarkDecorator:
    """Skip a test where a module is not installed."""
    return pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"not installed: {module}")


@pytest.fixture
def ipython(open_tmux: Callable[..., Tmux], tmp_path: Path) -> Iterator[Callable[[str, str], list[str]]]:
    """IPython with the handler installed: types a line, and returns the screen once a pattern is found under it."""
    terminal = open_tmux(100, 40, IPYTHONDIR=str(tmp_path), PYTHONWARNINGS="ignore")
    terminal.send('"$PYTHON" -m IPython --no-banner --no-confirm-exit --colors=NoColor\n')
    terminal.wait_screen(lambda rows: "In [1]:" in rows)

    def enter(line: str, pattern: str) -> list[str]:
        terminal.send(f"{line}\n")
        found = re.compile(rf": {re.escape(line)}\n(?:.*\n)*?{pattern}", re.MULTILINE)
        return terminal.wait_screen(lambda rows: found.search("\n".join(rows)))

    enter("import logging, threading, time, reflowlog; _ = reflowlog.install()", r"\nIn \[2\]:$")
    yield enter
    terminal.send("exit\n")
    terminal.wait_screen(terminal.at_prompt)


@pytest.mark.slow
@needs("IPython")
def test_ipython_shows_records_and_prints_of_a_cell_above_the_next_prompt(
    ipython: Callable[[str, str], list[str]],
) -> None:
    """They do not wait until the shell is left."""
    ipython("logging.info('first')", r"\S+ INFO +root first\n\nIn \[3\]:$")
    ipython("logging.info('second'); print('printed')", r"\S+ INFO +root second\nprinted\n\nIn \[4\]:$")


@pytest.mark.slow
@needs("IPython")
def test_ipython_shows_records_of_threads_above_the_prompt(ipython: Callable[[str, str], list[str]]) -> None:
    """They come while it waits for input, and the prompt is the last row again."""
    ipython("def work(): [(time.sleep(0.05), logging.info('late %d', n)) for n in range(9)]", r"In \[3\]:$")
    rows = ipython("threading.Thread(target=work).start()", r"(?:.*\n)*.*late 8\nIn \[4\]:$")
    assert [row[-6:] for row in rows if " root late " in row] == [f"late {number}" for number in range(9)]


ASYNC_PROMPT = """
import asyncio, logging
from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
import reflowlog

async def work(name):
    for number in range(1, 16):
        logging.info("%s%03d meanwhile", name, number)
        await asyncio.sleep(0.1)

async def main():
    tasks = [asyncio.create_task(work(name)) for name in "AB"]
    with patch_stdout():
        answer = await PromptSession().prompt_async("say> ")
    await asyncio.gather(*tasks)
    logging.info("got %s", answer)

reflowlog.install(keys=True)
asyncio.run(main())
"""


@needs("prompt_toolkit")
@pytest.mark.parametrize("typed", ["h", "qjkl"])
def test_what_is_typed_at_a_prompt_is_no_key_of_the_console(
    typed: str, open_tmux: Callable[..., Tmux], tmp_path: Path
) -> None:
    """The prompt restores the terminal's settings for each turn in which records are shown."""
    (tmp_path / "program.py").write_text(ASYNC_PROMPT)
    terminal = open_tmux(70, 12)
    terminal.send('"$PYTHON" program.py\n')
    terminal.wait_screen(lambda rows: any("say>" in row for row in rows))
    terminal.send(f"{typed}\n")
    terminal.wait_screen(terminal.at_prompt)
    shown = "\n".join(terminal.scrollback())
    assert f"got {typed}" in shown
    assert re.findall(r"[AB]015", shown) == ["A015", "B015"]


@needs("prompt_toolkit")
def test_records_come_above_a_prompt_under_patch_stdout(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """Typed text and all records stay through a resize."""
    (tmp_path / "program.py").write_text(PROMPT)
    terminal = open_tmux(70, 12)
    terminal.send('"$PYTHON" program.py\n')
    terminal.wait_screen(lambda rows: any("your name>" in row for row in rows))
    terminal.send("ann")
    terminal.wait_screen(lambda rows: rows[-1] == "your name> ann" and "R020" in rows[-2])
    terminal.resize(50)
    terminal.wait_screen(lambda rows: rows[-1] == "your name> ann")
    terminal.send("\n")
    terminal.wait_screen(terminal.at_prompt)
    shown = re.findall(r"R\d{3}|your name> ann", "\n".join(terminal.scrollback()))
    assert shown == [*(f"R{number:03}" for number in range(21)), "your name> ann", "R021"]
