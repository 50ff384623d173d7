"""The viewer as a real process: keys, sizes, signals and files, on a terminal in memory or on a bare pty.

What is on the screen is compared with a model that lays out everything (`viewing.Model`). Nothing here needs tmux; what
needs a terminal with a scrollback is in `test_viewer_terminal.py`.
"""

from __future__ import annotations

import gzip
import os
import random
import re
import secrets
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import REFLOWLOG, Feed, Pty, PyteTerminal, environment, modes_left_on, picture, script, wait_for
from support.viewing import Model, View, log_lines, rows_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_a_file_that_is_waited_for_opens_the_viewer(view: Callable[..., View], tmp_path: Path) -> None:
    """Before there is anything to show, its keys are read, and none is echoed."""
    viewer = view("-f", "later.log")
    viewer.terminal.wait_screen(lambda rows: any("waiting for later.log  " in row for row in rows))
    assert viewer.terminal.alternate
    (tmp_path / "later.log").write_text("one\n")
    viewer.terminal.wait_screen(lambda rows: "one" in rows)
    quits(viewer)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a FIFO without a writer is waited for as it is opened")
@pytest.mark.parametrize("options", [[], ["-f"], ["--tail", "1"]], ids=str)
def test_a_fifo_without_a_writer_opens_the_viewer(
    options: list[str], view: Callable[..., View], tmp_path: Path
) -> None:
    """Bytes that a writer brings later are shown, from the first one on."""
    os.mkfifo(tmp_path / "fifo")
    viewer = view(*options, "fifo")
    viewer.terminal.wait_screen(lambda rows: any("fifo  no input yet" in row for row in rows))
    assert viewer.terminal.alternate
    (tmp_path / "fifo").write_text("one\n")
    viewer.terminal.wait_screen(lambda rows: "one" in rows)
    quits(viewer)


@pytest.mark.parametrize("options", ["--tail 5", "-g 'line 29[0-4]'", "--tail 9 -g 'line 29[5-9]'"])
def test_only_what_is_shown_has_to_fit_on_one_screen(
    open_pyte: Callable[..., PyteTerminal], tmp_path: Path, options: str
) -> None:
    """With -F the viewer does not open for five records of a long file."""
    (tmp_path / "app.log").write_text("".join(f"line {number}\n" for number in range(300)))
    terminal = open_pyte([*REFLOWLOG, "-F", *shlex.split(options), "app.log"], (40, 10), home=tmp_path)
    assert terminal.wait() == 0
    assert [row[:7] for row in terminal.screen()] == ["line 29"] * 5


# -- keys --------------------------------------------------------------------------------------------------------------


def test_a_file_opens_at_its_start_and_keys_move(view: Callable[..., View], log: Path) -> None:
    """Each movement key does what the help says, on the rows of the model."""
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
        model.handle_key(moves.get(key, key.rstrip("\n") or "j"))
        viewer.shows(model.screen, key)
    quits(viewer)


def test_what_is_typed_ahead_is_done_in_order(view: Callable[..., View], log: Path) -> None:
    """Keys that are there before the viewer is, and keys behind a jump that takes its time, come in their order."""
    model = Model(LINES, 80, 24)
    viewer = view(log)
    viewer.type(":150\ndj'")
    for key in (":150", "d", "j"):
        model.handle_key(key)
    viewer.says("go to the mark")
    viewer.shows(model.screen)
    viewer.key("Escape")
    viewer.says(" of 300")
    quits(viewer)


def test_what_was_on_the_screen_is_there_again(view: Callable[..., View], log: Path) -> None:
    """After `q` and after `Q` the main screen is restored, with the cursor below its content and no line of the log."""
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
    """`&` shows only matching records, with ! the others, and all again when it is empty."""
    viewer = view(log, size=(150, 30))
    some = [line for line in LINES if "upstream" in line]
    viewer.type("&upstream\n")
    viewer.shows([row.text for row in rows_of(some, 150)][:29], "&")
    viewer.says(f"&upstream: {len(some)} ")
    viewer.type("U&!upstream\n")
    rest = [line for line in LINES if "upstream" not in line]
    viewer.shows([row.text for row in rows_of(rest, 150)][:29], "&!")
    viewer.says(f"!upstream: {len(rest)} ")
    viewer.type("&\n")
    viewer.shows([row.text for row in rows_of(LINES, 150)][:29], "& empty")
    quits(viewer)


