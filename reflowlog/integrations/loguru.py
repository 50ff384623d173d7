r"""loguru on the console: ``logger.add(reflowlog.sink())``.

loguru calls a sink with messages that carry their records: time, level, name, message, extra, exception. They are shown
in columns, as the records of `logging` are; so the ``format`` given to ``logger.add`` is ignored, except that a
traceback is taken from the text it produced (with ``backtrace`` and ``diagnose`` applied). loguru is not imported here.
"""

from __future__ import annotations

import os
import traceback
from typing import IO, TYPE_CHECKING, Any

from reflowlog.console.console import check_console
from reflowlog.console.formatting import check_columns, text_of
from reflowlog.console.shared import ConsoleLease, check_keywords
from reflowlog.core.events import DeferredRecords
from reflowlog.core.records import LogRecord
from reflowlog.text.layout.column_names import check_names
from reflowlog.text.layout.column_plan import field_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Unpack

    from reflowlog.console.console import Console, ConsoleKeywords
    from reflowlog.console.core import ConsoleCore
    from reflowlog.core.records import Item

__all__ = ["Sink", "sink"]

_ERROR = 40


def sink(
    console: Console | None = None,
    *,
    stream: IO[str] | None = None,
    columns: Sequence[str] | None = None,
    extras: Sequence[str] | None = None,
    **console_options: Unpack[ConsoleKeywords],
) -> LoguruSink:
    """Return a loguru sink that shows messages on a console, for ``logger.add``.

    Args:
        console: show on this console, which its owner closes. Not together with a stream or options.
        stream: where to write; standard error if not given.
        columns: names of the columns to show, as `ReflowHandler` takes them; all of them if not given.
        extras: names of the ``extra`` fields to show, ``()`` for none; all of them if not given.
        console_options: as `Console` takes them, for the console that is created for the stream.

    Raises:
        TypeError: an unknown argument.
        ValueError: both a console and a stream or options were given, or there is no such column or option value.

    Example:
        ``logger.remove(); logger.add(reflowlog.sink(), level="DEBUG", enqueue=True)``
    """
    check_keywords("sink", console_options)
    check_console(console)
    names = check_names("extras", extras)
    return LoguruSink(console, stream, check_columns(columns), names, dict(console_options))


class LoguruSink:
    """A file-like loguru sink; see `sink`. Any thread may write.

    It has no ``flush``, because loguru would call it after each message.
    """

    def __init__(
        self,
        console: Console | None,
        stream: IO[str] | None,
        columns: tuple[str, ...] | None,
        extras: tuple[str, ...] | None,
        options: dict[str, Any],
        address: str | None = None,
    ) -> None:
        self._columns = columns
        self._extras = extras
        self._lease = ConsoleLease(console, stream, options, address)

    @property
    def console(self) -> Console:
        """The console that shows the messages."""
        return self._lease.console

    def write(self, message: str) -> None:
        """Show one of loguru's messages; any other text is shown as printed text.

        Raises:
            ValueError: the sink was created for a console, and that is closed.
        """
        core = self._lease.core
        try:
            self._send(message, core)
        except ValueError:
            if not self._lease.renew(core):
                raise
            self._send(message, self._lease.core)

    def _send(self, message: str, core: ConsoleCore) -> None:
        record = getattr(message, "record", None)
        if record is None:
            core.write_as(message, core.writers.own)
            return
        text = record["message"]
        level = record["level"]
        fields = LogRecord(
            record["time"].timestamp(),
            level.no,
            level.name,
            record["name"] or "",
            text,
            tuple([(str(name), text_of(value)) for name, value in record["extra"].items() if self._shows(name)]),
            f"{record['file'].name}:{record['line']}",
            _traceback_text(message, record) if record["exception"] else "",
            self._columns,
        )
        core.submit(DeferredRecords(fields, _as_list), len(text), important=level.no >= _ERROR)

    def _shows(self, extra: object) -> bool:
        return self._extras is None or extra in self._extras or extra in field_columns(self._columns)

    def stop(self) -> None:
        """Flush, and release a console created for this sink. loguru calls it when the sink is removed."""
        self._lease.end()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments and the address of the console, not the stream."""
        arguments = self._columns, self._extras, self._lease.options
        return _unpickle, (*arguments, os.getpid(), self._lease.core.address())


Sink = LoguruSink
"""Public name of the class."""


def _unpickle(
    columns: tuple[str, ...] | None,
    extras: tuple[str, ...] | None,
    options: dict[str, Any],
    process: int,
    address: str | None,
) -> LoguruSink:
    options = {"mode": "plain"} | options  # another process may be painting the terminal
    return LoguruSink(None, None, columns, extras, options, None if process == os.getpid() else address)


def _as_list(record: LogRecord) -> list[Item]:
    return [record]


def _traceback_text(message: str, record: dict[str, Any]) -> str:
    """Return the traceback as loguru formatted it, after the message; else as Python formats it."""
    kind, value, traceback_ = record["exception"]
    _, _, after = message.partition(record["message"])
    formatted = after.partition("\n")[2].strip("\n")
    if kind is not None and kind.__name__ in formatted:
        return formatted
    return "".join(traceback.format_exception(kind, value, traceback_)).rstrip("\n")
