"""Server for a program's child processes: receives their messages for one console.

Invariants:
- One daemon thread polls all children. It works without blocking, under a lock, so that a caller of flush can receive
  on its own thread what children have sent so far (`drain_children`), which is everything of those that have exited.
- A program that has waited for a child's exit logs after it: before each of its events the messages of exited children
  are received (`catch_up`).
- Backpressure: while the console's queue is full nothing is read; the kernel's buffers fill, and then the children
  block in their own `emit`.
- The end of this server loses nothing that a child sent: its connection is shut down for reading first, so that the
  child notices; then read to EOF; and closed once all of it is shown, for which the child waits before it writes by
  itself.
- A child that has shut its connection down for writing waits for the end of it, and gets that once all is shown.
- Data that is not a message ends its connection, with one line that reports it. Everything is bounded: the number of
  children, the size of a message, the number of such lines, the bytes of incomplete messages, and the time for which
  more than `STALL_BYTES` of one are held. A child whose connection is closed sends the message again.
- A fork leaves nothing of the server in the child but the address.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import sys
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from reflowlog.core import lifecycle
from reflowlog.core.events import Flush
from reflowlog.multiprocess import rendezvous
from reflowlog.multiprocess.delivery import MessageDelivery
from reflowlog.multiprocess.loopback import GREETING_BYTES, answer_to, is_loopback
from reflowlog.system import unix
from reflowlog.system.polling import WakeSignal, make_poller

if TYPE_CHECKING:
    import _socket
    from collections.abc import Iterable, Iterator
    from typing import Protocol

    from reflowlog.multiprocess.delivery import EventReceiver
    from reflowlog.multiprocess.protocol import Message

    class RecordReceiver(EventReceiver, Protocol):
        """Protocol of the console that receives the children's events."""

        def await_room(self, seconds: float) -> None:
            """Return when the queue has room, at the latest after `seconds`."""

        def process_queued(self) -> None:
            """Write accepted events on this thread, without the lock, where the console has no printer thread."""

        def expect_children(self) -> None:
            """From now on call `ChildServer.catch_up` before each event of this process."""


__all__ = ["ChildServer", "at_exit"]

READ_BYTES = 1 << 18  # bytes read at once
MAX_DRAIN_BYTES = 1 << 23  # bytes of one child read in one go; more than the kernel buffers of one that has exited
UNCHECKED_CHILDREN = 64  # children, for which the limit of open files is not consulted: any process can have as many
MAX_CHILDREN = 512  # at once; the connections of others are closed, so that they write by themselves
MAX_SELECTED_CHILDREN = 500  # at once on Windows, where 512 sockets can be waited for
MAX_HELD_BYTES = (1 << 27) + (1 << 20)  # of incomplete messages of all children: one of the greatest size, and a few
STALL_BYTES = 1 << 16  # of an incomplete message that is not held for longer than `STALL_TIMEOUT`
STALL_TIMEOUT = 10.0  # seconds without another byte of an incomplete message
ROOM_POLL_INTERVAL = 0.05  # seconds of one wait for room
EXIT_POLL_INTERVAL = 0.0005  # seconds between two polls of one thread for exited children
EXIT_POLL_TIMEOUT = 2.0  # seconds that such a poll waits for another thread, which may be loading modules to read
_READABLE: int = getattr(select, "POLLIN", 1)
_TOO_MANY = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_READS_AFTER_SHUT = sys.platform == "linux"  # elsewhere shutting down for reading discards unread data


class _ChildConnection:
    """Connection of one child.

    Attributes:
        greeting: the first bytes of one that has still to prove that it is a child (`loopback.py`); else None.
        awaits_end: it is half-closed, so the child waits until all of it is shown.
        is_gone: True once nothing more can be received.
        last_read: time of the last data, by `time.monotonic`.
        messages: those that were not passed on yet: the console had no room for them.
        writers: numbers of the writers of partial lines: the child's own number -> the console's.
    """

    __slots__ = ("awaits_end", "connection", "greeting", "is_gone", "last_read", "messages", "splitter", "writers")

    def __init__(self, connection: _socket.socket, greeting: bytearray | None) -> None:
        from reflowlog.multiprocess.protocol import MessageSplitter  # start-up cost: most programs have no children

        self.connection = connection
        self.greeting = greeting
        self.splitter = MessageSplitter()
        self.last_read = time.monotonic()
        self.messages: deque[Message] = deque()
        self.writers: dict[int, int] = {}
        self.awaits_end = False
        self.is_gone = False


