"""Scrollbacks: records have permanent numbers, and are laid out again at any width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.core.records import LogRecord, StyledLine
from reflowlog.display.inline_folds import FoldOptions, InlineFolder
from reflowlog.display.scrollback import LineScrollback, RecordScrollback
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.store.line_index import LineIndex
from reflowlog.store.spool import Spool
from reflowlog.text.parse.pieces import PieceJoiner
from reflowlog.text.parse.tracebacks import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.display.scrollback import Scrollback

    Make = Callable[[int | None], tuple[Scrollback, LineRenderer]]


def _renderer() -> LineRenderer:
    return LineRenderer(20, RenderOptions(colour=False, own_colour=False))


def items(limit: int | None) -> tuple[Scrollback, LineRenderer]:
    """The journal of a program's own console."""
    renderer = _renderer()
    return RecordScrollback(renderer, limit), renderer


def lines(limit: int | None) -> tuple[Scrollback, LineRenderer]:
    """The journal of a pipe."""
    renderer = _renderer()
    return LineScrollback(renderer, LineIndex(Spool(), limit)), renderer


both = pytest.mark.parametrize("make", [items, lines])


@both
def test_what_is_kept_is_given_back_as_it_is_shown(make: Make) -> None:
    """Each line gets the next number, however it came."""
    scrollback, _ = make(None)
    kept = [*scrollback.keep_lines(b"one\ntwo\n"), *scrollback.keep_text("three"), *scrollback.keep(StyledLine("four"))]
    assert kept == [(0, "one"), (1, "two"), (2, "three"), (3, "four")]
    assert (scrollback.first, scrollback.end) == (0, 4)
    assert scrollback.blocks(0, 4) == kept
    scrollback.close()


@both
def test_blocks_are_laid_out_for_the_width_of_the_moment(make: Make) -> None:
    """The journal holds no rows."""
    scrollback, renderer = make(None)
    scrollback.keep_text("one two three four five")
    wide = scrollback.blocks(0, 1)
    renderer.at(8)
    assert scrollback.blocks(0, 1) == [(0, "one two\nthree\nfour\nfive")]
    renderer.at(20)
    assert scrollback.blocks(0, 1) == wide
    scrollback.close()


@both
@given(limit=st.integers(1, 9), count=st.integers(0, 30), start=st.integers(0, 35), stop=st.integers(0, 35))
def test_the_newest_are_held(make: Make, limit: int, count: int, start: int, stop: int) -> None:
    """The oldest are dropped, numbers of the others stay, and dropped ones are skipped."""
    scrollback, _ = make(limit)
    for number in range(count):
        scrollback.keep_text(str(number))
    assert scrollback.end == count
    held = range(scrollback.first, count)
    assert len(held) >= min(limit, count)
    assert scrollback.blocks(start, stop) == [(n, str(n)) for n in range(start, stop) if n in held]
    scrollback.close()


def test_a_history_of_none_shows_all_the_same() -> None:
    """With a limit of 0 no record is kept, and new ones are shown."""
    scrollback, _ = items(0)
    assert scrollback.keep_text("one") == [(0, "one")]
    assert (scrollback.first, scrollback.end) == (1, 1)
    assert scrollback.blocks(0, 1) == []


def test_fields_are_kept_as_such() -> None:
    """A record with fields follows the width with its columns."""
    scrollback, renderer = items(None)
    renderer.at(100)
    scrollback.keep(LogRecord(0.0, 20, "INFO", "app.db", "hello", (("k", "v"),)))
    ((_, text),) = scrollback.blocks(0, 1)
    assert "INFO" in text
    assert text.endswith("app.db hello  k=v")
    renderer.at(40)
    ((_, text),) = scrollback.blocks(0, 1)
    assert text.split("\n")[1] == "  hello  k=v"


def test_a_pipe_keeps_the_text_of_a_record_with_fields() -> None:
    """Its journal holds bytes: the fields do not get there, nor does a newline."""
    scrollback, _ = lines(None)
    assert scrollback.keep(LogRecord(0.0, 20, "INFO", "app", "one\ntwo")) == [(0, "one two")]
    scrollback.close()


def test_bytes_that_are_no_text_are_kept() -> None:
    """Invalid UTF-8 is shown as a mark, and the next line is intact."""
    for make in (items, lines):
        scrollback, _ = make(None)
        assert scrollback.keep_lines(b"a\xffb\nc\n") == [(0, "a\ufffdb"), (1, "c")]
        scrollback.close()


