"""Printer of one stream with its queue, shared by all consoles of the process that write to one terminal.

Invariants:
- One terminal has one output in a process, whichever console came first: the options of that console apply. Other
  streams have one output for each console.
- An output starts with the first event that is sent to it, and ends with its last console.
- Of the outputs that a stream has one after the other, each writes once the one before it has ended, even if that is
  still being closed: so records keep their order.
- Nothing here touches the screen or the scrollback: those belong to the printer.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import warnings
import weakref
from typing import TYPE_CHECKING

from reflowlog.console import excepthook, flush_points
from reflowlog.console.children import ChildSupport
from reflowlog.console.printer_factory import PrinterFactory
from reflowlog.core import lifecycle
from reflowlog.core.events import LineEnded
from reflowlog.core.inbox import Inbox, QueueGap
from reflowlog.core.module_lock import ModuleLock
from reflowlog.core.worker import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.console.direct_output import DirectWriter
    from reflowlog.console.interactive.keys import InteractiveConsole
    from reflowlog.console.stream_proxy import Writer
    from reflowlog.console.target import OutputTarget
    from reflowlog.core.events import ForeignText
    from reflowlog.core.worker import Worker
    from reflowlog.display.printer import Printer
    from reflowlog.session.job_control import JobControl

__all__ = ["ConsoleOutput", "open_output", "release_output"]

EXIT_PAUSE = 0.005  # seconds
ERROR_TIMEOUT = 0.25  # seconds that a record of level ERROR is waited for
ERROR_SHARE = 0.1  # of the time, for which errors may be waited for in a flood of them
ERROR_BURST = 0.1  # seconds of such waits that are allowed at once
CLOSING_TIMEOUT = 1.0  # seconds that a new output waits for the end of the one before it on the terminal


class ConsoleOutput:
    """Queue, printer and child support of one stream.

    Args:
        target: the stream, as its first console looks it up.
        queue_size: greatest count of queued events.
        blocks: whether a full queue makes child processes wait; else their records below ERROR are dropped.
        keys: whether the viewer's keys are read.
        parent: address of another process's console that shows the records; None for none.

    Attributes:
        target: the stream.
        printers: the factory of its printer.
        worker: the queue and the printer thread.
        interactive: the keyboard and the viewer; None without keys.
        children: support of other processes.
        users: open consoles that write here.
        pre_send_hooks: called before each send, with whether they may wait for room.
        gap: the place where records are being dropped, until one is accepted again.
        direct: writes on the calling thread, where that writes itself; else None.
        dropped: count of dropped records of child processes, or that a parent has cost.
    """

    def __init__(
        self, target: OutputTarget, *, queue_size: int, blocks: bool, keys: bool, parent: str | None = None
    ) -> None:
        self.target = target
        self.worker = WorkerThread(
            self._make_worker, queue_size, at_fork=self._after_fork_in_child, drain_children=self._drain_children
        )
        self.interactive: InteractiveConsole | None = None
        if keys and target.options.mode != "plain" and os.name == "posix":
            from reflowlog.console.interactive.keys import InteractiveConsole  # start-up cost: the viewer

            self.interactive = InteractiveConsole(self.worker)
        elif keys and os.name != "posix":
            warnings.warn("keys=True needs Unix: this console has no viewer", RuntimeWarning, stacklevel=2)
        self.printers = PrinterFactory(target, self.worker, self.interactive)
        self.users: weakref.WeakSet[object] = weakref.WeakSet()
        self._blocks = blocks
        self.children = ChildSupport(self.worker, target, self.receive, lambda: self.pre_send_hooks)
        self.children.parent = parent
        self._after_fork_in_child()

    def _after_fork_in_child(self) -> None:
        self.pre_send_hooks: list[Callable[[bool], None]] = []
        self.gap = QueueGap(self.worker.put)
        self.dropped = 0
        self._dropping = threading.RLock()
        self.direct: DirectWriter | None = None
        self._wait_budget = ERROR_BURST  # seconds
        self._last_wait = 0.0
        self.children.after_fork_in_child()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything sent so far is shown, at most ``timeout`` seconds, and return whether it is."""
        self.run_hooks(may_wait=False)
        return self.worker.flush(timeout)

    @property
    def job(self) -> JobControl | None:
        """Release of the terminal while the job is stopped; None where the output does not do that."""
        return self.printers.job if self.worker.running else None

    def mark_foreign_text(self, event: ForeignText) -> None:
        """Take the rows above as written by others: they are not laid out again. Any thread."""
        if self.worker.running and self.interactive is None:
            self.worker.put(event)

    # -- sending ------------------------------------------------------------------------------------------------

    def run_hooks(self, *, may_wait: bool = True) -> None:
        """Call the hooks that run before each send. Any thread; the printer's does not wait for others."""
        for hook in list(self.pre_send_hooks):
            hook(may_wait and not self.worker.is_at_work())

    def send_or_drop(self, event: object, weight: int, *, important: bool, writer: Writer | None = None) -> bool:
        """Append an event if there is room or it is important, and return whether it was accepted. Never waits.

        While the interpreter ends, the main thread drops nothing, and others pause with each dropped record.

        Args:
            event: the event.
            weight: its characters or bytes.
            important: append it regardless of the bound.
            writer: of printed text: a partial line of its own ends at the gap.
        """
        if not self.worker.send(event, weight):
            if not (important or (lifecycle.is_exiting() and threading.current_thread() is threading.main_thread())):
                if lifecycle.is_exiting():  # daemon threads that log without pause delay the end
                    time.sleep(EXIT_PAUSE)
                if writer is not None and writer.unfinished:
                    writer.unfinished = False  # text after the gap does not continue the line before it
                    self.worker.put(LineEnded(writer.number))
                return False
            self.worker.put(event)
        self.gap.end()
        return True

    def mark_dropped(self, records: int) -> None:
        """Count dropped records in the row that marks the gap. Any thread."""
        self.gap.count(records)

    def add_dropped(self, records: int) -> None:
        """Count dropped records without marking them. Any thread."""
        with self._dropping:
            self.dropped += records

    def receive(self, event: object, weight: int, *, important: bool, records: int) -> bool | None:
        """Accept an event of a child process by the overflow policy. Never waits.

        Returns:
            Whether it was accepted; None if there is no room now.
        """
        if self._blocks:
            return self.worker.enqueue(event, weight) or None
        if self.send_or_drop(event, weight, important=important):
            return True
        self.add_dropped(records)
        self.mark_dropped(records)
        return False

    def wait_until_shown(self) -> None:
        """Wait until everything sent so far is on the screen: at most 0.25 s, and a tenth of the time in all.

        The first wait, in which the printer starts, uses up none of that.
        """
        started = time.monotonic()
        budget = min(ERROR_BURST, self._wait_budget + ERROR_SHARE * (started - self._last_wait))
        if budget > 0:
            self.worker.flush(ERROR_TIMEOUT)
            budget -= time.monotonic() - started if self._last_wait else 0.0
        self._wait_budget, self._last_wait = budget, started

    def close(self, timeout: float | None = None) -> None:
        """Paint all accepted events and end the printer. Idempotent; any thread."""
        self.children.stop(float("inf") if timeout is None else time.monotonic() + timeout)
        self.worker.close(timeout)
        excepthook.unregister(self)
        if self.interactive is not None:
            self.interactive.close()
        self.printers.restore_signals()
        flush_points.unregister(self)
        flush_points.unregister_sender(self.children.await_shown)

    # -- the printer --------------------------------------------------------------------------------------------

    def _drain_children(self, deadline: float) -> bool:
        return self.children.drain_children(deadline)

    def _make_worker(self, inbox: Inbox, in_child: bool) -> Worker:
        client = self.children.find_parent(self._plain_printer, None if self._blocks else self.add_dropped)
        if client is not None:
            flush_points.register_sender(self.children.await_shown)
            return client
        in_child = in_child or self.children.parent is not None
        if not in_child:
            with contextlib.suppress(ImportError, OSError):  # no descriptor is free: it has no children's records
                self.children.advertise()
        printer = self.printers.make(inbox, in_child=in_child)
        if not in_child:
            excepthook.register(self)
        if printer.threaded and not in_child:
            flush_points.register(self)
        if not (printer.threaded or in_child):
            self.direct = self.printers.direct_writer()
        return printer

    def _plain_printer(self) -> Printer:
        """Create a printer for records that cannot be sent to another process any more."""
        return self.printers.make(Inbox(), in_child=True)


