"""The logging handler: records of `logging` -> the console.

Rules of this file:
- What a record means is fixed on the caller's thread: its message, its exception, its extras as text. What it looks
  like is worked out on the printer thread. A formatter of the program's own runs on the caller's thread, for it may
  read what belongs to that thread; `logging.Formatter` itself, with standard fields only, is put off.
- `emit` takes no lock: the console's queue orders the records. It never raises; what goes wrong is `handleError`'s.
- Handlers on one stream share one console, so that nothing of one is painted over the other: the one that the program
  has made for that stream, if any; else their own, which is closed with the last of them, and made again if one is
  used after that, as `logging.config` does.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any, cast

from reflowlog.console.console import Console, console_at, open_consoles
from reflowlog.console.stream_proxy import StandIn, beneath
from reflowlog.core.events import Entry
from reflowlog.core.records import Fields, Record
from reflowlog.system import fd_redirect
from reflowlog.system.fds import is_tty
from reflowlog.text.clean.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.records import Item

__all__ = [
    "ReflowHandler",
    "UnlockedHandler",
    "acquire",
    "check_columns",
    "install",
    "is_default_format",
    "key_of",
    "release",
    "shared_console",
    "trace_of",
    "wished",
]

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_FIELD = re.compile(r"%\((\w+)\)|\{(\w+)|\$\{?(\w+)")
_PUT_OFF = _STANDARD - {"msg", "args"}  # fields that mean the same once the message is rendered
_EXTRA_FROM = len(vars(logging.makeLogRecord({})))  # a record with more attributes than this may have extras
_Record = logging.LogRecord
_new_record = _Record.__new__
_new_entry = tuple.__new__  # a NamedTuple's own `__new__` takes twice as long
_BLANK = {"args": None, "exc_info": None, "exc_text": None, "stack_info": None}
_ERROR = logging.ERROR
_BASIC_FORMATS = {style[1] for style in logging._STYLES.values()}


class UnlockedHandler(logging.Handler):
    """A handler whose records are ordered by a queue: `emit` is called on many threads at the same time."""

    def createLock(self) -> None:  # noqa: N802 - logging's name
        """No lock: the queue orders the records."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> Any:
        """Filter and emit, without the lock that `logging.Handler.handle` takes."""
        kept: Any = self.filter(record) if self.filters else True
        if kept:
            self.emit(kept if isinstance(kept, _Record) else record)
        return kept


