"""Inline display of a program in which an application takes the terminal for a while."""

from __future__ import annotations

import pytest
from support.printer_fakes import FakePainter

from reflowlog.console import program_display
from reflowlog.console.program_display import ProgramDisplay
from reflowlog.core.frames import Size
from reflowlog.display.scrollback import RecordScrollback
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer


class Shown:
    """A display, its painter, and the terminal's state.

    Attributes:
        is_taken: whether an application has the terminal.
        now: seconds.
    """

    def __init__(self) -> None:
        self.is_taken = False
        self.now = 100.0
        self.painter = FakePainter()
        renderer = LineRenderer(40, RenderOptions(colour=False, own_colour=False))
        self.display = ProgramDisplay(
            RecordScrollback(renderer, None),
            renderer,
            self.painter,
            size=Size(40, 6),
            is_taken=lambda: self.is_taken,
            clock=lambda: self.now,
        )

    def show(self, *lines: str) -> list[str]:
        """Keep lines, paint, and return the rows that were painted so far."""
        for line in lines:
            self.display.line(line)
        self.display.paint((), flush_requested=False)
        return self.painter.rows


@pytest.fixture
def shown() -> Shown:
    """A display on a free terminal."""
    return Shown()


def test_records_wait_until_the_terminal_was_free_for_a_while(shown: Shown) -> None:
    """An application restores the settings first, and leaves the alternate screen then: rows there would be lost."""
    assert shown.show("before") == ["before"]
    shown.is_taken = True
    assert shown.show("meanwhile") == ["before"]
    shown.is_taken = False
    assert shown.show() == ["before"]
    shown.now += program_display.FREE_INTERVAL / 2
    shown.is_taken = True
    assert shown.show() == ["before"]
    shown.is_taken = False
    shown.now += program_display.FREE_INTERVAL
    assert shown.show() == ["before"]
    assert shown.display.poll_timeout == program_display.TAKEN_POLL_INTERVAL
    shown.now += program_display.FREE_INTERVAL
    assert shown.show("after") == ["before", "meanwhile", "after"]


def test_the_end_does_not_wait(shown: Shown) -> None:
    """The last frame is painted whatever has the terminal."""
    shown.is_taken = True
    assert shown.show("meanwhile") == []
    shown.display.finish()
    assert shown.show() == ["meanwhile"]
