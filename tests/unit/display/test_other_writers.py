"""The inline display gives its rows up where another writer may have written among them."""

from __future__ import annotations

from support.printer_bench import Bench

from reflowlog.core.events import TextWritten
from reflowlog.core.frames import Size


def test_before_a_frame_the_rows_are_given_up_if_others_have_written() -> None:
    """The frame is then appended under the other text."""
    bench = Bench()
    bench.work(TextWritten("ours\n"))
    bench.others.answers = [True]
    bench.work(TextWritten("more\n"))
    assert bench.painter.calls == ["forget_rows"]
    assert bench.painter.rows == ["ours", "more"]


def test_on_a_new_width_the_rows_are_given_up_if_others_may_have_written() -> None:
    """Before the painter looks for rows to paint again."""
    bench = Bench()
    bench.work(TextWritten("ours\n"))
    bench.others.unnoticed = True
    bench.size = Size(30, 6)
    bench.work()
    assert bench.painter.calls == ["forget_rows", "resize 30x6"]


def test_if_others_write_between_layout_and_frame_no_row_is_painted_again() -> None:
    """Only records that are not on the screen yet are painted."""
    bench = Bench()
    bench.work(TextWritten("painted\n"))
    bench.painter.frames.clear()
    bench.painter.first = 0
    bench.size = Size(30, 6)
    bench.others.answers = [False, True]
    bench.work(TextWritten("new\n"))
    assert bench.painter.rows == ["new"]
    assert [frame.again for frame in bench.painter.frames] == [False]


def test_at_the_end_the_knowledge_of_others_is_released() -> None:
    """It may hold descriptors."""
    bench = Bench()
    bench.display.close()
    assert bench.others.closed
