"""Connections between a program and its children over TCP on the loopback interface, where there are no Unix sockets.

An address is ``tcp:PORT:TOKEN``. Any process of this machine can connect to the port, and another program may have it
after this one has ended; so both sides prove that they know the token, which only the program and its children have.

Invariants:
- The token itself is never sent. A child sends a random number and its code (HMAC-SHA256) with the token; the server
  answers with the code of that number and a mark of its own.
- A child waits at most `HANDSHAKE_TIMEOUT` seconds for the answer; then there is no console for it.
"""

from __future__ import annotations

import _socket
import contextlib
import os

__all__ = ["GREETING_BYTES", "answer_to", "connect", "is_loopback", "listen"]

HOST = "127.0.0.1"
HANDSHAKE_TIMEOUT = 2.0  # seconds
GREETING_BYTES = 48  # bytes that a child sends first: a random number of 16 and its code of 32
_PREFIX = "tcp:"
_NUMBER_BYTES = 16
_CODE_BYTES = 32
_NO_DELAY = 1  # TCP_NODELAY, everywhere


def is_loopback(address: str) -> bool:
    """Return whether an address is one of this module.

    >>> is_loopback("tcp:4711:00ff"), is_loopback("/run/user/1000/socket")
    (True, False)
    """
    return address.startswith(_PREFIX)


def listen(backlog: int) -> tuple[_socket.socket, str]:
    """Return a non-blocking listening socket and its address. Raises OSError."""
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    try:
        listener.bind((HOST, 0))
        listener.listen(backlog)
        listener.setblocking(False)
        port = listener.getsockname()[1]
    except OSError:
        listener.close()
        raise
    return listener, f"{_PREFIX}{port}:{os.urandom(_CODE_BYTES).hex()}"


def connect(address: str) -> _socket.socket | None:
    """Return a connection to the console at an address; None if there is none, or it does not know the token."""
    connection = None
    with contextlib.suppress(OSError, ValueError):
        port, token = _parse(address)
        connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        connection.settimeout(HANDSHAKE_TIMEOUT)
        connection.connect((HOST, port))
        number = os.urandom(_NUMBER_BYTES)
        connection.sendall(number + _code(token, b"child" + number))
        if _is_equal(_receive(connection, _CODE_BYTES), _code(token, b"console" + number)):
            connection.settimeout(None)
            connection.setsockopt(_socket.IPPROTO_TCP, _NO_DELAY, 1)
            return connection
    if connection is not None:
        connection.close()
    return None


def answer_to(greeting: bytes, address: str) -> bytes | None:
    """Return the server's answer to the first `GREETING_BYTES` bytes of a child; None if that is none of its children.

    >>> token, number = bytes(32), bytes(16)
    >>> greeting = number + _code(token, b"child" + number)
    >>> answer_to(greeting, f"tcp:1:{token.hex()}") == _code(token, b"console" + number)
    True
    >>> answer_to(greeting, "tcp:1:ff")
    """
    _, token = _parse(address)
    number, code = greeting[:_NUMBER_BYTES], greeting[_NUMBER_BYTES:]
    return _code(token, b"console" + number) if _is_equal(code, _code(token, b"child" + number)) else None


def _parse(address: str) -> tuple[int, bytes]:
    """Return port and token. Raises ValueError."""
    port, _, token = address.removeprefix(_PREFIX).partition(":")
    return int(port), bytes.fromhex(token)


def _code(token: bytes, data: bytes) -> bytes:
    from hmac import digest  # start-up cost: only for such a connection

    return digest(token, data, "sha256")


def _is_equal(one: bytes, other: bytes) -> bool:
    from hmac import compare_digest

    return compare_digest(one, other)


def _receive(connection: _socket.socket, size: int) -> bytes:
    """Return the next `size` bytes, fewer at EOF. Raises OSError."""
    data = b""
    while len(data) < size and (received := connection.recv(size - len(data))):
        data += received
    return data
