"""The command line: options, the mode that fits, an exit status.

Plain mode without a width is bytes in, bytes out; with a filter or a width it is lines in, lines or rows out
(`cli/filter_mode.py`). The screen modes are in `cli/screen_mode.py`. Each mode is loaded only when it is chosen: what
a mode needs it imports at its top, and the border is here.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from reflowlog.cli.options import CliOptions, UsageError, parse
from reflowlog.cli.output_failure import status_of
from reflowlog.cli.signals import InterruptCounter, QuitSignal, handle_unless_ignored, quit_by_signals
from reflowlog.cli.tee import TeeSession, make_tee
from reflowlog.sources.inputs import (
    STANDARD_INPUT,
    Input,
    is_address,
    is_output,
    is_shared,
    is_stream,
    is_viewable,
    open_input,
    open_missing,
    output_files,
)
from reflowlog.system import tty
from reflowlog.system.fds import OutputClosed, is_tty, occupy_closed_stdio, raise_file_limit, read_some, write_all
from reflowlog.system.paths import config_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.cli.tee import Tee

__all__ = ["main"]

MANY_FILES = 100  # number of files from which on the limit of open files is raised
START_GC_THRESHOLD = 100_000  # new objects between two collections of cycles: more than the start makes, 50,000
MAX_SCREEN_BYTES = 1 << 18  # bytes: a larger file does not fit on a screen


_NO_INPUT = """\
reflowlog: no input: name a FILE, or pipe a command into it
    reflowlog app.log        COMMAND | reflowlog        reflowlog -e COMMAND
