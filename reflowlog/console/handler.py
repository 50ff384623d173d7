"""Logging handler: sends records of `logging` to a console.

Invariants:
- The content of a record is fixed on the caller's thread: message, exception and extras as text. Its layout is computed
  on the printer thread, where there is one. A custom formatter runs on the caller's thread, because it may read
  thread-local data; `logging.Formatter` itself, with standard fields only, is deferred.
- `emit` takes no lock of the handler: the console orders the records. It never raises; errors go to `handleError`.
- Handlers on one stream share one console, so that they do not paint over each other: the console that the program has
  created for that stream, if any; else their own, which is closed with the last of them, and created again if a
  handler is used after that, as `logging.config` does.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import IO, TYPE_CHECKING, Any

from reflowlog.console.capture import Capture
from reflowlog.console.capture import capture as make_capture
from reflowlog.console.console import check_console
from reflowlog.console.core import core_of
from reflowlog.console.formatting import (
    DEFERRABLE,
    DeferredFormat,
    UsualFormat,
    build_record,
    check_columns,
    effective_formatter,
    error_report,
    extras_of,
    fields_of,
    format_lines,
    has_extras,
    level_of_record,
    trace_of,
    with_columns,
)
from reflowlog.console.handler_base import ConsoleHandler
from reflowlog.console.plain_fallback import mark_controls
from reflowlog.console.shared import ConsoleLease, check_keywords, check_options, key_of
from reflowlog.core.events import DeferredRecords
from reflowlog.text.clean.sanitize import is_plain
from reflowlog.text.layout.column_names import check_names
from reflowlog.text.layout.column_plan import field_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Unpack

    from reflowlog.console.console import Console, ConsoleKeywords
    from reflowlog.console.core import ConsoleCore
    from reflowlog.console.direct_output import DirectWriter


__all__ = ["ReflowHandler", "install"]
_new_entry = tuple.__new__  # half the time of a NamedTuple's own `__new__`
_ERROR = logging.ERROR
_PLAIN_FORMAT = logging.Formatter("%(asctime)s %(levelname)-8s %(name)s %(message)s")
_PLAIN_FORMAT.default_msec_format = "%s.%03d"


if TYPE_CHECKING:

    class HandlerKeywords(ConsoleKeywords, total=False):
        """Keyword arguments of `ReflowHandler`, for type checkers."""

        stream: IO[str] | None
        console: Console | None
        columns: Sequence[str] | None
        extras: Sequence[str] | None


class ReflowHandler(ConsoleHandler):
    r"""Shows log records on a console, laid out for the terminal's width and again when that changes.

    Without a formatter a record is shown in columns that adapt to the width, with its ``extra`` fields and traceback.
    With one, its text is shown, hanging under the message. Works before, during and after a fork, and can be pickled.

    Args:
        level: the lowest level it shows.
        stream: target stream; standard error if not given.
        console: show on this console, which its owner closes. Not together with a stream.
        columns: names of the columns to show: time, level, logger, message, source, ``extra`` fields, and attributes of
            the record (``threadName``); the first five if not given.
        extras: names of the ``extra`` fields to show, ``()`` for none; None for all but those that frameworks attach
            for themselves.
        console_options: arguments of `Console`, for the console that is created for the stream. An existing console is
            used as it is.

    Raises:
        TypeError: an unknown argument, one of a wrong type, or a stream without `write`.
        ValueError: both a stream and a console were given, or an unknown level or value.

    Example:
        >>> import io
        >>> out = io.StringIO()
        >>> handler = ReflowHandler(stream=out)
        >>> handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        >>> logger = logging.Logger("app")
        >>> logger.addHandler(handler)
        >>> logger.warning("disk %d%% full", 91)
        >>> handler.close()
        >>> out.getvalue()
        'WARNING disk 91% full\n'
    """

    def __init__(
        self,
        level: int | str = logging.NOTSET,
        *,
        stream: IO[str] | None = None,
        console: Console | None = None,
        columns: Sequence[str] | None = None,
        extras: Sequence[str] | None = None,
        **console_options: Unpack[ConsoleKeywords],
    ) -> None:
        check_keywords(type(self).__name__, console_options)
        check_console(console)
        super().__init__(_level_of(level))
        self._extras = check_names("extras", extras)
        self._columns = check_columns(columns)
        self._fields_in_columns = field_columns(self._columns)
        self._late: DeferredFormat | None = None
        self._usual: UsualFormat | None = None
        options: dict[str, Any] = dict(console_options)
        if console is None:
            check_options(stream, options)
        self._lease = ConsoleLease(console, stream, options)

    @property
    def console(self) -> Console:
        """The console that shows the records."""
        return self._lease.console

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802 - logging's name
        """Show the records as a formatter renders them; None shows columns.

        The default format that `logging.basicConfig` sets for handlers without one counts as None.
        """
        fmt = effective_formatter(fmt)
        super().setFormatter(fmt)
        self._late = self._usual = None
        if type(fmt) is logging.Formatter and type(self).format is logging.Handler.format:
            self._usual = UsualFormat(fmt)
            if (names := fields_of(fmt)) <= DEFERRABLE:
                self._late = DeferredFormat(fmt, names)

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record to the console. Any thread; never raises."""
        core = self._lease.core
        try:
            self._send(record, core)
        except RecursionError:
            raise
        except Exception:
            if not (self._send_to_new_console(record, core) or (sys.is_finalizing() and self._write_plainly(record))):
                self.handleError(record)

    def _send_to_new_console(self, record: logging.LogRecord, used: ConsoleCore) -> bool:
        """Send to a new console if this one was closed: `logging.config` closes handlers that are still in use."""
        with contextlib.suppress(Exception):
            while self._lease.renew(used):
                used = self._lease.core
                try:
                    self._send(record, used)
                except Exception:
                    if not used.closed:  # else another thread has closed that one, too
                        raise
                else:
                    return True
        return False

    def _write_plainly(self, record: logging.LogRecord) -> bool:
        """Write a record to standard error while the interpreter ends, when modules are cleared already.

        Each control is shown as a mark.
        """
        try:
            text = (self.formatter or _PLAIN_FORMAT).format(record)
            stream: Any = sys.stderr or sys.__stderr__
            stream.write(mark_controls(text) + "\n")
            stream.flush()
        except Exception:
            return False
        return True

    def _send(self, record: logging.LogRecord, core: ConsoleCore) -> None:
        output = core.current
        if output is not None and output.direct is not None and self._write_directly(core, output.direct, record):
            return
        message = record.getMessage()
        important = level_of_record(record) >= _ERROR
        late = self._late  # another thread may set another formatter
        if self.formatter is None:
            entry = _new_entry(DeferredRecords, (self._fields(record, message), build_record, important))
        elif late is not None and not record.exc_info and not record.exc_text and not record.stack_info:
            entry = _new_entry(DeferredRecords, ((*late.take(record.__dict__), message), late, important))
        else:
            entry = _new_entry(DeferredRecords, ((self.format(record), message), format_lines, important))
        core.submit(entry, len(message), important=important)

    def _write_directly(self, core: ConsoleCore, direct: DirectWriter, record: logging.LogRecord) -> bool:
        """Write a record on this thread, past the queue, if it is one line of text or has columns."""
        has_trace = record.exc_info or record.exc_text or record.stack_info
        if self.formatter is not None:
            usual = self._usual
            text = self.format(record) if usual is None or has_trace else usual(record)
            return is_plain(text) and core.write_directly(text)
        message = record.getMessage()
        render = direct.texts[self._columns]
        if render is not None and not has_trace:
            extras = self._extras_of(record) if has_extras(record) else ()
            line = render.line(record.created, record.levelname, record.name, message, extras)
            if line is not None:
                return core.write_directly(line)
        return core.write_directly(build_record(self._fields(record, message))[0])

    def _extras_of(self, record: logging.LogRecord) -> tuple[tuple[str, str], ...]:
        """Return the ``extra`` fields of a record that are shown, as text."""
        return extras_of(record, self._lease.core.target.options.extras if self._extras is None else self._extras)

    def _fields(self, record: logging.LogRecord, message: str) -> tuple[object, ...]:
        """Return the payload of `build_record`: the record's fields as plain text and numbers, fixed on this thread."""
        extras: tuple[tuple[str, str], ...] = ()
        if has_extras(record):
            extras = self._extras_of(record)
        if self._fields_in_columns:
            extras = with_columns(extras, record, self._fields_in_columns)
        trace = ""
        if record.exc_info or record.exc_text or record.stack_info:
            trace = trace_of(record)
        return (
            record.created,
            level_of_record(record),
            str(record.levelname),
            str(record.name),
            message,
            extras,
            record.filename,
            record.lineno,
            trace,
            self._columns,
        )

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Report the exception being handled on the console, in order with the records, if `logging` reports errors."""
        if not logging.raiseExceptions:
            return
        try:
            report = error_report(record)
            self._lease.core.submit(DeferredRecords((report, ""), format_lines, True), len(report), important=True)
        except RecursionError:
            raise
        except Exception:
            super().handleError(record)

    def flush(self) -> None:
        """Wait until all records so far are on the screen."""
        if not self.console.closed:
            self.console.flush()

    def close(self) -> None:
        """Show all records so far. The console is closed with the last handler that shares it."""
        self._lease.end()
        super().close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._lease.core.name} ({logging.getLevelName(self.level)})>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments and the address of the console, not the stream."""
        state = {"level": self.level, "options": self._lease.options, "columns": self._columns, "extras": self._extras}
        state |= {"formatter": self.formatter, "name": self.name}
        state |= {"process": os.getpid(), "address": self._lease.core.address()}
        return _unpickle, (state,)


