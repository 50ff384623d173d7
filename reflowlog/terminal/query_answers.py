"""Answers of the terminal to queries: reports of the cursor, and the shade of the background.

Invariants:
- A late report becomes neither a key nor the answer to another query, for `LATE_ANSWER_TIMEOUT` at most.
- The release of the terminal waits for the outstanding answers, for longer where the terminal has answered slowly: none
  is typed into the shell's prompt.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from reflowlog.core.events import BackgroundReported
from reflowlog.terminal.background import shade_of
from reflowlog.terminal.key_decoder import CursorPosition, StringAnswer

if TYPE_CHECKING:
    from reflowlog.terminal.background import Shade
    from reflowlog.terminal.key_decoder import Decoder

__all__ = ["QueryAnswers"]

LAST_ANSWER_TIMEOUT = 0.5  # seconds after a query, for which the release of the terminal waits for its answers,
LAST_REMOTE_ANSWER_TIMEOUT = 1.5  # and over ssh;
LAST_ANSWER_FACTOR = 2  # at least this multiple of the longest time that an answer has taken so far
LATE_ANSWER_TIMEOUT = 5.0  # seconds for which the reports of a query that timed out may still come


class QueryAnswers:
    """Outstanding answers of the terminal. The keyboard's lock is held in all calls but `collect` and `await_all`.

    Args:
        decoder: is told which answers to expect, so that it takes them for no keys.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._reports: SimpleQueue[CursorPosition] = SimpleQueue()
        self._late_reports = 0  # outstanding reports of queries that timed out
        self._late_until = 0.0
        self._asked_at = 0.0  # time of the last query
        self._slowest = 0.0  # seconds, of a terminal that answers slowly
        self._all_answered = threading.Event()
        self._all_answered.set()
        self._background: Shade | None = None
        self._sends_background = False  # whether the answer is sent, because it is late

    # -- queries ------------------------------------------------------------------------------------------------

    def expect_reports(self, count: int) -> None:
        """Expect reports of the cursor, besides late ones, for a query that was written just now."""
        self._decoder.expecting = self._late_reports + count
        self._begin()

    def expect_background(self) -> None:
        """Expect the shade of the background, for a query that was written just now."""
        self._decoder.expects_string = True
        self._begin()

    def _begin(self) -> None:
        self._asked_at = time.monotonic()
        self._all_answered.clear()

    def collect(self, count: int, deadline: float) -> list[tuple[int, int]]:
        """Wait for reports until ``deadline``, of `time.monotonic`; return the (row, column) pairs that came."""
        found: list[tuple[int, int]] = []
        with contextlib.suppress(Empty):
            while len(found) < count:
                row, column = self._reports.get(timeout=max(0.0, deadline - time.monotonic()))
                found.append((row, column))
        return found

    def end_query(self, count: int) -> list[tuple[int, int]]:
        """Return up to ``count`` reports that arrived just after the timeout; those that still miss are late."""
        found: list[tuple[int, int]] = []
        while len(found) < count and not self._reports.empty():
            row, column = self._reports.get()
            found.append((row, column))
        self._late_reports = self._decoder.expecting
        self._late_until = time.monotonic() + LATE_ANSWER_TIMEOUT
        return found

    def forget_late(self) -> None:
        """Expect no reports of a query any more that timed out too long ago."""
        if self._late_reports and time.monotonic() > self._late_until:
            self._decoder.expecting = max(0, self._decoder.expecting - self._late_reports)
            self._late_reports = 0
            self._all_answered.set()

    def background(self) -> Shade | None:
        """Return the shade of the background; None if it is not known yet, and `take` returns its event."""
        self._sends_background = self._background is None
        return self._background

    # -- answers ------------------------------------------------------------------------------------------------

    def take(self, answer: CursorPosition | StringAnswer) -> BackgroundReported | None:
        """Take an answer of the terminal; return the event to send, if any."""
        self._slowest = max(self._slowest, time.monotonic() - self._asked_at)
        if isinstance(answer, StringAnswer):
            if not answer.text.startswith("]11;"):
                return None
            self._background = shade_of(answer.text[4:])
            self._decoder.expects_string = False
            self._end_if_all_answered()
            return BackgroundReported(self._background) if self._background and self._sends_background else None
        if self._late_reports:
            self._late_reports -= 1
        else:
            self._reports.put(answer)
        self._end_if_all_answered()
        return None

    def _end_if_all_answered(self) -> None:
        if not self._decoder.expecting:
            self._all_answered.set()

    def await_all(self, timeout: float | None = None) -> None:
        """Wait for the outstanding answers, at most ``timeout`` seconds; None: some time from the last query on."""
        if timeout is None:
            timeout = max(0.0, self._asked_at + self._last_timeout() - time.monotonic())
        self._all_answered.wait(timeout)

    @property
    def are_complete(self) -> bool:
        """Whether no answer is outstanding."""
        return self._all_answered.is_set()

    def _last_timeout(self) -> float:
        """Return the seconds after a query for which the release of the terminal waits for its answers."""
        is_remote = bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))
        least = LAST_REMOTE_ANSWER_TIMEOUT if is_remote else LAST_ANSWER_TIMEOUT
        return max(least, min(LAST_ANSWER_FACTOR * self._slowest, LATE_ANSWER_TIMEOUT))
