"""Windows: files opened with full sharing, pipes, an alarm, and the console in its mode for control sequences.

Only Windows loads this module; a type checker reads it with `--platform win32`. Callers are `system/files.py`,
`system/fds.py`, `system/interruptible.py`, `system/tty.py` and `terminal/console_device.py`.

Invariants:
- Text for a console goes through `WriteConsoleW`, by way of Python's own console stream: a byte written to its
  descriptor would be read in the console's code page.
- The mode of a console is changed when it is first written to, and restored at exit.
- No function raises anything but OSError.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"

import contextlib
import ctypes
import errno
import msvcrt
import os
import signal
import time
from ctypes import wintypes
from typing import TYPE_CHECKING, Any

from reflowlog.core import lifecycle

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from io import RawIOBase

__all__ = [
    "ALARM_SIGNAL",
    "ConsoleInput",
    "console_size",
    "enable_sequences",
    "interrupt_job",
    "is_console",
    "open_shared",
    "set_alarm",
    "wait_readable",
    "write",
]

POLL_INTERVAL = 0.01  # seconds between two looks into a pipe: Windows cannot wait for one
KEYS_AT_ONCE = 256  # input records that are read at once

_GENERIC_READ, _GENERIC_WRITE = 0x80000000, 0x40000000
_SHARE_READ, _SHARE_WRITE, _SHARE_DELETE = 1, 2, 4
_OPEN_EXISTING, _ATTRIBUTE_NORMAL = 3, 0x80
_INVALID_HANDLE = ctypes.c_void_p(-1).value
_TYPE_PIPE = 3
_WAIT_TIMEOUT, _INFINITE = 0x102, 0xFFFFFFFF
_PROCESSED_OUTPUT, _SEQUENCES = 0x1, 0x4  # of an output mode
_PROCESSED_INPUT, _LINES, _ECHO, _SEQUENCE_INPUT = 0x1, 0x2, 0x4, 0x200  # of an input mode
_KEY_EVENT = 1
_ALT_KEY = 0x12  # its release delivers a character that was typed by its number


class _Coord(ctypes.Structure):
    _fields_ = (("x", wintypes.SHORT), ("y", wintypes.SHORT))


class _ScreenBuffer(ctypes.Structure):
    _fields_ = (
        ("size", _Coord),
        ("cursor", _Coord),
        ("attributes", wintypes.WORD),
        ("window", wintypes.SMALL_RECT),
        ("maximum", _Coord),
    )


class _KeyEvent(ctypes.Structure):
    _fields_ = (
        ("is_down", wintypes.BOOL),
        ("count", wintypes.WORD),
        ("key", wintypes.WORD),
        ("scan_code", wintypes.WORD),
        ("char", wintypes.WCHAR),
        ("state", wintypes.DWORD),
    )


class _Event(ctypes.Union):
    _fields_ = (("key", _KeyEvent), ("space", ctypes.c_byte * 16))


class _InputRecord(ctypes.Structure):
    _fields_ = (("kind", wintypes.WORD), ("event", _Event))


_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_HANDLE, _DWORD, _BOOL, _POINTER = wintypes.HANDLE, wintypes.DWORD, wintypes.BOOL, ctypes.c_void_p


def _declare(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_kernel, name)
    function.restype, function.argtypes = result, arguments
    return function


_create_file = _declare("CreateFileW", _HANDLE, wintypes.LPCWSTR, _DWORD, _DWORD, _POINTER, _DWORD, _DWORD, _HANDLE)
_close_handle = _declare("CloseHandle", _BOOL, _HANDLE)
_file_type = _declare("GetFileType", _DWORD, _HANDLE)
_peek_pipe = _declare("PeekNamedPipe", _BOOL, _HANDLE, _POINTER, _DWORD, _POINTER, _POINTER, _POINTER)
_get_mode = _declare("GetConsoleMode", _BOOL, _HANDLE, _POINTER)
_set_mode = _declare("SetConsoleMode", _BOOL, _HANDLE, _DWORD)
_screen_buffer = _declare("GetConsoleScreenBufferInfo", _BOOL, _HANDLE, _POINTER)
_create_event = _declare("CreateEventW", _HANDLE, _POINTER, _BOOL, _BOOL, wintypes.LPCWSTR)
_set_event = _declare("SetEvent", _BOOL, _HANDLE)
_wait = _declare("WaitForMultipleObjects", _DWORD, _DWORD, _POINTER, _BOOL, _DWORD)
_count_input = _declare("GetNumberOfConsoleInputEvents", _BOOL, _HANDLE, _POINTER)
_read_input = _declare("ReadConsoleInputW", _BOOL, _HANDLE, _POINTER, _DWORD, _POINTER)
_create_timer = _declare("CreateTimerQueueTimer", _BOOL, _POINTER, _HANDLE, _POINTER, _POINTER, _DWORD, _DWORD, _DWORD)
_delete_timer = _declare("DeleteTimerQueueTimer", _BOOL, _HANDLE, _HANDLE, _HANDLE)


# -- the alarm -----------------------------------------------------------------------------------------------------

ALARM_SIGNAL = signal.SIGFPE
"""Signal whose Python handler the alarm runs on the main thread. Nothing else raises it: Python masks these errors."""

_ONCE_ON_TIMER_THREAD = 0x8 | 0x20
_interrupt = ctypes.cast(ctypes.pythonapi.PyErr_SetInterruptEx, ctypes.c_void_p)
_timer = _HANDLE()


def set_alarm(seconds: float) -> None:
    """Have the handler of `ALARM_SIGNAL` run after some seconds, in place of an earlier alarm; 0: not at all.

    The timer calls `PyErr_SetInterruptEx(ALARM_SIGNAL)`, for which no thread has to hold the interpreter's lock: so the
    alarm also comes while `re` matches, which checks for signals. The signal is not raised; that function marks it.
    """
    if _timer.value:
        _delete_timer(None, _timer, _HANDLE(-1))  # waits for the end of a call that has begun
        _timer.value = None
    if seconds > 0:
        milliseconds = max(1, int(seconds * 1000))
        _create_timer(ctypes.byref(_timer), None, _interrupt, int(ALARM_SIGNAL), milliseconds, 0, _ONCE_ON_TIMER_THREAD)


# -- files and pipes -----------------------------------------------------------------------------------------------


def open_shared(path: str, _flags: int = 0) -> int:
    """Open a file for reading, which others may write, rename and delete meanwhile; return its descriptor.

    Raises:
        OSError: it cannot be opened; `IsADirectoryError` for a directory.
    """
    sharing = _SHARE_READ | _SHARE_WRITE | _SHARE_DELETE
    handle = _create_file(os.fspath(path), _GENERIC_READ, sharing, None, _OPEN_EXISTING, _ATTRIBUTE_NORMAL, None)
    if handle == _INVALID_HANDLE:
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        code = ctypes.get_last_error()
        raise OSError(0, ctypes.FormatError(code).strip(), path, code)  # as Python's own: errno follows from the code
    try:
        return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT)
    except OSError:
        _close_handle(handle)
        raise


def wait_readable(descriptors: Collection[int], seconds: float | None) -> list[int]:
    """Wait until some descriptors can be read without blocking, or are at EOF; return these: none after `seconds`.

    A pipe is looked into every `POLL_INTERVAL` seconds. A file is always ready, and so is anything else.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        ready = [descriptor for descriptor in descriptors if _is_readable(descriptor)]
        left = POLL_INTERVAL if deadline is None else deadline - time.monotonic()
        if ready or left <= 0:
            return ready
        time.sleep(min(left, POLL_INTERVAL))


