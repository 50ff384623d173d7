"""Calls before which queued records are painted: ends of a process that run no exit hooks, and questions to the user.

Invariants:
- Patched are `os._exit`, `os.abort`, `os.execv` and `os.execve` (the others of that family call these two), `input`,
  `getpass.getpass`, and `readline` of a `sys.stdin` that is a terminal, while an output with a printer thread is open.
  They are restored with the last one, unless other code has replaced them since.
- A question and its answer are written past the outputs, which are told so before and after. The terminal echoes the
  Enter of an answer, which ends an unterminated line that the program has printed as its question.
- SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 are handled while their action is the default: outputs are closed, then the
  signal ends the process. Handlers can be installed on the main thread only. Not handled are SIGQUIT, SIGALRM and what
  reports a fault: those have to end a process, too, whose main thread is stuck in C code, and a core dump has to show
  where it was.
- `faulthandler.register` may take SIGUSR1 or SIGUSR2 over in C, unnoticed. Where it is loaded their handlers stay when
  the last output is closed: without outputs they do what the default action does.
- SIGINT keeps its handler, whatever it is; each Ctrl-C is noticed (`console/interrupts.py`).
- SIGTSTP is handled likewise from the first pin on: the pins are removed while the job is stopped. Not before, because
  a handler runs, and so the job stops, only when the main thread returns from C code.
- A process that sends to another one's console waits before `os.exec*`, and before it starts a process, until all is
  shown: else the other program's output may precede it.
- No end waits longer than `SHUTDOWN_TIMEOUT` for all outputs together.
- In the child of a fork all that was registered is forgotten: the queue is the parent's.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import getpass
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.console.interrupts import notice_interrupts, stop_noticing
from reflowlog.console.replacements import Replacements
from reflowlog.core import lifecycle
from reflowlog.core.events import ForeignText
from reflowlog.core.module_lock import ModuleLock
from reflowlog.session.signals import SignalHandlers

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from reflowlog.session.job_control import JobControl

__all__ = [
    "begin_row",
    "flush_outputs",
    "install_signal_handlers",
    "install_stop_handler",
    "register",
    "register_sender",
    "settle",
    "unregister",
    "unregister_sender",
]

SHUTDOWN_TIMEOUT = 2.0  # seconds to paint queued records before the process ends
_EXECS = ((os, "execv"), (os, "execve"))
_ENDS = ((os, "_exit"), (os, "abort"), *_EXECS)
_QUESTIONS = ((builtins, "input"), (getpass, "getpass"))  # and `readline` of standard input
_SIGNALS = ("SIGTERM", "SIGHUP", "SIGBREAK")  # SIGBREAK: Ctrl-Break on Windows
_USER_SIGNALS = ("SIGUSR1", "SIGUSR2")


class Closable(Protocol):
    """The part of an output that is used here."""

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything sent so far is shown, at most ``timeout`` seconds."""

    def mark_foreign_text(self, event: ForeignText) -> None:
        """Take the rows above as written by others."""

    @property
    def job(self) -> JobControl | None:
        """Release of the terminal while the job is stopped; None where the output does not do that."""

    def close(self, timeout: float | None = None) -> None:
        """Paint everything sent so far, at most ``timeout`` seconds, and restore the terminal."""


_outputs: list[Closable] = []
_senders: list[Callable[[float], None]] = []  # wait until another process has shown what this one has sent
_replacements = Replacements()
_sender_replacements = Replacements()
_signals = SignalHandlers()
_user_signals = SignalHandlers()
_lock = ModuleLock()


def register(output: Closable) -> None:
    """Paint the records of an output before the process ends. Idempotent; any thread."""
    with _lock():
        if output not in _outputs:
            _outputs.append(output)
        if not _replacements:
            for owner, name in _ENDS:
                if hasattr(owner, name):
                    _replacements.make(owner, name, _preceded_by(flush_outputs))
            for owner, name in (*_QUESTIONS, *_terminal_input()):
                _replacements.make(owner, name, _asking)
    install_signal_handlers()


def register_sender(await_shown: Callable[[float], None]) -> None:
    """Call a function, with a timeout in seconds, before this process becomes or starts another program. Any thread."""
    with _lock():
        if await_shown not in _senders:
            _senders.append(await_shown)
        if not _sender_replacements:
            for owner, name in _EXECS:
                if hasattr(owner, name):
                    _sender_replacements.make(owner, name, _preceded_by(settle))


