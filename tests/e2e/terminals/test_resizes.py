"""Resizes in the terminals that people use: nothing is lost or overwritten, and the screen is right at rest.

GNU screen itself drops the oldest rows of its scrollback at a resize, also without this program.

REFLOWLOG_TERMINAL_SEEDS=N runs every use with N seeds and with more sizes each, which takes N times half an hour;
REFLOWLOG_TERMINAL_SIZES=M with M sizes each.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from support.inline_log import laid_out, records, squeezed
from support.real_terminals import QUIET, TERMINALS, TIMEOUT, RealTerminal, missing, open_terminal, wait_for_rest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.terminal

SEEDS = int(os.environ.get("REFLOWLOG_TERMINAL_SEEDS", "0"))
ROUNDS = int(os.environ.get("REFLOWLOG_TERMINAL_SIZES", "16" if SEEDS else "4"))  # at which the window comes to rest
STEPS = 4  # sizes of a burst
LAG = 0.1  # seconds for which the kernel may have another size than the terminal; VS Code takes less
REST = 0.09  # seconds for which a size stays, after which it may be taken for one at rest
RECORDS = 40
EARLIER = 8  # rows of the shell before the log
PROMPT = "PROMPT" + "-" * 80 + "?"

PIN = "PIN 50 % "
_PROGRAM = """
import contextlib, logging, os, sys, time
import reflowlog

rate, has_pin = float(sys.argv[1]), sys.argv[2:] == ["pin"]
handler = reflowlog.ReflowHandler()
handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level="INFO", handlers=[handler])
with handler.console.pin(lambda width: "PIN 50 % ".ljust(width, "#")) if has_pin else contextlib.nullcontext():
    start = time.monotonic()
    for number, line in enumerate(open("records").read().splitlines()):
        logging.info("%s", line)
        if rate:
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
    handler.flush()
    open("written", "w").close()
    while not os.path.exists("stop"):
        time.sleep(0.02)
