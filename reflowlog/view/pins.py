"""Pins: rows that stay under the log, such as progress bars.

A pin is any callable from a width in cells to text. It is asked again at each width and after each `Pins.refresh`,
on the printer thread; whatever it raises is shown in its place, once, and is nobody else's trouble.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.model import Spans

__all__ = ["Pins"]

Line = tuple[str, "Spans"]


class Pins:
    """The pins in the order in which they came, and what each said last."""

    def __init__(self) -> None:
        self._renders: dict[object, Callable[[int], str]] = {}
        self._said: dict[object, list[Line]] = {}
        self._width = 0

    def __bool__(self) -> bool:
        return bool(self._renders)

    def refresh(self, pin: object, render: Callable[[int], str]) -> None:
        """Add a pin, or ask it again at the next `lines`."""
        self._renders[pin] = render
        self._said.pop(pin, None)

    def remove(self, pin: object) -> None:
        """Forget a pin; an unknown one is no error."""
        self._renders.pop(pin, None)
        self._said.pop(pin, None)

    def lines(self, width: int) -> list[Line]:
        """All lines of all pins at a width, sanitized; not cut to it."""
        if width != self._width:
            self._width = width
            self._said.clear()
        said: list[Line] = []
        for pin, render in self._renders.items():
            if pin not in self._said:
                self._said[pin] = [sanitize(line) for line in _ask(render, width).split("\n")]
            said += self._said[pin]
        return said


def _ask(render: Callable[[int], str], width: int) -> str:
    try:
        return str(render(width)).rstrip("\n")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a pin is its program's code: anything may happen in it, sys.exit() too
        return f"reflowlog: a pin raised {type(error).__name__}: {error}"
