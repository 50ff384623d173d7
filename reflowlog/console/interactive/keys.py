"""Keyboard and viewer of a console with ``keys=True``, inside a program.

Invariants:
- The history is stored as on the command line: lines of bytes in a spool, one line a record
  (`text/layout/record_codec.py`), from the first record on; displays, keyboard and viewer are the same classes. This
  module holds the differences that arise because the program owns the terminal.
- The program owns the terminal. It is read only in the foreground, and is released, on the normal screen and with its
  settings restored, during `input()` and `getpass.getpass()`, while an uncaught exception is written, and before
  `os._exit()`: these functions are patched while a console with keys is open (`console/interactive/patches.py`). The
  keyboard leaves the terminal alone while another program, such as an editor, has changed its settings.
- Ctrl-C stays a signal to the program. In the viewer it is a key: it interrupts the viewer's long work, or else leaves
  the viewer and then sends SIGINT.
- Ctrl-Z is a key too: the terminal is restored, then the job is stopped by SIGTSTP.
- SIGQUIT, which would end the program at once without restoring the terminal, is handled while its action is the
  default: the terminal is restored, and then the signal ends the program. (`console/flush_points.py` has the others.)
- In the child of a fork everything here is a no-op: the terminal is the parent's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from reflowlog.config.file import user_copy_command
from reflowlog.console.interactive.history import (
    ShownMatcher,
    StoredHistory,
    line_of_item,
    read_stored_line,
    stored_text,
)
from reflowlog.console.interactive.loggers import LoggerLevels
from reflowlog.console.interactive.patches import close_patches, open_patches
from reflowlog.console.interactive.regex_process import RegexProcess
from reflowlog.console.prompt_turns import find_prompt
from reflowlog.core.events import Key, TerminalChanged, TextWritten
from reflowlog.display.clipboard import Clipboard
from reflowlog.display.editor import EditorChooser
from reflowlog.display.pager_services import PagerTools
from reflowlog.display.switching import SwitchingDisplay
from reflowlog.pager.context import PagerOptions
from reflowlog.pager.state import PagerState
from reflowlog.render.options import RenderOptions
from reflowlog.session.job_control import JobControl
from reflowlog.session.signals import SignalHandlers
from reflowlog.store.document_source import PipeDocument
from reflowlog.store.line_index import LineIndex
from reflowlog.store.pipe_text import PipeText
from reflowlog.store.spool import Spool
from reflowlog.system import fd_redirect, tty, unix
from reflowlog.system.fds import is_tty
from reflowlog.terminal.cursor import CursorLocator
from reflowlog.terminal.keyboard import Keyboard
from reflowlog.terminal.keyboard_device import TtyDevice
from reflowlog.text.layout.record_codec import line_of_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from reflowlog.core.frames import Size
    from reflowlog.core.records import Item
    from reflowlog.core.worker import WorkerThread
    from reflowlog.display.base import Painter
    from reflowlog.display.inline import InlineDisplay
    from reflowlog.display.pager import PagerDisplay
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.session.terminal_session import TerminalSession

__all__ = ["InteractiveConsole"]

LEAVE_VIEWER = "Back"  # name of a synthetic key: return to the normal screen
RELEASE_TIMEOUT = 1.0  # seconds to paint queued records before the terminal is released
STOP_DELAY = 0.1  # seconds after which SIGTSTP has stopped the job
SHUTDOWN_TIMEOUT = 1.0  # seconds to paint queued records when a signal ends the program
_WARNINGS_WRITER = -1  # writer number of our own messages


def find_module_files(name: str) -> list[str]:
    """Return the files of this program's modules that have a file name: records name their source without a folder."""
    if os.sep in name:
        return []
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    return [file for file in files if isinstance(file, str) and os.path.basename(file) == name]


