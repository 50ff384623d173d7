"""Screen modes, inline and full: the threads, the signals, and the main thread's loop.

Threads: a reader (`sources/reader.py`) reads the input, the keyboard reads keys, the printer owns the screen. The main
thread waits for the end and for signals; meanwhile it runs regular expressions that may never end, because it is the
one that a signal can interrupt.

Invariants:
- The first Ctrl-C does not quit: it ends the program that writes into the pipe, whose last output is still shown.
- Nothing is left behind (a partly painted row, a pin, the alternate screen, terminal settings) on any way out: the end
  of the input, a key, a signal, an exception.

What is on the screen is built in `cli/screen_displays.py`, the input is started in `cli/screen_input.py`, Ctrl-C is
handled in `cli/interrupts.py`, Ctrl-Z in `cli/suspension.py`, and a command in `cli/child_terminal.py`.
"""

from __future__ import annotations

import gc
import re
import signal
import sys
import threading
from typing import TYPE_CHECKING

from reflowlog.cli.child_terminal import STDERR_MARK, ChildTerminal
from reflowlog.cli.interrupts import InterruptHandler
from reflowlog.cli.screen_displays import ScreenCallbacks, ScreenDisplays
from reflowlog.cli.screen_input import ScreenInput
from reflowlog.cli.signals import SHUTDOWN_TIMEOUT, QuitSignal, handle_unless_ignored
from reflowlog.cli.suspension import Suspension
from reflowlog.config.themes import Rule
from reflowlog.core.events import AllInputsEnded, EndOfInput, TerminalChanged, TextWritten
from reflowlog.core.worker import WorkerThread
from reflowlog.system import unix
from reflowlog.system.fds import reuse_large_blocks
from reflowlog.system.interruptible import MainThreadRunner
from reflowlog.terminal.keyboard import make_keyboard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.options import CliOptions
    from reflowlog.cli.tee import Tee
    from reflowlog.core.inbox import Inbox
    from reflowlog.display.printer import Printer
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.pty.child import PtyChild

__all__ = ["ScreenMode"]

GC_THRESHOLD = 20_000  # new objects between two collections of cycles, which keep keys waiting for 1 or 2 ms
POLL_INTERVAL = 0.25  # seconds between two checks for a Ctrl-C that has not ended the input
SWITCH_INTERVAL = 0.001  # seconds for which a thread may keep another, which has input or an output ready, waiting
MAX_WAITING_BYTES = 2 << 20  # bytes of input that may wait for the printer
OWN_WRITER = -1  # id of this program as a writer


