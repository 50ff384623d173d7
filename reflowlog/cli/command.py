"""A command in place of files: it is started and shown in the mode that fits, and its exit status is returned.

On a screen this program is the command's terminal; elsewhere the command stays in the caller's terminal, if there is
one, and reads its keys itself (see `sources/pty/child.py`). A signal that ends this program is passed on to the
command; a second one of that kind does not wait for it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from typing import TYPE_CHECKING

from reflowlog.cli.output_failure import status_of
from reflowlog.cli.signals import QuitSignal, handle_unless_ignored
from reflowlog.cli.tee import TeeSession, make_tee
from reflowlog.sources.inputs import Input
from reflowlog.system import tty, unix
from reflowlog.system.fds import OutputClosed, is_tty, write_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.options import CliOptions
    from reflowlog.cli.tee import Tee
    from reflowlog.core.frames import Size
    from reflowlog.sources.pty.child import PtyChild

__all__ = ["run_command"]

STATUS_NOT_FOUND = 127
STATUS_NOT_RUN = 126


def run_command(options: CliOptions, mode: str, warn: Callable[[str], None]) -> int:
    """Run the command of the options and show its output; return the exit status.

    Args:
        options: with a command.
        mode: "full", "inline" or "plain".
        warn: takes one line about a failure.
    """
    if not hasattr(os, "openpty"):
        warn("--exec needs pseudo-terminals, which this system lacks; try: COMMAND | reflowlog")
        return 2
    from reflowlog.sources.pty.child import PtyChild  # POSIX only

    try:
        tee = make_tee(options, warn)
    except (ValueError, ImportError) as error:
        warn(f"cannot publish: {error}")
        return 2
    try:
        child = PtyChild(
            options.command, _size(options), session=mode != "plain", separate_stderr=options.stderr, environ=os.environ
        )
    except OSError as error:
        warn(f"cannot run {options.command[0]}: {error.strerror}")
        return STATUS_NOT_FOUND if error.errno == errno.ENOENT else STATUS_NOT_RUN
    with TeeSession(tee, warn) as session, child:
        _catch_signals(child, options, always=mode != "plain")
        status = status_of(lambda: _show(options, mode, child, tee, warn), warn)
    return status or child.status or int(session.failed)


def _show(options: CliOptions, mode: str, child: PtyChild, tee: Tee | None, warn: Callable[[str], None]) -> int:
    """Show a command's output to its end; return 1 if the output could not be shown, else 0."""
    inputs = [Input(child.name, -1, chunks=child.chunks)]
    if mode != "plain":
        from reflowlog.cli.screen_mode import ScreenMode  # a mode, see `cli/__init__.py`

        return ScreenMode(options, inputs, tee, full=mode == "full", child=child).run()
    from reflowlog.cli import plain_mode  # a mode, see `cli/__init__.py`

    child.on_error = lambda data: _write_error(data, tee)
    return plain_mode.show(options, inputs, tee, warn)


def _size(options: CliOptions) -> Size:
    """Return the size of the command's terminal: as wide as the output is shown."""
    terminal = next((descriptor for descriptor in (1, 2, 0) if is_tty(descriptor)), 1)
    return options.size_to_lay_out(tty.size_of(terminal, os.environ))


def _write_error(data: bytes, tee: Tee | None) -> None:
    """Write the command's separate standard error to that of this program."""
    if tee is not None:
        tee(data)
    with contextlib.suppress(OutputClosed):  # its reader is gone
        write_all(2, data)


def _catch_signals(child: PtyChild, options: CliOptions, *, always: bool) -> None:
    """Pass signals on to the command, each once; the screen modes install other handlers later.

    Args:
        child: the command.
        options: for its width.
        always: whether it is in a session of its own, and so gets no signal from the keyboard itself.
    """

    def on_typed(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
        if always or not tty.is_at_keyboard():  # else the terminal has sent it to the command as well
            child.signal(number)

    def on_ending(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
        if not child.pass_on(number):
            raise QuitSignal(128 + number)

    handlers = {
        signal.SIGINT: on_typed,
        unix.SIGQUIT: on_typed,
        signal.SIGTERM: on_ending,
        unix.SIGHUP: on_ending,
    }
    for number, handler in handlers.items():
        handle_unless_ignored(number, handler)
    signal.signal(unix.SIGWINCH, lambda *_: child.resize(_size(options)))
