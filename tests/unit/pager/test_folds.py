"""Folds, compared with a slow model that looks at the whole document; runs over many blocks; positions that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.texts import Memory, SmallBlocks, Ticks, patient

from reflowlog.pager import folds as module
from reflowlog.pager.filter import FilterCriteria, FilteredDocument, make_filter_index
from reflowlog.pager.folds import FoldedDocument, FoldIndex, Folds
from reflowlog.pager.match_index import Budget, NotReady
from reflowlog.pager.timeline import Timeline
from reflowlog.store.document import Document
from reflowlog.text.parse.multiline import continues
from reflowlog.text.parse.repeats import find_repeats
from reflowlog.text.parse.tracebacks import OPEN, WHOLE, hidden_lines
from reflowlog.text.search.query import compile_query
from reflowlog.text.search.record_tests import RecordTest

if TYPE_CHECKING:
    from collections.abc import Iterator

TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/app/a.py", line 1, in f',
    "    g()",
    '  File "/usr/lib/python3.11/json/decoder.py", line 2, in g',
    "    return 1",
    "KeyError: 'x'",
]


@pytest.fixture(scope="module", autouse=True, params=[(32 << 10, 16 << 10), (100, 2000), (1000, 260)])
def sizes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Units as they are; smaller than a record, with a margin that holds some; with one that hardly holds one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "UNIT_BYTES", request.param[0])
        patch.setattr(module, "MARGIN_BYTES", request.param[1])
        yield


class Entry(NamedTuple):
    """A record of the model: its lines, and a time of day in seconds."""

    second: int
    text: str
    has_trace: bool

    def lines(self) -> list[str]:
        """Return its lines."""
        clock = f"{self.second // 3600:02}:{self.second // 60 % 60:02}:{self.second % 60:02}"
        return [f"2026-01-02 {clock} {self.text}", *(TRACEBACK if self.has_trace else [])]


ENTRIES = st.lists(
    st.builds(
        Entry,
        st.integers(0, 86_399),
        st.sampled_from(["INFO tick 1", "INFO tick 22", "WARN low", "ERROR x"]),
        st.booleans(),
    ),
    max_size=30,
)
LEVELS = st.integers(OPEN, WHOLE)


def text_of(entries: list[Entry]) -> bytes:
    """Return the log."""
    return "".join(f"{line}\n" for entry in entries for line in entry.lines()).encode()


def model(text: bytes, folds: Folds, wanted: bytes = b"") -> list[tuple[int, str]]:
    """Return the visible segments, each with "", "traceback" or "run", by a look at the whole text."""
    if not text:
        return []
    lines = text.split(b"\n")[:-1]
    offsets = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    heads = [number for number, goes_on in enumerate(continues(lines)[0]) if not goes_on or not number]
    records = [range(start, stop) for start, stop in zip(heads, [*heads[1:], len(lines)], strict=True)]
    records = [each for each in records if any(wanted in lines[number] for number in each)]
    keys = [b"\v".join(lines[number] for number in each) for each in records]
    flags = find_repeats(keys) if keys else []
    visible: list[tuple[int, str]] = []
    run = -1
    for each, is_repeat in zip(records, flags, strict=True):
        start = offsets[each[0]]
        if not is_repeat:
            run = -1
        elif run < 0:
            run = start
        if is_repeat and folds.runs.get(run, folds.repeats):
            if run == start:
                visible.append((start, "run"))
            continue
        hidden = hidden_lines([lines[number] for number in each], folds.level(start))
        for index, number in enumerate(each):
            within = [run for run in hidden if run[0] <= index < run[1]]
            if not within or within[0][0] == index:
                visible.append((offsets[number], "traceback" if within else ""))
    return visible


def folded(document: Document, folds: Folds, wanted: str = "", budget: Budget | None = None) -> FoldedDocument:
    """Return the folded document."""
    budget = budget or patient()
    criteria = FilterCriteria((RecordTest(compile_query(wanted), False),)) if wanted else FilterCriteria()
    index = make_filter_index(document, criteria, lambda pattern, data: pattern.matching(data), budget)
    shown = FilteredDocument(document, index)
    timeline = Timeline(document)
    timeline.shown = shown
    return FoldedDocument(shown, FoldIndex(document, shown, budget), folds, timeline, utc=True)


def walk(document: FoldedDocument) -> list[int]:
    """Return the visible segments, downward."""
    found = []
    offset = document.at(0)
    while offset is not None:
        found.append(offset)
        offset = document.after(offset)
    return found


def test_a_record_that_the_margin_cuts_is_not_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of its traceback looks like records of its own, which a filter may show."""
    monkeypatch.setattr(module, "UNIT_BYTES", 1000)
    monkeypatch.setattr(module, "MARGIN_BYTES", 300)
    for count in (12, 25, 44):
        entries = [Entry(0, "INFO tick 1", False)] * count
        kinds = [("ERROR x", True), ("INFO tick 1", False)] * 2
        kinds += [("ERROR x", True), *[("INFO tick 1", True)] * 3, ("INFO tick 1", False)]
        entries += [Entry(0, text, has_trace) for text, has_trace in kinds]
        text = text_of(entries)
        expected = [offset for offset, _ in model(text, Folds(OPEN, True), b"KeyError")]
        assert walk(folded(Document(Memory(text)), Folds(OPEN, True), "KeyError")) == expected


