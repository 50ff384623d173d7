"""Calls with a time budget, for regular expressions that backtrack without end; no budget where there is no alarm.

Invariants:
- CPython's `re` checks for signals while it matches, but handlers run on the main thread alone: so the call is handed
  to the main thread, which serves (`MainThreadRunner.serve`) while it is idle, and an alarm ends it by an exception.
- The alarm handler raises only while a job runs (`_armed`), once, and not before that job's budget is spent. It is
  installed for as long as `serve` runs; then the previous handler is restored, when no timer runs any more. So no
  alarm ever raises outside of its job.
- Any other exception that ends a job on the main thread (the handler of another signal raises) propagates through
  `serve` to its caller; the thread that waits for the job gets `CallTimeout`.
- The alarm never ends the handler of another signal, nor replaces its exception: such a handler may run for long, as it
  waits for the GIL like any code, and the signal would be lost.
- Every wait has a timeout: a caller gives up `GRACE_SECONDS` after its budget, and its job is not started any more.
"""

from __future__ import annotations

import contextlib
import functools
import signal
import sys
import threading
import time
from queue import Empty, SimpleQueue
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["CallTimeout", "MainThreadRunner", "call_with_timeout"]

GRACE_SECONDS = 0.25
"""Seconds that a caller waits beyond its budget."""

_set_alarm: Callable[[float], object] | None = None  # after seconds; 0: no more
if sys.platform == "win32":
    from reflowlog.system.windows import ALARM_SIGNAL as _ALARM_SIGNAL
    from reflowlog.system.windows import set_alarm

    if sys.maxsize > 1 << 32:  # with 32 bits the timer calls functions of another convention
        _set_alarm = set_alarm
elif hasattr(signal, "setitimer"):
    _ALARM_SIGNAL = signal.SIGALRM
    _set_alarm = functools.partial(signal.setitimer, signal.ITIMER_REAL)

HANDLER_INTERVAL = 1e-3
"""Seconds until an alarm comes again that was due in the handler of another signal."""

_Result = TypeVar("_Result")


class CallTimeout(Exception):
    """The call exceeded its budget, or the main thread did not serve it."""


class _Alarm(BaseException):
    """Raised by the alarm handler in a job; no `Exception`, so that no job handles it as its own."""


