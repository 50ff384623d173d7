"""Bounds of the server for child processes: held bytes, stalled children, styles and links."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import open_descriptors, wait_until_closed

from reflowlog.core.events import Flush
from reflowlog.core.records import StyledLine
from reflowlog.multiprocess import loopback, protocol, rendezvous, server
from reflowlog.system.polling import WakeSignal, make_poller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WAIT = 20.0  # seconds that end a hang


class Receiver:
    """Collects the events of a server."""

    def __init__(self) -> None:
        self.events: deque[Any] = deque()
        self._writers = 0

    def receive(self, event: object, weight: int, *, important: bool, records: int) -> bool | None:
        """Accept an event."""
        self.events.append(event)
        return True

    def put(self, event: object) -> None:
        """Accept an event."""
        self.events.append(event)

    def await_room(self, seconds: float) -> None:
        """No-op: there is always room."""

    def expect_children(self) -> None:
        """No-op."""

    def process_queued(self) -> None:
        """No-op: nothing waits for a caller to write it."""

    def writer(self) -> int:
        """Return a new number."""
        self._writers += 1
        return self._writers

    def texts(self) -> list[str]:
        """Return the printed lines so far."""
        return [event.text for event in list(self.events) if hasattr(event, "text")]


@pytest.fixture
def receiver() -> Receiver:
    """Return the console's part."""
    return Receiver()


@pytest.fixture(params=["unix", "tcp"], autouse=True)
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the server listen at a Unix socket, or as on a system without these."""
    if request.param == "tcp":
        monkeypatch.setattr(rendezvous, "_is_supported", False)
        monkeypatch.setattr(server, "make_poller", lambda: make_poller(selects=True))
        monkeypatch.setattr(server, "WakeSignal", lambda: WakeSignal(selects=True))
    elif not hasattr(socket, "AF_UNIX"):
        pytest.skip("no Unix sockets here")
    return str(request.param)


@pytest.fixture
def child_server(receiver: Receiver, transport: str) -> Iterator[server.ChildServer]:
    """Return a server that is closed at the end."""
    made = server.ChildServer(receiver, "test")
    yield made
    made.close()
    for event in receiver.events:
        if isinstance(event, Flush):
            event.done()


def _connect(address: str) -> socket.socket:
    connection = rendezvous.connect(address)
    assert connection is not None
    whole = socket.socket(fileno=connection.detach())
    whole.settimeout(WAIT)
    return whole


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_who_has_waited_for_a_child_logs_after_it(child_server: server.ChildServer, receiver: Receiver) -> None:
    """Also while another thread is reading, which may take its time: it loads modules for the first message."""
    with _connect(child_server.address) as child:
        child.sendall(protocol.pack(protocol.TEXT, protocol.encode_text("of the child\n"), 1))
        held, go_on = threading.Event(), threading.Event()

        def read() -> None:
            with child_server._exclusive():
                held.set()
                assert go_on.wait(WAIT)

        reader = threading.Thread(target=read)
        reader.start()
        assert held.wait(WAIT)
    seen: list[list[str]] = []

    def log() -> None:
        child_server.catch_up()
        seen.append(receiver.texts())

    parent = threading.Thread(target=log)
    parent.start()
    parent.join(0.3)
    go_on.set()
    for thread in (reader, parent):
        thread.join(WAIT)
    assert seen == [["of the child\n"]]


def test_half_a_message_is_not_held_for_ever(
    child_server: server.ChildServer, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that stops within a long message loses its connection; one within a short message keeps it."""
    monkeypatch.setattr(server, "STALL_TIMEOUT", 0.2)
    with _connect(child_server.address) as stalled, _connect(child_server.address) as honest:
        honest.sendall(protocol.pack(protocol.TEXT, b"half a short message\n")[:9])
        stalled.sendall(protocol.pack(protocol.TEXT, b"x" * 1_000_000)[:-1])
        assert stalled.recv(1) == b""
        _wait(lambda: "reflowlog: a child stopped in the middle of a message, which is left out\n" in receiver.texts())
        honest.sendall(protocol.pack(protocol.TEXT, b"half a short message\n")[9:])
        _wait(lambda: "half a short message\n" in receiver.texts())


