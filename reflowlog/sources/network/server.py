"""Network server: turns the messages that other programs send to an address into lines.

``syslog://HOST:PORT`` accepts messages by UDP and TCP, as ``logger``, rsyslog and Python's ``SysLogHandler`` send them:
each becomes an unchanged line. ``socket://HOST:PORT`` accepts the records of Python's ``SocketHandler`` and
``DatagramHandler``: each becomes a line of JSON (see `text/parse/safe_pickle.py`).

Invariants:
- One thread serves all senders, and writes whole lines into a pipe. While the pipe is full the thread blocks, and
  backpressure reaches the senders.
- Received data is untrusted. A message has at most `MAX_MESSAGE_BYTES` bytes, all unfinished messages together at most
  `MAX_HELD_BYTES`; a sender that exceeds a limit is reported in a line and disconnected.
- At most `MAX_SENDERS` are connected; others wait in the listen queue until one leaves, and then a sender that has
  completed no message for `MESSAGE_TIMEOUT` seconds is disconnected: those in the middle of one, else the one that is
  idle longest.
- Without a host, only this machine can connect.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import threading
import time
from typing import TYPE_CHECKING

from reflowlog.sources.network.frame_decoder import MAX_HELD_BYTES, FrameDecoder
from reflowlog.sources.network.python_records import PickledRecordDecoder
from reflowlog.sources.network.syslog import SyslogDecoder
from reflowlog.system.fds import OutputClosed, enlarge_pipe, move_above_stdio, write_all

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

__all__ = ["listen"]
MAX_SENDERS = 200  # connections at the same time
MESSAGE_TIMEOUT = 30.0  # seconds for which a message may be unfinished while other senders wait
READ_SIZE = 1 << 16  # bytes received at once: more than the largest datagram
MAX_DATAGRAMS = 100  # datagrams received at once
ACCEPT_RETRY_INTERVAL = 1.0  # seconds until accept is tried again after it has failed for lack of descriptors or memory
DEFAULT_HOST = "127.0.0.1"

_PORTS = {"syslog": 514, "socket": 9020}  # syslog's own, and `logging.handlers.DEFAULT_TCP_LOGGING_PORT`
_address = re.compile(
    r"(?P<kind>syslog|socket)://(?:\[(?P<six>[^\]]*)\]|(?P<host>[^:/\[\]]*))(?::(?P<port>\d{1,5}))?/?"
)


def listen(name: str) -> int:
    """Listen at an address from now on; return the descriptor from which the lines can be read.

    Raises:
        OSError: the address is malformed, or it is not possible to listen there.
    """
    found = _address.fullmatch(name)
    if found is None:
        raise OSError(errno.EINVAL, f"it is not like {name[:6]}://{DEFAULT_HOST}:{_PORTS[name[:6]]}")
    sockets = _open(found["six"] or found["host"] or DEFAULT_HOST, int(found["port"] or _PORTS[found["kind"]]))
    out, into = map(move_above_stdio, os.pipe())
    enlarge_pipe(into)
    NetworkServer(sockets, SyslogDecoder if found["kind"] == "syslog" else PickledRecordDecoder, into).start()
    return out


def _open(host: str, port: int) -> list[socket.socket]:
    """Return bound sockets for connections and datagrams at all addresses of a host.

    Raises:
        OSError: it is not possible to listen there.
    """
    import socket

    if not 0 < port < 1 << 16:
        raise OSError(errno.EINVAL, "ports are from 1 to 65535")
    try:
        addresses = {(each[0], each[4]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (socket.gaierror, UnicodeError):
        raise OSError(errno.EINVAL, f"there is no host {host}") from None
    opened: list[socket.socket] = []
    try:
        for family, address in sorted(addresses):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                try:
                    opened.append(_bind(family, kind, address))
                except OSError as error:
                    missing = error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
                    if not (missing and len(addresses) > 1):  # localhost may have an address of a disabled family
                        raise
        if not opened:
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    except OSError:
        for each in opened:
            each.close()
        raise
    return opened


def _bind(family: int, kind: int, address: tuple[Any, ...]) -> socket.socket:
    """Return a non-blocking socket bound to an address."""
    import socket

    bound = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            if os.name == "posix":  # else closed connections keep the address for a minute
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen()
        else:
            # room for datagrams that arrive while the pipe is full
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            bound.bind(address)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


# -- the thread --------------------------------------------------------------------------------------------------------


class _Connection:
    """A connected sender.

    Attributes:
        name: its address.
        decoder: splits its bytes into messages.
        begun_at: monotonic time of its connection, of its last message, or of the start of its unfinished message.
        has_completed: whether one of its messages was completed.
    """

    def __init__(self, name: str, decoder: FrameDecoder) -> None:
        self.name = name
        self.decoder = decoder
        self.begun_at = time.monotonic()
        self.has_completed = False

    @property
    def idle_time(self) -> float:
        """Return the seconds since it completed a message, or began one."""
        return time.monotonic() - self.begun_at

    @property
    def is_unfinished(self) -> bool:
        """Return whether it has sent nothing whole, or is in the middle of a message."""
        return not self.has_completed or bool(self.decoder.held)

    @property
    def is_slow(self) -> bool:
        """Return whether its message has been unfinished for too long."""
        return self.is_unfinished and self.idle_time > MESSAGE_TIMEOUT


class NetworkServer(threading.Thread):
    """Thread that serves all senders.

    Args:
        sockets: bound sockets, closed at the end.
        make_decoder: class of the decoder of each sender.
        into: descriptor that the lines are written to. The thread ends, and closes it, once its reader is gone.
    """

    def __init__(
        self, sockets: list[socket.socket], make_decoder: type[SyslogDecoder | PickledRecordDecoder], into: int
    ) -> None:
        from selectors import DefaultSelector
        from socket import SOCK_STREAM

        super().__init__(name="reflowlog-listener", daemon=True)
        self._listeners = [each for each in sockets if each.type == SOCK_STREAM]
        self._datagram_sockets = [each for each in sockets if each.type != SOCK_STREAM]
        self._make_decoder = make_decoder
        self._line = make_decoder.line
        self._into = into
        self._selector = DefaultSelector()
        self._senders: dict[socket.socket, _Connection] = {}
        self._held_bytes = 0  # bytes of all unfinished messages
        self._is_accepting = False  # whether connections are accepted
        self._accept_after = 0.0  # monotonic time before which none is accepted

    def run(self) -> None:
        """Serve until the reader of the lines is gone."""
        with contextlib.ExitStack() as end:
            end.callback(os.close, self._into)
            end.enter_context(self._selector)
            for each in (*self._datagram_sockets, *self._listeners):
                end.enter_context(each)
            for each in self._datagram_sockets:
                self._watch(each, self._receive_datagrams)
            with contextlib.suppress(OutputClosed):
                while True:
                    self._serve()

    def _watch(self, what: socket.socket, does: Callable[[socket.socket], bytes]) -> None:
        self._selector.register(what, 1, does)  # EVENT_READ

    def _serve(self) -> None:
        """Wait, and receive from each ready socket at most one read, so that no sender starves the rest."""
        self._set_accepting(accepting=len(self._senders) < MAX_SENDERS and time.monotonic() >= self._accept_after)
        for key, _ in self._selector.select(None if self._is_accepting else ACCEPT_RETRY_INTERVAL):
            if lines := key.data(key.fileobj):
                write_all(self._into, lines)
        if len(self._senders) >= MAX_SENDERS:
            self._make_room()

    def _make_room(self) -> None:
        """Disconnect the senders that are slow; without one, if a connection waits, the sender that is idle longest."""
        connections = [connection for connection, sender in self._senders.items() if sender.is_slow]
        if not connections:
            oldest = min(self._senders, key=lambda connection: self._senders[connection].begun_at)
            is_unfinished = any(sender.is_unfinished for sender in self._senders.values())  # and may be slow soon
            limit = MESSAGE_TIMEOUT * (2 if is_unfinished else 1)
            if self._senders[oldest].idle_time > limit and self._has_waiting_connection():
                connections = [oldest]
        for connection in connections:
            sender = self._senders[connection]
            sender.decoder.error = f"has sent nothing whole for {MESSAGE_TIMEOUT:.0f} s, and others wait"
            self._disconnect(connection)
            write_all(self._into, _error_line(sender))

    def _has_waiting_connection(self) -> bool:
        """Return whether a connection is in the listen queue."""
        with type(self._selector)() as selector:
            for each in self._listeners:
                selector.register(each, 1)  # EVENT_READ
            return bool(selector.select(0))

    def _set_accepting(self, *, accepting: bool) -> None:
        if accepting != self._is_accepting:
            self._is_accepting = accepting
            for each in self._listeners:
                if accepting:
                    self._watch(each, self._accept)
                else:
                    self._selector.unregister(each)

    def _accept(self, listener: socket.socket) -> bytes:
        """Accept a connection."""
        try:
            connection, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self._accept_after = time.monotonic() + ACCEPT_RETRY_INTERVAL
            return b""
        connection.setblocking(False)
        self._senders[connection] = _Connection(_format_address(address), self._make_decoder())
        self._watch(connection, self._receive)
        return b""

    def _receive(self, connection: socket.socket) -> bytes:
        """Receive from a sender; return the completed lines, and a report if it is disconnected."""
        sender = self._senders[connection]
        decoder = sender.decoder
        try:
            data = connection.recv(READ_SIZE)
        except BlockingIOError:
            return b""
        except OSError:  # the connection was reset
            data = b""
        before = len(decoder.held)
        lines = decoder.feed(data)
        self._held_bytes += len(decoder.held) - before
        sender.has_completed = sender.has_completed or bool(lines)
        if lines or not before:
            sender.begun_at = time.monotonic()
        if self._held_bytes > MAX_HELD_BYTES:
            decoder.error = "sends while too much waits for its end"
        if not data:
            lines += decoder.flush_partial()
        elif decoder.error:
            lines += _error_line(sender)
        if not data or decoder.error:
            self._disconnect(connection)
        return lines

    def _disconnect(self, connection: socket.socket) -> None:
        """Disconnect a sender."""
        self._held_bytes -= len(self._senders.pop(connection).decoder.held)
        self._selector.unregister(connection)
        connection.close()

    def _receive_datagrams(self, datagrams: socket.socket) -> bytes:
        """Receive datagrams; return their lines."""
        lines = []
        for _ in range(MAX_DATAGRAMS):
            try:
                data = datagrams.recv(READ_SIZE)
            except OSError:
                break
            lines.append(self._line(data))
        return b"".join(lines)


def _error_line(sender: _Connection) -> bytes:
    return f"reflowlog: {sender.name} {sender.decoder.error}: it is left\n".encode()


def _format_address(address: tuple[Any, ...]) -> str:
    """Format the address of a sender."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
