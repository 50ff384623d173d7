"""Pins: rows that stay under the log, such as progress bars.

A pin is any callable from a width in cells to text. It is asked again at each width and after each `Pins.refresh`,
on the printer thread; whatever it raises is shown in its place, once, and is nobody else's trouble.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.text.clean.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import Spans

__all__ = ["Line", "Pins", "ask"]

Line = tuple[str, "Spans"]

HIGHEST = 1024
"""Lines of a pin that are looked at, its lowest: no screen shows more."""


class Pins:
    """The pins, and what each said last. They stand by their order; equal ones as they came."""

    def __init__(self) -> None:
        self._renders: dict[object, Callable[[int], str]] = {}
        self._orders: dict[object, int] = {}
        self._said: dict[object, list[Line]] = {}
        self._width = 0

    def __bool__(self) -> bool:
        return bool(self._renders)

    def refresh(self, pin: object, render: Callable[[int], str], order: int = 0) -> None:
        """Add a pin, or ask it again at the next `lines`."""
        if self._orders.get(pin) != order:
            self._orders[pin] = order
            self._renders[pin] = render
            self._renders = dict(sorted(self._renders.items(), key=lambda each: self._orders[each[0]]))
        self._renders[pin] = render
        self._said.pop(pin, None)

    def remove(self, pin: object) -> None:
        """Forget a pin; an unknown one is no error."""
        self._renders.pop(pin, None)
        self._orders.pop(pin, None)
        self._said.pop(pin, None)

    def all(self) -> list[Any]:
        """The pins from the top."""
        return list(self._renders)

    def lines(self, width: int) -> list[Line]:
        """All lines of all pins at a width, sanitized; not cut to it. A pin that says nothing has none."""
        if width != self._width:
            self._width = width
            self._said.clear()
        said: list[Line] = []
        for pin, render in self._renders.items():
            if pin not in self._said:
                self._said[pin] = ask(render, width)
            said += self._said[pin]
        return said


def ask(render: Callable[[int], str], width: int) -> list[Line]:
    """What a pin's callable says at a width: its lines, sanitized. It never raises."""
    try:
        text = str(render(width)).rstrip("\n")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a pin is its program's code: anything may happen in it, sys.exit() too
        text = f"reflowlog: a pin raised {type(error).__name__}: {error}".partition("\n")[0]
    return [sanitize(line) for line in text.split("\n")[-HIGHEST:]] if text else []
