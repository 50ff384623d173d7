"""Check that some record of the input had a level, for ``--level``: else an empty output would be misread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_levels import has_level
from reflowlog.text.search.record_filter import RecordFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.record_tests import RecordTest

__all__ = ["LevelCheckedFilter", "LevelWatch"]

MAX_LINES = 1000
"""Lines without a level that are all looked at."""

STEP = 16
"""Of the lines behind them one in as many is looked at."""


class LevelWatch:
    """Remembers whether any line of all sources had a level; costs nothing from the first one on.

    A record of JSON over several lines counts as one with a level, because its level is not on one line. Behind the
    first `MAX_LINES` lines only each `STEP`-th is looked at: reading the level of a line without one takes long. A line
    of the minimum level is never missed, because the filter reads it.

    Args:
        names: roles of field names; None: the usual ones.
    """

    def __init__(self, names: FieldNames | None) -> None:
        self._names = names or USUAL
        self._has_level = False
        self._has_lines = False
        self._lines = 0  # looked at

    @property
    def complaint(self) -> str:
        """Return a line for the end of an input without a level in any line; empty with one, and without lines."""
        if self._has_level or not self._has_lines:
            return ""
        if self._lines > MAX_LINES:
            return f"none of {self._lines:,} lines looked at had a level that is known here: --level shows nothing"
        return "no record had a level that is known here, so --level shows nothing"

    def check(self, data: bytes) -> None:
        """Check whole lines."""
        if self._has_level or not data:
            return
        self._has_lines = True
        lines = data.split(b"\n")
        names = self._names
        step = STEP if self._lines > MAX_LINES else 1
        self._lines += len(lines) // step
        self._has_level = any(
            has_level(line, following, names) for line, following in zip(lines[::step], [*lines[1:], b""][::step])
        )

    def note_level(self) -> None:
        """Note that a line has a level."""
        self._has_level = True


class LevelCheckedFilter(RecordFilter):
    """Record filter of a minimum level that reports the lines it is fed to a watch; see `RecordFilter`."""

    def __init__(
        self,
        watch: LevelWatch,
        tests: Sequence[RecordTest],
        context: int,
        level: int | None,
        names: FieldNames | None,
    ) -> None:
        super().__init__(tests, context, level, names)
        self._watch = watch

    def feed(self, data: bytes, now: float = 0.0, *, goes_on: bool = False) -> bytes:
        """Filter more lines."""
        self._watch.check(data)
        kept = super().feed(data, now, goes_on=goes_on)
        if self.has_found_level:
            self._watch.note_level()
        return kept
