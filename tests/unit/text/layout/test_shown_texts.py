"""Texts of a record at all widths, for searches: those of its columns, joined by one blank."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.core.records import LogRecord
from reflowlog.text.layout.column_plan import plans_of_all_widths
from reflowlog.text.layout.columns import columns, sheet, source_text
from reflowlog.text.layout.shown_texts import shown_texts

TEXTS = st.sampled_from(["", "message", "two words", "日本 語", "a\tb", 'say "hi"', "{x} y", "two\nlines", "x" * 30])
RECORDS = st.builds(
    LogRecord,
    st.sampled_from([None, 1.7e9, 1.7e9 + 0.25]),
    st.just(20),
    st.sampled_from(["", "INFO", "CRITICAL", "Level 15", "注意"]),
    st.sampled_from(["", "app", "app.db.pool", "日本", "a.very.long.name.of.a.logger", "one\ttwo"]),
    TEXTS,
    st.lists(st.tuples(st.sampled_from(["user", "n", "a b", "日"]), TEXTS), max_size=3).map(tuple),
    st.sampled_from(["", "file.py:12"]),
    st.sampled_from(["", "Traceback (most recent call last):\n  boom"]),
)
CHOICES = st.sampled_from(
    [None, ("time", "level", "logger"), ("level", "time", "source"), ("logger", "user", "time", "n"), ("message",), ()]
)


def joined(record: LogRecord, utc: bool) -> list[tuple[str, int]]:
    """The texts, from the columns of each plan."""
    first, *further = sheet(record, None, utc)
    body = first.styled.text[first.body :]
    found = []
    for plan in plans_of_all_widths(record.columns):
        head = " ".join(text for text in _head_texts(record, plan.before, utc) if text)
        found.append((f"{head} {body}", len(head) + 1) if head else (body, 0))
    found += [(line.styled.text[line.body :], 0) for line in further]
    if record.source and (record.columns is None or "source" in record.columns):
        found.append((source_text(record.source), 0))
    return list(dict.fromkeys(found))


def _head_texts(record: LogRecord, before: tuple[tuple[str, int], ...], utc: bool) -> list[str]:
    from reflowlog.text.layout.columns import _column

    return [_column(record, name, size, utc)[0] for name, size in before]


@given(RECORDS, CHOICES, st.booleans())
def test_they_are_the_columns_of_all_plans(record: LogRecord, choice: tuple[str, ...] | None, utc: bool) -> None:
    """With one blank between two columns, each text once."""
    chosen = record._replace(columns=choice)
    assert list(dict.fromkeys(shown_texts(chosen, utc))) == joined(chosen, utc)


@given(RECORDS, CHOICES, st.integers(1, 8))
def test_words_are_found_behind_all_heads(record: LogRecord, choice: tuple[str, ...] | None, reach: int) -> None:
    """Each part of `reach` characters of any text is in a text of that reach."""
    chosen = record._replace(columns=choice)
    short = [text for text, _ in shown_texts(chosen, reach=reach)]
    for text, _ in shown_texts(chosen):
        assert all(any(text[at : at + reach] in each for each in short) for at in range(len(text)))


@given(RECORDS, st.integers(1, 160))
def test_rows_are_parts_of_them(record: LogRecord, width: int) -> None:
    """Whatever the width."""
    texts = [" ".join(text.split()) for text, _ in shown_texts(record)]
    for line in columns(record, width):
        shown = " ".join(line.text.split())
        assert any(shown in text for text in texts), shown
