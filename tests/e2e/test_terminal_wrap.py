"""`--wrap terminal`: the terminal wraps the lines of inline mode; elsewhere rows break as a terminal breaks them."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.inline_log import records, squeezed
from support.terminals import PYTHON, Feed, PyteTerminal, Tmux, environment, modes_left_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPTION = "--wrap terminal --color never"
LOG = f'cat feed | "$PYTHON" -m reflowlog {OPTION}'


def cut(lines: list[str], width: int) -> list[str]:
    """Return the rows of ASCII lines as a terminal cuts them, without trailing blanks."""
    return [line[start : start + width].rstrip() for line in lines for start in range(0, len(line), width) or (0,)]


def off_a_terminal(options: str, text: str) -> str:
    """Return what is written into a pipe."""
    command = [PYTHON, "-m", "reflowlog", *options.split()]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, env=environment()).stdout


@pytest.mark.terminal
@pytest.mark.parametrize("end", ["", "a prompt without its end, which is longer than a row of the narrow window? "])
def test_lines_are_wrapped_by_the_terminal_at_each_width_and_after_the_end(
    open_tmux: Callable[..., Tmux], feed: Feed, end: str
) -> None:
    """Copying gives each line as it came; nothing is lost, copied or left behind, at any width."""
    terminal = open_tmux(80, 24)
    lines = records(30)
    terminal.send(f"clear; {LOG}\n")
    feed.write("".join(f"{line}\n" for line in lines) + end)
    for width in (80, 61, 133, 40):
        terminal.resize(width)
        terminal.settle()
        expected = [*cut(lines, width), *(cut([end], width) if end else [])]
        terminal.wait_screen(lambda rows, expected=expected: rows[-20:] == expected[-20:] or rows == expected)
        joined = [line.rstrip() for line in terminal.scrollback(joined=True)]
        assert [line for line in joined if re.match(r"(20\S* \S* INFO pool: )?<\d{4}", line)] == lines
        assert squeezed(joined).count(squeezed([end])) == 1 if end else True
    feed.close()
    terminal.wait_screen(Tmux.at_prompt)
    terminal.resize(97)
    lines += [end.rstrip()] if end else []
    terminal.wait_screen(lambda rows: rows[:-1][-10:] == cut(lines, 97)[-10:])
    assert modes_left_on(terminal.output()) == set()
    assert b"\x1b[3J" not in terminal.output()


@pytest.mark.terminal
def test_a_line_that_grows_becomes_one_line(open_tmux: Callable[..., Tmux], feed: Feed) -> None:
    """Its rows are counted while it grows; once it has ended the terminal wraps it."""
    terminal = open_tmux(40, 12)
    terminal.send(f"clear; {LOG}\n")
    line = ""
    for number in range(60):
        part = f"word-{number} "
        feed.write(part)
        line += part
    terminal.wait_screen(lambda rows: "word-59" in squeezed(rows))
    feed.write("the end\nand another\n")
    terminal.wait_screen(lambda rows: "and another" in rows[-1:])
    joined = terminal.scrollback(joined=True)
    assert [row for row in joined if row.startswith("word-0")] == [line + "the end"]


def test_each_line_is_written_unbroken(open_pyte: Callable[..., PyteTerminal], feed: Feed, tmp_path: Path) -> None:
    """In a terminal that does not reflow, too; the screen is as `cat` leaves it."""
    lines = records(30)
    terminal = open_pyte(["sh", "-c", LOG], (80, 24), home=tmp_path)
    feed.write("".join(f"{line}\n" for line in lines))
    terminal.wait_screen(lambda rows: rows[-20:] == cut(lines, 80)[-20:])
    written = terminal.output().decode().replace("\r\r\n", "\r\n")
    assert [line for line in lines if f"{line}\r\n" not in written] == []


def test_off_a_terminal_and_in_a_width_of_its_own_rows_break_at_the_edge() -> None:
    """`--width N` is the width of a terminal that is not there; without it nothing changes."""
    line = "2026-03-04 12:00:07 INFO pool: " + "word " * 20 + "end"
    assert off_a_terminal(OPTION, line + "\n") == line + "\n"
    assert off_a_terminal(f"{OPTION} --width 40", line + "\n").splitlines() == cut([line], 40)
    record = '{"level": "info", "message": "' + "word " * 20 + 'end"}'
    (row, *more) = off_a_terminal(f"{OPTION} --width 70", record + "\n").splitlines()
    assert len(row) <= 70
    assert more
    assert not any(each.startswith(" ") for each in more)


def test_the_viewer_breaks_lines_at_the_edge(open_pyte: Callable[..., PyteTerminal], tmp_path: Path) -> None:
    """As the terminal does in inline mode: nothing hangs."""
    lines = records(8)
    (tmp_path / "app.log").write_text("".join(f"{line}\n" for line in lines))
    terminal = open_pyte(["sh", "-c", f'"$PYTHON" -m reflowlog --full {OPTION} app.log'], (60, 24), home=tmp_path)
    terminal.wait_screen(lambda rows: rows[:23] == cut(lines, 60)[:23])
