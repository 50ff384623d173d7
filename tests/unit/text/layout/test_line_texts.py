"""Texts of lines of JSON and logfmt that are made without a record are those of their records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.field_lines import CHANGES, FIELDS, WRITERS, changed_lines
from support.zones import set_zone

from reflowlog.text.layout.line_texts import LineTexts
from reflowlog.text.layout.shown_texts import shown_texts
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.json_records import read_records

if TYPE_CHECKING:
    from collections.abc import Callable

CHOICES = (
    (None, (), False),
    (("time", "level", "logger", "message", "source"), (), True),
    (("level", "time"), ("status",), False),
    (("level",), (), False),
    ((), ("k1",), False),
)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(FIELDS, min_size=1, max_size=4),
    CHANGES,
    st.sampled_from(WRITERS),
    st.sampled_from(CHOICES),
    st.sampled_from([None, 0, 7]),
)
def test_a_line_has_the_texts_of_its_records(
    kinds: list[dict[str, Any]],
    changes: list[tuple[int, Any, Any, Any, Any]],
    write: Callable[[dict[str, Any]], str],
    choices: tuple[tuple[str, ...] | None, tuple[str, ...], bool],
    reach: int | None,
) -> None:
    """Whatever its values, after lines of the same kind with other values."""
    columns, hidden, utc = choices
    reader = LineTexts(USUAL, columns, hidden, utc)
    for line in changed_lines(kinds, changes, write):
        records = [record.selected(columns, hidden) for record in read_records(line, USUAL)]
        expected = [text for record in records for text in shown_texts(record, utc, reach)]
        assert reader.texts(line.encode(), reach) == expected, line


@settings(deadline=None, max_examples=200)
@given(st.lists(FIELDS, min_size=1, max_size=4), CHANGES, st.sampled_from(WRITERS), st.sampled_from(CHOICES))
def test_the_heads_alone_have_each_word_of_the_texts_that_is_not_in_the_line(
    kinds: list[dict[str, Any]],
    changes: list[tuple[int, Any, Any, Any, Any]],
    write: Callable[[dict[str, Any]], str],
    choices: tuple[tuple[str, ...] | None, tuple[str, ...], bool],
) -> None:
    """And no word that is in no text."""
    columns, hidden, utc = choices
    reader = LineTexts(USUAL, columns, hidden, utc)
    for line in changed_lines(kinds, changes, write):
        heads = " ".join(text for text, _ in reader.texts(line.encode(), 0, heads_only=True))
        shown = " ".join(text for text, _ in reader.texts(line.encode()))
        if "\\" in line:
            continue
        words = {word for word in shown.replace(".", " ").replace("=", " ").split() if word.isalnum()}
        assert words <= {word for word in words if word in line or word in heads}, line


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Europe/Berlin"])
def test_times_are_those_of_the_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is read by its pattern has the time that its record has."""
    set_zone(monkeypatch, zone)
    reader = LineTexts(USUAL, None, (), False)
    for second in range(0, 60, 7):
        line = f'{{"ts":"2025-03-30T00:59:{second:02}.500Z","level":"info","msg":"up"}}'
        record = read_records(line, USUAL)[0]
        assert reader.texts(line.encode()) == shown_texts(record.selected(None, ()))


def test_lines_of_a_known_kind_are_not_read_as_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three lines of a kind make its pattern, the fourth tells how its values are read."""
    lines = [f'{{"ts":"2025-03-01T10:15:3{number}.500Z","level":"info","msg":"up"}}' for number in range(8)]
    reader = LineTexts(USUAL, None, (), True)
    expected = [text for text, _ in reader.texts(lines[0].encode())]
    for line in lines[:4]:
        reader.texts(line.encode())
    monkeypatch.setattr("reflowlog.text.layout.line_texts.read_records", lambda *_: pytest.fail("it was read"))
    assert [text.replace("10:15:35", "10:15:30") for text, _ in reader.texts(lines[5].encode())] == expected
