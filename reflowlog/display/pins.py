"""Pins: rows that stay under the log, such as progress bars.

Invariants:
- A pin is any callable from a width in cells to text. It is called on the printer thread, at each new width and after
  each `Pins.refresh`.
- An exception of a pin is shown in the pin's place, once, and affects no other row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.text.clean.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import Spans

__all__ = ["Line", "Pins", "render_pin"]

Line = tuple[str, "Spans"]

MAX_PIN_LINES = 1024
"""Lines of a pin that are shown, the lowest ones: no screen shows more."""


class Pins:
    """The pins and the last text of each, sorted by order and then by age. Printer thread only."""

    def __init__(self) -> None:
        self._renders: dict[object, Callable[[int], str]] = {}
        self._orders: dict[object, int] = {}
        self._texts: dict[object, list[Line]] = {}
        self._width = 0

    def __bool__(self) -> bool:
        return bool(self._renders)

    def refresh(self, pin: object, render: Callable[[int], str], order: int = 0) -> None:
        """Add a pin, or have it rendered again at the next `lines`."""
        if self._orders.get(pin) != order:
            self._orders[pin] = order
            self._renders[pin] = render
            self._renders = dict(sorted(self._renders.items(), key=lambda each: self._orders[each[0]]))
        self._renders[pin] = render
        self._texts.pop(pin, None)

    def remove(self, pin: object) -> None:
        """Remove a pin; no-op for an unknown one."""
        self._renders.pop(pin, None)
        self._orders.pop(pin, None)
        self._texts.pop(pin, None)

    def all(self) -> list[Any]:
        """Return the pins from top to bottom."""
        return list(self._renders)

    def lines(self, width: int) -> list[Line]:
        """Return all lines of all pins at a width in cells, sanitized, not clipped to it. An empty text has no line."""
        if width != self._width:
            self._width = width
            self._texts.clear()
        lines: list[Line] = []
        for pin, render in self._renders.items():
            if pin not in self._texts:
                self._texts[pin] = render_pin(render, width)
            lines += self._texts[pin]
        return lines


def render_pin(render: Callable[[int], str], width: int) -> list[Line]:
    """Call a pin's callable and return its lines, sanitized. Raises only KeyboardInterrupt."""
    try:
        text = str(render(width)).rstrip("\n")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a pin is the program's code, which may raise anything, SystemExit too
        text = f"reflowlog: a pin raised {type(error).__name__}: {error}".partition("\n")[0]
    return [sanitize(line) for line in text.split("\n")[-MAX_PIN_LINES:]] if text else []