class _Job:
    """A call queued for the main thread, and its result."""

    __slots__ = ("arguments", "budget", "done", "error", "function", "is_abandoned", "result")

    def __init__(self, budget: float, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.budget = budget
        self.function = function
        self.arguments = arguments
        self.done: SimpleQueue[None] = SimpleQueue()
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_abandoned = False


class MainThreadRunner:
    """Runs calls of other threads on the main thread, where they can be interrupted. One per process."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._armed = False  # the alarm may raise; main thread only, as is `_deadline`
        self._deadline = 0.0  # when the job's budget is spent (monotonic seconds)

    def call(self, budget: float, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """Run a call on the main thread and return its result. Any thread; on the main thread it runs immediately.

        Args:
            budget: seconds.
            function: the function to call; it must not block, and may be interrupted anywhere.
            *arguments: its arguments.

        Raises:
            CallTimeout: the budget was exceeded, or the main thread did not serve within `budget` and `GRACE_SECONDS`.
            BaseException: raised by the call.
        """
        job = _Job(budget, function, arguments)
        if threading.current_thread() is threading.main_thread():
            with self._alarm_handler():
                self._run(job)
        else:
            self._jobs.put(job)
            try:
                job.done.get(timeout=max(budget, 0.0) + GRACE_SECONDS)
            except Empty:
                job.is_abandoned = True
                raise CallTimeout from None
        if job.error is not None:
            raise job.error
        result: _Result = job.result
        return result

    def serve(self, timeout: float) -> None:
        """Run jobs as they arrive, for `timeout` seconds or until `wake` is called. Main thread only.

        Args:
            timeout: seconds; a running job is finished first.

        Raises:
            BaseException: raised by the handler of another signal, within a job or between two.
        """
        global _serving
        _serving = self
        until = time.monotonic() + timeout
        with self._alarm_handler():
            while True:
                try:
                    job = self._jobs.get(timeout=max(0.0, until - time.monotonic()))
                except Empty:
                    return
                if job is None:
                    return
                if not job.is_abandoned:
                    self._run(job)

    def wake(self) -> None:
        """Make `serve` return, now or at its next call. Any thread, also a signal handler."""
        self._jobs.put(None)

    def _run(self, job: _Job) -> None:
        """Run one job and store its exception for the caller; a signal handler's exception is raised here, too."""
        try:
            self._run_with_alarm(job)
        except _Alarm as alarm:
            job.error = CallTimeout()
            if (replaced := _replaced_exception(alarm)) is not None:
                raise replaced from None
        except Exception as error:
            job.error = error
        except BaseException:
            job.error = CallTimeout()
            raise
        finally:
            if _set_alarm is not None:
                _set_alarm(0)
            job.done.put(None)

    def _run_with_alarm(self, job: _Job) -> None:
        """Run a job with the alarm armed, and disarm it however the job ends."""
        self._deadline = time.monotonic() + job.budget
        self._armed = True
        try:
            if _set_alarm is not None:
                _set_alarm(max(job.budget, 1e-6))
            job.result = job.function(*job.arguments)
        finally:
            self._armed = False

    def _on_alarm(self, _number: int, frame: FrameType | None) -> None:
        if not self._armed:
            return
        left = self._deadline - time.monotonic()
        if left > 0 and _set_alarm is not None:  # an alarm left over from an earlier job
            _set_alarm(left)
            return
        if _set_alarm is not None and _is_in_handler(frame):
            _set_alarm(HANDLER_INTERVAL)
            return
        self._armed = False
        raise _Alarm

    @contextlib.contextmanager
    def without_alarm(self) -> Iterator[None]:
        """Keep the alarm off in a handler that is not installed all the time it runs, as that of SIGTSTP.

        Main thread only. A job whose budget is spent by then is ended a millisecond later.
        """
        armed, self._armed = self._armed, False
        try:
            yield
        finally:
            if armed and _set_alarm is not None:
                self._deadline = time.monotonic()
                self._armed = True
                _set_alarm(HANDLER_INTERVAL)

    @contextlib.contextmanager
    def _alarm_handler(self) -> Iterator[None]:
        """Install the alarm handler meanwhile."""
        if _set_alarm is None:
            yield
            return
        before = signal.signal(_ALARM_SIGNAL, self._on_alarm)
        try:
            yield
        finally:
            signal.signal(_ALARM_SIGNAL, signal.SIG_DFL if before is None else before)


def _is_in_handler(frame: FrameType | None) -> bool:
    """Return whether a frame is that of a signal handler in Python, or was called by one."""
    handlers = (signal.getsignal(number) for number in signal.valid_signals())
    codes = {_code_of(handler) for handler in handlers if callable(handler)}
    while frame is not None and frame.f_code is not _JOB_CODE:
        if frame.f_code in codes:
            return True
        frame = frame.f_back
    return False


def _code_of(handler: Callable[..., object]) -> CodeType | None:
    """Return the code of a signal handler, or None if it is not written in Python."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    for function in (handler, type(handler).__call__):
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType):
            return code
    return None


def _replaced_exception(alarm: _Alarm) -> BaseException | None:
    """Return the exception of another signal's handler that an alarm has replaced while it propagated, or None."""
    replaced = alarm.__context__
    while replaced is not None and isinstance(replaced, Exception):
        replaced = replaced.__context__
    return replaced


_JOB_CODE = MainThreadRunner._run_with_alarm.__code__
_serving: MainThreadRunner | None = None  # the runner of this process that has served, for callers without one


def call_with_timeout(budget: float, function: Callable[..., _Result], *arguments: Any) -> _Result:
    """Run a call within `budget` seconds on the main thread, or without a limit if no runner serves there.

    Any thread, but not within a call that a runner runs already.

    Raises:
        CallTimeout: the budget was exceeded.
        BaseException: raised by the call.
    """
    if threading.current_thread() is threading.main_thread():
        return MainThreadRunner().call(budget, function, *arguments)
    if _serving is not None:
        return _serving.call(budget, function, *arguments)
    return function(*arguments)
