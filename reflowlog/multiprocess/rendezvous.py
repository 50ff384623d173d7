"""Rendezvous of a program's children with its console: a Unix socket in a private directory, and its access check.

Invariants:
- The directory is new, private to this user (0700) and to this process: the child of a fork creates another one if it
  needs one. It is removed when its process ends normally; `sweep` removes those of killed programs of this user, which
  are told by a socket that refuses connections, so that no program in another container is mistaken for a dead one.
- Both ends verify the peer's user id with the operating system: only processes of this user are connected.
- The C module `_socket` is used directly: importing `socket` takes longer (3 ms) than everything else that the first
  record of a program does.
- Without Unix sockets it is a port of the loopback interface (`loopback.py`). Where no directory can be created, there
  is no rendezvous; that is never an error.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
import time

try:
    import _socket
except ImportError:  # a Python without it
    _socket = None  # type: ignore[assignment]

from reflowlog.system import unix
from reflowlog.system.fds import is_tty
from reflowlog.system.tty import device_of

__all__ = [
    "VARIABLE",
    "advertise",
    "connect",
    "find_advertised",
    "identity",
    "is_same_user",
    "listen",
    "remove_directory",
    "sweep",
    "withdraw",
]

VARIABLE = "REFLOWLOG_PARENT"
"""Environment variable by which programs that this one starts find its console on standard error."""

_VERSION = "1"  # of the variable and of `protocol.py`
_BACKLOG = 1024  # children that wait to be accepted
_SEND_BUFFER_BYTES = 1 << 20  # bytes of a child's send buffer, where the system allows that much
_MIN_AGE = 60.0  # seconds after which a directory without a listening socket is that of a killed program
_name_of_directory = re.compile(r"reflowlog-[0-9]+-[0-9a-f]{12}")
_MAX_PATH_BYTES = 100  # bytes of a socket's path; systems allow 104 or more

_AF_UNIX: int = getattr(_socket, "AF_UNIX", -1)
_has_sockets: bool = "_socket" in sys.modules
_is_supported = _AF_UNIX >= 0 and unix.has("geteuid")
_directory: tuple[int, str] | None = None  # process id of its owner, and its path
_previous_value: str | None = None  # the variable's value before `advertise`


def identity(descriptor: int) -> str:
    """Return a text that identifies the open file of a descriptor, equal for its duplicates; empty if it is closed."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return ""
    if not status.st_ino:  # a pipe on Windows, where all of them look alike; a process has one console
        return "console" if is_tty(descriptor) else ""
    return f"{status.st_dev:x}-{status.st_ino:x}-{device_of(status):x}"


# -- the environment -----------------------------------------------------------------------------------------------


def advertise(path: str, on: str) -> None:
    """Set `VARIABLE` to the console at `path`, which writes to the file with the `identity` `on`."""
    global _previous_value
    if (value := os.environ.get(VARIABLE)) is None or not _is_own(value):
        _previous_value = value
    os.environ[VARIABLE] = f"{_VERSION}:{os.getpid()}:{on}:{path}"


def withdraw(path: str) -> None:
    """Restore `VARIABLE` to the value before `advertise`, if it still names `path`."""
    value = os.environ.get(VARIABLE, "")
    if not (_is_own(value) and value.endswith(f":{path}")):
        return
    if _previous_value is None:
        del os.environ[VARIABLE]
    else:
        os.environ[VARIABLE] = _previous_value


def find_advertised(on: str) -> str | None:
    """Return the path of another process's console that writes to the same file; None if none is advertised."""
    value = os.environ.get(VARIABLE, "")
    version, _, rest = value.partition(":")
    _, _, rest = rest.partition(":")
    their_identity, _, path = rest.partition(":")
    is_usable = version == _VERSION and on != "" and their_identity == on and path != "" and not _is_own(value)
    return path if is_usable else None


def _is_own(value: str) -> bool:
    return value.startswith(f"{_VERSION}:{os.getpid()}:")


# -- the sockets ---------------------------------------------------------------------------------------------------


def listen(name: str) -> tuple[_socket.socket, str] | None:
    """Return a non-blocking listening socket for children and its address; None if there cannot be one."""
    global _directory
    if not _is_supported:
        return _listen_on_loopback()
    with contextlib.suppress(OSError):
        try:
            return _listen_at(os.path.join(_own_directory(), name))
        except FileNotFoundError:  # another program's `sweep` has removed the directory, which was empty
            _directory = None
            return _listen_at(os.path.join(_own_directory(), name))
    return None


