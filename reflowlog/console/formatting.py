"""Conversion of `logging` records into items of the console: formatters, extras, tracebacks."""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from reflowlog.core.records import LogRecord, StyledLine
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.column_names import STANDARD_COLUMNS, check_names
from reflowlog.text.layout.column_plan import misspelt_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.records import Item

__all__ = [
    "DEFERRABLE",
    "STANDARD",
    "DeferredFormat",
    "StdRecord",
    "UsualFormat",
    "build_record",
    "check_columns",
    "effective_formatter",
    "error_report",
    "extras_of",
    "fields_of",
    "format_lines",
    "has_extras",
    "is_default_format",
    "level_of_record",
    "text_of",
    "trace_of",
    "with_columns",
]

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_FIELD = re.compile(r"%\((\w+)\)|\{(\w+)|\$\{?(\w+)")
DEFERRABLE = STANDARD - {"msg", "args"}  # fields that keep their meaning once the message is rendered
_STANDARD_COUNT = len(vars(logging.makeLogRecord({})))
StdRecord = logging.LogRecord
_new_record = StdRecord.__new__
_LOGGING_PACKAGES = {"logging", __name__.partition(".")[0]}
_BLANK = {"args": None, "exc_info": None, "exc_text": None, "stack_info": None}
_BASIC_FORMATS = {style[1] for style in logging._STYLES.values()}


def level_of_record(record: logging.LogRecord) -> int:
    """Return a record's level, 0 if it has none: it may be made by hand or sent by another process."""
    return record.levelno if isinstance(record.levelno, int) else 0


def text_of(value: object) -> str:
    """Return ``str(value)``, or a note naming the exception that it raises."""
    try:
        return str(value)
    except Exception as error:  # a field that fails does not cost the record
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


_FRAMEWORK_EXTRAS = {
    "aiohttp": {
        "environ",
        "first_request_line",
        "process_id",
        "remote_address",
        "request_header",
        "request_start_time",
        "request_time",
        "request_time_frac",
        "request_time_micro",
        "response_header",
        "response_size",
        "response_status",
    },
    "celery": {"data"},
    "django": {"alias", "duration", "params", "request", "server_time", "sql", "status_code"},
    "gunicorn": {"color_message"},
    "hypercorn": {"color_message"},
    "scrapy": {"crawler", "spider"},
    "uvicorn": {"color_message"},
    "websockets": {"websocket"},
}
"""Fields that frameworks attach to the records of their own loggers, for handlers of their own; what they say is in the
message."""

_TRACING_EXTRAS = ("otel", "dd.", "elasticapm_")
"""Beginnings of the fields that tracing libraries attach to all records: OpenTelemetry, Datadog, Elastic."""

_STRUCTLOG_EXTRAS = {"_from_structlog", "_logger", "_name", "_record"}  # for its `ProcessorFormatter`


def has_extras(record: logging.LogRecord) -> bool:
    """Return whether a record may have ``extra`` fields, by the count of its attributes."""
    fields = record.__dict__
    count = len(fields)
    if count > _STANDARD_COUNT:  # the formatters of other handlers add these two
        count -= ("message" in fields) + ("asctime" in fields)
    return count > _STANDARD_COUNT


def extras_of(record: logging.LogRecord, names: tuple[str, ...] | None) -> tuple[tuple[str, str], ...]:
    """Return the ``extra`` fields of a record as text.

    Args:
        record: the record.
        names: the fields that are shown; None for all but those that frameworks attach for themselves.
    """
    fields = record.__dict__
    if names is not None:
        return tuple((name, text_of(fields[name])) for name in fields if name in names and name not in STANDARD)
    hidden = _FRAMEWORK_EXTRAS.get(str(record.name).partition(".")[0], set())
    extras: list[tuple[str, str]] = []
    for name, value in fields.items():
        if name in STANDARD or name in hidden or name in _STRUCTLOG_EXTRAS or name.startswith(_TRACING_EXTRAS):
            continue
        if name == "extra" and isinstance(value, dict):  # loguru's, where it passes its records on to `logging`
            extras += [(text_of(key), text_of(bound)) for key, bound in value.items()]
        else:
            extras.append((name, text_of(value)))
    return tuple(extras)


