"""The command line: options -> wiring -> an exit status.

Plain without a width is bytes in, bytes out. Plain with a width is a filter: lines in, rows out. What is on a screen is
in `cli/screen_mode.py`, and loaded only for that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from reflowlog import __version__
from reflowlog.cli.options import HELP, CliOptions, UsageError, parse
from reflowlog.cli.signals import LAST_WORDS, InterruptCounter, QuitSignal, finish, quit_by_signals
from reflowlog.cli.tee import make_tee
from reflowlog.sources.expand_paths import expand_paths
from reflowlog.sources.inputs import Input, is_shared, is_stream, is_viewable, open_input
from reflowlog.sources.network.server import is_address
from reflowlog.system import tty
from reflowlog.system.fds import OutputClosed, is_tty, raise_file_limit
from reflowlog.system.paths import config_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.cli.tee import Tee

__all__ = ["main"]

MANY = 100  # files, for which more may be needed than may be open
ONE_SCREEN = 1 << 18  # bytes: a larger file does not fit on a screen


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with its status: 0, 1 if something could not be read or written, 2 for wrong usage."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command: its exit status."""
    try:
        options = parse(arguments, os.environ)
        if options.show != "log":
            return _tell(HELP if options.show == "help" else f"reflowlog {__version__}\n", 1)
        options = _configured(options, arguments)
    except UsageError as error:
        warn(f"{error} (reflowlog --help tells more)")
        return 2
    except ValueError as error:  # a configuration or a theme
        warn(str(error))
        return 2
    if options.command:
        from reflowlog.cli.command import run_command

        return run_command(options, _mode(options), warn)
    if not options.files and is_tty(0):
        return _tell(HELP, 2)
    polite = not options.files or "-" in options.files
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as a shell leaves it for what is in the background
        signal.signal(signal.SIGINT, InterruptCounter(polite=polite).handle)
    inputs, failed = _open(options)
    if not inputs:
        return 1
    if any(is_stream(name) or is_address(name) for name in options.files):
        options = options._replace(follow=True)
    try:
        tee = make_tee(options, warn)
    except (ValueError, ImportError) as error:
        warn(f"cannot publish: {error}")
        return 2
    if tee is not None:
        quit_by_signals()
        tee.begin()
    try:
        status = _show(options, inputs, tee)
    except QuitSignal:
        finish(tee, warn, LAST_WORDS)
        raise
    except OutputClosed:
        status = 0
    except OSError as error:
        warn(f"cannot write: {error.strerror}")
        status = 1
    return status or int(finish(tee, warn) or failed)


def _configured(options: CliOptions, arguments: Sequence[str]) -> CliOptions:
    """The options with what the user's configuration has for those that were not typed.

    Raises:
        ConfigError: it is wrong, or there is no such theme.
        PatternError: what is searched for makes no sense with the user's names of fields.
    """
    if os.path.exists(config_path(os.environ)):
        from reflowlog.config.file import read

        options = parse(arguments, os.environ, read(os.environ))
    if options.theme:
        from reflowlog.cli.build import make_theme

        make_theme(options)
    if options.grep is not None and options.names:  # with them a comparison may make no sense
        from reflowlog.cli.build import criteria

        criteria(options)
    return options


def warn(message: str) -> None:
    """One line on standard error, in which nothing is secret or acts on a terminal; without one, nothing."""
    if "@" in message:
        from reflowlog.nats.url import redact

        message = redact(message)
    if not message.isprintable():
        from reflowlog.text.clean.sanitize import mark_controls

        message = mark_controls(message)
    try:
        os.write(2, f"reflowlog: {message}\n".encode("utf-8", "replace"))
    except OSError:
        return


def _tell(text: str, descriptor: int) -> int:
    """Print help or version: 0 on standard output, 2 on standard error, where help answers wrong usage."""
    with contextlib.suppress(OSError):  # nobody reads it
        os.write(descriptor, text.encode())
    return 0 if descriptor == 1 else 2


def _open(options: CliOptions) -> tuple[list[Input], bool]:
    """The inputs that are asked for, and whether one of them cannot be read."""
    inputs: list[Input] = []
    failed = False
    names = expand_paths(options.files or ["-"])
    if len(names) > MANY:
        raise_file_limit(len(names))
    for name in names:
        try:
            source = open_input(name, options.since, options.tail, waits=len(names) == 1)
            if not is_shared(source, inputs):
                inputs.append(source)
        except OSError as error:
            empty = isinstance(error, IsADirectoryError)  # else its files stood in its place
            warn(f"cannot read {_shown(name)}: {'there are no logs in it' if empty else error.strerror}")
            failed = True
    return inputs, failed


def _shown(name: str) -> str:
    """A file's name for a message; of a stream's URL what is not secret."""
    if not is_stream(name):
        return name
    from reflowlog.nats.url import display_url

    return display_url(name)


def _show(options: CliOptions, inputs: list[Input], tee: Tee | None) -> int:
    """Show the inputs, in the mode that fits: the exit status."""
    mode = _mode(options)
    if mode == "full" and options.quit_if_one_screen and _fits(options, inputs):
        mode = "inline"
    if mode in ("full", "inline"):
        from reflowlog.cli.screen_mode import ScreenMode

        whole = options.history is None and tee is None  # else it is read from its start to its end
        ends = options.until is not None and options.follow  # then it is read as it grows, to that time
        in_place = mode == "full" and whole and len(inputs) == 1 and not ends and is_viewable(inputs[0].name)
        return ScreenMode(options, inputs, tee, full=mode == "full", in_place=in_place).run()
    from reflowlog.cli import plain_mode

    return plain_mode.show(options, inputs, tee, warn)


def _mode(options: CliOptions) -> str:
    """What there is a screen for, of what is asked for: "full", "inline" or "plain"."""
    screen = is_tty(1)
    able = screen and not tty.is_dumb(os.environ)
    mode = options.mode
    if mode == "auto":
        if screen and not os.environ.get("TERM"):
            warn("TERM is not set: showing plain lines")
        mode = "plain" if not able else "full" if set(options.files) - {"-"} else "inline"
    if mode == "full" and not (able and tty.has_keys()):
        mode = "inline" if able else "plain"
    return mode if screen else "plain"  # elsewhere there is no screen to repaint, whoever asks for it


def _fits(options: CliOptions, inputs: list[Input]) -> bool:
    """Whether all that a file holds fits on the screen; a pipe would have to be read first."""
    from reflowlog.cli.build import make_composer
    from reflowlog.system.file_watch import read_at

    size = tty.size_of(1, os.environ)
    if len(inputs) != 1 or not is_viewable(inputs[0].name):
        return False
    data = read_at(inputs[0].descriptor, ONE_SCREEN, 0)
    if len(data) >= ONE_SCREEN:
        return False
    rows = make_composer(options, options.width or size.columns).lines(data + b"\n" * (data[-1:] not in (b"", b"\n")))
    return sum(row.count("\n") + 1 for row in rows) < size.rows
