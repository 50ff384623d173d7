"""A NATS stream as a FILE, with real processes and servers: every record once, in order, then new ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.nats_servers import FalseServer, NatsServer, cluster, free_port, missing
from support.terminals import REFLOWLOG, TIMEOUT, environment, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


class Watcher:
    """``reflowlog URL`` off a terminal, with its output kept."""

    def __init__(self, arguments: Sequence[str], **changes: str | None) -> None:
        command = [*REFLOWLOG, *arguments]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment(**changes))
        self.out, self.errors = bytearray(), bytearray()
        kept = (self.process.stdout, self.out), (self.process.stderr, self.errors)
        self._threads = [threading.Thread(target=self._keep, args=each) for each in kept]
        for each in self._threads:
            each.start()

    @staticmethod
    def _keep(stream: Any, kept: bytearray) -> None:
        with stream:
            while data := os.read(stream.fileno(), 1 << 16):
                kept += data

    def wait_lines(self, count: int) -> list[bytes]:
        """Wait for `count` lines and return all that there are then."""
        wait_for(lambda: self.out.count(b"\n") >= count, describe=lambda: f"{self.out[-500:]!r}\n{self.errors!r}")
        return bytes(self.out).splitlines()

    def wait_errors(self, text: bytes) -> None:
        """Wait until standard error holds a text."""
        wait_for(lambda: text in self.errors, describe=lambda: repr(self.errors))

    def close(self) -> None:
        self.process.kill()
        self.process.wait(TIMEOUT)
        for each in self._threads:
            each.join(TIMEOUT)


@pytest.fixture
def watch() -> Iterator[Callable[..., Watcher]]:
    """Return a function that starts a watcher."""
    watchers: list[Watcher] = []

    def start(*arguments: str, **changes: str | None) -> Watcher:
        watchers.append(Watcher(arguments, **changes))
        return watchers[-1]

    yield start
    for watcher in watchers:
        watcher.close()


def fail(*arguments: str, **changes: str | None) -> bytes:
    """Run a command that must fail, and return its only line on standard error; the status must be 1."""
    command = [*REFLOWLOG, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, env=environment(**changes), timeout=TIMEOUT)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"reflowlog: cannot read ")
    return done.stderr


def test_stored_messages_and_then_live_ones(
    start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]
) -> None:
    """Stored messages are shown in order and byte for byte, then live ones."""
    server = start_server()
    server.make_stream()
    server.publish("logs.web1.api", [b"one", b"two\n", b'{"level":"error"}\nfour\n', b"\xff\xfe no text", b""])
    server.publish("logs.web2.api", [b"last\n"])
    watcher = watch(f"{server.url}/logs.>")
    held = [b"one", b"two", b'{"level":"error"}', b"four", b"\xff\xfe no text", b"", b"last"]
    assert watcher.wait_lines(7) == held
    server.publish("logs.web1.api", [b"live"])
    assert watcher.wait_lines(8) == [*held, b"live"]
    assert not watcher.errors


def test_one_subject_of_many(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """Only messages of the requested subject are shown."""
    server = start_server()
    server.make_stream()
    for number in range(100):
        server.publish(f"logs.web{number % 4}.api", [b"%d" % number])
    assert watch(f"{server.url}/logs.web1.*").wait_lines(25) == [b"%d" % each for each in range(1, 100, 4)]


def test_filters_and_columns(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """Filters and columns work as on a file."""
    server = start_server()
    server.make_stream()
    lines = b"".join(b'{"level":"%s","message":"m%d"}\n' % ((b"info", b"error")[n % 50 == 0], n) for n in range(200))
    server.publish("logs.a", [lines])
    watcher = watch("--level", "error", "--width", "60", f"{server.url}/logs.>")
    assert [line.split() for line in watcher.wait_lines(4)] == [[b"E", b"m%d" % n] for n in (0, 50, 100, 150)]


def test_large_messages(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """Messages of 8 MB between small ones are complete and in order."""
    server = start_server("max_payload: 9000000")
    server.make_stream()
    large = [bytes([65 + number]) * 8_000_000 for number in range(4)]
    server.publish("logs.a", [b"first", *large, b"last"])
    lines = watch(f"{server.url}/logs.>").wait_lines(6)
    assert [len(line) for line in lines] == [5, *[8_000_000] * 4, 4]
    equal = lines == [b"first", *large, b"last"]
    assert equal, "their bytes differ"  # not compared in the assertion: pytest explains a difference for minutes


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="nothing tells of memory here")
def test_a_slow_reader_is_waited_for(start_server: Callable[..., NatsServer]) -> None:
    """A stream of 60 MB takes less than 60 MB of memory while its output is not read."""
    server = start_server()
    server.make_stream()
    server.publish("logs.a", [b"x" * 99_999 + b"\n"] * 600)
    process = subprocess.Popen([*REFLOWLOG, f"{server.url}/logs.>"], stdout=subprocess.PIPE, env=environment())
    try:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"x"
        left = 60_000_000 - 1
        while left:
            left -= len(process.stdout.read(min(left, 1 << 20)))
        with open(f"/proc/{process.pid}/status") as status:
            peak = int(status.read().partition("VmHWM:")[2].split()[0])
        assert peak < 110_000  # KiB
    finally:
        process.kill()
        process.communicate()


def test_an_empty_stream(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """An empty stream is reported, and its first message shown."""
    server = start_server()
    server.make_stream()
    watcher = watch(f"{server.url}/logs.quiet")
    watcher.wait_errors(f"reflowlog: nothing in {server.url}/logs.quiet so far: waiting\n".encode())
    server.publish("logs.quiet", [b"now"])
    assert watcher.wait_lines(1) == [b"now"]


def test_no_server() -> None:
    """Without a server there is one line and no hang."""
    if reason := missing():
        pytest.skip(reason)
    port = free_port()
    assert fail(f"nats://me:hush@127.0.0.1:{port}/logs.>") == (
        b"reflowlog: cannot read nats://127.0.0.1:%d/logs.>: connection refused\n" % port
    )
    assert b"no such host" in fail("nats://no.such.host.invalid/logs.>")


def test_a_server_of_another_protocol(tmp_path: Path) -> None:
    """A peer that sends nothing, or another protocol, is reported as no NATS server."""
    import socket

    if reason := missing():
        pytest.skip(reason)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert b"no NATS server answers" in fail(f"nats://127.0.0.1:{port}/logs.>")


def test_servers_that_send_nonsense(tmp_path: Path) -> None:
    """Nonsense from a server gives one line without escapes or credentials."""
    if reason := missing():
        pytest.skip(reason)
    evil = b'{"error":{"code":1,"err_code":7,"description":"evil \\u001b[31m\\u0007"}}'
    answers = {b"[]": b"in JSON", b'{"streams":["a"]}': b"cannot be understood", b"x": b"in JSON", evil: b"evil ?[31m?"}
    for answer, told in answers.items():
        with FalseServer(answer) as server:
            assert told in fail(f"{server.url}/logs.>")
    for first in (b"x" * 200_000, b"INFO null\r\n", b"INFO {\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\n"):
        with FalseServer(first=first) as server:
            told = fail(server.url.replace("//", "//me:hush@") + "/logs.>")
            assert b": no NATS server answers\n" in told
            assert b"hush" not in told


def test_urls_that_are_mistyped() -> None:
    """Errors about mistyped URLs contain no secret, whichever part it was mistaken for."""
    for url in ("NATS://me:hush@a/logs", "nats:/me:hush@a/logs", "nats://me:12/hush@a/logs"):
        assert b"hush" not in fail(url)
    done = subprocess.run(
        [*REFLOWLOG, "--width", "nats://me:hush@a/x"], check=False, capture_output=True, timeout=TIMEOUT
    )
    assert done.returncode == 2
    assert b"hush" not in done.stderr


def test_no_stream_and_no_jetstream(start_server: Callable[..., NatsServer]) -> None:
    """A missing stream and missing JetStream are reported apart; reading never creates a stream."""
    server = start_server()
    assert b": no stream holds logs.>" in fail(f"{server.url}/logs.>")
    assert b": stream not found" in fail(f"{server.url}/logs.>?stream=none")
    assert server.ask("$JS.API.STREAM.NAMES")["total"] == 0
    server.make_stream("work", retention="workqueue")
    assert b": work is a work queue" in fail(f"{server.url}/work.>")
    plain = start_server(jetstream=False)
    assert b": JetStream is off there" in fail(f"{plain.url}/logs.>")


def test_several_streams(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """Of several streams one has to be named."""
    server = start_server()
    server.make_stream("logs")
    server.make_stream("audit")
    assert b"several streams hold >: add ?stream=" in fail(server.url)
    server.publish("audit.x", [b"seen"])
    assert watch(f"{server.url}?stream=audit").wait_lines(1) == [b"seen"]


def test_credentials(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """User or token come from the URL or variables. Wrong ones are reported, and none is ever shown."""
    server = start_server('authorization { user: me, password: "hush hush" }')
    by_token = start_server('authorization { token: "hush" }')
    assert b"it wants credentials" in fail(f"{server.url}/logs.>")
    for told in (
        fail(f"nats://me:hushhush@127.0.0.1:{server.port}/logs.>"),
        fail(f"nats://hushhush@127.0.0.1:{by_token.port}/logs.>"),
        fail(f"{server.url}/logs.>", NATS_USER="me", NATS_PASSWORD="hush"),
        fail(f"{server.url}/logs.>", NATS_NKEY="SUhush"),
        fail(f"{server.url}/logs.>", NATS_CREDS="/no/such/hush"),
    ):
        assert b"credentials" in told or b"nkeys is missing" in told
        assert b"hush" not in told
    for url, changes in (
        (f"nats://me:hush%20hush@127.0.0.1:{server.port}/logs.>", {}),
        (f"{server.url}/logs.>", {"NATS_USER": "me", "NATS_PASSWORD": "hush hush"}),
        (f"nats://hush@127.0.0.1:{by_token.port}/logs.>", {}),
        (f"{by_token.url}/logs.>", {"NATS_TOKEN": "hush"}),
    ):
        assert b"no stream holds logs.>\n" in fail(url, **changes)


def test_a_missing_permission(start_server: Callable[..., NatsServer]) -> None:
    """A missing permission is named, for readers and publishers."""
    may = 'permissions: { publish: ["logs.web1.>"], subscribe: "_INBOX.>" }'
    server = start_server(f"authorization {{ users: [ {{ user: me, password: hush, {may} }} ] }}")
    url = server.url.replace("//", "//me:hush@")
    assert b': no permission for publish to "$js.api.stream.names"\n' in fail(f"{url}/logs.>")
    code = "from reflowlog.integrations.nats import NatsHandler; import logging, sys; "
    code += "NatsHandler(sys.argv[1], 'logs.web2.a', timeout=0.5).handle(logging.makeLogRecord({'msg': 'x'}))"
    command = [sys.executable, "-c", code, url]
    done = subprocess.run(command, check=False, capture_output=True, env=environment(), timeout=2 * TIMEOUT)
    assert done.returncode == 0
    assert b'no permission for publish to "logs.web2.a"' in done.stderr
    assert b"hush" not in done.stderr


def test_nkeys(start_server: Callable[..., NatsServer]) -> None:
    """An nkey's seed, or the file that holds it, authenticates."""
    nkeys = pytest.importorskip("nkeys")
    seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
    server = start_server(f"authorization {{ users: [ {{ nkey: {nkeys.from_seed(seed).public_key.decode()} }} ] }}")
    path = server.log.parent / "seed"
    path.write_bytes(seed)
    assert b"it wants credentials" in fail(f"{server.url}/logs.>")
    for changes in ({"NATS_NKEY": seed.decode()}, {"NATS_NKEY": str(path)}):
        assert b"no stream holds logs.>\n" in fail(f"{server.url}/logs.>", **changes)


