"""Where is the cursor? The one question that is asked of a terminal, and only of a terminal that is ours.

The answer arrives as if it were typed, so it may be read only where nobody else waits for keys: in a program whose
terminal we are, never in a library. Where a keyboard of ours is reading already, it is asked to take the answer out of
what is typed; two readers would rob each other. One exchange asks for the cursor's place and then for the place it has
when sent far beyond the lower right corner, which is the terminal's own idea of its size: while a window is being
dragged the kernel's may lag behind (tmux tells its panes up to 250 ms late).
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

ANSWER_WITHIN = 0.2  # seconds, as long as anybody should wait for a terminal that does not answer
SETTLED = 0.03  # seconds between two answers that have to agree: a window that is being dragged changes faster
DISAGREE = 12  # answers in a row that agree with each other, but not with the kernel, before they are taken
UNSETTLED = 150  # answers after which the last one is taken, whatever it is

Reports = Callable[[str, int, float], "list[tuple[int, int]] | None"]
"""Writes a question and gives the (row, column) reports that came in time: how many to wait for, and for how long."""

_REPORT = re.compile(rb"\[(\d+);(\d+)R")


class CursorLocator:
    """Asks the terminal that controls this process.

    Args:
        size: columns and rows as the kernel has them; the answer is held against it.
        path: of the controlling terminal.
        reports: `Keyboard.reports`, of who reads that terminal's keys; where it says None nobody does.
    """

    def __init__(
        self, size: Callable[[], tuple[int, int]], path: str = "/dev/tty", reports: Reports | None = None
    ) -> None:
        self._size = size
        self._path = path
        self._reports = reports
        self._silent = termios is None

    def __call__(self) -> CursorReport | None:
        """The cursor's place, once the terminal's size is at rest and the kernel knows of it.

        None where it cannot be had; a terminal that did not answer once is not asked again.
        """
        place = self._ask()
        at_rest = 0
        for _ in range(UNSETTLED):
            if place is None or (at_rest and (place.columns, place.rows) == tuple(self._size())):
                break
            if at_rest >= DISAGREE:  # such as a size set by stty, which programs are to believe
                break
            time.sleep(SETTLED)
            before, place = place, self._ask()
            at_rest = at_rest + 1 if place and before[1:] == place[1:] else 0
        return place

    def _ask(self) -> CursorReport | None:
        if self._silent:
            return None
        if self._reports is not None:
            reports = self._reports(control.ASK_PLACE_AND_SIZE, 2, ANSWER_WITHIN)
            if reports is not None:
                return self._place(reports)
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            if os.tcgetpgrp(descriptor) != os.getpgrp():  # in the background: to ask would stop us
                return None
            return self._exchange(descriptor)
        except (OSError, termios.error):
            return None
        finally:
            os.close(descriptor)

    def _exchange(self, descriptor: int) -> CursorReport | None:
        """Ask without echo, and put the terminal back as it was."""
        found = termios.tcgetattr(descriptor)
        quiet = termios.tcgetattr(descriptor)
        quiet[3] &= ~(termios.ICANON | termios.ECHO)
        quiet[6][termios.VMIN] = 0
        quiet[6][termios.VTIME] = 0
        termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
        try:
            write_all(descriptor, control.ASK_PLACE_AND_SIZE.encode())
            reports = _read_reports(descriptor, 2)
            if len(reports) < 2:  # an answer that comes now would be taken for keys
                termios.tcflush(descriptor, termios.TCIFLUSH)
        finally:
            termios.tcsetattr(descriptor, termios.TCSANOW, found)
        return self._place(reports)

    def _place(self, reports: list[tuple[int, int]]) -> CursorReport | None:
        """What the reports say; a terminal that gave none is not asked again."""
        if len(reports) < 2:
            self._silent = not reports
            return None
        (row, _), (rows, columns) = reports
        return CursorReport(row, columns, rows)


def _read_reports(descriptor: int, count: int) -> list[tuple[int, int]]:
    """So many (row, column) reports, or those that came in time."""
    answer = b""
    deadline = time.monotonic() + ANSWER_WITHIN
    while len(reports := _REPORT.findall(answer)) < count:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            break
        piece = os.read(descriptor, 4096)
        if not piece:
            break
        answer += piece
    return [(int(row), int(column)) for row, column in reports]
