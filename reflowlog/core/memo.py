"""A bounded memo for pure functions on hot paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Memo"]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Memo(dict[_Key, _Value]):
    """Bounded memo of a pure function: a dictionary that computes missing values, and is cleared when it is full.

    A hit costs one dictionary lookup in C (`functools.lru_cache` also makes a key and reorders a list). Any thread may
    use it: each operation on a dictionary is atomic, and a value that two threads compute at once is the same.

    Args:
        compute: returns the value of a key that is not in the memo; None: callers use `get` and `remember`.
        limit: entries; a memo that has as many is cleared before the next one is stored.
        max_key_length: items of the longest key that is stored, because longer ones hardly repeat; None: any key.

    Examples:
        >>> squares = Memo(lambda number: number * number, limit=2)
        >>> squares[2], squares[3], sorted(squares)
        (4, 9, [2, 3])
        >>> squares[4], sorted(squares)
        (16, [4])
    """

    __slots__ = ("_compute", "_max_key_length", "limit")

    def __init__(
        self,
        compute: Callable[[_Key], _Value] | None = None,
        *,
        limit: int = 4096,
        max_key_length: int | None = None,
    ) -> None:
        super().__init__()
        self._compute = compute
        self.limit = limit
        self._max_key_length = max_key_length

    def __missing__(self, key: _Key) -> _Value:
        if self._compute is None:
            raise KeyError(key)
        value = self._compute(key)
        if self._max_key_length is None or len(key) <= self._max_key_length:  # type: ignore[arg-type]  # as `remember`
            if len(self) >= self.limit:
                self.clear()
            self[key] = value
        return value

    def remember(self, key: Any, value: _Value) -> _Value:
        """Store a value unless its key is too long, and return the value."""
        if self._max_key_length is None or len(key) <= self._max_key_length:
            if len(self) >= self.limit:
                self.clear()
            self[key] = value
        return value
