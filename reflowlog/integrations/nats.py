r"""Logging handler that publishes records to a stream of NATS JetStream.

    from reflowlog.integrations.nats import NatsHandler

    logging.getLogger().addHandler(NatsHandler("nats://logs.example"))

and ``reflowlog 'nats://logs.example/logs.>'`` shows them, from any number of machines.

Invariants:
- The caller's thread only renders the message; the publisher's thread (`nats/publisher.py`) does everything else.
- `emit` never raises and takes no lock. It blocks only as `overflow` allows, and never for a server that has been
  unreachable for longer than the timeout.
- A line is JSON with conventional field names and the types that the fields had; or the output of the program's own
  formatter.
- The child of a fork has a queue, a thread and a connection of its own.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from datetime import datetime, timezone
from functools import cache, lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

import nats  # noqa: F401 - where it is missing, the import of this module is to fail

from reflowlog.console.formatting import STANDARD, effective_formatter, has_extras, trace_of
from reflowlog.console.handler_base import UnlockedHandler
from reflowlog.core.inbox import QueueGap
from reflowlog.core.worker import WorkerThread
from reflowlog.nats.publisher import Publisher, PublishRequest, host
from reflowlog.nats.url import parse, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.inbox import Inbox

__all__ = ["NatsHandler"]

_RESERVED = frozenset({"time", "level", "logger", "message", "source", "exception"})
_JSON_TYPES = (str, bool, type(None))
_ERROR = logging.ERROR
_new_request = tuple.__new__  # a NamedTuple's own `__new__` takes twice as long
DEFAULT_TIMEOUT = 15.0

_inherited: list[Publisher] = []  # publishers of the parent in the child of a fork: kept, so that none is closed there


class NatsHandler(UnlockedHandler):
    """Publishes log records to a stream of NATS JetStream, from a thread of its own.

    A message holds all waiting records of its subject, one line of JSON each. Unacknowledged messages are kept and sent
    again with the same message id, by which JetStream deduplicates; as JetStream forgets ids after a while, it is
    queried for the message first. An unreachable server causes one warning on standard error. The order of one logger's
    records is kept.

    Args:
        url: ``nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT][,HOST...][/SUBJECT]``, or ``tls://`` to require TLS.
            Credentials may come from ``NATS_CREDS``, ``NATS_NKEY``, ``NATS_USER`` and ``NATS_PASSWORD``, or
            ``NATS_TOKEN``.
        subject: of the messages, with ``{host}``, ``{logger}``, ``{level}`` and ``{pid}`` in it. A subject in the URL
            takes precedence. Characters that a subject cannot hold become ``_``.
        level: the lowest level that is published.
        overflow: what happens to a record when the queue is full. ``"block"``: its caller waits, but not once nothing
            was acknowledged for `timeout` seconds; ``"drop"``: records below ERROR are dropped. A record in the stream
            reports how many are missing at that position, and `dropped` how many in all.
        queue_size: how many records may wait.
        timeout: seconds that `flush`, `close` and the end of the program wait at most for acknowledgements.
        create: whether to create a stream where none holds the subject: named after the subject's first token, for all
            subjects that begin with it, limited to the newest gigabyte.

    Raises:
        ValueError: the URL, the subject or an option is invalid.

    Example:
        >>> handler = NatsHandler("nats://localhost", overflow="drop")
        >>> handler
        <NatsHandler nats://localhost/logs.{host}.{logger} (NOTSET)>
        >>> handler.close()
    """

    def __init__(
        self,
        url: str,
        subject: str = "logs.{host}.{logger}",
        *,
        level: int | str = logging.NOTSET,
        overflow: str = "block",
        queue_size: int = 65_536,
        timeout: float = DEFAULT_TIMEOUT,
        create: bool = True,
    ) -> None:
        if overflow not in ("block", "drop"):
            raise ValueError(f"overflow is {overflow!r}; it has to be 'block' or 'drop'")
        if queue_size < 1 or not timeout >= 0:
            raise ValueError("queue_size has to be at least 1, timeout at least 0")
        address = parse(url, os.environ)
        self._pattern = address.subject or subject
        self._address = address._replace(subject="")
        self._publisher: Publisher | None = None
        super().__init__(level)
        self._options = {"overflow": overflow, "queue_size": queue_size, "timeout": timeout, "create": create}
        self._arguments = (url, subject)
        self._queue_size = queue_size
        self._may_wait = overflow == "block"
        self._timeout = timeout
        self._create = create
        self._reset()

    def _reset(self) -> None:
        """Start with an empty queue and no thread; also in the child of a fork."""
        self._subject = _subject(self._pattern)
        if self._publisher is not None:
            _inherited.append(self._publisher)
        self._publisher = None
        self._dropped = 0
        self._drop_lock = threading.RLock()  # held only while counting
        self._worker = WorkerThread(self._make_publisher, self._queue_size, "reflowlog-publisher", at_fork=self._reset)
        self._gap = QueueGap(self._worker.inbox.put)

    def _make_publisher(self, inbox: Inbox, in_child: bool) -> Publisher:  # noqa: ARG002 - the child of a fork starts afresh
        worker = self._worker
        publisher = Publisher(
            inbox,
            self._address,
            _write_stderr,
            timeout=self._timeout,
            ending=lambda: worker.ending,
            create=self._create,
            note_missing=self._missing_note,
        )
        self._publisher = publisher
        return publisher

    @property
    def dropped(self) -> int:
        """Number of records that were dropped for want of room, or given up."""
        return self._dropped + (self._publisher.lost if self._publisher is not None else 0)

    # -- a record ----------------------------------------------------------------------------------------------------

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802 - logging's name
        """Publish the output of a formatter; with None, and with the default of `basicConfig`, publish JSON."""
        super().setFormatter(effective_formatter(fmt))

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record for publishing. Never raises; any thread."""
        try:
            if self._publisher is not None and threading.get_ident() in self._publisher.threads:
                return  # logged by the connection itself: publishing it would never end
            self._send(record)
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)

    def _send(self, record: logging.LogRecord) -> None:
        if self.formatter is None:
            message = record.getMessage()
            payload: tuple[Any, ...] = self._fields(record, message)
            request = _new_request(PublishRequest, (payload, self._line, 1))
        else:
            message = self.format(record)
            request = _new_request(PublishRequest, ((str(record.name), str(record.levelname), message), self._text, 1))
        worker = self._worker
        if not (worker.running and self._gap.marker is None and worker.send(request, len(message))):
            self._send_slowly(request, len(message), record.levelno)

    def _fields(self, record: logging.LogRecord, message: str) -> tuple[Any, ...]:
        extras: tuple[tuple[str, Any], ...] = ()
        if has_extras(record):
            extras = tuple([(k, _json_value(v)) for k, v in record.__dict__.items() if k not in STANDARD])
        trace = ""
        if record.exc_info or record.exc_text or record.stack_info:
            trace = trace_of(record)
        return (
            record.created,
            str(record.levelname),
            str(record.name),
            message,
            extras,
            record.filename,
            record.lineno,
            trace,
        )

    def _send_slowly(self, request: PublishRequest, weight: int, level: int) -> None:
        """Send a record when the thread does not run yet or the queue is full."""
        worker = self._worker
        may_wait = self._may_wait or level >= _ERROR
        if worker.running and (may_wait or self._gap.marker is not None):
            accepted = worker.inbox.send_wait(request, weight, self._should_give_up if may_wait else lambda: True)
            if accepted:
                self._gap.end()
                return
        if worker.ending or not worker.running:
            worker.put(request)
        else:
            self._drop()

    def _should_give_up(self) -> bool:
        """Return True if callers are to stop waiting for room."""
        return not self._worker.running or (self._publisher is not None and self._publisher.is_hopeless)

    def _drop(self) -> None:
        with self._drop_lock:
            self._dropped += 1
        self._gap.count(1)

    # -- on the publisher's thread -----------------------------------------------------------------------------------

    def _line(self, payload: tuple[Any, ...]) -> tuple[str, bytes]:
        created, level, logger, message, extras, file, line, trace = payload
        pairs: dict[str, Any] = {"time": _iso_time(created), "level": level, "logger": logger, "message": message}
        pairs["source"] = f"{file}:{line}"
        for name, value in extras:
            pairs[f"{name}_" if name in _RESERVED else name] = value
        if trace:
            pairs["exception"] = trace
        return self._subject(logger, level), _encoder()(pairs).encode("utf-8", "backslashreplace") + b"\n"

    def _text(self, payload: tuple[str, str, str]) -> tuple[str, bytes]:
        logger, level, text = payload
        return self._subject(logger, level), text.encode("utf-8", "backslashreplace") + b"\n"

    def _missing_note(self, records: int) -> PublishRequest:
        record = logging.makeLogRecord({"name": "reflowlog", "levelname": "WARNING", "filename": "nats.py"})
        noun = "record" if records == 1 else "records"
        return PublishRequest(self._fields(record, f"dropped {records} {noun}"), self._line, 0)

    # -- the end -----------------------------------------------------------------------------------------------------

    def flush(self, timeout: float | None = None) -> bool:  # type: ignore[override]
        """Wait until the server has acknowledged all records so far; return True if it has.

        Args:
            timeout: seconds; None: the handler's own.
        """
        return self._worker.flush(self._timeout if timeout is None else timeout)

    def close(self) -> None:
        """Wait, at most the handler's timeout, until all records are acknowledged, and end the thread.

        Later records are sent by their callers, one at a time.
        """
        self._worker.finish()
        super().close()

    def __repr__(self) -> str:
        return f"<NatsHandler {self._address.name}/{self._pattern} ({logging.getLevelName(self.level)})>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the constructor's arguments, including credentials in the URL."""
        state = {"level": self.level, "formatter": self.formatter, "name": self.name}
        return _unpickle, (self._arguments, self._options, state)


