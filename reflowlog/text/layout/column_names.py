"""Names of columns, and the check of a list of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["STANDARD_COLUMNS", "check_names"]

STANDARD_COLUMNS = ("time", "level", "logger", "message", "source")
"""Names of the columns that every record may have; any other name is that of a field."""


def check_names(
    argument: str, names: Iterable[str] | None, example: str = "['user', 'size']"
) -> tuple[str, ...] | None:
    """Return the names that an argument lists as a tuple; None if it is None.

    Raises:
        TypeError: this is one text, or not all are texts.
    """
    if names is None:
        return None
    found = () if isinstance(names, str) else tuple(names)
    if isinstance(names, str) or not all(isinstance(name, str) for name in found):
        raise TypeError(f"{argument} must be a list of names, such as {example}")
    return found