class ScreenMode:
    """A run of the inline or the full-screen mode.

    Its attributes are the parts of the run, and what they have reported about its end.

    Args:
        options: the command line.
        inputs: what to read; one input for a file that is viewed in place.
        tee: takes a copy of the input.
        full: whether to begin on the alternate screen.
        in_place: whether the input is a file that is read at the offsets shown, not from start to end.
        child: the command whose terminal this program is, if the input is its output.
        note: the first message in the viewer's status row.
    """

    def __init__(
        self,
        options: CliOptions,
        inputs: Sequence[Input],
        tee: Tee | None,
        *,
        full: bool,
        in_place: bool = False,
        child: PtyChild | None = None,
        note: str = "",
    ) -> None:
        self._options = _with_stderr_rule(options) if options.stderr else options
        self._inputs = inputs
        self._tee = tee
        self._in_place = in_place
        self._worker = WorkerThread(self._make_printer, name="reflowlog-printer", weight=MAX_WAITING_BYTES)
        self._runner = MainThreadRunner()
        self._done = threading.Event()
        self._status = 0
        self._error: BaseException | None = None
        self._is_ending = False  # whether a signal that ends the program was passed on to the command
        self._child = None if child is None else ChildTerminal(child, self._options, self._worker, tee, opens=full)
        is_pipe = child is not None or any(source.descriptor == 0 for source in inputs)
        # What writes into a pipe may ask for a password before it writes: until then the keys are its own.
        self._opens_at_once = full and not is_pipe
        self._keyboard = make_keyboard(
            self._worker.inbox.put,
            gone=self._on_no_keyboard,
            taker=None if self._child is None else self._child.type,
            on_background=self._worker.inbox.put,
        )
        self._displays = ScreenDisplays(
            self._options,
            inputs,
            self._keyboard,
            self._runner,
            self._worker.inbox.put,
            full=full and child is None,  # a command has the normal screen to go back to
            is_pipe=is_pipe,
            note=note,
        )
        self._interrupts = InterruptHandler(
            self._worker, child, self._finish, self._runner.wake, lambda: self._displays.is_full, is_pipe=is_pipe
        )
        self._suspension = Suspension(self._worker, self._keyboard, self._runner, self._child)

    def run(self) -> int:
        """Run until the input ends, the user quits, the output is gone or a signal ends it; return the exit status."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        reuse_large_blocks()
        self._catch_signals()
        if self._tee is not None:
            self._tee.warn = self._warn
        has_failed = self._start()
        try:
            self._displays.warm_up(lambda: self._worker.running)
            gc.freeze()  # no collection looks at what was loaded again
            gc.set_threshold(GC_THRESHOLD)
            while not self._done.is_set():
                self._runner.serve(POLL_INTERVAL)
                self._interrupts.update_hint()
                self._interrupts.forward()
        except QuitSignal:
            self._worker.inbox.put(EndOfInput())  # ends an unterminated line: the shell's prompt gets a row of its own
            self._worker.close(SHUTDOWN_TIMEOUT)
            raise
        else:
            self._worker.close()
        finally:
            self._keyboard.stop()
        if self._error is not None:
            raise self._error
        return self._status or int(has_failed())

    def _start(self) -> Callable[[], bool]:
        """Start to read; return the function that tells whether an input could not be read."""
        if self._opens_at_once:
            self._worker.put(TerminalChanged())  # keys are read once the viewer is there to take them
        if self._in_place:
            return lambda: False
        return ScreenInput(
            self._options,
            self._inputs,
            self._worker,
            self._tee,
            self._warn,
            self._on_end_of_input,
            source_names=self._displays.sources.names,
            child=None if self._child is None else (self._child, self._keyboard),
            full=self._displays.starts_full,
        ).start()

    def _on_end_of_input(self) -> None:
        """Show the end of all inputs. On the reader's thread."""
        self._worker.put(AllInputsEnded())
        if self._is_ending:  # else the viewer stays
            self._finish()

    def _finish(self, status: int = 0) -> None:
        """End the main thread's loop; the first status counts. Any thread."""
        if not self._done.is_set():
            self._status = status
            if status:
                self._worker.inbox.put(EndOfInput())  # see `run`
        self._done.set()
        self._runner.wake()

    def _on_no_keyboard(self) -> None:
        """Quit a viewer that no key can end, because the terminal is gone; inline mode goes on to the input's end."""
        if self._displays.is_full:
            self._finish()

    def _warn(self, message: str) -> None:
        """Write a line of this program into the log, because standard error may be this very screen. Any thread."""
        self._worker.inbox.put(TextWritten(f"reflowlog: {message}\n", OWN_WRITER))

    def _catch_signals(self) -> None:
        def on_ending(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
            self._is_ending = True
            if self._child is None or not self._child.pass_on(number):
                raise QuitSignal(128 + number)

        def on_resized(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
            # The size at the time of the repaint may be the old one again; another size in between has cut rows.
            self._worker.inbox.put(TerminalChanged(cursor_row_dirty=self._displays.is_full))
            if self._child is not None:
                self._child.resize()

        handle_unless_ignored(signal.SIGINT, self._interrupts.handle)
        for number in unix.signals("SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK"):
            handle_unless_ignored(number, on_ending)
        if unix.has("SIGTSTP"):
            signal.signal(unix.SIGWINCH, on_resized)
            signal.signal(unix.SIGCONT, self._suspension.handle_continue)
            signal.signal(unix.SIGTSTP, self._suspension.handle_stop)

    def _make_printer(self, inbox: Inbox, in_child: bool) -> Printer:  # noqa: ARG002 - this program does not fork
        make = self._displays.make_file_printer if self._in_place else self._displays.make_pipe_printer
        callbacks = ScreenCallbacks(self._finish, self._interrupts.handle_in_viewer, self._on_lost_output, self._warn)
        return make(inbox, callbacks)

    def _on_lost_output(self, error: BaseException) -> None:
        self._error = error
        self._finish()


def _with_stderr_rule(options: CliOptions) -> CliOptions:
    """Return the options with a highlight rule for the mark of standard error, first so that the user's rules win."""
    rule = Rule(f"^{re.escape(STDERR_MARK.rstrip())}", "bold" if options.theme == "mono" else "red")
    return options._replace(rules=(rule, *options.rules))
