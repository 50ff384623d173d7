r"""tqdm on the console: bars that stay under the log, and are drawn again at each width.

    from reflowlog.integrations.tqdm import tqdm, trange

Invariants:
- tqdm counts, decides when to show a bar, and draws it (`tqdm.format_meter`). Showing it means here that a copy of its
  numbers goes to its pin's renderer. So `update` costs as much as tqdm's own.
- A renderer holds no reference to its bar: the printer, which calls the renderer, never holds or ends a bar.
- The printer never waits for tqdm's lock, because its holder may be waiting for the printer.
- Only the process that created a bar shows it: its copy in the child of a fork shows nothing. A child's own bars have
  no screen; their last line is shown, as off a terminal.
- If ``file`` is neither standard output, standard error nor a console, tqdm itself writes to it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar, cast
from weakref import WeakSet

from tqdm.std import tqdm as _tqdm

from reflowlog.console.console import Console
from reflowlog.console.core import core_of
from reflowlog.console.shared import shared_console

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.console.console import Pin

__all__ = ["tqdm", "trange"]

_FILE_INDEX = 4  # index of `file` among tqdm's positional arguments
_UNLIMITED_ROWS = 1 << 30  # rows of a screen that hides no bar: the painter decides which bars there is room for


class tqdm(_tqdm):  # type: ignore[misc]  # noqa: N801 - tqdm's name
    """`tqdm.tqdm` with its bar as a pin of the console: under the log, as wide as the terminal.

    A bar that has ended becomes a line of the log (``leave=True``, tqdm's default), or disappears. Off a terminal only
    that line is written.

    Args:
        args: as tqdm takes them.
        console: where to show it; if not given, the console that is open on standard error, or one created for it.
        kwargs: as tqdm takes them. ``ncols`` is the maximal width in cells; the width is always dynamic.

    Example:
        >>> import io
        >>> stream = io.StringIO()
        >>> with Console(stream) as console:
        ...     for number in tqdm(range(3), console=console, bar_format="{n_fmt} of {total_fmt}"):
        ...         console.print("working on", number)
        >>> print(stream.getvalue(), end="")
        working on 0
        working on 1
        working on 2
        3 of 3
    """

    _instances: ClassVar[WeakSet[tqdm]] = WeakSet()  # positions are counted among bars of this class only
    monitor = None

    def __init__(self, *args: Any, console: Console | None = None, **kwargs: Any) -> None:
        self._renderer: _BarRenderer | None = None
        self._pin: Pin | None = None
        self._given_console = console
        file = args[_FILE_INDEX] if len(args) > _FILE_INDEX else kwargs.get("file")
        if console is None:
            console = _console_for(sys.stderr if file is None else file)
        if console is not None:
            self._console = console
            self._pid = os.getpid()
            self._renderer = _BarRenderer(self.format_meter)
            if len(args) > _FILE_INDEX:
                args = (*args[:_FILE_INDEX], _FileProxy(console), *args[_FILE_INDEX + 1 :])
            else:
                kwargs["file"] = _FileProxy(console)
            kwargs.pop("dynamic_ncols", None)
            kwargs.setdefault("nrows", _UNLIMITED_ROWS)
        super().__init__(*args, **kwargs)

    def display(self, msg: str | None = None, pos: int | None = None) -> bool | None:
        """Show the bar in its present state, or `msg` instead; for the last time once it is closed."""
        renderer = self._renderer
        if renderer is None:
            return cast("bool | None", super().display(msg, pos))
        if self._pin is not None and self._pin.removed:
            return True
        if msg is None:
            renderer.numbers = self.format_dict
        renderer.text = msg
        if self.disable:
            self._end(leave=msg is None)
        elif os.getpid() == self._pid:
            self._show(renderer)
        return True

    def _show(self, renderer: _BarRenderer) -> None:
        if self._pin is not None:
            self._pin.update()
            return
        try:
            self._pin = self._console.pin(renderer, leave=bool(self.leave), order=abs(self.pos))
        except ValueError:  # the console is closed: tqdm is silent, too, when its file is closed
            if not self._console.closed:
                raise

    def _end(self, *, leave: bool) -> None:
        """Remove the pin; with `leave`, the renderer draws the line that stays, of numbers that no longer change."""
        if self._pin is not None:
            self._pin.leave = leave
            self._pin.remove(self._renderer if leave else None)

    def close(self) -> None:
        """End the bar: it becomes a line of the log, or disappears. Idempotent.

        The last bar of the process waits until the terminal shows that, see `Pin.drain`.
        """
        if getattr(self, "disable", True) or self._renderer is None:
            super().close()
        elif os.getpid() != self._pid:  # a copy in the child of a fork
            self.disable = True
        elif core_of(self._console).is_printing:  # collected on the printer's thread: take no lock
            self.disable = True
            self._end(leave=bool(self.leave))
        else:
            super().close()
            if self._pin is not None and not self._instances:
                self._pin.drain()  # the loop has ended: the next print may bypass the console

    @classmethod
    def write(cls, s: str, file: Any = None, end: str = "\n", nolock: bool = False) -> None:
        """Print above the bars: on the console that a bar was created with; else to the terminal or the file."""
        console = (
            next((bar._given_console for bar in list(cls._instances) if bar._given_console), None)
            if file is None
            else None
        )
        if console is None:
            file = sys.stdout if file is None else file
            console = _console_for(file) if isinstance(file, Console) or _is_tty(file) else None
        if console is None:
            super().write(s, file, end, nolock)
        else:
            console.print(s, end=end)


def trange(*args: int, **kwargs: Any) -> tqdm:
    """Return ``tqdm(range(*args), **kwargs)``."""
    return tqdm(range(*args), **kwargs)


class _BarRenderer:
    """Draws the last state of a bar at a width: the pin's callable."""

    def __init__(self, draw: Callable[..., str]) -> None:
        self._draw = draw
        self.numbers: dict[str, Any] = {}
        self.text: str | None = None

    def __call__(self, width: int) -> str:
        if self.text is not None:
            return self.text
        max_width = self.numbers["ncols"]
        return self._draw(**{**self.numbers, "ncols": width if max_width is None else min(max_width, width)})


class _FileProxy:
    """Stands in for tqdm's file: reports the console's encoding and isatty, and discards writes."""

    def __init__(self, console: Console) -> None:
        self.encoding = core_of(console).target.encoding
        self.isatty = core_of(console).isatty

    def write(self, text: str) -> int:
        """Discard the text and return its length."""
        return len(text)

    def flush(self) -> None:
        """No-op: nothing is buffered."""


def _console_for(file: Any) -> Console | None:
    """Return the console for a file that is a console or a standard stream; None for any other file."""
    if isinstance(file, Console):
        return file
    standard = (sys.stderr, sys.stdout, sys.__stderr__, sys.__stdout__)
    return shared_console(file) if any(file is each for each in standard) else None


def _is_tty(file: Any) -> bool:
    try:
        return bool(file.isatty())
    except (AttributeError, ValueError):  # closed
        return False
