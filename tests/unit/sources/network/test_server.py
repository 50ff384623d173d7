"""Network server: messages and records of real handlers, by TCP and UDP, and hostile input."""

from __future__ import annotations

import errno
import json
import logging
import logging.handlers
import os
import pickle
import signal
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.terminals import REFLOWLOG, environment, wait_for

from reflowlog.sources.network.frame_decoder import MAX_MESSAGE_BYTES
from reflowlog.sources.network.python_records import PickledRecordDecoder
from reflowlog.sources.network.server import listen
from reflowlog.sources.network.syslog import SyslogDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEFAULT_HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port that is free for TCP and UDP."""
    for _ in range(100):
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as box:
            stream.bind((DEFAULT_HOST, 0))
            port = stream.getsockname()[1]
            try:
                box.bind((DEFAULT_HOST, port))
            except OSError:
                continue
            return int(port)
    raise AssertionError("no free port")


class Listening:
    """The command, listening, with its output in a file."""

    def __init__(self, tmp_path: Path, *kinds: str) -> None:
        self.ports = [free_port() for _ in kinds]
        self.path = tmp_path / "out"
        self.errors = tmp_path / "err"
        names = [f"{kind}://{DEFAULT_HOST}:{port}" for kind, port in zip(kinds, self.ports)]
        with self.path.open("wb") as out, self.errors.open("wb") as err:
            self.process = subprocess.Popen([*REFLOWLOG, *names], stdout=out, stderr=err, env=environment())
        wait_for(self.can_be_reached, describe=self.errors.read_text)

    def can_be_reached(self) -> bool:
        """Whether it listens at all its addresses."""
        try:
            for port in self.ports:
                socket.create_connection((DEFAULT_HOST, port)).close()
        except OSError:
            return False
        return True

    def lines(self, count: int) -> list[str]:
        """Wait for a number of lines, and return them."""
        wait_for(lambda: self.path.read_bytes().count(b"\n") >= count, describe=self.path.read_text)
        return self.path.read_text().splitlines()


@contextmanager
def listening(tmp_path: Path, *kinds: str) -> Iterator[Listening]:
    """The command, until it is interrupted."""
    running = Listening(tmp_path, *kinds)
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 130
        assert running.errors.read_text() == ""


@contextmanager
def logger_to(handler: logging.Handler) -> Iterator[logging.Logger]:
    """A logger of its own, for one handler."""
    made = logging.Logger("app.db")
    made.addHandler(handler)
    yield made
    handler.close()


def framed(value: object) -> bytes:
    """A record as it is sent."""
    data = pickle.dumps(value)
    return len(data).to_bytes(4, "big") + data


# -- messages, told apart ----------------------------------------------------------------------------------------------

_texts = st.binary(max_size=30).map(lambda text: b"<14>" + text.translate(None, b"\n\r\0"))
_framings = st.sampled_from(["newline", "return", "zero", "length"])


@given(st.lists(st.tuples(_texts, _framings)), st.lists(st.integers(1, 20), min_size=1))
def test_messages_come_out_however_they_are_framed_and_cut(sent: list[tuple[bytes, str]], sizes: list[int]) -> None:
    """Framings may be mixed; no cut is seen."""
    ends = {"newline": b"\n", "return": b"\r\n", "zero": b"\0"}
    data = b"".join(b"%d %b" % (len(text), text) if how == "length" else text + ends[how] for text, how in sent)
    splitter, found = SyslogDecoder(), b""
    for number in range(len(data)):
        size = sizes[number % len(sizes)]
        chunk, data = data[:size], data[size:]
        found += splitter.feed(chunk)
    assert found == b"".join(text + b"\n" for text, _ in sent)
    assert (splitter.flush_partial(), splitter.error) == (b"", "")


def test_a_message_of_several_lines_stays_together() -> None:
    """Its length says where it ends; so does a datagram."""
    assert SyslogDecoder().feed(b"15 <14>one\ntwo\nend<14>next\n") == b"<14>one\ntwo\nend\n<14>next\n"
    assert SyslogDecoder.line(b"<14>one\n two\0") == b"<14>one\n two\n"


def test_what_looks_like_a_length_may_be_text() -> None:
    """A message without a priority may begin with a number."""
    assert SyslogDecoder().feed(b"12 monkeys\n1234567890123\n7 ") == b"12 monkeys\n1234567890123\n"


def test_the_last_message_needs_no_end() -> None:
    """An unterminated message of a closed connection is a line."""
    splitter = SyslogDecoder()
    assert splitter.feed(b"<14>half") == b""
    assert splitter.flush_partial() == b"<14>half\n"


@pytest.mark.parametrize("data", [b"999999999 <14>x", b"x" * (MAX_MESSAGE_BYTES + 1)], ids=["announced", "sent"])
def test_a_message_has_an_end(data: bytes) -> None:
    """A message without end, or too large, is reported; messages before it come out."""
    splitter = SyslogDecoder()
    assert splitter.feed(b"<14>good\n" + data) == b"<14>good\n"
    assert "bytes" in splitter.error


def test_records_are_told_apart_however_they_are_cut() -> None:
    """Byte by byte they are the same as at once."""
    data = framed({"msg": "one"}) + framed({"msg": "two"})
    splitter = PickledRecordDecoder()
    assert b"".join(splitter.feed(data[i : i + 1]) for i in range(len(data))) == PickledRecordDecoder().feed(data)
    assert PickledRecordDecoder().feed(data) == b'{"message":"one"}\n{"message":"two"}\n'
    assert (splitter.flush_partial(), splitter.error) == (b"", "")


def test_a_record_without_its_end_is_told() -> None:
    """A sender that leaves in the middle, and half a datagram."""
    half = framed({"msg": "one"})[:-1]
    splitter = PickledRecordDecoder()
    assert splitter.feed(half) == b""
    assert b"its end is missing" in splitter.flush_partial()
    assert b"its end is missing" in PickledRecordDecoder.line(half)


# -- the real thing ----------------------------------------------------------------------------------------------------


def test_records_of_python_arrive(tmp_path: Path) -> None:
    """By connection and by datagram, with extras and tracebacks."""
    with listening(tmp_path, "socket") as running:
        with logger_to(logging.handlers.SocketHandler(DEFAULT_HOST, running.ports[0])) as log:
            log.warning("free: %d %%", 3, extra={"disk": {"name": "sda"}})
            try:
                raise ValueError("☃")
            except ValueError:
                log.exception("failed")
        first, second = map(json.loads, running.lines(2))
        assert (first["level"], first["logger"], first["message"]) == ("WARNING", "app.db", "free: 3 %")
        assert first["disk"] == {"name": "sda"}
        assert second["exception"].splitlines()[-1] == "ValueError: ☃"
        with logger_to(logging.handlers.DatagramHandler(DEFAULT_HOST, running.ports[0])) as log:
            log.error("by datagram")
        assert json.loads(running.lines(3)[2])["message"] == "by datagram"


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["connection", "datagrams"])
def test_messages_of_pythons_syslog_handler_arrive(kind: socket.SocketKind, tmp_path: Path) -> None:
    """As they came, without the zero byte at their end."""
    with listening(tmp_path, "syslog") as running:
        with logger_to(logging.handlers.SysLogHandler((DEFAULT_HOST, running.ports[0]), socktype=kind)) as log:
            log.warning("low ☃")
            log.error("failed")
        assert running.lines(2) == ["<12>low ☃", "<11>failed"]


def test_two_senders_at_once_and_two_addresses(tmp_path: Path) -> None:
    """Lines of senders that take turns in the middle of a message stay whole."""
    with listening(tmp_path, "syslog", "socket") as running:
        with (
            socket.create_connection((DEFAULT_HOST, running.ports[0])) as one,
            socket.create_connection((DEFAULT_HOST, running.ports[0])) as two,
            socket.create_connection((DEFAULT_HOST, running.ports[1])) as three,
        ):
            for _ in range(50):
                one.sendall(b"<14>a")
                two.sendall(b"<14>b")
                three.sendall(framed({"msg": "c"}))
                one.sendall(b"a\n")
                two.sendall(b"b\n")
            expected = {"<14>aa": 50, "<14>bb": 50, '{"message":"c"}': 50}
            found = running.lines(150)
        assert {line: found.count(line) for line in set(found)} == expected


def test_hostile_input_is_reported_and_other_senders_continue(tmp_path: Path) -> None:
    """No call is made, a length of 4 GB is refused at once, garbage is a line; other senders are served."""
    target = tmp_path / "made"

    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(target),)

    with listening(tmp_path, "socket") as running:
        good = logging.handlers.SocketHandler(DEFAULT_HOST, running.ports[0])
        with logger_to(good) as log, socket.create_connection((DEFAULT_HOST, running.ports[0])) as bad:
            log.warning("before")
            running.lines(1)
            bad.sendall(framed(Evil()) + b"\0\0\0\x07garbage" + b"\xff\xff\xff\xffmuch")
            bad.settimeout(30)
            assert bad.recv(1) == b""
            log.warning("after")
            lines = running.lines(5)
        assert [json.loads(lines[index])["message"] for index in (0, 4)] == ["before", "after"]
        assert "mkdir" in lines[1]
        assert "cannot be read" in lines[2]
        assert "announced a record of 4,294,967,295 bytes" in lines[3]
        assert not target.exists()


def test_more_senders_than_are_let_in_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that waits is served once another has left."""
    monkeypatch.setattr("reflowlog.sources.network.server.MAX_SENDERS", 1)
    port = free_port()
    with os.fdopen(listen(f"syslog://{DEFAULT_HOST}:{port}"), "rb") as lines:
        with socket.create_connection((DEFAULT_HOST, port)) as one:
            one.sendall(b"<14>one\n")
            assert lines.readline() == b"<14>one\n"
            two = socket.create_connection((DEFAULT_HOST, port))
            two.sendall(b"<14>two\n")
            one.sendall(b"<14>one again\n")
            assert lines.readline() == b"<14>one again\n"
        with two:
            assert lines.readline() == b"<14>two\n"


