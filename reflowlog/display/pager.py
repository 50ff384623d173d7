"""Pager display: the whole history on the alternate screen.

Invariants:
- The display belongs to the printer thread, with the document, the pager's state and the painter. Long work is done in
  slices, between two drains of the inbox: no key waits for longer than a slice.
- The alternate screen is entered with the first input, not before: until then a password prompt of the program that
  writes into the pipe has the terminal.
- A frame is composed when something has changed, at most 60 times a second, the first at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reflowlog.core.events import BackgroundReported
from reflowlog.core.records import StyledLine
from reflowlog.display.clipboard import Clipboard
from reflowlog.display.editor import Editor, EditorChooser, EditorError
from reflowlog.display.pager_screen import FrameSchedule
from reflowlog.display.pager_services import PagerServices, PagerTools
from reflowlog.display.pager_work import POLL_INTERVAL, WORK_SECONDS, PagerWork
from reflowlog.pager.context import PagerContext
from reflowlog.pager.match_index import Budget
from reflowlog.pager.screen import compose
from reflowlog.pager.state import Edit
from reflowlog.pager.update import interrupt, update
from reflowlog.store.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.events import Key, PinUpdate, Runs, TerminalChanged
    from reflowlog.core.frames import Size
    from reflowlog.core.records import Item
    from reflowlog.display.base import AppearanceOn, DocumentSource, Painter
    from reflowlog.display.pager_screen import PagerScreen
    from reflowlog.pager.context import PagerOptions
    from reflowlog.pager.regex_worker import RegexWorker
    from reflowlog.pager.state import Effect, PagerState

__all__ = ["PagerDisplay"]

KEY_SECONDS = 0.008  # seconds of work for a key or a frame
COMMAND_POLL_INTERVAL = 0.02  # seconds between two checks whether a command has ended
NOTICE_PREFIX = "reflowlog: "  # of the lines of this program's own


class PagerDisplay:
    """Shows a document on the alternate screen.

    It passes events to its parts: `pager_screen.py` (the screen, and when a frame is due), `pager_work.py` (long work),
    `pager_services.py` (copies, saved files, levels, configuration) and `editor.py`. Its own are the state, and the
    context that the state is rendered against.

    Args:
        source: source of the document.
        screen: the alternate screen and the keyboard.
        settings: options of the pager.
        viewer: the pager's first state.
        matcher: runs regular expressions that may take long.
        left: called when the user leaves the pager, with "back" or "quit".
        interrupted: called on Ctrl-C if there is no long work to cancel, with whether it was typed rather than a
            signal; returns the message to show.
        appearance_on: returns the appearance for a background; None: it is the same on all.
        tools: what keys need besides the terminal; None: those of a plain terminal.
        clock: returns monotonic seconds.

    Attributes:
        viewer: the pager's state.
    """

    def __init__(
        self,
        source: DocumentSource,
        screen: PagerScreen,
        settings: PagerOptions,
        viewer: PagerState,
        *,
        matcher: RegexWorker,
        left: Callable[[str], None],
        interrupted: Callable[[bool], str],
        appearance_on: AppearanceOn | None = None,
        tools: PagerTools | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._screen = screen
        self._left = left
        self._interrupted = interrupted
        self._appearance_on = appearance_on
        self._clock = clock
        self._budget = Budget(clock)
        self._context = PagerContext(
            Document(source.text), screen.size, settings, self._budget, match=matcher.matching, spans=matcher.spans
        )
        self.viewer = viewer
        self._is_ready = False  # there is something to show, if only an empty input
        self._frames = FrameSchedule(clock)
        self._work = PagerWork(source, self._context, self._budget, matcher, clock)
        tools = tools or PagerTools(Clipboard({}), EditorChooser({}))
        self._services = PagerServices(tools, self._context, self._budget, screen.write_sequence)
        self._editor = Editor(tools.editor)

    # -- input --------------------------------------------------------------------------------------------------

    def item(self, item: Item) -> None:
        """Keep a record's text."""
        self.line(item.text if isinstance(item, StyledLine) else item.message.replace("\n", " "))

    def line(self, text: str) -> None:
        """Keep a line of the console's own; if the source cannot, show it as the message.

        A notice replaces the message that is shown, too, which may be over: a file that was waited for is there.
        """
        self.ready()
        if not self._source.line(text) or (self.viewer.message and text.startswith(NOTICE_PREFIX)):
            self._show_message(text)

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a chunk of the input, split at any byte."""
        self._source.chunk(data, runs)
        self.ready()

    def end_of_input(self) -> None:
        """Complete the last line at the end of an input."""
        self._source.end_of_input()
        self._frames.request()

    def all_ended(self) -> None:
        """Handle the end of all inputs; without a keyboard it ends the pager."""
        self._source.all_ended()
        self.ready()
        if not self._screen.has_keyboard:
            self._left("quit")

    @property
    def retractable(self) -> None:
        """None: the text that the viewer shows is only appended to."""

    def take_partial(self) -> bytes:
        """Remove and return the unterminated line, for display elsewhere."""
        return self._source.take_partial()

    def ready(self) -> None:
        """Allow the screen to be entered, although it may be that no input has arrived."""
        self._is_ready = True
        self._frames.request()

    def pin(self, change: PinUpdate) -> None:
        """No-op: the pager shows no pins."""

    def key(self, key: Key) -> None:
        """Handle a typed key; while another program has the terminal there is none but a signal, meant for it."""
        if self._editor.is_running:
            return
        if not self._screen.is_entered:
            if key.name == "Interrupt":  # no input has arrived, so there is no work to cancel
                self._interrupted(False)
            return
        self._frames.request_now()
        self._work.note_activity()
        effect = None
        if key.name in ("Ctrl-C", "Interrupt"):
            self._interrupt(typed=key.name == "Ctrl-C")
        else:
            if self.viewer.pending is not None:  # a key typed ahead is meant for the jump's destination
                self.work()
            self._budget.restart(KEY_SECONDS)
            self.viewer, effect = update(self.viewer, key, self._context)
        if self.viewer.saving is None:
            self._services.end_saving()
        if effect is not None:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        if effect == "redraw":
            self._screen.redraw()
        elif isinstance(effect, str):
            self._left(effect)
        elif isinstance(effect, Edit):
            self._edit(effect)
        elif message := self._services.run(effect):
            self._show_message(message)

    def _interrupt(self, *, typed: bool) -> None:
        after = interrupt(self.viewer, self._context)
        self.viewer = self.viewer._replace(message=self._interrupted(typed)) if after is None else after

    def _show_message(self, message: str) -> None:
        self.viewer = self.viewer._replace(message=message.removeprefix(NOTICE_PREFIX))
        self._frames.request()

    # -- the editor ---------------------------------------------------------------------------------------------

    @property
    def is_lent(self) -> bool:
        """Whether another program has the terminal; input is only kept meanwhile."""
        return self._editor.is_running

    def wait_for_program(self) -> None:
        """Wait until no other program has the terminal: an editor may hold unsaved changes."""
        self._editor.wait()

    def _edit(self, request: Edit) -> None:
        """Release the terminal to the user's editor."""
        try:
            run = self._editor.choose(request, self._source, self._context)
        except EditorError as error:
            self._show_message(str(error))
            return
        self.suspend()
        try:
            self._editor.start(run)
        except EditorError as error:
            self._show_message(str(error))
            self.resume()

    # -- the terminal -------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Switch to the alternate screen and start the keyboard. Idempotent."""
        if self._screen.is_entered or self._screen.is_lost:
            return
        self._screen.start_keyboard()
        if self._appearance_on is not None and (shade := self._screen.query_background()) is not None:
            self.set_background(BackgroundReported(shade))
        self._screen.enter()
        self._frames.request_now()

    def leave(self) -> None:
        """Restore the main screen. Idempotent."""
        self._screen.leave()

    def wake(self, wake: TerminalChanged) -> None:
        """Handle an answer of the matcher, or a screen that the terminal has echoed into."""
        self._frames.request()
        if message := self._work.timeout_message(self.viewer):
            self._show_message(message)
        if wake.cursor_row_dirty:
            self._screen.redraw()

    def set_background(self, background: BackgroundReported) -> None:
        """Draw in the styles for a background from the next frame on."""
        if self._appearance_on is not None:
            self._context.restyle(self._appearance_on(background.shade))
            self._redraw()

    def suspend(self) -> None:
        """Release the terminal to other programs."""
        self._screen.suspend()

    def resume(self) -> None:
        """Take the terminal back, unless the editor has it; its content is unknown."""
        if not self._editor.is_running:
            self._screen.resume()
            self._frames.request_now()

    def note_foreign_text(self, *, is_question: bool) -> None:  # noqa: ARG002 - the normal screen's
        """Have the next frame written completely: another writer may have written to the screen."""
        self._redraw()

    def _redraw(self) -> None:
        self._frames.request()
        self._screen.redraw()

    def resize(self, size: Size) -> None:
        """Lay out for another size in the next frame, which is due at once. No-op for the same size."""
        if size != self._screen.size:
            self._screen.size = self._context.size = size
            self._frames.request_now()
            self._work.note_activity()

    # -- long work ----------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Continue long work for one slice."""
        self._budget.restart(WORK_SECONDS)
        if self._work.is_poll_due:
            self._poll()
        if message := self._editor.poll():
            self._show_message(message)
            self.resume()
        if message := self._services.poll():
            self._show_message(message)
        if self._can_count_levels() and self._work.count_levels():
            self._frames.request()
        if self._screen.is_entered and self._work.remains(self.viewer):
            self._advance()

    def _poll(self) -> None:
        notices, has_changed = self._work.poll()
        for notice in notices:
            self._show_message(notice)
        if has_changed or self._work.remains(self.viewer) or self._can_count_levels():
            self._frames.request()

    def _can_count_levels(self) -> bool:
        return self._screen.is_entered and self._work.can_count_levels(self.viewer)

    def _advance(self) -> None:
        """Continue pending operations, and request a frame if one has ended, or more rows may be known."""
        before, was_incomplete = self.viewer, self._context.incomplete
        state = self.viewer = self._services.advance(self._work.advance(before))
        if before.pending is not None and state.pending is None:
            self._frames.request_now()
        is_pending_changed = state.pending is not before.pending
        if was_incomplete or is_pending_changed or before.copying is not None or not self._work.remains(state):
            self._frames.request()

    @property
    def poll_timeout(self) -> float | None:
        """Seconds until there is more work, a frame is due, or the file is to be polled."""
        now = self._clock()
        due = [self._work.due(self.viewer, is_shown=self._screen.is_entered)]
        if self._services.is_busy or self._editor.is_running:
            due.append(now + COMMAND_POLL_INTERVAL)
        is_painted = not self._editor.is_running and (self._screen.is_entered or self._is_ready)
        if self._frames.is_requested and is_painted:
            due.append(self._frames.due)
        return max(min(due) - now, 0.0)

    @property
    def batches_frames(self) -> bool:
        """False: events are handled at once, for input is only kept, and frames have a timer of their own."""
        return False

    # -- painting -----------------------------------------------------------------------------------------------

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:  # noqa: ARG002 - unfinished lines are in the document
        """Paint a frame if something has changed and the frame is due, unless another program has the terminal."""
        if self._editor.is_running:
            return
        if not self._screen.is_entered:
            if not self._is_ready:
                return
            if not self._screen.is_ours():  # in the background: another program has the screen
                self._frames.postpone(POLL_INTERVAL)
                return
            self.enter()
        if self._screen.is_lost or not self._frames.is_requested or not (self._frames.is_due or flush_requested):
            return
        self._budget.restart(KEY_SECONDS)
        self._frames.start_frame()
        frame = compose(self.viewer, self._context, self._work.facts)
        self._screen.paint(frame, self.viewer.criteria, is_complete=not self._context.incomplete)
        self._frames.end_frame(self._context.document.text.end)

    def drain(self) -> None:
        """Return once every frame is written."""
        self._screen.drain()

    def finish(self) -> None:
        """Restore the main screen for good."""
        self._services.close()
        self._editor.wait()
        self._editor.close()
        self._screen.finish()

    def close(self) -> None:
        """Restore the terminal."""
        self.leave()

    def replace(self, painter: Painter | None) -> None:  # noqa: ARG002 - another painter has no alternate screen
        """Show nothing any more, because the output has failed."""
        self._screen.is_lost = True
