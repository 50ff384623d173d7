"""Viewer in tmux, a real terminal: each key, switching between inline mode and viewer, job control of a shell.

In tmux there is a scrollback and an alternate screen, and it cuts its lines anew when its width changes: what is left
in the scrollback when all is over is what the user keeps.
"""

from __future__ import annotations

import os
import random
import shutil
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support.inline_log import Log, check_untouched_scrollback, finish, records
from support.terminals import Tmux, modes_left_on, picture, script, wait_for
from support.viewing import Model, View, log_lines, rows_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Feed

pytestmark = pytest.mark.terminal

LINES = log_lines(300)
_LEVELS = {60: "ERROR", 100: "WARNING", 150: "ERROR"}


@pytest.fixture
def open_viewer(open_tmux: Callable[..., Tmux], tmp_path: Path) -> Callable[..., View]:
    """Run reflowlog with arguments at the prompt of a shell in tmux; without any it opens a log of 300 lines."""

    def start(options: str = "app.log", columns: int = 80, rows: int = 24, **changes: Any) -> View:
        (tmp_path / "app.log").write_text(text_of(LINES))
        script(tmp_path / "log", f'exec "$PYTHON" -m reflowlog {options}')
        terminal = open_tmux(columns, rows, **changes)
        terminal.send("./log\n")
        view = View(terminal)
        view.wait(lambda _, status: " of " in status)
        return view

    return start


def is_alternate(terminal: Tmux) -> bool:
    """Whether the alternate screen is up."""
    return terminal.run("display-message", "-p", "#{alternate_on}").strip() == "1"


def region(terminal: Tmux) -> str:
    """The scrolling region."""
    return terminal.run("display-message", "-p", "#{scroll_region_upper} #{scroll_region_lower}").strip()


def quits(view: View, before: list[str], key: str = "q") -> None:
    """A key ends it: the shell is there again as it was, under the command."""
    terminal = view.terminal
    assert isinstance(terminal, Tmux)
    view.type(key)
    rows = terminal.wait_screen(Tmux.at_prompt)
    assert rows == before, picture(rows)
    assert not is_alternate(terminal)
    assert region(terminal) == f"0 {terminal.rows - 1}"
    assert terminal.run("display-message", "-p", "#{cursor_flag} #{mouse_any_flag} #{wrap_flag}").split() == [
        "1",
        "0",
        "1",
    ]
    view.check_left()


# -- keys --------------------------------------------------------------------------------------------------------------


def test_keys_that_move(open_viewer: Callable[..., View]) -> None:
    """Each key that moves, as a real terminal sends it."""
    model = Model(LINES, 80, 24)
    view = open_viewer()
    view.shows(model.screen)
    named = {"Down": "j", "Enter": "j", "Up": "k", "NPage": "f", "PPage": "b", "Home": "g", "End": "G", "Space": "f"}
    keys = [
        "j",
        "Down",
        "Enter",
        "f",
        "Space",
        "NPage",
        "k",
        "Up",
        "b",
        "PPage",
        "d",
        "d",
        "u",
        "G",
        "k",
        "b",
        "g",
        "F",
    ]
    for key in [*keys, "u", "Home", "End", "PPage", ":120\n", ":1\n"]:
        if key in named:
            view.key(key)
        else:
            view.type(key)
        model.handle_key(named.get(key, key.strip()))
        view.shows(model.screen, key)
    quits(view, ["$ ./log", "$"])


def test_search_filter_level(open_viewer: Callable[..., View]) -> None:
    """Prompts of `/ ? n N & l`: Enter accepts, Escape leaves, Up recalls earlier input."""
    view = open_viewer(columns=100)
    hits = [number for number, line in enumerate(LINES) if "peer" in line]
    view.type("/peer\n")
    view.says(f"/peer: 1 of {len(hits)} ")
    view.type("nn")
    view.says(f"/peer: 3 of {len(hits)} ")
    view.type("N")
    view.says(f"/peer: 2 of {len(hits)} ")
    view.type("?x")
    view.wait(lambda _, status: status == "?x")
    view.key("Escape")
    view.says(f"/peer: 2 of {len(hits)} ")
    view.type("/nothing")
    view.wait(lambda _, status: status == "/nothing")
    view.key("Escape")
    view.says(f"/peer: 2 of {len(hits)} ")
    view.type("/")
    view.key("Up")
    view.wait(lambda _, status: status == "/peer")
    view.type("\n")
    view.says(f"/peer: 1 of {len(hits)} ")
    view.type("/\n")
    view.says(f"/peer: 2 of {len(hits)} ")
    view.type("g&")
    view.type("!peer\n")
    rest = [line for line in LINES if "peer" not in line]
    view.shows([row.text for row in rows_of(rest, 100)][:23])
    view.type("U&")
    view.key("Up")
    view.type("\x01")  # to its start
    view.key("Delete")
    view.type("\n")
    view.says(f"&peer: {len(hits)} ")
    view.type("G")
    view.shows([row.text for row in rows_of([LINES[number] for number in hits], 100)][-23:])
    view.type("&\n")
    view.shows([row.text for row in rows_of(LINES, 100)][-23:])
    view.type("lfatal or so\n")
    view.says("is not a level")
    view.type("lerror\n")
    view.says("level error+: ")
    view.type("l\n")
    view.says("300 of 300")
    quits(view, ["$ ./log", "$"])


