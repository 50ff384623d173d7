"""Columns: lays out the fields of a record at a width, as lines. A pure function of record, width and columns so far.

Wide to narrow, as DESIGN's responsive columns have it: the source goes, the time loses its date, then its
milliseconds; the logger is abbreviated; the level becomes one letter; the logger goes; and at last a record is a short
head line with the message under it.

Invariants:
- The set of columns depends on the width and on what the source has had so far (`text/layout/column_plan.py`), never
  on the record, so columns stand still. A part absent from a record leaves its column blank.
- A field that is selected as a column is not repeated behind the message, at any width.
- Every part of a record is untrusted. All shown text comes from `sanitize`; in a column, and in an extra, controls are
  shown and never act.
- An anchor in a record is an offset in its *body*: message, extras and trace, without the columns before them. The
  body is the same at every width; `sheet` returns where it begins in each line.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import PLAIN, Span, Spans, Style, StyledLine
from reflowlog.text.clean.cells import cells, clip
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.column_names import STANDARD_COLUMNS
from reflowlog.text.layout.column_plan import (
    MAX_LOGGER_CHARS,
    clean_text,
    column_plan,
    field_columns,
    field_text,
)
from reflowlog.text.layout.gap_rule import elapsed_text
from reflowlog.text.parse.levels import STANDARD, UNNAMED_PREFIX, WARNING, severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.column_plan import ColumnPlan, SeenColumns

__all__ = [
    "ColumnLine",
    "body_extras",
    "clean_value",
    "columns",
    "field_column",
    "key_text",
    "level_column",
    "level_style",
    "logger_column",
    "quote",
    "sheet",
    "source_text",
    "time_text",
]

_MAX_NAME_CHARS = 256  # of a logger's name that is abbreviated; of a longer one the end is shown
_MAX_MEMO_CHARS = 1_024  # of a name that is memoized, which bounds the memory of the memos
_MAX_SOURCE_CELLS = 32  # of a source that are shown: its end
_HEAD_LINE_INDENT = 2  # cells of indentation under a head line


class ColumnLine(NamedTuple):
    """One line of a record at a width.

    Attributes:
        styled: the line, with the columns before its body.
        body: offset in its text where its part of the body begins; the text's end for a head line.
        start: offset of that part in the body, in characters. So a row of it that starts at ``row.start`` shows the
            body from ``start + max(row.start - body, 0)`` on.
    """

    styled: StyledLine
    body: int
    start: int


def columns(
    record: LogRecord,
    width: int | None,
    utc: bool = False,
    theme: Theme | None = None,
    host: str | None = None,
    seen: SeenColumns | None = None,
) -> list[StyledLine]:
    """Return the lines of a record at a width, each free of control characters.

    Args:
        record: the record.
        width: in cells; None for no limit, as in a file, where further lines are not indented.
        utc: show the time in UTC; else in local time.
        theme: styles of the columns, and of the marks found in a message without colours of its own; None: plain, and
            no marks are searched.
        host: this machine's name, if addresses and files are to be links, see `highlight`; it takes a theme.
        seen: what the record's source has had so far; None: all columns, at their limits.

    Returns:
        The first line, whose `StyledLine.column` is the hanging indent of its rows, then further lines of the message
        and the traceback, indented to the same column.
    """
    return [line.styled for line in sheet(record, width, utc, theme, host, seen=seen)]


def sheet(
    record: LogRecord,
    width: int | None,
    utc: bool = False,
    theme: Theme | None = None,
    host: str | None = None,
    elapsed: float | None = None,
    seen: SeenColumns | None = None,
) -> list[ColumnLine]:
    """Return the lines of `columns`, each with the offset where its body begins.

    With `elapsed` that number of seconds is shown in the column of the time.

    The bodies of all lines but the head line, with a newline between two of them, are the same at every width.
    """
    shape = column_plan(width, record.columns, seen)
    head, spans = _head(record, shape, utc, theme, elapsed)
    message, *rest = record.message.split("\n")
    extras = body_extras(record)
    pad = "" if width is None else " " * (min(_HEAD_LINE_INDENT, width // 2) if shape.head_line else len(head))
    body = _BodyStyle(theme, host, theme.message(record.level) if theme is not None else PLAIN)
    lines = []
    if shape.head_line:
        above = head.rstrip()
        if above:
            lines.append(ColumnLine(StyledLine(above, spans, 0), len(above), 0))
        lines.append(ColumnLine(body.line(pad, (), message, () if rest else extras), len(pad), 0))
    else:
        first = body.line(head, spans, message, () if rest else extras)
        if shape.source and width is not None and record.source:
            first = first._replace(aside=source_text(record.source))
        lines.append(ColumnLine(first, len(head), 0))
    if not (rest or record.trace):
        return lines
    further = [body.line(pad, (), line, extras if last else ()) for last, line in _mark_last(rest)]
    if record.trace:
        body = body._replace(tint=theme.styles["trace"] if theme is not None else PLAIN)
        further += [body.line(pad, (), line, ()) for line in record.trace.rstrip("\n").split("\n")]
    start = len(lines[-1].styled.text) - lines[-1].body + 1
    for each in further:
        lines.append(ColumnLine(_hang_further(each, len(pad), width), len(pad), start))
        start += len(each.text) - len(pad) + 1
    return lines


def body_extras(record: LogRecord) -> tuple[tuple[str, str], ...]:
    """Return the fields behind the message: all but those that are columns."""
    names = field_columns(record.columns)
    return tuple([extra for extra in record.extras if extra[0] not in names]) if names else record.extras


def _hang_further(line: StyledLine, pad: int, width: int | None) -> StyledLine:
    """Return a further line whose rows hang under its own indentation, where that leaves half of the width."""
    own = len(line.text) - len(line.text.lstrip(" ")) + 2
    return line._replace(column=own if own > pad + 2 and (width is None or own <= width // 2) else pad)


def _mark_last(lines: list[str]) -> list[tuple[bool, str]]:
    return [(number == len(lines) - 1, line) for number, line in enumerate(lines)]


# --- before the message ---


def _head(
    record: LogRecord, plan: ColumnPlan, utc: bool, theme: Theme | None, elapsed: float | None = None
) -> tuple[str, Spans]:
    """Return the columns before the message, padded, with a blank after each, and their styles."""
    text = ""
    spans: list[Span] = []
    for name, size in plan.before:
        if name == "time" and elapsed is not None and record.time is not None:
            shown = elapsed_text(elapsed, size)
            padded = shown.ljust(size + 1)
        else:
            shown, padded = _column(record, name, size, utc)
        if theme is not None and shown:
            style = _column_style(record, name, size, theme)
            if style is not PLAIN:
                spans.append((len(text), len(text) + len(shown), style))
            elif name not in STANDARD_COLUMNS:
                from reflowlog.text.highlight.field_values import value_spans

                spans += [
                    (len(text) + start, len(text) + end, each) for start, end, each in value_spans(name, shown, theme)
                ]
        text += padded
    return text, tuple(spans)


def _column(record: LogRecord, name: str, size: int, utc: bool) -> tuple[str, str]:
    """Return the text of a column of some cells, and the padded column with the blank after it."""
    if name == "time":
        text = "" if record.time is None else time_text(record.time, size, utc)
        return text, text.ljust(size + 1)
    if name == "level":
        count, padded = level_column(record.level_name, size)
    elif name == "logger":
        count, padded = logger_column(record.logger[-MAX_LOGGER_CHARS:], size)
    else:
        count, padded = field_column(field_text(record, name)[:_MAX_NAME_CHARS], size)
    return padded[:count], padded


def _column_style(record: LogRecord, name: str, size: int, theme: Theme) -> Style:
    if name == "level":
        return level_style(record.level, size, theme)
    return theme.styles[name if name in ("time", "logger") else "extra.value"]


def level_style(level: int, size: int, theme: Theme) -> Style:
    """Return the style of a level in a column of some cells: one letter of a warning, or of more, is reversed.

    A single letter in another colour or weight is hardly seen at the edge of a narrow screen.
    """
    style = theme.level(level)
    return _reversed(style) if size == 1 and level >= WARNING else style


@lru_cache(64)
def _reversed(style: Style) -> Style:
    """Return a style with the colours exchanged; the same where they are, or where it has a background of its own."""
    parameters = re.sub(r"38;(?:5;\d+|2;\d+;\d+;\d+)", "", style.sgr).split(";")
    if any(each == "7" or re.fullmatch("4[0-8]|10[0-7]", each) for each in parameters):
        return style
    return Style(f"{style.sgr};7" if style.sgr else "7", style.link)


@lru_cache(1024)
def field_column(value: str, width: int) -> tuple[int, str]:
    """Return the number of characters of a field's value in its column, and the padded column."""
    full = clean_text(value)
    shown = clip(full, width)
    if shown != full:
        shown = clip(full, width - 1) + "…"
    return len(shown), _pad(shown, width)


