"""Real NATS servers for tests: on loopback, at free ports, with a store in a temporary folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from support.terminals import TIMEOUT, wait_for

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from pathlib import Path

ANSWER = 3.0  # seconds: while a cluster elects a leader no server answers, and the request is repeated

__all__ = ["Between", "FalseServer", "NatsServer", "cluster", "missing"]


def missing() -> str:
    """Return why tests with NATS cannot run here; empty if they can."""
    try:
        import nats  # noqa: F401
    except ImportError:
        return "nats-py is not installed"
    return "" if shutil.which("nats-server") else "nats-server is not installed"


def free_port() -> int:
    """Return a port without a listener, for now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class NatsServer:
    """NATS server; its port stays the same when it is started again.

    Args:
        folder: for its store and its log; created if missing.
        settings: appended to its configuration.
        jetstream: whether JetStream is enabled.
    """

    def __init__(self, folder: Path, settings: str = "", *, jetstream: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.log = folder / "log"
        self._config = folder / "config"
        storage = f'jetstream {{ store_dir: "{folder / "store"}" }}\n' if jetstream else ""
        self._config.write_text(f'listen: "127.0.0.1:{self.port}"\n{storage}{settings}\n')
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> NatsServer:
        """Start the server and wait until it answers."""
        command = ["nats-server", "-c", str(self._config), "-l", str(self.log)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers, describe=self.log.read_text)
        return self

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                return connection.recv(4) == b"INFO"
        except OSError:
            return False

    def kill(self) -> None:
        """Kill the server, as a power cut would. Idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(TIMEOUT)
            self._process = None

    # -- requests of tests, by a separate client ---------------------------------------------------------------------

    def make_stream(self, name: str = "logs", **settings: Any) -> None:
        """Create a stream for all subjects that begin with its name."""
        settings = {"name": name, "subjects": [f"{name}.>"]} | settings
        answer = self.ask(f"$JS.API.STREAM.CREATE.{name}", settings)
        assert "error" not in answer, answer

    def ask(self, subject: str, body: Any = None) -> Any:
        """Send a request to JetStream's API and return the answer."""

        async def ask(client: Any) -> Any:
            return json.loads((await client.request(subject, json.dumps(body or {}).encode(), timeout=ANSWER)).data)

        return self._run(ask)

    def messages(self, name: str = "logs") -> int:
        """Return the number of messages in a stream."""
        return int(self.ask(f"$JS.API.STREAM.INFO.{name}")["state"]["messages"])

    def publish(self, subject: str, messages: Sequence[bytes]) -> None:
        """Publish messages in this order; the stream holds them on return."""

        async def publish(client: Any) -> None:
            for message in messages[:-1]:
                await client.publish(subject, message)
            await client.request(subject, messages[-1], timeout=TIMEOUT)

        self._run(publish)

    def lines(self, subject: str = "logs.>", name: str = "logs") -> list[tuple[str, bytes]]:
        """Return subject and text of every line in a stream."""

        async def read(client: Any) -> list[tuple[str, bytes]]:
            stream = client.jetstream()
            count = (await stream.stream_info(name)).state.messages
            found: list[tuple[str, bytes]] = []
            subscription = await stream.subscribe(subject, stream=name, ordered_consumer=True)
            for _ in range(count):
                message = await subscription.next_msg(timeout=TIMEOUT)
                found += [(message.subject, line) for line in message.data.splitlines()]
            return found

        return self._run(read)  # type: ignore[no-any-return]

    def _run(self, work: Any) -> Any:
        import nats

        async def run() -> Any:
            client = await nats.connect(self.url, connect_timeout=TIMEOUT)
            try:
                return await work(client)
            finally:
                await client.close()

        made: Coroutine[Any, Any, Any] = run()
        return asyncio.run(made)


def cluster(folder: Path, count: int = 3) -> list[NatsServer]:
    """Start the servers of a cluster, wait for a leader, and return them."""
    routes = [free_port() for _ in range(count)]
    peers = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
    servers = []
    for number, port in enumerate(routes):
        settings = f'server_name: s{number}\ncluster {{ name: test, listen: "127.0.0.1:{port}", routes: [{peers}] }}'
        servers.append(NatsServer(folder / f"s{number}", settings))
    for server in servers:
        server.start()
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            servers[0].make_stream("logs", num_replicas=count)
        except Exception as error:  # no leader yet
            if time.monotonic() > deadline:
                for server in servers:
                    server.kill()
                pytest.fail(f"no leader in time: {error}")
        else:
            return servers


class Between:
    """Proxy between clients and a server that can drop the server's output; a context manager.

    Args:
        server: receives everything that clients send.
    """

    def __init__(self, server: NatsServer) -> None:
        self._server = server
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self._door.getsockname()[1]}"
        self._mute = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._let_in, daemon=True).start()

    def mute(self) -> None:
        """Drop the server's output from now on."""
        self._mute = True

    def cut(self) -> None:
        """Close all connections; later ones are forwarded again."""
        cut, self._open = self._open, []
        for each in cut:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._mute = False

    def _let_in(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._door.accept()[0]
                server = socket.create_connection(("127.0.0.1", self._server.port))
                self._open += [client, server]
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
                threading.Thread(target=self._carry, args=(server, client), daemon=True).start()

    def _carry(self, source: socket.socket, into: socket.socket) -> None:
        is_server = source.getpeername()[1] == self._server.port
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if not (is_server and self._mute):
                    into.sendall(data)
            into.shutdown(socket.SHUT_RDWR)
        source.close()

    def __enter__(self) -> Between:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
        self.cut()


class FalseServer:
    """Server that speaks the NATS protocol and gives every request the same answer; a context manager.

    Args:
        answer: sent to every request.
        first: sent to a client that connects.
    """

    INFO = b'INFO {"server_id":"x","version":"2.9.10","proto":1,"headers":true,"max_payload":1048576}\r\n'

    def __init__(self, answer: bytes = b"", first: bytes = INFO) -> None:
        self._answer, self._first = answer, first
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._let_in, daemon=True).start()

    def _let_in(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._door.accept()[0],), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        number = b"1"
        with contextlib.suppress(OSError), client, client.makefile("rb") as said:
            client.sendall(self._first)
            for line in said:
                words = line.split()
                if words[0] == b"PING":
                    client.sendall(b"PONG\r\n")
                elif words[0] == b"SUB":
                    number = words[-1]
                elif words[0] in (b"PUB", b"HPUB"):
                    said.read(int(words[-1]) + 2)
                    reply = b"MSG %s %s %d\r\n%s\r\n" % (words[2], number, len(self._answer), self._answer)
                    client.sendall(reply)

    def __enter__(self) -> FalseServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
