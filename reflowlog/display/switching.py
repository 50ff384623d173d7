"""Switching display: the inline log on the normal screen, and the pager on the alternate screen, opened by a key.

Invariants:
- Both show one history. While the pager is active, input is only kept.
- Back on the normal screen, the kept input is painted: in the end every line is there exactly once.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reflowlog.core.events import BackgroundReported
from reflowlog.core.records import Anchor
from reflowlog.pager.bindings import is_mark_key, is_opening_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reflowlog.core.events import Key, PinUpdate, Runs, TerminalChanged
    from reflowlog.core.frames import Size
    from reflowlog.core.records import Item
    from reflowlog.display.base import Display, KeyboardControl, Painter, RetractableRecords
    from reflowlog.display.inline import InlineDisplay
    from reflowlog.display.pager import PagerDisplay
    from reflowlog.store.pipe_text import PipeText

__all__ = ["SwitchingDisplay"]


class SwitchingDisplay:
    """An inline display and a pager display, one of which is active.

    Args:
        log: the inline display.
        text: the history, with the unterminated line while the pager is active.
        make_pager: creates the pager display; gets the callback for leaving it, see `PagerDisplay`.
        keys: the keyboard.
        finished: called at the end of the input, or when the user quits.
        viewing: called with whether the pager is active.
        own: the user's own key bindings, see `is_opening_key`.
        asks_background: whether the terminal is queried for its background with the first input.
    """

    def __init__(
        self,
        log: InlineDisplay,
        text: PipeText,
        make_pager: Callable[[Callable[[str], None]], PagerDisplay],
        keys: KeyboardControl,
        finished: Callable[[], None],
        viewing: Callable[[bool], None],
        own: Mapping[str, str] = MappingProxyType({}),
        *,
        asks_background: bool = False,
    ) -> None:
        self._log = log
        self._text = text
        self._make_pager = make_pager
        self._pager: PagerDisplay | None = None
        self._is_pager_active = False
        self._keys = keys
        self._finished = finished
        self._viewing = viewing
        self._own = own
        self._asks_background = asks_background
        self._has_input = False
        self._is_over = False

    @property
    def _display(self) -> Display:
        return self._pager if self._is_pager_active and self._pager is not None else self._log

    @property
    def _is_lent(self) -> bool:
        """Whether an editor that the pager has started has the terminal."""
        return self._pager is not None and self._pager.is_lent

    # -- input --------------------------------------------------------------------------------------------------

    def item(self, item: Item) -> None:
        """Keep a log record or a styled line."""
        self._display.item(item)

    def line(self, text: str) -> None:
        """Keep a line of the console's own."""
        self._display.line(text)

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a chunk of the input; the first one starts the keyboard."""
        if not self._has_input:
            self._has_input = True
            self._keys.start()
            if self._asks_background and (shade := self._keys.query_background()) is not None:
                self.set_background(BackgroundReported(shade))
        self._display.chunk(data, runs)

    def end_of_input(self) -> None:
        """Complete the last line at the end of an input."""
        self._display.end_of_input()

    @property
    def retractable(self) -> RetractableRecords | None:
        """The records, until the viewer is opened, which refers to them from then on."""
        return self._log.retractable if self._pager is None else None

    def take_partial(self) -> bytes:
        """Remove and return the input's unterminated last line."""
        return self._display.take_partial()

    def all_ended(self) -> None:
        """Finish at the end of all inputs, unless the pager is active."""
        self._is_over = True
        self._display.all_ended()
        if not self._is_pager_active:
            self._finished()

    def pin(self, change: PinUpdate) -> None:
        """Add, refresh or remove a pin of the normal screen."""
        self._log.pin(change)

    def key(self, key: Key) -> None:
        """Handle a typed key: one of the pager's opens it, and Enter draws a mark on the normal screen."""
        if not self._is_pager_active and is_mark_key(key, self._own):
            self._log.mark()
            return
        if not self._is_pager_active and is_opening_key(key, self._own):
            self._open_pager()
        self._display.key(key)

    # -- the pager ----------------------------------------------------------------------------------------------

    def _open_pager(self) -> None:
        """Open the pager at the end of the history."""
        if self._pager is None:
            self._pager = self._make_pager(self._on_leave)
        self._log.paint_pending()
        partial = self._log.take_partial()
        if partial:
            self._text.grow(partial)
        self._log.drain()
        self._is_pager_active = True
        self._viewing(True)
        self._pager.viewer = self._pager.viewer._replace(following=True, top=Anchor(0, 0))
        self._pager.resize(self._log.size)
        self._pager.ready()
        self._pager.enter()

    def _on_leave(self, how: str) -> None:
        """Return to the normal screen, and finish if the user quit or the input has ended."""
        self._close_pager()
        if how == "quit" or self._is_over:
            self._finished()

    def _close_pager(self) -> None:
        if not self._is_pager_active or self._pager is None:
            return
        self._is_pager_active = False
        self._viewing(False)
        self._pager.leave()
        self._pager.drain()
        self._log.restore_partial(self._pager.take_partial())
        self._log.catch_up()

    # -- the terminal -------------------------------------------------------------------------------------------

    def wake(self, wake: TerminalChanged) -> None:
        """Handle a change of the terminal."""
        self._display.wake(wake)

    def set_background(self, background: BackgroundReported) -> None:
        """Draw in the styles for a background from the next frame on."""
        self._log.set_background(background)
        if self._pager is not None:
            self._pager.set_background(background)

    def suspend(self) -> None:
        """Release the terminal to other programs."""
        self._display.suspend()
        self._keys.suspend()

    def resume(self) -> None:
        """Take the terminal back; rows of the normal screen are given up."""
        if not self._is_lent:
            self._keys.resume()
        self._log.resume()
        if self._is_pager_active:
            self._display.resume()

    def note_foreign_text(self, *, is_question: bool) -> None:
        """Give up the rows of the normal screen, and redraw the pager if it is active."""
        self._log.note_foreign_text(is_question=is_question)
        if self._is_pager_active and self._pager is not None:
            self._pager.note_foreign_text(is_question=is_question)

    def resize(self, size: Size) -> None:
        """Take over the size in the active display; the normal screen follows when it is shown again."""
        self._display.resize(size)

    def work(self) -> None:
        """Continue long work."""
        self._display.work()

    @property
    def poll_timeout(self) -> float | None:
        """Seconds after which `work` or `paint` is due without an event; None: never."""
        return self._display.poll_timeout

    @property
    def batches_frames(self) -> bool:
        """Whether events are to be collected until the next frame is due."""
        return self._display.batches_frames

    # -- painting -----------------------------------------------------------------------------------------------

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Paint the active display."""
        self._display.paint(unfinished, flush_requested)

    def drain(self) -> None:
        """Return once every painted frame is written."""
        self._display.drain()

    def finish(self) -> None:
        """Close the pager and prepare the last frame of the normal screen."""
        if self._pager is not None:
            self._pager.wait_for_program()
        self._close_pager()
        if self._pager is not None:
            self._pager.finish()
        self._log.finish()

    def close(self) -> None:
        """Restore the terminal."""
        if self._pager is not None:
            self._pager.close()
        self._log.close()

    def replace(self, painter: Painter | None) -> None:
        """Continue with another painter, or with none, because the output has failed."""
        if self._pager is not None:
            self._pager.replace(painter)
        self._log.replace(painter)
