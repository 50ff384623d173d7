"""Reference-counted registry of the consoles that handlers share: one for each stream."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any

from reflowlog.console.console import Console, console_at, open_consoles
from reflowlog.console.core import ConsoleCore, core_of
from reflowlog.console.stream_proxy import StreamProxy, beneath
from reflowlog.core.module_lock import ModuleLock
from reflowlog.system import fd_redirect
from reflowlog.system.tty import terminal_device

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ConsoleLease", "acquire", "check_keywords", "check_options", "key_of", "release", "shared_console"]

_CONSOLE_KEYWORDS = frozenset(Console.__init__.__kwdefaults__ or ()) - {"columns", "extras"}
_shared: dict[object, tuple[Console, int]] = {}  # by stream key: console and count of its handlers
_sharing = ModuleLock()


def check_keywords(name: str, options: Mapping[str, object]) -> None:
    """Raise TypeError for an argument that `Console` does not have, in the name of the function that was called."""
    for option in options:
        if option not in _CONSOLE_KEYWORDS:
            raise TypeError(f"{name}() got an unexpected keyword argument {option!r}")


def check_options(stream: IO[str] | None, options: dict[str, Any]) -> None:
    """Validate console options by constructing a console, even if an existing one will be used. Raises as `Console`."""
    with _sharing():
        Console(stream, **options).close()


def acquire(stream: IO[str] | None, options: dict[str, Any], address: str | None = None) -> Console:
    """Return the console on a stream, created if there is none, and count one more user.

    Standard output and error on one terminal are one stream. A console that the program created itself is not counted:
    the program closes it.

    Args:
        stream: standard error if None.
        options: for a new console.
        address: of another process's console; then there is no stream.
    """
    key = key_of(stream) if address is None else address
    with _sharing():
        console, count = _shared.get(key, (None, 0))
        if console is None or console.closed:
            if (found := _open_on(key)) is not None:
                return found
            if address is not None:
                console, count = console_at(address, **options), 0
            else:
                console, count = Console(None if _is_standard_error(stream) else stream, **options), 0
        _shared[key] = (console, count + 1)
        return console


def _open_on(key: object) -> Console | None:
    """Return the newest open console on a stream, or of a parent's address."""
    cores = ((each, core_of(each)) for each in open_consoles())
    return next((each for each, core in cores if key in (core.parent, key_of(core.target.target()))), None)


def shared_console(stream: IO[str] | None = None) -> Console:
    """Return the console of a stream, so that a single one paints a terminal. Any thread.

    Args:
        stream: target stream; standard error if not given.

    Returns:
        The newest console that is open on the stream, or on the same terminal; if there is none, a new one that stays
        open until the program ends, and that later handlers share.
    """
    found: Any = sys.stderr if stream is None else stream
    if isinstance(found, StreamProxy) and found.live and isinstance(found.receiver, ConsoleCore):
        found = found.receiver.console or found
    if isinstance(found, Console) and not found.closed:
        return found
    with _sharing():
        return _open_on(key_of(found)) or acquire(found, {})


def key_of(stream: IO[str] | None) -> object:
    """Return the identity of a stream: equal for all streams on one terminal, and for a proxy and its stream."""
    real: Any = beneath(sys.stderr if stream is None else stream)
    try:
        if (terminal := fd_redirect.ask(real.fileno(), terminal_device)) is not None:
            return terminal
    except (AttributeError, OSError, TypeError, ValueError):
        pass
    return id(None if _is_standard_error(stream) else real)


def _is_standard_error(stream: IO[str] | None) -> bool:
    return stream is None or beneath(stream) is beneath(sys.stderr)


def release(console: Console) -> None:
    """Count one user fewer, and close the console with the last one, outside the lock: closing waits for a thread."""
    with _sharing():
        key = next((key for key, (shared, _) in _shared.items() if shared is console), None)
        if key is None:  # created by the program, which closes it
            return
        count = _shared[key][1]
        if count > 1:
            _shared[key] = (console, count - 1)
            return
        del _shared[key]
    console.close()


class ConsoleLease:
    """The console of a handler: one that its owner closes, or the one of a stream, which is closed with its last user.

    Args:
        console: that of an owner; None: that of the stream.
        stream: standard error if None.
        options: of a console that is created for the stream; an existing one is used as it is.
        address: of the parent's console, in a handler that was unpickled in another process; then there is no stream.

    Attributes:
        console: the console at present.
        core: its internal half.
        options: of a console that is created.

    Raises:
        TypeError: an option is of a wrong type.
        ValueError: an option is wrong, or there are both a console and a stream or options.
    """

    def __init__(
        self, console: Console | None, stream: IO[str] | None, options: dict[str, Any], address: str | None = None
    ) -> None:
        if console is not None and (stream is not None or options):
            raise ValueError("a console brings its own stream and options: give either, not both")
        self._is_shared = console is None
        self._stream = stream
        self.options = options
        self._address = address
        self.console = acquire(stream, options, address) if console is None else console
        self.core = core_of(self.console)
        self._is_counted = self._is_shared

    def renew(self, used: ConsoleCore) -> bool:
        """Take a new console of the stream if one that was used is closed; return whether there is another. Any thread.

        Args:
            used: the internal half that has refused something; another thread may have taken a new one since.
        """
        if not (self._is_shared and used.closed):
            return False
        with _sharing():
            if self.core.closed:
                self.console = acquire(self._stream, self.options, self._address)
                self.core = core_of(self.console)
                self._is_counted = True
        return True

    def end(self) -> None:
        """Show all that was sent, and close the console if this was its last user. Idempotent."""
        with _sharing():
            console, is_counted, self._is_counted = self.console, self._is_counted, False
        if is_counted:
            release(console)
        elif not console.closed:
            console.flush()
