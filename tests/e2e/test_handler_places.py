"""Records from odd places, and handlers that configurations make: whole processes, each with a script of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from support.programs import ABORTED, run

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = """
import gc, logging, logging.config, os, signal, sys, threading, weakref
import reflowlog
handler = reflowlog.ReflowHandler()
handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level=logging.INFO, handlers=[handler])
log = logging.getLogger("app")
"""

PLACES = {
    "__del__": """
class Last:
    def __del__(self):
        log.info("from %s", "there")
for number in range(1000):
    last = Last(); last.itself = last
    del last
    log.info("record %d", number)
gc.collect()
""",
    "a weakref's callback": """
class Thing: pass
def gone(_):
    log.info("from there")
for number in range(1000):
    thing = Thing(); reference = weakref.ref(thing, gone)
    del thing
    log.info("record %d", number)
""",
    "a signal's handler": """
signal.signal(signal.SIGALRM, lambda *_: log.info("from there"))
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for number in range(5_000):
    log.info("record %d", number)
signal.setitimer(signal.ITIMER_REAL, 0)
log.info("from there")
""",
    "a pin's own text": """
def render(width):
    log.info("from there")
    return ""
with handler.console.pin(render) as pin:
    for number in range(1000):
        log.info("record %d", number)
        pin.update()
handler.console.pin(render)
handler.flush()
log.info("from there")
""",
    "a formatter": """
class Talking(logging.Formatter):
    def format(self, record):
        if record.name == "app":
            logging.getLogger("other").info("from there")
        return super().format(record)
handler.setFormatter(Talking())
for number in range(1000):
    log.info("record %d", number)
""",
    "a field's text": """
class Field:
    def __str__(self):
        log.info("from there")
        return "field"
for number in range(1000):
    log.info("record %d", number, extra={"field": Field()})
    log.info("%s", Field())
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("options", ["", "queue_size=4"], ids=["", "in a small queue"])
def test_a_record_may_come_from_anywhere(place: str, options: str, tmp_path: Path) -> None:
    """In the middle of other records, also while its own thread waits for room: nothing hangs, nothing is lost."""
    begin = BEGIN.replace("ReflowHandler()", "ReflowHandler(queue_size=4)" if options else "ReflowHandler()")
    columns = place == "a field's text"
    if columns:
        begin = begin.replace('handler.setFormatter(logging.Formatter("%(message)s"))', "")
    status, text = run(begin + PLACES[place], tmp_path)
    assert status == 0, text[-2000:]
    assert not any(word in text for word in ABORTED)
    assert "Traceback" not in text
    assert "from there" in text
    count = 5_000 if place == "a signal's handler" else 1000
    lines = [line for line in text.splitlines() if "record " in line]
    numbers = [int(line.partition("record ")[2].split()[0]) for line in lines]
    assert numbers == list(range(count))


@pytest.mark.parametrize("logs", ["in a daemon thread", "in all of them"])
def test_daemon_threads_that_log_while_the_interpreter_ends(logs: str, tmp_path: Path) -> None:
    """The process ends without an error message; records from before the end are shown."""
    source = (
        BEGIN
        + """
def work(ready):
    log.info("begun")
    ready.set()
    while True:
        log.info("more")
for _ in range({threads}):
    ready = threading.Event()
    threading.Thread(target=work, args=(ready,), daemon=True).start()
    ready.wait()
log.info("the last of main")
"""
    ).replace("{threads}", "1" if "a daemon" in logs else "4")
    status, text = run(source, tmp_path)
    assert status == 0, text[-2000:]
    assert "the last of main\n" in text
    assert not any(word in text for word in (*ABORTED, "Traceback", "Exception ignored")), text[-2000:]


