"""Columns: lays out the fields of a record at a width, as lines. A pure function of the two.

Wide to narrow, as DESIGN's responsive columns have it: the source goes, the time loses its date, then its
milliseconds; the logger is abbreviated; the level becomes one letter; the logger goes; and at last a record is a short
head line with the message under it.

Invariants:
- The set of columns depends on the width alone, never on the record, so columns stand still; the message always has at
  least half of the width.
- A part absent from a record leaves its column blank, also where no record of a source has it: other records are not
  known here. (`LogRecord.columns` selects the columns; a head line that would be blank is left out.)
- Every part of a record is untrusted. All shown text comes from `sanitize`; in a column, and in an extra, controls are
  shown and never act.
- An anchor in a record is an offset in its *body*: message, extras and trace, without the columns before them. The
  body is the same at every width; `sheet` returns where it begins in each line.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import NamedTuple

from reflowlog.core.records import PLAIN, Span, Spans, Style, StyledLine
from reflowlog.text.clean.cells import cells, clip
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.time_rule import elapsed_text
from reflowlog.text.parse.levels import STANDARD, UNNAMED_PREFIX, severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord
    from reflowlog.text.highlight.themes import Theme

__all__ = [
    "MAX_LOGGER_CHARS",
    "ColumnLine",
    "ColumnPlan",
    "clean_value",
    "column_plan",
    "columns",
    "key_text",
    "level_column",
    "logger_column",
    "sheet",
    "shown_texts",
    "time_text",
]

_MAX_NAME_CHARS = 256  # of a logger's name that is abbreviated; of a longer one the end is shown
_MAX_MEMO_CHARS = 1_024  # of a name that is memoized, which bounds the memory of the memos
MAX_LOGGER_CHARS = 1_024  # of a logger's name that are read: its end
_MAX_SOURCE_CELLS = 32  # of a source that are shown: its end
_HEAD_LINE_INDENT = 2  # cells of indentation under a head line


class ColumnPlan(NamedTuple):
    """Cells of each column at a width, 0 for none."""

    time: int  # 23 date and milliseconds, 12 time with milliseconds, 8 time
    level: int
    logger: int
    source: bool
    head_line: bool = False  # the message stands under the rest


@lru_cache(64)
def column_plan(width: int | None, selected: tuple[str, ...] | None) -> ColumnPlan:
    """Return the columns for a width, restricted to the selected ones; None selects all."""
    shape = _widest(width)
    if selected is None:
        return shape
    return shape._replace(
        time=shape.time if "time" in selected else 0,
        level=shape.level if "level" in selected else 0,
        logger=shape.logger if "logger" in selected else 0,
        source=shape.source and "source" in selected,
        head_line=shape.head_line and not {"time", "level", "logger"}.isdisjoint(selected),
    )


_SHAPES = (  # least cells of a width, and its columns
    (132, ColumnPlan(23, 8, 20, source=True)),
    (110, ColumnPlan(23, 8, 18, source=False)),
    (96, ColumnPlan(12, 8, 18, source=False)),
    (84, ColumnPlan(8, 8, 18, source=False)),
    (72, ColumnPlan(8, 8, 12, source=False)),
    (60, ColumnPlan(8, 1, 12, source=False)),
    (50, ColumnPlan(8, 1, 0, source=False)),
    (0, ColumnPlan(8, 1, 12, source=False, head_line=True)),
)


def _widest(width: int | None) -> ColumnPlan:
    """Return the columns for a width; None is an unlimited width."""
    return next(shape for least, shape in _SHAPES if width is None or width >= least)


class ColumnLine(NamedTuple):
    """One line of a record at a width.

    Attributes:
        record: the line, with the columns before its body.
        body: offset in its text where its part of the body begins; the text's end for a head line.
        start: offset of that part in the body, in characters. So a row of it that starts at ``row.start`` shows the
            body from ``start + max(row.start - body, 0)`` on.
    """

    record: StyledLine
    body: int
    start: int


def columns(
    fields: LogRecord, width: int | None, utc: bool = False, theme: Theme | None = None, host: str | None = None
) -> list[StyledLine]:
    """Return the lines of a record at a width, each free of control characters.

    Args:
        fields: the record.
        width: in cells; None for no limit, as in a file, where further lines are not indented.
        utc: show the time in UTC; else in local time.
        theme: styles of the columns, and of the marks found in a message without colours of its own; None: plain, and
            no marks are searched.
        host: this machine's name, if addresses and files are to be links, see `highlight`; it takes a theme.

    Returns:
        The first line, whose `StyledLine.column` is the hanging indent of its rows, then further lines of the message
        and the traceback, indented to the same column.
    """
    return [line.record for line in sheet(fields, width, utc, theme, host)]


def sheet(
    fields: LogRecord,
    width: int | None,
    utc: bool = False,
    theme: Theme | None = None,
    host: str | None = None,
    elapsed: float | None = None,
) -> list[ColumnLine]:
    """Return the lines of `columns`, each with the offset where its body begins.

    With `elapsed` that number of seconds is shown in the column of the time.

    The bodies of all lines but the head line, with a newline between two of them, are the same at every width.
    """
    shape = column_plan(width, fields.columns)
    head, spans = _head(fields, shape, utc, theme, elapsed)
    message, *rest = fields.message.split("\n")
    extras = fields.extras
    pad = "" if width is None else " " * (min(_HEAD_LINE_INDENT, width // 2) if shape.head_line else len(head))
    body = _BodyStyle(theme, host, theme.message(fields.level) if theme is not None else PLAIN)
    lines = []
    if shape.head_line:
        above = head.rstrip()
        if above:
            lines.append(ColumnLine(StyledLine(above, spans, 0), len(above), 0))
        lines.append(ColumnLine(body.line(pad, (), message, () if rest else extras), len(pad), 0))
    else:
        first = body.line(head, spans, message, () if rest else extras)
        if shape.source and width is not None and fields.source:
            first = first._replace(aside=_end_of(_clean(fields.source), _MAX_SOURCE_CELLS))
        lines.append(ColumnLine(first, len(head), 0))
    if not (rest or fields.trace):
        return lines
    further = [body.line(pad, (), line, extras if last else ()) for last, line in _mark_last(rest)]
    if fields.trace:
        body = body._replace(tint=theme.styles["trace"] if theme is not None else PLAIN)
        further += [body.line(pad, (), line, ()) for line in fields.trace.rstrip("\n").split("\n")]
    start = len(lines[-1].record.text) - lines[-1].body + 1
    for record in further:
        lines.append(ColumnLine(_hang_further(record, len(pad), width), len(pad), start))
        start += len(record.text) - len(pad) + 1
    return lines


def shown_texts(fields: LogRecord, utc: bool = False) -> list[str]:
    """Return the texts of a record's lines at all widths, without further lines' indentation, each once.

    A part of a row at any width is a part of one of them. The source, at the right edge, is a text of its own.
    """
    first, *further = sheet(fields, None, utc)
    body = first.record.text[first.body :]
    texts = [_head(fields, shape, utc, None)[0] for shape in _shapes(fields.columns)]
    texts = [f"{head}{body}" for head in texts] or [body]
    texts += [line.record.text[line.body :] for line in further]
    if fields.source and (fields.columns is None or "source" in fields.columns):
        texts.append(_end_of(_clean(fields.source), _MAX_SOURCE_CELLS))
    return list(dict.fromkeys(texts))


@lru_cache(64)
def _shapes(selected: tuple[str, ...] | None) -> list[ColumnPlan]:
    """Return the columns of all widths, each once."""
    return list(dict.fromkeys([column_plan(least, selected) for least, _ in _SHAPES]))


def _hang_further(record: StyledLine, pad: int, width: int | None) -> StyledLine:
    """Return a further line whose rows hang under its own indentation, where that leaves half of the width."""
    own = len(record.text) - len(record.text.lstrip(" ")) + 2
    return record._replace(column=own if own > pad + 2 and (width is None or own <= width // 2) else pad)


def _mark_last(lines: list[str]) -> list[tuple[bool, str]]:
    return [(number == len(lines) - 1, line) for number, line in enumerate(lines)]


# --- before the message ---


def _head(
    fields: LogRecord, shape: ColumnPlan, utc: bool, theme: Theme | None, elapsed: float | None = None
) -> tuple[str, Spans]:
    """Return the columns before the message, padded, with a blank after each, and their styles."""
    text = ""
    spans: list[Span] = []
    if shape.time:
        if fields.time is not None:
            text = time_text(fields.time, shape.time, utc) if elapsed is None else elapsed_text(elapsed, shape.time)
            spans.append((0, len(text), PLAIN if theme is None else theme.styles["time"]))
        text = text.ljust(shape.time + 1)
    if shape.level:
        shown, padded = level_column(fields.level_name, shape.level)
        spans.append((len(text), len(text) + shown, PLAIN if theme is None else theme.level(fields.level)))
        text += padded
    if shape.logger:
        shown, padded = logger_column(fields.logger[-MAX_LOGGER_CHARS:], shape.logger)
        spans.append((len(text), len(text) + shown, PLAIN if theme is None else theme.styles["logger"]))
        text += padded
    return text, tuple([span for span in spans if span[0] < span[1] and span[2] is not PLAIN])


@lru_cache(256)
def level_column(name: str, width: int) -> tuple[int, str]:
    """Return the number of characters of a level in its column, and the padded column."""
    if width == 1 and name.lower().startswith(UNNAMED_PREFIX):  # `logging` writes this for a number without a name
        name = STANDARD.get(severity(name) or 0, name)
    full = _clean(name)
    shown = clip(full, width)
    if width > 1 and shown != full:
        shown = clip(full, width - 1) + "…"
    return len(shown), _pad(shown, width)


@lru_cache(1024)
def logger_column(name: str, width: int) -> tuple[int, str]:
    """Return the number of characters of an abbreviated logger name in its column, and the padded column."""
    shown = abbreviate(_clean(name), width)
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
        record = StyledLine(before + text, tuple(shown), column)
        return self._apply_rules(record, theme) if theme is not None and theme.rules else record

    def _with_extras(self, text: str, extras: tuple[tuple[str, str], ...], column: int, spans: list[Span]) -> str:
        """Return the text with the extras after it, and add the spans of the extras to `spans`."""
        of_key = of_value = PLAIN
        if self.theme is not None:
            of_key, of_value = self.theme.styles["extra.key"], self.theme.styles["extra.value"]
        parts = [text]
        at = column + len(text)
        for name, value in extras:
            key = key_text(name) if len(name) <= _MAX_MEMO_CHARS else _clean(name) + "="
            shown_value = clean_value(value)
            if at > column:
                parts.append("  ")
                at += 2
            parts += (key, shown_value)
            middle = at + len(key)
            if of_key is not PLAIN:
                spans.append((at, middle, of_key))
            at = middle + len(shown_value)
            if self.host is not None and self.theme is not None and "/" in shown_value:
                from reflowlog.text.highlight.links import link_spans

                spans += [
                    (middle + start, middle + end, style)
                    for start, end, style in link_spans(shown_value, self.host, of_value)
                ]
            elif of_value is not PLAIN and shown_value:
                spans.append((middle, at, of_value))
        return "".join(parts)

    @staticmethod
    def _apply_rules(record: StyledLine, theme: Theme) -> StyledLine:
        """Return the line with the matches of a user's rules in its body, which are the same at every width."""
        from reflowlog.text.highlight.spans import overlay
        from reflowlog.text.highlight.user_rules import rule_spans

        column = record.column or 0
        found = rule_spans(record.text[column:], theme)
        over = tuple([(start + column, end + column, style) for start, end, style in found])
        return record._replace(spans=overlay(record.spans, over))


@lru_cache(1024)
def key_text(name: str) -> str:
    """Return the name of a field as it is shown before its value."""
    return _clean(name) + "="


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


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return sanitize(text.replace("\n", "\\n").replace("\r", "\\r"), overwrites=False)[0]


def clean_value(value: str) -> str:
    """Return a value as it is shown: sanitized, and in quotes where its end would be ambiguous."""
    return _quote(_clean(value))


def _quote(value: str) -> str:
    """Return a value in quotes where its end would be ambiguous; JSON delimits itself."""
    return f'"{value}"' if not value or (" " in value and value[0] not in "{[") else value