def test_saving(view: Callable[..., View], log: Path, tmp_path: Path) -> None:
    """`s` saves the shown lines unchanged, and refuses to overwrite a file."""
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


def test_sizes_that_come_and_go_at_once(view: Callable[..., View], log: Path) -> None:
    """If the size is the old one again before it is measured, rows that the terminal has cut are redrawn."""
    model = Model(LINES, 80, 24)
    viewer = view(log)
    viewer.shows(model.screen)
    viewer.says(" of 300")
    for number in range(20):
        viewer.terminal.resize(7, 5)
        viewer.terminal.resize(80, 24)
        viewer.shows(model.screen, number)
        viewer.says(" of 300")
    quits(viewer)


# -- keys and sizes at random ------------------------------------------------------------------------------------------


_KEYS = [*"jjjkkkffbbdduu gGFS", "ma", "mb", "'a", "'b", ":3\n", ":150\n", ":290\n"]
_SIZES = [(80, 24), (1, 1), (2, 2), (5, 3), (19, 10), (21, 4), (40, 12), (104, 30), (78, 30), (132, 7), (200, 50)]


@pytest.mark.parametrize("lines", [300, 4], ids=["long", "short"])
def test_keys_and_sizes_at_random(lines: int, view: Callable[..., View], tmp_path: Path) -> None:
    """After each burst of keys and each size, down to one cell, the screen is that of the model."""
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
                model.handle_key(key.rstrip("\n"))
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


@pytest.mark.slow
def test_the_same_character_stays_at_the_top(view: Callable[..., View], log: Path) -> None:
    """Over 200 sizes the row at the top is the one with the same character, and back at 80 x 24 all is as it was."""
    model = Model(LINES, 80, 24)
    viewer = view(log)
    viewer.says(" of 300")
    for key in (":150\n", "d", "j"):
        viewer.type(key)
        model.handle_key(key.rstrip("\n"))
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
    model.handle_key("G")
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
    viewer.says(" of 300")
    path = feed.path.parent / "pid"
    return viewer, viewer.terminal.process.pid if kind == "file" else int(path.read_text())


def ended(number: int) -> bool:
    """Return whether a process has ended, even if its status was not collected."""
    if os.path.isdir("/proc/self"):
        try:
            return Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2][:1] == "Z"
        except OSError:
            return True
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] in ("", "Z")


@pytest.mark.slow
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
import reflowlog.display.pager as pager
paint = pager.PagerDisplay.paint
def broken(self, *arguments):
    if self.viewer.raw:
        raise RuntimeError("a fault on purpose")
    paint(self, *arguments)
pager.PagerDisplay.paint = broken
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


def test_a_terminal_that_is_gone_ends_a_viewer_that_no_signal_reaches(view: Callable[..., View], log: Path) -> None:
    """With SIGHUP ignored, as by nohup, a closed terminal ends the viewer."""
    viewer = view(shell=f"trap '' HUP; exec \"$PYTHON\" -m reflowlog {log}")
    viewer.says(" of 300")
    viewer.terminal.hang_up()
    wait_for(lambda: viewer.terminal.process.poll() is not None)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("-g two", ["two", "  at line 2", "last two"]),
        ("-g two -v", ["one", "three"]),
        ("-g two -C 1", ["one", "two", "  at line 2", "three", "last two"]),
    ],
    ids=["match", "invert", "context"],
)
def test_the_normal_screen_shows_only_what_is_asked_for(
    options: str, kept: list[str], view: Callable[..., View]
) -> None:
    """Records that match, whole, as off a terminal; a last line without newline counts."""
    viewer = view(shell=f"printf 'one\\ntwo\\n  at line 2\\nthree\\nlast two' | reflowlog {options}")
    assert viewer.terminal.wait() == 0
    assert viewer.terminal.scrollback() == kept
    viewer.check_left()


_DEFAULT_INTERRUPT = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('reflowlog', run_name='__main__', alter_sys=True)"
)
"""The program where a shell has told it to ignore SIGINT, as it does for what else is to outlive it."""


