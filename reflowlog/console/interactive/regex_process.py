"""Calls with a time budget, for a program whose main thread is not ours: a process of our own makes them. POSIX.

A regular expression that backtracks for ever holds the interpreter for as long, and only the main thread of a process
can be interrupted in it (`system/interruptible.py`). In a program that is not ours that thread is the program's. So here a small
process has the guard: it is told the source of a pattern and what to match, and answers.

Rules of this file:
- The process is started with the first call, is in a session of its own (a Ctrl-C is not for it), imports what this
  process would, and ends with its standard input: when this process does, however that ends.
- One that does not answer is killed; the next call starts another. So no waiting is without an end.
- Messages are of one kind, both ways: a length, then `marshal`, which carries plain values only, between two processes
  of one interpreter.
- All calls come from one thread.
"""

from __future__ import annotations

import marshal
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from reflowlog.system.interruptible import GRACE, CallTimeout, MainThreadRunner
from reflowlog.text.search.pattern import compile_pattern

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

__all__ = ["RegexProcess", "serve"]

BEGIN: Final = 10.0
"""Seconds that the process may take to begin."""

_PROGRAM = "import sys; sys.path[:] = {path!r}; from reflowlog.console.interactive.regex_process import serve; serve()"


class RegexProcess:
    """Calls methods of patterns in another process, as `guard.MainThreadRunner.call` does on the main thread of this one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, budget: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a method of a `Pattern`.

        Args:
            budget: seconds.
            function: the bound method.
            *arguments: of it, plain values.

        Returns:
            What it returns.

        Raises:
            TimeOver: its time was over, or there is no such process to be had.
        """
        pattern = function.__self__  # type: ignore[attr-defined]
        try:
            if self._process is None or self._process.poll() is not None:
                self._begin()
            answer = self._asked((budget, pattern.source, function.__name__, arguments), budget + GRACE)
        except (OSError, EOFError, ValueError, TypeError, CallTimeout):
            self.close()
            raise CallTimeout from None
        if answer is None:
            raise CallTimeout
        return answer

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _begin(self) -> None:
        """Start the process, and wait until it can be asked."""
        import subprocess

        if getattr(sys, "frozen", False):  # our executable is the program, which is not to run once more
            raise OSError("no interpreter")
        path = [os.path.abspath(each) for each in sys.path]
        command = [sys.executable, "-I", "-S", "-c", _PROGRAM.format(path=path)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, start_new_session=True, bufsize=0
        )
        self._asked(None, BEGIN)

    def _asked(self, question: Any, within: float) -> Any:
        """The answer to a question."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise EOFError
        _send(process.stdin.fileno(), question)
        return _received(process.stdout.fileno(), within)


def _send(descriptor: int, message: Any) -> None:
    data = marshal.dumps(message)
    left = memoryview(len(data).to_bytes(8, "little") + data)
    while left:
        left = left[os.write(descriptor, left) :]


def _received(descriptor: int, within: float) -> Any:
    """A message that comes in time."""
    import time
    from select import poll

    poller = poll()
    poller.register(descriptor)
    deadline = time.monotonic() + within
    data = bytearray()
    size = 8
    while len(data) < size:
        if not poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise CallTimeout
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            raise EOFError
        data += piece
        if size == 8 and len(data) >= 8:
            size = 8 + int.from_bytes(data[:8], "little")
    return marshal.loads(memoryview(data)[8:])


def serve() -> None:
    """The process: answer until there is nobody left to ask."""
    guard = MainThreadRunner()
    source: BinaryIO = sys.stdin.buffer
    while header := source.read(8):
        question = marshal.loads(source.read(int.from_bytes(header, "little")))
        answer: Any = True
        if question is not None:
            budget, pattern, method, arguments = question
            try:
                answer = guard.call(budget, getattr(compile_pattern(pattern), method), *arguments)
            except CallTimeout:
                answer = None
        _send(1, answer)