@pytest.mark.parametrize("begun_at", [b"", b"<14>never whole"], ids=["silent", "slow"])
def test_slow_senders_are_disconnected(monkeypatch: pytest.MonkeyPatch, begun_at: bytes) -> None:
    """At the limit, a sender without a complete message, or too long at one, is disconnected; an idle one is not."""
    for name, value in (("MAX_SENDERS", 2), ("MESSAGE_TIMEOUT", 0.2), ("ACCEPT_RETRY_INTERVAL", 0.02)):
        monkeypatch.setattr(f"reflowlog.sources.network.server.{name}", value)
    port = free_port()
    with (
        os.fdopen(listen(f"syslog://{DEFAULT_HOST}:{port}"), "rb") as lines,
        socket.create_connection((DEFAULT_HOST, port)) as good,
    ):
        good.sendall(b"<14>one\n")
        assert lines.readline() == b"<14>one\n"
        with (
            socket.create_connection((DEFAULT_HOST, port)) as slow,
            socket.create_connection((DEFAULT_HOST, port)) as waiting,
        ):
            slow.sendall(begun_at)
            waiting.sendall(b"<14>two\n")
            name = f"{DEFAULT_HOST}:{slow.getsockname()[1]}"
            told = lines.readline().decode()
            assert told == f"reflowlog: {name} has sent nothing whole for 0 s, and others wait: it is left\n"
            assert lines.readline() == b"<14>two\n"
            good.sendall(b"<14>three\n")
            assert lines.readline() == b"<14>three\n"


