"""The viewer's filter and the filter of a stream keep the same records of the same log, however far these are apart."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from support.texts import Memory, patient

from reflowlog.pager.filter import FilterCriteria, RecordTest, make_filter_index
from reflowlog.store.document import Document
from reflowlog.text.search.pattern import compile_pattern
from reflowlog.text.search.record_filter import RecordFilter

if TYPE_CHECKING:
    from reflowlog.pager.match_index import MatchIndex

TRACE = [b"Traceback (most recent call last):", b'  File "a.py", line 1, in f', b"ValueError: needle"]
LONG = [b"  frame %03d" % number for number in range(300)]
CRITERIA = {
    "include": ([("needle", False)], None),
    "exclude": ([("needle", True)], None),
    "header": ([("red", False)], None),
    "both": ([("red", False), ("needle", True)], None),
    "level": ([], 40),
    "level and text": ([("needle", False)], 40),
}


def log_of_services(seed: int, mark: bytes, size: int) -> list[bytes]:
    """Return lines of services of which some write seldom, with traces that lines of others interrupt."""
    chance = random.Random(seed)
    services = [mark % number for number in range(chance.choice([3, 30]))]
    weights = [chance.random() ** 4 + 0.0005 for _ in services]
    queues: dict[bytes, list[bytes]] = {service: [] for service in services}
    lines: list[bytes] = []
    written = number = 0
    while written < size:
        service = chance.choices(services, weights)[0]
        queue = queues[service]
        if not queue:
            number += 1
            level = chance.choice([b"INFO", b"INFO", b"ERROR"])
            queue.append(b"2024-05-01 10:00:%02d,123 %s app: red %d" % (number % 60, level, number))
            queue += chance.choice([[]] * 20 + [TRACE, [*TRACE[:2], *LONG[:40], TRACE[2]], [b"  needle"]])
            if chance.random() < 0.001:
                queue += [*LONG, b"  needle"]
        lines.append(service + queue.pop(0) + b"\n")
        written += len(lines[-1])
    return lines


def offsets_of(index: MatchIndex | None) -> list[int]:
    """Return the offsets of all lines that are shown."""
    assert index is not None
    found: list[int] = []
    offset = index.after(-1)
    while offset is not None:
        found.append(offset)
        offset = index.after(offset)
    return found


@pytest.mark.parametrize("criteria", CRITERIA)
@pytest.mark.parametrize(
    ("seed", "mark"), [(1, b"web-%d  | "), (2, b"web-%d  | "), (3, b"Jun 14 15:16:01 host app[%d]: "), (4, b"db-%d | ")]
)
def test_the_viewer_keeps_the_records_of_a_stream(seed: int, mark: bytes, criteria: str) -> None:
    """Of services whose records are interrupted for more than the bytes that are read around a block."""
    patterns, level = CRITERIA[criteria]
    tests = [RecordTest(compile_pattern(source), exclude, None, exclude) for source, exclude in patterns]
    data = b"".join(log_of_services(seed, mark, 900_000))
    stream = RecordFilter(tests, 0, level)
    kept = stream.feed(data) + stream.rest()
    document = Document(Memory(data))
    index = make_filter_index(
        document, FilterCriteria(tuple(tests), 0, level), lambda p, part: p.matching(part), patient()
    )
    shown = [document.segment(offset) + b"\n" for offset in offsets_of(index)]
    assert sorted(shown) == sorted(kept.splitlines(keepends=True))
    assert shown


def test_a_block_that_was_counted_stays_as_it_was() -> None:
    """Also where a line that is appended later resumes a record in it: counts and positions agree."""
    quiet = b"db-1   | 10:00:00 INFO x\n" * 40_000
    text = Memory(b"web-1  | 10:00:00 ERROR red\nweb-1  |   at f\n" + quiet)
    document = Document(text)
    tests = (RecordTest(compile_pattern("needle")),)
    index = make_filter_index(document, FilterCriteria(tests), lambda p, part: p.matching(part), patient())
    assert index is not None
    while index.step():
        pass
    assert index.total() == 0
    text.data += b"web-1  |   needle\n" + quiet
    while index.step():
        pass
    assert index.total() == len(offsets_of(index)) == 1
    other = make_filter_index(document, FilterCriteria(tests), lambda p, part: p.matching(part), patient())
    assert len(offsets_of(other)) == 3


@pytest.mark.parametrize("criteria", CRITERIA)
@pytest.mark.parametrize("context", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_viewer_keeps_the_context_of_a_stream(seed: int, context: int, criteria: str) -> None:
    """Of records that lines of other services interrupt, too."""
    patterns, level = CRITERIA[criteria]
    tests = [RecordTest(compile_pattern(source), exclude, None, exclude) for source, exclude in patterns]
    data = b"".join(log_of_services(seed, b"web-%d  | ", 15_000))
    stream = RecordFilter(tests, context, level)
    kept = stream.feed(data) + stream.rest()
    document = Document(Memory(data))
    wanted = FilterCriteria(tuple(tests), context, level)
    index = make_filter_index(document, wanted, lambda pattern, part: pattern.matching(part), patient())
    shown = [document.segment(offset) + b"\n" for offset in offsets_of(index)]
    assert sorted(shown) == sorted(kept.splitlines(keepends=True))
