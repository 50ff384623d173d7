"""Merging of a log record with the record, or the plain header, that wraps it.

Invariants:
- No part of either is lost: a part that both have and differs is an extra. A time of the wrapper close to that of the
  record is a repetition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord

__all__ = ["merge_prefix", "merge_records"]

WRAPPER_TIME_SECONDS = 2.0
"""Seconds: the distance for a time that a wrapper adds to the record, such as a container's runtime or a collector."""


def merge_records(
    inner: LogRecord,
    outer: LogRecord,
    time: tuple[str, str] | None,
    level: tuple[str, str] | None,
) -> LogRecord:
    """Merge a record with the one that wraps it: absent parts come from the wrapper, conflicting ones become extras.

    Args:
        inner: the wrapped record.
        outer: the record around it.
        time: name and text of the outer time.
        level: name and text of the outer level.
    """
    extras = [*inner.extras, *outer.extras]
    if (
        time
        and inner.time is not None
        and outer.time is not None
        and abs(inner.time - outer.time) > WRAPPER_TIME_SECONDS
    ):
        extras.append(time)
    if level and inner.level_name and outer.level_name not in ("", inner.level_name):
        extras.append(level)
    if inner.logger and outer.logger not in ("", inner.logger):
        extras.append(("logger", outer.logger))
    if inner.source and outer.source:
        extras.append(("source", outer.source))
    return inner._replace(
        time=outer.time if inner.time is None else inner.time,
        level=inner.level if inner.level_name else outer.level,
        level_name=inner.level_name or outer.level_name,
        logger=inner.logger or outer.logger,
        extras=tuple(extras),
        source=inner.source or outer.source,
        trace="\n".join(filter(None, (inner.trace, outer.trace))),
        hidden=inner.hidden + outer.hidden,
    )


def merge_prefix(text: str, outer: LogRecord, places: tuple[tuple[int, int], ...], inner: LogRecord) -> LogRecord:
    """Merge a record with the header before it; the words that fit no column become the extra ``prefix``."""
    (time, level, logger), rest = places, list(text)
    if outer.time is not None and (inner.time is None or abs(inner.time - outer.time) <= WRAPPER_TIME_SECONDS):
        rest[slice(*time)] = " " * (time[1] - time[0])
    if outer.level_name and inner.level_name in ("", outer.level_name):
        rest[slice(*level)] = " " * (level[1] - level[0])
    if outer.logger and inner.logger in ("", outer.logger):
        rest[slice(*logger)] = " " * (logger[1] - logger[0])
    left = " ".join(word for word in "".join(rest).split() if any(map(str.isalnum, word)))
    left = left.strip("|:- ")
    found = merge_records(inner, outer, None, None)
    extras = inner.extras + outer.extras
    return found._replace(extras=(*extras, ("prefix", left)) if left else extras)
