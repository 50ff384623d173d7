"""Columns: a record's fields and a width -> the lines that show it. A pure function of the two.

Wide to narrow, as DESIGN's responsive columns have it: the source goes, the time loses its date, then its
milliseconds; the logger is abbreviated; the level becomes one letter; the logger goes; and at last a record is a short
head line with the message under it. What is shown depends on the width alone, never on the record, so columns stand
still; the message always has at least half of the width.
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

__all__ = ["columns"]

_DIM = Style("2")
_LOGGER = Style("34")
_KEY = Style("36")
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


def columns(fields: Fields, width: int | None) -> list[Record]:
    """The lines of a record at a width, each free of control characters.

    Args:
        fields: the record.
        width: in cells; None for no limit, as in a file, where further lines are not indented.

    Returns:
        The first line, whose `Record.column` is where all its rows hang, then further lines of the message and the
        traceback, indented to the same column.
    """
    shape = _shape(width, fields.columns)
    head, spans = _head(fields, shape)
    message, *rest = fields.message.split("\n")
    extras = fields.extras
    aside = _clean(fields.source) if shape.source and width is not None else ""
    pad = 0 if width is None else _NARROW if shape.head_line else len(head)
    if shape.head_line:
        lines = [Record(head.rstrip(), spans, 0), _line("", (), message, () if rest else extras, pad)]
    else:
        lines = [_line(head, spans, message, () if rest else extras, 0)._replace(aside=aside)]
    further = [_line("", (), line, extras if last else (), pad) for last, line in _mark_last(rest)]
    if fields.trace:
        further += [_line("", (), line, (), pad) for line in fields.trace.rstrip("\n").split("\n")]
    return lines + [_hanging(record, pad, width) for record in further]


def _hanging(record: Record, pad: int, width: int | None) -> Record:
    """A further line whose own rows hang under its own indentation, where that leaves half of the width."""
    own = len(record.text) - len(record.text.lstrip(" ")) + 2
    return record._replace(column=own if own > pad + 2 and (width is None or own <= width // 2) else pad)


def _mark_last(lines: list[str]) -> list[tuple[bool, str]]:
    return [(number == len(lines) - 1, line) for number, line in enumerate(lines)]


def _head(fields: Fields, shape: _Shape) -> tuple[str, Spans]:
    """The columns before the message, padded, with a blank after each, and how they look."""
    text = ""
    spans: list[tuple[int, int, Style]] = []
    if shape.time:
        text = _stamp(fields.time, shape.time)
        spans.append((0, len(text), _DIM))
        text += " "
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
    shown = [*spans, *((start + column, end + column, style) for start, end, style in own)]
    text = before + text
    for name, value in extras:
        text = f"{text}  " if text else ""
        key = _clean(name) + "="
        shown.append((len(text), len(text) + len(key), _KEY))
        text += key + _quoted(_clean(value))
    return Record(text, tuple(shown), column)


def _stamp(moment: float, cells: int) -> str:
    second = int(moment // 1)
    date = _second(second)
    if cells == 8:
        return date[11:]
    millisecond = int((moment - second) * 1000)
    return f"{date if cells == 23 else date[11:]}.{millisecond:03d}"


@lru_cache(16)
def _second(moment: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


@lru_cache(1024)
def abbreviate(logger: str, width: int) -> str:
    """A dotted name in so many cells: its front parts by their first letters, then its tail.

    >>> abbreviate("app.db.pool", 20), abbreviate("app.db.pool", 9), abbreviate("app.db.pool", 3)
    ('app.db.pool', 'a.db.pool', '…ol')
    """
    parts = logger.split(".")
    for number in range(len(parts) - 1):
        if cells(logger) <= width:
            return logger
        parts[number] = parts[number][:1]
        logger = ".".join(parts)
    if cells(logger) <= width:
        return logger
    while logger and cells(logger) > width - 1:
        logger = logger[1:]
    return "…" + logger


def _level_style(level: int) -> Style:
    return next(style for least, style in _LEVELS if level >= least) if level > 0 else _DIM


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return sanitize(text.replace("\n", "\\n"))[0]


def _quoted(value: str) -> str:
    return f'"{value}"' if not value or " " in value else value
