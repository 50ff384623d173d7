"""Cursor position reports (CPR), which the repaint after a resize counts from.

Invariants:
- The answer arrives as keyboard input, so it is read only where no other code reads keys: in the command line, whose
  terminal it is, and in a program by its console with keys only.
- While a `Keyboard` reads the terminal, it takes the answer out of the input; two readers would steal each other's
  bytes.
- One exchange requests the cursor's position, then its position after a move far beyond the lower right corner, which
  is the terminal's own size: while a window is being dragged the kernel's size may lag (tmux resizes its panes up to
  250 ms late).
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.system import unix
from reflowlog.system.fds import write_all
from reflowlog.system.tty import in_foreground
from reflowlog.terminal import control
from reflowlog.terminal.inline_screen import CursorReport

__all__ = ["CursorLocator"]

ANSWER_TIMEOUT = 0.5  # seconds to wait for the first answer of a terminal: one over a slow line takes 0.3
LATE_TIMEOUT = 1.0  # seconds to wait for a terminal that has answered before
SILENT_TIMEOUT = 0.2  # seconds to wait for a terminal that did not answer the query before
STABLE_INTERVAL = 0.03  # seconds between two reports of one size: a window that is being dragged changes faster
MAX_DISAGREEMENTS = 12  # equal reports in a row that differ from the kernel's size, before they are accepted
MAX_REPORTS = 150  # reports after which the last one is accepted unconditionally

CursorQuery = Callable[[str, int, float], "list[tuple[int, int]] | None"]
"""Write a query, wait some seconds for a number of reports, and return (row, column) pairs: `Keyboard.query_cursor`."""

_REPORT = lazy_pattern(rb"\[(\d+);(\d+)R")
_VERSION = lazy_pattern(rb"\x1bP>\|([^\x1b]{1,64})\x1b\\")


class CursorLocator:
    """Queries the controlling terminal for its cursor position, its size and, once, its name and version.

    A terminal that does not answer in time is queried again at the next call, if a keyboard reads it: that discards
    late reports. Else a late report would be read as keys, so a silent terminal is not queried again.

    Args:
        size: returns columns and rows as the kernel has them; reports are compared with it.
        path: the controlling terminal; empty: only the keyboard is asked.
        reports: `Keyboard.query_cursor` of the keyboard that reads this terminal; None while it does not read.
        version: `Keyboard.terminal_version` of that keyboard.
    """

    def __init__(
        self,
        size: Callable[[], tuple[int, int]],
        path: str = "/dev/tty",
        reports: CursorQuery | None = None,
        version: Callable[[], str] = lambda: "",
    ) -> None:
        self._size = size
        self._path = path
        self._reports = reports
        self._keyboard_version = version
        self._version = ""
        self._has_asked_version = False
        self._timeout = ANSWER_TIMEOUT
        self._next_position = 0.0  # time from which on `position` asks again
        self._silent = not unix.has("tcgetpgrp") and reports is None

    def __call__(self) -> CursorReport | None:
        """Return the cursor's position once the terminal's size is stable and equals the kernel's.

        Returns:
            None if there is no report in time.
        """
        report = self._query()
        at_rest = 0
        for _ in range(MAX_REPORTS):
            if report is None or (at_rest and (report.columns, report.rows) == tuple(self._size())):
                break
            if at_rest >= MAX_DISAGREEMENTS:  # such as a size set by stty, which programs are to use
                break
            time.sleep(STABLE_INTERVAL)
            before, report = report, self._query()
            is_stable = report is not None and (before.columns, before.rows) == (report.columns, report.rows)
            at_rest = at_rest + 1 if is_stable else 0
        return report

    def position(self) -> CursorReport | None:
        """Return the cursor's position as it is now, with the kernel's size; for use before a frame.

        At most a tenth of the time is spent on it: over a slow line, most calls return None at once.

        Returns:
            None if there is no report in time, or the terminal has never sent any.
        """
        start = time.monotonic()
        if start < self._next_position or self._timeout == SILENT_TIMEOUT:
            return None
        report = self._query(control.REQUEST_POSITION)
        end = time.monotonic()
        self._next_position = end + 9 * (end - start)
        return report

    def _query(self, question: str = control.REQUEST_POSITION_AND_SIZE) -> CursorReport | None:
        if self._silent:
            return None
        count = question.count(control.REQUEST_POSITION)
        if not self._has_asked_version:
            question = control.REQUEST_VERSION + question
        if self._reports is not None:
            reports = self._reports(question, count, self._timeout)
            if reports is not None:
                self._version = self._version or self._keyboard_version()
                return self._combine(reports, count, is_read_by_keyboard=True)
        if not unix.has("tcgetpgrp"):  # there only the keyboard can be asked
            return None
        try:
            descriptor = os.open(self._path, os.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC)
        except OSError:
            return None
        try:
            if not in_foreground(descriptor):  # a query would stop this process (SIGTTOU)
                return None
            return self._combine(self._exchange(descriptor, question, count), count, is_read_by_keyboard=False)
        except (OSError, unix.termios.error):
            return None
        finally:
            os.close(descriptor)

    def _exchange(self, descriptor: int, question: str, count: int) -> list[tuple[int, int]]:
        """Query without echo, and restore the terminal's settings."""
        from reflowlog.system.unix import termios  # not on Windows

        saved = termios.tcgetattr(descriptor)
        unbuffered = termios.tcgetattr(descriptor)
        unbuffered[3] &= ~(termios.ICANON | termios.ECHO)
        unbuffered[6][termios.VMIN] = 0
        unbuffered[6][termios.VTIME] = 0
        termios.tcsetattr(descriptor, termios.TCSANOW, unbuffered)
        try:
            write_all(descriptor, question.encode())
            answer = _read_answer(descriptor, count, self._timeout)
            reports = _REPORT.findall(answer)
            if version := _VERSION.search(answer):
                self._version = version[1].decode("ascii", "replace")
            if len(reports) < count:  # a report that arrives later would be read as keys
                termios.tcflush(descriptor, termios.TCIFLUSH)
        finally:
            termios.tcsetattr(descriptor, termios.TCSANOW, saved)
        return [(int(row), int(column)) for row, column in reports]

    def _combine(self, reports: list[tuple[int, int]], count: int, *, is_read_by_keyboard: bool) -> CursorReport | None:
        """Combine the reports of the position and of the size, and adapt the time to wait for the next ones."""
        if len(reports) < count:
            self._silent = not (reports or is_read_by_keyboard)
            if self._timeout != LATE_TIMEOUT:
                self._timeout = SILENT_TIMEOUT
            return None
        self._has_asked_version = True  # an answer to it has come before the reports
        self._timeout = LATE_TIMEOUT
        row, column = reports[0]
        rows, columns = reports[1] if count > 1 else reversed(self._size())
        return CursorReport(row, columns, rows, column, self._version)


def _read_answer(descriptor: int, count: int, timeout: float) -> bytes:
    """Read until there are `count` reports, or until the timeout."""
    answer = b""
    deadline = time.monotonic() + timeout
    while len(_REPORT.findall(answer)) < count:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            break
        data = os.read(descriptor, 4096)
        if not data:
            break
        answer += data
    return answer