def _listen_at(path: str) -> tuple[_socket.socket, str]:
    """Return a listening socket at a path, or at a longer one if there is a file, and its path."""
    if os.path.lexists(path):  # another console on the same stream
        path += os.urandom(4).hex()
    listener = _socket.socket(_AF_UNIX, _socket.SOCK_STREAM)
    try:
        listener.bind(path)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener, path


def _listen_on_loopback() -> tuple[_socket.socket, str] | None:
    if not _has_sockets:
        return None
    from reflowlog.multiprocess import loopback  # only where there are no Unix sockets

    with contextlib.suppress(OSError):
        return loopback.listen(_BACKLOG)
    return None


def _connect_to_loopback(address: str) -> _socket.socket | None:
    if not _has_sockets:
        return None
    from reflowlog.multiprocess import loopback  # only where there are no Unix sockets

    connection = loopback.connect(address) if loopback.is_loopback(address) else None
    if connection is not None:
        connection.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    return connection


def connect(path: str) -> _socket.socket | None:
    """Return a connection to the console at `path`; None if it is gone."""
    if not _is_supported:
        return _connect_to_loopback(path)
    with contextlib.suppress(OSError):
        connection = _socket.socket(_AF_UNIX, _socket.SOCK_STREAM)
        try:
            connection.connect(path)
            if is_same_user(connection):
                connection.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
    return None


def is_same_user(connection: _socket.socket) -> bool:
    """Return True if the peer runs as this user or the system cannot report that.

    Then the directory is private, or the peer has to prove that it knows a token (`loopback.py`).
    """
    if not _is_supported:
        return True
    uid = _uid_of(connection)
    return uid is None or uid == unix.geteuid()


def _uid_of(connection: _socket.socket) -> int | None:
    if hasattr(_socket, "SO_PEERCRED"):  # Linux: struct ucred has the pid, then the uid
        credentials = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    elif sys.platform == "darwin" or "bsd" in sys.platform:  # LOCAL_PEERCRED: struct xucred has a version, then the uid
        credentials = connection.getsockopt(0, 1, 76)
    else:
        return None
    return int.from_bytes(credentials[4:8], sys.byteorder)


def remove_directory() -> None:
    """Remove this process's directory at its end, if it is empty."""
    global _directory
    if _directory is not None and _directory[0] == os.getpid():
        with contextlib.suppress(OSError):
            os.rmdir(_directory[1])
    _directory = None


def sweep() -> None:
    """Remove the directories of this user's programs that were killed. Any thread; never raises."""
    if not _is_supported:
        return
    with contextlib.suppress(OSError), os.scandir(_base()) as entries:
        for entry in entries:
            if _name_of_directory.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    _remove_if_dead(entry)


def _remove_if_dead(entry: os.DirEntry[str]) -> None:
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != unix.geteuid() or time.time() - status.st_mtime < _MIN_AGE:
        return
    paths = [os.path.join(entry.path, name) for name in os.listdir(entry.path)]
    if all(stat.S_ISSOCK(os.lstat(path).st_mode) and _refuses(path) for path in paths):
        for path in paths:
            os.unlink(path)
        os.rmdir(entry.path)


def _refuses(path: str) -> bool:
    """Return True if no process listens at a socket."""
    connection = _socket.socket(_AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.connect(path)
    except ConnectionRefusedError:
        return True
    except OSError:  # such as a full backlog
        return False
    else:
        return False
    finally:
        connection.close()


def _own_directory() -> str:
    """Return the path of this process's own directory, created on first use."""
    global _directory
    if _directory is None or _directory[0] != os.getpid():
        name = f"reflowlog-{os.getpid()}-{os.urandom(6).hex()}"
        path = os.path.join(_base(), name)
        os.mkdir(path, 0o700)
        _directory = os.getpid(), path
    return _directory[1]


def _base() -> str:
    """Return the directory to create it in: the user's runtime directory, else the one for temporary files."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    with contextlib.suppress(OSError, ValueError):
        status = os.stat(runtime)
        is_private = status.st_uid == unix.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077
        if is_private and stat.S_ISDIR(status.st_mode) and os.access(runtime, os.W_OK) and _is_short(runtime):
            return runtime
    temporary = os.environ.get("TMPDIR", "")
    return temporary if os.path.isabs(temporary) and os.path.isdir(temporary) and _is_short(temporary) else "/tmp"


def _is_short(base: str) -> bool:
    return len(os.fsencode(base)) + len("/reflowlog-1234567-0123456789ab/") + 40 < _MAX_PATH_BYTES