def unregister_sender(await_shown: Callable[[float], None]) -> None:
    """Forget such a function. Idempotent; any thread."""
    with _lock():
        if await_shown in _senders:
            _senders.remove(await_shown)
        if not _senders:
            _sender_replacements.restore()


def _terminal_input() -> list[tuple[Any, str]]:
    """Return the methods of standard input to patch, if that is a terminal and can be patched."""
    return [(sys.stdin, "readline")] if _input_is_terminal() and hasattr(sys.stdin, "__dict__") else []


def _input_is_terminal() -> bool:
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except (AttributeError, ValueError):  # another object, or closed
        return False


def unregister(output: Closable) -> None:
    """Forget an output; the last one removes the patches and handlers. Idempotent; any thread."""
    with _lock():
        if output in _outputs:
            _outputs.remove(output)
        if not _outputs:
            _restore()


def _restore() -> None:
    _replacements.restore()
    _signals.restore()
    stop_noticing()
    if "faulthandler" not in sys.modules:
        _user_signals.restore()


def install_signal_handlers() -> None:
    """Handle the signals whose action is the default. No-op on other threads than the main one."""
    for name in _SIGNALS:
        _signals.install(name, _on_signal)
    for name in _USER_SIGNALS:
        _user_signals.install(name, _on_signal)
    notice_interrupts(begin_row)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    """Close all outputs, then let the signal end the process."""
    deadline = time.monotonic() + SHUTDOWN_TIMEOUT
    for output in [*_outputs]:
        output.close(max(0.0, deadline - time.monotonic()))
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def install_stop_handler() -> None:
    """Handle SIGTSTP while an output can release its terminal. No-op on other threads than the main one. Idempotent."""
    if any(output.job is not None for output in [*_outputs]):
        _signals.install("SIGTSTP", _on_stop)


def _on_stop(number: int, _frame: FrameType | None) -> None:
    """Stop the job, as the signal does, while the outputs have released their terminals."""
    jobs = [job for output in [*_outputs] if (job := output.job) is not None]
    with contextlib.ExitStack() as stack:
        for job in jobs:
            stack.enter_context(job.released())
        if all(job.is_stopping for job in jobs):  # else it has been continued meanwhile: nobody would do that again
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)  # returns when the process is continued
            signal.signal(number, _on_stop)


def _preceded_by(prepare: Callable[[float], None]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator of a function that ends this program: `prepare` is called first, with a timeout in seconds."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def ours(*arguments: Any, **named: Any) -> Any:
            prepare(SHUTDOWN_TIMEOUT)
            return original(*arguments, **named)

        return ours

    return wrap


def _asking(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function that asks the user: all outputs are flushed, and its question is foreign text to them."""

    @functools.wraps(original)
    def ours(*arguments: Any, **named: Any) -> Any:
        flush_outputs(SHUTDOWN_TIMEOUT)
        only_reads = getattr(original, "__name__", "") == "readline"  # what it asks, the program has printed before
        _mark_all(ForeignText(is_question=True, if_unterminated=only_reads))
        line_ended = False
        try:
            answer = original(*arguments, **named)
            line_ended = answer.endswith("\n") if only_reads else _input_is_terminal()
        finally:
            _mark_all(ForeignText(if_unterminated=only_reads, line_ended=line_ended))
        return answer

    return ours


def flush_outputs(timeout: float) -> None:
    """Wait until all that was sent so far is painted, at most ``timeout`` seconds for all outputs. Any thread."""
    deadline = time.monotonic() + timeout
    for output in [*_outputs]:
        output.flush(max(0.0, deadline - time.monotonic()))


def settle(timeout: float) -> None:
    """Wait as `flush_outputs`, and until all that was sent to consoles of other processes is shown. Any thread."""
    deadline = time.monotonic() + timeout
    flush_outputs(timeout)
    for await_shown in [*_senders]:
        await_shown(max(0.0, deadline - time.monotonic()))


def _mark_all(event: ForeignText) -> None:
    for output in [*_outputs]:
        output.mark_foreign_text(event)


def begin_row() -> None:
    """Have all outputs continue in a row of their own, because the terminal may have echoed a key. Any thread."""
    _mark_all(ForeignText())


def _forget_all() -> None:
    """Forget the parent's outputs in the child of a fork."""
    _outputs.clear()
    _senders.clear()
    _sender_replacements.restore()
    _restore()


lifecycle.after_fork_in_child(lifecycle.FORK_LOCKS, _forget_all)
