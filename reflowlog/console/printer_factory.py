"""Factory of the printers of a console's output: display, painter, options of rendering and signals.

Invariants:
- In a program SIGWINCH is handled only if its action was the default, and keys are read only on request.
- On a terminal with colours, records and printed lines have the styles of the user's theme.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import nullcontext
from functools import partial
from typing import IO, TYPE_CHECKING, TextIO, cast

from reflowlog.console.direct_output import DirectWriter, FollowingOutput, descriptor_of
from reflowlog.console.foreign_writers import ProgramWriters, TerminalUse, open_watch, print_is_captured
from reflowlog.console.program_display import ProgramDisplay
from reflowlog.console.prompt_turns import PromptTurns
from reflowlog.console.target import is_terminal, size_of
from reflowlog.core.events import TerminalChanged
from reflowlog.core.frames import Size
from reflowlog.display.inline import InlineDisplay
from reflowlog.display.printer import Printer, describe_error
from reflowlog.display.scrollback import RecordScrollback
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.session.job_control import JobControl
from reflowlog.session.signals import SignalHandlers
from reflowlog.session.terminal_session import SessionOptions, TerminalAccess, TerminalSession
from reflowlog.system import fd_redirect, tty
from reflowlog.system.fds import OutputClosed, is_open
from reflowlog.system.tty import terminal_device
from reflowlog.terminal.output import FileOutput, drain_stream
from reflowlog.terminal.plain import PlainPainter
from reflowlog.terminal.reflow_models import model_by_environment
from reflowlog.text.highlight.appearance import Appearance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.console.interactive.keys import InteractiveConsole
    from reflowlog.console.target import OutputTarget
    from reflowlog.core.inbox import Inbox
    from reflowlog.core.records import Item
    from reflowlog.core.worker import WorkerThread
    from reflowlog.display.base import Display, Painter
    from reflowlog.system.write_watch import WriteWatch
    from reflowlog.terminal.output import Output
    from reflowlog.text.clean.joined_emoji import Joins

__all__ = ["PrinterFactory"]

RELEASE_TIMEOUT = 0.3  # seconds for the printer to remove the pins before the job is stopped
SIZE_POLL_INTERVAL = 0.25  # seconds between two measurements of the size while no event arrives


class PrinterFactory:
    """Factory of the printer of one output; holds the signal handlers and the release of the terminal for it.

    Args:
        target: the stream.
        worker: runs the printer.
        interactive: the keyboard and the viewer of a console with keys.

    Attributes:
        screen_owners: those who have the alternate screen of the terminal, where nothing is written meanwhile.
        job: release of the terminal while the job is stopped; None where the printer does not do that.
    """

    def __init__(self, target: OutputTarget, worker: WorkerThread, interactive: InteractiveConsole | None) -> None:
        self.screen_owners: set[object] = set()
        self.job: JobControl | None = None
        self._target = target
        self._worker = worker
        self._interactive = interactive
        self._signals = SignalHandlers()
        self._has_lost_output = False
        self._echo: Callable[[bytes], bool] | None = None
        self._renderer: LineRenderer | None = None
        self._direct_output: Output | None = None

    def is_echo(self, data: bytes) -> bool:
        """Return whether bytes read by a capture are the printer's own output."""
        return self._echo is not None and self._echo(data)

    def make(self, inbox: Inbox, *, in_child: bool) -> Printer:
        """Create a printer that writes to the stream.

        Args:
            inbox: its source of events.
            in_child: whether another process owns the terminal, so that plain lines are written.
        """
        target = self._target
        descriptor = target.descriptor
        if target.is_inline(descriptor) and not in_child:
            printer = self._inline(inbox, descriptor)
        elif is_terminal(descriptor):
            printer = self._plain(inbox, self._terminal_output(descriptor), descriptor)
        else:
            stream = target.target
            if in_child and descriptor is None and target.stream is not None:  # the object is a copy of the parent's
                descriptor, stream = descriptor_of(sys.__stderr__), lambda: sys.__stderr__
            is_threaded = target.options.threaded is True
            printer = self._plain(inbox, self._file_output(stream, flushes=not is_threaded), descriptor)
            printer.threaded = is_threaded
        if target.options.threaded is False or _has_green_threads():
            printer.threaded = False
        return printer

    def _terminal_output(self, descriptor: int | None, watch: WriteWatch | None = None) -> Output:
        """Return an output that writes to the stream's descriptor, if it has one."""
        if descriptor is None:
            return self._file_output(self._target.target)
        stream = cast("TextIO", self._target.target())
        drain_stream(stream)
        terminal = fd_redirect.ask(descriptor, terminal_device)

        def is_open() -> bool:
            return not stream.closed and fd_redirect.ask(descriptor, terminal_device) == terminal

        return FileOutput(descriptor, stream.encoding or "utf-8", is_open, watch)

    def _file_output(self, stream: Callable[[], IO[str] | None], *, flushes: bool = False) -> Output:
        """Return an output that writes to the stream of the time of each write."""
        target = self._target
        output = FollowingOutput(
            stream, flushes=flushes, is_lasting=lambda: bool(target.original_stdout), loop=target.loop
        )
        self._echo = output.is_echo
        self._direct_output = output
        return output

    def direct_writer(self) -> DirectWriter | None:
        """Return a writer of lines and records past the printer; None where rows are laid out."""
        renderer, output = self._renderer, self._direct_output
        if renderer is None or output is None or renderer.width is not None:
            return None
        renderer.prepare()  # a signal handler that logs within an import finds unfinished modules
        writer = DirectWriter(output, renderer)
        writer.texts[None] = renderer.record_text(None)
        return writer

    def _plain(self, inbox: Inbox, output: Output, descriptor: int | None) -> Printer:
        """Create a printer without cursor movement."""
        options = self._target.options
        renderer = self._renderer = LineRenderer(options.width, self._settings(descriptor))
        display = InlineDisplay(
            RecordScrollback(renderer, options.history),
            renderer,
            PlainPainter(output),
            size=Size(renderer.width or 80, 24),
            read=self._reader(laid_out=options.width is not None),
        )
        return Printer(inbox, display, lost=self._after_loss)

    def _inline(self, inbox: Inbox, descriptor: int | None) -> Printer:
        """Create a printer for the normal screen of a terminal."""
        interactive = self._interactive

        def measure() -> Size:
            return size_of(descriptor)

        watch = open_watch(descriptor)
        output = self._terminal_output(descriptor, watch)
        others = ProgramWriters(watch, lambda: print_is_captured(self._target.terminal()))
        model = model_by_environment(os.environ)

        def joins() -> Joins:
            return model.joins

        options, settings = self._target.options, self._settings(descriptor)._replace(joins=joins)
        viewer = interactive if interactive is not None and interactive.serves(descriptor) else None
        locate = None
        if viewer is not None:
            locate = viewer.make_locator(measure, (lambda _: nullcontext()) if watch is None else watch.own_write)
        session = TerminalSession(
            TerminalAccess(output, output, measure, model, joins, locate, others=others),
            SessionOptions(width=options.width, rewrap_all=options.rewrap == "all"),
        )
        renderer = LineRenderer(session.width, settings)
        renderer.prepare()
        self._handle_signals()
        read = self._reader(laid_out=True)
        own_settings = (lambda: None) if interactive is None else interactive.applied_settings
        if descriptor is None:
            make = partial(ProgramDisplay, is_taken=lambda: False)
        else:
            turns = PromptTurns(descriptor, self._worker.flush)
            use = TerminalUse(descriptor, own_settings, lambda: bool(self.screen_owners) or turns.has_prompt())
            make = partial(ProgramDisplay, is_taken=use.is_taken, request_turn=turns.request)
        display: Display
        if viewer is not None:
            display = viewer.make_display(session, renderer, settings, make, limit=options.history, read=read)
        else:
            display = session.make_inline(renderer, RecordScrollback(renderer, options.history), read=read, make=make)
        return session.make_printer(inbox, display, idle=SIZE_POLL_INTERVAL, lost=self._after_loss)

    def _settings(self, descriptor: int | None) -> RenderOptions:
        """Return the render options for a descriptor."""
        on_tty, choice = is_terminal(descriptor), self._target.options.color
        colour = tty.colour(choice, os.environ, tty=on_tty)
        is_mono = tty.selects_mono(choice, os.environ, tty=on_tty)
        if not colour.own and not is_mono:  # our own colours do not belong into a log file
            return RenderOptions(colour=colour.text and on_tty, own_colour=False)
        from reflowlog.config.themes import user_theme

        host = tty.link_host(os.environ) if on_tty else None
        appearance = Appearance(theme=user_theme(os.environ, is_mono=is_mono), host=host)
        return RenderOptions(colour=colour.text or is_mono, text_colour=not is_mono, appearance=appearance)

    def _reader(self, *, laid_out: bool) -> Callable[[str], Sequence[Item]] | None:
        """Return the parser of log records in printed lines; None where they are shown as text."""
        options = self._target.options
        if not (laid_out if options.columns is None else options.columns):
            return None
        from reflowlog.text.parse.printed_records import read_printed  # start-up cost: only this needs it

        extras = options.extras
        if extras is None:
            return read_printed

        def read_shown(text: str) -> Sequence[Item]:
            """Read records of which only some extras are shown."""
            return [
                item._replace(extras=tuple(each for each in item.extras if each[0] in extras))
                for item in read_printed(text)
            ]

        return read_shown

    def _after_loss(self, error: BaseException) -> Painter | None:
        """Return the painter to continue with.

        Args:
            error: that of the output.

        Returns:
            One that reports a fault; once the stream is closed, or leads to another file, one on captured standard
            output, or on that file; else None.
        """
        if not isinstance(error, OutputClosed):
            return _report_fault(error)
        if self._has_lost_output:
            return None
        self._has_lost_output = True
        printed = [descriptor_of(stream) for stream in self._target.original_stdout[:1]]
        for descriptor in (*printed, self._target.descriptor):
            if descriptor is not None and fd_redirect.ask(descriptor, is_open):
                return PlainPainter(FileOutput(descriptor))
        return None

    def _handle_signals(self) -> None:
        """Handle SIGWINCH, to learn a new size at once, if its action is the default and this is the main thread.

        Without keys SIGCONT too: the shell has written to the terminal while the job was stopped.
        """

        def wake(_number: int, _frame: object) -> None:
            self._worker.inbox.put(TerminalChanged())

        if self._interactive is None:
            self.job = JobControl(self._worker, None, RELEASE_TIMEOUT)
        if self._signals.install("SIGWINCH", wake) and self.job is not None:
            self._signals.install("SIGCONT", self.job.handle_continue)

    def restore_signals(self) -> None:
        """Restore the default actions of the signals that are handled here. Main thread; no-op on others."""
        self._signals.restore()


def _report_fault(error: BaseException) -> Painter | None:
    """Report a fault on standard error, and return a painter that continues there; None if that fails, too."""
    painter = PlainPainter(FileOutput(2))
    try:
        painter.write_line(describe_error(error))
    except (OutputClosed, OSError):
        return None
    return painter


def _has_green_threads() -> bool:
    """Return True if gevent or eventlet has replaced threads: a thread of a pool of theirs cannot start a green one."""
    start = getattr(threading, "_start_joinable_thread", None) or getattr(threading, "_start_new_thread", None)
    return getattr(start, "__module__", "_thread") != "_thread"
