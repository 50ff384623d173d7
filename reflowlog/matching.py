"""Matching with care: a regular expression that backtracks for ever must freeze nothing.

Rules of this file:
- Where the time of a pattern is linear in the text, it is matched at once, on the caller's thread.
- All other matching is done elsewhere, by parts: the caller gets `Later`, is woken once the answer is there, and asks
  again. Each part has a time after which it is given up (`guard.py`); then its lines are tried one by one, and those
  that still take too long count as not matching. How many that were is told.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from reflowlog.guard import TimeOver
from reflowlog.view.census import Later

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.guard import Guard
    from reflowlog.text.pattern import Pattern

__all__ = ["CarefulMatcher"]

PART = 32 * 1024  # bytes that are matched at once: nobody else runs meanwhile
PART_TIME = 0.03  # seconds
LINE_TIME = 0.01
HOPELESS = 100  # lines of a pattern that took too long, after which it is matched no more
REMEMBERED = 64  # answers


class CarefulMatcher:
    """Matches patterns for one thread, the printer's.

    Args:
        guard: runs a call for a limited time, on a thread that can be interrupted.
        wake: called, on another thread, when an answer is there.
    """

    def __init__(self, guard: Guard, wake: Callable[[], None]) -> None:
        self._guard = guard
        self._wake = wake
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._asked: set[tuple[Any, ...]] = set()
        self._questions: SimpleQueue[tuple[tuple[Any, ...], Pattern, Any]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._given_up: dict[Pattern, int] = {}  # lines

    @property
    def waiting(self) -> bool:
        """Whether an answer is being worked on."""
        return bool(self._asked)

    def given_up(self, pattern: Pattern) -> int:
        """How many lines took too long."""
        return self._given_up.get(pattern, 0)

    def matching(self, pattern: Pattern, data: bytes) -> list[int]:
        """Starts of the lines that match. Raises `Later`."""
        if pattern.linear:
            return pattern.matching(data)
        found: list[int] = self._ask((pattern, len(data), hash(data)), pattern, data)
        return found

    def spans(self, pattern: Pattern, text: str) -> list[tuple[int, int]]:
        """The parts of a text that match. Raises `Later`."""
        if pattern.linear:
            return pattern.spans(text)
        found: list[tuple[int, int]] = self._ask((pattern, text), pattern, text)
        return found

    def _ask(self, name: tuple[Any, ...], pattern: Pattern, subject: Any) -> Any:
        if name in self._answers:
            return self._answers[name]
        if name not in self._asked:
            self._asked.add(name)
            self._questions.put((name, pattern, subject))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="reflowlog-matcher", daemon=True)
                self._thread.start()
        raise Later

    def _run(self) -> None:
        while True:
            name, pattern, subject = self._questions.get()
            try:
                answer = self._spans(pattern, subject) if isinstance(subject, str) else self._matching(pattern, subject)
            except Exception:  # no memory, say: what cannot be matched does not match
                answer = []
            if len(self._answers) >= REMEMBERED:
                self._answers.pop(next(iter(self._answers)))
            self._answers[name] = answer
            self._asked.discard(name)
            self._wake()

    def _spans(self, pattern: Pattern, text: str) -> list[tuple[int, int]]:
        if self.given_up(pattern) >= HOPELESS:
            return []
        try:
            found: list[tuple[int, int]] = self._guard.call(PART_TIME, pattern.spans, text)
        except TimeOver:
            return []
        return found

    def _matching(self, pattern: Pattern, data: bytes) -> list[int]:
        found: list[int] = []
        start = 0
        while start < len(data):
            stop = data.rfind(b"\n", start, start + PART) + 1 or data.find(b"\n", start + PART) + 1 or len(data)
            found += [start + at for at in self._part(pattern, data[start:stop])]
            start = stop
        return found

    def _part(self, pattern: Pattern, data: bytes) -> list[int]:
        if self.given_up(pattern) >= HOPELESS:
            return []
        try:
            whole: list[int] = self._guard.call(PART_TIME, pattern.matching, data)
        except TimeOver:
            return self._lines(pattern, data)
        return whole

    def _lines(self, pattern: Pattern, data: bytes) -> list[int]:
        found: list[int] = []
        start = 0
        for line in _lines_of(data):
            try:
                if self.given_up(pattern) < HOPELESS and self._guard.call(LINE_TIME, pattern.matching, line):
                    found.append(start)
            except TimeOver:
                self._given_up[pattern] = self.given_up(pattern) + 1
            start += len(line)
        return found


def _lines_of(data: bytes) -> list[bytes]:
    """Lines with their newlines; nothing else parts them."""
    *lines, rest = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])
