"""Adoption: stream handlers show on the console, keep their settings, and are restored."""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING

import pytest

from reflowlog import Console, ReflowHandler, adopt, capture
from reflowlog.console.shared import shared_console

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT = 10.0  # seconds that end a hang


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """A logger of the test's own; it is no child of the root logger, which has pytest's handlers."""
    made = logging.getLogger("adopted")
    parent, made.parent = made.parent, None
    made.handlers.clear()
    yield made
    made.parent = parent
    made.handlers.clear()


class Stderr:
    """Standard error, as pytest has it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.text_of = ""

    def getvalue(self) -> str:
        """All that was written so far."""
        self.text_of += self._capsys.readouterr().err
        return self.text_of


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Stderr:
    """Return the text written to standard error."""
    return Stderr(capsys)


def handler_on(stream: object, form: str = "%(levelname)s|%(message)s", level: str = "INFO") -> logging.Handler:
    """A plain handler for a stream."""
    handler = logging.StreamHandler(stream)  # type: ignore[type-var]
    handler.setFormatter(logging.Formatter(form))
    handler.setLevel(level)
    return handler


def test_all_it_was_told_is_kept(logger: logging.Logger, stderr: Stderr) -> None:
    """Level, filters, formatter, name and place; and it is given back, the very object, where it was."""
    first, second, third = logging.NullHandler(), handler_on(sys.stderr), logging.NullHandler()
    second.addFilter(lambda record: "secret" not in record.getMessage())
    second.set_name("adopted one")
    logger.handlers[:] = [first, second, third]
    with adopt(logger):
        assert [type(each) for each in logger.handlers] == [logging.NullHandler, ReflowHandler, logging.NullHandler]
        replacement = logger.handlers[1]
        assert (replacement.level, replacement.get_name()) == (logging.INFO, "adopted one")
        assert logging._handlers["adopted one"] is replacement
        logger.warning("shown")
        logger.debug("below the level")
        logger.warning("secret")
        second.addFilter(lambda record: "later" not in record.getMessage())
        logger.warning("filtered later")
        replacement.flush()
        assert stderr.getvalue() == "WARNING|shown\n"
    assert logger.handlers == [first, second, third]
    assert logging._handlers["adopted one"] is second
    logger.warning("again")
    assert stderr.getvalue() == "WARNING|shown\nWARNING|again\n"


def test_those_of_all_loggers(logger: logging.Logger) -> None:
    """A handler that several share is still one; placeholders have none."""
    logging.getLogger("adopted.child.grandchild")
    shared = handler_on(sys.stderr)
    child = logging.getLogger("adopted.child.grandchild")
    for each in (logger, child, logging.getLogger()):
        each.addHandler(shared)
    try:
        with adopt():
            assert logger.handlers == child.handlers
            assert logger.handlers[0] in logging.getLogger().handlers
            assert isinstance(logger.handlers[0], ReflowHandler)
        assert logger.handlers == child.handlers == [shared]
    finally:
        child.handlers.clear()
        logging.getLogger().removeHandler(shared)


class _Own(logging.StreamHandler):  # type: ignore[type-arg]
    pass


def test_others_are_left_alone(logger: logging.Logger, stderr: Stderr, tmp_path: Path) -> None:
    """Handlers of files, subclasses, and of streams other than standard error's target are not adopted."""
    theirs = [logging.FileHandler(tmp_path / "log"), _Own(sys.stderr), handler_on(io.StringIO())]
    logger.handlers[:] = theirs
    with adopt(logger):
        assert logger.handlers == theirs
    theirs[0].close()


