"""Child processes: their records and prints reach the parent's console, whole and in order, fork or spawn.

Each test runs a script of its own, in a new Python; what is shown goes to a file, and is read afterwards.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.terminals import PYTHON, environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.terminals import Pty, PyteTerminal

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs Unix sockets and fork")

WAIT = 60.0  # seconds that end a hang
START = """
import logging, multiprocessing, os, signal, subprocess, sys, threading, time
import warnings
warnings.filterwarnings("ignore", message=".*fork")
import reflowlog
"""


def run(source: str, home: Path, *arguments: str, status: int = 0, **changes: str | None) -> str:
    """Run a script with standard error in a file, and return the file's text and standard output."""
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


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["Pool", "ProcessPoolExecutor"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools(method: str, kind: str, tmp_path: Path) -> None:
    """Four workers' records are complete and in order, laid out by the parent as its own are."""
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
    """Each record of a child and of its own child is written once when the parent has ended."""
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


def test_flush_and_close_show_records_of_ended_children(tmp_path: Path) -> None:
    """Records that a child sent before its end are shown when `flush` or `close` returns."""
    assert len(run(_FLUSHED, tmp_path).splitlines()) == 51


_IN_TURNS = """
reflowlog.install().setFormatter(logging.Formatter("%(message)s"))
for number in range(100):
    if os.fork() == 0:
        logging.info("<child %02d>", number)
        os._exit(0)
    os.wait()
    logging.info("<parent %02d>", number)
"""


def test_records_after_waiting_for_a_child_follow_its_own(tmp_path: Path) -> None:
    """After waiting for a child the parent's next record follows the child's, without a flush."""
    expected = [f"<{who} {number:02}>" for number in range(100) for who in ("child", "parent")]
    assert run(_IN_TURNS, tmp_path).splitlines() == expected


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
    """Each thread of a child has its own partial line, which is completed when the child has ended."""
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
        tasks = f"/proc/{parent}/task"  # a thread that is still ending keeps its sockets open
        while os.getppid() == parent or (os.path.isdir(tasks) and len(os.listdir(tasks)) > 1):
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
def test_without_a_console_a_child_writes_plain_lines(end: str, status: int, tmp_path: Path) -> None:
    """Once the parent's console has ended a child writes plain lines, none lost and none twice."""
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
    """No child hangs, and no record of any thread of any process is lost."""
    text = run(_STORM, tmp_path, os.environ.get("REFLOWLOG_FORKS", "100"))
    *lines, counts = text.splitlines()
    children = [line for line in lines if "child" in line]
    forks = int(os.environ.get("REFLOWLOG_FORKS", "100"))
    assert children == [f"<child {child:04} {word}>" for child in range(forks) for word in ("one", "two")]
    for number, count in enumerate(counts.split()):
        mine = [line for line in lines if f"<thread {number} " in line]
        assert mine == [f"<thread {number} {each:06}>" for each in range(int(count))]


_KILLED = """
reflowlog.install().setFormatter(logging.Formatter("%(message)s"))
logging.info("parent starts")
for child in range(5):
    process = os.fork()
    if process == 0:
        logging.info("<child %d whole>", child)
        os.kill(os.getppid(), signal.SIGUSR1)
        while True:
            logging.info("x" * 10_000_000)
    signal.sigwait({signal.SIGUSR1})
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
logging.info("parent ends")
"""


def test_a_child_that_is_killed_in_mid_record(tmp_path: Path) -> None:
    """Complete records are shown, the partial one is not, and the other children continue."""
    source = "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})\n" + _KILLED
    lines = run(source, tmp_path).splitlines()
    assert [line for line in lines if line[0] == "<"] == [f"<child {child} whole>" for child in range(5)]
    assert {len(line) for line in lines if line[0] == "x"} <= {10_000_000}
    assert (lines[0], lines[-1]) == ("parent starts", "parent ends")


_HUGE = """
console = reflowlog.Console()
handler = reflowlog.ReflowHandler(console=console)
handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level="INFO", handlers=[handler])
if os.fork() == 0:
    logging.info("a" * 100_000_000)
    logging.info("after it")
    console.print("b" * 100_000_000)
    os._exit(0)
assert os.wait()[1] == 0
"""


@pytest.mark.slow
def test_a_message_of_100_megabytes(tmp_path: Path) -> None:
    """A message of 100 MB arrives complete, be it logged or printed."""
    lines = run(_HUGE, tmp_path).splitlines()
    assert [(line[:1], len(line)) for line in lines] == [("a", 100_000_000), ("a", 8), ("b", 100_000_000)]


_HOSTILE = """
import random, socket, struct
reflowlog.install().setFormatter(logging.Formatter("%(message)s"))
logging.info("parent starts")
path = os.environ["REFLOWLOG_PARENT"].split(":", 3)[3]
head = struct.Struct("!BBII")

def mark(kind, data, length=None):
    return head.pack(0xB1, kind, 1, len(data) if length is None else length) + data

def attack(data, wait=True):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    try:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        if wait:
            connection.recv(1)
    except OSError:
        pass
    return connection

if os.fork() == 0:
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    attack(b"GET / HTTP/1.0\\r\\n\\r\\n")
    attack(random.Random(1).randbytes(1_000_000))
    attack(mark(0, b"", 0xFFFFFFFF))
    attack(mark(0, b"half of it", 1 << 28))
    attack(mark(9, b"[]"))
    for payload in (b"", b"{", b"{}", b"[1]", b"[[]]", b"[null]", b'["text"]', b"[" * 100_000, b"\\xff", b"1" * 10_000,
                    b'[["text",[[0,1,["2J","x"]]],null,""]]', b'[["text",[[5,1,["1",""]]],null,""]]',
                    b'[["\\\\u001b[2J",[],null,""]]', b'[["text",[[0,1,["1","\\\\u0007"]]],-7,"\\\\u001bc"]]',
                    b'[[NaN,1e999,"","","hidden\\\\u001b[8m",[],"","",null,[]]]',
                    b'[[1e300,20,"INFO\\\\u001b","a","message",[["k\\\\n","v\\\\u001b]0;t\\\\u0007"]],"s","t\\\\u001bc",["no"],[]]]'):
        attack(mark(0, payload))
        attack(mark(1, payload))
    attack(mark(2, b"\\xff\\xfe \\x1b[2J\\x1b]0;title\\x07 text without end"))
    idle = [attack(mark(2, b"crowd\\n")[: 5 + number % 10], wait=False) for number in range(1000)]
    for number in range(20):
        logging.info("<honest %d>", number)
    os._exit(0)
assert os.wait()[1] == 0
logging.info("parent ends")
"""


def test_invalid_messages(tmp_path: Path) -> None:
    """Garbage, wrong lengths and a thousand connections give one line each; valid records still arrive."""
    text = run(_HOSTILE, tmp_path)
    lines = text.splitlines()
    assert [line for line in lines if "honest" in line] == [f"<honest {number}>" for number in range(20)]
    assert {"parent starts", "parent ends"} <= set(lines)
    assert "\x1b" not in text
    assert "Traceback" not in text
    assert "reflowlog: a child sent something that is not a record, and is no longer read" in lines
    assert len(lines) < 200


_SIGNALS = """
reflowlog.install().setFormatter(logging.Formatter("%(message)s"))
logging.info("parent starts")
class Last:
    def __init__(self):
        self.cycle = self
    def __del__(self):
        logging.info("<finalizer>")

if os.fork() == 0:
    import itertools
    numbers = itertools.count()
    def on_signal(*_):
        logging.info("<signal %05d %s>", next(numbers), "s" * 300)
    signal.signal(signal.SIGALRM, on_signal)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    for count in range(3000):
        logging.info("<main %05d %s>", count, "m" * (300_000 if count % 100 == 0 else 300))
        if count % 100 == 0:
            Last()
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(next(numbers))
    sys.stdout.flush()
    os._exit(0)
assert os.wait()[1] == 0
"""


def test_signal_handlers_and_finalizers_that_log_in_a_child(tmp_path: Path) -> None:
    """Signal handlers that interrupt a send neither hang nor tear or lose a record."""
    *lines, done = run(_SIGNALS, tmp_path).splitlines()
    assert [line[6:11] for line in lines if re.fullmatch(r"<main \d+ m+>", line)] == [f"{n:05}" for n in range(3000)]
    found = [line[8:13] for line in lines if re.fullmatch(r"<signal \d+ s+>", line)]
    assert sorted(found) == [f"{number:05}" for number in range(int(done))]  # a handler may interrupt itself
    assert int(done) > 0
    assert all(re.fullmatch(r"<(main|signal) \d+ [ms]+>|<finalizer>|parent starts", line) for line in lines)


_PROGRAMS = """
child = '''
import logging, os, sys, reflowlog
reflowlog.install(level="DEBUG", **eval(sys.argv[1]))
logging.info("<child> %s", "word " * 30)
print(os.environ.get("REFLOWLOG_PARENT", "")[:1], file=sys.stdout)
'''
reflowlog.install(width=50)
logging.info("<parent>")

def start(options="{}", **changes):
    subprocess.run([sys.executable, "-c", child, options], check=True, **changes)
    logging.getLogger().handlers[0].flush()

shape = sys.argv[1]
if shape == "same":
    start()
elif shape == "file":
    with open("elsewhere", "w") as elsewhere:
        start(stderr=elsewhere)
elif shape == "pipe":
    found = subprocess.run([sys.executable, "-c", child, "{}"], check=True, stderr=subprocess.PIPE).stderr
    open("elsewhere", "wb").write(found)
elif shape == "stale":
    version, pid, what, path = os.environ["REFLOWLOG_PARENT"].split(":", 3)
    start(env={**os.environ, "REFLOWLOG_PARENT": f"{version}:{pid}:{what}:{path}x"})
elif shape == "nonsense":
    for value in ("", "1", "1:2", "1:2:3", ":::", "2:1:1:/tmp", "1:-5:::", "1:\\udcff:\\u2028:x"):
        start(env={**os.environ, "REFLOWLOG_PARENT": value})
elif shape == "closed":
    logging.getLogger().handlers[0].close()
    assert "REFLOWLOG_PARENT" not in os.environ
    start()
"""


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["same", "file", "pipe", "stale", "nonsense", "closed"])
def test_started_programs(shape: str, tmp_path: Path) -> None:
    """A program with the same standard error logs on the parent's console; a redirected one on its own."""
    lines = run(_PROGRAMS, tmp_path, shape).splitlines()
    shown = [line for line in lines if "word" in line]
    wide = 8 if shape == "nonsense" else 1
    if shape == "same":
        assert len(shown) > 2  # laid out by the parent, which has a width
        assert all(len(line) <= 50 for line in shown)
    elif shape in ("file", "pipe"):
        assert shown == []
        assert (tmp_path / "elsewhere").read_text().count("<child> word") == 1
    else:
        assert [line.count("word") for line in shown] == [30] * wide


