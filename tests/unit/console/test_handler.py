"""Handler: every record is shown, whatever happens to handlers and consoles meanwhile."""

from __future__ import annotations

import contextlib
import copy
import errno
import io
import logging
import logging.config
import os
import pickle
import re
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.forks import in_child, needs_fork

import reflowlog
from reflowlog import Console, ReflowHandler
from reflowlog.console.core import core_of
from reflowlog.console.printer_factory import PrinterFactory
from reflowlog.console.shared import shared_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WAIT = 10.0


def made(message: str) -> logging.LogRecord:
    """A record that no logger made."""
    return logging.makeLogRecord({"msg": message, "levelno": 20, "levelname": "INFO", "name": "app"})


class Logged:
    """A handler on a stream of its own, and a logger that has only this one."""

    def __init__(self, formatter: logging.Formatter | None = None, **options: Any) -> None:
        self.stream = options.setdefault("stream", io.StringIO())
        self.handler = ReflowHandler(**options)
        self.handler.setFormatter(formatter)
        self.logger = logging.Logger("app.db")
        self.logger.addHandler(self.handler)

    def lines(self) -> list[str]:
        """All lines, after closing."""
        self.handler.close()
        return list(self.stream.getvalue().splitlines())


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """Return the root logger without handlers, and restore them afterwards."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    logger.handlers = []
    yield logger
    for handler in logger.handlers:
        handler.close()
    logger.handlers = handlers
    logger.setLevel(level)


# -- what is shown -------------------------------------------------------------------------------------------------


def test_without_a_formatter_there_are_columns() -> None:
    """Time, level, logger, message, and the extras as fields."""
    logged = Logged()
    logged.logger.warning("disk %d%% full", 91, extra={"host": "a b", "n": 3})
    (line,) = logged.lines()
    assert re.fullmatch(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} WARNING  app\.db +disk 91% full  host="a b"  n=3', line)


def test_only_the_columns_that_are_asked_for() -> None:
    """Fields of records among them, which are not repeated; a misspelt name is refused."""
    logged = Logged(columns=["level", "message"])
    logged.logger.info("hello")
    assert logged.lines() == ["INFO     hello"]
    logged = Logged(columns=["level", "user", "threadName", "message"], extras=())
    logged.logger.info("hello", extra={"user": "ann", "other": 1})
    logged.logger.info("again")
    assert logged.lines() == ["INFO     ann MainThread hello", "INFO         MainThread again"]
    with pytest.raises(ValueError, match="no such column: levl; did you mean level"):
        ReflowHandler(columns=["levl"])
    with pytest.raises(TypeError, match="columns must be a list of names"):
        ReflowHandler(columns="time")


def test_tracebacks_and_stacks_stand_under_the_message() -> None:
    """Every line of them."""
    logged = Logged(columns=["level", "message"])
    try:
        raise ValueError("odd\nvalue")
    except ValueError:
        logged.logger.exception("failed")
    logged.logger.info("here", stack_info=True)
    lines = logged.lines()
    assert lines[:2] == ["ERROR    failed", "Traceback (most recent call last):"]
    end = lines.index("value")
    assert lines[end - 1] == "ValueError: odd"
    assert lines[end + 1 : end + 3] == ["INFO     here", "Stack (most recent call last):"]


_FORMATTERS: list[Callable[[], logging.Formatter]] = [
    lambda: logging.Formatter("%(levelname)s %(name)s: %(message)s"),
    lambda: logging.Formatter("%(message)s %(args)s"),
    lambda: logging.Formatter("%(message)s %(msg)s"),
    lambda: logging.Formatter("{levelname} {name}: {message}", style="{"),
    lambda: logging.Formatter("$levelname $name: ${message}", style="$"),
    lambda: logging.Formatter("%(asctime)s.%(msecs)03d %(relativeCreated)d %(threadName)s %(process)d %(message)s"),
    lambda: logging.Formatter("%(asctime)s %(message)s", "%H:%M"),
    lambda: logging.Formatter("%(message)s %(user)s", defaults={"user": "nobody"}),
    lambda: logging.Formatter("%(pathname)s:%(lineno)d %(funcName)s %(message)s"),
    lambda: logging.Formatter("%(message)s %(exc_info)s"),
    logging.Formatter,
]


@pytest.mark.parametrize("make", _FORMATTERS)
def test_a_formatters_text_is_what_any_handler_would_write(make: Callable[[], logging.Formatter]) -> None:
    """However it is put off to the printer's thread."""
    theirs = io.StringIO()
    logged = Logged(make())
    other = logging.StreamHandler(theirs)
    other.setFormatter(make())
    logged.logger.addHandler(other)
    logged.logger.info("plain %s", "text")
    logged.logger.info("two\nlines")
    logged.logger.info("")
    try:
        raise KeyError("k")
    except KeyError:
        logged.logger.exception("failed")
    logged.logger.info("here", stack_info=True)
    assert logged.lines() == theirs.getvalue().splitlines()


