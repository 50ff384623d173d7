"""Pager display: the whole history on the alternate screen.

Invariants:
- The display belongs to the printer thread, with the document, the pager's state and the painter. Long work is done in
  slices, between two drains of the inbox: no key waits for longer than a slice.
- The alternate screen is entered with the first input, not before: until then a password prompt of the program that
  writes into the pipe has the terminal.
- A frame is composed when something has changed, at most 60 times a second, the first at once.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.core.events import BackgroundReported
from reflowlog.core.frames import ScreenFrame, Size
from reflowlog.core.records import StyledLine
from reflowlog.display.base import FRAME_INTERVAL
from reflowlog.display.clipboard import Clipboard, ShownText
from reflowlog.display.editor import EditorChooser, EditorError
from reflowlog.display.input_rate import InputRate
from reflowlog.display.save import SaveFile
from reflowlog.pager.context import PagerContext
from reflowlog.pager.match_index import Budget
from reflowlog.pager.screen import compose
from reflowlog.pager.seeking import advance
from reflowlog.pager.state import Copy, Edit, LoggerLevel, Seek, WriteColumns
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import interrupt, update
from reflowlog.store.document import Document
from reflowlog.system.foreground import ForegroundProgram

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.events import Key, PinUpdate, Runs, TerminalChanged
    from reflowlog.core.records import Item
    from reflowlog.display.base import AppearanceOn, DocumentSource, KeyboardControl, Painter, ScreenPainter
    from reflowlog.pager.context import PagerOptions
    from reflowlog.pager.regex_worker import RegexWorker
    from reflowlog.pager.state import PagerState
    from reflowlog.text.layout.column_choice import ColumnChoice

__all__ = ["PagerDisplay", "PagerTools"]

SLICE_SECONDS = 0.008  # seconds of work for a key or a frame
WORK_SECONDS = 0.003  # seconds of long work between two drains of the inbox
IDLE_SECONDS = 0.25  # seconds after a key or a new size before errors and warnings are counted on
FLOOD_BYTES = 1 << 20  # bytes since the last frame, from which on frames are too fast to be read
FLOOD_FRAME_INTERVAL = 1 / 15  # seconds between two frames then, which leaves more time to the input
POLL_INTERVAL = 0.2  # seconds between two polls of the file and of the progress of long work
COMMAND_POLL_INTERVAL = 0.02  # seconds between two checks whether a command has ended
NOTICE_PREFIX = "reflowlog: "  # of the lines of this program's own
COUNT_BYTES = 2 << 20  # bytes whose lines are counted at once


class PagerTools(NamedTuple):
    """Services that keys of the pager need besides the terminal.

    Attributes:
        clipboard: takes what is copied.
        editor: chooses the editor and the file for a record.
        change_level: changes the levels of the program's loggers, and returns a message.
        write_columns: writes columns and hidden fields into the user's configuration, and returns a message.
        is_in_use: returns whether the file of a path is being read, or written by this program.
    """

    clipboard: Clipboard
    editor: EditorChooser
    change_level: Callable[[LoggerLevel], str] = lambda _: ""
    write_columns: Callable[[ColumnChoice], str] = lambda _: "a program's columns are set by the program: columns=[...]"
    is_in_use: Callable[[str], bool] = lambda _: False


class PagerDisplay:
    """Shows a document on the alternate screen.

    Args:
        source: source of the document.
        painter: writes the frames.
        size: the terminal's present size.
        settings: options of the pager.
        viewer: the pager's first state.
        matcher: runs regular expressions that may take long.
        keys: the keyboard.
        left: called when the user leaves the pager, with "back" or "quit".
        appearance_on: returns the appearance for a background; None: it is the same on all.
        is_ours: returns whether this process may take the terminal.
        interrupted: called on Ctrl-C if there is no long work to cancel, with whether it was typed rather than a
            signal; returns the message to show.
        tools: what keys need besides the terminal; None: those of a plain terminal.
        keeps_screen: whether the last screen, without the status row, is left on the main screen in the end.
        clock: returns monotonic seconds.
    """

    def __init__(
        self,
        source: DocumentSource,
        painter: ScreenPainter,
        size: Size,
        settings: PagerOptions,
        viewer: PagerState,
        *,
        matcher: RegexWorker,
        keys: KeyboardControl,
        left: Callable[[str], None],
        interrupted: Callable[[bool], str],
        appearance_on: AppearanceOn | None = None,
        is_ours: Callable[[], bool] = lambda: True,
        tools: PagerTools | None = None,
        keeps_screen: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._painter: ScreenPainter | None = painter
        self._size = size
        self._keys = keys
        self._matcher = matcher
        self._left = left
        self._keeps_screen = keeps_screen
        self._appearance_on = appearance_on
        self._interrupted = interrupted
        self._is_ours = is_ours
        self._clock = clock
        self._budget = Budget(clock)
        self.document = Document(source.text)
        self._context = PagerContext(
            self.document, size, settings, self._budget, match=matcher.matching, spans=matcher.spans
        )
        self.viewer = viewer
        self._entered = False
        self._has_no_keyboard = False  # there is no keyboard
        self._ready = False  # there is something to show, if only an empty input
        self._dirty = True
        self._next_frame = 0.0
        self._next_poll = 0.0
        self._idle_from = 0.0  # time from which on work is done that nothing on the screen waits for
        self._shown_end = 0  # end of the document in the last frame
        tools = tools or PagerTools(Clipboard({}), EditorChooser({}))
        self._save_file = SaveFile(self._context, self._budget, tools.is_in_use)
        self._clipboard, self._editor = tools.clipboard, tools.editor
        self._change_level, self._write_columns = tools.change_level, tools.write_columns
        self._program: ForegroundProgram | None = None  # the editor, while it has the terminal
        self._edited = ""  # what it shows, for the status row
        self._shown_text = ShownText(self._context, self._budget, self._clipboard.limit)
        self._rate = InputRate(clock)
        self._last_frame: tuple[object, ScreenFrame] = (None, ScreenFrame(()))  # and the size and filter it is for
        self._reported_timeouts = 0  # lines that took too long to match, as reported

    # -- input --------------------------------------------------------------------------------------------------

    def item(self, item: Item) -> None:
        """Keep a record's text."""
        self.line(item.text if isinstance(item, StyledLine) else item.message.replace("\n", " "))

    def line(self, text: str) -> None:
        """Keep a line of the console's own; if the source cannot, show it as the message.

        A notice replaces the message that is shown, too, which may be over: a file that was waited for is there.
        """
        self._ready = self._dirty = True
        if not self._source.line(text) or (self.viewer.message and text.startswith(NOTICE_PREFIX)):
            self._show_message(text)

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a chunk of the input, split at any byte."""
        self._source.chunk(data, runs)
        self._ready = self._dirty = True

    def end_of_input(self) -> None:
        """Complete the last line at the end of an input."""
        self._source.end_of_input()
        self._dirty = True

    def all_ended(self) -> None:
        """Handle the end of all inputs; without a keyboard it ends the pager."""
        self._source.all_ended()
        self._ready = self._dirty = True
        if self._has_no_keyboard:
            self._left("quit")

    @property
    def retractable(self) -> None:
        """None: the text that the viewer shows is only appended to."""

    def take_partial(self) -> bytes:
        """Remove and return the unterminated line, for display elsewhere."""
        return self._source.take_partial()

    def ready(self) -> None:
        """Allow the screen to be entered although no input has arrived."""
        self._ready = True

    def pin(self, change: PinUpdate) -> None:
        """No-op: the pager shows no pins."""

    def key(self, key: Key) -> None:
        """Handle a typed key; while another program has the terminal there is none but a signal, meant for it."""
        if self._program is not None:
            return
        if not self._entered:
            if key.name == "Interrupt":  # no input has arrived, so there is no work to cancel
                self._interrupted(False)
            return
        self._dirty = True
        self._next_frame = 0.0
        self._idle_from = self._clock() + IDLE_SECONDS
        effect = None
        if key.name in ("Ctrl-C", "Interrupt"):
            self._interrupt(typed=key.name == "Ctrl-C")
        else:
            if self.viewer.pending is not None:  # a key typed ahead is meant for the jump's destination
                self.work()
            self._budget.restart(SLICE_SECONDS)
            self.viewer, effect = update(self.viewer, key, self._context)
        if self.viewer.saving is None:
            self._save_file.close()
        if effect == "redraw":
            if self._painter is not None:
                self._painter.redraw()
        elif isinstance(effect, Copy):
            self._copy(effect)
        elif isinstance(effect, Edit):
            self._edit(effect)
        elif isinstance(effect, LoggerLevel):
            self._show_message(self._change_level(effect))
        elif isinstance(effect, WriteColumns):
            self._show_message(self._write_columns(effect.choice))
        elif effect is not None:
            self._left(effect)

    # -- the editor ---------------------------------------------------------------------------------------------

    @property
    def is_lent(self) -> bool:
        """Whether another program has the terminal; input is only kept meanwhile."""
        return self._program is not None

    def wait_for_program(self) -> None:
        """Wait until no other program has the terminal: an editor may hold unsaved changes."""
        if self._program is not None:
            self._program.wait()
            self._program = None

    def _edit(self, request: Edit) -> None:
        """Release the terminal to the user's editor."""
        try:
            run = self._editor.choose(request, self._source, self._context)
        except EditorError as error:
            self._show_message(str(error))
            return
        self.suspend()
        try:
            self._program, self._edited = ForegroundProgram(run.arguments), run.what
        except OSError as error:
            self._show_message(f"cannot run {run.arguments[0]}: {error.strerror or error}")
            self.resume()

    def _poll_program(self) -> None:
        """Take the terminal back once the editor has ended."""
        if self._program is None:
            return
        failure = self._program.poll()
        if failure is not None:
            self._program = None
            self._show_message(failure or f"edited {self._edited}")
            self.resume()

    # -- copying ------------------------------------------------------------------------------------------------

    def _copy(self, request: Copy) -> None:
        if self._painter is not None:
            message = self._clipboard.copy(request, self._painter.write_sequence)
            if message:
                self._show_message(message)

    def _interrupt(self, *, typed: bool) -> None:
        after = interrupt(self.viewer, self._context)
        self.viewer = self.viewer._replace(message=self._interrupted(typed)) if after is None else after

    def _show_message(self, message: str) -> None:
        self.viewer = self.viewer._replace(message=message.removeprefix(NOTICE_PREFIX))
        self._dirty = True

    # -- the terminal -------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Switch to the alternate screen and start the keyboard. Idempotent."""
        if not self._entered and self._painter is not None:
            self._entered = self._dirty = True
            self._next_frame = 0.0
            self._has_no_keyboard = not self._keys.start()
            self._keys.capture_ctrl_c(True)
            if (
                self._appearance_on is not None
                and (shade := self._keys.query_background(with_report=False)) is not None
            ):
                self.set_background(BackgroundReported(shade))
            self._painter.enter(self._size)

    def leave(self, keep: Sequence[str] = ()) -> None:
        """Restore the main screen, and write some rows there. Idempotent."""
        if self._entered:
            self._entered = False
            self._keys.capture_ctrl_c(False)  # first: keys typed after the switch belong to the normal screen
            if self._painter is not None:
                self._painter.leave(keep)

    @property
    def entered(self) -> bool:
        """Whether the alternate screen is active."""
        return self._entered

    def wake(self, wake: TerminalChanged) -> None:
        """Handle an answer of the matcher, or a screen that the terminal has echoed into."""
        self._dirty = True
        self._report_timeouts()
        if wake.cursor_row_dirty and self._painter is not None:
            self._painter.redraw()

    def set_background(self, background: BackgroundReported) -> None:
        """Draw in the styles for a background from the next frame on."""
        if self._appearance_on is not None:
            self._context.restyle(self._appearance_on(background.shade))
            self.forget_rows()

    def _report_timeouts(self) -> None:
        """Show the number of lines that took too long to match, and count as not matching."""
        patterns = [test.pattern for test in self.viewer.criteria.tests]
        if self.viewer.search is not None:
            patterns.append(self.viewer.search)
        count = sum(map(self._matcher.given_up, patterns))
        if count > self._reported_timeouts:
            self._show_message(f"{count} line{'s' * (count != 1)} took too long to match, and count as not matching")
        self._reported_timeouts = count

    def suspend(self) -> None:
        """Release the terminal to other programs."""
        self.leave()
        self.drain()
        self._keys.suspend()

    def resume(self) -> None:
        """Take the terminal back; its content is unknown."""
        if self._program is not None:
            return
        self._keys.resume()
        self.leave()  # still entered after SIGSTOP
        self._dirty = True
        self._next_frame = 0.0

    def forget_rows(self) -> None:
        """Have the next frame written completely: another writer may have written to the screen."""
        self._dirty = True
        if self._painter is not None:
            self._painter.redraw()

    def resize(self, size: Size) -> None:
        """Lay out for another size in the next frame, which is due at once. No-op for the same size."""
        if size == self._size:
            return
        self._size = self._context.size = size
        self._dirty = True
        self._next_frame = 0.0
        self._idle_from = self._clock() + IDLE_SECONDS

    # -- long work ----------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Continue long work for one slice."""
        self._budget.restart(WORK_SECONDS)
        if self._clock() >= self._next_poll:
            self._poll()
        self._poll_program()
        copied = self._clipboard.poll()
        if copied:
            self._show_message(copied)
        if self._can_count_levels():
            self._context.levels.counts.step()
            self._dirty = self._dirty or self._context.levels.counts.is_complete
        if not self._entered or not self._has_work():
            return
        before, incomplete = self.viewer, self._context.incomplete
        self._count_lines()
        self.viewer = advance(self.viewer, self._context)
        if self.viewer.saving is not None:
            before_slice = self.viewer.saving
            saving, message = self._save_file.write_slice(before_slice)
            self.viewer = self.viewer._replace(saving=saving)
            if saving is None:
                asking = before_slice if self._save_file.is_asking else None
                self.viewer = self.viewer._replace(message=message, asking=asking)
        if self.viewer.copying is not None:
            copying, request = self._shown_text.take_slice(self.viewer.copying)
            self.viewer = self.viewer._replace(copying=copying)
            self._dirty = True
            if request is not None:
                self._copy(request)
        if incomplete or self.viewer.pending is not before.pending or not self._has_work():
            self._dirty = True
        if before.pending is not None and self.viewer.pending is None:
            self._next_frame = 0.0

    def _count_lines(self) -> None:
        """Count lines for a slice; for half of it if something else was asked for, which gets the other half.

        A line that is gone to has to be counted first. All else can be found without, and would wait for minutes.
        """
        asked = isinstance(self.viewer.pending, Seek) or self.viewer.saving or self.viewer.copying
        shares = self._source.counted < 1 and bool(asked or self._context.incomplete)
        if shares:
            self._budget.restart(WORK_SECONDS / 2)
        while self._source.count_on(COUNT_BYTES) and not self._budget.is_over:
            pass
        if shares:
            self._budget.restart(WORK_SECONDS / 2)

    def _poll(self) -> None:
        end = self.document.text.end
        for notice in self._source.poll():
            self._show_message(notice)
        self._next_poll = self._clock() + POLL_INTERVAL
        rate_changed = self._rate.poll(self.document.text)
        changed = rate_changed or self.document.text.end != end
        self._dirty = self._dirty or changed or self._has_work() or self._can_count_levels()

    def _has_work(self) -> bool:
        """Return whether long work is unfinished that `work` has to continue."""
        context, viewer = self._context, self.viewer
        return (
            viewer.is_working
            or context.incomplete
            or self._source.counted < 1
            or any(not each.is_complete and not each.is_stopped for each in context.background_indexes())
        )

    def _has_levels_to_count(self) -> bool:
        """Return whether errors and warnings remain to be counted, and there is no other work."""
        return (
            self._entered
            and not self._rate.growing_fast
            and not self._has_work()
            and not self._context.levels.counts.is_complete
        )

    def _can_count_levels(self) -> bool:
        """Return whether errors and warnings are to be counted now, while no key is typed and the width rests."""
        return self._has_levels_to_count() and self._clock() >= self._idle_from

    @property
    def poll_timeout(self) -> float | None:
        """Seconds until there is more work, a frame is due, or the file is to be polled."""
        now = self._clock()
        due = [self._next_poll]
        if not self._matcher.waiting:
            if self._entered and self._has_work():
                return 0.0
            if self._has_levels_to_count():
                due.append(self._idle_from)
        if self._clipboard.is_busy or self._program is not None:
            due.append(now + COMMAND_POLL_INTERVAL)
        if self._dirty and (self._entered or self._ready):
            due.append(self._next_frame)
        return max(min(due) - now, 0.0)

    @property
    def batches_frames(self) -> bool:
        """False: events are handled at once, for input is only kept, and frames have a timer of their own."""
        return False

    # -- painting -----------------------------------------------------------------------------------------------

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:  # noqa: ARG002 - unfinished lines are in the document
        """Paint a frame if something has changed and the frame is due, unless another program has the terminal."""
        if self._program is not None:
            return
        if not self._entered:
            if not self._ready:
                return
            if not self._is_ours():  # in the background: another program has the screen
                self._next_frame = self._clock() + POLL_INTERVAL
                return
            self.enter()
        if self._painter is None or not self._dirty or (self._clock() < self._next_frame and not flush_requested):
            return
        self._budget.restart(SLICE_SECONDS)
        self._dirty = False
        facts = StatusFacts(
            self._source.name,
            self._source.live,
            self._rate.lines_per_second,
            self._source.counted,
            self._rate.growing_fast,
        )
        screen = compose(self.viewer, self._context, facts)
        shown = self._size, self.viewer.criteria
        if self._context.incomplete and not any(screen.rows[:-1]) and self._last_frame[0] == shown:
            # the previous rows, until the search is complete
            screen = screen._replace(rows=[*self._last_frame[1].rows[:-1], *screen.rows[-1:]])
        self._last_frame = shown, screen
        self._painter.paint(screen, self._size)
        end = self.document.text.end
        self._next_frame = self._clock() + (
            FLOOD_FRAME_INTERVAL if end - self._shown_end > FLOOD_BYTES else FRAME_INTERVAL
        )
        self._shown_end = end

    def drain(self) -> None:
        """Return once every frame is written."""
        if self._painter is not None:
            self._painter.drain()

    def finish(self) -> None:
        """Restore the main screen for good; with `keeps_screen` the rows of the last screen stay on it."""
        with contextlib.suppress(OSError):
            self._save_file.close()
        self.wait_for_program()
        self._clipboard.close()
        self._editor.close()
        frame = self._last_frame[1]
        rows = list(frame.rows[: -frame.status_rows]) if self._keeps_screen else []
        while rows and not rows[-1]:
            rows.pop()
        self.leave(rows)
        self._painter = None  # else the last frame would enter it again

    def close(self) -> None:
        """Restore the terminal."""
        self.leave()

    def replace(self, painter: Painter | None) -> None:  # noqa: ARG002 - another painter has no alternate screen
        """Show nothing any more, because the output has failed."""
        self._painter = None