class ReflowHandler(UnlockedHandler):
    r"""Shows log records on a console, laid out for the terminal's width and again when that changes.

    Without a formatter a record is shown in columns that adapt to the width, with its ``extra`` fields and traceback.
    With one, its text is shown, hanging under the message. Works before, during and after a fork, and can be pickled.

    Args:
        level: the least level it shows.
        stream: where to write; standard error if not given.
        console: show on this console, which stays its owner's to close. Not together with a stream.
        columns: names of the columns to show; all of them if not given.
        console_options: as `Console` takes them, for the console that is made for the stream. A console that is there
            already is used as it is.

    Raises:
        ValueError: both a stream and a console were given, or a level or option that there is not.

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
        **console_options: Any,
    ) -> None:
        if console is not None and (stream is not None or console_options):
            raise ValueError("a console brings its own stream and options: give either, not both")
        super().__init__(level)
        self._stream = stream
        self._options = console_options
        self._columns = check_columns(columns)
        self._late: _Late | None = None
        self._address: str | None = None  # of the console that it was pickled with
        self._owns = console is None
        if console is None:
            _check_options(stream, console_options)
            self._console = acquire(stream, console_options)
        else:
            self._console = console
        self._holds = self._owns

    @property
    def console(self) -> Console:
        """The console it shows on."""
        return self._console

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802 - logging's name
        """Show what a formatter makes of the records; None: columns.

        The default format that `logging.basicConfig` gives to handlers that have none is no wish of anybody's, and is
        taken for None.
        """
        fmt = wished(fmt)
        super().setFormatter(fmt)
        self._late = None
        if fmt is not None and type(fmt) is logging.Formatter and (names := _fields_of(fmt)) <= _PUT_OFF:
            self._late = _Late(fmt, names)

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record to the console. Never raises; any thread."""
        try:
            self._send(record)
        except RecursionError:
            raise
        except Exception:
            if not self._sent_to_a_new_console(record):
                self.handleError(record)

    def _sent_to_a_new_console(self, record: logging.LogRecord) -> bool:
        """Ours was closed, as `logging.config` does with handlers that are still in use: take the one there is now."""
        if not (self._owns and self._console.closed):
            return False
        try:
            with _sharing:
                if self._console.closed:
                    self._console = acquire(self._stream, self._options, self._address)
                    self._holds = True
            self._send(record)
        except Exception:
            return False
        return True

    def _send(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        important = _level(record) >= _ERROR
        if self.formatter is None:
            entry = _new_entry(Entry, (self._fields(record, message), _in_a_list, important))
        elif self._late is not None and not record.exc_info and not record.exc_text and not record.stack_info:
            entry = _new_entry(Entry, ((*self._late.take(record.__dict__), message), self._late, important))
        else:
            entry = _new_entry(Entry, ((self.format(record), message), _formatted, important))
        self._console.submit(entry, len(message), important=important)

    def _fields(self, record: logging.LogRecord, message: str) -> tuple[object, ...]:
        """What the columns show of a record, as text and numbers in plain tuples: see the rules of this file."""
        extras: tuple[tuple[str, str], ...] = ()
        if len(record.__dict__) > _EXTRA_FROM:
            extras = tuple((k, _text(v)) for k, v in record.__dict__.items() if k not in _STANDARD)
        trace = ""
        if record.exc_info or record.exc_text or record.stack_info:
            trace = trace_of(record)
        return (
            record.created,
            _level(record),
            str(record.levelname),
            str(record.name),
            message,
            extras,
            record.filename,
            record.lineno,
            trace,
            self._columns,
        )

    def flush(self) -> None:
        """Wait until all records so far are on the screen."""
        if not self._console.closed:
            self._console.flush()

    def close(self) -> None:
        """Show all records so far. The console is closed with the last handler that shares it."""
        if self._holds:
            self._holds = False
            release(self._console)
        else:
            self.flush()
        super().close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._console.name} ({logging.getLevelName(self.level)})>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by what it was made with, and where its console is; a stream of its own stays behind."""
        state = {"level": self.level, "options": self._options, "columns": self._columns}
        state |= {"formatter": self.formatter, "name": self.name}
        state |= {"process": os.getpid(), "address": self._console.address()}
        return _unpickle, (state,)


def install(level: int | str = "INFO", **handler_options: Any) -> ReflowHandler:
    """Send the root logger's records to a console on standard error.

    Called again it replaces the handler that it installed before, and no other.

    Args:
        level: for the root logger.
        handler_options: as `ReflowHandler` takes them.

    Returns:
        The handler.
    """
    global _installed
    root = logging.getLogger()
    logging.Handler().setLevel(level)  # a wrong level, or option, is to leave all as it was
    _check_options(handler_options.get("stream"), _console_options(handler_options))
    if _installed is not None:
        root.removeHandler(_installed)
        _installed.close()
    _installed = handler = ReflowHandler(**handler_options)
    root.addHandler(handler)
    root.setLevel(level)
    return handler


def _console_options(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in ("level", "stream", "console", "columns")}


_installed: ReflowHandler | None = None

_shared: dict[object, tuple[Console, int]] = {}  # by the stream: a console, and how many handlers hold it
_sharing = threading.RLock()


def _check_options(stream: IO[str] | None, options: dict[str, Any]) -> None:
    """Have a console say what is wrong with them, also where another one is taken; nobody is to find this one."""
    with _sharing:
        Console(stream, **options).close()


def acquire(stream: IO[str] | None, options: dict[str, Any], address: str | None = None) -> Console:
    """The console on a stream, made if there is none. Standard output and error on one terminal are one stream.

    One that its program made itself stays that program's to close.

    Args:
        stream: standard error if None.
        options: for one that is made.
        address: of another process's console; then there is no stream.
    """
    key = key_of(stream) if address is None else address
    with _sharing:
        console, count = _shared.get(key, (None, 0))
        if console is None or console.closed:
            if (found := _open_on(key)) is not None:
                return found
            if address is not None:
                console, count = console_at(address, **options), 0
            else:
                console, count = Console(None if _is_standard_error(stream) else stream, **options), 0
        _shared[key] = (console, count + 1)
        return console


def _open_on(key: object) -> Console | None:
    """The newest open console on a stream, or at an address."""
    return next((each for each in open_consoles() if key in (each.parent, key_of(each.stream))), None)


def shared_console(stream: IO[str] | None = None) -> Console:
    """The console for those who bring none, so that one alone paints a terminal. Any thread.

    Args:
        stream: where to write; standard error if not given.

    Returns:
        The newest console that is open on the stream, or on the same terminal, whoever made it; if there is none, one
        that is open until the program ends, which later handlers share.
    """
    stream = sys.stderr if stream is None else stream
    if isinstance(stream, StandIn) and stream.live:
        stream = cast("Any", stream.listener)
    if isinstance(stream, Console) and not stream.closed:
        return stream
    with _sharing:
        return _open_on(key_of(stream)) or acquire(stream, {})


def key_of(stream: IO[str] | None) -> object:
    """What tells one stream from others: two on one terminal are one, and a stand-in is what it stands for."""
    real: Any = beneath(sys.stderr if stream is None else stream)
    try:
        if (terminal := fd_redirect.ask(real.fileno(), _terminal_of)) is not None:
            return terminal
    except (AttributeError, OSError, TypeError, ValueError):
        pass
    return id(None if _is_standard_error(stream) else real)


def _is_standard_error(stream: IO[str] | None) -> bool:
    return stream is None or beneath(stream) is beneath(sys.stderr)


def _terminal_of(descriptor: int) -> int | None:
    return os.fstat(descriptor).st_rdev if is_tty(descriptor) else None


def release(console: Console) -> None:
    """One handler fewer; the last one closes it, which may wait for a thread that logs: so not under the lock."""
    with _sharing:
        key = next((key for key, (shared, _) in _shared.items() if shared is console), None)
        if key is None:  # its program's own
            return
        count = _shared[key][1]
        if count > 1:
            _shared[key] = (console, count - 1)
            return
        del _shared[key]
    console.close()


def _renew_lock() -> None:
    global _sharing
    _sharing = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def _unpickle(state: dict[str, Any]) -> ReflowHandler:
    options = {"mode": "plain"} | state["options"]  # another process may be painting that terminal
    address = state["address"]
    if address is None or state["process"] == os.getpid():
        handler = ReflowHandler(state["level"], columns=state["columns"], **options)
    else:
        console = acquire(None, options, address)
        handler = ReflowHandler(state["level"], columns=state["columns"], console=console)
        handler._owns = handler._holds = True
        handler._options, handler._address = options, address
    handler.setFormatter(state["formatter"])
    handler.set_name(state["name"])
    return handler


def _level(record: logging.LogRecord) -> int:
    """A record's level; one made by hand, or sent by another process, may have none."""
    return record.levelno if isinstance(record.levelno, int) else 0


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # the record is worth more than one of its fields
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _in_a_list(made: tuple[Any, ...]) -> list[Item]:
    time, level, level_name, logger, message, extras, file, line, trace, columns = made
    return [Fields(time, level, level_name, logger, message, extras, f"{file}:{line}", trace, columns)]


