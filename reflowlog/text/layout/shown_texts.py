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


def shown_texts(fields: LogRecord, utc: bool = False, reach: int | None = None) -> list[tuple[str, int]]:
    """Return the texts of a record's lines at all widths, each once, and where the body begins in each.

    Args:
        fields: the record.
        utc: show the time in UTC; else in local time.
        reach: characters of the body that all heads but one need behind them, which is enough for words of that
            length; None: all.

    Returns:
        Further lines have no indentation. The source, at the right edge, is a text of its own.
    """
    body, further = _body_lines(fields, utc)
    heads = _heads(fields, utc)
    texts = [(f"{head} {body}", len(head) + 1) if head else (body, 0) for head in heads[:1]] or [(body, 0)]
    rest = body if reach is None else body[:reach]
    texts += [(f"{head} {rest}", len(head) + 1) if head else (rest, 0) for head in heads[1:]]
    texts += [(line, 0) for line in further]
    if fields.source and (fields.columns is None or "source" in fields.columns):
        texts.append((source_text(fields.source), 0))
    return list(dict.fromkeys(texts)) if further or fields.source else texts


def _body_lines(fields: LogRecord, utc: bool) -> tuple[str, list[str]]:
    """Return the body of the first line, and the further lines."""
    message = fields.message
    if not fields.trace and message.isascii() and message.isprintable():
        parts = [message] if message else []
        for name, value in body_extras(fields):
            key = key_text(name) if len(name) <= _MAX_MEMO_CHARS else clean_text(name) + "="
            parts.append(key + quote(clean_text(value)))
        return "  ".join(parts), []
    first, *further = sheet(fields, None, utc)
    return first.record.text[first.body :], [line.record.text[line.body :] for line in further]


def _heads(fields: LogRecord, utc: bool) -> list[str]:
    """Return the texts of the columns before the message, with one blank between two, of all plans, each once."""
    if fields.columns is not None and field_columns(fields.columns):
        sizes_of = [plan.before for plan in plans_of_all_widths(fields.columns)]
        return list(dict.fromkeys([_head_with_fields(fields, before, utc) for before in sizes_of]))
    level, logger = fields.level_name[:_MAX_MEMO_CHARS], fields.logger[-MAX_LOGGER_CHARS:]
    forms = head_forms(level, logger, fields.columns, fields.time is not None)
    if fields.time is None:
        return [before for before, _, _ in forms]
    full = time_text(fields.time, 23, utc)
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


def _head_with_fields(fields: LogRecord, before: tuple[tuple[str, int], ...], utc: bool) -> str:
    """Return the text of the columns of a plan, with one blank between two."""
    texts = []
    for name, size in before:
        if name == "time":
            texts.append("" if fields.time is None else time_text(fields.time, size, utc))
            continue
        if name == "level":
            count, padded = level_column(fields.level_name, size)
        elif name == "logger":
            count, padded = logger_column(fields.logger[-MAX_LOGGER_CHARS:], size)
        else:
            count, padded = field_column(field_text(fields, name)[:_MAX_FIELD_CHARS], size)
        texts.append(padded[:count])
    return " ".join([text for text in texts if text])
