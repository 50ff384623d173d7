"""Names that only Unix has."""

from __future__ import annotations

import os
import select
import signal
import sys

import pytest

from reflowlog.system import unix


def test_a_name_is_that_of_the_standard_library_at_the_time_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs replace functions, and remove them."""
    monkeypatch.setattr(os, "killpg", "replaced", raising=False)
    assert unix.killpg == "replaced"
    assert unix.has("killpg")
    monkeypatch.delattr(os, "killpg")
    monkeypatch.delattr(select, "poll", raising=False)
    assert not unix.has("killpg")
    with pytest.raises(AttributeError, match="has no poll"):
        _ = unix.poll


@pytest.mark.parametrize("name", ["fcntl", "termios"])
def test_a_module_that_a_system_lacks_is_not_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions tell less: `os.set_blocking` is on Windows since Python 3.12."""
    monkeypatch.setitem(sys.modules, name, None)
    assert not unix.has(name)
    monkeypatch.setitem(sys.modules, name, os)
    assert unix.has(name)
    assert getattr(unix, name) is os


def test_only_signals_that_exist_are_listed() -> None:
    """A system lacks some of them."""
    assert unix.signals("SIGNONE", "SIGTERM") == [signal.SIGTERM]
