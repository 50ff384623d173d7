"""Filters and searches, block by block, against the same questions asked of the whole text at once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.texts import Memory, SmallBlocks, Tiny, offsets_of, patient

from reflowlog.pager import filter as pager_filter
from reflowlog.pager.filter import FilterCriteria, FilteredDocument, RecordTest, make_filter_index
from reflowlog.pager.level_indexes import LevelIndexes
from reflowlog.pager.search import find_pattern
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_levels import level_of, level_of_header, level_of_record
from reflowlog.text.parse.multiline import continues
from reflowlog.text.search import record_heads
from reflowlog.text.search.pattern import compile_pattern
from reflowlog.text.search.query import compile_query

if TYPE_CHECKING:
    from reflowlog.pager.match_index import MatchIndex
    from reflowlog.store.document import Document
    from reflowlog.text.search.pattern import Pattern


def match(pattern: Pattern, data: bytes) -> list[int]:
    """As a context matches by itself."""
    return pattern.matching(data)


def criteria_of(*sources: str, invert: bool = False, context: int = 0, level: int | None = None) -> FilterCriteria:
    """Criteria of patterns."""
    return FilterCriteria(tuple(RecordTest(compile_pattern(each), invert) for each in sources), context, level)


def records_of(document: Document, offsets: list[int]) -> list[list[int]]:
    """The pieces of each record, as keys."""
    goes_on = continues([document.segment(key) for key in offsets])[0]
    records: list[list[int]] = []
    for key, more in zip(offsets, goes_on):
        if records and (more or not document.is_line_start(key)):
            records[-1].append(key)
        else:
            records.append([key])
    return records


def shown(document: Document, criteria: FilterCriteria) -> list[int]:
    """Return the lines that a filter shows, computed from all records."""
    records = records_of(document, offsets_of(document))
    good = []
    level = None
    for record in records:
        whole = [document.segment(key) for key in record]
        own, named = level_of_record(whole), level_of_header(whole)
        level = level if named is None else named
        least = criteria.level
        matches = all(
            any(test.pattern.matching(document.segment(key) + b"\n") for key in record) != test.exclude
            for test in criteria.tests
        )
        good.append(matches and (least is None or (level is not None and level >= least) or (own or 0) >= least))
    hiding = [test.pattern for test in criteria.tests if test.exclude and test.is_hidden]
    seen = [
        (record, is_good)
        for record, is_good in zip(records, good)
        if not any(each.matching(document.segment(key) + b"\n") for each in hiding for key in record)
    ]
    good = [is_good for _, is_good in seen]
    near = [any(good[max(at - criteria.context, 0) : at + criteria.context + 1]) for at in range(len(good))]
    return [key for (record, _), is_near in zip(seen, near) if is_near for key in record]


def all_of(match_index: MatchIndex) -> list[int]:
    """The keys that count, one after the other."""
    found, key = [], match_index.after(-1)
    while key is not None:
        found.append(key)
        key = match_index.after(key)
    return found


lines = st.one_of(
    st.sampled_from(
        [
            b"",
            b"ERROR bad foo",
            b"WARN careful",
            b"12:00:00 INFO all is well",
            b"12:00:01 DEBUG [a] foo",
            b"  indented foo",
            b"\tat a.b.C(D.java:1)",
            b"java.lang.Error: foo",
            b"Traceback (most recent call last):",
            b"  File 1",
            b"KeyError: 1",
            b"foo",
            b"foo=1",
            b"bar bar",
            b"\x1b[31mfo\x1b[0mo",
        ]
    ),
    st.text("fo ab", max_size=20).map(str.encode),
)
long_lines = st.one_of(lines, st.text("fo ab", min_size=60, max_size=300).map(str.encode))
usual_lines = st.builds(
    b"2024-05-01 10:00:0%d %b app: foo bar %d".__mod__,
    st.tuples(st.integers(0, 9), st.sampled_from([b"INFO", b"ERROR", b"WARNING"]), st.integers(0, 10**6)),
)
sources = ["foo", "o b", "^f", "a|error", "nowhere", "level=error", "level<warn", "foo!=bar"]
patterns = st.sampled_from(sources).map(compile_query)
filters = st.builds(
    FilterCriteria,
    st.lists(st.builds(RecordTest, patterns, st.booleans(), st.none(), st.booleans()), max_size=3).map(tuple),
    st.sampled_from([0, 0, 1, 3]),
    st.sampled_from([None, None, 10, 30, 40]),
)


def text_of(some: list[bytes], ended: bool) -> bytes:
    """Lines as a text, the last one with a newline or without."""
    return b"\n".join(some) + b"\n" * ended


@settings(max_examples=200)
@given(
    st.one_of(
        st.tuples(st.just(SmallBlocks), st.lists(lines, max_size=40)),
        st.tuples(st.just(SmallBlocks), st.lists(usual_lines, max_size=40)),
        st.tuples(st.just(Tiny), st.lists(long_lines, max_size=15)),
    ),
    st.booleans(),
    filters,
)
def test_filters_show_records(kind: tuple[type[Document], list[bytes]], ended: bool, criteria: FilterCriteria) -> None:
    """A filter shows the records that it says, whole, whatever cells they lie in."""
    tiny, some = kind
    document = tiny(Memory(text_of(some, ended)))
    filter_index = make_filter_index(document, criteria, match, patient())
    if filter_index is None:
        assert criteria.is_empty
        return
    found = all_of(filter_index)
    assert found == shown(document, criteria)
    assert filter_index.total() == len(found)
    assert [filter_index.before(key) for key in found[1:]] == found[:-1]


@given(st.lists(lines, max_size=20), st.lists(lines, max_size=20), filters)
def test_filters_apply_to_appended_lines(one: list[bytes], two: list[bytes], criteria: FilterCriteria) -> None:
    """The result is that of the whole text, although a part was filtered before it grew."""
    text = Memory(text_of(one, False))
    document = SmallBlocks(text)
    filter_index = make_filter_index(document, criteria, match, patient())
    for _ in range(3):
        assert filter_index is None or all_of(filter_index) == shown(document, criteria)
        text.data += text_of(two, False)


@given(st.sampled_from([Tiny, SmallBlocks]), st.lists(long_lines, max_size=20), filters, patterns)
def test_searches_find_what_is_shown(
    tiny: type[Document], some: list[bytes], criteria: FilterCriteria, pattern: Pattern
) -> None:
    """A search hits the shown pieces that match; a level is found where a shown line has it."""
    document = tiny(Memory(text_of(some, True)))
    filter_index = make_filter_index(document, criteria, match, patient())
    offsets = offsets_of(document) if filter_index is None else all_of(filter_index)
    hits = find_pattern(document, filter_index, pattern, match, patient())
    assert all_of(hits) == [key for key in offsets if pattern.matching(document.segment(key) + b"\n")]
    levels = LevelIndexes(document, USUAL, patient())
    levels.restrict(filter_index)
    warnings = levels.between(30, 39)
    lines = [key for key in offsets if document.is_line_start(key)]
    assert all_of(warnings) == [key for key in lines if 30 <= (level_of(document.segment(key)) or 0) <= 39]


@pytest.mark.parametrize("criteria", [criteria_of("foo", context=1), criteria_of("nowhere", invert=True)])
def test_a_giant_line_that_ends_in_a_cell_is_not_lost(
    criteria: FilterCriteria, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last parts of a giant line are shown, though the margin before their cell is inside of it."""
    monkeypatch.setattr(pager_filter, "MARGIN_BYTES", 20)
    document = Tiny(Memory(b"foo" * 100 + b"\n  more foo\nfoo\n"))
    filter_index = make_filter_index(document, criteria, match, patient())
    assert filter_index is not None
    assert all_of(filter_index) == offsets_of(document)


