"""Cursor query: terminals that answer, that answer late or not at all, and keyboards with a reader of their own."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("termios")
import pty
import termios

from reflowlog.terminal import cursor
from reflowlog.terminal.cursor import CursorLocator
from reflowlog.terminal.inline_screen import CursorReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ASKED = b"\x1b8"  # the last that a question holds


class Answering:
    """A pseudo-terminal whose other side answers each question with the next of some answers, the last one for ever."""

    def __init__(self, *answers: bytes) -> None:
        self._master, self.slave = pty.openpty()
        self._answers = list(answers)
        self.questions = 0
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    @property
    def path(self) -> str:
        return os.ttyname(self.slave)

    def _answer(self) -> None:
        asked = b""
        while True:
            asked += os.read(self._master, 1000)
            if b"!" in asked:
                return
            if asked.endswith(ASKED):
                asked = b""
                self.questions += 1
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                os.write(self._master, answer)

    def close(self) -> None:
        os.write(self.slave, b"!")
        self._thread.join()
        os.close(self._master)
        os.close(self.slave)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Answering]]:
    """Make terminals that answer; the tests' own process counts as being in their foreground."""
    monkeypatch.setattr(cursor.os, "tcgetpgrp", lambda _: os.getpgrp())
    monkeypatch.setattr(cursor, "STABLE_INTERVAL", 0.0)
    made: list[Answering] = []

    def make(*answers: bytes) -> Answering:
        made.append(Answering(*answers))
        return made[-1]

    yield make
    for terminal in made:
        terminal.close()


def reports(row: int, columns: int, rows: int) -> bytes:
    """Return the reports of a terminal of that size with its cursor in that row."""
    return f"\x1b[{row};1R\x1b[{rows};{columns}R".encode()


def test_the_place_is_what_the_terminal_says(answering: Callable[..., Answering]) -> None:
    """The cursor's row, and the terminal's own size; its settings are as they were."""
    terminal = answering(reports(7, 80, 24))
    before = termios.tcgetattr(terminal.slave)
    assert CursorLocator(lambda: (80, 24), terminal.path)() == CursorReport(7, 80, 24, 1)
    assert termios.tcgetattr(terminal.slave) == before


def test_it_waits_until_the_kernel_knows_the_size(answering: Callable[..., Answering]) -> None:
    """While a window is dragged the two differ."""
    terminal = answering(reports(7, 80, 24))
    sizes = iter([(100, 24), (90, 24), (80, 24)])
    assert CursorLocator(lambda: next(sizes), terminal.path)() == CursorReport(7, 80, 24, 1)
    with pytest.raises(StopIteration):
        next(sizes)


def test_it_waits_until_two_answers_agree(answering: Callable[..., Answering]) -> None:
    """The last one counts."""
    terminal = answering(reports(7, 80, 24), reports(6, 70, 24), reports(5, 60, 24), reports(5, 60, 24))
    assert CursorLocator(lambda: (60, 24), terminal.path)() == CursorReport(5, 60, 24, 1)


def test_a_size_that_only_the_kernel_has_is_taken_in_the_end(answering: Callable[..., Answering]) -> None:
    """A size that was set by `stty columns` is used in the end."""
    terminal = answering(reports(7, 80, 24))
    assert CursorLocator(lambda: (40, 24), terminal.path)() == CursorReport(7, 80, 24, 1)
    assert terminal.questions < 30


def test_an_answer_may_come_among_what_is_typed(answering: Callable[..., Answering]) -> None:
    """Keys before, between and after the reports do not disturb."""
    terminal = answering(b"ls\x1b[A" + reports(7, 80, 24).replace(b"R\x1b", b"Rx\x1b"))
    assert CursorLocator(lambda: (80, 24), terminal.path)() == CursorReport(7, 80, 24, 1)