def test_where_records_go_stays_the_same(
    logger: logging.Logger, stderr: Stderr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler for standard output goes on writing there, if that is another stream."""
    stdout = io.StringIO()
    logger.handlers[:] = [handler_on(stdout), handler_on(sys.stderr)]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        with adopt(logger):
            logger.warning("both")
    assert (stdout.getvalue(), stderr.getvalue()) == ("WARNING|both\n", "WARNING|both\n")


def test_twice_is_once(logger: logging.Logger, stderr: Stderr) -> None:
    """The second finds nothing to do, and gives nothing back; neither does a second end."""
    handler = handler_on(sys.stderr)
    logger.addHandler(handler)
    first = adopt(logger)
    adopted = list(logger.handlers)
    with adopt("adopted"):
        assert logger.handlers == adopted
    assert logger.handlers == adopted
    first.give_back()
    first.give_back()
    assert logger.handlers == [handler]


def test_handlers_that_were_changed_meanwhile(logger: logging.Logger, stderr: Stderr) -> None:
    """Added handlers stay, removed ones stay removed, and re-added ones are there once."""
    gone, kept, back = handler_on(sys.stderr), handler_on(sys.stderr), handler_on(sys.stderr)
    logger.handlers[:] = [gone, kept, back]
    added = logging.NullHandler()
    with adopt(logger):
        logger.removeHandler(logger.handlers[0])
        logger.handlers.insert(0, added)
        logger.addHandler(back)
        logger.handlers[1].setLevel("ERROR")
        logger.handlers[1].setFormatter(logging.Formatter("new %(message)s"))
    assert logger.handlers == [added, kept, back]
    logger.removeHandler(back)
    logger.warning("below")
    logger.error("told meanwhile")
    assert stderr.getvalue() == "new told meanwhile\n"


def test_without_a_format_there_are_columns(logger: logging.Logger, stderr: Stderr) -> None:
    """Neither no formatter at all nor the default of `basicConfig` is anybody's wish; the original keeps it."""
    plain, default = logging.StreamHandler(sys.stderr), handler_on(sys.stderr, logging.BASIC_FORMAT)
    logger.handlers[:] = [plain, default]
    form = default.formatter
    with adopt(logger):
        logger.warning("in columns")
    assert [line.split()[2:] for line in stderr.getvalue().splitlines()] == [
        ["WARNING", "adopted", "in", "columns"]
    ] * 2
    assert (plain.formatter, default.formatter) == (None, form)


def test_the_handler_of_last_resort(stderr: Stderr) -> None:
    """A program without a handler has its warnings shown, too."""
    before = logging.lastResort
    alone = logging.Logger("alone")
    with adopt():
        alone.warning("nobody else shows it")
        alone.info("nor this")
    assert logging.lastResort is before
    [line] = stderr.getvalue().splitlines()
    assert line.split()[2:] == ["WARNING", "alone", "nobody", "else", "shows", "it"]


def test_a_program_may_want_no_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is none while its handlers are adopted either."""
    monkeypatch.setattr(logging, "lastResort", None)
    with adopt():
        assert logging.lastResort is None
    assert logging.lastResort is None


def test_a_console_of_the_programs_own(logger: logging.Logger, stderr: Stderr) -> None:
    """It shows the text of standard output and error, and stays open."""
    out = io.StringIO()
    logger.addHandler(handler_on(sys.stderr))
    with Console(out) as console:
        with adopt(logger, console=console):
            logger.warning("there")
        assert not console.closed
        logger.warning("here")
    assert (out.getvalue(), stderr.getvalue()) == ("WARNING|there\n", "WARNING|here\n")


@pytest.mark.parametrize("before", [True, False])
def test_together_with_a_capture(before: bool, logger: logging.Logger, stderr: Stderr) -> None:
    """A handler that was made within a capture writes to a stand-in: its records go where that goes."""
    out = io.StringIO()
    if before:
        logger.addHandler(handler_on(sys.stderr))
    with Console(out) as console, capture(console):
        if not before:
            logger.addHandler(handler_on(sys.stderr))
        with adopt(logger):
            logger.warning("adopted")
            logger.handlers[0].flush()
        print("printed")
    shown = out.getvalue().splitlines()
    assert (shown, stderr.getvalue()) == (
        (["printed"], "WARNING|adopted\n") if before else (["WARNING|adopted", "printed"], "")
    )


def test_capture_and_adopt_share_a_console(logger: logging.Logger, stderr: Stderr) -> None:
    """Printed text and records are in order, whichever is first, also off a terminal."""
    logger.addHandler(handler_on(sys.stderr))
    for first, second in ((adopt, capture), (capture, adopt)):
        with first(), second():
            for count in range(20):
                print("print", count)
                logger.warning("record %d", count)
    expected = [text for count in range(20) for text in (f"print {count}", f"WARNING|record {count}")]
    assert stderr.getvalue().splitlines() == expected * 2


def test_a_handler_on_a_captured_stream_shows_on_the_console_that_captures(logger: logging.Logger) -> None:
    """Its stream stands for a console: neither a new console nor the stream beneath gets its records."""
    out = io.StringIO()
    with Console(out) as console, capture(console):
        logger.addHandler(handler_on(sys.stdout))
        with adopt(logger):
            logger.warning("through the capture")
    assert out.getvalue() == "WARNING|through the capture\n"


def test_the_shared_console_of_a_captured_stream_is_the_one_that_captures() -> None:
    """It is found through the stream's proxy."""
    with Console(io.StringIO()) as console, capture(console):
        assert shared_console(sys.stdout) is console