def test_idle_senders_lock_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all places are taken by senders that have sent something whole, the one idle longest has to leave."""
    for name, value in (("MAX_SENDERS", 2), ("MESSAGE_TIMEOUT", 0.2), ("ACCEPT_RETRY_INTERVAL", 0.02)):
        monkeypatch.setattr(f"reflowlog.sources.network.server.{name}", value)
    port = free_port()
    with os.fdopen(listen(f"syslog://{DEFAULT_HOST}:{port}"), "rb") as lines:
        idle = [socket.create_connection((DEFAULT_HOST, port)) for _ in range(2)]
        for number, each in enumerate(idle):
            each.sendall(b"<14>%d\n" % number)
            assert lines.readline() == b"<14>%d\n" % number
        with socket.create_connection((DEFAULT_HOST, port)) as waiting:
            waiting.sendall(b"<14>two\n")
            name = f"{DEFAULT_HOST}:{idle[0].getsockname()[1]}"
            assert lines.readline().decode().startswith(f"reflowlog: {name} has sent nothing whole")
            assert lines.readline() == b"<14>two\n"
        for each in idle:
            each.close()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["connections", "datagrams"])
def test_an_address_in_use_is_one_line(kind: socket.SocketKind) -> None:
    """An address in use is reported in one line, with exit status 1."""
    with socket.socket(type=kind) as taken:
        taken.bind((DEFAULT_HOST, 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        name = f"syslog://{DEFAULT_HOST}:{taken.getsockname()[1]}"
        done = subprocess.run([*REFLOWLOG, name], capture_output=True, env=environment(), timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"reflowlog: cannot read {name}: {os.strerror(errno.EADDRINUSE)}\n"


@pytest.mark.parametrize("name", ["syslog://a b:1", "syslog://127.0.0.1:0", "socket://127.0.0.1:99999", "socket://x:y"])
def test_what_is_no_address_is_one_line(name: str) -> None:
    """An invalid address is reported in one line, with exit status 1."""
    done = subprocess.run([*REFLOWLOG, name], capture_output=True, env=environment(), timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"reflowlog: cannot read ")
    assert done.stderr.count(b"\n") == 1
