"""The console: the public face. Every method may be called from any thread.

Rules of this file:
- Nothing here touches the screen or the history: methods turn what they are given into events and send them.
- To make a console starts no thread and opens nothing; the first record does.
- Where it writes, and with what, is `console/target.py`; who else may write through it `console/children.py`.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

from reflowlog.console import excepthook
from reflowlog.console.children import ChildSupport
from reflowlog.console.pin import REMOVAL_TIMEOUT, Leave, Pin
from reflowlog.console.stream_proxy import Writer, Writers
from reflowlog.console.target import ConsoleOptions, Mode, OutputTarget, Rewrap
from reflowlog.core import lifecycle
from reflowlog.core.events import TextWritten
from reflowlog.core.inbox import DroppedMarker, Inbox, StopType
from reflowlog.core.worker import WorkerThread
from reflowlog.system import tty

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from reflowlog.console.interactive.keys import InteractiveConsole
    from reflowlog.core.events import DeferredRecords
    from reflowlog.core.worker import Worker
    from reflowlog.display.printer import Printer

__all__ = ["Console", "Pin", "console_at", "open_consoles"]

Overflow = Literal["block", "drop"]


class Console:
    """A console for a program's log: laid out for the terminal's width, and laid out again when that changes.

    What `print`, `write` or `put` accepted is painted before `flush` or `close` returns, and before the interpreter
    ends. All methods may be called from any thread.

    Args:
        stream: where to write; standard error if not given, looked up when it is first used.
        mode: ``"inline"`` on a terminal's normal screen; ``"plain"`` with no cursor movement at all; ``"auto"``
            takes inline on a terminal that can move its cursor.
        width: lay out for so many cells, whatever the terminal, also into a file; None follows the terminal.
        history: how many records are held to be laid out again; None for all.
        queue_size: how many events may wait for the printer.
        overflow: what a full queue means: ``"block"`` makes the caller wait; ``"drop"`` drops records below ERROR,
            counts them in `dropped`, and says so in a row where they are missing.
        rewrap: on a new width lay out again what is on the ``"screen"``, or ``"all"`` of the history, which erases
            the terminal's scrollback first.
        color: ``"auto"``, ``"always"`` or ``"never"``; auto heeds NO_COLOR, FORCE_COLOR, TERM and the stream.
        keys: whether the program's user may type the keys of the viewer, where the stream is the terminal that
            standard input is: any of them opens it over the whole log (which is kept, in a private temporary file
            beyond 64 MiB), ``q`` goes back. `input` and `getpass.getpass` have the keys while they wait. A program
            that reads standard input otherwise is to leave this off.
        columns: whether printed lines that are log records (JSON or logfmt with a message and a level or time, or what
            structlog prints) are shown in columns, as a handler's are; None: where lines are laid out, so on a
            terminal or with a ``width``. Into a file or a pipe text goes as it is.

    Attributes:
        found: what captures have found in the place of standard error: while there are any, it goes on there.
        before_each: called by whoever sends anything, before that is accepted; told whether it may wait for room.

    Raises:
        ValueError: an argument is none of these.

    Example:
        >>> import io
        >>> with Console(io.StringIO(), width=20) as console:
        ...     console.print("a line that is longer than twenty cells")
        ...     console.flush()
        ...     print(console.stream.getvalue())
        True
        a line that is
          longer than twenty
          cells
    """

    def __init__(
        self,
        stream: IO[str] | None = None,
        *,
        mode: Mode = "auto",
        width: int | None = None,
        history: int | None = 10_000,
        queue_size: int = 65_536,
        overflow: Overflow = "block",
        rewrap: Rewrap = "screen",
        color: tty.ColourChoice = "auto",
        keys: bool = False,
        columns: bool | None = None,
    ) -> None:
        _check("mode", mode, get_args(Mode))
        _check("overflow", overflow, get_args(Overflow))
        _check("rewrap", rewrap, get_args(Rewrap))
        _check("color", color, get_args(tty.ColourChoice))
        for name, value, least in (("width", width, 1), ("history", history, 0), ("queue_size", queue_size, 1)):
            if value is not None and (type(value) is not int or value < least):
                raise ValueError(f"{name} is {value!r}; it has to be a whole number of at least {least}")
        self._overflow = overflow
        self._worker = WorkerThread(
            self._make_worker, queue_size, at_fork=self._after_fork, drain_children=self._drain_children
        )
        self._interactive: InteractiveConsole | None = None
        if keys and mode != "plain" and os.name == "posix":
            from reflowlog.console.interactive.keys import InteractiveConsole

            self._interactive = InteractiveConsole(self._worker)
        options = ConsoleOptions(mode, width, history, rewrap, color, columns)
        self._target = OutputTarget(
            stream, options, self._worker, self._interactive, loops_back=lambda other: isinstance(other, Console)
        )
        self.found = self._target.original_stderr
        self._children = ChildSupport(self._worker, self._target, self.receive, lambda: self.before_each)
        self._writers = Writers()
        self._after_fork()
        _made.append(weakref.ref(self, _made.remove))

    def _after_fork(self) -> None:
        self.before_each: list[Callable[[bool], None]] = []
        self._dropping = threading.RLock()
        self._gap: DroppedMarker | None = None  # where records are being dropped, until one is accepted again
        self._dropped = 0
        self._children.after_fork_in_child()

    # -- what is said -------------------------------------------------------------------------------------------

    def print(self, *values: object, sep: str | None = " ", end: str | None = "\n") -> None:
        r"""Print as the built-in does; returns at once.

        Args:
            values: what to print; each is turned to text on the caller's thread. Colours (SGR) and links (OSC 8) in
                it are kept; whatever else could act on the terminal is shown, not done.
            sep: between two values; None is a blank.
            end: after the last; without a newline in it, the line waits for what this thread prints next.

        Raises:
            ValueError: the console is closed.
        """
        separator = " " if sep is None else sep
        self.write(separator.join(map(str, values)) + ("\n" if end is None else end))

    def write(self, text: str) -> int:
        """Write text as a file does: returns how many characters that was.

        Raises:
            ValueError: the console is closed.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() takes text, not {type(text).__name__}")
        self.say(text, self._writers.own)
        return len(text)

    def say(self, text: str, writer: Writer, *, at_once: bool = False) -> None:
        """Take in what a speaker says: the door of those who print for others.

        Args:
            text: cut anywhere.
            speaker: goes on with its own line; one thread at a time.
            at_once: never wait for room; `wait_for_room` before.

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
        said = TextWritten(text, writer.number)
        goes_on = text[-1:] != "\n"
        lines = text.count("\n") - (writer.unfinished and text[:1] == "\n")  # an end alone is no loss
        if self._send(said, len(text), records=lines, writer=writer, at_once=at_once):
            writer.unfinished = goes_on and (text != "" or writer.unfinished)
        else:
            writer.dropped = goes_on

    def is_echo(self, data: bytes) -> bool:
        """Whether that is what this console itself has written, on its way round."""
        return self._target.is_echo(data)

    def wait_for_room(self, timeout: float | None = None) -> bool:
        """Wait until the queue takes more, if it is this console's way to wait: whether it does."""
        return self._overflow != "block" or self._worker.wait_for_room(timeout)

    def writable(self) -> bool:
        """A console can be written to, as far as it asks a file."""
        return not self._worker.closed

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._target.isatty()

    def put(self, item: object) -> None:
        """The queue's own door: text, a line of it; or `STOP`, after which the console ends once all is shown.

        Raises:
            ValueError: the console is closed.
            TypeError: it is neither.
        """
        if isinstance(item, StopType):
            self._children.stop(float("inf"))
            self._worker.stop()
        elif isinstance(item, str):
            self.write(item if item.endswith("\n") else item + "\n")
        else:
            raise TypeError(f"text or STOP, not {type(item).__name__}")

    def submit(self, entry: DeferredRecords, weight: int = 0, *, important: bool = False) -> None:
        """Accept a record that is rendered later, on the printer thread. The handler's door, and the fast one.

        Args:
            entry: the record and how it is rendered.
            weight: its characters, about.
            important: whether it is kept under ``overflow="drop"``.
        """
        if self.before_each:
            self._prepare()
        worker = self._worker
        if worker.running and self._gap is None and worker.send(entry, weight):
            return
        self._send(entry, weight, important=important)

    def pin(self, render: Callable[[int], str], *, leave: Leave = False, order: int = 0) -> Pin:
        """Keep text under the log, such as a progress bar.

        Args:
            render: from a width in cells to text, of one row or several; each is cut at the width, and no text has no
                row. It is called on the printer thread, at each width and after each `Pin.update`: what it takes
                holds up the log. What it raises is shown in its place. Of pins that are higher than the screen the
                lowest rows are shown, under one row of the log.
            leave: whether its last text stays, as lines of the log, when it is removed or the console closed; else
                nothing is left of it. In a file or a pipe that is all there is to see of it. Or a callable that gives
                what draws it then, see ``last`` of `Pin.remove`.
            order: pins stand from low to high; equal ones in the order in which they came.

        Returns:
            The pin, a context manager.
        """
        if self._worker.closed:
            raise ValueError("I/O operation on closed console")
        removal_timeout = REMOVAL_TIMEOUT if self._overflow == "block" else 0
        pin = Pin(self._worker, render, leave=leave, order=order, removal_timeout=removal_timeout)
        pin.update()
        return pin

    # -- how it ends --------------------------------------------------------------------------------------------

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was accepted so far is on the screen, at most ``timeout`` seconds; whether it is."""
        self._prepare(may_wait=False)
        return self._worker.flush(timeout)

    async def aflush(self, timeout: float | None = None) -> bool:
        """As `flush`, for a coroutine: the event loop is not held up meanwhile. Any loop of asyncio, any thread.

        To `print` and to log from a coroutine never waits with ``overflow="drop"``. With ``"block"`` it waits while
        the queue is full: at most until the terminal has taken what the printer has in hand, about 16,000 lines. That
        is 3 s with one that takes 1 MB/s (tests/bench/soak.py measures it), and for ever with one that has stopped.
        """
        self._prepare(may_wait=False)
        return await self._worker.aflush(timeout)

    def join(self) -> None:
        """Wait until all that was put into the queue so far is done, as `queue.Queue.join` does."""
        self.flush()

    def close(self, timeout: float | None = None) -> None:
        """Show all that was accepted, then end the printer. Twice is harmless; to print later is a ValueError."""
        self._prepare(may_wait=False)
        self._children.stop(float("inf") if timeout is None else time.monotonic() + timeout)
        self._worker.close(timeout)
        if self._interactive is not None:
            self._interactive.close()
        self._target.restore_winch()
        excepthook.unregister(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} ({'closed' if self.closed else 'open'})>"

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if isinstance(error, Exception):
            excepthook.keep()

    # -- what may be asked --------------------------------------------------------------------------------------

    @property
    def stream(self) -> IO[str] | None:
        """Where it writes; None where the program has no standard error."""
        return self._target.target()

    @property
    def name(self) -> str:
        """The stream's name, or what it is if it has none."""
        stream = self.stream
        return str(getattr(stream, "name", None) or type(stream).__name__)

    @property
    def overflow(self) -> Overflow:
        """What a full queue means, as it was given."""
        return self._overflow

    @property
    def width(self) -> int | None:
        """Cells that lines are laid out for at present; None where they are not cut: a file, a pipe."""
        return self._target.width

    @property
    def encoding(self) -> str:
        """The stream's, which those ask who would rather not write what it cannot say."""
        return getattr(self._target.target(), "encoding", None) or "utf-8"

    @property
    def dropped(self) -> int:
        """How many records a full queue has cost so far."""
        return self._dropped

    @property
    def is_printing(self) -> bool:
        """Whether this thread is the one that prints, and the console waits for what is being done now."""
        return self._worker.is_at_work()

    @property
    def closed(self) -> bool:
        """Whether `close` was called, or `STOP` put."""
        return self._worker.closed

    # -- sending ------------------------------------------------------------------------------------------------

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
        """Send by the policy for a full queue: whether it was accepted."""
        worker = self._worker
        if worker.closed:
            raise ValueError("I/O operation on closed console")
        if self.before_each and not at_once:
            self._prepare()
        if self._overflow == "block" and not at_once:
            worker.send_wait(event, weight)
        elif not self._kept(event, weight, important or self._overflow == "block"):
            if writer is not None and writer.unfinished:
                writer.unfinished = False  # what comes next does not continue what came before the gap
                worker.put(TextWritten("\n", writer.number))
            self._drop(records)
            return False
        return True

    def _prepare(self, *, may_wait: bool = True) -> None:
        for task in list(self.before_each):
            task(may_wait)

    def _kept(self, event: object, weight: int, important: bool) -> bool:
        """Accept it if there is room for it, or if it is important."""
        if not self._worker.send(event, weight):
            if not important:
                return False
            self._worker.put(event)
        self._gap = None
        return True

    def _drop(self, records: int) -> None:
        """Count what is dropped, and mark the place."""
        with self._dropping:
            self._dropped += records
            gap = self._gap  # others forget it at any moment, when there is room again
            if gap is None or not gap.add(records):
                self._gap = gap = DroppedMarker()
                gap.add(records)
                self._worker.put(gap)

    # -- children -----------------------------------------------------------------------------------------------

    @property
    def parent(self) -> str | None:
        """In a child, where the console of another process is that shows what is said here."""
        return self._children.parent

    def address(self) -> str | None:
        """Where other processes find this console; None if they cannot. What it was made for is pickled handlers."""
        return self._children.address()

    def receive(self, event: object, weight: int, *, important: bool, records: int) -> bool | None:
        """What a child sent, by the policy for a full queue. Never waits.

        Returns:
            Whether it was accepted; None: there is no room now.
        """
        if self._overflow == "block":
            return self._worker.send(event, weight) or None
        if self._kept(event, weight, important):
            return True
        self._drop(records)
        return False

    def _drain_children(self, deadline: float) -> bool:
        return self._children.drain_children(deadline)

    def _count_dropped(self, records: int) -> None:
        with self._dropping:
            self._dropped += records

    # -- when the first event comes -----------------------------------------------------------------------------

    def _make_worker(self, inbox: Inbox, in_child: bool) -> Worker:
        dropped = self._count_dropped if self._overflow == "drop" else None
        client = self._children.find_parent(self._plain_printer, dropped)
        if client is not None:
            return client
        in_child = in_child or self.parent is not None
        if not in_child:
            self._children.advertise()
            excepthook.register(self)
        return self._target.make_printer(inbox, in_child)

    def _plain_printer(self) -> Printer:
        """What shows in this process what cannot be sent to another one any more."""
        return self._target.make_printer(Inbox(), in_child=True)


def console_at(address: str, **options: Any) -> Console:
    """The console that another process has at an address.

    Args:
        address: as `Console.address` gave it there.
        options: as `Console` takes them, for when it is gone: then there are plain lines on standard error.
    """
    console = Console(**options)
    console._children.parent = address
    return console


def _before_fork() -> None:
    """Children are to find the consoles that are there, and to load nothing."""
    for console in open_consoles():
        if console.address() is not None:
            import json  # noqa: F401

            from reflowlog.multiprocess import client  # noqa: F401


lifecycle.before_fork(_before_fork)


def _check(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; it has to be one of {', '.join(allowed)}")


def open_consoles() -> list[Console]:
    """All consoles of this process that are not closed, the newest first."""
    return [console for made in reversed(list(_made)) if (console := made()) is not None and not console.closed]


_made: list[weakref.ref[Console]] = []  # for those who have to find the one that paints their terminal