# -- Ctrl-C ------------------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_a_search_that_would_never_end(view: Callable[..., View], tmp_path: Path) -> None:
    """An expression that backtracks for ever freezes nothing: keys answer, Ctrl-C interrupts it, and q quits."""
    (tmp_path / "bad.log").write_text("start\n" + ("a" * 40 + "b\n") * 400 + "end\n")
    viewer = view("bad.log")
    viewer.type("/(a+)+\\1$\n")
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


def test_a_signal_in_a_search_that_would_never_end(view: Callable[..., View], tmp_path: Path) -> None:
    """SIGTERM ends it all the same, and q does."""
    (tmp_path / "bad.log").write_text("start\n" + ("a" * 40 + "b\n") * 4000 + "end\n")
    for signalled in (True, False):
        viewer = view("bad.log")
        viewer.type("/(a+)+\\1$\n")
        viewer.says("searching")
        if signalled:
            os.kill(viewer.terminal.process.pid, signal.SIGTERM)
        else:
            viewer.type("q")
        assert viewer.terminal.wait() == (128 + signal.SIGTERM if signalled else 0)
        assert not viewer.terminal.alternate
        viewer.check_left()


def test_ctrl_c_in_a_search_does_not_end_what_is_piped_in(
    view: Callable[..., View], feed: Feed, tmp_path: Path
) -> None:
    """Ctrl-C interrupts the search; the writer of the pipe continues."""
    viewer = view(shell="cat feed | reflowlog --full")
    feed.write(text_of(["a" * 40 + "b"] * 400))
    viewer.says("400 of 400")
    viewer.type("/(a+)+\\1$\n")
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


@pytest.mark.parametrize("options", ["", "--full"], ids=["inline", "full"])
def test_ctrl_c_twice_quits_a_pipe(options: str, view: Callable[..., View], feed: Feed) -> None:
    """The first one shows a hint; the second ends with 130, and lines so far are on the main screen."""
    viewer = view(shell=f'trap "" INT; cat feed | "$PYTHON" -c "{_DEFAULT_INTERRUPT}" {options}; echo status $?')
    feed.write(text_of(LINES[:30]))
    viewer.wait(lambda rows, _: any("0029>" in row for row in rows))
    viewer.type("g")
    viewer.says(" of 30")
    viewer.key("C-c")
    viewer.says("Ctrl-C again quits")
    viewer.key("C-c")
    viewer.terminal.wait_until(lambda: not viewer.terminal.alternate)
    feed.close()  # what else is in the pipeline ends
    assert viewer.terminal.wait() == 0
    assert viewer.terminal.scrollback()[-1] == "status 130"
    assert not viewer.terminal.alternate
    if not options:
        assert viewer.terminal.scrollback()[:-1] == [row.text for row in rows_of(LINES[:30], 80)]
    viewer.check_left()


def test_interrupts_that_are_sent(view: Callable[..., View], log: Path) -> None:
    """A sent SIGINT has the same effect as the key."""
    viewer = view(log)
    viewer.says(" of 300")
    os.kill(viewer.terminal.process.pid, signal.SIGINT)
    viewer.says("Ctrl-C again quits")
    os.kill(viewer.terminal.process.pid, signal.SIGINT)
    assert viewer.terminal.wait() == 130
    viewer.check_left()


def test_the_last_output_of_an_interrupted_writer_is_kept(
    view: Callable[..., View], feed: Feed, tmp_path: Path
) -> None:
    """Ctrl-C without work to interrupt reaches the writer, whose last output is shown."""
    script(
        tmp_path / "writer", "trap 'echo last words; exit 0' INT\necho first words\nwhile :; do read -r x < feed; done"
    )
    viewer = view(shell='trap : INT; ./writer | "$PYTHON" -m reflowlog --full')
    viewer.wait(lambda rows, _: rows[0] == "first words")
    viewer.key("C-c")
    viewer.wait(lambda rows, _: rows[:2] == ["first words", "last words"])
    quits(viewer)


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_file_that_grows(view: Callable[..., View], log: Path) -> None:
    """Appended lines are seen; the view moves only while the end is followed."""
    model = Model(LINES, 80, 24)
    viewer = view(log)
    viewer.shows(model.screen)
    with log.open("a") as file:
        file.write("one more\nand a part")
        file.flush()
        viewer.says(" of 302")
        viewer.shows(model.screen)
        viewer.type("F")
        viewer.wait(lambda rows, status: rows[-2:] == ["one more", "and a part"] and "following" in status)
        file.write(" that grows\nlast\n")
        file.flush()
        viewer.wait(lambda rows, _: rows[-3:] == ["one more", "and a part that grows", "last"])
    quits(viewer)


