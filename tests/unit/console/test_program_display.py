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
        prompt: the requests to it if it is a prompt; None if it is none.
        now: seconds.
    """

    def __init__(self) -> None:
        self.is_taken = False
        self.prompt: list[bool] | None = None
        self.now = 100.0
        self.painter = FakePainter()
        renderer = LineRenderer(40, RenderOptions(colour=False, own_colour=False))
        self.display = ProgramDisplay(
            RecordScrollback(renderer, None),
            renderer,
            self.painter,
            size=Size(40, 6),
            is_taken=lambda: self.is_taken,
            request_turn=self._request_turn,
            clock=lambda: self.now,
        )

    def _request_turn(self, is_wanted: bool) -> bool:
        if self.prompt is not None:
            self.prompt.append(is_wanted)
        return self.prompt is not None

    def show(self, *lines: str, unfinished: tuple[str, ...] = ()) -> list[str]:
        """Keep lines, paint, and return the rows that were painted so far."""
        for line in lines:
            self.display.line(line)
        self.display.paint(unfinished, flush_requested=False)
        return self.painter.rows

    def resize(self, columns: int) -> None:
        """Change the width, and let the burst of resizes come to rest."""
        self.display.resize(Size(columns, 6))
        self.now += 1
        self.display.resize(Size(columns, 6))


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


def test_a_resize_while_the_terminal_is_taken_costs_no_record(shown: Shown) -> None:
    """Records that wait are laid out for the new width once the application has left."""
    shown.show("before")
    shown.is_taken = True
    shown.show("meanwhile")
    shown.resize(30)
    assert shown.show("after the resize") == ["before"]
    shown.resize(20)
    shown.is_taken = False
    shown.show()
    shown.now += program_display.FREE_INTERVAL
    assert shown.show() == ["before", "meanwhile", "after the resize"]


def test_the_end_after_a_resize_costs_no_record(shown: Shown) -> None:
    """The end comes within the burst of resizes, and while the application still has the terminal."""
    shown.is_taken = True
    shown.show("meanwhile")
    shown.display.resize(Size(30, 6))
    shown.display.finish()
    assert shown.show() == ["meanwhile"]


def test_a_prompt_is_asked_for_a_turn_only_if_there_is_something_to_paint(shown: Shown) -> None:
    """An unterminated line that was painted is nothing new."""
    shown.show(unfinished=("half",))
    shown.is_taken, shown.prompt = True, []
    shown.show(unfinished=("half",))
    shown.show("meanwhile", unfinished=("half",))
    shown.show(unfinished=("half",))
    assert shown.prompt == [False, True, True]
    shown.is_taken = False
    assert shown.show(unfinished=("half",)) == ["meanwhile"]
    shown.is_taken, shown.prompt = True, []
    shown.show(unfinished=("half a line",))
    assert shown.prompt == [True]


def test_the_terminal_is_free_as_soon_as_a_prompt_has_ended(shown: Shown) -> None:
    """A prompt leaves nothing behind that would cost rows, and the next one may be there in a moment."""
    shown.is_taken, shown.prompt = True, []
    shown.show()
    shown.is_taken = False
    assert shown.show("at once") == ["at once"]


def test_an_unterminated_line_above_a_prompt_is_not_painted_again(shown: Shown) -> None:
    """It stays where it is."""
    shown.show(unfinished=("half",))
    shown.is_taken, shown.prompt = True, []
    shown.show("meanwhile", unfinished=("half",))
    shown.is_taken = False
    shown.show(unfinished=("half",))
    assert shown.painter.frames[-1].live == []
