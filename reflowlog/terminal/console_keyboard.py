"""Keyboard of a console of Windows, which delivers events of keys rather than bytes.

Invariants:
- Only a complete sequence becomes a key, as in `terminal/keyboard.py`, whose thread and decoder are used.
- A console that makes sequences of keys itself (Windows 10 and later) also answers queries; another one only has keys.
- There is no job control: this process is always in the foreground.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.system.fds import write_all
from reflowlog.terminal.keyboard import POLL_INTERVAL, Keyboard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reflowlog.core.events import Key

__all__ = ["ConsoleDevice", "ConsoleKeyboard"]

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


class ConsoleDevice(Protocol):
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
    from reflowlog.system.windows import ConsoleInput as open_device  # noqa: N813
else:

    def open_device(sequences: Mapping[int, str]) -> ConsoleDevice:  # noqa: ARG001 - of the other system's
        """Open the console's input. Raises OSError if there is no console."""
        raise OSError("no console of Windows")


class ConsoleKeyboard(Keyboard):
    """Reads the keys of this process's console; see `Keyboard`.

    Args:
        send: called with each key, on the reading thread.
        open_device: opens the console.
        options: of `Keyboard`.
    """

    def __init__(
        self,
        send: Callable[[Key], object],
        *,
        open_device: Callable[[Mapping[int, str]], ConsoleDevice] = open_device,
        **options: Any,
    ) -> None:
        super().__init__(send, **options)
        self._open_device = open_device
        self._device: ConsoleDevice | None = None

    def _open(self) -> bool:
        try:
            self._device = self._open_device(_XTERM_SEQUENCES)
        except OSError:
            return False
        return True

    def _acquire(self) -> bool:
        if self._device is None or self._suspended or self._stopped:
            return False
        if self._applied is None:
            try:
                self._saved = [self._device.get_mode()]
            except OSError:  # the console is closed
                self._empty_reads += 1
                return False
            self._apply()
        return self._applied is not None

    def _apply(self) -> None:
        if self._device is None or self._saved is None:
            return
        with contextlib.suppress(OSError):
            self._device.set_raw(self._saved[0], capture_ctrl_c=self._captures_ctrl_c)
            self._applied = self._saved

    def _is_foreign(self) -> bool:
        return False

    def _release(self) -> None:
        if self._device is not None and self._applied is not None and self._saved is not None:
            with contextlib.suppress(OSError):
                self._device.set_mode(self._saved[0])
        self._applied = None

    def _wake(self) -> None:
        if self._device is not None:
            self._device.wake()

    def _read(self) -> bytes:
        with self._lock:
            is_ours, device = self._acquire(), self._device
        if device is None:
            return b""
        found = device.wait(self._read_timeout() if is_ours else POLL_INTERVAL, for_keys=is_ours)
        if found is None and is_ours:
            self._handle_timeout()
        return self._read_bytes() if found else b""

    def _read_bytes(self) -> bytes:
        with self._lock:
            if self._device is None or self._suspended or self._stopped:
                return b""
            try:
                return self._device.read()
            except OSError:  # the console is closed
                self._empty_reads += 1
                return b""

    def _write_question(self, question: bytes) -> None:
        write_all(1, question)

    def _close(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            device.close()
