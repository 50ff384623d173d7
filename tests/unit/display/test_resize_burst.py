"""Debouncing of resizes by the inline display, with a clock that the tests set."""

from __future__ import annotations

import time

import pytest
from support.printer_fakes import FakePainter

from reflowlog.core.events import Flush, ForeignText, TextWritten
from reflowlog.core.frames import Size
from reflowlog.core.inbox import Inbox
from reflowlog.display.inline import InlineDisplay
from reflowlog.display.printer import Printer
from reflowlog.display.scrollback import RecordScrollback
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer


class Bench:
    """A printer with an inline display whose painter needs 0.15 seconds without a new size."""

    def __init__(self, *, can_locate: bool = False) -> None:
        self.size = Size(20, 6)
        self.now = 0.0
        self.painter = FakePainter()
        self.painter.size_lag = 0.15
        self.painter.can_locate = can_locate
        self.painter.first = 0
        renderer = LineRenderer(20, RenderOptions(colour=False, own_colour=False))
        scrollback = RecordScrollback(renderer, None)
        self.display = InlineDisplay(
            scrollback, renderer, self.painter, size=self.size, measure=lambda: self.size, clock=lambda: self.now
        )
        self.printer = Printer(Inbox(), self.display, measure=lambda: self.size)

    def work(self, *events: object, after: float = 0.0) -> None:
        self.now += after
        self.printer.work(list(events))


def test_a_burst_of_resizes_is_repainted_once_when_it_rests() -> None:
    """Sizes that follow one another faster than the painter's lag are one burst."""
    bench = Bench()
    bench.work(TextWritten("one and a few more words\n"))
    for columns in range(30, 70):
        bench.size = Size(columns, 6)
        bench.work(after=0.06)
    assert bench.painter.calls == []
    bench.work(after=0.14)
    assert bench.painter.calls == []
    bench.work(after=0.02)
    bench.work(after=1.0)
    assert bench.painter.calls == ["resize 69x6"]
    assert [frame.again for frame in bench.painter.frames if frame.blocks] == [False, True]


def test_the_printer_wakes_up_when_a_burst_rests() -> None:
    """Nothing is due by itself, unless a burst lasts."""
    bench = Bench()
    bench.work()
    assert bench.display.poll_timeout is None
    bench.size = Size(30, 6)
    bench.work(after=1.0)
    bench.now += 0.05
    assert bench.display.poll_timeout is not None
    assert round(bench.display.poll_timeout, 3) == 0.1
    bench.work(after=0.1)
    assert bench.display.poll_timeout is None


def test_records_that_come_during_a_burst_are_held_back_until_it_rests() -> None:
    """The repaint lays them out with the others; a flush does not wait for it."""
    bench = Bench()
    bench.work(TextWritten("one and a few more words\n"))
    bench.size = Size(10, 6)
    bench.work(TextWritten("two and\n"))
    bench.size = Size(40, 6)
    bench.work(TextWritten("three and a few more words\n"), after=0.01)
    assert bench.painter.rows == ["one and a few more", "  words"]
    bench.work(after=0.2)
    frame = bench.painter.frames[-1]
    assert frame.again
    assert [text for _, text in frame.blocks] == ["one and a few more words", "two and", "three and a few more words"]


def test_a_burst_holds_records_back_for_a_second_at_most() -> None:
    """Then they are appended, laid out for the latest size, while the sizes go on changing."""
    bench = Bench()
    for step in range(25):
        bench.size = Size(30 + step, 6)
        bench.work(TextWritten(f"{step}\n"), after=0.05)
    shown = bench.painter.rows
    assert shown[:21] == [str(step) for step in range(21)]
    assert "resize 54x6" not in bench.painter.calls
    bench.work(Flush(lambda: None))
    assert bench.painter.rows == [str(step) for step in range(25)]


def test_a_height_that_changes_during_a_repaint_reaches_the_painter() -> None:
    """It follows the cursor's row from one height to the next, and must not miss one."""
    bench = Bench()
    noted: list[Size] = []
    bench.painter.note_size = noted.append  # type: ignore[method-assign]
    resize = bench.painter.resize

    def resize_meanwhile(size: Size, *_: object) -> int | None:
        bench.size = Size(30, 4)
        return resize(size)

    bench.painter.resize = resize_meanwhile  # type: ignore[method-assign]
    bench.size = Size(30, 6)
    bench.work()
    bench.work(after=0.2)
    bench.work()
    assert noted == [Size(30, 6), Size(30, 4)]


def test_a_flush_is_answered_during_a_burst() -> None:
    """Records are on the screen when a flush returns."""
    bench = Bench()
    bench.size = Size(30, 6)
    bench.work(TextWritten("one\n"), Flush(lambda: None))
    assert bench.painter.rows == ["one"]


@pytest.mark.parametrize("foreign", [False, True])
def test_rows_that_are_drawn_over_are_not_painted_during_a_burst(foreign: bool) -> None:
    """Each frame of a progress display, which flushes it, would leave a copy of rows that the terminal has cut."""
    bench = Bench()
    bench.work(TextWritten("\x1b[?25la 0%\nb 0%"))
    assert bench.painter.frames[-1].live == ["a 0%", "b 0%"]
    for number in range(30):
        bench.size = Size(30 + number, 6)
        frame = TextWritten(f"\r\x1b[2K\x1b[1A\x1b[2Kprinted {number}\na {number}%\nb {number}%")
        bench.work(frame, Flush(lambda: None), after=0.1)
        assert bench.painter.frames[-1].live == []
    if foreign:  # what is not on the screen cannot be left there
        bench.work(ForeignText())
    bench.work(after=0.2)
    assert bench.painter.frames[-1].live == ["printed 29", "a 29%", "b 29%"]


@pytest.mark.parametrize("can_locate", [False, True])
@pytest.mark.parametrize("moves_on", [False, True])
def test_the_end_during_a_burst_repaints_once_it_rests(can_locate: bool, moves_on: bool) -> None:
    """A terminal that cannot be queried is waited for; if its size changes meanwhile its rows are left as they are."""
    bench = Bench(can_locate=can_locate)
    bench.work(TextWritten("one\n"))
    bench.size = Size(30, 6)
    bench.work()
    bench.size = Size(40, 6) if moves_on else bench.size
    start = time.monotonic()
    bench.display.finish()
    assert (time.monotonic() - start >= bench.painter.size_lag) != can_locate
    assert bench.painter.calls == ["resize 30x6"] * (not moves_on)


def test_sizes_that_follow_the_end_do_not_hold_it_up() -> None:
    """The wait for rest is done once, however often a window that is dragged changes after it."""
    bench = Bench()
    bench.work(TextWritten("one\n"))
    start = time.monotonic()
    for columns in range(30, 40):
        bench.size = Size(columns, 6)
        bench.work()
        bench.display.finish()
    assert time.monotonic() - start < 3 * bench.painter.size_lag