def test_a_giant_line_has_one_level() -> None:
    """The parts of a giant line have no level, even if they begin like a line that has one."""
    document = Tiny(Memory(b"ERROR " * 30 + b"\nERROR\n"))
    assert len(offsets_of(document)) > 3
    assert all_of(LevelIndexes(document, USUAL, patient()).between(40, 50)) == [0, 181]


@pytest.mark.parametrize("first", ["INFO", "ERROR"])
def test_all_parts_of_a_giant_line_have_the_level_of_its_beginning(first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they begin with, and however far from the beginning they are."""
    monkeypatch.setattr(pager_filter, "MARGIN_BYTES", 20)
    lines = [f"{first} ".encode() + b"level=error it failed " * 60 + b"\n", b"INFO x\n", b"ERROR y\n", b"INFO z\n"]
    document = Tiny(Memory(b"".join(lines)))
    index = make_filter_index(document, criteria_of(level=40), match, patient())
    assert index is not None
    offsets, end = offsets_of(document), len(lines[0])
    parts = [offset for offset in offsets if offset < end] if first == "ERROR" else []
    assert len(offsets) > 40
    assert all_of(index) == [*parts, end + len(lines[1])]
    assert all_of(index) == [*parts, end + len(lines[1])]


def test_a_filter_for_nothing_is_none() -> None:
    """Without a pattern and a level all is shown, and there is no filter."""
    assert make_filter_index(Tiny(Memory(b"a\n")), FilterCriteria(context=3), match, patient()) is None


@given(st.lists(lines, max_size=30), filters)
def test_the_way_over_what_is_shown(some: list[bytes], criteria: FilterCriteria) -> None:
    """From each offset: the piece it is in, if that is shown, else the next one, else the one before."""
    document = SmallBlocks(Memory(text_of(some, True)))
    way = FilteredDocument(document, make_filter_index(document, criteria, match, patient()))
    offsets = offsets_of(document) if criteria.is_empty else shown(document, criteria)
    assert way.last() == (offsets[-1] if offsets else None)
    for here, there in pairwise(offsets):
        assert way.after(here) == there
        assert way.before(there) == here
    for offset in range(0, document.text.end, 7):
        holding = document.at(offset)
        expected = (
            holding
            if holding in offsets
            else next((key for key in offsets if key > holding), offsets[-1] if offsets else None)
        )
        assert way.at(offset) == expected


@pytest.mark.parametrize("criteria", [criteria_of("500"), criteria_of(level=40), criteria_of("500", level=40)], ids=str)
def test_usual_lines_are_filtered_without_their_records(
    criteria: FilterCriteria, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the cut lines at the ends of what is read around a block nor a level need the general way."""
    text = b"".join(
        b"2024-05-01 10:00:00 %b app: it is %d\n" % ((b"INFO", b"ERROR")[number % 2], number) for number in range(1501)
    )
    document = SmallBlocks(Memory(text))
    expected = shown(document, criteria)
    monkeypatch.setattr(record_heads, "grouped", None)
    index = make_filter_index(document, criteria, match, patient())
    assert index is not None
    assert all_of(index) == expected


@pytest.mark.parametrize(
    ("criteria", "numbers"),
    [
        (criteria_of("boom"), [0, 2]),
        (criteria_of("line 7"), [0, 2]),
        (criteria_of("line 7", invert=True), [1, 3]),
        (criteria_of("boom", invert=True), [1, 3]),
        (criteria_of(level=40), [0, 2]),
    ],
    ids=str,
)
def test_records_that_another_service_interrupts_stay_whole(criteria: FilterCriteria, numbers: list[int]) -> None:
    """A record whose lines stand among lines of other services is kept or dropped as a whole, as in a pipe."""
    lines = [
        b"web-1 | 10:00:00 ERROR boom",
        b"db-1  | 10:00:00 INFO x",
        b"web-1 |   at line 7",
        b"db-1  | 10:00:01 INFO y",
    ]
    document = SmallBlocks(Memory(b"".join(line + b"\n" for line in lines)))
    match_index = make_filter_index(document, criteria, match, patient())
    assert match_index is not None
    offsets = offsets_of(document)
    assert [offsets.index(offset) for offset in all_of(match_index)] == numbers
