"""Finds a line of a document by its time, by bisection over offsets.

Times without a date or year, which may pass midnight or the new year more than once, are read in the order of the lines
of a document of at most `MAX_UNDATED_BYTES`, and dated back from the last one. In a larger one the same time of day is
the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_times import COMPLETE, LineClock, SequentialClock, has_field_time

if TYPE_CHECKING:
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["find_line_at", "has_field_times_near", "time_near"]

MAX_LINES_READ = 500  # lines read at one position to find one that has a time
MAX_UNDATED_BYTES = 1 << 20
SCAN_BYTES = 256 << 10  # range that is read line by line once the bisection has come that close


def time_near(document: Document, offset: int, names: FieldNames = USUAL) -> float | None:
    """Return the time of the first line from an offset on, else of the last one before; None if near lines have none.

    The result is in seconds since the epoch.
    """
    undated = _undated_times(document, names)
    if undated:
        return next((time for at, time in undated if at >= document.at(offset)), undated[-1][1])
    clock = LineClock(names, document.written_at)
    for _, line in document.segments(document.at(offset), MAX_LINES_READ):
        found = clock.time_of(line)
        if found is not None:
            return found
    for _, line in reversed(document.segments_before(offset, MAX_LINES_READ)):
        found = clock.time_of(line)
        if found is not None:
            return found
    return None


def has_field_times_near(document: Document, offset: int, names: FieldNames = USUAL) -> bool:
    """Return whether the first line with a time from an offset on, else the last before, has it in a field."""
    clock = LineClock(names, document.written_at)
    after = document.segments(document.at(offset), MAX_LINES_READ)
    before = reversed(document.segments_before(offset, MAX_LINES_READ))
    return next(
        (has_field_time(line, names) for _, line in [*after, *before] if clock.time_of(line) is not None), False
    )


def find_line_at(document: Document, when: float, names: FieldNames = USUAL) -> int | None:
    """Return the offset of the first line at a time or after it; None if all lines are before it.

    The lines are expected in the order of their times; else the result is one of the places where the time is passed.

    Args:
        document: the document.
        when: seconds since the epoch.
        names: meanings of field names.
    """
    undated = _undated_times(document, names)
    if undated:
        return next((offset for offset, time in undated if time >= when), None)
    clock = LineClock(names, document.written_at)
    low, high = document.text.start, document.text.end
    while high - low > SCAN_BYTES:
        middle = document.at((low + high) // 2)
        if middle <= low:
            break
        time = next((found for found in map(clock.time_of, _lines(document, middle)) if found is not None), None)
        if time is None or time < when:
            low = middle
        else:
            high = middle
    offset: int | None = document.at(low)
    while offset is not None:
        segments = document.segments(offset, MAX_LINES_READ)
        if not segments:
            return None
        for start, line in segments:
            time = clock.time_of(line)
            if time is not None and time >= when:
                return start
        offset = document.after(segments[-1][0])
        if offset is not None and offset > high:
            return high if high < document.text.end else None
    return None


def _lines(document: Document, offset: int) -> list[bytes]:
    return [line for _, line in document.segments(offset, MAX_LINES_READ)]


def _undated_times(document: Document, names: FieldNames) -> list[tuple[int, float]]:
    """Return offset and time of the lines that have one, where times lack a date or year; none for other documents."""
    text = document.text
    if text.end - text.start > MAX_UNDATED_BYTES:
        return []
    clock = SequentialClock(names, document.written_at)
    times: list[tuple[int, float]] = []
    offset: int | None = document.at(text.start)
    while offset is not None:
        segments = document.segments(offset, MAX_LINES_READ)
        for start, line in segments:
            time = clock.time_of(line)
            if time is None:
                continue
            if not times and clock.lacks == COMPLETE:
                return []
            times.append((start, time))
        offset = document.after(segments[-1][0]) if segments else None
    if not times:
        return []
    last = LineClock(names, document.written_at).time_of(document.segment(times[-1][0]))
    shift = 0.0 if last is None else last - times[-1][1]
    return [(start, time + shift) for start, time in times]