def test_tls(start_server: Callable[..., NatsServer], tmp_path: Path, watch: Callable[..., Watcher]) -> None:
    """Only a trusted certificate is accepted; no secret is sent to a server without TLS."""
    certificate, key = _certificate(tmp_path)
    server = start_server(f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}\nauthorization {{ token: hush }}')
    url = f"tls://hush@localhost:{server.port}/logs.>"
    assert b"its certificate is not good" in fail(url)
    assert b"no stream holds logs.>\n" in fail(url, NATS_CA=str(certificate))
    assert b"no stream holds logs.>\n" in fail(f"{url}?ca={certificate}")
    nothing = tmp_path / "nothing"
    nothing.touch()
    for path, why in ((tmp_path / "none", b"No such file"), (nothing, b"no certificate")):
        told = fail(f"{url}?ca={path}")
        assert b"TLS cannot begin with %s: %s" % (str(path).encode(), why) in told
    plain = start_server()
    for who in ("", "me:hush@", "hush@"):
        assert b": it has no TLS\n" in fail(f"tls://{who}127.0.0.1:{plain.port}/logs.>")


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Return a self-signed certificate of localhost, and its key."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl is not there")
    return certificate, key


def test_a_server_that_goes_and_comes(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """Loss and return of a server are reported once each; no record is missing or shown twice."""
    server = start_server()
    server.make_stream()
    server.publish("logs.a", [b"%d" % number for number in range(500)])
    watcher = watch(f"{server.url}/logs.>")
    watcher.wait_lines(500)
    for start in (500, 1000):
        server.kill()
        watcher.wait_errors(b"cannot be reached")
        server.start()
        server.publish("logs.a", [b"%d" % number for number in range(start, start + 500)])
        assert watcher.wait_lines(start + 500) == [b"%d" % number for number in range(start + 500)]
        watcher.wait_errors(b"is back")
        told = bytes(watcher.errors).decode().splitlines()
        assert told == [
            f"reflowlog: {server.url}/logs.> cannot be reached: connection refused; waiting for it",
            f"reflowlog: {server.url}/logs.> is back",
        ]
        watcher.errors.clear()


def test_a_stream_that_is_created_again(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """A stream that is created again is read from its start."""
    server = start_server()
    server.make_stream()
    server.publish("logs.a", [b"old %d" % number for number in range(10)])
    watcher = watch(f"{server.url}/logs.>")
    watcher.wait_lines(10)
    server.ask("$JS.API.STREAM.DELETE.logs")
    watcher.wait_errors(b"no stream holds logs.>")
    server.make_stream()
    server.publish("logs.a", [b"new"])
    assert watcher.wait_lines(11)[10:] == [b"new"]
    assert b"created anew" in watcher.errors


def test_a_deleted_consumer(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """Reading resumes at its position when the server has deleted the consumer."""
    server = start_server()
    server.make_stream()
    server.publish("logs.a", [b"%d" % number for number in range(10)])
    watcher = watch(f"{server.url}/logs.>")
    watcher.wait_lines(10)
    for consumer in server.ask("$JS.API.CONSUMER.NAMES.logs")["consumers"]:
        server.ask(f"$JS.API.CONSUMER.DELETE.logs.{consumer}")
    server.publish("logs.a", [b"10"])
    assert watcher.wait_lines(11) == [b"%d" % number for number in range(11)]


def test_a_leader_that_is_killed(tmp_path: Path, watch: Callable[..., Watcher]) -> None:
    """When the leader is killed another server continues at the next sequence."""
    if reason := missing():
        pytest.skip(reason)
    servers = cluster(tmp_path)
    try:
        servers[1].publish("logs.a", [b"%d" % number for number in range(1000)])
        watcher = watch(f"{servers[0].url}/logs.>")  # the others are told of by this one
        watcher.wait_lines(1000)
        servers[0].kill()
        wait_for(lambda: _takes(servers[1], b"1000"))
        assert watcher.wait_lines(1001)[:1001] == [b"%d" % number for number in range(1001)]
    finally:
        for server in servers:
            server.kill()


def _takes(server: NatsServer, message: bytes) -> bool:
    """Return True if the stream stores a message: not while a leader is elected."""
    try:
        if server.messages() == 1000:
            server.publish("logs.a", [message])
    except Exception:
        return False
    return True


@pytest.mark.parametrize("messages", [5, 15])
def test_a_stream_that_has_lost_its_messages(tmp_path: Path, watch: Callable[..., Watcher], messages: int) -> None:
    """A stream in memory is empty after a restart and counts from 1 again: it is read from its start."""
    if reason := missing():
        pytest.skip(reason)
    servers = cluster(tmp_path)
    try:
        made = servers[0].ask("$JS.API.STREAM.CREATE.mem", {"name": "mem", "subjects": ["mem.>"], "storage": "memory"})
        keeper = servers[int(made["cluster"]["leader"][1:])]
        keeper.publish("mem.a", [b"old %d" % number for number in range(10)])
        watcher = watch(f"{keeper.url}/mem.>")
        watcher.wait_lines(10)
        keeper.kill()
        keeper.start()
        wait_for(lambda: _has(keeper, 0))
        new = [b"new %d" % number for number in range(messages)]
        keeper.publish("mem.a", new)
        assert watcher.wait_lines(10 + messages)[10:] == new
        assert b"the stream mem was created anew" in watcher.errors
    finally:
        for server in servers:
            server.kill()


def _has(server: NatsServer, messages: int) -> bool:
    """Return True if the stream holds `messages` messages again."""
    try:
        return server.messages("mem") == messages
    except Exception:
        return False


@pytest.mark.parametrize("how", ["closed", "interrupted", "terminated"])
def test_it_ends(start_server: Callable[..., NatsServer], how: str) -> None:
    """It ends when its output is closed, even while no message arrives, and by a signal, without a traceback."""
    server = start_server()
    server.make_stream()
    server.publish("logs.a", [b"one"])
    pipe = subprocess.PIPE
    process = subprocess.Popen([*REFLOWLOG, f"{server.url}/logs.>"], stdout=pipe, stderr=pipe, env=environment())
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"one\n"
    if how == "closed":
        process.stdout.close()
    else:
        process.send_signal(signal.SIGINT if how == "interrupted" else signal.SIGTERM)
    assert process.wait(TIMEOUT) == {"closed": 0, "interrupted": 130, "terminated": -signal.SIGTERM}[how]
    assert process.stderr.read() == b""
    process.stderr.close()
    process.stdout.close()


def test_in_the_viewer(start_server: Callable[..., NatsServer], open_pyte: Callable[..., Any]) -> None:
    """The viewer follows at the end; loss and return of the server are lines of the log."""
    server = start_server()
    server.make_stream()
    server.publish("logs.a", [b"%d" % number for number in range(100)])
    terminal = open_pyte([*REFLOWLOG, f"{server.url}/logs.>"], (60, 8))
    terminal.wait_screen(lambda rows: any(row.strip() == "99" for row in rows))
    server.publish("logs.a", [b"live"])
    terminal.wait_screen(lambda rows: any(row.strip() == "live" for row in rows))
    server.kill()
    terminal.wait_screen(lambda rows: any("cannot be reached:" in row for row in rows))
    server.start()
    server.publish("logs.a", [b"and back"])
    terminal.wait_screen(lambda rows: any(row.strip() == "and back" for row in rows))
    terminal.send(b"q")
    assert terminal.wait() == 0


def test_since_and_tail(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """`--since` selects by the server's time; `--tail` selects the last records."""
    server = start_server()
    server.make_stream()
    server.publish("logs.a", [b"%d\n%d" % (number, number + 1) for number in range(0, 100, 2)])
    server.publish("logs.b", [b"other"])
    watchers = [watch("--tail", count, f"{server.url}/logs.{of}") for count in "350" for of in (">", "a")]
    watchers += [watch("--since", "1h", f"{server.url}/logs.a"), watch("--since", "0s", f"{server.url}/logs.a")]
    held = [b"%d" % number for number in range(100)]
    wanted = [[*held[98:], b"other"], held[97:], [*held[96:], b"other"], held[95:], [], [], held, []]
    for watcher, lines in zip(watchers, wanted):
        watcher.wait_lines(len(lines))
    wait_for(lambda: len(server.ask("$JS.API.CONSUMER.NAMES.logs")["consumers"]) == len(watchers))
    server.publish("logs.a", [b"live"])
    for watcher, lines in zip(watchers, wanted):
        assert watcher.wait_lines(len(lines) + 1) == [*lines, b"live"]


def test_the_last_of_a_stream_with_gaps(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """Deleted messages do not count for `--tail`."""
    server = start_server()
    server.make_stream(max_msgs_per_subject=1)
    for number in range(10):
        server.publish(f"logs.{number}", [b"%d" % number])
    server.publish("logs.last", [b"again"] * 50)
    server.make_stream("traces")
    server.publish("traces.a", [b"a\n  further", b"b\n  further\n  and further", b"c", b"  of c"])
    assert watch("--tail", "2", f"{server.url}/traces.a").wait_lines(5)[0] == b"b"
    assert watch("--tail", "4", f"{server.url}/logs.>").wait_lines(4) == [b"7", b"8", b"9", b"again"]


def test_subjects_are_the_names_of_sources(
    start_server: Callable[..., NatsServer], watch: Callable[..., Watcher], tmp_path: Path
) -> None:
    """Each line is labelled with its subject; filters treat each subject as a source; files merge."""
    server = start_server()
    server.make_stream()
    server.publish("logs.web1.api", [b"10:00:01 ERROR a\n  further", b"10:00:04 INFO b"])
    server.publish("logs.a.name-that-is-long", [b"10:00:04 INFO c\n10:00:05 ERROR d"])
    server.publish("logs.web1.api", [b"10:00:06 ERROR e"])
    server.publish("logs.a.name-that-is-long", [b"  of d"])
    names = "logs.web1.api    ", "a.name-\u2026-is-long "
    url = f"{server.url}/logs.>"
    first, second = f"{names[0]}10:00:0", f"{names[1]}10:00:0"
    lines = [f"{first}1 ERROR a", f"{names[0]}  further", f"{first}4 INFO b", f"{second}4 INFO c", f"{second}5 ERROR d"]
    lines += [f"{first}6 ERROR e", f"{names[1]}  of d"]
    assert watch("-w", "100", url).wait_lines(7) == [line.encode() for line in lines]
    kept = watch("-w", "100", "-l", "error", url).wait_lines(5)
    assert sorted(kept) == sorted(lines[at].encode() for at in (0, 1, 4, 5, 6))
    assert watch("-w", "70", url).wait_lines(1)[0] == b"10:00:01 ERROR a"
    (tmp_path / "app.log").write_text("10:00:03 in a file\n10:00:09 at its end\n")
    merged = watch("-w", "100", url, str(tmp_path / "app.log")).wait_lines(9)
    expected = [*lines[:2], f"{'app.log':17}10:00:03 in a file", *lines[2:], f"{'app.log':17}10:00:09 at its end"]
    assert merged == [line.encode() for line in expected]


def test_names_of_subjects_in_the_viewer(
    start_server: Callable[..., NatsServer], open_pyte: Callable[..., Any]
) -> None:
    """Labels appear in the viewer, also for a later subject, and on the normal screen after a new width."""
    server = start_server()
    server.make_stream()
    server.publish("logs.a", [b"one"])
    for options in ((), ("--inline",)):
        terminal = open_pyte(
            [*REFLOWLOG, *options, f"{server.url}/logs.>"], (80, 8), changes={"XTERM_VERSION": "X(390)"}
        )
        terminal.wait_screen(lambda rows: rows[:1] and rows[0].rstrip() == "logs.a           one")
        name = f"logs.new{len(options)}"
        server.publish(name, [b"two"])
        row = f"{name:17}two"
        terminal.wait_screen(lambda rows, row=row: any(each.rstrip() == row for each in rows))
        terminal.resize(60, 8)
        terminal.wait_screen(lambda rows: any(each.rstrip() == "two" for each in rows))
        terminal.settle()
        terminal.resize(80, 8)
        terminal.wait_screen(lambda rows, row=row: any(each.rstrip() == row for each in rows))
        terminal.send(b"q" if not options else b"\x03\x03")
        terminal.wait()


@pytest.mark.parametrize("variable", ["NATS_CREDS", "NATS_NKEY"])
def test_a_missing_file_of_credentials(start_server: Callable[..., NatsServer], tmp_path: Path, variable: str) -> None:
    """It is reported as missing, not as wrong credentials; so is one that is no file, without waiting for it."""
    server = start_server("authorization { user: me, password: secret }")
    missing = fail(f"{server.url.replace('me:secret@', '')}/logs.>", **{variable: str(tmp_path / "none.creds")})
    assert b"cannot read a file of credentials: No such file or directory" in missing
    os.mkfifo(tmp_path / "fifo")
    fifo = fail(f"{server.url.replace('me:secret@', '')}/logs.>", **{variable: str(tmp_path / "fifo")})
    assert b"cannot read a file of credentials: not a regular file" in fifo


def test_hostile_subjects_and_messages(start_server: Callable[..., NatsServer], watch: Callable[..., Watcher]) -> None:
    """Controls of a subject are marks in its label; messages of 8 MB come through."""
    server = start_server("max_payload: 8MB")
    server.make_stream()
    hostile = "logs.\x1b]0;title\x07\x1b[2J\u202e.\x9b1A"
    server.publish(hostile, [b"one\n"])
    server.publish("logs." + "x" * 2500, [b"two\n"])
    server.publish("logs.big", [b"y" * 8_000_000, b"three\n"])
    watcher = watch(f"{server.url}/logs.>")
    wait_for(lambda: watcher.out.endswith(b"three\n"), describe=lambda: repr(watcher.errors))
    lines = bytes(watcher.out).splitlines()
    label = lines[0].decode()
    assert label.isprintable()
    assert label.endswith("one")
    assert len(lines[1]) < 100
    assert lines[1].endswith(b"two")
    assert b"".join(lines[2:]).count(b"y") == 8_000_000
    assert lines[-1].endswith(b"three")
