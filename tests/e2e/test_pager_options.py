"""As another program's pager: a pipe opens the viewer at its start; -F, -R, -X; both Ctrl-C's end the viewer."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import Tmux, script, wait_for
from support.viewing import View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.terminal


@pytest.fixture
def page(open_tmux: Callable[..., Tmux], tmp_path: Path) -> Callable[..., View]:
    """Pipe numbered lines into the command, in a terminal of 60 x 10."""

    def start(options: str, lines: int = 200, before: str = "", **changes: Any) -> View:
        (tmp_path / "text").write_text("".join(f"line {number}\n" for number in range(1, lines + 1)))
        script(tmp_path / "page", f'{before}\ncat text | "$PYTHON" -m reflowlog {options}')
        terminal = open_tmux(60, 10, **changes)
        terminal.send("./page\n")
        return View(terminal)

    return start


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "before"),
    [("-R", ""), ("-X", ""), ("-FRX", ""), ("", "export MAN_PN=x"), ("", "export GIT_PAGER_IN_USE=1")],
)
def test_as_a_pager_a_pipe_opens_the_viewer_at_its_start(page: Callable[..., View], options: str, before: str) -> None:
    """By a flag, by man, or by git."""
    view = page(options, before=before)
    view.wait(lambda rows, status: rows[:2] == ["line 1", "line 2"] and " of 200" in status)
    view.type("q")
    view.terminal.wait_screen(Tmux.at_prompt)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("lines", [200, 3])
def test_as_the_pager_of_git(open_tmux: Callable[..., Tmux], tmp_path: Path, lines: int) -> None:
    """With a command in its configuration; what an alias of git runs is no pager, and stays on the normal screen."""
    (tmp_path / "text").write_text("".join(f"line {number}\n" for number in range(1, lines + 1)))
    script(tmp_path / "page", 'exec "$PYTHON" -m reflowlog')
    alias = "alias.text='!cat text'"
    terminal = open_tmux(60, 10, LV=None, LESS=None)
    terminal.send(f"git -c core.pager=./page -c {alias} -p text\n")
    view = View(terminal)
    view.wait(lambda rows, status: rows[:2] == ["line 1", "line 2"] and f" of {lines}" in status)
    view.type("q")
    terminal.wait_screen(Tmux.at_prompt)
    terminal.send("git -c alias.page='!cat text | ./page' page\n")
    terminal.wait_screen(lambda rows: Tmux.at_prompt(rows) and f"line {lines}" in rows)


def test_the_last_screen_stays_with_x(page: Callable[..., View]) -> None:
    """Without its status row, above the shell's prompt."""
    view = page("-X")
    view.wait(lambda rows, _: rows[:1] == ["line 1"])
    view.type("50G")
    view.wait(lambda rows, _: rows[:1] == ["line 50"])
    view.type("q")
    assert isinstance(view.terminal, Tmux)
    rows = view.terminal.wait_screen(lambda rows: Tmux.at_prompt(rows) and "line 58" in rows)
    at = rows.index("line 58")
    assert rows[at - 7 : at + 1] == [f"line {number}" for number in range(51, 59)]
    assert not any(" of 200" in row for row in rows)
    view.check_left()


def test_what_fits_on_one_screen_is_only_printed(page: Callable[..., View]) -> None:
    """Also of a pipe."""
    view = page("-FRX", lines=5)
    rows = view.terminal.wait_screen(lambda rows: Tmux.at_prompt(rows) and "line 5" in rows)
    at = rows.index("line 5")
    assert rows[at - 4 : at] == [f"line {number}" for number in range(1, 5)]


def test_two_interrupts_end_the_viewer_whatever_it_does(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """Typed or sent, while a regular expression backtracks; keys go on after the first."""
    (tmp_path / "text").write_text("".join(f"{number} {'a' * 40}b\n" for number in range(2000)))
    for send in ("typed", "sent"):
        script(tmp_path / "page", 'echo $$ > pid; exec "$PYTHON" -m reflowlog text')
        terminal = open_tmux(60, 10)
        view = View(terminal)
        terminal.send("./page\n")
        view.wait(lambda _, status: " of 2,000" in status)
        view.type("/(a+)+\\1$\n")
        view.wait(lambda _, status: "searching" in status or "%" in status)
        process = int((tmp_path / "pid").read_text())

        def interrupt(process: int = process, view: View = view, how: str = send) -> None:
            if how == "typed":
                view.key("C-c")
            else:
                import os
                import signal

                os.kill(process, signal.SIGINT)

        interrupt()
        view.type("g")
        view.wait(lambda rows, _: rows[0].startswith("0 "))
        interrupt()
        interrupt()
        terminal.wait_screen(Tmux.at_prompt)
        wait_for(lambda terminal=terminal: terminal.settings_now() == terminal.settings)
