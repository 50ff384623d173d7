"""Columns: a record's fields and a width -> the lines that show it. A pure function of the two.

Wide to narrow, as DESIGN's responsive columns have it: the source goes, the time loses its date, then its
milliseconds; the logger is abbreviated; the level becomes one letter; the logger goes; and at last a record is a short
head line with the message under it. What is shown depends on the width alone, never on the record, so columns stand
still; the message always has at least half of the width.

What a record lacks leaves its column blank, also where no record of a source has it: nothing here knows other records.
(`Fields.columns` says which columns there are; a head line that would be blank is left out.) Every part of a record is
untrusted. What is shown of it comes from `sanitize`; in a column, and in an extra, nothing acts but is shown.

An anchor in a record is an offset in its *body*: message, extras and trace, without what stands before them. The body
is the same at every width; `sheet` tells where it begins in each line.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import NamedTuple

from reflowlog.model import Record, Spans, Style
from reflowlog.text.sanitize import sanitize
from reflowlog.text.wrap import cells, clip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reflowlog.model import Fields

__all__ = ["Line", "columns", "sheet"]

_DIM = Style("2")
_LOGGER = Style("34")
_KEY = Style("36")
_LONGEST_NAME = 256  # characters of a logger's name that are abbreviated; of a longer one its end is shown
_LONGEST_SOURCE = 32  # cells of a source that are shown: its end
_NARROW = 2  # cells of indentation under a head line
_LEVELS = ((50, Style("1;31")), (40, Style("31")), (30, Style("33")), (20, Style("32")), (0, Style("2")))


class _Shape(NamedTuple):
    """What there is room for: cells of each column, 0 for none."""

    time: int  # 23 date and milliseconds, 12 time with milliseconds, 8 time
    level: int
    logger: int
    source: bool
    head_line: bool = False  # the message stands under the rest


@lru_cache(64)
def _shape(width: int | None, wanted: tuple[str, ...] | None) -> _Shape:
    """The columns for a width, less those that are not wanted."""
    shape = _widest(width)
    if wanted is None:
        return shape
    return shape._replace(
        time=shape.time if "time" in wanted else 0,
        level=shape.level if "level" in wanted else 0,
        logger=shape.logger if "logger" in wanted else 0,
        source=shape.source and "source" in wanted,
        head_line=shape.head_line and not {"time", "level", "logger"}.isdisjoint(wanted),
    )


_SHAPES = (  # from so many cells on
    (132, _Shape(23, 8, 20, source=True)),
    (110, _Shape(23, 8, 18, source=False)),
    (96, _Shape(12, 8, 18, source=False)),
    (84, _Shape(8, 8, 18, source=False)),
    (72, _Shape(8, 8, 12, source=False)),
    (60, _Shape(8, 1, 12, source=False)),
    (50, _Shape(8, 1, 0, source=False)),
    (0, _Shape(8, 1, 12, source=False, head_line=True)),
)


def _widest(width: int | None) -> _Shape:
    """The columns for a width; None is a width without end."""
    return next(shape for least, shape in _SHAPES if width is None or width >= least)


class Line(NamedTuple):
    """One line of a record at a width.

    Attributes:
        record: the line, with what stands before its body.
        body: where its part of the body begins in its text; at the text's end for a head line.
        start: where that part begins in the body, in characters. So a row of it that starts at ``row.start`` shows the
            body from ``start + max(row.start - body, 0)`` on.
    """

    record: Record
    body: int
    start: int


def columns(fields: Fields, width: int | None, utc: bool = False) -> list[Record]:
    """The lines of a record at a width, each free of control characters.

    Args:
        fields: the record.
        width: in cells; None for no limit, as in a file, where further lines are not indented.
        utc: show the time as it is in UTC; else it is local.

    Returns:
        The first line, whose `Record.column` is where all its rows hang, then further lines of the message and the
        traceback, indented to the same column.
    """
    return [line.record for line in sheet(fields, width, utc)]


def sheet(fields: Fields, width: int | None, utc: bool = False) -> list[Line]:
    """The lines of `columns`, each with the place where its body begins.

    The bodies of all lines but the head line, with a newline between two of them, are the same at every width.
    """
    shape = _shape(width, fields.columns)
    head, spans = _head(fields, shape, utc)
    message, *rest = fields.message.split("\n")
    extras = fields.extras
    aside = _end_of(_clean(fields.source), _LONGEST_SOURCE) if shape.source and width is not None else ""
    pad = 0 if width is None else _NARROW if shape.head_line else len(head)
    lines = []
    if shape.head_line:
        above = head.rstrip()
        if above:
            lines.append(Line(Record(above, spans, 0), len(above), 0))
        lines.append(Line(_line("", (), message, () if rest else extras, pad), pad, 0))
    else:
        first = _line(head, spans, message, () if rest else extras, 0)._replace(aside=aside)
        lines.append(Line(first, len(head), 0))
    further = [_line("", (), line, extras if last else (), pad) for last, line in _mark_last(rest)]
    if fields.trace:
        further += [_line("", (), line, (), pad) for line in fields.trace.rstrip("\n").split("\n")]
    start = len(lines[-1].record.text) - lines[-1].body + 1
    for record in further:
        lines.append(Line(_hanging(record, pad, width), pad, start))
        start += len(record.text) - pad + 1
    return lines


def _hanging(record: Record, pad: int, width: int | None) -> Record:
    """A further line whose own rows hang under its own indentation, where that leaves half of the width."""
    own = len(record.text) - len(record.text.lstrip(" ")) + 2
    return record._replace(column=own if own > pad + 2 and (width is None or own <= width // 2) else pad)


def _mark_last(lines: list[str]) -> list[tuple[bool, str]]:
    return [(number == len(lines) - 1, line) for number, line in enumerate(lines)]


def _head(fields: Fields, shape: _Shape, utc: bool) -> tuple[str, Spans]:
    """The columns before the message, padded, with a blank after each, and how they look."""
    text = ""
    spans: list[tuple[int, int, Style]] = []
    if shape.time:
        if fields.time is not None:
            text = _stamp(fields.time, shape.time, utc)
            spans.append((0, len(text), _DIM))
        text = _padded(text, shape.time)
    if shape.level:
        level = clip(_clean(fields.level_name), shape.level)
        spans.append((len(text), len(text) + len(level), _level_style(fields.level)))
        text += _padded(level, shape.level)
    if shape.logger:
        logger = abbreviate(_clean(fields.logger), shape.logger)
        spans.append((len(text), len(text) + len(logger), _LOGGER))
        text += _padded(logger, shape.logger)
    return text, tuple(span for span in spans if span[0] < span[1])


def _padded(text: str, width: int) -> str:
    """A column: text, then blanks up to its width in cells, and the one between it and the next."""
    return text + " " * (width - cells(text) + 1)


def _line(head: str, spans: Spans, message: str, extras: tuple[tuple[str, str], ...], pad: int) -> Record:
    """One line: what stands before it, the text as sanitized, then the extras as ``key=value``."""
    text, own = sanitize(message)
    before = head + " " * pad
    column = len(before)
    shown = [*spans, *((start + column, end + column, style) for start, end, style in own)] if own else [*spans]
    parts = [before, text]
    at = column + len(text)
    for name, value in extras:
        if at > column:
            parts.append("  ")
            at += 2
        key = _clean(name) + "="
        told = _quoted(_clean(value))
        shown.append((at, at + len(key), _KEY))
        parts += (key, told)
        at += len(key) + len(told)
    return Record("".join(parts), tuple(shown), column)


def _stamp(moment: float, cells: int, utc: bool) -> str:
    second = int(moment // 1)
    date = _second(second, utc)
    if cells == 8:
        return date[-8:]
    millisecond = min(int((moment - second) * 1000 + 0.0005), 999)  # a decimal fraction may be a hair too small
    return f"{date if cells == 23 else date[-8:]}.{millisecond:03d}"


@lru_cache(256)
def _second(moment: int, utc: bool) -> str:
    """A second as 19 characters; dashes where this machine knows no such time."""
    try:
        parts = time.gmtime(moment) if utc else time.localtime(moment)
    except (OSError, OverflowError, ValueError):
        return "---------- --:--:--"
    return time.strftime("%Y-%m-%d %H:%M:%S", parts).rjust(19, "0")


@lru_cache(1024)
def abbreviate(logger: str, width: int) -> str:
    """A dotted name in so many cells: its front parts by their first letters, then its tail.

    >>> abbreviate("app.db.pool", 20), abbreviate("app.db.pool", 9), abbreviate("app.db.pool", 3)
    ('app.db.pool', 'a.db.pool', '…ol')
    """
    if len(logger) > _LONGEST_NAME:
        return _end_of(logger, width)
    parts = logger.split(".")
    for number in range(len(parts) - 1):
        if cells(logger) <= width:
            return logger
        parts[number] = parts[number][:1]
        logger = ".".join(parts)
    return _end_of(logger, width)


def _end_of(text: str, width: int) -> str:
    """The end of a text that has room, after a mark where something is missing."""
    if len(text) <= _LONGEST_NAME:
        if cells(text) <= width:
            return text
    else:
        text = text[-_LONGEST_NAME:]
    while text and cells(text) > width - 1:
        text = text[1:]
    return "…" + text


def _level_style(level: int) -> Style:
    return next(style for least, style in _LEVELS if level >= least) if level > 0 else _DIM


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return sanitize(text.replace("\n", "\\n").replace("\r", "\\r").replace("\b", "\u2408"))[0]


def _quoted(value: str) -> str:
    """A value as one can see where it ends; JSON tells by itself."""
    return f'"{value}"' if not value or (" " in value and value[0] not in "{[") else value
