"""Log formats: the corpus in tests/data/formats and the samples of the format table are read right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.formats import FormatCase, cases, cases_of_table, faults
from support.zones import reset_zone, set_zone

from reflowlog.text.parse.timestamps import clear_memos

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC."""
    set_zone(monkeypatch, "UTC")
    clear_memos()
    yield
    reset_zone(monkeypatch)
    clear_memos()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
@pytest.mark.parametrize("kind", ["time", "level", "column", "records"])
def test_formats_of_the_corpus(case: FormatCase, kind: str) -> None:
    """Each line of each format has its time, its level and its message column, and is in the right record."""
    assert faults(case)[kind] == []


@pytest.mark.parametrize("case", cases_of_table(), ids=lambda case: case.name)
@pytest.mark.parametrize("kind", ["time", "level", "logger", "column"])
def test_samples_of_the_format_table(case: FormatCase, kind: str) -> None:
    """Each sample of a format in the table has the truth that stands before it; there are three or more."""
    assert len(case.lines) >= 3
    assert faults(case)[kind] == []