def test_a_terminal_that_does_not_answer_is_asked_once(
    answering: Callable[..., Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No second query waits for it."""
    monkeypatch.setattr(cursor, "ANSWER_TIMEOUT", 0.01)
    terminal = answering(b"")
    locator = CursorLocator(lambda: (80, 24), terminal.path)
    assert locator() is None
    assert locator() is None
    assert terminal.questions <= 1


def test_no_terminal_no_answer() -> None:
    """Where none controls the process, or the path is no terminal."""
    assert CursorLocator(lambda: (80, 24), "/nowhere/tty")() is None
    assert CursorLocator(lambda: (80, 24), os.devnull)() is None


def test_in_the_background_nothing_is_asked(
    answering: Callable[..., Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To ask would stop the process."""
    monkeypatch.setattr(cursor.os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
    terminal = answering(reports(7, 80, 24))
    assert CursorLocator(lambda: (80, 24), terminal.path)() is None
    assert terminal.questions == 0


def test_the_keyboard_is_queried_first(answering: Callable[..., Answering]) -> None:
    """The keyboard takes the answer out of its input, so that the terminal has one reader."""
    asked: list[tuple[str, int, float]] = []

    def keyboard(question: str, count: int, within: float) -> list[tuple[int, int]] | None:
        asked.append((question, count, within))
        return [(7, 3), (24, 80)]

    terminal = answering(reports(1, 2, 3))
    assert CursorLocator(lambda: (80, 24), terminal.path, keyboard)() == CursorReport(7, 80, 24, 3)
    assert asked[0][0].encode().endswith(ASKED)
    assert asked[0][1] == 2
    assert terminal.questions == 0


def test_a_keyboard_that_does_not_run_is_passed_over(answering: Callable[..., Answering]) -> None:
    """Without a running keyboard the terminal is read directly."""
    terminal = answering(reports(7, 80, 24))
    assert CursorLocator(lambda: (80, 24), terminal.path, lambda *_: None)() == CursorReport(7, 80, 24, 1)
    assert terminal.questions > 0


@pytest.mark.parametrize("answer", [[], [(7, 3)]], ids=["none", "one of two"])
def test_a_late_answer_to_a_keyboard_is_no_reason_to_stop_asking(
    answering: Callable[..., Answering], answer: list[tuple[int, int]]
) -> None:
    """The keyboard discards late reports, so the terminal is queried again at the next call, and by nothing else."""
    asked: list[str] = []

    def keyboard(question: str, count: int, within: float) -> list[tuple[int, int]]:
        asked.append(question)
        return answer

    terminal = answering(reports(7, 80, 24))
    locator = CursorLocator(lambda: (80, 24), terminal.path, keyboard)
    assert locator() is None
    assert locator() is None
    assert len(asked) == 2
    assert terminal.questions == 0


def test_the_time_to_wait_adapts_to_the_terminal(answering: Callable[..., Answering]) -> None:
    """A terminal that has answered is waited for longer, a silent one for a shorter time; the version is asked once."""
    asked: list[tuple[str, float]] = []
    answers = iter([[], [], [(7, 1), (24, 80)], [(7, 1), (24, 80)], [], [(7, 1), (24, 80)], [(7, 1), (24, 80)]])

    def keyboard(question: str, count: int, within: float) -> list[tuple[int, int]]:
        asked.append((question, within))
        return next(answers)

    locator = CursorLocator(lambda: (80, 24), "/nowhere/tty", keyboard, lambda: "VTE(7006)")
    found = [locator() for _ in range(5)]
    assert [report and report.version for report in found] == [None, None, "VTE(7006)", None, "VTE(7006)"]
    first, silent, late = cursor.ANSWER_TIMEOUT, cursor.SILENT_TIMEOUT, cursor.LATE_TIMEOUT
    assert [within for _, within in asked] == [first, silent, silent, late, late, late, late]
    assert ["[>q" in question for question, _ in asked] == [True, True, True, False, False, False, False]


def test_the_position_alone_is_one_report(answering: Callable[..., Answering]) -> None:
    """Before a frame nothing is waited for but the answer, and the kernel's size holds."""
    asked: list[tuple[str, int]] = []

    def keyboard(question: str, count: int, within: float) -> list[tuple[int, int]]:
        asked.append((question, count))
        return [(7, 3)]

    locator = CursorLocator(lambda: (80, 24), "/nowhere/tty", keyboard)
    assert locator.position() == CursorReport(7, 80, 24, 3)
    assert asked == [("\x1b[>q\x1b[6n", 1)]


def test_a_slow_terminal_is_seldom_asked_for_the_position(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most a tenth of the time; one that has never answered is not asked before a frame."""
    now = [100.0]
    monkeypatch.setattr(cursor.time, "monotonic", lambda: now[0])
    answers = [[(7, 3)], [(7, 3)], []]

    def keyboard(question: str, count: int, within: float) -> list[tuple[int, int]]:
        now[0] += 0.1
        return answers.pop(0)

    locator = CursorLocator(lambda: (80, 24), "/nowhere/tty", keyboard)
    assert locator.position()
    now[0] += 0.85
    assert locator.position() is None
    now[0] += 0.1
    assert locator.position()
    silent = CursorLocator(lambda: (80, 24), "/nowhere/tty", keyboard)
    assert silent.position() is None
    now[0] += 100
    assert silent.position() is None
    assert not answers


def test_the_version_is_read_without_a_keyboard(answering: Callable[..., Answering]) -> None:
    """The answer to XTVERSION comes before the reports."""
    terminal = answering(b"\x1bP>|tmux 3.3a\x1b\\" + reports(7, 80, 24), reports(7, 80, 24))
    assert CursorLocator(lambda: (80, 24), terminal.path)() == CursorReport(7, 80, 24, 1, "tmux 3.3a")
