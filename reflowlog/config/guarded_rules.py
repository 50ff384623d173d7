"""Regular expressions of highlight rules, which must not freeze anything by backtracking without end."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reflowlog.system.interruptible import CallTimeout, call_with_timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["GuardedRule", "compile_rule"]

TEXT_TIMEOUT = 0.02  # seconds for one text
MAX_TIMEOUTS = 5  # texts that took too long, after which a rule is no longer used


def compile_rule(source: str) -> re.Pattern[str] | GuardedRule:
    """Compile a rule: as it is if it cannot backtrack for long, else with a timeout."""
    pattern = re.compile(source)
    return GuardedRule(pattern) if _may_backtrack(source) else pattern


class GuardedRule:
    """A pattern whose search in a text is given up after a time. It has matched nothing then.

    Args:
        pattern: the pattern.
    """

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern.pattern
        self._pattern = pattern
        self._timeouts = 0

    def finditer(self, text: str, start: int, end: int) -> Iterator[re.Match[str]]:
        """Return the matches in a range of a text; none if that takes too long, or has taken so too often."""
        if self._timeouts >= MAX_TIMEOUTS:
            return iter(())
        try:
            return iter(call_with_timeout(TEXT_TIMEOUT, _find_all, self._pattern, text, start, end))
        except CallTimeout:
            self._timeouts += 1
            return iter(())


def _find_all(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[re.Match[str]]:
    return list(pattern.finditer(text, start, end))


def _may_backtrack(source: str) -> bool:
    """Return whether a pattern has more than one repetition without a small limit, so that its time may explode."""
    parser: Any = import_module("re._parser" if hasattr(re, "_parser") else "sre_parse")
    return _count_repeats(parser.parse(source)) > 1


def _count_repeats(items: Iterable[Any]) -> int:
    """Return the number of unlimited repetitions in a parsed pattern, at any depth."""
    count = 0
    for item in items:
        if isinstance(item, tuple) and len(item) == 2 and str(item[0]).endswith("_REPEAT") and item[1][1] > 16:
            count += 1
        if isinstance(item, (tuple, list)) or hasattr(item, "data"):
            count += _count_repeats(item if isinstance(item, (tuple, list)) else item.data)
    return count
