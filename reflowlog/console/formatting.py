"""Log records as lines or fields: formatters, extras, tracebacks."""

from __future__ import annotations

import logging
import re
import sys
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from reflowlog.core.records import LogRecord, StyledLine
from reflowlog.text.clean.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.records import Item

__all__ = [
    "EXTRA_FROM",
    "PUT_OFF",
    "STANDARD",
    "DeferredFormat",
    "StdRecord",
    "check_columns",
    "effective_formatter",
    "fields_of",
    "format_lines",
    "in_a_list",
    "is_default_format",
    "level_of_record",
    "text_of",
    "trace_of",
]

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_FIELD = re.compile(r"%\((\w+)\)|\{(\w+)|\$\{?(\w+)")
PUT_OFF = STANDARD - {"msg", "args"}  # fields that mean the same once the message is rendered
EXTRA_FROM = len(vars(logging.makeLogRecord({})))  # a record with more attributes than this may have extras
StdRecord = logging.LogRecord
_new_record = StdRecord.__new__
_BLANK = {"args": None, "exc_info": None, "exc_text": None, "stack_info": None}
_BASIC_FORMATS = {style[1] for style in logging._STYLES.values()}


def level_of_record(record: logging.LogRecord) -> int:
    """A record's level; one made by hand, or sent by another process, may have none."""
    return record.levelno if isinstance(record.levelno, int) else 0


def text_of(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # the record is worth more than one of its fields
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def in_a_list(made: tuple[Any, ...]) -> list[Item]:
    time, level, level_name, logger, message, extras, file, line, trace, columns = made
    return [LogRecord(time, level, level_name, logger, message, extras, f"{file}:{line}", trace, columns)]


class DeferredFormat:
    """Formats on the printer thread what needs nothing but a record's own fields.

    Attributes:
        take: from a record's dict to the values that the format needs; for the caller's thread.
    """

    def __init__(self, formatter: logging.Formatter, names: set[str]) -> None:
        needed = sorted((names | {"created", "msecs"}) - {"message", "asctime"})
        self.take = itemgetter(*needed)
        self._formatter = formatter
        self._names = (*needed, "msg")

    def __call__(self, made: tuple[Any, ...]) -> list[Item]:
        record = _new_record(StdRecord)
        record.__dict__.update(_BLANK)
        record.__dict__.update(zip(self._names, made))
        return format_lines((self._formatter.format(record), made[-1]))


def format_lines(made: tuple[str, str]) -> list[Item]:
    """A formatter's text, a record a line; the first hangs where the message starts in it."""
    formatted, message = made
    first, *rest = formatted.split("\n")
    text, spans = sanitize(first)
    start = message.partition("\n")[0]
    column = text.find(start) if start else -1
    record = StyledLine(text, spans, column if column > 0 else None)
    return [record, *(StyledLine(*sanitize(line)) for line in rest)]


def is_default_format(formatter: logging.Formatter | None) -> bool:
    """Whether a formatter is like the one that `logging.basicConfig` gives to those that have none."""
    return type(formatter) is logging.Formatter and formatter._fmt in _BASIC_FORMATS


def effective_formatter(formatter: logging.Formatter | None) -> logging.Formatter | None:
    """The formatter that a handler's `setFormatter` is called with, which calls this.

    None if it is the one that `logging.basicConfig` gives to those that have none: nobody has asked for that.
    """
    unasked = sys._getframe(2).f_code is logging.basicConfig.__code__ and is_default_format(formatter)
    return None if unasked else formatter


def trace_of(record: logging.LogRecord) -> str:
    """The traceback and the stack of a record, as text."""
    parts = []
    if record.exc_info and not record.exc_text:
        parts.append(logging.Formatter().formatException(record.exc_info))
    elif record.exc_text:
        parts.append(record.exc_text)
    if record.stack_info:
        parts.append(record.stack_info)
    return "\n".join(parts)


def fields_of(formatter: logging.Formatter) -> set[str]:
    return {name for match in _FIELD.findall(formatter._fmt or "") for name in match if name}


_COLUMNS = ("time", "level", "logger", "message", "source")


def check_columns(columns: Sequence[str] | None) -> tuple[str, ...] | None:
    """Names of columns; ValueError for one that there is not."""
    unknown = set(columns or ()) - set(_COLUMNS)
    if unknown:
        raise ValueError(f"no such column: {', '.join(sorted(unknown))}; there are {', '.join(_COLUMNS)}")
    return None if columns is None else tuple(columns)
