"""OpenTelemetry's JSON: typed values, lists of attributes, batches of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.text.parse.json_values import is_object

if TYPE_CHECKING:
    from reflowlog.text.parse.json_values import Object, Pair


__all__ = ["TIME_KEYS", "attribute_pairs", "batch_records", "by_unit", "objects_in", "plain_value"]


TIME_KEYS = ({"epochSecond", "nanoOfSecond"}, {"seconds", "nanos"})  # keys of an object that is a time


def by_unit(pair: Pair) -> bool:
    """Return the sort key of the pairs of a time: seconds first, then nanoseconds."""
    return pair[0].startswith("nano")


_VALUE_KEYS = {"stringValue", "intValue", "boolValue", "doubleValue", "bytesValue", "arrayValue", "kvlistValue"}


def plain_value(value: Any) -> Any:
    """Unwrap a typed value of OpenTelemetry; any other value is returned unchanged."""
    if value.__class__ is not tuple or len(value) != 1 or value[0][0] not in _VALUE_KEYS:
        return value
    kind, inner = value[0]
    if kind in ("arrayValue", "kvlistValue"):
        if inner.__class__ is not tuple or len(inner) != 1 or inner[0][1].__class__ is not list:
            return inner
        if kind == "arrayValue":
            return [plain_value(each) for each in inner[0][1]]
        return tuple(attribute_pairs(inner[0][1]) or ())
    return inner


def attribute_pairs(items: Any) -> list[Pair] | None:
    """Return the pairs of OpenTelemetry's list of keys and values; None for any other value."""
    found = []
    for item in items if items.__class__ is list else ():
        if item.__class__ is not tuple or len(item) != 2 or item[0][0] != "key" or item[1][0] != "value":
            return None
        if item[0][1].__class__ is not str:
            return None
        found.append((item[0][1], plain_value(item[1][1])))
    return found


def batch_records(pairs: Object) -> list[Object]:
    """Return the records of a batch of OpenTelemetry, each with the fields of its scope and resource."""
    found: list[Object] = []
    for resource in objects_in(pairs[0][1]):
        of_resource = [pair for name, value in resource for pair in _own_fields("resource", name, value, "scopeLogs")]
        for scope in (each for name, value in resource if name == "scopeLogs" for each in objects_in(value)):
            of_scope = [pair for name, value in scope for pair in _own_fields("scope", name, value, "logRecords")]
            for record in (each for name, value in scope if name == "logRecords" for each in objects_in(value)):
                found += [(*record, *of_scope, *of_resource, *pairs[1:])]
    return found


def objects_in(value: Any) -> list[Object]:
    """Return the objects in a list."""
    return [each for each in value if is_object(each)] if value.__class__ is list else []


def _own_fields(what: str, name: str, value: Any, less: str) -> list[Pair]:
    """Return the fields of a scope or a resource, without the list of its children."""
    if name == less:
        return []
    if name != what or not is_object(value):
        return [(name, value)]
    found: list[Pair] = []
    for key, each in value:
        inner = attribute_pairs(each) if key == "attributes" else None
        found += [(f"{what}.{key}", each)] if inner is None else inner
    return found
