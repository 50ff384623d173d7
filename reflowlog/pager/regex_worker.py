"""Regular expressions matched with a timeout, so that catastrophic backtracking never blocks the caller.

Invariants:
- A pattern whose matching time is linear in the text is matched at once, on the caller's thread.
- Other patterns are matched on a worker thread, in parts. Most results are available at once and are waited for
  briefly; else the caller gets `NotReady`, is woken when the result is available, and asks again.
- Each part has a timeout (`system/interruptible.py`); after it, its lines are tried one by one, and lines that still
  take too long count as not matching. The number of these lines is reported.
- If a text grows continuously, no request ever repeats an earlier one. So a result also serves data that begins with
  the same lines, and only the lines after them are matched: otherwise nothing of such a text would ever be shown.
- All caches belong to the caller's thread. The worker thread receives requests and returns results by queues.
"""

from __future__ import annotations

import contextlib
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.pager.match_index import NotReady
from reflowlog.system.interruptible import CallTimeout, call_with_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.text.search.pattern import Matcher

__all__ = ["CallRunner", "RegexWorker", "TimedMatcher"]

PART_BYTES = 32 * 1024  # matched in one call, during which no other thread runs
PART_TIMEOUT = 0.03  # seconds
LINE_TIMEOUT = 0.01
MAX_GIVEN_UP_LINES = 100  # lines that took too long, after which a pattern is no longer matched
ANSWER_TIMEOUT = 0.01  # seconds to wait for a result if no other request is pending
PATIENCE = 20  # factor of the timeouts where no screen waits for the result
MAX_LENGTH_FACTOR = 4  # of the timeouts for a line longer than a part, where no screen waits for the result
MAX_ANSWERS = 64  # cached results
MAX_JOINED_ANSWERS = 4  # cached results that are joined into one
MAX_KNOWN_MATCHES = 16  # cached results that may be a prefix of the next request


class CallRunner(Protocol):
    """Runs a call with a timeout on an interruptible thread: see `system.interruptible`."""

    def call(self, budget: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return the result of the call; raises `CallTimeout`."""


class _MatchRequest(NamedTuple):
    """A pattern and the data or text to match."""

    cache_key: tuple[Any, ...]
    pattern: Matcher
    subject: Any


class _KnownMatches(NamedTuple):
    """Data, and the starts of its matching lines."""

    pattern: Matcher
    data: bytes
    found: list[int]


class RegexWorker:
    """Matches patterns for one thread, the printer's.

    Args:
        runner: runs a call for a limited time.
        wake: called on the worker thread when a result is available.
        patience: factor of the timeouts, by which fewer lines may take too long.
    """

    def __init__(self, runner: CallRunner, wake: Callable[[], None], *, patience: int = 1) -> None:
        self._runner = runner
        self._patience = patience
        self._wake = wake
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._known: list[_KnownMatches] = []  # newest last
        self._open_requests: set[tuple[Any, ...]] = set()
        self._requests: SimpleQueue[_MatchRequest] = SimpleQueue()
        self._results: SimpleQueue[tuple[_MatchRequest, Any]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._given_up: dict[Matcher, int] = {}  # number of lines; written on the worker thread

    @property
    def waiting(self) -> bool:
        """Whether a result is pending."""
        self._take_in()
        return bool(self._open_requests)

    def given_up(self, pattern: Matcher) -> int:
        """Return the number of lines that took too long to match."""
        return self._given_up.get(pattern, 0)

    def _is_hopeless(self, pattern: Matcher) -> bool:
        """Return whether so many lines took too long that a pattern is no longer matched."""
        return self.given_up(pattern) * self._patience >= MAX_GIVEN_UP_LINES

    def matching(self, pattern: Matcher, data: bytes) -> list[int]:
        """Return the starts of the matching lines. Raises `NotReady`."""
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
        """Return the matching spans of a text. Raises `NotReady`."""
        if pattern.linear:
            return pattern.spans(text)
        found: list[tuple[int, int]] = self._request((pattern, text), pattern, text)
        return found

    def _known_prefix(self, pattern: Matcher, data: bytes) -> tuple[int, list[int]]:
        """Return the length of the data that is known already, all or whole lines of it, and its matching lines."""
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
        """Cache a result in place of the ones it extends."""
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
        """Cache the available results; wait up to `timeout` seconds for the first one."""
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
                    else self.match_in_parts(pattern, subject)
                )
            except Exception:  # such as MemoryError: data that cannot be matched does not match
                answer = []
            self._results.put((request, answer))
            self._wake()

    def _find_spans(self, pattern: Matcher, text: str) -> list[tuple[int, int]]:
        if self._is_hopeless(pattern):
            return []
        try:
            found: list[tuple[int, int]] = self._runner.call(PART_TIMEOUT, pattern.spans, text)
        except CallTimeout:
            return []
        return found

    def match_in_parts(self, pattern: Matcher, data: bytes) -> list[int]:
        """Return the starts of the matching lines; wait for them, at most the timeout of each part and line."""
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
        if self._is_hopeless(pattern):
            return []
        try:
            whole: list[int] = self._runner.call(self._timeout(PART_TIMEOUT, data), pattern.matching, data)
        except CallTimeout:
            return self._match_lines(pattern, data)
        return whole

    def _timeout(self, seconds: float, data: bytes) -> float:
        """Return the timeout for data: a multiple where no screen waits, more for a long line on a busy machine."""
        if self._patience == 1:
            return seconds
        return seconds * self._patience * max(1, min(len(data) // PART_BYTES, MAX_LENGTH_FACTOR))

    def _match_lines(self, pattern: Matcher, data: bytes) -> list[int]:
        found: list[int] = []
        start = 0
        for line in _split_lines(data):
            try:
                if not self._is_hopeless(pattern) and self._runner.call(
                    self._timeout(LINE_TIMEOUT, line), pattern.matching, line
                ):
                    found.append(start)
            except CallTimeout:
                self._given_up[pattern] = self.given_up(pattern) + 1
            start += len(line)
        return found


def _split_lines(data: bytes) -> list[bytes]:
    """Split data after each newline; no other character ends a line."""
    *lines, rest = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])


class _AnyThread:
    """Runner of calls from any thread."""

    def call(self, budget: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return the result of the call; raises `CallTimeout`."""
        return call_with_timeout(budget, function, *arguments)


class TimedMatcher:
    """A matcher with a timeout for each part and line of the data, which waits for its results. For one thread.

    Args:
        matcher: the matcher; used as it is if its time is linear in the text.
    """

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._worker = RegexWorker(_AnyThread(), lambda: None, patience=PATIENCE)  # its thread is never started
        self.source = matcher.source
        self.linear = matcher.linear
        self.of_fields = matcher.of_fields

    @property
    def unknown(self) -> str:
        """The number of lines that took too long, or the matcher's own reason why nothing matched; else empty."""
        count = self._worker.given_up(self._matcher)
        if count:
            more = " or more" if count * PATIENCE >= MAX_GIVEN_UP_LINES else ""
            if count == 1:
                return "1 line took too long to match, and counts as not matching"
            return f"{count}{more} lines took too long to match, and count as not matching"
        return self._matcher.unknown

    def matching(self, data: bytes) -> list[int]:
        """Return the starts of the matching lines; lines that take too long do not match."""
        if self.linear:
            return self._matcher.matching(data)
        return self._worker.match_in_parts(self._matcher, data)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the matching spans of a text, without a timeout."""
        return self._matcher.spans(text)
