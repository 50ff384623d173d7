"""Finds a line of a document by its time, by bisection over offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_times import LineClock

if TYPE_CHECKING:
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["find_line_at", "time_near"]

MAX_LINES_READ = 500  # lines read at one position to find one that has a time
SCAN_BYTES = 256 << 10  # range that is read line by line once the bisection has come that close


def time_near(document: Document, offset: int, names: FieldNames = USUAL) -> float | None:
    """Return the time of the first line from an offset on, else of the last one before; None if near lines have none.

    The result is in seconds since the epoch.
    """
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


def find_line_at(document: Document, when: float, names: FieldNames = USUAL) -> int | None:
    """Return the offset of the first line at a time or after it; None if all lines are before it.

    The lines are expected in the order of their times; else the result is one of the places where the time is passed.

    Args:
        document: the document.
        when: seconds since the epoch.
        names: meanings of field names.
    """
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
