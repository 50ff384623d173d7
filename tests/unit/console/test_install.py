"""install(): levels in both spellings, one handler, errors that name the function, extras of frameworks."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest

import reflowlog
from reflowlog import Console, ReflowHandler

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """The root logger without handlers, for a test."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    logger.handlers[:] = []
    yield logger
    for handler in logger.handlers:
        handler.close()
    logger.handlers[:], logger.level = handlers, level


@pytest.mark.parametrize("level", ["debug", "DEBUG", "Debug", logging.DEBUG])
def test_a_level_may_be_spelt_in_small_letters(root: logging.Logger, level: Any) -> None:
    """As the command line takes it."""
    with contextlib.redirect_stderr(io.StringIO()):
        reflowlog.install(level)
        assert root.level == logging.DEBUG
        with contextlib.closing(ReflowHandler(level)) as handler:
            assert handler.level == logging.DEBUG


def test_a_level_of_the_programs_own_keeps_its_name(root: logging.Logger) -> None:
    """Only a name that `logging` does not know is read in capitals."""
    logging.addLevelName(7, "quiet")
    with contextlib.redirect_stderr(io.StringIO()):
        reflowlog.install("quiet")
        assert root.level == 7
        with pytest.raises(ValueError, match="NOISY"):
            reflowlog.install("noisy")


def test_what_basic_config_has_set_up_is_replaced(root: logging.Logger) -> None:
    """Each record is shown once; handlers for other streams stay."""
    other = io.StringIO()
    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        logging.basicConfig(level="INFO", format="%(message)s")
        root.addHandler(kept := logging.StreamHandler(other))
        reflowlog.install()
        logging.info("once")
    assert stderr.getvalue().count("once") == 1
    assert other.getvalue() == "once\n"
    assert kept in root.handlers


def test_a_stream_handler_of_another_name_is_replaced_if_it_writes_as_such(root: logging.Logger) -> None:
    """The handler of coloredlogs, whose stream is the present `sys.stderr`, is replaced; one that does more stays."""

    class FollowingHandler(logging.StreamHandler):  # type: ignore[type-arg]
        @property
        def stream(self) -> Any:
            return sys.stderr

        @stream.setter
        def stream(self, stream: object) -> None:
            """Ignore it."""

    class SendingHandler(logging.StreamHandler):  # type: ignore[type-arg]
        def emit(self, record: logging.LogRecord) -> None:
            """Send it somewhere."""

    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        root.addHandler(FollowingHandler())
        root.addHandler(kept := SendingHandler())
        handler = reflowlog.install()
        logging.info("once")
        assert [each for each in root.handlers if "Capture" not in type(each).__name__] == [kept, handler]
    assert stderr.getvalue().count("once") == 1


@pytest.mark.parametrize(
    ("call", "name"), [(reflowlog.install, "install"), (ReflowHandler, "ReflowHandler")], ids=["install", "handler"]
)
def test_an_error_names_the_function_that_was_called(root: logging.Logger, call: Any, name: str) -> None:
    """Not one that it calls."""
    with pytest.raises(TypeError, match=rf"^{name}\(\) got an unexpected keyword argument 'theme'"):
        call(theme="dark")
    assert not any(isinstance(handler, ReflowHandler) for handler in root.handlers)


def test_prints_go_through_the_console_where_that_is_asked_for(root: logging.Logger) -> None:
    """On a terminal without being asked; off one they are left alone."""
    with contextlib.redirect_stderr(io.StringIO()) as stderr, contextlib.redirect_stdout(io.StringIO()) as stdout:
        reflowlog.install()
        print("left alone")
        assert stdout.getvalue() == "left alone\n"
        reflowlog.install(capture=True)
        assert sys.stdout is not stdout
        print("through the console")
        reflowlog.install(capture=False)
        assert sys.stdout is stdout
    assert "through the console\n" in stderr.getvalue()


