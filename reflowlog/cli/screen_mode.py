"""On a screen: the threads of the inline and the full-screen mode, the signals, and what the main thread waits for.

Threads: a reader (`sources/reader.py`) brings the input, the keyboard brings keys, the printer owns all that is
shown. The main thread waits for the end and for signals; meanwhile it matches expressions that may never come to an
end, because it is the one that a signal can interrupt.

The first Ctrl-C is not for us: it ends what writes into the pipe, whose last words are still to be shown. A command
that runs under us (`sources/pty/child.py`) gets every key on the normal screen, but those that open the viewer; in the
viewer all keys are the viewer's. When Ctrl-Z stops it, it stops us as well; it goes on when we do.

What must never be left behind (a row half painted, a pin, the alternate screen, the terminal's settings) is put away on
every way out: the end of the input, a key, a signal, a fault.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
from typing import TYPE_CHECKING

from reflowlog.cli.question import NotePin, QuestionSink
from reflowlog.cli.signals import InterruptCounter, QuitSignal
from reflowlog.core.events import AllInputsEnded, Key, PinUpdate, Suspend, TerminalChanged, TextWritten
from reflowlog.system import tty
from reflowlog.system.fds import reuse_large_blocks
from reflowlog.system.interruptible import MainThreadRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.options import CliOptions
    from reflowlog.cli.tee import Tee
    from reflowlog.core.frames import Size
    from reflowlog.core.inbox import Inbox
    from reflowlog.display.base import Display, DocumentSource
    from reflowlog.display.inline import InlineDisplay
    from reflowlog.display.pager import PagerDisplay
    from reflowlog.display.printer import Printer
    from reflowlog.pager.state import PagerState
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.pty.child import PtyChild
    from reflowlog.sources.sinks import Sink
    from reflowlog.store.line_index import LineIndex
    from reflowlog.store.source_runs import SourceRuns

__all__ = ["ScreenMode"]

HINT_AFTER = 0.5  # seconds after a Ctrl-C that has not ended the input
LOOK = 0.25  # seconds between two looks at whether that is the case
PARK = 0.3  # seconds for the printer to let go of the terminal, which may be a slow one
SWITCH = 0.001  # seconds that one of our threads may keep another, which has input or an output ready, waiting
WAITING = 8 << 20  # bytes of input that may wait for the printer
LAST_WORDS = 1.0  # seconds for what is still to be painted when a signal ends us
_OURSELVES, _ERRORS = -1, -2  # as speakers
_MARK = "stderr | "
_HINT = "the input goes on; Ctrl-C again quits"
_OPENING = {"PageUp", "F1"}  # keys that a command under us does not get,
_OPENING_LINES = {"Up", "Down", "Left", "Right", "PageDown", "Home", "End"}  # and those that one gets that reads keys


class ScreenMode:
    """A run of the inline or the full-screen mode.

    Args:
        options: what is asked for.
        inputs: what to read; for a file that is viewed in place, that one.
        tee: takes a copy of the input.
        full: begin on the alternate screen.
        in_place: the input is a file that is read where it is, not from its start to its end.
        child: the command whose terminal we are, if the input is what it says.
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
    ) -> None:
        from reflowlog.cli.build import SourceNames
        from reflowlog.core.worker import WorkerThread
        from reflowlog.terminal.keyboard import Keyboard

        self._options = _marking(options) if options.stderr else options
        self._inputs = inputs
        self._called = SourceNames(inputs)
        self._tee = tee
        self._child = child
        self._full = full and child is None  # which has the normal screen to go back to
        self._opens = full and child is not None
        self._in_place = in_place
        self._is_pipe = child is not None or any(source.descriptor == 0 for source in inputs)
        self._worker = WorkerThread(self._make_printer, name="reflowlog-printer", weight=WAITING)
        taker = None if child is None else self._type
        self._keyboard = Keyboard(self._worker.inbox.put, gone=self._keys_gone, taker=taker)
        self._guard = MainThreadRunner()
        self._done = threading.Event()
        self._status = 0
        self._lost: BaseException | None = None
        self._errors: Sink | None = None  # takes a command's standard error, where it is kept apart
        self._interrupts = InterruptCounter(polite=self._is_pipe)
        self._full_interrupts = InterruptCounter(polite=True)  # in the viewer, whatever it shows
        self._forward = False
        self._hinting = False
        self._note = NotePin(f"reflowlog: {_HINT}")
        self._stopping = False
        self._ending = False  # a signal that is to end us was passed on to the command
        self._on_full = self._full  # whether the alternate screen is up, or is to be
        self._size = tty.size_of(1, os.environ)
        self._away = False  # whether the terminal was others' when it was last looked at

    # -- the main thread ----------------------------------------------------------------------------------------

    def run(self) -> int:
        """Until the input ends, the reader leaves, the output is gone, or a signal ends us: the exit status."""
        sys.setswitchinterval(SWITCH)
        reuse_large_blocks()
        self._catch_signals()
        if self._tee is not None:
            self._tee.warn = self._say
        failed: Callable[[], bool] = self._start()
        try:
            while not self._done.is_set():
                self._guard.serve(LOOK)
                self._hint()
                self._forward_interrupt()
        except QuitSignal:
            self._worker.close(LAST_WORDS)
            raise
        else:
            self._worker.close()
        finally:
            self._keyboard.stop()
        if self._lost is not None:
            raise self._lost
        return self._status or int(failed())

    def _start(self) -> Callable[[], bool]:
        """Begin to read; what tells whether something could not be read."""
        if self._in_place:
            self._worker.put(TerminalChanged())  # keys are read once the viewer is there to take them
            return lambda: False
        from reflowlog.cli.build import is_many, selects
        from reflowlog.cli.plain_mode import UNDECIDED, SelectingSink
        from reflowlog.sources.inputs import begin
        from reflowlog.sources.reader import Reader

        begin(self._inputs, self._say)
        if is_many(self._options, self._inputs):
            return self._start_many()
        options, held = self._options, selects(self._options) and not self._full  # the viewer holds all, and filters
        selected: list[SelectingSink] = []

        def through(sink: Sink) -> Sink:
            if not held:
                return sink
            selected.append(SelectingSink(options, sink))
            return selected[-1] if self._child is None else QuestionSink(selected[-1], self._worker.put)

        def over() -> None:
            if self._errors is not None:
                self._errors.end()
            if held and all(each.unknown for each in selected):
                self._say(selected[0].unknown)
            self._worker.put(AllInputsEnded())
            if self._ending:  # else the viewer stays
                self._finish()

        reader = Reader(
            self._inputs[0],
            self._worker.send_wait,
            self._tee,
            self._say,
            over,
            follow=options.follow,
            through=through,
            pause=UNDECIDED if held else None,
        )
        if self._child is not None:
            self._begin(self._child, through)
        reader.start()
        return lambda: reader.failed

    def _start_many(self) -> Callable[[], bool]:
        """Begin to read several inputs, or a part of one: the same."""
        from reflowlog.cli.build import criteria, make_many
        from reflowlog.sources.merge_reader import MergeReader

        pattern, level = (None, None) if self._full else criteria(self._options)  # the viewer holds all, and filters
        many = make_many(self._options, self._inputs, self._say, self._tee, pattern, level, called=self._called.names)

        def over() -> None:
            if pattern is not None and pattern.unknown:
                self._say(pattern.unknown)
            self._worker.put(AllInputsEnded())

        reader = MergeReader(many, self._worker.send_wait, over)
        reader.start()
        return lambda: reader.failed

    def _finish(self, status: int = 0) -> None:
        """All is over, as far as the reader is concerned. Any thread."""
        if not self._done.is_set():  # the first reason is the one
            self._status = status
        self._done.set()
        self._guard.wake()

    def _keys_gone(self) -> None:
        """There is no terminal any more: nobody can leave the viewer. The normal screen goes on to the input's end."""
        if self._on_full:
            self._finish()

    def _say(self, message: str) -> None:
        """A line of our own, in the log: standard error may be this very screen."""
        self._worker.inbox.put(TextWritten(f"reflowlog: {message}\n", _OURSELVES))

    # -- a command under us -------------------------------------------------------------------------------------

    def _begin(self, child: PtyChild, through: Callable[[Sink], Sink]) -> None:
        """It gets what is typed before it has said anything."""
        from reflowlog.sources.sinks import PrefixSink

        def say(text: str) -> None:
            self._worker.send_wait(TextWritten(text, _ERRORS), len(text))

        errors = self._errors = through(PrefixSink(_MARK, say))

        def on_error(data: bytes) -> None:
            if self._tee is not None:
                self._tee(data)
            errors.write(data)
            errors.pause()  # what has come is shown now: nobody times this stream

        child.on_error = on_error
        child.on_stop = self._child_stopped
        self._worker.put(Key("End") if self._opens else TerminalChanged())
        self._resize_child()  # it may have changed since it was started
        self._keyboard.start()

    def _child_stopped(self) -> None:
        """It stopped: so do we, and all others of our job. On the reader's thread."""
        self._worker.flush(PARK)  # the echo of Ctrl-Z
        os.kill(0, signal.SIGTSTP)

    def _type(self, data: bytes, key: Key | None) -> bool:
        """What was typed on the normal screen is the command's, but for the keys that open the viewer."""
        child = self._child
        if child is None:
            return False
        if key is not None and (key.name in _OPENING or (key.name in _OPENING_LINES and child.reads_lines)):
            return False
        child.type(data)
        return True

    # -- Ctrl-C -------------------------------------------------------------------------------------------------

    def _on_interrupt(self, number: int, frame: object) -> None:
        """SIGINT: all in the foreground have got it."""
        if self._on_full:
            self._worker.inbox.put(Key("Interrupt"))
            return
        if self._child is not None:
            self._child.signal(number)
            return
        self._interrupts.handle(number, frame)
        self._worker.inbox.put(TerminalChanged(cursor_row_dirty=True))

    def _interrupt_nothing(self, typed: bool) -> str:
        """Ctrl-C in the viewer, which has nothing to interrupt: what to say. On the printer thread."""
        if self._full_interrupts.quits():
            self._finish(130)
            return ""
        self._forward = typed and self._is_pipe  # nobody else has got it yet
        self._guard.wake()
        return _HINT if self._is_pipe else "Ctrl-C again quits, and so does q"

    def _forward_interrupt(self) -> None:
        """Tell the others in the foreground of a Ctrl-C that came to us as a key."""
        if self._forward and self._child is not None:
            self._forward = False
            self._child.signal(signal.SIGINT)
        if self._forward:
            self._forward = False
            with contextlib.suppress(OSError):
                ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
                os.killpg(os.getpgrp(), signal.SIGINT)
                signal.signal(signal.SIGINT, ours)

    def _hint(self) -> None:
        """After a Ctrl-C that has not ended the input, say under the log how to force it."""
        waiting = self._interrupts.waiting()
        due = waiting is not None and waiting >= HINT_AFTER and not self._on_full
        if due != self._hinting:
            self._hinting = due
            self._worker.put(PinUpdate(self._note, removed=not due))

    # -- other signals ------------------------------------------------------------------------------------------

    def _catch_signals(self) -> None:
        def quit_(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
            self._ending = True
            if self._child is None or not self._child.pass_on(number):
                raise QuitSignal(128 + number)

        def resized(number: int, frame: object) -> None:  # noqa: ARG001
            # Whatever the size is when it is looked at: it may have been another one for a moment, which has cut rows.
            self._worker.inbox.put(TerminalChanged(cursor_row_dirty=self._on_full))
            self._resize_child()

        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as a shell leaves it for what is in the background
            signal.signal(signal.SIGINT, self._on_interrupt)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
                signal.signal(number, quit_)
        signal.signal(signal.SIGWINCH, resized)
        signal.signal(signal.SIGCONT, self._continue)
        signal.signal(signal.SIGTSTP, self._suspend)

    def _resize_child(self) -> None:
        if self._child is not None and tty.in_foreground(1):
            size = tty.size_of(1, os.environ)
            self._child.resize(size if self._options.width is None else size._replace(columns=self._options.width))

    def _suspend(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        """Ctrl-Z: nothing is painted from here until the shell has put us back into the foreground."""
        with self._guard.without_alarm():  # this may be in the middle of a match
            self._stop_here()

    def _stop_here(self) -> None:
        parked, resumed = threading.Event(), threading.Event()
        self._stopping = True
        if self._child is not None:
            self._child.stop(PARK)
        self._keyboard.suspend()  # at once: a shell that waits for others of our job only has its prompt up already
        self._worker.put(Suspend(parked.set, resumed.wait))
        try:
            self._worker.wake_now()
            parked.wait(PARK)
            if self._stopping:  # else the shell has let us go on already: to stop now would be for ever
                signal.signal(signal.SIGTSTP, signal.SIG_DFL)
                signal.raise_signal(signal.SIGTSTP)  # returns once we go on
                signal.signal(signal.SIGTSTP, self._suspend)
        finally:  # also where a signal ends us meanwhile: the printer waits for this
            self._stopping = False
            resumed.set()
            if self._child is not None:
                self._resize_child()
                self._child.resume()

    def _continue(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler's signature
        if not self._stopping:  # we were stopped without a warning
            self._worker.inbox.put(TerminalChanged(resumed=True))
        self._stopping = False

    # -- what is on the printer thread --------------------------------------------------------------------------

    def _measure(self) -> Size:
        """The terminal's size; in the background, where the screen is others', the one it had.

        Back in the foreground a new size is followed only once it is known that others have used the screen: not every
        shell sends SIGCONT to a job that runs.
        """
        away, self._away = self._away, not tty.in_foreground(1)
        if away and not self._away:
            self._worker.inbox.put(TerminalChanged(resumed=True))
        elif not self._away:
            self._size = tty.size_of(1, os.environ)
        return self._size

    def _make_printer(self, inbox: Inbox, in_child: bool) -> Printer:  # noqa: ARG002 - we do not fork
        from reflowlog.display.printer import Printer

        size = self._measure()
        display = self._make_file_display(size) if self._in_place else self._make_pipe_display(size)
        return Printer(inbox, display, measure=self._measure, lost=self._after_loss)

    def _make_file_display(self, size: Size) -> Display:
        from reflowlog.store.document_source import FileDocument
        from reflowlog.store.file_text import FileText

        source = self._inputs[0]
        start, stop = self._find_selection(source)
        text = FileText(source.name, source.descriptor, start, stop)
        display = self._make_full(FileDocument(text, source.name), size, self._left)
        display.ready()
        return display

    def _find_selection(self, source: Input) -> tuple[int, int | None]:
        """Where in a file that is viewed in place begins what is asked for, and where it ends, if it has an end."""
        if not self._options.partial:
            return 0, None
        from reflowlog.cli.build import make_names, make_selection
        from reflowlog.sources.time_range import find

        selection = make_selection(self._options)

        try:
            size = os.fstat(source.descriptor).st_size
            start, stop = find(source.descriptor, size, selection, make_names(self._options))
        except OSError as error:
            self._say(f"cannot read {source.name}: {error.strerror or error}")
            return 0, None
        return start, None if selection.until is None else stop

    def _make_pipe_display(self, size: Size) -> Display:
        from reflowlog.display.switching import SwitchingDisplay
        from reflowlog.store.document_source import PipeDocument
        from reflowlog.store.line_index import LineIndex
        from reflowlog.store.pipe_text import PipeText
        from reflowlog.store.source_runs import SourceRuns
        from reflowlog.store.spool import Spool

        history = LineIndex(Spool(on_trouble=self._say), self._options.history)
        text = PipeText(history)
        count = len(self._inputs)
        name = f"{count} inputs" if count > 1 else "" if self._inputs[0].descriptor == 0 else self._inputs[0].name

        owners = None if self._called.names is None else SourceRuns()

        def make_full(left: Callable[[str], None]) -> PagerDisplay:
            return self._make_full(PipeDocument(text, name, owners), self._size, left, owners)

        if self._full:
            return make_full(self._left)
        log = self._make_log(history, size, owners)
        keys = self._options.keys
        return SwitchingDisplay(log, text, make_full, self._keyboard, self._finish, self._set_on_full, keys)

    def _set_on_full(self, on: bool) -> None:
        self._on_full = on

    def _left(self, how: str) -> None:  # noqa: ARG002 - there is nothing to go back to
        self._finish()

    def _make_log(self, history: LineIndex, size: Size, owners: SourceRuns | None) -> InlineDisplay:
        from reflowlog.cli.build import make_composer
        from reflowlog.display.inline import InlineDisplay
        from reflowlog.display.scrollback import LineScrollback
        from reflowlog.render.renderer import rows_when_cut
        from reflowlog.terminal.cursor import CursorLocator
        from reflowlog.terminal.inline import InlinePainter
        from reflowlog.terminal.output import BackgroundOutput

        composer = make_composer(self._options, self._options.width or size.columns, self._called.labels)
        painter = InlinePainter(
            BackgroundOutput(1),
            size,
            recut=rows_when_cut,
            reflows=tty.reflows(os.environ),
            locate=CursorLocator(self._measure, reports=self._keyboard.query_cursor),
            rewrap_all=self._options.rewrap == "all",
        )
        fixed = self._options.width is not None
        scrollback = LineScrollback(composer, history, owners)
        return InlineDisplay(
            scrollback,
            composer,
            painter,
            size=size,
            measure=self._measure,
            fixed_width=fixed,
            is_ours=lambda: tty.in_foreground(1),
        )

    def _make_full(
        self, source: DocumentSource, size: Size, left: Callable[[str], None], owners: SourceRuns | None = None
    ) -> PagerDisplay:
        from reflowlog.cli.build import make_render_options
        from reflowlog.display.pager import PagerDisplay
        from reflowlog.pager.context import PagerOptions
        from reflowlog.pager.regex_worker import RegexWorker
        from reflowlog.terminal.fullscreen import FullscreenPainter
        from reflowlog.terminal.output import FileOutput

        options = self._options
        render = make_render_options(options, on_tty=True)
        return PagerDisplay(
            source,
            FullscreenPainter(FileOutput(1), mouse=options.mouse),
            size,
            PagerOptions(
                render,
                options.keys,
                labels=self._called.labels(render.appearance.theme),
                owner=owners.at if owners is not None else lambda _: None,
            ),
            self._make_viewer(),
            matcher=RegexWorker(self._guard, lambda: self._worker.inbox.put(TerminalChanged())),
            keys=self._keyboard,
            left=left,
            interrupted=self._interrupt_nothing,
            is_ours=lambda: tty.in_foreground(1),
        )

    def _make_viewer(self) -> PagerState:
        from reflowlog.cli.build import criteria
        from reflowlog.pager.filter import FilterCriteria
        from reflowlog.pager.state import Goto, PagerState

        options = self._options
        pattern, level = criteria(options)
        at_start = options.start == "" and not options.follow and not self._is_pipe
        return PagerState(
            following=options.start in ("end", "follow") or not (at_start or isinstance(options.start, int)),
            wrapped=options.wrap != "none",
            raw=options.raw,
            criteria=FilterCriteria(pattern, options.invert, options.context, level),
            pending=Goto(options.start - 1) if isinstance(options.start, int) else None,
        )

    def _after_loss(self, error: BaseException) -> None:
        self._lost = error
        self._finish()


def _marking(options: CliOptions) -> CliOptions:
    """The options with a look for the mark of standard error; it is the first rule: the user's own overrule it."""
    from reflowlog.config.themes import Rule

    rule = Rule(f"^{re.escape(_MARK.rstrip())}", "bold" if options.theme == "mono" else "red")
    return options._replace(rules=(rule, *options.rules))
