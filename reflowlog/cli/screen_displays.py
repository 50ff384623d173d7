"""Printer and displays of the screen modes, built from the options. On the printer's thread unless noted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reflowlog.cli.build import followed_directories, make_field_names, make_inline_folds
from reflowlog.cli.rendering import SourceNames, make_gap_finder, make_render_options, make_renderer
from reflowlog.core.events import TerminalChanged
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.display.scrollback import LineScrollback
from reflowlog.display.switching import SwitchingDisplay
from reflowlog.render.renderer import USUAL_WIDTH
from reflowlog.session.foreign_writers import WatchedTerminal
from reflowlog.session.terminal_session import SessionOptions, TerminalAccess, TerminalSession
from reflowlog.store.line_index import LineIndex
from reflowlog.store.pipe_text import PipeText
from reflowlog.store.source_runs import SourceRuns
from reflowlog.store.spool import Spool
from reflowlog.system import tty, unix
from reflowlog.terminal.background import can_report_background
from reflowlog.terminal.cursor import CursorLocator
from reflowlog.terminal.emoji_probe import EmojiProbe
from reflowlog.terminal.output import BackgroundOutput, FileOutput
from reflowlog.terminal.reflow_models import model_by_environment, model_by_version
from reflowlog.text.layout.column_plan import ColumnTracker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.options import CliOptions
    from reflowlog.core.frames import Size
    from reflowlog.core.inbox import Inbox
    from reflowlog.display.base import AppearanceOn, DocumentSource
    from reflowlog.display.inline import InlineDisplay
    from reflowlog.display.pager import PagerDisplay
    from reflowlog.display.printer import Printer
    from reflowlog.sources.inputs import Input
    from reflowlog.system.interruptible import MainThreadRunner
    from reflowlog.terminal.keyboard import Keyboard

__all__ = ["ScreenCallbacks", "ScreenDisplays"]

_USUAL_LINES = (
    b"2024-05-01 10:00:00 INFO app: the server started after 7 ms\n",
    b"2024-05-01 10:00:00,123 [main] WARN app.http[7] (net.py:8) slow\n",  # a header of no usual form
)
_SIZE_POLL_INTERVAL = None if unix.has("SIGWINCH") else 0.25  # seconds; None: the signal reports a new size


class ScreenCallbacks(NamedTuple):
    """Callbacks of the printer's thread to the screen mode.

    Attributes:
        finish: called when the user quits, and at the end of the input in inline mode.
        interrupted: called for Ctrl-C in a viewer with nothing to interrupt; returns the status message.
        lost: called with the exception that ended the output.
        warn: takes one line about a failure.
    """

    finish: Callable[[], None]
    interrupted: Callable[[bool], str]
    lost: Callable[[BaseException], None]
    warn: Callable[[str], None]


class ScreenDisplays:
    """Factory of the printer for a file in place or for a pipe, and the state of the screen that it tracks.

    It has more attributes than most classes because it is the one place where the screen modes are assembled.

    Args:
        options: the command line.
        inputs: what is shown.
        keyboard: the keyboard.
        runner: runs regular expressions on the main thread.
        put: appends an event to the printer's inbox.
        full: whether to begin in the viewer, without an inline display under it.
        is_pipe: whether another program writes the input.
        note: the first message in the viewer's status row.

    Attributes:
        sources: the names of the sources.
        starts_full: whether the viewer is all there is.
        is_full: whether the alternate screen is up, or is about to be. Any thread may read it.
    """

    def __init__(
        self,
        options: CliOptions,
        inputs: Sequence[Input],
        keyboard: Keyboard,
        runner: MainThreadRunner,
        put: Callable[[object], None],
        *,
        full: bool,
        is_pipe: bool,
        note: str = "",
    ) -> None:
        self.sources = SourceNames(inputs, grows=bool(followed_directories(options)))
        self.starts_full = self.is_full = full
        self._options = options
        self._inputs = inputs
        self._keyboard = keyboard
        self._runner = runner
        self._put = put
        self._is_pipe = is_pipe
        self._note = note
        self._tracker = ColumnTracker()
        self._size = tty.size_of(1, os.environ)
        self._in_background = False  # at the last measurement
        self._model = model = model_by_environment(os.environ)
        self._emoji = EmojiProbe(
            keyboard.query_cursor if can_report_background(os.environ) else None,
            lambda: model_by_version(keyboard.terminal_version()) or model,
            lambda: not self.is_full,
        )

    def _measure(self) -> Size:
        """Return the terminal's size; in the background, where another program has the screen, the last one.

        Back in the foreground a new size is used only together with a repaint for the changed screen: not every shell
        sends SIGCONT to a job that runs.
        """
        was_in_background, self._in_background = self._in_background, not tty.in_foreground(1)
        if was_in_background and not self._in_background:
            self._put(TerminalChanged(resumed=True))
        elif not self._in_background:
            self._size = tty.size_of(1, os.environ)
        return self._size

    def make_file_printer(self, inbox: Inbox, callbacks: ScreenCallbacks) -> Printer:
        """Return the printer of a file that is viewed in place; see `make_pipe_printer`."""
        from reflowlog.store.document_source import FileDocument  # start-up cost: only for a file in place
        from reflowlog.store.file_text import FileText

        session = self._make_session()
        source = self._inputs[0]
        start, stop = self._find_selection(source, callbacks.warn)
        text = FileText(source.name, source.descriptor, start, stop)
        display = self._make_pager(session, FileDocument(text, source.name), callbacks)
        display.ready()
        return session.make_printer(inbox, display, idle=_SIZE_POLL_INTERVAL, lost=callbacks.lost)

    def make_pipe_printer(self, inbox: Inbox, callbacks: ScreenCallbacks) -> Printer:
        """Return the printer of an input that is read from start to end; it takes its events from `inbox`."""
        session = self._make_session()
        history = LineIndex(Spool(on_trouble=callbacks.warn), self._options.history)
        text = PipeText(history)
        count = len(self._inputs)
        name = f"{count} inputs" if count > 1 else "" if self._inputs[0].descriptor == 0 else self._inputs[0].name
        owners = None if self.sources.names is None else SourceRuns()

        def make_pager(left: Callable[[str], None] | None = None) -> PagerDisplay:
            from reflowlog.store.document_source import PipeDocument  # start-up cost: only once the viewer is opened

            return self._make_pager(session, PipeDocument(text, name, owners), callbacks, left, owners)

        display: PagerDisplay | SwitchingDisplay
        if self.starts_full:
            display = make_pager()
            if not self._is_pipe:
                display.ready()
        else:
            log = self._make_inline(session, history, owners)
            keys = self._options.keys
            display = SwitchingDisplay(
                log,
                text,
                make_pager,
                self._keyboard,
                callbacks.finish,
                self._set_full,
                keys,
                asks_background=session.options.appearance_on is not None,
            )
        is_command = bool(self._options.command)
        return session.make_printer(
            inbox, display, drops_titles=is_command, idle=_SIZE_POLL_INTERVAL, lost=callbacks.lost
        )

    def warm_up(self, has_input: Callable[[], bool]) -> None:
        """Import the modules that draw lines, on the main thread, while the printer waits for the terminal's answer.

        Those that only some lines need are imported as long as there is no input: once there is, the printer imports
        them itself, sooner than while this thread imports as well.
        """
        if self.starts_full:
            return
        renderer = make_renderer(self._options, USUAL_WIDTH)
        for line in _USUAL_LINES:
            renderer.lines(line)
            if has_input():
                return

    def _find_selection(self, source: Input, warn: Callable[[str], None]) -> tuple[int, int | None]:
        """Return the offsets at which the selected part of a file begins and ends; None: at its end."""
        if not self._options.partial:
            return 0, None
        from reflowlog.cli.merging import make_selection  # start-up cost: only for a part of a file
        from reflowlog.sources.time_range import find

        selection = make_selection(self._options)
        try:
            size = os.fstat(source.descriptor).st_size
            start, stop = find(source.descriptor, size, selection, make_field_names(self._options))
        except OSError as error:
            warn(f"cannot read {source.name}: {error.strerror or error}")
            return 0, None
        return start, None if selection.until is None else stop

    def _set_full(self, on: bool) -> None:
        self.is_full = on

    def _make_session(self) -> TerminalSession:
        """Return the assembly of the displays. Once, after the first measurement."""
        options = self._options
        locate = CursorLocator(
            self._measure, reports=self._keyboard.query_cursor, version=self._keyboard.terminal_version
        )
        terminal = WatchedTerminal(1)  # the programs that write the input may write to the terminal as well
        return TerminalSession(
            TerminalAccess(
                BackgroundOutput(terminal.descriptor),
                FileOutput(terminal.descriptor),
                self._measure,
                self._model,
                joins=self._emoji.known,
                locate=locate,
                position=locate.position,
                others=terminal,
                is_ours=lambda: tty.in_foreground(1),
            ),
            SessionOptions(
                width=options.width,
                rewrap_all=options.rewrap == "all",
                wraps_lines=options.wrap == "terminal" and options.width is None,
                has_mouse=options.mouse,
                keeps_screen=options.keeps_screen and self.starts_full,
                appearance_on=self._appearance_on(),
            ),
        )

    def _make_inline(self, session: TerminalSession, history: LineIndex, owners: SourceRuns | None) -> InlineDisplay:
        unbroken = session.options.wraps_lines
        labels = self.sources.labels
        renderer = make_renderer(
            self._options, session.width, labels, unbroken=unbroken, joins=self._emoji, tracker=self._tracker
        )
        gaps, folds = make_gap_finder(self._options), make_inline_folds(self._options)
        is_whole = not self._options.has_filter
        scrollback = LineScrollback(renderer, history, owners, gaps, folds, is_whole=is_whole)
        return session.make_inline(renderer, scrollback)

    def _appearance_on(self) -> AppearanceOn | None:
        """Return the function that returns the appearance for a background; None if the theme depends on none."""
        options = self._options
        theme = make_render_options(options, on_tty=True).appearance.theme
        if options.theme not in ("", "auto") or theme is None or theme.name == "mono":
            return None
        if not can_report_background(os.environ):
            return None
        return lambda shade: make_render_options(options._replace(theme=shade), on_tty=True).appearance

    def _make_pager(
        self,
        session: TerminalSession,
        source: DocumentSource,
        callbacks: ScreenCallbacks,
        left: Callable[[str], None] | None = None,
        owners: SourceRuns | None = None,
    ) -> PagerDisplay:
        """Return the viewer; `left` is called when it is left for the inline display; None: there is none."""
        # start-up cost: inline, only once it is opened
        from reflowlog.cli.screen_viewer import ViewerParts, make_viewer

        parts = ViewerParts(
            self._options,
            self.sources.labels,
            owners,
            self._emoji.known,
            self._tracker,
            self._runner,
            self._put,
            self._keyboard,
            callbacks.interrupted,
            is_pipe=self._is_pipe,
            note=self._note,
        )
        return make_viewer(session, source, self._size, parts, left or (lambda _: callbacks.finish()))
