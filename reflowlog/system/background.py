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
        self._result: str | None = None
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
        if self._result is None and self._process.poll() is not None:
            self._result = self._read_result(self._process.returncode)
        elif self._result is None and self._clock() >= self._end:
            self.close()
            self._result = f"{self._name} took longer than {self._seconds:g} s"
        return self._result

    def _read_result(self, status: int) -> str:
        self._errors.seek(0)
        first = self._errors.read(MAX_ERROR_BYTES).decode("utf-8", "replace").split("\n")[0].strip()
        self._errors.close()
        return f"{self._name} failed: {first or f'exit status {status}'}" if status else ""

    def close(self, seconds: float = 0.0) -> None:
        """Wait some seconds for its end, then kill it if it still runs. Idempotent."""
        end = time.monotonic() + seconds
        while self._process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        if self._result is None:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._result = f"{self._name} was ended"
        self._errors.close()
