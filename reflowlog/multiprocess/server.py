"""The listener: takes what a program's children say, for one console.

Rules of this file:
- One daemon thread waits for all children. What it does, it does without waiting, under a lock; so whoever flushes
  can take in at once, on its own thread, what children have sent (`drain_children`): all that those have which ended before.
- Who has waited for a child's end speaks after it: before anything is said, what ended children sent is taken in.
- A console that has no room makes its children wait: nothing is read until it has; the system's buffers fill up, and
  then the children stop in their own `emit`.
- What a child sent is never lost by an end of ours: its connection is shut first, so that from there on it knows; then
  read to its end; and closed when all that is shown, for which the child waits before it goes on by itself.
- Whatever comes that is no frame ends its connection, with one line that says so. There are bounds for all: how many
  children at once, the size of a frame, such lines.
- A fork leaves nothing of it in the child but the address.
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
from typing import TYPE_CHECKING, Any

from reflowlog.core import lifecycle
from reflowlog.core.events import Flush, TextWritten
from reflowlog.multiprocess import rendezvous

if TYPE_CHECKING:
    import _socket
    from collections.abc import Iterable, Iterator
    from typing import Protocol

    from reflowlog.multiprocess.protocol import Message

    class RecordReceiver(Protocol):
        """What it asks of a console."""

        def receive(self, event: object, weight: int, *, important: bool, records: int) -> bool | None:
            """Take an event by the policy for a full queue: whether it did; None: no room, ask again later."""

        def put(self, event: object) -> None:
            """Take an event whatever the bound."""

        def await_room(self, seconds: float) -> None:
            """Return when there is room, or after that time."""

        def expect(self) -> None:
            """There are children: `ChildServer.catch_up` before anything is said."""

        def writer(self) -> int:
            """A number for somebody who prints that no other ever has."""


__all__ = ["ChildServer", "at_exit"]

PIECE = 1 << 18  # bytes read at once
AHEAD = 1 << 23  # bytes; more than what the system's buffers hold of a child that has ended
FEW = 64  # children, which any process can have
CHILDREN = 512  # at once; others are told to say it themselves
UNFINISHED = 4096  # lines of one child that have not ended
COMPLAINTS = 10
ROOM = 0.05  # seconds of one wait for room
LOOK = 0.0005  # seconds between two looks of a thread for children that have ended
AT_MOST = 0.005  # seconds that such a look waits for another thread's
_TOO_MANY = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_READS_AFTER_SHUT = sys.platform == "linux"  # elsewhere what was not read by then is thrown away


class _ChildConnection:
    """One connection.

    Attributes:
        is_gone: whether nothing more comes.
        waiting: frames that the console had no room for.
        speakers: numbers of those whose line has not ended: the child's own, and the console's.
    """

    __slots__ = ("connection", "is_gone", "splitter", "waiting", "writers")

    def __init__(self, connection: _socket.socket) -> None:
        from reflowlog.multiprocess.protocol import MessageSplitter  # most programs have no children

        self.connection = connection
        self.splitter = MessageSplitter()
        self.waiting: deque[Message] = deque()
        self.writers: dict[int, int] = {}
        self.is_gone = False


class ChildServer:
    """Takes what children say and hands it to a console.

    Args:
        door: the console.
        name: of the socket; another console of this process that has the same gets one of its own.

    Attributes:
        address: where children find it.

    Raises:
        OSError: there is no place to listen at.
        RuntimeError: the interpreter is ending, and starts no more threads.
    """

    def __init__(self, receiver: RecordReceiver, name: str) -> None:
        self._receiver = receiver
        self._bell, self._ring = os.pipe()
        found = rendezvous.listen(name)
        if found is None:
            os.close(self._bell)
            os.close(self._ring)
            raise OSError("no place to listen at")
        self._listening, self.address = found
        self._children: dict[int, _ChildConnection] = {}
        self._parting: list[_socket.socket] = []  # which have been read to their end
        self._held: _ChildConnection | None = None  # the one that waits for room
        self._waits = True  # whether room is waited for
        self._complaints = 0
        self._closed = False
        self._accepting = False
        self._cannot_open = False
        self._lock = threading.RLock()
        self._worker: int | None = None  # the thread that holds it
        self._poll = select.poll()
        self._poll.register(self._listening.fileno(), select.POLLIN)
        self._poll.register(self._bell, select.POLLIN)
        self._polled_anew = False  # what the thread waits for has changed
        self._ends = select.poll()  # tells of children that have ended, and of new ones
        self._ends.register(self._listening.fileno(), select.POLLIN)
        self._looked = threading.local()
        try:
            threading.Thread(target=self._run, name="reflowlog-children", daemon=True).start()
        except RuntimeError:
            os.unlink(self.address)
            self._let_go()
            raise
        _open.append(self)
        _close_with_multiprocessing()

    # -- for the console: any thread ----------------------------------------------------------------------------

    def drain_children(self, deadline: float = float("inf")) -> bool:
        """Take in what children have sent so far, waiting for room, until a time of `time.monotonic`.

        Returns:
            Whether that is done. It is never waited for by who interrupts it on its own thread.
        """
        with self._at_work(deadline) as works:
            if not works:
                return self._closed or self._worker == threading.get_ident()
            self._accept()
            done = all(self._drain(child, deadline) for child in list(self._children.values()))
            if self._polled_anew:
                os.write(self._ring, b"!")
            return done

    def catch_up(self, may_wait: bool = True) -> None:
        """Take in what children said before they ended: who has waited for one speaks after it.

        For each thread, before it says something. It waits for no room, and looks once in a while: nobody waits for
        the end of a process in less time than that.

        Args:
            may_wait: a moment, for another thread that looks.
        """
        now = time.monotonic()
        if now < getattr(self._looked, "until", 0.0):
            return
        self._looked.until = now + LOOK
        with self._at_work(now + AT_MOST if may_wait else now) as works:
            if works:
                self._take_ended(now)

    def close(self, deadline: float = float("inf")) -> None:
        """Take in what was sent, and end; children say the rest themselves. Harmless any number of times."""
        with self._at_work(deadline) as works:
            if not works:
                return
            self._closed = True
            rendezvous.withdraw(self.address)
            with contextlib.suppress(OSError):
                os.unlink(self.address)
            with contextlib.suppress(OSError):
                self._listening.shutdown(0)  # for reading: nobody gets in any more
            self._accept()
            for child in list(self._children.values()):
                self._retire(child)
            if self._parting:
                self._receiver.put(Flush(self._hang_up))
            os.write(self._ring, b"!")
            self._listening.close()
        if self in _open:
            _open.remove(self)

    def forked(self) -> None:
        """In the child of a fork: let go of all, without a word to the others who have it."""
        if self in _open:
            _open.remove(self)
        self._hang_up()
        if self._closed:
            return
        self._closed = True
        for child in self._children.values():
            child.connection.close()
        self._let_go()
        if self._accepting:
            _close_all_of(self.address)

    # -- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed:
            ready = self._poll.poll() if self._held is None else []
            with self._at_work() as works:
                if works:
                    self._look_after([number for number, _ in ready])
            if self._held is not None:
                self._receiver.await_room(ROOM)
            if self._cannot_open:
                time.sleep(ROOM)
        with self._lock:  # who closed it is done
            os.close(self._bell)
            os.close(self._ring)

    def _look_after(self, ready: Iterable[int]) -> None:
        """One piece of each child that has something; new ones; before all, the one that waits for room."""
        if self._held is not None:
            self._deliver(self._held)
        for number in ready:
            if self._held is not None:
                return
            if number == self._bell:
                os.read(self._bell, PIECE)
                self._polled_anew = False
            elif (child := self._children.get(number)) is not None:
                self._read(child)
            else:
                self._accept()

    # -- all below is done by whoever holds the lock ------------------------------------------------------------

    @contextlib.contextmanager
    def _at_work(self, deadline: float = float("inf")) -> Iterator[bool]:
        """Hold the lock; False if that took too long, all is over, or this thread was interrupted while it has it."""
        wait = min(max(0.0, deadline - time.monotonic()), threading.TIMEOUT_MAX)
        if self._closed or self._worker == threading.get_ident() or not self._lock.acquire(timeout=wait):
            yield False
            return
        try:
            self._worker = threading.get_ident()
            yield not self._closed
        finally:
            self._worker = None
            self._lock.release()

    def _wait_for(self, descriptor: int, *, wanted: bool) -> None:
        """Have the thread wait for a descriptor, or no longer."""
        if wanted:
            self._poll.register(descriptor, select.POLLIN)
        else:
            self._poll.unregister(descriptor)
        self._polled_anew = True

    def _accept(self) -> None:
        """Let in all who have come."""
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
            child = self._children[descriptor] = _ChildConnection(connection)
            self._accepting = False
            connection.setblocking(False)
            self._wait_for(descriptor, wanted=True)
            self._ends.register(descriptor, 0)
            self._receiver.expect()
            if not rendezvous.is_ours(connection):
                self._end(child)
                self._warn("another user tried to write here")
            elif len(self._children) > FEW and len(self._children) > (most := _most_children()):
                self._retire(child)
                self._warn(f"more than {most} processes at once want to write here")

    def _take_ended(self, now: float) -> None:
        ended = [number for number, _ in self._ends.poll(0)]
        if self._listening.fileno() in ended:
            self._accept()
            ended = [number for number, _ in self._ends.poll(0)]
        for number in ended:
            if (child := self._children.get(number)) is not None:
                self._drain(child, now)
        if ended and self._polled_anew:
            os.write(self._ring, b"!")

    def _drain(self, child: _ChildConnection, deadline: float = float("inf")) -> bool:
        """Read a child until nothing is left; of one that goes on, as much as the system may have held.

        Returns:
            False if there was no room for it in time.
        """
        read = 0
        if self._held is None:
            self._deliver(child)  # what an exception has left here
        while not child.is_gone and read < AHEAD:
            while self._held is not None and not self._deliver(self._held):
                if time.monotonic() >= deadline:
                    return False
                self._receiver.await_room(ROOM)
            piece = self._read(child)
            if not piece:
                break
            read += piece
        return self._held is None

    def _retire(self, child: _ChildConnection) -> None:
        """Read a child to its end, which is now. Nothing is waited for: it is no more than what the system held."""
        if _READS_AFTER_SHUT:
            with contextlib.suppress(OSError):
                child.connection.shutdown(0)  # for reading: it cannot write any more
        self._waits = False
        try:
            self._drain(child)
        finally:
            self._waits = True
        self._end(child)

    def _read(self, child: _ChildConnection) -> int:
        """Take in a piece of what a child sent: how many bytes; 0 if there are none, or it has ended."""
        try:
            data = child.connection.recv(PIECE)
        except BlockingIOError:
            return 0
        except OSError:
            data = b""
        if not data:
            self._end(child)
            return 0
        try:
            child.splitter.feed(data, child.waiting)
        except (ValueError, MemoryError):
            self._end(child)
            self._warn("a child sent what is no record, and is not listened to any more")
        self._deliver(child)
        return len(data)

    def _deliver(self, child: _ChildConnection) -> bool:
        """Hand over what waits of a child; whether that was all."""
        waiting = child.waiting
        while waiting:
            if not self._taken(child, waiting[0]):
                if self._held is not child and not child.is_gone:
                    self._wait_for(child.connection.fileno(), wanted=False)
                self._held = child
                return False
            waiting.popleft()
        if self._held is child:
            self._held = None
            if not child.is_gone:
                self._wait_for(child.connection.fileno(), wanted=True)
        if child.is_gone:
            self._end_lines(child)
        return True

    def _taken(self, child: _ChildConnection, frame: Message) -> bool:
        """Hand over a frame; False if there is no room for it yet."""
        if frame.is_text:
            return self._on_text(child, frame)
        if not self._waits:
            self._receiver.put(frame.entry)
            return True
        return self._receiver.receive(frame.entry, len(frame.data), important=frame.is_important, records=1) is not None

    def _on_text(self, child: _ChildConnection, frame: Message) -> bool:
        text = frame.text
        known = child.writers.pop(frame.writer, None)
        writer = self._receiver.writer() if known is None else known
        taken: bool | None = True
        if self._waits:
            taken = self._receiver.receive(
                TextWritten(text, writer), len(text), important=False, records=text.count("\n")
            )
        else:
            self._receiver.put(TextWritten(text, writer))
        if taken is False and known is not None:  # what comes next does not continue what came before the gap
            self._receiver.put(TextWritten("\n", writer))
        unfinished = taken and not text.endswith("\n")
        if unfinished or (taken is None and known is not None):
            child.writers[frame.writer] = writer
        if len(child.writers) > UNFINISHED:
            self._receiver.put(TextWritten("\n", child.writers.pop(next(iter(child.writers)))))
        return taken is not None

    def _end(self, child: _ChildConnection) -> None:
        """It is gone, or to go. Of a frame that is not whole nothing is left."""
        if child.is_gone:
            return
        descriptor = child.connection.fileno()
        del self._children[descriptor]
        if self._held is not child:
            self._wait_for(descriptor, wanted=False)
        self._ends.unregister(descriptor)
        child.is_gone = True
        if self._closed:
            self._parting.append(child.connection)
        else:
            child.connection.close()
        if not child.waiting:
            self._end_lines(child)

    def _end_lines(self, child: _ChildConnection) -> None:
        """What it left unfinished is complete now."""
        for writer in child.writers.values():
            self._receiver.put(TextWritten("\n", writer))
        child.writers.clear()

    def _hang_up(self) -> None:
        """All is shown that these said: now they may go on by themselves. The printer's thread."""
        while self._parting:
            self._parting.pop().close()

    def _warn(self, text: str) -> None:
        self._complaints += 1
        if self._complaints <= COMPLAINTS:
            self._receiver.put(TextWritten(f"reflowlog: {text}\n", self._receiver.writer()))

    def _let_go(self) -> None:
        self._listening.close()
        os.close(self._bell)
        os.close(self._ring)