"""
_LIVE = 'while read -r line; do echo "$line"; sleep 0.004; done < records; touch written'
_USES = {
    "held pipe": '(cat records; until [ -e stop ]; do sleep 0.05; done) | "$PYTHON" -m reflowlog --color=never',
    "unfinished line": f'(cat records; printf %s "{PROMPT}"; until [ -e stop ]; do sleep 0.05; done) '
    '| "$PYTHON" -m reflowlog --color=never',
    "handler": 'NO_COLOR=1 "$PYTHON" program.py 0',
    "bar": 'NO_COLOR=1 "$PYTHON" program.py 0 pin',
    "live pipe": f'({_LIVE}; until [ -e stop ]; do sleep 0.05; done) | "$PYTHON" -m reflowlog --color=never',
    "live handler": 'NO_COLOR=1 "$PYTHON" program.py 200',
    "live bar": 'NO_COLOR=1 "$PYTHON" program.py 200 pin',
}
_ALWAYS = {  # without seeds: the uses in each terminal, with as many sizes as fit into the time of CI
    **dict.fromkeys(TERMINALS, ("held pipe", "unfinished line", "handler")),
    "xterm.js": ("held pipe", "unfinished line", "handler", "bar"),
    "GNU screen": ("held pipe", "handler", "bar"),
    "urxvt": ("held pipe", "handler", "bar"),
    "foot": ("held pipe", "handler", "bar"),
    "xterm": ("held pipe", "handler"),
    "st": ("held pipe", "handler"),
}
_CASES = [
    (terminal, use, seed)
    for terminal in TERMINALS
    for use in _USES
    for seed in range(SEEDS or (use in _ALWAYS[terminal]))
]


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


class Copies:
    """Copies of records besides their first ones, by their starts and by their ends.

    Each is counted once: GNU screen hides some rows of its scrollback while it is narrow.

    Args:
        terminal: the terminal.
    """

    def __init__(self, terminal: RealTerminal) -> None:
        self._terminal = terminal
        self._allowed = self._found = 0
        self._known: list[Counter[str]] = [Counter(), Counter()]
        self.count_new()

    def count_new(self) -> int:
        """Return how many there are that were never there before, of starts or of ends."""
        text = squeezed(self._terminal.read()[0])
        now = [Counter(re.findall(pattern, text)) for pattern in (r"<(\d{4,})", r"(\d{4,})>")]
        extra = [Counter({number: count - 1 for number, count in each.items()}) for each in now]
        new = max((each - known).total() for each, known in zip(extra, self._known, strict=True))
        self._known = [each | known for each, known in zip(extra, self._known, strict=True)]
        return new

    def are_few(self, allowed: int) -> bool:
        """Return whether there are no more than allowed so far.

        In a live log a repaint may be late for a check, and in GNU screen a copy may be hidden at first.
        """
        self._allowed += allowed
        self._found += self.count_new()
        return self._found <= self._allowed


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


@pytest.mark.slow
@pytest.mark.parametrize(("terminal", "use", "seed"), _CASES, indirect=["terminal"])
def test_resizes_lose_nothing_and_leave_one_copy_at_most(
    terminal: RealTerminal, use: str, seed: int, tmp_path: Path
) -> None:
    """Widths, heights and bursts of both at random, in a pipe that is held open and in a program that logs."""
    chance = random.Random(f"{use}{seed or ''}")
    is_live = use.startswith("live")
    lines = records(max(3000, ROUNDS * 200) if is_live else RECORDS, seed=seed + 1, longest=20)
    (tmp_path / "records").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "program.py").write_text(_PROGRAM)
    terminal.send(f"{_USES[use]}; stty -g > after\n")
    last = "<0009" if is_live else f"{RECORDS - 1:04}>"
    wait_for_rest(
        terminal,
        lambda rows: last in squeezed(rows) and (use != "unfinished line" or rows[-1] != ""),
        quiet=0.0 if is_live else QUIET,
    )
    copies = Copies(terminal)
    for number in range(ROUNDS):
        rests = resize_at_random(terminal, chance, is_burst=number % 2 == 1)
        check_after_resize(terminal, use, lines, copies, rests)
    if is_live:
        wait_for_rest(terminal, lambda _: (tmp_path / "written").exists(), within=60)
        terminal.resize(73 if terminal.columns != 73 else 74, terminal.rows)
        wait_for_screen(terminal, lines[-60:], pin_rows(use, terminal.columns))
        if keeps_scrollback(terminal):
            check_nothing_lost(terminal, lines)
    (tmp_path / "stop").touch()
    wait_for_rest(terminal, lambda _: (tmp_path / "after").exists())
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()


def resize_at_random(terminal: RealTerminal, chance: random.Random, *, is_burst: bool) -> int:
    """Change the size once, or step by step as when an edge is dragged; GNU screen keeps its height.

    Returns:
        The number of sizes at which the window may have come to rest: one, and more if the machine was slow.
    """
    keeps_height = is_gnu_screen(terminal) or chance.random() < 0.5
    width = chance.randrange(30, 140)
    height = 24 if keeps_height else chance.randrange(12, 36)
    start = terminal.columns
    rests = 1
    changed = time.monotonic()
    for step in range(1, STEPS + 1) if is_burst else (STEPS,):
        size = round(start + (width - start) * step / STEPS), height
        if size != (terminal.columns, terminal.rows):  # a step of less than a column changes nothing
            rests += step > 1 and time.monotonic() - changed > REST
            changed = time.monotonic()
        terminal.resize(*size)
        time.sleep(0.04)
    return rests


def check_after_resize(terminal: RealTerminal, use: str, lines: list[str], copies: Copies, rests: int) -> None:
    """At rest nothing is lost, the screen is right, and one record at most is doubled for each size at rest."""
    if use.startswith("live"):
        time.sleep(QUIET)
        assert copies.are_few(rests)
        return
    if use != "unfinished line":
        wait_for_screen(terminal, lines, pin_rows(use, terminal.columns))
    else:
        wait_for_rest(terminal)
    if keeps_scrollback(terminal):
        check_nothing_lost(terminal, lines)
    are_few = copies.are_few(rests) if is_gnu_screen(terminal) else copies.count_new() <= rests
    assert are_few, "\n".join(terminal.read()[0])


def wait_for_screen(terminal: RealTerminal, lines: list[str], last: list[str]) -> None:
    """Wait until the screen is at rest and right, see `check_screen`; a loaded machine takes longer to repaint."""
    end = time.monotonic() + TIMEOUT
    while True:
        screen = wait_for_rest(terminal)
        try:
            check_screen(screen, lines, terminal.columns, last)
        except AssertionError:
            if time.monotonic() > end:
                raise
        else:
            return


def pin_rows(use: str, columns: int) -> list[str]:
    """Return the rows under the log."""
    return [PIN.ljust(columns, "#")] if use.endswith("bar") else []


def is_gnu_screen(terminal: RealTerminal) -> bool:
    """Return whether it is GNU screen, which drops the oldest rows of its scrollback."""
    return "screen" in type(terminal).__name__.lower()


def keeps_scrollback(terminal: RealTerminal) -> bool:
    """Return whether all rows stay: GNU screen drops the oldest, xterm cuts wide ones, and st has no scrollback."""
    return not is_gnu_screen(terminal) and type(terminal).__name__ not in ("_Xterm", "_St")


@pytest.mark.slow
@pytest.mark.parametrize("use", ["held pipe", "handler"])
@pytest.mark.parametrize("terminal", ["xterm.js", "VTE", "urxvt", "tmux", "foot"], indirect=True)
def test_a_log_that_does_not_fill_the_screen_leaves_the_rows_above_alone(
    terminal: RealTerminal, use: str, tmp_path: Path
) -> None:
    """Nothing is in the scrollback at first: urxvt then cuts off what has no room, and re-cuts nothing."""
    lines = records(9, longest=20)
    (tmp_path / "records").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "program.py").write_text(_PROGRAM)
    terminal.send(f"{_USES[use]}\n")
    wait_for_rest(terminal, lambda rows: "0008>" in squeezed(rows))
    for columns, rows in ((52, 13), (80, 24), (110, 30), (60, 20)):
        terminal.resize(columns, rows)
        wait_for_screen(terminal, lines, [])
        check_nothing_lost(terminal, lines)
    (tmp_path / "stop").touch()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("terminal", "seed"),
    [(terminal, seed) for terminal in ("xterm.js", "VTE", "tmux", "kitty") for seed in range(SEEDS or 1)],
    indirect=["terminal"],
)
def test_the_viewer_is_exact_at_each_size(terminal: RealTerminal, seed: int, tmp_path: Path) -> None:
    """Its body is a part of the lay-out, at any size and after bursts; back on the main screen nothing is lost.

    Not in Konsole nor alacritty, whose copies of the alternate screen cannot be read; nor in GNU screen, which has none
    by default; nor in urxvt, which loses rows of the main screen when its size changes meanwhile, also without this
    program.
    """
    chance = random.Random(f"viewer{seed or ''}")
    lines = records(RECORDS, seed=seed + 1, longest=20)
    (tmp_path / "records").write_text("".join(f"{line}\n" for line in lines))
    terminal.send(f"{_USES['held pipe']}; stty -g > after\n")
    wait_for_rest(terminal, lambda rows: f"{RECORDS - 1:04}>" in squeezed(rows))
    copies = Copies(terminal)
    for _ in range(ROUNDS):
        terminal.send("k")
        wait_for_view(terminal, lines)
        for is_burst in (False, True):
            resize_at_random(terminal, chance, is_burst=is_burst)
            wait_for_view(terminal, lines)
        terminal.send("q")
        wait_for_screen(terminal, lines, [])
        check_nothing_lost(terminal, lines)
        assert copies.count_new() <= 1
    (tmp_path / "stop").touch()
    wait_for_rest(terminal, lambda _: (tmp_path / "after").exists())
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()


def wait_for_view(terminal: RealTerminal, lines: list[str]) -> None:
    """Wait until the screen is the viewer's: consecutive rows of the lay-out, and the status row under them."""

    def is_view() -> bool:
        # Some terminals keep the cells of the alternate screen that a narrower window hides.
        *body, status = [row[: terminal.columns].rstrip() for row in terminal.read()[1]] or [""]
        while body and not body[-1]:
            body.pop()
        rows = laid_out(lines, terminal.columns)
        starts = range(len(rows) - len(body) + 1)
        is_part = any(rows[start : start + len(body)] == body for start in starts)
        return is_part and bool(body and status) and status not in rows

    end = time.monotonic() + TIMEOUT
    while not is_view():
        assert time.monotonic() < end, "\n".join(terminal.read()[1])
        time.sleep(0.05)
    wait_for_rest(terminal)
    assert is_view(), "\n".join(terminal.read()[1])