_PRIVATE = """
import stat
before = os.environ.get("REFLOWLOG_PARENT")
handler = reflowlog.install()
assert os.environ.get("REFLOWLOG_PARENT") == before
logging.info("started")
path = os.environ["REFLOWLOG_PARENT"].split(":", 3)[3]
folder = os.path.dirname(path)
status = os.stat(folder)
assert stat.S_IMODE(status.st_mode) == 0o700 and status.st_uid == os.geteuid()
assert os.path.dirname(folder) == sys.argv[1], folder
assert stat.S_ISSOCK(os.stat(path).st_mode)
assert len(os.fsencode(path)) <= 100
handler.close()
assert os.environ.get("REFLOWLOG_PARENT") == before
assert not os.path.exists(path)
logging.info("again")
assert os.environ["REFLOWLOG_PARENT"].split(":", 3)[3] == path  # children that lost it find it again
if os.fork() == 0:
    logging.info("child")
    sys.exit()
os.wait()
assert os.path.exists(path)
print(folder)
"""


@pytest.mark.parametrize("found", [None, "1:2:3-4-5:/nowhere"])
@pytest.mark.parametrize("base", ["XDG_RUNTIME_DIR", "open to others", "TMPDIR", "too long"])
def test_the_directory_is_private_and_is_removed(base: str, found: str | None, tmp_path: Path) -> None:
    """The socket's directory has mode 0700, is in the user's runtime directory if private, and is removed."""
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        own, temporary = Path(short) / "own", Path(short) / "temporary"
        own.mkdir()
        own.chmod(0o700 if base == "XDG_RUNTIME_DIR" else 0o755)  # whatever the umask is
        temporary.mkdir()
        if base == "too long":
            temporary = own = temporary / ("x" * 100)
            own.mkdir(mode=0o700)
        expected = {"XDG_RUNTIME_DIR": str(own), "too long": "/tmp"}.get(base, str(temporary))
        changes = {"XDG_RUNTIME_DIR": str(own), "TMPDIR": str(temporary), "REFLOWLOG_PARENT": found}
        *_, folder = run(_PRIVATE, tmp_path, expected, **changes).splitlines()
        assert not Path(folder).exists()
        assert list(own.iterdir()) == []


