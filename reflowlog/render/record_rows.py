"""Draws log records of printable ASCII from memoized parts, without styled lines, spans and rows as objects.

Invariants:
- The rows equal those of `columns`, `lay_out` and `draw_rows` (tests/unit/render/test_record_rows.py). A record that is
  not of the usual kind gives None, and is drawn the general way.
- The usual kind: a message of one line and no traceback, at a width with all columns in one line, every row break
  between two words.
- A part is drawn once: time, level and logger by their text, keys and values by themselves, the words of messages by
  the level's tint (`MessageWords`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo
from reflowlog.core.records import PLAIN
from reflowlog.render.ansi import paint_run
from reflowlog.render.template_cache import MAX_TEMPLATE_CHARS, MessageWords
from reflowlog.text.clean.wrap import fold_plain
from reflowlog.text.highlight.field_values import SIMPLE_VALUE, status_name
from reflowlog.text.layout.column_plan import MAX_LOGGER_CHARS, clean_text, column_plan, field_columns
from reflowlog.text.layout.columns import (
    key_text,
    level_column,
    level_style,
    logger_column,
    quote,
    time_text,
)

if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord, Style
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.column_plan import ColumnPlan, SeenColumns

__all__ = ["RecordRows"]

_MAX_MEMO_CHARS = 64  # of a value or name; longer ones hardly repeat
_SPLIT = "\0"
_Words = tuple[str, list[str]]  # a text, and its words as they are drawn


class RecordRows:
    """Draws log records at one width in the styles of a theme.

    Args:
        width: cells.
        theme: styles; without rules of the user.
        host: this machine's name, to make links; see `highlight`.
        utc: show times in UTC.
        seen: what the source of the records has had so far, with all records to draw.
    """

    def __init__(self, width: int, theme: Theme, host: str | None, utc: bool, seen: SeenColumns | None = None) -> None:
        self._width = width
        self._seen = seen
        self._theme = theme
        self._host = host
        self._utc = utc
        self._key_style = theme.styles["extra.key"]
        self._time_on, self._time_off = paint_run(_SPLIT, theme.styles["time"]).split(_SPLIT)
        self._plans: Memo[tuple[str, ...] | None, ColumnPlan | None] = Memo(self._make_plan, limit=64)
        self._columns: Memo[tuple[str, int, str, tuple[str, ...] | None], tuple[str, str]] = Memo(limit=1024)
        self._extras: Memo[tuple[str, str], _Words | None] = Memo(limit=8192)
        self._keys: Memo[str, tuple[str, str]] = Memo(self._draw_key, limit=1024, max_key_length=_MAX_MEMO_CHARS)
        self._words: dict[Style, MessageWords] = {}  # by tint
        self._value_words = MessageWords(theme, PLAIN, host)
        self._simple = {name: paint_run(_SPLIT, theme.styles[name]).split(_SPLIT) for name in ("number", "uuid")}

    @staticmethod
    def can_draw(theme: Theme) -> bool:
        """Return whether records in a theme may be drawn from parts."""
        return not theme.rules and theme.styles["extra.value"] is PLAIN

    def _make_plan(self, selected: tuple[str, ...] | None) -> ColumnPlan | None:
        """Return the plan of the selected columns; None if its records are not of the usual kind."""
        plan = column_plan(self._width, selected, self._seen)
        has_late_time = any(name == "time" for name, _ in plan.before[1:])
        return None if plan.head_line or has_late_time or field_columns(selected) else plan

    def draw(self, fields: LogRecord) -> str | None:
        """Return the rows of a record, with a newline between two of them; None if it is not of the usual kind."""
        message = fields.message
        if fields.trace or not message or not (message.isascii() and message.isprintable()) or message[-1] == " ":
            return None
        plan = self._plans[fields.columns]
        if plan is None or (plan.source and fields.source) or len(message) > MAX_TEMPLATE_CHARS:
            return None
        head, drawn_head = self._head(fields, plan)
        if not head.isascii():
            return None
        tint = self._theme.message(fields.level)
        words_of = self._words.get(tint)
        if words_of is None:
            words_of = self._words[tint] = MessageWords(self._theme, tint, self._host)
        drawn = words_of.words(message)
        if drawn is None:
            return None
        count = len(drawn)
        text = head + message
        for extra in fields.extras:
            found = self._extra(*extra)
            if found is None:
                return None
            text += "  " + found[0]
            drawn = [*drawn, "", *found[1]]
        if text[-1] == " ":
            return None
        width, hang = self._width, len(head)
        if len(text) <= width:
            return (
                drawn_head + words_of.tinted(" ".join(drawn[:count])) + "".join([" " + word for word in drawn[count:]])
            )
        if not 0 < hang <= width // 2:
            hang = 0
        return self._rows(text, head, drawn_head, hang, drawn, count, words_of)

    def _rows(
        self, text: str, head: str, drawn_head: str, hang: int, drawn: list[str], count: int, words_of: MessageWords
    ) -> str | None:
        """Return the rows of a text that is wider than a row; None if a row breaks within a word."""
        joint = "\n" + " " * hang
        folded = fold_plain(text, self._width, hang)
        if "\n" in folded[: len(head) + 1]:
            return None
        words = text[len(head) :].split(" ")
        rows: list[str] = []
        first = 0
        body = folded[len(head) :]
        has_single_blanks = body.replace(joint, " ") == text[len(head) :]  # else a row may begin or end within a word
        for row in body.split(joint):
            end = first + row.count(" ") + 1
            if not has_single_blanks and " ".join(words[first:end]) != row:
                return None
            if end <= count:
                rows.append(words_of.tinted(" ".join(drawn[first:end])))
            elif first >= count:
                rows.append(" ".join(drawn[first:end]))
            else:
                rows.append(f"{words_of.tinted(' '.join(drawn[first:count]))} {' '.join(drawn[count:end])}")
            first = end
            while first < len(words) and not words[first]:
                first += 1
        return drawn_head + joint.join(rows) if first == len(words) else None

    def _extra(self, name: str, value: str) -> _Words | None:
        """Return ``key=value`` and its drawn words; None if they cannot be drawn word by word."""
        found = self._extras.get((name, value))
        if found is not None:
            return found
        simple = SIMPLE_VALUE(value)
        if simple is not None and not status_name(name, value):  # not worth a memo: it hardly repeats
            key, drawn_key = self._keys[name]
            if " " not in key and key.isascii():
                on, off = self._simple[simple.lastgroup or ""]
                return key + value, [f"{drawn_key}{on}{value}{off}"]
        if len(value) > MAX_TEMPLATE_CHARS or not (value.isascii() and value.isprintable()):
            return None
        key, drawn_key = self._keys[name]
        if " " in key or not key.isascii():
            return None
        clean = clean_text(value)
        shown = quote(clean)
        drawn = self._draw_value(name, clean)
        if drawn is None:
            return None
        if shown is not clean:
            drawn = ['"' + drawn[0], *drawn[1:]]
            drawn[-1] += '"'
        drawn[0] = drawn_key + drawn[0]
        found = key + shown, drawn
        return self._extras.remember((name, value), found) if len(value) <= _MAX_MEMO_CHARS else found

    def _draw_value(self, name: str, value: str) -> list[str] | None:
        """Return the drawn words of a value, in a new list; None where its words alone do not determine them."""
        status = status_name(name, value)
        if status:
            return [paint_run(value, self._theme.styles[status])]
        if " " in value:
            return self._value_words.words(value)
        drawn = self._value_words.word(value)
        return None if drawn is None else [drawn]

    def _draw_key(self, name: str) -> tuple[str, str]:
        key = key_text(name)
        return key, paint_run(key, self._key_style)

    def _head(self, fields: LogRecord, plan: ColumnPlan) -> tuple[str, str]:
        """Return the columns before the message, and the same as they are drawn."""
        key = fields.level_name, fields.level, fields.logger, fields.columns
        columns = self._columns.get(key)
        if columns is None:
            columns = self._columns.remember(key, self._draw_columns(fields, plan))
        if not plan.before or plan.before[0][0] != "time":
            return columns
        size = plan.before[0][1]
        if fields.time is None:
            pad = " " * (size + 1)
            return pad + columns[0], pad + columns[1]
        text = time_text(fields.time, size, self._utc)
        pad = " " * (size + 1 - len(text))
        return f"{text}{pad}{columns[0]}", f"{self._time_on}{text}{self._time_off}{pad}{columns[1]}"

    def _draw_columns(self, fields: LogRecord, plan: ColumnPlan) -> tuple[str, str]:
        """Return the columns of level and logger, and the same as they are drawn."""
        text = drawn = ""
        for name, size in plan.before:
            if name == "time":
                continue
            if name == "level":
                shown, padded = level_column(fields.level_name, size)
                style = level_style(fields.level, size, self._theme)
            else:
                shown, padded = logger_column(fields.logger[-MAX_LOGGER_CHARS:], size)
                style = self._theme.styles["logger"]
            text += padded
            drawn += paint_run(padded[:shown], style) + padded[shown:] if shown else padded
        return text, drawn