@pytest.mark.parametrize("option", ["-f", "+F", "+G"])
def test_a_file_that_is_followed_from_the_start(option: str, view: Callable[..., View], log: Path) -> None:
    """`-f`, `+F` and `+G` open a file at its end, and appended lines are shown."""
    viewer = view(option, log)
    viewer.shows([row.text for row in rows_of(LINES, 80)][-23:])
    with log.open("a") as file:
        file.write("appended\n")
    viewer.wait(lambda rows, _: rows[-1] == "appended")
    quits(viewer)


def test_a_file_that_is_truncated(view: Callable[..., View], log: Path) -> None:
    """A truncated file causes a notice of one line, and is shown from its new start."""
    viewer = view("-f", log)
    viewer.says(" of 300")
    with log.open("w") as file:
        file.write("a new start\n")
    viewer.says("app.log was truncated")
    viewer.wait(lambda rows, _: rows[0] == "a new start" and not any(rows[1:]))
    quits(viewer)


def test_a_file_that_is_replaced(view: Callable[..., View], log: Path) -> None:
    """Rotated, the old file can still be read, and the new one goes on under it."""
    viewer = view("-f", log)
    viewer.says(" of 300")
    log.rename(log.with_suffix(".1"))
    log.write_text("the new file\n")
    viewer.says("app.log was replaced")
    viewer.wait(lambda rows, _: rows[-2:] == ["<0299 the of 0299>", "the new file"])
    viewer.type("g")
    viewer.shows(Model(LINES, 80, 24).screen)
    quits(viewer)


def test_a_file_that_is_deleted(view: Callable[..., View], log: Path) -> None:
    """The content of a deleted file can still be read."""
    viewer = view(log)
    viewer.says(" of 300")
    log.unlink()
    viewer.says("app.log was deleted")
    viewer.type("G")
    viewer.shows([row.text for row in rows_of(LINES, 80)][-23:])
    quits(viewer)


def test_a_file_that_is_packed(view: Callable[..., View], tmp_path: Path) -> None:
    """`.gz` is read through; the end and the start are reached."""
    (tmp_path / "app.log.gz").write_bytes(gzip.compress(text_of(LINES).encode()))
    viewer = view("app.log.gz")
    viewer.says(" of 300")
    viewer.type("G")
    viewer.shows([row.text for row in rows_of(LINES, 80)][-23:])
    viewer.type("g")
    viewer.shows(Model(LINES, 80, 24).screen)
    quits(viewer)


def test_two_files(view: Callable[..., View], tmp_path: Path) -> None:
    """Several files are one document, each line with the name of its own."""
    (tmp_path / "one").write_text("first\nlast of one")
    (tmp_path / "two").write_text("second\n")
    viewer = view("one", "two")
    viewer.shows(["one first", "one last of one", "two second"])
    quits(viewer)


def test_standard_input_by_its_name(view: Callable[..., View], tmp_path: Path) -> None:
    """`-` is standard input, also next to a file."""
    (tmp_path / "one").write_text("from the file\n")
    viewer = view(shell="echo piped | reflowlog one -")
    viewer.shows(["one   from the file", "stdin piped"])
    quits(viewer)
    viewer = view(shell="echo piped | reflowlog --full -")
    viewer.shows(["piped"])
    quits(viewer)


@pytest.mark.parametrize("bad", ["missing", "folder"])
def test_what_cannot_be_read_is_told_and_the_rest_is_shown(
    bad: str, view: Callable[..., View], log: Path, tmp_path: Path
) -> None:
    """The message is on the main screen, the other file in the viewer, the status 1."""
    (tmp_path / "folder").mkdir()
    viewer = view(bad, "app.log")
    viewer.wait(lambda rows, _: any(row.startswith("<0000") for row in rows))
    viewer.says(" of 300")
    viewer.type("q")
    assert viewer.terminal.wait() == 1
    rows = viewer.terminal.scrollback()
    assert len(rows) == 1, rows
    assert f"cannot read {bad}: " in rows[0]
    viewer.check_left()


