"""Commands that run beside the program, without a terminal and without a shell: input in a file, polled for their end.

Nothing here blocks: the input is a temporary file, so a command that does not read it holds nobody up.
"""

from __future__ import annotations

import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["BackgroundCommand"]

MAX_ERROR_BYTES = 500  # bytes of the standard error that are read


class BackgroundCommand:
    """A running command.

    Args:
        arguments: program and arguments.
        data: its standard input.
        seconds: after which it is killed.
        clock: returns monotonic seconds.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self, arguments: Sequence[str], data: bytes, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        import subprocess  # start-up cost: only once something is copied
        import tempfile

        self._name = arguments[0]
        self._clock = clock
        self._seconds = seconds
        self._end = clock() + seconds
        # Not a pipe: a process that stays behind may hold it open.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end of the command
        try:
            with tempfile.TemporaryFile() as text:
                text.write(data)
                text.seek(0)
                self._process = subprocess.Popen(
                    arguments,
                    stdin=text,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    start_new_session=True,
                )
        except BaseException:
            self._errors.close()
            raise

    def poll(self) -> str | None:
        """Return None while it runs, empty once it has succeeded, else one line about its failure."""
        status = self._process.poll()
        if status is None:
            if self._clock() < self._end:
                return None
            self.close()
            return f"{self._name} took longer than {self._seconds:g} s"
        self._errors.seek(0)
        lines = self._errors.read(MAX_ERROR_BYTES).decode("utf-8", "replace").split("\n")
        self._errors.close()
        if status == 0:
            return ""
        return f"{self._name} failed: {lines[0].strip() or f'exit status {status}'}"

    def close(self, seconds: float = 0.0) -> None:
        """Wait some seconds for its end, then kill it if it still runs. Idempotent."""
        end = time.monotonic() + seconds
        while self._process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._errors.close()