class ChildServer:
    """Receives the messages of child processes and passes them to a console.

    Its attributes are one state under one lock: the sockets, the children by the phase of their connection, and the
    thread that reads.

    Args:
        receiver: the console.
        name: of the socket; a second console of this process with the same name gets a unique one.

    Attributes:
        address: path of the socket that children connect to.

    Raises:
        OSError: no socket can be created.
        RuntimeError: the interpreter is ending and starts no more threads.
    """

    def __init__(self, receiver: RecordReceiver, name: str) -> None:
        self._receiver = receiver
        self._delivery = MessageDelivery(receiver)
        self._poll, self._exit_poll = make_poller(), make_poller()  # the second one is for children that have exited
        self._wake_signal = WakeSignal()
        listener = rendezvous.listen(name)
        if listener is None:
            self._wake_signal.close()
            raise OSError("no place to listen at")
        self._listening, self.address = listener
        self._children: dict[int, _ChildConnection] = {}
        self._retired: list[_socket.socket] = []  # read to EOF, to be closed once all of it is shown
        self._ending: set[_socket.socket] = set()  # half-closed, likewise, one by one
        self._blocked: _ChildConnection | None = None  # the child whose messages wait for room
        self._closed = False
        self._accepting = False
        self._cannot_open = False
        self._lock = threading.RLock()
        self._worker: int | None = None  # identity of the thread that holds the lock
        self._poll.register(self._listening.fileno(), _READABLE)
        self._poll.register(self._wake_signal.fileno(), _READABLE)
        self._poll_changed = False  # whether `_poll` has changed since the thread was last woken
        self._exit_poll.register(self._listening.fileno(), _READABLE)
        self._last_poll = threading.local()
        try:
            threading.Thread(target=self._run, name="reflowlog-children", daemon=True).start()
        except RuntimeError:
            with contextlib.suppress(OSError):
                os.unlink(self.address)
            self._close_descriptors()
            raise
        _servers.append(self)
        _register_finalizer()

    # -- called by the console, on any thread -------------------------------------------------------------------

    def drain_children(self, deadline: float = float("inf")) -> bool:
        """Receive the records that children have sent so far, waiting for room, until `deadline` by `time.monotonic`.

        Returns:
            True once drained, False at the deadline. A re-entrant call (of a signal handler) does not block.
        """
        with self._exclusive(deadline) as has_lock:
            if not has_lock:
                return self._closed or self._worker == threading.get_ident()
            self._accept()
            done = all(self._drain(child, deadline) for child in list(self._children.values()))
            if self._poll_changed:
                self._wake_signal.wake()
            return done

    def catch_up(self, may_wait: bool = True) -> None:
        """Receive the messages of exited children, so that a thread that waited for a child's exit logs after it.

        Called by each thread before each of its events. It does not wait for room, and polls at most once in
        `EXIT_POLL_INTERVAL` seconds: waiting for the exit of a process takes longer than that.

        Args:
            may_wait: whether it may wait `EXIT_POLL_TIMEOUT` seconds for another thread that polls.
        """
        now = time.monotonic()
        if now < getattr(self._last_poll, "until", 0.0):
            return
        self._last_poll.until = now + EXIT_POLL_INTERVAL
        with self._exclusive(now + EXIT_POLL_TIMEOUT if may_wait else now) as has_lock:
            if has_lock:
                self._drain_exited(now)

    def close(self, deadline: float = float("inf")) -> None:
        """Receive the records sent so far and stop; children write further records by themselves. Idempotent."""
        with self._exclusive(deadline) as has_lock:
            if not has_lock:
                return
            self._closed = True
            rendezvous.withdraw(self.address)
            with contextlib.suppress(OSError):
                os.unlink(self.address)
            with contextlib.suppress(OSError):
                self._listening.shutdown(0)  # for reading: refuses new connections
            self._accept()
            for child in list(self._children.values()):
                self._retire(child)
            if self._retired:
                self._receiver.put(Flush(self._close_retired))
            self._wake_signal.wake()
            self._listening.close()
        if self in _servers:
            _servers.remove(self)

    def after_fork_in_child(self) -> None:
        """Close this process's copies of all descriptors, in the child of a fork; the parent's server is unaffected."""
        if self in _servers:
            _servers.remove(self)
        self._close_retired()
        while self._ending:
            self._ending.pop().close()
        if self._closed:
            return
        self._closed = True
        for child in self._children.values():
            child.connection.close()
        self._close_descriptors()
        if self._accepting:
            _close_connections_to(self.address)

    # -- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        rendezvous.sweep()
        while not self._closed:
            ready = self._poll.poll(self._poll_timeout()) if self._blocked is None else []
            with self._exclusive() as has_lock:
                if has_lock:
                    self._serve([descriptor for descriptor, _ in ready])
            self._receiver.process_queued()
            if self._blocked is not None:
                self._receiver.await_room(ROOM_POLL_INTERVAL)
            if self._cannot_open:
                time.sleep(ROOM_POLL_INTERVAL)
        with self._lock:  # wait until `close` has finished
            self._wake_signal.close()

    def _serve(self, ready: Iterable[int]) -> None:
        """Deliver messages that wait for room first; then read one chunk of each ready child and accept new ones."""
        if self._blocked is not None:
            self._deliver(self._blocked)
        for descriptor in ready:
            if self._blocked is not None:
                return
            if descriptor == self._wake_signal.fileno():
                self._wake_signal.clear()
                self._poll_changed = False
            elif (child := self._children.get(descriptor)) is not None:
                self._read(child)
            else:
                self._accept()
        if self._blocked is None:
            self._close_stalled()

    def _poll_timeout(self) -> int | None:
        """Return the milliseconds after which a stalled child is to be looked for; None while there can be none."""
        with self._exclusive() as has_lock:
            can_stall = has_lock and any(map(_is_incomplete, self._children.values()))
        return int(STALL_TIMEOUT * 1000) if can_stall else None

    def _close_stalled(self) -> None:
        """Close the connections of children that have not continued a long message for `STALL_TIMEOUT` seconds."""
        limit = time.monotonic() - STALL_TIMEOUT
        for child in list(self._children.values()):
            if _is_incomplete(child) and child.last_read <= limit:
                self._forget(child)
                if child.greeting is None:
                    self._delivery.warn("a child stopped in the middle of a message, which is left out")

    # -- only for the holder of the lock ------------------------------------------------------------------------

    @contextlib.contextmanager
    def _exclusive(self, deadline: float = float("inf")) -> Iterator[bool]:
        """Hold the lock; yield False at the deadline, after `close`, and if this thread holds the lock already."""
        wait = min(max(0.0, deadline - time.monotonic()), threading.TIMEOUT_MAX)
        if self._closed or self._worker == threading.get_ident() or not self._lock.acquire(timeout=wait):
            yield False
            return
        try:
            self._worker = threading.get_ident()
            if not self._closed and not self._wake_signal.is_open:
                self._abandon()
            yield not self._closed
        finally:
            self._worker = None
            self._lock.release()

    def _abandon(self) -> None:
        """Stop without the use of any descriptor, because the program has closed all: theirs may be other files now."""
        self._closed = True
        rendezvous.withdraw(self.address)
        with contextlib.suppress(OSError):
            os.unlink(self.address)
        connections = [each.connection for each in self._children.values()]
        for each in (self._listening, *connections, *self._retired, *self._ending):
            each.detach()
        self._children.clear()
        self._retired.clear()
        self._ending.clear()
        self._blocked = None
        if self in _servers:
            _servers.remove(self)

    def _set_polled(self, descriptor: int, *, on: bool) -> None:
        """Add a descriptor to those that the thread polls, or remove it."""
        if on:
            self._poll.register(descriptor, _READABLE)
        else:
            self._poll.unregister(descriptor)
        self._poll_changed = True

    def _accept(self) -> None:
        """Accept all pending connections."""
        self._cannot_open = False
        while True:
            self._accepting = True
            try:
                descriptor, _ = self._listening._accept()  # type: ignore[attr-defined]
            except OSError as error:
                self._accepting = False
                self._cannot_open = error.errno in _TOO_MANY
                return
            connection = type(self._listening)(fileno=descriptor)
            child = self._children[descriptor] = _ChildConnection(
                connection, bytearray() if is_loopback(self.address) else None
            )
            self._accepting = False
            connection.setblocking(False)
            self._set_polled(descriptor, on=True)
            self._exit_poll.register(descriptor, 0)
            self._receiver.expect_children()
            if not rendezvous.is_same_user(connection):
                self._forget(child)
                self._delivery.warn("another user tried to write here")
            elif len(self._children) > UNCHECKED_CHILDREN and len(self._children) > (limit := _max_children()):
                self._retire(child)
                self._delivery.warn(f"more than {limit} processes at once want to write here")

    def _drain_exited(self, now: float) -> None:
        exited = [descriptor for descriptor, _ in self._exit_poll.poll(0)]
        if self._listening.fileno() in exited:
            self._accept()
            exited = [descriptor for descriptor, _ in self._exit_poll.poll(0)]
        for descriptor in exited:
            if (child := self._children.get(descriptor)) is not None:
                self._drain(child, now)
        if exited and self._poll_changed:
            self._wake_signal.wake()

    def _drain(self, child: _ChildConnection, deadline: float = float("inf")) -> bool:
        """Read a child until nothing is left, at most `MAX_DRAIN_BYTES` bytes of one that goes on sending.

        Returns:
            False if there was no room for it by `deadline`.
        """
        received = 0
        if self._blocked is None:
            self._deliver(child)  # messages that an exception left undelivered
        while not child.is_gone and received < MAX_DRAIN_BYTES:
            while self._blocked is not None and not self._deliver(self._blocked):
                if time.monotonic() >= deadline:
                    return False
                self._receiver.await_room(ROOM_POLL_INTERVAL)
            size = self._read(child)
            if not size:
                break
            received += size
        return self._blocked is None

    def _retire(self, child: _ChildConnection) -> None:
        """Shut a child's connection down and read it to EOF, without waiting: no more than the kernel held."""
        if _READS_AFTER_SHUT:
            with contextlib.suppress(OSError):
                child.connection.shutdown(0)  # for reading: the child's next write fails
        self._delivery.may_block = False
        try:
            self._drain(child)
        finally:
            self._delivery.may_block = True
        self._forget(child)

    def _read(self, child: _ChildConnection) -> int:
        """Read and deliver one chunk of a child; return its bytes, 0 if there are none or at EOF."""
        try:
            data = child.connection.recv(READ_BYTES)
        except BlockingIOError:
            return 0
        except OSError:
            data = b""
        if not data:
            child.awaits_end = _is_half_closed(child.connection)
            self._forget(child)
            return 0
        child.last_read = time.monotonic()
        if child.greeting is not None:
            size, data = len(data), self._check_greeting(child, child.greeting, data)
            if not data:
                return size
        try:
            child.splitter.feed(data, child.messages)
        except (ValueError, MemoryError):
            self._forget(child)
            self._delivery.warn("a child sent something that is not a record, and is no longer read")
        if child.splitter.partial_bytes > STALL_BYTES:
            self._poll_changed = True  # the thread is to look for a stalled child
        if child.splitter.partial_bytes > STALL_BYTES and self._held_bytes() > MAX_HELD_BYTES:
            self._forget(child)
            self._delivery.warn("children sent too much at once: a message is left out")
        self._deliver(child)
        return len(data)

    def _check_greeting(self, child: _ChildConnection, greeting: bytearray, data: bytes) -> bytes:
        """Take the first bytes of a connection, and answer them once they are complete; return the bytes behind them.

        A connection whose bytes are no proof is closed.
        """
        missing = GREETING_BYTES - len(greeting)
        greeting += data[:missing]
        if len(greeting) < GREETING_BYTES:
            return b""
        answer = answer_to(bytes(greeting), self.address)
        child.greeting = None
        try:
            if answer is not None and child.connection.send(answer) == len(answer):
                return data[missing:]
        except OSError:
            answer = b""  # it is gone
        self._forget(child)
        if answer is None:
            self._delivery.warn("another program tried to write here")
        return b""

    def _held_bytes(self) -> int:
        return sum(each.splitter.partial_bytes for each in self._children.values())

    def _deliver(self, child: _ChildConnection) -> bool:
        """Pass a child's waiting messages to the console; return True if that was all of them."""
        messages = child.messages
        while messages:
            if not self._delivery.pass_on(messages[0], child.writers):
                if self._blocked is not child and not child.is_gone:
                    self._set_polled(child.connection.fileno(), on=False)
                self._blocked = child
                return False
            messages.popleft()
        if self._blocked is child:
            self._blocked = None
            if not child.is_gone:
                self._set_polled(child.connection.fileno(), on=True)
        if child.is_gone:
            self._end_partial_lines(child)
        return True

    def _forget(self, child: _ChildConnection) -> None:
        """Forget a connection that is at EOF or is to be closed. An incomplete message is discarded."""
        if child.is_gone:
            return
        descriptor = child.connection.fileno()
        del self._children[descriptor]
        if self._blocked is not child:
            self._set_polled(descriptor, on=False)
        self._exit_poll.unregister(descriptor)
        child.is_gone = True
        if self._closed:
            self._retired.append(child.connection)
        elif child.awaits_end:
            self._ending.add(child.connection)
        else:
            child.connection.close()
        if not child.messages:
            self._end_partial_lines(child)

    def _end_partial_lines(self, child: _ChildConnection) -> None:
        """End the partial lines of a child that is gone."""
        self._delivery.end_partial_lines(child.writers)
        if child.connection in self._ending:
            self._receiver.put(Flush(partial(self._close_ending, child.connection)))

    def _close_retired(self) -> None:
        """Close the retired connections once all of it is shown, so that these children write by themselves.

        On the printer's thread.
        """
        while self._retired:
            self._retired.pop().close()

    def _close_ending(self, connection: _socket.socket) -> None:
        """Close a half-closed connection, all of which is shown. On the printer's thread."""
        self._ending.discard(connection)
        connection.close()

    def _close_descriptors(self) -> None:
        self._listening.close()
        self._wake_signal.close()


