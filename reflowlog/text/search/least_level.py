"""Minimum level of a record filter: which lines and records have it, by themselves or by the record before them.

Invariants:
- A line or record without a level has that of the one before it, but not where another service wrote that one.
- An exception that was not logged is an error (`text/parse/crashes.py`).
- Large texts are searched for names of levels before the level of any line is read.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from reflowlog.text.parse.levels import ERROR
from reflowlog.text.parse.multiline import service_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["LeastLevel", "LevelReader"]

MIN_SCANNED_BYTES = 1024  # of lines that are searched for names of levels before their levels are read


class LevelReader:
    """Reads the levels of records and lines, with the meanings of field names.

    Args:
        names: the meanings; None: the usual ones.
    """

    def __init__(self, names: FieldNames | None) -> None:
        # start-up cost: only for a minimum level
        from reflowlog.text.parse import line_levels
        from reflowlog.text.parse.field_names import USUAL
        from reflowlog.text.parse.usual_levels import usual_levels

        self._names = names or USUAL
        self._lines = line_levels
        self._usual_levels = usual_levels
        self.has_longer_header = line_levels.has_longer_header

        self.begins_crash = line_levels.begins_crash
        self.may_begin_crash = line_levels.may_begin_crash

    def of_header(self, lines: Sequence[bytes]) -> int | None:
        """Return the level that a record names, see `level_of_header`."""
        return self._lines.level_of_header(lines, self._names)

    def may_have(self, data: bytes, least: int) -> bool:
        """Return whether any line may have a level, see `may_have`."""
        return self._lines.may_have(data, least, self._names)

    def lines_that_may_have(self, data: bytes, least: int, may_crash: bool = True) -> list[int] | None:
        """Return the starts of the lines that may have a level, see `lines_that_may_have`."""
        return self._lines.lines_that_may_have(data, least, self._names, may_crash=may_crash)

    def usual(self, data: bytes) -> list[tuple[int, int, int]]:
        """Return start, end and level of the lines of usual forms, see `usual_levels`."""
        return self._usual_levels(data, self._names)


class LeastLevel:
    """Minimum level, and the level of the last record, which the next one has if it names none. For one thread.

    Args:
        least: the lowest level to keep, a number of `logging`.
        names: meanings of field names; None: the usual ones.

    Attributes:
        last: level of the last record; None: no record had one so far.
        line: the line that named it.
        has_crash: an exception that was not logged may begin in the present chunk.
    """

    def __init__(self, least: int, names: FieldNames | None) -> None:
        self._least = least
        self._reader = LevelReader(names)
        self._chunk = b""
        self.has_crash = False
        self.reset()

    def reset(self) -> None:
        """Forget the level of the last record."""
        self.last: int | None = None
        self.line = b""
        self._owner = b"", b""  # that line, and its service

    @property
    def is_low(self) -> bool:
        """Whether a record that names no level is too low."""
        return self.last is None or self.last < self._least

    def begin_chunk(self, data: bytes) -> None:
        """Note whether an exception that was not logged may begin in a chunk. Once for each."""
        if self._chunk is not data:
            self._chunk = data
            self.has_crash = self._least <= ERROR and self._reader.may_begin_crash(data)

    def begin_part(self, data: bytes) -> None:
        """Note a later part of a line, which begins no exception."""
        self._chunk, self.has_crash = data, False

    def may_have(self, data: bytes) -> bool:
        """Return whether any line of a chunk may have the level."""
        return self._reader.may_have(data, self._least)

    def lines_that_may_have(self, data: bytes) -> list[int] | None:
        """Return the starts of the lines that may have the level; None: any may."""
        return self._reader.lines_that_may_have(data, self._least, self.has_crash)

    def has_longer_header(self, line: bytes) -> bool:
        """Return whether the level of a record may stand in a line after its first one."""
        return self._reader.has_longer_header(line)

    def take(self, lines: Sequence[bytes], *, may_be_longer: bool, is_old: bool = False) -> bool | None:
        """Return whether a record with these first lines has the level; None where further lines may name it.

        Args:
            lines: its first lines.
            may_be_longer: its level may stand in the next line.
            is_old: the lines are of an earlier chunk, too.
        """
        own = self._reader.of_header(lines)
        if own is None and may_be_longer:
            return None
        if own is not None:
            self.last, self.line = own, lines[0]
            return own >= self._least
        if not self.is_low and self._has_last(lines[0]):
            return True
        return self._least <= ERROR and (is_old or self.has_crash) and self._reader.begins_crash(lines[0])

    def lines(self, data: bytes) -> tuple[list[tuple[int, int]], int]:
        """Return start and end of the lines of a minimum level, and where the lines end that are records by themselves.

        Lines without a level have that of the line before.
        """
        kept: list[tuple[int, int]] = []
        level = self._least
        at = named_at = 0
        for start, end, own in self._reader.usual(data):
            if at < start:
                self.line = data[named_at:at] if named_at < at else self.line
                at = self._add_lines(kept, data, at, start)
                if at < start:
                    return kept, at
            if own >= level:
                kept.append((start, end))
            self.last = own
            named_at, at = start, end
        self.line = data[named_at:at] if named_at < at else self.line
        return kept, self._add_lines(kept, data, at, len(data))

    def _add_lines(self, kept: list[tuple[int, int]], data: bytes, at: int, stop: int) -> int:
        """Add start and end of the lines of a minimum level, and return where the lines end; see `lines`."""
        levels, level = self._reader, self._least
        rest = data[at:stop]
        starts = levels.lines_that_may_have(rest, level, self.has_crash) if len(rest) > MIN_SCANNED_BYTES else None
        first, number = at, 0
        last, level_of = self.last, levels.of_header
        is_high = last is not None and last >= level
        while at < stop:
            if starts is not None and not is_high:
                number = bisect_left(starts, at - first, number)
                if number == len(starts):
                    break
                at = first + starts[number]
            end = data.find(b"\n", at) + 1 or stop
            line = data[at : end - 1]
            own = level_of((line,))
            if own is not None:
                last, is_high, self.line = own, own >= level, line
            elif levels.has_longer_header(line):
                stop = at
                break
            is_wanted = is_high and (own is not None or self._has_last(line))
            if is_wanted or (own is None and self.has_crash and levels.begins_crash(line)):
                kept.append((at, end))
            at = end
        self.last = last
        return stop

    def _has_last(self, line: bytes) -> bool:
        """Return whether a line that names no level has the last one: no other service has written that."""
        service = service_of(line)
        if not service:
            return True
        if self._owner[0] is not self.line:
            self._owner = self.line, service_of(self.line)
        return service == self._owner[1]