_OTHER_USER = """
reflowlog.install().setFormatter(logging.Formatter("%(message)s"))
logging.info("parent starts")
path = os.environ["REFLOWLOG_PARENT"].split(":", 3)[3]
import socket
os.chmod(os.path.dirname(path), 0o755)
os.chmod(path, 0o777)
if os.fork() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    try:
        connection.sendall(b"\\xb1\\x02\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x05hello")
        connection.recv(1)
    except OSError:
        pass
    logging.info("said by itself")
    os._exit(0)
assert os.wait()[1] == 0
os.chmod(os.path.dirname(path), 0o700)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to become another user")
def test_another_user_is_refused(tmp_path: Path) -> None:
    """Another user is refused even if the directory is open; a child that changed its user writes by itself."""
    assert set(run(_OTHER_USER, tmp_path).splitlines()) == {
        "parent starts",
        "reflowlog: another user tried to write here",
        "said by itself",
    }


_DROP = """
console = reflowlog.Console(overflow="drop")
handler = reflowlog.ReflowHandler(console=console)
handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level="INFO", handlers=[handler])
ready = os.pipe()
if os.fork() == 0:
    logging.info("<first>")
    os.close(ready[0])
    os.kill(os.getppid(), signal.SIGSTOP)
    for count in range(20_000):
        logging.info("<info %05d %s>", count, "x" * 100)
    assert console.dropped > 10_000, console.dropped
    before = console.dropped
    os.kill(os.getppid(), signal.SIGCONT)
    logging.error("<error>")
    assert console.dropped == before
    print(before)
    sys.stdout.flush()
    os._exit(0)