def _is_incomplete(child: _ChildConnection) -> bool:
    """Return whether more of a long message, or of a proof, is to come within `STALL_TIMEOUT` seconds."""
    return child.greeting is not None or child.splitter.partial_bytes > STALL_BYTES


def _is_half_closed(connection: _socket.socket) -> bool:
    """Return whether the other end is still there, at EOF; False where that cannot be asked."""
    if not unix.has("poll"):
        return False
    poll = unix.poll()
    poll.register(connection.fileno(), 0)  # a hang-up only
    return not poll.poll(0)


def _max_children() -> int:
    """Return how many children may be connected at once: at most half of this process's limit of open files."""
    try:
        from reflowlog.system.unix import resource  # not on Windows
    except ImportError:
        return MAX_SELECTED_CHILDREN
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CHILDREN if soft == resource.RLIM_INFINITY else min(MAX_CHILDREN, soft // 2)


def _close_connections_to(address: str) -> None:
    """Close connections to `address` that the server does not know of, because the fork happened while it accepted."""
    from _socket import socket

    with contextlib.suppress(OSError):
        for name in os.listdir("/dev/fd"):
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                    connection = socket(fileno=int(name))
                    if connection.getsockname() == address:
                        connection.close()
                    else:
                        connection.detach()


# -- the end of the process ----------------------------------------------------------------------------------------

_servers: list[ChildServer] = []
_finalizer: Any = None  # the finalizer that closes them after multiprocessing has joined its children
_finalizer_pid = 0  # id of the process that registered it


def at_exit() -> None:
    """Close all servers at the end of the process, unless multiprocessing's finalizer will do so.

    `multiprocessing` joins its children in an exit hook of its own, which may run after this one.
    """
    _register_finalizer()
    if _finalizer_pid != os.getpid() or not _finalizer.still_active():
        _close_all()


def _register_finalizer() -> None:
    """Register closing the servers with multiprocessing: its children run no other exit hooks."""
    global _finalizer, _finalizer_pid
    if _finalizer_pid == os.getpid():
        return
    finalizer = lifecycle.add_finalizer(lifecycle.FINALIZE_SERVERS, _close_all)
    if finalizer is not None:
        _finalizer_pid = os.getpid()
        _finalizer = finalizer


def _close_all() -> None:
    for server in _servers:
        server.close()
    rendezvous.remove_directory()
