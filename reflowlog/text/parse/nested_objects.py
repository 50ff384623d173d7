"""Nested objects of an object, flattened: the fields of those that stand for a value or wrap a record.

Invariants:
- Which objects are flattened depends on their names and the names in them (`text/parse/field_names.py`), and for
  OpenTelemetry's lists of attributes on their form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.text.parse.field_names import FLATTENED, VALUES
from reflowlog.text.parse.otel import TIME_KEYS, attribute_pairs, by_unit, plain_value

if TYPE_CHECKING:
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.parse.json_values import Object, Pair

__all__ = ["flatten"]


def flatten(pairs: Object, names: FieldNames) -> Object | None:
    """Return the fields with nested objects flattened once; None if there is none to flatten."""
    found: list[Pair] = []
    for name, value in pairs:
        inner = _inner_fields(name, value, names)
        if inner is None:
            found.append((name, value))
        else:
            found += inner
    return None if len(found) == len(pairs) and all(map(_is_same_value, found, pairs)) else tuple(found)


def _is_same_value(one: Pair, other: Pair) -> bool:
    return one[1] is other[1]


def _inner_fields(name: str, value: Any, names: FieldNames) -> list[Pair] | None:
    """Return the fields that replace one whose value is an object or OpenTelemetry's list; None if it stays nested."""
    if value.__class__ is list:
        return attribute_pairs(value) if name == "attributes" else None
    if value.__class__ is not tuple or not value or name not in names.openable:
        return None
    keys = {key for key, _ in value}
    if name == "body" and len(value) == 1:
        text = plain_value(value)
        return None if text is value else [(name, text)]
    if keys in TIME_KEYS and len(value) == 2 and all(each.__class__ is int for _, each in value):
        seconds, nanoseconds = (each for _, each in sorted(value, key=by_unit))
        return [(name, seconds * 10**9 + nanoseconds)]
    for own in VALUES.get(name, ()):
        if own in keys:
            return [(name if key == own else f"{name}.{key}", each) for key, each in value]
    if name in FLATTENED and (keys & FLATTENED[name] or name == "Properties"):
        return list(value)
    if name in names.nests and keys & names.nests[name]:
        return [(f"{name}.{key}", each) for key, each in value]
    return None
