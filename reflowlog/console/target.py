"""The outlet of a console: the stream it writes to, what that is, and the printer that fits it.

Rules of this file:
- Nothing is opened: the stream is its program's. It is looked up whenever it is needed, and may be another one then.
- What is printed past a capture of descriptors is asked of `detours`: they lead elsewhere meanwhile.
- In a program that is not ours SIGWINCH is taken only if nobody has it, and the keys only if that was asked for.
- Where the stream is a terminal with colours, records and printed lines have the looks of the user's theme.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, TextIO, cast

from reflowlog.console.stream_proxy import beneath
from reflowlog.core.events import TerminalChanged
from reflowlog.core.frames import Size
from reflowlog.display.inline import InlineDisplay
from reflowlog.display.printer import Printer, describe
from reflowlog.display.scrollback import RecordScrollback
from reflowlog.render.renderer import LineRenderer, RenderOptions, rows_when_cut
from reflowlog.system import fd_redirect, tty
from reflowlog.system.fds import OutputClosed, is_tty
from reflowlog.terminal.inline import InlinePainter
from reflowlog.terminal.output import FileOutput, StreamOutput, drain_stream
from reflowlog.terminal.plain import PlainPainter
from reflowlog.text.highlight.appearance import Appearance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.console.interactive.keys import InteractiveConsole
    from reflowlog.core.inbox import Inbox
    from reflowlog.core.records import Item
    from reflowlog.core.worker import WorkerThread
    from reflowlog.display.base import Display, Painter
    from reflowlog.terminal.output import Output

__all__ = ["ConsoleOptions", "Mode", "OutputTarget", "Rewrap", "descriptor_of"]

Mode = Literal["auto", "inline", "plain"]
Rewrap = Literal["screen", "all"]
POLL = 0.25  # seconds between two looks at the size while nothing happens


class ConsoleOptions(NamedTuple):
    """What a program wants of its console; see the arguments of `Console`."""

    mode: Mode
    width: int | None
    history: int | None
    rewrap: Rewrap
    color: tty.ColourChoice
    columns: bool | None


class OutputTarget:
    """Where a console writes.

    Args:
        stream: as it was given; None: standard error, whatever that is when it is needed.
        wishes: what is wanted.
        press: of the console.
        keyed: what it has besides, if its program's user may type the viewer's keys.
        feeds_us: whether what is written to a stream comes back to us: it is a console.

    Attributes:
        found: what captures have found in the place of standard error: while there are any, it goes on there.
        stream: as it was given.
    """

    def __init__(
        self,
        stream: IO[str] | None,
        options: ConsoleOptions,
        worker: WorkerThread,
        interactive: InteractiveConsole | None,
        feeds_us: Callable[[object], bool],
    ) -> None:
        self.stream = stream
        self.found: list[IO[str] | None] = []
        self._options = options
        self._worker = worker
        self._interactive = interactive
        self._feeds_us = feeds_us
        self._echo: Callable[[bytes], bool] | None = None
        self._old_winch: Any = None

    # -- what it is ---------------------------------------------------------------------------------------------

    def target(self) -> IO[str] | None:
        """Where to write; nothing that feeds what we write to us again."""
        if self.stream is not None:
            return beneath(self.stream)
        stream = self.found[0] if self.found else sys.stderr
        return sys.__stderr__ if self._feeds_us(stream) else beneath(stream)

    @property
    def descriptor(self) -> int | None:
        """Where writing to it ends up; see `descriptor_of`."""
        return descriptor_of(self.target())

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return _is_tty(self.descriptor)

    @property
    def width(self) -> int | None:
        """Cells that lines are laid out for at present; None where they are not cut."""
        if self._options.width is not None:
            return self._options.width
        descriptor = self.descriptor
        return _size(descriptor).columns if self._is_inline(descriptor) else None

    def is_echo(self, data: bytes) -> bool:
        """Whether that is what the console itself has written, on its way round."""
        return self._echo is not None and self._echo(data)

    def _is_inline(self, descriptor: int | None) -> bool:
        if self._options.mode == "auto":
            return _is_tty(descriptor) and not tty.is_dumb(os.environ)
        return self._options.mode == "inline"

    # -- the printer --------------------------------------------------------------------------------------------

    def make_printer(self, inbox: Inbox, in_child: bool) -> Printer:
        """A printer that writes there.

        Args:
            inbox: of events.
            in_child: the terminal is another process's: plain lines.
        """
        stream, descriptor, target = self.target(), self.descriptor, self.target
        if in_child and descriptor is None and self.stream is not None:  # it is the parent's: a copy is of no use
            stream, descriptor, target = sys.__stderr__, descriptor_of(sys.__stderr__), lambda: sys.__stderr__
        if descriptor is None:
            output: Output = (through := StreamOutput(target))
            self._echo = through.is_echo
        else:
            whole = cast("TextIO", stream)
            drain_stream(whole)
            output = FileOutput(descriptor, whole.encoding or "utf-8", lambda: not whole.closed)
        if self._is_inline(descriptor) and not in_child:
            return self._inline(inbox, output, descriptor)
        return self._plain(inbox, output, descriptor)

    def _plain(self, inbox: Inbox, output: Output, descriptor: int | None) -> Printer:
        """A printer of lines, one after another."""
        composer = LineRenderer(self._options.width, self._settings(descriptor))
        display = InlineDisplay(
            RecordScrollback(composer, self._options.history),
            composer,
            PlainPainter(output),
            size=Size(composer.width or 80, 24),
            read=self._reader(laid_out=self._options.width is not None),
        )
        return Printer(inbox, display, lost=_after_loss)

    def _inline(self, inbox: Inbox, output: Output, descriptor: int | None) -> Printer:
        """A printer on the normal screen of a terminal."""

        def measure() -> Size:
            return _size(descriptor)

        options, size, settings = self._options, measure(), self._settings(descriptor)
        composer = LineRenderer(options.width or size.columns, settings)
        painter = InlinePainter(
            output,
            size,
            recut=rows_when_cut,
            reflows=tty.reflows(os.environ),
            rewrap_all=options.rewrap == "all",
            keeps_row=tty.keeps_row(os.environ),
        )
        self._take_winch()
        read = self._reader(laid_out=True)
        if self._interactive is not None and self._interactive.serves(descriptor):
            from reflowlog.terminal.fullscreen import FullscreenPainter

            display: Display = self._interactive.make_display(
                composer,
                painter,
                FullscreenPainter(output),
                size=size,
                measure=measure,
                width=options.width,
                limit=options.history,
                colour=settings.own_colour,
                appearance=settings.appearance,
                read=read,
            )
        else:
            scrollback, fixed = RecordScrollback(composer, options.history), options.width is not None
            display = InlineDisplay(
                scrollback, composer, painter, size=size, measure=measure, fixed_width=fixed, read=read
            )
        return Printer(inbox, display, measure=measure, idle=POLL, lost=_after_loss)

    def _settings(self, descriptor: int | None) -> RenderOptions:
        """How lines look there."""
        on_tty = _is_tty(descriptor)
        colour = tty.colour(self._options.color, os.environ, tty=on_tty)
        if not colour.own:  # a log file is no place for the colours of a screen
            return RenderOptions(colour=colour.text and on_tty, own_colour=False)
        from reflowlog.config.file import theme_at_home

        host = tty.link_host(os.environ) if on_tty else None
        return RenderOptions(colour=colour.text, appearance=Appearance(theme=theme_at_home(os.environ), host=host))

    def _reader(self, *, laid_out: bool) -> Callable[[str], Sequence[Item]] | None:
        """What finds log records in printed lines, where that is wanted."""
        if not (laid_out if self._options.columns is None else self._options.columns):
            return None
        from reflowlog.text.parse.printed_records import read_printed  # which nothing else here needs

        return read_printed

    # -- SIGWINCH -----------------------------------------------------------------------------------------------

    def _take_winch(self) -> None:
        """Have the kernel tell of a new size at once, if that is still nobody's and this is the main thread."""
        if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGWINCH"):
            return
        if signal.getsignal(signal.SIGWINCH) is not signal.SIG_DFL:
            return
        worker = self._worker

        def wake(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
            worker.inbox.put(TerminalChanged())

        self._old_winch = wake
        signal.signal(signal.SIGWINCH, wake)

    def give_winch_back(self) -> None:
        """Let go of SIGWINCH, if it is ours."""
        if self._old_winch is None or threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGWINCH) is self._old_winch:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self._old_winch = None


def _after_loss(error: BaseException) -> Painter | None:
    """The output is gone: nothing to do. It failed otherwise: say so on standard error and go on there."""
    if isinstance(error, OutputClosed):
        return None
    painter = PlainPainter(FileOutput(2))
    try:
        painter.say(describe(error))
    except (OutputClosed, OSError):
        return None
    return painter


def descriptor_of(stream: IO[str] | None) -> int | None:
    """A stream's descriptor, if to write into that is to write into the stream; else None.

    It is not where the stream compresses, copies or sends what is written: such ones have a `fileno` too.
    """
    if type(stream) is not io.TextIOWrapper:
        return None
    try:
        raw = getattr(stream.buffer, "raw", stream.buffer)
        return stream.fileno() if isinstance(raw, io.FileIO) else None
    except (AttributeError, OSError, ValueError):  # closed or detached
        return None


def _is_tty(descriptor: int | None) -> bool:
    return descriptor is not None and fd_redirect.ask(descriptor, is_tty)


def _size(descriptor: int | None) -> Size:
    return fd_redirect.ask(2 if descriptor is None else descriptor, lambda number: tty.size_of(number, os.environ))
