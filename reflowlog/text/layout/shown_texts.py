"""Texts of a record's lines at all widths, for searches by the text as it is shown. Pure.

Invariants:
- A part of a row at any width, whatever the source has had so far, is a part of one of the texts, but for the number of
  blanks after a column, which is one here. tests/unit/text/layout/test_shown_texts.py compares them with the columns.
- A search reads millions of records, of which few have other columns than the one before: what does not depend on the
  time is memoized.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from reflowlog.text.layout.column_plan import (
    MAX_LOGGER_CHARS,
    clean_text,
    field_columns,
    field_text,
    plans_of_all_widths,
)
from reflowlog.text.layout.columns import (
    body_extras,
    field_column,
    key_text,
    level_column,
    logger_column,
    quote,
    sheet,
    source_text,
    time_text,
)

if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord

__all__ = ["head_forms", "shown_texts"]

_MAX_MEMO_CHARS = 1_024  # of a name that is memoized
_MAX_FIELD_CHARS = 256  # of a field's value that are read for its column


def shown_texts(record: LogRecord, utc: bool = False, reach: int | None = None) -> list[tuple[str, int]]:
    """Return the texts of a record's lines at all widths, each once, and where the body begins in each.

    Args:
        record: the record.
        utc: show the time in UTC; else in local time.
        reach: characters of the body that all heads but one need behind them, which is enough for words of that
            length; None: all.

    Returns:
        Further lines have no indentation. The source, at the right edge, is a text of its own.
    """
    body, further = _body_lines(record, utc)
    heads = _heads(record, utc)
    texts = [(f"{head} {body}", len(head) + 1) if head else (body, 0) for head in heads[:1]] or [(body, 0)]
    rest = body if reach is None else body[:reach]
    texts += [(f"{head} {rest}", len(head) + 1) if head else (rest, 0) for head in heads[1:]]
    texts += [(line, 0) for line in further]
    if record.source and (record.columns is None or "source" in record.columns):
        texts.append((source_text(record.source), 0))
    return list(dict.fromkeys(texts)) if further or record.source else texts


def _body_lines(record: LogRecord, utc: bool) -> tuple[str, list[str]]:
    """Return the body of the first line, and the further lines."""
    message = record.message
    if not record.trace and message.isascii() and message.isprintable():
        parts = [message] if message else []
        for name, value in body_extras(record):
            key = key_text(name) if len(name) <= _MAX_MEMO_CHARS else clean_text(name) + "="
            parts.append(key + quote(clean_text(value)))
        return "  ".join(parts), []
    first, *further = sheet(record, None, utc)
    return first.styled.text[first.body :], [line.styled.text[line.body :] for line in further]


def _heads(record: LogRecord, utc: bool) -> list[str]:
    """Return the texts of the columns before the message, with one blank between two, of all plans, each once."""
    if record.columns is not None and field_columns(record.columns):
        sizes_of = [plan.before for plan in plans_of_all_widths(record.columns)]
        return list(dict.fromkeys([_head_with_fields(record, before, utc) for before in sizes_of]))
    level, logger = record.level_name[:_MAX_MEMO_CHARS], record.logger[-MAX_LOGGER_CHARS:]
    forms = head_forms(level, logger, record.columns, record.time is not None)
    if record.time is None:
        return [before for before, _, _ in forms]
    full = time_text(record.time, 23, utc)
    times = {23: full, 12: full[-12:], 8: full[-12:-4], 0: ""}
    return [f"{before}{times[size]}{after}" for before, size, after in forms]


@lru_cache(1024)
def head_forms(
    level: str, logger: str, columns: tuple[str, ...] | None, has_time: bool
) -> tuple[tuple[str, int, str], ...]:
    """Return the heads of all plans without columns of fields, each once: text before the time, its cells, text after.

    Without a time, or its column, all of it stands before it.
    """
    forms = []
    for plan in plans_of_all_widths(columns):
        parts = [""]
        size = 0
        for name, cells in plan.before:
            if name == "time":
                if has_time:
                    size = cells
                    parts.append("")
                continue
            count, padded = level_column(level, cells) if name == "level" else logger_column(logger, cells)
            if count:
                parts[-1] += (" " if parts[-1] else "") + padded[:count]
        before, after = parts[0], parts[-1] if len(parts) > 1 else ""
        forms.append((before + " " * bool(before and size), size, " " * bool(after) + after))
    return tuple(dict.fromkeys(forms))


def _head_with_fields(record: LogRecord, before: tuple[tuple[str, int], ...], utc: bool) -> str:
    """Return the text of the columns of a plan, with one blank between two."""
    texts = []
    for name, size in before:
        if name == "time":
            texts.append("" if record.time is None else time_text(record.time, size, utc))
            continue
        if name == "level":
            count, padded = level_column(record.level_name, size)
        elif name == "logger":
            count, padded = logger_column(record.logger[-MAX_LOGGER_CHARS:], size)
        else:
            count, padded = field_column(field_text(record, name)[:_MAX_FIELD_CHARS], size)
        texts.append(padded[:count])
    return " ".join([text for text in texts if text])
