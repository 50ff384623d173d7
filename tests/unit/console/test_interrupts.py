"""Notice of each Ctrl-C: the program's handlers stay what they are."""

from __future__ import annotations

import signal
import threading
import traceback
from signal import signal as set_handler
from typing import TYPE_CHECKING, Any

import pytest

from reflowlog.console import interrupts
from reflowlog.console.interrupts import notice_interrupts, stop_noticing

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def noted() -> Iterator[list[str]]:
    """The notices so far; handler and functions are restored afterwards."""
    module = vars(signal)["_signal"]
    before = signal.getsignal(signal.SIGINT), module.signal, module.getsignal
    notices: list[str] = []
    notice_interrupts(lambda: notices.append("noted"))
    yield notices
    stop_noticing()
    handler, module.signal, module.getsignal = before
    signal.signal(signal.SIGINT, handler)


def test_the_default_handler_raises_without_a_frame_of_ours(noted: list[str]) -> None:
    """And it is still the default one for those who ask, as asyncio does."""
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt) as caught:
        signal.raise_signal(signal.SIGINT)
    assert noted == ["noted"]
    files = {frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)}
    assert interrupts.__file__ not in files


def test_a_handler_of_the_program_is_called_after_the_notice(noted: list[str]) -> None:
    """With its arguments, and it is returned by `getsignal` and by the next `signal`."""

    def handler(number: int, frame: Any) -> None:
        noted.append(f"handled {number} {frame is not None}")

    assert signal.signal(signal.SIGINT, handler) is signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is handler
    signal.raise_signal(signal.SIGINT)
    assert noted == ["noted", "handled 2 True"]
    assert signal.signal(signal.SIGINT, signal.SIG_IGN) is handler
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.raise_signal(signal.SIGINT)
    assert len(noted) == 2


def test_a_program_that_has_taken_the_function_before_is_noticed(noted: list[str]) -> None:
    """By ``from signal import signal``, ahead of the console."""
    assert set_handler(signal.SIGINT, lambda *_: None) is signal.default_int_handler
    signal.raise_signal(signal.SIGINT)
    assert noted == ["noted"]


def test_once_it_has_ended_the_handler_is_the_programs_own(noted: list[str]) -> None:
    """Also for code in C; a handler that is set later is not noticed."""
    own = interrupts._get_handler
    signal.signal(signal.SIGINT, print)
    assert own(signal.SIGINT) is not print
    stop_noticing()
    assert own(signal.SIGINT) is print
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.raise_signal(signal.SIGINT)
    assert noted == []


def test_other_signals_and_other_threads_are_left_alone(noted: list[str]) -> None:
    """A handler cannot be set on another thread, with the same error as ever."""
    errors: list[str] = []

    def work() -> None:
        notice_interrupts(lambda: None)
        try:
            signal.signal(signal.SIGINT, print)
        except ValueError as error:
            errors.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(errors) == 1
    assert noted == []
    before = signal.getsignal(signal.SIGTERM)
    assert signal.signal(signal.SIGTERM, print) is before
    assert signal.signal(signal.SIGTERM, before) is print
