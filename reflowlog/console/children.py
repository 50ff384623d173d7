"""Multi-process support of a console: the server for child processes, or the client if this process is a child.

Invariants:
- The server (`multiprocess/`) is created for the first child: before a fork, or when a handler is pickled; and with the
  first record where started programs may share the console's standard error.
- After a fork the child's console sends to the parent's, as long as that exists.
- Nothing of `multiprocess/` is imported in a process without children.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from reflowlog.console import flush_points
from reflowlog.console.stream_proxy import Writer
from reflowlog.core import lifecycle
from reflowlog.core.events import Flush
from reflowlog.core.loaded_modules import loaded_module
from reflowlog.core.module_lock import ModuleLock
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
        """Accepts an event of a child by the overflow policy; returns whether it was accepted, None for no room now."""

        def __call__(self, event: object, weight: int, *, important: bool, records: int) -> bool | None: ...


__all__ = ["ChildSupport"]


class ChildSupport:
    """The server for children of one console, or its client to a parent.

    Args:
        worker: of the console.
        target: of the console.
        receive: accepts events of children.
        pre_send_hooks: returns the console's list of hooks that run before each send.

    Attributes:
        parent: in a child, the address of the console in another process that shows the records of this one.
    """

    def __init__(
        self,
        worker: WorkerThread,
        target: OutputTarget,
        receive: Receive,
        pre_send_hooks: Callable[[], list[Callable[[bool], None]]],
    ) -> None:
        self.parent: str | None = None
        self.receive = receive
        self._worker = worker
        self._target = target
        self._pre_send_hooks = pre_send_hooks
        self._server: ChildServer | None = None
        self._client: ConsoleClient | None = None

    def after_fork_in_child(self) -> None:
        """Become a client of the parent's console in the child of a fork."""
        if self._server is not None:
            self.parent = self._server.address
            self._server.after_fork_in_child()
            self._server = None
            if self._target.isatty():  # there the parent has a queue
                flush_points.register_sender(self.await_shown)
        if self._client is not None:
            self._client.disconnect()
            self._client = None

    # -- children -----------------------------------------------------------------------------------------------

    def address(self) -> str | None:
        """Return the address at which other processes find the console, None if they cannot. Creates the server."""
        if self.parent is None and (server := self._listen()) is not None:
            self.expect_children()
            return server.address
        return self.parent

    def expect_children(self) -> None:
        """From now on every send first drains children that have exited."""
        server, hooks = self._server, self._pre_send_hooks()
        if server is not None and server.catch_up not in hooks:
            hooks.append(server.catch_up)

    def _listen(self) -> ChildServer | None:
        """Return the server for children, created on the first call; None where there cannot be one."""
        with _server_lock():
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
        """Publish the address in the environment, for started programs that share our standard error."""
        descriptor = self._target.descriptor
        if descriptor is None or not fd_redirect.ask(descriptor, _is_standard_error):
            return
        from reflowlog.multiprocess.rendezvous import advertise, identity

        on = fd_redirect.ask(descriptor, identity)
        if on and (server := self._listen()) is not None:
            advertise(server.address, on)

    def drain_children(self, deadline: float) -> bool:
        """Receive all that children have sent, until a time of `time.monotonic`, and return whether it finished."""
        return self._server is None or self._server.drain_children(deadline)

    def await_shown(self, timeout: float) -> None:
        """Wait until the parent has shown all so far, at most ``timeout`` seconds; no-op if a thread is sending.

        That is also what it has logged before the fork of this process, which may have sent nothing.
        """
        if self._client is None and self.parent is not None:
            self._worker.enqueue(Flush(lambda: None))
            self._worker.process_queued()  # connects
        if self._client is not None:
            self._worker.run_on_caller(self._client.await_shown, timeout)

    def stop(self, deadline: float) -> None:
        """Receive all that children have sent, and close the server; from then on they write on their own."""
        if self._server is not None:
            with contextlib.suppress(ValueError):
                self._pre_send_hooks().remove(self._server.catch_up)
            self._server.close(time.monotonic() if self._worker.is_at_work() else deadline)

    # -- the parent ---------------------------------------------------------------------------------------------

    def find_parent(
        self, plain: Callable[[], Printer], count_dropped: Callable[[int], None] | None
    ) -> ConsoleClient | None:
        """Return a client of another process's console: of our fork parent, or the one sharing our standard error.

        Args:
            plain: creates the printer for records that can no longer be sent to the other process.
            count_dropped: called with the count of records dropped because the parent accepts nothing; None waits for
                the parent.
        """
        if self.parent is None and (_exiting or "REFLOWLOG_PARENT" not in os.environ):
            return None
        from reflowlog.multiprocess import rendezvous
        from reflowlog.multiprocess.client import ConsoleClient

        address = self.parent
        if address is None and (descriptor := self._target.descriptor) is not None:
            address = rendezvous.find_advertised(fd_redirect.ask(descriptor, rendezvous.identity))
        connection = rendezvous.connect(address) if address is not None else None
        if address is None or connection is None:
            return None
        self.parent = address
        self._client = ConsoleClient(address, connection, plain, count_dropped)
        return self._client


class _QueueReceiver:
    """The part of a console that the server for children uses."""

    def __init__(self, children: ChildSupport, worker: WorkerThread) -> None:
        self.receive = children.receive
        self.process_queued = worker.process_queued
        self.expect_children = children.expect_children
        self._worker = worker

    def put(self, event: object) -> None:
        """Append an event regardless of the bound."""
        self._worker.enqueue(event, has_bound=False)

    def await_room(self, seconds: float) -> None:
        """Wait for room in the queue, at most ``seconds`` seconds."""
        self._worker.process_queued()
        self._worker.inbox.await_room(seconds)

    def writer(self) -> int:
        """Return a new, unique writer number."""
        return Writer().number


_server_lock = ModuleLock()
_exiting = False


def _close_servers() -> None:
    """Close the servers at exit, after the workers have finished."""
    global _exiting
    _exiting = True
    server = loaded_module("reflowlog.multiprocess.server")
    if server is not None:
        server.at_exit()


lifecycle.add_exit_hook(lifecycle.EXIT_SERVERS, _close_servers)


def _is_standard_error(descriptor: int) -> bool:
    """Return whether a descriptor is the same open file as standard error."""
    try:
        return fd_redirect.ask(2, lambda standard_error: os.path.sameopenfile(descriptor, standard_error))
    except OSError:
        return False
