"""Regular expressions that are compiled on first use, because compiling those of a program takes milliseconds."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

__all__ = ["lazy_pattern"]


class _LazyPattern:
    """Stand-in for a pattern. Its attributes are those of the pattern, stored in the instance once they were read."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._source, self._flags), name)  # `re` has a cache of patterns
        setattr(self, name, found)
        return found


def lazy_pattern(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    r"""Return an object with the attributes of a compiled pattern, which is compiled when one of them is first read.

    Each further call of one of its methods costs what it costs with `re.compile`. Any thread may use it. It is no
    pattern for `isinstance` and for the functions of `re`. An invalid source fails on first use.

    Args:
        source: a regular expression.
        flags: those of `re`.

    Examples:
        >>> digits = lazy_pattern(r"\d+")
        >>> digits.findall("7 of 12")
        ['7', '12']
    """
    return cast("re.Pattern[AnyStr]", _LazyPattern(source, flags))