assert os.wait()[1] == 0
assert console.dropped == 0
"""


def test_a_child_that_drops_does_not_block(tmp_path: Path) -> None:
    """With a stopped parent a child drops and counts records and reports them in a row, except errors."""
    *lines, count = run(_DROP, tmp_path).splitlines()
    assert lines[0] == "<first>"
    assert lines[-2:] == [f"reflowlog: dropped {count} records", "<error>"]
    assert len(lines) == 1 + 20_000 - int(count) + 2


_ON_A_TERMINAL = """
console = reflowlog.install().console
logging.info("the parent's own words: " + "one two three four five six seven " * 3)
way = sys.argv[1]

def child():
    logging.info("the infant's own words: " + "one two three four five six seven " * 3)

if way == "program":
    code = "import logging, reflowlog; reflowlog.install(); logging.info(\\"the infant's own words: \\" + {!r} * 3)"
    subprocess.run([sys.executable, "-c", code.format("one two three four five six seven ")], check=True)
else:
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
with console.pin(lambda width: f"a pin on {width}"):
    console.flush()
    sys.stdin.readline()
"""


@pytest.mark.parametrize("way", ["fork", "program"])
def test_on_a_terminal(way: str, open_pyte: Callable[..., PyteTerminal], tmp_path: Path) -> None:
    """A child's records are above the pins, and laid out again with the parent's own on a new width.

    Not after a program that inherited the terminal: it may have written there, and nothing of that is overwritten.
    """
    (tmp_path / "script.py").write_text(START + _ON_A_TERMINAL)
    terminal = open_pyte([PYTHON, "script.py", way], (100, 30), home=tmp_path)

    def bodies(rows: list[str]) -> list[list[str]]:
        rows = [row for row in rows if "a pin" not in row]
        start = next((number for number, row in enumerate(rows) if "the infant" in row), 0)
        mine = rows[:start], rows[start:]
        texts = [
            [re.sub(r"^\d\d:\d\d:\d\d(\.\d+)?|parent|infant| +\S+:\d+$", "", row).split("  ")[-1] for row in each]
            for each in mine
        ]
        return [list(filter(None, each)) for each in texts]

    def is_laid_out(rows: list[str], columns: int) -> bool:
        """Whether the pin has that width, and the rows too, which are painted once the size rests."""
        parents, childs = bodies(rows)
        is_whole = parents == childs and len(" ".join(parents).split()) > 20
        return is_whole and any(f"a pin on {columns}" in row for row in rows)

    for columns in (100, 60, 130) if way == "fork" else (100,):
        if columns != 100:
            terminal.resize(columns=columns)
        terminal.wait_screen(functools.partial(is_laid_out, columns=columns))
    terminal.send(b"\n")
    assert terminal.wait() == 0


_SMALL_QUEUE = """
reflowlog.install(queue_size=20).setFormatter(logging.Formatter("%(message)s"))
console = logging.getLogger().handlers[0].console
if os.fork() == 0:
    def work(thread):
        for count in range(1000):
            logging.info("<%d %05d %s>", thread, count, "x" * (count % 3000))
            if count % 10 == 0:
                console.print(f"<{thread} {count:05} printed>")
    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(0)
