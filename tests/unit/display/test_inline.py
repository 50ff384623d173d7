"""The inline display between a new width and the frame that is painted for it."""

from __future__ import annotations

from support.printer_bench import Bench

from reflowlog.core.events import DeferredRecords, TextWritten
from reflowlog.core.frames import Size
from reflowlog.core.records import StyledLine


def test_a_repaint_is_given_up_if_the_size_has_changed_since_the_layout() -> None:
    """Its rows were counted for the size before; records that are not on the screen yet are painted."""
    bench = Bench()
    bench.work(TextWritten("painted\n"))
    bench.painter.frames.clear()
    bench.painter.first = 0
    bench.painter.size_lag = 60.0
    bench.size = Size(30, 6)
    bench.work()

    def drag_on(_: object) -> list[StyledLine]:
        bench.size = Size(40, 6)
        bench.painter.size_lag = 60.0
        return [StyledLine("new")]

    bench.painter.size_lag = 0.0
    bench.work(DeferredRecords((), drag_on, False))
    assert "drop_repaint" in bench.painter.calls
    assert bench.painter.rows == ["new"]
    assert [frame.again for frame in bench.painter.frames] == [False]
    bench.painter.frames.clear()
    bench.painter.size_lag = 0.0
    bench.work()
    assert [frame.again for frame in bench.painter.frames] == [True]
