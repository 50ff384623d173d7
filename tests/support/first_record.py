"""Reads the first record of a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.parse.field_names import USUAL, FieldNames
from reflowlog.text.parse.json_records import read_records

if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord


def first_record(line: str, names: FieldNames = USUAL) -> LogRecord | None:
    """Return the first record of a line; None if it is plain text."""
    found = read_records(line, names)
    return found[0] if found else None
