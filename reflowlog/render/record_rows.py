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
from reflowlog.render.ansi import has_styles, paint_run
from reflowlog.render.message_words import MessageWords
from reflowlog.render.template_cache import MAX_TEMPLATE_CHARS
from reflowlog.text.clean.wrap import fold_plain
from reflowlog.text.highlight.field_values import SIMPLE_VALUE, status_name
from reflowlog.text.layout.column_plan import MAX_LOGGER_CHARS, column_plan, field_columns
from reflowlog.text.layout.columns import (
    key_text,
    level_column,
    level_style,
    logger_column,
    quote,
    source_text,
    time_text,
)
from reflowlog.text.layout.hanging_indent import gap_before

if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord, Style
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.column_plan import ColumnPlan, SeenColumns

__all__ = ["RecordRows"]

_MAX_MEMO_CHARS = 64  # of a value or name; longer ones hardly repeat
_MAX_FIELDS = 64  # names whose values are remembered
_MAX_VALUES = 1024  # of one name that are remembered: numbers of three digits are 1,000
_SPLIT = "\0"


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
        self._fields: Memo[str, Memo[str, tuple[str, str] | None]] = Memo(
            self._make_field, limit=_MAX_FIELDS, max_key_length=_MAX_MEMO_CHARS
        )
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

    def draw(self, record: LogRecord) -> str | None:
        """Return the rows of a record, with a newline between two of them; None if it is not of the usual kind."""
        message = record.message
        if record.trace or not (message.isascii() and message.isprintable()):
            return None
        plan = self.plan(record.columns)
        if plan is None:
            return None
        head = self._head(record, plan)
        shown = drawn = ""
        for name, value in record.extras:
            found = self.field(name)[value]
            if found is None:
                return None
            shown += found[0]
            drawn += found[1]
        source = record.source if plan.source else ""
        return self.rows(*head, self.words(record.level), message, shown, drawn, source)

    def plan(self, selected: tuple[str, ...] | None) -> ColumnPlan | None:
        """Return the plan of the selected columns; None if its records are not of the usual kind."""
        return self._plans[selected]

    def words(self, level: int) -> MessageWords:
        """Return the words of the messages of a level."""
        tint = self._theme.message(level)
        found = self._words.get(tint)
        if found is None:
            found = self._words[tint] = MessageWords(self._theme, tint, self._host)
        return found

    def rows(
        self,
        head: str,
        drawn_head: str,
        words: MessageWords,
        message: str,
        extras: str,
        drawn_extras: str,
        source: str = "",
    ) -> str | None:
        """Return the rows of a record of printable ASCII, given its parts; None if it is not of the usual kind.

        Args:
            head: the columns before the message.
            drawn_head: the same as they are drawn, and so on.
            words: draws the words of the message.
            message: the message, one line.
            extras: each field behind the message as ``key=value``, two blanks before each.
            drawn_extras: the same, each word drawn by itself.
            source: place of the call, shown at the right edge of the first row if there is room; empty for none.
        """
        if not message or message[-1] == " " or len(message) > MAX_TEMPLATE_CHARS or not head.isascii():
            return None
        width, hang = self._width, len(head)
        text = f"{head}{message}{extras}"
        if text[-1] == " ":
            return None
        first = len(text)
        if first <= width:
            drawn = words.drawn_before(message, message, "\n")
        else:
            if hang > width // 2:
                hang = 0
            joint = "\n" + " " * hang
            folded = fold_plain(text, width, hang)
            first = folded.index("\n")
            parts = _part_rows(folded[len(head) :], message, extras, drawn_extras, joint)
            if parts is None or first <= len(head):
                return None
            rows, drawn_extras = parts
            drawn = words.drawn_before(message, rows, joint)
        if drawn is None:
            return None
        drawn = f"{drawn_head}{drawn}{drawn_extras}"
        return self._with_aside(drawn, first, source) if source else drawn

    def _with_aside(self, drawn: str, first: int, source: str) -> str:
        """Return drawn rows with a source at the right edge of the first one, which has `first` cells."""
        shown = source_text(source)
        gap = gap_before(shown, first, self._width)
        if not gap:
            return drawn
        aside = " " * gap + (paint_run(shown, self._theme.styles["source"]) if has_styles(drawn) else shown)
        rows = drawn.split("\n", 1)
        return "\n".join([rows[0] + aside, *rows[1:]])

    def field(self, name: str) -> Memo[str, tuple[str, str] | None]:
        """Return a memo of the values of a field: ``key=value`` with two blanks before it, and the same drawn.

        None for a value whose words are not drawn each by itself.
        """
        return self._fields[name]

    def _make_field(self, name: str) -> Memo[str, tuple[str, str] | None]:
        key = key_text(name)
        drawn_key = paint_run(key, self._key_style)
        can_draw = " " not in key and key.isascii()

        def extra(value: str) -> tuple[str, str] | None:
            if not can_draw or len(value) > MAX_TEMPLATE_CHARS or not (value.isascii() and value.isprintable()):
                return None
            simple = SIMPLE_VALUE(value)
            if simple is not None and not status_name(name, value):
                on, off = self._simple[simple.lastgroup or ""]
                return f"  {key}{value}", f"  {drawn_key}{on}{value}{off}"
            shown = quote(value)
            drawn = self._draw_value(name, value)
            if drawn is None:
                return None
            return f"  {key}{shown}", f'  {drawn_key}"{drawn}"' if shown is not value else f"  {drawn_key}{drawn}"

        return Memo(extra, limit=_MAX_VALUES, max_key_length=_MAX_MEMO_CHARS)

    def _draw_value(self, name: str, value: str) -> str | None:
        """Return a drawn value; None where its words alone do not determine how it is drawn."""
        status = status_name(name, value)
        if status:
            return paint_run(value, self._theme.styles[status])
        return self._value_words.drawn(value, value, "\n") if " " in value else self._value_words.word(value)

    def head(self, record: LogRecord, *, with_time: bool = True) -> tuple[str, str]:
        """Return the columns before the message, and the same as they are drawn; without time, those after it."""
        plan = self.plan(record.columns)
        assert plan is not None
        return self._head(record, plan) if with_time else self._columns_of(record, plan)

    def _head(self, record: LogRecord, plan: ColumnPlan) -> tuple[str, str]:
        """Return the columns before the message, and the same as they are drawn."""
        columns = self._columns_of(record, plan)
        if not plan.before or plan.before[0][0] != "time":
            return columns
        size = plan.before[0][1]
        if record.time is None:
            pad = " " * (size + 1)
            return pad + columns[0], pad + columns[1]
        return self.with_time(time_text(record.time, size, self._utc).ljust(size), *columns)

    def with_time(self, text: str, columns: str, drawn_columns: str) -> tuple[str, str]:
        """Return the columns with that of the time before them, and the same as they are drawn."""
        return f"{text} {columns}", f"{self._time_on}{text}{self._time_off} {drawn_columns}"

    def _columns_of(self, record: LogRecord, plan: ColumnPlan) -> tuple[str, str]:
        """Return the columns of level and logger, and the same as they are drawn."""
        key = record.level_name, record.level, record.logger, record.columns
        found = self._columns.get(key)
        return found if found is not None else self._columns.remember(key, self._draw_columns(record, plan))

    def _draw_columns(self, record: LogRecord, plan: ColumnPlan) -> tuple[str, str]:
        """Return the columns of level and logger, and the same as they are drawn."""
        text = drawn = ""
        for name, size in plan.before:
            if name == "time":
                continue
            if name == "level":
                shown, padded = level_column(record.level_name, size)
                style = level_style(record.level, size, self._theme)
            else:
                shown, padded = logger_column(record.logger[-MAX_LOGGER_CHARS:], size)
                style = self._theme.styles["logger"]
            text += padded
            drawn += paint_run(padded[:shown], style) + padded[shown:] if shown else padded
        return text, drawn