def _most_children() -> int:
    """How many at once: half of what this process may have open, at most."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CHILDREN if soft == resource.RLIM_INFINITY else min(CHILDREN, soft // 2)


def _close_all_of(address: str) -> None:
    """Close connections to an address which the listener did not come to know: it was accepting when we forked."""
    from _socket import socket

    with contextlib.suppress(OSError):
        for name in os.listdir("/dev/fd"):
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                    found = socket(fileno=int(name))
                    if found.getsockname() == address:
                        found.close()
                    else:
                        found.detach()


# -- the end of the process ----------------------------------------------------------------------------------------

_open: list[ChildServer] = []
_after_multiprocessing: Any = None  # what ends them after multiprocessing has waited for its children
_promised_by = 0  # the process that made it


def at_exit() -> None:
    """The process ends: take in what children sent, and leave no trace. But if there is one to wait for them, let it.

    `multiprocessing` waits for its children in an exit hook of its own, which may come after ours.
    """
    _close_with_multiprocessing()
    if _promised_by != os.getpid() or not _after_multiprocessing.still_active():
        _close_all()


def _close_with_multiprocessing() -> None:
    """Its children run no exit hooks but those that it knows."""
    global _after_multiprocessing, _promised_by
    if _promised_by == os.getpid():
        return
    finalizer = lifecycle.add_finalizer(lifecycle.FINALIZE_SERVERS, _close_all)
    if finalizer is not None:
        _promised_by = os.getpid()
        _after_multiprocessing = finalizer


def _close_all() -> None:
    for server in _open:
        server.close()
    rendezvous.leave()