@pytest.mark.parametrize("bad", ["missing", "folder"])
def test_only_what_cannot_be_read(bad: str, view: Callable[..., View], tmp_path: Path) -> None:
    """Where there is nothing to show, no viewer comes up."""
    (tmp_path / "folder").mkdir()
    viewer = view(bad)
    assert viewer.terminal.wait() == 1
    assert viewer.terminal.scrollback() == [row for row in viewer.terminal.scrollback() if "cannot read" in row]
    viewer.check_left()


def test_an_empty_file(view: Callable[..., View], tmp_path: Path) -> None:
    """An empty file is shown, every key is harmless, and appended lines appear."""
    path = tmp_path / "empty"
    path.write_text("")
    viewer = view("-f", path)
    viewer.says("empty")
    viewer.type("jkfbdug/x\nnNeEwW&x\n&\nmz'z:5\n=SrG")
    viewer.terminal.resize(40, 10)
    viewer.shows([])
    path.write_text("something\n")
    viewer.wait(lambda rows, _: "something" in rows)
    quits(viewer)


def test_bytes_of_all_kinds_do_not_act(view: Callable[..., View], tmp_path: Path) -> None:
    """NUL, broken UTF-8 and escape sequences that would act are shown; colours are colours, raw shows marks."""
    hostile = b"\x1b]0;title\x07one\x1b[2J\n\x1b[5;5Htwo\x00\xff\xfe\n"
    hostile += b"three\x9b2J\x1b[?1049l\x1b[31mred\x1b[0m\n\x1bc\x1b[10;1Hfour\n"
    path = tmp_path / "hostile"
    path.write_bytes(hostile * 3)
    viewer = view(path)
    viewer.says(" of 12")
    rows = viewer.rows
    for number, word in enumerate(["one", "two", "three", "four"] * 3):
        assert word in rows[number], picture(rows)
    assert viewer.terminal.colours_of("red") == {"red"}
    assert viewer.terminal.alternate
    assert viewer.terminal.title != "title"
    viewer.type("r")
    viewer.says("raw")
    viewer.wait(lambda rows, _: "[31m" in rows[2])
    for size in ((20, 10), (7, 5), (80, 24)):
        viewer.terminal.resize(*size)
    viewer.says("raw")
    viewer.type("r")
    viewer.shows(rows)
    assert viewer.terminal.alternate
    quits(viewer)


