"""One assembly of painters, displays and printer for a terminal, used by the command and by consoles in programs.

Invariants:
- What differs between the two is given: access to the terminal (`TerminalAccess`), the history, and the classes of
  displays that add something of their own. How the parts are connected is known here only.
- Nothing is written, and no thread is started, before the printer runs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.display.inline import InlineDisplay
from reflowlog.display.printer import Printer
from reflowlog.render.renderer import rows_when_cut
from reflowlog.terminal.inline import InlinePainter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.frames import Size
    from reflowlog.core.inbox import Inbox
    from reflowlog.core.records import Item
    from reflowlog.display.base import AppearanceOn, Display, DocumentSource, KeyboardControl, OtherWriters, Painter
    from reflowlog.display.pager import PagerDisplay
    from reflowlog.display.pager_services import PagerTools
    from reflowlog.display.scrollback import Scrollback
    from reflowlog.pager.context import PagerOptions
    from reflowlog.pager.regex_worker import RegexWorker
    from reflowlog.pager.state import PagerState
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.terminal.inline_screen import CursorReport
    from reflowlog.terminal.output import Output
    from reflowlog.terminal.reflow_models import TerminalModel
    from reflowlog.text.clean.joined_emoji import Joins

__all__ = ["SessionOptions", "TerminalAccess", "TerminalSession"]


class TerminalAccess(NamedTuple):
    """Access to a terminal.

    Attributes:
        output: takes the frames of the normal screen.
        screen_output: takes those of the alternate screen.
        measure: returns the size to lay out for.
        model: the terminal's behaviour, as far as its environment tells.
        joins: returns which joined emoji it draws as one.
        locate: queries the terminal for its cursor; None where the answer must not be read.
        position: queries the terminal for its cursor as it is now, before a frame; None likewise.
        others: knowledge of other writers; None: there are none.
        is_ours: returns whether this process has the terminal; else another program, such as a shell, may write to it.
    """

    output: Output
    screen_output: Output
    measure: Callable[[], Size]
    model: TerminalModel
    joins: Callable[[], Joins]
    locate: Callable[[], CursorReport | None] | None = None
    position: Callable[[], CursorReport | None] | None = None
    others: OtherWriters | None = None
    is_ours: Callable[[], bool] = lambda: True


class SessionOptions(NamedTuple):
    """Choices that hold for all displays of a session.

    Attributes:
        width: layout width in cells; None follows the terminal.
        rewrap_all: whether a new width lays out everything since the start, which erases the terminal's scrollback.
        wraps_lines: whether the terminal wraps the lines.
        has_mouse: whether the viewer reads the mouse.
        keeps_screen: whether the viewer leaves its last screen on the main screen.
        appearance_on: returns the appearance for a background; None: it is the same on all.
    """

    width: int | None = None
    rewrap_all: bool = False
    wraps_lines: bool = False
    has_mouse: bool = False
    keeps_screen: bool = False
    appearance_on: AppearanceOn | None = None


class TerminalSession:
    """Makes the displays of a terminal, and their printer. Printer thread.

    Args:
        access: to the terminal.
        options: for all displays.

    Attributes:
        size: the terminal's size when the session began.
        options: for all displays.
    """

    def __init__(self, access: TerminalAccess, options: SessionOptions) -> None:
        self._access = access
        self.options = options
        self.size = access.measure()

    @property
    def width(self) -> int:
        """Cells to lay out for at first."""
        return self.options.width or self.size.columns

    def make_inline(
        self,
        renderer: LineRenderer,
        scrollback: Scrollback,
        *,
        read: Callable[[str], Sequence[Item]] | None = None,
        make: Callable[..., InlineDisplay] = InlineDisplay,
    ) -> InlineDisplay:
        """Return a display on the normal screen.

        Args:
            renderer: lays records out; shared with the scrollback.
            scrollback: keeps the records.
            read: parses a line of text into records, for lines that are shown in columns; None: every line is text.
            make: a subclass of `InlineDisplay`, or a function with its arguments.
        """
        access, options = self._access, self.options
        painter = InlinePainter(
            access.output,
            self.size,
            recut=partial(rows_when_cut, joins=access.joins),
            model=access.model,
            locate=access.locate,
            rewrap_all=options.rewrap_all,
            wraps_lines=options.wraps_lines,
            position=access.position,
        )
        return make(
            scrollback,
            renderer,
            painter,
            size=self.size,
            measure=access.measure,
            fixed_width=options.width is not None,
            read=read,
            others=access.others,
            is_ours=access.is_ours,
            appearance_on=options.appearance_on,
        )

    def make_viewer(
        self,
        source: DocumentSource,
        settings: PagerOptions,
        state: PagerState,
        size: Size,
        *,
        matcher: RegexWorker,
        keys: KeyboardControl,
        left: Callable[[str], None],
        interrupted: Callable[[bool], str],
        tools: PagerTools,
    ) -> PagerDisplay:
        """Return the viewer on the alternate screen.

        Args:
            source: of its document.
            settings: what does not change while it is open.
            state: at its start.
            size: the terminal's present size.
            matcher: runs regular expressions that may take long.
            keys: the keyboard.
            left: called when the user leaves the viewer, see `PagerDisplay`.
            interrupted: called on Ctrl-C, see `PagerDisplay`.
            tools: what keys need besides the terminal.
        """
        from reflowlog.display.pager import PagerDisplay  # start-up cost: a program without keys has no viewer
        from reflowlog.display.pager_screen import PagerScreen
        from reflowlog.terminal.fullscreen import FullscreenPainter

        return PagerDisplay(
            source,
            PagerScreen(
                FullscreenPainter(self._access.screen_output, mouse=self.options.has_mouse),
                keys,
                size,
                is_ours=self._access.is_ours,
                keeps_rows=self.options.keeps_screen,
            ),
            settings,
            state,
            matcher=matcher,
            left=left,
            appearance_on=self.options.appearance_on,
            interrupted=interrupted,
            tools=tools,
        )

    def make_printer(
        self,
        inbox: Inbox,
        display: Display,
        *,
        lost: Callable[[BaseException], Painter | None],
        idle: float | None = None,
        drops_titles: bool = False,
    ) -> Printer:
        """Return the printer of a display, see `Printer`."""
        return Printer(inbox, display, measure=self._access.measure, idle=idle, drops_titles=drops_titles, lost=lost)