def _is_readable(descriptor: int) -> bool:
    handle = _handle_of(descriptor)
    if handle is None or _file_type(handle) != _TYPE_PIPE:
        return True
    waiting = _DWORD()
    if not _peek_pipe(handle, None, 0, None, ctypes.byref(waiting), None):
        return True  # its writer is gone, which a read reports
    return waiting.value > 0


def _handle_of(descriptor: int) -> int | None:
    try:
        return msvcrt.get_osfhandle(descriptor)
    except OSError:
        return None


# -- the console as an output --------------------------------------------------------------------------------------

_streams: dict[int, RawIOBase] = {}  # console streams by handle
_saved_modes: dict[int, int] = {}  # modes to restore, by handle


def is_console(descriptor: int) -> bool:
    """Return whether a descriptor is a console; not so for the null device, for which `os.isatty` is true."""
    handle = _handle_of(descriptor)
    return handle is not None and bool(_get_mode(handle, ctypes.byref(_DWORD())))


def console_size(descriptor: int) -> tuple[int, int]:
    """Return the columns and rows of a console's window; zeros if the descriptor is no console."""
    handle, found = _handle_of(descriptor), _ScreenBuffer()
    if handle is None or not _screen_buffer(handle, ctypes.byref(found)):
        return 0, 0
    window = found.window
    return window.Right - window.Left + 1, window.Bottom - window.Top + 1


def enable_sequences(descriptor: int) -> bool:
    """Make a console act on control sequences, and return whether it does. Idempotent; its mode is restored at exit."""
    handle, mode = _handle_of(descriptor), _DWORD()
    if handle is None or not _get_mode(handle, ctypes.byref(mode)):
        return False
    wanted = mode.value | _PROCESSED_OUTPUT | _SEQUENCES
    if wanted == mode.value:
        return True
    if not _set_mode(handle, wanted):  # Windows before 10.0.10586
        return False
    if not _saved_modes:
        lifecycle.add_exit_hook(lifecycle.EXIT_TERMINALS, restore_modes)
    _saved_modes.setdefault(handle, mode.value)
    return True


def restore_modes() -> None:
    """Restore the modes that `enable_sequences` has changed. Idempotent."""
    while _saved_modes:
        _set_mode(*_saved_modes.popitem())


