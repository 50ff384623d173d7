"""The console: the public face. Every method may be called from any thread.

Rules of this file:
- Nothing here touches the screen or the history: methods turn what they are given into events and send them.
- To make a console starts no thread and opens nothing; the first record does.
- Children find the console through a listener (`kin/`), which is made for the first of them: before a fork, when a
  handler is pickled; and with the first record where programs that are started may share its standard error.
- In a program that is not ours the terminal's keys are read only if that was asked for (`keyed.py`), and SIGWINCH is
  taken only if nobody has it.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import signal
import sys
import threading
import time
import weakref
from typing import IO, TYPE_CHECKING, Any, Literal, TextIO, cast, get_args

from reflowlog import detours, terminal
from reflowlog.compose import Composer, Settings, rows_when_cut
from reflowlog.descriptors import OutputClosed, is_tty
from reflowlog.journal import ItemJournal
from reflowlog.model import PinChange, Said, Size, Wake
from reflowlog.paint.inline import InlinePainter
from reflowlog.paint.output import FileOutput, StreamOutput, drain_stream
from reflowlog.paint.plain import PlainPainter
from reflowlog.press import Press
from reflowlog.printer import Printer, describe
from reflowlog.stage import LogStage
from reflowlog.standin import Speaker, Speakers, beneath
from reflowlog.threads import Gap, Inbox, StopType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from reflowlog.keyed import Keyed
    from reflowlog.kin.listener import Listener
    from reflowlog.kin.relay import Relay
    from reflowlog.model import Entry, Item
    from reflowlog.paint.output import Output
    from reflowlog.press import Worker
    from reflowlog.stage import Painter, Stage

    Leave = bool | Callable[[], Callable[[int], str]]

__all__ = ["Console", "Pin", "console_at", "open_consoles"]

Mode = Literal["auto", "inline", "plain"]
Overflow = Literal["block", "drop"]
Rewrap = Literal["screen", "all"]
PATIENCE = 1.0  # seconds that a pin's program waits for its end
POLL = 0.25  # seconds between two looks at the size while nothing happens


class Pin:
    """Text that stays under the log, as `Console.pin` gives it. A context manager: on exit it is removed, and gone.

    Attributes:
        render: what it was made with: a width in cells to text, of one row or several.
        leave: whether its last text stays in the log when it is removed, or the console closed; or what gives, then,
            what draws it from then on.
        order: where it stands among the pins.
        pending: whether an update is on its way to the printer.
        removed: whether it is gone, or about to go.
    """

    def __init__(
        self,
        press: Press,
        render: Callable[[int], str],
        *,
        leave: Leave = False,
        order: int = 0,
        patience: float = PATIENCE,
    ) -> None:
        self.render = render
        self.leave = leave
        self.order = order
        self.pending = False
        self._press = press
        self._patience = patience
        self.removed = False

    def update(self) -> None:
        """Ask ``render`` again and repaint. Any thread; returns at once; cheap to call often; harmless when gone."""
        if not (self.pending or self.removed or self._press.closed):
            self.pending = True
            self._press.put(PinChange(self))

    def remove(self, last: Callable[[int], str] | None = None) -> None:
        """Take it off the screen; harmless any number of times, and after the console is closed.

        Args:
            last: what it leaves in the log, in its place. It is drawn anew at each later width, for as long as the
                console is there, and so has to say the same whenever it is asked. None: with ``leave`` the text that
                ``render`` gives now, which is wrapped like any other; else nothing.
        """
        told, self.removed = self.removed, True
        if not (told or self._press.closed):
            if last is None and callable(self.leave):
                last = self.leave()
            self._press.put(PinChange(self, removed=True, last=last))

    def settle(self) -> None:
        """Wait until the terminal shows what it was told, or the lack of it: the program may print past the console.

        A moment at most, on the printer's own thread and with ``overflow="drop"`` not at all.
        """
        if self._patience and not self._press.closed:
            self._press.flush(self._patience)

    def __enter__(self) -> Pin:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()
        self.settle()


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
        parent: in a child, where the console of another process is that shows what is said here.

    Raises:
        ValueError: an argument is none of these.

    Example:
        >>> import io
        >>> with Console(io.StringIO(), width=20) as console:
        ...     console.print("a line that is longer than twenty cells")
        ...     console.flush()
        ...     print(console._stream.getvalue())
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
        color: terminal.ColourChoice = "auto",
        keys: bool = False,
        columns: bool | None = None,
    ) -> None:
        _check("mode", mode, get_args(Mode))
        _check("overflow", overflow, get_args(Overflow))
        _check("rewrap", rewrap, get_args(Rewrap))
        _check("color", color, get_args(terminal.ColourChoice))
        for name, value, least in (("width", width, 1), ("history", history, 0), ("queue_size", queue_size, 1)):
            if value is not None and (type(value) is not int or value < least):
                raise ValueError(f"{name} is {value!r}; it has to be a whole number of at least {least}")
        self._stream = stream
        self._mode = mode
        self._width = width
        self._history = history
        self._overflow = overflow
        self._rewrap = rewrap
        self._color = color
        self._columns = columns
        self._press = Press(self._make_worker, queue_size, at_fork=self._after_fork, gather=self._gather)
        self._old_winch: Any = None
        self._keyed: Keyed | None = None
        if keys and mode != "plain" and os.name == "posix":
            from reflowlog.keyed import Keyed

            self._keyed = Keyed(self._press)
        self._speakers = Speakers()
        self.found: list[IO[str] | None] = []
        self.parent: str | None = None
        self._listener: Listener | None = None
        self._relay: Relay | None = None
        self._after_fork()
        self._echo: Callable[[bytes], bool] | None = None
        _made.append(weakref.ref(self, _made.remove))

    def _after_fork(self) -> None:
        self.before_each: list[Callable[[bool], None]] = []
        self._dropping = threading.RLock()
        self._gap: Gap | None = None  # where records are being dropped, until one is accepted again
        self._dropped = 0
        if self._listener is not None:
            self.parent = self._listener.address
            self._listener.forked()
            self._listener = None
        if self._relay is not None:
            self._relay.let_go()
            self._relay = None

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
        self.say(text, self._speakers.own)
        return len(text)

    def say(self, text: str, speaker: Speaker, *, at_once: bool = False) -> None:
        """Take in what a speaker says: the door of those who print for others.

        Args:
            text: cut anywhere.
            speaker: goes on with its own line; one thread at a time.
            at_once: never wait for room; `wait_for_room` before.

        Raises:
            ValueError: the console is closed.
        """
        if speaker.dropped:
            _, ended, text = text.partition("\n")
            if ended:
                speaker.dropped = False
                self._drop(1)
            if not text:
                return
        said = Said(text, speaker.number)
        goes_on = text[-1:] != "\n"
        lines = text.count("\n") - (speaker.unfinished and text[:1] == "\n")  # an end alone is no loss
        if self._send(said, len(text), records=lines, speaker=speaker, at_once=at_once):
            speaker.unfinished = goes_on and (text != "" or speaker.unfinished)
        else:
            speaker.dropped = goes_on

    def is_echo(self, data: bytes) -> bool:
        """Whether that is what this console itself has written, on its way round."""
        return self._echo is not None and self._echo(data)

    def wait_for_room(self, timeout: float | None = None) -> bool:
        """Wait until the queue takes more, if it is this console's way to wait: whether it does."""
        return self._overflow != "block" or self._press.wait_for_room(timeout)

    def writable(self) -> bool:
        """A console can be written to, as far as it asks a file."""
        return not self._press.closed

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return _is_tty(_descriptor(self._target()))

    def put(self, item: object) -> None:
        """The queue's own door: text, a line of it; or `STOP`, after which the console ends once all is shown.

        Raises:
            ValueError: the console is closed.
            TypeError: it is neither.
        """
        if isinstance(item, StopType):
            self._stop_listening(float("inf"))
            self._press.stop()
        elif isinstance(item, str):
            self.write(item if item.endswith("\n") else item + "\n")
        else:
            raise TypeError(f"text or STOP, not {type(item).__name__}")

    def submit(self, entry: Entry, weight: int = 0, *, important: bool = False) -> None:
        """Accept a record that is rendered later, on the printer thread. The handler's door, and the fast one.

        Args:
            entry: the record and how it is rendered.
            weight: its characters, about.
            important: whether it is kept under ``overflow="drop"``.
        """
        if self.before_each:
            self._prepare()
        press = self._press
        if press.running and self._gap is None and press.send(entry, weight):
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
        if self._press.closed:
            raise ValueError("I/O operation on closed console")
        patience = PATIENCE if self._overflow == "block" else 0
        pin = Pin(self._press, render, leave=leave, order=order, patience=patience)
        pin.update()
        return pin

    # -- how it ends --------------------------------------------------------------------------------------------

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was accepted so far is on the screen, at most ``timeout`` seconds; whether it is."""
        self._prepare(may_wait=False)
        return self._press.flush(timeout)

    async def aflush(self, timeout: float | None = None) -> bool:
        """As `flush`, for a coroutine: the event loop is not held up meanwhile. Any loop of asyncio, any thread.

        To `print` and to log from a coroutine never waits with ``overflow="drop"``. With ``"block"`` it waits while
        the queue is full: at most until the terminal has taken what the printer has in hand, about 16,000 lines. That
        is 3 s with one that takes 1 MB/s (tests/bench/soak.py measures it), and for ever with one that has stopped.
        """
        self._prepare(may_wait=False)
        return await self._press.aflush(timeout)

    def join(self) -> None:
        """Wait until all that was put into the queue so far is done, as `queue.Queue.join` does."""
        self.flush()

    def close(self, timeout: float | None = None) -> None:
        """Show all that was accepted, then end the printer. Twice is harmless; to print later is a ValueError."""
        self._prepare(may_wait=False)
        self._stop_listening(float("inf") if timeout is None else time.monotonic() + timeout)
        self._press.close(timeout)
        if self._keyed is not None:
            self._keyed.close()
        self._give_winch_back()

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- what may be asked --------------------------------------------------------------------------------------

    @property
    def stream(self) -> IO[str] | None:
        """Where it writes; None where the program has no standard error."""
        return self._target()

    @property
    def overflow(self) -> Overflow:
        """What a full queue means, as it was given."""
        return self._overflow

    @property
    def width(self) -> int | None:
        """Cells that lines are laid out for at present; None where they are not cut: a file, a pipe."""
        if self._width is not None:
            return self._width
        descriptor = _descriptor(self._target())
        return _size(descriptor).columns if self._is_inline(descriptor) else None

    @property
    def encoding(self) -> str:
        """The stream's, which those ask who would rather not write what it cannot say."""
        return getattr(self._target(), "encoding", None) or "utf-8"

    @property
    def dropped(self) -> int:
        """How many records a full queue has cost so far."""
        return self._dropped

    @property
    def is_printing(self) -> bool:
        """Whether this thread is the one that prints, and the console waits for what is being done now."""
        return self._press.is_at_work()

    @property
    def closed(self) -> bool:
        """Whether `close` was called, or `STOP` put."""
        return self._press.closed

    # -- sending ------------------------------------------------------------------------------------------------

    def _send(
        self,
        event: object,
        weight: int = 0,
        *,
        important: bool = False,
        records: int = 1,
        speaker: Speaker | None = None,
        at_once: bool = False,
    ) -> bool:
        """Send by the policy for a full queue: whether it was accepted."""
        press = self._press
        if press.closed:
            raise ValueError("I/O operation on closed console")
        if self.before_each and not at_once:
            self._prepare()
        if self._overflow == "block" and not at_once:
            press.send_wait(event, weight)
        elif not self._kept(event, weight, important or self._overflow == "block"):
            if speaker is not None and speaker.unfinished:
                speaker.unfinished = False  # what comes next does not continue what came before the gap
                press.put(Said("\n", speaker.number))
            self._drop(records)
            return False
        return True

    def _prepare(self, *, may_wait: bool = True) -> None:
        for task in list(self.before_each):
            task(may_wait)

    def _kept(self, event: object, weight: int, important: bool) -> bool:
        """Accept it if there is room for it, or if it is important."""
        if not self._press.send(event, weight):
            if not important:
                return False
            self._press.put(event)
        self._gap = None
        return True

    def _drop(self, records: int) -> None:
        """Count what is dropped, and mark the place."""
        with self._dropping:
            self._dropped += records
            gap = self._gap  # others forget it at any moment, when there is room again
            if gap is None or not gap.add(records):
                self._gap = gap = Gap()
                gap.add(records)
                self._press.put(gap)

    # -- children -----------------------------------------------------------------------------------------------

    def address(self) -> str | None:
        """Where other processes find this console; None if they cannot. What it was made for is pickled handlers."""
        if self.parent is None and (listener := self._listen()) is not None:
            self._expect_children()
            return listener.address
        return self.parent

    def _expect_children(self) -> None:
        """From now on who says something says it after the children that have ended."""
        listener = self._listener
        if listener is not None and listener.catch_up not in self.before_each:
            self.before_each.append(listener.catch_up)

    def receive(self, event: object, weight: int, *, important: bool, records: int) -> bool | None:
        """What a child sent, by the policy for a full queue. Never waits.

        Returns:
            Whether it was accepted; None: there is no room now.
        """
        if self._overflow == "block":
            return self._press.send(event, weight) or None
        if self._kept(event, weight, important):
            return True
        self._drop(records)
        return False

    def _listen(self) -> Listener | None:
        """The listener for children, made if there is none; None where there cannot be one."""
        with _making_listeners:
            if self._listener is None and self.parent is None and not (self._press.closed or _exiting):
                with contextlib.suppress(ImportError, OSError, RuntimeError):
                    self._listener = self._make_listener()
            return self._listener

    def _make_listener(self) -> Listener:
        from reflowlog.kin.listener import Listener
        from reflowlog.kin.place import identity

        descriptor = _descriptor(self._target())
        name = f"{id(self._stream):x}" if descriptor is None else detours.ask(descriptor, identity)
        return Listener(_Door(self), name)

    def _advertise(self, descriptor: int | None) -> None:
        """Programs that are started from here, with the same standard error, are to find this console."""
        if descriptor is None or not hasattr(os, "fork") or not detours.ask(descriptor, _is_standard_error):
            return
        if (listener := self._listen()) is not None:
            from reflowlog.kin.place import advertise, identity

            advertise(listener.address, detours.ask(descriptor, identity))

    def _gather(self, deadline: float) -> bool:
        return self._listener is None or self._listener.gather(deadline)

    def _stop_listening(self, deadline: float) -> None:
        """Take in what children have sent; from here on they say themselves what they have to."""
        if self._listener is not None:
            with contextlib.suppress(ValueError):
                self.before_each.remove(self._listener.catch_up)
            self._listener.close(time.monotonic() if self._press.is_at_work() else deadline)

    def _find_parent(self) -> Relay | None:
        """A relay to the console of another process: of the one we forked from, or that has our standard error."""
        if self.parent is None and (_exiting or "REFLOWLOG_PARENT" not in os.environ):
            return None
        from reflowlog.kin import place
        from reflowlog.kin.relay import Relay

        address = self.parent
        if address is None and (descriptor := _descriptor(self._target())) is not None:
            address = place.advertised(detours.ask(descriptor, place.identity))
        connection = place.connect(address) if address is not None else None
        if address is None or connection is None:
            return None
        self.parent = address
        dropped = self._count_dropped if self._overflow == "drop" else None
        return Relay(address, connection, self._plain_printer, dropped)

    def _count_dropped(self, records: int) -> None:
        with self._dropping:
            self._dropped += records

    def _plain_printer(self) -> Printer:
        """What shows in this process what cannot be sent to another one any more."""
        return self._make_printer(Inbox(), in_child=True)

    # -- wiring, when the first event comes ----------------------------------------------------------------------

    def _make_worker(self, inbox: Inbox, in_child: bool) -> Worker:
        self._relay = self._find_parent()
        if self._relay is not None:
            return self._relay
        return self._make_printer(inbox, in_child or self.parent is not None)

    def _target(self) -> IO[str] | None:
        """Where to write; nothing that feeds what we write to us again."""
        if self._stream is not None:
            return beneath(self._stream)
        stream = self.found[0] if self.found else sys.stderr
        return sys.__stderr__ if isinstance(stream, Console) else beneath(stream)

    def _is_inline(self, descriptor: int | None) -> bool:
        if self._mode == "auto":
            return _is_tty(descriptor) and not terminal.is_dumb(os.environ)
        return self._mode == "inline"

    def _reader(self, inline: bool) -> Callable[[str], Sequence[Item]] | None:
        """What finds log records in printed lines."""
        wanted = inline or self._width is not None if self._columns is None else self._columns
        if not wanted:
            return None
        from reflowlog.text.said import read_said  # which nothing else here needs

        return read_said

    def _make_printer(self, inbox: Inbox, in_child: bool) -> Printer:
        stream = self._target()
        descriptor = _descriptor(stream)
        target = self._target
        if in_child and descriptor is None and self._stream is not None:  # it is the parent's: a copy is of no use
            stream, descriptor, target = sys.__stderr__, _descriptor(sys.__stderr__), lambda: sys.__stderr__
        inline = self._is_inline(descriptor) and not in_child
        colour = terminal.colour(self._color, os.environ, tty=_is_tty(descriptor))
        if not _is_tty(descriptor) and not colour.own:
            colour = terminal.Colour(own=False, text=False)  # a log file is no place for the colours of a screen
        composer = Composer(self._width, Settings(colour=colour.text, own_colour=colour.own))
        journal = ItemJournal(composer, self._history)
        if descriptor is None:
            output: Output = (through := StreamOutput(target))
            self._echo = through.is_echo
        else:
            whole = cast("TextIO", stream)
            drain_stream(whole)
            output = FileOutput(descriptor, whole.encoding or "utf-8", lambda: not whole.closed)
        if not in_child:
            self._advertise(descriptor)
        read = self._reader(inline)
        if not inline:
            plain = LogStage(journal, composer, PlainPainter(output), size=Size(composer.width or 80, 24), read=read)
            return Printer(inbox, plain, lost=self._after_loss)

        def measure() -> Size:
            return _size(descriptor)

        size = measure()
        composer.at(self._width or size.columns)
        painter = InlinePainter(
            output,
            size,
            recut=rows_when_cut,
            reflows=terminal.reflows(os.environ),
            rewrap_all=self._rewrap == "all",
            keeps_row=terminal.keeps_row(os.environ),
        )
        self._take_winch()
        if self._keyed is not None and self._keyed.serves(descriptor):
            from reflowlog.paint.fullscreen import FullscreenPainter

            stage: Stage = self._keyed.make_stage(
                composer,
                painter,
                FullscreenPainter(output),
                size=size,
                measure=measure,
                width=self._width,
                limit=self._history,
                colour=colour.own,
                read=read,
            )
        else:
            fixed = self._width is not None
            stage = LogStage(journal, composer, painter, size=size, measure=measure, fixed_width=fixed, read=read)
        return Printer(inbox, stage, measure=measure, idle=POLL, lost=self._after_loss)

    def _after_loss(self, error: BaseException) -> Painter | None:
        """The output is gone: nothing to do. It failed otherwise: say so on standard error and go on there."""
        if isinstance(error, OutputClosed):
            return None
        painter = PlainPainter(FileOutput(2))
        try:
            painter.say(describe(error))
        except (OutputClosed, OSError):
            return None
        return painter

    def _take_winch(self) -> None:
        """Have the kernel tell of a new size at once, if that is still nobody's and this is the main thread."""
        if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGWINCH"):
            return
        if signal.getsignal(signal.SIGWINCH) is not signal.SIG_DFL:
            return
        press = self._press

        def wake(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
            press.inbox.put(Wake())

        self._old_winch = wake
        signal.signal(signal.SIGWINCH, wake)

    def _give_winch_back(self) -> None:
        if self._old_winch is None or threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGWINCH) is self._old_winch:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self._old_winch = None