os.wait()
"""


def test_threads_of_a_child_and_a_small_queue(tmp_path: Path) -> None:
    """A full queue makes the sender wait; the order of each thread's records and prints is kept."""
    lines = run(_SMALL_QUEUE, tmp_path).splitlines()
    for thread in range(4):
        mine = [line[3:8] + line[8:9] * (line[9:10] == "p") for line in lines if line.startswith(f"<{thread} ")]
        expected = [f"{count:05}" + end for count in range(1000) for end in (("", " ") if count % 10 == 0 else ("",))]
        assert mine == expected


_ANOTHER_CONSOLE = """
from logging.config import dictConfig
handler = {"class": "reflowlog.ReflowHandler", "formatter": "plain"}
config = {"version": 1, "formatters": {"plain": {"format": "%(message)s"}}, "handlers": {"reflow": handler},
          "root": {"handlers": ["reflow"], "level": "INFO"}}
dictConfig(config)
logging.info("parent")
ready, go = os.pipe(), os.pipe()
if os.fork() == 0:
    logging.info("child")
    os.write(ready[1], b"!")
    os.read(go[0], 1)
    logging.info("child again")
    os._exit(0)
os.read(ready[0], 1)
dictConfig(config)
logging.info("parent again")
os.write(go[1], b"!")
os.wait()
logging.getLogger().handlers[0].flush()
assert os.environ["REFLOWLOG_PARENT"].endswith(logging.getLogger().handlers[0].console._core.address())
logging.info("end")
"""


def test_a_child_finds_the_newer_console(tmp_path: Path) -> None:
    """A second `dictConfig` creates another console on the same stream, which children then use."""
    lines = run(_ANOTHER_CONSOLE, tmp_path).splitlines()
    assert lines == ["parent", "child", "parent again", "child again", "end"]


_LEAVES_A_SOCKET = """
handler = reflowlog.install()
logging.info("first")
assert handler.__reduce__()[1][0]["address"]
print(os.path.dirname(handler.__reduce__()[1][0]["address"]), flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), 9)
deadline = time.monotonic() + 20
while os.path.exists(sys.argv[1]) and time.monotonic() < deadline:
    time.sleep(0.01)
"""


def test_the_directory_of_a_killed_program_is_swept(tmp_path: Path) -> None:
    """The next program of the same user that has a server removes it."""
    runtime = Path(f"/tmp/rls{os.getpid()}")
    runtime.mkdir(0o700)
    try:
        run(_LEAVES_A_SOCKET, tmp_path, "killed", status=-9, XDG_RUNTIME_DIR=str(runtime))
        (left,) = runtime.iterdir()
        os.utime(left, (1_000_000, 1_000_000))
        run(_LEAVES_A_SOCKET, tmp_path, str(left), XDG_RUNTIME_DIR=str(runtime))
        assert not list(runtime.iterdir())
    finally:
        shutil.rmtree(runtime)


_EXECUTING = """
import logging, os, subprocess, reflowlog
reflowlog.install()
for number in range(5):
    logging.info("<%d parent>", number)
    if os.fork() == 0:
        LOG
        START
    os.wait()
    logging.info("<%d after>", number)
"""
_STARTS = {
    "exec": "os.execvp('echo', ['echo', f'<{number} started>'])",
    "subprocess": "subprocess.run(['echo', f'<{number} started>']); os._exit(0)",
}


@pytest.mark.parametrize("log", ["logging.info('<%d child>', number)", "pass"])
@pytest.mark.parametrize("start", _STARTS)
def test_a_program_that_a_forked_child_starts_writes_after_the_records_before_it(
    start: str, log: str, open_pty: Callable[..., Pty], tmp_path: Path
) -> None:
    """It writes to the terminal itself, while records are on their way through the parent's queue."""
    (tmp_path / "script.py").write_text(_EXECUTING.replace("START", _STARTS[start]).replace("LOG", log))
    terminal = open_pty([PYTHON, "script.py"], home=tmp_path)
    assert terminal.wait() == 0
    ways = ["parent", *(["child"] if log != "pass" else []), "started", "after"]
    assert re.findall(r"<\d \w+>", terminal.text) == [f"<{number} {way}>" for number in range(5) for way in ways]
