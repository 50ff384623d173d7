"""Other writers to the program's terminal: its own code past the console, child processes, applications.

Invariants:
- On Linux a write of this process to the terminal is noticed, by `print`, `os.write` or C code
  (`system/write_watch.py`). Elsewhere, what can be noticed is that `sys.stdout` and `sys.stderr` do not lead there.
- A process that was started with the terminal as its output may write to it as long as it lives; which one wrote is
  never known. A child whose output is redirected, or goes into the pipe of a capture, does not count.
- An application has taken the terminal while curses is active, or while the terminal is in raw mode, as
  prompt_toolkit, Textual and editors set it. A terminal that was raw from the start does not count. A prompt of this
  process gives the terminal back for records (`console/prompt_turns.py`).
- A program that switches to the alternate screen by a captured stream has taken it until it switches back
  (`console/stream_proxy.py`). By `os.write`, or by a child in cooked mode, that is not known.
- urwid leaves Ctrl-C a signal: where it is loaded, the terminal is taken while it delivers keys at once.
- A child has taken it while it delivers keys at once but keeps Ctrl-C a signal, as `less` and Emacs set it, and this
  process has started a child that lives. Settings of this process itself do not count: those of a console with keys,
  and those of `readline` within `input`.
- A process that may write starts once the records logged before are painted, so that its output follows them.
- Starts are counted by wrappers of `os.system`, `os.posix_spawn`, `os.posix_spawnp` and `subprocess.Popen.__init__`,
  which stay. No audit hook: each call of `sys._getframe` in `logging` would cost a microsecond.
"""

from __future__ import annotations

import functools
import io
import os
import sys
from typing import TYPE_CHECKING, Any

from reflowlog.console import flush_points
from reflowlog.console.direct_output import descriptor_of
from reflowlog.console.stream_proxy import StreamProxy
from reflowlog.core.loaded_modules import loaded_module
from reflowlog.system import fd_redirect, unix
from reflowlog.system.tty import terminal_device

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from reflowlog.system.write_watch import WriteWatch

__all__ = ["ProgramWriters", "TerminalUse", "open_watch", "print_is_captured", "watch_process_starts"]

_SCREEN_LIBRARIES = ("textual", "prompt_toolkit", "_curses", "urwid")
_OS_STARTS = ("system", "posix_spawn", "posix_spawnp")
START_TIMEOUT = 0.25  # seconds that the start of a process waits for the records before it
_starts = 0  # processes started so far, by any thread; only whether it has changed is looked at
_is_watching = False  # never unset: the wrappers stay
_watches_subprocess = False  # neither is this


def watch_process_starts() -> None:
    """Count processes that are started with the terminal as their output, from now on. Idempotent."""
    global _is_watching
    if not _is_watching:
        _is_watching = True
        for name in _OS_STARTS:
            if hasattr(os, name):
                setattr(os, name, _counting(getattr(os, name), lambda *_, **__: _is_redirected()))
        import subprocess  # start-up cost: only on a terminal; later, the first process would be missed

        _watch_subprocess(subprocess)


def count_process_starts() -> int:
    """Return how many processes were started so far that may write to the terminal."""
    global _starts
    if not _watches_subprocess and _watch_subprocess(loaded_module("subprocess")):
        _starts += 1  # it was imported meanwhile, and may have started one
    return _starts


def _watch_subprocess(subprocess: Any) -> bool:
    """Count the starts of `subprocess`, once; return False while it is not imported, or another thread imports it."""
    global _watches_subprocess
    popen = getattr(subprocess, "Popen", None)
    if popen is None or _watches_subprocess:
        return False
    _watches_subprocess = True
    popen.__init__ = _counting(popen.__init__, _is_redirected)
    return True


def _counting(original: Callable[..., Any], is_harmless: Callable[..., bool]) -> Callable[..., Any]:
    """Wrap a function that starts a process: unless its arguments are harmless it is counted, after all records."""

    @functools.wraps(original)
    def ours(*arguments: Any, **named: Any) -> Any:
        global _starts
        if not is_harmless(*arguments, **named):
            flush_points.settle(START_TIMEOUT)
            _starts += 1
        return original(*arguments, **named)

    return ours


def _is_redirected(*arguments: Any, stdout: Any = None, stderr: Any = None, **_named: Any) -> bool:
    """Return whether the output and the error of a `subprocess.Popen` lead elsewhere than to the terminal.

    Args:
        arguments: positional ones of `Popen.__init__`: itself, args, bufsize, executable, stdin, stdout, stderr.
        stdout: by name.
        stderr: by name.
    """
    stdout = arguments[5] if len(arguments) > 5 else stdout
    stderr = arguments[6] if len(arguments) > 6 else stderr
    ends = ((1, stdout), (2, stderr))
    return all(end is not None or fd_redirect.is_captured(number) for number, end in ends)


