"""The status row is as wide as the screen, whatever it has to say, and says the weightiest first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.pager.status_line import StatusPart, percent, status, status_rows
from reflowlog.text.clean.cells import cells

TEXTS = st.text("ab 日本👍\x1b\n\t\x07", max_size=30)
parts = st.lists(st.builds(StatusPart, TEXTS, st.integers(1, 100), TEXTS), max_size=6)


@given(parts, st.integers(1, 120))
def test_it_is_as_wide_as_the_screen(some: list[StatusPart], width: int) -> None:
    """Neither wider nor narrower, and nothing in it acts on a terminal."""
    row = status(some, width)
    assert cells(row) == width
    assert row.isprintable()


@given(st.lists(st.integers(1, 100), min_size=1, max_size=6, unique=True), st.integers(5, 60))
def test_the_lightest_go_first(weights: list[int], width: int) -> None:
    """Parts of the lowest weight are dropped first, and the others keep their order."""
    row = status([StatusPart(f"<{weight}>", weight) for weight in weights], width).removesuffix("h help ")
    left = [int(each.strip("<>")) for each in row.split() if each.startswith("<") and each.endswith(">")]
    assert sorted(left) == sorted(weights)[len(weights) - len(left) :]
    assert left == [weight for weight in weights if weight in left]
    needed = 1 + sum(len(f"<{weight}>") + 2 for weight in weights) - 2
    assert (len(left) == len(weights)) == (needed <= width)


@given(st.floats(0, 1))
def test_shares_are_never_rounded_to_all_or_nothing(share: float) -> None:
    """100% is all, 0% is nothing."""
    said = percent(share)
    assert (said == "100%") == (share == 1)
    assert (said == "0%") == (share == 0)


@given(parts, st.integers(1, 120), st.integers(1, 8))
def test_as_many_rows_as_the_weightiest_part_takes(some: list[StatusPart], width: int, height: int) -> None:
    """Each is as wide as the screen; there are no more than asked for; one that fits is that of `status`."""
    rows = status_rows(some, width, height)
    assert 1 <= len(rows) <= height
    assert all(cells(row) == width for row in rows)
    if len(rows) == 1 and height > 1 and width > 30:
        assert rows == [status(some, width)]


def test_a_part_is_shortened_before_it_is_dropped() -> None:
    """It then weighs more, so the next ones are shortened before it is dropped."""
    parts = [StatusPart("<1-9 of 12>", 92), StatusPart("<filter>", 70, "F"), StatusPart("<search>", 75, "S")]
    assert [status(parts, width, "")[13:].split() for width in (32, 31, 24, 17)] == [
        ["<filter>", "<search>"],
        ["F", "<search>"],
        ["F", "S"],
        ["S"],
    ]
