"""The command line: options -> wiring -> an exit status.

Plain without a width is bytes in, bytes out. Plain with a width is a filter: lines in, rows out. What is on a screen is
in `screens.py`, and loaded only for that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn, Protocol

from reflowlog import __version__, terminal
from reflowlog.descriptors import OutputClosed, is_tty, write_all
from reflowlog.interrupts import Interrupts
from reflowlog.options import HELP, Options, UsageError, parse
from reflowlog.sources import Input, LineCutter, Stream, Tee, is_viewable, open_input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.compose import Composer

__all__ = ["main"]

UNDECIDED = 0.1  # seconds without input after which it is decided whether to show a record that may go on
ONE_SCREEN = 1 << 18  # bytes: a larger file does not fit on a screen


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
    if not inputs:
        return 1
    polite = any(source.descriptor == 0 for source in inputs)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as a shell leaves it for what is in the background
        signal.signal(signal.SIGINT, Interrupts(polite=polite).handle)
    tee = None if options.output is None else Tee(options.output, complain)
    try:
        status = _show(options, inputs, tee)
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


def _show(options: Options, inputs: list[Input], tee: Tee | None) -> int:
    """Show the inputs, in the mode that fits: the exit status."""
    mode = _mode(options)
    if mode == "full" and options.quit_if_one_screen and _fits(options, inputs):
        mode = "inline"
    if mode in ("full", "inline"):
        from reflowlog.screens import OnScreen

        in_place = mode == "full" and len(inputs) == 1 and is_viewable(inputs[0].name)
        return OnScreen(options, inputs, tee, full=mode == "full", in_place=in_place).run()
    if options.width is None and not (_selects(options) or options.follow or any(each.packing for each in inputs)):
        from reflowlog.paint.plain import pump

        return _each(inputs, lambda source: pump(source.descriptor, 1, tee))
    return _filter(options, inputs, tee)


def _mode(options: Options) -> str:
    """What there is a screen for, of what is asked for: "full", "inline" or "plain"."""
    screen = is_tty(1)
    able = screen and not terminal.is_dumb(os.environ)
    mode = options.mode
    if mode == "auto":
        if screen and not os.environ.get("TERM"):
            complain("TERM is not set: showing plain lines")
        mode = "plain" if not able else "full" if set(options.files) - {"-"} else "inline"
    if mode == "full" and not (able and terminal.has_keys()):
        mode = "inline" if able else "plain"
    return mode if screen else "plain"  # elsewhere there is no screen to repaint, whoever asks for it


def _fits(options: Options, inputs: list[Input]) -> bool:
    """Whether all that a file holds fits on the screen; a pipe would have to be read first."""
    from reflowlog.filewatch import read_at

    size = terminal.size_of(1, os.environ)
    if len(inputs) != 1 or not is_viewable(inputs[0].name):
        return False
    data = read_at(inputs[0].descriptor, ONE_SCREEN, 0)
    if len(data) >= ONE_SCREEN:
        return False
    rows = _composer(options, options.width or size.columns).lines(data + b"\n" * (data[-1:] not in (b"", b"\n")))
    return sum(row.count("\n") + 1 for row in rows) < size.rows


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
    pause = UNDECIDED if _selects(options) else None
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
