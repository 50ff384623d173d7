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
    viewer.says(f" of {lines}")
    done: list[object] = []
    while len(done) < (200 if lines > 4 else 60):
        if chance.random() < 0.3 or min(viewer.terminal.columns - 8, viewer.terminal.rows) < 2:
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
            viewer.done()
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


# -- anchors -----------------------------------------------------------------------------------------------------------


def test_the_same_character_stays_at_the_top(view: Callable[..., View], log: Path) -> None:
    """Over 200 sizes the row at the top is the one with the same character, and back at 80 x 24 all is as it was."""
    model = Model(LINES, 80, 24)
    viewer = view(log)
    viewer.says(" of 300")
    for key in (":150\n", "d", "j"):
        viewer.type(key)
        model.press(key.rstrip("\n"))
    viewer.shows(model.screen)
    before = viewer.rows
    chance = random.Random(5)
    for _ in range(200):
        size = (chance.randint(1, 220), chance.randint(1, 60))
        model.resize(*size)
        viewer.terminal.resize(*size)
        viewer.shows(model.screen, size)
    for width in (104, 78, 104, 80):
        model.resize(width, 24)
        viewer.terminal.resize(width, 24)
        viewer.shows(model.screen, width)
    assert viewer.rows == before
    quits(viewer)


def test_the_end_stays_in_sight_while_it_is_followed(view: Callable[..., View], feed: Feed) -> None:
    """Over 200 sizes, lines coming in between, the last row of all is at the bottom."""
    model = Model(LINES[:40], 80, 24)
    model.press("G")
    viewer = view(shell="cat feed | reflowlog --full")
    feed.write(text_of(LINES[:40]))
    viewer.shows(model.screen)
    chance = random.Random(6)
    for number in range(200):
        if number % 4 == 0:
            line = LINES[40 + number // 4]
            feed.write(f"{line}\n")
            model.lines.append(line)
        size = (chance.randint(1, 220), chance.randint(1, 60))
        model.resize(*size)
        viewer.terminal.resize(*size)
        viewer.shows(model.screen, size)
    feed.close()
    quits(viewer)


def test_ten_million_lines(view: Callable[..., View]) -> None:
    """Of ten million lines through a pipe the last one is shown, and the first and one in the middle are a key away."""
    viewer = view(shell="seq 1 10000000 | reflowlog --full")
    viewer.shows([str(number) for number in range(10_000_000 - 22, 10_000_001)], timeout=60)
    viewer.type("g")
    viewer.shows([str(number) for number in range(1, 24)])
    viewer.type(":5000000\n")
    viewer.shows([str(number) for number in range(5_000_000, 5_000_023)])
    viewer.says(" of 10,000,000")
    viewer.terminal.resize(3, 6)
    viewer.shows(["500", "000", "0", "500", "000"])
    quits(viewer)


# -- the terminal is left as it was found ------------------------------------------------------------------------------


KINDS = {"file": "exec reflowlog app.log", "pipe": "cat feed | reflowlog --full", "inline": "cat feed | reflowlog"}


def opened(view: Callable[..., View], feed: Feed, kind: str, **options: Any) -> tuple[View, int]:
    """The viewer over a file, a pipe, or on top of the inline mode; and the process's number."""
    command = (
        KINDS[kind]
        .replace("exec reflowlog", 'exec "$PYTHON" -m reflowlog')
        .replace(
            "| reflowlog",
            "| \"$PYTHON\" -c \"import os, runpy; print(os.getpid(), file=open('pid', 'w'), flush=True); "
            "runpy.run_module('reflowlog', run_name='__main__', alter_sys=True)\"",
        )
    )
    viewer = view(shell=command, **options)
    if kind != "file":
        feed.write(text_of(LINES))
    viewer.wait(lambda rows, _: "<" in rows[0])
    if kind == "inline":
        viewer.type("g")
    viewer.wait(lambda rows, status: " of 300" in status)
    path = feed.path.parent / "pid"
    return viewer, viewer.terminal.process.pid if kind == "file" else int(path.read_text())


def ended(number: int) -> bool:
    """Whether a process is gone."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=lambda number: number.name)
@pytest.mark.parametrize("kind", ["file", "inline"])
def test_a_signal_leaves_the_terminal_as_it_was(
    kind: str, number: signal.Signals, view: Callable[..., View], log: Path, feed: Feed
) -> None:
    """A signal ends it with 128 + its number; the main screen, the cursor and the settings are there again."""
    viewer, process = opened(view, feed, kind)
    os.kill(process, number)
    if kind == "file":
        assert viewer.terminal.wait() == 128 + number
    else:
        viewer.terminal.wait_until(lambda: ended(process))
        feed.close()
        viewer.terminal.wait()
    assert not viewer.terminal.alternate
    viewer.check_left()
    if kind == "inline":
        assert viewer.terminal.scrollback()[-1:] == [rows_of(LINES, 80)[-1].text]


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_without_a_warning_and_continued(kind: str, view: Callable[..., View], log: Path, feed: Feed) -> None:
    """SIGSTOP, others writing on the screen, then SIGCONT: all is drawn again, and keys go on."""
    viewer, process = opened(view, feed, kind)
    before = viewer.rows
    os.kill(process, signal.SIGSTOP)
    viewer.terminal.write(b"\x1b[H\x1b[2Jothers were here")
    viewer.wait(lambda rows, _: rows[0] == "others were here")
    os.kill(process, signal.SIGCONT)
    viewer.shows(before)
    viewer.type("G")
    viewer.shows([row.text for row in rows_of(LINES, 80)][-23:])
    feed.close()
    quits(viewer)


_FAULT = """
import sys
import reflowlog.fullstage as stage
paint = stage.FullStage.paint
def broken(self, *arguments):
    if self.viewer.raw:
        raise RuntimeError("a fault on purpose")
    paint(self, *arguments)
stage.FullStage.paint = broken
from reflowlog.cli import main
main()
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_inside_gives_the_terminal_back(
    kind: str, view: Callable[..., View], log: Path, feed: Feed, tmp_path: Path
) -> None:
    """An exception in the viewer is told on the main screen, with a status that is not 0, and ends it."""
    (tmp_path / "fault.py").write_text(_FAULT)
    viewer = view(shell=KINDS[kind].replace("exec", "").replace("reflowlog", '"$PYTHON" fault.py') + "; echo status $?")
    if kind != "file":
        feed.write(text_of(LINES))
    viewer.wait(lambda rows, _: "<" in rows[0])
    if kind == "inline":
        viewer.type("g")
    viewer.wait(lambda _, status: " of 300" in status)
    viewer.type("r")
    feed.close()
    assert viewer.terminal.wait() == 0
    text = "\n".join(viewer.terminal.scrollback())
    assert not viewer.terminal.alternate
    assert "a fault on purpose" in text
    assert re.search(r"status [1-9]", text)
    viewer.check_left()


@pytest.mark.parametrize("kind", KINDS)
def test_a_terminal_that_is_closed_ends_it(kind: str, view: Callable[..., View], log: Path, feed: Feed) -> None:
    """When the window is closed nothing stays behind."""
    viewer, process = opened(view, feed, kind)
    viewer.terminal.hang_up()
    feed.close()
    wait_for(lambda: viewer.terminal.process.poll() is not None)
    wait_for(lambda: ended(process))


# -- Ctrl-C ------------------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_a_search_that_would_never_end(view: Callable[..., View], tmp_path: Path) -> None:
    """An expression that backtracks for ever freezes nothing: keys answer, Ctrl-C interrupts it, and q quits."""
    (tmp_path / "bad.log").write_text("start\n" + ("a" * 40 + "b\n") * 400 + "end\n")
    viewer = view("bad.log")
    viewer.type("/(a+)+$\n")
    viewer.says("searching")
    viewer.type("j")
    viewer.wait(lambda rows, _: rows[0].startswith("aaa"))
    viewer.type("k")
    viewer.wait(lambda rows, _: rows[0] == "start")
    viewer.key("C-c")
    viewer.says("interrupted")
    viewer.type("n")
    viewer.type("G")
    viewer.wait(lambda rows, _: rows[-1] == "end")
    quits(viewer)


def test_ctrl_c_in_a_search_does_not_end_what_is_piped_in(
    view: Callable[..., View], feed: Feed, tmp_path: Path
) -> None:
    """It interrupts the search; what writes into the pipe goes on."""
    viewer = view(shell="cat feed | reflowlog --full")
    feed.write(text_of(["a" * 40 + "b"] * 400))
    viewer.says("400 of 400")
    viewer.type("/(a+)+$\n")
    viewer.says("searching")
    viewer.key("C-c")
    viewer.says("interrupted")
    feed.write("the writer is alive\n")
    viewer.type("G")
    viewer.wait(lambda rows, _: rows[-1] == "the writer is alive")
    feed.close()
    quits(viewer)


def test_ctrl_c_twice_quits(view: Callable[..., View], log: Path) -> None:
    """With nothing to interrupt it says how to quit; the second one in a row does."""
    viewer = view(log)
    viewer.says(" of 300")
    viewer.key("C-c")
    viewer.says("Ctrl-C again quits")
    viewer.key("C-c")
    assert viewer.terminal.wait() == 130
    viewer.check_left()


def test_interrupts_from_elsewhere(view: Callable[..., View], log: Path) -> None:
    """SIGINT that is sent means what the key means."""
    viewer = view(log)
    viewer.says(" of 300")
    os.kill(viewer.terminal.process.pid, signal.SIGINT)
    viewer.says("Ctrl-C again quits")
    os.kill(viewer.terminal.process.pid, signal.SIGINT)
    assert viewer.terminal.wait() == 130
    viewer.check_left()


def test_the_last_words_of_what_is_interrupted_are_kept(view: Callable[..., View], feed: Feed, tmp_path: Path) -> None:
    """Ctrl-C in the viewer with nothing to interrupt there reaches the writer, whose last words are shown."""
    script(
        tmp_path / "writer", "trap 'echo last words; exit 0' INT\necho first words\nwhile :; do read -r x < feed; done"
    )
    viewer = view(shell='trap : INT; ./writer | "$PYTHON" -m reflowlog --full')
    viewer.wait(lambda rows, _: rows[0] == "first words")
    viewer.key("C-c")
    viewer.wait(lambda rows, _: rows[:2] == ["first words", "last words"])
    quits(viewer)