def test_the_content_of_a_record_is_fixed_when_it_is_logged() -> None:
    """Later changes of its arguments, extras or thread have no effect."""
    for formatter in (None, logging.Formatter("%(message)s %(levelname)s")):
        columns = None if formatter else ["level", "message"]
        logged = Logged(formatter, columns=columns, overflow="drop")  # off a terminal: the thread writes
        held, inside = threading.Event(), threading.Event()

        def wait(payload: object, held: threading.Event = held, inside: threading.Event = inside) -> list[Any]:
            inside.set()
            held.wait(WAIT)
            return []

        core_of(logged.handler.console).submit(reflowlog.core.events.DeferredRecords(None, wait))  # type: ignore[attr-defined]
        assert inside.wait(WAIT)
        changing = [1]
        record = logged.logger.makeRecord("app", 20, "f", 1, "%s", (changing,), None, extra={"more": changing})
        logged.logger.handle(record)
        changing.append(2)
        record.msg, record.levelname = "changed", "CHANGED"
        held.set()
        (line,) = logged.lines()
        assert "[1]" in line
        assert "2" not in line
        assert "INFO" in line
        assert "CHANGED" not in line


def test_a_formatter_of_the_programs_own_runs_on_the_callers_thread() -> None:
    """It may read thread-local data."""
    threads: list[threading.Thread] = []

    class Own(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            threads.append(threading.current_thread())
            return "own " + super().format(record)

    logged = Logged(Own("%(message)s"))
    logged.logger.info("hello")
    assert logged.lines() == ["own hello"]
    assert threads == [threading.current_thread()]


def test_text_hangs_under_the_message() -> None:
    """Where a formatter has put it."""
    logged = Logged(logging.Formatter("%(levelname)s [%(name)s] %(message)s"), width=40)
    logged.logger.info("one two three four five six seven")
    assert logged.lines() == ["INFO [app.db] one two three four five", "              six seven"]


def test_no_control_of_a_record_gets_through() -> None:
    """In the message, the fields, the logger's name and the traceback."""
    evil = "\x1b[2J\x1b]0;title\x07"
    for formatter in (None, logging.Formatter("%(name)s %(message)s")):
        logged = Logged(formatter)
        logged.logger.name = f"app{evil}"
        logged.logger.info(evil, extra={"field": evil})
        try:
            raise ValueError(evil)
        except ValueError:
            logged.logger.exception("failed")
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", "\n".join(logged.lines()))


# -- what goes wrong -----------------------------------------------------------------------------------------------


def test_emit_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that cannot be rendered goes to `handleError`; the next is shown."""
    failed: list[logging.LogRecord] = []
    monkeypatch.setattr(ReflowHandler, "handleError", lambda _, record: failed.append(record))
    logged = Logged(columns=["message"])
    logged.logger.info("%d", "not a number")
    logged.logger.info("fine")
    assert logged.lines() == ["fine"]
    assert [record.msg for record in failed] == ["%d"]


def test_a_field_that_cannot_be_shown_costs_no_record() -> None:
    """Its value is replaced by a description."""

    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no")

    logged = Logged(columns=["message"])
    logged.logger.info("hello", extra={"odd": Odd(), "fine": 1})
    (line,) = logged.lines()
    assert line.startswith("hello  odd=")
    assert "Odd" in line
    assert line.endswith("fine=1")


def test_errors_are_never_dropped() -> None:
    """Under `overflow="drop"` only lower levels are dropped."""
    logged = Logged(columns=["level", "message"], overflow="drop", queue_size=1)
    gate, inside = threading.Event(), threading.Event()

    def wait(payload: object) -> list[Any]:
        inside.set()
        gate.wait(WAIT)
        return []

    core_of(logged.handler.console).submit(reflowlog.core.events.DeferredRecords(None, wait))  # type: ignore[attr-defined]
    assert inside.wait(WAIT)
    for number in range(4):
        logged.logger.warning("warning %d", number)
    logged.logger.error("error")
    logged.logger.critical("critical")
    gate.set()
    assert logged.lines() == [
        "WARNING  warning 0",
        "reflowlog: dropped 3 records",
        "ERROR    error",
        "CRITICAL critical",
    ]
    assert logged.handler.console.dropped == 3


def test_filters_and_levels_are_heeded() -> None:
    """A filter may also put another record in its place (Python 3.12)."""
    logged = Logged(columns=["message"], level="WARNING")
    logged.handler.addFilter(lambda record: "secret" not in record.getMessage())
    logged.logger.info("too low")
    logged.logger.warning("a secret")
    logged.logger.warning("shown")
    if sys.version_info >= (3, 12):

        def other(record: logging.LogRecord) -> logging.LogRecord:
            return made("another")

        logged.handler.addFilter(other)
        logged.logger.warning("one")
    assert logged.lines() == ["shown", *(["another"] if sys.version_info >= (3, 12) else [])]


# -- consoles ------------------------------------------------------------------------------------------------------


def test_handlers_on_one_stream_share_one_console() -> None:
    """It is closed with the last of them, even if one is closed repeatedly."""
    stream = io.StringIO()
    one, two = ReflowHandler(stream=stream), ReflowHandler(stream=stream)
    other = ReflowHandler(stream=io.StringIO())
    console = one.console
    assert two.console is console
    assert other.console is not console
    other.close()
    one.close()
    one.close()
    assert not console.closed
    two.close()
    assert console.closed


def test_a_handler_that_is_used_after_its_end_opens_another_console() -> None:
    """As `logging.config` leaves handlers that are still in use: nothing is lost, by however many threads."""
    logged = Logged(columns=["message"])
    logged.logger.info("before")
    logged.handler.close()
    closed = logged.handler.console
    barrier = threading.Barrier(4)

    def log(number: int) -> None:
        barrier.wait()
        logged.logger.info("after %d", number)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logged.handler.console is not closed
    assert sorted(logged.lines()) == ["after 0", "after 1", "after 2", "after 3", "before"]
    assert logged.handler.console.closed


def test_a_console_of_the_programs_own_stays_open() -> None:
    """Its owner closes it; a handler with it accepts no other options."""
    stream = io.StringIO()
    with Console(stream) as console:
        handler = ReflowHandler(console=console, columns=["message"])
        assert handler.console is console
        handler.emit(made("one"))
        handler.close()
        assert stream.getvalue() == "one\n"
        console.print("two")
        with pytest.raises(ValueError, match="give either, not both"):
            ReflowHandler(console=console, stream=stream)
        with pytest.raises(ValueError, match="give either, not both"):
            ReflowHandler(console=console, width=40)


@pytest.mark.parametrize("options", [{"nonsense": 1}, {"mode": "full"}, {"width": 0}, {"level": "LOUD"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    """Also where the stream has a console already."""
    stream = io.StringIO()
    first = ReflowHandler(stream=stream)
    with pytest.raises((TypeError, ValueError)):
        ReflowHandler(stream=stream, **options)
    first.close()
    assert first.console.closed


def test_closing_waits_for_no_lock_that_a_pin_may_want() -> None:
    """A pin that logs while its console is being closed causes no deadlock."""
    stream = io.StringIO()
    logged = Logged(columns=["message"], stream=stream, threaded=True)
    console = logged.handler.console
    inside, closing = threading.Event(), threading.Event()

    def render(width: int) -> str:
        inside.set()
        if closing.wait(WAIT):
            while not console.closed:
                pass
            logged.logger.info("from the pin")
        return "pin"

    console.pin(render)
    assert inside.wait(WAIT)
    closer = threading.Thread(target=logged.handler.close)
    closer.start()
    closing.set()
    closer.join(WAIT)
    assert not closer.is_alive()
    logged.handler.close()
    assert stream.getvalue() == "from the pin\n"


def test_records_of_many_threads_and_handlers_keep_their_order() -> None:
    """Two handlers on one stream, with different formats: each thread's records stay in order."""
    stream = io.StringIO()
    plain = Logged(logging.Formatter("%(message)s"), stream=stream)
    columns = ReflowHandler(stream=stream, columns=["message"])

    def log(name: int) -> None:
        for number in range(300):
            handler = plain.handler if number % 2 else columns
            handler.handle(made(f"{name} {number}"))

    threads = [threading.Thread(target=log, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    columns.close()
    lines = [line.split() for line in plain.lines()]
    for name in range(4):
        assert [int(number) for who, number in lines if who == str(name)] == list(range(300))


# -- logging's own ways --------------------------------------------------------------------------------------------


def test_basic_config_leaves_the_columns(root: logging.Logger) -> None:
    """The default format in any style counts as none; an explicit format applies."""
    for style in "%{$":
        handler = ReflowHandler(stream=io.StringIO())
        logging.basicConfig(handlers=[handler], style=style, force=True)
        assert handler.formatter is None
    handler = ReflowHandler(stream=io.StringIO())
    logging.basicConfig(handlers=[handler], format="%(message)s", force=True)
    assert handler.formatter is not None


def test_an_explicit_basic_format_applies() -> None:
    """Only the default of `basicConfig` counts as none, not the same format set explicitly."""
    stream = io.StringIO()
    handler = ReflowHandler(stream=stream)
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    handler.handle(logging.LogRecord("app", logging.INFO, "app.py", 1, "as told", (), None))
    handler.close()
    assert stream.getvalue() == "INFO:app:as told\n"


def test_what_it_is_called(tmp_path: Path) -> None:
    """A handler is told as `logging.StreamHandler` is, a console by its stream and whether it is open."""
    assert repr(ReflowHandler("INFO", stream=io.StringIO())) == "<ReflowHandler StringIO (INFO)>"
    with (tmp_path / "log").open("w") as stream:
        with Console(stream) as console:
            assert repr(console) == f"<Console {stream.name} (open)>"
            assert repr(ReflowHandler(console=console)) == f"<ReflowHandler {stream.name} (NOTSET)>"
        assert repr(console) == f"<Console {stream.name} (closed)>"


def test_dict_config_twice(root: logging.Logger) -> None:
    """The second takes the place of the first; loggers that keep going lose nothing."""
    stream = io.StringIO()

    def configure(level: str) -> None:
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "formatters": {"short": {"format": "%(levelname)s %(message)s"}},
                "handlers": {
                    "log": {
                        "class": "reflowlog.ReflowHandler",
                        "formatter": "short",
                        "level": level,
                        "stream": stream,
                        "width": 60,
                    }
                },
                "root": {"handlers": ["log"], "level": "DEBUG"},
            }
        )

    configure("INFO")
    logging.info("one")
    logging.debug("not shown")
    configure("DEBUG")
    logging.debug("two")
    (handler,) = ours(root)
    assert isinstance(handler, ReflowHandler)
    assert handler.console.width == 60
    handler.flush()
    assert stream.getvalue() == "INFO one\nDEBUG two\n"


def test_logging_shutdown(root: logging.Logger) -> None:
    """It flushes and closes; records after it are still shown."""
    logged = Logged(columns=["message"])
    logged.logger.info("before")
    logging.shutdown([lambda: logged.handler])  # type: ignore[list-item]
    assert logged.stream.getvalue() == "before\n"
    logged.logger.info("after")
    logging.shutdown([lambda: logged.handler])  # type: ignore[list-item]
    assert logged.stream.getvalue() == "before\nafter\n"


def ours(root: logging.Logger) -> list[logging.Handler]:
    """Its handlers but those of the test runner."""
    return [handler for handler in root.handlers if isinstance(handler, (ReflowHandler, logging.NullHandler))]


def test_install_replaces_its_own_handler_and_no_other(root: logging.Logger) -> None:
    """The new options count; a wrong one leaves all as it was."""
    other = logging.NullHandler()
    root.addHandler(other)
    stream = io.StringIO()
    first = reflowlog.install("WARNING", stream=stream, width=40)
    second = reflowlog.install(stream=stream, width=30, columns=["message"])
    assert ours(root) == [other, second]
    assert root.level == logging.INFO
    assert second.console.width == 30
    assert first.console.closed
    for wrong in ({"width": 0}, {"nonsense": 1}, {"level": "LOUD"}):
        with pytest.raises((TypeError, ValueError)):
            reflowlog.install(**wrong)  # type: ignore[arg-type]
    assert ours(root) == [other, second]
    logging.info("hello")
    second.flush()
    assert stream.getvalue() == "hello\n"


def test_a_handler_may_be_pickled_and_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its level, name, columns, formatter and options; the stream stays behind."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    handler = ReflowHandler("WARNING", stream=io.StringIO(), columns=["message"], width=50)
    handler.name = "mine"
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    for again in (pickle.loads(pickle.dumps(handler)), copy.copy(handler)):  # noqa: S301
        assert isinstance(again, ReflowHandler)
        assert again.level == logging.WARNING
        assert again.name == "mine"
        assert again.console.width == 50
        again.handle(made("hello"))
        again.close()
    handler.close()
    assert stream.getvalue() == "INFO hello\n" * 2


def test_a_handler_has_no_lock() -> None:
    """The queue orders the records: no thread waits for another, and a fork inherits no held lock."""
    handler = ReflowHandler(stream=io.StringIO())
    assert handler.lock is None
    handler.acquire()
    handler.release()
    handler.close()


def test_a_record_without_a_level_is_shown() -> None:
    """So is one made by hand, or sent by another process."""
    logged = Logged(columns=["message"])
    logged.handler.handle(logging.makeLogRecord({"msg": "x"}))
    assert logged.lines() == ["x"]


def test_a_stream_has_one_console() -> None:
    """The program's own, if it has made one, which stays its own; else one that all share, and that stays open."""
    stream = io.StringIO()
    with Console(stream) as console:
        handler = ReflowHandler(stream=stream)
        assert handler.console is console is shared_console(stream)
        handler.close()
        assert not console.closed
    shared = shared_console(stream)
    assert shared is not console
    with contextlib.closing(ReflowHandler(stream=stream)) as later:
        assert later.console is shared
    assert not shared.closed
    assert shared_console(stream) is shared
    assert shared_console(io.StringIO()) is not shared
    shared.close()


def test_a_programs_console_that_is_closed_is_replaced() -> None:
    """A handler that used it goes on with one of its own."""
    stream = io.StringIO()
    console = Console(stream)
    handler = ReflowHandler(stream=stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.emit(logging.makeLogRecord({"msg": "one"}))
    console.close()
    handler.emit(logging.makeLogRecord({"msg": "two"}))
    handler.close()
    assert stream.getvalue() == "one\ntwo\n"


def test_threads_that_use_a_closed_handler_at_once_lose_nothing() -> None:
    """One of them takes a new console while the other one is about to send to the closed one."""
    stream = io.StringIO()
    handler = ReflowHandler(stream=stream)
    is_formatting, go_on = threading.Event(), threading.Event()

    class Slow(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            if record.getMessage() == "slow":
                is_formatting.set()
                assert go_on.wait(10)
            return super().format(record)

    handler.setFormatter(Slow("%(message)s"))
    handler.close()
    slow = threading.Thread(target=lambda: handler.emit(logging.makeLogRecord({"msg": "slow", "levelno": 30})))
    slow.start()
    assert is_formatting.wait(10)
    handler.emit(logging.makeLogRecord({"msg": "fast", "levelno": 30}))
    go_on.set()
    slow.join(10)
    handler.close()
    assert stream.getvalue() == "fast\nslow\n"
    assert handler.console.closed


@pytest.mark.parametrize("threaded", [None, True])
def test_records_and_prints_are_written_plainly_while_no_printer_can_be_made(
    monkeypatch: pytest.MonkeyPatch, threaded: bool | None
) -> None:
    """With all descriptors in use nothing can be imported; once some are free, records are laid out."""
    stream = io.StringIO()
    handler = ReflowHandler(stream=stream, threaded=threaded)

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(PrinterFactory, "make", fail)
    handler.emit(made("one\x1b[2J"))
    handler.console.print("two")
    monkeypatch.undo()
    handler.emit(made("three"))
    handler.close()
    one, two, three = stream.getvalue().splitlines()
    assert one.endswith("one␛[2J")
    assert two == "two"
    assert three.endswith("three")


@pytest.mark.parametrize("threaded", [None, True])
def test_a_record_is_shown_however_often_its_console_is_closed_meanwhile(threaded: bool | None) -> None:
    """Another thread may close the new console, too, before the record has reached it."""
    stream = io.StringIO()
    handler = ReflowHandler(stream=stream, columns=["message"], threaded=threaded)
    closings = iter(range(5))

    class Closing(logging.LogRecord):
        def getMessage(self) -> str:  # noqa: N802 - logging's name
            if next(closings, None) is not None:
                handler.close()
            return super().getMessage()

    handler.emit(Closing("app", logging.INFO, __file__, 1, "hello", (), None))
    handler.close()
    assert stream.getvalue() == "hello\n"


class _GatedStream(io.StringIO):
    """A stream whose first write waits for a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.is_writing, self.gate = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        """Wait, then write."""
        if not self.is_writing.is_set():
            self.is_writing.set()
            assert self.gate.wait(10)
        return super().write(text)


@pytest.mark.parametrize("threaded", [False, True])
def test_a_console_writes_after_the_one_that_is_being_closed(threaded: bool) -> None:
    """On one stream records keep their order, whether the next console has a thread or not."""
    stream = _GatedStream()
    handler = ReflowHandler(stream=stream, columns=["message"], threaded=True)
    handler.emit(made("one"))
    assert stream.is_writing.wait(10)
    handler.emit(made("two"))
    closing = threading.Thread(target=handler.close)
    closing.start()
    while not handler.console.closed:
        closing.join(0.001)
    other = ReflowHandler(stream=stream, columns=["message"], threaded=threaded)

    def log() -> None:
        other.emit(made("three"))
        other.console.flush(0.2)

    logs = threading.Thread(target=log)
    logs.start()
    logs.join(0.4)
    stream.gate.set()
    logs.join(10)
    closing.join(10)
    other.close()
    assert stream.getvalue() == "one\ntwo\nthree\n"


@pytest.mark.parametrize("threaded", [False, True])
def test_a_record_is_shown_while_another_thread_sets_the_formatter(threaded: bool) -> None:
    """By the one or by the other formatter."""
    stream = io.StringIO()
    handler = ReflowHandler(stream=stream, threaded=threaded)

    class Raced(logging.LogRecord):
        def __getattribute__(self, name: str) -> Any:
            if name in ("exc_info", "exc_text"):
                handler.setFormatter(logging.Formatter("new %(message)s") if name == "exc_info" else None)
            return super().__getattribute__(name)

    handler.setFormatter(logging.Formatter("old %(message)s"))
    handler.emit(Raced("app", logging.INFO, __file__, 1, "hello", (), None))
    handler.close()
    assert stream.getvalue().count("hello") == 1
    assert "Traceback" not in stream.getvalue()


class _HeldStream(io.StringIO):
    """A stream that keeps a thread of this process when it is asked for its descriptor."""

    def __init__(self) -> None:
        super().__init__()
        self.process = os.getpid()
        self.holds = False
        self.is_asked, self.go_on = threading.Event(), threading.Event()

    def fileno(self) -> int:
        """Have none."""
        if self.holds and os.getpid() == self.process:
            self.is_asked.set()
            assert self.go_on.wait(10)
        raise OSError


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_new_console_in_the_child_of_a_fork_waits_for_no_thread_of_the_parent() -> None:
    """Another thread has looked for the console of its stream when the process was forked."""
    stream = _HeldStream()
    with Console(stream):
        handler = ReflowHandler(stream=io.StringIO())
        handler.close()
        stream.holds = True
        other = threading.Thread(target=lambda: ReflowHandler(stream=io.StringIO()).close())
        other.start()
        assert stream.is_asked.wait(10)
        assert in_child(lambda: handler.emit(logging.makeLogRecord({"msg": "of the child", "levelno": 30}))) == 0
        stream.go_on.set()
        other.join(10)
