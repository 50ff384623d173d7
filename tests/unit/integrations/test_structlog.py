"""structlog on the console: output of its default processors is shown in columns."""

from __future__ import annotations

import io
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

import reflowlog

structlog = pytest.importorskip("structlog")

if TYPE_CHECKING:
    from collections.abc import Iterator

_STAMPED = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
_PLAIN = structlog.dev.plain_traceback

RENDERERS = {
    "the default": None,
    "console": [*_STAMPED, structlog.dev.ConsoleRenderer(colors=False, exception_formatter=_PLAIN)],
    "console in colours": [*_STAMPED, structlog.dev.ConsoleRenderer(colors=True, exception_formatter=_PLAIN)],
    "json": [*_STAMPED, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
    "logfmt": [*_STAMPED, structlog.processors.format_exc_info, structlog.processors.LogfmtRenderer()],
    "key and value": [*_STAMPED, structlog.processors.KeyValueRenderer()],
}


@pytest.fixture(autouse=True)
def _restore_structlog() -> Iterator[None]:
    """Restore structlog's configuration, which is global."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def logged(processors: Any, **options: Any) -> list[str]:
    """Return the console's output of three events."""
    stream = io.StringIO()
    with reflowlog.Console(stream, color="never", **options) as console:
        changes = {} if processors is None else {"processors": processors}
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=console), **changes)
        log = structlog.get_logger()
        log.info("user logged in", user="ann lee", n=3)
        log.bind(logger="app.db").warning("a message that is much longer than thirty characters", x=1.5)
        console.print("and a bare print")
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("name", RENDERERS)
def test_fields_are_columns_where_lines_are_laid_out(name: str) -> None:
    """Each renderer's fields are columns: time, level, logger, message, and the rest."""
    first, second, bare = logged(RENDERERS[name], width=140)
    assert re.fullmatch(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO +user logged in(  user="ann lee"|  n=3){2}', first)
    told = "WARNING  app.db a message that is much longer than thirty characters  x=1.5"
    assert second[24:] == told
    assert bare == "and a bare print"


def test_they_adapt_to_the_width() -> None:
    """The columns adapt to the width as those of a handler do."""
    rows = logged(RENDERERS["json"], width=40)
    assert max(map(len, rows)) <= 40
    assert rows[1].startswith("  user logged in")


@pytest.mark.parametrize("options", [{"width": 140, "columns": False}, {}])
def test_off_a_terminal_text_is_unchanged(options: dict[str, Any]) -> None:
    """Off a terminal, and with ``raw``, text is written unchanged."""
    first, *_ = logged(RENDERERS["json"], **options)
    assert first.startswith('{"user": "ann lee", "n": 3, "event": "user logged in", "level": "info"')


def test_columns_can_be_requested_for_a_file() -> None:
    """Columns in a file without a width are not cut."""
    first, *_ = logged(RENDERERS["json"], columns=True)
    assert first.endswith('user logged in  user="ann lee"  n=3')


def test_an_exception_is_under_its_record() -> None:
    """An exception is shown in its record if the renderer put it there, else in the lines that follow."""
    for name in ("console", "json"):
        stream = io.StringIO()
        with reflowlog.Console(stream, width=100) as console:
            structlog.configure(processors=RENDERERS[name], logger_factory=structlog.PrintLoggerFactory(file=console))
            try:
                raise LookupError("no such disk")
            except LookupError:
                structlog.get_logger().exception("it failed")
        lines = stream.getvalue().splitlines()
        assert re.search(r"ERROR +it failed$", lines[0])
        assert lines[-1].strip() == "LookupError: no such disk"


def test_through_the_standard_library() -> None:
    """`ProcessorFormatter` on the handler gives its text with a hanging indent, also for records of `logging`."""
    stream = io.StringIO()
    handler = reflowlog.ReflowHandler(stream=stream)
    renderer = structlog.dev.ConsoleRenderer(colors=False)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer))
    logger = logging.Logger("app")
    logger.addHandler(handler)
    wrap = structlog.stdlib.ProcessorFormatter.wrap_for_formatter
    log = structlog.wrap_logger(logger, processors=[structlog.stdlib.add_log_level, wrap])
    log.warning("from structlog", n=3)
    logger.error("from %s", "logging")
    handler.close()
    assert [line.rstrip() for line in stream.getvalue().splitlines()] == [
        "[warning  ] from structlog                 n=3",
        "from logging",
    ]
