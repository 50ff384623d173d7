"""Calls with a time budget, for regular expressions that backtrack for ever. POSIX; elsewhere without the budget.

The rules:
- CPython's `re` looks for signals while it matches, but handlers run on the main thread alone: so the call is handed to
  the main thread, which serves (`MainThreadRunner.serve`) while it has nothing else to do, and an alarm ends it by an exception.
- The handler of alarms raises only while a job runs (`_armed`), once, and not before that job's own time is over. It
  stays for as long as `serve` does; then the one that was there is put back, when no clock runs any more. So no alarm
  is ever felt outside of its job.
- Whatever else ends a job on the main thread (a handler of another signal that raises) goes through `serve` to its
  caller; who waits for the job is told `CallTimeout`.
- No waiting is without an end: a caller gives up a while after its budget, and what it left is not begun any more.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["CallTimeout", "MainThreadRunner"]

GRACE = 0.25
"""Seconds that a caller waits beyond its budget."""

_CLOCK: Final = getattr(signal, "setitimer", None)

_Result = TypeVar("_Result")


class CallTimeout(Exception):
    """The call took longer than its budget, or nobody was there to run it."""


class _Alarm(BaseException):
    """What the alarm raises in a job; no `Exception`, so that no job takes it for its own."""


class _Job:
    """A call that waits for the main thread, and its end."""

    __slots__ = ("arguments", "budget", "done", "error", "function", "given_up", "result")

    def __init__(self, budget: float, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.budget = budget
        self.function = function
        self.arguments = arguments
        self.done: SimpleQueue[None] = SimpleQueue()
        self.result: Any = None
        self.error: BaseException | None = None
        self.given_up = False


class MainThreadRunner:
    """Runs calls of one thread on another: the main thread, which can be interrupted. One for a process."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._armed = False  # the alarm may raise; this and the next are the main thread's
        self._until = 0.0  # when the job's time is over

    def call(self, budget: float, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """Run a call on the main thread. Any thread; on the main thread itself it is run at once.

        Args:
            budget: seconds.
            function: to be called; it must not wait, and is stopped wherever it is.
            *arguments: of it.

        Returns:
            What it returns.

        Raises:
            TimeOver: its time was over, or the main thread did not serve for `budget` and `GRACE`.
            BaseException: what the call raised.
        """
        job = _Job(budget, function, arguments)
        if threading.current_thread() is threading.main_thread():
            with self._alarms():
                self._run(job)
        else:
            self._jobs.put(job)
            try:
                job.done.get(timeout=max(budget, 0.0) + GRACE)
            except Empty:
                job.given_up = True
                raise CallTimeout from None
        if job.error is not None:
            raise job.error
        result: _Result = job.result
        return result

    def serve(self, timeout: float) -> None:
        """Do jobs as they come, for so many seconds or until `wake` is called. The main thread only.

        Args:
            timeout: seconds. A job that runs is finished first.

        Raises:
            BaseException: what a handler of another signal raised, be it in a job or between two.
        """
        until = time.monotonic() + timeout
        with self._alarms():
            while True:
                try:
                    job = self._jobs.get(timeout=max(0.0, until - time.monotonic()))
                except Empty:
                    return
                if job is None:
                    return
                if not job.given_up:
                    self._run(job)

    def wake(self) -> None:
        """Let `serve` return, now or when it is called next. Any thread, also a signal handler."""
        self._jobs.put(None)

    def _run(self, job: _Job) -> None:
        """Do one job. What it raises is its caller's; what another signal's handler raises goes on up as well."""
        try:
            self._timed(job)
        except _Alarm:
            job.error = CallTimeout()
        except Exception as error:
            job.error = error
        except BaseException:
            job.error = CallTimeout()
            raise
        finally:
            if _CLOCK is not None:
                _CLOCK(signal.ITIMER_REAL, 0)
            job.done.put(None)

    def _timed(self, job: _Job) -> None:
        """Call it, and let the alarm raise for as long as that takes; whatever way it ends, it is disarmed then."""
        self._until = time.monotonic() + job.budget
        self._armed = True
        try:
            if _CLOCK is not None:
                _CLOCK(signal.ITIMER_REAL, max(job.budget, 1e-6))
            job.result = job.function(*job.arguments)
        finally:
            self._armed = False

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        if not self._armed:
            return
        left = self._until - time.monotonic()
        if left > 0 and _CLOCK is not None:  # one that an earlier job has left
            _CLOCK(signal.ITIMER_REAL, left)
            return
        self._armed = False
        raise _Alarm

    @contextlib.contextmanager
    def at_rest(self) -> Iterator[None]:
        """No alarm raises meanwhile: a handler of another signal, which may run in the middle of a job, has to end.

        The main thread only. A job whose time is over by then is ended a moment later.
        """
        armed, self._armed = self._armed, False
        try:
            yield
        finally:
            if armed and _CLOCK is not None:
                self._until = time.monotonic()
                self._armed = True
                _CLOCK(signal.ITIMER_REAL, 1e-3)

    @contextlib.contextmanager
    def _alarms(self) -> Iterator[None]:
        """Alarms are ours meanwhile."""
        if _CLOCK is None:
            yield
            return
        before = signal.signal(signal.SIGALRM, self._on_alarm)
        try:
            yield
        finally:
            signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)
