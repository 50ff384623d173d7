"""Rules and durations: as wide as asked for at every width, rounded down, and read back as they were typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.text.clean.cells import cells
from reflowlog.text.layout.gap_rule import duration_text, elapsed_text, parse_duration, rule

SECONDS = st.floats(0, 1e9, allow_nan=False)


@given(SECONDS, st.integers(1, 300))
def test_a_rule_is_as_wide_as_the_width(seconds: float, width: int) -> None:
    """One row of exactly so many cells, with the whole label where it fits."""
    label = duration_text(seconds)
    row = rule(label, width)
    assert cells(row) == width
    if width >= len(label) + 6:
        assert row.startswith(f"── {label} ──")
        assert set(row[len(label) + 4 :]) == {"─"}


@given(SECONDS, st.integers(2, 40))
def test_an_elapsed_time_takes_the_width_of_its_column(seconds: float, width: int) -> None:
    """So the columns after it stand still; with its sign."""
    for signed in (seconds, -seconds):
        text = elapsed_text(signed, width)
        assert cells(text) == width
        assert text.strip()[0] in "+-"


@given(st.integers(1, 10**8), st.sampled_from([("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]))
def test_durations_are_read(number: int, unit: tuple[str, int]) -> None:
    """A number and a unit, with or without a blank; a number alone is in seconds."""
    for text in (f"{number}{unit[0]}", f" {number} {unit[0]} "):
        assert parse_duration(text) == number * unit[1]
    assert parse_duration(str(number)) == number


@pytest.mark.parametrize("text", ["", "soon", "-5m", "5x", "m", "1h foo", "0", "0s", "1e3", "nan", "५m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Nothing is guessed."""
    assert parse_duration(text) is None


@given(st.integers(0, 10**7))
def test_a_duration_is_rounded_down(seconds: int) -> None:
    """What is shown has passed: adding less than its smallest unit changes nothing."""
    text = duration_text(seconds)
    if "s" in text.split()[-1] and seconds >= 10:
        assert duration_text(seconds + 0.9) == text
