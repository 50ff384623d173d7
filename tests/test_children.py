"""Children: what they log and print reaches the parent's console, whole and in order, however they were made.

Each test runs a script of its own, in a new Python; what is shown goes to a file, and is read afterwards.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from terminals import PYTHON, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs Unix sockets and fork")

WAIT = 60.0  # seconds that end a hang
START = """
import logging, multiprocessing, os, signal, subprocess, sys, threading, time
import warnings
warnings.filterwarnings("ignore", message=".*fork")
import reflowlog
"""


def run(source: str, home: Path, *arguments: str, status: int = 0, **changes: str | None) -> str:
    """Run a script, its standard error in a file: what is in the file, and then what it printed on standard output."""
    (home / "script.py").write_text(START + source)
    with (home / "shown").open("wb") as shown:
        done = subprocess.run(
            [PYTHON, "script.py", *arguments],
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=shown,
            env=environment(PYTHONPATH=os.environ.get("PYTHONPATH"), **changes),
            timeout=WAIT,
            check=False,
        )
    text = (home / "shown").read_bytes().decode("utf-8", "surrogateescape")
    assert done.returncode == status, text[-3000:]
    return text + done.stdout.decode()


_POOL = """
from concurrent.futures import ProcessPoolExecutor
COUNT = {count}

def start(handler):
    logging.basicConfig(level="INFO", handlers=[handler], force=True)

def work(number):
    for count in range(COUNT):
        logging.info("<%d %05d of a worker end>", number, count, extra={{"worker": number}})

if __name__ == "__main__":
    method, kind = sys.argv[1:]
    context = multiprocessing.get_context(method)
    handler = reflowlog.install(width=200)
    if kind == "Pool":
        with context.Pool(4, start, (handler,)) as pool:
            pool.map(work, range(4), chunksize=1)
            pool.close()
            pool.join()
    else:
        with ProcessPoolExecutor(4, context, start, (handler,)) as pool:
            list(pool.map(work, range(4)))
    logging.info("<parent>")
"""


@pytest.mark.parametrize("kind", ["Pool", "ProcessPoolExecutor"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools(method: str, kind: str, tmp_path: Path) -> None:
    """Four workers' records are all there, whole and in order, laid out by the parent as its own are."""
    lines = run(_POOL.format(count=5000), tmp_path, method, kind).splitlines()
    assert len(lines) == 4 * 5000 + 1
    for worker in range(4):
        mine = [line for line in lines if f" <{worker} " in line]
        found = [
            re.search(r" INFO +root +<\d (\d+) of a worker end> +worker=\d +script.py:\d+$", line) for line in mine
        ]
        assert [each and int(each[1]) for each in found] == list(range(5000))
    assert "<parent>" in lines[-1]


_SHAPES = """
reflowlog.install(width=60)
handler = logging.getLogger().handlers[0]
formatted = reflowlog.ReflowHandler(console=handler.console)
formatted.setFormatter(logging.Formatter("%(levelname)s of %(name)s: %(message)s"))
log = logging.Logger("formatted")
log.addHandler(formatted)

def say():
    logging.warning("a message that is longer than sixty cells, so that it takes several rows", extra={"code": 7})
    try:
        1 / 0
    except ZeroDivisionError:
        logging.exception("it failed")
        log.exception("it failed")
    log.info("a message that is longer than sixty cells, and hangs under where it starts")
    handler.console.print("printed \\x1b[31mred\\x1b[0m \\x1b]0;title\\x07 \\ud800 and", "ünïcödé ✓ 日本", sep="\\t")

say()
if os.fork() == 0:
    say()
    os._exit(0)
os.wait()
"""


def test_a_childs_records_look_like_the_parents(tmp_path: Path) -> None:
    """Columns, extras, tracebacks, a formatter's text and printed text are laid out as the parent's own are."""
    text = re.sub(r"\d\d:\d\d:\d\d(\.\d+)?|line \d+, in \S+", "", run(_SHAPES, tmp_path))
    half = len(text) // 2
    assert text[:half] == text[half:]
    assert "ZeroDivisionError" in text
    assert "code=7" in text


_WAYS = """
reflowlog.install().setFormatter(logging.Formatter("%(message)s"))
logging.info("parent starts")
way = sys.argv[1]

def work(name):
    for count in range(100):
        logging.info("<%s %03d>", name, count)

def child():
    work("child")
    if os.fork() == 0:
        work("grandchild")
        os._exit(0)
    os.wait()

if way == "os._exit":
    if os.fork() == 0:
        child()
        os._exit(0)
    os.wait()
elif way == "sys.exit":
    if os.fork() == 0:
        child()
        sys.exit(0)
    os.wait()
elif way == "daemon":
    process = multiprocessing.get_context("fork").Process(target=child, daemon=True)
    process.start()
    process.join()
elif way == "not joined":
    multiprocessing.get_context("fork").Process(target=child).start()
elif way == "shutdown":
    if os.fork() == 0:
        child()
        logging.getLogger().handlers[0].flush()
        logging.shutdown()
        logging.shutdown()
        os._exit(0)
    os.wait()
"""