def _part_rows(body: str, message: str, extras: str, drawn_extras: str, joint: str) -> tuple[str, str] | None:
    """Return the rows of a message and those of the drawn fields after it; None if a break is within a word.

    Args:
        body: message and fields, folded.
        message: the message.
        extras: the fields.
        drawn_extras: the same, each word drawn by itself.
        joint: the separator between two rows.
    """
    if extras and body.endswith(joint + extras[2:]):  # before `extras`, which an indentation may complete
        rows, drawn_extras = body[: 2 - len(extras) - len(joint)], joint + drawn_extras[2:]
    elif body.endswith(extras):
        rows = body[: len(body) - len(extras)]
    else:
        rows = body[: _end_of_message(body, len(message), joint)]
        found = _fold_drawn(body[len(rows) :], extras, drawn_extras, joint)
        if found is None:
            return None
        drawn_extras = found
    return (rows, drawn_extras) if rows.replace(joint, " ") == message else None


def _end_of_message(body: str, size: int, joint: str) -> int:
    """Return where the first `size` characters of a folded text end in it, in which each joint stands for a blank."""
    end = size
    at = body.find(joint)
    while 0 <= at < end:
        end += len(joint) - 1
        at = body.find(joint, at + 1)
    return end


def _fold_drawn(rows: str, text: str, drawn: str, joint: str) -> str | None:
    """Return a drawn text with the row breaks of its folded form; None if a break is within a word.

    Args:
        rows: the text, folded.
        text: words and blanks.
        drawn: the same words and blanks, each word drawn.
        joint: the separator between two rows.
    """
    words, drawn_words = text.split(" "), drawn.split(" ")
    found: list[str] = []
    first = 0
    for row in rows.split(joint):
        end = first + row.count(" ") + 1
        if " ".join(words[first:end]) != row:
            return None
        found.append(" ".join(drawn_words[first:end]))
        first = end
        while first < len(words) and not words[first]:
            first += 1
    return joint.join(found) if first == len(words) else None
