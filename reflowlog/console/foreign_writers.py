"""Other writers to the program's terminal: child processes that inherit it, and applications that have taken it.

Invariants:
- A process that was started with the terminal as its output may write to it as long as it lives; which one wrote is
  never known. A child whose output is redirected, or goes into the pipe of a capture, does not count.
- An application has taken the terminal while curses is active, or while the terminal is in raw mode, as
  prompt_toolkit, Textual and editors set it. A terminal that was raw from the start does not count.
- The audit hook is installed once, and cannot be removed: it compares one string for each event.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from reflowlog.system import fd_redirect

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["TerminalUse", "count_process_starts", "has_children", "watch_process_starts"]

_STARTS = frozenset({"subprocess.Popen", "os.system", "os.posix_spawn", "os.spawn", "pty.spawn", "os.startfile"})
_SCREEN_LIBRARIES = ("textual", "prompt_toolkit", "_curses", "urwid")
_starts = 0
_is_watching = False


def watch_process_starts() -> None:
    """Count processes that are started with the terminal as their output, from now on. Idempotent."""
    global _is_watching
    if not _is_watching:
        _is_watching = True
        sys.addaudithook(_on_audit_event)


def count_process_starts() -> int:
    """Return how many processes were started so far that may write to the terminal."""
    return _starts


def has_children() -> bool:
    """Return whether this process has children, running or not yet waited for; True where that cannot be asked."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    except (AttributeError, OSError):
        return True
    return True


def _on_audit_event(event: str, arguments: tuple[Any, ...]) -> None:  # noqa: ARG001 - an audit hook's signature
    global _starts
    if event in _STARTS and not (event == "subprocess.Popen" and _is_redirected(sys._getframe(1))):
        _starts += 1


def _is_redirected(frame: Any) -> bool:
    """Return whether the standard output and error of a `subprocess.Popen` lead elsewhere than ours.

    Args:
        frame: of the method that starts the process; its local variables name the child's descriptors, -1 for ours.
    """
    values = frame.f_locals
    return all(values.get(name, -1) != -1 or fd_redirect.is_captured(number) for number, name in _CHILD_ENDS)


_CHILD_ENDS = ((1, "c2pwrite"), (2, "errwrite"))


class TerminalUse:
    """Whether an application has taken a terminal.

    Args:
        descriptor: of the terminal.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._was_raw = self._is_raw() and not any(name in sys.modules for name in _SCREEN_LIBRARIES)

    def is_taken(self) -> bool:
        """Return whether an application draws on the terminal now, so that nothing else may be written there."""
        return _has_curses(sys.modules.get("_curses")) or (not self._was_raw and self._is_raw())

    def _is_raw(self) -> bool:
        try:
            flags: int = fd_redirect.ask(self._descriptor, termios.tcgetattr)[3]
        except (AttributeError, OSError, termios.error):
            return False
        return not flags & (termios.ICANON | termios.ISIG)


def _has_curses(curses: ModuleType | None) -> bool:
    if curses is None:
        return False
    try:
        return not curses.isendwin()
    except curses.error:  # it was never started
        return False