_by_terminal: dict[object, ConsoleOutput] = {}
_closing: list[ConsoleOutput] = []  # those that may still write
_registry_lock = ModuleLock()


def open_output(user: object, terminal: object, make: Callable[[], ConsoleOutput]) -> ConsoleOutput:
    """Return the output of a terminal, created if there is none, and register one more user. Any thread.

    Args:
        user: the console that writes there.
        terminal: identity of the terminal; None for a stream that is none, which always gets a new output.
        make: creates an output. If a signal handler logs meanwhile, the one that was created for that is used.
    """
    known = None if terminal is None else _by_terminal.get(terminal)
    if known is not None and known.worker.closed:
        known.worker.finish(CLOSING_TIMEOUT)  # two printers must not paint at the same time
    with _registry_lock():
        output = None if terminal is None else _by_terminal.get(terminal)
        if output is None or output.worker.closed:
            made = make()
            made.worker.follow(_closing_on(made.target.target(), terminal))
            output = None if terminal is None else _by_terminal.get(terminal)
            if output is None or output.worker.closed:
                output = made
                if terminal is not None:
                    _by_terminal[terminal] = output
        output.users.add(user)
        return output


def _closing_on(stream: object, terminal: object) -> list[WorkerThread]:
    """Return the workers of a stream or terminal that are being closed. For the holder of the lock."""
    _closing[:] = [each for each in _closing if not each.worker.is_done]
    return [
        each.worker
        for each in _closing
        if each.target.target() is stream or (terminal is not None and each is _by_terminal.get(terminal))
    ]


def release_output(user: object, output: ConsoleOutput) -> bool:
    """Unregister a user, and return whether it was the last one, which has to close the output. Any thread."""
    with _registry_lock():
        output.users.discard(user)
        if output.users:
            return False
        output.worker.closed = True
        _closing.append(output)
        return True
