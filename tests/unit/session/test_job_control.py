"""The terminal is released and taken back, however that ends."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from reflowlog.core.events import Suspend, TerminalChanged
from reflowlog.session.job_control import JobControl


class Recorder:
    """Keyboard and printer thread that record their calls, in one order."""

    def __init__(self, *, answers: bool = True) -> None:
        self.calls: list[str] = []
        self.answers = answers
        self.inbox = self
        self.threads: list[threading.Thread] = []

    def suspend(self) -> None:
        """Record the keyboard's release."""
        self.calls.append("suspend")

    def put(self, event: Any) -> None:
        """Process an event on a thread, as the printer does."""
        if isinstance(event, TerminalChanged):
            self.calls.append(f"resumed={event.resumed}")
        elif isinstance(event, Suspend) and self.answers:
            self.threads.append(threading.Thread(target=self._park, args=(event,)))
            self.threads[-1].start()

    def _park(self, event: Suspend) -> None:
        event.parked()
        event.wait()
        self.calls.append("back")

    def wake_now(self) -> None:
        """Record that the printer is woken."""
        self.calls.append("wake")

    def join(self) -> list[str]:
        """Wait for the printer, and return the calls."""
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive()
        return self.calls


def job_of(recorder: Any, timeout: float = 10) -> JobControl:
    """A job whose keyboard and printer are recorded."""
    return JobControl(recorder, recorder, timeout)


def test_the_printer_waits_while_the_terminal_is_released() -> None:
    """The keyboard is released first."""
    recorder = Recorder()
    job = job_of(recorder)
    with job.released():
        assert job.is_stopping
        assert recorder.calls[0] == "suspend"
        assert "back" not in recorder.calls
    assert not job.is_stopping
    assert recorder.join()[-1] == "back"


def test_the_printer_goes_on_if_the_release_ends_by_an_error() -> None:
    """Such as a signal that ends the program."""
    recorder = Recorder()
    with pytest.raises(SystemExit), job_of(recorder).released():
        raise SystemExit
    assert recorder.join()[-1] == "back"


def test_a_printer_that_does_not_answer_is_not_waited_for_for_ever() -> None:
    """A slow terminal: the job is stopped all the same."""
    job = job_of(Recorder(answers=False), timeout=0.01)
    with job.released():
        assert job.is_stopping
    assert not job.is_stopping


def test_a_job_that_is_continued_before_it_was_stopped_is_not_to_be_stopped() -> None:
    """The shell would not continue it again. Nothing is repainted twice."""
    recorder = Recorder()
    job = job_of(recorder)
    with job.released():
        job.handle_continue(0, None)
        assert not job.is_stopping
    assert not [call for call in recorder.join() if call.startswith("resumed")]


def test_a_stop_that_was_not_announced_is_followed_by_a_repaint() -> None:
    """SIGSTOP cannot be handled."""
    recorder = Recorder()
    job_of(recorder).handle_continue(0, None)
    assert recorder.calls == ["resumed=True"]
