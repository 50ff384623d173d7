"""Cursor position reports (CPR): the only query that is sent to a terminal.

Invariants:
- The answer arrives as keyboard input, so it is read only where no other code reads keys: in the command line, whose
  terminal it is, never in a library.
- While a `Keyboard` reads the terminal, it takes the answer out of the input; two readers would steal each other's
  bytes.
- One exchange requests the cursor's position, then its position after a move far beyond the lower right corner, which
  is the terminal's own size: while a window is being dragged the kernel's size may lag (tmux resizes its panes up to
  250 ms late).
"""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Callable

from reflowlog.system.fds import write_all
from reflowlog.terminal import control
from reflowlog.terminal.inline import CursorReport

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

__all__ = ["CursorLocator"]

ANSWER_TIMEOUT = 0.2  # seconds to wait for a terminal that may not answer at all
STABLE_INTERVAL = 0.03  # seconds between two reports of one size: a window that is being dragged changes faster
MAX_DISAGREEMENTS = 12  # equal reports in a row that differ from the kernel's size, before they are accepted
MAX_REPORTS = 150  # reports after which the last one is accepted unconditionally

CursorQuery = Callable[[str, int, float], "list[tuple[int, int]] | None"]
"""Write a query, wait some seconds for a number of reports, and return (row, column) pairs: `Keyboard.reports`."""

_REPORT = re.compile(rb"\[(\d+);(\d+)R")


class CursorLocator:
    """Queries the controlling terminal for its cursor position and size.

    Args:
        size: returns columns and rows as the kernel has them; reports are compared with it.
        path: the controlling terminal.
        reports: `Keyboard.reports` of the keyboard that reads this terminal; it returns None while it does not read.
    """

    def __init__(
        self, size: Callable[[], tuple[int, int]], path: str = "/dev/tty", reports: CursorQuery | None = None
    ) -> None:
        self._size = size
        self._path = path
        self._reports = reports
        self._silent = termios is None

    def __call__(self) -> CursorReport | None:
        """Return the cursor's position once the terminal's size is stable and equals the kernel's.

        Returns:
            None if there is no report. A terminal that did not answer once is not queried again.
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
            at_rest = at_rest + 1 if report and before[1:] == report[1:] else 0
        return report

    def _query(self) -> CursorReport | None:
        if self._silent:
            return None
        if self._reports is not None:
            reports = self._reports(control.REQUEST_POSITION_AND_SIZE, 2, ANSWER_TIMEOUT)
            if reports is not None:
                return self._combine(reports)
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            if os.tcgetpgrp(descriptor) != os.getpgrp():  # in the background a query would stop this process (SIGTTOU)
                return None
            return self._exchange(descriptor)
        except (OSError, termios.error):
            return None
        finally:
            os.close(descriptor)

    def _exchange(self, descriptor: int) -> CursorReport | None:
        """Query without echo, and restore the terminal's settings."""
        saved = termios.tcgetattr(descriptor)
        unbuffered = termios.tcgetattr(descriptor)
        unbuffered[3] &= ~(termios.ICANON | termios.ECHO)
        unbuffered[6][termios.VMIN] = 0
        unbuffered[6][termios.VTIME] = 0
        termios.tcsetattr(descriptor, termios.TCSANOW, unbuffered)
        try:
            write_all(descriptor, control.REQUEST_POSITION_AND_SIZE.encode())
            reports = _read_reports(descriptor, 2)
            if len(reports) < 2:  # a report that arrives later would be read as keys
                termios.tcflush(descriptor, termios.TCIFLUSH)
        finally:
            termios.tcsetattr(descriptor, termios.TCSANOW, saved)
        return self._combine(reports)

    def _combine(self, reports: list[tuple[int, int]]) -> CursorReport | None:
        """Combine two reports; a terminal that sent none is not queried again."""
        if len(reports) < 2:
            self._silent = not reports
            return None
        (row, _), (rows, columns) = reports
        return CursorReport(row, columns, rows)


def _read_reports(descriptor: int, count: int) -> list[tuple[int, int]]:
    """Read up to `count` (row, column) reports, until the timeout."""
    answer = b""
    deadline = time.monotonic() + ANSWER_TIMEOUT
    while len(reports := _REPORT.findall(answer)) < count:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            break
        data = os.read(descriptor, 4096)
        if not data:
            break
        answer += data
    return [(int(row), int(column)) for row, column in reports]
