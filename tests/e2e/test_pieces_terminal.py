"""Lines that a container runtime has cut, on terminals and with a width: one line where they are shown."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from support.terminals import REFLOWLOG, TIMEOUT, Feed, PyteTerminal, Tmux, environment
from support.viewing import open_viewer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STAMP = "2024-05-01T10:00:00.1Z "
LINES = [f"{STAMP}{text}" for text in ("stdout F first", "stdout P it fai", "stderr F other", "stdout F led now")]
SHOWN = [f"{STAMP}{text}" for text in ("stdout F first", "stdout P it failed now", "stderr F other")]
TEXT = "".join(f"{line}\n" for line in LINES)


def stripped(rows: list[str]) -> list[str]:
    """Return rows without blanks at their ends, and without empty ones."""
    return [row.rstrip() for row in rows if row.strip()]


def test_inline(tmp_path: Path) -> None:
    """The pieces so far are shown, and replaced by the whole line, which is in the scrollback once."""
    feed = Feed(tmp_path / "fifo")
    terminal = PyteTerminal(["/bin/sh", "-c", '"$0" "$@" < fifo', *REFLOWLOG], (60, 6), home=tmp_path)
    try:
        feed.write("".join(f"{line}\n" for line in LINES[:3]))
        terminal.wait_screen(lambda rows: stripped(rows) == LINES[:3])
        feed.write(f"{LINES[3]}\n")
        terminal.wait_screen(lambda rows: stripped(rows) == SHOWN)
        feed.write("".join(f"{number}\n" for number in range(9)))
        terminal.wait_screen(lambda rows: "8" in stripped(rows))
        assert stripped(terminal.scrollback()) == [*SHOWN, *map(str, range(9))]
    finally:
        terminal.close()
        feed.close()


@pytest.mark.terminal
def test_inline_at_another_width(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """The joined line is laid out again as one."""
    (tmp_path / "app.log").write_text(TEXT)
    feed = Feed(tmp_path / "fifo")
    (tmp_path / "log").write_text(f"cat app.log fifo | {' '.join(REFLOWLOG)}")
    terminal = open_tmux(60, 12)
    try:
        terminal.send("sh ./log\n")
        terminal.wait_screen(lambda rows: stripped(rows)[-3:] == SHOWN)
        terminal.resize(40, 12)
        again = [SHOWN[0], f"{STAMP}stdout P it", "failed now", SHOWN[2]]
        terminal.wait_screen(lambda rows: [row.strip() for row in stripped(rows)[-4:]] == again)
    finally:
        feed.close()


@pytest.mark.parametrize("options", [[], ["-g", "failed"], ["--tail", "9"]], ids=str)
def test_a_width_into_a_pipe(options: list[str], tmp_path: Path) -> None:
    """Also with a filter, which finds what the cut went through; what is written as it came is not joined."""
    (tmp_path / "app.log").write_text(TEXT)
    for width, expected in ((["-w", "70"], SHOWN), ([], LINES)):
        done = subprocess.run(
            [*REFLOWLOG, *width, *options, "app.log"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(),
            cwd=tmp_path,
            timeout=TIMEOUT,
            check=True,
        )
        kept = [line for line in expected if "stdout P" in line or "now" in line or "-g" not in options]
        assert done.stdout.decode().splitlines() == kept


@pytest.mark.terminal
@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_the_viewer(kind: str, open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """One line, in which a word is found that the cut went through; filters and saving have it whole."""
    options = "app.log" if kind == "file" else "--full < app.log"
    view = open_viewer(open_tmux, tmp_path, options, TEXT)
    view.shows(SHOWN)
    view.type("/failed\n")
    view.says("1 of 1")
    view.type("/led now\n")
    view.says("1 of 1")
    view.type("/fai$\n")
    view.says("no match")
    view.type("&failed\n")
    view.shows(SHOWN[1:2])
    view.type("&\n")
    view.shows(SHOWN)
    view.type("G")
    view.shows(SHOWN)
    view.done()