@pytest.mark.slow
@pytest.mark.parametrize("terminal", ["xterm.js", "VTE", "kitty", "alacritty", "Konsole"], indirect=True)
def test_a_drag_forth_and_back_doubles_one_record_at_most(terminal: RealTerminal, tmp_path: Path) -> None:
    """41 steps narrower and 41 wider, one every 16 ms, in a program that logs: it is repainted when it rests."""
    lines = records(80, longest=20)
    (tmp_path / "records").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "program.py").write_text(_PROGRAM)
    terminal.resize(140, 40)
    terminal.send(f"{_USES['handler']}\n")
    wait_for_rest(terminal, lambda rows: "0079>" in squeezed(rows))
    copies = Copies(terminal)
    for widths in (range(140, 59, -2), range(60, 141, 2)):
        for width in widths:
            terminal.resize(width, 40)
            time.sleep(0.016)
        wait_for_screen(terminal, lines, [])
        check_nothing_lost(terminal, lines)
        assert copies.count_new() <= 1
    (tmp_path / "stop").touch()


@pytest.mark.slow
@pytest.mark.parametrize("terminal", ["xterm.js"], indirect=True)
def test_late_answers_cost_no_copies(terminal: RealTerminal, tmp_path: Path) -> None:
    """As over ssh: the first two are 0.26 s late, and leave no more copies than answers in time."""
    lines = records(RECORDS, longest=20)
    (tmp_path / "records").write_text("".join(f"{line}\n" for line in lines))
    doubled = []
    for late in (0, 2):
        terminal.resize(100, 24)
        terminal.send(f"clear; {_USES['held pipe']}\n")
        wait_for_rest(terminal, lambda rows: "0039>" in squeezed(rows[-24:]))
        terminal.late_answers = late  # type: ignore[attr-defined]
        copies = Copies(terminal)
        for width in (80, 53, 120, 61):
            terminal.resize(width, 24)
            wait_for_screen(terminal, lines, [])
        doubled.append(copies.count_new())
        (tmp_path / "stop").touch()
        wait_for_rest(terminal, lambda rows: rows[-1].strip() == "$" or any(row.strip() == "$" for row in rows[-24:]))
        (tmp_path / "stop").unlink()
    assert doubled[1] <= doubled[0] <= 4


