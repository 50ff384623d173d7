"""Off a terminal the calling thread writes, to the standard error of the time of the call, in order with all else."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from support.programs import run_in_pipes

from reflowlog import Console, ReflowHandler

if TYPE_CHECKING:
    from pathlib import Path

LOGS_WITHIN_IMPORTS = """
import logging, sys
import reflowlog
reflowlog.install()
numbers, is_nested = [], False
def log(event, arguments):
    global is_nested
    if event == "exec" and "reflowlog" in arguments[0].co_filename and not is_nested:
        is_nested = True
        numbers.append(len(numbers))
        logging.info("<%d>", numbers[-1])
        is_nested = False
sys.addaudithook(log)
logging.info("first")
logging.info("field", extra={"key": 1})
print(len(numbers))
"""


@pytest.fixture
def logger() -> logging.Logger:
    """A logger of the test's own."""
    return logging.Logger("app")


def attach(logger: logging.Logger, form: str | None = "%(message)s", **options: object) -> ReflowHandler:
    """A handler on standard error."""
    handler = ReflowHandler(**options)  # type: ignore[arg-type]
    handler.setFormatter(None if form is None else logging.Formatter(form))
    logger.addHandler(handler)
    return handler


@pytest.mark.parametrize("form", ["%(message)s", None])
def test_when_emit_returns_the_record_is_written(logger: logging.Logger, form: str | None) -> None:
    """Without a flush; no thread is started."""
    threads = threading.active_count()
    with contextlib.redirect_stderr(io.StringIO()) as stderr, contextlib.closing(attach(logger, form)):
        for number in range(3):
            logger.info("record %d", number)
            assert stderr.getvalue().count("\n") == number + 1
            assert f"record {number}" in stderr.getvalue()
    assert threading.active_count() == threads


def test_it_is_the_standard_error_of_the_time_of_the_call(logger: logging.Logger) -> None:
    """As tests, notebooks and command line runners exchange it."""
    with contextlib.closing(attach(logger)):
        written = []
        for number in range(3):
            with contextlib.redirect_stderr(io.StringIO()) as stderr:
                logger.info("record %d", number)
            written.append(stderr.getvalue())
    assert written == ["record 0\n", "record 1\n", "record 2\n"]


def test_it_is_in_order_with_direct_writes(logger: logging.Logger) -> None:
    """Text in the stream's buffer is written first."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stderr(stream), contextlib.closing(attach(logger)):
        for number in range(3):
            print("printed", number, file=sys.stderr)
            logger.info("logged %d", number)
    stream.seek(0)
    assert stream.read().split() == [
        word for number in range(3) for kind in ("printed", "logged") for word in (kind, str(number))
    ]


@pytest.mark.parametrize("options", [{"overflow": "drop"}, {"threaded": True}])
def test_a_thread_writes_where_that_is_asked_for(logger: logging.Logger, options: dict[str, object]) -> None:
    """There too: to the standard error of now."""
    with contextlib.closing(attach(logger, **options)) as handler:
        with contextlib.redirect_stderr(io.StringIO()) as stderr:
            logger.info("one")
            handler.flush()
        with contextlib.redirect_stderr(io.StringIO()) as later:
            logger.info("two")
            handler.flush()
        assert "reflowlog" in {thread.name for thread in threading.enumerate()}
    assert (stderr.getvalue(), later.getvalue()) == ("one\n", "two\n")


def test_threaded_is_true_false_or_none() -> None:
    """False has precedence over the overflow policy."""
    threads = threading.active_count()
    out = io.StringIO()
    with Console(out, overflow="drop", threaded=False) as console:
        console.print("at once")
        assert out.getvalue() == "at once\n"
    assert threading.active_count() == threads


def test_a_record_that_is_logged_while_one_is_written_comes_after_it(logger: logging.Logger) -> None:
    """On the same thread: a signal handler, or a stream that logs itself."""

    class Logging(io.StringIO):
        def write(self, text: str) -> int:
            if "outer" in text:
                logger.info("inner")
            return super().write(text)

    out = Logging()
    with contextlib.closing(attach(logger, stream=out)):
        logger.info("outer")
        logger.info("outer")
    assert out.getvalue() == "outer\ninner\n" * 2


def test_a_record_of_many_lines_or_with_controls_is_written_whole(logger: logging.Logger) -> None:
    """The direct way is for plain lines only; others are sanitized as ever."""
    out = io.StringIO()
    with contextlib.closing(attach(logger, stream=out)):
        logger.info("one\ntwo")
        logger.info("tab\tand é")
    assert out.getvalue() == "one\ntwo\ntab     and é\n"


def test_threads_write_whole_lines(logger: logging.Logger) -> None:
    """One at a time, each in its own order."""
    out = io.StringIO()
    with contextlib.closing(attach(logger, stream=out)):
        threads = [
            threading.Thread(target=lambda number=number: [logger.info("%d %d", number, n) for n in range(200)])
            for number in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = [line.split() for line in out.getvalue().splitlines()]
    for number in range(4):
        assert [int(n) for who, n in lines if who == str(number)] == list(range(200))


def test_a_subclass_formats_its_records_itself(logger: logging.Logger) -> None:
    """Formats that are computed faster are `logging`'s own."""

    class Shouting(ReflowHandler):
        def format(self, record: logging.LogRecord) -> str:
            return super().format(record).upper()

    out = io.StringIO()
    handler = Shouting(stream=out)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    with contextlib.closing(handler):
        logger.info("quiet")
    assert out.getvalue() == "QUIET\n"


def test_a_stream_that_always_logs_something_else_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without end in sight it is not written to any more."""
    monkeypatch.setattr(sys, "__stderr__", beneath := io.StringIO())
    out = io.StringIO()
    console = Console(out)
    out.write = lambda text: console.print(len(text) % 7)  # type: ignore[assignment, method-assign, return-value]
    console.print("one")
    console.close()
    assert 0 < len(beneath.getvalue()) < 10


def test_a_signal_handler_can_log_while_modules_are_imported(tmp_path: Path) -> None:
    """The first records import modules; a handler that runs in the middle of that finds them unfinished."""
    done = run_in_pipes(LOGS_WITHIN_IMPORTS, tmp_path)
    assert int(done.stdout) > 0
    shown = [line.split("root")[1].split()[0] for line in done.stderr.splitlines()]
    assert sorted(shown) == sorted(["first", "field", *(f"<{number}>" for number in range(int(done.stdout)))])