def test_errors_and_warnings(open_viewer: Callable[..., View], tmp_path: Path) -> None:
    """`e E w W` go to the next and the previous."""
    lines = [f"2026-01-01 10:00:00 {_LEVELS.get(number, 'INFO')} {number}" for number in range(200)]
    (tmp_path / "levels.log").write_text(text_of(lines))
    view = open_viewer("levels.log")
    for key, number in (("e", 60), ("e", 150), ("E", 60), ("w", 100), ("g", 0), ("W", 100)):
        view.type(key)
        view.wait(lambda rows, _, line=lines[number]: line in rows)
    quits(view, ["$ ./log", "$"])


def test_how_it_looks(open_viewer: Callable[..., View], tmp_path: Path) -> None:
    """`S`, Left, Right, `r`, `=`, `h` and `F1`, `^L`, marks."""
    view = open_viewer(columns=60)
    wrapped = [row.text for row in rows_of(LINES, 60)][:23]
    view.type("S")
    view.shows([line[:60].rstrip() for line in LINES[:23]])
    view.key("Right")
    view.shows([line[30:90].rstrip() for line in LINES[:23]])
    view.key("Left")
    view.key("Left")
    view.shows([line[:60].rstrip() for line in LINES[:23]])
    view.type("S")
    view.shows(wrapped)
    view.key("Right")
    view.says("S shows them unwrapped")
    view.type("r")
    view.says("raw")
    view.type("r")
    view.shows(wrapped)
    view.type("dmaG=")
    view.says("of 300, byte")
    view.type("'a")
    view.shows([row.text for row in rows_of(LINES, 60)][11:34])
    view.type("'q")
    view.says("there is no mark q")
    quits(view, ["$ ./log", "$"])


def test_help_is_one_screen(open_viewer: Callable[..., View]) -> None:
    """At 80 x 24 the help names every key, and any key leaves it: `q` only it."""
    view = open_viewer()
    before = view.rows
    for key in ("h", "F1"):
        if key == "h":
            view.type("h")
        else:
            view.key("F1")
        view.says("q leaves the help")
        text = "\n".join(view.rows)
        for name in [*"jkfbdugGF/?nN&leEwWm'Sr:sh=qQ", "Down", "Up", "Enter", "Space", "PgDn", "PgUp", "Home", "End"]:
            assert name in text, name
        for name in ("Left", "Right", "F1", "Ctrl-L", "Ctrl-Z", "Ctrl-C"):
            assert name in text, name
        assert "q Q" in text
        view.type("q")
        view.shows(before)
    quits(view, ["$ ./log", "$"])


def test_redraw(open_viewer: Callable[..., View]) -> None:
    """`^L` restores a screen that another program has overwritten."""
    view = open_viewer()
    before, status = view.rows, view.status
    assert isinstance(view.terminal, Tmux)
    view.terminal.write("\x1b[3;5Hsomebody was here\x1b[10;1H\x1b[Jand erased")
    view.wait(lambda rows, _: "somebody" in rows[2] and not rows[12])
    view.key("C-l")
    view.shows(before)
    assert view.status == status
    quits(view, ["$ ./log", "$"])


