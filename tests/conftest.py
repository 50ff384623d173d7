"""What the tests share: a tmux terminal of their own, and pty terminals that are closed after each test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import Feed, Pty, PyteTerminal, Tmux, script, tmux_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.inline_log import Log


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need tmux, with the reason, where it is missing."""
    marked = [item for item in items if item.get_closest_marker("terminal")]
    if marked and (reason := tmux_missing()):
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def open_tmux(tmp_path: Path) -> Iterator[Callable[..., Tmux]]:
    """Start tmux with `open_tmux(columns, rows)`; its shell works in `tmp_path`."""
    opened: list[Tmux] = []

    def start(columns: int = 80, rows: int = 24, **changes: str | None) -> Tmux:
        opened.append(Tmux(tmp_path, columns, rows, **changes))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def open_pty() -> Iterator[Callable[..., Pty]]:
    """Start a process on a pty with `open_pty(command, size)`; only its bytes are kept."""
    opened: list[Pty] = []

    def start(*arguments: Any, **options: Any) -> Pty:
        opened.append(Pty(*arguments, **options))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def open_pyte() -> Iterator[Callable[..., PyteTerminal]]:
    """Start a process on a terminal in memory with `open_pyte(command, size)`."""
    opened: list[PyteTerminal] = []

    def start(*arguments: Any, **options: Any) -> PyteTerminal:
        opened.append(PyteTerminal(*arguments, **options))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    """A FIFO named `feed` in `tmp_path`, whose other end a program in a terminal reads."""
    fifo = Feed(tmp_path / "feed")
    yield fifo
    fifo.close()


@pytest.fixture
def open_log(open_tmux: Callable[..., Tmux], feed: Feed, tmp_path: Path) -> Callable[..., Log]:
    """Start the log in tmux with `open_log(columns, rows, options)`, under what the shell printed before."""
    from support.inline_log import Log

    def start(columns: int = 80, rows: int = 24, options: str = "", **changes: Any) -> Log:
        script(tmp_path / "log", f'cat feed | "$PYTHON" -m reflowlog {options}')
        terminal = open_tmux(columns, rows, **changes)
        terminal.send("echo before the log\n")
        terminal.wait_screen(lambda rows: rows[-1:] == ["$"] and len(rows) > 1)
        terminal.send("./log\n")
        terminal.wait_screen(lambda rows: rows[-1:] == ["$ ./log"])
        return Log(terminal, feed)

    return start
