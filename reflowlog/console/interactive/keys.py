"""A program's own log under the viewer: what a console has besides, if its program's user may type the viewer's keys.

Rules of this file:
- The history is the command line's: lines of bytes in a spool, a record a line (`text/layout/record_codec.py`), all of them from the
  first on; so are the stages, the keyboard and the viewer. Here is what differs because the program is not ours.
- **The terminal is the program's.** It is read only in the foreground, and is given back, back on the normal screen and
  with its settings as they were, while somebody waits in `input()` or `getpass.getpass()`, while an uncaught exception
  is shown, and before `os._exit()`: for that ours stand in their places while a console with keys is open (`_doors`).
  Others who set the terminal up for themselves, such as an editor that is started, are left alone by the keyboard.
- Ctrl-C stays a signal of the program's. In the viewer it is a key: it ends the viewer's long work, or else leaves the
  viewer and then is what it is everywhere.
- Ctrl-Z is a key too: the terminal is put back, then the job is stopped as it would have been.
- A signal that would end the program at once, with the terminal as it is, is ours while it is nobody's: the terminal is
  put back, and then it ends the program all the same.
- In the child of a fork nothing here does anything: the terminal is the parent's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

from reflowlog.console.interactive.history import ShownMatcher, StoredHistory, line_of_item, read_stored_line
from reflowlog.console.interactive.patches import close_patches, open_patches, renew_lock
from reflowlog.console.interactive.regex_process import RegexProcess
from reflowlog.core.events import Key, Suspend, TerminalChanged, TextWritten
from reflowlog.display.inline import InlineDisplay
from reflowlog.display.pager import PagerDisplay
from reflowlog.display.switching import SwitchingDisplay
from reflowlog.pager.context import PagerOptions
from reflowlog.pager.state import PagerState
from reflowlog.store.document_source import PipeDocument
from reflowlog.store.line_index import LineIndex
from reflowlog.store.pipe_text import PipeText
from reflowlog.store.spool import Spool
from reflowlog.system import fd_redirect, tty
from reflowlog.system.fds import is_tty
from reflowlog.terminal.keyboard import Keyboard
from reflowlog.text.layout.record_codec import line_of_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from reflowlog.core.frames import Size
    from reflowlog.core.records import Item
    from reflowlog.core.worker import WorkerThread
    from reflowlog.display.base import Painter
    from reflowlog.display.pager import ScreenPainter
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.text.highlight.appearance import Appearance

__all__ = ["InteractiveConsole"]

BACK = "Back"  # no key: back to the normal screen
BACK_WITHIN = 1.0  # seconds for what is still to be painted there, before others get the terminal
STOPPING = 0.1  # seconds after which a job that was told to stop has stopped
LAST_WORDS = 1.0  # seconds for what is still to be painted when a signal ends the program
ENDINGS = ("SIGTERM", "SIGHUP", "SIGQUIT")
_OURSELVES = -1  # as a speaker


class InteractiveConsole:
    """The keys of a console, and the viewer that they open.

    Args:
        press: the console's. Events that this puts there are for a stage that `make_display` made.
    """

    def __init__(self, worker: WorkerThread) -> None:
        self._worker = worker
        self._process = os.getpid()
        self._keyboard = Keyboard(self._typed, gone=self._go_back, shared=True)
        self._lock = threading.RLock()  # reentrant: a signal handler may ask for input
        self._borrowers = 0
        self._guard: RegexProcess | None = None
        self._signals: dict[int, Any] = {}
        self._stopping = False
        self._closed = False
        open_patches(self)

    @staticmethod
    def serves(descriptor: int | None) -> bool:
        """Whether a stream is the terminal that the program's user types at."""
        try:
            same = descriptor is not None and os.fstat(0).st_rdev == fd_redirect.ask(descriptor, os.fstat).st_rdev
        except OSError:
            return False
        return same and is_tty(0) and tty.has_keys()

    def make_display(
        self,
        composer: LineRenderer,
        painter: Painter,
        screen: ScreenPainter,
        *,
        size: Size,
        measure: Callable[[], Size],
        width: int | None,
        limit: int | None,
        colour: bool,
        appearance: Appearance,
        read: Callable[[str], Sequence[Item]] | None = None,
    ) -> SwitchingDisplay:
        """The stage; with it keys begin to be read.

        Args:
            composer: lays out for the normal screen.
            painter: paints there.
            screen: paints on the alternate screen.
            size: of the terminal, now.
            measure: the same later.
            width: lay out for so many cells; None for the terminal's.
            limit: how many records may be laid out again on the normal screen; None for all.
            colour: whether styles are drawn.
            looks: of records.
            read: see `InlineDisplay`.
        """
        history = LineIndex(Spool(on_trouble=self._say))
        scrollback = StoredHistory(composer, history, limit)
        fixed = width is not None
        log = InlineDisplay(scrollback, composer, painter, size=size, measure=measure, fixed_width=fixed, read=read)
        text = PipeText(history)
        display: _InteractiveDisplay

        def make_full(left: Callable[[str], None]) -> PagerDisplay:
            self._guard = RegexProcess()
            return PagerDisplay(
                PipeDocument(text),
                screen,
                log.size,
                PagerOptions(
                    colour=colour, width=width, appearance=appearance._replace(columns=()), read=read_stored_line
                ),
                PagerState(following=True),
                matcher=ShownMatcher(self._guard, lambda: self._worker.inbox.put(TerminalChanged())),
                keys=self,
                left=left,
                interrupted=lambda _: display.interrupted(),
            )

        display = _InteractiveDisplay(log, text, make_full, self)
        self._take_signals()
        self.start()
        return display

    def _say(self, message: str) -> None:
        self._worker.inbox.put(TextWritten(f"reflowlog: {message}\n", _OURSELVES))

    # -- the keys; what the stages ask for ------------------------------------------------------------------------

    def start(self) -> bool:
        """Begin to read, if that has not begun; whether there is anything to read."""
        return self._keyboard.start()

    def suspend(self) -> None:
        """Others get the terminal."""
        self._keyboard.suspend()

    def resume(self) -> None:
        """It is ours again, unless it is lent."""
        with self._lock:
            if not self._borrowers:
                self._keyboard.resume()

    def whole(self, on: bool) -> None:
        """Whether Ctrl-C is a key like others."""
        self._keyboard.whole(on)

    @property
    def lent(self) -> bool:
        """Whether the program has the keys itself."""
        return self._borrowers > 0

    @contextlib.contextmanager
    def lend(self) -> Iterator[None]:
        """Give the keys back to the program, on the normal screen, for a while. Any thread, in any nesting."""
        if self._closed or os.getpid() != self._process:
            yield
            return
        with self._lock:
            self._borrowers += 1
            self._keyboard.suspend()
        try:
            if self._worker.running:
                self._go_back()
                self._worker.flush(BACK_WITHIN)
            yield
        finally:
            with self._lock:
                self._borrowers -= 1
                self.resume()

    def close(self) -> None:
        """Put the terminal's settings, and the functions of others, back. Any thread; harmless twice and in a child."""
        self._closed = True
        self._keyboard.stop()
        if self._guard is not None and os.getpid() == self._process:
            self._guard.close()
        close_patches(self)
        self._give_signals_back()

    def _go_back(self) -> None:
        self._worker.inbox.put(Key(BACK))

    def _typed(self, key: Key) -> None:
        """A key, on the keyboard's thread."""
        if key.name == "Ctrl-Z":
            self._stop_job()
        else:
            self._worker.inbox.put(key)

    # -- signals --------------------------------------------------------------------------------------------------

    def _stop_job(self) -> None:
        """Stop, as Ctrl-Z would have done it, with the terminal as it was found. On the keyboard's thread."""
        parked, resumed = threading.Event(), threading.Event()
        here = threading.get_ident()

        def wait() -> None:
            if threading.get_ident() != here:  # else the console has ended, and this thread does its work
                resumed.wait()

        self._stopping = True
        self._keyboard.suspend()
        self._worker.put(Suspend(parked.set, wait))
        try:
            self._worker.wake_now()
            parked.wait(BACK_WITHIN)
            os.killpg(os.getpgrp(), signal.SIGTSTP)
            time.sleep(STOPPING)  # the signal stops all of us, but need not stop this thread at once
        finally:
            self._stopping = False
            resumed.set()

    def _take_signals(self) -> None:
        """Those that are nobody's; on the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            return
        for name in ENDINGS:
            self._take_signal(getattr(signal, name), self._end)
        self._take_signal(signal.SIGCONT, self._continue)

    def _take_signal(self, number: int, handler: Callable[[int, FrameType | None], None]) -> None:
        if signal.getsignal(number) is signal.SIG_DFL:
            self._signals[number] = handler
            signal.signal(number, handler)

    def _give_signals_back(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number, handler in self._signals.items():
                if signal.getsignal(number) == handler:
                    signal.signal(number, signal.SIG_DFL)
            self._signals.clear()

    def _end(self, number: int, _frame: FrameType | None) -> None:
        """A signal ends the program: as it would have done, but with its terminal in order."""
        if os.getpid() == self._process:
            self._worker.close(LAST_WORDS)
            self.close()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _continue(self, _number: int, _frame: FrameType | None) -> None:
        """We go on after we were stopped, maybe without a warning."""
        if not self._stopping and os.getpid() == self._process:
            self._worker.inbox.put(TerminalChanged(resumed=True))


class _InteractiveDisplay(SwitchingDisplay):
    """The log and the viewer over it; items and lines are kept in one form, whichever is up."""

    def __init__(
        self,
        log: InlineDisplay,
        text: PipeText,
        make_full: Callable[[Callable[[str], None]], PagerDisplay],
        interactive: InteractiveConsole,
    ) -> None:
        super().__init__(log, text, make_full, interactive, lambda: None, lambda _: None)
        self._interactive = interactive
        self._begun = True  # keys are read already
        self._over = False
        self._interrupting = False

    def item(self, item: Item) -> None:
        """Keep a record."""
        if self._is_up:
            self.chunk(line_of_item(item))
        else:
            super().item(item)

    def line(self, text: str) -> None:
        """Keep a line of text."""
        if self._is_up:
            self.chunk(line_of_text(text))
        else:
            super().line(text)

    def key(self, key: Key) -> None:
        """A key was typed; or the normal screen is wanted."""
        if key.name == BACK:
            self._close_full()
        elif not (self._over or self._interactive.lent):
            super().key(key)

    def interrupted(self) -> str:
        """Ctrl-C in the viewer, which has nothing to interrupt: it is the program's."""
        self._interrupting = True
        self._close_full()
        return ""

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Show all that there is; a program that is interrupted finds the normal screen up to date."""
        super().paint(unfinished, flush_requested)
        if self._interrupting:
            self._interrupting = False
            self.drain()
            with contextlib.suppress(OSError):
                os.killpg(os.getpgrp(), signal.SIGINT)

    def finish(self) -> None:
        """All is said."""
        self._over = True
        super().finish()

    def close(self) -> None:
        """Leave the terminal as it was found."""
        super().close()
        self._interactive.close()

    def replace(self, painter: Painter | None) -> None:
        """The output has failed: there is no viewer any more. What it has kept from the log is shown there."""
        was_up, self._is_up = self._is_up, False
        self._over = True
        self._interactive.close()
        super().replace(painter)
        if was_up:
            self._log.catch_up()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=renew_lock)
