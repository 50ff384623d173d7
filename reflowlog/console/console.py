"""Public console of a program.

Invariants:
- Every method may be called from any thread.
- Constructing a console starts no thread and opens nothing; the first event does.
- The class shows the names of the interface only; what other modules need is in `console/core.py`.
"""

from __future__ import annotations

import weakref
from typing import IO, TYPE_CHECKING, Any, TypedDict, get_args

from reflowlog.console import excepthook
from reflowlog.console.core import ConsoleCore, Overflow, core_of
from reflowlog.console.pin import Leave, Pin
from reflowlog.console.target import ConsoleOptions, Mode, Rewrap
from reflowlog.core import lifecycle
from reflowlog.core.inbox import StopType
from reflowlog.system import tty
from reflowlog.text.layout.column_names import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

__all__ = ["Console", "Pin", "console_at", "open_consoles"]


if TYPE_CHECKING:

    class ConsoleKeywords(TypedDict, total=False):
        """Keyword arguments of `Console` that handlers pass on, for type checkers."""

        mode: Mode
        width: int | None
        history: int | None
        queue_size: int
        overflow: Overflow
        rewrap: Rewrap
        color: tty.ColourChoice
        keys: bool
        threaded: bool | None


class Console:
    """A console for a program's log: laid out for the terminal's width, and laid out again when that changes.

    Everything that `print`, `write` or `put` accepted is shown before `flush` or `close` returns, and before the
    process ends. All methods may be called from any thread.

    On a terminal a thread writes; all consoles and handlers on one terminal share it, and the options of the first
    one apply. Text that other code writes to that terminal is never overwritten: rows above it are not laid out again.
    Elsewhere the calling thread writes, in order with everything else that it writes to the stream.

    Args:
        stream: where to write; standard error if not given: the `sys.stderr` of the time of each call.
        mode: ``"inline"`` on a terminal's normal screen; ``"plain"`` without any cursor movement; ``"auto"`` is inline
            on a terminal that can move its cursor.
        width: lay out for this many cells, on any stream; None follows the terminal.
        history: how many records are kept to be laid out again; None for all.
        queue_size: how many events may wait for the printer thread.
        overflow: policy for a full queue: ``"block"`` makes the caller wait; ``"drop"`` drops records below ERROR,
            counts them in `dropped`, and shows a row where they are missing.
        rewrap: on a new width lay out again what is on the ``"screen"``, or ``"all"`` of the history, which erases
            the terminal's scrollback first.
        color: ``"auto"``, ``"always"`` or ``"never"``; auto heeds NO_COLOR, FORCE_COLOR, TERM and the stream.
        keys: whether the user may type the keys of the viewer, where the stream is the terminal that standard input
            is: any of them opens it over the whole log (which is kept, in a private temporary file beyond 4 MiB),
            ``q`` goes back. `input` and `getpass.getpass` have the keys while they wait. A program that reads standard
            input in another way should leave this off.
        columns: whether printed lines that are log records (JSON or logfmt with a message and a level or time, or the
            output of structlog) are shown in columns, as a handler's are; None: where lines are laid out, so on a
            terminal or with a ``width``. Into a file or a pipe text goes as it is.
        extras: names of the further fields that are shown of records, ``()`` for none; None for all.
        threaded: True: a thread writes on any stream; False: the calling thread always writes; None: a thread writes
            on a terminal, and with ``overflow="drop"``.

    Raises:
        TypeError: the stream has no `write`, or `extras` is one text.
        ValueError: an argument is none of these.

    Example:
        >>> import io
        >>> out = io.StringIO()
        >>> with Console(out, width=20) as console:
        ...     console.print("a line that is longer than twenty cells")
        ...     print(out.getvalue())
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
        extras: Sequence[str] | None = None,
        threaded: bool | None = None,
    ) -> None:
        _check("mode", mode, get_args(Mode))
        _check("overflow", overflow, get_args(Overflow))
        _check("rewrap", rewrap, get_args(Rewrap))
        _check("color", color, get_args(tty.ColourChoice))
        for name, value, least in (("width", width, 1), ("history", history, 0), ("queue_size", queue_size, 1)):
            if value is not None and (type(value) is not int or value < least):
                raise ValueError(f"{name} is {value!r}; it has to be a whole number of at least {least}")
        check_stream(stream)
        if threaded is None and overflow == "drop":
            threaded = True
        names = check_names("extras", extras)
        options = ConsoleOptions(mode, width, history, rewrap, color, columns, threaded, names)
        self._core = ConsoleCore(
            stream,
            options,
            overflow=overflow,
            queue_size=queue_size,
            keys=keys,
            loops_back=lambda other: isinstance(other, Console),
        )
        self._core.bind(self)
        _made.append(weakref.ref(self, _made.remove))

    # -- writing ------------------------------------------------------------------------------------------------

    def print(self, *values: object, sep: str | None = " ", end: str | None = "\n") -> None:
        r"""Print as the built-in does.

        Args:
            values: each is turned to text on the caller's thread. Colours (SGR) and links (OSC 8) in it are kept;
                other control characters are shown and do not act on the terminal.
            sep: between two values; None is a blank.
            end: after the last one; without a newline in it, the line waits for this thread's next `print`.

        Raises:
            ValueError: the console is closed.
            TypeError: `sep` or `end` is no text.
        """
        for name, text in (("sep", sep), ("end", end)):
            if text is not None and not isinstance(text, str):
                raise TypeError(f"{name} must be None or a string, not {type(text).__name__}")
        separator = " " if sep is None else sep
        text = separator.join(map(str, values)) + ("\n" if end is None else end)
        self._core.write_as(text, self._core.writers.own, printed=True)

    def write(self, text: str) -> int:
        """Write text as a file does, and return the count of characters.

        Raises:
            TypeError: the argument is no str.
            ValueError: the console is closed.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() takes text, not {type(text).__name__}")
        self._core.write_as(text, self._core.writers.own)
        return len(text)

    def put(self, item: object) -> None:
        """Put a line of text into the queue; or `STOP`, which ends the console once everything before it is shown.

        Raises:
            ValueError: the console is closed.
            TypeError: the item is neither.
        """
        if isinstance(item, StopType):
            self._core.stop()
        elif isinstance(item, str):
            self._core.write_as(item if item.endswith("\n") else item + "\n", self._core.writers.own, printed=True)
        else:
            raise TypeError(f"text or STOP, not {type(item).__name__}")

    def pin(self, render: Callable[[int], str], *, leave: Leave = False, order: int = 0) -> Pin:
        """Keep text under the log, such as a progress bar.

        Args:
            render: from a width in cells to text, of one row or several; each is truncated at the width, and empty text
                has no row. It is called on the printer thread, at each width and after each `Pin.update`: the time it
                takes delays the log. An exception that it raises is shown in its place. Of pins that are higher than
                the screen the lowest rows are shown, under one row of the log.
            leave: whether its last text stays, as lines of the log, when it is removed or the console closed. In a
                file or a pipe that is all that is written of it. Or a callable that returns the function that then
                draws it, see ``last`` of `Pin.remove`.
            order: pins stand from low to high; equal ones in the order in which they were created.

        Returns:
            The pin, a context manager.
        """
        return self._core.add_pin(render, leave=leave, order=order)

    # -- waiting, ending ----------------------------------------------------------------------------------------

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything accepted so far is shown, at most ``timeout`` seconds, and return whether it is."""
        return self._core.flush(timeout)

    async def aflush(self, timeout: float | None = None) -> bool:
        """Wait as `flush` does, without blocking the event loop. Any loop of asyncio, any thread.

        With ``overflow="drop"`` printing and logging from a coroutine never wait. With ``"block"`` they wait while the
        queue is full: at most until the terminal has taken the printer's current batch, about 16,000 lines. That is 3 s
        with a terminal that takes 1 MB/s (tests/bench/soak.py measures it), and for ever with a stopped one.
        """
        return await self._core.aflush(timeout)

    def join(self) -> None:
        """Wait until everything that was put into the queue so far is done, as `queue.Queue.join` does."""
        self.flush()

    def close(self, timeout: float | None = None) -> None:
        """Show everything accepted, at most ``timeout`` seconds, then end. Idempotent; later prints are ValueErrors."""
        self._core.close(timeout)

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if isinstance(error, Exception):
            excepthook.keep()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._core.name} ({'closed' if self.closed else 'open'})>"

    # -- properties ---------------------------------------------------------------------------------------------

    @property
    def width(self) -> int | None:
        """Current layout width in cells; None where lines are not wrapped: a file, a pipe."""
        return self._core.target.width

    @property
    def dropped(self) -> int:
        """Count of records that a full queue has cost so far."""
        return self._core.dropped

    @property
    def closed(self) -> bool:
        """Whether `close` was called, or `STOP` put."""
        return self._core.closed

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """Return an attribute of the file protocol, for code that uses the console as a text file."""
            if name in _FILE_PROTOCOL and "_core" in self.__dict__:
                return _FILE_PROTOCOL[name](self._core)
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


_FILE_PROTOCOL: dict[str, Callable[[ConsoleCore], object]] = {
    "encoding": lambda core: core.target.encoding,
    "isatty": lambda core: core.isatty,
    "name": lambda core: core.name,
    "overflow": lambda core: core.overflow,
    "stream": lambda core: core.target.target(),
    "writable": lambda core: lambda: not core.closed,
}


def check_stream(stream: object) -> None:
    """Raise TypeError if a stream is given that has no `write`."""
    if stream is not None and not callable(getattr(stream, "write", None)):
        raise TypeError(f"stream is {stream!r}; it has to be a file open for writing text, with a write() method")


def check_console(console: object) -> None:
    """Raise TypeError if something else is given in the place of a console."""
    if console is not None and not isinstance(console, Console):
        raise TypeError(f"console is {console!r}; it has to be a reflowlog.Console")


def console_at(address: str, **options: Any) -> Console:
    """Return a console that sends to the console of another process.

    Args:
        address: of that console, from `ConsoleCore.address`.
        options: arguments of `Console`, used once that console is gone: then plain lines go to standard error.
    """
    console = Console(**options)
    core_of(console).connect_to(address)
    return console


def _before_fork() -> None:
    """Create the servers for children, and import the modules that a child needs: a child must not import anything."""
    for console in open_consoles():
        if core_of(console).address() is not None:
            import json  # noqa: F401 - start-up cost: only programs with children

            from reflowlog.multiprocess import client  # noqa: F401


lifecycle.before_fork(_before_fork)


def _check(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; it has to be one of {', '.join(allowed)}")


def open_consoles() -> list[Console]:
    """Return all consoles of this process that are not closed, the newest first."""
    return [console for made in reversed(list(_made)) if (console := made()) is not None and not console.closed]


_made: list[weakref.ref[Console]] = []  # registry from which the console of a terminal is found
