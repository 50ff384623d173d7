"""A command in place of files: it is started, shown in the mode that fits, and its exit status is ours.

On a screen we are its terminal; elsewhere it stays in ours, if there is one, and nobody reads its keys but itself (see
`sources/pty/child.py`). A signal that ends us is passed on to it; a second one of that kind does not wait for it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from typing import TYPE_CHECKING

from reflowlog.cli.signals import LAST_WORDS, QuitSignal, finish
from reflowlog.cli.tee import make_tee
from reflowlog.sources.inputs import Input
from reflowlog.system import tty
from reflowlog.system.fds import OutputClosed, is_tty, write_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.options import CliOptions
    from reflowlog.cli.tee import Tee
    from reflowlog.core.frames import Size
    from reflowlog.sources.pty.child import PtyChild

__all__ = ["run_command"]

NOT_FOUND = 127
NOT_RUN = 126


def run_command(options: CliOptions, mode: str, warn: Callable[[str], None]) -> int:
    """Run the command that is asked for, and show what it says: the exit status.

    Args:
        options: with a command.
        mode: "full", "inline" or "plain".
        complain: told in one line what goes wrong.
    """
    if not hasattr(os, "openpty"):
        warn("--exec needs pseudo-terminals, which this system has not")
        return 2
    from reflowlog.sources.pty.child import PtyChild

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
        return NOT_FOUND if error.errno == errno.ENOENT else NOT_RUN
    if tee is not None:
        tee.begin()
    try:
        shown = _show(options, mode, child, tee, warn)
    except QuitSignal:
        finish(tee, warn, LAST_WORDS)
        raise
    failed = finish(tee, warn)
    return shown or child.status or int(failed)


def _show(options: CliOptions, mode: str, child: PtyChild, tee: Tee | None, warn: Callable[[str], None]) -> int:
    """Show what a command says, to its end, and leave it: 1 if that could not be shown, else 0."""
    on_screen = mode != "plain"
    with child:
        _catch_signals(child, options, always=on_screen)
        inputs = [Input(child.name, -1, chunks=child.chunks)]
        try:
            if on_screen:
                from reflowlog.cli.screen_mode import ScreenMode

                return ScreenMode(options, inputs, tee, full=mode == "full", child=child).run()
            from reflowlog.cli import plain_mode

            child.on_error = lambda data: _write_error(data, tee)
            return plain_mode.show(options, inputs, tee, warn)
        except OutputClosed:
            return 0
        except OSError as error:
            warn(f"cannot write: {error.strerror}")
            return 1


def _size(options: CliOptions) -> Size:
    """The size of the command's terminal: as wide as what is shown."""
    found = next((each for each in (1, 2, 0) if is_tty(each)), 1)
    size = tty.size_of(found, os.environ)
    return size if options.width is None else size._replace(columns=options.width)


def _write_error(data: bytes, tee: Tee | None) -> None:
    """Off a screen the command's standard error, kept apart, is ours."""
    if tee is not None:
        tee(data)
    with contextlib.suppress(OutputClosed):  # it is nobody's
        write_all(2, data)


def _catch_signals(child: PtyChild, options: CliOptions, *, always: bool) -> None:
    """What reaches us is to reach the command too, once; on a screen there are other handlers soon.

    Args:
        child: the command.
        options: for its width.
        always: it is in a session of its own, and gets no signal with us.
    """

    def typed(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
        if always or not tty.is_at_keyboard():  # else the terminal has sent it to the command as well
            child.signal(number)

    def ending(number: int, frame: object) -> None:  # noqa: ARG001
        if not child.pass_on(number):
            raise QuitSignal(128 + number)

    handlers = {signal.SIGINT: typed, signal.SIGQUIT: typed, signal.SIGTERM: ending, signal.SIGHUP: ending}
    for number, handler in handlers.items():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
    signal.signal(signal.SIGWINCH, lambda *_: child.resize(_size(options)))
