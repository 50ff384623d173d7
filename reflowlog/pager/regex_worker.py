"""Matching with care: a regular expression that backtracks for ever must freeze nothing.

Rules of this file:
- Where the time of a pattern is linear in the text, it is matched at once, on the caller's thread.
- All other matching is done elsewhere, by parts. Most answers are there at once, and a moment is waited for them; else
  the caller gets `NotReady`, is woken once the answer is there, and asks again.
- Each part has a time after which it is given up (`system/interruptible.py`); then its lines are tried one by one, and those that
  still take too long count as not matching. How many that were is told.
- Where a text grows all the time, what is asked is never again what was answered. So an answer is good for the lines
  that data begins with, too, and only those after them are matched: else nothing of such a text would ever be shown.
- What is remembered belongs to the caller's thread. The other one is given questions and gives answers, by queues.
"""

from __future__ import annotations

import contextlib
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from reflowlog.pager.match_index import NotReady
from reflowlog.system.interruptible import CallTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.text.search.pattern import Matcher

__all__ = ["CallRunner", "RegexWorker"]

PART_BYTES = 32 * 1024  # bytes that are matched at once: nobody else runs meanwhile
PART_TIMEOUT = 0.03  # seconds
LINE_TIMEOUT = 0.01
MAX_GIVEN_UP_LINES = 100  # lines of a pattern that took too long, after which it is matched no more
ANSWER_TIMEOUT = 0.01  # seconds for an answer that nothing else is in front of
MAX_ANSWERS = 64  # answers
MAX_JOINED_ANSWERS = 4  # answers that are put together for one
MAX_KNOWN_MATCHES = 16  # pieces of data with their answers: they may be the beginning of what is asked next


