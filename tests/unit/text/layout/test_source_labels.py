"""Labels: names that tell sources apart, in a column that is the same for all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.text.clean.cells import cells
from reflowlog.text.layout.source_labels import MAX_LABEL_CELLS, MIN_SCREEN_CELLS, SourceLabels, owners_of, short_names

parts = st.lists(st.sampled_from(["a", "b", "app.log", "x"]), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["app.log", "b/db.log"], ["app.log", "db.log"]),
        (["a/app.log", "b/app.log", "c/d.log"], ["a/app.log", "b/app.log", "d.log"]),
        (["x/a/log", "y/a/log", "log"], ["x/a/log", "y/a/log", "log"]),
        (["same", "same"], ["same", "same"]),
    ],
)
def test_short_names(names: list[str], short: list[str]) -> None:
    """As short as can be."""
    assert short_names(names) == short


@given(st.lists(parts.map("/".join), min_size=2, max_size=6, unique=True))
def test_they_tell_apart(names: list[str]) -> None:
    """Different paths have different names, each the end of its path."""
    short = short_names(names)
    assert len(set(short)) == len(names)
    assert all(name.endswith(each) for name, each in zip(names, short))


@given(st.lists(st.text("ab1", min_size=1, max_size=7), min_size=2, max_size=40, unique=True), st.sampled_from("-./_"))
def test_long_names_tell_apart(words: list[str], sign: str) -> None:
    """Where the middle, which is left out, is all in which they differ, that is shown instead."""
    names = [f"/logs/namespace-of-many{sign}{word}{sign}a-deployment/log/app.log" for word in words]
    labels = SourceLabels(names)
    room = labels.room(MIN_SCREEN_CELLS)
    assert len({labels.text(number, room) for number in range(len(names))}) == len(names)
    assert all(word in labels.text(number, room) for number, word in enumerate(words))


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=5))
def test_all_are_as_wide(names: list[str]) -> None:
    """Whatever is in a name, nothing of it acts, and all labels take the same cells, a blank after them."""
    labels = SourceLabels(names)
    room = labels.room(MIN_SCREEN_CELLS)
    assert 1 < room <= MAX_LABEL_CELLS + 1
    texts = [labels.text(number, room) for number in range(len(names))] + [labels.text(None, room)]
    assert {cells(text) for text in texts} == {room}
    assert all(text.isprintable() and text.endswith(" ") for text in texts)
    assert labels.room(MIN_SCREEN_CELLS - 1) == labels.room(None) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.binary(max_size=5).map(lambda b: b.replace(b"\n", b"")), min_size=1))
    )
)
def test_owners_of_lines(runs: list[tuple[int, list[bytes]]]) -> None:
    """One for each line."""
    data = b"".join(line + b"\n" for _, lines in runs for line in lines)
    sizes = [(owner, sum(len(line) + 1 for line in lines)) for owner, lines in runs]
    assert owners_of(data, sizes) == [owner for owner, lines in runs for _ in lines]


def test_a_name_without_cells_has_a_label() -> None:
    """A name of characters of width 0 is shown as a question mark."""
    labels = SourceLabels(["\ud7b0"])
    assert labels.text(0, labels.room(MIN_SCREEN_CELLS)) == "? "
