"""A record that cannot be rendered: `logging`'s report of it goes through the console."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import reflowlog

if TYPE_CHECKING:
    import pytest


def test_the_report_is_in_order_with_the_records(capsys: pytest.CaptureFixture[str]) -> None:
    """The report is between the records before and after, and nothing is written past the console."""
    stream = io.StringIO()
    logger = logging.Logger("app")
    handler = reflowlog.ReflowHandler(stream=stream, columns=["message"])
    logger.addHandler(handler)
    logger.info("before")
    logger.info("%d \r\x1b[2K", "bad arg")
    logger.info("after")
    handler.close()
    lines = [line.rstrip() for line in stream.getvalue().splitlines()]
    assert lines[:2] == ["before", "--- Logging error ---"]
    assert lines[-1] == "after"
    assert any(line.startswith("TypeError: ") for line in lines)
    assert "Call stack:" in lines
    assert any("test_handle_error.py" in line for line in lines[lines.index("Call stack:") :])
    assert lines[-3] == r"Message: '%d \r\x1b[2K'"
    assert lines[-2] == "Arguments: ('bad arg',)"
    assert capsys.readouterr() == ("", "")


def test_a_pin_is_not_torn() -> None:
    """The report is above the pin, as a record is."""
    stream = io.StringIO()
    console = reflowlog.Console(stream, mode="inline", width=60)
    logger = logging.Logger("app")
    logger.addHandler(reflowlog.ReflowHandler(console=console))
    with console.pin(lambda _: "PIN"):
        logger.info("%d", "bad arg")
        console.flush()
        assert stream.getvalue().rstrip().rpartition("\n")[2].count("PIN") == 1
        assert "Logging error" in stream.getvalue()
    console.close()


def test_no_report_where_logging_reports_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """`logging.raiseExceptions` is heeded."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    stream = io.StringIO()
    logger = logging.Logger("app")
    handler = reflowlog.ReflowHandler(stream=stream, columns=["message"])
    logger.addHandler(handler)
    logger.info("%d", "bad arg")
    handler.close()
    assert stream.getvalue() == ""


def test_a_closed_console_reports_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the console takes nothing any more the report is not lost."""
    console = reflowlog.Console(io.StringIO())
    logger = logging.Logger("app")
    logger.addHandler(reflowlog.ReflowHandler(console=console))
    console.print("so that it has a printer")
    console.close()
    logger.info("%d", "bad arg")
    err = capsys.readouterr().err
    assert "Logging error" in err or "Logging error" in console.stream.getvalue()  # type: ignore[union-attr]
