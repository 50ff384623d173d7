"""Fixtures of all tests: terminals (tmux, pty, in memory) that are closed after each test; hypothesis profiles.

Invariants:
- Tests inherit no ignored SIGINT, SIGQUIT or SIGHUP: started in the background of a script (`pytest &`) or by
  `nohup`, the suite and the processes that it starts can be interrupted all the same.
- Profile `dev`, the default, runs few examples of each property, `HYPOTHESIS_PROFILE=brief` fewer, for a second run of
  the same tests; `ci` runs as many as each test asks for. None has deadlines: a loaded machine is no failure, and
  `timeout` in setup.cfg limits each test.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from support.programs import program
from support.terminals import Feed, Pty, PyteTerminal, Tmux, script, tmux_missing
from support.zones import take_zone_of_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.inline_log import Log


LIMITS = {"dev": 20, "brief": 6}  # examples of a property at most, by profile

IN_CI = bool(os.environ.get("CI"))  # there a change is judged by the same examples each time

for _name, _limit in LIMITS.items():
    settings.register_profile(_name, max_examples=_limit, deadline=None, derandomize=IN_CI)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=IN_CI, print_blob=True)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "dev")
settings.load_profile(PROFILE)


@pytest.fixture(autouse=True)
def _own_zone() -> Iterator[None]:
    """Undo a change of the time zone after the test, and after its patches of the environment are undone."""
    yield
    take_zone_of_environment()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--slow`, which runs the tests marked `slow` too."""
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, which take seconds each, too")


def pytest_configure() -> None:
    """Take back signals that are ignored, as for a background job of a script: child processes inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform != "win32":
        for number in (signal.SIGQUIT, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip slow tests without `--slow`, and those that need a missing tmux; limit the examples by profile."""
    if not config.getoption("--slow"):
        _skip(items, "slow", "slow: runs with --slow, and in CI")
    if limit := LIMITS.get(PROFILE):
        for item in items:
            _limit_examples(getattr(item, "obj", None), limit)
    if reason := tmux_missing():
        _skip(items, "terminal", reason)


def _skip(items: list[pytest.Item], mark: str, reason: str) -> None:
    """Skip the tests that have a mark."""
    for item in items:
        if item.get_closest_marker(mark):
            item.add_marker(pytest.mark.skip(reason=reason))


def _limit_examples(test: Any, limit: int) -> None:
    """Limit a property whose own `settings` ask for more examples than the profile; hypothesis has no other way."""
    own = getattr(test, "_hypothesis_internal_use_settings", None)
    if own is not None and own.max_examples > limit:
        test._hypothesis_internal_use_settings = settings(own, max_examples=limit)


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
def start_on_pty(open_pty: Callable[..., Pty], tmp_path: Path) -> Callable[..., Pty]:
    """Write a program into `tmp_path`, and start it on a pty with `start_on_pty(source, *arguments)`."""
    return lambda source, *arguments: open_pty(program(source, tmp_path, *arguments), home=tmp_path)


@pytest.fixture
def start_on_pyte(open_pyte: Callable[..., PyteTerminal], tmp_path: Path) -> Callable[..., PyteTerminal]:
    """Write a program into `tmp_path`, and start it on a terminal in memory, as `start_on_pty` does."""
    return lambda source, *arguments: open_pyte(program(source, tmp_path, *arguments), home=tmp_path)


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    """A FIFO named `feed` in `tmp_path`, whose other end a program in a terminal reads."""
    fifo = Feed(tmp_path / "feed")
    yield fifo
    fifo.close()


@pytest.fixture
def open_log(open_tmux: Callable[..., Tmux], feed: Feed, tmp_path: Path) -> Callable[..., Log]:
    """Start the log in tmux with `open_log(columns, rows, options)`, under what the shell printed before."""
    from support.inline_log import start_log

    def start(columns: int = 80, rows: int = 24, options: str = "", **changes: Any) -> Log:
        script(tmp_path / "log", f'cat feed | "$PYTHON" -m reflowlog {options}')
        return start_log(open_tmux(columns, rows, **changes), feed)

    return start
