"""Console of Windows as a keyboard's terminal: it delivers events of keys rather than bytes.

Invariants:
- A console that makes sequences of keys itself (Windows 10 and later) also answers queries; another one only has keys.
- There is no job control: this process is always in the foreground.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.system.fds import write_all
from reflowlog.terminal.keyboard_device import MAX_EMPTY_READS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ConsoleDevice", "ConsoleKeys"]

_XTERM_SEQUENCES = {
    0x21: "\x1b[5~",  # Page Up
    0x22: "\x1b[6~",  # Page Down
    0x23: "\x1b[F",  # End
    0x24: "\x1b[H",  # Home
    0x25: "\x1b[D",  # Left
    0x26: "\x1b[A",  # Up
    0x27: "\x1b[C",  # Right
    0x28: "\x1b[B",  # Down
    0x2D: "\x1b[2~",  # Insert
    0x2E: "\x1b[3~",  # Delete
    **{0x70 + number: f"\x1bO{letter}" for number, letter in enumerate("PQRS")},  # F1 to F4
    **{0x74 + number: f"\x1b[{code}~" for number, code in enumerate((15, 17, 18, 19, 20, 21, 23, 24))},
}
"""Sequences of xterm by the virtual codes of keys."""


class ConsoleKeys(Protocol):
    """The console's input; see `system/windows.py: ConsoleInput`."""

    def get_mode(self) -> int:
        """Return the input mode. Raises OSError if the console is gone."""

    def set_mode(self, mode: int) -> None:
        """Set the input mode. Raises OSError."""

    def set_raw(self, found: int, *, capture_ctrl_c: bool) -> None:
        """Deliver each key at once and without echo. Raises OSError."""

    def wait(self, seconds: float | None, *, for_keys: bool = True) -> bool | None:
        """Return True once there are keys, False after `wake`, None after `seconds`."""

    def read(self) -> bytes:
        """Return the bytes of the keys that were pressed. Raises OSError."""

    def wake(self) -> None:
        """End a `wait`."""

    def close(self) -> None:
        """Close it."""


if sys.platform == "win32":
    from reflowlog.system.windows import ConsoleInput as open_console  # noqa: N813
else:

    def open_console(sequences: Mapping[int, str]) -> ConsoleKeys:  # noqa: ARG001 - of the other system's
        """Open the console's input. Raises OSError if there is no console."""
        raise OSError("no console of Windows")


class ConsoleDevice:
    """The console of this process; see `KeyboardDevice`.

    Args:
        open_console: opens the console's input, given the sequences of keys by their virtual codes.
    """

    def __init__(self, open_console: Callable[[Mapping[int, str]], ConsoleKeys] = open_console) -> None:
        self._open_console = open_console
        self._console: ConsoleKeys | None = None
        self._captures_ctrl_c = False
        self._saved_mode: int | None = None  # None: the mode found is in force
        self._empty_reads = 0  # failed reads since the last key

    @property
    def is_gone(self) -> bool:
        """Whether the console counts as closed."""
        return self._empty_reads >= MAX_EMPTY_READS

    @property
    def settings(self) -> list[Any] | None:
        """None: a console has no settings of a terminal."""
        return None

    def open(self) -> bool:
        """Open the console's input and return whether there is one."""
        try:
            self._console = self._open_console(_XTERM_SEQUENCES)
        except OSError:
            return False
        return True

    def configure(self, *, capture_ctrl_c: bool, pass_through: bool) -> None:  # noqa: ARG002 - no child reads a console
        """Choose whether Ctrl-C is a key; at once if the mode is in force."""
        self._captures_ctrl_c = capture_ctrl_c
        if self._saved_mode is not None:
            self._apply(self._saved_mode)

    def acquire(self) -> bool:
        """Deliver each key at once, and return whether the console may be read."""
        if self._console is None:
            return False
        if self._saved_mode is None:
            try:
                mode = self._console.get_mode()
            except OSError:  # the console is closed
                self._empty_reads += 1
                return False
            self._apply(mode)
        return self._saved_mode is not None

    def _apply(self, saved_mode: int) -> None:
        if self._console is not None:
            with contextlib.suppress(OSError):
                self._console.set_raw(saved_mode, capture_ctrl_c=self._captures_ctrl_c)
                self._saved_mode = saved_mode

    def release(self) -> None:
        """Restore the mode that was found. Idempotent."""
        if self._console is not None and self._saved_mode is not None:
            with contextlib.suppress(OSError):
                self._console.set_mode(self._saved_mode)
        self._saved_mode = None

    def forget(self) -> None:
        """Take the mode as unknown: it is set again."""
        self._saved_mode = None

    def wait(self, timeout: float | None, *, for_keys: bool) -> bool | None:
        """Wait at most ``timeout`` seconds: True if there are keys, False after `wake`, None after the timeout."""
        return False if self._console is None else self._console.wait(timeout, for_keys=for_keys)

    def read(self) -> bytes:
        """Return the bytes of the keys that were pressed."""
        if self._console is None:
            return b""
        try:
            data = self._console.read()
        except OSError:  # the console is closed
            self._empty_reads += 1
            return b""
        if data:
            self._empty_reads = 0
        return data

    def write(self, data: bytes) -> None:
        """Write to the console. Raises OSError and `OutputClosed`."""
        write_all(1, data)

    def wake(self) -> None:
        """End a `wait`."""
        if self._console is not None:
            self._console.wake()

    def close(self) -> None:
        """Close the console's input. Idempotent."""
        console, self._console = self._console, None
        if console is not None:
            console.close()
