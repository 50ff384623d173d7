"""JSON values: objects as pairs in their order, numbers as written."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CONTAINERS",
    "MAX_DEPTH",
    "Number",
    "Object",
    "Pair",
    "compact_json",
    "is_object",
    "json_encoder",
    "object_at",
    "text_of",
    "value_scanner",
]

Pair = tuple[str, Any]
Object = tuple[Pair, ...]  # a JSON object as written: names may repeat

CONTAINERS = (tuple, list)  # classes of objects and arrays

MAX_DEPTH = 64
"""Levels of nested containers that are read; a line with deeper ones is plain text."""


class Number(str):
    """A number that is not whole, as written."""

    __slots__ = ()


@cache
def value_scanner() -> Callable[[str, int], tuple[Any, int]]:
    """Return a reader of the JSON value at an offset: objects as pairs, numbers that are not whole as written."""
    from json import JSONDecoder  # costs milliseconds, and most logs hold none

    decoder = JSONDecoder(object_pairs_hook=tuple, parse_float=Number, parse_constant=Number, strict=False)
    return decoder.scan_once  # type: ignore[attr-defined,no-any-return]


def object_at(line: str, place: int) -> Object | None:
    """Return the object from an offset to the end of a line; None if there is none, or an empty one."""
    try:
        value, end = value_scanner()(line, place)
    except (ValueError, StopIteration, RecursionError):
        return None
    return value if not line[end:].strip() else None


def objects_at(line: str, start: int) -> list[Object]:
    """Return the objects from an offset to the end of a line, one behind another; none if it holds anything else."""
    found: list[Object] = []
    scan = value_scanner()
    while start < len(line):
        try:
            value, end = scan(line, start)
        except (ValueError, StopIteration, RecursionError):
            return []
        if not is_object(value) or not value:
            return []
        found.append(value)
        start = end + len(line[end:]) - len(line[end:].lstrip())
    return found


def text_of(value: Any) -> str:
    """Return a value as an extra shows it."""
    kind = value.__class__
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    return compact_json(value)


def compact_json(value: Any, depth: int = 0) -> str:
    """Return a value as compact JSON.

    Raises:
        RecursionError: the value is nested deeper than `MAX_DEPTH`.
    """
    kind = value.__class__
    if depth > MAX_DEPTH:
        raise RecursionError
    if kind is tuple:
        inner = ",".join([f"{_string(name)}:{compact_json(each, depth + 1)}" for name, each in value])
        return "{" + inner + "}"
    if kind is list:
        return "[" + ",".join([compact_json(each, depth + 1) for each in value]) + "]"
    if kind is Number:
        return str.__str__(value)
    if kind is str:
        return _string(value)
    return str(value) if kind is int else "null" if value is None else "true" if value else "false"


@cache
def json_encoder() -> Callable[[Any], str]:
    """Return a function that encodes a value as compact JSON; characters beyond ASCII stay."""
    from json import JSONEncoder  # costs milliseconds

    return JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _string(text: str) -> str:
    """Return a text as a JSON string."""
    return json_encoder()(text)


def is_object(value: Any) -> bool:
    """Return whether a value is a JSON object."""
    return value.__class__ is tuple