def test_a_run_is_the_same_from_each_line_of_a_repeat_that_two_units_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that begins with a record that is begun in the unit before; a run further up is another one."""
    monkeypatch.setattr(module, "UNIT_BYTES", 1000)
    monkeypatch.setattr(module, "MARGIN_BYTES", 260)
    begin, repeat = [Entry(0, "WARN low", False)] * 10, [Entry(0, "INFO tick 1", True)]
    text = text_of(begin + 6 * repeat + [Entry(0, "ERROR x", True)] + 2 * repeat)
    last = text.rindex(b"2026")
    assert last < 2000 < len(text) - 1
    document = folded(Document(Memory(text)), Folds(OPEN, True))
    assert [document.at(offset) for offset in (last, 1999, 2000, len(text) - 1)] == [last] * 4


@given(ENTRIES, LEVELS, st.booleans(), st.sampled_from(["", "INFO", "KeyError"]), st.data())
def test_the_visible_segments_are_those_of_the_model(
    entries: list[Entry], level: int, repeats: bool, wanted: str, data: st.DataObject
) -> None:
    """Downward and upward, from any place, whatever is folded singly; each that stands for others says so."""
    text = text_of(entries)
    folds = Folds(level, repeats)
    for offset, _ in model(text, Folds(), wanted.encode()):
        if data.draw(st.integers(0, 9)) == 0:
            folds = folds.with_record(offset, data.draw(LEVELS)) if data.draw(st.booleans()) else folds
            runs = [
                start
                for start, kind in model(text, folds._replace(repeats=True, runs={}), wanted.encode())
                if kind == "run"
            ]
            if runs:
                folds = folds.with_run(data.draw(st.sampled_from(runs)), data.draw(st.booleans()))
    expected = model(text, folds, wanted.encode())
    document = folded(SmallBlocks(Memory(text)), folds, wanted)
    offsets = [offset for offset, _ in expected]
    assert walk(document) == offsets
    upward = []
    offset = document.last()
    while offset is not None:
        upward.append(offset)
        offset = document.before(offset)
    assert upward == offsets[::-1]
    for offset, kind in expected:
        label = document.label(offset)
        assert (label is not None) == bool(kind)
        assert label is None or label.lstrip().startswith("×" if kind == "run" else "...")
    if text and offsets:
        place = data.draw(st.integers(0, len(text) - 1))
        stand_in = document.at(place)
        assert stand_in in offsets
        assert document.at(stand_in) == stand_in


@given(ENTRIES, st.data())
def test_what_is_opened_is_visible(entries: list[Entry], data: st.DataObject) -> None:
    """Any segment, with everything folded: it is unfolded, and its neighbours may stay folded."""
    text = text_of(entries)
    everything = [offset for offset, _ in model(text, Folds())]
    if everything:
        offset = data.draw(st.sampled_from(everything))
        document = SmallBlocks(Memory(text))
        folds = folded(document, Folds(WHOLE, True)).opened(offset)
        assert offset in walk(folded(document, folds))


@given(ENTRIES, st.data())
def test_folding_and_unfolding_ends_where_it_began(entries: list[Entry], data: st.DataObject) -> None:
    """What is here is folded, then the frames of libraries only, then nothing."""
    text = text_of(entries)
    everything = [offset for offset, _ in model(text, Folds())]
    if not everything:
        return
    document = SmallBlocks(Memory(text))
    place = data.draw(st.sampled_from(everything))
    folds, before = Folds(), walk(folded(document, Folds()))
    for _ in range(3):
        stand_in = folded(document, folds).at(place)
        assert stand_in is not None
        following = folded(document, folds).toggled(stand_in)
        if following is None:
            break
        folds = following
        if walk(folded(document, folds)) == before:
            break
    assert walk(folded(document, folds)) == before


def test_a_run_that_begins_near_by_costs_no_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole block takes too long for a key."""
    monkeypatch.setattr(module, "UNIT_BYTES", 1000)
    monkeypatch.setattr(module, "MARGIN_BYTES", 260)
    text = "".join(f"2026-01-02 00:00:{at:02} INFO tick {at}\n" for at in range(60)).encode()
    document = folded(Document(Memory(b"first\n" + text)), Folds(OPEN, True))
    monkeypatch.setattr(FoldIndex, "_visible_in", lambda *_: pytest.fail("a block is evaluated"))
    lines = text.split(b"\n")
    second = len(b"first\n") + len(lines[0]) + 1
    assert document.at(len(text)) == second


