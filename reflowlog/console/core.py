"""Internal half of a console: sends events by the overflow policy. `Console` is the public half.

Invariants:
- Every method may be called from any thread.
- Nothing here touches the screen or the scrollback: methods turn their arguments into events and send them. Only where
  the calling thread writes itself, a line without layout goes past the queue (`write_directly`).
- Constructing one starts no thread and opens nothing; the first event does. It may install signal handlers, because
  the first event may come from a thread that cannot.
- While no printer can be made, because no descriptor is free or a module is missing, the caller writes plain text.
- A console without a stream of its own writes to the `sys.stderr` of the time of the call. When that is replaced, the
  console changes to the output of the new stream.
"""

from __future__ import annotations

import sys
import threading
import time
import weakref
from typing import IO, TYPE_CHECKING, Literal

from reflowlog.console import flush_points
from reflowlog.console.direct_output import descriptor_of
from reflowlog.console.foreign_writers import watch_process_starts
from reflowlog.console.output import ConsoleOutput, open_output, release_output
from reflowlog.console.pin import REMOVAL_TIMEOUT, Leave, Pin
from reflowlog.console.plain_fallback import write_plainly
from reflowlog.console.stream_proxy import Writers, stream_number
from reflowlog.console.target import ConsoleOptions, OutputTarget
from reflowlog.core import lifecycle
from reflowlog.core.events import DeferredRecords, ForeignText, LineEnded, TextWritten
from reflowlog.system import fd_redirect
from reflowlog.system.tty import terminal_device

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.console.console import Console
    from reflowlog.console.stream_proxy import Writer
    from reflowlog.core.records import LogRecord

__all__ = ["ConsoleCore", "Overflow", "core_of"]

Overflow = Literal["block", "drop"]
_CLOSED = "I/O operation on closed console"
_NOTED_BY = "_reflowlog_noted_by"  # attribute of a KeyboardInterrupt: identities of the cores that have a row below it