class CallRunner(Protocol):
    """What runs a call for a limited time, where it can be interrupted: see `runner.Guard`."""

    def call(self, budget: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the call returns; raises `CallTimeout`."""


class _MatchRequest(NamedTuple):
    """What is to be matched; data or a text."""

    cache_key: tuple[Any, ...]
    pattern: Matcher
    subject: Any


class _KnownMatches(NamedTuple):
    """Data, and the starts of the lines in it that match."""

    pattern: Matcher
    data: bytes
    found: list[int]


class RegexWorker:
    """Matches patterns for one thread, the printer's.

    Args:
        guard: runs a call for a limited time.
        wake: called, on another thread, when an answer is there.
    """

    def __init__(self, runner: CallRunner, wake: Callable[[], None]) -> None:
        self._runner = runner
        self._wake = wake
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._known: list[_KnownMatches] = []  # the newest at the end
        self._open_requests: set[tuple[Any, ...]] = set()
        self._requests: SimpleQueue[_MatchRequest] = SimpleQueue()
        self._results: SimpleQueue[tuple[_MatchRequest, Any]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._given_up: dict[Matcher, int] = {}  # lines; written on the other thread

    @property
    def waiting(self) -> bool:
        """Whether an answer is being worked on."""
        self._take_in()
        return bool(self._open_requests)

    def given_up(self, pattern: Matcher) -> int:
        """How many lines took too long."""
        return self._given_up.get(pattern, 0)

    def matching(self, pattern: Matcher, data: bytes) -> list[int]:
        """Starts of the lines that match. Raises `NotReady`."""
        if pattern.linear:
            return pattern.matching(data)
        self._take_in()
        known_end, found = self._known_prefix(pattern, data)
        if known_end < len(data):
            rest = data[known_end:]
            more: list[int] = self._request((pattern, len(rest), hash(rest)), pattern, rest)
            found = found + [known_end + at for at in more]
            self._remember(_KnownMatches(pattern, data, found))
        return found

    def spans(self, pattern: Matcher, text: str) -> list[tuple[int, int]]:
        """The parts of a text that match. Raises `NotReady`."""
        if pattern.linear:
            return pattern.spans(text)
        found: list[tuple[int, int]] = self._request((pattern, text), pattern, text)
        return found

    def _known_prefix(self, pattern: Matcher, data: bytes) -> tuple[int, list[int]]:
        """How much of the data is known already, in whole lines or all of it, and the lines there that match."""
        known_end = 0
        found: list[int] = []
        for _ in range(MAX_JOINED_ANSWERS):
            best = 0
            for each in self._known:
                size = len(each.data)
                if size > best and each.pattern is pattern and data.startswith(each.data, known_end):
                    known, best = each, size
            stop = best if known_end + best == len(data) else known.data.rfind(b"\n") + 1 if best else 0
            if not stop:
                break
            found = found + [known_end + at for at in known.found if at < stop]
            known_end += stop
        return known_end, found

    def _remember(self, known: _KnownMatches) -> None:
        """Remember an answer, in the place of those that it goes on from."""
        self._known = [
            each for each in self._known if each.pattern is not known.pattern or not known.data.startswith(each.data)
        ]
        self._known = [*self._known[1 - MAX_KNOWN_MATCHES :], known]

    def _request(self, cache_key: tuple[Any, ...], pattern: Matcher, subject: Any) -> Any:
        if cache_key not in self._answers and cache_key not in self._open_requests:
            is_alone = not self._open_requests
            self._open_requests.add(cache_key)
            self._requests.put(_MatchRequest(cache_key, pattern, subject))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="reflowlog-matcher", daemon=True)
                self._thread.start()
            if is_alone:
                self._take_in(ANSWER_TIMEOUT)
        if cache_key not in self._answers:
            raise NotReady
        return self._answers[cache_key]

    def _take_in(self, timeout: float = 0.0) -> None:
        """Remember the answers that are there; wait for the first one."""
        with contextlib.suppress(Empty):
            while True:
                (cache_key, pattern, subject), answer = self._results.get(timeout > 0, timeout or None)
                timeout = 0.0
                self._open_requests.discard(cache_key)
                if len(self._answers) >= MAX_ANSWERS:
                    del self._answers[next(iter(self._answers))]
                self._answers[cache_key] = answer
                if isinstance(subject, bytes):
                    self._remember(_KnownMatches(pattern, subject, answer))

    def _run(self) -> None:
        while True:
            request = self._requests.get()
            _, pattern, subject = request
            try:
                answer = (
                    self._find_spans(pattern, subject)
                    if isinstance(subject, str)
                    else self._match_data(pattern, subject)
                )
            except Exception:  # no memory, say: what cannot be matched does not match
                answer = []
            self._results.put((request, answer))
            self._wake()

    def _find_spans(self, pattern: Matcher, text: str) -> list[tuple[int, int]]:
        if self.given_up(pattern) >= MAX_GIVEN_UP_LINES:
            return []
        try:
            found: list[tuple[int, int]] = self._runner.call(PART_TIMEOUT, pattern.spans, text)
        except CallTimeout:
            return []
        return found

    def _match_data(self, pattern: Matcher, data: bytes) -> list[int]:
        found: list[int] = []
        start = 0
        while start < len(data):
            stop = (
                data.rfind(b"\n", start, start + PART_BYTES) + 1
                or data.find(b"\n", start + PART_BYTES) + 1
                or len(data)
            )
            found += [start + at for at in self._match_part(pattern, data[start:stop])]
            start = stop
        return found

    def _match_part(self, pattern: Matcher, data: bytes) -> list[int]:
        if self.given_up(pattern) >= MAX_GIVEN_UP_LINES:
            return []
        try:
            whole: list[int] = self._runner.call(PART_TIMEOUT, pattern.matching, data)
        except CallTimeout:
            return self._match_lines(pattern, data)
        return whole

    def _match_lines(self, pattern: Matcher, data: bytes) -> list[int]:
        found: list[int] = []
        start = 0
        for line in _split_lines(data):
            try:
                if self.given_up(pattern) < MAX_GIVEN_UP_LINES and self._runner.call(
                    LINE_TIMEOUT, pattern.matching, line
                ):
                    found.append(start)
            except CallTimeout:
                self._given_up[pattern] = self.given_up(pattern) + 1
            start += len(line)
        return found


def _split_lines(data: bytes) -> list[bytes]:
    """Lines with their newlines; nothing else parts them."""
    *lines, rest = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])