def interrupt_job() -> None:
    """Send Ctrl-C to all processes of this console. Raises OSError."""
    os.kill(0, signal.CTRL_C_EVENT)


def write(descriptor: int, data: bytes | memoryview) -> int:
    """Write some bytes to a descriptor, UTF-8 to a console; return how many were written. Raises as `os.write`."""
    if not os.isatty(descriptor) or not enable_or_check(descriptor):
        return os.write(descriptor, data)
    handle = msvcrt.get_osfhandle(descriptor)
    stream = _streams.get(handle)
    if stream is None:
        stream = _streams[handle] = open(descriptor, "wb", buffering=0, closefd=False)  # noqa: SIM115 - stays open
    return stream.write(data) or 0


def enable_or_check(descriptor: int) -> bool:
    """Enable control sequences where they are supported; return whether the descriptor is a console."""
    return enable_sequences(descriptor) or is_console(descriptor)


# -- the console as an input ---------------------------------------------------------------------------------------


class ConsoleInput:
    """The keyboard of this process's console, whatever standard input is.

    Args:
        sequences: characters of keys by their virtual codes, for a console that does not make sequences of them itself.

    Raises:
        OSError: there is no console.
    """

    def __init__(self, sequences: Mapping[int, str]) -> None:
        self._sequences = sequences
        sharing = _SHARE_READ | _SHARE_WRITE
        handle = _create_file("CONIN$", _GENERIC_READ | _GENERIC_WRITE, sharing, None, _OPEN_EXISTING, 0, None)
        if handle == _INVALID_HANDLE:
            raise ctypes.WinError(ctypes.get_last_error())
        self._handle = handle
        self._wake = _create_event(None, False, False, None)
        self._high_surrogate = ""

    def get_mode(self) -> int:
        """Return the input mode. Raises OSError if the console is gone."""
        mode = _DWORD()
        if not _get_mode(self._handle, ctypes.byref(mode)):
            raise ctypes.WinError(ctypes.get_last_error())
        return mode.value

    def set_mode(self, mode: int) -> None:
        """Set the input mode. Raises OSError if it is refused."""
        if not _set_mode(self._handle, mode):
            raise ctypes.WinError(ctypes.get_last_error())

    def set_raw(self, found: int, *, capture_ctrl_c: bool) -> None:
        """Deliver each key at once and without echo; as a sequence of characters where the console does that.

        Args:
            found: the mode to change.
            capture_ctrl_c: whether Ctrl-C is a key; else it is a signal.
        """
        mode = found & ~(_LINES | _ECHO | _PROCESSED_INPUT)
        mode |= 0 if capture_ctrl_c else _PROCESSED_INPUT
        try:
            self.set_mode(mode | _SEQUENCE_INPUT)
        except OSError:
            self.set_mode(mode)

    def wait(self, seconds: float | None, *, for_keys: bool = True) -> bool | None:
        """Wait for keys at most `seconds`; return True for keys, False after `wake`, None after that time.

        Args:
            seconds: timeout; None: none.
            for_keys: whether keys end the wait.
        """
        handles = (_HANDLE * 2)(self._wake, self._handle)
        timeout = _INFINITE if seconds is None else max(0, int(seconds * 1000))
        found = _wait(2 if for_keys else 1, handles, False, timeout)
        return None if found == _WAIT_TIMEOUT else found == 1

    def read(self) -> bytes:
        """Return the bytes of the keys that were pressed. Never blocks.

        Raises:
            OSError: the console is gone.
        """
        count, records = _DWORD(), (_InputRecord * KEYS_AT_ONCE)()
        if not _count_input(self._handle, ctypes.byref(count)):
            raise ctypes.WinError(ctypes.get_last_error())
        if not count.value:
            return b""
        if not _read_input(self._handle, records, KEYS_AT_ONCE, ctypes.byref(count)):
            raise ctypes.WinError(ctypes.get_last_error())
        keys = [record.event.key for record in records[: count.value] if record.kind == _KEY_EVENT]
        return "".join(map(self._text_of, keys)).encode("utf-8", "replace")

    def _text_of(self, event: _KeyEvent) -> str:
        """Return the characters of a key event; half a character is kept for the next one."""
        char: str = event.char
        if not (event.is_down or (event.key == _ALT_KEY and char != "\0")):
            return ""
        if char == "\0":
            return self._sequences.get(int(event.key), "") * max(1, int(event.count))
        if "\ud800" <= char <= "\udbff":
            self._high_surrogate = char
            return ""
        high, self._high_surrogate = self._high_surrogate, ""
        whole = (high + char).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return whole * max(1, int(event.count))

    def wake(self) -> None:
        """End a `wait`. Any thread."""
        _set_event(self._wake)

    def close(self) -> None:
        """Close it. Idempotent."""
        with contextlib.suppress(OSError):
            for handle in (self._handle, self._wake):
                if handle:
                    _close_handle(handle)
        self._handle = self._wake = 0
