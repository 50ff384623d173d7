"""The full stage: the whole history on the alternate screen, under a viewer.

Rules of this file:
- It belongs to the printer thread, with the document, the viewer and the painter. Long work is done in slices, between
  two drains of the inbox: no key waits for longer than a slice.
- The screen is entered with the first input, not before: a password prompt of what writes into the pipe has it until
  then.
- A frame is composed when something has changed, at most 60 times a second, the first at once.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import IO, TYPE_CHECKING, Protocol

from reflowlog.core.frames import ScreenFrame, Size
from reflowlog.core.records import StyledLine
from reflowlog.pager.bindings import advance, handle_key, interrupt
from reflowlog.pager.context import PagerContext
from reflowlog.pager.match_index import Budget, NotReady
from reflowlog.pager.screen import StatusFacts, compose
from reflowlog.pager.state import Save
from reflowlog.store.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.events import Key, PinUpdate, Runs, TerminalChanged
    from reflowlog.core.records import Item
    from reflowlog.display.base import Painter
    from reflowlog.pager.context import PagerOptions
    from reflowlog.pager.regex_worker import RegexWorker
    from reflowlog.pager.state import PagerState
    from reflowlog.store.document import TextStore

__all__ = ["DocumentSource", "KeyboardControl", "PagerDisplay", "ScreenPainter"]

SLICE = 0.008  # seconds of work between two looks at the inbox
FRAME = 1 / 60  # seconds
FLOOD = 1 << 20  # bytes since the last frame: nobody can read that,
FLOOD_FRAME = 1 / 15  # so frames are fewer, and taking it in is faster
LOOK = 0.2  # seconds between two looks at a file, and at how far long work has come
CALM = 1 << 18  # bytes between two looks; while more come in, errors and warnings are not counted
RATE_OVER = 1.0  # seconds over which the rate of lines is taken
COUNT = 2 << 20  # bytes whose lines are counted at once


class ScreenPainter(Protocol):
    """What the stage asks of its painter."""

    def enter(self, size: Size) -> None:
        """Take the alternate screen."""

    def paint(self, screen: ScreenFrame, size: Size) -> None:
        """Show a frame."""

    def redraw(self) -> None:
        """Write all of the next frame."""

    def leave(self) -> None:
        """Give the screen back as it was found; harmless twice."""

    def drain(self) -> None:
        """Return once all is written."""


class KeyboardControl(Protocol):
    """What the stage asks of the keyboard."""

    def start(self) -> bool:
        """Begin to read keys, if that has not begun; whether there are any."""

    def suspend(self) -> None:
        """Others get the terminal."""

    def resume(self) -> None:
        """It is ours again."""

    def whole(self, on: bool) -> None:
        """Whether Ctrl-C is a key like others."""


class DocumentSource(Protocol):
    """Where the document comes from."""

    @property
    def text(self) -> TextStore:
        """What there is of it."""

    @property
    def name(self) -> str:
        """For the status row."""

    @property
    def live(self) -> bool:
        """Whether more may come."""

    @property
    def counted(self) -> float:
        """How much of it has its lines counted, from 0 to 1."""

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Take a piece of the input, cut anywhere; whole lines where it is told of which source they are."""

    def line(self, text: str) -> bool:
        """Take a line of ours; False where it cannot."""

    def ended(self) -> None:
        """An input has ended: its last line is complete."""

    def over(self) -> None:
        """Nothing more comes."""

    def take_rest(self) -> bytes:
        """The line that has not ended: it is shown elsewhere from now on."""

    def look(self) -> list[str]:
        """Look whether there is more; what happened besides, in one line each."""

    def count_on(self, size: int) -> bool:
        """Count the lines of so many more bytes; whether there is more to count."""


