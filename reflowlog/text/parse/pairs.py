"""Pairs ``name=value`` in plain text: how their names and values are delimited. Pure."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice

__all__ = ["BEFORE_PAIR", "PAIR_NAME", "PAIR_VALUE", "pairs_in", "unquoted"]

BEFORE_PAIR = r"(?<![^\s(\[{<,;:|\"'])"
"""Pattern of the start of a pair's name; so the query of a URL (``?page=2``) is none."""

PAIR_NAME = r"[A-Za-z_@][\w.@-]{0,63}"
"""Pattern of a pair's name."""

PAIR_VALUE = r'"(?:[^"\\]|\\.)*"|[^\s,;]*'
"""Pattern of a pair's value as it is written: in quotes, or up to a blank, a comma or a semicolon."""

_STRIPPED = ".:)]}>'\""


@cache
def _pair() -> re.Pattern[str]:
    return re.compile(rf"{BEFORE_PAIR}({PAIR_NAME})=({PAIR_VALUE})")


def pairs_in(text: str, limit: int) -> list[tuple[str, str]]:
    """Return the first pairs in a sanitized text, `limit` at most, without those that have no value.

    >>> pairs_in('took=3ms user="Ada L" (try=2), /page?x=1 empty=', 9)
    [('took', '3ms'), ('user', 'Ada L'), ('try', '2')]
    """
    found = [(pair[1], unquoted(pair[2])) for pair in islice(_pair().finditer(text), limit)]
    return [(name, value) for name, value in found if value]


def unquoted(text: str) -> str:
    """Return the value of a pair without its quotes, or without the punctuation behind it."""
    if text[:1] == '"' and text[-1:] == '"' and len(text) > 1:
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return text.strip("'\"").rstrip(_STRIPPED)
