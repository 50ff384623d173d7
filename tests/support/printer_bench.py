"""A printer with an inline display and a fake painter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.core.frames import Size
from reflowlog.core.inbox import Inbox
from reflowlog.display.inline import InlineDisplay
from reflowlog.display.printer import Printer
from reflowlog.display.scrollback import LineScrollback, RecordScrollback
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.store.line_index import LineIndex
from reflowlog.store.spool import Spool
from support.printer_fakes import FakePainter, FakeWriters

if TYPE_CHECKING:
    from reflowlog.display.scrollback import Scrollback


class Bench:
    """A printer and all that belongs to it, at 20 columns and 6 rows."""

    def __init__(
        self, *, lines: bool = False, limit: int | None = None, fixed_width: bool = False, **options: Any
    ) -> None:
        self.size = Size(20, 6)
        self.inbox = Inbox()
        self.painter = FakePainter()
        renderer = LineRenderer(20, RenderOptions(colour=False, own_colour=False))
        scrollback: Scrollback = (
            LineScrollback(renderer, LineIndex(Spool(), limit)) if lines else RecordScrollback(renderer, limit)
        )
        self.lost: list[BaseException] = []
        options.setdefault("lost", self.lost.append)

        def measure() -> Size:
            return self.size

        self.is_ours = True
        self.others = FakeWriters()
        self.display = InlineDisplay(
            scrollback,
            renderer,
            self.painter,
            size=self.size,
            measure=measure,
            fixed_width=fixed_width,
            others=self.others,
            is_ours=lambda: self.is_ours,
        )
        self.printer = Printer(self.inbox, self.display, measure=measure, **options)

    def work(self, *events: object) -> None:
        self.printer.work(list(events))