class InteractiveConsole:
    """Keyboard of a console, and the viewer that its keys open.

    Args:
        worker: of the console; it gets key events for the display created by `make_display`.
    """

    def __init__(self, worker: WorkerThread) -> None:
        self._worker = worker
        self._process = os.getpid()
        device = TtyDevice(shared=True, is_lent=lambda: find_prompt(0) is not None)
        self._keyboard = Keyboard(self._on_key, gone=self._leave_viewer, device=device)
        self._lock = threading.RLock()  # reentrant: a signal handler may ask for input
        self._borrowers = 0
        self._guard: RegexProcess | None = None
        self._levels = LoggerLevels()
        self._signals = SignalHandlers()
        self._job = JobControl(worker, self._keyboard, RELEASE_TIMEOUT)
        self._closed = False
        open_patches(self)

    @staticmethod
    def serves(descriptor: int | None) -> bool:
        """Return whether a descriptor is the terminal that standard input is."""
        try:
            same = descriptor is not None and tty.terminal_device(0) == fd_redirect.ask(descriptor, tty.terminal_device)
        except OSError:
            return False
        return same and is_tty(0) and tty.has_keys()

    def make_display(
        self,
        session: TerminalSession,
        renderer: LineRenderer,
        settings: RenderOptions,
        make_inline: Callable[..., InlineDisplay],
        *,
        limit: int | None,
        read: Callable[[str], Sequence[Item]] | None = None,
    ) -> SwitchingDisplay:
        """Create the display, and start to read keys.

        Args:
            session: makes the displays.
            renderer: layout for the normal screen.
            settings: of the renderer; the viewer has their colours, theme and links.
            make_inline: the class of the display on the normal screen, or a function with its arguments.
            limit: count of records that may be laid out again on the normal screen; None for all.
            read: see `InlineDisplay`.
        """
        history = LineIndex(Spool(on_trouble=self._warn))
        log = session.make_inline(renderer, StoredHistory(renderer, history, limit), read=read, make=make_inline)
        text = PipeText(history)
        appearance = settings.appearance._replace(columns=())
        display: _InteractiveDisplay

        def make_full(left: Callable[[str], None]) -> PagerDisplay:
            self._guard = RegexProcess()
            render = RenderOptions(
                colour=settings.own_colour,
                text_colour=settings.text_colour,
                width=session.options.width,
                appearance=appearance,
            )
            return session.make_viewer(
                PipeDocument(text),
                PagerOptions(
                    render,
                    read=read_stored_line,
                    has_loggers=True,
                    original=stored_text,
                    tracker=renderer.tracker,
                ),
                PagerState(following=True),
                log.size,
                matcher=ShownMatcher(self._guard, lambda: self._worker.inbox.put(TerminalChanged())),
                keys=self,
                left=left,
                interrupted=lambda _: display.interrupted(),
                tools=PagerTools(
                    Clipboard(os.environ, user_copy_command(os.environ)),
                    EditorChooser(os.environ, find_module_files),
                    self._levels.change,
                ),
            )

        display = _InteractiveDisplay(log, text, make_full, self)
        self._signals.install("SIGQUIT", self._terminate)
        self._signals.install("SIGCONT", self._continue)
        self.start()
        return display

    def _warn(self, message: str) -> None:
        self._worker.inbox.put(TextWritten(f"reflowlog: {message}\n", _WARNINGS_WRITER))

    # -- the keyboard, as displays use it ------------------------------------------------------------------------

    def start(self) -> bool:
        """Start to read keys, and return whether there is a keyboard. Idempotent."""
        return self._keyboard.start()

    def suspend(self) -> None:
        """Release the keyboard."""
        self._keyboard.suspend()

    def resume(self) -> None:
        """Read keys again, unless the keyboard is lent to the program."""
        with self._lock:
            if not self._borrowers:
                self._keyboard.resume()

    def capture_ctrl_c(self, on: bool) -> None:
        """Deliver Ctrl-C as a key instead of SIGINT."""
        self._keyboard.capture_ctrl_c(on)

    def query_background(self, *, with_report: bool = True) -> None:
        """Return None: a program's terminal is not queried, for the program may read the answer itself."""

    def make_locator(
        self, measure: Callable[[], Size], own_write: Callable[[int], contextlib.AbstractContextManager[object]]
    ) -> CursorLocator:
        """Return the query for the terminal's cursor; there is no answer while the program reads the keyboard itself.

        Args:
            measure: returns the terminal's size.
            own_write: announces a write to the terminal.
        """
        keyboard = self._keyboard
        keyboard.announce_by(own_write)
        return CursorLocator(measure, path="", reports=keyboard.query_cursor, version=keyboard.terminal_version)

    def applied_settings(self) -> list[Any] | None:
        """Return the terminal's settings as the keyboard has applied them last; None if it has not."""
        return self._keyboard.applied_settings()

    @property
    def lent(self) -> bool:
        """Whether the program reads the keyboard itself."""
        return self._borrowers > 0

    @contextlib.contextmanager
    def lend(self) -> Iterator[None]:
        """Lend the keyboard to the program, on the normal screen, within a block. Any thread; may be nested."""
        if self._closed or os.getpid() != self._process:
            yield
            return
        with self._lock:
            self._borrowers += 1
            self._keyboard.suspend()
        try:
            if self._worker.running:
                self._leave_viewer()
                self._worker.flush(RELEASE_TIMEOUT)
            yield
        finally:
            with self._lock:
                self._borrowers -= 1
                self.resume()

    def close(self) -> None:
        """Restore the terminal's settings and the patched functions. Idempotent; any thread; no-op after a fork."""
        self._closed = True
        self._keyboard.stop()
        if os.getpid() == self._process:
            self._levels.restore()
        if self._guard is not None and os.getpid() == self._process:
            self._guard.close()
        close_patches(self)
        self._signals.restore()

    def _leave_viewer(self) -> None:
        self._worker.inbox.put(Key(LEAVE_VIEWER))

    def _on_key(self, key: Key) -> None:
        """Handle a key press. Keyboard thread."""
        if key.name == "Ctrl-Z":
            self._stop_job()
        else:
            self._worker.inbox.put(key)

    # -- signals --------------------------------------------------------------------------------------------------

    def _stop_job(self) -> None:
        """Restore the terminal, then stop the job by SIGTSTP, as Ctrl-Z does. Keyboard thread."""
        with self._job.released():
            if self._job.is_stopping:
                unix.killpg(unix.getpgrp(), unix.SIGTSTP)
                time.sleep(STOP_DELAY)  # the signal stops the process, but not necessarily at once

    def _terminate(self, number: int, _frame: FrameType | None) -> None:
        """Paint queued records, restore the terminal, then let the signal end the program."""
        if os.getpid() == self._process:
            self._worker.close(SHUTDOWN_TIMEOUT)
            self.close()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _continue(self, number: int, frame: FrameType | None) -> None:
        """Redraw after SIGCONT, unless we stopped the job ourselves."""
        if os.getpid() == self._process:
            self._job.handle_continue(number, frame)