_STREAM = """
import logging, reflowlog, sys, time
reflowlog.install(level="INFO")
start, first = time.time(), int(sys.argv[1])
for i in range(1500):
    logging.info("<%04d %s%04d>", first + i, "word " * (i * 7 % 30), first + i)
    time.sleep(max(0, start + i / 1000 - time.time()))
logging.shutdown()
open("done", "w").close()
"""


@pytest.mark.slow
def test_records_that_arrive_while_sizes_change_fast_are_not_lost(terminal: RealTerminal, tmp_path: Path) -> None:
    """A thousand records a second in a window that is dragged; tmux reports its sizes up to 250 ms late."""
    if not keeps_scrollback(terminal):
        pytest.skip("rows are lost in its scrollback, also without this program")
    if "urxvt" in type(terminal).__name__.lower():
        pytest.skip("urxvt loses rows when sizes change fast, also without this program")
    (tmp_path / "program.py").write_text(_STREAM)
    terminal.resizes_between_lines = True  # type: ignore[attr-defined]
    for first in (0, 2000, 4000):
        terminal.lag = 0.0  # type: ignore[attr-defined]
        lost = lost_while_dragged(terminal, tmp_path, first)
        if not lost or terminal.lag < LAG:  # type: ignore[attr-defined]
            assert lost == []
            return
    pytest.skip(f"too busy a machine: three times the terminal had a size for {LAG} s or more before the kernel")


def lost_while_dragged(terminal: RealTerminal, folder: Path, first: int) -> list[int]:
    """Run the stream in a window that changes its size every 40 ms, and return the numbers that are not there whole."""
    (folder / "done").unlink(missing_ok=True)
    terminal.send(f'NO_COLOR=1 "$PYTHON" program.py {first}\n')
    chance = random.Random(5)
    while not (folder / "done").exists():
        terminal.resize(chance.randrange(30, 160), 24)
        time.sleep(0.04)
    wait_for_rest(terminal)
    text = squeezed(terminal.read()[0])
    return [
        number for number in range(first, first + 1500) if f"<{number:04}" not in text or f"{number:04}>" not in text
    ]
