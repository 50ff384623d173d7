"""Whatever ends a process: what was accepted is written before it is gone."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.programs import run_in_pipes
from support.terminals import PYTHON, TIMEOUT, Pty, PyteTerminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")

RECORDS = 5000
PROGRAM = """
import logging, os, signal, sys, threading
import reflowlog
options = {"keys": {"keys": True}, "drop": {"overflow": "drop", "queue_size": 100_000}, "": {}}[sys.argv[2]]
reflowlog.install(**options)
for number in range(5000):
    logging.info("<%05d>", number)
end = sys.argv[1]
if end.startswith("SIG"):
    if end == "SIGKILL":
        logging.error("the last one")
    os.kill(os.getpid(), getattr(signal, end))
elif end == "os._exit":
    os._exit(3)
elif end == "a thread's os._exit":
    threading.Thread(target=os._exit, args=(3,)).start()
    threading.Event().wait()
elif end == "exec":
    os.execvp("true", ["true"])
elif end == "abort":
    os.abort()
elif end == "exception":
    raise SystemExit(3)
"""
STATUS = {name: -getattr(signal, name, 0) for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")}
STATUS |= {"exec": 0, "abort": -signal.SIGABRT}


def numbers(text: str) -> list[int]:
    """The records that are there."""
    return [int(part[:5]) for part in text.split("<")[1:]]


@pytest.mark.slow
@pytest.mark.parametrize("options", ["", "keys", "drop"])
@pytest.mark.parametrize(
    "end", ["SIGTERM", "SIGHUP", "SIGUSR1", "os._exit", "a thread's os._exit", "exec", "abort", "exception"]
)
def test_on_a_terminal_all_records_are_written(end: str, options: str, start_on_pty: Callable[..., Pty]) -> None:
    """Drained, in order, within a bounded time; and the process ends as it would have ended."""
    terminal = start_on_pty(PROGRAM, end, options)
    status = terminal.wait()
    assert numbers(terminal.text) == list(range(RECORDS))
    assert status == STATUS.get(end, 3)


@pytest.mark.parametrize(
    "end",
    [
        "raise KeyboardInterrupt",
        "os.kill(os.getpid(), signal.SIGINT)",
        "sys.excepthook = lambda *a, hook=sys.excepthook: hook(*a); raise KeyboardInterrupt",
    ],
)
def test_an_unhandled_interrupt_ends_it_by_its_signal(end: str, start_on_pty: Callable[..., Pty]) -> None:
    """A shell stops its loop then, also where modules are imported while the program ends. No frame is ours."""
    terminal = start_on_pty(
        "import logging, os, signal, sys, reflowlog\n"
        "from reflowlog.core import lifecycle\n"
        "reflowlog.install()\n"
        "lifecycle.add_exit_hook(lifecycle.EXIT_TERMINALS, lambda: exec('pass'))\n"
        f"logging.info('one'); {end}\n"
    )
    assert terminal.wait() == -signal.SIGINT
    assert "KeyboardInterrupt" in terminal.text
    assert "interrupts.py" not in terminal.text


def test_an_interrupt_that_is_handled_ends_nothing(start_on_pty: Callable[..., Pty]) -> None:
    """An interpreter in the program reports it by the same hook, and goes on."""
    terminal = start_on_pty(
        "import code, reflowlog\n"
        "reflowlog.install(capture=False)\n"
        "code.InteractiveInterpreter().runsource('raise KeyboardInterrupt')\n"
        "raise SystemExit(3)\n"
    )
    assert terminal.wait() == 3


@pytest.mark.parametrize("action", ["logging.info('after')", "print('after')", "raise"])
def test_what_comes_after_a_typed_interrupt_has_a_row_of_its_own(
    action: str, start_on_pyte: Callable[..., PyteTerminal]
) -> None:
    """The terminal has echoed the key behind the records, at the start of the row that is free."""
    terminal = start_on_pyte(
        "import logging, time, reflowlog\n"
        "handler = reflowlog.install()\n"
        "try:\n"
        "    logging.info('before')\n"
        "    time.sleep(60)\n"
        f"except KeyboardInterrupt:\n    {action}\n"
    )
    terminal.wait_screen(lambda rows: any(row.endswith("before") for row in rows))
    terminal.send(b"\x03")
    terminal.wait()
    rows = terminal.screen()
    assert rows[1] == "^C"
    assert (rows[2] == "Traceback (most recent call last):") if action == "raise" else rows[2].endswith("after")


def test_each_typed_interrupt_is_followed_by_a_row_of_its_own(start_on_pyte: Callable[..., PyteTerminal]) -> None:
    """Also a later one, whose exception may have the place of the one before in memory."""
    terminal = start_on_pyte(
        "import logging, time, reflowlog\n"
        "reflowlog.install()\n"
        "logging.info('before')\n"
        "for number in range(3):\n"
        "    try:\n"
        "        time.sleep(60)\n"
        "    except KeyboardInterrupt:\n"
        "        logging.info('after %d', number)\n"
    )
    for last in ("before", "after 0", "after 1"):
        terminal.wait_screen(lambda rows, last=last: any(row.endswith(last) for row in rows))
        terminal.send(b"\x03")
    terminal.wait()
    rows = [row for row in terminal.screen() if row]
    assert rows[1::2] == ["^C"] * 3
    assert [row[-7:] for row in rows[2::2]] == ["after 0", "after 1", "after 2"]


_STOPPING = {
    "passed over": """
