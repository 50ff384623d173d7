"""Programs that log into a NATS stream, and `--publish`: with real servers, some of which are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from support.nats_servers import Between, FalseServer, NatsServer, cluster, free_port, missing
from support.terminals import REFLOWLOG, TIMEOUT, environment, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RECORDS = int(os.environ.get("REFLOWLOG_NATS_RECORDS", "100000"))  # of two programs, in all

PROGRAM = """
import logging, sys
from reflowlog.integrations.nats import NatsHandler
url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
handler = NatsHandler(url, timeout=60)
logger = logging.getLogger("app." + name)
logger.setLevel("INFO")
logger.addHandler(handler)
sys.stdin.readline()
for number in range(count):
    logger.info("record %d", number, extra={"number": number})
    if number == count // 2:
        handler.flush(60)
        print("half", flush=True)
        sys.stdin.readline()
"""

TYPED = """
import logging, sys
from reflowlog.integrations.nats import NatsHandler
handler = NatsHandler(sys.argv[1], "logs.a", timeout=60)
handler.setFormatter(logging.Formatter("%(message)s"))
logging.basicConfig(level="INFO", handlers=[handler])
for line in sys.stdin:
    logging.info(line.strip())
    print(handler.flush(60), flush=True)
"""


def start_program(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a program with pipes."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment())


def run_program(program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=environment(), timeout=3 * TIMEOUT)


def test_two_programs_and_a_server_that_is_killed(tmp_path: Path) -> None:
    """One of three servers is killed and comes back while two programs log: each record is stored once, in order."""
    if reason := missing():
        pytest.skip(reason)
    servers = cluster(tmp_path)
    url = "nats://" + ",".join(f"127.0.0.1:{server.port}" for server in servers)
    programs = [start_program(PROGRAM, url, name, str(RECORDS // 2)) for name in ("one", "two")]
    try:
        for program in programs:
            assert program.stdin is not None
            program.stdin.write(b"go\n")
            program.stdin.flush()
        for program in programs:
            assert program.stdout is not None
            assert program.stdout.readline() == b"half\n"
        for program in programs:
            assert program.stdin is not None
            program.stdin.write(b"go on\n")
            program.stdin.flush()
        servers[0].kill()  # to which both are connected
        servers[0].start()
        for program in programs:
            _, errors = program.communicate(timeout=4 * TIMEOUT)
            assert program.returncode == 0
            assert b"Traceback" not in errors
            assert b"not delivered" not in errors
        numbers = defaultdict(list)
        for subject, line in wait_for(lambda: _lines(servers[1]), timeout=2 * TIMEOUT):
            numbers[subject.rpartition(".")[2]].append(json.loads(line)["number"])
        wanted = list(range(RECORDS // 2))
        assert {name: found == wanted for name, found in numbers.items()} == {"one": True, "two": True}
    finally:
        for program in programs:
            program.kill()
            program.communicate()
        for server in servers:
            server.kill()


def _lines(server: NatsServer) -> list[tuple[str, bytes]]:
    try:
        return server.lines()
    except Exception:  # nobody leads
        return []


def test_a_program_that_ends_at_once(start_server: Callable[..., NatsServer]) -> None:
    """A short program's records are all stored; a stream is created only where there is none."""
    server = start_server()
    program = """
import logging, sys
from reflowlog.integrations.nats import NatsHandler
logging.basicConfig(level="INFO", handlers=[NatsHandler(sys.argv[1], "logs.{level}.{logger}")])
for number in range(100):
    logging.info("%d", number)
logging.getLogger("a b.c>").error("last")
"""
    for _ in range(2):
        done = run_program(program, server.url.replace("127.0.0.1", "localhost"))
        assert (done.returncode, done.stderr) == (0, b"")
    lines = server.lines()
    once = [("logs.info.root", str(number)) for number in range(100)] + [("logs.error.a_b.c_", "last")]
    assert sorted((subject, json.loads(line)["message"]) for subject, line in lines) == sorted(once * 2)
    assert next(line for subject, line in lines if subject == "logs.info.root").startswith(b'{"time":"20')