def with_columns(
    extras: tuple[tuple[str, str], ...], record: logging.LogRecord, names: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return the fields of a record with those attributes that are columns of their own."""
    found = {name for name, _ in extras}
    fields = record.__dict__
    more = [(name, text_of(fields[name])) for name in names if name in fields and name not in found]
    return (*extras, *more)


def build_record(payload: tuple[Any, ...]) -> list[LogRecord]:
    """Build the log record of a deferred payload, as a list of one item. Printer thread."""
    time, level, level_name, logger, message, extras, file, line, trace, columns = payload
    return [LogRecord(time, level, level_name, logger, message, extras, f"{file}:{line}", trace, columns)]


class DeferredFormat:
    """A `logging.Formatter` that runs on the printer thread, for formats that use standard fields of the record only.

    Attributes:
        take: extracts the values that the format needs from a record's dict; for the caller's thread.
    """

    def __init__(self, formatter: logging.Formatter, names: set[str]) -> None:
        needed = sorted((names | {"created", "msecs"}) - {"message", "asctime"})
        self.take = itemgetter(*needed)
        self._formatter = formatter
        self._names = (*needed, "msg")

    def __call__(self, payload: tuple[Any, ...]) -> list[Item]:
        """Format the extracted values, followed by the rendered message. Printer thread."""
        record = _new_record(StdRecord)
        record.__dict__.update(_BLANK)
        record.__dict__.update(zip(self._names, payload))
        return format_lines((self._formatter.format(record), payload[-1]))


class UsualFormat:
    """A `logging.Formatter` itself, for records without exception and stack; a second's text is computed once.

    Args:
        formatter: not of a subclass.
    """

    def __init__(self, formatter: logging.Formatter) -> None:
        self._formatter = formatter
        self._uses_time = formatter.usesTime()
        self._second: tuple[float | None, object, str | None, str] = (None, None, None, "")

    def __call__(self, record: logging.LogRecord) -> str:
        """Return the text of `logging.Formatter.format`, and set the attributes that it sets."""
        record.message = record.getMessage()
        if self._uses_time:
            record.asctime = self._time(record)
        return self._formatter.formatMessage(record)

    def _time(self, record: logging.LogRecord) -> str:
        """Return the text of `formatTime`."""
        formatter = self._formatter
        second, converter, datefmt = record.created // 1, formatter.converter, formatter.datefmt
        known = self._second
        if known[0] != second or known[1] is not converter or known[2] != datefmt:
            if converter not in _CONVERTERS or type(formatter).formatTime is not _format_time:
                return formatter.formatTime(record, datefmt)
            text = time.strftime(datefmt or formatter.default_time_format, converter(record.created))
            self._second = known = second, converter, datefmt, text
        if datefmt or not formatter.default_msec_format:
            return known[3]
        return formatter.default_msec_format % (known[3], record.msecs)


_CONVERTERS = (time.localtime, time.gmtime)  # the time of day in a second is the same for all of its fractions
_format_time = logging.Formatter.formatTime


def format_lines(payload: tuple[str, str]) -> list[Item]:
    """Split a formatter's text into styled lines; the first one's hanging indent is the column of the message."""
    formatted, message = payload
    first, *rest = formatted.split("\n")
    text, spans = sanitize(first, overwrites=False)  # in a log record nothing overwrites
    start = sanitize(message.partition("\n")[0], overwrites=False)[0]
    column = text.find(start) if start else -1
    record = StyledLine(text, spans, column if column > 0 else None)
    return [record, *(StyledLine(*sanitize(line, overwrites=False)) for line in rest)]


def is_default_format(formatter: logging.Formatter | None) -> bool:
    """Return whether a formatter equals the default of `logging.basicConfig`."""
    return type(formatter) is logging.Formatter and formatter._fmt in _BASIC_FORMATS


def effective_formatter(formatter: logging.Formatter | None) -> logging.Formatter | None:
    """Return the formatter passed to a handler's `setFormatter`, which must be the caller.

    None if `logging.basicConfig` sets its default format, which the program did not request.
    """
    is_default = sys._getframe(2).f_code is logging.basicConfig.__code__ and is_default_format(formatter)
    return None if is_default else formatter


def trace_of(record: logging.LogRecord) -> str:
    """Return the traceback and the stack of a record as text."""
    parts = []
    if record.exc_info and not record.exc_text:
        parts.append(logging.Formatter().formatException(record.exc_info))
    elif record.exc_text:
        parts.append(record.exc_text)
    if record.stack_info:
        parts.append(record.stack_info)
    return "\n".join(parts)


def error_report(record: logging.LogRecord) -> str:
    """Return the report of the exception being handled, as `logging.Handler.handleError` writes it."""
    error = sys.exc_info()[1]
    frame = None if error is None or error.__traceback__ is None else error.__traceback__.tb_frame
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _LOGGING_PACKAGES:
        frame = frame.f_back
    lines = ["--- Logging error ---\n"]
    if error is not None:
        lines += traceback.format_exception(type(error), error, error.__traceback__)
    if frame is not None:
        lines += ["Call stack:\n", *traceback.format_stack(frame)]
    else:
        lines.append(f"Logged from file {record.filename}, line {record.lineno}\n")
    try:
        lines.append(f"Message: {record.msg!r}\nArguments: {record.args}\n")
    except Exception:  # a message or an argument whose repr raises
        lines.append("Unable to print the message and arguments - possible formatting error.\n")
    return "".join(lines).rstrip("\n")


def fields_of(formatter: logging.Formatter) -> set[str]:
    """Return the names of the record attributes that a formatter's format uses."""
    return {name for match in _FIELD.findall(formatter._fmt or "") for name in match if name}


def check_columns(columns: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return names of columns and fields as a tuple, None for the usual ones.

    Raises:
        ValueError: a name is that of a column, misspelt.
        TypeError: this is one text, or not all are texts.
    """
    names = check_names("columns", columns, "['time', 'message']")
    for name in names or ():
        if name not in STANDARD_COLUMNS and (meant := misspelt_column(name)):
            raise ValueError(f"no such column: {name}; did you mean {meant}?")
    return names