def test_heavy_records_are_held_by_their_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few thousand records of megabytes would be all of the memory; the numbers of the others stay."""
    monkeypatch.setattr("reflowlog.display.scrollback.MAX_LARGE_CHARS", 5000)
    for limit in (0, 1, 3, 100):
        scrollback = RecordScrollback(LineRenderer(None), limit)
        for number in range(50):
            scrollback.keep_text(str(number) + " " * (1500 if number % 5 == 0 else 0))
            held = scrollback.blocks(0, 99)
            assert [each for each, _ in held] == list(range(scrollback.first, number + 1))
            assert [int(row) for _, row in held] == list(range(scrollback.first, number + 1))
            assert sum(map(len, (row for _, row in held if len(row) > 99))) <= 5000
        assert len(scrollback.blocks(0, 99)) == min(limit, 19)
    for _ in range(2):  # one that is too heavy by itself is held until the next
        scrollback.keep_text("x" * 9999)
    assert len(scrollback.blocks(0, 99)) == 1
    without = RecordScrollback(LineRenderer(None), None)
    for _ in range(50):
        without.keep_text("x" * 1500)
    assert without.first == 0


def test_pieces_are_one_line() -> None:
    """A cut line is laid out with its last piece, and again at another width; until then it is pending."""
    stamp = b"2024-05-01T10:00:00Z "
    pieces = [b"stdout P one ", b"stderr F other", b"stdout F two three"]
    renderer = LineRenderer(60, RenderOptions(colour=False, own_colour=False))
    scrollback = LineScrollback(renderer, LineIndex(Spool()))
    kept = scrollback.keep_lines(b"first\n" + stamp + pieces[0] + b"\n")
    assert (kept, scrollback.settled) == ([(0, "first")], 1)
    assert scrollback.pending_rows() == ["2024-05-01T10:00:00Z stdout P one"]
    assert scrollback.keep_lines(stamp + pieces[1] + b"\n") == []
    assert len(scrollback.pending_rows()) == 2
    kept += scrollback.keep_lines(stamp + pieces[2] + b"\nlast\n")
    assert kept == [
        (0, "first"),
        (1, "2024-05-01T10:00:00Z stdout P one two three"),
        (2, "2024-05-01T10:00:00Z stderr F other"),
        (4, "last"),
    ]
    assert (scrollback.settled, scrollback.pending_rows(), scrollback.blocks(0, 5)) == (5, [], kept)
    assert scrollback.keep_lines(b"more\n") == [(5, "more")]
    renderer.at(40)
    assert scrollback.blocks(1, 4)[0][1].split() == kept[1][1].split()
    assert scrollback.stored_lines(1)[:3] == [stamp + piece for piece in pieces]
    scrollback.close()


def test_pieces_that_end_with_the_input_are_settled() -> None:
    """As far as they came."""
    scrollback, _ = lines(None)
    assert scrollback.keep_lines(b"2024-05-01T10:00:00Z stdout P one\n") == []
    assert [number for number, _ in scrollback.settle()] == [0]
    assert (scrollback.settled, scrollback.pending_rows()) == (1, [])
    scrollback.close()


def test_pieces_that_are_not_taken_back_are_joined_once() -> None:
    """A display of the input that cannot be taken back from among them changes nothing."""
    scrollback, _ = lines(None)
    kept = scrollback.keep_lines(b"2024-05-01T10:00:00Z stdout P one \n2024-05-01T10:00:00Z stdout F two\nlast\n")
    assert [number for number, _ in kept] == [0, 2]
    assert not scrollback.take_back(1)
    kept += scrollback.keep_lines(b"2024-05-01T10:00:00Z stdout P three\n")
    assert (kept + scrollback.settle(), scrollback.pending_rows()) == (scrollback.blocks(0, 4), [])
    assert [number for number, _ in scrollback.blocks(0, 4)] == [0, 2, 3]
    scrollback.close()


def test_pieces_that_the_viewer_has_taken_are_joined() -> None:
    """They are kept without being laid out, while it is shown."""
    history = LineIndex(Spool())
    scrollback = LineScrollback(LineRenderer(60, RenderOptions(colour=False, own_colour=False)), history)
    assert scrollback.keep_lines(b"first\n") == [(0, "first")]
    history.extend(b"2024-05-01T10:00:00Z stdout P one \n2024-05-01T10:00:00Z stdout F two\nlast\n")
    assert scrollback.blocks(1, 4) == [(1, "2024-05-01T10:00:00Z stdout P one two"), (3, "last")]
    scrollback.close()


FOLDS = FoldOptions(WHOLE, True)


def folding() -> LineScrollback:
    """The journal of a pipe whose tracebacks and repeats are folded."""
    return LineScrollback(_renderer(), LineIndex(Spool()), folds=FOLDS)


PIECES = st.tuples(
    st.sampled_from([b"stdout", b"stderr"]),
    st.sampled_from([b"F", b"F", b"P"]),
    st.sampled_from([b"it failed", b"it failed", b"Traceback (most recent call last):", b"  File 1", b"KeyError: 1"]),
)


@given(st.lists(PIECES, max_size=30), st.lists(st.integers(1, 9), max_size=9))
def test_folded_lines_are_joined_before(pieces: list[tuple[bytes, bytes, bytes]], sizes: list[int]) -> None:
    """However the input is cut, the rows are those of the joined lines; and when they are drawn again."""
    stored = [b"2024-05-01T10:00:00Z %s %s %s" % each for each in pieces]
    tested, renderer, joiner = folding(), _renderer(), PieceJoiner()
    drawn, at = [], 0
    for size in [*sizes, len(stored)]:
        if part := stored[at : at + size]:
            drawn += tested.keep_lines(b"\n".join([*part, b""]))
            at += size
    drawn += tested.settle()
    joined = {each.number: each.line for each in (*joiner.feed(stored), *joiner.flush())}
    model = InlineFolder(FOLDS)
    shown = [*model.feed(list(joined.values()), list(joined)), *model.flush()]
    expected = [
        (number, renderer.lines(joined[number] + b"\n")[0] if label is None else renderer.label(label))
        for number, label in shown
    ]
    assert drawn == expected
    assert (tested.settled, tested.pending_rows()) == (tested.end, [])
    assert tested.blocks(0, tested.end) == drawn
    tested.close()