def install(
    level: int | str = "INFO", *, capture: bool | None = None, **handler_options: Unpack[HandlerKeywords]
) -> ReflowHandler:
    """Send the root logger's records to a console on standard error.

    Called again it replaces the handler that it installed before. Plain stream handlers of the root logger that write
    to the same terminal or stream, such as the one of `logging.basicConfig`, are removed: each record is shown once.

    Args:
        level: for the root logger; names in any case.
        capture: whether `print` and `sys.stderr` go through the console, as with `reflowlog.capture`; None: on a
            terminal. False: they do not, and then rows are laid out again on a new width only while nothing else can
            have written.
        handler_options: arguments of `ReflowHandler`.

    Returns:
        The handler.

    Raises:
        TypeError: an unknown argument.
        ValueError: an unknown level or value.
    """
    global _installed, _installed_capture
    root, number = logging.getLogger(), _level_of(level)
    logging.Handler().setLevel(number)  # a wrong level or option leaves everything unchanged
    check_keywords("install", _console_options(handler_options))
    check_options(handler_options.get("stream"), _console_options(handler_options))
    if _installed_capture is not None:
        _installed_capture.__exit__(None, None, None)
        _installed_capture = None
    if _installed is not None:
        root.removeHandler(_installed)
        _installed.close()
    _installed = handler = ReflowHandler(**handler_options)
    _remove_doubles(root, handler.console)
    root.addHandler(handler)
    root.setLevel(number)
    target = core_of(handler.console).target
    if capture or (capture is None and target.isatty()):
        terminal = key_of(target.target())
        streams = {name: capture is True or key_of(getattr(sys, name)) == terminal for name in ("stdout", "stderr")}
        _installed_capture = make_capture(handler.console, **streams)
        _installed_capture.__enter__()
    return handler