def peak_memory(process: int) -> int:
    """The most memory that a process has had, in bytes."""
    with open(f"/proc/{process}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) * 1024


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the process's memory cannot be asked here")
def test_a_giant_line(view: Callable[..., View], tmp_path: Path) -> None:
    """A line of 100 MB without an end opens, scrolls and is laid out anew; memory stays below 4 times its size."""
    size = 100 * MEGABYTE
    path = tmp_path / "giant"
    piece = b"".join(b"%015d " % number for number in range(0, MEGABYTE, 16))
    with path.open("wb") as file:
        for _ in range(size // MEGABYTE):
            file.write(piece)
        file.write(b"the end")
    viewer = view(path, size=(50, 12))
    viewer.wait(lambda rows, _: rows[0] == f"{0:015} {16:015} {32:015}")
    viewer.type("f")
    viewer.wait(lambda rows, _: rows[0].lstrip() != f"{0:015} {16:015} {32:015}")
    viewer.type("G")
    viewer.wait(lambda rows, _: rows[-1].endswith("the end"))
    for columns in (30, 100, 7, 50):
        viewer.terminal.resize(columns)
        viewer.wait(lambda rows, _: "".join(rows).rstrip().endswith("end"))
    viewer.type("bbbb")
    viewer.type("/the end\n")
    viewer.wait(lambda rows, _: rows[-1].endswith("the end"))
    assert peak_memory(viewer.terminal.process.pid) < 4 * size
    quits(viewer)
    path.unlink()


# -- who has the terminal ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", ["", "--full"])
def test_a_password_prompt_upstream_gets_its_keys(options: str, view: Callable[..., View], tmp_path: Path) -> None:
    """Before the first input the keys and the screen belong to the other program; then keys are the viewer's."""
    script(
        tmp_path / "login",
        "stty -echo </dev/tty; printf 'Password: ' >/dev/tty; read -r p </dev/tty; stty echo </dev/tty\n"
        'echo "got $p"; seq 1 100',
    )
    viewer = view(shell=f"./login | reflowlog {options}; echo done")
    viewer.wait(lambda rows, _: rows[0] == "Password:")
    viewer.type("jq/secret\n")
    if options:
        viewer.wait(lambda rows, _: rows[-1] == "100")
        viewer.type("g")
        viewer.wait(lambda rows, _: rows[:2] == ["got jq/secret", "1"])
        viewer.type("q")
    assert viewer.terminal.wait() == 0
    text = viewer.terminal.scrollback()
    assert text[-1].endswith("done")
    assert options or "got jq/secret" in "\n".join(text)
    viewer.check_left()


# -- modes and terminals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["dumb", None, ""], ids=str)
def test_where_nothing_can_be_drawn_full_is_plain(term: str | None, view: Callable[..., View], log: Path) -> None:
    """With TERM=dumb or no TERM, the lines are printed as they are."""
    viewer = view("--full", log, changes={"TERM": term})
    assert viewer.terminal.wait() == 0
    assert b"\x1b" not in viewer.terminal.output()
    assert viewer.terminal.output().replace(b"\r\n", b"\n").endswith(text_of(LINES).encode())


@pytest.mark.parametrize("arguments", [["--full"], ["+G"], ["+17"], ["-F"], ["--mouse"]], ids=" ".join)
def test_full_into_a_pipe_is_plain(arguments: list[str], log: Path) -> None:
    """Where standard output is no terminal the file is printed, whatever is asked for."""
    done = subprocess.run(
        [*REFLOWLOG, *arguments, log], stdin=subprocess.DEVNULL, capture_output=True, env=environment(), check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, log.read_bytes(), b"")


def test_a_terminal_that_answers_nothing(open_pty: Callable[..., Pty], log: Path) -> None:
    """The first screen does not wait for an answer, nor does the end; and nothing is asked."""
    terminal = open_pty([*REFLOWLOG, str(log)], answers=False)
    terminal.wait_until(lambda: b"0000" in terminal.output() and b"of 300" in terminal.output())
    assert not re.search(rb"\x1b\[[0-9;?>]*[cn]", terminal.output())
    terminal.send(b"q")
    assert terminal.wait() == 0
    assert modes_left_on(terminal.output()) == set()


def test_no_colour(view: Callable[..., View], tmp_path: Path) -> None:
    """With NO_COLOR the text has none; the keys work."""
    path = tmp_path / "coloured"
    path.write_text("\x1b[31mred\x1b[0m\n" * 50)
    for changes, colour in (({"NO_COLOR": "1"}, "default"), ({}, "red")):
        viewer = view(path, changes=changes)
        viewer.says(" of 50")
        assert viewer.terminal.colours_of("red") == {colour}
        viewer.key("End")
        viewer.says("28-50 of 50")
        quits(viewer)


# -- options -----------------------------------------------------------------------------------------------------------


_LEVELS = [
    "2026-01-01 10:00:00 INFO app started",
    "2026-01-01 10:00:01 WARNING app slow",
    "2026-01-01 10:00:02 ERROR app failed",
    "Traceback (most recent call last):",
    '  File "app.py", line 1, in <module>',
    "ValueError: bad",
    "2026-01-01 10:00:03 DEBUG app details",
    "2026-01-01 10:00:04 ERROR app failed again",
    "2026-01-01 10:00:05 INFO app stopped",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["-g", "app.s"], [0, 1, 8]),
        (["-g", "app.s", "-v"], [2, 3, 4, 5, 6, 7]),
        (["-g", "details", "-C", "1"], [2, 3, 4, 5, 6, 7]),
        (["-g", "ValueError"], [2, 3, 4, 5]),
        (["-l", "error"], [2, 3, 4, 5, 7]),
        (["-l", "warning", "-g", "slow"], [1]),
        (["-g", "level>=error"], [2, 3, 4, 5, 7]),
        (["-g", "logger=none"], []),
        ([], list(range(9))),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
@pytest.mark.parametrize("piped", [False, True], ids=["file", "pipe"])
def test_what_is_selected(
    piped: bool, arguments: list[str], shown: list[int], view: Callable[..., View], tmp_path: Path
) -> None:
    """`-g`, `-v`, `-C` and `-l` keep the records that they keep elsewhere, tracebacks whole."""
    (tmp_path / "app.log").write_text(text_of(_LEVELS))
    options = shlex.join(arguments)
    viewer = view(shell=f"cat app.log | reflowlog --full {options}") if piped else view(*arguments, "app.log")
    viewer.shows([_LEVELS[number] for number in shown])
    quits(viewer)


def test_next_errors_and_warnings(view: Callable[..., View], tmp_path: Path) -> None:
    """E and w go to the next error and warning, E and W back."""
    path = tmp_path / "app.log"
    lines = [
        f"2026-01-01 10:00:00 {'ERROR' if n in (60, 150) else 'WARNING' if n == 100 else 'INFO'} {n}"
        for n in range(200)
    ]
    path.write_text(text_of(lines))
    viewer = view(path)
    viewer.says(" of 200")
    for key, number in (("e", 60), ("e", 150), ("E", 60), ("w", 100), ("e", 150), ("W", 100), ("e", 150), ("e", 60)):
        viewer.type(key)
        viewer.wait(lambda rows, _, line=lines[number]: line in rows)
    viewer.says("went round")
    quits(viewer)


_DIALECTS = {  # those with the level of an error or a warning, in the order of the log
    5: ("w", '{"level":40,"time":1767340800000,"pid":1,"hostname":"h","msg":"pino <5>"}'),
    9: ("e", '{"level":"ERROR","logger":"a","message":"python <9>"}'),
    12: ("e", '{"log":"{\\"level\\":\\"fatal\\",\\"msg\\":\\"nested <12>\\"}\\n","stream":"stderr"}'),
    20: ("w", 'ts=2026-01-02T10:00:00Z level=warn msg="logfmt <20>"'),
    26: ("e", "2026-01-02 10:00:00,123 ERROR app: plain <26>"),
    31: ("w", 'api | {"severity":"WARNING","message":"service <31>"}'),
    38: ("e", '{"log":{"level":"error"},"@timestamp":"2026-01-02T10:00:00Z","message":"ecs <38>"}'),
    44: ("e", "<11>Jan  2 10:00:00 host app[1]: syslog <44>"),
}
_MILD = [
    '{{"level":30,"time":1767340800000,"pid":1,"hostname":"h","msg":"no error <{}>"}}',
    "2026-01-02 10:00:00,123 INFO app: ERROR is a word here <{}>",
    '    raise SomeError("error <{}>")',
    'ts=2026-01-02T10:00:00Z level=info msg="warn of error" at=<{}>',
]


@pytest.mark.parametrize("options", [[], ["--raw"]], ids=["columns", "raw"])
def test_levels_of_all_dialects(options: list[str], view: Callable[..., View], tmp_path: Path) -> None:
    """Are those that are counted, that e and w go to, and that l and -l show."""
    lines = [_DIALECTS[n][1] if n in _DIALECTS else _MILD[n % 4].format(n) for n in range(50)]
    path = tmp_path / "app.log"
    path.write_text(text_of(lines))
    viewer = view(*options, path, size=(160, 6))
    viewer.says(" 5 errors  3 warnings ")
    for key in "ew":
        viewer.type("g")
        for number in [n for n, (kind, _) in _DIALECTS.items() if kind == key]:
            viewer.type(key)
            viewer.wait(lambda rows, _, mark=f"<{number}>": mark in " ".join(rows))
        viewer.type(key)
        viewer.says("went round")
    viewer.type("lerror\n")
    viewer.says("level error+: ")
    viewer.says(" 5 errors")
    viewer.type("g")
    severe = [n for n, (kind, _) in _DIALECTS.items() if kind == "e"]
    viewer.wait(lambda rows, _: re.findall(r"<(\d+)>", " ".join(rows))[:1] == [str(severe[0])])
    viewer.type("&level=fatal\n")
    viewer.wait(lambda rows, _: re.findall(r"<(\d+)>", " ".join(rows)) == ["12"])
    quits(viewer)


def test_an_unknown_field_is_told_on_the_screen(view: Callable[..., View], tmp_path: Path) -> None:
    """By the viewer's status row, and by the last line of the normal screen."""
    (tmp_path / "app.log").write_text('{"level":30,"user_id":42,"msg":"a"}\n')
    said = "no record has a field 'usr_id' (did you mean 'user_id'?)"
    viewer = view("-g", "usr_id=42", "app.log", size=(100, 24))
    viewer.says(said)
    quits(viewer)
    viewer = view(shell="cat app.log | reflowlog -g usr_id=42", size=(100, 24))
    assert viewer.terminal.wait() == 0
    assert viewer.terminal.scrollback() == [f"reflowlog: {said}"]


def test_a_line_to_start_at(view: Callable[..., View], log: Path) -> None:
    """`+150` starts there."""
    model = Model(LINES, 80, 24)
    model.handle_key(":150")
    viewer = view("+150", log)
    viewer.shows(model.screen)
    quits(viewer)


def test_a_short_file_is_only_printed(view: Callable[..., View], tmp_path: Path) -> None:
    """`-F` prints a file that fits on one screen and ends; a longer one opens the viewer."""
    path = tmp_path / "short"
    path.write_text(text_of(LINES[:3]))
    viewer = view("-F", path)
    assert viewer.terminal.wait() == 0
    assert b"\x1b[?1049h" not in viewer.terminal.output()
    assert viewer.terminal.scrollback() == [row.text for row in rows_of(LINES[:3], 80)]
    viewer.check_left()
    path.write_text(text_of(LINES[:30]))
    viewer = view("-F", path)
    viewer.shows(Model(LINES[:30], 80, 24).screen)
    assert viewer.terminal.alternate
    quits(viewer)


def test_without_wrapping(view: Callable[..., View], log: Path) -> None:
    """`--wrap none` shows a line as a row, Right and Left move sideways, S wraps."""
    viewer = view("--wrap", "none", log, size=(40, 12))
    viewer.shows([line[:40].rstrip() for line in LINES[:11]])
    viewer.key("Right")
    viewer.shows([line[20:60].rstrip() for line in LINES[:11]])
    viewer.key("Right")
    viewer.shows([line[40:80].rstrip() for line in LINES[:11]])
    viewer.key("Left")
    viewer.shows([line[20:60].rstrip() for line in LINES[:11]])
    viewer.type("S")
    viewer.shows(Model(LINES, 40, 12).screen)
    quits(viewer)


def test_a_width_of_ones_own(view: Callable[..., View], log: Path) -> None:
    """`--width` lays out for so many columns, whatever the terminal's."""
    viewer = view("--width", "40", log)
    expected = [row.text for row in rows_of(LINES, 40)]
    viewer.shows(expected[:23])
    viewer.terminal.resize(60, 10)
    viewer.shows(expected[:9])
    viewer.terminal.resize(30, 10)
    viewer.shows([row[:30].rstrip() for row in expected[:9]])
    quits(viewer)


def test_the_newest_lines_only(view: Callable[..., View]) -> None:
    """With `--history 100` the oldest line is the hundredth from the end, under its own number."""
    viewer = view(shell="seq 1 5000 | reflowlog --full --history 100")
    viewer.shows([str(number) for number in range(5000 - 22, 5001)])
    viewer.type("g")
    viewer.shows([str(number) for number in range(4901, 4924)])
    viewer.says("4,901-4,923 of 5,000")
    viewer.type(":17\n")
    viewer.says("line 17 is no longer held")
    quits(viewer)


def test_the_wheel(view: Callable[..., View], log: Path) -> None:
    """With `--mouse` the wheel scrolls; without, the mouse is the terminal's."""
    model = Model(LINES, 80, 24)
    viewer = view("--mouse", log)
    viewer.says(" of 300")
    for _ in range(4):
        viewer.terminal.send(b"\x1b[<65;10;5M")
    for _ in range(12):
        model.handle_key("j")
    viewer.shows(model.screen)
    viewer.terminal.send(b"\x1b[<64;10;5M")
    for _ in range(3):
        model.handle_key("k")
    viewer.shows(model.screen)
    quits(viewer)
    assert b"\x1b[?1000h" in viewer.terminal.output()
    viewer = view(log)
    viewer.says(" of 300")
    quits(viewer)
    assert not re.search(rb"\x1b\[\?100[0-6]h", viewer.terminal.output())