@pytest.mark.parametrize("way", ["os._exit", "sys.exit", "daemon", "not joined", "shutdown"])
def test_however_a_child_ends(way: str, tmp_path: Path) -> None:
    """All that a child and its own child logged is there, once, when the parent has ended."""
    lines = run(_WAYS, tmp_path, way).splitlines()
    mine = ["parent starts", *(f"<{name} {count:03}>" for name in ("child", "grandchild") for count in range(100))]
    assert lines == mine


_FLUSHED = """
console = reflowlog.Console(width=40)
for number in range(50):
    if os.fork() == 0:
        console.print(f"child {number}")
        os._exit(0)
    os.wait()
    assert console.flush()
    assert os.fstat(2).st_size == sum(len(f"child {each}\\n") for each in range(number + 1)), number
if os.fork() == 0:
    console.print("before close")
    os._exit(0)
os.wait()
console.close()
assert open("shown").read().endswith("before close\\n")
"""


def test_flush_and_close_show_what_ended_children_said(tmp_path: Path) -> None:
    """What a child sent before its end is shown when `flush`, or `close`, returns, though nobody has read it yet."""
    assert len(run(_FLUSHED, tmp_path).splitlines()) == 51


_PARTIAL = """
console = reflowlog.Console()
console.print("parent ", end="")
console.flush()
if os.fork() == 0:
    console.print("half a line, ", end="")
    thread = threading.Thread(target=lambda: console.print("another thread's"))
    thread.start()
    thread.join()
    console.print("and its other half")
    with console.pin(lambda width: "a pin") as pin:
        pin.update()
        console.print("never ended", end="")
    console.flush()
    os._exit(0)
os.wait()
console.flush()
console.print("goes on")
"""


CHILD_LINES = {"another thread's", "half a line, and its other half", "never ended"}


def test_partial_lines(tmp_path: Path) -> None:
    """Each thread of a child has a line of its own; what it did not end is a line when the child has ended."""
    lines = run(_PARTIAL, tmp_path).splitlines()
    assert set(lines) - {"parent "} == {*CHILD_LINES, "parent goes on"}
    assert lines[-1] == "parent goes on"


_ORPHANS = """
reflowlog.install().setFormatter(logging.Formatter("%(message)s"))
logging.info("parent starts")
readers = os.pipe(), os.pipe()
parent = os.getpid()
if os.fork() == 0:
    logging.info("to the parent")
    os.write(readers[0][1], b"!")
    os.close(readers[1][1])
    if sys.argv[1] == "killed":
        while os.getppid() == parent:
            pass
    else:
        os.read(readers[1][0], 1)
    for count in range(1000):
        logging.info("by itself %03d", count)
    os.close(1)
    os._exit(0)
os.read(readers[0][0], 1)
os.close(readers[1][1])
if sys.argv[1] == "closed":
    logging.getLogger().handlers[0].close()
    os.wait()
elif sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
elif sys.argv[1] == "ended":
    sys.exit(0)
"""


@pytest.mark.parametrize(("end", "status"), [("closed", 0), ("ended", 0), ("killed", -9)])
def test_without_a_console_a_child_says_it_itself(end: str, status: int, tmp_path: Path) -> None:
    """Plain lines on standard error, none lost and none twice, from where the parent's console ends."""
    run(_ORPHANS, tmp_path, end, status=status)
    text = (tmp_path / "shown").read_text()
    said = [f"by itself {count:03}" for count in range(1000)]
    shown = text.splitlines()
    assert shown[-1000:] == said
    assert set(shown[:-1000]) <= {"parent starts", "to the parent"}
    assert status or len(shown) == 1002


_STORM = """
reflowlog.install(queue_size=50).setFormatter(logging.Formatter("%(message)s"))
over = threading.Event()
counts = [0] * 4

def work(number):
    while not over.is_set():
        logging.info("<thread %d %06d>", number, counts[number])
        counts[number] += 1

threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for child in range(int(sys.argv[1])):
    process = os.fork()
    if process == 0:
        logging.info("<child %04d one>", child)
        logging.info("<child %04d two>", child)
        os._exit(0)
    assert os.waitpid(process, 0)[1] == 0
over.set()
for thread in threads:
    thread.join()
print(*counts)
"""


def test_forks_while_threads_log_and_the_queue_is_full(tmp_path: Path) -> None:
    """No child hangs, and nothing is lost of what any thread of any process logged."""
    text = run(_STORM, tmp_path, os.environ.get("REFLOWLOG_FORKS", "100"))
    *lines, counts = text.splitlines()
    children = [line for line in lines if "child" in line]
    forks = int(os.environ.get("REFLOWLOG_FORKS", "100"))
    assert children == [f"<child {child:04} {word}>" for child in range(forks) for word in ("one", "two")]
    for number, count in enumerate(counts.split()):
        mine = [line for line in lines if f"<thread {number} " in line]
        assert mine == [f"<thread {number} {each:06}>" for each in range(int(count))]