try:
    while True:
        logging.info("R%05d", next(numbers)); time.sleep(0.004)
except KeyboardInterrupt:
    pass
logging.info("stopping")
""",
    "by a thread": """
def work():
    while not stopped.wait(0.004):
        logging.info("R%05d", next(numbers))
stopped = threading.Event()
thread = threading.Thread(target=work); thread.start()
try:
    thread.join()
except KeyboardInterrupt:
    stopped.set()
thread.join()
logging.info("stopping")
""",
    "of asyncio": """
async def main():
    try:
        while True:
            logging.info("R%05d", next(numbers)); await asyncio.sleep(0.004)
    finally:
        logging.info("stopping")
try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
""",
    "by a handler of its own": """
stopped = threading.Event()
signal.signal(signal.SIGINT, lambda *_: stopped.set())
while not stopped.wait(0.004):
    logging.info("R%05d", next(numbers))
logging.info("stopping")
""",
}


@pytest.mark.parametrize("is_in_burst", [False, True], ids=["at rest", "while it is resized"])
@pytest.mark.parametrize("how", _STOPPING)
def test_a_typed_interrupt_is_not_joined_to_a_record_that_was_queued_before(
    how: str, is_in_burst: bool, start_on_pyte: Callable[..., PyteTerminal]
) -> None:
    """However the program handles it: the frame that comes next begins in a row of its own."""
    terminal = start_on_pyte(
        "import asyncio, itertools, logging, signal, threading, time, reflowlog\n"
        "reflowlog.install()\nnumbers = itertools.count()\n" + _STOPPING[how]
    )
    terminal.wait_screen(lambda rows: any("R00009" in row for row in rows))
    if is_in_burst:
        terminal.resize(70)
    terminal.send(b"\x03")
    terminal.wait()
    rows = terminal.scrollback()
    assert rows.count("^C") == 1, terminal.describe()
    assert rows[-1].endswith("stopping")


def test_a_question_by_any_function(start_on_pty: Callable[..., Pty]) -> None:
    """Records precede the question of an object without a name that other code has put in the place of `input`."""
    terminal = start_on_pty(
        "import builtins, functools, logging, reflowlog\n"
        "builtins.input = functools.partial(str, 'yes')\n"
        "reflowlog.install()\n"
        "logging.info('it said %s', input())\n"
        "logging.info('it said %s', input())\n"
    )
    assert terminal.wait() == 0
    assert terminal.text.count("it said yes") == 2


def test_a_process_starts_after_the_records_before_it(start_on_pty: Callable[..., Pty]) -> None:
    """Also the first one, of a program that imports `subprocess` only then."""
    terminal = start_on_pty(
        "import logging, reflowlog\n"
        "reflowlog.install()\n"
        "for number in range(300):\n"
        "    logging.info('<%05d>', number)\n"
        "import subprocess\n"
        "subprocess.run(['echo', '<00300>'])\n"
    )
    assert terminal.wait() == 0
    assert numbers(terminal.text) == list(range(301))


def test_the_printer_thread_loads_nothing_for_the_first_record(
    start_on_pty: Callable[..., Pty], tmp_path: Path
) -> None:
    """The first record is shown at once, also while other threads compute; a process may be killed after it."""
    terminal = start_on_pty(
        "import logging, sys\n"
        "import reflowlog\n"
        "handler = reflowlog.install()\n"
        "logging.info('user %d', 7, extra={'path': '/tmp/a', 'size': 20})\n"
        "before = {*sys.modules}\n"
        "handler.flush()\n"
        "late = {*sys.modules} - before\n"
        "print(sorted(each for each in late if each.startswith('reflowlog')), file=open('late', 'w'))\n"
    )
    assert terminal.wait() == 0
    assert (tmp_path / "late").read_text() == "[]\n"


def test_an_error_is_on_the_terminal_when_emit_returns(start_on_pty: Callable[..., Pty]) -> None:
    """So it survives even SIGKILL; and with it all that was logged before."""
    terminal = start_on_pty(PROGRAM.replace("range(5000)", "range(50)"), "SIGKILL", "")
    assert terminal.wait() == -signal.SIGKILL
    assert numbers(terminal.text) == list(range(50))
    assert "the last one" in terminal.text


def test_errors_right_after_the_first_record_are_on_the_terminal_when_emit_returns(
    start_on_pty: Callable[..., Pty],
) -> None:
    """Loading the layout for the first one uses up no time that the next ones may be waited for."""
    terminal = start_on_pty(
        "import logging, os, signal, reflowlog\n"
        "reflowlog.install()\n"
        "for number in range(3):\n"
        "    logging.error('<%05d>', number)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    terminal.wait()
    assert numbers(terminal.text) == [0, 1, 2]


@pytest.mark.parametrize("end", ["SIGTERM", "SIGHUP", "SIGKILL", "os._exit", "exec", "abort", "exception"])
def test_off_a_terminal_all_records_are_written(end: str, tmp_path: Path) -> None:
    """As with `logging.StreamHandler`: nothing is deferred."""
    done = run_in_pipes(PROGRAM, tmp_path, end, "")
    assert numbers(done.stderr) == list(range(RECORDS))


@pytest.mark.parametrize("end", ["SIGTERM", "os._exit"])
def test_off_a_terminal_with_a_thread_all_records_are_written(end: str, tmp_path: Path) -> None:
    """The thread's queue is drained first."""
    done = run_in_pipes(PROGRAM, tmp_path, end, "drop")
    assert numbers(done.stderr) == list(range(RECORDS))


