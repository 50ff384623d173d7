"""Lines that were written, as far as a screen may show them."""

from __future__ import annotations

from reflowlog.terminal.written_lines import MAX_LINES, WrittenLines


def test_records_are_split_into_lines_on_demand() -> None:
    """Each line keeps the number of its record."""
    lines = WrittenLines()
    lines.append([(0, "one\ntwo"), (1, "three")])
    assert len(lines) == 2
    lines.split()
    assert list(lines) == [(0, "one"), (0, "two"), (1, "three")]


def test_no_more_lines_are_kept_than_a_screen_may_show() -> None:
    """A huge record counts by its rows, and the oldest lines go, with their count as stale."""
    lines = WrittenLines()
    lines.append([(number, "text") for number in range(MAX_LINES)])
    lines.mark_stale()
    lines.append([(MAX_LINES, "fresh")])
    assert (len(lines), lines.stale, lines[0][0]) == (MAX_LINES, MAX_LINES - 1, 1)
    lines.append([(MAX_LINES + 1, "row of a huge record\n" * 2 * MAX_LINES)])
    assert (len(lines), lines.stale) == (MAX_LINES, 0)


def test_stale_lines_are_the_first_ones() -> None:
    """Lines that are forgotten are not stale any more; the new ones are fresh."""
    lines = WrittenLines()
    lines.append([(number, "text") for number in range(5)])
    lines.mark_stale()
    lines.truncate(3)
    lines.append([(3, "text")])
    assert (len(lines), lines.stale) == (4, 3)
    lines.clear()
    assert (len(lines), lines.stale) == (0, 0)


def test_blank_rows_belong_to_no_record_that_was_written() -> None:
    """A repaint from them lays out none of the records above them again."""
    lines = WrittenLines()
    lines.append_blank_rows(2)
    assert not lines
    lines.append([(7, "text")])
    lines.append_blank_rows(2)
    assert list(lines) == [(7, "text"), (8, ""), (8, "")]


def test_lines_are_compared_with_rows() -> None:
    """Also before they are split."""
    lines = WrittenLines()
    lines.append([(0, "one\ntwo"), (1, "three")])
    assert lines.are_more_than(2)
    assert not lines.are_more_than(3)
