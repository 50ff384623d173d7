"""Log formats: the corpus in tests/data/formats and the samples of the format table are read right."""

from __future__ import annotations

import re

import pytest
from support.formats import (
    FormatCase,
    cases,
    cases_of_table,
    columns_by_source,
    faults,
    known_faults,
    listed_cases,
    shares,
)
from support.zones import set_zone

from reflowlog.text.parse.formats import FAMILIES, _loosened
from reflowlog.text.parse.line_levels import level_of, lines_that_may_have, may_have
from reflowlog.text.parse.multiline import continues, may_continue

KNOWN = known_faults()


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local time is UTC."""
    set_zone(monkeypatch, "UTC")


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_formats_of_the_corpus(case: FormatCase) -> None:
    """Each line of each format has its time, its level and its message column, and is in the right record.

    Lines in ``known-faults.tsv`` are the exception: as many are read wrong as it says, no more and no fewer.
    """
    found = faults(case)
    kinds = ("time", "level", "column", "records")
    assert {kind: len(found[kind]) for kind in kinds} == {kind: KNOWN.get((case.name, kind), 0) for kind in kinds}, (
        found
    )


def test_known_faults_are_of_the_corpus() -> None:
    """Each known fault is one of a format of the corpus."""
    assert {name for name, _ in KNOWN} <= {case.name for case in cases()}


HELD_OUT = ("unseen-16", "unseen-17", "unseen-18", "unseen-19")
"""The newest lists, of which only what they have in common with others was mended; the weights do not know the last."""


@pytest.mark.parametrize(
    ("lists", "least"),
    [
        ((), (0.99, 0.99, 0.98, 0.99)),
        (("unseen-16",), (0.96, 0.94, 0.80, 0.98)),
        (("unseen-17",), (0.98, 0.96, 0.85, 0.99)),
        (("unseen-18",), (0.98, 0.97, 0.76, 0.98)),
        (("unseen-19",), (0.93, 0.92, 0.55, 0.97)),
    ],
)
def test_share_of_right_answers(lists: tuple[str, ...], least: tuple[float, ...]) -> None:
    """The stated share of lines is read right, known faults included: of each of the newest lists, and of the rest."""
    found = shares([case for name, case in listed_cases() if name in lists or (not lists and name not in HELD_OUT)])
    for kind, share in zip(("time", "level", "column", "records"), least):
        right, total = found[kind]
        assert right / total >= share, f"{kind}: {100 * right / total:.1f} % of {total} lines"


@pytest.mark.parametrize(
    ("name", "least"), [("unseen-16", 0.81), ("unseen-17", 0.92), ("unseen-18", 0.90), ("unseen-19", 0.80)]
)
def test_share_of_right_columns_by_source(name: str, least: float) -> None:
    """By all lines of a format more messages start where they do, and no fewer, than by each line alone."""
    found = [row for family, case in listed_cases() if family == name for row in columns_by_source(case)]
    assert sum(start == column for column, _, start in found) >= least * len(found)
    assert all(start == column for column, alone, start in found if alone == column)


@pytest.mark.parametrize("least", [40, *[pytest.param(least, marks=pytest.mark.slow) for least in (30, 50)]])
def test_no_sample_is_passed_over_by_its_chunk(least: int) -> None:
    """A line of a level is one of those that may have it, and a chunk with a line that continues may have one."""
    for case in (*cases(), *cases_of_table()):
        lines = [line.text.encode() for line in case.lines]
        for line in lines:
            if (level_of(line) or 0) >= least:
                assert may_have(line + b"\n", least), line
                starts = lines_that_may_have(b"x\n" + line + b"\n", least)
                assert starts is None or 2 in starts, line
        if any(continues(lines)[0]):
            assert may_continue(b"\n".join(lines) + b"\n"), case.name


@pytest.mark.parametrize("case", cases_of_table(), ids=lambda case: case.name)
def test_samples_of_the_format_table(case: FormatCase) -> None:
    """Each sample of a format in the table has the truth that stands before it; there are three or more."""
    assert len(case.lines) >= 3
    found = faults(case)
    assert [found[kind] for kind in ("time", "level", "logger", "column")] == [[], [], [], []]


_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?<?!|[()]|\{(?:level|LEVEL)\}", re.DOTALL)


@pytest.mark.parametrize("pattern", sorted({each.pattern for family in FAMILIES for each in family.FORMATS}))
def test_a_loosened_pattern_matches_where_the_pattern_does(pattern: str) -> None:
    """It does as long as no level is in a negative lookaround, where any text in its place would match less."""
    groups: list[bool] = []  # the open ones, and whether they are negative
    for part in _PARTS.findall(pattern):
        if part[0] == "(":
            groups.append(part != "(")
        elif part == ")":
            groups.pop()
        elif part[0] == "{" and any(groups):
            assert _loosened(pattern) == pattern
    assert not groups