class _Door:
    """A console as its listener sees it."""

    def __init__(self, console: Console) -> None:
        self.receive = console.receive
        self.put = console._press.put
        self.expect = console._expect_children
        self._press = console._press

    def await_room(self, seconds: float) -> None:
        """Return when there is room, or after that time."""
        self._press.inbox.await_room(seconds)

    def speaker(self) -> int:
        """A number for somebody who prints."""
        return Speaker().number


def console_at(address: str, **options: Any) -> Console:
    """The console that another process has at an address.

    Args:
        address: as `Console.address` gave it there.
        options: as `Console` takes them, for when it is gone: then there are plain lines on standard error.
    """
    console = Console(**options)
    console.parent = address
    return console


_making_listeners = threading.RLock()
_exiting = False


@atexit.register
def _at_exit() -> None:
    global _exiting
    _exiting = True
    listener = sys.modules.get("reflowlog.kin.listener")
    if listener is not None:
        listener.at_exit()


def _before_fork() -> None:
    """Children are to find the consoles that are there, and to load nothing."""
    for console in open_consoles():
        if console.address() is not None:
            import json  # noqa: F401

            from reflowlog.kin import relay  # noqa: F401


def _renew_lock() -> None:
    global _making_listeners
    _making_listeners = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_renew_lock)


