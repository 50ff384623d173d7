"""The bounded memo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.core.memo import Memo


@given(st.lists(st.integers(0, 12)), st.integers(1, 6))
def test_a_memo_returns_what_the_function_returns_and_stays_small(keys: list[int], limit: int) -> None:
    """Whether a value is computed or stored."""
    memo = Memo(lambda key: key * key, limit=limit)
    for key in keys:
        assert memo[key] == key * key
        assert len(memo) <= limit


def test_a_value_is_computed_once_while_it_is_stored() -> None:
    """A hit does not call the function."""
    calls: list[str] = []
    memo: Memo[str, int] = Memo(lambda key: calls.append(key) or len(key), limit=2)
    assert [memo["one"], memo["one"], memo["three"], memo["one"]] == [3, 3, 5, 3]
    assert calls == ["one", "three"]


def test_a_long_key_is_not_stored() -> None:
    """Its value is computed each time."""
    memo = Memo(len, max_key_length=3)
    assert (memo["four"], memo["two"]) == (4, 3)
    assert list(memo) == ["two"]


def test_without_a_function_a_missing_key_is_an_error() -> None:
    """Such a memo is filled by `remember`."""
    memo: Memo[str, int] = Memo()
    assert memo.remember("key", 7) == 7
    assert memo["key"] == 7
    with pytest.raises(KeyError):
        memo["other"]
