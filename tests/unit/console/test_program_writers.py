"""What is known of other writers to a program's terminal, where it cannot be watched."""

from __future__ import annotations

import io
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from reflowlog import Console, capture
from reflowlog.console import foreign_writers
from reflowlog.console.foreign_writers import ProgramWriters, count_process_starts, print_is_captured
from reflowlog.system.tty import terminal_device

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


@pytest.fixture
def terminal() -> Iterator[IO[str]]:
    """A stream that is a pseudo-terminal."""
    import pty

    master, slave = pty.openpty()
    with open(slave, "w") as stream:
        yield stream
    os.close(master)


def test_print_that_leads_to_the_terminal_is_not_captured(terminal: IO[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output or error: either is enough."""
    device = terminal_device(terminal.fileno())
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, "stdout", io.StringIO())
        monkeypatch.setattr(sys, "stderr", None)
        assert print_is_captured(device)
        monkeypatch.setattr(sys, name, terminal)
        assert not print_is_captured(device)


def test_a_stream_of_an_unknown_kind_may_lead_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a program's own copy of what it prints."""
    monkeypatch.setattr(sys, "stdout", object())
    monkeypatch.setattr(sys, "stderr", None)
    assert not print_is_captured(7)


def test_print_through_a_console_is_captured(terminal: IO[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """From the start of the capture to its end."""
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", None)
    device = terminal_device(terminal.fileno())
    with Console(io.StringIO()) as console:
        with capture(console, stderr=False):
            assert print_is_captured(device)
        assert not print_is_captured(device)


@pytest.mark.parametrize("captured", [True, False])
def test_an_unwatched_terminal_is_ours_only_while_print_is_captured(captured: bool) -> None:
    """Else rows are never laid out again."""
    writers = ProgramWriters(None, lambda: captured)
    assert not writers.have_written()
    assert writers.may_write_unnoticed() is not captured


def test_a_module_that_is_being_imported_is_watched_once_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """By another thread, or by the code that a signal handler, which logs, has interrupted."""

    class Popen:
        pass

    subprocess = ModuleType("subprocess")
    monkeypatch.setitem(sys.modules, "subprocess", subprocess)
    monkeypatch.setattr(foreign_writers, "_watches_subprocess", False)
    before = count_process_starts()
    assert count_process_starts() == before
    subprocess.Popen = Popen  # type: ignore[attr-defined]
    plain = Popen.__init__
    assert count_process_starts() == before + 1
    assert Popen.__init__ is not plain
    assert count_process_starts() == before + 1
