"""Source runs: the source of each byte is that of a model, for any number of runs, in bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.store import source_runs as runs_module
from reflowlog.store.source_runs import SourceRuns

pieces = st.lists(st.tuples(st.integers(0, 5), st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=8)))


@given(pieces, st.integers(1, 5))
def test_the_source_of_a_byte(found: list[tuple[int, list[tuple[int, int]]]], block: int) -> None:
    """Each byte has the source that the model has; bytes without a run have none."""
    before, runs_module.ENTRIES_PER_READ = runs_module.ENTRIES_PER_READ, block
    try:
        owners, model = SourceRuns(), list[int | None]()
        for gap, runs in found:
            model += [None] * gap
            owners.add(len(model), runs)
            for owner, size in runs:
                model += [owner] * size
        assert [owners.at(offset) for offset in range(len(model) + 3)] == [*model, None, None, None]
        assert [owners.at(offset) for offset in reversed(range(len(model)))] == model[::-1]
        owners.close()
    finally:
        runs_module.ENTRIES_PER_READ = before


def test_memory_is_bounded() -> None:
    """A million lines of two sources in turn: all are known, and those that are let go are not."""
    owners = SourceRuns()
    for number in range(1000):
        owners.add(number * 1000, [(0, 1), (1, 1)] * 500)
    assert [owners.at(offset) for offset in (0, 1, 500_000, 999_999)] == [0, 1, 0, 1]
    held = owners._starts
    assert held._low > 0  # the oldest are on the disk
    owners.forget(600_000)
    assert owners.at(600_000) == 0
    assert owners.at(1) is None
    owners.close()
