"""Displays of a program's own that go up to their lines and erase them: only the last frame is in the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Feed, Tmux

pytestmark = pytest.mark.terminal

FRAMES = 6
_PROGRAM = """
import sys, reflowlog
OPTIONS
print("above", flush=True)
for line in open("feed"):
    number = int(line)
    up = "\\x1b[1A\\x1b[2K" * 2 if number else ""
    print(f"{up}step {number} of a display that takes more than one row once the window is narrow\\nrest {number}")
    sys.stdout.flush()
"""
_WAYS = {
    "captured": ("reflowlog.install()", '"$PYTHON" program.py\n'),
    "with keys": ("reflowlog.install(keys=True)", '"$PYTHON" program.py\n'),
    "in a pipe": ("", '"$PYTHON" program.py | "$PYTHON" -m reflowlog\n'),
    "by -e": ("", '"$PYTHON" -m reflowlog -e "$PYTHON" program.py\n'),
}


@pytest.mark.parametrize("columns", [80, 50])
@pytest.mark.parametrize("way", _WAYS)
def test_only_the_last_frame_of_a_display_is_left(
    way: str, columns: int, open_tmux: Callable[..., Tmux], feed: Feed, tmp_path: Path
) -> None:
    """Also where the window becomes narrower between the first frame and the second."""
    options, command = _WAYS[way]
    (tmp_path / "program.py").write_text(_PROGRAM.replace("OPTIONS", options))
    terminal = open_tmux(80, 24)
    terminal.send(command)
    terminal.wait_screen(lambda rows: any(row == "above" for row in rows))
    for number in range(FRAMES):
        feed.write(f"{number}\n")
        if not number:
            terminal.wait_screen(lambda rows: any(row == "rest 0" for row in rows))
            terminal.resize(columns)
    terminal.wait_screen(lambda rows: any(row == f"rest {FRAMES - 1}" for row in rows))
    feed.close()
    terminal.wait_screen(terminal.at_prompt)
    text = "\n".join(terminal.scrollback())
    for number in range(FRAMES):
        assert (f"step {number}" in text, f"rest {number}" in text) == (number == FRAMES - 1,) * 2, text
    assert text.count("above") == 1