class PagerDisplay:
    """Shows a document on the alternate screen.

    Args:
        source: where the document comes from.
        painter: shows it.
        size: the terminal's, now.
        settings: of the viewer.
        viewer: how it begins.
        matcher: matches what may take long.
        keys: the keyboard.
        left: called when the reader leaves, with "back" or "quit".
        is_ours: whether the terminal is ours to take.
        interrupted: called when there is nothing that Ctrl-C could interrupt here, with whether it was a key rather
            than a signal; what to say about it.
        clock: seconds.
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
        is_ours: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._painter: ScreenPainter | None = painter
        self._size = size
        self._keys = keys
        self._matcher = matcher
        self._left = left
        self._interrupted = interrupted
        self._is_ours = is_ours
        self._clock = clock
        self._budget = Budget(clock)
        self.document = Document(source.text)
        self._context = PagerContext(
            self.document, size, settings, self._budget, match=matcher.matching, light=matcher.spans
        )
        self.viewer = viewer
        self._entered = False
        self._blind = False  # there are no keys
        self._ready = False  # there is something to show, if only that there is nothing
        self._dirty = True
        self._next_frame = 0.0
        self._next_look = 0.0
        self._looked_end = 0  # of the document, at the last look
        self._growing = True  # whether much comes in
        self._shown_end = 0  # of the document, in the last frame
        self._file: IO[bytes] | None = None  # that is being saved
        self._rate = _LineRate(clock)
        self._last: tuple[object, ScreenFrame] = (
            None,
            ScreenFrame(()),
        )  # what was painted, and for which size and filter
        self._told = 0  # how many lines took too long to match

    # -- what arrives -------------------------------------------------------------------------------------------

    def item(self, item: Item) -> None:
        """Keep a record's text."""
        self.line(item.text if isinstance(item, StyledLine) else item.message.replace("\n", " "))

    def line(self, text: str) -> None:
        """Keep a line of text of ours, or else tell it."""
        self._ready = self._dirty = True
        if not self._source.line(text):
            self._say(text)

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a piece of the input, cut anywhere."""
        self._source.chunk(data, runs)
        self._ready = self._dirty = True

    def ended(self) -> None:
        """An input has ended: its last line is complete."""
        self._source.ended()
        self._dirty = True

    def over(self) -> None:
        """Nothing more comes. Without keys there is no other end than this."""
        self._source.over()
        self._ready = self._dirty = True
        if self._blind:
            self._left("quit")

    def take_rest(self) -> bytes:
        """The line that has not ended: it is shown elsewhere from now on."""
        return self._source.take_rest()

    def ready(self) -> None:
        """There is something to show."""
        self._ready = True

    def pin(self, change: PinUpdate) -> None:
        """A pin has no place here."""

    def key(self, key: Key) -> None:
        """A key was typed."""
        if not self._entered:
            if key.name == "Interrupt":  # nothing has come yet, so there is nothing else to interrupt
                self._interrupted(False)
            return
        self._dirty = True
        self._next_frame = 0.0
        if key.name in ("Ctrl-C", "Interrupt"):
            self._interrupt(typed=key.name == "Ctrl-C")
        else:
            if self.viewer.pending is not None:  # what was typed ahead is meant for where it goes to
                self.work()
            self._budget.renew(SLICE)
            self.viewer = handle_key(self.viewer, key, self._context)
        if self.viewer.saving is None:
            self._close_file()
        if self.viewer.redraw and self._painter is not None:
            self._painter.redraw()
        leave = self.viewer.leave
        self.viewer = self.viewer._replace(redraw=False, leave="")
        if leave:
            self._left(leave)

    def _interrupt(self, *, typed: bool) -> None:
        after = interrupt(self.viewer, self._context)
        self.viewer = self.viewer._replace(message=self._interrupted(typed)) if after is None else after

    def _say(self, message: str) -> None:
        self.viewer = self.viewer._replace(message=message.removeprefix("reflowlog: "))
        self._dirty = True

    # -- the terminal -------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Take the screen."""
        if not self._entered and self._painter is not None:
            self._entered = self._dirty = True
            self._next_frame = 0.0
            self._blind = not self._keys.start()
            self._keys.whole(True)
            self._painter.enter(self._size)

    def leave(self) -> None:
        """Give it back as it was found."""
        if self._entered:
            self._entered = False
            self._keys.whole(False)  # first: who sees the normal screen types what belongs there
            if self._painter is not None:
                self._painter.leave()

    @property
    def entered(self) -> bool:
        """Whether the screen is ours."""
        return self._entered

    def wake(self, wake: TerminalChanged) -> None:
        """Something happened: an answer is there, or the screen is smudged."""
        self._dirty = True
        self._tell_given_up()
        if wake.cursor_row_dirty and self._painter is not None:
            self._painter.redraw()

    def _tell_given_up(self) -> None:
        """Lines that a pattern took too long for count as not matching, and that is said."""
        patterns = [each for each in (self.viewer.search, self.viewer.criteria.pattern) if each is not None]
        count = sum(map(self._matcher.given_up, patterns))
        if count > self._told:
            self._say(f"{count} line{'s' * (count != 1)} took too long to match, and count as not matching")
        self._told = count

    def suspend(self) -> None:
        """Let others have the terminal."""
        self.leave()
        self.drain()
        self._keys.suspend()

    def resume(self) -> None:
        """The terminal is ours again, and may hold anything."""
        self._keys.resume()
        self.leave()  # it is still entered if we were stopped without a warning
        self._dirty = True

    def resize(self, size: Size) -> Size:
        """Lay out for another size with the next frame, which is due at once."""
        self._size = self._context.size = size
        self._dirty = True
        self._next_frame = 0.0
        return size

    # -- long work ----------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Go on with long work for one slice."""
        self._budget.renew(SLICE)
        if self._clock() >= self._next_look:
            self._look()
        if self._can_count_levels():
            self._context.count_levels.step()
            self._dirty = self._dirty or self._context.count_levels.complete
        if not self._entered or not self._has_work():
            return
        before, incomplete = self.viewer, self._context.incomplete
        while self._source.count_on(COUNT) and not self._budget.over:
            pass
        self.viewer = advance(self.viewer, self._context)
        if self.viewer.saving is not None:
            self._save(self.viewer.saving)
        if incomplete or self.viewer.pending is not before.pending or not self._has_work():
            self._dirty = True
        if before.pending is not None and self.viewer.pending is None:
            self._next_frame = 0.0

    def _look(self) -> None:
        end = self.document.text.end
        for notice in self._source.look():
            self._say(notice)
        self._next_look = self._clock() + LOOK
        rated = self._rate.look(self.document.text.count)
        grown, self._looked_end = self.document.text.end - self._looked_end, self.document.text.end
        calmed, self._growing = self._growing and grown <= CALM, grown > CALM
        changed = rated or calmed or self.document.text.end != end
        self._dirty = self._dirty or changed or self._has_work() or self._can_count_levels()

    def _has_work(self) -> bool:
        """Whether something takes longer, and it is for us to go on with it."""
        context, viewer = self._context, self.viewer
        return (
            viewer.pending is not None
            or viewer.saving is not None
            or context.incomplete
            or self._source.counted < 1
            or any(not each.complete and not each.stopped for each in context.counting())
        )

    def _can_count_levels(self) -> bool:
        """Whether there are errors and warnings to count, and nothing else to do."""
        return self._entered and not self._growing and not self._has_work() and not self._context.count_levels.complete

    @property
    def poll_timeout(self) -> float | None:
        """Until there is more work, a frame is due, or the file is to be looked at."""
        now = self._clock()
        if self._entered and (self._has_work() or self._can_count_levels()) and not self._matcher.waiting:
            return 0.0
        due = [self._next_look]
        if self._dirty and (self._entered or self._ready):
            due.append(self._next_frame)
        return max(min(due) - now, 0.0)

    @property
    def batches_frames(self) -> bool:
        """Events are taken at once: what comes is only kept, and frames have their own time."""
        return False

    def _save(self, saving: Save) -> None:
        """Write on what is shown, as it came."""
        try:
            if self._file is None:
                self._file = open(os.path.expanduser(saving.path.strip()), "xb")  # noqa: SIM115 - it is written in slices
            saving = self._write(saving, self._file)
        except FileExistsError:
            self._done_saving(f"{saving.path} is there already: nothing is saved")
        except OSError as error:
            self._done_saving(f"cannot save to {saving.path}: {error.strerror}")
        else:
            self.viewer = self.viewer._replace(saving=saving)
            if saving.key is None:
                self._done_saving(f"saved {saving.written:,} line{'s' * (saving.written != 1)} to {saving.path}")

    def _write(self, saving: Save, file: IO[bytes]) -> Save:
        """As many pieces as there is time for; ``key`` is None at the end."""
        shown, document = self._context.shown, self.document
        key = saving.key
        count = saving.written
        with contextlib.suppress(NotReady):
            if key is None:
                key = (
                    shown.after(document.text.start - 1)
                    if self._context.filter_index
                    else document.at(document.text.start)
                )
                if document.text.end <= document.text.start:
                    key = None
            while key is not None and not self._budget.over:
                following = shown.after(key)  # first: if it is found later, the piece is written then
                ends = document.after(key)
                whole = ends is None or document.starts_line(ends)
                file.write(document.piece(key) + (b"\n" if whole else b""))
                count += whole
                key = following
            return Save(saving.path, key, count)
        return Save(saving.path, key if key is not None else document.text.start, count)

    def _done_saving(self, message: str) -> None:
        try:
            self._close_file()
        except OSError as error:
            message = f"cannot save: {error.strerror}"
        self.viewer = self.viewer._replace(saving=None, message=message)

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    # -- painting -----------------------------------------------------------------------------------------------

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:  # noqa: ARG002 - unfinished lines are in the document
        """Show what there is, if it has changed and it is time."""
        if not self._entered:
            if not self._ready:
                return
            if not self._is_ours():  # in the background: the screen is others'
                self._next_frame = self._clock() + LOOK
                return
            self.enter()
        if self._painter is None or not self._dirty or (self._clock() < self._next_frame and not flush_requested):
            return
        self._budget.renew(SLICE)
        self._dirty = False
        facts = StatusFacts(self._source.name, self._source.live, self._rate.now, self._source.counted, self._growing)
        screen = compose(self.viewer, self._context, facts)
        shown = self._size, self.viewer.criteria
        if self._context.incomplete and not any(screen.rows[:-1]) and self._last[0] == shown:
            screen = screen._replace(rows=[*self._last[1].rows[:-1], *screen.rows[-1:]])  # those before, for now
        self._last = shown, screen
        self._painter.paint(screen, self._size)
        end = self.document.text.end
        self._next_frame = self._clock() + (FLOOD_FRAME if end - self._shown_end > FLOOD else FRAME)
        self._shown_end = end

    def drain(self) -> None:
        """Return once all is written."""
        if self._painter is not None:
            self._painter.drain()

    def finish(self) -> None:
        """All is said: the screen is given back."""
        with contextlib.suppress(OSError):
            self._close_file()
        self.leave()
        self._painter = None  # the last frame would take it again

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self.leave()

    def replace(self, painter: Painter | None) -> None:  # noqa: ARG002 - another painter has no such screen
        """The output has failed: nothing is shown any more."""
        self._painter = None


class _LineRate:
    """Lines a second."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self._count: int | None = None
        self.now = 0.0

    def look(self, count: int | None) -> bool:
        """Take note of how many lines there are; whether the rate is another one now."""
        passed = self._clock() - self._since
        if count is None or passed < RATE_OVER:
            return False
        before, self.now = self.now, 0.0 if self._count is None else max(count - self._count, 0) / passed
        self._since += passed
        self._count = count
        return round(before) != round(self.now)