def test_no_server_is_no_fault_of_a_program(tmp_path: Path) -> None:
    """An unreachable server causes two lines on standard error: that it is away, and what was not delivered."""
    if reason := missing():
        pytest.skip(reason)
    program = """
import logging, sys
from reflowlog.integrations.nats import NatsHandler
handler = NatsHandler(sys.argv[1], timeout=1, queue_size=100, overflow=sys.argv[2])
logging.basicConfig(level="INFO", handlers=[handler])
for number in range(1000):
    logging.info("%d", number)
print(handler.dropped > 500)
sys.exit(3)
"""
    url = f"nats://me:hush@127.0.0.1:{free_port()}"
    for overflow in ("drop", "block"):
        done = run_program(program, url, overflow)
        assert (done.returncode, done.stdout) == (3, b"True\n")
        first, last = done.stderr.decode().splitlines()
        name = url.replace("me:hush@", "")
        assert first == f"reflowlog: {name} accepts nothing: connection refused; records wait for it"
        assert last.startswith("reflowlog: ")
        assert last.endswith(f" not delivered to {name}: connection refused")


def test_a_server_that_restarts(start_server: Callable[..., NatsServer]) -> None:
    """A server's restart gives one warning, one line when it is back, and all records."""
    server = start_server()
    server.make_stream()
    program = """
import logging, sys
from reflowlog.integrations.nats import NatsHandler
handler = NatsHandler(sys.argv[1], timeout=60)
logging.basicConfig(level="INFO", handlers=[handler])
for line in sys.stdin:
    logging.info(line.strip())
    print(handler.flush(0 if line == "away\\n" else 60), flush=True)
"""
    process = start_program(program, server.url)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        for line, flushed in ((b"one\n", b"True\n"), (b"away\n", b"False\n"), (b"back\n", b"True\n")):
            if line == b"away\n":
                server.kill()
            process.stdin.write(line)
            process.stdin.flush()
            if line == b"away\n":
                assert b"accepts nothing: connection refused" in process.stderr.readline()
                server.start()
            assert process.stdout.readline() == flushed
        assert b"is back" in process.stderr.readline()
        process.stdin.close()
        assert process.wait(TIMEOUT) == 0
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
    assert [json.loads(line)["message"] for _, line in server.lines()] == ["one", "away", "back"]