def _unpickle(arguments: tuple[str, str], options: dict[str, Any], state: dict[str, Any]) -> NatsHandler:
    handler = NatsHandler(*arguments, level=state["level"], **options)
    handler.setFormatter(state["formatter"])
    handler.set_name(state["name"])
    return handler


def _write_stderr(message: str) -> None:
    """Write one line to standard error, if there is any."""
    try:
        sys.stderr.write(f"reflowlog: {message}\n")
        sys.stderr.flush()
    except Exception:  # a program may have replaced standard error by anything
        return


def _subject(pattern: str) -> Callable[[str, str], str]:
    """Return a function that builds a subject from a logger's name and a level.

    Raises:
        ValueError: the pattern gives no subject that can be published to.
    """
    placeholders = {"host": token(host()), "pid": str(os.getpid())}
    try:
        sample = pattern.format(**placeholders, logger="a", level="b")
    except (KeyError, IndexError, ValueError, AttributeError):
        raise ValueError("in a subject there may be {host}, {logger}, {level} and {pid}") from None
    if sample.startswith("$") or "" in sample.split(".") or any(each.isspace() or each in "*>" for each in sample):
        raise ValueError(f"{pattern!r} is not a subject to publish to")

    @lru_cache(4096)
    def build(logger: str, level: str) -> str:
        names = {"host": placeholders["host"], "pid": str(os.getpid())}
        return pattern.format(**names, logger=token(logger, dots=True), level=token(level.lower()))

    return build


def _json_value(value: object) -> Any:
    """Return a value that JSON can hold as it is, any other as text."""
    if type(value) in _JSON_TYPES:
        return value
    if (type(value) is int and value.bit_length() < 64) or (type(value) is float and isfinite(value)):
        return value
    try:
        return str(value)
    except Exception as error:  # a field that cannot be shown must not cost the record
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _iso_time(created: float) -> str:
    """Return a record's time as ISO 8601 in UTC."""
    try:
        moment = datetime.fromtimestamp(created, timezone.utc)
    except (ValueError, OverflowError, OSError, TypeError):  # a record created by hand
        return str(created)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")  # `strftime` imports, which fails at exit


@cache
def _encoder() -> Callable[[Any], str]:
    from json import JSONEncoder

    return JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
