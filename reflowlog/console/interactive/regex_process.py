"""Regular expressions with a time limit, evaluated in a helper process, for use inside programs. POSIX.

A backtracking regular expression blocks the interpreter, and only the main thread of a process can be interrupted in it
(`system/interruptible.py`). In a program that thread belongs to the program. So a small helper process runs the
`MainThreadRunner`: it receives the source of a pattern and the text to match, and returns the result.

Invariants:
- The process is started with the first call, runs in a session of its own (Ctrl-C does not reach it), has the same
  import path as this process, and exits at EOF of its standard input: when this process ends in any way.
- A process that does not answer in time is killed; the next call starts another. So every wait is bounded.
- Messages have one format in both directions: a length, then `marshal`, which carries plain values only, between two
  processes of one interpreter.
- All calls come from one thread.
"""

from __future__ import annotations

import marshal
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from reflowlog.system import unix
from reflowlog.system.interruptible import GRACE_SECONDS, CallTimeout, MainThreadRunner
from reflowlog.text.search.pattern import compile_pattern

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

__all__ = ["RegexProcess", "serve"]

START_TIMEOUT: Final = 10.0
"""Seconds that the process may take to start."""

_PROGRAM = "import sys; sys.path[:] = {path!r}; from reflowlog.console.interactive.regex_process import serve; serve()"


class RegexProcess:
    """Calls methods of patterns in a helper process, as `MainThreadRunner.call` does on the main thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, budget: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a bound method of a `Pattern` in the helper process.

        Args:
            budget: time limit in seconds.
            function: the bound method.
            *arguments: its arguments, plain values.

        Returns:
            The result of the method.

        Raises:
            CallTimeout: the time limit was exceeded, or the process cannot be started.
        """
        pattern = function.__self__  # type: ignore[attr-defined]
        try:
            if self._process is None or self._process.poll() is not None:
                self._start()
            answer = self._request((budget, pattern.source, function.__name__, arguments), budget + GRACE_SECONDS)
        except (OSError, EOFError, ValueError, TypeError, CallTimeout):
            self.close()
            raise CallTimeout from None
        if answer is None:
            raise CallTimeout
        return answer

    def close(self) -> None:
        """Kill the process. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _start(self) -> None:
        """Start the process, and wait until it answers."""
        import subprocess

        if getattr(sys, "frozen", False):  # sys.executable is the program itself, which must not run a second time
            raise OSError("no interpreter")
        path = [os.path.abspath(each) for each in sys.path]
        command = [sys.executable, "-I", "-S", "-c", _PROGRAM.format(path=path)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, start_new_session=True, bufsize=0
        )
        self._request(None, START_TIMEOUT)

    def _request(self, message: Any, timeout: float) -> Any:
        """Send a message, and return the answer. Raises `CallTimeout` after ``timeout`` seconds."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise EOFError
        _send(process.stdin.fileno(), message)
        return _receive(process.stdout.fileno(), timeout)


def _send(descriptor: int, message: Any) -> None:
    data = marshal.dumps(message)
    left = memoryview(len(data).to_bytes(8, "little") + data)
    while left:
        left = left[os.write(descriptor, left) :]


def _receive(descriptor: int, timeout: float) -> Any:
    """Read one message. Raises `CallTimeout` after ``timeout`` seconds, EOFError at end of file."""
    import time

    poller = unix.poll()
    poller.register(descriptor)
    deadline = time.monotonic() + timeout
    data = bytearray()
    size = 8
    while len(data) < size:
        if not poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise CallTimeout
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            raise EOFError
        data += chunk
        if size == 8 and len(data) >= 8:
            size = 8 + int.from_bytes(data[:8], "little")
    return marshal.loads(memoryview(data)[8:])


def serve() -> None:
    """Answer requests until standard input is closed. Main loop of the helper process."""
    guard = MainThreadRunner()
    source: BinaryIO = sys.stdin.buffer
    while header := source.read(8):
        message = marshal.loads(source.read(int.from_bytes(header, "little")))
        answer: Any = True
        if message is not None:
            budget, pattern, method, arguments = message
            try:
                answer = guard.call(budget, getattr(compile_pattern(pattern), method), *arguments)
            except CallTimeout:
                answer = None
        _send(1, answer)