class _Late:
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
        record = _new_record(_Record)
        record.__dict__.update(_BLANK)
        record.__dict__.update(zip(self._names, made))
        return _formatted((self._formatter.format(record), made[-1]))


def _formatted(made: tuple[str, str]) -> list[Item]:
    """A formatter's text, a record a line; the first hangs where the message starts in it."""
    formatted, message = made
    first, *rest = formatted.split("\n")
    text, spans = sanitize(first)
    start = message.partition("\n")[0]
    column = text.find(start) if start else -1
    record = Record(text, spans, column if column > 0 else None)
    return [record, *(Record(*sanitize(line)) for line in rest)]


def is_default_format(formatter: logging.Formatter | None) -> bool:
    """Whether a formatter is like the one that `logging.basicConfig` gives to those that have none."""
    return type(formatter) is logging.Formatter and formatter._fmt in _BASIC_FORMATS


def wished(formatter: logging.Formatter | None) -> logging.Formatter | None:
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


def _fields_of(formatter: logging.Formatter) -> set[str]:
    return {name for match in _FIELD.findall(formatter._fmt or "") for name in match if name}


_COLUMNS = ("time", "level", "logger", "message", "source")


def check_columns(columns: Sequence[str] | None) -> tuple[str, ...] | None:
    """Names of columns; ValueError for one that there is not."""
    unknown = set(columns or ()) - set(_COLUMNS)
    if unknown:
        raise ValueError(f"no such column: {', '.join(sorted(unknown))}; there are {', '.join(_COLUMNS)}")
    return None if columns is None else tuple(columns)
