"""Memo of values by the shape of the beginnings of lines.

Invariants:
- A shape has digits read as 0, and so are the letters of hexadecimal identifiers, which are others in each line.
- This module imports no reader of lines: most searches for words need none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo

if TYPE_CHECKING:
    import re

__all__ = ["PrefixMemo"]

MAX_PREFIXES = 4_096
"""Beginnings that are known."""

MAX_SIZES = 16
"""Sizes of beginnings that are looked for, the latest that was stored first."""

_identifier = lazy_pattern(  # of a request, a UUID
    rb"(?<![0a-z])(?=[a-f-]{0,36}0)[0a-f]{8,32}(?:-[0a-f]{4,12}){0,4}(?![0a-z])"
)

_Value = TypeVar("_Value")


def _zeros(found: re.Match[bytes]) -> bytes:
    return b"0" * (found.end() - found.start())


class PrefixMemo(Generic[_Value]):
    """Memo of values by the beginnings of lines, which have few different lengths. Any thread may use it."""

    def __init__(self) -> None:
        self._known: Memo[bytes, _Value] = Memo(limit=MAX_PREFIXES)
        self._sizes: tuple[int, ...] = ()  # replaced, never changed in place

    def find(self, line: bytes) -> tuple[int, _Value] | None:
        """Return size and value of a known beginning of a line; None for none. About 0.2 us for each size.

        Args:
            line: its shape: digits are read as 0.
        """
        found = self._find(line)
        if found is not None or not self._sizes:
            return found
        shape = _identifier.sub(_zeros, line)
        return self._find(shape) if shape != line else None

    def _find(self, shape: bytes) -> tuple[int, _Value] | None:
        get = self._known.get
        for size in self._sizes:
            value = get(shape[:size])
            if value is not None:
                return size, value
        return None

    def remember(self, prefix: bytes, value: _Value) -> None:
        """Store the value of a beginning; of the `MAX_SIZES` sizes stored last it is found."""
        self._known.remember(_identifier.sub(_zeros, prefix), value)
        size = len(prefix)
        if size not in self._sizes:
            self._sizes = (size, *self._sizes[: MAX_SIZES - 1])
