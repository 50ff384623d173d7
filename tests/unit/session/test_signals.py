"""Signals are handled only where their action was the default, and have it back afterwards."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from reflowlog.session.signals import SignalHandlers

if TYPE_CHECKING:
    from collections.abc import Iterator

if not hasattr(signal, "SIGCONT"):
    pytest.skip("needs SIGCONT", allow_module_level=True)


@pytest.fixture(autouse=True)
def default_action() -> Iterator[None]:
    """Give the signal its default action, before and after."""
    found = signal.signal(signal.SIGCONT, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGCONT, found)


def test_a_signal_with_the_default_action_is_handled_and_restored() -> None:
    """Both may be repeated."""
    handlers, received = SignalHandlers(), []
    assert handlers.install("SIGCONT", lambda number, _frame: received.append(number))
    assert not handlers.install("SIGCONT", lambda *_: None)
    signal.raise_signal(signal.SIGCONT)
    assert received == [signal.SIGCONT]
    handlers.restore()
    handlers.restore()
    assert signal.getsignal(signal.SIGCONT) is signal.SIG_DFL


def test_a_handler_of_the_program_stays() -> None:
    """Whether it was there before, or has replaced ours."""

    def own(*_: object) -> None:
        """Do nothing."""

    signal.signal(signal.SIGCONT, own)
    handlers = SignalHandlers()
    assert not handlers.install("SIGCONT", lambda *_: None)
    signal.signal(signal.SIGCONT, signal.SIG_DFL)
    assert handlers.install("SIGCONT", lambda *_: None)
    signal.signal(signal.SIGCONT, own)
    handlers.restore()
    assert signal.getsignal(signal.SIGCONT) is own


def test_a_signal_that_the_system_lacks_is_not_handled() -> None:
    """Such as SIGHUP on Windows."""
    assert not SignalHandlers().install("SIGNONE", lambda *_: None)


def test_on_another_thread_nothing_is_installed() -> None:
    """Python handles signals on the main thread."""
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(SignalHandlers().install("SIGCONT", lambda *_: None)))
    thread.start()
    thread.join()
    assert done == [False]
    assert signal.getsignal(signal.SIGCONT) is signal.SIG_DFL
