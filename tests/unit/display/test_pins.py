"""Pins: asked once for each width and each change, in the order in which they came."""

from __future__ import annotations

import pytest

from reflowlog.core.records import Style
from reflowlog.display.pins import MAX_PIN_LINES, Pins


class Counted:
    """A pin that counts how often it was asked."""

    def __init__(self, text: str = "{width}") -> None:
        self.text = text
        self.asked: list[int] = []

    def __call__(self, width: int) -> str:
        self.asked.append(width)
        return self.text.format(width=width)


def texts(pins: Pins, width: int) -> list[str]:
    """Return the lines of all pins at a width."""
    return [text for text, _ in pins.lines(width)]


def test_pins_stand_in_the_order_in_which_they_came() -> None:
    """A refresh moves none of them; a pin may have several lines."""
    pins = Pins()
    assert not pins
    pins.refresh("a", Counted("a"))
    pins.refresh("b", Counted("b1\nb2\n"))
    pins.refresh("a", Counted("c"))
    assert pins
    assert texts(pins, 20) == ["c", "b1", "b2"]


def test_pins_stand_by_their_order() -> None:
    """Equal ones as they came; an order may change."""
    pins = Pins()
    for name, order in (("c", 2), ("a", -1), ("b1", 0), ("b2", 0)):
        pins.refresh(name, Counted(name), order)
    assert texts(pins, 20) == ["a", "b1", "b2", "c"]
    pins.refresh("a", Counted("a"), 3)
    assert texts(pins, 20) == ["b1", "b2", "c", "a"]


@pytest.mark.parametrize("nothing", ["", "\n\n"])
def test_an_empty_pin_has_no_row(nothing: str) -> None:
    """Such as a progress display without tasks."""
    pins = Pins()
    pins.refresh(1, Counted(nothing))
    pins.refresh(2, Counted("something"))
    assert texts(pins, 20) == ["something"]


def test_of_a_pin_with_very_many_lines_the_lowest_are_looked_at() -> None:
    """More than any screen shows."""
    pins = Pins()
    pins.refresh(1, lambda _: "line\n" * 100_000 + "last")
    assert len(texts(pins, 20)) == MAX_PIN_LINES
    assert texts(pins, 20)[-1] == "last"


def test_a_pin_is_asked_once_for_each_width_and_refresh() -> None:
    """Frames in between cost it nothing."""
    pins, pin = Pins(), Counted()
    pins.refresh(pin, pin)
    assert texts(pins, 20) == texts(pins, 20) == ["20"]
    assert texts(pins, 30) == ["30"]
    pins.refresh(pin, pin)
    pins.refresh(pin, pin)
    assert texts(pins, 30) == ["30"]
    assert pin.asked == [20, 30, 30]


def test_a_removed_pin_is_gone() -> None:
    """An unknown one is no error."""
    pins, pin = Pins(), Counted()
    pins.refresh(pin, pin)
    pins.remove(pin)
    pins.remove(pin)
    assert not pins
    assert pins.lines(20) == []


def test_what_a_pin_says_is_untrusted() -> None:
    """Colours are kept, other controls are shown, and none gets through."""
    pins = Pins()
    pins.refresh(1, lambda _: "\x1b[31mred\x1b[0m\x1b[2J")
    ((text, spans),) = pins.lines(20)
    assert "\x1b" not in text
    assert text.startswith("red")
    assert spans == ((0, 3, Style("31")),)


def test_a_pin_that_raises_shows_the_error() -> None:
    """Its row shows the error, and other pins are unaffected."""
    pins = Pins()

    def fail(width: int) -> str:
        raise LookupError("no total yet\nnor ever")

    pins.refresh(1, fail)  # of several lines the first is told
    pins.refresh(2, lambda _: 7)  # type: ignore[arg-type, return-value]
    assert texts(pins, 20) == ["reflowlog: a pin raised LookupError: no total yet", "7"]
