"""`ReflowHandler` in whole processes: every record is shown, however they end.

Each test runs a script of its own; what is shown goes to a file or to a terminal, and is read afterwards.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from support.programs import ABORTED, run
from support.terminals import PYTHON, Pty

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RUNS = int(os.environ.get("REFLOWLOG_RUNS", "6"))

_THREADS = """
import logging, sys, threading
import reflowlog

handler = reflowlog.ReflowHandler()
if {formatter}:
    handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level=logging.INFO, handlers=[handler])
log = logging.getLogger("many")
start = threading.Barrier(8)

def work(number):
    start.wait()
    for count in range({count}):
        log.info("<t%d %05d the words of one record end>", number, count)
    {in_thread}

threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
{in_main}
"""

ENDINGS = {
    "at once": ("pass", "pass"),
    "after joining": ("pass", "for thread in threads: thread.join()"),
    "by an exception": ("pass", "raise RuntimeError('unhandled in main')"),
    "by sys.exit": ("pass", "sys.exit(3)"),
    "by sys.exit in a thread": ("sys.exit(4)", "pass"),
    "by an exception in a thread": ("raise RuntimeError('unhandled in a thread')", "pass"),
}
STATUS = {"by an exception": 1, "by sys.exit": 3}


def check_complete(text: str, count: int, *, threads: int = 8) -> None:
    """All records of all threads are in `text`, each thread's in order, none torn by another's."""
    assert not any(word in text for word in ABORTED), text[-3000:]
    whole = re.findall(r"<t(\d) (\d{5}) the words of one record end>", text)
    assert len(re.findall(r"<t\d", text)) == len(whole), "some are torn"
    assert len(re.findall(r"end>\n", text)) == len(whole), "some share a line"
    counts: dict[str, list[int]] = defaultdict(list)
    for thread, number in whole:
        counts[thread].append(int(number))
    expected = {str(number): list(range(count)) for number in range(threads)}
    lengths = {thread: len(numbers) for thread, numbers in counts.items()}
    assert counts == expected, f"lost or out of order; of each thread there are {lengths}"


def threads_script(count: int, ending: str, *, formatter: bool = True) -> str:
    """The script in which 8 threads log `count` records each and the process ends as `ENDINGS` says."""
    in_thread, in_main = ENDINGS[ending]
    return _THREADS.format(count=count, in_thread=in_thread, in_main=in_main, formatter=formatter)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
def test_forty_thousand_records_of_eight_threads(ending: str, tmp_path: Path) -> None:
    """8 threads log 5,000 records each while the process ends in one way or another: all are there."""
    status, text = run(threads_script(5_000, ending), tmp_path)
    check_complete(text, 5_000)
    assert status == STATUS.get(ending, 0)
    assert ("unhandled in" in text) == ("exception" in ending)


def test_forty_thousand_records_with_columns(tmp_path: Path) -> None:
    """Without a formatter each record is one line as well, with its level and logger."""
    status, text = run(threads_script(5_000, "at once", formatter=False), tmp_path)
    assert status == 0
    check_complete(text, 5_000)
    lines = text.splitlines()
    assert len(lines) == 40_000
    assert all("INFO" in line and "many" in line for line in lines)


@pytest.mark.parametrize("ending", ["at once", "by an exception", "by sys.exit in a thread"])
def test_the_same_many_times(ending: str, tmp_path: Path) -> None:
    """Run after run, nothing is lost at the interpreter's exit and it never aborts."""
    for number in range(max(1, RUNS // 3)):
        status, text = run(threads_script(500, ending), tmp_path)
        assert status == STATUS.get(ending, 0), f"run {number}:\n{text[-3000:]}"
        check_complete(text, 500)


@pytest.mark.parametrize("ending", ["at once", "by an exception", "by sys.exit in a thread"])
def test_the_same_on_a_terminal(ending: str, open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """On a terminal, too, all records are shown before the process is gone, and the terminal is as it was."""
    (tmp_path / "script.py").write_text(threads_script(5_000, ending))
    terminal = open_pty([PYTHON, "script.py"], (200, 50), home=tmp_path)
    assert terminal.wait(60) == STATUS.get(ending, 0)
    check_complete(terminal.text, 5_000)
    assert terminal.settings_now() == terminal.settings


_FORK = """
import logging, os, sys, threading
import reflowlog

handler = reflowlog.ReflowHandler()
handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level=logging.INFO, handlers=[handler])
log = logging.getLogger("fork")
stop = threading.Event()
logged = 0

def work():
    global logged
    while not stop.is_set() and logged < 20_000:
        log.info("<parent %05d end>", logged)
        logged += 1

thread = threading.Thread(target=work)
thread.start()
for child in range(10):
    process = os.fork()
    if not process:
        for count in range(20):
            log.info("<child%d %05d end>", child, count)
        if child % 2:
            logging.shutdown()
            os._exit(0)
        sys.exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0, child
stop.set()
thread.join()
log.info("<parent logged %d end>", logged)
"""


def test_fork_while_another_thread_logs(tmp_path: Path) -> None:
    """Children forked in the middle of it neither hang nor lose lines, nor say the parent's again."""
    source = "import warnings\nwarnings.filterwarnings('ignore', message='.*fork')\n" + _FORK
    status, text = run(source, tmp_path)
    assert status == 0, text[-3000:]
    for child in range(10):
        assert re.findall(rf"<child{child} (\d+) end>\n", text) == [f"{count:05}" for count in range(20)]
    logged = int(re.findall(r"<parent logged (\d+) end>", text)[0])
    assert re.findall(r"<parent (\d+) end>\n", text) == [f"{count:05}" for count in range(logged)]


_DICT_CONFIG = """
import logging.config
import reflowlog

config = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"short": {"format": "%(levelname)s|%(message)s"}},
    "handlers": {"console": {"class": "reflowlog.ReflowHandler", "formatter": "short", "level": "INFO"}},
    "root": {"handlers": ["console"], "level": "DEBUG"},
}
for round in range(2):
    logging.config.dictConfig(config)
    logging.debug("not shown")
    logging.info("round %d", round)
config["handlers"]["console"] = {"()": reflowlog.ReflowHandler, "formatter": "short"}
logging.config.dictConfig(config)
logging.warning("by factory")
"""


def test_dict_config_twice(tmp_path: Path) -> None:
    """The handler is made by its dotted name, rebuilt by a second dictConfig, and made by a factory."""
    assert run(_DICT_CONFIG, tmp_path) == (0, "INFO|round 0\nINFO|round 1\nWARNING|by factory\n")


_COLUMNS = """
import logging
import reflowlog

logging.getLogger().addHandler(reflowlog.ReflowHandler())
logging.getLogger().setLevel(logging.INFO)
logging.getLogger("app.db").info("plain words")
logging.getLogger("app.db").warning("with fields", extra={"rows": 7, "table": "users"})
try:
    1 / 0
except ZeroDivisionError:
    logging.exception("it failed")
logging.info("two\\nlines")
"""


def test_columns(tmp_path: Path) -> None:
    """Without a formatter records show with level, logger, extra fields and traceback."""
    status, text = run(_COLUMNS, tmp_path)
    assert status == 0
    first, second, *rest = text.splitlines()
    assert "INFO" in first
    assert "app.db" in first
    assert "plain words" in first
    assert re.search(r"WARN.*app\.db.*with fields.*rows=7.*table=users|WARN.*with fields.*table=users.*rows=7", second)
    rest_text = "\n".join(rest)
    assert "it failed" in rest[0]
    assert "Traceback (most recent call last):" in rest_text
    assert "ZeroDivisionError: division by zero" in rest_text
    assert re.search(r"two *\n *.*lines$", rest_text)


_BASIC_CONFIG = """
import logging
import reflowlog

logging.basicConfig(level=logging.INFO, handlers=[reflowlog.ReflowHandler()])
logging.debug("not shown")
logging.info("one")
logging.getLogger("x").info("two %s", "words")
"""


def test_basic_config(tmp_path: Path) -> None:
    """By `basicConfig` each record is a line with its level, its logger and its message."""
    status, text = run(_BASIC_CONFIG, tmp_path)
    assert status == 0
    one, two = text.splitlines()
    assert re.search(r"INFO.*root.*one$", one)
    assert re.search(r"INFO.*x.*two words$", two)


_BASIC_CONFIG_FORMAT = """
import logging
import reflowlog

logging.basicConfig(format="%(name)s: %(message)s", level=logging.INFO, handlers=[reflowlog.ReflowHandler()])
logging.info("one")
logging.getLogger("x").info("two %s", "words")
"""


def test_formatter_of_basic_config(tmp_path: Path) -> None:
    """With a formatter the text is the formatter's, to the letter."""
    assert run(_BASIC_CONFIG_FORMAT, tmp_path) == (0, "root: one\nx: two words\n")


_BROKEN_RECORD = """
import logging
import reflowlog

logging.raiseExceptions = {raise_exceptions}
handler = reflowlog.ReflowHandler()
handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level=logging.INFO, handlers=[handler])

class Broken:
    def __str__(self):
        raise ValueError("no text")

logging.info("%d is not a number", "x")
logging.info("%s", Broken())
logging.info("goes on")
"""


@pytest.mark.parametrize("raise_exceptions", [True, False])
def test_record_that_cannot_be_formatted(raise_exceptions: bool, tmp_path: Path) -> None:
    """`emit` does not raise: `logging` reports the mistake, or keeps silent, and the next record is shown."""
    status, text = run(_BROKEN_RECORD.format(raise_exceptions=raise_exceptions), tmp_path)
    assert status == 0
    assert text.endswith("goes on\n")
    assert ("--- Logging error ---" in text) == raise_exceptions
    assert ("no text" in text) == raise_exceptions


_PICKLE = """
import logging, pickle
import reflowlog

handler = reflowlog.ReflowHandler(level=logging.WARNING)
handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
again = pickle.loads(pickle.dumps(handler))
assert again.level == logging.WARNING
logging.basicConfig(level=logging.INFO, handlers=[again])
logging.info("not shown")
logging.warning("shown")
"""


def test_pickled(tmp_path: Path) -> None:
    """A handler that was pickled logs as before, with its level and formatter."""
    assert run(_PICKLE, tmp_path) == (0, "WARNING shown\n")


_LATE = """
import atexit, logging, sys
import reflowlog

reflowlog.install(level="INFO").setFormatter(logging.Formatter("%(message)s"))

@atexit.register
def late():
    logging.info("in atexit")

class Last:
    def __del__(self):
        logging.info("in a finalizer")

keep = Last()
keep.itself = keep
logging.info("in main")
"""


def test_records_of_the_last_moments(tmp_path: Path) -> None:
    """Records of atexit functions are shown, and a finalizer that logs does no harm."""
    status, text = run(_LATE, tmp_path)
    assert status == 0
    assert text.startswith("in main\nin atexit\n")
    assert "Error" not in text


_INSTALL = """
import logging
import reflowlog

other = logging.NullHandler()
logging.getLogger().addHandler(other)
first = reflowlog.install()
second = reflowlog.install(level="WARNING")
assert logging.getLogger().handlers == [other, second], logging.getLogger().handlers
second.setFormatter(logging.Formatter("%(message)s"))
logging.info("not shown")
logging.warning("once")
"""


def test_install_replaces_only_its_own_handler(tmp_path: Path) -> None:
    """A second `install` takes the place of the first; handlers of others stay."""
    assert run(_INSTALL, tmp_path) == (0, "once\n")


_HOSTILE = r"""
import logging
import reflowlog

handler = reflowlog.ReflowHandler()
handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level=logging.INFO, handlers=[handler])
logging.info("\x1b]0;title\x07\x1b[2J \udcff\ud800 end")
"""


def test_message_acts_on_no_terminal(open_pyte: Callable[..., Pty], tmp_path: Path) -> None:
    """Escapes and lone surrogates in a message are shown, not executed."""
    (tmp_path / "script.py").write_text(_HOSTILE)
    command = f"printf '\\033]0;before\\007'; echo still here; '{PYTHON}' script.py"
    terminal = open_pyte(["sh", "-c", command], home=tmp_path)
    assert terminal.wait() == 0
    assert terminal.title == "before"
    assert terminal.screen()[0] == "still here"
    assert terminal.screen()[1].endswith("end")


_CHAIN = """
import logging, sys
import reflowlog

with reflowlog.Console() as console:
    handler = reflowlog.ReflowHandler(console=console)
    handler.setFormatter(logging.Formatter("%(message)s"))
    other = reflowlog.ReflowHandler(console=console)
    other.setFormatter(logging.Formatter("%(message)s"))
    logging.getLogger("a").addHandler(handler)
    logging.getLogger("b").addHandler(other)
    logging.getLogger("a").warning("1")
    console.print("2", "and", "a", "half", sep="-")
    logging.getLogger("b").warning("3")
    console.put("4")
    assert console.flush(timeout=30)
    assert console.dropped == 0
    console.put(reflowlog.STOP)
    console.join()
"""


def test_handlers_share_a_console(tmp_path: Path) -> None:
    """Records of two handlers and printed text come out in the order in which they were said."""
    assert run(_CHAIN, tmp_path) == (0, "1\n2-and-a-half\n3\n4\n")