HANDLERS = """
import io, os, signal, reflowlog
before = os._exit, os.execv, signal.getsignal(signal.SIGTERM)
console = reflowlog.Console(io.StringIO(), threaded=True)
console.print("x")
assert os._exit is not before[0] and signal.getsignal(signal.SIGTERM) is not before[2]
console.close()
assert (os._exit, os.execv, signal.getsignal(signal.SIGTERM)) == before
mine = lambda *_: None
signal.signal(signal.SIGTERM, mine)
with reflowlog.Console(io.StringIO(), threaded=True) as console:
    console.print("x")
    assert signal.getsignal(signal.SIGTERM) is mine
assert signal.getsignal(signal.SIGTERM) is mine
"""


def test_functions_and_signals_are_given_back() -> None:
    """With the last console; a program's own handler is left alone."""
    done = subprocess.run([PYTHON, "-c", HANDLERS], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert (done.returncode, done.stderr) == (0, "")


IN_C = """
import faulthandler, io, os, signal, sys, reflowlog
if sys.argv[1] == "before":
    faulthandler.register(signal.SIGUSR1)
with reflowlog.Console(io.StringIO(), threaded=True) as console:
    console.print("x")
    if sys.argv[1] == "after":
        faulthandler.register(signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR1)
os.kill(os.getpid(), signal.SIGUSR1)
print("alive", flush=True)
os.kill(os.getpid(), signal.SIGUSR2)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="which signals have handlers in C is not known")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_handler_in_c_is_left_alone(when: str) -> None:
    """Python does not know those of faulthandler, which are to show where a process is."""
    done = subprocess.run([PYTHON, "-c", IN_C, when], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGUSR2, "alive\n")
    assert done.stderr.count("Current thread") == 2


FIRST = """
import sys, threading
if sys.argv[1] != "threads":
    import warnings; warnings.simplefilter("ignore")
    exec({"gevent": "import gevent.monkey; gevent.monkey.patch_all()",
          "eventlet": "import eventlet; eventlet.monkey_patch()"}[sys.argv[1]])
import reflowlog
reflowlog.install()
raise ValueError("before the first record")
"""


@pytest.mark.parametrize("library", ["threads", "gevent", "eventlet"])
def test_an_exception_before_the_first_record_is_shown(library: str, start_on_pty: Callable[..., Pty]) -> None:
    """The interpreter writes it from C into the captured stream, with no Python code beneath."""
    if library != "threads" and importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")  # imported here it would warn at each fork of later tests
    terminal = start_on_pty(FIRST, library)
    assert terminal.wait() == 1
    assert "Traceback (most recent call last)" in terminal.text
    assert "ValueError: before the first record" in terminal.text


FINALIZER = """
import builtins, logging, sys
import reflowlog

class Late:
    def __del__(self, log=logging.getLogger("app").info):
        log("a record with \\r in a finalizer")

handler = reflowlog.install()
if sys.argv[1] == "formatter":
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
builtins.late = Late()
logging.getLogger("app").info("the first")
"""


@pytest.mark.parametrize("form", ["columns", "formatter"])
def test_a_record_while_the_interpreter_ends_is_written(
    form: str, start_on_pty: Callable[..., Pty], tmp_path: Path
) -> None:
    """When modules are gone, and nothing can be imported any more; no control of it acts."""
    done = run_in_pipes(FINALIZER, tmp_path, form)
    first, last = done.stderr.splitlines()
    assert first.endswith("the first")
    assert last.endswith("a record with ␍ in a finalizer")
    terminal = start_on_pty(FINALIZER, form)
    assert terminal.wait() == 0
    assert "a record with ␍ in a finalizer" in terminal.text
    assert "Logging error" not in terminal.text
