"""Terminal that a keyboard reads: its settings under job control, its bytes, and a way to end a wait.

Invariants:
- In the background the terminal is neither read nor changed; that would stop this process, or disturb the shell.
- `release` restores the settings that were found, without a flush: typed-ahead input belongs to the shell.
- In a library the terminal is shared: while another program (an editor that the program has started) has changed its
  settings, nothing is read, until they are as before; nor while the program itself reads, which may restore them for
  a moment meanwhile. And Ctrl-Z is a key: no handler here could restore the settings
  before the program is stopped.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.system import unix
from reflowlog.system.fds import close_own, identity_of
from reflowlog.system.tty import in_foreground
from reflowlog.system.write_watch import announce_descriptor, withdraw_descriptor
from reflowlog.terminal.tty_mode import open_terminal, raw_settings, readable, without_sigttou

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KeyboardDevice", "TtyDevice"]

MAX_EMPTY_READS = 3  # reads in a row without a byte, after which the terminal counts as closed


class KeyboardDevice(Protocol):
    """Terminal that a keyboard reads. `Keyboard` holds its lock in each call but `wait`, `wake` and the properties."""

    @property
    def is_gone(self) -> bool:
        """Whether the terminal counts as closed."""

    @property
    def settings(self) -> list[Any] | None:
        """The settings (termios) that were applied last; None if there are none."""

    def open(self) -> bool:
        """Open the terminal and return whether there is one."""

    def configure(self, *, capture_ctrl_c: bool, pass_through: bool) -> None:
        """Choose the settings, see `terminal/tty_mode.py: raw_settings`; those in force are changed at once."""

    def acquire(self) -> bool:
        """Apply the settings if this process is in the foreground: return whether the terminal may be read."""

    def release(self) -> None:
        """Restore the settings that were found. Idempotent."""

    def forget(self) -> None:
        """Take the settings as unknown: they are applied again."""

    def wait(self, timeout: float | None, *, for_keys: bool) -> bool | None:
        """Wait at most ``timeout`` seconds: True if there are bytes, False after `wake`, None after the timeout."""

    def read(self) -> bytes:
        """Return the bytes that are there; empty if there are none, or the terminal may not be read."""

    def write(self, data: bytes) -> None:
        """Write to the terminal without blocking. Raises OSError."""

    def wake(self) -> None:
        """End a `wait`. Any thread."""

    def close(self) -> None:
        """Close the terminal. Idempotent."""


class TtyDevice:
    """The controlling terminal; see `KeyboardDevice`.

    Args:
        path: of the terminal. If it cannot be opened, that of standard error, output or input is used.
        shared: whether the program, which is not the command line, changes the terminal's settings at times.
        is_lent: returns whether the program reads the terminal itself.
    """

    def __init__(
        self, path: str = "/dev/tty", *, shared: bool = False, is_lent: Callable[[], bool] = lambda: False
    ) -> None:
        self._path = path
        self._shared = shared
        self._is_lent = is_lent
        self._tty = self._wake_read = self._wake_write = -1
        self._identities: list[tuple[int, int] | None] = []  # the files that these lead to
        self._captures_ctrl_c = self._pass_through = False
        self._saved: list[Any] | None = None  # settings to restore
        self._applied: list[Any] | None = None  # settings in force; None while another program has the terminal
        self._last_applied: list[Any] | None = None  # the last settings in force
        self._empty_reads = 0  # failed or empty reads since the last byte

    @property
    def is_gone(self) -> bool:
        """Whether the terminal counts as closed."""
        return self._empty_reads >= MAX_EMPTY_READS

    @property
    def settings(self) -> list[Any] | None:
        """The settings that were applied last; None if there are none."""
        return self._last_applied

    def open(self) -> bool:
        """Open the terminal and return whether there is one."""
        self._tty = open_terminal(self._path)
        if self._tty < 0:
            return False
        try:
            self._wake_read, self._wake_write = os.pipe()
        except OSError:  # no more descriptors
            self._identities = self._identify()
            self.close()
            return False
        unix.set_blocking(self._wake_read, False)
        unix.set_blocking(self._wake_write, False)
        self._identities = self._identify()
        announce_descriptor(self._tty)
        return True

    # -- settings -----------------------------------------------------------------------------------------------

    def configure(self, *, capture_ctrl_c: bool, pass_through: bool) -> None:
        """Choose the settings; those in force are changed at once."""
        self._captures_ctrl_c, self._pass_through = capture_ctrl_c, pass_through
        if self._applied is not None and in_foreground(self._tty):
            self._apply()

    def acquire(self) -> bool:
        """Apply the settings if this process is in the foreground: return whether the terminal may be read."""
        if self._tty < 0 or not in_foreground(self._tty) or self._is_lent():
            return False
        if self._applied is not None and self._shared:
            if self._is_foreign():
                return False
            self._apply()  # the settings found at first may be in force again
        if self._applied is None:
            from reflowlog.system.unix import termios

            try:
                settings = termios.tcgetattr(self._tty)
            except (OSError, termios.error):  # the terminal is closed
                self._empty_reads += 1
                return False
            if settings != self._last_applied:  # a shell may restore the settings that a job had applied
                self._saved = settings
            self._apply()
        return self._applied is not None

    def _is_foreign(self) -> bool:
        """Return whether another program has changed the settings of the shared terminal."""
        if not self._shared or self._applied is None:
            return False
        from reflowlog.system.unix import termios

        try:
            return termios.tcgetattr(self._tty) not in (self._applied, self._saved)
        except (OSError, termios.error):
            return False

    def _apply(self) -> None:
        from reflowlog.system.unix import termios

        if self._saved is None:
            return
        ours = raw_settings(
            self._saved,
            self._tty,
            capture_ctrl_c=self._captures_ctrl_c,
            suspends=not self._shared,
            pass_through=self._pass_through,
        )
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self._tty, termios.TCSANOW, ours)
            self._applied = self._last_applied = termios.tcgetattr(self._tty)

    def release(self) -> None:
        """Restore the settings; in the background only if those applied here are in force, for a shell sets its own.

        A shell that waits for another process of this job takes the terminal while this process is still exiting.
        """
        if self._applied is not None and self._saved is not None:
            from reflowlog.system.unix import termios

            with contextlib.suppress(OSError, termios.error), without_sigttou():
                if in_foreground(self._tty) or termios.tcgetattr(self._tty) == self._applied:
                    termios.tcsetattr(self._tty, termios.TCSANOW, self._saved)
        self._applied = None

    def forget(self) -> None:
        """Take the settings as unknown, as after SIGSTOP: they are applied again."""
        self._applied = None

    # -- bytes --------------------------------------------------------------------------------------------------

    def wait(self, timeout: float | None, *, for_keys: bool) -> bool | None:
        """Wait at most ``timeout`` seconds: True if there are bytes, False after `wake`, None after the timeout."""
        ready = readable([self._tty, self._wake_read] if for_keys else [self._wake_read], timeout)
        if self._wake_read in ready:
            with contextlib.suppress(OSError):
                os.read(self._wake_read, 4096)
            return False
        return True if ready else None

    def read(self) -> bytes:
        """Return the bytes that are there; empty if there are none, or the terminal may not be read."""
        if self._is_foreign() or self._is_lent():
            return b""
        data = b""
        if in_foreground(self._tty):
            try:
                data = os.read(self._tty, 4096)
            except BlockingIOError:
                return b""
            except OSError:  # in the background since a moment ago, or the terminal is closed
                self._empty_reads += in_foreground(self._tty)
            else:  # empty: it is closed, or another program has set canonical mode
                self._empty_reads = 0 if data else self._empty_reads + 1
        if not data:
            self._applied = None  # another program may have changed the settings
        return data

    def write(self, data: bytes) -> None:
        """Write to the terminal without blocking. Raises OSError, EAGAIN where output is stopped (Ctrl-S)."""
        os.write(self._tty, data)

    def wake(self) -> None:
        """End a `wait`."""
        if self._wake_write >= 0 and self._identify() == self._identities:
            with contextlib.suppress(OSError):  # a full pipe wakes the reader, too
                os.write(self._wake_write, b"\0")

    def close(self) -> None:
        """Close the terminal, unless the program has closed its descriptors. Idempotent."""
        withdraw_descriptor(self._tty)
        descriptors = self._tty, self._wake_read, self._wake_write
        self._tty = self._wake_read = self._wake_write = -1
        for descriptor, identity in zip(descriptors, self._identities):
            close_own(descriptor, identity)

    def _identify(self) -> list[tuple[int, int] | None]:
        """Return the files that the descriptors lead to."""
        return [identity_of(each) for each in (self._tty, self._wake_read, self._wake_write)]