@pytest.mark.slow
def test_a_run_over_many_blocks_is_counted() -> None:
    """With the times of its first and last record, among other records; within a budget it says that there are more."""
    count = 30_000
    lines = [
        f"2026-01-02 {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02} INFO tick {at} of {'x' * 40}"
        for at in range(count)
    ]
    last = "2026-01-02 09:00:00 INFO end"
    text = "".join(f"{line}\n" for line in ["start", *lines, last]).encode()
    document = folded(Document(Memory(text)), Folds(OPEN, True))
    second = text.index(b"\n", text.index(b"tick 0")) + 1
    assert walk(document) == [0, 6, second, len(text) - len(last) - 1]
    assert document.label(second) == "× 30,000  00:00:00–08:19:59"
    ticks = Ticks()
    budget = Budget(lambda: ticks.now, 0.5)
    hurried = folded(Document(Memory(text)), Folds(OPEN, True), budget=budget)
    assert hurried.at(second) == second
    ticks.tick()  # the budget is over: one more block is evaluated in each step, and no other
    label = hurried.label(second)
    assert label is not None
    assert "+" in label
    with pytest.raises(NotReady):
        hurried.after(second)
    budget.restart(None)
    assert hurried.after(second) == len(text) - len(last) - 1
    assert hurried.label(second) == "× 30,000  00:00:00–08:19:59"


def test_equal_tracebacks_are_repeats() -> None:
    """A record with its traceback that comes again is one of a run; its own traceback is a fold of its own."""
    text = text_of([Entry(at, "ERROR x", True) for at in range(5)])
    length = len(text) // 5
    document = folded(SmallBlocks(Memory(text)), Folds(WHOLE, True))
    assert document.label(length) == "× 5  00:00:00–00:00:04"
    assert walk(document)[-1] == length