class ConsoleCore:
    """Sends the events of one console.

    Args:
        stream: the console's argument.
        options: of its output.
        overflow: policy for a full queue.
        queue_size: greatest count of queued events.
        keys: whether the viewer's keys are read.
        loops_back: returns True if writing to a stream would come back to this console.

    Attributes:
        closed: whether `close` was called, or `STOP` put.
        overflow: the policy.
        target: where this console writes.
        writers: identities of the threads that print.
        current: the output of the stream of now; None before the first event.
    """

    def __init__(
        self,
        stream: IO[str] | None,
        options: ConsoleOptions,
        *,
        overflow: Overflow,
        queue_size: int,
        keys: bool,
        loops_back: Callable[[object], bool],
    ) -> None:
        self.closed = False
        self.overflow: Overflow = overflow
        self.target = OutputTarget(stream, options, loops_back)
        self.writers = Writers(stream_number())
        self.target.loop.send_again = self._send_again
        self._console: weakref.ref[Console] | None = None
        self._queue_size = queue_size
        self._keys = keys
        self._parent: str | None = None  # address of another process's console that shows the records
        self._pins: weakref.WeakSet[Pin] = weakref.WeakSet()
        self._partial: set[Writer] = set()  # writers of a partial line
        self._outputs: dict[object, ConsoleOutput] = {}  # by terminal, those that were used; None: no terminal
        self.current: ConsoleOutput | None = None
        self._stderr: object = None  # `sys.stderr` when that was looked up
        self._closing: list[ConsoleOutput] = []
        self.after_fork_in_child()
        _cores.add(self)
        self._has_thread = options.threaded is not False and bool(options.threaded or self.target.isatty())
        if self._has_thread:
            flush_points.install_signal_handlers()
        if keys:
            self._open_output()  # patches functions, so that they release the keyboard; starts no thread

    def after_fork_in_child(self) -> None:
        """Reset locks and counters in the child of a fork."""
        self._dropped = 0
        self._lock = threading.RLock()

    def bind(self, console: Console) -> None:
        """Remember the public half."""
        self._console = weakref.ref(console)

    def connect_to(self, address: str) -> None:
        """Send everything to the console of another process. Before the first event."""
        self._parent = address

    @property
    def console(self) -> Console | None:
        """The public half; None once it was collected."""
        return None if self._console is None else self._console()

    @property
    def name(self) -> str:
        """The stream's name, or its type if it has none."""
        stream = self.target.target()
        return str(getattr(stream, "name", None) or type(stream).__name__)

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self.target.isatty()

    # -- the output ---------------------------------------------------------------------------------------------

    @property
    def output(self) -> ConsoleOutput:
        """The output for the stream of now, opened on the first use."""
        output = self.current
        if output is None or (sys.stderr is not self._stderr and self.target.stream is None):
            return self._open_output()
        return output

    def _open_output(self) -> ConsoleOutput:
        with self._lock:
            stderr = sys.stderr
            terminal = self.target.terminal() if self._parent is None else None
            output = self._outputs.get(terminal)
            if output is None or output.worker.closed:
                output = open_output(self, terminal, self._make_output)
                found = self._outputs.get(terminal)
                if found is not None and not found.worker.closed:  # a signal handler has logged meanwhile
                    output = found
                self._outputs[terminal] = output
            self.current, self._stderr = output, stderr
            if self._has_thread:
                flush_points.register(output)
                watch_process_starts()
            return output

    def _make_output(self) -> ConsoleOutput:
        return ConsoleOutput(
            self.target,
            queue_size=self._queue_size,
            blocks=self.overflow == "block",
            keys=self._keys,
            parent=self._parent,
        )

    @property
    def is_printing(self) -> bool:
        """Whether the calling thread is the one that prints, so that the console waits for it."""
        return any(output.worker.is_at_work() for output in list(self._outputs.values()))

    def is_echo(self, data: bytes) -> bool:
        """Return whether bytes read by a capture are the console's own output."""
        return self.current is not None and self.current.printers.is_echo(data)

    def add_hook(self, hook: Callable[[bool], None]) -> None:
        """Call a hook before each send, with whether it may wait for room."""
        self.output.pre_send_hooks.append(hook)

    def remove_hook(self, hook: Callable[[bool], None]) -> None:
        """Forget a hook. No-op in the child of a fork, which has none."""
        for output in list(self._outputs.values()):
            if hook in output.pre_send_hooks:
                output.pre_send_hooks.remove(hook)

    # -- sending ------------------------------------------------------------------------------------------------

    def submit(self, entry: DeferredRecords, weight: int = 0, *, important: bool = False) -> None:
        """Send a record that is rendered on the printer thread.

        Args:
            entry: the record and the function that renders it.
            weight: its characters, about.
            important: whether it is kept under ``overflow="drop"``, and waited for on a terminal.

        Raises:
            ValueError: the console is closed.
        """
        if self.target.loop.thread and self._comes_back(entry):
            return
        output = self.current  # as `output`, but for the cost of a call
        if output is None or (sys.stderr is not self._stderr and self.target.stream is None):
            try:
                output = self._open_output()
            except (ImportError, OSError):
                if self.closed or not self._write_plainly(entry):
                    raise
                return
        if sys.exc_info()[0] is KeyboardInterrupt:
            self._note_interrupt(output)
        worker = output.worker
        is_ready = worker.running and output.gap.marker is None and not (self.closed or output.pre_send_hooks)
        if not (is_ready and worker.send(entry, weight)):
            self._send(entry, weight, important=important)
        if important and worker.running:
            output.wait_until_shown()

    def write_directly(self, item: str | LogRecord) -> bool:
        """Write a plain line or a record on the calling thread, past the queue, if this console's caller writes.

        Returns:
            Whether it was written; False: `submit` it, which also reports errors.
        """
        output = self.current  # as `output`, but for the cost of a call
        if output is None or (sys.stderr is not self._stderr and self.target.stream is None):
            output = self._open_output()
        direct = output.direct
        if direct is None or self.closed or output.pre_send_hooks or self._partial:
            return False
        try:
            write = direct.write_line if isinstance(item, str) else direct.write_record
            return output.worker.run_on_caller(write, item)
        except Exception:
            return False

    def write_as(self, text: str, writer: Writer, *, at_once: bool = False, printed: bool = False) -> None:
        """Send printed text of a writer.

        Args:
            text: split at any offset.
            writer: continues its own partial line; one thread at a time.
            at_once: never wait for room; the caller has called `wait_for_room`.
            printed: it is no part of what the writer redraws.

        Raises:
            ValueError: the console is closed.
        """
        if writer.dropped:
            _, ended, text = text.partition("\n")
            if ended:
                writer.dropped = False
                self._drop(1)
            if not text:
                return
        if sys.exc_info()[0] is KeyboardInterrupt and self.current is not None:
            self._note_interrupt(self.output)
        event = TextWritten(text, writer.number, writer.stream, printed)
        is_partial = text[-1:] != "\n"
        lines = text.count("\n") - (writer.unfinished and text[:1] == "\n")  # a newline alone is no lost line
        if self._send(event, len(text), records=lines, writer=writer, at_once=at_once):
            writer.unfinished = is_partial and (text != "" or writer.unfinished)
            if writer.unfinished:
                self._partial.add(writer)
            elif self._partial:
                self._partial.discard(writer)
        else:
            writer.dropped = is_partial

    def end_line(self, writer: Writer) -> None:
        """Complete the unterminated line of a writer. Raises ValueError if the console is closed."""
        if writer.dropped:
            writer.dropped = False
            self._drop(1)
            return
        self._send(LineEnded(writer.number), important=True, records=0)
        writer.unfinished = False
        self._partial.discard(writer)

    def is_terminal_of(self, stream: IO[str] | None) -> bool:
        """Return whether a stream leads to this console's terminal, past the console."""
        descriptor = descriptor_of(stream)
        if descriptor is None or fd_redirect.is_captured(descriptor):
            return False
        terminal = terminal_device(descriptor)
        return terminal is not None and terminal == self.target.terminal()

    def hold_screen(self, owner: object, *, on: bool) -> None:
        """Write nothing to the terminal while any owner has its alternate screen. Idempotent."""
        if on:
            self.output.printers.screen_owners.add(owner)
        else:
            for output in list(self._outputs.values()):
                output.printers.screen_owners.discard(owner)

    def put(self, event: object) -> None:
        """Send an event regardless of the bound."""
        self.output.worker.put(event)

    def wait_for_room(self, timeout: float | None = None) -> bool:
        """Wait for room in the queue if the policy is to wait, and return whether there is."""
        return self.overflow != "block" or self.current is None or self.current.worker.wait_for_room(timeout)

    def add_pin(self, render: Callable[[int], str], *, leave: Leave, order: int) -> Pin:
        """Create a pin and show it. Raises ValueError if the console is closed."""
        if self.closed:
            raise ValueError(_CLOSED)
        timeout = REMOVAL_TIMEOUT if self.overflow == "block" else 0
        pin = Pin(self, render, leave=leave, order=order, removal_timeout=timeout)
        self._pins.add(pin)
        pin.update()
        flush_points.install_stop_handler()
        return pin

    def _send(
        self,
        event: object,
        weight: int = 0,
        *,
        important: bool = False,
        records: int = 1,
        writer: Writer | None = None,
        at_once: bool = False,
    ) -> bool:
        """Send an event by the overflow policy, and return whether it was accepted."""
        if self.closed:
            raise ValueError(_CLOSED)
        if self.target.loop.thread and self._comes_back(event):
            return True
        try:
            output = self.output
            if output.pre_send_hooks and not at_once:
                output.run_hooks()
            is_blocking = self.overflow == "block"
            if is_blocking and not at_once:
                output.worker.send_wait(event, weight)
            elif not output.send_or_drop(event, weight, important=important or is_blocking, writer=writer):
                self._drop(records)
                return False
        except (ImportError, OSError):
            if not self._write_plainly(event):
                raise
        return True

    def _write_plainly(self, event: object) -> bool:
        """Write an event if no printer could be made, which the next event tries again, and return whether it was."""
        is_made = self.current is not None and (self.current.worker.is_made or self.current.worker.ending)
        return not is_made and write_plainly(event, self.target)

    def _note_interrupt(self, output: ConsoleOutput) -> None:
        """Begin a row of its own, once, while a Ctrl-C is handled that the terminal may have echoed."""
        error = sys.exc_info()[1]  # the next one may be at the same place in memory: its identity tells nothing
        noted: tuple[int, ...] = getattr(error, _NOTED_BY, ())
        if id(self) not in noted:
            setattr(error, _NOTED_BY, (*noted, id(self)))
            output.mark_foreign_text(ForeignText())

    def _comes_back(self, event: object) -> bool:
        """Return whether an event is the text that this thread is writing, led back by the stream."""
        parts = event.payload if isinstance(event, DeferredRecords) else event
        return self.target.loop.is_own(parts if isinstance(parts, tuple) else (parts,))

    def _send_again(self, text: str) -> None:
        """Send text that a stream has led back to the stream beneath, which may be a terminal."""
        self._stderr = self  # so that it is looked up
        self.write_as(text, self.writers.own)

    def _drop(self, records: int) -> None:
        with self._lock:
            self._dropped += records
        self.output.mark_dropped(records)

    @property
    def dropped(self) -> int:
        """Count of records that a full queue has cost so far."""
        return self._dropped + sum(output.dropped for output in list(self._outputs.values()))

    # -- the end ------------------------------------------------------------------------------------------------

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything accepted so far is shown, at most ``timeout`` seconds, and return whether it is."""
        deadline = None if timeout is None else time.monotonic() + timeout
        done = True
        for output in list(self._outputs.values()):
            output.run_hooks(may_wait=False)
            done = output.worker.flush(None if deadline is None else max(0.0, deadline - time.monotonic())) and done
        return done

    async def aflush(self, timeout: float | None = None) -> bool:
        """Wait as `flush` does, without blocking the event loop."""
        deadline = None if timeout is None else time.monotonic() + timeout
        done = True
        for output in list(self._outputs.values()):
            output.run_hooks(may_wait=False)
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            done = await output.worker.aflush(left) and done
        return done

    def stop(self) -> None:
        """End the console once everything accepted is shown, without waiting. Idempotent."""
        if not self.closed:
            for output in self._release_outputs():
                output.children.stop(float("inf"))
                output.worker.stop()

    def close(self, timeout: float | None = None) -> None:
        """Show everything accepted, at most ``timeout`` seconds, then end. Idempotent."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self.closed:
            if self.current is not None:
                self.current.run_hooks(may_wait=False)
            self._closing = self._release_outputs()
        for output in self._closing:
            output.close(None if deadline is None else max(0.0, deadline - time.monotonic()))
        for output in list(self._outputs.values()):
            if output not in self._closing:
                output.worker.flush(None if deadline is None else max(0.0, deadline - time.monotonic()))

    def _release_outputs(self) -> list[ConsoleOutput]:
        """Refuse further events, and return the outputs without another user. Others lose this console's pins."""
        with self._lock:
            unused = [output for output in self._outputs.values() if release_output(self, output)]
            if self.current is not None and self.current not in unused:
                for pin in list(self._pins):
                    pin.remove()
                for writer in list(self._partial):
                    self.current.worker.put(LineEnded(writer.number))
            self.closed = True
            return unused

    # -- other processes ----------------------------------------------------------------------------------------

    @property
    def parent(self) -> str | None:
        """In a child, the address of the console in another process that shows the records of this one."""
        return self._parent if self.current is None else self.current.children.parent

    def address(self) -> str | None:
        """Return the address at which other processes find this console, None if they cannot."""
        return None if self.closed else self.output.children.address()


def core_of(console: Console) -> ConsoleCore:
    """Return the internal half of a console. The only access for integrations and other modules."""
    return console._core


_cores: weakref.WeakSet[ConsoleCore] = weakref.WeakSet()


def _reset_cores() -> None:
    for core in list(_cores):
        core.after_fork_in_child()


lifecycle.after_fork_in_child(lifecycle.FORK_LOCKS, _reset_cores)
