"""Output target of a console: the stream it writes to, its properties, and the printer for it.

Invariants:
- Nothing is opened: the program owns the stream. It is looked up whenever it is needed, and may change.
- During a descriptor capture properties are read through `system/fd_redirect.py`, because the descriptors are
  redirected.
- In a program SIGWINCH is handled only if its action was the default, and keys are read only on request.
- On a terminal with colours, records and printed lines have the styles of the user's theme.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import nullcontext
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Literal, TextIO, cast

from reflowlog.console.direct_output import DirectWriter, FollowingOutput, LoopDetector, descriptor_of
from reflowlog.console.foreign_writers import (
    ProgramWriters,
    TerminalUse,
    open_watch,
    print_is_captured,
)
from reflowlog.console.program_display import ProgramDisplay
from reflowlog.console.prompt_turns import PromptTurns
from reflowlog.console.stream_proxy import beneath
from reflowlog.core.events import TerminalChanged
from reflowlog.core.frames import Size
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.display.inline import InlineDisplay
from reflowlog.display.printer import Printer, describe_error
from reflowlog.display.scrollback import RecordScrollback
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.session.job_control import JobControl
from reflowlog.session.signals import SignalHandlers
from reflowlog.session.terminal_session import SessionOptions, TerminalAccess, TerminalSession
from reflowlog.system import fd_redirect, tty
from reflowlog.system.fds import OutputClosed, is_open, is_tty
from reflowlog.system.tty import terminal_device
from reflowlog.terminal.output import FileOutput, drain_stream
from reflowlog.terminal.plain import PlainPainter
from reflowlog.terminal.reflow_models import model_by_environment
from reflowlog.text.highlight.appearance import Appearance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.console.interactive.keys import InteractiveConsole
    from reflowlog.core.inbox import Inbox
    from reflowlog.core.records import Item
    from reflowlog.core.worker import WorkerThread
    from reflowlog.display.base import Display, Painter
    from reflowlog.system.write_watch import WriteWatch
    from reflowlog.terminal.output import Output
    from reflowlog.text.clean.joined_emoji import Joins

__all__ = ["ConsoleOptions", "Mode", "OutputTarget", "Rewrap"]

Mode = Literal["auto", "inline", "plain"]
Rewrap = Literal["screen", "all"]
RELEASE_TIMEOUT = 0.3  # seconds for the printer to remove the pins before the job is stopped
SIZE_POLL_INTERVAL = 0.25  # seconds between two measurements of the size while no event arrives


class ConsoleOptions(NamedTuple):
    """Options of a console's output; see the arguments of `Console`."""

    mode: Mode
    width: int | None
    history: int | None
    rewrap: Rewrap
    color: tty.ColourChoice
    columns: bool | None
    threaded: bool | None = None
    extras: tuple[str, ...] | None = None


