"""loguru's sink: messages in columns."""

from __future__ import annotations

import io
import pickle
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import PYTHON, TIMEOUT, environment

import reflowlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

loguru = pytest.importorskip("loguru")


@pytest.fixture
def add() -> Iterator[Callable[..., None]]:
    """Return ``add(sink, ...)`` for loguru's logger without other sinks; the logger is restored afterwards."""
    loguru.logger.remove()
    yield loguru.logger.add
    loguru.logger.remove()


def shown(stream: io.StringIO) -> list[str]:
    """Return the lines without their times."""
    return [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ", "", line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("options", [{}, {"enqueue": True}, {"serialize": True}, {"format": "nothing of it"}])
def test_a_message_is_shown_in_columns(add: Callable[..., None], options: dict[str, Any]) -> None:
    """Time, level, name, message and extra are columns, whatever ``format`` loguru is given."""
    stream = io.StringIO()
    add(reflowlog.sink(stream=stream), level="DEBUG", **options)
    loguru.logger.bind(user="ann", n=3).success("disk {} full", "91 %")
    loguru.logger.trace("not shown")
    loguru.logger.remove()
    (line,) = shown(stream)
    assert re.fullmatch(r"SUCCESS +[\w.]*test_loguru +disk 91 % full  user=ann  n=3", line)


def test_columns_and_options_are_the_handlers(add: Callable[..., None]) -> None:
    """Width and columns are options; invalid ones raise at once."""
    stream = io.StringIO()
    add(reflowlog.sink(stream=stream, width=40, columns=["level", "message"]))
    loguru.logger.warning("word " * 10)
    loguru.logger.remove()
    assert stream.getvalue().splitlines()[0] == "W"
    assert max(map(len, stream.getvalue().splitlines())) <= 40
    for wrong in ({"columns": ["levl"]}, {"mode": "full"}, {"console": reflowlog.Console(stream), "width": 3}):
        with pytest.raises(ValueError, match=r"no such column|mode is|give either"):
            reflowlog.sink(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{}, {"enqueue": True}, {"serialize": True}, {"diagnose": False}])
def test_an_exception_is_shown_under_its_message(add: Callable[..., None], options: dict[str, Any]) -> None:
    """A traceback follows its message, as loguru formatted it."""
    stream = io.StringIO()
    add(reflowlog.sink(stream=stream), **options)
    try:
        raise LookupError("no such disk")
    except LookupError:
        loguru.logger.exception("it failed")
    loguru.logger.remove()
    lines = shown(stream)
    assert "it failed" in lines[0]
    assert lines[-1] == "LookupError: no such disk"
    assert sum("Traceback" in line for line in lines) == 1


def test_a_console_of_ones_own_stays_open(add: Callable[..., None]) -> None:
    """Messages on it are in order with its other text."""
    stream = io.StringIO()
    with reflowlog.Console(stream) as console:
        add(reflowlog.sink(console, columns=["message"]))
        console.print("before")
        loguru.logger.info("between")
        loguru.logger.remove()
        console.print("after")
    assert stream.getvalue().splitlines() == ["before", "between", "after"]


def test_handlers_and_sinks_share_a_console() -> None:
    """Handlers and sinks on one stream share a console, which the last one closes."""
    stream = io.StringIO()
    sink, handler = reflowlog.sink(stream=stream), reflowlog.ReflowHandler(stream=stream)
    assert sink.console is handler.console
    sink.stop()
    sink.stop()
    assert not handler.console.closed
    handler.close()
    assert handler.console.closed
    sink.write("text that is no message\n")  # a sink that is used on gets a console again
    sink.stop()
    assert stream.getvalue() == "text that is no message\n"


def test_an_extra_that_cannot_be_shown_costs_no_record(add: Callable[..., None]) -> None:
    """A record is shown if the text of one of its extras raises."""

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    stream = io.StringIO()
    add(reflowlog.sink(stream=stream, columns=["message"]))
    loguru.logger.bind(broken=Broken()).info("all the same")
    loguru.logger.remove()
    assert stream.getvalue() == 'all the same  broken="<Broken that cannot be shown: RuntimeError>"\n'


def test_a_sink_can_be_pickled() -> None:
    """A sink pickles without its stream or console."""
    sink = pickle.loads(pickle.dumps(reflowlog.sink(stream=io.StringIO(), columns=["message"])))  # noqa: S301 - ours
    assert sink._columns == ("message",)
    sink.stop()


def test_nothing_of_it_is_imported_before() -> None:
    """Neither the package nor the sink imports loguru."""
    program = "import reflowlog, sys; reflowlog.sink; print({'loguru', 'rich', 'tqdm', 'structlog'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment(), timeout=60, check=True
    )
    assert done.stdout == "set()\n"


_SPAWN = """
import multiprocessing, sys, time
from loguru import logger
import reflowlog

def start(parents):
    global logger
    logger = parents

def work(number):
    logger.info(f"M{number:05d} hi")

if __name__ == "__main__":
    logger.remove()
    logger.add(reflowlog.sink(columns=["message"], extras=()))
    if sys.argv[1] == "first":
        logger.info("the parent logs first")
    with multiprocessing.get_context(sys.argv[2]).Pool(2, start, (logger,)) as pool:
        pool.map(work, range(20))
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
@pytest.mark.parametrize("who", ["first", "children"])
def test_records_of_spawned_children_reach_the_parents_console(who: str, method: str, tmp_path: Path) -> None:
    """A pickled sink brings the console's address along: each record is there once, though the pool is terminated."""
    (tmp_path / "program.py").write_text(_SPAWN)
    done = subprocess.run(
        [PYTHON, "program.py", who, method],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=TIMEOUT,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("M")]
    assert sorted(lines) == [f"M{number:05d} hi" for number in range(20)]


def test_extras_are_chosen(add: Callable[..., None]) -> None:
    """``extras`` names the bound values that are shown."""
    stream = io.StringIO()
    add(reflowlog.sink(stream=stream, columns=["message"], extras=["user"]))
    loguru.logger.bind(user=1, other=2).info("text")
    loguru.logger.remove()
    assert stream.getvalue() == "text  user=1\n"
