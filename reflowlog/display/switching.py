"""The screen stage: a log on the normal screen, and over it, when a key is typed, the viewer on the alternate one.

Both look at one history. While the viewer is up, what arrives is only kept; back on the normal screen it is printed, so
that in the end nothing is missing there, and nothing is there twice.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reflowlog.core.records import Anchor
from reflowlog.pager.bindings import opens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reflowlog.core.events import Key, PinUpdate, Runs, TerminalChanged
    from reflowlog.core.frames import Size
    from reflowlog.core.records import Item
    from reflowlog.display.base import Display, Painter
    from reflowlog.display.inline import InlineDisplay
    from reflowlog.display.pager import KeyboardControl, PagerDisplay
    from reflowlog.store.pipe_text import PipeText

__all__ = ["SwitchingDisplay"]


class SwitchingDisplay:
    """A log stage and a full stage, one of them up.

    Args:
        log: the normal screen.
        text: the history, with the line that has not ended while the viewer is up.
        make_full: makes the full stage; told what to call when its reader leaves it.
        keys: the keyboard.
        finished: called when the input has ended, or the reader has left for good.
        viewing: told whether the viewer is up.
        own: what the user's own keys mean, see `opens`.
    """

    def __init__(
        self,
        log: InlineDisplay,
        text: PipeText,
        make_full: Callable[[Callable[[str], None]], PagerDisplay],
        keys: KeyboardControl,
        finished: Callable[[], None],
        viewing: Callable[[bool], None],
        own: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._log = log
        self._text = text
        self._make_full = make_full
        self._full: PagerDisplay | None = None
        self._is_up = False
        self._keys = keys
        self._finished = finished
        self._viewing = viewing
        self._own = own
        self._begun = False
        self._is_over = False

    @property
    def _display(self) -> Display:
        return self._full if self._is_up and self._full is not None else self._log

    # -- what arrives -------------------------------------------------------------------------------------------

    def item(self, item: Item) -> None:
        """Keep a record."""
        self._display.item(item)

    def line(self, text: str) -> None:
        """Keep a line of ours."""
        self._display.line(text)

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Keep a piece of the input; with the first one keys begin to be read."""
        if not self._begun:
            self._begun = True
            self._keys.start()
        self._display.chunk(data, runs)

    def ended(self) -> None:
        """An input has ended: its last line is complete."""
        self._display.ended()

    def over(self) -> None:
        """All inputs have ended; so does all else, unless the viewer is up."""
        self._is_over = True
        self._display.over()
        if not self._is_up:
            self._finished()

    def pin(self, change: PinUpdate) -> None:
        """A pin was added, has changed or was removed."""
        self._log.pin(change)

    def key(self, key: Key) -> None:
        """A key was typed: one of the viewer's opens it."""
        if not self._is_up and opens(key, self._own):
            self._open()
        self._display.key(key)

    # -- the viewer ---------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Bring the viewer up, at the end of the history."""
        if self._full is None:
            self._full = self._make_full(self._left)
        self._log.show()
        rest = self._log.take_rest()
        if rest:
            self._text.grow(rest)
        self._log.drain()
        self._is_up = True
        self._viewing(True)
        self._full.viewer = self._full.viewer._replace(following=True, top=Anchor(0, 0))
        self._full.resize(self._log.size)
        self._full.ready()
        self._full.enter()

    def _left(self, how: str) -> None:
        """Back on the normal screen: what arrived meanwhile is printed."""
        self._close_full()
        if how == "quit" or self._is_over:
            self._finished()

    def _close_full(self) -> None:
        if not self._is_up or self._full is None:
            return
        self._is_up = False
        self._viewing(False)
        self._full.leave()
        self._full.drain()
        self._log.give_rest(self._full.take_rest())
        self._log.catch_up()

    # -- the terminal -------------------------------------------------------------------------------------------

    def wake(self, wake: TerminalChanged) -> None:
        """Something happened to the terminal."""
        self._display.wake(wake)

    def suspend(self) -> None:
        """Let others have the terminal."""
        self._display.suspend()
        self._keys.suspend()

    def resume(self) -> None:
        """The terminal is ours again, and may hold anything; in the normal screen nothing above is ours."""
        self._keys.resume()
        self._log.resume()
        if self._is_up:
            self._display.resume()

    def resize(self, size: Size) -> Size:
        """Lay out for another size. The normal screen learns of it when it is seen again."""
        return self._display.resize(size)

    def work(self) -> None:
        """Go on with long work."""
        self._display.work()

    @property
    def poll_timeout(self) -> float | None:
        """Seconds after which there is something to do."""
        return self._display.poll_timeout

    @property
    def batches_frames(self) -> bool:
        """Whether events are to be collected for a frame."""
        return self._display.batches_frames

    # -- painting -----------------------------------------------------------------------------------------------

    def paint(self, unfinished: Sequence[str], flush_requested: bool) -> None:
        """Show all that there is."""
        self._display.paint(unfinished, flush_requested)

    def drain(self) -> None:
        """Return once all that was painted is on the screen."""
        self._display.drain()

    def finish(self) -> None:
        """All is said: what the viewer has kept from the normal screen is printed there."""
        self._close_full()
        self._log.finish()

    def close(self) -> None:
        """Leave the terminal as it was found."""
        if self._full is not None:
            self._full.close()
        self._log.close()

    def replace(self, painter: Painter | None) -> None:
        """The output has failed."""
        if self._full is not None:
            self._full.replace(painter)
        self._log.replace(painter)
