"""Patterns that are compiled on first use."""

from __future__ import annotations

import re

import pytest

from reflowlog.core.lazy_pattern import lazy_pattern


def test_a_pattern_is_compiled_when_it_is_first_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before, and its methods only once."""
    compiled: list[object] = []
    compile_ = re.compile
    monkeypatch.setattr(re, "compile", lambda *arguments: compiled.append(arguments) or compile_(*arguments))
    pattern = lazy_pattern(r"(\d+)\s*ms", re.IGNORECASE)
    assert not compiled
    assert [found[1] for found in map(pattern.search, ("12 MS", "7ms")) if found] == ["12", "7"]
    assert len(compiled) == 1


def test_it_has_the_attributes_of_a_pattern() -> None:
    """For text and for bytes."""
    assert lazy_pattern("a+").sub("b", "xaay") == "xby"
    assert lazy_pattern(b"a+").fullmatch(b"aa") is not None
    assert lazy_pattern("(?P<one>a)").groupindex == {"one": 1}


def test_an_invalid_source_fails_on_first_use() -> None:
    """As `re.compile` does."""
    pattern = lazy_pattern("(")
    with pytest.raises(re.error):
        _ = pattern.search
