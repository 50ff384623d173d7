"""Values of a JSON object by their paths, for comparisons of fields. Numbers stay as they are written. Pure."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from reflowlog.text.search.comparison import lower

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["names_in", "object_in", "parse_value", "texts_of", "values_at"]

LONGEST_PREFIX = 200
"""Characters before a JSON object in a line, at most."""


@cache
def _scan() -> Callable[[str, int], tuple[Any, int]]:
    """Return a function that reads a JSON value at an offset; numbers stay as they are written."""
    from json import JSONDecoder

    decoder = JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)
    return decoder.scan_once  # type: ignore[attr-defined,no-any-return]


def object_in(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a line ends with; None if there is none."""
    place = text.find("{", 0, LONGEST_PREFIX)
    if place < 0 or text.rstrip()[-1:] != "}":
        return None
    for _ in range(3):
        try:
            value, end = _scan()(text, place)
        except (ValueError, StopIteration, RecursionError):
            pass
        else:
            if isinstance(value, dict) and not text[end:].strip():
                return value
        place = text.find("{", place + 1, LONGEST_PREFIX)
        if place < 0:
            break
    return None


def parse_value(text: str) -> Any:
    """Parse a text as a JSON object or array; return the text itself if it is none."""
    if text[:1] not in ("{", "["):
        return text
    try:
        return _scan()(text, 0)[0]
    except (ValueError, StopIteration, RecursionError):
        return text


def values_at(value: Any, name: str, folds: bool) -> Iterator[Any]:
    """Yield the values in an object whose path is a dotted name; a dot may also be part of a key."""
    if isinstance(value, list):
        for each in value:
            if isinstance(each, dict):
                yield from values_at(each, name, folds)
        return
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        known = lower(key) if folds else key
        if known == name:
            yield inner
        elif known and name.startswith(known) and name[len(known) : len(known) + 1] == ".":
            yield from values_at(inner, name[len(known) + 1 :], folds)


def texts_of(value: Any) -> Iterator[str]:
    """Yield a value as text: each item of a list, an object as JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            if not isinstance(each, list):
                yield from texts_of(each)
    elif isinstance(value, dict):
        from json import dumps

        try:
            yield dumps(value, ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            return
    else:
        yield "null" if value is None else "true" if value else "false"


def names_in(found: dict[str, Any], before: str = "", depth: int = 3) -> Iterator[str]:
    """Yield the names of all fields, those in nested objects as dotted paths."""
    for key, value in found.items():
        yield before + key
        if isinstance(value, dict) and depth:
            yield from names_in(value, f"{before}{key}.", depth - 1)