def _is_standard_error(descriptor: int) -> bool:
    """Whether what is written there is written to standard error."""
    try:
        return detours.ask(2, lambda standard_error: os.path.sameopenfile(descriptor, standard_error))
    except OSError:
        return False


def _check(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; it has to be one of {', '.join(allowed)}")


def _descriptor(stream: IO[str] | None) -> int | None:
    """A stream's descriptor, if to write into that is to write into the stream; else None.

    It is not where the stream compresses, copies or sends what is written: such ones have a `fileno` too.
    """
    if type(stream) is not io.TextIOWrapper:
        return None
    try:
        raw = getattr(stream.buffer, "raw", stream.buffer)
        return stream.fileno() if isinstance(raw, io.FileIO) else None
    except (AttributeError, OSError, ValueError):  # closed or detached
        return None


def _is_tty(descriptor: int | None) -> bool:
    return descriptor is not None and detours.ask(descriptor, is_tty)


def _size(descriptor: int | None) -> Size:
    return detours.ask(2 if descriptor is None else descriptor, lambda number: terminal.size_of(number, os.environ))


def open_consoles() -> list[Console]:
    """All consoles of this process that are not closed, the newest first."""
    return [console for made in reversed(list(_made)) if (console := made()) is not None and not console.closed]


_made: list[weakref.ref[Console]] = []  # for those who have to find the one that paints their terminal
