"""Resizes in the terminals that people use: nothing is lost or overwritten, and the screen is right at rest.

GNU screen itself drops the oldest rows of its scrollback at a resize, also without this program.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from support.inline_log import laid_out, records, squeezed
from support.real_terminals import TERMINALS, RealTerminal, missing, open_terminal, wait_for_rest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.terminal

RECORDS = 40
EARLIER = 8  # rows of the shell before the log
PROMPT = "PROMPT" + "-" * 80 + "?"

_HANDLER = """
import logging, os, sys, time
import reflowlog

handler = reflowlog.ReflowHandler()
handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level="INFO", handlers=[handler])
for line in open("records").read().splitlines():
    logging.info("%s", line)
while not os.path.exists("stop"):
    time.sleep(0.02)
"""
_USES = {
    "held pipe": '(cat records; until [ -e stop ]; do sleep 0.05; done) | "$PYTHON" -m reflowlog --color=never',
    "unfinished line": f'(cat records; printf %s "{PROMPT}"; until [ -e stop ]; do sleep 0.05; done) '
    '| "$PYTHON" -m reflowlog --color=never',
    "handler": 'NO_COLOR=1 "$PYTHON" program.py',
}


@pytest.fixture(params=TERMINALS)
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealTerminal]:
    """Each terminal that can be run here, with rows of the shell on its screen."""
    if reason := missing(request.param):
        pytest.skip(reason)
    opened = open_terminal(request.param, tmp_path, 100, 24)
    try:
        opened.send(f"clear; for i in $(seq {EARLIER}); do echo earlier-$i.; done; stty -g > before\n")
        wait_for_rest(opened, lambda rows: f"earlier-{EARLIER}." in rows)
        yield opened
    finally:
        opened.close()


def copies(terminal: RealTerminal) -> int:
    """Return how many starts, or ends, of records there are besides the first ones."""
    text = squeezed(terminal.read()[0])
    counts = (Counter(re.findall(pattern, text)) for pattern in (r"<(\d{4})", r"(\d{4})>"))
    return max(sum(each.values()) - len(each) for each in counts)


def check_nothing_lost(terminal: RealTerminal, lines: list[str]) -> None:
    """Every record is there, whole; the rows of the shell are there exactly once."""
    text = squeezed(terminal.read()[0])
    assert [line for line in lines if squeezed([line]) not in text] == []
    found = re.findall(r"earlier-(\d+)\.", text)
    assert found[-EARLIER:] == [str(number) for number in range(1, EARLIER + 1)]


def check_screen(screen: list[str], lines: list[str], columns: int, last: list[str]) -> None:
    """The screen ends with the lay-out of the last records; above it there may be the rest of one more record."""
    expected = [*laid_out(lines, columns), *last]
    count = min(len(screen), len(expected))
    matching = 0
    while matching < count and screen[-1 - matching] == expected[-1 - matching]:
        matching += 1
    above = squeezed(screen[: len(screen) - matching])
    assert matching >= min(count, 3)
    assert any(above in squeezed([line]) for line in lines) or matching == len(expected), "\n".join(screen)


@pytest.mark.parametrize("use", _USES)
def test_resizes_lose_nothing_and_leave_one_copy_at_most(terminal: RealTerminal, use: str, tmp_path: Path) -> None:
    """Widths, heights and bursts of both at random, in a pipe that is held open and in a program that logs."""
    chance = random.Random(use)
    lines = records(RECORDS, longest=20)
    (tmp_path / "records").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "program.py").write_text(_HANDLER)
    terminal.send(f"{_USES[use]}; stty -g > after\n")
    last = f"{RECORDS - 1:04}>"
    wait_for_rest(terminal, lambda rows: last in squeezed(rows) and (use != "unfinished line" or rows[-1] != ""))
    is_screen = "screen" in type(terminal).__name__.lower()
    may_copy = is_screen and use == "handler"  # its cursor cannot be asked for: no row is lost, for the price of copies
    for burst in (False, True, False, True):
        before = copies(terminal)
        steps = [(terminal.columns, terminal.rows)]
        width, height = (
            chance.randrange(30, 140),
            24 if is_screen or chance.random() < 0.5 else chance.randrange(12, 36),
        )
        steps = [
            (round(terminal.columns + (width - terminal.columns) * part), height)
            for part in ((0.25, 0.5, 0.75, 1) if burst else (1,))
        ]
        for columns, rows in steps:
            terminal.resize(columns, rows)
            time.sleep(0.04)
        screen = wait_for_rest(terminal)
        if not is_screen:
            check_nothing_lost(terminal, lines)
        assert may_copy or copies(terminal) - before <= 1, "\n".join(terminal.read()[0])
        if use != "unfinished line":
            check_screen(screen, lines, terminal.columns, [])
    (tmp_path / "stop").touch()
    wait_for_rest(terminal, lambda _: (tmp_path / "after").exists())
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()


_STREAM = """
import logging, reflowlog, time
reflowlog.install(level="INFO")
start = time.time()
for i in range(1500):
    logging.info("<%04d %s%04d>", i, "word " * (i * 7 % 30), i)
    time.sleep(max(0, start + i / 1000 - time.time()))
logging.shutdown()
open("done", "w").close()
"""


def test_records_that_arrive_while_sizes_change_fast_are_not_lost(terminal: RealTerminal, tmp_path: Path) -> None:
    """A thousand records a second in a window that is dragged; tmux reports its sizes up to 250 ms late."""
    if "screen" in type(terminal).__name__.lower():
        pytest.skip("GNU screen drops the oldest rows of its scrollback")
    (tmp_path / "program.py").write_text(_STREAM)
    terminal.send('NO_COLOR=1 "$PYTHON" program.py\n')
    chance = random.Random(5)
    while not (tmp_path / "done").exists():
        terminal.resize(chance.randrange(30, 160), 24)
        time.sleep(0.04)
    wait_for_rest(terminal)
    text = squeezed(terminal.read()[0])
    assert [number for number in range(1500) if f"<{number:04}" not in text or f"{number:04}>" not in text] == []