class OutputTarget:
    """The stream a console writes to, looked up at each use.

    Args:
        stream: the console's argument; None: standard error at the time of use.
        options: of the output.
        loops_back: returns True if writing to a stream would come back to this console.

    Attributes:
        original_stderr: the streams that active captures found as `sys.stderr`; the first one is written to meanwhile.
        original_stdout: those that they found as `sys.stdout`; the first one is written to once the stream is closed.
        stream: the console's argument.
        options: of the output.
        screen_owners: those who have the alternate screen of the terminal, where nothing is written meanwhile.
        loop: detects a stream that leads back to this console.
    """

    def __init__(
        self,
        stream: IO[str] | None,
        options: ConsoleOptions,
        loops_back: Callable[[object], bool],
    ) -> None:
        self.stream = stream
        self.original_stderr: list[IO[str] | None] = []
        self.original_stdout: list[IO[str] | None] = []
        self.screen_owners: set[object] = set()
        self._has_lost_output = False
        self.options = options
        self._loops_back = loops_back
        self.loop = LoopDetector()
        self._echo: Callable[[bytes], bool] | None = None
        self._signals = SignalHandlers()
        self.job: JobControl | None = None
        self._known_stderr: object = self  # the `sys.stderr` for which the target is known
        self._known_target: IO[str] | None = None
        self._renderer: LineRenderer | None = None
        self._direct_output: Output | None = None

    # -- properties ---------------------------------------------------------------------------------------------

    def target(self) -> IO[str] | None:
        """Return the stream to write to, never one that leads back to this console."""
        if self.stream is not None:
            found = beneath(self.stream)
        elif self.original_stderr:
            found = self._find_target(self.original_stderr[0])
        else:
            stderr = sys.stderr
            if stderr is not self._known_stderr:
                self._known_target = self._find_target(stderr)
                self._known_stderr = stderr
            found = self._known_target
        return sys.__stderr__ if found is not None and found is self.loop.stream else found

    def _find_target(self, stream: IO[str] | None) -> IO[str] | None:
        """Return the stream beneath a standard error; never one that leads back to this console."""
        if type(stream).__module__ == "textual.app":  # its capture discards text: records wait for the terminal
            return sys.__stderr__
        redirected: Any = stream  # by Rich's live display, which may draw on a console
        if self._loops_back(getattr(getattr(redirected, "_FileProxy__console", None), "file", None)):
            stream = redirected.rich_proxied_file
        return sys.__stderr__ if self._loops_back(stream) else beneath(stream)

    @property
    def descriptor(self) -> int | None:
        """Descriptor of the stream, see `descriptor_of`."""
        return descriptor_of(self.target())

    @property
    def encoding(self) -> str:
        """Encoding of the stream; UTF-8 where it has none."""
        return getattr(self.target(), "encoding", None) or "utf-8"

    def terminal(self) -> int | None:
        """Return the device number of the terminal that the stream is; None if it is none."""
        descriptor = self.descriptor
        return None if descriptor is None else fd_redirect.ask(descriptor, terminal_device)

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return _is_tty(self.descriptor)

    @property
    def width(self) -> int | None:
        """Current layout width in cells; None where lines are not wrapped."""
        if self.options.width is not None:
            return self.options.width
        descriptor = self.descriptor
        return _size(descriptor).columns if self._is_inline(descriptor) else None

    def is_echo(self, data: bytes) -> bool:
        """Return whether bytes read by a capture are the console's own output."""
        return self._echo is not None and self._echo(data)

    def _is_inline(self, descriptor: int | None) -> bool:
        if self.options.mode == "auto":
            is_able = descriptor is not None and _is_tty(descriptor) and fd_redirect.ask(descriptor, tty.has_sequences)
            return is_able and not tty.is_dumb(os.environ)
        return self.options.mode == "inline"

    # -- the printer --------------------------------------------------------------------------------------------

    def make_printer(
        self, inbox: Inbox, in_child: bool, worker: WorkerThread, interactive: InteractiveConsole | None
    ) -> Printer:
        """Create a printer that writes to the stream.

        Args:
            inbox: its source of events.
            in_child: whether another process owns the terminal, so that plain lines are written.
            worker: runs the printer.
            interactive: the keyboard and viewer of a console with keys.
        """
        descriptor = self.descriptor
        if self._is_inline(descriptor) and not in_child:
            printer = self._inline(inbox, descriptor, worker, interactive)
        elif _is_tty(descriptor):
            printer = self._plain(inbox, self._terminal_output(descriptor), descriptor)
        else:
            stream = self.target
            if in_child and descriptor is None and self.stream is not None:  # the object is a copy of the parent's
                descriptor, stream = descriptor_of(sys.__stderr__), lambda: sys.__stderr__
            is_threaded = self.options.threaded is True
            printer = self._plain(inbox, self._file_output(stream, flushes=not is_threaded), descriptor)
            printer.threaded = is_threaded
        if self.options.threaded is False or _has_green_threads():
            printer.threaded = False
        return printer

    def _terminal_output(self, descriptor: int | None, watch: WriteWatch | None = None) -> Output:
        """Return an output that writes to the stream's descriptor, if it has one."""
        if descriptor is None:
            return self._file_output(self.target)
        stream = cast("TextIO", self.target())
        drain_stream(stream)
        terminal = fd_redirect.ask(descriptor, terminal_device)

        def is_open() -> bool:
            return not stream.closed and fd_redirect.ask(descriptor, terminal_device) == terminal

        return FileOutput(descriptor, stream.encoding or "utf-8", is_open, watch)

    def _file_output(self, stream: Callable[[], IO[str] | None], *, flushes: bool = False) -> Output:
        """Return an output that writes to the stream of the time of each write."""
        output = FollowingOutput(stream, flushes=flushes, is_lasting=lambda: bool(self.original_stdout), loop=self.loop)
        self._echo = output.is_echo
        self._direct_output = output
        return output

    def direct_writer(self) -> DirectWriter | None:
        """Return a writer of lines and records past the printer; None where rows are laid out."""
        renderer, output = self._renderer, self._direct_output
        if renderer is None or output is None or renderer.width is not None:
            return None
        return DirectWriter(output, renderer)

    def _plain(self, inbox: Inbox, output: Output, descriptor: int | None) -> Printer:
        """Create a printer without cursor movement."""
        renderer = self._renderer = LineRenderer(self.options.width, self._settings(descriptor))
        display = InlineDisplay(
            RecordScrollback(renderer, self.options.history),
            renderer,
            PlainPainter(output),
            size=Size(renderer.width or 80, 24),
            read=self._reader(laid_out=self.options.width is not None),
        )
        return Printer(inbox, display, lost=self._after_loss)

    def _inline(
        self,
        inbox: Inbox,
        descriptor: int | None,
        worker: WorkerThread,
        interactive: InteractiveConsole | None,
    ) -> Printer:
        """Create a printer for the normal screen of a terminal."""

        def measure() -> Size:
            return _size(descriptor)

        watch = open_watch(descriptor)
        output = self._terminal_output(descriptor, watch)
        others = ProgramWriters(watch, lambda: print_is_captured(self.terminal()))
        model = model_by_environment(os.environ)

        def joins() -> Joins:
            return model.joins

        options, settings = self.options, self._settings(descriptor)._replace(joins=joins)
        has_keys = interactive is not None and interactive.serves(descriptor)
        locate = None
        if interactive is not None and has_keys:
            locate = interactive.make_locator(measure, (lambda _: nullcontext()) if watch is None else watch.own_write)
        session = TerminalSession(
            TerminalAccess(output, output, measure, model, joins, locate, others=others),
            SessionOptions(width=options.width, rewrap_all=options.rewrap == "all"),
        )
        renderer = LineRenderer(session.width, settings)
        renderer.prepare()
        self._handle_signals(worker, continues=interactive is None)
        read = self._reader(laid_out=True)
        own_settings = (lambda: None) if interactive is None else interactive.applied_settings
        if descriptor is None:
            make = partial(ProgramDisplay, is_taken=lambda: False)
        else:
            turns = PromptTurns(descriptor, worker.flush)
            use = TerminalUse(descriptor, own_settings, lambda: bool(self.screen_owners) or turns.has_prompt())
            make = partial(ProgramDisplay, is_taken=use.is_taken, request_turn=turns.request)
        display: Display
        if interactive is not None and has_keys:
            display = interactive.make_display(session, renderer, settings, make, limit=options.history, read=read)
        else:
            display = session.make_inline(renderer, RecordScrollback(renderer, options.history), read=read, make=make)
        return session.make_printer(inbox, display, idle=SIZE_POLL_INTERVAL, lost=self._after_loss)

    def _settings(self, descriptor: int | None) -> RenderOptions:
        """Return the render options for a descriptor."""
        on_tty = _is_tty(descriptor)
        colour = tty.colour(self.options.color, os.environ, tty=on_tty)
        is_mono = tty.selects_mono(self.options.color, os.environ, tty=on_tty)
        if not colour.own and not is_mono:  # our own colours do not belong into a log file
            return RenderOptions(colour=colour.text and on_tty, own_colour=False)
        from reflowlog.config.themes import user_theme

        host = tty.link_host(os.environ) if on_tty else None
        appearance = Appearance(theme=user_theme(os.environ, is_mono=is_mono), host=host)
        return RenderOptions(colour=colour.text or is_mono, text_colour=not is_mono, appearance=appearance)

    def _reader(self, *, laid_out: bool) -> Callable[[str], Sequence[Item]] | None:
        """Return the parser of log records in printed lines; None where they are shown as text."""
        if not (laid_out if self.options.columns is None else self.options.columns):
            return None
        from reflowlog.text.parse.printed_records import read_printed  # start-up cost: only this needs it

        extras = self.options.extras
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
        printed = [descriptor_of(stream) for stream in self.original_stdout[:1]]
        for descriptor in (*printed, self.descriptor):
            if descriptor is not None and fd_redirect.ask(descriptor, is_open):
                return PlainPainter(FileOutput(descriptor))
        return None

    # -- signals -----------------------------------------------------------------------------------------------

    def _handle_signals(self, worker: WorkerThread, *, continues: bool) -> None:
        """Handle SIGWINCH, to learn a new size at once, if its action is the default and this is the main thread.

        Args:
            worker: gets the event.
            continues: whether to handle SIGCONT too: the shell has written to the terminal while the job was stopped.
        """

        def wake(_number: int, _frame: object) -> None:
            worker.inbox.put(TerminalChanged())

        if continues:
            self.job = JobControl(worker, None, RELEASE_TIMEOUT)
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


def _is_tty(descriptor: int | None) -> bool:
    return descriptor is not None and fd_redirect.ask(descriptor, is_tty)


def _size(descriptor: int | None) -> Size:
    return fd_redirect.ask(2 if descriptor is None else descriptor, lambda number: tty.size_of(number, os.environ))


def _has_green_threads() -> bool:
    """Return True if gevent or eventlet has replaced threads: a thread of a pool of theirs cannot start a green one."""
    start = getattr(threading, "_start_joinable_thread", None) or getattr(threading, "_start_new_thread", None)
    return getattr(start, "__module__", "_thread") != "_thread"