reflowlog --help lists the options
"""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with its status: 0, 1 if something could not be read or written, 2 for wrong usage."""
    gc.set_threshold(START_GC_THRESHOLD)
    occupy_closed_stdio()
    status = run(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()  # the interpreter would search all that was loaded for cycles, which takes a tenth of a short run
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    try:
        options = parse(arguments, os.environ)
        if options.show != "log":
            if options.show == "help":
                from reflowlog.cli.option_table import USAGE_WIDTH, usage  # start-up cost: only for the help

                return _print(usage(tty.size_of(1, os.environ).columns if is_tty(1) else USAGE_WIDTH), 1)
            from reflowlog.cli.about import text_about  # a mode, see the module

            return _print(text_about(options), 1)
        options = _apply_config(options, arguments)
    except UsageError as error:
        warn(f"{error} (see reflowlog --help)")
        return 2
    except ValueError as error:  # a configuration or a theme
        warn(str(error))
        return 2
    if options.command:
        from reflowlog.cli.command import run_command  # a mode, see the module

        return run_command(options, _choose_mode(options), warn)
    if not options.files and is_tty(0):
        return _print(_NO_INPUT, 2)
    return _run_inputs(options)


def _resolve_names(options: CliOptions) -> CliOptions:
    """Return the options with ``file://`` URLs as paths, and ``FILE:N`` as the start in line N of one file."""
    files = tuple(_path_of_url(name) if name.startswith("file://") else name for name in options.files)
    if len(files) == 1 and (numbered := _split_line_number(files[0])) is not None:
        return options._replace(files=numbered[:1], start=max(1, numbered[1]))
    return options._replace(files=files)


def _split_line_number(name: str) -> tuple[str, int] | None:
    """Return the file and the line of ``FILE:N``; None if that is a name, or there is no such file."""
    path, _, number = name.rpartition(":")
    if number.isascii() and number.isdigit() and os.path.isfile(path) and not os.path.exists(name):
        return path, int(number)
    return None


def _path_of_url(url: str) -> str:
    """Return the path of a ``file://`` URL of this machine; the URL itself of another one."""
    from urllib.parse import unquote, urlsplit  # start-up cost: only for a URL

    parts = urlsplit(url)
    return unquote(parts.path) if parts.netloc in ("", "localhost") else url


def _run_inputs(options: CliOptions) -> int:
    """Open the inputs, show them, and finish the tee; return the exit status."""
    options = _resolve_names(options)
    waits_for_input = not options.files or "-" in options.files
    handle_unless_ignored(signal.SIGINT, InterruptCounter(waits_for_input=waits_for_input).handle)
    inputs, failures = _open_inputs(options)
    if not inputs:
        return 1
    if options.output is not None and (name := _input_overwritten(options.output, inputs)):
        warn(f"--output would overwrite {name}, which is an input: name another file (see reflowlog --help)")
        return 2
    if options.explain:
        from reflowlog.cli.explain_mode import explain_inputs  # a mode, see the module

        return status_of(lambda: explain_inputs(options, inputs, warn), warn) or int(bool(failures))
    if any(is_stream(name) or is_address(name) for name in options.files):
        options = options._replace(follow=True)
    try:
        tee = make_tee(options, warn)
    except (ValueError, ImportError) as error:
        warn(f"cannot publish: {error}")
        return 2
    if tee is not None:
        quit_by_signals()
    with TeeSession(tee, warn) as session:
        status = status_of(lambda: _show(options, inputs, tee, failures), warn)
    return status or int(session.failed or bool(failures))


def _apply_config(options: CliOptions, arguments: Sequence[str]) -> CliOptions:
    """Return the options with defaults from the user's configuration, and check the theme and the expression.

    Raises:
        ConfigError: the configuration is wrong, or there is no such theme.
        PatternError: the expression is invalid with the user's names of fields.
    """
    if os.path.exists(config_path(os.environ)):
        from reflowlog.config.file import read  # start-up cost: only with a configuration

        options = parse(arguments, os.environ, read(os.environ))
    if options.theme:
        from reflowlog.cli.rendering import make_theme  # start-up cost: only with a theme

        make_theme(options)
    if (options.grep or options.exclude) and options.names:  # a comparison may be invalid with these names
        from reflowlog.cli.criteria import make_criteria  # start-up cost: only with both

        make_criteria(options)
    return options


def warn(message: str) -> None:
    """Write one line to standard error, wrapped on a terminal, with secrets and controls masked; no-op on failure."""
    if "@" in message:
        from reflowlog.nats.url import redact  # start-up cost: only for what may be a URL

        message = redact(message)
    if not message.isprintable():
        from reflowlog.text.clean.sanitize import mark_controls  # start-up cost: only where needed

        message = mark_controls(message)
    text = f"reflowlog: {message}"
    with contextlib.suppress(OSError, OutputClosed):
        if is_tty(2):
            text = "\n".join(_wrapped(text))
        write_all(2, f"{text}\n".encode("utf-8", "replace"))


def _wrapped(text: str) -> list[str]:
    """Return the rows of a message for the terminal of standard error; further rows are indented by four cells."""
    columns = tty.size_of(2, os.environ).columns
    if len(text) < columns and text.isascii():
        return [text]
    from reflowlog.render.public_wrap import wrap  # start-up cost: only for long messages

    return wrap(text, columns, indent=4)


def _print(text: str, descriptor: int) -> int:
    """Write a text; return 0 on standard output, 2 on standard error, where it answers wrong usage."""
    with contextlib.suppress(OSError, OutputClosed):  # its reader is gone
        write_all(descriptor, text.encode())
    return 0 if descriptor == 1 else 2


def _open_inputs(options: CliOptions) -> tuple[list[Input], list[str]]:
    """Open the inputs; return them, and a message for each that cannot be read, which was written already."""
    inputs: list[Input] = []
    failures: list[str] = []
    names = _expand_names(options.files)
    outputs = output_files(None)
    if len(names) > MANY_FILES:
        raise_file_limit(len(names))
    for name in names:
        try:
            source = _open_input(name, options, waits=len(names) == 1 and not is_tty(1))  # the viewer opens at once
            if is_output(source, outputs):  # it would grow without end
                raise OSError(errno.EINVAL, "it is the file that standard output is written to")
            if not is_shared(source, inputs):
                inputs.append(source)
        except OSError as error:
            is_empty_directory = isinstance(error, IsADirectoryError)  # others were expanded to their files
            reason = "there are no logs in it" if is_empty_directory else error.strerror
            if name.startswith(("http://", "https://")):
                reason = f"not a file; try: curl -s {name} | reflowlog"
            if _split_line_number(name) is not None:
                reason = "FILE:N is for one file alone"
            failures.append(f"cannot read {STANDARD_INPUT if name == '-' else _display_name(name)}: {reason}")
            warn(failures[-1])
    return inputs, failures


def _expand_names(files: Sequence[str]) -> list[str]:
    """Return the names of the inputs that the files of the command line stand for; without files standard input."""
    if not files:
        return ["-"]
    from reflowlog.sources.expand_paths import expand_paths  # start-up cost: the usual pipe has no files

    return expand_paths(files)


def _input_overwritten(output: str, inputs: Sequence[Input]) -> str:
    """Return the name of the input that the file of ``--output`` is, or would become; empty if there is none."""
    outputs = output_files(output)
    for source in inputs:
        is_awaited = source.missing and os.path.realpath(source.name) == os.path.realpath(output)
        if is_awaited or is_output(source, outputs):
            return source.name
    return ""


def _open_input(name: str, options: CliOptions, *, waits: bool) -> Input:
    """Open an input; a missing file that is to be followed is waited for.

    Raises:
        OSError: see `open_input`.
    """
    try:
        return open_input(name, options.since, options.tail, waits=waits)
    except (FileNotFoundError, IsADirectoryError) as error:
        if not options.follow or is_stream(name) or is_address(name) or _split_line_number(name) is not None:
            raise
        if isinstance(error, IsADirectoryError):  # others were expanded to their files
            source = open_missing(os.path.join(name, "*"))
            warn(f"there are no logs in {name} yet: waiting for them")
        else:
            source = open_missing(name)
            warn(f"{name} is not there yet: waiting for it")
        return source


def _display_name(name: str) -> str:
    """Return a file's name for a message; a stream's URL without its secrets."""
    if not is_stream(name):
        return name
    from reflowlog.nats.url import display_url  # optional feature

    return display_url(name)


def _show(options: CliOptions, inputs: list[Input], tee: Tee | None, failures: list[str]) -> int:
    """Show the inputs in the mode that fits, in the viewer with a message about one that failed; return the status."""
    mode = _choose_mode(options)
    if options.start == "" and _is_pager(options) and not options.follow:
        options = options._replace(start=1)
    if mode == "full" and options.quit_if_one_screen:
        fits, inputs = _fits_on_screen(options, inputs)
        mode = "inline" if fits else mode
    if mode in ("full", "inline"):
        from reflowlog.cli.build import is_merged  # start-up cost, as below
        from reflowlog.cli.screen_mode import ScreenMode  # a mode, see the module

        keeps_all = options.history is None and tee is None  # else the file is read from start to end
        ends = options.until is not None and options.follow  # then it is read as it grows, up to that time
        in_place = mode == "full" and keeps_all and len(inputs) == 1 and not ends and is_viewable(inputs[0].name)
        in_place = in_place and not is_merged(options._replace(since=None, until=None, tail=None), inputs)
        waits = [f"waiting for {source.name}" for source in inputs if source.missing]
        note = "; ".join([*failures, *waits])  # the viewer hides what was written before it
        if in_place and options.typed_names:
            from reflowlog.cli.field_check import explain_columns  # start-up cost: only with names of fields

            note = note or explain_columns(options)
        return ScreenMode(options, inputs, tee, full=mode == "full", in_place=in_place, note=note).run()
    from reflowlog.cli import plain_mode  # a mode, see the module

    try:
        return plain_mode.show(options, inputs, tee, warn)
    except QuitSignal:
        if is_tty(1):  # the shell's prompt gets a row of its own
            with contextlib.suppress(OSError):
                os.write(1, b"\n")
        raise


def _choose_mode(options: CliOptions) -> str:
    """Return "full", "inline" or "plain": the mode that is asked for, as far as there is a screen for it."""
    screen = is_tty(1)
    able = screen and not tty.is_dumb(os.environ) and tty.has_sequences(1)
    mode = options.mode
    if mode == "auto":
        if screen and tty.needs_name(os.environ):
            warn("TERM is not set: showing plain lines")
        is_full = bool(set(options.files) - {"-"}) or (not options.command and _is_pager(options))
        mode = "plain" if not able else "full" if is_full else "inline"
    if mode == "full" and not (able and tty.has_keys()):
        mode = "inline" if able else "plain"
    return mode if screen else "plain"  # off a terminal there is no screen to repaint, whatever is asked for


def _is_pager(options: CliOptions) -> bool:
    """Return whether another program has started this one as its pager: by a flag, or by man or git."""
    return (options.is_pager or options.keeps_screen) or "MAN_PN" in os.environ or _is_pager_of_git()


def _is_pager_of_git() -> bool:
    """Return whether git has started this program as its pager.

    Only its pager is given an ``LV=-c``, if the user has no ``LV``; it removes GIT_PAGER_IN_USE there. What git runs
    otherwise, such as a hook, has its GIT_EXEC_PATH as well.
    """
    environ = os.environ
    is_in_use = environ.get("GIT_PAGER_IN_USE") not in (None, "", "0", "false")
    return is_in_use or ("GIT_EXEC_PATH" in environ and environ.get("LV") == "-c")


def _fits_on_screen(options: CliOptions, inputs: list[Input]) -> tuple[bool, list[Input]]:
    """Return whether the content of a file or a pipe fits on the screen, and the inputs with the bytes that were read.

    A pipe is read until it has ended, or there is more than a screen.
    """
    from reflowlog.cli.rendering import make_renderer  # start-up cost: only with --quit-if-one-screen
    from reflowlog.system.files import read_at

    size = tty.size_of(1, os.environ)
    source = inputs[0]
    is_pipe = source.descriptor == 0 and not source.compression
    if len(inputs) != 1 or not (is_pipe or is_viewable(source.name)):
        return False, inputs

    def fits(data: bytes) -> bool:
        if len(data) >= MAX_SCREEN_BYTES:
            return False
        lines = _select(options, source, data + b"\n" * (data[-1:] not in (b"", b"\n")))
        rows = make_renderer(options, options.width or size.columns).lines(lines)
        return sum(row.count("\n") + 1 for row in rows) < size.rows

    if not is_pipe:
        return fits(read_at(source.descriptor, MAX_SCREEN_BYTES, 0)), inputs
    head = b""
    while fits(head):
        data = read_some(0, MAX_SCREEN_BYTES)
        head += data
        if not data:
            return True, [source._replace(head=head)]
    return False, [source._replace(head=head)]


def _select(options: CliOptions, source: Input, lines: bytes) -> bytes:
    """Return those of the first lines of an input that the range and the filters keep."""
    if options.partial:
        from reflowlog.cli.build import make_field_names  # start-up cost, as above
        from reflowlog.cli.merging import make_selection
        from reflowlog.sources.time_range import RangeFilter
        from reflowlog.system.files import modification_time

        now = modification_time(source.descriptor)
        range_filter = RangeFilter(make_selection(options), make_field_names(options), now)
        lines = range_filter.feed(lines) + range_filter.flush()
    if options.has_filter:
        from reflowlog.cli.criteria import RecordCriteria  # start-up cost, as above

        record_filter = RecordCriteria(options).make_filter()
        lines = record_filter.feed(lines) + record_filter.rest()
    return lines