@pytest.mark.parametrize("others", [0, 3])
def test_an_acknowledgement_that_is_lost(start_server: Callable[..., NatsServer], others: int) -> None:
    """A message sent again after the stream forgot its id is stored once; other messages may follow it."""
    server = start_server()
    server.make_stream(duplicate_window=10**8)
    with Between(server) as between:
        process = start_program(TYPED, between.url)
        assert process.stdin is not None
        assert process.stdout is not None

        def log(line: bytes, *, told: bool = True) -> None:
            process.stdin.write(line + b"\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            if told:
                assert process.stdout.readline() == b"True\n"  # type: ignore[union-attr]

        try:
            log(b"one")
            between.mute()
            log(b"two", told=False)
            wait_for(lambda: server.messages() == 2)
            for _ in range(others):
                server.publish("logs.a", [b"other"])
            wait_for(lambda: _is_forgotten(server))
            between.cut()
            assert process.stdout.readline() == b"True\n"
            log(b"three")
        finally:
            process.kill()
            process.communicate()
    assert [line for _, line in server.lines("logs.a")] == [b"one", b"two", *[b"other"] * others, b"three"]


def _is_forgotten(server: NatsServer) -> bool:
    """Return True if message ids that the stream received before the first call are forgotten."""
    name = server.log.parent / "forgotten"
    if name.exists():
        return time.time() - name.stat().st_mtime > 0.5  # seconds: five times as long as it keeps them
    name.touch()
    return False


def test_records_of_exit_hooks(start_server: Callable[..., NatsServer]) -> None:
    """Records of exit hooks arrive."""
    server = start_server()
    server.make_stream()
    program = """
import atexit, logging, sys
atexit.register(lambda: log("after all hooks"))
from reflowlog.integrations.nats import NatsHandler
logging.basicConfig(level="INFO", handlers=[NatsHandler(sys.argv[1], "logs.a", timeout=3600)])
log = logging.info
class Last:
    def __del__(self):
        log("too late")
last = Last()
log("one")
atexit.register(log, "first hook")
"""
    done = run_program(program, server.url)
    assert done.returncode == 0
    assert b"1 record was not delivered to " in done.stderr
    assert b"Traceback" not in done.stderr
    assert [json.loads(line)["message"] for _, line in server.lines()] == ["one", "first hook", "after all hooks"]


def test_the_stream_that_was_named(start_server: Callable[..., NatsServer]) -> None:
    """The stream is created under the given name; a subject that another stream holds is not published there."""
    server = start_server()
    done = publish(b"one\n", "--publish", f"{server.url}/web.a?stream=logs")
    assert (done.returncode, done.stderr) == (0, b"")
    assert server.lines("web.>") == [("web.a", b"one")]
    code = "from reflowlog.integrations.nats import NatsHandler; import logging, sys; "
    code += "NatsHandler(sys.argv[1], 'web.a', timeout=0.5).handle(logging.makeLogRecord({'msg': 'two'}))"
    done = run_program(code, f"{server.url}?stream=other")
    assert done.returncode == 0
    assert b"expected stream does not match" in done.stderr
    assert server.messages() == 1


def test_answers_that_are_nonsense() -> None:
    """Nonsense answers are reported in one line without escapes, and the program goes on."""
    if reason := missing():
        pytest.skip(reason)
    code = "from reflowlog.integrations.nats import NatsHandler; import logging, sys; "
    code += "NatsHandler(sys.argv[1], timeout=0.5).handle(logging.makeLogRecord({'msg': 'x'})); print('fine')"
    for answer in (
        b"[]",
        b"{}",
        b"no JSON",
        b'{"error":{"code":1,"err_code":7,"description":"evil \\u001b[31m\\u0007"}}',
    ):
        with FalseServer(answer) as server:
            done = run_program(code, server.url)
        assert (done.returncode, done.stdout) == (0, b"fine\n")
        assert done.stderr.count(b"\n") <= 2
        assert b"1 record was not delivered" in done.stderr
        assert b"Traceback" not in done.stderr
        assert b"\x1b" not in done.stderr


def test_children(start_server: Callable[..., NatsServer]) -> None:
    """Children of a fork and started processes have connections of their own, and lose nothing."""
    server = start_server()
    server.make_stream()
    program = """
import logging, os, sys
import multiprocessing
from reflowlog.integrations.nats import NatsHandler

def work(handler, name):
    logger = logging.getLogger(name)
    logger.setLevel("INFO")
    if handler not in logger.parent.handlers:
        logger.addHandler(handler)
    for number in range(100):
        logger.info("%d", number)

if __name__ == "__main__":
    handler = NatsHandler(sys.argv[1], "logs.{logger}")
    logging.basicConfig(level="INFO", handlers=[handler])
    work(handler, "parent")
    for method in ("fork", "spawn"):
        process = multiprocessing.get_context(method).Process(target=work, args=(handler, method))
        process.start()
        work(handler, "meanwhile_" + method)
        process.join()
        assert process.exitcode == 0
    pid = os.fork()
    if not pid:
        work(handler, "bare")
        os._exit(0 if handler.flush() else 1)
    assert os.waitpid(pid, 0)[1] == 0
"""
    path = server.log.parent / "program.py"
    path.write_text(program)
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(path), server.url]  # of `os.fork`, from 3.12 on
    done = subprocess.run(command, capture_output=True, check=False, env=environment(), timeout=3 * TIMEOUT)
    assert (done.returncode, done.stderr) == (0, b"")
    numbers = defaultdict(list)
    for subject, line in server.lines():
        numbers[subject].append(json.loads(line)["message"])
    names = ("parent", "fork", "spawn", "meanwhile_fork", "meanwhile_spawn", "bare")
    assert numbers == {f"logs.{name}": [str(number) for number in range(100)] for name in names}


# -- the command line ------------------------------------------------------------------------------------------------


