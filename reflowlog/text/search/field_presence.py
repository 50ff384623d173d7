"""Whether any line of a search has had the field that is compared, and else a field that may be meant. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.text.parse.json_records import may_have_fields
from reflowlog.text.parse.pairs import BEFORE_PAIR, PAIR_NAME
from reflowlog.text.search.comparison import is_name, lower
from reflowlog.text.search.json_paths import names_in, object_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["FieldPresence"]

TRIES = 5000
"""Lines that hold a field's name but no such field, after which the field is no longer reported as unknown."""

SAMPLED = 400
"""Lines whose field names are sampled, a few of each block."""


class FieldPresence:
    """Notes whether a field was met, and samples the names of other fields.

    Args:
        name: of the field.
        names: meanings of field names.
        is_met: whether the field needs not be met, because any line may have it.
    """

    def __init__(self, name: str, names: FieldNames, *, is_met: bool) -> None:
        self._name = name
        self._names = names
        self._is_met = is_met
        self._tries = self._sampled = 0
        self._others: set[str] = set()

    @property
    def is_in_doubt(self) -> bool:
        """Whether it is still to be found out: then every line that holds the field's name is to be noted."""
        return not self._is_met and self._tries <= TRIES

    def note(self, *, is_met: bool) -> None:
        """Note that a line that may have the field has it, or has not."""
        self._is_met = self._is_met or is_met
        self._tries += not is_met

    def sample(self, data: bytes) -> None:
        """Sample the names of fields in a few lines."""
        if self._is_met or self._sampled >= SAMPLED:
            return
        if not may_have_fields(data, self._names) and b"=" not in data:
            self._sampled = self._sampled or 1
            return
        for line in data[: 1 << 16].split(b"\n", 8)[:8]:
            self._sampled += 1
            text = line.decode("utf-8", "replace")
            found = object_in(text)
            names = names_in(found) if found is not None else _any_pair()(text)
            self._others.update(name for name in names if len(name) <= 64 and is_name(name))

    def report(self) -> str:
        """After a complete search: return a line that names the field, if no record has it; else empty."""
        if not self.is_in_doubt or not self._sampled:
            return ""
        from difflib import get_close_matches

        names = {lower(name): name for name in sorted(self._others)}
        near = get_close_matches(lower(self._name), names, 1)
        hint = f" (did you mean {names[near[0]]!r}?)" if near else ""
        return f"no record has a field {self._name!r}{hint}"


@cache
def _any_pair() -> Callable[[str], list[str]]:
    """Return a function that finds the names of all ``name=value`` pairs in a text."""
    return re.compile(rf"{BEFORE_PAIR}({PAIR_NAME})=").findall
