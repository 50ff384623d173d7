"""Level counts against counting all lines, while the text grows and is dropped; cost of the counting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from support.texts import Memory, SmallBlocks, Ticks, Tiny, offsets_of, patient

from reflowlog.pager import level_indexes
from reflowlog.pager.filter import FilterCriteria, RecordTest, make_filter_index
from reflowlog.pager.level_indexes import LevelCounts, LevelIndexes
from reflowlog.pager.match_index import Budget, NotReady
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_levels import level_of
from reflowlog.text.search.pattern import compile_pattern

if TYPE_CHECKING:
    import pytest

    from reflowlog.pager.match_index import MatchIndex
    from reflowlog.store.document import Document
    from reflowlog.text.search.pattern import Matcher


def match(pattern: Matcher, data: bytes) -> list[int]:
    """As a context matches by itself."""
    return pattern.matching(data)


def make_counts(
    document: Document, budget: Budget | None = None, filter_index: MatchIndex | None = None
) -> LevelCounts:
    """Return the level counts of a filtered document."""
    levels = LevelIndexes(document, USUAL, budget or patient())
    levels.restrict(filter_index)
    return levels.counts


def counted(document: Document, shown: list[int]) -> str:
    """Return the counts, computed from all lines that are shown."""
    levels = [level_of(document.segment(key)) or 0 for key in shown if document.is_line_start(key)]
    errors, warnings = sum(level >= 40 for level in levels), sum(30 <= level < 40 for level in levels)
    said = [f"{errors} error{'s' * (errors != 1)}"] * bool(errors)
    said += [f"{warnings} warning{'s' * (warnings != 1)}"] * bool(warnings)
    return "  ".join(said)


some_lines = st.lists(
    st.sampled_from(
        [
            b"ERROR bad\n",
            b"WARN careful\n",
            b"12:00:00 INFO all is well\n",
            b'{"level":50,"pid":1,"msg":"pino"}\n',
            b'{"severity":"warning","message":"x"}\n',
            b"level=error msg=x\n",
            b"  ERROR is no level of its own\n",
            b"foo " * 30 + b"\n",
            b"ERROR " * 20 + b"\n",
            b"CRITICAL cut",
            b"",
        ]
    ),
    max_size=12,
)


@given(
    st.sampled_from([SmallBlocks, Tiny]), st.lists(st.tuples(some_lines, st.integers(0, 3)), max_size=6), st.booleans()
)
def test_all_lines_that_are_shown_are_counted(
    tiny: type[Document], grown: list[tuple[list[bytes], int]], filtered: bool
) -> None:
    """Whatever has come and gone since the last time."""
    text = Memory(b"ERROR first\n")
    document = tiny(text)
    filter_index = (
        make_filter_index(document, FilterCriteria((RecordTest(compile_pattern("a")),)), match, patient())
        if filtered
        else None
    )
    level_counts = make_counts(document, filter_index=filter_index)
    for some, gone in grown:
        text.data += b"".join(some)
        text.drop(gone)
        if text.start >= text.end:
            continue
        level_counts.step()
        shown = (
            offsets_of(document)
            if filter_index is None
            else [key for key in offsets_of(document) if filter_index.after(key - 1) == key]
        )
        assert level_counts.is_complete
        assert level_counts.text() == counted(document, shown)


def test_it_is_counted_in_slices() -> None:
    """A step takes as long as its budget and two looks at a block more; until all is counted, dots say so."""
    ticks = Ticks()
    document = Tiny(Memory(b"WARN x\nERROR y\n" * 100))
    block = document.block

    def slow(index: int) -> tuple[int, bytes]:
        ticks.tick()
        return block(index)

    document.block = slow  # type: ignore[method-assign]
    budget = Budget(ticks)
    level_counts = make_counts(document, budget)
    said, steps = [], 0
    while not level_counts.is_complete:
        budget.restart(3)
        before = ticks.now
        level_counts.step()
        assert ticks.now - before <= 5
        steps += 1
        said.append(level_counts.text())
    assert steps > 5
    assert all(each.endswith("…") for each in said[:-1])
    assert said[-1] == "100 errors  100 warnings"


def test_a_line_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For errors and warnings together, and not again when more comes into its block."""
    seen = []
    monkeypatch.setattr(level_indexes, "level_of", lambda line, names: seen.append(line) or level_of(line, names))
    text = Memory(b"".join(b"%s %d\n" % ((b"WARN", b"ERROR")[number % 2], number) for number in range(100)))
    level_counts = make_counts(SmallBlocks(text))
    level_counts.step()
    assert level_counts.text() == "50 errors  50 warnings"
    assert len(set(seen)) == 100
    changing = len(seen)
    assert changing <= 120  # the cells at the end, whose lines may still be cut otherwise
    for number in range(3):
        text.data += b"ERROR more %d\n" % number
        seen.clear()
        assert level_counts.text() == f"{51 + number} errors  50 warnings"
        assert len(seen) <= 12


