"""Folds on real terminals: tracebacks and repeats, here and everywhere, found by searches, at every width."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from support.terminals import REFLOWLOG, TIMEOUT, Tmux, environment
from support.viewing import View, open_viewer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.inline_log import Log

HEAD = "2026-01-02 12:00:00 ERROR app: it failed"
FRAMES = [
    "Traceback (most recent call last):",
    '  File "/app/a.py", line 1, in f',
    "    g()",
    '  File "/usr/lib/python3.11/json/decoder.py", line 2, in g',
    "    return 1",
    "           ^",
]
LAST = "KeyError: 'x'"
TICKS = [
    f"2026-01-02 12:{at // 60:02}:{at % 60:02} INFO app: tick {at} of {at * 7919 % 65536:04x}aa11"
    for at in range(1, 241)
]
OTHER = "2026-01-02 12:30:00 INFO app: something else"
LINES = [HEAD, *FRAMES, LAST, *TICKS, OTHER]
FOLDED = [HEAD, "... 6 lines", LAST, TICKS[0], "× 240  12:00:01–12:04:00", OTHER]


@pytest.fixture
def open_view(open_tmux: Callable[..., Tmux], tmp_path: Path) -> Callable[..., View]:
    """Open the viewer on the log with `open_view(options, columns)`."""

    def start(options: str = "", columns: int = 80, config: str = "") -> View:
        (tmp_path / "reflowlog").mkdir(exist_ok=True)
        (tmp_path / "reflowlog" / "config.toml").write_text(config)
        changes = {"TZ": "UTC", "XDG_CONFIG_HOME": str(tmp_path)}
        text = "".join(f"{line}\n" for line in LINES)
        return open_viewer(open_tmux, tmp_path, f"{options} app.log", text, (columns, 24), **changes)

    return start


@pytest.mark.terminal
def test_a_traceback_is_folded_and_unfolded_here(open_view: Callable[..., View]) -> None:
    """First row, count, last line; then the frames of libraries only; then nothing."""
    view = open_view()
    view.shows(LINES[:23])
    view.type("z")
    view.shows([HEAD, "... 6 lines", LAST, *TICKS[:20]])
    view.type("z")
    view.shows([HEAD, *FRAMES[:3], "  ... 3 lines of libraries", LAST, *TICKS[:17]])
    view.type("z")
    view.shows(LINES[:23])
    view.type("Q")


@pytest.mark.terminal
def test_repeats_are_folded_here_and_everywhere(open_view: Callable[..., View]) -> None:
    """One row with their number and their times; at each width, wherever the screen is; the position stays."""
    view = open_view()
    view.type("100gz")
    view.shows([*LINES[:9], FOLDED[4], OTHER])
    view.type("Z")
    view.says("nothing is folded")
    view.type("gZ")
    for width in (80, 50, 120):
        view.terminal.resize(width)
        view.wait(lambda rows, _: [row for row in rows if row][:6] == FOLDED)
    view.type("ZG")
    view.shows(LINES[-23:])
    view.type("Z")
    view.shows(FOLDED)
    view.type("Q")


@pytest.mark.terminal
def test_the_position_survives_folding_and_unfolding(open_view: Callable[..., View]) -> None:
    """A place within what is folded is there again once it is unfolded, after resizes in between, too."""
    view = open_view()
    view.type("100g")
    view.shows(LINES[99:122])
    view.type("Z")
    view.wait(lambda rows, _: FOLDED[4] in rows)
    view.terminal.resize(64)
    view.wait(lambda rows, _: FOLDED[4] in rows)
    view.type("Z")
    view.says("nothing is folded")
    view.type("'")
    view.type("'")
    view.type("100g")
    view.shows(LINES[99:122])
    view.type("Q")


@pytest.mark.terminal
def test_searches_find_what_is_folded(open_view: Callable[..., View]) -> None:
    """The fold with the match is opened, others stay; all matches are counted."""
    view = open_view("--fold tracebacks,repeats")
    view.shows(FOLDED)
    view.type("/tick 120\n")
    view.says("/tick 120: 1 of 1")
    view.wait(lambda rows, _: TICKS[119] in rows)
    view.type("g")
    view.wait(lambda rows, _: rows[:4] == [*FOLDED[:3], TICKS[0]])
    view.type("/decoder\n")
    view.wait(lambda rows, _: rows[:8] == LINES[:8])
    view.type("Q")


@pytest.mark.terminal
def test_the_configuration_folds_from_the_start(open_view: Callable[..., View], tmp_path: Path) -> None:
    """And what is saved has every record."""
    view = open_view(config='fold = ["tracebacks", "repeats"]')
    view.shows(FOLDED)
    view.type("s")
    view.type("saved.log\n")
    view.says("saved 249 lines to saved.log")
    assert (tmp_path / "saved.log").read_text() == (tmp_path / "app.log").read_text()
    view.type("Q")


@pytest.mark.terminal
def test_a_filter_has_repeats_of_its_own(open_view: Callable[..., View]) -> None:
    """Equal neighbours are those that are shown."""
    view = open_view("--fold repeats")
    view.type("&tick 1\\d\\d\n")
    view.shows([TICKS[99], "× 100  12:01:40–12:03:19"])
    view.type("Q")


def test_a_name_that_is_not_folded_is_refused(tmp_path: Path) -> None:
    """On the command line and in the configuration, with a suggestion."""
    done = subprocess.run(
        [*REFLOWLOG, "--fold", "repeat"],
        check=False,
        env=environment(),
        timeout=TIMEOUT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "did you mean repeats?" in done.stderr
    (tmp_path / "reflowlog").mkdir()
    (tmp_path / "reflowlog" / "config.toml").write_text('fold = ["trace"]')
    settings = environment(XDG_CONFIG_HOME=str(tmp_path))
    done = subprocess.run(
        [*REFLOWLOG], check=False, env=settings, timeout=TIMEOUT, capture_output=True, text=True, input="x"
    )
    assert done.returncode == 2
    assert "'trace' is not one of tracebacks, libraries, repeats" in done.stderr


@pytest.mark.terminal
def test_inline_mode_folds_as_lines_arrive(open_log: Callable[..., Log], tmp_path: Path) -> None:
    """The count shows while it grows, at every width; the viewer and the copy have every record."""
    log = open_log(80, 24, "--fold tracebacks,repeats -o copy")

    def shows(*rows: str) -> None:
        log.terminal.wait_screen(lambda screen: screen[-len(rows) :] == list(rows))

    log.feed.write(f"{HEAD}\n" + "".join(f"{line}\n" for line in FRAMES))
    shows(HEAD, "... 5 lines", FRAMES[-1])
    log.feed.write(f"{LAST}\n{TICKS[0]}\n")
    shows(HEAD, "... 6 lines", LAST, TICKS[0])
    for at in range(1, 240):
        log.feed.write(f"{TICKS[at]}\n")
        if at % 60 == 0:
            shows(TICKS[0], f"× {at + 1}  12:00:01–12:0{(at + 1) // 60}:{(at + 1) % 60:02}")
    for width in (70, 100, 80):
        log.terminal.resize(width)
        shows(HEAD, "... 6 lines", LAST, TICKS[0], "× 240  12:00:01–12:04:00")
    log.feed.write(f"{OTHER}\n")
    shows(*FOLDED)
    log.terminal.resize(90)
    shows(*FOLDED)
    log.terminal.send("g")
    log.terminal.wait_screen(lambda screen: screen[:6] == FOLDED)
    log.terminal.send("Z")
    log.terminal.wait_screen(lambda screen: screen[:23] == LINES[:23])
    log.feed.write("".join(f"{tick}\n" for tick in TICKS[:3]))
    log.terminal.send("q")
    shows(*FOLDED, TICKS[0], "× 3  12:00:01–12:00:03")
    log.feed.close()
    log.terminal.wait_screen(lambda screen: screen[-1:] == ["$"])
    assert (tmp_path / "copy").read_text() == "".join(f"{line}\n" for line in [*LINES, *TICKS[:3]])
