"""Joined emoji in the terminals that people use: rows are as wide as the terminal draws them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.real_terminals import TERMINALS, RealTerminal, missing, open_terminal, wait_for_rest
from support.window_terminals import WINDOW_TERMINALS

from reflowlog.text.clean.joined_emoji import APART, Joins
from reflowlog.text.clean.wrap import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.terminal

FAMILY, THUMB = "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd"
LINES = [f"<{number}" + f" {FAMILY} deployed {THUMB} by" * 6 + f" {number}>" for number in range(4)]
JOINS = {"tmux": Joins(sequences=True, modifiers=False, presentation=False)}
USES = {
    "held pipe": '(cat lines; until [ -e stop ]; do sleep 0.05; done) | NO_COLOR=1 "$PYTHON" -m reflowlog --indent 0',
    "program": 'NO_COLOR=1 "$PYTHON" program.py',
}
_PROGRAM = """
import os, time
import reflowlog
with reflowlog.Console() as console:
    for line in open("lines").read().splitlines():
        console.print(line)
    console.flush()
    while not os.path.exists("stop"):
        time.sleep(0.02)
"""


_WITHOUT_EMOJI = ("GNU screen", "urxvt", *WINDOW_TERMINALS)  # in their copies, or in their fonts


@pytest.fixture(params=[name for name in TERMINALS if name not in _WITHOUT_EMOJI])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealTerminal]:
    """Each terminal that can be run here."""
    if reason := missing(request.param):
        pytest.skip(reason)
    opened = open_terminal(request.param, tmp_path, 100, 24)
    try:
        yield opened
    finally:
        opened.close()


def shown(text: str) -> str:
    """Return a row as it is compared: a terminal may leave out what has no width."""
    return re.sub("[\u200d\ufe0f]", "", text).strip()


@pytest.mark.slow
@pytest.mark.parametrize("use", USES)
def test_rows_fit_into_the_terminal(
    request: pytest.FixtureRequest, terminal: RealTerminal, use: str, tmp_path: Path
) -> None:
    """No row is wrapped by the terminal; a new width leaves the same rows, and nothing else."""
    name = request.node.callspec.params["terminal"]
    (tmp_path / "lines").write_text("".join(f"{line}\n" for line in LINES))
    (tmp_path / "program.py").write_text(_PROGRAM)
    terminal.send(f"clear; {USES[use]}\n")
    for width in (100, 61):
        if width != terminal.columns:
            terminal.resize(width, 24)
        hang = 0 if use == "held pipe" else 2
        expected = [
            shown(row.text) for line in LINES for row in rows(line, width, hang, "word", JOINS.get(name, APART))
        ]
        screen = wait_for_rest(terminal, lambda found: any(row.endswith("3>") for row in found))
        found = [shown(row) for row in screen][-len(expected) :]
        assert found == expected[-len(found) :]  # after two widths the first records may be in the scrollback only
        assert len(found) > len(expected) // 2
    (tmp_path / "stop").touch()