def publish(data: bytes, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run ``reflowlog --publish`` with an input."""
    command = [*REFLOWLOG, *arguments]
    return subprocess.run(
        command, input=data, capture_output=True, check=False, env=environment(), timeout=2 * TIMEOUT, **options
    )


def test_the_input_is_published(start_server: Callable[..., NatsServer], tmp_path: Path) -> None:
    """The input is published byte for byte, regardless of filters and together with `--output`."""
    server = start_server()
    data = b"".join(b"%d \xff some text\n" % number for number in range(50_000)) + b"no newline"
    url = f"{server.url}/logs.web1.api"
    done = publish(data, "--publish", url, "--output", str(tmp_path / "copy"))
    assert (done.returncode, done.stdout, done.stderr) == (0, data, b"")
    assert (tmp_path / "copy").read_bytes() == data
    assert [line for _, line in server.lines()] == data.splitlines()
    assert {subject for subject, _ in server.lines()} == {"logs.web1.api"}
    assert server.messages() < 500
    done = publish(b"a\nb\n", "--grep", "a", "--publish", url)
    assert (done.returncode, done.stdout) == (0, b"a\n")
    assert [line for _, line in server.lines()][-2:] == [b"a", b"b"]


def test_a_line_that_is_too_long_for_a_message(start_server: Callable[..., NatsServer]) -> None:
    """A line longer than a message is sent in parts, and nothing of it is lost."""
    server = start_server()
    data = b"x" * 3_000_000 + b"\nshort\n"
    done = publish(data, "--publish", f"{server.url}/logs.a")
    assert (done.returncode, done.stdout, done.stderr) == (0, data, b"")
    lines = [line for _, line in server.lines()]
    assert b"".join(lines[:-1]) == data.partition(b"\n")[0]
    assert lines[-1] == b"short"


def test_a_stream_with_a_small_maximum(start_server: Callable[..., NatsServer]) -> None:
    """Lines go in smaller messages; one that is too long is reported, the others are stored in order."""
    server = start_server()
    server.make_stream(max_msg_size=1000)
    lines = [b"%d" % number for number in range(5000)]
    data = b"\n".join([*lines[:2500], b"x" * 5000, *lines[2500:]]) + b"\n"
    done = publish(data, "--publish", f"{server.url}/logs.a")
    assert (done.returncode, done.stdout) == (1, data)
    assert b"1 record was not delivered" in done.stderr
    assert [line for _, line in server.lines()] == lines


def test_a_command_is_published(start_server: Callable[..., NatsServer]) -> None:
    """Output of `--exec` is published too."""
    server = start_server()
    done = publish(b"", "--publish", f"{server.url}/logs.a", "-e", "echo", "hello")
    assert done.returncode == 0
    assert [line for _, line in server.lines()] == [b"hello"]


def test_undelivered_records_are_counted(start_server: Callable[..., NatsServer]) -> None:
    """Everything is shown; undelivered records are counted with status 1. Wrong usage is 2."""
    server = start_server("authorization { token: hush }")
    process = subprocess.Popen(
        [*REFLOWLOG, "--publish", f"{server.url}/logs.a"],
        **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE),  # type: ignore[call-overload]
        env=environment(),
    )
    out, errors = process.communicate(b"one\ntwo\n", timeout=2 * TIMEOUT)
    assert (process.returncode, out) == (1, b"one\ntwo\n")
    assert errors.count(b"\n") == 2
    assert b"it wants credentials" in errors
    assert b"2 records were not delivered to " in errors
    for url in (f"{server.url}/logs.>", server.url, "nats://", "file", f"{server.url}/$JS.API.STREAM.PURGE.logs"):
        done = publish(b"one\n", "--publish", url)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"reflowlog: cannot publish: ")
        assert done.stderr.count(b"\n") == 1


def test_a_signal_does_not_wait_for_a_server(tmp_path: Path) -> None:
    """A second Ctrl-C during the final wait quits."""
    if reason := missing():
        pytest.skip(reason)
    pipe = subprocess.PIPE
    command = [*REFLOWLOG, "--publish", f"nats://127.0.0.1:{free_port()}/logs.a"]
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment())
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(b"one\n")
    process.stdin.close()
    assert process.stdout.read(4) == b"one\n"
    assert b"accepts nothing" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    wait_for(lambda: process.send_signal(signal.SIGINT) or process.poll() is not None, timeout=10)
    assert process.returncode in (130, -signal.SIGINT)  # the last of them may come when Python has ended
    process.stdout.close()
    process.stderr.close()


@pytest.mark.parametrize("options", [(), ("-g", "one")])
def test_a_signal_loses_nothing_silently(options: tuple[str, ...]) -> None:
    """SIGTERM leaves a moment for undelivered records, and then reports their number."""
    pytest.importorskip("nats")
    pipe = subprocess.PIPE
    command = [*REFLOWLOG, *options, "--publish", f"nats://127.0.0.1:{free_port()}/logs.a"]
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment())
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"one\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"one\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(TIMEOUT) == 128 + signal.SIGTERM
    assert b"not everything was delivered to " in process.communicate()[1]