@lru_cache(256)
def level_column(name: str, width: int) -> tuple[int, str]:
    """Return the number of characters of a level in its column, and the padded column."""
    if width == 1 and name.lower().startswith(UNNAMED_PREFIX):  # `logging` writes this for a number without a name
        name = STANDARD.get(severity(name) or 0, name)
    full = clean_text(name)
    shown = clip(full, width)
    if width > 1 and shown != full:
        shown = clip(full, width - 1) + "…"
    return len(shown), _pad(shown, width)


@lru_cache(1024)
def logger_column(name: str, width: int) -> tuple[int, str]:
    """Return the number of characters of an abbreviated logger name in its column, and the padded column."""
    shown = abbreviate(clean_text(name), width)
    return len(shown), _pad(shown, width)


def _pad(text: str, width: int) -> str:
    """Return a column: text, blanks up to its width in cells, and the blank before the next column."""
    return text + " " * (width - cells(text) + 1)


# --- the message, extras and trace ---


class _BodyStyle(NamedTuple):
    """Styles of the lines of a record's body.

    Attributes:
        theme: styles of the marks found in them; None: no marks are searched.
        host: this machine's name, for links; None: no links.
        tint: style of text without another style.
    """

    theme: Theme | None
    host: str | None
    tint: Style

    def line(self, before: str, spans: Spans, message: str, extras: tuple[tuple[str, str], ...]) -> StyledLine:
        """Return one line: the columns before it, the sanitized text, then the extras as ``key=value``."""
        text, own = sanitize(message, overwrites=False)
        theme = self.theme
        if theme is not None and not own and text:
            from reflowlog.text.highlight.marks import highlight  # start-up cost: loaded on first use, as below

            own = highlight(text, theme, column=0, tint=self.tint, host=self.host, rules=False)
        column = len(before)
        shown = [*spans, *[(start + column, end + column, style) for start, end, style in own]] if own else [*spans]
        if extras:
            text = self._with_extras(text, extras, column, shown)
        line = StyledLine(before + text, tuple(shown), column)
        return self._apply_rules(line, theme) if theme is not None and theme.rules else line

    def _with_extras(self, text: str, extras: tuple[tuple[str, str], ...], column: int, spans: list[Span]) -> str:
        """Return the text with the extras after it, and add the spans of the extras to `spans`."""
        of_key = of_value = PLAIN
        if self.theme is not None:
            of_key, of_value = self.theme.styles["extra.key"], self.theme.styles["extra.value"]
        parts = [text]
        at = column + len(text)
        for name, value in extras:
            key = key_text(name) if len(name) <= _MAX_MEMO_CHARS else clean_text(name) + "="
            clean = clean_text(value)
            shown_value = quote(clean)
            if at > column:
                parts.append("  ")
                at += 2
            parts += (key, shown_value)
            middle = at + len(key)
            if of_key is not PLAIN:
                spans.append((at, middle, of_key))
            at = middle + len(shown_value)
            if self.theme is not None:
                from reflowlog.text.highlight.field_values import value_spans
                from reflowlog.text.highlight.spans import fill_gaps

                first = middle + (shown_value is not clean)  # after the quote
                extra_spans = [
                    (first + start, first + end, style)
                    for start, end, style in value_spans(name, clean, self.theme, self.host)
                ]
                spans += fill_gaps(extra_spans, middle, at, of_value) if of_value is not PLAIN else extra_spans
        return "".join(parts)

    @staticmethod
    def _apply_rules(line: StyledLine, theme: Theme) -> StyledLine:
        """Return the line with the matches of a user's rules in its body, which are the same at every width."""
        from reflowlog.text.highlight.spans import overlay
        from reflowlog.text.highlight.user_rules import rule_spans

        column = line.column or 0
        found = rule_spans(line.text[column:], theme)
        over = tuple([(start + column, end + column, style) for start, end, style in found])
        return line._replace(spans=overlay(line.spans, over))