def shown(extra: dict[str, object], logger: str = "app", **options: Any) -> str:
    """A record's line with columns."""
    out = io.StringIO()
    with contextlib.closing(ReflowHandler(stream=out, columns=["message"], **options)) as handler:
        record = logging.makeLogRecord({"name": logger, "levelno": 20, "levelname": "INFO", "msg": "hello", **extra})
        handler.handle(record)
    return out.getvalue().strip()


@pytest.mark.parametrize(
    ("logger", "extra"),
    [
        ("uvicorn.error", {"color_message": "\x1b[36mhello\x1b[0m"}),
        ("django.server", {"request": "<socket>", "server_time": "now", "status_code": 200}),
        ("celery.app.trace", {"data": {"id": 1}}),
        ("app", {"otelSpanID": "0", "otelTraceID": "0", "otelServiceName": "", "otelTraceSampled": False}),
        ("app", {"extra": {}}),
        ("app", {"otelTraceID": "0af7651916cd43dd8448eb211c80319c", "otelServiceName": "shop"}),
        ("app", {"dd.trace_id": "1", "dd.service": "shop"}),
        ("django.db.backends", {"duration": 0.1, "sql": "SELECT 1", "params": (), "alias": "default"}),
        ("aiohttp.access", {"remote_address": "::1", "first_request_line": "GET / HTTP/1.1", "response_status": 200}),
        ("scrapy.core.engine", {"spider": "<Spider>"}),
        ("app", {"_logger": "<logger>", "_name": "info"}),
    ],
)
def test_fields_that_frameworks_attach_for_themselves_are_left_out(logger: str, extra: dict[str, object]) -> None:
    """Unless they are asked for by name."""
    assert shown(extra, logger) == "hello"
    name = next(iter(extra))
    assert f"{name}=" in shown(extra, logger, extras=[name])


def test_extras_are_chosen_by_name() -> None:
    """All, some, or none; the console's choice counts where the handler has none."""
    extra = {"user": 7, "path": "/x"}
    assert shown(extra) == "hello  user=7  path=/x"
    assert shown(extra, extras=["path"]) == "hello  path=/x"
    assert shown(extra, extras=()) == "hello"
    out = io.StringIO()
    with Console(out, extras=["user"], columns=True) as console:
        handler = ReflowHandler(console=console, columns=["message"])
        handler.handle(logging.makeLogRecord({"msg": "hello", **extra}))
        console.print('{"level": "info", "message": "printed", "user": 8, "path": "/y"}')
    assert "user=7" in out.getvalue()
    assert "user=8" in out.getvalue()
    assert "path=" not in out.getvalue()


def test_a_framework_may_share_a_name_with_a_program() -> None:
    """A field counts as a framework's only on that framework's loggers."""
    assert shown({"data": "mine", "request": "GET"}) == "hello  data=mine  request=GET"


def test_fields_bound_in_loguru_are_extras() -> None:
    """Where loguru passes its records on to `logging`, they come as one dict."""
    assert shown({"extra": {"user": 7, "path": "/x"}}) == "hello  user=7  path=/x"


def test_fields_of_the_programs_own_are_shown_whatever_their_names() -> None:
    """A framework's names are left out in the framework's own loggers only."""
    assert shown({"status_code": 200, "request": "r"}, "app") == "hello  status_code=200  request=r"


@pytest.mark.parametrize(
    ("name", "column"), [("A VERY LONG LEVEL", "A VERY …"), ("NOTICE", "NOTICE"), ("CRITICAL", "CRITICAL")]
)
def test_a_long_name_of_a_level_is_cut_with_a_mark(name: str, column: str) -> None:
    """Eight cells are kept free of it; what is missing is marked."""
    out = io.StringIO()
    with contextlib.closing(ReflowHandler(stream=out, columns=["level", "message"])) as handler:
        handler.handle(logging.makeLogRecord({"levelno": 35, "levelname": name, "msg": "hello"}))
    assert out.getvalue() == f"{column:8} hello\n"
