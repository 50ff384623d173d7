"""Handler, bars, prints, warnings and a subprocess at once, through resizes of a real terminal."""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from support.terminals import Tmux, picture, wait_for

pytest.importorskip("tqdm")
pytest.importorskip("rich")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WIDTHS = int(os.environ.get("REFLOWLOG_WIDTHS", "50"))

_PROGRAM = """
import itertools, logging, os, subprocess, sys, threading, warnings
import reflowlog
from reflowlog.integrations import rich
from reflowlog.integrations.tqdm import tqdm
from rich.progress import Progress

stop = threading.Event()
counts = dict.fromkeys("lpwsb", 0)

def say(kind, most=3):
    number = counts[kind]
    counts[kind] += 1
    words = "connection closed by the peer while reading " * min(most, number % 4)
    return f"<{kind}{number:04} {words}{kind}{number:04}>"

def log():
    while not stop.wait(0.01):
        logging.getLogger("app.pool").info(say("l"))

def bare():
    while not stop.wait(0.03):
        print(say("p"))

def warn():
    while not stop.wait(0.05):
        warnings.warn(say("w"), stacklevel=1)

def child():
    while not stop.wait(0.1):
        subprocess.run(["echo", say("s")], check=True)

def move(progress, task):
    while not stop.wait(0.02):
        progress.advance(task)

warnings.simplefilter("always")
reflowlog.install()
progress = Progress()
task = progress.add_task("~rich", total=100_000)
with reflowlog.capture(fd=True), rich.pin(progress):
    threads = [threading.Thread(target=each) for each in (log, bare, warn, child)]
    threads.append(threading.Thread(target=move, args=(progress, task)))
    for thread in threads:
        thread.start()
    for _ in tqdm(itertools.count(), desc="~outer", leave=False, mininterval=0.01):
        for number in tqdm(range(20), desc="~inner", leave=False, mininterval=0.01):
            stop.wait(0.003)
        tqdm(range(1), desc=say("b", 0), bar_format="{desc}").close()
        if os.path.exists("stop"):
            break
    stop.set()
    for thread in threads:
        thread.join()
with open("counts", "w") as file:
    print(*(f"{kind}{count}" for kind, count in counts.items()), file=file)
"""


def _squeezed(rows: list[str]) -> str:
    return re.sub(r"\s+", "", "\n".join(rows))


@pytest.mark.slow
@pytest.mark.terminal
def test_handler_bars_prints_warnings_and_a_subprocess_through_resizes(
    open_tmux: Callable[..., Tmux], tmp_path: Path
) -> None:
    """Every record is complete, at least once and in the order of its source; no part of a bar is left."""
    (tmp_path / "program.py").write_text(_PROGRAM)
    terminal = open_tmux(80, 24)
    terminal.send('"$PYTHON" program.py\n')
    terminal.wait_screen(lambda rows: sum("~" in row for row in rows) >= 3)
    sizes = [(40 + number * 37 % 81, 16 + number * 7 % 15) for number in range(WIDTHS)]
    for columns, rows in sizes:
        terminal.resize(columns, rows)
        more = terminal.size_of_output() + 2000
        wait_for(lambda more=more: terminal.size_of_output() > more)
    (tmp_path / "stop").touch()
    rows = terminal.wait_screen(Tmux.at_prompt)
    everything = terminal.scrollback()
    text = _squeezed(everything)
    assert "~" not in text, picture(everything)
    assert "Traceback" not in text
    told = dict(re.findall(r"([a-z])(\d+)", (tmp_path / "counts").read_text()))
    copies = 0
    for kind, count in told.items():
        numbers = [int(number) for number in re.findall(rf"<{kind}(\d{{4}})", text)]
        whole = re.findall(rf"<{kind}(\d{{4}})(?:connectionclosedbythepeerwhilereading)*{kind}\1>", text)
        assert set(map(int, whole)) == set(range(int(count)))
        steps = Counter(after - before for before, after in itertools.pairwise(numbers))
        assert steps[1] >= int(count) - 1, "not in order"
        copies += len(numbers) - int(count)
    assert copies <= 2 * len(sizes)  # at a new width, what the top edge cuts
    assert rows[-1] == "$"
