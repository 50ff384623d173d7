"""The viewer as a real process: keys, sizes, signals and files, on a terminal in memory or on a bare pty.

What is on the screen is compared with a model that lays out everything (`viewing.Model`). Nothing here needs tmux; what
needs a terminal with a scrollback is in `test_viewer_terminal.py`.
"""

from __future__ import annotations

import gzip
import itertools
import os
import random
import re
import secrets
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from terminals import PYTHON, REFLOWLOG, Feed, Pty, PyteTerminal, environment, modes_left_on, picture, script, wait_for
from viewing import Model, View, log_lines, rows_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEGABYTE = 1 << 20
LINES = log_lines(300)
Open = "Callable[..., tuple[View, PyteTerminal]]"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 300 lines."""
    path = tmp_path / "app.log"
    path.write_text(text_of(LINES))
    return path


@pytest.fixture
def view(open_pyte: Callable[..., PyteTerminal], tmp_path: Path) -> Callable[..., View]:
    """Run reflowlog with arguments on a terminal, or a shell command in which it is `reflowlog`."""

    def start(*arguments: object, size: tuple[int, int] = (80, 24), shell: str = "", **options: Any) -> View:
        command = [*REFLOWLOG, *map(str, arguments)]
        if shell:
            command = ["sh", "-c", f'reflowlog() {{ "$PYTHON" -m reflowlog "$@"; }}; {shell}']
        return View(open_pyte(command, size, home=tmp_path, **options))

    return start


def quits(view: View, key: str = "q", status: int = 0) -> None:
    """A key ends it, and the terminal is as it was found."""
    view.type(key)
    assert view.terminal.wait() == status
    view.check_left()


# -- keys --------------------------------------------------------------------------------------------------------------


def test_a_file_opens_at_its_start_and_keys_move(view: Callable[..., View], log: Path) -> None:
    """Each key that moves does what the help says, on the rows that a model lays out."""
    model = Model(LINES, 80, 24)
    viewer = view(log)
    viewer.shows(model.screen, "at first")
    assert viewer.terminal.alternate
    moves = {"\n": "j", "Down": "j", "Up": "k", "NPage": "f", "PPage": "b", "Home": "g", "End": "G"}
    keys = ["j", "\n", "Down", " ", "f", "NPage", "k", "Up", "b", "PPage", "d", "d", "u", "G", "k", "j", "j", "j", "g"]
    for key in [*keys, "k", "b", "u", "F", "b", "End", "d", "u", "Home", ":120\n", "ma", "G", "'a", "'b", ":9999\n"]:
        if key in View.NAMED:
            viewer.key(key)
        else:
            viewer.type(key)
        model.press(moves.get(key, key.rstrip("\n") or "j"))
        viewer.shows(model.screen, key)
    quits(viewer)


def test_what_was_on_the_screen_is_there_again(view: Callable[..., View], log: Path) -> None:
    """After `q` and after `Q` the main screen is back, the cursor under what was there, and nothing of the log."""
    for key in "qQ":
        viewer = view(shell="echo before; reflowlog app.log; echo after $?")
        viewer.wait(lambda rows, _: rows[0].startswith("<0000"))
        viewer.type(key)
        assert viewer.terminal.wait() == 0
        assert viewer.terminal.scrollback() == ["before", "after 0"]
        viewer.check_left()


def test_search_and_count(view: Callable[..., View], log: Path) -> None:
    """`/` goes to the next match, the count is in the status row; n and N go on and back, ? goes upward."""
    viewer = view(log)
    hits = [number for number, line in enumerate(LINES) if "upstream" in line]
    viewer.type("/upstream\n")
    viewer.says(f"/upstream: 1 of {len(hits)} ")
    for count in (2, 3, 4):
        viewer.type("n")
        viewer.says(f"/upstream: {count} of {len(hits)} ")
        assert any(f"<{hits[count - 1]:04}" in row for row in viewer.rows)
    viewer.type("N")
    viewer.says(f"/upstream: 3 of {len(hits)} ")
    viewer.type("?0200>\n")
    viewer.says("?0200>: 1 of 1 ")
    assert any("<0200" in row for row in viewer.rows)
    viewer.type("/no such thing\n")
    viewer.says("no match")
    viewer.type("/(\n")
    viewer.says("(")
    viewer.type("/")
    viewer.says("/")
    viewer.key("Up")
    viewer.wait(lambda _, status: status == "/(")
    viewer.key("Escape")
    viewer.wait(lambda _, status: not status.startswith("/"))
    quits(viewer)


def test_filters(view: Callable[..., View], log: Path) -> None:
    """`&` shows only what matches, with ! what does not, and all again when it is empty."""
    viewer = view(log, size=(100, 30))
    some = [line for line in LINES if "upstream" in line]
    viewer.type("&upstream\n")
    viewer.shows([row.text for row in rows_of(some, 100)][:29], "&")
    viewer.says(f"&upstream: {len(some)} ")
    viewer.type("&!upstream\n")
    rest = [line for line in LINES if "upstream" not in line]
    viewer.shows([row.text for row in rows_of(rest, 100)][:29], "&!")
    viewer.says(f"!upstream: {len(rest)} ")
    viewer.type("&\n")
    viewer.shows([row.text for row in rows_of(LINES, 100)][:29], "& empty")
    quits(viewer)


def test_saving(view: Callable[..., View], log: Path, tmp_path: Path) -> None:
    """`s` writes what is shown, as it came, and refuses to write over a file that is there."""
    viewer = view(log)
    viewer.type("sall.txt\n")
    viewer.says(f"saved {len(LINES)} lines to all.txt")
    assert (tmp_path / "all.txt").read_bytes() == log.read_bytes()
    viewer.type("&peer\n")
    viewer.says("&peer: ")
    viewer.type("ssome.txt\n")
    viewer.says("lines to some.txt")
    assert (tmp_path / "some.txt").read_text() == text_of([line for line in LINES if "peer" in line])
    viewer.type("sall.txt\n")
    viewer.says("all.txt is there already: nothing is saved")
    assert (tmp_path / "all.txt").read_bytes() == log.read_bytes()
    viewer.type("sno/such/place\n")
    viewer.says("cannot save to no/such/place")
    quits(viewer)


# -- keys and sizes at random ------------------------------------------------------------------------------------------


_KEYS = [*"jjjkkkffbbdduu gGFS", "ma", "mb", "'a", "'b", ":3\n", ":150\n", ":290\n"]
_SIZES = [(80, 24), (1, 1), (2, 2), (5, 3), (19, 10), (21, 4), (40, 12), (104, 30), (78, 30), (132, 7), (200, 50)]


@pytest.mark.parametrize("lines", [300, 4], ids=["long", "short"])
def test_keys_and_sizes_at_random(lines: int, view: Callable[..., View], tmp_path: Path) -> None:
    """After each burst of keys and each size, down to one cell, the screen is what the model says."""
    seed = int(os.environ.get("REFLOWLOG_SEED") or secrets.randbelow(1 << 32))
    chance = random.Random(seed)
    path = tmp_path / "app.log"
    path.write_text(text_of(LINES[:lines]))
    model = Model(LINES[:lines], 80, 24)
    viewer = view(path)
    viewer.shows(model.screen, f"seed {seed}")
    done: list[object] = []
    while len(done) < (200 if lines > 4 else 60):
        if chance.random() < 0.3:
            size = chance.choice([*_SIZES, (chance.randint(1, 150), chance.randint(1, 40))])
            done.append(size)
            model.resize(*size)
            viewer.terminal.resize(*size)
        else:
            keys = chance.choices(_KEYS, k=chance.randint(1, 6))
            done += keys
            for key in keys:
                model.press(key.rstrip("\n"))
            viewer.type("".join(keys))
        viewer.shows(model.screen, f"seed {seed}, after {done[-20:]}")
    quits(viewer)


def test_sizes_change_while_keys_come(view: Callable[..., View], log: Path) -> None:
    """Whatever comes first of a key and a size, in the end the rows are rows of the log that follow each other."""
    seed = int(os.environ.get("REFLOWLOG_SEED") or secrets.randbelow(1 << 32))
    chance = random.Random(seed)
    viewer = view(log)
    for _ in range(15):
        for _ in range(chance.randint(2, 8)):
            viewer.type("".join(chance.choices("jkfbduG", k=chance.randint(1, 4))))
            viewer.terminal.resize(*chance.choice(_SIZES))
        size = (chance.randint(20, 120), chance.randint(4, 30))
        viewer.terminal.resize(*size)
        viewer.terminal.settle()
        everything = [row.text for row in rows_of(LINES, size[0])]
        viewer.wait(lambda rows, _, all_=everything: follow_each_other(rows, all_), 10)
        assert follow_each_other(viewer.rows, everything), f"seed {seed}\n{picture(viewer.rows)}"
    quits(viewer)


def follow_each_other(rows: list[str], everything: list[str]) -> bool:
    """Whether rows stand next to each other among all rows; blank ones only under the last of all."""
    shown = [row for row in rows if row]
    if not shown or rows[: len(shown)] != shown:
        return False
    ends = [at + len(shown) for at, row in enumerate(everything) if row == shown[0]]
    return any(
        everything[end - len(shown) : end] == shown and (len(shown) == len(rows) or end == len(everything))
        for end in ends
    )
