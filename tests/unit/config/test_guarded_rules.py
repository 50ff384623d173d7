"""Highlight rules that backtrack: they are given up after a time, and other rules cost no more than before."""

from __future__ import annotations

import re
import time

import pytest

from reflowlog.config.guarded_rules import MAX_TIMEOUTS, GuardedRule, compile_rule

HOSTILE = "a" * 40 + "b"


@pytest.mark.parametrize("source", ["(a+)+$", r"\d+.*\d+.*\d+.*x", "(a|a)*(b|b)*$", "(?:x*)*y", "(a{1,99})+c"])
def test_rules_that_may_backtrack_are_guarded(source: str) -> None:
    """Rules whose match may take exponential time have a time limit."""
    assert isinstance(compile_rule(source), GuardedRule)


@pytest.mark.parametrize("source", [r"order \d+", "error|fail", r"\bid=\w+\b", "a{1,3}b{2}[xyz]?"])
def test_rules_that_cannot_are_not(source: str) -> None:
    """Linear rules are matched directly."""
    assert isinstance(compile_rule(source), re.Pattern)


def test_a_hostile_rule_is_given_up() -> None:
    """After a time for one text, and for good after some texts; what it can match it matches."""
    rule = compile_rule("(a+)+$")
    assert [found.span() for found in rule.finditer("xaa", 0, 9)] == [(1, 3)]
    begin = time.monotonic()
    for _ in range(100):
        assert list(rule.finditer(HOSTILE, 0, len(HOSTILE))) == []
    assert time.monotonic() - begin < 0.2 * MAX_TIMEOUTS
    assert list(rule.finditer("aa", 0, 2)) == []