def test_while_much_comes_in_the_last_count_stands() -> None:
    """During fast growth the last counts stay, marked as incomplete, and no line is read."""
    text = Memory(b"ERROR x\n")
    level_counts = make_counts(SmallBlocks(text))
    assert level_counts.text(growing=True) == ""
    assert level_counts.text() == "1 error"
    text.data += b"WARN y\n" * 50
    assert level_counts.text(growing=True) == "1 error…"
    level_counts.step()
    assert level_counts.text() == "1 error  50 warnings"


def test_what_is_not_known_yet() -> None:
    """Where a filter needs time, the counts wait for it."""
    document = Tiny(Memory(b"ERROR x\n" * 80))
    is_late = True

    def late(pattern: Matcher, data: bytes) -> list[int]:
        if is_late:
            raise NotReady
        return pattern.matching(data)

    level_counts = make_counts(
        document,
        filter_index=make_filter_index(document, FilterCriteria((RecordTest(compile_pattern("x")),)), late, patient()),
    )
    level_counts.step()
    assert level_counts.text() == ""
    is_late = False
    level_counts.step()
    assert level_counts.text() == "80 errors"


def test_errors_and_warnings_keep_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the slices are, no block is looked at twice."""
    seen = []
    monkeypatch.setattr(level_indexes, "level_of", lambda line, names: seen.append(line) or level_of(line, names))
    ticks = Ticks()
    document = Tiny(Memory(b"".join(b"WARN %d\nERROR %d\n" % (number, number) for number in range(200))))
    block = document.block
    document.block = lambda index: (ticks.tick(), block(index))[1]  # type: ignore[method-assign]
    budget = Budget(ticks)
    level_counts = make_counts(document, budget)
    while not level_counts.is_complete:
        budget.restart(1)
        level_counts.step()
    assert len(seen) == len(set(seen))
    assert level_counts.text() == "200 errors  200 warnings"


def test_an_uncaught_exception_is_counted() -> None:
    """A crash counts as one error, of its first line; a traceback may belong to a record."""
    lines = (
        b"10:00:00 INFO up\n",
        b"thread 'main' panicked at src/main.rs:1:2:\n",
        b"boom\n",
        b"10:00:01 ERROR it failed\n",
        b"Traceback (most recent call last):\n",
        b"KeyError: 1\n",
    )
    level_counts = make_counts(SmallBlocks(Memory(b"".join(lines))))
    while not level_counts.is_complete:
        level_counts.step()
    assert level_counts.text() == "2 errors"


def test_a_traceback_is_an_error_where_its_record_is_none() -> None:
    """As for a filter of errors: alone, and once in a record below ERROR; not in a record that is one."""
    traceback = b"Traceback (most recent call last):\n  File 1, line 1\nKeyError: 1\n"
    chained = b"\nDuring handling of the above exception, another exception occurred:\n\n" + traceback
    lines = (
        *(traceback, b"10:00:00 INFO up\n", traceback, chained),
        *(b"10:00:01 ERROR it failed\n", traceback, b"10:00:02 INFO down\n"),
        *(b"a.rb:1:in `/': divided by 0 (ZeroDivisionError)\n", b"\tfrom a.rb:1:in `f'\n"),
    )
    level_counts = make_counts(SmallBlocks(Memory(b"".join(lines))))
    while not level_counts.is_complete:
        level_counts.step()
    assert level_counts.text() == "4 errors"
