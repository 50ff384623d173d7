"""The command line: options -> wiring -> an exit status.

Plain without a width is bytes in, bytes out. Plain with a width is a filter: lines in, rows out. Inline is a printer
on a thread, a reader on another, and this thread, which waits for their end and for signals.

The first Ctrl-C is not for us: it ends what writes into the pipe, whose last words are still to be shown. What must
never be left behind (a row half painted, a pin) is the printer's to put away: every way out goes through its close.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn, Protocol

from reflowlog import __version__, terminal
from reflowlog.descriptors import OutputClosed, is_tty, write_all
from reflowlog.model import PinChange, Said, Suspend, Wake
from reflowlog.options import HELP, Options, UsageError, parse
from reflowlog.sources import Input, LineCutter, Stream, Tee, open_input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.compose import Composer
    from reflowlog.model import Size
    from reflowlog.printer import Printer
    from reflowlog.threads import Inbox

__all__ = ["main"]

SECOND_INTERRUPT = 2.0  # seconds within which a second Ctrl-C quits
HINT_AFTER = 0.5  # seconds after a Ctrl-C that has not ended the input
LOOK = 0.25  # seconds between two looks at whether that is the case
PARK = 0.3  # seconds for the printer to let go of the terminal, which may be a slow one
SWITCH = 0.001  # seconds that one of our threads may keep another, which has input or an output ready, waiting
WAITING = 8 << 20  # bytes of input that may wait for the printer
UNDECIDED = 0.1  # seconds without input after which it is decided whether to show a record that may go on
LAST_WORDS = 1.0  # seconds for what is still to be painted when a signal ends us
_OURSELVES = -1  # as a speaker


class Quit(SystemExit):
    """A signal ends us, wherever we are."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with its status: 0, 1 if something could not be read or written, 2 for wrong usage."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command: its exit status."""
    try:
        options = parse(arguments, os.environ)
    except UsageError as error:
        complain(f"{error} (reflowlog --help tells more)")
        return 2
    if options.show != "log":
        return _tell(HELP if options.show == "help" else f"reflowlog {__version__}\n", 1)
    if not options.files and is_tty(0):
        return _tell(HELP, 2)
    inputs, failed = _open(options.files)
    interrupts = Interrupts(polite=any(source.descriptor == 0 for source in inputs))
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as a shell leaves it for what is in the background
        signal.signal(signal.SIGINT, interrupts.handle)
    tee = None if options.output is None else Tee(options.output, complain)
    try:
        status = _show(options, inputs, tee, interrupts)
    except OutputClosed:
        status = 0
    except OSError as error:
        complain(f"cannot write: {error.strerror}")
        status = 1
    return status or int(failed or (tee is not None and tee.failed))


def complain(message: str) -> None:
    """One line on standard error; without one, nothing."""
    try:
        os.write(2, f"reflowlog: {message}\n".encode("utf-8", "replace"))
    except OSError:
        return


class Interrupts:
    """What Ctrl-C means.

    Args:
        polite: whether the first one waits for the input to end, as in a pipe; else it quits at once.
    """

    def __init__(self, *, polite: bool) -> None:
        self._polite = polite
        self.last: float | None = None
        self.notify: Callable[[], None] = lambda: None

    def handle(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        """Handle SIGINT, on the main thread."""
        now = time.monotonic()
        if not self._polite or (self.last is not None and now - self.last < SECOND_INTERRUPT):
            raise Quit(130)
        self.last = now
        self.notify()


def _tell(text: str, descriptor: int) -> int:
    """Print help or version: 0 on standard output, 2 on standard error, where help answers wrong usage."""
    with contextlib.suppress(OSError):  # nobody reads it
        os.write(descriptor, text.encode())
    return 0 if descriptor == 1 else 2


def _open(names: Sequence[str]) -> tuple[list[Input], bool]:
    """Inputs by their names, and whether one of them cannot be read."""
    inputs, failed = [], False
    for name in names or ["-"]:
        try:
            inputs.append(open_input(name))
        except OSError as error:
            complain(f"cannot read {name}: {error.strerror}")
            failed = True
    return inputs, failed


def _show(options: Options, inputs: list[Input], tee: Tee | None, interrupts: Interrupts) -> int:
    """Show the inputs, in the mode that fits: the exit status."""
    mode = options.mode
    if mode == "auto":
        mode = "inline" if is_tty(1) and not terminal.is_dumb(os.environ) else "plain"
        if mode == "plain" and is_tty(1) and not os.environ.get("TERM"):
            complain("TERM is not set: showing plain lines")
    if mode == "inline" and is_tty(1):  # elsewhere there is no screen to repaint, whoever asks for it
        return _Inline(options, inputs, tee, interrupts).run()
    if options.width is None and not (_selects(options) or options.follow or any(each.packing for each in inputs)):
        from reflowlog.paint.plain import pump

        return _each(inputs, lambda source: pump(source.descriptor, 1, tee))
    return _filter(options, inputs, tee)


def _each(inputs: list[Input], show: Callable[[Input], None]) -> int:
    """Show inputs one after another; one that fails is told, and the rest goes on."""
    status = 0
    for source in inputs:
        try:
            show(source)
        except IsADirectoryError as error:
            complain(f"cannot read {source.name}: {error.strerror}")
            status = 1
    return status


def _composer(options: Options, width: int) -> Composer:
    from reflowlog.compose import Composer, Settings

    colour = terminal.colour(options.color, os.environ, tty=is_tty(1))
    return Composer(width, Settings(options.wrap, options.indent, colour.text, colour.own))


def _selects(options: Options) -> bool:
    """Whether some records are not shown."""
    return options.grep is not None or options.level is not None


def _filter(options: Options, inputs: list[Input], tee: Tee | None) -> int:
    """What the inputs hold, each line as soon as it is there and known to be wanted: the exit status."""
    sink: Sink = (
        _Bytes(apart=options.follow or _selects(options))
        if options.width is None
        else _Rows(_composer(options, options.width))
    )
    if _selects(options):
        sink = _Selected(options, sink)
    pause = UNDECIDED if options.invert else None
    stream = Stream(inputs, complain, follow=options.follow, pause=pause, watched=1)
    for data in stream:
        if data is None:
            sink.end()
        elif data:
            if tee is not None:
                tee(data)
            sink.write(data)
        else:
            sink.pause()
    return int(stream.failed)


class Sink(Protocol):
    """Where pieces of inputs go, cut anywhere."""

    def write(self, data: bytes) -> None: ...
    def pause(self) -> None: ...
    def end(self) -> None: ...


class _Bytes:
    """Standard output, byte for byte.

    Args:
        apart: whether a line that has not ended is ended before another input's first.
    """

    def __init__(self, *, apart: bool) -> None:
        self._apart = apart
        self._open = self._ended = False

    def write(self, data: bytes) -> None:
        write_all(1, b"\n" + data if self._apart and self._ended and self._open else data)
        self._ended, self._open = False, not data.endswith(b"\n")

    def pause(self) -> None:
        pass

    def end(self) -> None:
        self._ended = True


class _Rows:
    """Standard output, laid out."""

    def __init__(self, composer: Composer) -> None:
        from reflowlog.paint.output import FileOutput

        self._composer = composer
        self._output = FileOutput(1)
        self._cutter = LineCutter()

    def write(self, data: bytes) -> None:
        if lines := self._cutter.feed(data):
            self._output.write("\n".join(self._composer.lines(lines)) + "\n")

    def pause(self) -> None:
        pass

    def end(self) -> None:
        if rest := self._cutter.rest():
            self.write(rest + b"\n")


class _Selected:
    """Lets those records through that the options ask for."""

    def __init__(self, options: Options, sink: Sink) -> None:
        from reflowlog.linefilter import LineFilter

        pattern = level = None
        if options.grep is not None:
            from reflowlog.text.pattern import compile_pattern

            pattern = compile_pattern(options.grep)
        if options.level is not None:
            from reflowlog.text.levels import parse_level

            level = parse_level(options.level)
        self._sink = sink
        self._cutter = LineCutter()
        self._filter = LineFilter(pattern, options.invert, options.context, level)

    def write(self, data: bytes) -> None:
        self._give(self._filter.feed(self._cutter.feed(data)))

    def pause(self) -> None:
        self._give(self._filter.pause())

    def end(self) -> None:
        self._give(self._filter.feed(self._cutter.rest()) + self._filter.rest())
        self._sink.end()

    def _give(self, data: bytes) -> None:
        if data:
            self._sink.write(data)


class _Inline:
    """The inline mode: its threads, and what this one waits for."""

    def __init__(self, options: Options, inputs: list[Input], tee: Tee | None, interrupts: Interrupts) -> None:
        from reflowlog.press import Press

        self._options = options
        self._inputs = inputs
        self._tee = tee
        self._interrupts = interrupts
        self._press = Press(self._make_printer, name="reflowlog-printer", weight=WAITING)
        self._done = threading.Event()
        self._lost: BaseException | None = None
        self._hinting = False
        self._stopping = False
        self._size = terminal.size_of(1, os.environ)

    def run(self) -> int:
        """Until the input ends, the output is gone, or a signal ends us: the exit status."""
        from reflowlog.sources import Reader

        sys.setswitchinterval(SWITCH)
        self._catch_signals()
        if self._tee is not None:
            self._tee.complain = self._say
        reader = Reader(self._inputs, self._press.send_wait, self._tee, self._say, self._done.set)
        reader.start()
        try:
            while not self._done.wait(LOOK):
                self._hint()
        except Quit:
            self._press.close(LAST_WORDS)
            raise
        self._press.close()
        if self._lost is not None:
            raise self._lost
        return int(reader.failed)

    def _say(self, message: str) -> None:
        """A line of our own, in the log: standard error may be this very screen."""
        self._press.inbox.put(Said(f"reflowlog: {message}\n", _OURSELVES))

    def _hint(self) -> None:
        """After a Ctrl-C that has not ended the input, say under the log how to force it."""
        asked = self._interrupts.last
        due = asked is not None and HINT_AFTER <= time.monotonic() - asked < SECOND_INTERRUPT
        if due != self._hinting:
            self._hinting = due
            self._press.put(PinChange(_Hint, removed=not due))

    def _catch_signals(self) -> None:
        def quit_(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - a signal handler's signature
            raise Quit(128 + number)

        def wake(event: Wake) -> Callable[[int, object], None]:
            return lambda *_: self._press.inbox.put(event)

        self._interrupts.notify = lambda: self._press.inbox.put(Wake(smudged=True))
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
                signal.signal(number, quit_)
        signal.signal(signal.SIGWINCH, wake(Wake()))
        signal.signal(signal.SIGCONT, self._continue)
        signal.signal(signal.SIGTSTP, self._suspend)

    def _suspend(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        """Ctrl-Z: nothing is painted from here until the shell has put us back into the foreground."""
        parked, resumed = threading.Event(), threading.Event()
        self._stopping = True
        self._press.put(Suspend(parked.set, resumed.wait))
        self._press.hurry()
        parked.wait(PARK)
        if self._stopping:  # else the shell has let us go on already: to stop now would be for ever
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            signal.raise_signal(signal.SIGTSTP)  # returns once we go on
            signal.signal(signal.SIGTSTP, self._suspend)
        self._stopping = False
        resumed.set()

    def _continue(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        if not self._stopping:  # we were stopped without a warning
            self._press.inbox.put(Wake(resumed=True))
        self._stopping = False

    def _measure(self) -> Size:
        """The terminal's size; in the background, where the screen is others', the one it had."""
        if terminal.in_foreground(1):
            self._size = terminal.size_of(1, os.environ)
        return self._size

    def _make_printer(self, inbox: Inbox, in_child: bool) -> Printer:  # noqa: ARG002 - we do not fork
        from reflowlog.compose import rows_when_cut
        from reflowlog.journal import LineJournal
        from reflowlog.paint.inline import InlinePainter
        from reflowlog.paint.locate import Locator
        from reflowlog.paint.output import BehindOutput
        from reflowlog.printer import Printer
        from reflowlog.stage import LogStage
        from reflowlog.store.history import History
        from reflowlog.store.spool import Spool

        size = self._measure()
        composer = _composer(self._options, self._options.width or size.columns)
        journal = LineJournal(composer, History(Spool(on_trouble=self._say), self._options.history))
        painter = InlinePainter(
            BehindOutput(1),
            size,
            recut=rows_when_cut,
            reflows=terminal.reflows(os.environ),
            locate=Locator(self._measure),
            rewrap_all=self._options.rewrap == "all",
        )
        fixed = self._options.width is not None
        stage = LogStage(journal, composer, painter, size=size, measure=self._measure, fixed_width=fixed)
        return Printer(inbox, stage, measure=self._measure, lost=self._after_loss)

    def _after_loss(self, error: BaseException) -> None:
        self._lost = error
        self._done.set()


class _Hint:
    """The pin that tells how to force the end."""

    pending = removed = False

    @staticmethod
    def render(width: int) -> str:  # noqa: ARG004 - it is cut to the width
        return "reflowlog: the input goes on; Ctrl-C again quits"
