"""Lines of JSON and logfmt with all kinds of values, for tests that compare a fast way with the general one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CHANGES", "FIELDS", "LEVELS", "LOGGERS", "TEXTS", "TIMES", "VALUES", "WRITERS", "as_json", "changed_lines"]

LEVELS = ["info", "ERROR", "warn", "none such", "", 30, 50, 7, None]
TIMES = [
    *("2025-03-01T10:15:30.123Z", "2025-03-01 10:15:30,9", "2025-13-01T10:15:30.123Z", "2025-03-01T10:15:30"),
    *("2025-03-01T10:15:59.006999999Z", "2025-03-01T23:59:30.123+05:30", "2025-03-30T02:30:00.500", "soon"),
    *(
        "2025-03-01T10:15:60.123Z",
        "1890-01-01T00:00:07.123",
        "2025-03-01T10:15:30.1234567Z",
        "2025-02-29T10:15:30.123Z",
    ),
    *(1740000000123, 1740000000, 1740000000.5, 1740000000.0069999, 1740000000006999999, 1740000000000123, 12, None, ""),
    *(1740000000.123456, 1740000000.123, 1740000000.1234567, 1740000000123456789, 0, -5, True, "2025-03-01T24:15:30Z"),
]
TEXTS = [
    *("done", "took 37 ms", "", " ", "{", "a  b", "x" * 90, "é", "tab\t", 'quoted "text"', "a\\b", "GET /x 200"),
    *("ends with a blank ", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"),
    *("Traceback (most recent call last):\n  x", "12:00:05 status 404 https://a.b/c id=9f3c2a71", "line\nline"),
    *("Traceback (most recent call last): one line", "0fe1c2d3", "-0", "007", "a=b", "'single'", "}", '{"a":1}', "x}"),
]
VALUES = [*TEXTS, 0, 7, 42, 503, -1, -0.0, 1.5, 1e300, 10**20, True, None, [1, 2], {"a": 1}, "404"]
LOGGERS = ["app", "app.db.pool", "18ms", "", "a b", None, 5]
_LEVELS, _TIMES, _TEXTS, _VALUES = map(st.sampled_from, (LEVELS, TIMES, TEXTS, VALUES))
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "ts": _TIMES,
        "level": _LEVELS,
        "logger": st.sampled_from(LOGGERS),
        "msg": _TEXTS,
        "status": _VALUES,
        "user id": _VALUES,
        "k1": _VALUES,
        "err.message": _VALUES,
    },
)


def as_json(fields: dict[str, Any]) -> str:
    """Compact JSON, as most loggers write it."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def as_loose_json(fields: dict[str, Any]) -> str:
    """JSON in ASCII with blanks, as Python writes it."""
    return json.dumps(fields)


def as_logfmt(fields: dict[str, Any]) -> str:
    """Logfmt, quoted where it has to be."""
    pairs = []
    for name, value in fields.items():
        text = value if isinstance(value, str) else json.dumps(value)
        quoted = '"' + text.replace('"', '\\"') + '"' if not text or " " in text or '"' in text else text
        pairs.append(f"{name.replace(' ', '_')}={quoted}".replace("\n", "\\n"))
    return " ".join(pairs)


WRITERS = (as_json, as_loose_json, as_logfmt)
CHANGES = st.lists(st.tuples(st.integers(0, 3), _TIMES, _LEVELS, _TEXTS, _VALUES), min_size=8, max_size=20)


def changed_lines(
    kinds: list[dict[str, Any]],
    changes: list[tuple[int, Any, Any, Any, Any]],
    write: Callable[[dict[str, Any]], str],
) -> list[str]:
    """Four lines of each kind, then lines of the same kinds with other values."""
    lines = [write(kind) for kind in kinds for _ in range(4)]
    for number, time, level, text, value in changes:
        fields = dict(kinds[number % len(kinds)])
        for name, new in (("ts", time), ("level", level), ("msg", text), ("status", value), ("k1", value)):
            if name in fields and new is not None:
                fields[name] = new
        lines.append(write(fields))
    return lines