@lru_cache(1024)
def key_text(name: str) -> str:
    """Return the name of a field as it is shown before its value."""
    return clean_text(name) + "="


# --- times, names, values ---


def time_text(moment: float, cells: int, utc: bool) -> str:
    """Return a time for a column of 8, 12 or 23 cells, see `ColumnPlan`."""
    second = int(moment // 1)
    date = _second_text(second, utc)
    if cells == 8:
        return date[-8:]
    millisecond = min(int((moment - second) * 1000 + 0.0005), 999)  # a decimal fraction may be a hair too small
    return f"{date if cells == 23 else date[-8:]}.{millisecond:03d}"


_NO_TIME = "---------- --:--:--"


def clear_memos() -> None:
    """Clear the memo of times, after the zone of this process has changed."""
    _second_text.cache_clear()


@lru_cache(256)
def _second_text(moment: int, utc: bool) -> str:
    """Return a second as 19 characters; dashes where this machine cannot represent the time, or it is longer."""
    try:
        parts = time.gmtime(moment) if utc else time.localtime(moment)
    except (OSError, OverflowError, ValueError):
        return _NO_TIME
    if not 0 <= parts.tm_year <= 9999:
        return _NO_TIME
    return time.strftime("%Y-%m-%d %H:%M:%S", parts).rjust(19, "0")


@lru_cache(1024)
def abbreviate(logger: str, width: int) -> str:
    """Abbreviate a dotted name to a width in cells: the front parts become their first letters, then the end is kept.

    >>> abbreviate("app.db.pool", 20), abbreviate("app.db.pool", 9), abbreviate("app.db.pool", 3)
    ('app.db.pool', 'a.db.pool', '…ol')
    """
    if len(logger) > _MAX_NAME_CHARS:
        return _end_of(logger, width)
    parts = logger.split(".")
    for number in range(len(parts) - 1):
        if cells(logger) <= width:
            return logger
        parts[number] = parts[number][:1]
        logger = ".".join(parts)
    return _end_of(logger, width)


@lru_cache(1024)
def source_text(source: str) -> str:
    """Return the place of a call as it is shown at the right edge: its end, where it is long."""
    return _end_of(clean_text(source), _MAX_SOURCE_CELLS)


def _end_of(text: str, width: int) -> str:
    """Return the end of a text that fits into a width in cells, after an ellipsis where it is cut."""
    if len(text) <= _MAX_NAME_CHARS:
        if cells(text) <= width:
            return text
    else:
        text = text[-_MAX_NAME_CHARS:]
    while text and cells(text) > width - 1:
        text = text[1:]
    return "…" + text


def clean_value(value: str) -> str:
    """Return a value as it is shown: sanitized, and in quotes where its end would be ambiguous."""
    return quote(clean_text(value))


def quote(value: str) -> str:
    """Return a value in quotes where its end would be ambiguous; JSON delimits itself."""
    return f'"{value}"' if not value or (" " in value and value[0] not in "{[") else value