def test_incomplete_messages_of_all_children_have_one_bound(
    child_server: server.ChildServer, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than that at once costs the child that exceeds it its connection."""
    monkeypatch.setattr(server, "MAX_HELD_BYTES", 3_000_000)
    with _connect(child_server.address) as first, _connect(child_server.address) as second:
        for each in first, second:
            with contextlib.suppress(BrokenPipeError):
                each.sendall(protocol.pack(protocol.TEXT, b"x" * 10_000_000)[:2_000_000])
        _wait(lambda: any("too much at once" in text for text in receiver.texts()))
    with pytest.raises(protocol.ProtocolError):
        protocol.MessageSplitter().feed(protocol._HEADER.pack(0xB1, 0, 0, (1 << 27) + 1), deque())


def test_long_styles_and_links_are_left_out() -> None:
    """Their text stays: a style or a link without a bound would be written again for each row."""
    long = [
        ["ab", [[0, 1, ["1;" * 200 + "31", ""]], [1, 2, ["", "x" * 5000]]], None, ""],
        ["ab", [[0, 1, ["1;31", ""]], [1, 2, ["", "x" * 500]]], None, ""],
    ]
    dropped, kept = protocol.decode(protocol._to_json(long))
    assert dropped == StyledLine("ab")
    assert [style for _, _, style in kept.spans] == [("1;31", ""), ("", "x" * 500)]  # type: ignore[union-attr]


def test_without_poll_there_is_no_server(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, transport: str) -> None:
    """Eventlet removes `select.poll`: a server's thread would hold up all of its threads."""
    if transport == "tcp":
        pytest.skip("a system without it uses `select`")
    monkeypatch.delattr("select.poll")
    before = open_descriptors()
    with pytest.raises(OSError, match="poll"):
        server.ChildServer(receiver, "test")
    wait_until_closed(before)


def test_a_program_that_knows_no_token_is_not_received(
    child_server: server.ChildServer, receiver: Receiver, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what it sends at once nor half a proof; its connection is closed, and one line says so."""
    if transport != "tcp":
        pytest.skip("a Unix socket tells the user of its peer")
    monkeypatch.setattr(server, "STALL_TIMEOUT", 0.2)
    port = int(child_server.address.split(":")[1])
    wrong = child_server.address[:-2] + ("00" if child_server.address[-2:] != "00" else "11")
    with socket.create_connection(("127.0.0.1", port), WAIT) as stranger, _connect(child_server.address) as child:
        stranger.sendall(bytes(48) + protocol.pack(protocol.TEXT, b"forged\n"))
        with contextlib.suppress(ConnectionError):
            assert stranger.recv(1) == b""
        assert rendezvous.connect(wrong) is None
        with socket.create_connection(("127.0.0.1", port), WAIT) as silent:
            silent.sendall(b"half")
            with contextlib.suppress(ConnectionError):
                assert silent.recv(1) == b""
        child.sendall(protocol.pack(protocol.TEXT, b"honest\n"))
        _wait(lambda: "honest\n" in receiver.texts())
    texts = receiver.texts()
    assert texts.count("reflowlog: another program tried to write here\n") == 2
    assert not any("forged" in text for text in texts)


def test_a_program_that_has_taken_the_port_gets_no_record() -> None:
    """The console has ended, and another program listens at its port: it cannot prove that it is the console."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(WAIT)
        address = f"tcp:{listener.getsockname()[1]}:{bytes(32).hex()}"
        found: list[object] = []
        child = threading.Thread(target=lambda: found.append(loopback.connect(address)))
        child.start()
        connection, _ = listener.accept()
        with connection:
            received = b""
            while len(received) < loopback.GREETING_BYTES:
                received += connection.recv(loopback.GREETING_BYTES)
            connection.sendall(bytes(32))
            child.join(WAIT)
    assert found == [None]
    assert loopback.connect(address) is None  # nothing listens there any more
    assert loopback.connect("tcp:no:address") is None


def test_descriptors_that_the_program_has_closed_are_not_used(
    child_server: server.ChildServer, receiver: Receiver, transport: str, tmp_path: Path
) -> None:
    """Other files may have their numbers by now: none is written to, accepted from or closed, and the thread ends."""
    if transport == "tcp":
        pytest.skip("sockets of Python are not closed by number")
    signal = child_server._wake_signal
    numbers = [signal._reader, signal._writer, child_server._listening.fileno()]
    threads = threading.enumerate()  # another test may have left a server
    thread = next(each for each in threads if getattr(each, "_target", None) == child_server._run)
    file = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    with _connect(child_server.address) as child:
        child.sendall(protocol.pack(protocol.TEXT, protocol.encode_text("of the child\n"), 1))
        _wait(lambda: receiver.texts() == ["of the child\n"])
        numbers += child_server._children
        for number in numbers:
            os.dup2(file, number)
        child_server.catch_up()
        child_server.drain_children()
        child_server.close()
    thread.join(WAIT)
    try:
        assert not thread.is_alive()
        assert [os.fstat(each).st_ino for each in numbers] == [os.fstat(file).st_ino] * 4
        assert (tmp_path / "file").read_bytes() == b""
        assert not os.path.exists(child_server.address)
    finally:
        for number in {file, *numbers}:
            os.close(number)