def test_save(open_viewer: Callable[..., View], tmp_path: Path) -> None:
    """`s` writes the shown records, and not over a file that is there."""
    view = open_viewer(columns=100)
    view.type("&upstream\n")
    view.says("&upstream: ")
    view.type("ssome.txt\n")
    view.says("to some.txt")
    assert (tmp_path / "some.txt").read_text() == text_of([line for line in LINES if "upstream" in line])
    (tmp_path / "other.txt").write_text("precious\n")
    view.type("sother.txt\n")
    view.says("other.txt is there already")
    assert (tmp_path / "other.txt").read_text() == "precious\n"
    view.type("n")
    view.type("sapp.log\n")
    view.says("cannot save to app.log: it is in use here")
    assert (tmp_path / "app.log").read_text() == text_of(LINES)
    quits(view, ["$ ./log", "$"])


def test_what_was_on_the_screen_stays(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """With a full screen and a scrollback before it, both are as they were after `q` and `Q`, at another size too."""
    (tmp_path / "app.log").write_text(text_of(LINES))
    script(tmp_path / "log", 'exec "$PYTHON" -m reflowlog app.log')
    terminal = open_tmux()
    terminal.send("seq 1 100\n")
    terminal.wait_screen(lambda rows: rows[-2:] == ["100", "$"])
    before = terminal.scrollback()
    for key, width in (("q", 80), ("Q", 50)):
        terminal.send("./log\n")
        view = View(terminal)
        view.says(" of 300")
        terminal.resize(width)
        view.shows([row.text for row in rows_of(LINES, width)][:23])
        view.type(key)
        terminal.wait_screen(Tmux.at_prompt)
        before = [*before[:-1], "$ ./log", "$"]
        assert terminal.scrollback() == before


# -- inline, viewer, inline --------------------------------------------------------------------------------------------


def rest_of(log: Log) -> None:
    """All lines are in the scrollback, whole and in order, each once."""
    log.check_complete()
    starts, ends = log.copies()
    assert starts == Counter({f"{number:04}": 1 for number in range(len(log.lines))}), starts
    assert ends == starts


def test_there_and_back(open_log: Callable[..., Log]) -> None:
    """Lines come before, while and after the viewer is up, again and again: each is in the scrollback once."""
    log = open_log()
    view = View(log.terminal)
    number = 0
    for key in ("k", "g", "/", "j", "b"):
        log.write(records(15, first=number, longest=20, seed=number))
        view.type(key)
        wait_for(lambda: is_alternate(log.terminal))
        new = records(15, first=number + 15, longest=20, seed=number + 1)
        log.feed.write(text_of(new))
        log.lines += new
        if key == "/":
            view.type("0000\n")
        view.type("G")
        view.shows([row.text for row in rows_of(log.lines, 80)][-23:])
        view.type("q")
        log.wait_tail()
        assert not is_alternate(log.terminal)
        number += 30
    log.write(records(5, first=number))
    finish(log)
    rest_of(log)
    check_untouched_scrollback(log)


def test_there_and_back_with_other_sizes(open_log: Callable[..., Log]) -> None:
    """The size changes in each phase: nothing is lost, and a change of width copies one record at most."""
    log = open_log(90, 30)
    view = View(log.terminal)
    chance = random.Random(3)
    changes = 0
    for number in range(0, 80, 20):
        log.write(records(10, first=number, longest=25))
        log.resize(chance.randint(30, 60) + number // 4)
        view.type("k")
        wait_for(lambda: is_alternate(log.terminal))
        new = records(10, first=number + 10, longest=25)
        log.feed.write(text_of(new))
        log.lines += new
        view.type("G")
        for width in (chance.randint(100, 140), chance.randint(61, 99)):
            log.terminal.resize(width, chance.randint(10, 40))
            expected = [row.text for row in rows_of(log.lines, width)][-(log.terminal.rows - 1) :]
            view.shows(expected, width)
        view.type("q")
        log.wait_tail()
        log.terminal.settle()
        log.wait_tail()
        changes += 3
        log.check_complete()
        assert log.extra() <= changes
    finish(log)
    log.check_complete()
    check_untouched_scrollback(log)


def test_there_and_back_while_lines_arrive(open_log: Callable[..., Log]) -> None:
    """While lines come without a pause the viewer is opened and left a dozen times: each is there once."""
    log = open_log(100, 30)
    view = View(log.terminal)
    lines = records(6_000, longest=8)
    stop = threading.Event()

    def stream() -> None:
        for first in range(0, len(lines), 5):
            log.feed.write(text_of(lines[first : first + 5]))
            log.lines = lines[: first + 5]
            if stop.wait(0.002):
                return

    thread = threading.Thread(target=stream)
    thread.start()
    try:
        for key in "kgGbuj/:kbdf":
            view.type(key)
            wait_for(lambda: is_alternate(log.terminal))
            if key in "/:":
                view.type("0\n")
            view.type("q")
            wait_for(lambda: not is_alternate(log.terminal))
    finally:
        stop.set()
        thread.join()
    log.wait_tail()
    finish(log)
    rest_of(log)


def test_quit_from_the_viewer(open_log: Callable[..., Log]) -> None:
    """`Q` in the viewer ends it: all that had come by then is in the scrollback, once."""
    log = open_log()
    view = View(log.terminal)
    log.write(records(30))
    view.type("g")
    wait_for(lambda: is_alternate(log.terminal))
    new = records(30, first=30)
    log.feed.write(text_of(new))
    log.lines += new
    view.says(" of 60")
    view.type("Q")
    log.feed.close()
    log.terminal.wait_screen(Tmux.at_prompt)
    rest_of(log)
    assert log.terminal.settings_now() == log.terminal.settings
    assert modes_left_on(log.terminal.output()) == set()


def test_the_input_ends_while_the_viewer_is_up(open_log: Callable[..., Log]) -> None:
    """The viewer stays; `q` then prints the rest and ends."""
    log = open_log()
    view = View(log.terminal)
    log.write(records(30))
    view.type("g")
    wait_for(lambda: is_alternate(log.terminal))
    new = records(30, first=30)
    log.feed.write(text_of(new)[:-1])
    log.lines += new
    log.feed.close()
    view.says(" of 60")
    view.type("G")
    view.shows([row.text for row in rows_of(log.lines, 80)][-23:])
    view.type("q")
    log.terminal.wait_screen(Tmux.at_prompt)
    rest_of(log)
    assert log.terminal.settings_now() == log.terminal.settings


def test_a_part_of_a_line(open_log: Callable[..., Log]) -> None:
    """A line that has not ended is shown in both, grows in both, and is there once in the end."""
    log = open_log()
    view = View(log.terminal)
    log.write(records(30))
    begun = "<0030 a prompt without a newline:"
    log.feed.write(begun)
    log.lines.append(begun)
    log.wait_tail()
    view.type("k")
    view.type("G")
    view.shows([row.text for row in rows_of(log.lines, 80)][-23:])
    log.feed.write(" an answer")
    log.lines[-1] += " an answer"
    view.shows([row.text for row in rows_of(log.lines, 80)][-23:])
    view.type("q")
    log.wait_tail()
    log.feed.write(" and more")
    log.lines[-1] += " and more"
    log.wait_tail()
    view.type("k")
    view.type("G")
    view.shows([row.text for row in rows_of(log.lines, 80)][-23:])
    log.feed.write(" 0030>\n")
    log.lines[-1] += " 0030>"
    view.shows([row.text for row in rows_of(log.lines, 80)][-23:])
    view.type("q")
    log.wait_tail()
    log.write(records(3, first=31))
    finish(log)
    rest_of(log)


# -- jobs --------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("kind", ["file", "viewer", "inline"])
def test_suspended_and_continued(
    kind: str, shell: str, open_tmux: Callable[..., Tmux], feed: Feed, tmp_path: Path
) -> None:
    """Ctrl-Z gives the terminal to the shell as it was; after `fg`, at another size, all is there and keys go on."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    (tmp_path / "app.log").write_text(text_of(LINES))
    terminal = open_tmux()
    if shell == "bash":
        terminal.send("exec bash --norc --noprofile --noediting\n")
        terminal.wait_screen(lambda rows: rows[-1:] == ["$"] and len(rows) > 1)
    settings = terminal.settings_now()
    view = View(terminal)
    model = Model(LINES, 80, 24)

    def suspend() -> None:
        terminal.settle()
        view.key("C-z")
        terminal.wait_screen(Tmux.at_prompt)
        assert not is_alternate(terminal)
        assert terminal.settings_now() == settings
        assert modes_left_on(terminal.output()) == set()

    terminal.send(
        f'{"" if kind == "file" else "cat feed | "}"$PYTHON" -m reflowlog{" app.log" if kind == "file" else ""}\n'
    )
    if kind != "file":
        feed.write(text_of(LINES))
        terminal.wait_screen(lambda rows: any("0299>" in row for row in rows))
    if kind != "inline":
        view.type("g")
        view.shows(model.screen)
        view.says(" of 300")
    for width in (57, 100):
        suspend()
        terminal.resize(width)
        model.resize(width, 24)
        terminal.send("clear\n")
        terminal.wait_screen(lambda rows: rows == ["$"])
        terminal.send("fg\n")
        if kind == "inline":
            feed.write(f"<at {width}>\n")
            terminal.wait_screen(lambda rows, line=f"<at {width}>": rows[-1:] == [line])
        else:
            view.shows(model.screen)
            view.type("j")
            model.handle_key("j")
            view.shows(model.screen)
    if kind == "inline":
        view.type("g")
        view.says(" of 302")
        view.type("q")
        wait_for(lambda: not is_alternate(terminal))
    feed.close()
    if kind != "inline":
        view.type("q")
    terminal.wait_screen(Tmux.at_prompt)
    terminal.settle()
    assert modes_left_on(terminal.output()) == set()
    assert terminal.settings_now() == settings


@pytest.mark.parametrize("kind", ["file", "inline"])
def test_suspended_within_a_script(kind: str, open_tmux: Callable[..., Tmux], feed: Feed, tmp_path: Path) -> None:
    """Where the shell waits for a script that has stopped at once, not for us, the settings are put back as well."""
    (tmp_path / "app.log").write_text(text_of(LINES))
    script(
        tmp_path / "log",
        f'{"cat feed | " if kind == "inline" else ""}"$PYTHON" -m reflowlog{" app.log" * (kind == "file")}; :',
    )
    terminal = open_tmux()
    for number in range(4):
        terminal.send("fg\n" if number else "./log\n")
        if kind == "inline":
            feed.write(f"<{number}>\n")
            terminal.wait_screen(lambda rows, line=f"<{number}>": rows[-1:] == [line])
        else:
            View(terminal).says(" of 300")
        terminal.settle()
        assert terminal.settings_now() != terminal.settings
        terminal.send("\x1a")
        wait_for(lambda: terminal.settings_now() == terminal.settings)
        wait_for(lambda: not is_alternate(terminal))
        terminal.send("\n")  # where the prompt was on the other screen
        terminal.wait_screen(Tmux.at_prompt)
        assert terminal.settings_now() == terminal.settings
        assert modes_left_on(terminal.output()) == set()


@pytest.mark.parametrize("command", ['"$PYTHON" -m reflowlog app.log', 'cat app.log | "$PYTHON" -m reflowlog --full'])
def test_in_the_background_the_viewer_waits_for_its_turn(
    command: str, open_tmux: Callable[..., Tmux], tmp_path: Path
) -> None:
    """Started with `&`, or sent there by `^Z` and `bg`, it leaves the screen to the shell; `fg` brings it up."""
    (tmp_path / "app.log").write_text(text_of(LINES))
    terminal = open_tmux()
    view = View(terminal)
    terminal.send(f"{command} &\n")
    for number in range(2):
        terminal.wait_screen(Tmux.at_prompt)
        terminal.settle()
        terminal.send(f"echo hel''lo {number}\n")
        terminal.wait_screen(lambda rows, line=f"hello {number}": rows[-2:] == [line, "$"])
        assert not is_alternate(terminal)
        terminal.send("fg\n")
        view.says(" of 300")
        assert is_alternate(terminal)
        view.type("g")
        view.shows(Model(LINES, 80, 24).screen)
        if not number:
            view.key("C-z")
            terminal.wait_screen(Tmux.at_prompt)
            terminal.send("bg\n")
    view.type("q")
    terminal.wait_screen(Tmux.at_prompt)
    assert "hello 0" in terminal.screen()
    view.check_left()


def test_in_the_background_it_takes_no_keys_and_is_not_stopped(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """In `cmd | reflowlog &` keys belong to the shell, and the job runs to its end."""
    script(tmp_path / "writer", "echo first line\nread -r go < gate; echo last line")
    script(tmp_path / "job", './writer | "$PYTHON" -m reflowlog; echo status $?; touch done')
    os.mkfifo(tmp_path / "gate")
    terminal = open_tmux()
    terminal.send("./job &\n")
    terminal.wait_screen(lambda rows: "first line" in "".join(rows))
    terminal.send("\necho ty''ped\n")
    terminal.wait_screen(lambda rows: any(row.endswith("typed") for row in rows))
    terminal.send("echo go > gate\n")
    wait_for((tmp_path / "done").exists)
    terminal.send("\n")
    terminal.wait_screen(Tmux.at_prompt)
    text = "\n".join(terminal.scrollback())
    assert "last line" in text
    assert "status 0" in text
    assert "Stopped" not in text
    assert terminal.settings_now() == terminal.settings