def _remove_doubles(root: logging.Logger, console: Console) -> None:
    """Remove stream handlers that write to the console's stream, or to the same terminal, and do nothing else."""
    key = key_of(core_of(console).target.target())
    for handler in list(root.handlers):
        if not isinstance(handler, logging.StreamHandler) or type(handler).emit is not logging.StreamHandler.emit:
            continue
        if key_of(handler.stream) == key:
            root.removeHandler(handler)


def _level_of(level: int | str) -> int | str:
    """Return a level, its name in capitals if only that is known to `logging`: "debug" is DEBUG."""
    if isinstance(level, str) and not isinstance(logging.getLevelName(level), int):
        return level.upper()
    return level


def _console_options(options: Mapping[str, Any]) -> dict[str, Any]:
    own = ("level", "stream", "console", "columns", "extras")
    return {name: value for name, value in options.items() if name not in own}


_installed_capture: Capture | None = None
_installed: ReflowHandler | None = None


def _unpickle(state: dict[str, Any]) -> ReflowHandler:
    options = {"mode": "plain"} | state["options"]  # another process may be painting the terminal
    address = state["address"]
    if address is None or state["process"] == os.getpid():
        handler = ReflowHandler(state["level"], columns=state["columns"], extras=state["extras"], **options)
    else:
        lease = ConsoleLease(None, None, options, address)
        handler = ReflowHandler(state["level"], columns=state["columns"], extras=state["extras"], console=lease.console)
        handler._lease = lease
    handler.setFormatter(state["formatter"])
    handler.set_name(state["name"])
    return handler
