"""Network server: turns the messages that other programs send to an address into lines.

``syslog://HOST:PORT`` accepts messages by UDP and TCP, as ``logger``, rsyslog and Python's ``SysLogHandler`` send them:
each becomes an unchanged line. ``socket://HOST:PORT`` accepts the records of Python's ``SocketHandler`` and
``DatagramHandler``: each becomes a line of JSON (see `text/parse/safe_pickle.py`).

Invariants:
- One thread serves all senders, and writes whole lines into a pipe. While the pipe is full the thread blocks, and
  backpressure reaches the senders.
- Received data is untrusted. A message has at most `LONGEST` bytes, all unfinished messages together `HELD`; a sender
  that exceeds a limit is reported in a line and disconnected. At most `SENDERS` are connected; others wait in the
  listen queue until one leaves, and then a sender that has completed no message for `PATIENCE` seconds is disconnected.
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

from reflowlog.sources.network.frame_decoder import HELD, FrameDecoder
from reflowlog.sources.network.python_records import PickledRecordDecoder
from reflowlog.sources.network.syslog import SyslogDecoder
from reflowlog.system.fds import OutputClosed, enlarge_pipe, move_above_stdio, write_all

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

__all__ = ["is_address", "listen"]
SENDERS = 200  # connections at the same time
PATIENCE = 30.0  # seconds for which a message may be unfinished while other senders wait
BITE = 1 << 16  # bytes received at once: more than the largest datagram
DATAGRAMS = 100  # datagrams received at once
AGAIN = 1.0  # seconds until accept is tried again after it has failed for lack of descriptors or memory
HOST = "127.0.0.1"

_PORTS = {"syslog": 514, "socket": 9020}  # syslog's own, and `logging.handlers.DEFAULT_TCP_LOGGING_PORT`
_address = re.compile(
    r"(?P<kind>syslog|socket)://(?:\[(?P<six>[^\]]*)\]|(?P<host>[^:/\[\]]*))(?::(?P<port>\d{1,5}))?/?"
)


def is_address(name: str) -> bool:
    """Return whether a FILE argument is an address to listen at."""
    return name.startswith(("syslog://", "socket://"))


def listen(name: str) -> int:
    """Listen at an address from now on; return the descriptor from which the lines can be read.

    Raises:
        OSError: the address is malformed, or it is not possible to listen there.
    """
    found = _address.fullmatch(name)
    if found is None:
        raise OSError(errno.EINVAL, f"it is not like {name[:6]}://{HOST}:{_PORTS[name[:6]]}")
    sockets = _open(found["six"] or found["host"] or HOST, int(found["port"] or _PORTS[found["kind"]]))
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
        places = {(each[0], each[4]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (socket.gaierror, UnicodeError):
        raise OSError(errno.EINVAL, f"there is no host {host}") from None
    opened: list[socket.socket] = []
    try:
        for family, place in sorted(places):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                try:
                    opened.append(_bound(family, kind, place))
                except OSError as error:
                    missing = error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
                    if not (missing and len(places) > 1):  # localhost may have an address of a disabled family
                        raise
        if not opened:
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    except OSError:
        for each in opened:
            each.close()
        raise
    return opened


def _bound(family: int, kind: int, place: tuple[Any, ...]) -> socket.socket:
    """Return a non-blocking socket bound to an address."""
    import socket

    made = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            if os.name == "posix":  # else closed connections keep the address for a minute
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(place)
            made.listen()
        else:
            made.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20
            )  # datagrams that arrive while the pipe is full
            made.bind(place)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


# -- the thread --------------------------------------------------------------------------------------------------------


class _Connection:
    """A connected sender.

    Attributes:
        name: its address.
        cutter: splits its bytes into messages.
        begun: monotonic time of its connection, or of the start of its unfinished message.
        has_spoken: whether one of its messages was completed.
    """

    def __init__(self, name: str, cutter: FrameDecoder) -> None:
        self.name = name
        self.cutter = cutter
        self.begun = time.monotonic()
        self.has_spoken = False

    @property
    def is_slow(self) -> bool:
        """Return whether its message has been unfinished for too long."""
        is_at_it = not self.has_spoken or bool(self.cutter.held)
        return is_at_it and time.monotonic() - self.begun > PATIENCE


class NetworkServer(threading.Thread):
    """Thread that serves all senders.

    Args:
        sockets: bound sockets, closed at the end.
        make_cutter: class of the decoder of each sender.
        into: descriptor that the lines are written to. The thread ends, and closes it, once its reader is gone.
    """

    def __init__(
        self, sockets: list[socket.socket], make_cutter: type[SyslogDecoder | PickledRecordDecoder], into: int
    ) -> None:
        from selectors import DefaultSelector
        from socket import SOCK_STREAM

        super().__init__(name="reflowlog-listener", daemon=True)
        self._doors = [each for each in sockets if each.type == SOCK_STREAM]
        self._boxes = [each for each in sockets if each.type != SOCK_STREAM]
        self._make_cutter = make_cutter
        self._line = make_cutter.line
        self._into = into
        self._selector = DefaultSelector()
        self._senders: dict[socket.socket, _Connection] = {}
        self._held = 0  # bytes of all unfinished messages
        self._is_open = False  # whether connections are accepted
        self._again = 0.0  # monotonic time before which none is accepted

    def run(self) -> None:
        """Serve until the reader of the lines is gone."""
        with contextlib.ExitStack() as end:
            end.callback(os.close, self._into)
            end.enter_context(self._selector)
            for each in (*self._boxes, *self._doors):
                end.enter_context(each)
            for each in self._boxes:
                self._watch(each, self._take_datagrams)
            with contextlib.suppress(OutputClosed):
                while True:
                    self._serve()

    def _watch(self, what: socket.socket, does: Callable[[socket.socket], bytes]) -> None:
        self._selector.register(what, 1, does)  # EVENT_READ

    def _serve(self) -> None:
        """Wait, and receive from each ready socket at most one read, so that no sender starves the rest."""
        self._open_doors(wanted=len(self._senders) < SENDERS and time.monotonic() >= self._again)
        for key, _ in self._selector.select(None if self._is_open else AGAIN):
            if lines := key.data(key.fileobj):
                write_all(self._into, lines)
        if len(self._senders) >= SENDERS:
            for connection, sender in tuple(self._senders.items()):
                if sender.is_slow:
                    sender.cutter.trouble = f"has sent nothing whole for {PATIENCE:.0f} s, and others wait"
                    self._leave(connection)
                    write_all(self._into, _complaint(sender))

    def _open_doors(self, *, wanted: bool) -> None:
        if wanted != self._is_open:
            self._is_open = wanted
            for each in self._doors:
                if wanted:
                    self._watch(each, self._let_in)
                else:
                    self._selector.unregister(each)

    def _let_in(self, door: socket.socket) -> bytes:
        """Accept a connection."""
        try:
            connection, address = door.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self._again = time.monotonic() + AGAIN
            return b""
        connection.setblocking(False)
        self._senders[connection] = _Connection(_shown(address), self._make_cutter())
        self._watch(connection, self._take)
        return b""

    def _take(self, connection: socket.socket) -> bytes:
        """Receive from a sender; return the completed lines, and a report if it is disconnected."""
        sender = self._senders[connection]
        cutter = sender.cutter
        try:
            data = connection.recv(BITE)
        except BlockingIOError:
            return b""
        except OSError:  # the connection was reset
            data = b""
        before = len(cutter.held)
        lines = cutter.feed(data)
        self._held += len(cutter.held) - before
        sender.has_spoken = sender.has_spoken or bool(lines)
        if lines or not before:
            sender.begun = time.monotonic()
        if self._held > HELD:
            cutter.trouble = "sends while too much waits for its end"
        if not data:
            lines += cutter.rest()
        elif cutter.trouble:
            lines += _complaint(sender)
        if not data or cutter.trouble:
            self._leave(connection)
        return lines

    def _leave(self, connection: socket.socket) -> None:
        """Disconnect a sender."""
        self._held -= len(self._senders.pop(connection).cutter.held)
        self._selector.unregister(connection)
        connection.close()

    def _take_datagrams(self, box: socket.socket) -> bytes:
        """Receive datagrams; return their lines."""
        lines = []
        for _ in range(DATAGRAMS):
            try:
                data = box.recv(BITE)
            except OSError:
                break
            lines.append(self._line(data))
        return b"".join(lines)


def _complaint(sender: _Connection) -> bytes:
    return f"reflowlog: {sender.name} {sender.cutter.trouble}: it is left\n".encode()


def _shown(address: tuple[Any, ...]) -> str:
    """Format the address of a sender."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