def has_children() -> bool:
    """Return whether this process has children, running or not yet waited for; True where that cannot be asked."""
    try:
        unix.waitid(unix.P_ALL, 0, unix.WEXITED | unix.WNOHANG | unix.WNOWAIT)
    except ChildProcessError:
        return False
    except (AttributeError, OSError):
        return True
    return True


class ProgramWriters:
    """Knowledge of other writers to the terminal of a program's console. Printer thread only.

    Args:
        watch: of the terminal; None where it cannot be watched.
        is_captured: returns whether all printed text goes through the console or to another place.
    """

    def __init__(self, watch: WriteWatch | None, is_captured: Callable[[], bool]) -> None:
        self._watch = watch
        self._is_captured = is_captured
        self._seen_starts = count_process_starts()

    def have_written(self) -> bool:
        """Return whether others have written since the last call, or a process has ended that may have."""
        found = self._watch is not None and self._watch.take()
        starts = count_process_starts()
        if self._seen_starts != starts and not has_children():
            self._seen_starts = starts
            return True
        return found

    def may_write_unnoticed(self) -> bool:
        """Return whether a process that may write is running, or printed text passes the console unnoticed."""
        return self._seen_starts != count_process_starts() or (self._watch is None and not self._is_captured())

    def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.close()


def open_watch(descriptor: int | None) -> WriteWatch | None:
    """Watch a terminal for writes of others; None where that is not possible."""
    if descriptor is None or not os.path.exists("/proc/self/io"):
        return None
    from reflowlog.system.write_watch import WriteWatch  # start-up cost: only on a terminal, and on Linux

    try:
        return fd_redirect.ask(descriptor, WriteWatch)
    except OSError:
        return None


def print_is_captured(terminal: int | None) -> bool:
    """Return whether `sys.stdout` and `sys.stderr` lead to a console, or to another place than a terminal."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None or isinstance(stream, io.StringIO) or (isinstance(stream, StreamProxy) and stream.live):
            continue
        descriptor = descriptor_of(stream)
        if descriptor is None or fd_redirect.ask(descriptor, terminal_device) == terminal:
            return False
    return True


class TerminalUse:
    """Whether an application has taken a terminal.

    Args:
        descriptor: of the terminal.
        own_settings: returns the settings that this process has applied itself; None: none.
        has_prompt: returns whether a prompt of this process is on the terminal, see `PromptTurns.has_prompt`, or it has
            the alternate screen.
    """

    def __init__(
        self,
        descriptor: int,
        own_settings: Callable[[], list[Any] | None] = lambda: None,
        has_prompt: Callable[[], bool] = lambda: False,
    ) -> None:
        self._descriptor = descriptor
        self._own_settings = own_settings
        self._has_prompt = has_prompt
        settings = self._settings()
        is_drawn_on = any(name in sys.modules for name in _SCREEN_LIBRARIES)
        self._was_raw = settings is not None and _is_raw(settings) and not is_drawn_on
        self._had_keys = settings is not None and _delivers_keys(settings) and not is_drawn_on
        self._starts = count_process_starts()

    def is_taken(self) -> bool:
        """Return whether an application draws on the terminal now, so that nothing else may be written there."""
        if self._has_prompt() or _has_curses(loaded_module("_curses")):
            return True
        settings = self._settings()
        if settings is None:
            return False
        return (not self._was_raw and _is_raw(settings)) or self._has_keys_for_application(settings)

    def _has_keys_for_application(self, settings: list[Any]) -> bool:
        """Return whether urwid, or a child of this process, has set the terminal to deliver each key at once."""
        is_of_urwid = "urwid" in sys.modules
        may_be_of_child = self._starts != count_process_starts()
        if self._had_keys or not (is_of_urwid or may_be_of_child) or not _delivers_keys(settings):
            return False
        if settings == self._own_settings() or ("readline" in sys.modules and _is_of_readline(settings)):
            return False
        return is_of_urwid or has_children()

    def _settings(self) -> list[Any] | None:
        try:
            return list(fd_redirect.ask(self._descriptor, unix.termios.tcgetattr))
        except (AttributeError, OSError, unix.termios.error):
            return None


def _is_raw(settings: list[Any]) -> bool:
    """Return whether keys come at once, and none is a signal."""
    return not settings[3] & (unix.termios.ICANON | unix.termios.ISIG)


def _delivers_keys(settings: list[Any]) -> bool:
    """Return whether keys come at once, without echo."""
    return not settings[3] & (unix.termios.ICANON | unix.termios.ECHO)


def _is_of_readline(settings: list[Any]) -> bool:
    """Return whether GNU readline or libedit may have set it: Enter comes as it is, and Ctrl-C is a signal.

    Emacs makes Ctrl-G that signal; `less` has Enter translated.
    """
    return not settings[0] & unix.termios.ICRNL and settings[6][unix.termios.VINTR] == b"\x03"


def _has_curses(curses: ModuleType | None) -> bool:
    if curses is None:
        return False
    try:
        return not curses.isendwin()
    except curses.error:  # it was never started
        return False
