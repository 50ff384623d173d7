"""Highlighting of the values of a record's fields, as the same text has it in a message. Pure.

Invariants:
- A value has the parts of a message that is equal to it; that a field is an HTTP status its name tells. The quotes that
  delimit a shown value are no part of it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from reflowlog.text.highlight.marks import Marks, find_marks, highlight_marks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reflowlog.core.records import Spans
    from reflowlog.text.highlight.themes import Theme

__all__ = ["SIMPLE_VALUE", "status_name", "value_spans"]

SIMPLE_VALUE = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]+)?)\Z"
    r"|(?P<uuid>(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,64}|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\Z"
).match
"""Matches the values that differ from record to record, and are one part each: the name of the group."""

_of_status = re.compile(r"(?:status|(?<!exit)(?<!exit[_.-])code)\Z", re.IGNORECASE).search


@lru_cache(1024)
def _is_status(name: str) -> bool:
    return _of_status(name) is not None


def status_name(name: str, value: str) -> str:
    """Return the name that themes have for an HTTP status; empty for another field or value.

    >>> status_name("http.response.statusCode", "503"), status_name("exit_code", "137"), status_name("status", "up")
    ('http.5xx', '', '')
    """
    if len(value) != 3 or value[0] not in "12345" or not (value.isascii() and value.isdigit()) or not _is_status(name):
        return ""
    return f"http.{value[0]}xx"


def value_spans(name: str, value: str, theme: Theme, host: str | None = None) -> Spans:
    """Return the style spans of a field's value.

    Args:
        name: of the field.
        value: sanitized, without quotes around it.
        theme: styles of the parts.
        host: this machine's name, for links, see `highlight`.
    """
    status = status_name(name, value)
    marks = Marks([(0, 3, status)], 0, None) if status else find_marks(value, 0)
    return highlight_marks(value, theme, marks, host=host, rules=False)