@pytest.mark.parametrize("raises", [True, False])
def test_a_formatter_that_raises(raises: bool, tmp_path: Path) -> None:
    """`logging` reports it or is silent; no logging call fails, and the next record is shown."""
    source = (
        BEGIN
        + f"""
logging.raiseExceptions = {raises}
class Broken(logging.Formatter):
    def format(self, record):
        if record.msg == "bad":
            raise RuntimeError("a broken formatter")
        return record.getMessage()
handler.setFormatter(Broken())
log.info("one"); log.info("bad"); log.info("two")
"""
    )
    status, text = run(source, tmp_path)
    assert status == 0
    assert text.index("one") < text.index("two")
    assert ("a broken formatter" in text) == raises
    assert ("--- Logging error ---" in text) == raises


FILE_CONFIG = """
[loggers]
keys = root,app
[handlers]
keys = reflow
[formatters]
keys = short
[logger_root]
level = INFO
handlers = reflow
[logger_app]
level = DEBUG
handlers =
qualname = app
[handler_reflow]
class = reflowlog.ReflowHandler
level = DEBUG
formatter = short
kwargs = {'queue_size': 100, 'columns': ('message',)}
[formatter_short]
format = %(levelname)s %(message)s
"""


@pytest.mark.parametrize("disable", [False, True])
def test_file_config_twice(disable: bool, tmp_path: Path) -> None:
    """Made by its name and arguments; loggers that the file does not name go on, or are silent, as it was asked."""
    (tmp_path / "logging.ini").write_text(FILE_CONFIG)
    source = f"""
import logging, logging.config
import reflowlog
old, app = logging.getLogger("old"), logging.getLogger("app")
for turn in range(2):
    logging.config.fileConfig("logging.ini", disable_existing_loggers={disable})
    app.debug("turn %d", turn)
    old.info("old %d", turn)
    old.disabled = False
assert len(logging.getLogger().handlers) == 1
handler = logging.getLogger().handlers[0]
assert type(handler) is reflowlog.ReflowHandler
"""
    status, text = run(source, tmp_path)
    assert status == 0, text
    expected = [line for turn in range(2) for line in (f"DEBUG turn {turn}", f"INFO old {turn}")]
    assert text.splitlines() == [line for line in expected if not (disable and "old" in line)]


def test_dict_config_that_disables_loggers(tmp_path: Path) -> None:
    """A handler that a second configuration has closed, and a logger of the program's own still holds, goes on."""
    source = """
import logging, logging.config
import reflowlog
config = {
    "version": 1,
    "disable_existing_loggers": True,
    "formatters": {"short": {"format": "%(name)s %(message)s"}},
    "handlers": {"reflow": {"class": "reflowlog.ReflowHandler", "formatter": "short"}},
    "loggers": {"app": {"handlers": ["reflow"], "level": "INFO", "propagate": False}},
}
logging.config.dictConfig(config)
held = logging.getLogger("app").handlers[0]
logging.getLogger("app").info("one")
apart = logging.Logger("apart")
apart.addHandler(held)
logging.config.dictConfig(config)
logging.getLogger("app").info("two")
apart.warning("three")
assert logging.getLogger("app").handlers != [held]
logging.shutdown()
apart.warning("four")
"""
    status, text = run(source, tmp_path)
    assert status == 0, text
    assert text.splitlines() == ["app one", "app two", "apart three", "apart four"]


@pytest.mark.skipif(sys.platform == "win32", reason="has no RLIMIT_NOFILE")
@pytest.mark.parametrize("begin", ["reflowlog.install(columns=['message'])", "logging.basicConfig(handlers=[handler])"])
def test_records_of_a_process_without_a_free_descriptor(begin: str, tmp_path: Path) -> None:
    """The first one, too: it is the one that says so."""
    source = f"""
import logging, resource
import reflowlog
handler = reflowlog.ReflowHandler(columns=["message"])
{begin}
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
logging.warning("one")
logging.error("two")
handler.console.print("printed")
"""
    status, text = run(source, tmp_path)
    assert status == 0, text[-2000:]
    assert "Traceback" not in text
    assert text.index("one") < text.index("two") < text.index("printed")
