"""Pins on a real terminal: however low it is, none of their rows is left behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.terminals import Tmux, picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PROGRAM = """
import os, sys, threading
import reflowlog

stop = threading.Event()
with reflowlog.Console() as console:
    shown = [0]

    def tall(width):
        return "\\n".join(f"~{row} of {shown[0]} " + "#" * width for row in range(12))

    pins = [console.pin(lambda width: f"~first {shown[0]}"), console.pin(tall), console.pin(lambda width: "~last")]
    while not os.path.exists("stop"):
        if os.path.exists(f"go{shown[0]}"):
            for number in range(shown[0], shown[0] + 10):
                console.print(f"<{number:04} " + "words of a line " * (number % 6) + f"{number:04}>")
            shown[0] += 10
            for pin in pins:
                pin.update()
        stop.wait(0.005)
    for pin in (pins[1], pins[0], pins[2]):
        pin.remove()
"""


@pytest.mark.terminal
def test_a_window_lower_than_its_pins(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """Of the pins the lowest are shown, under a row of the log; nothing of them gets into the scrollback."""
    (tmp_path / "program.py").write_text(_PROGRAM)
    terminal = open_tmux(80, 30)
    terminal.send('"$PYTHON" program.py\n')
    terminal.wait_screen(lambda rows: rows[-1:] == ["~last"])
    for number in (0, 10, 20):
        (tmp_path / f"go{number}").touch()
    terminal.wait_screen(lambda rows: any("0029>" in row for row in rows))
    # Where it becomes narrower there is room for the rows that the terminal makes of each before anybody is told.
    sizes = [(80, 8), (80, 30), (60, 30), (60, 3), (90, 3), (90, 30), (75, 30), (75, 2), (75, 12)]
    for number, (columns, rows) in enumerate(sizes):
        terminal.settle()  # a frame that is on its way meanwhile is cut by a terminal that it was not made for
        terminal.resize(columns, rows)
        (tmp_path / f"go{30 + 10 * number}").touch()
        shown = terminal.wait_screen(
            lambda seen, rows=rows: (
                len(seen) == rows
                and seen[-1] == "~last"
                and sum(row.startswith("~") for row in seen) == min(14, rows - 1)
            )
        )
        assert sum("~" in row for row in terminal.scrollback()) == min(14, rows - 1), picture(terminal.scrollback())
        assert not shown[0].startswith("~")
    (tmp_path / "stop").touch()
    terminal.wait_screen(Tmux.at_prompt)
    text = re.sub(r"\s+", "", "".join(terminal.scrollback()))
    assert "~" not in text
    whole = list(map(int, re.findall(r"<(\d{4})(?:wordsofaline)*\1>", text)))
    assert set(whole) == set(range(30 + 10 * len(sizes)))


@pytest.mark.terminal
def test_ctrl_z_leaves_no_pin(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """The shell's prompt stands under the log; back in the foreground the pins are shown again."""
    (tmp_path / "program.py").write_text(_PROGRAM.replace("range(12)", "range(2)"))
    terminal = open_tmux(80, 30)
    terminal.send('"$PYTHON" program.py\n')
    for number in (0, 10):
        terminal.wait_screen(lambda rows: rows[-1:] == ["~last"])
        terminal.send("\x1a")
        rows = terminal.wait_screen(Tmux.at_prompt)
        assert any("topped" in row for row in rows)
        assert not [row for row in rows if "~" in row or "last" in row], picture(rows)
        (tmp_path / f"go{number}").touch()
        terminal.send("fg\n")
        terminal.wait_screen(lambda rows, number=number: any(f"{number + 9:04}>" in row for row in rows))
    (tmp_path / "stop").touch()
    terminal.wait_screen(Tmux.at_prompt)
    text = re.sub(r"\s+", "", "".join(terminal.scrollback()))
    assert "~" not in text
    assert list(map(int, re.findall(r"<(\d{4})(?:wordsofaline)*\1>", text))) == list(range(20))