class _InteractiveDisplay(SwitchingDisplay):
    """Inline display and viewer over one store: items and lines are stored in one form, whichever display is active."""

    def __init__(
        self,
        log: InlineDisplay,
        text: PipeText,
        make_full: Callable[[Callable[[str], None]], PagerDisplay],
        interactive: InteractiveConsole,
    ) -> None:
        super().__init__(log, text, make_full, interactive, lambda: None, lambda _: None)
        self._interactive = interactive
        self._ignores_keys = False
        self._interrupting = False

    def item(self, item: Item) -> None:
        """Store a record."""
        if self._is_pager_active:
            self.chunk(line_of_item(item))
        else:
            super().item(item)

    def line(self, text: str) -> None:
        """Store a line of text."""
        if self._is_pager_active:
            self.chunk(line_of_text(text))
        else:
            super().line(text)

    def key(self, key: Key) -> None:
        """Handle a key press, or the request to return to the normal screen."""
        if key.name == LEAVE_VIEWER:
            if not self._is_lent:
                self._close_pager()
        elif not (self._ignores_keys or self._interactive.lent):
            super().key(key)

    def interrupted(self) -> str:
        """Leave the viewer on Ctrl-C without long work to interrupt; SIGINT is sent after the next frame."""
        self._interrupting = True
        self._close_pager()
        return ""

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Paint; a pending SIGINT is sent after the normal screen is up to date."""
        super().paint(unfinished, flush_requested)
        if self._interrupting:
            self._interrupting = False
            self.drain()
            with contextlib.suppress(OSError):
                unix.killpg(unix.getpgrp(), signal.SIGINT)

    def finish(self) -> None:
        """Paint the last frame after the sentinel."""
        self._ignores_keys = True
        super().finish()

    def close(self) -> None:
        """Restore the terminal as it was found."""
        super().close()
        self._interactive.close()

    def replace(self, painter: Painter | None) -> None:
        """Continue with another painter after a failed output, without the viewer; it shows the records held there."""
        was_up, self._is_pager_active = self._is_pager_active, False
        self._ignores_keys = True
        self._interactive.close()
        super().replace(painter)
        if was_up:
            self._log.catch_up()
