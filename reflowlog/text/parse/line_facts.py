"""Time, level and logger of a plain line, from its header."""

from __future__ import annotations

from typing import NamedTuple

from reflowlog.text.parse import levels
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.timestamps import moment

__all__ = ["LineFacts", "level_in", "plain_facts", "time_in"]


class LineFacts(NamedTuple):
    """Time, level and logger of a plain line.

    Attributes:
        time: seconds since the epoch; None if the line has none.
        level: as a number of `logging`; None if the line has none.
        logger: the name of its component; may be empty.
    """

    time: float | None
    level: int | None
    logger: str


def plain_facts(text: str, now: float | None = None) -> LineFacts:
    """Return time, level and logger of a plain line. About 10 us.

    Args:
        text: one line, without control characters.
        now: seconds since the epoch, for times without a year or a date; None: the clock.

    Examples:
        >>> plain_facts("2023-11-14 22:13:20,500Z app.db WARNING: slow")
        LineFacts(time=1700000000.5, level=30, logger='app.db')
    """
    found = parts(text)
    return LineFacts(time_in(text, found.time, now), level_in(text, found.level), text[slice(*found.logger)])


def time_in(text: str, place: tuple[int, int], now: float | None) -> float | None:
    """Return the time at the start of a span; a level or a number may follow it in its brackets."""
    words = text[slice(*place)]
    for _ in range(4):
        if not words:
            break
        found = moment(words, now)
        if found is not None:
            return found
        words = words.rpartition(" ")[0].rstrip()
    return None


def level_in(text: str, place: tuple[int, int]) -> int | None:
    """Return the level at a span as a number of `logging`; None for an empty span, or a single small letter."""
    name = text[slice(*place)]
    if name[:1] == "<":
        return levels.PRIORITIES[int(name[1 : name.index(">")]) & 7]
    return levels.severity(name) if name and (len(name) > 1 or name.isupper()) else None
