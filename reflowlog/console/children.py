"""The family of a console: the processes that find it, and the one whose console it may speak through itself.

Rules of this file:
- A listener (`kin/`) is made for the first child: before a fork, when a handler is pickled; and with the first record
  where programs that are started may share the console's standard error.
- After a fork the child's console speaks through the parent's, for as long as that is there.
- Nothing of `kin/` is loaded where nobody needs it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from reflowlog.console.stream_proxy import Writer
from reflowlog.system import fd_redirect

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from reflowlog.console.target import OutputTarget
    from reflowlog.core.worker import WorkerThread
    from reflowlog.display.printer import Printer
    from reflowlog.multiprocess.client import ConsoleClient
    from reflowlog.multiprocess.server import ChildServer

    class Receive(Protocol):
        """Takes what a child sent, by the policy for a full queue: whether it was accepted; None: no room now."""

        def __call__(self, event: object, weight: int, *, important: bool, records: int) -> bool | None: ...


__all__ = ["ChildSupport"]


class ChildSupport:
    """What a console has to do with other processes.

    Args:
        press: of the console.
        outlet: where it writes.
        receive: takes what children say.
        before_each: the console's own list of what senders call first.

    Attributes:
        parent: in a child, where the console of another process is that shows what is said here.
    """

    def __init__(
        self,
        worker: WorkerThread,
        target: OutputTarget,
        receive: Receive,
        before_each: Callable[[], list[Callable[[bool], None]]],
    ) -> None:
        self.parent: str | None = None
        self.receive = receive
        self._worker = worker
        self._target = target
        self._before_each = before_each
        self._server: ChildServer | None = None
        self._client: ConsoleClient | None = None

    def forked(self) -> None:
        """This is the child of a fork."""
        if self._server is not None:
            self.parent = self._server.address
            self._server.forked()
            self._server = None
        if self._client is not None:
            self._client.let_go()
            self._client = None

    # -- children -----------------------------------------------------------------------------------------------

    def address(self) -> str | None:
        """Where other processes find the console; None if they cannot. It is asked for by those who have children."""
        if self.parent is None and (server := self._listen()) is not None:
            self.expect()
            return server.address
        return self.parent

    def expect(self) -> None:
        """From now on who says something says it after the children that have ended."""
        server, tasks = self._server, self._before_each()
        if server is not None and server.catch_up not in tasks:
            tasks.append(server.catch_up)

    def _listen(self) -> ChildServer | None:
        """The listener for children, made if there is none; None where there cannot be one."""
        with _making_listeners:
            if self._server is None and self.parent is None and not (self._worker.closed or _exiting):
                with contextlib.suppress(ImportError, OSError, RuntimeError):
                    self._server = self._make_server()
            return self._server

    def _make_server(self) -> ChildServer:
        from reflowlog.multiprocess.rendezvous import identity
        from reflowlog.multiprocess.server import ChildServer

        descriptor = self._target.descriptor
        name = f"{id(self._target.stream):x}" if descriptor is None else fd_redirect.ask(descriptor, identity)
        return ChildServer(_QueueReceiver(self, self._worker), name)

    def advertise(self) -> None:
        """Programs that are started from here, with the same standard error, are to find the console."""
        descriptor = self._target.descriptor
        if descriptor is None or not hasattr(os, "fork") or not fd_redirect.ask(descriptor, _is_standard_error):
            return
        if (server := self._listen()) is not None:
            from reflowlog.multiprocess.rendezvous import advertise, identity

            advertise(server.address, fd_redirect.ask(descriptor, identity))

    def drain_children(self, deadline: float) -> bool:
        """Take in what children have sent, until a time of `time.monotonic`: whether that is done."""
        return self._server is None or self._server.drain_children(deadline)

    def stop(self, deadline: float) -> None:
        """Take in what children have sent; from here on they say themselves what they have to."""
        if self._server is not None:
            with contextlib.suppress(ValueError):
                self._before_each().remove(self._server.catch_up)
            self._server.close(time.monotonic() if self._worker.is_at_work() else deadline)

    # -- the parent ---------------------------------------------------------------------------------------------

    def find_parent(
        self, plain: Callable[[], Printer], count_dropped: Callable[[int], None] | None
    ) -> ConsoleClient | None:
        """A relay to the console of another process: of the one we forked from, or that has our standard error.

        Args:
            plain: makes what shows in this process what cannot be sent to another one any more.
            count_dropped: told how many records a parent that takes nothing has cost; None: it is waited for.
        """
        if self.parent is None and (_exiting or "REFLOWLOG_PARENT" not in os.environ):
            return None
        from reflowlog.multiprocess import rendezvous
        from reflowlog.multiprocess.client import ConsoleClient

        address = self.parent
        if address is None and (descriptor := self._target.descriptor) is not None:
            address = rendezvous.advertised(fd_redirect.ask(descriptor, rendezvous.identity))
        connection = rendezvous.connect(address) if address is not None else None
        if address is None or connection is None:
            return None
        self.parent = address
        self._client = ConsoleClient(address, connection, plain, count_dropped)
        return self._client


class _QueueReceiver:
    """A console as its listener sees it."""

    def __init__(self, children: ChildSupport, worker: WorkerThread) -> None:
        self.receive = children.receive
        self.put = worker.put
        self.expect = children.expect
        self._worker = worker

    def await_room(self, seconds: float) -> None:
        """Return when there is room, or after that time."""
        self._worker.inbox.await_room(seconds)

    def writer(self) -> int:
        """A number for somebody who prints."""
        return Writer().number


_making_listeners = threading.RLock()
_exiting = False


@atexit.register
def _at_exit() -> None:
    global _exiting
    _exiting = True
    server = sys.modules.get("reflowlog.multiprocess.server")
    if server is not None:
        server.at_exit()


def _renew_lock() -> None:
    global _making_listeners
    _making_listeners = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def _is_standard_error(descriptor: int) -> bool:
    """Whether what is written there is written to standard error."""
    try:
        return fd_redirect.ask(2, lambda standard_error: os.path.sameopenfile(descriptor, standard_error))
    except OSError:
        return False
